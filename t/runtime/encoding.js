// TextEncoder, TextDecoder, atob() and btoa().  Legacy encodings are the real
// engine's; t/unit/decoder.c has them in detail.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { rejects, returns, worker } from "./lib/harness.js";

const engine = { only: "engine" };
const patient = { only: "engine", host: true };   // one second of CPU time

// -- TextEncoder ----------------------------------------------------------------

returns("TextEncoder", `
  const e = new TextEncoder();
  const into = new Uint8Array(4);
  return [e.encoding, [...e.encode("é\\ud800")], [...e.encode()],
    [...e.encode(undefined)], [...e.encode(null)],
    e.encodeInto("a😀b", into), [...into], e.encodeInto("😀", new Uint8Array(3)),
    e.encodeInto("", into), e.encodeInto("x", new Uint8Array(0)),
    Object.keys(e.encodeInto("", into)), e.encode("x").buffer.byteLength]`, [
  "utf-8", [195, 169, 239, 191, 189], [], [], [110, 117, 108, 108],
  { read: 1, written: 1 }, [97, 0, 0, 0], { read: 0, written: 0 },
  { read: 0, written: 0 }, { read: 0, written: 0 }, ["read", "written"], 1,
]);
returns("encodeInto stops before what does not fit, and replaces surrogates", `
  const e = new TextEncoder();
  const into = (text, size) => {
    const all = new Uint8Array(size + 2).fill(7);
    const { read, written } = e.encodeInto(text, all.subarray(1, size + 1));
    return [read, written, [...all].join()];
  };
  return [into("aé€😀", 10), into("aé€😀", 9), into("\\ud800a", 4),
    into("\\ud800a", 3), into("\\ud800", 2), into("\\udc00\\ud83d\\ude00", 7)];`, [
  [5, 10, "7,97,195,169,226,130,172,240,159,152,128,7"],
  [3, 6, "7,97,195,169,226,130,172,7,7,7,7"],
  [2, 4, "7,239,191,189,97,7"], [1, 3, "7,239,191,189,7"], [0, 0, "7,7,7,7"],
  [3, 7, "7,239,191,189,240,159,152,128,7"],
]);
returns("encodeInto of megabytes", `
  const e = new TextEncoder();
  const out = [];
  for (const unit of ["a", "€", "x😀", "\\ud800"]) {
    const text = unit.repeat(1_200_000 / unit.length);
    const all = e.encode(text);
    for (const size of [all.length, all.length - 1, (1 << 20) + 1]) {
      const bytes = new Uint8Array(size);
      const { read, written } = e.encodeInto(text, bytes);
      const whole = e.encode(text.slice(0, read));
      out.push(written === whole.length && written > size - 4 &&
        equal(bytes.subarray(0, written), whole));
    }
  }
  function equal(a, b) {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i += 997) if (a[i] !== b[i]) return false;
    return a[a.length - 1] === b[b.length - 1];
  }
  return out;`, Array(12).fill(true), { host: true });
returns("encodeInto writes to shared and not to detached memory", `
  const e = new TextEncoder();
  const shared = new Uint8Array(new SharedArrayBuffer(65536), 8, 4);
  const gone = new Uint8Array(4);
  gone.buffer.transfer();
  return [e.encodeInto("héé", shared), [...shared], e.encodeInto("x", gone)];`, [
  { read: 2, written: 3 }, [104, 195, 169, 0], { read: 0, written: 0 },
], engine);
for (const [what, statement] of [
  ["another this", `TextEncoder.prototype.encode.call({})`],
  ["one argument", `new TextEncoder().encodeInto("")`],
  ["an Int8Array", `new TextEncoder().encodeInto("", new Int8Array(1))`],
  ["an ArrayBuffer", `new TextEncoder().encodeInto("", new ArrayBuffer(1))`],
  ["a false Uint8Array", `new TextEncoder().encodeInto("",
    Object.create(Uint8Array.prototype))`],
  ["a symbol", `new TextEncoder().encode(Symbol())`],
  ["no new", `TextEncoder()`],
]) rejects(`TextEncoder refuses ${what}`, statement, "TypeError");

