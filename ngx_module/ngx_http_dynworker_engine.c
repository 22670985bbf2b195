
/*
 * Engine processes: start, sockets, end.
 *
 * Every nginx worker process has one engine of each role.  Frames made in one
 * turn of the event loop leave in one send, by a posted event; what arrives is
 * read as far as it goes and handed to the switch, frame by frame.
 */

#include "ngx_http_dynworker.h"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>


#define NGX_HTTP_DYNWORKER_IN_SIZE       262144
#define NGX_HTTP_DYNWORKER_OUT_SIZE      65536
/* An engine that lets this much wait is not reading any more. */
#define NGX_HTTP_DYNWORKER_OUT_MAX       (256 * 1024 * 1024)
/* Then the rest of the event loop has its turn. */
#define NGX_HTTP_DYNWORKER_READS         16

#define NGX_HTTP_DYNWORKER_BACKOFF_MIN   100
#define NGX_HTTP_DYNWORKER_BACKOFF_MAX   10000
/* How long an engine that retires may take for what it has begun. */
#define NGX_HTTP_DYNWORKER_DRAIN_TIME    5000
/* How long an engine may take to end once its socket is closed. */
#define NGX_HTTP_DYNWORKER_EXIT_TIME     1000

/* Slots of ngx_processes[] for engines: the last ones. */
#define NGX_HTTP_DYNWORKER_SLOTS         64

#define NGX_HTTP_DYNWORKER_ARGS          12


/* An engine whose socket is closed, until it has ended. */
typedef struct {
    ngx_queue_t   queue;
    ngx_event_t   event;
    ngx_pid_t     pid;
    int           pidfd;
} ngx_http_dynworker_leaver_t;


static ngx_http_dynworker_engine_t *ngx_http_dynworker_engine_create(
    ngx_http_dynworker_process_t *process, ngx_http_dynworker_role_e role);
static ngx_int_t ngx_http_dynworker_engine_start(
    ngx_http_dynworker_engine_t *engine);
static ngx_int_t ngx_http_dynworker_engine_spawn(
    ngx_http_dynworker_engine_t *engine, int fd);
