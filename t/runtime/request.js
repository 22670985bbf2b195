// Request: https://fetch.spec.whatwg.org/#request-class

import assert from "node:assert/strict";
import { FLAG, rejects, returns, worker } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

returns("defaults", `
  const r = new Request("HTTP://H:80/a b#f");
  return [r.method, r.url, [...r.headers], r.destination, r.referrer, r.referrerPolicy, r.mode, r.credentials,
    r.cache, r.redirect, r.integrity, r.keepalive, r.isReloadNavigation, r.isHistoryNavigation, r.signal.aborted,
    r.duplex, r.body, r.bodyUsed, String(r.cf), r.fetcher, Object.prototype.toString.call(r)];`, [
  "GET", "http://h/a%20b#f", [], "", "about:client", "", "cors", "same-origin", "default", "follow", "", false,
  false, false, false, "half", null, false, "undefined", null, "[object Request]",
]);
returns("every member of the dictionary", `
  const r = new Request("http://h/", { method: "post", headers: [["a", "b"]], body: "x", referrer: "",
    referrerPolicy: "origin", mode: "no-cors", credentials: "include", cache: "no-store", redirect: "manual",
    integrity: "sha256-x", keepalive: 1, duplex: "half", priority: "low", window: null, signal: null, cf: { a: 1 },
    encodeResponseBody: "manual", fetcher: null });
  const of = (r) => [r.method, [...r.headers], r.referrer, r.referrerPolicy, r.mode, r.credentials, r.cache, r.redirect,
    r.integrity, r.keepalive, r.cf];
  const changed = new Request(r.clone(), { keepalive: false });
  return [of(r), of(r.clone()), of(new Request(r)), of(changed)];`, (() => {
  const of = (referrer, policy, keepalive) => [
    "POST", [["a", "b"], ["content-type", "text/plain;charset=UTF-8"]], referrer, policy, "no-cors", "include",
    "no-store", "manual", "sha256-x", keepalive, { a: 1 },
  ];
  return [of("", "origin", true), of("", "origin", true), of("", "origin", true), of("about:client", "", false)];
})());
returns("members are read and converted in order, before any work is done", `
  const log = [];
  const init = new Proxy({}, { get(_, name) { log.push(name); } });
  new Request("http://h/", init);
  const names = log.splice(0);
  const say = (name, value) => ({ toString() { log.push(name); return value; } });
  try {
    new Request(say("url", "not a URL"), { method: say("method", "bad method"), body: say("body", "b"),
      headers: { get "bad name"() { log.push("header"); return "1"; } }, redirect: say("redirect", "error") });
  } catch (error) { log.push(error.message); }
  return [names, log];`, [
  ["body", "cache", "cf", "credentials", "duplex", "encodeResponseBody", "fetcher", "headers", "integrity",
    "keepalive", "method", "mode", "priority", "redirect", "referrer", "referrerPolicy", "signal", "window"],
  ["url", "body", "header", "method", "redirect", "Invalid URL: not a URL"],
]);
for (const [what, init] of [
  ...["cache", "credentials", "duplex", "mode", "priority", "redirect", "referrerPolicy", "encodeResponseBody"]
    .map((name) => [`a bad ${name}`, `{ ${name}: "BAD" }`]),
  ["the mode navigate", `{ mode: "navigate" }`], ["a window", `{ window: {} }`],
  ["only-if-cached across origins", `{ cache: "only-if-cached" }`], ["a bad referrer", `{ referrer: "http://:" }`],
  ["a signal that is none", `{ signal: {} }`], ["a method that is forbidden", `{ method: "tRACE" }`],
  ["an empty method", `{ method: "" }`], ["headers that are null", `{ headers: null }`],
  ["a string as init", `"x"`], ["a body for HEAD", `{ method: "HEAD", body: "" }`],
  ["a fetcher that is a string", `{ fetcher: "x" }`], ["a method beyond bytes", `{ method: "\\u0100" }`],
]) rejects(`Request refuses ${what}`, `new Request("http://h/", ${init})`, "TypeError");
for (const [what, expression] of [
  ["a relative URL", `new Request("/a")`], ["a bad URL", `new Request("http://h:99999")`],
  ["no argument", `new Request()`], ["a call without new", `Request("http://h/")`],
  ["a symbol", `new Request(Symbol())`],
  ["a body that goes with another method", `new Request(new Request("http://h", { method: "PUT", body: "x" }), { method: "GET" })`],
  ["a request that was used", `(await (globalThis.r = new Request("http://h", { method: "PUT", body: "x" })).text(), new Request(r))`],
  ["a clone of one that was used", `(await (globalThis.r = new Request("http://h", { method: "PUT", body: "x" })).text(), r.clone())`],
  ["a clone of one that is locked", `(globalThis.r = new Request("http://h", { method: "PUT", body: "x" })).body.getReader(), r.clone()`],
  ["a Response as this", `Request.prototype.clone.call(new Response())`],
  ["a Response as this of url", `Object.getOwnPropertyDescriptor(Request.prototype, "url").get.call(new Response())`],
]) rejects(`Request refuses ${what}`, expression, "TypeError");
rejects("an unknown cache mode says so as Workers do", `new Request("http://h/", { cache: "x" })`, "TypeError",
  "Unsupported cache mode: x");
