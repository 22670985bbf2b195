
/*
 * The wire: what nginx and an engine say to each other over their socket.
 *
 * A stream of frames.  Every frame is a header of DW_WIRE_HEADER_SIZE bytes
 * and a payload; integers are in native byte order (one machine), fields have
 * fixed widths, lengths come first, reserved bytes are zero and checked.
 *
 *     offset  size  field
 *          0     4  length of the payload in bytes
 *          4     1  type (dw_wire_type_t)
 *          5     1  flags, of the type
 *          6     2  zero
 *          8     8  channel, 0 for the connection itself
 *
 * Everything that lasts is a channel.  nginx opens odd channels, an engine
 * even ones; an id is never used twice on one connection.  A frame for a
 * channel that its receiver has closed already is dropped: the two ends may
 * cross.  DATA is sent under credit, counted in bytes for each direction of a
 * channel, and never beyond it.
 *
 * This room does no I/O and allocates nothing: encoders write into the
 * caller's buffer, decoders return spans of the caller's bytes.  To nginx
 * every byte from an engine is hostile; all decoders survive any input.
 */

#ifndef DW_WIRE_H
#define DW_WIRE_H


#include <stddef.h>
#include <stdint.h>


#define DW_WIRE_VERSION        1
#define DW_WIRE_HEADER_SIZE    16

/* caps on payloads, in bytes */
#define DW_WIRE_DATA_MAX       65536
#define DW_WIRE_HEAD_MAX       (1024 * 1024 + 65536)
#define DW_WIRE_MESSAGE_MAX    16384
#define DW_WIRE_TRACE_MAX      (256 * 1024)

/* Worker code and env, as one payload of a LOAD or ISOLATE channel. */
#define DW_WIRE_CODE_MAX       (66 * 1024 * 1024)

/*
 * Credit of a new channel.  A body stays in nginx until its reader grants
 * credit, so a body that is only passed on never enters an engine; towards
 * nginx the first window is open, so that a small answer leaves in one send.
 * With DW_WIRE_RPC, whose bodies are always read, it is open in both.
 */
#define DW_WIRE_WINDOW_TO_NGINX   65536
#define DW_WIRE_WINDOW_TO_ENGINE  0

#define DW_WIRE_LENGTH_UNKNOWN    UINT64_MAX

#define DW_WIRE_FOOTPRINT_STEP    (1024 * 1024)


typedef enum {
    /* engine: first frame of a connection, channel 0; dw_wire_hello_t */
    DW_WIRE_HELLO = 1,
    /* engine: channel 0, "give me no new work"; no payload */
    DW_WIRE_RETIRE = 2,
    /* engine: channel of an isolate or invocation; dw_wire_log_t */
    DW_WIRE_LOG = 3,
    /* either: opens a channel; dw_wire_open_t */
    DW_WIRE_OPEN = 4,
    /* either: a channel's answer or its description; by the channel's kind */
    DW_WIRE_HEAD = 5,
    /* either: bytes of the channel's body */
    DW_WIRE_DATA = 6,
    /*
     * either: the sender's body is complete.  From an engine on an invocation
     * it carries dw_wire_usage_t; with DW_WIRE_FINAL no DONE follows.
     */
    DW_WIRE_END = 7,
    /* either: the channel failed or is no longer wanted; dw_wire_reset_t */
    DW_WIRE_RESET = 8,
    /* either: u32, credit for that many bytes more */
    DW_WIRE_WINDOW = 9,
    /* engine: an invocation's waitUntil work is over; dw_wire_usage_t */
    DW_WIRE_DONE = 10,
    /*
     * engine: channel of an isolate; u64, the bytes of memory that it takes,
     * when that has changed by DW_WIRE_FOOTPRINT_STEP or more
     */
    DW_WIRE_FOOTPRINT = 11,

    DW_WIRE_TYPE_MAX
} dw_wire_type_t;


/* header flags of DW_WIRE_END */
#define DW_WIRE_FINAL  0x01

/*
 * header flags of DW_WIRE_RESET, from an engine on an invocation: the worker
 * has seen nothing of it, so another isolate may run it instead; the worker
 * wants an exception to be passed through to who answers in its place
 */
#define DW_WIRE_UNSEEN  0x01
#define DW_WIRE_PASS    0x02


