
/*
 * A client's request as its worker sees it: method, URL, request.cf, headers.
 */

#include "ngx_http_dynworker.h"


static ngx_int_t ngx_http_dynworker_client_subrequest_uri(
    ngx_http_request_t *r, ngx_str_t *uri);
static ngx_uint_t ngx_http_dynworker_client_has_body(ngx_http_request_t *r);
static ngx_uint_t ngx_http_dynworker_client_spent(ngx_http_request_t *r);
static size_t ngx_http_dynworker_client_uri_length(ngx_str_t *uri);
static u_char *ngx_http_dynworker_client_uri(u_char *p, ngx_str_t *uri);
static ngx_int_t ngx_http_dynworker_client_cf(ngx_http_request_t *r,
    ngx_str_t *cf);
static ngx_uint_t ngx_http_dynworker_client_owns(ngx_str_t *name);


/*
 * The request's head as the worker sees it: the URL as the client asked for
 * it, headers as sent, but for those that say who the client is.
 */
ngx_int_t
ngx_http_dynworker_client_head(ngx_http_request_t *r,
    ngx_http_dynworker_head_t *head)
{
    u_char                         *p;
    size_t                          len;
    ngx_str_t                       scheme, host, uri, cf, *method, *addr;
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_http_dynworker_loc_conf_t  *dlcf;

    ngx_memzero(head, sizeof(ngx_http_dynworker_head_t));

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https://");
    } else
#endif
    {
        ngx_str_set(&scheme, "http://");
    }

    /* the port is in the header only, and nginx has checked the host there */

    if (r->headers_in.host && r->headers_in.host->value.len) {
        host = r->headers_in.host->value;

    } else if (r->headers_in.server.len) {
        host = r->headers_in.server;

    } else {
        ngx_str_set(&host, "localhost");
    }

    if (ngx_http_dynworker_client_cf(r, &cf) != NGX_OK) {
        return NGX_ERROR;
    }

    uri = r->unparsed_uri;

    if (r != r->main
        && ngx_http_dynworker_client_subrequest_uri(r, &uri) != NGX_OK)
    {
        return NGX_ERROR;
    }

    method = &r->method_name;
    addr = &r->connection->addr_text;

    len = 1
          + method->len + 1
          + scheme.len + host.len + 1
          + ngx_http_dynworker_client_uri_length(&uri) + 1
          + cf.len + 1
          + sizeof("CF-Connecting-IP") + addr->len + 1
          + sizeof("X-Real-IP") + addr->len + 1;

    len += ngx_http_dynworker_headers_length(&r->headers_in.headers);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    head->strings.data = p;

    /* entrypoint */
    *p++ = '\0';

    p = ngx_cpymem(p, method->data, method->len);
    *p++ = '\0';

    p = ngx_cpymem(p, scheme.data, scheme.len);
    p = ngx_cpymem(p, host.data, host.len);
    p = ngx_http_dynworker_client_uri(p, &uri);
    *p++ = '\0';

    p = ngx_cpymem(p, cf.data, cf.len);
    *p++ = '\0';

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_dynworker_next_header(&part, &i)) != NULL) {
        if (!ngx_http_dynworker_client_owns(&h->key)) {
            p = ngx_http_dynworker_put_header(p, h);
        }
    }

    p = ngx_cpymem(p, "CF-Connecting-IP", sizeof("CF-Connecting-IP"));
    p = ngx_cpymem(p, addr->data, addr->len);
    *p++ = '\0';

    p = ngx_cpymem(p, "X-Real-IP", sizeof("X-Real-IP"));
    p = ngx_cpymem(p, addr->data, addr->len);
    *p++ = '\0';

    head->strings.len = p - head->strings.data;

    dlcf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);

    if (dlcf->props
        && ngx_http_dynworker_fields_json(r, dlcf->props, NULL, 0,
                                          &head->props)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    head->body = (ngx_http_dynworker_client_has_body(r)
                  && !ngx_http_dynworker_client_spent(r)
                  && (r->headers_in.content_length_n > 0
                      || r->headers_in.chunked));

    head->body_length = !head->body ? 0
                        : r->headers_in.content_length_n >= 0
                        ? (uint64_t) r->headers_in.content_length_n
                        : DW_WIRE_LENGTH_UNKNOWN;

    return NGX_OK;
}


