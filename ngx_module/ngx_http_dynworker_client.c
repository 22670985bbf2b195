
/*
 * Clients' requests as origins of calls: the content handlers, the request's
 * head and body on their way in, the response on its way out.
 */

#include "ngx_http_dynworker.h"


/* Buffers for response bodies, reused once they are sent. */
#define NGX_HTTP_DYNWORKER_BUF_MIN   512
#define NGX_HTTP_DYNWORKER_BUF_MAX   32768

/* For seconds of the Retry-After header of a 503. */
#define NGX_HTTP_DYNWORKER_RETRY     "1"


static ngx_int_t ngx_http_dynworker_client_call(ngx_http_request_t *r,
    ngx_http_dynworker_isolate_t *isolate);
static ngx_http_dynworker_ctx_t *ngx_http_dynworker_client_ctx(
    ngx_http_request_t *r);
static void ngx_http_dynworker_client_cleanup(void *data);
static ngx_int_t ngx_http_dynworker_client_head(ngx_http_request_t *r,
    ngx_http_dynworker_head_t *head);
static ngx_int_t ngx_http_dynworker_client_subrequest_uri(
    ngx_http_request_t *r, ngx_str_t *uri);
static ngx_uint_t ngx_http_dynworker_client_spent(ngx_http_request_t *r);
static size_t ngx_http_dynworker_client_uri_length(ngx_str_t *uri);
static u_char *ngx_http_dynworker_client_uri(u_char *p, ngx_str_t *uri);
static ngx_int_t ngx_http_dynworker_client_cf(ngx_http_request_t *r,
    ngx_str_t *cf);
static ngx_uint_t ngx_http_dynworker_client_owns(ngx_str_t *name);

