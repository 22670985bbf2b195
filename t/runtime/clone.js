// Structured clone, within an isolate and between two.

import assert from "node:assert/strict";
import { FORMAT, host, isolates, RECORD, returns } from "./lib/harness.js";

returns("structuredClone: primitives, wrappers, dates and regular expressions", `
  const same = (v) => Object.is(structuredClone(v), v);
  const boxed = [new Boolean(false), new Number(-0), new String("s"), Object(5n)].map((v) => {
    const c = structuredClone(v);
    return c !== v && typeof c === "object" && Object.is(c.valueOf(), v.valueOf()) &&
      Object.getPrototypeOf(c) === Object.getPrototypeOf(v);
  });
  const date = structuredClone(new Date(5));
  const bad = structuredClone(new Date(NaN));
  const re = /a\\/b\\n/dgimsuy;
  re.lastIndex = 3;
  const copy = structuredClone(re);
  return [[undefined, null, true, 1, -0, NaN, Infinity, "x", "\\ud800", 5n].map(same), boxed,
    date instanceof Date, date.getTime(), Number.isNaN(bad.getTime()),
    copy !== re, copy.source === re.source, copy.flags, copy.lastIndex];
`, [Array(10).fill(true), Array(4).fill(true), true, 5, true, true, true, "dgimsuy", 0]);

returns("structuredClone: objects, arrays, maps, sets, cycles", `
  class Point { constructor() { this.x = 1; } get y() { return 2; } }
  const shared = { s: 1 };
  const value = { a: shared, b: shared, [Symbol("no")]: 1, p: new Point(), u: undefined,
    n: Object.create(null, { own: { value: 1, enumerable: true }, hidden: { value: 2 } }) };
  value.self = value;
  Object.defineProperty(value, "__proto__", { value: "own", enumerable: true });
  const c = structuredClone(value);
  const sparse = [1, , 3];
  sparse.extra = "x";
  sparse[6] = undefined;
  const s = structuredClone(sparse);
  const map = new Map([[shared, "v"], ["k", new Map()]]);
  map.set("map", map);
  map.lost = 1;
  const m = structuredClone(map);
  const set = new Set([1, shared, shared]);
  set.add(set);
  const t = structuredClone(set);
  const getters = structuredClone({ get a() { delete this.b; this.c = 1; return "got"; }, b: 1 });
  const shrinks = [{ get x() { delete shrinks[1]; return 1; } }, 2, 3];
  if (1 in structuredClone(shrinks)) throw new Error("an element was copied that was gone");
  return [c !== value, c.a === c.b, c.a !== shared, c.self === c, Object.getOwnPropertySymbols(c).length,
    Object.getPrototypeOf(c.p) === Object.prototype, "y" in c.p, c.p.x, "u" in c, c.n.own, "hidden" in c.n,
    Object.getPrototypeOf(c.n) === Object.prototype, Object.getOwnPropertyDescriptor(c, "__proto__").value,
    s.length, 1 in s, 6 in s, s.extra, Array.isArray(s), Object.getPrototypeOf(s) === Array.prototype,
    [...m.keys()].length, m.get("map") === m, m.get("k") instanceof Map, "lost" in m,
    t.size, t.has(t), t.has(set), getters];
`, [true, true, true, true, 0, true, false, 1, true, 1, false, true, "own",
  7, false, true, "x", true, true, 3, true, true, false, 3, true, false, { a: "got" }]);

returns("structuredClone: buffers and views share what they shared", `
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const value = { a: new Uint8Array(buffer, 2, 3), b: new DataView(buffer, 4), buffer,
    c: new Float32Array(buffer, 4), d: new BigInt64Array(1), e: new Uint8ClampedArray(2) };
  const c = structuredClone(value);
  c.a[0] = 9;
  return [c.a.buffer === c.b.buffer, c.buffer === c.a.buffer, c.buffer !== buffer,
    [...c.a], c.a.byteOffset, c.b.byteLength, c.b.byteOffset, c.c.length, c.c.constructor.name,
    c.d.constructor.name, c.e.constructor.name, buffer.byteLength, new Uint8Array(buffer)[2]];
`, [true, true, true, [9, 4, 5], 2, 4, 4, 1, "Float32Array", "BigInt64Array", "Uint8ClampedArray", 8, 3]);

