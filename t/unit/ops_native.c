/* sources: engine/op.c engine/ops_text.c engine/ops_codec.c engine/decoder.c engine/codec.c engine/resource.c engine/base.c */

/*
 * The ops on native objects, with what a runtime that a worker has taken over
 * could call them with.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/op.h"
#include "engine/ops_codec.h"
#include "engine/ops_text.h"


typedef void (*op_t)(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);


static const dw_resource_kind_t  kind = { free };

static dw_cell_t       cell;
static dw_isolate_t    isolate;
static v8shim_value_t  result;


static int
setup(void **state)
{
    (void) state;

    memset(&isolate, 0, sizeof(isolate));
    dw_resources_init(&isolate.resources, 1024 * 1024);
    cell.isolate = &isolate;

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    dw_resources_done(&isolate.resources);

    return 0;
}


/* Numbers, and "bytes" in place of the one that is NaN. */
static v8shim_type_t
call(op_t op, const char *bytes, size_t size, double a, double b, double c,
    double d)
{
    size_t          i;
    v8shim_value_t  args[4];

    const double  numbers[] = { a, b, c, d };

    memset(args, 0, sizeof(args));
    memset(&result, 0, sizeof(result));

    for (i = 0; i < 4; i++) {
        args[i].type = V8SHIM_NUMBER;
        args[i].number = numbers[i];

        if (bytes != NULL && isnan(numbers[i])) {
            args[i].type = V8SHIM_BYTES;
            args[i].bytes.data = (const uint8_t *) bytes;
            args[i].bytes.size = size;
        }
    }

    op(&cell, args, &result);

    return result.type;
}


static const double  wild[] = {
    -1, 0, 0.5, 1e9, 4294967296.0, 9007199254740992.0, 1e300, INFINITY,
    -INFINITY, NAN
};

#define WILD  (sizeof(wild) / sizeof(wild[0]))


static void
wild_numbers_find_nothing(void **state)
{
    size_t         i;
    double         id;
    v8shim_type_t  type;

    (void) state;

    assert_int_equal(call(dw_op_decoder, NULL, 0, 7, 1, 0, 0), V8SHIM_NUMBER);
    id = result.number;

    for (i = 0; i < WILD; i++) {

        /* 0 and less is UTF-8 and gzip. */

        type = call(dw_op_decoder, NULL, 0, wild[i], wild[i], 0, 0);
        assert_int_equal(type, wild[i] >= 1 ? V8SHIM_RANGE_ERROR
                                            : V8SHIM_NUMBER);

        type = call(dw_op_codec, NULL, 0, wild[i], wild[i], 0, 0);
        assert_int_equal(type, wild[i] >= 1 ? V8SHIM_RANGE_ERROR
                                            : V8SHIM_NUMBER);

        type = call(dw_op_decode, "abc", 3, wild[i], NAN, 0, 0);
        assert_int_equal(type, V8SHIM_TYPE_ERROR);

        type = call(dw_op_codec_run, "abc", 3, wild[i], NAN, 0, 0);
        assert_int_equal(type, V8SHIM_TYPE_ERROR);

        type = call(dw_op_codec_step, NULL, 0, wild[i], 0, 0, 0);
        assert_int_equal(type, V8SHIM_TYPE_ERROR);
    }

    for (i = 0; i < WILD - 1; i++) {
        type = call(dw_op_decode, "abc", 3, id, NAN, wild[i], 0);
        assert_int_equal(type, wild[i] >= 1 ? V8SHIM_RANGE_ERROR
                                            : V8SHIM_LATIN1);
    }
}


