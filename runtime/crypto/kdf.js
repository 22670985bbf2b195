// https://w3c.github.io/webcrypto/#hkdf and #pbkdf2

import { PrimordialUint8Array as Uint8Array } from "../primordials.js";
import { copyOf } from "./bytes.js";
import { hkdfParams, none, pbkdf2Params } from "./dictionaries.js";
import { fail } from "./errors.js";
import { DERIVE_BITS, DERIVE_KEY, requireUsages } from "./key.js";
import { filled, hashBytes, hashIds, ops } from "./native.js";
import { createSecret, unsupportedFormat } from "./secret.js";

// As Workers have it: more would be a way to keep a processor busy.
const MAX_ITERATIONS = 100000;

const keyMethods = (name) => ({
  __proto__: null,

  importKey(params, format, data, extractable, usages) {
    if (format !== "raw") unsupportedFormat(format);
    requireUsages(usages, DERIVE_KEY | DERIVE_BITS);
    if (extractable) {
      fail("SyntaxError", `A key of ${name} cannot be extractable.`);
    }
    return createSecret(copyOf(data), { __proto__: null, name }, false, usages);
  },

  getKeyLength: () => null,
});

function requireWholeBytes(length) {
  if (length === null || length % 8 !== 0) {
    fail("OperationError", "The length must be a multiple of 8.");
  }
  return length / 8;
}

export const hkdf = {
  ...keyMethods("HKDF"),
  __proto__: null,
  name: "HKDF",
  dictionaries: {
    __proto__: null, deriveBits: hkdfParams, importKey: none,
    getKeyLength: none,
  },

  deriveBits({ hash, info, salt }, key, length) {
    const size = requireWholeBytes(length);
    if (size > 255 * hashBytes[hash]) {
      fail("OperationError", "HKDF cannot derive so much.");
    }
    return new Uint8Array(filled(size, "HKDF", (out) =>
      ops.hkdf(hashIds[hash], key.material, salt, info, out)));
  },
};

export const pbkdf2 = {
  ...keyMethods("PBKDF2"),
  __proto__: null,
  name: "PBKDF2",
  dictionaries: {
    __proto__: null, deriveBits: pbkdf2Params, importKey: none,
    getKeyLength: none,
  },

  deriveBits({ hash, iterations, salt }, key, length) {
    const size = requireWholeBytes(length);
    if (iterations === 0) fail("OperationError", "PBKDF2 needs an iteration.");
    if (iterations > MAX_ITERATIONS) {
      fail(
        "NotSupportedError",
        `Pbkdf2 failed: iteration counts above ${MAX_ITERATIONS} are not ` +
        `supported (requested ${iterations}).`);
    }
    return new Uint8Array(filled(size, "PBKDF2", (out) =>
      ops.pbkdf2(hashIds[hash], key.material, salt, iterations, out)));
  },
};
