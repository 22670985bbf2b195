
/*
 * Directives and configuration, start and end of the module.
 *
 * A directive of an inner level replaces the outer one, parameter by parameter
 * where it has parameters; names in env, ctx.props and request.cf add up
 * (ngx_http_dynworker_name.c).
 */

#include "ngx_http_dynworker.h"


#define NGX_HTTP_DYNWORKER_MAX_THREADS   256
#define NGX_HTTP_DYNWORKER_MAX_TIME      2073600000     /* 24 days */
#define NGX_HTTP_DYNWORKER_MIN_MEMORY    (16 * 1024 * 1024)
#define NGX_HTTP_DYNWORKER_MAX_MEMORY    ((off_t) 1024 * 1024 * 1024 * 1024)
#define NGX_HTTP_DYNWORKER_LOG_OFF       5


static char *ngx_http_dynworker_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_dynworker_isolates(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_dynworker_script(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_dynworker_load(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_dynworker_global_outbound(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_limits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_dynworker_compatibility_date(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_uint_t ngx_http_dynworker_is_date(ngx_str_t *text);
static char *ngx_http_dynworker_compatibility_flags(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_dynworker_log_level(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static char *ngx_http_dynworker_complex_value(ngx_conf_t *cf,
    ngx_str_t *parameter, ngx_str_t *value, ngx_http_complex_value_t **cv);
static char *ngx_http_dynworker_number(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, ngx_uint_t min, ngx_uint_t *number);
static char *ngx_http_dynworker_time(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, ngx_msec_t *time);
static char *ngx_http_dynworker_size(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, off_t min, size_t *size);
static char *ngx_http_dynworker_duplicate_parameter(ngx_conf_t *cf,
    ngx_str_t *parameter);

static void *ngx_http_dynworker_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_dynworker_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_dynworker_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_dynworker_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_dynworker_merge_limits(
    ngx_http_dynworker_loc_conf_t *prev, ngx_http_dynworker_loc_conf_t *conf);
static char *ngx_http_dynworker_init_handler(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf);
static ngx_int_t ngx_http_dynworker_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_dynworker_init_process(ngx_cycle_t *cycle);
static void ngx_http_dynworker_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_dynworker_commands[] = {

    { ngx_string("dynworker_engine"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_dynworker_main_conf_t, engine),
      NULL },

    { ngx_string("dynworker_threads"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_dynworker_threads,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_isolates"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_dynworker_isolates,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_jit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_dynworker_main_conf_t, jit),
      NULL },

    { ngx_string("dynworker_jail"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_dynworker_main_conf_t, jail),
      NULL },

    { ngx_string("dynworker_outbound"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_dynworker_outbound_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_script"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_dynworker_script,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_load"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_dynworker_load,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_loader"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_dynworker_bind_loader,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_var"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_dynworker_bind_var,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_secret"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_dynworker_bind_secret,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_json"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_dynworker_bind_json,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_service"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23,
      ngx_http_dynworker_bind_service,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_prop"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_dynworker_set_prop,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_cf"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_dynworker_set_cf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_global_outbound"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_dynworker_global_outbound,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_limits"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_dynworker_limits,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_compatibility_date"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_dynworker_compatibility_date,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_compatibility_flags"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_dynworker_compatibility_flags,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("dynworker_log_level"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_dynworker_log_level,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_dynworker_module_ctx = {
    ngx_http_dynworker_add_variables,      /* preconfiguration */
    ngx_http_dynworker_outbound_init,      /* postconfiguration */

    ngx_http_dynworker_create_main_conf,   /* create main configuration */
    ngx_http_dynworker_init_main_conf,     /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_dynworker_create_loc_conf,    /* create location configuration */
    ngx_http_dynworker_merge_loc_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_dynworker_module = {
    NGX_MODULE_V1,
    &ngx_http_dynworker_module_ctx,        /* module context */
    ngx_http_dynworker_commands,           /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_dynworker_init_module,        /* init module */
    ngx_http_dynworker_init_process,       /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_dynworker_exit_process,       /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_conf_enum_t  ngx_http_dynworker_log_levels[] = {
    { ngx_string("debug"), DW_WIRE_LOG_DEBUG },
    { ngx_string("info"), DW_WIRE_LOG_INFO },
    { ngx_string("warn"), DW_WIRE_LOG_WARN },
    { ngx_string("error"), DW_WIRE_LOG_ERROR },
    { ngx_string("off"), NGX_HTTP_DYNWORKER_LOG_OFF },
    { ngx_null_string, 0 }
};


static void *
ngx_http_dynworker_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_main_conf_t));
    if (dmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     dmcf->engine = { 0, NULL };
     *     dmcf->locations = 0;
     *     dmcf->used = 0;
     *     dmcf->process = NULL;
     */


    dmcf->threads = NGX_CONF_UNSET_UINT;
    dmcf->max_threads = NGX_CONF_UNSET_UINT;
    dmcf->max_isolates = NGX_CONF_UNSET_UINT;
    dmcf->idle = NGX_CONF_UNSET_MSEC;
    dmcf->memory = NGX_CONF_UNSET_SIZE;
    dmcf->prewarm = NGX_CONF_UNSET_UINT;
    dmcf->jit = NGX_CONF_UNSET;
    dmcf->jail = NGX_CONF_UNSET;

    if (ngx_array_init(&dmcf->policies, cf->pool, 4,
                       sizeof(ngx_http_dynworker_policy_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return dmcf;
}


static char *
ngx_http_dynworker_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_dynworker_main_conf_t  *dmcf = conf;

    ngx_str_t  name;

    if (dmcf->engine.data == NULL) {
        ngx_str_set(&dmcf->engine, NGX_HTTP_DYNWORKER_ENGINE_PATH);
    }

    if (ngx_conf_full_name(cf->cycle, &dmcf->engine, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value(dmcf->threads, 2);
    ngx_conf_init_uint_value(dmcf->max_threads, ngx_max(dmcf->threads, 8));
    ngx_conf_init_uint_value(dmcf->max_isolates, 1000);
    ngx_conf_init_msec_value(dmcf->idle, 600000);
    ngx_conf_init_size_value(dmcf->memory,
                             (size_t) 2 * 1024 * 1024 * 1024);
    ngx_conf_init_uint_value(dmcf->prewarm, 2);
    ngx_conf_init_value(dmcf->jit, 1);
    ngx_conf_init_value(dmcf->jail, 1);

    if (ngx_http_dynworker_policies_check(cf, dmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&name, "request_id");

    dmcf->request_id = ngx_http_get_variable_index(cf, &name);
    if (dmcf->request_id == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_dynworker_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf;

    dlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_dynworker_loc_conf_t));
    if (dlcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     dlcf->script = { 0, NULL };
     *     dlcf->records = { 0, NULL };
     *     dlcf->workers = NULL;
     *     dlcf->load_id = NULL;
     *     dlcf->load_code = NULL;
     *     dlcf->load_space = { 0, NULL };
     *     dlcf->caps = NULL;
     *     dlcf->compatibility_date = { 0, NULL };
     */

    dlcf->bindings = NGX_CONF_UNSET_PTR;
    dlcf->props = NGX_CONF_UNSET_PTR;
    dlcf->cf = NGX_CONF_UNSET_PTR;
    dlcf->outbound = NGX_CONF_UNSET_PTR;
    dlcf->compatibility_flags = NGX_CONF_UNSET_PTR;

    dlcf->limits.cpu = NGX_CONF_UNSET_MSEC;
    dlcf->limits.wall = NGX_CONF_UNSET_MSEC;
    dlcf->limits.memory = NGX_CONF_UNSET_SIZE;
    dlcf->limits.subrequests = NGX_CONF_UNSET_UINT;
    dlcf->limits.outbound_body = NGX_CONF_UNSET_SIZE;
    dlcf->limits.queue = NGX_CONF_UNSET_UINT;

    dlcf->log_level = NGX_CONF_UNSET_UINT;

    return dlcf;
}


static char *
ngx_http_dynworker_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_dynworker_loc_conf_t *prev = parent;
    ngx_http_dynworker_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_dynworker_merge_names(&conf->bindings, prev->bindings)
        != NGX_CONF_OK
        || ngx_http_dynworker_merge_names(&conf->props, prev->props)
           != NGX_CONF_OK
        || ngx_http_dynworker_merge_names(&conf->cf, prev->cf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_dynworker_merge_limits(prev, conf);

    ngx_conf_merge_ptr_value(conf->outbound, prev->outbound, NULL);
    ngx_conf_merge_str_value(conf->compatibility_date,
                             prev->compatibility_date, "");
    ngx_conf_merge_ptr_value(conf->compatibility_flags,
                             prev->compatibility_flags, NULL);
    ngx_conf_merge_uint_value(conf->log_level, prev->log_level,
                              DW_WIRE_LOG_WARN);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && clcf->handler == NULL) {

        /* "if" and "limit_except" serve with the worker of their location */

        conf->place = prev->place;
        conf->script = prev->script;
        conf->records = prev->records;
        conf->load_id = prev->load_id;
        conf->load_code = prev->load_code;
        conf->load_space = prev->load_space;
        conf->caps = prev->caps;

        if (clcf->lmt_excpt && prev->script.len) {
            clcf->handler = ngx_http_dynworker_script_handler;
        }

        if (clcf->lmt_excpt && prev->load_id) {
            clcf->handler = ngx_http_dynworker_load_handler;
        }

        return NGX_CONF_OK;
    }

    if (conf->script.len == 0 && conf->load_id == NULL) {
        return NGX_CONF_OK;
    }

    if (clcf->handler != ngx_http_dynworker_script_handler
        && clcf->handler != ngx_http_dynworker_load_handler)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "location \"%V\" has another content handler than "
                      "\"%s\" in %s:%ui",
                      &clcf->name,
                      conf->script.len ? "dynworker_script" : "dynworker_load",
                      conf->place.file, conf->place.line);
        return NGX_CONF_ERROR;
    }

    return ngx_http_dynworker_init_handler(cf, conf);
}


static void
ngx_http_dynworker_merge_limits(ngx_http_dynworker_loc_conf_t *prev,
    ngx_http_dynworker_loc_conf_t *conf)
{
    ngx_http_dynworker_limits_t  *host, *dynamic;

    ngx_conf_merge_msec_value(conf->limits.cpu, prev->limits.cpu,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_msec_value(conf->limits.wall, prev->limits.wall,
                              NGX_CONF_UNSET_MSEC);
    ngx_conf_merge_size_value(conf->limits.memory, prev->limits.memory,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_uint_value(conf->limits.subrequests,
                              prev->limits.subrequests, NGX_CONF_UNSET_UINT);
    ngx_conf_merge_size_value(conf->limits.outbound_body,
                              prev->limits.outbound_body,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_uint_value(conf->limits.queue, prev->limits.queue,
                              NGX_CONF_UNSET_UINT);

    host = &conf->host_limits;
    *host = conf->limits;

    ngx_conf_init_msec_value(host->cpu, 1000);
    ngx_conf_init_msec_value(host->wall, 60000);
    ngx_conf_init_size_value(host->memory, 256 * 1024 * 1024);
    ngx_conf_init_uint_value(host->subrequests, 1000);
    ngx_conf_init_size_value(host->outbound_body, 16 * 1024 * 1024);
    ngx_conf_init_uint_value(host->queue, 1024);

    dynamic = &conf->dynamic_limits;
    *dynamic = conf->limits;

    ngx_conf_init_msec_value(dynamic->cpu, 100);
    ngx_conf_init_msec_value(dynamic->wall, 30000);
    ngx_conf_init_size_value(dynamic->memory, 128 * 1024 * 1024);
    ngx_conf_init_uint_value(dynamic->subrequests, 50);
    ngx_conf_init_size_value(dynamic->outbound_body, 16 * 1024 * 1024);
    ngx_conf_init_uint_value(dynamic->queue, 1024);
}


static char *
ngx_http_dynworker_init_handler(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf)
{
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_dynworker_module);

    dmcf->used = 1;

    if (ngx_http_dynworker_caps_init(cf, dlcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    dlcf->load_space.data = ngx_pnalloc(cf->pool, NGX_INT_T_LEN + 1);
    if (dlcf->load_space.data == NULL) {
        return NGX_CONF_ERROR;
    }

    dlcf->load_space.len = ngx_sprintf(dlcf->load_space.data, "@%ui",
                                       dmcf->locations++)
                           - dlcf->load_space.data;

    /* "nginx -s" only needs to know where the pid file is */

    if (dlcf->script.len == 0 || ngx_process == NGX_PROCESS_SIGNALLER) {
        return NGX_CONF_OK;
    }

    dlcf->workers = ngx_array_create(cf->pool, 1,
                                     sizeof(ngx_http_dynworker_loc_conf_t *));
    if (dlcf->workers == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_dynworker_script_init(cf, dlcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_dynworker_init_module(ngx_cycle_t *cycle)
{
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_dynworker_module);

    if (dmcf && dmcf->used && !dmcf->jail) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"dynworker_jail off\", workers run in engines "
                      "that are not locked down");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_dynworker_init_process(ngx_cycle_t *cycle)
{
    ngx_http_dynworker_main_conf_t  *dmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    dmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_dynworker_module);

    if (dmcf == NULL || !dmcf->used) {
        return NGX_OK;
    }

    dmcf->process = ngx_http_dynworker_process_start(cycle, dmcf);

    return dmcf->process ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_dynworker_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_dynworker_main_conf_t  *dmcf;

    dmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_dynworker_module);

    if (dmcf && dmcf->process) {
        ngx_http_dynworker_process_stop(dmcf->process);
        dmcf->process = NULL;
    }
}


static char *
ngx_http_dynworker_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_main_conf_t  *dmcf = conf;

    ngx_str_t  *value, s;

    if (dmcf->threads != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_dynworker_number(cf, &value[1], &value[1], 1, &dmcf->threads)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strncmp(value[2].data, "max=", 4) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown parameter \"%V\", it must be \"max=\"",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        s.len = value[2].len - 4;
        s.data = value[2].data + 4;

        if (ngx_http_dynworker_number(cf, &value[2], &s, dmcf->threads,
                                      &dmcf->max_threads)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (dmcf->threads > NGX_HTTP_DYNWORKER_MAX_THREADS
        || (dmcf->max_threads != NGX_CONF_UNSET_UINT
            && dmcf->max_threads > NGX_HTTP_DYNWORKER_MAX_THREADS))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "an engine can not have more than %d threads",
                           NGX_HTTP_DYNWORKER_MAX_THREADS);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_isolates(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_main_conf_t  *dmcf = conf;

    char        *rv;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "max=", 4) == 0) {

            if (dmcf->max_isolates != NGX_CONF_UNSET_UINT) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 4;
            s.data = value[i].data + 4;

            rv = ngx_http_dynworker_number(cf, &value[i], &s, 1,
                                           &dmcf->max_isolates);

        } else if (ngx_strncmp(value[i].data, "idle=", 5) == 0) {

            if (dmcf->idle != NGX_CONF_UNSET_MSEC) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 5;
            s.data = value[i].data + 5;

            rv = ngx_http_dynworker_time(cf, &value[i], &s, &dmcf->idle);

        } else if (ngx_strncmp(value[i].data, "memory=", 7) == 0) {

            if (dmcf->memory != NGX_CONF_UNSET_SIZE) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 7;
            s.data = value[i].data + 7;

            rv = ngx_http_dynworker_size(cf, &value[i], &s,
                                         NGX_HTTP_DYNWORKER_MIN_MEMORY,
                                         &dmcf->memory);

        } else if (ngx_strncmp(value[i].data, "prewarm=", 8) == 0) {

            if (dmcf->prewarm != NGX_CONF_UNSET_UINT) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 8;
            s.data = value[i].data + 8;

            rv = ngx_http_dynworker_number(cf, &value[i], &s, 0,
                                           &dmcf->prewarm);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown parameter \"%V\", it must be \"max=\", "
                               "\"idle=\", \"memory=\", or \"prewarm=\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_script(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (dlcf->script.data) {
        return "is duplicate";
    }

    if (dlcf->load_id) {
        return "is incompatible with \"dynworker_load\"";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is incompatible with the location's other content handler";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have a file name", &cmd->name);
        return NGX_CONF_ERROR;
    }

    dlcf->script = value[1];

    if (ngx_conf_full_name(cf->cycle, &dlcf->script, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    dlcf->place.file = cf->conf_file->file.name.data;
    dlcf->place.line = cf->conf_file->line;

    clcf->handler = ngx_http_dynworker_script_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_load(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    char                      *rv;
    ngx_str_t                 *value, s;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (dlcf->load_id) {
        return "is duplicate";
    }

    if (dlcf->script.data) {
        return "is incompatible with \"dynworker_script\"";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is incompatible with the location's other content handler";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "id=", 3) == 0) {

            s.len = value[i].len - 3;
            s.data = value[i].data + 3;

            rv = ngx_http_dynworker_complex_value(cf, &value[i], &s,
                                                  &dlcf->load_id);

        } else if (ngx_strncmp(value[i].data, "code=", 5) == 0) {

            s.len = value[i].len - 5;
            s.data = value[i].data + 5;

            if (s.len && s.data[0] != '/' && s.data[0] != '$') {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid value \"%V\", it must be the URI "
                                   "of a location, starting with \"/\"",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }

            rv = ngx_http_dynworker_complex_value(cf, &value[i], &s,
                                                  &dlcf->load_code);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown parameter \"%V\", it must be \"id=\" "
                               "or \"code=\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (dlcf->load_id == NULL || dlcf->load_code == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have \"%s\" parameter", &cmd->name,
                           dlcf->load_id ? "code" : "id");
        return NGX_CONF_ERROR;
    }

    dlcf->place.file = cf->conf_file->file.name.data;
    dlcf->place.line = cf->conf_file->line;

    clcf->handler = ngx_http_dynworker_load_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_global_outbound(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    ngx_str_t  *value;

    if (dlcf->outbound != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        dlcf->outbound = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have the name of a policy or \"off\"",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    dlcf->outbound = ngx_http_dynworker_policy_add(cf, &value[1]);
    if (dlcf->outbound == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_limits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    char                         *rv;
    ngx_str_t                    *value, s;
    ngx_uint_t                    i;
    ngx_http_dynworker_limits_t  *limits;

    limits = &dlcf->limits;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "cpu=", 4) == 0) {

            if (limits->cpu != NGX_CONF_UNSET_MSEC) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 4;
            s.data = value[i].data + 4;

            rv = ngx_http_dynworker_time(cf, &value[i], &s, &limits->cpu);

        } else if (ngx_strncmp(value[i].data, "wall=", 5) == 0) {

            if (limits->wall != NGX_CONF_UNSET_MSEC) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 5;
            s.data = value[i].data + 5;

            rv = ngx_http_dynworker_time(cf, &value[i], &s, &limits->wall);

        } else if (ngx_strncmp(value[i].data, "memory=", 7) == 0) {

            if (limits->memory != NGX_CONF_UNSET_SIZE) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 7;
            s.data = value[i].data + 7;

            rv = ngx_http_dynworker_size(cf, &value[i], &s,
                                         NGX_HTTP_DYNWORKER_MIN_MEMORY,
                                         &limits->memory);

        } else if (ngx_strncmp(value[i].data, "subrequests=", 12) == 0) {

            if (limits->subrequests != NGX_CONF_UNSET_UINT) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 12;
            s.data = value[i].data + 12;

            rv = ngx_http_dynworker_number(cf, &value[i], &s, 0,
                                           &limits->subrequests);

        } else if (ngx_strncmp(value[i].data, "outbound_body=", 14) == 0) {

            if (limits->outbound_body != NGX_CONF_UNSET_SIZE) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 14;
            s.data = value[i].data + 14;

            rv = ngx_http_dynworker_size(cf, &value[i], &s, 1024,
                                         &limits->outbound_body);

        } else if (ngx_strncmp(value[i].data, "queue=", 6) == 0) {

            if (limits->queue != NGX_CONF_UNSET_UINT) {
                return ngx_http_dynworker_duplicate_parameter(cf, &value[i]);
            }

            s.len = value[i].len - 6;
            s.data = value[i].data + 6;

            rv = ngx_http_dynworker_number(cf, &value[i], &s, 1,
                                           &limits->queue);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown parameter \"%V\", it must be \"cpu=\", "
                               "\"wall=\", \"memory=\", \"subrequests=\", "
                               "\"outbound_body=\", or \"queue=\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_compatibility_date(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    u_char      last[sizeof("2026-01-31") - 1];
    ngx_tm_t    tm;
    ngx_str_t  *value;

    if (dlcf->compatibility_date.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (!ngx_http_dynworker_is_date(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid date \"%V\", it must be like "
                           "\"2026-01-31\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    /* as in WorkerCode; it may be tomorrow already where it was written */

    ngx_gmtime(ngx_time() + 24 * 60 * 60, &tm);

    ngx_sprintf(last, "%04d-%02d-%02d", tm.ngx_tm_year, tm.ngx_tm_mon,
                tm.ngx_tm_mday);

    if (ngx_memcmp(value[1].data, last, sizeof(last)) > 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "date \"%V\" is in the future, it must be \"%*s\" "
                           "(tomorrow) or before",
                           &value[1], sizeof(last), last);
        return NGX_CONF_ERROR;
    }

    dlcf->compatibility_date = value[1];

    return NGX_CONF_OK;
}


/* A day of the calendar, as "2026-01-31". */
static ngx_uint_t
ngx_http_dynworker_is_date(ngx_str_t *text)
{
    u_char     *p;
    ngx_int_t   year, month, day, days;

    static u_char  month_days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    p = text->data;

    if (text->len != sizeof("2026-01-31") - 1 || p[4] != '-' || p[7] != '-') {
        return 0;
    }

    year = ngx_atoi(p, 4);
    month = ngx_atoi(p + 5, 2);
    day = ngx_atoi(p + 8, 2);

    if (year == NGX_ERROR || month < 1 || month > 12) {
        return 0;
    }

    days = month_days[month - 1];

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        days = 29;
    }

    return day >= 1 && day <= days;
}


static char *
ngx_http_dynworker_compatibility_flags(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    u_char       c;
    ngx_str_t   *value, *flag;
    ngx_uint_t   i, j;

    if (dlcf->compatibility_flags != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    dlcf->compatibility_flags = ngx_array_create(cf->pool,
                                                 cf->args->nelts - 1,
                                                 sizeof(ngx_str_t));
    if (dlcf->compatibility_flags == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (j = 0; j < value[i].len; j++) {
            c = value[i].data[j];

            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') {
                break;
            }
        }

        if (value[i].len == 0 || j < value[i].len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid flag \"%V\", it must be of lower case "
                               "letters, digits, and \"_\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        flag = ngx_array_push(dlcf->compatibility_flags);
        if (flag == NULL) {
            return NGX_CONF_ERROR;
        }

        *flag = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_log_level(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_dynworker_loc_conf_t  *dlcf = conf;

    ngx_str_t        *value;
    ngx_conf_enum_t  *level;

    if (dlcf->log_level != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (level = ngx_http_dynworker_log_levels; level->name.len; level++) {
        if (level->name.len == value[1].len
            && ngx_strcmp(level->name.data, value[1].data) == 0)
        {
            dlcf->log_level = level->value;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid level \"%V\", it must be \"debug\", \"info\", "
                       "\"warn\", \"error\", or \"off\"", &value[1]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_dynworker_complex_value(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, ngx_http_complex_value_t **cv)
{
    ngx_http_compile_complex_value_t  ccv;

    if (*cv) {
        return ngx_http_dynworker_duplicate_parameter(cf, parameter);
    }

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty parameter \"%V\"", parameter);
        return NGX_CONF_ERROR;
    }

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = *cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_number(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, ngx_uint_t min, ngx_uint_t *number)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || (ngx_uint_t) n < min || n > NGX_MAX_INT32_VALUE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\", it must be a number "
                           "from %ui on", parameter, min);
        return NGX_CONF_ERROR;
    }

    *number = n;

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_time(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, ngx_msec_t *time)
{
    ngx_int_t  ms;

    ms = ngx_parse_time(value, 0);

    if (ms == NGX_ERROR || ms < 1 || ms > NGX_HTTP_DYNWORKER_MAX_TIME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\", it must be a time "
                           "from 1ms to 24d", parameter);
        return NGX_CONF_ERROR;
    }

    *time = ms;

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_size(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_str_t *value, off_t min, size_t *size)
{
    off_t  n;

    n = ngx_parse_offset(value);

    if (n == NGX_ERROR || n < min || n > NGX_HTTP_DYNWORKER_MAX_MEMORY
        || n > (off_t) NGX_MAX_SIZE_T_VALUE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\", it must be a size "
                           "from %O%c to 1024g", parameter,
                           (min < 1024 * 1024) ? min / 1024 : min / 1048576,
                           (min < 1024 * 1024) ? 'k' : 'm');
        return NGX_CONF_ERROR;
    }

    *size = (size_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_http_dynworker_duplicate_parameter(ngx_conf_t *cf, ngx_str_t *parameter)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "duplicate parameter \"%V\"", parameter);
    return NGX_CONF_ERROR;
}
