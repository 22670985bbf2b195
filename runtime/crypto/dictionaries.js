// The dictionaries of algorithms: members in the order in which Web IDL reads
// them, that is, by their names.  normalize.js knows the kinds.

import { ObjectSetPrototypeOf } from "../primordials.js";

const required = (name, kind) =>
  ({ __proto__: null, name, kind, required: true });
const optional = (name, kind) =>
  ({ __proto__: null, name, kind, required: false });
const dictionary = (...members) => ObjectSetPrototypeOf(members, null);

export const none = dictionary();

export const aesCbcParams = dictionary(required("iv", "bytes"));
export const aesCtrParams =
  dictionary(required("counter", "bytes"), required("length", "octet"));
export const aesGcmParams = dictionary(
  optional("additionalData", "bytes"), required("iv", "bytes"),
  optional("tagLength", "octet"));
export const aesKeyParams = dictionary(required("length", "short"));

export const hmacParams =
  dictionary(required("hash", "hash"), optional("length", "long"));
export const hashParams = dictionary(required("hash", "hash"));

// RsaHashedKeyGenParams inherits from RsaKeyGenParams.
export const rsaKeyGenParams = dictionary(
  required("modulusLength", "long"), required("publicExponent", "bigInteger"),
  required("hash", "hash"));
export const rsaPssParams = dictionary(required("saltLength", "long"));
export const rsaOaepParams = dictionary(optional("label", "bytes"));

export const ecKeyParams = dictionary(required("namedCurve", "string"));
export const ecdhParams = dictionary(required("public", "key"));

const info = required("info", "bytes");
const hash = required("hash", "hash");
const salt = required("salt", "bytes");
const iterations = required("iterations", "long");

export const hkdfParams = dictionary(hash, info, salt);
hkdfParams.declared = dictionary(hash, salt, info);
export const pbkdf2Params = dictionary(hash, iterations, salt);
pbkdf2Params.declared = dictionary(salt, iterations, hash);
