// env.LOADER of a host worker: load(), get(), getEntrypoint().

import assert from "node:assert/strict";
import v8 from "node:v8";
import { CODE, FLAG, FORMAT, host, OUTBOUND, RECORD } from "./lib/harness.js";

const env = [
  [RECORD.LOADER, "LOADER", "3"], [RECORD.SERVICE, "API", "7"],
  [RECORD.STRING, "NAME", "n"],
];

const CODE_TEXT = `{ mainModule: "index.js", modules: { "index.js": "export default {}" } }`;

// What was sent on a channel, as node's V8 (a newer one) reads it.
const sent = (isolate, channel) => v8.deserialize(isolate.bytes(channel));

host(
  "what load() sends is what an isolate takes",
  `export default { async fetch(request, env) {
     const worker = env.LOADER.load({
       mainModule: "a.js",
       modules: {
         "a.js": \`
           import data from "b"; import text from "./t.txt"; import json from "j.json";
           export default { fetch(request, env) {
             return Response.json([new Uint8Array(data)[0], text, json,
               env.date.toISOString(), [...env.map], ctx.props]);
           } };
           const ctx = { props: 1 };\`,
         "b": { data: new Uint8Array([255]) }, "t.txt": { text: "é😀" },
         "j.json": { json: { a: [1] } },
       },
       env: { date: new Date(0), map: new Map([["k", 1]]) },
     });
     await worker.getEntrypoint("E", { props: { who: "é" } }).fetch(request);
   } };`, env,
  async (isolate, another) => {
    isolate.fetch();
    const load = await isolate.next("load");
    await isolate.until(() => isolate.channel(load.channel).ended);
    const loaded = another();
    await loaded.load(FORMAT.VALUE, isolate.bytes(load.channel));
    assert.deepEqual(JSON.parse((await loaded.request()).text), [
      255, "é😀", { a: [1] }, "1970-01-01T00:00:00.000Z", [["k", 1]], 1,
    ]);
  });

host(
  "props of getEntrypoint() arrive as ctx.props",
  `export default { async fetch(request, env) {
     await env.LOADER.get("x", () => {}).getEntrypoint("", { props: { who: "é" } })
       .fetch(request);
   } };`, env,
  async (isolate, another) => {
    isolate.fetch();
    const { props } = await isolate.next("fetch");
    const loaded = another();
    await loaded.load(FORMAT.MODULE,
      `export default { fetch(request, env, ctx) {
         return Response.json([ctx.props, ctx.props === ctx.props]); } };`);
    assert.equal((await loaded.request({ props })).text, '[{"who":"é"},true]');
  });

host(
  "load() sends the code at once; fetch() goes to the stub",
  `export default { async fetch(request, env) {
     const worker = env.LOADER.load({
       compatibilityDate: "2025-04-01",
       mainModule: "index.js",
       modules: { "index.js": "export default {}", "t": { text: "T" },
                  "d": { data: new Uint8Array([1]).buffer }, "j": { json: [1] } },
       globalOutbound: null, env: { A: { b: new Date(0) } },
       limits: { cpuMs: 5, subRequests: 2 },
     });
     return worker.getEntrypoint().fetch(request);
   } };`, env,
  async (isolate) => {
    const channel = isolate.fetch({
      method: "POST", url: "http://Host/As-Is", body: true, length: 3,
      cf: '{"a":1}',
    });
    const load = await isolate.next("load");
    assert.deepEqual([load.invocation, load.target, load.id], [channel, 3, null]);
    const code = await isolate.next("code");
    assert.deepEqual(
      [code.channel, code.outbound, code.capability, code.cpuMs, code.subRequests],
      [load.channel, OUTBOUND.NONE, 0, 5, 2]);
    await isolate.until(() => isolate.channel(load.channel).ended);
    const value = sent(isolate, load.channel);
    assert.equal(value.mainModule, "index.js");
    assert.deepEqual(value.modules["index.js"], { js: "export default {}" });
    assert.deepEqual(value.modules.t, { text: "T" });
    assert.deepEqual([...value.modules.d.data], [1]);
    assert.deepEqual(value.modules.j, { json: [1] });
    assert.deepEqual(value.env, { A: { b: new Date(0) } });
    assert.equal("globalOutbound" in value, false);
    assert.equal("limits" in value, false);

    const out = await isolate.next("fetch");
    assert.equal(out.target, load.channel);
    assert.equal(out.flags, FLAG.LOADED | FLAG.BODY | FLAG.JOIN);
    assert.equal(out.join, channel);
    assert.equal(out.length, 3);
    assert.deepEqual(
      [out.entrypoint, out.method, out.url, out.cf, out.props],
      ["", "POST", "http://Host/As-Is", '{"a":1}', null]);
    isolate.head(out.channel, 200, { body: true });
    const answer = await isolate.answer(channel);
    assert.equal(answer.join, out.channel);
  });

