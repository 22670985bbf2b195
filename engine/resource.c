
#include <stdlib.h>
#include <string.h>

#include "engine/base.h"
#include "engine/limits.h"
#include "engine/resource.h"


#define DW_RESOURCE_BUCKETS  16


struct dw_resource_s {
    dw_resource_t             *next;
    uint64_t                   id;
    const dw_resource_kind_t  *kind;
    void                      *object;
    size_t                     bytes;
};


void
dw_resources_init(dw_resources_t *table, size_t max_bytes)
{
    memset(table, 0, sizeof(dw_resources_t));

    table->max_bytes = max_bytes;
}


void
dw_resources_done(dw_resources_t *table)
{
    size_t          i;
    dw_resource_t  *resource;

    for (i = 0; i < table->size; i++) {

        while ((resource = table->buckets[i]) != NULL) {
            table->buckets[i] = resource->next;
            resource->kind->destroy(resource->object);
            free(resource);
        }
    }

    free(table->buckets);
    dw_resources_init(table, 0);
}


bool
dw_resources_room(const dw_resources_t *table, size_t bytes)
{
    return table->count < DW_RESOURCES_MAX
           && table->bytes <= table->max_bytes
           && bytes <= table->max_bytes - table->bytes;
}


/* Ids are consecutive, so they spread over the buckets by themselves. */
static dw_resource_t **
dw_resource_bucket(const dw_resources_t *table, uint64_t id)
{
    return &table->buckets[id & (table->size - 1)];
}


static void
dw_resources_grow(dw_resources_t *table)
{
    size_t           i, size;
    dw_resource_t   *resource, **old, **bucket;

    old = table->buckets;
    size = table->size;

    table->size = size ? size * 2 : DW_RESOURCE_BUCKETS;
    table->buckets = dw_alloc(table->size * sizeof(dw_resource_t *));

    for (i = 0; i < size; i++) {

        while ((resource = old[i]) != NULL) {
            old[i] = resource->next;
            bucket = dw_resource_bucket(table, resource->id);
            resource->next = *bucket;
            *bucket = resource;
        }
    }

    free(old);
}


uint64_t
dw_resource_add(dw_resources_t *table, const dw_resource_kind_t *kind,
    void *object, size_t bytes)
{
    dw_resource_t  *resource, **bucket;

    if (!dw_resources_room(table, bytes)) {
        return 0;
    }

    if (table->count == table->size) {
        dw_resources_grow(table);
    }

    resource = dw_alloc(sizeof(dw_resource_t));
    resource->id = ++table->last_id;
    resource->kind = kind;
    resource->object = object;
    resource->bytes = bytes;

    bucket = dw_resource_bucket(table, resource->id);
    resource->next = *bucket;
    *bucket = resource;

    table->count++;
    table->bytes += bytes;

    return resource->id;
}


/* Where the link to it is, or NULL. */
static dw_resource_t **
dw_resource_link(const dw_resources_t *table, uint64_t id)
{
    dw_resource_t  **link;

    if (table->count == 0) {
        return NULL;
    }

    for (link = dw_resource_bucket(table, id);
         *link != NULL;
         link = &(*link)->next)
    {
        if ((*link)->id == id) {
            return link;
        }
    }

    return NULL;
}


void *
dw_resource_find(const dw_resources_t *table, uint64_t id,
    const dw_resource_kind_t *kind)
{
    dw_resource_t  **link;

    link = dw_resource_link(table, id);

    return link != NULL && (*link)->kind == kind ? (*link)->object : NULL;
}


size_t
dw_resource_remove(dw_resources_t *table, uint64_t id)
{
    size_t          bytes;
    dw_resource_t  *resource, **link;

    link = dw_resource_link(table, id);
    if (link == NULL) {
        return 0;
    }

    resource = *link;
    *link = resource->next;

    bytes = resource->bytes;
    table->bytes -= bytes;
    table->count--;

    resource->kind->destroy(resource->object);
    free(resource);

    return bytes;
}