returns("structuredClone: errors keep name, message, stack and cause", `
  const cause = { why: 1 };
  const e = new RangeError("m", { cause });
  e.own = "lost";
  const c = structuredClone(e);
  class Mine extends TypeError { name = "Mine"; }
  const mine = structuredClone(new Mine("x"));
  const renamed = Object.assign(new Error("y"), { name: "SyntaxError" });
  const bare = new Error();
  Object.defineProperty(bare, "message", { get() { return "asked"; } });
  const loop = new Error("l");
  loop.cause = loop;
  const l = structuredClone(loop);
  const d = new DOMException("dm", "DataCloneError");
  const dc = structuredClone(d);
  return [c instanceof RangeError, c.message, c.stack === e.stack, c.cause, c.cause !== cause, "own" in c,
    Object.keys(c), mine.constructor.name, mine.name, mine.message,
    structuredClone(renamed) instanceof SyntaxError, Object.hasOwn(structuredClone(bare), "message"),
    l.cause === l, Object.getOwnPropertyDescriptor(l, "cause").enumerable,
    dc instanceof DOMException, dc.name, dc.message, dc.code, dc !== d, dc.stack === d.stack,
    structuredClone(new AggregateError([1], "agg")).constructor.name];
`, [true, "m", true, { why: 1 }, true, false, [], "Error", "Error", "x", true, false, true, false,
  true, "DataCloneError", "dm", 25, true, true, "Error"]);

returns("structuredClone: what cannot be cloned", `
  const out = [];
  const attempt = (v) => { try { structuredClone(v); out.push("cloned"); } catch (e) { out.push(e.name + ": " + e.message); } };
  const detached = new ArrayBuffer(8);
  const view = new Uint8Array(detached);
  structuredClone(detached, { transfer: [detached] });
  attempt(Symbol("x"));
  attempt(() => 1);
  attempt({ a: [class A {}] });
  attempt(fetch);
  attempt({ m: Response });
  attempt(Promise.resolve());
  attempt(new WeakMap());
  attempt(new WeakRef({}));
  attempt(Object(Symbol.iterator));
  attempt(detached);
  attempt(view);
  attempt(new Response());
  attempt([new Headers()]);
  attempt(new AbortController().signal);
  attempt(new (class extends EventTarget {})());
  attempt(new Event("x"));
  attempt(globalThis);
  attempt(new Proxy({}, {}));
  attempt((function () { return arguments; })());
  attempt((function* () {})());
  attempt([][Symbol.iterator]());
  attempt(new Map([[() => 1, 1]]));
  attempt({ get x() { throw new RangeError("from a getter"); } });
  attempt({ get x() { return new Response(); } });
  attempt(Object.create(DOMException.prototype));
  return out;
`, [
  "DataCloneError: Symbol(x) could not be cloned.",
  "DataCloneError: () => 1 could not be cloned.",
  "DataCloneError: class A {} could not be cloned.",
  "DataCloneError: function fetch() { [native code] } could not be cloned.",
  "DataCloneError: function Response() { [native code] } could not be cloned.",
  "DataCloneError: #<Promise> could not be cloned.",
  "DataCloneError: #<WeakMap> could not be cloned.",
  "DataCloneError: #<WeakRef> could not be cloned.",
  "DataCloneError: [object Symbol] could not be cloned.",
  "DataCloneError: An ArrayBuffer is detached and could not be cloned.",
  "DataCloneError: An ArrayBuffer is detached and could not be cloned.",
  "DataCloneError: Could not serialize object of type \"Response\". This type does not support serialization.",
  "DataCloneError: Could not serialize object of type \"Headers\". This type does not support serialization.",
  "DataCloneError: Could not serialize object of type \"AbortSignal\". This type does not support serialization.",
  "DataCloneError: Could not serialize object of type \"EventTarget\". This type does not support serialization.",
  "DataCloneError: Could not serialize object of type \"Event\". This type does not support serialization.",
  "DataCloneError: Could not serialize object of type \"ServiceWorkerGlobalScope\". This type does not support serialization.",
  "DataCloneError: #<Object> could not be cloned.",
  "DataCloneError: #<Object> could not be cloned.",
  "DataCloneError: [object Generator] could not be cloned.",
  "DataCloneError: [object Array Iterator] could not be cloned.",
  "DataCloneError: () => 1 could not be cloned.",
  "RangeError: from a getter",
  "DataCloneError: Could not serialize object of type \"Response\". This type does not support serialization.",
  "cloned",
], { only: "engine" });

