
/*
 * Frame layout, encoder and decoder.  dw_wire.h says what each field means.
 */

#include <string.h>

#include "wire/dw_wire.h"


/* Who may send what, and how much: a frame outside its row ends the engine. */
typedef struct {
    const char  *name;
    uint8_t      senders;       /* dw_wire_side_t, or-ed */
    uint8_t      flags;         /* header flags that may be set */
    uint8_t      connection;    /* 1: channel 0 only, 0: never channel 0 */
    uint32_t     min;           /* payload, bytes */
    uint32_t     max;
} dw_wire_rule_t;


#define DW_WIRE_BY_EITHER  (DW_WIRE_BY_NGINX | DW_WIRE_BY_ENGINE)


static const dw_wire_rule_t  dw_wire_rules[DW_WIRE_TYPE_MAX] = {

    [DW_WIRE_HELLO] =  { "HELLO", DW_WIRE_BY_ENGINE, 0, 1,
                         DW_WIRE_HELLO_SIZE, 256 },

    [DW_WIRE_RETIRE] = { "RETIRE", DW_WIRE_BY_ENGINE, 0, 1, 0, 0 },

    [DW_WIRE_LOG] =    { "LOG", DW_WIRE_BY_ENGINE, 0, 0,
                         DW_WIRE_LOG_SIZE,
                         DW_WIRE_LOG_SIZE + DW_WIRE_TRACE_MAX },

    [DW_WIRE_OPEN] =   { "OPEN", DW_WIRE_BY_EITHER, 0, 0,
                         DW_WIRE_OPEN_SIZE, DW_WIRE_HEAD_MAX },

    [DW_WIRE_HEAD] =   { "HEAD", DW_WIRE_BY_EITHER, 0, 0,
                         0, DW_WIRE_HEAD_MAX },

    [DW_WIRE_DATA] =   { "DATA", DW_WIRE_BY_EITHER, 0, 0,
                         1, DW_WIRE_DATA_MAX },

    [DW_WIRE_END] =    { "END", DW_WIRE_BY_EITHER, DW_WIRE_FINAL, 0,
                         0, DW_WIRE_USAGE_SIZE },

    [DW_WIRE_RESET] =  { "RESET", DW_WIRE_BY_EITHER,
                         DW_WIRE_UNSEEN|DW_WIRE_PASS, 0,
                         DW_WIRE_RESET_SIZE + 2, DW_WIRE_MESSAGE_MAX },

    [DW_WIRE_WINDOW] = { "WINDOW", DW_WIRE_BY_EITHER, 0, 0, 4, 4 },

    [DW_WIRE_DONE] =   { "DONE", DW_WIRE_BY_ENGINE, 0, 0,
                         DW_WIRE_USAGE_SIZE, DW_WIRE_USAGE_SIZE },

    [DW_WIRE_FOOTPRINT] = { "FOOTPRINT", DW_WIRE_BY_ENGINE, 0, 0, 8, 8 }
};


/* tchar of RFC 9110, 5.6.2 */
static const uint32_t  dw_wire_tchar[] = {
    0x00000000, /* 0000 0000 0000 0000  0000 0000 0000 0000 */

                /* ?>=< ;:98 7654 3210  /.-, +*)( '&%$ #"!  */
    0x03ff6cfa, /* 0000 0011 1111 1111  0110 1100 1111 1010 */

                /* _^]\ [ZYX WVUT SRQP  ONML KJIH GFED CBA@ */
    0xc7fffffe, /* 1100 0111 1111 1111  1111 1111 1111 1110 */

                /*  ~}| {zyx wvut srqp  onml kjih gfed cba` */
    0x57ffffff  /* 0101 0111 1111 1111  1111 1111 1111 1111 */
};


static uint8_t *
dw_wire_put8(uint8_t *p, uint8_t v)
{
    *p = v;

    return p + 1;
}


static uint8_t *
dw_wire_put16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));

    return p + sizeof(v);
}


static uint8_t *
dw_wire_put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));

    return p + sizeof(v);
}


