// util.inspect() and util.format(), compared with this node's.

import assert from "node:assert/strict";
import { likeNode, nodeWorker } from "./lib/like-node.js";

const prelude = `
import util, { inspect, format } from "node:util";
import { Buffer } from "node:buffer";
class A { constructor() { this.x = 1; } get y() { return 2; } }
class B extends A {}
class Tagged { get [Symbol.toStringTag]() { return "tag"; } }
const circular = { name: "c", list: [] }; circular.self = circular; circular.list.push(circular, circular.list);
const deep = { a: { b: { c: { d: { e: 1 } } } } };
function stackless(e) { e.stack = e.stack.split("\\n")[0]; return e; }
const many = (n, f = (i) => i) => Array.from({ length: n }, (_, i) => f(i));
`;

const values = [
  "1", "-0", "NaN", "1e21", "10n", "true", "null", "undefined", "Symbol('a')", "Symbol()", "Symbol('a\\nb')",
  "'text'", `"it's"`, `'"both" it\\'s'`, "'`all` \"of\" it\\'s'", "'a\\nb\\t\\x00\\x7f\\u2028'", "'\\ud800 lone \\udc00'", "'\u{1f600}'", "''", "'\\\\'",
  "{}", "[]", "{ a: 1, 'b-c': 2, 3: 4, [Symbol('s')]: 5 }", "Object.create(null)", "Object.assign(Object.create(null), { a: 1 })",
  "[1, 2, 3]", "[1, , 3]", "[, , ,]", "[1, , , 4, ,]", "Object.assign([1, 2], { x: 1, [-1]: 2 })", "many(101)", "many(150)", "new Array(5)", "many(7)", "many(30, (i) => i * 1000)",
  "many(27, (i) => 'item' + i)", "many(20, (i) => 'x'.repeat(i))", "many(10, (i) => -i)", "many(12, (i) => i % 2 ? i : 'a')", "many(8, () => ({}))", "many(9, (i) => BigInt(i))",
  "many(120, (i) => 'str' + i)", "many(16, (i) => i / 3)", "many(100, (i) => [i])", "[many(10), many(10)]", "{ a: many(26) }", "many(6, (i) => 'a long enough string ' + i)",
  "[['a', 'b'], ['c', ['d', ['e', ['f']]]]]", "deep", "circular", "{ a: circular }", "[circular]",
  "new Map([[1, { a: 2 }], ['k', [1, 2]]])", "new Map()", "new Set([1, 'a', { b: 1 }])", "new Set()", "new Map([[{ a: 1 }, new Set([1])]])", "Object.assign(new Map([[1, 2]]), { extra: 1 })",
  "new Map([[1, 2]]).entries()", "new Map([[1, 2]]).keys()", "new Map([[1, 2]]).values()", "new Set([1, 2]).values()", "new Set([5]).entries()",
  "new WeakMap()", "new WeakSet()", "new WeakRef({})", "new Date(0)", "new Date(NaN)", "Object.assign(new Date(0), { a: 1 })", "/x/gi", "Object.assign(/x/, { a: 1 })",
  "() => {}", "function named() {}", "async () => {}", "async function f() {}", "function* g() {}", "async function* ag() {}", "class {}", "A", "B", "class extends null {}", "Object.assign(() => {}, { a: 1 })",
  "Object.assign(function f() {}, { b: { c: 1 } })", "Object.setPrototypeOf(() => {}, null)", "Math.max", "Map", "class X { static a = 1 }", "(function () { return arguments; })(1, 'a')",
  "new A()", "new B()", "Object.create(A.prototype)", "Object.create(new A())", "new (class extends Array {})()", "new (class Foo extends Array {})(3)", "new (class M extends Map {})([[1, 2]])", "new (class S extends Set {})([1])",
  "new (class D extends Date {})(0)", "new (class R extends RegExp {})('x')", "new Tagged()", "Object.assign(new Tagged(), { a: 1 })",
  "{ [Symbol.toStringTag]: 'own' }", "Object.create({}, { hidden: { value: 1 } })", "Object.defineProperty({}, 'x', { get() { return 1; }, enumerable: true })", "{ get a() { return 1; }, set a(v) {}, set b(v) {}, get c() { throw new Error('x'); } }",
  "{ __proto__: { inherited: 1 }, own: 2 }", "{ ['__proto__']: 1 }", "Object.create({ constructor: 'odd' })", "Object.create(Object.create(null))", "Object.setPrototypeOf(new Map([[1, 2]]), null)", "Object.setPrototypeOf([1, 2], null)", "Object.setPrototypeOf(new Set([1]), null)",
  "Object.setPrototypeOf(new Date(0), null)", "Object.setPrototypeOf(/a/, null)", "Object.setPrototypeOf(new Uint8Array(2), null)",
  "new Number(-0)", "new String('abc')", "new Boolean(false)", "Object(1n)", "Object(Symbol('b'))", "Object.assign(new String('ab'), { x: 1 })", "Object.assign(new Number(3), { x: 1 })", "new (class N extends Number {})(3)",
  "new Uint8Array([1, 2, 3])", "new Float64Array([1.5, -0])", "new BigInt64Array(2)", "new Uint8Array(0)", "new Uint8Array(200)", "new ArrayBuffer(4)", "new ArrayBuffer(120)", "new DataView(new ArrayBuffer(2), 1)", "new SharedArrayBuffer(2)",
  "Object.assign(new Uint8Array(1), { a: 1 })", "{ b: new ArrayBuffer(2) }", "Buffer.from('hello')", "Buffer.alloc(60)", "Object.assign(Buffer.from('a'), { x: 1 })", "[Buffer.from('a')]",
  "new Proxy({ a: 1 }, { get() { throw 1; } })", "new Proxy([1, 2], {})", "new Proxy(function f() {}, {})", "new Proxy(new Proxy(new A(), {}), {})", "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
  "stackless(new Error('msg'))", "stackless(new TypeError('msg', { cause: 'why' }))", "stackless(new (class MyError extends Error {})('m'))", "stackless(Object.assign(new Error('m'), { code: 'E', name: 'Other' }))",
  "stackless(new AggregateError([1, 2], 'agg'))", "Object.assign(new Error('x'), { stack: undefined })", "Object.assign(new Error('x'), { stack: '' })", "Object.assign(new Error(''), { stack: 'Just text' })", "[stackless(new Error('in list'))]", "{ e: stackless(new Error('in object')) }",
  "Object.assign(new Error('msg'), { stack: 'Error: msg\\n    at foo (bar.js:1:2)', extra: 1 })", "{ e: Object.assign(new Error('msg'), { stack: 'Error: msg\\n    at foo (bar.js:1:2)' }) }",
  "stackless(Object.assign(new Error('a'), { message: 'b' }))", "stackless(Object.setPrototypeOf(new Error('np'), null))", "Object.create(Error.prototype)", "stackless(Object.assign(new Error('a', { cause: { x: 1 } }), { y: 2 }))",
  "globalThis.undefinedThing === undefined && Symbol.iterator", "Math", "JSON", "Reflect", "Atomics", "Intl",
  "{ a: 'x'.repeat(100), b: 'y'.repeat(100) }", "'line one\\nline two\\nline three that is rather long, so it breaks, really it does, I promise\\nend'", "{ text: 'first line that is long\\nsecond line that is longer still, so that all does not fit\\nthird' }", "['a\\nb']", "'x'.repeat(10001)", "'x'.repeat(20000)",
  "{ a: { b: { c: {} } }, d: [[[[]]]] }", "{ a: [{ b: { c: { d: 1 } } }] }", "{ long1: 'aaaaaaaaaaaaaaaaaaaaaaaa', long2: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbb', long3: 'cccccccccccccccccccccc' }", "{ f() {}, async g() {}, *h() {}, get: 1, [Symbol.iterator]: null }",
  "{ k1: { k2: { k3: 1 } }, m: new Map([['key', new Map([['inner', { deep: { er: 1 } }]])]]) }", "Object.fromEntries(many(30, (i) => ['key' + i, i]))", "many(3, (i) => Object.fromEntries(many(6, (j) => ['prop' + j, 'value ' + i])))",
  "Object.assign(Object.create({ toString() { return 'x'; } }), { z: 1 })", "new (class { #p = 1; q = 2 })()", "{ [inspect.custom]() { return 'custom!'; } }", "{ [inspect.custom](d, o, i) { return { depth: d, same: i === inspect, c: o.compact }; } }",
  "{ a: { [inspect.custom](d) { return 'two\\nlines ' + d; } } }", "[{ [inspect.custom]: 5 }]", "{ [inspect.custom]() { return this; }, a: 1 }", "{ [inspect.custom]() { return 12; } }", "{ [inspect.custom]() { return null; } }",
  "{ 'with space': 1, valid_id: 2, $dollar: 3, 'ünï': 4, '1a': 5 }", "{ a: undefined, b: null, c: () => {} }", "{ a: [undefined, null] }",
  "{ x: new Set([[1, 2], { y: new Map() }]) }", "[[], {}, new Map(), new Set(), '', 0]", "{ d: new Date(0), r: /x/, n: 1n, s: Symbol('q') }",
];

