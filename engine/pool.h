
/*
 * Blank isolates, made by idle executors before they are asked for.  All have
 * the memory limit that isolates were last asked for twice in a row; an
 * isolate with another limit is made when it first runs.
 */

#ifndef DW_POOL_H
#define DW_POOL_H


#include "engine/isolate.h"


typedef struct {
    pthread_mutex_t  lock;
    dw_cell_t       *cells[DW_PREWARM_MAX];
    unsigned         count;
    unsigned         making;
    unsigned         want;
    uint32_t         memory_mb;
    uint32_t         last_mb;       /* asked for last */
    bool             failed;        /* one could not be made: no more */
    _Atomic bool     hungry;
} dw_pool_t;


void dw_pool_init(dw_pool_t *pool, unsigned want, uint32_t memory_mb);

/* A blank cell with this limit or NULL. */
dw_cell_t *dw_pool_take(dw_pool_t *pool, uint32_t memory_mb);

/* Takes no lock. */
bool dw_pool_hungry(dw_pool_t *pool);

/* Makes one, or drops one that fits no more; milliseconds; any executor. */
void dw_pool_feed(dw_pool_t *pool);


#endif /* DW_POOL_H */
