/* Addresses: which are public, at the edges of each network that is not. */

#include "t/unit/ngx_stub.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include "ngx_module/ngx_http_dynworker_address.c"


static const struct {
    const char  *text;
    const char  *what;              /* NULL: public */
} rows[] = {
    { "0.0.0.0", "unspecified" },
    { "0.255.255.255", "unspecified" },
    { "1.0.0.0", NULL },
    { "9.255.255.255", NULL },
    { "10.0.0.0", "private" },
    { "10.255.255.255", "private" },
    { "11.0.0.0", NULL },
    { "100.63.255.255", NULL },
    { "100.64.0.0", "private" },
    { "100.100.100.200", "private" },
    { "100.127.255.255", "private" },
    { "100.128.0.0", NULL },
    { "126.255.255.255", NULL },
    { "127.0.0.1", "loopback" },
    { "127.255.255.255", "loopback" },
    { "128.0.0.0", NULL },
    { "168.63.129.15", NULL },
    { "168.63.129.16", "metadata" },
    { "168.63.129.17", NULL },
    { "169.253.255.255", NULL },
    { "169.254.0.0", "link-local" },
    { "169.254.169.254", "metadata" },
    { "169.254.255.255", "link-local" },
    { "169.255.0.0", NULL },
    { "172.15.255.255", NULL },
    { "172.16.0.0", "private" },
    { "172.31.255.255", "private" },
    { "172.32.0.0", NULL },
    { "191.255.255.255", NULL },
    { "192.0.0.0", "reserved" },
    { "192.0.0.192", "reserved" },
    { "192.0.0.255", "reserved" },
    { "192.0.1.0", NULL },
    { "192.0.2.1", "documentation" },
    { "192.0.3.0", NULL },
    { "192.88.99.1", "reserved" },
    { "192.167.255.255", NULL },
    { "192.168.0.0", "private" },
    { "192.168.255.255", "private" },
    { "192.169.0.0", NULL },
    { "198.17.255.255", NULL },
    { "198.18.0.0", "benchmark" },
    { "198.19.255.255", "benchmark" },
    { "198.20.0.0", NULL },
    { "198.51.100.1", "documentation" },
    { "203.0.113.1", "documentation" },
    { "223.255.255.255", NULL },
    { "224.0.0.1", "multicast" },
    { "239.255.255.255", "multicast" },
    { "240.0.0.0", "reserved" },
    { "255.255.255.255", "reserved" },

    { "::", "reserved" },
    { "::1", "loopback" },
    { "::2", "reserved" },
    { "::7f00:1", "reserved" },
    { "::ffff:127.0.0.1", "loopback" },
    { "::ffff:169.254.169.254", "metadata" },
    { "::ffff:8.8.8.8", NULL },
    { "::ffff:0:7f00:1", "reserved" },
    { "64:ff9b::10.0.0.1", "private" },
    { "64:ff9b::8.8.8.8", NULL },
    { "64:ff9b:1::8.8.8.8", "reserved" },
    { "64:ff9b:0:1::808:808", "reserved" },
    { "100::1", "reserved" },
    { "1fff:ffff::1", "reserved" },
    { "2000::1", NULL },
    { "2001::1", "reserved" },
    { "2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved" },
    { "2001:1ff:ffff::1", "reserved" },
    { "2001:200::1", NULL },
    { "2001:db7:ffff::1", NULL },
    { "2001:db8::1", "documentation" },
    { "2001:db9::1", NULL },
    { "2002:7f00:1::1", "loopback" },
    { "2002:c0a8:101::1", "private" },
    { "2002:808:808::1", NULL },
    { "2003::1", NULL },
    { "2606:4700::1111", NULL },
    { "3ffe:ffff::1", NULL },
    { "3fff::1", "documentation" },
    { "3fff:0fff::1", "documentation" },
    { "3fff:1000::1", NULL },
    { "4000::1", "reserved" },
    { "5f00::1", "reserved" },
    { "fbff::1", "reserved" },
    { "fc00::1", "private" },
    { "fd00:ec2::254", "private" },
    { "fdff:ffff::1", "private" },
    { "fe00::1", "reserved" },
    { "fe80::1", "link-local" },
    { "febf:ffff::1", "link-local" },
    { "fec0::1", "private" },
    { "feff::1", "private" },
    { "ff02::1", "multicast" },
    { "ffff::1", "multicast" },
};


static void
test_rows(void **state)
{
    size_t       i;
    const char  *what;
    union {
        struct sockaddr      any;
        struct sockaddr_in   sin;
        struct sockaddr_in6  sin6;
    } addr;

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&addr, 0, sizeof(addr));

        if (strchr(rows[i].text, ':')) {
            addr.any.sa_family = AF_INET6;
            assert_int_equal(inet_pton(AF_INET6, rows[i].text,
                                       &addr.sin6.sin6_addr), 1);
        } else {
            addr.any.sa_family = AF_INET;
            assert_int_equal(inet_pton(AF_INET, rows[i].text,
                                       &addr.sin.sin_addr), 1);
        }

        what = ngx_http_dynworker_address_private(&addr.any);

        if ((what == NULL) != (rows[i].what == NULL)
            || (what && strcmp(what, rows[i].what) != 0))
        {
            fail_msg("%s is %s", rows[i].text, what ? what : "public");
        }
    }
}


static void
test_other_families(void **state)
{
    struct sockaddr  addr;

    (void) state;

    memset(&addr, 0, sizeof(addr));
    addr.sa_family = AF_UNIX;

    assert_string_equal(ngx_http_dynworker_address_private(&addr), "unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_other_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