host(
  "limits of getEntrypoint() go out with each fetch and each session",
  `export default { async fetch(request, env) {
     const worker = env.LOADER.get("id", () => {});
     const limits = { cpuMs: 7, subRequests: 2 ** 32 - 1 };
     worker.getEntrypoint("", { limits }).fetch("http://x/");
     worker.getEntrypoint("", { limits }).method();
     worker.getEntrypoint("", { limits: {} }).fetch("http://x/");
     worker.getEntrypoint("").method();
     fetch("http://x/");
   } };`, env,
  async (isolate) => {
    isolate.fetch();
    await isolate.next("fetch", 4);
    assert.deepEqual(
      isolate.of("fetch").map(({ cpuMs, subRequests }) => [cpuMs, subRequests]),
      [[7, 2 ** 32 - 1], [7, 2 ** 32 - 1], [0, 0], [0, 0], [0, 0]]);
  });

// A request goes on as it came only while nobody can have changed it.
for (const [title, statements, expected] of [
  ["untouched", "", ["POST", "http://h/a?b", '{"a":1}', [["X-A", "1"], ["x-a", "2"]]]],
  ["its own properties are no part of it", `
    Object.defineProperty(request, "method", { value: "PUT" });
    Object.defineProperty(request, "headers", { value: new Headers({ evil: "1" }) });`,
  ["POST", "http://h/a?b", '{"a":1}', [["X-A", "1"], ["x-a", "2"]]]],
  ["headers that nobody may change", `
    const { headers } = request;
    for (const change of [() => headers.set("x-a", "3"), () => headers.append("b", "1"), () => headers.delete("x-a")]) {
      try { change(); throw "changed"; } catch (error) { if (!(error instanceof TypeError)) throw error; }
    }`,
  ["POST", "http://h/a?b", '{"a":1}', [["X-A", "1"], ["x-a", "2"]]]],
  ["cf that was changed", `request.cf.a = "\\x7f\\0\\n"; request.cf.b = 2;`,
    ["POST", "http://h/a?b", '{"a":"\\u007f\\u0000\\n","b":2}', [["X-A", "1"], ["x-a", "2"]]]],
  ["a copy with other headers", `request = new Request(request, { headers: { "X-B": "3" } });`,
    ["POST", "http://h/a?b", '{"a":1}', [["X-B", "3"]]]],
  ["a copy that was changed", `request = new Request(request); request.headers.set("x-a", "3");`,
    ["POST", "http://h/a?b", '{"a":1}', [["X-A", "3"]]]],
  ["a clone that was changed", `request = request.clone(); request.headers.delete("X-A"); request.cf.a = 2;`,
    ["POST", "http://h/a?b", '{"a":2}', []]],
  ["the first of a clone that was changed", `const copy = request.clone(); copy.headers.delete("X-A"); copy.cf.a = 2;`,
    ["POST", "http://h/a?b", '{"a":1}', [["X-A", "1"], ["x-a", "2"]]]],
  ["another URL", `request = new Request("http://user:pass@other/p#f", request);`,
    ["POST", "http://other/p", '{"a":1}', [["X-A", "1"], ["x-a", "2"]]]],
]) {
  host(`a request that goes on to a loaded worker: ${title}`,
    `export default { async fetch(request, env) {
       ${statements}
       await env.LOADER.get("id", () => {}).getEntrypoint().fetch(request);
     } };`, env,
    async (isolate) => {
      isolate.fetch({ method: "POST", url: "http://h/a?b", cf: '{"a":1}',
        headers: [["X-A", "1"], ["x-a", "2"]] });
      const { method, url, cf, headers } = await isolate.next("fetch");
      assert.deepEqual([method, url, cf, headers], expected);
    });
}