// -- TextDecoder: the interface -------------------------------------------------

returns("the interfaces have the shape that Web IDL asks for", `
  const shape = (I) => [I.name, I.length, I.prototype[Symbol.toStringTag],
    Object.keys(I.prototype).map((key) => {
      const d = Object.getOwnPropertyDescriptor(I.prototype, key);
      return d.get ? [key, d.get.name, typeof d.set] : [key, d.value.length];
    })];
  return [shape(TextEncoder), shape(TextDecoder)];`, [
  ["TextEncoder", 0, "TextEncoder",
    [["encoding", "get encoding", "undefined"], ["encode", 0], ["encodeInto", 2]]],
  ["TextDecoder", 0, "TextDecoder",
    [["encoding", "get encoding", "undefined"], ["fatal", "get fatal", "undefined"],
      ["ignoreBOM", "get ignoreBOM", "undefined"], ["decode", 0]]],
]);
returns("TextDecoder converts its arguments in order, then looks for the label", `
  const seen = [];
  const options = {
    get ignoreBOM() { seen.push("ignoreBOM"); return 1; },
    get fatal() { seen.push("fatal"); return ""; },
  };
  const label = { toString() { seen.push("label"); return "utf8"; } };
  const d = new TextDecoder(label, options);
  let name;
  try { new TextDecoder("nope", options); } catch (e) { name = e.name; }
  d.decode(undefined, { get stream() { seen.push("stream"); } });
  return [seen.join(), d.fatal, d.ignoreBOM, name, new TextDecoder(undefined,
    null).encoding];`, [
  "label,fatal,ignoreBOM,fatal,ignoreBOM,stream", false, true, "RangeError",
  "utf-8",
]);
for (const [what, statement, name] of [
  ["another this", `TextDecoder.prototype.decode.call({})`, "TypeError"],
  ["another this, for a getter", `Object.getOwnPropertyDescriptor(
    TextDecoder.prototype, "fatal").get.call({})`, "TypeError"],
  ["a string", `new TextDecoder().decode("a")`, "TypeError"],
  ["null", `new TextDecoder().decode(null)`, "TypeError"],
  ["an array", `new TextDecoder().decode([1])`, "TypeError"],
  ["options that are no object", `new TextDecoder().decode(undefined, 1)`,
    "TypeError"],
  ["constructor options that are no object", `new TextDecoder("utf-8", "")`,
    "TypeError"],
  ["no new", `TextDecoder()`, "TypeError"],
  ["an unknown label", `new TextDecoder("klingon")`, "RangeError"],
  ["an empty label", `new TextDecoder("")`, "RangeError"],
  ["a label with a NUL", `new TextDecoder("utf-8\\0")`, "RangeError"],
  ["space that is not ASCII's", `new TextDecoder("\\u00a0utf-8")`, "RangeError"],
  ["a vertical tab", `new TextDecoder("\\vutf-8")`, "RangeError"],
  ["letters that are not ASCII's", `new TextDecoder("\\u212aoi8-r")`, "RangeError"],
  ["a property of Object", `new TextDecoder("constructor")`, "RangeError"],
  ["__proto__", `new TextDecoder("__proto__")`, "RangeError"],
  ["replacement", `new TextDecoder("replacement")`, "RangeError"],
  ["iso-2022-kr", `new TextDecoder("iso-2022-kr")`, "RangeError"],
  ["hz-gb-2312", `new TextDecoder("hz-gb-2312")`, "RangeError"],
]) rejects(`TextDecoder refuses ${what}`, statement, name);
returns("labels", `
  return ["utf8", " UTF-8\\t", "unicode-1-1-utf-8", "latin1", "ascii", "L1", "sjis",
    "windows-31j", "x-sjis", "gb2312", "gb18030", "ks_c_5601-1987", "utf-16",
    "unicodefffe", "big5-hkscs", "iso-8859-9", "iso-8859-11", "tis-620", "visual",
    "logical", "koi8-ru", "mac", "x-mac-ukrainian", "866", "csiso2022jp", "x-euc-jp",
    "\\n\\f\\rx-user-defined "].map((label) => new TextDecoder(label).encoding);`, [
  "utf-8", "utf-8", "utf-8", "windows-1252", "windows-1252", "windows-1252",
  "shift_jis", "shift_jis", "shift_jis", "gbk", "gb18030", "euc-kr", "utf-16le",
  "utf-16be", "big5", "windows-1254", "windows-874", "windows-874", "iso-8859-8",
  "iso-8859-8-i", "koi8-u", "macintosh", "x-mac-cyrillic", "ibm866", "iso-2022-jp",
  "euc-jp", "x-user-defined",
]);

