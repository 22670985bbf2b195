// https://w3c.github.io/webcrypto/#hmac

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { firstBits, sizeOf } from "./bytes.js";
import { hmacParams, none } from "./dictionaries.js";
import { fail } from "./errors.js";
import { requireUsages, SIGN, VERIFY } from "./key.js";
import { hashIds, ops, resultOf } from "./native.js";
import {
  createSecret, exportSecret, importSecret, randomBytes,
} from "./secret.js";

const blockBits = {
  __proto__: null,
  "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024,
};
const algs = {
  __proto__: null, "SHA-1": "HS1", "SHA-256": "HS256", "SHA-384": "HS384",
  "SHA-512": "HS512",
};

// So many random bits are more than anybody's; op random has a limit, too.
const MAX_BITS = 65536 * 8;

const compute = (key, data) =>
  ops.hmac(hashIds[key.algorithm.hash], key.material, data);

export const hmac = {
  __proto__: null,
  name: "HMAC",
  dictionaries: {
    __proto__: null, sign: none, verify: none, generateKey: hmacParams,
    importKey: hmacParams, getKeyLength: hmacParams,
  },

  sign: (params, key, data) => resultOf(compute(key, data), "HMAC"),

  verify(params, key, signature, data) {
    const code = compute(key, data);
    return code !== undefined && ops.equal(code, signature) === 1;
  },

  generateKey({ hash, length = blockBits[hash] }, extractable, usages) {
    requireUsages(usages, SIGN | VERIFY);
    if (length === 0 || length > MAX_BITS) {
      fail("OperationError", "The length is not one of an HMAC key.");
    }
    const material = firstBits(randomBytes((length + 7) / 8 | 0), length);
    return createSecret(
      material, { __proto__: null, name: "HMAC", hash, length }, extractable,
      usages);
  },

  importKey({ hash, length }, format, data, extractable, usages) {
    requireUsages(usages, SIGN | VERIFY);
    const bytes = importSecret(format, data, {
      __proto__: null, use: "sig", usages, extractable, algOf: () => algs[hash],
    });
    const bits = sizeOf(bytes) * 8;
    if (bits === 0) fail("DataError", "An HMAC key cannot be empty.");
    if (length !== undefined && (length > bits || length <= bits - 8)) {
      fail("DataError", "The length is not that of the key.");
    }
    const taken = length ?? bits;
    return createSecret(
      firstBits(bytes, taken),
      { __proto__: null, name: "HMAC", hash, length: taken }, extractable,
      usages);
  },

  exportKey: (format, key) =>
    exportSecret(format, key, algs[key.algorithm.hash]),

  getKeyLength({ hash, length }) {
    if (length === 0) throw new TypeError("The length must not be 0.");
    return length ?? blockBits[hash];
  },
};
