// node:buffer, compared with this node's.

import { likeNode } from "./lib/like-node.js";

const prelude = `import { Buffer } from "node:buffer"; import * as buffer from "node:buffer";`;

const encodings = ["utf8", "UTF-8", "latin1", "binary", "ascii", "hex", "base64",
  "base64url", "ucs2", "utf16le", "UCS-2"];
const texts = ["", "a", "ab", "abc", "hällo", "€uro", "\u{1f600}!", "\ud800x", "x\udc00",
  "68656c6c6f", "6865zz", "686", "aGVsbG8=", "aGVsbG8", "aGV sbG8\n=", "-_+/", "aGVsb=G8", "====",
  "\x80\xff\u0100"];

const q = JSON.stringify;
const conversions = [];
for (const e of encodings) {
  for (const t of texts) {
    conversions.push(`Buffer.from(${q(t)}, ${q(e)})`, `Buffer.byteLength(${q(t)}, ${q(e)})`);
    conversions.push(`[Buffer.alloc(5).write(${q(t)}, ${q(e)}), Buffer.alloc(9, ${q(t || "x")}).toString()]`);
    conversions.push(`(() => { const b = Buffer.alloc(7, 1); return [b.write(${q(t)}, 2, 4, ${q(e)}), b]; })()`);
  }
  for (const bytes of ["", "104,228,246", "240,159,152,128", "240,159", "0,255,128,1,2", "239,187,191,65"]) {
    conversions.push(`Buffer.from([${bytes}]).toString(${q(e)})`);
    conversions.push(`Buffer.from([${bytes}]).toString(${q(e)}, 1, 3)`);
  }
}
likeNode("encodings", prelude, conversions);

likeNode("ways to make one", prelude, [
  `Buffer.from([1, 256, -1, 3.7, "4", NaN, null])`, `Buffer.from({ length: 2, 0: 1, 1: 2 })`,
  `Buffer.from({ length: "2" })`, `Buffer.from({ length: -1 })`, `Buffer.from({})`,
  `Buffer.from(new Uint16Array([1, 258]))`, `Buffer.from(Buffer.from("abc"))`,
  `Buffer.from(new ArrayBuffer(4), 1, 2)`, `Buffer.from(new ArrayBuffer(4), 5)`,
  `Buffer.from(new ArrayBuffer(4), 1, 9)`, `Buffer.from(new ArrayBuffer(4), "1")`,
  `Buffer.from(new ArrayBuffer(4), 1, NaN)`,
  `Buffer.from(new String("abc"))`, `Buffer.from({ valueOf() { return "xyz"; } })`,
  `Buffer.from({ [Symbol.toPrimitive]() { return "prim"; } })`,
  `Buffer.from({ type: "Buffer", data: [1, 2, 3] })`, `Buffer.from(JSON.parse(JSON.stringify(Buffer.from("hi"))))`,
  `Buffer.from(1)`, `Buffer.from(null)`, `Buffer.from(undefined)`, `Buffer.from(true)`, `Buffer.from(Symbol("x"))`,
  `Buffer.from(() => {})`, `Buffer.from("a", "nope")`, `Buffer.from("", "nope")`, `Buffer.from("ab", 5)`,
  `Buffer(3)`, `new Buffer("abc")`, `Buffer(3, "utf8")`, `new Buffer([1, 2])`,
  `Buffer.alloc(3)`, `Buffer.alloc(3, 1)`, `Buffer.alloc(5, "ab")`, `Buffer.alloc(5, "YWI=", "base64")`,
  `Buffer.alloc(4, Buffer.from([1, 2, 3]))`, `Buffer.alloc(-1)`, `Buffer.alloc("5")`, `Buffer.alloc(2 ** 40)`,
  `Buffer.alloc(NaN)`, `Buffer.alloc(3, "")`, `Buffer.alloc(3, "a", 1)`, `Buffer.alloc(3, "a", "no")`,
  `Buffer.alloc(3, Buffer.alloc(0))`,
  `Buffer.allocUnsafe(2).length`, `Buffer.allocUnsafeSlow(2).length`, `buffer.SlowBuffer(2).length`,
  `Buffer.of(1, 2, 300)`, `Buffer.concat([])`, `Buffer.concat([Buffer.from("a"), new Uint8Array([66])])`,
  `Buffer.concat([Buffer.from("abc"), Buffer.from("def")], 4)`, `Buffer.concat([Buffer.from("a")], 3)`,
  `Buffer.concat("x")`, `Buffer.concat(["x"])`, `Buffer.concat([Buffer.from("a")], -1)`,
  `Buffer.concat([Buffer.from("a")], 1.5)`,
  `Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)`, `Buffer.copyBytesFrom([1])`,
  `Buffer.copyBytesFrom(new Uint8Array([1, 2, 3]), 5)`, `Buffer.copyBytesFrom(new Uint8Array([1, 2, 3]), -1)`,
  `Buffer.isBuffer(Buffer.alloc(1))`, `Buffer.isBuffer(new Uint8Array(1))`, `Buffer.isBuffer(null)`,
  `["utf8", "HEX", "Utf-16LE", "x", 1, "", null].map(Buffer.isEncoding)`,
  `Buffer.byteLength(new ArrayBuffer(3))`, `Buffer.byteLength(new DataView(new ArrayBuffer(3), 1))`,
  `Buffer.byteLength(3)`, `Buffer.byteLength("abc", "nope")`, `Buffer.poolSize`,
  `Buffer.compare(Buffer.from("a"), Buffer.from("b"))`, `Buffer.compare(1, Buffer.from("b"))`,
  `[Buffer.alloc(1) instanceof Uint8Array, Buffer.alloc(1).constructor === Buffer, Object.getPrototypeOf(Buffer) === Uint8Array]`,
  `Buffer.from("abc").map((x) => x + 1)`, `Buffer.from("abc").filter((x) => x > 97)`,
  `class X extends Buffer {}`, `Buffer.name`, `Buffer.length`, `structuredClone(Buffer.from("a")).constructor.name`,
]);

