
/*
 * A worker's response on its way to the client.
 */

#include "ngx_http_dynworker.h"


/* Buffers for response bodies, reused once they are sent. */
#define NGX_HTTP_DYNWORKER_BUF_MIN   512
#define NGX_HTTP_DYNWORKER_BUF_MAX   32768


static ngx_int_t ngx_http_dynworker_client_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);
static size_t ngx_http_dynworker_client_write(void *data, u_char *p,
    size_t size);
static void ngx_http_dynworker_client_missized(
    ngx_http_dynworker_call_t *call);
static ngx_buf_t *ngx_http_dynworker_client_buf(
    ngx_http_dynworker_call_t *call, size_t size);
static ngx_int_t ngx_http_dynworker_client_end(void *data, ngx_uint_t code);
static void ngx_http_dynworker_client_output(ngx_http_dynworker_call_t *call);


const ngx_http_dynworker_sink_t  ngx_http_dynworker_client_sink = {
    ngx_http_dynworker_client_write,
    ngx_http_dynworker_client_end
};


void
ngx_http_dynworker_client_respond(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, ngx_uint_t body, uint64_t length, ngx_str_t *strings)
{
    ngx_int_t            rc;
    ngx_str_t            list, text, name, value;
    ngx_http_request_t  *r;

    r = call->request;

    r->headers_out.status = status;
    r->headers_out.content_length_n = -1;
    r->headers_out.last_modified_time = -1;

    /* conditional and range requests are the worker's own affair */

    r->disable_not_modified = 1;

    list = *strings;

    (void) ngx_http_dynworker_next_string(&list, &text);

    if (text.len && r->http_version < NGX_HTTP_VERSION_20) {

        r->headers_out.status_line.data = ngx_pnalloc(r->pool, text.len + 4);
        if (r->headers_out.status_line.data == NULL) {
            goto failed;
        }

        r->headers_out.status_line.len =
                      ngx_sprintf(r->headers_out.status_line.data,
                                  "%03ui %V", status, &text)
                      - r->headers_out.status_line.data;
    }

    while (ngx_http_dynworker_next_string(&list, &name) == NGX_OK
           && ngx_http_dynworker_next_string(&list, &value) == NGX_OK)
    {
        if (ngx_http_dynworker_client_header(r, &name, &value) != NGX_OK) {
            goto failed;
        }
    }

    if (status != NGX_HTTP_NOT_MODIFIED && r->method != NGX_HTTP_HEAD) {
        r->headers_out.content_length_n =
                        !body ? 0
                        : length <= NGX_MAX_OFF_T_VALUE ? (off_t) length
                        : -1;

    } else if (body && length <= NGX_MAX_OFF_T_VALUE) {
        r->headers_out.content_length_n = length;
    }

    if (r->headers_out.content_length_n >= 0) {
        call->sized = 1;
        call->rest = r->headers_out.content_length_n;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        ngx_http_dynworker_client_finalize(call, rc);
        return;
    }

    r->write_event_handler = ngx_http_dynworker_client_writable;

    ngx_http_dynworker_pipe_set_sink(call->response_pipe,
                                     &ngx_http_dynworker_client_sink, call);

    /*
     * If no body comes with it, the header goes alone: after the event that a
     * source, asked for its first bytes just now, has posted to bring them.
     */

    if (body && call->request && !call->output.posted) {
        ngx_post_event(&call->output, &ngx_posted_events);
    }

    return;

failed:

    ngx_http_dynworker_client_finalize(call, NGX_HTTP_INTERNAL_SERVER_ERROR);
}


