
/*
 * A pipe is a body on its way from one source to one sink.  What the sink
 * does not take waits: in the pipe, when it came from an engine (whose credit
 * bounds it), or where it is, when the source can hold it itself.
 */

#include "ngx_http_dynworker.h"


static ngx_int_t ngx_http_dynworker_pipe_buffer(
    ngx_http_dynworker_pipe_t *pipe, u_char *p, size_t size);
static void ngx_http_dynworker_pipe_consumed(ngx_http_dynworker_pipe_t *pipe,
    size_t size);
static void ngx_http_dynworker_pipe_finish(ngx_http_dynworker_pipe_t *pipe);


ngx_http_dynworker_pipe_t *
ngx_http_dynworker_pipe_create(void)
{
    ngx_http_dynworker_pipe_t  *pipe;

    pipe = ngx_calloc(sizeof(ngx_http_dynworker_pipe_t), ngx_cycle->log);
    if (pipe == NULL) {
        return NULL;
    }

    pipe->refs = 1;

    return pipe;
}


void
ngx_http_dynworker_pipe_release(ngx_http_dynworker_pipe_t *pipe)
{
    if (--pipe->refs) {
        return;
    }

    if (pipe->buf) {
        ngx_free(pipe->buf);
    }

    ngx_free(pipe);
}


void
ngx_http_dynworker_pipe_set_source(ngx_http_dynworker_pipe_t *pipe,
    const ngx_http_dynworker_source_t *source, void *data)
{
    pipe->source = source;
    pipe->source_data = data;
}


void
ngx_http_dynworker_pipe_set_sink(ngx_http_dynworker_pipe_t *pipe,
    const ngx_http_dynworker_sink_t *sink, void *data)
{
    pipe->sink = sink;
    pipe->sink_data = data;

    if (sink) {
        ngx_http_dynworker_pipe_pull(pipe);
    }
}


size_t
ngx_http_dynworker_pipe_offer(ngx_http_dynworker_pipe_t *pipe, u_char *p,
    size_t size)
{
    if (pipe->cancelled) {
        return size;
    }

    if (pipe->sink == NULL || pipe->len) {
        return 0;
    }

    return pipe->sink->write(pipe->sink_data, p, size);
}


ngx_int_t
ngx_http_dynworker_pipe_push(ngx_http_dynworker_pipe_t *pipe, u_char *p,
    size_t size)
{
    size_t     n;
    ngx_int_t  rc;

    pipe->refs++;

    n = ngx_http_dynworker_pipe_offer(pipe, p, size);

    rc = NGX_OK;

    if (n < size && !pipe->cancelled) {
        rc = ngx_http_dynworker_pipe_buffer(pipe, p + n, size - n);
    }

    if (n) {
        ngx_http_dynworker_pipe_consumed(pipe, n);
    }

    ngx_http_dynworker_pipe_release(pipe);

    return rc;
}


static ngx_int_t
ngx_http_dynworker_pipe_buffer(ngx_http_dynworker_pipe_t *pipe, u_char *p,
    size_t size)
{
    size_t   need;
    u_char  *buf;

    if (pipe->pos + pipe->len + size > pipe->size) {

        if (pipe->len + size <= pipe->size) {
            ngx_memmove(pipe->buf, pipe->buf + pipe->pos, pipe->len);

        } else {
            need = ngx_max(pipe->size * 2, pipe->len + size);

            buf = ngx_alloc(need, ngx_cycle->log);
            if (buf == NULL) {
                return NGX_ERROR;
            }

            if (pipe->buf) {
                ngx_memcpy(buf, pipe->buf + pipe->pos, pipe->len);
                ngx_free(pipe->buf);
            }

            pipe->buf = buf;
            pipe->size = need;
        }

        pipe->pos = 0;
    }

    ngx_memcpy(pipe->buf + pipe->pos + pipe->len, p, size);
    pipe->len += size;

    return NGX_OK;
}


ngx_int_t
ngx_http_dynworker_pipe_unread(ngx_http_dynworker_pipe_t *pipe, u_char *p,
    size_t size)
{
    u_char  *buf;

    buf = ngx_alloc(size + pipe->len, ngx_cycle->log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(buf, p, size);

    if (pipe->buf) {
        ngx_memcpy(buf + size, pipe->buf + pipe->pos, pipe->len);
        ngx_free(pipe->buf);
    }

    pipe->buf = buf;
    pipe->pos = 0;
    pipe->len += size;
    pipe->size = pipe->len;

    return NGX_OK;
}


static void
ngx_http_dynworker_pipe_consumed(ngx_http_dynworker_pipe_t *pipe, size_t size)
{
    if (pipe->source && !pipe->ended) {
        pipe->source->consumed(pipe->source_data, size);
    }
}


void
ngx_http_dynworker_pipe_end(ngx_http_dynworker_pipe_t *pipe, ngx_uint_t code)
{
    if (pipe->ended) {
        return;
    }

    pipe->ended = 1;
    pipe->code = code;
    pipe->source = NULL;

    if (code) {
        pipe->len = 0;
    }

    pipe->refs++;
    ngx_http_dynworker_pipe_finish(pipe);
    ngx_http_dynworker_pipe_release(pipe);
}


void
ngx_http_dynworker_pipe_fail(ngx_http_dynworker_pipe_t *pipe, ngx_uint_t code)
{
    void                               *data;
    const ngx_http_dynworker_source_t  *source;

    data = pipe->source_data;
    source = pipe->ended ? NULL : pipe->source;

    pipe->refs++;

    ngx_http_dynworker_pipe_end(pipe, code);
    ngx_http_dynworker_pipe_cancel(pipe);

    if (source) {
        source->cancel(data);
    }

    ngx_http_dynworker_pipe_release(pipe);
}


static void
ngx_http_dynworker_pipe_finish(ngx_http_dynworker_pipe_t *pipe)
{
    if (!pipe->ended || pipe->passed || pipe->len || pipe->sink == NULL
        || pipe->cancelled)
    {
        return;
    }

    /* set before: the sink may come back here */

    pipe->passed = 1;

    if (pipe->sink->end(pipe->sink_data, pipe->code) == NGX_AGAIN) {
        pipe->passed = 0;
    }
}


void
ngx_http_dynworker_pipe_pull(ngx_http_dynworker_pipe_t *pipe)
{
    size_t  n;

    if (pipe->sink == NULL || pipe->cancelled) {
        return;
    }

    pipe->refs++;

    if (pipe->len) {
        n = pipe->sink->write(pipe->sink_data, pipe->buf + pipe->pos,
                              pipe->len);

        /* a sink that failed has cancelled the pipe */

        if (!pipe->cancelled) {
            pipe->pos += n;
            pipe->len -= n;

            if (n) {
                ngx_http_dynworker_pipe_consumed(pipe, n);
            }
        }

    } else {
        ngx_http_dynworker_pipe_consumed(pipe, 0);
    }

    ngx_http_dynworker_pipe_finish(pipe);
    ngx_http_dynworker_pipe_release(pipe);
}


void
ngx_http_dynworker_pipe_cancel(ngx_http_dynworker_pipe_t *pipe)
{
    const ngx_http_dynworker_source_t  *source;

    if (pipe->cancelled) {
        return;
    }

    pipe->cancelled = 1;
    pipe->sink = NULL;
    pipe->len = 0;

    source = pipe->source;

    if (source && !pipe->ended) {
        source->cancel(pipe->source_data);
    }
}
