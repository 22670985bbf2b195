// A worker may change the built-ins of its isolate: the runtime goes on.

import assert from "node:assert/strict";
import {
  CODE, FLAG, FORMAT, host, isolates, RECORD, rejects, returns, text, worker,
} from "./lib/harness.js";
import { optionNames, polluteObjects } from "./lib/hostile.js";

// Each of these is done at the top of a worker that then does ordinary things.
const vandalism = {
  "Promise.prototype.then": `Promise.prototype.then = () => { throw new Error("then"); };`,
  "Promise.resolve": `Promise.resolve = Promise.reject = () => { throw new Error("resolve"); };`,
  "Array.prototype": `
    for (const key of ["push", "pop", "shift", "slice", "splice", "join", "map", "forEach",
      "indexOf", "sort", "concat", "includes"]) {
      Array.prototype[key] = () => { throw new Error(key); };
    }
    Array.prototype[Symbol.iterator] = () => { throw new Error("iterator"); };`,
  "index setters": `
    for (let i = 0; i < 8; i++) {
      Object.defineProperty(Array.prototype, i, {
        __proto__: null,
        set(value) { throw new Error("index " + i); }, get() { throw new Error("index"); },
        configurable: true });
    }`,
  "setters of Object.prototype": `
    for (const key of ["channel", "props", "ctx", "text", "bytes", "stream", "incoming",
      "value", "writable", "get", "set", "enumerable", "configurable", "resolve", "signal",
      "type", "callback", "invocation", "status", "body", "url", "error", "onClose",
      "controller"]) {
      Object.defineProperty(Object.prototype, key, {
        __proto__: null,
        set() { throw new Error("set " + key); }, get() { return undefined; },
        configurable: true });
    }`,
  "Map and Set": `
    for (const C of [Map, Set, WeakMap]) for (const key of Object.getOwnPropertyNames(C.prototype)) {
      if (key !== "constructor" && key !== "size") C.prototype[key] = () => { throw new Error(key); };
    }`,
  "String and RegExp": `
    for (const key of ["split", "slice", "indexOf", "toLowerCase", "replace", "trim",
      "charCodeAt", "startsWith", "padStart"]) {
      String.prototype[key] = () => { throw new Error(key); };
    }
    RegExp.prototype.exec = RegExp.prototype.test = () => { throw new Error("exec"); };
    for (const key of ["iterator", "split", "replace", "match", "search"]) {
      String.prototype[Symbol[key]] = () => { throw new Error(key); };
    }`,
  "globals": `
    for (const key of ["Promise", "Uint8Array", "Error", "TypeError", "Object", "Reflect",
      "JSON", "Headers", "Response$", "URL", "ReadableStream", "ArrayBuffer", "Symbol", "Math",
      "Number", "String", "AbortController", "DOMException", "TextDecoder$", "console$"]) {
      if (!key.endsWith("$")) globalThis[key] = undefined;
    }`,
  "typed arrays": `
    const T = Object.getPrototypeOf(Uint8Array.prototype);
    for (const key of ["set", "slice", "subarray", "fill"]) T[key] = () => { throw new Error(key); };
    Function.prototype.call = Function.prototype.apply = Function.prototype.bind =
      () => { throw new Error("call"); };`,
  "methods of ours": `
    for (const C of [Headers, Request, Response, ReadableStream, URLSearchParams, AbortController]) {
      const { getOwnPropertyDescriptor } = Object;
      for (const key of Object.getOwnPropertyNames(C.prototype)) {
        if (["constructor", "text", "url"].includes(key)) continue;
        Object.defineProperty(C.prototype, key, { value() { throw new Error(key); }, configurable: true });
      }
    }`,
};

// Here node's own part of the fake trips over it.
const engineOnly = ["Promise.prototype.then", "typed arrays"];

