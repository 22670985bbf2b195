// WebAssembly: from modules of the worker's code, never from bytes at run time.

import assert from "node:assert/strict";
import {
  FORMAT, host, isolates, RECORD, rejects, returns,
} from "./lib/harness.js";

// add(i32, i32)
const add = Buffer.from(
  "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b",
  "hex");

const source = `import add from "./add.wasm";
  const { exports } = new WebAssembly.Instance(add);
  export default { async fetch() {
    const later = await WebAssembly.instantiate(add, {});
    return Response.json([exports.add(2, 3), later.exports.add(4, 5),
      add instanceof WebAssembly.Module]);
  } };`;

const answer = async (isolate) => {
  const { reset, text } = await isolate.request();
  assert.equal(reset, null);
  assert.deepEqual(JSON.parse(text), [5, 9, true]);
};

isolates("a wasm module of WorkerCode is a WebAssembly.Module", async (isolate) => {
  await isolate.load(FORMAT.JSON, JSON.stringify({
    mainModule: "a.js",
    modules: { "a.js": source, "add.wasm": { wasm: add.toString("base64") } },
  }));
  await answer(isolate);
});

host("a wasm module of a host worker is one too", source,
  [[RECORD.WASM, "add.wasm", add]], answer);

// node makes instances by tasks; V8 itself does not.
isolates("a top-level await may wait for an instance", async (isolate) => {
  await isolate.load(FORMAT.JSON, JSON.stringify({
    mainModule: "a.js",
    modules: {
      "a.js": `import module from "./add.wasm";
        const { exports } = await WebAssembly.instantiate(module);
        export default { fetch() { return new Response(exports.add(2, 3)); } };`,
      "add.wasm": { wasm: add.toString("base64") },
    },
  }));
  assert.equal((await isolate.request()).text, "5");
}, { only: "engine" });

isolates("a wasm module that is none fails the load", async (isolate) => {
  await isolate.load(FORMAT.JSON, JSON.stringify({
    mainModule: "a.js",
    modules: { "a.js": source, "add.wasm": { wasm: "AGFzbQ==" } },
  }));
  const { message } = await isolate.next("failed");
  assert.match(message, /^Module "add.wasm" is not WebAssembly: .*CompileError/);
}, { only: "engine" });

rejects("bytes are not compiled", `
  await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));`,
"CompileError", /disallowed/, { only: "engine" });
rejects("bytes are not instantiated", `
  await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));`,
"CompileError", /disallowed/, { only: "engine" });
rejects("a Module is not made of bytes", `
  new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));`,
"CompileError", /disallowed/, { only: "engine" });
returns("bytes can be validated", `
  return [WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    WebAssembly.validate(new Uint8Array([1]))];`, [true, false]);

// No limit would hold for what is shared.
returns("a WebAssembly.Memory is never shared",
  `const { Memory } = WebAssembly, seen = [];
   const descriptor = { get initial() { seen.push("initial"); return 1; }, maximum: 3,
     get shared() { seen.push("shared"); return true; } };
   const memory = new Memory(descriptor);
   class Mine extends Memory { get pages() { return this.buffer.byteLength / 65536; } }
   const mine = new Mine({ initial: 2, shared: true });
   const failures = [() => Memory({ initial: 1 }), () => new Memory(), () => new Memory({}),
     () => new Memory({ initial: 2, maximum: 1 })].map((run) => {
       try { run(); } catch (error) { return error.name; } });
   return [seen, memory.buffer instanceof ArrayBuffer, memory.grow(2), memory.buffer.byteLength,
     memory instanceof Memory, mine instanceof Mine, mine.pages, mine.buffer.constructor.name,
     failures, Memory.name, Memory.length, memory.constructor === Memory,
     Object.keys(WebAssembly).includes("Memory"), Reflect.construct(Memory, [{ initial: 0 }]) instanceof Memory];`,
  [["initial"], true, 1, 3 * 65536, true, true, 2, "ArrayBuffer",
    ["TypeError", "TypeError", "TypeError", "RangeError"], "Memory", 1, true, false,
    true]);
