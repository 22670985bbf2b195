// What code an isolate takes, and what it says of code that it does not.

import assert from "node:assert/strict";
import {
  FORMAT, isolates, OUTBOUND, RECORD, records,
} from "./lib/harness.js";

const hello = `export default { fetch() { return new Response("hello"); } };`;

const loads = (title, format, code, text, { check = () => {}, only } = {}) => {
  isolates(title, async (isolate) => {
    await isolate.load(format, code);
    const answer = await isolate.request();
    assert.equal(answer.reset, null);
    assert.equal(answer.text, text);
    check(isolate);
  }, { only });
};

const fails = (title, format, code, message, { location, only } = {}) => {
  isolates(`refused: ${title}`, async (isolate) => {
    await isolate.load(format, code);
    const failed = await isolate.next("failed");
    if (message instanceof RegExp) assert.match(failed.message, message);
    else assert.equal(failed.message, message);
    if (location !== undefined) assert.equal(failed.location, location);
  }, { only });
};

const json = (code) => JSON.stringify(code);
const withCode = (fields) => json({
  mainModule: "index.js", modules: { "index.js": hello }, ...fields,
});

loads("JSON: the least WorkerCode", FORMAT.JSON, withCode({}), "hello", {
  check: (isolate) => assert.equal(isolate.of("worker").length, 0),
});

loads("JSON: everything that it may have", FORMAT.JSON, json({
  compatibilityDate: "2025-04-01", compatibilityFlags: ["nodejs_compat"],
  mainModule: "src/index.js",
  modules: {
    "src/index.js": `
      import text from "./a.txt";
      import data from "../data.bin";
      import config from "config.json";
      import { up } from "../lib/up.mjs";
      import "/lib/root.js";
      import { env } from "cloudflare:workers";
      export default { fetch(request, { GREETING }) {
        return new Response([text, new Uint8Array(data), config.a, up,
          globalThis.root, GREETING, env.GREETING, typeof data.byteLength].join(" "));
      } };`,
    "src/a.txt": { text: "text" },
    "data.bin": { data: "AQID" },
    "config.json": { json: { a: 1 } },
    "lib/up.mjs": `export * from "./deep.js";`,
    "lib/deep.js": { js: `export const up = "up";` },
    "lib/root.js": `globalThis.root = "root";`,
  },
  env: { GREETING: "hi" }, limits: { cpuMs: 50, subRequests: 5 },
  globalOutbound: null, tails: [],
}), "text 1,2,3 1 up root hi hi number", {
  check: (isolate) => assert.deepEqual(isolate.of("worker"), [
    { op: "worker", outbound: OUTBOUND.NONE, cpuMs: 50, subRequests: 5 },
  ]),
});

loads("limits alone are announced too", FORMAT.JSON,
  withCode({ limits: { cpuMs: 7 } }), "hello", {
    check: (isolate) => assert.deepEqual(isolate.of("worker"), [
      { op: "worker", outbound: OUTBOUND.INHERIT, cpuMs: 7, subRequests: 0 },
    ]),
  });

loads("RECORDS: the first module is the main one", FORMAT.RECORDS, records([
  [RECORD.JS, "dir/main.js",
    `import a from "../a.json"; import t from "./t.html"; import d from "./d.bin";
     export default { fetch(request, env) {
       return new Response(a.x + t + new Uint8Array(d) + env.V); } };`],
  [RECORD.JSON, "a.json", `{"x": "é"}`],
  [RECORD.TEXT, "dir/t.html", "<t>"],
  [RECORD.DATA, "dir/d.bin", [255]],
  [RECORD.STRING, "V", "ü"],
]), "é<t>255ü");

loads("MODULE: text in UTF-8", FORMAT.MODULE,
  `export default { fetch() { return new Response("é\\u{1f600}😀"); } };`, "é😀😀");

loads("cloudflare:workers has its names", FORMAT.MODULE,
  `import * as workers from "cloudflare:workers";
   export default { fetch() { return new Response(Object.keys(workers).join()); } };`,
  "DurableObject,RpcPromise,RpcProperty,RpcStub,RpcTarget,ServiceStub,WorkerEntrypoint," +
  "WorkflowEntrypoint,abortIsolate,env,exports,waitUntil,withEnv,withEnvAndExports,withExports");

loads("dynamic import() of the worker's own modules", FORMAT.JSON, json({
  mainModule: "index.js",
  modules: {
    "index.js": `export default { async fetch() {
      const { default: text } = await import("./later.js");
      let error;
      try { await import("nope"); } catch (e) { error = e.message; }
      return new Response(text + error); } };`,
    "later.js": `export default "later";`,
  },
}), `laterNo such module "nope".\n  imported from "index.js"\n  npm packages must be ` +
  "bundled, e.g. with '@cloudflare/worker-bundler'", { only: "engine" });

loads("a main module that is CommonJS", FORMAT.JSON, json({
  mainModule: "a.js",
  modules: {
    "a.js": { cjs: `const text = require("./b.js");
      module.exports = { fetch() { return new Response(text); } };` },
    "b.js": { cjs: 'module.exports = "required";' },
  },
}), "required", { only: "engine" });

