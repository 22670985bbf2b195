// https://w3c.github.io/webcrypto/#JsonWebKey-dictionary and RFC 7517

import { v8 } from "../native.js";
import {
  ArrayIsArray, JSONParse, JSONStringify, list, ObjectPrototype,
  ObjectSetPrototypeOf,
} from "../primordials.js";
import { toSequence } from "../core/convert.js";
import { isObject, toDOMString } from "../core/webidl.js";
import { base64url, fromBase64url } from "./bytes.js";
import { fail } from "./errors.js";
import { requireDictionary } from "./idl.js";
import { usageArray, usageOf } from "./key.js";

const WHERE = "A JsonWebKey's member";

const string = (value) => toDOMString(value);
const boolean = (value) => !!value;
const strings = (value) => toSequence(
  value, string, "JsonWebKey", "a member");

function prime(value) {
  requireDictionary(value, WHERE);
  const object = value ?? { __proto__: null };
  const read = (name) =>
    object[name] === undefined ? undefined : string(object[name]);
  return { __proto__: null, d: read("d"), r: read("r"), t: read("t") };
}

const primes = (value) => toSequence(
  value, prime, "JsonWebKey", "a member");

// In the order in which Web IDL reads them.
const names = [
  "alg", "crv", "d", "dp", "dq", "e", "ext", "k", "key_ops", "kty", "n", "oth",
  "p", "q", "qi", "use", "x", "y",
];
ObjectSetPrototypeOf(names, null);

const converters = {
  __proto__: null, ext: boolean, key_ops: strings, oth: primes,
};

// A worker's object as a record without a prototype; absent members are
// undefined.
export function toJwk(value) {
  requireDictionary(value, "The JsonWebKey");
  const jwk = { __proto__: null };
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const member = value?.[name];
    jwk[name] = member === undefined
      ? undefined : (converters[name] ?? string)(member);
  }
  return jwk;
}

const badJson = () => fail("DataError", "The unwrapped key is not a JWK.");

function parsedList(value, convert) {
  if (!ArrayIsArray(value)) badJson();
  const items = list();
  for (let i = 0; i < value.length; i++) items[i] = convert(value[i]);
  return items;
}

const parsedString = (value) => typeof value === "string" ? value : badJson();

function parsedPrime(value) {
  if (!isObject(value)) badJson();
  return { __proto__: null };
}

const parsers = {
  __proto__: null,
  ext: (value) => typeof value === "boolean" ? value : badJson(),
  key_ops: (value) => parsedList(value, parsedString),
  oth: (value) => parsedList(value, parsedPrime),
};

// https://w3c.github.io/webcrypto/#concept-parse-a-jwk: as in another global
// object, that is, without a look at what a worker did to its prototypes.
export function parseJwk(bytes) {
  let value;
  try {
    value = JSONParse(v8.utf8Decode(bytes, true, false));
  } catch {
    badJson();
  }
  if (!isObject(value)) badJson();
  ObjectSetPrototypeOf(value, null);
  const jwk = { __proto__: null };
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const member = value[name];
    jwk[name] = member === undefined
      ? undefined : (parsers[name] ?? parsedString)(member);
  }
  if (jwk.kty === undefined) badJson();
  return jwk;
}

// The bytes of a record that an exportKey() made.
export const serializeJwk = (jwk) => v8.utf8Encode(JSONStringify(jwk));

// The record as an object of a worker's.
export function publishJwk(jwk) {
  jwk.key_ops = usageArray(jwk.key_ops.usages);
  return ObjectSetPrototypeOf(jwk, ObjectPrototype);
}

// key_ops as serializeJwk() and publishJwk() want it.
export function keyOps(usages) {
  const array = ObjectSetPrototypeOf(usageArray(usages), null);
  array.usages = usages;
  return array;
}

// What all algorithms require of a JWK.
export function checkJwk(jwk, { kty, use, usages, extractable }) {
  if (jwk.kty !== kty) fail("DataError", `The JWK's "kty" is not "${kty}".`);
  if (usages !== 0 && jwk.use !== undefined && jwk.use !== use) {
    fail("DataError", `The JWK's "use" is not "${use}".`);
  }
  if (jwk.key_ops !== undefined) {
    let allowed = 0;
    const seen = { __proto__: null };
    for (let i = 0; i < jwk.key_ops.length; i++) {
      const name = jwk.key_ops[i];
      if (seen[name]) fail("DataError", 'The JWK\'s "key_ops" repeats itself.');
      seen[name] = true;
      allowed |= usageOf(name);
    }
    if ((usages & ~allowed) !== 0) {
      fail("DataError", 'The JWK\'s "key_ops" lacks a usage asked for.');
    }
  }
  if (jwk.ext === false && extractable) {
    fail("DataError", 'The JWK\'s "ext" forbids an extractable key.');
  }
}

// A member that holds bytes and must be there.
export function jwkBytes(jwk, name) {
  const text = jwk[name];
  const bytes = text === undefined ? undefined : fromBase64url(text);
  if (bytes === undefined) {
    fail("DataError", `The JWK's "${name}" is not base64url.`);
  }
  return bytes;
}

export { base64url };