/* Kinds of channels. */
typedef enum {
    /*
     * nginx -> engine: an isolate and the worker in it.  DATA is the code in
     * dw_wire_open_t.format, END completes it.  When the code asks to have
     * limits lowered or no outbound, the engine says so by HEAD
     * (dw_wire_worker_t) before it runs the first line of the worker; it
     * answers RESET when the worker is dead.  RESET
     * from nginx disposes of the isolate and of all that runs in it.
     */
    DW_WIRE_ISOLATE = 1,
    /*
     * nginx -> engine: a fetch event into the isolate "parent".
     * engine -> nginx: a fetch() out of the invocation "parent".
     * Opener's DATA/END is the request's body, HEAD/DATA/END the response.
     * With DW_WIRE_RPC it is an RPC session instead: both bodies are messages
     * of the two runtimes, which nginx passes on unseen.
     * RESET CANCEL into an isolate says that nobody waits for the response any
     * more; the channel lasts until DONE, for waitUntil() work.  Every other
     * RESET closes it.
     */
    DW_WIRE_FETCH = 2,
    /*
     * engine -> nginx: a Worker Loader's load() or get() by the invocation
     * "parent", through the loader capability "target".  HEAD
     * (dw_wire_worker_t), DATA and END from the engine are the code, at once
     * for load(), after HEAD (empty) from nginx for a get() that is cold;
     * after END nginx may ask again, with the window as it was at first.
     * The channel is the stub: it lasts until its invocation is over.
     */
    DW_WIRE_LOAD = 3
} dw_wire_kind_t;


/* Format of an ISOLATE's or LOAD's DATA. */
typedef enum {
    /* dw_wire_record_t list: a host worker, its modules and bindings */
    DW_WIRE_CODE_RECORDS = 1,
    /* a value as V8 serializes it: WorkerCode out of another isolate */
    DW_WIRE_CODE_VALUE = 2,
    /* JSON text: WorkerCode */
    DW_WIRE_CODE_JSON = 3,
    /* JavaScript text: the main module */
    DW_WIRE_CODE_MODULE = 4
} dw_wire_format_t;


/* dw_wire_open_t.flags and dw_wire_response_t.flags */
#define DW_WIRE_BODY    0x01    /* a body follows */
#define DW_WIRE_JOIN    0x02    /* the body is what arrives on "join" */
#define DW_WIRE_LOADED  0x04    /* "target" is a LOAD channel */
#define DW_WIRE_ID      0x08    /* LOAD: get(id), the id is the first string */
#define DW_WIRE_HOST    0x10    /* ISOLATE: a trusted host worker */
#define DW_WIRE_RPC     0x20    /* FETCH: an RPC session; with _BODY */
#define DW_WIRE_SELF    0x40    /* FETCH: the target is its own worker */
/*
 * ISOLATE: has tails, so what happens in its invocations is told by LOG.
 * FETCH from nginx: for a tail handler; the body are trace records.
 */
#define DW_WIRE_TAIL    0x80


/* Why a channel was reset. */
typedef enum {
    DW_WIRE_CANCEL = 1,         /* no longer wanted */
    DW_WIRE_EXCEPTION = 2,      /* the worker threw, or has no such handler */
    DW_WIRE_BAD_CODE = 3,       /* the worker could not be loaded */
    DW_WIRE_CPU = 4,            /* CPU time used up */
    DW_WIRE_WALL = 5,           /* wall time used up */
    DW_WIRE_MEMORY = 6,         /* memory limit */
    DW_WIRE_OVERLOAD = 7,       /* too many queued */
    DW_WIRE_ENGINE = 8,         /* the engine died or refused */
    DW_WIRE_NETWORK = 9,        /* upstream: refused, reset, timed out ... */
    DW_WIRE_DENIED = 10,        /* no capability for it */
    DW_WIRE_SUBREQUESTS = 11,   /* too many subrequests */
    DW_WIRE_CODE_LAST
} dw_wire_code_t;


typedef enum {
    DW_WIRE_OK = 0,
    DW_WIRE_SHORT = -1,         /* more bytes are needed */
    DW_WIRE_BAD = -2            /* malformed, or not allowed to its sender */
} dw_wire_err_t;


typedef enum {
    DW_WIRE_BY_NGINX = 1,
    DW_WIRE_BY_ENGINE = 2
} dw_wire_side_t;


typedef struct {
    const uint8_t  *data;
    size_t          size;
} dw_wire_span_t;


typedef struct {
    uint32_t        length;
    uint8_t         type;
    uint8_t         flags;
    uint64_t        channel;
} dw_wire_header_t;


