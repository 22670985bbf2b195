// AsyncLocalStorage and AsyncResource: what a value follows.
// https://tc39.es/proposal-async-context/

import assert from "node:assert/strict";
import { FORMAT, host, isolates, RECORD } from "./lib/harness.js";

const utf8 = (text) => new Uint8Array(Buffer.from(text));

export const code = (source, more = {}) => utf8(JSON.stringify({
  mainModule: "main.js", modules: { "main.js": source },
  compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_als"], ...more,
}));

// What the statements return, with "als" at hand.
function returns(title, statements, expected, top = "") {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.JSON, code(
      `import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
       const als = new AsyncLocalStorage();
       ${top}
       export default { async fetch(request, env, ctx) {
         const result = await (async () => { ${statements} })();
         return Response.json(result === undefined ? null : result);
       } };`));
    const answer = await isolate.request();
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), expected);
  });
}

const wait = "const wait = (ms) => new Promise((r) => setTimeout(r, ms));";

returns("run() gives its store to the function alone, and its result back",
  `const seen = [als.getStore() === undefined];
   seen.push(als.run(1, (a, b) => [als.getStore(), a, b], 2, 3));
   seen.push(als.getStore() === undefined);
   try { als.run(4, () => { throw new Error("x"); }); } catch (e) { seen.push(e.message); }
   seen.push(als.getStore() === undefined);
   return seen;`,
  [true, [1, 2, 3], true, "x", true]);

returns("nested storages and runs do not mix",
  `const other = new AsyncLocalStorage();
   const both = () => [als.getStore() ?? null, other.getStore() ?? null];
   return als.run(1, () => other.run("a", () => {
     const inner = als.run(2, both);
     return [both(), inner, als.exit(both), other.exit(both), both()];
   }));`,
  [[1, "a"], [2, "a"], [null, "a"], [1, null], [1, "a"]]);

returns("a store follows await, then(), catch(), finally() and thenables",
  `${wait}
   const seen = [];
   const see = () => seen.push(als.getStore() ?? null);
   await als.run("a", async () => {
     see(); await null; see(); await wait(1); see();
     await Promise.reject(1).catch(see).finally(see);
   });
   see();
   let resolve;
   const late = new Promise((r) => { resolve = r; });
   const reaction = als.run("b", () => late.then(see));
   als.run("c", resolve);
   await reaction;
   return seen;`,
  ["a", "a", "a", "a", "a", null, "b"]);

returns("timers, intervals and microtasks keep the store of who set them",
  `const seen = [];
   await new Promise((done) => {
     als.run("timer", () => setTimeout((x) => seen.push([als.getStore(), x]), 1, "x"));
     als.run("interval", () => {
       let n = 0;
       const id = setInterval(() => {
         seen.push(als.getStore());
         if (++n === 2) { clearInterval(id); done(); }
       }, 2);
     });
     als.run("microtask", () => queueMicrotask(() => seen.push(als.getStore())));
     setTimeout(() => seen.push(als.getStore() ?? null), 1);
   });
   return seen;`,
  ["microtask", ["timer", "x"], null, "interval", "interval"]);

returns("scheduler.wait() comes back to its caller's store",
  `return await als.run("a", async () => { await scheduler.wait(1); return als.getStore(); });`,
  "a");

returns("listeners run in the store of who dispatches",
  `const target = new EventTarget(), seen = [];
   als.run("listener", () => target.addEventListener("x", () => seen.push(als.getStore())));
   als.run("dispatcher", () => target.dispatchEvent(new Event("x")));
   const controller = new AbortController();
   als.run("listener", () => { controller.signal.onabort = () => seen.push(als.getStore()); });
   als.run("aborter", () => controller.abort());
   return seen;`,
  ["dispatcher", "aborter"]);

returns("generators see the store of who resumes them; async ones their own",
  `function* plain() { for (;;) yield als.getStore(); }
   const it = als.run("creator", plain);
   const seen = [als.run("one", () => it.next().value), als.run("two", () => it.next().value)];
   async function* later() { await null; yield als.getStore(); await null; yield als.getStore(); }
   await als.run("async", async () => { for await (const v of later()) seen.push(v); });
   return seen;`,
  ["one", "two", "async", "async"]);

