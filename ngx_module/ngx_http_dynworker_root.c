
/*
 * Detached roots: requests of nginx's on connection objects that have no
 * socket.  What does the work is a subrequest.  The root's write event stands
 * for the reader of the response: ready while it takes bytes.
 */

#include "ngx_http_dynworker.h"


static void ngx_http_dynworker_outbound_address(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *client);
static ssize_t ngx_http_dynworker_root_recv(ngx_connection_t *c, u_char *buf,
    size_t size);
static u_char *ngx_http_dynworker_root_log(ngx_log_t *log, u_char *buf,
    size_t len);
static void ngx_http_dynworker_outbound_event(ngx_event_t *ev);
static ngx_int_t ngx_http_dynworker_outbound_finalized(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_dynworker_outbound_error_page(
    ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_dynworker_outbound_done(ngx_http_request_t *r);
static void ngx_http_dynworker_outbound_destroy(ngx_event_t *ev);


ngx_http_dynworker_outbound_t *
ngx_http_dynworker_outbound_create(ngx_http_conf_ctx_t *conf_ctx,
    ngx_log_t *log)
{
    ngx_pool_t                     *pool;
    ngx_http_dynworker_outbound_t  *out;

    pool = ngx_create_pool(1024, log);
    if (pool == NULL) {
        return NULL;
    }

    out = ngx_pcalloc(pool, sizeof(ngx_http_dynworker_outbound_t));
    if (out == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    out->pool = pool;
    out->conf_ctx = conf_ctx;
    out->last_body = &out->body;
    out->start = ngx_current_msec;

    out->destroy.handler = ngx_http_dynworker_outbound_destroy;
    out->destroy.data = out;
    out->destroy.log = log;

    return out;
}


/* The detached root: a request on a connection without a socket. */
ngx_int_t
ngx_http_dynworker_outbound_root(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client)
{
    ngx_log_t                       *log;
    ngx_buf_t                       *buffer;
    ngx_event_t                     *rev, *wev;
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_log_ctx_t              *log_ctx;
    ngx_http_connection_t           *hc;
    ngx_http_dynworker_ctx_t        *ctx;
    ngx_http_variable_value_t       *v;
    ngx_http_dynworker_main_conf_t  *dmcf;

    c = ngx_pcalloc(out->pool, sizeof(ngx_connection_t));
    rev = ngx_pcalloc(out->pool, sizeof(ngx_event_t));
    wev = ngx_pcalloc(out->pool, sizeof(ngx_event_t));
    log = ngx_pcalloc(out->pool, sizeof(ngx_log_t));
    log_ctx = ngx_pcalloc(out->pool, sizeof(ngx_http_log_ctx_t));
    hc = ngx_pcalloc(out->pool, sizeof(ngx_http_connection_t));
    ctx = ngx_pcalloc(out->pool, sizeof(ngx_http_dynworker_ctx_t));
    buffer = ngx_create_temp_buf(out->pool, 1);

    if (c == NULL || rev == NULL || wev == NULL || log == NULL
        || log_ctx == NULL || hc == NULL || ctx == NULL || buffer == NULL)
    {
        return NGX_ERROR;
    }

    *log = *out->pool->log;

    log_ctx->connection = c;

    log->handler = ngx_http_dynworker_root_log;
    log->data = log_ctx;
    log->action = "making an outbound request";

    hc->conf_ctx = out->conf_ctx;

    c->fd = (ngx_socket_t) -1;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->pool = out->pool;
    c->log = log;
    c->read = rev;
    c->write = wev;
    c->recv = ngx_http_dynworker_root_recv;
    c->buffer = buffer;
    c->data = hc;
    c->log_error = NGX_ERROR_INFO;
    c->sndlowat = 1;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    log->connection = c->number;

    out->connection = c;
    ngx_http_dynworker_outbound_address(out, client);

    /* "active": nothing is to be added to epoll for them */

    rev->data = c;
    rev->log = log;
    rev->active = 1;

    wev->data = c;
    wev->log = log;
    wev->active = 1;
    wev->ready = 1;
    wev->write = 1;

    ngx_http_dynworker_outbound_listen(out);

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    out->root = r;
    c->data = r;

    if (out->root_id.len) {

        /* the client's $request_id, for its subrequests, too */

        dmcf = ngx_http_get_module_main_conf(r, ngx_http_dynworker_module);
        v = &r->variables[dmcf->request_id];

        v->len = out->root_id.len;
        v->data = out->root_id.data;
        v->valid = 1;
    }

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->method = NGX_HTTP_GET;
    ngx_str_set(&r->method_name, "GET");
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->uri, "/");
    r->internal = 1;
    r->valid_location = 1;
    r->header_sent = 1;
    r->expect_tested = 1;

    /* no log line of its own: the subrequest's is "log_subrequest" */

    r->logged = 1;

    /* never 0 while we hold it, so nginx does not close the connection */

    r->count = 2;

    r->write_event_handler = ngx_http_dynworker_outbound_done;

    ctx->outbound = out;
    ngx_http_set_ctx(r, ctx, ngx_http_dynworker_module);

    return NGX_OK;
}


/* Who asked, for logs and variables of the location that passes it on. */
static void
ngx_http_dynworker_outbound_address(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client)
{
    ngx_connection_t        *c, *from;
    static struct sockaddr   unspec = { AF_UNIX, "" };

    c = out->connection;

    c->sockaddr = &unspec;
    c->socklen = sizeof(sa_family_t);
    c->local_sockaddr = &unspec;
    c->local_socklen = sizeof(sa_family_t);
    ngx_str_set(&c->addr_text, "unix:");

    if (client == NULL) {
        return;
    }

    from = client->connection;

    c->addr_text.data = ngx_pstrdup(out->pool, &from->addr_text);
    c->addr_text.len = c->addr_text.data ? from->addr_text.len : 0;

    c->sockaddr = ngx_palloc(out->pool, from->socklen);

    if (c->sockaddr) {
        ngx_memcpy(c->sockaddr, from->sockaddr, from->socklen);
        c->socklen = from->socklen;

    } else {
        c->sockaddr = &unspec;
    }
}


ngx_int_t
ngx_http_dynworker_outbound_launch(ngx_http_dynworker_outbound_t *out,
    ngx_str_t *uri, ngx_str_t *args)
{
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    ps = ngx_palloc(out->root->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_dynworker_outbound_finalized;
    ps->data = out;

    if (ngx_http_subrequest(out->root, uri, args, &sr, ps, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    out->request = sr;

    sr->filter_need_in_memory = 1;

    if (out->method.len) {
        sr->method = out->method_id;
        sr->method_name = out->method;

        /* $request_method is the root's */

        out->root->method = out->method_id;
        out->root->method_name = out->method;
    }

    ngx_http_set_ctx(sr, ngx_http_get_module_ctx(out->root,
                                                 ngx_http_dynworker_module),
                     ngx_http_dynworker_module);

    return NGX_OK;
}


void
ngx_http_dynworker_outbound_listen(ngx_http_dynworker_outbound_t *out)
{
    out->connection->read->handler = ngx_http_dynworker_outbound_event;
    out->connection->write->handler = ngx_http_dynworker_outbound_event;
}


/* Runs the subrequest as far as it goes now. */
void
ngx_http_dynworker_outbound_run(ngx_http_dynworker_outbound_t *out)
{
    out->started = 1;

    ngx_http_run_posted_requests(out->connection);
}


/* There is no socket: a body comes by the filter of request bodies. */
static ssize_t
ngx_http_dynworker_root_recv(ngx_connection_t *c, u_char *buf, size_t size)
{
    return NGX_AGAIN;
}


static u_char *
ngx_http_dynworker_root_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p;
    ngx_http_request_t  *r;
    ngx_http_log_ctx_t  *ctx;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    ctx = log->data;

    p = ngx_snprintf(buf, len, ", client: %V", &ctx->connection->addr_text);
    len -= p - buf;

    r = ctx->request;

    return r ? r->log_handler(r, ctx->current_request, p, len) : p;
}


/* The start, room at the reader, more of a body, or another module's timer. */
static void
ngx_http_dynworker_outbound_event(ngx_event_t *ev)
{
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    c = ev->data;
    r = c->data;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    out = ctx->outbound;

    if (!out->started) {
        out->started = 1;
        ngx_http_run_posted_requests(c);
        return;
    }

    if (ev->timedout && !ev->delayed) {

        /*
         * "send_timeout" of the location is about clients; how slow a worker
         * may read is a matter of its limits.
         */

        ev->timedout = 0;
        return;
    }

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        ngx_http_dynworker_upload_event(out);
    }

    ngx_http_run_posted_requests(c);
}


/* The subrequest is over; whatever rc was, nginx has nothing left to do. */
static ngx_int_t
ngx_http_dynworker_outbound_finalized(ngx_http_request_t *r, void *data,
    ngx_int_t rc)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_connection_t  *c;

    c = r->connection;

    if (c->error) {

        /*
         * A body filter has failed.  nginx would say that the client is gone
         * and terminate the root behind our back; there is no client here.
         */

        c->error = 0;
        c->buffered = 0;
        r->buffered = 0;
        rc = NGX_ERROR;
    }

    if (r->buffered && (rc == NGX_OK || rc == NGX_AGAIN)) {
        /* called again once the reader has taken the rest */
        return rc;
    }

    if (!out->headed && rc >= NGX_HTTP_SPECIAL_RESPONSE && out->call
        && (r->upstream == NULL
            || (r->upstream->conf->intercept_errors
                && r->upstream->headers_in.status_n == (ngx_uint_t) rc)
            || ngx_http_dynworker_outbound_error_page(r, rc)))
    {
        /*
         * The location's own answer, or its "error_page" instead of the
         * upstream's: nginx makes its page, and comes back.
         */
        return rc;
    }

    if (!out->done) {
        out->done = 1;
        out->rc = rc;
    }

    return NGX_OK;
}


/*
 * Does the location say what is to be done about an upstream that failed?  What
 * it has from its server is meant for clients.
 */
static ngx_uint_t
ngx_http_dynworker_outbound_error_page(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_core_loc_conf_t  *clcf, *server;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    if (clcf->error_pages == NULL
        || clcf->error_pages == server->error_pages
        || (r->error_page && !clcf->recursive_error_pages))
    {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == rc) {
            return 1;
        }
    }

    return 0;
}


/* The root's turn: its subrequest has ended. */
static void
ngx_http_dynworker_outbound_done(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_call_t      *call;
    ngx_http_dynworker_pipe_t      *pipe;
    ngx_http_dynworker_outbound_t  *out;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);
    out = ctx->outbound;

    if (!out->done || out->cancelled) {
        return;
    }

    if (out->isolate) {
        ngx_http_dynworker_code_done(out, out->rc);
        return;
    }

    call = out->call;

    if (call == NULL) {
        return;
    }

    if (!out->headed) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Network connection lost.");
        return;
    }

    pipe = call->response_pipe;

    if (!out->last && pipe) {
        ngx_http_dynworker_pipe_end(pipe, DW_WIRE_NETWORK);
    }

    if (out->call) {
        call->outbound = NULL;
        out->call = NULL;

        ngx_http_dynworker_outbound_cancel(out);
        ngx_http_dynworker_call_target_done(call);
    }
}


