// https://w3c.github.io/webcrypto/#sha

import { none } from "./dictionaries.js";
import { hashIds, ops, resultOf } from "./native.js";

const digestAlgorithm = (name, dictionaries) => ({
  __proto__: null,
  name,
  dictionaries,
  digest: (params, data) => resultOf(ops.digest(hashIds[name], data), name),
});

const sha = { __proto__: null, digest: none, hash: none };

export const sha1 = digestAlgorithm("SHA-1", sha);
export const sha256 = digestAlgorithm("SHA-256", sha);
export const sha384 = digestAlgorithm("SHA-384", sha);
export const sha512 = digestAlgorithm("SHA-512", sha);

// Not in the standard: for what already uses it, and nothing else takes it.
export const md5 = digestAlgorithm("MD5", { __proto__: null, digest: none });
