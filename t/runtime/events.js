// Events, signals, and what the global scope is told of.

import assert from "node:assert/strict";
import { rejects, returns, worker } from "./lib/harness.js";

returns("an event's attributes, before, while and after it is dispatched", `
  const target = new EventTarget();
  const event = new Event("a", { bubbles: 1, cancelable: "yes", composed: {} });
  const look = () => [event.type, event.bubbles, event.cancelable, event.composed,
    event.eventPhase, event.target === target, event.srcElement === target,
    event.currentTarget === target, event.composedPath().length, event.isTrusted];
  const seen = [look()];
  target.addEventListener("a", () => seen.push(look()));
  target.dispatchEvent(event);
  seen.push(look());
  return [...seen, typeof event.timeStamp,
    event.timeStamp > 0 && event.timeStamp <= performance.now(), Event.NONE, Event.CAPTURING_PHASE, event.AT_TARGET, event.BUBBLING_PHASE];
`, [
  ["a", true, true, true, 0, false, false, false, 0, false],
  ["a", true, true, true, 2, true, true, true, 1, false],
  ["a", true, true, true, 0, true, true, false, 0, false],
  "number", true, 0, 1, 2, 3,
]);

returns("isTrusted is each event's own and cannot be changed", `
  const a = Object.getOwnPropertyDescriptor(new Event("a"), "isTrusted");
  const b = Object.getOwnPropertyDescriptor(new CustomEvent("b"), "isTrusted");
  return [a.get === b.get, a.set === undefined, a.enumerable, a.configurable,
    "isTrusted" in Event.prototype];
`, [true, true, true, false, false]);

returns("capturing listeners come first, and each kind can stop the other", `
  const log = [];
  const target = new EventTarget();
  target.addEventListener("a", () => log.push("bubble"));
  target.addEventListener("a", (e) => log.push("capture"), true);
  target.addEventListener("a", (e) => log.push("capture 2"), { capture: true });
  target.dispatchEvent(new Event("a"));
  target.addEventListener("b", () => log.push("not this"));
  target.addEventListener("b", (e) => { e.stopPropagation(); log.push(e.cancelBubble); }, true);
  target.addEventListener("b", (e) => log.push("same phase"), true);
  const b = new Event("b");
  target.dispatchEvent(b);
  log.push(b.cancelBubble);
  target.addEventListener("c", (e) => { e.stopImmediatePropagation(); log.push("c1"); });
  target.addEventListener("c", () => log.push("c2"));
  target.dispatchEvent(new Event("c"));
  const stopped = new Event("a");
  stopped.cancelBubble = true;
  stopped.cancelBubble = false;
  log.push(stopped.cancelBubble, target.dispatchEvent(stopped), stopped.cancelBubble);
  return log;
`, ["capture", "capture 2", "bubble", true, "same phase", false, "c1", true, true, false]);

returns("preventDefault, returnValue and passive listeners", `
  const target = new EventTarget();
  const out = [];
  target.addEventListener("a", (e) => { e.preventDefault(); out.push(e.defaultPrevented); },
    { passive: true });
  out.push(target.dispatchEvent(new Event("a", { cancelable: true })));
  target.addEventListener("b", (e) => { e.returnValue = true; out.push(e.returnValue);
    e.returnValue = false; out.push(e.returnValue); });
  const b = new Event("b", { cancelable: true });
  out.push(target.dispatchEvent(b), b.defaultPrevented);
  out.push(target.dispatchEvent(new Event("b")));
  return out;
`, [false, true, true, false, false, true, true, true, true]);

