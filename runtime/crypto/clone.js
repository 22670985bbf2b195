// CryptoKeys on their way to another isolate, or to structuredClone().
// https://w3c.github.io/webcrypto/#cryptokey-interface-clone

import {
  ArrayIsArray, NumberIsInteger, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, StringPrototypeToUpperCase,
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
import { defineCloneable, TAG_CRYPTO_KEY } from "../core/clone.js";
import { algorithms } from "./algorithms.js";
import { copyOf, isBufferSource } from "./bytes.js";
import { hashParams, hmacParams } from "./dictionaries.js";
import { CryptoKey, isKey, slotsOf } from "./key.js";

// What writeKey() makes: an array of numbers, strings, booleans and
// Uint8Arrays, which are the key's own.
const TYPE = 0, EXTRACTABLE = 1, USAGES = 2, MATERIAL = 3, NAME = 4, HASH = 5,
  LENGTH = 6, CURVE = 7, EXPONENT = 8, COUNT = 9;

function writeKey(key) {
  const { algorithm, extractable, material, type, usages } = slotsOf(key);
  return [
    type, extractable, usages, material, algorithm.name, algorithm.hash ?? null,
    algorithm.length ?? null, algorithm.namedCurve ?? null,
    algorithm.publicExponent ?? null,
  ];
}

const bad = () => {
  throw new TypeError("The bytes are not those of a CryptoKey.");
};

// One that other algorithms use.
const isHash = (name) =>
  typeof name === "string" && algorithms[name]?.dictionaries.hash !== undefined;

const isBytes = (value) =>
  isBufferSource(value) &&
  TypedArrayPrototypeGetSymbolToStringTag(value) === "Uint8Array";

// Of parts that another isolate may have made up: all that importKey() would
// check is checked again.
function readKey(parts) {
  if (!ArrayIsArray(parts) || parts.length !== COUNT ||
      typeof parts[NAME] !== "string" || !isBytes(parts[MATERIAL]) ||
      typeof parts[EXTRACTABLE] !== "boolean" ||
      typeof parts[USAGES] !== "number") {
    bad();
  }
  const algorithm = algorithms[StringPrototypeToUpperCase(parts[NAME])];
  if (algorithm === undefined || algorithm.importKey === undefined) bad();

  const hash = parts[HASH];
  const length = parts[LENGTH];
  const { importKey } = algorithm.dictionaries;
  const hashes = importKey === hashParams || importKey === hmacParams;
  if (hashes !== isHash(hash)) bad();
  if (length !== null && !NumberIsInteger(length)) bad();
  const exponent = parts[EXPONENT];
  if (exponent !== null && !isBytes(exponent)) bad();

  const usages = parts[USAGES] & 0xff;
  const extractable = parts[EXTRACTABLE];
  const material = copyOf(parts[MATERIAL]);
  const params = {
    __proto__: null, name: algorithm.name, hash,
    length: length ?? undefined, namedCurve: parts[CURVE],
    publicExponent: exponent === null ? new Uint8Array(0) : copyOf(exponent),
  };
  const key = algorithm.restore === undefined
    ? algorithm.importKey(params, "raw", material, extractable, usages)
    : algorithm.restore(params, material, extractable, usages);
  if (slotsOf(key).type !== parts[TYPE]) bad();
  return key;
}

defineCloneable(CryptoKey, {
  tag: TAG_CRYPTO_KEY, is: isKey, write: writeKey, read: readKey,
});
