// node:events, compared with this node's.

import { likeNode, nodeWorker } from "./lib/like-node.js";
import assert from "node:assert/strict";

const prelude = `import EventEmitter, * as events from "node:events";
import { once, on } from "node:events";
const make = (o) => new EventEmitter(o);`;

likeNode("emitters", prelude, [
  "(() => { const e = make(), s = []; e.on('a', (...x) => s.push(1, x)); e.prependListener('a', () => s.push(0)); e.once('a', function () { s.push(this === e); }); return [e.emit('a', 2, 3), e.emit('a'), e.emit('b'), s]; })()",
  "make().emit('error', new RangeError('x'))", "make().emit('error', 'text')", "make().emit('error')", "make().emit('error', { a: 1 })", "make().emit('error', null)",
  "(() => { const e = make(); e.on('error', () => {}); return e.emit('error', 1); })()",
  "(() => { const e = make(), s = []; e.on(events.errorMonitor, (x) => s.push('m', x)); try { e.emit('error', new Error('y')); } catch (z) { s.push(z.message); } return s; })()",
  "make().on('a')", "make().on('a', null)", "make().once('a', {})", "make().off('a', 1)", "make().setMaxListeners(-1)", "make().setMaxListeners('1')", "make().setMaxListeners(NaN)",
  "(() => { const e = make(), s = []; e.on('newListener', (n, f) => s.push(n, typeof f, e.listenerCount(n))); e.on('removeListener', (n) => s.push('-' + n)); const f = () => {}; e.on('a', f); e.once('b', f); e.off('a', f); e.emit('b'); e.on('c', f); e.on('c', f); e.removeAllListeners(); return [s, e.eventNames()]; })()",
  "(() => { const e = make(), s = [], f = () => {}; e.on('removeListener', (n, g) => s.push(g === f)); e.once('a', f); e.emit('a'); e.once('a', f); e.on('a', () => {}); e.emit('a'); return s; })()",
  "(() => { const e = make(), f = () => {}, g = () => {}; e.on('a', f); e.on('a', g); e.on('a', f); e.once('a', g); const r = [e.listenerCount('a'), e.listenerCount('a', f), e.listeners('a').map((x) => x === f), e.rawListeners('a').map((x) => x === g)]; e.off('a', f); r.push(e.listeners('a').map((x) => x === f)); e.removeListener('a', g); r.push(e.listenerCount('a'), e.removeAllListeners('a') === e, e.eventNames()); return r; })()",
  "(() => { const e = make(), s = []; const f = () => { s.push('f'); e.off('a', g); }, g = () => s.push('g'); e.on('a', f); e.on('a', g); e.emit('a'); e.emit('a'); return s; })()",
  "(() => { const e = make(), s = Symbol('s'); e.on(s, () => {}); e.on('x', () => {}); e.on(5, () => {}); return e.eventNames(); })()",
  "[make().getMaxListeners(), make().setMaxListeners(3).getMaxListeners(), EventEmitter.defaultMaxListeners, events.defaultMaxListeners]",
  "(() => { class X extends EventEmitter { constructor() { super(); this.y = 1; } } const x = new X(); x.on('a', () => {}); return [x instanceof EventEmitter, x.listenerCount('a'), x.y]; })()",
  "(() => { function Old() { EventEmitter.call(this); } Object.setPrototypeOf(Old.prototype, EventEmitter.prototype); const o = new Old(); let n = 0; o.on('a', () => n++); o.emit('a'); return n; })()",
  "(() => { const o = Object.create(EventEmitter.prototype); let n = 0; o.on('a', () => n++); o.emit('a'); return n; })()",
  "(() => { const o = Object.assign({}, EventEmitter.prototype); let n = 0; o.on('a', () => n++); o.emit('a'); return n; })()",
  "EventEmitter.EventEmitter === EventEmitter", "events.captureRejectionSymbol", "events.errorMonitor", "events.usingDomains", "EventEmitter.length", "EventEmitter.name",
  "Object.keys(EventEmitter.prototype).sort()", "EventEmitter.prototype.on === EventEmitter.prototype.addListener", "EventEmitter.prototype.off.name", "EventEmitter.prototype.emit.length",
  "events.listenerCount(make().on('a', () => {}), 'a')", "events.getEventListeners(make().on('a', () => {}), 'a').length", "events.getEventListeners({}, 'a')", "events.getMaxListeners(make())", "events.getMaxListeners({})",
  "(() => { const a = make(), b = make(); events.setMaxListeners(5, a, b); return [a.getMaxListeners(), b.getMaxListeners()]; })()", "events.setMaxListeners(-1)", "events.setMaxListeners(1, {})", "(() => { EventEmitter.defaultMaxListeners = -1; })()", "make({ captureRejections: 1 })",
  "Object.keys(events.default).sort()", "(() => { const e = make(); e.once('x', () => {}); return [e._eventsCount, typeof e._events.x, typeof e._events.x.listener]; })()",
]);

