
#include <stdlib.h>

#include "engine/base.h"
#include "engine/decoder.h"
#include "engine/limits.h"
#include "engine/op.h"
#include "engine/ops_text.h"


#define DW_DECODER_BYTES  (sizeof(dw_decoder_t) + DW_RESOURCE_OVERHEAD)


static const dw_resource_kind_t  dw_decoder_kind = { free };


static bool
dw_op_encoding(const v8shim_value_t *value, dw_encoding_t *encoding,
    v8shim_value_t *result)
{
    uint32_t  n;

    n = dw_op_u32(value);

    if (n >= DW_ENCODING_LAST) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "no such encoding");
        return false;
    }

    *encoding = (dw_encoding_t) n;

    return true;
}


/*
 * Text, as narrow as it may be, or, if a fatal decoder has met an error, the
 * number of bytes read.
 */
static void
dw_op_decode_slice(dw_decoder_t *decoder, const uint8_t *bytes, size_t size,
    bool flush, v8shim_value_t *result)
{
    bool      failed;
    size_t    i, read, units;
    uint8_t  *narrow;
    uint16_t  all;

    /* What op results point to; the thread's for good. */

    static _Thread_local uint16_t  *out;

    if (out == NULL) {
        out = dw_alloc(DW_DECODER_ROOM(DW_DECODE_SLICE) * sizeof(uint16_t));
    }

    read = dw_decoder_run(decoder, bytes, size, flush, out, &units, &failed);

    if (failed) {
        result->type = V8SHIM_NUMBER;
        result->number = (double) read;
        return;
    }

    for (i = 0, all = 0; i < units; i++) {
        all |= out[i];
    }

    result->bytes.data = (const uint8_t *) out;

    if (all > 0xff) {
        result->type = V8SHIM_UTF16;
        result->bytes.size = units * sizeof(uint16_t);
        return;
    }

    narrow = (uint8_t *) out;

    for (i = 0; i < units; i++) {
        narrow[i] = (uint8_t) out[i];
    }

    result->type = V8SHIM_LATIN1;
    result->bytes.size = units;
}


/* decoder(encoding, fatal): an id */
void
dw_op_decoder(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    dw_isolate_t   *iso;
    dw_decoder_t   *decoder;
    dw_encoding_t   encoding;

    iso = dw_op_isolate(user, result);

    if (iso == NULL
        || !dw_op_encoding(&args[0], &encoding, result)
        || !dw_op_room(iso, DW_DECODER_BYTES, result))
    {
        return;
    }

    decoder = dw_alloc(sizeof(dw_decoder_t));
    dw_decoder_init(decoder, encoding, args[1].number != 0);

    dw_op_add_resource(iso, &dw_decoder_kind, decoder, DW_DECODER_BYTES,
                       result);
}


/* decode(id, bytes, offset, flush): one slice from there on */
void
dw_op_decode(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           flush;
    size_t         size;
    uint64_t       offset;
    dw_decoder_t  *decoder;

    decoder = dw_op_resource(user, &args[0], &dw_decoder_kind, result);
    if (decoder == NULL) {
        return;
    }

    offset = dw_op_u64(&args[2]);
    size = args[1].bytes.size;

    if (offset > size) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "decode: no such offset");
        return;
    }

    size -= (size_t) offset;
    flush = (args[3].number != 0);

    if (size > DW_DECODE_SLICE) {
        size = DW_DECODE_SLICE;
        flush = false;
    }

    dw_op_decode_slice(decoder, size ? args[1].bytes.data + offset : NULL,
                       size, flush, result);
}


/* decodeOnce(encoding, fatal, bytes): all there is, at most one slice */
void
dw_op_decode_once(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    dw_decoder_t    decoder;
    dw_encoding_t   encoding;

    if (dw_op_isolate(user, result) == NULL
        || !dw_op_encoding(&args[0], &encoding, result))
    {
        return;
    }

    if (args[2].bytes.size > DW_DECODE_SLICE) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "decodeOnce: too much");
        return;
    }

    dw_decoder_init(&decoder, encoding, args[1].number != 0);

    dw_op_decode_slice(&decoder, args[2].bytes.data, args[2].bytes.size, true,
                       result);
}
