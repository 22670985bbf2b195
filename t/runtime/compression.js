// CompressionStream and DecompressionStream.  What one side makes is read by
// node's zlib, and the other way round.

import assert from "node:assert/strict";
import zlib from "node:zlib";
import { rejects, returns, worker } from "./lib/harness.js";

const engine = { only: "engine" };
const patient = { only: "engine", host: true };   // one second of CPU time

const hello = {
  "gzip": zlib.gzipSync("hello"), "deflate": zlib.deflateSync("hello"),
  "deflate-raw": zlib.deflateRawSync("hello"),
};
const list = (bytes) => JSON.stringify([...bytes]);

// In each worker: all that comes out of a stream into which these chunks go.
const helpers = `
  const bytes = (...list) => Uint8Array.from(list);
  const utf8 = (text) => new TextEncoder().encode(text);
  const join = (chunks) => {
    const all = new Uint8Array(chunks.reduce((n, { length }) => n + length, 0));
    let at = 0;
    for (const chunk of chunks) { all.set(chunk, at); at += chunk.length; }
    return all;
  };
  const through = async (stream, ...chunks) => {
    const writer = stream.writable.getWriter();
    const writes = chunks.map((chunk) => writer.write(chunk));
    writes.push(writer.close());
    for (const write of writes) write.catch(() => {});
    const out = [];
    for await (const chunk of stream.readable) out.push(chunk);
    await Promise.all(writes);
    return join(out);
  };
  const compress = (format, ...chunks) => through(new CompressionStream(format), ...chunks);
  const decompress = (format, ...chunks) =>
    through(new DecompressionStream(format), ...chunks);
  const failure = (promise) =>
    promise.then(() => "none", (e) => [e.name, e instanceof TypeError].join());
`;

for (const format of Object.keys(hello)) {
  returns(`${format}: known data, whole and byte by byte`, `${helpers}
    const data = bytes(...${list(hello[format])});
    const text = (all) => new TextDecoder().decode(all);
    return [text(await decompress("${format}", data)),
      text(await decompress("${format}", ...[...data].map((b) => bytes(b)))),
      text(await decompress("${format}", bytes(), data.buffer, bytes(), bytes())),
      text(await decompress("${format}", new DataView(data.buffer, 0, 4), data.subarray(4)))];`,
  ["hello", "hello", "hello", "hello"]);

  worker(`${format}: what we compress, zlib takes`, `
    export default { async fetch({ url }) { ${helpers}
      const all = await compress("${format}", utf8("one "), bytes(), utf8("two ").buffer,
        utf8("three ".repeat(50_000)));
      return new Response(all);
    } };`,
  async (isolate) => {
    const answer = await isolate.request();
    assert.equal(answer.reset, null);
    const decompress = {
      "gzip": zlib.gunzipSync, "deflate": zlib.inflateSync,
      "deflate-raw": zlib.inflateRawSync,
    }[format];
    const body = isolate.bytes(answer.channel);
    assert.equal(
      decompress(body).toString(), `one two ${"three ".repeat(50_000)}`);
    assert.ok(body.length < 3000);
  });

  returns(`${format}: nothing at all`, `${helpers}
    const all = await compress("${format}");
    return [all.length > 0, (await decompress("${format}", all)).length,
      (await decompress("${format}", await compress("${format}", bytes()))).length,
      await failure(decompress("${format}")), await failure(decompress("${format}", bytes()))];`,
  [true, 0, 0, "TypeError,true", "TypeError,true"]);

  returns(`${format}: what is cut off, goes on or is bad is a TypeError`, `${helpers}
    const data = bytes(...${list(hello[format])});
    const out = [];
    for (let n = 0; n < data.length; n++) {
      out.push(await failure(decompress("${format}", data.subarray(0, n))));
    }
    out.push(await failure(decompress("${format}", data, bytes(0))),
      await failure(decompress("${format}", bytes(...data, 0))),
      await failure(decompress("${format}", bytes(...data, ...data))),
      await failure(decompress("${format}", data, data)),
      await failure(decompress("${format}", utf8("this is not compressed"))),
      await failure(decompress("${format}", data, bytes(), new Uint16Array())));
    return out;`,
  [...Array(hello[format].length + 5).fill("TypeError,true"), "none"], engine);
}