static ngx_int_t
ngx_http_dynworker_client_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char           *p;
    off_t             length;
    ngx_table_elt_t  *h;

    if (ngx_http_dynworker_is_hop_header(name)) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, name->len + value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, name->data, name->len);
    ngx_memcpy(p + name->len, value->data, value->len);

    if (name->len == sizeof("Content-Type") - 1
        && ngx_strncasecmp(name->data, (u_char *) "Content-Type", name->len)
           == 0)
    {
        r->headers_out.content_type.data = p + name->len;
        r->headers_out.content_type.len = value->len;
        r->headers_out.content_type_len = value->len;
        r->headers_out.content_type_lowcase = NULL;

        return NGX_OK;
    }

    if (name->len == sizeof("Content-Length") - 1
        && ngx_strncasecmp(name->data, (u_char *) "Content-Length", name->len)
           == 0)
    {
        /* the body says how long it is; a HEAD's has none to say it */

        if (r->method == NGX_HTTP_HEAD) {
            length = ngx_atoof(value->data, value->len);

            if (length != NGX_ERROR) {
                r->headers_out.content_length_n = length;
            }
        }

        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = p;
    h->key.len = name->len;
    h->value.data = p + name->len;
    h->value.len = value->len;

    /* those that nginx would add, or that its filters look at */

    switch (name->len) {

    case sizeof("Date") - 1:
        if (ngx_strncasecmp(p, (u_char *) "Date", name->len) == 0) {
            r->headers_out.date = h;
        }

        break;

    case sizeof("Server") - 1:
        if (ngx_strncasecmp(p, (u_char *) "Server", name->len) == 0) {
            r->headers_out.server = h;
        }

        break;

    case sizeof("Content-Encoding") - 1:
        if (ngx_strncasecmp(p, (u_char *) "Content-Encoding", name->len)
            == 0)
        {
            r->headers_out.content_encoding = h;
        }

        break;
    }

    return NGX_OK;
}


/* Sink: copies, for the frame's bytes go away; sent once the batch is done. */
static size_t
ngx_http_dynworker_client_write(void *data, u_char *p, size_t size)
{
    ngx_http_dynworker_call_t *call = data;

    size_t      n, left;
    ngx_buf_t  *b;

    if (call->request == NULL) {
        return size;
    }

    if (call->request->header_only || call->request->background) {
        return size;
    }

    if (call->sized && (off_t) size > call->rest) {

        /* the client would take it for the next response */

        ngx_http_dynworker_client_missized(call);
        ngx_http_dynworker_call_cancel(call);
        return size;
    }

    if (call->pending >= NGX_HTTP_DYNWORKER_WINDOW) {
        return 0;
    }

    size = ngx_min(size, NGX_HTTP_DYNWORKER_WINDOW - call->pending);
    call->rest -= size;

    for (left = size; left; left -= n) {

        b = ngx_http_dynworker_client_buf(call, left);

        if (b == NULL) {
            ngx_http_dynworker_client_finalize(call, NGX_ERROR);
            return size;
        }

        n = ngx_min(left, (size_t) (b->end - b->last));
        b->last = ngx_cpymem(b->last, p, n);
        p += n;
    }

    call->pending += size;

    if (!call->output.posted) {
        ngx_post_event(&call->output, &ngx_posted_events);
    }

    return size;
}


/* A body that is not of the length that the client was told. */
static void
ngx_http_dynworker_client_missized(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = call->ctx;

    ngx_log_error(NGX_LOG_ERR, call->request->connection->log, 0,
                  "worker \"%V\" sent a body that is not of its length",
                  &ctx->id);

    ctx->error = *ngx_http_dynworker_client_error(DW_WIRE_EXCEPTION);

    ngx_http_dynworker_client_finish(call, NGX_ERROR);
}


/* The last buffer of call->out if it has room, or another one. */
static ngx_buf_t *
ngx_http_dynworker_client_buf(ngx_http_dynworker_call_t *call, size_t size)
{
    size_t                n;
    ngx_buf_t            *b;
    ngx_chain_t          *cl, **ll;
    ngx_http_request_t   *r;

    r = call->request;

    for (ll = &call->out; *ll; ll = &(*ll)->next) {
        b = (*ll)->buf;

        if ((*ll)->next == NULL && b->temporary && b->last < b->end) {
            return b;
        }
    }

    cl = call->free;

    if (cl) {
        call->free = cl->next;
        b = cl->buf;

    } else {
        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NULL;
        }

        n = ngx_min(ngx_max(size, NGX_HTTP_DYNWORKER_BUF_MIN),
                    NGX_HTTP_DYNWORKER_BUF_MAX);

        b = ngx_create_temp_buf(r->pool, n);
        if (b == NULL) {
            return NULL;
        }

        b->tag = (ngx_buf_tag_t) &ngx_http_dynworker_module;
        cl->buf = b;
    }

    cl->next = NULL;
    *ll = cl;

    return b;
}


