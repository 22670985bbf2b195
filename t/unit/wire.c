
/*
 * The wire: what is encoded comes back, what breaks a rule does not, at every
 * limit just under and just over.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dw_wire.h"


/* A copy in memory of its own, so that a sanitizer sees a step too far. */
static uint8_t  *copy;


static dw_wire_span_t
span_of(const void *data, size_t size)
{
    dw_wire_span_t  span;

    free(copy);
    copy = malloc(size ? size : 1);
    assert_non_null(copy);

    if (size) {
        memcpy(copy, data, size);
    }

    span.data = copy;
    span.size = size;

    return span;
}


static dw_wire_err_t
header_of(dw_wire_side_t sender, unsigned type, unsigned flags,
    uint64_t channel, size_t length)
{
    uint8_t            frame[DW_WIRE_HEADER_SIZE];
    dw_wire_err_t      err;
    dw_wire_header_t   header;

    dw_wire_put_header(frame, (dw_wire_type_t) type, (uint8_t) flags, channel,
                       length);
    err = dw_wire_get_header(span_of(frame, sizeof(frame)), sender, &header);

    if (err == DW_WIRE_OK) {
        assert_int_equal(header.type, type);
        assert_int_equal(header.flags, flags);
        assert_int_equal(header.channel, channel);
        assert_int_equal(header.length, length);
    }

    return err;
}


/* What is allowed, and how much; wire/dw_wire.h in other words. */
static const struct {
    unsigned  type;
    unsigned  senders;
    unsigned  flags;
    bool      connection;
    uint32_t  min;
    uint32_t  max;
} rules[] = {
    { DW_WIRE_HELLO,  DW_WIRE_BY_ENGINE, 0, true, 16, 256 },
    { DW_WIRE_RETIRE, DW_WIRE_BY_ENGINE, 0, true, 0, 0 },
    { DW_WIRE_LOG,    DW_WIRE_BY_ENGINE, 0, false, 8, 8 + 262144 },
    { DW_WIRE_OPEN,   3, 0, false, 48, 1024 * 1024 + 65536 },
    { DW_WIRE_HEAD,   3, 0, false, 0, 1024 * 1024 + 65536 },
    { DW_WIRE_DATA,   3, 0, false, 1, 65536 },
    { DW_WIRE_END,    3, DW_WIRE_FINAL, false, 0, 8 },
    { DW_WIRE_RESET,  3, DW_WIRE_UNSEEN|DW_WIRE_PASS, false, 10, 16384 },
    { DW_WIRE_WINDOW, 3, 0, false, 4, 4 },
    { DW_WIRE_DONE,   DW_WIRE_BY_ENGINE, 0, false, 8, 8 },
    { DW_WIRE_FOOTPRINT, DW_WIRE_BY_ENGINE, 0, false, 8, 8 },
};

#define RULES  (sizeof(rules) / sizeof(rules[0]))


static void
header_lengths(void **state)
{
    unsigned        i;
    uint64_t        channel;
    dw_wire_side_t  side;

    (void) state;

    assert_int_equal(RULES, DW_WIRE_TYPE_MAX - 1);

    for (i = 0; i < RULES; i++) {

        side = (rules[i].senders & DW_WIRE_BY_ENGINE) ? DW_WIRE_BY_ENGINE
                                                      : DW_WIRE_BY_NGINX;
        channel = rules[i].connection ? 0 : 7;

        assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                   rules[i].min), DW_WIRE_OK);
        assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                   rules[i].max), DW_WIRE_OK);
        assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                   (size_t) rules[i].max + 1), DW_WIRE_BAD);
        assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                   UINT32_MAX), DW_WIRE_BAD);

        if (rules[i].min > 0) {
            assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                       rules[i].min - 1), DW_WIRE_BAD);
        }
    }
}


static void
header_senders_channels_and_flags(void **state)
{
    int             expected;
    unsigned        i, bit;
    uint64_t        channel;
    dw_wire_side_t  side;

    (void) state;

    for (i = 0; i < RULES; i++) {
        for (side = DW_WIRE_BY_NGINX; side <= DW_WIRE_BY_ENGINE; side++) {

            channel = rules[i].connection ? 0 : UINT64_MAX;
            expected = (rules[i].senders & side) ? DW_WIRE_OK : DW_WIRE_BAD;

            assert_int_equal(header_of(side, rules[i].type, 0, channel,
                                       rules[i].min), expected);

            assert_int_equal(header_of(side, rules[i].type, 0,
                                       channel ? 0 : 1, rules[i].min),
                             DW_WIRE_BAD);

            for (bit = 1; bit < 256; bit <<= 1) {
                assert_int_equal(header_of(side, rules[i].type, bit, channel,
                                           rules[i].min),
                                 (rules[i].flags & bit) ? expected
                                                        : DW_WIRE_BAD);
            }
        }
    }
}


