// https://streams.spec.whatwg.org/#ws: writable streams.

import { returns } from "./lib/harness.js";

const tools = `
  const log = [];
  const tick = async () => { for (let i = 0; i < 30; i++) await null; };
  const tell = (name, p) => p.then((v) => { log.push(name + " " + v); }, (e) => { log.push(name + " ! " + (e?.name ?? e)); });
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
  const kind = async (f) => { try { const p = f(); if (!(p instanceof Promise)) return "value";
    try { await p; return "fulfilled"; } catch (e) { return "rejects " + e.name; } }
    catch (e) { return "throws " + e.name; } };`;

returns("interfaces look as Web IDL says", `
  const one = (C) => [C.name, C.length, ...Reflect.ownKeys(C.prototype).map((key) => {
    const d = Object.getOwnPropertyDescriptor(C.prototype, key);
    return String(key) + " " + (d.get ? d.get.name : typeof d.value === "function"
      ? d.value.name + "/" + d.value.length : d.value) + " " + d.enumerable; })];
  return [WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController].map(one);`,
[
  ["WritableStream", 0, "constructor WritableStream/0 false", "locked get locked true",
    "abort abort/0 true", "close close/0 true", "getWriter getWriter/0 true",
    "Symbol(Symbol.toStringTag) WritableStream false"],
  ["WritableStreamDefaultWriter", 1, "constructor WritableStreamDefaultWriter/1 false",
    "closed get closed true", "desiredSize get desiredSize true", "ready get ready true",
    "abort abort/0 true", "close close/0 true", "releaseLock releaseLock/0 true",
    "write write/0 true", "Symbol(Symbol.toStringTag) WritableStreamDefaultWriter false"],
  ["WritableStreamDefaultController", 0, "constructor WritableStreamDefaultController/0 false",
    "signal get signal true", "error error/0 true",
    "Symbol(Symbol.toStringTag) WritableStreamDefaultController false"],
]);

returns("methods refuse what is not theirs, and promise methods reject", `${tools}
  const result = [];
  for (const [C, names] of [[WritableStream, ["locked", "abort", "close", "getWriter"]],
    [WritableStreamDefaultWriter, ["closed", "desiredSize", "ready", "abort", "close", "releaseLock", "write"]],
    [WritableStreamDefaultController, ["signal", "error"]]]) {
    for (const key of names) {
      const d = Object.getOwnPropertyDescriptor(C.prototype, key);
      const kinds = new Set();
      for (const self of [undefined, {}, C.prototype]) kinds.add(await kind(() => (d.get ?? d.value).call(self)));
      result.push(key + " " + [...kinds]);
    }
  }
  return [result, name(() => new WritableStreamDefaultController()), name(() => WritableStream()),
    name(() => new WritableStreamDefaultWriter()), name(() => new WritableStreamDefaultWriter({}))];`,
[["locked throws TypeError", "abort rejects TypeError", "close rejects TypeError",
  "getWriter throws TypeError", "closed rejects TypeError", "desiredSize throws TypeError",
  "ready rejects TypeError", "abort rejects TypeError", "close rejects TypeError",
  "releaseLock throws TypeError", "write rejects TypeError", "signal throws TypeError",
  "error throws TypeError"], "TypeError", "TypeError", "TypeError", "TypeError"]);

returns("the sink is read in the order of Web IDL, after the strategy", `
  const asked = [];
  const spy = (name) => new Proxy({}, { get(target, key) { asked.push(name + "." + String(key)); } });
  new WritableStream(spy("sink"), spy("strategy"));
  return asked;`,
["strategy.highWaterMark", "strategy.size", "sink.abort", "sink.close", "sink.start", "sink.type",
  "sink.write"]);

returns("what is of the wrong type is refused", `${tools}
  const S = WritableStream;
  return [() => new S(null), () => new S("x"), () => new S({}, "x"), () => new S({ write: 1 }),
    () => new S({ close: null }), () => new S({ abort: {} }), () => new S({ start: "" }),
    () => new S({ type: "bytes" }), () => new S({ type: null }), () => new S({}, { size: {} }),
    () => new S({}, { highWaterMark: -1 }), () => new S({}, { highWaterMark: "x" }),
    () => new S({ type: undefined }, { highWaterMark: Infinity })].map(name);`,
[..."TTTTTTTRRTRRo"].map((c) => ({ T: "TypeError", R: "RangeError", o: "ok" })[c]));

