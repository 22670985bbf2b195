// Web Crypto as an interface: its shape, what it makes of its arguments, and
// that it neither trusts nor shows anything to what a worker has replaced.

import assert from "node:assert/strict";
import { isolates, returns, utf8, worker } from "./lib/harness.js";

const only = { only: "engine", cpuMs: 60000 };

returns("the interfaces are Web IDL's", `
  const methods = {};
  for (const key of Object.keys(SubtleCrypto.prototype)) {
    methods[key] = SubtleCrypto.prototype[key].length;
  }
  const tags = [crypto.subtle, crypto].map(String);
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
  const attribute = Object.getOwnPropertyDescriptor(CryptoKey.prototype, "type");
  const failures = [];
  for (const make of [
    () => new SubtleCrypto(), () => new CryptoKey(), () => SubtleCrypto(),
    () => CryptoKey.prototype.type, () => attribute.get.call({}),
    () => Object.getOwnPropertyDescriptor(Crypto.prototype, "subtle").get.call({}),
    () => new CryptoKey({}, {}),
  ]) {
    try { make(); failures.push("no"); } catch (error) { failures.push(error.name); }
  }
  return {
    methods, tags: [...tags, String(key)], failures, own: Object.getOwnPropertyNames(key),
    keyed: Object.keys(CryptoKey.prototype), statics: Object.getOwnPropertyNames(CryptoKey),
    lengths: [SubtleCrypto.length, CryptoKey.length],
    names: [SubtleCrypto.name, CryptoKey.name, attribute.get.name],
    same: [crypto.subtle === crypto.subtle, key.algorithm === key.algorithm, key.usages === key.usages],
    global: Object.getOwnPropertyDescriptor(globalThis, "CryptoKey").enumerable,
  };`, {
  methods: {
    encrypt: 3, decrypt: 3, sign: 3, verify: 4, digest: 2, generateKey: 3,
    deriveKey: 5, deriveBits: 2, importKey: 5, exportKey: 2, wrapKey: 4,
    unwrapKey: 7, timingSafeEqual: 2,
  },
  tags: ["[object SubtleCrypto]", "[object Crypto]", "[object CryptoKey]"],
  failures: Array(7).fill("TypeError"),
  own: [],
  keyed: ["type", "extractable", "algorithm", "usages"],
  statics: ["length", "name", "prototype"],
  lengths: [0, 0],
  names: ["SubtleCrypto", "CryptoKey", "get type"],
  same: [true, true, true],
  global: false,
}, only);

returns("all methods return promises, even of their own misuse", `
  const results = [];
  for (const name of ["encrypt", "decrypt", "sign", "verify", "digest", "generateKey",
    "deriveKey", "deriveBits", "importKey", "exportKey", "wrapKey", "unwrapKey"]) {
    for (const self of [crypto.subtle, {}, undefined]) {
      for (const args of [[], Array(7), Array(7).fill(Symbol())]) {
        let promise;
        try {
          promise = SubtleCrypto.prototype[name].apply(self, args);
        } catch {
          results.push(name + " threw");
          continue;
        }
        const error = await promise.then(() => undefined, (error) => error);
        if (!(promise instanceof Promise && error instanceof TypeError)) {
          results.push([name, String(error)]);
        }
      }
    }
  }
  return results;`, [], only);

