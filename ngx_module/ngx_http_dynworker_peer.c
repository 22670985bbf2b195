
/*
 * Where an outbound request goes: the name is resolved here, its addresses are
 * checked, and the connection is then made to the address that was checked, so
 * that a second answer of the name server can not change it.
 */

#include "ngx_http_dynworker.h"


typedef struct {
    ngx_http_request_t             *request;
    ngx_http_dynworker_policy_t    *policy;
    in_port_t                       port;
    ngx_resolver_ctx_t             *resolve;    /* NULL: it is over */
    ngx_http_dynworker_peer_pt      handler;
    void                           *data;
    ngx_str_t                       peer;
    ngx_int_t                       rc;
    unsigned                        starting:1;
} ngx_http_dynworker_peer_t;


static ngx_int_t ngx_http_dynworker_peer_upstream(ngx_http_request_t *r,
    ngx_http_dynworker_url_t *url, ngx_str_t *peer);
static ngx_int_t ngx_http_dynworker_peer_literal(ngx_http_request_t *r,
    ngx_http_dynworker_policy_t *policy, ngx_http_dynworker_url_t *url,
    ngx_str_t *peer);
static void ngx_http_dynworker_peer_resolved(ngx_resolver_ctx_t *rctx);
static ngx_int_t ngx_http_dynworker_peer_addrs(
    ngx_http_dynworker_peer_t *ctx, ngx_resolver_ctx_t *rctx);
static ngx_int_t ngx_http_dynworker_peer_check(ngx_http_request_t *r,
    ngx_http_dynworker_policy_t *policy, ngx_str_t *name,
    struct sockaddr *sockaddr, socklen_t socklen);
static ngx_int_t ngx_http_dynworker_peer_text(ngx_pool_t *pool,
    struct sockaddr *sockaddr, socklen_t socklen, in_port_t port,
    ngx_str_t *peer);


ngx_int_t
ngx_http_dynworker_peer_find(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_url_t *url,
    ngx_http_dynworker_peer_pt handler, void *data, ngx_str_t *peer,
    void **ctx)
{
    u_char                     *p;
    ngx_int_t                   rc;
    ngx_resolver_ctx_t         *rctx, temp;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_dynworker_peer_t  *pctx;

    *ctx = NULL;

    if (ngx_http_dynworker_peer_upstream(r, url, peer) == NGX_OK) {
        return NGX_OK;
    }

    if (policy->private_addresses) {

        p = ngx_pnalloc(r->pool, url->name.len + sizeof("[]:65535") - 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        peer->data = p;

        p = ngx_sprintf(p, ngx_strlchr(url->name.data,
                                       url->name.data + url->name.len, ':')
                           ? "[%V]:%d" : "%V:%d",
                        &url->name, (int) url->port);

        peer->len = p - peer->data;

        return NGX_OK;
    }

    rc = ngx_http_dynworker_peer_literal(r, policy, url, peer);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = url->name;

    rctx = ngx_resolve_start(clcf->resolver, &temp);

    if (rctx == NULL) {
        return NGX_ERROR;
    }

    if (rctx == NGX_NO_RESOLVER) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no resolver defined to resolve %V, policy \"%V\" "
                      "needs \"resolver\" in this location",
                      &url->name, &policy->name);
        return NGX_ERROR;
    }

    pctx = ngx_pcalloc(r->pool, sizeof(ngx_http_dynworker_peer_t));
    if (pctx == NULL) {
        ngx_resolve_name_done(rctx);
        return NGX_ERROR;
    }

    pctx->request = r;
    pctx->policy = policy;
    pctx->port = url->port;
    pctx->resolve = rctx;
    pctx->handler = handler;
    pctx->data = data;
    pctx->starting = 1;

    rctx->name = url->name;
    rctx->handler = ngx_http_dynworker_peer_resolved;
    rctx->data = pctx;
    rctx->timeout = clcf->resolver_timeout;

    if (ngx_resolve_name(rctx) != NGX_OK) {
        return NGX_ERROR;
    }

    pctx->starting = 0;

    if (pctx->resolve == NULL) {
        *peer = pctx->peer;
        return pctx->rc;
    }

    *ctx = pctx;

    return NGX_AGAIN;
}


void
ngx_http_dynworker_peer_cancel(void *ctx)
{
    ngx_http_dynworker_peer_t  *pctx = ctx;

    ngx_resolver_ctx_t  *rctx;

    if (pctx == NULL || pctx->resolve == NULL) {
        return;
    }

    rctx = pctx->resolve;
    pctx->resolve = NULL;

    ngx_resolve_name_done(rctx);
}


/* An upstream block of this host; a port in the URL has no upstream block. */