returns("only-if-cached within an origin, methods, URLs with credentials", `
  const method = (method) => new Request("http://h/", { method }).method;
  return [new Request("http://h/", { cache: "only-if-cached", mode: "same-origin" }).cache,
    ["get", "Head", "post", "puT", "delete", "options", "patch", "PaTcH", "x!"].map(method),
    new Request("http://u:p@h/").url, new Request("http://h/", { referrer: "http://other/" }).referrer];`, [
  "only-if-cached", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "patch", "PaTcH", "x!"], "http://u:p@h/",
  "about:client",
]);
returns("a Request of a Request takes its body, unless another one is given", `
  const make = () => new Request("http://h/", { method: "PUT", body: "x" });
  const a = make(), b = new Request(a);
  const c = make(), d = new Request(c, { body: "y" });
  const e = make(), f = new Request(e, { body: null });
  return [a.bodyUsed, await b.text(), c.bodyUsed, await d.text(), e.bodyUsed, f.body];`,
[true, "x", false, "y", false, null]);
returns("an init that is not empty resets the referrer", `
  const a = new Request("http://h/", { referrer: "", referrerPolicy: "origin", cache: "reload" });
  return [{}, { method: "PUT" }].map((init) => new Request(a, init)).map((r) => [r.referrer, r.referrerPolicy, r.cache]);`,
[["", "origin", "reload"], ["about:client", "", "reload"]]);
returns("a Request can be the dictionary", `
  const init = new Request("http://other/", { method: "PUT", body: "x", headers: { a: "b" }, redirect: "error" });
  const r = new Request("http://h/", init);
  return [r.url, r.method, r.headers.get("a"), r.redirect, await r.text(), init.bodyUsed];`,
["http://h/", "PUT", "b", "error", "x", true]);
returns("signals follow", `
  const c = new AbortController();
  const a = new Request("http://h/", { signal: c.signal });
  const b = new Request(a), d = a.clone(), e = new Request(a, { signal: null });
  const reasons = [];
  b.signal.onabort = () => reasons.push("b");
  c.abort("why");
  return [a.signal === c.signal, a.signal === a.signal, a.signal.reason, b.signal.reason, d.signal.reason,
    e.signal.aborted, reasons];`, [false, true, "why", "why", "why", false, ["b"]]);
returns("clone() halves are independent, headers and cf too", `
  const a = new Request("http://h/", { method: "PUT", body: new Blob(["x"]).stream(), headers: { a: "1" }, cf: { k: 1 } });
  const b = a.clone();
  b.headers.set("a", "2"); b.cf.k = 2;
  return [a.headers.get("a"), a.cf, await b.text(), a.bodyUsed, await a.text()];`, ["1", { k: 1 }, "x", false, "x"]);
returns("the shape of the interface", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (d.get ? "get" + d.get.name + d.get.length : typeof d.value === "function" ? d.value.length : "")).sort();
  return [shape(Request.prototype), Request.length, Object.getPrototypeOf(Request) === Function.prototype,
    Object.getPrototypeOf(Request.prototype) === Object.prototype];`, [
  ["arrayBuffer+0", "blob+0", "body+getget body0", "bodyUsed+getget bodyUsed0", "bytes+0",
    "cache+getget cache0", "cf+getget cf0", "clone+0", "constructor-1",
    "credentials+getget credentials0", "destination+getget destination0", "duplex+getget duplex0",
    "fetcher+getget fetcher0", "formData+0", "headers+getget headers0", "integrity+getget integrity0",
    "isHistoryNavigation+getget isHistoryNavigation0", "isReloadNavigation+getget isReloadNavigation0",
    "json+0", "keepalive+getget keepalive0", "method+getget method0", "mode+getget mode0",
    "redirect+getget redirect0", "referrer+getget referrer0", "referrerPolicy+getget referrerPolicy0",
    "signal+getget signal0", "text+0", "textStream+0", "url+getget url0"], 1, true, true,
]);
returns("methods of Body reject", `
  const out = [];
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    out.push(await Request.prototype[name].call(new Response("{}")).then(() => "resolved", (e) => e.name));
    const used = new Request("http://h", { method: "PUT", body: "{}" });
    used.body.getReader();
    out.push(await used[name]().then(() => "resolved", (e) => e.name));
  }
  return [...new Set(out)];`, ["TypeError"]);
worker(
  "an event's request has immutable headers, and passes its GET body on",
  `export default { async fetch(request) {
     const out = [];
     for (const act of [(h) => h.set("a", "b"), (h) => h.append("a", "b"), (h) => h.delete("a")]) {
       try { act(request.headers); out.push("changed"); } catch (error) { out.push(error.name); }
     }
     const next = new Request("http://up/", request);
     next.headers.set("x", out.join());
     return fetch(next);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch({ method: "GET", body: true, length: 3, headers: [["A", "1"]] });
    const out = await isolate.next("fetch");
    assert.deepEqual(
      [out.method, out.url, out.flags, out.join, out.length, out.headers],
      ["GET", "http://up/", FLAG.BODY | FLAG.JOIN, channel, 3,
        [["A", "1"], ["x", "TypeError,TypeError,TypeError"]]]);
    isolate.head(out.channel, 204);
    assert.equal((await isolate.answer(channel)).status, 204);
  });
returns("patched built-ins neither break Requests nor see them", `
  ${hostile}
  const controller = new AbortController();
  const init = { __proto__: null, method: "put", body: "x", headers: { __proto__: null, a: "1" },
    cf: { __proto__: null, "0": 1, value: 2 }, signal: controller.signal, redirect: "manual", cache: "no-store" };
  watch();
  const r = new Request("http://h/", init);
  const copy = new Request(r.clone(), { __proto__: null, mode: "same-origin" });
  const promise = copy.text();
  const { url, method, cf } = copy;
  const names = unwatch();
  return [names, url, method, cf, await promise];`, [[], "http://h/", "PUT", { 0: 1, value: 2 }, "x"]);
