
/*
 * Variables: what a client's request made of its worker, and where a worker's
 * fetch() goes, for the location that carries it out.
 */

#include "ngx_http_dynworker.h"


typedef enum {
    NGX_HTTP_DYNWORKER_VAR_URL = 0,
    NGX_HTTP_DYNWORKER_VAR_SCHEME,
    NGX_HTTP_DYNWORKER_VAR_HOST,
    NGX_HTTP_DYNWORKER_VAR_NAME,
    NGX_HTTP_DYNWORKER_VAR_PORT,
    NGX_HTTP_DYNWORKER_VAR_URI,
    NGX_HTTP_DYNWORKER_VAR_PEER,
    NGX_HTTP_DYNWORKER_VAR_METHOD,
    NGX_HTTP_DYNWORKER_VAR_RESOURCE,
    NGX_HTTP_DYNWORKER_VAR_WORKER,
    NGX_HTTP_DYNWORKER_VAR_ROOT,
    NGX_HTTP_DYNWORKER_VAR_DECISION,
    NGX_HTTP_DYNWORKER_VAR_STATUS,
    NGX_HTTP_DYNWORKER_VAR_BYTES,
    NGX_HTTP_DYNWORKER_VAR_TIME
} ngx_http_dynworker_var_e;


static ngx_int_t ngx_http_dynworker_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_cold_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_cpu_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_wall_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_subrequests_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_error_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_dynworker_outbound_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static ngx_http_dynworker_ctx_t *ngx_http_dynworker_main_ctx(
    ngx_http_request_t *r);
static void ngx_http_dynworker_kept_ctx(void *data);
static void ngx_http_dynworker_string_value(ngx_http_variable_value_t *v,
    ngx_str_t *s);
static ngx_int_t ngx_http_dynworker_url_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_dynworker_url_t *url,
    ngx_uint_t bare);
static ngx_int_t ngx_http_dynworker_number_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n);
static ngx_int_t ngx_http_dynworker_time_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t ms);