returns("streams read and written in a run see its store",
  `return await als.run("s", async () => {
     const seen = [];
     const stream = new ReadableStream({
       pull(c) { seen.push(als.getStore()); c.enqueue(new Uint8Array(1)); c.close(); },
     }, { highWaterMark: 0 });
     const { readable, writable } = new TransformStream({
       transform(chunk, c) { seen.push(als.getStore()); c.enqueue(chunk); },
     });
     stream.pipeTo(writable);
     for await (const chunk of readable) seen.push(als.getStore());
     return seen;
   });`,
  ["s", "s", "s"]);

returns("bind() and snapshot() take a store along, and pass this, arguments and result",
  `const bound = als.run("b", () => AsyncLocalStorage.bind(function (x) { return [als.getStore(), this.me, x]; }));
   const snap = als.run("s", () => AsyncLocalStorage.snapshot());
   const none = AsyncLocalStorage.snapshot();
   return als.run("now", () => [
     bound.call({ me: 1 }, 2), snap((a, b) => [als.getStore(), a, b], 3, 4),
     none(() => als.getStore() ?? null), als.getStore(),
   ]);`,
  [["b", 1, 2], ["s", 3, 4], null, "now"]);

returns("AsyncResource keeps the store of its construction",
  `class Query extends AsyncResource {
     constructor(cb) { super("QUERY"); this.cb = cb; }
     done(x) { return this.runInAsyncScope(this.cb, { me: 2 }, x); }
   }
   const q = als.run("r", () => new Query(function (x) { return [als.getStore(), this.me, x]; }));
   const bound = q.bind(function (a, b) { return [als.getStore(), this?.me ?? null]; });
   const fixed = als.run("f", () => AsyncResource.bind(function () { return [als.getStore(), this.me]; }, "T", { me: 3 }));
   return als.run("now", () => [q.done(1), bound.length, bound.call({ me: 4 }), fixed(),
     typeof q.asyncId(), typeof q.triggerAsyncId(), q.emitDestroy() === q, q.asyncId() !== new Query().asyncId()]);`,
  [["r", 2, 1], 2, ["r", 4], ["f", 3], "number", "number", true, true]);

returns("options: defaultValue and name",
  `const s = new AsyncLocalStorage({ defaultValue: 7, name: "n" });
   return [s.getStore(), s.name, s.run(undefined, () => s.getStore() === undefined), als.name];`,
  [7, "n", true, ""]);

returns("wrong arguments are refused as in Node.js",
  `const codes = [];
   for (const f of [() => als.run(1), () => als.exit(), () => AsyncLocalStorage.bind(1),
     () => new AsyncResource(), () => new AsyncResource("x", { triggerAsyncId: "y" }),
     () => als.enterWith(1), () => als.disable(), () => AsyncLocalStorage.snapshot()(),
     () => AsyncLocalStorage.prototype.getStore.call({})]) {
     try { f(); codes.push("none"); } catch (e) { codes.push(e.code ?? e.message); }
   }
   return codes;`,
  ["ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE",
    "ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE",
    "asyncLocalStorage.enterWith() is not implemented",
    "asyncLocalStorage.disable() is not implemented", "ERR_INVALID_ARG_TYPE",
    "Illegal invocation"]);

returns("what was bound at the top of a module works for the event that calls it",
  `return await start(async () => { await scheduler.wait(1); return als.getStore(); });`,
  "top", `const start = als.run("top", () => AsyncLocalStorage.snapshot());`);

