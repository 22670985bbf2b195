// https://streams.spec.whatwg.org/#rs: readable streams.

import { rejects, returns } from "./lib/harness.js";

// -- the shape of the interfaces ----------------------------------------------

returns("interfaces look as Web IDL says", `
  const shape = (C) => {
    const members = (object) => Object.fromEntries(
      Reflect.ownKeys(object).filter((k) => !["prototype", "constructor"].includes(k))
        .map((key) => {
          const d = Object.getOwnPropertyDescriptor(object, key);
          const what = d.get ? "get" + (d.set ? "/set" : "") + " " + d.get.name
            : typeof d.value === "function" ? d.value.name + "/" + d.value.length : d.value;
          return [String(key), [what, d.enumerable, d.writable, d.configurable].join(" ")];
        }));
    const d = Object.getOwnPropertyDescriptor(globalThis, C.name);
    return { global: [d.value === C, d.writable, d.enumerable, d.configurable].join(" "),
      statics: members(C), members: members(C.prototype),
      constructor: C.prototype.constructor === C, writable:
      Object.getOwnPropertyDescriptor(C, "prototype").writable };
  };
  const one = (C) => { const { global, statics, members, constructor, writable } = shape(C);
    return [global, constructor, writable, statics.length, statics.name,
      ...Object.entries(statics).filter(([k]) => k !== "length" && k !== "name").flat(),
      ...Object.entries(members).map(([k, v]) => k + ": " + v)]; };
  return [ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader,
    ReadableStreamBYOBRequest, ReadableByteStreamController, ReadableStreamDefaultController,
    ByteLengthQueuingStrategy, CountQueuingStrategy].map(one);`,
[
  ["true true false true", true, false, "0 false false true", "ReadableStream false false true",
    "from", "from/1 true true true",
    "locked: get get locked true  true", "cancel: cancel/0 true true true",
    "getReader: getReader/0 true true true", "pipeThrough: pipeThrough/1 true true true",
    "pipeTo: pipeTo/1 true true true", "tee: tee/0 true true true",
    "values: values/0 true true true",
    "Symbol(Symbol.toStringTag): ReadableStream false false true",
    "Symbol(Symbol.asyncIterator): values/0 false true true"],
  ["true true false true", true, false, "1 false false true",
    "ReadableStreamDefaultReader false false true",
    "closed: get get closed true  true", "cancel: cancel/0 true true true",
    "read: read/0 true true true", "releaseLock: releaseLock/0 true true true",
    "Symbol(Symbol.toStringTag): ReadableStreamDefaultReader false false true"],
  ["true true false true", true, false, "1 false false true",
    "ReadableStreamBYOBReader false false true",
    "closed: get get closed true  true", "cancel: cancel/0 true true true",
    "read: read/1 true true true", "releaseLock: releaseLock/0 true true true",
    "Symbol(Symbol.toStringTag): ReadableStreamBYOBReader false false true"],
  ["true true false true", true, false, "0 false false true",
    "ReadableStreamBYOBRequest false false true",
    "view: get get view true  true", "respond: respond/1 true true true",
    "respondWithNewView: respondWithNewView/1 true true true",
    "Symbol(Symbol.toStringTag): ReadableStreamBYOBRequest false false true"],
  ["true true false true", true, false, "0 false false true",
    "ReadableByteStreamController false false true",
    "byobRequest: get get byobRequest true  true",
    "desiredSize: get get desiredSize true  true", "close: close/0 true true true",
    "enqueue: enqueue/1 true true true", "error: error/0 true true true",
    "Symbol(Symbol.toStringTag): ReadableByteStreamController false false true"],
  ["true true false true", true, false, "0 false false true",
    "ReadableStreamDefaultController false false true",
    "desiredSize: get get desiredSize true  true", "close: close/0 true true true",
    "enqueue: enqueue/0 true true true", "error: error/0 true true true",
    "Symbol(Symbol.toStringTag): ReadableStreamDefaultController false false true"],
  ["true true false true", true, false, "1 false false true",
    "ByteLengthQueuingStrategy false false true",
    "highWaterMark: get get highWaterMark true  true", "size: get get size true  true",
    "Symbol(Symbol.toStringTag): ByteLengthQueuingStrategy false false true"],
  ["true true false true", true, false, "1 false false true",
    "CountQueuingStrategy false false true",
    "highWaterMark: get get highWaterMark true  true", "size: get get size true  true",
    "Symbol(Symbol.toStringTag): CountQueuingStrategy false false true"],
], { only: "engine" });

returns("the asynchronous iterator looks as Web IDL says", `
  const stream = new ReadableStream();
  const iterator = stream.values();
  const prototype = Object.getPrototypeOf(iterator);
  const AsyncIterator = Object.getPrototypeOf(
    Object.getPrototypeOf(async function* () {}).prototype);
  return [Reflect.ownKeys(iterator).length, Reflect.ownKeys(prototype).map(String),
    Object.getPrototypeOf(prototype) === AsyncIterator, prototype.next.length,
    prototype.return.length, prototype.next.name, prototype.return.name,
    Object.getOwnPropertyDescriptor(prototype, "next").enumerable,
    ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values,
    iterator[Symbol.asyncIterator]() === iterator, String(iterator), stream.locked];`,
[0, ["next", "return", "Symbol(Symbol.toStringTag)"], true, 0, 1, "next", "return", true, true,
  true, "[object ReadableStream AsyncIterator]", true]);

returns("constructors that are not for workers throw", `
  const name = (f) => { try { f(); return "did not throw"; } catch (e) { return e.name; } };
  return [() => new ReadableStreamBYOBRequest(), () => new ReadableByteStreamController({}),
    () => new ReadableStreamDefaultController({}), () => ReadableStream(),
    () => new ReadableStreamDefaultReader(), () => new ReadableStreamDefaultReader({}),
    () => new ReadableStreamBYOBReader(new ReadableStream()),
    () => new ReadableStreamDefaultReader(Object.create(ReadableStream.prototype))].map(name);`,
Array(8).fill("TypeError"));

