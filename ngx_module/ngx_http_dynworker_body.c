
/*
 * The body of a client's request: read when its reader grants credit, and no
 * sooner.
 */

#include "ngx_http_dynworker.h"


static void ngx_http_dynworker_client_consumed(void *data, size_t size);
static void ngx_http_dynworker_client_cancelled(void *data);
static ngx_int_t ngx_http_dynworker_client_body_start(
    ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_client_body_post(ngx_http_request_t *r);
static void ngx_http_dynworker_client_body_writable(
    ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_client_body_event(ngx_http_request_t *r);
static void ngx_http_dynworker_client_body_read(
    ngx_http_dynworker_call_t *call);
static ngx_int_t ngx_http_dynworker_client_body_pass(
    ngx_http_dynworker_call_t *call);


const ngx_http_dynworker_source_t  ngx_http_dynworker_client_source = {
    ngx_http_dynworker_client_consumed,
    ngx_http_dynworker_client_cancelled
};


/* Source: there is room, so this is the moment to read the body. */
static void
ngx_http_dynworker_client_consumed(void *data, size_t size)
{
    ngx_http_dynworker_call_t *call = data;

    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_channel_t  *channel;

    if (size || call->request == NULL) {
        return;
    }

    pipe = call->request_pipe;

    if (pipe->sink == &ngx_http_dynworker_channel_sink) {
        channel = pipe->sink_data;

        if (!channel->granted) {

            /*
             * Nobody has asked for it: reading would send "100 Continue", and
             * a body that is read in part costs the client its connection.
             */

            return;
        }
    }

    ngx_http_dynworker_client_body_read(call);
}


static void
ngx_http_dynworker_client_cancelled(void *data)
{
    /* the rest is discarded when the request is finalized */
}


static ngx_int_t
ngx_http_dynworker_client_body_start(ngx_http_dynworker_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    call->body_started = 1;

    if (r->request_body) {

        /* another module has read it before */

        call->body = r->request_body->bufs;
        call->body_posted = 1;
        call->body_ended = 1;

        return NGX_OK;
    }

    r->request_body_no_buffering = 1;
    call->body_starting = 1;

    rc = ngx_http_read_client_request_body(r,
                                          ngx_http_dynworker_client_body_post);

    call->body_starting = 0;

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    /* reading a body has replaced it */

    ngx_http_dynworker_client_body_writable(call);

    /* the reference that reading has taken */

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_OK;
}


/*
 * At once, as a rule.  A body that is complete before it is read over HTTP/2
 * nginx does not read unbuffered: then a posted event leads here.
 */
static void
ngx_http_dynworker_client_body_post(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t   *ctx;
    ngx_http_dynworker_call_t  *call;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);
    call = ctx ? ctx->call : NULL;

    if (call == NULL) {
        return;
    }

    call->body = r->request_body->bufs;
    call->body_posted = 1;
    r->request_body->bufs = NULL;

    if (r->reading_body) {
        r->read_event_handler = ngx_http_dynworker_client_body_event;

    } else {
        call->body_ended = 1;
        ngx_http_dynworker_client_watch(r);
    }

    if (!call->body_starting) {
        ngx_http_dynworker_client_body_read(call);
    }
}


static void
ngx_http_dynworker_client_body_writable(ngx_http_dynworker_call_t *call)
{
    call->request->write_event_handler = call->out || call->busy
                                         ? ngx_http_dynworker_client_writable
                                         : ngx_http_request_empty_handler;
}


static void
ngx_http_dynworker_client_body_event(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    /* "error_page" may have led elsewhere, where nobody reads the rest */

    if (ctx && ctx->call) {
        ngx_http_dynworker_client_body_read(ctx->call);
    }
}


/* Passes on what the reader takes, and reads more while it takes all. */
static void
ngx_http_dynworker_client_body_read(ngx_http_dynworker_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    for ( ;; ) {

        if (!call->body_started) {

            rc = ngx_http_dynworker_client_body_start(call);

            if (rc != NGX_OK) {
                goto failed;
            }
        }

        if (!call->body_posted) {
            return;
        }

        rc = ngx_http_dynworker_client_body_pass(call);

        if (rc == NGX_ERROR) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto failed;
        }

        if (rc == NGX_AGAIN) {
            return;
        }

        if (call->body_ended) {
            ngx_http_dynworker_pipe_end(call->request_pipe, 0);
            return;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            goto failed;
        }

        call->body = r->request_body->bufs;
        r->request_body->bufs = NULL;

        if (rc == NGX_OK) {
            call->body_ended = 1;
            ngx_http_dynworker_client_watch(r);

        } else if (call->body == NULL) {
            return;
        }
    }

failed:

    /* 413, 408, 400 ...: the client's fault, nginx's answer */

    ngx_http_dynworker_client_finalize(call, rc);
}


/*
 * NGX_OK: all of call->body was taken; NGX_AGAIN: not all, or the reader was
 * the client itself, whose request has ended, and the body with it.
 */
static ngx_int_t
ngx_http_dynworker_client_body_pass(ngx_http_dynworker_call_t *call)
{
    off_t         left;
    size_t        n, size;
    ssize_t       read;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;
    static u_char buf[16384];

    while (call->body) {
        b = call->body->buf;

        if (ngx_buf_in_memory(b)) {
            size = b->last - b->pos;
            n = size ? ngx_http_dynworker_pipe_offer(call->request_pipe,
                                                     b->pos, size)
                     : 0;

            if (call->request == NULL) {
                return NGX_AGAIN;
            }

            b->pos += n;

            if (b->in_file) {
                b->file_pos += n;
            }

        } else if (b->in_file) {
            left = b->file_last - b->file_pos;
            size = ngx_min(left, (off_t) sizeof(buf));

            read = ngx_read_file(b->file, buf, size, b->file_pos);

            if (read != (ssize_t) size) {
                return NGX_ERROR;
            }

            n = ngx_http_dynworker_pipe_offer(call->request_pipe, buf, size);

            if (call->request == NULL) {
                return NGX_AGAIN;
            }

            b->file_pos += n;

            if (n == size && left > (off_t) size) {
                continue;
            }

        } else {
            size = 0;
            n = 0;
        }

        if (n < size) {
            return NGX_AGAIN;
        }

        cl = call->body;
        call->body = cl->next;

        if (call->request->request_body_no_buffering) {
            /* a link of ours: a long body has many */
            ngx_free_chain(call->request->pool, cl);
        }
    }

    return NGX_OK;
}
