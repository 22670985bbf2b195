// The engine's cryptographic ops, and the numbers that they know things by.

import { ops } from "../native.js";
import {
  PrimordialArrayBuffer as ArrayBuffer, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { fail } from "./errors.js";

// engine/crypto.h: dw_hash_t
export const hashIds = {
  __proto__: null,
  "MD5": 1, "SHA-1": 2, "SHA-224": 3, "SHA-256": 4, "SHA-384": 5, "SHA-512": 6,
  "RIPEMD-160": 7,
};

export const hashBytes = {
  __proto__: null,
  "MD5": 16, "SHA-1": 20, "SHA-224": 28, "SHA-256": 32, "SHA-384": 48,
  "SHA-512": 64, "RIPEMD-160": 20,
};

// engine/crypto_cipher.c: dw_aes_mode_t
export const AES_CBC = 1;
export const AES_CTR = 2;
export const AES_GCM = 3;
export const AES_KW = 4;

// engine/crypto_sign.c: dw_sign_scheme_t
export const SIGN_PKCS1 = 1;
export const SIGN_PSS = 2;
export const SIGN_ECDSA = 3;
export const SIGN_EDDSA = 4;

// What an op returned, as the ArrayBuffer that promises are resolved with.
export function resultOf(bytes, what) {
  if (bytes === undefined) fail("OperationError", `${what} failed.`);
  return TypedArrayPrototypeGetBuffer(bytes);
}

// "fill" writes to a new ArrayBuffer and says how it went, less than 0: badly.
export function filled(size, what, fill) {
  const out = new ArrayBuffer(size);
  if (fill(out) < 0) fail("OperationError", `${what} failed.`);
  return out;
}

export { ops };
