
/*
 * Channels of an engine: the table of them, frames out, and their ends of
 * pipes, where credit is kept.
 */

#include "ngx_http_dynworker.h"


/* Of a message in a frame of ours. */
#define NGX_HTTP_DYNWORKER_MESSAGE_MAX  4096


static void ngx_http_dynworker_channel_consumed(void *data, size_t size);
static void ngx_http_dynworker_channel_cancelled(void *data);
static size_t ngx_http_dynworker_channel_write(void *data, u_char *p,
    size_t size);
static ngx_int_t ngx_http_dynworker_channel_finish(void *data,
    ngx_uint_t code);


const ngx_http_dynworker_source_t  ngx_http_dynworker_channel_source = {
    ngx_http_dynworker_channel_consumed,
    ngx_http_dynworker_channel_cancelled
};


const ngx_http_dynworker_sink_t  ngx_http_dynworker_channel_sink = {
    ngx_http_dynworker_channel_write,
    ngx_http_dynworker_channel_finish
};


ngx_http_dynworker_channel_t *
ngx_http_dynworker_channel_create(ngx_http_dynworker_engine_t *engine,
    ngx_uint_t kind, void *owner)
{
    ngx_http_dynworker_channel_t  *channel;

    if (engine->connection == NULL || engine->broken) {
        return NULL;
    }

    engine->last_channel += 2;

    channel = ngx_http_dynworker_channel_add(engine, engine->last_channel,
                                             kind, owner);
    if (channel == NULL) {
        return NULL;
    }

    channel->ours = 1;

    return channel;
}


ngx_http_dynworker_channel_t *
ngx_http_dynworker_channel_add(ngx_http_dynworker_engine_t *engine,
    uint64_t id, ngx_uint_t kind, void *owner)
{
    ngx_http_dynworker_channel_t  *channel;

    channel = ngx_calloc(sizeof(ngx_http_dynworker_channel_t),
                         engine->process->cycle->log);
    if (channel == NULL) {
        return NULL;
    }

    channel->engine = engine;
    channel->id = id;
    channel->kind = kind;
    channel->owner = owner;

    channel->credit = (kind == DW_WIRE_ISOLATE) ? DW_WIRE_CODE_MAX
                                                : DW_WIRE_WINDOW_TO_ENGINE;
    channel->window = (kind == DW_WIRE_ISOLATE) ? 0
                                                : DW_WIRE_WINDOW_TO_NGINX;

    channel->node.key = id;
    ngx_rbtree_insert(&engine->channels, &channel->node);

    return channel;
}


ngx_http_dynworker_channel_t *
ngx_http_dynworker_channel_find(ngx_http_dynworker_engine_t *engine,
    uint64_t id)
{
    ngx_rbtree_node_t  *node, *sentinel;

    node = engine->channels.root;
    sentinel = engine->channels.sentinel;

    while (node != sentinel) {

        if (id == node->key) {
            return (ngx_http_dynworker_channel_t *) node;
        }

        node = (id < node->key) ? node->left : node->right;
    }

    return NULL;
}


void
ngx_http_dynworker_channel_open_window(ngx_http_dynworker_channel_t *channel)
{
    channel->credit = DW_WIRE_WINDOW_TO_NGINX;
    channel->granted = 1;
}


void
ngx_http_dynworker_channel_close(ngx_http_dynworker_channel_t *channel,
    ngx_uint_t code)
{
    ngx_http_dynworker_pipe_t  *pipe;

    if (channel->closed) {
        return;
    }

    channel->closed = 1;

    ngx_rbtree_delete(&channel->engine->channels, &channel->node);

    ngx_http_dynworker_engine_empty(channel->engine);

    pipe = channel->in;

    if (pipe) {
        channel->in = NULL;
        ngx_http_dynworker_pipe_end(pipe, code);
        ngx_http_dynworker_pipe_release(pipe);
    }

    pipe = channel->out;

    if (pipe) {
        channel->out = NULL;
        ngx_http_dynworker_pipe_cancel(pipe);
        ngx_http_dynworker_pipe_release(pipe);
    }

    ngx_http_dynworker_bury(channel->engine->process, &channel->dead, channel);
}


void
ngx_http_dynworker_channel_reset(ngx_http_dynworker_channel_t *channel,
    ngx_uint_t code, ngx_str_t *message)
{
    u_char  *p;
    size_t   len, i;

    len = message ? ngx_min(message->len, NGX_HTTP_DYNWORKER_MESSAGE_MAX) : 0;

    p = ngx_http_dynworker_engine_reserve(channel->engine,
                  DW_WIRE_HEADER_SIZE + DW_WIRE_RESET_SIZE + len + 2);
    if (p == NULL) {
        return;
    }

    p = dw_wire_put_reset(p, 0, channel->id, code, 0, len + 2);

    for (i = 0; i < len; i++) {
        *p++ = message->data[i] ? message->data[i] : ' ';
    }

    *p++ = '\0';
    *p++ = '\0';

    ngx_http_dynworker_engine_commit(channel->engine, p);
}