for (const [what, code] of Object.entries(vandalism)) {
  const options = { only: engineOnly.includes(what) ? "engine" : undefined };
  worker(
    `${what}: requests, bodies, timers and console go on`,
    `const R = Response, wait = setTimeout, out = fetch, P = Promise;
     ${code}
     export default { async fetch(request, env, ctx) {
       await new P((resolve) => wait(resolve, 1));
       request.signal;
       const body = await request.text();
       const response = await out("http://h:8080/a?b#c", { method: "POST", body: "x", headers: { a: "b" } });
       const got = await response.text();
       console.log("log", 1);
       ctx.waitUntil(null);
       return new R(body + got + request.url, { status: 201, headers: { a: "b" } });
     } };`,
    async (isolate) => {
      const channel = isolate.fetch({
        url: "http://u/", headers: [["c", "d"]], method: "POST", body: true,
      });
      isolate.data(channel, "in,");
      isolate.end(channel);
      const out = await isolate.next("fetch");
      assert.equal(out.url, "http://h:8080/a?b");
      assert.deepEqual(out.headers[0], ["a", "b"]);
      await isolate.until(() => text(isolate.bytes(out.channel)) === "x");
      isolate.head(out.channel, 200, { body: true, headers: [["e", "f"]] });
      isolate.data(out.channel, "out,");
      isolate.end(out.channel);
      const answer = await isolate.answer(channel);
      assert.equal(answer.reset, null);
      assert.equal(answer.status, 201);
      assert.equal(answer.text, "in,out,http://u/");
      assert.deepEqual(answer.headers[0], ["a", "b"]);
      assert.deepEqual(isolate.logs(), ["log 1"]);
    }, options);

  host(
    `${what}: the loader goes on`,
    `const wait = setTimeout, P = Promise;
     ${code}
     export default { async fetch(request, env) {
       const stub = env.LOADER.get("id", async () => ({
         mainModule: "a.js", modules: { "a.js": "", "b": { text: "t" } },
         compatibilityDate: "2025-01-01", globalOutbound: null,
       }));
       return await stub.getEntrypoint("E", { props: { a: 1 } }).fetch(request);
     } };`,
    [[RECORD.LOADER, "LOADER", "3"]],
    async (isolate) => {
      const channel = isolate.fetch({ method: "POST", body: true });
      const load = await isolate.next("load");
      isolate.askForCode(load.channel);
      await isolate.next("code");
      await isolate.until(() => isolate.channel(load.channel).ended);
      const out = await isolate.next("fetch");
      assert.equal(out.flags, FLAG.LOADED | FLAG.BODY | FLAG.JOIN);
      isolate.head(out.channel, 200, { body: true });
      const answer = await isolate.answer(channel);
      assert.equal(answer.join, out.channel);
    }, options);
}

// Whatever any object seems to have: our own are asked for what they do not
// have, too.  (A worker's are asked as Web IDL says, so these have no prototype.)
assert.ok(optionNames.length > 500);
for (const name of ["stub", "props", "limits", "capability", "grants", "self", "ref", "base",
  "path", "fetcher", "get", "set", "value", "writable", "text", "record", "tails"]) {
  assert.ok(optionNames.includes(name), name);
}
const slow = { cpuMs: 60000 };

