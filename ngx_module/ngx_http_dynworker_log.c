
/*
 * "log" of egress policies: a line for each outbound attempt, written when it
 * is over, whatever became of it.
 *
 * A format is a text with variables, as in "log_format"; what variables bring
 * is escaped as there, since most of it comes from a worker.
 */

#include "ngx_http_dynworker.h"


#define NGX_HTTP_DYNWORKER_LOG_FIELDS                                         \
    "$time_iso8601 \"$dynworker_outbound_worker\" $dynworker_outbound_root "  \
    "$dynworker_outbound_method "

#define NGX_HTTP_DYNWORKER_LOG_RESULT                                         \
    " $dynworker_outbound_decision $dynworker_outbound_status "               \
    "$dynworker_outbound_bytes $dynworker_outbound_time"


/* A text, or with an index, a variable. */
typedef struct {
    ngx_str_t            text;
    ngx_int_t            index;         /* NGX_ERROR: none */
} ngx_http_dynworker_log_part_t;


struct ngx_http_dynworker_log_s {
    ngx_open_file_t     *file;          /* NULL: off */
    ngx_array_t          parts;
    time_t               error_time;
};


static ngx_int_t ngx_http_dynworker_log_compile(ngx_conf_t *cf,
    ngx_http_dynworker_log_t *log, ngx_str_t *format);
static ngx_int_t ngx_http_dynworker_log_variable(ngx_conf_t *cf,
    ngx_str_t *name, u_char **pos, u_char *last);
static size_t ngx_http_dynworker_log_escape(u_char *dst, u_char *src,
    size_t size);
static void ngx_http_dynworker_log_write(ngx_http_dynworker_log_t *log,
    u_char *line, size_t len, ngx_log_t *error_log);


static const struct {
    ngx_str_t            name;
    ngx_str_t            format;
} ngx_http_dynworker_log_formats[] = {

    { ngx_string("plain"),
      ngx_string(NGX_HTTP_DYNWORKER_LOG_FIELDS
                 "\"$dynworker_outbound_resource\""
                 NGX_HTTP_DYNWORKER_LOG_RESULT) },

    { ngx_string("full"),
      ngx_string(NGX_HTTP_DYNWORKER_LOG_FIELDS
                 "\"$dynworker_outbound_url\""
                 NGX_HTTP_DYNWORKER_LOG_RESULT) },

    { ngx_null_string, ngx_null_string }
};


