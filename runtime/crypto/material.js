// Asymmetric keys as the engine's ops take them: kind, curve or 0, then fields,
// each two bytes of length, little-endian, and its bytes.
// engine/crypto_key.c

import { list, PrimordialUint8Array as Uint8Array } from "../primordials.js";
import { joinBytes } from "../core/bytes.js";
import { sizeOf, sliceOf } from "./bytes.js";
import { fail } from "./errors.js";
import { ops } from "./native.js";

// dw_key_kind_t: what fields there are
export const RSA_PUBLIC = 1;      // n, e
export const RSA_PRIVATE = 2;     // n, e, d, p, q, dp, dq, qi
export const EC_PUBLIC = 3;       // point
export const EC_PRIVATE = 4;      // point, d
export const OKP_PUBLIC = 5;      // x
export const OKP_PRIVATE = 6;     // x, d

// dw_key_curve_t
export const curves = {
  __proto__: null,
  "P-256": 1, "P-384": 2, "P-521": 3, "Ed25519": 4, "X25519": 5,
};

export function pack(kind, curve, fields) {
  const parts = list();
  const head = new Uint8Array(2);
  head[0] = kind;
  head[1] = curve;
  parts[0] = head;
  for (let i = 0; i < fields.length; i++) {
    const size = sizeOf(fields[i]);
    if (size > 0xffff) fail("DataError", "The key is too long.");
    const length = new Uint8Array(2);
    length[0] = size & 0xff;
    length[1] = size >> 8;
    parts[parts.length] = length;
    parts[parts.length] = fields[i];
  }
  return joinBytes(parts);
}

// The fields of what pack() or an op made.
export function unpack(packed) {
  const fields = list();
  let at = 2;
  while (at < sizeOf(packed)) {
    const size = packed[at] + packed[at + 1] * 256;
    at += 2;
    fields[fields.length] = sliceOf(packed, at, at + size);
    at += size;
  }
  return fields;
}

// The key with its public part complete, or a DataError if it is none.
export function checked(packed) {
  const result = ops.keyCheck(packed);
  if (result === undefined) fail("DataError", "The key is not valid.");
  return result;
}

// A private key, packed.
export function generate(kind, what, exponent) {
  const packed = ops.keyGenerate(kind, what, exponent);
  if (packed === undefined) fail("OperationError", "No key was generated.");
  return packed;
}

// The public half of a private key.
export function publicOf(packed) {
  const kind = packed[0];
  const fields = unpack(packed);
  const half = list();
  half[0] = fields[0];
  if (kind === RSA_PRIVATE) half[1] = fields[1];
  return pack(kind - 1, packed[1], half);
}