// -- TextDecoder: UTF-8 -----------------------------------------------------------

returns("UTF-8: BOM, stream, fatal, views", `
  const bytes = (...list) => new Uint8Array(list);
  const d = new TextDecoder();
  const stream = new TextDecoder();
  const parts = [];
  for (const b of [0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x98, 0x80, 0xc3]) {
    parts.push(stream.decode(bytes(b), { stream: true }));
  }
  parts.push(stream.decode());
  return [d.encoding, d.fatal, d.ignoreBOM, d.decode(bytes(0xef, 0xbb, 0xbf, 0x61)),
    new TextDecoder("UTF-8", { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61)),
    parts.join("|"), d.decode(bytes(0xff)), d.decode(),
    d.decode(bytes(0x61).buffer), d.decode(new DataView(bytes(0x61, 0x62).buffer, 1)),
    d.decode(new Uint16Array([0x4241])), d.decode(bytes(0xef, 0xbb))];`, [
  "utf-8", false, false, "a", "\ufeffa", "||||||😀||\ufffd", "\ufffd", "", "a", "b",
  "AB", "\ufffd",
]);
returns("UTF-8: one BOM a stream, however it arrives", `
  const bom = [0xef, 0xbb, 0xbf];
  const d = new TextDecoder();
  const go = (...chunks) => chunks.map((chunk, i) => d.decode(
    Uint8Array.from(chunk), { stream: i < chunks.length - 1 })).join("|");
  return [go([...bom, ...bom, 0x61]), go(bom, [...bom, 0x62]), go(bom, []), go([], bom),
    go([0xef], [0xbb, 0xbf, 0x63], []), go([0x64], bom), go([], [], [0xef, 0xbb], [0x65]),
    go([0x66])];`, [
  "\ufeffa", "|\ufeffb", "|", "|", "|c|", "d|\ufeff", "|||\ufffde", "f",
]);
const MALFORMED = [
  "ff", "c0", "c080", "c2", "e0", "e08080", "e0a0", "e0a041", "ed9f41", "eda080",
  "edbfbf", "efbf", "f0", "f0808080", "f09080", "f0908041", "f0909f41", "f48f41",
  "f4908080", "f5808080", "80bf41", "c3c3a9", "e280e280a2", "f09f98f09f9880",
];
returns("UTF-8: as many U+FFFD as the standard says, in one go or in parts", `
  return ${JSON.stringify(MALFORMED)}.map((hex) => {
    const bytes = Uint8Array.from(hex.match(/../g), (b) => parseInt(b, 16));
    const whole = new TextDecoder().decode(bytes);
    const d = new TextDecoder();
    let parts = "";
    for (const b of bytes) parts += d.decode(Uint8Array.of(b), { stream: true });
    parts += d.decode();
    let fatal = "";
    try { new TextDecoder("utf-8", { fatal: true }).decode(bytes); } catch (e) { fatal = e.name; }
    return parts === whole && fatal === "TypeError" ? whole : [whole, parts, fatal];
  });`, MALFORMED.map((hex) => new TextDecoder().decode(Buffer.from(hex, "hex"))));
