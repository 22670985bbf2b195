// fetch(): signals, data: URLs, options, and how a call ends.  t/runtime/
// outbound.js has what goes over the wire.

import assert from "node:assert/strict";
import {
  CODE, FORMAT, isolates, rejects, returns, worker,
} from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

// -- data: URLs -------------------------------------------------------------------

// As [type, text], or the error's name.
const data = (url, expected) => returns(`fetch(${JSON.stringify(url).slice(0, 60)})`, `
  try {
    const r = await fetch(${JSON.stringify(url)});
    const type = r.headers.get("content-type");
    return [type, Array.from(await r.bytes(), (b) => String.fromCharCode(b)).join("")];
  } catch (error) { return error.name; }`, expected);
const plain = "text/plain;charset=US-ASCII";

data("data:,x", [plain, "x"]);
data("data:", "TypeError");
data("data:text/html", "TypeError");
data("data:,", [plain, ""]);
data("DATA://test/,X", [plain, "X"]);
data("data://test:1/,X", [plain, "X"]);
data("data://test:test/,X", "TypeError");
data("data:text/html,a,b", ["text/html", "a,b"]);
data("data:TEXT/Html;Charset=UTF-8,x", ["text/html;charset=UTF-8", "x"]);
data("data:text/plain;a=\",\",x", ["text/plain;a=\"\"", "\",x"]);
data("data: text/html ;x=y ,x", ["text/html;x=y", "x"]);
data("data:;charset=x,y", ["text/plain;charset=x", "y"]);
data("data:nonsense,x", [plain, "x"]);
data("data:text/plain;charset,x", ["text/plain", "x"]);
data("data:;x=y;base64,WA", ["text/plain;x=y", "X"]);
data("data:;x=y;base64;,WA", ["text/plain;x=y", "WA"]);
data("data:;BASe64,WA==", [plain, "X"]);
data("data:; base64,WA", [plain, "X"]);
data("data:;base64  ,WA", [plain, "X"]);
data("data:x;base64 x,WA", [plain, "WA"]);
data("data:base64,WA", [plain, "WA"]);
data("data:;base64,W", "TypeError");
data("data:;base64,WA=", "TypeError");
data("data:;base64, W %20 A%3D%3D%0a", [plain, "X"]);
data("data:;base64,W%zz", "TypeError");
data("data:,%C3%A9é%zz%4", [plain, "\u00c3\u00a9\u00c3\u00a9%zz%4"]);
data("data:,a b\tc\n", [plain, "a bc"]);
data("data:,a#b", [plain, "a"]);
data("data:text/plain%3B,x", ["text/plain%3b", "x"]);
returns("a data: response", `
  const r = await fetch("data:text/plain,hello#f");
  const head = await fetch("data:,x", { method: "HEAD" });
  const post = await fetch("data:,x", { method: "POST", body: "y" });
  let immutable;
  try { r.headers.set("a", "b"); } catch (error) { immutable = error.name; }
  return [r.status, r.statusText, r.ok, r.url, r.redirected, [...r.headers], immutable, head.body, await post.text(), await r.text()];`,
[200, "OK", true, "data:text/plain,hello", false, [["content-type", "text/plain"]], "TypeError", null, "x", "hello"]);

// -- what fetch() refuses --------------------------------------------------------------

for (const [what, args] of [
  ["blob:", `"blob:http://h/x"`], ["about:", `"about:blank"`], ["file:", `"file:///x"`], ["a relative URL", `"/x"`],
  ["an unknown cache mode", `"http://h/", { cache: "x" }`], ["navigate", `"http://h/", { mode: "navigate" }`],
  ["a fetcher that is none", `"http://h/", { fetcher: {} }`], ["integrity, which it cannot check", `"http://h/", { integrity: "sha256-x" }`],
  ["a locked stream", `"http://h/", { method: "PUT", body: ((globalThis.s = new ReadableStream()).getReader(), s) }`],
  ["a request that was used", `used`], ["nothing", ""],
]) {
  rejects(`fetch() rejects ${what}`, `
    const used = new Request("http://h/", { method: "PUT", body: "x" });
    await used.text();
    let promise;
    try { promise = fetch(${args}); } catch { throw new Error("it threw"); }
    await promise;`, "TypeError");
}
worker(
  "the cache and other options are accepted",
  `export default { fetch() {
     return fetch("http://h/", { cache: "no-store", mode: "no-cors", credentials: "include", keepalive: true,
       priority: "high", referrerPolicy: "no-referrer", duplex: "half", headers: { Host: "x", Cookie: "c", Origin: "o" } });
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    assert.deepEqual(out.headers, [["Host", "x"], ["Cookie", "c"], ["Origin", "o"]]);
    isolate.head(out.channel, 200);
    assert.equal((await isolate.answer(channel)).status, 200);
  });

// -- signals --------------------------------------------------------------------------

const signalled = (title, statements, act, expected) => worker(
  title,
  `export default { async fetch() {
     const say = (promise) => promise.then((v) => "resolved " + v, (e) => e === "why" ? "why" : e.name + ": " + e.message);
     const controller = new AbortController();
     const { signal } = controller;
     const result = await (async () => { ${statements} })();
     return Response.json(result);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await act(isolate);
    const answer = await isolate.answer(channel);
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), expected);
  });

