
#include <string.h>

#include "engine/frame.h"
#include "engine/send.h"


/* Called with the channel table locked. */
typedef void (*dw_frame_handler_t)(dw_engine_t *engine,
    const dw_wire_header_t *header, dw_wire_span_t payload);


static void dw_frame_open(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload);
static void dw_frame_head(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload);
static void dw_frame_data(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload);
static void dw_frame_end(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload);
static void dw_frame_reset(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload);
static void dw_frame_window(dw_engine_t *engine,
    const dw_wire_header_t *header, dw_wire_span_t payload);


/* The wire lets nothing else through from nginx. */
static const dw_frame_handler_t  dw_frame_handlers[DW_WIRE_TYPE_MAX] = {
    [DW_WIRE_OPEN] =   dw_frame_open,
    [DW_WIRE_HEAD] =   dw_frame_head,
    [DW_WIRE_DATA] =   dw_frame_data,
    [DW_WIRE_END] =    dw_frame_end,
    [DW_WIRE_RESET] =  dw_frame_reset,
    [DW_WIRE_WINDOW] = dw_frame_window
};


static _Noreturn void
dw_frame_bad(const dw_wire_header_t *header, const char *what)
{
    dw_exit(DW_EXIT_BAD, "nginx sent a bad %s frame: %s, channel %llu",
            dw_wire_type_name(header->type), what,
            (unsigned long long) header->channel);
}


void
dw_frames_receive(dw_engine_t *engine)
{
    dw_wire_err_t       err;
    dw_wire_span_t      payload;
    dw_wire_header_t    header;
    dw_frame_handler_t  handler;

    dw_channels_lock(&engine->channels);

    while ((err = dw_in_next(&engine->in, &header, &payload)) == DW_WIRE_OK) {

        handler = dw_frame_handlers[header.type];

        if (handler == NULL) {
            dw_frame_bad(&header, "not from nginx");
        }

        handler(engine, &header, payload);
    }

    dw_channels_unlock(&engine->channels);

    if (err == DW_WIRE_BAD) {
        dw_frame_bad(&header, "against the rules");
    }
}


/* The channel or NULL: the two ends may cross when one closes it. */
static dw_channel_t *
dw_frame_channel(dw_engine_t *engine, const dw_wire_header_t *header)
{
    dw_channel_t  *channel;

    channel = dw_channel_find(&engine->channels, header->channel);

    if (channel == NULL || channel->closed) {
        return NULL;
    }

    return channel;
}


/* An event for "channel" with a copy of "bytes" behind it. */
static dw_mail_t *
dw_frame_mail(dw_event_type_t type, const dw_channel_t *channel,
    dw_wire_span_t bytes)
{
    dw_mail_t  *mail;

    mail = dw_mail_create(type, bytes.size);

    if (bytes.size != 0) {
        memcpy(mail->payload, bytes.data, bytes.size);
    }

    mail->channel = channel->id;
    mail->invocation = channel->invocation;
    mail->event.channel = (double) channel->id;

    return mail;
}


/* Where "span", a part of "payload", is in the mail's copy of it. */
static v8shim_span_t
dw_frame_copied(const dw_mail_t *mail, dw_wire_span_t payload,
    dw_wire_span_t span)
{
    v8shim_span_t  copied;

    copied.data = mail->payload + (span.data - payload.data);
    copied.size = span.size;

    return copied;
}


static double
dw_frame_body_length(uint64_t length)
{
    return length == DW_WIRE_LENGTH_UNKNOWN ? -1 : (double) length;
}


/* The channel is over for us when both bodies are; DONE is another matter. */
static void
dw_frame_close_if_ended(dw_engine_t *engine, dw_channel_t *channel)
{
    if (channel->ours && channel->kind == DW_WIRE_FETCH
        && channel->sent_end && channel->got_end)
    {
        dw_channel_remove(&engine->channels, channel);
    }
}


static void
dw_frame_open_isolate(dw_engine_t *engine, uint64_t id,
    const dw_wire_open_t *open)
{
    dw_isolate_t  *iso;

    iso = dw_isolate_create(engine, id, open);

    dw_channel_add(&engine->channels, id, DW_WIRE_ISOLATE, iso,
                   &iso->channels, NULL);
}


