
/*
 * Clients' requests as origins of calls: the content handlers, and the end of a
 * request, in a response's place or after it.
 */

#include "ngx_http_dynworker.h"


/* RFC 6585, 5; nginx has no name for it. */
#define NGX_HTTP_DYNWORKER_HEADERS_TOO_LARGE  431

/* For seconds of the Retry-After header of a 503. */
#define NGX_HTTP_DYNWORKER_RETRY     "1"


static ngx_int_t ngx_http_dynworker_client_call(ngx_http_request_t *r,
    ngx_http_dynworker_isolate_t *isolate);
static ngx_http_dynworker_ctx_t *ngx_http_dynworker_client_ctx(
    ngx_http_request_t *r);
static void ngx_http_dynworker_client_cleanup(void *data);
static void ngx_http_dynworker_client_leave(ngx_http_dynworker_call_t *call);
static void ngx_http_dynworker_client_retry_after(ngx_http_request_t *r);


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
    ngx_int_t                      rc;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = ngx_http_dynworker_client_isolate(r, &rc);
    if (isolate == NULL) {
        return rc;
    }

    return ngx_http_dynworker_client_call(r, isolate);
}


ngx_http_dynworker_isolate_t *
ngx_http_dynworker_client_isolate(ngx_http_request_t *r, ngx_int_t *status)
{
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

    *status = NGX_HTTP_INTERNAL_SERVER_ERROR;

    process = ngx_http_dynworker_process_start((ngx_cycle_t *) ngx_cycle,
                                               dmcf);
    if (process == NULL
        || ngx_http_complex_value(r, dlcf->load_id, &id) != NGX_OK)
    {
        return NULL;
    }

    ctx = ngx_http_dynworker_client_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (id.len == 0) {
        ngx_str_set(&ctx->error, "load");

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the id of \"dynworker_load\" is empty");

        return NULL;
    }

    isolate = ngx_http_dynworker_loader_get(process, &dlcf->load_space, &id);
    if (isolate == NULL) {
        return NULL;
    }

    if (isolate->state != NGX_HTTP_DYNWORKER_COLD) {
        return isolate;
    }

    /* kept while its code is asked for, whatever happens to it */

    ngx_http_dynworker_isolate_ref(isolate);

    if (ngx_http_dynworker_loader_room(process) != NGX_OK) {
        ngx_http_dynworker_isolate_unref(isolate);

        ngx_str_set(&ctx->error, "overload");

        ngx_http_dynworker_text(&id);
        ngx_http_dynworker_loader_full(process, &id, r->connection->log);

        ngx_http_dynworker_client_retry_after(r);

        *status = NGX_HTTP_SERVICE_UNAVAILABLE;

        return NULL;
    }

    isolate->conf = dlcf;
    isolate->conf_ctx = cscf->ctx;
    isolate->limits = dlcf->dynamic_limits;
    isolate->own_cap = ((ngx_http_dynworker_cap_t *) dlcf->caps->elts)[0];

    if (ngx_http_complex_value(r, dlcf->load_code, &uri) != NGX_OK
        || ngx_http_dynworker_code_fetch(isolate, r, &uri) != NGX_OK)
    {
        ngx_http_dynworker_isolate_unref(isolate);
        return NULL;
    }

    /* WAITING: it rests in the table until the call is there */

    ngx_http_dynworker_isolate_unref(isolate);

    return isolate;
}


