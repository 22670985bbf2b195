// RPC between isolates, through a switch that plays nginx.

import assert from "node:assert/strict";
import v8 from "node:v8";
import {
  CODE, FLAG, FORMAT, isolates, RECORD, records, Switch,
} from "./lib/harness.js";
import { hostile, polluteObjects } from "./lib/hostile.js";

const ALS = [RECORD.FLAG, "", "nodejs_als"];

// A callee, and a caller whose env has it as API.  "statements" run in the
// caller's fetch handler; what they return, as JSON, must be "expected".  The
// caller hears nothing before it has sent "pipelined" messages.
function rpc(
  title, callee, statements, expected, check = () => {}, options = {}) {
  isolates(title, async (isolate, another) => {
    const server = another();
    const answer = await connect(
      isolate, server, callee, statements, check, options);
    assert.deepEqual(answer, expected);
  }, options);
}

// All sessions have ended by themselves.
const allClosed = ({ hub, isolate }) => isolate.until(() =>
  hub.links.every(({ back, forward }) => forward.ended && back.ended));

// How many messages are in these bytes?
function countMessages(chunks) {
  const bytes = Buffer.concat(chunks);
  let count = 0;
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at)) count++;
  return count;
}

async function connect(
  isolate, server, callee, statements, check, { breaks, cpuMs, pipelined = 0 } = {}) {
  const prelude = `import { RpcTarget, WorkerEntrypoint, RpcStub, RpcPromise, exports, env as globalEnv }
    from "cloudflare:workers";\n`;
  await server.load(FORMAT.RECORDS, records(
    [[RECORD.JS, "main.js", prelude + callee], ALS]), { host: true, cpuMs });
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", prelude +
      `const failure = async (promise) => {
         try { await promise; } catch (error) { return [error.name, error.message]; }
         return "did not throw";
       };
       const until = async (condition) => {
         for (;;) {
           const result = await condition();
           if (result) return result;
           await scheduler.wait(2);
         }
       };
       export class Own extends WorkerEntrypoint { hi(x) { return [x, this.ctx.props]; } }
       export class Near extends WorkerEntrypoint {
         async fetch(request) { return new Response(
           ["near", request.method, await request.text(), this.ctx.props].join(" ")); }
         hi(x) { return ["near", x]; } }
       export default { async fetch(request, env, ctx) {
         const api = env.API;
         try {
           const result = await (async () => { ${statements} })();
           return Response.json(result === undefined ? null : result);
         } catch (error) {
           return Response.json(["threw", error.name, error.message, error.stack]);
         }
       } };`],
    [RECORD.SERVICE, "API", "7"], ALS,
  ]), { host: true, cpuMs });
  const hub = new Switch([isolate, server], (from, call) =>
    call.flags & FLAG.SELF ? { isolate: from }
      : call.target === 7 ? { isolate: server } : undefined,
  pipelined === 0 ? undefined
    : (messages) => countMessages(messages.map(([, bytes]) => bytes)) < pipelined);
  try {
    const event = isolate.fetch();
    if (breaks !== undefined) {
      // the session of that number, once it has been used
      await isolate.until(() => hub.links.length > breaks &&
        hub.links[breaks].forward.taken > 1);
      isolate.reset(hub.links[breaks].out, CODE.MEMORY);
    }
    const answer = await isolate.answer(event);
    assert.equal(answer.reset, null);
    await check({ hub, isolate, server });
    return JSON.parse(answer.text);
  } finally {
    hub.stop();
  }
}

const entrypoint = (body) =>
  `export default class extends WorkerEntrypoint { ${body} }`;

rpc("a method is called with values and answers with one",
  entrypoint(`add(a, b) { return { sum: a + b, at: new Date(0) }; }`),
  `const { sum, at } = await api.add(1, 2); return [sum, at.toISOString()];`,
  [3, "1970-01-01T00:00:00.000Z"]);

rpc("errors keep name, message, cause and own properties, and lose their stack",
  entrypoint(`
    type() { throw Object.assign(new TypeError("t"), { code: 7, deep: { a: [1] }, fn() {} }); }
    custom() { class MyError extends Error { get name() { return "MyError"; } }
      throw new MyError("m", { cause: new RangeError("c") }); }
    value() { throw { plain: 1 }; }
    dom() { throw new DOMException("d", "AbortError"); }
    symbol() { throw Symbol("s"); }`),
  `const caught = async (name) => { try { await api[name](); } catch (error) { return error; } };
   const type = await caught("type"), custom = await caught("custom");
   const dom = await caught("dom");
   return [type instanceof TypeError, type.message, type.code, type.deep, "fn" in type,
     custom.name, custom.message, custom.cause.name, custom.cause.message,
     await caught("value"), dom instanceof DOMException, dom.name, dom.message,
     (await caught("symbol")).message,
     [type, custom, dom].some(({ stack }) => /main\\.js/.test(stack)), custom.stack];`,
  [true, "t", 7, { a: [1] }, false, "MyError", "m", "RangeError", "c",
    { plain: 1 }, true, "AbortError", "d", "Symbol(s)", false, "MyError: m"]);

rpc("a result may be disposed of before it is there, after calls go on from it",
  entrypoint(`
    static log = [];
    async get() {
      await scheduler.wait(5);
      const { log } = this.constructor;
      return { hi(x) { log.push("hi"); return x; }, [Symbol.dispose]() { log.push("disposed"); } };
    }
    log() { return this.constructor.log; }`),
  `const dropped = api.get();
   const called = dropped.hi(1);
   dropped[Symbol.dispose]();
   return [await called, await failure(dropped), await api.log()];`,
  [1, ["Error", "RPC promise used after being disposed."], ["hi", "disposed"]],
  allClosed);

rpc("a stream in arguments that cannot be sent is cancelled",
  entrypoint(`take() {}`),
  `let cancelled = "no";
   const stream = new ReadableStream({ cancel() { cancelled = "yes"; } });
   const why = await failure(api.take(stream, Symbol("s")));
   await scheduler.wait(1);
   return [why[0], cancelled, stream.locked];`,
  ["DataCloneError", "yes", true], allClosed);

const ABSENT = [
  "instance", "fn", "__proto__", "toString", "hasOwnProperty", "__defineGetter__",
  "valueOf", "env", "ctx", "missing", "stat", "#private", "isPrototypeOf", "",
];
rpc("only methods and getters of the class are reachable",
  `class Base extends WorkerEntrypoint { inherited() { return "base"; } }
   export default class extends Base {
     #private = "p"; instance = "i"; fn = () => "own";
     static stat() {}
     method() { return "m"; }
     get getter() { return { g: this.#private }; }
   }`,
  `const out = [await api.method(), await api.inherited(), (await api.getter).g];
   for (const name of ${JSON.stringify(ABSENT)}) {
     out.push([name, await failure(api[name]()), await failure(api[name])]);
   }
   out.push(await failure(api.alarm()), await failure(api.x.y.z()),
     await failure(api.method.call()), await failure(api.getter.g()));
   return out;`,
  ["m", "base", "p", ...ABSENT.map((name) => {
    const error = [
      "TypeError", `The RPC receiver does not implement the method "${name}".`,
    ];
    return [name, error, error];
  }),
  ["TypeError", "'alarm' is a reserved method and cannot be called over RPC."],
  ["TypeError", 'The RPC receiver does not implement the method "x".'],
  ["TypeError", 'The RPC receiver does not implement the method "call".'],
  ["TypeError", '"getter.g" is not a function.']]);

rpc("names of other handlers are methods, those of entrypoints are reserved",
  entrypoint(`
     tail(events) { return ["tail", events, this.ctx.props]; } trace() { return "trace"; }
     scheduled() { return "scheduled"; } queue() { return "queue"; } test() { return "test"; }
     alarm() {} webSocketMessage() {} webSocketClose() {} webSocketError() {}`),
  `const out = [await api.tail([{ outcome: "ok" }])];
   for (const name of ["trace", "scheduled", "queue", "test"]) out.push(await api[name]());
   for (const name of ["alarm", "webSocketMessage", "webSocketClose", "webSocketError"]) {
     out.push((await failure(api[name]()))[1]);
   }
   return out;`,
  [["tail", [{ outcome: "ok" }], {}], "trace", "scheduled", "queue", "test",
    ...["alarm", "webSocketMessage", "webSocketClose", "webSocketError"].map((name) =>
      `'${name}' is a reserved method and cannot be called over RPC.`)]);

rpc("an exported object's own functions take one argument, env and ctx",
  `export default {
     greet(name, env, ctx) { return [name, env === this.env, ctx.props, this.data]; },
     four(a, b, c, d) {}, data: { n: [1] }, fetch() {},
   };`,
  `return [await api.greet("x"), await api.data.n, await failure(api.greet()),
     (await failure(api.four(1)))[0], await failure(api.env), await failure(api.ctx),
     await failure(api.toString())];`,
  [["x", true, {}, { n: [1] }], [1],
    ["TypeError", 'Attempted to call RPC function "greet" with the wrong number of ' +
      "arguments. When calling a top-level handler function that is not declared " +
      "as part of a class, you must always send exactly one argument. In order " +
      "to support variable numbers of arguments, the server must use class-based " +
      "syntax (extending WorkerEntrypoint) instead."],
    "TypeError",
    ["TypeError", 'The RPC receiver does not implement the method "env".'],
    ["TypeError", 'The RPC receiver does not implement the method "ctx".'],
    ["TypeError", 'The RPC receiver does not implement the method "toString".']]);

const COUNTER = `class Counter extends RpcTarget {
    #n = 0; secret = "s";
    constructor(n) { super(); this.#n = n; }
    increment(by = 1) { return this.#n += by; }
    get value() { return this.#n; }
    child() { return new Counter(this.#n * 10); }
    [Symbol.dispose]() { globalThis.disposed = (globalThis.disposed ?? 0) + 1; }
  }`;

rpc("RpcTargets are stubs over there",
  `${COUNTER} export default class extends WorkerEntrypoint {
     counter(n) { return new Counter(n); } disposed() { return globalThis.disposed ?? 0; } }`,
  `const counter = await api.counter(5);
   const out = [counter instanceof RpcStub, typeof counter, await counter.increment(),
     await counter.increment(2), await counter.value, await failure(counter.secret)];
   const dup = counter.dup();
   counter[Symbol.dispose]();
   out.push(await failure(counter.increment()), await dup.value, await api.disposed());
   dup[Symbol.dispose](); dup[Symbol.dispose]();
   out.push(await until(async () => await api.disposed() > (out.last ?? 0) && api.disposed()));
   out.last = out.at(-1);
   return out;`,
  [true, "function", 6, 8, 8,
    ["TypeError", 'The RPC receiver does not implement the method "secret".'],
    ["Error", "RPC stub used after being disposed."], 8, 0, 1],
  allClosed);

