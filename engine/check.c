
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/engine.h"
#include "engine/json.h"
#include "engine/ops.h"
#include "engine/snapshot.h"
#include "wire/dw_wire.h"


typedef struct {
    dw_wire_record_kind_t   kind;
    char                   *name;       /* relative to the main module's */
    char                   *path;       /* as it can be opened */
    uint8_t                *data;
    size_t                  size;
} dw_check_module_t;


typedef struct {
    size_t                  base;       /* of FILE, its directory's length */
    const char             *file;
    dw_check_module_t      *modules;
    size_t                  count;
    size_t                  room;
    size_t                  total;      /* bytes of records */
    size_t                  current;    /* the module that imports */
    bool                    failed;     /* a message has been written */
} dw_check_t;


static const struct {
    const char             *extension;
    dw_wire_record_kind_t   kind;
} dw_check_kinds[] = {
    { ".js",   DW_WIRE_MODULE_JS },
    { ".mjs",  DW_WIRE_MODULE_JS },
    { ".json", DW_WIRE_MODULE_JSON },
    { ".txt",  DW_WIRE_MODULE_TEXT },
    { ".html", DW_WIRE_MODULE_TEXT },
    { ".wasm", DW_WIRE_MODULE_WASM },
    { ".bin",  DW_WIRE_MODULE_DATA },
    { NULL,    0 }
};


/* The line that nginx shows.  "line" 0: the file as a whole. */
static void __attribute__((format(printf, 5, 6)))
dw_check_error(dw_check_t *check, const char *path, unsigned line,
    unsigned column, const char *format, ...)
{
    va_list  args;

    check->failed = true;

    fprintf(stderr, "%s:", path);

    if (line != 0) {
        fprintf(stderr, "%u:%u:", line, column);
    }

    fputc(' ', stderr);

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);

    fputc('\n', stderr);
}


char *
dw_check_resolve(const char *from, const char *specifier)
{
    char        *name, *out;
    size_t       size, length;
    const char  *slash, *p;

    slash = strrchr(from, '/');
    size = slash ? (size_t) (slash - from) + 1 : 0;
    length = strlen(specifier);

    /* The directory of "from" is normalised: only the rest needs a look. */

    name = dw_alloc(size + length + 1);
    memcpy(name, from, size);
    out = name + size;

    for (p = specifier; *p != '\0'; p += length + (p[length] == '/')) {

        length = strcspn(p, "/");

        if (length == 0 || (length == 1 && p[0] == '.')) {
            continue;
        }

        if (length == 2 && p[0] == '.' && p[1] == '.' && out != name
            && !(out - name >= 3 && memcmp(out - 3, "../", 3) == 0
                 && (out - name == 3 || out[-4] == '/')))
        {
            /* A real directory: step out of it. */

            for (out--; out != name && out[-1] != '/'; out--) { /* void */ }

            continue;
        }

        memcpy(out, p, length);
        out += length;

        if (p[length] == '/') {
            *out++ = '/';
        }
    }

    *out = '\0';

    if (out == name || out[-1] == '/'
        || (out - name >= 2 && memcmp(out - 2, "..", 2) == 0
            && (out - name == 2 || out[-3] == '/')))
    {
        free(name);
        return NULL;
    }

    return name;
}


static char *
dw_check_path(const dw_check_t *check, const char *name)
{
    char    *path;
    size_t   size;

    size = strlen(name) + 1;
    path = dw_alloc(check->base + size);

    memcpy(path, check->file, check->base);
    memcpy(path + check->base, name, size);

    return path;
}


/* 0 or an errno. */
static int
dw_check_read(dw_check_t *check, dw_check_module_t *module)
{
    int          fd, err;
    size_t       size;
    ssize_t      n;
    struct stat  st;

    /* Not blocking: a pipe of that name would keep "nginx -t" waiting. */

    fd = open(module->path, O_RDONLY|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return errno;
    }

    err = 0;

    if (fstat(fd, &st) == -1) {
        err = errno;

    } else if (S_ISDIR(st.st_mode)) {
        err = EISDIR;

    } else if (!S_ISREG(st.st_mode)) {
        err = EINVAL;

    } else if ((uint64_t) st.st_size > DW_WIRE_CODE_MAX - check->total) {
        err = EFBIG;
    }

    if (err != 0) {
        close(fd);
        return err;
    }

    size = (size_t) st.st_size;
    module->data = dw_alloc(size + 1);

    while (module->size < size) {
        n = read(fd, module->data + module->size, size - module->size);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            err = errno;
        }

        if (n <= 0) {
            break;
        }

        module->size += (size_t) n;
    }

    close(fd);

    return err;
}


