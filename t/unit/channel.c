/* sources: engine/channel.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/channel.h"


static dw_list_t      of_isolate;
static dw_channels_t  table;

/* Channels only point to it. */
static dw_isolate_t  *isolate = (dw_isolate_t *) &of_isolate;


static int
setup(void **state)
{
    (void) state;

    dw_channels_init(&table);
    dw_list_init(&of_isolate);

    return 0;
}


static int
teardown(void **state)
{
    dw_list_t  *link;

    (void) state;

    while ((link = dw_list_pop_head(&of_isolate)) != NULL) {
        dw_channel_remove(&table,
                          dw_list_entry(link, dw_channel_t, of_isolate));
    }

    assert_int_equal(table.count, 0);
    dw_channels_done(&table);

    return 0;
}


static dw_channel_t *
add(uint64_t id, dw_wire_kind_t kind, dw_channel_t *parent)
{
    return dw_channel_add(&table, id, kind, isolate, &of_isolate, parent);
}


static void
finds_what_was_added(void **state)
{
    uint64_t  id;

    (void) state;

    /* Enough to grow several times; every second one goes again. */

    for (id = 1; id <= 10001; id += 2) {
        assert_int_equal(add(id, DW_WIRE_FETCH, NULL)->id, id);
    }

    for (id = 1; id <= 10001; id += 4) {
        dw_channel_remove(&table, dw_channel_find(&table, id));
    }

    for (id = 0; id <= 10003; id++) {
        if (id % 4 == 3 && id < 10003) {
            assert_int_equal(dw_channel_find(&table, id)->id, id);

        } else {
            assert_null(dw_channel_find(&table, id));
        }
    }

    assert_null(dw_channel_find(&table, UINT64_MAX));
}


static void
numbers_its_own_channels_evenly_from_two(void **state)
{
    (void) state;

    assert_int_equal(dw_channel_next_id(&table), 2);
    assert_int_equal(dw_channel_next_id(&table), 4);
    assert_int_equal(dw_channel_next_id(&table), 6);
}


static void
knows_whose_channel_it_is_and_for_what(void **state)
{
    dw_channel_t  *iso, *inv, *child, *orphan;

    (void) state;

    iso = add(1, DW_WIRE_ISOLATE, NULL);
    inv = add(3, DW_WIRE_FETCH, NULL);
    child = add(2, DW_WIRE_FETCH, inv);
    orphan = add(4, DW_WIRE_LOAD, NULL);

    assert_false(iso->ours);
    assert_int_equal(iso->invocation, 0);
    assert_false(inv->ours);
    assert_int_equal(inv->invocation, 3);
    assert_true(child->ours);
    assert_int_equal(child->invocation, 3);
    assert_true(orphan->ours);
    assert_int_equal(orphan->invocation, 0);
    assert_int_equal(child->credit, DW_WIRE_WINDOW_TO_NGINX);
}


static void
an_invocation_takes_its_children_along(void **state)
{
    dw_channel_t  *inv;

    (void) state;

    inv = add(3, DW_WIRE_FETCH, NULL);
    add(2, DW_WIRE_FETCH, inv);
    add(4, DW_WIRE_LOAD, inv);
    add(5, DW_WIRE_FETCH, NULL);

    dw_channel_remove(&table, dw_channel_find(&table, 2));
    dw_channel_remove_tree(&table, inv);

    assert_null(dw_channel_find(&table, 2));
    assert_null(dw_channel_find(&table, 3));
    assert_null(dw_channel_find(&table, 4));
    assert_non_null(dw_channel_find(&table, 5));
}


static void
children_may_outlive_an_invocation(void **state)
{
    dw_channel_t  *inv;

    (void) state;

    inv = add(3, DW_WIRE_FETCH, NULL);
    add(2, DW_WIRE_FETCH, inv);
    add(4, DW_WIRE_FETCH, inv);

    dw_channel_remove(&table, inv);

    assert_int_equal(dw_channel_find(&table, 2)->invocation, 3);
    dw_channel_remove(&table, dw_channel_find(&table, 2));
    assert_non_null(dw_channel_find(&table, 4));
}


static void
remembers_the_last_dead(void **state)
{
    char                   message[32];
    uint64_t               id;
    const dw_tombstone_t  *tombstone;

    (void) state;

    assert_null(dw_tombstone_find(&table, 0));
    assert_null(dw_tombstone_find(&table, 1));

    for (id = 1; id <= DW_TOMBSTONES + 1; id++) {
        snprintf(message, sizeof(message), "dead %d", (int) id);
        dw_tombstone_add(&table, id, DW_WIRE_CPU, message, "a.js:1:2");
    }

    assert_null(dw_tombstone_find(&table, 1));

    tombstone = dw_tombstone_find(&table, 2);
    assert_non_null(tombstone);
    assert_int_equal(tombstone->code, DW_WIRE_CPU);
    assert_string_equal(tombstone->message, "dead 2");
    assert_string_equal(tombstone->location, "a.js:1:2");

    assert_non_null(dw_tombstone_find(&table, DW_TOMBSTONES + 1));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_was_added,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            numbers_its_own_channels_evenly_from_two, setup, teardown),
        cmocka_unit_test_setup_teardown(
            knows_whose_channel_it_is_and_for_what, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_invocation_takes_its_children_along, setup, teardown),
        cmocka_unit_test_setup_teardown(children_may_outlive_an_invocation,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(remembers_the_last_dead,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
