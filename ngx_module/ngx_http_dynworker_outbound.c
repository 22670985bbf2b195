
/*
 * A worker's fetch(): its head is checked, the policy asked and the peer found;
 * then a subrequest of a detached root carries it out
 * (ngx_http_dynworker_root.c), to which the request's body goes
 * (ngx_http_dynworker_upload.c), and filters take its response
 * (ngx_http_dynworker_capture.c).
 */

#include "ngx_http_dynworker.h"


static ngx_int_t ngx_http_dynworker_outbound_origin(
    ngx_http_dynworker_outbound_t *out);
static ngx_int_t ngx_http_dynworker_outbound_head(
    ngx_http_dynworker_outbound_t *out, ngx_http_dynworker_head_t *head,
    ngx_str_t *url);
static ngx_uint_t ngx_http_dynworker_outbound_forbidden(ngx_str_t *method);
static void ngx_http_dynworker_outbound_refuse(
    ngx_http_dynworker_outbound_t *out, ngx_str_t *decision);
static void ngx_http_dynworker_outbound_find_peer(
    ngx_http_dynworker_outbound_t *out);
static void ngx_http_dynworker_outbound_peer(void *data, ngx_int_t rc,
    ngx_str_t *peer);
static ngx_int_t ngx_http_dynworker_outbound_go(
    ngx_http_dynworker_outbound_t *out);
static ngx_int_t ngx_http_dynworker_outbound_uri(
    ngx_http_dynworker_outbound_t *out, ngx_str_t *uri, ngx_str_t *args);
static ngx_int_t ngx_http_dynworker_outbound_headers(
    ngx_http_dynworker_outbound_t *out, ngx_http_request_t *client);
static ngx_int_t ngx_http_dynworker_outbound_header(ngx_list_t *headers,
    ngx_str_t *name, ngx_str_t *value);
static void ngx_http_dynworker_outbound_known(ngx_http_request_t *r);
static ngx_int_t ngx_http_dynworker_outbound_body(
    ngx_http_dynworker_outbound_t *out);


/* $dynworker_outbound_decision */

static ngx_str_t  ngx_http_dynworker_refused_method =
    ngx_string("refused:method");
static ngx_str_t  ngx_http_dynworker_refused_host =
    ngx_string("refused:host");
static ngx_str_t  ngx_http_dynworker_refused_address =
    ngx_string("refused:address");


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
    out->location = cap->uri;
    out->body_limit = call->conf->dynamic_limits.outbound_body;

    call->outbound = out;

    ngx_str_set(&out->decision, "invalid");

    if (ngx_http_dynworker_outbound_origin(out) != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Out of memory.");
        return;
    }

    ngx_http_dynworker_log_start(out);

    if (ngx_http_dynworker_outbound_head(out, head, &url) != NGX_OK) {
        ngx_http_dynworker_engine_break(call->origin->engine,
                                        "a bad head of a fetch()");
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Invalid request.");
        return;
    }

    /* these would answer with the headers that the policy has set, or tunnel */

    if (ngx_http_dynworker_outbound_forbidden(&out->method)) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "This method is not allowed.");
        return;
    }

    rc = ngx_http_dynworker_url_parse(out->pool, &url, &out->url);

    if (rc != NGX_OK) {
        ngx_str_null(&out->url.scheme);
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         rc == NGX_ABORT
                                         ? "The request's URL is too long."
                                         : "Fetch API cannot load this URL.");
        return;
    }

    rc = out->policy ? ngx_http_dynworker_policy_check(out->policy,
                                                       &out->method, &out->url)
                     : NGX_OK;

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_refuse(out, rc == NGX_ABORT
                                        ? &ngx_http_dynworker_refused_method
                                        : &ngx_http_dynworker_refused_host);
        return;
    }

    ngx_str_set(&out->decision, "allowed");

    if (call->request_pipe) {
        out->upload_pipe = call->request_pipe;
        out->upload_pipe->refs++;
        out->upload_length = head->body_length;
    }

    ngx_http_dynworker_outbound_find_peer(out);
}


