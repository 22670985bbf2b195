
#include <string.h>

#include "engine/op.h"


/* JavaScript's largest exact integer. */
#define DW_OP_INTEGER_MAX  9007199254740992.0


void
dw_op_fail(v8shim_value_t *result, v8shim_type_t type, const char *text)
{
    result->type = type;
    result->bytes.data = (const uint8_t *) text;
    result->bytes.size = strlen(text);
}


dw_isolate_t *
dw_op_isolate(void *user, v8shim_value_t *result)
{
    dw_cell_t  *cell = user;

    result->type = V8SHIM_UNDEFINED;

    if (cell == NULL || cell->isolate == NULL) {
        dw_op_fail(result, V8SHIM_ERROR, "not while the snapshot is made");
        return NULL;
    }

    return cell->isolate;
}


uint64_t
dw_op_u64(const v8shim_value_t *value)
{
    double  n = value->number;

    if (!(n >= 1)) {
        return 0;
    }

    return n < DW_OP_INTEGER_MAX ? (uint64_t) n : (uint64_t) DW_OP_INTEGER_MAX;
}


uint32_t
dw_op_u32(const v8shim_value_t *value)
{
    uint64_t  n;

    n = dw_op_u64(value);

    return n < UINT32_MAX ? (uint32_t) n : UINT32_MAX;
}


static void
dw_op_fail_full(v8shim_value_t *result)
{
    dw_op_fail(result, V8SHIM_FULL,
               "This worker holds too many native objects (decoders, "
               "compression streams, keys).");
}


bool
dw_op_room(dw_isolate_t *iso, size_t bytes, v8shim_value_t *result)
{
    if (dw_resources_room(&iso->resources, bytes)) {
        return true;
    }

    dw_op_fail_full(result);

    return false;
}


void
dw_op_add_resource(dw_isolate_t *iso, const dw_resource_kind_t *kind,
    void *object, size_t bytes, v8shim_value_t *result)
{
    uint64_t  id;

    id = dw_resource_add(&iso->resources, kind, object, bytes);

    if (id == 0) {
        kind->destroy(object);
        dw_op_fail_full(result);
        return;
    }

    result->type = V8SHIM_NUMBER;
    result->number = (double) id;
    result->external = (int64_t) bytes;
}


void *
dw_op_resource(void *user, const v8shim_value_t *id,
    const dw_resource_kind_t *kind, v8shim_value_t *result)
{
    void          *object;
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return NULL;
    }

    object = dw_resource_find(&iso->resources, dw_op_u64(id), kind);

    if (object == NULL) {
        dw_op_fail(result, V8SHIM_TYPE_ERROR, "no such native object");
    }

    return object;
}