// [statements, name of the exception]
const cases = {
  "unknown algorithms": [
    ['subtle.digest("SHA-3", bytes)', "NotSupportedError"],
    ['subtle.digest("", bytes)', "NotSupportedError"],
    ['subtle.digest("\\u017fha-1", bytes)', "NotSupportedError"],
    ['subtle.digest({ name: "AES-GCM" }, bytes)', "NotSupportedError"],
    ['subtle.digest("toString", bytes)', "NotSupportedError"],
    ['subtle.digest("__proto__", bytes)', "NotSupportedError"],
    ['subtle.digest({}, bytes)', "TypeError"],
    ['subtle.digest(Object.assign(() => {}, { name: 1 }), bytes)', "TypeError"],
    ['subtle.encrypt("SHA-1", aes, bytes)', "NotSupportedError"],
    ['subtle.generateKey({ name: "HMAC", hash: "MD5" }, true, ["sign"])', "NotSupportedError"],
    ['subtle.generateKey("HKDF", true, ["deriveKey"])', "NotSupportedError"],
    ['subtle.importKey("raw", bytes, { name: "HMAC", hash: "AES-GCM" }, true, ["sign"])',
      "NotSupportedError"],
    ['subtle.generateKey({ name: "ECDSA", namedCurve: "P-257" }, true, ["sign"])',
      "NotSupportedError"],
    ['subtle.importKey("raw", bytes, { name: "ECDH", namedCurve: "p-256" }, true, [])',
      "NotSupportedError"],
  ],
  "missing and odd members": [
    ['subtle.encrypt("AES-GCM", aes, bytes)', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: "x" }, aes, bytes)', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes, tagLength: 256 }, aes, bytes)', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes, tagLength: -1 }, aes, bytes)', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes, tagLength: NaN }, aes, bytes)', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes, tagLength: 127 }, aes, bytes)', "OperationError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: empty }, aes, bytes)', "OperationError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes }, aes, [1])', "TypeError"],
    ['subtle.encrypt({ name: "AES-GCM", iv: bytes }, {}, bytes)', "TypeError"],
    ['subtle.generateKey({ name: "AES-GCM" }, true, ["encrypt"])', "TypeError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 129 }, true, ["encrypt"])', "OperationError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 65536 }, true, ["encrypt"])', "TypeError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128n }, true, ["encrypt"])', "TypeError"],
    ['subtle.generateKey({ name: "HMAC" }, true, ["sign"])', "TypeError"],
    ['subtle.generateKey({ name: "RSA-PSS", modulusLength: 1024, hash: "SHA-1", ' +
      'publicExponent: [1, 0, 1] }, true, ["sign"])', "TypeError"],
    ['subtle.importKey("der", bytes, "AES-GCM", true, ["encrypt"])', "TypeError"],
    ['subtle.deriveBits({ name: "ECDH", public: {} }, aes, 8)', "TypeError"],
    ['subtle.timingSafeEqual(bytes, empty)', "TypeError"],
    ['subtle.timingSafeEqual("a", "a")', "TypeError"],
  ],
  "wrong keys and usages": [
    ['subtle.encrypt({ name: "AES-CBC", iv: bytes }, aes, bytes)', "InvalidAccessError"],
    ['subtle.decrypt({ name: "AES-GCM", iv: bytes }, aes, bytes)', "InvalidAccessError"],
    ['subtle.wrapKey("raw", aes, aes, { name: "AES-GCM", iv: bytes })', "InvalidAccessError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["sign"])', "SyntaxError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128 }, true, [])', "SyntaxError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["Encrypt"])', "TypeError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128 }, true, "encrypt")', "TypeError"],
    ['subtle.generateKey({ name: "AES-GCM", length: 128 }, true, {})', "TypeError"],
    ['subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["encrypt"])', "SyntaxError"],
    ['subtle.generateKey("Ed25519", true, ["verify"])', "SyntaxError"],
    ['subtle.generateKey("X25519", true, [])', "SyntaxError"],
    ['subtle.importKey("raw", bytes, "HKDF", true, ["deriveBits"])', "SyntaxError"],
    ['subtle.importKey("raw", bytes, "HKDF", false, ["sign"])', "SyntaxError"],
    ['subtle.importKey("raw", bytes, "HKDF", false, [])', "SyntaxError"],
    ['subtle.importKey("jwk", {}, "HKDF", false, ["deriveBits"])', "NotSupportedError"],
    ['subtle.importKey("spki", bytes, "AES-GCM", true, ["encrypt"])', "NotSupportedError"],
    ['subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"])', "DataError"],
    ['subtle.importKey("raw", bytes, "Ed25519", true, ["sign"])', "SyntaxError"],
    ['subtle.exportKey("raw", hidden)', "InvalidAccessError"],
    ['subtle.exportKey("spki", aes)', "NotSupportedError"],
    ['subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"])' +
      '.then((key) => subtle.exportKey("raw", key))', "NotSupportedError"],
  ],
};

