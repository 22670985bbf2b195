/*
 * As much of nginx as ngx_module/ngx_http_dynworker_url.c, ..._pattern.c and
 * ..._address.c use, so that they are tested, and fuzzed, without nginx's tree.
 * It stands in for the header that the files include: include it first.
 *
 * Regular expressions are libc's, POSIX extended ones.
 */

#ifndef NGX_STUB_H
#define NGX_STUB_H

#define _NGX_HTTP_DYNWORKER_H_INCLUDED_


#include <arpa/inet.h>
#include <regex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>


#define NGX_OK                0
#define NGX_ERROR             -1
#define NGX_DECLINED          -5
#define NGX_ABORT             -6

#define NGX_HAVE_INET6        1
#define NGX_INET6_ADDRSTRLEN  45

typedef intptr_t              ngx_int_t;
typedef uintptr_t             ngx_uint_t;

typedef struct {
    size_t                    len;
    unsigned char            *data;
} ngx_str_t;

/* Frees what it gave when it is reset. */
typedef struct ngx_block_s    ngx_block_t;

struct ngx_block_s {
    ngx_block_t              *next;
    void                     *data;
    regex_t                  *regex;
};

typedef struct {
    ngx_block_t              *blocks;
} ngx_pool_t;

typedef struct {
    void                     *elts;
    ngx_uint_t                nelts;
    ngx_uint_t                nalloc;
    size_t                    size;
    ngx_pool_t               *pool;
} ngx_array_t;

typedef struct {
    ngx_array_t              *args;
    ngx_pool_t               *pool;
    /* what ngx_conf_log_error() has said last */
    char                      error[1024];
} ngx_conf_t;

typedef struct {
    unsigned                  https:1;
    in_port_t                 port;
    ngx_str_t                 scheme;
    ngx_str_t                 name;
    ngx_str_t                 host;
    ngx_str_t                 uri;
} ngx_http_dynworker_url_t;

#define NGX_CONF_OK           NULL
#define NGX_CONF_ERROR        (void *) -1
#define NGX_LOG_EMERG         1

#define ngx_memcmp(s1, s2, n)   memcmp(s1, s2, n)
#define ngx_strstr(s1, s2)      strstr((const char *) s1, s2)
#define ngx_strncasecmp(s1, s2, n)                                            \
    strncasecmp((const char *) s1, (const char *) s2, n)

#define ngx_memzero(buf, n)     memset(buf, 0, n)
#define ngx_memcpy(dst, src, n) memcpy(dst, src, n)
#define ngx_strncmp(s1, s2, n)  strncmp((const char *) s1, (const char *) s2, n)

#define ngx_str_set(str, text)                                                \
    (str)->len = sizeof(text) - 1; (str)->data = (unsigned char *) text


static inline ngx_block_t *
ngx_stub_block(ngx_pool_t *pool)
{
    ngx_block_t  *block;

    block = calloc(1, sizeof(ngx_block_t));

    if (block == NULL) {
        abort();
    }

    block->next = pool->blocks;
    pool->blocks = block;

    return block;
}


static inline void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    ngx_block_t  *block;

    block = ngx_stub_block(pool);
    block->data = calloc(1, size);

    if (block->data == NULL && size) {
        abort();
    }

    return block->data;
}


/* Not zeroed, so that a sanitizer sees what is not set. */
static inline void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    ngx_block_t  *block;

    block = ngx_stub_block(pool);
    block->data = malloc(size);

    if (block->data == NULL && size) {
        abort();
    }

    return block->data;
}


