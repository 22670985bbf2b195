// https://w3c.github.io/webcrypto/#ecdsa and #ecdh

import {
  PrimordialUint8Array as Uint8Array, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { joinBytes, viewOf } from "../core/bytes.js";
import { firstBits, padZeros, sameBytes, sizeOf } from "./bytes.js";
import {
  derBits, derOctets, derOid, DerReader, derSequence, derSmallInteger,
  derTagged, readPkcs8, readSpki, writePkcs8, writeSpki,
} from "./der.js";
import { ecdhParams, ecKeyParams, hashParams } from "./dictionaries.js";
import { fail } from "./errors.js";
import { base64url, checkJwk, jwkBytes, keyOps } from "./jwk.js";
import {
  DERIVE_BITS, DERIVE_KEY, requireUsages, SIGN, slotsOf, VERIFY,
} from "./key.js";
import {
  checked, curves, EC_PRIVATE, EC_PUBLIC, generate, pack, unpack,
} from "./material.js";
import { hashIds, ops, resultOf, SIGN_ECDSA } from "./native.js";
import {
  createPair, createPrivate, createPublic, requireOid, requireType,
  wrongMaterial,
} from "./pairs.js";

const NO_BYTES = new Uint8Array(0);
const UNCOMPRESSED = new Uint8Array(1);
UNCOMPRESSED[0] = 4;

function bytes(...values) {
  const result = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i];
  return result;
}

// id-ecPublicKey, 1.2.840.10045.2.1
const OID = bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);

// secp256r1, 1.2.840.10045.3.1.7; secp384r1 and secp521r1, 1.3.132.0.34 and 35
const curveOids = {
  __proto__: null,
  "P-256": bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07),
  "P-384": bytes(0x2b, 0x81, 0x04, 0x00, 0x22),
  "P-521": bytes(0x2b, 0x81, 0x04, 0x00, 0x23),
};
const curveBytes = { __proto__: null, "P-256": 32, "P-384": 48, "P-521": 66 };
const jwkAlgs = {
  __proto__: null, "P-256": "ES256", "P-384": "ES384", "P-521": "ES512",
};

function requireCurve(curve) {
  if (curveOids[curve] === undefined) {
    fail("NotSupportedError", `The curve "${curve}" is not supported.`);
  }
}

const badCurve = () => fail("DataError", "The key is of another curve.");

function readCurve(parameters, curve) {
  if (!sameBytes(parameters.oid(), curveOids[curve])) badCurve();
  parameters.requireEnd();
}

const packPublic = (curve, point) => pack(EC_PUBLIC, curves[curve], [point]);

// SEC 1 numbers have as many bytes as the curve's.
function packPrivate(curve, point, d) {
  const padded = padZeros(d, curveBytes[curve]);
  if (padded === undefined) fail("DataError", "The key is not valid.");
  return pack(EC_PRIVATE, curves[curve], [point, padded]);
}

function importSpki(data, curve) {
  const { key, oid, parameters } = readSpki(data);
  requireOid(oid, OID);
  readCurve(parameters, curve);
  return packPublic(curve, key);
}

// https://www.rfc-editor.org/rfc/rfc5915#section-3
function importPkcs8(data, curve) {
  const { key, oid, parameters } = readPkcs8(data);
  requireOid(oid, OID);
  readCurve(parameters, curve);
  const whole = new DerReader(key);
  const fields = whole.sequence();
  whole.requireEnd();
  if (fields.smallInteger() !== 1) {
    fail("DataError", "The key is not an ECPrivateKey.");
  }
  const d = fields.octets();
  if (fields.hasTagged(0)) readCurve(fields.tagged(0), curve);
  let point = NO_BYTES;
  if (fields.hasTagged(1)) {
    const tagged = fields.tagged(1);
    point = tagged.bits();
    tagged.requireEnd();
  }
  fields.requireEnd();
  return packPrivate(curve, point, d);
}

// https://www.rfc-editor.org/rfc/rfc7518#section-6.2
function importJwk(jwk, curve) {
  if (jwk.crv !== curve) badCurve();
  const coordinate = (name) => {
    const number = jwkBytes(jwk, name);
    if (sizeOf(number) !== curveBytes[curve]) {
      fail("DataError", `The JWK's "${name}" has not the curve's length.`);
    }
    return number;
  };
  const point = joinBytes([UNCOMPRESSED, coordinate("x"), coordinate("y")]);
  return jwk.d === undefined
    ? packPublic(curve, point) : packPrivate(curve, point, coordinate("d"));
}

function createImported(name, namedCurve, packed, extractable, usages) {
  const material = checked(packed);
  const algorithm = { __proto__: null, name, namedCurve };
  return material[0] === EC_PUBLIC
    ? createPublic(material, algorithm, extractable, usages)
    : createPrivate(material, algorithm, extractable, usages);
}

