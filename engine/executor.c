
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/frame.h"
#include "engine/ops.h"
#include "engine/send.h"


/* How an event ended, for its isolate. */
typedef enum {
    DW_RUN_ALIVE,
    DW_RUN_DEAD
} dw_run_t;


static void *dw_executor_main(void *arg);


void
dw_sched_init(dw_sched_t *sched)
{
    memset(sched, 0, sizeof(dw_sched_t));

    pthread_mutex_init(&sched->lock, NULL);
    pthread_cond_init(&sched->wanted, NULL);
    dw_list_init(&sched->ready);
}


void
dw_sched_ready(dw_sched_t *sched, dw_isolate_t *iso)
{
    pthread_mutex_lock(&sched->lock);
    dw_list_push_tail(&sched->ready, &iso->ready);
    pthread_mutex_unlock(&sched->lock);
}


void
dw_sched_want(dw_sched_t *sched)
{
    pthread_mutex_lock(&sched->lock);

    if (sched->idle) {
        pthread_cond_signal(&sched->wanted);
    }

    pthread_mutex_unlock(&sched->lock);
}


void
dw_executors_create(dw_engine_t *engine, unsigned n)
{
    int             err;
    unsigned        i;
    dw_executor_t  *exec;
    pthread_attr_t  attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, DW_STACK_BYTES);

    for (i = 0; i < n; i++) {

        exec = &engine->executors[i];
        exec->engine = engine;
        pthread_mutex_init(&exec->lock, NULL);

        err = pthread_create(&exec->thread, &attr, dw_executor_main, exec);
        if (err != 0) {
            dw_exit(DW_EXIT_FATAL, "cannot create executor %u: %s", i,
                    strerror(err));
        }

        err = pthread_getcpuclockid(exec->thread, &exec->cpu_clock);
        if (err != 0) {
            dw_exit(DW_EXIT_FATAL, "no CPU clock for executor %u: %s", i,
                    strerror(err));
        }

        pthread_setname_np(exec->thread, "dw-executor");
    }

    pthread_attr_destroy(&attr);
}


void
dw_executors_go(dw_engine_t *engine)
{
    pthread_mutex_lock(&engine->sched.lock);

    engine->sched.open = true;
    pthread_cond_broadcast(&engine->sched.wanted);

    pthread_mutex_unlock(&engine->sched.lock);
}


void
dw_executor_kill(dw_executor_t *exec, dw_wire_code_t code)
{
    exec->killed_ns = dw_clock_ns(CLOCK_MONOTONIC);
    exec->killed_cpu_ns = dw_clock_ns(exec->cpu_clock);
    exec->killed_for = code;

    if (exec->current->cell != NULL) {
        v8shim_isolate_terminate(exec->current->cell->v8);
    }
}


void
dw_executors_terminate(dw_engine_t *engine, const dw_isolate_t *iso)
{
    unsigned        i;
    dw_executor_t  *exec;

    for (i = 0; i < engine->options.max_threads; i++) {

        exec = &engine->executors[i];

        pthread_mutex_lock(&exec->lock);

        if (exec->current == iso && exec->killed_ns == 0) {
            dw_executor_kill(exec, DW_WIRE_CANCEL);
        }

        pthread_mutex_unlock(&exec->lock);
    }
}


/* The isolate's V8 part: blank from the pool, or made now. */
static bool
dw_executor_prepare(dw_executor_t *exec, dw_isolate_t *iso)
{
    dw_cell_t  *cell;

    if (iso->cell != NULL) {
        return true;
    }

    cell = dw_pool_take(&exec->engine->pool, iso->memory_mb);

    if (cell == NULL) {
        cell = dw_cell_create(iso->memory_mb, &iso->error);
    }

    if (cell == NULL) {
        dw_log("cannot create an isolate: %s", iso->error.message);
        return false;
    }

    if (dw_pool_hungry(&exec->engine->pool)) {
        dw_sched_want(&exec->engine->sched);
    }

    cell->isolate = iso;

    pthread_mutex_lock(&exec->lock);

    iso->cell = cell;

    if (exec->killed_ns != 0) {

        /* Disposed of when there was nothing to terminate yet. */

        v8shim_isolate_terminate(cell->v8);
    }

    pthread_mutex_unlock(&exec->lock);

    return true;
}