returns("listeners: objects, once, removal, doubles, what is added meanwhile", `
  const log = [];
  const target = new EventTarget();
  const object = { handleEvent(e) { log.push(this === object, e.currentTarget === target); } };
  target.addEventListener("a", object);
  target.addEventListener("a", object);
  target.dispatchEvent(new Event("a"));
  target.removeEventListener("a", object, true);
  target.removeEventListener("a", object);
  target.addEventListener("a", function () { log.push(this === target); }, { once: true });
  target.dispatchEvent(new Event("a"));
  target.dispatchEvent(new Event("a"));

  const second = () => log.push("removed, not called");
  target.addEventListener("b", () => {
    log.push("first");
    target.removeEventListener("b", second);
    target.addEventListener("b", () => log.push("added, not yet"));
  }, { once: true });
  target.addEventListener("b", second);
  target.dispatchEvent(new Event("b"));
  log.push("again");
  target.dispatchEvent(new Event("b"));

  target.addEventListener("c", null);
  target.addEventListener("c", undefined);
  target.addEventListener("c", { handleEvent: 1 }, { once: true });
  target.dispatchEvent(new Event("c"));
  const twice = () => log.push("twice");
  target.addEventListener("d", twice);
  target.addEventListener("d", twice, { capture: true });
  target.dispatchEvent(new Event("d"));
  return log;
`, [true, true, true, "first", "again", "added, not yet", "twice", "twice"]);

