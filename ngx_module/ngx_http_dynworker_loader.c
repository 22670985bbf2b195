
/*
 * Isolates as nginx sees them: host workers' (one a location), and the loader
 * table of dynamic workers.  Who gives a cold one its code, who waits for it,
 * and when it goes.
 */

#include "ngx_http_dynworker.h"


/* What one isolate may claim: the sum of all is far from overflowing. */
#define NGX_HTTP_DYNWORKER_MEMORY_MAX   ((uint64_t) 1 << 40)

/* LOAD channels that one isolate may have open; each costs about 1 KB. */
#define NGX_HTTP_DYNWORKER_STUBS_HOST      10000
#define NGX_HTTP_DYNWORKER_STUBS_SANDBOX   1000

/* An id, as engines check it too. */
#define NGX_HTTP_DYNWORKER_ID_MAX       4095

/* What is kept of a failure's message, and of where it was. */
#define NGX_HTTP_DYNWORKER_FAILURE_MAX  4096


static ngx_http_dynworker_isolate_t *ngx_http_dynworker_isolate_create(
    ngx_http_dynworker_process_t *process, ngx_http_dynworker_role_e role,
    ngx_str_t *space, ngx_str_t *name);
static void ngx_http_dynworker_isolate_destroy(
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_isolate_rest(
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_isolate_cool(
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_isolate_remember(
    ngx_http_dynworker_isolate_t *isolate, ngx_uint_t code,
    ngx_str_t *message, ngx_str_t *location);
static void ngx_http_dynworker_isolate_forget(
    ngx_http_dynworker_isolate_t *isolate);
static ngx_uint_t ngx_http_dynworker_isolate_ask(
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_loader_admit(ngx_event_t *ev);
static ngx_int_t ngx_http_dynworker_loader_trim(
    ngx_http_dynworker_process_t *process);
static void ngx_http_dynworker_isolate_settle(
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_isolate_evict(
    ngx_http_dynworker_isolate_t *isolate);
static ngx_int_t ngx_http_dynworker_isolate_park(
    ngx_http_dynworker_isolate_t *isolate, ngx_http_dynworker_call_t *parent);
static void ngx_http_dynworker_isolate_unpark(
    ngx_http_dynworker_isolate_t *isolate);
static ngx_int_t ngx_http_dynworker_loader_evict(
    ngx_http_dynworker_process_t *process);
static void ngx_http_dynworker_isolate_claim(
    ngx_http_dynworker_isolate_t *isolate, uint64_t bytes);
static void ngx_http_dynworker_loader_idle(ngx_event_t *ev);
static void ngx_http_dynworker_loader_idle_timer(
    ngx_http_dynworker_process_t *process);
static ngx_http_dynworker_isolate_t *ngx_http_dynworker_loader_again(
    ngx_http_dynworker_isolate_t *last);
static ngx_uint_t ngx_http_dynworker_load_full(
    ngx_http_dynworker_load_t *load);
static void ngx_http_dynworker_load_hold(ngx_http_dynworker_load_t *load,
    ngx_http_dynworker_isolate_t *isolate);
static void ngx_http_dynworker_load_provide(ngx_http_dynworker_load_t *load);
static void ngx_http_dynworker_load_prepare(ngx_http_dynworker_load_t *load);
static void ngx_http_dynworker_load_ask(ngx_http_dynworker_load_t *load);
static void ngx_http_dynworker_load_start(ngx_http_dynworker_load_t *load);
static void ngx_http_dynworker_load_refuse(ngx_http_dynworker_load_t *load,
    ngx_uint_t code, char *message);


void
ngx_http_dynworker_loader_init(ngx_http_dynworker_process_t *process)
{
    ngx_rbtree_init(&process->isolates, &process->isolates_sentinel,
                    ngx_str_rbtree_insert_value);

    ngx_queue_init(&process->lru);
    ngx_queue_init(&process->stubbed);
    ngx_queue_init(&process->parked);
    ngx_queue_init(&process->hosts);

    process->granted = DW_WIRE_CALL_GRANTS;

    process->admit.handler = ngx_http_dynworker_loader_admit;
    process->admit.data = process;
    process->admit.log = process->cycle->log;

    process->idle.handler = ngx_http_dynworker_loader_idle;
    process->idle.data = process;
    process->idle.log = process->cycle->log;
    process->idle.cancelable = 1;
}


/* The engines are gone already, and with them all calls and loads. */
void
ngx_http_dynworker_loader_done(ngx_http_dynworker_process_t *process)
{
    ngx_queue_t  *q;

    if (process->idle.timer_set) {
        ngx_del_timer(&process->idle);
    }

    if (process->admit.posted) {
        ngx_delete_posted_event(&process->admit);
    }

    while (!ngx_queue_empty(&process->lru)) {
        q = ngx_queue_head(&process->lru);

        ngx_http_dynworker_isolate_destroy(
                  ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue));
    }

    while (!ngx_queue_empty(&process->hosts)) {
        q = ngx_queue_head(&process->hosts);

        ngx_http_dynworker_isolate_destroy(
                  ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue));
    }
}


void
ngx_http_dynworker_loader_retire(ngx_http_dynworker_engine_t *engine)
{
    ngx_rbtree_node_t             *node, *next;
    ngx_http_dynworker_channel_t  *channel;
    ngx_http_dynworker_isolate_t  *isolate;

    if (engine->channels.root == engine->channels.sentinel) {
        return;
    }

    for (node = ngx_rbtree_min(engine->channels.root,
                               engine->channels.sentinel);
         node;
         node = next)
    {
        next = ngx_rbtree_next(&engine->channels, node);

        channel = (ngx_http_dynworker_channel_t *) node;

        if (channel->kind != DW_WIRE_ISOLATE) {
            continue;
        }

        isolate = channel->owner;

        if (isolate->named) {
            isolate->named = 0;
            ngx_rbtree_delete(&isolate->process->isolates, &isolate->sn.node);
        }

        if (isolate->role == NGX_HTTP_DYNWORKER_HOST) {
            ngx_queue_remove(&isolate->queue);
        }

        isolate->retired = 1;
        ngx_http_dynworker_isolate_claim(isolate, 0);

        if (isolate->refs == 0) {

            /* nobody is in it: its own channel is all that goes */

            ngx_http_dynworker_isolate_destroy(isolate);
        }
    }
}


ngx_http_dynworker_isolate_t *
ngx_http_dynworker_host_isolate(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_loc_conf_t *conf, ngx_http_conf_ctx_t *ctx)
{
    ngx_queue_t                   *q;
    ngx_http_dynworker_isolate_t  *isolate;

    for (q = ngx_queue_head(&process->hosts);
         q != ngx_queue_sentinel(&process->hosts);
         q = ngx_queue_next(q))
    {
        isolate = ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue);

        /* an "if" block has a configuration of its own, and the same worker */

        if (isolate->conf->records.data == conf->records.data) {
            goto found;
        }
    }

    isolate = ngx_http_dynworker_isolate_create(process,
                                                NGX_HTTP_DYNWORKER_HOST, NULL,
                                                &conf->script);
    if (isolate == NULL) {
        return NULL;
    }

    isolate->conf = conf;
    isolate->conf_ctx = ctx;
    isolate->limits = conf->host_limits;
    isolate->caps = conf->caps->elts;
    isolate->ncaps = conf->caps->nelts;

    ngx_queue_insert_tail(&process->hosts, &isolate->queue);

found:

    if (isolate->state == NGX_HTTP_DYNWORKER_COLD
        && ngx_http_dynworker_isolate_open(isolate, DW_WIRE_CODE_RECORDS)
           == NGX_OK
        && ngx_http_dynworker_channel_send(isolate->channel,
                                           conf->records.data,
                                           conf->records.len)
           == NGX_OK)
    {
        ngx_http_dynworker_isolate_loaded(isolate);
    }

    return isolate;
}


ngx_http_dynworker_isolate_t *
ngx_http_dynworker_loader_get(ngx_http_dynworker_process_t *process,
    ngx_str_t *space, ngx_str_t *id)
{
    u_char                        *p;
    uint32_t                       hash;
    ngx_str_t                      key;
    ngx_http_dynworker_isolate_t  *isolate;

    key.len = space->len + 1 + id->len;

    key.data = ngx_alloc(key.len, process->cycle->log);
    if (key.data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(key.data, space->data, space->len);
    *p++ = '\0';
    ngx_memcpy(p, id->data, id->len);

    hash = ngx_crc32_long(key.data, key.len);

    isolate = (ngx_http_dynworker_isolate_t *)
              ngx_str_rbtree_lookup(&process->isolates, &key, hash);

    ngx_free(key.data);

    if (isolate) {
        return isolate;
    }

    return ngx_http_dynworker_isolate_create(process,
                                             NGX_HTTP_DYNWORKER_SANDBOX, space,
                                             id);
}


/* Without a namespace it is in no table: a host worker, or one of load(). */
static ngx_http_dynworker_isolate_t *
ngx_http_dynworker_isolate_create(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_role_e role, ngx_str_t *space, ngx_str_t *name)
{
    u_char                        *p, c;
    size_t                         i, len;
    ngx_http_dynworker_isolate_t  *isolate;

    len = (space ? space->len + 1 : 0) + name->len;

    isolate = ngx_calloc(sizeof(ngx_http_dynworker_isolate_t) + len
                         + name->len, process->cycle->log);
    if (isolate == NULL) {
        return NULL;
    }

    isolate->process = process;
    isolate->role = role;
    isolate->caps = &isolate->own_cap;
    isolate->ncaps = 1;

    ngx_queue_init(&isolate->waiting);
    ngx_queue_init(&isolate->providers);

    p = (u_char *) isolate + sizeof(ngx_http_dynworker_isolate_t);

    isolate->sn.str.data = p;
    isolate->sn.str.len = len;

    if (space) {
        p = ngx_cpymem(p, space->data, space->len);
        *p++ = '\0';
    }

    p = ngx_cpymem(p, name->data, name->len);

    /* an id may come from a client, and goes into logs and headers */

    isolate->name.data = p;
    isolate->name.len = name->len;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];
        *p++ = (c < 0x20 || c == 0x7f) ? '?' : c;
    }

    if (space) {
        isolate->named = 1;
        isolate->sn.node.key = ngx_crc32_long(isolate->sn.str.data, len);

        ngx_rbtree_insert(&process->isolates, &isolate->sn.node);

        /* nobody holds it yet */

        ngx_http_dynworker_isolate_rest(isolate);
    }

    return isolate;
}


/* Nobody refers to it. */
static void
ngx_http_dynworker_isolate_destroy(ngx_http_dynworker_isolate_t *isolate)
{
    ngx_http_dynworker_process_t  *process;

    if (isolate->disposed) {
        return;
    }

    isolate->disposed = 1;
    process = isolate->process;

    ngx_http_dynworker_isolate_cool(isolate);

    if (isolate->named) {
        ngx_rbtree_delete(&process->isolates, &isolate->sn.node);
    }

    if (isolate->idle
        || (isolate->role == NGX_HTTP_DYNWORKER_HOST && !isolate->retired))
    {
        ngx_queue_remove(&isolate->queue);
    }

    if (isolate->code) {
        ngx_http_dynworker_outbound_cancel(isolate->code);
        isolate->code = NULL;
    }

    ngx_http_dynworker_isolate_forget(isolate);
    ngx_http_dynworker_isolate_revoke(isolate);

    ngx_http_dynworker_bury(process, &isolate->dead, isolate);
}


void
ngx_http_dynworker_isolate_ref(ngx_http_dynworker_isolate_t *isolate)
{
    isolate->refs++;

    if (isolate->idle || isolate->stubbed) {
        isolate->idle = 0;
        isolate->stubbed = 0;
        ngx_queue_remove(&isolate->queue);
    }
}


void
ngx_http_dynworker_isolate_unref(ngx_http_dynworker_isolate_t *isolate)
{
    if (--isolate->refs) {
        ngx_http_dynworker_isolate_settle(isolate);
        return;
    }

    if (isolate->stubbed) {
        isolate->stubbed = 0;
        ngx_queue_remove(&isolate->queue);
    }

    if (isolate->role == NGX_HTTP_DYNWORKER_HOST && !isolate->retired) {
        return;
    }

    /* ids may be a client's: one without code must not cost a warm one */

    if (!isolate->named || isolate->state == NGX_HTTP_DYNWORKER_COLD) {
        ngx_http_dynworker_isolate_destroy(isolate);
        return;
    }

    ngx_http_dynworker_isolate_rest(isolate);

    (void) ngx_http_dynworker_loader_trim(isolate->process);
}


/* Nobody holds it: it may be evicted. */
static void
ngx_http_dynworker_isolate_rest(ngx_http_dynworker_isolate_t *isolate)
{
    isolate->idle = 1;
    isolate->used = ngx_current_msec;

    ngx_queue_insert_head(&isolate->process->lru, &isolate->queue);

    ngx_http_dynworker_loader_wake(isolate->process);

    if (!isolate->process->idle.timer_set) {
        ngx_http_dynworker_loader_idle_timer(isolate->process);
    }
}


/*
 * Stubs that nobody calls hold it: it may be evicted all the same, since they
 * can give its code again.
 */
static void
ngx_http_dynworker_isolate_settle(ngx_http_dynworker_isolate_t *isolate)
{
    if (isolate->refs != isolate->loads || isolate->stubbed
        || isolate->retired || isolate->state != NGX_HTTP_DYNWORKER_WARM)
    {
        return;
    }

    isolate->stubbed = 1;

    ngx_queue_insert_head(&isolate->process->stubbed, &isolate->queue);

    ngx_http_dynworker_loader_wake(isolate->process);

    (void) ngx_http_dynworker_loader_trim(isolate->process);
}


/* Its stubs get another isolate when they are called. */
static void
ngx_http_dynworker_isolate_evict(ngx_http_dynworker_isolate_t *isolate)
{
    isolate->stubbed = 0;
    ngx_queue_remove(&isolate->queue);

    if (isolate->named) {
        isolate->named = 0;
        ngx_rbtree_delete(&isolate->process->isolates, &isolate->sn.node);
    }

    isolate->retired = 1;
    isolate->evicted = 1;

    ngx_http_dynworker_isolate_cool(isolate);

    /* it is granted nothing more, and its stubs may stay for long */

    ngx_http_dynworker_isolate_revoke(isolate);
}


/* For one more: in number, and in memory that is not all used up. */
ngx_int_t
ngx_http_dynworker_loader_room(ngx_http_dynworker_process_t *process)
{
    while (process->count >= process->conf->max_isolates) {

        if (ngx_http_dynworker_loader_evict(process) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return ngx_http_dynworker_loader_trim(process);
}


void
ngx_http_dynworker_loader_full(ngx_http_dynworker_process_t *process,
    ngx_str_t *name, ngx_log_t *log)
{
    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "no room for worker \"%V\", "
                  "\"dynworker_isolates max=%ui memory=%uzm\"",
                  name, process->conf->max_isolates,
                  process->conf->memory / (1024 * 1024));
}


/* NGX_DECLINED: those that are in use take more than all may. */
static ngx_int_t
ngx_http_dynworker_loader_trim(ngx_http_dynworker_process_t *process)
{
    while (process->memory > process->conf->memory) {

        if (ngx_http_dynworker_loader_evict(process) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


void
ngx_http_dynworker_loader_wake(ngx_http_dynworker_process_t *process)
{
    if (!ngx_queue_empty(&process->parked)) {
        ngx_post_event(&process->admit, &ngx_posted_events);
    }
}


static void
ngx_http_dynworker_loader_admit(ngx_event_t *ev)
{
    ngx_queue_t                   *q;
    ngx_http_dynworker_isolate_t  *isolate;
    ngx_http_dynworker_process_t  *process;

    process = ev->data;

    if (ngx_http_dynworker_engine_restarts(
                              process->engines[NGX_HTTP_DYNWORKER_SANDBOX]))
    {
        return;
    }

    while (!ngx_queue_empty(&process->parked)
           && ngx_http_dynworker_loader_room(process) == NGX_OK)
    {
        q = ngx_queue_head(&process->parked);
        isolate = ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue);

        ngx_http_dynworker_isolate_unpark(isolate);
        ngx_http_dynworker_load_start(isolate->provider);
    }
}


/*
 * Its code has come, and waits in a pipe for room, up to "queue=".  What a
 * dynamic worker loads, or has a host worker load, does not wait: that dynamic
 * worker is itself in the way.
 */
static ngx_int_t
ngx_http_dynworker_isolate_park(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_dynworker_call_t *parent)
{
    ngx_http_dynworker_process_t  *process;

    process = isolate->process;

    if (process->nparked >= isolate->limits.queue) {
        return NGX_DECLINED;
    }

    for ( /* void */ ; parent; parent = parent->parent) {

        if (parent->isolate->role == NGX_HTTP_DYNWORKER_SANDBOX) {
            return NGX_DECLINED;
        }
    }

    isolate->parked = 1;
    process->nparked++;

    ngx_queue_insert_tail(&process->parked, &isolate->queue);

    return NGX_OK;
}


static void
ngx_http_dynworker_isolate_unpark(ngx_http_dynworker_isolate_t *isolate)
{
    isolate->parked = 0;
    isolate->process->nparked--;

    ngx_queue_remove(&isolate->queue);
}


/*
 * The one that has been idle for longest makes room; when there is none, the
 * one whose stubs have not been called for longest.
 */
static ngx_int_t
ngx_http_dynworker_loader_evict(ngx_http_dynworker_process_t *process)
{
    ngx_queue_t  *q;

    if (!ngx_queue_empty(&process->lru)) {
        q = ngx_queue_last(&process->lru);

        ngx_http_dynworker_isolate_destroy(
                      ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue));
        return NGX_OK;
    }

    if (!ngx_queue_empty(&process->stubbed)) {
        q = ngx_queue_last(&process->stubbed);

        ngx_http_dynworker_isolate_evict(
                      ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue));
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static void
ngx_http_dynworker_loader_idle(ngx_event_t *ev)
{
    ngx_queue_t                   *q;
    ngx_http_dynworker_isolate_t  *isolate;
    ngx_http_dynworker_process_t  *process;

    process = ev->data;

    while (!ngx_queue_empty(&process->lru)) {
        q = ngx_queue_last(&process->lru);
        isolate = ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue);

        if ((ngx_msec_int_t) (isolate->used + process->conf->idle
                              - ngx_current_msec) > 0)
        {
            break;
        }

        ngx_http_dynworker_isolate_destroy(isolate);
    }

    ngx_http_dynworker_loader_idle_timer(process);
}


static void
ngx_http_dynworker_loader_idle_timer(ngx_http_dynworker_process_t *process)
{
    ngx_queue_t                   *q;
    ngx_msec_int_t                 rest;
    ngx_http_dynworker_isolate_t  *isolate;

    if (ngx_queue_empty(&process->lru) || process->stopped) {
        return;
    }

    q = ngx_queue_last(&process->lru);
    isolate = ngx_queue_data(q, ngx_http_dynworker_isolate_t, queue);

    rest = isolate->used + process->conf->idle - ngx_current_msec;

    ngx_add_timer(&process->idle, ngx_max(rest, 1));
}


ngx_int_t
ngx_http_dynworker_isolate_open(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t format)
{
    u_char                        *p;
    size_t                         len;
    dw_wire_open_t                 open;
    ngx_http_dynworker_engine_t   *engine;
    ngx_http_dynworker_channel_t  *channel;

    engine = isolate->process->engines[isolate->role];

    channel = ngx_http_dynworker_channel_create(engine, DW_WIRE_ISOLATE,
                                                isolate);
    if (channel == NULL) {
        return NGX_ERROR;
    }

    /* a name is for messages: what is too long for one is cut */

    len = ngx_min(isolate->name.len, 1024);

    p = ngx_http_dynworker_engine_reserve(engine,
                       DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE + len + 1);
    if (p == NULL) {
        ngx_http_dynworker_channel_close(channel, DW_WIRE_ENGINE);
        return NGX_ERROR;
    }

    ngx_memzero(&open, sizeof(dw_wire_open_t));

    open.kind = DW_WIRE_ISOLATE;
    open.flags = (isolate->role == NGX_HTTP_DYNWORKER_HOST ? DW_WIRE_HOST : 0)
                 | (isolate->tails ? DW_WIRE_TAIL : 0);
    open.format = format;
    open.target = isolate->caps[0].type != NGX_HTTP_DYNWORKER_CAP_NONE;
    open.cpu_ms = isolate->limits.cpu;
    open.memory_mb = isolate->limits.memory / (1024 * 1024);

    p = dw_wire_put_open(p, channel->id, &open, len + 1);
    p = ngx_cpymem(p, isolate->name.data, len);
    *p++ = '\0';

    ngx_http_dynworker_engine_commit(engine, p);

    ngx_http_dynworker_isolate_forget(isolate);

    isolate->channel = channel;
    isolate->state = NGX_HTTP_DYNWORKER_LOADING;
    isolate->fresh = 1;

    if (isolate->role == NGX_HTTP_DYNWORKER_SANDBOX) {
        isolate->counted = 1;
        isolate->process->count++;
    }

    return NGX_OK;
}


void
ngx_http_dynworker_isolate_loaded(ngx_http_dynworker_isolate_t *isolate)
{
    ngx_queue_t  *q;

    if (isolate->state != NGX_HTTP_DYNWORKER_LOADING) {
        return;
    }

    ngx_http_dynworker_channel_send_end(isolate->channel);

    isolate->state = NGX_HTTP_DYNWORKER_WARM;
    isolate->provider = NULL;

    ngx_http_dynworker_isolate_ref(isolate);

    while (!ngx_queue_empty(&isolate->waiting)) {
        q = ngx_queue_head(&isolate->waiting);

        ngx_http_dynworker_call_send(
                         ngx_queue_data(q, ngx_http_dynworker_call_t, queue));
    }

    ngx_http_dynworker_isolate_unref(isolate);
}


/* Its isolate in the engine, if there is one, is disposed of. */
static void
ngx_http_dynworker_isolate_cool(ngx_http_dynworker_isolate_t *isolate)
{
    ngx_http_dynworker_channel_t  *channel;

    channel = isolate->channel;

    isolate->channel = NULL;
    isolate->provider = NULL;
    isolate->state = NGX_HTTP_DYNWORKER_COLD;

    if (isolate->parked) {
        ngx_http_dynworker_isolate_unpark(isolate);
    }

    ngx_http_dynworker_isolate_claim(isolate, 0);

    if (isolate->counted) {
        isolate->counted = 0;
        isolate->process->count--;
        ngx_http_dynworker_loader_wake(isolate->process);
    }

    if (channel) {
        ngx_http_dynworker_channel_reset(channel, DW_WIRE_CANCEL, NULL);
        ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);
    }
}


void
ngx_http_dynworker_isolate_fail(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location)
{
    ngx_queue_t                *q, waiting;
    ngx_http_dynworker_call_t  *call;

    ngx_http_dynworker_isolate_ref(isolate);

    ngx_http_dynworker_isolate_cool(isolate);

    /* no call was in it yet; other code is granted what is its own */

    ngx_http_dynworker_isolate_revoke(isolate);

    if (!ngx_http_dynworker_isolate_ask(isolate)) {

        ngx_http_dynworker_isolate_remember(isolate, code, message,
                                            location);

        /* those who try again may wait for this isolate again */

        ngx_queue_init(&waiting);

        if (!ngx_queue_empty(&isolate->waiting)) {
            ngx_queue_add(&waiting, &isolate->waiting);
            ngx_queue_init(&isolate->waiting);
        }

        while (!ngx_queue_empty(&waiting)) {
            q = ngx_queue_head(&waiting);
            call = ngx_queue_data(q, ngx_http_dynworker_call_t, queue);

            if (code != DW_WIRE_ENGINE
                || ngx_http_dynworker_call_again(call) != NGX_OK)
            {
                ngx_http_dynworker_call_fail(call, code, message, location);
            }
        }
    }

    ngx_http_dynworker_isolate_unref(isolate);
}


/* A stub that cannot give code again has this answer for its next calls. */
static void
ngx_http_dynworker_isolate_remember(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location)
{
    u_char  *p;
    size_t   len, at;

    if (isolate->role == NGX_HTTP_DYNWORKER_HOST || isolate->failure_code) {
        return;
    }

    isolate->failure_code = code;

    len = ngx_min(message->len, NGX_HTTP_DYNWORKER_FAILURE_MAX);
    at = location ? ngx_min(location->len, NGX_HTTP_DYNWORKER_FAILURE_MAX) : 0;

    p = ngx_alloc(len + at + 1, isolate->process->cycle->log);
    if (p == NULL) {
        return;
    }

    isolate->failure.data = p;
    isolate->failure.len = len;

    if (len) {
        p = ngx_cpymem(p, message->data, len);
    }

    isolate->failure_location.data = p;
    isolate->failure_location.len = at;

    if (at) {
        ngx_memcpy(p, location->data, at);
    }
}


static void
ngx_http_dynworker_isolate_forget(ngx_http_dynworker_isolate_t *isolate)
{
    if (isolate->failure.data) {
        ngx_free(isolate->failure.data);
    }

    isolate->failure_code = 0;
    ngx_str_null(&isolate->failure);
    ngx_str_null(&isolate->failure_location);
}


/* The next one who could give the code is asked for it; 0: there is none. */
static ngx_uint_t
ngx_http_dynworker_isolate_ask(ngx_http_dynworker_isolate_t *isolate)
{
    ngx_queue_t                *q;
    ngx_http_dynworker_load_t  *load;

    if (ngx_queue_empty(&isolate->providers)) {
        return 0;
    }

    q = ngx_queue_head(&isolate->providers);
    load = ngx_queue_data(q, ngx_http_dynworker_load_t, queue);

    ngx_queue_remove(q);
    load->queued = 0;

    ngx_http_dynworker_load_ask(load);

    return 1;
}


void
ngx_http_dynworker_isolate_reset(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location)
{
    ngx_queue_t                *q;
    ngx_http_dynworker_load_t  *load;

    ngx_http_dynworker_isolate_ref(isolate);

    if (isolate->state == NGX_HTTP_DYNWORKER_LOADING) {
        ngx_http_dynworker_isolate_fail(isolate, code, message, location);

    } else {

        /* calls in it are reset by frames of their own */

        ngx_http_dynworker_isolate_remember(isolate, code, message,
                                            location);
        ngx_http_dynworker_isolate_cool(isolate);

        /* stubs that were made while it was warm cannot give code */

        while (!ngx_queue_empty(&isolate->providers)) {
            q = ngx_queue_head(&isolate->providers);
            load = ngx_queue_data(q, ngx_http_dynworker_load_t, queue);

            ngx_queue_remove(q);
            load->queued = 0;
        }
    }

    ngx_http_dynworker_isolate_unref(isolate);
}


void
ngx_http_dynworker_isolate_memory(ngx_http_dynworker_isolate_t *isolate,
    uint64_t bytes)
{
    /*
     * A claim, which may cost the sandbox engine its own idle isolates and
     * nothing else.  One that retires has no say about the next one's.
     */

    if (isolate->role != NGX_HTTP_DYNWORKER_SANDBOX || isolate->retired) {
        return;
    }

    ngx_http_dynworker_isolate_claim(isolate,
                             ngx_min(bytes, NGX_HTTP_DYNWORKER_MEMORY_MAX));

    (void) ngx_http_dynworker_loader_trim(isolate->process);
}


static void
ngx_http_dynworker_isolate_claim(ngx_http_dynworker_isolate_t *isolate,
    uint64_t bytes)
{
    if (bytes < isolate->memory) {
        ngx_http_dynworker_loader_wake(isolate->process);
    }

    isolate->process->memory += bytes - isolate->memory;
    isolate->memory = bytes;
}


void
ngx_http_dynworker_isolate_lower(ngx_http_dynworker_isolate_t *isolate,
    dw_wire_worker_t *worker)
{
    if (worker->outbound == DW_WIRE_OUTBOUND_NONE
        && isolate->role == NGX_HTTP_DYNWORKER_SANDBOX)
    {
        isolate->caps[0].type = NGX_HTTP_DYNWORKER_CAP_NONE;
    }

    if (worker->cpu_ms && worker->cpu_ms < isolate->limits.cpu) {
        isolate->limits.cpu = worker->cpu_ms;
    }

    if (worker->subrequests
        && worker->subrequests < isolate->limits.subrequests)
    {
        isolate->limits.subrequests = worker->subrequests;
    }
}


ngx_int_t
ngx_http_dynworker_load_open(ngx_http_dynworker_channel_t *channel,
    ngx_http_dynworker_call_t *parent, dw_wire_open_t *open)
{
    ngx_str_t                      strings, id;
    ngx_http_dynworker_cap_t      *cap;
    ngx_http_dynworker_load_t     *load;
    ngx_http_dynworker_isolate_t  *isolate;
    ngx_http_dynworker_process_t  *process;

    process = channel->engine->process;

    load = ngx_calloc(sizeof(ngx_http_dynworker_load_t), process->cycle->log);
    if (load == NULL) {
        return NGX_ERROR;
    }

    load->channel = channel;
    load->parent = parent;
    ngx_queue_insert_tail(&parent->loads, &load->siblings);
    parent->isolate->stubs++;

    channel->owner = load;

    if (ngx_http_dynworker_load_full(load)) {
        ngx_http_dynworker_load_refuse(load, DW_WIRE_OVERLOAD,
                                       "Too many stubs of loaded workers.");
        return NGX_OK;
    }

    cap = ngx_http_dynworker_call_cap(parent, open->target);

    if (cap == NULL || cap->type != NGX_HTTP_DYNWORKER_CAP_LOADER) {
        ngx_http_dynworker_load_refuse(load, DW_WIRE_DENIED,
                                       "This worker has no such loader.");
        return NGX_OK;
    }

    if (open->flags & DW_WIRE_ID) {

        strings.data = (u_char *) open->strings.data;
        strings.len = open->strings.size;

        if (ngx_http_dynworker_next_string(&strings, &id) != NGX_OK
            || id.len > NGX_HTTP_DYNWORKER_ID_MAX)
        {
            ngx_http_dynworker_engine_break(channel->engine, "a bad LOAD");
            return NGX_ERROR;
        }

        isolate = ngx_http_dynworker_loader_get(process, &cap->space, &id);

    } else {
        ngx_str_set(&id, "(load)");

        isolate = ngx_http_dynworker_isolate_create(process,
                                                    NGX_HTTP_DYNWORKER_SANDBOX,
                                                    NULL, &id);
    }

    if (isolate == NULL) {
        ngx_http_dynworker_load_refuse(load, DW_WIRE_OVERLOAD,
                                       "Too many dynamic workers.");
        return NGX_OK;
    }

    ngx_http_dynworker_load_hold(load, isolate);

    if (isolate->named) {
        load->lasting = 1;
        ngx_http_dynworker_load_provide(load);
        ngx_http_dynworker_isolate_settle(isolate);
        return NGX_OK;
    }

    /* load() sends its code unasked */

    ngx_http_dynworker_load_prepare(load);

    isolate->state = NGX_HTTP_DYNWORKER_WAITING;
    isolate->provider = load;

    return NGX_OK;
}


ngx_http_dynworker_isolate_t *
ngx_http_dynworker_load_isolate(ngx_http_dynworker_load_t *load)
{
    ngx_http_dynworker_isolate_t  *isolate, *last;

    last = load->isolate;

    if (load->again
        || (!load->lasting && !last->evicted)
        || (last->state != NGX_HTTP_DYNWORKER_COLD && !last->retired))
    {
        return last;
    }

    if (last->retired) {

        isolate = load->lasting ? ngx_http_dynworker_loader_again(last)
                                : ngx_http_dynworker_isolate_create(
                                      last->process, last->role, NULL,
                                      &last->name);
        if (isolate == NULL) {
            return NULL;
        }

        if (load->queued) {
            load->queued = 0;
            ngx_queue_remove(&load->queue);
        }

        last->loads--;
        ngx_http_dynworker_load_hold(load, isolate);
        ngx_http_dynworker_isolate_unref(last);

    } else if (last->failure_code == DW_WIRE_BAD_CODE
               || last->failure_code == DW_WIRE_DENIED)
    {
        /* the code is to blame, so this is the answer */

        return last;
    }

    ngx_http_dynworker_load_provide(load);

    return load->isolate;
}


/* Another one has the place of this in the table, or gets it now. */
static ngx_http_dynworker_isolate_t *
ngx_http_dynworker_loader_again(ngx_http_dynworker_isolate_t *last)
{
    ngx_str_t  space, id;

    id.len = last->name.len;

    space.data = last->sn.str.data;
    space.len = last->sn.str.len - id.len - 1;

    id.data = last->sn.str.data + space.len + 1;

    return ngx_http_dynworker_loader_get(last->process, &space, &id);
}


/* Stubs end with the invocation that made them: it may make no more. */
static ngx_uint_t
ngx_http_dynworker_load_full(ngx_http_dynworker_load_t *load)
{
    ngx_uint_t                     max;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = load->parent->isolate;

    max = (isolate->role == NGX_HTTP_DYNWORKER_HOST)
          ? NGX_HTTP_DYNWORKER_STUBS_HOST : NGX_HTTP_DYNWORKER_STUBS_SANDBOX;

    return isolate->stubs > max;
}


static void
ngx_http_dynworker_load_hold(ngx_http_dynworker_load_t *load,
    ngx_http_dynworker_isolate_t *isolate)
{
    load->isolate = isolate;

    isolate->loads++;
    ngx_http_dynworker_isolate_ref(isolate);
}


/* The isolate gets its code from here, now or should others fail to give it. */
static void
ngx_http_dynworker_load_provide(ngx_http_dynworker_load_t *load)
{
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = load->isolate;

    switch (isolate->state) {

    case NGX_HTTP_DYNWORKER_WARM:
        break;

    case NGX_HTTP_DYNWORKER_COLD:

        ngx_http_dynworker_load_prepare(load);
        ngx_http_dynworker_load_ask(load);
        break;

    default: /* WAITING, LOADING */

        if (!load->queued && isolate->provider != load) {
            load->queued = 1;
            ngx_queue_insert_tail(&isolate->providers, &load->queue);
        }
    }
}


/* What holds for calls that wait for its code. */
static void
ngx_http_dynworker_load_prepare(ngx_http_dynworker_load_t *load)
{
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = load->isolate;

    isolate->conf = load->parent->conf;
    isolate->conf_ctx = load->parent->conf_ctx;
    isolate->limits = load->parent->conf->dynamic_limits;
}


/* HEAD without a payload: "send the code". */
static void
ngx_http_dynworker_load_ask(ngx_http_dynworker_load_t *load)
{
    u_char                        *p;
    ngx_http_dynworker_channel_t  *channel;
    ngx_http_dynworker_isolate_t  *isolate;

    channel = load->channel;
    isolate = load->isolate;

    isolate->state = NGX_HTTP_DYNWORKER_WAITING;
    isolate->provider = load;

    if (channel->headed) {

        /* it has given the code before, to an isolate that is gone */

        if (!channel->in_ended) {
            load->again = 1;
            return;
        }

        channel->headed = 0;
        channel->in_ended = 0;
        channel->window = DW_WIRE_WINDOW_TO_NGINX;
        channel->owed = 0;

        load->size = 0;

        ngx_http_dynworker_pipe_release(channel->in);
        channel->in = NULL;
    }

    p = ngx_http_dynworker_engine_reserve(channel->engine,
                                          DW_WIRE_HEADER_SIZE);
    if (p == NULL) {
        return;
    }

    p = dw_wire_put_header(p, DW_WIRE_HEAD, 0, channel->id, 0);

    ngx_http_dynworker_engine_commit(channel->engine, p);
}


void
ngx_http_dynworker_load_ended(ngx_http_dynworker_load_t *load)
{
    if (load->again) {
        load->again = 0;
        ngx_http_dynworker_load_ask(load);
    }
}


static void
ngx_http_dynworker_load_refuse(ngx_http_dynworker_load_t *load,
    ngx_uint_t code, char *message)
{
    ngx_str_t  s;

    s.data = (u_char *) message;
    s.len = ngx_strlen(message);

    ngx_http_dynworker_channel_reset(load->channel, code, &s);
    ngx_http_dynworker_load_close(load);
}


/* The code comes: a new isolate, with what the loading one gives to it. */
ngx_int_t
ngx_http_dynworker_load_head(ngx_http_dynworker_load_t *load,
    dw_wire_worker_t *worker)
{
    ngx_int_t                      rc;
    ngx_str_t                      message;
    ngx_http_dynworker_call_t     *parent;
    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = load->isolate;
    parent = load->parent;

    if (isolate == NULL || isolate->provider != load
        || isolate->state != NGX_HTTP_DYNWORKER_WAITING)
    {
        ngx_http_dynworker_engine_break(load->channel->engine,
                                        "code that was not asked for");
        return NGX_ERROR;
    }

    pipe = ngx_http_dynworker_pipe_create();
    if (pipe == NULL) {
        return NGX_ERROR;
    }

    load->channel->in = pipe;

    ngx_http_dynworker_pipe_set_source(pipe,
                                       &ngx_http_dynworker_channel_source,
                                       load->channel);

    ngx_http_dynworker_load_prepare(load);

    rc = ngx_http_dynworker_isolate_grant(isolate, parent->isolate,
                                          worker);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {

        if (rc == NGX_ABORT) {
            ngx_str_set(&message, "One of the worker's tails is no entrypoint "
                                  "of a worker: it has no tail().");
        } else { /* NGX_DECLINED */
            ngx_str_set(&message, "A stub in the worker's env, globalOutbound "
                                  "or tails is not this worker's to give.");
        }

        ngx_http_dynworker_pipe_cancel(pipe);
        ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_DENIED, &message,
                                        NULL);
        return NGX_OK;
    }

    if (parent->isolate->role == NGX_HTTP_DYNWORKER_SANDBOX) {

        /* what was lowered for it holds for what it loads */

        isolate->limits.cpu = ngx_min(isolate->limits.cpu,
                                      parent->isolate->limits.cpu);
        isolate->limits.subrequests =
                                ngx_min(isolate->limits.subrequests,
                                        parent->isolate->limits.subrequests);
    }

    worker->outbound = DW_WIRE_OUTBOUND_INHERIT;
    ngx_http_dynworker_isolate_lower(isolate, worker);

    if ((parent->isolate->role == NGX_HTTP_DYNWORKER_SANDBOX
         || ngx_queue_empty(&isolate->process->parked))
        && ngx_http_dynworker_loader_room(isolate->process) == NGX_OK)
    {
        ngx_http_dynworker_load_start(load);
        return NGX_OK;
    }

    if (ngx_http_dynworker_isolate_park(isolate, parent) != NGX_OK) {
        ngx_str_set(&message, "Too many dynamic workers.");
        ngx_http_dynworker_pipe_cancel(pipe);
        ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_OVERLOAD, &message,
                                        NULL);
        return NGX_OK;
    }

    ngx_http_dynworker_loader_wake(isolate->process);

    return NGX_OK;
}


