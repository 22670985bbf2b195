
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/send.h"


void
dw_watchdog_init(dw_watchdog_t *wd)
{
    pthread_condattr_t  attr;

    memset(wd, 0, sizeof(dw_watchdog_t));

    pthread_mutex_init(&wd->lock, NULL);
    atomic_init(&wd->asleep, false);

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&wd->awake, &attr);
    pthread_condattr_destroy(&attr);
}


void
dw_watchdog_wake(dw_watchdog_t *wd)
{
    if (!atomic_load(&wd->asleep)) {
        return;
    }

    pthread_mutex_lock(&wd->lock);
    pthread_cond_signal(&wd->awake);
    pthread_mutex_unlock(&wd->lock);
}


/* The executor's thread is lost with its isolate; its lock is held. */
static void
dw_watchdog_abandon(dw_executor_t *exec)
{
    exec->abandoned = true;

    dw_log("a worker does not stop, its executor is lost");

    if (exec->killed_for == DW_WIRE_CPU) {
        dw_isolate_die(exec->current, DW_WIRE_CPU,
                       "Worker exceeded CPU time limit.", "");
    }
}


/*
 * Has a terminated event had its grace?  On a busy machine a thread may wait
 * for a processor for longer than that, so it is counted in what it has had of
 * one; but one that never runs again, since it waits inside V8, is lost, too.
 */
static bool
dw_watchdog_lost(dw_executor_t *exec, uint64_t now_ns)
{
    /* The leader may have terminated it since "now". */

    if (now_ns < exec->killed_ns + DW_GRACE_NS) {
        return false;
    }

    return now_ns >= exec->killed_ns + DW_GRACE_WAITING_NS
           || dw_clock_ns(exec->cpu_clock)
              >= exec->killed_cpu_ns + DW_GRACE_NS;
}


/* Whether the executor makes progress, after what had to be done about it. */
static bool
dw_watchdog_check(dw_executor_t *exec, uint64_t now_ns)
{
    bool  moving;

    pthread_mutex_lock(&exec->lock);

    moving = exec->since_ns != 0 && now_ns < exec->since_ns + DW_STUCK_NS;

    if (exec->since_ns == 0) {
        /* Outside, or between two events. */

    } else if (exec->killed_ns == 0) {

        if (dw_clock_ns(exec->cpu_clock) >= exec->cpu_limit_ns) {
            dw_executor_kill(exec, DW_WIRE_CPU);
        }

    } else if (!exec->abandoned && dw_watchdog_lost(exec, now_ns)) {
        dw_watchdog_abandon(exec);
    }

    pthread_mutex_unlock(&exec->lock);

    return moving;
}


/* Number of executors that will be free soon. */
static unsigned
dw_watchdog_check_all(dw_engine_t *engine, uint64_t now_ns)
{
    unsigned        i, moving, lost;
    dw_executor_t  *exec;

    moving = 0;
    lost = 0;

    for (i = 0; i < engine->options.max_threads; i++) {
        exec = &engine->executors[i];

        if (dw_watchdog_check(exec, now_ns)) {
            moving++;
        }

        /* Only the watchdog sets it, and an executor when it is back. */

        pthread_mutex_lock(&exec->lock);

        if (exec->abandoned && exec->current != NULL) {
            lost++;
        }

        pthread_mutex_unlock(&exec->lock);
    }

    if (lost == engine->options.max_threads) {
        dw_exit(DW_EXIT_FATAL, "all %u executors are lost", lost);
    }

    /* Fewer than were asked for: time for another engine. */

    if (lost > engine->options.max_threads - engine->options.threads
        && !engine->watchdog.retired)
    {
        engine->watchdog.retired = true;
        dw_send_empty(&engine->out, DW_WIRE_RETIRE, 0);
    }

    return moving;
}