void
ngx_http_dynworker_outbound_cancel(ngx_http_dynworker_outbound_t *out)
{
    if (out->cancelled) {
        return;
    }

    out->cancelled = 1;
    out->call = NULL;
    out->isolate = NULL;

    ngx_http_dynworker_log_end(out);
    ngx_http_dynworker_upload_close(out);

    if (out->peer_ctx) {
        ngx_http_dynworker_peer_cancel(out->peer_ctx);
        out->peer_ctx = NULL;
    }

    /* we may be inside its own filters */

    ngx_post_event(&out->destroy, &ngx_posted_events);
}


static void
ngx_http_dynworker_outbound_destroy(ngx_event_t *ev)
{
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_cleanup_t             *cln;
    ngx_http_dynworker_outbound_t  *out;

    out = ev->data;
    c = out->connection;
    r = out->root;

    if (r) {

        if (r->blocked) {
            /* a thread or the kernel is at work for it */
            ngx_add_timer(ev, 10);
            return;
        }

        /* upstreams end here; they finalize the subrequest once more */

        r->count = 1000;

        cln = r->cleanup;
        r->cleanup = NULL;

        for ( /* void */ ; cln; cln = cln->next) {
            if (cln->handler) {
                cln->handler(cln->data);
            }
        }

        ngx_http_free_request(r, 0);
    }

    if (c) {

        if (c->read->timer_set) {
            ngx_del_timer(c->read);
        }

        if (c->write->timer_set) {
            ngx_del_timer(c->write);
        }

        if (c->read->posted) {
            ngx_delete_posted_event(c->read);
        }

        if (c->write->posted) {
            ngx_delete_posted_event(c->write);
        }
    }

    /* nginx looks at the connection once more when a handler returns */

    if (!out->freed) {
        out->freed = 1;
        out->root = NULL;
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    if (out->code) {
        ngx_free(out->code->start);
    }

    ngx_destroy_pool(out->pool);
}