/*
 * With the channel table locked: CPU time that is left of the limit to the
 * invocation, which may be NULL.
 */
static uint64_t
dw_executor_budget(const dw_channel_t *channel, uint32_t cpu_ms)
{
    uint64_t  limit_ns, used_ns = 0;

    if (channel != NULL) {
        used_ns = channel->cpu_ns;

        if (channel->cpu_ms != 0 && channel->cpu_ms < cpu_ms) {
            cpu_ms = channel->cpu_ms;
        }
    }

    limit_ns = (uint64_t) cpu_ms * 1000000;

    return used_ns < limit_ns ? limit_ns - used_ns : 0;
}


/*
 * False for a fetch event that was reset before it began.  Otherwise
 * *budget_ns is the CPU time that the event may use.
 */
static bool
dw_executor_begins(dw_isolate_t *iso, const dw_mail_t *mail,
    uint64_t *budget_ns)
{
    bool           begins = true;
    uint32_t       cpu_ms;
    dw_channel_t  *channel;

    cpu_ms = iso->cpu_ms;

    if (mail->event.type == DW_EVENT_LOAD && cpu_ms < DW_LOAD_CPU_MS) {
        cpu_ms = DW_LOAD_CPU_MS;
    }

    if (mail->invocation == 0) {
        *budget_ns = dw_executor_budget(NULL, cpu_ms);
        return true;
    }

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, mail->invocation);

    *budget_ns = dw_executor_budget(channel, cpu_ms);

    if (mail->event.type == DW_EVENT_FETCH) {
        begins = (channel != NULL && !channel->sent_end);
    }

    if (channel != NULL && begins) {
        channel->begun = true;

    } else if (channel != NULL) {

        /* CANCEL leaves the channel open for waitUntil(): none will come. */

        if (!channel->closed) {
            dw_send_usage(&iso->engine->out, DW_WIRE_DONE, 0, channel->id, 0);
        }

        dw_channel_remove(&iso->engine->channels, channel);
    }

    dw_channels_unlock(&iso->engine->channels);

    return begins;
}


static void
dw_executor_charge(dw_isolate_t *iso, uint64_t invocation, uint64_t cpu_ns)
{
    dw_channel_t  *channel;

    dw_channels_lock(&iso->engine->channels);

    channel = dw_isolate_channel(iso, invocation);

    if (channel != NULL) {
        channel->cpu_ns += cpu_ns;
    }

    dw_channels_unlock(&iso->engine->channels);
}


void
dw_executor_enter(dw_isolate_t *iso, uint64_t invocation)
{
    uint64_t        now_ns, budget_ns;
    dw_event_t     *event;
    dw_executor_t  *exec;

    event = &iso->event;
    exec = event->executor;

    if (event->invocation == invocation) {
        return;
    }

    now_ns = dw_meter_read(&exec->meter);

    dw_executor_charge(iso, event->invocation, now_ns - event->cpu_start_ns);

    event->invocation = invocation;
    event->cpu_start_ns = now_ns;

    dw_channels_lock(&iso->engine->channels);

    budget_ns = dw_executor_budget(dw_isolate_channel(iso, invocation),
                                   iso->cpu_ms);

    dw_channels_unlock(&iso->engine->channels);

    pthread_mutex_lock(&exec->lock);
    exec->cpu_limit_ns = now_ns + budget_ns;
    pthread_mutex_unlock(&exec->lock);
}


/* What an event's end means for its isolate; reports its death. */
static dw_run_t
dw_executor_judge(dw_isolate_t *iso, v8shim_status_t status,
    dw_wire_code_t killed_for)
{
    if (iso->cell->out_of_memory) {
        dw_isolate_die(iso, DW_WIRE_MEMORY, "Worker exceeded memory limit.",
                       "");
        return DW_RUN_DEAD;
    }

    if (killed_for == DW_WIRE_CPU) {
        dw_isolate_die(iso, DW_WIRE_CPU, "Worker exceeded CPU time limit.",
                       "");
        return DW_RUN_DEAD;
    }

    if (killed_for == DW_WIRE_CANCEL) {

        /* Disposed of: its channels are gone. */

        return DW_RUN_DEAD;
    }

    if (iso->event.failed_for != 0) {
        dw_isolate_die(iso, iso->event.failed_for, iso->failure.message,
                       iso->failure.location);
        return DW_RUN_DEAD;
    }

    switch (status) {

    case V8SHIM_OK:
        return DW_RUN_ALIVE;

    case V8SHIM_THREW:
        dw_log("the runtime threw in \"%s\": %s, %s", iso->name,
               iso->error.message, iso->error.location);
        dw_isolate_die(iso, DW_WIRE_EXCEPTION, iso->error.message, "");
        return DW_RUN_DEAD;

    case V8SHIM_TERMINATED:
        dw_isolate_die(iso, DW_WIRE_EXCEPTION, "Worker was terminated.", "");
        return DW_RUN_DEAD;

    default:
        dw_log("V8 failed in \"%s\": %s", iso->name, iso->error.message);
        dw_isolate_die(iso, DW_WIRE_ENGINE, "Worker failed.", "");
        return DW_RUN_DEAD;
    }
}


