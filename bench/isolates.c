
/*
 * What a new isolate costs: the time to create and to destroy one, and the
 * memory that it keeps resident, with the runtime's snapshot and, to compare,
 * with one of an empty context, made by the same V8 with the same flags.
 *
 *     isolates [count]
 *
 * V8 starts once a process, so each is measured in a child.  Times are medians;
 * memory is the growth of the process's RSS by "count" isolates, divided.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/ops.h"
#include "engine/snapshot.h"


#define BENCH_HEAP_BYTES  (128 * 1024 * 1024)


typedef struct {
    double  create_ms;
    double  destroy_ms;
    double  resident_kb;
} bench_cost_t;


static v8shim_config_t  bench_config = {
    .ops = dw_ops,
    .jit = true,
    .platform_threads = DW_PLATFORM_THREADS,
    .fatal = dw_engine_fatal
};


static _Noreturn void
bench_fail(const char *what, const v8shim_error_t *error)
{
    fprintf(stderr, "isolates: %s: %s\n", what,
            error == NULL ? "failed" : error->message);
    _exit(1);
}


static double
bench_now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static double
bench_resident_kb(void)
{
    long   pages;
    FILE  *f;

    f = fopen("/proc/self/statm", "r");

    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) {
        bench_fail("/proc/self/statm", NULL);
    }

    fclose(f);

    return (double) pages * (double) sysconf(_SC_PAGESIZE) / 1024;
}


static int
bench_compare(const void *one, const void *two)
{
    double  a = *(const double *) one, b = *(const double *) two;

    return (a > b) - (a < b);
}


static double
bench_median(double *times, size_t n)
{
    qsort(times, n, sizeof(double), bench_compare);

    return times[n / 2];
}


static v8shim_isolate_t *
bench_create(void)
{
    v8shim_error_t            error;
    v8shim_isolate_t         *iso;
    v8shim_isolate_config_t   config = {
        .heap_bytes = BENCH_HEAP_BYTES,
        .buffer_bytes = BENCH_HEAP_BYTES
    };

    iso = v8shim_isolate_create(&config, &error);

    if (iso == NULL) {
        bench_fail("an isolate", &error);
    }

    return iso;
}


static void
bench_measure(size_t count, bench_cost_t *cost)
{
    size_t              i;
    double             *times, start, before;
    v8shim_error_t      error;
    v8shim_isolate_t  **isolates;

    if (v8shim_start(&bench_config, &error) != V8SHIM_OK) {
        bench_fail("V8", &error);
    }

    times = calloc(count, sizeof(double));
    isolates = calloc(count, sizeof(v8shim_isolate_t *));

    if (times == NULL || isolates == NULL) {
        bench_fail("memory", NULL);
    }

    /* the first one pays for what all share */

    v8shim_isolate_destroy(bench_create());

    before = bench_resident_kb();

    for (i = 0; i < count; i++) {
        start = bench_now_ms();
        isolates[i] = bench_create();
        times[i] = bench_now_ms() - start;
    }

    cost->resident_kb = (bench_resident_kb() - before) / (double) count;
    cost->create_ms = bench_median(times, count);

    for (i = 0; i < count; i++) {
        start = bench_now_ms();
        v8shim_isolate_destroy(isolates[i]);
        times[i] = bench_now_ms() - start;
    }

    cost->destroy_ms = bench_median(times, count);
}


/* Into memory shared with the parent, whose isolates start from it. */
static void
bench_build_empty(void *to, size_t room, size_t *size)
{
    uint8_t        *blob;
    v8shim_span_t   runtime;
    v8shim_error_t  error;

    static const char  source[] = "native.v8.setDispatch(function () {});";

    runtime.data = (const uint8_t *) source;
    runtime.size = sizeof(source) - 1;

    if (v8shim_start(&bench_config, &error) != V8SHIM_OK
        || v8shim_snapshot_build(runtime, &blob, size, &error) != V8SHIM_OK
        || *size > room)
    {
        bench_fail("the empty snapshot", &error);
    }

    memcpy(to, blob, *size);
}


static pid_t
bench_fork(void)
{
    pid_t  pid;

    fflush(stdout);
    pid = fork();

    if (pid == -1) {
        bench_fail("fork()", NULL);
    }

    return pid;
}


static void
bench_wait(pid_t pid)
{
    int  status;

    if (waitpid(pid, &status, 0) != pid || status != 0) {
        bench_fail("a child", NULL);
    }
}


int
main(int argc, char **argv)
{
    pid_t          pid;
    size_t         count, room, *size;
    uint8_t       *empty;
    bench_cost_t  *costs;

    count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    room = 16 * 1024 * 1024;

    empty = mmap(NULL, room, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                 -1, 0);
    costs = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                 -1, 0);

    if (count == 0 || empty == MAP_FAILED || costs == MAP_FAILED) {
        bench_fail("isolates [count]", NULL);
    }

    size = (size_t *) (costs + 2);

    pid = bench_fork();
    if (pid == 0) {
        bench_build_empty(empty, room, size);
        _exit(0);
    }

    bench_wait(pid);

    pid = bench_fork();
    if (pid == 0) {
        bench_config.snapshot.data = empty;
        bench_config.snapshot.size = *size;
        bench_measure(count, &costs[0]);
        _exit(0);
    }

    bench_wait(pid);

    pid = bench_fork();
    if (pid == 0) {
        bench_config.snapshot = dw_snapshot_embedded();
        bench_measure(count, &costs[1]);
        _exit(0);
    }

    bench_wait(pid);

    printf("%-16s%12s%12s%16s%12s\n", "isolates", "create ms", "destroy ms",
           "resident KB", "snapshot KB");
    printf("%-16s%12.2f%12.2f%16.0f%12.0f\n", "empty context",
           costs[0].create_ms, costs[0].destroy_ms, costs[0].resident_kb,
           (double) *size / 1024);
    printf("%-16s%12.2f%12.2f%16.0f%12.0f\n", "runtime", costs[1].create_ms,
           costs[1].destroy_ms, costs[1].resident_kb,
           (double) dw_snapshot_embedded().size / 1024);
    printf("%-16s%12.2f%12.2f%16.2f\n", "ratio",
           costs[1].create_ms / costs[0].create_ms,
           costs[1].destroy_ms / costs[0].destroy_ms,
           costs[1].resident_kb / costs[0].resident_kb);

    return 0;
}