worker("an exception in a listener is reported, the others run, dispatchEvent() does not throw",
  `export default { fetch() {
     const log = [];
     const target = new EventTarget();
     target.addEventListener("a", () => { throw new Error("one"); });
     target.addEventListener("a", {});
     target.addEventListener("a", { get handleEvent() { throw new RangeError("get"); } });
     target.addEventListener("a", () => log.push("last"));
     log.push(target.dispatchEvent(new Event("a")));
     return Response.json(log);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), ["last", true]);
    const logs = isolate.logs();
    assert.equal(logs.length, 3);
    assert.match(logs[0], /^Uncaught \(in an event listener\) Error: one at main|^Uncaught \(in an event listener\) Error: one at /);
    assert.match(logs[1], /^Uncaught \(in an event listener\) TypeError: /);
    assert.match(logs[2], /^Uncaught \(in an event listener\) RangeError: get/);
  });

returns("an event cannot be dispatched twice at a time, and can be again", `
  const target = new EventTarget();
  const event = new Event("a");
  const log = [];
  target.addEventListener("a", (e) => {
    try { target.dispatchEvent(e); } catch (error) { log.push(error.name); }
    e.initEvent("other");
    log.push(e.type);
  });
  target.dispatchEvent(event);
  target.dispatchEvent(event);
  event.initEvent("b", true, 1);
  log.push(event.type, event.bubbles, event.cancelable, event.target);
  const custom = new CustomEvent("c", { detail: 1 });
  log.push(custom.detail, new CustomEvent("c").detail, new CustomEvent("c", { detail: undefined }).detail);
  custom.initCustomEvent("d", false, true, { a: 1 });
  log.push(custom.type, custom.cancelable, custom.detail);
  custom.initCustomEvent("e");
  log.push(custom.cancelable, custom.detail);
  return log;
`, ["InvalidStateError", "a", "InvalidStateError", "a", "b", true, true, null,
  1, null, null, "d", true, { a: 1 }, false, null]);

returns("arguments are converted as Web IDL says", `
  const out = [];
  const attempt = (f) => { try { out.push(f() ?? "fine"); } catch (e) { out.push(e.name); } };
  const t = new EventTarget();
  attempt(() => new Event());
  attempt(() => Event("a"));
  attempt(() => new Event("a", 1));
  attempt(() => new Event("a", null).type);
  attempt(() => new Event(Symbol()));
  attempt(() => t.addEventListener("a"));
  attempt(() => t.addEventListener("a", 1));
  attempt(() => t.addEventListener("a", "x"));
  attempt(() => t.addEventListener("a", () => {}, { signal: null }));
  attempt(() => t.addEventListener("a", () => {}, { signal: {} }));
  attempt(() => t.addEventListener("a", null, { signal: 1 }));
  attempt(() => t.addEventListener("a", () => {}, null));
  attempt(() => t.removeEventListener("a", 1));
  attempt(() => t.dispatchEvent(null));
  attempt(() => t.dispatchEvent({ type: "a" }));
  attempt(() => EventTarget.prototype.addEventListener.call({}, "a", null));
  attempt(() => Event.prototype.type);
  attempt(() => EventTarget());
  const order = [];
  const watch = (name) => ({ get() { order.push(name); }, enumerable: true });
  const bag = (...names) => Object.defineProperties({},
    Object.fromEntries(names.map((n) => [n, watch(n)])));
  t.addEventListener("a", () => {}, bag("signal", "passive", "once", "capture"));
  new CustomEvent("a", bag("detail", "composed", "cancelable", "bubbles"));
  new ErrorEvent("a", bag("message", "lineno", "filename", "error", "colno", "bubbles"));
  new MessageEvent("a", bag("source", "ports", "origin", "lastEventId", "data", "bubbles"));
  new CloseEvent("a", bag("wasClean", "reason", "code", "bubbles"));
  return [out, order];
`, [
  ["TypeError", "TypeError", "TypeError", "a", "TypeError", "TypeError", "TypeError",
    "TypeError", "TypeError", "TypeError", "TypeError", "fine", "TypeError", "TypeError",
    "TypeError", "TypeError", "TypeError", "TypeError"],
  ["capture", "once", "passive", "signal", "bubbles", "cancelable", "composed", "detail",
    "bubbles", "colno", "error", "filename", "lineno", "message",
    "bubbles", "data", "lastEventId", "origin", "ports", "source",
    "bubbles", "code", "reason", "wasClean"],
]);

returns("interfaces have the shape that Web IDL gives them", `
  const shape = (C) => [C.name, C.length, Object.keys(C.prototype).sort().join(),
    Object.prototype.toString.call(C.prototype),
    Object.getPrototypeOf(C) === Function.prototype ? "" : Object.getPrototypeOf(C).name];
  return [EventTarget, CustomEvent, ErrorEvent, PromiseRejectionEvent, AbortController,
    AbortSignal, MessageEvent, CloseEvent].map(shape).concat([[
    Event.name, Event.length, EventTarget.prototype.addEventListener.length,
    EventTarget.prototype.dispatchEvent.length, Event.prototype.initEvent.length,
    MessageEvent.prototype.initMessageEvent.length, AbortSignal.any.length,
    AbortSignal.abort.length, reportError.length]]);
`, [
  ["EventTarget", 0, "addEventListener,dispatchEvent,removeEventListener", "[object EventTarget]", ""],
  ["CustomEvent", 1, "detail,initCustomEvent", "[object CustomEvent]", "Event"],
  ["ErrorEvent", 1, "colno,error,filename,lineno,message", "[object ErrorEvent]", "Event"],
  ["PromiseRejectionEvent", 2, "promise,reason", "[object PromiseRejectionEvent]", "Event"],
  ["AbortController", 0, "abort,signal", "[object AbortController]", ""],
  ["AbortSignal", 0, "aborted,onabort,reason,throwIfAborted", "[object AbortSignal]", "EventTarget"],
  ["MessageEvent", 1, "data,initMessageEvent,lastEventId,origin,ports,source", "[object MessageEvent]", "Event"],
  ["CloseEvent", 1, "code,reason,wasClean", "[object CloseEvent]", "Event"],
  ["Event", 1, 2, 1, 1, 1, 1, 0, 1],
]);

returns("ErrorEvent, MessageEvent, CloseEvent and PromiseRejectionEvent", `
  const e = new ErrorEvent("e", { message: 1, filename: "f\\ud800", lineno: -1, colno: 2 ** 32 + 5, error: null });
  const bare = new ErrorEvent("e");
  const m = new MessageEvent("m", { data: [1], origin: "o", lastEventId: "l", ports: [] });
  const c = new CloseEvent("c", { code: 65537, reason: "r", wasClean: 1 });
  const p = Promise.resolve();
  const r = new PromiseRejectionEvent("r", { promise: p, reason: 4 });
  const thrown = [];
  for (const init of [undefined, {}, { promise: 1 }]) {
    try { new PromiseRejectionEvent("r", init); } catch (error) { thrown.push(error.name); }
  }
  for (const init of [{ ports: [1] }, { ports: 1 }, { source: {} }]) {
    try { new MessageEvent("r", init); } catch (error) { thrown.push(error.name); }
  }
  const n = new MessageEvent("n");
  const first = [n.data, n.origin, n.lastEventId, n.source, n.ports === n.ports, Object.isFrozen(n.ports), n.ports.map === Array.prototype.map];
  n.initMessageEvent("x", true, true, "d", "o", "i", null, []);
  return [e.message, e.filename, e.lineno, e.colno, e.error, bare.error === undefined,
    bare.message, m.data, m.origin, m.lastEventId, m.ports, m.source, c.code, c.reason, c.wasClean,
    r.promise === p, r.reason, thrown, first, n.type, n.bubbles, n.data, n.origin, n.lastEventId];
`, ["1", "f\ufffd", 4294967295, 5, null, true, "", [1], "o", "l", [], null, 1, "r", true,
  true, 4, ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
  [null, "", "", null, true, true, true], "x", true, "d", "o", "i"]);

returns("an event handler attribute keeps its place until it is null", `
  const log = [];
  const { signal } = new AbortController();
  const fire = () => { signal.dispatchEvent(new Event("abort")); log.push("|"); };
  signal.addEventListener("abort", () => log.push(1));
  signal.onabort = () => log.push("first");
  signal.addEventListener("abort", () => log.push(2));
  signal.onabort = () => log.push("second");
  fire();
  log.push(typeof signal.onabort);
  signal.onabort = null;
  fire();
  signal.onabort = () => log.push("third");
  fire();
  const object = {};
  signal.onabort = object;
  log.push(signal.onabort === object);
  fire();
  signal.onabort = "text";
  log.push(signal.onabort);
  signal.onabort = function (event) { log.push(this === signal, event.type); return false; };
  const event = new Event("abort", { cancelable: true });
  log.push(signal.dispatchEvent(event), event.defaultPrevented);
  return log.join();
`, "1,second,2,|,function,1,2,|,1,2,third,|,true,1,2,|,,1,2,true,abort,false,true");

// -- signals -----------------------------------------------------------------

returns("AbortSignal: abort, reasons, timeout, throwIfAborted", `
  const out = [];
  const controller = new AbortController();
  const { signal } = controller;
  signal.addEventListener("abort", (e) => out.push(e.isTrusted, e.bubbles, e.cancelable, e.target === signal));
  out.push(signal === controller.signal, signal.aborted, signal.reason === undefined, signal.throwIfAborted() === undefined);
  controller.abort();
  controller.abort(1);
  out.push(signal.aborted, signal.reason.name, signal.reason instanceof DOMException);
  try { signal.throwIfAborted(); } catch (e) { out.push(e === signal.reason); }
  const a = AbortSignal.abort();
  out.push(a.reason.name, AbortSignal.abort(null).reason, AbortSignal.abort("why").reason);
  const t = AbortSignal.timeout(1);
  await new Promise((resolve) => { t.onabort = resolve; });
  out.push(t.reason.name, t.reason.code);
  for (const bad of [-1, NaN, Infinity, 2 ** 53, "x"]) {
    try { AbortSignal.timeout(bad); } catch (e) { out.push(e.name); }
  }
  AbortSignal.timeout(2 ** 53 - 1);
  AbortSignal.timeout(0.9);
  return out;
`, [true, false, true, true, true, false, false, true, true, "AbortError", true, true,
  "AbortError", null, "why", "TimeoutError", 23,
  "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);

returns("AbortSignal.any: sources, order, reasons", `
  const out = [];
  const a = new AbortController(), b = new AbortController();
  const ab = AbortSignal.any([a.signal, b.signal, a.signal]);
  const nested = AbortSignal.any(new Set([ab]));
  const none = AbortSignal.any([]);
  const seen = (name) => () => out.push(name + [a, b].map((c) => c.signal.aborted) + ab.aborted + nested.aborted);
  nested.onabort = seen("nested");
  ab.onabort = seen("ab");
  b.signal.onabort = seen("b");
  b.abort("r");
  a.abort("later");
  out.push(ab.reason, nested.reason, a.signal.reason, none.aborted);
  const late = AbortSignal.any([new AbortController().signal, b.signal, a.signal]);
  out.push(late.aborted, late.reason, AbortSignal.any([ab]) !== ab);
  for (const bad of [undefined, 1, [1], {}, [null], "x"]) {
    try { AbortSignal.any(bad); } catch (e) { out.push(e.name); }
  }
  return out;
`, ["bfalse,truetruetrue", "abfalse,truetruetrue", "nestedfalse,truetruetrue", "r", "r", "later", false,
  true, "r", true,
  "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);

returns("a dependent of a dependent follows the sources themselves", `
  const order = [];
  const c = new AbortController();
  const one = AbortSignal.any([c.signal]);
  const two = AbortSignal.any([one]);
  const three = AbortSignal.any([c.signal]);
  three.onabort = () => order.push(3);
  two.onabort = () => order.push(2);
  one.onabort = () => { order.push(1); AbortSignal.any([one]).onabort = () => order.push("never"); };
  c.signal.onabort = () => order.push(0);
  c.abort();
  // a listener of the source throws nothing in the way of the others
  const d = new AbortController();
  const x = AbortSignal.any([d.signal]);
  const y = AbortSignal.any([d.signal]);
  x.onabort = () => order.push(y.aborted, y.reason === d.signal.reason);
  d.signal.onabort = () => d.abort("again");
  d.abort("once");
  return [...order, x.reason];
`, [0, 1, 2, 3, true, true, "once"]);

returns("a signal removes listeners, and forgets those that were removed", `
  const out = [];
  const c = new AbortController();
  const t = new EventTarget();
  t.addEventListener("a", () => out.push("a"), { signal: c.signal });
  t.addEventListener("b", () => { out.push("b"); c.abort(); }, { signal: c.signal });
  t.addEventListener("b", () => out.push("not called"), { signal: c.signal });
  t.dispatchEvent(new Event("a"));
  t.dispatchEvent(new Event("b"));
  t.dispatchEvent(new Event("a"));
  t.addEventListener("a", () => out.push("too late"), { signal: c.signal });
  t.dispatchEvent(new Event("a"));
  // once, with the same signal, and then added again without
  const d = new AbortController();
  const f = () => out.push("f");
  t.addEventListener("c", f, { signal: d.signal });
  t.removeEventListener("c", f);
  t.addEventListener("c", f);
  d.abort();
  t.dispatchEvent(new Event("c"));
  return out;
`, ["a", "b", "f"]);

// More memory than an isolate may have, were they kept.
worker("signals that depend on a long-lived one are dropped when nobody wants them",
  `const forever = new AbortController();
   const wanted = [];
   let last = 0;
   export default { async fetch(request) {
     if (request.method === "DELETE") {
       forever.abort();
       return Response.json(wanted);
     }
     for (let i = 0; i < 100; i++) {
       const s = AbortSignal.any([forever.signal]);
       s.big = new ArrayBuffer(100000);
       const request = new Request("http://h/", { signal: forever.signal });
       request.signal.big = new ArrayBuffer(100000);
     }
     for (let i = 0; i < 50; i++) {
       const s = AbortSignal.any([forever.signal]);
       s.big = new ArrayBuffer(100000);
       const listener = () => {};
       s.addEventListener("abort", listener);
       s.removeEventListener("abort", listener);
       const big = new ArrayBuffer(200000);
       const t = new EventTarget();
       const uses = () => big;
       t.addEventListener("x", uses, { signal: forever.signal });
       t.removeEventListener("x", uses);
     }
     const name = ++last;
     AbortSignal.any([forever.signal]).addEventListener("abort", () => wanted.push(name));
     AbortSignal.any([forever.signal]).onabort = () => wanted.push(name);
     return new Response();
   } };`,
  async (isolate) => {
    const expected = [];
    for (let i = 1; i <= 20; i++) {
      assert.equal((await isolate.request()).reset, null);
      expected.push(i, i);
    }
    const answer = await isolate.request({ method: "DELETE" });
    assert.deepEqual(JSON.parse(answer.text), expected);
  });

// -- the global scope ----------------------------------------------------------

returns("the global scope is an EventTarget", `
  return [globalThis instanceof EventTarget, globalThis instanceof WorkerGlobalScope,
    globalThis instanceof ServiceWorkerGlobalScope, globalThis[Symbol.toStringTag],
    String(globalThis), self === globalThis, Object.keys(globalThis).includes("addEventListener"),
    typeof addEventListener, addEventListener === EventTarget.prototype.addEventListener,
    onerror, onunhandledrejection, onrejectionhandled, "toString" in globalThis];
`, [true, true, true, "ServiceWorkerGlobalScope", "[object ServiceWorkerGlobalScope]", true, false,
  "function", true, null, null, null, true]);
rejects("nobody makes another global scope", "new ServiceWorkerGlobalScope()", "TypeError", "Illegal constructor");
rejects("... nor of its base", "Reflect.construct(WorkerGlobalScope, [])", "TypeError", "Illegal constructor");

returns("the global scope takes listeners without a this", `
  const out = [];
  const listener = (e) => out.push(e.type, e.target === globalThis);
  addEventListener("x", listener);
  dispatchEvent(new Event("x"));
  globalThis.dispatchEvent(new Event("x"));
  removeEventListener("x", listener);
  self.dispatchEvent(new Event("x"));
  const { addEventListener: add } = EventTarget.prototype;
  add("x", listener, { once: true });
  EventTarget.prototype.dispatchEvent.call(null, new Event("x"));
  return out;
`, ["x", true, "x", true, "x", true]);

worker("reportError() fires an error event, and logs unless that is prevented",
  `export default { fetch() {
     const out = [];
     const listener = (e) => {
       out.push(e instanceof ErrorEvent, e.cancelable, e.isTrusted, e.message, e.error.message,
         e.filename !== "", e.lineno > 0, e.colno > 0);
       if (e.error.message === "quiet") e.preventDefault();
     };
     addEventListener("error", listener);
     reportError(new TypeError("loud"));
     reportError(new RangeError("quiet"));
     removeEventListener("error", listener);
     reportError(new Error("plain"));
     reportError(3);
     onerror = function (...args) { out.push(args.length, args[0], args[4], this === globalThis); return args[4] === 5; };
     reportError(5);
     reportError(6);
     onerror = (event) => { throw new Error("in the listener"); };
     reportError(7);
     onerror = null;
     try { reportError(); } catch (e) { out.push(e.name); }
     return Response.json(out);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [
      true, true, true, "Uncaught TypeError: loud", "loud", true, true, true,
      true, true, true, "Uncaught RangeError: quiet", "quiet", true, true, true,
      5, "Uncaught 5", 5, true, 5, "Uncaught 6", 6, true, "TypeError",
    ]);
    const logs = isolate.logs().map((line) => line.replace(/ at .*/, ""));
    assert.deepEqual(logs, [
      "Uncaught (in reportError()) TypeError: loud",
      "Uncaught (in reportError()) Error: plain", "Uncaught (in reportError()) 3",
      "Uncaught (in reportError()) 6",
      "Uncaught (in an event listener) Error: in the listener",
      "Uncaught (in reportError()) 7",
    ]);
  });

