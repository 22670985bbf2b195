
/*
 * URLs of fetch(), as an engine sends them.  The URL parser in the engine has
 * normalized them if the engine is honest; this one takes nothing else: what
 * a policy compares must be what a connection then goes to.
 */

#include "ngx_http_dynworker.h"


#define NGX_HTTP_DYNWORKER_URL_MAX    65536
#define NGX_HTTP_DYNWORKER_NAME_MAX   253
#define NGX_HTTP_DYNWORKER_LABEL_MAX  63


static ngx_int_t ngx_http_dynworker_url_authority(ngx_pool_t *pool,
    ngx_str_t *authority, ngx_http_dynworker_url_t *parsed);
static ngx_int_t ngx_http_dynworker_url_port(u_char *p, size_t len);
static ngx_int_t ngx_http_dynworker_url_uri(ngx_pool_t *pool, ngx_str_t *uri,
    ngx_http_dynworker_url_t *parsed);
static ngx_int_t ngx_http_dynworker_url_inet6(ngx_pool_t *pool,
    ngx_str_t *host, ngx_str_t *name);
static ngx_uint_t ngx_http_dynworker_url_number(u_char *p, u_char *last);
static ngx_int_t ngx_http_dynworker_url_inet(u_char *p, u_char *last);


ngx_int_t
ngx_http_dynworker_url_parse(ngx_pool_t *pool, ngx_str_t *url,
    ngx_http_dynworker_url_t *parsed)
{
    u_char     *p, *last;
    ngx_int_t   rc;
    ngx_str_t   authority, uri;

    if (url->len > NGX_HTTP_DYNWORKER_URL_MAX) {
        return NGX_ABORT;
    }

    ngx_memzero(parsed, sizeof(ngx_http_dynworker_url_t));

    p = url->data;
    last = p + url->len;

    if (url->len > sizeof("https://") - 1
        && ngx_strncmp(p, "https://", sizeof("https://") - 1) == 0)
    {
        parsed->https = 1;
        parsed->port = 443;
        parsed->scheme.len = sizeof("https") - 1;

    } else if (url->len > sizeof("http://") - 1
               && ngx_strncmp(p, "http://", sizeof("http://") - 1) == 0)
    {
        parsed->port = 80;
        parsed->scheme.len = sizeof("http") - 1;

    } else {
        return NGX_DECLINED;
    }

    parsed->scheme.data = p;
    p += parsed->scheme.len + sizeof("://") - 1;

    authority.data = p;

    while (p < last && *p != '/' && *p != '?') {
        p++;
    }

    authority.len = p - authority.data;

    rc = ngx_http_dynworker_url_authority(pool, &authority, parsed);
    if (rc != NGX_OK) {
        return rc;
    }

    uri.len = last - p;
    uri.data = p;

    return ngx_http_dynworker_url_uri(pool, &uri, parsed);
}


