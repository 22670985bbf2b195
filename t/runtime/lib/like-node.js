// The same expressions in this node and in a worker with nodejs_compat: they must
// have the same results, or throw the same errors.

import assert from "node:assert/strict";
import { FORMAT, isolates, olderThanNode20 } from "./harness.js";

// A result as a text: what JSON would lose is told.
const show = `
function show(v, depth = 0) {
  if (typeof v === "string") return JSON.stringify(v);
  if (typeof v === "bigint") return v + "n";
  if (typeof v === "function") return "function " + v.name + "/" + v.length;
  if (typeof v === "symbol") return String(v);
  if (Object.is(v, -0)) return "-0";
  if (typeof v !== "object" || v === null) return String(v);
  if (depth > 6) return "...";
  const inner = (x) => show(x, depth + 1);
  if (v instanceof Error) return v.name + "{" + (v.code ?? "") + "}: " + v.message;
  if (ArrayBuffer.isView(v)) {
    return v.constructor.name + "<" + [...new Uint8Array(v.buffer, v.byteOffset, v.byteLength)] + ">";
  }
  if (Array.isArray(v)) return "[" + Array.from(v, inner) + "]";
  if (v instanceof Map) return "Map" + inner([...v]);
  if (v instanceof Set) return "Set" + inner([...v]);
  if (v instanceof Date) return "Date" + v.getTime();
  return (v.constructor?.name ?? "null") + "{" +
    Object.keys(v).map((k) => JSON.stringify(k) + ":" + inner(v[k])) + "}";
}
async function results(functions) {
  const all = [];
  for (const f of functions) {
    let text;
    try { text = show(await f()); } catch (e) { text = "throws " + show(e); }
    all.push(text);
  }
  return all;
}`;

// As many results as surely go through one window.
const AT_ONCE = 50;

const moduleOf = (prelude, expressions) => `${prelude}\n${show}
  const functions = [\n${expressions.map((e) => `async () => (${e}),`).join("\n")}\n];
  export const run = () => results(functions);
  export default { async fetch(request) {
    const from = +request.url.split("?")[1];
    return Response.json(await results(functions.slice(from, from + ${AT_ONCE})));
  } };`;

export function likeNode(title, prelude, expressions, options = {}) {
  const source = moduleOf(prelude, expressions);
  isolates(title, async (isolate) => {
    const { run } = await import(
      `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
    const expected = await run();
    await isolate.load(FORMAT.JSON, new Uint8Array(Buffer.from(JSON.stringify({
      mainModule: "main.js", modules: { "main.js": source },
      compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_compat"],
      env: { A_VARIABLE: "text", AN_OBJECT: { a: 1 } },
    }))));
    const got = [];
    while (got.length < expressions.length) {
      const answer = await isolate.request({ url: `http://h/?${got.length}` });
      assert.equal(answer.reset, null, answer.reset?.message);
      got.push(...JSON.parse(answer.text));
    }
    const wrong = [];
    for (let i = 0; i < expressions.length; i++) {
      if (got[i] !== expected[i]) {
        wrong.push(`${expressions[i]}\n   here ${got[i]}\n   node ${expected[i]}`);
      }
    }
    assert.equal(wrong.length, 0, `${wrong.length} differ:\n${wrong.join("\n")}`);
  }, { skip: olderThanNode20, ...options });
}

// A worker with nodejs_compat that runs statements of its own.
export function nodeWorker(title, source, body, options = {}) {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.JSON, new Uint8Array(Buffer.from(JSON.stringify({
      mainModule: "main.js", modules: { "main.js": source },
      compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_compat"],
      ...options.code,
    }))));
    await body(isolate);
  }, options);
}
