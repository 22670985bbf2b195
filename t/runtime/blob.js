// Blob and File: https://w3c.github.io/FileAPI/

import { rejects, returns } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

returns("a Blob of parts of all kinds", `
  const bytes = new Uint8Array([65, 66, 67, 68]);
  const blob = new Blob(["é", bytes, bytes.buffer, new DataView(bytes.buffer, 1, 2),
    bytes.subarray(3), new Blob(["x"]), 12, null, { toString: () => "obj" }, new Uint16Array([0x4241]),
    "\\ud800"], { type: "Text/PLAIN" });
  bytes[0] = 0;
  return [await blob.text(), blob.size, blob.type, Object.prototype.toString.call(blob)];`,
["éABCDABCDBCDx12nullobjAB\ufffd", 28, "text/plain", "[object Blob]"]);
returns("no parts, and any iterable", `
  const set = new Set(["a", "b"]);
  return [new Blob().size, new Blob(undefined, null).type, new Blob([]).size, await new Blob(set).text(),
    await new Blob(new Uint8Array([1, 2])).text(), await new Blob(new String("xy")).text()];`,
[0, "", 0, "ab", "12", "xy"]);
for (const [what, expression] of [
  ["a string", `new Blob("a")`], ["null", `new Blob(null)`], ["an object", `new Blob({})`],
  ["a Blob", `new Blob(new Blob())`], ["a symbol as part", `new Blob([Symbol()])`],
  ["options that are a number", `new Blob([], 1)`], ["another line ending", `new Blob([], { endings: "x" })`],
  ["a call without new", `Blob()`], ["another this", `Blob.prototype.slice.call({})`],
  ["a File without a name", `new File([])`], ["a symbol as name", `new File([], Symbol())`],
  ["another this for name", `Object.getOwnPropertyDescriptor(File.prototype, "name").get.call(new Blob())`],
]) rejects(`Blob and File refuse ${what}`, expression, "TypeError");
returns("arguments are converted in the order of Web IDL", `
  const log = [];
  const bag = { get type() { log.push("type"); return "a/b"; }, get endings() { log.push("endings"); },
    get lastModified() { log.push("lastModified"); return "5"; } };
  const buffer = new Uint8Array([97]);
  const parts = { *[Symbol.iterator]() { log.push("parts"); yield { toString() { log.push("part"); return "p"; } }; yield buffer; } };
  Object.defineProperty(bag, "endings", { get() { log.push("endings"); buffer[0] = 98; } });
  const blob = new Blob(parts, bag);
  const file = new File(parts, { toString() { log.push("name"); return "n"; } }, bag);
  return [log, await blob.text(), file.lastModified, file.name, file.type];`, [
  ["parts", "part", "endings", "type", "parts", "part", "name", "endings", "type", "lastModified"],
  "pb", 5, "n", "a/b",
]);
returns("line endings", `
  const text = "a\\rb\\nc\\r\\nd\\r\\r\\n";
  return [await new Blob([text], { endings: "native" }).text(), await new Blob([text]).text(),
    await new Blob(["x\\r", "\\ny"], { endings: "native" }).text(),
    await new Blob([new Blob(["\\r\\n"])], { endings: "native" }).text()];`,
["a\nb\nc\nd\n\n", "a\rb\nc\r\nd\r\r\n", "x\n\ny", "\r\n"]);
returns("types", `
  return ["A/B;C=D", "é/x", "a\\u0000b", "a\\nb", "~ !", undefined, null].map((type) => new Blob([], { type }).type);`,
["a/b;c=d", "", "", "", "~ !", "", "null"]);
returns("slice()", `
  const blob = new Blob(["0123456789"], { type: "a/b" });
  const out = [];
  for (const args of [[], [3], [3, 5], [-3], [-3, -1], [5, 3], [0, 100], [100], [-100, 2], [undefined, 2],
    [null, 3], ["2", "4"], [NaN, 2], [0.5], [1.5], [2.5], [Infinity], [-Infinity, 1], [2 ** 60], [1, undefined, "C/D"],
    [0, 2, "é"]]) {
    const part = blob.slice(...args);
    out.push(await part.text() + part.type);
  }
  const file = new File(["abc"], "n").slice(1);
  return [out, file instanceof File, file instanceof Blob, await blob.slice(2, 8).slice(1, 3).text()];`, [
  ["0123456789", "3456789", "34", "789", "78", "", "0123456789", "", "01", "01",
    "012", "23", "01", "0123456789", "23456789", "23456789", "", "0", "", "123456789c/d", "01"],
  false, true, "34",
]);
returns("readers give copies", `
  const blob = new Blob(["abc"]).slice(1);
  const buffer = await blob.arrayBuffer();
  const bytes = await blob.bytes();
  new Uint8Array(buffer)[0] = 0; bytes[0] = 0;
  const chunks = [];
  for await (const chunk of blob.stream()) { chunks.push(...chunk); chunk[0] = 0; }
  const { value } = await blob.stream().getReader({ mode: "byob" }).read(new Uint8Array(1));
  return [buffer.byteLength, bytes.buffer.byteLength, bytes.constructor.name, chunks, [...value], await blob.text()];`,
[2, 2, "Uint8Array", [98, 99], [98], "bc"]);
returns("a big Blob is streamed in slices", `
  const sizes = [];
  for await (const chunk of new Blob([new Uint8Array(150000)]).stream()) sizes.push(chunk.length);
  return sizes;`, [65536, 65536, 18928]);
