
/*
 * The engine as nginx sees it: a process at the other end of a socket.  Runs
 * the program that TEST_NGINX_ENGINE names.
 */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/dw_wire.h"


/*
 * Nothing here takes so long, unless it is broken; and no worker comes to a
 * CPU limit of FOREVER_MS before.
 */
#define DEADLINE_MS  60000
#define FOREVER_MS   120000


typedef struct {
    pid_t              pid;
    int                fd;
    size_t             start;
    size_t             end;
    uint8_t            in[4 * 1024 * 1024];

    /* the frame that wait_for() found */
    dw_wire_header_t   header;
    dw_wire_span_t     payload;

    uint64_t           footprints[8];      /* the last ones, by channel */
} engine_t;


static engine_t  engine;


static int64_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* CPU time that the engine has had. */
static int64_t
cpu_ms(void)
{
    clockid_t        clock;
    struct timespec  ts;

    assert_int_equal(clock_getcpuclockid(engine.pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &ts), 0);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static const char *
program(void)
{
    const char  *path;

    path = getenv("TEST_NGINX_ENGINE");

    if (path == NULL) {
        skip();
    }

    return path;
}


/* Starts the engine; its standard error goes to "log". */
static void
start(char **args, const char *log)
{
    int          fds[2], i;
    const char  *path;
    char        *argv[16];

    path = program();

    argv[0] = (char *) path;

    for (i = 0; args[i] != NULL; i++) {
        argv[i + 1] = args[i];
    }

    argv[i + 1] = NULL;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, fds), 0);

    engine.start = 0;
    engine.end = 0;
    engine.fd = fds[0];
    engine.pid = fork();
    assert_int_not_equal(engine.pid, -1);

    if (engine.pid == 0) {
        dup2(fds[1], 0);

        if (log != NULL && freopen(log, "w", stderr) == NULL) {
            _exit(126);
        }

        execv(path, argv);
        _exit(127);
    }

    close(fds[1]);
}


/* The exit code, or 1000 + a signal. */
static int
ended(void)
{
    int      status;
    pid_t    pid;
    int64_t  deadline;

    deadline = now_ms() + DEADLINE_MS;

    while ((pid = waitpid(engine.pid, &status, WNOHANG)) == 0) {

        if (now_ms() > deadline) {
            kill(engine.pid, SIGKILL);
            waitpid(engine.pid, &status, 0);
            fail_msg("the engine did not end");
        }

        usleep(500);
    }

    assert_int_equal(pid, engine.pid);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}


static void
stop(void)
{
    close(engine.fd);
    assert_int_equal(ended(), 0);
}


static void
send_bytes(const void *data, size_t size)
{
    ssize_t  n;

    while (size != 0) {
        n = send(engine.fd, data, size, MSG_NOSIGNAL);
        assert_true(n > 0);

        data = (const char *) data + n;
        size -= (size_t) n;
    }
}


static void
send_frame(dw_wire_type_t type, uint64_t channel, const void *data,
    size_t size)
{
    uint8_t  header[DW_WIRE_HEADER_SIZE];

    dw_wire_put_header(header, type, 0, channel, size);
    send_bytes(header, sizeof(header));
    send_bytes(data, size);
}


static void
send_open(uint64_t channel, const dw_wire_open_t *open, const void *strings,
    size_t size)
{
    uint8_t  frame[DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE];

    dw_wire_put_open(frame, channel, open, size);
    send_bytes(frame, sizeof(frame));
    send_bytes(strings, size);
}


static void
send_isolate(uint64_t channel, uint32_t cpu_ms, uint32_t memory_mb)
{
    dw_wire_open_t  open;

    memset(&open, 0, sizeof(open));

    open.kind = DW_WIRE_ISOLATE;
    open.format = DW_WIRE_CODE_MODULE;
    open.target = 1;
    open.cpu_ms = cpu_ms;
    open.memory_mb = memory_mb;

    send_open(channel, &open, "test", 5);
}


static void
send_worker(uint64_t channel, uint32_t cpu_ms, uint32_t memory_mb,
    const char *code)
{
    send_isolate(channel, cpu_ms, memory_mb);
    send_frame(DW_WIRE_DATA, channel, code, strlen(code));
    send_frame(DW_WIRE_END, channel, NULL, 0);
}


static void
send_limited_fetch(uint64_t channel, uint64_t isolate, uint32_t cpu_ms)
{
    dw_wire_open_t  open;

    static const char  strings[] = "\0GET\0http://localhost/\0";

    memset(&open, 0, sizeof(open));

    open.kind = DW_WIRE_FETCH;
    open.parent = isolate;
    open.cpu_ms = cpu_ms;

    /* the four strings; the literal's own NUL ends the last, an empty one */

    send_open(channel, &open, strings, sizeof(strings));
}


static void
send_fetch(uint64_t channel, uint64_t isolate)
{
    send_limited_fetch(channel, isolate, 0);
}


static void
send_window(uint64_t channel, uint32_t credit)
{
    uint8_t  frame[DW_WIRE_HEADER_SIZE + 4];

    dw_wire_put_window(frame, channel, credit);
    send_bytes(frame, sizeof(frame));
}


static void
send_reset(uint64_t channel, dw_wire_code_t code)
{
    uint8_t  frame[DW_WIRE_HEADER_SIZE + DW_WIRE_RESET_SIZE];

    dw_wire_put_reset(frame, 0, channel, code, 0, 2);
    send_bytes(frame, sizeof(frame));
    send_bytes("\0", 2);
}