returns("sink methods are called with the sink as this and the right arguments", `
  const log = [];
  const sink = {
    start(...a) { log.push(["start", this === sink, a.length, String(a[0])]); },
    write(...a) { log.push(["write", this === sink, a.length, a[0], String(a[1])]); },
    close(...a) { log.push(["close", this === sink, a.length]); },
    abort(...a) { log.push(["abort", this === sink, a.length, a[0]]); },
  };
  const w = new WritableStream(sink).getWriter();
  await w.write("x"); await w.close();
  await new WritableStream(sink).abort("why");
  return log;`,
[["start", true, 1, "[object WritableStreamDefaultController]"],
  ["write", true, 2, "x", "[object WritableStreamDefaultController]"], ["close", true, 0],
  ["start", true, 1, "[object WritableStreamDefaultController]"], ["abort", true, 1, "why"]]);

returns("chunks are written one at a time and in order, then the end", `${tools}
  let go;
  const s = new WritableStream({
    write(c) { log.push("write " + c); return new Promise((r) => { go = r; }); },
    close() { log.push("close"); } });
  const w = s.getWriter();
  tell("a", w.write("a")); tell("b", w.write("b")); tell("c", w.close());
  await tick(); log.push("-"); go(); await tick(); log.push("-"); go(); await tick();
  await w.closed;
  return log;`, ["write a", "-", "write b", "a undefined", "-", "close", "b undefined", "c undefined"]);

returns("ready and desiredSize follow what is queued", `${tools}
  let go;
  const w = new WritableStream({ write() { return new Promise((r) => { go = r; }); } },
    { highWaterMark: 3, size: (c) => c.length }).getWriter();
  const sizes = [w.desiredSize];
  const first = w.ready;
  w.write("ab"); sizes.push(w.desiredSize, w.ready === first);
  w.write("cd"); sizes.push(w.desiredSize, w.ready === first);
  tell("ready", w.ready);
  await tick(); sizes.push(log.length);
  go(); await tick();
  sizes.push(w.desiredSize, log[0]);
  return sizes;`, [3, 1, true, -1, false, 0, 1, "ready undefined"]);

returns("a sink that fails fails all that waits", `${tools}
  const s = new WritableStream({ write() { throw new SyntaxError(); } });
  const w = s.getWriter();
  tell("a", w.write(1)); tell("b", w.write(2)); tell("close", w.close()); tell("closed", w.closed);
  tell("ready", w.ready);
  await tick();
  tell("later", w.write(3)); tell("later close", w.close()); tell("abort", w.abort());
  await tick();
  return [log.sort(), w.desiredSize];`,
[["a ! SyntaxError", "abort undefined", "b ! SyntaxError", "close ! SyntaxError", "closed ! SyntaxError",
  "later ! SyntaxError", "later close ! TypeError", "ready undefined"], null]);

returns("abort() waits for what is under way, drops the rest and tells the sink", `${tools}
  let go, signal;
  const s = new WritableStream({ start(c) { signal = c.signal; signal.onabort = () => log.push("signal " + signal.reason); },
    write(c) { log.push("write " + c); return new Promise((r) => { go = r; }); },
    abort(r) { log.push("abort " + r); } });
  const w = s.getWriter();
  tell("a", w.write("a")); tell("b", w.write("b"));
  await tick();
  tell("abort 1", w.abort("why")); tell("abort 2", w.abort("again"));
  log.push(w.desiredSize);
  await tick(); log.push("-"); go(); await tick();
  tell("closed", w.closed); await tick();
  return [log, signal.aborted];`,
[["write a", "signal why", null, "-", "abort why", "a undefined", "b ! why", "abort 1 undefined",
  "abort 2 undefined", "closed ! why"], true]);

returns("the signal is there after the abort, too", `
  let c;
  const s = new WritableStream({ start(x) { c = x; } });
  await s.abort();
  return [c.signal.aborted, c.signal.reason.name, c.signal === c.signal];`, [true, "AbortError", true]);