rpc("calls on a promise's result leave at once: one round trip",
  `${COUNTER} export default class extends WorkerEntrypoint {
     counter(n) { return new Counter(n); } }`,
  `return await api.counter(5).child().child().increment();`, 501, undefined,
  { pipelined: 4 });

rpc("plain objects of functions, and functions as arguments and results",
  entrypoint(`
    api() { return { add: (a, b) => a + b, nested: { twice: async (f) => f(await f(1)) }, n: 3 }; }
    async apply(f, ...args) { return [await f(...args), typeof f]; }
    make(prefix) { const f = (x) => prefix + x; f.extra = () => "own"; return f; }
    async each(list, f) { for (const x of list) await f(x); }`),
  `const object = await api.api();
   const seen = [];
   await api.each([1, 2, 3], (x) => { seen.push(x); });
   const made = await api.make("p");
   return [await object.add(1, 2), object.n, await object.nested.twice((x) => x * 3),
     await api.apply(async (a, b) => [a, b], 1, { c: 2 }), seen, await made("q"),
     await api.api().nested.twice((x) => x + 1), await made.extra(),
     await failure(made.prototype), typeof object[Symbol.dispose], Object.keys(object)];`,
  [3, 3, 9, [[1, { c: 2 }], "function"], [1, 2, 3], "pq", 3, "own",
    ["TypeError", 'The RPC receiver does not implement the method "prototype".'],
    "function", ["add", "nested", "n"]]);

rpc("stubs that are arguments end with the call, unless they are duplicated",
  `let kept, leaked;
   export default class extends WorkerEntrypoint {
     keep(f) { kept = f.dup(); leaked = f; }
     async use() { return [await kept("a"),
       await leaked("b").then(() => "worked", (error) => error.message)]; }
     async both(f) { await this.keep(f); await 0; await scheduler.wait(30);
       return [await kept("a")]; }
     delayed(f) { this.ctx.waitUntil((async () => {
       const dup = f.dup(); await scheduler.wait(30);
       await f("x").catch((error) => dup(error.message)); dup[Symbol.dispose]();
     })()); }
   }`,
  `const seen = [];
   const done = new Promise((resolve) => {
     api.delayed((x) => { seen.push(x); resolve(); });
   });
   const both = await api.both((x) => x + "!");
   await done;
   return [both, seen];`,
  [["a!"], ["RPC stub used after being disposed."]]);

rpc("what cannot go is a DataCloneError; the session goes on",
  entrypoint(`
    symbol() { return Symbol(); } weak() { return new WeakMap(); }
    instance() { return new (class Foo {})(); } echo(x) { return x; }
    promise() { return { p: Promise.resolve(1) }; } ok() { return "ok"; }`),
  `const out = [];
   for (const name of ["symbol", "weak", "instance", "promise"]) {
     out.push(await failure(api[name]()));
   }
   out.push(await failure(api.echo(Symbol("q"))),
     await failure(api.echo(new (class Bar {})())), await failure(api.echo(api.echo(1))),
     await failure(api.echo(ctx)), await failure(api.echo([() => 1, Symbol("u")])),
     await api.ok());
   return out.map((x) => Array.isArray(x) ? x[1] : x);`,
  ["Symbol() could not be cloned.", "#<WeakMap> could not be cloned.",
    'Could not serialize object of type "Foo". This type does not support serialization.',
    "#<Promise> could not be cloned.", "Symbol(q) could not be cloned.",
    'Could not serialize object of type "Bar". This type does not support serialization.',
    'Could not serialize object of type "RpcPromise". This type does not support serialization.',
    'Could not serialize object of type "ExecutionContext". This type does not support serialization.',
    "Symbol(u) could not be cloned.", "ok"], allClosed);

rpc("a stub of one's own isolate works as any other",
  entrypoint(`call(stub) { return stub.increment(4); }`),
  `${COUNTER}
   const counter = new RpcStub(new Counter(1));
   const plain = new RpcStub({ f: (x) => [x, 1] });
   const fn = new RpcStub((x) => ({ x }));
   const out = [await counter.increment(), await counter.child().value,
     await api.call(counter), await counter.value, await plain.f("a"), (await fn(2)).x];
   const error = (f) => { try { f(); } catch (e) { return [e.name, e.message]; } };
   out.push(error(() => new RpcStub(1)), error(() => new RpcStub(new Date())),
     error(() => RpcStub({})));
   counter[Symbol.dispose]();
   out.push(await until(() => globalThis.disposed));
   out.push((await failure(counter.value))[1]);
   return out;`,
  [2, 20, 6, 6, ["a", 1], 2,
    ["TypeError", "RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives."],
    ["TypeError", "RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives."],
    ["TypeError", "Class constructor RpcStub cannot be invoked without 'new'"],
    1, "RPC stub used after being disposed."]);

rpc("stubs pass through a third party and back",
  `${COUNTER} export default class extends WorkerEntrypoint {
     counter(n) { return new Counter(n); }
     bump(stub, n) { return stub.increment(n); }
     back(stub) { return stub; }
   }`,
  `const counter = await api.counter(1);
   const mine = await api.back((x) => "mine" + x);
   return [await api.bump(counter, 5), await counter.value, await mine("!"),
     await (await api.back(counter)).increment()];`,
  [6, 6, "mine!", 7]);

rpc("Request, Response and Headers go with their bodies",
  entrypoint(`
    async request(r) { return [r instanceof Request, r.method, r.url, r.headers.get("a"), await r.text()]; }
    response() { return new Response("body", { status: 203, statusText: "Hm",
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }); }
    headers(h) { h.append("x", "2"); return h; }
    stream() { let n = 0; return new Response(new ReadableStream({ pull(c) {
      if (n++ === 3) c.close(); else c.enqueue(new TextEncoder().encode("p" + n)); } })); }`),
  `const response = await api.response();
   const headers = await api.headers(new Headers({ x: "1" }));
   const post = new Request("http://h/p", { method: "POST", body: "text", headers: { a: "é" } });
   return [await api.request(post), post.bodyUsed, response.status, response.statusText,
     response.headers.getSetCookie(), await response.text(), headers.get("x"),
     await (await api.stream()).text()];`,
  [[true, "POST", "http://h/p", "é", "text"], true, 203, "Hm", ["a=1", "b=2"],
    "body", "1, 2", "p1p2p3"]);

rpc("a ReadableStream is read at the reader's pace, cancelled and failed",
  `let pulled = 0, cancelled;
   export default class extends WorkerEntrypoint {
     stream() { return new ReadableStream({
       pull(c) { pulled++; c.enqueue(new Uint8Array(16384)); },
       cancel(reason) { cancelled = reason; } }, { highWaterMark: 0 }); }
     failing() { return new ReadableStream({ pull(c) { c.error(new RangeError("broke")); } }); }
     text() { return new ReadableStream({ pull(c) { c.enqueue("no bytes"); } }); }
     async read(stream) { let n = 0; for await (const c of stream) n += c.length; return n; }
     state() { return [pulled, cancelled]; }
   }`,
  `const reader = (await api.stream()).getReader();
   const first = await reader.read();
   await scheduler.wait(30);
   const [pulled] = await api.state();
   await reader.cancel("enough");
   await scheduler.wait(30);
   let sent = 0;
   const big = new ReadableStream({ pull(c) {
     if (sent++ === 50) c.close(); else c.enqueue(new Uint8Array(10000)); } });
   const read = async (stream) => { for await (const _ of stream); };
   return [first.value.length > 0, pulled < 12, (await api.state())[1], await api.read(big),
     await failure(read(await api.failing())), await failure(read(await api.text()))];`,
  [true, true, "enough", 500000, ["RangeError", "broke"],
    ["TypeError", "This ReadableStream did not return bytes."]]);

rpc("a WritableStream waits for each write, closes, aborts and fails",
  entrypoint(`
    async fill(stream) { const w = stream.getWriter();
      for (let i = 0; i < 3; i++) await w.write({ i, at: new Date(0) }); await w.close(); return "filled"; }
    async abort(stream) { await stream.abort(new TypeError("stop")); }
    async fail(stream) { const w = stream.getWriter();
      try { await w.write("x"); } catch (error) { return [error.name, error.message]; } }`),
  `const seen = []; let closed = false; let aborted;
   const slow = new WritableStream({ async write(x) { await scheduler.wait(5); seen.push(x.i); },
     close() { closed = true; } });
   const out = [await api.fill(slow), seen, closed];
   await api.abort(new WritableStream({ abort(reason) { aborted = reason; } }));
   out.push(aborted.name, aborted.message,
     await api.fail(new WritableStream({ write() { throw new RangeError("full"); } })));
   return out;`,
  ["filled", [0, 1, 2], true, "TypeError", "stop", ["RangeError", "full"]]);

rpc("names that an object has anyway are remote ones, but for then",
  entrypoint(`name() { return "n"; } length() { return "l"; } apply(x) { return x; }
    toJSON() { return "j"; } call() { return "c"; }`),
  `return [await api.name(), await api.length(), await api.apply(1), await api.call(),
     api.then, typeof api, typeof api.foo, api instanceof Object,
     Object.prototype.toString.call(api),
     api.name instanceof RpcPromise, Object.keys(api)];`,
  ["n", "l", 1, "c", undefined, "object", "function", true, "[object Fetcher]",
    false, []].map((x) => x ?? null));

rpc("a promise that is disposed of is not to be used, nor what it brings",
  `${COUNTER} export default class extends WorkerEntrypoint {
     counter(n) { return new Counter(n); } disposed() { return globalThis.disposed ?? 0; }
     held() { return { n: 1, [Symbol.dispose]() { globalThis.disposed = 10; } }; } }`,
  `const early = api.counter(1);
   early[Symbol.dispose]();
   const out = [await failure(early.increment())];
   out.push(await until(async () => await api.disposed() > (out.last ?? 0) && api.disposed()));
   out.last = out.at(-1);
   const held = await api.held();
   out.push(held.n, await api.disposed());
   held[Symbol.dispose]();
   out.push(await until(async () => await api.disposed() > (out.last ?? 0) && api.disposed()));
   out.last = out.at(-1);
   return out;`,
  [["Error", "RPC promise used after being disposed."], 1, 1, 1, 10],
  allClosed);

rpc("a result that is here already can still be gone on from",
  `${COUNTER} export default class extends WorkerEntrypoint {
     all() { return { counter: new Counter(1), data: { n: 2 } }; } }`,
  `const promise = api.all();
   await promise;
   return [await promise.counter.increment(), await promise.data.n,
     await failure(promise.data.m), await failure(promise.data())];`,
  [2, 2, ["TypeError", 'The RPC receiver does not implement the method "m".'],
    ["TypeError", '"data" is not a function.']]);

