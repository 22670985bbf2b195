
/*
 * ngx_http_dynworker_module: what its files share.
 *
 * docs/architecture.md describes the mechanisms (calls, pipes, capabilities,
 * detached roots, supervision); each section below is one file.
 */

#ifndef _NGX_HTTP_DYNWORKER_H_INCLUDED_
#define _NGX_HTTP_DYNWORKER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "wire/dw_wire.h"


/* How much of a body nginx holds for a slow reader, in bytes. */
#define NGX_HTTP_DYNWORKER_WINDOW       65536

/* How deep workers may call each other through "dynworker_service uri=". */
#define NGX_HTTP_DYNWORKER_DEPTH        16

/* How deep traces of what tail handlers start are traced in turn. */
#define NGX_HTTP_DYNWORKER_TAIL_DEPTH   4

/* How long work in ctx.waitUntil() may go on after the response. */
#define NGX_HTTP_DYNWORKER_AFTER        30000


typedef struct ngx_http_dynworker_process_s   ngx_http_dynworker_process_t;
typedef struct ngx_http_dynworker_engine_s    ngx_http_dynworker_engine_t;
typedef struct ngx_http_dynworker_channel_s   ngx_http_dynworker_channel_t;
typedef struct ngx_http_dynworker_isolate_s   ngx_http_dynworker_isolate_t;
typedef struct ngx_http_dynworker_load_s      ngx_http_dynworker_load_t;
typedef struct ngx_http_dynworker_call_s      ngx_http_dynworker_call_t;
typedef struct ngx_http_dynworker_pipe_s      ngx_http_dynworker_pipe_t;
typedef struct ngx_http_dynworker_outbound_s  ngx_http_dynworker_outbound_t;
typedef struct ngx_http_dynworker_policy_s    ngx_http_dynworker_policy_t;
typedef struct ngx_http_dynworker_loc_conf_s  ngx_http_dynworker_loc_conf_t;
typedef struct ngx_http_dynworker_log_s       ngx_http_dynworker_log_t;
typedef struct ngx_http_dynworker_kept_s      ngx_http_dynworker_kept_t;
typedef struct ngx_http_dynworker_trace_s     ngx_http_dynworker_trace_t;


/*
 * An object that has ended may still be in use further up the stack, so it is
 * buried: freed by a posted event, once the stack has unwound.
 */
typedef struct ngx_http_dynworker_dead_s      ngx_http_dynworker_dead_t;

struct ngx_http_dynworker_dead_s {
    ngx_http_dynworker_dead_t      *next;
    void                           *data;
};



/* Where a directive stands, for errors that are found only later. */
typedef struct {
    u_char                         *file;
    ngx_uint_t                      line;
} ngx_http_dynworker_place_t;


/* Per invocation; times in milliseconds, sizes in bytes. */
typedef struct {
    ngx_msec_t                      cpu;
    ngx_msec_t                      wall;
    size_t                          memory;
    ngx_uint_t                      subrequests;
    size_t                          outbound_body;
    ngx_uint_t                      queue;
} ngx_http_dynworker_limits_t;


/* What a capability number of an isolate stands for. */
typedef enum {
    NGX_HTTP_DYNWORKER_CAP_NONE = 0,
    NGX_HTTP_DYNWORKER_CAP_OUTBOUND,    /* fetch() through a policy */
    NGX_HTTP_DYNWORKER_CAP_LOCATION,    /* fetch() of this nginx's locations */
    NGX_HTTP_DYNWORKER_CAP_LOADER,      /* load(), get() */
    NGX_HTTP_DYNWORKER_CAP_ENTRYPOINT   /* an export of a host worker */
} ngx_http_dynworker_cap_type_e;

/*
 * An export of a host worker's, with ctx.props that stay with nginx.  That of a
 * service lives as long as the configuration, which holds a reference.
 */
typedef struct {
    ngx_uint_t                      refs;       /* capabilities */
    ngx_http_dynworker_loc_conf_t  *conf;
    ngx_http_conf_ctx_t            *conf_ctx;
    ngx_str_t                       name;
    ngx_str_t                       props;
    unsigned                        service:1;  /* props: the location's */
} ngx_http_dynworker_entry_t;

typedef struct {
    ngx_http_dynworker_cap_type_e   type;
    ngx_http_dynworker_policy_t    *policy;     /* OUTBOUND */
    ngx_str_t                       uri;        /* LOCATION: what is below */
    ngx_str_t                       space;      /* LOADER: namespace of ids */
    ngx_http_dynworker_entry_t     *entry;      /* ENTRYPOINT: a reference */
} ngx_http_dynworker_cap_t;

/* What a call grants to its target alone: capabilities "first" and on. */
typedef struct {
    uint64_t                        first;
    ngx_uint_t                      n;
    ngx_http_dynworker_cap_t        caps[1];
} ngx_http_dynworker_lent_t;


/* The entrypoints that traces of a dynamic worker go to. */
typedef struct {
    ngx_uint_t                      refs;       /* the isolate, traces */
    ngx_uint_t                      n;
    ngx_http_dynworker_entry_t     *entries[DW_WIRE_TAILS_MAX];
} ngx_http_dynworker_tails_t;


typedef struct {
    ngx_str_t                       engine;     /* executable */
    ngx_uint_t                      threads;
    ngx_uint_t                      max_threads;
    ngx_uint_t                      max_isolates;
    ngx_msec_t                      idle;
    size_t                          memory;
    ngx_uint_t                      prewarm;
    ngx_flag_t                      jit;
    ngx_flag_t                      jail;

    /* of ngx_http_dynworker_policy_t * */
    ngx_array_t                     policies;
    /* bundles of script files, in cf->temp_pool: read once a cycle */
    ngx_array_t                     bundles;

    /* makes the loader namespaces of each location its own */
    ngx_uint_t                      locations;

    /* index of $request_id */
    ngx_int_t                       request_id;

    /* some location has a content handler of this module's */
    ngx_uint_t                      used;       /* unsigned  used:1; */

    /* of this nginx worker process; NULL until it is started */
    ngx_http_dynworker_process_t   *process;
} ngx_http_dynworker_main_conf_t;


/* A name in env of a host worker. */
typedef struct {
    ngx_str_t                       name;
    ngx_uint_t                      kind;       /* dw_wire_record_kind_t */
    /*
     * The value; of a loader "ns:" and its namespace, or "" for the location's
     * own; of a service the URI, if it has no policy.
     */
    ngx_str_t                       value;
    ngx_http_dynworker_policy_t    *policy;

    /* of a service that is a host worker */
    ngx_str_t                       script;
    ngx_str_t                       entrypoint;
    ngx_http_dynworker_place_t      place;
} ngx_http_dynworker_binding_t;


/* A name in ctx.props or request.cf. */
typedef struct {
    ngx_str_t                       name;
    ngx_http_complex_value_t        value;
} ngx_http_dynworker_field_t;


struct ngx_http_dynworker_loc_conf_s {
    /* the content handler's directive */
    ngx_http_dynworker_place_t      place;

    /* dynworker_script: the file, and its modules and env as wire records */
    ngx_str_t                       script;
    ngx_str_t                       records;

