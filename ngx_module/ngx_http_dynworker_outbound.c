
/*
 * Outbound requests, and the fetching of code for "dynworker_load".
 *
 * Each runs under a detached root: a request of nginx's on a connection object
 * that has no socket.  What does the work is a subrequest of it; header and
 * body filters take its response before anything could be written.  The
 * root's write event stands for the reader: ready while it takes bytes.
 */

#include "ngx_http_dynworker.h"


/* r->buffered: the reader is slow; the bits below are nginx's own */
#define NGX_HTTP_DYNWORKER_BUFFERED  0x08

/* Request bodies up to this size stay in memory. */
#define NGX_HTTP_DYNWORKER_BODY_MEMORY  (256 * 1024)


static ngx_http_dynworker_outbound_t *ngx_http_dynworker_outbound_create(
    ngx_http_conf_ctx_t *conf_ctx, ngx_log_t *log);
static ngx_int_t ngx_http_dynworker_outbound_head(
    ngx_http_dynworker_outbound_t *out, ngx_http_dynworker_head_t *head,
    ngx_str_t *url);
static void ngx_http_dynworker_outbound_refuse(
    ngx_http_dynworker_outbound_t *out);
static void ngx_http_dynworker_outbound_fail(
    ngx_http_dynworker_outbound_t *out, ngx_uint_t code, char *message);
static size_t ngx_http_dynworker_outbound_write(void *data, u_char *p,
    size_t size);
static ngx_int_t ngx_http_dynworker_outbound_spill(
    ngx_http_dynworker_outbound_t *out, u_char *p, size_t size);
static ngx_int_t ngx_http_dynworker_outbound_end(void *data, ngx_uint_t code);
static void ngx_http_dynworker_outbound_find_peer(
    ngx_http_dynworker_outbound_t *out);
static void ngx_http_dynworker_outbound_peer(void *data, ngx_int_t rc,
    ngx_str_t *peer);
static ngx_int_t ngx_http_dynworker_outbound_root(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *client);
static void ngx_http_dynworker_outbound_address(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *client);
static ngx_int_t ngx_http_dynworker_outbound_headers(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *client);
static ngx_int_t ngx_http_dynworker_outbound_body(
    ngx_http_dynworker_outbound_t *out);
static ngx_int_t ngx_http_dynworker_outbound_launch(
    ngx_http_dynworker_outbound_t *out, ngx_str_t *uri, ngx_str_t *args);
static u_char *ngx_http_dynworker_outbound_log(ngx_log_t *log, u_char *buf,
    size_t len);