/* The next frame within "ms", or false. */
static bool
next_within(int ms)
{
    ssize_t         n;
    int64_t         left, deadline;
    uint64_t        bytes;
    dw_wire_span_t  span;
    struct pollfd   pfd;

    deadline = now_ms() + ms;

    for ( ;; ) {

        span.data = engine.in + engine.start;
        span.size = engine.end - engine.start;

        switch (dw_wire_get_header(span, DW_WIRE_BY_ENGINE, &engine.header)) {

        case DW_WIRE_OK:
            if (span.size - DW_WIRE_HEADER_SIZE < engine.header.length) {
                break;
            }

            engine.payload.data = span.data + DW_WIRE_HEADER_SIZE;
            engine.payload.size = engine.header.length;
            engine.start += DW_WIRE_HEADER_SIZE + engine.header.length;

            if (engine.header.type == DW_WIRE_FOOTPRINT) {

                /* it may come at any time */

                assert_int_equal(dw_wire_get_footprint(engine.payload, &bytes),
                                 DW_WIRE_OK);

                if (engine.header.channel < 8) {
                    engine.footprints[engine.header.channel] = bytes;
                }

                continue;
            }

            return true;

        case DW_WIRE_SHORT:
            break;

        default:
            fail_msg("the engine sent a bad frame");
        }

        left = deadline - now_ms();

        pfd.fd = engine.fd;
        pfd.events = POLLIN;

        if (left < 0 || poll(&pfd, 1, (int) left) != 1) {
            return false;
        }

        memmove(engine.in, span.data, span.size);
        engine.start = 0;
        engine.end = span.size;

        n = recv(engine.fd, engine.in + engine.end,
                 sizeof(engine.in) - engine.end, 0);

        if (n <= 0) {
            fail_msg("the engine is gone");
        }

        engine.end += (size_t) n;
    }
}


/* Drops frames until this one. */
static void
wait_for(dw_wire_type_t type, uint64_t channel)
{
    int64_t  deadline;

    deadline = now_ms() + DEADLINE_MS;

    while (now_ms() < deadline && next_within(DEADLINE_MS)) {

        if (engine.header.type == type && engine.header.channel == channel) {
            return;
        }

        if (engine.header.type == DW_WIRE_RESET) {
            print_message("# RESET %d on %d: %s\n", engine.payload.data[0],
                          (int) engine.header.channel,
                          engine.payload.data + DW_WIRE_RESET_SIZE);
        }
    }

    fail_msg("no %s on channel %d", dw_wire_type_name(type), (int) channel);
}


/* The last one that was told of the isolate is, or will be, so large. */
static void
expect_footprint(uint64_t isolate, uint64_t least, uint64_t most)
{
    int64_t  deadline;

    deadline = now_ms() + DEADLINE_MS;

    while (engine.footprints[isolate] < least && now_ms() < deadline) {
        (void) next_within(10);
    }

    assert_in_range(engine.footprints[isolate], least, most);
}


static void
expect_body(uint64_t channel, const char *body)
{
    wait_for(DW_WIRE_DATA, channel);
    assert_int_equal(engine.payload.size, strlen(body));
    assert_memory_equal(engine.payload.data, body, strlen(body));
}


static void
expect_reset(uint64_t channel, dw_wire_code_t code, const char *message)
{
    dw_wire_reset_t  reset;

    wait_for(DW_WIRE_RESET, channel);
    assert_int_equal(dw_wire_get_reset(engine.payload, &reset), DW_WIRE_OK);
    assert_int_equal(reset.code, code);

    if (message != NULL) {
        assert_non_null(strstr((const char *) reset.message.data, message));
    }
}


static char  *usual[] = {
    "--socket=0", "--role=sandbox", "--threads=2", "--max-threads=8",
    "--prewarm=1", NULL
};

/* Without blank isolates nobody is awake but for the work itself. */
static char  *sleepy[] = {
    "--socket=0", "--role=sandbox", "--threads=2", "--max-threads=8", NULL
};

static const char  hello[] =
    "export default { fetch() { return new Response('hello'); } };";

/* Its line is sent by the watchdog: it is there when the loop is. */
static const char  spin[] =
    "export default { fetch() { console.log('round'); for (;;) {} } };";

static const char  big[] =
    "export default { fetch() {"
    "  return new Response('x'.repeat(200000)); } };";


static void
greets_and_ends_with_its_socket(void **state)
{
    dw_wire_hello_t  greeting;

    (void) state;

    start(usual, NULL);
    assert_true(next_within(DEADLINE_MS));

    assert_int_equal(engine.header.type, DW_WIRE_HELLO);
    assert_int_equal(dw_wire_get_hello(engine.payload, &greeting), DW_WIRE_OK);
    assert_int_equal(greeting.version, DW_WIRE_VERSION);
    assert_int_equal(greeting.jailed, 1);
    assert_int_equal(greeting.jit, 1);
    assert_true(greeting.v8_version.size > 3);

    stop();
}


static void
answers_a_fetch_event(void **state)
{
    dw_wire_usage_t     usage;
    dw_wire_response_t  response;

    (void) state;

    start(usual, NULL);

    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);

    wait_for(DW_WIRE_HEAD, 3);
    assert_int_equal(dw_wire_get_response(engine.payload, &response),
                     DW_WIRE_OK);
    assert_int_equal(response.status, 200);

    expect_body(3, "hello");

    wait_for(DW_WIRE_END, 3);
    assert_int_equal(engine.header.flags, DW_WIRE_FINAL);
    assert_int_equal(dw_wire_get_usage(engine.payload, &usage), DW_WIRE_OK);
    assert_in_range(usage.cpu_us, 1, 1000000);

    stop();
}


static void
keeps_a_fetch_event_until_the_code_is_there(void **state)
{
    (void) state;

    start(usual, NULL);

    send_isolate(1, 1000, 64);
    send_fetch(3, 1);
    send_frame(DW_WIRE_DATA, 1, hello, 10);
    send_fetch(5, 1);
    send_frame(DW_WIRE_DATA, 1, hello + 10, strlen(hello) - 10);
    send_frame(DW_WIRE_END, 1, NULL, 0);

    expect_body(3, "hello");
    expect_body(5, "hello");

    stop();
}