ngx_int_t
ngx_http_dynworker_channel_send(ngx_http_dynworker_channel_t *channel,
    u_char *p, size_t size)
{
    u_char  *out;
    size_t   n, frames;

    frames = (size + DW_WIRE_DATA_MAX - 1) / DW_WIRE_DATA_MAX;

    out = ngx_http_dynworker_engine_reserve(channel->engine,
                                      size + frames * DW_WIRE_HEADER_SIZE);
    if (out == NULL) {
        return NGX_ERROR;
    }

    while (size) {
        n = ngx_min(size, DW_WIRE_DATA_MAX);

        out = dw_wire_put_header(out, DW_WIRE_DATA, 0, channel->id, n);
        out = ngx_cpymem(out, p, n);

        p += n;
        size -= n;
    }

    ngx_http_dynworker_engine_commit(channel->engine, out);

    return NGX_OK;
}


void
ngx_http_dynworker_channel_send_end(ngx_http_dynworker_channel_t *channel)
{
    u_char  *p;

    p = ngx_http_dynworker_engine_reserve(channel->engine,
                                          DW_WIRE_HEADER_SIZE);
    if (p == NULL) {
        return;
    }

    p = dw_wire_put_header(p, DW_WIRE_END, 0, channel->id, 0);

    ngx_http_dynworker_engine_commit(channel->engine, p);
}


/* Source: what arrived was taken, so the engine may send as much again. */
static void
ngx_http_dynworker_channel_consumed(void *data, size_t size)
{
    ngx_http_dynworker_channel_t *channel = data;

    u_char  *p;

    if (channel->closed || channel->in_ended) {
        return;
    }

    channel->owed += size;

    if (channel->owed < DW_WIRE_WINDOW_TO_NGINX / 2) {
        return;
    }

    p = ngx_http_dynworker_engine_reserve(channel->engine,
                             DW_WIRE_HEADER_SIZE + sizeof(uint32_t));
    if (p == NULL) {
        return;
    }

    p = dw_wire_put_window(p, channel->id, channel->owed);

    channel->window += channel->owed;
    channel->owed = 0;

    ngx_http_dynworker_engine_commit(channel->engine, p);
}


/* Source: nobody reads it any more; the rest is granted and dropped. */
static void
ngx_http_dynworker_channel_cancelled(void *data)
{
    ngx_http_dynworker_channel_t *channel = data;

    if (channel->closed) {
        return;
    }

    if (channel->kind != DW_WIRE_FETCH) {
        return;
    }

    if (channel->ours) {
        ngx_http_dynworker_call_cancel(channel->owner);

    } else {
        ngx_http_dynworker_call_unread(channel->owner);
    }
}


/* Sink: as DATA, as far as credit goes. */
static size_t
ngx_http_dynworker_channel_write(void *data, u_char *p, size_t size)
{
    ngx_http_dynworker_channel_t *channel = data;

    size_t  n;

    n = ngx_min(size, channel->credit);

    if (n == 0) {
        return 0;
    }

    if (channel->ours && channel->kind == DW_WIRE_FETCH && !channel->headed) {
        ngx_http_dynworker_call_record(channel->owner, p, n);
    }

    if (ngx_http_dynworker_channel_send(channel, p, n) != NGX_OK) {
        /* the engine is gone, and soon the channel */
        return size;
    }

    channel->credit -= n;

    return n;
}


/* Sink: the body is complete, or has failed. */
static ngx_int_t
ngx_http_dynworker_channel_finish(void *data, ngx_uint_t code)
{
    ngx_http_dynworker_channel_t *channel = data;

    ngx_str_t  message;

    if (channel->kind == DW_WIRE_ISOLATE) {

        if (code == 0) {
            channel->out_ended = 1;
            ngx_http_dynworker_isolate_loaded(channel->owner);
        }

        return NGX_OK;
    }

    if (code == 0 && !channel->granted) {
        /* a body that nobody has asked for may still be joined */
        return NGX_AGAIN;
    }

    channel->out_ended = 1;

    if (code == 0) {
        ngx_http_dynworker_channel_send_end(channel);

    } else if (channel->ours) {

        /*
         * The request's body has broken off.  When it is the client that is
         * gone, so is the call's origin, which cancels it.
         */

        if (code != DW_WIRE_CANCEL) {
            ngx_str_set(&message, "The request's body broke off.");
            ngx_http_dynworker_channel_reset(channel, DW_WIRE_NETWORK,
                                             &message);
            ngx_http_dynworker_call_fail(channel->owner, DW_WIRE_NETWORK,
                                         &message, NULL);
            return NGX_OK;
        }

    } else if (code == DW_WIRE_CPU || code == DW_WIRE_WALL
               || code == DW_WIRE_MEMORY)
    {
        /* a limit says by itself what has happened */

        ngx_http_dynworker_channel_reset(channel, code, NULL);

    } else {
        ngx_str_set(&message, "Network connection lost.");
        ngx_http_dynworker_channel_reset(channel, code, &message);
    }

    if (!channel->ours) {
        ngx_http_dynworker_call_response_done(channel->owner);
    }

    return NGX_OK;
}