rpc("thousands of calls in flight, in one session and in sessions of their own",
  `${COUNTER} let waiting = 0, all;
   const everybody = new Promise((resolve) => { all = resolve; });
   export default class extends WorkerEntrypoint {
     counter() { return new Counter(0); }
     meet(n) { if (++waiting === n) all(n); return everybody; }
   }`,
  `const counter = await api.counter();
   const results = await Promise.all(Array.from({ length: 5000 }, () => counter.increment()));
   counter[Symbol.dispose]();
   const met = await Promise.all(Array.from({ length: 5000 }, () => api.meet(5000)));
   return [results.length, results.at(-1), new Set(results).size, met.length, new Set(met).size];`,
  [5000, 5000, 5000, 5000, 1], allClosed, { cpuMs: 20000 });

rpc("calls on one Fetcher run side by side and answer each its own",
  `const waiting = [];
   export default class extends WorkerEntrypoint {
     async wait(n) {
       // each ends once the next one has come
       const next = new Promise((resolve) => { waiting[n] = resolve; });
       if (n === 3) waiting[3]();
       await next;
       waiting[n - 1]?.();
       return n;
     }
     fetch() { return new Response("fetched"); }
   }`,
  `const results = await Promise.all([1, 2, 3].map((n) => api.wait(n)));
   const response = await api.fetch("http://x/");
   return [results, await response.text()];`,
  [[1, 2, 3], "fetched"]);

rpc("values of each kind arrive as what they were",
  `class MyMap extends Map {}
   export default class extends WorkerEntrypoint {
     all() {
       const cycle = { n: 1 }; cycle.self = cycle;
       const sparse = [1]; sparse[3] = 2;
       return { map: new MyMap([[{ k: 1 }, new Set([1n])]]), date: new Date(5), regexp: /a/gi,
         bytes: new Uint8Array([1, 2, 3]).subarray(1), floats: new Float64Array([1.5]),
         view: new DataView(new ArrayBuffer(3), 1), buffer: new ArrayBuffer(2), big: 2n ** 70n,
         boxed: [Object(1), Object("s"), Object(false), Object(1n)], cycle, sparse,
         odd: [undefined, null, NaN, -0, Infinity],
         hidden: Object.defineProperty({ [Symbol("s")]: 1 }, "h", { value: 1 }),
         get computed() { return this.big - this.big; } };
     } }`,
  `const x = await api.all();
   const [[key, set]] = x.map;
   return [Object.getPrototypeOf(x.map) === Map.prototype, key.k, [...set].map(String), x.date.getTime(),
     String(x.regexp), x.bytes instanceof Uint8Array, [...x.bytes], [...x.floats],
     [x.view.byteLength, x.view.byteOffset], x.buffer.byteLength, String(x.big - 2n ** 70n),
     x.boxed.map((b) => typeof b + b.valueOf()), x.cycle.self === x.cycle,
     [x.sparse.length, 1 in x.sparse], x.odd.map((o) => Object.is(o, -0) ? "-0" : String(o)),
     Reflect.ownKeys(x.hidden).length, String(x.computed)];`,
  [true, 1, ["1"], 5, "/a/gi", true, [2, 3], [1.5], [2, 1], 2, "0",
    ["object1", "objects", "objectfalse", "object1"], true, [4, false],
    ["undefined", "null", "NaN", "-0", "Infinity"], 0, "0"]);

rpc("what is no value of its own is refused by name",
  `export default class extends WorkerEntrypoint {
     *generator() { yield 1; } async *asyncGenerator() { yield 1; }
     args() { return arguments; } self() { return this; }
     proxy() { return new Proxy(new Map(), {}); } signal() { return new AbortController().signal; }
   }`,
  `const out = [];
   for (const name of ["generator", "asyncGenerator", "args", "self", "proxy", "signal"]) {
     out.push((await failure(api[name]())).join(": "));
   }
   return out;`,
  ["[object Generator] could not be cloned.", "[object AsyncGenerator] could not be cloned.",
    "#<Object> could not be cloned.",
    'Could not serialize object of type "WorkerEntrypoint". This type does not support serialization.',
    "Proxy could not be serialized because it is not a valid RPC receiver type. The Proxy must " +
    "emulate either a plain object or an RpcTarget, as indicated by the Proxy's prototype chain.",
    'Could not serialize object of type "AbortSignal". This type does not support serialization.',
  ].map((message) => `DataCloneError: ${message}`), undefined, { only: "engine" });

rpc("a Proxy of a target or of a plain object is a stub",
  `const spy = { get(target, key, self) {
     return key === "made" ? () => "made up" : Reflect.get(target, key, self); } };
   class Target extends RpcTarget { own = 1; hi() { return "hi"; } }
   export default class extends WorkerEntrypoint {
     target() { return new Proxy(new Target(), spy); }
     plain() { return new Proxy({ n: 1 }, spy); } }`,
  `const target = await api.target();
   return [await target.hi(), await target.made(), await failure(target.own),
     await failure(target.toString()), await (await api.plain()).n];`,
  ["hi", "made up",
    ["TypeError", 'The RPC receiver does not implement the method "own".'],
    ["TypeError", 'The RPC receiver does not implement the method "toString".'], 1]);

rpc("a stub is cloned by RPC only",
  entrypoint("f() { return () => 1; }"),
  `const stub = await api.f();
   const clone = async (value) => structuredClone(value);
   return [await failure(clone(stub)), await failure(clone({ x: new (class extends RpcTarget {})() })),
     await failure(clone(stub.x)), await failure(clone(api)),
     await failure((async () => ctx.exports.Own({ props: { stub } }))())].map(([name, message]) => {
     if (name !== "DataCloneError") throw new Error(name);
     return message;
   });`,
  ["Remote RPC references can only be serialized for RPC.",
    "Remote RPC references can only be serialized for RPC.",
    'Could not serialize object of type "RpcProperty". This type does not support serialization.',
    "ServiceStub cannot be serialized in this context.",
    "Remote RPC references can only be serialized for RPC."]);

rpc("an error that was thrown says that it is remote; errors of an AggregateError come along",
  entrypoint(`
    aggregate() { throw new AggregateError([new TypeError("a"), 2, () => 1], "all"); }
    many() { throw new AggregateError([new TypeError("a"), { b: 2 }], "all"); }
    given() { return new Error("e"); } plain() { throw { p: 1 }; }`),
  `const caught = async (name) => { try { await api[name](); } catch (error) { return error; } };
   const { errors, message, name, remote } = await caught("many");
   const plain = await caught("plain"), given = await api.given();
   const missing = await caught("missing");
   const local = await api.given(Symbol("s")).catch((error) => error);
   return [errors[0] instanceof TypeError, errors[0].message, errors[1], message, name, remote,
     plain, "remote" in given, missing.remote, "remote" in local,
     "errors" in await caught("aggregate")];`,
  [true, "a", { b: 2 }, "all", "AggregateError", true, { p: 1 }, false, true, false, false]);

rpc("an RpcPromise is a promise in all but its class",
  `class Thenable extends RpcTarget { then(resolve) { globalThis.asked = true; resolve("then"); } hi() { return "hi"; } }
   export default class extends WorkerEntrypoint {
     n() { return 5; } fail() { throw new RangeError("r"); } rejects() { return Promise.reject(new TypeError("t")); }
     deep() { return { a: { b: [{ c: 7 }] } }; }
     box() { return [new Thenable()]; } asked() { return globalThis.asked ?? false; } }`,
  `const promise = api.n();
   const seen = [];
   const chained = await api.n().then((n) => n + 1).finally(() => { seen.push("finally"); });
   await api.fail().catch(({ name }) => { seen.push(name); });
   await api.rejects().then(() => seen.push("no"), ({ name }) => { seen.push(name); });
   await api.fail().finally(() => { seen.push("finally"); }).catch(() => {});
   const [stub] = await api.box();
   return [promise instanceof RpcPromise, typeof promise, await promise, await promise, chained, seen,
     await api.deep().a.b, await failure(api.deep().a.b[0]), await (await stub).hi(), await api.asked(),
     Promise.resolve(stub) instanceof Promise, await Promise.all([api.n(), api.deep().a])];`,
  [true, "function", 5, 5, 6, ["finally", "RangeError", "TypeError", "finally"], [{ c: 7 }],
    ["TypeError", 'The RPC receiver does not implement the method "b".'], "hi", false, true,
    [5, { b: [{ c: 7 }] }]]);

rpc("answers that are no object are not gone on from",
  entrypoint(`n() { return 5; } nothing() {} text() { return "text"; } list() { return [1]; }
    map() { return new Map([["get", 1]]); }`),
  `return [await failure(api.n()()), await failure(api.nothing().x), await failure(api.text().length),
     await failure(api.list()[0]), await failure(api.map().get("get"))];`,
  [['"(this)" is not a function.'], ..."x length 0 get".split(" ").map((name) =>
    [`The RPC receiver does not implement the method "${name}".`])]
    .map(([message]) => ["TypeError", message]));

rpc("a stub that comes back to its owner is a stub of the same target",
  entrypoint(`same(x) { return x; } twice(a, b) { return [a, b]; }`),
  `${COUNTER}
   const counter = new Counter(1);
   const back = await api.same(counter);
   const [a, b] = await api.twice(counter, counter);
   const out = [back === counter, back instanceof RpcStub, await back.increment(), await a.increment(),
     counter.increment(), a === b];
   back[Symbol.dispose](); a[Symbol.dispose]();
   if (b !== a) b[Symbol.dispose]();
   return [...out, await until(() => globalThis.disposed === 2)];`,
  [false, true, 2, 3, 4, true, true]);

rpc("onRpcBroken is told when the session breaks, not when it ends",
  `${COUNTER} export default class extends WorkerEntrypoint { counter() { return new Counter(1); } }`,
  `const ended = await api.counter(), broken = await api.counter(), dup = broken.dup();
   const told = [];
   ended.onRpcBroken(() => { told.push("ended"); });
   broken.onRpcBroken((error) => { told.push(error.message); });
   dup.onRpcBroken((error) => { told.push("dup"); throw new Error("caught"); });
   ended[Symbol.dispose]();
   await failure(broken.increment());
   await until(() => told.length > 1);
   broken.onRpcBroken(() => { told.push("late"); });
   await scheduler.wait(1);
   return [told, await failure(broken.increment())];`,
  [["Worker exceeded memory limit.", "dup", "late"], ["Error", "Worker exceeded memory limit."]],
  undefined, { breaks: 1 });