returns("methods refuse what is not theirs, and promise methods reject", `
  const kind = async (f) => {
    try { const p = f(); if (!(p instanceof Promise)) return "value";
      try { await p; return "fulfilled"; } catch (e) { return "rejects " + e.name; } }
    catch (e) { return "throws " + e.name; } };
  const result = [];
  for (const [C, names] of [[ReadableStream, ["locked", "cancel", "getReader", "pipeThrough",
    "pipeTo", "tee", "values"]], [ReadableStreamDefaultReader, ["closed", "cancel", "read",
    "releaseLock"]], [ReadableStreamBYOBReader, ["closed", "cancel", "read", "releaseLock"]],
    [ReadableByteStreamController, ["byobRequest", "desiredSize", "close", "enqueue", "error"]],
    [ReadableStreamDefaultController, ["desiredSize", "close", "enqueue", "error"]],
    [ReadableStreamBYOBRequest, ["view", "respond", "respondWithNewView"]],
    [CountQueuingStrategy, ["size", "highWaterMark"]]]) {
    for (const name of names) {
      const d = Object.getOwnPropertyDescriptor(C.prototype, name);
      const f = d.get ?? d.value;
      const kinds = new Set();
      for (const self of [undefined, null, 1, "x", {}, C.prototype, new Proxy(new ReadableStream(), {})]) {
        kinds.add(await kind(() => f.call(self, 1)));
      }
      result.push(name + " " + [...kinds]);
    }
  }
  const { next, return: end } = Object.getPrototypeOf(new ReadableStream().values());
  result.push(await kind(() => next.call({})), await kind(() => end.call({})));
  return result;`,
["locked throws TypeError", "cancel rejects TypeError", "getReader throws TypeError",
  "pipeThrough throws TypeError", "pipeTo rejects TypeError", "tee throws TypeError",
  "values throws TypeError", "closed rejects TypeError", "cancel rejects TypeError",
  "read rejects TypeError", "releaseLock throws TypeError", "closed rejects TypeError",
  "cancel rejects TypeError", "read rejects TypeError", "releaseLock throws TypeError",
  "byobRequest throws TypeError", "desiredSize throws TypeError", "close throws TypeError",
  "enqueue throws TypeError", "error throws TypeError", "desiredSize throws TypeError",
  "close throws TypeError", "enqueue throws TypeError", "error throws TypeError",
  "view throws TypeError", "respond throws TypeError", "respondWithNewView throws TypeError",
  "size throws TypeError", "highWaterMark throws TypeError", "rejects TypeError",
  "rejects TypeError"]);

// -- conversions ----------------------------------------------------------------

const spy = `
  const asked = [];
  const spy = (name, values = {}) => new Proxy(values, { get(target, key) {
    asked.push(name + "." + String(key)); return target[key]; } });`;

returns("dictionaries are read in the order of Web IDL", `${spy}
  new ReadableStream(spy("source"), spy("strategy"));
  new ReadableStream(spy("bytes", { type: "bytes" }), spy("strategy"));
  new ReadableStream().getReader(spy("reader"));
  const { readable, writable } = new TransformStream();
  await new ReadableStream({ start(c) { c.close(); } }).pipeThrough(
    spy("pair", { readable, writable }), spy("options")).cancel();
  new ReadableStream().values(spy("values"));
  const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
  reader.read(new Uint8Array(1), spy("read"));
  new CountQueuingStrategy(spy("init", { highWaterMark: 1 }));
  return asked;`,
["strategy.highWaterMark", "strategy.size", "source.autoAllocateChunkSize", "source.cancel",
  "source.pull", "source.start", "source.type", "strategy.highWaterMark", "strategy.size",
  "bytes.autoAllocateChunkSize", "bytes.cancel", "bytes.pull", "bytes.start", "bytes.type",
  "reader.mode", "pair.readable", "pair.writable", "options.preventAbort",
  "options.preventCancel", "options.preventClose", "options.signal", "values.preventCancel",
  "read.min", "init.highWaterMark"]);

returns("what is of the wrong type is refused", `
  const name = (f) => { try { f(); return "did not throw"; } catch (e) { return e.name; } };
  const S = ReadableStream;
  return [() => new S(null), () => new S(1), () => new S({}, 1), () => new S({ pull: 1 }),
    () => new S({ start: null }), () => new S({ cancel: {} }), () => new S({ type: "byte" }),
    () => new S({ type: null }), () => new S({ type: "bytes" }, { size() { return 1; } }),
    () => new S({}, { size: 1 }), () => new S({}, { highWaterMark: -1 }),
    () => new S({}, { highWaterMark: NaN }), () => new S({}, { highWaterMark: 1n }),
    () => new S({ type: "bytes", autoAllocateChunkSize: 0 }),
    () => new S({ type: "bytes", autoAllocateChunkSize: -1 }),
    () => new S({ type: "bytes", autoAllocateChunkSize: NaN }),
    () => new S({ autoAllocateChunkSize: Infinity }),
    () => new S().getReader({ mode: "x" }), () => new S().getReader({ mode: null }),
    () => new S().getReader({ mode: "byob" }), () => new S().getReader(1),
    () => new S().pipeThrough(), () => new S().pipeThrough({}),
    () => new S().pipeThrough({ readable: new S(), writable: new S() }),
    () => new S().pipeThrough(new TransformStream(), { signal: null }),
    () => new S().values(1), () => S.from(), () => S.from(null), () => S.from({}),
    () => S.from({ [Symbol.asyncIterator]: 1 }), () => S.from({ [Symbol.iterator]() { return 1; } }),
    () => new CountQueuingStrategy(), () => new CountQueuingStrategy({}),
    () => new CountQueuingStrategy({ highWaterMark: Symbol() })].map(name);`,
[..."TTTTTTTTRTRRTTTTTTTTTTTTTTTTTTTTTT"].map(
  (c) => ({ T: "TypeError", R: "RangeError" })[c]));

returns("what is odd is taken", `
  const S = ReadableStream;
  new S(undefined, undefined); new S({}, null); new S(() => {}, () => {});
  new S({ type: undefined, pull: undefined }, { highWaterMark: "5", size: undefined });
  new S({ type: { toString: () => "bytes" } }, { highWaterMark: undefined });
  new S({ type: "bytes", autoAllocateChunkSize: "7.9" });
  new S().getReader(null); new S().getReader({ mode: undefined });
  return [new CountQueuingStrategy({ highWaterMark: NaN }).highWaterMark === null,
    new CountQueuingStrategy({ highWaterMark: -3 }).highWaterMark,
    new ByteLengthQueuingStrategy({ highWaterMark: "4" }).highWaterMark];`, [false, -3, 4]);

