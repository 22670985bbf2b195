
/*
 * A call is one request and its response, between an origin (a client's
 * request, or a FETCH channel that an isolate opened) and a target (an
 * invocation in an isolate, or an outbound request).
 *
 * It ends when both its response and its target are done, or when one of them
 * fails.  What an isolate opens in an invocation hangs below the call that the
 * invocation is, and ends with it.
 */

#include "ngx_http_dynworker.h"


/* Of workers that call workers. */
#define NGX_HTTP_DYNWORKER_MAX_DEPTH  32


static void ngx_http_dynworker_call_wait(ngx_http_dynworker_call_t *call,
    ngx_msec_t time);
static void ngx_http_dynworker_call_timeout(ngx_event_t *ev);
static void ngx_http_dynworker_call_place(ngx_http_dynworker_call_t *call);
static ngx_http_dynworker_isolate_t *ngx_http_dynworker_call_find(
    ngx_http_dynworker_call_t *call);
static ngx_int_t ngx_http_dynworker_call_withdraw(
    ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_move(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_call_settle(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_forget(ngx_http_dynworker_call_t *call);
static ngx_int_t ngx_http_dynworker_call_open(ngx_http_dynworker_call_t *call);
static ngx_http_dynworker_head_t *ngx_http_dynworker_head_copy(
    ngx_http_dynworker_head_t *head);
static void ngx_http_dynworker_call_dequeue(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_answered(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_log_failure(
    ngx_http_dynworker_call_t *call, ngx_uint_t code, ngx_str_t *message,
    ngx_str_t *location);
static void ngx_http_dynworker_call_try_close(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_children(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_call_close(ngx_http_dynworker_call_t *call);


ngx_http_dynworker_call_t *
ngx_http_dynworker_call_create(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_call_t *parent)
{
    ngx_http_dynworker_call_t  *call;

    call = ngx_calloc(sizeof(ngx_http_dynworker_call_t), process->cycle->log);
    if (call == NULL) {
        return NULL;
    }

    call->process = process;
    call->start = ngx_current_msec;

    ngx_queue_init(&call->children);
    ngx_queue_init(&call->loads);

    call->timer.handler = ngx_http_dynworker_call_timeout;
    call->timer.data = call;
    call->timer.log = process->cycle->log;

    if (parent) {
        call->parent = parent;
        call->conf = parent->conf;
        call->conf_ctx = parent->conf_ctx;
        call->depth = parent->depth;
        call->tail_depth = parent->tail_depth;
        call->level = parent->level + 1;

        ngx_queue_insert_tail(&parent->children, &call->siblings);
    }

    return call;
}


void
ngx_http_dynworker_call_invoke(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_isolate_t *isolate, ngx_http_dynworker_head_t *head)
{
    ngx_str_t  message;

    call->isolate = isolate;
    call->rpc = head->rpc;

    ngx_http_dynworker_isolate_ref(isolate);

    /* counted until it is answered */

    isolate->queued++;

    if (call->level > NGX_HTTP_DYNWORKER_MAX_DEPTH) {
        ngx_str_set(&message, "Subrequest depth limit exceeded. This request "
                              "recursed through Workers too many times.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_SUBREQUESTS, &message,
                                     NULL);
        return;
    }

    if (!ngx_http_dynworker_head_fits(head)) {

        /* its own head did; the props are those of the entrypoint */

        ngx_str_set(&message, "The request's URL, headers, cf and props are "
                              "together too large.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_NETWORK, &message, NULL);
        return;
    }

    if (isolate->queued > isolate->limits.queue) {
        ngx_str_set(&message, "Too many requests are queued for this worker.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_OVERLOAD, &message, NULL);
        return;
    }

    ngx_http_dynworker_call_wait(call, isolate->limits.wall);

    call->head = ngx_http_dynworker_head_copy(head);

    if (call->head == NULL) {
        ngx_str_set(&message, "Out of memory.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);
        return;
    }

    ngx_http_dynworker_call_place(call);
}


/* Into its isolate, or to who waits for the isolate's code. */
static void
ngx_http_dynworker_call_place(ngx_http_dynworker_call_t *call)
{
    ngx_str_t                      message;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = call->isolate;

    switch (isolate->state) {

    case NGX_HTTP_DYNWORKER_WARM:

        if (ngx_http_dynworker_call_open(call) == NGX_OK) {
            return;
        }

        break;

    case NGX_HTTP_DYNWORKER_WAITING:
    case NGX_HTTP_DYNWORKER_LOADING:

        call->waiting = 1;
        ngx_queue_insert_tail(&isolate->waiting, &call->queue);

        return;

    default: /* NGX_HTTP_DYNWORKER_COLD */

        if (isolate->failure_code) {
            ngx_http_dynworker_call_fail(call, isolate->failure_code,
                                         &isolate->failure,
                                         &isolate->failure_location);
            return;
        }

        /* its engine has ended, and another one starts in a moment */

        if (ngx_http_dynworker_call_again(call) == NGX_OK) {
            return;
        }
    }

    ngx_str_set(&message, "The engine of this worker is not running.");
    ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);
}


ngx_int_t
ngx_http_dynworker_call_again(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_engine_t   *engine;
    ngx_http_dynworker_channel_t  *target;
    ngx_http_dynworker_isolate_t  *isolate;

    target = call->target;

    if (call->again || call->closed || call->cancelled || call->head == NULL
        || (target && (target->headed
                       || (target->granted && !call->head->rpc))))
    {
        return NGX_DECLINED;
    }

    /* whoever has opened something in it, or taken its body, has seen it */

    if (call->request_joined || !ngx_queue_empty(&call->children)
        || !ngx_queue_empty(&call->loads))
    {
        return NGX_DECLINED;
    }

    call->again = 1;

    engine = call->process->engines[call->isolate->role];

    if (engine->connection && !engine->broken) {

        isolate = ngx_http_dynworker_call_find(call);

        if (isolate == NULL
            || (isolate->state == NGX_HTTP_DYNWORKER_COLD
                && isolate->failure_code))
        {
            return NGX_DECLINED;
        }

        if (ngx_http_dynworker_call_withdraw(call) != NGX_OK) {

            /* nobody calls it then: it may rest, and make room */

            ngx_http_dynworker_isolate_ref(isolate);
            ngx_http_dynworker_isolate_unref(isolate);

            return NGX_DECLINED;
        }

        ngx_http_dynworker_call_dequeue(call);
        ngx_http_dynworker_call_move(call, isolate);
        ngx_http_dynworker_call_place(call);

        return NGX_OK;
    }

    if (ngx_http_dynworker_call_withdraw(call) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_http_dynworker_call_dequeue(call);

    return ngx_http_dynworker_engine_park(engine, call);
}


void
ngx_http_dynworker_call_unpark(ngx_http_dynworker_call_t *call,
    ngx_uint_t running)
{
    ngx_str_t                      message;
    ngx_http_dynworker_isolate_t  *isolate;

    ngx_http_dynworker_call_dequeue(call);

    isolate = running ? ngx_http_dynworker_call_find(call) : NULL;

    if (isolate == NULL) {
        ngx_str_set(&message, "The engine of this worker is not running.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);
        return;
    }

    ngx_http_dynworker_call_move(call, isolate);
    ngx_http_dynworker_call_place(call);
}


/*
 * Where it goes anew: whoever could give the code of its isolate is asked for
 * it.  NULL: nobody can.
 */
static ngx_http_dynworker_isolate_t *
ngx_http_dynworker_call_find(ngx_http_dynworker_call_t *call)
{
    ngx_int_t                      status;
    ngx_http_dynworker_channel_t  *stub;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = call->isolate;

    if (isolate->role == NGX_HTTP_DYNWORKER_HOST) {
        return ngx_http_dynworker_host_isolate(call->process, isolate->conf,
                                               isolate->conf_ctx);
    }

    if (call->request) {
        return ngx_http_dynworker_client_isolate(call->request, &status);
    }

    if (call->stub == 0 || call->origin == NULL) {
        return NULL;
    }

    stub = ngx_http_dynworker_channel_find(call->origin->engine, call->stub);

    if (stub == NULL || stub->kind != DW_WIRE_LOAD) {
        return NULL;
    }

    return ngx_http_dynworker_load_isolate(stub->owner);
}


/* It has not been seen over there: what it needs is taken back. */
static ngx_int_t
ngx_http_dynworker_call_withdraw(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_channel_t  *target;

    target = call->target;

    if (target == NULL) {
        return NGX_OK;
    }

    pipe = target->out;

    if (pipe) {

        if (pipe->cancelled
            || (call->replay_size
                && ngx_http_dynworker_pipe_unread(pipe, call->replay,
                                                  call->replay_size)
                   != NGX_OK))
        {
            return NGX_DECLINED;
        }

        pipe->sink = NULL;
        pipe->passed = 0;

        target->out = NULL;
        ngx_http_dynworker_pipe_release(pipe);
    }

    ngx_http_dynworker_call_forget(call);

    call->target = NULL;
    ngx_http_dynworker_channel_close(target, DW_WIRE_CANCEL);

    ngx_http_dynworker_trace_drop(call);

    return NGX_OK;
}


/* It is counted in another isolate from now on. */
static void
ngx_http_dynworker_call_move(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_isolate_t *isolate)
{
    ngx_http_dynworker_isolate_t  *last;

    last = call->isolate;

    if (isolate == last) {
        return;
    }

    ngx_http_dynworker_isolate_ref(isolate);
    isolate->queued++;

    call->isolate = isolate;

    last->queued--;
    ngx_http_dynworker_isolate_unref(last);
}


void
ngx_http_dynworker_call_record(ngx_http_dynworker_call_t *call, u_char *p,
    size_t size)
{
    u_char  *replay;

    if (call->head == NULL) {
        return;
    }

    replay = NULL;

    if (!call->again
        && call->replay_size + size <= DW_WIRE_WINDOW_TO_NGINX)
    {
        replay = ngx_alloc(call->replay_size + size,
                           call->process->cycle->log);
    }

    if (replay == NULL) {

        /* it is not invoked anew */

        call->again = 1;
        return;
    }

    if (call->replay) {
        ngx_memcpy(replay, call->replay, call->replay_size);
        ngx_free(call->replay);
    }

    ngx_memcpy(replay + call->replay_size, p, size);

    call->replay = replay;
    call->replay_size += size;
}


/* Nothing of it is needed for another isolate any more. */
static void
ngx_http_dynworker_call_settle(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_call_forget(call);

    if (call->head) {
        ngx_free(call->head);
        call->head = NULL;
    }
}


static void
ngx_http_dynworker_call_forget(ngx_http_dynworker_call_t *call)
{
    if (call->replay) {
        ngx_free(call->replay);
        call->replay = NULL;
    }

    call->replay_size = 0;
}


void
ngx_http_dynworker_call_send(ngx_http_dynworker_call_t *call)
{
    ngx_str_t  message;

    ngx_http_dynworker_call_dequeue(call);

    /* a body that has broken off meanwhile closes the call in call_open() */

    if (ngx_http_dynworker_call_open(call) != NGX_OK) {
        ngx_str_set(&message, "The engine of this worker is not running.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_ENGINE, &message, NULL);
    }
}


/* OPEN into its isolate, which is warm. */
static ngx_int_t
ngx_http_dynworker_call_open(ngx_http_dynworker_call_t *call)
{
    u_char                        *p;
    size_t                         tail;
    dw_wire_open_t                 open;
    ngx_http_dynworker_head_t     *head;
    ngx_http_dynworker_engine_t   *engine;
    ngx_http_dynworker_channel_t  *channel;
    ngx_http_dynworker_isolate_t  *isolate;

    head = call->head;
    isolate = call->isolate;
    engine = isolate->channel->engine;

    tail = head->props.len + head->strings.len;

    channel = ngx_http_dynworker_channel_create(engine, DW_WIRE_FETCH, call);
    if (channel == NULL) {
        return NGX_ERROR;
    }

    call->target = channel;

    p = ngx_http_dynworker_engine_reserve(engine,
                          DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE + tail);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&open, sizeof(dw_wire_open_t));

    open.kind = DW_WIRE_FETCH;
    open.flags = (head->body ? DW_WIRE_BODY : 0)
                 | (head->rpc ? DW_WIRE_RPC : 0)
                 | (head->tail ? DW_WIRE_TAIL : 0);
    open.parent = isolate->channel->id;
    open.target = call->lent ? call->lent->first : 0;
    open.body_length = head->body_length;
    open.cpu_ms = call->max_cpu;
    open.props_length = head->props.len;

    p = dw_wire_put_open(p, channel->id, &open, tail);

    if (head->props.len) {
        p = ngx_cpymem(p, head->props.data, head->props.len);
    }

    p = ngx_cpymem(p, head->strings.data, head->strings.len);

    ngx_http_dynworker_engine_commit(engine, p);

    channel->opened = engine->sent + (engine->out_last - engine->out_pos);

    ngx_http_dynworker_trace_start(call, head);

    if (isolate->fresh) {
        isolate->fresh = 0;
        call->cold = 1;
    }

    if (head->rpc) {
        ngx_http_dynworker_channel_open_window(channel);
    }

    if (head->body && call->request_pipe) {
        channel->out = call->request_pipe;
        call->request_pipe->refs++;

        ngx_http_dynworker_pipe_set_sink(call->request_pipe,
                                         &ngx_http_dynworker_channel_sink,
                                         channel);
    } else {
        channel->out_ended = 1;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_dynworker_head_fits(ngx_http_dynworker_head_t *head)
{
    size_t  room;

    room = DW_WIRE_HEAD_MAX - DW_WIRE_OPEN_SIZE;

    return head->props.len <= room
           && head->strings.len <= room - head->props.len;
}


static ngx_http_dynworker_head_t *
ngx_http_dynworker_head_copy(ngx_http_dynworker_head_t *head)
{
    u_char                     *p;
    ngx_http_dynworker_head_t  *copy;

    p = ngx_alloc(sizeof(ngx_http_dynworker_head_t) + head->props.len
                  + head->strings.len, ngx_cycle->log);
    if (p == NULL) {
        return NULL;
    }

    copy = (ngx_http_dynworker_head_t *) p;
    *copy = *head;

    p += sizeof(ngx_http_dynworker_head_t);
    copy->props.data = p;

    if (head->props.len) {
        p = ngx_cpymem(p, head->props.data, head->props.len);
    }

    copy->strings.data = p;

    ngx_memcpy(p, head->strings.data, head->strings.len);

    return copy;
}


static void
ngx_http_dynworker_call_dequeue(ngx_http_dynworker_call_t *call)
{
    if (call->waiting) {
        ngx_queue_remove(&call->queue);
        call->waiting = 0;
    }
}


/* It no longer counts against its isolate's queue, and has been seen there. */
static void
ngx_http_dynworker_call_answered(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_call_settle(call);

    if (call->isolate && !call->responded) {
        call->isolate->queued--;
    }

    call->responded = 1;
}


static void
ngx_http_dynworker_call_wait(ngx_http_dynworker_call_t *call, ngx_msec_t time)
{
    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    ngx_add_timer(&call->timer, time);
}


static void
ngx_http_dynworker_call_timeout(ngx_event_t *ev)
{
    ngx_str_t                   message, late;
    ngx_http_dynworker_call_t  *call;

    call = ev->data;

    if (call->response_done && call->target
        && (!call->joined || call->target->in_ended))
    {
        /* for a tail, as if the worker had warned of it itself */

        ngx_str_set(&late, "{\"level\":\"warn\",\"message\":[\"waitUntil() "
                           "tasks did not complete in time.\"]}");

        ngx_log_error(NGX_LOG_WARN, ngx_http_dynworker_call_log(call), 0,
                      "worker \"%V\" did not end its ctx.waitUntil() work "
                      "in time, cancelling it", &call->isolate->name);

        ngx_str_set(&message, "waitUntil() tasks did not complete in time.");

        ngx_http_dynworker_trace_add(call, DW_WIRE_LOG_CALL, &late);
        ngx_http_dynworker_channel_reset(call->target, DW_WIRE_WALL, &message);
        ngx_http_dynworker_call_target_done(call);
        return;
    }

    ngx_str_set(&message, "Worker exceeded wall time limit.");

    if (call->target) {
        ngx_http_dynworker_channel_reset(call->target, DW_WIRE_WALL, &message);
    }

    ngx_http_dynworker_call_fail(call, DW_WIRE_WALL, &message, NULL);
}


void
ngx_http_dynworker_call_respond(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, ngx_uint_t body, uint64_t length, ngx_str_t *strings)
{
    u_char                        *p;
    dw_wire_response_t             response;
    ngx_http_dynworker_channel_t  *origin;

    ngx_http_dynworker_call_answered(call);

    ngx_http_dynworker_trace_head(call, status, body ? length : 0);

    if (call->request) {
        ngx_http_dynworker_client_respond(call, status, body, length, strings);
        return;
    }

    origin = call->origin;

    if (origin == NULL) {
        ngx_http_dynworker_pipe_cancel(call->response_pipe);
        return;
    }

    ngx_memzero(&response, sizeof(dw_wire_response_t));

    response.status = status;
    response.flags = body ? DW_WIRE_BODY : 0;
    response.body_length = length;

    p = ngx_http_dynworker_engine_reserve(origin->engine,
               DW_WIRE_HEADER_SIZE + DW_WIRE_RESPONSE_SIZE + strings->len);
    if (p == NULL) {
        return;
    }

    p = dw_wire_put_response(p, origin->id, &response, strings->len);
    p = ngx_cpymem(p, strings->data, strings->len);

    ngx_http_dynworker_engine_commit(origin->engine, p);

    if (!body) {
        /* nobody will ask for it */
        origin->granted = 1;
    }

    origin->out = call->response_pipe;
    call->response_pipe->refs++;

    ngx_http_dynworker_pipe_set_sink(call->response_pipe,
                                     &ngx_http_dynworker_channel_sink, origin);
}


void
ngx_http_dynworker_call_fail(ngx_http_dynworker_call_t *call, ngx_uint_t code,
    ngx_str_t *message, ngx_str_t *location)
{
    if (call->closed) {
        return;
    }

    ngx_http_dynworker_trace_fail(call, code, message);

    if (call->target && call->target->in_ended) {

        /*
         * The response is complete, at most its reader has not taken all of
         * it: what has failed is work in ctx.waitUntil().
         */

        ngx_http_dynworker_call_log_failure(call, code, message, location);
        ngx_http_dynworker_call_target_done(call);
        return;
    }

    /* a source that is cancelled below may be our own target */

    call->cancelled = 1;

    ngx_http_dynworker_call_log_failure(call, code, message, location);

    ngx_http_dynworker_call_answered(call);

    if (call->rpc && call->origin && !call->origin->out_ended) {

        /* calls in the session are told why, not that a body broke off */

        call->origin->out_ended = 1;
        ngx_http_dynworker_channel_reset(call->origin, code, message);
    }

    if (call->response_pipe) {

        if (call->joined) {
            /* its reader is somebody else's, and told why */
            ngx_http_dynworker_pipe_end(call->response_pipe, code);

        } else {
            ngx_http_dynworker_pipe_fail(call->response_pipe, code);
        }
    }

    if (call->request) {
        ngx_http_dynworker_client_fail(call, code);

    } else if (call->origin && !call->origin->out_ended) {
        call->origin->out_ended = 1;
        ngx_http_dynworker_channel_reset(call->origin, code, message);
    }

    ngx_http_dynworker_call_close(call);
}


/* One line a failure: of the worker's, not of what it asked for. */
static void
ngx_http_dynworker_call_log_failure(ngx_http_dynworker_call_t *call,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location)
{
    u_char      at[512], *p;
    ngx_str_t   text;
    ngx_log_t  *log;

    if (call->isolate == NULL || code == DW_WIRE_CANCEL) {
        return;
    }

    log = ngx_http_dynworker_call_log(call);

    p = at;

    if (location && location->len) {
        text = *location;
        ngx_http_dynworker_text(&text);
        p = ngx_snprintf(at, sizeof(at), " at %V", &text);
    }

    text = *message;
    ngx_http_dynworker_text(&text);

    switch (code) {

    case DW_WIRE_CPU:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "worker \"%V\" exceeded CPU time limit, "
                      "\"dynworker_limits cpu=%Mms\"",
                      &call->isolate->name,
                      call->max_cpu ? ngx_min(call->max_cpu,
                                              call->isolate->limits.cpu)
                                    : call->isolate->limits.cpu);
        break;

    case DW_WIRE_WALL:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "worker \"%V\" exceeded wall time limit, "
                      "\"dynworker_limits wall=%Mms\"",
                      &call->isolate->name, call->isolate->limits.wall);
        break;

    case DW_WIRE_MEMORY:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "worker \"%V\" exceeded memory limit, "
                      "\"dynworker_limits memory=%uzm\"",
                      &call->isolate->name,
                      call->isolate->limits.memory / (1024 * 1024));
        break;

    case DW_WIRE_OVERLOAD:

        if (call->isolate->failure_code == DW_WIRE_OVERLOAD) {
            ngx_http_dynworker_loader_full(call->process, &call->isolate->name,
                                           log);
            break;
        }

        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "worker \"%V\" has too many requests in its queue, "
                      "\"dynworker_limits queue=%ui\"",
                      &call->isolate->name, call->isolate->limits.queue);
        break;

    case DW_WIRE_BAD_CODE:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "worker \"%V\" could not be loaded%*s: %V",
                      &call->isolate->name, (size_t) (p - at), at, &text);
        break;

    default:
        ngx_log_error(NGX_LOG_ERR, log, 0, "worker \"%V\" failed%*s: %V",
                      &call->isolate->name, (size_t) (p - at), at, &text);
    }
}


void
ngx_http_dynworker_call_target_done(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_channel_t  *target;

    if (call->closed) {
        return;
    }

    call->target_done = 1;

    /* the rest of the response is up to its reader, and has other timers */

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    target = call->target;

    if (target) {
        call->target = NULL;

        /* a body that is still on its way does not come from it */

        ngx_http_dynworker_channel_close(target, DW_WIRE_EXCEPTION);
    }

    ngx_http_dynworker_call_children(call);
    ngx_http_dynworker_call_try_close(call);
}


void
ngx_http_dynworker_call_response_done(ngx_http_dynworker_call_t *call)
{
    if (call->closed || call->response_done) {
        return;
    }

    call->response_done = 1;

    ngx_http_dynworker_call_try_close(call);

    if (!call->closed && call->target) {
        /* ctx.waitUntil() */
        ngx_http_dynworker_call_wait(call, NGX_HTTP_DYNWORKER_AFTER);
    }
}


void
ngx_http_dynworker_call_cancel(ngx_http_dynworker_call_t *call)
{
    ngx_str_t                      message;
    ngx_http_dynworker_channel_t  *origin;

    if (call->closed || call->cancelled) {
        return;
    }

    call->cancelled = 1;
    call->response_done = 1;

    ngx_http_dynworker_trace_fail(call, DW_WIRE_CANCEL, NULL);

    ngx_http_dynworker_call_answered(call);

    origin = call->origin;

    if (origin) {
        call->origin = NULL;
        ngx_http_dynworker_channel_close(origin, DW_WIRE_CANCEL);
    }

    if (call->response_pipe && !call->joined) {
        ngx_http_dynworker_pipe_cancel(call->response_pipe);
    }

    if (call->request_pipe && !call->request_joined) {
        ngx_http_dynworker_pipe_cancel(call->request_pipe);
    }

    if (call->target && !call->target_done) {

        /* the invocation lives on for its waitUntil() work */

        ngx_str_null(&message);
        ngx_http_dynworker_channel_reset(call->target, DW_WIRE_CANCEL,
                                         &message);
        ngx_http_dynworker_call_wait(call, NGX_HTTP_DYNWORKER_AFTER);

        return;
    }

    ngx_http_dynworker_call_close(call);
}


void
ngx_http_dynworker_call_joined(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_channel_t  *origin;

    call->joined = 1;
    call->response_done = 1;

    origin = call->origin;

    if (origin == NULL || origin->in == NULL || origin->in_ended) {
        ngx_http_dynworker_call_leave(call);
    }
}


void
ngx_http_dynworker_call_leave(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_channel_t  *origin;

    if (call->parent) {
        ngx_http_dynworker_call_keep(call);
        ngx_queue_remove(&call->siblings);
        call->parent = NULL;
    }

    origin = call->origin;
    call->origin = NULL;

    if (origin) {
        ngx_http_dynworker_channel_close(origin, DW_WIRE_NETWORK);
    }

    ngx_http_dynworker_call_try_close(call);
}


void
ngx_http_dynworker_call_unread(ngx_http_dynworker_call_t *call)
{
    if (call->joined && call->origin) {
        ngx_http_dynworker_channel_reset(call->origin, DW_WIRE_CANCEL, NULL);
        ngx_http_dynworker_call_leave(call);
    }
}


static void
ngx_http_dynworker_call_try_close(ngx_http_dynworker_call_t *call)
{
    if (call->closed || !call->response_done || !call->target_done) {
        return;
    }

    if (call->joined && call->origin && call->request_joined) {
        /* its target has handed on a body that its origin still sends */
        return;
    }

    ngx_http_dynworker_call_close(call);
}


/* The invocation is over, and with it what it had open. */
static void
ngx_http_dynworker_call_children(ngx_http_dynworker_call_t *call)
{
    ngx_queue_t                *q;
    ngx_http_dynworker_call_t  *child;

    while (!ngx_queue_empty(&call->children)) {
        q = ngx_queue_head(&call->children);
        child = ngx_queue_data(q, ngx_http_dynworker_call_t, siblings);

        if (child->joined) {
            /* only the rest of its request's body was still to come */
            ngx_http_dynworker_call_leave(child);
            continue;
        }

        ngx_http_dynworker_call_keep(child);
        ngx_queue_remove(q);
        child->parent = NULL;

        ngx_http_dynworker_call_cancel(child);
    }

    while (!ngx_queue_empty(&call->loads)) {
        q = ngx_queue_head(&call->loads);

        ngx_http_dynworker_load_close(
                      ngx_queue_data(q, ngx_http_dynworker_load_t, siblings));
    }
}


static void
ngx_http_dynworker_call_close(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_pipe_t      *pipe;
    ngx_http_dynworker_channel_t   *channel;
    ngx_http_dynworker_isolate_t   *isolate;
    ngx_http_dynworker_outbound_t  *outbound;

    if (call->closed) {
        return;
    }

    call->closed = 1;
    call->cancelled = 1;

    ngx_http_dynworker_trace_end(call);

    if (call->tail) {
        call->process->tails--;
    }

    ngx_http_dynworker_call_dequeue(call);

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->output.posted) {
        ngx_delete_posted_event(&call->output);
    }

    if (call->parent) {
        ngx_queue_remove(&call->siblings);
        call->parent = NULL;
    }

    ngx_http_dynworker_call_children(call);

    channel = call->origin;
    call->origin = NULL;

    if (channel) {

        if (call->joined && !channel->in_ended) {
            /* who still sends the request's body hears of it by this alone */
            ngx_http_dynworker_channel_reset(channel, DW_WIRE_CANCEL, NULL);
        }

        ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);
    }

    channel = call->target;
    call->target = NULL;

    if (channel) {
        ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);
    }

    outbound = call->outbound;
    call->outbound = NULL;

    if (outbound) {
        ngx_http_dynworker_outbound_cancel(outbound);

        if (call->joined) {
            /* it was the source */
            ngx_http_dynworker_pipe_end(call->response_pipe, DW_WIRE_NETWORK);
        }
    }

    /* their ends at this call are no more; what was joined lives on */

    pipe = call->request_pipe;
    call->request_pipe = NULL;

    if (pipe) {
        if (!call->request_joined) {
            ngx_http_dynworker_pipe_cancel(pipe);
        }

        ngx_http_dynworker_pipe_release(pipe);
    }

    pipe = call->response_pipe;
    call->response_pipe = NULL;

    if (pipe) {
        if (!call->joined) {
            ngx_http_dynworker_pipe_cancel(pipe);
        }

        ngx_http_dynworker_pipe_release(pipe);
    }

    ngx_http_dynworker_call_answered(call);

    isolate = call->isolate;
    call->isolate = NULL;

    if (isolate) {
        ngx_http_dynworker_isolate_unref(isolate);
    }

    ngx_http_dynworker_call_settle(call);
    ngx_http_dynworker_call_unlend(call);

    if (call->kept) {
        ngx_http_dynworker_kept_release(call->kept);
        call->kept = NULL;
    }

    ngx_http_dynworker_bury(call->process, &call->dead, call);
}


ngx_http_request_t *
ngx_http_dynworker_call_root(ngx_http_dynworker_call_t *call)
{
    while (call->parent) {
        call = call->parent;
    }

    return call->request;
}


ngx_http_dynworker_kept_t *
ngx_http_dynworker_call_kept(ngx_http_dynworker_call_t *call)
{
    while (call->parent) {
        call = call->parent;
    }

    return call->kept;
}


void
ngx_http_dynworker_call_props(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_entry_t *entry, ngx_str_t *props)
{
    ngx_array_t  *fields;

    *props = entry->props;

    if (!entry->service || entry->conf->props == NULL) {
        return;
    }

    fields = entry->conf->props;

    while (call->parent) {
        call = call->parent;
    }

    if (call->request) {

        if (call->conf->props == fields) {
            *props = call->props;
        }

        return;
    }

    if (call->kept && call->kept->fields == fields) {
        *props = call->kept->props;
    }
}


void
ngx_http_dynworker_call_keep(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_call_t  *root;

    if (call->kept || call->closed || call->target == NULL) {
        /* it makes no more requests */
        return;
    }

    for (root = call; root->parent; root = root->parent) { /* void */ }

    if (root->kept == NULL && root->request) {
        root->kept = ngx_http_dynworker_policies_keep(root->request,
                                                      root->conf->props,
                                                      &root->props);
    }

    if (root->kept && root != call) {
        call->kept = root->kept;
        call->kept->refs++;
    }
}


ngx_log_t *
ngx_http_dynworker_call_log(ngx_http_dynworker_call_t *call)
{
    ngx_http_request_t  *r;

    r = ngx_http_dynworker_call_root(call);

    return r ? r->connection->log : call->process->cycle->log;
}
