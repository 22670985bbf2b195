
/*
 * Interim responses, 100 to 199 but for 101: what comes before the response of
 * an upstream.  nginx's proxy takes one for the response itself, so it is asked
 * once more for what follows.
 */

#include "ngx_http_dynworker.h"


/* An upstream that sends more of them has nothing else to say. */
#define NGX_HTTP_DYNWORKER_INTERIM_MAX  32


static ngx_int_t ngx_http_dynworker_interim_reinit(ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_interim_process(ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_interim_drop(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);


void
ngx_http_dynworker_interim_init(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u->process_header == ngx_http_dynworker_interim_process) {
        return;
    }

    out->process_header = u->process_header;
    out->reinit_request = u->reinit_request;
    out->interim = 0;

    u->process_header = ngx_http_dynworker_interim_process;
    u->reinit_request = ngx_http_dynworker_interim_reinit;
}


/* Another server of the upstream is tried. */
static ngx_int_t
ngx_http_dynworker_interim_reinit(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    out = ctx->outbound;

    rc = out->reinit_request(r);

    /* which has set it anew */

    out->process_header = r->upstream->process_header;
    out->interim = 0;

    r->upstream->process_header = ngx_http_dynworker_interim_process;

    return rc;
}


static ngx_int_t
ngx_http_dynworker_interim_process(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_upstream_t            *u;
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    out = ctx->outbound;
    u = r->upstream;

    for ( ;; ) {

        u->process_header = out->process_header;

        rc = u->process_header(r);

        out->process_header = u->process_header;
        u->process_header = ngx_http_dynworker_interim_process;

        if (rc != NGX_OK
            || u->headers_in.status_n < NGX_HTTP_CONTINUE
            || u->headers_in.status_n >= NGX_HTTP_OK
            || u->headers_in.status_n == NGX_HTTP_SWITCHING_PROTOCOLS)
        {
            return rc;
        }

        if (++out->interim > NGX_HTTP_DYNWORKER_INTERIM_MAX) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "upstream sent more than %d interim responses",
                          NGX_HTTP_DYNWORKER_INTERIM_MAX);
            return NGX_HTTP_UPSTREAM_INVALID_HEADER;
        }

        if (ngx_http_dynworker_interim_drop(out, r) != NGX_OK) {
            return NGX_ERROR;
        }

        if (u->buffer.pos == u->buffer.last) {
            return NGX_AGAIN;
        }
    }
}


/* As if nothing had come, but for what stands behind it. */
static ngx_int_t
ngx_http_dynworker_interim_drop(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    size_t                size;
    u_char               *p;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    p = u->buffer.start;

#if (NGX_HTTP_CACHE)

    /* what is kept in a cache begins with the header */

    if (r->cache) {
        p += r->cache->header_start;
    }

#endif

    size = u->buffer.last - u->buffer.pos;

    ngx_memmove(p, u->buffer.pos, size);

    u->buffer.pos = p;
    u->buffer.last = p + size;

    u->keepalive = 0;
    u->upgrade = 0;

    if (u->state) {
        u->state->status = 0;
    }

    ngx_memzero(&u->headers_in, sizeof(ngx_http_upstream_headers_in_t));
    u->headers_in.content_length_n = -1;
    u->headers_in.last_modified_time = -1;

    if (ngx_list_init(&u->headers_in.headers, r->pool, 8,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_list_init(&u->headers_in.trailers, r->pool, 2,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || out->reinit_request(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    out->process_header = u->process_header;
    u->process_header = ngx_http_dynworker_interim_process;

    return NGX_OK;
}
