// What the algorithms with two keys have in common.

import { sameBytes } from "./bytes.js";
import { fail } from "./errors.js";
import { createKey } from "./key.js";
import { publicOf } from "./material.js";

export const createPublic = (material, algorithm, extractable, usages) =>
  createKey({
    __proto__: null, type: "public", extractable, algorithm, usages, material,
  });

export const createPrivate = (material, algorithm, extractable, usages) =>
  createKey({
    __proto__: null, type: "private", extractable, algorithm, usages, material,
  });

// A CryptoKeyPair, as a record.
export const createPair = (
  material, algorithm, extractable, usages, forPublic, forPrivate) => ({
  __proto__: null,
  privateKey:
    createPrivate(material, algorithm, extractable, usages & forPrivate),
  publicKey:
    createPublic(publicOf(material), algorithm, true, usages & forPublic),
});

export function requireType(key, type) {
  if (key.type !== type) {
    fail("InvalidAccessError", `The key must be a ${type} key.`);
  }
}

export function requireOid(oid, expected) {
  if (!sameBytes(oid, expected)) {
    fail("DataError", "The key is not one of this algorithm.");
  }
}

// A key from another isolate whose bytes are not those of its algorithm.
export const wrongMaterial = () => fail("DataError", "The key is not valid.");