static void ngx_http_dynworker_outbound_event(ngx_event_t *ev);
static ngx_int_t ngx_http_dynworker_outbound_finalized(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static void ngx_http_dynworker_outbound_done(ngx_http_request_t *r);
static void ngx_http_dynworker_outbound_destroy(ngx_event_t *ev);

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

static void ngx_http_dynworker_code_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_code_body(
    ngx_http_dynworker_outbound_t *out, ngx_buf_t *b);
static void ngx_http_dynworker_code_done(ngx_http_dynworker_outbound_t *out,
    ngx_int_t rc);
static void ngx_http_dynworker_code_status(
    ngx_http_dynworker_isolate_t *isolate, ngx_int_t status);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static const ngx_http_dynworker_sink_t  ngx_http_dynworker_outbound_sink = {
    ngx_http_dynworker_outbound_write,
    ngx_http_dynworker_outbound_end
};


static const ngx_http_dynworker_source_t  ngx_http_dynworker_outbound_source = {
    ngx_http_dynworker_outbound_consumed,
    ngx_http_dynworker_outbound_cancelled
};


static const struct {
    ngx_str_t   name;
    ngx_uint_t  id;
} ngx_http_dynworker_methods[] = {
    { ngx_string("GET"), NGX_HTTP_GET },
    { ngx_string("HEAD"), NGX_HTTP_HEAD },
    { ngx_string("POST"), NGX_HTTP_POST },
    { ngx_string("PUT"), NGX_HTTP_PUT },
    { ngx_string("DELETE"), NGX_HTTP_DELETE },
    { ngx_string("OPTIONS"), NGX_HTTP_OPTIONS },
    { ngx_string("PATCH"), NGX_HTTP_PATCH },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_http_dynworker_outbound_init_filters(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_dynworker_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_dynworker_body_filter;

    return NGX_OK;
}


void
ngx_http_dynworker_outbound_start(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_cap_t *cap, ngx_http_dynworker_head_t *head)
{
    ngx_int_t                       rc;
    ngx_str_t                       url, message;
    ngx_http_dynworker_outbound_t  *out;

    out = ngx_http_dynworker_outbound_create(call->conf_ctx,
                                             call->process->cycle->log);
    if (out == NULL) {
        ngx_str_set(&message, "Out of memory.");
        ngx_http_dynworker_call_fail(call, DW_WIRE_NETWORK, &message, NULL);
        return;
    }

    out->process = call->process;
    out->call = call;
    out->policy = cap->policy;
    out->body_limit = call->conf->dynamic_limits.outbound_body;

    call->outbound = out;

    if (ngx_http_dynworker_outbound_head(out, head, &url) != NGX_OK) {
        ngx_http_dynworker_engine_break(call->origin->engine,
                                        "a bad head of a fetch()");
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Invalid request.");
        return;
    }

    if (ngx_http_dynworker_url_parse(out->pool, &url, &out->url) != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Fetch API cannot load this URL.");
        return;
    }

    rc = ngx_http_dynworker_policy_check(out->policy, &out->method, &out->url);

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_refuse(out);
        return;
    }

    if (call->request_pipe) {
        /* goes on at the body's end */
        ngx_http_dynworker_pipe_set_sink(call->request_pipe,
                                         &ngx_http_dynworker_outbound_sink,
                                         out);
        return;
    }

    ngx_http_dynworker_outbound_find_peer(out);
}


static ngx_http_dynworker_outbound_t *
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

    out->destroy.handler = ngx_http_dynworker_outbound_destroy;
    out->destroy.data = out;
    out->destroy.log = log;

    return out;
}


/* Copies what is needed of the head; *url is a span of the copy. */
static ngx_int_t
ngx_http_dynworker_outbound_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_dynworker_head_t *head, ngx_str_t *url)
{
    ngx_str_t   list, s;
    ngx_uint_t  i;

    list.len = head->strings.len;
    list.data = ngx_pnalloc(out->pool, list.len + 1);

    if (list.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(list.data, head->strings.data, list.len);

    if (ngx_http_dynworker_next_string(&list, &s) != NGX_OK
        || ngx_http_dynworker_next_string(&list, &out->method) != NGX_OK
        || ngx_http_dynworker_next_string(&list, url) != NGX_OK
        || !ngx_http_dynworker_is_token(&out->method))
    {
        return NGX_ERROR;
    }

    /* cf is skipped: it takes the place of a response's status text */

    if (ngx_http_dynworker_check_headers(&list) != NGX_OK
        || ngx_http_dynworker_next_string(&list, &s) != NGX_OK)
    {
        return NGX_ERROR;
    }

    out->strings = list;
    out->method_id = NGX_HTTP_UNKNOWN;

    for (i = 0; ngx_http_dynworker_methods[i].id; i++) {

        if (out->method.len == ngx_http_dynworker_methods[i].name.len
            && ngx_strncmp(out->method.data,
                           ngx_http_dynworker_methods[i].name.data,
                           out->method.len)
               == 0)
        {
            out->method_id = ngx_http_dynworker_methods[i].id;
            break;
        }
    }

    return NGX_OK;
}


/* The policy says no: a Response, as a gateway in JavaScript would answer. */
static void
ngx_http_dynworker_outbound_refuse(ngx_http_dynworker_outbound_t *out)
{
    ngx_str_t                   strings, url;
    ngx_http_dynworker_call_t  *call;

    static u_char  head[] = "\0Content-Type\0text/plain;charset=UTF-8";
    static u_char  body[] = "Domain not allowed";

    call = out->call;

    url = out->url.host;
    ngx_http_dynworker_text(&url);

    ngx_log_error(NGX_LOG_WARN, ngx_http_dynworker_call_log(call), 0,
                  "outbound \"%V\" refused %V %V://%V",
                  &out->policy->name, &out->method, &out->url.scheme, &url);

    call->response_pipe = ngx_http_dynworker_pipe_create();

    if (call->response_pipe == NULL) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Out of memory.");
        return;
    }

    strings.data = head;
    strings.len = sizeof(head);

    if (call->request_pipe) {
        ngx_http_dynworker_pipe_cancel(call->request_pipe);
    }

    ngx_http_dynworker_call_respond(call, NGX_HTTP_FORBIDDEN, 1,
                                    sizeof(body) - 1, &strings);

    (void) ngx_http_dynworker_pipe_push(call->response_pipe, body,
                                        sizeof(body) - 1);
    ngx_http_dynworker_pipe_end(call->response_pipe, 0);

    out->done = 1;
    ngx_http_dynworker_call_target_done(call);
}