returns("UTF-8: a large text in odd parts", `
  const text = "aé€😀\\ufeff".repeat(50_000);
  const bytes = new TextEncoder().encode(text);
  const d = new TextDecoder("utf-8", { fatal: true });
  let out = "";
  for (let at = 0, step = 1; at < bytes.length; at += step, step = step % 4099 + 7) {
    out += d.decode(bytes.subarray(at, at + step), { stream: true });
  }
  return out + d.decode() === text;`, true);
returns("a fatal error leaves what follows it in the stream's queue", `
  const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (b) => parseInt(b, 16));
  const go = (label, ...steps) => {
    const d = new TextDecoder(label, { fatal: true });
    return steps.map((step) => {
      const stream = !step.endsWith(".");
      try { return d.decode(hex(step.replace(".", "")), { stream }); }
      catch (e) { return e.name; }
    }).join("|");
  };
  return [go("utf-8", "61ff62", "63.", "64."), go("utf-8", "61ff62c3", "a9.", "c3.", "65."),
    go("utf-8", "61ff62ff63", "", "64."), go("utf-8", "e28228", "."),
    go("utf-8", "e282", "2829", "2a."), go("utf-8", "61ff62.", "63."),
    go("utf-8", "efbbbfff", "efbbbf61."), go("utf-8", "ff", "ff.", "61.")];`, [
  "TypeError|bc|d", "TypeError|bé|TypeError|e", "TypeError|TypeError|cd", "TypeError|(",
  "|TypeError|()*", "TypeError|c", "TypeError|a", "TypeError|TypeError|a",
], engine);

// -- TextDecoder: all others ------------------------------------------------------

returns("UTF-16", `
  const bytes = (...list) => new Uint8Array(list);
  const le = (list, options) => new TextDecoder("utf-16le", options).decode(bytes(...list));
  const be = new TextDecoder("utf-16be");
  const d = new TextDecoder("utf-16");
  const halves = d.decode(bytes(0xff, 0xfe, 0x3d), { stream: true }) +
    d.decode(bytes(0xd8, 0x00, 0xde), { stream: true }) + d.decode();
  let fatal;
  try { le([0, 0xdc], { fatal: true }); } catch (e) { fatal = e.name; }
  return [halves, be.decode(bytes(0, 0x41, 0xd8)), fatal, le([0xff, 0xfe, 0x41, 0]),
    le([0xff, 0xfe, 0x41, 0], { ignoreBOM: true }), le([0x3d, 0xd8, 0x41, 0]),
    le([0x3d, 0xd8, 0x3d, 0xd8, 0, 0xde]), le([0, 0xdc, 0x41]),
    be.decode(bytes(0xfe, 0xff, 0xff, 0xfe)), be.decode(bytes(0xfe, 0xff)), le([])];`, [
  "😀", "A\ufffd", "TypeError", "A", "\ufeffA", "\ufffdA", "\ufffd😀", "\ufffd\ufffd",
  "\ufffe", "", "",
]);