returns("the size functions are one each, and no constructors", `
  const a = new CountQueuingStrategy({ highWaterMark: 1 }).size;
  const b = new ByteLengthQueuingStrategy({ highWaterMark: 1 }).size;
  let error; try { new a(); } catch (e) { error = e.name; }
  let none; try { b(); } catch (e) { none = e.name; }
  return [a === new CountQueuingStrategy({ highWaterMark: 2 }).size,
    b === new ByteLengthQueuingStrategy({ highWaterMark: 2 }).size, a.name, a.length, b.name,
    b.length, a(), b({ byteLength: 7 }), b("abc") === undefined, "prototype" in a, error, none];`,
[true, true, "size", 0, "size", 1, 1, 7, true, false, "TypeError", "TypeError"]);

// -- default streams ----------------------------------------------------------------

returns("chunks come in order, then the end", `
  const s = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue(undefined); c.close(); } });
  const r = s.getReader();
  const results = [await r.read(), await r.read(), await r.read(), await r.read()];
  await r.closed;
  return results.map((x) => [x.done, String(x.value), Object.keys(x).join()]);`,
[[false, "a", "value,done"], [false, "undefined", "value,done"], [true, "undefined", "value,done"],
  [true, "undefined", "value,done"]]);

returns("pull is called as the strategy says, and not again while it runs", `
  const log = [];
  let go;
  let n = 0;
  const s = new ReadableStream({
    pull(c) { log.push("pull " + c.desiredSize); c.enqueue(++n); return new Promise((r) => { go = r; }); },
  }, { highWaterMark: 3 });
  const tick = async () => { for (let i = 0; i < 20; i++) await null; };
  await tick(); log.push("-");
  go(); await tick(); log.push("-");
  go(); await tick(); log.push("-");
  go(); await tick();
  await s.getReader().read(); await tick();
  return log;`, ["pull 3", "-", "pull 2", "-", "pull 1", "-", "pull 1"]);

returns("source methods are called with the source as this and the right arguments", `
  const log = [];
  const source = {
    start(...a) { log.push(["start", this === source, a.length, String(a[0])]); },
    pull(...a) { log.push(["pull", this === source, a.length, String(a[0])]); },
    cancel(...a) { log.push(["cancel", this === source, a.length, a[0]]); },
  };
  await new ReadableStream(source).cancel("why");
  return log;`,
[["start", true, 1, "[object ReadableStreamDefaultController]"],
  ["cancel", true, 1, "why"]]);

returns("a source that throws or rejects fails its stream", `
  const result = [];
  const thrown = new Error("e");
  for (const source of [{ start: () => Promise.reject(thrown) }, { pull() { throw thrown; } },
    { pull: () => Promise.reject(thrown) }, { pull: () => ({ then(a, b) { b(thrown); } }) },
    { pull: () => ({ get then() { throw thrown; } }) }]) {
    const r = new ReadableStream(source).getReader();
    const read = await r.read().catch((e) => e === thrown);
    const closed = await r.closed.catch((e) => e === thrown);
    result.push(read && closed);
  }
  try { new ReadableStream({ start() { throw thrown; } }); } catch (e) { result.push(e === thrown); }
  return result;`, [true, true, true, true, true, true]);

returns("size() that throws or returns nonsense fails the stream and enqueue()", `
  const result = [];
  for (const size of [() => { throw new SyntaxError(); }, () => NaN, () => -1, () => Infinity,
    () => 1n, () => "2"]) {
    let c;
    const s = new ReadableStream({ start(x) { c = x; } }, { size, highWaterMark: 5 });
    try { c.enqueue("a"); result.push(c.desiredSize); } catch (e) {
      result.push(e.name, (await s.getReader().read().catch((x) => x)) === e);
    }
  }
  return result;`,
["SyntaxError", true, "RangeError", true, "RangeError", true, "RangeError", true, "TypeError", true, 3]);

returns("size() is called without this", `
  let self = 1, given;
  new ReadableStream({ start(c) { c.enqueue("x"); } },
    { size(...a) { self = this; given = a; return 1; } });
  return [self === undefined, given];`, [true, ["x"]]);

returns("a controller that is closed refuses more", `
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
  const result = [];
  let c;
  new ReadableStream({ start(x) { c = x; } });
  c.enqueue(1); c.close();
  result.push(c.desiredSize, name(() => c.enqueue(1)), name(() => c.close()));
  new ReadableStream({ start(x) { c = x; } });
  c.error(1); c.error(2);
  result.push(c.desiredSize, name(() => c.enqueue(1)), name(() => c.close()));
  const s = new ReadableStream({ start(x) { c = x; } });
  await s.cancel();
  result.push(c.desiredSize, name(() => c.enqueue(1)), name(() => c.close()));
  return result;`,
[0, "TypeError", "TypeError", null, "TypeError", "TypeError", 0, "TypeError", "TypeError"]);

returns("readers can be made by their constructors", `
  const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3])); } });
  const a = new ReadableStreamBYOBReader(s);
  let locked; try { new ReadableStreamDefaultReader(s); } catch (e) { locked = e.name; }
  const first = [...(await a.read(new Uint8Array(2))).value];
  a.releaseLock();
  const b = new ReadableStreamDefaultReader(s);
  const w = new WritableStreamDefaultWriter(new WritableStream());
  return [first, [...(await b.read()).value], locked, String(await w.write(1))];`,
[[1, 2], [3], "TypeError", "undefined"]);

returns("releaseLock() rejects what waits, and the stream goes on", `
  let c;
  const s = new ReadableStream({ start(x) { c = x; } });
  const r = s.getReader();
  const { closed } = r;
  const reads = [r.read(), r.read()];
  r.releaseLock(); r.releaseLock();
  const names = [];
  for (const p of [...reads, closed, r.closed, r.read(), r.cancel()]) names.push(await p.catch((e) => e.name));
  c.enqueue("later");
  names.push(closed === r.closed, s.locked, (await s.getReader().read()).value);
  return names;`,
["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", true, false, "later"]);

returns("closed is one promise until it is another", `
  let c;
  const s = new ReadableStream({ start(x) { c = x; } });
  const r = s.getReader();
  const before = r.closed;
  c.close();
  const same = before === r.closed;
  await before;
  r.releaseLock();
  return [same, before === r.closed, await r.closed.catch((e) => e.name),
    await s.getReader().closed === undefined];`, [true, false, "TypeError", true]);

returns("cancel() gives the source its reason, once, and says what it says", `
  const log = [];
  const tell = async (p) => log.push(await p.then((v) => String(v), (e) => "! " + e));
  let s = new ReadableStream({ cancel(r) { log.push(r); return "ignored"; } });
  await tell(s.cancel("a")); await tell(s.cancel("b"));
  await tell(new ReadableStream({ cancel() { throw "c"; } }).cancel());
  await tell(new ReadableStream({ cancel: () => Promise.reject("d") }).cancel());
  await tell(new ReadableStream({ start(c) { c.error("e"); } }).cancel());
  s = new ReadableStream(); s.getReader(); await tell(s.cancel());
  return log;`,
["a", "undefined", "undefined", "! c", "! d", "! e",
  "! TypeError: This ReadableStream is currently locked to a reader."]);