    /*
     * Of ngx_http_dynworker_loc_conf_t *: the location itself and a copy of it
     * for each other script that is a service here, with "place", "script",
     * "records" and "caps" of its own.  All of them share this array.
     */
    ngx_array_t                    *workers;

    /* dynworker_load */
    ngx_http_complex_value_t       *load_id;
    ngx_http_complex_value_t       *load_code;

    /* the namespace of dynworker_load; no other location has it */
    ngx_str_t                       load_space;

    /* of ngx_http_dynworker_binding_t: env of the host worker */
    ngx_array_t                    *bindings;

    /* of ngx_http_dynworker_field_t: ctx.props and request.cf */
    ngx_array_t                    *props;
    ngx_array_t                    *cf;

    /*
     * Capabilities of this location's worker, by number: 0 is the global
     * outbound (type NONE if it is off), then loaders and services in env
     * order.  An array of ngx_http_dynworker_cap_t, made when the configuration
     * is merged.
     */
    ngx_array_t                    *caps;

    ngx_http_dynworker_policy_t    *outbound;   /* dynworker_global_outbound */

    ngx_str_t                       compatibility_date;
    ngx_array_t                    *compatibility_flags;

    /*
     * As configured, NGX_CONF_UNSET where it is not; after the merge
     * host_limits and dynamic_limits hold what applies to each kind.
     */
    ngx_http_dynworker_limits_t     limits;
    ngx_http_dynworker_limits_t     host_limits;
    ngx_http_dynworker_limits_t     dynamic_limits;

    ngx_uint_t                      log_level;  /* dw_wire_level_t, 5: off */
};


/* ngx_http_dynworker_module.c: directives, configuration, start and end */

extern ngx_module_t  ngx_http_dynworker_module;


/* ngx_http_dynworker_binding.c: what a host worker's env holds */