rpc("large values go in pieces",
  entrypoint(`echo(x) { return x; }`),
  `const big = "x".repeat(300000);
   const [a, b] = await Promise.all([api.echo({ big }), api.echo(big + "y")]);
   const [, message] = await failure(api.echo(new Uint8Array(33 * 2 ** 20)));
   return [a.big === big, b.length, message.replace(/346\\d{5} /, "N ")];`,
  [true, 300001, "Serialized RPC arguments or return values are limited to 32MiB, " +
    "but the size of this value was: N bytes."]);

rpc("ctx.exports: the worker's own exports, with props",
  entrypoint(""),
  `const { Own } = ctx.exports;
   const withProps = Own({ props: { who: "é", again: Own({ props: 1 }), api } });
   const [x, props] = await withProps.hi("x");
   return [x, props.who, await Own.hi(1), await exports.Own.hi(2), ctx.exports.Own === exports.Own,
     typeof props.again.hi, Object.keys(exports).join(), await props.again.hi(3)];`,
  ["x", "é", [1, {}], [2, {}], true, "function", "Near,Own,default", [3, 1]]);

rpc("pollution on one side changes nothing on the other",
  `Object.prototype.polluted = "server"; Array.prototype.extra = 1;
   export default class extends WorkerEntrypoint {
     evil() { return JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "ok": 3}'); }
     echo(x) { return [Object.getPrototypeOf(x) === Object.prototype, Object.keys(x)]; } }`,
  `const evil = await api.evil();
   return [({}).polluted === undefined, ({}).x === undefined, Object.keys(evil), evil.ok,
     Object.getPrototypeOf(evil) === Object.prototype,
     await api.echo(JSON.parse('{"__proto__": {"y": 1}}'))];`,
  [true, true, ["__proto__", "constructor", "ok"], 3, true, [true, ["__proto__"]]]);

rpc("patched built-ins neither break nor spy on it",
  `${COUNTER} export default class extends WorkerEntrypoint {
     counter() { return new Counter(1); } echo(x) { return x; }
     fail() { throw new TypeError("f"); } }`,
  `const spied = [];
   const { apply } = Reflect;
   const spy = (object, name) => {
     const before = object[name];
     object[name] = function (...args) { spied[spied.length] = name; return apply(before, this, args); };
   };
   const then = Promise.prototype.then;
   for (const [object, names] of [
     [Array.prototype, ["push", "map", "forEach", "slice", "join", "shift"]],
     [Map.prototype, ["get", "set", "has", "delete"]],
     [String.prototype, ["split", "slice", "indexOf"]],
     [Function.prototype, ["call", "apply", "bind"]],
     [Object, ["defineProperty", "getPrototypeOf", "keys"]], [Reflect, ["get", "apply"]],
   ]) for (const name of names) spy(object, name);
   for (const name of ["then", "value", "get", "call", "path", "stream", "fetcher", "ref", "base"]) {
     Object.defineProperty(Object.prototype, name, { __proto__: null,
       configurable: true, get() { spied[spied.length] = "get " + name; return undefined; },
       set(value) { spied[spied.length] = "set " + name; } });
   }
   const iterator = Array.prototype[Symbol.iterator];
   Array.prototype[Symbol.iterator] = function () { spied[spied.length] = "iterator"; throw 1; };
   spied.length = 0;
   const counter = await api.counter();
   const n = await counter.child().increment(5);
   const echoed = await api.echo({ a: [1, { b: 2 }], f: () => 1 });
   const error = await failure(api.fail());
   Array.prototype[Symbol.iterator] = iterator;
   for (const name of ["value", "get", "call", "path", "stream", "fetcher", "ref", "base", "then"]) {
     delete Object.prototype[name];
   }
   return new Response(JSON.stringify([n, echoed.a[1].b, error, spied.filter((x) => x !== "get then")])).json();`,
  [15, 2, ["TypeError", "f"], []]);

rpc("Fetchers go, too: their requests and their methods come back here",
  `export class Far extends WorkerEntrypoint {
     fetch(request) { return new Response("far " + request.headers.get("a") + this.ctx.props.p); }
     hi(x) { return ["far", x]; } }
   export default class extends WorkerEntrypoint {
     far() { return exports.Far({ props: { p: 1 } }); }
     async use(fetcher) { return [await (await fetcher.fetch("http://x/", { method: "POST", body: "b" })).text(),
       await fetcher.hi("there"), fetcher.constructor.name]; }
     async later(fetcher) { const text = async () => (await fetcher.fetch("http://x/")).text();
       return [await text(), text]; }
   }`,
  `class Mine extends WorkerEntrypoint {}
   const far = await api.far();
   const [, again] = await api.later(ctx.exports.Near({ props: 7 }));
   return [await (await far.fetch("http://x/", { headers: { a: "h" } })).text(), await far.hi(2),
     await api.use(ctx.exports.Near({ props: 5 })), await api.use(far),
     await failure(far.fetch()), await again(),
     await failure(api.use(structuredClone)), (await failure((async () => structuredClone(far))()))[0]];`,
  ["far h1", ["far", 2], ["near POST b 5", ["near", "there"], "Fetcher"],
    ["far null1", ["far", "there"], "Fetcher"],
    ["TypeError", "Failed to execute 'Fetcher.fetch': 1 argument required, but only 0 present."],
    "near GET  7",
    ["TypeError", 'The RPC receiver does not implement the method "fetch".'], "DataCloneError"]);

rpc("Blobs and Files are copied, and a slice without the rest",
  entrypoint(`async text(blob) { return [blob instanceof Blob, blob.type, await blob.text()]; }
    file() { return new File(["f"], "name", { type: "a/b" }); }`),
  `const file = await api.file();
   return [await api.text(new Blob(["hidden", "é"], { type: "x/y" }).slice(6)),
     file instanceof File, file.name, file.type, await file.text()];`,
  [[true, "", "é"], true, "name", "a/b", "f"],
  ({ hub: { messages } }) => assert.ok(
    messages.every(([, bytes]) => !Buffer.from(bytes).includes("hidden"))));

rpc("a read of a method gives a function; arrays, Maps and Sets hold stubs",
  entrypoint(`plain(x) { return x + 1; }
    deep() { return [new Map([["f", (x) => x * 2]]), new Set([(x) => x * 3]),
      Object.assign(Object.create(null), { g: () => 4 })]; }
    same(a, b) { return a === b; }`),
  `const fn = await api.plain;
   const [map, set, bare] = await api.deep();
   const [inSet] = set;
   const f = () => 1;
   return [fn instanceof RpcStub, await fn(1), await map.get("f")(2), await inSet(2),
     await bare.g(), await api.same(f, f), await api.same(f, () => 1)];`,
  [true, 2, 4, 6, 4, true, false]);

rpc("errors that hold themselves, and values that throw when they are copied",
  entrypoint(`cycle() { const error = new Error("e"); error.cause = error; error.self = error; throw error; }
    getter() { return { get x() { throw new RangeError("from a getter"); } }; }
    nested() { return { errors: [new TypeError("in"), new Error("two", { cause: { c: 1 } })] }; }
    falsy() { throw undefined; }`),
  `let error; try { await api.cycle(); } catch (e) { error = e; }
   const { errors } = await api.nested();
   let falsy = 1; try { await api.falsy(); } catch (e) { falsy = e; }
   return [error.cause === error, error.self === error, await failure(api.getter()),
     errors[0] instanceof TypeError, errors[1].cause, falsy === undefined];`,
  [true, true, ["RangeError", "from a getter"], true, { c: 1 }, true]);

rpc("streams end with their session, and both ends hear why",
  `let state = "open";
   export default class extends WorkerEntrypoint {
     keep(stream) { this.ctx.waitUntil((async () => {
       const reader = stream.getReader();
       try { for (;;) { const { done } = await reader.read(); if (done) break; } state = "done"; }
       catch (error) { state = error.message; } })()); return "kept"; }
     state() { return state; } }`,
  `let pulled = 0;
   const kept = await api.keep(new ReadableStream({ type: "bytes", pull(c) {
     if (pulled++ === 3) c.error(new RangeError("over")); else c.enqueue(new Uint8Array(10)); } }));
   return [kept, await until(async () => await api.state() !== "open" && api.state())];`,
  ["kept", "over"]);

rpc("what was exported for a call that could not leave is taken back",
  `${COUNTER} export default class extends WorkerEntrypoint { counter() { return new Counter(1); } }`,
  `const counter = await api.counter();
   const message = (await failure(counter.increment([() => 1, Symbol("u")])))[1];
   counter[Symbol.dispose]();
   await scheduler.wait(50);
   return message;`,
  "Symbol(u) could not be cloned.", allClosed);

rpc("a stub in a result is the caller's: the callee's own is gone with the call",
  `${COUNTER}
   class Room extends RpcTarget {
     lend() { return new RpcStub(new Counter(1)); }
     disposed() { return globalThis.disposed ?? 0; } }
   export default class extends WorkerEntrypoint { room() { return new Room(); } }`,
  `const room = await api.room();
   const lent = await room.lend();
   const value = await lent.value;
   const before = await room.disposed();
   lent[Symbol.dispose]();
   return [value, before, await until(room.disposed)];`,
  [1, 0, 1]);

rpc("the values of an AsyncLocalStorage stay on their side",
  `import { AsyncLocalStorage } from "node:async_hooks";
   const storage = new AsyncLocalStorage();
   export default class extends WorkerEntrypoint {
     async call(f) { return storage.run("callee", async () => [await f(), storage.getStore()]); }
     store() { return storage.getStore() ?? null; } }`,
  `const { AsyncLocalStorage } = await import("node:async_hooks");
   const storage = new AsyncLocalStorage();
   const local = new RpcStub(() => storage.getStore() ?? "none");
   return storage.run("caller", async () => [
     await api.call(() => storage.getStore() ?? "none"), await api.store(), await local(),
     storage.getStore()]);`,
  [["none", "callee"], null, "none", "caller"], undefined, { only: "engine" });

rpc("a hundred stubs of one target, disposed of in any order",
  `${COUNTER} export default class extends WorkerEntrypoint {
     many() { const c = new Counter(1); return Array.from({ length: 100 }, () => c); }
     disposed() { return globalThis.disposed ?? 0; } }`,
  `const many = await api.many();
   const dups = many.map((stub) => stub.dup());
   many[Symbol.dispose]();
   const before = await api.disposed();
   const values = await Promise.all(dups.map((dup) => dup.value));
   for (const dup of dups.reverse()) dup[Symbol.dispose]();
   await scheduler.wait(20);
   return [before, values.length, await until(api.disposed)];`,
  [0, 100, 1], allClosed);

