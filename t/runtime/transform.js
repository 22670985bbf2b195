// https://streams.spec.whatwg.org/#ts: transform streams, and Cloudflare's of
// bytes.

import assert from "node:assert/strict";
import { returns, text, worker } from "./lib/harness.js";

const tools = `
  const log = [];
  const tick = async () => { for (let i = 0; i < 40; i++) await null; };
  const tell = (name, p) => p.then((v) => { log.push(name + " " + v); }, (e) => { log.push(name + " ! " + (e?.name ?? e)); });
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };`;

returns("interfaces look as Web IDL says", `
  const one = (C) => [C.name, C.length, ...Reflect.ownKeys(C.prototype).map((key) => {
    const d = Object.getOwnPropertyDescriptor(C.prototype, key);
    return String(key) + " " + (d.get ? d.get.name : typeof d.value === "function"
      ? d.value.name + "/" + d.value.length : d.value) + " " + d.enumerable; })];
  return [TransformStream, TransformStreamDefaultController, IdentityTransformStream, FixedLengthStream].map(one);`,
[
  ["TransformStream", 0, "constructor TransformStream/0 false", "readable get readable true",
    "writable get writable true", "Symbol(Symbol.toStringTag) TransformStream false"],
  ["TransformStreamDefaultController", 0, "constructor TransformStreamDefaultController/0 false",
    "desiredSize get desiredSize true", "enqueue enqueue/0 true", "error error/0 true",
    "terminate terminate/0 true", "Symbol(Symbol.toStringTag) TransformStreamDefaultController false"],
  ["IdentityTransformStream", 0, "constructor IdentityTransformStream/0 false",
    "Symbol(Symbol.toStringTag) IdentityTransformStream false"],
  ["FixedLengthStream", 1, "constructor FixedLengthStream/1 false",
    "Symbol(Symbol.toStringTag) FixedLengthStream false"],
]);

returns("the transformer is read in the order of Web IDL, after the strategies", `
  const asked = [];
  const spy = (name) => new Proxy({}, { get(target, key) { asked.push(name + "." + String(key)); } });
  new TransformStream(spy("t"), spy("w"), spy("r"));
  return asked;`,
["w.highWaterMark", "w.size", "r.highWaterMark", "r.size", "t.cancel", "t.flush", "t.readableType",
  "t.start", "t.transform", "t.writableType"]);

returns("what is of the wrong type is refused", `${tools}
  const S = TransformStream;
  return [() => new S(null), () => new S(1), () => new S({}, 1), () => new S({}, {}, 1),
    () => new S({ transform: 1 }), () => new S({ flush: null }), () => new S({ start: {} }), () => new S({ cancel: 1 }),
    () => new S({ readableType: "bytes" }), () => new S({ writableType: null }),
    () => new S({}, { highWaterMark: -1 }), () => new S({}, {}, { highWaterMark: NaN }),
    () => new S({}, { size: 1 }), () => new TransformStreamDefaultController(), () => S(),
    () => Object.getOwnPropertyDescriptor(S.prototype, "readable").get.call({})].map(name);`,
[..."TTTTTTTTRRRRTTTT"].map((c) => ({ T: "TypeError", R: "RangeError" })[c]));

returns("the transformer's methods get the right this and arguments", `
  const log = [];
  const t = {
    start(...a) { log.push(["start", this === t, a.length, String(a[0])]); },
    transform(...a) { log.push(["transform", this === t, a.length, a[0], String(a[1])]); a[1].enqueue(a[0] + 1); },
    flush(...a) { log.push(["flush", this === t, a.length]); a[0].enqueue("end"); },
    cancel(...a) { log.push(["cancel", this === t, a.length, a[0]]); },
  };
  const list = [];
  for await (const x of ReadableStream.from([1, 2]).pipeThrough(new TransformStream(t))) list.push(x);
  const { readable, writable } = new TransformStream(t);
  await readable.cancel("r");
  await new TransformStream(t).writable.abort("w");
  return [list, log.map((x) => x.join())];`,
[[2, 3, "end"], ["start,true,1,[object TransformStreamDefaultController]",
  "transform,true,2,1,[object TransformStreamDefaultController]",
  "transform,true,2,2,[object TransformStreamDefaultController]", "flush,true,1",
  "start,true,1,[object TransformStreamDefaultController]", "cancel,true,1,r",
  "start,true,1,[object TransformStreamDefaultController]", "cancel,true,1,w"]]);