/* Sink: the response is complete, or broke off. */
static ngx_int_t
ngx_http_dynworker_client_end(void *data, ngx_uint_t code)
{
    ngx_http_dynworker_call_t *call = data;

    ngx_buf_t                 *b;
    ngx_chain_t               *cl, **ll;
    ngx_http_request_t        *r;
    ngx_http_dynworker_ctx_t  *ctx;

    r = call->request;

    if (r == NULL) {
        ngx_http_dynworker_call_response_done(call);
        return NGX_OK;
    }

    if (code) {

        /* so that a client can tell */

        ctx = call->ctx;

        if (ctx->error.len == 0) {
            ctx->error = *ngx_http_dynworker_client_error(code);
        }

        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        ngx_http_dynworker_call_response_done(call);

        return NGX_OK;
    }

    if (r->background) {

        /* of a mirror: whatever it put out would wait there for its turn */

        ngx_http_dynworker_client_finish(call, NGX_OK);
        ngx_http_dynworker_call_response_done(call);

        return NGX_OK;
    }

    if (call->sized && call->rest && !r->header_only) {
        ngx_http_dynworker_client_missized(call);
        ngx_http_dynworker_call_response_done(call);
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        ngx_http_dynworker_call_response_done(call);
        return NGX_OK;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;
    b->sync = (r == r->main) ? 0 : 1;

    cl->buf = b;
    cl->next = NULL;

    for (ll = &call->out; *ll; ll = &(*ll)->next) { /* void */ }
    *ll = cl;

    call->client_last = 1;

    ngx_http_dynworker_client_output(call);

    return NGX_OK;
}


void
ngx_http_dynworker_client_output_event(ngx_event_t *ev)
{
    ngx_http_request_t         *r;
    ngx_http_dynworker_call_t  *call;

    call = ev->data;
    r = call->request;

    if (r == NULL || r->background) {
        return;
    }

    if (call->out == NULL) {

        if (ngx_http_send_special(r, NGX_HTTP_FLUSH) == NGX_ERROR) {
            ngx_http_dynworker_client_finalize(call, NGX_ERROR);
            return;
        }
    }

    ngx_http_dynworker_client_output(call);
}


void
ngx_http_dynworker_client_writable(ngx_http_request_t *r)
{
    ngx_event_t                *wev;
    ngx_connection_t           *c;
    ngx_http_dynworker_ctx_t   *ctx;
    ngx_http_dynworker_call_t  *call;

    c = r->connection;
    wev = c->write;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx->call == NULL) {
        return;
    }

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT, "client timed out");
        c->timedout = 1;

        call = ctx->call;

        ngx_http_dynworker_client_finish(call, NGX_HTTP_REQUEST_TIME_OUT);
        ngx_http_dynworker_call_cancel(call);
        return;
    }

    ngx_http_dynworker_client_output(ctx->call);
}


static void
ngx_http_dynworker_client_output(ngx_http_dynworker_call_t *call)
{
    ngx_int_t                  rc;
    ngx_chain_t               *cl;
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = call->request;
    wev = r->connection->write;

    if (call->output.posted) {
        ngx_delete_posted_event(&call->output);
    }

    if (!call->client_last) {

        /* a pause: what there is should reach the client */

        for (cl = call->out; cl; cl = cl->next) {
            if (cl->next == NULL) {
                cl->buf->flush = 1;
            }
        }
    }

    rc = ngx_http_output_filter(r, call->out);

    if (rc == NGX_ERROR) {
        ngx_http_dynworker_client_finalize(call, NGX_ERROR);
        return;
    }

    if (call->client_last) {

        /* what is still unsent is nginx's to send */

        ngx_http_dynworker_client_finish(call, rc);
        ngx_http_dynworker_call_response_done(call);
        return;
    }

    ngx_chain_update_chains(r->pool, &call->free, &call->busy, &call->out,
                            (ngx_buf_tag_t) &ngx_http_dynworker_module);

    call->pending = 0;

    for (cl = call->busy; cl; cl = cl->next) {
        call->pending += ngx_buf_size(cl->buf);
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_http_dynworker_client_finalize(call, NGX_ERROR);
        return;
    }

    if (!wev->delayed) {

        if (call->busy && wev->active && !wev->ready) {
            clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);
            ngx_add_timer(wev, clcf->send_timeout);

        } else if (wev->timer_set) {
            ngx_del_timer(wev);
        }
    }

    if (call->pending < NGX_HTTP_DYNWORKER_WINDOW) {
        ngx_http_dynworker_pipe_pull(call->response_pipe);
    }
}