returns("structuredClone: transfer", `
  const out = [];
  const a = new ArrayBuffer(8), b = new ArrayBuffer(4);
  new Uint8Array(a)[1] = 7;
  const value = { view: new Uint8Array(a, 1, 2), a, list: [new DataView(a)], b,
    map: new Map([["first", 1], [a, "key"], ["last", a]]), set: new Set([0, a, 2]) };
  const c = structuredClone(value, { transfer: [a] });
  out.push(a.byteLength, b.byteLength, c.a.byteLength, c.view.buffer === c.a, [...c.view], Object.keys(c),
    c.list[0].buffer === c.a, [...c.map.keys()].map((k) => typeof k), c.map.get("last") === c.a,
    c.map.get(c.a), [...c.set].indexOf(c.a));
  const root = new ArrayBuffer(3);
  out.push(structuredClone(root, { transfer: [root] }).byteLength, root.byteLength);
  const viewRoot = new Uint8Array(5);
  out.push(structuredClone(viewRoot, { transfer: [viewRoot.buffer] }).length, viewRoot.length);
  const unused = new ArrayBuffer(3);
  structuredClone(1, { transfer: new Set([unused]) });
  out.push(unused.byteLength);
  return out;
`, [0, 4, 8, true, [7, 0], ["view", "a", "list", "b", "map", "set"], true,
  ["string", "object", "string"], true, "key", 1, 3, 0, 5, 0, 0]);

returns("structuredClone: a transfer that fails transfers nothing", `
  const out = [];
  const attempt = (v, options) => { try { structuredClone(v, options); out.push("cloned"); } catch (e) { out.push(e.name); } };
  const b = new ArrayBuffer(8);
  attempt(Symbol(), { transfer: [b] });
  attempt(1, { transfer: [b, b] });
  attempt(1, { transfer: [b, {}] });
  attempt(1, { transfer: [b, new Uint8Array(b)] });
  attempt(1, { transfer: [b, new ReadableStream()] });
  attempt(1, { transfer: [b, 1] });
  attempt(1, { transfer: 1 });
  attempt(1, { transfer: null });
  attempt(1, 1);
  attempt(1, { get transfer() { throw new RangeError(); } });
  attempt({ get x() { structuredClone(b2, { transfer: [b2] }); return 1; } }, { transfer: [b, b2 = new ArrayBuffer(1)] });
  var b2;
  attempt(1, null);
  attempt(1, {});
  try { structuredClone(); } catch (e) { out.push(e.name); }
  return [out, b.byteLength, structuredClone.length, Object.getOwnPropertyDescriptor(globalThis, "structuredClone").enumerable];
`, [["DataCloneError", "DataCloneError", "DataCloneError", "DataCloneError", "DataCloneError",
  "TypeError", "TypeError", "TypeError", "TypeError", "RangeError", "DataCloneError", "cloned", "cloned",
  "TypeError"], 8, 1, true]);