host(
  "stubs in the props of getEntrypoint() are grants of each call",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Room extends WorkerEntrypoint {}
   export default { async fetch(request, env, ctx) {
     const stub = env.LOADER.get("id", () => {}).getEntrypoint("", { props: {
       API: env.API, deep: [ctx.exports.Room({ props: { n: 1 } })],
       LOADER: env.LOADER } });
     stub.fetch("http://x/");
     stub.method();
     env.LOADER.get("id", () => {}).getEntrypoint("", { props: { n: 1 } }).fetch("http://x/");
   } };`, env,
  async (isolate, another) => {
    isolate.fetch();
    await isolate.next("fetch", 2);
    const calls = isolate.of("fetch").filter(({ grants }) => grants !== null);
    const [first] = calls;
    assert.equal(calls.length, 2);
    for (const { grants: bytes } of calls) {
      const grants = readGrants(bytes);
      assert.deepEqual(grants.map(({ kind, capability, name }) =>
        [kind, capability, name]), [[1, 7, ""], [2, 0, "Room"], [1, 3, ""]]);
      assert.deepEqual(v8.deserialize(grants[1].props), { n: 1 });
    }

    const granted = 2 ** 40 + 5;
    const loaded = another();
    await loaded.load(FORMAT.MODULE, `
      import { WorkerEntrypoint } from "cloudflare:workers";
      export class Mine extends WorkerEntrypoint {}
      const nameOf = (run) => {
        try { run(); } catch (error) { return error.name + ": " + error.message; }
      };
      export default { async fetch(request, env, ctx) {
        const { API, deep, LOADER } = ctx.props;
        deep[0].fetch("http://x/");
        const code = { mainModule: "m.js", modules: { "m.js": "" } };
        const worker = LOADER.load(code);
        const refused = [
          () => LOADER.load({ ...code, env: { API } }),
          () => LOADER.load({ ...code, globalOutbound: API }),
          () => LOADER.load({ ...code, tails: [API] }),
          () => ctx.exports.Mine({ props: { API } }),
          () => worker.getEntrypoint("", { props: { mine: ctx.exports.Mine } }),
          () => worker.getEntrypoint("", { props: { it: worker.getEntrypoint() } }),
        ].map(nameOf);
        worker.getEntrypoint("", { props: { API, LOADER } }).fetch("http://y/");
        return Response.json(refused);
      } };`);
    const text = (await loaded.request({ props: first.props, granted })).text;
    assert.deepEqual(JSON.parse(text), [
      ...Array(4).fill(
        "DataCloneError: A stub in the props that a Worker was called with " +
        "could not be cloned: it ends with that call."),
      ...Array(2).fill(
        "DataCloneError: Entrypoints to dynamically-loaded workers cannot be " +
        "transferred to other Workers, because the system does not know how to " +
        "reload this Worker from scratch. Instead, have the parent Worker " +
        "expose an entrypoint which constructs the dynamic worker and forwards " +
        "to it."),
    ]);
    const [out, on] = loaded.of("fetch");
    assert.equal(out.target, granted + 1);
    assert.equal(loaded.of("load")[0].target, granted + 2);
    assert.deepEqual(
      readGrants(on.grants).map(({ kind, capability }) => [kind, capability]),
      [[1, granted], [1, granted + 2]]);
  });

host(
  "a stub in props is nothing where no call has granted it",
  `export default { fetch(request, env) {
     env.LOADER.get("id", () => {}).getEntrypoint("", { props: { API: env.API } })
       .fetch("http://x/");
   } };`, env,
  async (isolate, another) => {
    isolate.fetch();
    const { props } = await isolate.next("fetch");
    const loaded = another();
    await loaded.load(FORMAT.MODULE, `export default { fetch(request, env, ctx) {
      try { return Response.json(Object.keys(ctx.props)); }
      catch (error) { return new Response(error.name + ": " + error.message); }
    } };`);
    assert.equal((await loaded.request({ props, granted: 2 ** 32 })).text, '["API"]');
    assert.equal(
      (await loaded.request({ props })).text,
      "DataCloneError: Unable to deserialize cloned data.");
  });

host(
  "the props of getEntrypoint() hold at most 255 stubs",
  `export default { async fetch(request, env, { exports }) {
     const worker = env.LOADER.get("id", () => {});
     const room = () => exports.default({});
     const props = (n) => ({ props: Array(n).fill(0).map(room) });
     worker.getEntrypoint("", props(255)).fetch("http://x/");
     try { worker.getEntrypoint("", props(256)); }
     catch (error) { return new Response(error.name + ": " + error.message); }
   } };`, env,
  async (isolate) => {
    const seen = await isolate.request();
    assert.equal(seen.text, "RangeError: The props hold more than 255 stubs.");
    const [out] = isolate.of("fetch");
    assert.equal(readGrants(out.grants).length, 255);
  });

host(
  "getDurableObjectClass() says that there are no Durable Objects",
  `export default { async fetch(request, env) {
     const worker = env.LOADER.get("id", () => {});
     const seen = [];
     for (const call of [
       () => worker.getDurableObjectClass("Name", { props: {} }),
       () => worker.getDurableObjectClass.call({}),
     ]) {
       try {
         call();
       } catch (error) { seen.push(error.name + ": " + error.message); }
     }
     return Response.json(seen);
   } };`, env,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [
      "Error: getDurableObjectClass() is not supported yet: there are no Durable " +
      "Objects here.",
      "TypeError: Illegal invocation",
    ]);
  });

host(
  "get() of a warm id: the callback does not run",
  `export default { async fetch(request, env) {
     const stub = env.LOADER.get("tenant:é", () => { throw new Error("ran"); });
     return stub.getEntrypoint("Name", { props: { p: [1] } }).fetch("http://x/");
   } };`, env,
  async (isolate) => {
    const channel = isolate.fetch();
    const load = await isolate.next("load");
    assert.equal(load.id, "tenant:é");
    const out = await isolate.next("fetch");
    assert.equal(out.entrypoint, "Name");
    assert.deepEqual(v8.deserialize(out.props), { p: [1] });
    isolate.head(out.channel, 299);
    assert.equal((await isolate.answer(channel)).status, 299);
    assert.equal(isolate.of("code").length, 0);
  });

for (const [title, callback] of [
  ["a sync callback", `() => (${CODE_TEXT})`],
  ["an async callback", `async () => { await new Promise((r) => setTimeout(r, 1)); return ${CODE_TEXT}; }`],
  ["a callback that itself fetches", `async () => { await fetch("http://code/"); return ${CODE_TEXT}; }`],
]) {
  host(
    `get() of a cold id asks for the code: ${title}`,
    `export default { async fetch(request, env) {
       return env.LOADER.get("id", ${callback}).getEntrypoint().fetch("http://x/");
     } };`, env,
    async (isolate) => {
      const channel = isolate.fetch();
      const load = await isolate.next("load");
      const out = await isolate.next("fetch");
      assert.equal(isolate.of("code").length, 0);
      isolate.askForCode(load.channel);
      if (callback.includes("http://code/")) {
        const code = await isolate.next("fetch", 1);
        assert.equal(code.invocation, channel);
        isolate.head(code.channel, 200);
      }
      const code = await isolate.next("code");
      assert.equal(code.outbound, OUTBOUND.INHERIT);
      await isolate.until(() => isolate.channel(load.channel).ended);
      assert.equal(sent(isolate, load.channel).mainModule, "index.js");
      isolate.head(out.channel, 200);
      assert.equal((await isolate.answer(channel)).status, 200);
    });
}

host(
  "get(null) loads without an id",
  `export default { async fetch(request, env) {
     return env.LOADER.get(null, async () => (${CODE_TEXT})).getEntrypoint("default").fetch("http://x/");
   } };`, env,
  async (isolate) => {
    const channel = isolate.fetch();
    assert.equal((await isolate.next("load")).id, null);
    await isolate.next("code");
    const out = await isolate.next("fetch");
    assert.equal(out.entrypoint, "");
    isolate.head(out.channel, 200);
    await isolate.answer(channel);
  });

host(
  "stubs in env and globalOutbound are grants",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Room extends WorkerEntrypoint {}
   export default { async fetch(request, env, ctx) {
     env.LOADER.load({ ...${CODE_TEXT},
       env: { API: env.API, deep: [ctx.exports.Room({ props: { n: 1 } })],
              LOADER: env.LOADER, again: env.API },
       globalOutbound: ctx.exports.Room });
     return new Response();
   } };`, env,
  async (isolate) => {
    await isolate.request();
    const [code] = isolate.of("code");
    const grants = readGrants(code.grants);
    assert.deepEqual(grants.map(({ kind, capability, name }) =>
      [kind, capability, name]), [
      [1, 7, ""], [2, 0, "Room"], [1, 3, ""], [2, 0, "Room"],
    ]);
    assert.deepEqual(v8.deserialize(grants[1].props), { n: 1 });
    assert.equal(grants[3].props.length, 0);
    assert.deepEqual([code.outbound, code.capability], [OUTBOUND.CAPABILITY, 3]);
  });