likeNode("values", prelude, values.map((v) => `inspect(${v.startsWith("{") ? `(${v})` : v})`));

const options = ["{ compact: false }", "{ compact: true }", "{ compact: 1 }", "{ depth: 0 }", "{ depth: null }", "{ depth: Infinity }", "{ colors: true }",
  "{ breakLength: Infinity }", "{ breakLength: 20 }", "{ showHidden: true }", "{ maxArrayLength: 2 }", "{ maxArrayLength: null }", "{ maxArrayLength: 0 }",
  "{ maxStringLength: 3 }", "{ sorted: true }", "{ sorted: (a, b) => a < b ? 1 : -1 }", "{ getters: true }", "{ getters: 'get' }", "{ getters: 'set' }", "{ showProxy: true }", "{ customInspect: false }",
  "{ numericSeparator: true }", "true, 1, true", "false, null", "{ compact: 0 }", "{ compact: false, breakLength: 40 }", "{ compact: true, breakLength: 30 }"];
const some = ["deep", "circular", "many(30)", "[1, 2, 3, [4, [5, [6]]]]", "({ b: 1, a: [3, 1, 2], get c() { return { x: 1 }; }, get d() { return null; }, set d(v) {}, get e() { return 'text'; }, get f() { throw new Error('boo'); } })",
  "new Map([['key', { v: [1] }], ['other', 2]])", "new Set(['b', 'a'])", "new Uint8Array([1, 2, 3])", "({ s: 'a string of some length', n: 1234567.891, big: 123456789n })", "new Proxy({ a: new Proxy([1], {}) }, {})",
  "({ [inspect.custom]() { return 'custom'; }, k: 1 })", "new WeakSet([{}])", "Object.defineProperty([1, 2], 'hid', { value: 1 })", "new A()", "stackless(Object.assign(new Error('m'), { k: 1 }))", "[function f() {}, class Q {}]",
  "new ArrayBuffer(5)", "['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']", "({ a: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa', b: { c: 'cccccccccccccccccccccccccccc' } })"];
