/* sources: v8shim/buffers.cc v8shim/check.cc v8shim/chunks.cc v8shim/code.cc v8shim/errors.cc v8shim/intrinsics.cc v8shim/isolate.cc v8shim/kinds.cc v8shim/late.cc v8shim/modules.cc v8shim/platform.cc v8shim/serialize.cc v8shim/snapshot.cc v8shim/text.cc v8shim/values.cc v8shim/wasm.cc v8shim/watch.cc */

/*
 * The shim alone: a small runtime of its own, and workers that say in their
 * export "result" what they saw.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "v8shim/v8shim.h"


#define HEAP_BYTES    (64 * 1024 * 1024)
#define BUFFER_BYTES  (16 * 1024 * 1024)
#define STACK_BYTES   (1024 * 1024)
#define CODE_BYTES    (64 * 1024)

#define EVENT_IDLE    0
#define EVENT_DEFINE  1     /* text: name, NUL, source */
#define EVENT_RUN     2     /* text: the module to import */
#define EVENT_THROW   3
#define EVENT_SHOW    4     /* reports its arguments */

#define NATIVE  "import { v8, ops, rejections } from 'native';\n"


static const char  runtime[] =
    "(() => {\n"
    "  const { ops, v8 } = native;\n"
    "  const modules = new Map(), rejections = [];\n"
    "  v8.setRejectionHandler((kind, promise, reason) =>\n"
    "    rejections.push(kind + ':' + reason));\n"
    "  v8.setModuleHost((specifier, referrer) => {\n"
    "    if (specifier === 'native')\n"
    "      return { name: specifier, exports: { v8, ops, rejections } };\n"
    "    if (modules.has(specifier))\n"
    "      return { name: specifier, source: modules.get(specifier) };\n"
    "    throw new Error(`No such module \"${specifier}\".`);\n"
    "  });\n"
    "  Object.hasOwn || (Object.hasOwn = () => 'a polyfill');\n"
    "  globalThis.callback = (f) => f();\n"
    "  v8.setDispatch((type, channel, a, b, c, text, bytes) => {\n"
    "    switch (type) {\n"
    "    case 1: modules.set(...text.split('\\0')); break;\n"
    "    case 2: v8.importModule(text).then(\n"
    "      (ns) => ops.report(`${ns.result}`),\n"
    "      (error) => ops.report(`${error} @${v8.location(error)}`)); break;\n"
    "    case 3: throw new Error('a bug');\n"
    "    case 4: ops.report([channel, a, b, c, text, bytes].join());\n"
    "    }\n"
    "  });\n"
    "  const lazy = v8.lazy = [];\n"
    "  v8.setLazyHost((n, name) => { lazy.push(n + name); return n + 1; });\n"
    "  for (const name of ['one', 'two', 'three'])\n"
    "    v8.lazyProperty(globalThis, name, 6, name === 'two');\n"
    "})();\n"
    "\0" "sum" "\0" "(a, b) => { if (a) return a + b; throw Error('no a'); }"
    "\0" "broken" "\0" "(";


static char                  report[65536];
static int                   memory_limits;
static v8shim_isolate_t     *iso;
static v8shim_error_t        error;


static void
op_report(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    (void) user;
    (void) result;

    snprintf(report, sizeof(report), "%.*s", (int) args[0].bytes.size,
             (const char *) args[0].bytes.data);
}


static void
op_sizes(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    static char  text[128];

    (void) user;

    snprintf(text, sizeof(text), "%zu %zu %zu %d", args[0].bytes.size,
             args[1].bytes.size, args[2].bytes.size, (int) args[3].type);

    result->type = V8SHIM_LATIN1;
    result->bytes.data = (const uint8_t *) text;
    result->bytes.size = strlen(text);
}


static void
op_fill(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    (void) user;
    (void) result;

    if (args[0].bytes.size != 0) {
        memset((uint8_t *) (uintptr_t) args[0].bytes.data, 'w',
               args[0].bytes.size);
    }
}


static void
op_make(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    static uint8_t  bytes[1024 * 1024];

    (void) user;

    memset(bytes, 'x', sizeof(bytes));

    result->type = (v8shim_type_t) args[0].number;
    result->number = args[1].number;
    result->bytes.data = bytes;
    result->bytes.size = (size_t) args[1].number;
}


static void
op_stop(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    (void) user;
    (void) args;
    (void) result;

    v8shim_isolate_terminate(iso);
}


/* Native objects: "alive" of them, each so large. */

#define OBJECT_BYTES  (1024 * 1024)
#define OBJECTS_MAX   16

static unsigned  alive, most_alive, calls;
static uint64_t  last_id;


static void
op_open(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    (void) user;
    (void) args;

    calls++;

    if (alive == OBJECTS_MAX) {
        result->type = V8SHIM_FULL;
        result->bytes.data = (const uint8_t *) "full";
        result->bytes.size = 4;
        return;
    }

    if (++alive > most_alive) {
        most_alive = alive;
    }

    result->type = V8SHIM_NUMBER;
    result->number = (double) ++last_id;
    result->external = OBJECT_BYTES;
}


