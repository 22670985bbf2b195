// Timers, microtasks, scheduler and performance.

import assert from "node:assert/strict";
import { rejects, returns, worker } from "./lib/harness.js";

returns("delays are converted to a long, and negative ones are none", `
  const order = [];
  let left = 0;
  await new Promise((resolve) => {
    const at = (name, ...delay) => { left++; setTimeout(() => { order.push(name); if (--left === 0) resolve(); }, ...delay); };
    at("30", 30);
    at("none");
    at("-1", -1);
    at("2**32", 2 ** 32);
    at("2**31", 2 ** 31);
    at("NaN", NaN);
    at("Infinity", Infinity);
    at("text", "0");
    at("object", { valueOf() { return 0; } });
    at("null", null);
  });
  return order;
`, ["none", "-1", "2**32", "2**31", "NaN", "Infinity", "text", "object", "null", "30"]);

returns("setTimeout: arguments, this, ids, shape", `
  const out = [];
  const ids = [];
  await new Promise((resolve) => {
    ids.push(setTimeout(function (...args) { out.push(args, this === globalThis); }, 0, 1, undefined, "x"));
    ids.push(setInterval(() => { clearInterval(ids[1]); out.push("once"); }, 0));
    ids.push(setTimeout(() => out.push("cleared by the other one"), 0));
    clearInterval(ids[2]);
    const text = setTimeout(() => out.push("cleared by its text"), 0);
    clearTimeout(String(text));
    clearTimeout(); clearTimeout(null); clearTimeout(-1); clearTimeout(1e9); clearTimeout("x");
    setTimeout(resolve, 5);
  });
  return [out, ids.every((id) => Number.isInteger(id) && id > 0), setTimeout.length, setInterval.length,
    clearTimeout.length, clearInterval.length, setTimeout.name,
    Object.getOwnPropertyDescriptor(globalThis, "setTimeout").enumerable];
`, [[[1, null, "x"], true, "once"], true, 1, 1, 0, 0, "setTimeout", true]);

returns("what timers refuse", `
  const out = [];
  const attempt = (f) => { try { f(); out.push("fine"); } catch (e) { out.push(e.name); } };
  attempt(() => setTimeout());
  attempt(() => setTimeout("code"));
  attempt(() => setTimeout(null, 1));
  attempt(() => setTimeout({}, 1));
  attempt(() => setTimeout(() => {}, Symbol()));
  attempt(() => setTimeout(() => {}, 1n));
  attempt(() => setTimeout(() => {}, { valueOf() { throw new RangeError(); } }));
  attempt(() => clearTimeout(Symbol()));
  attempt(() => queueMicrotask());
  attempt(() => queueMicrotask("code"));
  attempt(() => new setTimeout(() => {}));
  return out;
`, ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "RangeError",
  "TypeError", "TypeError", "TypeError", "TypeError"]);

returns("a timer may clear itself and those that are due with it", `
  const out = [];
  await new Promise((resolve) => {
    const own = setInterval(() => { out.push("own"); clearInterval(own); clearTimeout(other); }, 1);
    const other = setTimeout(() => out.push("not this"), 1);
    setTimeout(resolve, 10);
  });
  return out;
`, ["own"]);

returns("queueMicrotask runs before timers and after promises that were there", `
  const out = [];
  await new Promise((resolve) => {
    setTimeout(() => { out.push("timer"); resolve(); }, 0);
    Promise.resolve().then(() => out.push("promise"));
    queueMicrotask(() => { out.push("microtask"); queueMicrotask(() => out.push("nested")); });
    out.push("sync");
  });
  return out;
`, ["sync", "promise", "microtask", "nested", "timer"]);

returns("scheduler.wait: time, signals, bad arguments", `
  const out = [];
  const outcome = (p) => p.then((v) => out.push(v === undefined), (e) => out.push(e?.name ?? e));
  await outcome(scheduler.wait(1));
  await outcome(scheduler.wait(NaN));
  const c = new AbortController();
  const waiting = outcome(scheduler.wait(100000, { signal: c.signal }));
  c.abort("why");
  await waiting;
  await outcome(scheduler.wait(1, { signal: c.signal }));
  await outcome(scheduler.wait(1, { signal: {} }));
  await outcome(scheduler.wait(1, { signal: null }));
  await outcome(scheduler.wait(1, 1));
  await outcome(scheduler.wait(1, null));
  await outcome(scheduler.wait(Symbol()));
  await outcome(scheduler.wait());
  await outcome(Scheduler.prototype.wait.call({}, 1));
  return out;
`, [true, true, "why", "why", "TypeError", "TypeError", "TypeError", true, "TypeError", "TypeError", "TypeError"]);

