
/*
 * Traces: what the tails of a dynamic worker are told of each of its
 * invocations.  One is collected beside the call that the invocation is, since
 * the worker may not live to its end, and becomes the body of a call to each
 * tail once the first one has closed.  Outcome, times and the request are
 * nginx's own; what the worker says, nginx keeps and does not read.
 */

#include "ngx_http_dynworker.h"


/* Of one trace; what is beyond is left out, and the trace says so. */
#define NGX_HTTP_DYNWORKER_TRACE_MAX      DW_WIRE_TRACE_MAX

/* What a record costs, however little is in it. */
#define NGX_HTTP_DYNWORKER_TRACE_RECORD   64

/* Of an exception's message that nginx writes. */
#define NGX_HTTP_DYNWORKER_TRACE_MESSAGE  4096

/* Tail handlers that have not answered; beyond, traces are dropped. */
#define NGX_HTTP_DYNWORKER_TAILS_MAX      256


struct ngx_http_dynworker_trace_s {
    ngx_queue_t                   queue;        /* process->traces */
    ngx_http_dynworker_tails_t   *tails;        /* a reference */
    ngx_http_dynworker_kept_t    *kept;         /* a reference, or NULL */
    ngx_uint_t                    depth;

    /* wire records */
    u_char                       *data;
    size_t                        len;
    size_t                        size;

    uint64_t                      start_ms;     /* since the epoch */
    uint64_t                      rest;         /* of the body, to come */
    ngx_uint_t                    status;
    ngx_uint_t                    code;         /* dw_wire_code_t, 0: fine */
    unsigned                      truncated:1;
    unsigned                      full:1;       /* nothing more is added */
    unsigned                      failed:1;     /* says its worker, ... */
    unsigned                      told:1;       /* ... and of what */
    unsigned                      rpc:1;
};