ngx_int_t
ngx_http_dynworker_url_host(ngx_pool_t *pool, ngx_str_t *host, ngx_str_t *name)
{
    u_char  *p, *last, *label, c;

    if (host->len == 0) {
        return NGX_DECLINED;
    }

    if (host->data[0] == '[') {
        return ngx_http_dynworker_url_inet6(pool, host, name);
    }

    *name = *host;

    if (name->data[name->len - 1] == '.') {
        name->len--;
    }

    if (name->len == 0 || name->len > NGX_HTTP_DYNWORKER_NAME_MAX) {
        return NGX_DECLINED;
    }

    label = name->data;
    last = name->data + name->len;

    for (p = label; /* void */ ; p++) {

        if (p == last || *p == '.') {

            if (p == label || p - label > NGX_HTTP_DYNWORKER_LABEL_MAX) {
                return NGX_DECLINED;
            }

            if (p == last) {
                break;
            }

            label = p + 1;
            continue;
        }

        c = *p;

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
            || c == '-' || c == '_')
        {
            continue;
        }

        return NGX_DECLINED;
    }

    /* as in the URL parser, a number at the end makes it an IPv4 address */

    if (ngx_http_dynworker_url_number(label, last)) {
        return ngx_http_dynworker_url_inet(name->data, last);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_url_authority(ngx_pool_t *pool, ngx_str_t *authority,
    ngx_http_dynworker_url_t *parsed)
{
    u_char      *p, *last;
    ngx_int_t    rc, port;
    ngx_str_t    host;
    in_port_t    default_port;
    ngx_uint_t   inet6;

    p = authority->data;
    last = p + authority->len;
    inet6 = (p < last && *p == '[');

    while (p < last && *p != (inet6 ? ']' : ':')) {
        p++;
    }

    if (inet6) {

        if (p == last) {
            return NGX_DECLINED;
        }

        p++;
    }

    host.len = p - authority->data;
    host.data = authority->data;

    default_port = parsed->port;

    if (p < last) {

        if (*p != ':') {
            return NGX_DECLINED;
        }

        p++;

        port = ngx_http_dynworker_url_port(p, last - p);
        if (port == NGX_ERROR) {
            return NGX_DECLINED;
        }

        parsed->port = (in_port_t) port;
    }

    rc = ngx_http_dynworker_url_host(pool, &host, &parsed->name);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!inet6 && parsed->port == default_port) {
        parsed->host = parsed->name;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, parsed->name.len + sizeof("[]:65535") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    parsed->host.data = p;

    p = ngx_sprintf(p, inet6 ? "[%V]" : "%V", &parsed->name);

    if (parsed->port != default_port) {
        p = ngx_sprintf(p, ":%d", (int) parsed->port);
    }

    parsed->host.len = p - parsed->host.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_url_port(u_char *p, size_t len)
{
    ngx_int_t  port;

    if (len == 0 || *p == '0') {
        return NGX_ERROR;
    }

    port = ngx_atoi(p, len);

    return (port == NGX_ERROR || port > 65535) ? NGX_ERROR : port;
}


static ngx_int_t
ngx_http_dynworker_url_uri(ngx_pool_t *pool, ngx_str_t *uri,
    ngx_http_dynworker_url_t *parsed)
{
    u_char      *p;
    ngx_uint_t   i, query;

    query = 0;

    for (i = 0; i < uri->len; i++) {

        if (uri->data[i] <= 0x20 || uri->data[i] >= 0x7f
            || uri->data[i] == '#')
        {
            return NGX_DECLINED;
        }

        if (uri->data[i] == '?') {
            query = 1;
        }

        /* in a path it would be a slash */

        if (uri->data[i] == '\\' && !query) {
            return NGX_DECLINED;
        }
    }

    if (uri->len == 0) {
        ngx_str_set(&parsed->uri, "/");
        return NGX_OK;
    }

    if (uri->data[0] == '/') {
        parsed->uri = *uri;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, uri->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    parsed->uri.len = uri->len + 1;
    parsed->uri.data = p;

    *p++ = '/';
    ngx_memcpy(p, uri->data, uri->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_url_inet6(ngx_pool_t *pool, ngx_str_t *host,
    ngx_str_t *name)
{
#if (NGX_HAVE_INET6)
    u_char      addr[16], c;
    ngx_uint_t  i;

    if (host->len < sizeof("[::]") - 1 || host->data[host->len - 1] != ']') {
        return NGX_DECLINED;
    }

    for (i = 1; i < host->len - 1; i++) {
        c = host->data[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':') {
            continue;
        }

        return NGX_DECLINED;
    }

    if (ngx_inet6_addr(host->data + 1, host->len - 2, addr) != NGX_OK) {
        return NGX_DECLINED;
    }

    name->data = ngx_pnalloc(pool, NGX_INET6_ADDRSTRLEN);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    name->len = ngx_inet6_ntop(addr, name->data, NGX_INET6_ADDRSTRLEN);

    return NGX_OK;
#else
    return NGX_DECLINED;
#endif
}


static ngx_uint_t
ngx_http_dynworker_url_number(u_char *p, u_char *last)
{
    if (last - p >= 2 && p[0] == '0' && p[1] == 'x') {
        for (p += 2; p < last; p++) {
            if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'))) {
                return 0;
            }
        }

        return 1;
    }

    for ( /* void */ ; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_dynworker_url_inet(u_char *p, u_char *last)
{
    u_char      *octet;
    ngx_int_t    n;
    ngx_uint_t   dots;

    octet = p;
    dots = 0;

    for ( /* void */ ; p <= last; p++) {

        if (p < last && *p != '.') {
            continue;
        }

        n = ngx_atoi(octet, p - octet);

        if (n == NGX_ERROR || n > 255 || (*octet == '0' && p - octet > 1)) {
            return NGX_DECLINED;
        }

        if (p < last) {
            dots++;
            octet = p + 1;
        }
    }

    return (dots == 3) ? NGX_OK : NGX_DECLINED;
}