host(
  "a loaded worker gets 1000 stubs and no more",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Room extends WorkerEntrypoint {}
   export default { async fetch(request, env, ctx) {
     const rooms = Array.from({ length: 1001 }, () => ctx.exports.Room({}));
     env.LOADER.load({ ...${CODE_TEXT}, env: { rooms: rooms.slice(1) }, globalOutbound: null });
     let message;
     try {
       env.LOADER.load({ ...${CODE_TEXT}, env: { rooms }, globalOutbound: null });
     } catch (error) { ({ message } = error); }
     return new Response(message);
   } };`, env,
  async (isolate) => {
    assert.equal(
      (await isolate.request()).text, "The worker's env holds more than 1000 stubs.");
    assert.deepEqual(
      isolate.of("code").map(({ grants }) => readGrants(grants).length), [1000]);
  });

host(
  "an instance of a class is nothing for env or props",
  `class Account { balance = 1; }
   export class Bare { constructor() { return Object.create(null); } }
   export default { async fetch(request, env, ctx) {
     const failures = [];
     const attempt = (run) => {
       try { run(); failures.push("none"); } catch ({ name, message }) {
         failures.push(name + ": " + message);
       }
     };
     const load = (given) =>
       env.LOADER.load({ ...${CODE_TEXT}, globalOutbound: null, env: given });
     attempt(() => load({ list: [new Account()] }));
     attempt(() => load({ a: new Bare(), b: { c: new Map([[1, new Date()]]) } }));
     attempt(() => ctx.exports.default({ props: { a: new Account() } }));
     const stub = load({});
     attempt(() => stub.getEntrypoint("x", { props: new Account() }));
     attempt(() => stub.getEntrypoint("x", { props: { a: { b: 1 } } }));
     return Response.json(failures);
   } };`, env,
  async (isolate) => {
    const refused = 'DataCloneError: Could not serialize object of type "Account". ' +
      "This type does not support serialization.";
    assert.deepEqual(JSON.parse((await isolate.request()).text), [
      refused, "none", refused, refused, "none",
    ]);
  });

// wire/dw_wire.h: dw_wire_grant_t
function readGrants(bytes) {
  const grants = [];
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 24 + bytes.readUInt32LE(at + 4);
    const end = nameEnd + bytes.readUInt32LE(at + 8);
    grants.push({
      kind: bytes[at], capability: Number(bytes.readBigUInt64LE(at + 16)),
      name: bytes.toString("utf8", at + 24, nameEnd),
      props: bytes.subarray(nameEnd, end),
    });
    at = end;
  }
  return grants;
}

host(
  "a loaded worker has its grants by their numbers",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Room extends WorkerEntrypoint {}
   export default { async fetch(request, env, ctx) {
     env.LOADER.load({ mainModule: "a.js", modules: { "a.js": \`
         import { WorkerEntrypoint, env as globalEnv } from "cloudflare:workers";
         export class Mine extends WorkerEntrypoint { hi() {} }
         export default { async fetch(request, env, ctx) {
           env.deep[0].fetch("http://x/");
           env.API.foo();
           env.LOADER.load({ mainModule: "m.js", modules: { "m.js": "" }, env: { A: env.API } });
           const messages = [];
           for (const bad of [ctx.exports.Mine, ctx.exports.Mine({})]) {
             try {
               env.LOADER.load({ mainModule: "m.js", modules: { "m.js": "" }, env: { bad } });
             } catch (error) { messages.push(error.name); }
           }
           return Response.json([globalEnv.API === env.API, Object.keys(globalEnv), messages]);
         } };\` },
       env: { API: env.API, deep: [ctx.exports.Room({ props: { n: 1 } })], LOADER: env.LOADER } });
     return new Response();
   } };`, env,
  async (isolate, another) => {
    await isolate.request();
    const [{ channel }] = isolate.of("code");
    await isolate.until(() => isolate.channel(channel).ended);
    const loaded = another();
    await loaded.load(FORMAT.VALUE, isolate.bytes(channel));
    assert.deepEqual(JSON.parse((await loaded.request()).text), [
      true, ["API", "deep", "LOADER"], ["DataCloneError", "DataCloneError"],
    ]);
    assert.deepEqual(
      loaded.of("fetch").map(({ flags, target }) => [target, flags & FLAG.RPC]),
      [[2, 0], [1, FLAG.RPC]]);
    assert.equal(loaded.of("load")[0].target, 3);
    const [grant] = readGrants(loaded.of("code")[0].grants);
    assert.deepEqual([grant.kind, grant.capability], [1, 1]);
  });

