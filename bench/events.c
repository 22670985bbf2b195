
/*
 * What a request costs in the runtime and V8, without the engine's threads,
 * nginx and the kernel: 64 fetch events, then the answers to what their workers
 * have asked for, and so on.
 *
 *     events [requests]
 *
 * V8 starts once a process, so each worker runs in a child.  The second half of
 * the requests is measured, by the CPU time of all threads, V8's own included.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/ops.h"
#include "engine/snapshot.h"


#define BENCH_HEAP_BYTES  (128 * 1024 * 1024)
#define BENCH_AT_A_TIME   64
#define BENCH_OPS_MAX     128
#define BENCH_CODE_MAX    65536


/* What the ops of one worker were asked for. */
typedef struct {
    v8shim_isolate_t  *v8;
    double             next_channel;
    double             fetches[BENCH_AT_A_TIME];
    unsigned           fetching;
    unsigned long      responses;
} bench_t;


typedef struct {
    const char        *name;
    const char        *file;
    bool               host;
} bench_worker_t;


static const bench_worker_t  bench_workers[] = {
    { "hello",    "bench/hello.js",    false },
    { "outbound", "bench/outbound.js", false },
    { "host",     "bench/host.js",     true }
};


static const char  bench_request[] =
    "\0GET\0http://127.0.0.1:8090/\0{\"httpProtocol\":\"HTTP/1.1\"}\0"
    "Host\0" "127.0.0.1:8090\0"
    "CF-Connecting-IP\0" "127.0.0.1\0X-Real-IP\0" "127.0.0.1";

static const char  bench_response[] =
    "OK\0Content-Type\0text/plain\0Content-Length\0" "12\0"
    "Server\0nginx/1.22.1\0Date\0Mon, 23 Nov 2026 17:12:11 GMT";


static _Noreturn void
bench_fail(const char *what, const v8shim_error_t *error)
{
    fprintf(stderr, "events: %s: %s\n", what,
            error == NULL ? "failed" : error->message);
    _exit(1);
}


static void
bench_op_nothing(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    (void) user;
    (void) args;

    result->type = V8SHIM_UNDEFINED;
}


static void
bench_op_failed(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    (void) user;
    (void) args;
    (void) result;

    bench_fail("a worker", NULL);
}


static void
bench_op_open(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bench_t  *bench = user;

    (void) args;

    result->type = V8SHIM_NUMBER;
    result->number = bench->next_channel;

    bench->next_channel += 2;
}


static void
bench_op_fetch(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bench_t  *bench = user;

    bench_op_open(user, args, result);

    if (bench->fetching == BENCH_AT_A_TIME) {
        bench_fail("more than one fetch()", NULL);
    }

    bench->fetches[bench->fetching] = result->number;
    bench->fetching++;
}


static void
bench_op_respond(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    bench_t  *bench = user;

    (void) args;

    result->type = V8SHIM_UNDEFINED;
    bench->responses++;
}


/* In the engine's place; the other ops are its own, and are not called. */
static const v8shim_op_t  bench_ops[] = {
    { "fetch",       NULL, bench_op_fetch },
    { "load",        NULL, bench_op_open },
    { "respond",     NULL, bench_op_respond },
    { "respondText", NULL, bench_op_respond },
    { "done",        NULL, bench_op_nothing },
    { "worker",      NULL, bench_op_nothing },
    { "reset",       NULL, bench_op_failed },
    { "failed",      NULL, bench_op_failed }
};


static void
bench_start(void)
{
    size_t                  i, j;
    v8shim_error_t          error;
    v8shim_config_t         config;
    static v8shim_op_t      ops[BENCH_OPS_MAX];

    for (i = 0; dw_ops[i].name != NULL; i++) {

        if (i == BENCH_OPS_MAX - 1) {
            bench_fail("so many ops", NULL);
        }

        ops[i] = dw_ops[i];

        for (j = 0; j < sizeof(bench_ops) / sizeof(bench_ops[0]); j++) {
            if (strcmp(ops[i].name, bench_ops[j].name) == 0) {
                ops[i].call = bench_ops[j].call;
            }
        }
    }

    memset(&config, 0, sizeof(v8shim_config_t));

    config.ops = ops;
    config.jit = true;
    config.platform_threads = DW_PLATFORM_THREADS;
    config.fatal = dw_engine_fatal;

    dw_snapshot_choose(&config);

    if (v8shim_start(&config, &error) != V8SHIM_OK) {
        bench_fail("V8", &error);
    }
}


