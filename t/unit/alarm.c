/* sources: engine/alarm.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/alarm.h"


#define N  1000


static unsigned       fired;
static uint64_t       last;
static dw_alarm_t     clocks[N];
static dw_alarms_t    alarms;


static int
setup(void **state)
{
    unsigned  i;

    (void) state;

    dw_alarms_init(&alarms);
    fired = 0;
    last = 0;

    for (i = 0; i < N; i++) {
        clocks[i].place = 0;
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    dw_alarms_done(&alarms);

    return 0;
}


static void
fire(void *user, dw_alarm_t *alarm)
{
    assert_ptr_equal(user, &fired);
    assert_int_equal(alarm->place, 0);
    assert_true(alarm->deadline_ns >= last);

    last = alarm->deadline_ns;
    fired++;
}


static void
fires_in_order_what_is_due(void **state)
{
    unsigned  i;

    (void) state;

    /* 7919 is prime: every deadline from 0 to N - 1 once, in disorder. */

    for (i = 0; i < N; i++) {
        dw_alarm_set(&alarms, &clocks[i], (uint64_t) i * 7919 % N);
    }

    assert_int_equal(dw_alarms_next(&alarms), 0);

    dw_alarms_fire(&alarms, 499, fire, &fired);
    assert_int_equal(fired, 500);
    assert_int_equal(dw_alarms_next(&alarms), 500);

    dw_alarms_fire(&alarms, 499, fire, &fired);
    assert_int_equal(fired, 500);

    dw_alarms_fire(&alarms, DW_NEVER - 1, fire, &fired);
    assert_int_equal(fired, N);
    assert_int_equal(dw_alarms_next(&alarms), DW_NEVER);
}


static void
moves_and_clears(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < N; i++) {
        dw_alarm_set(&alarms, &clocks[i], (uint64_t) i * 7919 % N);
    }

    /* Half of them later or earlier, the other half never. */

    for (i = 0; i < N; i++) {
        dw_alarm_set(&alarms, &clocks[i],
                     i % 2 ? DW_NEVER : 2000 + (uint64_t) i * 31 % N);
        dw_alarm_set(&alarms, &clocks[i],
                     i % 2 ? DW_NEVER : 1000 + (uint64_t) i * 31 % N);
    }

    dw_alarms_fire(&alarms, 999, fire, &fired);
    assert_int_equal(fired, 0);

    dw_alarms_fire(&alarms, 2000, fire, &fired);
    assert_int_equal(fired, N / 2);
}


static void
clearing_what_is_not_set_is_harmless(void **state)
{
    (void) state;

    dw_alarm_set(&alarms, &clocks[0], DW_NEVER);
    dw_alarm_set(&alarms, &clocks[0], 5);
    dw_alarm_set(&alarms, &clocks[0], DW_NEVER);
    dw_alarm_set(&alarms, &clocks[0], DW_NEVER);

    assert_int_equal(dw_alarms_next(&alarms), DW_NEVER);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(fires_in_order_what_is_due,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(moves_and_clears, setup, teardown),
        cmocka_unit_test_setup_teardown(clearing_what_is_not_set_is_harmless,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