/* There is room for its isolate, which takes the code. */
static void
ngx_http_dynworker_load_start(ngx_http_dynworker_load_t *load)
{
    ngx_str_t                      message;
    ngx_http_dynworker_pipe_t     *pipe;
    ngx_http_dynworker_isolate_t  *isolate;

    pipe = load->channel->in;
    isolate = load->isolate;

    if (ngx_http_dynworker_isolate_open(isolate, DW_WIRE_CODE_VALUE)
        != NGX_OK)
    {
        ngx_str_set(&message, "The engine of this worker is not running.");
        ngx_http_dynworker_pipe_cancel(pipe);
        ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_ENGINE, &message,
                                        NULL);
        return;
    }

    pipe->refs++;

    isolate->channel->out = pipe;

    ngx_http_dynworker_pipe_set_sink(pipe, &ngx_http_dynworker_channel_sink,
                                     isolate->channel);
}


/* From the engine: its callback failed, or the stub is of no use any more. */
void
ngx_http_dynworker_load_reset(ngx_http_dynworker_load_t *load, ngx_uint_t code,
    ngx_str_t *message, ngx_str_t *location)
{
    ngx_http_dynworker_isolate_t  *isolate;

    isolate = load->isolate;

    if (isolate && isolate->provider == load) {
        isolate->provider = NULL;
        ngx_http_dynworker_isolate_fail(isolate, code, message, location);
    }

    ngx_http_dynworker_load_close(load);
}


void
ngx_http_dynworker_load_close(ngx_http_dynworker_load_t *load)
{
    ngx_str_t                      message;
    ngx_http_dynworker_channel_t  *channel;
    ngx_http_dynworker_isolate_t  *isolate;

    channel = load->channel;

    if (channel == NULL) {
        return;
    }

    load->channel = NULL;

    ngx_queue_remove(&load->siblings);
    load->parent->isolate->stubs--;

    isolate = load->isolate;
    load->isolate = NULL;

    if (load->queued) {
        load->queued = 0;
        ngx_queue_remove(&load->queue);
    }

    if (isolate && isolate->provider == load) {
        ngx_str_set(&message, "The code of this worker did not come.");
        isolate->provider = NULL;
        ngx_http_dynworker_isolate_fail(isolate, DW_WIRE_BAD_CODE, &message,
                                        NULL);
    }

    ngx_http_dynworker_channel_close(channel, DW_WIRE_CANCEL);

    if (isolate) {
        isolate->loads--;
        ngx_http_dynworker_isolate_unref(isolate);
    }

    ngx_http_dynworker_bury(channel->engine->process, &load->dead, load);
}