// -- byte streams ------------------------------------------------------------------

returns("a byte stream takes the buffer it is given and reads it as it was", `
  const chunk = new Uint16Array([1, 2, 3]).subarray(1);
  const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(chunk); c.close(); } });
  const { value } = await s.getReader().read();
  return [chunk.byteLength, chunk.buffer.byteLength, value.constructor.name, [...value],
    value.byteOffset, value.buffer.byteLength];`, [0, 0, "Uint8Array", [2, 0, 3, 0], 2, 6]);

returns("a byte stream refuses what has no bytes", `
  let c;
  new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
  const gone = new Uint8Array(4);
  structuredClone;
  new ReadableStream({ type: "bytes", start(x) { x.enqueue(gone); } });
  return [() => c.enqueue(), () => c.enqueue(1), () => c.enqueue(new ArrayBuffer(1)),
    () => c.enqueue(new Uint8Array(0)), () => c.enqueue(gone),
    () => c.enqueue(new DataView(gone.buffer)), () => c.enqueue(new DataView(new ArrayBuffer(2))),
  ].map(name);`, [...Array(6).fill("TypeError"), "ok"]);

returns("read(view) fills the view and gives its memory back", `
  const s = new ReadableStream({ type: "bytes", pull(c) {
    const { view } = c.byobRequest;
    view[0] = 7; view[1] = 8; c.byobRequest.respond(2); } });
  const r = s.getReader({ mode: "byob" });
  const mine = new Uint8Array(8).subarray(4);
  const { value, done } = await r.read(mine);
  return [mine.byteLength, mine.buffer.byteLength, [...value], value.byteOffset,
    value.buffer.byteLength, done];`, [0, 0, [7, 8], 4, 8, false]);

returns("read(view) keeps the kind of view, in whole elements", `
  const result = [];
  for (const K of [Int8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array, DataView]) {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array(17)); } });
    const r = s.getReader({ mode: "byob" });
    const { value } = await r.read(new K(new ArrayBuffer(32)));
    result.push(value.constructor.name + " " + value.byteLength);
  }
  return result;`,
["Int8Array 17", "Uint8ClampedArray 17", "Int16Array 16", "Uint32Array 16", "Float32Array 16",
  "Float64Array 16", "BigInt64Array 16", "BigUint64Array 16", "DataView 17"]);

returns("min: as many elements as wanted, or what there is at the end", `
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const r = s.getReader({ mode: "byob" });
  let state = "waits";
  const read = r.read(new Uint16Array(4), { min: 3 });
  read.then(() => { state = "done"; });
  const tick = async () => { for (let i = 0; i < 20; i++) await null; };
  c.enqueue(new Uint8Array([1, 0, 2])); await tick();
  const first = [state, c.byobRequest.view.byteOffset, c.byobRequest.view.byteLength];
  c.enqueue(new Uint8Array([0, 3])); await tick();
  const second = state;
  c.enqueue(new Uint8Array([0, 4])); await tick();
  const { value } = await read;
  const rest = r.read(new Uint8Array(8), { min: 8 });
  c.close(); c.byobRequest?.respond(0);
  const last = await rest;
  return [first, second, state, [...value], [...last.value], last.done, await r.read(new Uint8Array(1)).then((x) => x.done)];`,
[["waits", 3, 5], "waits", "done", [1, 2, 3], [4], true, true]);

returns("min and view are checked in this order", `
  const r = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
  const name = (...a) => r.read(...a).then(() => "ok", (e) => e.name);
  const empty = new Uint8Array(0);
  return [await name(), await name(1), await name(new ArrayBuffer(1)), await name(empty),
    await name(new Uint8Array(1), 1), await name(new Uint8Array(1), { min: 0 }),
    await name(new Uint8Array(1), { min: -1 }), await name(new Uint8Array(1), { min: 2 }),
    await name(new Uint16Array(1), { min: 2 }), await name(new DataView(new ArrayBuffer(1)), { min: 2 }),
    await name(empty, { min: 2 }), await name(new Uint8Array(1), { min: NaN })];`,
["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError",
  "RangeError", "RangeError", "RangeError", "TypeError", "TypeError"]);

returns("a request that was answered is void", `
  let request;
  const s = new ReadableStream({ type: "bytes", pull(c) { request ??= c.byobRequest; request.view[0] = 1; request.respond(1); } });
  await s.getReader({ mode: "byob" }).read(new Uint8Array(4));
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
  return [request.view, name(() => request.respond(1)), name(() => request.respondWithNewView(new Uint8Array(1))),
    name(() => request.respond()), name(() => request.respondWithNewView({}))];`,
[null, "TypeError", "TypeError", "TypeError", "TypeError"]);

returns("answers that do not fit are refused, and the right one is taken", `
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const read = s.getReader({ mode: "byob" }).read(new Uint8Array(new ArrayBuffer(8), 2, 4));
  const { byobRequest: q } = c;
  const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
  const { buffer } = q.view;
  return [name(() => q.respond(0)), name(() => q.respond(5)), name(() => q.respond(-1)), name(() => q.respond(1n)),
    name(() => q.respondWithNewView(new Uint8Array(buffer, 0, 4))),
    name(() => q.respondWithNewView(new Uint8Array(buffer, 2, 5))),
    name(() => q.respondWithNewView(new Uint8Array(buffer, 2, 0))),
    name(() => q.respondWithNewView(new Uint8Array(new ArrayBuffer(9), 2, 4))),
    q === c.byobRequest, name(() => q.respondWithNewView(new Uint8Array(buffer, 2, 3))),
    (await read).value.byteLength, buffer.byteLength];`,
["TypeError", "RangeError", "TypeError", "TypeError", "RangeError", "RangeError", "TypeError",
  "RangeError", true, "ok", 3, 0]);

returns("autoAllocateChunkSize gives a source something to fill", `
  const sizes = [];
  const s = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 16, pull(c) {
    const { view } = c.byobRequest; sizes.push(view.byteLength);
    view[0] = 5; c.byobRequest.respond(1); } });
  const { value } = await s.getReader().read();
  return [sizes, [...value], value.buffer.byteLength];`, [[16], [5], 16]);

