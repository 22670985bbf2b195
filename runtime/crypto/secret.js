// Secret keys: HMAC's, AES's, and what keys are derived from.

import { ops } from "../native.js";
import { TypedArrayPrototypeGetBuffer } from "../primordials.js";
import { copyOf, sizeOf } from "./bytes.js";
import { fail } from "./errors.js";
import { base64url, checkJwk, jwkBytes, keyOps } from "./jwk.js";
import { createKey } from "./key.js";

export function createSecret(material, algorithm, extractable, usages) {
  return createKey({
    __proto__: null, type: "secret", extractable, algorithm, usages, material,
  });
}

export const randomBytes = (size) => ops.random(size);

export const unsupportedFormat = (format) =>
  fail("NotSupportedError", `The format "${format}" is not of this algorithm.`);

// The bytes of a key in format "raw" or "jwk"; "algOf" says by their number
// which "alg" a JWK may name.
export function importSecret(
  format, data, { use, usages, extractable, algOf }) {
  if (format === "raw") return copyOf(data);
  if (format !== "jwk") unsupportedFormat(format);
  checkJwk(data, { __proto__: null, kty: "oct", use, usages, extractable });
  const bytes = jwkBytes(data, "k");
  const alg = algOf(sizeOf(bytes));
  if (data.alg !== undefined && data.alg !== alg) {
    fail("DataError", 'The JWK\'s "alg" does not fit.');
  }
  return bytes;
}

export function exportSecret(format, key, alg) {
  if (format === "raw") {
    return TypedArrayPrototypeGetBuffer(copyOf(key.material));
  }
  if (format !== "jwk") unsupportedFormat(format);
  return {
    __proto__: null, alg, ext: key.extractable, k: base64url(key.material),
    key_ops: keyOps(key.usages), kty: "oct",
  };
}
