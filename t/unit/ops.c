/* sources: engine/ops.c engine/op.c engine/ops_text.c engine/ops_codec.c engine/decoder.c engine/codec.c engine/resource.c engine/crypto.c engine/crypto_cipher.c engine/crypto_digest.c engine/crypto_kdf.c engine/crypto_key.c engine/crypto_make.c engine/crypto_sign.c engine/channel.c engine/io.c engine/send.c engine/meter.c engine/alarm.c engine/mailbox.c engine/base.c */

/*
 * The ops on channels, with what a runtime that a worker has taken over could
 * call them with, and the frames that come of it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/ops.h"


#define ISOLATE  1
#define EVENT    3
#define LOAD     2


static dw_engine_t     engine;
static dw_cell_t       cell;
static dw_isolate_t    isolate;
static v8shim_value_t  result;

static dw_wire_header_t  header;
static dw_wire_span_t    payload;


/* In place of engine/isolate.c, engine/executor.c and V8. */

dw_channel_t *
dw_isolate_channel(const dw_isolate_t *iso, uint64_t id)
{
    (void) iso;

    return dw_channel_find(&engine.channels, id);
}


void
dw_executor_enter(dw_isolate_t *iso, uint64_t invocation)
{
    (void) iso;
    (void) invocation;
}


void
v8shim_isolate_terminate(v8shim_isolate_t *v8)
{
    (void) v8;
}


static int
setup(void **state)
{
    dw_channel_t  *event;

    (void) state;

    memset(&engine, 0, sizeof(engine));
    memset(&isolate, 0, sizeof(isolate));

    dw_channels_init(&engine.channels);
    dw_out_init(&engine.out, -1);
    dw_list_init(&isolate.channels);

    isolate.engine = &engine;
    isolate.id = ISOLATE;
    cell.isolate = &isolate;

    dw_channel_add(&engine.channels, ISOLATE, DW_WIRE_ISOLATE, &isolate,
                   &isolate.channels, NULL);
    event = dw_channel_add(&engine.channels, EVENT, DW_WIRE_FETCH, &isolate,
                           &isolate.channels, NULL);
    dw_channel_add(&engine.channels, LOAD, DW_WIRE_LOAD, &isolate,
                   &isolate.channels, event);

    return 0;
}


static int
teardown(void **state)
{
    dw_list_t  *link;

    (void) state;

    while ((link = dw_list_pop_head(&isolate.channels)) != NULL) {
        dw_channel_remove(&engine.channels,
                          dw_list_entry(link, dw_channel_t, of_isolate));
    }

    dw_channels_done(&engine.channels);
    free(engine.out.filling.data);

    return 0;
}


static void
call(const char *name, const v8shim_value_t *args)
{
    const v8shim_op_t  *op;

    for (op = dw_ops; strcmp(op->name, name) != 0; op++) {
        assert_non_null(op->name);
    }

    memset(&result, 0, sizeof(result));
    engine.out.filling.end = 0;

    op->call(&cell, args, &result);
}


static v8shim_value_t
number(double n)
{
    v8shim_value_t  value = { .type = V8SHIM_NUMBER, .number = n };

    return value;
}


static v8shim_value_t
bytes(const void *data, size_t size)
{
    v8shim_value_t  value = { .type = V8SHIM_BYTES };

    value.bytes.data = data;
    value.bytes.size = size;

    return value;
}


static void
expect_error(v8shim_type_t type, const char *message)
{
    assert_int_equal(result.type, type);
    assert_int_equal(result.bytes.size, strlen(message));
    assert_memory_equal(result.bytes.data, message, strlen(message));
    assert_int_equal(engine.out.filling.end, 0);
}


/* One frame and no more. */
static void
expect_frame(dw_wire_type_t type, uint64_t channel)
{
    dw_wire_span_t  in;

    in.data = engine.out.filling.data;
    in.size = engine.out.filling.end;

    assert_int_equal(dw_wire_get_header(in, DW_WIRE_BY_ENGINE, &header),
                     DW_WIRE_OK);
    assert_int_equal(header.type, type);
    assert_int_equal(header.channel, channel);
    assert_int_equal(in.size, DW_WIRE_HEADER_SIZE + header.length);

    payload.data = in.data + DW_WIRE_HEADER_SIZE;
    payload.size = header.length;
}