static void
sends_no_more_than_its_credit(void **state)
{
    size_t  got;

    (void) state;

    start(usual, NULL);

    send_worker(1, 1000, 64, big);
    send_fetch(3, 1);

    for (got = 0; got < DW_WIRE_WINDOW_TO_NGINX; got += engine.payload.size) {
        wait_for(DW_WIRE_DATA, 3);
    }

    assert_int_equal(got, DW_WIRE_WINDOW_TO_NGINX);
    assert_false(next_within(100));

    send_window(3, 100);
    wait_for(DW_WIRE_DATA, 3);
    assert_int_equal(engine.payload.size, 100);
    assert_false(next_within(100));

    send_window(3, 1000000);

    for (got += 100; got < 200000; got += engine.payload.size) {
        wait_for(DW_WIRE_DATA, 3);
        assert_true(engine.payload.size <= DW_WIRE_DATA_MAX);
    }

    assert_int_equal(got, 200000);
    wait_for(DW_WIRE_END, 3);

    stop();
}


static void
a_worker_that_spins_does_not_hold_up_another(void **state)
{
    int64_t  began;

    (void) state;

    start(sleepy, NULL);

    send_worker(1, FOREVER_MS, 64, spin);
    send_worker(3, 500, 64, hello);
    send_fetch(5, 1);
    wait_for(DW_WIRE_LOG, 5);

    send_fetch(7, 3);
    expect_body(7, "hello");
    send_reset(1, DW_WIRE_CANCEL);

    /* A limit is not come to before its time. */

    send_worker(9, 500, 64, spin);
    began = cpu_ms();
    send_fetch(11, 9);
    expect_reset(11, DW_WIRE_CPU, "Worker exceeded CPU time limit.");
    assert_true(cpu_ms() - began >= 450);

    stop();
}


static void
a_terminated_isolate_is_reported_and_gone(void **state)
{
    dw_wire_reset_t  reset;

    (void) state;

    start(usual, NULL);

    send_worker(1, 50, 64, spin);
    send_fetch(3, 1);
    send_fetch(5, 1);

    expect_reset(1, DW_WIRE_CPU, NULL);
    assert_int_equal(engine.header.flags, 0);
    expect_reset(3, DW_WIRE_CPU, NULL);
    assert_int_equal(engine.header.flags, 0);
    assert_int_equal(dw_wire_get_reset(engine.payload, &reset), DW_WIRE_OK);
    assert_true(reset.cpu_us >= 50000);
    expect_reset(5, DW_WIRE_CPU, NULL);
    assert_int_equal(engine.header.flags, DW_WIRE_UNSEEN);
    assert_int_equal(dw_wire_get_reset(engine.payload, &reset), DW_WIRE_OK);
    assert_int_equal(reset.cpu_us, 0);

    send_fetch(7, 1);
    expect_reset(7, DW_WIRE_CPU, NULL);
    assert_int_equal(engine.header.flags, DW_WIRE_UNSEEN);

    /* what ends it as it is loaded would end the next one, too */

    send_worker(9, 50, 64, "for (;;) {}");
    send_fetch(11, 9);
    expect_reset(9, DW_WIRE_CPU, NULL);
    expect_reset(11, DW_WIRE_CPU, NULL);
    assert_int_equal(engine.header.flags, 0);

    stop();
}


static void
code_may_lower_its_limits(void **state)
{
    dw_wire_open_t    open;
    dw_wire_worker_t  worker;

    static const char  code[] =
        "{\"mainModule\": \"a.js\", \"limits\": {\"cpuMs\": 30},"
        " \"globalOutbound\": null, \"modules\": {\"a.js\":"
        " \"export default { fetch() { for (;;) {} } };\"}}";

    (void) state;

    start(usual, NULL);

    memset(&open, 0, sizeof(open));
    open.kind = DW_WIRE_ISOLATE;
    open.format = DW_WIRE_CODE_JSON;
    open.cpu_ms = FOREVER_MS;

    send_open(1, &open, "test", 5);
    send_frame(DW_WIRE_DATA, 1, code, strlen(code));
    send_frame(DW_WIRE_END, 1, NULL, 0);

    wait_for(DW_WIRE_HEAD, 1);
    assert_int_equal(dw_wire_get_worker(engine.payload, &worker), DW_WIRE_OK);
    assert_int_equal(worker.cpu_ms, 30);
    assert_int_equal(worker.outbound, DW_WIRE_OUTBOUND_NONE);

    send_fetch(3, 1);
    expect_reset(3, DW_WIRE_CPU, NULL);

    stop();
}


static void
an_invocation_may_have_a_lower_limit_of_its_own(void **state)
{
    (void) state;

    start(usual, NULL);

    /* expect_reset() would time out at the isolate's own minute */

    send_worker(1, 60000, 64, spin);
    send_limited_fetch(3, 1, 30);
    expect_reset(3, DW_WIRE_CPU, NULL);

    /* ... and it is never raised */

    send_worker(5, 30, 64, spin);
    send_limited_fetch(7, 5, 60000);
    expect_reset(7, DW_WIRE_CPU, NULL);

    stop();
}


static void
tells_what_an_isolate_takes(void **state)
{
    (void) state;

    start(usual, NULL);

    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);
    expect_footprint(1, 1024 * 1024, 10 * 1024 * 1024);

    send_worker(5, 1000, 64,
                "let held;"
                "export default { async fetch() {"
                "  held = new Uint8Array(20 << 20);"
                "  return new Response('held'); } };");
    send_fetch(7, 5);
    expect_footprint(5, 20 * 1024 * 1024, 30 * 1024 * 1024);

    stop();
}


static void
cpu_time_adds_up_over_the_events_of_an_invocation(void **state)
{
    (void) state;

    start(usual, NULL);

    /* Slices of some 10 ms each, far below the limit. */

    send_worker(1, 100, 64,
                "export default { async fetch() {"
                " for (;;) { await new Promise((r) => setTimeout(r, 1));"
                "  for (let i = 0, x = 0; i < 5e6; i++) x += i * i; } } };");
    send_fetch(3, 1);
    expect_reset(3, DW_WIRE_CPU, NULL);

    stop();
}