/* Without a leader: is there input?  The end of nginx ends the process. */
static bool
dw_watchdog_input(dw_engine_t *engine)
{
    int            n;
    struct pollfd  pfd;

    pfd.fd = engine->options.socket;
    pfd.events = POLLIN|POLLRDHUP;
    pfd.revents = 0;

    n = poll(&pfd, 1, 0);

    if (n == 1 && (pfd.revents & ~POLLIN)) {
        _exit(DW_EXIT_OK);
    }

    return n == 1;
}


static void
dw_watchdog_tick(dw_engine_t *engine)
{
    bool            led, work, output;
    uint64_t        now_ns, leads;
    unsigned        moving;
    dw_sched_t     *sched;
    dw_watchdog_t  *wd;

    wd = &engine->watchdog;
    sched = &engine->sched;
    now_ns = dw_clock_ns(CLOCK_MONOTONIC);

    moving = dw_watchdog_check_all(engine, now_ns);

    pthread_mutex_lock(&sched->lock);

    led = sched->led;
    work = !dw_list_empty(&sched->ready);

    pthread_mutex_unlock(&sched->lock);

    leads = atomic_load(&sched->leads);

    if (!led && dw_watchdog_input(engine) && leads == wd->leads) {
        work = true;
    }

    wd->leads = leads;

    /* What waited at the last tick as well has waited long enough. */

    if (work && wd->work_waited && moving < engine->options.threads) {
        dw_sched_want(sched);
    }

    wd->work_waited = work;

    output = atomic_load(&engine->out.pending) != 0;

    if (output && wd->output_waited) {
        dw_out_flush_once(&engine->out);
    }

    wd->output_waited = output;

    if (dw_alarms_next(&engine->alarms) <= now_ns
        && (!led || atomic_load(&sched->leader_until_ns) > now_ns))
    {
        dw_engine_fire_alarms(engine);
        dw_sched_want(sched);
    }
}


/* Nothing runs, and nothing has to be sent that the leader does not see. */
static bool
dw_watchdog_may_sleep(dw_engine_t *engine)
{
    dw_sched_t  *sched;

    sched = &engine->sched;

    if (atomic_load(&sched->busy) != 0
        || atomic_load(&sched->runs) != engine->watchdog.runs)
    {
        return false;
    }

    return atomic_load(&engine->out.pending) == 0
           || atomic_load(&sched->leader_writes);
}


static void
dw_watchdog_sleep(dw_engine_t *engine)
{
    uint64_t          next_ns;
    dw_watchdog_t    *wd;
    struct timespec   until;

    wd = &engine->watchdog;

    pthread_mutex_lock(&wd->lock);

    /* First asleep, then a look; executors do it the other way round. */

    atomic_store(&wd->asleep, true);

    if (dw_watchdog_may_sleep(engine)) {

        next_ns = dw_alarms_next(&engine->alarms);

        if (next_ns < atomic_load(&engine->sched.leader_until_ns)) {

            /* Set after the leader had begun to wait. */

            until.tv_sec = (time_t) (next_ns / 1000000000);
            until.tv_nsec = (long) (next_ns % 1000000000);
            pthread_cond_timedwait(&wd->awake, &wd->lock, &until);

        } else {
            pthread_cond_wait(&wd->awake, &wd->lock);
        }
    }

    atomic_store(&wd->asleep, false);

    pthread_mutex_unlock(&wd->lock);
}


void
dw_watchdog_run(dw_engine_t *engine)
{
    uint64_t          runs;
    dw_watchdog_t    *wd;
    struct timespec   tick;

    wd = &engine->watchdog;

    tick.tv_sec = 0;
    tick.tv_nsec = DW_TICK_NS;

    for ( ;; ) {

        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);

        dw_watchdog_tick(engine);

        runs = atomic_load(&engine->sched.runs);

        if (runs == wd->runs && dw_watchdog_may_sleep(engine)) {
            wd->idle_ticks++;

        } else {
            wd->idle_ticks = 0;
        }

        wd->runs = runs;

        if (wd->idle_ticks >= DW_IDLE_TICKS) {
            dw_watchdog_sleep(engine);
            wd->idle_ticks = 0;
        }
    }
}