static size_t
on_forget(void *user, uint64_t id)
{
    (void) user;

    assert_in_range(id, 1, last_id);
    alive--;

    return OBJECT_BYTES;
}


static const v8shim_op_t  ops[] = {
    { "report", "u",    op_report },
    { "open",   "",     op_open },
    { "sizes",  "bsuB", op_sizes },
    { "fill", "w", op_fill },
    { "make",   "nn",   op_make },
    { "stop",   "",     op_stop },
    { NULL, NULL, NULL }
};

static const v8shim_op_t  other_ops[] = {
    { "report", "s",    op_report },
    { NULL, NULL, NULL }
};


static void
on_fatal(const char *location, const char *message)
{
    fprintf(stderr, "%s: %s\n", location, message);
    _exit(1);
}


static void
on_memory_limit(void *user)
{
    (void) user;

    memory_limits++;
}


static v8shim_config_t  config = {
    .ops = ops,
    .jit = true,
    .platform_threads = 1,
    .code_cache_bytes = CODE_BYTES,
    .fatal = on_fatal
};


/* V8 can be started once a process, so the snapshot is made in another one. */
static void
build_snapshot(int fd)
{
    size_t    size, done;
    ssize_t   n;
    uint8_t  *snapshot;

    if (v8shim_start(&config, &error) != V8SHIM_OK
        || v8shim_snapshot_build((v8shim_span_t) {
                                     (const uint8_t *) runtime,
                                     sizeof(runtime) - 1 },
                                 &snapshot, &size, &error)
           != V8SHIM_OK)
    {
        fprintf(stderr, "%s %s\n", error.message, error.location);
        _exit(1);
    }

    for (done = 0; done < size; done += (size_t) n) {
        n = write(fd, snapshot + done, size - done);
        if (n <= 0) {
            _exit(1);
        }
    }

    _exit(0);
}


static int
start(void **state)
{
    int       fds[2], status;
    pid_t     pid;
    size_t    size, room;
    ssize_t   n;
    uint8_t  *snapshot;

    (void) state;

    if (pipe(fds) == -1) {
        return -1;
    }

    pid = fork();
    if (pid == -1) {
        return -1;
    }

    if (pid == 0) {
        build_snapshot(fds[1]);
    }

    close(fds[1]);

    size = 0;
    room = 16 * 1024 * 1024;
    snapshot = aligned_alloc(64, room);
    if (snapshot == NULL) {
        return -1;
    }

    while ((n = read(fds[0], snapshot + size, room - size)) > 0) {
        size += (size_t) n;
    }

    close(fds[0]);

    if (waitpid(pid, &status, 0) != pid || status != 0) {
        return -1;
    }

    config.snapshot.data = snapshot;
    config.snapshot.size = size;

    return 0;
}


static v8shim_status_t
deliver(int type, const char *text, size_t size)
{
    v8shim_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = type;
    event.text.data = (const uint8_t *) text;
    event.text.size = size;

    return v8shim_isolate_deliver(iso, &event, &error);
}


static int
open_isolate(void **state)
{
    v8shim_isolate_config_t  isolate_config = {
        .heap_bytes = HEAP_BYTES,
        .buffer_bytes = BUFFER_BYTES,
        .memory_limit = on_memory_limit,
        .forget = on_forget
    };

    (void) state;

    memory_limits = 0;
    alive = most_alive = calls = 0;
    report[0] = '\0';

    iso = v8shim_isolate_create(&isolate_config, &error);
    if (iso == NULL) {
        return -1;
    }

    v8shim_isolate_enter(iso);

    return 0;
}


static int
close_isolate(void **state)
{
    (void) state;

    v8shim_isolate_leave(iso);
    v8shim_isolate_destroy(iso);

    return 0;
}


static void
define(const char *name, const char *source)
{
    char    text[8192];
    size_t  size;

    size = strlen(name) + 1 + strlen(source);
    assert_true(size < sizeof(text));

    snprintf(text, sizeof(text), "%s", name);
    strcpy(text + strlen(name) + 1, source);

    assert_int_equal(deliver(EVENT_DEFINE, text, size), V8SHIM_OK);
}


static v8shim_status_t
run(const char *source)
{
    define("main", source);

    return deliver(EVENT_RUN, "main", 4);
}


/* The worker "source" ends with export const result, which is "result". */
static void
check(const char *source, const char *result)
{
    assert_int_equal(run(source), V8SHIM_OK);
    assert_string_equal(report, result);
}


/* Again in an isolate of its own, which is what most need. */
static void
check_alone(const char *source, const char *result)
{
    void  *state = NULL;

    close_isolate(&state);
    assert_int_equal(open_isolate(&state), 0);
    check(source, result);
}


static void
check_terminated(const char *source)
{
    void  *state = NULL;

    close_isolate(&state);
    assert_int_equal(open_isolate(&state), 0);
    assert_int_equal(run(source), V8SHIM_TERMINATED);
    assert_int_equal(deliver(EVENT_IDLE, "", 0), V8SHIM_TERMINATED);
}


