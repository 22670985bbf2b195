// node:util (but for inspect), node:assert and node:string_decoder, compared with
// this node's.

import assert from "node:assert/strict";
import { likeNode, nodeWorker } from "./lib/like-node.js";

const prelude = `import util from "node:util"; import * as named from "node:util"; import types from "node:util/types"; import assert, { AssertionError } from "node:assert";
import strict from "node:assert/strict"; import { StringDecoder } from "node:string_decoder"; import { Buffer } from "node:buffer";
class A { constructor() { this.a = 1; } } class B { constructor() { this.a = 1; } } class E2 extends Error {}
const circle = (n) => { const c = { n }; c.c = c; return c; };`;

const pairs = [
  "1, 1", "1, '1'", "0, -0", "NaN, NaN", "null, undefined", "null, {}", "'a', 'a'", "1n, 1n", "1n, 1", "Symbol.iterator, Symbol.iterator", "() => {}, () => {}",
  "{}, {}", "{ a: 1 }, { a: 1 }", "{ a: 1 }, { a: '1' }", "{ a: undefined }, {}", "{ a: undefined }, { b: undefined }", "{ a: 1, b: 2 }, { b: 2, a: 1 }", "{}, []", "[1, 2], [1, 2]", "[1, [2, { x: 3 }]], [1, [2, { x: 3 }]]", "[1], [1, 2]", "[,], [undefined]", "[1], { 0: 1, length: 1 }",
  "new A(), new A()", "new A(), new B()", "new A(), { a: 1 }", "Object.create(null), {}", "new Date(0), new Date(0)", "new Date(0), new Date(1)", "new Date(NaN), new Date(NaN)", "/a/g, /a/g", "/a/g, /a/i", "new Error('a'), new Error('a')", "new Error('a'), new Error('b')", "new Error('a'), new TypeError('a')", "new E2('a'), new Error('a')", "Object.assign(new Error('a'), { code: 1 }), new Error('a')",
  "new Map([[1, 2]]), new Map([[1, 2]])", "new Map([[1, 2], [3, 4]]), new Map([[3, 4], [1, 2]])", "new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])", "new Map([[1, 'a']]), new Map([['1', 'a']])", "new Map([[1, undefined]]), new Map([[2, undefined]])", "new Map([[{}, 1], [{}, 2]]), new Map([[{}, 2], [{}, 1]])",
  "new Set([1, 2]), new Set([2, 1])", "new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])", "new Set([1]), new Set(['1'])", "new Set([[1], [1]]), new Set([[1], [2]])", "new Set([1]), new Map([[1, 1]])", "new Set([null]), new Set([undefined])",
  "new Uint8Array([1, 2]), new Uint8Array([1, 2])", "new Uint8Array([1]), new Int8Array([1])", "new Uint8Array([1]), [1]", "new Float32Array([0]), new Float32Array([-0])", "new Float64Array([NaN]), new Float64Array([NaN])", "Buffer.from('a'), Buffer.from('a')", "Buffer.from('a'), new Uint8Array([97])", "new ArrayBuffer(2), new ArrayBuffer(2)", "new ArrayBuffer(2), new ArrayBuffer(3)",
  "new Number(1), new Number(1)", "new Number(1), new Number(2)", "new Number(1), 1", "new String('a'), new String('a')", "Object(Symbol.iterator), Object(Symbol.iterator)", "new Boolean(true), new Boolean(false)", "Object.assign(new String('a'), { x: 1 }), new String('a')",
  "circle(1), circle(1)", "circle(1), circle(2)", "{ [Symbol.for('k')]: 1 }, { [Symbol.for('k')]: 1 }", "{ [Symbol.for('k')]: 1 }, { [Symbol.for('k')]: 2 }", "{ [Symbol.for('k')]: 1 }, {}", "Object.assign([1], { x: 1 }), [1]", "Object.assign([1], { x: 1 }), Object.assign([1], { x: 1 })",
  "(function () { return arguments; })(1), (function () { return arguments; })(1)", "(function () { return arguments; })(1), [1]", "new WeakMap(), new WeakMap()", "new Proxy({ a: 1 }, {}), { a: 1 }", "Object.defineProperty({}, 'x', { value: 1 }), {}", "{ get a() { return 1; } }, { a: 1 }", "new Set([[1, 2, new Set([{ deep: [1] }])]]), new Set([[1, 2, new Set([{ deep: [1] }])]])",
  "'a', new String('a')", "[new Date(5), [new Map([['k', new Set([1])]])]], [new Date(5), [new Map([['k', new Set([1])]])]]", "{ a: NaN, b: -0 }, { a: NaN, b: 0 }", "new URL('http://a'), new URL('http://b')",
];
likeNode("deep equality", prelude, pairs.flatMap((p) => {
  const [a, b] = [`[${p}][0]`, `[${p}][1]`];
  const loose = (f) => `(() => { try { ${f}; return true; } catch (e) { return e.code; } })()`;
  return [`util.isDeepStrictEqual(${a}, ${b})`, loose(`assert.deepEqual(${a}, ${b})`), loose(`assert.notDeepEqual(${a}, ${b})`), loose(`strict.deepEqual(${a}, ${b})`), loose(`assert.equal(${a}, ${b})`)];
}));