host(
  "code larger than the window follows as credit comes",
  `export default { async fetch(request, env) {
     env.LOADER.load({ ...${CODE_TEXT}, env: { big: "x".repeat(200000) } });
     await new Promise((resolve) => { globalThis.finish = resolve; });
     return new Response();
   } };`, env,
  async (isolate) => {
    isolate.fetch();
    const { channel } = await isolate.next("load");
    await isolate.until(() => isolate.bytes(channel).length === 65536);
    isolate.window(channel, 1000000);
    await isolate.until(() => isolate.channel(channel).ended);
    assert.equal(sent(isolate, channel).env.big.length, 200000);
  });

// What the host sees when something is wrong, thrown or rejected.
const wrong = (title, statement, expected, act = () => {}) => host(
  title,
  `export default { async fetch(request, env, ctx) {
     try { ${statement} }
     catch (error) { return Response.json([error.name, error.message]); }
     return Response.json("nothing");
   } };`, env,
  async (isolate) => {
    const channel = isolate.fetch();
    await act(isolate);
    const [name, message] = JSON.parse((await isolate.answer(channel)).text);
    assert.equal(name, expected[0]);
    if (expected[1] instanceof RegExp) assert.match(message, expected[1]);
    else assert.equal(message, expected[1]);
  });

wrong("load() without code", "env.LOADER.load();", ["TypeError",
  "Failed to execute 'WorkerLoader.load': 1 argument required, but only 0 present."]);
