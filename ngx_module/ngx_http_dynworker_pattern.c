
/*
 * Host patterns of egress policies: exact names and what is below a name in
 * one hash table, so that their number does not matter; regular expressions in
 * a list, tried one by one after that.
 *
 * Not ngx_hash_t: one name may have several rules, of scheme and port.  The
 * hash runs over a name from its end, so that one walk over a host's name gives
 * the hash of each ".suffix" of it on the way.  Nothing but the configuration
 * fills the table, so a worker cannot make it slow.
 *
 * A pattern without scheme and port is the narrow one where it opens ("allow":
 * http on port 80, https on port 443), and the wide one elsewhere ("deny",
 * "set_header": any scheme, any port).
 */

#include "ngx_http_dynworker.h"


/* FNV-1a, a byte at a time */
#define NGX_HTTP_DYNWORKER_HASH             2166136261u
#define ngx_http_dynworker_hash(hash, c)    (((hash) ^ (c)) * 16777619u)


typedef struct ngx_http_dynworker_rule_s  ngx_http_dynworker_rule_t;

/* What of a pattern is not its host. */
struct ngx_http_dynworker_rule_s {
    ngx_http_dynworker_rule_t      *next;
    in_port_t                       port;       /* 0: any */
    unsigned                        http:1;
    unsigned                        https:1;
    unsigned                        default_port:1;
};


/* A place in the table; free while "rules" is NULL. */
typedef struct {
    /* "example.com", or ".example.com" for what is below it */
    ngx_str_t                       name;
    uint32_t                        hash;
    ngx_http_dynworker_rule_t      *rules;
} ngx_http_dynworker_host_t;


#if (NGX_PCRE)

typedef struct {
    ngx_regex_t                    *regex;
    ngx_str_t                       pattern;
    ngx_http_dynworker_rule_t      *rule;
} ngx_http_dynworker_regex_t;

#endif


struct ngx_http_dynworker_patterns_s {
    /* open addressing, a power of two, at most half full */
    ngx_http_dynworker_host_t      *hosts;
    ngx_uint_t                      size;
    ngx_uint_t                      count;
#if (NGX_PCRE)
    ngx_array_t                     regexes;
#endif
    ngx_http_dynworker_rule_t      *all;
};


static char *ngx_http_dynworker_pattern_add(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *value,
    ngx_uint_t narrow);
static ngx_int_t ngx_http_dynworker_pattern_port(ngx_str_t *pattern,
    ngx_http_dynworker_rule_t *rule);
static char *ngx_http_dynworker_pattern_regex(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule);
static char *ngx_http_dynworker_pattern_host(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule);
static ngx_int_t ngx_http_dynworker_hosts_grow(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns);
static ngx_http_dynworker_host_t *ngx_http_dynworker_hosts_find(
    ngx_http_dynworker_patterns_t *patterns, u_char *name, size_t len,
    uint32_t hash);
static ngx_int_t ngx_http_dynworker_rules_match(
    ngx_http_dynworker_rule_t *rule, ngx_http_dynworker_url_t *url);


char *
ngx_http_dynworker_patterns_add(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t **patterns, ngx_uint_t from,
    ngx_uint_t narrow)
{
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    ngx_http_dynworker_patterns_t  *p;

    p = *patterns;

    if (p == NULL) {
        p = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_patterns_t));
        if (p == NULL) {
            return NGX_CONF_ERROR;
        }

        /*
         * set by ngx_pcalloc():
         *
         *     p->hosts = NULL;
         *     p->size = 0;
         *     p->count = 0;
         *     p->all = NULL;
         */