static void
snapshot_of_another_kind_is_refused(void **state)
{
    uint8_t          *bytes = (uint8_t *) config.snapshot.data;
    v8shim_span_t     span;
    v8shim_config_t   other = config;

    (void) state;

    assert_true(v8shim_snapshot_usable(&config, config.snapshot));

    span = config.snapshot;
    span.size--;
    assert_false(v8shim_snapshot_usable(&config, span));

    span.size = 0;
    assert_false(v8shim_snapshot_usable(&config, span));

    other.ops = other_ops;
    assert_false(v8shim_snapshot_usable(&other, config.snapshot));

    /* V8's version */
    bytes[8] ^= 1;
    assert_false(v8shim_snapshot_usable(&config, config.snapshot));
    assert_int_equal(v8shim_start(&config, &error), V8SHIM_FAILED);
    bytes[8] ^= 1;

    bytes[config.snapshot.size - 1] ^= 1;
    assert_int_equal(v8shim_start(&config, &error), V8SHIM_FAILED);
    assert_string_equal(error.message, "the snapshot is damaged");
    bytes[config.snapshot.size - 1] ^= 1;

    assert_int_equal(v8shim_start(&config, &error), V8SHIM_OK);
    assert_int_equal(v8shim_start(&config, &error), V8SHIM_FAILED);
}


static void
event_arrives_as_arguments(void **state)
{
    v8shim_event_t  event = {
        .type = EVENT_SHOW,
        .channel = 1e15,
        .a = -1,
        .b = 2.5,
        .text = { (const uint8_t *) "h\xe9", 2 },
        .bytes = { (const uint8_t *) "AB", 2 }
    };

    (void) state;

    assert_int_equal(v8shim_isolate_deliver(iso, &event, &error), V8SHIM_OK);
    assert_string_equal(report, "1000000000000000,-1,2.5,0,h\xc3\xa9,65,66");

    event.text.data = (const uint8_t *) "h\xc3\xa9";
    event.text.size = 3;
    event.text_utf8 = true;
    event.bytes.data = NULL;
    assert_int_equal(v8shim_isolate_deliver(iso, &event, &error), V8SHIM_OK);
    assert_string_equal(report, "1000000000000000,-1,2.5,0,h\xc3\xa9,");
}


static void
runtime_that_throws_is_reported_and_goes_on(void **state)
{
    (void) state;

    assert_int_equal(deliver(EVENT_THROW, "", 0), V8SHIM_THREW);
    assert_string_equal(error.message, "Error: a bug");
    assert_string_equal(error.location, "dw:runtime:21:13");
    assert_int_equal(deliver(EVENT_IDLE, "", 0), V8SHIM_OK);
}


static void
ops_convert_and_check_their_arguments(void **state)
{
    (void) state;

    check_alone(NATIVE "export const result = ops.sizes(new Uint8Array(3),"
                "'\\xe9', '\\ud800', null)", "3 1 3 0");
    check_alone(NATIVE "export const result = ops.sizes(new ArrayBuffer(99),"
                "'x'.repeat(9999), '\\u20ac'.repeat(9999),"
                "new Uint8Array(1000).subarray(5))", "99 9999 29997 2");
    check_alone(NATIVE "let result; try { ops.sizes(1) }"
                "catch (e) { result = e } export { result }",
                "TypeError: sizes: argument 1 must be a Uint8Array or "
                "ArrayBuffer");
    check_alone(NATIVE "let result; try { ops.sizes(new Uint8Array(1),"
                "'\\u0100') } catch (e) { result = e } export { result }",
                "TypeError: sizes: argument 2 must be a string of Latin-1 "
                "characters");
    check_alone(NATIVE "export const result = ['a', ops.make(0, 0),"
                "ops.make(1, 1.5), ops.make(2, 2), ops.make(2, 1e5).length,"
                "ops.make(3, 3), ops.make(4, 4), ops.make(8, 4)]",
                "a,,1.5,120,120,100000,xxx,xxxx,\xe7\xa1\xb8\xe7\xa1\xb8");
    check_alone(NATIVE "const buffer = new ArrayBuffer(3);"
                "ops.fill(buffer); ops.fill(new ArrayBuffer(0));"
                "export const result = new Uint8Array(buffer)",
                "119,119,119");
    check_alone(NATIVE "let result; try { ops.fill(new Uint8Array(3)) }"
                "catch (e) { result = e } export { result }",
                "TypeError: fill: argument 1 must be an ArrayBuffer");
    check_alone(NATIVE "const result = []; for (const t of [5, 6, 7])"
                "try { ops.make(t, t) } catch (e) { result.push(e) }"
                "export { result }",
                "Error: xxxxx,TypeError: xxxxxx,RangeError: xxxxxxx");
}