rpc("console shows stubs without asking them anything",
  entrypoint("f() { return () => 1; }"),
  `const stub = await api.f();
   console.error(stub, api, api.f, ctx.exports.Own);
   return "shown";`,
  "shown",
  ({ isolate, server, hub }) => {
    assert.match(isolate.logs().join("\n"), /RpcStub.*Fetcher.*RpcProperty.*Fetcher/);
    assert.equal(hub.links.length, 1);
  });

// -- a peer that keeps no rule -------------------------------------------------------

const u32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return new Uint8Array(bytes);
};

// A host object in V8's format: a tag and its parts.
class Host {
  constructor(tag, ...parts) { this.tag = tag; this.parts = parts; }
}

// A message as runtime/rpc/messages.js has them.
function message(...parts) {
  const hosts = new WeakMap();
  class Writer extends v8.Serializer {
    _writeHostObject(object) {
      const { tag, parts } = hosts.get(object);
      this.writeUint32(tag);
      this.writeValue(parts);
    }
  }
  const place = (value) => {
    if (Array.isArray(value)) return value.map(place);
    if (!(value instanceof Host)) return value;
    const object = new v8.Serializer();
    hosts.set(object, { tag: value.tag, parts: value.parts.map(place) });
    return object;
  };
  const writer = new Writer();
  writer.writeHeader();
  writer.writeValue([undefined, ...parts.map(place)]);
  const bytes = writer.releaseBuffer();
  return new Uint8Array(Buffer.concat([u32(bytes.length), bytes]));
}

const hostileMessages = {
  "a length above the limit":
    ["a message that is too long", u32(0xffffffff)],
  "no value":
    ["a value that cannot be read", new Uint8Array([...u32(4), 1, 2, 3, 4])],
  "no array":
    ["something that is no message", new Uint8Array([...u32(4), 0xff, 0x0f, 0x49, 0x02])],
  "an unknown type":
    ["an unknown message", message(99, 1)],
  "a type that is no number":
    ["a bad number", message("1", 1)],
  "a question twice":
    ["a bad call", message(2, 1, 0, 0, ["x"]), message(2, 1, 0, 0, ["x"])],
  "a question of a bad number":
    ["a bad number", message(2, -1, 0, 0, ["x"])],
  "an unknown export":
    ["a call to nothing", message(1, 1, 0, 7, ["x"], [])],
  "an unknown answer":
    ["a call to nothing", message(1, 1, 1, 7, ["x"], [])],
  "an unknown kind of target":
    ["a call to nothing", message(1, 1, 2, 0, ["x"], [])],
  "a path that is no array":
    ["a bad call", message(1, 1, 0, 0, "x", [])],
  "a path of other things":
    ["a bad call", message(1, 1, 0, 0, [{ toString: 1 }], [])],
  "arguments that are no array":
    ["a bad call", message(1, 1, 0, 0, ["x"], { length: 2 ** 32 })],
  "an answer to nothing":
    ["an answer to nothing", message(3, 5, "value", false)],
  "an exception for nothing":
    ["an answer to nothing", message(4, 5, new Error("x"))],
  "a FINISH of nothing":
    ["a FINISH of nothing", message(5, 3)],
  "a release of nothing":
    ["a release of nothing", message(6, 3)],
  "a release of the entrypoint":
    ["a bad number", message(6, 0)],
  "bad errors":
    ["bad errors", (() => {
    const bytes = v8.serialize([[[{}, "x", 1, 2]], 2, 1, 0, 0, ["x"]]);
    return new Uint8Array([...u32(bytes.length), ...bytes]);
  })()],
};

for (const [title, [expected, ...sent]] of Object.entries(hostileMessages)) {
  isolates(`hostile: ${title} breaks the session and nothing else`, async (isolate) => {
    await isolate.load(FORMAT.MODULE,
      `import { WorkerEntrypoint } from "cloudflare:workers";
       export class Api extends WorkerEntrypoint { x() { return 1; } }
       export default { fetch() { return new Response("alive"); } };`);
    const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
    await isolate.next("respond");
    for (const bytes of sent) isolate.data(channel, bytes);
    await isolate.until(() => isolate.channel(channel).reset !== null);
    assert.equal(isolate.channel(channel).reset.message,
      `The RPC session is broken: the peer sent ${expected}.`);
    assert.equal((await isolate.request()).text, "alive");
  });
}

const STUB = 48, FETCHER = 49, HEADERS = 50, REQUEST = 51, RESPONSE = 52,
  READABLE = 53, WRITABLE = 54;
const call = (...args) => message(1, 1, 0, 0, ["keep"], args);
const bytes = new Uint8Array(10);

// Beyond 96 MiB in V8's heap, by less than 32 MiB of bytes: a value that is made
// by hand, after the beginning of an array of three.
const tooLarge = (...bytes) => {
  const value = [0xff, 0x0f, 0x41, 3, 0x49, 2, 0x49, 2, ...bytes];
  return new Uint8Array([...u32(value.length), ...value]);
};
const arrayOf = (tag, length) => [
  tag.charCodeAt(0), length & 0x7f | 0x80, length >>> 7 & 0x7f | 0x80,
  length >>> 14 & 0x7f | 0x80, length >>> 21];

const hostileValues = {
  "a sparse array of 32 Mi": ["a value that is too large", tooLarge(...arrayOf("a", 2 ** 25))],
  "a dense array of 16 Mi": ["a value that is too large", tooLarge(...arrayOf("A", 2 ** 24))],
  "millions of objects": ["a value that is too large",
    new Uint8Array(Buffer.concat([u32(6000002), Buffer.of(0xff, 0x0f), Buffer.alloc(6000000, "o{\0")]))],
  "another version of the format":
    ["a value that cannot be read", new Uint8Array([...u32(4), 0xff, 0x0e, 0x49, 0x02])],
  "a tag that is none":
    ["a value that cannot be read", tooLarge(0x01)],
  "a varint without end":
    ["a value that cannot be read", tooLarge(0x49, 0xff, 0xff)],
  "a grant":
    ["a value that cannot be read", call(new Host(32, 1, 0))],
  "a capability":
    ["a value that cannot be read", call(new Host(33, 1, 0))],
  "an export":
    ["a value that cannot be read", call(new Host(34, "default", null))],
  "a stub of a bad number":
    ["a bad id", call(new Host(STUB, -1))],
  "a stub of no number":
    ["a bad id", call(new Host(STUB))],
  "a stub twice":
    ["a stub twice", call(new Host(STUB, 1), new Host(STUB, 1))],
  "a Fetcher of a bad number":
    ["a bad id", call(new Host(FETCHER, "1"))],
  "an unknown tag":
    ["an unknown tag", call(new Host(60, 1))],
  "headers that inject one":
    ["bad headers", call(new Host(HEADERS, "a", "b\r\nc: d"))],
  "headers with a NUL":
    ["bad headers", call(new Host(HEADERS, "a", "b\0c\0d"))],
  "headers of other things":
    ["bad headers", call(new Host(HEADERS, "a", 1))],
  "a Request with a bad method":
    ["a bad Request", call(new Host(REQUEST, "A B", "http://h/", [], "follow", undefined, null))],
  "a Request of nothing":
    ["a bad Request", call(new Host(REQUEST))],
  "a Response with a bad status":
    ["a bad Response", call(new Host(RESPONSE, 99, "", [], null))],
  "more of a stream than was asked for":
    ["more than it was asked for", call(new Host(READABLE, 3)), message(7, 3, bytes), message(7, 3, bytes)],
  "a chunk that is no bytes":
    ["a chunk that is no bytes", call(new Host(READABLE, 3)), message(7, 3, "x")],
  "a stream twice":
    ["a stream twice", call(new Host(READABLE, 3), new Host(WRITABLE, 3))],
  "a call on an answer it wants no more of":
    ["a call to nothing", call(), message(5, 1), message(1, 2, 1, 1, ["x"], [])],
  "a WRITTEN that nobody waits for":
    ["a WRITTEN that nobody waits for", call(new Host(WRITABLE, 3)), message(15, 3)],
};
for (const [title, [expected, ...sent]] of Object.entries(hostileValues)) {
  isolates(`hostile: ${title} breaks the session and nothing else`, async (isolate) => {
    await isolate.load(FORMAT.MODULE,
      `import { WorkerEntrypoint } from "cloudflare:workers";
       export class Api extends WorkerEntrypoint {
         keep(...args) { globalThis.kept = args; return new Promise(() => {}); } }
       export default { fetch() { return new Response("alive"); } };`);
    const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
    await isolate.next("respond");
    for (const message of sent) isolate.data(channel, message);
    await isolate.until(() => isolate.channel(channel).reset !== null);
    assert.equal(isolate.channel(channel).reset.message,
      `The RPC session is broken: the peer sent ${expected}.`);
    assert.equal((await isolate.request()).text, "alive");
  });
}

// -- a peer that does not do its part -----------------------------------------------

class Reader extends v8.Deserializer {
  _readHostObject() {
    const tag = this.readUint32();
    return new Host(tag, ...this.readValue());
  }
}

// Returns a function that gives the messages that have come whole since it was
// called last, as lists.
function readMessages(isolate, channel) {
  let bytes = Buffer.alloc(0);
  let taken = 0;
  return () => {
    const { chunks } = isolate.channel(channel);
    bytes = Buffer.concat([bytes, ...chunks.slice(taken)]);
    taken = chunks.length;
    const list = [];
    for (;;) {
      const end = bytes.length < 4 ? 4 : 4 + bytes.readUInt32LE();
      if (end > bytes.length) return list;
      const reader = new Reader(bytes.subarray(4, end));
      reader.readHeader();
      list.push(reader.readValue().slice(1));
      bytes = bytes.subarray(end);
    }
  };
}

const messagesOf = (isolate, channel) => readMessages(isolate, channel)();

const MIB = 2 ** 20;
const together = (...messages) => new Uint8Array(Buffer.concat(messages));
const calls = (count, name, ...args) => together(...Array.from(
  { length: count }, (_, i) => message(1, i + 1, 0, 0, [name], args)));
const alive = async (isolate) => JSON.parse((await isolate.request()).text);

// A worker whose export "Api" has this body; "test" plays its peer.  Its fetch()
// says how many calls have begun.
function callee(title, body, test, options) {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.MODULE,
      `import { RpcStub, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
       let begun = 0, state = "";
       export class Api extends WorkerEntrypoint { ${body} }
       export default { fetch() { return Response.json([begun, state]); } };`,
      { cpuMs: 20000, memoryMb: 512 });
    const open = async () => {
      const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
      await isolate.until(() => isolate.channel(channel).head !== null);
      return channel;
    };
    await test(isolate, await open(), open);
  }, options);
}