// In node itself, promises show what async_hooks keep in them.
nodeWorker("promises", `
  import { inspect } from "node:util";
  const rejected = Promise.reject(7);
  rejected.catch(() => {});
  export default { fetch: () => Response.json([Promise.resolve(4), rejected, new Promise(() => {}),
    Promise.resolve({ a: { b: { c: 1 } } }), new (class P extends Promise {})(() => {})].map((p) => inspect(p))) };`,
async (isolate) => {
  assert.deepEqual(JSON.parse((await isolate.request()).text), ["Promise { 4 }", "Promise { <rejected> 7 }",
    "Promise { <pending> }", "Promise { { a: { b: [Object] } } }", "P [Promise] { <pending> }"]);
}, { only: "engine" });

likeNode("options", prelude, options.flatMap((o) => some
  // with showHidden node shows what a class has on its prototype, too
  .filter((v) => !(v === "new A()" && /showHidden|^true/.test(o)))
  .map((v) => `inspect(${v}, ${o})`)));

likeNode("format", prelude, [
  "format('%s %d %i %f %j %o %O %c %%', 's', '42', '42.9', '1.5x', { a: 1 }, [1], { b: 2 }, 'css')",
  "format('%s|%s|%s|%s|%s|%s|%s', new A(), {}, [1, [2, [3]]], new Date(0), () => 1, Object.create(null), new Tagged())",
  "format('%s', { toString() { return 'own'; } })", "format('%s', { [Symbol.toPrimitive]() { return 'prim'; } })", "format('%s', new (class extends A { toString() { return 'B!'; } })())",
  "format('%s', new (class extends (class { toString() { return 'up'; } }) {})())", "format('%s', stackless(new Error('e')))", "format('%s', new URL('http://a/b'))", "format('%s', -0)", "format('%s', 12n)", "format('%s', Symbol('x'))", "format('%s', null, undefined)",
  "format('%s', new Proxy(new A(), {}))", "format('%s', new Map([[1, 2]]))", "format('%s', class Q {})",
  "format('%d', {})", "format('%d', [])", "format('%d', [5])", "format('%d', null)", "format('%d', '0x10')", "format('%d', 5n)", "format('%d', '5n')", "format('%d', Symbol())", "format('%d', '')", "format('%d', -0)", "format('%d', true)",
  "format('%i', 1.9e21)", "format('%i', {})", "format('%i', -0.5)", "format('%i', 5n)", "format('%i', Symbol())", "format('%f', 'x')", "format('%f', Symbol())", "format('%f', [1.5])", "format('%f', 5n)", "format('%f', null)",
  "format('%j', undefined)", "format('%j', circular)", "format('%j', { toJSON() { throw new Error('tj'); } })", "format('%j', 'x')",
  "format('%o', { f() {}, a: [1] })", "format('%o', 'text')", "format('%O', deep)", "format('%O', 'text')", "format('%c')", "format('%c', 'x', 'y')",
  "format('a%')", "format('%')", "format('%%')", "format('%%', 1)", "format('%%%s%%', 1)", "format('%x', 1)", "format('%s')", "format('%s %s', 'a')", "format('a', 'b', { c: 'd' }, [1], 2, null)", "format(1, 2, '3')", "format({ a: 1 }, 'b')", "format()", "format('')", "format('%s', 'a', 'b')",
  "format('%s%s%s', 1, 2)", "format('%ss', 'x')", "format('%1s', 'x')", "format(null, 'x')", "format('text', 'a\\nb', { m: 'a\\nb' })", "util.formatWithOptions({ colors: true }, 'a %O', { b: 1 }, 2)", "util.formatWithOptions({ compact: true }, { a: [1] })", "util.formatWithOptions(1, 'x')",
  "util.formatWithOptions({ numericSeparator: true }, '%d %s %i', 123456, 1234567, 12345.6)",
]);