static void
module_errors_tell_their_place(void **state)
{
    (void) state;

    check_alone("\n  import 'x'", "Error: No such module \"x\". @main:2:10");
    check_alone("\n  a = ;", "SyntaxError: Unexpected token ';' @main:2:7");
    check_alone("import { x } from 'native'",
                "SyntaxError: The requested module 'native' does not provide "
                "an export named 'x' @main:1:10");
    check_alone("\nthrow new TypeError('t')", "TypeError: t @main:2:7");
    check_alone("callback(() => { throw new Error('e') })",
                "Error: e @main:1:24");
    check_alone("callback(5)", "TypeError: f is not a function @main:1:1");
    check_alone("throw 'text'", "text @");
    check_alone("await import('x')",
                "Error: No such module \"x\". @main:1:1");
}


static void
modules_import_each_other(void **state)
{
    (void) state;

    define("a", "import { b } from 'b'; export const a = () => b + 1;");
    define("b", "import { a } from 'a'; export const b = 1;"
                "export const c = () => a();");
    check("import { c } from 'b'; import * as again from 'a';"
          "export const result = [c(), again.a(), import.meta.url,"
          "(await import('b')).b]", "2,2,main,1");
}


static void
failed_import_can_be_tried_again(void **state)
{
    (void) state;

    define("half", "import 'later'; export const x = 1");
    check("const result = []; export { result };"
          "for (let i = 0; i < 2; i++)"
          "  try { await import('half') } catch (e) { result.push(e) }",
          "Error: No such module \"later\".,Error: No such module \"later\".");

    define("later", "");
    define("other", "const m = await import('half');"
                    "export const result = m.x");
    assert_int_equal(deliver(EVENT_RUN, "other", 5), V8SHIM_OK);
    assert_string_equal(report, "1");
}


static void
changed_promise_species_does_not_matter(void **state)
{
    (void) state;

    check("Object.defineProperty(Promise.prototype, 'constructor', { get() {"
          "  return { [Symbol.species]: function (f) {"
          "    f(() => {}, () => {}); return {}; } } } });"
          "export const result = typeof (await import('native')).v8",
          "object");
}


static void
workers_see_a_clean_global(void **state)
{
    (void) state;

    check_alone("export const result = [typeof native, Atomics.waitAsync,"
                "Object.hasOwn({ a: 1 }, 'a')]", "undefined,,true");
    check_alone("const result = []; export { result };"
                "for (const f of [eval, Function, (async () => {}).constructor])"
                "  try { f('1') } catch (e) { result.push(e.name) }",
                "EvalError,EvalError,EvalError");
    check_alone("let result; export { result }; try {"
                "  new WebAssembly.Module(new Uint8Array("
                "    [0, 97, 115, 109, 1, 0, 0, 0])) }"
                "catch (e) { result = e.name }", "CompileError");
    check_alone(NATIVE "export const result = v8.compileWasm("
                "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))",
                "[object WebAssembly.Module]");

}


static void
modules_make_no_shared_memory(void **state)
{
    (void) state;

    /* sections of types, of a memory, and one that V8 takes for nothing */

    check_alone(NATIVE "const result = []; export { result };"
                "for (const memory of [[1, 0, 1], [1, 1, 1, 1], [1, 3, 1, 1],"
                "  [1, 0x83, 0, 1, 1], [2, 1, 1, 0x81, 0, 3, 1, 1], [1, 7, 1, 1],"
                "  [1, 3], []]) {"
                "  try { result.push(v8.compileWasm(new Uint8Array("
                "    [0, 97, 115, 109, 1, 0, 0, 0, 0, 2, 1, 97, 1, 1, 0,"
                "      5, memory.length, ...memory]))) }"
                "  catch (e) { result.push(e.name + e.message.slice(0, 6)) }"
                "}",
                "[object WebAssembly.Module],[object WebAssembly.Module],"
                "CompileErrorshared,CompileErrorshared,CompileErrorshared,"
                "CompileErrorshared,CompileErrorshared,CompileErrorshared");
    check_alone(NATIVE "let result; export { result };"
                "try { v8.compileWasm(new Uint8Array("
                "  [0, 97, 115, 109, 1, 0, 0, 0, 5, 9])) }"
                "catch (e) { result = e.name + e.message.includes('shared') }",
                "CompileErrorfalse");
}


static void
stack_hides_the_runtime(void **state)
{
    (void) state;

    check("function f() { return new Error('e').stack }"
          "export const result = callback(f)",
          "Error: e\n    at f (main:1:23)\n    at main:1:67");
}


static void
chunks_run_when_they_are_asked_for(void **state)
{
    (void) state;

    check(NATIVE "const failure = (f) => { try { f() } catch (e) {"
          "  return e.message + e.stack.includes('dw:') } };"
          "export const result = [v8.runChunk('sum', 1, 2),"
          "  failure(() => v8.runChunk('none')),"
          "  failure(() => v8.runChunk('broken')),"
          "  failure(() => v8.runChunk('sum', 0)), v8.runChunk('sum', 3, 4)]",
          "3,no chunk \"none\"false,Unexpected end of inputfalse,"
          "no afalse,7");
}


