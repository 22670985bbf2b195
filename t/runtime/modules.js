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

modules("CommonJS: cloudflare: modules and import()", {
  "main.js": `import a from "./a.cjs"; ${answer("[a.target, await a.dynamic()]")}`,
  "a.cjs": { cjs: `const { RpcTarget } = require("cloudflare:workers");
    const { connect } = require("cloudflare:sockets");
    exports.target = typeof RpcTarget + typeof connect;
    exports.dynamic = async () => (await import("./esm.js")).value;` },
  "esm.js": "export const value = 5;",
}, ["functionfunction", 5], dynamic);

modules("CommonJS: require() of ES modules: what they say, their default export, a copy", {
  "main.js": `import a from "./a.cjs"; import * as named from "./named.js"; import "./unwrap.js";
    ${answer("[a, a.named !== named, a.named.late, globalThis.runs]")}`,
  "a.cjs": { cjs: `
    const named = require("./named.js");
    named.added = 1; named.late = "changed";
    module.exports = {
      named, same: require("./named") === undefined, again: require("named.js") === named,
      fallback: require("./default.js"), says: require("./says.js"), unwrap: require("./unwrap.js"),
      nested: require("./dir/deep.js"), empty: require("./empty.js"),
    };` },
  "named": { cjs: "module.exports = undefined;" },
  "named.js": `globalThis.runs = (globalThis.runs ?? 0) + 1; export let late = "late"; export const one = 1;`,
  "default.js": `export default "the default"; export const other = 1;`,
  "says.js": `export { it as "module.exports" }; const it = "what it says"; export default 1;`,
  "unwrap.js": `export { it as "module.exports" }; const it = 1; export const __cjsUnwrapDefault = true; export default "unwrapped";`,
  "dir/deep.js": `import { one } from "../named.js"; import data from "./data.json"; export default [one, data];`,
  "dir/data.json": { json: { j: 1 } }, "empty.js": "",
}, [{
  named: { late: "changed", one: 1, added: 1 }, same: true, again: true, fallback: "the default",
  says: "what it says", unwrap: "unwrapped", nested: [1, { j: 1 }], empty: {},
}, true, "changed", 1], dynamic);

modules("CommonJS: modules run in the order of their imports", {
  "main.js": `import "./one.js"; import a from "./a.cjs"; import "./two.js"; ${answer("[a, globalThis.order]")}`,
  "one.js": "globalThis.order = [1];",
  "a.cjs": { cjs: `globalThis.order.push("a"); module.exports = [...globalThis.order]; require("./three.js");` },
  "two.js": "globalThis.order.push(2);", "three.js": "globalThis.order.push(3);",
}, [[1, "a"], [1, "a", 3, 2]], dynamic);

modules("CommonJS: require() of an ES module in a handler and in a dynamic import", {
  "main.js": `import a from "./a.cjs"; ${answer("[a.load(), (await import('./b.cjs')).default, a.load()]")}`,
  "a.cjs": { cjs: `exports.load = () => require("./esm.js");` },
  "b.cjs": { cjs: `module.exports = require("./esm.js");` },
  "esm.js": "let n = 0; export default ++n;",
}, [1, 1, 1], dynamic);

const say = `(f) => { try { return f(); } catch (e) { return e.name + ": " + e.message; } }`;
const later = (name) =>
  `Error: Top-level await in module is not permitted at this time: "${name}" can be loaded by import() only.`;

modules("CommonJS: require() refuses a top-level await, before and after it has run", {
  "main.js": `import a from "./a.cjs";
    ${answer("[a.first, a.inner, (await import('./slow.js')).default, a.again(), globalThis.ran]")}`,
  "a.cjs": { cjs: `const say = ${say}; exports.first = say(() => require("./slow.js"));
    exports.inner = say(() => require("./inner.js")); exports.again = () => say(() => require("./slow.js"));` },
  "slow.js": "globalThis.ran = (globalThis.ran ?? 0) + 1; await null; export default 7;",
  "inner.js": `import "./slow.js"; export default 1;`,
}, [later("slow.js"), later("inner.js"), 7, later("slow.js"), 1], dynamic);

const busy = (name, root) =>
  `Error: Module "${name}" is being evaluated: require() of "${root}" cannot wait for it.`;

