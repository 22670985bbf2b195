
/*
 * What a host worker's env holds: loaders, services, texts, JSON and secrets.
 */

#include "ngx_http_dynworker.h"


#define NGX_HTTP_DYNWORKER_MAX_SECRET    (1024 * 1024)


static char *ngx_http_dynworker_bind_text(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_uint_t kind);
static char *ngx_http_dynworker_bind_script(ngx_conf_t *cf,
    ngx_http_dynworker_binding_t *binding);
static ngx_int_t ngx_http_dynworker_read_secret(ngx_conf_t *cf,
    ngx_str_t *file, ngx_str_t *value);
static ngx_http_dynworker_binding_t *ngx_http_dynworker_add_binding(
    ngx_conf_t *cf, ngx_http_dynworker_loc_conf_t *dlcf, ngx_uint_t kind);


char *
ngx_http_dynworker_bind_loader(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    u_char                        *p, c;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_dynworker_binding_t  *binding;

    binding = ngx_http_dynworker_add_binding(cf, dlcf, DW_WIRE_ENV_LOADER);
    if (binding == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        ngx_str_null(&binding->value);
        return NGX_CONF_OK;
    }

    value = cf->args->elts;

    for (i = 0; i < value[2].len; i++) {
        c = value[2].data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.')
        {
            continue;
        }

        break;
    }

    if (value[2].len == 0 || i < value[2].len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid namespace \"%V\", it must be of letters, "
                           "digits, \"_\", \"-\", and \".\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    binding->value.len = sizeof("ns:") - 1 + value[2].len;
    binding->value.data = ngx_pnalloc(cf->pool, binding->value.len);
    if (binding->value.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(binding->value.data, "ns:", sizeof("ns:") - 1);
    ngx_memcpy(p, value[2].data, value[2].len);

    return NGX_CONF_OK;
}


/* The value is taken as it is: env is made once, there is no request yet. */

char *
ngx_http_dynworker_bind_var(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_dynworker_bind_text(cf, conf, DW_WIRE_ENV_STRING);
}


char *
ngx_http_dynworker_bind_json(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[2].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have a JSON value", &cmd->name);
        return NGX_CONF_ERROR;
    }

    return ngx_http_dynworker_bind_text(cf, conf, DW_WIRE_ENV_JSON);
}


static char *
ngx_http_dynworker_bind_text(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_uint_t kind)
{
    ngx_str_t                     *value;
    ngx_http_dynworker_binding_t  *binding;

    binding = ngx_http_dynworker_add_binding(cf, dlcf, kind);
    if (binding == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    binding->value = value[2];

    return NGX_CONF_OK;
}


/* No message may show the value: a secret written in place of "file=", too. */

char *
ngx_http_dynworker_bind_secret(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    char                          *env;
    ngx_str_t                     *value, file;
    ngx_http_dynworker_binding_t  *binding;

    binding = ngx_http_dynworker_add_binding(cf, dlcf, DW_WIRE_ENV_STRING);
    if (binding == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&binding->value);

    value = cf->args->elts;

    if (ngx_strncmp(value[2].data, "file=", 5) == 0 && value[2].len > 5) {

        file.len = value[2].len - 5;
        file.data = value[2].data + 5;

        if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (ngx_http_dynworker_read_secret(cf, &file, &binding->value)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "env=", 4) == 0 && value[2].len > 4) {

        env = getenv((char *) value[2].data + 4);

        /* "nginx -s" is run from anywhere */

        if (env == NULL && ngx_process == NGX_PROCESS_SIGNALLER) {
            return NGX_CONF_OK;
        }

        if (env == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no environment variable \"%s\" for secret "
                               "\"%V\"", value[2].data + 4, &value[1]);
            return NGX_CONF_ERROR;
        }

        binding->value.len = ngx_strlen(env);
        binding->value.data = ngx_pnalloc(cf->pool, binding->value.len);
        if (binding->value.data == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(binding->value.data, env, binding->value.len);

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid source of secret \"%V\", it must be "
                       "\"file=\" with a path or \"env=\" with a name",
                       &value[1]);
    return NGX_CONF_ERROR;
}


/* A Fetcher: what is below a location, a policy, or another host worker. */

char *
ngx_http_dynworker_bind_service(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    ngx_str_t                     *value, target;
    ngx_http_dynworker_binding_t  *binding;

    binding = ngx_http_dynworker_add_binding(cf, dlcf, DW_WIRE_ENV_SERVICE);
    if (binding == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_strncmp(value[2].data, "script=", 7) == 0) {
        return ngx_http_dynworker_bind_script(cf, binding);
    }

    if (cf->args->nelts > 3) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of service \"%V\", only "
                           "\"script=\" takes another one",
                           &value[3], &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value[2].data, "uri=", 4) == 0) {

        target.len = value[2].len - 4;
        target.data = value[2].data + 4;

        if (target.len == 0 || target.data[0] != '/'
            || ngx_strlchr(target.data, target.data + target.len, '?')
            || ngx_strlchr(target.data, target.data + target.len, '$'))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid uri \"%V\" of service \"%V\", it must "
                               "be the URI of a location, starting with \"/\" "
                               "and without arguments or variables",
                               &target, &value[1]);
            return NGX_CONF_ERROR;
        }

        /* the path that is appended starts with a slash */

        if (target.data[target.len - 1] == '/') {
            target.len--;
        }

        binding->value = target;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "outbound=", 9) == 0) {

        target.len = value[2].len - 9;
        target.data = value[2].data + 9;

        if (target.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no policy in \"outbound=\" of service \"%V\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        binding->policy = ngx_http_dynworker_policy_add(cf, &target);
        if (binding->policy == NULL) {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid target \"%V\" of service \"%V\", it must be "
                       "\"uri=\" with a URI, \"outbound=\" with the name of "
                       "a policy, or \"script=\" with a file",
                       &value[2], &value[1]);
    return NGX_CONF_ERROR;
}


/* The file is read where a location has it in env: that is known later. */

static char *
ngx_http_dynworker_bind_script(ngx_conf_t *cf,
    ngx_http_dynworker_binding_t *binding)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    binding->script.len = value[2].len - 7;
    binding->script.data = value[2].data + 7;

    if (binding->script.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no file in \"script=\" of service \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &binding->script, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    binding->place.file = cf->conf_file->file.name.data;
    binding->place.line = cf->conf_file->line;

    if (cf->args->nelts == 3) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[3].data, "entrypoint=", 11) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown parameter \"%V\" of service \"%V\", it "
                           "must be \"entrypoint=\"", &value[3], &value[1]);
        return NGX_CONF_ERROR;
    }

    binding->entrypoint.len = value[3].len - 11;
    binding->entrypoint.data = value[3].data + 11;

    if (binding->entrypoint.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no class in \"entrypoint=\" of service \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_dynworker_read_secret(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *value)
{
    size_t           len;
    u_char          *p;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    fd = ngx_open_file(file->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", file);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", file);
        goto done;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", file);
        goto done;
    }

    if (ngx_file_size(&fi) > NGX_HTTP_DYNWORKER_MAX_SECRET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too big for a secret, it has more than "
                           "%d bytes", file, NGX_HTTP_DYNWORKER_MAX_SECRET);
        goto done;
    }

    len = (size_t) ngx_file_size(&fi);

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, p, len);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", file);
        goto done;
    }

    if ((size_t) n != len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           ngx_read_fd_n " \"%V\" returned only "
                           "%z bytes instead of %uz", file, n, len);
        goto done;
    }

    if (len && p[len - 1] == LF) {
        len--;
    }

    if (len && p[len - 1] == CR && n > (ssize_t) len) {
        len--;
    }

    value->len = len;
    value->data = p;

    rc = NGX_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", file);
    }

    return rc;
}


/* Adds a binding of the name in the directive's first argument. */

static ngx_http_dynworker_binding_t *
ngx_http_dynworker_add_binding(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf, ngx_uint_t kind)
{
    ngx_http_dynworker_binding_t  *binding;

    binding = ngx_http_dynworker_add_name(cf, &dlcf->bindings,
                                        sizeof(ngx_http_dynworker_binding_t),
                                        "env");
    if (binding) {
        binding->kind = kind;
    }

    return binding;
}