static void
ngx_http_dynworker_outbound_fail(ngx_http_dynworker_outbound_t *out,
    ngx_uint_t code, char *message)
{
    ngx_str_t                   s;
    ngx_http_dynworker_call_t  *call;

    call = out->call;

    if (call == NULL) {
        return;
    }

    s.data = (u_char *) message;
    s.len = ngx_strlen(message);

    /* closes it, and cancels us */

    ngx_http_dynworker_call_fail(call, code, &s, NULL);
}


/* Sink: the request's body is collected, past a limit in a file. */
static size_t
ngx_http_dynworker_outbound_write(void *data, u_char *p, size_t size)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (out->cancelled) {
        return size;
    }

    if (out->body_size + size > out->body_limit) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                      "The request's body exceeds \"outbound_body\".");
        return size;
    }

    if (out->temp_file
        || out->body_size + size > NGX_HTTP_DYNWORKER_BODY_MEMORY)
    {
        if (ngx_http_dynworker_outbound_spill(out, p, size) != NGX_OK) {
            ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                      "The request's body could not be kept.");
            return size;
        }

        out->body_size += size;

        return size;
    }

    b = ngx_create_temp_buf(out->pool, size);
    cl = ngx_alloc_chain_link(out->pool);

    if (b == NULL || cl == NULL) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Out of memory.");
        return size;
    }

    b->last = ngx_cpymem(b->last, p, size);

    cl->buf = b;
    cl->next = NULL;

    *out->last_body = cl;
    out->last_body = &cl->next;

    out->body_size += size;

    return size;
}


static ngx_int_t
ngx_http_dynworker_outbound_spill(ngx_http_dynworker_outbound_t *out,
    u_char *p, size_t size)
{
    ssize_t                    n;
    ngx_buf_t                  b;
    ngx_chain_t                cl;
    ngx_temp_file_t           *tf;
    ngx_http_core_loc_conf_t  *clcf;

    tf = out->temp_file;

    if (tf == NULL) {

        clcf = out->conf_ctx->loc_conf[ngx_http_core_module.ctx_index];

        tf = ngx_pcalloc(out->pool, sizeof(ngx_temp_file_t));
        if (tf == NULL) {
            return NGX_ERROR;
        }

        tf->file.fd = NGX_INVALID_FILE;
        tf->file.log = out->pool->log;
        tf->path = clcf->client_body_temp_path;
        tf->pool = out->pool;
        tf->clean = 1;

        out->temp_file = tf;

        /* what was in memory comes first */

        if (out->body) {
            n = ngx_write_chain_to_temp_file(tf, out->body);

            if (n == NGX_ERROR) {
                return NGX_ERROR;
            }

            tf->offset += n;
        }

        out->body = NULL;
        out->last_body = &out->body;
    }

    ngx_memzero(&b, sizeof(ngx_buf_t));

    b.pos = p;
    b.last = p + size;
    b.memory = 1;

    cl.buf = &b;
    cl.next = NULL;

    n = ngx_write_chain_to_temp_file(tf, &cl);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    tf->offset += n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_outbound_end(void *data, ngx_uint_t code)
{
    ngx_http_dynworker_outbound_t *out = data;

    if (out->cancelled) {
        return NGX_OK;
    }

    if (code) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "The request's body broke off.");
        return NGX_OK;
    }

    ngx_http_dynworker_outbound_find_peer(out);

    return NGX_OK;
}