worker("a wait ends with its invocation, and its signal forgets it",
  `const c = new AbortController();
   export default { fetch(request) {
     if (request.method === "POST") { c.abort(); return new Response("aborted"); }
     scheduler.wait(100000, { signal: c.signal }).catch(() => {});
     return new Response("waits");
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "waits");
    assert.equal((await isolate.request({ method: "POST" })).text, "aborted");
    assert.deepEqual(isolate.logs(), []);
  });

returns("performance: the clock", `
  return [performance.timeOrigin, Math.abs(performance.now() - Date.now()) < 1000, performance.toJSON(),
    performance instanceof EventTarget, Object.prototype.toString.call(performance)];
`, [0, true, { timeOrigin: 0 }, true, "[object Performance]"]);
rejects("performance has no constructor", "new Performance()", "TypeError", "Illegal constructor");

returns("performance: marks and measures", `
  const detail = { a: [1] };
  const m = performance.mark("m", { startTime: 10, detail });
  const n = performance.mark("n", { startTime: 4 });
  const now = performance.mark("now");
  const all = [
    performance.measure("0-now").duration === now.startTime || "later",
    performance.measure("n-m", "n", "m").duration,
    performance.measure("n-", { start: "n", duration: 3 }).toJSON(),
    performance.measure("-m", { end: "m", duration: 3, detail: 1 }).startTime,
    performance.measure("1-2", { start: 1, end: 2 }).duration,
    performance.measure("neg", { start: "m", end: "n" }).duration,
  ];
  all[0] = all[0] === true || all[0] === "later";
  performance.mark("m", { startTime: 20 });
  const latest = performance.measure("latest", "m", "m").startTime;
  return [m instanceof PerformanceMark, m instanceof PerformanceEntry, m.entryType, m.startTime, m.duration,
    m.detail, m.detail !== detail, n.detail, all, latest,
    performance.getEntriesByType("mark").map((e) => e.name),
    performance.getEntriesByName("m").length, performance.getEntriesByName("m", "measure").length,
    performance.getEntries().length, performance.getEntriesByName("n")[0] === n,
    (performance.clearMarks("m"), performance.getEntriesByName("m").length),
    (performance.clearMarks(), performance.clearMeasures("neg"), performance.getEntries().map((e) => e.name).sort()),
    (performance.clearMeasures(), performance.getEntries())];
`, [true, true, "mark", 10, 0, { a: [1] }, true, null,
  [true, 6, { name: "n-", entryType: "measure", startTime: 4, duration: 3 }, 7, 1, -6], 20,
  ["n", "m", "m", "now"], 2, 0, 11, true, 0, ["-m", "0-now", "1-2", "latest", "n-", "n-m"], []]);

returns("performance: what it refuses", `
  const out = [];
  const attempt = (f) => { try { f(); out.push("fine"); } catch (e) { out.push(e.name); } };
  performance.mark("m");
  attempt(() => performance.mark());
  attempt(() => performance.mark("m", 1));
  attempt(() => performance.mark("m", { startTime: -1 }));
  attempt(() => performance.mark("m", { startTime: NaN }));
  attempt(() => performance.mark("m", { detail: () => {} }));
  attempt(() => new PerformanceMark("m").toJSON());
  attempt(() => new PerformanceMeasure());
  attempt(() => new PerformanceEntry());
  attempt(() => performance.measure("x", "none"));
  attempt(() => performance.measure("x", { start: "m", end: "m", duration: 1 }));
  attempt(() => performance.measure("x", { duration: 1 }));
  attempt(() => performance.measure("x", { start: "m" }, "m"));
  attempt(() => performance.measure("x", {}, "m"));
  attempt(() => performance.measure("x", { start: -1 }));
  attempt(() => performance.getEntriesByType());
  attempt(() => performance.now.call({}));
  return [out, performance.getEntries().length];
`, [["TypeError", "TypeError", "TypeError", "TypeError", "DataCloneError", "fine", "TypeError", "TypeError",
  "SyntaxError", "TypeError", "TypeError", "TypeError", "fine", "TypeError", "TypeError", "TypeError"], 2]);

returns("navigator", `
  return [navigator.userAgent, navigator.hardwareConcurrency, navigator.language, navigator instanceof Navigator,
    Object.getOwnPropertyDescriptor(globalThis, "navigator").enumerable];
`, ["Cloudflare-Workers", 1, "en", true, true]);