returns("a controller is one object", `
  const seen = new Set();
  const out = ReadableStream.from([1]).pipeThrough(new TransformStream({
    start(c) { seen.add(c); }, transform(x, c) { seen.add(c); }, flush(c) { seen.add(c); } }));
  for await (const x of out);
  await new ReadableStream({ start(c) { seen.add(c); }, pull(c) { seen.add(c); c.close(); } }).getReader().read();
  const w = new WritableStream({ start(c) { seen.add(c); }, write(x, c) { seen.add(c); } }).getWriter();
  await w.write(1);
  const b = new ReadableStream({ type: "bytes", start(c) { seen.add(c); }, pull(c) { seen.add(c);
    seen.add(c.byobRequest); c.byobRequest.respond(1); } });
  await b.getReader({ mode: "byob" }).read(new Uint8Array(1));
  return seen.size;`, 5);

returns("without a transformer chunks pass, under backpressure", `${tools}
  const { readable, writable } = new TransformStream();
  const w = writable.getWriter(), r = readable.getReader();
  const sizes = [w.desiredSize];
  tell("a", w.write("a")); sizes.push(w.desiredSize); await tick();
  log.push((await r.read()).value); await tick();
  tell("closed", w.close()); await tick(); log.push((await r.read()).done);
  return [sizes, log];`, [[1, 0], ["a", "a undefined", "closed undefined", true]]);

returns("a transform() that fails fails both sides", `${tools}
  const { readable, writable } = new TransformStream({ transform() { throw new SyntaxError(); } });
  const w = writable.getWriter(), r = readable.getReader();
  tell("write", w.write(1)); tell("read", r.read()); tell("w", w.closed); tell("r", r.closed);
  await tick(); return log.sort();`,
["r ! SyntaxError", "read ! SyntaxError", "w ! SyntaxError", "write ! SyntaxError"]);

returns("terminate() closes one side and fails the other", `${tools}
  let c;
  const { readable, writable } = new TransformStream({ start(x) { c = x; } });
  const w = writable.getWriter();
  c.enqueue("last"); c.terminate();
  tell("write", w.write(1)); tell("closed", w.closed);
  const r = readable.getReader();
  log.push((await r.read()).value, (await r.read()).done);
  await tick();
  return [log.map(String).sort(), name(() => c.enqueue(1)), c.desiredSize];`,
[["closed ! TypeError", "last", "true", "write ! TypeError"], "TypeError", 0]);

returns("cancel() of the transformer runs once, and its failure is told", `${tools}
  const make = (cancel) => new TransformStream({ cancel });
  let t = make((r) => { log.push("c " + r); });
  tell("cancel", t.readable.cancel("x")); tell("abort", t.writable.abort("y")); await tick();
  t = make(() => { throw new SyntaxError(); });
  tell("cancel 2", t.readable.cancel()); await tick(); tell("closed 2", t.writable.getWriter().closed);
  t = make(() => Promise.reject(new RangeError()));
  tell("abort 3", t.writable.abort("z")); await tick(); tell("closed 3", t.readable.getReader().closed);
  await tick(); return log;`,
["c x", "cancel ! y", "abort ! y", "cancel 2 ! SyntaxError", "closed 2 ! SyntaxError",
  "abort 3 ! RangeError", "closed 3 ! RangeError"]);