#if (NGX_PCRE)
        if (ngx_array_init(&p->regexes, cf->pool, 1,
                           sizeof(ngx_http_dynworker_regex_t))
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
#endif

        *patterns = p;
    }

    value = cf->args->elts;

    for (i = from; i < cf->args->nelts; i++) {
        if (ngx_http_dynworker_pattern_add(cf, p, &value[i], narrow)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_pattern_add(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *value,
    ngx_uint_t narrow)
{
    ngx_int_t                   rc;
    ngx_str_t                   pattern;
    ngx_http_dynworker_rule_t  *rule;

    rule = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_rule_t));
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    pattern = *value;

    if (ngx_strncasecmp(pattern.data, (u_char *) "https://", 8) == 0) {
        rule->https = 1;
        pattern.data += 8;
        pattern.len -= 8;

    } else if (ngx_strncasecmp(pattern.data, (u_char *) "http://", 7) == 0) {
        rule->http = 1;
        pattern.data += 7;
        pattern.len -= 7;

    } else {
        rule->http = 1;
        rule->https = 1;

        if (pattern.len && pattern.data[0] != '~'
            && ngx_strstr(pattern.data, "://"))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown scheme in pattern \"%V\", "
                               "it must be \"http://\" or \"https://\"", value);
            return NGX_CONF_ERROR;
        }
    }

    rc = ngx_http_dynworker_pattern_port(&pattern, rule);

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid port in pattern \"%V\", it must be "
                           "a number from 1 to 65535, or \"*\"", value);
        return NGX_CONF_ERROR;
    }

    if (rc == NGX_DECLINED) {
        rule->default_port = narrow;
    }

    if (pattern.len == 3
        && ngx_strncasecmp(pattern.data, (u_char *) "all", 3) == 0)
    {
        rule->next = patterns->all;
        patterns->all = rule;

        return NGX_CONF_OK;
    }

    if (pattern.len && pattern.data[0] == '~') {
        return ngx_http_dynworker_pattern_regex(cf, patterns, &pattern, value,
                                                rule);
    }

    return ngx_http_dynworker_pattern_host(cf, patterns, &pattern, value,
                                           rule);
}


/* Takes ":port" or ":*" off the pattern; NGX_DECLINED: there is none. */

static ngx_int_t
ngx_http_dynworker_pattern_port(ngx_str_t *pattern,
    ngx_http_dynworker_rule_t *rule)
{
    u_char     *p, *last;
    ngx_int_t   port;

    last = pattern->data + pattern->len;

    for (p = last; p > pattern->data; p--) {
        if ((p[-1] < '0' || p[-1] > '9') && p[-1] != '*') {
            break;
        }
    }

    if (p == pattern->data || p[-1] != ':') {
        return NGX_DECLINED;
    }

    pattern->len = p - 1 - pattern->data;

    if (last - p == 1 && *p == '*') {
        return NGX_OK;
    }

    port = ngx_atoi(p, last - p);

    if (port == NGX_ERROR || port < 1 || port > 65535) {
        return NGX_ERROR;
    }

    rule->port = (in_port_t) port;

    return NGX_OK;
}


static char *
ngx_http_dynworker_pattern_regex(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule)
{
#if (NGX_PCRE)
    u_char                       errstr[NGX_MAX_CONF_ERRSTR];
    ngx_regex_compile_t          rc;
    ngx_http_dynworker_regex_t  *regex;

    regex = ngx_array_push(&patterns->regexes);
    if (regex == NULL) {
        return NGX_CONF_ERROR;
    }

    regex->rule = rule;

    /* what may follow is the port, so it is copied to end with a NUL */

    regex->pattern.len = pattern->len - 1;
    regex->pattern.data = ngx_pcalloc(cf->pool, pattern->len);
    if (regex->pattern.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(regex->pattern.data, pattern->data + 1, pattern->len - 1);

    if (regex->pattern.len == 0
        || ngx_strstr(regex->pattern.data, "://"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\", a regex is matched "
                           "against the host alone, \"https://\" and a port "
                           "stand around it", value);
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = regex->pattern;
    rc.pool = cf->pool;
    rc.options = NGX_REGEX_CASELESS;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\": %V", value, &rc.err);
        return NGX_CONF_ERROR;
    }

    regex->regex = rc.regex;

    return NGX_CONF_OK;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "using regex \"%V\" requires PCRE library", value);
    return NGX_CONF_ERROR;

#endif
}


