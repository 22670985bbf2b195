
/*
 * Ops that decode text; see engine/decoder.h and docs/architecture.md.
 */

#ifndef DW_OPS_TEXT_H
#define DW_OPS_TEXT_H


#include "v8shim/v8shim.h"


void dw_op_decoder(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_decode(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_decode_once(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);


#endif /* DW_OPS_TEXT_H */
