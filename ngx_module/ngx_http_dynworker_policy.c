
/*
 * Egress policies, "dynworker_outbound" blocks: which hosts and methods go
 * out, and which headers nginx adds and removes on the way.
 */

#include "ngx_http_dynworker.h"


typedef struct {
    ngx_str_t                       name;
    ngx_str_t                       lowcase;
    ngx_uint_t                      hash;
    ngx_http_complex_value_t        value;
    ngx_http_dynworker_patterns_t  *patterns;   /* NULL: all */
} ngx_http_dynworker_set_header_t;


/* The value of a set_header for a client that has gone. */
typedef struct {
    ngx_http_complex_value_t       *of;
    ngx_str_t                       value;
} ngx_http_dynworker_kept_value_t;


static ngx_int_t ngx_http_dynworker_policy_keep(
    ngx_http_dynworker_policy_t *policy, ngx_http_request_t *r,
    ngx_http_dynworker_kept_t *kept);
static ngx_int_t ngx_http_dynworker_header_evaluate(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_http_dynworker_kept_t *kept,
    ngx_str_t *value);
static ngx_int_t ngx_http_dynworker_headers_remove(ngx_list_t *headers,
    ngx_str_t *names, ngx_uint_t n);
static ngx_int_t ngx_http_dynworker_headers_set(
    ngx_http_dynworker_policy_t *policy, ngx_http_request_t *r,
    ngx_http_dynworker_set_header_t *header, ngx_http_dynworker_kept_t *kept,
    ngx_list_t *headers);
