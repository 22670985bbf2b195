
/*
 * Every op runs inside its isolate, on the executor's thread, and sees only
 * that isolate's channels: a number that is another's, or nobody's, is a
 * channel that is gone.  The runtime is our own code, but what stands in a
 * worker's process may be in a worker's hands, so nothing here relies on
 * it being right; nginx, in turn, relies on nothing that leaves here.
 *
 * An invocation ends in one of these ways:
 *
 *     end, done    END, then DONE once waitUntil() work is over
 *     done         END with FINAL: the response is complete and that is all
 *     reset, done  RESET: no END and no DONE follow.  waitUntil() work that
 *                  goes on is still charged to the invocation
 *
 * With done, what the invocation opened is closed too; nginx resets it.
 */

#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "engine/crypto.h"
#include "engine/engine.h"
#include "engine/op.h"
#include "engine/ops.h"
#include "engine/ops_codec.h"
#include "engine/ops_text.h"
#include "engine/send.h"


static uint64_t
dw_op_body_length(const v8shim_value_t *value)
{
    return value->number >= 0 ? dw_op_u64(value) : DW_WIRE_LENGTH_UNKNOWN;
}


/* A number for a narrow field: not cut to it, but "max" + 1 beyond "max". */
static uint32_t
dw_op_upto(const v8shim_value_t *value, uint32_t max)
{
    uint32_t  n;

    n = dw_op_u32(value);

    return n <= max ? n : max + 1;
}


static dw_wire_span_t
dw_op_span(const v8shim_value_t *value)
{
    dw_wire_span_t  span;

    span.data = value->bytes.data;
    span.size = value->bytes.size;

    return span;
}


/*
 * Props and their grants, and in the strings entrypoint, method, URL, then as
 * dw_wire_check_fields() has it.  If not, "result" says what is wrong.
 */
static bool
dw_op_is_request(const dw_wire_open_t *open, v8shim_value_t *result)
{
    size_t          room, props_size;
    dw_wire_span_t  list, entrypoint, method, url;

    list = open->strings;
    room = DW_WIRE_HEAD_MAX - DW_WIRE_OPEN_SIZE;

    if (dw_wire_next_string(&list, &entrypoint) != DW_WIRE_OK
        || dw_wire_next_string(&list, &method) != DW_WIRE_OK
        || dw_wire_next_string(&list, &url) != DW_WIRE_OK
        || !dw_wire_is_token(method)
        || dw_wire_check_fields(list) != DW_WIRE_OK)
    {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The request has an invalid method or header.");
        return false;
    }

    props_size = open->props.size + open->grants.size;

    if (props_size > room) {
        dw_op_fail(result, V8SHIM_TYPE_ERROR, "The props are too large.");
        return false;
    }

    if (url.size > room) {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The request's URL is too long.");
        return false;
    }

    if (list.size > room) {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The request's headers and cf are too large.");
        return false;
    }

    if (open->strings.size > room - props_size) {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The request's URL, headers, cf and props are together "
                   "too large.");
        return false;
    }

    return true;
}


static uint8_t *
dw_op_put(uint8_t *p, dw_wire_span_t bytes)
{
    if (bytes.size != 0) {
        memcpy(p, bytes.data, bytes.size);
    }

    return p + bytes.size;
}


static bool
dw_op_is_invocation(const dw_channel_t *channel)
{
    return channel->kind == DW_WIRE_FETCH && !channel->ours;
}


/* CPU time of an invocation, the running event's share included. */
static uint64_t
dw_op_cpu_ns(const dw_isolate_t *iso, const dw_channel_t *channel)
{
    uint64_t  cpu_ns;

    cpu_ns = channel->cpu_ns;

    if (iso->event.invocation == channel->id) {
        cpu_ns += dw_meter_read(&iso->event.executor->meter)
                  - iso->event.cpu_start_ns;
    }

    return cpu_ns;
}


/*
 * Opens a channel for the invocation "parent", which must be this isolate's.
 * Its head is one that fits into a frame.  Returns its id, or 0 with an error
 * in "result".
 */
