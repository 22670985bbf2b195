
/*
 * An isolate: an actor.  A mailbox, its channels, and, once an executor has
 * run it for the first time, a V8 isolate (its cell).
 *
 * nginx opens it and its channel in the table keeps it alive.  It dies by
 * nginx's RESET (dispose) or by itself (die): then all its channels leave the
 * table, its mailbox closes, and the executor that comes by next, or that is
 * inside, destroys V8's part and frees it.  So a thread may use an isolate
 * while it holds the channel table's lock and found it there, or is inside.
 */

#ifndef DW_ISOLATE_H
#define DW_ISOLATE_H


#include "engine/alarm.h"
#include "engine/channel.h"
#include "engine/list.h"
#include "engine/mailbox.h"
#include "engine/resource.h"
#include "v8shim/v8shim.h"


typedef struct dw_engine_s    dw_engine_t;
typedef struct dw_executor_s  dw_executor_t;


/* V8's part: blank in the pool, then one isolate's for good. */
typedef struct {
    v8shim_isolate_t  *v8;
    dw_isolate_t      *isolate;         /* NULL: blank */
    uint32_t           memory_mb;
    bool               out_of_memory;   /* set by V8, inside */
} dw_cell_t;


/* Of the event that runs; set and read by the executor inside. */
typedef struct {
    dw_executor_t     *executor;
    uint64_t           invocation;      /* who pays; 0: nobody */
    uint64_t           cpu_start_ns;    /* executor's meter; of its share */
    double             now_ms;          /* monotonic, for op now */
    dw_wire_code_t     failed_for;      /* ops failed, abort; else 0 */
} dw_event_t;


struct dw_isolate_s {
    dw_engine_t       *engine;
    uint64_t           id;              /* its channel */

    dw_list_t          ready;           /* link; the scheduler's lock */
    dw_mailbox_t       mailbox;
    dw_list_t          channels;        /* the channel table's lock */
    dw_alarm_t         alarm;

    /* until the code is complete: the channel table's lock */
    uint8_t           *code;
    size_t             code_size;
    size_t             code_room;
    bool               code_complete;

    /* what OPEN said; cpu_ms may be lowered, inside */
    dw_wire_open_t     open;
    char              *name;            /* owned */
    uint32_t           cpu_ms;
    uint32_t           memory_mb;

    /* the LOAD event has not ended it; the watchdog reads it, too */
    _Atomic bool       loaded;

    /* inside only */
    dw_cell_t         *cell;
    dw_event_t         event;
    size_t             footprint;       /* as nginx was told last */
    dw_resources_t     resources;
    v8shim_error_t     failure;         /* what ops failed, abort said */
    v8shim_error_t     error;           /* V8's */
};


/* Not yet in the channel table.  "open" has been checked by the wire. */
dw_isolate_t *dw_isolate_create(dw_engine_t *engine, uint64_t id,
    const dw_wire_open_t *open);

/* By the executor inside, when the mailbox is closed; frees all. */
void dw_isolate_destroy(dw_isolate_t *iso);

/* Its channel of that id, or NULL.  Channel table locked. */
dw_channel_t *dw_isolate_channel(const dw_isolate_t *iso, uint64_t id);

/*
 * Puts "mail" into the mailbox and the isolate into the ready queue.  What
 * the mailbox refuses is destroyed.  Channel table locked.
 */
dw_err_t dw_isolate_post(dw_isolate_t *iso, dw_mail_t *mail);

/* Adds code, or refuses it with DW_FULL.  Channel table locked. */
dw_err_t dw_isolate_add_code(dw_isolate_t *iso, dw_wire_span_t bytes);

/* The code is there: the LOAD event goes before all others.  Table locked. */
void dw_isolate_complete_code(dw_isolate_t *iso);

/*
 * The worker is dead: RESET on its channel and on every invocation in it.
 * By the executor inside, or by the watchdog while one is.
 */
void dw_isolate_die(dw_isolate_t *iso, dw_wire_code_t code,
    const char *message, const char *location);

/*
 * nginx wants it no more; by the leader.  The table is locked, released in
 * between and locked again.
 */
void dw_isolate_dispose(dw_isolate_t *iso);


/* NULL with iso->error when there is no memory for it. */
dw_cell_t *dw_cell_create(uint32_t memory_mb, v8shim_error_t *error);
void dw_cell_destroy(dw_cell_t *cell);


#endif /* DW_ISOLATE_H */