static void
lazy_properties_look_like_data(void **state)
{
    (void) state;

    check(NATIVE "const d = Object.getOwnPropertyDescriptor(globalThis, 'two');"
          "globalThis.one = 1; Object.freeze(globalThis);"
          "export const result = [one, JSON.stringify(d), two, three,"
          "  Object.getOwnPropertyDescriptor(globalThis, 'three').enumerable,"
          "  v8.lazy.join('+')]",
          "1,{\"value\":7,\"writable\":true,\"enumerable\":true,"
          "\"configurable\":true},7,7,false,"
          "6two+6two+6three+6three");
}


static void
rejections_are_told(void **state)
{
    (void) state;

    check(NATIVE "Promise.reject(1); const p = Promise.reject(2);"
          "p.catch(() => {}); await 0; export const result = rejections",
          "0:1,0:2,1:undefined");
}


static void
context_follows_promises(void **state)
{
    (void) state;

    check(NATIVE "v8.setContext('a');"
          "const p = Promise.resolve().then(() => v8.getContext());"
          "v8.setContext('b'); export const result = await p", "a");
}


static void
values_are_cloned_or_refused(void **state)
{
    (void) state;

    check_alone(NATIVE "const { a, m } = v8.deserialize(v8.serialize("
                "{ a: new Uint8Array([1, 2]), m: new Map([[1, 10n]]) }));"
                "export const result = [a, m.get(1)]", "1,2,10");
    check_alone(NATIVE "let result; export { result };"
                "try { v8.serialize(() => 1) }"
                "catch (e) { result = [e.name, e.message, Object.keys(e)] }",
                "DataCloneError,() => 1 could not be cloned.,");
    check_alone(NATIVE "let result = 0, s = 1; export { result };"
                "const random = () => (s = s * 48271 % 2147483647) >> 8;"
                "const good = v8.serialize({ a: [1, 'x', new Set([2])],"
                "  b: new Float64Array(2), c: 9n ** 99n, d: /x/ });"
                "for (let i = 0; i < 20000; i++) {"
                "  const bad = good.slice();"
                "  bad[2 + random() % (bad.length - 2)] = random();"
                "  bad[2 + random() % (bad.length - 2)] = random();"
                "  try { v8.deserialize(bad) } catch (e) {"
                "    if (!(e instanceof Error)) result++; } }", "0");
}


static void
host_objects_are_a_tag_and_parts(void **state)
{
    (void) state;

    check_alone(NATIVE "const host = v8.hostObject(7, ['p', { q: 1 }]);"
                "const bytes = v8.serialize({ a: host, b: [host] });"
                "const { a, b } = v8.deserialize(bytes, (tag, parts) =>"
                "  ({ tag, text: JSON.stringify(parts) }));"
                "export const result = [a.tag, a.text, a === b[0],"
                "  v8.cloneKind(host)].join(' ')", "7 [\"p\",{\"q\":1}] true 2");
    check_alone(NATIVE "const result = []; export { result };"
                "const bytes = v8.serialize(v8.hostObject(1, 2));"
                "for (const make of [undefined, () => 1, () => { throw 'no' }])"
                "  try { v8.deserialize(bytes, make) }"
                "  catch (e) { result.push(e.name ?? e) }",
                "DataCloneError,DataCloneError,no");
    check_alone(NATIVE "let result = 0, s = 1; export { result };"
                "const random = () => (s = s * 48271 % 2147483647) >> 8;"
                "const host = v8.hostObject(7, ['p', { q: 1 }]);"
                "const good = v8.serialize({ a: host, b: [host, "
                "  v8.hostObject(8, new Map([[host, 1]]))] });"
                "for (let i = 0; i < 20000; i++) {"
                "  const bad = good.slice();"
                "  bad[2 + random() % (bad.length - 2)] = random();"
                "  bad[2 + random() % (bad.length - 2)] = random();"
                "  try { v8.deserialize(bad, (tag, parts) => ({ parts })) }"
                "  catch (e) { if (!(e instanceof Error)) result++; } }", "0");
}


static void
text_is_encoded_and_decoded(void **state)
{
    (void) state;

    check_alone(NATIVE "export const result = [v8.utf8Encode('a\\xe9'),"
                "v8.utf8Encode('\\ud800'), v8.utf8Encode('').length]",
                "97,195,169,239,191,189,0");
    check_alone(NATIVE "const into = (s, n) => { const w ="
                "  v8.utf8EncodeInto(s, new Uint8Array(n));"
                "  return [Math.floor(w / 2 ** 32), w % 2 ** 32].join('/') };"
                "export const result = [into('abc', 2), into('\\xe9\\xe9', 3),"
                "  into('a\\ud83d\\ude00', 4), into('a\\ud83d\\ude00', 5)]",
                "2/2,2/1,1/1,5/3");
    check_alone(NATIVE "const d = (b, ...o) => { try {"
                "  return escape(v8.utf8Decode(new Uint8Array(b), ...o)) }"
                "  catch (e) { return e.name } };"
                "export const result = [d([0xef, 0xbb, 0xbf, 65]),"
                "  d([0xef, 0xbb, 0xbf, 65], false, true),"
                "  d([0xe2, 0x82, 65]), d([0xed, 0xa0, 0x80]),"
                "  d([0xff], true), d([0xe2, 0x82, 0xac], true),"
                "  escape(v8.latin1Decode(new Uint8Array([233])))]",
                "A,%uFEFFA,%uFFFDA,%uFFFD%uFFFD%uFFFD,TypeError,%u20AC,%E9");
}


