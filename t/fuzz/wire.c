
/*
 * Every decoder of the wire on any bytes.  What a decoder takes must lie
 * within what it was given; sanitizers see to the rest.
 */

#include <stdlib.h>
#include <string.h>

#include "wire/dw_wire.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static volatile uint8_t  sink;


/* Reads all of "part", which must be inside "whole". */
static void
touch(dw_wire_span_t whole, dw_wire_span_t part)
{
    size_t  i;

    if (part.data < whole.data || part.size > whole.size
        || (size_t) (part.data - whole.data) > whole.size - part.size)
    {
        abort();
    }

    for (i = 0; i < part.size; i++) {
        sink ^= part.data[i];
    }
}


static void
fuzz_lists(dw_wire_span_t whole)
{
    dw_wire_span_t    list, string;
    dw_wire_record_t  record;

    list = whole;

    while (dw_wire_next_string(&list, &string) == DW_WIRE_OK) {
        touch(whole, string);
        touch(whole, list);
    }

    list = whole;

    while (dw_wire_next_record(&list, &record) == DW_WIRE_OK) {
        touch(whole, record.name);
        touch(whole, record.data);
        touch(whole, list);
    }
}


/* Tails are some of the grants, and not too many. */
static void
fuzz_grants(dw_wire_span_t whole, const dw_wire_worker_t *worker)
{
    unsigned         n;
    dw_wire_span_t   list;
    dw_wire_grant_t  grant;

    list = worker->grants;

    for (n = 0; dw_wire_next_grant(&list, &grant) == DW_WIRE_OK; n++) {
        touch(whole, grant.entrypoint);
        touch(whole, grant.props);
    }

    if (list.size != 0 || n > DW_WIRE_GRANTS_MAX || worker->tails > n
        || worker->tails > DW_WIRE_TAILS_MAX)
    {
        abort();
    }
}


static void
fuzz_payload(dw_wire_span_t payload, dw_wire_side_t side)
{
    uint32_t            credit;
    uint64_t            footprint;
    dw_wire_log_t       log;
    dw_wire_open_t      open;
    dw_wire_usage_t     usage;
    dw_wire_reset_t     reset;
    dw_wire_hello_t     hello;
    dw_wire_worker_t    worker;
    dw_wire_response_t  response;

    if (dw_wire_get_open(payload, side, &open) == DW_WIRE_OK) {
        touch(payload, open.props);
        touch(payload, open.grants);
        touch(payload, open.strings);

        if (open.ngrants != 0
            && dw_wire_check_grants(open.grants, open.ngrants) != DW_WIRE_OK)
        {
            abort();
        }

        fuzz_lists(open.strings);
    }

    if (dw_wire_get_response(payload, &response) == DW_WIRE_OK) {
        touch(payload, response.strings);
    }

    if (dw_wire_get_reset(payload, &reset) == DW_WIRE_OK) {
        touch(payload, reset.message);
        touch(payload, reset.location);

        /* both end in a NUL byte, also for those who treat them as strings */

        if (strlen((const char *) reset.message.data) != reset.message.size
            || strlen((const char *) reset.location.data)
               != reset.location.size)
        {
            abort();
        }
    }

    if (dw_wire_get_hello(payload, &hello) == DW_WIRE_OK) {
        touch(payload, hello.v8_version);
    }

    if (dw_wire_get_log(payload, &log) == DW_WIRE_OK) {
        touch(payload, log.text);

        if (log.kind == DW_WIRE_LOG_LINE
            && log.text.size > DW_WIRE_MESSAGE_MAX)
        {
            abort();
        }
    }

    if (dw_wire_get_worker(payload, &worker) == DW_WIRE_OK) {
        fuzz_grants(payload, &worker);
    }

    (void) dw_wire_get_usage(payload, &usage);
    (void) dw_wire_get_window(payload, &credit);
    (void) dw_wire_get_footprint(payload, &footprint);

    fuzz_lists(payload);
}


/* A stream of frames, as an engine's reader takes it apart. */
static void
fuzz_stream(dw_wire_span_t in, dw_wire_side_t side)
{
    dw_wire_span_t    payload;
    dw_wire_header_t  header;

    while (dw_wire_get_header(in, side, &header) == DW_WIRE_OK) {

        sink ^= (uint8_t) dw_wire_type_name(header.type)[0];

        if (in.size - DW_WIRE_HEADER_SIZE < header.length) {
            break;
        }

        payload.data = in.data + DW_WIRE_HEADER_SIZE;
        payload.size = header.length;

        fuzz_payload(payload, side);

        in.data += DW_WIRE_HEADER_SIZE + header.length;
        in.size -= DW_WIRE_HEADER_SIZE + header.length;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dw_wire_span_t  in;

    in.data = data;
    in.size = size;

    fuzz_stream(in, DW_WIRE_BY_ENGINE);
    fuzz_stream(in, DW_WIRE_BY_NGINX);
    fuzz_payload(in, DW_WIRE_BY_ENGINE);
    fuzz_payload(in, DW_WIRE_BY_NGINX);

    return 0;
}
