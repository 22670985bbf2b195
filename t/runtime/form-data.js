// FormData, and bodies of it: https://xhr.spec.whatwg.org/#interface-formdata,
// https://html.spec.whatwg.org/#multipart-form-data, RFC 7578.

import { rejects, returns } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

returns("entries", `
  const f = new FormData();
  f.append("a", 1); f.append("b", "2"); f.append("a", "\\ud800"); f.append("c", null);
  const out = [f.get("a"), f.getAll("a"), f.get("x"), f.getAll("x"), f.has("b"), f.has("B"), [...f]];
  f.set("a", "3"); f.set("d", "4"); f.delete("b");
  const seen = [];
  f.forEach((value, name, self) => seen.push(name + value + (self === f)));
  return [...out, seen, [...f.keys()], [...f.values()], Object.prototype.toString.call(f),
    Object.prototype.toString.call(f.entries())];`, [
  "1", ["1", "\ufffd"], null, [], true, false,
  [["a", "1"], ["b", "2"], ["a", "\ufffd"], ["c", "null"]],
  ["a3true", "cnulltrue", "d4true"], ["a", "c", "d"], ["3", "null", "4"],
  "[object FormData]", "[object FormData Iterator]",
]);
returns("entries may change while they are iterated", `
  const f = new FormData();
  f.append("a", "1"); f.append("b", "2");
  const seen = [];
  for (const [name] of f) { seen.push(name); if (name === "a") f.append("c", "3"); if (name === "b") f.delete("a"); }
  return seen;`, ["a", "b"]);