static void
clock_stands_still(void **state)
{
    (void) state;

    v8shim_isolate_set_clock(iso, 1234567890123.0);
    check("const t = Date.now(); for (let i = 0; i < 1e7; i++);"
          "export const result = [t, Date.now(), +new Date()]",
          "1234567890123,1234567890123,1234567890123");
}


static void
terminated_isolate_stays_terminated(void **state)
{
    (void) state;

    v8shim_isolate_leave(iso);
    v8shim_isolate_terminate(iso);
    v8shim_isolate_enter(iso);
    assert_int_equal(deliver(EVENT_IDLE, "", 0), V8SHIM_TERMINATED);

    check_terminated(NATIVE "ops.stop(); for (;;);");
    check_terminated(NATIVE "ops.stop(); export const result = 1");
    check_terminated(NATIVE "try { ops.stop(); for (;;); }"
                     "catch {} finally { for (;;); }");
    check_terminated(NATIVE "await 0; ops.stop(); for (;;) await 0;");
    check_terminated(NATIVE "rejections.push = () => { ops.stop();"
                     "for (;;); }; Promise.reject(1); for (;;);");
    check_terminated(NATIVE "const e = new Error(); Object.defineProperty(e,"
                     "'name', { get() { ops.stop(); for (;;); } });"
                     "e.stack; for (;;);");
}


static void *
stop_soon(void *arg)
{
    usleep(20000);
    v8shim_isolate_terminate(arg);

    return NULL;
}


static void
another_thread_stops_a_loop(void **state)
{
    pthread_t  thread;

    (void) state;

    assert_int_equal(pthread_create(&thread, NULL, stop_soon, iso), 0);
    assert_int_equal(run("for (;;);"), V8SHIM_TERMINATED);
    assert_int_equal(pthread_join(thread, NULL), 0);
}


static void
memory_limits_hold(void **state)
{
    (void) state;

    check_alone("let result; export { result };"
                "try { new ArrayBuffer(20 << 20) }"
                "catch (e) { result = e }",
                "RangeError: Array buffer allocation failed");
    check_alone(NATIVE "let result; export { result }; const all = [];"
                "try { for (;;) all.push(ops.make(2, 1 << 20)) }"
                "catch (e) { result = e.name + all.length }", "RangeError15");
    check_alone(NATIVE "for (let i = 0; i < 100; i++) ops.make(2, 1 << 20);"
                "export const result = 'collected'", "collected");
    assert_int_equal(memory_limits, 0);

    check_terminated("const a = []; for (;;) a.push({ a });");
    assert_int_equal(memory_limits, 1);

    check_terminated("const a = []; for (;;) {"
                     "  const m = new WebAssembly.Memory({ initial: 99 });"
                     "  new Uint8Array(m.buffer).fill(1); a.push(m) }");
    assert_int_equal(memory_limits, 1);
}


static void
forgotten_native_objects_are_told(void **state)
{
    (void) state;

    /* In one event, with no pause for a FinalizationRegistry. */

    check(NATIVE "let sum = 0;"
          "for (let i = 0; i < 1000; i++) {"
          "  const id = ops.open(); v8.watch({ id }, id); sum += id > 0 }"
          "export const result = sum", "1000");
    assert_in_range(most_alive, 1, OBJECTS_MAX);
    assert_in_range(calls, 1001, 2000);
    assert_int_equal(memory_limits, 0);

    /* What is held is not, and then the op fails. */

    check_alone(NATIVE "let result; export { result }; const held = [];"
                "globalThis.held = held;"
                "try { for (;;) {"
                "  const id = ops.open(); v8.watch(held[id] = {}, id) } }"
                "catch (e) { result = `${e} ${held.length - 1}` }",
                "RangeError: full 1016");
    assert_int_equal(alive, OBJECTS_MAX);
    assert_int_equal(memory_limits, 0);

    check_alone(NATIVE "export const result = [[], [{}], [{}, 0], [1, 1],"
                "  [{}, -1], [{}, NaN], [{}, 2 ** 53]].map((a) => {"
                "  try { v8.watch(...a) } catch (e) { return e.name[0] } });",
                "T,T,T,T,T,T,T");
}


static void
native_objects_count_as_memory(void **state)
{
    (void) state;

    check_terminated(NATIVE "globalThis.held = [];"
                     "for (let i = 0; i < 16; i++) {"
                     "  const id = ops.open(); v8.watch(held[i] = {}, id) }"
                     "globalThis.more = new ArrayBuffer(12 << 20);");
    assert_int_equal(memory_limits, 1);
}


static void *
recurse(void *arg)
{
    (void) arg;

    v8shim_isolate_enter(iso);
    (void) run("let result; const f = () => f(); export { result };"
               "try { f() } catch (e) { result = e.name }");
    v8shim_isolate_leave(iso);

    return NULL;
}


