// "env" and "exports" of "cloudflare:workers", and what withEnv() and
// withExports() put in their place.

import assert from "node:assert/strict";
import { FORMAT, isolates } from "./lib/harness.js";

const utf8 = (text) => new Uint8Array(Buffer.from(text));

// What the statements return, in a handler with "env" as "own"; ALS is there.
function returns(title, statements, expected, top = "") {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.JSON, utf8(JSON.stringify({
      mainModule: "main.js", env: { A: 1, B: { deep: true } },
      compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_als"],
      modules: { "main.js": `
        import { AsyncLocalStorage } from "node:async_hooks";
        import * as workers from "cloudflare:workers";
        import { env, exports, withEnv, withEnvAndExports, withExports } from "cloudflare:workers";
        const wait = (ms) => new Promise((r) => setTimeout(r, ms));
        const attempt = (f) => { try { return f(); } catch (e) { return [e.name, e.message].join(": "); } };
        ${top}
        export const other = { fetch() {} };
        export default { async fetch(request, own, ctx) {
          const result = await (async () => { ${statements} })();
          return Response.json(result === undefined ? null : result);
        } };` },
    })));
    const answer = await isolate.request();
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), expected);
  });
}

returns("the imported env has what the handler's has, and is changed with it",
  `const seen = [env.A, "A" in env, "Z" in env, Object.keys(env), { ...env }, env.B === own.B,
     Object.getPrototypeOf(env) === Object.prototype, top, env.toString()];
   env.C = 3; delete env.A; Object.defineProperty(env, "D", { value: 4 });
   return [...seen, Object.keys(own), own.D, Object.getOwnPropertyDescriptor(env, "D")];`,
  [1, true, false, ["A", "B"], { A: 1, B: { deep: true } }, true, true, 1,
    "[object Object]", ["B", "C"], 4,
    { value: 4, writable: false, enumerable: false, configurable: false }],
  "const top = env.A;");

returns("withEnv() is for the function and all it awaits, and gives its result",
  `const seen = [];
   const see = () => seen.push(env.A ?? null);
   const result = withEnv({ A: 2 }, () => {
     see();
     return (async () => {
       await null; see();
       await wait(1); see();
       await Promise.reject(1).catch(see);
       queueMicrotask(see);
       return "result";
     })();
   });
   see();
   const text = await result;
   see();
   attempt(() => withEnv({ A: 3 }, () => { see(); throw new Error("x"); }));
   see();
   return [text, withEnv({}, () => 5), seen];`,
  ["result", 5, [2, 1, 2, 2, 2, 2, 1, 3, 1]]);

returns("withEnv() leaves the handler's env, this.env and exports alone",
  `return withEnv({ A: 2 }, () => [env.A, own.A, this.env.A, exports.other === ctx.exports.other,
     Object.keys(env), "B" in env]);`,
  [2, 1, 1, true, ["A"], false]);

returns("withEnv() within withEnv(), and beside storages",
  `const als = new AsyncLocalStorage();
   const both = () => [env.A ?? null, als.getStore() ?? null];
   return withEnv({ A: 2 }, () => als.run("s", () => {
     const inner = withEnv({ A: 3 }, both);
     const bound = withEnv({ A: 4 }, () => AsyncLocalStorage.bind(both));
     return [both(), inner, als.exit(both), bound(), both()];
   }));`,
  [[2, "s"], [3, "s"], [2, null], [4, "s"], [2, "s"]]);

returns("what two requests of a worker see does not mix",
  `const one = withEnv({ A: "x" }, async () => { await wait(2); return env.A; });
   const two = withEnv({ A: "y" }, async () => { await wait(1); return env.A; });
   return Promise.all([one, two, env.A]);`,
  ["x", "y", 1]);

returns("what is written under withEnv() goes to its object",
  `const given = { A: 2, gone: 1 };
   withEnv(given, () => { env.NEW = 1; delete env.gone; Object.defineProperty(env, "D", { value: 4, enumerable: true }); });
   return [given, own, Object.keys(env)];`,
  [{ A: 2, NEW: 1, D: 4 }, { A: 1, B: { deep: true } }, ["A", "B"]]);