static void
a_reset_invocation_pays_for_its_wait_until(void **state)
{
    unsigned  i;

    static const char  code[] =
        "export default { async fetch(request, env, ctx) {"
        " console.log('in');"
        " ctx.waitUntil((async () => { for (;;) {"
        "  await new Promise((r) => setTimeout(r, 1));"
        "  for (let i = 0, x = 0; i < 5e6; i++) x += i * i; } })());"
        " await %s; } };";

    static const struct {
        const char      *what;
        dw_wire_code_t   code;
    } ways[] = {
        { "Promise.reject(new Error('oh no'))", 0 },
        /* of the codes of nginx only this one lets it go on */
        { "new Promise(() => {})", DW_WIRE_CANCEL },
    };

    char  text[512];

    (void) state;

    start(usual, NULL);

    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        snprintf(text, sizeof(text), code, ways[i].what);

        send_worker(1 + 4 * i, 100, 64, text);
        send_fetch(3 + 4 * i, 1 + 4 * i);
        wait_for(DW_WIRE_LOG, 3 + 4 * i);

        if (ways[i].code != 0) {
            send_reset(3 + 4 * i, ways[i].code);

        } else {
            expect_reset(3 + 4 * i, DW_WIRE_EXCEPTION, "oh no");
        }

        expect_reset(1 + 4 * i, DW_WIRE_CPU, NULL);
    }

    stop();
}


static void
nothing_follows_the_reset_of_an_invocation(void **state)
{
    dw_wire_log_t  line;

    (void) state;

    start(usual, NULL);

    send_worker(1, 1000, 64,
                "export default { async fetch(request, env, ctx) {"
                " console.log('in');"
                " ctx.waitUntil((async () => {"
                "  await new Promise((r) => setTimeout(r, 20));"
                "  console.log('later');"
                "  fetch('http://localhost/').catch(() => {}); })());"
                " throw new Error('oh no'); } };");
    send_fetch(3, 1);
    wait_for(DW_WIRE_LOG, 3);
    expect_reset(3, DW_WIRE_EXCEPTION, "oh no");

    /* They may have crossed it. */

    send_window(3, 1);
    send_reset(3, DW_WIRE_CANCEL);

    /* On its own, the isolate may still speak. */

    assert_true(next_within(DEADLINE_MS));
    assert_int_equal(engine.header.type, DW_WIRE_LOG);
    assert_int_equal(engine.header.channel, 1);
    assert_int_equal(dw_wire_get_log(engine.payload, &line), DW_WIRE_OK);
    assert_memory_equal(line.text.data, "later", 5);

    assert_true(next_within(DEADLINE_MS));
    assert_int_equal(engine.header.type, DW_WIRE_OPEN);
    assert_false(next_within(50));

    stop();
}


static void
runaways_leave_an_executor_for_others(void **state)
{
    unsigned  i;

    (void) state;

    start(sleepy, NULL);

    for (i = 0; i < 6; i++) {
        send_worker(1 + 4 * i, FOREVER_MS, 64, spin);
        send_fetch(3 + 4 * i, 1 + 4 * i);
    }

    send_worker(101, 1000, 64, hello);
    send_fetch(103, 101);
    expect_body(103, "hello");

    stop();
}


static void
refuses_code_that_does_not_load(void **state)
{
    dw_wire_reset_t  reset;

    (void) state;

    start(usual, NULL);

    send_isolate(1, 1000, 64);
    send_fetch(3, 1);
    send_frame(DW_WIRE_DATA, 1, "export default {\n  fetch( };", 27);
    send_frame(DW_WIRE_END, 1, NULL, 0);

    wait_for(DW_WIRE_RESET, 1);
    assert_int_equal(dw_wire_get_reset(engine.payload, &reset), DW_WIRE_OK);
    assert_int_equal(reset.code, DW_WIRE_BAD_CODE);
    assert_non_null(strstr((const char *) reset.message.data, "Unexpected"));
    assert_non_null(strstr((const char *) reset.location.data, ":2:"));

    expect_reset(3, DW_WIRE_BAD_CODE, "Unexpected");

    send_fetch(5, 1);
    expect_reset(5, DW_WIRE_BAD_CODE, "Unexpected");

    stop();
}


static void
refuses_a_fetch_event_for_nobody(void **state)
{
    (void) state;

    start(usual, NULL);
    send_fetch(3, 1);
    expect_reset(3, DW_WIRE_ENGINE, NULL);
    stop();
}


static void
reports_an_exception(void **state)
{
    (void) state;

    start(usual, NULL);
    send_worker(1, 1000, 64,
                "export default { fetch() { throw new Error('oh no'); } };");
    send_fetch(3, 1);
    expect_reset(3, DW_WIRE_EXCEPTION, "oh no");

    send_fetch(5, 1);
    expect_reset(5, DW_WIRE_EXCEPTION, "oh no");
    stop();
}


static void
stops_a_worker_at_its_memory_limit(void **state)
{
    (void) state;

    start(usual, NULL);
    send_worker(1, 5000, 64,
                "export default { fetch() { const a = [];"
                " for (;;) a.push({ a: new Array(1000).fill(1.5) }); } };");
    send_worker(3, 5000, 64, hello);
    send_fetch(5, 1);
    expect_reset(5, DW_WIRE_MEMORY, "Worker exceeded memory limit.");

    send_fetch(7, 3);
    expect_body(7, "hello");
    stop();
}