for (const [title, list] of Object.entries(cases)) {
  returns(`${title} are refused by the right exception`, `
    const { subtle } = crypto;
    const bytes = new Uint8Array(16), empty = new Uint8Array(0);
    const aes = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
    const hidden = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
    const nameOf = async (call) => {
      try { await call(); return "none"; } catch (error) {
        return error instanceof DOMException || error instanceof TypeError ? error.name : "odd";
      }
    };
    return [${list.map(([call]) => `await nameOf(() => ${call})`).join(",\n")}];`,
  list.map(([, name]) => name), only);
}

returns("usages and algorithms have their canonical form", `
  const key = await crypto.subtle.importKey(
    "raw", new Uint8Array(16), { name: "aes-gcm", extra: 1 }, 1,
    new Set(["unwrapKey", "decrypt", "encrypt", "wrapKey"]));
  const pair = await crypto.subtle.generateKey(
    { name: "ecdh", namedCurve: "P-256" }, false, ["deriveBits", "deriveKey"]);
  return [
    key.usages, key.algorithm, key.extractable, key.type, Object.keys(pair),
    pair.publicKey.usages, pair.publicKey.extractable, pair.privateKey.usages,
    pair.privateKey.extractable, pair.privateKey.algorithm,
  ];`, [
  ["encrypt", "decrypt", "wrapKey", "unwrapKey"], { name: "AES-GCM", length: 128 },
  true, "secret", ["privateKey", "publicKey"], [], true,
  ["deriveKey", "deriveBits"], false, { name: "ECDH", namedCurve: "P-256" },
], only);

returns("members are read once, in the order of their names", `
  const read = [];
  const spy = (object, prefix = "") => new Proxy(object, {
    get(target, name) { read.push(prefix + String(name)); return target[name]; },
  });
  const key = await crypto.subtle.importKey("raw", new Uint8Array(1), "HKDF", false, ["deriveBits"]);
  await crypto.subtle.deriveBits(spy({
    name: "HKDF", salt: new Uint8Array(0), info: new Uint8Array(0),
    hash: spy({ name: "SHA-1" }, "hash."),
  }), key, 8);
  await crypto.subtle.importKey("jwk", spy({ kty: "oct", k: "AA" }), { name: "HMAC", hash: "SHA-1" },
    true, ["sign"]);
  return read;`, [
  "name", "name", "hash", "info", "salt", "hash.name", "hash.name",
  "alg", "crv", "d", "dp", "dq", "e", "ext", "k", "key_ops", "kty", "n", "oth",
  "p", "q", "qi", "use", "x", "y",
], only);

returns("the data are those after the algorithm was read", `
  const data = new Uint8Array(1);
  const hex = (buffer) => new Uint8Array(buffer)[0];
  const first = await crypto.subtle.digest({ get name() { data[0] = 1; return "SHA-256"; } }, data);
  const promise = crypto.subtle.digest("SHA-256", data);
  data[0] = 2;
  const second = await promise;
  const third = await crypto.subtle.digest({
    get name() { if (data.length > 0) data.buffer.transfer(); return "SHA-256"; },
  }, data);
  return [first, second, third].map(hex);`, [0x4b, 0x4b, 0xe3], only);

returns("shared memory is refused", `
  const buffer = new SharedArrayBuffer(8);
  const results = [];
  for (const data of [
    buffer, new Uint8Array(buffer), new DataView(buffer), new Uint8Array(buffer, 8),
  ]) {
    results.push(await crypto.subtle.digest("SHA-1", data).then(() => "none", (error) => error.name));
  }
  return results;`, Array(4).fill("TypeError"), only);

