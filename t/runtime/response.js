// Response: https://fetch.spec.whatwg.org/#response-class

import assert from "node:assert/strict";
import { rejects, returns, worker } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

returns("defaults", `
  const r = new Response();
  return [r.type, r.url, r.redirected, r.status, r.ok, r.statusText, [...r.headers], r.body, r.bodyUsed, r.webSocket,
    String(r.cf), await r.text(), r.bodyUsed, Object.prototype.toString.call(r), new Response(undefined).body,
    new Response(null).body, new Response("").body !== null];`,
["default", "", false, 200, true, "", [], null, false, null, "undefined", "", false, "[object Response]", null, null, true]);
returns("members", `
  const r = new Response("x", { status: 299.9, statusText: "\\tOk \\u00ff", headers: { a: "b" }, encodeBody: "manual",
    webSocket: null, cf: { k: 1 } });
  return [r.status, r.ok, r.statusText, [...r.headers], r.cf, new Response(null, { status: 65736 }).status,
    new Response(null, { status: "404" }).ok];`,
[299, true, "\tOk \u00ff", [["a", "b"], ["content-type", "text/plain;charset=UTF-8"]], { k: 1 }, 200, false]);
returns("members are read in order, after the body, before any work", `
  const log = [];
  const init = new Proxy({}, { get(_, name) { log.push(name); } });
  new Response({ toString() { log.push("body"); return ""; } }, init);
  const order = log.splice(0);
  const locked = new ReadableStream(); locked.getReader();
  const say = (name, value) => ({ toString() { log.push(name); return value; } });
  try { new Response(locked, { status: { valueOf() { log.push("status"); return 1; } }, statusText: say("text", "\\n") }); }
  catch (error) { log.push(error.name); }
  try { new Response("x", { status: 1, statusText: say("text", "\\n"), headers: { "bad name": say("header", "x") } }); }
  catch (error) { log.push(error.name); }
  return [order, log];`, [
  ["body", "cf", "encodeBody", "headers", "status", "statusText", "webSocket"],
  ["status", "text", "TypeError", "header", "text", "RangeError"],
]);
for (const status of ["0", "100", "101", "199", "600", "1000", "NaN", "-1", "null"]) {
  rejects(`Response refuses the status ${status}`, `new Response(null, { status: ${status} })`, "RangeError");
}
for (const [what, expression] of [
  ["a line break in statusText", `new Response("", { statusText: "a\\n" })`],
  ["statusText beyond bytes", `new Response("", { statusText: "\\u0100" })`],
  ["headers that are null", `new Response("", { headers: null })`], ["a string as init", `new Response("", "x")`],
  ["another encodeBody", `new Response("", { encodeBody: "x" })`], ["a webSocket", `new Response(null, { webSocket: {} })`],
  ["a call without new", `Response()`], ["a BigInt as status", `new Response(null, { status: 200n })`],
  ["a body of a symbol", `new Response(Symbol())`],
  ["a locked stream", `(globalThis.s = new ReadableStream()).getReader(), new Response(s)`],
  ["a disturbed stream", `(await (globalThis.s = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array(1)); } })).getReader().read(), new Response(s))`],
  ...[204, 205, 304].map((status) => [`a body for ${status}`, `new Response("x", { status: ${status} })`]),
  ["a stream for 204", `new Response(new ReadableStream(), { status: 204 })`],
  ["JSON for 204", `Response.json(1, { status: 204 })`], ["undefined as JSON", `Response.json(undefined)`],
  ["a symbol as JSON", `Response.json(Symbol())`], ["no JSON", `Response.json()`],
  ["no redirect URL", `Response.redirect()`], ["a relative redirect", `Response.redirect("/a")`],
  ["changing a redirect", `Response.redirect("http://h/").headers.set("a", "b")`],
  ["changing an error", `Response.error().headers.append("a", "b")`],
  ["a Request as this", `Response.prototype.clone.call(new Request("http://h"))`],
  ["a Request as this of status", `Object.getOwnPropertyDescriptor(Response.prototype, "status").get.call(new Request("http://h"))`],
  ["a clone of one that was used", `(globalThis.r = new Response("x"), await r.text(), r.clone())`],
  ["a clone of one that is locked", `(globalThis.r = new Response("x")).body.getReader(), r.clone()`],
]) rejects(`Response refuses ${what}`, expression, "TypeError");
rejects("JSON that contains itself", `const o = {}; o.o = o; Response.json(o)`, "TypeError");
for (const status of ["200", "300", "304", "306", "309", "NaN"]) {
  rejects(`redirect() refuses ${status}`, `Response.redirect("http://h/", ${status})`, "RangeError");
}
rejects("an error response cannot be the dictionary", `new Response(null, Response.error())`, "RangeError");
returns("an empty body passes for none where none may be", `
  return [204, 205, 304].map((status) => [new Response("", { status }).body, new Response(new Uint8Array(0), { status }).body,
    new Response(new Blob(), { status }).body]).flat();`, Array(9).fill(null));