static uint64_t
dw_op_open(dw_isolate_t *iso, const dw_wire_open_t *open,
    v8shim_value_t *result)
{
    size_t           tail;
    uint8_t         *p;
    uint64_t         id;
    dw_channel_t    *parent, *channel;
    dw_channels_t   *channels;

    tail = open->props.size + open->grants.size + open->strings.size;
    channels = &iso->engine->channels;

    dw_channels_lock(channels);

    parent = dw_isolate_channel(iso, open->parent);

    if (parent == NULL || !dw_op_is_invocation(parent)) {

        /* nginx takes the parent for who asks: it is never another isolate's */

        dw_channels_unlock(channels);
        dw_op_fail(result, V8SHIM_ERROR,
                   "Cannot perform I/O on behalf of a request that is over.");
        return 0;
    }

    id = dw_channel_next_id(channels);
    channel = dw_channel_add(channels, id, (dw_wire_kind_t) open->kind, iso,
                             &iso->channels, parent);

    if (open->kind == DW_WIRE_FETCH) {
        channel->sent_head = true;
        channel->writable = (open->flags & (DW_WIRE_BODY|DW_WIRE_JOIN))
                            == DW_WIRE_BODY;
        channel->sent_end = !channel->writable;
    }

    p = dw_out_begin(&iso->engine->out,
                     DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE + tail);
    p = dw_wire_put_open(p, id, open, tail);
    p = dw_op_put(p, open->props);
    p = dw_op_put(p, open->grants);
    p = dw_op_put(p, open->strings);
    dw_out_end(&iso->engine->out, p);

    dw_channels_unlock(channels);

    dw_out_relieve(&iso->engine->out);

    result->type = V8SHIM_NUMBER;
    result->number = (double) id;

    return id;
}


/* They go to a worker that was loaded, or nowhere. */
static dw_err_t
dw_op_count_grants(dw_wire_open_t *open)
{
    dw_wire_span_t   list;
    dw_wire_grant_t  grant;

    list = open->grants;

    while (list.size != 0) {

        if (!(open->flags & DW_WIRE_LOADED) || open->ngrants == UINT8_MAX
            || dw_wire_next_grant(&list, &grant) != DW_WIRE_OK)
        {
            return DW_FULL;
        }

        open->ngrants++;
    }

    return DW_OK;
}


static void
dw_op_fetch(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t    *iso;
    dw_wire_open_t   open;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    memset(&open, 0, sizeof(dw_wire_open_t));

    open.kind = DW_WIRE_FETCH;
    open.parent = dw_op_u64(&args[0]);
    open.target = dw_op_u64(&args[1]);
    open.flags = dw_op_u64(&args[2])
                 & (DW_WIRE_BODY|DW_WIRE_JOIN|DW_WIRE_LOADED|DW_WIRE_RPC
                    |DW_WIRE_SELF);
    open.join = (open.flags & DW_WIRE_JOIN) ? dw_op_u64(&args[3]) : 0;
    open.body_length = dw_op_body_length(&args[4]);
    open.cpu_ms = dw_op_u32(&args[5]);
    open.subrequests = dw_op_u32(&args[6]);
    open.props = dw_op_span(&args[7]);
    open.strings = dw_op_span(&args[8]);
    open.grants = dw_op_span(&args[9]);

    if (!dw_op_is_request(&open, result)) {
        return;
    }

    open.props_length = (uint32_t) open.props.size;

    if (dw_op_count_grants(&open) != DW_OK) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR,
                   "The props hold too many stubs.");
        return;
    }

    if ((open.flags & DW_WIRE_RPC)
        && (open.flags & (DW_WIRE_BODY|DW_WIRE_JOIN)) != DW_WIRE_BODY)
    {
        dw_op_fail(result, V8SHIM_TYPE_ERROR, "An RPC session has a body.");
        return;
    }

    dw_op_open(iso, &open, result);
}