static void ngx_http_dynworker_engine_register(
    ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_engine_unregister(void);
static ngx_int_t ngx_http_dynworker_engine_connect(
    ngx_http_dynworker_engine_t *engine, int fd);
static void ngx_http_dynworker_engine_close(
    ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_engine_restart(ngx_event_t *ev);
static void ngx_http_dynworker_engine_unpark(
    ngx_http_dynworker_engine_t *engine, ngx_uint_t running);
static void ngx_http_dynworker_engine_drained(ngx_event_t *ev);
static void ngx_http_dynworker_engine_free(ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_engine_leave(
    ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_leaver_timeout(ngx_event_t *ev);
static ngx_int_t ngx_http_dynworker_leaver_wait(
    ngx_http_dynworker_leaver_t *leaver, ngx_msec_t deadline);
static void ngx_http_dynworker_leaver_kill(
    ngx_http_dynworker_leaver_t *leaver);
static void ngx_http_dynworker_leaver_free(
    ngx_http_dynworker_leaver_t *leaver);
static void ngx_http_dynworker_engine_read(ngx_event_t *rev);
static ngx_int_t ngx_http_dynworker_engine_frames(
    ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_engine_write(ngx_event_t *wev);
static void ngx_http_dynworker_engine_flush(ngx_event_t *ev);
static void ngx_http_dynworker_engine_send(
    ngx_http_dynworker_engine_t *engine);
static void ngx_http_dynworker_process_cleanup(void *data);
static void ngx_http_dynworker_burial(ngx_event_t *ev);


static char  *ngx_http_dynworker_engine_names[] = {
    "dynworker host engine",
    "dynworker sandbox engine"
};


ngx_http_dynworker_process_t *
ngx_http_dynworker_process_start(ngx_cycle_t *cycle,
    ngx_http_dynworker_main_conf_t *dmcf)
{
    ngx_uint_t                     i;
    ngx_pool_cleanup_t            *cln;
    ngx_http_dynworker_engine_t   *engine;
    ngx_http_dynworker_process_t  *process;

    if (dmcf->process) {
        return dmcf->process;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    process = ngx_pcalloc(cycle->pool, sizeof(ngx_http_dynworker_process_t));
    if (process == NULL) {
        return NULL;
    }

    process->cycle = cycle;
    process->conf = dmcf;

    ngx_queue_init(&process->retiring);
    ngx_queue_init(&process->leavers);
    ngx_http_dynworker_loader_init(process);
    ngx_http_dynworker_trace_init(process);

    process->burial.handler = ngx_http_dynworker_burial;
    process->burial.data = process;
    process->burial.log = cycle->log;

    for (i = 0; i < NGX_HTTP_DYNWORKER_ENGINES; i++) {

        process->engines[i] = ngx_http_dynworker_engine_create(process, i);

        if (process->engines[i] == NULL) {

            while (i--) {
                ngx_free(process->engines[i]);
            }

            return NULL;
        }
    }

    /* a process without a master keeps old cycles until they are unused */

    cln->handler = ngx_http_dynworker_process_cleanup;
    cln->data = process;

    dmcf->process = process;

    for (i = 0; i < NGX_HTTP_DYNWORKER_ENGINES; i++) {
        engine = process->engines[i];

        if (ngx_http_dynworker_engine_start(engine) != NGX_OK) {
            ngx_http_dynworker_engine_close(engine);
        }
    }

    return process;
}


static ngx_http_dynworker_engine_t *
ngx_http_dynworker_engine_create(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_role_e role)
{
    ngx_log_t                    *log;
    ngx_http_dynworker_engine_t  *engine;

    log = process->cycle->log;

    engine = ngx_calloc(sizeof(ngx_http_dynworker_engine_t), log);
    if (engine == NULL) {
        return NULL;
    }

    engine->process = process;
    engine->role = role;
    engine->pidfd = -1;
    engine->slot = -1;

    ngx_rbtree_init(&engine->channels, &engine->sentinel,
                    ngx_rbtree_insert_value);

    engine->flush.handler = ngx_http_dynworker_engine_flush;
    engine->flush.data = engine;
    engine->flush.log = log;

    engine->restart.handler = ngx_http_dynworker_engine_restart;
    engine->restart.data = engine;
    engine->restart.log = log;
    engine->restart.cancelable = 1;

    engine->drain.handler = ngx_http_dynworker_engine_drained;
    engine->drain.data = engine;
    engine->drain.log = log;
    engine->drain.cancelable = 1;

    ngx_queue_init(&engine->parked);

    return engine;
}


static void
ngx_http_dynworker_process_cleanup(void *data)
{
    ngx_http_dynworker_process_stop(data);
}


void
ngx_http_dynworker_process_stop(ngx_http_dynworker_process_t *process)
{
    ngx_uint_t                    i;
    ngx_msec_t                    deadline;
    ngx_queue_t                  *q;
    ngx_http_dynworker_leaver_t  *leaver;

    if (process->stopped) {
        return;
    }

    process->stopped = 1;

    for (i = 0; i < NGX_HTTP_DYNWORKER_ENGINES; i++) {
        ngx_http_dynworker_engine_close(process->engines[i]);
    }

    while (!ngx_queue_empty(&process->retiring)) {
        q = ngx_queue_head(&process->retiring);

        ngx_http_dynworker_engine_close(
                      ngx_queue_data(q, ngx_http_dynworker_engine_t, queue));
    }

    ngx_time_update();
    deadline = ngx_current_msec + NGX_HTTP_DYNWORKER_EXIT_TIME;

    while (!ngx_queue_empty(&process->leavers)) {
        q = ngx_queue_head(&process->leavers);

        leaver = ngx_queue_data(q, ngx_http_dynworker_leaver_t, queue);

        if (ngx_http_dynworker_leaver_wait(leaver, deadline) != NGX_OK) {
            ngx_http_dynworker_leaver_kill(leaver);
            (void) ngx_http_dynworker_leaver_wait(leaver,
                             ngx_current_msec + NGX_HTTP_DYNWORKER_EXIT_TIME);
        }

        ngx_http_dynworker_leaver_free(leaver);
    }

    ngx_http_dynworker_engine_unregister();

    ngx_http_dynworker_trace_done(process);
    ngx_http_dynworker_loader_done(process);

    for (i = 0; i < NGX_HTTP_DYNWORKER_ENGINES; i++) {
        ngx_http_dynworker_engine_free(process->engines[i]);
    }

    if (process->burial.posted) {
        ngx_delete_posted_event(&process->burial);
    }

    ngx_http_dynworker_burial(&process->burial);

    process->conf->process = NULL;
}


void
ngx_http_dynworker_bury(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_dead_t *dead, void *data)
{
    dead->data = data;
    dead->next = process->dead;
    process->dead = dead;

    ngx_post_event(&process->burial, &ngx_posted_events);
}


static void
ngx_http_dynworker_burial(ngx_event_t *ev)
{
    ngx_http_dynworker_dead_t     *dead, *next;
    ngx_http_dynworker_process_t  *process;

    process = ev->data;

    dead = process->dead;
    process->dead = NULL;

    for ( /* void */ ; dead; dead = next) {
        next = dead->next;
        ngx_free(dead->data);
    }
}


static ngx_int_t
ngx_http_dynworker_engine_start(ngx_http_dynworker_engine_t *engine)
{
    int         fds[2];
    sigset_t    set, old;
    ngx_int_t   rc;
    ngx_log_t  *log;

    log = engine->process->cycle->log;

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, fds) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      "socketpair() failed");
        return NGX_ERROR;
    }

    /* SIGCHLD must find the engine in ngx_processes[] */

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);

    if (sigprocmask(SIG_BLOCK, &set, &old) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno, "sigprocmask() failed");
        (void) close(fds[0]);
        (void) close(fds[1]);
        return NGX_ERROR;
    }

    rc = ngx_http_dynworker_engine_spawn(engine, fds[1]);

    if (rc == NGX_OK) {
        ngx_http_dynworker_engine_register(engine);
    }

    if (sigprocmask(SIG_SETMASK, &old, NULL) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno, "sigprocmask() failed");
    }

    (void) close(fds[1]);

    if (rc != NGX_OK) {
        (void) close(fds[0]);
        return NGX_ERROR;
    }

    return ngx_http_dynworker_engine_connect(engine, fds[0]);
}