static uint8_t *
dw_wire_put64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));

    return p + sizeof(v);
}


static uint16_t
dw_wire_get16(const uint8_t *p)
{
    uint16_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


static uint32_t
dw_wire_get32(const uint8_t *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


static uint64_t
dw_wire_get64(const uint8_t *p)
{
    uint64_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


uint8_t *
dw_wire_put_header(uint8_t *p, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, size_t length)
{
    p = dw_wire_put32(p, (uint32_t) length);
    p = dw_wire_put8(p, (uint8_t) type);
    p = dw_wire_put8(p, flags);
    p = dw_wire_put16(p, 0);

    return dw_wire_put64(p, channel);
}


uint8_t *
dw_wire_put_open(uint8_t *p, uint64_t channel, const dw_wire_open_t *open,
    size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_OPEN, 0, channel,
                           DW_WIRE_OPEN_SIZE + tail);

    p = dw_wire_put8(p, open->kind);
    p = dw_wire_put8(p, open->flags);
    p = dw_wire_put8(p, open->format);
    p = dw_wire_put8(p, open->ngrants);
    p = dw_wire_put32(p, open->props_length);
    p = dw_wire_put64(p, open->parent);
    p = dw_wire_put64(p, open->target);
    p = dw_wire_put64(p, open->join);
    p = dw_wire_put64(p, open->body_length);
    p = dw_wire_put32(p, open->cpu_ms);

    return dw_wire_put32(p, open->kind == DW_WIRE_FETCH ? open->subrequests
                                                        : open->memory_mb);
}


uint8_t *
dw_wire_put_response(uint8_t *p, uint64_t channel,
    const dw_wire_response_t *response, size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_HEAD, 0, channel,
                           DW_WIRE_RESPONSE_SIZE + tail);

    p = dw_wire_put16(p, response->status);
    p = dw_wire_put8(p, response->flags);
    p = dw_wire_put8(p, 0);
    p = dw_wire_put32(p, 0);
    p = dw_wire_put64(p, response->join);

    return dw_wire_put64(p, response->body_length);
}


uint8_t *
dw_wire_put_worker(uint8_t *p, uint64_t channel,
    const dw_wire_worker_t *worker, size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_HEAD, 0, channel,
                           DW_WIRE_WORKER_SIZE + tail);

    p = dw_wire_put8(p, worker->outbound);
    p = dw_wire_put8(p, worker->tails);
    p = dw_wire_put16(p, 0);
    p = dw_wire_put32(p, worker->cpu_ms);
    p = dw_wire_put32(p, worker->subrequests);
    p = dw_wire_put32(p, 0);

    return dw_wire_put64(p, worker->capability);
}


uint8_t *
dw_wire_put_usage(uint8_t *p, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, uint64_t cpu_us)
{
    p = dw_wire_put_header(p, type, flags, channel, DW_WIRE_USAGE_SIZE);

    return dw_wire_put64(p, cpu_us);
}


uint8_t *
dw_wire_put_window(uint8_t *p, uint64_t channel, uint32_t credit)
{
    p = dw_wire_put_header(p, DW_WIRE_WINDOW, 0, channel, sizeof(credit));

    return dw_wire_put32(p, credit);
}


uint8_t *
dw_wire_put_footprint(uint8_t *p, uint64_t channel, uint64_t bytes)
{
    p = dw_wire_put_header(p, DW_WIRE_FOOTPRINT, 0, channel, sizeof(bytes));

    return dw_wire_put64(p, bytes);
}


uint8_t *
dw_wire_put_reset(uint8_t *p, uint8_t flags, uint64_t channel,
    dw_wire_code_t code, uint32_t cpu_us, size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_RESET, flags, channel,
                           DW_WIRE_RESET_SIZE + tail);

    p = dw_wire_put16(p, (uint16_t) code);
    p = dw_wire_put16(p, 0);

    return dw_wire_put32(p, cpu_us);
}