returns("text() drops a BOM and replaces what is not UTF-8", `
  return await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])]).text();`, "a\ufffd");
returns("textStream()", `
  const parts = [];
  for await (const part of new Blob(["\\ufeffé", new Uint8Array([0xff, 0xc3])]).textStream()) parts.push(part);
  const cancelled = new Blob(["x"]).textStream();
  await cancelled.cancel();
  return [parts.join(""), (await new Blob([]).textStream().getReader().read()).done];`, ["é\ufffd\ufffd", true]);
returns("methods reject", `
  const out = [];
  for (const name of ["text", "arrayBuffer", "bytes"]) {
    const promise = Blob.prototype[name].call({});
    out.push(await promise.then(() => "resolved", (error) => error.name));
  }
  return out;`, ["TypeError", "TypeError", "TypeError"]);
returns("File", `
  const before = Date.now();
  const file = new File(["a", "b"], "d/é\\ud800.txt", { type: "X/Y", lastModified: 1.9 });
  const now = new File([], "").lastModified;
  const times = [null, NaN, -1.5, "7", 2 ** 63, 2 ** 64 + 4096, new Date(8)].map(
    (lastModified) => new File([], "", { lastModified }).lastModified);
  return [file.name, file.type, file.size, file.lastModified, now >= before, times, await file.text(),
    Object.prototype.toString.call(file), file instanceof Blob, Object.getPrototypeOf(File) === Blob];`,
["d/é\ufffd.txt", "x/y", 2, 1, true, [0, 0, -1, 7, -(2 ** 63), 4096, 8], "ab", "[object File]", true, true]);
returns("the shape of the interfaces", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (d.get ? "get" : typeof d.value === "function" ? d.value.length : "")).sort();
  return [shape(Blob.prototype), shape(File.prototype), Blob.length, File.length, Blob.name, File.name,
    Object.keys(globalThis).includes("Blob")];`, [
  ["arrayBuffer+0", "bytes+0", "constructor-0", "size+get", "slice+0", "stream+0", "text+0", "textStream+0", "type+get"],
  ["constructor-2", "lastModified+get", "name+get"], 0, 2, "Blob", "File", false,
]);
returns("patched built-ins neither break Blobs nor see them, even before the first one", `
  ${hostile}
  const results = [];
  const parts = { [Symbol.iterator]() { let i = 0; return { next() { return { done: i === 3, value: ["a\\r\\n", bytes, "é"][i++] }; } }; } };
  const bytes = new Uint8Array([66]);
  watch();
  const blob = new Blob(parts, { __proto__: null, type: "A/b", endings: "native" });
  const file = new File(parts, "n", { __proto__: null, lastModified: 3 });
  const part = blob.slice(1, 3, "x");
  const texts = [blob.text(), part.text(), file.text()];
  const buffer = blob.arrayBuffer();
  const bytesOf = blob.bytes();
  const names = unwatch();
  // a promise that is resolved with an object asks it for "then"
  return [names.filter((n) => n !== "get then"), await Promise.all(texts), (await buffer).byteLength, (await bytesOf).length, blob.type, file.lastModified];`,
[[], ["a\nBé", "\nB", "a\r\nBé"], 5, 5, "a/b", 3], { only: "engine" });