for (const [what, index] of [["CRC", 8], ["size", 4]]) {
  const bad = Buffer.from(hello.gzip);
  bad[bad.length - index] ^= 1;
  returns(`gzip: a wrong ${what}`, `${helpers}
    return failure(decompress("gzip", bytes(...${list(bad)})));`, "TypeError,true", engine);
}
{
  const bad = Buffer.from(hello.deflate);
  bad[bad.length - 1] ^= 1;
  returns("deflate: a wrong checksum", `${helpers}
    return failure(decompress("deflate", bytes(...${list(bad)})));`, "TypeError,true", engine);
}
{
  const data = zlib.deflateSync("hello", { dictionary: Buffer.from("hello") });
  returns("deflate: a preset dictionary", `${helpers}
    return failure(decompress("deflate", bytes(...${list(data)})));`, "TypeError,true", engine);
}
{
  const name = Buffer.concat([
    hello.gzip.subarray(0, 3), Buffer.from([8]), hello.gzip.subarray(4, 10),
    Buffer.from("name.txt\0"), hello.gzip.subarray(10),
  ]);
  returns("gzip: a header with a name", `${helpers}
    return new TextDecoder().decode(await decompress("gzip", bytes(...${list(name)})));`,
  "hello");
}

for (const chunk of [
  `"text"`, `null`, `undefined`, `1`, `{}`, `[1]`, `{ buffer: new ArrayBuffer(1) }`,
  `new SharedArrayBuffer(8)`, `new Uint8Array(new SharedArrayBuffer(8), 8)`,
  `new DataView(new SharedArrayBuffer(8))`,
]) {
  returns(`a chunk that is ${chunk.replace(/\s+/g, " ")}`, `${helpers}
    const out = [];
    for (const stream of [new CompressionStream("gzip"), new DecompressionStream("gzip")]) {
      const writer = stream.writable.getWriter();
      const reader = stream.readable.getReader();
      const read = failure(reader.read());
      out.push(await failure(writer.write(${chunk})), await read, await failure(writer.closed));
    }
    return out.join("|");`, Array(6).fill("TypeError,true").join("|"), engine);
}

returns("the interfaces have the shape that Web IDL asks for", `
  const shape = (I) => [I.name, I.length, I.prototype[Symbol.toStringTag],
    Object.keys(I.prototype), Object.keys(I)];
  const c = new CompressionStream("deflate");
  return [shape(CompressionStream), shape(DecompressionStream), shape(TextDecoderStream),
    shape(TextEncoderStream), c.readable === c.readable, c.writable === c.writable,
    c.readable instanceof ReadableStream, c.writable instanceof WritableStream,
    Object.getOwnPropertyDescriptor(globalThis, "CompressionStream").enumerable];`, [
  ["CompressionStream", 1, "CompressionStream", ["readable", "writable"], []],
  ["DecompressionStream", 1, "DecompressionStream", ["readable", "writable"], []],
  ["TextDecoderStream", 0, "TextDecoderStream",
    ["encoding", "fatal", "ignoreBOM", "readable", "writable"], []],
  ["TextEncoderStream", 0, "TextEncoderStream", ["encoding", "readable", "writable"], []],
  true, true, true, true, false,
]);
for (const [what, statement, name = "TypeError"] of [
  ["no format", `new CompressionStream()`],
  ["an unknown format", `new CompressionStream("br")`],
  ["a format in capitals", `new DecompressionStream("GZIP")`],
  ["a format of Object's", `new DecompressionStream("constructor")`],
  ["a symbol", `new DecompressionStream(Symbol())`],
  ["no new", `CompressionStream("gzip")`],
  ["another this", `Object.getOwnPropertyDescriptor(CompressionStream.prototype,
    "readable").get.call(new DecompressionStream("gzip"))`],
  ["no object", `Object.getOwnPropertyDescriptor(TextDecoderStream.prototype,
    "fatal").get.call(1)`],
  ["an unknown label", `new TextDecoderStream("klingon")`, "RangeError"],
  ["options that are no object", `new TextDecoderStream("utf-8", 1)`],
]) rejects(`the streams refuse ${what}`, statement, name);

returns("megabytes, in pieces of 64 KB at most", `${helpers}
  const data = new Uint8Array(1_500_000);
  for (let i = 0, x = 1; i < data.length; i++) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    data[i] = x & 0x1f;
  }
  const sizes = [];
  const count = new TransformStream({ transform(chunk, controller) {
    sizes.push(chunk.length, chunk.constructor === Uint8Array); controller.enqueue(chunk);
  } });
  const compressed = await compress("gzip", data);
  const back = await new Response(new Response(compressed).body
    .pipeThrough(new DecompressionStream("gzip")).pipeThrough(count)).bytes?.() ??
    join([]);
  let same = true;
  const again = await decompress("gzip", compressed);
  for (let i = 0; i < data.length; i += 7) same &&= data[i] === again[i];
  return [same, again.length, compressed.length < 1_000_000,
    Math.max(...sizes.filter(Number.isInteger)) <= 65536, sizes.includes(false)];`,
[true, 1_500_000, true, true, false], patient);