static ngx_int_t
ngx_http_dynworker_engine_spawn(ngx_http_dynworker_engine_t *engine, int fd)
{
    int                              err;
    char                            *argv[NGX_HTTP_DYNWORKER_ARGS], *envp[1];
    u_char                           threads[32], max[32], prewarm[32];
    sigset_t                         set;
    ngx_log_t                       *log;
    ngx_uint_t                       n;
    posix_spawnattr_t                attr;
    posix_spawn_file_actions_t       actions;
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = engine->process->conf;
    log = engine->process->cycle->log;

    ngx_sprintf(threads, "--threads=%ui%Z", dmcf->threads);
    ngx_sprintf(max, "--max-threads=%ui%Z", dmcf->max_threads);
    ngx_sprintf(prewarm, "--prewarm=%ui%Z", dmcf->prewarm);

    n = 0;
    argv[n++] = (char *) dmcf->engine.data;
    argv[n++] = "--socket=0";
    argv[n++] = engine->role == NGX_HTTP_DYNWORKER_HOST ? "--role=host"
                                                        : "--role=sandbox";
    argv[n++] = (char *) threads;
    argv[n++] = (char *) max;
    argv[n++] = (char *) prewarm;
    argv[n++] = dmcf->jit ? "--jit=on" : "--jit=off";
    argv[n++] = dmcf->jail ? "--jail=on" : "--jail=off";
    argv[n] = NULL;

    envp[0] = NULL;

    err = posix_spawn_file_actions_init(&actions);
    if (err) {
        ngx_log_error(NGX_LOG_ALERT, log, err,
                      "posix_spawn_file_actions_init() failed");
        return NGX_ERROR;
    }

    err = posix_spawnattr_init(&attr);
    if (err) {
        (void) posix_spawn_file_actions_destroy(&actions);
        ngx_log_error(NGX_LOG_ALERT, log, err,
                      "posix_spawnattr_init() failed");
        return NGX_ERROR;
    }

    /*
     * Most of nginx's descriptors are not close-on-exec.  Standard error stays:
     * it is where nginx's own goes.
     */

    sigemptyset(&set);

    if ((err = posix_spawn_file_actions_adddup2(&actions, fd, 0)) != 0
        || (err = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) != 0
        || (err = posix_spawnattr_setsigmask(&attr, &set)) != 0
        || (err = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK))
           != 0)
    {
        ngx_log_error(NGX_LOG_ALERT, log, err, "posix_spawn attributes failed");

    } else {
        err = posix_spawn(&engine->pid, (char *) dmcf->engine.data, &actions,
                          &attr, argv, envp);
        if (err) {
            ngx_log_error(NGX_LOG_CRIT, log, err,
                          "could not start engine \"%V\", "
                          "\"dynworker_engine\" sets its path",
                          &dmcf->engine);
        }
    }

    (void) posix_spawnattr_destroy(&attr);
    (void) posix_spawn_file_actions_destroy(&actions);

    return err ? NGX_ERROR : NGX_OK;
}