static void
header_types_and_reserved_bytes(void **state)
{
    uint8_t            frame[DW_WIRE_HEADER_SIZE];
    unsigned           type, i;
    dw_wire_header_t   header;

    (void) state;

    for (type = 0; type < 256; type++) {
        if (type == 0 || type >= DW_WIRE_TYPE_MAX) {
            assert_int_equal(header_of(DW_WIRE_BY_ENGINE, type, 0, 1, 0),
                             DW_WIRE_BAD);
            assert_string_equal(dw_wire_type_name(type), "unknown");
        }
    }

    assert_string_equal(dw_wire_type_name(DW_WIRE_OPEN), "OPEN");

    dw_wire_put_header(frame, DW_WIRE_DATA, 0, 1, 1);

    for (i = 0; i < DW_WIRE_HEADER_SIZE; i++) {
        assert_int_equal(dw_wire_get_header(span_of(frame, i),
                                            DW_WIRE_BY_NGINX, &header),
                         DW_WIRE_SHORT);
    }

    for (i = 6; i < 8; i++) {
        frame[i] = 1;
        assert_int_equal(dw_wire_get_header(span_of(frame, sizeof(frame)),
                                            DW_WIRE_BY_NGINX, &header),
                         DW_WIRE_BAD);
        frame[i] = 0;
    }
}


/* Encodes an OPEN with this tail, and decodes its payload. */
static dw_wire_err_t
open_of(dw_wire_side_t sender, const dw_wire_open_t *in, const void *tail,
    size_t size, dw_wire_open_t *out)
{
    uint8_t   frame[DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE + 256];
    uint8_t  *p;

    p = dw_wire_put_open(frame, 9, in, size);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_OPEN_SIZE);
    memcpy(p, tail, size);

    return dw_wire_get_open(span_of(frame + DW_WIRE_HEADER_SIZE,
                                    DW_WIRE_OPEN_SIZE + size), sender, out);
}


static void
open_comes_back(void **state)
{
    dw_wire_open_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));

    in.kind = DW_WIRE_FETCH;
    in.flags = DW_WIRE_BODY|DW_WIRE_JOIN|DW_WIRE_LOADED;
    in.props_length = 3;
    in.parent = 0x1122334455667788;
    in.target = UINT64_MAX;
    in.join = 12;
    in.body_length = DW_WIRE_LENGTH_UNKNOWN;
    in.cpu_ms = UINT32_MAX;
    in.subrequests = UINT32_MAX - 1;

    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, "abcGET\0", 7, &out),
                     DW_WIRE_OK);

    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(out.format, in.format);
    assert_int_equal(out.parent, in.parent);
    assert_int_equal(out.target, in.target);
    assert_int_equal(out.join, in.join);
    assert_int_equal(out.body_length, in.body_length);
    assert_int_equal(out.cpu_ms, in.cpu_ms);
    assert_int_equal(out.subrequests, in.subrequests);
    assert_int_equal(out.memory_mb, 0);
    assert_int_equal(out.props.size, 3);
    assert_memory_equal(out.props.data, "abc", 3);
    assert_int_equal(out.strings.size, 4);
    assert_memory_equal(out.strings.data, "GET", 4);
}


