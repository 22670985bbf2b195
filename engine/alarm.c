
#include <stdlib.h>
#include <string.h>

#include "engine/alarm.h"


void
dw_alarms_init(dw_alarms_t *alarms)
{
    memset(alarms, 0, sizeof(dw_alarms_t));

    pthread_mutex_init(&alarms->lock, NULL);
    atomic_init(&alarms->next_ns, DW_NEVER);
}


void
dw_alarms_done(dw_alarms_t *alarms)
{
    free(alarms->heap);
    pthread_mutex_destroy(&alarms->lock);
}


static void
dw_alarm_put(dw_alarms_t *alarms, size_t place, dw_alarm_t *alarm)
{
    alarms->heap[place] = alarm;
    alarm->place = place;
}


/* Moves "alarm" from the hole at "place" to where the heap is in order. */
static void
dw_alarm_settle(dw_alarms_t *alarms, size_t place, dw_alarm_t *alarm)
{
    size_t  child;

    while (place > 1
           && alarm->deadline_ns < alarms->heap[place / 2]->deadline_ns)
    {
        dw_alarm_put(alarms, place, alarms->heap[place / 2]);
        place /= 2;
    }

    while ((child = place * 2) <= alarms->count) {

        if (child < alarms->count
            && alarms->heap[child + 1]->deadline_ns
               < alarms->heap[child]->deadline_ns)
        {
            child++;
        }

        if (alarm->deadline_ns <= alarms->heap[child]->deadline_ns) {
            break;
        }

        dw_alarm_put(alarms, place, alarms->heap[child]);
        place = child;
    }

    dw_alarm_put(alarms, place, alarm);
}


static void
dw_alarm_add(dw_alarms_t *alarms, dw_alarm_t *alarm)
{
    if (alarms->count + 2 > alarms->room) {
        alarms->room = alarms->room ? alarms->room * 2 : 64;
        alarms->heap = dw_realloc(alarms->heap,
                                  alarms->room * sizeof(dw_alarm_t *));
    }

    alarms->count++;
    dw_alarm_settle(alarms, alarms->count, alarm);
}


static void
dw_alarm_remove(dw_alarms_t *alarms, dw_alarm_t *alarm)
{
    size_t       place;
    dw_alarm_t  *last;

    place = alarm->place;
    alarm->place = 0;

    last = alarms->heap[alarms->count];
    alarms->count--;

    if (last != alarm) {
        dw_alarm_settle(alarms, place, last);
    }
}


/* Called with the lock held, after every change. */
static void
dw_alarms_publish(dw_alarms_t *alarms)
{
    atomic_store(&alarms->next_ns,
                 alarms->count ? alarms->heap[1]->deadline_ns : DW_NEVER);
}


void
dw_alarm_set(dw_alarms_t *alarms, dw_alarm_t *alarm, uint64_t deadline_ns)
{
    pthread_mutex_lock(&alarms->lock);

    if (alarm->place != 0) {
        dw_alarm_remove(alarms, alarm);
    }

    alarm->deadline_ns = deadline_ns;

    if (deadline_ns != DW_NEVER) {
        dw_alarm_add(alarms, alarm);
    }

    dw_alarms_publish(alarms);

    pthread_mutex_unlock(&alarms->lock);
}


uint64_t
dw_alarms_next(dw_alarms_t *alarms)
{
    return atomic_load(&alarms->next_ns);
}


void
dw_alarms_fire(dw_alarms_t *alarms, uint64_t now_ns,
    void (*fire)(void *user, dw_alarm_t *alarm), void *user)
{
    dw_alarm_t  *alarm;

    if (dw_alarms_next(alarms) > now_ns) {
        return;
    }

    pthread_mutex_lock(&alarms->lock);

    while (alarms->count && alarms->heap[1]->deadline_ns <= now_ns) {
        alarm = alarms->heap[1];
        dw_alarm_remove(alarms, alarm);
        fire(user, alarm);
    }

    dw_alarms_publish(alarms);

    pthread_mutex_unlock(&alarms->lock);
}
