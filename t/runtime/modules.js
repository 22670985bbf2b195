// Kinds of modules, and how they find each other.

import assert from "node:assert/strict";
import { FORMAT, isolates } from "./lib/harness.js";

// The main module's fetch() must answer "expected", as JSON; or loading fails
// with this message.
function modules(title, files, expected, options, more) {
  isolates(title, async (isolate) => {
    await isolate.load(
      FORMAT.JSON, JSON.stringify(
        { mainModule: "main.js", modules: files, ...more }));
    const channel = isolate.fetch();
    if (expected instanceof RegExp) {
      assert.match((await isolate.next("failed")).message, expected);
    } else {
      const { reset, text } = await isolate.answer(channel);
      assert.equal(reset, null);
      assert.deepEqual(JSON.parse(text), expected);
    }
  }, options);
}

// node's contexts have no import().
const dynamic = { only: "engine" };

const answer = (expression) =>
  `export default { async fetch() { return Response.json(${expression}); } };`;

modules("CommonJS: module.exports, exports, require", {
  "main.js": `import a from "./lib/a.cjs"; import b from "b";
    ${answer("[a, b.two, typeof b.fn, b.fn()]")}`,
  "lib/a.cjs": { cjs: `module.exports = [require("./c").n, require("../data.json"), require("../t.txt"),
    this === exports, typeof __filename, typeof process, (function () { return this === globalThis; })()];` },
  "lib/c": { cjs: `exports.n = 1;` },
  "b": { cjs: `exports.two = 2; exports.fn = () => require("lib/c") === require("./lib/c");` },
  "data.json": { json: { j: 1 } }, "t.txt": { text: "T" },
}, [[1, { j: 1 }, "T", true, "undefined", "undefined", true], 2, "function", true]);

modules("CommonJS: a module runs once, and a cycle sees what is there so far", {
  "main.js": `import a from "./a.cjs"; import b from "./b.cjs";
    ${answer("[a.seen, b.seen, globalThis.runs, a.late()]")}`,
  "a.cjs": { cjs: `globalThis.runs = (globalThis.runs ?? 0) + 1; exports.early = 1;
    const b = require("./b.cjs"); exports.seen = b.done; exports.late = () => b.later();` },
  "b.cjs": { cjs: `const a = require("./a.cjs"); exports.seen = [a.early, a.seen === undefined];
    exports.later = () => a.seen; exports.done = true;` },
}, [true, [1, true], 1, true]);

modules("CommonJS: cloudflare: modules, import() and an ES module", {
  "main.js": `import a from "./a.cjs"; ${answer("[a.target, await a.dynamic(), a.refused]")}`,
  "a.cjs": { cjs: `const { RpcTarget } = require("cloudflare:workers");
    const { connect } = require("cloudflare:sockets");
    exports.target = typeof RpcTarget + typeof connect;
    exports.dynamic = async () => (await import("./esm.js")).value;
    try { require("./esm.js"); } catch (error) { exports.refused = error.message; }` },
  "esm.js": "export const value = 5;",
}, ["functionfunction", 5, 'Module "esm.js" is an ES module: require() cannot load it, import() can.'], dynamic);

modules("CommonJS: modules of Node.js, where they are allowed", {
  "main.js": `import a from "./a.cjs"; ${answer("a")}`,
  "a.cjs": { cjs: `module.exports = [typeof require("node:path").join, require("util") === require("node:util")];` },
}, ["function", true], undefined, {
  compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_compat"],
});

modules("CommonJS: what require() gives is what an import does", {
  "main.js": `import a from "./a.cjs"; import json from "data.json"; import bytes from "bytes";
    import wasm from "empty.wasm";
    ${answer("[a.json === json, a.bytes === bytes, a.wasm === wasm, a.json.one]")}`,
  "a.cjs": { cjs: `exports.json = require("./data.json"); exports.bytes = require("bytes");
    exports.wasm = require("./empty.wasm");` },
  "data.json": { json: { one: 1 } }, "bytes": { data: "AAAA" },
  "empty.wasm": { wasm: "AGFzbQEAAAA=" },
}, [true, true, true, 1]);

modules("CommonJS: an exception, and what is missing", {
  "main.js": `let first, second;
    try { await import("./throws.cjs"); } catch (error) { first = error.message; }
    try { await import("./lacks.cjs"); } catch (error) { second = error.message; }
    ${answer("[first, second]")}`,
  "throws.cjs": { cjs: "throw new RangeError('from cjs');" },
  "lacks.cjs": { cjs: "require('./none');" },
}, ["from cjs", 'No such module "./none".\n  imported from "lacks.cjs"'], dynamic);

modules("CommonJS: a syntax error is one of loading", {
  "main.js": 'import "./a.cjs";', "a.cjs": { cjs: "}" },
}, /SyntaxError/);

modules("Python says that it is not there", {
  "main.js": "", "a.py": { py: "pass" },
}, /Module "a.py": Python modules are not supported here/);

modules("ES modules: circular imports, folders, import.meta, top-level await", {
  "main.js": `import { a, getB } from "./x/a.js"; const { c } = await import("./x/y/c.js");
    ${answer("[a, getB(), c, import.meta.url]")}`,
  "x/a.js": `import { b } from "./b.js"; export const a = "a"; export const getB = () => b;`,
  "x/b.js": `import { a } from "../x/a.js"; await 0; export const b = typeof a === "undefined" ? "b" : a;`,
  "x/y/c.js": `import { a } from "../a.js"; export const c = [a, import.meta.url];`,
}, /ReferenceError|before initialization/, dynamic);

modules("ES modules: a cycle of functions", {
  "main.js": `import { a } from "./a.js"; ${answer("[a(3), import.meta.url, (await import('./x/c.js')).c]")}`,
  "a.js": `import { b } from "./b.js"; export function a(n) { return n === 0 ? "a" : b(n - 1); }`,
  "b.js": `import { a } from "./a.js"; export function b(n) { return n === 0 ? "b" : a(n - 1); }`,
  "x/c.js": `import { a } from "../a.js"; await 0; export const c = [a(2), import.meta.url];`,
}, ["b", "main.js", ["a", "x/c.js"]], dynamic);
