// Which modules of Node.js a worker gets, its globals, and the smaller modules.

import assert from "node:assert/strict";
import { FORMAT, host, isolates, RECORD } from "./lib/harness.js";
import { likeNode, nodeWorker } from "./lib/like-node.js";

const utf8 = (text) => new Uint8Array(Buffer.from(text));

async function load(isolate, source, options) {
  await isolate.load(FORMAT.JSON, utf8(JSON.stringify({
    mainModule: "main.js", modules: { "main.js": source }, ...options,
  })));
}

const answers = `export default { fetch: () => new Response("ok") };`;

// Does a worker of this code load?
function loads(title, source, options, error) {
  isolates(title, async (isolate) => {
    await load(isolate, source, options);
    if (error === undefined) {
      assert.equal((await isolate.request()).text, "ok");
    } else {
      const failed = await isolate.next("failed");
      assert.match(failed.message, error);
    }
  });
}

const d2025 = { compatibilityDate: "2025-01-01" };
const d2024 = { compatibilityDate: "2024-01-01" };
const flags = (...compatibilityFlags) => ({ compatibilityFlags });

loads("node: modules need the flag", `import "node:buffer"; ${answers}`, d2025,
  /No such module "node:buffer".\n {2}imported from "main.js"\n {2}it needs the compatibility flag "nodejs_compat"/);
loads("nodejs_compat gives them", `import "node:buffer"; ${answers}`, { ...d2025, ...flags("nodejs_compat") });
loads("nodejs_compat gives them at any date", `import "node:buffer"; ${answers}`, { ...d2024, ...flags("nodejs_compat") });
loads("no_nodejs_compat takes them away", `import "node:buffer"; ${answers}`, { ...d2025, ...flags("nodejs_compat", "no_nodejs_compat") }, /No such module/);
loads("other flags are accepted", `import "node:util"; ${answers}`, { ...d2025, ...flags("nodejs_compat", "some_future_flag", "streams_enable_constructors") });
loads("bare names come with the date", `import b from "buffer"; import "util/types"; ${answers}`, { ...d2025, ...flags("nodejs_compat") });
loads("bare names come with the very date", `import "buffer"; ${answers}`, { compatibilityDate: "2024-09-23", ...flags("nodejs_compat") });
loads("bare names come without a date", `import "buffer"; ${answers}`, flags("nodejs_compat"));
loads("bare names do not come before it", `import "buffer"; ${answers}`, { ...d2024, ...flags("nodejs_compat") },
  /No such module "buffer".\n.*\n {2}import "node:buffer" instead/);
loads("bare names come with nodejs_compat_v2", `import "buffer"; ${answers}`, { ...d2024, ...flags("nodejs_compat_v2") });
loads("bare names do not come with no_nodejs_compat_v2", `import "buffer"; ${answers}`, { ...d2025, ...flags("nodejs_compat", "no_nodejs_compat_v2") }, /No such module/);
loads("a module that is not here", `import "node:fs"; ${answers}`, { ...d2025, ...flags("nodejs_compat") },
  /No such module "node:fs".*\n.*\n {2}this module of Node.js is not available here/);
loads("nodejs_als gives async_hooks", `import "node:async_hooks"; ${answers}`, { ...d2025, ...flags("nodejs_als") });
loads("nodejs_als gives nothing else", `import "node:buffer"; ${answers}`, { ...d2025, ...flags("nodejs_als") }, /No such module/);
loads("a name of Object.prototype is no module", `import "node:toString"; ${answers}`, { ...d2025, ...flags("nodejs_compat") }, /No such module "node:toString"/);
loads("a worker's own module goes first", `import b from "buffer"; if (b !== 1) throw new Error("not mine"); ${answers}`,
  { ...d2025, ...flags("nodejs_compat"), modules: { "main.js": `import b from "buffer"; if (b !== 1) throw new Error("not mine"); ${answers}`, buffer: { js: "export default 1;" } } });

host("a host worker has its date and flags from the configuration",
  `import { AsyncLocalStorage } from "async_hooks"; ${answers}`,
  [[RECORD.DATE, "", "2025-01-01"], [RECORD.FLAG, "", "nodejs_compat"]],
  async (isolate) => { assert.equal((await isolate.request()).text, "ok"); });

const globals = `export default { fetch() {
  return Response.json(["Buffer", "process", "global", "setImmediate", "clearImmediate"].map((n) => typeof globalThis[n]));
} };`;
for (const [title, options, expected] of [
  ["are there", { ...d2025, ...flags("nodejs_compat") }, ["function", "object", "object", "function", "function"]],
  ["are not there before their date", { ...d2024, ...flags("nodejs_compat") }, Array(5).fill("undefined")],
  ["are not there without the flag", d2025, Array(5).fill("undefined")],
]) {
  isolates(`the globals of Node.js ${title}`, async (isolate) => {
    await load(isolate, globals, options);
    assert.deepEqual(JSON.parse((await isolate.request()).text), expected);
  });
}