returns("timingSafeEqual compares the bytes of views", `
  const { subtle } = crypto;
  const a = new Uint8Array([1, 2, 3, 4]);
  return [
    subtle.timingSafeEqual(a, a.slice()), subtle.timingSafeEqual(a, new Uint8Array(4)),
    subtle.timingSafeEqual(a.buffer, new DataView(a.buffer)),
    subtle.timingSafeEqual(new Uint8Array(0), new ArrayBuffer(0)),
    subtle.timingSafeEqual(a.subarray(1, 3), new Uint8Array([2, 3])),
  ];`, [true, false, true, true, true], only);

returns("a key's own objects do not change it", `
  const pair = await crypto.subtle.generateKey({
    name: "RSA-PSS", modulusLength: 1024, hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]),
  }, true, ["sign", "verify"]);
  const key = pair.publicKey;
  key.algorithm.name = "HMAC";
  key.algorithm.publicExponent[0] = 9;
  key.algorithm.hash.name = "SHA-1";
  key.usages.push("encrypt");
  const jwk = await crypto.subtle.exportKey("jwk", key);
  const signature = await crypto.subtle.sign({ name: "RSA-PSS", saltLength: 8 }, pair.privateKey, new Uint8Array(3));
  const valid = await crypto.subtle.verify({ name: "RSA-PSS", saltLength: 8 }, key, signature, new Uint8Array(3));
  return [
    jwk.alg, jwk.e, jwk.key_ops, valid, key.algorithm.name,
    [...pair.privateKey.algorithm.publicExponent], pair.privateKey.algorithm.hash.name,
  ];`,
["PS256", "AQAB", ["verify"], true, "HMAC", [1, 0, 1], "SHA-256"], only);