wrong("load() of something else", "env.LOADER.load('code');", ["TypeError",
  `Worker code must be an object, not "code". It needs at least 'mainModule' and 'modules'.`]);
wrong("load() says which field", `env.LOADER.load({ ...${CODE_TEXT}, limits: { cpuMs: "1" } });`,
  ["TypeError", `Worker code: 'limits.cpuMs' must be a positive integer, not "1".`]);
wrong("globalOutbound of another kind",
  `env.LOADER.load({ ...${CODE_TEXT}, globalOutbound: "http://x" });`,
  ["TypeError", "Worker code: 'globalOutbound' must be null, absent, or a Fetcher " +
    `such as a service of 'env', not "http://x".`]);
wrong("a worker's own entrypoint as globalOutbound", `
  const stub = env.LOADER.load(${CODE_TEXT});
  env.LOADER.load({ ...${CODE_TEXT}, globalOutbound: stub.getEntrypoint() });`,
["DataCloneError", /^Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because/]);
wrong("a function in env", `env.LOADER.load({ ...${CODE_TEXT}, env: { f() {} } });`,
  ["DataCloneError", /could not be cloned/]);
wrong("a loaded worker's entrypoint in env", `
  const stub = env.LOADER.load(${CODE_TEXT}).getEntrypoint();
  env.LOADER.load({ ...${CODE_TEXT}, env: { deep: [stub] } });`,
["DataCloneError", /^Entrypoints to dynamically-loaded workers cannot be/]);
wrong("env above 1 MiB, by a byte", `
  const load = (size) => env.LOADER.load({ ...${CODE_TEXT}, env: { a: "x".repeat(size) } });
  load(1048576 - 12);
  load(1048576 - 11);`,
["Error", "Dynamic Worker env size (1048577 bytes) exceeds the maximum allowed size of 1048576 bytes."]);
wrong("get() without a callback", "env.LOADER.get('id', 1);", ["TypeError",
  "Failed to execute 'WorkerLoader.get': parameter 2 is not of type 'Function'."]);
