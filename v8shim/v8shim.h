
/*
 * The seam between the engine and V8: our tasks, in C types only.
 *
 * The engine starts V8 once, creates isolates, delivers events to the runtime
 * in them, and terminates or destroys them.  The runtime (JavaScript in the
 * startup snapshot) calls back through the op table that the engine hands over
 * at start: bytes in, bytes out.  No V8 type, handle or exception and no std::
 * type crosses this header, and the shim knows nothing of sockets and frames.
 *
 * Threads: v8shim_start() and v8shim_snapshot_build() run on the main thread
 * before any other exists.  An isolate may be used from any thread, by one at
 * a time, between v8shim_isolate_enter() and _leave(); only
 * v8shim_isolate_terminate() may be called at any moment from anywhere.
 */

/* clang-format off */

#ifndef V8SHIM_H
#define V8SHIM_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#ifdef __cplusplus
extern "C" {
#endif


/* Borrowed bytes: valid until the call that they are passed to returns. */
typedef struct {
    const uint8_t  *data;
    size_t          size;
} v8shim_span_t;


/*
 * Three ways back, never two: it worked, it threw, it was terminated.  An
 * isolate that answered V8SHIM_TERMINATED may only be left and destroyed.
 */
typedef enum {
    V8SHIM_OK = 0,
    V8SHIM_THREW = -1,
    V8SHIM_TERMINATED = -2,
    V8SHIM_FAILED = -3          /* V8 or the system refused; see the error */
} v8shim_status_t;


/* Texts are UTF-8, cut to fit, NUL-terminated. */
typedef struct {
    char            message[1024];
    char            location[512];      /* "file:line:column" or "" */
} v8shim_error_t;


/*
 * Values of op calls.  A span in a result is copied before the op's caller
 * runs on, so it may point to the op's own (thread-local) storage.
 */
typedef enum {
    V8SHIM_UNDEFINED = 0,
    V8SHIM_NUMBER,
    V8SHIM_BYTES,               /* Uint8Array; as an argument not copied */
    V8SHIM_LATIN1,              /* string, one byte a character */
    V8SHIM_UTF8,                /* string */
    V8SHIM_ERROR,               /* result: throws Error(text in bytes) */
    V8SHIM_TYPE_ERROR,          /* result: throws TypeError */
    V8SHIM_RANGE_ERROR,         /* result: throws RangeError */
    V8SHIM_UTF16,               /* result: string, two bytes a unit */
    V8SHIM_FULL                 /* result: garbage is collected and the op
                                   called again, once; then RangeError */
} v8shim_type_t;

typedef struct {
    v8shim_type_t   type;
    double          number;
    v8shim_span_t   bytes;
    /*
     * Result: how many bytes of native memory more, or less, JavaScript's
     * objects now keep alive.  V8 collects garbage by it, and it counts
     * towards the memory limit.
     */
    int64_t         external;
} v8shim_value_t;


/*
 * One op: ops.NAME(...) in the runtime.  "args" has one letter an argument:
 *
 *     n  number                     b  Uint8Array or ArrayBuffer
 *     s  string, Latin-1 only       B  the same, or null/undefined
 *     u  string, as UTF-8           S, U  likewise
 *     w  ArrayBuffer, in place: the op may write to it
 *
 * A wrong argument throws a TypeError that names the op; "call" is then not
 * called.  It runs on the thread that is in the isolate, with "user" of
 * v8shim_isolate_config_t, and must not call back into the isolate.
 */
typedef struct {
    const char     *name;
    const char     *args;
    void          (*call)(void *user, const v8shim_value_t *args,
                          v8shim_value_t *result);
} v8shim_op_t;


typedef struct {
    /* Ends with a row of NULLs; static storage.  The same for the snapshot. */
    const v8shim_op_t  *ops;
    /* what v8shim_snapshot_build() made, or empty; must stay in place */
    v8shim_span_t       snapshot;
    /* false: no JIT and no WebAssembly ("--jitless") */
    bool                jit;
    /* V8's own worker threads (garbage collection, compilation) */
    int                 platform_threads;
    /* cap on what is kept of workers' compiled code; 0: nothing is */
    size_t              code_cache_bytes;
    /*
     * V8 cannot go on ("location: message"): out of memory, internal error.
     * Runs on the thread concerned and must not return.
     */
    void              (*fatal)(const char *location, const char *message);
} v8shim_config_t;


typedef struct v8shim_isolate_s  v8shim_isolate_t;


typedef struct {
    size_t              heap_bytes;     /* V8's heap limit */
    size_t              buffer_bytes;   /* cap on all ArrayBuffers' memory */
    void               *user;           /* first argument of ops */
    /*
     * The memory limit was hit: called on the isolate's thread, once; the
     * shim terminates the isolate itself.
     */
    void              (*memory_limit)(void *user);
    /*
     * An object that native.v8.watch(object, id) watched was collected.  On
     * the isolate's thread, before an op or after an event; returns by how
     * many bytes of native memory there is less.
     */
    size_t            (*forget)(void *user, uint64_t id);
} v8shim_isolate_config_t;


/*
 * An event for the runtime's dispatch function: numbers and bytes, in the
 * engine's meaning.  "text" arrives as a string ("text_utf8" says how it is
 * encoded), "bytes" as a new Uint8Array, or as undefined when data is NULL.
 */
typedef struct {
    int                 type;
    double              channel;
    double              a;
    double              b;
    double              c;
    double              d;
    v8shim_span_t       text;
    bool                text_utf8;
    v8shim_span_t       bytes;
} v8shim_event_t;


/* V8's version, e.g. "10.2.154.26-node.37"; static storage. */
const char *v8shim_version(void);

/*
 * Starts V8; once a process, there is no way back (a process that is done
 * with V8 calls _exit()).  A snapshot that this V8 did not make is refused with
 * V8SHIM_FAILED before V8 sees it: the caller builds another one.
 */
v8shim_status_t v8shim_start(const v8shim_config_t *config,
    v8shim_error_t *error);

/*
 * Builds the startup snapshot: runs "runtime", a classic script in ASCII, in a
 * new context whose global "native" holds the op table (native.ops) and what
 * the shim itself offers (native.v8; docs/architecture.md lists both), deletes
 * that global, and keeps the context.  The script must have handed over its
 * dispatch function by native.v8.setDispatch().  After the script may stand
 * chunks (NUL, name, NUL, script, ...), which native.v8.runChunk(name) runs
 * later.  V8 must have been started without a snapshot.  *out is malloc()ed
 * and starts with the shim's own header: V8's version and build id, a hash of
 * the op table and a checksum.  One snapshot serves with JIT and without.  It
 * must be mapped at a multiple of 8 bytes, as all isolates read the runtime's
 * text there.
 */
v8shim_status_t v8shim_snapshot_build(v8shim_span_t runtime, uint8_t **out,
    size_t *out_size, v8shim_error_t *error);

/* Is "snapshot" whole, and made by this V8 with these ops? */
bool v8shim_snapshot_usable(const v8shim_config_t *config,
    v8shim_span_t snapshot);


/*
 * A new isolate with the runtime's context from the snapshot.  Any thread; the
 * isolate is not entered.  NULL with an error when memory is short.
 */
v8shim_isolate_t *v8shim_isolate_create(const v8shim_isolate_config_t *config,
    v8shim_error_t *error);

/* Must not be entered by any thread. */
void v8shim_isolate_destroy(v8shim_isolate_t *iso);

/* Locks and enters; waits while another thread is inside. */
void v8shim_isolate_enter(v8shim_isolate_t *iso);
void v8shim_isolate_leave(v8shim_isolate_t *iso);

/*
 * Calls the runtime's dispatch function, then runs all microtasks and V8's
 * own foreground tasks.  V8SHIM_THREW means that the runtime itself threw,
 * which is a bug of ours: a worker's exceptions end in the runtime.
 */
v8shim_status_t v8shim_isolate_deliver(v8shim_isolate_t *iso,
    const v8shim_event_t *event, v8shim_error_t *error);

/*
 * The wall clock that JavaScript sees (Date, Date.now()), in milliseconds since
 * the epoch; it stands still until the next call.  Entered isolates only.
 */
void v8shim_isolate_set_clock(v8shim_isolate_t *iso, double unix_ms);

/* What it takes now, in bytes: V8's heap and what it keeps.  Entered only. */
size_t v8shim_isolate_memory(v8shim_isolate_t *iso);

/* Makes running JavaScript stop, soon; any thread, any time, takes no lock. */
void v8shim_isolate_terminate(v8shim_isolate_t *iso);

/*
 * What is kept of workers' compiled code, for all isolates of the process; how
 * often something was added to it, and used instead of being compiled.
 */
typedef struct {
    size_t              entries;
    size_t              bytes;
    uint64_t            made;
    uint64_t            used;
} v8shim_code_t;

v8shim_code_t v8shim_code(void);

/*
 * For --check: parses one ES module in a scratch isolate and reports each
 * import and each "export ... from" in order.  "import" returns false to stop.
 * V8SHIM_THREW is a syntax error, with its place in "error".
 */
v8shim_status_t v8shim_check_module(const char *name, v8shim_span_t source,
    bool (*import)(void *user, const char *specifier, int line, int column),
    void *user, v8shim_error_t *error);


#ifdef __cplusplus
}
#endif


#endif /* V8SHIM_H */
