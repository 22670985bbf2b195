
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/send.h"


static void dw_cell_memory_limit(void *user);
static size_t dw_cell_forget(void *user, uint64_t id);


dw_isolate_t *
dw_isolate_create(dw_engine_t *engine, uint64_t id, const dw_wire_open_t *open)
{
    bool             host;
    size_t           memory;
    dw_isolate_t    *iso;
    dw_wire_span_t   list, name;

    iso = dw_alloc(sizeof(dw_isolate_t));
    host = open->flags & DW_WIRE_HOST;

    iso->engine = engine;
    iso->id = id;
    iso->open = *open;

    iso->cpu_ms = open->cpu_ms;

    if (iso->cpu_ms == 0) {
        iso->cpu_ms = host ? DW_CPU_MS_HOST : DW_CPU_MS_SANDBOX;
    }

    iso->memory_mb = open->memory_mb;

    if (iso->memory_mb == 0) {
        iso->memory_mb = host ? DW_MEMORY_MB_HOST : DW_MEMORY_MB_SANDBOX;
    }

    if (iso->memory_mb > DW_MEMORY_MB_MAX) {
        iso->memory_mb = DW_MEMORY_MB_MAX;
    }

    memory = (size_t) iso->memory_mb * 1024 * 1024;

    dw_resources_init(&iso->resources, memory < DW_RESOURCE_BYTES_MAX
                                       ? memory : DW_RESOURCE_BYTES_MAX);

    dw_list_init(&iso->ready);
    dw_list_init(&iso->channels);
    dw_mailbox_init(&iso->mailbox);

    list = open->strings;

    if (dw_wire_next_string(&list, &name) != DW_WIRE_OK) {
        name.size = 0;
    }

    iso->name = dw_alloc(name.size + 1);

    if (name.size != 0) {
        memcpy(iso->name, name.data, name.size);
    }

    /* The spans of "open" end with the frame. */

    memset(&iso->open.strings, 0, sizeof(dw_wire_span_t));
    memset(&iso->open.props, 0, sizeof(dw_wire_span_t));

    return iso;
}


void
dw_isolate_destroy(dw_isolate_t *iso)
{
    /* After this no alarm finds the isolate. */

    dw_alarm_set(&iso->engine->alarms, &iso->alarm, DW_NEVER);

    dw_cell_destroy(iso->cell);
    dw_resources_done(&iso->resources);
    dw_mailbox_done(&iso->mailbox);

    free(iso->code);
    free(iso->name);
    free(iso);
}


dw_channel_t *
dw_isolate_channel(const dw_isolate_t *iso, uint64_t id)
{
    dw_channel_t  *channel;

    channel = dw_channel_find(&iso->engine->channels, id);

    return channel != NULL && channel->isolate == iso ? channel : NULL;
}


dw_err_t
dw_isolate_post(dw_isolate_t *iso, dw_mail_t *mail)
{
    bool      wake;
    dw_err_t  err;

    err = dw_mailbox_push(&iso->mailbox, mail, &wake);

    if (wake) {
        dw_sched_ready(&iso->engine->sched, iso);
    }

    if (err != DW_OK) {
        dw_mail_destroy(mail);
    }

    return err;
}


dw_err_t
dw_isolate_add_code(dw_isolate_t *iso, dw_wire_span_t bytes)
{
    size_t  room;

    if (bytes.size > DW_WIRE_CODE_MAX - iso->code_size) {
        return DW_FULL;
    }

    if (bytes.size > iso->code_room - iso->code_size) {
        room = iso->code_room ? iso->code_room * 2 : 2 * DW_WIRE_DATA_MAX;
        iso->code = dw_realloc(iso->code, room);
        iso->code_room = room;
    }

    memcpy(iso->code + iso->code_size, bytes.data, bytes.size);
    iso->code_size += bytes.size;

    return DW_OK;
}