uint8_t *
dw_wire_put_hello(uint8_t *p, const dw_wire_hello_t *hello, size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_HELLO, 0, 0, DW_WIRE_HELLO_SIZE + tail);

    p = dw_wire_put32(p, hello->version);
    p = dw_wire_put8(p, hello->jailed);
    p = dw_wire_put8(p, hello->jit);
    p = dw_wire_put16(p, 0);

    return dw_wire_put64(p, 0);
}


uint8_t *
dw_wire_put_log(uint8_t *p, uint64_t channel, dw_wire_level_t level,
    dw_wire_log_kind_t kind, size_t tail)
{
    p = dw_wire_put_header(p, DW_WIRE_LOG, 0, channel,
                           DW_WIRE_LOG_SIZE + tail);

    p = dw_wire_put8(p, (uint8_t) level);
    p = dw_wire_put8(p, (uint8_t) kind);
    p = dw_wire_put16(p, 0);

    return dw_wire_put32(p, 0);
}


uint8_t *
dw_wire_put_record(uint8_t *p, dw_wire_record_kind_t kind, size_t name_length,
    size_t data_length)
{
    p = dw_wire_put8(p, (uint8_t) kind);
    p = dw_wire_put8(p, 0);
    p = dw_wire_put16(p, 0);
    p = dw_wire_put32(p, (uint32_t) name_length);

    return dw_wire_put64(p, data_length);
}