likeNode("defaults and styles", prelude, [
  "inspect.custom", "inspect.defaultOptions", "(() => { inspect.defaultOptions = { depth: 0 }; const t = inspect(deep); inspect.defaultOptions = { depth: 2 }; return t; })()",
  "(() => { inspect.defaultOptions = 1; })()", "inspect.colors.red", "inspect.styles.string", "Object.keys(inspect.colors).sort().filter((k) => !/^(grey|bgGrey|blackBright|bgBlackBright|faint|crossedout|strikeThrough|crossedOut|conceal|swapColors|swapcolors|doubleUnderline|inverse)$/.test(k))",
]);

nodeWorker("hostile values neither break nor hang it", `
  import { inspect } from "node:util";
  const traps = {};
  const seen = [];
  for (const key of Reflect.ownKeys(Reflect)) {
    if (typeof key === "string") traps[key] = () => { seen.push(key); throw new Error(key); };
  }
  const proxy = new Proxy({ a: 1 }, traps);
  const underProxy = Object.create(new Proxy({}, traps));
  class Odd { get [Symbol.toStringTag]() { throw new Error("tag"); } static get name() { throw new Error("name"); } }
  const wide = () => Array.from({ length: 100 });
  let huge = wide(); for (let i = 0; i < 6; i++) huge = wide().fill(huge);
  export default { async fetch() {
    const error = new Error("x");
    Object.defineProperty(error, "stack", { get() { throw 1; } });
    Object.defineProperty(error, "message", { get() { throw 1; } });
    const out = [inspect(proxy), inspect(underProxy), inspect(new Odd()), inspect(error), inspect({ get x() { seen.push("x"); } }),
      inspect(new (class extends Odd {})())];
    console.warn(proxy, underProxy, new Odd(), error);
    console.warn(huge); console.warn("%s", "y".repeat(3e6)); console.warn({ s: "z".repeat(3e6) });
    let nested = []; for (let i = 0; i < 1e5; i++) nested = [nested];
    console.warn(nested, Object.fromEntries(wide().map((_, i) => [i, huge])), new Array(2 ** 32 - 1));
    console.warn("%s %d", { toString() { throw 1; } }, { valueOf() { throw 1; } });
    const long = inspect(huge, { depth: null, maxArrayLength: 3 }).length;
    return Response.json([out, seen, long > 100]);
  } };`,
async (isolate) => {
  const answer = await isolate.request();
  assert.equal(answer.reset, null, answer.reset?.message);
  const [out, seen, long] = JSON.parse(answer.text);
  assert.deepEqual(seen, []);
  assert.ok(long);
  assert.deepEqual(out.slice(0, 1), ["{ a: 1 }"]);
  for (const line of isolate.logs()) assert.ok(line.length <= 65536);
});
