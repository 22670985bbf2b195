// https://w3c.github.io/webcrypto/#rsassa-pkcs1 and the two that follow it

import {
  list, PrimordialUint8Array as Uint8Array, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { sameBytes, sizeOf, trimZeros } from "./bytes.js";
import {
  derInteger, derNull, DerReader, derSequence, derSmallInteger, readPkcs8,
  readSpki, writePkcs8, writeSpki,
} from "./der.js";
import {
  hashParams, none, rsaKeyGenParams, rsaOaepParams, rsaPssParams,
} from "./dictionaries.js";
import { fail } from "./errors.js";
import { base64url, checkJwk, jwkBytes, keyOps } from "./jwk.js";
import {
  DECRYPT, ENCRYPT, requireUsages, SIGN, UNWRAP_KEY, VERIFY, WRAP_KEY,
} from "./key.js";
import {
  checked, generate, pack, RSA_PRIVATE, RSA_PUBLIC, unpack,
} from "./material.js";
import {
  hashIds, ops, resultOf, SIGN_PKCS1, SIGN_PSS,
} from "./native.js";
import {
  createPair, createPrivate, createPublic, requireOid, requireType,
  wrongMaterial,
} from "./pairs.js";
import { unsupportedFormat } from "./secret.js";

// engine/crypto.h: DW_CRYPTO_RSA_MIN, DW_CRYPTO_RSA_NEW
const MIN_BITS = 512;
const MAX_BITS = 4096;

// rsaEncryption, 1.2.840.113549.1.1.1
const OID = new Uint8Array(9);
OID[0] = 0x2a; OID[1] = 0x86; OID[2] = 0x48; OID[3] = 0x86; OID[4] = 0xf7;
OID[5] = 0x0d; OID[6] = 0x01; OID[7] = 0x01; OID[8] = 0x01;

const privateMembers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

// NULL, or left out.
function readParameters(parameters) {
  if (!parameters.done) parameters.null();
  parameters.requireEnd();
}

function importSpki(data) {
  const { key, oid, parameters } = readSpki(data);
  requireOid(oid, OID);
  readParameters(parameters);
  const whole = new DerReader(key);
  const numbers = whole.sequence();
  whole.requireEnd();
  const fields = [numbers.integer(), numbers.integer()];
  numbers.requireEnd();
  return pack(RSA_PUBLIC, 0, fields);
}

function importPkcs8(data) {
  const { key, oid, parameters } = readPkcs8(data);
  requireOid(oid, OID);
  readParameters(parameters);
  const whole = new DerReader(key);
  const numbers = whole.sequence();
  whole.requireEnd();
  // 0: with two primes
  if (numbers.smallInteger() !== 0) {
    fail("DataError", "The RSA key has more than two primes.");
  }
  const fields = list();
  for (let i = 0; i < 8; i++) fields[i] = numbers.integer();
  numbers.requireEnd();
  return pack(RSA_PRIVATE, 0, fields);
}

function importJwk(jwk) {
  if (jwk.oth !== undefined) {
    fail("NotSupportedError", "The RSA key has more than two primes.");
  }
  const kind = jwk.d === undefined ? RSA_PUBLIC : RSA_PRIVATE;
  const fields = list();
  for (let i = 0; i < (kind === RSA_PUBLIC ? 2 : 8); i++) {
    fields[i] = trimZeros(jwkBytes(jwk, privateMembers[i]));
  }
  return pack(kind, 0, fields);
}

function bitsOf(modulus) {
  let bits = sizeOf(modulus) * 8;
  for (let top = modulus[0]; top < 0x80; top <<= 1) bits--;
  return bits;
}

function createImported(
  name, hash, packed, extractable, usages, publicExponent = undefined) {
  const material = checked(packed);
  const fields = unpack(material);
  const algorithm = {
    __proto__: null, name, modulusLength: bitsOf(fields[0]),
    publicExponent: publicExponent ?? fields[1], hash,
  };
  return material[0] === RSA_PUBLIC
    ? createPublic(material, algorithm, extractable, usages)
    : createPrivate(material, algorithm, extractable, usages);
}

function toExponent(bytes) {
  const trimmed = trimZeros(bytes);
  let number = 0;
  for (let i = 0; i < sizeOf(trimmed) && i < 5; i++) {
    number = number * 256 + trimmed[i];
  }
  return number;
}

function exportJwk(key, alg) {
  const fields = unpack(key.material);
  const text = (i) => base64url(fields[i]);
  const ext = key.extractable;
  return key.type === "public"
    ? {
      __proto__: null, alg, e: text(1), ext,
      key_ops: keyOps(key.usages), kty: "RSA", n: text(0),
    }
    : {
      __proto__: null, alg, d: text(2), dp: text(5), dq: text(6), e: text(1),
      ext, key_ops: keyOps(key.usages), kty: "RSA", n: text(0),
      p: text(3), q: text(4), qi: text(7),
    };
}

function exportDer(format, key) {
  const fields = unpack(key.material);
  if (format === "spki") {
    requireType(key, "public");
    return writeSpki(
      OID, derNull(),
      derSequence(derInteger(fields[0]), derInteger(fields[1])));
  }
  requireType(key, "private");
  return writePkcs8(OID, derNull(), derSequence(
    derSmallInteger(0), derInteger(fields[0]), derInteger(fields[1]),
    derInteger(fields[2]), derInteger(fields[3]), derInteger(fields[4]),
    derInteger(fields[5]), derInteger(fields[6]), derInteger(fields[7])));
}

const keyMethods = (name, use, forPublic, forPrivate, algs) => ({
  __proto__: null,

  generateKey({ hash, modulusLength, publicExponent }, extractable, usages) {
    requireUsages(usages, forPublic | forPrivate);
    const exponent = toExponent(publicExponent);
    if (exponent !== 3 && exponent !== 65537) {
      fail("OperationError", "The public exponent must be 3 or 65537.");
    }
    if (modulusLength < MIN_BITS || modulusLength > MAX_BITS) {
      fail(
        "OperationError",
        `The modulus must have from ${MIN_BITS} to ${MAX_BITS} bits.`);
    }
    // the method itself would say so, but only after the hard work
    if ((usages & forPrivate) === 0) {
      fail("SyntaxError", "The private key would have no usage.");
    }
    const material = generate(RSA_PRIVATE, modulusLength, exponent);
    return createPair(
      material,
      { __proto__: null, name, modulusLength, publicExponent, hash },
      extractable, usages, forPublic, forPrivate);
  },

  importKey({ hash }, format, data, extractable, usages) {
    switch (format) {
    case "spki":
      requireUsages(usages, forPublic);
      return createImported(name, hash, importSpki(data), extractable, usages);
    case "pkcs8":
      requireUsages(usages, forPrivate);
      return createImported(name, hash, importPkcs8(data), extractable, usages);
    case "jwk":
      requireUsages(usages, data.d === undefined ? forPublic : forPrivate);
      checkJwk(data, {
        __proto__: null, kty: "RSA", use, usages, extractable,
      });
      if (data.alg !== undefined && data.alg !== algs[hash]) {
        fail("DataError", `The JWK's "alg" is not "${algs[hash]}".`);
      }
      return createImported(name, hash, importJwk(data), extractable, usages);
    default:
      return unsupportedFormat(format);
    }
  },

  restore({ hash, publicExponent }, material, extractable, usages) {
    const kind = material[0];
    if (kind !== RSA_PUBLIC && kind !== RSA_PRIVATE) wrongMaterial();
    requireUsages(usages, kind === RSA_PUBLIC ? forPublic : forPrivate);
    if (!sameBytes(trimZeros(publicExponent), unpack(material)[1])) {
      wrongMaterial();
    }
    return createImported(
      name, hash, material, extractable, usages, publicExponent);
  },

  exportKey(format, key) {
    if (format === "jwk") return exportJwk(key, algs[key.algorithm.hash]);
    if (format !== "spki" && format !== "pkcs8") unsupportedFormat(format);
    return TypedArrayPrototypeGetBuffer(exportDer(format, key));
  },
});

const keyDictionaries = {
  __proto__: null, generateKey: rsaKeyGenParams, importKey: hashParams,
};

function sign(scheme, key, salt, data) {
  requireType(key, "private");
  const signature = ops.sign(
    key.material, scheme, hashIds[key.algorithm.hash], salt, data);
  return resultOf(signature, "Signing");
}

function verify(scheme, key, salt, signature, data) {
  requireType(key, "public");
  return ops.verify(
    key.material, scheme, hashIds[key.algorithm.hash], salt, signature,
    data) === 1;
}

export const rsaPkcs1 = {
  ...keyMethods("RSASSA-PKCS1-v1_5", "sig", VERIFY, SIGN, {
    __proto__: null, "SHA-1": "RS1", "SHA-256": "RS256", "SHA-384": "RS384",
    "SHA-512": "RS512",
  }),
  __proto__: null,
  name: "RSASSA-PKCS1-v1_5",
  dictionaries: {
    ...keyDictionaries, __proto__: null, sign: none, verify: none,
  },
  sign: (params, key, data) => sign(SIGN_PKCS1, key, 0, data),
  verify: (params, key, signature, data) =>
    verify(SIGN_PKCS1, key, 0, signature, data),
};

export const rsaPss = {
  ...keyMethods("RSA-PSS", "sig", VERIFY, SIGN, {
    __proto__: null, "SHA-1": "PS1", "SHA-256": "PS256", "SHA-384": "PS384",
    "SHA-512": "PS512",
  }),
  __proto__: null,
  name: "RSA-PSS",
  dictionaries: {
    ...keyDictionaries, __proto__: null, sign: rsaPssParams,
    verify: rsaPssParams,
  },
  sign: ({ saltLength }, key, data) => sign(SIGN_PSS, key, saltLength, data),
  verify: ({ saltLength }, key, signature, data) =>
    verify(SIGN_PSS, key, saltLength, signature, data),
};

function oaep(encrypt, { label }, key, data) {
  requireType(key, encrypt ? "public" : "private");
  const result = ops.oaep(
    key.material, encrypt ? 1 : 0, hashIds[key.algorithm.hash], label, data);
  return resultOf(result, "RSA-OAEP");
}

export const rsaOaep = {
  ...keyMethods("RSA-OAEP", "enc", ENCRYPT | WRAP_KEY, DECRYPT | UNWRAP_KEY, {
    __proto__: null, "SHA-1": "RSA-OAEP", "SHA-256": "RSA-OAEP-256",
    "SHA-384": "RSA-OAEP-384", "SHA-512": "RSA-OAEP-512",
  }),
  __proto__: null,
  name: "RSA-OAEP",
  dictionaries: {
    ...keyDictionaries, __proto__: null, encrypt: rsaOaepParams,
    decrypt: rsaOaepParams,
  },
  encrypt: (params, key, data) => oaep(true, params, key, data),
  decrypt: (params, key, data) => oaep(false, params, key, data),
};
