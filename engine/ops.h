
/*
 * The op table: what the runtime in an isolate can ask of the engine.
 * docs/architecture.md describes each op.
 */

#ifndef DW_OPS_H
#define DW_OPS_H


#include "v8shim/v8shim.h"


extern const v8shim_op_t  dw_ops[];


#endif /* DW_OPS_H */