static char *ngx_http_dynworker_outbound(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_dynworker_outbound_allow(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_outbound_deny(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_outbound_methods(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_outbound_set_header(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_outbound_strip_header(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_outbound_pass(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_header_name(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *lowcase);


static ngx_command_t  ngx_http_dynworker_outbound_commands[] = {

    { ngx_string("allow"),
      NGX_CONF_1MORE,
      ngx_http_dynworker_outbound_allow,
      0,
      0,
      NULL },

    { ngx_string("deny"),
      NGX_CONF_1MORE,
      ngx_http_dynworker_outbound_deny,
      0,
      0,
      NULL },

    { ngx_string("methods"),
      NGX_CONF_1MORE,
      ngx_http_dynworker_outbound_methods,
      0,
      0,
      NULL },

    { ngx_string("set_header"),
      NGX_CONF_2MORE,
      ngx_http_dynworker_outbound_set_header,
      0,
      0,
      NULL },

    { ngx_string("strip_header"),
      NGX_CONF_1MORE,
      ngx_http_dynworker_outbound_strip_header,
      0,
      0,
      NULL },

    { ngx_string("private_addresses"),
      NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_dynworker_policy_t, private_addresses),
      NULL },

    { ngx_string("log"),
      NGX_CONF_TAKE12,
      ngx_http_dynworker_outbound_log,
      0,
      0,
      NULL },

    { ngx_string("pass"),
      NGX_CONF_TAKE1,
      ngx_http_dynworker_outbound_pass,
      0,
      0,
      NULL },

    { ngx_string("include"),
      NGX_CONF_TAKE1,
      ngx_conf_include,
      0,
      0,
      NULL },

      ngx_null_command
};


/* Headers that nginx makes of the request itself. */

static ngx_str_t  ngx_http_dynworker_own_headers[] = {
    ngx_string("connection"),
    ngx_string("content-length"),
    ngx_string("expect"),
    ngx_string("host"),
    ngx_string("keep-alive"),
    ngx_string("te"),
    ngx_string("trailer"),
    ngx_string("transfer-encoding"),
    ngx_string("upgrade"),
    ngx_null_string
};


char *
ngx_http_dynworker_outbound_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char                         *rv;
    ngx_str_t                    *value;
    ngx_conf_t                    save;
    ngx_http_dynworker_policy_t  *policy;

    value = cf->args->elts;

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "off") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid policy name \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    policy = ngx_http_dynworker_policy_add(cf, &value[1]);
    if (policy == NULL) {
        return NGX_CONF_ERROR;
    }

    if (policy->defined) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate policy \"%V\", "
                           "the other one is in %s:%ui",
                           &value[1], policy->place.file, policy->place.line);
        return NGX_CONF_ERROR;
    }

    policy->defined = 1;
    policy->place.file = cf->conf_file->file.name.data;
    policy->place.line = cf->conf_file->line;

    save = *cf;
    cf->handler = ngx_http_dynworker_outbound;
    cf->handler_conf = (void *) policy;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (policy->pass.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"pass\" in policy \"%V\"", &policy->name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_value(policy->private_addresses, 0);

    return NGX_CONF_OK;
}


ngx_http_dynworker_policy_t *
ngx_http_dynworker_policy_add(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                        i;
    ngx_http_dynworker_policy_t      *policy, **policies;
    ngx_http_dynworker_main_conf_t   *dmcf;

    dmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_dynworker_module);

    policies = dmcf->policies.elts;

    for (i = 0; i < dmcf->policies.nelts; i++) {
        if (policies[i]->name.len == name->len
            && ngx_strncmp(policies[i]->name.data, name->data, name->len) == 0)
        {
            return policies[i];
        }
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_policy_t));
    if (policy == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     policy->pass = { 0, NULL };
     *     policy->allow = NULL;
     *     policy->deny = NULL;
     *     policy->methods = NULL;
     *     policy->set_headers = NULL;
     *     policy->strip_headers = NULL;
     *     policy->log = NULL;
     *     policy->defined = 0;
     */

    policy->name = *name;
    policy->private_addresses = NGX_CONF_UNSET;
    policy->place.file = cf->conf_file->file.name.data;
    policy->place.line = cf->conf_file->line;

    policies = ngx_array_push(&dmcf->policies);
    if (policies == NULL) {
        return NULL;
    }

    *policies = policy;

    return policy;
}


ngx_int_t
ngx_http_dynworker_policies_check(ngx_conf_t *cf,
    ngx_http_dynworker_main_conf_t *dmcf)
{
    ngx_uint_t                     i;
    ngx_http_dynworker_policy_t  **policies;

    policies = dmcf->policies.elts;

    for (i = 0; i < dmcf->policies.nelts; i++) {

        if (!policies[i]->defined) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown policy \"%V\" in %s:%ui",
                          &policies[i]->name, policies[i]->place.file,
                          policies[i]->place.line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_dynworker_policy_check(ngx_http_dynworker_policy_t *policy,
    ngx_str_t *method, ngx_http_dynworker_url_t *url)
{
    ngx_str_t   *methods;
    ngx_uint_t   i;

    if (policy->methods) {
        methods = policy->methods->elts;

        for (i = 0; i < policy->methods->nelts; i++) {
            if (methods[i].len == method->len
                && ngx_strncmp(methods[i].data, method->data, method->len)
                   == 0)
            {
                goto found;
            }
        }

        return NGX_ABORT;
    }

found:

    /* a regex that failed to run: neither allows nor lets pass by */

    if (policy->deny
        && ngx_http_dynworker_patterns_match(policy->deny, url)
           != NGX_DECLINED)
    {
        return NGX_DECLINED;
    }

    if (policy->allow
        && ngx_http_dynworker_patterns_match(policy->allow, url) == NGX_OK)
    {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_dynworker_policy_headers(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_kept_t *kept,
    ngx_http_dynworker_url_t *url, ngx_list_t *headers)
{
    ngx_uint_t                        i;
    ngx_http_dynworker_set_header_t  *header;

    if (policy->strip_headers) {
        if (ngx_http_dynworker_headers_remove(headers,
                                              policy->strip_headers->elts,
                                              policy->strip_headers->nelts)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (policy->set_headers == NULL) {
        return NGX_OK;
    }

    header = policy->set_headers->elts;

    for (i = 0; i < policy->set_headers->nelts; i++) {

        if (header[i].patterns
            && ngx_http_dynworker_patterns_match(header[i].patterns, url)
               != NGX_OK)
        {
            continue;
        }

        if (ngx_http_dynworker_headers_remove(headers, &header[i].lowcase, 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_http_dynworker_headers_set(policy, r, &header[i], kept,
                                           headers)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_http_dynworker_kept_t *
ngx_http_dynworker_policies_keep(ngx_http_request_t *r, ngx_array_t *fields,
    ngx_str_t *props)
{
    ngx_uint_t                       i;
    ngx_pool_t                      *pool;
    ngx_http_variable_value_t       *v;
    ngx_http_dynworker_kept_t       *kept;
    ngx_http_dynworker_policy_t    **policies;
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_get_module_main_conf(r, ngx_http_dynworker_module);

    if (dmcf->policies.nelts == 0 && props->len == 0) {
        return NULL;
    }

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    kept = ngx_pcalloc(pool, sizeof(ngx_http_dynworker_kept_t));

    if (kept == NULL
        || ngx_array_init(&kept->values, pool, 4,
                          sizeof(ngx_http_dynworker_kept_value_t))
           != NGX_OK)
    {
        goto failed;
    }

    kept->pool = pool;
    kept->refs = 1;

    policies = dmcf->policies.elts;

    for (i = 0; i < dmcf->policies.nelts; i++) {

        if (ngx_http_dynworker_policy_keep(policies[i], r, kept) != NGX_OK) {
            goto failed;
        }
    }

    v = ngx_http_get_indexed_variable(r, dmcf->request_id);

    if (v && !v->not_found) {
        kept->request_id.data = ngx_pnalloc(pool, v->len);
        if (kept->request_id.data == NULL) {
            goto failed;
        }

        kept->request_id.len = v->len;
        ngx_memcpy(kept->request_id.data, v->data, v->len);
    }

    if (props->len) {
        kept->props.data = ngx_pstrdup(pool, props);
        if (kept->props.data == NULL) {
            goto failed;
        }

        kept->props.len = props->len;
        kept->fields = fields;
    }

    return kept;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


static ngx_int_t
ngx_http_dynworker_policy_keep(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_kept_t *kept)
{
    ngx_str_t                         value;
    ngx_uint_t                        i;
    ngx_http_dynworker_set_header_t  *header;
    ngx_http_dynworker_kept_value_t  *v;

    if (policy->set_headers == NULL) {
        return NGX_OK;
    }

    header = policy->set_headers->elts;

    for (i = 0; i < policy->set_headers->nelts; i++) {

        if (header[i].value.lengths == NULL) {
            continue;
        }

        if (ngx_http_complex_value(r, &header[i].value, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        v = ngx_array_push(&kept->values);
        if (v == NULL) {
            return NGX_ERROR;
        }

        v->of = &header[i].value;
        v->value.len = value.len;
        v->value.data = ngx_pstrdup(kept->pool, &value);
        if (v->value.data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_dynworker_kept_release(ngx_http_dynworker_kept_t *kept)
{
    if (--kept->refs == 0) {
        ngx_destroy_pool(kept->pool);
    }
}


/* As it was when the client's request left, if it has. */

static ngx_int_t
ngx_http_dynworker_header_evaluate(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_http_dynworker_kept_t *kept,
    ngx_str_t *value)
{
    ngx_uint_t                        i;
    ngx_http_dynworker_kept_value_t  *v;

    if (kept && cv->lengths) {
        v = kept->values.elts;

        for (i = 0; i < kept->values.nelts; i++) {
            if (v[i].of == cv) {
                *value = v[i].value;
                return NGX_OK;
            }
        }
    }

    return ngx_http_complex_value(r, cv, value);
}


/*
 * The list is made anew: its readers skip neither an empty part nor an element
 * that is marked as removed.
 */

static ngx_int_t
ngx_http_dynworker_headers_remove(ngx_list_t *headers, ngx_str_t *names,
    ngx_uint_t n)
{
    ngx_uint_t        i, j;
    ngx_list_part_t   first, *part;
    ngx_table_elt_t  *header, *h;

    first = headers->part;

    if (ngx_list_init(headers, headers->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &first;
    i = 0;

    while ((header = ngx_http_dynworker_next_header(&part, &i)) != NULL) {

        for (j = 0; j < n; j++) {
            if (ngx_http_dynworker_same_header(&header->key, &names[j])) {
                break;
            }
        }

        if (j < n) {
            continue;
        }

        h = ngx_list_push(headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = *header;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_headers_set(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_set_header_t *header,
    ngx_http_dynworker_kept_t *kept, ngx_list_t *headers)
{
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    if (ngx_http_dynworker_header_evaluate(r, &header->value, kept, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* as in proxy_set_header, an empty value means no header at all */

    if (value.len == 0) {
        return NGX_OK;
    }

    if (!ngx_http_dynworker_is_value(&value)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "value of header \"%V\" in policy \"%V\" "
                      "has a control character",
                      &header->name, &policy->name);
        return NGX_ERROR;
    }

    h = ngx_list_push(headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = header->hash;
    h->key = header->name;
    h->lowcase_key = header->lowcase.data;

    /* the list may outlive the request */

    h->value.len = value.len;
    h->value.data = ngx_pstrdup(headers->pool, &value);
    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static char *
ngx_http_dynworker_outbound(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    char           *rv;
    ngx_str_t      *value;
    ngx_uint_t      valid;
    ngx_command_t  *cmd;

    value = cf->args->elts;

    for (cmd = ngx_http_dynworker_outbound_commands; cmd->name.len; cmd++) {
        if (cmd->name.len == value[0].len
            && ngx_strcmp(cmd->name.data, value[0].data) == 0)
        {
            goto found;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" in policy", &value[0]);
    return NGX_CONF_ERROR;

found:

    if (cmd->type & NGX_CONF_1MORE) {
        valid = (cf->args->nelts >= 2);

    } else if (cmd->type & NGX_CONF_2MORE) {
        valid = (cf->args->nelts >= 3);

    } else if (cmd->type & NGX_CONF_TAKE2) { /* NGX_CONF_TAKE12 */
        valid = (cf->args->nelts == 2 || cf->args->nelts == 3);

    } else { /* NGX_CONF_FLAG, NGX_CONF_TAKE1 */
        valid = (cf->args->nelts == 2);
    }

    if (!valid) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, conf);

    if (rv == NGX_CONF_OK || rv == NGX_CONF_ERROR) {
        return rv;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" directive %s", &value[0], rv);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_dynworker_outbound_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    return ngx_http_dynworker_patterns_add(cf, &policy->allow, 1, 1);
}


static char *
ngx_http_dynworker_outbound_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    return ngx_http_dynworker_patterns_add(cf, &policy->deny, 1, 0);
}


static char *
ngx_http_dynworker_outbound_methods(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    u_char       c;
    ngx_str_t   *value, *method;
    ngx_uint_t   i, j;

    if (policy->methods) {
        return "is duplicate";
    }

    value = cf->args->elts;

    policy->methods = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                       sizeof(ngx_str_t));
    if (policy->methods == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        for (j = 0; j < value[i].len; j++) {
            c = value[i].data[j];

            if ((c < 'A' || c > 'Z') && c != '_' && c != '-') {
                break;
            }
        }

        if (value[i].len == 0 || j < value[i].len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid method \"%V\", it must be "
                               "in upper case letters", &value[i]);
            return NGX_CONF_ERROR;
        }

        method = ngx_array_push(policy->methods);
        if (method == NULL) {
            return NGX_CONF_ERROR;
        }

        *method = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_outbound_set_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    ngx_str_t                         *value, lowcase;
    ngx_uint_t                         i;
    ngx_http_dynworker_set_header_t   *header;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (ngx_http_dynworker_header_name(cf, &value[1], &lowcase)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (policy->set_headers == NULL) {
        policy->set_headers = ngx_array_create(cf->pool, 4,
                                     sizeof(ngx_http_dynworker_set_header_t));
        if (policy->set_headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    header = policy->set_headers->elts;

    for (i = 0; i < policy->set_headers->nelts; i++) {

        if (cf->args->nelts == 3
            && header[i].patterns == NULL
            && header[i].lowcase.len == lowcase.len
            && ngx_strncmp(header[i].lowcase.data, lowcase.data, lowcase.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate header \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    header = ngx_array_push(policy->set_headers);
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(header, sizeof(ngx_http_dynworker_set_header_t));

    header->name = value[1];
    header->lowcase = lowcase;
    header->hash = ngx_hash_key(lowcase.data, lowcase.len);

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &header->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* what variables bring is checked when it is there */

    if (!ngx_http_dynworker_is_value(&value[2])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "value of header \"%V\" in policy \"%V\" "
                           "has a control character",
                           &value[1], &policy->name);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {
        return NGX_CONF_OK;
    }

    return ngx_http_dynworker_patterns_add(cf, &header->patterns, 3, 0);
}


static char *
ngx_http_dynworker_outbound_strip_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (policy->strip_headers == NULL) {
        policy->strip_headers = ngx_array_create(cf->pool, 4,
                                                 sizeof(ngx_str_t));
        if (policy->strip_headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        name = ngx_array_push(policy->strip_headers);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        if (ngx_http_dynworker_header_name(cf, &value[i], name)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_outbound_pass(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    ngx_str_t  *value;

    if (policy->pass.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/'
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '?')
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be the URI of a location, starting with \"/\" and "
                           "without arguments or variables",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    policy->pass = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_header_name(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *lowcase)
{
    u_char       c;
    ngx_str_t   *own;
    ngx_uint_t   i;

    lowcase->len = name->len;
    lowcase->data = ngx_pnalloc(cf->pool, name->len);
    if (lowcase->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(lowcase->data, name->data, name->len);

    for (i = 0; i < lowcase->len; i++) {
        c = lowcase->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
            || (c && ngx_strchr("!#$%&'*+-.^_`|~", c)))
        {
            continue;
        }

        break;
    }

    /* a "*" is a letter as any other, but meant as a pattern */

    if (lowcase->len == 0 || i < lowcase->len
        || ngx_strlchr(lowcase->data, lowcase->data + lowcase->len, '*'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid header name \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    for (own = ngx_http_dynworker_own_headers; own->len; own++) {
        if (ngx_http_dynworker_same_header(own, lowcase)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "header \"%V\" is made by nginx itself",
                               name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