static char *
ngx_http_dynworker_pattern_host(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule)
{
    u_char                     *p;
    uint32_t                    hash;
    ngx_int_t                   rc;
    ngx_str_t                   host, name;
    ngx_uint_t                  i, wildcard;
    ngx_http_dynworker_host_t  *place;

    host.len = pattern->len;
    host.data = ngx_pnalloc(cf->pool, pattern->len);
    if (host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(host.data, pattern->data, pattern->len);

    for (i = 0; i < host.len; i++) {
        if (host.data[i] >= 0x80) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "pattern \"%V\" is not ASCII, international "
                               "names are written with \"xn--\"", value);
            return NGX_CONF_ERROR;
        }
    }

    wildcard = (host.len > 2 && host.data[0] == '*' && host.data[1] == '.');

    if (wildcard) {
        host.data += 2;
        host.len -= 2;
    }

    rc = ngx_http_dynworker_url_host(cf->pool, &host, &name);

    if (rc == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    /* nothing is below an address */

    if (rc == NGX_DECLINED
        || (wildcard && (host.data[0] == '['
                         || ngx_inet_addr(name.data, name.len)
                            != INADDR_NONE)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\", it must be a host name, "
                           "\"*.domain\", \"~regex\", an IPv4 address, "
                           "an IPv6 address in brackets, or \"all\"", value);
        return NGX_CONF_ERROR;
    }

    if (wildcard) {
        name.data--;
        name.len++;
    }

    if (2 * (patterns->count + 1) > patterns->size
        && ngx_http_dynworker_hosts_grow(cf, patterns) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    hash = NGX_HTTP_DYNWORKER_HASH;

    for (p = name.data + name.len; p > name.data; p--) {
        hash = ngx_http_dynworker_hash(hash, p[-1]);
    }

    place = ngx_http_dynworker_hosts_find(patterns, name.data, name.len, hash);

    if (place->rules == NULL) {
        place->name = name;
        place->hash = hash;
        patterns->count++;
    }

    rule->next = place->rules;
    place->rules = rule;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_dynworker_hosts_grow(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns)
{
    ngx_uint_t                  i, size;
    ngx_http_dynworker_host_t  *hosts, *place;

    hosts = patterns->hosts;
    size = patterns->size;

    patterns->size = size ? size * 2 : 8;
    patterns->hosts = ngx_pcalloc(cf->pool, patterns->size
                                         * sizeof(ngx_http_dynworker_host_t));
    if (patterns->hosts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < size; i++) {

        if (hosts[i].rules) {
            place = ngx_http_dynworker_hosts_find(patterns, hosts[i].name.data,
                                                  hosts[i].name.len,
                                                  hosts[i].hash);
            *place = hosts[i];
        }
    }

    if (hosts) {
        (void) ngx_pfree(cf->pool, hosts);
    }

    return NGX_OK;
}


/* The place of a name, which is free when the name is not there. */

static ngx_http_dynworker_host_t *
ngx_http_dynworker_hosts_find(ngx_http_dynworker_patterns_t *patterns,
    u_char *name, size_t len, uint32_t hash)
{
    ngx_uint_t                  i;
    ngx_http_dynworker_host_t  *place;

    for (i = hash ^ (hash >> 16); /* void */ ; i++) {

        place = &patterns->hosts[i & (patterns->size - 1)];

        if (place->rules == NULL
            || (place->hash == hash && place->name.len == len
                && ngx_memcmp(place->name.data, name, len) == 0))
        {
            return place;
        }
    }
}


ngx_int_t
ngx_http_dynworker_patterns_match(ngx_http_dynworker_patterns_t *patterns,
    ngx_http_dynworker_url_t *url)
{
    u_char                      *p, *last;
    uint32_t                     hash;
    ngx_http_dynworker_host_t   *place;
#if (NGX_PCRE)
    ngx_int_t                    n;
    ngx_uint_t                   i;
    ngx_http_dynworker_regex_t  *regex;
#endif

    if (ngx_http_dynworker_rules_match(patterns->all, url) == NGX_OK) {
        return NGX_OK;
    }

    hash = NGX_HTTP_DYNWORKER_HASH;
    last = url->name.data + url->name.len;

    /* each ".suffix" of the name, then the name itself */

    for (p = last; p > url->name.data && patterns->count; /* void */ ) {

        p--;
        hash = ngx_http_dynworker_hash(hash, *p);

        if (*p != '.' && p != url->name.data) {
            continue;
        }

        place = ngx_http_dynworker_hosts_find(patterns, p, last - p, hash);

        if (ngx_http_dynworker_rules_match(place->rules, url) == NGX_OK) {
            return NGX_OK;
        }
    }

#if (NGX_PCRE)

    regex = patterns->regexes.elts;

    for (i = 0; i < patterns->regexes.nelts; i++) {

        if (ngx_http_dynworker_rules_match(regex[i].rule, url) != NGX_OK) {
            continue;
        }

        n = ngx_regex_exec(regex[i].regex, &url->name, NULL, 0);

        if (n == NGX_REGEX_NO_MATCHED) {
            continue;
        }

        if (n < 0) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          ngx_regex_exec_n " failed: %i on \"%V\" using \"%V\"",
                          n, &url->name, &regex[i].pattern);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

#endif

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_dynworker_rules_match(ngx_http_dynworker_rule_t *rule,
    ngx_http_dynworker_url_t *url)
{
    in_port_t  port;

    for ( /* void */ ; rule; rule = rule->next) {

        if (url->https ? !rule->https : !rule->http) {
            continue;
        }

        port = rule->port;

        if (rule->default_port) {
            port = url->https ? 443 : 80;
        }

        if (port == 0 || port == url->port) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