// -- what is wrong ------------------------------------------------------------

fails("not JSON", FORMAT.JSON, "{", /^Worker code is not valid JSON: /);
fails("no object", FORMAT.JSON, "[]",
  "TypeError: Worker code must be an object, not an array. It needs at least " +
  "'mainModule' and 'modules'.");
fails("no mainModule", FORMAT.JSON, json({ modules: {} }),
  "TypeError: Worker code: 'mainModule' must be a string, not undefined.");
fails("no modules", FORMAT.JSON, json({ mainModule: "a.js" }),
  "TypeError: Worker code: 'modules' must be an object of names and modules, " +
  "not undefined.");
fails("empty modules", FORMAT.JSON, json({ mainModule: "a.js", modules: {} }),
  "TypeError: Dynamic Worker code must contain at least one module.");
fails("an unknown mainModule", FORMAT.JSON, withCode({ mainModule: "b.js" }),
  `Worker code: 'mainModule' is "b.js", but 'modules' has no such module. ` +
  `It has: "index.js".`);
fails("a main module that is no JavaScript", FORMAT.JSON,
  json({ mainModule: "a", modules: { a: { text: "" } } }),
  `TypeError: Worker code: 'mainModule' "a" must be a JavaScript module.`);
fails("TypeScript", FORMAT.JSON,
  json({ mainModule: "a.ts", modules: { "a.ts": "" } }),
  "TypeError: Module name must end with '.js' or '.py' (or the content must be " +
  "an object indicating the type explicitly). Got: a.ts. If you're trying to " +
  "load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass " +
  "the generated JavaScript modules.");
fails("Python", FORMAT.JSON,
  json({ mainModule: "a.py", modules: { "a.py": "" } }),
  /^Module "a.py": Python modules are not supported here\..*@cloudflare\/worker-bundler/);
fails("a compatibility date in the future", FORMAT.JSON,
  json({ mainModule: "a.js", modules: { "a.js": "" }, compatibilityDate: "2999-01-01" }),
  `Can't set compatibility date in the future: "2999-01-01"`);
fails("two kinds at once", FORMAT.JSON,
  json({ mainModule: "a.js", modules: { "a.js": { js: "", text: "" } } }),
  "TypeError: Each module must contain exactly one of 'js', 'cjs', 'text', " +
  "'data', 'json', 'py', or 'wasm'. Module 'a.js' contained 2 properties.");
fails("a module that is a number", FORMAT.JSON,
  json({ mainModule: "a.js", modules: { "a.js": 1 } }),
  `TypeError: Worker code: module "a.js" must be a string or an object such as ` +
  `{ js: "..." }, not 1.`);
for (const text of ["2025-13-01", "2025-02-29", "2024-04-31", "2025-4-01", ""]) {
  fails(`a compatibilityDate that is none: "${text}"`, FORMAT.JSON,
    withCode({ compatibilityDate: text }),
    `TypeError: Worker code: 'compatibilityDate' must be a date such as ` +
    `"2025-04-01", not "${text}".`);
}
loads("the 29th of February, in a leap year", FORMAT.JSON,
  withCode({ compatibilityDate: "2024-02-29" }), "hello");
fails("compatibilityFlags of numbers", FORMAT.JSON,
  withCode({ compatibilityFlags: [1] }),
  "TypeError: Worker code: 'compatibilityFlags[0]' must be a string, not 1.");
fails("limits below one", FORMAT.JSON, withCode({ limits: { cpuMs: 0 } }),
  "TypeError: Worker code: 'limits.cpuMs' must be a positive integer, not 0.");
fails("an env that is no object", FORMAT.JSON, withCode({ env: "x" }),
  `TypeError: Worker code: 'env' must be an object, not "x".`);
fails("a globalOutbound in JSON", FORMAT.JSON, withCode({ globalOutbound: "x" }),
  `TypeError: Worker code: 'globalOutbound' must be null or absent here, not "x".`);
fails("code above 64 MiB", FORMAT.JSON, json({
  mainModule: "a.js",
  modules: { "a.js": "", "b": { text: "x".repeat(64 * 1024 * 1024 + 1) } },
}), "Dynamic Worker code size (67108865 bytes) exceeds the maximum allowed size " +
  "of 67108864 bytes.", { only: "node" });      // which has more memory
fails("tails", FORMAT.JSON, withCode({ tails: [1] }),
  "Worker code: 'tails' must be absent or empty here: only a Worker Loader can " +
  "pass stubs.");
fails("tails that are no array", FORMAT.JSON, withCode({ tails: {} }),
  "TypeError: Worker code: 'tails' must be an array, not an object.");
fails("streamingTails", FORMAT.JSON, withCode({ streamingTails: [1] }),
  "Worker code: 'streamingTails' are not supported yet.");

fails("a syntax error, with its place", FORMAT.MODULE,
  "export default {\n  fetch( };", /^SyntaxError: /,
  { location: "index.js:2:10", only: "engine" });