// It has ended the session because the peer leaves too much to it.
async function breaks(isolate, channel) {
  await isolate.until(() => isolate.channel(channel).reset !== null);
  assert.match(isolate.channel(channel).reset.message,
    /^The RPC session is broken: the other side has left too much unread or undone/);
}

isolates("calls wait while nobody reads them, and beyond a cap are refused", async (isolate) => {
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", `export default { async fetch(request, env) {
       const stub = await env.API.get();
       const bytes = new Uint8Array(${MIB});
       const calls = Array.from({ length: 110 }, (_, i) => stub.take(i, bytes, () => i));
       const settled = Promise.allSettled(calls);
       const error = await Promise.race(calls).catch((error) => error);
       const first = await calls[0];
       const after = await stub.again();
       return Response.json([error.message, first, after,
         (await settled).map(({ status }) => status[0]).join("")]);
     } };`],
    [RECORD.SERVICE, "API", "7"]]), { host: true, memoryMb: 512 });
  const event = isolate.fetch();
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  isolate.data(channel, message(3, 1, new Host(STUB, 1), false));
  // nothing is read here until it has been refused
  await isolate.until(() => isolate.bytes(channel).length === 65536);
  assert.equal(isolate.channel(event).head, null);
  const messages = readMessages(isolate, channel);
  await isolate.until(() => {
    isolate.window(channel, 8 * MIB);
    for (const [type, question] of messages()) {
      if (type !== 1 || question === 1) continue;
      isolate.data(channel, message(3, question, `answer ${question}`, false));
    }
    return isolate.channel(event).done;
  });
  const [why, first, after, statuses] = JSON.parse((await isolate.answer(event)).text);
  assert.equal(why,
    "Too many RPC calls wait for the other side, which does not read them.");
  assert.equal(first, "answer 2");
  assert.match(after, /^answer/);
  assert.match(statuses, /^f{95}r{15}$/);
});

isolates("what waits counts as the worker's memory", async (isolate) => {
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", `export default { async fetch(request, env) {
       const stub = await env.API.get();
       const bytes = new Uint8Array(${MIB});
       const calls = Array.from({ length: 80 }, () => stub.take(bytes));
       const { name, message } = await Promise.race(calls).catch((error) => error);
       return new Response(name + ": " + message);
     } };`],
    [RECORD.SERVICE, "API", "7"]]), { host: true, memoryMb: 48 });
  const event = isolate.fetch();
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  isolate.data(channel, message(3, 1, new Host(STUB, 1), false));
  assert.match((await isolate.answer(event)).text,
    /^(RangeError: Array buffer allocation failed|.*out of memory\.)$/);
}, { only: "engine" });

callee("answers that nobody reads keep further calls from beginning",
  `get() { begun++; return new Uint8Array(${MIB}); }`,
  async (isolate, channel) => {
    isolate.data(channel, calls(20, "get"));
    assert.deepEqual(await alive(isolate), [1, ""]);
    isolate.window(channel, 10 * MIB);
    await isolate.until(() => isolate.bytes(channel).length === 10 * MIB + 65536);
    assert.deepEqual(await alive(isolate), [11, ""]);
    isolate.window(channel, 10 * MIB);
    await isolate.until(() => messagesOf(isolate, channel).length === 20);
    assert.deepEqual(messagesOf(isolate, channel).map(([type, question]) => [type, question]),
      Array.from({ length: 20 }, (_, i) => [3, i + 1]));
  });

callee("a call that is held goes on to what it was made to",
  `big() { return new Uint8Array(${2 * MIB}); }
   target() { return new (class extends RpcTarget {
     hi() { return "hi " + ++begun; } [Symbol.dispose]() { state += "disposed"; } })(); }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["target"], []));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    assert.deepEqual(messagesOf(isolate, channel), [[3, 1, new Host(STUB, 1), false]]);
    isolate.data(channel, together(
      message(1, 2, 0, 0, ["big"], []), message(1, 3, 0, 1, ["hi"], []),
      message(1, 4, 1, 1, ["hi"], []), message(5, 1), message(6, 1)));
    assert.deepEqual(await alive(isolate), [0, ""]);
    await isolate.until(() => {
      isolate.window(channel, MIB);
      return messagesOf(isolate, channel).length === 4;
    });
    assert.deepEqual(messagesOf(isolate, channel).slice(2),
      [[3, 3, "hi 1", false], [3, 4, "hi 2", false]]);
    assert.deepEqual(await alive(isolate), [2, "disposed"]);
  });

callee("a call that is held is dropped with its session",
  `big() { return new Uint8Array(${2 * MIB}); }
   target() { return new (class extends RpcTarget {
     hi() { begun++; } [Symbol.dispose]() { state += "disposed"; } })(); }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["target"], []));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    isolate.data(channel, together(
      message(1, 2, 0, 0, ["big"], []), message(1, 3, 0, 1, ["hi"], [])));
    assert.deepEqual(await alive(isolate), [0, ""]);
    isolate.reset(channel, CODE.CANCEL);
    assert.deepEqual(await alive(isolate), [0, "disposed"]);
  });

callee("a call leaves before the FINISH that came with it disposes of the answer",
  `box() { return { stub: new RpcStub(() => "in the box"),
     [Symbol.dispose]() { state += "disposed"; } }; }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["box"], []));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    isolate.data(channel,
      together(message(1, 2, 1, 1, ["stub"], []), message(5, 1)));
    await isolate.until(() => messagesOf(isolate, channel).length === 2);
    assert.deepEqual(messagesOf(isolate, channel)[1], [3, 2, "in the box", false]);
    assert.deepEqual(await alive(isolate), [0, "disposed"]);
  });

callee("hostile: a RELEASE twice, a FINISH twice, an answer twice",
  "target() { begun++; return new RpcTarget(); } call(f) { return f(); }",
  async (isolate, channel, open) => {
    const expect = async (channel, what, ...sent) => {
      isolate.data(channel, sent[0]);
      await isolate.until(() => messagesOf(isolate, channel).length > 0);
      for (const bytes of sent.slice(1)) isolate.data(channel, bytes);
      await isolate.until(() => isolate.channel(channel).reset !== null);
      assert.equal(isolate.channel(channel).reset.message,
        `The RPC session is broken: the peer sent ${what}.`);
    };
    const target = message(1, 1, 0, 0, ["target"], []);
    const call = message(1, 1, 0, 0, ["call"], [new Host(STUB, 1)]);
    await expect(channel, "a release of nothing", target, message(6, 1), message(6, 1));
    await expect(await open(), "a FINISH of nothing", target, message(5, 1), message(5, 1));
    await expect(await open(), "an answer to nothing", call, message(3, 1, 5, false),
      message(3, 1, 5, false));
    assert.deepEqual(await alive(isolate), [2, ""]);
  });

callee("hostile: answers that come all at once and that nobody reads",
  `async get() { begun++; await scheduler.wait(1); return new Uint8Array(${8 * MIB}); }`,
  async (isolate, channel) => {
    isolate.data(channel, calls(7, "get"));
    await breaks(isolate, channel);
    assert.deepEqual(await alive(isolate), [7, ""]);
  });

callee("hostile: answers that it never finishes with",
  `get() { begun++; return new Uint8Array(${8 * MIB}); }`,
  async (isolate, channel) => {
    isolate.window(channel, 200 * MIB);
    isolate.data(channel, calls(20, "get"));
    await breaks(isolate, channel);
    const [begun] = await alive(isolate);
    assert.ok(begun >= 11 && begun <= 13, `${begun}`);
  });

callee("hostile: calls that never end, with large arguments",
  "hang() { begun++; return new Promise(() => {}); }",
  async (isolate, channel) => {
    const bytes = Array.from({ length: 80000 }, (_, i) => `${i} ${"x".repeat(100)}`);
    for (let i = 1; i <= 12; i++) {
      isolate.data(channel, message(1, i, 0, 0, ["hang"], [bytes]));
      await alive(isolate);
    }
    await breaks(isolate, channel);
    const [begun] = await alive(isolate);
    assert.ok(begun === 9 || begun === 10, `${begun}`);
  });

callee("hostile: calls that never end, with a few bytes for each object",
  "hang() { begun++; return new Promise(() => {}); }",
  async (isolate, channel) => {
    // 30 MB as objects, 1.5 MB as bytes
    const objects = Array.from({ length: 500000 }, () => ({}));
    const bytes = message(1, 1, 0, 0, ["hang"], [objects]);
    assert.ok(bytes.length < 2e6);
    for (let i = 1; i <= 4; i++) {
      isolate.data(channel, message(1, i, 0, 0, ["hang"], [objects]));
      await alive(isolate);
    }
    await breaks(isolate, channel);
    const [begun] = await alive(isolate);
    assert.ok(begun === 2 || begun === 3, `${begun}`);
  });

callee("hostile: more small calls that never end than anybody needs",
  "hang() { begun++; return new Promise(() => {}); }",
  async (isolate, channel) => {
    isolate.data(channel, calls(49000, "hang"));
    await breaks(isolate, channel);
    const [begun] = await alive(isolate);
    assert.ok(begun > 48000 && begun < 49000, `${begun}`);
  }, { only: "engine" });

callee("hostile: more stubs and streams in a call than anybody needs",
  "take() { begun++; }",
  async (isolate, channel, open) => {
    const stubs = (tag, count) => message(1, 1, 0, 0, ["take"],
      [Array.from({ length: count }, (_, i) => new Host(tag, i + 1))]);
    isolate.data(channel, stubs(STUB, 40000));
    await isolate.until(() => messagesOf(isolate, channel).length > 0);
    for (const tag of [STUB, FETCHER, READABLE, WRITABLE]) {
      const another = await open();
      isolate.data(another, stubs(tag, 50000));
      await breaks(isolate, another);
    }
    assert.deepEqual(await alive(isolate), [1, ""]);
  }, { only: "engine" });

callee("hostile: many sessions that leave a part each; the one that leaves most goes",
  `async get(n) { begun++; await scheduler.wait(1); return new Uint8Array(n * ${MIB}); }`,
  async (isolate, channel, open) => {
    const others = [await open(), await open(), await open()];
    isolate.data(channel, message(1, 1, 0, 0, ["get"], [3]));
    await isolate.until(() => isolate.bytes(channel).length > 0);
    for (const [i, other] of others.entries()) {
      isolate.data(other, together(
        message(1, 1, 0, 0, ["get"], [10]), message(1, 2, 0, 0, ["get"], [i + 10])));
    }
    await breaks(isolate, others[2]);
    for (const one of [channel, others[0], others[1]]) isolate.window(one, 30 * MIB);
    await isolate.until(() => {
      return messagesOf(isolate, channel).length === 1 &&
        messagesOf(isolate, others[0]).length === 2 &&
        messagesOf(isolate, others[1]).length === 2;
    });
    assert.deepEqual(await alive(isolate), [7, ""]);
  });