static void
a_spinning_isolate_can_be_disposed_of(void **state)
{
    unsigned  i;

    (void) state;

    start(usual, NULL);

    for (i = 0; i < 20; i++) {
        send_worker(1 + 8 * i, FOREVER_MS, 64, spin);
        send_fetch(3 + 8 * i, 1 + 8 * i);
        wait_for(DW_WIRE_LOG, 3 + 8 * i);
        send_reset(1 + 8 * i, DW_WIRE_CANCEL);

        send_worker(5 + 8 * i, 1000, 64, hello);
        send_fetch(7 + 8 * i, 5 + 8 * i);
        expect_body(7 + 8 * i, "hello");
    }

    stop();
}


/* V8 10.2 and 11.3 do not look for a termination in this loop. */
static void
a_worker_that_does_not_stop_is_given_up(void **state)
{
    static char  *args[] = {
        "--socket=0", "--role=sandbox", "--threads=2", "--max-threads=2", NULL
    };

    (void) state;

    start(args, "/dev/null");

    send_worker(1, 50, 1024,
                "export default { fetch() { console.log('in');"
                " let b = 1n; for (;;) b = b << 1000000n; } };");
    send_worker(3, 1000, 64, hello);
    send_fetch(5, 1);
    expect_reset(1, DW_WIRE_CPU, "Worker exceeded CPU time limit.");
    wait_for(DW_WIRE_RETIRE, 0);

    send_fetch(7, 3);
    expect_body(7, "hello");

    stop();
}


static void
an_isolate_can_be_disposed_of_while_it_is_made(void **state)
{
    unsigned  i;

    static char  *args[] = {
        "--socket=0", "--role=sandbox", "--threads=2", "--max-threads=2", NULL
    };

    (void) state;

    start(args, NULL);

    /* Making one takes milliseconds; some of these come at that time. */

    for (i = 0; i < 100; i++) {
        send_worker(1 + 2 * i, FOREVER_MS, 64, "for (;;) {}");
        usleep(100 + 30 * i);
        send_reset(1 + 2 * i, DW_WIRE_CANCEL);
    }

    send_worker(1001, 1000, 64, hello);
    send_fetch(1003, 1001);
    expect_body(1003, "hello");

    stop();
}


static void
a_reset_invocation_is_dropped_before_it_begins(void **state)
{
    dw_wire_usage_t  usage;

    (void) state;

    start(usual, NULL);

    send_isolate(1, 1000, 64);
    send_fetch(3, 1);
    send_reset(3, DW_WIRE_CANCEL);
    send_fetch(5, 1);
    send_reset(5, DW_WIRE_WALL);
    send_fetch(7, 1);
    send_frame(DW_WIRE_DATA, 1, spin, strlen(spin));
    send_frame(DW_WIRE_END, 1, NULL, 0);

    /* After CANCEL the engine says when it is over; RESET ends all. */

    assert_true(next_within(DEADLINE_MS));
    assert_int_equal(engine.header.type, DW_WIRE_HELLO);

    assert_true(next_within(DEADLINE_MS));
    assert_int_equal(engine.header.type, DW_WIRE_DONE);
    assert_int_equal(engine.header.channel, 3);
    assert_int_equal(dw_wire_get_usage(engine.payload, &usage), DW_WIRE_OK);
    assert_int_equal(usage.cpu_us, 0);

    assert_true(next_within(DEADLINE_MS));
    assert_int_equal(engine.header.type, DW_WIRE_LOG);
    assert_int_equal(engine.header.channel, 7);

    stop();
}


static void
a_cancelled_invocation_lives_on_for_its_wait_until(void **state)
{
    bool             on, done, other;
    dw_wire_usage_t  usage;

    (void) state;

    start(usual, NULL);

    /* The second event comes after the RESET, and lets the first go on. */

    send_worker(1, 1000, 64,
                "let go; const gate = new Promise((r) => { go = r; });"
                "let n = 0;"
                "export default { async fetch(request, env, ctx) {"
                " if (++n === 2) { go(); return new Response('go'); }"
                " console.log('in');"
                " ctx.waitUntil(gate.then(() => console.log('on')));"
                " await gate;"
                " return new Response('for nobody'); } };");
    send_fetch(3, 1);
    wait_for(DW_WIRE_LOG, 3);
    send_reset(3, DW_WIRE_CANCEL);
    send_fetch(5, 1);

    for (on = done = other = false; !done || !other; ) {

        assert_true(next_within(DEADLINE_MS));

        if (engine.header.channel == 5) {
            other = (engine.header.type == DW_WIRE_END);
            continue;
        }

        assert_int_equal(engine.header.channel, 3);
        assert_false(done);

        if (engine.header.type == DW_WIRE_LOG) {
            on = true;
            continue;
        }

        assert_int_equal(engine.header.type, DW_WIRE_DONE);
        assert_true(on);
        assert_int_equal(dw_wire_get_usage(engine.payload, &usage),
                         DW_WIRE_OK);
        assert_true(usage.cpu_us > 0);
        done = true;
    }

    stop();
}


static void
alarms_fire(void **state)
{
    int64_t  began;

    (void) state;

    start(usual, NULL);

    send_worker(1, 1000, 64,
                "export default { async fetch() {"
                " await new Promise((r) => setTimeout(r, 50));"
                " return new Response('late'); } };");
    began = now_ms();
    send_fetch(3, 1);
    expect_body(3, "late");
    assert_true(now_ms() - began >= 45);

    /* ... with the leader asleep on the socket, and with it inside. */

    send_worker(5, FOREVER_MS, 64, spin);
    began = now_ms();
    send_fetch(7, 1);
    send_fetch(9, 5);
    expect_body(7, "late");
    assert_true(now_ms() - began >= 45);

    stop();
}


static void
many_isolates_answer_many_events(void **state)
{
    unsigned  i, k;

    (void) state;

    start(usual, NULL);

    for (i = 0; i < 50; i++) {
        send_worker(1 + 2 * i, 1000, 64, hello);
    }

    for (k = 0; k < 20; k++) {

        for (i = 0; i < 50; i++) {
            send_fetch(1001 + 2 * (k * 50 + i), 1 + 2 * i);
        }

        for (i = 0; i < 50; ) {
            assert_true(next_within(DEADLINE_MS));
            assert_int_not_equal(engine.header.type, DW_WIRE_RESET);
            i += (engine.header.type == DW_WIRE_END);
        }
    }

    stop();
}


