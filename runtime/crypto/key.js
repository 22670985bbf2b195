// https://w3c.github.io/webcrypto/#cryptokey-interface

import {
  ArrayPrototype, list, ObjectSetPrototypeOf, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { defineInterface, isObject, requireBrand } from "../core/webidl.js";
import { copyOf } from "./bytes.js";
import { fail } from "./errors.js";

// Usages are sets of bits; in this order they are shown.
export const ENCRYPT = 1;
export const DECRYPT = 2;
export const SIGN = 4;
export const VERIFY = 8;
export const DERIVE_KEY = 16;
export const DERIVE_BITS = 32;
export const WRAP_KEY = 64;
export const UNWRAP_KEY = 128;

const usageNames = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey",
  "unwrapKey",
];
ObjectSetPrototypeOf(usageNames, null);

// The bit of a name, 0 if there is none.
export function usageOf(name) {
  for (let i = 0; i < usageNames.length; i++) {
    if (usageNames[i] === name) return 1 << i;
  }
  return 0;
}

// Throws unless all "usages" are among the "allowed" ones.
export function requireUsages(usages, allowed) {
  if ((usages & ~allowed) !== 0) {
    fail("SyntaxError", "The algorithm has no such key usage.");
  }
}

// An array that is a worker's.
export function usageArray(usages) {
  const array = list();
  for (let i = 0; i < usageNames.length; i++) {
    if ((usages & 1 << i) !== 0) array[array.length] = usageNames[i];
  }
  return ObjectSetPrototypeOf(array, ArrayPrototype);
}

// What a worker sees of [[algorithm]]: members in Web IDL's order.
function algorithmObject(algorithm) {
  const { name, hash, length, modulusLength, namedCurve, publicExponent } =
    algorithm;
  if (modulusLength !== undefined) {
    return {
      name, modulusLength, publicExponent: copyOf(publicExponent),
      hash: { name: hash },
    };
  }
  if (hash !== undefined) return { name, hash: { name: hash }, length };
  if (length !== undefined) return { name, length };
  if (namedCurve !== undefined) return { name, namedCurve };
  return { name };
}

const kCreate = {};

export class CryptoKey {
  #type;
  #extractable;
  #algorithm;
  #usages;
  #material;
  #algorithmCached = undefined;
  #usagesCached = undefined;

  constructor(token = undefined, slots = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    this.#type = slots.type;
    this.#extractable = slots.extractable;
    this.#algorithm = slots.algorithm;
    this.#usages = slots.usages;
    this.#material = slots.material;
  }

  get type() {
    requireBrand(#type in this);
    return this.#type;
  }

  get extractable() {
    requireBrand(#type in this);
    return this.#extractable;
  }

  get algorithm() {
    requireBrand(#type in this);
    return this.#algorithmCached ??= algorithmObject(this.#algorithm);
  }

  get usages() {
    requireBrand(#type in this);
    return this.#usagesCached ??= usageArray(this.#usages);
  }

  // deleted below: nothing of it is a worker's to see
  static slotsOf(key) {
    return {
      __proto__: null, type: key.#type, extractable: key.#extractable,
      algorithm: key.#algorithm, usages: key.#usages, material: key.#material,
    };
  }

  static isKey(value) { return isObject(value) && #type in value; }
}
export const { isKey, slotsOf } = CryptoKey;
delete CryptoKey.isKey;
delete CryptoKey.slotsOf;
defineInterface(CryptoKey);

// "slots": type, extractable, algorithm (without a prototype: name, hash,
// length, modulusLength, namedCurve, publicExponent), usages (bits), material
// (the bytes of a secret key, or a packed one).  slotsOf() is the opposite; the
// two are also how a key is cloned.
export const createKey = (slots) => new CryptoKey(kCreate, slots);

export function requireKey(value, where) {
  if (!isKey(value)) throw new TypeError(`${where} must be a CryptoKey.`);
  return value;
}
