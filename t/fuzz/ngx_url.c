/* URLs that an engine sends: any bytes, and what a policy may rely on. */

#include "t/unit/ngx_stub.h"

#include "ngx_module/ngx_http_dynworker_url.c"


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                    i;
    ngx_str_t                 copy, name;
    ngx_pool_t                pool = { .blocks = NULL };
    ngx_http_dynworker_url_t  url;

    copy.len = size;
    copy.data = ngx_pnalloc(&pool, size ? size : 1);
    memcpy(copy.data, data, size);

    if (ngx_http_dynworker_url_parse(&pool, &copy, &url) == NGX_OK) {

        check(url.port != 0);
        check(url.name.len != 0 && url.host.len >= url.name.len);
        check(url.uri.len != 0 && url.uri.data[0] == '/');

        for (i = 0; i < url.host.len; i++) {
            check(url.host.data[i] > ' ' && url.host.data[i] < 0x7f);
            check(strchr("/\\?#@%", url.host.data[i]) == NULL);
            check(url.host.data[i] < 'A' || url.host.data[i] > 'Z');
        }

        for (i = 0; i < url.uri.len; i++) {
            check(url.uri.data[i] > ' ' && url.uri.data[i] < 0x7f);
        }

        /* the name is in the spelling that patterns are compared in */

        if (memchr(url.name.data, ':', url.name.len) == NULL) {
            check(ngx_http_dynworker_url_host(&pool, &url.name, &name)
                  == NGX_OK);
            check(name.len == url.name.len);
        }
    }

    ngx_reset_pool(&pool);

    return 0;
}
