
#include <string.h>

#include "engine/send.h"


/* Longest texts of a RESET; together they fit its frame. */
#define DW_SEND_MESSAGE_MAX   (DW_WIRE_MESSAGE_MAX - 2048)
#define DW_SEND_LOCATION_MAX  1024


dw_wire_span_t
dw_span_of(const char *string)
{
    dw_wire_span_t  span;

    span.data = (const uint8_t *) string;
    span.size = strlen(string);

    return span;
}


size_t
dw_utf8_cut(const uint8_t *data, size_t length, size_t size)
{
    if (length <= size) {
        return length;
    }

    while (size != 0 && (data[size] & 0xc0) == 0x80) {
        size--;
    }

    return size;
}


static dw_wire_span_t
dw_send_text(dw_wire_span_t text, size_t max)
{
    const uint8_t  *end;

    if (text.size != 0) {
        end = memchr(text.data, '\0', text.size);

        if (end != NULL) {
            text.size = (size_t) (end - text.data);
        }
    }

    text.size = dw_utf8_cut(text.data, text.size, max);

    return text;
}


static uint8_t *
dw_send_put_string(uint8_t *p, dw_wire_span_t text)
{
    if (text.size != 0) {
        memcpy(p, text.data, text.size);
        p += text.size;
    }

    *p++ = '\0';

    return p;
}


void
dw_send_hello(dw_out_t *out, const char *v8_version, bool jailed, bool jit)
{
    size_t           tail;
    uint8_t         *p;
    dw_wire_span_t   version;
    dw_wire_hello_t  hello;

    memset(&hello, 0, sizeof(dw_wire_hello_t));

    hello.version = DW_WIRE_VERSION;
    hello.jailed = jailed;
    hello.jit = jit;

    version = dw_send_text(dw_span_of(v8_version), 128);
    tail = version.size + 1;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + DW_WIRE_HELLO_SIZE + tail);
    p = dw_wire_put_hello(p, &hello, tail);
    p = dw_send_put_string(p, version);
    dw_out_end(out, p);
}


void
dw_send_reset_as(dw_out_t *out, uint8_t flags, uint64_t channel,
    dw_wire_code_t code, uint64_t cpu_ns, dw_wire_span_t message,
    dw_wire_span_t location)
{
    size_t     tail;
    uint8_t   *p;
    uint32_t   cpu_us;

    message = dw_send_text(message, DW_SEND_MESSAGE_MAX);
    location = dw_send_text(location, DW_SEND_LOCATION_MAX);

    tail = message.size + 1 + location.size + 1;

    cpu_us = cpu_ns / 1000 < UINT32_MAX ? (uint32_t) (cpu_ns / 1000)
                                        : UINT32_MAX;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + DW_WIRE_RESET_SIZE + tail);
    p = dw_wire_put_reset(p, flags, channel, code, cpu_us, tail);
    p = dw_send_put_string(p, message);
    p = dw_send_put_string(p, location);
    dw_out_end(out, p);
}


void
dw_send_reset(dw_out_t *out, uint64_t channel, dw_wire_code_t code,
    dw_wire_span_t message, dw_wire_span_t location)
{
    dw_send_reset_as(out, 0, channel, code, 0, message, location);
}


void
dw_send_empty(dw_out_t *out, dw_wire_type_t type, uint64_t channel)
{
    uint8_t  *p;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE);
    p = dw_wire_put_header(p, type, 0, channel, 0);
    dw_out_end(out, p);
}


void
dw_send_usage(dw_out_t *out, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, uint64_t cpu_ns)
{
    uint8_t  *p;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + DW_WIRE_USAGE_SIZE);
    p = dw_wire_put_usage(p, type, flags, channel, cpu_ns / 1000);
    dw_out_end(out, p);
}


void
dw_send_footprint(dw_out_t *out, uint64_t channel, uint64_t bytes)
{
    uint8_t  *p;

    p = dw_out_begin(out, DW_WIRE_HEADER_SIZE + sizeof(bytes));
    p = dw_wire_put_footprint(p, channel, bytes);
    dw_out_end(out, p);
}