wrong("an illegal this", "env.LOADER.load.call({}, {});",
  ["TypeError", "Illegal invocation"]);
wrong("constructors are not to be called", "new env.LOADER.constructor();",
  ["TypeError", "Illegal constructor"]);

const failing = (callback) =>
  `await env.LOADER.get("id", ${callback}).getEntrypoint().fetch("http://x/");`;

// nginx resets the fetches that wait for the code.
const resetsWaiting = (code, message) => async (isolate) => {
  const load = await isolate.next("load");
  const out = await isolate.next("fetch");
  isolate.askForCode(load.channel);
  const reset = await isolate.next("reset");
  assert.equal(reset.channel, load.channel);
  assert.equal(reset.code, CODE.BAD_CODE);
  assert.equal(reset.message, message);
  isolate.reset(out.channel, reset.code, reset.message);
};

wrong("a callback that throws", failing("() => { throw new RangeError('cb'); }"),
  ["RangeError", "cb"], resetsWaiting(CODE.BAD_CODE, "RangeError: cb"));
wrong("a callback that rejects", failing("async () => { throw new Error('cb'); }"),
  ["Error", "cb"], resetsWaiting(CODE.BAD_CODE, "cb"));
wrong("a callback that returns nonsense", failing("() => null"),
  ["TypeError", /^Worker code must be an object, not null/],
  resetsWaiting(CODE.BAD_CODE,
    "TypeError: Worker code must be an object, not null. It needs at least 'mainModule' and 'modules'."));

wrong("a worker that could not be loaded breaks its stub", `
  const stub = env.LOADER.load(${CODE_TEXT});
  await stub.getEntrypoint().fetch("http://x/").catch(() => {});
  await stub.getEntrypoint("Other").fetch("http://x/");`,
["SyntaxError", "Unexpected token"], async (isolate) => {
  const load = await isolate.next("load");
  const out = await isolate.next("fetch");
  isolate.reset(load.channel, CODE.BAD_CODE, "SyntaxError: Unexpected token");
  isolate.reset(out.channel, CODE.BAD_CODE, "SyntaxError: Unexpected token");
});

wrong("a limit that was hit", `
  await env.LOADER.load(${CODE_TEXT}).getEntrypoint().fetch("http://x/");`,
["Error", "Worker exceeded memory limit."], async (isolate) => {
  isolate.reset((await isolate.next("fetch")).channel, CODE.MEMORY, "");
});

host(
  "a NUL in an entrypoint's name is refused: it would be the rest of the head",
  `export default { fetch(request, env) {
     const stub = env.LOADER.get("x", () => {});
     try { stub.getEntrypoint("a\\0GET\\0http://forged/\\0\\0x"); }
     catch (error) { return new Response(error.name + error.message); }
   } };`, env,
  async (isolate) => {
    assert.equal((await isolate.request()).text,
      "TypeErrorgetEntrypoint(): the name must not contain a NUL character.");
  });

host(
  "a code callback whose promise is odd fails the load",
  `export default { async fetch(request, env) {
     const stub = env.LOADER.get("x", () => Object.defineProperty(
       Promise.resolve(), "constructor", { get() { throw new Error("odd"); } }));
     try { await stub.getEntrypoint().fetch(request); }
     catch (error) { return new Response(error.message); }
   } };`, env,
  async (isolate) => {
    const channel = isolate.fetch();
    const load = await isolate.next("load");
    const out = await isolate.next("fetch");
    isolate.askForCode(load.channel);
    const { code, message } = await isolate.next("reset");
    assert.deepEqual([code, message], [CODE.BAD_CODE, "odd"]);
    isolate.reset(out.channel, CODE.BAD_CODE, "odd");
    assert.equal((await isolate.answer(channel)).text, "odd");
  });