const bomb = zlib.gzipSync(Buffer.alloc(64 << 20)).toString("base64");

returns("a bomb waits until somebody reads", `${helpers}
  const data = Uint8Array.from(atob("${bomb}"), (c) => c.charCodeAt(0));
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let done = false;
  const write = writer.write(data).then(() => { done = true; });
  let pieces = 0, size = 0;
  for (; pieces < 100; pieces++) size += (await reader.read()).value.length;
  data.fill(0);      // it was copied
  const early = done;
  for (;; pieces++) {
    const { value } = await reader.read();
    size += value.length;
    if (size === 64 << 20) break;
  }
  await write;
  await writer.close();
  return [early, size, pieces + 1, done, (await reader.read()).done];`,
[false, 64 << 20, 1024, true, true], patient);
returns("a bomb whose stream is cancelled is given up", `${helpers}
  const data = Uint8Array.from(atob("${bomb}"), (c) => c.charCodeAt(0));
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const write = failure(writer.write(data));
  const reader = stream.readable.getReader();
  await reader.read();
  await reader.cancel("enough");
  return [await write, await writer.closed.catch((e) => e)];`,
["none", "enough"], patient);
worker("a bomb that is kept hits the memory limit, and no more than that", `
  export default { async fetch() {
    const bomb = Uint8Array.from(atob("${bomb}"), (c) => c.charCodeAt(0));
    const kept = [];
    for (let i = 0; i < 8; i++) {
      const stream = new DecompressionStream("gzip");
      const writer = stream.writable.getWriter();
      writer.write(bomb);
      writer.close();
      for await (const chunk of stream.readable) kept.push(chunk);
    }
    return new Response(kept.length);
  } };`,
async (isolate) => {
  const answer = await isolate.request();
  assert.ok(answer.reset !== null);
}, patient);

returns("a thousand streams that are forgotten half-way exhaust nothing", `${helpers}
  const data = utf8("some text");
  let fine = 0;
  for (let i = 0; i < 1000; i++) {
    const { readable, writable } = new CompressionStream("deflate-raw");
    const reader = readable.getReader();
    reader.read();
    const writer = writable.getWriter();
    await writer.write(data);
    fine++;
  }
  return fine;`, 1000, patient);
for (const [what, chunk, end] of [
  ["failed", `utf8("nothing good")`, `await read.catch(() => {})`],
  ["ended", "good", "await read; await writer.close()"],
  ["was cancelled", "good", "await read; await reader.cancel()"],
  ["was aborted", "good", "await read; await wrote; await writer.abort()"],
]) {
  returns(`a stream that ${what} holds nothing`, `${helpers}
    const good = bytes(...${list(hello.gzip)});
    const chunk = ${chunk};
    const held = [];
    for (let i = 0; i < 1700; i++) {      // 40 KB each, 64 MB in all
      const stream = new DecompressionStream("gzip");
      held.push(stream);
      const reader = stream.readable.getReader();
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => {});
      const read = reader.read();
      const wrote = writer.write(chunk);
      wrote.catch(() => {});
      ${end};
    }
    return [held.length, (await decompress("gzip", good)).length];`, [1700, 5], patient);
}

returns("a chunk that changes while its pieces are taken", `${helpers}
  const text = "0123456789".repeat(100_000);
  const data = await compress("deflate", utf8(text));
  const stream = new DecompressionStream("deflate");
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const read = reader.read();
  Object.defineProperty(Object.prototype, "then", { configurable: true, get() {
    if (data.length > 0) data.buffer.transfer();
    return undefined;
  } });
  writer.write(data);
  const first = await read;
  delete Object.prototype.then;
  writer.close();
  const all = [first.value];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    all.push(value);
  }
  return [data.length, new TextDecoder().decode(join(all)) === text];`, [0, true], engine);

// -- TextEncoderStream and TextDecoderStream ----------------------------------------

const text = `
  const collect = async (stream, chunks) => {
    const writer = stream.writable.getWriter();
    const writes = [...chunks.map((chunk) => writer.write(chunk)), writer.close()];
    for (const write of writes) write.catch(() => {});
    const out = [];
    for await (const chunk of stream.readable) out.push(chunk);
    return out;
  };
  const encode = async (...chunks) =>
    (await collect(new TextEncoderStream(), chunks)).map((c) => [...c].join());
  const decode = (args, ...chunks) => collect(new TextDecoderStream(...args),
    chunks.map((chunk) => Uint8Array.from(chunk)));
  const failure = (promise) => promise.then((v) => v, (e) => e.name);
`;