returns("a flush() that fails fails the close and the reader", `${tools}
  const { readable, writable } = new TransformStream({ flush() { return Promise.reject(new SyntaxError()); } });
  tell("close", writable.getWriter().close()); tell("read", readable.getReader().read());
  await tick(); return log.sort();`, ["close ! SyntaxError", "read ! SyntaxError"]);

returns("the readable strategy's size() that throws fails the transform", `${tools}
  const { readable, writable } = new TransformStream(undefined, undefined,
    { highWaterMark: 5, size() { throw new SyntaxError(); } });
  const w = writable.getWriter(); tell("write", w.write(1)); await tick();
  tell("read", readable.getReader().read()); await tick(); return log;`,
["write ! SyntaxError", "read ! SyntaxError"]);

returns("chunks that are written while the reader leaves are dropped, not broken", `${tools}
  let go;
  const { readable, writable } = new TransformStream({ cancel() { return new Promise((r) => { go = r; }); } },
    { highWaterMark: 4 }, { highWaterMark: 2 });
  await tick();
  const w = writable.getWriter();
  tell("cancel", readable.cancel("r")); tell("write", w.write(1)); await tick();
  go(); await tick(); tell("closed", w.closed); await tick();
  return log;`, ["write undefined", "cancel undefined", "closed ! r"]);

// -- IdentityTransformStream -------------------------------------------------------

returns("bytes in, bytes out; a write is done when all of it was read", `${tools}
  const { readable, writable } = new IdentityTransformStream();
  const w = writable.getWriter(), r = readable.getReader({ mode: "byob" });
  const mine = new Uint8Array([1, 2, 3]);
  tell("write", w.write(mine)); await tick(); log.push("-");
  mine[1] = 9;
  log.push([...(await r.read(new Uint8Array(2))).value].join()); await tick();
  log.push([...(await r.read(new Uint8Array(2))).value].join()); await tick();
  tell("close", w.close()); log.push((await r.read(new Uint8Array(1))).done); await tick();
  return [log, mine.length];`,
[["-", "1,2", "3", "write undefined", true, "close undefined"], 3]);

returns("a read that waits takes the next write at once", `${tools}
  const { readable, writable } = new IdentityTransformStream();
  const r = readable.getReader(), w = writable.getWriter();
  const reads = [r.read(), r.read()];
  await tick();
  for (const x of [new Uint16Array([513]), new ArrayBuffer(1), new DataView(new ArrayBuffer(2)), new Uint8Array(0)]) tell("w", w.write(x));
  await tick();
  const values = []; for (const p of reads) values.push([...(await p).value]);
  const writes = log.length;
  values.push([...(await r.read()).value]); await tick();
  return [values, writes, log.length];`, [[[1, 2], [0], [0, 0]], 2, 4]);

returns("what is not bytes is refused", `${tools}
  for (const x of ["text", 1, {}, null, undefined]) {
    const { writable, readable } = new IdentityTransformStream();
    readable.getReader().closed.catch(() => {});
    log.push(await writable.getWriter().write(x).catch((e) => e.name + / received a string on|, but received an object/.exec(e.message)[0]));
  }
  return log;`,
["TypeError received a string on", ...Array(4).fill("TypeError, but received an object")]);

returns("ends and failures pass through an identity", `${tools}
  let i = new IdentityTransformStream();
  tell("closed", i.writable.close()); log.push((await i.readable.getReader().read()).done);
  i = new IdentityTransformStream();
  await i.writable.abort(new SyntaxError()); tell("read", i.readable.getReader().read());
  i = new IdentityTransformStream();
  const w = i.writable.getWriter(); tell("write", w.write(new Uint8Array(1))); await tick();
  await i.readable.cancel("gone"); tell("w", w.closed); await tick();
  i = new IdentityTransformStream();
  const r = i.readable.getReader({ mode: "byob" }), read = r.read(new Uint8Array(3));
  await i.writable.close(); log.push((await read).done);
  return [log, i instanceof TransformStream];`,
[[true, "closed undefined", "read ! SyntaxError", "write ! gone", "w ! gone", true], true]);

