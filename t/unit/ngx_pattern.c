/* Host patterns of policies: what each of them matches, and how many may be. */

#include "t/unit/ngx_stub.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include "ngx_module/ngx_http_dynworker_url.c"
#include "ngx_module/ngx_http_dynworker_pattern.c"


typedef struct {
    const char  *patterns;          /* between blanks */
    const char  *url;
    int          narrow;            /* in "allow" */
    int          wide;              /* in "deny" */
} row_t;


static const row_t  rows[] = {

    /* exact names */

    { "a.test", "http://a.test/", 1, 1 },
    { "a.test", "https://a.test/", 1, 1 },
    { "A.Test.", "http://a.test./", 1, 1 },
    { "a.test", "http://b.a.test/", 0, 0 },
    { "a.test", "http://xa.test/", 0, 0 },
    { "a.test", "http://a.test.b/", 0, 0 },
    { "a.test", "http://test/", 0, 0 },
    { "b a c", "http://c/", 1, 1 },

    /* wildcards: any depth, not the apex */

    { "*.a.test", "http://b.a.test/", 1, 1 },
    { "*.a.test", "http://d.c.b.a.test/", 1, 1 },
    { "*.A.TEST.", "https://b.a.test/", 1, 1 },
    { "*.a.test", "http://a.test/", 0, 0 },
    { "*.a.test", "http://ba.test/", 0, 0 },
    { "*.a.test", "http://b.a.test.c/", 0, 0 },
    { "*.test", "http://a.test/", 1, 1 },
    { "*.test a.test", "http://a.test/", 1, 1 },

    /* regular expressions, against the host */

    { "~^r[0-9]+[.]test$", "http://r12.test/", 1, 1 },
    { "~^R[0-9]+[.]TEST$", "http://r12.test/", 1, 1 },
    { "~^r[0-9]+[.]test$", "http://rx.test/r12.test", 0, 0 },
    { "~a", "https://bab/", 1, 1 },
    { "~b ~a", "https://xax/", 1, 1 },
    { "https://~^a$", "https://a/", 1, 1 },
    { "https://~^a$", "http://a/", 0, 0 },
    { "~^a$:8080", "http://a:8080/", 1, 1 },
    { "~^a$:8080", "http://a/", 0, 0 },
    { "https://~^a$:*", "https://a:1/", 1, 1 },

    /* all */

    { "all", "http://a.test/", 1, 1 },
    { "ALL", "https://10.0.0.1/", 1, 1 },
    { "all", "http://a.test:8080/", 0, 1 },
    { "https://all", "https://a.test/", 1, 1 },
    { "https://all", "http://a.test/", 0, 0 },
    { "all:*", "http://a.test:8080/", 1, 1 },

    /* scheme and port */

    { "a.test", "http://a.test:80/", 1, 1 },
    { "a.test", "https://a.test:443/", 1, 1 },
    { "a.test", "http://a.test:443/", 0, 1 },
    { "a.test", "https://a.test:80/", 0, 1 },
    { "a.test", "http://a.test:8080/", 0, 1 },
    { "https://a.test", "https://a.test/", 1, 1 },
    { "https://a.test", "https://a.test:8443/", 0, 1 },
    { "https://a.test", "http://a.test/", 0, 0 },
    { "https://a.test", "http://a.test:443/", 0, 0 },
    { "HTTP://a.test", "http://a.test/", 1, 1 },
    { "HTTP://a.test", "https://a.test/", 0, 0 },
    { "a.test:8080", "http://a.test:8080/", 1, 1 },
    { "a.test:8080", "https://a.test:8080/", 1, 1 },
    { "a.test:8080", "http://a.test/", 0, 0 },
    { "https://a.test:8443", "https://a.test:8443/", 1, 1 },
    { "https://a.test:8443", "http://a.test:8443/", 0, 0 },
    { "https://a.test:8443", "https://a.test/", 0, 0 },
    { "a.test:*", "https://a.test:65535/", 1, 1 },
    { "http://*.a.test:81", "http://b.a.test:81/", 1, 1 },
    { "http://*.a.test:81", "http://b.a.test/", 0, 0 },

    /* several rules of one name */

    { "a.test:1 a.test:2 https://a.test:3", "http://a.test:1/", 1, 1 },
    { "a.test:1 a.test:2 https://a.test:3", "http://a.test:2/", 1, 1 },
    { "a.test:1 a.test:2 https://a.test:3", "http://a.test:3/", 0, 0 },
    { "a.test:1 a.test:2 https://a.test:3", "https://a.test:3/", 1, 1 },

    /* addresses */

    { "127.0.0.1", "http://127.0.0.1/", 1, 1 },
    { "127.0.0.1", "http://127.0.0.2/", 0, 0 },
    { "*.0.0.1.test", "http://127.0.0.1.test/", 1, 1 },
    { "[::1]", "http://[::1]/", 1, 1 },
    { "[0:0::1]:8080", "http://[::1]:8080/", 1, 1 },
    { "[::1]", "http://[::2]/", 0, 0 },
    { "https://[2001:DB8::1]", "https://[2001:db8:0:0::1]/", 1, 1 },
};


