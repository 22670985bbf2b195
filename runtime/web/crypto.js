// https://w3c.github.io/webcrypto/#crypto-interface: the two synchronous methods;
// the rest is in the chunk "crypto".

import { ops } from "../native.js";
import {
  NumberPrototypeToString, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, StringPrototypePadStart,
  StringPrototypeSlice, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSet,
} from "../primordials.js";
import { chunk, defineLazily } from "../core/chunks.js";
import { DOMException } from "../core/dom-exception.js";
import { requireInvocation } from "../core/invocation.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";

const kCreate = {};

const integerArrays = {
  __proto__: null,
  Int8Array: true, Uint8Array: true, Uint8ClampedArray: true, Int16Array: true,
  Uint16Array: true, Int32Array: true, Uint32Array: true, BigInt64Array: true,
  BigUint64Array: true,
};

const hex = (byte) =>
  StringPrototypePadStart(NumberPrototypeToString(byte, 16), 2, "0");

export class Crypto {
  #brand;

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
  }

  get subtle() {
    requireBrand(#brand in this);
    return chunk("crypto").subtle;
  }

  getRandomValues(array) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 1, "Crypto.getRandomValues");
    const tag = isObject(array)
      ? TypedArrayPrototypeGetSymbolToStringTag(array) : undefined;
    if (tag === undefined || !integerArrays[tag]) {
      throw new DOMException(
        "getRandomValues() takes an ArrayBufferView of integers.",
        "TypeMismatchError");
    }
    const length = TypedArrayPrototypeGetByteLength(array);
    if (length > 65536) {
      throw new DOMException(
        `getRandomValues() gives at most 65536 bytes, not ${length}.`,
        "QuotaExceededError");
    }
    requireInvocation();
    if (length > 0) {
      const bytes = new Uint8Array(
        TypedArrayPrototypeGetBuffer(array),
        TypedArrayPrototypeGetByteOffset(array), length);
      TypedArrayPrototypeSet(bytes, ops.random(length), 0);
    }
    return array;
  }

  randomUUID() {
    requireBrand(#brand in this);
    requireInvocation();
    const bytes = ops.random(16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = "";
    for (let i = 0; i < 16; i++) text += hex(bytes[i]);
    const part = (from, to) => StringPrototypeSlice(text, from, to);
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-` +
      part(20, 32);
  }
}
defineInterface(Crypto);

// Workers' own.
const digestStream = () => chunk("digeststream").DigestStream;
defineLazily(Crypto, ["DigestStream"], false, digestStream);
defineLazily(Crypto.prototype, ["DigestStream"], false, digestStream);

export const crypto = new Crypto(kCreate);