returns("a highWaterMark of an identity is in bytes", `
  const w = new IdentityTransformStream({ highWaterMark: 10 }).writable.getWriter();
  const sizes = [w.desiredSize];
  w.write(new Uint8Array(4)); sizes.push(w.desiredSize);
  return [sizes, new IdentityTransformStream().writable.getWriter().desiredSize,
    new FixedLengthStream(5, { highWaterMark: 10 }).writable.getWriter().desiredSize];`, [[10, 6], 1, 5]);

returns("an identity is piped to and from", `
  const out = ReadableStream.from([new Uint8Array([1, 2]), new Uint8Array([3])])
    .pipeThrough(new IdentityTransformStream()).pipeThrough(new FixedLengthStream(3));
  return [...new Uint8Array(await new Response(out).arrayBuffer())];`, [1, 2, 3]);

// -- FixedLengthStream ---------------------------------------------------------------

returns("exactly so many bytes", `${tools}
  const run = async (length, ...sizes) => {
    const { readable, writable } = new FixedLengthStream(length);
    const w = writable.getWriter();
    const read = new Response(readable).arrayBuffer().then((b) => b.byteLength, (e) => e.name);
    const results = [];
    for (const n of sizes) results.push(await w.write(new Uint8Array(n)).then(() => "w", (e) => e.name + ": " + e.message));
    results.push(await w.close().then(() => "c", (e) => e.name + ": " + e.message), await read);
    return results;
  };
  return [await run(3, 2, 1), await run(3n, 3), await run(0), (await run(3, 2, 2)).slice(1), await run(3, 2)];`,
[["w", "w", "c", 3], ["w", "c", 3], ["c", 0],
  ["TypeError: Attempt to write too many bytes through a FixedLengthStream.",
    "TypeError: The stream is errored and cannot be closed.", "TypeError"],
  ["w", "TypeError: FixedLengthStream did not see all expected bytes before close().", "TypeError"]]);

returns("a length is an integer that can be", `${tools}
  return [() => new FixedLengthStream(), () => new FixedLengthStream(-1), () => new FixedLengthStream(NaN),
    () => new FixedLengthStream(2 ** 53), () => new FixedLengthStream(2n ** 64n), () => new FixedLengthStream(-1n),
    () => new FixedLengthStream(Symbol()), () => new FixedLengthStream("12"), () => new FixedLengthStream(2 ** 53 - 1)].map(name);`,
[...Array(7).fill("TypeError"), "ok", "ok"]);

worker(
  "a response with a FixedLengthStream has its length",
  `export default { fetch(request, env, ctx) {
     const { readable, writable } = new FixedLengthStream(5);
     const w = writable.getWriter();
     ctx.waitUntil(w.write(new TextEncoder().encode("hello")).then(() => w.close()));
     return new Response(new URL(request.url).pathname === "/tee" ? readable.tee()[0] : readable);
   } };`,
  async (isolate) => {
    for (const path of ["/", "/tee"]) {
      const channel = isolate.fetch({ url: `http://h${path}` });
      await isolate.until(() => isolate.channel(channel).head?.status === 200, "a response");
      assert.equal(isolate.channel(channel).head.length, 5);
      isolate.window(channel, 65536);
      assert.equal((await isolate.answer(channel)).text, "hello");
    }
  });

worker(
  "a request with a FixedLengthStream has its length",
  `export default { async fetch() {
     const { readable, writable } = new FixedLengthStream(2);
     const w = writable.getWriter();
     w.write(new Uint8Array([104, 105])).then(() => w.close());
     await fetch("http://h/", { method: "POST", body: readable });
     return new Response();
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    assert.equal(out.length, 2);
    isolate.window(out.channel, 65536);
    await isolate.until(() => text(isolate.bytes(out.channel)) === "hi");
    isolate.head(out.channel, 200);
    await isolate.answer(channel);
  });