returns("error(), redirect(), json()", `
  const e = Response.error();
  const r = [undefined, 301, 302, 303, 307, 308].map((s) => Response.redirect("HTTP://h/é#f", s))
    .map((r) => [r.status, r.headers.get("location"), r.type, r.body]);
  const log = [];
  const j = Response.json({ toJSON() { log.push("toJSON"); return ["é"]; } }, { get status() { log.push("status"); return 201; }, headers: { a: "b" } });
  return [e.type, e.status, e.ok, e.body, e.statusText, r, log, j.status, [...j.headers], await j.text(),
    Response.json(null, { headers: { "Content-Type": "x/y" } }).headers.get("content-type"), await Response.json("\\ud800").text()];`, [
  "error", 0, false, null, "",
  [302, 301, 302, 303, 307, 308].map((s) => [s, "http://h/%C3%A9#f", "default", null]),
  ["status", "toJSON"], 201, [["a", "b"], ["content-type", "application/json"]], '["é"]', "x/y", '"\\ud800"',
]);
returns("Content-Type by the body, unless it was given", `
  const type = (body, headers) => new Response(body, { headers }).headers.get("content-type");
  return [type("x"), type("x", { "content-type": "a/b" }), type(new Blob(["x"])), type(new Blob(["x"], { type: "C/D" })),
    type(new Uint8Array(1)), type(new ReadableStream()), type(new URLSearchParams()), type(new FormData()).slice(0, 30), type(null)];`, [
  "text/plain;charset=UTF-8", "a/b", null, "c/d", null, null,
  "application/x-www-form-urlencoded;charset=UTF-8", "multipart/form-data; boundary=", null,
]);
returns("a Response can be the dictionary", `
  const from = new Response("x", { status: 201, statusText: "S", headers: [["set-cookie", "a"], ["set-cookie", "b"]], cf: { k: 1 } });
  const r = new Response("y", from);
  r.headers.append("c", "d");
  return [r.status, r.statusText, r.headers.getSetCookie(), await r.text(), r.cf, from.headers.get("c"), from.bodyUsed];`,
[201, "S", ["a", "b"], "y", { k: 1 }, null, false]);
returns("buffers are copied when the body is made, Blobs are not read twice", `
  const bytes = new TextEncoder().encode("abc");
  const r = new Response(bytes.subarray(1)), s = new Response(new DataView(bytes.buffer, 0, 1));
  bytes.fill(0);
  const blob = new Blob(["x"]);
  return [await r.text(), await s.text(), await new Response(blob).text(), await new Response(blob).text()];`,
["bc", "a", "x", "x"]);
returns("what reads a body, for each kind of body", `
  const stream = () => new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("[1")); c.enqueue(new TextEncoder().encode("]").buffer); c.close(); } });
  const out = [];
  for (const make of [() => "[1]", () => new Blob(["[1]"]), () => new TextEncoder().encode("[1]"), stream, () => new Response("[1]").body]) {
    out.push([await new Response(make()).text(), await new Response(make()).json(), [...await new Response(make()).bytes()],
      (await new Response(make()).arrayBuffer()).byteLength, await (await new Response(make(), { headers: { "Content-Type": "A/B;C=d" } }).blob()).text()]);
  }
  const bytes = await new Response("x").bytes();
  return [out, bytes.buffer.byteLength, bytes.constructor === Uint8Array];`,
[Array(5).fill(["[1]", [1], [91, 49, 93], 3, "[1]"]), 1, true]);
returns("the type of blob()", `
  const type = async (...values) => {
    const r = new Response("");
    r.headers.delete("content-type");
    for (const value of values) r.headers.append("content-type", value);
    return (await r.blob()).type;
  };
  return [await type(), await type("TEXT/html ; charset=UTF-8;x=\\"a b\\""), await type("nonsense"), await type("a/b", "c/d"),
    await type("a/b;charset=x", "a/b"), await type("a/b;charset=x", "a/b;q=1", "*/*"), await type("a/b;charset=x", "nope", "a/b;charset=y"),
    await type("a/b;x=\\"c,d/e\\""), await type("a/b, */*"), await type("a/b;x=y;x=z; =q;;w;v="), await type("a/b;x=\\"\\\\\\"\\""),
    await type("a/b;x=\\"\\""), await type("/b"), await type("a/"), await type("a b/c"), await type("a/b;x='y'")];`, [
  "", "text/html;charset=UTF-8;x=\"a b\"", "", "c/d", "a/b;charset=x", "a/b;q=1;charset=x", "a/b;charset=y",
  "a/b;x=\"c,d/e\"", "a/b", "a/b;x=y", "a/b;x=\"\\\"\"", "a/b;x=\"\"", "", "", "", "a/b;x='y'",
]);
returns("json() and text() of text that begins with a BOM", `
  return [await new Response("\\ufeff\\ufeffx").text(), await new Response("\\ufeff1").json(), await new Response("\\ufeff1").text(),
    (await new Response("\\ufeff1").bytes()).length];`, ["\ufeffx", 1, "1", 4]);