static void
ngx_http_dynworker_outbound_find_peer(ngx_http_dynworker_outbound_t *out)
{
    ngx_int_t            rc;
    ngx_http_request_t  *client;

    client = ngx_http_dynworker_call_root(out->call);

    if (ngx_http_dynworker_outbound_root(out, client) != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Internal error.");
        return;
    }

    rc = ngx_http_dynworker_peer_find(out->policy, out->root, &out->url,
                                      ngx_http_dynworker_outbound_peer, out,
                                      &out->peer, &out->peer_ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_dynworker_outbound_peer(out, rc, &out->peer);
    }
}


/* The peer is known, or there is none: the subrequest can start. */
static void
ngx_http_dynworker_outbound_peer(void *data, ngx_int_t rc, ngx_str_t *peer)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_http_request_t  *client;

    out->peer_ctx = NULL;

    if (out->cancelled || out->call == NULL) {
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_dynworker_outbound_refuse(out);
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "DNS lookup failed.");
        return;
    }

    out->peer = *peer;

    client = ngx_http_dynworker_call_root(out->call);

    rc = ngx_http_dynworker_outbound_headers(out, client);

    if (rc == NGX_OK) {
        rc = ngx_http_dynworker_outbound_body(out);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_dynworker_outbound_launch(out, &out->policy->pass, NULL);
    }

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Internal error.");
        return;
    }

    ngx_http_dynworker_outbound_event(out->connection->write);
}


