
/*
 * An isolate's mailbox: the events that wait for it, in order.
 *
 * Any thread may push.  Only the executor inside the isolate pops.  The
 * mailbox also knows whether its isolate is scheduled (in the ready queue or
 * with an executor), so that no push is ever missed and no isolate is in two
 * places: who is told "wake" must put the isolate into the ready queue.
 */

#ifndef DW_MAILBOX_H
#define DW_MAILBOX_H


#include <pthread.h>

#include "engine/base.h"
#include "engine/list.h"
#include "v8shim/v8shim.h"


/* Events as the runtime numbers them; docs/architecture.md. */
typedef enum {
    DW_EVENT_LOAD = 1,
    DW_EVENT_FETCH = 2,
    DW_EVENT_HEAD = 3,
    DW_EVENT_DATA = 4,
    DW_EVENT_END = 5,
    DW_EVENT_RESET = 6,
    DW_EVENT_WINDOW = 7,
    DW_EVENT_ALARM = 8
} dw_event_type_t;


typedef struct {
    dw_list_t       link;
    v8shim_event_t  event;          /* its spans point into payload, code */
    uint64_t        channel;
    uint64_t        invocation;     /* whose CPU time it is, or 0 */
    uint8_t        *code;           /* owned; LOAD */
    size_t          size;           /* of payload */
    uint8_t         payload[];
} dw_mail_t;


typedef struct {
    pthread_mutex_t  lock;
    dw_list_t        mails;
    size_t           bytes;
    bool             scheduled;
    bool             held;          /* the code is not there yet */
    bool             closed;        /* the isolate is dead */
} dw_mailbox_t;


/* Payload uninitialised, the rest zero.  dw_mail_destroy() frees the code. */
dw_mail_t *dw_mail_create(dw_event_type_t type, size_t payload);
void dw_mail_destroy(dw_mail_t *mail);

/* A new mailbox is held: it takes mail and is never scheduled. */
void dw_mailbox_init(dw_mailbox_t *mb);
void dw_mailbox_done(dw_mailbox_t *mb);

/*
 * DW_OK, or DW_CLOSED, or DW_FULL for a FETCH only: what else arrives is
 * covered by credit.  With DW_OK the mail is the mailbox's.
 */
dw_err_t dw_mailbox_push(dw_mailbox_t *mb, dw_mail_t *mail, bool *wake);

/* Puts "mail" before all that waits, and ends the hold. */
dw_err_t dw_mailbox_release(dw_mailbox_t *mb, dw_mail_t *mail, bool *wake);

/* No more mail, in or out: the next executor destroys the isolate. */
void dw_mailbox_close(dw_mailbox_t *mb, bool *wake);

/* DW_OK, DW_EMPTY or DW_CLOSED; the isolate stays scheduled. */
dw_err_t dw_mailbox_pop(dw_mailbox_t *mb, dw_mail_t **mail);

/*
 * The executor is out of the isolate.  DW_OK: there is no mail, the isolate is
 * no longer scheduled, and not the caller's any more.  DW_FULL: there is.
 */
dw_err_t dw_mailbox_rest(dw_mailbox_t *mb);


#endif /* DW_MAILBOX_H */