returns("an auto-allocation that is too big fails the read only", `
  const s = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 2 ** 53 - 1 });
  const r = s.getReader();
  const first = await r.read().catch((e) => e.name);
  r.releaseLock();
  return [first, s.locked];`, ["RangeError", false]);

returns("what a released BYOB reader has left in its view is not lost", `
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const r = s.getReader({ mode: "byob" });
  const read = r.read(new Uint32Array(1)).catch((e) => e.name);
  c.byobRequest.view.set([1, 2]); c.byobRequest.respond(2);
  r.releaseLock();
  const next = s.getReader().read();
  c.byobRequest.view.set([3]); c.byobRequest.respond(1);
  c.enqueue(new Uint8Array([4]));
  return [await read, [...(await next).value]];`, ["TypeError", [1, 2, 3]]);

returns("an end inside of an element is an error", `
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const r = s.getReader({ mode: "byob" });
  const read = r.read(new Uint16Array(2)).catch((e) => e.name);
  c.enqueue(new Uint8Array(1));
  let thrown; try { c.close(); } catch (e) { thrown = e.name; }
  return [thrown, await read, await r.closed.catch((e) => e.name)];`,
["TypeError", "TypeError", "TypeError"]);

returns("cancel() gives waiting views back as undefined", `
  const s = new ReadableStream({ type: "bytes" });
  const r = s.getReader({ mode: "byob" });
  const read = r.read(new Uint8Array(4));
  await r.cancel();
  const { value, done } = await read;
  const after = await r.read(new Uint8Array(4));
  return [String(value), done, after.done, after.value.byteLength, after.value.buffer.byteLength];`,
["undefined", true, true, 0, 4]);

returns("a byte source is pulled when it has started, and not when it is closing", `
  const log = [];
  const tick = async () => { for (let i = 0; i < 20; i++) await null; };
  let go, c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; return new Promise((r) => { go = r; }); },
    pull() { log.push("pull"); } }, { highWaterMark: 8 });
  await tick(); log.push("-");
  go(); await tick(); log.push("-");
  c.enqueue(new Uint8Array(2)); c.close();
  const r = s.getReader();
  log.push((await r.read()).value.length, (await r.read()).done); await tick();
  return log;`, ["-", "pull", "-", "pull", 2, true]);

returns("what was read, piped or cancelled is disturbed, and no body any more", `
  const result = [];
  for (const disturb of [(s) => s.cancel(), (s) => s.getReader().cancel(), (s) => s.getReader().read(),
    (s) => { s.pipeTo(new WritableStream(), { signal: AbortSignal.abort(), preventCancel: true }).catch(() => {}); },
    (s) => { for (const b of s.tee()) b.cancel(); },
    (s) => { const r = s.getReader(); r.releaseLock(); }]) {
    const s = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); } });
    disturb(s);
    for (let i = 0; i < 20; i++) await null;
    try { new Response(s); result.push("ok"); } catch (e) { result.push(/(disturbed|locked)/.exec(e.message)[0]); }
  }
  return result;`, ["disturbed", "disturbed", "disturbed", "disturbed", "disturbed", "ok"]);

returns("memory that cannot be transferred is refused", `
  const { buffer } = new WebAssembly.Memory({ initial: 1 });
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const r = s.getReader({ mode: "byob" });
  const result = [await r.read(new Uint8Array(buffer)).catch((e) => e.name)];
  r.read(new Uint8Array(8));
  for (const f of [() => c.enqueue(new Uint8Array(buffer)), () => c.byobRequest.respondWithNewView(new Uint8Array(buffer, 0, 8))]) {
    try { f(); result.push("ok"); } catch (e) { result.push(e.name); }
  }
  return [result, buffer.byteLength];`, [["TypeError", "TypeError", "RangeError"], 65536], { only: "engine" });

returns("shared memory is refused", `
  const view = new Uint8Array(new SharedArrayBuffer(65536));
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  let thrown; try { c.enqueue(view); } catch (e) { thrown = e.name; }
  return [thrown, await s.getReader({ mode: "byob" }).read(view).catch((e) => e.name)];`, ["TypeError", "TypeError"]);

returns("the clone of a body has chunks of its own", `
  const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([1, 2])); c.close(); } });
  const a = new Response(stream), b = a.clone();
  const x = (await a.body.getReader().read()).value;
  x[0] = 9;
  const failing = new Response(new ReadableStream({ start(c) { c.enqueue(() => {}); } }));
  failing.clone();
  return [[...x], [...(await b.bytes())], await failing.text().catch((e) => e.name)];`,
[[9, 2], [1, 2], "DataCloneError"]);

// -- from, iteration, tee ----------------------------------------------------------

returns("from() takes iterables of both kinds", `
  const all = async (x) => { const list = []; for await (const v of ReadableStream.from(x)) list.push(v); return list; };
  return [await all([1, 2]), await all("ab"), await all(new Set([3])), await all([Promise.resolve(4), 5]),
    await all((async function* () { yield 6; yield 7; })()), await all(new ReadableStream({
      start(c) { c.enqueue(8); c.close(); } })),
    await all({ [Symbol.asyncIterator]: null, [Symbol.iterator]: () => [9][Symbol.iterator]() })];`,
[[1, 2], ["a", "b"], [3], [4, 5], [6, 7], [8], [9]]);

returns("from() asks for a value when one is wanted, and for the return when cancelled", `
  const log = [];
  const iterable = { [Symbol.asyncIterator]() { log.push("iterator"); return {
    n: 0, next(...a) { log.push("next " + a.length); return { value: ++this.n, done: false }; },
    return(...a) { log.push("return " + a); return {}; } }; } };
  const s = ReadableStream.from(iterable);
  for (let i = 0; i < 20; i++) await null;
  log.push("-");
  const r = s.getReader();
  log.push((await r.read()).value);
  await r.cancel("why");
  return log;`, ["iterator", "-", "next 0", 1, "return why"]);

returns("from() passes on what an iterator does wrong", `
  const fail = async (next, end) => {
    const s = ReadableStream.from({ [Symbol.asyncIterator]: () => ({ next, return: end }) });
    const r = s.getReader();
    if (end) return r.cancel().then(() => "ok", (e) => e.name ?? e);
    return r.read().then((x) => x.done, (e) => e.name ?? e); };
  return [await fail(() => { throw "a"; }), await fail(() => Promise.reject("b")), await fail(() => 1),
    await fail(() => Promise.resolve(1)), await fail(() => ({ get done() { throw "c"; } })),
    await fail(() => ({ done: true, get value() { throw "never"; } })),
    await fail(() => {}, () => 1), await fail(() => {}, () => { throw "d"; }), await fail(() => {}, 5)];`,
["a", "b", "TypeError", "TypeError", "c", true, "TypeError", "d", "TypeError"]);

