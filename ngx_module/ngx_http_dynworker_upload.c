
/*
 * The body of an outbound request.  The location that passes the request on
 * says by "proxy_request_buffering" what becomes of it.  When on, the
 * subrequest waits before its content phase until the body is complete, in
 * memory or in a file.  When off, it is sent as it comes, even after the
 * response has begun.
 *
 * nginx reads a body unbuffered for main requests only.  What it asks on the
 * way is where this file steps in: the proxy asks for a variable when it makes
 * the request, and its upstream for the body by the filters of request bodies.
 * With that variable ngx_http_dynworker_interim.c begins, too.
 */

#include "ngx_http_dynworker.h"


extern ngx_module_t  ngx_http_proxy_module;


/* Collected bodies up to this size stay in memory. */
#define NGX_HTTP_DYNWORKER_BODY_MEMORY  (256 * 1024)

/*
 * Of a body that is sent as it comes.  One that is known to be no longer is
 * collected: it can be sent again when a kept connection turns out closed.
 */
#define NGX_HTTP_DYNWORKER_UPLOAD_MIN   NGX_HTTP_DYNWORKER_WINDOW
#define NGX_HTTP_DYNWORKER_UPLOAD_BUF   16384
#define NGX_HTTP_DYNWORKER_UPLOAD_BUFS  8


static ngx_int_t ngx_http_dynworker_upload_proxy(ngx_conf_t *cf);
static ngx_command_t *ngx_http_dynworker_upload_command(const char *name);
static ngx_http_dynworker_outbound_t *ngx_http_dynworker_upload_of(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_upload_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_dynworker_upload_streams(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);
static void ngx_http_dynworker_upload_spent(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);
static size_t ngx_http_dynworker_collect_write(void *data, u_char *p,
    size_t size);
static ngx_int_t ngx_http_dynworker_collect_spill(
    ngx_http_dynworker_outbound_t *out, u_char *p, size_t size);
static ngx_int_t ngx_http_dynworker_collect_end(void *data, ngx_uint_t code);
static ngx_int_t ngx_http_dynworker_collect_set(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_upload_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_upload_start(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *r);
static ngx_uint_t ngx_http_dynworker_upload_exceeds(
    ngx_http_dynworker_outbound_t *out, uint64_t size);
static size_t ngx_http_dynworker_upload_write(void *data, u_char *p,
    size_t size);
static ngx_int_t ngx_http_dynworker_upload_end(void *data, ngx_uint_t code);
static ngx_int_t ngx_http_dynworker_upload_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_request_body_filter_pt  ngx_http_next_request_body_filter;


static const ngx_http_dynworker_sink_t  ngx_http_dynworker_collect_sink = {
    ngx_http_dynworker_collect_write,
    ngx_http_dynworker_collect_end
};


static const ngx_http_dynworker_sink_t  ngx_http_dynworker_upload_sink = {
    ngx_http_dynworker_upload_write,
    ngx_http_dynworker_upload_end
};


/*
 * The proxy module's own, by which its Content-Length and Transfer-Encoding
 * are made: it asks for at least one of them in each request.
 */
static struct {
    ngx_str_t                    name;
    ngx_http_get_variable_pt     handler;
    uintptr_t                    data;
} ngx_http_dynworker_upload_variables[] = {
    { ngx_string("proxy_internal_body_length"), NULL, 0 },
    { ngx_string("proxy_internal_chunked"), NULL, 0 },
    { ngx_null_string, NULL, 0 }
};


/*
 * What its directives tell of the proxy module: its content handler, and where
 * its configuration, whose layout is its own, has what a body depends on.
 */
static struct {
    ngx_http_handler_pt          handler;       /* NULL: not known */
    ngx_uint_t                   set_body;      /* of an ngx_str_t */
    ngx_uint_t                   http_version;  /* of an ngx_uint_t */
} ngx_http_dynworker_proxy;


ngx_int_t
ngx_http_dynworker_upload_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i, n;
    ngx_hash_key_t             *key;
    ngx_http_handler_pt        *h;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_dynworker_upload_handler;

    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_dynworker_upload_filter;

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        for (n = 0; ngx_http_dynworker_upload_variables[n].name.len; n++) {

            if (key[i].key.len
                != ngx_http_dynworker_upload_variables[n].name.len
                || ngx_strncmp(key[i].key.data,
                               ngx_http_dynworker_upload_variables[n].name.data,
                               key[i].key.len)
                   != 0)
            {
                continue;
            }

            v = key[i].value;

            ngx_http_dynworker_upload_variables[n].handler = v->get_handler;
            ngx_http_dynworker_upload_variables[n].data = v->data;

            v->get_handler = ngx_http_dynworker_upload_variable;
            v->data = n;
        }
    }

    return ngx_http_dynworker_upload_proxy(cf);
}