static void ngx_http_dynworker_client_consumed(void *data, size_t size);
static void ngx_http_dynworker_client_cancelled(void *data);
static ngx_int_t ngx_http_dynworker_client_body_start(
    ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_client_body_post(ngx_http_request_t *r);
static void ngx_http_dynworker_client_body_event(ngx_http_request_t *r);
static void ngx_http_dynworker_client_body_read(
    ngx_http_dynworker_call_t *call);
static ngx_int_t ngx_http_dynworker_client_body_pass(
    ngx_http_dynworker_call_t *call);

static ngx_int_t ngx_http_dynworker_client_header(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);
static size_t ngx_http_dynworker_client_write(void *data, u_char *p,
    size_t size);
static ngx_int_t ngx_http_dynworker_client_end(void *data, ngx_uint_t code);
static void ngx_http_dynworker_client_missized(
    ngx_http_dynworker_call_t *call);
static ngx_buf_t *ngx_http_dynworker_client_buf(
    ngx_http_dynworker_call_t *call, size_t size);
static void ngx_http_dynworker_client_output_event(ngx_event_t *ev);
static void ngx_http_dynworker_client_writable(ngx_http_request_t *r);
static void ngx_http_dynworker_client_output(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_client_retry_after(ngx_http_request_t *r);
static void ngx_http_dynworker_client_finish(ngx_http_dynworker_call_t *call,
    ngx_int_t rc);


const ngx_http_dynworker_source_t  ngx_http_dynworker_client_source = {
    ngx_http_dynworker_client_consumed,
    ngx_http_dynworker_client_cancelled
};


const ngx_http_dynworker_sink_t  ngx_http_dynworker_client_sink = {
    ngx_http_dynworker_client_write,
    ngx_http_dynworker_client_end
};


/* $dynworker_error by dw_wire_code_t, and the client's status. */
static const struct {
    ngx_str_t   name;
    ngx_int_t   status;
} ngx_http_dynworker_errors[DW_WIRE_CODE_LAST] = {
    [DW_WIRE_CANCEL] = { ngx_string("engine"), NGX_HTTP_BAD_GATEWAY },
    [DW_WIRE_EXCEPTION] = { ngx_string("exception"),
                            NGX_HTTP_INTERNAL_SERVER_ERROR },
    [DW_WIRE_BAD_CODE] = { ngx_string("load"),
                           NGX_HTTP_INTERNAL_SERVER_ERROR },
    [DW_WIRE_CPU] = { ngx_string("cpu"), NGX_HTTP_SERVICE_UNAVAILABLE },
    [DW_WIRE_WALL] = { ngx_string("wall"), NGX_HTTP_SERVICE_UNAVAILABLE },
    [DW_WIRE_MEMORY] = { ngx_string("memory"), NGX_HTTP_SERVICE_UNAVAILABLE },
    [DW_WIRE_OVERLOAD] = { ngx_string("overload"),
                           NGX_HTTP_SERVICE_UNAVAILABLE },
    [DW_WIRE_ENGINE] = { ngx_string("engine"), NGX_HTTP_BAD_GATEWAY },
    [DW_WIRE_NETWORK] = { ngx_string("exception"),
                          NGX_HTTP_INTERNAL_SERVER_ERROR },
    [DW_WIRE_DENIED] = { ngx_string("exception"),
                         NGX_HTTP_INTERNAL_SERVER_ERROR },
    [DW_WIRE_SUBREQUESTS] = { ngx_string("exception"),
                              NGX_HTTP_INTERNAL_SERVER_ERROR }
};


ngx_int_t
ngx_http_dynworker_script_handler(ngx_http_request_t *r)
{
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_dynworker_process_t    *process;
    ngx_http_dynworker_isolate_t    *isolate;
    ngx_http_dynworker_loc_conf_t   *dlcf;
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_get_module_main_conf(r, ngx_http_dynworker_module);
    dlcf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    process = ngx_http_dynworker_process_start((ngx_cycle_t *) ngx_cycle,
                                               dmcf);
    if (process == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    isolate = ngx_http_dynworker_host_isolate(process, dlcf, cscf->ctx);
    if (isolate == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_dynworker_client_call(r, isolate);
}


ngx_int_t
ngx_http_dynworker_load_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_str_t                        id, uri;
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_dynworker_ctx_t        *ctx;
    ngx_http_dynworker_process_t    *process;
    ngx_http_dynworker_isolate_t    *isolate;
    ngx_http_dynworker_loc_conf_t   *dlcf;
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_get_module_main_conf(r, ngx_http_dynworker_module);
    dlcf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    process = ngx_http_dynworker_process_start((ngx_cycle_t *) ngx_cycle,
                                               dmcf);
    if (process == NULL
        || ngx_http_complex_value(r, dlcf->load_id, &id) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_dynworker_client_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (id.len == 0) {
        ngx_str_set(&ctx->error, "load");

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the id of \"dynworker_load\" is empty");

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    isolate = ngx_http_dynworker_loader_get(process, &dlcf->load_space, &id);

    if (isolate == NULL) {
        ngx_str_set(&ctx->error, "overload");

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no room for worker \"%V\", "
                      "\"dynworker_isolates max=%ui\"",
                      &id, dmcf->max_isolates);

        ngx_http_dynworker_client_retry_after(r);

        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (isolate->state == NGX_HTTP_DYNWORKER_COLD) {

        isolate->conf = dlcf;
        isolate->conf_ctx = cscf->ctx;
        isolate->limits = dlcf->dynamic_limits;
        isolate->own_cap = ((ngx_http_dynworker_cap_t *) dlcf->caps->elts)[0];

        /* kept while its code is fetched, whatever happens to it */

        ngx_http_dynworker_isolate_ref(isolate);

        if (ngx_http_complex_value(r, dlcf->load_code, &uri) != NGX_OK
            || ngx_http_dynworker_code_fetch(isolate, r, &uri) != NGX_OK)
        {
            ngx_http_dynworker_isolate_unref(isolate);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_dynworker_client_call(r, isolate);

        ngx_http_dynworker_isolate_unref(isolate);

        return rc;
    }

    return ngx_http_dynworker_client_call(r, isolate);
}


static ngx_int_t
ngx_http_dynworker_client_call(ngx_http_request_t *r,
    ngx_http_dynworker_isolate_t *isolate)
{
    ngx_http_cleanup_t            *cln;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_dynworker_ctx_t      *ctx;
    ngx_http_dynworker_head_t      head;
    ngx_http_dynworker_call_t     *call;

    ctx = ngx_http_dynworker_client_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->id.data = ngx_pstrdup(r->pool, &isolate->name);
    if (ctx->id.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->id.len = isolate->name.len;

    if (ngx_http_dynworker_client_head(r, &head) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* armed before the frame leaves: whatever ends the request cancels it */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call = ngx_http_dynworker_call_create(isolate->process, NULL);
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_dynworker_client_cleanup;
    cln->data = ctx;

    ctx->call = call;
    call->request = r;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    call->conf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);
    call->conf_ctx = cscf->ctx;

    call->output.handler = ngx_http_dynworker_client_output_event;
    call->output.data = call;
    call->output.log = r->connection->log;

    r->main->count++;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (head.body) {

        call->request_pipe = ngx_http_dynworker_pipe_create();

        if (call->request_pipe == NULL) {
            ngx_http_dynworker_client_finish(call,
                                             NGX_HTTP_INTERNAL_SERVER_ERROR);
            ngx_http_dynworker_call_cancel(call);
            return NGX_DONE;
        }

        ngx_http_dynworker_pipe_set_source(call->request_pipe,
                                           &ngx_http_dynworker_client_source,
                                           call);
    }

    ngx_http_dynworker_call_invoke(call, isolate, &head);

    return NGX_DONE;
}


static ngx_http_dynworker_ctx_t *
ngx_http_dynworker_client_ctx(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_dynworker_ctx_t));
        if (ctx == NULL) {
            return NULL;
        }

        ctx->start = ngx_current_msec;

        ngx_http_set_ctx(r, ctx, ngx_http_dynworker_module);

        if (ngx_http_dynworker_keep_ctx(r, ctx) != NGX_OK) {
            return NULL;
        }
    }

    return ctx;
}


/* The request is ending: by us (then the call is gone from ctx) or not. */
static void
ngx_http_dynworker_client_cleanup(void *data)
{
    ngx_http_dynworker_ctx_t *ctx = data;

    ngx_http_dynworker_call_t  *call;

    call = ctx->call;

    if (call == NULL) {
        return;
    }

    ctx->call = NULL;
    call->request = NULL;

    if (call->output.posted) {
        ngx_delete_posted_event(&call->output);
    }

    if (call->request_pipe) {
        ngx_http_dynworker_pipe_end(call->request_pipe, DW_WIRE_CANCEL);
    }

    ngx_http_dynworker_call_cancel(call);
}


/*
 * The request's head as the worker sees it: the URL as the client asked for
 * it, headers as sent, but for those that say who the client is.
 */
static ngx_int_t
ngx_http_dynworker_client_head(ngx_http_request_t *r,
    ngx_http_dynworker_head_t *head)
{
    u_char           *p;
    size_t            len;
    ngx_str_t         scheme, host, uri, cf, *method, *addr;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

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

    part = &r->headers_in.headers.part;
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
            || ngx_http_dynworker_client_owns(&h[i].key)
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

    p = ngx_cpymem(p, "CF-Connecting-IP", sizeof("CF-Connecting-IP"));
    p = ngx_cpymem(p, addr->data, addr->len);
    *p++ = '\0';

    p = ngx_cpymem(p, "X-Real-IP", sizeof("X-Real-IP"));
    p = ngx_cpymem(p, addr->data, addr->len);
    *p++ = '\0';

    head->strings.len = p - head->strings.data;

    ngx_str_null(&head->props);

    head->body = (r == r->main
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


/* request.cf: what nginx knows of the connection, as JSON. */
static ngx_int_t
ngx_http_dynworker_client_cf(ngx_http_request_t *r, ngx_str_t *cf)
{
    const char  *protocol;

    switch (r->http_version) {

    case NGX_HTTP_VERSION_20:
        protocol = "HTTP/2";
        break;

#ifdef NGX_HTTP_VERSION_30
    case NGX_HTTP_VERSION_30:
        protocol = "HTTP/3";
        break;
#endif

    case NGX_HTTP_VERSION_10:
        protocol = "HTTP/1.0";
        break;

    default:
        protocol = "HTTP/1.1";
        break;
    }

#if (NGX_HTTP_SSL)
    {
    ngx_str_t          version, cipher;
    ngx_connection_t  *c;

    c = r->connection;

    if (c->ssl) {

        if (ngx_ssl_get_protocol(c, r->pool, &version) != NGX_OK
            || ngx_ssl_get_cipher_name(c, r->pool, &cipher) != NGX_OK)
        {
            return NGX_ERROR;
        }

        cf->data = ngx_pnalloc(r->pool, version.len + cipher.len
                    + sizeof("{'httpProtocol':'HTTP/1.1','tlsVersion':'',"
                             "'tlsCipher':''}"));
        if (cf->data == NULL) {
            return NGX_ERROR;
        }

        cf->len = ngx_sprintf(cf->data,
                              "{\"httpProtocol\":\"%s\",\"tlsVersion\":\"%V\","
                              "\"tlsCipher\":\"%V\"}",
                              protocol, &version, &cipher)
                  - cf->data;

        return NGX_OK;
    }
    }
#endif

    cf->data = ngx_pnalloc(r->pool, sizeof("{'httpProtocol':'HTTP/1.1'}"));
    if (cf->data == NULL) {
        return NGX_ERROR;
    }

    cf->len = ngx_sprintf(cf->data, "{\"httpProtocol\":\"%s\"}", protocol)
              - cf->data;

    return NGX_OK;
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
        call->body_ended = 1;

        return NGX_OK;
    }

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r,
                                          ngx_http_dynworker_client_body_post);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    /* the reference that reading has taken */

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_OK;
}


static void
ngx_http_dynworker_client_body_post(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t   *ctx;
    ngx_http_dynworker_call_t  *call;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);
    call = ctx->call;

    call->body = r->request_body->bufs;
    r->request_body->bufs = NULL;

    if (r->reading_body) {
        r->read_event_handler = ngx_http_dynworker_client_body_event;

    } else {
        call->body_ended = 1;
        r->read_event_handler = ngx_http_test_reading;
    }

    /* reading a body has replaced it */

    r->write_event_handler = call->out || call->busy
                             ? ngx_http_dynworker_client_writable
                             : ngx_http_request_empty_handler;
}


static void
ngx_http_dynworker_client_body_event(ngx_http_request_t *r)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx->call) {
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

        rc = ngx_http_dynworker_client_body_pass(call);

        if (rc == NGX_ERROR) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto failed;
        }

        if (rc == NGX_AGAIN || call->request == NULL) {
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
            r->read_event_handler = ngx_http_test_reading;

        } else if (call->body == NULL) {
            return;
        }
    }