returns("structuredClone: no patched built-in is asked", `
  const O = Object, J = JSON.stringify, where = { O: Object.prototype, A: Array.prototype,
    M: Map.prototype, S: Set.prototype, R: RegExp.prototype, D: Date.prototype, G: globalThis,
    B: ArrayBuffer };
  let log = "";
  const value = { list: [1, { a: 2 }], map: new Map([[1, 2]]), set: new Set([3]), date: new Date(4),
    re: /x/g, bytes: new Uint8Array([5]), error: new TypeError("t"), boxed: new Number(6) };
  const spied = ["O list", "O a", "O map", "O value", "O get", "O set", "O writable", "O kind", "O copy",
    "O transfer", "O cause", "O make", "O buffer", "M set", "M forEach", "S add", "S forEach", "R source",
    "R flags", "R global", "R exec", "D getTime", "D valueOf", "G Map", "G Set", "G Uint8Array",
    "G ArrayBuffer", "G TypeError", "G Date", "G RegExp", "G Number", "A 0", "A 1", "A 2"
  ].map((what) => ({ __proto__: null, what, object: where[what[0]], key: what.slice(2),
    was: O.getOwnPropertyDescriptor(where[what[0]], what.slice(2)) }));
  const species = O.getOwnPropertyDescriptor(ArrayBuffer, Symbol.species);
  const iterator = Array.prototype[Symbol.iterator];
  O.defineProperty(ArrayBuffer, Symbol.species, { __proto__: null, configurable: true, get() { log += " species"; } });
  Array.prototype[Symbol.iterator] = function () { log += " iterator"; };
  for (let i = 0; i < spied.length; i++) {
    const { what, object, key } = spied[i];
    O.defineProperty(object, key, { __proto__: null, configurable: true,
      get() { log += " get " + what; }, set() { log += " set " + what; } });
  }
  let c;
  try { c = structuredClone(value); } catch (e) { log += e.stack; }
  for (let i = 0; i < spied.length; i++) {
    const { object, key, was } = spied[i];
    if (was === undefined) delete object[key]; else O.defineProperty(object, key, was);
  }
  Array.prototype[Symbol.iterator] = iterator;
  return [log, J(c.list), c.map.get(1), c.set.has(3), c.date.getTime(), c.re.flags, c.bytes[0], c.error.message, +c.boxed];
`, ["", "[1,{\"a\":2}]", 2, true, 4, "g", 5, "t", 6],
// node's own getters of a context trip over it
{ only: "engine" });

// -- between isolates ---------------------------------------------------------

// The props that "expression" makes in one isolate, looked at in another one.
function crosses(title, expression, statements, expected, options) {
  host(title,
    `export default { async fetch(request, env) {
       const stub = env.LOADER.get("id", async () => ({ mainModule: "a.js", modules: { "a.js": "" } }));
       try {
         return await stub.getEntrypoint("E", { props: ${expression} }).fetch(request);
       } catch (error) {
         return Response.json([error.name, error.message]);
       }
     } };`,
    [[RECORD.LOADER, "LOADER", "3"]],
    async (isolate, another) => {
      const channel = isolate.fetch();
      if (statements === null) {
        assert.deepEqual(JSON.parse((await isolate.answer(channel)).text), expected);
        return;
      }
      const load = await isolate.next("load");
      isolate.askForCode(load.channel);
      const { props } = await isolate.next("fetch");
      const other = another();
      await other.load(FORMAT.MODULE, `import { WorkerEntrypoint } from "cloudflare:workers";
        export class E extends WorkerEntrypoint { fetch() {
          const { props } = this.ctx;
          return Response.json((() => { ${statements} })());
        } }`);
      const answer = await other.request({ entrypoint: "E", props });
      assert.equal(answer.reset, null);
      assert.deepEqual(JSON.parse(answer.text), expected);
    }, options);
}

crosses("values cross to another isolate", `(() => {
    const shared = { s: 1 };
    const value = { shared, list: [shared, , 3n === 3n], map: new Map([[shared, new Set([1])]]),
      date: new Date(5), re: /x/gi, bytes: new Uint8Array([1, 2, 3]).subarray(1), big: 5n,
      boxed: Object("s"), get got() { return { deep: 1 }; } };
    value.self = value;
    return value;
  })()`,
`return [props.shared === props.list[0], 1 in props.list, props.list.length, props.map.get(props.shared).has(1),
  props.date.getTime(), props.re.flags, [...props.bytes], String(props.big), props.boxed.valueOf(), props.got,
  props.self === props, Object.getPrototypeOf(Object.getPrototypeOf(props)) === null];`,
[true, false, 3, true, 5, "gi", [2, 3], "5", "s", { deep: 1 }, true, true]);

crosses("errors cross with their stack and causes, even in a circle", `(() => {
    const a = new TypeError("a"), b = new RangeError("b", { cause: a });
    a.cause = b;
    return { a, b, d: new DOMException("dm", "AbortError"), e: [new Error("e", { cause: 1 })] };
  })()`,
`const { a, b, d, e } = props;
 return [a instanceof TypeError, a.cause === b, b.cause === a, b.message, b.stack.includes("RangeError: b"),
   d instanceof DOMException, d.name, d.message, d.code, e[0].cause];`,
[true, true, true, "b", true, true, "AbortError", "dm", 20, 1]);