static void
a_worker_that_sends_too_much_waits(void **state)
{
    unsigned  i;

    (void) state;

    start(usual, NULL);

    /* Some 100 MB in one event, while nginx is busy with something else. */

    send_worker(1, 20000, 128,
                "let n = 0, go; const all = new Promise((r) => { go = r; });"
                "const big = 'x'.repeat(1048576);"
                "export default { async fetch() {"
                " if (++n === 100) go();"
                " await all;"
                " return new Response('y', { headers: { big } }); } };");

    for (i = 0; i < 100; i++) {
        send_fetch(101 + 2 * i, 1);
    }

    send_worker(3, 20000, 128,
                "const big = 'x'.repeat(1048576);"
                "export default { async fetch() {"
                " const headers = new Headers({ big });"
                " for (let i = 0; i < 100; i++)"
                "  fetch('http://localhost/', { headers }).catch(() => {});"
                " return new Response('y'); } };");
    send_fetch(5, 3);

    usleep(500000);

    wait_for(DW_WIRE_END, 5);

    send_worker(7, 1000, 64, hello);
    send_fetch(9, 7);
    expect_body(9, "hello");

    stop();
}


static void
a_bad_frame_ends_it(void **state)
{
    unsigned  i;

    static const struct {
        dw_wire_type_t  type;
        uint64_t        channel;
        const char     *data;
        size_t          size;
    } frames[] = {
        { DW_WIRE_HELLO, 0, "0123456789abcdef", 17 },
        { DW_WIRE_OPEN, 1, "0123456789abcdef0123456789abcdef"
                           "0123456789abcdef", 48 },
        { DW_WIRE_OPEN, 0, "", 0 },
        { DW_WIRE_WINDOW, 1, "\0\0\0\0", 4 },
        { DW_WIRE_END, 1, "01234567", 8 },
        { DW_WIRE_RESET, 1, "\x99\0\0\0\0\0\0\0\0\0", 10 },
        { DW_WIRE_TYPE_MAX, 1, "", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        start(usual, "/dev/null");
        send_frame(frames[i].type, frames[i].channel, frames[i].data,
                   frames[i].size);
        assert_int_equal(ended(), 1);
        close(engine.fd);
    }

    /* Allowed by the wire, but not here and now. */

    start(usual, "/dev/null");
    send_isolate(2, 1000, 64);
    assert_int_equal(ended(), 1);
    close(engine.fd);

    start(usual, "/dev/null");
    send_isolate(1, 1000, 64);
    send_isolate(1, 1000, 64);
    assert_int_equal(ended(), 1);
    close(engine.fd);

    start(usual, "/dev/null");
    send_worker(1, 1000, 64, hello);
    send_frame(DW_WIRE_DATA, 1, "x", 1);
    assert_int_equal(ended(), 1);
    close(engine.fd);

    start(usual, "/dev/null");
    send_isolate(1, 1000, 64);
    send_frame(DW_WIRE_HEAD, 1, "", 0);
    assert_int_equal(ended(), 1);
    close(engine.fd);
}


static void
frames_for_closed_channels_are_dropped(void **state)
{
    (void) state;

    start(usual, NULL);

    send_frame(DW_WIRE_DATA, 99, "x", 1);
    send_frame(DW_WIRE_END, 99, "", 0);
    send_frame(DW_WIRE_HEAD, 98, "", 0);
    send_window(99, 1);
    send_reset(99, DW_WIRE_CANCEL);

    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);
    expect_body(3, "hello");
    wait_for(DW_WIRE_END, 3);

    send_window(3, 5);
    send_reset(3, DW_WIRE_CANCEL);

    send_fetch(5, 1);
    expect_body(5, "hello");

    stop();
}


static void
ends_with_its_socket_while_all_executors_spin(void **state)
{
    unsigned  i;

    static char  *args[] = {
        "--socket=0", "--role=sandbox", "--threads=1", "--max-threads=2", NULL
    };

    (void) state;

    start(args, NULL);

    for (i = 0; i < 2; i++) {
        send_worker(1 + 4 * i, FOREVER_MS, 64, spin);
        send_fetch(3 + 4 * i, 1 + 4 * i);
        wait_for(DW_WIRE_LOG, 3 + 4 * i);
    }

    stop();

    /* ... and with frames that nobody has read. */

    start(args, NULL);

    for (i = 0; i < 2; i++) {
        send_worker(1 + 4 * i, FOREVER_MS, 64, spin);
        send_fetch(3 + 4 * i, 1 + 4 * i);
        wait_for(DW_WIRE_LOG, 3 + 4 * i);
    }

    send_worker(101, 1000, 64, hello);
    stop();
}


static void
signals_of_a_terminal_do_not_end_it(void **state)
{
    (void) state;

    start(usual, NULL);
    wait_for(DW_WIRE_HELLO, 0);

    kill(engine.pid, SIGINT);
    kill(engine.pid, SIGTERM);
    kill(engine.pid, SIGQUIT);
    kill(engine.pid, SIGHUP);

    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);
    expect_body(3, "hello");

    stop();
}


static void
works_without_jit_and_without_jail(void **state)
{
    dw_wire_hello_t  greeting;

    static char  *jitless[] = {
        "--socket=0", "--role=host", "--jit=off", NULL
    };
    static char  *free_[] = {
        "--socket=0", "--role=host", "--jail=off", NULL
    };

    (void) state;

    start(jitless, NULL);
    wait_for(DW_WIRE_HELLO, 0);
    assert_int_equal(dw_wire_get_hello(engine.payload, &greeting), DW_WIRE_OK);
    assert_int_equal(greeting.jailed, 1);
    assert_int_equal(greeting.jit, 0);
    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);
    expect_body(3, "hello");
    stop();

    start(free_, "/dev/null");
    wait_for(DW_WIRE_HELLO, 0);
    assert_int_equal(dw_wire_get_hello(engine.payload, &greeting), DW_WIRE_OK);
    assert_int_equal(greeting.jailed, 0);
    assert_int_equal(greeting.jit, 1);
    send_worker(1, 1000, 64, hello);
    send_fetch(3, 1);
    expect_body(3, "hello");
    stop();
}


