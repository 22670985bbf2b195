
/*
 * What comes back: header and body filters take the response of a detached
 * root's subrequest before anything could be written, and hold what a slow
 * reader does not take.
 */

#include "ngx_http_dynworker.h"


/* r->buffered: the reader is slow; the bits below are nginx's own */
#define NGX_HTTP_DYNWORKER_BUFFERED  0x08


static ngx_int_t ngx_http_dynworker_outbound_redirect(ngx_http_request_t *r);
static void ngx_http_dynworker_outbound_consumed(void *data, size_t size);
static void ngx_http_dynworker_outbound_cancelled(void *data);
static ngx_int_t ngx_http_dynworker_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_response_head(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_dynworker_body_skip(ngx_chain_t *in);
static ngx_int_t ngx_http_dynworker_body_pass(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static const ngx_http_dynworker_source_t  ngx_http_dynworker_outbound_source = {
    ngx_http_dynworker_outbound_consumed,
    ngx_http_dynworker_outbound_cancelled
};


ngx_int_t
ngx_http_dynworker_outbound_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_dynworker_outbound_redirect;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_dynworker_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_dynworker_body_filter;

    return ngx_http_dynworker_upload_init(cf);
}


/*
 * Another location takes over.  "X-Accel-Redirect" is how an application behind
 * nginx asks for one of its locations; the third party that a worker talks to
 * may not.
 */
static ngx_int_t
ngx_http_dynworker_outbound_redirect(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    if (r == r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    out = ctx ? ctx->outbound : NULL;

    if (out == NULL) {
        return NGX_DECLINED;
    }

    ngx_http_dynworker_outbound_listen(out);

    if (out->policy == NULL || r->upstream == NULL
        || r->upstream->headers_in.x_accel_redirect == NULL)
    {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "upstream sent \"X-Accel-Redirect\" to a worker");

    return NGX_HTTP_BAD_GATEWAY;
}


/* Source: the reader has room. */
static void
ngx_http_dynworker_outbound_consumed(void *data, size_t size)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_connection_t  *c;

    if (size || out->held == NULL || out->cancelled || out->passing) {
        return;
    }

    c = out->connection;

    c->write->ready = 1;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    /* not from here: the reader may be inside another request's filters */

    ngx_post_event(c->write, &ngx_posted_events);
}


static void
ngx_http_dynworker_outbound_cancelled(void *data)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_http_dynworker_call_t  *call;

    call = out->call;

    if (call && !out->cancelled) {
        ngx_http_dynworker_call_cancel(call);
    }
}


static ngx_int_t
ngx_http_dynworker_header_filter(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);

    if (ctx == NULL || ctx->outbound == NULL) {
        return ngx_http_next_header_filter(r);
    }

    out = ctx->outbound;

    r->header_sent = 1;

    if (r != out->request || out->headed || out->cancelled) {

        /* a subrequest of the location's own, or nobody waits */

        return NGX_OK;
    }

    if (r->method == NGX_HTTP_HEAD
        || r->headers_out.status == NGX_HTTP_NO_CONTENT
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        r->header_only = 1;
        out->last = 1;
    }

    out->headed = 1;

    if (out->isolate) {
        ngx_http_dynworker_code_head(out, r);
        return NGX_OK;
    }

    return ngx_http_dynworker_response_head(out, r);
}