crosses("what a getter returns is looked at too", `{ get a() { return new Headers(); } }`, null,
  ["DataCloneError", "Could not serialize object of type \"Headers\". This type does not support serialization."]);
host("a slice of a Blob does not take the rest along",
  `export default { async fetch(request, env, ctx) {
     const blob = new Blob(["all of this", "text"]).slice(11);
     const stub = env.LOADER.get("id", async () => ({ mainModule: "a.js", modules: { "a.js": "" } }));
     return stub.getEntrypoint("E", { props: { blob } }).fetch(request);
   } };`,
  [[RECORD.LOADER, "LOADER", "3"]],
  async (isolate) => {
    isolate.fetch();
    isolate.askForCode((await isolate.next("load")).channel);
    const { props } = await isolate.next("fetch");
    assert.equal(props.includes("text"), true);
    assert.equal(props.includes("all of this"), false);
  }, { only: "engine" });

crosses("functions do not cross", `{ a: [() => 1] }`, null,
  ["DataCloneError", "() => 1 could not be cloned."]);

// [version, host object, tag, ...]: as another isolate that was taken over may
// send them.
const V8_HEADER = [0xff, 0x0f];
const forged = {
  "an unknown tag": [0x5c, 99, 0x30],
  "a tag that is cut off": [0x5c],
  "no parts": [0x5c, 2],
  "parts of an error that are none": [0x5c, 2, 0x30],
  "an error of an unknown name": [0x5c, 2, 0x41, 3, 0x22, 1, 0x58, 0x5f, 0x5f, 0x24, 0, 3],
  "a root without an object": [0x5c, 1, 0x41, 1, 0x5f, 0x24, 0, 1],
  "a cause of what is no error": [0x5c, 1, 0x41, 3, 0x6f, 0x7b, 0, 0x6f, 0x7b, 0, 0x5f, 0x24, 0, 3],
  "an exception without a message": [0x5c, 3, 0x41, 3, 0x22, 1, 0x58, 0x5f, 0x5f, 0x24, 0, 3],
  "a reference to what is being read": [0x5c, 2, 0x41, 1, 0x5e, 0, 0x24, 0, 1],
  "a shared buffer": [0x75, 0],
  "a buffer that was transferred": [0x74, 0],
  "a huge array": [0x41, 0xff, 0xff, 0xff, 0xff, 0x0f],
};
// What crypto/clone.js writes of a key: type, extractable, usages, material,
// name, hash, length, curve and exponent.
const text = (value) => [0x22, value.length, ...Buffer.from(value)];
const view = (bytes) => [
  0x42, bytes.length & 0x7f | 0x80, bytes.length >> 7, ...bytes, 0x56, 0x42, 0,
  bytes.length & 0x7f | 0x80, bytes.length >> 7, 0,
];
const key = (type, usages, material, ...rest) => [
  0x5c, 6, 0x41, 9, ...text(type), 0x54, 0x49, usages * 2, ...view(material),
  ...rest, 0x24, 0, 9,
];
const field = (bytes) => [bytes.length & 0xff, bytes.length >> 8, ...bytes];
const rsa = (modulus, { type = "public", exponent = [3] } = {}) => key(
  type, 8, [1, 0, ...field(modulus), ...field([3])],
  ...text("RSA-PSS"), ...text("SHA-256"), 0x30, 0x30, ...view(exponent));
const aes = (size, usages = 1) => key(
  "secret", usages, Array(size).fill(1), ...text("AES-GCM"), 0x30, 0x30, 0x30, 0x30);
const hmac = (hash) => key(
  "secret", 4, Array(16).fill(1), ...text("HMAC"), ...text(hash), 0x30, 0x30, 0x30);
