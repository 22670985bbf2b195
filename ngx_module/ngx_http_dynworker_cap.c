
/*
 * What an isolate may reach: its table of capabilities.  A host worker's is
 * its location's, made at start; a dynamic one's is granted as it is loaded.
 * A call may lend more to the invocation that it is, while that lasts.
 */

#include "ngx_http_dynworker.h"


static ngx_int_t ngx_http_dynworker_cap_grant(ngx_http_dynworker_cap_t *cap,
    ngx_http_dynworker_cap_t *own, ngx_http_dynworker_isolate_t *from,
    dw_wire_grant_t *grant);
static void ngx_http_dynworker_cap_copy(ngx_http_dynworker_cap_t *cap,
    ngx_http_dynworker_cap_t *from);
static ngx_int_t ngx_http_dynworker_cap_tails(
    ngx_http_dynworker_isolate_t *isolate, ngx_http_dynworker_isolate_t *from,
    dw_wire_span_t *list);
static void ngx_http_dynworker_entry_release(
    ngx_http_dynworker_entry_t *entry);


ngx_int_t
ngx_http_dynworker_caps_init(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *conf)
{
    ngx_http_dynworker_cap_t  *cap;

    conf->caps = ngx_array_create(cf->pool, 2,
                                  sizeof(ngx_http_dynworker_cap_t));
    if (conf->caps == NULL) {
        return NGX_ERROR;
    }

    cap = ngx_array_push(conf->caps);
    if (cap == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(cap, sizeof(ngx_http_dynworker_cap_t));

    if (conf->outbound) {
        cap->type = NGX_HTTP_DYNWORKER_CAP_OUTBOUND;
        cap->policy = conf->outbound;
    }

    return NGX_OK;
}


ngx_http_dynworker_cap_t *
ngx_http_dynworker_isolate_cap(ngx_http_dynworker_isolate_t *isolate,
    uint64_t number)
{
    if (isolate == NULL || number >= isolate->ncaps
        || isolate->caps[number].type == NGX_HTTP_DYNWORKER_CAP_NONE)
    {
        return NULL;
    }

    return &isolate->caps[number];
}


ngx_int_t
ngx_http_dynworker_isolate_grant(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_dynworker_isolate_t *from, dw_wire_worker_t *worker)
{
    ngx_int_t                  rc;
    ngx_uint_t                 n;
    dw_wire_span_t             list;
    dw_wire_grant_t            grant;
    ngx_http_dynworker_cap_t  *cap, *own;

    ngx_http_dynworker_isolate_revoke(isolate);

    list = worker->grants;

    for (n = 0; dw_wire_next_grant(&list, &grant) == DW_WIRE_OK; n++) {
        /* void */
    }

    n -= worker->tails;

    if (n) {
        isolate->caps = ngx_calloc((n + 1) * sizeof(ngx_http_dynworker_cap_t),
                                   isolate->process->cycle->log);
        if (isolate->caps == NULL) {
            isolate->caps = &isolate->own_cap;
            return NGX_ERROR;
        }

        isolate->ncaps = n + 1;
    }

    list = worker->grants;

    for (cap = isolate->caps + 1; cap <= isolate->caps + n; cap++) {

        (void) dw_wire_next_grant(&list, &grant);

        own = ngx_http_dynworker_isolate_cap(from, grant.capability);

        rc = ngx_http_dynworker_cap_grant(cap, own, from, &grant);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_http_dynworker_cap_tails(isolate, from, &list);

    if (rc != NGX_OK) {
        return rc;
    }

    switch (worker->outbound) {

    case DW_WIRE_OUTBOUND_INHERIT:

        cap = ngx_http_dynworker_isolate_cap(from, 0);

        if (cap) {
            ngx_http_dynworker_cap_copy(&isolate->caps[0], cap);
        }

        return NGX_OK;

    case DW_WIRE_OUTBOUND_CAPABILITY:

        if (worker->capability >= n) {
            return NGX_DECLINED;
        }

        cap = &isolate->caps[worker->capability + 1];

        if (cap->type != NGX_HTTP_DYNWORKER_CAP_OUTBOUND
            && cap->type != NGX_HTTP_DYNWORKER_CAP_LOCATION
            && cap->type != NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT)
        {
            return NGX_DECLINED;
        }

        ngx_http_dynworker_cap_copy(&isolate->caps[0], cap);

        return NGX_OK;

    default: /* DW_WIRE_OUTBOUND_NONE */

        return NGX_OK;
    }
}


ngx_http_dynworker_cap_t *
ngx_http_dynworker_call_cap(ngx_http_dynworker_call_t *call, uint64_t number)
{
    ngx_http_dynworker_lent_t  *lent;

    if (number < DW_WIRE_CALL_GRANTS) {
        return ngx_http_dynworker_isolate_cap(call->isolate, number);
    }

    lent = call->lent;

    if (lent == NULL || number < lent->first
        || number - lent->first >= lent->n)
    {
        return NULL;
    }

    return &lent->caps[number - lent->first];
}


ngx_int_t
ngx_http_dynworker_call_lend(ngx_http_dynworker_call_t *call,
    dw_wire_open_t *open)
{
    ngx_int_t                   rc;
    dw_wire_span_t              list;
    dw_wire_grant_t             grant;
    ngx_http_dynworker_cap_t   *own;
    ngx_http_dynworker_call_t  *parent;
    ngx_http_dynworker_lent_t  *lent;

    if (open->ngrants == 0) {
        return NGX_OK;
    }

    lent = ngx_calloc(sizeof(ngx_http_dynworker_lent_t)
                      + (open->ngrants - 1) * sizeof(ngx_http_dynworker_cap_t),
                      call->process->cycle->log);
    if (lent == NULL) {
        return NGX_ERROR;
    }

    lent->first = call->process->granted;
    call->process->granted += open->ngrants;
    call->lent = lent;

    parent = call->parent;
    list = open->grants;

    while (dw_wire_next_grant(&list, &grant) == DW_WIRE_OK) {

        own = ngx_http_dynworker_call_cap(parent, grant.capability);

        rc = ngx_http_dynworker_cap_grant(&lent->caps[lent->n], own,
                                          parent->isolate, &grant);
        if (rc != NGX_OK) {
            return rc;
        }

        lent->n++;
    }

    return NGX_OK;
}


void
ngx_http_dynworker_call_unlend(ngx_http_dynworker_call_t *call)
{
    ngx_uint_t                  i;
    ngx_http_dynworker_lent_t  *lent;

    lent = call->lent;
    call->lent = NULL;

    if (lent == NULL) {
        return;
    }

    for (i = 0; i < lent->n; i++) {
        ngx_http_dynworker_entry_release(lent->caps[i].entry);
    }

    ngx_free(lent);
}


/* "own": what the grant's number stands for, or NULL. */
static ngx_int_t
ngx_http_dynworker_cap_grant(ngx_http_dynworker_cap_t *cap,
    ngx_http_dynworker_cap_t *own, ngx_http_dynworker_isolate_t *from,
    dw_wire_grant_t *grant)
{
    u_char                      *p;
    ngx_http_dynworker_entry_t  *entry;

    if (grant->kind == DW_WIRE_GRANT_CAPABILITY) {

        if (own == NULL) {
            return NGX_DECLINED;
        }

        ngx_http_dynworker_cap_copy(cap, own);

        return NGX_OK;
    }

    /* a loaded worker's exports are nobody else's */

    if (from->role != NGX_HTTP_DYNWORKER_HOST) {
        return NGX_DECLINED;
    }

    entry = ngx_calloc(sizeof(ngx_http_dynworker_entry_t)
                       + grant->entrypoint.size + grant->props.size,
                       from->process->cycle->log);
    if (entry == NULL) {
        return NGX_ERROR;
    }

    entry->refs = 1;
    entry->conf = from->conf;
    entry->conf_ctx = from->conf_ctx;

    p = (u_char *) entry + sizeof(ngx_http_dynworker_entry_t);

    entry->name.data = p;
    entry->name.len = grant->entrypoint.size;
    p = ngx_cpymem(p, grant->entrypoint.data, grant->entrypoint.size);

    entry->props.data = p;
    entry->props.len = grant->props.size;
    ngx_memcpy(p, grant->props.data, grant->props.size);

    cap->type = NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT;
    cap->entry = entry;

    return NGX_OK;
}


static void
ngx_http_dynworker_cap_copy(ngx_http_dynworker_cap_t *cap,
    ngx_http_dynworker_cap_t *from)
{
    *cap = *from;

    if (cap->entry) {
        cap->entry->refs++;
    }
}


/* The rest of the grants are where its traces go. */
static ngx_int_t
ngx_http_dynworker_cap_tails(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_dynworker_isolate_t *from, dw_wire_span_t *list)
{
    ngx_int_t                    rc;
    dw_wire_grant_t              grant;
    ngx_http_dynworker_cap_t     cap, *own;
    ngx_http_dynworker_tails_t  *tails;

    if (list->size == 0) {
        return NGX_OK;
    }

    tails = ngx_calloc(sizeof(ngx_http_dynworker_tails_t),
                       isolate->process->cycle->log);
    if (tails == NULL) {
        return NGX_ERROR;
    }

    tails->refs = 1;
    isolate->tails = tails;

    while (dw_wire_next_grant(list, &grant) == DW_WIRE_OK) {

        ngx_memzero(&cap, sizeof(ngx_http_dynworker_cap_t));

        own = ngx_http_dynworker_isolate_cap(from, grant.capability);

        rc = ngx_http_dynworker_cap_grant(&cap, own, from, &grant);

        if (rc != NGX_OK) {
            return rc;
        }

        if (cap.type != NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT) {
            return NGX_ABORT;
        }

        tails->entries[tails->n++] = cap.entry;
    }

    return NGX_OK;
}


void
ngx_http_dynworker_tails_release(ngx_http_dynworker_tails_t *tails)
{
    ngx_uint_t  i;

    if (--tails->refs) {
        return;
    }

    for (i = 0; i < tails->n; i++) {
        ngx_http_dynworker_entry_release(tails->entries[i]);
    }

    ngx_free(tails);
}


static void
ngx_http_dynworker_entry_release(ngx_http_dynworker_entry_t *entry)
{
    if (entry && --entry->refs == 0) {
        ngx_free(entry);
    }
}


void
ngx_http_dynworker_isolate_revoke(ngx_http_dynworker_isolate_t *isolate)
{
    ngx_uint_t  i;

    if (isolate->role == NGX_HTTP_DYNWORKER_HOST) {
        return;
    }

    for (i = 0; i < isolate->ncaps; i++) {
        ngx_http_dynworker_entry_release(isolate->caps[i].entry);
    }

    if (isolate->tails) {
        ngx_http_dynworker_tails_release(isolate->tails);
        isolate->tails = NULL;
    }

    if (isolate->caps != &isolate->own_cap) {
        ngx_free(isolate->caps);
    }

    ngx_memzero(&isolate->own_cap, sizeof(ngx_http_dynworker_cap_t));

    isolate->caps = &isolate->own_cap;
    isolate->ncaps = 1;
}
