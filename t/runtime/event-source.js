// EventSource: https://html.spec.whatwg.org/multipage/server-sent-events.html

import assert from "node:assert/strict";
import { CODE, host, RECORD, rejects, returns, worker } from "./lib/harness.js";

// -- the format, by from() ------------------------------------------------------------

// What a stream of these chunks says, as [type, data, lastEventId].
const parse = (title, chunks, expected, types = ["message"]) => returns(`format: ${title}`, `
  const bytes = ${JSON.stringify(chunks)}.map((c) => typeof c === "string" ? new TextEncoder().encode(c) : new Uint8Array(c));
  const source = EventSource.from(new ReadableStream({
    start(c) { for (const chunk of bytes) c.enqueue(chunk); c.close(); } }));
  const seen = [];
  for (const type of ${JSON.stringify(types)}) {
    source.addEventListener(type, (e) => seen.push([e.type, e.data, e.lastEventId]));
  }
  await new Promise((resolve) => { source.onerror = resolve; });
  return seen;`, expected);

parse("fields", ["data: a\n\n", "data:b\ndata\ndata:  c\nfoo: x\n: comment\n\n", "data\n\n", "\n\nevent: x\n\ndata: d\n\n"],
  [["message", "a", ""], ["message", "b\n\n c", ""], ["message", "", ""], ["message", "d", ""]]);
parse("line ends", ["data: a\r\rdata: b\r\n\r\ndata: c\n\rdata: d\r\n\n"],
  [["message", "a", ""], ["message", "b", ""], ["message", "c", ""], ["message", "d", ""]]);
parse("chunks that end within anything", [..."\ufeffid: é1\r\ndata: \u{1f600}\r\n\r\ndata: x\r\rdata: y\n\n"].flatMap(
  (c) => [...new TextEncoder().encode(c)].map((byte) => [byte])),
[["message", "\u{1f600}", "é1"], ["message", "x", "é1"], ["message", "y", "é1"]]);
parse("a BOM once", ["\ufeffdata: a\n\n\ufeffdata: b\n\n"], [["message", "a", ""]]);
parse("types", ["event: a\ndata: 1\n\nevent:b\nevent: message\ndata: 2\n\nevent\ndata: 3\n\ndata: 4\n\n"],
  [["a", "1", ""], ["message", "2", ""], ["message", "3", ""], ["message", "4", ""]], ["a", "b", "message"]);
parse("ids", ["id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 2\n\ndata: d\n\nid: x\0y\ndata: e\n\n"],
  [["message", "a", "1"], ["message", "b", "1"], ["message", "c", ""], ["message", "d", "2"], ["message", "e", "2"]]);
parse("what is not ended by an empty line is nothing", ["data: a\n\ndata: b\n"], [["message", "a", ""]]);
parse("names are exact", ["Data: a\n data: b\ndata : c\ndata: d\n\n"], [["message", "d", ""]]);
parse("bytes that are not UTF-8", [[0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]], [["message", "\ufffd", ""]]);
returns("format: a long line in many chunks", `
  let n = 0;
  const source = EventSource.from(new ReadableStream({ pull(c) {
    if (n === 0) c.enqueue(new TextEncoder().encode("data:"));
    if (n++ < 1000) c.enqueue(new Uint8Array(1000).fill(97));
    else { c.enqueue(new Uint8Array([10, 10])); c.close(); } } }));
  return new Promise((resolve) => { source.onmessage = (e) => resolve(e.data.length); });`, 1000000);
returns("from(): states and events", `
  const log = [];
  const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("data: a\\n\\n")); c.close(); } });
  const source = EventSource.from(stream);
  log.push(source.readyState, source.url, source.withCredentials, stream.locked);
  const ended = new Promise((resolve) => {
    source.onerror = (e) => { log.push(e.type, e.message, source.readyState); resolve(); };
  });
  source.onopen = (e) => log.push(e.type, source.readyState, e.isTrusted);
  source.onmessage = (e) => log.push(e.data, e.origin, e.constructor.name, e.isTrusted);
  await ended;
  return log;`, [0, "", false, true, "open", 1, true, "a", "", "MessageEvent", true, "error", "The server disconnected.", 2]);