failed:

    /* 413, 408, 400 ...: the client's fault, nginx's answer */

    ngx_http_dynworker_client_finalize(call, rc);
}


/* NGX_OK: all of call->body was taken; NGX_AGAIN: not all. */
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

        if (call->request && call->request->request_body_no_buffering) {
            /* a link of ours: a long body has many */
            ngx_free_chain(call->request->pool, cl);
        }
    }

    return NGX_OK;
}


void
ngx_http_dynworker_client_respond(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, ngx_uint_t body, uint64_t length, ngx_str_t *strings)
{
    ngx_int_t                  rc;
    ngx_str_t                  list, text, name, value;
    ngx_http_request_t        *r;
    ngx_http_dynworker_ctx_t  *ctx;

    r = call->request;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);
    ctx->cold = call->cold;

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

    /* if no body comes with it, the header goes alone */

    if (body && !call->output.posted) {
        ngx_post_event(&call->output, &ngx_posted_events);
    }

    ngx_http_dynworker_pipe_set_sink(call->response_pipe,
                                     &ngx_http_dynworker_client_sink, call);

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

    if (call->request->header_only) {
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
            ngx_http_dynworker_client_finish(call, NGX_ERROR);
            ngx_http_dynworker_call_cancel(call);
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
    ngx_http_request_t        *r;
    ngx_http_dynworker_ctx_t  *ctx;

    r = call->request;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "worker \"%V\" sent a body that is not of its length",
                  &ctx->id);

    ctx->error = ngx_http_dynworker_errors[DW_WIRE_EXCEPTION].name;

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

        ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

        if (ctx->error.len == 0) {
            ctx->error = ngx_http_dynworker_errors[code].name;
        }

        ngx_http_dynworker_client_finish(call, NGX_ERROR);
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


