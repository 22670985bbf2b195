// What a fetch event does to a worker's handlers, and when it is over.

import assert from "node:assert/strict";
import {
  CODE, FLAG, FORMAT, host, isolates, LEVEL, RECORD, worker,
} from "./lib/harness.js";

const header = (answer, name) =>
  answer.headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v);

worker(
  "a module's fetch handler answers",
  `export default { fetch(request) { return new Response("hi " + request.url); } };`,
  async (isolate) => {
    const answer = await isolate.request({ url: "http://host/a?b" });
    assert.equal(answer.status, 200);
    assert.equal(answer.statusText, "");
    assert.equal(answer.text, "hi http://host/a?b");
    assert.equal(answer.length, 18);
    assert.deepEqual(header(answer, "content-type"), ["text/plain;charset=UTF-8"]);
  });

worker(
  "a response of text without waitUntil is three ops, and no END before DONE",
  `export default { async fetch() { return new Response("x"); } };`,
  async (isolate) => {
    await isolate.request();
    assert.deepEqual(isolate.calls.map(({ op }) => op), ["respond", "done"]);
  });

worker(
  "the request shows method, URL, headers and cf",
  `export default { fetch(request) {
     return Response.json({
       method: request.method, url: request.url, cf: request.cf,
       headers: [...request.headers], redirect: request.redirect,
       body: request.body, used: request.bodyUsed,
     });
   } };`,
  async (isolate) => {
    const answer = await isolate.request({
      method: "PURGE", url: "https://h:8443/x", cf: '{"colo":"\u00c3\u00a9"}',
      headers: [["X-B", "2"], ["Accept", "a"], ["x-b", "3"]],
    });
    assert.deepEqual(JSON.parse(answer.text), {
      method: "PURGE", url: "https://h:8443/x", cf: { colo: "é" },
      headers: [["accept", "a"], ["x-b", "2, 3"]], redirect: "manual",
      body: null, used: false,
    });
  });

worker(
  "the headers of an event's request are immutable, those of a copy are not",
  `export default { fetch(request) {
     let message;
     try { request.headers.set("a", "b"); } catch (error) { message = error.message; }
     const copy = new Request(request);
     copy.headers.set("a", "b");
     return Response.json([message, copy.headers.get("a"), copy.url]);
   } };`,
  async (isolate) => {
    const answer = await isolate.request({ url: "http://h/" });
    assert.deepEqual(
      JSON.parse(answer.text), ["Can't modify immutable headers.", "b", "http://h/"]);
  });

worker(
  "entrypoints by name: classes get ctx and env, objects get them as arguments",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Named extends WorkerEntrypoint {
     fetch(request) { return new Response("class " + Object.keys(this.env) + typeof this.ctx.waitUntil); }
   }
   export const other = { fetch() { return new Response("object"); } };
   export const \u00e9 = { fetch() { return new Response("unicode"); } };
   export default { fetch() { return new Response("default"); } };`,
  async (isolate) => {
    const text = async (entrypoint) => (await isolate.request({ entrypoint })).text;
    assert.equal(await text(""), "default");
    assert.equal(await text("default"), "default");
    assert.equal(await text("Named"), "class function");
    assert.equal(await text("other"), "object");
    assert.equal(await text("\u00c3\u00a9"), "unicode");
  });

worker(
  "a class instance is made for each event",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   let instances = 0;
   export default class extends WorkerEntrypoint {
     constructor(ctx, env) { super(ctx, env); instances++; }
     fetch() { return new Response(String(instances)); }
   }`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "1");
    assert.equal((await isolate.request()).text, "2");
  });