static inline ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    ngx_block_t  *block;

    for (block = pool->blocks; block; block = block->next) {
        if (block->data == p) {
            free(block->data);
            block->data = NULL;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static inline void
ngx_reset_pool(ngx_pool_t *pool)
{
    ngx_block_t  *block;

    while (pool->blocks) {
        block = pool->blocks;
        pool->blocks = block->next;

        if (block->regex) {
            regfree(block->regex);
            free(block->regex);
        }

        free(block->data);
        free(block);
    }
}


static inline ngx_int_t
ngx_array_init(ngx_array_t *array, ngx_pool_t *pool, ngx_uint_t n, size_t size)
{
    array->nelts = 0;
    array->size = size;
    array->nalloc = n;
    array->pool = pool;
    array->elts = ngx_pcalloc(pool, n * size);

    return NGX_OK;
}


static inline void *
ngx_array_push(ngx_array_t *array)
{
    void  *elts;

    if (array->nelts == array->nalloc) {
        array->nalloc *= 2;
        elts = ngx_pcalloc(array->pool, array->nalloc * array->size);
        memcpy(elts, array->elts, array->nelts * array->size);
        array->elts = elts;
    }

    return (unsigned char *) array->elts + array->nelts++ * array->size;
}


static inline void
ngx_strlow(u_char *dst, u_char *src, size_t n)
{
    while (n--) {
        *dst++ = (*src >= 'A' && *src <= 'Z') ? (*src | 0x20) : *src;
        src++;
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
ngx_stub_vsprintf(unsigned char *buf, const char *fmt, va_list args)
{
    char        number[16];
    ngx_str_t  *str;

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

    return buf;
}


static inline unsigned char *
ngx_sprintf(unsigned char *buf, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    buf = ngx_stub_vsprintf(buf, fmt, args);
    va_end(args);

    return buf;
}


/* For what is not longer than "error" holds. */
static inline void
ngx_conf_log_error(int level, ngx_conf_t *cf, int err, const char *fmt, ...)
{
    va_list  args;

    (void) level;
    (void) err;

    va_start(args, fmt);
    *ngx_stub_vsprintf((unsigned char *) cf->error, fmt, args) = '\0';
    va_end(args);
}


static inline in_addr_t
ngx_inet_addr(unsigned char *p, size_t len)
{
    char            text[64];
    struct in_addr  addr;

    if (len >= sizeof(text)) {
        return INADDR_NONE;
    }

    memcpy(text, p, len);
    text[len] = '\0';

    return inet_pton(AF_INET, text, &addr) == 1 ? addr.s_addr : INADDR_NONE;
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


/* -- regular expressions ------------------------------------------------- */

#define NGX_PCRE              1
#define NGX_REGEX_CASELESS    1
#define NGX_REGEX_NO_MATCHED  -1
#define NGX_MAX_CONF_ERRSTR   1024

#define ngx_regex_exec_n      "regexec()"

/* A message that no test looks at. */
#define NGX_LOG_ALERT         2
#define ngx_log_error(...)    ((void) 0)

typedef regex_t               ngx_regex_t;

typedef struct {
    ngx_str_t                 pattern;
    ngx_pool_t               *pool;
    ngx_uint_t                options;
    ngx_regex_t              *regex;
    ngx_str_t                 err;
} ngx_regex_compile_t;


static inline ngx_int_t
ngx_regex_compile(ngx_regex_compile_t *rc)
{
    int       err;
    regex_t  *regex;

    regex = calloc(1, sizeof(regex_t));

    if (regex == NULL) {
        abort();
    }

    err = regcomp(regex, (char *) rc->pattern.data,
                  REG_EXTENDED|REG_ICASE|REG_NOSUB);

    if (err) {
        regerror(err, regex, (char *) rc->err.data, rc->err.len);
        rc->err.len = strlen((char *) rc->err.data);
        free(regex);
        return NGX_ERROR;
    }

    ngx_stub_block(rc->pool)->regex = regex;
    rc->regex = regex;

    return NGX_OK;
}


static inline ngx_int_t
ngx_regex_exec(ngx_regex_t *regex, ngx_str_t *s, int *captures, ngx_uint_t size)
{
    char  text[1024];

    (void) captures;
    (void) size;

    if (s->len >= sizeof(text)) {
        abort();
    }

    memcpy(text, s->data, s->len);
    text[s->len] = '\0';

    return regexec(regex, text, 0, NULL, 0) == 0 ? 0 : NGX_REGEX_NO_MATCHED;
}


/* -- what the header declares -------------------------------------------- */

typedef struct ngx_http_dynworker_patterns_s  ngx_http_dynworker_patterns_t;

char *ngx_http_dynworker_patterns_add(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t **patterns, ngx_uint_t from,
    ngx_uint_t narrow);
ngx_int_t ngx_http_dynworker_patterns_match(
    ngx_http_dynworker_patterns_t *patterns, ngx_http_dynworker_url_t *url);

const char *ngx_http_dynworker_address_private(struct sockaddr *sockaddr);

ngx_int_t ngx_http_dynworker_url_parse(ngx_pool_t *pool, ngx_str_t *url,
    ngx_http_dynworker_url_t *parsed);
ngx_int_t ngx_http_dynworker_url_host(ngx_pool_t *pool, ngx_str_t *host,
    ngx_str_t *name);


#endif /* NGX_STUB_H */
