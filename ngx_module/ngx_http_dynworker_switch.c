
/*
 * The switch: what an engine's frames mean to channels, calls, isolates and
 * loads.  Every field of a frame is hostile.
 */

#include "ngx_http_dynworker.h"


/* Credit of a channel never exceeds this, whatever an engine grants. */
#define NGX_HTTP_DYNWORKER_CREDIT_MAX   (1024 * 1024 * 1024)


static ngx_int_t ngx_http_dynworker_switch_hello(
    ngx_http_dynworker_engine_t *engine, dw_wire_span_t payload);
static void ngx_http_dynworker_switch_log(
    ngx_http_dynworker_channel_t *channel, dw_wire_log_t *log);
static ngx_int_t ngx_http_dynworker_switch_trace(
    ngx_http_dynworker_channel_t *channel, dw_wire_log_t *log);
static ngx_int_t ngx_http_dynworker_switch_open(
    ngx_http_dynworker_engine_t *engine, uint64_t id, dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_fetch(
    ngx_http_dynworker_channel_t *channel, ngx_http_dynworker_call_t *parent,
    dw_wire_open_t *open);
static void ngx_http_dynworker_switch_limits(
    ngx_http_dynworker_call_t *call, ngx_http_dynworker_call_t *parent,
    dw_wire_open_t *open);
static ngx_int_t ngx_http_dynworker_switch_entrypoint(
    ngx_http_dynworker_call_t *call, ngx_http_dynworker_cap_t *cap,
    ngx_http_dynworker_head_t *head);
static ngx_http_dynworker_pipe_t *ngx_http_dynworker_switch_join(
    ngx_http_dynworker_engine_t *engine, ngx_http_dynworker_isolate_t *isolate,
    uint64_t id);
static ngx_int_t ngx_http_dynworker_switch_head(
    ngx_http_dynworker_channel_t *channel, dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_response(
    ngx_http_dynworker_channel_t *channel, dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_data(
    ngx_http_dynworker_channel_t *channel, dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_end(
    ngx_http_dynworker_channel_t *channel, dw_wire_header_t *header,
    dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_done(
    ngx_http_dynworker_channel_t *channel, dw_wire_span_t payload);
static ngx_int_t ngx_http_dynworker_switch_channel_reset(
    ngx_http_dynworker_channel_t *channel, dw_wire_header_t *header,
    dw_wire_span_t payload);
static void ngx_http_dynworker_switch_fail(
    ngx_http_dynworker_channel_t *channel, ngx_uint_t unseen, ngx_uint_t code,
    ngx_str_t *message, ngx_str_t *location);
static ngx_int_t ngx_http_dynworker_switch_bad(
    ngx_http_dynworker_channel_t *channel, const char *why);


ngx_int_t
ngx_http_dynworker_switch_frame(ngx_http_dynworker_engine_t *engine,
    dw_wire_header_t *header, dw_wire_span_t payload)
{
    uint32_t                       credit;
    uint64_t                       bytes;
    dw_wire_log_t                  log;
    ngx_http_dynworker_channel_t  *channel;

    if (header->type == DW_WIRE_HELLO) {
        return ngx_http_dynworker_switch_hello(engine, payload);
    }

    if (!engine->ready) {
        ngx_http_dynworker_engine_break(engine, "a frame before HELLO");
        return NGX_ERROR;
    }

    switch (header->type) {

    case DW_WIRE_OPEN:
        return ngx_http_dynworker_switch_open(engine, header->channel,
                                              payload);

    case DW_WIRE_RETIRE:
        return ngx_http_dynworker_engine_retire(engine);
    }

    channel = ngx_http_dynworker_channel_find(engine, header->channel);

    if (channel == NULL) {

        if (header->channel > ((header->channel & 1) ? engine->last_channel
                                                     : engine->last_peer))
        {
            ngx_http_dynworker_engine_break(engine,
                                            "a frame for no channel");
            return NGX_ERROR;
        }

        /* closed: the two ends may cross */

        return NGX_OK;
    }

    switch (header->type) {

    case DW_WIRE_HEAD:
        return ngx_http_dynworker_switch_head(channel, payload);

    case DW_WIRE_DATA:
        return ngx_http_dynworker_switch_data(channel, payload);

    case DW_WIRE_END:
        return ngx_http_dynworker_switch_end(channel, header, payload);

    case DW_WIRE_RESET:
        return ngx_http_dynworker_switch_channel_reset(channel, header,
                                                       payload);

    case DW_WIRE_WINDOW:

        if (dw_wire_get_window(payload, &credit) != DW_WIRE_OK
            || channel->kind != DW_WIRE_FETCH
            || credit > NGX_HTTP_DYNWORKER_CREDIT_MAX - channel->credit)
        {
            return ngx_http_dynworker_switch_bad(channel, "a bad WINDOW");
        }

        channel->credit += credit;
        channel->granted = 1;

        if (channel->out) {
            ngx_http_dynworker_pipe_pull(channel->out);
        }

        return NGX_OK;

    case DW_WIRE_DONE:
        return ngx_http_dynworker_switch_done(channel, payload);

    case DW_WIRE_FOOTPRINT:

        if (dw_wire_get_footprint(payload, &bytes) != DW_WIRE_OK
            || channel->kind != DW_WIRE_ISOLATE)
        {
            return ngx_http_dynworker_switch_bad(channel, "a bad FOOTPRINT");
        }

        ngx_http_dynworker_isolate_memory(channel->owner, bytes);

        return NGX_OK;

    case DW_WIRE_LOG:

        if (dw_wire_get_log(payload, &log) != DW_WIRE_OK) {
            return ngx_http_dynworker_switch_bad(channel, "a bad LOG");
        }

        if (log.kind != DW_WIRE_LOG_LINE) {
            return ngx_http_dynworker_switch_trace(channel, &log);
        }

        ngx_http_dynworker_switch_log(channel, &log);

        return NGX_OK;
    }

    return ngx_http_dynworker_switch_bad(channel, "a frame of unknown type");
}


static ngx_int_t
ngx_http_dynworker_switch_hello(ngx_http_dynworker_engine_t *engine,
    dw_wire_span_t payload)
{
    ngx_str_t                        v8;
    dw_wire_hello_t                  hello;
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = engine->process->conf;

    if (engine->ready || dw_wire_get_hello(payload, &hello) != DW_WIRE_OK) {
        ngx_http_dynworker_engine_break(engine, "a bad HELLO");
        return NGX_ERROR;
    }

    if (hello.version != DW_WIRE_VERSION) {
        ngx_log_error(NGX_LOG_CRIT, engine->process->cycle->log, 0,
                      "engine \"%V\" speaks version %uD of the protocol, "
                      "this module %d: install both from one build",
                      &dmcf->engine, hello.version, DW_WIRE_VERSION);
        engine->broken = 1;
        return NGX_ERROR;
    }

    if (hello.jailed != (dmcf->jail ? 1 : 0)
        || hello.jit != (dmcf->jit ? 1 : 0))
    {
        ngx_http_dynworker_engine_break(engine,
                                        "a HELLO of another configuration");
        return NGX_ERROR;
    }

    engine->ready = 1;

    v8.data = (u_char *) hello.v8_version.data;
    v8.len = hello.v8_version.size;

    ngx_http_dynworker_text(&v8);

    ngx_log_error(NGX_LOG_INFO, engine->process->cycle->log, 0,
                  "dynworker %s engine %P started, V8 %V",
                  engine->role == NGX_HTTP_DYNWORKER_HOST ? "host"
                                                          : "sandbox",
                  engine->pid, &v8);

    return NGX_OK;
}


/* One console line of a worker, or of the engine about one. */
static void
ngx_http_dynworker_switch_log(ngx_http_dynworker_channel_t *channel,
    dw_wire_log_t *line)
{
    ngx_str_t                      text;
    ngx_log_t                     *log;
    ngx_uint_t                     level;
    ngx_http_dynworker_call_t     *call;
    ngx_http_dynworker_isolate_t  *isolate;

    call = NULL;

    if (channel->kind == DW_WIRE_ISOLATE) {
        isolate = channel->owner;

    } else if (channel->kind == DW_WIRE_FETCH && channel->ours) {
        call = channel->owner;
        isolate = call->isolate;

    } else {
        return;
    }

    if (isolate == NULL || line->level < isolate->conf->log_level) {
        return;
    }

    switch (line->level) {

    case DW_WIRE_LOG_ERROR:
        level = NGX_LOG_ERR;
        break;

    case DW_WIRE_LOG_WARN:
        level = NGX_LOG_WARN;
        break;

    default:
        level = NGX_LOG_INFO;
        break;
    }

    text.data = (u_char *) line->text.data;
    text.len = line->text.size;

    log = call ? ngx_http_dynworker_call_log(call)
               : channel->engine->process->cycle->log;

    ngx_http_dynworker_text(&text);

    ngx_log_error(level, log, 0, "worker \"%V\": %V", &isolate->name, &text);
}


/* What the tails of a worker are told of one of its invocations. */
static ngx_int_t
ngx_http_dynworker_switch_trace(ngx_http_dynworker_channel_t *channel,
    dw_wire_log_t *log)
{
    ngx_str_t                   text;
    ngx_http_dynworker_call_t  *call;

    call = (channel->kind == DW_WIRE_FETCH && channel->ours) ? channel->owner
                                                             : NULL;

    if (call == NULL || !call->traced) {
        return ngx_http_dynworker_switch_bad(channel, "an unasked LOG");
    }

    text.data = (u_char *) log->text.data;
    text.len = log->text.size;

    ngx_http_dynworker_trace_add(call, log->kind, &text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_switch_open(ngx_http_dynworker_engine_t *engine,
    uint64_t id, dw_wire_span_t payload)
{
    ngx_str_t                      message;
    dw_wire_open_t                 open;
    ngx_http_dynworker_call_t     *parent;
    ngx_http_dynworker_channel_t  *channel, *in;

    if ((id & 1) || id <= engine->last_peer
        || dw_wire_get_open(payload, DW_WIRE_BY_ENGINE, &open) != DW_WIRE_OK)
    {
        ngx_http_dynworker_engine_break(engine, "a bad OPEN");
        return NGX_ERROR;
    }

    engine->last_peer = id;

    channel = ngx_http_dynworker_channel_add(engine, id, open.kind, NULL);
    if (channel == NULL) {
        return NGX_ERROR;
    }

    in = ngx_http_dynworker_channel_find(engine, open.parent);

    if (in == NULL) {

        /* the invocation is over */

        ngx_str_null(&message);
        ngx_http_dynworker_channel_reset(channel, DW_WIRE_CANCEL, &message);
        ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);

        return NGX_OK;
    }

    if (in->kind != DW_WIRE_FETCH || !in->ours) {
        return ngx_http_dynworker_switch_bad(channel,
                                             "OPEN with a bad parent");
    }

    parent = in->owner;

    if (open.kind == DW_WIRE_LOAD) {
        return ngx_http_dynworker_load_open(channel, parent, &open);
    }

    return ngx_http_dynworker_switch_fetch(channel, parent, &open);
}


static ngx_int_t
ngx_http_dynworker_switch_fetch(ngx_http_dynworker_channel_t *channel,
    ngx_http_dynworker_call_t *parent, dw_wire_open_t *open)
{
    ngx_int_t                      rc;
    ngx_str_t                      message;
    ngx_http_dynworker_cap_t      *cap;
    ngx_http_dynworker_head_t      head;
    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_load_t     *load;
    ngx_http_dynworker_call_t     *call;
    ngx_http_dynworker_engine_t   *engine;
    ngx_http_dynworker_channel_t  *stub;
    ngx_http_dynworker_isolate_t  *isolate;

    engine = channel->engine;

    pipe = NULL;

    if (open->flags & DW_WIRE_JOIN) {

        pipe = ngx_http_dynworker_switch_join(engine, parent->isolate,
                                              open->join);
        if (pipe == NULL) {
            ngx_str_set(&message, "The request's body is gone.");
            ngx_http_dynworker_channel_reset(channel, DW_WIRE_NETWORK,
                                             &message);
            ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);
            return NGX_OK;
        }
    }

    call = ngx_http_dynworker_call_create(engine->process, parent);

    if (call == NULL) {
        if (pipe) {
            ngx_http_dynworker_pipe_cancel(pipe);
            ngx_http_dynworker_pipe_release(pipe);
        }

        return NGX_ERROR;
    }

    channel->owner = call;
    call->origin = channel;

    if (pipe) {
        call->request_pipe = pipe;
        channel->in_ended = 1;

    } else if (open->flags & DW_WIRE_BODY) {

        call->request_pipe = ngx_http_dynworker_pipe_create();
        if (call->request_pipe == NULL) {
            return NGX_ERROR;
        }

        call->request_pipe->refs++;
        channel->in = call->request_pipe;

        ngx_http_dynworker_pipe_set_source(call->request_pipe,
                                           &ngx_http_dynworker_channel_source,
                                           channel);

    } else {
        channel->in_ended = 1;
    }

    /* asked now: its code may have lowered the limit since it was called */

    if (++parent->subrequests > parent->isolate->limits.subrequests
        || (parent->max_subrequests
            && parent->subrequests > parent->max_subrequests))
    {
        ngx_str_set(&message, "Too many subrequests.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_SUBREQUESTS, &message,
                                     NULL);
        return NGX_OK;
    }

    ngx_memzero(&head, sizeof(ngx_http_dynworker_head_t));

    head.props.data = (u_char *) open->props.data;
    head.props.len = open->props.size;
    head.strings.data = (u_char *) open->strings.data;
    head.strings.len = open->strings.size;
    head.body_length = open->body_length;
    head.body = (call->request_pipe != NULL);

    if (open->flags & DW_WIRE_RPC) {
        head.rpc = 1;
        ngx_http_dynworker_channel_open_window(channel);
    }

    ngx_http_dynworker_switch_limits(call, parent, open);

    if (open->flags & DW_WIRE_SELF) {
        ngx_http_dynworker_call_invoke(call, parent->isolate, &head);
        return NGX_OK;
    }

    if (open->flags & DW_WIRE_LOADED) {

        stub = ngx_http_dynworker_channel_find(engine, open->target);

        if (stub == NULL) {
            ngx_str_set(&message, "This worker stub is no longer valid.");
            ngx_http_dynworker_call_fail(call, DW_WIRE_DENIED, &message, NULL);
            return NGX_OK;
        }

        if (stub->kind != DW_WIRE_LOAD) {
            return ngx_http_dynworker_switch_bad(channel,
                                                 "FETCH to no LOAD channel");
        }

        load = stub->owner;

        if (load->parent->isolate != parent->isolate) {
            return ngx_http_dynworker_switch_bad(channel,
                                                 "FETCH to another's stub");
        }

        rc = ngx_http_dynworker_call_lend(call, open);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            ngx_str_set(&message, "A stub in the props of getEntrypoint() is "
                                  "not this worker's to give.");
            ngx_http_dynworker_call_fail(call, DW_WIRE_DENIED, &message, NULL);
            return NGX_OK;
        }

        isolate = ngx_http_dynworker_load_isolate(load);

        if (isolate == NULL) {
            ngx_str_set(&message, "Too many dynamic workers.");
            ngx_http_dynworker_call_fail(call, DW_WIRE_OVERLOAD, &message,
                                         NULL);
            return NGX_OK;
        }

        call->stub = stub->id;
        ngx_http_dynworker_call_invoke(call, isolate, &head);

        return NGX_OK;
    }

    cap = ngx_http_dynworker_call_cap(parent, open->target);

    if (cap == NULL && open->target >= DW_WIRE_CALL_GRANTS) {
        ngx_str_set(&message, "Cannot perform I/O on behalf of a different "
                              "request. This stub came in the props of "
                              "another call, and ends with that.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_DENIED, &message, NULL);
        return NGX_OK;
    }

    if (cap && cap->type == NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT) {
        return ngx_http_dynworker_switch_entrypoint(call, cap, &head);
    }

    if (head.rpc && cap) {
        ngx_str_set(&message, "The receiver is no RPC receiver: it has only "
                              "fetch().");
        ngx_http_dynworker_call_fail(call, DW_WIRE_DENIED, &message, NULL);
        return NGX_OK;
    }

    if (cap == NULL || (cap->type != NGX_HTTP_DYNWORKER_CAP_OUTBOUND
                        && cap->type != NGX_HTTP_DYNWORKER_CAP_LOCATION))
    {
        ngx_str_set(&message, "Network access is disabled for this worker "
                              "(globalOutbound is null).");
        ngx_http_dynworker_call_fail(call, DW_WIRE_DENIED, &message, NULL);
        return NGX_OK;
    }

    ngx_http_dynworker_outbound_start(call, cap, &head);

    return NGX_OK;
}


/*
 * What an invocation may not use itself, it cannot use through what it calls:
 * entrypoints of its own and workers that it loaded.
 */
static void
ngx_http_dynworker_switch_limits(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_call_t *parent, dw_wire_open_t *open)
{
    if (!(open->flags & (DW_WIRE_SELF|DW_WIRE_LOADED))) {
        return;
    }

    call->max_cpu = open->cpu_ms;
    call->max_subrequests = open->subrequests;

    if (parent->max_cpu
        && (call->max_cpu == 0 || parent->max_cpu < call->max_cpu))
    {
        call->max_cpu = parent->max_cpu;
    }

    if (parent->max_subrequests
        && (call->max_subrequests == 0
            || parent->max_subrequests < call->max_subrequests))
    {
        call->max_subrequests = parent->max_subrequests;
    }
}


/* What the sender says of entrypoint and props counts for nothing. */
static ngx_int_t
ngx_http_dynworker_switch_entrypoint(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_cap_t *cap, ngx_http_dynworker_head_t *head)
{
    u_char                        *p;
    ngx_str_t                      strings, name, message;
    ngx_http_dynworker_entry_t    *entry;
    ngx_http_dynworker_isolate_t  *isolate;

    strings = head->strings;

    if (ngx_http_dynworker_next_string(&strings, &name) != NGX_OK) {
        return ngx_http_dynworker_switch_bad(call->origin, "a bad FETCH");
    }

    entry = cap->entry;

    isolate = ngx_http_dynworker_host_isolate(call->process, entry->conf,
                                              entry->conf_ctx);
    if (isolate == NULL) {
        ngx_str_set(&message, "The engine of this worker is not running.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);
        return NGX_OK;
    }

    p = ngx_alloc(entry->name.len + 1 + strings.len,
                  call->process->cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    head->strings.data = p;
    head->strings.len = entry->name.len + 1 + strings.len;

    ngx_http_dynworker_call_props(call, entry, &head->props);

    /* it works in its own location, whoever calls it */

    call->conf = entry->conf;
    call->conf_ctx = entry->conf_ctx;

    if (entry->name.len) {
        p = ngx_cpymem(p, entry->name.data, entry->name.len);
    }

    *p++ = '\0';
    ngx_memcpy(p, strings.data, strings.len);

    p = head->strings.data;

    ngx_http_dynworker_call_invoke(call, isolate, head);

    ngx_free(p);

    return NGX_OK;
}


/*
 * Takes the body that would arrive on channel "id" of an isolate, to send it
 * elsewhere.  NULL: not there, broken off, or already being read.
 */
static ngx_http_dynworker_pipe_t *
ngx_http_dynworker_switch_join(ngx_http_dynworker_engine_t *engine,
    ngx_http_dynworker_isolate_t *isolate, uint64_t id)
{
    ngx_http_dynworker_call_t     *call;
    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_channel_t  *channel;

    channel = ngx_http_dynworker_channel_find(engine, id);

    if (channel == NULL || channel->kind != DW_WIRE_FETCH
        || channel->out == NULL || channel->granted || channel->out_ended
        || channel->out->cancelled || isolate == NULL)
    {
        return NULL;
    }

    call = channel->owner;

    if (isolate != (channel->ours ? call->isolate : call->parent->isolate)) {
        return NULL;
    }

    pipe = channel->out;
    channel->out = NULL;
    channel->out_ended = 1;

    pipe->sink = NULL;

    if (channel->ours) {
        call->request_joined = 1;

    } else {
        /* the engine has done with it; the call goes on for the pipe's sake */
        ngx_http_dynworker_call_joined(call);
    }

    return pipe;
}


static ngx_int_t
ngx_http_dynworker_switch_head(ngx_http_dynworker_channel_t *channel,
    dw_wire_span_t payload)
{
    dw_wire_worker_t  worker;

    if (channel->headed) {
        return ngx_http_dynworker_switch_bad(channel, "a second HEAD");
    }

    if (channel->kind == DW_WIRE_FETCH) {

        if (!channel->ours) {
            return ngx_http_dynworker_switch_bad(channel,
                                                 "HEAD on its own FETCH");
        }

        return ngx_http_dynworker_switch_response(channel, payload);
    }

    if (dw_wire_get_worker(payload, &worker) != DW_WIRE_OK) {
        return ngx_http_dynworker_switch_bad(channel, "a bad HEAD");
    }

    channel->headed = 1;

    if (channel->kind == DW_WIRE_LOAD) {
        return ngx_http_dynworker_load_head(channel->owner, &worker);
    }

    if (worker.grants.size) {   /* and so it has no tails */
        return ngx_http_dynworker_switch_bad(channel, "grants to nobody");
    }

    ngx_http_dynworker_isolate_lower(channel->owner, &worker);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_switch_response(ngx_http_dynworker_channel_t *channel,
    dw_wire_span_t payload)
{
    ngx_str_t                   strings, message;
    dw_wire_response_t          response;
    ngx_http_dynworker_pipe_t  *pipe;
    ngx_http_dynworker_call_t  *call;

    call = channel->owner;

    if (dw_wire_get_response(payload, &response) != DW_WIRE_OK
        || response.status < 200 || response.status > 599)
    {
        return ngx_http_dynworker_switch_bad(channel, "a bad HEAD");
    }

    strings.data = (u_char *) response.strings.data;
    strings.len = response.strings.size;

    if (ngx_http_dynworker_check_headers(&strings) != NGX_OK) {
        return ngx_http_dynworker_switch_bad(channel, "a bad header");
    }

    channel->headed = 1;

    if (response.flags & DW_WIRE_JOIN) {

        pipe = ngx_http_dynworker_switch_join(channel->engine, call->isolate,
                                              response.join);
        if (pipe == NULL) {
            ngx_str_set(&message, "The response's body is gone.");
            ngx_http_dynworker_call_fail(call, DW_WIRE_EXCEPTION, &message,
                                         NULL);
            return NGX_OK;
        }

    } else {

        pipe = ngx_http_dynworker_pipe_create();
        if (pipe == NULL) {
            return NGX_ERROR;
        }

        pipe->refs++;
        channel->in = pipe;

        ngx_http_dynworker_pipe_set_source(pipe,
                                           &ngx_http_dynworker_channel_source,
                                           channel);
    }

    call->response_pipe = pipe;

    ngx_http_dynworker_call_respond(call, response.status,
                                    response.flags
                                    & (DW_WIRE_BODY|DW_WIRE_JOIN),
                                    response.body_length, &strings);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_switch_data(ngx_http_dynworker_channel_t *channel,
    dw_wire_span_t payload)
{
    ngx_http_dynworker_load_t  *load;

    if (channel->in_ended || payload.size > channel->window) {
        return ngx_http_dynworker_switch_bad(channel, "DATA beyond its credit");
    }

    channel->window -= payload.size;

    if (channel->in == NULL) {

        /* of a request or a load that is being refused */

        if (channel->ours && !channel->headed) {
            return ngx_http_dynworker_switch_bad(channel, "DATA before HEAD");
        }

        return NGX_OK;
    }

    if (channel->kind == DW_WIRE_LOAD) {
        load = channel->owner;
        load->size += payload.size;

        if (load->size > DW_WIRE_CODE_MAX) {
            return ngx_http_dynworker_switch_bad(channel, "too much code");
        }
    }

    if (channel->kind == DW_WIRE_FETCH && channel->ours) {
        ngx_http_dynworker_trace_data(channel->owner, payload.size);
    }

    return ngx_http_dynworker_pipe_push(channel->in, (u_char *) payload.data,
                                        payload.size);
}


static ngx_int_t
ngx_http_dynworker_switch_end(ngx_http_dynworker_channel_t *channel,
    dw_wire_header_t *header, dw_wire_span_t payload)
{
    dw_wire_usage_t             usage;
    ngx_http_dynworker_call_t  *call;

    if (channel->in_ended) {
        return ngx_http_dynworker_switch_bad(channel, "a second END");
    }

    if (channel->kind == DW_WIRE_FETCH && channel->ours) {

        if (!channel->headed
            || dw_wire_get_usage(payload, &usage) != DW_WIRE_OK)
        {
            return ngx_http_dynworker_switch_bad(channel, "a bad END");
        }

        call = channel->owner;
        call->cpu_us = usage.cpu_us;

        channel->in_ended = 1;

        if (channel->in) {
            ngx_http_dynworker_pipe_end(channel->in, 0);
        }

        if ((header->flags & DW_WIRE_FINAL) && !channel->closed) {
            ngx_http_dynworker_call_target_done(call);
        }

        return NGX_OK;
    }

    if (payload.size || header->flags || channel->kind == DW_WIRE_ISOLATE) {
        return ngx_http_dynworker_switch_bad(channel, "a bad END");
    }

    channel->in_ended = 1;

    if (channel->in) {
        ngx_http_dynworker_pipe_end(channel->in, 0);
    }

    if (channel->kind == DW_WIRE_LOAD && !channel->closed) {
        ngx_http_dynworker_load_ended(channel->owner);
    }

    if (channel->kind == DW_WIRE_FETCH && !channel->closed) {
        call = channel->owner;

        if (call->joined) {
            ngx_http_dynworker_call_leave(call);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_switch_done(ngx_http_dynworker_channel_t *channel,
    dw_wire_span_t payload)
{
    dw_wire_usage_t             usage;
    ngx_http_dynworker_call_t  *call;

    if (channel->kind != DW_WIRE_FETCH || !channel->ours
        || dw_wire_get_usage(payload, &usage) != DW_WIRE_OK)
    {
        return ngx_http_dynworker_switch_bad(channel, "a bad DONE");
    }

    call = channel->owner;

    if (!channel->headed && !call->cancelled) {

        /* somebody waits for its response */

        return ngx_http_dynworker_switch_bad(channel, "a bad DONE");
    }

    call->cpu_us = usage.cpu_us;

    ngx_http_dynworker_call_target_done(call);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_switch_channel_reset(ngx_http_dynworker_channel_t *channel,
    dw_wire_header_t *header, dw_wire_span_t payload)
{
    ngx_str_t                   message, location;
    dw_wire_reset_t             reset;
    ngx_http_dynworker_call_t  *call;

    if (dw_wire_get_reset(payload, &reset) != DW_WIRE_OK) {
        return ngx_http_dynworker_switch_bad(channel, "a bad RESET");
    }

    if (channel->kind == DW_WIRE_FETCH && channel->ours) {
        call = channel->owner;
        call->cpu_us = ngx_max(call->cpu_us, reset.cpu_us);
    }

    message.data = (u_char *) reset.message.data;
    message.len = reset.message.size;

    location.data = (u_char *) reset.location.data;
    location.len = reset.location.size;

    if ((header->flags & DW_WIRE_PASS) && channel->kind == DW_WIRE_FETCH
        && channel->ours)
    {
        ((ngx_http_dynworker_call_t *) channel->owner)->pass = 1;
    }

    /* other code of the same worker would fare no better */

    ngx_http_dynworker_switch_fail(channel,
                                   (header->flags & DW_WIRE_UNSEEN)
                                   && reset.code != DW_WIRE_BAD_CODE,
                                   reset.code, &message, &location);

    return NGX_OK;
}


/*
 * A channel has failed: tells its owner, who closes it.  An invocation that is
 * "unseen" may go elsewhere.
 */
static void
ngx_http_dynworker_switch_fail(ngx_http_dynworker_channel_t *channel,
    ngx_uint_t unseen, ngx_uint_t code, ngx_str_t *message,
    ngx_str_t *location)
{
    void  *owner;

    owner = channel->owner;

    if (owner == NULL) {

        /* its OPEN was what broke a rule */

        ngx_http_dynworker_channel_close(channel, code);
        return;
    }

    switch (channel->kind) {

    case DW_WIRE_ISOLATE:
        ngx_http_dynworker_isolate_reset(owner, code, message, location);
        break;

    case DW_WIRE_LOAD:
        ngx_http_dynworker_load_reset(owner, code, message, location);
        break;

    default: /* DW_WIRE_FETCH */

        if (!channel->ours) {
            ngx_http_dynworker_call_cancel(owner);

        } else if (!unseen || ngx_http_dynworker_call_again(owner) != NGX_OK) {
            ngx_http_dynworker_call_fail(owner, code, message, location);
        }
    }

    if (!channel->closed) {
        ngx_http_dynworker_channel_close(channel, code);
    }
}


static ngx_int_t
ngx_http_dynworker_switch_bad(ngx_http_dynworker_channel_t *channel,
    const char *why)
{
    ngx_http_dynworker_engine_break(channel->engine, why);

    return NGX_ERROR;
}


void
ngx_http_dynworker_switch_reset(ngx_http_dynworker_engine_t *engine)
{
    ngx_str_t                      message;
    ngx_uint_t                     unseen;
    ngx_rbtree_node_t             *node;
    ngx_http_dynworker_channel_t  *channel;

    ngx_str_set(&message, "The engine of this worker has ended.");

    while (engine->channels.root != engine->channels.sentinel) {
        node = ngx_rbtree_min(engine->channels.root,
                              engine->channels.sentinel);

        channel = (ngx_http_dynworker_channel_t *) node;

        /*
         * Unseen is what did not leave for its socket; and the last that did,
         * if the kernel says that something in it was not read.
         */

        unseen = channel->opened > engine->sent
                 || (engine->reset && channel->opened == engine->sent);

        ngx_http_dynworker_switch_fail(channel, unseen, DW_WIRE_ENGINE,
                                       &message, NULL);
    }
}