const failures = [
  ["no default export", "export const a = 1;", "",
    "Handler does not export a fetch() function."],
  ["no fetch in the default export", "export default {};", "",
    "Handler does not export a fetch() function."],
  ["fetch is not a function", "export default { fetch: 1 };", "",
    "Handler does not export a fetch() function."],
  ["a plain function as default export", "export default function fetch() {}", "",
    "Handler does not export a fetch() function."],
  ["no such entrypoint", "export default { fetch() {} };", "Nope",
    'Worker does not export an entrypoint named "Nope".'],
  ["a name of Object.prototype is no entrypoint", "export default {};",
    "toString", 'Worker does not export an entrypoint named "toString".'],
  ["the handler throws", "export default { fetch() { throw new Error('boom'); } };",
    "", "boom"],
  ["a TypeError keeps its name", "export default { fetch() { null.x; } };", "",
    /^TypeError: Cannot read properties of null/],
  ["the handler rejects",
    "export default { async fetch() { await 1; throw new RangeError('r'); } };",
    "", "RangeError: r"],
  ["something else than an error is thrown",
    "export default { fetch() { throw 'text'; } };", "", "text"],
  ["an error whose message throws",
    "export default { fetch() { throw { get message() { throw 1; }, toString() { throw 2; } }; } };",
    "", "an exception that has no text"],
  ["no response", "export default { fetch() {} };", "",
    "TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'."],
  ["something like a response", "export default { fetch() { return { status: 200 }; } };",
    "", "TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'."],
  ["a response whose body was used",
    "export default { async fetch() { const r = new Response('a'); await r.text(); return r; } };",
    "", /^TypeError: Body has already been used/],
];
for (const [title, source, entrypoint, message] of failures) {
  worker(`reset with EXCEPTION: ${title}`, source, async (isolate) => {
    const { reset, status } = await isolate.request({ entrypoint });
    assert.equal(status, undefined);
    assert.equal(reset.code, CODE.EXCEPTION);
    if (message instanceof RegExp) assert.match(reset.message, message);
    else assert.equal(reset.message, message);
  });
}

worker(
  "a failure says where it was thrown",
  "export default {\n  fetch() {\n    throw new Error('boom');\n  } };",
  async (isolate) => {
    const { reset } = await isolate.request();
    assert.equal(reset.location, "index.js:3:11");
  });

worker(
  "waitUntil keeps an invocation after END, until it has settled",
  `let release;
   export default { fetch(request, env, ctx) {
     if (request.url.endsWith("/release")) { release(); return new Response(); }
     ctx.waitUntil(new Promise((resolve) => { release = resolve; }));
     return new Response("early");
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await isolate.next("end");
    assert.equal(isolate.channel(channel).done, false);
    await isolate.request({ url: "http://h/release" });
    const answer = await isolate.answer(channel);
    assert.equal(answer.text, "early");
  });

worker(
  "a failure in waitUntil is logged and ends nothing",
  `import { waitUntil } from "cloudflare:workers";
   export default { fetch(request, env, ctx) {
     ctx.waitUntil(Promise.reject(new Error("late")));
     waitUntil(1);
     return new Response("fine");
   } };`,
  async (isolate) => {
    const answer = await isolate.request();
    assert.equal(answer.text, "fine");
    const [log] = isolate.of("log");
    assert.equal(log.level, LEVEL.ERROR);
    assert.match(log.text, /^Uncaught \(in waitUntil\(\)\) Error: late at index\.js:3/);
  });

worker(
  "a rejection that nobody handles is logged; one that is handled later is not",
  `export default { async fetch(request) {
     Promise.reject(new TypeError("nobody"));
     const late = Promise.reject(new Error("late"));
     await null; await null;
     await late.catch(() => {});
     return new Response("fine");
   } };`,
  async (isolate) => {
    await isolate.request();
    const { text } = await isolate.next("log");
    assert.match(text, /^Uncaught \(in promise\) TypeError: nobody at index.js:2/);
    assert.equal(isolate.of("log").length, 1);
  }, { only: "engine" });

worker(
  "this.env and this.ctx work in plain objects, and are no enumerable properties",
  `export default {
     async fetch(request, env, ctx) {
       const keys = Object.keys(this);
       await null;
       return Response.json([keys, this.env === env, this.ctx === ctx]);
     } };`,
  async (isolate) => {
    assert.deepEqual(
      JSON.parse((await isolate.request()).text), [["fetch"], true, true]);
  });

worker(
  "properties of a handler's own named env and ctx stay",
  `export default { env: 1, ctx: 2,
     fetch() { return Response.json([this.env, this.ctx]); } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [1, 2]);
  });