// Of "a b !" for all bytes a and b, and then 600,000 arbitrary bytes; from
// @exodus/bytes 1.16.0, a JavaScript implementation of the standard.
const HASHES = {
  "utf-8": "973cda18", "utf-16le": "733d2b29", "utf-16be": "75c6bb9f",
  gb18030: "5ffbfb8b", gbk: "5ffbfb8b", big5: "8ad8de1e", "euc-jp": "7d8a093f",
  "iso-2022-jp": "63c6a0d", shift_jis: "61613425", "euc-kr": "157bbdc4",
  "x-user-defined": "17147efa", ibm866: "4dc9fe3f", "iso-8859-2": "fdfc74e9",
  "iso-8859-3": "8336706c", "iso-8859-4": "88f4b730", "iso-8859-5": "3ab517e7",
  "iso-8859-6": "cdcc639e", "iso-8859-7": "c45b37a", "iso-8859-8": "eec75e80",
  "iso-8859-8-i": "eec75e80", "iso-8859-10": "5fe74b23", "iso-8859-13": "4eb0365f",
  "iso-8859-14": "49fb5138", "iso-8859-15": "c40360a", "iso-8859-16": "cf531434",
  "koi8-r": "c454685f", "koi8-u": "8cddff02", macintosh: "20c7eb10",
  "windows-874": "faeca3fb", "windows-1250": "a2f30ab3", "windows-1251": "3fd828a4",
  "windows-1252": "ff4e6734", "windows-1253": "12ae3a0c", "windows-1254": "8dfa7682",
  "windows-1255": "c942aee5", "windows-1256": "7bf5e392", "windows-1257": "319d64d",
  "windows-1258": "61fa4100", "x-mac-cyrillic": "7d0070fa",
};
for (const name of Object.keys(HASHES)) {
  returns(`${name}: all pairs of bytes, and many, at once and in parts`, `
    const bytes = new Uint8Array(3 * 65536 + 600_000);
    let k = 0;
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) { bytes[k++] = a; bytes[k++] = b; bytes[k++] = 0x21; }
    }
    for (let x = 123456789; k < bytes.length;) {
      x ^= x << 13; x ^= x >>> 17; x ^= x << 5; bytes[k++] = x;
    }
    const d = new TextDecoder("${name}");
    const text = d.decode(bytes);
    let parts = "";
    for (let at = 0; at < bytes.length; at += 9973) {
      parts += d.decode(bytes.subarray(at, at + 9973), { stream: true });
    }
    parts += d.decode();
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      hash = Math.imul(hash ^ (unit & 255), 0x01000193);
      hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
    }
    return [d.encoding, (hash >>> 0).toString(16), parts === text];`,
  [name, HASHES[name], true], patient);
}
returns("a legacy stream keeps its state until it is flushed", `
  const d = new TextDecoder("iso-2022-jp");
  const b = (...list) => Uint8Array.from(list);
  const out = [d.decode(b(0x1b, 0x24), { stream: true }), d.decode(b(0x42, 0x24), { stream: true }),
    d.decode(b(0x22), { stream: true }), d.decode(), d.decode(b(0x24, 0x22))];
  const s = new TextDecoder("shift_jis", { fatal: true });
  const steps = [[b(0x82), true], [b(0xa0), true], [b(0x81), false], [b(0x61), false],
    [b(0x81, 0x20, 0x62), true], [b(0x63), false]];
  for (const [bytes, stream] of steps) {
    try { out.push(s.decode(bytes, { stream })); } catch (e) { out.push(e.name); }
  }
  return out;`, [
  "", "", "あ", "", "$\"", "", "あ", "TypeError", "a", "TypeError", " bc",
], engine);
returns("a BOM is only Unicode's", `
  return [new TextDecoder("gb18030").decode(Uint8Array.of(0x84, 0x31, 0x95, 0x33, 0x61)),
    new TextDecoder("windows-1252").decode(Uint8Array.of(0xef, 0xbb, 0xbf))];`,
["\ufeffa", "ï»¿"], engine);
returns("shared and detached memory, and memory that changes meanwhile", `
  const shared = new Uint8Array(new SharedArrayBuffer(65536), 8, 3);
  shared.set([0xe2, 0x82, 0xac]);
  const gone = new Uint8Array(4);
  const view = new DataView(gone.buffer);
  gone.buffer.transfer();
  const late = Uint8Array.of(0x61, 0x62);
  const d = new TextDecoder(), l = new TextDecoder("big5");
  return [d.decode(shared), d.decode(shared.buffer).length, l.decode(shared),
    d.decode(shared.subarray(0, 1), { stream: true }) + d.decode(shared.subarray(1)),
    d.decode(gone), d.decode(gone.buffer), d.decode(view), l.decode(gone), l.decode(view),
    d.decode(late, { get stream() {
      late.buffer.transfer(); return false;
    } })];`, [
  "€", 65534, "\ufffd\ufffd", "€", "", "", "", "", "", "",
], engine);