static void
dw_frame_open_fetch(dw_engine_t *engine, uint64_t id,
    const dw_wire_open_t *open, dw_wire_span_t payload)
{
    dw_err_t               err;
    dw_mail_t             *mail;
    dw_channel_t          *parent, *channel;
    const dw_tombstone_t  *tombstone;

    parent = dw_channel_find(&engine->channels, open->parent);

    if (parent == NULL || parent->kind != DW_WIRE_ISOLATE) {

        tombstone = dw_tombstone_find(&engine->channels, open->parent);

        if (tombstone != NULL) {
            dw_send_reset_as(&engine->out, DW_WIRE_UNSEEN, id,
                             tombstone->code, 0,
                             dw_span_of(tombstone->message),
                             dw_span_of(tombstone->location));

        } else {
            dw_send_reset_as(&engine->out, DW_WIRE_UNSEEN, id,
                             DW_WIRE_ENGINE, 0,
                             dw_span_of("Worker is gone."), dw_span_of(""));
        }

        return;
    }

    channel = dw_channel_add(&engine->channels, id, DW_WIRE_FETCH,
                             parent->isolate, &parent->isolate->channels,
                             NULL);

    channel->got_end = !(open->flags & DW_WIRE_BODY);
    channel->cpu_ms = open->cpu_ms;

    mail = dw_frame_mail(DW_EVENT_FETCH, channel, payload);

    mail->event.a = (open->flags & DW_WIRE_BODY) ? 1 : 0;
    mail->event.b = dw_frame_body_length(open->body_length);
    mail->event.c = (open->flags & DW_WIRE_RPC) ? 1
                    : (open->flags & DW_WIRE_TAIL) ? 2 : 0;
    mail->event.d = (double) open->target;
    mail->event.text = dw_frame_copied(mail, payload, open->strings);

    if (open->props.size != 0) {
        mail->event.bytes = dw_frame_copied(mail, payload, open->props);
    }

    err = dw_isolate_post(parent->isolate, mail);

    if (err != DW_OK) {
        dw_channel_remove(&engine->channels, channel);
        dw_send_reset(&engine->out, id, DW_WIRE_OVERLOAD,
                      dw_span_of("Too many requests wait for this worker."),
                      dw_span_of(""));
    }
}


static void
dw_frame_open(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    dw_wire_open_t  open;

    if (dw_wire_get_open(payload, DW_WIRE_BY_NGINX, &open) != DW_WIRE_OK) {
        dw_frame_bad(header, "malformed");
    }

    if (header->channel % 2 == 0) {
        dw_frame_bad(header, "an engine's channel");
    }

    if (dw_channel_find(&engine->channels, header->channel) != NULL) {
        dw_frame_bad(header, "channel is open already");
    }

    if (open.kind == DW_WIRE_ISOLATE) {
        dw_frame_open_isolate(engine, header->channel, &open);

    } else {
        dw_frame_open_fetch(engine, header->channel, &open, payload);
    }
}


static void
dw_frame_head(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    dw_mail_t           *mail;
    dw_channel_t        *channel;
    dw_wire_response_t   response;

    channel = dw_frame_channel(engine, header);

    if (channel == NULL) {
        return;
    }

    if (!channel->ours) {
        dw_frame_bad(header, "not the engine's channel");
    }

    if (channel->kind == DW_WIRE_LOAD) {

        if (payload.size != 0) {
            dw_frame_bad(header, "malformed");
        }

        /* What was sent before, if anything, was another isolate's. */

        channel->sent_head = false;
        channel->sent_end = false;
        channel->writable = false;
        channel->credit = DW_WIRE_WINDOW_TO_NGINX;

        mail = dw_frame_mail(DW_EVENT_HEAD, channel, payload);
        dw_isolate_post(channel->isolate, mail);
        return;
    }

    if (dw_wire_get_response(payload, &response) != DW_WIRE_OK) {
        dw_frame_bad(header, "malformed");
    }

    mail = dw_frame_mail(DW_EVENT_HEAD, channel, payload);

    mail->event.a = response.status;
    mail->event.b = dw_frame_body_length(response.body_length);
    mail->event.c = (response.flags & DW_WIRE_BODY) ? 1 : 0;
    mail->event.text = dw_frame_copied(mail, payload, response.strings);

    dw_isolate_post(channel->isolate, mail);

    if (!(response.flags & DW_WIRE_BODY)) {
        channel->got_end = true;
        dw_frame_close_if_ended(engine, channel);
    }
}