worker(
  "a frozen handler works",
  `export default Object.freeze({ fetch() { return new Response("ok"); } });`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "ok");
  });

worker(
  "ctx of each concurrent event follows its awaits",
  `const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
   export default { async fetch(request, env, ctx) {
     const before = this.ctx;
     await wait(Number(new URL(request.url).searchParams.get("ms")));
     return new Response(String(before === ctx && this.ctx === ctx));
   } };`,
  async (isolate) => {
    const channels = [20, 10, 0].map(
      (ms) => isolate.fetch({ url: `http://h/?ms=${ms}` }));
    for (const channel of channels) {
      assert.equal((await isolate.answer(channel)).text, "true");
    }
  });

worker(
  "I/O at global scope is refused",
  `const messages = [];
   try { setTimeout(() => {}, 1); } catch (error) { messages.push(error.message); }
   try { crypto.randomUUID(); } catch (error) { messages.push(error.message); }
   await fetch("http://h/").catch((error) => messages.push(error.message));
   export default { fetch() { return Response.json(messages); } };`,
  async (isolate) => {
    const messages = JSON.parse((await isolate.request()).text);
    assert.equal(messages.length, 3);
    for (const message of messages) {
      assert.match(message, /^Disallowed operation called within global scope/);
    }
  });

worker(
  "when an invocation is over its timers are gone and fetch() is refused",
  `const done = [];
   export default { async fetch(request) {
     if (request.url.endsWith("/look")) return Response.json(done);
     setTimeout(() => done.push("timer"), 1);
     const later = new Promise((resolve) => { globalThis.release = resolve; });
     later.then(() => fetch("http://h/")).catch((error) => done.push(error.message));
     return new Response();
   } };`,
  async (isolate) => {
    await isolate.request();
    await isolate.request({ url: "http://h/first/look" });
    const source = isolate.fetch({ url: "http://h/" });
    await isolate.answer(source);
    assert.equal(isolate.of("fetch").length, 0);
    const seen = JSON.parse((await isolate.request({ url: "http://h/look" })).text);
    assert.deepEqual(seen, []);
  });

worker(
  "RESET aborts request.signal and ends the invocation",
  `const seen = [];
   export default { async fetch(request, env, ctx) {
     if (request.url.endsWith("/look")) {
       // time enough for a timer that should be gone
       await scheduler.wait(5);
       return Response.json(seen);
     }
     console.log("started");
     request.signal.addEventListener("abort", () => {
       seen.push(request.signal.aborted, request.signal.reason.name);
       setTimeout(() => seen.push("timer"), 0);
     });
     await new Promise(() => {});
   } };`,
  async (isolate) => {
    await isolate.request({ url: "http://h/look" });
    const channel = isolate.fetch();
    await isolate.next("log");
    isolate.reset(channel, CODE.CANCEL);
    const look = await isolate.request({ url: "http://h/look" });
    assert.deepEqual(JSON.parse(look.text), [true, "AbortError"]);
    assert.equal(isolate.of("respond").filter((c) => c.channel === channel).length, 0);
  });

worker(
  "after a RESET for want of time nothing goes on",
  `const seen = [];
   export default { async fetch(request, env, ctx) {
     if (request.url.endsWith("/look")) {
       // it comes after the other one's, if that comes at all
       if (seen.length > 0) await new Promise((resolve) => setTimeout(resolve, 2000));
       return Response.json(seen);
     }
     request.signal.onabort = () => seen.push("aborted");
     ctx.waitUntil(new Promise(() => {}));
     setTimeout(() => seen.push("timer"), 2000);
     console.log("started");
     await new Promise(() => {});
   } };`,
  async (isolate) => {
    await isolate.request({ url: "http://h/look" });
    const channel = isolate.fetch();
    await isolate.next("log");
    isolate.reset(channel, CODE.WALL);
    const { text } = await isolate.request({ url: "http://h/look" });
    assert.deepEqual(JSON.parse(text), ["aborted"]);
  });

