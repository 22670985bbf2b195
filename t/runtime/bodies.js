// Bodies: what is read, what is written, under which credit, and what is joined
// without a byte of it coming here.

import assert from "node:assert/strict";
import { CODE, FLAG, rejects, returns, worker } from "./lib/harness.js";

const WINDOW = 65536;

worker(
  "a body that is not read is not asked for",
  `export default { fetch(request) { return new Response(typeof request.body); } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true, length: 5 });
    const answer = await isolate.answer(channel);
    assert.equal(answer.text, "object");
    assert.equal(isolate.of("grant").length, 0);
  });

worker(
  "text() asks for no more than a known length",
  `export default { async fetch(request) {
     const text = await request.text();
     return new Response(text + request.bodyUsed);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true, length: 5 });
    const { bytes } = await isolate.next("grant");
    assert.equal(bytes, 5);
    isolate.data(channel, "hé");
    isolate.data(channel, "lo");
    isolate.end(channel);
    assert.equal((await isolate.answer(channel)).text, "hélotrue");
    assert.equal(isolate.of("grant").length, 1);
  });

worker(
  "a body of unknown length is granted 64 KiB first, then what was taken",
  `export default { async fetch(request) {
     return new Response(String((await request.arrayBuffer()).byteLength));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    assert.equal((await isolate.next("grant")).bytes, WINDOW);
    let sent = 0;
    while (sent < 10 * WINDOW) {
      await isolate.until(() => isolate.channel(channel).granted > sent);
      const size = Math.min(
        isolate.channel(channel).granted - sent, 10 * WINDOW - sent, WINDOW);
      isolate.data(channel, new Uint8Array(size));
      sent += size;
      assert.ok(isolate.channel(channel).granted - sent <= 262144);
    }
    isolate.end(channel);
    assert.equal((await isolate.answer(channel)).text, String(10 * WINDOW));
  });

worker(
  "a reader that stops reading stops the grants",
  `export default { async fetch(request) {
     const reader = request.body.getReader();
     const { value } = await reader.read();
     await new Promise((resolve) => setTimeout(resolve, 20));
     return new Response(String(value.length));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    await isolate.next("grant");
    isolate.data(channel, new Uint8Array(WINDOW));
    const answer = await isolate.answer(channel);
    assert.equal(answer.text, String(WINDOW));
    assert.ok(isolate.channel(channel).granted <= 4 * WINDOW);
  });

worker(
  "a request's body is an async iterable of bytes",
  `export default { async fetch(request) {
     const parts = [];
     for await (const chunk of request.body) parts.push(new TextDecoder().decode(chunk));
     return Response.json(parts);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    await isolate.next("grant");
    isolate.data(channel, "a");
    isolate.data(channel, "b");
    isolate.end(channel);
    const { text } = await isolate.answer(channel);
    assert.equal(JSON.parse(text).join(""), "ab");
  });

worker(
  "a body that breaks off rejects whoever reads it",
  `export default { async fetch(request) {
     const response = await fetch("http://up/");
     try { await response.text(); }
     catch (error) { return new Response(error.name + error.message); }
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const up = (await isolate.next("fetch")).channel;
    isolate.head(up, 200, { body: true });
    await isolate.next("grant");
    isolate.data(up, "part");
    isolate.reset(up, CODE.NETWORK, "upstream went away");
    assert.equal((await isolate.answer(channel)).text, "TypeErrorupstream went away");
  });

worker(
  "the request's body goes untouched into the response: joined",
  `export default { fetch(request) { return new Response(request.body); } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true, length: 7 });
    const answer = await isolate.answer(channel);
    assert.equal(answer.flags, FLAG.BODY | FLAG.JOIN);
    assert.equal(answer.join, channel);
    assert.equal(answer.length, 7);
    assert.equal(isolate.of("grant").length, 0);
  });

worker(
  "fetch(request) joins both bodies",
  `export default { async fetch(request) {
     const response = await fetch(request);
     const copy = new Response(response.body, response);
     copy.headers.set("x-used", String(request.bodyUsed) + response.bodyUsed);
     return copy;
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({
      method: "POST", body: true, headers: [["A", "b"]], url: "http://Up/a?b#c",
    });
    const out = await isolate.next("fetch");
    assert.equal(out.method, "POST");
    assert.equal(out.url, "http://up/a?b");
    assert.equal(out.flags, FLAG.BODY | FLAG.JOIN);
    assert.equal(out.join, channel);
    assert.equal(out.length, -1);
    assert.deepEqual(out.headers, [["A", "b"]]);
    isolate.head(out.channel, 203, {
      statusText: "So", headers: [["C", "d"], ["Set-Cookie", "1"], ["set-cookie", "2"]],
      body: true, length: 3,
    });
    const answer = await isolate.answer(channel);
    assert.equal(answer.status, 203);
    assert.equal(answer.statusText, "So");
    assert.deepEqual(answer.headers, [
      ["C", "d"], ["Set-Cookie", "1"], ["set-cookie", "2"], ["x-used", "truefalse"],
    ]);
    assert.equal(answer.flags, FLAG.BODY | FLAG.JOIN);
    assert.equal(answer.join, out.channel);
    assert.equal(answer.length, 3);
    assert.equal(isolate.of("grant").length, 0);
  });

worker(
  "a body that was looked at but not read is still joined",
  `export default { async fetch(request) {
     request.body.locked;
     const reader = request.body.getReader();
     reader.releaseLock();
     return new Response(request.body);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    assert.equal((await isolate.answer(channel)).flags, FLAG.BODY | FLAG.JOIN);
  });

worker(
  "a body that was read from is piped through JavaScript",
  `export default { async fetch(request) {
     const reader = request.body.getReader();
     const { value } = await reader.read();
     const rest = new ReadableStream({
       start(controller) { controller.enqueue(value); },
       async pull(controller) {
         const { done, value } = await reader.read();
         if (done) controller.close(); else controller.enqueue(value);
       },
     });
     return new Response(rest);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    await isolate.next("grant");
    isolate.data(channel, "one ");
    isolate.data(channel, "two");
    isolate.end(channel);
    const answer = await isolate.answer(channel);
    assert.equal(answer.flags, FLAG.BODY);
    assert.equal(answer.length, -1);
    assert.equal(answer.text, "one two");
  });

worker(
  "clone() gives both the same body, which then comes through JavaScript",
  `export default { async fetch(request) {
     const copy = request.clone();
     const [a, b] = await Promise.all([request.text(), copy.text()]);
     return new Response(a + b);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "POST", body: true });
    await isolate.next("grant");
    isolate.data(channel, "x");
    isolate.end(channel);
    assert.equal((await isolate.answer(channel)).text, "xx");
  });

worker(
  "a big body is sent as credit permits",
  `export default { fetch() { return new Response("0123456789".repeat(20000)); } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await isolate.next("respond");
    const size = () => isolate.bytes(channel).length;
    await isolate.until(() => size() === WINDOW);
    isolate.window(channel, 100000);
    await isolate.until(() => size() === WINDOW + 100000);
    assert.equal(isolate.channel(channel).ended, false);
    isolate.window(channel, 1000000);
    const answer = await isolate.answer(channel);
    assert.equal(answer.length, 200000);
    assert.equal(answer.text, "0123456789".repeat(20000));
  });

worker(
  "a stream is read only as fast as its credit comes",
  `let pulls = 0;
   export default { fetch(request) {
     if (request.url.endsWith("/pulls")) return new Response(String(pulls));
     return new Response(new ReadableStream({
       pull(controller) {
         if (++pulls > 8) controller.close();
         else controller.enqueue(new Uint8Array(${WINDOW}));
       },
     }, { highWaterMark: 0 }));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await isolate.until(() => isolate.bytes(channel).length === WINDOW);
    const pulls = async () =>
      Number((await isolate.request({ url: "http://h/pulls" })).text);
    assert.equal(await pulls(), 2);
    isolate.window(channel, WINDOW);
    await isolate.until(() => isolate.bytes(channel).length === 2 * WINDOW);
    assert.equal(await pulls(), 3);
    isolate.window(channel, 100 * WINDOW);
    await isolate.answer(channel);
    assert.equal(isolate.bytes(channel).length, 8 * WINDOW);
  });

worker(
  "a stream that errors resets the response",
  `export default { fetch() {
     return new Response(new ReadableStream({
       start(controller) { controller.enqueue(new Uint8Array([65])); },
       pull() { throw new Error("broke"); },
     }));
   } };`,
  async (isolate) => {
    const { reset, text } = await isolate.request();
    assert.equal(text, "A");
    assert.equal(reset.code, CODE.EXCEPTION);
    assert.equal(reset.message, "broke");
  });

worker(
  "a stream of strings is refused",
  `export default { fetch() {
     return new Response(new ReadableStream({
       pull(controller) { controller.enqueue("text"); },
     }));
   } };`,
  async (isolate) => {
    const { reset } = await isolate.request();
    assert.equal(reset.message, "TypeError: This ReadableStream did not return bytes.");
  });

worker(
  "a client that leaves cancels the stream",
  `let cancelled = "no";
   export default { fetch(request) {
     if (request.url.endsWith("/look")) return new Response(cancelled);
     return new Response(new ReadableStream({
       pull(controller) { controller.enqueue(new Uint8Array(${WINDOW})); },
       cancel() { cancelled = "yes"; },
     }));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await isolate.until(() => isolate.bytes(channel).length === WINDOW);
    isolate.reset(channel, CODE.CANCEL);
    assert.equal((await isolate.request({ url: "http://h/look" })).text, "yes");
  });

worker(
  "TransformStream in the middle; an async generator as body",
  `export default { async fetch(request) {
     async function* parts() { yield new TextEncoder().encode("a"); yield new TextEncoder().encode("b"); }
     const upper = new TransformStream({
       transform(chunk, controller) {
         controller.enqueue(chunk.map((byte) => byte - 32));
       },
     });
     return new Response(new Response(parts()).body.pipeThrough(upper));
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "AB");
  });

returns("bodies by their kind, and the types they give", `
  const of = (init) => {
    const r = new Response(init);
    return r.text().then((text) => [text, r.headers.get("content-type")]);
  };
  return [
    await of("é"), await of(new TextEncoder().encode("bytes")),
    await of(new TextEncoder().encode("buffer").buffer),
    await of(new DataView(new TextEncoder().encode("xviewx").buffer, 1, 4)),
    await of(new URLSearchParams({ a: "b c" })), await of(12), await of(null),
    await of({ toString() { return "object"; } }),
  ];`, [
  ["é", "text/plain;charset=UTF-8"], ["bytes", null], ["buffer", null],
  ["view", null],
  ["a=b+c", "application/x-www-form-urlencoded;charset=UTF-8"],
  ["12", "text/plain;charset=UTF-8"], ["", null],
  ["object", "text/plain;charset=UTF-8"],
]);

returns("json, bytes, arrayBuffer; bytes are a copy", `
  const source = new Uint8Array([91, 49, 93]);
  const response = new Response(source);
  source[0] = 0;
  const copy = response.clone(), copy2 = response.clone();
  const bytes = await copy.bytes();
  bytes[1] = 50;
  const buffer = await copy2.arrayBuffer();
  return [await response.json(), bytes.length, buffer.byteLength, response.bodyUsed];`,
[[1], 3, 3, true]);

returns("text() drops a BOM, body is the same stream each time", `
  const response = new Response("\\ufeffx");
  return [response.body === response.body, await response.text(), response.body.locked];`,
[true, "x", true]);

rejects("a body is read once", `
  const response = new Response("a");
  await response.text();
  await response.json();`, "TypeError",
"Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");

rejects("a stream that was read from is no body", `
  const { body } = new Response("a");
  await body.getReader().read();
  new Response(body);`, "TypeError",
"This ReadableStream is disturbed (has already been read from), and cannot be used as a body.");

rejects("invalid JSON", `await new Response("{").json();`, "SyntaxError");

worker(
  "a body that is kept for another request says so",
  `let kept;
   const say = (promise) => promise.then(() => "read", (error) => error.message);
   export default { async fetch(request) {
     if (request.url.endsWith("/keep")) {
       kept = [request, await fetch("http://h/"), await fetch("http://h/")];
       return new Response();
     }
     return Response.json([await say(kept[0].text()), await say(kept[1].text()),
       await say(kept[2].body.getReader().read())]);
   } };`,
  async (isolate) => {
    const first = isolate.fetch({ url: "http://h/keep", method: "POST", body: true });
    for (let i = 0; i < 2; i++) {
      isolate.head((await isolate.next("fetch", i)).channel, 200, { body: true });
    }
    await isolate.answer(first);
    for (const message of JSON.parse((await isolate.request()).text)) {
      assert.match(message, /^Cannot perform I\/O on behalf of a different request\. I\/O objects /);
    }
  });

worker(
  "a stream in a response goes on in its own invocation, whatever runs between",
  `export default { async fetch(request) {
     if (request.url.endsWith("/other")) return new Response("other");
     let n = 0;
     return new Response(new ReadableStream({
       async pull(controller) {
         await scheduler.wait(5);
         controller.enqueue(new TextEncoder().encode(String(++n)));
         if (n === 3) controller.close();
       },
     }, { highWaterMark: 0 }));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ url: "http://h/" });
    await isolate.next("respond");
    for (let i = 1; i <= 3; i++) {
      await isolate.request({ url: "http://h/other" });
      await isolate.until(() => isolate.bytes(channel).length >= i ||
        isolate.channel(channel).reset !== null);
    }
    const answer = await isolate.answer(channel);
    assert.equal(answer.reset, null);
    assert.equal(answer.text, "123");
  });

returns("bytes of a stream of one chunk are a copy", `
  const chunk = new Uint8Array([1]);
  const bytes = await new Response(new ReadableStream({
    start(c) { c.enqueue(chunk); c.close(); } })).bytes();
  chunk[0] = 2;
  return [...bytes];`, [1]);

returns("bytes of a stream are what they were when they came", `
  const bytes = (start) => new Response(new ReadableStream({ start }, { highWaterMark: 0 })).bytes();
  let c, d;
  const reused = bytes((controller) => { c = controller; });
  const moved = bytes((controller) => { d = controller; });
  const chunk = new Uint8Array(1), gone = new Uint8Array([7, 8]);
  for (let i = 1; i <= 3; i++) { chunk[0] = i; c.enqueue(chunk); }
  d.enqueue(gone);
  structuredClone(gone, { transfer: [gone.buffer] });
  d.enqueue(new Uint8Array([9]));
  c.close();
  d.close();
  return [[...await reused], [...await moved]];`, [[1, 2, 3], [7, 8, 9]]);