/* A subrequest (code of "dynworker_load", SSI ...) asks for its own URI. */
static ngx_int_t
ngx_http_dynworker_client_subrequest_uri(ngx_http_request_t *r, ngx_str_t *uri)
{
    u_char     *p;
    uintptr_t   escape;

    escape = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len,
                                NGX_ESCAPE_URI);

    p = ngx_pnalloc(r->pool, r->uri.len + escape + 1 + r->args.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;

    if (escape) {
        p = (u_char *) ngx_escape_uri(p, r->uri.data, r->uri.len,
                                      NGX_ESCAPE_URI);
    } else {
        p = ngx_cpymem(p, r->uri.data, r->uri.len);
    }

    if (r->args.len) {
        *p++ = '?';
        p = ngx_cpymem(p, r->args.data, r->args.len);
    }

    uri->len = p - uri->data;

    return NGX_OK;
}


/*
 * A subrequest has its parent's body in name only, but for the one below a
 * detached root, which was made for a worker's fetch().
 */
static ngx_uint_t
ngx_http_dynworker_client_has_body(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t  *ctx;

    if (r == r->main) {
        return 1;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);

    return (ctx && ctx->outbound && ctx->outbound->request == r);
}


/*
 * Its body is gone: the request comes by an "error_page" from a handler that
 * has discarded it, or has passed some of it on.
 */
static ngx_uint_t
ngx_http_dynworker_client_spent(ngx_http_request_t *r)
{
#if (NGX_HTTP_V2)
    if (r->stream && r->stream->skip_data) {
        return 1;
    }
#endif

    return r->discard_body || (r->request_body && r->request_body_no_buffering);
}


static size_t
ngx_http_dynworker_client_uri_length(ngx_str_t *uri)
{
    u_char  c;
    size_t  i, len;

    len = uri->len + 1;

    for (i = 0; i < uri->len; i++) {
        c = uri->data[i];

        if (c <= 0x20 || c >= 0x7f) {
            len += 2;
        }
    }

    return len;
}


/* A URL is ASCII: bytes that are not are percent-encoded, as they are. */
static u_char *
ngx_http_dynworker_client_uri(u_char *p, ngx_str_t *uri)
{
    u_char         c;
    size_t         i;
    static u_char  hex[] = "0123456789ABCDEF";

    if (uri->len == 0 || uri->data[0] != '/') {
        *p++ = '/';
    }

    for (i = 0; i < uri->len; i++) {
        c = uri->data[i];

        if (c <= 0x20 || c >= 0x7f) {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 0xf];

        } else {
            *p++ = c;
        }
    }

    return p;
}


/* request.cf: what nginx knows of the connection, and "dynworker_cf". */
static ngx_int_t
ngx_http_dynworker_client_cf(ngx_http_request_t *r, ngx_str_t *cf)
{
    ngx_uint_t                      n;
    ngx_keyval_t                    own[3];
    ngx_http_dynworker_loc_conf_t  *dlcf;
#if (NGX_HTTP_SSL)
    ngx_connection_t               *c;
#endif

    switch (r->http_version) {

    case NGX_HTTP_VERSION_20:
        ngx_str_set(&own[0].value, "HTTP/2");
        break;

#ifdef NGX_HTTP_VERSION_30
    case NGX_HTTP_VERSION_30:
        ngx_str_set(&own[0].value, "HTTP/3");
        break;
#endif

    case NGX_HTTP_VERSION_10:
        ngx_str_set(&own[0].value, "HTTP/1.0");
        break;

    default:
        ngx_str_set(&own[0].value, "HTTP/1.1");
        break;
    }

    ngx_str_set(&own[0].key, "httpProtocol");
    n = 1;

#if (NGX_HTTP_SSL)
    c = r->connection;

    if (c->ssl) {
        ngx_str_set(&own[1].key, "tlsVersion");
        ngx_str_set(&own[2].key, "tlsCipher");
        n = 3;

        if (ngx_ssl_get_protocol(c, r->pool, &own[1].value) != NGX_OK
            || ngx_ssl_get_cipher_name(c, r->pool, &own[2].value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
#endif

    dlcf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);

    return ngx_http_dynworker_fields_json(r, dlcf->cf, own, n, cf);
}


/* Headers that nginx sets itself: a client's own would lie. */
static ngx_uint_t
ngx_http_dynworker_client_owns(ngx_str_t *name)
{
    return (name->len == sizeof("CF-Connecting-IP") - 1
            && ngx_strncasecmp(name->data, (u_char *) "CF-Connecting-IP",
                               name->len) == 0)
           || (name->len == sizeof("X-Real-IP") - 1
               && ngx_strncasecmp(name->data, (u_char *) "X-Real-IP",
                                  name->len) == 0);
}