returns("an abort that fails says so; what was close()d is not aborted", `${tools}
  tell("throws", new WritableStream({ abort() { throw "x"; } }).abort());
  const s = new WritableStream({ abort() { log.push("never"); } });
  await s.close(); tell("closed", s.abort());
  let go;
  const t = new WritableStream({ close() { return new Promise((r) => { go = r; }); }, abort() { log.push("never"); } });
  tell("close", t.close()); await tick(); tell("late", t.abort("z")); await tick(); go(); await tick();
  return log.sort();`,
["close undefined", "closed undefined", "late undefined", "throws ! x"]);

returns("controller.error() fails the stream once", `${tools}
  let c;
  const s = new WritableStream({ start(x) { c = x; } });
  const w = s.getWriter();
  c.error("e1"); c.error("e2");
  tell("write", w.write(1)); tell("ready", w.ready); tell("closed", w.closed);
  await tick();
  const t = new WritableStream({ start(x) { c = x; } }); await t.close(); c.error("late");
  tell("second", t.getWriter().closed); await tick();
  return log.sort();`, ["closed ! e1", "ready ! e1", "second undefined", "write ! e1"]);

returns("a released writer refuses; its promises are rejected; the next one works", `${tools}
  const s = new WritableStream();
  const w = s.getWriter();
  const { ready, closed } = w;
  const locked = [s.locked, name(() => s.getWriter()), await kind(() => s.close()), await kind(() => s.abort())];
  w.releaseLock(); w.releaseLock();
  for (const [key, p] of Object.entries({ ready, closed, "new ready": w.ready, "new closed": w.closed,
    write: w.write(), close: w.close(), abort: w.abort() })) tell(key, p);
  await tick();
  return [locked, log, name(() => w.desiredSize), ready === w.ready, closed === w.closed, s.locked,
    await kind(() => s.getWriter().write(1))];`,
[[true, "TypeError", "rejects TypeError", "rejects TypeError"],
  ["ready undefined", "closed ! TypeError", "new ready ! TypeError", "new closed ! TypeError", "write ! TypeError",
    "close ! TypeError", "abort ! TypeError"], "TypeError", false, true, false, "fulfilled"]);

returns("close() twice, or write() after it, is refused", `${tools}
  const s = new WritableStream();
  const w = s.getWriter();
  tell("a", w.close()); tell("b", w.close()); tell("c", w.write(1));
  await tick();
  w.releaseLock(); tell("d", s.close()); tell("e", new WritableStream().close()); await tick();
  return log.sort();`, ["a undefined", "b ! TypeError", "c ! TypeError", "d ! TypeError", "e undefined"]);

returns("size() may release, fail or return nonsense", `${tools}
  let w;
  w = new WritableStream({}, { size() { w.releaseLock(); return 1; } }).getWriter(); tell("released", w.write(1));
  w = new WritableStream({}, { size() { throw "s"; } }).getWriter(); tell("thrown", w.write(1)); tell("closed", w.closed);
  w = new WritableStream({}, { size: () => -1 }).getWriter(); tell("negative", w.write(1));
  await tick();
  return log.sort();`, ["closed ! s", "negative ! RangeError", "released ! TypeError", "thrown ! s"]);

returns("a start that fails fails the stream", `${tools}
  const w = new WritableStream({ start: () => Promise.reject("s"), write() { log.push("never"); } }).getWriter();
  tell("write", w.write(1)); tell("closed", w.closed); await tick();
  return [log.sort(), name(() => new WritableStream({ start() { throw new SyntaxError(); } }))];`,
[["closed ! s", "write ! s"], "SyntaxError"]);

returns("promises that nobody looks at are no unhandled rejections", `
  let c;
  const s = new WritableStream({ start(x) { c = x; } });
  const w = s.getWriter();
  w.closed; w.ready; c.error("quiet");
  w.releaseLock();
  new ReadableStream({ start(x) { x.error("quiet"); } }).getReader().closed;
  const t = new TransformStream({ start(x) { x.error("quiet"); } });
  t.readable.getReader().closed; t.writable.getWriter().ready;
  new ReadableStream({ start(x) { x.error("quiet"); } }).pipeThrough(new TransformStream());
  return await new Promise((r) => setTimeout(r, 5, "fine"));`, "fine");