static void
dw_op_load(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    char             id[4096];
    dw_isolate_t    *iso;
    dw_wire_open_t   open;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    memset(&open, 0, sizeof(dw_wire_open_t));

    open.kind = DW_WIRE_LOAD;
    open.parent = dw_op_u64(&args[0]);
    open.target = dw_op_u64(&args[1]);
    open.body_length = DW_WIRE_LENGTH_UNKNOWN;

    if (args[2].type != V8SHIM_UNDEFINED) {

        if (args[2].bytes.size >= sizeof(id)) {
            dw_op_fail(result, V8SHIM_RANGE_ERROR,
                       "The worker's id is too long.");
            return;
        }

        if (args[2].bytes.size != 0) {

            if (memchr(args[2].bytes.data, '\0', args[2].bytes.size)) {
                dw_op_fail(result, V8SHIM_TYPE_ERROR,
                           "The worker's id must not contain a NUL character.");
                return;
            }

            memcpy(id, args[2].bytes.data, args[2].bytes.size);
        }

        id[args[2].bytes.size] = '\0';

        open.flags = DW_WIRE_ID;
        open.strings.data = (const uint8_t *) id;
        open.strings.size = args[2].bytes.size + 1;
    }

    dw_op_open(iso, &open, result);
}


/* HEAD of an invocation's response, once it has passed the checks. */
static void
dw_op_put_response(dw_out_t *out, dw_channel_t *channel,
    const dw_wire_response_t *response)
{
    uint8_t  *p;

    channel->sent_head = true;
    channel->writable = response->flags == DW_WIRE_BODY;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + DW_WIRE_RESPONSE_SIZE
                          + response->strings.size);
    p = dw_wire_put_response(p, channel->id, response,
                             response->strings.size);
    p = dw_op_put(p, response->strings);
    dw_out_end(out, p);
}


static bool
dw_op_is_response(const dw_wire_response_t *response, v8shim_value_t *result)
{
    if (dw_wire_check_fields(response->strings) != DW_WIRE_OK
        || response->status < 200 || response->status > 599)
    {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The response has an invalid status or header.");
        return false;
    }

    if (response->strings.size > DW_WIRE_HEAD_MAX - DW_WIRE_RESPONSE_SIZE) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR,
                   "The response's headers are too large.");
        return false;
    }

    return true;
}


static void
dw_op_respond(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t        *iso;
    dw_channel_t        *channel;
    dw_wire_response_t   response;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    memset(&response, 0, sizeof(dw_wire_response_t));

    response.status = (uint16_t) dw_op_upto(&args[1], 599);
    response.flags = dw_op_u64(&args[2]) & (DW_WIRE_BODY|DW_WIRE_JOIN);
    response.join = (response.flags & DW_WIRE_JOIN) ? dw_op_u64(&args[3]) : 0;
    response.body_length = dw_op_body_length(&args[4]);
    response.strings = dw_op_span(&args[5]);

    if (!dw_op_is_response(&response, result)) {
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && dw_op_is_invocation(channel)
        && !channel->sent_head)
    {
        dw_op_put_response(&iso->engine->out, channel, &response);
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(&iso->engine->out);
}


/*
 * A short text is the commonest body: without an ArrayBuffer of its own it
 * costs half.  The first window always has room for it.
 */
static void
dw_op_respond_text(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    uint8_t             *p;
    dw_isolate_t        *iso;
    dw_channel_t        *channel;
    dw_wire_span_t       text;
    dw_wire_response_t   response;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    text = dw_op_span(&args[3]);

    if (text.size > DW_WIRE_DATA_MAX || text.size > DW_WIRE_WINDOW_TO_NGINX) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "respondText: not short");
        return;
    }

    memset(&response, 0, sizeof(dw_wire_response_t));

    response.status = (uint16_t) dw_op_upto(&args[1], 599);
    response.flags = text.size ? DW_WIRE_BODY : 0;
    response.body_length = text.size;
    response.strings = dw_op_span(&args[2]);

    if (!dw_op_is_response(&response, result)) {
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && dw_op_is_invocation(channel)
        && !channel->sent_head)
    {
        dw_op_put_response(&iso->engine->out, channel, &response);

        if (text.size) {
            channel->credit -= text.size;

            p = dw_out_begin(&iso->engine->out,
                             DW_WIRE_HEADER_SIZE + text.size);
            p = dw_wire_put_header(p, DW_WIRE_DATA, 0, channel->id,
                                   text.size);
            p = dw_op_put(p, text);
            dw_out_end(&iso->engine->out, p);
        }
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(&iso->engine->out);
}


