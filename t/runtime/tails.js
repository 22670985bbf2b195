// Tails: what a worker that is traced tells, and what a tail handler is given.

import assert from "node:assert/strict";
import {
  CODE, FORMAT, host, isolates, RECORD, records, strings, TRACE, utf8, worker,
} from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

// -- WorkerCode -----------------------------------------------------------------

const env = [[RECORD.LOADER, "LOADER", "3"], [RECORD.SERVICE, "API", "7"]];
const CODE_TEXT = `{ mainModule: "index.js", modules: { "index.js": "export default {}" } }`;

host(
  "tails are the last grants, after those of env and globalOutbound",
  `import { WorkerEntrypoint } from "cloudflare:workers";
   export class Log extends WorkerEntrypoint {}
   export default { async fetch(request, env, ctx) {
     env.LOADER.load({ ...${CODE_TEXT}, globalOutbound: env.API, env: { API: env.API },
       tails: [ctx.exports.Log({ props: { n: 1 } }), env.API] });
     env.LOADER.load({ ...${CODE_TEXT}, tails: [] });
     return new Response();
   } };`, env,
  async (isolate) => {
    await isolate.request();
    const [code, none] = isolate.of("code");
    assert.deepEqual([none.tails, none.grants], [0, null]);
    assert.deepEqual([code.tails, code.capability], [2, 1]);
    const kinds = [];
    for (let at = 0; at < code.grants.length;) {
      kinds.push(code.grants[at]);
      at += 24 + code.grants.readUInt32LE(at + 4) + code.grants.readUInt32LE(at + 8);
    }
    assert.deepEqual(kinds, [1, 1, 2, 1]);
  });

for (const [title, tails, expected] of [
  ["a string", `"x"`, `TypeError: Worker code: 'tails' must be an array, not "x".`],
  ["one stub", "env.API", "TypeError: Worker code: 'tails' must be an array, not an object."],
  ["something else in it", "[env.API, {}]", "TypeError: Worker code: 'tails[1]' must be a stub such " +
    "as ctx.exports.Name({ props }), not an object."],
  ["a loader", "[env.LOADER]", "TypeError: Worker code: 'tails[0]' must be a stub such " +
    "as ctx.exports.Name({ props }), not an object."],
  ["a hole", "[, env.API]", "TypeError: Worker code: 'tails[0]' must be a stub such " +
    "as ctx.exports.Name({ props }), not undefined."],
  ["a loaded worker", `[env.LOADER.load(${CODE_TEXT}).getEntrypoint()]`,
    /^DataCloneError: Entrypoints to dynamically-loaded workers cannot be/],
  ["17 stubs", "Array(17).fill(env.API)", "RangeError: Worker code: 'tails' has 17 stubs, more than 16."],
]) {
  host(`tails: ${title}`,
    `export default { async fetch(request, env) {
       try { env.LOADER.load({ ...${CODE_TEXT}, tails: ${tails} }); }
       catch (error) { return new Response(error.name + ": " + error.message); }
       return new Response("nothing");
     } };`, env,
    async (isolate) => {
      const { text } = await isolate.request();
      if (expected instanceof RegExp) assert.match(text, expected);
      else assert.equal(text, expected);
    });
}

// -- a worker that is traced ------------------------------------------------------

const { CALL, EXCEPTION, FAILURE } = TRACE;

const tracedWorker = (title, statements, expected, before = "", options = {}) =>
  worker(`traced: ${title}`,
    `${before} export default { async fetch(request, env, ctx) { ${statements}; return new Response("ok"); } };`,
    async (isolate) => {
      const { channel } = await isolate.request();
      if (typeof expected === "function") {
        await expected(isolate, channel);
        return;
      }
      assert.deepEqual(isolate.traces(), expected);
      for (const call of isolate.of("trace")) assert.equal(call.channel, channel);
    }, { traced: true, ...options });

const call = (level, ...message) => [CALL, { level, message }];

