// MessageChannel and MessagePort.

import assert from "node:assert/strict";
import { returns, worker } from "./lib/harness.js";

// Each of these timers comes after the tasks that were there before it.
const wait = `const wait = async () => {
  for (let i = 0; i < 6; i++) await new Promise((r) => setTimeout(r, 0));
};`;

returns("messages arrive as tasks, in order, copied", `${wait}
  const log = [];
  const { port1, port2 } = new MessageChannel();
  const object = { a: 1 };
  port2.onmessage = (e) => {
    log.push(e.data, e instanceof MessageEvent, e.target === port2, e.ports.length, e.source, e.origin, e.isTrusted, e.cancelable);
  };
  port1.postMessage(object);
  object.a = 2;
  port1.postMessage(object);
  setTimeout(() => log.push("timer"), 0);
  queueMicrotask(() => log.push("microtask"));
  log.push("sync");
  await wait();
  return log;
`, ["sync", "microtask", { a: 1 }, true, true, 0, null, "", true, false,
  { a: 2 }, true, true, 0, null, "", true, false, "timer"]);

returns("microtasks run between two messages", `${wait}
  const log = [];
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = (e) => { log.push(e.data); queueMicrotask(() => log.push("microtask")); };
  port1.postMessage(1);
  port1.postMessage(2);
  await wait();
  return log;
`, [1, "microtask", 2, "microtask"], { only: "engine" });

returns("a port holds messages until it is started", `${wait}
  const log = [];
  const a = new MessageChannel(), b = new MessageChannel(), c = new MessageChannel();
  for (const [name, { port1, port2 }] of Object.entries({ a, b, c })) {
    port2.addEventListener("message", (e) => log.push(name + e.data));
    port1.postMessage(1);
    port1.postMessage(2);
  }
  await wait();
  log.push("|");
  a.port2.start();
  b.port2.onmessage = null;
  await wait();
  log.push("|");
  c.port2.start();
  c.port2.start();
  c.port1.postMessage(3);
  await wait();
  return log.join();
`, "|,a1,a2,b1,b2,|,c1,c2,c3");

returns("close() stops both directions, but not what is on its way to the other", `${wait}
  const log = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (e) => log.push("1:" + e.data);
  port2.onmessage = (e) => log.push("2:" + e.data);
  port2.onclose = (e) => log.push("closed", e.target === port2, e.isTrusted);
  port1.onclose = () => log.push("not on the side that closes");
  port2.postMessage("lost");
  port1.postMessage("kept");
  port1.close();
  port1.postMessage("too late");
  port2.postMessage("too late");
  await wait();
  port1.close();
  await wait();
  return log;
`, ["2:kept", "closed", true, true]);

returns("ports and buffers are transferred", `${wait}
  const log = [];
  const { port1, port2 } = new MessageChannel();
  const inner = new MessageChannel();
  inner.port1.postMessage("before");
  inner.port2.onmessage = () => log.push("not here any more");
  const buffer = new ArrayBuffer(4);
  port2.onmessage = ({ data, ports }) => {
    log.push(data.port === ports[0], data.port !== inner.port2, data.buffer.byteLength, ports.length,
      Object.isFrozen(ports), data.port instanceof MessagePort);
    data.port.onmessage = (e) => { log.push(e.data); e.target.postMessage("back"); };
  };
  inner.port1.onmessage = (e) => log.push(e.data);
  port1.postMessage({ port: inner.port2, buffer }, [inner.port2, buffer]);
  log.push(buffer.byteLength);
  inner.port1.postMessage("after");
  inner.port2.postMessage("into nothing");
  await wait();
  return log;
`, [0, true, true, 4, 1, true, true, "before", "after", "back", "back"]);

returns("structuredClone transfers ports too", `${wait}
  const log = [];
  const { port1, port2 } = new MessageChannel();
  const moved = structuredClone(port2, { transfer: [port2] });
  moved.onmessage = (e) => log.push(e.data);
  port1.postMessage("x");
  try { structuredClone(null, { transfer: [port2] }); } catch (e) { log.push(e.name); }
  await wait();
  return log;
`, ["DataCloneError", "x"]);

returns("what cannot be posted", `${wait}
  const out = [];
  const { port1, port2 } = new MessageChannel();
  const attempt = (f) => { try { f(); out.push("fine"); } catch (e) { out.push(e.name); } };
  const buffer = new ArrayBuffer(4);
  attempt(() => port1.postMessage());
  attempt(() => port1.postMessage(() => {}));
  attempt(() => port1.postMessage(port2));
  attempt(() => port1.postMessage(1, [port1]));
  attempt(() => port1.postMessage(1, [buffer, buffer]));
  attempt(() => port1.postMessage(1, { transfer: [{}] }));
  attempt(() => port1.postMessage(1, 1));
  attempt(() => port1.postMessage(1, [1]));
  attempt(() => port1.postMessage(1, null));
  attempt(() => port1.postMessage(1, { transfer: [buffer] }));
  attempt(() => new MessagePort());
  attempt(() => MessageChannel());
  attempt(() => MessagePort.prototype.postMessage.call({}, 1));
  attempt(() => Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage").set.call(new EventTarget(), null));
  port2.onmessage = () => out.push("a port got what it was sent away with");
  attempt(() => port1.postMessage(1, [port2]));
  attempt(() => port1.postMessage("the other end went with its own channel"));
  await wait();
  return [out, buffer.byteLength, MessagePort.prototype.postMessage.length, Object.keys(MessagePort.prototype).sort(),
    Object.prototype.toString.call(port1)];
`, [["TypeError", "DataCloneError", "DataCloneError", "DataCloneError", "DataCloneError", "DataCloneError",
  "TypeError", "TypeError", "fine", "fine", "TypeError", "TypeError", "TypeError", "TypeError", "fine", "fine"], 0, 1,
["close", "onclose", "onmessage", "onmessageerror", "postMessage", "start"], "[object MessagePort]"]);

worker("messages end with their invocation, and a later one's arrive",
  `const { port1, port2 } = new MessageChannel();
   const log = [];
   port2.onmessage = (e) => log.push(e.data);
   export default { async fetch(request) {
     port1.postMessage(new URL(request.url).pathname);
     if (request.method === "GET") return new Response();
     await new Promise((r) => setTimeout(r, 2));
     return Response.json(log);
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request({ url: "http://h/lost" })).reset, null);
    const answer = await isolate.request({ url: "http://h/kept", method: "POST" });
    assert.deepEqual(JSON.parse(answer.text), ["/kept"]);
    assert.deepEqual(isolate.logs(), []);
  });

returns("messages survive patched built-ins", `${wait}
  let log = "";
  const { port1, port2 } = new MessageChannel();
  const second = new MessageChannel().port1;
  Set.prototype.add = Set.prototype.delete = Set.prototype.forEach = () => { log += "asked"; };
  for (const key of ["data", "ports", "cancel", "transfer", "detail", "bubbles"]) {
    Object.defineProperty(Object.prototype, key, { __proto__: null, configurable: true,
      get() { log += " get " + key; }, set() { log += " set " + key; } });
  }
  port2.onmessage = (e) => { log += "got " + e.data + e.ports.length; };
  port1.postMessage("a", [second]);
  await wait();
  for (const key of ["data", "ports", "cancel", "transfer", "detail", "bubbles"]) delete Object.prototype[key];
  return log;
`, "got a1");