for (const [title, text] of [
  ["a type", "export default {\n  async fetch(request: Request) {} };"],
  ["an interface", "\n\ninterface Env { A: string }\nexport default {};"],
  ["a generic", "const a = new Map<string>();\nlet m: Map<string, number>;"],
  ["an import of types", 'import type { Env } from "./types";'],
  ["a private method", "class A {\n  private async b() {} }"],
]) {
  fails(`TypeScript in a module of JavaScript: ${title}`, FORMAT.MODULE, text,
    /^SyntaxError: .*[^.]\. If you're trying to load TypeScript, bundle it first with '@cloudflare\/worker-bundler' and pass/,
    { only: "engine" });
}
for (const [title, text, name] of [
  ["using", "export default {};\n  { using x = 1; }", '"using"'],
  ["await using", "async function f() { await using x = g(); }", '"using"'],
  ["using in a loop, far to the right", `${" ".repeat(5000)}for (using x of y) {}`, '"using"'],
  ["a decorator", "class A { @dec x = 1 }", "decorators"],
  ["accessor", "class A {\n static accessor x = 1; }", '"accessor"'],
]) {
  fails(`syntax that is newer than V8: ${title}`, FORMAT.MODULE, text, new RegExp(
    `^SyntaxError: [^.]*\\. The V8 of this engine does not know ${name}: a bundler such as '@cloudflare/worker-bundler' can replace what is newer\\.$`),
  { only: "engine" });
}
for (const [title, text] of [
  ["modifiers", "f(/(?i-m:a)/);"],
  ["a name twice", "/(?<a>x)|(?<a>y)/;"],
]) {
  fails(`regular expressions that are newer than V8: ${title}`, FORMAT.MODULE, text,
    /^SyntaxError: .*\. The V8 of this engine does not know this syntax of regular expressions\.$/,
    { only: "engine" });
}
isolates("regular expressions with the flag v: they work, or a hint says why not", async (isolate) => {
  await isolate.load(FORMAT.MODULE, `const type = /[[a-z]--[aeiou]]/gv;\n${hello}`);
  const { text } = await isolate.answer(isolate.fetch());
  const [failed] = isolate.of("failed");
  if (failed === undefined) {
    assert.equal(text, "hello");
  } else {
    assert.match(failed.message,
      /^SyntaxError: Invalid regular expression flags\. The V8 of this engine does not know this syntax of reg/);
  }
}, { only: "engine" });
for (const [text, message] of [
  ["f(/a/gx, type);", "SyntaxError: Invalid regular expression flags"],
  ["f(/(?<type as x:/);", /^SyntaxError: Invalid regular expression: .*: Invalid capture group name$/],
  ["f(/(?a:b)/);", /^SyntaxError: Invalid regular expression: .*: Invalid group$/],
  ["x.using y;", /^SyntaxError: Unexpected identifier( 'y')?$/],
  ["const using = 1; using\n = 2 3;", /^SyntaxError: [^.]*$/],
]) {
  fails(`no hint where it would be wrong: ${text}`, FORMAT.MODULE, text, message, { only: "engine" });
}
fails("other syntax errors do not speak of it", FORMAT.MODULE,
  "export default {\n  fetch( { ]\n};", "SyntaxError: Unexpected token ']'",
  { only: "engine" });
fails("nor exceptions", FORMAT.MODULE,
  "const type = 1; throw new Error('x: y');", "x: y");
fails("an exception at start-up", FORMAT.MODULE,
  "\nthrow new Error('at start');", "at start", { location: "index.js:2:7" });
fails("a rejection in top-level await", FORMAT.MODULE,
  "await Promise.reject(new RangeError('r'));", "RangeError: r");
fails("a module that is not there", FORMAT.MODULE, "import 'lodash';",
  `No such module "lodash".\n  imported from "index.js"\n  npm packages must be ` +
  "bundled, e.g. with '@cloudflare/worker-bundler'");
fails("a relative import out of the root", FORMAT.MODULE, "import '../a.js';",
  `No such module "../a.js".\n  imported from "index.js"`);
fails("a name that a module does not export", FORMAT.MODULE,
  "import { nope } from 'cloudflare:workers';", /^SyntaxError: .*nope/);
fails("which is not for want of a bundler", FORMAT.MODULE,
  "import { nope as type } from 'cloudflare:workers';",
  "SyntaxError: The requested module 'cloudflare:workers' does not provide an " +
  "export named 'nope'", { only: "engine" });

fails(
  "a top-level await that never settles", FORMAT.MODULE,
  `await new Promise(() => {});\n${hello}`,
  "Top-level await in module is unsettled.");
fails(
  "one in a module that is imported", FORMAT.JSON,
  withCode({ modules: {
    "index.js": `import "./a.js";\n${hello}`,
    "a.js": "export const a = await { then() {} };",
  } }),
  "Top-level await in module is unsettled.");
loads(
  "a top-level await that takes its time", FORMAT.MODULE,
  `for (let i = 0; i < 1000; i++) await null;\n${hello}`, "hello");
