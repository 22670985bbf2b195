// The web platform's small parts: each line is what a worker relies on.

import assert from "node:assert/strict";
import { LEVEL, rejects, returns, worker } from "./lib/harness.js";

// -- Headers ------------------------------------------------------------------

returns("Headers: combining, order, Set-Cookie apart", `
  const h = new Headers({ b: "1", A: "2" });
  h.append("B", " 3 ");
  h.append("Set-Cookie", "x=1"); h.append("set-cookie", "y=2");
  const out = [h.get("b"), h.get("nope"), h.has("SET-cookie"), h.get("set-cookie"),
    h.getSetCookie(), h.getAll("Set-Cookie"), [...h], [...h.keys()], [...h.values()]];
  h.set("b", "9"); h.delete("a");
  const seen = [];
  h.forEach((value, name, self) => seen.push(name, value, self === h));
  return [...out, seen, Object.prototype.toString.call(h), new Headers(h).getSetCookie()];`, [
  "1, 3", null, true, "x=1, y=2", ["x=1", "y=2"], ["x=1", "y=2"],
  [["a", "2"], ["b", "1, 3"], ["set-cookie", "x=1"], ["set-cookie", "y=2"]],
  ["a", "b", "set-cookie", "set-cookie"], ["2", "1, 3", "x=1", "y=2"],
  ["b", "9", true, "set-cookie", "x=1", true, "set-cookie", "y=2", true],
  "[object Headers]", ["x=1", "y=2"],
]);
returns("Headers change while they are iterated", `
  const h = new Headers([["a", "1"], ["c", "3"]]);
  const seen = [];
  for (const [name] of h) { seen.push(name); if (name === "a") h.append("b", "2"); }
  return seen;`, ["a", "b", "c"]);
returns("Headers: values are trimmed and may be empty or Latin-1", `
  const h = new Headers({ a: " \\t x\\t ", b: "", c: "\\u00ff" });
  return [...h];`, [["a", "x"], ["b", ""], ["c", "\u00ff"]]);
for (const [what, statement] of [
  ["a bad name", `new Headers({ "a b": "1" })`],
  ["an empty name", `new Headers({ "": "1" })`],
  ["a line break", `new Headers({ a: "1\\r\\nb: 2" })`],
  ["NUL", `new Headers({ a: "1\\0" })`],
  ["a character above U+00FF", `new Headers({ a: "\\u0100" })`],
  ["a triple", `new Headers([["a", "b", "c"]])`],
  ["a string", `new Headers("a: b")`],
  ["another this", `Headers.prototype.get.call({}, "a")`],
  ["too few arguments", `new Headers().set("a")`],
]) rejects(`Headers refuse ${what}`, statement, "TypeError");

// -- Request and Response -------------------------------------------------------

returns("Request: what init overrides", `
  const c = new AbortController();
  const a = new Request("http://h/x", { method: "patch", headers: { A: "1" }, body: "b",
    redirect: "manual", signal: c.signal, cf: { k: 1 } });
  const b = new Request(a, { method: "PUT", headers: { B: "2" } });
  const out = [a.method, b.method, b.url, [...b.headers], a.bodyUsed, await b.text(),
    b.redirect, b.cf, b.signal.aborted];
  c.abort();
  return [...out, b.signal.aborted, new Request("http://h").signal.aborted];`, [
  "patch", "PUT", "http://h/x", [["b", "2"]], true, "b", "manual", { k: 1 }, false,
  true, false,
]);
returns("Response: statics and defaults", `
  const json = Response.json({ a: 1 }, { status: 201, headers: { "content-type": "x/y" } });
  const redirect = Response.redirect("http://h/é", 303);
  const error = Response.error();
  const plain = new Response(undefined, { status: 299, statusText: "ok" });
  return [json.status, json.headers.get("content-type"), await json.text(),
    Response.json(1).headers.get("content-type"), redirect.status,
    redirect.headers.get("location"), error.type, error.status, plain.status,
    plain.statusText, plain.ok, plain.body, plain.type, plain.url,
    [...new Response("x", new Response(null, { status: 404, headers: { a: "b" } })).headers]];`, [
  201, "x/y", '{"a":1}', "application/json", 303, "http://h/%C3%A9", "error", 0, 299,
  "ok", true, null, "default", "", [["a", "b"], ["content-type", "text/plain;charset=UTF-8"]],
]);
for (const [what, statement, name] of [
  ["a status of 199", `new Response("", { status: 199 })`, "RangeError"],
  ["a status of 600", `new Response("", { status: 600 })`, "RangeError"],
  ["204 with a body", `new Response("x", { status: 204 })`, "TypeError"],
  ["a status text with a line break", `new Response("", { statusText: "a\\nb" })`, "TypeError"],
  ["a redirect of 200", `Response.redirect("http://h/", 200)`, "RangeError"],
  ["JSON of a function", `Response.json(() => {})`, "TypeError"],
]) rejects(`Response refuses ${what}`, statement, name);
returns("clone() is independent", `
  const a = new Response("x", { headers: { a: "1" } });
  const b = a.clone();
  b.headers.set("a", "2");
  return [await a.text(), await b.text(), a.headers.get("a")];`, ["x", "x", "1"]);