isolates("fetch() comes back to its caller's store, and events do not share one",
  async (isolate) => {
    await isolate.load(FORMAT.JSON, code(
      `import { AsyncLocalStorage } from "node:async_hooks";
       const als = new AsyncLocalStorage();
       export default { fetch(request, env, ctx) {
         return als.run(request.url, async () => {
           const response = await fetch("http://x/?" + request.url);
           const body = await response.text();
           ctx.waitUntil(Promise.resolve().then(() => console.warn("later", als.getStore())));
           return new Response(body + " " + als.getStore());
         });
       } };`));
    const a = isolate.fetch({ url: "http://a/" });
    const b = isolate.fetch({ url: "http://b/" });
    const outA = await isolate.next("fetch", 0);
    const outB = await isolate.next("fetch", 1);
    for (const out of [outB, outA]) {
      isolate.head(out.channel, 200, { body: true });
      isolate.data(out.channel, out.url.at(-2));
      isolate.end(out.channel);
    }
    assert.equal((await isolate.answer(a)).text, "a http://a/");
    assert.equal((await isolate.answer(b)).text, "b http://b/");
    assert.deepEqual(isolate.logs().sort(), ["later http://a/", "later http://b/"]);
  });

isolates("a bound function that another event calls works for that one",
  async (isolate) => {
    await isolate.load(FORMAT.JSON, code(
      `import { AsyncLocalStorage } from "node:async_hooks";
       const als = new AsyncLocalStorage();
       let bound;
       export default { async fetch(request) {
         bound ??= als.run("first", () => AsyncLocalStorage.bind(async () => {
           await scheduler.wait(1);
           return als.getStore();
         }));
         return new Response(await bound());
       } };`));
    assert.equal((await isolate.request()).text, "first");
    assert.equal((await isolate.request()).text, "first");
  });

host("the loader's callback keeps the store of get()",
  `import { AsyncLocalStorage } from "node:async_hooks";
   const als = new AsyncLocalStorage();
   export default { async fetch(request, env) {
     const stub = als.run("x", () => env.LOADER.get("id", async () => {
       console.warn(als.getStore());
       return { mainModule: "a.js", modules: { "a.js": "" }, compatibilityDate: "2025-01-01" };
     }));
     return stub.getEntrypoint().fetch(request);
   } };`,
  [[RECORD.LOADER, "LOADER", "3"], [RECORD.FLAG, "", "nodejs_als"]],
  async (isolate) => {
    isolate.fetch({});
    const load = await isolate.next("load");
    isolate.askForCode(load.channel);
    await isolate.next("code");
    assert.deepEqual(isolate.logs(), ["x"]);
  });

isolates("no values are lost or seen by patched built-ins",
  async (isolate) => {
    await isolate.load(FORMAT.JSON, code(
      `import { AsyncLocalStorage } from "node:async_hooks";
       const seen = [];
       for (const key of ["invocation", "values", "0", "1", "value"]) {
         for (const prototype of [Object.prototype, Array.prototype]) {
           Object.defineProperty(prototype, key, { __proto__: null, configurable: true,
             set(v) { seen.push(key); }, get() { return undefined; } });
         }
       }
       Array.prototype[Symbol.iterator] = () => { throw new Error("iterator"); };
       Function.prototype.apply = Function.prototype.call = () => { throw new Error("call"); };
       const als = new AsyncLocalStorage();
       export default { async fetch() {
         const store = await als.run("s", async () => { await scheduler.wait(1); return als.getStore(); });
         return new Response(store + seen.length);
       } };`));
    assert.equal((await isolate.request()).text, "s0");
  }, { only: "engine" });

isolates("what goes on in a run belongs to its event, whoever has woken it",
  async (isolate) => {
    await isolate.load(FORMAT.JSON, code(
      `import { AsyncLocalStorage } from "node:async_hooks";
       const als = new AsyncLocalStorage();
       let wake;
       const woken = new Promise((resolve) => { wake = resolve; });
       export default { async fetch(request) {
         if (request.url.endsWith("wake")) { wake(); return new Response("b"); }
         return als.run("a", async () => { await woken; console.warn(als.getStore()); return new Response("a"); });
       } };`));
    const first = isolate.fetch({ url: "http://h/wait" });
    const second = isolate.fetch({ url: "http://h/wake" });
    await isolate.answer(second);
    await isolate.answer(first);
    const [{ channel, text }] = isolate.of("log");
    assert.deepEqual([channel, text], [first, "a"]);
  });