signalled("an aborted signal: nothing is sent, and the body is cancelled with the reason", `
  let reason;
  const body = new ReadableStream({ cancel(r) { reason = r; } });
  controller.abort("why");
  const said = await say(fetch("http://h/", { method: "POST", body, signal }));
  const request = new Request("http://h/", { method: "POST", body: "x", signal });
  return [said, reason, await say(fetch(request)), request.bodyUsed, await say(fetch("http://h/", { signal: AbortSignal.abort() })),
    await say(fetch("bad url", { signal })).then((s) => s.split(":")[0])];`,
(isolate) => { assert.equal(isolate.of("fetch").length, 0); },
["why", "why", "why", true, "AbortError: The operation was aborted", "TypeError"]);
signalled("aborted while it waits: the channel is reset, the body cancelled", `
  let reason;
  const body = new ReadableStream({ pull() { return new Promise(() => {}); }, cancel(r) { reason = r; } });
  setTimeout(() => controller.abort("why"), 1);
  return [await say(fetch("http://h/", { method: "POST", body, signal })), reason];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  const reset = await isolate.next("reset");
  assert.deepEqual([reset.channel, reset.code], [channel, CODE.CANCEL]);
}, ["why", "why"]);
signalled("aborted between two chunks: what has come is dropped", `
  const response = await fetch("http://h/", { signal });
  const reader = response.body.getReader();
  const { value } = await reader.read();
  const pending = say(reader.read());
  controller.abort("why");
  return [value.length, await pending, await say(reader.read()), await say(reader.closed)];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  await isolate.next("grant");
  isolate.data(channel, "a");
}, [1, "why", "why", "why"]);
for (const isComplete of [false, true]) {
  signalled(`aborted when ${isComplete ? "all" : "more"} has come but was not read: it is dropped`, `
    const response = await fetch("http://h/", { signal });
    const reader = response.body.getReader();
    const { value } = await reader.read();
    await scheduler.wait(20);
    controller.abort("why");
    return [value.length, await say(reader.read())];`,
  async (isolate) => {
    const { channel } = await isolate.next("fetch");
    isolate.head(channel, 200, { body: true });
    await isolate.next("grant");
    isolate.data(channel, "a");
    isolate.data(channel, "bc");
    if (isComplete) isolate.end(channel);
  }, [1, "why"]);
}
signalled("aborted between two reads: the stream fails at once", `
  const response = await fetch("http://h/", { signal });
  const reader = response.body.getReader();
  const { value } = await reader.read();
  controller.abort("why");
  return [value.length, await say(reader.closed), await say(reader.read())];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  await isolate.next("grant");
  isolate.data(channel, "a");
}, [1, "why", "why"]);
signalled("a body that ends between two reads closes its stream at once", `
  const response = await fetch("http://h/");
  const reader = response.body.getReader();
  const { value } = await reader.read();
  return [value.length, await say(reader.closed), (await reader.read()).done];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  await isolate.next("grant");
  isolate.data(channel, "a");
  isolate.end(channel);
}, [1, "resolved undefined", true]);
signalled("aborted before a body that was cloned is read", `
  const response = await fetch("http://h/", { signal });
  const copy = response.clone();
  controller.abort("why");
  return [await say(response.text()), await say(copy.text())];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true, length: 1 });
}, ["why", "why"]);
signalled("aborted after all was read: too late", `
  const response = await fetch("http://h/", { signal });
  const text = await response.text();
  controller.abort("why");
  return [text, response.bodyUsed];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  await isolate.next("grant");
  isolate.data(channel, "a");
  isolate.end(channel);
}, ["a", true]);
signalled("aborted in the middle of text()", `
  const response = await fetch("http://h/", { signal });
  setTimeout(() => controller.abort("why"), 5);
  return say(response.text());`,
async (isolate) => {
  const { channel } = await isolate.next("fetch");
  isolate.head(channel, 200, { body: true });
  await isolate.next("grant");
  isolate.data(channel, "a");
}, "why");
signalled("the signal of a request that is the input counts, init's replaces it", `
  const request = new Request("http://h/", { signal });
  const one = say(fetch(request));
  const two = say(fetch(request, { signal: null }).then((r) => r.status));
  controller.abort("why");
  return [await one, await two];`,
async (isolate) => {
  const { channel } = await isolate.next("fetch", 1);
  isolate.head(channel, 201);
}, ["why", "resolved 201"]);

// -- redirects --------------------------------------------------------------------------