/*
 * nginx reaps all children of a worker process in its SIGCHLD handler; in
 * ngx_processes[] it finds their names.  The last slots are free in every
 * worker process; those in between must look unused to its other readers.
 */
static void
ngx_http_dynworker_engine_register(ngx_http_dynworker_engine_t *engine)
{
    ngx_int_t       i, s;
    ngx_process_t  *p;

    for (i = ngx_last_process; i < NGX_MAX_PROCESSES; i++) {

        if (i == ngx_process_slot) {
            /* this process itself */
            continue;
        }

        ngx_processes[i].pid = -1;
        ngx_processes[i].channel[0] = -1;
        ngx_processes[i].channel[1] = -1;
    }

    ngx_last_process = NGX_MAX_PROCESSES;

    engine->slot = -1;

    for (s = NGX_MAX_PROCESSES - 1;
         s >= NGX_MAX_PROCESSES - NGX_HTTP_DYNWORKER_SLOTS;
         s--)
    {
        p = &ngx_processes[s];

        if (p->pid != -1 && !p->exited) {
            continue;
        }

        ngx_memzero(p, sizeof(ngx_process_t));

        p->pid = engine->pid;
        p->channel[0] = -1;
        p->channel[1] = -1;
        p->name = ngx_http_dynworker_engine_names[engine->role];
        p->detached = 1;

        engine->slot = s;
        break;
    }

    engine->pidfd = syscall(SYS_pidfd_open, engine->pid, 0);

    if (engine->pidfd == -1) {
        ngx_log_error(NGX_LOG_ALERT, engine->process->cycle->log, ngx_errno,
                      "pidfd_open(%P) failed", engine->pid);

    } else if (fcntl(engine->pidfd, F_SETFD, FD_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_ALERT, engine->process->cycle->log, ngx_errno,
                      "fcntl(FD_CLOEXEC) failed");
    }
}


/*
 * A SIGCHLD may still come when this module has been unloaded, and its names
 * with it.
 */
static void
ngx_http_dynworker_engine_unregister(void)
{
    ngx_int_t       s;
    ngx_uint_t      i;
    ngx_process_t  *p;

    for (s = NGX_MAX_PROCESSES - NGX_HTTP_DYNWORKER_SLOTS;
         s < NGX_MAX_PROCESSES;
         s++)
    {
        p = &ngx_processes[s];

        for (i = 0; i < NGX_HTTP_DYNWORKER_ENGINES; i++) {
            if (p->name == ngx_http_dynworker_engine_names[i]) {
                p->pid = -1;
                p->name = NULL;
            }
        }
    }
}


static ngx_int_t
ngx_http_dynworker_engine_connect(ngx_http_dynworker_engine_t *engine, int fd)
{
    ngx_log_t         *log;
    ngx_event_t       *rev, *wev;
    ngx_connection_t  *c;

    log = engine->process->cycle->log;

    if (engine->in == NULL) {
        engine->in = ngx_alloc(NGX_HTTP_DYNWORKER_IN_SIZE, log);
        if (engine->in == NULL) {
            (void) close(fd);
            return NGX_ERROR;
        }

        engine->in_size = NGX_HTTP_DYNWORKER_IN_SIZE;
    }

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    engine->connection = c;
    engine->in_len = 0;
    engine->out_pos = engine->out;
    engine->out_last = engine->out;
    engine->last_channel = 1;
    engine->last_peer = 0;
    engine->ready = 0;
    engine->broken = 0;
    engine->reset = 0;

    if (ngx_nonblocking(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_nonblocking_n " failed");
        return NGX_ERROR;
    }

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->data = engine;
    c->log = log;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    rev = c->read;
    wev = c->write;

    rev->log = log;
    wev->log = log;
    rev->handler = ngx_http_dynworker_engine_read;
    wev->handler = ngx_http_dynworker_engine_write;
    wev->ready = 1;

    if (ngx_add_conn) {
        return ngx_add_conn(c);
    }

    return ngx_handle_read_event(rev, 0);
}