static void
open_breaks_rules(void **state)
{
    size_t          i;
    uint8_t         payload[DW_WIRE_OPEN_SIZE] = { DW_WIRE_FETCH };
    dw_wire_open_t  in, out;

    (void) state;

    for (i = 0; i < DW_WIRE_OPEN_SIZE; i++) {
        assert_int_equal(dw_wire_get_open(span_of(payload, i),
                                          DW_WIRE_BY_ENGINE, &out),
                         DW_WIRE_BAD);
    }

    assert_int_equal(dw_wire_get_open(span_of(payload, sizeof(payload)),
                                      DW_WIRE_BY_ENGINE, &out), DW_WIRE_OK);
    payload[3] = 1;
    assert_int_equal(dw_wire_get_open(span_of(payload, sizeof(payload)),
                                      DW_WIRE_BY_ENGINE, &out), DW_WIRE_BAD);

    payload[1] = DW_WIRE_LOADED;
    assert_int_equal(dw_wire_get_open(span_of(payload, sizeof(payload)),
                                      DW_WIRE_BY_ENGINE, &out), DW_WIRE_BAD);

    memset(&in, 0, sizeof(in));
    in.kind = DW_WIRE_FETCH;

    in.props_length = 5;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "12345", 5, &out),
                     DW_WIRE_OK);
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "12345", 4, &out),
                     DW_WIRE_BAD);
    in.props_length = UINT32_MAX;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "12345", 5, &out),
                     DW_WIRE_BAD);
    in.props_length = 0;

    in.flags = (uint8_t) ~(DW_WIRE_RPC | DW_WIRE_TAIL);
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out), DW_WIRE_OK);
    in.flags = DW_WIRE_RPC | DW_WIRE_BODY;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out), DW_WIRE_OK);
    in.flags = DW_WIRE_RPC;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_RPC | DW_WIRE_BODY | DW_WIRE_JOIN;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_TAIL | DW_WIRE_BODY;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out), DW_WIRE_OK);
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_TAIL;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_TAIL | DW_WIRE_BODY | DW_WIRE_JOIN;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_TAIL | DW_WIRE_BODY | DW_WIRE_RPC;
    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                     DW_WIRE_BAD);
    in.flags = 0;

    /* who may open what */

    for (i = 0; i < 256; i++) {
        in.kind = (uint8_t) i;
        in.format = DW_WIRE_CODE_JSON;

        assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                         (i == DW_WIRE_ISOLATE || i == DW_WIRE_FETCH)
                         ? DW_WIRE_OK : DW_WIRE_BAD);
        assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, "", 0, &out),
                         (i == DW_WIRE_LOAD || i == DW_WIRE_FETCH)
                         ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    in.kind = DW_WIRE_ISOLATE;

    for (i = 0; i < 256; i++) {
        in.format = (uint8_t) i;
        assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, "", 0, &out),
                         (i >= DW_WIRE_CODE_RECORDS
                          && i <= DW_WIRE_CODE_MODULE)
                         ? DW_WIRE_OK : DW_WIRE_BAD);
    }
}


static void
response(void **state)
{
    size_t              i;
    uint8_t             frame[DW_WIRE_HEADER_SIZE + DW_WIRE_RESPONSE_SIZE + 8];
    uint8_t            *p;
    dw_wire_response_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));
    in.status = 65535;
    in.flags = DW_WIRE_BODY|DW_WIRE_JOIN;
    in.join = 0x123456789abcdef0;
    in.body_length = 17;

    p = dw_wire_put_response(frame, 4, &in, 3);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_RESPONSE_SIZE);
    memcpy(p, "OK", 3);
    p = frame + DW_WIRE_HEADER_SIZE;

    assert_int_equal(dw_wire_get_response(
                         span_of(p, DW_WIRE_RESPONSE_SIZE + 3), &out),
                     DW_WIRE_OK);
    assert_int_equal(out.status, in.status);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(out.join, in.join);
    assert_int_equal(out.body_length, 17);
    assert_int_equal(out.strings.size, 3);
    assert_memory_equal(out.strings.data, "OK", 3);

    for (i = 0; i < DW_WIRE_RESPONSE_SIZE; i++) {
        assert_int_equal(dw_wire_get_response(span_of(p, i), &out),
                         DW_WIRE_BAD);
    }

    for (i = 2; i < 8; i++) {
        p[i] ^= 0x80;
        assert_int_equal(dw_wire_get_response(
                             span_of(p, DW_WIRE_RESPONSE_SIZE), &out),
                         DW_WIRE_BAD);
        p[i] ^= 0x80;
    }

    p[2] = DW_WIRE_LOADED;
    assert_int_equal(dw_wire_get_response(
                         span_of(p, DW_WIRE_RESPONSE_SIZE), &out),
                     DW_WIRE_BAD);
}


static uint8_t *
put_grant(uint8_t *p, uint8_t kind, uint64_t capability, const char *name,
    const char *props)
{
    uint32_t  name_length, props_length;

    name_length = (uint32_t) strlen(name);
    props_length = (uint32_t) strlen(props);

    memset(p, 0, DW_WIRE_GRANT_SIZE);
    p[0] = kind;
    memcpy(p + 4, &name_length, sizeof(name_length));
    memcpy(p + 8, &props_length, sizeof(props_length));
    memcpy(p + 16, &capability, sizeof(capability));
    memcpy(p + DW_WIRE_GRANT_SIZE, name, name_length);
    memcpy(p + DW_WIRE_GRANT_SIZE + name_length, props, props_length);

    return p + DW_WIRE_GRANT_SIZE + name_length + props_length;
}