callee("what a session kept is forgotten with it, however it ends",
  `get() { begun++; return new Uint8Array(${10 * MIB}); }`,
  async (isolate, channel, open) => {
    // each comes to 20 MiB of the 128 that all may keep
    for (let i = 0; i < 12; i++) {
      const another = await open();
      isolate.data(another, message(1, 1, 0, 0, ["get"], []));
      await isolate.until(() => isolate.bytes(another).length === 65536);
      if (i % 2 === 0) {
        isolate.reset(another, CODE.CANCEL);
      } else {
        isolate.window(another, 20 * MIB);
        isolate.end(another);
        await isolate.until(() => isolate.channel(another).done);
        assert.equal(messagesOf(isolate, another).length, 1);
      }
    }
    isolate.window(channel, 64 * MIB);
    isolate.data(channel, calls(3, "get"));
    await isolate.until(() => messagesOf(isolate, channel).length === 3);
    assert.deepEqual(await alive(isolate), [15, ""]);
  });

callee("a chunk goes in pieces, as it is asked for",
  `stream() { return new ReadableStream({ pull(c) {
     if (begun++ > 1) c.close(); else c.enqueue(new Uint8Array(1000).fill(begun)); } },
     { highWaterMark: 0 }); }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["stream"], []));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    for (const [size, count] of [[300, 2], [900, 4], [801, 6]]) {
      isolate.data(channel, message(10, 1, size));
      await isolate.until(() => messagesOf(isolate, channel).length === count);
    }
    assert.deepEqual(
      messagesOf(isolate, channel).slice(1).map(([type, id, bytes]) =>
        [type, id, bytes?.length, bytes?.[0]]),
      [[7, 1, 300, 1], [7, 1, 700, 1], [7, 1, 200, 2], [7, 1, 800, 2],
        [8, 1, undefined, undefined]]);
  });

for (const value of [65537, Infinity, 0.5, -1, "1"]) {
  callee(`hostile: a PULL of ${value}`,
    "stream() { return new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(9)); } }); }",
    async (isolate, channel) => {
      isolate.data(channel, message(1, 1, 0, 0, ["stream"], []));
      await isolate.until(() => messagesOf(isolate, channel).length === 1);
      isolate.data(channel, message(10, 1, value));
      await isolate.until(() => isolate.channel(channel).reset !== null);
      assert.match(isolate.channel(channel).reset.message, /the peer sent a bad PULL/);
      assert.deepEqual(await alive(isolate), [0, ""]);
    });
}

callee("hostile: a chunk of more bytes than were asked for",
  `async take(stream) { for await (const chunk of stream) begun += chunk.length; }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["take"], [new Host(READABLE, 3)]));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    assert.deepEqual(messagesOf(isolate, channel), [[10, 3, 65536]]);
    isolate.data(channel, message(7, 3, new Uint8Array(65530)));
    while ((await alive(isolate))[0] !== 65530);
    isolate.data(channel, message(7, 3, new Uint8Array(7)));
    await isolate.until(() => isolate.channel(channel).reset !== null);
    assert.match(isolate.channel(channel).reset.message, /more than it was asked for/);
  });

callee("hostile: a chunk that is a small part of a large buffer",
  `async take(stream) { for await (const chunk of stream) begun += chunk.buffer.byteLength; }`,
  async (isolate, channel) => {
    isolate.data(channel, message(1, 1, 0, 0, ["take"], [new Host(READABLE, 3)]));
    await isolate.until(() => messagesOf(isolate, channel).length === 1);
    isolate.data(channel, message(7, 3, new Uint8Array(new ArrayBuffer(1000000), 500, 7)));
    let begun = 0;
    while (begun === 0) [begun] = await alive(isolate);
    assert.equal(begun, 7);
  });

isolates("hostile: writes that do not wait for the last one", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `import { WorkerEntrypoint } from "cloudflare:workers";
     export class Api extends WorkerEntrypoint {
       sink() { return new WritableStream({ write() { return new Promise(() => {}); } }); } }
     export default { fetch() { return new Response("alive"); } };`);
  const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
  isolate.data(channel, message(1, 1, 0, 0, ["sink"], []));
  await isolate.until(() => isolate.bytes(channel).length > 4);
  isolate.data(channel, message(12, 1, "a"));
  isolate.data(channel, message(12, 1, "b"));
  await isolate.until(() => isolate.channel(channel).reset !== null);
  assert.match(isolate.channel(channel).reset.message, /before the last one was written/);
});

isolates("hostile: any other bytes, whole or in pieces", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `import { WorkerEntrypoint } from "cloudflare:workers";
     export class Api extends WorkerEntrypoint { x(a) { return a; } }
     export default { fetch() { return new Response("alive"); } };`);
  let seed = 1;
  const random = (n) => { seed = (seed * 48271) % 0x7fffffff; return seed % n; };
  const good = message(1, 1, 0, 0, ["x"], [{ a: [1, new Map([[1, { b: 2n }]])] }]);
  for (let i = 0; i < 100; i++) {
    const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
    const bytes = good.slice();
    for (let n = 0; n < 1 + i % 4; n++) bytes[4 + random(bytes.length - 4)] = random(256);
    const at = random(bytes.length);
    isolate.data(channel, bytes.slice(0, at));
    isolate.data(channel, bytes.slice(at));
    isolate.end(channel);
    await isolate.until(() =>
      isolate.channel(channel).done || isolate.channel(channel).reset !== null);
  }
  assert.equal((await isolate.request()).text, "alive");
});

