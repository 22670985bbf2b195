/* sources: engine/resource.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/limits.h"
#include "engine/resource.h"


static unsigned        destroyed;
static dw_resources_t  table;


static void
destroy(void *object)
{
    destroyed++;
    free(object);
}


static const dw_resource_kind_t  kind = { destroy };
static const dw_resource_kind_t  other = { destroy };


static int
setup(void **state)
{
    (void) state;

    destroyed = 0;
    dw_resources_init(&table, 1000);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    dw_resources_done(&table);

    return 0;
}


static void
object_is_found_by_id_and_kind(void **state)
{
    void      *a = malloc(1), *b = malloc(1);
    uint64_t   id_a, id_b;

    (void) state;

    assert_null(dw_resource_find(&table, 1, &kind));

    id_a = dw_resource_add(&table, &kind, a, 1);
    id_b = dw_resource_add(&table, &other, b, 1);

    assert_int_not_equal(id_a, 0);
    assert_int_not_equal(id_a, id_b);
    assert_ptr_equal(dw_resource_find(&table, id_a, &kind), a);
    assert_ptr_equal(dw_resource_find(&table, id_b, &other), b);
    assert_null(dw_resource_find(&table, id_a, &other));
    assert_null(dw_resource_find(&table, 0, &kind));
    assert_null(dw_resource_find(&table, UINT64_MAX, &kind));
}


static void
removed_object_is_destroyed_once_and_its_id_not_used_again(void **state)
{
    unsigned  i;
    uint64_t  id, last;

    (void) state;

    for (i = 0, last = 0; i < 1000; i++, last = id) {
        id = dw_resource_add(&table, &kind, malloc(1), 600);
        assert_true(id > last);
        assert_int_equal(dw_resource_remove(&table, id), 600);
        assert_int_equal(destroyed, i + 1);
        assert_int_equal(dw_resource_remove(&table, id), 0);
        assert_null(dw_resource_find(&table, id, &kind));
    }

    assert_int_equal(destroyed, 1000);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.bytes, 0);
}


static void
bytes_are_capped(void **state)
{
    void      *refused = malloc(1);
    uint64_t   id;

    (void) state;

    id = dw_resource_add(&table, &kind, malloc(1), 400);
    assert_true(dw_resource_add(&table, &kind, malloc(1), 600));
    assert_true(dw_resources_room(&table, 0));
    assert_false(dw_resources_room(&table, 1));
    assert_int_equal(dw_resource_add(&table, &kind, refused, 1), 0);
    assert_int_equal(destroyed, 0);

    dw_resource_remove(&table, id);
    assert_true(dw_resources_room(&table, 400));
    assert_false(dw_resources_room(&table, 401));
    assert_false(dw_resources_room(&table, SIZE_MAX));

    free(refused);
}


static void
number_is_capped(void **state)
{
    void      *refused = malloc(1);
    unsigned   i;
    uint64_t   ids[2] = { 0, 0 };

    (void) state;

    for (i = 0; i < DW_RESOURCES_MAX; i++) {
        ids[i % 2] = dw_resource_add(&table, &kind, malloc(1), 0);
        assert_int_not_equal(ids[i % 2], 0);
    }

    assert_int_equal(dw_resource_add(&table, &kind, refused, 0), 0);

    for (i = 1; i <= DW_RESOURCES_MAX; i++) {
        assert_non_null(dw_resource_find(&table, i, &kind));
    }

    dw_resource_remove(&table, ids[0]);
    assert_int_not_equal(dw_resource_add(&table, &kind, refused, 0), 0);
}


static void
end_destroys_all(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 1000; i++) {
        assert_true(dw_resource_add(&table, &kind, malloc(1), 1));
    }

    dw_resources_done(&table);
    assert_int_equal(destroyed, 1000);
    assert_int_equal(table.count, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(object_is_found_by_id_and_kind,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            removed_object_is_destroyed_once_and_its_id_not_used_again,
            setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_are_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(number_is_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(end_destroys_all, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