static void
workers_live_well_in_the_jail(void **state)
{
    (void) state;

    start(usual, NULL);

    send_worker(1, 20000, 128,
        "export default { async fetch() {"
        "  let s = new Date(0).toLocaleString('de-DE', {timeZone: 'UTC'});"
        "  s += Intl.DateTimeFormat().resolvedOptions().timeZone;"
        "  s += new Date(0).toLocaleString('en-US',"
        "    {timeZone: 'America/New_York'});"
        "  'x'.localeCompare('y', 'sv'); 'a b'.normalize('NFKD');"
        "  let a = [];"
        "  for (let i = 0; i < 2e6; i++) { a.push({i});"
        "    if (a.length > 1e5) a = []; }"
        "  let r = /^(a+)+$/.exec('aaaaaaaaaaaaaaaa');"
        "  new WebAssembly.Memory({ initial: 16 }).grow(16);"
        "  for (let i = 0; i < 100; i++) new ArrayBuffer(1 << 20);"
        "  return new Response(s.length > 30 ? 'fine' : s); } };");
    send_fetch(3, 1);
    expect_body(3, "fine");

    stop();
}


/* Runs the engine with standard output and error in one string. */
static int
run(const char *args, char *out, size_t size)
{
    int     status;
    char    command[2048];
    FILE   *pipe;
    size_t  n;

    snprintf(command, sizeof(command), "%s %s 2>&1 < /dev/null", program(),
             args);

    pipe = popen(command, "r");
    assert_non_null(pipe);

    n = fread(out, 1, size - 1, pipe);
    out[n] = '\0';

    status = pclose(pipe);
    assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}


static void
says_what_arguments_it_expects(void **state)
{
    char      out[4096];
    unsigned  i;

    static const struct {
        const char  *args;
        const char  *message;
    } cases[] = {
        { "", "expected --socket=0" },
        { "--socket=0", "a stream socket" },
        { "--socket=7", "a stream socket" },
        { "--role=guest", "expected host or sandbox" },
        { "--threads=0", "expected 1 to 64" },
        { "--threads=65", "expected 1 to 64" },
        { "--max-threads=2x", "expected 1 to 64" },
        { "--jit=yes", "expected on or off" },
        { "--jail=", "expected on or off" },
        { "--prewarm=-1", "expected 0 to 256" },
        { "--frobnicate", "expected --socket=0 --role=" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(run(cases[i].args, out, sizeof(out)), 2);
        assert_int_equal(strncmp(out, "dynworker-engine: ", 18), 0);
        assert_non_null(strstr(out, cases[i].message));
    }

    assert_int_equal(run("--version", out, sizeof(out)), 0);
    assert_non_null(strstr(out, "wire 1, V8 "));
}


static char  directory[] = "/tmp/dw-check-XXXXXX";


static void
write_file(const char *name, const char *text)
{
    char   path[512];
    FILE  *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}


/* "--check" on app/main.js with this text. */
static int
check(const char *text, char *out, size_t size)
{
    char  args[512];

    write_file("app/main.js", text);
    snprintf(args, sizeof(args), "--check %s/app/main.js", directory);

    return run(args, out, size);
}


static int
make_directory(void **state)
{
    char  path[512];

    (void) state;

    if (mkdtemp(directory) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/app", directory);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/app/lib", directory);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/shared", directory);
    mkdir(path, 0700);

    return 0;
}


static int
remove_directory(void **state)
{
    char  command[512];

    (void) state;

    snprintf(command, sizeof(command), "rm -rf %s", directory);

    return system(command);
}


static void
check_writes_the_modules(void **state)
{
    int                rc;
    char               args[512], out[4096], command[2048];
    FILE              *pipe;
    unsigned           i;
    dw_wire_span_t     list;
    dw_wire_record_t   record;

    static const struct {
        unsigned     kind;
        const char  *name;
        const char  *text;
    } expected[] = {
        { DW_WIRE_MODULE_JS, "main.js",
          "import 'cloudflare:workers'; import 'node:fs';\n"
          "import a from './lib/../lib/a.js'; import t from '../shared/t.txt';"
          "\nexport * from './lib/a.js'; import(`./lib/d.js`);"
          "if (0) { import('./none.js'); import('./lib'); import('node:fs');"
          " import(`./lib/${a}.js`); import\n( \"../shared/b.bin\"\n);"
          " import('../shared/t.txt', {}); }" },
        { DW_WIRE_MODULE_JS, "lib/a.js",
          "import j from '../../shared/j.json';\n"
          "import '../main.js'; export default j;" },
        { DW_WIRE_MODULE_TEXT, "../shared/t.txt", "text" },
        { DW_WIRE_MODULE_JS, "lib/d.js", "import './e.js';" },
        { DW_WIRE_MODULE_DATA, "../shared/b.bin", "bytes" },
        { DW_WIRE_MODULE_JSON, "../shared/j.json", "{\"a\": [1, 2.5e3]}" },
        { DW_WIRE_MODULE_JS, "lib/e.js", "import('./d.js');" },
    };

    (void) state;

    write_file("app/main.js", expected[0].text);
    write_file("app/lib/a.js", expected[1].text);
    write_file("shared/t.txt", expected[2].text);
    write_file("app/lib/d.js", expected[3].text);
    write_file("shared/b.bin", expected[4].text);
    write_file("shared/j.json", expected[5].text);
    write_file("app/lib/e.js", expected[6].text);

    snprintf(args, sizeof(args), "--check %s/app/main.js", directory);
    snprintf(command, sizeof(command), "%s %s", program(), args);

    pipe = popen(command, "r");
    assert_non_null(pipe);
    list.data = (uint8_t *) out;
    list.size = fread(out, 1, sizeof(out), pipe);
    rc = pclose(pipe);
    assert_int_equal(rc, 0);

    for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_OK);
        assert_int_equal(record.kind, expected[i].kind);
        assert_int_equal(record.name.size, strlen(expected[i].name));
        assert_memory_equal(record.name.data, expected[i].name,
                            record.name.size);
        assert_int_equal(record.data.size, strlen(expected[i].text));
        assert_memory_equal(record.data.data, expected[i].text,
                            record.data.size);
    }

    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_SHORT);
}