/* HEAD of the response, as nginx's header filter would write it. */
static ngx_int_t
ngx_http_dynworker_response_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    u_char                     *p;
    size_t                      len;
    uint64_t                    length;
    ngx_str_t                   strings, text;
    ngx_uint_t                  i, body;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    ngx_http_dynworker_call_t  *call;

    call = out->call;

    if (r->headers_out.status < NGX_HTTP_OK || r->headers_out.status > 599) {

        /* 1xx that nginx takes for an answer, and what is no status at all */

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "upstream sent status %ui, which is no response for "
                      "a worker", r->headers_out.status);

        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Network connection lost.");
        return NGX_OK;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_STREAMING && r->upstream) {

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a request's body was not sent: \"proxy_set_header\" "
                      "replaces both \"Content-Length\" and "
                      "\"Transfer-Encoding\"");

        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Network connection lost.");
        return NGX_OK;
    }

    len = r->headers_out.status_line.len + 1
          + sizeof("Content-Type") + r->headers_out.content_type.len
          + sizeof("; charset=") + r->headers_out.charset.len + 1
          + sizeof("Content-Length") + NGX_OFF_T_LEN + 1
          + sizeof("Last-Modified")
          + sizeof("Mon, 28 Sep 1970 06:00:00 GMT");

    len += ngx_http_dynworker_headers_length(&r->headers_out.headers);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    strings.data = p;

    /* "200 OK" of an upstream; an answer of nginx's own has no text yet */

    text = r->headers_out.status_line;

    if (text.len > sizeof("200 ") - 1 && ngx_http_dynworker_is_value(&text)) {
        p = ngx_cpymem(p, text.data + sizeof("200 ") - 1,
                       text.len - sizeof("200 ") + 1);
    }

    *p++ = '\0';

    if (r->headers_out.content_type.len
        && ngx_http_dynworker_is_value(&r->headers_out.content_type))
    {
        p = ngx_cpymem(p, "Content-Type", sizeof("Content-Type"));
        p = ngx_cpymem(p, r->headers_out.content_type.data,
                       r->headers_out.content_type.len);

        if (r->headers_out.content_type_len == r->headers_out.content_type.len
            && r->headers_out.charset.len)
        {
            p = ngx_cpymem(p, "; charset=", sizeof("; charset=") - 1);
            p = ngx_cpymem(p, r->headers_out.charset.data,
                           r->headers_out.charset.len);
        }

        *p++ = '\0';
    }

    if (r->headers_out.content_length == NULL
        && r->headers_out.content_length_n >= 0)
    {
        p = ngx_cpymem(p, "Content-Length", sizeof("Content-Length"));
        p = ngx_sprintf(p, "%O", r->headers_out.content_length_n);
        *p++ = '\0';
    }

    if (r->headers_out.last_modified == NULL
        && r->headers_out.last_modified_time != -1)
    {
        p = ngx_cpymem(p, "Last-Modified", sizeof("Last-Modified"));
        p = ngx_http_time(p, r->headers_out.last_modified_time);
        *p++ = '\0';
    }

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_dynworker_next_header(&part, &i)) != NULL) {
        p = ngx_http_dynworker_put_header(p, h);
    }

    strings.len = p - strings.data;

    if (strings.len > DW_WIRE_HEAD_MAX - DW_WIRE_RESPONSE_SIZE) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "upstream sent headers of %uz bytes for a worker, "
                      "more than %uz", strings.len,
                      (size_t) DW_WIRE_HEAD_MAX - DW_WIRE_RESPONSE_SIZE);

        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                     "The response's headers are too large.");
        return NGX_OK;
    }

    body = !r->header_only && r->headers_out.content_length_n != 0;

    length = r->headers_out.content_length_n >= 0
             ? (uint64_t) r->headers_out.content_length_n
             : DW_WIRE_LENGTH_UNKNOWN;

    call->response_pipe = ngx_http_dynworker_pipe_create();

    if (call->response_pipe == NULL) {
        return NGX_ERROR;
    }

    ngx_http_dynworker_pipe_set_source(call->response_pipe,
                                       &ngx_http_dynworker_outbound_source,
                                       out);

    out->status = r->headers_out.status;

    ngx_http_dynworker_call_respond(call, r->headers_out.status, body, length,
                                    &strings);

    if (!body && out->call) {
        out->last = 1;
        ngx_http_dynworker_pipe_end(call->response_pipe, 0);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);

    if (ctx == NULL || ctx->outbound == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    out = ctx->outbound;

    if (r != out->request || out->cancelled) {
        ngx_http_dynworker_body_skip(in);
        return NGX_OK;
    }

    if (in && ngx_chain_add_copy(r->pool, &out->held, in) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_dynworker_body_pass(out, r);
}


static void
ngx_http_dynworker_body_skip(ngx_chain_t *in)
{
    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }
}


/* Passes on what is held, as far as the reader takes it. */
static ngx_int_t
ngx_http_dynworker_body_pass(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    size_t                      n, size;
    ngx_buf_t                  *b;
    ngx_chain_t                *cl;
    ngx_connection_t           *c;
    ngx_http_dynworker_pipe_t  *pipe;

    c = r->connection;

    pipe = out->call ? out->call->response_pipe : NULL;

    if (pipe) {
        pipe->refs++;
    }

    out->passing = 1;

    while (out->held && !out->cancelled) {

        cl = out->held;
        b = cl->buf;

        if (ngx_buf_in_memory(b) && b->pos < b->last) {

            if (out->isolate) {

                if (ngx_http_dynworker_code_body(out, b) != NGX_OK) {
                    out->passing = 0;
                    return NGX_ERROR;
                }

            } else if (pipe) {
                size = b->last - b->pos;
                n = ngx_http_dynworker_pipe_offer(pipe, b->pos, size);
                b->pos += n;
                out->bytes += n;

                if (n < size) {
                    break;
                }

            } else {
                b->pos = b->last;
            }
        }

        if (b->last_buf || b->last_in_chain) {
            out->last = 1;
        }

        out->held = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    out->passing = 0;

    if (out->cancelled) {
        ngx_http_dynworker_body_skip(out->held);
        out->held = NULL;
    }

    if (out->last && out->held == NULL && pipe) {
        ngx_http_dynworker_pipe_end(pipe, 0);
    }

    if (pipe) {
        ngx_http_dynworker_pipe_release(pipe);
    }

    if (out->held) {
        r->buffered |= NGX_HTTP_DYNWORKER_BUFFERED;
        c->buffered |= NGX_HTTP_LOWLEVEL_BUFFERED;
        c->write->ready = 0;
        return NGX_AGAIN;
    }

    r->buffered &= ~NGX_HTTP_DYNWORKER_BUFFERED;
    c->buffered &= ~NGX_HTTP_LOWLEVEL_BUFFERED;

    return NGX_OK;
}