static void
open_with_grants(void **state)
{
    size_t          size;
    uint8_t         bytes[256], *p;
    dw_wire_open_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));

    in.kind = DW_WIRE_FETCH;
    in.flags = DW_WIRE_LOADED;
    in.props_length = 3;
    in.ngrants = 2;

    memcpy(bytes, "abc", 3);
    p = put_grant(bytes + 3, DW_WIRE_GRANT_CAPABILITY, 7, "", "");
    p = put_grant(p, DW_WIRE_GRANT_ENTRYPOINT, 0, "Room", "props");
    size = (size_t) (p - bytes);
    memcpy(p, "\0GET", 5);

    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size + 5, &out),
                     DW_WIRE_OK);
    assert_int_equal(out.ngrants, 2);
    assert_int_equal(out.props.size, 3);
    assert_int_equal(out.grants.size, size - 3);
    assert_ptr_equal(out.grants.data, out.props.data + 3);
    assert_int_equal(out.strings.size, 5);
    assert_memory_equal(out.strings.data, "\0GET", 5);

    /* fewer than it says, or cut off */

    in.ngrants = 3;
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size, &out),
                     DW_WIRE_BAD);
    in.ngrants = 2;
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size, &out),
                     DW_WIRE_OK);
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size - 1, &out),
                     DW_WIRE_BAD);

    /* not by nginx, and only to what was loaded */

    assert_int_equal(open_of(DW_WIRE_BY_NGINX, &in, bytes, size + 5, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_SELF;
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size + 5, &out),
                     DW_WIRE_BAD);
    in.flags = DW_WIRE_LOADED;
    in.kind = DW_WIRE_LOAD;
    assert_int_equal(open_of(DW_WIRE_BY_ENGINE, &in, bytes, size + 5, &out),
                     DW_WIRE_BAD);
}