const numbers = [];
for (const name of ["UInt8", "Int8", "UInt16LE", "UInt16BE", "Int16LE", "Int16BE", "UInt32LE",
  "UInt32BE", "Int32LE", "Int32BE", "FloatLE", "FloatBE", "DoubleLE", "DoubleBE"]) {
  for (const at of ["", "0", "1", "3", "8", "15", "16", "-1", "1.5", "'1'", "null", "NaN"]) {
    numbers.push(`Buffer.from("00fe7f80ff01028090a0b0c0d0e0f0aa", "hex").read${name}(${at})`);
  }
  for (const value of ["0", "1", "-1", "127", "128", "255", "256", "-128", "-129", "32768", "65535",
    "65536", "2147483648", "4294967295", "4294967296", "-2147483649", "1.7", "-1.7", "NaN", "'5'",
    "undefined", "Infinity", "1e20"]) {
    numbers.push(`(() => { const b = Buffer.alloc(9); return [b.write${name}(${value}, 1), b]; })()`);
  }
  numbers.push(`Buffer.alloc(1).write${name}(1, 5)`, `Buffer.alloc(20).write${name}(1, "0")`,
    `Buffer.alloc(0).read${name}()`);
}
for (const name of ["UIntLE", "UIntBE", "IntLE", "IntBE"]) {
  for (const size of [0, 1, 2, 3, 4, 5, 6, 7, "undefined", "'2'", 1.5]) {
    numbers.push(`Buffer.from("00fe7f80ff010280", "hex").read${name}(1, ${size})`);
    for (const value of ["1", "-1", "255", "65536", "16777216", "1099511627776", "281474976710656",
      "-140737488355328"]) {
      numbers.push(`(() => { const b = Buffer.alloc(9); return [b.write${name}(${value}, 1, ${size}), b]; })()`);
    }
  }
  numbers.push(`Buffer.alloc(8).read${name}()`, `Buffer.alloc(8).read${name}(4, 6)`);
}
for (const name of ["BigInt64LE", "BigInt64BE", "BigUInt64LE", "BigUInt64BE"]) {
  numbers.push(`Buffer.from("00fe7f80ff010280ff", "hex").read${name}(1)`,
    `Buffer.alloc(8).read${name}(1)`);
  for (const value of ["0n", "-1n", "1n", "9223372036854775807n", "9223372036854775808n",
    "18446744073709551616n", "-9223372036854775809n", "1", "undefined"]) {
    numbers.push(`(() => { const b = Buffer.alloc(9); return [b.write${name}(${value}, 1), b]; })()`);
  }
}
numbers.push(`Buffer.prototype.readUint8 === Buffer.prototype.readUInt8`, `Buffer.prototype.writeUint32BE.name`,
  `Buffer.prototype.readInt16LE.length`, `Buffer.prototype.writeInt16LE.length`,
  `Buffer.prototype.readBigUint64LE.name`);
