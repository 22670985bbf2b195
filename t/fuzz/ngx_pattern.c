/*
 * Patterns and URLs, "pattern ... LF URL ...": any bytes, and the table must say
 * what a look at each pattern by itself says.
 */

#include "t/unit/ngx_stub.h"

#include "ngx_module/ngx_http_dynworker_url.c"
#include "ngx_module/ngx_http_dynworker_pattern.c"


#define MAX_PATTERNS  64


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


/* Does the name match "name" or "*.name", both as url_host() leaves them? */
static int
host_matches(const char *pattern, ngx_str_t *name)
{
    size_t       len;
    ngx_str_t    host, own;
    ngx_pool_t   pool = { .blocks = NULL };
    const char  *text;
    int          wildcard, result;

    wildcard = strncmp(pattern, "*.", 2) == 0;
    text = wildcard ? pattern + 2 : pattern;

    host.len = strlen(text);
    host.data = ngx_pnalloc(&pool, host.len + 1);
    ngx_strlow(host.data, (u_char *) text, host.len);

    check(ngx_http_dynworker_url_host(&pool, &host, &own) == NGX_OK);

    len = own.len;

    if (wildcard) {
        result = name->len > len + 1
                 && name->data[name->len - len - 1] == '.'
                 && memcmp(name->data + name->len - len, own.data, len) == 0;

    } else {
        result = name->len == len && memcmp(name->data, own.data, len) == 0;
    }

    ngx_reset_pool(&pool);

    return result;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                           *text, *list, *urls, *word, *rest;
    char                           *plain[MAX_PATTERNS];
    size_t                          i, n;
    ngx_str_t                       args[1], url;
    ngx_conf_t                      cf;
    ngx_pool_t                      pool = { .blocks = NULL };
    ngx_array_t                     array = { .elts = args, .nelts = 1 };
    ngx_http_dynworker_url_t        parsed;
    ngx_http_dynworker_patterns_t  *patterns;
    int                             expected;

    /* what an error message of a directive may hold is nginx's business */

    if (size > 512) {
        return 0;
    }

    text = ngx_pcalloc(&pool, size + 1);
    memcpy(text, data, size);

    list = text;
    urls = strchr(text, '\n');

    if (urls) {
        *urls++ = '\0';
    }

    cf.args = &array;
    cf.pool = &pool;

    patterns = NULL;
    n = 0;

    for (word = strtok_r(list, " ", &rest);
         word && n < MAX_PATTERNS;
         word = strtok_r(NULL, " ", &rest))
    {
        /* libc's compiler of regular expressions is not what is tested */

        if (strchr(word, '~')) {
            continue;
        }

        args[0].len = strlen(word);
        args[0].data = (u_char *) word;

        if (ngx_http_dynworker_patterns_add(&cf, &patterns, 0, 0)
            != NGX_CONF_OK)
        {
            continue;
        }

        /* the table is about names; ports and the like have their tests */

        if (strchr(word, ':') == NULL && strcasecmp(word, "all") != 0) {
            plain[n++] = word;

        } else {
            goto done;
        }
    }

    if (patterns == NULL || urls == NULL) {
        goto done;
    }

    for (word = strtok_r(urls, " ", &rest);
         word;
         word = strtok_r(NULL, " ", &rest))
    {
        url.len = strlen(word);
        url.data = (u_char *) word;

        if (ngx_http_dynworker_url_parse(&pool, &url, &parsed) != NGX_OK) {
            continue;
        }

        expected = 0;

        for (i = 0; i < n; i++) {
            expected |= host_matches(plain[i], &parsed.name);
        }

        check(ngx_http_dynworker_patterns_match(patterns, &parsed)
              == (expected ? NGX_OK : NGX_DECLINED));
    }

done:

    ngx_reset_pool(&pool);

    return 0;
}