dw_wire_err_t
dw_wire_get_header(dw_wire_span_t in, dw_wire_side_t sender,
    dw_wire_header_t *header)
{
    const dw_wire_rule_t  *rule;

    if (in.size < DW_WIRE_HEADER_SIZE) {
        return DW_WIRE_SHORT;
    }

    header->length = dw_wire_get32(in.data);
    header->type = in.data[4];
    header->flags = in.data[5];
    header->channel = dw_wire_get64(in.data + 8);

    if (header->type == 0 || header->type >= DW_WIRE_TYPE_MAX
        || dw_wire_get16(in.data + 6) != 0)
    {
        return DW_WIRE_BAD;
    }

    rule = &dw_wire_rules[header->type];

    if (!(rule->senders & (unsigned) sender)
        || (header->flags & ~rule->flags)
        || rule->connection != (header->channel == 0)
        || header->length < rule->min
        || header->length > rule->max)
    {
        return DW_WIRE_BAD;
    }

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_open(dw_wire_span_t payload, dw_wire_side_t sender,
    dw_wire_open_t *open)
{
    unsigned         n;
    const uint8_t   *p;
    dw_wire_grant_t  grant;

    if (payload.size < DW_WIRE_OPEN_SIZE) {
        return DW_WIRE_BAD;
    }

    p = payload.data;

    open->kind = p[0];
    open->flags = p[1];
    open->format = p[2];
    open->ngrants = p[3];
    open->props_length = dw_wire_get32(p + 4);
    open->parent = dw_wire_get64(p + 8);
    open->target = dw_wire_get64(p + 16);
    open->join = dw_wire_get64(p + 24);
    open->body_length = dw_wire_get64(p + 32);
    open->cpu_ms = dw_wire_get32(p + 40);
    open->memory_mb = 0;
    open->subrequests = 0;

    if (open->kind == DW_WIRE_FETCH) {
        open->subrequests = dw_wire_get32(p + 44);

    } else {
        open->memory_mb = dw_wire_get32(p + 44);
    }

    if (open->props_length > payload.size - DW_WIRE_OPEN_SIZE) {
        return DW_WIRE_BAD;
    }

    if (open->ngrants != 0
        && (sender != DW_WIRE_BY_ENGINE || open->kind != DW_WIRE_FETCH
            || !(open->flags & DW_WIRE_LOADED)))
    {
        return DW_WIRE_BAD;
    }

    switch (open->kind) {

    case DW_WIRE_ISOLATE:

        if (sender != DW_WIRE_BY_NGINX
            || open->format < DW_WIRE_CODE_RECORDS
            || open->format > DW_WIRE_CODE_MODULE)
        {
            return DW_WIRE_BAD;
        }

        break;

    case DW_WIRE_FETCH:

        if ((open->flags & DW_WIRE_RPC)
            && (open->flags & (DW_WIRE_BODY|DW_WIRE_JOIN)) != DW_WIRE_BODY)
        {
            return DW_WIRE_BAD;
        }

        if ((open->flags & DW_WIRE_TAIL)
            && (sender != DW_WIRE_BY_NGINX
                || (open->flags & (DW_WIRE_BODY|DW_WIRE_JOIN|DW_WIRE_RPC))
                   != DW_WIRE_BODY))
        {
            return DW_WIRE_BAD;
        }

        break;

    case DW_WIRE_LOAD:

        if (sender != DW_WIRE_BY_ENGINE) {
            return DW_WIRE_BAD;
        }

        break;

    default:
        return DW_WIRE_BAD;
    }

    open->props.data = p + DW_WIRE_OPEN_SIZE;
    open->props.size = open->props_length;

    open->strings.data = open->props.data + open->props.size;
    open->strings.size = payload.size - DW_WIRE_OPEN_SIZE - open->props.size;

    /* grants stand before the strings */

    open->grants = open->strings;

    for (n = 0; n < open->ngrants; n++) {

        if (dw_wire_next_grant(&open->strings, &grant) != DW_WIRE_OK) {
            return DW_WIRE_BAD;
        }
    }

    open->grants.size -= open->strings.size;

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_response(dw_wire_span_t payload, dw_wire_response_t *response)
{
    const uint8_t  *p;

    if (payload.size < DW_WIRE_RESPONSE_SIZE) {
        return DW_WIRE_BAD;
    }

    p = payload.data;

    response->status = dw_wire_get16(p);
    response->flags = p[2];
    response->join = dw_wire_get64(p + 8);
    response->body_length = dw_wire_get64(p + 16);

    if (p[3] != 0 || dw_wire_get32(p + 4) != 0
        || (response->flags & ~(DW_WIRE_BODY | DW_WIRE_JOIN)))
    {
        return DW_WIRE_BAD;
    }

    response->strings.data = p + DW_WIRE_RESPONSE_SIZE;
    response->strings.size = payload.size - DW_WIRE_RESPONSE_SIZE;

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_worker(dw_wire_span_t payload, dw_wire_worker_t *worker)
{
    const uint8_t  *p;

    if (payload.size < DW_WIRE_WORKER_SIZE) {
        return DW_WIRE_BAD;
    }

    p = payload.data;

    worker->outbound = p[0];
    worker->tails = p[1];
    worker->cpu_ms = dw_wire_get32(p + 4);
    worker->subrequests = dw_wire_get32(p + 8);
    worker->capability = dw_wire_get64(p + 16);

    if (dw_wire_get16(p + 2) != 0 || dw_wire_get32(p + 12) != 0
        || worker->outbound > DW_WIRE_OUTBOUND_CAPABILITY
        || worker->tails > DW_WIRE_TAILS_MAX)
    {
        return DW_WIRE_BAD;
    }

    worker->grants.data = p + DW_WIRE_WORKER_SIZE;
    worker->grants.size = payload.size - DW_WIRE_WORKER_SIZE;

    return dw_wire_check_grants(worker->grants, worker->tails);
}


dw_wire_err_t
dw_wire_get_usage(dw_wire_span_t payload, dw_wire_usage_t *usage)
{
    if (payload.size != DW_WIRE_USAGE_SIZE) {
        return DW_WIRE_BAD;
    }

    usage->cpu_us = dw_wire_get64(payload.data);

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_window(dw_wire_span_t payload, uint32_t *credit)
{
    if (payload.size != sizeof(*credit)) {
        return DW_WIRE_BAD;
    }

    *credit = dw_wire_get32(payload.data);

    return *credit ? DW_WIRE_OK : DW_WIRE_BAD;
}


dw_wire_err_t
dw_wire_get_footprint(dw_wire_span_t payload, uint64_t *bytes)
{
    if (payload.size != sizeof(*bytes)) {
        return DW_WIRE_BAD;
    }

    *bytes = dw_wire_get64(payload.data);

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_reset(dw_wire_span_t payload, dw_wire_reset_t *reset)
{
    dw_wire_span_t  list;

    if (payload.size < DW_WIRE_RESET_SIZE) {
        return DW_WIRE_BAD;
    }

    reset->code = dw_wire_get16(payload.data);
    reset->cpu_us = dw_wire_get32(payload.data + 4);

    if (reset->code == 0 || reset->code >= DW_WIRE_CODE_LAST
        || dw_wire_get16(payload.data + 2) != 0)
    {
        return DW_WIRE_BAD;
    }

    list.data = payload.data + DW_WIRE_RESET_SIZE;
    list.size = payload.size - DW_WIRE_RESET_SIZE;

    if (dw_wire_next_string(&list, &reset->message) != DW_WIRE_OK
        || dw_wire_next_string(&list, &reset->location) != DW_WIRE_OK
        || list.size != 0)
    {
        return DW_WIRE_BAD;
    }

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_hello(dw_wire_span_t payload, dw_wire_hello_t *hello)
{
    dw_wire_span_t  list;

    if (payload.size < DW_WIRE_HELLO_SIZE) {
        return DW_WIRE_BAD;
    }

    hello->version = dw_wire_get32(payload.data);
    hello->jailed = payload.data[4];
    hello->jit = payload.data[5];

    if (hello->jailed > 1 || hello->jit > 1
        || dw_wire_get16(payload.data + 6) != 0
        || dw_wire_get64(payload.data + 8) != 0)
    {
        return DW_WIRE_BAD;
    }

    list.data = payload.data + DW_WIRE_HELLO_SIZE;
    list.size = payload.size - DW_WIRE_HELLO_SIZE;

    if (dw_wire_next_string(&list, &hello->v8_version) != DW_WIRE_OK
        || list.size != 0)
    {
        return DW_WIRE_BAD;
    }

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_get_log(dw_wire_span_t payload, dw_wire_log_t *log)
{
    if (payload.size < DW_WIRE_LOG_SIZE) {
        return DW_WIRE_BAD;
    }

    log->level = payload.data[0];
    log->kind = payload.data[1];

    if (log->level < DW_WIRE_LOG_DEBUG || log->level > DW_WIRE_LOG_ERROR
        || log->kind > DW_WIRE_LOG_FAILURE
        || (log->kind == DW_WIRE_LOG_LINE
            && payload.size > DW_WIRE_MESSAGE_MAX)
        || dw_wire_get16(payload.data + 2) != 0
        || dw_wire_get32(payload.data + 4) != 0)
    {
        return DW_WIRE_BAD;
    }

    log->text.data = payload.data + DW_WIRE_LOG_SIZE;
    log->text.size = payload.size - DW_WIRE_LOG_SIZE;

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_next_string(dw_wire_span_t *list, dw_wire_span_t *string)
{
    const uint8_t  *end;

    if (list->size == 0) {
        return DW_WIRE_SHORT;
    }

    end = memchr(list->data, '\0', list->size);
    if (end == NULL) {
        return DW_WIRE_BAD;
    }

    string->data = list->data;
    string->size = (size_t) (end - list->data);

    list->data += string->size + 1;
    list->size -= string->size + 1;

    return DW_WIRE_OK;
}


int
dw_wire_is_token(dw_wire_span_t string)
{
    uint8_t  c;
    size_t   i;

    for (i = 0; i < string.size; i++) {
        c = string.data[i];

        if (c >= 0x80 || !(dw_wire_tchar[c >> 5] & (1U << (c & 0x1f)))) {
            return 0;
        }
    }

    return string.size != 0;
}


int
dw_wire_is_value(dw_wire_span_t string)
{
    uint8_t  c;
    size_t   i;

    for (i = 0; i < string.size; i++) {
        c = string.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return 0;
        }
    }

    return 1;
}


dw_wire_err_t
dw_wire_check_fields(dw_wire_span_t list)
{
    dw_wire_err_t   err;
    dw_wire_span_t  name, value;

    if (dw_wire_next_string(&list, &value) != DW_WIRE_OK
        || !dw_wire_is_value(value))
    {
        return DW_WIRE_BAD;
    }

    for ( ;; ) {
        err = dw_wire_next_string(&list, &name);

        if (err == DW_WIRE_SHORT) {
            return DW_WIRE_OK;
        }

        if (err != DW_WIRE_OK
            || dw_wire_next_string(&list, &value) != DW_WIRE_OK
            || !dw_wire_is_token(name)
            || !dw_wire_is_value(value))
        {
            return DW_WIRE_BAD;
        }
    }
}


dw_wire_err_t
dw_wire_next_record(dw_wire_span_t *list, dw_wire_record_t *record)
{
    size_t          rest;
    uint64_t        data_length;
    uint32_t        name_length;
    const uint8_t  *p;

    if (list->size == 0) {
        return DW_WIRE_SHORT;
    }

    if (list->size < DW_WIRE_RECORD_SIZE) {
        return DW_WIRE_BAD;
    }

    p = list->data;

    name_length = dw_wire_get32(p + 4);
    data_length = dw_wire_get64(p + 8);
    rest = list->size - DW_WIRE_RECORD_SIZE;

    if (p[1] != 0 || dw_wire_get16(p + 2) != 0
        || name_length > rest
        || data_length > rest - name_length)
    {
        return DW_WIRE_BAD;
    }

    record->kind = p[0];
    record->name.data = p + DW_WIRE_RECORD_SIZE;
    record->name.size = name_length;
    record->data.data = record->name.data + name_length;
    record->data.size = (size_t) data_length;

    list->data = record->data.data + record->data.size;
    list->size = rest - name_length - record->data.size;

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_next_grant(dw_wire_span_t *list, dw_wire_grant_t *grant)
{
    uint32_t        name_length, props_length;
    const uint8_t  *p;

    if (list->size == 0) {
        return DW_WIRE_SHORT;
    }

    if (list->size < DW_WIRE_GRANT_SIZE) {
        return DW_WIRE_BAD;
    }

    p = list->data;

    grant->kind = p[0];
    name_length = dw_wire_get32(p + 4);
    props_length = dw_wire_get32(p + 8);
    grant->capability = dw_wire_get64(p + 16);

    if ((grant->kind != DW_WIRE_GRANT_CAPABILITY
         && grant->kind != DW_WIRE_GRANT_ENTRYPOINT)
        || p[1] != 0 || dw_wire_get16(p + 2) != 0 || dw_wire_get32(p + 12) != 0
        || name_length > list->size - DW_WIRE_GRANT_SIZE
        || props_length > list->size - DW_WIRE_GRANT_SIZE - name_length)
    {
        return DW_WIRE_BAD;
    }

    grant->entrypoint.data = p + DW_WIRE_GRANT_SIZE;
    grant->entrypoint.size = name_length;

    grant->props.data = grant->entrypoint.data + name_length;
    grant->props.size = props_length;

    if (name_length != 0
        && memchr(grant->entrypoint.data, '\0', name_length) != NULL)
    {
        return DW_WIRE_BAD;
    }

    list->data = grant->props.data + props_length;
    list->size -= DW_WIRE_GRANT_SIZE + name_length + props_length;

    return DW_WIRE_OK;
}


dw_wire_err_t
dw_wire_check_grants(dw_wire_span_t list, unsigned min)
{
    unsigned         n;
    dw_wire_err_t    err;
    dw_wire_grant_t  grant;

    for (n = 0; n <= DW_WIRE_GRANTS_MAX; n++) {

        err = dw_wire_next_grant(&list, &grant);

        if (err != DW_WIRE_OK) {
            return (err == DW_WIRE_SHORT && n >= min) ? DW_WIRE_OK
                                                      : DW_WIRE_BAD;
        }
    }

    return DW_WIRE_BAD;
}


const char *
dw_wire_type_name(unsigned type)
{
    if (type == 0 || type >= DW_WIRE_TYPE_MAX) {
        return "unknown";
    }

    return dw_wire_rules[type].name;
}