worker("reporting an exception asks it nothing",
  `export default { fetch() {
     const out = [];
     const odd = { get name() { out.push("name"); }, get message() { out.push("message"); },
       toString() { out.push("toString"); }, get stack() { out.push("stack"); } };
     const error = Object.defineProperty(new Error("m"), "name", { get() { out.push("error.name"); } });
     reportError(odd);
     reportError(error);
     onerror = (message) => { out.push(message); return true; };
     reportError(odd);
     reportError(new DOMException("dm", "AbortError"));
     reportError(undefined);
     reportError(Symbol("s"));
     reportError("text");
     reportError(fetch);
     return Response.json(out);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [
      "Uncaught [object Object]", "Uncaught AbortError: dm", "Uncaught undefined", "Uncaught Symbol(s)",
      "Uncaught text", "Uncaught function fetch() { [native code] }",
    ]);
    assert.equal(isolate.logs().length, 2);
    assert.equal(isolate.logs()[0], "Uncaught (in reportError()) [object Object]");
  }, { only: "engine" });

worker("exceptions of listeners, timers and microtasks reach the global scope",
  `const out = [];
   addEventListener("error", (e) => { out.push(e.error); e.preventDefault(); });
   export default { async fetch() {
     const t = new EventTarget();
     t.addEventListener("a", () => { throw 1; });
     t.dispatchEvent(new Event("a"));
     setTimeout(() => { throw 2; }, 0);
     queueMicrotask(() => { throw 3; });
     await new Promise((r) => setTimeout(r, 1));
     return Response.json(out);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [1, 3, 2]);
    assert.deepEqual(isolate.logs(), []);
  });