static void
ngx_http_dynworker_client_output_event(ngx_event_t *ev)
{
    ngx_chain_t                *cl;
    ngx_http_request_t         *r;
    ngx_http_dynworker_call_t  *call;

    call = ev->data;
    r = call->request;

    if (r == NULL) {
        return;
    }

    if (call->out == NULL) {

        if (ngx_http_send_special(r, NGX_HTTP_FLUSH) == NGX_ERROR) {
            ngx_http_dynworker_client_finish(call, NGX_ERROR);
            ngx_http_dynworker_call_cancel(call);
            return;
        }
    }

    /* a pause: what there is should reach the client */

    for (cl = call->out; cl; cl = cl->next) {
        if (cl->next == NULL) {
            cl->buf->flush = 1;
        }
    }

    ngx_http_dynworker_client_output(call);
}


static void
ngx_http_dynworker_client_writable(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_dynworker_ctx_t  *ctx;

    c = r->connection;
    wev = c->write;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx->call == NULL) {
        return;
    }

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT, "client timed out");
        c->timedout = 1;

        /* its cleanup cancels the call */

        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
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

    rc = ngx_http_output_filter(r, call->out);

    if (rc == NGX_ERROR) {
        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        ngx_http_dynworker_call_cancel(call);
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
        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        ngx_http_dynworker_call_cancel(call);
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


void
ngx_http_dynworker_client_fail(ngx_http_dynworker_call_t *call,
    ngx_uint_t code)
{
    ngx_http_request_t        *r;
    ngx_http_dynworker_ctx_t  *ctx;

    r = call->request;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);
    ctx->error = ngx_http_dynworker_errors[code].name;

    if (r->header_sent) {
        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        return;
    }

    if (code == DW_WIRE_OVERLOAD) {
        ngx_http_dynworker_client_retry_after(r);
    }

    ngx_http_dynworker_client_finish(call,
                                     ngx_http_dynworker_errors[code].status);
}