/* One event; the isolate is entered. */
static dw_run_t
dw_executor_deliver(dw_executor_t *exec, dw_isolate_t *iso, dw_mail_t *mail)
{
    uint64_t          budget_ns, now_ns, unix_ms;
    dw_run_t          run;
    dw_event_t       *event;
    dw_wire_code_t    killed_for;
    v8shim_status_t   status;

    if (!dw_executor_begins(iso, mail, &budget_ns)) {
        return DW_RUN_ALIVE;
    }

    event = &iso->event;
    event->executor = exec;
    event->invocation = mail->invocation;
    event->cpu_start_ns = dw_meter_read(&exec->meter);

    now_ns = exec->meter.wall_ns;
    event->now_ms = (double) (now_ns - exec->engine->start_ns) / 1e6;

    pthread_mutex_lock(&exec->lock);

    exec->since_ns = now_ns;
    exec->cpu_limit_ns = event->cpu_start_ns + budget_ns;

    pthread_mutex_unlock(&exec->lock);

    unix_ms = dw_clock_ns(CLOCK_REALTIME) / 1000000;
    v8shim_isolate_set_clock(iso->cell->v8, (double) unix_ms);

    status = v8shim_isolate_deliver(iso->cell->v8, &mail->event, &iso->error);

    pthread_mutex_lock(&exec->lock);

    exec->since_ns = 0;
    killed_for = exec->killed_for;

    pthread_mutex_unlock(&exec->lock);

    dw_executor_charge(iso, event->invocation,
                       dw_meter_read(&exec->meter) - event->cpu_start_ns);

    run = dw_executor_judge(iso, status, killed_for);

    if (run == DW_RUN_ALIVE && mail->event.type == DW_EVENT_LOAD) {
        iso->loaded = true;
    }

    return run;
}


/* How much memory it takes now; it is entered. */
static void
dw_executor_measure(dw_isolate_t *iso)
{
    size_t  bytes, change;

    bytes = v8shim_isolate_memory(iso->cell->v8);

    change = bytes > iso->footprint ? bytes - iso->footprint
                                    : iso->footprint - bytes;

    if (change < DW_WIRE_FOOTPRINT_STEP) {
        return;
    }

    iso->footprint = bytes;

    dw_send_footprint(&iso->engine->out, iso->id, bytes);
}


/* The isolate's mail, in order; true when it has to be destroyed. */
static bool
dw_executor_events(dw_executor_t *exec, dw_isolate_t *iso)
{
    bool         entered = false, dead = false;
    dw_err_t     err = DW_EMPTY;
    unsigned     i;
    dw_run_t     run;
    dw_mail_t   *mail;

    for (i = 0; i < DW_RUN_BATCH && !dead; i++) {

        err = dw_mailbox_pop(&iso->mailbox, &mail);
        if (err != DW_OK) {
            break;
        }

        if (!dw_executor_prepare(exec, iso)) {
            dw_mail_destroy(mail);
            dw_isolate_die(iso, DW_WIRE_ENGINE, "Worker could not be started.",
                           "");
            return true;
        }

        if (!entered) {
            v8shim_isolate_enter(iso->cell->v8);
            entered = true;
        }

        run = dw_executor_deliver(exec, iso, mail);
        dead = (run == DW_RUN_DEAD);

        dw_mail_destroy(mail);
    }

    if (entered) {

        if (!dead) {
            dw_executor_measure(iso);
        }

        v8shim_isolate_leave(iso->cell->v8);
    }

    return dead || err == DW_CLOSED;
}


