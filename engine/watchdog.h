
/*
 * The watchdog: one thread that never runs JavaScript.  While executors do, it
 * ticks; otherwise it sleeps.  At each tick it
 *
 *   - terminates an isolate whose event has used up its CPU time,
 *   - sends an out-buffer that waits behind a busy executor,
 *   - looks at the socket when there is no leader: the end of nginx is the end
 *     of the engine, and input that waits needs an executor,
 *   - wakes an executor when isolates are ready and nobody takes them,
 *   - fires alarms that no leader waits for.
 */

#ifndef DW_WATCHDOG_H
#define DW_WATCHDOG_H


#include <pthread.h>
#include <stdatomic.h>

#include "engine/isolate.h"


typedef struct {
    pthread_mutex_t    lock;
    pthread_cond_t     awake;
    _Atomic bool       asleep;

    /* the watchdog's own memory of the last tick */
    uint64_t           leads;
    uint64_t           runs;
    bool               work_waited;
    bool               output_waited;
    bool               retired;
    unsigned           idle_ticks;
} dw_watchdog_t;


void dw_watchdog_init(dw_watchdog_t *wd);

/* An executor goes inside an isolate; cheap when the watchdog is awake. */
void dw_watchdog_wake(dw_watchdog_t *wd);

_Noreturn void dw_watchdog_run(dw_engine_t *engine);


#endif /* DW_WATCHDOG_H */
