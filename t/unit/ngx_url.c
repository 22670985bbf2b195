/* URLs that an engine sends: what is split, and what is refused. */

#include "t/unit/ngx_stub.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include "ngx_module/ngx_http_dynworker_url.c"


typedef struct {
    const char  *url;
    const char  *name;
    const char  *host;
    int          port;
    const char  *uri;
} accepted_t;


static const accepted_t  accepted[] = {
    { "http://example.com/", "example.com", "example.com", 80, "/" },
    { "https://example.com/", "example.com", "example.com", 443, "/" },
    { "https://example.com", "example.com", "example.com", 443, "/" },
    { "https://example.com?q=1", "example.com", "example.com", 443, "/?q=1" },
    { "https://example.com/?q=?&r=\\", "example.com", "example.com", 443,
      "/?q=?&r=\\" },
    { "http://example.com:80/", "example.com", "example.com", 80, "/" },
    { "http://example.com:443/", "example.com", "example.com:443", 443, "/" },
    { "https://example.com:65535/a/b%2fc", "example.com", "example.com:65535",
      65535, "/a/b%2fc" },
    { "https://example.com./", "example.com", "example.com", 443, "/" },
    { "https://example.com.:8443/", "example.com", "example.com:8443", 8443,
      "/" },
    { "http://a_b.xn--bcher-kva.example/~a/;b,c", "a_b.xn--bcher-kva.example",
      "a_b.xn--bcher-kva.example", 80, "/~a/;b,c" },
    { "http://127.0.0.1:8080/", "127.0.0.1", "127.0.0.1:8080", 8080, "/" },
    { "http://0.0.0.0/", "0.0.0.0", "0.0.0.0", 80, "/" },
    { "http://1.2.3.4.example/", "1.2.3.4.example", "1.2.3.4.example", 80,
      "/" },
    { "http://[::1]/", "::1", "[::1]", 80, "/" },
    { "https://[2001:db8:0:0::1]:8443/x", "2001:db8::1", "[2001:db8::1]:8443",
      8443, "/x" },
    { "http://a//b", "a", "a", 80, "//b" },
    { "http://a/@b:c", "a", "a", 80, "/@b:c" },
};


static const char  *refused[] = {
    "",
    "http",
    "http:/a",
    "http://",
    "https://",
    "http:///",
    "http://?a",
    "http:\\\\a",
    "HTTP://a/",
    "ftp://a/",
    "file:///etc/passwd",
    "ws://a/",
    "//a/",
    "/a",
    "http://A/",
    "http://exAmple.com/",
    "http://user@a/",
    "http://user:pass@a/",
    "http://a@b@c/",
    "http://a#b",
    "http://a/#b",
    "http://a\\b/",
    "http://a/b\\c",
    "http://a b/",
    "http://a/b c",
    "http://a/b\tc",
    "http://a/b\rc",
    "http://a/b\nc",
    "http://a/\x7f",
    "http://a/\xc3\xa9",
    "http://\xc3\xa9/",
    "http://a%41/",
    "http://a*/",
    "http://a;b/",
    "http://a,b/",
    "http://a'b/",
    "http://$a/",
    "http://unix:/run/x.sock:/",
    "http://a:/",
    "http://a:0/",
    "http://a:080/",
    "http://a:65536/",
    "http://a:4294967376/",
    "http://a:99999999999999999999/",
    "http://a:8o/",
    "http://a:-1/",
    "http://a:80:80/",
    "http://.a/",
    "http://a..b/",
    "http://a../",
    "http://./",
    "http://127.1/",
    "http://127.0.0.1.1/",
    "http://127.0.0.256/",
    "http://127.0.0.01/",
    "http://127.0.0.0x1/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x/",
    "http://2130706433/",
    "http://a.1/",
    "http://a.0x1f/",
    "http://[/",
    "http://[]/",
    "http://[::1/",
    "http://[::1",
    "http://::1/",
    "http://[::1]a/",
    "http://[::1]:/",
    "http://[::1%25lo]/",
    "http://[fe80::1%lo]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:1]/",
    "http://[1:2:3:4:5:6:7:8:9]/",
    "http://[g::]/",
    "http://a]/",
    "http://[a]/",
};