/* Whatever state it is in: closes what is open and plans the next start. */
static void
ngx_http_dynworker_engine_close(ngx_http_dynworker_engine_t *engine)
{
    ngx_msec_t         delay;
    ngx_uint_t         last;
    ngx_connection_t  *c;

    c = engine->connection;
    engine->connection = NULL;

    last = engine->process->stopped || (c && c->close);

    if (engine->flush.posted) {
        ngx_delete_posted_event(&engine->flush);
    }

    if (c) {
        ngx_close_connection(c);
    }

    ngx_http_dynworker_engine_leave(engine);

    if (engine->ready && engine->last_channel > 1) {

        /* what it was given to do has ended it, maybe */

        engine->backoff = 0;
    }

    ngx_http_dynworker_switch_reset(engine);

    if (engine->retiring) {

        /* another one has its place */

        if (engine->drain.timer_set) {
            ngx_del_timer(&engine->drain);
        }

        ngx_queue_remove(&engine->queue);
        ngx_http_dynworker_engine_free(engine);

        return;
    }

    if (last) {
        if (engine->restart.timer_set) {
            ngx_del_timer(&engine->restart);
        }

        ngx_http_dynworker_engine_unpark(engine, 0);
        return;
    }

    if (engine->ready && engine->last_channel > 1) {
        delay = 1;

    } else {
        engine->backoff = engine->backoff
                          ? ngx_min(engine->backoff * 2,
                                    NGX_HTTP_DYNWORKER_BACKOFF_MAX)
                          : NGX_HTTP_DYNWORKER_BACKOFF_MIN;
        delay = engine->backoff;
    }

    engine->ready = 0;

    if (!engine->restart.timer_set) {
        ngx_add_timer(&engine->restart, delay);
    }
}


static void
ngx_http_dynworker_engine_restart(ngx_event_t *ev)
{
    ngx_http_dynworker_engine_t  *engine;

    engine = ev->data;

    if (ngx_http_dynworker_engine_start(engine) != NGX_OK) {
        ngx_http_dynworker_engine_close(engine);
        ngx_http_dynworker_engine_unpark(engine, 0);
        return;
    }

    ngx_http_dynworker_engine_unpark(engine, 1);
}


ngx_int_t
ngx_http_dynworker_engine_park(ngx_http_dynworker_engine_t *engine,
    ngx_http_dynworker_call_t *call)
{
    if (engine->process->stopped
        || engine->backoff > NGX_HTTP_DYNWORKER_BACKOFF_MIN)
    {
        return NGX_DECLINED;
    }

    call->waiting = 1;
    ngx_queue_insert_tail(&engine->parked, &call->queue);

    return NGX_OK;
}


ngx_uint_t
ngx_http_dynworker_engine_restarts(ngx_http_dynworker_engine_t *engine)
{
    return engine->broken
           || (engine->connection == NULL && engine->restart.timer_set
               && engine->backoff <= NGX_HTTP_DYNWORKER_BACKOFF_MIN);
}


static void
ngx_http_dynworker_engine_unpark(ngx_http_dynworker_engine_t *engine,
    ngx_uint_t running)
{
    ngx_queue_t  *q;

    /* none is parked twice */

    while (!ngx_queue_empty(&engine->parked)) {
        q = ngx_queue_head(&engine->parked);

        ngx_http_dynworker_call_unpark(
                      ngx_queue_data(q, ngx_http_dynworker_call_t, queue),
                      running);
    }

    ngx_http_dynworker_loader_wake(engine->process);
}