const samples = ["1", "'a'", "null", "undefined", "{}", "[]", "() => {}", "async () => {}", "function* () {}", "async function* () {}", "(function* () {})()", "new Date()", "/x/", "new Error('x')", "new E2()", "new Map()", "new Set()", "new Map().keys()", "new Set().values()",
  "new WeakMap()", "new WeakSet()", "new Promise(() => {})", "new Proxy({}, {})", "new Uint8Array(1)", "new DataView(new ArrayBuffer(1))", "new ArrayBuffer(1)", "new SharedArrayBuffer(1)", "new Number(1)", "new String('')", "Object(1n)", "Object(Symbol())", "new Boolean(true)", "(function () { return arguments; })()",
  "new BigInt64Array(1)", "new Float32Array(1)", "named", "Object.create(Error.prototype)", "Symbol()", "new (class extends Map {})()"];
likeNode("types", prelude, [
  ...samples.map((s) => `Object.keys(types).filter((k) => types[k]((${s}))).sort()`),
  ...samples.map((s) => `Object.keys(util).filter((k) => /^is(?!Deep)/.test(k)).filter((k) => util[k]((${s}))).sort()`),
]);

likeNode("functions", prelude, [
  "util.promisify((a, cb) => cb(null, a + 1))(1)", "util.promisify((cb) => cb(new Error('x')))()", "util.promisify(1)", "util.promisify.custom", "(() => { const f = () => {}; f[util.promisify.custom] = () => 'c'; return util.promisify(f)(); })()",
  "util.promisify(function (cb) { cb(null, this.x); }).call({ x: 3 })", "(() => { const f = util.promisify(function foo(a, b) {}); return [f.name, f.length, util.promisify(f) === f]; })()",
  "new Promise((r) => util.callbackify(async (x) => x + 1)(1, (e, v) => r([e, v])))", "new Promise((r) => util.callbackify(async () => { throw new Error('x'); })((e, v) => r([e.message, v])))", "new Promise((r) => util.callbackify(() => Promise.reject(null))((e) => r([e.code, e.message, e.reason])))",
  "util.callbackify(1)", "util.callbackify(async () => {})(1)", "(() => { const f = util.callbackify(async function foo(a) {}); return [f.name, f.length]; })()",
  "(() => { function P() {} function C() {} P.prototype.x = 1; util.inherits(C, P); return [new C().x, C.super_ === P, new C() instanceof P]; })()", "util.inherits(function () {}, null)", "util.inherits(function () {}, () => {})",
  "util.stripVTControlCharacters('\\u001b[31mred\\u001b[39m')", "util.stripVTControlCharacters(1)", "util.toUSVString('a\\ud800')", "util.styleText('red', 'x')", "util.styleText('red', 'x', { validateStream: false })", "util.styleText(['red', 'bold'], 'x', { validateStream: false })", "util.styleText(['grey', 'strikeThrough'], 'x', { validateStream: false })", "util.inspect.colors[util.inspect.styles.undefined]", "Object.getOwnPropertyNames(util.inspect.colors)", "util._extend({ a: 1 }, { b: 2 })", "util._extend({ a: 1 }, null)",
  "util.debuglog('x').enabled", "typeof util.TextDecoder + typeof util.TextEncoder", "util.deprecate((a) => a + 1, 'old')(1)", "(() => { class C {} return new (util.deprecate(C, 'old', 'DEP'))() instanceof C; })()", "util.aborted(AbortSignal.abort(), {})", "util.aborted({}, {})", "util.aborted(AbortSignal.abort(), null)",
  "Object.keys(named).filter((k) => !/^(_errnoException|_exceptionWithHostPort|getSystemErrorMap|getSystemErrorName|transferable.*|MIME.*|module.exports)$/.test(k)).sort()", "named.default === util", "util.types === types", "util.inspect === named.inspect",
  "util.parseEnv('A=1\\nB = two words # c\\nC=\"q # x\\\\ny\"\\n# no\\nexport D=\\'s\\'\\nE=\\nF=`b`')", "util.parseEnv(1)",
  "util.parseArgs({ args: ['-f', '--bar', 'b'], options: { foo: { type: 'boolean', short: 'f' }, bar: { type: 'string' } } })", "util.parseArgs({ args: ['--bar=x', 'pos', '--', '-z'], options: { bar: { type: 'string' } }, allowPositionals: true })",
  "util.parseArgs({ args: ['-abc', '-ovalue', '--n=1', '--n', '2'], options: { a: { type: 'boolean', short: 'a' }, b: { type: 'boolean', short: 'b' }, c: { type: 'boolean', short: 'c' }, o: { type: 'string', short: 'o' }, n: { type: 'string', multiple: true } } })",
  "util.parseArgs({ args: ['--nope'] })", "util.parseArgs({ args: ['pos'] })", "util.parseArgs({ args: ['--nope', 'x'], strict: false })", "util.parseArgs({ args: ['--s'], options: { s: { type: 'string' } } })", "util.parseArgs({ args: ['--b=1'], options: { b: { type: 'boolean' } } })", "util.parseArgs({ args: ['--s', '-x'], options: { s: { type: 'string' } } })",
  "util.parseArgs({ args: [], options: { d: { type: 'string', default: 'dv' }, m: { type: 'string', multiple: true, default: ['a'] } } })", "util.parseArgs({ args: ['-f', 'x', '--', 'y'], options: { f: { type: 'string', short: 'f' } }, tokens: true, allowPositionals: true })", "util.parseArgs({ options: { a: { type: 'number' } } }).code", "util.parseArgs({ options: { a: { type: 'string', short: 'ab' } } })", "util.parseArgs({ args: 1 })",
  "util.parseArgs({ args: ['-'], allowPositionals: true })", "util.parseArgs({ args: ['-x1'], strict: false })",
]);