static void
ngx_http_dynworker_client_retry_after(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);

    if (h) {
        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->hash = 1;
        ngx_str_set(&h->key, "Retry-After");
        ngx_str_set(&h->value, NGX_HTTP_DYNWORKER_RETRY);
    }
}


void
ngx_http_dynworker_client_finalize(ngx_http_dynworker_call_t *call,
    ngx_int_t status)
{
    ngx_http_dynworker_client_finish(call, status);
    ngx_http_dynworker_call_cancel(call);
}


/* The request leaves the call, with what its variables need. */
static void
ngx_http_dynworker_client_finish(ngx_http_dynworker_call_t *call, ngx_int_t rc)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_dynworker_ctx_t  *ctx;

    r = call->request;
    c = r->connection;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    ctx->call = NULL;
    ctx->cold = call->cold;
    ctx->cpu_us = call->cpu_us;
    ctx->subrequests = call->subrequests;
    ctx->wall = ngx_current_msec - call->start;
    ctx->done = 1;

    call->request = NULL;

    if (call->output.posted) {
        ngx_delete_posted_event(&call->output);
    }

    /* of a body that was read but not taken, the bytes are in r->pool */

    if (call->request_pipe) {
        ngx_http_dynworker_pipe_end(call->request_pipe, DW_WIRE_CANCEL);
    }

    if (rc == NGX_AGAIN) {
        rc = NGX_OK;
    }

    if (rc == NGX_OK && !call->body_started && r == r->main) {

        /*
         * A body that is neither read nor discarded would be taken for the
         * next request.  (Of an error, nginx discards it itself, unless the
         * handler of an "error_page" reads it.)
         */

        if (ngx_http_discard_request_body(r) != NGX_OK) {
            r->keepalive = 0;
        }
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
