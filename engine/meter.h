
/*
 * How much CPU time a thread has used.  The kernel takes 0.4 us to say so, as
 * much as a small event; the time of day is ten times cheaper.  So short spans
 * are taken for CPU time altogether, and for longer ones the kernel is asked.
 *
 * A meter is the thread's own.  It never goes back, and never runs behind the
 * thread's clock; it is ahead by what was not CPU time of the short spans since
 * it was started.
 */

#ifndef DW_METER_H
#define DW_METER_H


#include "engine/base.h"


typedef struct {
    uint64_t  wall_ns;          /* CLOCK_MONOTONIC at the last reading */
    uint64_t  cpu_ns;           /* what it has said then */
} dw_meter_t;


/* Sets it right. */
void dw_meter_start(dw_meter_t *meter);

/* On the clock of pthread_getcpuclockid(), more or less. */
uint64_t dw_meter_read(dw_meter_t *meter);


#endif /* DW_METER_H */