ngx_int_t
ngx_http_dynworker_engine_retire(ngx_http_dynworker_engine_t *engine)
{
    ngx_queue_t                   *q;
    ngx_http_dynworker_engine_t   *fresh, *older;
    ngx_http_dynworker_process_t  *process;

    process = engine->process;

    if (engine->retiring) {
        ngx_http_dynworker_engine_break(engine, "a second RETIRE");
        return NGX_ERROR;
    }

    fresh = ngx_http_dynworker_engine_create(process, engine->role);

    if (fresh == NULL) {
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_NOTICE, process->cycle->log, 0,
                  "%s %P retires",
                  ngx_http_dynworker_engine_names[engine->role], engine->pid);

    /* one of each role: how many there are is not for engines to decide */

    for (q = ngx_queue_head(&process->retiring);
         q != ngx_queue_sentinel(&process->retiring);
         q = ngx_queue_next(q))
    {
        older = ngx_queue_data(q, ngx_http_dynworker_engine_t, queue);

        if (older->role == engine->role) {
            ngx_add_timer(&older->drain, 0);
        }
    }

    engine->retiring = 1;
    ngx_queue_insert_tail(&process->retiring, &engine->queue);
    ngx_add_timer(&engine->drain, NGX_HTTP_DYNWORKER_DRAIN_TIME);

    process->engines[engine->role] = fresh;

    /* an engine that only ever retires is not started without end */

    if (engine->last_channel == 1) {
        fresh->backoff = engine->backoff;
        ngx_http_dynworker_engine_close(fresh);

    } else if (ngx_http_dynworker_engine_start(fresh) != NGX_OK) {
        ngx_http_dynworker_engine_close(fresh);
    }

    ngx_http_dynworker_loader_retire(engine);
    ngx_http_dynworker_engine_empty(engine);

    return NGX_OK;
}


void
ngx_http_dynworker_engine_empty(ngx_http_dynworker_engine_t *engine)
{
    if (engine->retiring && engine->connection
        && engine->channels.root == engine->channels.sentinel)
    {
        ngx_add_timer(&engine->drain, 0);
    }
}


/* It has nothing more to do, or no more time for it. */
static void
ngx_http_dynworker_engine_drained(ngx_event_t *ev)
{
    ngx_http_dynworker_engine_t  *engine;

    engine = ev->data;

    if (engine->channels.root != engine->channels.sentinel) {
        ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                      "%s %P retires and has not finished in time, ending it",
                      ngx_http_dynworker_engine_names[engine->role],
                      engine->pid);
    }

    ngx_http_dynworker_engine_close(engine);
}


static void
ngx_http_dynworker_engine_free(ngx_http_dynworker_engine_t *engine)
{
    if (engine->in) {
        ngx_free(engine->in);
        engine->in = NULL;
    }

    if (engine->out) {
        ngx_free(engine->out);
        engine->out = NULL;
    }

    /* its frames may be in hand */

    ngx_http_dynworker_bury(engine->process, &engine->dead, engine);
}


/*
 * Its socket is closed, so it ends by itself, within milliseconds.  One that
 * does not is killed.
 */
static void
ngx_http_dynworker_engine_leave(ngx_http_dynworker_engine_t *engine)
{
    ngx_log_t                    *log;
    ngx_http_dynworker_leaver_t  *leaver;

    if (engine->pidfd == -1) {
        return;
    }

    log = engine->process->cycle->log;

    leaver = ngx_calloc(sizeof(ngx_http_dynworker_leaver_t), log);

    if (leaver == NULL) {
        (void) syscall(SYS_pidfd_send_signal, engine->pidfd, SIGKILL, NULL, 0);
        (void) close(engine->pidfd);
        engine->pidfd = -1;
        return;
    }

    leaver->pid = engine->pid;
    leaver->pidfd = engine->pidfd;
    engine->pidfd = -1;

    leaver->event.handler = ngx_http_dynworker_leaver_timeout;
    leaver->event.data = leaver;
    leaver->event.log = log;
    leaver->event.cancelable = 1;

    ngx_queue_insert_tail(&engine->process->leavers, &leaver->queue);

    ngx_add_timer(&leaver->event, NGX_HTTP_DYNWORKER_EXIT_TIME);
}