static void
object_of_another_kind_is_none(void **state)
{
    double  decoder, codec;

    (void) state;

    call(dw_op_decoder, NULL, 0, 7, 0, 0, 0);
    decoder = result.number;
    assert_true(result.external > 0);

    call(dw_op_codec, NULL, 0, 0, 1, 0, 0);
    codec = result.number;
    assert_true(result.external > 256 * 1024);

    assert_int_equal(call(dw_op_decode, "a", 1, codec, NAN, 0, 0),
                     V8SHIM_TYPE_ERROR);
    assert_int_equal(call(dw_op_codec_run, "a", 1, decoder, NAN, 0, 0),
                     V8SHIM_TYPE_ERROR);
    assert_int_equal(call(dw_op_codec_step, NULL, 0, decoder, 0, 0, 0),
                     V8SHIM_TYPE_ERROR);
    assert_int_equal(call(dw_op_decode, "a", 1, decoder, NAN, 1, 1),
                     V8SHIM_LATIN1);
    assert_int_equal(call(dw_op_codec_run, "a", 1, codec, NAN, 0, 1),
                     V8SHIM_BYTES);
}


static void
one_call_takes_one_slice(void **state)
{
    char    *bytes;
    size_t   size;
    double   id;

    (void) state;

    size = DW_DECODE_SLICE + 1;
    bytes = malloc(size);
    memset(bytes, 'a', size);
    bytes[size - 1] = (char) 0x82;

    call(dw_op_decoder, NULL, 0, 7, 0, 0, 0);
    id = result.number;

    assert_int_equal(call(dw_op_decode, bytes, size, id, NAN, 0, 1),
                     V8SHIM_LATIN1);
    assert_int_equal(result.bytes.size, DW_DECODE_SLICE);
    assert_int_equal(call(dw_op_decode, bytes, size, id, NAN, DW_DECODE_SLICE,
                          1), V8SHIM_UTF16);
    assert_int_equal(result.bytes.size, 2);

    assert_int_equal(call(dw_op_decode_once, bytes, size, 7, 0, NAN, 0),
                     V8SHIM_RANGE_ERROR);
    assert_int_equal(call(dw_op_decode_once, bytes, size - 1, 7, 0, NAN, 0),
                     V8SHIM_LATIN1);

    call(dw_op_codec, NULL, 0, 0, 2, 0, 0);
    id = result.number;
    assert_int_equal(DW_CODEC_IN_SLICE, DW_DECODE_SLICE);
    assert_int_equal(call(dw_op_codec_run, bytes, size, id, NAN, 0, 1),
                     V8SHIM_BYTES);
    assert_int_equal(call(dw_op_codec_step, NULL, 0, id, 0, 0, 0),
                     V8SHIM_NUMBER);
    assert_int_equal((size_t) result.number, DW_CODEC_IN_SLICE * 4);

    free(bytes);
}


static void
full_table_says_so(void **state)
{
    unsigned  n;

    (void) state;

    for (n = 0; call(dw_op_codec, NULL, 0, 0, 0, 0, 0) == V8SHIM_NUMBER; n++) {
        assert_in_range(n, 0, 3);
    }

    assert_int_equal(n, 3);
    assert_int_equal(result.type, V8SHIM_FULL);
    assert_int_equal(result.external, 0);
    assert_true(result.bytes.size > 0);
    assert_int_equal(isolate.resources.count, 3);

    /* An op that did not ask before loses its object, and nothing else. */

    memset(&result, 0, sizeof(result));
    dw_op_add_resource(&isolate, &kind, malloc(1), 1024 * 1024, &result);
    assert_int_equal(result.type, V8SHIM_FULL);
    assert_int_equal(result.external, 0);
    assert_int_equal(isolate.resources.count, 3);
}


static void
there_is_no_isolate_in_the_snapshot(void **state)
{
    size_t  i;

    static const op_t  ops[] = {
        dw_op_decoder, dw_op_decode, dw_op_decode_once, dw_op_codec,
        dw_op_codec_run, dw_op_codec_step
    };

    (void) state;

    cell.isolate = NULL;

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        assert_int_equal(call(ops[i], NULL, 0, 1, 1, 1, 1), V8SHIM_ERROR);
    }
}


#define with_isolate(f)                                                       \
    cmocka_unit_test_setup_teardown(f, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        with_isolate(wild_numbers_find_nothing),
        with_isolate(object_of_another_kind_is_none),
        with_isolate(one_call_takes_one_slice),
        with_isolate(full_table_says_so),
        with_isolate(there_is_no_isolate_in_the_snapshot)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