returns("from() closes a synchronous iterator whose value rejects", `
  const log = [];
  const iterable = { [Symbol.iterator]: () => ({
    next: () => ({ value: Promise.reject("no"), done: false }),
    return() { log.push("return"); return {}; } }) };
  const r = ReadableStream.from(iterable).getReader();
  log.push(await r.read().catch((e) => e));
  return log;`, ["return", "no"]);

returns("iteration ends with the stream and releases it", `
  const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } });
  const list = [];
  for await (const v of s) list.push(v);
  return [list, s.locked];`, [[1, 2], false]);

returns("a break cancels, or does not", `
  const log = [];
  const make = () => new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); },
    cancel(r) { log.push("cancel " + r); } });
  const a = make(), b = make();
  for await (const v of a) break;
  for await (const v of b.values({ preventCancel: true })) break;
  return [log, a.locked, b.locked, (await b.getReader().read()).value];`,
[["cancel undefined"], false, false, 2]);

returns("next() and return() that overlap take turns", `
  const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); } });
  const i = s.values();
  const results = await Promise.all([i.next(), i.next(), i.return("r"), i.next(), i.return("q")]);
  return [results, s.locked];`,
[[{ value: 1, done: false }, { value: 2, done: false }, { value: "r", done: true }, { done: true },
  { value: "q", done: true }], false]);

returns("an error reaches the iteration once, and the lock is gone", `
  const s = new ReadableStream({ start(c) { c.error("e"); } });
  const i = s.values();
  return [await i.next().catch((e) => e), await i.next(), s.locked];`, ["e", { done: true }, false]);

returns("tee() of objects: the same for both; cancel waits for both", `
  const log = [];
  const s = new ReadableStream({ start(c) { c.enqueue({}); c.enqueue(1); }, cancel(r) { log.push(r); return "x"; } });
  const [a, b] = s.tee();
  const ra = a.getReader(), rb = b.getReader();
  const same = (await ra.read()).value === (await rb.read()).value;
  let settled = false;
  const first = ra.cancel("p"); first.then(() => { settled = true; });
  for (let i = 0; i < 20; i++) await null;
  const before = settled;
  await rb.cancel("q"); await first;
  return [s.locked, same, before, settled, log];`, [true, true, false, true, [["p", "q"]]]);

returns("tee() of bytes: each has its own", `
  const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2])); c.close(); } });
  const [a, b] = s.tee();
  const { value: x } = await a.getReader({ mode: "byob" }).read(new Uint8Array(4));
  x[0] = 9;
  const { value: y } = await b.getReader().read();
  return [[...x], [...y], x.buffer === y.buffer];`, [[9, 2], [1, 2], false]);

returns("a tee of bytes reads into the view of the branch that has one", `
  let given;
  const s = new ReadableStream({ type: "bytes", pull(c) {
    if (!c.byobRequest) { c.enqueue(new Uint8Array([5])); return; }
    given = c.byobRequest.view.byteLength; c.byobRequest.view[0] = 4; c.byobRequest.respond(1); } });
  const [a, b] = s.tee();
  const { value } = await a.getReader({ mode: "byob" }).read(new Uint8Array(6));
  const r = b.getReader();
  return [given, [...value], [...(await r.read()).value], [...(await r.read()).value]];`,
[6, [4], [4], [5]]);

returns("an error of a teed byte stream reaches both branches, after a view was read into", `
  let c;
  const [a, b] = new ReadableStream({ type: "bytes", start(x) { c = x; } }).tee();
  const r = a.getReader({ mode: "byob" }), q = b.getReader();
  const first = r.read(new Uint8Array(2));
  for (let i = 0; i < 20; i++) await null;
  c.enqueue(new Uint8Array([1])); await first;
  const reads = [r.read(new Uint8Array(2)), q.read(), q.read(), r.closed, q.closed];
  for (let i = 0; i < 20; i++) await null;
  c.error("e");
  return await Promise.all(reads.map((p) => p.then((x) => [...x.value], (e) => e)));`,
["e", [1], "e", "e", "e"]);

returns("an error of a teed stream reaches both branches", `
  let c;
  const [a, b] = new ReadableStream({ start(x) { c = x; } }).tee();
  const reads = [a.getReader().read(), b.getReader().read()];
  c.error("e");
  return await Promise.all(reads.map((p) => p.catch((e) => e)));`, ["e", "e"]);

// -- pipes --------------------------------------------------------------------------

const pipe = `
  const log = [];
  const sink = (more = {}) => new WritableStream({ write(c) { log.push(c); },
    close() { log.push("close"); }, abort(r) { log.push("abort " + r); }, ...more });
  const source = (...chunks) => new ReadableStream({ start(c) {
    for (const x of chunks) x === "end" ? c.close() : c.enqueue(x); },
    cancel(r) { log.push("cancel " + r); } });
  const tell = async (p) => log.push(await p.then((v) => String(v), (e) => "! " + (e.name ?? e)));`;

returns("pipeTo() writes all, then closes", `${pipe}
  const s = source(1, 2, "end"), d = sink();
  const p = s.pipeTo(d);
  const locked = [s.locked, d.locked];
  await tell(p);
  return [locked, s.locked, d.locked, log];`,
[[true, true], false, false, [1, 2, "close", "undefined"]]);

returns("each prevent option stops its own propagation", `${pipe}
  const bad = () => new ReadableStream({ start(c) { c.error("E"); } });
  const dead = () => new WritableStream({ start(c) { c.error("D"); } });
  await tell(source("end").pipeTo(sink(), { preventClose: true }));
  await tell(bad().pipeTo(sink())); await tell(bad().pipeTo(sink(), { preventAbort: true }));
  await tell(source(1).pipeTo(dead())); await tell(source(1).pipeTo(dead(), { preventCancel: true }));
  return log;`,
["undefined", "abort E", "! E", "! E", "cancel D", "! D", "! D"]);

returns("a destination that is closed already refuses", `${pipe}
  const d = sink(); await d.close(); log.length = 0;
  const s = source(1);
  await tell(s.pipeTo(d));
  return log;`, ["cancel TypeError: The destination was closed before all could be piped to it.", "! TypeError"]);