static void
bench_deliver(bench_t *bench, const v8shim_event_t *event)
{
    v8shim_error_t  error;

    if (v8shim_isolate_deliver(bench->v8, event, &error) != V8SHIM_OK) {
        bench_fail("an event", &error);
    }
}


static void
bench_load(bench_t *bench, const bench_worker_t *worker)
{
    FILE            *f;
    size_t           size;
    uint8_t         *p;
    v8shim_event_t   event;
    static uint8_t   source[BENCH_CODE_MAX], code[BENCH_CODE_MAX + 256];

    f = fopen(worker->file, "r");

    if (f == NULL) {
        bench_fail(worker->file, NULL);
    }

    size = fread(source, 1, sizeof(source), f);
    fclose(f);

    memset(&event, 0, sizeof(v8shim_event_t));

    event.type = DW_EVENT_LOAD;
    event.channel = 1;
    event.text.data = (const uint8_t *) worker->name;
    event.text.size = strlen(worker->name);

    if (worker->host) {
        p = dw_wire_put_record(code, DW_WIRE_MODULE_JS, 4, size);
        memcpy(p, "main", 4);
        memcpy(p + 4, source, size);

        p = dw_wire_put_record(p + 4 + size, DW_WIRE_ENV_LOADER, 6, 1);
        memcpy(p, "LOADER" "1", 7);

        event.a = DW_WIRE_CODE_RECORDS;
        event.c = 1;
        event.bytes.data = code;
        event.bytes.size = (size_t) (p + 7 - code);

    } else {
        event.a = DW_WIRE_CODE_MODULE;
        event.b = 1;
        event.bytes.data = source;
        event.bytes.size = size;
    }

    bench_deliver(bench, &event);
}


static double
bench_cpu_us(void)
{
    return (double) dw_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e3;
}


static void
bench_measure(const bench_worker_t *worker, unsigned long requests)
{
    double                    start_us = 0;
    bench_t                   bench;
    unsigned                  i;
    unsigned long             sent, before = 0;
    v8shim_error_t            error;
    v8shim_event_t            request, head;
    v8shim_isolate_config_t   config;

    bench_start();

    memset(&bench, 0, sizeof(bench_t));
    bench.next_channel = 2;

    memset(&config, 0, sizeof(v8shim_isolate_config_t));

    config.heap_bytes = BENCH_HEAP_BYTES;
    config.buffer_bytes = BENCH_HEAP_BYTES;
    config.user = &bench;

    bench.v8 = v8shim_isolate_create(&config, &error);

    if (bench.v8 == NULL) {
        bench_fail("an isolate", &error);
    }

    v8shim_isolate_enter(bench.v8);

    bench_load(&bench, worker);

    memset(&request, 0, sizeof(v8shim_event_t));

    request.type = DW_EVENT_FETCH;
    request.channel = 3;
    request.text.data = (const uint8_t *) bench_request;
    request.text.size = sizeof(bench_request);

    memset(&head, 0, sizeof(v8shim_event_t));

    head.type = DW_EVENT_HEAD;
    head.a = 200;
    head.b = 12;
    head.c = 1;
    head.text.data = (const uint8_t *) bench_response;
    head.text.size = sizeof(bench_response);

    for (sent = 0; sent < requests; sent += BENCH_AT_A_TIME) {

        if (start_us == 0 && sent >= requests / 2) {
            start_us = bench_cpu_us();
            before = sent;
        }

        for (i = 0; i < BENCH_AT_A_TIME; i++) {
            bench_deliver(&bench, &request);
            request.channel += 2;
        }

        for (i = 0; i < bench.fetching; i++) {
            head.channel = bench.fetches[i];
            bench_deliver(&bench, &head);
        }

        bench.fetching = 0;
    }

    if (bench.responses != sent) {
        bench_fail("to respond", NULL);
    }

    printf("%-10s %6.2f us of CPU time a request in runtime and V8\n",
           worker->name,
           (bench_cpu_us() - start_us) / (double) (sent - before));
    fflush(stdout);
}


int
main(int argc, char **argv)
{
    int            status;
    pid_t          pid;
    size_t         i;
    unsigned long  requests;

    requests = argc > 1 ? strtoul(argv[1], NULL, 10) : 400000;

    for (i = 0; i < sizeof(bench_workers) / sizeof(bench_workers[0]); i++) {

        fflush(stdout);
        pid = fork();

        if (pid == -1) {
            bench_fail("fork()", NULL);
        }

        if (pid == 0) {
            bench_measure(&bench_workers[i], requests);
            _exit(0);
        }

        if (waitpid(pid, &status, 0) != pid || status != 0) {
            bench_fail(bench_workers[i].name, NULL);
        }
    }

    return 0;
}
