// https://w3c.github.io/webcrypto/#ed25519 and #x25519

import {
  PrimordialUint8Array as Uint8Array, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { sizeOf } from "./bytes.js";
import {
  derOctets, DerReader, readPkcs8, readSpki, writePkcs8, writeSpki,
} from "./der.js";
import { ecdhParams, ecKeyParams, none } from "./dictionaries.js";
import { agree } from "./ec.js";
import { fail } from "./errors.js";
import { base64url, checkJwk, jwkBytes, keyOps } from "./jwk.js";
import {
  DERIVE_BITS, DERIVE_KEY, requireUsages, SIGN, VERIFY,
} from "./key.js";
import {
  checked, curves, generate, OKP_PRIVATE, OKP_PUBLIC, pack, unpack,
} from "./material.js";
import { ops, resultOf, SIGN_EDDSA } from "./native.js";
import {
  createPair, createPrivate, createPublic, requireOid, requireType,
  wrongMaterial,
} from "./pairs.js";

const KEY_BYTES = 32;
const NO_BYTES = new Uint8Array(0);

// https://www.rfc-editor.org/rfc/rfc8410#section-3: 1.3.101.110 and 112
function oid(last) {
  const bytes = new Uint8Array(3);
  bytes[0] = 0x2b;
  bytes[1] = 0x65;
  bytes[2] = last;
  return bytes;
}

const badKey = () => fail("DataError", "The key is not valid.");

function requireNoParameters(parameters) {
  if (!parameters.done) fail("DataError", "The key has parameters.");
}

// "crv" is the curve's name in a JWK, "namedCurve" that in the algorithm of
// Workers' own NODE-ED25519.
const keyMethods = (
  { name, crv, namedCurve, oid, use, algs, alg, forPublic, forPrivate }) => {
  const curve = curves[crv];
  const algorithm = { __proto__: null, name, namedCurve };

  function requireNamedCurve(params) {
    if (namedCurve !== undefined && params.namedCurve !== namedCurve) {
      fail("NotSupportedError", `The curve must be "${namedCurve}".`);
    }
  }

  function importPublic(x, extractable, usages) {
    if (sizeOf(x) !== KEY_BYTES) badKey();
    return createPublic(
      checked(pack(OKP_PUBLIC, curve, [x])), algorithm, extractable, usages);
  }

  function importPrivate(x, d, extractable, usages) {
    if (sizeOf(d) !== KEY_BYTES) badKey();
    return createPrivate(
      checked(pack(OKP_PRIVATE, curve, [x, d])), algorithm, extractable,
      usages);
  }

  function importSpki(data, extractable, usages) {
    const info = readSpki(data);
    requireOid(info.oid, oid);
    requireNoParameters(info.parameters);
    return importPublic(info.key, extractable, usages);
  }

  // https://www.rfc-editor.org/rfc/rfc8410#section-7
  function importPkcs8(data, extractable, usages) {
    const info = readPkcs8(data);
    requireOid(info.oid, oid);
    requireNoParameters(info.parameters);
    const whole = new DerReader(info.key);
    const d = whole.octets();
    whole.requireEnd();
    return importPrivate(NO_BYTES, d, extractable, usages);
  }

  // https://www.rfc-editor.org/rfc/rfc8037#section-2
  function importJwk(jwk, extractable, usages) {
    checkJwk(jwk, { __proto__: null, kty: "OKP", use, usages, extractable });
    if (jwk.crv !== crv) fail("DataError", `The JWK's "crv" is not "${crv}".`);
    if (jwk.alg !== undefined && algs !== undefined && !algs[jwk.alg]) {
      fail("DataError", 'The JWK\'s "alg" does not fit.');
    }
    const x = jwkBytes(jwk, "x");
    if (sizeOf(x) !== KEY_BYTES) badKey();
    return jwk.d === undefined
      ? importPublic(x, extractable, usages)
      : importPrivate(x, jwkBytes(jwk, "d"), extractable, usages);
  }

  function exportJwk(key) {
    const fields = unpack(key.material);
    const jwk = { __proto__: null };
    if (alg !== undefined) jwk.alg = alg;
    jwk.crv = crv;
    if (key.type === "private") jwk.d = base64url(fields[1]);
    jwk.ext = key.extractable;
    jwk.key_ops = keyOps(key.usages);
    jwk.kty = "OKP";
    jwk.x = base64url(fields[0]);
    return jwk;
  }

  function exportBytes(format, key) {
    const fields = unpack(key.material);
    if (format === "pkcs8") {
      requireType(key, "private");
      return writePkcs8(oid, NO_BYTES, derOctets(fields[1]));
    }
    requireType(key, "public");
    return format === "raw" ? fields[0] : writeSpki(oid, NO_BYTES, fields[0]);
  }

  return {
    __proto__: null,

    generateKey(params, extractable, usages) {
      requireUsages(usages, forPublic | forPrivate);
      requireNamedCurve(params);
      return createPair(
        generate(OKP_PRIVATE, curve, 0), algorithm, extractable, usages,
        forPublic, forPrivate);
    },

    importKey(params, format, data, extractable, usages) {
      requireNamedCurve(params);
      const isPrivate =
        format === "pkcs8" || (format === "jwk" && data.d !== undefined);
      requireUsages(usages, isPrivate ? forPrivate : forPublic);
      switch (format) {
      case "raw":
        return importPublic(data, extractable, usages);
      case "spki":
        return importSpki(data, extractable, usages);
      case "pkcs8":
        return importPkcs8(data, extractable, usages);
      default:
        return importJwk(data, extractable, usages);
      }
    },

    restore(params, material, extractable, usages) {
      requireNamedCurve(params);
      const kind = material[0];
      if ((kind !== OKP_PUBLIC && kind !== OKP_PRIVATE) ||
          material[1] !== curve) {
        wrongMaterial();
      }
      requireUsages(usages, kind === OKP_PUBLIC ? forPublic : forPrivate);
      const create = kind === OKP_PUBLIC ? createPublic : createPrivate;
      return create(checked(material), algorithm, extractable, usages);
    },

    exportKey: (format, key) => format === "jwk"
      ? exportJwk(key) : TypedArrayPrototypeGetBuffer(exportBytes(format, key)),
  };
};

// engine/crypto.h: DW_CRYPTO_EDDSA_MAX
const MAX_MESSAGE = 64 * 1024 * 1024;

// Ed25519 has no digest of its own that could be computed in slices.
function requireMessage(data) {
  if (sizeOf(data) > MAX_MESSAGE) {
    fail("OperationError", "The data are too long for Ed25519.");
  }
}

const signing = {
  __proto__: null,

  sign(params, key, data) {
    requireType(key, "private");
    requireMessage(data);
    return resultOf(
      ops.sign(key.material, SIGN_EDDSA, 0, 0, data), "Signing");
  },

  verify(params, key, signature, data) {
    requireType(key, "public");
    requireMessage(data);
    return ops.verify(
      key.material, SIGN_EDDSA, 0, 0, signature, data) === 1;
  },
};

const edwards = {
  __proto__: null, crv: "Ed25519", oid: oid(112), use: "sig",
  algs: { __proto__: null, Ed25519: true, EdDSA: true }, forPublic: VERIFY,
  forPrivate: SIGN,
};

export const ed25519 = {
  ...keyMethods({
    ...edwards, __proto__: null, name: "Ed25519", namedCurve: undefined,
    alg: "Ed25519",
  }),
  ...signing,
  __proto__: null,
  name: "Ed25519",
  dictionaries: {
    __proto__: null, sign: none, verify: none, generateKey: none,
    importKey: none,
  },
};

// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/
export const nodeEd25519 = {
  ...keyMethods({
    ...edwards, __proto__: null, name: "NODE-ED25519",
    namedCurve: "NODE-ED25519", alg: "EdDSA",
  }),
  ...signing,
  __proto__: null,
  name: "NODE-ED25519",
  dictionaries: {
    __proto__: null, sign: none, verify: none, generateKey: ecKeyParams,
    importKey: ecKeyParams,
  },
};

export const x25519 = {
  ...keyMethods({
    __proto__: null, name: "X25519", crv: "X25519", namedCurve: undefined,
    oid: oid(110), use: "enc", algs: undefined, alg: undefined, forPublic: 0,
    forPrivate: DERIVE_KEY | DERIVE_BITS,
  }),
  __proto__: null,
  name: "X25519",
  dictionaries: {
    __proto__: null, deriveBits: ecdhParams, generateKey: none, importKey: none,
  },
  deriveBits: agree,
};
