
/*
 * Names in env, ctx.props and request.cf.  The arrays of them have elements
 * that begin with their name.  They add up: a level has those of the outer
 * level and its own, and its own win over others of the same name.
 */

#include "ngx_http_dynworker.h"


static ngx_int_t ngx_http_dynworker_check_name(ngx_conf_t *cf,
    ngx_str_t *name, const char *where);
static ngx_uint_t ngx_http_dynworker_has_name(ngx_array_t *array,
    ngx_uint_t n, ngx_str_t *name);


void *
ngx_http_dynworker_add_name(ngx_conf_t *cf, ngx_array_t **array, size_t size,
    const char *where)
{
    void       *element;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_http_dynworker_check_name(cf, &value[1], where) != NGX_OK) {
        return NULL;
    }

    if (*array == NGX_CONF_UNSET_PTR) {
        *array = ngx_array_create(cf->pool, 4, size);
        if (*array == NULL) {
            return NULL;
        }
    }

    if (ngx_http_dynworker_has_name(*array, (*array)->nelts, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate name \"%V\" in %s", &value[1], where);
        return NULL;
    }

    element = ngx_array_push(*array);
    if (element == NULL) {
        return NULL;
    }

    ngx_memzero(element, size);

    *(ngx_str_t *) element = value[1];

    return element;
}


static ngx_int_t
ngx_http_dynworker_check_name(ngx_conf_t *cf, ngx_str_t *name,
    const char *where)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9' && i > 0) || c == '_' || c == '$')
        {
            continue;
        }

        break;
    }

    if (name->len == 0 || i < name->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in %s, it must be "
                           "a JavaScript identifier", name, where);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_http_dynworker_merge_names(ngx_array_t **conf, ngx_array_t *prev)
{
    void        *element;
    u_char      *outer;
    ngx_uint_t   i, n;

    if (*conf == NGX_CONF_UNSET_PTR
        || prev == NGX_CONF_UNSET_PTR
        || prev == NULL)
    {
        ngx_conf_merge_ptr_value(*conf, prev, NULL);
        return NGX_CONF_OK;
    }

    n = (*conf)->nelts;
    outer = prev->elts;

    for (i = 0; i < prev->nelts; i++, outer += prev->size) {

        if (ngx_http_dynworker_has_name(*conf, n, (ngx_str_t *) outer)) {
            continue;
        }

        element = ngx_array_push(*conf);
        if (element == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(element, outer, prev->size);
    }

    return NGX_CONF_OK;
}


/* Among the first "n"? */

static ngx_uint_t
ngx_http_dynworker_has_name(ngx_array_t *array, ngx_uint_t n, ngx_str_t *name)
{
    u_char      *p;
    ngx_str_t   *other;
    ngx_uint_t   i;

    p = array->elts;

    for (i = 0; i < n; i++, p += array->size) {
        other = (ngx_str_t *) p;

        if (other->len == name->len
            && ngx_strncmp(other->data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