/* The detached root: a request on a connection without a socket. */
static ngx_int_t
ngx_http_dynworker_outbound_root(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client)
{
    ngx_log_t                 *log;
    ngx_buf_t                 *buffer;
    ngx_event_t               *rev, *wev;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_log_ctx_t        *log_ctx;
    ngx_http_connection_t     *hc;
    ngx_http_dynworker_ctx_t  *ctx;

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

    log->handler = ngx_http_dynworker_outbound_log;
    log->data = log_ctx;
    log->action = "making an outbound request";

    hc->conf_ctx = out->conf_ctx;

    c->fd = (ngx_socket_t) -1;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->pool = out->pool;
    c->log = log;
    c->read = rev;
    c->write = wev;
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
    rev->handler = ngx_http_dynworker_outbound_event;

    wev->data = c;
    wev->log = log;
    wev->active = 1;
    wev->ready = 1;
    wev->write = 1;
    wev->handler = ngx_http_dynworker_outbound_event;

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    out->root = r;
    c->data = r;

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


/* The root's headers: the worker's, then as the policy will have them. */
static ngx_int_t
ngx_http_dynworker_outbound_headers(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client)
{
    ngx_str_t            list, name, value;
    ngx_list_t          *headers;
    ngx_uint_t           i;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = out->root;
    headers = &r->headers_in.headers;
    list = out->strings;

    while (ngx_http_dynworker_next_string(&list, &name) == NGX_OK
           && ngx_http_dynworker_next_string(&list, &value) == NGX_OK)
    {
        if (ngx_http_dynworker_is_hop_header(&name)
            || (name.len == 4
                && ngx_strncasecmp(name.data, (u_char *) "Host", 4) == 0)
            || (name.len == 6
                && ngx_strncasecmp(name.data, (u_char *) "Expect", 6) == 0)
            || (name.len == sizeof("Content-Length") - 1
                && ngx_strncasecmp(name.data, (u_char *) "Content-Length",
                                   name.len)
                   == 0))
        {
            /* nginx's own business */
            continue;
        }

        h = ngx_list_push(headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->key = name;
        h->value = value;

        h->lowcase_key = ngx_pnalloc(r->pool, name.len);
        if (h->lowcase_key == NULL) {
            return NGX_ERROR;
        }

        h->hash = ngx_hash_strlow(h->lowcase_key, name.data, name.len);
    }

    /* variables in "set_header" are the client's while it is there */

    if (ngx_http_dynworker_policy_headers(out->policy, client ? client : r,
                                          &out->url, headers)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &headers->part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("User-Agent") - 1
            && ngx_strncasecmp(h[i].key.data, (u_char *) "User-Agent",
                               h[i].key.len)
               == 0)
        {
            r->headers_in.user_agent = &h[i];
        }
    }

    r->headers_in.server = out->url.name;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_outbound_body(ngx_http_dynworker_outbound_t *out)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_request_t       *r;
    ngx_http_request_body_t  *rb;

    r = out->root;

    rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (rb == NULL) {
        return NGX_ERROR;
    }

    r->request_body = rb;

    if (out->call->request_pipe == NULL) {

        /* a length of 0 is said only where a body has a meaning */

        if (out->method_id & (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)) {
            r->headers_in.content_length_n = 0;
        }

        return NGX_OK;
    }

    r->headers_in.content_length_n = out->body_size;

    if (out->temp_file) {

        b = ngx_calloc_buf(r->pool);
        cl = ngx_alloc_chain_link(r->pool);

        if (b == NULL || cl == NULL) {
            return NGX_ERROR;
        }

        b->in_file = 1;
        b->file = &out->temp_file->file;
        b->file_last = out->temp_file->offset;

        cl->buf = b;
        cl->next = NULL;

        out->body = cl;
        rb->temp_file = out->temp_file;
    }

    rb->bufs = out->body;

    return NGX_OK;
}


static ngx_int_t
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


static u_char *
ngx_http_dynworker_outbound_log(ngx_log_t *log, u_char *buf, size_t len)
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


/* The start, room at the reader, or a timer of another module's. */
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

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


/* The subrequest is over; whatever rc was, nginx has nothing left to do. */
static ngx_int_t
ngx_http_dynworker_outbound_finalized(ngx_http_request_t *r, void *data,
    ngx_int_t rc)
{
    ngx_http_dynworker_outbound_t *out = data;

    if (r->buffered && (rc == NGX_OK || rc == NGX_AGAIN)) {
        /* called again once the reader has taken the rest */
        return rc;
    }

    if (!out->headed && r->upstream == NULL && rc >= NGX_HTTP_SPECIAL_RESPONSE
        && out->call)
    {
        /* the location's own answer: nginx makes its page, and comes back */
        return rc;
    }

    if (!out->done) {
        out->done = 1;
        out->rc = rc;
    }

    return NGX_OK;
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
    ngx_str_t                   strings;
    ngx_uint_t                  i, body;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    ngx_http_dynworker_call_t  *call;

    call = out->call;

    len = r->headers_out.status_line.len + 1
          + sizeof("Content-Type") + r->headers_out.content_type.len
          + sizeof("; charset=") + r->headers_out.charset.len + 1
          + sizeof("Content-Length") + NGX_OFF_T_LEN + 1
          + sizeof("Last-Modified")
          + sizeof("Mon, 28 Sep 1970 06:00:00 GMT");

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        len += h[i].key.len + 1 + h[i].value.len + 1;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    strings.data = p;

    /* "200 OK" of an upstream; an answer of nginx's own has no text yet */

    if (r->headers_out.status_line.len > sizeof("200 ") - 1) {
        p = ngx_cpymem(p, r->headers_out.status_line.data + sizeof("200 ") - 1,
                       r->headers_out.status_line.len - sizeof("200 ") + 1);
    }

    *p++ = '\0';

    if (r->headers_out.content_type.len) {
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
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0
            || ngx_strlchr(h[i].value.data,
                           h[i].value.data + h[i].value.len, '\0')
            || !ngx_http_dynworker_is_token(&h[i].key))
        {
            continue;
        }

        p = ngx_cpymem(p, h[i].key.data, h[i].key.len);
        *p++ = '\0';

        p = ngx_cpymem(p, h[i].value.data, h[i].value.len);
        *p++ = '\0';
    }

    strings.len = p - strings.data;

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


ngx_int_t
ngx_http_dynworker_code_fetch(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_request_t *r, ngx_str_t *uri)
{
    u_char                         *p;
    ngx_str_t                       path, args;
    ngx_http_dynworker_outbound_t  *out;

    if (uri->len == 0 || uri->data[0] != '/') {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"%V\" in \"dynworker_load code=\" is no URI, "
                      "it should start with \"/\"", uri);
        return NGX_ERROR;
    }

    out = ngx_http_dynworker_outbound_create(isolate->conf_ctx,
                                             isolate->process->cycle->log);
    if (out == NULL) {
        return NGX_ERROR;
    }

    out->process = isolate->process;
    out->isolate = isolate;

    isolate->code = out;
    isolate->state = NGX_HTTP_DYNWORKER_WAITING;

    path.len = uri->len;
    path.data = ngx_pstrdup(out->pool, uri);

    if (path.data == NULL
        || ngx_http_dynworker_outbound_root(out, r) != NGX_OK)
    {
        goto failed;
    }

    ngx_str_null(&args);

    p = ngx_strlchr(path.data, path.data + path.len, '?');

    if (p) {
        args.data = p + 1;
        args.len = path.data + path.len - args.data;
        path.len = p - path.data;
    }

    out->root->headers_in.server = r->headers_in.server;

    if (r->headers_in.server.len) {
        out->root->headers_in.server.data = ngx_pstrdup(out->pool,
                                                     &r->headers_in.server);
        if (out->root->headers_in.server.data == NULL) {
            goto failed;
        }
    }

    if (ngx_http_dynworker_outbound_launch(out, &path, &args) != NGX_OK) {
        goto failed;
    }

    /* it runs after the calls that wait for it have queued */

    ngx_post_event(out->connection->write, &ngx_posted_events);

    return NGX_OK;

failed:

    isolate->code = NULL;
    isolate->state = NGX_HTTP_DYNWORKER_COLD;

    ngx_http_dynworker_outbound_cancel(out);

    return NGX_ERROR;
}


