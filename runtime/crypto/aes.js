// https://w3c.github.io/webcrypto/#aes-ctr and the three that follow it

import { PrimordialUint8Array as Uint8Array } from "../primordials.js";
import { bufferOf } from "../core/bytes.js";
import { sizeOf } from "./bytes.js";
import {
  aesCbcParams, aesCtrParams, aesGcmParams, aesKeyParams, none,
} from "./dictionaries.js";
import { fail } from "./errors.js";
import {
  DECRYPT, ENCRYPT, requireUsages, UNWRAP_KEY, WRAP_KEY,
} from "./key.js";
import {
  AES_CBC, AES_CTR, AES_GCM, AES_KW, filled, ops,
} from "./native.js";
import {
  createSecret, exportSecret, importSecret, randomBytes,
} from "./secret.js";

const NO_BYTES = new Uint8Array(0);

const isKeyLength = (bits) => bits === 128 || bits === 192 || bits === 256;

function requireKeyLength(bits) {
  if (!isKeyLength(bits)) {
    fail("OperationError", "An AES key has 128, 192 or 256 bits.");
  }
  return bits;
}

// What all four have in common.
const keyMethods = (name, suffix, allowed) => ({
  __proto__: null,

  generateKey({ length }, extractable, usages) {
    requireUsages(usages, allowed);
    requireKeyLength(length);
    return createSecret(
      randomBytes(length / 8), { __proto__: null, name, length }, extractable,
      usages);
  },

  importKey(params, format, data, extractable, usages) {
    requireUsages(usages, allowed);
    const bytes = importSecret(format, data, {
      __proto__: null, use: "enc", usages, extractable,
      algOf: (size) => `A${size * 8}${suffix}`,
    });
    const length = sizeOf(bytes) * 8;
    if (!isKeyLength(length)) {
      fail("DataError", "An AES key has 128, 192 or 256 bits.");
    }
    return createSecret(
      bytes, { __proto__: null, name, length }, extractable, usages);
  },

  exportKey: (format, key) =>
    exportSecret(format, key, `A${key.algorithm.length}${suffix}`),

  getKeyLength: ({ length }) => requireKeyLength(length),
});

const CIPHER_USAGES = ENCRYPT | DECRYPT | WRAP_KEY | UNWRAP_KEY;

const keyDictionaries = {
  __proto__: null, generateKey: aesKeyParams, importKey: none,
  getKeyLength: aesKeyParams,
};

function requireBlock(bytes, what) {
  if (sizeOf(bytes) !== 16) {
    fail("OperationError", `The ${what} must have 16 bytes.`);
  }
}

export const aesCbc = {
  ...keyMethods("AES-CBC", "CBC", CIPHER_USAGES),
  __proto__: null,
  name: "AES-CBC",
  dictionaries: {
    ...keyDictionaries,
    __proto__: null, encrypt: aesCbcParams, decrypt: aesCbcParams,
  },

  encrypt({ iv }, key, data) {
    requireBlock(iv, "iv");
    const size = sizeOf(data);
    return filled(size + 16 - size % 16, "AES-CBC encryption", (out) =>
      ops.aes(AES_CBC, 1, key.material, iv, 0, null, data, out));
  },

  decrypt({ iv }, key, data) {
    requireBlock(iv, "iv");
    const size = sizeOf(data);
    let written;
    const out = filled(size, "AES-CBC decryption", (room) =>
      written = ops.aes(AES_CBC, 0, key.material, iv, 0, null, data, room));
    return bufferOf(new Uint8Array(out, 0, written));
  },
};

function ctr({ counter, length }, key, data) {
  requireBlock(counter, "counter");
  if (length === 0 || length > 128) {
    fail("OperationError", "The counter's length must be from 1 to 128.");
  }
  return filled(sizeOf(data), "AES-CTR", (out) =>
    ops.aes(AES_CTR, 1, key.material, counter, length, null, data, out));
}

export const aesCtr = {
  ...keyMethods("AES-CTR", "CTR", CIPHER_USAGES),
  __proto__: null,
  name: "AES-CTR",
  dictionaries: {
    ...keyDictionaries,
    __proto__: null, encrypt: aesCtrParams, decrypt: aesCtrParams,
  },
  encrypt: ctr,
  decrypt: ctr,
};

const tagLengths = {
  __proto__: null,
  32: true, 64: true, 96: true, 104: true, 112: true, 120: true, 128: true,
};

function requireTagLength(bits) {
  if (tagLengths[bits] !== true) {
    fail("OperationError", `${bits} is not a tag length of AES-GCM.`);
  }
}

export const aesGcm = {
  ...keyMethods("AES-GCM", "GCM", CIPHER_USAGES),
  __proto__: null,
  name: "AES-GCM",
  dictionaries: {
    ...keyDictionaries,
    __proto__: null, encrypt: aesGcmParams, decrypt: aesGcmParams,
  },

  encrypt({ additionalData, iv, tagLength = 128 }, key, data) {
    requireTagLength(tagLength);
    return filled(sizeOf(data) + tagLength / 8, "AES-GCM encryption", (out) =>
      ops.aes(
        AES_GCM, 1, key.material, iv, tagLength, additionalData, data, out));
  },

  decrypt({ additionalData, iv, tagLength = 128 }, key, data) {
    requireTagLength(tagLength);
    const size = sizeOf(data) - tagLength / 8;
    if (size < 0) fail("OperationError", "The data has no room for its tag.");
    return filled(size, "AES-GCM decryption", (out) =>
      ops.aes(
        AES_GCM, 0, key.material, iv, tagLength, additionalData, data, out));
  },
};

function wrap(encrypt, key, data) {
  const size = sizeOf(data) + (encrypt ? 8 : -8);
  if (size < 16) fail("OperationError", "The data is too short for AES-KW.");
  // unwrapping needs more room than it fills
  let written;
  const out = filled(sizeOf(data) + 8, "AES-KW", (room) =>
    written = ops.aes(
      AES_KW, encrypt ? 1 : 0, key.material, NO_BYTES, 0, null, data, room));
  return bufferOf(new Uint8Array(out, 0, written));
}

export const aesKw = {
  ...keyMethods("AES-KW", "KW", WRAP_KEY | UNWRAP_KEY),
  __proto__: null,
  name: "AES-KW",
  dictionaries: {
    ...keyDictionaries, __proto__: null, wrapKey: none, unwrapKey: none,
  },
  wrapKey: (params, key, data) => wrap(true, key, data),
  unwrapKey: (params, key, data) => wrap(false, key, data),
};
