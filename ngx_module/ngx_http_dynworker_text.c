
/*
 * Texts and header lists that came from an engine: nothing of them reaches a
 * log, a client or an upstream unchecked.
 */

#include "ngx_http_dynworker.h"


#define NGX_HTTP_DYNWORKER_TEXT_MAX  1600


void
ngx_http_dynworker_text(ngx_str_t *text)
{
    u_char         c, *p, *last;
    size_t         i;
    static u_char  buf[NGX_HTTP_DYNWORKER_TEXT_MAX];

    p = buf;
    last = buf + sizeof(buf) - sizeof("\\x00...") + 1;

    for (i = 0; i < text->len; i++) {

        if (p >= last) {
            p = ngx_cpymem(p, "...", 3);
            break;
        }

        c = text->data[i];

        if (c == '\n') {
            *p++ = '\\';
            *p++ = 'n';

        } else if (c < 0x20 || c == 0x7f) {
            p = ngx_sprintf(p, "\\x%02xd", (int) c);

        } else {
            *p++ = c;
        }
    }

    text->data = buf;
    text->len = p - buf;
}


ngx_int_t
ngx_http_dynworker_next_string(ngx_str_t *list, ngx_str_t *string)
{
    dw_wire_err_t   err;
    dw_wire_span_t  in, out;

    in.data = list->data;
    in.size = list->len;

    err = dw_wire_next_string(&in, &out);

    if (err != DW_WIRE_OK) {
        return err == DW_WIRE_SHORT ? NGX_DONE : NGX_ERROR;
    }

    list->data = (u_char *) in.data;
    list->len = in.size;

    string->data = (u_char *) out.data;
    string->len = out.size;

    return NGX_OK;
}


ngx_table_elt_t *
ngx_http_dynworker_next_header(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*i >= (*part)->nelts) {

        if ((*part)->next == NULL) {
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }

    h = (*part)->elts;

    return &h[(*i)++];
}


size_t
ngx_http_dynworker_headers_length(ngx_list_t *headers)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &headers->part;
    i = 0;
    len = 0;

    while ((h = ngx_http_dynworker_next_header(&part, &i)) != NULL) {
        len += h->key.len + 1 + h->value.len + 1;
    }

    return len;
}


u_char *
ngx_http_dynworker_put_header(u_char *p, ngx_table_elt_t *h)
{
    if (h->hash == 0
        || !ngx_http_dynworker_is_value(&h->value)
        || !ngx_http_dynworker_is_token(&h->key))
    {
        return p;
    }

    p = ngx_cpymem(p, h->key.data, h->key.len);
    *p++ = '\0';

    p = ngx_cpymem(p, h->value.data, h->value.len);
    *p++ = '\0';

    return p;
}


ngx_int_t
ngx_http_dynworker_check_headers(ngx_str_t *strings)
{
    dw_wire_span_t  list;

    list.data = strings->data;
    list.size = strings->len;

    return dw_wire_check_fields(list) == DW_WIRE_OK ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
ngx_http_dynworker_is_token(ngx_str_t *s)
{
    dw_wire_span_t  string;

    string.data = s->data;
    string.size = s->len;

    return dw_wire_is_token(string);
}


ngx_uint_t
ngx_http_dynworker_is_value(ngx_str_t *s)
{
    dw_wire_span_t  string;

    string.data = s->data;
    string.size = s->len;

    return dw_wire_is_value(string);
}


ngx_uint_t
ngx_http_dynworker_is_hop_header(ngx_str_t *name)
{
    ngx_uint_t  i;

    static ngx_str_t  names[] = {
        ngx_string("Connection"),
        ngx_string("Keep-Alive"),
        ngx_string("Proxy-Connection"),
        ngx_string("TE"),
        ngx_string("Trailer"),
        ngx_string("Transfer-Encoding"),
        ngx_string("Upgrade"),
        ngx_null_string
    };

    for (i = 0; names[i].len; i++) {

        if (ngx_http_dynworker_same_header(name, &names[i])) {
            return 1;
        }
    }

    return 0;
}


/*
 * Many servers make one variable of "X-Key" and "X_Key", so that the one is
 * as good as the other.
 */
ngx_uint_t
ngx_http_dynworker_same_header(ngx_str_t *one, ngx_str_t *other)
{
    u_char  a, b;
    size_t  i;

    if (one->len != other->len) {
        return 0;
    }

    for (i = 0; i < one->len; i++) {
        a = ngx_tolower(one->data[i]);
        b = ngx_tolower(other->data[i]);

        if (a != b && !((a == '-' || a == '_') && (b == '-' || b == '_'))) {
            return 0;
        }
    }

    return 1;
}