returns("pipeTo() rejects before it locks anything", `${pipe}
  const s = source(), d = sink(), l = source(), m = sink();
  l.getReader(); m.getWriter();
  for (const p of [s.pipeTo(), s.pipeTo({}), s.pipeTo(d, 1), s.pipeTo(d, { signal: {} }),
    s.pipeTo(d, { get preventAbort() { throw new SyntaxError(); } }), l.pipeTo(d), s.pipeTo(m)]) await tell(p);
  return [log, s.locked, d.locked];`,
[["! TypeError", "! TypeError", "! TypeError", "! TypeError", "! SyntaxError", "! TypeError", "! TypeError"],
  false, false]);

returns("a signal stops a pipe: both ends get its reason", `${pipe}
  const c = new AbortController();
  const s = source(1), d = sink();
  const p = s.pipeTo(d, { signal: c.signal });
  for (let i = 0; i < 20; i++) await null;
  c.abort("stop");
  await tell(p);
  await tell(source(1).pipeTo(sink(), { signal: c.signal, preventAbort: true, preventCancel: true }));
  await tell(source(1).pipeTo(sink(), { signal: AbortSignal.abort() }));
  return [log, s.locked, d.locked];`,
[[1, "abort stop", "cancel stop", "! stop", "! stop",
  "abort AbortError: The operation was aborted", "cancel AbortError: The operation was aborted",
  "! AbortError"], false, false]);

returns("a pipe reads no more than its destination wants", `
  let pulls = 0, go;
  const s = new ReadableStream({ pull(c) { c.enqueue(++pulls); } }, { highWaterMark: 0 });
  s.pipeTo(new WritableStream({ write() { return new Promise((r) => { go = r; }); } }, { highWaterMark: 2 }));
  const tick = async () => { for (let i = 0; i < 30; i++) await null; };
  await tick(); const first = pulls;
  go(); await tick();
  return [first, pulls];`, [2, 3]);

returns("what was read is written before a pipe ends", `${pipe}
  let c, go;
  const s = new ReadableStream({ start(x) { c = x; } });
  const d = sink({ write(x) { log.push(x); return new Promise((r) => { go = r; }); } });
  const p = s.pipeTo(d); tell(p);
  const tick = async () => { for (let i = 0; i < 30; i++) await null; };
  await tick();
  c.enqueue("a"); c.error("E"); await tick();
  log.push("-"); go(); await tick();
  return log;`, ["a", "-", "abort E", "! E"]);

returns("enqueue() does not call the sink of a pipe", `
  let c, inside = false, seen;
  const s = new ReadableStream({ start(x) { c = x; } });
  s.pipeTo(new WritableStream({ write() { seen = inside; } }));
  for (let i = 0; i < 20; i++) await null;
  inside = true; c.enqueue(1); inside = false;
  for (let i = 0; i < 20; i++) await null;
  return seen;`, false);

returns("a stopped pipe leaves the chunks that come later", `
  let c, go;
  const s = new ReadableStream({ start(x) { c = x; } });
  const stop = new AbortController();
  const p = s.pipeTo(new WritableStream({ write() { return new Promise((r) => { go = r; }); } },
    { highWaterMark: 3 }), { signal: stop.signal, preventCancel: true });
  const tick = async () => { for (let i = 0; i < 30; i++) await null; };
  await tick(); c.enqueue(1); await tick();
  stop.abort("x"); c.enqueue(2); await tick();
  go(); await p.catch(() => {});
  return (await s.getReader().read()).value;`, 2);

returns("pipeThrough() gives the readable that it was given", `
  const t = new TransformStream();
  const pair = { readable: t.readable, writable: t.writable };
  const out = ReadableStream.from([1, 2]).pipeThrough(pair);
  const list = []; for await (const x of out) list.push(x);
  return [out === t.readable, list];`, [true, [1, 2]]);

rejects("a locked stream is not piped through", `
  const s = new ReadableStream(); s.getReader(); s.pipeThrough(new TransformStream());`, "TypeError");

// -- what a worker's patches may not do -----------------------------------------------

returns("pipes and tees show themselves to no getter of \"then\"", `
  const seen = [];
  Object.defineProperty(Object.prototype, "then", { configurable: true, get() {
    seen.push(typeof this === "object" ? Object.keys(this).join() : typeof this); return undefined; } });
  const tick = async () => { for (let i = 0; i < 60; i++) await null; };
  const chunk = () => Object.create(null);
  await tick(); seen.length = 0;
  ReadableStream.from([chunk(), chunk()]).tee().forEach((s) => s.pipeTo(new WritableStream()));
  new ReadableStream({ start(c) { c.enqueue(chunk()); c.close(); } })
    .pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x); } })).pipeTo(new WritableStream());
  new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array(2)); c.close(); } }).tee()
    .forEach((s) => s.pipeTo(new WritableStream()));
  await tick();
  delete Object.prototype.then;
  return seen;`, []);

const program = `
  const s = new S({ pull(c) { c.enqueue(n++); if (n > 2) c.close(); } });
  const two = s.tee();
  const t = new T({ transform(x, c) { c.enqueue(x + 1); }, flush(c) { c.enqueue("end"); } });
  keep("pipe", two[0].pipeThrough(t).pipeTo(new W({ write(x) { put(list, x); } })));
  keep("tee", two[1].getReader().read());
  keep("auto", new S({ type: "bytes", autoAllocateChunkSize: 4, async pull(c) {
    c.byobRequest.view[0] = 1; c.byobRequest.respond(1); } }).getReader().read());
  const bytes = new S({ type: "bytes", start(c) { c.enqueue(U.of(1, 2, 3)); c.close(); } }).tee()[1];
  keep("byob", bytes.getReader({ mode: "byob" }).read(new U(8), { min: 3 }));
  const stop = new A();
  keep("stopped", new S().pipeTo(new W(), { signal: stop.signal }));
  stop.abort("stop");
  keep("iterated", new S({ start(c) { c.enqueue(5); } }).values().next());
  keep("from", S.from({ [asyncIterator]() { return this; }, next() { return { value: 6 }; } }).getReader().read());
  const w = new W({ write() {} }).getWriter();
  keep("ready", w.ready); keep("written", w.write(1)); keep("closed", w.close());
  const fixed = new F(2);
  const fw = fixed.writable.getWriter();
  fw.write(U.of(7, 8)); keep("fixed closed", fw.close());
  keep("fixed", fixed.readable.getReader().read());`;

