
/*
 * The socket to nginx: an in-buffer, which only the leader touches, and an
 * out-buffer, which takes whole frames from any thread and leaves in few
 * send()s.  Neither ever blocks, but for dw_out_relieve().  nginx closing the
 * socket ends the process, here and at once: there is nothing to save.
 */

#ifndef DW_IO_H
#define DW_IO_H


#include <pthread.h>
#include <stdatomic.h>

#include "engine/base.h"
#include "wire/dw_wire.h"


typedef struct {
    int               fd;
    uint8_t          *data;
    size_t            start;
    size_t            end;
    size_t            room;
} dw_in_t;


typedef struct {
    uint8_t          *data;
    size_t            start;
    size_t            end;
    size_t            room;
} dw_buffer_t;


typedef struct {
    int               fd;
    pthread_mutex_t   lock;
    dw_buffer_t       filling;      /* whole frames are added here */
    dw_buffer_t       leaving;      /* owned by the thread that sends */
    bool              sending;      /* a thread is in send() */
    uint64_t          dropped;      /* console lines, not reported yet */
    uint64_t          report_ns;    /* CLOCK_MONOTONIC; not before */
    _Atomic size_t    pending;      /* bytes in both buffers */
    _Atomic bool      blocked;      /* the socket takes no more for now */
} dw_out_t;


void dw_in_init(dw_in_t *in, int fd);

/* One recv().  What it brings stays until the next call. */
void dw_in_receive(dw_in_t *in);

/* The next whole frame: DW_WIRE_OK, DW_WIRE_SHORT, or DW_WIRE_BAD. */
dw_wire_err_t dw_in_next(dw_in_t *in, dw_wire_header_t *header,
    dw_wire_span_t *payload);


void dw_out_init(dw_out_t *out, int fd);

/*
 * Room for one frame of "size" bytes.  Takes the out-buffer's lock; _end()
 * releases it, with the position after what was written.
 */
uint8_t *dw_out_begin(dw_out_t *out, size_t size);
void dw_out_end(dw_out_t *out, uint8_t *p);

/* May a console line be sent?  Counts those that may not. */
bool dw_out_log_allowed(dw_out_t *out);

/* Sends what it can, unless another thread is at it; any thread. */
void dw_out_flush(dw_out_t *out);

/*
 * The same for who must go on: what is added in the meantime stays for the
 * next one.
 */
void dw_out_flush_once(dw_out_t *out);

/*
 * For ops, with no lock held: flushes when more than DW_OUT_FLUSH_BYTES wait,
 * and waits for nginx while more than DW_OUT_WAIT_BYTES do.  That is no CPU
 * time of the worker's, and what it adds to the backlog no end of the engine.
 */
void dw_out_relieve(dw_out_t *out);


#endif /* DW_IO_H */
