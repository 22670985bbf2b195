
/*
 * Native objects that an isolate's JavaScript holds: decoders, compressors,
 * keys ...  JavaScript knows an object by its id, which is never used again,
 * so an id that is old, made up or of another kind finds nothing.
 *
 * An object goes away by op close, when V8 collects what held the id (the
 * shim calls dw_cell_forget()), or with the isolate.  Only the executor inside
 * touches the table: no lock.
 */

#ifndef DW_RESOURCE_H
#define DW_RESOURCE_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Static storage: an object's kind is told by its address. */
typedef struct {
    void  (*destroy)(void *object);
} dw_resource_kind_t;


typedef struct dw_resource_s  dw_resource_t;


typedef struct {
    dw_resource_t  **buckets;       /* NULL until the first object */
    size_t           size;          /* of buckets, a power of two */
    size_t           count;
    size_t           bytes;
    size_t           max_bytes;
    uint64_t         last_id;
} dw_resources_t;


void dw_resources_init(dw_resources_t *table, size_t max_bytes);

/* Destroys all objects. */
void dw_resources_done(dw_resources_t *table);

/* Is there room for one more object that costs so many bytes? */
bool dw_resources_room(const dw_resources_t *table, size_t bytes);

/*
 * The new object's id; the table owns it now.  "bytes" is all the memory that
 * hangs on it, so that many small objects cost what they cost.  0 when there
 * is no room, and the caller keeps it.
 */
uint64_t dw_resource_add(dw_resources_t *table, const dw_resource_kind_t *kind,
    void *object, size_t bytes);

/* NULL when there is none of this kind. */
void *dw_resource_find(const dw_resources_t *table, uint64_t id,
    const dw_resource_kind_t *kind);

/* Destroys the object, if there is one; how many bytes it cost. */
size_t dw_resource_remove(dw_resources_t *table, uint64_t id);


#endif /* DW_RESOURCE_H */