static void
dw_op_write(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    size_t           size, taken;
    uint8_t         *p;
    uint64_t         offset;
    dw_isolate_t    *iso;
    dw_channel_t    *channel;
    dw_wire_span_t   bytes;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    bytes = dw_op_span(&args[1]);
    offset = dw_op_u64(&args[2]);

    result->type = V8SHIM_NUMBER;
    result->number = 0;

    if (offset >= bytes.size) {
        return;
    }

    bytes.data += offset;
    bytes.size -= (size_t) offset;
    taken = 0;

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && channel->writable && !channel->sent_end) {

        taken = bytes.size < channel->credit ? bytes.size
                                             : (size_t) channel->credit;
        channel->credit -= taken;
        bytes.size = taken;

        while (bytes.size != 0) {
            size = bytes.size < DW_WIRE_DATA_MAX ? bytes.size
                                                 : DW_WIRE_DATA_MAX;

            p = dw_out_begin(&iso->engine->out, DW_WIRE_HEADER_SIZE + size);
            p = dw_wire_put_header(p, DW_WIRE_DATA, 0, channel->id, size);
            memcpy(p, bytes.data, size);
            dw_out_end(&iso->engine->out, p + size);

            bytes.data += size;
            bytes.size -= size;
        }
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(&iso->engine->out);

    result->number = (double) taken;
}


