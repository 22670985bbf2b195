
#include <stdlib.h>
#include <string.h>

#include "engine/channel.h"


#define DW_CHANNEL_BUCKETS  256


void
dw_channels_init(dw_channels_t *channels)
{
    memset(channels, 0, sizeof(dw_channels_t));

    pthread_mutex_init(&channels->lock, NULL);

    channels->mask = DW_CHANNEL_BUCKETS - 1;
    channels->buckets = dw_alloc(DW_CHANNEL_BUCKETS * sizeof(dw_channel_t *));
    channels->next_id = 2;
}


void
dw_channels_done(dw_channels_t *channels)
{
    size_t  i;

    for (i = 0; i < DW_TOMBSTONES; i++) {
        free(channels->tombstones[i].message);
        free(channels->tombstones[i].location);
    }

    free(channels->buckets);
    pthread_mutex_destroy(&channels->lock);
}


void
dw_channels_lock(dw_channels_t *channels)
{
    pthread_mutex_lock(&channels->lock);
}


void
dw_channels_unlock(dw_channels_t *channels)
{
    pthread_mutex_unlock(&channels->lock);
}


uint64_t
dw_channel_next_id(dw_channels_t *channels)
{
    uint64_t  id;

    id = channels->next_id;
    channels->next_id += 2;

    return id;
}


/* Ids are dense: they are their own hash. */
static dw_channel_t **
dw_channel_bucket(dw_channels_t *channels, uint64_t id)
{
    return &channels->buckets[(size_t) id & channels->mask];
}


dw_channel_t *
dw_channel_find(dw_channels_t *channels, uint64_t id)
{
    dw_channel_t  *channel;

    channel = *dw_channel_bucket(channels, id);

    while (channel != NULL && channel->id != id) {
        channel = channel->next;
    }

    return channel;
}


static void
dw_channels_grow(dw_channels_t *channels)
{
    size_t          i, n;
    dw_channel_t   *channel, *next, **old, **bucket;

    n = channels->mask + 1;
    old = channels->buckets;

    channels->mask = 2 * n - 1;
    channels->buckets = dw_alloc(2 * n * sizeof(dw_channel_t *));

    for (i = 0; i < n; i++) {
        for (channel = old[i]; channel != NULL; channel = next) {
            next = channel->next;
            bucket = dw_channel_bucket(channels, channel->id);
            channel->next = *bucket;
            *bucket = channel;
        }
    }

    free(old);
}


dw_channel_t *
dw_channel_add(dw_channels_t *channels, uint64_t id, dw_wire_kind_t kind,
    dw_isolate_t *isolate, dw_list_t *of_isolate, dw_channel_t *parent)
{
    dw_channel_t  *channel, **bucket;

    if (channels->count > channels->mask) {
        dw_channels_grow(channels);
    }

    channel = dw_alloc(sizeof(dw_channel_t));

    channel->id = id;
    channel->kind = (uint8_t) kind;
    channel->ours = (id % 2 == 0);
    channel->isolate = isolate;
    channel->credit = DW_WIRE_WINDOW_TO_NGINX;

    dw_list_init(&channel->children);
    dw_list_init(&channel->sibling);
    dw_list_init(&channel->of_isolate);

    dw_list_push_tail(of_isolate, &channel->of_isolate);

    if (parent != NULL) {
        channel->invocation = parent->id;
        dw_list_push_tail(&parent->children, &channel->sibling);

    } else if (kind == DW_WIRE_FETCH && !channel->ours) {
        channel->invocation = id;
    }

    bucket = dw_channel_bucket(channels, id);
    channel->next = *bucket;
    *bucket = channel;
    channels->count++;

    return channel;
}


void
dw_channel_close(dw_channel_t *channel)
{
    channel->sent_head = true;
    channel->writable = false;
    channel->sent_end = true;
    channel->got_end = true;
    channel->closed = true;
}


void
dw_channel_remove(dw_channels_t *channels, dw_channel_t *channel)
{
    dw_channel_t  **p;

    p = dw_channel_bucket(channels, channel->id);

    while (*p != channel) {
        p = &(*p)->next;
    }

    *p = channel->next;
    channels->count--;

    while (dw_list_pop_head(&channel->children) != NULL) { /* void */ }

    dw_list_remove(&channel->sibling);
    dw_list_remove(&channel->of_isolate);

    free(channel);
}


void
dw_channel_remove_tree(dw_channels_t *channels, dw_channel_t *channel)
{
    dw_list_t  *link;

    while ((link = dw_list_pop_head(&channel->children)) != NULL) {
        dw_channel_remove(channels,
                          dw_list_entry(link, dw_channel_t, sibling));
    }

    dw_channel_remove(channels, channel);
}


void
dw_tombstone_add(dw_channels_t *channels, uint64_t id, dw_wire_code_t code,
    const char *message, const char *location)
{
    dw_tombstone_t  *tombstone;

    tombstone = &channels->tombstones[channels->next_tombstone];
    channels->next_tombstone = (channels->next_tombstone + 1) % DW_TOMBSTONES;

    free(tombstone->message);
    free(tombstone->location);

    tombstone->id = id;
    tombstone->code = code;
    tombstone->message = strdup(message);
    tombstone->location = strdup(location);

    if (tombstone->message == NULL || tombstone->location == NULL) {
        dw_exit(DW_EXIT_FATAL, "out of memory");
    }
}


const dw_tombstone_t *
dw_tombstone_find(dw_channels_t *channels, uint64_t id)
{
    size_t  i;

    for (i = 0; i < DW_TOMBSTONES; i++) {
        if (channels->tombstones[i].id == id && id != 0) {
            return &channels->tombstones[i];
        }
    }

    return NULL;
}