returns("from(): no listener runs inside of enqueue()", `
  let c, inside = false;
  const source = EventSource.from(new ReadableStream({ start(controller) { c = controller; } }));
  await new Promise((resolve) => { source.onopen = resolve; });
  const seen = new Promise((resolve) => { source.onmessage = () => resolve(inside); });
  await scheduler.wait(1);
  inside = true;
  c.enqueue(new TextEncoder().encode("data: a\\n\\n"));
  inside = false;
  return seen;`, false);
returns("close() cancels the stream, and nothing comes any more", `
  let reason = "none";
  const log = [];
  const source = EventSource.from(new ReadableStream({
    pull(c) { c.enqueue(new TextEncoder().encode("data: 1\\n\\ndata: 2\\n\\n")); }, cancel(r) { reason = r; } }));
  source.onerror = () => log.push("error");
  await new Promise((resolve) => { source.onmessage = (e) => { log.push(e.data); source.close(); resolve(); }; });
  await scheduler.wait(5);
  source.close();
  return [log, String(reason), source.readyState];`, [["1"], "undefined", 2]);
returns("a stream that fails is an error with its reason", `
  const source = EventSource.from(new ReadableStream({ pull() { throw new RangeError("why"); } }));
  const e = await new Promise((resolve) => { source.onerror = resolve; });
  return [e.error.name, e.message.includes("why"), source.readyState];`, ["RangeError", true, 2]);
for (const [what, expression, name] of [
  ["a locked stream", `(globalThis.s = new ReadableStream()).getReader(), EventSource.from(s)`, "TypeError"],
  ["no stream", `EventSource.from({})`, "TypeError"], ["nothing", `new EventSource()`, "TypeError"],
  ["a call without new", `EventSource("http://h/")`, "TypeError"],
  ["a bad URL", `new EventSource("/x")`, "SyntaxError"],
  ["credentials", `new EventSource("http://h/", { withCredentials: true })`, "NotSupportedError"],
  ["a fetcher that is none", `new EventSource("http://h/", { fetcher: {} })`, "TypeError"],
  ["another this", `EventSource.prototype.close.call(new EventTarget())`, "TypeError"],
]) rejects(`EventSource refuses ${what}`, expression, name);
returns("the shape of the interface", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (d.get ? "get" + (d.set ? "set" : "") : typeof d.value === "number" ? d.value : typeof d.value === "function" ? d.value.length : "")).sort();
  return [shape(EventSource.prototype), shape(EventSource), Object.getPrototypeOf(EventSource) === EventTarget];`, [
  ["CLOSED+2", "CONNECTING+0", "OPEN+1", "close+0", "constructor-1", "onerror+getset", "onmessage+getset",
    "onopen+getset", "readyState+get", "url+get", "withCredentials+get"],
  ["CLOSED+2", "CONNECTING+0", "OPEN+1", "from+1", "length-1", "name-", "prototype-"], true,
]);

// -- over fetch() ---------------------------------------------------------------------

const STREAM = [["Content-Type", "text/event-stream;charset=utf-8"]];

// Statements have "source" and "log", and return when they are done.
const connected = (title, statements, act, expected) => worker(
  title,
  `export default { async fetch() {
     const log = [];
     const source = new EventSource("http://h/events#f");
     for (const type of ["open", "message", "error"]) {
       source.addEventListener(type, (e) => log.push(type === "message" ? e.data + " " + e.origin + " " + e.lastEventId
         : type + " " + source.readyState + (e.message ? " " + e.message : "")));
     }
     const until = (n) => new Promise((resolve) => {
       const look = () => log.length >= n ? resolve() : setTimeout(look, 1); look(); });
     ${statements}
     source.close();
     return Response.json([...log, source.readyState, source.url]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await act(isolate);
    const answer = await isolate.answer(channel);
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), expected);
  });

connected("opens, receives, reconnects with Last-Event-ID after the time it was told", "await until(5);",
  async (isolate) => {
    const first = await isolate.next("fetch");
    assert.deepEqual([first.method, first.url, first.headers], ["GET", "http://h/events",
      [["Accept", "text/event-stream"], ["Cache-Control", "no-cache"]]]);
    isolate.head(first.channel, 200, { headers: STREAM, body: true });
    await isolate.next("grant");
    isolate.data(first.channel, "retry: 3\nretry: 4x\nid: \u00e9\ndata: 1\n\n");
    isolate.end(first.channel);
    const second = await isolate.next("fetch", 1);
    assert.deepEqual(second.headers[2], ["Last-Event-ID", "\u00c3\u00a9"]);
    isolate.head(second.channel, 200, { headers: STREAM, body: true });
    await isolate.next("grant", 1);
    isolate.data(second.channel, "data: 2\n\n");
    assert.equal((await isolate.next("reset")).channel, second.channel);
  }, ["open 1", "1 http://h é", "error 0 The server disconnected.", "open 1", "2 http://h é", 2, "http://h/events#f"]);