// -- events and abort -------------------------------------------------------------

returns("EventTarget", `
  const t = new EventTarget();
  const seen = [];
  const f = () => seen.push("f");
  const c = new AbortController();
  t.addEventListener("a", f); t.addEventListener("a", f);
  t.addEventListener("a", { handleEvent(e) { seen.push(e.type, this !== undefined, e.target === t); } }, { once: true });
  t.addEventListener("a", () => seen.push("signal"), { signal: c.signal });
  t.addEventListener("a", (e) => { e.preventDefault(); e.stopImmediatePropagation(); });
  t.addEventListener("a", () => seen.push("never"));
  const first = t.dispatchEvent(new Event("a", { cancelable: true }));
  c.abort();
  t.removeEventListener("a", f);
  const second = t.dispatchEvent(new CustomEvent("a", { detail: 1 }));
  return [seen, first, second, new CustomEvent("x", { detail: 5 }).detail];`,
[["f", "a", true, true, "signal"], false, true, 5]);
returns("AbortSignal: abort, timeout, any, throwIfAborted", `
  const c = new AbortController();
  const seen = [];
  c.signal.onabort = (e) => seen.push(e.type, e.isTrusted);
  const any = AbortSignal.any([c.signal, new AbortController().signal]);
  c.abort("why"); c.abort("again");
  let thrown; try { c.signal.throwIfAborted(); } catch (e) { thrown = e; }
  const t = AbortSignal.timeout(1);
  await new Promise((r) => t.addEventListener("abort", r));
  const d = AbortSignal.abort();
  return [seen, any.aborted, any.reason, thrown, t.reason.name, d.reason.name,
    d.reason instanceof DOMException, d.reason.code, c.signal.reason];`,
[["abort", true], true, "why", "why", "TimeoutError", "AbortError", true, 20, "why"]);
rejects("AbortSignal has no constructor", "new AbortSignal()", "TypeError", "Illegal constructor");
returns("DOMException", `
  const e = new DOMException("m", "DataCloneError");
  return [e.name, e.message, e.code, e instanceof Error, String(e), typeof e.stack,
    DOMException.ABORT_ERR, new DOMException().name, Object.keys(e)];`,
["DataCloneError", "m", 25, true, "DataCloneError: m", "string", 20, "Error", []]);

// -- timers -----------------------------------------------------------------------

returns("timers: order, arguments, clearing, intervals", `
  const seen = [];
  setTimeout((a, b) => seen.push(a + b), 2, "t", 2);
  setTimeout(() => seen.push("t1"), 1);
  setTimeout(() => seen.push("t0"));
  clearTimeout(setTimeout(() => seen.push("never"), 1));
  clearTimeout(undefined); clearTimeout(12345);
  queueMicrotask(() => seen.push("micro"));
  await new Promise((resolve) => {
    let n = 0;
    const id = setInterval(() => { seen.push("i" + ++n); if (n === 3) { clearInterval(id); resolve(); } }, 4);
  });
  await scheduler.wait(1);
  return [seen, typeof setTimeout(() => {}, 1e9)];`,
[["micro", "t0", "t1", "t2", "i1", "i2", "i3"], "number"]);
rejects("setTimeout of a string", `setTimeout("alert()")`, "TypeError",
  "Failed to execute 'setTimeout': parameter 1 is not of type 'Function'.");