// Everything that a worker can replace, replaced before anything is loaded.
returns("nothing that a worker replaced is asked or shown", `
  const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect;
  const create = Object.create;
  const touched = new Set();
  const add = Set.prototype.add;
  let watching = false;
  const wrap = (name, original) => function (...args) {
    if (watching) apply(add, touched, [name]);
    return new.target ? Reflect.construct(original, args, new.target) : apply(original, this, args);
  };
  const replace = (name, object, except = []) => {
    for (const key of ownKeys(object)) {
      if (key === "constructor" || except.includes(key)) continue;
      const descriptor = getOwnPropertyDescriptor(object, key);
      if (!descriptor.configurable) continue;
      const label = name + "." + String(key);
      for (const part of ["value", "get", "set"]) {
        if (typeof descriptor[part] === "function") {
          descriptor[part] = wrap(label, descriptor[part]);
        }
      }
      defineProperty(object, key, descriptor);
    }
  };
  const TypedArray = getPrototypeOf(Uint8Array);
  for (const name of ["Array", "ArrayBuffer", "DataView", "Promise", "String", "RegExp", "Map",
    "Set", "WeakMap", "Number", "BigInt", "Function", "Symbol", "Uint8Array", "Error"]) {
    replace(name + ".prototype", globalThis[name].prototype);
    replace(name, globalThis[name], ["prototype", "name", "length"]);
  }
  replace("TypedArray.prototype", TypedArray.prototype);
  replace("TypedArray", TypedArray, ["prototype", "name", "length"]);
  replace("ArrayIterator", getPrototypeOf([][Symbol.iterator]()));
  for (const name of ["JSON", "Math"]) replace(name, globalThis[name]);
  replace("DOMException.prototype", DOMException.prototype);
  for (const name of ["value", "get", "set", "type", "name", "hash", "iv", "length", "kty", "k", "d",
    "enumerable", "configurable", "writable", "required", "kind", "algorithm", "usages", "material",
    "extractable", "format", "finish", "convert", "declared", "toJSON", "0", "1", "2"]) {
    for (const prototype of [Object.prototype, Array.prototype, Uint8Array.prototype]) {
      if (getOwnPropertyDescriptor(prototype, name)) continue;
      const descriptor = create(null);
      descriptor.get = function () { if (watching) apply(add, touched, ["get " + name]); return undefined; };
      descriptor.set = function (value) { if (watching) apply(add, touched, ["set " + name]); };
      descriptor.configurable = true;
      defineProperty(prototype, name, descriptor);
    }
  }
  const object = (fields) => {
    const result = create(null);
    for (const key of ownKeys(fields)) result[key] = fields[key];
    return result;
  };
  const list = (...items) => object({ *[Symbol.iterator]() {
    for (let i = 0; i < items.length; i++) yield items[i];
  } });
  const bytes = new Uint8Array(32);
  const params = {
    gcm: object({ name: "AES-GCM", iv: bytes, length: 128 }),
    cbc: object({ name: "AES-CBC", iv: new Uint8Array(16), length: 128 }),
    hmac: object({ name: "HMAC", hash: "SHA-256" }),
    ecdsa: object({ name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }),
    ecdh: object({ name: "ECDH", namedCurve: "P-256" }),
    pss: object({ name: "RSA-PSS", modulusLength: 1024, saltLength: 8, hash: object({ name: "SHA-1" }),
      publicExponent: new Uint8Array([1, 0, 1]) }),
    hkdf: object({ name: "HKDF", hash: "SHA-1", salt: bytes, info: bytes }),
  };
  const all = list("sign", "verify"), signs = list("sign"), verifies = list("verify");
  const wraps = list("wrapKey", "unwrapKey", "encrypt", "decrypt");
  const derives = list("deriveBits", "deriveKey");
  // the runtime waits for us with a then() of its own
  await null;
  watching = true;
  const { subtle } = crypto;
  await subtle.digest("SHA-256", bytes);
  const gcm = await subtle.generateKey(params.gcm, true, wraps);
  await subtle.decrypt(params.gcm, gcm, await subtle.encrypt(params.gcm, gcm, bytes));
  const cbc = await subtle.generateKey(params.cbc, true, wraps);
  await subtle.decrypt(params.cbc, cbc, await subtle.encrypt(params.cbc, cbc, bytes));
  for (let i = 0; i < 3; i++) {
    const name = i === 0 ? "hmac" : i === 1 ? "ecdsa" : "pss";
    const made = await subtle.generateKey(params[name], true, all);
    const key = name === "hmac" ? made : made.privateKey;
    const open = name === "hmac" ? made : made.publicKey;
    await subtle.verify(params[name], open, await subtle.sign(params[name], key, bytes), bytes);
    key.algorithm; key.usages;
    const jwk = await subtle.exportKey("jwk", key);
    const wrapped = await subtle.wrapKey("jwk", key, gcm, params.gcm);
    await subtle.unwrapKey("jwk", wrapped, gcm, params.gcm, params[name], true, signs);
    if (name !== "hmac") {
      await subtle.importKey("pkcs8", await subtle.exportKey("pkcs8", key), params[name], true, signs);
      await subtle.importKey("spki", await subtle.exportKey("spki", open), params[name], true, verifies);
    }
  }
  const pair = await subtle.generateKey(params.ecdh, true, derives);
  params.ecdh.public = pair.publicKey;
  const derived = await subtle.deriveKey(params.ecdh, pair.privateKey, "HKDF", false, derives);
  await subtle.deriveBits(params.hkdf, derived, 64);
  let error;
  try { await subtle.importKey("raw", bytes, "AES-KW", true, all); } catch (e) { error = e; }
  watching = false;
  return [...touched].sort();`, [], only);