nodeWorker("globals are those of the modules, and can be replaced", `
  import { Buffer as B } from "node:buffer"; import p from "node:process"; import t from "node:timers";
  globalThis.setImmediate = 1;
  export default { fetch: () => Response.json([B === Buffer, p === process, global === globalThis, setImmediate,
    clearImmediate === t.clearImmediate, Object.keys(Object.getOwnPropertyDescriptor(globalThis, "Buffer"))]) };`,
async (isolate) => {
  assert.deepEqual(JSON.parse((await isolate.request()).text),
    [true, true, true, 1, true, ["value", "writable", "enumerable", "configurable"]]);
});

nodeWorker("process", `
  import process, { env, nextTick } from "node:process";
  import { AsyncLocalStorage } from "node:async_hooks";
  const als = new AsyncLocalStorage();
  export default { async fetch() {
    const seen = [];
    await new Promise((resolve) => {
      als.run("s", () => nextTick((x) => { seen.push(x, als.getStore()); resolve(); }, 1));
      seen.push(0);
    });
    process.env.MORE = 5;
    const codes = [];
    for (const f of [() => process.exit(), () => process.chdir("/"), () => process.nextTick(1), () => process.hrtime(1)]) {
      try { f(); } catch (e) { codes.push(e.code); }
    }
    return Response.json([seen, env.A_VARIABLE, "AN_OBJECT" in env, env.MORE, { ...env }, codes, process.platform, process.cwd(), typeof process.version,
      process.getBuiltinModule("node:util") === process.getBuiltinModule("util"), process.getBuiltinModule("fs") ?? null, String(process),
      typeof process.hrtime.bigint(), process.hrtime().length, process.on("x", () => {}) === process, process.emit("x")]);
  } };`,
async (isolate) => {
  assert.deepEqual(JSON.parse((await isolate.request()).text), [[0, 1, "s"], "text", false, "5", { A_VARIABLE: "text", MORE: "5" },
    ["ERR_METHOD_NOT_IMPLEMENTED", "ERR_METHOD_NOT_IMPLEMENTED", "ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE"],
    "linux", "/", "string", true, null, "[object process]", "bigint", 2, true, true]);
}, { code: { env: { A_VARIABLE: "text", AN_OBJECT: { a: 1 } } } });

const timers = `import timers from "node:timers"; import * as promises from "node:timers/promises"; const c = () => new AbortController();`;
likeNode("timers", timers, [
  "promises.setTimeout(1, 'v')", "promises.setImmediate('v')", "promises.setTimeout(1000, 'v', { signal: AbortSignal.abort() })", "(() => { const a = c(); const p = promises.setTimeout(1000, 'v', { signal: a.signal }); a.abort('why'); return p.catch((e) => [e.name, e.code, e.cause]); })()",
  "promises.setTimeout(1, 'v', null)", "promises.setTimeout(1, 'v', { signal: 1 })", "promises.setTimeout(1, 'v', { ref: 1 })", "(async () => { const s = []; for await (const x of promises.setInterval(1, 'v')) { s.push(x); if (s.length === 3) break; } return s; })()",
  "promises.scheduler.wait(1)", "promises.scheduler.yield()", "timers.setImmediate(1)", "new Promise((r) => timers.setImmediate(r, 'x'))", "new Promise((r) => { const id = timers.setImmediate(() => r('no')); timers.clearImmediate(id); timers.setTimeout(r, 5, 'yes'); })", "timers.promises === promises.default",
  "['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'].every((k) => typeof timers[k] === 'function')",
]);

const diagnostics = `import dc from "node:diagnostics_channel"; import { AsyncLocalStorage } from "node:async_hooks";`;
likeNode("diagnostics channels", diagnostics, [
  "(() => { const s = [], f = (m, n) => s.push(m, n); const c = dc.channel('a'); c.subscribe(f); c.publish(1); const had = c.hasSubscribers; const un = [c.unsubscribe(f), c.unsubscribe(f)]; c.publish(2); return [s, had, un, c.hasSubscribers, dc.hasSubscribers('a'), c === dc.channel('a'), c.name]; })()",
  "dc.channel(1)", "dc.channel('x').subscribe(1)", "(() => { const s = []; dc.subscribe('b', (m) => s.push(m)); dc.channel('b').publish('m'); return s; })()",
  "(() => { const als = new AsyncLocalStorage(); const c = dc.channel('d'); c.bindStore(als, (m) => m.x); return c.runStores({ x: 5 }, function (a) { return [als.getStore(), this.me, a]; }, { me: 1 }, 2); })()",
  "(() => { const s = []; const t = dc.tracingChannel('t'); t.subscribe({ start: (c) => s.push('start', c.k), end: (c) => s.push('end', c.result), error: (c) => s.push('error', c.error.message) }); const r = t.traceSync((x) => x + 1, { k: 'v' }, null, 1); try { t.traceSync(() => { throw new Error('boo'); }, {}); } catch (e) {} return [r, s]; })()",
  "(async () => { const s = []; const t = dc.tracingChannel('p'); t.subscribe({ start: () => s.push('start'), end: () => s.push('end'), asyncStart: (c) => s.push('as', c.result), asyncEnd: () => s.push('ae'), error: () => s.push('error') }); const r = await t.tracePromise(async () => 7, {}); await t.tracePromise(async () => { throw new Error(); }, {}).catch(() => {}); return [r, s]; })()",
  "(() => { const s = []; const t = dc.tracingChannel('c'); t.subscribe({ start: () => s.push('start'), end: () => s.push('end'), asyncStart: (c) => s.push('as', c.result), asyncEnd: () => s.push('ae') }); t.traceCallback((x, cb) => cb(null, x * 2), -1, {}, null, 4, (e, v) => s.push('cb', v)); return s; })()",
  "(() => { const s = []; const t = dc.tracingChannel('e'); t.subscribe({ start: () => s.push('start'), end: (c) => s.push('end', c.error.message), error: (c) => s.push('error', c.error.message) }); for (const f of ['tracePromise', 'traceCallback']) try { t[f](() => { throw new Error(f); }, ...(f === 'traceCallback' ? [0, {}, null, () => {}] : [{}])); } catch (e) { s.push(e.message); } return s; })()",
]);