static ngx_int_t
ngx_http_dynworker_client_call(ngx_http_request_t *r,
    ngx_http_dynworker_isolate_t *isolate)
{
    ngx_http_cleanup_t            *cln;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_dynworker_ctx_t      *ctx;
    ngx_http_dynworker_head_t      head;
    ngx_http_dynworker_call_t     *call, *outer;

    ctx = ngx_http_dynworker_client_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->id.data = ngx_pstrdup(r->pool, &isolate->name);
    if (ctx->id.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->id.len = isolate->name.len;

    /* below a detached root: a worker's fetch() has come here */

    outer = ctx->outbound ? ctx->outbound->call : NULL;

    if (outer && outer->depth == NGX_HTTP_DYNWORKER_DEPTH) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "worker \"%V\" is called by itself through "
                      "%d locations", &isolate->name,
                      NGX_HTTP_DYNWORKER_DEPTH);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_dynworker_client_head(r, &head) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_dynworker_head_fits(&head)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "client sent a request that is too large for worker "
                      "\"%V\": URL, headers, cf and props have %uz bytes, "
                      "more than %d", &isolate->name,
                      head.strings.len + head.props.len,
                      DW_WIRE_HEAD_MAX - DW_WIRE_OPEN_SIZE);

        return (r->unparsed_uri.len > DW_WIRE_HEAD_MAX / 2)
               ? NGX_HTTP_REQUEST_URI_TOO_LARGE
               : NGX_HTTP_DYNWORKER_HEADERS_TOO_LARGE;
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
    call->ctx = ctx;

    if (outer) {
        call->depth = outer->depth + 1;
        call->tail_depth = outer->tail_depth;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    call->conf = ngx_http_get_module_loc_conf(r, ngx_http_dynworker_module);
    call->conf_ctx = cscf->ctx;
    call->props = head.props;

    call->output.handler = ngx_http_dynworker_client_output_event;
    call->output.data = call;
    call->output.log = r->connection->log;

    r->main->count++;

    ngx_http_dynworker_client_watch(r);
    r->write_event_handler = ngx_http_request_empty_handler;

    if (head.body) {

        call->request_pipe = ngx_http_dynworker_pipe_create();

        if (call->request_pipe == NULL) {
            ngx_http_dynworker_client_finalize(call,
                                               NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_DONE;
        }

        ngx_http_dynworker_pipe_set_source(call->request_pipe,
                                           &ngx_http_dynworker_client_source,
                                           call);
    }

    ngx_http_dynworker_call_invoke(call, isolate, &head);

    return NGX_DONE;
}


/*
 * A client that goes away ends its request, and so the call, but where a
 * "post_action" would take the request over from it.
 */
void
ngx_http_dynworker_client_watch(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    r->read_event_handler = clcf->post_action.data ? ngx_http_block_reading
                                                   : ngx_http_test_reading;
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

    ngx_http_dynworker_client_leave(call);

    if (call->request_pipe) {
        ngx_http_dynworker_pipe_end(call->request_pipe, DW_WIRE_CANCEL);
    }

    ngx_http_dynworker_call_cancel(call);
}


ngx_str_t *
ngx_http_dynworker_client_error(ngx_uint_t code)
{
    return (ngx_str_t *) &ngx_http_dynworker_errors[code].name;
}


void
ngx_http_dynworker_client_fail(ngx_http_dynworker_call_t *call,
    ngx_uint_t code)
{
    ngx_http_request_t  *r;

    r = call->request;

    call->ctx->error = ngx_http_dynworker_errors[code].name;

    if (r->header_sent) {
        ngx_http_dynworker_client_finish(call, NGX_ERROR);
        return;
    }

    if (code == DW_WIRE_OVERLOAD) {
        ngx_http_dynworker_client_retry_after(r);
    }

    if (call->body_started) {

        /*
         * Who answers in the worker's place finds no body, and must not wait
         * for it.  A request that was to be passed through is not the same
         * without: it gets no "error_page".
         */

        r->headers_in.content_length_n = 0;
        r->headers_in.chunked = 0;

        if (call->pass) {
            r->error_page = 1;
        }
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
    if (call->request->header_sent) {
        /* too late for another answer */
        status = NGX_ERROR;
    }

    ngx_http_dynworker_client_finish(call, status);
    ngx_http_dynworker_call_cancel(call);
}


/* The request leaves the call, with what its variables need. */
static void
ngx_http_dynworker_client_leave(ngx_http_dynworker_call_t *call)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = call->ctx;

    ctx->call = NULL;
    ctx->cold = call->cold;
    ctx->cpu_us = call->cpu_us;
    ctx->subrequests = call->subrequests;
    ctx->wall = ngx_current_msec - call->start;
    ctx->done = 1;

    ngx_http_dynworker_call_keep(call);
    call->request = NULL;

    if (call->output.posted) {
        ngx_delete_posted_event(&call->output);
    }
}


void
ngx_http_dynworker_client_finish(ngx_http_dynworker_call_t *call, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = call->request;
    c = r->connection;

    ngx_http_dynworker_client_leave(call);

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
