
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/mailbox.h"


dw_mail_t *
dw_mail_create(dw_event_type_t type, size_t payload)
{
    dw_mail_t  *mail;

    mail = dw_realloc(NULL, sizeof(dw_mail_t) + payload);

    memset(mail, 0, sizeof(dw_mail_t));
    dw_list_init(&mail->link);

    mail->event.type = (int) type;
    mail->size = payload;

    return mail;
}


void
dw_mail_destroy(dw_mail_t *mail)
{
    free(mail->code);
    free(mail);
}


void
dw_mailbox_init(dw_mailbox_t *mb)
{
    memset(mb, 0, sizeof(dw_mailbox_t));

    pthread_mutex_init(&mb->lock, NULL);
    dw_list_init(&mb->mails);
    mb->held = true;
}


void
dw_mailbox_done(dw_mailbox_t *mb)
{
    dw_list_t  *link;

    while ((link = dw_list_pop_head(&mb->mails)) != NULL) {
        dw_mail_destroy(dw_list_entry(link, dw_mail_t, link));
    }

    pthread_mutex_destroy(&mb->lock);
}


/* Called with the lock held. */
static bool
dw_mailbox_wake(dw_mailbox_t *mb)
{
    if (mb->scheduled || mb->held) {
        return false;
    }

    mb->scheduled = true;

    return true;
}


dw_err_t
dw_mailbox_push(dw_mailbox_t *mb, dw_mail_t *mail, bool *wake)
{
    dw_err_t  err;

    *wake = false;

    pthread_mutex_lock(&mb->lock);

    if (mb->closed) {
        err = DW_CLOSED;

    } else if (mail->event.type == DW_EVENT_FETCH
               && mb->bytes + mail->size > DW_MAILBOX_MAX)
    {
        err = DW_FULL;

    } else {
        err = DW_OK;
        mb->bytes += mail->size;
        dw_list_push_tail(&mb->mails, &mail->link);
        *wake = dw_mailbox_wake(mb);
    }

    pthread_mutex_unlock(&mb->lock);

    return err;
}


dw_err_t
dw_mailbox_release(dw_mailbox_t *mb, dw_mail_t *mail, bool *wake)
{
    dw_err_t  err = DW_CLOSED;

    *wake = false;

    pthread_mutex_lock(&mb->lock);

    if (!mb->closed) {
        err = DW_OK;
        mb->held = false;
        mb->bytes += mail->size;
        dw_list_push_head(&mb->mails, &mail->link);
        *wake = dw_mailbox_wake(mb);
    }

    pthread_mutex_unlock(&mb->lock);

    return err;
}


void
dw_mailbox_close(dw_mailbox_t *mb, bool *wake)
{
    *wake = false;

    pthread_mutex_lock(&mb->lock);

    if (!mb->closed) {
        mb->closed = true;
        mb->held = false;
        *wake = dw_mailbox_wake(mb);
    }

    pthread_mutex_unlock(&mb->lock);
}


dw_err_t
dw_mailbox_pop(dw_mailbox_t *mb, dw_mail_t **mail)
{
    dw_err_t    err;
    dw_list_t  *link;

    pthread_mutex_lock(&mb->lock);

    if (mb->closed) {
        err = DW_CLOSED;

    } else if ((link = dw_list_pop_head(&mb->mails)) == NULL) {
        err = DW_EMPTY;

    } else {
        err = DW_OK;
        *mail = dw_list_entry(link, dw_mail_t, link);
        mb->bytes -= (*mail)->size;
    }

    pthread_mutex_unlock(&mb->lock);

    return err;
}


dw_err_t
dw_mailbox_rest(dw_mailbox_t *mb)
{
    dw_err_t  err = DW_FULL;

    pthread_mutex_lock(&mb->lock);

    if (!mb->closed && dw_list_empty(&mb->mails)) {
        err = DW_OK;
        mb->scheduled = false;
    }

    pthread_mutex_unlock(&mb->lock);

    return err;
}
