/* sources: engine/io.c engine/base.c */

/*
 * The out-buffer, with a socket that does what each test wants.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/io.h"
#include "engine/limits.h"


static dw_out_t  out;

/* How many frames executors add while one send() is at work. */
static unsigned  added;

/* So many send()s succeed, then the socket is full. */
static unsigned  sends;


static void
add_frame(size_t size)
{
    uint8_t  *p;

    p = dw_out_begin(&out, size);
    memset(p, 0, size);
    dw_out_end(&out, p + size);
}


/* Instead of libc's. */
ssize_t
send(int fd, const void *data, size_t size, int flags)
{
    unsigned  i;

    (void) fd;
    (void) data;
    (void) flags;

    if (sends == 0) {
        errno = EAGAIN;
        return -1;
    }

    sends--;

    for (i = 0; i < added; i++) {
        add_frame(100);
    }

    return (ssize_t) size;
}


static int
new_out(void **state)
{
    (void) state;

    dw_out_init(&out, 0);
    added = 0;
    sends = 1000;

    return 0;
}


static int
free_out(void **state)
{
    (void) state;

    free(out.filling.data);
    free(out.leaving.data);

    return 0;
}


static void
a_flush_takes_what_is_added_meanwhile(void **state)
{
    (void) state;

    added = 1;
    add_frame(100);
    dw_out_flush(&out);

    assert_int_equal(sends, 0);
    assert_true(atomic_load(&out.blocked));
}


static void
a_flush_of_the_watchdog_ends_while_workers_write(void **state)
{
    (void) state;

    added = 1;
    add_frame(100);
    dw_out_flush_once(&out);

    assert_int_equal(sends, 999);
    assert_int_equal(atomic_load(&out.pending), 100);

    dw_out_relieve(&out);
    assert_int_equal(sends, 999);

    add_frame(DW_OUT_FLUSH_BYTES);
    dw_out_relieve(&out);
    assert_int_equal(sends, 998);
    assert_int_equal(atomic_load(&out.pending), 100);

    /* A buffer that was sent in part is finished first. */

    sends = 0;
    dw_out_flush_once(&out);
    assert_int_equal(atomic_load(&out.pending), 100);

    sends = 10;
    dw_out_flush_once(&out);
    assert_int_equal(sends, 8);
    assert_int_equal(atomic_load(&out.pending), 100);
}


static void
dropped_lines_are_told_of_once_a_second(void **state)
{
    int       fds[2], saved;
    char      text[4096];
    ssize_t   n;
    unsigned  i;

    (void) state;

    assert_int_equal(pipe(fds), 0);
    saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);

    for (i = 0; i < 5; i++) {
        add_frame(DW_OUT_LOG_MAX + 1);
        assert_false(dw_out_log_allowed(&out));
        dw_out_flush(&out);
        assert_true(dw_out_log_allowed(&out));
    }

    /* ... and then none is forgotten. */

    out.report_ns = 0;
    assert_true(dw_out_log_allowed(&out));
    assert_true(dw_out_log_allowed(&out));

    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fds[1]);

    n = read(fds[0], text, sizeof(text) - 1);
    close(fds[0]);
    assert_true(n > 0);
    text[n] = '\0';

    assert_string_equal(text,
        "dynworker-engine: 1 console lines dropped, nginx reads too slowly\n"
        "dynworker-engine: 4 console lines dropped, nginx reads too slowly\n");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_flush_takes_what_is_added_meanwhile, new_out, free_out),
        cmocka_unit_test_setup_teardown(
            a_flush_of_the_watchdog_ends_while_workers_write, new_out,
            free_out),
        cmocka_unit_test_setup_teardown(
            dropped_lines_are_told_of_once_a_second, new_out, free_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
