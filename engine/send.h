
/*
 * Frames to nginx that more than one part of the engine sends.  Each goes into
 * the out-buffer whole.
 */

#ifndef DW_SEND_H
#define DW_SEND_H


#include "engine/io.h"


void dw_send_hello(dw_out_t *out, const char *v8_version, bool jailed,
    bool jit);

/* Texts end at their first NUL byte and are cut to fit. */
void dw_send_reset(dw_out_t *out, uint64_t channel, dw_wire_code_t code,
    dw_wire_span_t message, dw_wire_span_t location);

/* The same of an invocation: with DW_WIRE_UNSEEN, DW_WIRE_PASS. */
void dw_send_reset_as(dw_out_t *out, uint8_t flags, uint64_t channel,
    dw_wire_code_t code, uint64_t cpu_ns, dw_wire_span_t message,
    dw_wire_span_t location);

/* A frame without a payload: RETIRE, END. */
void dw_send_empty(dw_out_t *out, dw_wire_type_t type, uint64_t channel);

void dw_send_usage(dw_out_t *out, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, uint64_t cpu_ns);

void dw_send_footprint(dw_out_t *out, uint64_t channel, uint64_t bytes);


/* "size" or less, so that no UTF-8 character is cut in two. */
size_t dw_utf8_cut(const uint8_t *data, size_t length, size_t size);

dw_wire_span_t dw_span_of(const char *string);


#endif /* DW_SEND_H */