/* Of so many grants; "n" is what op code is told. */
static void
code(double outbound, double n, unsigned grants)
{
    uint8_t  list[20 * DW_WIRE_GRANT_SIZE];

    /* capability 1 of the loading worker each */

    memset(list, 0, sizeof(list));

    for (unsigned i = 0; i < grants; i++) {
        list[i * DW_WIRE_GRANT_SIZE] = DW_WIRE_GRANT_CAPABILITY;
        list[i * DW_WIRE_GRANT_SIZE + 16] = 1;
    }

    call("code", (v8shim_value_t[]) {
        number(LOAD), number(outbound), number(0), number(0), number(0),
        number(n), bytes(list, grants * DW_WIRE_GRANT_SIZE)
    });
}


static void
tails_are_counted_not_cut(void **state)
{
    static const double  many[] = { 17, 255, 256, 257, 65536, 4294967296.0 };

    dw_wire_worker_t  worker;

    (void) state;

    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        code(0, many[i], 17);
        expect_error(V8SHIM_RANGE_ERROR, "The worker has too many tails.");
    }

    code(0, 16, 16);
    expect_frame(DW_WIRE_HEAD, LOAD);
    assert_int_equal(dw_wire_get_worker(payload, &worker), DW_WIRE_OK);
    assert_int_equal(worker.tails, 16);
}


static void
more_tails_than_grants_are_refused(void **state)
{
    (void) state;

    code(0, 3, 2);
    expect_error(V8SHIM_RANGE_ERROR,
                 "The worker's env holds too many stubs, or their props are "
                 "too large.");
}


static void
an_outbound_that_is_none_is_none(void **state)
{
    dw_wire_worker_t  worker;

    (void) state;

    /* in two bits it would be INHERIT */

    code(4, 0, 0);
    expect_frame(DW_WIRE_HEAD, LOAD);
    assert_int_equal(dw_wire_get_worker(payload, &worker), DW_WIRE_OK);
    assert_int_equal(worker.outbound, DW_WIRE_OUTBOUND_NONE);

    call("worker", (v8shim_value_t[]) { number(4), number(0), number(0) });
    expect_frame(DW_WIRE_HEAD, ISOLATE);
    assert_int_equal(dw_wire_get_worker(payload, &worker), DW_WIRE_OK);
    assert_int_equal(worker.outbound, DW_WIRE_OUTBOUND_NONE);
}


static void
respond(double status)
{
    call("respond", (v8shim_value_t[]) {
        number(EVENT), number(status), number(0), number(0), number(0),
        bytes("", 1)
    });
}


static void
a_status_is_not_cut(void **state)
{
    dw_wire_response_t  response;

    (void) state;

    respond(65536 + 200);
    expect_error(V8SHIM_TYPE_ERROR,
                 "The response has an invalid status or header.");
    respond(600);
    expect_error(V8SHIM_TYPE_ERROR,
                 "The response has an invalid status or header.");

    respond(599);
    expect_frame(DW_WIRE_HEAD, EVENT);
    assert_int_equal(dw_wire_get_response(payload, &response), DW_WIRE_OK);
    assert_int_equal(response.status, 599);
}


static void
an_end_without_a_response_is_a_failure(void **state)
{
    dw_wire_reset_t  reset;

    (void) state;

    call("done", (v8shim_value_t[]) { number(EVENT) });
    expect_frame(DW_WIRE_RESET, EVENT);
    assert_int_equal(header.flags, 0);
    assert_int_equal(dw_wire_get_reset(payload, &reset), DW_WIRE_OK);
    assert_int_equal(reset.code, DW_WIRE_EXCEPTION);
}


static void
that_is_passed_through_as_an_exception_is(void **state)
{
    (void) state;

    call("passThrough", (v8shim_value_t[]) { number(EVENT) });
    call("done", (v8shim_value_t[]) { number(EVENT) });
    expect_frame(DW_WIRE_RESET, EVENT);
    assert_int_equal(header.flags, DW_WIRE_PASS);
}


static void
an_end_after_the_response_is_none(void **state)
{
    (void) state;

    call("passThrough", (v8shim_value_t[]) { number(EVENT) });
    respond(200);
    call("done", (v8shim_value_t[]) { number(EVENT) });
    expect_frame(DW_WIRE_END, EVENT);
    assert_int_equal(header.flags, DW_WIRE_FINAL);
}


#define OPS_TEST(f)  cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        OPS_TEST(tails_are_counted_not_cut),
        OPS_TEST(more_tails_than_grants_are_refused),
        OPS_TEST(an_outbound_that_is_none_is_none),
        OPS_TEST(a_status_is_not_cut),
        OPS_TEST(an_end_without_a_response_is_a_failure),
        OPS_TEST(that_is_passed_through_as_an_exception_is),
        OPS_TEST(an_end_after_the_response_is_none)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