rejects("an aborted scheduler.wait", `
  const c = new AbortController();
  setTimeout(() => c.abort(), 1);
  await scheduler.wait(1e6, { signal: c.signal });`, "AbortError");
worker("an exception in a timer is logged, the others run", `
  export default { async fetch() {
    setTimeout(() => { throw new Error("tick"); }, 1);
    await scheduler.wait(2);
    return new Response("on");
  } };`, async (isolate) => {
  assert.equal((await isolate.request()).text, "on");
  const [log] = isolate.of("log");
  assert.equal(log.level, LEVEL.ERROR);
  assert.match(log.text, /^Uncaught \(in a timer\) Error: tick at index\.js:3/);
});

// -- the rest -----------------------------------------------------------------------

returns("structuredClone", `
  const shared = {};
  const c = structuredClone({ d: new Date(0), m: new Map([[1, { a: [1n] }]]), s: new Set([1]),
    r: /x/g, e: new TypeError("t"), b: new Uint8Array([1]).buffer, x: shared, y: shared });
  return [c.d.getTime(), [...c.m][0][1].a[0] === 1n, [...c.s], c.r.flags, c.e.name,
    c.b.byteLength, c.x === c.y];`, [0, true, [1], "g", "TypeError", 1, true]);
for (const what of ["() => {}", "new Headers()", "[{ a: new URL('http://h') }]", "Symbol()",
  "new Map([[1, new Response()]])"]) {
  rejects(`structuredClone refuses ${what}`, `structuredClone(${what})`, "DataCloneError");
}
returns("crypto", `
  const a = new Uint32Array(4);
  return [crypto.getRandomValues(a) === a, a.some((n) => n !== 0),
    /^[\\da-f]{8}-[\\da-f]{4}-4[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12}$/.test(crypto.randomUUID()),
    crypto.randomUUID() === crypto.randomUUID()];`, [true, true, true, false]);
rejects("crypto of floats", "crypto.getRandomValues(new Float32Array(1))", "TypeMismatchError");
rejects("crypto of too much", "crypto.getRandomValues(new Uint8Array(65537))", "QuotaExceededError");
returns("the global scope", `
  return [self === globalThis, navigator.userAgent, performance.timeOrigin,
    Math.abs(performance.now() - Date.now()) < 1000, typeof native, typeof require,
    Object.getOwnPropertyDescriptor(globalThis, "Response").enumerable,
    Object.prototype.toString.call(navigator)];`,
[true, "Cloudflare-Workers", 0, true, "undefined", "undefined", false, "[object Navigator]"]);
for (const code of ["eval('1')", "new Function('1')", "(async () => {}).constructor('1')"]) {
  rejects(`${code} is refused`, code, "EvalError");
}
returns("ECMAScript newer than V8", `
  return [Object.groupBy([1, 2, 3], (n) => n % 2 ? "odd" : "even"), [3, 1].toSorted(),
    [1, 2].with(0, 9), [...new Set([1, 2]).union(new Set([3]))],
    [1, 2, 3].values().map((x) => x * 2).filter((x) => x > 2).toArray(),
    typeof Promise.withResolvers().resolve, await Array.fromAsync([1, Promise.resolve(2)]),
    typeof Symbol.dispose, "\\ud800".isWellFormed(), new Uint8Array([1, 2]).toBase64(),
    await Promise.try(() => 7), RegExp.escape("a.b"), new Map().getOrInsert("a", 1),
    Iterator.from([1]).next().value, [1, 2, 3].findLast((x) => x < 3), [..."ab"].at(-1),
    new Uint8Array([1, 2, 3]).buffer.transfer(1).byteLength];`, [
  { odd: [1, 3], even: [2] }, [1, 3], [9, 2], [1, 2, 3], [4, 6], "function", [1, 2],
  "symbol", false, "AQI=", 7, "\\x61\\.b", 1, 1, 2, "b", 1,
]);
returns("streams", `
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  writer.write("a"); writer.write("b"); writer.close();
  const seen = [];
  for await (const chunk of readable) seen.push(chunk);
  const bytes = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close(); } });
  const { value } = await bytes.getReader({ mode: "byob" }).read(new Uint8Array(8));
  return [seen, [...value], Object.prototype.toString.call(readable),
    new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark];`,
[["a", "b"], [1, 2, 3], "[object ReadableStream]", 3]);

