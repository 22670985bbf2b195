
/*
 * Compression and decompression by zlib, in steps of bounded size.
 */

#ifndef DW_CODEC_H
#define DW_CODEC_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base.h"


/* runtime/web/compression.js has the same numbers. */
typedef enum {
    DW_CODEC_GZIP = 0,          /* RFC 1952, one member */
    DW_CODEC_DEFLATE,           /* RFC 1950 */
    DW_CODEC_DEFLATE_RAW,       /* RFC 1951 */
    DW_CODEC_LAST
} dw_codec_format_t;


typedef struct dw_codec_s  dw_codec_t;


/* What a step came to. */
typedef struct {
    size_t          read;
    size_t          written;
    bool            more;       /* output waits: call again, for room */
    bool            ended;      /* no input is taken any more */
} dw_codec_step_t;


/* All memory that a codec can come to use. */
size_t dw_codec_bytes(bool decompress);

/* NULL when there is no memory. */
dw_codec_t *dw_codec_create(bool decompress, dw_codec_format_t format);
void dw_codec_destroy(void *codec);

/*
 * Takes from "in" and gives to "out", as far as both go.  "finish" says that
 * "in" is the last there is.  DW_FAILED: the data is bad, for good.
 */
dw_err_t dw_codec_run(dw_codec_t *codec, const uint8_t *in, size_t size,
    bool finish, uint8_t *out, size_t room, dw_codec_step_t *step);

/* What the last run came to. */
const dw_codec_step_t *dw_codec_last(const dw_codec_t *codec);


#endif /* DW_CODEC_H */