void
dw_isolate_complete_code(dw_isolate_t *iso)
{
    bool        wake;
    size_t      size;
    dw_mail_t  *mail;

    size = strlen(iso->name);
    mail = dw_mail_create(DW_EVENT_LOAD, size + 1);
    memcpy(mail->payload, iso->name, size + 1);

    mail->channel = iso->id;
    mail->code = iso->code;

    mail->event.channel = (double) iso->id;
    mail->event.a = iso->open.format;
    mail->event.b = (iso->open.target != 0);
    mail->event.c = (iso->open.flags & DW_WIRE_HOST) ? 1
                    : (iso->open.flags & DW_WIRE_TAIL) ? 2 : 0;
    mail->event.text.data = mail->payload;
    mail->event.text.size = size;
    mail->event.text_utf8 = true;

    /* No code at all is a value, too; it must not become undefined. */

    mail->event.bytes.data = iso->code ? iso->code : mail->payload;
    mail->event.bytes.size = iso->code_size;

    iso->code = NULL;
    iso->code_complete = true;

    if (dw_mailbox_release(&iso->mailbox, mail, &wake) != DW_OK) {
        dw_mail_destroy(mail);
        return;
    }

    if (wake) {
        dw_sched_ready(&iso->engine->sched, iso);
    }
}


/* With the table locked: no more mail, and the next executor destroys it. */
static void
dw_isolate_close(dw_isolate_t *iso)
{
    bool  wake;

    dw_mailbox_close(&iso->mailbox, &wake);

    if (wake) {
        dw_sched_ready(&iso->engine->sched, iso);
    }
}


void
dw_isolate_die(dw_isolate_t *iso, dw_wire_code_t code, const char *message,
    const char *location)
{
    uint8_t          flags;
    dw_out_t        *out;
    dw_list_t       *link;
    dw_channel_t    *channel;
    dw_channels_t   *channels;

    channels = &iso->engine->channels;
    out = &iso->engine->out;

    dw_channels_lock(channels);

    while ((link = dw_list_pop_head(&iso->channels)) != NULL) {

        channel = dw_list_entry(link, dw_channel_t, of_isolate);

        if (channel->closed) {
            /* nginx knows it no more. */

        } else if (channel->ours) {
            dw_send_reset(out, channel->id, DW_WIRE_CANCEL,
                          dw_span_of(""), dw_span_of(""));

        } else {
            flags = channel->pass ? DW_WIRE_PASS : 0;

            /* What ended it as it was loaded would end the next one, too. */

            if (channel->kind == DW_WIRE_FETCH && !channel->begun
                && iso->loaded)
            {
                flags = DW_WIRE_UNSEEN;
            }

            dw_send_reset_as(out, flags, channel->id, code, channel->cpu_ns,
                             dw_span_of(message), dw_span_of(location));
        }

        if (channel->kind == DW_WIRE_ISOLATE) {
            dw_tombstone_add(channels, channel->id, code, message, location);
        }

        dw_channel_remove(channels, channel);
    }

    dw_isolate_close(iso);

    dw_channels_unlock(channels);
}


void
dw_isolate_dispose(dw_isolate_t *iso)
{
    dw_list_t      *link;
    dw_engine_t    *engine;
    dw_channels_t  *channels;

    engine = iso->engine;
    channels = &engine->channels;

    while ((link = dw_list_pop_head(&iso->channels)) != NULL) {
        dw_channel_remove(channels,
                          dw_list_entry(link, dw_channel_t, of_isolate));
    }

    dw_isolate_close(iso);

    dw_channels_unlock(channels);

    /* From here on an executor may free it. */

    dw_executors_terminate(engine, iso);

    dw_channels_lock(channels);
}


dw_cell_t *
dw_cell_create(uint32_t memory_mb, v8shim_error_t *error)
{
    dw_cell_t                *cell;
    v8shim_isolate_config_t   config;

    cell = dw_alloc(sizeof(dw_cell_t));
    cell->memory_mb = memory_mb;

    memset(&config, 0, sizeof(v8shim_isolate_config_t));

    config.heap_bytes = (size_t) memory_mb * 1024 * 1024;
    config.buffer_bytes = (size_t) memory_mb * 1024 * 1024;
    config.user = cell;
    config.memory_limit = dw_cell_memory_limit;
    config.forget = dw_cell_forget;

    cell->v8 = v8shim_isolate_create(&config, error);

    if (cell->v8 == NULL) {
        free(cell);
        return NULL;
    }

    return cell;
}


void
dw_cell_destroy(dw_cell_t *cell)
{
    if (cell == NULL) {
        return;
    }

    v8shim_isolate_destroy(cell->v8);
    free(cell);
}


/* The shim terminates the isolate; the executor inside reads why. */
static void
dw_cell_memory_limit(void *user)
{
    dw_cell_t  *cell = user;

    cell->out_of_memory = true;
}


/* V8 has collected what held a native object. */
static size_t
dw_cell_forget(void *user, uint64_t id)
{
    dw_cell_t  *cell = user;

    return dw_resource_remove(&cell->isolate->resources, id);
}