likeNode("assertions", prelude, [
  "assert(true)", "assert(0, 'msg')", "assert.ok()", "assert(false, new RangeError('mine'))", "assert.equal(1, 2)", "assert.equal(1)", "assert.strictEqual(1, 2)", "assert.strictEqual('a', 'b')", "assert.strictEqual(1, 2, new TypeError('t'))", "assert.strictEqual('a'.repeat(20), 'b'.repeat(20))",
  "assert.strictEqual({ a: 1 }, { a: 1 })", "assert.strictEqual([1], [2])", "assert.strictEqual(NaN, 0)", "assert.strictEqual('a\\nb', 'a\\nc')", "assert.notStrictEqual(1, 1)", "assert.notStrictEqual('abcdefgh', 'abcdefgh')", "(() => { const o = { a: 1 }; assert.notStrictEqual(o, o); })()", "assert.notEqual(1, 1)",
  "assert.deepStrictEqual({ a: 1 }, { a: 2 })", "assert.deepStrictEqual([1, 2, 3], [1, 2, 4])", "assert.deepStrictEqual({ a: 1 }, { a: 1 })", "assert.deepStrictEqual(new A(), { a: 1 })", "assert.deepStrictEqual({ a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 3] } })", "assert.deepStrictEqual(1, 2)", "assert.deepStrictEqual(-0, 0)", "assert.notDeepStrictEqual({ a: 1 }, { a: 1 })", "assert.notDeepStrictEqual(1, 1)",
  "assert.deepEqual({ a: 1 }, { a: 2 })", "assert.notDeepEqual({ a: 1 }, { a: 1 })", "assert.deepEqual(1, 2)", "strict.equal(1, '1')", "strict.deepEqual({ a: 1 }, { a: '1' })", "assert.fail()", "assert.fail('m')", "assert.fail(new TypeError('x'))", "assert.ifError(null)", "assert.ifError(new Error('x'))", "assert.ifError('s')", "assert.ifError(0)",
  "assert.throws(() => { throw new Error('x'); })", "assert.throws(() => {})", "assert.throws(() => {}, TypeError)", "assert.throws(() => {}, 'message')", "assert.throws(() => { throw new Error('x'); }, TypeError)", "assert.throws(() => { throw new Error('wrong'); }, /right/)", "assert.throws(() => { throw new Error('right'); }, /right/)", "assert.throws(() => { throw new Error('x'); }, { message: 'x', name: 'Error' })", "assert.throws(() => { throw new Error('x'); }, { message: /y/ })",
  "assert.throws(() => { throw new Error('x'); }, { message: 'y' }).code", "assert.throws(() => { throw new Error('x'); }, new Error('x'))", "assert.throws(() => { throw new Error('x'); }, () => true)", "assert.throws(() => { throw new Error('x'); }, () => false)", "(() => { let n = 0; try { assert.throws(() => { throw 1; }, () => { n++; }); } catch (e) { return [n, e.message]; } })()", "assert.throws(() => { throw new Error('x'); }, 'x')", "assert.throws('x')", "assert.throws(() => { throw new Error('x'); }, {})", "assert.throws(() => { throw null; })", "assert.throws(() => { throw new Error('x'); }, 5)", "assert.throws(() => { throw new E2('x'); }, E2)",
  "assert.doesNotThrow(() => {})", "assert.doesNotThrow(() => { throw new Error('x'); })", "assert.doesNotThrow(() => { throw new Error('x'); }, 'why')", "assert.doesNotThrow(() => { throw new Error('x'); }, TypeError)", "assert.doesNotThrow(() => { throw new Error('x'); }, Error, 'why')", "assert.rejects(Promise.reject(new Error('x')))", "assert.rejects(Promise.resolve(1))", "assert.rejects(async () => { throw new Error('x'); }, /x/)", "assert.rejects(() => 1)", "assert.rejects(1)", "assert.rejects(async () => { throw new Error('x'); }, { message: 'x' })",
  "assert.doesNotReject(Promise.resolve())", "assert.doesNotReject(Promise.reject(new Error('x')))", "assert.match('abc', /b/)", "assert.match('abc', /x/)", "assert.match(1, /x/)", "assert.match('a', 'b')", "assert.doesNotMatch('abc', /x/)", "assert.doesNotMatch('abc', /b/)", "assert.doesNotMatch(1, /b/)",
  "new AssertionError({ actual: 1, expected: 2, operator: 'strictEqual' })", "new AssertionError({ message: 'm' })", "new AssertionError(1)", "new AssertionError()", "(() => { const e = new AssertionError({ actual: 1, expected: 2, operator: '>' }); return [e.name, e.code, e.actual, e.expected, e.operator, e.generatedMessage, e.message, String(e), e.stack.split('\\n')[0]]; })()",
  "(() => { try { assert.equal(1, 2, 'mm'); } catch (e) { return [e.generatedMessage, e.operator, e.actual, e.expected]; } })()", "(() => { try { assert(0); } catch (e) { return [e.generatedMessage, e.operator, e.actual, e.expected, e.code]; } })()", "assert.strict === strict", "strict.strict === strict", "assert.strict.equal === assert.strictEqual", "Object.keys(assert).sort()",
  "assert.deepStrictEqual(new Map([[1, 2]]), new Map([[1, 3]]))", "assert.deepStrictEqual(new Set([1]), new Set([2]))", "assert.deepStrictEqual('a', 'b')", "assert.deepStrictEqual([1], [1], 'x')",
]);