returns("Blobs become Files, Files keep what they are", `
  const f = new FormData();
  const file = new File(["x"], "own.txt", { type: "a/b", lastModified: 5 });
  f.append("a", new Blob(["blob"], { type: "c/d" }));
  f.append("b", file);
  f.append("c", file, "new\\ud800.txt");
  f.append("d", new Blob([]), "given");
  f.append("e", file, undefined);
  return [[...f.values()].map((v) => [v instanceof File, v.name, v.type, v.size]), f.get("b") === file,
    f.get("c") === file, f.get("c").lastModified, f.get("e") === file, await f.get("a").text(),
    f.get("a") === f.get("a")];`, [
  [[true, "blob", "c/d", 4], [true, "own.txt", "a/b", 1], [true, "new\ufffd.txt", "a/b", 1],
    [true, "given", "", 0], [true, "own.txt", "a/b", 1]], true, false, 5, true, "blob", true,
]);
for (const [what, expression] of [
  ["a form", `new FormData({})`], ["null", `new FormData(null)`], ["a string", `new FormData("a=b")`],
  ["a filename for a string", `new FormData().append("a", "b", "c")`],
  ["a filename for a string, undefined", `new FormData().append("a", "b", undefined)`],
  ["a filename for an object in set()", `new FormData().set("a", {}, "c")`],
  ["one argument", `new FormData().append("a")`], ["a symbol", `new FormData().set("a", Symbol())`],
  ["another this", `FormData.prototype.get.call(new Headers(), "a")`], ["a call without new", `FormData()`],
]) rejects(`FormData refuses ${what}`, expression, "TypeError");
returns("the shape of the interface", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (typeof d.value === "function" ? d.value.length : "")).sort();
  return [shape(FormData.prototype), FormData.length, FormData.prototype[Symbol.iterator] === FormData.prototype.entries,
    new FormData(undefined) instanceof FormData];`, [
  ["append+2", "constructor-0", "delete+1", "entries+0", "forEach+1", "get+1", "getAll+1", "has+1", "keys+0",
    "set+2", "values+0"], 0, true, true,
]);

// -- multipart, written -------------------------------------------------------------

returns("a body of FormData is multipart/form-data of a random boundary", `
  const f = new FormData();
  f.append('a"\\r\\n\\n\\r', "1\\n2\\r3\\r\\n4");
  f.append("ü%22", new File([new Uint8Array([0, 13, 255])], 'f"\\r\\n.txt', { type: "x/y" }));
  f.append("c", new Blob(["z"]));
  const response = new Response(f);
  const type = response.headers.get("content-type");
  const boundary = /^multipart\\/form-data; boundary=([-\\w]+)$/.exec(type)[1];
  const other = new Response(f).headers.get("content-type");
  const bytes = await response.bytes();
  return [type === other, String.fromCharCode(...bytes).replaceAll(boundary, "B")];`, [false,
  "--B\r\nContent-Disposition: form-data; name=\"a%22%0D%0A%0D%0A%0D%0A\"\r\n\r\n1\r\n2\r\n3\r\n4\r\n" +
  "--B\r\nContent-Disposition: form-data; name=\"\u00c3\u00bc%22\"; filename=\"f%22%0D%0A.txt\"\r\nContent-Type: x/y\r\n\r\n\0\r\u00ff\r\n" +
  "--B\r\nContent-Disposition: form-data; name=\"c\"; filename=\"blob\"\r\nContent-Type: application/octet-stream\r\n\r\nz\r\n" +
  "--B--\r\n"]);
returns("a Content-Type that was given stays", `
  return new Response(new FormData(), { headers: { "content-type": "a/b" } }).headers.get("content-type");`, "a/b");
returns("what is written is read again", `
  const f = new FormData();
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  for (const name of ["", "a", "a b", "\\\\", "a\\\\", '"', '\\\\"', "é;x=y", "a\\r\\nb", ";", "=", "'", "漢"]) {
    f.append(name, "value of " + name);
    f.append(name, new File([bytes, "\\r\\n--"], name, { type: "a/b; c=d" }));
  }
  const g = await new Response(f).formData();
  const equal = [];
  const left = [...f], right = [...g];
  for (let i = 0; i < left.length; i++) {
    const [name, value] = left[i], [name2, value2] = right[i];
    equal.push(name === name2 && (typeof value === "string" ? value === value2
      : value2.name === value.name && value2.type === value.type && await value.text() === await value2.text()));
  }
  return [left.length === right.length, equal.every(Boolean), (await new Response(new FormData()).formData()).has("")];`,
[true, true, false]);

// -- multipart, read ----------------------------------------------------------------

const read = (title, body, expected, type = "multipart/form-data; boundary=B") => returns(
  `multipart: ${title}`, `
  const bytes = Uint8Array.from(${JSON.stringify(body)}, (c) => c.charCodeAt(0));
  try {
    const f = await new Response(bytes, { headers: { "Content-Type": ${JSON.stringify(type)} } }).formData();
    const out = [];
    for (const [name, v] of f) out.push(typeof v === "string" ? [name, v] : [name, v.name, v.type, await v.text()]);
    return out;
  } catch (error) { return error.name; }`, expected);
const part = (head, content = "x") => `--B\r\n${head}\r\n\r\n${content}\r\n`;
const disposition = (rest) => `Content-Disposition: form-data${rest}`;
const one = (head, content) => `${part(head, content)}--B--\r\n`;
const named = '; name="a"';

read("text and a file", part(disposition(named), "one") +
  part(`${disposition('; name="f"; filename="n.txt"')}\r\nContent-Type: Text/HTML; Charset=UTF-8`, "\r\n\r\n") + "--B--",
[["a", "one"], ["f", "n.txt", "text/html; charset=utf-8", "\r\n\r\n"]]);
read("a file without a type is text/plain", one(disposition(`${named}; filename="n"`)), [["a", "n", "text/plain", "x"]]);
read("an empty filename is a file", one(disposition(`${named}; filename=""`), ""), [["a", "", "text/plain", ""]]);
read("only filename* is no file", one(disposition(`${named}; filename*=UTF-8''n`)), [["a", "x"]]);
read("filename* next to filename", one(disposition(`${named}; filename*=UTF-8''no; filename="yes"`)),
  [["a", "yes", "text/plain", "x"]]);
read("names in any case, spaces, more headers, more parameters",
  one(`X-A: b\r\ncontent-DISPOSITION:   Form-Data ;  NAME = "a" ; x="y;z" ;\r\ncontent-transfer-encoding: binary`), [["a", "x"]]);
read("names as tokens", one(disposition("; name=a; filename=b c")), [["a", "b c", "text/plain", "x"]]);
read("percent-escapes of HTML", one(disposition('; name="%22%0D%0A%0a%41"')), [["\"\r\n\n%41", "x"]]);
read("backslashes are themselves", one(disposition('; name="a\\b\\"; filename="C:\\x\\n.txt"')),
  [["a\\b\\", "C:\\x\\n.txt", "text/plain", "x"]]);
read("two backslashes are two", one(disposition('; name="a\\\\b"')), [["a\\\\b", "x"]]);
read("but escape a quote that does not end the name", one(disposition('; name="a\\"b\\\\c"; filename="\\""')),
  [["a\"b\\c", "\"", "text/plain", "x"]]);
read("names and text are UTF-8, a BOM stays", one(disposition('; name="\u00c3\u00a9"'), "\u00ef\u00bb\u00bf\u00c3\u00a9\u00ff"),
  [["\u00e9", "\ufeff\u00e9\ufffd"]]);
read("preamble and epilogue", `pre\r\namble --B\r\n${one(disposition(named))}epilogue --B`, [["a", "x"]]);
read("spaces after a boundary", `--B \t\r\n${disposition(named)}\r\n\r\nx\r\n--B--  \r\n`, [["a", "x"]]);
read("a boundary without its line is content", one(disposition(named), "--B x\n--B\r--B\r\n-B"),
  [["a", "--B x\n--B\r--B\r\n-B"]]);
read("nothing", "--B--", []);
read("a quoted boundary", `--B C\r\n${disposition(named)}\r\n\r\nx\r\n--B C--`, [["a", "x"]], 'Multipart/Form-Data; boundary="B C"');
for (const [what, body, type] of [
  ["no boundary in the type", one(disposition(named)), "multipart/form-data"],
  ["an empty boundary", one(disposition(named)), 'multipart/form-data; boundary=""'],
  ["no boundary in the body", "hello"], ["an empty body", ""],
  ["no end", part(disposition(named))], ["an end in the middle", part(disposition(named)).slice(0, -2)],
  ["headers without end", `--B\r\n${disposition(named)}`],
  ["no headers", "--B\r\n\r\nx\r\n--B--"], ["no disposition", one("Content-Type: a/b")],
  ["another disposition", one('Content-Disposition: attachment; name="a"')],
  ["no name", one(disposition('; filename="a"'))], ["an open quote", one(disposition('; name="a'))],
  ["text after a quote", one(disposition('; name="a"b; filename="c"'))],
  ["a header without colon", one(`${disposition(named)}\r\nfoo`)],
  ["a header after a boundary", `--Ba: b\r\n${disposition(named)}\r\n\r\nx\r\n--B--`],
  ["text after a boundary", `--Bx\r\n${disposition(named)}\r\n\r\nx\r\n--B--`],
  ["a longer boundary as end", `${part(disposition(named)).slice(0, -2)}\r\n--BB--`],
  ["line feeds alone", one(disposition(named)).replaceAll("\r", "")],
  ["another type", one(disposition(named)), "multipart/mixed; boundary=B"], ["no type that parses", "", "x"],
  ["headers beyond 16 KiB", one(`${disposition(named)}\r\nX: ${"y".repeat(16384)}`)],
  ["a flood of headers", one(`${disposition(named)}\r\n${"a: b\r\n".repeat(5000)}c: d`)],
]) read(`${what} is a TypeError`, body, "TypeError", type);
returns("multipart: 5000 parts, and a content that is nearly a boundary, take no time", `
  const f = new FormData();
  for (let i = 0; i < 5000; i++) f.append("n" + i, "v");
  const g = await new Response(f).formData();
  const near = "\\r\\n----formdata".repeat(50000);
  const h = new FormData();
  h.append("a", new Blob([near]));
  const i = await new Response(h).formData();
  return [[...g].length, g.get("n4999"), i.get("a").size === near.length];`, [5000, "v", true]);
returns("a Request's formData()", `
  const f = new FormData();
  f.append("a", "b");
  const request = new Request("http://h/", { method: "POST", body: f });
  return [(await request.formData()).get("a"), request.bodyUsed];`, ["b", true]);

// -- application/x-www-form-urlencoded --------------------------------------------------

returns("urlencoded", `
  const read = async (body, type = "application/x-www-form-urlencoded") =>
    [...await new Response(body, { headers: { "Content-Type": type } }).formData()];
  return [await read("a=1+2&b=%2B%c3%A9&&c&=d&a=%&e==f&%61=\\ufeff"), await read(""), await read("?a=b", "Application/X-WWW-Form-Urlencoded;charset=latin1"),
    await read(new Uint8Array([0x61, 0x3d, 0xe4, 0x25, 0x42, 0x44, 0x25, 0x41, 0x30])),
    [...await new Response(new URLSearchParams([["x", "a&b=c +"]])).formData()]];`, [
  [["a", "1 2"], ["b", "+é"], ["c", ""], ["", "d"], ["a", "%"], ["e", "=f"], ["a", "\ufeff"]], [],
  [["?a", "b"]], [["a", "\u4f60"]], [["x", "a&b=c +"]],
]);
for (const [what, expression] of [
  ["a null body without type", `new Response().formData()`],
  ["text", `new Response("a=b").formData()`],
  ["a body that was used", `(async () => { const r = new Response(new FormData()); await r.text(); return r.formData(); })()`],
]) rejects(`formData() of ${what}`, `await ${expression}`, "TypeError");
returns("a null body that says it is urlencoded is empty", `
  return [...await new Response(null, { headers: { "Content-Type": "application/x-www-form-urlencoded" } }).formData()];`, []);

returns("patched built-ins neither break FormData nor see it", `
  const blob = new Blob(["x"]);
  FormData; // globals of node cannot be made among such patches
  ${hostile}
  watch();
  const f = new FormData();
  f.append("a", "1"); f.append("b", blob, "n"); f.set("a", "2");
  const all = f.getAll("a");
  const response = new Response(f);
  const promise = response.formData();
  const names = unwatch();
  const g = await promise;
  return [names.filter((n) => n !== "get then"), all, g.get("a"), g.get("b").name];`, [[], ["2"], "2", "n"]);