worker("unhandledrejection: what is prevented is not logged; rejectionhandled follows",
  `const out = [];
   addEventListener("unhandledrejection", (e) => {
     out.push(["un", e.reason, e.cancelable, e.promise === kept, e.isTrusted]);
     if (e.reason === "quiet") e.preventDefault();
     if (e.reason === "caught") e.promise.catch(() => {});
   });
   onrejectionhandled = (e) => out.push(["handled", e.reason, e.cancelable, e.promise === kept]);
   let kept;
   const turn = () => new Promise((r) => setTimeout(r, 1));
   export default { async fetch() {
     Promise.reject("loud");
     Promise.reject("quiet");
     Promise.reject("caught");
     Promise.reject("soon").catch(() => {});
     await turn();
     kept = Promise.reject("kept");
     await turn();
     kept.catch(() => {});
     await turn();
     return Response.json(out);
   } };`,
  async (isolate) => {
    assert.deepEqual(JSON.parse((await isolate.request()).text), [
      ["un", "loud", true, false, true], ["un", "quiet", true, false, true],
      ["un", "caught", true, false, true],
      ["un", "kept", true, true, true], ["handled", "kept", false, true],
    ]);
    assert.deepEqual(isolate.logs(), [
      "Uncaught (in promise) loud", "Uncaught (in promise) caught", "Uncaught (in promise) kept",
    ]);
  }, { only: "engine" });