static void
check_says_that_it_cannot_write(void **state)
{
    char  out[4096], args[512], text[32768];

    (void) state;

    /* More than fits stdio's buffer: the last write is not the first. */

    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    write_file("app/long.txt", text);
    write_file("app/main.js", "import './long.txt';");

    snprintf(args, sizeof(args), "--check %s/app/main.js > /dev/full",
             directory);
    assert_int_equal(run(args, out, sizeof(out)), 1);
}


static void
check_says_where_the_error_is(void **state)
{
    char      out[4096], place[512];
    unsigned  i;

    static const struct {
        const char  *text;
        const char  *place;
        const char  *message;
    } cases[] = {
        { "let a;\nlet = 3 4;", "app/main.js:2:", "Unexpected" },
        { "\nimport './none.js';", "app/main.js:2:", "No such file" },
        { "import 'bare';", "app/main.js:1:", "expected a relative path" },
        { "import '/etc/passwd';", "app/main.js:1:", "expected a relative" },
        { "import 'https://x/y.js';", "app/main.js:1:", "relative path" },
        { "import './lib/';", "app/main.js:1:", "expected a .js" },
        { "import './a.css';", "app/main.js:1:", "expected a .js" },
        { "import './lib/broken.js';", "app/lib/broken.js:3:", "token" },
        { "import('./lib/broken.js');", "app/lib/broken.js:3:", "token" },
        { "import './bad.json';", "app/bad.json:2:5:", "expected \",\"" },
        { "import './dir.js';", "app/main.js:1:", "Is a directory" },
    };

    (void) state;

    write_file("app/lib/broken.js", "\n\nclass {");
    write_file("app/bad.json", "{\n\"a\" 1}");

    snprintf(place, sizeof(place), "%s/app/dir.js", directory);
    mkdir(place, 0700);
    write_file("app/bad.json", "[1,\n  2 3]");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check(cases[i].text, out, sizeof(out)), 1);

        snprintf(place, sizeof(place), "%s/%s", directory, cases[i].place);

        if (strncmp(out, place, strlen(place)) != 0
            || strstr(out, cases[i].message) == NULL
            || strchr(out, '\n') != out + strlen(out) - 1)
        {
            fail_msg("\"%s\" gave: %s", cases[i].text, out);
        }
    }

    snprintf(place, sizeof(place), "--check %s/none.js", directory);
    assert_int_equal(run(place, out, sizeof(out)), 1);
    assert_non_null(strstr(out, "/none.js: "));
    assert_non_null(strstr(out, "No such file"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(greets_and_ends_with_its_socket),
        cmocka_unit_test(answers_a_fetch_event),
        cmocka_unit_test(keeps_a_fetch_event_until_the_code_is_there),
        cmocka_unit_test(sends_no_more_than_its_credit),
        cmocka_unit_test(a_worker_that_spins_does_not_hold_up_another),
        cmocka_unit_test(a_terminated_isolate_is_reported_and_gone),
        cmocka_unit_test(code_may_lower_its_limits),
        cmocka_unit_test(an_invocation_may_have_a_lower_limit_of_its_own),
        cmocka_unit_test(tells_what_an_isolate_takes),
        cmocka_unit_test(cpu_time_adds_up_over_the_events_of_an_invocation),
        cmocka_unit_test(a_reset_invocation_pays_for_its_wait_until),
        cmocka_unit_test(nothing_follows_the_reset_of_an_invocation),
        cmocka_unit_test(runaways_leave_an_executor_for_others),
        cmocka_unit_test(refuses_code_that_does_not_load),
        cmocka_unit_test(refuses_a_fetch_event_for_nobody),
        cmocka_unit_test(reports_an_exception),
        cmocka_unit_test(stops_a_worker_at_its_memory_limit),
        cmocka_unit_test(a_spinning_isolate_can_be_disposed_of),
        cmocka_unit_test(a_worker_that_does_not_stop_is_given_up),
        cmocka_unit_test(an_isolate_can_be_disposed_of_while_it_is_made),
        cmocka_unit_test(a_reset_invocation_is_dropped_before_it_begins),
        cmocka_unit_test(a_cancelled_invocation_lives_on_for_its_wait_until),
        cmocka_unit_test(alarms_fire),
        cmocka_unit_test(many_isolates_answer_many_events),
        cmocka_unit_test(a_worker_that_sends_too_much_waits),
        cmocka_unit_test(a_bad_frame_ends_it),
        cmocka_unit_test(frames_for_closed_channels_are_dropped),
        cmocka_unit_test(ends_with_its_socket_while_all_executors_spin),
        cmocka_unit_test(signals_of_a_terminal_do_not_end_it),
        cmocka_unit_test(works_without_jit_and_without_jail),
        cmocka_unit_test(workers_live_well_in_the_jail),
        cmocka_unit_test(says_what_arguments_it_expects),
        cmocka_unit_test(check_writes_the_modules),
        cmocka_unit_test(check_says_that_it_cannot_write),
        cmocka_unit_test(check_says_where_the_error_is),
    };

    signal(SIGPIPE, SIG_IGN);

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