/* A "proxy_pass" in a location that nobody sees tells the handler. */
static ngx_int_t
ngx_http_dynworker_upload_proxy(ngx_conf_t *cf)
{
    char                      *rv;
    void                      *conf;
    ngx_str_t                 *value;
    ngx_conf_t                 save;
    ngx_array_t                args;
    ngx_command_t             *pass, *body, *version;
    ngx_http_module_t         *module;
    ngx_http_conf_ctx_t        ctx;
    ngx_http_core_loc_conf_t  *clcf;

    ngx_memzero(&ngx_http_dynworker_proxy, sizeof(ngx_http_dynworker_proxy));

    pass = ngx_http_dynworker_upload_command("proxy_pass");
    body = ngx_http_dynworker_upload_command("proxy_set_body");
    version = ngx_http_dynworker_upload_command("proxy_http_version");

    if (pass == NULL
        || body == NULL || body->set != ngx_conf_set_str_slot
        || version == NULL || version->set != ngx_conf_set_enum_slot)
    {
        /* of another nginx: it gets all bodies whole */
        return NGX_OK;
    }

    module = ngx_http_proxy_module.ctx;

    ctx = *(ngx_http_conf_ctx_t *) cf->ctx;

    ctx.loc_conf = ngx_palloc(cf->temp_pool,
                              sizeof(void *) * ngx_http_max_module);
    clcf = ngx_pcalloc(cf->temp_pool, sizeof(ngx_http_core_loc_conf_t));
    conf = module->create_loc_conf(cf);

    if (ctx.loc_conf == NULL || clcf == NULL || conf == NULL
        || ngx_array_init(&args, cf->temp_pool, 2, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(ctx.loc_conf, ((ngx_http_conf_ctx_t *) cf->ctx)->loc_conf,
               sizeof(void *) * ngx_http_max_module);

    ctx.loc_conf[ngx_http_core_module.ctx_index] = clcf;
    ctx.loc_conf[ngx_http_proxy_module.ctx_index] = conf;

    /* with a variable, so that it makes no upstream of it */

    value = ngx_array_push_n(&args, 2);
    ngx_str_set(&value[0], "proxy_pass");
    ngx_str_set(&value[1], "http://$host");

    save = *cf;
    cf->ctx = &ctx;
    cf->args = &args;

    rv = pass->set(cf, pass, conf);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return NGX_ERROR;
    }

    ngx_http_dynworker_proxy.handler = clcf->handler;
    ngx_http_dynworker_proxy.set_body = body->offset;
    ngx_http_dynworker_proxy.http_version = version->offset;

    return NGX_OK;
}


static ngx_command_t *
ngx_http_dynworker_upload_command(const char *name)
{
    ngx_command_t  *cmd;

    for (cmd = ngx_http_proxy_module.commands; cmd->name.len; cmd++) {

        if (ngx_strcmp(cmd->name.data, name) == 0) {
            return cmd;
        }
    }

    return NULL;
}


/* The outbound request that "r" carries out; else NULL. */
static ngx_http_dynworker_outbound_t *
ngx_http_dynworker_upload_of(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    if (r == r->main) {
        return NULL;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    out = ctx ? ctx->outbound : NULL;

    return out && out->request == r ? out : NULL;
}


/* Before the content phase: its location is known, and its handler. */
static ngx_int_t
ngx_http_dynworker_upload_handler(ngx_http_request_t *r)
{
    ngx_http_dynworker_outbound_t  *out;

    out = ngx_http_dynworker_upload_of(r);

    if (out == NULL || out->upload_pipe == NULL) {
        return NGX_DECLINED;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_SENDING) {
        ngx_http_dynworker_upload_spent(out, r);
        return NGX_DECLINED;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_STREAMING) {

        /* the location before has not asked for it: this one decides */

        out->upload = NGX_HTTP_DYNWORKER_UPLOAD_WAITING;

        r->reading_body = 0;
        r->headers_in.chunked = 0;
        r->headers_in.content_length_n = -1;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_WAITING) {

        if (out->upload_length != DW_WIRE_LENGTH_UNKNOWN
            && ngx_http_dynworker_upload_exceeds(out, out->upload_length))
        {
            /* which has cancelled it */
            return NGX_AGAIN;
        }

        if (ngx_http_dynworker_upload_streams(out, r)) {
            out->upload = NGX_HTTP_DYNWORKER_UPLOAD_STREAMING;

            r->reading_body = 1;

            if (out->upload_length == DW_WIRE_LENGTH_UNKNOWN) {
                r->headers_in.chunked = 1;

            } else {
                r->headers_in.content_length_n = out->upload_length;
            }

            return NGX_DECLINED;
        }

        out->upload = NGX_HTTP_DYNWORKER_UPLOAD_COLLECTING;
        out->filling = 1;

        ngx_http_dynworker_pipe_set_sink(out->upload_pipe,
                                         &ngx_http_dynworker_collect_sink,
                                         out);
        out->filling = 0;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_COLLECTING) {
        return NGX_AGAIN;
    }

    if (out->upload == NGX_HTTP_DYNWORKER_UPLOAD_COLLECTED
        && ngx_http_dynworker_collect_set(out, r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_dynworker_upload_streams(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    u_char                    *conf;
    ngx_uint_t                *version;
    ngx_str_t                 *body;
    ngx_http_upstream_conf_t  *ucf;

    if (ngx_http_dynworker_upload_variables[0].handler == NULL
        || ngx_http_dynworker_proxy.handler == NULL
        || r->content_handler != ngx_http_dynworker_proxy.handler
        || out->upload_length <= NGX_HTTP_DYNWORKER_UPLOAD_MIN)
    {
        return 0;
    }

    conf = ngx_http_get_module_loc_conf(r, ngx_http_proxy_module);

    /* as in all modules with an upstream, it comes first there */

    ucf = (ngx_http_upstream_conf_t *) conf;
    body = (ngx_str_t *) (conf + ngx_http_dynworker_proxy.set_body);
    version = (ngx_uint_t *) (conf + ngx_http_dynworker_proxy.http_version);

    /* as the proxy decides it for clients' requests; 1.0 has no chunks */

    return !ucf->request_buffering && ucf->pass_request_body
           && body->data == NULL
           && (out->upload_length != DW_WIRE_LENGTH_UNKNOWN
               || *version == NGX_HTTP_VERSION_11);
}


/*
 * Another location takes over ("error_page", "X-Accel-Redirect"), and what has
 * been sent of the body is gone: it gets none, and nobody wants the rest.
 */
static void
ngx_http_dynworker_upload_spent(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    r->reading_body = 0;
    r->request_body_no_buffering = 0;
    r->request_body->bufs = NULL;

    r->headers_in.content_length_n =
              (r->method & (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)) ? 0
                                                                        : -1;

    ngx_http_dynworker_upload_close(out);
}


/* Sink: the body is collected, past a limit in a file. */
static size_t
ngx_http_dynworker_collect_write(void *data, u_char *p, size_t size)
{
    ngx_http_dynworker_outbound_t *out = data;

    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (out->cancelled) {
        return size;
    }

    if (ngx_http_dynworker_upload_exceeds(out, size)) {
        return size;
    }

    if (out->temp_file
        || out->body_size + size > NGX_HTTP_DYNWORKER_BODY_MEMORY)
    {
        if (ngx_http_dynworker_collect_spill(out, p, size) != NGX_OK) {
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
ngx_http_dynworker_collect_spill(ngx_http_dynworker_outbound_t *out,
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
ngx_http_dynworker_collect_end(void *data, ngx_uint_t code)
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

    out->upload = NGX_HTTP_DYNWORKER_UPLOAD_COLLECTED;

    if (!out->filling) {
        /* the subrequest goes on with its phases */
        ngx_post_event(out->connection->write, &ngx_posted_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_collect_set(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

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
        r->request_body->temp_file = out->temp_file;
    }

    r->request_body->bufs = out->body;

    return NGX_OK;
}


/* The proxy makes the request: the moment to say what will follow. */
static ngx_int_t
ngx_http_dynworker_upload_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                       rc;
    ngx_http_dynworker_outbound_t  *out;

    rc = ngx_http_dynworker_upload_variables[data].handler(r, v,
                               ngx_http_dynworker_upload_variables[data].data);

    out = ngx_http_dynworker_upload_of(r);

    if (rc != NGX_OK || out == NULL || r->upstream == NULL) {
        return rc;
    }

    ngx_http_dynworker_interim_init(out, r);

    if (out->upload_pipe == NULL
        || out->upload != NGX_HTTP_DYNWORKER_UPLOAD_STREAMING)
    {
        return NGX_OK;
    }

    return ngx_http_dynworker_upload_start(out, r);
}


static ngx_int_t
ngx_http_dynworker_upload_start(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    ngx_http_upstream_conf_t  *ucf;

    /* the rest is sent after the response has begun, as gRPC's is */

    ucf = ngx_palloc(r->pool, sizeof(ngx_http_upstream_conf_t));
    if (ucf == NULL) {
        return NGX_ERROR;
    }

    *ucf = *r->upstream->conf;
    ucf->preserve_output = 1;

    r->upstream->conf = ucf;

    /* of one byte, which is never read: the filter below has the body */

    r->request_body->buf = ngx_create_temp_buf(r->pool, 1);
    if (r->request_body->buf == NULL) {
        return NGX_ERROR;
    }

    r->request_body->rest = 1;
    r->request_body_no_buffering = 1;

    /* it comes without chunks, whatever goes out */

    r->headers_in.chunked = 0;

    out->upload = NGX_HTTP_DYNWORKER_UPLOAD_SENDING;

    return NGX_OK;
}


/* Does "size" more bytes break a limit?  Then its call has failed. */
static ngx_uint_t
ngx_http_dynworker_upload_exceeds(ngx_http_dynworker_outbound_t *out,
    uint64_t size)
{
    /* (its size so far is within the limit) */

    if (size <= (uint64_t) out->body_limit - out->body_size) {
        return 0;
    }

    ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                         "The request's body exceeds \"outbound_body\".");
    return 1;
}


/* Sink: what nginx has not sent yet is bounded; the rest waits. */
static size_t
ngx_http_dynworker_upload_write(void *data, u_char *p, size_t size)
{
    ngx_http_dynworker_outbound_t *out = data;

    size_t        n, left;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (out->cancelled || ngx_http_dynworker_upload_exceeds(out, size)) {
        return size;
    }

    /* sized, its length is part of what frames it: never a byte more */

    if (out->body_size + size > out->upload_length) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                         "The request's body is longer than its length.");
        return size;
    }

    n = NGX_HTTP_DYNWORKER_UPLOAD_BUF * NGX_HTTP_DYNWORKER_UPLOAD_BUFS;
    size = ngx_min(size, n - ngx_min(n, out->body_pending));

    for (left = size; left; left -= n) {

        cl = out->body_free;

        if (cl) {
            out->body_free = cl->next;
            b = cl->buf;

        } else {
            cl = ngx_alloc_chain_link(out->pool);
            b = ngx_create_temp_buf(out->pool, NGX_HTTP_DYNWORKER_UPLOAD_BUF);

            if (cl == NULL || b == NULL) {
                ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                                 "Out of memory.");
                return size;
            }

            b->tag = (ngx_buf_tag_t) &ngx_http_dynworker_upload_write;
            cl->buf = b;
        }

        n = ngx_min(left, (size_t) (b->end - b->last));

        b->last = ngx_cpymem(b->last, p, n);
        b->flush = 1;
        p += n;

        cl->next = NULL;
        *out->last_body = cl;
        out->last_body = &cl->next;
    }

    out->body_size += size;
    out->body_pending += size;

    if (size && !out->filling) {
        ngx_post_event(out->connection->read, &ngx_posted_events);
    }

    return size;
}


static ngx_int_t
ngx_http_dynworker_upload_end(void *data, ngx_uint_t code)
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

    if (out->upload_length != DW_WIRE_LENGTH_UNKNOWN
        && (uint64_t) out->body_size != out->upload_length)
    {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                         "The request's body is shorter than its length.");
        return NGX_OK;
    }

    out->body_done = 1;

    if (!out->filling) {
        ngx_post_event(out->connection->read, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_http_dynworker_upload_event(ngx_http_dynworker_outbound_t *out)
{
    ngx_http_request_t  *r;

    r = out->request;

    if (r && r->reading_body && r->upstream && r->upstream->request_sent) {

        /* (before that nginx will ask by itself) */

        r->read_event_handler(r);
    }
}


/* nginx asks for what there is of the body, and how much is left. */
static ngx_int_t
ngx_http_dynworker_upload_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                       rc;
    ngx_buf_t                      *b;
    ngx_chain_t                    *cl, *body;
    ngx_http_dynworker_outbound_t  *out;

    out = ngx_http_dynworker_upload_of(r);

    if (out == NULL || out->upload_pipe == NULL
        || out->upload != NGX_HTTP_DYNWORKER_UPLOAD_SENDING)
    {
        return ngx_http_next_request_body_filter(r, in);
    }

    /* what has been sent makes room */

    body = NULL;
    ngx_chain_update_chains(out->pool, &out->body_free, &out->body_busy, &body,
                        (ngx_buf_tag_t) &ngx_http_dynworker_upload_write);

    out->body_pending = 0;

    for (cl = out->body_busy; cl; cl = cl->next) {
        out->body_pending += ngx_buf_size(cl->buf);
    }

    for (cl = out->body; cl; cl = cl->next) {
        out->body_pending += ngx_buf_size(cl->buf);
    }

    out->filling = 1;

    if (out->upload_pipe->sink == NULL) {
        ngx_http_dynworker_pipe_set_sink(out->upload_pipe,
                                         &ngx_http_dynworker_upload_sink, out);
    } else {
        ngx_http_dynworker_pipe_pull(out->upload_pipe);
    }

    out->filling = 0;

    if (out->cancelled) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (out->body_done) {

        b = ngx_calloc_buf(out->pool);
        cl = ngx_alloc_chain_link(out->pool);

        if (b == NULL || cl == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        b->last_buf = 1;
        cl->buf = b;
        cl->next = NULL;

        *out->last_body = cl;

        r->request_body->rest = 0;
    }

    body = out->body;
    out->body = NULL;
    out->last_body = &out->body;

    rc = ngx_http_next_request_body_filter(r, body);

    ngx_chain_update_chains(out->pool, &out->body_free, &out->body_busy, &body,
                        (ngx_buf_tag_t) &ngx_http_dynworker_upload_write);

    return rc;
}


void
ngx_http_dynworker_upload_close(ngx_http_dynworker_outbound_t *out)
{
    ngx_http_dynworker_pipe_t  *pipe;

    pipe = out->upload_pipe;
    out->upload_pipe = NULL;

    if (pipe) {
        ngx_http_dynworker_pipe_cancel(pipe);
        ngx_http_dynworker_pipe_release(pipe);
    }
}