// -- native objects -----------------------------------------------------------------

returns("100,000 decoders that are forgotten in the middle exhaust nothing", `
  let sum = 0;
  for (let i = 0; i < 100_000; i++) {
    sum += new TextDecoder("shift_jis").decode(Uint8Array.of(0x61, 0x82), { stream: true }).length;
  }
  return sum;`, 100_000, patient);
returns("too many decoders that are held are refused; then, dropped, they are not", `
  const held = [];
  let error;
  try {
    for (;;) {
      const d = new TextDecoder("shift_jis");
      d.decode(Uint8Array.of(0x82), { stream: true });
      held.push(d);
    }
  } catch (e) { error = e; }
  const number = held.length;
  const last = held.at(-1).decode(Uint8Array.of(0xa0));
  held.length = 0;
  const again = new TextDecoder("shift_jis");
  return [error.name, error.message, number, last,
    again.decode(Uint8Array.of(0x82), { stream: true }) + again.decode(Uint8Array.of(0xa0))];`, [
  "RangeError",
  "This worker holds too many native objects (decoders, compression streams, keys).",
  65536, "あ", "あ",
], patient);

// -- atob and btoa --------------------------------------------------------------------

const BASE64 = [
  "", " ", "YQ", "YQ=", "YQ==", "YQ===", "YW=", "YWI", "YWI=", "YWI==", "YWJj", "YWJj=",
  "YWJj====", "=", "==", "===", "====", "a", "ab=c", "ab=cd", "abcde", "ab\u00a0", "ab\tcd",
  " Y Q = = ", "YR==", "YX", "a-_b", "a+/b", "ab\0", "ab\v", "\u0130\u0130", "null", "A===",
  "abcd=ef", "ab==cd", "YWJjZA==YWJjZA==",
];
returns("atob as Infra's forgiving-base64", `
  return ${JSON.stringify(BASE64)}.map((text) => {
    try { return atob(text); } catch (e) {
      return [e.name, e.code, e instanceof DOMException, e.constructor === DOMException].join();
    }
  });`, BASE64.map((text) => {
  try {
    return atob(text);
  } catch {
    return "InvalidCharacterError,5,true,true";
  }
}));
returns("btoa, and back", `
  const all = String.fromCharCode(...Array(256).keys());
  const out = [btoa("a\\xff"), btoa(""), btoa("abc"), btoa(null), btoa(undefined), btoa(1.5)];
  for (let n = 0; n < 256; n++) {
    if (atob(btoa(all.slice(n))) !== all.slice(n)) out.push(n);
  }
  const long = all.repeat(4_000);
  out.push(atob(btoa(long)) === long, btoa.length, atob.length);
  return out;`, ["Yf8=", "", "YWJj", "bnVsbA==", "dW5kZWZpbmVk", "MS41", true, 1, 1]);
rejects("btoa of something else", `btoa("a\\u0100")`, "InvalidCharacterError");
rejects("btoa of nothing", `btoa()`, "TypeError");
rejects("atob of nothing", `atob()`, "TypeError");

// -- hostile workers ------------------------------------------------------------------

