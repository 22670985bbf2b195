
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/ops.h"
#include "engine/snapshot.h"


extern const char  dw_blob_runtime[];
extern const char  dw_blob_runtime_end[];
extern const char  dw_blob_snapshot[];
extern const char  dw_blob_snapshot_end[];


/* Two labels of blob.S: to C they are unrelated objects. */
static v8shim_span_t
dw_snapshot_between(const char *start, const char *end)
{
    v8shim_span_t  span;

    span.data = (const uint8_t *) start;
    span.size = (size_t) ((uintptr_t) end - (uintptr_t) start);

    return span;
}


v8shim_span_t
dw_snapshot_runtime(void)
{
    return dw_snapshot_between(dw_blob_runtime, dw_blob_runtime_end);
}


v8shim_span_t
dw_snapshot_embedded(void)
{
    return dw_snapshot_between(dw_blob_snapshot, dw_blob_snapshot_end);
}


static bool
dw_snapshot_put(int fd, const uint8_t *data, size_t size)
{
    ssize_t  n;

    while (size != 0) {
        n = write(fd, data, size);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return false;
        }

        data += n;
        size -= (size_t) n;
    }

    return true;
}


/* Starts V8, which then cannot be started again; NULL after a message. */
static uint8_t *
dw_snapshot_build(const v8shim_config_t *config, size_t *size)
{
    uint8_t          *blob;
    v8shim_error_t    error;
    v8shim_config_t   blank;

    blank = *config;
    memset(&blank.snapshot, 0, sizeof(v8shim_span_t));

    if (v8shim_start(&blank, &error) != V8SHIM_OK) {
        dw_log("cannot start V8: %s", error.message);
        return NULL;
    }

    if (v8shim_snapshot_build(dw_snapshot_runtime(), &blob, size, &error)
        != V8SHIM_OK)
    {
        dw_log("cannot build the snapshot: %s, %s", error.message,
               error.location);
        return NULL;
    }

    return blob;
}


int
dw_snapshot_write(const char *path)
{
    int               fd;
    char              temporary[PATH_MAX];
    size_t            size;
    uint8_t          *blob;
    v8shim_config_t   config;

    memset(&config, 0, sizeof(v8shim_config_t));

    config.ops = dw_ops;
    config.jit = true;
    config.platform_threads = DW_PLATFORM_THREADS;
    config.fatal = dw_engine_fatal;

    blob = dw_snapshot_build(&config, &size);
    if (blob == NULL) {
        return DW_EXIT_BAD;
    }

    if ((size_t) snprintf(temporary, sizeof(temporary), "%s.%d", path,
                          (int) getpid())
        >= sizeof(temporary))
    {
        dw_log("\"%s\" is too long", path);
        return DW_EXIT_BAD;
    }

    fd = open(temporary, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644);
    if (fd == -1) {
        dw_log("cannot create \"%s\": %s", temporary, strerror(errno));
        return DW_EXIT_BAD;
    }

    if (!dw_snapshot_put(fd, blob, size)
        || close(fd) == -1
        || rename(temporary, path) == -1)
    {
        dw_log("cannot write \"%s\": %s", path, strerror(errno));
        unlink(temporary);
        return DW_EXIT_BAD;
    }

    return DW_EXIT_OK;
}


/* In a child: builds into "fd" and ends. */
static _Noreturn void
dw_snapshot_child(const v8shim_config_t *config, int fd)
{
    size_t    size;
    uint8_t  *blob;

    blob = dw_snapshot_build(config, &size);

    if (blob == NULL || !dw_snapshot_put(fd, blob, size)) {
        _exit(DW_EXIT_BAD);
    }

    _exit(DW_EXIT_OK);
}


void
dw_snapshot_choose(v8shim_config_t *config)
{
    int           fd, status;
    void         *data;
    pid_t         pid;
    struct stat   st;

    config->snapshot = dw_snapshot_embedded();

    if (v8shim_snapshot_usable(config, config->snapshot)) {
        return;
    }

    dw_log("the embedded snapshot is not of this V8 (%s), building another: "
           "every start takes longer", v8shim_version());

    fd = memfd_create("snapshot", MFD_CLOEXEC);
    if (fd == -1) {
        dw_exit(DW_EXIT_FATAL, "memfd_create() failed: %s", strerror(errno));
    }

    pid = fork();
    if (pid == -1) {
        dw_exit(DW_EXIT_FATAL, "fork() failed: %s", strerror(errno));
    }

    if (pid == 0) {
        dw_snapshot_child(config, fd);
    }

    while (waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR) {
            dw_exit(DW_EXIT_FATAL, "waitpid() failed: %s", strerror(errno));
        }
    }

    if (status != 0 || fstat(fd, &st) == -1 || st.st_size == 0) {
        dw_exit(DW_EXIT_FATAL, "no usable snapshot");
    }

    data = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        dw_exit(DW_EXIT_FATAL, "mmap() failed: %s", strerror(errno));
    }

    close(fd);

    config->snapshot.data = data;
    config->snapshot.size = (size_t) st.st_size;

    if (!v8shim_snapshot_usable(config, config->snapshot)) {
        dw_exit(DW_EXIT_FATAL, "no usable snapshot");
    }
}