const streams = `import stream, { Readable, Writable, Transform, Duplex, PassThrough, pipeline, finished } from "node:stream"; import * as sp from "node:stream/promises"; import * as consumers from "node:stream/consumers"; import { Buffer } from "node:buffer"; import * as web from "node:stream/web";
const all = async (s) => { const r = []; for await (const x of s) r.push(x); return r; };`;
likeNode("streams", streams, [
  "(async () => { let why; const r = Readable.fromWeb(new ReadableStream({ cancel(x) { why = String(x); } })); r.on('error', () => {}); r.destroy(new Error('e')); await new Promise((d) => r.on('close', d)); return why; })()",
  "(async () => { let why; const w = Writable.fromWeb(new WritableStream({ abort(x) { why = String(x); } })); w.on('error', () => {}); w.destroy(new Error('e')); await new Promise((d) => w.on('close', d)); return why; })()",
  "(async () => { const r = Readable.from(['a', 'b']); r.on('error', () => {}); await Readable.toWeb(r).cancel(new Error('e')).catch(() => {}); return r.destroyed; })()",
  "all(Readable.from(['a', 'b', 'c']))", "all(Readable.from(['a', 'b']).map((x) => x + 1).filter((x) => x !== 'b1'))", "Readable.from([1, 2, 3]).toArray()", "Readable.from([1, 2, 3, 4]).reduce((a, b) => a + b)", "all(new Readable({ read() { this.push('x'); this.push(null); } }))",
  "all(Readable.from(['a', 'b']).pipe(new Transform({ transform(c, e, cb) { cb(null, c.toString().toUpperCase()); } })).setEncoding('utf8'))", "new Promise((r) => { const s = []; pipeline(Readable.from(['x', 'y']), new PassThrough(), new Writable({ write(c, e, cb) { s.push(c.toString()); cb(); } }), (e) => r([e, s])); })",
  "sp.pipeline(Readable.from(['x']), async function* (s) { for await (const c of s) yield c + '!'; }, async (s) => { let t = ''; for await (const c of s) t += c; return t; })", "sp.pipeline(Readable.from(['x']), new Transform({ transform(c, e, cb) { cb(new Error('boo')); } }), new PassThrough())", "sp.finished(Readable.from([]).resume())",
  "new Promise((r) => { const w = new Writable({ highWaterMark: 2, write(c, e, cb) { queueMicrotask(cb); } }); const full = w.write('abc'); w.once('drain', () => r([full, w.writableLength])); })", "new Promise((r) => { const d = new Readable({ read() {} }); d.on('error', (e) => r(e.message)); d.destroy(new Error('gone')); })",
  "new Promise((r) => { const d = new Duplex({ read() { this.push(null); }, write(c, e, cb) { r(c); cb(); } }); d.end('data'); })", "consumers.text(Readable.from(['a', 'é']))", "consumers.json(Readable.from(['{\"a\":', '1}']))", "consumers.buffer(Readable.from([Buffer.from('a'), Buffer.from('b')]))", "all(Readable.toWeb(Readable.from([Buffer.from('ab')], { objectMode: false })))",
  "all(Readable.fromWeb(new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } }), { objectMode: true }))", "(async () => { const s = []; const w = Writable.fromWeb(new WritableStream({ write(c) { s.push(c.toString()); } })); w.write('a'); w.end('b'); await sp.finished(w); return s; })()", "(async () => { const s = []; const w = Writable.toWeb(new Writable({ objectMode: true, write(c, e, cb) { s.push(c); cb(); } })).getWriter(); await w.write('x'); await w.close(); return s; })()",
  "stream.Readable === Readable && stream.Stream === stream", "web.ReadableStream === ReadableStream", "Readable.from(5)", "new Writable().write(null)", "stream.getDefaultHighWaterMark(true)",
]);