static ngx_int_t
ngx_http_dynworker_peer_upstream(ngx_http_request_t *r,
    ngx_http_dynworker_url_t *url, ngx_str_t *peer)
{
    ngx_uint_t                       i;
    ngx_http_upstream_srv_conf_t   **uscfp;
    ngx_http_upstream_main_conf_t   *umcf;

    if (url->port != (url->https ? 443 : 80)) {
        return NGX_DECLINED;
    }

    umcf = ngx_http_get_module_main_conf(r, ngx_http_upstream_module);

    uscfp = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if ((uscfp[i]->flags & NGX_HTTP_UPSTREAM_CREATE)
            && uscfp[i]->host.len == url->name.len
            && ngx_strncasecmp(uscfp[i]->host.data, url->name.data,
                               url->name.len)
               == 0)
        {
            *peer = uscfp[i]->host;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* NGX_AGAIN: the host is a name. */

static ngx_int_t
ngx_http_dynworker_peer_literal(ngx_http_request_t *r,
    ngx_http_dynworker_policy_t *policy, ngx_http_dynworker_url_t *url,
    ngx_str_t *peer)
{
    in_addr_t             addr;
    socklen_t             socklen;
    ngx_sockaddr_t        sa;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(&sa, sizeof(ngx_sockaddr_t));

    addr = ngx_inet_addr(url->name.data, url->name.len);

    if (addr != INADDR_NONE) {
        sa.sockaddr_in.sin_family = AF_INET;
        sa.sockaddr_in.sin_addr.s_addr = addr;
        socklen = sizeof(struct sockaddr_in);

    } else if (url->name.len == sizeof("255.255.255.255") - 1
               && ngx_strncmp(url->name.data, "255.255.255.255",
                              url->name.len)
                  == 0)
    {
        /* to ngx_inet_addr() the broadcast address is an error */

        sa.sockaddr_in.sin_family = AF_INET;
        sa.sockaddr_in.sin_addr.s_addr = INADDR_BROADCAST;
        socklen = sizeof(struct sockaddr_in);

#if (NGX_HAVE_INET6)

    } else if (ngx_strlchr(url->name.data, url->name.data + url->name.len,
                           ':'))
    {
        sin6 = &sa.sockaddr_in6;

        if (ngx_inet6_addr(url->name.data, url->name.len,
                           sin6->sin6_addr.s6_addr)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        sin6->sin6_family = AF_INET6;
        socklen = sizeof(struct sockaddr_in6);

#endif

    } else {
        return NGX_AGAIN;
    }

    if (ngx_http_dynworker_peer_check(r, policy, &url->name, &sa.sockaddr,
                                      socklen)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_dynworker_peer_text(r->pool, &sa.sockaddr, socklen,
                                        url->port, peer);
}


static void
ngx_http_dynworker_peer_resolved(ngx_resolver_ctx_t *rctx)
{
    ngx_int_t                   rc;
    ngx_http_dynworker_peer_t  *ctx;

    ctx = rctx->data;

    if (rctx->state) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "%V could not be resolved (%i: %s)",
                      &rctx->name, rctx->state,
                      ngx_resolver_strerror(rctx->state));
        rc = NGX_ERROR;

    } else {
        rc = ngx_http_dynworker_peer_addrs(ctx, rctx);
    }

    ctx->rc = rc;
    ctx->resolve = NULL;

    ngx_resolve_name_done(rctx);

    if (!ctx->starting) {
        ctx->handler(ctx->data, rc, &ctx->peer);
    }
}


static ngx_int_t
ngx_http_dynworker_peer_addrs(ngx_http_dynworker_peer_t *ctx,
    ngx_resolver_ctx_t *rctx)
{
    ngx_uint_t            i, chosen;
    ngx_resolver_addr_t  *addr;

    addr = rctx->addrs;

    if (rctx->naddrs == 0) {
        return NGX_ERROR;
    }

    /*
     * The resolver has chosen by chance which family comes first, and which
     * address of each.  Of two families IPv4 is taken: a machine without it is
     * rarer than one without IPv6, and there is no second try.
     */

    chosen = rctx->naddrs;

    for (i = 0; i < rctx->naddrs; i++) {
        if (ngx_http_dynworker_peer_check(ctx->request, ctx->policy,
                                          &rctx->name, addr[i].sockaddr,
                                          addr[i].socklen)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (chosen == rctx->naddrs
            && addr[i].sockaddr->sa_family == AF_INET)
        {
            chosen = i;
        }
    }

    addr += (chosen == rctx->naddrs) ? 0 : chosen;

    return ngx_http_dynworker_peer_text(ctx->request->pool, addr->sockaddr,
                                        addr->socklen, ctx->port,
                                        &ctx->peer);
}


static ngx_int_t
ngx_http_dynworker_peer_check(ngx_http_request_t *r,
    ngx_http_dynworker_policy_t *policy, ngx_str_t *name,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    u_char       text[NGX_SOCKADDR_STRLEN];
    ngx_str_t    addr;
    const char  *why;

    why = ngx_http_dynworker_address_private(sockaddr);

    if (why == NULL) {
        return NGX_OK;
    }

    addr.data = text;
    addr.len = ngx_sock_ntop(sockaddr, socklen, text, NGX_SOCKADDR_STRLEN, 0);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "host \"%V\" is refused, %V is a %s address and policy "
                  "\"%V\" has no \"private_addresses on\"",
                  name, &addr, why, &policy->name);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_dynworker_peer_text(ngx_pool_t *pool, struct sockaddr *sockaddr,
    socklen_t socklen, in_port_t port, ngx_str_t *peer)
{
    ngx_sockaddr_t  sa;

    ngx_memcpy(&sa, sockaddr, socklen);

    ngx_inet_set_port(&sa.sockaddr, port);

    peer->data = ngx_pnalloc(pool, NGX_SOCKADDR_STRLEN);
    if (peer->data == NULL) {
        return NGX_ERROR;
    }

    peer->len = ngx_sock_ntop(&sa.sockaddr, socklen, peer->data,
                              NGX_SOCKADDR_STRLEN, 1);

    return NGX_OK;
}