modules("CommonJS: require() of what is being evaluated, and of what leads to it", {
  "main.js": `import a from "./a.cjs"; import b from "./b.js"; ${answer("[a, b, a.later()]")}`,
  "a.cjs": { cjs: `const say = ${say}; exports.main = say(() => require("./main.js"));
    exports.b = say(() => require("./b.js")); exports.c = say(() => require("./c.js"));
    exports.later = () => require("./b.js") + require("./c.js");` },
  "b.js": `import "./main.js"; export default "b";`,
  "c.js": `import a from "./a.cjs"; export default "c" + typeof a.later;`,
}, [{ main: busy("main.js", "main.js"), b: busy("main.js", "b.js"), c: busy("a.cjs", "c.js") },
  "b", "bcfunction"], dynamic);

modules("CommonJS: an ES module among modules that require each other", {
  "main.js": `import a from "./a.cjs"; ${answer("a")}`,
  "a.cjs": { cjs: `exports.early = 1; exports.b = require("./b.cjs"); exports.late = 1;` },
  "b.cjs": { cjs: `exports.seen = Object.keys(require("./a.cjs")); exports.esm = require("./esm.js");` },
  "esm.js": `import b from "./b.cjs"; export default Object.keys(b);`,
}, { early: 1, b: { seen: ["early"], esm: ["seen"] }, late: 1 }, dynamic);

modules("CommonJS: the exception of an ES module is require()'s, each time", {
  "main.js": `import a from "./a.cjs"; ${answer("[...a, await import('./throws.js').catch((e) => e.message)]")}`,
  "a.cjs": { cjs: `const say = ${say}; addEventListener("unhandledrejection", () => console.error("unhandled"));
    module.exports = ["./throws.js", "./outer.js", "./throws.js", "./lacks.js", "./broken.js", "./wrong.js"]
      .map((name) => say(() => require(name)));` },
  "throws.js": "throw new RangeError('from esm');", "outer.js": `import "./throws.js";`,
  "lacks.js": `import "./none.js";`, "broken.js": "}", "wrong.js": `import { nope } from "./outer2.js";`,
  "outer2.js": "",
}, ["RangeError: from esm", "RangeError: from esm", "RangeError: from esm",
  'Error: No such module "./none.js".\n  imported from "lacks.js"', "SyntaxError: Unexpected token '}'",
  "SyntaxError: The requested module './outer2.js' does not provide an export named 'nope'",
  "from esm"], dynamic);

modules("CommonJS: what a worker has made of the built-ins does not matter", {
  "main.js": `import "./patch.js"; import a from "./a.cjs"; ${answer("[a, (await import('./b.cjs')).default, (await import('./t.txt')).default]")}`,
  "patch.js": `Object.prototype.run = () => "polluted"; Object.prototype.source = "polluted"; Object.prototype.__cjsUnwrapDefault = true;
    Reflect.has = Reflect.ownKeys = () => ["polluted"]; Map.prototype.get = () => "polluted";`,
  "a.cjs": { cjs: `module.exports = [require("./esm.js"), require("./named.js").x]; try { require("./throws.js"); } catch {}` },
  "b.cjs": { cjs: "module.exports = 2;" }, "t.txt": { text: "T" }, "esm.js": "export default 1;",
  "named.js": "export const x = 3;", "throws.js": "throw 1;",
}, [[1, 3], 2, "T"], dynamic);

isolates("CommonJS: a rejection that require() has told of is not unhandled", async (isolate) => {
  await isolate.load(FORMAT.JSON, JSON.stringify({ mainModule: "main.js", modules: {
    "main.js": `import a from "./a.cjs"; ${answer("a()")}`,
    "a.cjs": { cjs: `module.exports = () => { try { require("./throws.js"); } catch (e) { return e.message; } };` },
    "throws.js": "throw new Error('x');",
  } }));
  assert.equal((await isolate.request()).text, '"x"');
  assert.deepEqual(isolate.of("log"), []);
}, dynamic);

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
}, /SyntaxError/, { only: "engine" });   // node reports the rejection a second time

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

modules("ES modules: import attributes, in both spellings, and in import()", {
  "main.js": `import a from "./d.json" with { type: "json" };
    import b from "./d.json" assert { type: "json" };
    export { default as c } from "./d.json" with { type: "json" };
    ${answer(`[a, a === b, (await import("./d.json", { with: { type: "json" } })).default === a]`)}`,
  "d.json": { json: { j: 1 } },
}, [{ j: 1 }, true, true], dynamic);