static void
grants(void **state)
{
    size_t            i, size;
    uint8_t           frame[512], *p;
    dw_wire_span_t    list;
    dw_wire_grant_t   grant;
    dw_wire_worker_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));

    p = frame + DW_WIRE_HEADER_SIZE + DW_WIRE_WORKER_SIZE;
    p = put_grant(p, DW_WIRE_GRANT_CAPABILITY, 3, "", "");
    p = put_grant(p, DW_WIRE_GRANT_ENTRYPOINT, 0, "ChatRoom", "props");
    size = (size_t) (p - frame) - DW_WIRE_HEADER_SIZE;

    p = frame + DW_WIRE_HEADER_SIZE;
    assert_ptr_equal(dw_wire_put_worker(frame, 6, &in,
                                        size - DW_WIRE_WORKER_SIZE),
                     p + DW_WIRE_WORKER_SIZE);

    for (i = DW_WIRE_WORKER_SIZE; i < size; i++) {
        assert_int_equal(dw_wire_get_worker(span_of(p, i), &out),
                         i == DW_WIRE_WORKER_SIZE
                         || i == DW_WIRE_WORKER_SIZE + DW_WIRE_GRANT_SIZE
                         ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    /* the last of them may be tails, no more than there are */

    for (i = 0; i < 256; i++) {
        p[1] = (uint8_t) i;
        assert_int_equal(dw_wire_get_worker(span_of(p, size), &out),
                         i <= 2 ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    p[1] = 2;
    assert_int_equal(dw_wire_get_worker(span_of(p, size), &out), DW_WIRE_OK);
    assert_int_equal(out.tails, 2);

    list = out.grants;
    assert_int_equal(dw_wire_next_grant(&list, &grant), DW_WIRE_OK);
    assert_int_equal(grant.kind, DW_WIRE_GRANT_CAPABILITY);
    assert_int_equal(grant.capability, 3);
    assert_int_equal(grant.entrypoint.size, 0);
    assert_int_equal(dw_wire_next_grant(&list, &grant), DW_WIRE_OK);
    assert_int_equal(grant.kind, DW_WIRE_GRANT_ENTRYPOINT);
    assert_int_equal(grant.entrypoint.size, 8);
    assert_memory_equal(grant.entrypoint.data, "ChatRoom", 8);
    assert_int_equal(grant.props.size, 5);
    assert_memory_equal(grant.props.data, "props", 5);
    assert_int_equal(dw_wire_next_grant(&list, &grant), DW_WIRE_SHORT);

    /* an unknown kind, reserved bytes, a NUL in a name */

    p += DW_WIRE_WORKER_SIZE;
    size -= DW_WIRE_WORKER_SIZE;

    for (i = 0; i < 16; i++) {

        if (i >= 4 && i < 12) {
            continue;
        }

        p[i] ^= 4;
        assert_int_equal(dw_wire_check_grants(span_of(p, size), 0),
                         DW_WIRE_BAD);
        p[i] ^= 4;
    }

    assert_int_equal(dw_wire_check_grants(span_of(p, size), 0), DW_WIRE_OK);
    p[2 * DW_WIRE_GRANT_SIZE] = '\0';
    assert_int_equal(dw_wire_check_grants(span_of(p, size), 0), DW_WIRE_BAD);
}


static void
grants_are_counted(void **state)
{
    size_t            i;
    uint8_t          *all, *p;
    dw_wire_span_t    list;
    dw_wire_worker_t  worker;

    (void) state;

    all = p = malloc((DW_WIRE_GRANTS_MAX + 1) * DW_WIRE_GRANT_SIZE);
    assert_non_null(all);

    for (i = 0; i <= DW_WIRE_GRANTS_MAX; i++) {
        p = put_grant(p, DW_WIRE_GRANT_CAPABILITY, i, "", "");
    }

    list = span_of(all, DW_WIRE_GRANTS_MAX * DW_WIRE_GRANT_SIZE);
    assert_int_equal(dw_wire_check_grants(list, 0), DW_WIRE_OK);

    assert_int_equal(dw_wire_check_grants(list, DW_WIRE_GRANTS_MAX),
                     DW_WIRE_OK);
    assert_int_equal(dw_wire_check_grants(list, DW_WIRE_GRANTS_MAX + 1),
                     DW_WIRE_BAD);

    list = span_of(all, (DW_WIRE_GRANTS_MAX + 1) * DW_WIRE_GRANT_SIZE);
    assert_int_equal(dw_wire_check_grants(list, 0), DW_WIRE_BAD);

    /* nor more tails than are allowed */

    p = all + DW_WIRE_WORKER_SIZE;
    memmove(p, all, (DW_WIRE_TAILS_MAX + 1) * DW_WIRE_GRANT_SIZE);
    memset(all, 0, DW_WIRE_WORKER_SIZE);

    for (i = 0; i < 256; i++) {
        all[1] = (uint8_t) i;
        list = span_of(all, DW_WIRE_WORKER_SIZE
                            + (DW_WIRE_TAILS_MAX + 1) * DW_WIRE_GRANT_SIZE);
        assert_int_equal(dw_wire_get_worker(list, &worker),
                         i <= DW_WIRE_TAILS_MAX ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    free(all);
}


static void
worker(void **state)
{
    size_t            i;
    uint8_t           frame[DW_WIRE_HEADER_SIZE + DW_WIRE_WORKER_SIZE + 1];
    uint8_t          *p;
    dw_wire_worker_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));
    in.outbound = DW_WIRE_OUTBOUND_CAPABILITY;
    in.cpu_ms = UINT32_MAX;
    in.subrequests = 7;
    in.capability = UINT64_MAX - 1;

    p = dw_wire_put_worker(frame, 6, &in, 0);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_WORKER_SIZE);
    *p = 0;
    p = frame + DW_WIRE_HEADER_SIZE;

    for (i = 0; i <= DW_WIRE_WORKER_SIZE + 1; i++) {
        assert_int_equal(dw_wire_get_worker(span_of(p, i), &out),
                         i == DW_WIRE_WORKER_SIZE ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    assert_int_equal(dw_wire_get_worker(span_of(p, DW_WIRE_WORKER_SIZE), &out),
                     DW_WIRE_OK);
    assert_int_equal(out.outbound, in.outbound);
    assert_int_equal(out.cpu_ms, in.cpu_ms);
    assert_int_equal(out.subrequests, in.subrequests);
    assert_int_equal(out.capability, in.capability);

    p[0] = DW_WIRE_OUTBOUND_CAPABILITY + 1;
    assert_int_equal(dw_wire_get_worker(span_of(p, DW_WIRE_WORKER_SIZE), &out),
                     DW_WIRE_BAD);
    p[0] = 0;

    for (i = 1; i < 16; i++) {
        if (i < 4 || i >= 12) {
            p[i] = 1;       /* [1]: a tail, and no grants */
            assert_int_equal(dw_wire_get_worker(
                                 span_of(p, DW_WIRE_WORKER_SIZE), &out),
                             DW_WIRE_BAD);
            p[i] = 0;
        }
    }
}


static void
footprint(void **state)
{
    size_t    size;
    uint8_t   frame[DW_WIRE_HEADER_SIZE + 9] = { 0 };
    uint64_t  bytes;

    (void) state;

    dw_wire_put_footprint(frame, 7, UINT64_MAX - 1);

    for (size = 0; size <= 9; size++) {
        assert_int_equal(dw_wire_get_footprint(
                             span_of(frame + DW_WIRE_HEADER_SIZE, size),
                             &bytes),
                         size == 8 ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    assert_true(bytes == UINT64_MAX - 1);
}


static void
usage_and_window(void **state)
{
    size_t            i;
    uint8_t           frame[DW_WIRE_HEADER_SIZE + 16];
    uint8_t          *p;
    uint32_t          credit;
    dw_wire_usage_t   usage;

    (void) state;

    memset(frame, 0, sizeof(frame));
    p = dw_wire_put_usage(frame, DW_WIRE_END, DW_WIRE_FINAL, 5, UINT64_MAX);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_USAGE_SIZE);
    assert_int_equal(frame[4], DW_WIRE_END);
    assert_int_equal(frame[5], DW_WIRE_FINAL);

    for (i = 0; i <= DW_WIRE_USAGE_SIZE + 1; i++) {
        assert_int_equal(dw_wire_get_usage(
                             span_of(frame + DW_WIRE_HEADER_SIZE, i), &usage),
                         i == DW_WIRE_USAGE_SIZE ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    assert_int_equal(usage.cpu_us, UINT64_MAX);

    p = dw_wire_put_window(frame, 5, UINT32_MAX);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + 4);

    for (i = 0; i <= 5; i++) {
        assert_int_equal(dw_wire_get_window(
                             span_of(frame + DW_WIRE_HEADER_SIZE, i), &credit),
                         i == 4 ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    assert_int_equal(credit, UINT32_MAX);

    dw_wire_put_window(frame, 5, 0);
    assert_int_equal(dw_wire_get_window(
                         span_of(frame + DW_WIRE_HEADER_SIZE, 4), &credit),
                     DW_WIRE_BAD);
}


/* Encodes a RESET with this tail, and decodes it. */
static dw_wire_err_t
reset_of(unsigned code, const char *tail, size_t size, dw_wire_reset_t *reset)
{
    uint8_t   frame[DW_WIRE_HEADER_SIZE + DW_WIRE_RESET_SIZE + 64];
    uint8_t  *p;

    p = dw_wire_put_reset(frame, 0, 8, (dw_wire_code_t) code, 70000, size);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_RESET_SIZE);
    memcpy(p, tail, size);

    return dw_wire_get_reset(span_of(frame + DW_WIRE_HEADER_SIZE,
                                     DW_WIRE_RESET_SIZE + size), reset);
}


static void
reset(void **state)
{
    unsigned         i;
    uint8_t          payload[DW_WIRE_RESET_SIZE + 2] = { DW_WIRE_CPU };
    dw_wire_reset_t  out;

    (void) state;

    assert_int_equal(reset_of(DW_WIRE_CPU, "why\0a.js:1:2\0", 13, &out),
                     DW_WIRE_OK);
    assert_int_equal(out.code, DW_WIRE_CPU);
    assert_int_equal(out.cpu_us, 70000);
    assert_int_equal(out.message.size, 3);
    assert_memory_equal(out.message.data, "why", 4);
    assert_int_equal(out.location.size, 8);
    assert_memory_equal(out.location.data, "a.js:1:2", 9);

    assert_int_equal(reset_of(DW_WIRE_CPU, "\0\0", 2, &out), DW_WIRE_OK);
    assert_int_equal(reset_of(DW_WIRE_CPU, "\0\0x", 3, &out), DW_WIRE_BAD);
    assert_int_equal(reset_of(DW_WIRE_CPU, "\0\0\0", 3, &out), DW_WIRE_BAD);
    assert_int_equal(reset_of(DW_WIRE_CPU, "a\0b", 3, &out), DW_WIRE_BAD);
    assert_int_equal(reset_of(DW_WIRE_CPU, "ab", 2, &out), DW_WIRE_BAD);
    assert_int_equal(reset_of(DW_WIRE_CPU, "\0", 1, &out), DW_WIRE_BAD);
    assert_int_equal(reset_of(DW_WIRE_CPU, "", 0, &out), DW_WIRE_BAD);

    for (i = 0; i < 70000; i++) {
        assert_int_equal(reset_of(i, "\0\0", 2, &out),
                         ((i & 0xffff) > 0 && (i & 0xffff) < DW_WIRE_CODE_LAST)
                         ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    for (i = 0; i < DW_WIRE_RESET_SIZE + 2; i++) {
        assert_int_equal(dw_wire_get_reset(span_of(payload, i), &out),
                         DW_WIRE_BAD);
    }

    for (i = 2; i < 4; i++) {
        payload[i] = 1;
        assert_int_equal(dw_wire_get_reset(span_of(payload, sizeof(payload)),
                                           &out), DW_WIRE_BAD);
        payload[i] = 0;
    }
}


static void
hello(void **state)
{
    size_t           i;
    uint8_t          frame[DW_WIRE_HEADER_SIZE + DW_WIRE_HELLO_SIZE + 8];
    uint8_t         *p;
    dw_wire_hello_t  in, out;

    (void) state;

    memset(&in, 0, sizeof(in));
    in.version = 0x01020304;
    in.jailed = 1;
    in.jit = 1;

    p = dw_wire_put_hello(frame, &in, 5);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_HELLO_SIZE);
    memcpy(p, "10.2\0\0", 6);
    p = frame + DW_WIRE_HEADER_SIZE;

    assert_int_equal(dw_wire_get_hello(span_of(p, DW_WIRE_HELLO_SIZE + 5),
                                       &out), DW_WIRE_OK);
    assert_int_equal(out.version, in.version);
    assert_int_equal(out.jailed, 1);
    assert_int_equal(out.jit, 1);
    assert_int_equal(out.v8_version.size, 4);
    assert_memory_equal(out.v8_version.data, "10.2", 5);

    for (i = 0; i < DW_WIRE_HELLO_SIZE + 5; i++) {
        assert_int_equal(dw_wire_get_hello(span_of(p, i), &out), DW_WIRE_BAD);
    }

    assert_int_equal(dw_wire_get_hello(span_of(p, DW_WIRE_HELLO_SIZE + 6),
                                       &out), DW_WIRE_BAD);

    for (i = 4; i < DW_WIRE_HELLO_SIZE; i++) {
        p[i] += 2;
        assert_int_equal(dw_wire_get_hello(
                             span_of(p, DW_WIRE_HELLO_SIZE + 5), &out),
                         DW_WIRE_BAD);
        p[i] -= 2;
    }
}


static void
log_lines(void **state)
{
    size_t         i, size;
    uint8_t        frame[DW_WIRE_HEADER_SIZE + DW_WIRE_LOG_SIZE + 8];
    uint8_t       *p, *all;
    dw_wire_log_t  out;

    (void) state;

    p = dw_wire_put_log(frame, 3, DW_WIRE_LOG_WARN, DW_WIRE_LOG_CALL, 4);
    assert_int_equal(p - frame, DW_WIRE_HEADER_SIZE + DW_WIRE_LOG_SIZE);
    memcpy(p, "text", 4);
    p = frame + DW_WIRE_HEADER_SIZE;

    assert_int_equal(dw_wire_get_log(span_of(p, DW_WIRE_LOG_SIZE + 4), &out),
                     DW_WIRE_OK);
    assert_int_equal(out.level, DW_WIRE_LOG_WARN);
    assert_int_equal(out.kind, DW_WIRE_LOG_CALL);
    assert_int_equal(out.text.size, 4);
    assert_memory_equal(out.text.data, "text", 4);

    for (i = 0; i < DW_WIRE_LOG_SIZE; i++) {
        assert_int_equal(dw_wire_get_log(span_of(p, i), &out), DW_WIRE_BAD);
    }

    for (i = 0; i < 256; i++) {
        p[0] = (uint8_t) i;
        assert_int_equal(dw_wire_get_log(span_of(p, DW_WIRE_LOG_SIZE), &out),
                         (i >= DW_WIRE_LOG_DEBUG && i <= DW_WIRE_LOG_ERROR)
                         ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    p[0] = DW_WIRE_LOG_WARN;

    for (i = 0; i < 256; i++) {
        p[1] = (uint8_t) i;
        assert_int_equal(dw_wire_get_log(span_of(p, DW_WIRE_LOG_SIZE), &out),
                         i <= DW_WIRE_LOG_FAILURE ? DW_WIRE_OK : DW_WIRE_BAD);
    }

    p[1] = DW_WIRE_LOG_LINE;

    /* only what is not for error.log may be long */

    size = DW_WIRE_MESSAGE_MAX + 1;
    all = calloc(1, size);
    assert_non_null(all);
    all[0] = DW_WIRE_LOG_WARN;
    assert_int_equal(dw_wire_get_log(span_of(all, size), &out), DW_WIRE_BAD);
    assert_int_equal(dw_wire_get_log(span_of(all, size - 1), &out),
                     DW_WIRE_OK);
    all[1] = DW_WIRE_LOG_CALL;
    assert_int_equal(dw_wire_get_log(span_of(all, size), &out), DW_WIRE_OK);
    free(all);

    for (i = 2; i < DW_WIRE_LOG_SIZE; i++) {
        p[i] = 1;
        assert_int_equal(dw_wire_get_log(span_of(p, DW_WIRE_LOG_SIZE), &out),
                         DW_WIRE_BAD);
        p[i] = 0;
    }
}


static void
strings(void **state)
{
    dw_wire_span_t  list, string;

    (void) state;

    list = span_of("GET\0\0a", 6);

    assert_int_equal(dw_wire_next_string(&list, &string), DW_WIRE_OK);
    assert_int_equal(string.size, 3);
    assert_memory_equal(string.data, "GET", 3);
    assert_int_equal(dw_wire_next_string(&list, &string), DW_WIRE_OK);
    assert_int_equal(string.size, 0);
    assert_int_equal(dw_wire_next_string(&list, &string), DW_WIRE_BAD);

    list = span_of("", 0);
    assert_int_equal(dw_wire_next_string(&list, &string), DW_WIRE_SHORT);
}


static dw_wire_err_t
fields(const char *text, size_t size)
{
    dw_wire_span_t  list = { (const uint8_t *) text, size };

    return dw_wire_check_fields(list);
}


#define FIELDS(text)  fields(text, sizeof(text) - 1)


static void
message_fields(void **state)
{
    (void) state;

    assert_int_equal(FIELDS("\0"), DW_WIRE_OK);
    assert_int_equal(FIELDS("Not Found\0a\0\0"), DW_WIRE_OK);
    assert_int_equal(FIELDS("\0X-A_b!~\0\tv \x80\xff\0b\0c\0"), DW_WIRE_OK);

    assert_int_equal(FIELDS(""), DW_WIRE_BAD);
    assert_int_equal(FIELDS("OK"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("O\rK\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a\0b"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0\0b\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a b\0c\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a:\0c\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0\xe9\0c\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a\0b\nc\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a\0b\x01\0"), DW_WIRE_BAD);
    assert_int_equal(FIELDS("\0a\0b\x7f\0"), DW_WIRE_BAD);
}


static void
records(void **state)
{
    size_t            i;
    uint8_t           buffer[2 * DW_WIRE_RECORD_SIZE + 16];
    uint8_t          *p;
    uint64_t          huge;
    dw_wire_span_t    list;
    dw_wire_record_t  record;

    (void) state;

    p = dw_wire_put_record(buffer, DW_WIRE_MODULE_JS, 4, 3);
    assert_int_equal(p - buffer, DW_WIRE_RECORD_SIZE);
    memcpy(p, "a.js1;\n", 7);
    p = dw_wire_put_record(p + 7, DW_WIRE_ENV_STRING, 1, 0);
    *p++ = 'E';

    list = span_of(buffer, (size_t) (p - buffer));

    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_OK);
    assert_int_equal(record.kind, DW_WIRE_MODULE_JS);
    assert_int_equal(record.name.size, 4);
    assert_memory_equal(record.name.data, "a.js", 4);
    assert_int_equal(record.data.size, 3);
    assert_memory_equal(record.data.data, "1;\n", 3);

    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_OK);
    assert_int_equal(record.kind, DW_WIRE_ENV_STRING);
    assert_int_equal(record.name.size, 1);
    assert_int_equal(record.data.size, 0);

    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_SHORT);

    /* every cut but the whole first record */

    for (i = 1; i < DW_WIRE_RECORD_SIZE + 7; i++) {
        list = span_of(buffer, i);
        assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_BAD);
    }

    /* lengths whose sum would wrap */

    huge = UINT64_MAX - 3;
    memcpy(buffer + 8, &huge, sizeof(huge));
    list = span_of(buffer, sizeof(buffer));
    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_BAD);

    dw_wire_put_record(buffer, DW_WIRE_MODULE_JS, UINT32_MAX, 0);
    list = span_of(buffer, sizeof(buffer));
    assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_BAD);

    dw_wire_put_record(buffer, DW_WIRE_MODULE_JS, 0, 0);

    for (i = 1; i < 4; i++) {
        buffer[i] = 1;
        list = span_of(buffer, sizeof(buffer));
        assert_int_equal(dw_wire_next_record(&list, &record), DW_WIRE_BAD);
        buffer[i] = 0;
    }
}


static int
free_copy(void **state)
{
    (void) state;

    free(copy);
    copy = NULL;

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(header_lengths),
        cmocka_unit_test(header_senders_channels_and_flags),
        cmocka_unit_test(header_types_and_reserved_bytes),
        cmocka_unit_test(open_comes_back),
        cmocka_unit_test(open_with_grants),
        cmocka_unit_test(open_breaks_rules),
        cmocka_unit_test(response),
        cmocka_unit_test(worker),
        cmocka_unit_test(grants),
        cmocka_unit_test(grants_are_counted),
        cmocka_unit_test(footprint),
        cmocka_unit_test(usage_and_window),
        cmocka_unit_test(reset),
        cmocka_unit_test(hello),
        cmocka_unit_test(log_lines),
        cmocka_unit_test(strings),
        cmocka_unit_test(message_fields),
        cmocka_unit_test(records),
    };

    return cmocka_run_group_tests(tests, NULL, free_copy);
}