worker(
  "waitUntil goes on after RESET",
  `const seen = [];
   export default { async fetch(request, env, ctx) {
     if (request.url.endsWith("/look")) return Response.json(seen);
     console.log("started");
     ctx.waitUntil(new Promise((resolve) => setTimeout(() => {
       seen.push("done");
       resolve();
     }, 5)));
     await new Promise(() => {});
   } };`,
  async (isolate) => {
    await isolate.request({ url: "http://h/look" });
    const channel = isolate.fetch();
    await isolate.next("log");
    isolate.reset(channel, CODE.CANCEL);
    let look = "[]";
    for (let i = 0; i < 100 && look === "[]"; i++) {
      look = (await isolate.request({ url: "http://h/look" })).text;
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    assert.deepEqual(JSON.parse(look), ["done"]);
  });

isolates("events that come while the worker is loading wait, in order", async (isolate) => {
  isolate.load(FORMAT.MODULE, `
    await null; await null;
    let n = 0;
    export default { fetch() { return new Response(String(++n)); } };`);
  const channels = [isolate.fetch(), isolate.fetch(), isolate.fetch()];
  const answers = [];
  for (const channel of channels) answers.push((await isolate.answer(channel)).text);
  assert.deepEqual(answers, ["1", "2", "3"]);
});

host(
  "ctx.props is what nginx gave, {} by default",
  `export default { fetch(request, env, ctx) {
     return Response.json([ctx.props, env, ctx.exports]);
   } };`,
  [[RECORD.STRING, "NAME", "value"], [RECORD.ENV_JSON, "CONF", '{"a":[1]}'],
    [RECORD.STRING, "__proto__", "own"]],
  async (isolate) => {
    const answer = await isolate.request();
    assert.equal(
      answer.text, '[{},{"NAME":"value","CONF":{"a":[1]},"__proto__":"own"},{}]');
  });

worker(
  "a HEAD request gets the length of a body, and none of it; a stream is cancelled",
  `let cancelled = 0;
   export default { fetch(request) {
     if (request.url.endsWith("/text")) return new Response("12345");
     if (request.url.endsWith("/look")) return new Response(String(cancelled));
     return new Response(new ReadableStream({
       pull(controller) { controller.enqueue(new Uint8Array(10)); },
       cancel() { cancelled++; },
     }));
   } };`,
  async (isolate) => {
    const text = await isolate.request({ method: "HEAD", url: "http://h/text" });
    assert.deepEqual([text.flags, text.length, text.text], [FLAG.BODY, 5, ""]);
    const stream = await isolate.request({ method: "HEAD", url: "http://h/" });
    assert.deepEqual([stream.flags, stream.length, stream.text], [FLAG.BODY, -1, ""]);
    assert.equal((await isolate.request({ url: "http://h/look" })).text, "1");
  });

worker(
  "responses without a body and null body statuses carry none",
  `export default { fetch(request) {
     const status = Number(new URL(request.url).pathname.slice(1));
     return new Response(null, { status, statusText: "Because", headers: { a: "b" } });
   } };`,
  async (isolate) => {
    for (const status of [200, 204, 205, 304]) {
      const answer = await isolate.request({ url: `http://h/${status}` });
      assert.equal(answer.status, status);
      assert.equal(answer.statusText, "Because");
      assert.equal(answer.flags, 0);
      assert.equal(answer.length, 0);
      assert.deepEqual(answer.headers, [["a", "b"]]);
    }
  });

worker(
  "in a timer what V8 calls without a context belongs to the timer's invocation",
  `export default { async fetch(request) {
     if (request.url.endsWith("/other")) return new Response("other");
     await new Promise((resolve) => setTimeout(resolve, 20));
     await { then(resolve) { setTimeout(resolve, 1); } };
     return new Response("done");
   } };`,
  async (isolate) => {
    await isolate.request({ url: "http://h/other" });
    const channel = isolate.fetch({ url: "http://h/" });
    await isolate.request({ url: "http://h/other" });
    const answer = await isolate.answer(channel);
    assert.equal(answer.reset, null);
    assert.equal(answer.text, "done");
  });