/*
 * OPEN.  All kinds share one layout; what a kind does not use is zero.
 * 48 bytes, then props, then grants, then the string list.
 *
 *   ISOLATE  parent 0; format; cpu_ms, memory: limits; strings: name (for
 *            messages); target 1 if fetch() may use capability 0 (the global
 *            outbound), else 0
 *   FETCH    strings: entrypoint ("" is the default one), method, URL,
 *            request.cf as JSON or "", then name, value, name, value ...;
 *            cpu_ms, subrequests: limits of this invocation alone, 0 for none.
 *            They lower the isolate's, and never raise them.  From an engine
 *            with _LOADED: grants (dw_wire_grant_t), for stubs in props; their
 *            receiver has them, one number after the other, until the channel
 *            is closed.  From nginx: target, the first of these numbers, or 0
 *   LOAD     target: the loader's capability number; strings: id
 */
typedef struct {
    uint8_t         kind;
    uint8_t         flags;
    uint8_t         format;         /* ISOLATE */
    uint8_t         ngrants;        /* FETCH from an engine, with _LOADED */
    uint32_t        props_length;   /* FETCH */
    uint64_t        parent;
    uint64_t        target;
    uint64_t        join;           /* FETCH; with DW_WIRE_JOIN */
    uint64_t        body_length;    /* FETCH; or DW_WIRE_LENGTH_UNKNOWN */
    uint32_t        cpu_ms;         /* ISOLATE, FETCH: for one invocation */
    uint32_t        memory_mb;      /* ISOLATE */
    uint32_t        subrequests;    /* FETCH, in the place of memory_mb */
    /* FETCH: ctx.props, as V8 serializes it, or, by nginx, a JSON object */
    dw_wire_span_t  props;
    dw_wire_span_t  grants;
    dw_wire_span_t  strings;
} dw_wire_open_t;

#define DW_WIRE_OPEN_SIZE  48


/*
 * HEAD on FETCH.  24 bytes, then strings: status text, name, value ...
 */
typedef struct {
    uint16_t        status;
    uint8_t         flags;          /* DW_WIRE_BODY, DW_WIRE_JOIN */
    uint64_t        join;
    uint64_t        body_length;
    dw_wire_span_t  strings;
} dw_wire_response_t;

#define DW_WIRE_RESPONSE_SIZE  24


/*
 * HEAD on LOAD from an engine, and on ISOLATE.  24 bytes, on a LOAD then what
 * the loaded worker is granted.  Zero limits are unset.  On an ISOLATE
 * DW_WIRE_OUTBOUND_INHERIT changes nothing.
 *
 * The first grant is capability 1 of the loaded worker, the next one 2, and so
 * on; capability 0 is its global outbound.  The last "tails" ones are not its
 * own: nginx sends traces of its invocations there.
 */
typedef enum {
    DW_WIRE_OUTBOUND_INHERIT = 0,
    DW_WIRE_OUTBOUND_NONE = 1,
    DW_WIRE_OUTBOUND_CAPABILITY = 2
} dw_wire_outbound_t;

typedef struct {
    uint8_t         outbound;
    uint8_t         tails;
    uint32_t        cpu_ms;
    uint32_t        subrequests;
    uint64_t        capability;     /* OUTBOUND_CAPABILITY: one of the grants */
    dw_wire_span_t  grants;
} dw_wire_worker_t;

#define DW_WIRE_WORKER_SIZE  24


/*
 * A grant.  24 bytes, then the entrypoint's name, then its props.  A number
 * that the loading isolate does not have, and an entrypoint of a worker that
 * was itself loaded, are refused by nginx.
 */
typedef enum {
    DW_WIRE_GRANT_CAPABILITY = 1,   /* one of the loading isolate's */
    DW_WIRE_GRANT_ENTRYPOINT = 2    /* one of the loading worker's exports */
} dw_wire_grant_kind_t;

typedef struct {
    uint8_t         kind;
    uint64_t        capability;
    dw_wire_span_t  entrypoint;
    dw_wire_span_t  props;          /* as V8 serializes it, or empty */
} dw_wire_grant_t;

#define DW_WIRE_GRANT_SIZE  24

/* of one loaded worker; by one call of it, 255 */
#define DW_WIRE_GRANTS_MAX  1000

/* numbers of what is granted by a call start here, and are used once */
#define DW_WIRE_CALL_GRANTS  UINT64_C(0x100000000)
#define DW_WIRE_TAILS_MAX   16


/* END on an invocation, DONE.  8 bytes. */
typedef struct {
    uint64_t        cpu_us;         /* used by the invocation so far */
} dw_wire_usage_t;

#define DW_WIRE_USAGE_SIZE  8


