
/*
 * "dynworker_load": the code of a cold worker, fetched from an internal URI by
 * a subrequest of a detached root, once for all who wait.
 */

#include "ngx_http_dynworker.h"


static void ngx_http_dynworker_code_refuse(
    ngx_http_dynworker_outbound_t *out, const char *fmt, ...);
static void ngx_http_dynworker_code_status(
    ngx_http_dynworker_isolate_t *isolate, ngx_int_t status);


ngx_int_t
ngx_http_dynworker_code_fetch(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_request_t *r, ngx_str_t *uri)
{
    ngx_str_t                       path, args, text;
    ngx_uint_t                      flags;
    ngx_http_dynworker_outbound_t  *out;

    if (uri->len == 0 || uri->data[0] != '/') {
        text = *uri;
        ngx_http_dynworker_text(&text);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"%V\" in \"dynworker_load code=\" is no URI, "
                      "it should start with \"/\"", &text);
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

    /* it may hold what a client sent, so "/../" would leave its location */

    ngx_str_null(&args);
    flags = 0;

    if (ngx_http_parse_unsafe_uri(out->root, &path, &args, &flags) != NGX_OK) {
        text = *uri;
        ngx_http_dynworker_text(&text);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "unsafe URI \"%V\" in \"dynworker_load code=\"", &text);
        goto failed;
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
void
ngx_http_dynworker_code_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r)
{
    size_t            i;
    ngx_str_t         type;
    ngx_table_elt_t  *encoding;

    out->status = r->headers_out.status;

    if (out->status != NGX_HTTP_OK) {

        if (out->status < NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_dynworker_code_refuse(out, "status %ui, expected 200",
                                           out->status);
        }

        return;
    }

    encoding = r->headers_out.content_encoding;

    if (encoding && encoding->hash && encoding->value.len) {
        ngx_http_dynworker_code_refuse(out, "encoding \"%V\", expected none",
                                       &encoding->value);
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
        ngx_http_dynworker_code_refuse(out, "type \"%V\", expected "
                                       "\"text/javascript\" or "
                                       "\"application/json\"", &type);
    }
}


/* What comes is no code; "fmt" goes on from "its code has". */
static void
ngx_http_dynworker_code_refuse(ngx_http_dynworker_outbound_t *out,
    const char *fmt, ...)
{
    u_char     buf[256], *p;
    va_list    args;
    ngx_str_t  text;

    p = ngx_cpymem(buf, "its code has ", sizeof("its code has ") - 1);

    va_start(args, fmt);
    p = ngx_vslprintf(p, buf + sizeof(buf), fmt, args);
    va_end(args);

    text.data = buf;
    text.len = p - buf;

    out->format = 0;
    out->code_error.data = ngx_pstrdup(out->pool, &text);
    out->code_error.len = out->code_error.data ? text.len : 0;
}


ngx_int_t
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
        ngx_http_dynworker_code_refuse(out, "more than %d bytes",
                                       DW_WIRE_CODE_MAX);
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


void
ngx_http_dynworker_code_done(ngx_http_dynworker_outbound_t *out, ngx_int_t rc)
{
    size_t                         size;
    ngx_str_t                      message;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = out->isolate;

    isolate->code = NULL;
    out->isolate = NULL;

    ngx_http_dynworker_isolate_ref(isolate);

    if (out->format && out->last) {

        size = out->code ? out->code->last - out->code->pos : 0;

        if (ngx_http_dynworker_loader_room(isolate->process) != NGX_OK) {
            ngx_str_set(&message, "Too many dynamic workers.");
            ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_OVERLOAD,
                                            &message, NULL);

        } else if (ngx_http_dynworker_isolate_open(isolate, out->format)
                   == NGX_OK
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

    } else if (out->headed && out->status >= NGX_HTTP_SPECIAL_RESPONSE) {

        /* other statuses are the client's */

        ngx_http_dynworker_code_status(isolate, out->status);

    } else if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_dynworker_code_status(isolate, rc);

    } else {

        message = out->code_error;

        if (message.len == 0) {
            ngx_str_set(&message, "its code could not be fetched");
        }

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
