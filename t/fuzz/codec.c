/* sources: engine/codec.c engine/base.c */

/*
 * What op codecRun hands on: any bytes to decompress, in any steps; and what
 * was compressed comes back, whatever the steps.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/codec.h"


#define OUT_MAX  (1024 * 1024)


/* The size of the output, at most OUT_MAX, or -1 if the data is bad. */
static long
run(dw_codec_t *codec, const uint8_t *in, size_t size, size_t step_in,
    size_t step_out, uint8_t *out, bool *ended)
{
    size_t            at, part, total;
    uint8_t          *exact;
    dw_err_t          err;
    dw_codec_step_t   step;

    exact = malloc(step_out);
    at = 0;
    total = 0;

    do {
        part = size - at < step_in ? size - at : step_in;
        err = dw_codec_run(codec, in + at, part, at + part == size, exact,
                           step_out, &step);

        if (err != DW_OK) {
            free(exact);
            return -1;
        }

        if (step.read > part || step.written > step_out
            || dw_codec_last(codec)->read != step.read)
        {
            abort();
        }

        if (total + step.written > OUT_MAX) {
            break;
        }

        if (out != NULL && step.written != 0) {
            memcpy(out + total, exact, step.written);
        }

        total += step.written;
        at += step.read;

        /* It goes on, or there is nothing to do. */

        if (step.read == 0 && step.written == 0 && !step.more) {
            break;
        }

    } while (!step.ended && (at < size || step.more || part != 0));

    free(exact);
    *ended = step.ended;

    return (long) total;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                ended;
    long                packed, unpacked;
    size_t              step_in, step_out;
    uint8_t            *out, *back;
    dw_codec_t         *codec;
    dw_codec_format_t   format;

    if (size < 3) {
        return 0;
    }

    format = (dw_codec_format_t) (data[0] % DW_CODEC_LAST);
    step_in = data[1] + 1u;
    step_out = data[2] * 8u + 1;
    data += 3;
    size -= 3;

    codec = dw_codec_create(true, format);
    (void) run(codec, data, size, step_in, step_out, NULL, &ended);
    dw_codec_destroy(codec);

    if (size == 0 || size > 4096) {
        return 0;
    }

    out = malloc(OUT_MAX);
    back = malloc(OUT_MAX);

    codec = dw_codec_create(false, format);
    packed = run(codec, data, size, step_in, step_out, out, &ended);
    dw_codec_destroy(codec);

    if (packed <= 0 || !ended) {
        abort();
    }

    codec = dw_codec_create(true, format);
    unpacked = run(codec, out, (size_t) packed, step_out, step_in, back,
                   &ended);
    dw_codec_destroy(codec);

    if (unpacked != (long) size || !ended || memcmp(back, data, size) != 0) {
        abort();
    }

    free(out);
    free(back);

    return 0;
}