likeNode("numbers", prelude, numbers);

const search = [];
for (const method of ["indexOf", "lastIndexOf", "includes"]) {
  for (const value of ["'is'", "'x'", "''", "115", "115 + 256", "-141", "Buffer.from('is')",
    "new Uint8Array([105])", "Buffer.alloc(0)", "99.9", "'i'", "'this is a buffer!'", "{}", "null", "undefined"]) {
    for (const at of ["", ", 3", ", -5", ", 100", ", -100", ", NaN", ", undefined", ", null", ", {}", ", '2'", ", 2.9",
      ", 'latin1'", ", 1, 'hex'"]) {
      search.push(`Buffer.from("this is a buffer").${method}(${value}${at})`);
    }
  }
  search.push(`Buffer.from("\\u039a\\u0391\\u03a3", "utf16le").${method}("\\u03a3", 0, "utf16le")`,
    `Buffer.from("\\u039a\\u0391\\u03a3", "utf16le").${method}("\\u03a3", -2, "utf16le")`,
    `Buffer.from("aaaa").${method}("a", 2, "nope")`, `Buffer.from("abcabc").${method}("YWI=", 1, "base64")`,
    `Buffer.from([0,1,0,1]).${method}("\\u0100", 0, "ucs2")`, `Buffer.alloc(0).${method}("")`, `Buffer.alloc(0).${method}(1)`);
}
likeNode("searching", prelude, search);

