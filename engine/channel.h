
/*
 * The channel table: id -> channel, for both nginx's (odd) and the engine's
 * (even) channels.  One mutex, taken by the caller around each look and what
 * follows from it: a channel, and the isolate it belongs to, stay valid until
 * the lock is released.
 */

#ifndef DW_CHANNEL_H
#define DW_CHANNEL_H


#include <pthread.h>

#include "engine/base.h"
#include "engine/list.h"
#include "engine/limits.h"
#include "wire/dw_wire.h"


typedef struct dw_isolate_s  dw_isolate_t;


typedef struct dw_channel_s  dw_channel_t;

struct dw_channel_s {
    dw_channel_t     *next;             /* in its bucket */
    dw_list_t         of_isolate;       /* among the channels of its isolate */
    dw_list_t         sibling;          /* among its invocation's children */
    dw_list_t         children;         /* an invocation's own channels */
    dw_isolate_t     *isolate;

    uint64_t          id;
    uint64_t          invocation;       /* its id or its parent's, or 0 */
    uint64_t          credit;           /* bytes that may be sent */
    uint64_t          cpu_ns;           /* an invocation's, events that ended */
    uint32_t          cpu_ms;           /* ... its own limit, or 0 */

    uint8_t           kind;             /* dw_wire_kind_t */
    bool              ours;             /* the engine opened it */
    bool              begun;            /* an invocation: the worker knows it */
    bool              pass;             /* ... and called op passThrough */
    bool              sent_head;
    bool              writable;         /* a body may be sent now */
    bool              sent_end;
    bool              got_end;

    /*
     * An invocation that was reset: for nginx it is over, and no frame of its
     * goes either way.  It stays for what its waitUntil() work uses, until
     * the op done.
     */
    bool              closed;
};


/* A dead isolate, for fetch events that crossed the news of its death. */
typedef struct {
    uint64_t          id;
    dw_wire_code_t    code;
    char             *message;          /* owned */
    char             *location;         /* owned */
} dw_tombstone_t;


typedef struct {
    pthread_mutex_t   lock;
    dw_channel_t    **buckets;
    size_t            mask;             /* buckets - 1 */
    size_t            count;
    uint64_t          next_id;          /* of the engine's next channel */
    dw_tombstone_t    tombstones[DW_TOMBSTONES];
    size_t            next_tombstone;
} dw_channels_t;


void dw_channels_init(dw_channels_t *channels);

/* Frees the table, and tombstones; no channels may be left. */
void dw_channels_done(dw_channels_t *channels);

void dw_channels_lock(dw_channels_t *channels);
void dw_channels_unlock(dw_channels_t *channels);

/* All below: with the lock held. */

uint64_t dw_channel_next_id(dw_channels_t *channels);

dw_channel_t *dw_channel_find(dw_channels_t *channels, uint64_t id);

/*
 * Adds a channel to the table and to "of_isolate", the list of the isolate's
 * channels.  "parent" is the invocation that opened it, or NULL.  The id must
 * not be in the table.
 */
dw_channel_t *dw_channel_add(dw_channels_t *channels, uint64_t id,
    dw_wire_kind_t kind, dw_isolate_t *isolate, dw_list_t *of_isolate,
    dw_channel_t *parent);

/* For an invocation: see "closed". */
void dw_channel_close(dw_channel_t *channel);

/* Removes and frees it.  Children stay, without a parent. */
void dw_channel_remove(dw_channels_t *channels, dw_channel_t *channel);

/* The same for an invocation and all that it opened. */
void dw_channel_remove_tree(dw_channels_t *channels, dw_channel_t *channel);

void dw_tombstone_add(dw_channels_t *channels, uint64_t id,
    dw_wire_code_t code, const char *message, const char *location);

/* NULL when there is none, or none any more. */
const dw_tombstone_t *dw_tombstone_find(dw_channels_t *channels, uint64_t id);


#endif /* DW_CHANNEL_H */
