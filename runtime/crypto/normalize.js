// https://w3c.github.io/webcrypto/#algorithm-normalization

import {
  StringPrototypeCharCodeAt, StringPrototypeToUpperCase,
  PrimordialTypeError as TypeError,
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
import { isObject, toDOMString } from "../core/webidl.js";
import { algorithms } from "./algorithms.js";
import { copyOf, requireBufferSource } from "./bytes.js";
import { fail } from "./errors.js";
import { toEnforcedInteger } from "./idl.js";
import { requireKey } from "./key.js";

// How a member is converted, and what the normalized algorithm then holds.
const kinds = {
  __proto__: null,
  bytes: { __proto__: null, convert: requireBufferSource, finish: copyOf },
  octet: {
    __proto__: null,
    convert: (value, where) => toEnforcedInteger(value, 255, where),
  },
  short: {
    __proto__: null,
    convert: (value, where) => toEnforcedInteger(value, 65535, where),
  },
  long: {
    __proto__: null,
    convert: (value, where) => toEnforcedInteger(value, 4294967295, where),
  },
  string: { __proto__: null, convert: toDOMString },
  key: { __proto__: null, convert: requireKey },
  bigInteger: {
    __proto__: null,
    convert(value, where) {
      if (!isObject(value) ||
          TypedArrayPrototypeGetSymbolToStringTag(value) !== "Uint8Array") {
        throw new TypeError(`${where} must be a Uint8Array.`);
      }
      return requireBufferSource(value, where);
    },
    finish: copyOf,
  },
  hash: {
    __proto__: null,
    convert: (value) => isObject(value) ? value : toDOMString(value),
    finish: (value) => normalize(value, "hash").name,
  },
};

function isAscii(text) {
  for (let i = 0; i < text.length; i++) {
    if (StringPrototypeCharCodeAt(text, i) > 127) return false;
  }
  return true;
}

// The algorithm of this name that can be used so, or a NotSupportedError.
function find(name, op) {
  if (isAscii(name)) {
    const algorithm = algorithms[StringPrototypeToUpperCase(name)];
    if (algorithm !== undefined && algorithm.dictionaries[op] !== undefined) {
      return algorithm;
    }
  }
  return fail(
    "NotSupportedError", `The algorithm "${name}" cannot be used here.`);
}

function readName(value) {
  const { name } = value;
  if (name === undefined) {
    throw new TypeError("An algorithm must have a name.");
  }
  return toDOMString(name);
}

// An AlgorithmIdentifier: step one of its conversion.
export const toAlgorithmIdentifier = (value) =>
  isObject(value) ? value : toDOMString(value);

// "op" is one of the methods', or "getKeyLength", or "hash": a digest that
// another algorithm uses.  The result has the name as it is registered, the
// members of the dictionary, and the "algorithm" (algorithms.js).
export function normalize(value, op) {
  const source = typeof value === "string"
    ? { __proto__: null, name: value } : value;
  const algorithm = find(readName(source), op);
  const members = algorithm.dictionaries[op];

  // Web IDL reads an inherited dictionary's members first.
  readName(source);
  const result = { __proto__: null, name: algorithm.name, algorithm };
  for (let i = 0; i < members.length; i++) {
    const { kind, name, required } = members[i];
    const member = source[name];
    const where = `The algorithm's "${name}"`;
    if (member !== undefined) {
      result[name] = kinds[kind].convert(member, where);
    } else if (required) {
      throw new TypeError(`${where} is missing.`);
    } else {
      result[name] = undefined;
    }
  }

  // Step 10, in the order in which the dictionaries declare them.
  const order = members.declared ?? members;
  for (let i = 0; i < order.length; i++) {
    const { kind, name } = order[i];
    const { finish } = kinds[kind];
    if (finish !== undefined && result[name] !== undefined) {
      result[name] = finish(result[name]);
    }
  }
  return result;
}

// The name of a digest, as digest() takes it.
export const digestName = (value) =>
  normalize(toAlgorithmIdentifier(value), "digest").name;