const things = {
  "global fetch": ["fetch(url, { __proto__: null })", { target: 0, flags: 0 }],
  "a service": ["env.SERVICE.fetch(url, { __proto__: null })", { target: 5, flags: 0 }],
  "an export": ["ctx.exports.Named.fetch(url)", { entrypoint: "Named", flags: FLAG.SELF }],
  "an export with props": ["ctx.exports.Named({ __proto__: null, props: 1 }).fetch(url)",
    { entrypoint: "Named", flags: FLAG.SELF }],
  "an export with no options": ["ctx.exports.Named().fetch(url)",
    { entrypoint: "Named", flags: FLAG.SELF, props: null }],
  "a loaded worker": ["env.LOADER.load(code).getEntrypoint().fetch(url)",
    { entrypoint: "", flags: FLAG.LOADED, cpuMs: 0, subRequests: 0, props: null }],
};
for (const [what, value] of Object.entries({
  "a string": '"polluted"', "true": "true", "a function": '() => "polluted"',
  "an object": "{ __proto__: null, x: 1 }",
})) {
  for (const [thing, [call, expected]] of Object.entries(things)) {
    host(
      `Object.prototype has ${what} under every name: ${thing} is what it was`,
      `import { WorkerEntrypoint } from "cloudflare:workers";
       ${polluteObjects(value)}
       const url = "http://h/a";
       const code = { __proto__: null, mainModule: "a.js", modules: { __proto__: null, "a.js": "" } };
       for (const name of ["allowExperimental", "compatibilityDate", "compatibilityFlags", "env",
         "globalOutbound", "limits", "streamingTails", "tails"]) code[name] = undefined;
       export class Named extends WorkerEntrypoint {}
       export default { async fetch(request, env, ctx) {
         const response = await ${call};
         return new Response(await response.text());
       } };`,
      [[RECORD.LOADER, "LOADER", "3"], [RECORD.SERVICE, "SERVICE", "5"]],
      async (isolate) => {
        const channel = isolate.fetch();
        const out = await isolate.next("fetch");
        for (const [key, is] of Object.entries(expected)) assert.equal(out[key], is, key);
        isolate.head(out.channel, 200, { body: true });
        isolate.data(out.channel, "answer");
        isolate.end(out.channel);
        const answer = await isolate.answer(channel);
        assert.deepEqual([answer.reset, answer.text], [null, "answer"]);
      }, slow);
  }

  worker(
    `Object.prototype has ${what} under every name: what is logged is what it was`,
    `${polluteObjects(value)}
     export default { fetch() {
       console.log({ __proto__: null, get a() { return 1; }, set b(to) {}, c: undefined }, [, 1]);
       console.log(new Headers([["a", "b"]]), new Map([[1, 2]]), class A {}, () => 1);
       console.dir([{ __proto__: null, a: 1 }]);
       return new Response("x");
     } };`,
    async (isolate) => {
      assert.equal((await isolate.request()).text, "x");
      assert.deepEqual(isolate.logs(), [
        "[Object: null prototype] { a: [Getter], b: [Setter], c: undefined } [ <1 empty item>, 1 ]",
        "Headers { 'a' => 'b' } Map(1) { 1 => 2 } [class A] [Function (anonymous)]",
        "[ [Object: null prototype] { a: 1 } ]",
      ]);
    }, slow);

  returns(
    `Object.prototype has ${what} under every name: what chunks bring is what it was`,
    `${polluteObjects(value)}
     const none = { __proto__: null };
     const results = { __proto__: null,
       text: await new Response(new Blob(["hi"], none).stream().pipeThrough(new CompressionStream("gzip"), none)
         .pipeThrough(new DecompressionStream("gzip"), none)).text(),
       cloned: structuredClone(new Map([[1, 2]]), none).get(1),
       digest: (await crypto.subtle.digest("SHA-1", new Uint8Array(1))).byteLength,
       latin: new TextDecoder("utf-16le", none).decode(new Uint8Array([65, 0]), none),
       data: await (await fetch("data:,hi")).text(),
     };
     for (const name of ${JSON.stringify(optionNames)}) delete Object.prototype[name];
     return results;`,
    { text: "hi", cloned: 2, digest: 20, latin: "A", data: "hi" }, { ...slow, only: "engine" });
}

worker(
  "objects of ours show nothing of what is in them",
  `export default { async fetch(request, env, ctx) {
     const response = new Response("x");
     const objects = { request, response, headers: request.headers, ctx,
       signal: request.signal, url: new URL("http://h"), params: new URLSearchParams("a=b"),
       decoder: new TextDecoder(), controller: new AbortController(), event: new Event("x"),
       error: new DOMException("m"), crypto, performance, navigator, scheduler };
     const shown = {};
     for (const [name, object] of Object.entries(objects)) {
       const keys = Reflect.ownKeys(object).filter((k) => k !== "stack" && k !== "isTrusted");
       if (keys.length > 0) shown[name] = keys.map(String);
     }
     return Response.json(shown);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), {});
  });

isolates("one worker that fails to load leaves nothing running", async (isolate) => {
  await isolate.load(FORMAT.MODULE, "throw 1;");
  assert.equal((await isolate.next("failed")).message, "1");
});

worker(
  "what nginx said of a request or a response is not the worker's to rewrite",
  `String.prototype[Symbol.split] = () => ["", "GET", "http://forged/", "", "a\\r\\nb", "c"];
   export default { fetch(request) {
     return Response.json([request.method, request.url, [...request.headers]]);
   } };`,
  async (isolate) => {
    const answer = await isolate.request({ url: "http://true/", headers: [["a", "b"]] });
    assert.equal(answer.text, '["GET","http://true/",[["a","b"]]]');
  });

worker(
  "a host that replaced built-ins have made is a string",
  `let asked = 0;
   const odd = { toString: () => ++asked > 6 ? "h\\0\\r\\n" : "h.test" };
   const { join } = Array.prototype;
   Array.prototype.join = function (by) {
     return String(this[0]).startsWith("xn--") ? odd : Reflect.apply(join, this, [by]);
   };
   export default { fetch() {
     let url;
     try { url = new URL("http://\\u00fc.test/"); } catch (error) { return new Response(error.name); }
     for (let i = 0; i < 8; i++) if (url.href.includes("\\0")) return new Response("forged");
     return new Response("never");
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "TypeError");
  });

