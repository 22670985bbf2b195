// Content-Encoding: gzip.  What JavaScript reads of a response is decoded, what
// it sends is encoded, and what it leaves alone stays as it is.

import assert from "node:assert/strict";
import zlib from "node:zlib";
import { FLAG, text, worker } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

const engine = { only: "engine" };
const GZIP = [["Content-Encoding", "gzip"]];
const bytesOf = (isolate, channel) => Buffer.from(isolate.bytes(channel));

// A worker that fetches once; the fetch is answered with "bytes", in pieces.
const fetched = (title, body, { bytes, headers = GZIP, size = 1e9, status = 200 }, check) => worker(
  title, `export default { async fetch(request) {
    const failure = (promise) => promise.then(() => "none", (e) => [e.name, e.message].join(": "));
    const response = await fetch("http://h/");
    ${body}
  } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    isolate.head(out.channel, status, { headers, body: true, length: -1 });
    await isolate.until(() => isolate.of("grant").length > 0 ||
      isolate.of("respond").some(({ flags }) => (flags & FLAG.JOIN) !== 0));
    if (isolate.of("grant").length > 0) {
      for (let at = 0; at < bytes.length; at += size) {
        isolate.data(out.channel, bytes.subarray(at, at + size));
      }
      isolate.end(out.channel);
    }
    await check(isolate, channel, out);
  }, engine);

const answers = (expected) => async (isolate, channel) =>
  assert.equal((await isolate.answer(channel)).text, expected);

const hello = zlib.gzipSync("hello gzip");
const read = "return new Response(await response.text());";

fetched("a gzip response is decoded when it is read", read, { bytes: hello }, answers("hello gzip"));
fetched("... byte by byte", read, { bytes: hello, size: 1 }, answers("hello gzip"));
fetched("... of several members", read,
  { bytes: Buffer.concat([hello, zlib.gzipSync(""), hello]), size: 7 },
  answers("hello gziphello gzip"));
fetched("... and of none", "return new Response(`(${await response.text()})`);",
  { bytes: Buffer.alloc(0) }, answers("()"));
fetched("... as JSON", "return Response.json(await response.json());",
  { bytes: zlib.gzipSync('{"a":1}') }, answers('{"a":1}'));
fetched("... as a stream, with its header", `
    let text = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
    return new Response(text + " " + response.headers.get("content-encoding"));`,
{ bytes: hello, size: 3 }, answers("hello gzip gzip"));
fetched("... of a clone, twice", `
    const copy = response.clone();
    return new Response(await copy.text() + ", " + await response.text());`,
{ bytes: hello }, answers("hello gzip, hello gzip"));

const failing = "return new Response(await failure(response.text()));";
fetched("a gzip response that is incomplete fails", failing, { bytes: hello.subarray(0, -3) },
  answers("TypeError: Gzip compressed stream ended prematurely."));
fetched("... and one that is no gzip", failing, { bytes: Buffer.from("plain text") },
  answers("TypeError: Gzip decompression failed."));
fetched("... and one with something after it", failing,
  { bytes: Buffer.concat([hello, Buffer.from("more")]) },
  answers("TypeError: Gzip decompression failed."));

// A part of a resource, which a Range has asked for, is a part of what it is encoded as.
const stored = zlib.gzipSync(Buffer.from("x".repeat(10) + "y".repeat(10)), { level: 0 });
const part = (title, from, to, expected) => fetched(`206: ${title}`, `
    const reader = response.body.getReader();
    let text = "", chunk;
    try {
      while (!(chunk = await reader.read()).done) text += new TextDecoder().decode(chunk.value);
    } catch (error) {
      text += "|" + error.name + ": " + error.message;
    }
    return new Response(text);`,
{ bytes: stored.subarray(from, to), status: 206 }, answers(expected));

part("all of it", 0, stored.length, "xxxxxxxxxxyyyyyyyyyy");
part("its beginning is decoded, and then an error", 0, 30,
  "xxxxxxxxxxyyyyy|TypeError: Gzip compressed stream ended prematurely.");
part("what begins in the middle is none", 20, stored.length, "|TypeError: Gzip decompression failed.");

for (const coding of ["br", "deflate", "gzip, gzip", "identity", "GZIP2"]) {
  fetched(`"${coding}" is left alone`, read,
    { bytes: Buffer.from("as it came"), headers: [["Content-Encoding", coding]] }, answers("as it came"));
}

const joined = async (isolate, channel, out) => {
  const { flags, join, headers } = await isolate.next("respond");
  assert.equal(flags, FLAG.BODY | FLAG.JOIN);
  assert.equal(join, out.channel);
  assert.deepEqual(headers.filter(([name]) => /encoding/i.test(name)).map(([, value]) => value), ["gzip"]);
  assert.equal(isolate.of("grant").length, 0);
};
fetched("a gzip response that nobody reads is joined", "return response;", { bytes: hello }, joined);
fetched("... in another Response, too", "return new Response(response.body, response);", { bytes: hello }, joined);

fetched("... but not without its header",
  "return new Response(response.body);", { bytes: hello }, answers("hello gzip"));
fetched("... nor by the fetch() of a body", `
    return fetch("http://other/", { method: "POST", body: response.body });`, { bytes: hello },
async (isolate) => {
  const { channel, flags, length } = await isolate.next("fetch", 1);
  assert.equal(flags, FLAG.BODY);
  assert.equal(length, -1);
  await isolate.until(() => bytesOf(isolate, channel).length === 10);
  assert.equal(text(isolate.bytes(channel)), "hello gzip");
});
fetched("a plain response is encoded on its way out", `
    return new Response(response.body, { headers: { "Content-Encoding": "gzip" } });`,
{ bytes: Buffer.from("plain"), headers: [] },
async (isolate, channel) => {
  await isolate.answer(channel);
  assert.equal(zlib.gunzipSync(bytesOf(isolate, channel)).toString(), "plain");
});

// A bomb of 100 MB: each piece is small, and who reads no more is not flooded.
fetched("a bomb comes in small pieces", `
    let pieces = 0, largest = 0;
    for await (const chunk of response.body) {
      largest = Math.max(largest, chunk.length);
      if (++pieces === 100) break;
    }
    return new Response(String(largest <= 65536));`,
{ bytes: zlib.gzipSync(Buffer.alloc(100e6)) }, answers("true"));

// What a worker makes.
const sends = (title, body, check) => worker(
  title, `export default { async fetch(request) { ${body} } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const answer = await isolate.answer(channel);
    check(bytesOf(isolate, channel), answer, isolate);
  }, engine);