/* Setters of "dynworker_loader", "dynworker_var" and their like. */
char *ngx_http_dynworker_bind_loader(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_dynworker_bind_var(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_dynworker_bind_json(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_dynworker_bind_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_dynworker_bind_service(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_dynworker_name.c: names in env, ctx.props and request.cf */

/*
 * Adds the name in the directive's first argument to *array, which may be
 * unset, as the beginning of an element of "size" bytes, zeroes otherwise.
 * NULL: logged, with "where" names of the array are.
 */
void *ngx_http_dynworker_add_name(ngx_conf_t *cf, ngx_array_t **array,
    size_t size, const char *where);
/* Adds the outer level's elements, "prev", to *conf. */
char *ngx_http_dynworker_merge_names(ngx_array_t **conf, ngx_array_t *prev);


/* ngx_http_dynworker_field.c: what is evaluated for each request */

/* Setters of "dynworker_prop" and "dynworker_cf". */
char *ngx_http_dynworker_set_prop(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_dynworker_set_cf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/*
 * The "n" pairs and the fields (which may be NULL), with their values for this
 * request, as the text of a JSON object in r->pool; ASCII but for bytes from
 * 0x80 on, without control characters.
 */
ngx_int_t ngx_http_dynworker_fields_json(ngx_http_request_t *r,
    ngx_array_t *fields, ngx_keyval_t *own, ngx_uint_t n, ngx_str_t *json);


/* ngx_http_dynworker_script.c: host workers' files and env, at start */

/*
 * Reads dlcf->script and all that it imports through "dynworker-engine
 * --check": with env and compatibility settings that gives dlcf->records, and
 * a capability for each loader and service in dlcf->caps.  Services that are
 * scripts are read as well, into dlcf->workers.  Blocks: configuration time
 * only.  NGX_ERROR: logged, with the place of the directive.
 */
ngx_int_t ngx_http_dynworker_script_init(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *dlcf);


/* ngx_http_dynworker_url.c: absolute http(s) URLs that an engine sent */

typedef struct {
    unsigned                        https:1;
    in_port_t                       port;
    ngx_str_t                       scheme;
    ngx_str_t                       name;       /* no brackets around IPv6 */
    ngx_str_t                       host;       /* as in the Host header */
    ngx_str_t                       uri;        /* path and query */
} ngx_http_dynworker_url_t;

/*
 * Splits "url", which is hostile: no byte outside of printable ASCII, no
 * userinfo, no fragment, a lower-case host, a port in range.  NGX_OK with
 * spans of "url" and of "pool"; NGX_DECLINED when it is not such a URL,
 * NGX_ABORT when it is too long; NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_dynworker_url_parse(ngx_pool_t *pool, ngx_str_t *url,
    ngx_http_dynworker_url_t *parsed);

/*
 * Checks "host", a lower-case name or an address as the URL parser leaves it,
 * and sets *name to the one spelling that is compared: without a trailing dot
 * or brackets, an IPv6 address as ngx_inet6_ntop() writes it.
 */
ngx_int_t ngx_http_dynworker_url_host(ngx_pool_t *pool, ngx_str_t *host,
    ngx_str_t *name);


/* ngx_http_dynworker_pattern.c: host patterns of policies */

typedef struct ngx_http_dynworker_patterns_s  ngx_http_dynworker_patterns_t;

/*
 * Adds the directive's arguments from number "from" on to *patterns, which is
 * made when it is NULL; "narrow" is for what opens.
 */
char *ngx_http_dynworker_patterns_add(ngx_conf_t *cf,
    ngx_http_dynworker_patterns_t **patterns, ngx_uint_t from,
    ngx_uint_t narrow);
/* NGX_OK, NGX_DECLINED; NGX_ERROR: a regular expression failed. */
ngx_int_t ngx_http_dynworker_patterns_match(
    ngx_http_dynworker_patterns_t *patterns, ngx_http_dynworker_url_t *url);


/* ngx_http_dynworker_policy.c: "dynworker_outbound" blocks */


struct ngx_http_dynworker_policy_s {
    ngx_str_t                       name;
    ngx_str_t                       pass;       /* internal location */
    ngx_flag_t                      private_addresses;
    ngx_http_dynworker_patterns_t  *allow;      /* NULL: nothing */
    ngx_http_dynworker_patterns_t  *deny;       /* NULL: nothing */
    ngx_array_t                    *methods;    /* ngx_str_t; NULL: all */
    ngx_array_t                    *set_headers;
    ngx_array_t                    *strip_headers;  /* ngx_str_t, lower-case */
    ngx_http_dynworker_log_t       *log;        /* NULL: off */

    /* the block, or before it the first directive that names the policy */
    ngx_http_dynworker_place_t      place;
    ngx_uint_t                      defined;    /* unsigned  defined:1; */
};

char *ngx_http_dynworker_outbound_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The policy of that name, whose block may follow; NULL: out of memory. */
ngx_http_dynworker_policy_t *ngx_http_dynworker_policy_add(ngx_conf_t *cf,
    ngx_str_t *name);
/* Every policy that was named has its block; else logs the error. */
ngx_int_t ngx_http_dynworker_policies_check(ngx_conf_t *cf,
    ngx_http_dynworker_main_conf_t *dmcf);

/*
 * NGX_OK: may go out; else 403 "Domain not allowed": NGX_DECLINED for its host,
 * NGX_ABORT for its method.
 */
ngx_int_t ngx_http_dynworker_policy_check(ngx_http_dynworker_policy_t *policy,
    ngx_str_t *method, ngx_http_dynworker_url_t *url);

/*
 * Applies strip_header and set_header to "headers" (ngx_list_t of
 * ngx_table_elt_t with lowcase_key set): r is the request in whose context
 * values are evaluated, unless they were kept.  All that stays is made in the
 * list's own pool.  The list is made anew: pointers into it, as those of
 * headers_in, are set later.  NGX_ERROR: out of memory, or a value that no
 * header may have (logged).
 */
ngx_int_t ngx_http_dynworker_policy_headers(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_kept_t *kept,
    ngx_http_dynworker_url_t *url, ngx_list_t *headers);

/*
 * What is needed of a client's request by work that outlives it: the values of
 * set_header's variables, for policies, and ctx.props, for services.
 */
struct ngx_http_dynworker_kept_s {
    ngx_pool_t                     *pool;
    ngx_uint_t                      refs;
    ngx_str_t                       request_id;
    ngx_array_t                     values;
    ngx_array_t                    *fields;     /* ... that props are made of */
    ngx_str_t                       props;
};

/* One reference, for the caller; NULL: nothing is needed, or out of memory. */
ngx_http_dynworker_kept_t *ngx_http_dynworker_policies_keep(
    ngx_http_request_t *r, ngx_array_t *fields, ngx_str_t *props);
void ngx_http_dynworker_kept_release(ngx_http_dynworker_kept_t *kept);

/*
 * Finds the peer of "url": sets *peer to an upstream's name, to the checked
 * "address:port", or, with private_addresses on, to name and port.  NGX_OK;
 * NGX_DECLINED: an address that is not allowed; NGX_AGAIN: the name is being
 * resolved, "handler" is called with "data" once; NGX_ERROR.
 * *ctx is what ngx_http_dynworker_peer_cancel() takes while NGX_AGAIN.
 */
typedef void (*ngx_http_dynworker_peer_pt)(void *data, ngx_int_t rc,
    ngx_str_t *peer);

ngx_int_t ngx_http_dynworker_peer_find(ngx_http_dynworker_policy_t *policy,
    ngx_http_request_t *r, ngx_http_dynworker_url_t *url,
    ngx_http_dynworker_peer_pt handler, void *data, ngx_str_t *peer,
    void **ctx);
void ngx_http_dynworker_peer_cancel(void *ctx);


/* ngx_http_dynworker_log.c: "log" of policies */

char *ngx_http_dynworker_outbound_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* Is there to be a line? */
void ngx_http_dynworker_log_start(ngx_http_dynworker_outbound_t *out);
/* Writes the line, once. */
void ngx_http_dynworker_log_end(ngx_http_dynworker_outbound_t *out);


/* ngx_http_dynworker_address.c: which addresses are public */

/* NULL: it is public; else what it is, a word for a log line. */
const char *ngx_http_dynworker_address_private(struct sockaddr *sockaddr);


/* ngx_http_dynworker_variables.c */

ngx_int_t ngx_http_dynworker_add_variables(ngx_conf_t *cf);

/* Variables find ctx when an internal redirect has cleared its slot in r. */
ngx_int_t ngx_http_dynworker_keep_ctx(ngx_http_request_t *r, void *ctx);


/* What a request of this module's has in its context slot. */
typedef struct {
    /* client requests: for variables, filled as the call goes on */
    ngx_str_t                       id;
    ngx_str_t                       error;      /* static strings */
    ngx_uint_t                      subrequests;
    ngx_msec_t                      wall;
    uint64_t                        cpu_us;
    unsigned                        cold:1;
    unsigned                        done:1;     /* wall is final */
    ngx_msec_t                      start;

    ngx_http_dynworker_call_t      *call;

    /* the subrequest of a detached root: what goes out, and where to */
    ngx_http_dynworker_outbound_t  *outbound;
} ngx_http_dynworker_ctx_t;


/* ngx_http_dynworker_engine.c: engine processes and their sockets */

typedef enum {
    NGX_HTTP_DYNWORKER_HOST = 0,
    NGX_HTTP_DYNWORKER_SANDBOX,
    NGX_HTTP_DYNWORKER_ENGINES
} ngx_http_dynworker_role_e;


struct ngx_http_dynworker_engine_s {
    ngx_http_dynworker_process_t   *process;
    ngx_http_dynworker_role_e       role;

    ngx_connection_t               *connection;     /* NULL: not running */
    ngx_pid_t                       pid;
    int                             pidfd;
    ngx_int_t                       slot;           /* in ngx_processes */

    /* not yet sent: [out_pos, out_last) of out, sent by one posted event */
    u_char                         *out;
    u_char                         *out_pos;
    u_char                         *out_last;
    u_char                         *out_end;
    ngx_event_t                     flush;

    /* received and not yet whole: [0, in_len) of in */
    u_char                         *in;
    size_t                          in_len;
    size_t                          in_size;

    ngx_rbtree_t                    channels;
    ngx_rbtree_node_t               sentinel;
    uint64_t                        last_channel;   /* of ours, odd */
    uint64_t                        last_peer;      /* of its own, even */

    ngx_event_t                     restart;
    ngx_msec_t                      backoff;

    /* one that retires, in process->retiring: it has no part in a restart */
    ngx_queue_t                     queue;
    ngx_event_t                     drain;
    ngx_http_dynworker_dead_t       dead;

    uint64_t                        sent;           /* bytes, all together */
    ngx_queue_t                     parked;         /* calls for the next one */

    unsigned                        ready:1;        /* HELLO has come */
    unsigned                        broken:1;       /* to be closed */
    unsigned                        reset:1;        /* left something unread */
    unsigned                        retiring:1;
};


struct ngx_http_dynworker_process_s {
    ngx_cycle_t                    *cycle;
    ngx_http_dynworker_main_conf_t *conf;
    ngx_http_dynworker_engine_t    *engines[NGX_HTTP_DYNWORKER_ENGINES];

    /* the loader table: isolates by namespace and id */
    ngx_rbtree_t                    isolates;
    ngx_rbtree_node_t               isolates_sentinel;
    ngx_queue_t                     lru;            /* idle ones, oldest last */
    ngx_queue_t                     stubbed;        /* that only stubs hold */
    ngx_queue_t                     parked;         /* that wait for room */
    ngx_uint_t                      nparked;
    ngx_event_t                     admit;          /* there may be room */
    ngx_uint_t                      count;          /* of dynamic isolates */
    uint64_t                        memory;         /* that they take */
    uint64_t                        granted;        /* by calls: next number */
    ngx_event_t                     idle;

    /* host workers' isolates, one a location */
    ngx_queue_t                     hosts;

    /* finished traces, sent by a posted event, and calls for tails */
    ngx_queue_t                     traces;
    ngx_event_t                     tail;
    ngx_uint_t                      tails;

    /* engines that finish what they have begun, and take nothing new */
    ngx_queue_t                     retiring;

    /* engines that were closed and have not ended yet */
    ngx_queue_t                     leavers;

    ngx_http_dynworker_dead_t      *dead;
    ngx_event_t                     burial;

    unsigned                        stopped:1;
    unsigned                        tails_full:1;   /* and the log knows */
};


/* Engines of this process, started if need be; NULL: out of memory. */
ngx_http_dynworker_process_t *ngx_http_dynworker_process_start(
    ngx_cycle_t *cycle, ngx_http_dynworker_main_conf_t *dmcf);
void ngx_http_dynworker_process_stop(ngx_http_dynworker_process_t *process);
/* Frees "data", which holds "dead", later. */
void ngx_http_dynworker_bury(ngx_http_dynworker_process_t *process,
    ngx_http_dynworker_dead_t *dead, void *data);

/* Room for "size" bytes at the end of the out-buffer; NULL: engine is gone. */
u_char *ngx_http_dynworker_engine_reserve(ngx_http_dynworker_engine_t *engine,
    size_t size);
/* The bytes up to "last" of what was reserved will be sent. */
void ngx_http_dynworker_engine_commit(ngx_http_dynworker_engine_t *engine,
    u_char *last);
/*
 * RETIRE: another engine takes its place, and it has a few seconds to finish.
 * NGX_ERROR: it has said so before.
 */
ngx_int_t ngx_http_dynworker_engine_retire(
    ngx_http_dynworker_engine_t *engine);
/* Its last channel is closed: it is ended, if it retires. */
void ngx_http_dynworker_engine_empty(ngx_http_dynworker_engine_t *engine);
/*
 * It is not running, but is going to be at once: "call" waits for that.
 * NGX_DECLINED: it will take longer.
 */
ngx_int_t ngx_http_dynworker_engine_park(ngx_http_dynworker_engine_t *engine,
    ngx_http_dynworker_call_t *call);
/* It is not running, and is going to be at once. */
ngx_uint_t ngx_http_dynworker_engine_restarts(
    ngx_http_dynworker_engine_t *engine);
/* Marks it as misbehaving: it is closed once the frame in hand is done. */
void ngx_http_dynworker_engine_break(ngx_http_dynworker_engine_t *engine,
    const char *why);


/* ngx_http_dynworker_pipe.c: bodies on their way */

typedef struct {
    /* "size" bytes of what was pushed were taken; 0: there may be room */
    void      (*consumed)(void *data, size_t size);
    /* nobody wants the rest */
    void      (*cancel)(void *data);
} ngx_http_dynworker_source_t;

typedef struct {
    /* how many of the bytes were taken, maybe 0 */
    size_t    (*write)(void *data, u_char *p, size_t size);
    /*
     * All bytes were taken; code 0 is the end, else dw_wire_code_t.
     * NGX_AGAIN: not now, ask again when pulled.
     */
    ngx_int_t (*end)(void *data, ngx_uint_t code);
} ngx_http_dynworker_sink_t;

struct ngx_http_dynworker_pipe_s {
    const ngx_http_dynworker_source_t  *source;
    void                               *source_data;
    const ngx_http_dynworker_sink_t    *sink;
    void                               *sink_data;
    u_char                             *buf;
    size_t                              pos;
    size_t                              len;
    size_t                              size;
    ngx_uint_t                          code;
    ngx_uint_t                          refs;
    unsigned                            ended:1;    /* by the source */
    unsigned                            passed:1;   /* end told to the sink */
    unsigned                            cancelled:1;
};

/* One reference, for the caller. */
ngx_http_dynworker_pipe_t *ngx_http_dynworker_pipe_create(void);
void ngx_http_dynworker_pipe_release(ngx_http_dynworker_pipe_t *pipe);
void ngx_http_dynworker_pipe_set_source(ngx_http_dynworker_pipe_t *pipe,
    const ngx_http_dynworker_source_t *source, void *data);
/* NULL sink: the bytes wait. */
void ngx_http_dynworker_pipe_set_sink(ngx_http_dynworker_pipe_t *pipe,
    const ngx_http_dynworker_sink_t *sink, void *data);
/* From the source: as much as the sink takes now; the rest stays with it. */
size_t ngx_http_dynworker_pipe_offer(ngx_http_dynworker_pipe_t *pipe,
    u_char *p, size_t size);
/* From the source: what the sink does not take now is buffered. */
ngx_int_t ngx_http_dynworker_pipe_push(ngx_http_dynworker_pipe_t *pipe,
    u_char *p, size_t size);
/* From the source: no more; code 0 or dw_wire_code_t. */
void ngx_http_dynworker_pipe_end(ngx_http_dynworker_pipe_t *pipe,
    ngx_uint_t code);
/* From neither: the sink is told "code", the source that nobody reads. */
void ngx_http_dynworker_pipe_fail(ngx_http_dynworker_pipe_t *pipe,
    ngx_uint_t code);
/* From the sink: it can take more. */
void ngx_http_dynworker_pipe_pull(ngx_http_dynworker_pipe_t *pipe);
/* Its sink has left, and these bytes were in vain: they come first again. */
ngx_int_t ngx_http_dynworker_pipe_unread(ngx_http_dynworker_pipe_t *pipe,
    u_char *p, size_t size);
/* From the sink: it wants no more. */
void ngx_http_dynworker_pipe_cancel(ngx_http_dynworker_pipe_t *pipe);


/* ngx_http_dynworker_channel.c: an engine's channels, frames out */

struct ngx_http_dynworker_channel_s {
    ngx_rbtree_node_t               node;           /* key: id */
    ngx_http_dynworker_dead_t       dead;
    ngx_http_dynworker_engine_t    *engine;
    uint64_t                        id;
    uint64_t                        credit;         /* ours, to send */
    uint64_t                        window;         /* the engine's, to send */
    size_t                          owed;           /* taken, not yet granted */
    uint64_t                        opened;         /* in engine->sent */

    ngx_uint_t                      kind;           /* dw_wire_kind_t */
    /* an isolate (ISOLATE), a call (FETCH), a load (LOAD) */
    void                           *owner;

    /* what arrives on it, what leaves by it; references */
    ngx_http_dynworker_pipe_t      *in;
    ngx_http_dynworker_pipe_t      *out;

    unsigned                        ours:1;         /* opened by nginx */
    unsigned                        in_ended:1;
    unsigned                        out_ended:1;
    unsigned                        headed:1;       /* HEAD has come */
    unsigned                        granted:1;      /* WINDOW has come */
    unsigned                        closed:1;
};


extern const ngx_http_dynworker_source_t  ngx_http_dynworker_channel_source;
extern const ngx_http_dynworker_sink_t    ngx_http_dynworker_channel_sink;

/* A channel of nginx's own; the caller sends OPEN. */
ngx_http_dynworker_channel_t *ngx_http_dynworker_channel_create(
    ngx_http_dynworker_engine_t *engine, ngx_uint_t kind, void *owner);
/* One that the engine has opened as "id". */
ngx_http_dynworker_channel_t *ngx_http_dynworker_channel_add(
    ngx_http_dynworker_engine_t *engine, uint64_t id, ngx_uint_t kind,
    void *owner);
ngx_http_dynworker_channel_t *ngx_http_dynworker_channel_find(
    ngx_http_dynworker_engine_t *engine, uint64_t id);
/* Forgets it without a frame: its pipes end with "code". */
void ngx_http_dynworker_channel_close(ngx_http_dynworker_channel_t *channel,
    ngx_uint_t code);
/* It is for an RPC session: its bodies are read, and never joined. */
void ngx_http_dynworker_channel_open_window(
    ngx_http_dynworker_channel_t *channel);
/* Sends RESET; the channel is not closed. */
void ngx_http_dynworker_channel_reset(ngx_http_dynworker_channel_t *channel,
    ngx_uint_t code, ngx_str_t *message);
/* Sends all of p as DATA, credit or not: for code, whose window is open. */
ngx_int_t ngx_http_dynworker_channel_send(ngx_http_dynworker_channel_t *channel,
    u_char *p, size_t size);
void ngx_http_dynworker_channel_send_end(ngx_http_dynworker_channel_t *channel);


/* ngx_http_dynworker_switch.c: frames in */

/*
 * Handles one whole frame of the engine's.  NGX_ERROR: it broke a rule, and
 * engine_break() has said which.
 */
ngx_int_t ngx_http_dynworker_switch_frame(ngx_http_dynworker_engine_t *engine,
    dw_wire_header_t *header, dw_wire_span_t payload);
/* The engine is gone: resets everything that it had. */
void ngx_http_dynworker_switch_reset(ngx_http_dynworker_engine_t *engine);


/* ngx_http_dynworker_text.c: texts and header lists, hostile or nginx's */

/*
 * Makes a message fit for a log line: control characters are escaped, long
 * texts cut.  *text then points to static storage, until the next call.
 */
void ngx_http_dynworker_text(ngx_str_t *text);

/* Takes the next NUL-terminated string off "list"; NGX_DONE at its end. */
ngx_int_t ngx_http_dynworker_next_string(ngx_str_t *list, ngx_str_t *string);

/*
 * Walks nginx's own list of headers, from its first part and an *i of 0 on;
 * NULL at its end.
 */
ngx_table_elt_t *ngx_http_dynworker_next_header(ngx_list_part_t **part,
    ngx_uint_t *i);

/*
 * A header of nginx's as strings of a head: how long all of a list are, and
 * one of them.  What no worker could send is not for one to receive and pass
 * on, so that is left out.
 */
size_t ngx_http_dynworker_headers_length(ngx_list_t *headers);
u_char *ngx_http_dynworker_put_header(u_char *p, ngx_table_elt_t *h);

/*
 * NGX_OK when "strings" is one string without control characters, then pairs
 * of field names (tokens) and field values: RFC 9110, 5.1 and 5.5.
 */
ngx_int_t ngx_http_dynworker_check_headers(ngx_str_t *strings);

/* Headers of a connection, not of a message: RFC 9110, 7.6.1. */
ngx_uint_t ngx_http_dynworker_is_hop_header(ngx_str_t *name);
ngx_uint_t ngx_http_dynworker_same_header(ngx_str_t *one, ngx_str_t *other);

/* Is it a token?  A value, without control characters? */
ngx_uint_t ngx_http_dynworker_is_token(ngx_str_t *s);
ngx_uint_t ngx_http_dynworker_is_value(ngx_str_t *s);


/* ngx_http_dynworker_call.c: one request and its response */

typedef struct {
    ngx_str_t                       props;
    /* NUL-terminated: entrypoint, method, URL, cf, name, value ... */
    ngx_str_t                       strings;
    uint64_t                        body_length;
    unsigned                        body:1;
    unsigned                        rpc:1;      /* a session */
    unsigned                        tail:1;     /* the body is a trace */
} ngx_http_dynworker_head_t;


struct ngx_http_dynworker_call_s {
    ngx_http_dynworker_process_t   *process;
    ngx_http_dynworker_dead_t       dead;

    /* origin: one of these, or neither when it is gone */
    ngx_http_request_t             *request;
    ngx_http_dynworker_channel_t   *origin;

    /* of "request", whose slot a filter's own answer may have cleared */
    ngx_http_dynworker_ctx_t       *ctx;

    /* target: one of these, or neither before and after */
    ngx_http_dynworker_isolate_t   *isolate;
    ngx_http_dynworker_channel_t   *target;     /* invocation in isolate */
    ngx_http_dynworker_outbound_t  *outbound;

    /* waits for its isolate's code, or (parked) for an engine */
    ngx_queue_t                     queue;

    /*
     * Until its isolate has answered: what it takes to invoke another one.
     * "replay" is what was sent of an RPC session.
     */
    ngx_http_dynworker_head_t      *head;
    uint64_t                        stub;       /* LOAD channel of origin's */
    ngx_http_dynworker_lent_t      *lent;       /* until closed */
    u_char                         *replay;
    size_t                          replay_size;

    /* the invocation that it was made in; calls and loads made in it */
    ngx_http_dynworker_call_t      *parent;
    ngx_queue_t                     siblings;
    ngx_queue_t                     children;
    ngx_queue_t                     loads;

    ngx_http_dynworker_pipe_t      *request_pipe;
    ngx_http_dynworker_pipe_t      *response_pipe;

    /* the client's side: what is on its way to it, and its unread body */
    ngx_chain_t                    *out;
    ngx_chain_t                    *busy;
    ngx_chain_t                    *free;
    ngx_chain_t                    *body;
    size_t                          pending;
    off_t                           rest;       /* of its length, if sized */
    ngx_event_t                     output;

    ngx_event_t                     timer;      /* wall time */
    ngx_msec_t                      start;
    ngx_uint_t                      subrequests;
    /* limits of this invocation alone, 0 for none; the isolate's hold, too */
    ngx_msec_t                      max_cpu;
    ngx_uint_t                      max_subrequests;
    ngx_uint_t                      level;      /* of parents */
    uint64_t                        cpu_us;
    ngx_uint_t                      depth;      /* of services in services */
    ngx_uint_t                      tail_depth; /* of tails of tails */

    ngx_http_dynworker_trace_t     *trace;      /* of its invocation */

    /* of the client's request at the root, once that has gone */
    ngx_http_dynworker_kept_t      *kept;

    /* of the location where the root request came in */
    ngx_http_dynworker_loc_conf_t  *conf;
    ngx_http_conf_ctx_t            *conf_ctx;

    /* made of conf->props, in the pool of "request" */
    ngx_str_t                       props;

    unsigned                        waiting:1;
    unsigned                        again:1;        /* is invoked anew */
    unsigned                        pass:1;         /* DW_WIRE_PASS */
    unsigned                        rpc:1;
    unsigned                        responded:1;
    unsigned                        response_done:1;
    unsigned                        joined:1;       /* response_pipe is */
    unsigned                        request_joined:1;   /* by its target */
    unsigned                        target_done:1;
    unsigned                        cancelled:1;
    unsigned                        cold:1;         /* made its isolate */
    unsigned                        client_last:1;  /* last_buf is in out */
    unsigned                        sized:1;    /* client was told a length */
    unsigned                        body_started:1; /* client's body */
    unsigned                        body_starting:1;
    unsigned                        body_posted:1;  /* it has begun to come */
    unsigned                        body_ended:1;
    unsigned                        closed:1;
    unsigned                        tail:1;         /* nobody waits for it */
    unsigned                        traced:1;       /* its engine was told */
};


ngx_http_dynworker_call_t *ngx_http_dynworker_call_create(
    ngx_http_dynworker_process_t *process, ngx_http_dynworker_call_t *parent);

/* Does it fit into one frame? */
ngx_uint_t ngx_http_dynworker_head_fits(ngx_http_dynworker_head_t *head);

/* Sends it into the isolate, now or once its code is there. */
void ngx_http_dynworker_call_invoke(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_isolate_t *isolate, ngx_http_dynworker_head_t *head);

/* From the target: the response's head; strings as on the wire. */
void ngx_http_dynworker_call_respond(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, ngx_uint_t body, uint64_t length, ngx_str_t *strings);
/* From the target: it failed.  The origin is told, the call goes. */
void ngx_http_dynworker_call_fail(ngx_http_dynworker_call_t *call,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location);
/* From the target: nothing more of it but the response's body, if any. */
void ngx_http_dynworker_call_target_done(ngx_http_dynworker_call_t *call);
/* The response's last byte has been handed to the origin, or nobody waits. */
void ngx_http_dynworker_call_response_done(ngx_http_dynworker_call_t *call);
/* From the origin: it is gone, or wants no more. */
void ngx_http_dynworker_call_cancel(ngx_http_dynworker_call_t *call);
/*
 * Its response's body was joined to another end: of its origin only the rest
 * of the request's body is still to come.
 */
void ngx_http_dynworker_call_joined(ngx_http_dynworker_call_t *call);
/* ... and that has come, or never will: it has no origin any more. */
void ngx_http_dynworker_call_leave(ngx_http_dynworker_call_t *call);
/* ... and that is not wanted any more. */
void ngx_http_dynworker_call_unread(ngx_http_dynworker_call_t *call);
/* From its isolate, which is warm now: leaves the queue. */
void ngx_http_dynworker_call_send(ngx_http_dynworker_call_t *call);
/*
 * Its isolate is gone, and no worker has seen it: once, it is invoked anew, in
 * an isolate that is loaded for it if need be.  NGX_DECLINED: it cannot be.
 */
ngx_int_t ngx_http_dynworker_call_again(ngx_http_dynworker_call_t *call);
/* From an engine where it was parked: it runs now, or (0) does not. */
void ngx_http_dynworker_call_unpark(ngx_http_dynworker_call_t *call,
    ngx_uint_t running);
/* From its target: "size" bytes of its RPC session have been sent. */
void ngx_http_dynworker_call_record(ngx_http_dynworker_call_t *call,
    u_char *p, size_t size);

/* The client's request at the root of "call", NULL when it is gone. */
ngx_http_request_t *ngx_http_dynworker_call_root(
    ngx_http_dynworker_call_t *call);
/* What was kept of it. */
ngx_http_dynworker_kept_t *ngx_http_dynworker_call_kept(
    ngx_http_dynworker_call_t *call);
/*
 * ctx.props of the entrypoint.  Those of a service are its location's, of the
 * client's request at the root, if that came in there; else none.
 */
void ngx_http_dynworker_call_props(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_entry_t *entry, ngx_str_t *props);
/* The client's request leaves, or the call its parent: what it needs stays. */
void ngx_http_dynworker_call_keep(ngx_http_dynworker_call_t *call);
/* Where to log what concerns "call". */
ngx_log_t *ngx_http_dynworker_call_log(ngx_http_dynworker_call_t *call);


/* ngx_http_dynworker_trace.c: what tail handlers are told of invocations */

/* Begins the trace of "call", if its isolate has tails. */
void ngx_http_dynworker_trace_start(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_head_t *head);
/* From the engine; an empty text was too long for it. */
void ngx_http_dynworker_trace_add(ngx_http_dynworker_call_t *call,
    ngx_uint_t kind, ngx_str_t *text);
/* The response has begun. */
void ngx_http_dynworker_trace_head(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, uint64_t length);
/* Bytes of its body have come. */
void ngx_http_dynworker_trace_data(ngx_http_dynworker_call_t *call,
    size_t size);
/* The invocation has failed; the first reason counts. */
void ngx_http_dynworker_trace_fail(ngx_http_dynworker_call_t *call,
    ngx_uint_t code, ngx_str_t *message);
/* "call" closes: the trace is finished, and sent soon. */
void ngx_http_dynworker_trace_end(ngx_http_dynworker_call_t *call);
/* No worker has seen "call": there is nothing to tell. */
void ngx_http_dynworker_trace_drop(ngx_http_dynworker_call_t *call);

void ngx_http_dynworker_trace_init(ngx_http_dynworker_process_t *process);
/* What has not been sent never will be. */
void ngx_http_dynworker_trace_done(ngx_http_dynworker_process_t *process);


/* ngx_http_dynworker_client.c: clients' requests as origins of calls */

ngx_int_t ngx_http_dynworker_script_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_dynworker_load_handler(ngx_http_request_t *r);

/*
 * The isolate of a "dynworker_load" location for "r", its code asked for if it
 * was cold; else NULL and a status, with its reason logged.
 */
ngx_http_dynworker_isolate_t *ngx_http_dynworker_client_isolate(
    ngx_http_request_t *r, ngx_int_t *status);
/* Sets r->read_event_handler for when nothing is to be read. */
void ngx_http_dynworker_client_watch(ngx_http_request_t *r);
void ngx_http_dynworker_client_fail(ngx_http_dynworker_call_t *call,
    ngx_uint_t code);
/* An answer of nginx's own instead of the worker's, e.g. the code's status. */
void ngx_http_dynworker_client_finalize(ngx_http_dynworker_call_t *call,
    ngx_int_t status);
/* The request leaves the call, with what its variables need. */
void ngx_http_dynworker_client_finish(ngx_http_dynworker_call_t *call,
    ngx_int_t rc);
/* $dynworker_error for a dw_wire_code_t. */
ngx_str_t *ngx_http_dynworker_client_error(ngx_uint_t code);


/* ngx_http_dynworker_request.c: a client's request as its worker sees it */

ngx_int_t ngx_http_dynworker_client_head(ngx_http_request_t *r,
    ngx_http_dynworker_head_t *head);


/* ngx_http_dynworker_body.c: the body of a client's request */

extern const ngx_http_dynworker_source_t  ngx_http_dynworker_client_source;


/* ngx_http_dynworker_response.c: a worker's response to the client */

extern const ngx_http_dynworker_sink_t  ngx_http_dynworker_client_sink;

void ngx_http_dynworker_client_respond(ngx_http_dynworker_call_t *call,
    ngx_uint_t status, ngx_uint_t body, uint64_t length, ngx_str_t *strings);
/* r->write_event_handler while a response is on its way. */
void ngx_http_dynworker_client_writable(ngx_http_request_t *r);
/* call->output: sends what one turn of the event loop has brought. */
void ngx_http_dynworker_client_output_event(ngx_event_t *ev);


/* ngx_http_dynworker_loader.c: isolates and the loader table */

typedef enum {
    NGX_HTTP_DYNWORKER_COLD = 0,
    NGX_HTTP_DYNWORKER_WAITING,     /* for its code */
    NGX_HTTP_DYNWORKER_LOADING,     /* code is on its way to the engine */
    NGX_HTTP_DYNWORKER_WARM
} ngx_http_dynworker_state_e;


struct ngx_http_dynworker_isolate_s {
    ngx_str_node_t                  sn;         /* "namespace NUL id" */
    ngx_http_dynworker_process_t   *process;
    ngx_queue_t                     queue;      /* lru, stubbed, parked, or
                                                   hosts */
    ngx_http_dynworker_role_e       role;
    ngx_http_dynworker_state_e      state;
    ngx_str_t                       name;       /* for messages */
    ngx_http_dynworker_channel_t   *channel;    /* LOADING, WARM */

    ngx_http_dynworker_dead_t       dead;

    ngx_queue_t                     waiting;    /* calls */
    ngx_uint_t                      queued;     /* calls without a response */
    ngx_http_dynworker_load_t      *provider;   /* is asked for the code */
    ngx_queue_t                     providers;  /* more who could be */
    ngx_http_dynworker_outbound_t  *code;       /* dynworker_load's request */

    ngx_http_dynworker_cap_t       *caps;
    ngx_uint_t                      ncaps;
    ngx_http_dynworker_cap_t        own_cap;    /* caps[0] of a dynamic one */
    ngx_http_dynworker_tails_t     *tails;      /* a reference, or NULL */
    ngx_http_dynworker_limits_t     limits;
    ngx_http_dynworker_loc_conf_t  *conf;
    ngx_http_conf_ctx_t            *conf_ctx;

    /* why it is COLD: for calls through stubs that cannot give its code */
    ngx_uint_t                      failure_code;
    ngx_str_t                       failure;
    ngx_str_t                       failure_location;

    uint64_t                        memory;     /* as its engine claims */
    ngx_uint_t                      refs;       /* calls, loads */
    ngx_uint_t                      loads;      /* that lead to it */
    ngx_uint_t                      stubs;      /* loads that it has open */
    ngx_msec_t                      used;       /* when it became idle */
    unsigned                        named:1;    /* in the table */
    unsigned                        retired:1;  /* goes when it is not held */
    unsigned                        evicted:1;  /* retired to make room */
    unsigned                        counted:1;  /* in process->count */
    unsigned                        idle:1;     /* in lru */
    unsigned                        stubbed:1;  /* in stubbed */
    unsigned                        parked:1;   /* in parked: WAITING */
    unsigned                        fresh:1;    /* no call was sent to it */
    unsigned                        disposed:1;
};


/* A LOAD channel: a stub that an isolate holds. */
struct ngx_http_dynworker_load_s {
    ngx_http_dynworker_dead_t       dead;
    ngx_http_dynworker_channel_t   *channel;
    ngx_http_dynworker_call_t      *parent;
    ngx_queue_t                     siblings;   /* parent->loads */
    ngx_queue_t                     queue;      /* isolate->providers */
    ngx_http_dynworker_isolate_t   *isolate;
    size_t                          size;       /* of the code so far */
    unsigned                        lasting:1;  /* of get(id): can be asked */
    unsigned                        queued:1;   /* in providers */
    unsigned                        again:1;    /* to ask once END has come */
};


void ngx_http_dynworker_loader_init(ngx_http_dynworker_process_t *process);
void ngx_http_dynworker_loader_done(ngx_http_dynworker_process_t *process);
/* What lives in "engine" takes no new work: who asks for it gets another. */
void ngx_http_dynworker_loader_retire(ngx_http_dynworker_engine_t *engine);

/* The isolate of a location's host worker, its code sent if it was cold. */
ngx_http_dynworker_isolate_t *ngx_http_dynworker_host_isolate(
    ngx_http_dynworker_process_t *process, ngx_http_dynworker_loc_conf_t *conf,
    ngx_http_conf_ctx_t *ctx);
/* Is there room for one more isolate?  Idle ones go for it. */
ngx_int_t ngx_http_dynworker_loader_room(
    ngx_http_dynworker_process_t *process);
/* There may be some now, or an engine again, for those that wait. */
void ngx_http_dynworker_loader_wake(
    ngx_http_dynworker_process_t *process);
/* Logs that there is none for the worker of this name. */
void ngx_http_dynworker_loader_full(ngx_http_dynworker_process_t *process,
    ngx_str_t *name, ngx_log_t *log);
/* The isolate of an id, maybe cold; NULL: no memory. */
ngx_http_dynworker_isolate_t *ngx_http_dynworker_loader_get(
    ngx_http_dynworker_process_t *process, ngx_str_t *space, ngx_str_t *id);
void ngx_http_dynworker_isolate_ref(ngx_http_dynworker_isolate_t *isolate);
void ngx_http_dynworker_isolate_unref(ngx_http_dynworker_isolate_t *isolate);
/* Opens its channel, LOADING; its code is sent by the caller. */
ngx_int_t ngx_http_dynworker_isolate_open(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t format);
/* All code was sent: WARM, waiting calls follow. */
void ngx_http_dynworker_isolate_loaded(ngx_http_dynworker_isolate_t *isolate);
/* COLD again; waiting calls fail, unless another provider takes over. */
void ngx_http_dynworker_isolate_fail(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location);
/* From the engine: the worker is dead. */
void ngx_http_dynworker_isolate_reset(ngx_http_dynworker_isolate_t *isolate,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location);
/* From the engine: so much memory it takes. */
void ngx_http_dynworker_isolate_memory(ngx_http_dynworker_isolate_t *isolate,
    uint64_t bytes);
/* From the engine: what the code asks to have lowered. */
void ngx_http_dynworker_isolate_lower(ngx_http_dynworker_isolate_t *isolate,
    dw_wire_worker_t *worker);

ngx_int_t ngx_http_dynworker_load_open(ngx_http_dynworker_channel_t *channel,
    ngx_http_dynworker_call_t *parent, dw_wire_open_t *open);
ngx_int_t ngx_http_dynworker_load_head(ngx_http_dynworker_load_t *load,
    dw_wire_worker_t *worker);
void ngx_http_dynworker_load_reset(ngx_http_dynworker_load_t *load,
    ngx_uint_t code, ngx_str_t *message, ngx_str_t *location);
/* From the engine: the code is complete. */
void ngx_http_dynworker_load_ended(ngx_http_dynworker_load_t *load);
/*
 * The isolate that calls through this stub go to: a new one when the last one
 * has gone and its code can be had again.  NULL: there are too many.
 */
ngx_http_dynworker_isolate_t *ngx_http_dynworker_load_isolate(
    ngx_http_dynworker_load_t *load);
/* Its invocation is over, or its channel is gone. */
void ngx_http_dynworker_load_close(ngx_http_dynworker_load_t *load);


/* ngx_http_dynworker_cap.c: what an isolate may reach */

/* Makes conf->caps, with the global outbound alone in it. */
ngx_int_t ngx_http_dynworker_caps_init(ngx_conf_t *cf,
    ngx_http_dynworker_loc_conf_t *conf);
/* Capability "number"; NULL: it has none such. */
ngx_http_dynworker_cap_t *ngx_http_dynworker_isolate_cap(
    ngx_http_dynworker_isolate_t *isolate, uint64_t number);
/* The same for the invocation "call": its isolate's, or what came with it. */
ngx_http_dynworker_cap_t *ngx_http_dynworker_call_cap(
    ngx_http_dynworker_call_t *call, uint64_t number);
/*
 * Grants to the target of "call" what the invocation that makes it asks, until
 * the call is closed.  NGX_DECLINED: one of the grants is nothing that it has.
 */
ngx_int_t ngx_http_dynworker_call_lend(ngx_http_dynworker_call_t *call,
    dw_wire_open_t *open);
void ngx_http_dynworker_call_unlend(ngx_http_dynworker_call_t *call);
/*
 * Makes the table of a dynamic isolate, as the loading one asks.  NGX_DECLINED:
 * one of the grants is nothing that the loading isolate has; NGX_ABORT: one of
 * its tails is no entrypoint.
 */
ngx_int_t ngx_http_dynworker_isolate_grant(
    ngx_http_dynworker_isolate_t *isolate, ngx_http_dynworker_isolate_t *from,
    dw_wire_worker_t *worker);
/* A dynamic isolate has nothing until it is loaded anew. */
void ngx_http_dynworker_isolate_revoke(ngx_http_dynworker_isolate_t *isolate);
void ngx_http_dynworker_tails_release(ngx_http_dynworker_tails_t *tails);


/* ngx_http_dynworker_outbound.c: fetch() out of a worker */

/* What becomes of a request's body. */
typedef enum {
    NGX_HTTP_DYNWORKER_UPLOAD_WAITING = 0,  /* the location will say */
    NGX_HTTP_DYNWORKER_UPLOAD_COLLECTING,
    NGX_HTTP_DYNWORKER_UPLOAD_COLLECTED,
    NGX_HTTP_DYNWORKER_UPLOAD_STREAMING,    /* once the proxy asks for it */
    NGX_HTTP_DYNWORKER_UPLOAD_SENDING
} ngx_http_dynworker_upload_e;


struct ngx_http_dynworker_outbound_s {
    ngx_http_dynworker_process_t   *process;
    ngx_http_conf_ctx_t            *conf_ctx;
    ngx_http_dynworker_call_t      *call;       /* a fetch(), or ... */
    ngx_http_dynworker_isolate_t   *isolate;    /* ... the code of this one */

    ngx_http_dynworker_policy_t    *policy;     /* NULL: code, or a service */
    ngx_str_t                       location;   /* ... at this URI */
    ngx_http_dynworker_url_t        url;        /* no scheme: invalid */
    ngx_str_t                       peer;
    void                           *peer_ctx;

    ngx_pool_t                     *pool;
    ngx_connection_t               *connection; /* no socket */
    ngx_http_request_t             *root;
    ngx_http_request_t             *request;    /* the subrequest */

    ngx_str_t                       method;
    ngx_uint_t                      method_id;
    ngx_str_t                       strings;    /* rest of the head */

    /* the proxy's own, behind ngx_http_dynworker_interim_init() */
    ngx_int_t                     (*process_header)(ngx_http_request_t *r);
    ngx_int_t                     (*reinit_request)(ngx_http_request_t *r);
    ngx_uint_t                      interim;        /* how many have come */

    /* the request's body; a reference, NULL when there is none any more */
    ngx_http_dynworker_pipe_t      *upload_pipe;
    ngx_http_dynworker_upload_e     upload;
    uint64_t                        upload_length;  /* as it was announced */
    ngx_chain_t                    *body;           /* what has come of it */
    ngx_chain_t                   **last_body;
    ngx_chain_t                    *body_busy;      /* SENDING: at nginx */
    ngx_chain_t                    *body_free;
    size_t                          body_pending;   /* in body, body_busy */
    off_t                           body_size;
    size_t                          body_limit;
    ngx_temp_file_t                *temp_file;

    ngx_uint_t                      status;     /* of the response */

    /* code that is being collected */
    ngx_uint_t                      format;
    ngx_str_t                       code_error; /* why it is no code */
    ngx_buf_t                      *code;
    ngx_int_t                       rc;

    /* for logs: who asks, and its client's $request_id */
    ngx_str_t                       worker;
    ngx_str_t                       root_id;
    ngx_str_t                       decision;   /* static strings */
    ngx_msec_t                      start;
    off_t                           bytes;      /* of the response's body */

    /* what a slow reader has not taken */
    ngx_chain_t                    *held;

    ngx_event_t                     destroy;

    unsigned                        headed:1;
    unsigned                        last:1;     /* whole body was seen */
    unsigned                        done:1;     /* the subrequest is over */
    unsigned                        started:1;
    unsigned                        passing:1;  /* in the body filter */
    unsigned                        body_done:1;    /* all of it has come */
    unsigned                        filling:1;  /* the sink was asked for */
    unsigned                        logging:1;  /* a line is to be written */
    unsigned                        cancelled:1;
    unsigned                        freed:1;
};


/* Starts a fetch() through capability "cap"; answers go to the call. */
void ngx_http_dynworker_outbound_start(ngx_http_dynworker_call_t *call,
    ngx_http_dynworker_cap_t *cap, ngx_http_dynworker_head_t *head);
/* Its call fails with "code". */
void ngx_http_dynworker_outbound_fail(ngx_http_dynworker_outbound_t *out,
    ngx_uint_t code, char *message);


/* ngx_http_dynworker_root.c: detached roots and their subrequests */

ngx_http_dynworker_outbound_t *ngx_http_dynworker_outbound_create(
    ngx_http_conf_ctx_t *conf_ctx, ngx_log_t *log);
/* Makes the root; "client" (may be NULL) is whom it is for, in logs. */
ngx_int_t ngx_http_dynworker_outbound_root(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *client);
/* Makes the subrequest, which waits for outbound_run() or a write event. */
ngx_int_t ngx_http_dynworker_outbound_launch(
    ngx_http_dynworker_outbound_t *out, ngx_str_t *uri, ngx_str_t *args);
void ngx_http_dynworker_outbound_run(ngx_http_dynworker_outbound_t *out);
/* Takes its events back from nginx, which has made an answer of its own. */
void ngx_http_dynworker_outbound_listen(ngx_http_dynworker_outbound_t *out);
/* Forgets its call or isolate, and ends it: in a posted event. */
void ngx_http_dynworker_outbound_cancel(ngx_http_dynworker_outbound_t *out);


/* ngx_http_dynworker_upload.c: their requests' bodies */

ngx_int_t ngx_http_dynworker_upload_init(ngx_conf_t *cf);
/* outbound_event(): there is more of a body that is sent as it comes. */
void ngx_http_dynworker_upload_event(ngx_http_dynworker_outbound_t *out);
/* Nobody wants the rest. */
void ngx_http_dynworker_upload_close(ngx_http_dynworker_outbound_t *out);


/* ngx_http_dynworker_interim.c: 1xx responses before theirs */

/* The proxy is about to make the request "r": its parser is led through us. */
void ngx_http_dynworker_interim_init(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r);


/* ngx_http_dynworker_capture.c: filters that take their responses */

ngx_int_t ngx_http_dynworker_outbound_init(ngx_conf_t *cf);


/* ngx_http_dynworker_code.c: code for "dynworker_load" */

/* Fetches the code of a cold isolate, once for all who wait. */
ngx_int_t ngx_http_dynworker_code_fetch(ngx_http_dynworker_isolate_t *isolate,
    ngx_http_request_t *r, ngx_str_t *uri);
/* From the filters: the answer's head, its bytes. */
void ngx_http_dynworker_code_head(ngx_http_dynworker_outbound_t *out,
    ngx_http_request_t *r);
ngx_int_t ngx_http_dynworker_code_body(ngx_http_dynworker_outbound_t *out,
    ngx_buf_t *b);
/* From the root: the subrequest has ended with "rc". */
void ngx_http_dynworker_code_done(ngx_http_dynworker_outbound_t *out,
    ngx_int_t rc);


#endif /* _NGX_HTTP_DYNWORKER_H_INCLUDED_ */