worker("a rejection is reported when the event that made it is done",
  `export default { fetch() { Promise.reject(new Error("early")); return new Response(); } };`,
  async (isolate) => {
    await isolate.request();
    await isolate.until(() => isolate.logs().length > 0);
    assert.match(isolate.logs()[0], /^Uncaught \(in promise\) Error: early at/);
  }, { only: "engine" });

worker("a rejection is reported before the next timer of the same alarm",
  `const out = [];
   onunhandledrejection = (e) => { out.push("rejected"); return false; };
   export default { async fetch() {
     await new Promise((r) => {
       setTimeout(() => { Promise.reject(1); queueMicrotask(() => out.push("microtask")); }, 0);
       setTimeout(() => { out.push("timer"); r(); }, 0);
     });
     return Response.json(out);
   } };`,
  async (isolate) => {
    assert.deepEqual(
      JSON.parse((await isolate.request()).text), ["microtask", "rejected", "timer"]);
  }, { only: "engine" });

// -- hostile -------------------------------------------------------------------

returns("neither prototypes nor Object.prototype are asked", `
  let log = "";
  const keys = ["capture", "once", "passive", "signal", "handleEvent", "get", "set", "value",
    "bubbles", "type", "callback", "handler", "unfollow", "writable", "enumerable", "state",
    "error", "message", "promise", "target", "0", "1", "2"];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const where = key < "3" ? Array.prototype : Object.prototype;
    Object.defineProperty(where, key, { __proto__: null, configurable: true,
      get() { log += " get " + key; }, set() { log += " set " + key; } });
  }
  Array.prototype[Symbol.iterator] = Set.prototype.forEach = Set.prototype.add = WeakRef.prototype.deref =
    () => { log += " called"; };
  try {
    const bag = { __proto__: null };
    const t = new EventTarget();
    t.addEventListener("a", (e) => { log += e.type; }, bag);
    t.dispatchEvent(new Event("a", bag));
    const c = new AbortController();
    const followed = new Request("http://h/", { __proto__: null, signal: c.signal }).signal;
    followed.onabort = () => { log += ",aborted"; };
    c.abort();
    onerror = (message) => { log += "," + message; return true; };
    reportError(1);
  } catch (error) {
    log += error.stack;
  }
  for (let i = 0; i < keys.length; i++) {
    delete Object.prototype[keys[i]];
    delete Array.prototype[keys[i]];
  }
  return log;
`, "a,aborted,Uncaught 1",
// node's own getters of a context trip over it
{ only: "engine" });