static void
dw_executor_run(dw_executor_t *exec, dw_isolate_t *iso)
{
    bool          dead;
    dw_sched_t   *sched;

    sched = &exec->engine->sched;

    /* In this order: an executor that is inside is always watched. */

    atomic_fetch_add(&sched->busy, 1);
    atomic_fetch_add(&sched->runs, 1);
    dw_watchdog_wake(&exec->engine->watchdog);

    dw_meter_start(&exec->meter);

    pthread_mutex_lock(&exec->lock);

    exec->current = iso;
    exec->killed_ns = 0;
    exec->killed_for = 0;
    exec->abandoned = false;

    pthread_mutex_unlock(&exec->lock);

    dead = dw_executor_events(exec, iso);

    pthread_mutex_lock(&exec->lock);
    exec->current = NULL;
    pthread_mutex_unlock(&exec->lock);

    if (dead) {
        dw_isolate_destroy(iso);

    } else if (dw_mailbox_rest(&iso->mailbox) != DW_OK) {
        dw_sched_ready(sched, iso);
    }

    atomic_fetch_sub(&sched->busy, 1);
}


/* Waits for input, or an alarm, and makes events of it. */
static void
dw_executor_lead(dw_engine_t *engine)
{
    int              n, timeout;
    bool             blocked;
    uint64_t         next_ns, now_ns;
    dw_sched_t      *sched;
    struct pollfd    pfd;

    sched = &engine->sched;

    blocked = atomic_load(&engine->out.blocked);
    next_ns = dw_alarms_next(&engine->alarms);

    atomic_store(&sched->leader_writes, blocked);
    atomic_store(&sched->leader_until_ns, next_ns);

    timeout = -1;

    if (next_ns != DW_NEVER) {
        now_ns = dw_clock_ns(CLOCK_MONOTONIC);
        timeout = 0;

        if (next_ns > now_ns) {
            next_ns = (next_ns - now_ns + 999999) / 1000000;
            timeout = next_ns < INT32_MAX ? (int) next_ns : INT32_MAX;
        }
    }

    pfd.fd = engine->options.socket;
    pfd.events = (short) (blocked ? POLLIN|POLLOUT : POLLIN);
    pfd.revents = 0;

    n = poll(&pfd, 1, timeout);

    if (n == -1 && errno != EINTR) {
        dw_exit(DW_EXIT_FATAL, "poll() failed: %s", strerror(errno));
    }

    if (pfd.revents & POLLOUT) {
        dw_out_flush_once(&engine->out);
    }

    if (pfd.revents & ~POLLOUT) {
        dw_in_receive(&engine->in);
        dw_frames_receive(engine);
    }

    dw_engine_fire_alarms(engine);
}


static void *
dw_executor_main(void *arg)
{
    bool            sent = false;
    dw_list_t      *link;
    dw_sched_t     *sched;
    dw_engine_t    *engine;
    dw_executor_t  *exec = arg;

    engine = exec->engine;
    sched = &engine->sched;

    pthread_mutex_lock(&sched->lock);

    while (!sched->open) {
        pthread_cond_wait(&sched->wanted, &sched->lock);
    }

    for ( ;; ) {

        link = dw_list_pop_head(&sched->ready);

        if (link != NULL) {
            pthread_mutex_unlock(&sched->lock);
            dw_executor_run(exec, dw_list_entry(link, dw_isolate_t, ready));
            pthread_mutex_lock(&sched->lock);
            sent = false;
            continue;
        }

        if (!sent) {
            pthread_mutex_unlock(&sched->lock);
            dw_out_flush(&engine->out);
            pthread_mutex_lock(&sched->lock);
            sent = true;
            continue;
        }

        if (!sched->led) {
            sched->led = true;
            atomic_fetch_add(&sched->leads, 1);
            pthread_mutex_unlock(&sched->lock);

            dw_executor_lead(engine);

            pthread_mutex_lock(&sched->lock);
            sched->led = false;
            sent = false;
            continue;
        }

        if (dw_pool_hungry(&engine->pool)) {
            pthread_mutex_unlock(&sched->lock);
            dw_pool_feed(&engine->pool);
            pthread_mutex_lock(&sched->lock);
            continue;
        }

        sched->idle++;
        pthread_cond_wait(&sched->wanted, &sched->lock);
        sched->idle--;
    }

    return NULL;
}