const gzips = (expected) => (bytes) => assert.equal(zlib.gunzipSync(bytes).toString(), expected);
const H = 'headers: { "Content-Encoding": "gzip" }';

sends("a text is encoded", `return new Response("text", { ${H} });`, gzips("text"));
sends("bytes are encoded", `return new Response(new Uint8Array(100000).fill(65), { ${H} });`,
  gzips("A".repeat(100000)));
sends("a stream is encoded", `return new Response(new ReadableStream({
    start(controller) {
      for (const text of ["one ", "", "two"]) controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    } }), { ${H} });`, gzips("one two"));
sends("an empty body is encoded", `return new Response("", { ${H} });`, gzips(""));
sends("a copy is encoded", `return new Response("text", { ${H} }).clone();`, gzips("text"));
sends('encodeBody: "manual" leaves it alone',
  `return new Response("text", { encodeBody: "manual", ${H} });`,
  (bytes) => assert.equal(bytes.toString(), "text"));
sends("... in a copy, too", `
    const response = new Response("text", { encodeBody: "manual", ${H} });
    return new Response(response.clone().body, response);`,
(bytes) => assert.equal(bytes.toString(), "text"));
sends("no body is no encoded body", `return new Response(null, { status: 204, ${H} });`,
  (bytes) => assert.equal(bytes.length, 0));
sends("a stream that fails breaks it off", `return new Response(new ReadableStream({
    pull() { throw new Error("no more"); } }), { ${H} });`,
(bytes, answer) => assert.notEqual(answer.reset, null));
worker("a request's body is never decoded", `export default { async fetch(request) {
    return new Response(String((await request.arrayBuffer()).byteLength));
  } };`, async (isolate) => {
  const channel = isolate.fetch({ method: "POST", headers: GZIP, body: true });
  await isolate.next("grant");
  isolate.data(channel, hello);
  isolate.end(channel);
  assert.equal((await isolate.answer(channel)).text, String(hello.length));
}, engine);

// What a worker has patched is neither asked nor seen, but for promises: then()
// asks for their constructor.
fetched("patched built-ins neither break decoding nor see it", `
    ${hostile}
    await new Response(new Blob([]).stream().pipeThrough(new DecompressionStream("gzip"))).text().catch(() => {});
    const promise = { __proto__: null };
    watch();
    promise.of = response.text();
    const names = unwatch().filter((name) => !name.includes("Promise"));
    return new Response(JSON.stringify([names, await promise.of]));`,
{ bytes: hello, size: 5 }, answers('[[],"hello gzip"]'));