tracedWorker("console calls have their level and their arguments",
  `console.debug(1); console.log("a %s", "b"); console.info({ a: [1, null] }); console.warn(); console.error(undefined, true)`,
  [call("debug", 1), call("log", "a %s", "b"), call("info", { a: [1, null] }), call("warn"),
    call("error", null, true)]);
tracedWorker("arguments are JSON as other Workers have it",
  `class A { toString() { return "an A"; } }
   console.log(new Map(), new A(), new Error("oh"), Symbol("s"), 10n, NaN,
     Object.create(null), new Date(0), { toJSON() { return "mine"; } }, { toJSON() { throw 1; } },
     { toString() { throw 1; } }, Object.create({ toString() { throw 1; } }));
   const loop = {}; loop.loop = loop; console.log(loop, () => 1)`,
  [call("log", "[object Map]", "an A", "Error: oh", "Symbol(s)", "10", null, {}, "1970-01-01T00:00:00.000Z",
    "mine", "[object that cannot be shown]", {}, "[object that cannot be shown]"),
  call("log", "[object that cannot be shown]", "() => 1")]);
tracedWorker("other methods say what their line says",
  `console.count("n"); console.assert(false, "no %d", 1); console.group("g"); console.log("in"); console.dir([1]); console.countReset("x")`,
  [call("log", "n: 1"), call("error", "Assertion failed: no %d", 1), call("log", "g"), call("log", "in"),
    call("log", "[ 1 ]"), call("warn", "Count for 'x' does not exist")]);

