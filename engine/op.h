
/*
 * What the ops have in common.  An op runs inside its isolate, on the
 * executor's thread; "user" is the isolate's cell.
 */

#ifndef DW_OP_H
#define DW_OP_H


#include "engine/isolate.h"
#include "engine/resource.h"
#include "v8shim/v8shim.h"


/* The op throws; "text" must outlive the call. */
void dw_op_fail(v8shim_value_t *result, v8shim_type_t type, const char *text);

/*
 * The isolate of a call, or NULL, with an error in "result", where there is
 * none: in the snapshot.
 */
dw_isolate_t *dw_op_isolate(void *user, v8shim_value_t *result);

/* A number as an integer: 0 for what is less than 1 or none, else capped. */
uint64_t dw_op_u64(const v8shim_value_t *value);
uint32_t dw_op_u32(const v8shim_value_t *value);

/*
 * Before an op makes a native object of so many bytes: false, with "result"
 * set, when the isolate may not have it.  The shim then collects garbage and
 * calls the op once more before that is a RangeError.
 */
bool dw_op_room(dw_isolate_t *iso, size_t bytes, v8shim_value_t *result);

/*
 * Hands the object over to the isolate: its id is the op's result.  If there
 * is no room after all, it is destroyed, and that is the result.
 */
void dw_op_add_resource(dw_isolate_t *iso, const dw_resource_kind_t *kind,
    void *object, size_t bytes, v8shim_value_t *result);

/*
 * The object of this kind that "id" names in the isolate of a call, or NULL,
 * with an error in "result".
 */
void *dw_op_resource(void *user, const v8shim_value_t *id,
    const dw_resource_kind_t *kind, v8shim_value_t *result);


#endif /* DW_OP_H */