char *
ngx_http_dynworker_outbound_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_policy_t  *policy = conf;

    ngx_str_t                 *value, format, name;
    ngx_uint_t                 i;
    ngx_http_dynworker_log_t  *log;

    if (policy->log) {
        return "is duplicate";
    }

    value = cf->args->elts;

    log = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_log_t));
    if (log == NULL) {
        return NGX_CONF_ERROR;
    }

    policy->log = log;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"log off\" takes no format");
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (value[1].len == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')
        || ngx_strncmp(value[1].data, "syslog:", sizeof("syslog:") - 1) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid log \"%V\", it must be \"off\" or the "
                           "path of a file, without variables", &value[1]);
        return NGX_CONF_ERROR;
    }

    format = (cf->args->nelts > 2) ? value[2]
                                   : ngx_http_dynworker_log_formats[0].name;

    for (i = 0; ngx_http_dynworker_log_formats[i].name.len; i++) {
        name = ngx_http_dynworker_log_formats[i].name;

        if (name.len == format.len
            && ngx_strncmp(name.data, format.data, name.len) == 0)
        {
            format = ngx_http_dynworker_log_formats[i].format;
            break;
        }
    }

    if (ngx_strlchr(format.data, format.data + format.len, '$') == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid log format \"%V\", it must be \"plain\", "
                           "\"full\", or a text with variables", &format);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_dynworker_log_compile(cf, log, &format) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    log->file = ngx_conf_open_file(cf->cycle, &value[1]);
    if (log->file == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_dynworker_log_compile(ngx_conf_t *cf, ngx_http_dynworker_log_t *log,
    ngx_str_t *format)
{
    u_char                         *p, *last;
    ngx_str_t                       name;
    ngx_http_dynworker_log_part_t  *part;

    if (ngx_array_init(&log->parts, cf->pool, 16,
                       sizeof(ngx_http_dynworker_log_part_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = format->data;
    last = p + format->len;

    while (p < last) {

        part = ngx_array_push(&log->parts);
        if (part == NULL) {
            return NGX_ERROR;
        }

        if (*p == '$') {
            p++;

            if (ngx_http_dynworker_log_variable(cf, &name, &p, last)
                != NGX_OK)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid variable name in log format "
                                   "\"%V\"", format);
                return NGX_ERROR;
            }

            part->index = ngx_http_get_variable_index(cf, &name);
            if (part->index == NGX_ERROR) {
                return NGX_ERROR;
            }

            continue;
        }

        part->index = NGX_ERROR;
        part->text.data = p;

        while (p < last && *p != '$') {
            p++;
        }

        part->text.len = p - part->text.data;
    }

    return NGX_OK;
}


/* "name" or "{name}" at *pos, after the "$". */

static ngx_int_t
ngx_http_dynworker_log_variable(ngx_conf_t *cf, ngx_str_t *name, u_char **pos,
    u_char *last)
{
    u_char      *p, c;
    ngx_uint_t   bracket;

    p = *pos;

    bracket = (p < last && *p == '{');

    if (bracket) {
        p++;
    }

    name->data = p;

    for ( /* void */ ; p < last; p++) {
        c = *p;

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_'))
        {
            break;
        }
    }

    name->len = p - name->data;

    if (bracket) {

        if (p == last || *p != '}') {
            return NGX_ERROR;
        }

        p++;
    }

    *pos = p;

    return name->len ? NGX_OK : NGX_ERROR;
}


/* What is gone when the attempt is over. */

void
ngx_http_dynworker_log_start(ngx_http_dynworker_outbound_t *out)
{
    ngx_http_dynworker_log_t  *log;

    log = out->policy ? out->policy->log : NULL;

    out->logging = (log && log->file);
}


void
ngx_http_dynworker_log_end(ngx_http_dynworker_outbound_t *out)
{
    u_char                         *line, *p;
    size_t                          len;
    ngx_uint_t                      i;
    ngx_http_request_t             *r;
    ngx_http_dynworker_log_t       *log;
    ngx_http_variable_value_t     **values;
    ngx_http_dynworker_log_part_t  *parts;

    if (!out->logging) {
        return;
    }

    out->logging = 0;

    log = out->policy->log;

    /* an attempt that was refused has none yet */

    if (out->root == NULL
        && ngx_http_dynworker_outbound_root(out, NULL) != NGX_OK)
    {
        goto failed;
    }

    r = out->request ? out->request : out->root;

    parts = log->parts.elts;

    values = ngx_palloc(out->pool, log->parts.nelts
                                   * sizeof(ngx_http_variable_value_t *));
    if (values == NULL) {
        goto failed;
    }

    len = NGX_LINEFEED_SIZE;

    for (i = 0; i < log->parts.nelts; i++) {

        if (parts[i].index == NGX_ERROR) {
            len += parts[i].text.len;
            continue;
        }

        values[i] = ngx_http_get_flushed_variable(r, parts[i].index);

        if (values[i] == NULL || values[i]->not_found || values[i]->len == 0) {
            values[i] = NULL;
            len++;
            continue;
        }

        len += ngx_http_dynworker_log_escape(NULL, values[i]->data,
                                             values[i]->len);
    }

    line = ngx_pnalloc(out->pool, len);
    if (line == NULL) {
        goto failed;
    }

    p = line;

    for (i = 0; i < log->parts.nelts; i++) {

        if (parts[i].index == NGX_ERROR) {
            p = ngx_cpymem(p, parts[i].text.data, parts[i].text.len);

        } else if (values[i] == NULL) {
            *p++ = '-';

        } else {
            p += ngx_http_dynworker_log_escape(p, values[i]->data,
                                               values[i]->len);
        }
    }

    ngx_linefeed(p);

    ngx_http_dynworker_log_write(log, line, p - line, out->pool->log);

    return;

failed:

    ngx_log_error(NGX_LOG_ALERT, out->pool->log, 0,
                  "no memory for a line of \"%V\"", &log->file->name);
}


/* Without "dst", how long it becomes. */

static size_t
ngx_http_dynworker_log_escape(u_char *dst, u_char *src, size_t size)
{
    u_char         c;
    size_t         i, len;
    static u_char  hex[] = "0123456789ABCDEF";

    len = 0;

    for (i = 0; i < size; i++) {
        c = src[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {

            if (dst) {
                *dst++ = c;
            }

            len++;
            continue;
        }

        if (dst) {
            *dst++ = '\\';
            *dst++ = 'x';
            *dst++ = hex[c >> 4];
            *dst++ = hex[c & 0xf];
        }

        len += sizeof("\\xFF") - 1;
    }

    return len;
}


/* A full disk is told of once a minute. */

static void
ngx_http_dynworker_log_write(ngx_http_dynworker_log_t *log, u_char *line,
    size_t len, ngx_log_t *error_log)
{
    ssize_t    n;
    ngx_err_t  err;

    n = ngx_write_fd(log->file->fd, line, len);

    if (n == (ssize_t) len) {
        return;
    }

    err = (n == -1) ? ngx_errno : 0;

    if (ngx_time() - log->error_time <= 59) {
        return;
    }

    if (n == -1) {
        ngx_log_error(NGX_LOG_ALERT, error_log, err,
                      ngx_write_fd_n " to \"%V\" failed", &log->file->name);

    } else {
        ngx_log_error(NGX_LOG_ALERT, error_log, 0,
                      ngx_write_fd_n " to \"%V\" was incomplete: %z of %uz",
                      &log->file->name, n, len);
    }

    log->error_time = ngx_time();
}
