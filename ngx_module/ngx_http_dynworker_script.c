
/*
 * Host workers' scripts and env, when the configuration is read.
 *
 * The engine's executable reads a script and what it imports, checks the
 * syntax without running a line of it, and prints the modules as wire records:
 * nginx knows nothing of JavaScript, and a reload swaps code as a whole.
 */

#include "ngx_http_dynworker.h"

#include <spawn.h>
#include <poll.h>


#define NGX_HTTP_DYNWORKER_CHECK_TIME   30000


typedef struct {
    ngx_str_t                       file;
    ngx_str_t                       bundle;
} ngx_http_dynworker_bundle_t;


/* A run of "dynworker-engine --check". */
typedef struct {
    ngx_log_t                      *log;
    ngx_str_t                      *engine;
    ngx_str_t                      *file;
    ngx_http_dynworker_place_t     *place;

    pid_t                           pid;
    int                             status;
    unsigned                        reaped:1;   /* status is known */
    unsigned                        timedout:1;

    /* standard output, allocated by ngx_alloc(), and error */
    u_char                         *out;
    size_t                          out_len;
    size_t                          out_size;
    size_t                          err_len;
    u_char                          err[2048];
} ngx_http_dynworker_check_t;


static ngx_int_t ngx_http_dynworker_script_read(ngx_conf_t *cf,
    ngx_http_dynworker_main_conf_t *dmcf, ngx_str_t *file,
    ngx_http_dynworker_place_t *place, ngx_str_t *bundle);
static ngx_int_t ngx_http_dynworker_script_records(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_str_t *bundle);
static ngx_int_t ngx_http_dynworker_check_run(
    ngx_http_dynworker_check_t *check);
static ngx_err_t ngx_http_dynworker_check_spawn(
    ngx_http_dynworker_check_t *check, int out, int err, sigset_t *mask);
static ngx_int_t ngx_http_dynworker_check_read(
    ngx_http_dynworker_check_t *check, int out, int err);
static ssize_t ngx_http_dynworker_check_read_out(
    ngx_http_dynworker_check_t *check, int fd);
static ssize_t ngx_http_dynworker_check_read_err(
    ngx_http_dynworker_check_t *check, int fd);
static void ngx_http_dynworker_check_wait(ngx_http_dynworker_check_t *check);
static ngx_int_t ngx_http_dynworker_check_result(
    ngx_http_dynworker_check_t *check);
static ngx_int_t ngx_http_dynworker_check_records(
    ngx_http_dynworker_check_t *check);
static void ngx_http_dynworker_check_error(ngx_http_dynworker_check_t *check);
static void ngx_http_dynworker_check_too_big(
    ngx_http_dynworker_check_t *check);

static ngx_int_t ngx_http_dynworker_script_cap(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf,
    ngx_http_dynworker_binding_t *binding, ngx_http_dynworker_cap_t *cap);
static ngx_http_dynworker_entry_t *ngx_http_dynworker_script_service(
    ngx_conf_t *cf, ngx_http_dynworker_loc_conf_t *dlcf,
    ngx_http_dynworker_binding_t *binding);
static ngx_int_t ngx_http_dynworker_loader_space(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf,
    ngx_http_dynworker_binding_t *binding, ngx_http_dynworker_cap_t *cap);
static size_t ngx_http_dynworker_record_size(ngx_str_t *name,
    ngx_str_t *data);
static u_char *ngx_http_dynworker_record(u_char *p, ngx_uint_t kind,
    ngx_str_t *name, ngx_str_t *data);


ngx_int_t
ngx_http_dynworker_script_init(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf)
{
    ngx_str_t                         bundle;
    ngx_http_dynworker_loc_conf_t   **worker;
    ngx_http_dynworker_main_conf_t   *dmcf;

    dmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_dynworker_module);

    /* before its services are read: one of them may be itself */

    worker = ngx_array_push(dlcf->workers);
    if (worker == NULL) {
        return NGX_ERROR;
    }

    *worker = dlcf;

    if (ngx_http_dynworker_script_read(cf, dmcf, &dlcf->script, &dlcf->place,
                                       &bundle)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_dynworker_script_records(cf, dlcf, &bundle);
}


/* Sets *bundle to the wire records of its modules, in cf->temp_pool. */