static dw_wire_record_kind_t
dw_check_kind(const char *name)
{
    size_t       i;
    const char  *extension;

    extension = strrchr(name, '.');

    for (i = 0; dw_check_kinds[i].extension != NULL; i++) {
        if (extension != NULL
            && strcmp(extension, dw_check_kinds[i].extension) == 0)
        {
            return dw_check_kinds[i].kind;
        }
    }

    return 0;
}


/* Takes "name".  The place is that of the import; line 0 is the main module. */
static bool
dw_check_add(dw_check_t *check, char *name, dw_wire_record_kind_t kind,
    unsigned line, unsigned column)
{
    int                  err;
    size_t               i;
    const char          *from;
    dw_check_module_t   *module;

    for (i = 0; i < check->count; i++) {
        if (strcmp(check->modules[i].name, name) == 0) {
            free(name);
            return true;
        }
    }

    if (check->count == check->room) {
        check->room = check->room ? 2 * check->room : 16;
        check->modules = dw_realloc(check->modules,
                                    check->room * sizeof(dw_check_module_t));
    }

    module = &check->modules[check->count++];
    memset(module, 0, sizeof(dw_check_module_t));

    module->kind = kind;
    module->name = name;
    module->path = dw_check_path(check, name);

    from = line ? check->modules[check->current].path : module->path;

    check->total += DW_WIRE_RECORD_SIZE + strlen(name);

    if (check->count > DW_CHECK_MODULES_MAX
        || check->total > DW_WIRE_CODE_MAX)
    {
        dw_check_error(check, from, line, column,
                       "this worker has too many modules");
        return false;
    }

    err = dw_check_read(check, module);

    if (err == EFBIG) {
        dw_check_error(check, from, line, column,
                       "with \"%s\" this worker is larger than %d MB",
                       module->path, DW_WIRE_CODE_MAX / (1024 * 1024));
        return false;
    }

    if (err != 0) {
        dw_check_error(check, from, line, column, "cannot read \"%s\": %s",
                       module->path,
                       err == EINVAL ? "Not a regular file" : strerror(err));
        return false;
    }

    check->total += module->size;

    return true;
}


static bool
dw_check_starts(const char *string, const char *with)
{
    return strncmp(string, with, strlen(with)) == 0;
}


/* Called by the shim for each import of the current module. */
static bool
dw_check_import(void *user, const char *specifier, int line, int column)
{
    char                   *name;
    unsigned                at_line, at_column;
    dw_check_t             *check = user;
    const char             *path;
    dw_wire_record_kind_t   kind;

    at_line = line > 0 ? (unsigned) line : 1;
    at_column = column > 0 ? (unsigned) column : 1;
    path = check->modules[check->current].path;

    if (dw_check_starts(specifier, "cloudflare:")
        || dw_check_starts(specifier, "node:"))
    {
        return true;
    }

    if (!dw_check_starts(specifier, "./")
        && !dw_check_starts(specifier, "../"))
    {
        dw_check_error(check, path, at_line, at_column,
                       "cannot import \"%s\", expected a relative path "
                       "(\"./...\"), \"cloudflare:...\" or \"node:...\"",
                       specifier);
        return false;
    }

    name = dw_check_resolve(check->modules[check->current].name, specifier);
    kind = name ? dw_check_kind(name) : 0;

    if (kind == 0) {
        free(name);
        dw_check_error(check, path, at_line, at_column,
                       "cannot import \"%s\", expected a .js, .mjs, .json, "
                       ".wasm, .txt, .html or .bin file", specifier);
        return false;
    }

    return dw_check_add(check, name, kind, at_line, at_column);
}


static bool
dw_check_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/*
 * What is between the quotes of import("..."), which starts at "p"; NULL if it
 * is not one of a relative literal.
 */
static char *
dw_check_literal(const uint8_t *p, const uint8_t *end)
{
    char           *specifier;
    size_t          size;
    uint8_t         quote;
    const uint8_t  *start;

    for (p += 6; p < end && dw_check_is_space(*p); p++) { /* void */ }

    if (p == end || *p++ != '(') {
        return NULL;
    }

    for ( /* void */ ; p < end && dw_check_is_space(*p); p++) { /* void */ }

    if (p == end || (*p != '"' && *p != '\'' && *p != '`')) {
        return NULL;
    }

    quote = *p++;
    start = p;

    while (p < end && *p > ' ' && *p != quote && *p != '\\' && *p != '$') {
        p++;
    }

    if (p == end || *p != quote) {
        return NULL;
    }

    size = (size_t) (p - start);
    specifier = dw_alloc(size + 1);
    memcpy(specifier, start, size);
    specifier[size] = '\0';

    if (!dw_check_starts(specifier, "./")
        && !dw_check_starts(specifier, "../"))
    {
        free(specifier);
        return NULL;
    }

    return specifier;
}