/* Which worker asks, and for which client's request, be it gone. */
static ngx_int_t
ngx_http_dynworker_outbound_origin(ngx_http_dynworker_outbound_t *out)
{
    ngx_str_t                       *name, id;
    ngx_http_request_t              *client;
    ngx_http_dynworker_kept_t       *kept;
    ngx_http_variable_value_t       *v;
    ngx_http_dynworker_main_conf_t  *dmcf;

    name = &out->call->parent->isolate->name;

    out->worker.data = ngx_pstrdup(out->pool, name);
    if (out->worker.data == NULL) {
        return NGX_ERROR;
    }

    out->worker.len = name->len;

    ngx_str_null(&id);

    client = ngx_http_dynworker_call_root(out->call);
    kept = ngx_http_dynworker_call_kept(out->call);

    if (client) {
        dmcf = ngx_http_get_module_main_conf(client,
                                             ngx_http_dynworker_module);

        v = ngx_http_get_indexed_variable(client, dmcf->request_id);

        if (v && !v->not_found) {
            id.len = v->len;
            id.data = v->data;
        }

    } else if (kept) {
        id = kept->request_id;
    }

    if (id.len == 0) {
        return NGX_OK;
    }

    out->root_id.data = ngx_pstrdup(out->pool, &id);
    if (out->root_id.data == NULL) {
        return NGX_ERROR;
    }

    out->root_id.len = id.len;

    return NGX_OK;
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


/* Methods that no fetch() may have, whatever the policy says. */
static ngx_uint_t
ngx_http_dynworker_outbound_forbidden(ngx_str_t *method)
{
    ngx_uint_t  i;

    static ngx_str_t  names[] = {
        ngx_string("CONNECT"),
        ngx_string("TRACE"),
        ngx_string("TRACK"),
        ngx_null_string
    };

    for (i = 0; names[i].len; i++) {

        if (method->len == names[i].len
            && ngx_strncasecmp(method->data, names[i].data, method->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* The policy says no: a Response, as a gateway in JavaScript would answer. */
static void
ngx_http_dynworker_outbound_refuse(ngx_http_dynworker_outbound_t *out,
    ngx_str_t *decision)
{
    ngx_str_t                   strings, url;
    ngx_http_dynworker_call_t  *call;

    static u_char  head[] = "\0Content-Type\0text/plain;charset=UTF-8";
    static u_char  body[] = "Domain not allowed";

    call = out->call;

    out->status = NGX_HTTP_FORBIDDEN;
    out->bytes = sizeof(body) - 1;
    out->decision = *decision;

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


void
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

    if (out->policy == NULL) {
        ngx_http_dynworker_outbound_peer(out, NGX_OK, &out->peer);
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

    out->peer_ctx = NULL;

    if (out->cancelled || out->call == NULL) {
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_dynworker_outbound_refuse(out,
                                         &ngx_http_dynworker_refused_address);
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "DNS lookup failed.");
        return;
    }

    out->peer = *peer;

    rc = ngx_http_dynworker_outbound_go(out);

    if (rc == NGX_DECLINED) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Fetch API cannot load this URL.");
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_dynworker_outbound_fail(out, DW_WIRE_NETWORK,
                                         "Internal error.");
        return;
    }

    ngx_http_dynworker_outbound_run(out);
}


static ngx_int_t
ngx_http_dynworker_outbound_go(ngx_http_dynworker_outbound_t *out)
{
    ngx_int_t            rc;
    ngx_str_t            uri, args;
    ngx_http_request_t  *client;

    client = ngx_http_dynworker_call_root(out->call);

    rc = ngx_http_dynworker_outbound_headers(out, client);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_dynworker_outbound_body(out);

    if (rc != NGX_OK) {
        return rc;
    }

    out->root->unparsed_uri = out->url.uri;

    if (out->policy) {
        return ngx_http_dynworker_outbound_launch(out, &out->policy->pass,
                                                  NULL);
    }

    rc = ngx_http_dynworker_outbound_uri(out, &uri, &args);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_dynworker_outbound_launch(out, &uri, &args);
}


/*
 * Where a service's request goes: the URL's path, decoded, goes below the
 * service's location, and dots in it do not lead out of there.  NGX_DECLINED:
 * it is not a path.
 */
static ngx_int_t
ngx_http_dynworker_outbound_uri(ngx_http_dynworker_outbound_t *out,
    ngx_str_t *uri, ngx_str_t *args)
{
    u_char                    *p;
    ngx_str_t                  path, saved;
    ngx_http_request_t        *r;
    ngx_http_core_srv_conf_t  *cscf;

    r = out->root;
    saved = r->uri;

    /* the parser looks at the byte after it */

    p = ngx_pnalloc(r->pool, out->url.uri.len + 1);
    path.data = ngx_pnalloc(r->pool, out->url.uri.len + 1);

    if (p == NULL || path.data == NULL) {
        return NGX_ERROR;
    }

    r->uri_start = p;
    r->uri_end = ngx_cpymem(p, out->url.uri.data, out->url.uri.len);
    *r->uri_end = '\0';

    r->uri.data = path.data;
    r->args_start = NULL;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (ngx_http_parse_complex_uri(r, cscf->merge_slashes) != NGX_OK) {
        r->uri = saved;
        return NGX_DECLINED;
    }

    path = r->uri;
    r->uri = saved;

    ngx_str_null(args);

    if (r->args_start && r->uri_end > r->args_start) {
        args->data = r->args_start;
        args->len = r->uri_end - r->args_start;
    }

    uri->len = out->location.len + path.len;
    uri->data = ngx_pnalloc(r->pool, uri->len);
    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri->data, out->location.data, out->location.len);
    ngx_memcpy(p, path.data, path.len);

    return NGX_OK;
}


/* The root's headers: the worker's, then as the policy will have them. */
static ngx_int_t
ngx_http_dynworker_outbound_headers(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client)
{
    ngx_str_t                   list, name, value, *own;
    ngx_list_t                 *headers;
    ngx_http_request_t         *r;
    ngx_http_dynworker_kept_t  *kept;

    /* nginx's own business, as those of a connection */

    static ngx_str_t  owns[] = {
        ngx_string("Host"),
        ngx_string("Expect"),
        ngx_string("Content-Length"),
        ngx_null_string
    };

    r = out->root;
    kept = ngx_http_dynworker_call_kept(out->call);
    headers = &r->headers_in.headers;
    list = out->strings;

    ngx_str_set(&name, "Host");

    if (ngx_http_dynworker_outbound_header(headers, &name, &out->url.host)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    while (ngx_http_dynworker_next_string(&list, &name) == NGX_OK
           && ngx_http_dynworker_next_string(&list, &value) == NGX_OK)
    {
        if (ngx_http_dynworker_is_hop_header(&name)) {
            continue;
        }

        for (own = owns; own->len; own++) {
            if (ngx_http_dynworker_same_header(&name, own)) {
                break;
            }
        }

        if (own->len) {
            continue;
        }

        if (ngx_http_dynworker_outbound_header(headers, &name, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* variables in "set_header" are the client's, be it gone */

    if (out->policy
        && ngx_http_dynworker_policy_headers(out->policy, client ? client : r,
                                             client ? NULL : kept,
                                             &out->url, headers)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_dynworker_outbound_known(r);

    r->headers_in.server = out->url.name;

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_outbound_header(ngx_list_t *headers, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = *name;
    h->value = *value;

    h->lowcase_key = ngx_pnalloc(headers->pool, name->len);
    if (h->lowcase_key == NULL) {
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, name->data, name->len);

    return NGX_OK;
}


/* Sets r->headers_in's pointers, for variables and other modules. */
static void
ngx_http_dynworker_outbound_known(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_dynworker_next_header(&part, &i)) != NULL) {
        hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash,
                           h->lowcase_key, h->key.len);

        /*
         * nginx's handler would choose a server by "Host", and answer a second
         * line of the same name, which no honest engine sends, with 400.
         */

        if (hh == NULL || hh->offset == 0
            || *(void **) ((char *) &r->headers_in + hh->offset))
        {
            continue;
        }

        if (hh->offset == offsetof(ngx_http_headers_in_t, host)) {
            r->headers_in.host = h;
            continue;
        }

        (void) hh->handler(r, h, hh->offset);
    }
}


/* A body joins it when the location that passes it on is known. */
static ngx_int_t
ngx_http_dynworker_outbound_body(ngx_http_dynworker_outbound_t *out)
{
    ngx_http_request_t  *r;

    r = out->root;

    r->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (r->request_body == NULL) {
        return NGX_ERROR;
    }

    r->headers_in.content_length_n = -1;

    /* a length of 0 is said only where a body has a meaning */

    if (out->upload_pipe == NULL
        && (out->method_id & (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)))
    {
        r->headers_in.content_length_n = 0;
    }

    return NGX_OK;
}