isolates("hostile: reserved names and prototypes cannot be reached by hand", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
     export class Api extends WorkerEntrypoint {
       secret = 1; plain() { return { a: {} }; } fn() { return function f() {}; } }
     export class NotOne { f() { return 1; } static f() { return 1; } }
     export default { fetch() {}, list: [1], fn() {} };`);
  const ask = async (entrypoint, path, args) => {
    const channel = isolate.fetch({ entrypoint, rpc: true, body: true });
    isolate.data(channel, args === undefined
      ? message(2, 1, 0, 0, path) : message(1, 1, 0, 0, path, args));
    await isolate.until(() => isolate.bytes(channel).length > 4);
    isolate.end(channel);
    return Buffer.from(isolate.bytes(channel)).toString("latin1");
  };
  for (const [entrypoint, path] of [
    ["Api", ["constructor"]], ["Api", ["constructor", "constructor"]],
    ["Api", ["__proto__"]], ["Api", ["__proto__", "constructor"]], ["Api", ["secret"]],
    ["Api", ["plain", "constructor"]], ["Api", ["plain", "__proto__"]],
    ["Api", ["plain", "prototype"]], ["Api", ["plain", "call"]],
    ["Api", ["fetch"]], ["Api", ["env"]], ["Api", ["ctx", "props"]],
    ["", ["env"]], ["", ["ctx"]], ["", ["constructor"]], ["", ["__proto__"]],
    ["NotOne", ["f"]], ["NotOne", ["constructor"]],
    ["", ["toString"]], ["", ["list", "push"]], ["", ["list", "constructor"]],
    ["", ["fn", "constructor"]], ["", ["fn", "prototype"]], ["", ["fn", "caller"]],
    ["Nothing", ["x"]], ["", ["hasOwnProperty"]], ["Api", []], ["", []],
  ]) {
    for (const args of [undefined, ["return globalThis"]]) {
      assert.match(await ask(entrypoint, path, args),
        /does not implement|is a reserved method|does not export/,
        `${entrypoint} ${path}`);
    }
  }
});

isolates("hostile: an opener that ends before it answers", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `import { WorkerEntrypoint } from "cloudflare:workers";
     export class Api extends WorkerEntrypoint {
       f(callback) {
         return callback().catch((error) => console.log(error.message)); } }
     export default { fetch() { return new Response("alive"); } };`);
  const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
  isolate.data(channel, message(1, 1, 0, 0, ["f"], [new Host(STUB, 1)]));
  await isolate.until(() => isolate.bytes(channel).length > 4);
  isolate.end(channel);
  await isolate.next("log");
  assert.match(isolate.logs()[0], /the peer sent its end too early/);
  await isolate.until(() => isolate.channel(channel).reset !== null);
  assert.equal((await isolate.request()).text, "alive");
});

// Messages that are well-formed and make no sense: of each type, with numbers
// that may or may not be known, and all that a value can hold.
// "asked" is how many questions there were.
function madeUp(random, peer) {
  const pick = (...items) => items[random(items.length)];
  const odd = () => pick(0, 1, 2, 3, 4, 5, 7, -1, 1.5, 2 ** 53, "1", undefined);
  const id = () => random(12) === 0 ? odd() : 1 + random(peer.asked + 3);
  const fresh = () => random(30) === 0 ? odd() : ++peer.asked;
  const value = (depth = 0) => {
    const inner = () => depth > 2 ? random(9) : value(depth + 1);
    return pick(
      () => random(100), () => "text", () => undefined, () => [inner(), inner()],
      () => new Host(pick(STUB, FETCHER, READABLE, WRITABLE), fresh()),
      () => new Host(HEADERS, "a", random(6) === 0 ? pick("\n", 1) : "b"),
      () => new Map([[1, 2]]),
      () => new Host(REQUEST, "POST", "http://x/", [], "follow", undefined,
        pick(null, "b", new Host(READABLE, fresh()))),
      () => new Host(RESPONSE, random(6) === 0 ? 99 : 200, "", [], pick(null, "b")),
      () => random(6) === 0 ? new Host(random(64), inner()) : 1n,
      () => new Uint8Array(random(70000)),
      () => new Error("made up"), () => ({ deep: { then: 1 } }))();
  };
  const path = () => pick(
    ...["echo", "keep", "target", "stream", "sink", "hi", "read", "x"].map((name) => [name]),
    [], ["target", "hi"], ["constructor", "constructor"],
    ...random(10) === 0 ? ["echo", [1]] : []);
  const question = () => {
    const kind = random(40) === 0 ? 2 : pick(0, 0, 1);
    const target = random(15) === 0 ? id()
      : kind === 0 || peer.asked === 0 ? 0 : 1 + random(peer.asked);
    return [fresh(), target === 0 ? 0 : kind, target, path(),
      random(20) === 0 ? value() : pick([], [value()], [value(), value()])];
  };
  const type = random(8) === 0 ? random(17)
    : pick(1, 1, 1, 1, 1, 1, 2, 2, 2, 5, 10, 10, 11, 12, 12, 13, 14);
  const rest = type === 1 || type === 2 ? question()
    : type === 10 ? [id(), pick(1, 100, 65536, id())]
      : pick([id()], [id(), value()], [id(), value(), pick(true, false, 1)]);
  const bytes = message(random(60) === 0 ? "1" : type, ...rest);
  switch (random(60)) {
  case 0: return bytes.slice(0, random(bytes.length));
  case 1: return together(u32(random(2 ** 31)), bytes);
  default: return bytes;
  }
}

function seeded(seed) {
  return (n) => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % n;
  };
}

const FUZZED = `import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
  class Target extends RpcTarget { hi(f) { return f?.(); } [Symbol.dispose]() { disposed++; } }
  let disposed = 0;
  export class Api extends WorkerEntrypoint {
    echo(...x) { return x; }
    keep(f) { const dup = f?.dup?.(); return dup?.("kept"); }
    target() { return new Target(); }
    stream() { return new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1000)); } }); }
    sink() { return new WritableStream({ write(x) { if (x === 1) throw new Error("full"); } }); }
    async read(x) {
      if (x instanceof ReadableStream) for await (const chunk of x);
      if (x instanceof WritableStream) await x.getWriter().write("x");
      return x instanceof Request || x instanceof Response ? x.text() : 0;
    }
  }`;

isolates("hostile: messages that make no sense, from who calls", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `${FUZZED} export default { fetch() { return new Response("alive"); } };`, { cpuMs: 20000 });
  const random = seeded(7);
  const ends = { done: 0, reset: 0 };
  for (let i = 0; i < 400; i++) {
    const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
    isolate.window(channel, 10 * MIB);
    const peer = { asked: 0 };
    for (let n = random(12); n >= 0; n--) {
      const bytes = madeUp(random, peer);
      const at = random(bytes.length + 1);
      isolate.data(channel, bytes.slice(0, at));
      isolate.data(channel, bytes.slice(at));
      if (random(3) === 0) await new Promise((resolve) => { setImmediate(resolve); });
    }
    isolate.end(channel);
    const state = isolate.channel(channel);
    await isolate.until(() => state.done || state.reset !== null, `session ${i}`);
    ends[state.reset === null ? "done" : "reset"]++;
  }
  assert.ok(ends.done > 40 && ends.reset > 40, JSON.stringify(ends));
  assert.equal((await isolate.request()).text, "alive");
});

isolates("hostile: messages that make no sense, from who is called", async (isolate) => {
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", `${FUZZED.replaceAll("export class Api", "class Api")}
     const settled = (calls) => Promise.all(calls.map((call) =>
       call.then(() => "fulfilled", () => "rejected")));
     export default { async fetch(request, env) {
       if (request.method === "PUT") return new Response("alive");
       const target = new Target();
       const first = env.API.echo(() => 1, target, new ReadableStream({
         start(c) { c.enqueue("no bytes"); } }), new WritableStream());
       const result = await settled([first, first.hi(), first.x]);
       await settled([first.again((x) => x), first.then((x) => x.hi())]);
       return new Response(result.join());
     } };`],
    [RECORD.SERVICE, "API", "7"]]), { host: true, cpuMs: 20000 });
  const random = seeded(11);
  for (let i = 0; i < 300; i++) {
    const count = isolate.of("fetch").length;
    const event = isolate.fetch();
    const { channel } = await isolate.next("fetch", count);
    isolate.head(channel, 200, { body: true });
    isolate.window(channel, 10 * MIB);
    if (random(2) === 0) {
      isolate.data(channel, message(3, 1,
        new Host(random(2) === 0 ? STUB : FETCHER, 1), random(2) === 0));
    }
    const peer = { asked: 1 };
    for (let n = random(12); n >= 0; n--) isolate.data(channel, madeUp(random, peer));
    if (random(2) === 0) isolate.end(channel);
    else isolate.reset(channel, CODE.EXCEPTION, "Error: over");
    await isolate.answer(event);
  }
  assert.equal((await isolate.request({ method: "PUT" })).text, "alive");
});

isolates("hostile: a callee's bad message rejects the call", async (isolate) => {
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", `export default { async fetch(request, env) {
       const broken = [];
       try {
         const stub = await env.API.f((x) => x);
         return new Response("no");
       } catch (error) { return new Response(error.message); }
     } };`],
    [RECORD.SERVICE, "API", "7"]]), { host: true });
  for (const [bytes, expected] of [
    [message(3, 9, 1, false), /the peer sent an answer to nothing/],
    [message(1, 1, 0, 0, [], []), /the peer sent a call to nothing/],
    [message(4, 1, new Error("thrown")), /^thrown$/],
  ]) {
    const count = isolate.of("fetch").length;
    const event = isolate.fetch();
    const call = await isolate.next("fetch", count);
    assert.equal(call.flags & (FLAG.RPC | FLAG.BODY), FLAG.RPC | FLAG.BODY);
    assert.equal(call.length, -1);
    isolate.head(call.channel, 200, { body: true });
    isolate.data(call.channel, bytes);
    assert.match((await isolate.answer(event)).text, expected);
  }
});

isolates("a session that is reset rejects its calls and tells its stubs", async (isolate) => {
  await isolate.load(FORMAT.RECORDS, records([
    [RECORD.JS, "main.js", `export default { async fetch(request, env) {
       const calls = [env.API.a(), env.API.b.c];
       const results = await Promise.allSettled(calls);
       return Response.json(results.map(({ reason }) => reason.message));
     } };`],
    [RECORD.SERVICE, "API", "7"]]), { host: true });
  const event = isolate.fetch();
  const first = await isolate.next("fetch", 0);
  const second = await isolate.next("fetch", 1);
  isolate.reset(first.channel, 5);
  isolate.reset(second.channel, 2, "TypeError: mine");
  assert.deepEqual(JSON.parse((await isolate.answer(event)).text),
    ["Worker exceeded wall time limit.", "mine"]);
});

// The reset is there before a timer that must not fire.
for (const [code, goesOn, delay] of [[CODE.CANCEL, true, 100], [CODE.WALL, false, 2000]]) {
  isolates(`waitUntil() of a session ${goesOn ? "goes on" : "ends"} after a reset with ${code}`, async (isolate) => {
    await isolate.load(FORMAT.MODULE,
      `import { WorkerEntrypoint } from "cloudflare:workers";
       let fired = false;
       export class Api extends WorkerEntrypoint {
         f() {
           this.ctx.waitUntil(new Promise(() => {}));
           setTimeout(() => { fired = true; }, ${delay});
         } }
       export default { async fetch() {
         // it comes after the other one's, if that comes at all
         await scheduler.wait(${delay + 50});
         return Response.json(fired); } };`);
    const channel = isolate.fetch({ entrypoint: "Api", rpc: true, body: true });
    isolate.data(channel, message(1, 1, 0, 0, ["f"], []));
    await isolate.until(() => isolate.bytes(channel).length > 4);
    isolate.reset(channel, code);
    assert.equal((await isolate.request()).text, `${goesOn}`);
  });
}

isolates("what does no RPC does not load it", async (isolate) => {
  await isolate.load(FORMAT.MODULE,
    `import { RpcTarget, RpcStub, WorkerEntrypoint, exports } from "cloudflare:workers";
     export class A extends WorkerEntrypoint {}
     export default { fetch(request, env, ctx) {
       return Response.json([typeof ctx.exports.A, typeof exports.A.x, typeof RpcStub]); } };`);
  assert.equal((await isolate.request()).text, '["function","function","function"]');
  assert.equal(isolate.ranChunks.has("rpc"), false);
}, { only: "node" });

// What they see of promises and of lengths is their own.  The fakes of the ops
// use what is patched.
rpc("patched built-ins neither break long messages and streams nor see them",
  `${hostile}
   let given;
   ` + entrypoint(`
     constructor(ctx, env) { super(ctx, env); }
     begin() {
       given = new ReadableStream({ type: "bytes",
         start(c) { c.enqueue(new Uint8Array(100000)); c.close(); } });
       watch();
     }
     end() { return unwatch(); }
     echo(a, b, c) { return { a, b, c }; }
     get bytes() { return given; }
     async take(stream) { let size = 0;
       for (const reader = stream.getReader(); ;) {
         const { done, value } = await reader.read();
         if (done) return size;
         size += value.byteLength;
       } }
     fail() { throw new TypeError("t", { cause: 1 }); }`),
  `${hostile}
   const given = [new Uint8Array(70000).fill(7), new Headers({ a: "b" }), new Map([[1, { x: 2 }]])];
   const prepare = async () => {
     await api.begin();
     return new ReadableStream({ type: "bytes",
       start(c) { c.enqueue(new Uint8Array(100000)); c.close(); } });
   };
   const use = async (own) => {
     const { a, b, c } = await api.echo(given[0], given[1], given[2]);
     const reader = (await api.bytes).getReader();
     let size = 0;
     for (;;) {
       const { done, value } = await reader.read();
       if (done) break;
       size += value.byteLength;
     }
     const taken = await api.take(own);
     try { await api.fail(); } catch (error) { return { a, b, c, size, taken, error }; }
   };
   await use(await prepare());
   await api.end();
   const own = await prepare();
   watch();
   const { a, b, c, size, taken, error } = await use(own);
   const here = unwatch();
   const there = await api.end();
   const others = (names) => names.filter((name) => !/^%?Promise\\.|^get then$|byteLength$/.test(name));
   return [a.length, a[69999], b.get("a"), c.get(1).x, size, taken, error.message,
     others(here), others(there)];`,
  [70000, 7, "b", 2, 100000, 100000, "t", [], []], undefined,
  { only: "engine" });

for (const [what, value] of Object.entries({ "a string": '"polluted"', "a function": '() => "polluted"' })) {
  rpc(`on both sides Object.prototype has ${what} under every name`,
    `${polluteObjects(value)}
     class Counter extends RpcTarget {
       #n = 0;
       up() { return ++this.#n; }
     }
     ` + entrypoint(`
       echo(value) { return value; }
       counter() { return new Counter(); }
       async twice(f) { return [await f(1), await f(2)]; }
       stream() { return new Blob(["bytes"], { __proto__: null }).stream(); }
       fail() { throw new TypeError("t"); }
       get name() { return "named"; }`),
    `${polluteObjects(value)}
     const counter = await api.counter();
     const stub = new RpcStub(() => 7);
     const got = [await api.echo("x"), await counter.up(), await counter.up(), await api.counter().up(),
       await api.twice((n) => n * 2), await new Response(await api.stream()).text(),
       await api.fail().catch((error) => error.message), await api.name,
       (await api.echo(new Headers([["a", "b"]]))).get("a"), await stub()];
     return got;`,
    ["x", 1, 2, 1, [2, 4], "bytes", "t", "named", "b", 7], undefined,
    { cpuMs: 60000, only: "engine" });
}