likeNode("once() and on()", prelude, [
  "(() => { const e = make(); queueMicrotask(() => e.emit('a', 1, 2)); return once(e, 'a'); })()", "(() => { const e = make(); queueMicrotask(() => e.emit('error', new Error('x'))); return once(e, 'a'); })()",
  "(() => { const e = make(); queueMicrotask(() => e.emit('error', 5)); return once(e, 'error'); })()", "once({}, 'a')", "once(make(), 'a', { signal: AbortSignal.abort() })", "once(make(), 'a', { signal: {} })",
  "(() => { const e = make(), c = new AbortController(); queueMicrotask(() => c.abort('why')); return once(e, 'a', { signal: c.signal }).catch((x) => [x.name, x.code, x.cause, e.listenerCount('a')]); })()",
  "(async () => { const t = new EventTarget(); queueMicrotask(() => t.dispatchEvent(new Event('a'))); return (await once(t, 'a')).map((x) => x.type); })()",
  "(async () => { const e = make(), s = []; queueMicrotask(() => { e.emit('a', 1); e.emit('a', 2, 3); e.emit('end'); }); for await (const x of on(e, 'a', { close: ['end'] })) s.push(x); return s; })()",
  "(async () => { const e = make(), s = []; queueMicrotask(() => { e.emit('a', 1); e.emit('error', new Error('x')); }); try { for await (const x of on(e, 'a')) s.push(x); } catch (y) { s.push(y.message); } return [s, e.listenerCount('a'), e.listenerCount('error')]; })()",
  "(async () => { const e = make(), s = []; queueMicrotask(() => e.emit('a', 1)); for await (const x of on(e, 'a')) { s.push(x); break; } return [s, e.listenerCount('a')]; })()",
  "(async () => { const e = make(), c = new AbortController(); queueMicrotask(() => c.abort()); for await (const x of on(e, 'a', { signal: c.signal })); })()", "on(make(), 'a', { signal: AbortSignal.abort() })", "on({}, 'a')", "on(make(), 'a').throw(1)",
]);

likeNode("captureRejections", prelude, [
  "new Promise((r) => { const e = make({ captureRejections: true }); e.on('error', (x) => r(['error', x.message])); e.on('a', async () => { throw new Error('late'); }); e.emit('a'); })",
  "new Promise((r) => { const e = make({ captureRejections: true }); e[Symbol.for('nodejs.rejection')] = (x, n, ...a) => r([x.message, n, a]); e.on('a', async () => { throw new Error('late'); }); e.emit('a', 1); })",
  "EventEmitter.captureRejections",
]);

nodeWorker("an EventEmitterAsyncResource keeps the context, and leaks are told", `
  import { EventEmitter, EventEmitterAsyncResource, addAbortListener } from "node:events";
  import { AsyncLocalStorage } from "node:async_hooks";
  const als = new AsyncLocalStorage();
  export default { fetch() {
    const e = als.run("made", () => new EventEmitterAsyncResource({ name: "Q" }));
    const seen = [];
    e.on("a", () => seen.push(als.getStore()));
    als.run("emit", () => e.emit("a"));
    const many = new EventEmitter();
    for (let i = 0; i < 12; i++) many.on("x", () => {});
    const c = new AbortController();
    addAbortListener(c.signal, () => seen.push("abort"));
    addAbortListener(c.signal, () => seen.push("no"))[Symbol.dispose]();
    c.abort();
    return Response.json([seen, typeof e.asyncId, e.asyncResource.constructor.name]);
  } };`, async (isolate) => {
  assert.deepEqual(JSON.parse((await isolate.request()).text), [["made", "abort"], "number", "AsyncResource"]);
  assert.equal(isolate.logs().length, 1);
  assert.match(isolate.logs()[0], /memory leak detected. 11 x listeners/);
});