tracedWorker("what is thrown, with its stack", `throw new RangeError("oh \\u{1F600}")`,
  (isolate) => {
    const [[kind, { message, name, stack }], ...rest] = isolate.traces();
    assert.deepEqual([kind, name, message, rest], [FAILURE, "RangeError", "oh \u{1F600}", []]);
    assert.match(stack, /^RangeError: oh .*\n {4}at Object\.fetch \(.*index\.js:1:/);
  });
for (const [thrown, expected] of [
  ["undefined", { name: "Error", message: "undefined" }],
  ["'text'", { name: "Error", message: "text" }],
  ["{ name: 1, message: {} }", { name: "Error", message: "[object Object]" }],
  ["{ get message() { throw 1; }, get name() { throw 2; }, toString() { throw 3; } }",
    { name: "Error", message: "an exception that has no text" }],
  ["{ name: 'N', message: 'm', stack: 's'.repeat(20000) }", { name: "N", message: "m" }],
]) {
  tracedWorker(`throws ${thrown}`, `throw ${thrown}`, [[FAILURE, expected]]);
}
// (Node's test runner would take them for its own.)
tracedWorker("rejections of waitUntil() fail it, others are reported",
  `ctx.waitUntil(Promise.reject({ name: "W", message: "w" }));
   Promise.reject({ name: "P", message: "p" }); reportError({ name: "R", message: "r" });
   queueMicrotask(() => { throw { name: "M", message: "m" }; })`,
  async (isolate) => {
    const got = isolate.traces().map(([kind, { message, name }]) => `${kind} ${name} ${message}`);
    assert.deepEqual(got.sort(), [`${EXCEPTION} M m`, `${EXCEPTION} P p`, `${EXCEPTION} R r`, `${FAILURE} W w`]);
  }, "", { only: "engine" });
tracedWorker("a flood ends in one that says so",
  `for (let i = 0; i < 100; i++) console.log("x".repeat(10000)); ctx.waitUntil(Promise.reject(1))`,
  (isolate) => {
    const said = isolate.of("trace").map(({ text }) => text);
    assert.equal(said.length, 28);
    assert.equal(said.slice(0, 26).every((text) => text.length > 10000), true);
    assert.deepEqual(isolate.of("trace").slice(26).map(({ kind, text }) => [kind, text]),
      [[CALL, ""], [FAILURE, ""]]);
  });
tracedWorker("what is too long for the wire is not there, nor what follows",
  `console.log("\\u00e9".repeat(200000)); console.log("short");`,
  (isolate) => {
    // by the engine, in UTF-8
    const lengths = isolate.of("trace").map(({ text }) => Math.min(text.length, 1));
    assert.equal(lengths.length, 2);
    assert.equal(lengths[1], 1);
  });
tracedWorker("nothing is said of what belongs to no invocation", ``, [], `console.log("top level");`);

worker("a worker without tails tells nothing",
  `export default { fetch() { console.log({ toJSON() { console.warn("asked"); } }); throw new Error("oh"); } };`,
  async (isolate) => {
    await isolate.request();
    assert.deepEqual(isolate.traces(), []);
    assert.equal(isolate.logs().length, 1);
  });

worker("tracing asks no built-in that a worker has patched",
  `${hostile}
   export default { async fetch() {
     console.log("load the chunk");
     watch();
     console.log("a", 1); reportError("text");
     return new Response(JSON.stringify(unwatch()));
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "[]");
    assert.deepEqual(isolate.traces().slice(1),
      [call("log", "a", 1), [EXCEPTION, { name: "Error", message: "text" }]]);
  }, { traced: true });

// -- a tail handler -----------------------------------------------------------------

const REQUEST = strings("", "POST", "http://a.test/p?id=0123456789abcdef-0123456789ABCDEF&v=1", '{"a":1}',
  "Accept", "*/*", "accept", "text/html", "COOKIE", "c", "X-Api-Key", "k", "Authorization", "t", "x", "é");
const end = ({ outcome = "ok", cpu = 3, wall = 50, status = 200, truncated = 0, id = "tenant" } = {}) =>
  [RECORD.TRACE_END, "1000", strings(outcome, `${cpu}`, `${wall}`, `${status}`, `${truncated}`, id === null ? "0" : "1", id ?? "")];
const usual = [
  [RECORD.TRACE_FETCH, "1000", Buffer.from(REQUEST, "latin1")],
  [RECORD.TRACE_CALL, "1001", '{"level":"warn","message":["a",{"b":1}]}'],
  [RECORD.TRACE_EXCEPTION, "1002", '{"name":"TypeError","message":"m","stack":"s"}'],
  [RECORD.TRACE_MESSAGE, "1003", "Worker exceeded CPU time limit."],
  [RECORD.TRACE_MESSAGE, "1004", "SyntaxError: Unexpected: end"],
  [RECORD.TRACE_MESSAGE, "1005", "Mine: own"],
  end(),
];

// Sends a trace; the body's end comes once all has been asked for.
async function tail(isolate, list, { entrypoint = "", props } = {}) {
  const bytes = records(list);
  const channel = isolate.fetch({
    entrypoint, props, body: true, length: bytes.length, tail: true,
  });
  await isolate.until(() => isolate.channel(channel).granted >= bytes.length || isolate.channel(channel).reset);
  isolate.data(channel, bytes);
  isolate.end(channel);
  return channel;
}

const asJSON = `export default { tail(events) { console.log(JSON.stringify(events)); } };`;

async function itemOf(isolate, list) {
  const answer = await isolate.answer(await tail(isolate, list));
  assert.equal(answer.reset, null);
  assert.equal(answer.status, 204);
  const text = isolate.logs().at(-1);
  const [item, ...rest] = JSON.parse(text);
  assert.deepEqual(rest, []);
  return item;
}

worker("tail: the TraceItem of a request", asJSON, async (isolate) => {
  assert.deepEqual(await itemOf(isolate, usual), {
    event: {
      request: {
        method: "POST", url: "http://a.test/p?id=REDACTED&v=1",
        headers: {
          accept: "*/*, text/html", cookie: "REDACTED", "x-api-key": "REDACTED",
          authorization: "REDACTED", x: "é",
        },
        cf: { a: 1 },
      },
      response: { status: 200 },
    },
    eventTimestamp: 1000,
    logs: [{ timestamp: 1001, level: "warn", message: ["a", { b: 1 }] }],
    exceptions: [
      { timestamp: 1002, name: "TypeError", message: "m", stack: "s" },
      { timestamp: 1003, name: "Error", message: "Worker exceeded CPU time limit." },
      { timestamp: 1004, name: "SyntaxError", message: "Unexpected: end" },
      { timestamp: 1005, name: "Error", message: "Mine: own" },
    ],
    diagnosticsChannelEvents: [], scriptName: "tenant", outcome: "ok",
    executionModel: "stateless", truncated: false, cpuTime: 3, wallTime: 50,
  });
});

worker("tail: the TraceItem of a session", asJSON, async (isolate) => {
  const item = await itemOf(isolate, [
    [RECORD.TRACE_RPC, "1000", strings("Rôom", "POST", "http://rpc/sáy.it", "")],
    end({ id: null, outcome: "exception", truncated: 1 }),
  ]);
  assert.deepEqual(
    [item.event, item.entrypoint, item.scriptName, item.outcome, item.truncated],
    [{ rpcMethod: "sáy.it" }, "Rôom", null, "exception", true]);
});

worker("tail: without a response, and without a request", asJSON, async (isolate) => {
  const noResponse = await itemOf(isolate, [usual[0], end({ status: 0, outcome: "canceled" })]);
  assert.deepEqual(Object.keys(noResponse.event), ["request"]);
  assert.equal((await itemOf(isolate, [end({ truncated: 1 })])).event, null);
});

worker("tail: whatever the traced worker says of itself", asJSON, async (isolate) => {
  const said = ["", "{", "null", "[]", "1", '{"level":"fatal","message":"x"}', '{"message":{"length":1}}',
    '{"level":{},"message":["kept"]}', '{"__proto__":{"level":"warn","message":[1]},"name":"n"}', "[".repeat(3000)];
  const item = await itemOf(isolate, [
    ...said.map((text) => [RECORD.TRACE_CALL, "1", text]),
    ...said.map((text) => [RECORD.TRACE_EXCEPTION, "1", text]), end(),
  ]);
  assert.deepEqual(item.logs.map(({ level }) => level), said.map(() => "log"));
  assert.deepEqual(item.logs.map(({ message }) => message),
    said.map((text) => text.includes("kept") ? ["kept"] : [text]));
  assert.deepEqual(item.exceptions.map(({ name }) => name), said.map((text) => text.includes('"n"') ? "n" : "Error"));
  assert.equal(item.exceptions.every(({ message }) => typeof message === "string"), true);
});

worker("tail: what is redacted", `export default { tail([{ event: { request } }]) {
    const all = request.getUnredacted();
    console.log(JSON.stringify([request.url, request.headers, all.url, all.headers, all.method,
      all.getUnredacted() === all, "getUnredacted" in request, Object.keys(request)]));
  } };`,
async (isolate) => {
  const secrets = ["authorization", "x-auth", "cookie", "set-cookie", "my-key", "secret-x", "a-token", "jwt-b"];
  const hex = "0123456789abcdef".repeat(2);
  const url = ["http://h.test/", hex, `/${hex.slice(1)}/`, "aB1aB1aB1aB1aB1aB1aB1", "/aB1aB1aB1aB1aB1aB1aB/",
    "AB1ab2-AB_ab+ABabABab", "/abcdefghijklmnopqrstuvw1B2/", "?0A-0A+", "0A".repeat(14), "&q=", `x${hex}`].join("");
  await isolate.answer(await tail(isolate, [
    [RECORD.TRACE_FETCH, "1", strings("", "GET", url, "", "__proto__", "p", "plain", "v",
      ...secrets.flatMap((name) => [name, `s ${name}`]))], end(),
  ]));
  const [shown, headers, allUrl, allHeaders, method, same, has, keys] = JSON.parse(isolate.logs().at(-1));
  assert.equal(shown, ["http://h.test/", "REDACTED", `/${hex.slice(1)}/`, "REDACTED", "/aB1aB1aB1aB1aB1aB1aB/",
    "REDACTED", "/abcdefghijklmnopqrstuvw1B2/", "?", "REDACTED", "&q=", `x${hex}`].join(""));
  assert.equal(allUrl, url);
  const expected = JSON.parse('{"__proto__":"p","plain":"v"}');
  assert.deepEqual(headers, { ...expected, ...JSON.parse('{"__proto__":"p"}'),
    ...Object.fromEntries(secrets.map((name) => [name, "REDACTED"])) });
  assert.deepEqual(Object.keys(allHeaders), ["__proto__", "plain", ...secrets]);
  assert.equal(allHeaders["a-token"], "s a-token");
  assert.deepEqual([method, same, has, keys], ["GET", true, true, ["method", "url", "headers"]]);
});

worker("tail: a class has its props; an object has env and ctx; what they wait for is waited for", `
  import { WorkerEntrypoint } from "cloudflare:workers";
  export class Named extends WorkerEntrypoint {
    async tail(events) {
      await null;
      this.ctx.waitUntil((async () => { await scheduler.wait(1); console.log("waited"); })());
      console.log(JSON.stringify([this.ctx.props, events.length, arguments.length, Array.isArray(events)]));
    }
  }
  export const plain = { async tail(events, env, ctx) {
    console.log([events.length, Object.keys(env), typeof ctx.waitUntil, this === plain, this.ctx === ctx].join());
  } };`,
async (isolate) => {
  const { serialize } = await import("node:v8");
  await isolate.answer(await tail(isolate, usual, { entrypoint: "Named", props: serialize({ p: 1 }) }));
  await isolate.answer(await tail(isolate, usual, { entrypoint: "plain" }));
  assert.deepEqual(isolate.logs(), ['[{"p":1},1,1,true]', "waited", "1,,function,true,true"]);
});

for (const [title, source, entrypoint, message] of [
  ["no default export", "export const a = 1;", "", "Handler does not export a tail() function."],
  ["no handler", "export default { fetch() {} };", "", "Handler does not export a tail() function."],
  ["no handler in a class", `import { WorkerEntrypoint } from "cloudflare:workers";
    export class A extends WorkerEntrypoint {}`, "A", "Handler does not export a tail() function."],
  ["no such entrypoint", "export default {};", "B", `Worker does not export an entrypoint named "B".`],
  ["a handler that throws", "export default { tail() { throw new TypeError('thrown'); } };", "", "TypeError: thrown"],
  ["a handler that rejects", "export default { async tail() { await null; throw new Error('rejected'); } };", "", "rejected"],
]) {
  worker(`tail: ${title}`, source, async (isolate) => {
    const { reset } = await isolate.answer(await tail(isolate, usual, { entrypoint }));
    assert.deepEqual([reset.code, reset.message], [CODE.EXCEPTION, message]);
  });
}

isolates("tail: waits until its worker has been loaded", async (isolate) => {
  isolate.open(FORMAT.MODULE, utf8(`for (let i = 0; i < 100; i++) await null;
    export default { tail([{ outcome }]) { console.log(outcome); } };`), {});
  await isolate.answer(await tail(isolate, usual));
  assert.deepEqual(isolate.logs(), ["ok"]);
});

worker("tail: making an item asks no built-in that the worker has patched",
  `${hostile}
   export default { tail(events) {
     if (events[0].outcome === "ok") {
       console.log("load the chunk");
       watch();
     } else {
       // of the runtime's own promises
       console.log(unwatch().filter((name) => !name.includes("Promise")).join());
     }
   } };`,
  async (isolate) => {
    await isolate.answer(await tail(isolate, usual));
    await isolate.answer(await tail(isolate, [...usual.slice(0, -1), end({ outcome: "exception" })]));
    assert.equal(isolate.logs().at(-1), "");
  }, { only: "engine" });