/*
 * Files that the current module may import() when it runs.  V8 does not name
 * them, so its text is searched: what is found may stand in a comment or in a
 * string, and what is not a file is no error yet.
 */
static void
dw_check_dynamic(dw_check_t *check, const uint8_t *data, size_t size)
{
    char                   *specifier, *name, *path;
    struct stat             st;
    const uint8_t          *p, *end;
    dw_wire_record_kind_t   kind;

    end = data + size;

    for (p = data; !check->failed; p += 6) {

        p = memmem(p, (size_t) (end - p), "import", 6);
        if (p == NULL) {
            return;
        }

        specifier = dw_check_literal(p, end);
        if (specifier == NULL) {
            continue;
        }

        name = dw_check_resolve(check->modules[check->current].name,
                                specifier);
        free(specifier);

        kind = name ? dw_check_kind(name) : 0;
        if (kind == 0) {
            free(name);
            continue;
        }

        path = dw_check_path(check, name);

        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            (void) dw_check_add(check, name, kind, 1, 1);

        } else {
            free(name);
        }

        free(path);
    }
}


static void
dw_check_parse(dw_check_t *check, const dw_check_module_t *module)
{
    char            *path;
    v8shim_span_t    source;
    v8shim_error_t   error;
    dw_json_error_t  json;

    if (module->kind == DW_WIRE_MODULE_JSON) {

        if (dw_json_check(module->data, module->size, &json) != DW_OK) {
            dw_check_error(check, module->path, json.line, json.column, "%s",
                           json.message);
        }

        return;
    }

    if (module->kind != DW_WIRE_MODULE_JS) {
        return;
    }

    source.data = module->data;
    source.size = module->size;

    /* Imports add modules, and so may move "module". */

    path = module->path;

    if (v8shim_check_module(path, source, dw_check_import, check, &error)
        != V8SHIM_OK
        && !check->failed)
    {
        check->failed = true;
        fprintf(stderr, "%s: %s\n", error.location[0] ? error.location : path,
                error.message);
    }

    dw_check_dynamic(check, source.data, source.size);
}


static bool
dw_check_write(const dw_check_t *check)
{
    size_t                    i, length;
    uint8_t                   record[DW_WIRE_RECORD_SIZE];
    const dw_check_module_t  *module;

    for (i = 0; i < check->count; i++) {

        module = &check->modules[i];
        length = strlen(module->name);

        dw_wire_put_record(record, module->kind, length, module->size);

        fwrite(record, 1, sizeof(record), stdout);
        fwrite(module->name, 1, length, stdout);
        fwrite(module->data, 1, module->size, stdout);
    }

    return fflush(stdout) == 0 && !ferror(stdout);
}


static void
dw_check_free(dw_check_t *check)
{
    size_t  i;

    for (i = 0; i < check->count; i++) {
        free(check->modules[i].name);
        free(check->modules[i].path);
        free(check->modules[i].data);
    }

    free(check->modules);
}


int
dw_check(const char *file)
{
    bool              good;
    dw_check_t        check;
    const char       *slash;
    v8shim_error_t    error;
    v8shim_config_t   config;

    memset(&check, 0, sizeof(dw_check_t));
    memset(&config, 0, sizeof(v8shim_config_t));

    slash = strrchr(file, '/');

    check.file = file;
    check.base = slash ? (size_t) (slash - file) + 1 : 0;

    config.ops = dw_ops;
    config.jit = true;
    config.fatal = dw_engine_fatal;

    if (v8shim_start(&config, &error) != V8SHIM_OK) {
        dw_log("cannot start V8: %s", error.message);
        return DW_EXIT_FATAL;
    }

    good = dw_check_add(&check, strdup(file + check.base), DW_WIRE_MODULE_JS,
                        0, 0);

    for ( /* void */ ;
         good && check.current < check.count;
         check.current++)
    {
        dw_check_parse(&check, &check.modules[check.current]);
        good = !check.failed;
    }

    if (good && !dw_check_write(&check)) {
        dw_log("cannot write the modules: %s", strerror(errno));
        good = false;
    }

    dw_check_free(&check);

    return good ? DW_EXIT_OK : DW_EXIT_BAD;
}
