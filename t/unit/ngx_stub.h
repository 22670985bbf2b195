/*
 * As much of nginx as ngx_module/ngx_http_dynworker_url.c uses, so that it is
 * tested, and fuzzed, without nginx's tree.  It stands in for the header that
 * the file includes: include it first.
 */

#ifndef NGX_STUB_H
#define NGX_STUB_H

#define _NGX_HTTP_DYNWORKER_H_INCLUDED_


#include <arpa/inet.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>


#define NGX_OK                0
#define NGX_ERROR             -1
#define NGX_DECLINED          -5

#define NGX_HAVE_INET6        1
#define NGX_INET6_ADDRSTRLEN  45

typedef intptr_t              ngx_int_t;
typedef uintptr_t             ngx_uint_t;

typedef struct {
    size_t                    len;
    unsigned char            *data;
} ngx_str_t;

/* Frees what it gave when it is reset. */
typedef struct {
    void                     *blocks[16];
    size_t                    count;
} ngx_pool_t;

typedef struct {
    unsigned                  https:1;
    in_port_t                 port;
    ngx_str_t                 scheme;
    ngx_str_t                 name;
    ngx_str_t                 host;
    ngx_str_t                 uri;
} ngx_http_dynworker_url_t;

#define ngx_memzero(buf, n)     memset(buf, 0, n)
#define ngx_memcpy(dst, src, n) memcpy(dst, src, n)
#define ngx_strncmp(s1, s2, n)  strncmp((const char *) s1, (const char *) s2, n)

#define ngx_str_set(str, text)                                                \
    (str)->len = sizeof(text) - 1; (str)->data = (unsigned char *) text


static inline void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = malloc(size);

    if (p == NULL || pool->count == sizeof(pool->blocks) / sizeof(p)) {
        abort();
    }

    pool->blocks[pool->count++] = p;

    return p;
}


static inline void
ngx_reset_pool(ngx_pool_t *pool)
{
    while (pool->count) {
        free(pool->blocks[--pool->count]);
    }
}


static inline ngx_int_t
ngx_atoi(unsigned char *line, size_t n)
{
    ngx_int_t  value;

    if (n == 0 || n > 18) {
        return NGX_ERROR;
    }

    for (value = 0; n--; line++) {
        if (*line < '0' || *line > '9') {
            return NGX_ERROR;
        }

        value = value * 10 + (*line - '0');
    }

    return value;
}


/* %V and %d. */
static inline unsigned char *
ngx_sprintf(unsigned char *buf, const char *fmt, ...)
{
    char        number[16];
    va_list     args;
    ngx_str_t  *str;

    va_start(args, fmt);

    for ( /* void */ ; *fmt; fmt++) {

        if (*fmt != '%') {
            *buf++ = (unsigned char) *fmt;
            continue;
        }

        if (*++fmt == 'V') {
            str = va_arg(args, ngx_str_t *);
            memcpy(buf, str->data, str->len);
            buf += str->len;

        } else {
            snprintf(number, sizeof(number), "%d", va_arg(args, int));
            memcpy(buf, number, strlen(number));
            buf += strlen(number);
        }
    }

    va_end(args);

    return buf;
}


static inline ngx_int_t
ngx_inet6_addr(unsigned char *p, size_t len, unsigned char *addr)
{
    char  text[64];

    if (len >= sizeof(text)) {
        return NGX_ERROR;
    }

    memcpy(text, p, len);
    text[len] = '\0';

    return inet_pton(AF_INET6, text, addr) == 1 ? NGX_OK : NGX_ERROR;
}


static inline size_t
ngx_inet6_ntop(unsigned char *p, unsigned char *text, size_t len)
{
    char  buf[INET6_ADDRSTRLEN];

    (void) inet_ntop(AF_INET6, p, buf, sizeof(buf));

    if (strlen(buf) > len) {
        abort();
    }

    memcpy(text, buf, strlen(buf));

    return strlen(buf);
}


ngx_int_t ngx_http_dynworker_url_parse(ngx_pool_t *pool, ngx_str_t *url,
    ngx_http_dynworker_url_t *parsed);
ngx_int_t ngx_http_dynworker_url_host(ngx_pool_t *pool, ngx_str_t *host,
    ngx_str_t *name);


#endif /* NGX_STUB_H */