function exportDer(format, key) {
  const curve = derOid(curveOids[key.algorithm.namedCurve]);
  const fields = unpack(key.material);
  if (format === "spki") {
    requireType(key, "public");
    return writeSpki(OID, curve, fields[0]);
  }
  requireType(key, "private");
  return writePkcs8(OID, curve, derSequence(
    derSmallInteger(1), derOctets(fields[1]),
    derTagged(1, derBits(fields[0]))));
}

function exportRaw(key) {
  requireType(key, "public");
  return unpack(key.material)[0];
}

function exportJwk(key) {
  const crv = key.algorithm.namedCurve;
  const size = curveBytes[crv];
  const fields = unpack(key.material);
  const x = base64url(viewOf(fields[0], 1, 1 + size));
  const y = base64url(viewOf(fields[0], 1 + size));
  const ext = key.extractable;
  const key_ops = keyOps(key.usages);
  return key.type === "public"
    ? { __proto__: null, crv, ext, key_ops, kty: "EC", x, y }
    : {
      __proto__: null, crv, d: base64url(fields[1]), ext, key_ops, kty: "EC", x,
      y,
    };
}

const keyMethods = (name, use, forPublic, forPrivate) => ({
  __proto__: null,

  generateKey({ namedCurve }, extractable, usages) {
    requireUsages(usages, forPublic | forPrivate);
    requireCurve(namedCurve);
    return createPair(
      generate(EC_PRIVATE, curves[namedCurve], 0),
      { __proto__: null, name, namedCurve }, extractable, usages, forPublic,
      forPrivate);
  },

  importKey({ namedCurve }, format, data, extractable, usages) {
    requireCurve(namedCurve);
    const create = (packed) =>
      createImported(name, namedCurve, packed, extractable, usages);
    switch (format) {
    case "raw":
      requireUsages(usages, forPublic);
      return create(packPublic(namedCurve, data));
    case "spki":
      requireUsages(usages, forPublic);
      return create(importSpki(data, namedCurve));
    case "pkcs8":
      requireUsages(usages, forPrivate);
      return create(importPkcs8(data, namedCurve));
    default:
      requireUsages(usages, data.d === undefined ? forPublic : forPrivate);
      checkJwk(data, { __proto__: null, kty: "EC", use, usages, extractable });
      if (name === "ECDSA" && data.alg !== undefined &&
          data.alg !== jwkAlgs[namedCurve]) {
        fail("DataError", `The JWK's "alg" is not "${jwkAlgs[namedCurve]}".`);
      }
      return create(importJwk(data, namedCurve));
    }
  },

  restore({ namedCurve }, material, extractable, usages) {
    requireCurve(namedCurve);
    const kind = material[0];
    if ((kind !== EC_PUBLIC && kind !== EC_PRIVATE) ||
        material[1] !== curves[namedCurve]) {
      wrongMaterial();
    }
    requireUsages(usages, kind === EC_PUBLIC ? forPublic : forPrivate);
    return createImported(name, namedCurve, material, extractable, usages);
  },

  exportKey(format, key) {
    if (format === "jwk") return exportJwk(key);
    return TypedArrayPrototypeGetBuffer(
      format === "raw" ? exportRaw(key) : exportDer(format, key));
  },
});

const keyDictionaries = {
  __proto__: null, generateKey: ecKeyParams, importKey: ecKeyParams,
};

export const ecdsa = {
  ...keyMethods("ECDSA", "sig", VERIFY, SIGN),
  __proto__: null,
  name: "ECDSA",
  dictionaries: {
    ...keyDictionaries, __proto__: null, sign: hashParams, verify: hashParams,
  },

  sign({ hash }, key, data) {
    requireType(key, "private");
    return resultOf(
      ops.sign(key.material, SIGN_ECDSA, hashIds[hash], 0, data), "Signing");
  },

  verify({ hash }, key, signature, data) {
    requireType(key, "public");
    return ops.verify(
      key.material, SIGN_ECDSA, hashIds[hash], 0, signature, data) === 1;
  },
};

// ECDH and X25519 alike: the secret of two keys of one kind, cut to "length"
// bits, or whole.
export function agree(params, key, length) {
  requireType(key, "private");
  const peer = slotsOf(params.public);
  requireType(peer, "public");
  if (peer.algorithm.name !== key.algorithm.name ||
      peer.algorithm.namedCurve !== key.algorithm.namedCurve) {
    fail("InvalidAccessError", "The two keys do not belong together.");
  }
  const secret = ops.agree(key.material, peer.material);
  if (secret === undefined) fail("OperationError", "No secret was agreed on.");
  if (length === null) return secret;
  if (length > sizeOf(secret) * 8) {
    fail("OperationError", "The secret is not that long.");
  }
  return firstBits(secret, length);
}

export const ecdh = {
  ...keyMethods("ECDH", "enc", 0, DERIVE_KEY | DERIVE_BITS),
  __proto__: null,
  name: "ECDH",
  dictionaries: { ...keyDictionaries, __proto__: null, deriveBits: ecdhParams },
  deriveBits: agree,
};
