
/*
 * Host patterns of egress policies: exact names and what is below a name in
 * one tree, regular expressions in a list.
 *
 * A pattern without scheme and port is the narrow one where it opens ("allow":
 * http on port 80, https on port 443), and the wide one elsewhere ("deny",
 * "set_header": any scheme, any port).
 */

#include "ngx_http_dynworker.h"


typedef struct ngx_http_dynworker_rule_s  ngx_http_dynworker_rule_t;

/* What of a pattern is not its host. */
struct ngx_http_dynworker_rule_s {
    ngx_http_dynworker_rule_t      *next;
    in_port_t                       port;       /* 0: any */
    unsigned                        http:1;
    unsigned                        https:1;
    unsigned                        default_port:1;
};


typedef struct {
    ngx_str_node_t                  sn;
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
    /* "example.com", and ".example.com" for what is below it */
    ngx_rbtree_t                    hosts;
    ngx_rbtree_node_t               sentinel;
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
    ngx_http_dynworker_rule_t *rule);
static char *ngx_http_dynworker_pattern_host(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule);
static ngx_int_t ngx_http_dynworker_host_match(
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *host,
    ngx_http_dynworker_url_t *url);
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

        ngx_rbtree_init(&p->hosts, &p->sentinel, ngx_str_rbtree_insert_value);

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
                           "invalid port in pattern \"%V\"", value);
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
        return ngx_http_dynworker_pattern_regex(cf, patterns, &pattern, rule);
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
    ngx_http_dynworker_rule_t *rule)
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

    if (regex->pattern.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty regex in pattern");
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = regex->pattern;
    rc.pool = cf->pool;
    rc.options = NGX_REGEX_CASELESS;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V", &rc.err);
        return NGX_CONF_ERROR;
    }

    regex->regex = rc.regex;

    return NGX_CONF_OK;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "using regex \"%V\" requires PCRE library", pattern);
    return NGX_CONF_ERROR;

#endif
}


static char *
ngx_http_dynworker_pattern_host(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t *patterns, ngx_str_t *pattern,
    ngx_str_t *value, ngx_http_dynworker_rule_t *rule)
{
    uint32_t                    hash;
    ngx_int_t                   rc;
    ngx_str_t                   host, name;
    ngx_uint_t                  i, wildcard;
    ngx_http_dynworker_host_t  *node;

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

    hash = ngx_crc32_short(name.data, name.len);

    node = (ngx_http_dynworker_host_t *)
               ngx_str_rbtree_lookup(&patterns->hosts, &name, hash);

    if (node == NULL) {
        node = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_host_t));
        if (node == NULL) {
            return NGX_CONF_ERROR;
        }

        node->sn.node.key = hash;
        node->sn.str = name;

        ngx_rbtree_insert(&patterns->hosts, &node->sn.node);
    }

    rule->next = node->rules;
    node->rules = rule;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_dynworker_patterns_match(ngx_http_dynworker_patterns_t *patterns,
    ngx_http_dynworker_url_t *url)
{
    ngx_str_t                    host;
#if (NGX_PCRE)
    ngx_int_t                    n;
    ngx_uint_t                   i;
    ngx_http_dynworker_regex_t  *regex;
#endif

    if (ngx_http_dynworker_rules_match(patterns->all, url) == NGX_OK) {
        return NGX_OK;
    }

    if (ngx_http_dynworker_host_match(patterns, &url->name, url) == NGX_OK) {
        return NGX_OK;
    }

    for (host = url->name; host.len; host.data++, host.len--) {

        if (host.data[0] == '.'
            && ngx_http_dynworker_host_match(patterns, &host, url) == NGX_OK)
        {
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
ngx_http_dynworker_host_match(ngx_http_dynworker_patterns_t *patterns,
    ngx_str_t *host, ngx_http_dynworker_url_t *url)
{
    uint32_t                    hash;
    ngx_http_dynworker_host_t  *node;

    hash = ngx_crc32_short(host->data, host->len);

    node = (ngx_http_dynworker_host_t *)
               ngx_str_rbtree_lookup(&patterns->hosts, host, hash);

    if (node == NULL) {
        return NGX_DECLINED;
    }

    return ngx_http_dynworker_rules_match(node->rules, url);
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
