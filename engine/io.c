
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io.h"
#include "engine/limits.h"


/* An empty buffer that has grown beyond this is given back. */
#define DW_BUFFER_KEEP  (1024 * 1024)


void
dw_in_init(dw_in_t *in, int fd)
{
    memset(in, 0, sizeof(dw_in_t));

    in->fd = fd;

    /* With the longest frame cut in two, a whole recv() still fits. */

    in->room = DW_WIRE_HEADER_SIZE + DW_WIRE_HEAD_MAX + DW_IN_BYTES;
    in->data = dw_realloc(NULL, in->room);
}


void
dw_in_receive(dw_in_t *in)
{
    ssize_t  n;

    if (in->start == in->end) {
        in->start = 0;
        in->end = 0;

    } else if (in->room - in->end < DW_IN_BYTES) {
        memmove(in->data, in->data + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }

    n = recv(in->fd, in->data + in->end, DW_IN_BYTES, MSG_DONTWAIT);

    if (n > 0) {
        in->end += (size_t) n;
        return;
    }

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    _exit(DW_EXIT_OK);
}


dw_wire_err_t
dw_in_next(dw_in_t *in, dw_wire_header_t *header, dw_wire_span_t *payload)
{
    dw_wire_err_t   err;
    dw_wire_span_t  span;

    span.data = in->data + in->start;
    span.size = in->end - in->start;

    err = dw_wire_get_header(span, DW_WIRE_BY_NGINX, header);
    if (err != DW_WIRE_OK) {
        return err;
    }

    if (span.size - DW_WIRE_HEADER_SIZE < header->length) {
        return DW_WIRE_SHORT;
    }

    payload->data = span.data + DW_WIRE_HEADER_SIZE;
    payload->size = header->length;

    in->start += DW_WIRE_HEADER_SIZE + payload->size;

    return DW_WIRE_OK;
}


void
dw_out_init(dw_out_t *out, int fd)
{
    memset(out, 0, sizeof(dw_out_t));

    out->fd = fd;
    pthread_mutex_init(&out->lock, NULL);
    atomic_init(&out->pending, 0);
    atomic_init(&out->blocked, false);
}


uint8_t *
dw_out_begin(dw_out_t *out, size_t size)
{
    size_t        room;
    dw_buffer_t  *buffer;

    pthread_mutex_lock(&out->lock);

    if (atomic_load(&out->pending) + size > DW_OUT_BACKLOG_MAX) {
        dw_exit(DW_EXIT_BAD, "nginx does not read, %zu bytes wait for it",
                atomic_load(&out->pending));
    }

    buffer = &out->filling;

    if (buffer->room - buffer->end < size) {
        room = buffer->room ? buffer->room * 2 : 2 * DW_OUT_FLUSH_BYTES;

        while (room - buffer->end < size) {
            room *= 2;
        }

        buffer->data = dw_realloc(buffer->data, room);
        buffer->room = room;
    }

    return buffer->data + buffer->end;
}


void
dw_out_end(dw_out_t *out, uint8_t *p)
{
    size_t        size;
    dw_buffer_t  *buffer;

    buffer = &out->filling;
    size = (size_t) (p - buffer->data) - buffer->end;

    buffer->end += size;
    atomic_fetch_add(&out->pending, size);

    pthread_mutex_unlock(&out->lock);
}


bool
dw_out_log_allowed(dw_out_t *out)
{
    bool      allowed;
    uint64_t  now_ns, dropped = 0;

    pthread_mutex_lock(&out->lock);

    allowed = atomic_load(&out->pending) <= DW_OUT_LOG_MAX;

    if (!allowed) {
        out->dropped++;

    } else if (out->dropped != 0) {
        now_ns = dw_clock_ns(CLOCK_MONOTONIC);

        if (now_ns >= out->report_ns) {
            dropped = out->dropped;
            out->dropped = 0;
            out->report_ns = now_ns + DW_OUT_REPORT_NS;
        }
    }

    pthread_mutex_unlock(&out->lock);

    if (dropped) {
        dw_log("%llu console lines dropped, nginx reads too slowly",
               (unsigned long long) dropped);
    }

    return allowed;
}


/* With the lock held: takes the frames that were added since the last time. */
static bool
dw_out_swap(dw_out_t *out)
{
    dw_buffer_t  buffer;

    buffer = out->leaving;
    buffer.start = 0;
    buffer.end = 0;

    if (buffer.room > DW_BUFFER_KEEP) {
        free(buffer.data);
        memset(&buffer, 0, sizeof(dw_buffer_t));
    }

    out->leaving = out->filling;
    out->filling = buffer;

    return out->leaving.end != 0;
}


/* Finishes what is leaving, then swaps that many times at most. */
static void
dw_out_send(dw_out_t *out, unsigned swaps)
{
    int           err;
    ssize_t       n;
    dw_buffer_t  *buffer;

    if (atomic_load(&out->pending) == 0) {
        return;
    }

    pthread_mutex_lock(&out->lock);

    if (out->sending) {
        /* The thread that sends looks for more, or the watchdog will. */
        pthread_mutex_unlock(&out->lock);
        return;
    }

    out->sending = true;
    buffer = &out->leaving;

    while (buffer->start != buffer->end
           || (swaps-- != 0 && dw_out_swap(out)))
    {

        pthread_mutex_unlock(&out->lock);

        n = send(out->fd, buffer->data + buffer->start,
                 buffer->end - buffer->start, MSG_DONTWAIT|MSG_NOSIGNAL);
        err = errno;

        pthread_mutex_lock(&out->lock);

        if (n >= 0) {
            buffer->start += (size_t) n;
            atomic_fetch_sub(&out->pending, (size_t) n);
            atomic_store(&out->blocked, false);
            continue;
        }

        if (err == EAGAIN) {
            atomic_store(&out->blocked, true);
            break;
        }

        if (err != EINTR) {
            _exit(DW_EXIT_OK);
        }
    }

    out->sending = false;

    pthread_mutex_unlock(&out->lock);
}


void
dw_out_flush(dw_out_t *out)
{
    dw_out_send(out, UINT_MAX);
}


void
dw_out_flush_once(dw_out_t *out)
{
    dw_out_send(out, 1);
}


void
dw_out_relieve(dw_out_t *out)
{
    struct pollfd  pfd;

    if (atomic_load(&out->pending) > DW_OUT_FLUSH_BYTES
        && !atomic_load(&out->blocked))
    {
        dw_out_flush_once(out);
    }

    while (atomic_load(&out->pending) > DW_OUT_WAIT_BYTES) {

        pfd.fd = out->fd;
        pfd.events = POLLOUT;
        pfd.revents = 0;

        (void) poll(&pfd, 1, -1);

        dw_out_flush_once(out);
    }
}
