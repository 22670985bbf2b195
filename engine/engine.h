
/*
 * The engine: everything that is one per process.  Each part has a header of
 * its own; this one says how they fit together.
 *
 * Locks, in the order in which they may be taken; all are short, and none is
 * held while JavaScript runs:
 *
 *     an executor's  ->  channel table  ->  a mailbox  ->  scheduler
 *                                       ->  out-buffer
 *     alarms  ->  a mailbox  ->  scheduler
 *
 * The pool's and the watchdog's are taken with none held.
 *
 * Threads: main becomes the watchdog; the executors, all of which exist before
 * the jail closes; V8's own.
 */

#ifndef DW_ENGINE_H
#define DW_ENGINE_H


#include "engine/alarm.h"
#include "engine/channel.h"
#include "engine/executor.h"
#include "engine/io.h"
#include "engine/isolate.h"
#include "engine/pool.h"
#include "engine/watchdog.h"


#define DW_VERSION  "0.1.0"


typedef struct {
    int               socket;
    bool              host;             /* role: host, else sandbox */
    bool              jit;
    bool              jail;
    unsigned          threads;
    unsigned          max_threads;
    unsigned          prewarm;
} dw_options_t;


struct dw_engine_s {
    dw_options_t      options;
    uint64_t          start_ns;         /* CLOCK_MONOTONIC, for op now */

    dw_in_t           in;
    dw_out_t          out;
    dw_channels_t     channels;
    dw_alarms_t       alarms;
    dw_pool_t         pool;
    dw_sched_t        sched;
    dw_watchdog_t     watchdog;

    dw_executor_t     executors[DW_THREADS_MAX];
};


/*
 * Starts V8 and the threads, closes the jail, says HELLO and watches; ends
 * with the process.
 */
_Noreturn void dw_engine_run(const dw_options_t *options);

/* Posts the ALARM event of each isolate whose time has come. */
void dw_engine_fire_alarms(dw_engine_t *engine);

/* V8 gave up, on any thread: the one place where parking could come. */
void dw_engine_fatal(const char *location, const char *message);


#endif /* DW_ENGINE_H */
