
#include "engine/base.h"
#include "engine/codec.h"
#include "engine/limits.h"
#include "engine/op.h"
#include "engine/ops_codec.h"


static const dw_resource_kind_t  dw_codec_kind = { dw_codec_destroy };


/* codec(decompress, format): an id */
void
dw_op_codec(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           decompress;
    size_t         bytes;
    uint32_t       format;
    dw_codec_t    *codec;
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    decompress = (args[0].number != 0);
    format = dw_op_u32(&args[1]);

    if (format >= DW_CODEC_LAST) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "codec: no such format");
        return;
    }

    bytes = dw_codec_bytes(decompress) + DW_RESOURCE_OVERHEAD;

    if (!dw_op_room(iso, bytes, result)) {
        return;
    }

    codec = dw_codec_create(decompress, (dw_codec_format_t) format);

    if (codec == NULL) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "codec: no memory");
        return;
    }

    dw_op_add_resource(iso, &dw_codec_kind, codec, bytes, result);
}


/* codecRun(id, bytes, offset, finish): the output of one step */
void
dw_op_codec_run(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    bool              finish;
    size_t            size;
    uint64_t          offset;
    dw_codec_t       *codec;
    dw_codec_step_t   step;

    /* What op results point to; the thread's for good. */

    static _Thread_local uint8_t  *out;

    codec = dw_op_resource(user, &args[0], &dw_codec_kind, result);
    if (codec == NULL) {
        return;
    }

    offset = dw_op_u64(&args[2]);
    size = args[1].bytes.size;

    if (offset > size) {
        dw_op_fail(result, V8SHIM_RANGE_ERROR, "codecRun: no such offset");
        return;
    }

    size -= (size_t) offset;
    finish = (args[3].number != 0);

    if (size > DW_CODEC_IN_SLICE) {
        size = DW_CODEC_IN_SLICE;
        finish = false;
    }

    if (out == NULL) {
        out = dw_alloc(DW_CODEC_OUT_SLICE);
    }

    if (dw_codec_run(codec, size ? args[1].bytes.data + offset : NULL, size,
                     finish, out, DW_CODEC_OUT_SLICE, &step)
        != DW_OK)
    {
        dw_op_fail(result, V8SHIM_TYPE_ERROR,
                   "The compressed data is not valid.");
        return;
    }

    result->type = V8SHIM_BYTES;
    result->bytes.data = out;
    result->bytes.size = step.written;
}


/*
 * codecStep(id): what the last step came to: bytes read * 4, + 1 if more
 * output waits, + 2 if all has been said
 */
void
dw_op_codec_step(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    dw_codec_t             *codec;
    const dw_codec_step_t  *step;

    codec = dw_op_resource(user, &args[0], &dw_codec_kind, result);
    if (codec == NULL) {
        return;
    }

    step = dw_codec_last(codec);

    result->type = V8SHIM_NUMBER;
    result->number = (double) (step->read * 4 + (step->more ? 1 : 0)
                               + (step->ended ? 2 : 0));
}
