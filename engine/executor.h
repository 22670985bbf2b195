
/*
 * Executors: the threads that run isolates, and the scheduler between them.
 *
 * An executor takes ready isolates, one after another.  When there are none,
 * it becomes the leader if nobody is: it polls the socket, distributes what
 * has come and runs it itself.  Otherwise it makes a blank isolate if one is
 * wanted, or sleeps until the watchdog wants it.
 */

#ifndef DW_EXECUTOR_H
#define DW_EXECUTOR_H


#include <pthread.h>
#include <stdatomic.h>

#include "engine/isolate.h"
#include "engine/meter.h"


struct dw_executor_s {
    dw_engine_t       *engine;
    pthread_t          thread;
    clockid_t          cpu_clock;
    dw_meter_t         meter;           /* its own thread's only */

    /* What the watchdog sees of the event that runs. */
    pthread_mutex_t    lock;
    dw_isolate_t      *current;         /* the isolate it is inside */
    uint64_t           since_ns;        /* CLOCK_MONOTONIC; 0: no event */
    uint64_t           cpu_limit_ns;    /* thread CPU clock */
    uint64_t           killed_ns;       /* CLOCK_MONOTONIC; 0: not terminated */
    uint64_t           killed_cpu_ns;   /* thread CPU clock, at that time */
    dw_wire_code_t     killed_for;      /* CPU, or CANCEL for dispose */
    bool               abandoned;       /* did not stop in time */
};


typedef struct {
    pthread_mutex_t    lock;
    pthread_cond_t     wanted;          /* for idle executors */
    dw_list_t          ready;
    bool               open;            /* the jail is closed: go */
    unsigned           idle;

    bool               led;             /* there is a leader */
    _Atomic uint64_t   leads;           /* how often somebody became it */
    _Atomic uint64_t   leader_until_ns; /* it polls at most until then */
    _Atomic bool       leader_writes;   /* it polls for output, too */

    _Atomic unsigned   busy;            /* executors inside an isolate */
    _Atomic uint64_t   runs;            /* how often one went inside */
} dw_sched_t;


void dw_sched_init(dw_sched_t *sched);

/* Only for who was told to wake the isolate; wakes no thread. */
void dw_sched_ready(dw_sched_t *sched, dw_isolate_t *iso);

/* One idle executor, if there is any, looks for work. */
void dw_sched_want(dw_sched_t *sched);


/* Creates "n" executors; they wait for dw_executors_go(). */
void dw_executors_create(dw_engine_t *engine, unsigned n);
void dw_executors_go(dw_engine_t *engine);

/* Inside: what runs from here on in this event belongs to "invocation". */
void dw_executor_enter(dw_isolate_t *iso, uint64_t invocation);

/*
 * By an op that takes long, on the executor's own thread: has what runs been
 * terminated?  V8 cannot stop C.
 */
static inline bool
dw_executor_stops(dw_executor_t *exec)
{
    bool  stops;

    pthread_mutex_lock(&exec->lock);
    stops = exec->killed_ns != 0;
    pthread_mutex_unlock(&exec->lock);

    return stops;
}

/* Terminates what runs, because of "code"; under the executor's lock. */
void dw_executor_kill(dw_executor_t *exec, dw_wire_code_t code);

/* Terminates "iso" if it is running; reads only the pointer itself. */
void dw_executors_terminate(dw_engine_t *engine, const dw_isolate_t *iso);


#endif /* DW_EXECUTOR_H */
