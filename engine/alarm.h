
/*
 * Alarms: one deadline an isolate, in a binary heap under one mutex.  The
 * leader waits for the earliest while it polls; without a leader the watchdog
 * does.
 */

#ifndef DW_ALARM_H
#define DW_ALARM_H


#include <pthread.h>
#include <stdatomic.h>

#include "engine/base.h"


typedef struct {
    uint64_t           deadline_ns;     /* CLOCK_MONOTONIC */
    size_t             place;           /* in the heap, from 1; 0: not set */
} dw_alarm_t;


typedef struct {
    pthread_mutex_t    lock;
    dw_alarm_t       **heap;            /* heap[1] is the earliest */
    size_t             count;
    size_t             room;
    _Atomic uint64_t   next_ns;         /* heap[1]'s, or DW_NEVER */
} dw_alarms_t;


void dw_alarms_init(dw_alarms_t *alarms);
void dw_alarms_done(dw_alarms_t *alarms);

/* Sets, moves, or with DW_NEVER clears. */
void dw_alarm_set(dw_alarms_t *alarms, dw_alarm_t *alarm, uint64_t deadline_ns);

/* The earliest deadline or DW_NEVER; takes no lock. */
uint64_t dw_alarms_next(dw_alarms_t *alarms);

/*
 * Clears each alarm that is due and calls "fire" for it, earliest first, under
 * the lock: an isolate that has cleared its alarm is safe from it.
 */
void dw_alarms_fire(dw_alarms_t *alarms, uint64_t now_ns,
    void (*fire)(void *user, dw_alarm_t *alarm), void *user);


#endif /* DW_ALARM_H */