const modulus = Array(64).fill(0xff);
// the generator
const point = [...Buffer.from("04" +
  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", "hex")];
const ec = (usages = 8, curve = "P-256") => key(
  "public", usages, [3, 1, ...field(point)],
  ...text("ECDSA"), 0x30, 0x30, ...text(curve), 0x30);
const blob = (...more) => [
  0x5c, 4, 0x41, 2 + more.length / 2, ...view([1, 2]), ...text("a/b"), ...more,
  0x24, 0, 2 + more.length / 2,
];
const readable = {
  "an RSA key": rsa(modulus), "an AES key": aes(16), "an HMAC key": hmac("SHA-256"),
  "an EC key": ec(), "a Blob": blob(),
};
Object.assign(forged, {
  "an EC key that can encrypt": ec(1),
  "an EC key of another curve": ec(8, "P-384"),
  "a Blob of three parts": blob(0x49, 2),
  "a root with an error and no cause": [0x5c, 1, 0x41, 2, 0x6f, 0x7b, 0, 0x5c, 2,
    0x41, 3, ...text("Error"), 0x5f, 0x5f, 0x24, 0, 3, 0x24, 0, 2],
  "an RSA key with a zero in front of its modulus": rsa([0, ...modulus]),
  "an RSA key that is too short": rsa(modulus.slice(1)),
  "an RSA key of another exponent": rsa(modulus, { exponent: [5] }),
  "a public key that says it is private": rsa(modulus, { type: "private" }),
  "an RSA key whose fields are cut off": key(
    "public", 8, [1, 0, 64], ...text("RSA-PSS"), ...text("SHA-256"), 0x30, 0x30,
    ...view([3])),
  "an AES key of 15 bytes": aes(15),
  "an AES key that can sign": aes(16, 4),
  "an HMAC key of a hash that is none": hmac("MD5"),
});
forged["host objects without end"] = Array(200000).fill([0x5c, 2]).flat();
forged["host objects in arrays without end"] = Array(200000).fill([0x5c, 2, 0x41, 1]).flat();
for (const [what, bytes] of Object.entries({ ...forged, ...readable })) {
  isolates(`forged bytes are ${readable[what] ? "read" : "refused"}: ${what}`, async (isolate) => {
    await isolate.load(FORMAT.MODULE, `import { WorkerEntrypoint } from "cloudflare:workers";
      export class E extends WorkerEntrypoint { fetch() {
        try { return Response.json(["read", typeof this.ctx.props]); }
        catch (error) { return Response.json(error instanceof Error); }
      } }`);
    const answer = await isolate.request({
      entrypoint: "E", props: new Uint8Array([...V8_HEADER, ...bytes]),
    });
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), readable[what] ? ["read", "object"] : true);
  }, { only: "engine" });
}

isolates("a deep value is an error, not the end", async (isolate) => {
  await isolate.load(FORMAT.MODULE, `export default { fetch() {
    let deep = [];
    for (let i = 0; i < 200000; i++) deep = [deep];
    try { structuredClone(deep); } catch (error) { return new Response(error.name); }
    return new Response("cloned");
  } };`);
  assert.equal((await isolate.request()).text, "RangeError");
});

// -- platform objects of other files -------------------------------------------

returns("structuredClone() of a Blob and a File", `
  const file = new File(["abc"], "name", { type: "text/x", lastModified: 7 });
  const { blob, same, again } = structuredClone(
    { blob: new Blob(["xy"], { type: "a/b" }), same: file, again: file });
  return [await blob.text(), blob.type, blob instanceof File, same === again,
    same !== file, same instanceof File, same.name, same.lastModified, same.type,
    await same.text()];`, [
  "xy", "a/b", false, true, true, true, "name", 7, "text/x", "abc",
]);
returns("structuredClone() of a CryptoKey keeps what it may do", `
  const key = await crypto.subtle.importKey("raw", new Uint8Array(16),
    { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const copy = structuredClone(key);
  const hex = async (k) => Buffer(await crypto.subtle.sign("HMAC", k, new Uint8Array(1)));
  const Buffer = (bytes) => [...new Uint8Array(bytes)].join();
  return [copy !== key, copy instanceof CryptoKey, copy.type, copy.extractable,
    copy.algorithm.hash.name, copy.usages, await hex(copy) === await hex(key)];`, [
  true, true, "secret", false, "SHA-256", ["sign"], true,
], { only: "engine" });