worker("patched built-ins neither break nor spy on the codecs", `
  const seen = Object.setPrototypeOf([], null);
  const watched = [];
  const define = (object, name, descriptor) =>
    watched.push([object, name, { __proto__: null, configurable: true, ...descriptor }]);
  const spy = (object, name) => {
    const { value } = Object.getOwnPropertyDescriptor(object, name);
    define(object, name, { writable: true,
      value(...args) { seen[seen.length] = name; return Reflect.apply(value, this, args); } });
  };
  const TypedArray = Object.getPrototypeOf(Uint8Array);
  for (const name of ["subarray", "slice", "set"]) spy(TypedArray.prototype, name);
  for (const name of ["slice", "split", "charCodeAt", "toLowerCase", "trim", "replace"]) {
    spy(String.prototype, name);
  }
  spy(RegExp.prototype, "exec");
  spy(Array.prototype, "push");
  spy(Array.prototype, "join");
  spy(Array.prototype, Symbol.iterator);
  for (const name of ["buffer", "length", "byteLength", "byteOffset"]) {
    define(TypedArray.prototype, name, { get() { seen[seen.length] = name; return 0; } });
  }
  for (const name of ["value", "get", "read", "decoder", "name", "stream", "id", "0"]) {
    define(Object.prototype, name, {
      get() { seen[seen.length] = name; }, set() { seen[seen.length] = "set " + name; },
    });
  }
  define(Uint8Array.prototype, "constructor", { get() { seen[seen.length] = "constructor"; } });
  define(TypedArray, Symbol.species, { get() { seen[seen.length] = "species"; } });
  for (const name of ["Uint8Array", "Boolean", "RangeError", "Array", "String"]) {
    define(globalThis, name, { value: undefined, writable: true });
  }
  const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Object;
  const { join } = Array.prototype;
  const { apply, deleteProperty } = Reflect;

  export default { fetch() {
    const source = new Uint8Array([0xc3, 0xa9, 0xe2, 0x82, 0xac]);
    const bad = new Uint8Array([0xff, 0x61]);
    const options = { __proto__: null, fatal: true };
    const streaming = { __proto__: null, stream: true };
    const before = [];
    for (let i = 0; i < watched.length; i++) {
      before[i] = getOwnPropertyDescriptor(watched[i][0], watched[i][1]);
      if (before[i] !== undefined) setPrototypeOf(before[i], null);
    }
    for (let i = 0; i < watched.length; i++) {
      defineProperty(watched[i][0], watched[i][1], watched[i][2]);
    }

    const bytes = new TextEncoder().encode("\u00e9\u20ac");
    const d = new TextDecoder("utf-8", options);
    let text = d.decode(bytes, streaming) + d.decode();
    const labels = { __proto__: null, 1: "Big5 ", 2: "utf-16", 3: "latin1" };
    for (let i = 1; i <= 3; i++) {
      const l = new TextDecoder(labels[i], streaming);
      text += " " + l.decode(source, streaming).length + l.decode().length;
      text += l.decode(source).length;
    }
    try { d.decode(bad, streaming); } catch { text += " bad"; }
    text += d.decode();
    text += atob(btoa("xyz"));

    const said = apply(join, seen, []);
    for (let i = watched.length - 1; i >= 0; i--) {
      deleteProperty(watched[i][0], watched[i][1]);
      if (before[i] !== undefined) defineProperty(watched[i][0], watched[i][1], before[i]);
    }
    return new Response(said + "|" + text);
  } };`,
async (isolate) => {
  const answer = await isolate.request();
  assert.equal(answer.reset, null);
  assert.equal(answer.text, "|é€ 213 213 505 badaxyz");
}, engine);

// -- the table ------------------------------------------------------------------------

// https://encoding.spec.whatwg.org/#names-and-labels
test("there are 228 labels for 40 encodings, all different", async () => {
  const source = readFileSync(
    new URL("../../runtime/web/encodings.js", import.meta.url), "utf8");
  const rows = [...source.matchAll(/\[(\w+), "([^"]+)",\n((?:\s+"[^"]*"[ +]*\n?)+)\]/g)];
  const labels = rows.flatMap(([, , , list]) =>
    [...list.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join("").split(" "));
  assert.equal(rows.length, 40);
  assert.equal(labels.length, 228);
  assert.equal(new Set(labels).size, 228);
});