likeNode("other methods", prelude, [
  ...["", "1", "1, 3", "-2", "-2, -1", "5, 2", "'1'", "NaN, 2", "0, 100", "1.9, 3.9", "undefined, undefined", "null, 2"]
    .flatMap((a) => [`Buffer.from("hello").slice(${a})`, `Buffer.from("hello").subarray(${a})`,
      `Buffer.from("hello").toString("utf8", ${a || "undefined"})`]),
  `(() => { const b = Buffer.from("hello"); b.slice(1, 3)[0] = 65; return b; })()`,
  ...["", "0", "1", "2, 1", "2, 1, 3", "9", "0, 9", "0, 0, 9", "-1", "0, -1", "0, 0, -1", "'1'", "0, 3, 2", "NaN", "1.5, 1.5"]
    .map((a) => `(() => { const t = Buffer.alloc(6, 46); return [Buffer.from("hello").copy(t${a && `, ${a}`}), t]; })()`),
  `Buffer.alloc(2).copy([])`, `(() => { const b = Buffer.from("abcdef"); b.copy(b, 2, 0, 4); return b; })()`,
  ...["'x'", "'abc'", "'é'", "'abc', 1", "'abc', 1, 4", "'abcd', 'hex'", "'zz', 'hex'", "'a', 0, 2, 'ucs2'", "1", "257", "-1",
    "true", "null", "undefined", "{}", "''", "0, 2", "0, 9", "0, -1", "0, 1, 99", "'a', 'nope'", "'a', 1, 2, 5", "new Uint8Array([1,2])",
    "Buffer.alloc(0)", "1.5", "'1', 3, 1", "0, '1'", "'\\u0222'"]
    .map((a) => `Buffer.alloc(7, 9).fill(${a})`),
  `Buffer.from("abc").equals(Buffer.from("abc"))`, `Buffer.from("abc").equals(new Uint8Array([97, 98, 99]))`,
  `Buffer.from("abc").equals("abc")`,
  ...["Buffer.from('abd')", "Buffer.from('ab')", "Buffer.from('xabc'), 1", "Buffer.from('abcd'), 0, 3", "Buffer.from('b'), 0, 1, 1, 2",
    "Buffer.from('abc'), 5", "Buffer.from('abc'), 0, 5", "Buffer.from('abc'), -1", "'abc'", "Buffer.from('abc'), 0, 3, 3"]
    .map((a) => `Buffer.from("abc").compare(${a})`),
  `Buffer.from([1,2,3,4]).swap16()`, `Buffer.from([1,2,3,4]).swap32()`, `Buffer.from([1,2,3,4,5,6,7,8]).swap64()`,
  `Buffer.from([1,2,3]).swap16()`, `Buffer.from("ab").toJSON()`, `JSON.stringify(Buffer.from("ab"))`,
  `Buffer.from("abc").toString("nope")`, `Buffer.from("abc").toString(null)`, `Buffer.from("abc").toString("")`,
  `Buffer.from("abc").toString("hex", 1)`, `Buffer.from("abc").toLocaleString("hex")`,
  `String(Buffer.from("abc"))`, `[...Buffer.from("ab").entries()]`, `[...Buffer.from("ab").keys()]`,
  `Buffer.alloc(3).write(5)`, `Buffer.alloc(3).write("a", 9)`, `Buffer.alloc(3).write("a", -1)`, `Buffer.alloc(3).write("abcdef", 1)`,
  `Buffer.alloc(3).write("a", 0, 9)`, `Buffer.alloc(3).write("a", 0, 1, "nope")`, `Buffer.alloc(3).write("€", 1)`, `Buffer.alloc(3).write("aé", 1, 2)`,
  `Buffer.from("abc").latin1Slice(1)`, `Buffer.from("abc").hexSlice(0, 2)`, `(() => { const b = Buffer.alloc(4); return [b.utf8Write("é", 1), b]; })()`,
  `(() => { const b = Buffer.from("abc"); return [b.parent === b.buffer, b.offset === b.byteOffset]; })()`,
  `buffer.transcode(Buffer.from("€"), "utf8", "ascii")`, `buffer.transcode(Buffer.from("é"), "utf8", "latin1")`,
  `buffer.transcode(Buffer.from("é€\u{1f600}"), "utf8", "utf16le")`, `buffer.transcode(Buffer.from("é", "latin1"), "latin1", "utf8")`,
  `buffer.transcode("x", "utf8", "latin1")`, `buffer.transcode(Buffer.from("x"), "b", "latin1")`,
  `[buffer.isUtf8(Buffer.from("é")), buffer.isUtf8(new Uint8Array([255])), buffer.isAscii(Buffer.from("a")), buffer.isAscii(Buffer.from("é")), buffer.isUtf8(new ArrayBuffer(1))]`,
  `buffer.isUtf8("a")`, `[buffer.kMaxLength > 2 ** 31, buffer.INSPECT_MAX_BYTES, typeof buffer.constants.MAX_LENGTH]`,
  `buffer.atob("aGk=") + buffer.btoa("hi")`, `buffer.default.Buffer === Buffer`,
  `Object.keys(buffer.default).filter((k) => k !== "resolveObjectURL").sort()`, `"hi".repeat(3) + Buffer.from("x".repeat(3e6)).toString().length`,
  `Buffer.from("é".repeat(2e6)).length`, `(() => { const b = Buffer.alloc(4e6 + 1); return [b.write("é".repeat(2e6), 1), b[4e6]]; })()`,
]);