static void
recursion_ends_on_a_small_stack(void **state)
{
    pthread_t       thread;
    pthread_attr_t  attr;

    (void) state;

    v8shim_isolate_leave(iso);

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    assert_int_equal(pthread_create(&thread, &attr, recurse, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);

    v8shim_isolate_enter(iso);
    assert_string_equal(report, "RangeError");
}


static bool
on_import(void *user, const char *specifier, int line, int column)
{
    size_t  length = strlen(report);

    snprintf(report + length, sizeof(report) - length, "%s %d:%d,", specifier,
             line, column);

    return --*(int *) user > 0;
}


static void
check_lists_imports(void **state)
{
    int            most;
    const char    *source = "import 'a';\n export * from \"b\"; import('c');"
                            "import d from 'd'";
    v8shim_span_t  span;

    (void) state;

    span.data = (const uint8_t *) source;
    span.size = strlen(source);

    most = 9;
    report[0] = '\0';
    assert_int_equal(v8shim_check_module("m", span, on_import, &most, &error),
                     V8SHIM_OK);
    assert_string_equal(report, "a 1:8,b 2:16,d 2:47,");

    most = 1;
    report[0] = '\0';
    assert_int_equal(v8shim_check_module("m", span, on_import, &most, &error),
                     V8SHIM_OK);
    assert_string_equal(report, "a 1:8,");

    span.size -= 4;
    assert_int_equal(v8shim_check_module("m.js", span, on_import, &most,
                                         &error),
                     V8SHIM_THREW);
    assert_string_equal(error.location, "m.js:2:46");
}


/* Long enough to be worth keeping; "end" makes the difference. */
static const char *
long_source(const char *begin, const char *end)
{
    static char  source[8000];

    snprintf(source, sizeof(source), "%s\n//%05000d\n%s", begin, 0, end);

    return source;
}


static void
check_code(uint64_t made, uint64_t used)
{
    v8shim_code_t  code;

    code = v8shim_code();
    assert_int_equal(code.made, made);
    assert_int_equal(code.used, used);
}


static void
code_of_scripts_is_shared(void **state)
{
    v8shim_code_t  was;

    static const char  begin[] =
        "const f = (a) => [a, new Error().stack.includes('main:1:')].join();";
    static const char  common[] =
        NATIVE "export const result = v8.compileCommonJs('a.cjs',"
        " 'return module + 1;' + ' '.repeat(5000))(0, 0, 1);";
    static const char  broken[] = "throw new Error('oh no');";
    /* what V8 has compiled further does not go with it */
    static const char  hot[] =
        "class C { #n = 0; static #all = 0; add(i) { C.#all++;"
        " return this.#n += i; } static get all() { return C.#all; } }"
        "const c = new C();"
        "for (let i = 0; i < 300000; i++) c.add(i % 3);";

    (void) state;

    was = v8shim_code();

    check_alone(long_source(begin, "export const result = f(1);"), "1,true");
    check_code(was.made + 1, was.used);
    check_alone(long_source(begin, "export const result = f(1);"), "1,true");
    check_code(was.made + 1, was.used + 1);

    /* As long, and another one: of another text or another name. */

    check_alone(long_source(begin, "export const result = f(2);"), "2,true");
    check_code(was.made + 2, was.used + 1);

    close_isolate(state);
    assert_int_equal(open_isolate(state), 0);
    define("other", long_source(begin, "export const result = f(1);"));
    check("export { result } from 'other';", "1,false");
    check_code(was.made + 3, was.used + 1);

    check_alone(common, "2");
    check_code(was.made + 4, was.used + 1);
    check_alone(common, "2");
    check_code(was.made + 4, was.used + 2);

    check_alone(long_source(hot, "export const result = c.add(C.all);"),
                "600000");
    check_code(was.made + 5, was.used + 2);
    check_alone(long_source(hot, "export const result = c.add(C.all);"),
                "600000");
    check_code(was.made + 5, was.used + 3);

    /* An evaluation that fails leaves nothing. */

    check_alone(long_source(broken, ""), "Error: oh no @main:1:7");
    check_alone(long_source(broken, ""), "Error: oh no @main:1:7");
    check_code(was.made + 5, was.used + 3);

    /* Short ones are compiled at once. */

    check_alone("export const result = 1;", "1");
    check_code(was.made + 5, was.used + 3);
}


static void
code_of_wasm_is_shared(void **state)
{
    v8shim_code_t  was;

    /* f() is 1; in the other one 2 */

    static const char  one[] =
        NATIVE "export const result = new WebAssembly.Instance("
        "v8.compileWasm(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1,"
        " 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0,"
        " 65, 1, 11]))).exports.f();";
    static const char  two[] =
        NATIVE "export const result = new WebAssembly.Instance("
        "v8.compileWasm(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1,"
        " 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0,"
        " 65, 2, 11]))).exports.f();";

    (void) state;

    was = v8shim_code();

    check_alone(one, "1");
    check_code(was.made + 1, was.used);
    check_alone(one, "1");
    check_code(was.made + 1, was.used + 1);
    check_alone(two, "2");
    check_code(was.made + 2, was.used + 1);
    check_alone(one, "1");
    check_code(was.made + 2, was.used + 2);
}


/* In an isolate of its own, the module "mI". */
static void
load_numbered(unsigned i)
{
    char   name[16];
    void  *state = NULL;

    close_isolate(&state);
    assert_int_equal(open_isolate(&state), 0);

    snprintf(name, sizeof(name), "m%u", i);
    define(name, long_source("export const result = 1;", ""));
    assert_int_equal(deliver(EVENT_RUN, name, strlen(name)), V8SHIM_OK);
    assert_string_equal(report, "1");
}


static void
kept_code_has_a_cap(void **state)
{
    unsigned       i;
    v8shim_code_t  code;

    (void) state;

    for (i = 0; i < 150; i++) {
        load_numbered(i);
        assert_in_range(v8shim_code().bytes, 1, CODE_BYTES);
    }

    code = v8shim_code();
    assert_in_range(code.entries, 10, 149);

    /* What was used last is still there, what was used first is not. */

    load_numbered(149);
    check_code(code.made, code.used + 1);
    load_numbered(0);
    check_code(code.made + 1, code.used + 1);
}


static void *
load_and_load(void *arg)
{
    char                     text[8192];
    size_t                   size;
    unsigned                 i;
    v8shim_error_t           failure;
    v8shim_event_t           event;
    v8shim_isolate_t        *mine;
    v8shim_isolate_config_t  isolate_config = {
        .heap_bytes = HEAP_BYTES,
        .buffer_bytes = BUFFER_BYTES
    };

    for (i = 0; i < 40; i++) {

        mine = v8shim_isolate_create(&isolate_config, &failure);
        if (mine == NULL) {
            return "no isolate";
        }

        /* The same seven in all threads. */

        size = (size_t) snprintf(text, sizeof(text),
                                 "t%u%c//%05000d\nconst f = () => %u; f();",
                                 i % 7, 0, 0, i % 7);

        memset(&event, 0, sizeof(event));
        event.type = EVENT_DEFINE;
        event.text.data = (const uint8_t *) text;
        event.text.size = size;

        v8shim_isolate_enter(mine);

        if (v8shim_isolate_deliver(mine, &event, &failure) != V8SHIM_OK) {
            return "not defined";
        }

        event.type = EVENT_RUN;
        event.text.size = 2;

        if (v8shim_isolate_deliver(mine, &event, &failure) != V8SHIM_OK) {
            return "not run";
        }

        v8shim_isolate_leave(mine);
        v8shim_isolate_destroy(mine);
    }

    return arg;
}


static void
threads_share_code(void **state)
{
    void            *result;
    unsigned         i;
    pthread_t        threads[4];
    pthread_attr_t   attr;
    v8shim_code_t    was;

    (void) state;

    was = v8shim_code();
    v8shim_isolate_leave(iso);

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], &attr, load_and_load,
                                        NULL), 0);
    }

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }

    pthread_attr_destroy(&attr);
    v8shim_isolate_enter(iso);

    /* Each of the seven was made by one of them, at least. */

    assert_in_range(v8shim_code().made - was.made, 7, 4 * 7);
    assert_int_equal(v8shim_code().made - was.made
                     + v8shim_code().used - was.used, 4 * 40);
}