worker(
  "no function of ours tells who calls it",
  `export default { fetch() {
     const names = [];
     for (const f of [fetch, atob, structuredClone, queueMicrotask, setTimeout]) {
       names.push(...Object.getOwnPropertyNames(f).filter((n) => n === "caller" || n === "arguments"));
     }
     return Response.json(names);
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "[]");
  });

worker(
  "a promise whose constructor throws does not keep an invocation",
  `export default { fetch(request, env, ctx) {
     const promise = Promise.resolve();
     Object.defineProperty(promise, "constructor", { get() { throw new Error("no"); } });
     try { ctx.waitUntil(promise); } catch {}
     return new Response("ok");
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "ok");
  });

worker(
  "an export that throws when it is touched holds nothing up",
  `export const odd = new Proxy({}, { getOwnPropertyDescriptor() { throw new Error("odd"); },
     defineProperty() { return false; } });
   export default { fetch() { return new Response(typeof this.env); } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "object");
  });

returns("the runtime's source is nobody's business", `
  const text = (fn) => Function.prototype.toString.call(fn);
  const spied = new Proxy(fetch, {});
  return [text(fetch), String(Headers), text(Headers.prototype.get),
    text(Object.getOwnPropertyDescriptor(URL.prototype, "href").get),
    text(Function.prototype.toString), text(spied), text(class A { b() {} }),
    text(() => 1), text(Math.max)];`, [
  "function fetch() { [native code] }", "function Headers() { [native code] }",
  "function get() { [native code] }", "function get href() { [native code] }",
  "function toString() { [native code] }", "function () { [native code] }",
  "class A { b() {} }", "() => 1", "function max() { [native code] }",
], { only: "engine" });
rejects("Function.prototype.toString refuses what is no function",
  "Function.prototype.toString.call({})", "TypeError");
worker("a body is streamed, whatever a promise is asked for", `
  const asked = [];
  function spy() {
    for (const name of ["constructor", "then"]) {
      Object.defineProperty(Promise.prototype, name, {
        get() { asked.push(name); throw new Error("asked"); }, configurable: true,
      });
    }
    Object.defineProperty(Object.prototype, "then", {
      get() { asked.push("Object.prototype.then"); }, configurable: true,
    });
  }
  export default {
    fetch(request) {
      spy();
      let pulls = 0;
      const big = new Uint8Array(100000);
      return new Response(new ReadableStream({
        pull(controller) {
          if (++pulls < 4) controller.enqueue(big);
          else if (pulls === 4) controller.enqueue(new TextEncoder().encode(asked.join()));
          else controller.close();
        },
      }));
    },
  };`, async (isolate) => {
  const channel = isolate.fetch();
  await isolate.until(() => isolate.bytes(channel).length === 65536, "a window full");
  isolate.window(channel, 1000000);
  const answer = await isolate.answer(channel);
  assert.equal(answer.reset, null);
  assert.equal(answer.text, "\0".repeat(300000));
}, { only: "engine" });

for (const how of ["leaves", "is refused a chunk"]) {
  worker(`a client that ${how}: cancel() runs, whatever a promise is asked for`, `
    let log = [];
    export default {
      fetch(request) {
        if (request.url.endsWith("/look")) return new Response(log.join());
        Object.defineProperty(Promise.prototype, "constructor", {
          get() { log.push("asked"); throw new Error("asked"); }, configurable: true,
        });
        return new Response(new ReadableStream({
          pull(controller) {
            controller.enqueue(${how === "leaves" ? "new Uint8Array(65536)" : '"text"'});
          },
          cancel() { log.push("cancelled"); },
        }));
      },
    };`, async (isolate) => {
    const channel = isolate.fetch();
    if (how === "leaves") {
      await isolate.until(() => isolate.bytes(channel).length === 65536, "a window full");
      isolate.reset(channel, CODE.CANCEL);
    } else {
      const { reset } = await isolate.answer(channel);
      assert.equal(reset?.message, "TypeError: This ReadableStream did not return bytes.");
    }
    const answer = await isolate.request({ url: "http://h/look" });
    assert.equal(answer.text, "cancelled");
  }, { only: "engine" });
}