// -- console --------------------------------------------------------------------------

const logged = (title, statement, level, text) => worker(
  `console: ${title}`,
  `export default { fetch() { ${statement}; return new Response(); } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await isolate.answer(channel);
    const logs = isolate.of("log");
    assert.deepEqual(logs.map((log) => [log.level, log.text]), [[level, text]]);
    assert.equal(logs[0].channel, channel);
  });
logged("text and values", `console.log("a", 1, true, null, undefined, 2n, Symbol("s"), -0)`,
  LEVEL.INFO, "a 1 true null undefined 2n Symbol(s) -0");
logged("levels", `console.warn("w")`, LEVEL.WARN, "w");
logged("error", `console.error("e")`, LEVEL.ERROR, "e");
logged("debug", `console.debug("d")`, LEVEL.DEBUG, "d");
logged("format", `console.log("%s|%d|%i|%f|%j|%o|%c|%%|%x", "s", "4.5", "4.5", "4.5", {a:1}, [1], "css", "rest")`,
  LEVEL.INFO, 's|4.5|4|4.5|{"a":1}|[ 1, [length]: 1 ]||%|%x rest');
logged("objects", `console.log({ a: "x'y", "b-c": [1, , { d: { e: { f: { g: 1 } } } }], get h() { return 1; }, [Symbol("k")]: 1 })`,
  LEVEL.INFO, `{ a: "x'y", 'b-c': [ 1, <1 empty item>, { d: { e: { f: [Object] } } } ], h: [Getter], [Symbol(k)]: 1 }`);
logged("collections", `console.log(new Map([["a", { b: 1 }]]), new Set([1]), new Uint8Array(2), [], {}, new Date(0), /x/g)`,
  LEVEL.INFO, "Map(1) { 'a' => { b: 1 } } Set(1) { 1 } Uint8Array(2) [ 0, 0 ] [] {} 1970-01-01T00:00:00.000Z /x/g");
logged("functions, classes, instances", `class A { x = 1 } console.log(() => {}, function f() {}, A, new A(), Object.create(null))`,
  LEVEL.INFO, "[Function (anonymous)] [Function: f] [class A] A { x: 1 } [Object: null prototype] {}");
logged("circles", `const a = { b: 1 }; a.self = a; console.log(a)`, LEVEL.INFO,
  "<ref *1> { b: 1, self: [Circular *1] }");
logged("platform objects", `console.log(new Response(null, { headers: { a: "b" } }), new URLSearchParams())`,
  LEVEL.INFO, "Response { status: 200, statusText: '', headers: Headers " +
  "{ 'a' => 'b' }, url: '', redirected: false, type: 'default', cf: undefined, " +
  "webSocket: null, ok: true, bodyUsed: false } URLSearchParams {}");
logged("assert", `console.assert(true, "no"); console.assert(false, "yes", 1)`, LEVEL.ERROR,
  "Assertion failed: yes 1");
worker("console: an error shows its stack", `export default { fetch() {
    console.log(new TypeError("oops")); console.log("%s", { toString() { throw 1; } });
    return new Response(); } };`, async (isolate) => {
  await isolate.request();
  assert.match(isolate.logs()[0], /^TypeError: oops\n    at .*index\.js:2:/);
});

for (const data of ["====", "abcd====", "a===", "ab="]) {
  rejects(`atob("${data}") is refused`, `atob("${data}");`, "InvalidCharacterError");
}

returns("a delay beyond setTimeout's is long, not none", `
  const signal = AbortSignal.timeout(2 ** 40);
  let woke = false;
  scheduler.wait(Infinity).then(() => { woke = true; });
  await scheduler.wait(10);
  return [signal.aborted, woke];`, [false, false]);

returns("long runs of spaces inside of a URL or a header take no time", `
  const long = "a" + " ".repeat(100000) + "b ";
  return [new URL(" http://h/" + long).href.length, new Headers({ a: long }).get("a").length];`,
[300011, 100002]);

returns("an event reaches its listeners whatever has become of Event.prototype", `
  Object.defineProperty(Event.prototype, "type", { get() { throw new Error("type"); } });
  const controller = new AbortController();
  let heard = false;
  controller.signal.addEventListener("abort", () => { heard = true; });
  controller.abort();
  return heard;`, true);