static const struct {
    const char  *pattern;
    const char  *error;
} wrong[] = {
    { "", "invalid pattern" },
    { "*", "invalid pattern" },
    { "*.", "invalid pattern" },
    { "a.*.test", "invalid pattern" },
    { ".a.test", "invalid pattern" },
    { "a..test", "invalid pattern" },
    { "a.test/path", "invalid pattern" },
    { "user@a.test", "invalid pattern" },
    { "a b", "invalid pattern" },
    { "https://", "invalid pattern" },
    { "::1", "an IPv6 address in brackets" },
    { "[::1", "invalid pattern" },
    { "[fe80::1%eth0]", "invalid pattern" },
    { "*.[::1]", "invalid pattern" },
    { "*.127.0.0.1", "invalid pattern" },
    { "127.0.1", "invalid pattern" },
    { "0x7f000001", "invalid pattern" },
    { "\xc3\xbc.test", "is not ASCII" },
    { "ftp://a.test", "unknown scheme in pattern \"ftp://a.test\"" },
    { "a.test:", "invalid port in pattern \"a.test:\"" },
    { "a.test:0", "invalid port" },
    { "a.test:65536", "invalid port" },
    { "a.test:99999999999999999999", "invalid port" },
    { "a.test:8*", "invalid port" },
    { "~", "a regex is matched against the host alone" },
    { "~https://a", "a regex is matched against the host alone" },
    { "~a(", "invalid pattern \"~a(\": " },
};


/* As the directive: returns what patterns_add() does. */
static char *
add(ngx_conf_t *cf, ngx_http_dynworker_patterns_t **patterns,
    const char *text, ngx_uint_t narrow)
{
    ngx_str_t    args[2];
    ngx_array_t  array = { .elts = args, .nelts = 2 };

    args[0] = (ngx_str_t) { 0, NULL };

    /* nginx's arguments end with a NUL */

    args[1].len = strlen(text);
    args[1].data = ngx_pcalloc(cf->pool, args[1].len + 1);
    memcpy(args[1].data, text, args[1].len);

    cf->args = &array;

    return ngx_http_dynworker_patterns_add(cf, patterns, 1, narrow);
}


static int
match(ngx_http_dynworker_patterns_t *patterns, const char *text)
{
    ngx_int_t                 rc;
    ngx_str_t                 url;
    ngx_pool_t                pool = { .blocks = NULL };
    ngx_http_dynworker_url_t  parsed;

    url.len = strlen(text);
    url.data = (u_char *) text;

    assert_int_equal(ngx_http_dynworker_url_parse(&pool, &url, &parsed),
                     NGX_OK);

    rc = ngx_http_dynworker_patterns_match(patterns, &parsed);

    ngx_reset_pool(&pool);

    assert_true(rc == NGX_OK || rc == NGX_DECLINED);

    return rc == NGX_OK;
}


static void
test_rows(void **state)
{
    char                           *list, *pattern, *rest;
    size_t                          i;
    ngx_uint_t                      narrow;
    ngx_conf_t                      cf;
    ngx_pool_t                      pool = { .blocks = NULL };
    ngx_http_dynworker_patterns_t  *patterns;

    (void) state;

    for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const row_t  *row = &rows[i / 2];

        narrow = i & 1;
        patterns = NULL;
        cf.pool = &pool;

        list = strdup(row->patterns);
        assert_non_null(list);

        for (pattern = strtok_r(list, " ", &rest);
             pattern;
             pattern = strtok_r(NULL, " ", &rest))
        {
            if (add(&cf, &patterns, pattern, narrow) != NGX_CONF_OK) {
                fail_msg("\"%s\": %s", pattern, cf.error);
            }
        }

        free(list);

        if (match(patterns, row->url) != (narrow ? row->narrow : row->wide)) {
            fail_msg("\"%s\" of \"%s\" and %s", row->patterns,
                     narrow ? "allow" : "deny", row->url);
        }

        ngx_reset_pool(&pool);
    }
}


static void
test_wrong(void **state)
{
    size_t                          i;
    ngx_conf_t                      cf;
    ngx_pool_t                      pool = { .blocks = NULL };
    ngx_http_dynworker_patterns_t  *patterns;

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        patterns = NULL;
        cf.pool = &pool;
        cf.error[0] = '\0';

        if (add(&cf, &patterns, wrong[i].pattern, 1) == NGX_CONF_OK
            || strstr(cf.error, wrong[i].error) == NULL)
        {
            fail_msg("\"%s\": \"%s\"", wrong[i].pattern, cf.error);
        }

        ngx_reset_pool(&pool);
    }
}


/* Thousands of names: each is found, and none has to be looked for long. */
static void
test_many(void **state)
{
    enum { MANY = 20000 };

    char                            text[64];
    size_t                          i, run, longest;
    ngx_conf_t                      cf;
    ngx_pool_t                      pool = { .blocks = NULL };
    ngx_http_dynworker_patterns_t  *patterns = NULL;

    (void) state;

    cf.pool = &pool;

    for (i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), i & 1 ? "host-%zu.example"
                                           : "*.zone-%zu.example", i);
        assert_true(add(&cf, &patterns, text, 1) == NGX_CONF_OK);
    }

    assert_int_equal(patterns->count, MANY);
    assert_true(patterns->size >= 2 * MANY && patterns->size <= 4 * MANY);

    run = 0;
    longest = 0;

    for (i = 0; i < 2 * patterns->size; i++) {
        run = patterns->hosts[i % patterns->size].rules ? run + 1 : 0;

        if (run > longest) {
            longest = run;
        }
    }

    assert_in_range(longest, 1, 64);

    for (i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "http://host-%zu.example/", i);
        assert_int_equal(match(patterns, text), i & 1);

        snprintf(text, sizeof(text), "http://a.b.zone-%zu.example/", i);
        assert_int_equal(match(patterns, text), !(i & 1));

        snprintf(text, sizeof(text), "http://zone-%zu.example/", i);
        assert_int_equal(match(patterns, text), 0);
    }

    ngx_reset_pool(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