/* What kind of code the answer is; 0: none, its status goes to the client. */
static void
ngx_http_dynworker_code_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    size_t     i;
    ngx_str_t  type;

    out->status = r->headers_out.status;

    if (out->status != NGX_HTTP_OK) {
        return;
    }

    type = r->headers_out.content_type;

    for (i = 0; i < type.len; i++) {
        if (type.data[i] == ';' || type.data[i] == ' ') {
            type.len = i;
            break;
        }
    }

    if (type.len == sizeof("application/json") - 1
        && ngx_strncasecmp(type.data, (u_char *) "application/json", type.len)
           == 0)
    {
        out->format = DW_WIRE_CODE_JSON;

    } else if ((type.len == sizeof("text/javascript") - 1
                && ngx_strncasecmp(type.data, (u_char *) "text/javascript",
                                   type.len)
                   == 0)
               || (type.len == sizeof("application/javascript") - 1
                   && ngx_strncasecmp(type.data,
                                      (u_char *) "application/javascript",
                                      type.len)
                      == 0))
    {
        out->format = DW_WIRE_CODE_MODULE;

    } else {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "code of worker \"%V\" has type \"%V\", expected "
                      "\"text/javascript\" or \"application/json\"",
                      &out->isolate->name, &type);
    }
}


static ngx_int_t
ngx_http_dynworker_code_body(ngx_http_dynworker_outbound_t *out, ngx_buf_t *b)
{
    size_t      size, used, need;
    u_char     *p;
    ngx_buf_t  *code;

    size = b->last - b->pos;

    if (out->code == NULL) {
        out->code = ngx_calloc_buf(out->pool);
        if (out->code == NULL) {
            return NGX_ERROR;
        }
    }

    code = out->code;
    used = code->last - code->pos;

    if (used + size > DW_WIRE_CODE_MAX) {
        ngx_log_error(NGX_LOG_ERR, out->connection->log, 0,
                      "code of worker \"%V\" is larger than %d bytes",
                      &out->isolate->name, DW_WIRE_CODE_MAX);
        return NGX_ERROR;
    }

    if ((size_t) (code->end - code->last) < size) {
        need = ngx_max(used + size, 2 * used);

        p = ngx_alloc(need, out->connection->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (code->start) {
            ngx_memcpy(p, code->pos, used);
            ngx_free(code->start);
        }

        code->start = p;
        code->pos = p;
        code->last = p + used;
        code->end = p + need;
    }

    code->last = ngx_cpymem(code->last, b->pos, size);
    b->pos = b->last;

    return NGX_OK;
}


static void
ngx_http_dynworker_code_done(ngx_http_dynworker_outbound_t *out, ngx_int_t rc)
{
    size_t                         size;
    ngx_int_t                      status;
    ngx_str_t                      message;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = out->isolate;

    isolate->code = NULL;
    out->isolate = NULL;

    ngx_http_dynworker_isolate_ref(isolate);

    if (out->format && out->last) {

        size = out->code ? out->code->last - out->code->pos : 0;

        if (ngx_http_dynworker_isolate_open(isolate, out->format) == NGX_OK
            && (size == 0
                || ngx_http_dynworker_channel_send(isolate->channel,
                                                   out->code->pos, size)
                   == NGX_OK))
        {
            ngx_http_dynworker_isolate_loaded(isolate);

        } else {
            ngx_str_set(&message, "The engine of this worker is not running.");
            ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_ENGINE, &message,
                                            NULL);
        }

    } else if (out->headed && out->status != NGX_HTTP_OK) {

        /* other statuses are the client's */

        status = out->status;

        if (status < NGX_HTTP_SPECIAL_RESPONSE) {
            status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_dynworker_code_status(isolate, status);

    } else if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_dynworker_code_status(isolate, rc);

    } else {
        ngx_str_set(&message, "its code could not be fetched");
        ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_BAD_CODE, &message,
                                        NULL);
    }

    ngx_http_dynworker_isolate_unref(isolate);

    ngx_http_dynworker_outbound_cancel(out);
}


/* There is no code: everyone who waits gets the status that its URI gave. */
static void
ngx_http_dynworker_code_status(ngx_http_dynworker_isolate_t *isolate,
    ngx_int_t status)
{
    ngx_queue_t                *q;
    ngx_http_dynworker_call_t  *call;

    isolate->state = NGX_HTTP_DYNWORKER_COLD;

    while (!ngx_queue_empty(&isolate->waiting)) {
        q = ngx_queue_head(&isolate->waiting);
        call = ngx_queue_data(q, ngx_http_dynworker_call_t, queue);

        if (call->request) {
            ngx_http_dynworker_client_finalize(call, status);

        } else {
            ngx_http_dynworker_call_cancel(call);
        }
    }
}