static ngx_int_t
parse(ngx_pool_t *pool, const char *url, size_t len,
    ngx_http_dynworker_url_t *parsed)
{
    ngx_str_t  copy;

    /* no byte more, so that a sanitizer sees a read past the end */

    copy.len = len;
    copy.data = ngx_pnalloc(pool, len ? len : 1);
    memcpy(copy.data, url, len);

    return ngx_http_dynworker_url_parse(pool, &copy, parsed);
}


static void
assert_span(ngx_str_t *span, const char *text)
{
    assert_int_equal(span->len, strlen(text));
    assert_memory_equal(span->data, text, span->len);
}


static void
a_url_is_split(void **state)
{
    size_t                     i;
    ngx_pool_t                 pool = { .blocks = NULL };
    const accepted_t          *a;
    ngx_http_dynworker_url_t   url;

    (void) state;

    for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        a = &accepted[i];

        if (parse(&pool, a->url, strlen(a->url), &url) != NGX_OK) {
            fail_msg("\"%s\" was refused", a->url);
        }

        assert_span(&url.name, a->name);
        assert_span(&url.host, a->host);
        assert_span(&url.uri, a->uri);
        assert_int_equal(url.port, a->port);
        assert_int_equal(url.https, a->url[4] == 's');
        assert_span(&url.scheme, url.https ? "https" : "http");

        ngx_reset_pool(&pool);
    }
}


static void
all_else_is_refused(void **state)
{
    size_t                    i;
    ngx_pool_t                pool = { .blocks = NULL };
    ngx_http_dynworker_url_t  url;

    (void) state;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {

        if (parse(&pool, refused[i], strlen(refused[i]), &url)
            != NGX_DECLINED)
        {
            fail_msg("\"%s\" was not refused", refused[i]);
        }

        ngx_reset_pool(&pool);
    }
}


static void
a_nul_is_refused(void **state)
{
    ngx_pool_t                pool = { .blocks = NULL };
    ngx_http_dynworker_url_t  url;

    (void) state;

    assert_int_equal(parse(&pool, "http://a\0b/", 11, &url), NGX_DECLINED);
    assert_int_equal(parse(&pool, "http://a/\0", 10, &url), NGX_DECLINED);

    ngx_reset_pool(&pool);
}


static void
lengths_are_capped(void **state)
{
    char                     *url;
    size_t                    i, len;
    ngx_pool_t                pool = { .blocks = NULL };
    ngx_http_dynworker_url_t  parsed;

    (void) state;

    url = malloc(65537);
    assert_non_null(url);

    memset(url, 'a', 65537);
    memcpy(url, "http://a/", 9);

    assert_int_equal(parse(&pool, url, 65536, &parsed), NGX_OK);
    assert_int_equal(parse(&pool, url, 65537, &parsed), NGX_ABORT);

    /* a label of 63, and one of 64 */

    memset(url, 'a', 100);
    memcpy(url, "http://", 7);

    assert_int_equal(parse(&pool, url, 7 + 63, &parsed), NGX_OK);
    assert_int_equal(parse(&pool, url, 7 + 64, &parsed), NGX_DECLINED);

    /* a name of 253, and one of 255 */

    for (i = 0, len = 7; i < 128; i++) {
        url[len++] = 'a';
        url[len++] = '.';
    }

    assert_int_equal(parse(&pool, url, 7 + 253, &parsed), NGX_OK);
    assert_int_equal(parse(&pool, url, 7 + 255, &parsed), NGX_DECLINED);

    ngx_reset_pool(&pool);
    free(url);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_url_is_split),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(lengths_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
