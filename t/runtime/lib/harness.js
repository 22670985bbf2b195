// isolates(title, body): the same test in node's V8 and, when it is built, in
// the engine.

import "./vm-modules.js";
import assert from "node:assert/strict";
import test from "node:test";
import { EngineIsolate, engineExists } from "./engine.js";
import { FORMAT, RECORD, records } from "./nginx.js";

const { FakeIsolate } = await import("./native-fake.js");

const backends = [["node", FakeIsolate]];
if (engineExists) backends.push(["engine", EngineIsolate]);

export * from "./nginx.js";

// For tests that compare a worker with the node that they run in.
const [major, minor] = process.versions.node.split(".").map(Number);
export const olderThanNode20 = major < 20 || (major === 20 && minor < 20)
  ? `compares with Node.js 20.20, and this is ${process.version}` : undefined;

// "only" names the one of the two that can: node's test runner takes unhandled
// rejections for its own.
// "skip" is a reason, if there is one.
export function isolates(title, body, { only, skip } = {}) {
  for (const [name, Isolate] of backends) {
    if (only !== undefined && only !== name) continue;
    test(`${title} (${name})`, { skip }, async () => {
      const isolate = new Isolate();
      const others = [];
      const another = () => {
        others.push(new Isolate());
        return others.at(-1);
      };
      try {
        await body(isolate, another);
      } finally {
        isolate.close();
        for (const other of others) other.close();
      }
    });
  }
}

// A test with this module as the worker.
export function worker(title, source, body, options = {}) {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.MODULE, source, options);
    await body(isolate);
  }, options);
}

// The same for a host worker; env is a list of records.
export function host(title, source, env, body, options = {}) {
  isolates(title, async (isolate, another) => {
    await isolate.load(
      FORMAT.RECORDS, records([[RECORD.JS, "main.js", source], ...env]),
      { host: true });
    await body(isolate, another);
  }, options);
}

// Runs statements in a fetch handler of a worker; what they return, as JSON,
// must be equal to "expected".
export function returns(title, statements, expected, options) {
  worker(
    title,
    `export default { async fetch(request, env, ctx) {
       const result = await (async () => { ${statements} })();
       return Response.json(result === undefined ? null : result);
     } };`,
    async (isolate) => {
      const answer = await isolate.request();
      assert.equal(answer.reset, null);
      assert.deepEqual(JSON.parse(answer.text), expected);
    }, options);
}

// The same; they must throw or reject with this name and message.
export function rejects(title, statements, name, message, options) {
  worker(
    title,
    `export default { async fetch(request, env, ctx) {
       try {
         await (async () => { ${statements} })();
       } catch (error) {
         return Response.json([error.name, error.message]);
       }
       return Response.json("did not throw");
     } };`,
    async (isolate) => {
      const answer = await isolate.request();
      assert.equal(answer.reset, null);
      const [gotName, gotMessage] = JSON.parse(answer.text);
      assert.equal(gotName, name);
      if (message instanceof RegExp) assert.match(gotMessage, message);
      else if (message !== undefined) assert.equal(gotMessage, message);
    }, options);
}