/* SIGCHLD tells of its end: the event loop does not wait for it. */
static void
ngx_http_dynworker_leaver_timeout(ngx_event_t *ev)
{
    ngx_http_dynworker_leaver_t *leaver = ev->data;

    if (ngx_http_dynworker_leaver_wait(leaver, ngx_current_msec) != NGX_OK) {
        ngx_http_dynworker_leaver_kill(leaver);
    }

    ngx_http_dynworker_leaver_free(leaver);
}


/* NGX_OK: it has ended; NGX_AGAIN: not until the deadline. */
static ngx_int_t
ngx_http_dynworker_leaver_wait(ngx_http_dynworker_leaver_t *leaver,
    ngx_msec_t deadline)
{
    int            n;
    struct pollfd  pfd;

    pfd.fd = leaver->pidfd;
    pfd.events = POLLIN;

    do {
        ngx_time_update();

        n = poll(&pfd, 1, ngx_max((int) (deadline - ngx_current_msec), 0));

    } while (n == -1 && ngx_errno == NGX_EINTR);

    return n ? NGX_OK : NGX_AGAIN;
}


static void
ngx_http_dynworker_leaver_kill(ngx_http_dynworker_leaver_t *leaver)
{
    ngx_log_error(NGX_LOG_WARN, leaver->event.log, 0,
                  "dynworker engine %P did not end in time, killing it",
                  leaver->pid);

    (void) syscall(SYS_pidfd_send_signal, leaver->pidfd, SIGKILL, NULL, 0);
}


static void
ngx_http_dynworker_leaver_free(ngx_http_dynworker_leaver_t *leaver)
{
    if (leaver->event.timer_set) {
        ngx_del_timer(&leaver->event);
    }

    ngx_queue_remove(&leaver->queue);

    (void) close(leaver->pidfd);
    ngx_free(leaver);
}


void
ngx_http_dynworker_engine_break(ngx_http_dynworker_engine_t *engine,
    const char *why)
{
    if (engine->broken) {
        return;
    }

    engine->broken = 1;

    ngx_log_error(NGX_LOG_ERR, engine->process->cycle->log, 0,
                  "%s %P sent %s, ending it",
                  ngx_http_dynworker_engine_names[engine->role], engine->pid,
                  why);
}