returns("a frozen object, one with getters, a class's, null and what is none",
  `class Env { get A() { return this.own; } own = 7; }
   const frozen = Object.freeze({ A: 2, X: 1 });
   return [
     withEnv(frozen, () => [Object.keys(env), { ...env }, env.X, attempt(() => { env.X = 2; })]),
     withEnv(new Env(), () => [env.A, Object.keys(env)]),
     withEnv(null, () => [Object.keys(env), env.A ?? null, "A" in env]),
     withEnv(undefined, () => Object.keys(env)),
     withEnv(5, () => Object.keys(env)),
   ];`,
  [[["A", "X"], { A: 2, X: 1 }, 1, "TypeError: 'set' on proxy: trap returned falsish for property 'X'"],
    [7, ["own"]], [[], null, false], [], ["A", "B"]]);

returns("withExports() and withEnvAndExports(); exports cannot be written",
  `const see = () => [Object.keys(exports), exports.other ?? null, env.A];
   return [
     [Object.keys(exports), exports.other === ctx.exports.other],
     withExports({ other: 1 }, see),
     withEnvAndExports({ A: 2 }, { other: 2, more: 3 }, see),
     await withExports({ other: 4 }, async () => { await null; return see(); }),
     attempt(() => { exports.NEW = 1; }), attempt(() => { delete exports.other; }),
     attempt(() => { withExports({ a: 1 }, () => { exports.a = 2; }); }),
   ];`,
  [[["other", "default"].sort(), true], [["other"], 1, 1], [["other", "more"], 2, 2], [["other"], 4, 1],
    "TypeError: 'set' on proxy: trap returned falsish for property 'NEW'",
    "TypeError: 'deleteProperty' on proxy: trap returned falsish for property 'other'",
    "TypeError: 'set' on proxy: trap returned falsish for property 'a'"]);

returns("withEnv() in the global scope",
  "return [top, later()];", [9, 1],
  "const top = withEnv({ A: 9 }, () => env.A); const later = () => env.A;");

returns("arguments are checked",
  `return [attempt(() => withEnv({})), attempt(() => withEnv({}, 1)), attempt(() => withExports({}, "f")),
     attempt(() => withEnvAndExports({}, () => {})), attempt(() => withEnvAndExports({}, {}, {}))];`,
  ["TypeError: Failed to execute 'withEnv': 2 arguments required, but only 1 present.",
    "TypeError: Failed to execute 'withEnv': parameter 2 is not of type 'Function'.",
    "TypeError: Failed to execute 'withExports': parameter 2 is not of type 'Function'.",
    "TypeError: Failed to execute 'withEnvAndExports': 3 arguments required, but only 2 present.",
    "TypeError: Failed to execute 'withEnvAndExports': parameter 3 is not of type 'Function'."]);

returns("a worker that patches the built-ins sees no other env",
  `for (const name of ["get", "set", "has", "ownKeys", "apply", "getOwnPropertyDescriptor", "defineProperty"]) {
     Reflect[name] = () => "patched";
   }
   Object.prototype.get = () => "polluted";
   Object.prototype.value = Object.prototype.configurable = "polluted";
   const seen = withEnv({ A: 2 }, () => { env.N = 1; return [env.A, env.N, "A" in env, Object.keys(env)]; });
   Object.defineProperty(env, "V", { __proto__: null, value: 8, writable: true, enumerable: true, configurable: true });
   for (const name of ["get", "value", "configurable"]) delete Object.prototype[name];
   return [seen, own.V];`,
  [[2, 1, true, ["A", "N"]], 8]);

returns("classes that nobody runs, and those of stubs",
  `const { DurableObject, WorkflowEntrypoint, ServiceStub, RpcStub } = workers;
   class Flow extends WorkflowEntrypoint { run() { return [this.ctx, this.env]; } }
   class Thing extends DurableObject {}
   const thing = new Thing(1, 2);
   return [new Flow("c", "e").run(), thing.ctx, thing.env, WorkflowEntrypoint.name,
     ctx.exports.other instanceof ServiceStub, own instanceof ServiceStub,
     new RpcStub(() => {}) instanceof RpcStub, attempt(() => new ServiceStub())];`,
  [["c", "e"], 1, 2, "WorkflowEntrypoint", true, false, true, "TypeError: Illegal constructor"]);

isolates("console shows the imported env as the worker's own", async (isolate) => {
  await isolate.load(FORMAT.JSON, utf8(JSON.stringify({
    mainModule: "main.js", env: { A: 1 },
    modules: { "main.js": `import { env } from "cloudflare:workers";
      export default { fetch() { console.error(env); return new Response(); } };` },
  })));
  await isolate.request();
  assert.deepEqual(isolate.of("log").map(({ text }) => text), ["{ A: 1 }"]);
});