/* RESET.  8 bytes, then strings: message, "file:line:column" or "". UTF-8. */
typedef struct {
    uint16_t        code;
    uint32_t        cpu_us;         /* used by an invocation; from nginx 0 */
    dw_wire_span_t  message;
    dw_wire_span_t  location;
} dw_wire_reset_t;

#define DW_WIRE_RESET_SIZE  8


/* HELLO.  16 bytes, then strings: V8's version. */
typedef struct {
    uint32_t        version;
    uint8_t         jailed;
    uint8_t         jit;
    dw_wire_span_t  v8_version;
} dw_wire_hello_t;

#define DW_WIRE_HELLO_SIZE  16


/* LOG.  8 bytes, then the text to the payload's end, UTF-8. */
typedef enum {
    DW_WIRE_LOG_DEBUG = 1,
    DW_WIRE_LOG_INFO = 2,
    DW_WIRE_LOG_WARN = 3,
    DW_WIRE_LOG_ERROR = 4
} dw_wire_level_t;

/*
 * A line of the log, or, on an invocation in an isolate with DW_WIRE_TAIL,
 * what its tails are told: JSON, which nginx does not read.  An empty text
 * stands for one that was too long.
 */
typedef enum {
    DW_WIRE_LOG_LINE = 0,           /* at most DW_WIRE_MESSAGE_MAX */
    DW_WIRE_LOG_CALL = 1,           /* {"level", "message": [arguments]} */
    DW_WIRE_LOG_EXCEPTION = 2,      /* {"name", "message", "stack"}, uncaught */
    DW_WIRE_LOG_FAILURE = 3         /* the same; the invocation failed of it */
} dw_wire_log_kind_t;

typedef struct {
    uint8_t         level;
    uint8_t         kind;
    dw_wire_span_t  text;
} dw_wire_log_t;

#define DW_WIRE_LOG_SIZE  8


/*
 * One record of DW_WIRE_CODE_RECORDS.  16 bytes, then the name, then the data.
 * The first MODULE_* record is the main module.
 */
typedef enum {
    DW_WIRE_MODULE_JS = 1,
    DW_WIRE_MODULE_JSON = 2,
    DW_WIRE_MODULE_TEXT = 3,
    DW_WIRE_MODULE_DATA = 4,
    DW_WIRE_MODULE_WASM = 5,
    DW_WIRE_ENV_STRING = 16,        /* env.name = text */
    DW_WIRE_ENV_JSON = 17,          /* env.name = JSON.parse(text) */
    DW_WIRE_ENV_LOADER = 18,        /* data: capability number, in decimal */
    DW_WIRE_ENV_SERVICE = 19,       /* likewise, a Fetcher */
    DW_WIRE_COMPATIBILITY_DATE = 32,
    DW_WIRE_COMPATIBILITY_FLAG = 33,
    /*
     * The body of a FETCH with DW_WIRE_TAIL: one invocation, ended by its
     * TRACE_END.  Names are times in milliseconds since the epoch, in decimal.
     */
    DW_WIRE_TRACE_FETCH = 48,       /* data: the strings of its OPEN */
    DW_WIRE_TRACE_RPC = 49,         /* likewise; the URL's path is the method */
    DW_WIRE_TRACE_CALL = 50,        /* data: as DW_WIRE_LOG_CALL */
    DW_WIRE_TRACE_EXCEPTION = 51,   /* data: as DW_WIRE_LOG_EXCEPTION */
    DW_WIRE_TRACE_MESSAGE = 52,     /* data: the message of an exception */
    /*
     * name: when it began; data, strings: outcome, CPU time and wall time in
     * milliseconds, the response's status or "0", "1" if something is missing,
     * "1" if the worker has an id, the id
     */
    DW_WIRE_TRACE_END = 53
} dw_wire_record_kind_t;

typedef struct {
    uint8_t         kind;
    dw_wire_span_t  name;
    dw_wire_span_t  data;
} dw_wire_record_t;

#define DW_WIRE_RECORD_SIZE  16


/*
 * Encoders.  Each writes header and fixed part to "p", which has room for
 * DW_WIRE_HEADER_SIZE plus the type's size, and returns the position after it;
 * the caller then appends the variable part, "tail" bytes long (for OPEN:
 * props, grants, then strings).
 */
uint8_t *dw_wire_put_header(uint8_t *p, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, size_t length);
uint8_t *dw_wire_put_open(uint8_t *p, uint64_t channel,
    const dw_wire_open_t *open, size_t tail);
uint8_t *dw_wire_put_response(uint8_t *p, uint64_t channel,
    const dw_wire_response_t *response, size_t tail);