static void
dw_op_end(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;
    dw_channel_t  *channel;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && channel->kind != DW_WIRE_ISOLATE
        && channel->sent_head && !channel->sent_end)
    {
        channel->sent_end = true;
        channel->writable = false;

        if (dw_op_is_invocation(channel)) {
            dw_send_usage(&iso->engine->out, DW_WIRE_END, 0, channel->id,
                          dw_op_cpu_ns(iso, channel));

        } else {
            dw_send_empty(&iso->engine->out, DW_WIRE_END, channel->id);

            if (channel->kind == DW_WIRE_FETCH && channel->got_end) {
                dw_channel_remove(&iso->engine->channels, channel);
            }
        }
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_done(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint64_t       cpu_ns;
    dw_out_t      *out;
    dw_isolate_t  *iso;
    dw_channel_t  *channel;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    out = &iso->engine->out;

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && dw_op_is_invocation(channel)) {

        cpu_ns = dw_op_cpu_ns(iso, channel);

        if (channel->closed) {
            /* Its RESET was the last frame. */

        } else if (!channel->sent_head) {

            /*
             * It ends without an answer, which is a failure as an exception
             * is, and passed through as one.  (What fails in waitUntil() once
             * there is a response fails no invocation.)
             */

            dw_send_reset_as(out, channel->pass ? DW_WIRE_PASS : 0,
                             channel->id, DW_WIRE_EXCEPTION, cpu_ns,
                             dw_span_of("Worker made no response."),
                             dw_span_of(""));

        } else if (channel->sent_end) {
            dw_send_usage(out, DW_WIRE_DONE, 0, channel->id, cpu_ns);

        } else {
            dw_send_usage(out, DW_WIRE_END, DW_WIRE_FINAL, channel->id,
                          cpu_ns);
        }

        dw_channel_remove_tree(&iso->engine->channels, channel);
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_reset(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint32_t       code;
    dw_isolate_t  *iso;
    dw_channel_t  *channel;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    code = dw_op_u32(&args[1]);

    if (code == 0 || code >= DW_WIRE_CODE_LAST) {
        code = DW_WIRE_EXCEPTION;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && channel->kind != DW_WIRE_ISOLATE
        && !channel->closed)
    {
        dw_send_reset_as(&iso->engine->out, channel->pass ? DW_WIRE_PASS : 0,
                         channel->id, (dw_wire_code_t) code,
                         dw_op_is_invocation(channel)
                         ? dw_op_cpu_ns(iso, channel) : 0,
                         dw_op_span(&args[2]), dw_op_span(&args[3]));

        if (dw_op_is_invocation(channel)) {
            dw_channel_close(channel);

        } else {
            dw_channel_remove(&iso->engine->channels, channel);
        }
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(&iso->engine->out);
}


static void
dw_op_pass_through(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    dw_isolate_t  *iso;
    dw_channel_t  *channel;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && dw_op_is_invocation(channel)) {
        channel->pass = true;
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_grant(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint8_t       *p;
    uint32_t       credit;
    dw_isolate_t  *iso;
    dw_channel_t  *channel;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    credit = dw_op_u32(&args[1]);

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && channel->kind == DW_WIRE_FETCH
        && !channel->got_end && credit != 0)
    {
        p = dw_out_begin(&iso->engine->out,
                         DW_WIRE_HEADER_SIZE + sizeof(credit));
        p = dw_wire_put_window(p, channel->id, credit);
        dw_out_end(&iso->engine->out, p);
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_code(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint8_t           *p;
    dw_isolate_t      *iso;
    dw_channel_t      *channel;
    dw_wire_worker_t   worker;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    memset(&worker, 0, sizeof(dw_wire_worker_t));

    worker.outbound = (uint8_t) dw_op_upto(&args[1],
                                            DW_WIRE_OUTBOUND_CAPABILITY);
    worker.capability = dw_op_u64(&args[2]);
    worker.cpu_ms = dw_op_u32(&args[3]);
    worker.subrequests = dw_op_u32(&args[4]);

    worker.tails = (uint8_t) dw_op_upto(&args[5], DW_WIRE_TAILS_MAX);
    worker.grants = dw_op_span(&args[6]);

    if (worker.outbound > DW_WIRE_OUTBOUND_CAPABILITY) {
        worker.outbound = DW_WIRE_OUTBOUND_NONE;
    }

    if (worker.tails > DW_WIRE_TAILS_MAX) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR,
                   "The worker has too many tails.");
        return;
    }

    if (worker.grants.size > DW_WIRE_HEAD_MAX - DW_WIRE_WORKER_SIZE
        || dw_wire_check_grants(worker.grants, worker.tails) != DW_WIRE_OK)
    {
        dw_op_fail(result, V8SHIM_RANGE_ERROR,
                   "The worker's env holds too many stubs, or their props are "
                   "too large.");
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && channel->kind == DW_WIRE_LOAD
        && !channel->sent_head)
    {
        channel->sent_head = true;
        channel->writable = true;

        p = dw_out_begin(&iso->engine->out,
                         DW_WIRE_HEADER_SIZE + DW_WIRE_WORKER_SIZE
                         + worker.grants.size);
        p = dw_wire_put_worker(p, channel->id, &worker, worker.grants.size);
        p = dw_op_put(p, worker.grants);
        dw_out_end(&iso->engine->out, p);
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_worker(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint8_t           *p;
    dw_isolate_t      *iso;
    dw_channel_t      *channel;
    dw_wire_worker_t   worker;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    memset(&worker, 0, sizeof(dw_wire_worker_t));

    worker.outbound = (uint8_t) dw_op_upto(&args[0],
                                            DW_WIRE_OUTBOUND_CAPABILITY);
    worker.cpu_ms = dw_op_u32(&args[1]);
    worker.subrequests = dw_op_u32(&args[2]);

    if (worker.outbound > DW_WIRE_OUTBOUND_CAPABILITY) {
        worker.outbound = DW_WIRE_OUTBOUND_NONE;
    }

    if (worker.cpu_ms != 0 && worker.cpu_ms < iso->cpu_ms) {
        iso->cpu_ms = worker.cpu_ms;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, iso->id);

    if (channel != NULL && !channel->sent_head) {

        channel->sent_head = true;

        p = dw_out_begin(&iso->engine->out,
                         DW_WIRE_HEADER_SIZE + DW_WIRE_WORKER_SIZE);
        p = dw_wire_put_worker(p, channel->id, &worker, 0);
        dw_out_end(&iso->engine->out, p);
    }

    dw_channels_unlock(&iso->engine->channels);
}


static void
dw_op_copy_text(char *to, size_t size, const v8shim_value_t *value)
{
    size_t  n;

    n = dw_utf8_cut(value->bytes.data, value->bytes.size, size - 1);

    if (n != 0) {
        memcpy(to, value->bytes.data, n);
    }

    to[n] = '\0';
}


/* The executor buries the isolate when the event is over. */
static void
dw_op_give_up(dw_isolate_t *iso, dw_wire_code_t code,
    const v8shim_value_t *args)
{
    if (iso->event.failed_for != 0) {
        return;
    }

    iso->event.failed_for = code;

    dw_op_copy_text(iso->failure.message, sizeof(iso->failure.message),
                    &args[0]);
    dw_op_copy_text(iso->failure.location, sizeof(iso->failure.location),
                    &args[1]);
}


static void
dw_op_failed(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);

    if (iso != NULL) {
        dw_op_give_up(iso, DW_WIRE_BAD_CODE, args);
    }
}


/* No line of the worker's runs after this. */
static void
dw_op_abort(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);

    if (iso != NULL) {
        dw_op_give_up(iso, DW_WIRE_EXCEPTION, args);
        v8shim_isolate_terminate(iso->cell->v8);
    }
}


static void
dw_op_alarm(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    double         ms;
    uint64_t       deadline_ns;
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    ms = args[0].number;
    deadline_ns = DW_NEVER;

    if (ms >= 0 && ms <= DW_ALARM_MS_MAX) {
        deadline_ns = dw_clock_ns(CLOCK_MONOTONIC) + (uint64_t) (ms * 1e6);
    }

    dw_alarm_set(&iso->engine->alarms, &iso->alarm, deadline_ns);
}


static void
dw_op_enter(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);

    if (iso != NULL) {
        dw_executor_enter(iso, dw_op_u64(&args[0]));
    }
}


/* The table is locked. */
static void
dw_op_say(dw_out_t *out, const dw_channel_t *channel, uint32_t level,
    uint32_t kind, dw_wire_span_t text)
{
    uint8_t  *p;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + DW_WIRE_LOG_SIZE + text.size);
    p = dw_wire_put_log(p, channel->id, (dw_wire_level_t) level,
                        (dw_wire_log_kind_t) kind, text.size);
    p = dw_op_put(p, text);
    dw_out_end(out, p);
}


static void
dw_op_log(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint64_t         id;
    uint32_t         level;
    dw_out_t        *out;
    dw_isolate_t    *iso;
    dw_channel_t    *channel;
    dw_wire_span_t   text;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    out = &iso->engine->out;
    level = dw_op_u32(&args[1]);

    if (level < DW_WIRE_LOG_DEBUG || level > DW_WIRE_LOG_ERROR) {
        level = DW_WIRE_LOG_INFO;
    }

    text = dw_op_span(&args[2]);
    text.size = dw_utf8_cut(text.data, text.size,
                            DW_WIRE_MESSAGE_MAX - DW_WIRE_LOG_SIZE);

    if (!dw_out_log_allowed(out)) {
        return;
    }

    dw_channels_lock(&iso->engine->channels);

    id = dw_op_u64(&args[0]);
    channel = dw_isolate_channel(iso, id ? id : iso->id);

    if (channel == NULL || channel->ours || channel->closed) {
        channel = dw_isolate_channel(iso, iso->id);
    }

    if (channel != NULL) {
        dw_op_say(out, channel, level, DW_WIRE_LOG_LINE, text);
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(out);
}


/*
 * Not one is dropped for want of room, as lines are: nginx counts them, and
 * the runtime stops when the invocation has had its share.
 */
static void
dw_op_trace(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint32_t         kind;
    dw_out_t        *out;
    dw_isolate_t    *iso;
    dw_channel_t    *channel;
    dw_wire_span_t   text;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    out = &iso->engine->out;
    kind = dw_op_u32(&args[1]);
    text = dw_op_span(&args[2]);

    if (text.size > DW_WIRE_TRACE_MAX) {
        text.size = 0;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, dw_op_u64(&args[0]));

    if (channel != NULL && dw_op_is_invocation(channel) && !channel->closed
        && (iso->open.flags & DW_WIRE_TAIL)
        && kind >= DW_WIRE_LOG_CALL && kind <= DW_WIRE_LOG_FAILURE)
    {
        dw_op_say(out, channel, DW_WIRE_LOG_INFO, kind, text);
    }

    dw_channels_unlock(&iso->engine->channels);

    dw_out_relieve(out);
}


/* In tenths of milliseconds: what a worker may know about time. */
static void
dw_op_now(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;

    (void) args;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    result->type = V8SHIM_NUMBER;
    result->number = floor(iso->event.now_ms * 10) / 10;
}


static bool
dw_op_getrandom(uint8_t *p, size_t size)
{
    ssize_t  n;

    while (size != 0) {
        n = getrandom(p, size, 0);

        if (n <= 0) {
            return false;
        }

        p += n;
        size -= (size_t) n;
    }

    return true;
}


static void
dw_op_random(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    size_t   size;
    uint8_t  *from;

    /* What op results point to; handed out once, then overwritten. */

    static _Thread_local size_t   left;
    static _Thread_local uint8_t  small[DW_RANDOM_BATCH];
    static _Thread_local uint8_t  large[DW_RANDOM_MAX];

    if (dw_op_isolate(user, result) == NULL) {
        return;
    }

    if (!(args[0].number >= 0 && args[0].number <= DW_RANDOM_MAX)) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR,
                   "At most 65536 random bytes can be had at once.");
        return;
    }

    size = (size_t) args[0].number;

    if (size > DW_RANDOM_BATCH / 4) {
        from = large;

        if (!dw_op_getrandom(large, size)) {
            dw_exit(DW_EXIT_FATAL, "getrandom() failed");
        }

    } else {

        if (left < size) {

            if (!dw_op_getrandom(small, DW_RANDOM_BATCH)) {
                dw_exit(DW_EXIT_FATAL, "getrandom() failed");
            }

            left = DW_RANDOM_BATCH;
        }

        left -= size;
        from = small + left;
    }

    result->type = V8SHIM_BYTES;
    result->bytes.data = from;
    result->bytes.size = size;
}


