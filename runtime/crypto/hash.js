// What node:crypto needs, without Web Crypto's shapes: bytes are Uint8Arrays,
// and a worker's, or strings, are the caller's to convert.

import { joinBytes } from "../core/bytes.js";
import { Resource } from "../core/resource.js";
import {
  list, PrimordialArrayBuffer as ArrayBuffer,
  PrimordialUint8Array as Uint8Array, StringPrototypeToLowerCase,
} from "../primordials.js";
import { hashBytes, hashIds, ops } from "./native.js";

const aliases = {
  __proto__: null,
  "md5": "MD5", "sha1": "SHA-1", "sha-1": "SHA-1", "sha224": "SHA-224",
  "sha-224": "SHA-224", "sha256": "SHA-256", "sha-256": "SHA-256",
  "sha384": "SHA-384", "sha-384": "SHA-384", "sha512": "SHA-512",
  "sha-512": "SHA-512", "ripemd160": "RIPEMD-160", "ripemd-160": "RIPEMD-160",
  "rmd160": "RIPEMD-160",
};

// "SHA256" or "sha-256" as "SHA-256", or undefined.
export const hashName = (name) => aliases[StringPrototypeToLowerCase(name)];

// The length of a digest, of a name that hashName() returned.
export const digestBytes = (name) => hashBytes[name];

// A digest that is computed piece by piece.
class Hash {
  #native;

  constructor(native) {
    this.#native = native;
  }

  update(bytes) {
    ops.hashUpdate(this.#native.id, bytes);
  }

  // Only once; no update() may follow.
  digest() {
    const digest = ops.hashFinal(this.#native.id);
    this.#native.close();
    return digest;
  }

  copy() {
    return new Hash(new Resource(ops.hashCopy(this.#native.id)));
  }

  // At once, not when it is collected.
  close() {
    this.#native.close();
  }
}

function create(name, key) {
  const known = hashName(name);
  const id = known === undefined
    ? undefined : ops.hashCreate(hashIds[known], key);
  return id === undefined ? undefined : new Hash(new Resource(id));
}

// Undefined for a name that is none.
export const createHash = (name) => create(name, undefined);
export const createHmac = (name, key) => create(name, key);

// In an invocation only, as all randomness.
export function randomBytes(size) {
  if (size <= 65536) return ops.random(size);
  const parts = list();
  for (let left = size; left > 0; left -= 65536) {
    parts[parts.length] = ops.random(left < 65536 ? left : 65536);
  }
  return joinBytes(parts);
}

// Of two arrays of one length.
export const timingSafeEqual = (a, b) => ops.equal(a, b) === 1;

// Each fills "size" bytes, or returns undefined.

function derived(size, fill) {
  const out = new ArrayBuffer(size);
  return fill(out) < 0 ? undefined : new Uint8Array(out);
}

export const pbkdf2 = (name, password, salt, iterations, size) =>
  derived(size, (out) =>
    ops.pbkdf2(hashIds[name], password, salt, iterations, out));

export const hkdf = (name, key, salt, info, size) =>
  derived(size, (out) => ops.hkdf(hashIds[name], key, salt, info, out));

export const scrypt = (password, salt, N, r, p, maxmem, size) =>
  derived(size, (out) => ops.scrypt(password, salt, N, r, p, maxmem, out));