uint8_t *dw_wire_put_worker(uint8_t *p, uint64_t channel,
    const dw_wire_worker_t *worker, size_t tail);
uint8_t *dw_wire_put_usage(uint8_t *p, dw_wire_type_t type, uint8_t flags,
    uint64_t channel, uint64_t cpu_us);
uint8_t *dw_wire_put_window(uint8_t *p, uint64_t channel, uint32_t credit);
uint8_t *dw_wire_put_footprint(uint8_t *p, uint64_t channel, uint64_t bytes);
uint8_t *dw_wire_put_reset(uint8_t *p, uint8_t flags, uint64_t channel,
    dw_wire_code_t code, uint32_t cpu_us, size_t tail);
uint8_t *dw_wire_put_hello(uint8_t *p, const dw_wire_hello_t *hello,
    size_t tail);
uint8_t *dw_wire_put_log(uint8_t *p, uint64_t channel, dw_wire_level_t level,
    dw_wire_log_kind_t kind, size_t tail);
/* A record's 16 bytes; no frame header. */
uint8_t *dw_wire_put_record(uint8_t *p, dw_wire_record_kind_t kind,
    size_t name_length, size_t data_length);


/*
 * Decodes the header in the first bytes of "in" and checks it against the
 * table of who may send what: DW_WIRE_OK, DW_WIRE_SHORT with fewer than
 * DW_WIRE_HEADER_SIZE bytes, DW_WIRE_BAD.
 */
dw_wire_err_t dw_wire_get_header(dw_wire_span_t in, dw_wire_side_t sender,
    dw_wire_header_t *header);

/* Decoders of whole payloads: DW_WIRE_OK or DW_WIRE_BAD. */
dw_wire_err_t dw_wire_get_open(dw_wire_span_t payload, dw_wire_side_t sender,
    dw_wire_open_t *open);
dw_wire_err_t dw_wire_get_response(dw_wire_span_t payload,
    dw_wire_response_t *response);
dw_wire_err_t dw_wire_get_worker(dw_wire_span_t payload,
    dw_wire_worker_t *worker);
dw_wire_err_t dw_wire_get_usage(dw_wire_span_t payload,
    dw_wire_usage_t *usage);
dw_wire_err_t dw_wire_get_window(dw_wire_span_t payload, uint32_t *credit);
dw_wire_err_t dw_wire_get_footprint(dw_wire_span_t payload, uint64_t *bytes);
dw_wire_err_t dw_wire_get_reset(dw_wire_span_t payload,
    dw_wire_reset_t *reset);
dw_wire_err_t dw_wire_get_hello(dw_wire_span_t payload,
    dw_wire_hello_t *hello);
dw_wire_err_t dw_wire_get_log(dw_wire_span_t payload, dw_wire_log_t *log);

/*
 * String lists: each string is followed by one NUL byte, so a string holds
 * none.  Takes the next string off "list": DW_WIRE_OK, DW_WIRE_SHORT when the
 * list is empty, DW_WIRE_BAD when it does not end in a NUL byte.
 */
dw_wire_err_t dw_wire_next_string(dw_wire_span_t *list,
    dw_wire_span_t *string);

/*
 * Fields of a message head.  An engine checks what its workers made before it
 * goes out, nginx checks it again: a worker's mistake is that worker's, a bad
 * head on the wire is the engine's end.
 *
 * A name is a token (RFC 9110, 5.6.2), a value holds no control character but
 * tabs (5.5).  dw_wire_check_fields(): one string that is a value (the status
 * text, or cf), then names and values in turn; DW_WIRE_OK or DW_WIRE_BAD.
 */
int dw_wire_is_token(dw_wire_span_t string);
int dw_wire_is_value(dw_wire_span_t string);
dw_wire_err_t dw_wire_check_fields(dw_wire_span_t list);

/* Takes the next record off "list": as dw_wire_next_string(). */
dw_wire_err_t dw_wire_next_record(dw_wire_span_t *list,
    dw_wire_record_t *record);

/*
 * Takes the next grant off "list": as dw_wire_next_string().  An entrypoint's
 * name holds no NUL.
 */
dw_wire_err_t dw_wire_next_grant(dw_wire_span_t *list,
    dw_wire_grant_t *grant);

/*
 * Are these whole grants, "min" or more, and not too many?  DW_WIRE_OK or
 * DW_WIRE_BAD.
 */
dw_wire_err_t dw_wire_check_grants(dw_wire_span_t list, unsigned min);

/* The name of a type for messages, "unknown" for others; static storage. */
const char *dw_wire_type_name(unsigned type);


#endif /* DW_WIRE_H */