static void
dw_frame_data(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    dw_mail_t     *mail;
    dw_channel_t  *channel;

    channel = dw_frame_channel(engine, header);

    if (channel == NULL) {
        return;
    }

    if (channel->kind == DW_WIRE_ISOLATE) {

        if (channel->isolate->code_complete) {
            dw_frame_bad(header, "after END");
        }

        if (dw_isolate_add_code(channel->isolate, payload) != DW_OK) {
            dw_frame_bad(header, "code is too large");
        }

        return;
    }

    if (channel->got_end) {
        dw_frame_bad(header, "after END");
    }

    mail = dw_frame_mail(DW_EVENT_DATA, channel, payload);

    mail->event.bytes.data = mail->payload;
    mail->event.bytes.size = mail->size;

    dw_isolate_post(channel->isolate, mail);
}


static void
dw_frame_end(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    dw_channel_t  *channel;

    if (payload.size != 0 || header->flags != 0) {
        dw_frame_bad(header, "malformed");
    }

    channel = dw_frame_channel(engine, header);

    if (channel == NULL) {
        return;
    }

    if (channel->kind == DW_WIRE_ISOLATE) {

        if (channel->isolate->code_complete) {
            dw_frame_bad(header, "a second one");
        }

        dw_isolate_complete_code(channel->isolate);
        return;
    }

    if (channel->got_end) {

        /* A HEAD without a body has ended it already. */

        return;
    }

    channel->got_end = true;

    dw_isolate_post(channel->isolate,
                    dw_frame_mail(DW_EVENT_END, channel, payload));

    dw_frame_close_if_ended(engine, channel);
}


static void
dw_frame_reset(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    dw_mail_t        *mail;
    dw_channel_t     *channel;
    dw_wire_reset_t   reset;

    if (dw_wire_get_reset(payload, &reset) != DW_WIRE_OK) {
        dw_frame_bad(header, "malformed");
    }

    channel = dw_frame_channel(engine, header);

    if (channel == NULL) {
        return;
    }

    if (channel->kind == DW_WIRE_ISOLATE) {
        dw_isolate_dispose(channel->isolate);
        return;
    }

    mail = dw_frame_mail(DW_EVENT_RESET, channel, payload);

    mail->event.a = reset.code;
    mail->event.text = dw_frame_copied(mail, payload, reset.message);
    mail->event.text_utf8 = true;

    dw_isolate_post(channel->isolate, mail);

    if (channel->ours) {
        dw_channel_remove(&engine->channels, channel);

    } else if (reset.code == DW_WIRE_CANCEL) {

        /* Nobody waits for the response; its waitUntil() work goes on. */

        channel->sent_head = true;
        channel->sent_end = true;
        channel->writable = false;

    } else {
        dw_channel_close(channel);
    }
}


static void
dw_frame_window(dw_engine_t *engine, const dw_wire_header_t *header,
    dw_wire_span_t payload)
{
    uint32_t       credit;
    dw_mail_t     *mail;
    dw_channel_t  *channel;

    if (dw_wire_get_window(payload, &credit) != DW_WIRE_OK) {
        dw_frame_bad(header, "malformed");
    }

    channel = dw_frame_channel(engine, header);

    if (channel == NULL) {
        return;
    }

    if (credit > UINT64_MAX - channel->credit) {
        dw_frame_bad(header, "too much credit");
    }

    channel->credit += credit;

    if (channel->kind == DW_WIRE_ISOLATE || !channel->writable) {
        return;
    }

    payload.size = 0;
    mail = dw_frame_mail(DW_EVENT_WINDOW, channel, payload);
    mail->event.a = credit;

    dw_isolate_post(channel->isolate, mail);
}