const redirected = (title, args, hops, expected) => worker(
  title,
  `export default { async fetch() {
     try {
       const r = await fetch(${args});
       return Response.json([r.status, r.url, r.redirected]);
     } catch (error) { return Response.json(error.name); }
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const urls = [];
    for (let i = 0; i < hops.length; i++) {
      const out = await isolate.next("fetch", i);
      urls.push(`${out.method} ${out.url}`);
      const [status, location] = hops[i];
      isolate.head(out.channel, status, {
        headers: location === undefined ? [] : [["Location", location]],
      });
    }
    assert.deepEqual([...urls, JSON.parse((await isolate.answer(channel)).text)], expected);
  });

redirected("Location is UTF-8, and may be empty", `"http://a/x?y"`, [[302, "/\u00c3\u00a9"], [301, ""], [200]],
  ["GET http://a/x?y", "GET http://a/%C3%A9", "GET http://a/%C3%A9", [200, "http://a/%C3%A9", true]]);
redirected("HEAD stays HEAD at 303, PUT becomes GET", `"http://a/", { method: "HEAD" }`, [[303, "/b"], [200]],
  ["HEAD http://a/", "HEAD http://a/b", [200, "http://a/b", true]]);
redirected("PUT becomes GET at 303", `"http://a/", { method: "PUT", body: "x" }`, [[303, "/b"], [200]],
  ["PUT http://a/", "GET http://a/b", [200, "http://a/b", true]]);
redirected("PUT stays PUT at 302", `"http://a/", { method: "PUT", body: "x" }`, [[302, "/b"], [200]],
  ["PUT http://a/", "PUT http://a/b", [200, "http://a/b", true]]);
redirected("a stream cannot follow even a 302 that would drop it",
  `"http://a/", { method: "POST", body: new ReadableStream() }`, [[302, "/b"]], ["POST http://a/", "TypeError"]);
redirected("but a 303", `"http://a/", { method: "POST", body: new ReadableStream() }`, [[303, "/b"], [200]],
  ["POST http://a/", "GET http://a/b", [200, "http://a/b", true]]);
redirected("redirect: error without Location", `"http://a/", { redirect: "error" }`, [[302]],
  ["GET http://a/", "TypeError"]);
redirected("to data:", `"http://a/"`, [[302, "data:,x"]], ["GET http://a/", "TypeError"]);
redirected("to credentials, which are not sent", `"http://a/"`, [[302, "http://u:p@b/"], [200]],
  ["GET http://a/", "GET http://b/", [200, "http://b/", true]]);
redirected("to what is no URL", `"http://a/"`, [[302, "http://b:x/"]], ["GET http://a/", "TypeError"]);
redirected("300 and 304 are no redirects", `"http://a/"`, [[300, "/b"]], ["GET http://a/", [300, "http://a/", false]]);

// -- the end of an invocation --------------------------------------------------------------

worker(
  "a fetch() that is pending when its invocation ends is rejected, and nothing is logged",
  `let kept;
   export default { async fetch(request) {
     if (request.url.endsWith("/keep")) {
       kept = fetch("http://h/");
       return new Response("kept");
     }
     return new Response(await kept.then(() => "resolved", (error) => error.message));
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ url: "http://h/keep" });
    await isolate.next("fetch");
    await isolate.answer(channel);
    assert.match((await isolate.request()).text, /^Cannot perform I\/O on behalf of a request that is over/);
    assert.deepEqual(isolate.logs(), []);
  });
worker(
  "a response that breaks off after its end was promised fails who reads it, not who has read",
  `export default { async fetch() {
     const response = await fetch("http://h/");
     const reader = response.body.getReader();
     const { value } = await reader.read();
     const error = await reader.read().catch((e) => e);
     return Response.json([value.length, error.name, error.message]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const up = (await isolate.next("fetch")).channel;
    isolate.head(up, 200, { body: true, length: 10 });
    await isolate.next("grant");
    isolate.data(up, "abc");
    isolate.reset(up, CODE.NETWORK, "gone");
    assert.deepEqual(JSON.parse((await isolate.answer(channel)).text), [3, "TypeError", "gone"]);
  });
worker(
  "when the network fails, the body that is being sent is cancelled with the error",
  `let reason;
   export default { async fetch(request) {
     const body = new ReadableStream({ pull() { return new Promise(() => {}); }, cancel(r) { reason = r; } });
     const error = await fetch("http://h/", { method: "POST", body }).catch((e) => e);
     return Response.json([error.message, reason === error]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    isolate.reset((await isolate.next("fetch")).channel, CODE.NETWORK, "gone");
    assert.deepEqual(JSON.parse((await isolate.answer(channel)).text), ["gone", true]);
  });
returns("patched built-ins neither break fetch() nor see it", `
  ${hostile}
  await fetch("data:,x");
  const init = { __proto__: null, headers: { __proto__: null, a: "1" } };
  watch();
  const promise = fetch("data:text/plain;base64,WA==#f", init);
  const names = unwatch();
  return [names.filter((n) => n !== "get then"), await (await promise).text()];`, [[], "X"]);
isolates("a data: URL needs no global outbound", async (isolate) => {
  await isolate.load(FORMAT.MODULE, `
    export default { async fetch() { return fetch("data:text/plain,x"); } };`, { outbound: false });
  assert.equal((await isolate.request()).text, "x");
});
