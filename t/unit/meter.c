
/* sources: engine/base.c engine/meter.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "engine/limits.h"
#include "engine/meter.h"


static uint64_t
cpu_ns(void)
{
    return dw_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}


static void
sleep_ns(long ns)
{
    struct timespec  ts = { 0, ns };

    while (nanosleep(&ts, &ts) != 0) { /* void */ }
}


static void
test_sleep_is_no_cpu_time(void **state)
{
    uint64_t    before;
    dw_meter_t  meter;

    (void) state;

    dw_meter_start(&meter);
    before = meter.cpu_ns;

    sleep_ns(20 * DW_METER_SPAN_NS);

    assert_true(dw_meter_read(&meter) - before < 20 * DW_METER_SPAN_NS);
}


/*
 * However often it is read, in spans that are short, long or neither.  The two
 * clocks may differ by the rate at which the system's is adjusted.
 */
static void
test_never_behind(void **state)
{
    unsigned    i;
    uint64_t    now, last, start, spin_ns, until;
    dw_meter_t  meter;

    (void) state;

    dw_meter_start(&meter);
    start = last = meter.cpu_ns;

    for (i = 0; i < 2000; i++) {

        spin_ns = (uint64_t) (i % 20) * DW_METER_SPAN_NS / 10;

        for (until = cpu_ns() + spin_ns; cpu_ns() < until; /* void */ ) { }

        now = cpu_ns();
        assert_true(dw_meter_read(&meter) >= now - (now - start) / 1000);
        assert_true(meter.cpu_ns >= last);

        last = meter.cpu_ns;
    }
}


/* What it was ahead by is made up for: it waits for the thread's clock. */
static void
test_is_set_right(void **state)
{
    uint64_t    now;
    dw_meter_t  meter;

    (void) state;

    dw_meter_start(&meter);

    meter.cpu_ns += 1000 * DW_METER_SPAN_NS;
    now = meter.cpu_ns;

    sleep_ns(2 * DW_METER_SPAN_NS);
    assert_int_equal(dw_meter_read(&meter), now);

    dw_meter_start(&meter);
    assert_true(meter.cpu_ns <= cpu_ns());
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sleep_is_no_cpu_time),
        cmocka_unit_test(test_never_behind),
        cmocka_unit_test(test_is_set_right)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