static ngx_int_t
ngx_http_dynworker_script_read(ngx_conf_t *cf,
    ngx_http_dynworker_main_conf_t *dmcf, ngx_str_t *file,
    ngx_http_dynworker_place_t *place, ngx_str_t *bundle)
{
    ngx_int_t                     rc;
    ngx_uint_t                    i;
    ngx_http_dynworker_check_t    check;
    ngx_http_dynworker_bundle_t  *b;

    if (dmcf->bundles.elts == NULL
        && ngx_array_init(&dmcf->bundles, cf->temp_pool, 4,
                          sizeof(ngx_http_dynworker_bundle_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    b = dmcf->bundles.elts;

    for (i = 0; i < dmcf->bundles.nelts; i++) {
        if (b[i].file.len == file->len
            && ngx_strncmp(b[i].file.data, file->data, file->len) == 0)
        {
            *bundle = b[i].bundle;
            return NGX_OK;
        }
    }

    ngx_memzero(&check, sizeof(ngx_http_dynworker_check_t));

    check.log = cf->log;
    check.engine = &dmcf->engine;
    check.file = file;
    check.place = place;

    rc = ngx_http_dynworker_check_run(&check);

    if (rc == NGX_OK) {
        bundle->len = check.out_len;
        bundle->data = ngx_pnalloc(cf->temp_pool, check.out_len);

        if (bundle->data) {
            ngx_memcpy(bundle->data, check.out, check.out_len);

        } else {
            rc = NGX_ERROR;
        }
    }

    if (check.out) {
        ngx_free(check.out);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    b = ngx_array_push(&dmcf->bundles);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->file = *file;
    b->bundle = *bundle;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_script_records(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_str_t *bundle)
{
    size_t                         size;
    u_char                        *p, number[NGX_INT_T_LEN];
    ngx_str_t                     *flags, data, none;
    ngx_uint_t                     i, n, nflags;
    ngx_http_dynworker_cap_t      *cap;
    ngx_http_dynworker_binding_t  *binding;

    ngx_str_null(&none);

    binding = dlcf->bindings ? dlcf->bindings->elts : NULL;
    n = dlcf->bindings ? dlcf->bindings->nelts : 0;

    flags = dlcf->compatibility_flags ? dlcf->compatibility_flags->elts : NULL;
    nflags = dlcf->compatibility_flags ? dlcf->compatibility_flags->nelts : 0;

    size = bundle->len;

    for (i = 0; i < n; i++) {
        size += ngx_http_dynworker_record_size(&binding[i].name,
                                               &binding[i].value)
                + NGX_INT_T_LEN;
    }

    for (i = 0; i < nflags; i++) {
        size += ngx_http_dynworker_record_size(&none, &flags[i]);
    }

    size += ngx_http_dynworker_record_size(&none, &dlcf->compatibility_date);

    if (size > DW_WIRE_CODE_MAX) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "worker script \"%V\" and its env have more than "
                      "%uz bytes in %s:%ui",
                      &dlcf->script, (size_t) DW_WIRE_CODE_MAX,
                      dlcf->place.file, dlcf->place.line);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dlcf->records.data = p;

    p = ngx_cpymem(p, bundle->data, bundle->len);

    for (i = 0; i < n; i++) {

        data = binding[i].value;

        if (binding[i].kind == DW_WIRE_ENV_LOADER
            || binding[i].kind == DW_WIRE_ENV_SERVICE)
        {

            data.len = ngx_sprintf(number, "%ui", dlcf->caps->nelts) - number;
            data.data = number;

            cap = ngx_array_push(dlcf->caps);
            if (cap == NULL) {
                return NGX_ERROR;
            }

            if (ngx_http_dynworker_script_cap(cf, dlcf, &binding[i], cap)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        p = ngx_http_dynworker_record(p, binding[i].kind, &binding[i].name,
                                      &data);
    }

    if (dlcf->compatibility_date.len) {
        p = ngx_http_dynworker_record(p, DW_WIRE_COMPATIBILITY_DATE, &none,
                                      &dlcf->compatibility_date);
    }

    for (i = 0; i < nflags; i++) {
        p = ngx_http_dynworker_record(p, DW_WIRE_COMPATIBILITY_FLAG, &none,
                                      &flags[i]);
    }

    dlcf->records.len = p - dlcf->records.data;

    return NGX_OK;
}


/* What the binding of a loader or a service may reach. */

static ngx_int_t
ngx_http_dynworker_script_cap(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf,
    ngx_http_dynworker_binding_t *binding, ngx_http_dynworker_cap_t *cap)
{
    ngx_memzero(cap, sizeof(ngx_http_dynworker_cap_t));

    if (binding->kind == DW_WIRE_ENV_LOADER) {
        return ngx_http_dynworker_loader_space(cf, dlcf, binding, cap);
    }

    if (binding->policy) {
        cap->type = NGX_HTTP_DYNWORKER_CAP_OUTBOUND;
        cap->policy = binding->policy;

        return NGX_OK;
    }

    if (binding->script.len) {
        cap->type = NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT;
        cap->entry = ngx_http_dynworker_script_service(cf, dlcf, binding);

        return cap->entry ? NGX_OK : NGX_ERROR;
    }

    cap->type = NGX_HTTP_DYNWORKER_CAP_LOCATION;
    cap->uri = binding->value;

    return NGX_OK;
}


/*
 * An entrypoint of another host worker: one a script and location, which has
 * all of the location but its script.
 */

static ngx_http_dynworker_entry_t *
ngx_http_dynworker_script_service(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_http_dynworker_binding_t *binding)
{
    ngx_uint_t                       i;
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_dynworker_entry_t      *entry;
    ngx_http_dynworker_loc_conf_t   *conf, **worker;

    worker = dlcf->workers->elts;

    for (i = 0; i < dlcf->workers->nelts; i++) {
        conf = worker[i];

        if (conf->script.len == binding->script.len
            && ngx_strncmp(conf->script.data, binding->script.data,
                           conf->script.len) == 0)
        {
            goto found;
        }
    }

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_dynworker_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    *conf = *dlcf;

    conf->place = binding->place;
    conf->script = binding->script;

    if (ngx_http_dynworker_caps_init(cf, conf) != NGX_OK
        || ngx_http_dynworker_script_init(cf, conf) != NGX_OK)
    {
        return NULL;
    }

found:

    entry = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_entry_t));
    if (entry == NULL) {
        return NULL;
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    entry->refs = 1;
    entry->conf = conf;
    entry->conf_ctx = cscf->ctx;
    entry->name = binding->entrypoint;
    entry->service = 1;

    return entry;
}


/* Its own namespace, or one for each name and location. */

static ngx_int_t
ngx_http_dynworker_loader_space(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf,
    ngx_http_dynworker_binding_t *binding, ngx_http_dynworker_cap_t *cap)
{
    cap->type = NGX_HTTP_DYNWORKER_CAP_LOADER;

    if (binding->value.len) {
        cap->space = binding->value;
        return NGX_OK;
    }

    cap->space.len = binding->name.len + dlcf->load_space.len;
    cap->space.data = ngx_pnalloc(cf->pool, cap->space.len);
    if (cap->space.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(cap->space.data, "%V%V", &binding->name, &dlcf->load_space);

    return NGX_OK;
}


static size_t
ngx_http_dynworker_record_size(ngx_str_t *name, ngx_str_t *data)
{
    return DW_WIRE_RECORD_SIZE + name->len + data->len;
}


static u_char *
ngx_http_dynworker_record(u_char *p, ngx_uint_t kind, ngx_str_t *name,
    ngx_str_t *data)
{
    p = dw_wire_put_record(p, kind, name->len, data->len);
    p = ngx_cpymem(p, name->data, name->len);

    return ngx_cpymem(p, data->data, data->len);
}


static ngx_int_t
ngx_http_dynworker_check_run(ngx_http_dynworker_check_t *check)
{
    int              out[2], err[2];
    sigset_t         set, mask;
    ngx_err_t        e;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    if (ngx_file_info(check->file->data, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno,
                      ngx_file_info_n " worker script \"%V\" failed in %s:%ui",
                      check->file, check->place->file, check->place->line);
        return NGX_ERROR;
    }

    if (pipe2(out, O_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno, "pipe2() failed");
        return NGX_ERROR;
    }

    if (pipe2(err, O_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno, "pipe2() failed");
        (void) close(out[0]);
        (void) close(out[1]);
        return NGX_ERROR;
    }

    /* nginx's own handler would reap the child and lose its status */

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);

    if (sigprocmask(SIG_BLOCK, &set, &mask) == -1) {
        ngx_log_error(NGX_LOG_ALERT, check->log, ngx_errno,
                      "sigprocmask() failed");
    }

    e = ngx_http_dynworker_check_spawn(check, out[1], err[1], &mask);

    (void) close(out[1]);
    (void) close(err[1]);

    rc = NGX_ERROR;

    if (e) {
        ngx_log_error(NGX_LOG_EMERG, check->log, e,
                      "engine \"%V\" could not be run to check worker script "
                      "\"%V\" in %s:%ui, \"dynworker_engine\" sets its path",
                      check->engine, check->file, check->place->file,
                      check->place->line);

    } else {
        rc = ngx_http_dynworker_check_read(check, out[0], err[0]);

        if (rc != NGX_OK) {
            (void) kill(check->pid, SIGKILL);
        }

        ngx_http_dynworker_check_wait(check);
    }

    (void) close(out[0]);
    (void) close(err[0]);

    if (sigprocmask(SIG_SETMASK, &mask, NULL) == -1) {
        ngx_log_error(NGX_LOG_ALERT, check->log, ngx_errno,
                      "sigprocmask() failed");
    }

    if (check->timedout) {
        ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                      "engine \"%V\" did not check worker script \"%V\" "
                      "within %d seconds in %s:%ui",
                      check->engine, check->file,
                      NGX_HTTP_DYNWORKER_CHECK_TIME / 1000,
                      check->place->file, check->place->line);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_dynworker_check_result(check);
}


static ngx_err_t
ngx_http_dynworker_check_spawn(ngx_http_dynworker_check_t *check, int out,
    int err, sigset_t *mask)
{
    char                        *argv[4];
    sigset_t                     all;
    ngx_err_t                    e;
    posix_spawnattr_t            attr;
    posix_spawn_file_actions_t   actions;

    e = posix_spawn_file_actions_init(&actions);
    if (e) {
        return e;
    }

    e = posix_spawnattr_init(&attr);
    if (e) {
        (void) posix_spawn_file_actions_destroy(&actions);
        return e;
    }

    argv[0] = "dynworker-engine";
    argv[1] = "--check";
    argv[2] = (char *) check->file->data;
    argv[3] = NULL;

    sigfillset(&all);

    if ((e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
                                              O_RDONLY, 0))
           == 0
        && (e = posix_spawn_file_actions_adddup2(&actions, out, 1)) == 0
        && (e = posix_spawn_file_actions_adddup2(&actions, err, 2)) == 0
        && (e = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) == 0
        && (e = posix_spawnattr_setsigmask(&attr, mask)) == 0
        && (e = posix_spawnattr_setsigdefault(&attr, &all)) == 0
        && (e = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK
                                                |POSIX_SPAWN_SETSIGDEF))
           == 0)
    {
        e = posix_spawn(&check->pid, (char *) check->engine->data, &actions,
                        &attr, argv, environ);
    }

    (void) posix_spawnattr_destroy(&attr);
    (void) posix_spawn_file_actions_destroy(&actions);

    return e;
}


/* Reads both to their ends. */

static ngx_int_t
ngx_http_dynworker_check_read(ngx_http_dynworker_check_t *check, int out,
    int err)
{
    int              n;
    ssize_t          size;
    ngx_msec_t       start, passed;
    struct pollfd    fds[2];
    struct timespec  ts;

    fds[0].fd = out;
    fds[0].events = POLLIN;
    fds[1].fd = err;
    fds[1].events = POLLIN;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    start = ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

    while (fds[0].fd != -1 || fds[1].fd != -1) {

        clock_gettime(CLOCK_MONOTONIC, &ts);
        passed = ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - start;

        if (passed >= NGX_HTTP_DYNWORKER_CHECK_TIME) {
            check->timedout = 1;
            return NGX_ERROR;
        }

        n = poll(fds, 2, NGX_HTTP_DYNWORKER_CHECK_TIME - passed);

        if (n == -1 && ngx_errno != NGX_EINTR) {
            ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno,
                          "poll() failed");
            return NGX_ERROR;
        }

        if (n <= 0) {
            continue;
        }

        if (fds[0].fd != -1 && fds[0].revents) {
            size = ngx_http_dynworker_check_read_out(check, out);

            if (size == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (size == 0) {
                fds[0].fd = -1;
            }
        }

        if (fds[1].fd != -1 && fds[1].revents) {
            size = ngx_http_dynworker_check_read_err(check, err);

            if (size == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (size == 0) {
                fds[1].fd = -1;
            }
        }
    }

    return NGX_OK;
}


static ssize_t
ngx_http_dynworker_check_read_out(ngx_http_dynworker_check_t *check, int fd)
{
    size_t    size;
    u_char   *out;
    ssize_t   n;

    if (check->out_len == check->out_size) {

        if (check->out_size > DW_WIRE_CODE_MAX) {
            ngx_http_dynworker_check_too_big(check);
            return NGX_ERROR;
        }

        size = check->out_size ? check->out_size * 2 : 65536;

        out = ngx_alloc(size, check->log);
        if (out == NULL) {
            return NGX_ERROR;
        }

        if (check->out) {
            ngx_memcpy(out, check->out, check->out_len);
            ngx_free(check->out);
        }

        check->out = out;
        check->out_size = size;
    }

    do {
        n = read(fd, check->out + check->out_len,
                 check->out_size - check->out_len);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    if (n == -1) {
        ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno, "read() failed");
        return NGX_ERROR;
    }

    check->out_len += n;

    return n;
}


static ssize_t
ngx_http_dynworker_check_read_err(ngx_http_dynworker_check_t *check, int fd)
{
    u_char    *p, rest[1024];
    size_t     size;
    ssize_t    n;

    p = check->err + check->err_len;
    size = sizeof(check->err) - check->err_len;

    if (size == 0) {
        p = rest;
        size = sizeof(rest);
    }

    do {
        n = read(fd, p, size);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    if (n == -1) {
        ngx_log_error(NGX_LOG_EMERG, check->log, ngx_errno, "read() failed");
        return NGX_ERROR;
    }

    if (p != rest) {
        check->err_len += n;
    }

    return n;
}


static void
ngx_http_dynworker_check_wait(ngx_http_dynworker_check_t *check)
{
    for ( ;; ) {

        if (waitpid(check->pid, &check->status, 0) == check->pid) {
            check->reaped = 1;
            return;
        }

        if (ngx_errno == NGX_EINTR) {
            continue;
        }

        /* with SIGCHLD ignored the system has reaped it */

        if (ngx_errno != NGX_ECHILD) {
            ngx_log_error(NGX_LOG_ALERT, check->log, ngx_errno,
                          "waitpid() failed");
        }

        return;
    }
}


static ngx_int_t
ngx_http_dynworker_check_result(ngx_http_dynworker_check_t *check)
{
    ngx_uint_t  failed;

    if (check->reaped && WIFSIGNALED(check->status)) {
        ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                      "engine \"%V\" exited on signal %d while it checked "
                      "worker script \"%V\" in %s:%ui",
                      check->engine, WTERMSIG(check->status), check->file,
                      check->place->file, check->place->line);
        return NGX_ERROR;
    }

    failed = check->reaped ? (WEXITSTATUS(check->status) != 0)
                           : (check->err_len != 0);

    if (failed && check->err_len) {
        ngx_http_dynworker_check_error(check);
        return NGX_ERROR;
    }

    if (failed) {
        ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                      "engine \"%V\" exited with code %d while it checked "
                      "worker script \"%V\" in %s:%ui",
                      check->engine, WEXITSTATUS(check->status), check->file,
                      check->place->file, check->place->line);
        return NGX_ERROR;
    }

    if (check->out_len > DW_WIRE_CODE_MAX) {
        ngx_http_dynworker_check_too_big(check);
        return NGX_ERROR;
    }

    if (ngx_http_dynworker_check_records(check) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                      "engine \"%V\" is not of this module's version, it "
                      "returned no modules for worker script \"%V\" in %s:%ui",
                      check->engine, check->file, check->place->file,
                      check->place->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_check_records(ngx_http_dynworker_check_t *check)
{
    ngx_uint_t        n;
    dw_wire_err_t     err;
    dw_wire_span_t    list;
    dw_wire_record_t  record;

    list.data = check->out;
    list.size = check->out_len;

    for (n = 0; /* void */ ; n++) {

        err = dw_wire_next_record(&list, &record);

        if (err == DW_WIRE_SHORT) {
            return n ? NGX_OK : NGX_ERROR;
        }

        if (err != DW_WIRE_OK || record.kind >= DW_WIRE_ENV_STRING) {
            return NGX_ERROR;
        }
    }
}


/*
 * The first line of what the engine said, "file:line:column: message" or
 * "file: message".
 */

static void
ngx_http_dynworker_check_error(ngx_http_dynworker_check_t *check)
{
    u_char     *p, *last;
    ngx_str_t   where, message;

    last = check->err + check->err_len;

    for (p = check->err; p < last; p++) {

        if (*p == LF) {
            break;
        }

        if (*p < ' ' || *p == 0x7f) {
            *p = ' ';
        }
    }

    last = p;

    where = *check->file;
    message.data = check->err;

    for (p = check->err; p < last - 1; p++) {

        if (p[0] == ':' && p[1] == ' ') {
            where.data = check->err;
            where.len = p - check->err;
            message.data = p + 2;
            break;
        }
    }

    message.len = last - message.data;

    ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                  "worker script \"%V\": %V in %s:%ui",
                  &where, &message, check->place->file, check->place->line);
}


static void
ngx_http_dynworker_check_too_big(ngx_http_dynworker_check_t *check)
{
    ngx_log_error(NGX_LOG_EMERG, check->log, 0,
                  "worker script \"%V\" and its modules have more than "
                  "%uz bytes in %s:%ui",
                  check->file, (size_t) DW_WIRE_CODE_MAX,
                  check->place->file, check->place->line);
}