returns("TextEncoderStream: pairs that chunks cut in two", `${text}
  return [await encode("a", "", "é"), await encode("\\ud83d", "\\ude00"),
    await encode("x\\ud83d", "", "\\ude00y"), await encode("\\ud83d"),
    await encode("\\ud83d", "\\ud83d", "\\ude00"), await encode("\\ude00", "\\ud83da"),
    await encode(1, null, undefined, { toString: () => "o" }), await encode(""),
    new TextEncoderStream().encoding, await failure(encode(Symbol()))];`, [
  ["97", "195,169"], ["240,159,152,128"], ["120", "240,159,152,128,121"],
  ["239,191,189"], ["239,191,189", "240,159,152,128"],
  ["239,191,189", "239,191,189,97"], ["49", "110,117,108,108",
    "117,110,100,101,102,105,110,101,100", "111"], [], "utf-8", "TypeError",
]);
returns("TextDecoderStream", `${text}
  const d = new TextDecoderStream("UTF-16", { fatal: 1, ignoreBOM: true });
  return [d.encoding, d.fatal, d.ignoreBOM, await decode([], [0xf0, 0x9f], [], [0x98, 0x80, 0x61]),
    await decode([], [0xef, 0xbb], [0xbf], [0x61]),
    await decode(["utf-8", { ignoreBOM: true }], [0xef, 0xbb], [0xbf, 0x61]),
    await decode([], [0x61, 0xe2]), await decode([]), await decode(["utf-16le"], [0x3d], [0xd8, 0], [0xde]),
    await failure(decode(["utf-8", { fatal: true }], [0x61], [0xff])),
    await failure(decode(["utf-8", { fatal: true }], [0xe2])),
    await failure(collect(new TextDecoderStream(), ["a string"])),
    await failure(collect(new TextDecoderStream(), [null]))];`, [
  "utf-16le", true, true, ["😀a"], ["a"], ["\ufeffa"], ["a", "\ufffd"], [], ["😀"],
  "TypeError", "TypeError", "TypeError", "TypeError",
]);
returns("TextDecoderStream of a legacy encoding, and shared memory", `${text}
  const shared = new Uint8Array(new SharedArrayBuffer(8), 0, 1);
  shared[0] = 0x21;
  return [await decode(["sjis"], [0x82], [0xa0, 0x83], [0x5c]),
    await collect(new TextDecoderStream(), [shared])];`, [["あソ"[0], "ソ"], ["!"]], engine);

// -- hostile workers ----------------------------------------------------------------

returns("patched built-ins neither break nor spy on the streams", `
  const seen = Object.setPrototypeOf([], null);
  const { writable, readable } = TransformStream.prototype.constructor === TransformStream
    ? new TransformStream() : {};
  const { getWriter } = writable, { getReader } = readable;
  const data = new TextEncoder().encode("text");
  const format = "gzip";
  TextDecoder.prototype.decode = () => { seen[seen.length] = "decode"; };
  TextEncoder.prototype.encode = () => { seen[seen.length] = "encode"; };
  const TypedArray = Object.getPrototypeOf(Uint8Array);
  TypedArray.prototype.set = TypedArray.prototype.subarray = () => { seen[seen.length] = "set"; };
  const saved = globalThis.Promise, savedArray = globalThis.Uint8Array;
  globalThis.Promise = globalThis.Uint8Array = globalThis.Error = undefined;
  for (const name of ["gzip", "id", "output", "more", "at", "bytes", "readable"]) {
    Object.defineProperty(Object.prototype, name, { configurable: true,
      get() { seen[seen.length] = name; }, set() { seen[seen.length] = "set " + name; } });
  }
  const c = new CompressionStream(format), d = new DecompressionStream(format);
  const t = new TextDecoderStream();
  const chunks = [];
  const pump = async (from, to) => {
    const reader = getReader.call(from), writer = to && getWriter.call(to);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (writer) writer.write(value); else chunks[chunks.length] = value;
    }
    if (writer) await writer.close();
  };
  const first = getWriter.call(c.writable);
  first.write(data);
  first.close();
  const all = [pump(c.readable, d.writable), pump(d.readable, t.writable), pump(t.readable)];
  await all[0]; await all[1]; await all[2];
  for (const name of ["gzip", "id", "output", "more", "at", "bytes", "readable"]) {
    delete Object.prototype[name];
  }
  globalThis.Promise = saved; globalThis.Uint8Array = savedArray;
  return [chunks.join(), Array.from({ length: seen.length }, (_, i) => seen[i])];`,
["text", []], engine);