for (const [what, patch] of [
  ["setters of Object.prototype", `
    for (const key of ["next", "value", "done", "size", "state", "reader", "controller", "stream",
      "promise", "resolve", "reject", "first", "length", "ready", "closed", "queue", "object",
      "signal", "observer", "readable", "writable", "record", "type", "highWaterMark", "mode", "min",
      "buffer", "byteLength", "byteOffset", "kind", "deferred", "preventClose", "preventAbort",
      "preventCancel", "chunk", "iterator", "branch1", "branch2", "enumerable", "configurable", "get"]) {
      Object.defineProperty(Object.prototype, key, { __proto__: null, configurable: true,
        set() { touched(key); }, get() { return undefined; } });
    }`],
  ["Promise", `
    for (const key of ["then", "catch", "finally"]) Promise.prototype[key] = () => touched(key);
    for (const key of ["resolve", "reject", "all", "race"]) Promise[key] = () => touched(key);
    Object.defineProperty(Promise, Symbol.species, { get() { touched("species"); } });`],
  ["a throwing Promise.prototype.constructor", `
    Object.defineProperty(Promise.prototype, "constructor", { get() { throw new Error("c"); } });`],
  ["arrays, iterators and functions", `
    for (const key of Object.getOwnPropertyNames(Array.prototype)) {
      if (key !== "constructor" && key !== "length") Array.prototype[key] = () => touched(key);
    }
    Array.prototype[Symbol.iterator] = () => touched("iterator");
    for (let i = 0; i < 4; i++) Object.defineProperty(Array.prototype, i, { configurable: true,
      set() { touched(i); }, get() { touched(i); } });
    Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => touched("call");`],
  ["typed arrays and buffers", `
    const P = Object.getPrototypeOf(Uint8Array.prototype);
    for (const key of ["buffer", "byteLength", "byteOffset", "length"]) {
      Object.defineProperty(P, key, { get() { touched(key); } });
    }
    for (const key of ["set", "slice", "subarray", "constructor"]) P[key] = () => touched(key);
    for (const key of ["slice", "transfer", "constructor"]) ArrayBuffer.prototype[key] = () => touched(key);
    ArrayBuffer.isView = () => touched("isView");`],
  ["methods of streams", `
    for (const C of [S, W, T, ReadableStreamDefaultReader, ReadableStreamBYOBReader, WritableStreamDefaultWriter]) {
      for (const key of Object.getOwnPropertyNames(C.prototype)) {
        if (["getReader", "getWriter", "write", "close", "ready", "read", "tee", "pipeTo", "pipeThrough", "values", "readable", "writable",
          "constructor"].includes(key)) continue;
        Object.defineProperty(C.prototype, key, { configurable: true, get() { return touched(key); } });
      }
    }
    for (const C of ["ReadableStream", "WritableStream", "ReadableStreamDefaultReader", "AbortSignal"]) {
      globalThis[C] = undefined;
    }`],
]) {
  returns(`streams go on without ${what}`, `
    const seen = [], list = [], kept = { __proto__: null };
    let n = 0;
    const { defineProperty, getOwnPropertyDescriptors, setPrototypeOf } = Object;
    const { apply, ownKeys } = Reflect, { asyncIterator } = Symbol;
    const S = ReadableStream, W = WritableStream, T = TransformStream, U = Uint8Array,
      A = AbortController, F = FixedLengthStream, P = Promise;
    const put = (l, x) => { defineProperty(l, l.length, { __proto__: null, value: x, writable: true,
      enumerable: true, configurable: true }); };
    const touched = (what) => { put(seen, what); };
    const keep = (name, promise) => { kept[name] = promise; };
    const objects = [Object.prototype, Promise, Promise.prototype, Array.prototype, Function.prototype,
      ArrayBuffer, ArrayBuffer.prototype, Object.getPrototypeOf(U.prototype)];
    const saved = objects.map((o) => {
      const all = setPrototypeOf(getOwnPropertyDescriptors(o), null);
      for (const key of ownKeys(all)) setPrototypeOf(all[key], null);
      return all;
    });
    const restore = () => {
      for (let i = 0; i < objects.length; i++) {
        const keys = ownKeys(objects[i]);
        for (let j = 0; j < keys.length; j++) {
          if (keys[j] in saved[i]) defineProperty(objects[i], keys[j], saved[i][keys[j]]);
          else delete objects[i][keys[j]];
        }
      }
    };
    // The program and all its microtasks run with the patch, what is around without.
    await new P((resolve) => {
      setTimeout(() => {
        try { ${patch}\n${program} } catch (error) { touched("threw " + error); }
      }, 1);
      setTimeout(() => { restore(); resolve(); }, 20);
    });
    const results = {};
    for (const name in kept) {
      const value = await Promise.race([kept[name], "never settled"]).catch((e) => "! " + e);
      results[name] = value?.value?.buffer ? [...value.value] : value?.value ?? String(value);
    }
    return [seen, list, results];`,
  [[], [1, 2, 3, "end"], {
    pipe: "undefined", tee: 0, auto: [1], byob: [1, 2, 3], stopped: "! stop", iterated: 5, from: 6,
    ready: "undefined", written: "undefined", closed: "undefined", "fixed closed": "undefined",
    fixed: [7, 8],
  }], { only: "engine" });
}

returns("objects of streams show nothing of what is in them", `
  let c, b, w, t;
  const r = new ReadableStream({ start(x) { c = x; } });
  const rb = new ReadableStream({ type: "bytes", start(x) { b = x; } });
  const byob = rb.getReader({ mode: "byob" }); byob.read(new Uint8Array(1));
  const ws = new WritableStream({ start(x) { w = x; } });
  const ts = new TransformStream({ start(x) { t = x; } });
  return [c, b, w, t, r, rb, byob, b.byobRequest, ws, ts, r.values(), ws.getWriter(),
    new CountQueuingStrategy({ highWaterMark: 1 }), new FixedLengthStream(1)]
    .map((o) => Reflect.ownKeys(o).length);`, Array(14).fill(0));

returns("a BYOB request is void when its stream was cancelled or has failed", `
  const result = [];
  for (const end of ["cancel", "error"]) {
    let c;
    const reader = new ReadableStream({ type: "bytes", start(x) { c = x; } }).getReader({ mode: "byob" });
    const read = reader.read(new Uint8Array(4)).then((r) => r.done, (e) => e);
    await null;
    const request = c.byobRequest;
    if (end === "cancel") reader.cancel(); else c.error("e");
    let name = "none";
    try { request.respond(1); } catch (e) { name = e.name; }
    result.push([await read, request.view, c.byobRequest, name]);
  }
  return result;`, [[true, null, null, "TypeError"], ["e", null, null, "TypeError"]]);