/* What is gone already stays so. */
static void
dw_op_close(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);

    if (iso != NULL) {
        result->external = -(int64_t) dw_resource_remove(&iso->resources,
                                                         dw_op_u64(&args[0]));
    }
}


const v8shim_op_t  dw_ops[] = {
    { "fetch",   "nnnnnnnBsB", dw_op_fetch },
    { "respond", "nnnnns",   dw_op_respond },
    { "respondText", "nnsu", dw_op_respond_text },
    { "write",   "nbn",      dw_op_write },
    { "end",     "n",        dw_op_end },
    { "done",    "n",        dw_op_done },
    { "reset",   "nnuu",     dw_op_reset },
    { "passThrough", "n",    dw_op_pass_through },
    { "grant",   "nn",       dw_op_grant },
    { "load",    "nnU",      dw_op_load },
    { "code",    "nnnnnnB",  dw_op_code },
    { "worker",  "nnn",      dw_op_worker },
    { "failed",  "uu",       dw_op_failed },
    { "abort",   "uu",       dw_op_abort },
    { "alarm",   "n",        dw_op_alarm },
    { "enter",   "n",        dw_op_enter },
    { "log",     "nnu",      dw_op_log },
    { "trace",   "nnu",      dw_op_trace },
    { "now",     "",         dw_op_now },
    { "random",  "n",        dw_op_random },
    { "close",   "n",        dw_op_close },
    { "decoder", "nn",       dw_op_decoder },
    { "decode",  "nbnn",     dw_op_decode },
    { "decodeOnce", "nnb",   dw_op_decode_once },
    { "codec",   "nn",       dw_op_codec },
    { "codecRun", "nbnn",    dw_op_codec_run },
    { "codecStep", "n",      dw_op_codec_step },

    { "digest",       "nb",         dw_op_digest },
    { "hmac",         "nbb",        dw_op_hmac },
    { "hashCreate",   "nB",         dw_op_hash_create },
    { "hashUpdate",   "nb",         dw_op_hash_update },
    { "hashCopy",     "n",          dw_op_hash_copy },
    { "hashFinal",    "n",          dw_op_hash_final },
    { "equal",        "bb",         dw_op_equal },
    { "hkdf",         "nbbbw",      dw_op_hkdf },
    { "pbkdf2",       "nbbnw",      dw_op_pbkdf2 },
    { "scrypt",       "bbnnnnw",    dw_op_scrypt },
    { "aes",          "nnbbnBbw",   dw_op_aes },
    { "keyCheck",     "b",          dw_op_key_check },
    { "keyGenerate",  "nnn",        dw_op_key_generate },
    { "sign",         "bnnnb",      dw_op_sign },
    { "verify",       "bnnnbb",     dw_op_verify },
    { "oaep",         "bnnBb",      dw_op_oaep },
    { "agree",        "bb",         dw_op_agree },
    { NULL,           NULL,         NULL }
};