const decoders = [];
for (const e of ["utf8", "utf16le", "base64", "base64url", "hex", "latin1", "ascii"]) {
  for (const parts of [["e2", "82", "ac"], ["f09f", "9880", "41"], ["e2", "41"], ["f0"], ["c3", "", "a9"], ["e282"], ["ff", "80"], ["f0 90".replace(" ", ""), "41"], ["ed", "a0", "80"], ["e0", "80"], ["3dd8", "00de"], ["4100", "3d"], ["6162", "63", "64656667"], ["f4", "90"], ["61c3"]]) {
    decoders.push(`(() => { const d = new StringDecoder("${e}"); return [${parts.map((p) => `d.write(Buffer.from("${p}", "hex"))`)}, d.end(), d.end()]; })()`);
  }
}
likeNode("string decoders", prelude, [...decoders, "new StringDecoder('nope')", "new StringDecoder().encoding", "new StringDecoder('UCS2').encoding", "new StringDecoder('binary').encoding", "new StringDecoder().write('x')", "new StringDecoder().write(1)", "new StringDecoder().write(null)", "new StringDecoder().end(Buffer.from('é'))", "new StringDecoder().write(new Uint16Array([0x4142]))"]);

nodeWorker("a deprecated function warns once", `
  import { deprecate } from "node:util";
  const f = deprecate(() => 1, "f() is old", "DEP1");
  export default { fetch() { f(); f(); deprecate(() => 1, "again", "DEP1")(); return new Response(); } };`,
async (isolate) => {
  await isolate.request();
  assert.deepEqual(isolate.logs(), ["[DEP1] DeprecationWarning: f() is old"]);
});

nodeWorker("util.isBuffer() needs no global Buffer", `
  import { Buffer } from "node:buffer";
  import { isBuffer } from "node:util";
  const all = [Buffer.alloc(1), new Uint8Array(1), "text", undefined];
  export default { fetch() { return Response.json([typeof globalThis.Buffer, all.map(isBuffer)]); } };`,
async (isolate) => {
  const { text } = await isolate.request();
  assert.deepEqual(JSON.parse(text), ["undefined", [true, false, false, false]]);
}, { code: { compatibilityDate: "2024-01-01" } });
