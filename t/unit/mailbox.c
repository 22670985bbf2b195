/* sources: engine/mailbox.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/limits.h"
#include "engine/mailbox.h"


static dw_mailbox_t  mb;


static int
setup(void **state)
{
    (void) state;

    dw_mailbox_init(&mb);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    dw_mailbox_done(&mb);

    return 0;
}


/* Pushes an event for "channel"; true when the isolate is to be woken. */
static bool
push(dw_event_type_t type, uint64_t channel)
{
    bool        wake;
    dw_mail_t  *mail;

    mail = dw_mail_create(type, 8);
    mail->channel = channel;

    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_OK);

    return wake;
}


static bool
release(void)
{
    bool  wake;

    assert_int_equal(dw_mailbox_release(&mb,
                                        dw_mail_create(DW_EVENT_LOAD, 0),
                                        &wake),
                     DW_OK);

    return wake;
}


static uint64_t
pop(void)
{
    uint64_t    channel;
    dw_mail_t  *mail;

    assert_int_equal(dw_mailbox_pop(&mb, &mail), DW_OK);

    channel = mail->channel;
    dw_mail_destroy(mail);

    return channel;
}


static void
wakes_once_until_it_rests(void **state)
{
    dw_mail_t  *mail;

    (void) state;

    assert_true(release());
    assert_false(push(DW_EVENT_DATA, 1));
    assert_false(push(DW_EVENT_DATA, 2));

    assert_int_equal(dw_mailbox_rest(&mb), DW_FULL);

    assert_int_equal(pop(), 0);
    assert_int_equal(pop(), 1);
    assert_int_equal(pop(), 2);
    assert_int_equal(dw_mailbox_pop(&mb, &mail), DW_EMPTY);

    /* Empty, but its executor is still inside. */

    assert_false(push(DW_EVENT_DATA, 3));
    assert_int_equal(dw_mailbox_rest(&mb), DW_FULL);
    assert_int_equal(pop(), 3);

    assert_int_equal(dw_mailbox_rest(&mb), DW_OK);
    assert_true(push(DW_EVENT_DATA, 4));
}


static void
holds_mail_until_the_code_is_there(void **state)
{
    (void) state;

    assert_false(push(DW_EVENT_FETCH, 1));
    assert_false(push(DW_EVENT_FETCH, 2));
    assert_true(release());

    assert_int_equal(pop(), 0);
    assert_int_equal(pop(), 1);
    assert_int_equal(pop(), 2);
}


static void
closes_for_both_sides(void **state)
{
    bool        wake;
    dw_mail_t  *mail;

    (void) state;

    push(DW_EVENT_FETCH, 1);

    dw_mailbox_close(&mb, &wake);
    assert_true(wake);
    dw_mailbox_close(&mb, &wake);
    assert_false(wake);

    assert_int_equal(dw_mailbox_pop(&mb, &mail), DW_CLOSED);
    assert_int_equal(dw_mailbox_rest(&mb), DW_FULL);

    mail = dw_mail_create(DW_EVENT_END, 0);
    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_CLOSED);
    assert_false(wake);
    assert_int_equal(dw_mailbox_release(&mb, mail, &wake), DW_CLOSED);
    assert_false(wake);
    dw_mail_destroy(mail);
}


static void
closing_a_scheduled_isolate_wakes_nobody(void **state)
{
    bool  wake;

    (void) state;

    assert_true(release());
    dw_mailbox_close(&mb, &wake);
    assert_false(wake);
}


static void
is_full_for_fetch_events_only(void **state)
{
    bool        wake;
    dw_mail_t  *mail;

    (void) state;

    /* Just under: one mail of 16 bytes less than the cap, then 16. */

    mail = dw_mail_create(DW_EVENT_DATA, DW_MAILBOX_MAX - 16);
    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_OK);

    mail = dw_mail_create(DW_EVENT_FETCH, 16);
    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_OK);

    mail = dw_mail_create(DW_EVENT_FETCH, 1);
    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_FULL);
    dw_mail_destroy(mail);

    assert_false(push(DW_EVENT_DATA, 1));

    /* Room again when something has been taken out. */

    assert_int_equal(pop(), 0);
    mail = dw_mail_create(DW_EVENT_FETCH, 1);
    assert_int_equal(dw_mailbox_push(&mb, mail, &wake), DW_OK);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(wakes_once_until_it_rests,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(holds_mail_until_the_code_is_there,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(closes_for_both_sides,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            closing_a_scheduled_isolate_wakes_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(is_full_for_fetch_events_only,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