returns("a stream whose chunks are no bytes, or that fails, rejects", `
  const read = (source) => new Response(new ReadableStream(source)).text().then((t) => t, (e) => e.name + e.message);
  return [await read({ start(c) { c.enqueue("text"); c.close(); } }), await read({ start(c) { c.error(new RangeError("r")); } }),
    await read({ start(c) { c.enqueue(new Uint8Array(1)); c.enqueue(1); } }), await read({ pull() { throw new RangeError("p"); } })];`, [
  "TypeErrorThis ReadableStream did not return bytes.", "RangeErrorr",
  "TypeErrorThis ReadableStream did not return bytes.", "RangeErrorp",
]);
returns("the stream of a body that was read is locked and cannot be a body", `
  const r = new Response("x");
  await r.text();
  const made = (() => { try { return new Response(r.body); } catch (error) { return error.name; } })();
  return [r.body.locked, r.bodyUsed, made];`, [true, true, "TypeError"]);
returns("bodyUsed and locked", `
  const a = new Response("x");
  const { body } = a;
  const before = [a.bodyUsed, body.locked];
  const promise = a.text();
  const during = [a.bodyUsed, body.locked];
  await promise;
  const b = new Response("x"); await b.body.cancel();
  const c = new Response("x"); const reader = c.body.getReader(); const locked = [c.bodyUsed, await c.text().catch((e) => e.name)];
  reader.releaseLock();
  const d = new Response(null); await d.text();
  const e = new Response(""); await e.text();
  return [before, during, b.bodyUsed, locked, await c.text(), d.bodyUsed, e.bodyUsed];`,
[[false, false], [true, true], true, [false, "TypeError"], "x", false, true]);
returns("textStream() decodes as the bytes come", `
  const chunks = [[0xef, 0xbb], [0xbf, 0x61], [0xc3], [0xa9, 0xf0, 0x9f], [0x98, 0x80], [0xe2, 0x82]];
  let reason;
  const stream = (source) => new Response(new ReadableStream(source)).textStream();
  const parts = [];
  const r = new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(chunks.shift())); if (chunks.length === 0) c.close(); } }));
  const text = r.textStream();
  const used = [r.bodyUsed, r.body.locked, await r.text().catch((e) => e.name)];
  for await (const part of text) parts.push(part);
  await stream({ cancel(r) { reason = r; } }).cancel("why");
  const empty = await new Response(null).textStream().getReader().read();
  return [parts, used, reason, empty.done, (await new Response("").textStream().getReader().read()).done,
    await stream({ start(c) { c.enqueue("text"); } }).getReader().read().catch((e) => e.name),
    await stream({ start(c) { c.error(new RangeError("r")); } }).getReader().read().catch((e) => e.name),
    (() => { try { r.textStream(); } catch (e) { return e.name; } })(),
    (() => { try { Response.prototype.textStream.call(new Request("http://h")); } catch (e) { return e.name; } })()];`, [
  ["a", "é", "\u{1f600}", "\ufffd"], [true, true, "TypeError"], "why", true, true, "TypeError", "RangeError",
  "TypeError", "TypeError",
]);
returns("clone() halves are independent", `
  let pulls = 0;
  const a = new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array([97 + pulls])); if (++pulls === 3) c.close(); } }));
  const b = a.clone();
  const text = await b.text();
  const c = a.clone();
  const used = [a.bodyUsed, b.bodyUsed, c.bodyUsed];
  return [text, used, await a.text(), await c.text(), new Response(null).clone().body];`,
["abc", [false, true, false], "abc", "abc", null]);
returns("the shape of the interface", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (d.get ? "get" : typeof d.value === "function" ? d.value.length : "")).sort();
  return [shape(Response.prototype), shape(Response), Response.length, Object.getPrototypeOf(Response) === Function.prototype];`, [
  ["arrayBuffer+0", "blob+0", "body+get", "bodyUsed+get", "bytes+0", "cf+get", "clone+0", "constructor-0", "formData+0",
    "headers+get", "json+0", "ok+get", "redirected+get", "status+get", "statusText+get", "text+0", "textStream+0", "type+get", "url+get",
    "webSocket+get"],
  ["error+0", "json+1", "length-", "name-", "prototype-", "redirect+1"], 0, true,
]);
worker(
  "Blobs and FormData are sent with their length",
  `export default { fetch(request) {
     const f = new FormData(); f.append("a", "b");
     return new Response(request.url.endsWith("blob") ? new Blob(["abc"], { type: "x/y" }) : f);
   } };`,
  async (isolate) => {
    const blob = await isolate.request({ url: "http://h/blob" });
    assert.deepEqual([blob.text, blob.length, blob.headers], ["abc", 3, [["Content-Type", "x/y"]]]);
    const form = await isolate.request({ url: "http://h/form" });
    assert.equal(form.length, form.text.length);
    assert.match(form.text, /^------formdata-[0-9a-f]{32}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n/);
  });
worker(
  "a Blob's stream is sent as the Blob is, and what was read from one is not",
  `export default { async fetch(request) {
     const stream = new Blob(["abc"]).stream();
     if (request.url.endsWith("/read")) {
       const reader = stream.getReader({ mode: "byob" });
       await reader.read(new Uint8Array(1));
       reader.releaseLock();
       return new Response(new ReadableStream({ async start(c) { for await (const x of stream) c.enqueue(x); c.close(); } }));
     }
     return new Response(stream);
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).length, 3);
    const read = await isolate.request({ url: "http://h/read" });
    assert.deepEqual([read.length, read.text], [-1, "bc"]);
  });
returns("patched built-ins neither break Responses nor see them", `
  ${hostile}
  const init = { __proto__: null, status: 201, statusText: "S", headers: { __proto__: null, a: "1" } };
  const bytes = new TextEncoder().encode("bytes");
  const value = { __proto__: null, a: 1 };
  watch();
  const r = new Response("text", init);
  const promises = [r.clone().text(), r.text(), new Response(bytes, r).text(), Response.json(value).json()];
  const redirect = Response.redirect("http://h/", 303).headers.get("location");
  const names = unwatch();
  return [names.filter((n) => n !== "get then"), await Promise.all(promises), redirect, r.status];`,
[[], ["text", "text", "bytes", { a: 1 }], "http://h/", 201]);
returns("a patched Promise.prototype.then is not asked", `
  ${hostile}
  const r = new Response(new Blob(["x"]).stream()), s = new Response("y");
  watch();
  const a = s.text();
  const names = unwatch();
  return [names, await a, await r.text()];`, [[], "y", "x"]);