static void ngx_http_dynworker_trace_keep(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_trace_request(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_head_t *head);
static ngx_int_t ngx_http_dynworker_trace_put(
    ngx_http_dynworker_trace_t *trace, ngx_uint_t kind, uint64_t ms,
    ngx_str_t *data, size_t max);
static void ngx_http_dynworker_trace_finish(
    ngx_http_dynworker_trace_t *trace, ngx_http_dynworker_call_t *call);
static uint64_t ngx_http_dynworker_trace_now(void);
static void ngx_http_dynworker_trace_free(ngx_http_dynworker_trace_t *trace);
static void ngx_http_dynworker_trace_send(ngx_event_t *ev);
static void ngx_http_dynworker_trace_call(
    ngx_http_dynworker_process_t *process, ngx_http_dynworker_trace_t *trace,
    ngx_http_dynworker_entry_t *entry);
static ngx_uint_t ngx_http_dynworker_trace_room(
    ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_isolate_t *isolate);


/* As other Workers' TraceItem has it, by dw_wire_code_t. */
static const ngx_str_t  ngx_http_dynworker_outcomes[DW_WIRE_CODE_LAST] = {
    ngx_string("ok"),
    [DW_WIRE_CANCEL] = ngx_string("canceled"),
    [DW_WIRE_EXCEPTION] = ngx_string("exception"),
    [DW_WIRE_BAD_CODE] = ngx_string("exception"),
    [DW_WIRE_CPU] = ngx_string("exceededCpu"),
    [DW_WIRE_WALL] = ngx_string("exceededWallTime"),
    [DW_WIRE_MEMORY] = ngx_string("exceededMemory"),
    [DW_WIRE_OVERLOAD] = ngx_string("loadShed"),
    [DW_WIRE_ENGINE] = ngx_string("internalError"),
    [DW_WIRE_NETWORK] = ngx_string("exception"),
    [DW_WIRE_DENIED] = ngx_string("exception"),
    [DW_WIRE_SUBREQUESTS] = ngx_string("exception")
};


void
ngx_http_dynworker_trace_init(ngx_http_dynworker_process_t *process)
{
    ngx_queue_init(&process->traces);

    process->tail.handler = ngx_http_dynworker_trace_send;
    process->tail.data = process;
    process->tail.log = process->cycle->log;
}


void
ngx_http_dynworker_trace_done(ngx_http_dynworker_process_t *process)
{
    ngx_queue_t  *q;

    if (process->tail.posted) {
        ngx_delete_posted_event(&process->tail);
    }

    while (!ngx_queue_empty(&process->traces)) {
        q = ngx_queue_head(&process->traces);
        ngx_queue_remove(q);

        ngx_http_dynworker_trace_free(
                       ngx_queue_data(q, ngx_http_dynworker_trace_t, queue));
    }
}


void
ngx_http_dynworker_trace_start(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_head_t *head)
{
    ngx_http_dynworker_tails_t  *tails;
    ngx_http_dynworker_trace_t  *trace;

    tails = call->isolate->tails;

    if (tails == NULL) {
        return;
    }

    call->traced = 1;

    /* a tail handler may start what has the same tail */

    if (call->tail_depth == NGX_HTTP_DYNWORKER_TAIL_DEPTH) {
        ngx_log_error(NGX_LOG_WARN, ngx_http_dynworker_call_log(call), 0,
                      "worker \"%V\" is not traced, it was started by tails "
                      "of tails, %d deep", &call->isolate->name,
                      NGX_HTTP_DYNWORKER_TAIL_DEPTH);
        return;
    }

    trace = ngx_calloc(sizeof(ngx_http_dynworker_trace_t),
                       call->process->cycle->log);
    if (trace == NULL) {
        return;
    }

    trace->tails = tails;
    tails->refs++;

    trace->depth = call->tail_depth + 1;
    trace->start_ms = ngx_http_dynworker_trace_now();
    trace->rest = DW_WIRE_LENGTH_UNKNOWN;
    trace->rpc = head->rpc;

    call->trace = trace;

    ngx_http_dynworker_trace_keep(call);
    ngx_http_dynworker_trace_request(call, head);
}


/* What tails need of the client's request, which may be gone by then. */
static void
ngx_http_dynworker_trace_keep(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_call_t  *root;
    ngx_http_dynworker_kept_t  *kept;

    kept = ngx_http_dynworker_call_kept(call);

    for (root = call; root->parent; root = root->parent) { /* void */ }

    if (kept) {
        kept->refs++;

    } else if (root->request) {
        kept = ngx_http_dynworker_policies_keep(root->request,
                                                root->conf->props,
                                                &root->props);
    }

    call->trace->kept = kept;
}


/* The head that the invocation is opened with; if need be, without headers. */
static void
ngx_http_dynworker_trace_request(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_head_t *head)
{
    ngx_str_t                    strings, string, first;
    ngx_uint_t                   i, kind;
    ngx_http_dynworker_trace_t  *trace;

    trace = call->trace;
    kind = head->rpc ? DW_WIRE_TRACE_RPC : DW_WIRE_TRACE_FETCH;

    if (ngx_http_dynworker_trace_put(trace, kind, trace->start_ms,
                                     &head->strings,
                                     NGX_HTTP_DYNWORKER_TRACE_MAX)
        == NGX_OK)
    {
        return;
    }

    strings = head->strings;

    for (i = 0; i < 4; i++) {
        if (ngx_http_dynworker_next_string(&strings, &string) != NGX_OK) {
            return;
        }
    }

    first.data = head->strings.data;
    first.len = strings.data - first.data;

    (void) ngx_http_dynworker_trace_put(trace, kind, trace->start_ms, &first,
                                        NGX_HTTP_DYNWORKER_TRACE_MAX);
}


void
ngx_http_dynworker_trace_add(ngx_http_dynworker_call_t *call, ngx_uint_t kind,
    ngx_str_t *text)
{
    ngx_http_dynworker_trace_t  *trace;

    trace = call->trace;

    if (trace == NULL) {
        return;
    }

    if (kind == DW_WIRE_LOG_FAILURE) {
        trace->failed = 1;
    }

    if (text->len == 0 || trace->full) {
        trace->truncated = 1;
        trace->full = 1;
        return;
    }

    if (ngx_http_dynworker_trace_put(trace,
                                     kind == DW_WIRE_LOG_CALL
                                     ? DW_WIRE_TRACE_CALL
                                     : DW_WIRE_TRACE_EXCEPTION,
                                     ngx_http_dynworker_trace_now(), text,
                                     NGX_HTTP_DYNWORKER_TRACE_MAX)
        != NGX_OK)
    {
        trace->full = 1;

    } else if (kind == DW_WIRE_LOG_FAILURE) {
        trace->told = 1;
    }
}


void
ngx_http_dynworker_trace_head(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, uint64_t length)
{
    if (call->trace) {
        call->trace->status = status;
        call->trace->rest = length;
    }
}


void
ngx_http_dynworker_trace_data(ngx_http_dynworker_call_t *call, size_t size)
{
    ngx_http_dynworker_trace_t  *trace;

    trace = call->trace;

    if (trace && trace->rest != DW_WIRE_LENGTH_UNKNOWN) {
        trace->rest -= ngx_min(trace->rest, size);
    }
}


void
ngx_http_dynworker_trace_fail(ngx_http_dynworker_call_t *call, ngx_uint_t code,
    ngx_str_t *message)
{
    ngx_str_t                      text;
    ngx_http_dynworker_trace_t    *trace;
    ngx_http_dynworker_channel_t  *target;

    trace = call->trace;
    target = call->target;

    if (trace == NULL || trace->code || target == NULL) {
        return;
    }

    if (code == DW_WIRE_CANCEL) {

        /*
         * Nobody minds when all has been said, or, in a session, when the
         * caller has ended it.  A client that has a body of a known length may
         * leave before the worker's END has come.
         */

        if (!target->in_ended && trace->rest
            && !(trace->rpc && target->out_ended))
        {
            trace->code = DW_WIRE_CANCEL;
        }

        return;
    }

    trace->code = code;

    if (code == DW_WIRE_EXCEPTION && trace->told) {
        return;
    }

    text = *message;
    text.len = ngx_min(text.len, NGX_HTTP_DYNWORKER_TRACE_MESSAGE);

    (void) ngx_http_dynworker_trace_put(trace, DW_WIRE_TRACE_MESSAGE,
                                        ngx_http_dynworker_trace_now(), &text,
                                        NGX_HTTP_DYNWORKER_TRACE_MAX
                                        + NGX_HTTP_DYNWORKER_TRACE_RECORD
                                        + NGX_HTTP_DYNWORKER_TRACE_MESSAGE);
}


/* "max": of the whole trace with this record. */
static ngx_int_t
ngx_http_dynworker_trace_put(ngx_http_dynworker_trace_t *trace,
    ngx_uint_t kind, uint64_t ms, ngx_str_t *data, size_t max)
{
    u_char     *p, *buf;
    size_t      need, size;
    ngx_str_t   name;
    u_char      time[NGX_INT64_LEN];

    if (data->len > max
        || trace->len + NGX_HTTP_DYNWORKER_TRACE_RECORD > max - data->len)
    {
        trace->truncated = 1;
        return NGX_DECLINED;
    }

    need = trace->len + NGX_HTTP_DYNWORKER_TRACE_RECORD + data->len;

    if (need > trace->size) {
        size = ngx_max(need, trace->size * 2);

        buf = ngx_alloc(size, ngx_cycle->log);
        if (buf == NULL) {
            trace->truncated = 1;
            return NGX_ERROR;
        }

        if (trace->data) {
            ngx_memcpy(buf, trace->data, trace->len);
            ngx_free(trace->data);
        }

        trace->data = buf;
        trace->size = size;
    }

    name.data = time;
    name.len = ngx_sprintf(time, "%uL", ms) - time;

    p = trace->data + trace->len;

    p = dw_wire_put_record(p, kind, name.len, data->len);
    p = ngx_cpymem(p, name.data, name.len);
    p = ngx_cpymem(p, data->data, data->len);

    trace->len = p - trace->data;

    return NGX_OK;
}


void
ngx_http_dynworker_trace_end(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_trace_t    *trace;
    ngx_http_dynworker_process_t  *process;

    trace = call->trace;

    if (trace == NULL) {
        return;
    }

    call->trace = NULL;
    process = call->process;

    if (process->stopped) {
        ngx_http_dynworker_trace_free(trace);
        return;
    }

    ngx_http_dynworker_trace_finish(trace, call);

    /* not from within whatever has ended the call */

    ngx_queue_insert_tail(&process->traces, &trace->queue);

    ngx_post_event(&process->tail, &ngx_posted_events);
}


void
ngx_http_dynworker_trace_drop(ngx_http_dynworker_call_t *call)
{
    call->traced = 0;

    if (call->trace) {
        ngx_http_dynworker_trace_free(call->trace);
        call->trace = NULL;
    }
}


static void
ngx_http_dynworker_trace_finish(ngx_http_dynworker_trace_t *trace,
    ngx_http_dynworker_call_t *call)
{
    u_char                        *p, *text;
    size_t                         len;
    ngx_str_t                      id, outcome, data;
    ngx_uint_t                     named;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = call->isolate;

    /* "namespace NUL id", or, of load(), something for messages */

    named = isolate->sn.str.len > isolate->name.len;

    id.len = named ? isolate->name.len : 0;
    id.data = isolate->sn.str.data + isolate->sn.str.len - id.len;

    if (trace->code == 0 && trace->failed) {
        trace->code = DW_WIRE_EXCEPTION;
    }

    outcome = ngx_http_dynworker_outcomes[trace->code];

    if (trace->code == DW_WIRE_CANCEL && trace->status && !trace->rpc) {
        ngx_str_set(&outcome, "responseStreamDisconnected");
    }

    len = outcome.len + id.len + 3 * NGX_INT64_LEN + sizeof("NNNNNNN0N0N");

    text = ngx_alloc(len, ngx_cycle->log);
    if (text == NULL) {
        return;
    }

    p = ngx_sprintf(text, "%V%Z%uL%Z%M%Z%ui%Z%d%Z%d%Z%V%Z", &outcome,
                    call->cpu_us / 1000, ngx_current_msec - call->start,
                    trace->status, (int) trace->truncated, (int) named, &id);

    data.data = text;
    data.len = p - text;

    (void) ngx_http_dynworker_trace_put(trace, DW_WIRE_TRACE_END,
                                        trace->start_ms, &data,
                                        2 * NGX_HTTP_DYNWORKER_TRACE_MAX);

    ngx_free(text);
}


static uint64_t
ngx_http_dynworker_trace_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


static void
ngx_http_dynworker_trace_free(ngx_http_dynworker_trace_t *trace)
{
    ngx_http_dynworker_tails_release(trace->tails);

    if (trace->kept) {
        ngx_http_dynworker_kept_release(trace->kept);
    }

    if (trace->data) {
        ngx_free(trace->data);
    }

    ngx_free(trace);
}


static void
ngx_http_dynworker_trace_send(ngx_event_t *ev)
{
    ngx_uint_t                     i;
    ngx_queue_t                   *q;
    ngx_http_dynworker_trace_t    *trace;
    ngx_http_dynworker_process_t  *process;

    process = ev->data;

    while (!ngx_queue_empty(&process->traces)) {
        q = ngx_queue_head(&process->traces);
        ngx_queue_remove(q);

        trace = ngx_queue_data(q, ngx_http_dynworker_trace_t, queue);

        for (i = 0; i < trace->tails->n; i++) {
            ngx_http_dynworker_trace_call(process, trace,
                                          trace->tails->entries[i]);
        }

        ngx_http_dynworker_trace_free(trace);
    }
}


/* A call that nobody waits for: its own root, and its own limits. */
static void
ngx_http_dynworker_trace_call(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_trace_t *trace, ngx_http_dynworker_entry_t *entry)
{
    u_char                        *p;
    ngx_str_t                      message;
    ngx_http_dynworker_call_t     *call;
    ngx_http_dynworker_head_t      head;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = ngx_http_dynworker_host_isolate(process, entry->conf,
                                              entry->conf_ctx);

    if (isolate == NULL || !ngx_http_dynworker_trace_room(process, isolate)) {
        return;
    }

    call = ngx_http_dynworker_call_create(process, NULL);
    if (call == NULL) {
        return;
    }

    process->tails++;

    call->tail = 1;
    call->tail_depth = trace->depth;
    call->conf = entry->conf;
    call->conf_ctx = entry->conf_ctx;
    call->kept = trace->kept;

    if (call->kept) {
        call->kept->refs++;
    }

    ngx_memzero(&head, sizeof(ngx_http_dynworker_head_t));

    /* of the strings of a head only the first one says something */

    head.strings.len = entry->name.len + sizeof("NNN");
    head.strings.data = ngx_alloc(head.strings.len, process->cycle->log);

    call->request_pipe = ngx_http_dynworker_pipe_create();

    if (head.strings.data == NULL || call->request_pipe == NULL
        || ngx_http_dynworker_pipe_push(call->request_pipe, trace->data,
                                        trace->len)
           != NGX_OK)
    {
        ngx_str_set(&message, "No memory for a trace.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);

    } else {
        ngx_http_dynworker_pipe_end(call->request_pipe, 0);

        p = ngx_cpymem(head.strings.data, entry->name.data, entry->name.len);
        ngx_memzero(p, sizeof("NNN"));

        ngx_http_dynworker_call_props(call, entry, &head.props);

        head.body_length = trace->len;
        head.body = 1;
        head.tail = 1;

        ngx_http_dynworker_call_invoke(call, isolate, &head);
    }

    if (head.strings.data) {
        ngx_free(head.strings.data);
    }
}


/* Clients' requests of the tail's own worker shall not have to wait. */
static ngx_uint_t
ngx_http_dynworker_trace_room(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_isolate_t *isolate)
{
    if (process->tails < NGX_HTTP_DYNWORKER_TAILS_MAX
        && isolate->queued <= isolate->limits.queue / 2)
    {
        if (process->tails < NGX_HTTP_DYNWORKER_TAILS_MAX / 2) {
            process->tails_full = 0;
        }

        return 1;
    }

    if (!process->tails_full) {
        process->tails_full = 1;

        ngx_log_error(NGX_LOG_WARN, process->cycle->log, 0,
                      "too many traces wait for tail handlers, "
                      "dropping those for worker \"%V\"", &isolate->name);
    }

    return 0;
}