returns("DigestStream digests what is written", `
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const stream = new crypto.DigestStream("SHA-256");
  const writer = stream.getWriter();
  await writer.write("a");
  await writer.write(new TextEncoder().encode("b"));
  await writer.write(new DataView(new TextEncoder().encode("xcx").buffer, 1, 1));
  await writer.close();
  const md5 = new crypto.DigestStream({ name: "md5" });
  await new Response("abc").body.pipeTo(md5);
  return [
    hex(await stream.digest), String(stream.bytesWritten), typeof stream.bytesWritten,
    hex(await md5.digest), stream instanceof WritableStream, String(stream),
    stream.digest === stream.digest,
  ];`, [
  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "3", "bigint",
  "900150983cd24fb0d6963f7d28e17f72", true, "[object DigestStream]", true,
], only);

returns("DigestStream fails with what was wrong", `
  const names = [];
  const nameOf = async (call) => {
    try { await call(); names.push("none"); } catch (error) { names.push(error.name ?? error); }
  };
  await nameOf(() => new crypto.DigestStream("SHA-3"));
  await nameOf(() => new crypto.DigestStream());
  await nameOf(() => crypto.DigestStream("SHA-1"));
  const stream = new crypto.DigestStream("SHA-1");
  const writer = stream.getWriter();
  writer.closed.catch(() => {});
  await nameOf(() => writer.write({}));
  await nameOf(() => stream.digest);
  const aborted = new crypto.DigestStream("SHA-1");
  await aborted.abort("why");
  await nameOf(() => aborted.digest);
  await nameOf(() => Object.getOwnPropertyDescriptor(crypto.DigestStream.prototype, "digest").get.call({}));
  return names;`,
["NotSupportedError", "TypeError", "TypeError", "TypeError", "TypeError", "why", "TypeError"],
only);

worker("at the top of a module keys can be imported, but not made", `
  const { subtle } = crypto;
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
  let made;
  try { await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]); made = true; } catch { made = false; }
  export default { fetch() { return Response.json([key.type, made]); } };`,
async (isolate) => {
  assert.equal((await isolate.request()).text, '["secret",false]');
}, only);

// The worker's CPU limit ends what C does, too: otherwise each of these would
// cost the engine one of its executors, of which it has two.
for (const [what, statement] of [
  ["PBKDF2", `await crypto.subtle.deriveBits({
    name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(0), iterations: 100000,
  }, key, 64 * 8 * 1000)`],
  ["an RSA key", `for (;;) await crypto.subtle.generateKey({
    name: "RSA-PSS", hash: "SHA-1", modulusLength: 4096, publicExponent: new Uint8Array([3]),
  }, true, ["sign"])`],
  ["HKDF with a long info", `await crypto.subtle.deriveBits({
    name: "HKDF", hash: "SHA-512", salt: new Uint8Array(0), info: new Uint8Array(32 << 20),
  }, await crypto.subtle.importKey("raw", new Uint8Array(1), "HKDF", false, ["deriveBits"]),
  255 * 512)`],
]) {
  worker(`${what} is stopped at the CPU limit`, `
    export default { async fetch() {
      const key = await crypto.subtle.importKey("raw", new Uint8Array(1), "PBKDF2", false, ["deriveBits"]);
      ${statement};
      return new Response("done");
    } };`,
  async (isolate) => {
    const answer = await isolate.request();
    assert.match(answer.reset?.message ?? "none", /CPU time limit/);
  }, { only: "engine", cpuMs: 50 });
}

isolates("an isolate's hash states end with it", async (isolate) => {
  await isolate.load(4, utf8(`export default { async fetch() {
    const kept = globalThis.kept = [];
    for (let i = 0; i < 100; i++) kept.push(new crypto.DigestStream("SHA-1"));
    for (let i = 0; i < 40000; i++) {
      new crypto.DigestStream("SHA-1");
      if (i % 100 === 0) await null;
    }
    return new Response("ok");
  } };`), { cpuMs: 60000 });
  const answer = await isolate.request();
  assert.equal(answer.reset, null);
  assert.equal(answer.text, "ok");
}, { only: "engine" });
