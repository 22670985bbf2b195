
#include <string.h>

#include "engine/pool.h"


void
dw_pool_init(dw_pool_t *pool, unsigned want, uint32_t memory_mb)
{
    memset(pool, 0, sizeof(dw_pool_t));

    pthread_mutex_init(&pool->lock, NULL);

    pool->want = want;
    pool->memory_mb = memory_mb;
    pool->last_mb = memory_mb;
    atomic_init(&pool->hungry, want != 0);
}


/* Does the pool hold a cell of another limit than its own?  Lock held. */
static bool
dw_pool_misfit(dw_pool_t *pool)
{
    return pool->count != 0
           && pool->cells[pool->count - 1]->memory_mb != pool->memory_mb;
}


/* With the lock held, after every change. */
static void
dw_pool_publish(dw_pool_t *pool)
{
    atomic_store(&pool->hungry,
                 !pool->failed
                 && (dw_pool_misfit(pool)
                     || pool->count + pool->making < pool->want));
}


dw_cell_t *
dw_pool_take(dw_pool_t *pool, uint32_t memory_mb)
{
    dw_cell_t  *cell = NULL;

    pthread_mutex_lock(&pool->lock);

    if (memory_mb == pool->last_mb) {
        pool->memory_mb = memory_mb;
    }

    pool->last_mb = memory_mb;

    if (pool->count != 0
        && pool->cells[pool->count - 1]->memory_mb == memory_mb)
    {
        pool->count--;
        cell = pool->cells[pool->count];
    }

    dw_pool_publish(pool);

    pthread_mutex_unlock(&pool->lock);

    return cell;
}


bool
dw_pool_hungry(dw_pool_t *pool)
{
    return atomic_load(&pool->hungry);
}


void
dw_pool_feed(dw_pool_t *pool)
{
    uint32_t        memory_mb;
    dw_cell_t      *cell;
    v8shim_error_t  error;

    pthread_mutex_lock(&pool->lock);

    if (dw_pool_misfit(pool)) {
        pool->count--;
        cell = pool->cells[pool->count];
        dw_pool_publish(pool);
        pthread_mutex_unlock(&pool->lock);

        dw_cell_destroy(cell);
        return;
    }

    if (pool->failed || pool->count + pool->making >= pool->want) {
        pthread_mutex_unlock(&pool->lock);
        return;
    }

    pool->making++;
    memory_mb = pool->memory_mb;
    dw_pool_publish(pool);

    pthread_mutex_unlock(&pool->lock);

    cell = dw_cell_create(memory_mb, &error);

    pthread_mutex_lock(&pool->lock);

    pool->making--;

    if (cell == NULL) {
        pool->failed = true;

    } else {
        pool->cells[pool->count] = cell;
        pool->count++;
    }

    dw_pool_publish(pool);

    pthread_mutex_unlock(&pool->lock);

    if (cell == NULL) {
        dw_log("cannot prepare blank isolates: %s", error.message);
    }
}
