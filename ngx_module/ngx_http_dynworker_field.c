
/*
 * What a location says of each request to its worker: "dynworker_prop" in
 * ctx.props, "dynworker_cf" in request.cf.
 */

#include "ngx_http_dynworker.h"


static char *ngx_http_dynworker_add_field(ngx_conf_t *cf,
    ngx_array_t **fields, const char *where);
static ngx_uint_t ngx_http_dynworker_json_escapes(u_char c);
static size_t ngx_http_dynworker_json_length(ngx_str_t *text);
static u_char *ngx_http_dynworker_json_string(u_char *p, ngx_str_t *text);


char *
ngx_http_dynworker_set_prop(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    return ngx_http_dynworker_add_field(cf, &dlcf->props, "ctx.props");
}


char *
ngx_http_dynworker_set_cf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_str_t  own[] = {
        ngx_string("httpProtocol"),
        ngx_string("tlsVersion"),
        ngx_string("tlsCipher")
    };

    value = cf->args->elts;

    for (i = 0; i < sizeof(own) / sizeof(ngx_str_t); i++) {

        if (value[1].len == own[i].len
            && ngx_strncmp(value[1].data, own[i].data, own[i].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in request.cf is set by nginx itself",
                               &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_dynworker_add_field(cf, &dlcf->cf, "request.cf");
}


static char *
ngx_http_dynworker_add_field(ngx_conf_t *cf, ngx_array_t **fields,
    const char *where)
{
    ngx_str_t                         *value;
    ngx_http_dynworker_field_t        *field;
    ngx_http_compile_complex_value_t   ccv;

    field = ngx_http_dynworker_add_name(cf, fields,
                                        sizeof(ngx_http_dynworker_field_t),
                                        where);
    if (field == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &field->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_dynworker_fields_json(ngx_http_request_t *r, ngx_array_t *fields,
    ngx_keyval_t *own, ngx_uint_t n, ngx_str_t *json)
{
    u_char                      *p;
    size_t                       len;
    ngx_uint_t                   i, nfields;
    ngx_keyval_t                *pairs;
    ngx_http_dynworker_field_t  *field;

    nfields = fields ? fields->nelts : 0;
    pairs = own;

    if (nfields) {
        pairs = ngx_palloc(r->pool, (n + nfields) * sizeof(ngx_keyval_t));
        if (pairs == NULL) {
            return NGX_ERROR;
        }

        for (i = 0; i < n; i++) {
            pairs[i] = own[i];
        }

        field = fields->elts;

        for (i = 0; i < nfields; i++) {
            pairs[n].key = field[i].name;

            if (ngx_http_complex_value(r, &field[i].value, &pairs[n].value)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            n++;
        }
    }

    len = sizeof("{}") - 1;

    for (i = 0; i < n; i++) {
        len += ngx_http_dynworker_json_length(&pairs[i].key)
               + ngx_http_dynworker_json_length(&pairs[i].value)
               + sizeof(":,") - 1;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;

    *p++ = '{';

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = ',';
        }

        p = ngx_http_dynworker_json_string(p, &pairs[i].key);
        *p++ = ':';
        p = ngx_http_dynworker_json_string(p, &pairs[i].value);
    }

    *p++ = '}';

    json->len = p - json->data;

    return NGX_OK;
}


/* What a JSON string, or a field of the wire, cannot hold as it is. */
static ngx_uint_t
ngx_http_dynworker_json_escapes(u_char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}


static size_t
ngx_http_dynworker_json_length(ngx_str_t *text)
{
    size_t  i, len;

    len = sizeof("''") - 1 + text->len;

    for (i = 0; i < text->len; i++) {
        if (ngx_http_dynworker_json_escapes(text->data[i])) {
            len += sizeof("\\u0000") - 1 - 1;
        }
    }

    return len;
}


/* Bytes that are no UTF-8 become U+FFFD when the worker decodes them. */
static u_char *
ngx_http_dynworker_json_string(u_char *p, ngx_str_t *text)
{
    u_char  c;
    size_t  i;

    *p++ = '"';

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (ngx_http_dynworker_json_escapes(c)) {
            p = ngx_sprintf(p, "\\u%04xd", (int) c);

        } else {
            *p++ = c;
        }
    }

    *p++ = '"';

    return p;
}
