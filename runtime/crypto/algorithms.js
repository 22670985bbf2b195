// All algorithms, by their names in capitals.  Each has a "name", what
// dictionary each operation takes ("dictionaries"; what is not there is not
// supported), and the operations:
//
//   digest(params, data), encrypt, decrypt, wrapKey, unwrapKey, sign(params,
//   key, data)                                   return an ArrayBuffer
//   verify(params, key, signature, data)         a boolean
//   deriveBits(params, key, length)              a Uint8Array
//   getKeyLength(params)                         bits, or null
//   generateKey(params, extractable, usages)     a CryptoKey or a record of two
//   importKey(params, format, data, extractable, usages)   a CryptoKey
//   exportKey(format, key)                       an ArrayBuffer or a JWK record
//   restore(params, material, extractable, usages)         a CryptoKey, of two
//
// where "key" is what slotsOf() returns, data are bytes that are not kept, and
// a JWK is a record of jwk.js's.

import { aesCbc, aesCtr, aesGcm, aesKw } from "./aes.js";
import { md5, sha1, sha256, sha384, sha512 } from "./digest.js";
import { ecdh, ecdsa } from "./ec.js";
import { hmac } from "./hmac.js";
import { hkdf, pbkdf2 } from "./kdf.js";
import { ed25519, nodeEd25519, x25519 } from "./okp.js";
import { rsaOaep, rsaPkcs1, rsaPss } from "./rsa.js";

export const algorithms = {
  __proto__: null,
  "AES-CBC": aesCbc,
  "AES-CTR": aesCtr,
  "AES-GCM": aesGcm,
  "AES-KW": aesKw,
  "ECDH": ecdh,
  "ECDSA": ecdsa,
  "ED25519": ed25519,
  "HKDF": hkdf,
  "HMAC": hmac,
  "MD5": md5,
  "NODE-ED25519": nodeEd25519,
  "PBKDF2": pbkdf2,
  "RSA-OAEP": rsaOaep,
  "RSA-PSS": rsaPss,
  "RSASSA-PKCS1-V1_5": rsaPkcs1,
  "SHA-1": sha1,
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
  "X25519": x25519,
};