connected("a connection that breaks is made again", "await until(3);", async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { headers: STREAM, body: true });
  await isolate.next("grant");
  isolate.data(channel, "retry: 1\n\n");
  isolate.reset(channel, CODE.NETWORK, "gone");
  isolate.head((await isolate.next("fetch", 1)).channel, 204);
}, ["open 1", "error 0 TypeError: gone", "error 2 AbortError: The response status code was 204.", 2, "http://h/events#f"]);
for (const [what, status, headers, message] of [
  ["another status", 500, STREAM, "The response status code was 500."],
  ["no content type", 200, [], "The content type '' is invalid."],
  ["another content type", 200, [["Content-Type", "text/plain"]], "The content type 'text/plain' is invalid."],
]) {
  connected(`${what} is the end`, "await until(1); await scheduler.wait(3);", async (isolate) => {
    isolate.head((await isolate.next("fetch")).channel, status, { headers });
  }, [`error 2 AbortError: ${message}`, 2, "http://h/events#f"]);
}
connected("a fetch() that fails is the end", "await until(1);", async (isolate) => {
  isolate.reset((await isolate.next("fetch")).channel, CODE.NETWORK, "refused");
}, ["error 2 TypeError: refused", 2, "http://h/events#f"]);
connected("the origin is the final one", "await until(2);", async (isolate) => {
  isolate.head((await isolate.next("fetch")).channel, 302, { headers: [["Location", "https://other:8443/x"]] });
  const { channel } = await isolate.next("fetch", 1);
  isolate.head(channel, 200, { headers: STREAM, body: true });
  await isolate.next("grant");
  isolate.data(channel, "data: a\n\n");
}, ["open 1", "a https://other:8443 ", 2, "http://h/events#f"]);
connected("close() before the response", "source.close(); await scheduler.wait(3);", async (isolate) => {
  const { channel } = await isolate.next("fetch");
  assert.equal((await isolate.next("reset")).channel, channel);
}, [2, "http://h/events#f"]);
worker(
  "listeners run in the invocation of their EventSource, and it ends with it",
  `let source;
   export default { async fetch(request, env, ctx) {
     if (request.url.endsWith("/state")) return new Response(String(source.readyState));
     source = new EventSource("http://h/");
     const done = new Promise((resolve) => {
       source.onmessage = async (e) => { await scheduler.wait(1); await (await fetch("http://h/" + e.data)).text(); resolve(); };
     });
     ctx.waitUntil(done);
     return new Response("ok");
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ url: "http://w/" });
    const up = (await isolate.next("fetch")).channel;
    isolate.head(up, 200, { headers: STREAM, body: true });
    await isolate.next("grant");
    assert.equal((await isolate.request({ url: "http://w/state" })).text, "1");
    isolate.data(up, "data: x\n\n");
    const inner = await isolate.next("fetch", 1);
    assert.deepEqual([inner.url, inner.invocation], ["http://h/x", channel]);
    isolate.head(inner.channel, 200);
    await isolate.until(() => isolate.channel(channel).done);
    assert.equal((await isolate.request({ url: "http://w/state" })).text, "2");
    assert.deepEqual(isolate.logs(), []);
  });
worker(
  "none is made outside of a handler",
  `let name;
   try { new EventSource("http://h/"); } catch (error) { name = error.name; }
   export default { fetch() { return new Response(name); } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "NotSupportedError");
  });
host(
  "a fetcher of env",
  `export default { async fetch(request, env) {
     const source = new EventSource("http://any/", { fetcher: env.API });
     return new Response(await new Promise((resolve) => { source.onerror = (e) => resolve(e.message); }));
   } };`,
  [[RECORD.SERVICE, "API", "7"]],
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    assert.equal(out.target, 7);
    isolate.head(out.channel, 401);
    assert.equal((await isolate.answer(channel)).text, "AbortError: The response status code was 401.");
  });
