
/*
 * Ops that compress and decompress; see engine/codec.h and
 * docs/architecture.md.
 */

#ifndef DW_OPS_CODEC_H
#define DW_OPS_CODEC_H


#include "v8shim/v8shim.h"


void dw_op_codec(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_codec_run(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_codec_step(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);


#endif /* DW_OPS_CODEC_H */