static ngx_http_variable_t  ngx_http_dynworker_vars[] = {

    { ngx_string("dynworker_id"), NULL,
      ngx_http_dynworker_id_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_cold"), NULL,
      ngx_http_dynworker_cold_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_cpu_time"), NULL,
      ngx_http_dynworker_cpu_time_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_wall_time"), NULL,
      ngx_http_dynworker_wall_time_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_subrequests"), NULL,
      ngx_http_dynworker_subrequests_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_error"), NULL,
      ngx_http_dynworker_error_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_url"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_URL,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_scheme"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_SCHEME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_host"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_HOST,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_name"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_NAME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_port"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_PORT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_uri"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_URI,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_peer"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_PEER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_method"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_METHOD,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_resource"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_RESOURCE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_worker"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_WORKER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_root"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_ROOT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_decision"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_DECISION,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_status"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_STATUS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_bytes"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_BYTES,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("dynworker_outbound_time"), NULL,
      ngx_http_dynworker_outbound_variable, NGX_HTTP_DYNWORKER_VAR_TIME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_dynworker_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_dynworker_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_dynworker_keep_ctx(ngx_http_request_t *r, void *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_dynworker_kept_ctx;
    cln->data = ctx;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL || ctx->id.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_dynworker_string_value(v, &ctx->id);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_cold_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = 1;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = (u_char *) ((ctx->call ? ctx->call->cold : ctx->cold) ? "1"
                                                                  : "0");

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_cpu_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_dynworker_time_value(r, v, ctx->cpu_us / 1000);
}


static ngx_int_t
ngx_http_dynworker_wall_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_dynworker_time_value(r, v, ctx->done ? ctx->wall
                                           : ngx_current_msec - ctx->start);
}


static ngx_int_t
ngx_http_dynworker_subrequests_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                    *p;
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%ui", ctx->call ? ctx->call->subrequests
                                             : ctx->subrequests) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_error_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_dynworker_ctx_t  *ctx;

    ctx = ngx_http_dynworker_main_ctx(r);

    if (ctx == NULL || ctx->error.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_dynworker_string_value(v, &ctx->error);

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_outbound_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                      *value;
    ngx_http_dynworker_ctx_t       *ctx;
    ngx_http_dynworker_outbound_t  *out;

    /* an internal redirect of the subrequest has cleared its own context */

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx == NULL || ctx->outbound == NULL) {
        ctx = ngx_http_get_module_ctx(r->main, ngx_http_dynworker_module);
    }

    if (ctx == NULL || ctx->outbound == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    out = ctx->outbound;

    switch (data) {

    case NGX_HTTP_DYNWORKER_VAR_SCHEME:
        value = &out->url.scheme;
        break;

    case NGX_HTTP_DYNWORKER_VAR_HOST:
        value = &out->url.host;
        break;

    case NGX_HTTP_DYNWORKER_VAR_NAME:
        value = &out->url.name;
        break;

    case NGX_HTTP_DYNWORKER_VAR_URI:
        value = &out->url.uri;
        break;

    case NGX_HTTP_DYNWORKER_VAR_PEER:
        value = &out->peer;
        break;

    case NGX_HTTP_DYNWORKER_VAR_METHOD:
        value = &out->method;
        break;

    case NGX_HTTP_DYNWORKER_VAR_WORKER:
        value = &out->worker;
        break;

    case NGX_HTTP_DYNWORKER_VAR_ROOT:
        value = &out->root_id;
        break;

    case NGX_HTTP_DYNWORKER_VAR_DECISION:
        value = &out->decision;
        break;

    case NGX_HTTP_DYNWORKER_VAR_PORT:
        return ngx_http_dynworker_number_value(r, v, out->url.port);

    case NGX_HTTP_DYNWORKER_VAR_STATUS:

        if (out->status == 0) {
            v->not_found = 1;
            return NGX_OK;
        }

        return ngx_http_dynworker_number_value(r, v, out->status);

    case NGX_HTTP_DYNWORKER_VAR_BYTES:
        return ngx_http_dynworker_number_value(r, v, out->bytes);

    case NGX_HTTP_DYNWORKER_VAR_TIME:
        return ngx_http_dynworker_time_value(r, v,
                                             ngx_current_msec - out->start);

    default: /* NGX_HTTP_DYNWORKER_VAR_URL, NGX_HTTP_DYNWORKER_VAR_RESOURCE */
        return ngx_http_dynworker_url_value(r, v, &out->url,
                                  data == NGX_HTTP_DYNWORKER_VAR_RESOURCE);
    }

    ngx_http_dynworker_string_value(v, value);

    return NGX_OK;
}


/* Without the query, if "bare". */

static ngx_int_t
ngx_http_dynworker_url_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_dynworker_url_t *url,
    ngx_uint_t bare)
{
    u_char     *p;
    ngx_str_t   uri;

    if (url->scheme.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    uri = url->uri;

    if (bare) {
        p = ngx_strlchr(uri.data, uri.data + uri.len, '?');

        if (p) {
            uri.len = p - uri.data;
        }
    }

    v->len = url->scheme.len + sizeof("://") - 1 + url->host.len + uri.len;

    p = ngx_pnalloc(r->pool, v->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(p, "%V://%V%V", &url->scheme, &url->host, &uri);

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_http_dynworker_ctx_t *
ngx_http_dynworker_main_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_dynworker_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_dynworker_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_dynworker_kept_ctx) {
                ctx = cln->data;
                break;
            }
        }
    }

    return ctx;
}


/* As in the realip module, a cleanup with nothing to do holds the context. */

static void
ngx_http_dynworker_kept_ctx(void *data)
{
    return;
}


static void
ngx_http_dynworker_string_value(ngx_http_variable_value_t *v, ngx_str_t *s)
{
    v->len = s->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = s->data;
}


static ngx_int_t
ngx_http_dynworker_number_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t n)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%uL", n) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_time_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uint64_t ms)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%uL.%03uL", ms / 1000, ms % 1000) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}