#define with_isolate(f)                                                       \
    cmocka_unit_test_setup_teardown(f, open_isolate, close_isolate)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        /* the first: it starts V8 */
        cmocka_unit_test(snapshot_of_another_kind_is_refused),
        with_isolate(event_arrives_as_arguments),
        with_isolate(runtime_that_throws_is_reported_and_goes_on),
        with_isolate(ops_convert_and_check_their_arguments),
        with_isolate(module_errors_tell_their_place),
        with_isolate(modules_import_each_other),
        with_isolate(failed_import_can_be_tried_again),
        with_isolate(changed_promise_species_does_not_matter),
        with_isolate(workers_see_a_clean_global),
        with_isolate(modules_make_no_shared_memory),
        with_isolate(stack_hides_the_runtime),
        with_isolate(chunks_run_when_they_are_asked_for),
        with_isolate(lazy_properties_look_like_data),
        with_isolate(rejections_are_told),
        with_isolate(context_follows_promises),
        with_isolate(values_are_cloned_or_refused),
        with_isolate(host_objects_are_a_tag_and_parts),
        with_isolate(text_is_encoded_and_decoded),
        with_isolate(clock_stands_still),
        with_isolate(terminated_isolate_stays_terminated),
        with_isolate(another_thread_stops_a_loop),
        with_isolate(memory_limits_hold),
        with_isolate(forgotten_native_objects_are_told),
        with_isolate(native_objects_count_as_memory),
        with_isolate(recursion_ends_on_a_small_stack),
        with_isolate(code_of_scripts_is_shared),
        with_isolate(code_of_wasm_is_shared),
        with_isolate(threads_share_code),
        with_isolate(kept_code_has_a_cap),
        cmocka_unit_test(check_lists_imports)
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