static void
ngx_http_dynworker_engine_read(ngx_event_t *rev)
{
    ssize_t                       n;
    ngx_uint_t                    i;
    ngx_connection_t             *c;
    ngx_http_dynworker_engine_t  *engine;

    c = rev->data;
    engine = c->data;

    if (c->close) {

        /* "worker_shutdown_timeout": what still runs has had its time */

        ngx_http_dynworker_engine_close(engine);
        return;
    }

    for (i = 0; i < NGX_HTTP_DYNWORKER_READS; i++) {

        n = c->recv(c, engine->in + engine->in_len,
                    engine->in_size - engine->in_len);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {

            if (n == NGX_ERROR) {
                engine->reset = 1;
            }

            ngx_log_error(NGX_LOG_ERR, c->log, 0, "%s %P %s",
                          ngx_http_dynworker_engine_names[engine->role],
                          engine->pid,
                          engine->ready ? "has ended" : "could not start");
            ngx_http_dynworker_engine_close(engine);
            return;
        }

        engine->in_len += n;

        if (ngx_http_dynworker_engine_frames(engine) != NGX_OK) {
            ngx_http_dynworker_engine_close(engine);
            return;
        }

        if (!rev->ready) {
            break;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_dynworker_engine_close(engine);
        return;
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }
}


/* Hands over all whole frames of engine->in, and makes room for the rest. */
static ngx_int_t
ngx_http_dynworker_engine_frames(ngx_http_dynworker_engine_t *engine)
{
    size_t             pos, need;
    u_char            *in;
    dw_wire_err_t      err;
    dw_wire_span_t     span;
    dw_wire_header_t   header;

    pos = 0;

    for ( ;; ) {
        span.data = engine->in + pos;
        span.size = engine->in_len - pos;

        err = dw_wire_get_header(span, DW_WIRE_BY_ENGINE, &header);

        if (err == DW_WIRE_SHORT) {
            need = DW_WIRE_HEADER_SIZE;
            break;
        }

        if (err != DW_WIRE_OK) {
            ngx_http_dynworker_engine_break(engine, "a malformed frame");
            return NGX_ERROR;
        }

        need = DW_WIRE_HEADER_SIZE + header.length;

        if (span.size < need) {
            break;
        }

        span.data += DW_WIRE_HEADER_SIZE;
        span.size = header.length;

        if (ngx_http_dynworker_switch_frame(engine, &header, span) != NGX_OK
            || engine->broken)
        {
            return NGX_ERROR;
        }

        pos += need;
    }

    engine->in_len -= pos;

    if (need > engine->in_size) {

        in = ngx_alloc(need, engine->process->cycle->log);
        if (in == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(in, engine->in + pos, engine->in_len);
        ngx_free(engine->in);

        engine->in = in;
        engine->in_size = need;

    } else if (pos && engine->in_len) {
        ngx_memmove(engine->in, engine->in + pos, engine->in_len);
    }

    return NGX_OK;
}


u_char *
ngx_http_dynworker_engine_reserve(ngx_http_dynworker_engine_t *engine,
    size_t size)
{
    size_t   used, need;
    u_char  *out;

    if (engine->connection == NULL || engine->broken) {
        return NULL;
    }

    if ((size_t) (engine->out_end - engine->out_last) >= size) {
        return engine->out_last;
    }

    used = engine->out_last - engine->out_pos;
    need = used + size;

    if (need > NGX_HTTP_DYNWORKER_OUT_MAX) {
        ngx_http_dynworker_engine_break(engine, "nothing, nor read anything");
        ngx_post_event(&engine->flush, &ngx_posted_events);
        return NULL;
    }

    if (need <= (size_t) (engine->out_end - engine->out)) {
        ngx_memmove(engine->out, engine->out_pos, used);

    } else {
        need = ngx_max(need + need / 2, NGX_HTTP_DYNWORKER_OUT_SIZE);

        out = ngx_alloc(need, engine->process->cycle->log);
        if (out == NULL) {
            return NULL;
        }

        if (engine->out) {
            ngx_memcpy(out, engine->out_pos, used);
            ngx_free(engine->out);
        }

        engine->out = out;
        engine->out_end = out + need;
    }

    engine->out_pos = engine->out;
    engine->out_last = engine->out + used;

    return engine->out_last;
}


void
ngx_http_dynworker_engine_commit(ngx_http_dynworker_engine_t *engine,
    u_char *last)
{
    engine->out_last = last;

    if (!engine->flush.posted) {
        ngx_post_event(&engine->flush, &ngx_posted_events);
    }
}


static void
ngx_http_dynworker_engine_flush(ngx_event_t *ev)
{
    ngx_http_dynworker_engine_t  *engine;

    engine = ev->data;

    if (engine->connection == NULL) {
        return;
    }

    ngx_http_dynworker_engine_send(engine);

    if (engine->broken
        || ngx_handle_write_event(engine->connection->write, 0) != NGX_OK)
    {
        ngx_http_dynworker_engine_close(engine);
    }
}


static void
ngx_http_dynworker_engine_write(ngx_event_t *wev)
{
    ngx_connection_t             *c;
    ngx_http_dynworker_engine_t  *engine;

    c = wev->data;
    engine = c->data;

    ngx_http_dynworker_engine_flush(&engine->flush);
}


static void
ngx_http_dynworker_engine_send(ngx_http_dynworker_engine_t *engine)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = engine->connection;

    while (engine->out_pos < engine->out_last && c->write->ready) {

        n = c->send(c, engine->out_pos, engine->out_last - engine->out_pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            if (ngx_socket_errno == NGX_ECONNRESET) {
                engine->reset = 1;
            }

            /* the read event will find the end; it may have last words */
            engine->out_pos = engine->out_last;
            break;
        }

        engine->out_pos += n;
        engine->sent += n;
    }

    if (engine->out_pos == engine->out_last) {

        /* code of a worker may have made it large */

        if (engine->out_end - engine->out > 16 * NGX_HTTP_DYNWORKER_OUT_SIZE) {
            ngx_free(engine->out);
            engine->out = NULL;
            engine->out_end = NULL;
        }

        engine->out_pos = engine->out;
        engine->out_last = engine->out;
    }
}
