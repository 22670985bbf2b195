
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/codec.h"


/* zlib's own figures, for 32 KB of window, and some for its structures */
#define DW_CODEC_MEM_LEVEL      8
#define DW_CODEC_DEFLATE_BYTES  ((1 << (MAX_WBITS + 2))                       \
                                 + (1 << (DW_CODEC_MEM_LEVEL + 9)) + 8192)
#define DW_CODEC_INFLATE_BYTES  ((1 << MAX_WBITS) + 8192)


struct dw_codec_s {
    bool              decompress;
    bool              failed;
    z_stream          z;
    dw_codec_step_t   last;
};


size_t
dw_codec_bytes(bool decompress)
{
    return sizeof(dw_codec_t) + (decompress ? DW_CODEC_INFLATE_BYTES
                                            : DW_CODEC_DEFLATE_BYTES);
}


dw_codec_t *
dw_codec_create(bool decompress, dw_codec_format_t format)
{
    int          rc, bits;
    dw_codec_t  *codec;

    static const int  window_bits[] = {
        [DW_CODEC_GZIP] = MAX_WBITS + 16,
        [DW_CODEC_DEFLATE] = MAX_WBITS,
        [DW_CODEC_DEFLATE_RAW] = -MAX_WBITS
    };

    codec = dw_alloc(sizeof(dw_codec_t));
    codec->decompress = decompress;
    bits = window_bits[format];

    rc = decompress ? inflateInit2(&codec->z, bits)
                    : deflateInit2(&codec->z, Z_DEFAULT_COMPRESSION,
                                   Z_DEFLATED, bits, DW_CODEC_MEM_LEVEL,
                                   Z_DEFAULT_STRATEGY);
    if (rc != Z_OK) {
        free(codec);
        return NULL;
    }

    return codec;
}


void
dw_codec_destroy(void *object)
{
    dw_codec_t  *codec = object;

    if (codec->decompress) {
        inflateEnd(&codec->z);

    } else {
        deflateEnd(&codec->z);
    }

    free(codec);
}


dw_err_t
dw_codec_run(dw_codec_t *codec, const uint8_t *in, size_t size, bool finish,
    uint8_t *out, size_t room, dw_codec_step_t *step)
{
    int               rc;
    uInt              avail_in, avail_out;
    dw_codec_step_t  *last;

    last = &codec->last;
    last->read = 0;
    last->written = 0;
    last->more = false;
    *step = *last;

    if (codec->failed) {
        return DW_FAILED;
    }

    if (last->ended) {
        return DW_OK;
    }

    avail_in = size < UINT_MAX ? (uInt) size : UINT_MAX;
    avail_out = room < UINT_MAX ? (uInt) room : UINT_MAX;

    /* zlib does not write there, for all that it says. */

    codec->z.next_in = (Bytef *) (uintptr_t) in;
    codec->z.avail_in = avail_in;
    codec->z.next_out = out;
    codec->z.avail_out = avail_out;

    if (codec->decompress) {
        rc = inflate(&codec->z, Z_NO_FLUSH);

    } else {
        rc = deflate(&codec->z,
                     finish && avail_in == size ? Z_FINISH : Z_NO_FLUSH);
    }

    last->read = avail_in - codec->z.avail_in;
    last->written = avail_out - codec->z.avail_out;
    last->ended = (rc == Z_STREAM_END);
    last->more = !last->ended && codec->z.avail_out == 0;

    /* Nothing of the caller's is kept. */

    codec->z.next_in = NULL;
    codec->z.avail_in = 0;
    codec->z.next_out = NULL;
    codec->z.avail_out = 0;

    *step = *last;

    /* Z_BUF_ERROR: there was nothing to do; Z_NEED_DICT: there is none. */

    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
        codec->failed = true;
        return DW_FAILED;
    }

    return DW_OK;
}


const dw_codec_step_t *
dw_codec_last(const dw_codec_t *codec)
{
    return &codec->last;
}
