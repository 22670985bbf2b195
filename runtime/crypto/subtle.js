// https://w3c.github.io/webcrypto/#subtlecrypto-interface
//
// The work is done when the method is called: V8's thread is the only one that
// could.  Since nothing of a worker's runs between the moment at which the
// standard copies the data and the end of the work, the data are not copied.

import {
  ObjectPrototype, ObjectSetPrototypeOf, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, PromiseReject, PromiseResolve,
  StringPrototypeToUpperCase, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { toUnsignedLong } from "../core/convert.js";
import { requireInvocation } from "../core/invocation.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";
import { algorithms } from "./algorithms.js";
import {
  bytesOf, isBufferSource, requireBufferSource, sizeOf,
} from "./bytes.js";
import { fail } from "./errors.js";
import { toKeyFormat, toUsages } from "./idl.js";
import { parseJwk, publishJwk, serializeJwk, toJwk } from "./jwk.js";
import {
  DECRYPT, DERIVE_BITS, DERIVE_KEY, ENCRYPT, isKey, requireKey, SIGN, slotsOf,
  UNWRAP_KEY, VERIFY, WRAP_KEY,
} from "./key.js";
import { ops } from "./native.js";
import { normalize, toAlgorithmIdentifier } from "./normalize.js";

// The promise of what "work" returns or throws.
function promised(work) {
  try {
    return PromiseResolve(work());
  } catch (error) {
    return PromiseReject(error);
  }
}

// The slots of a key with which this may be done.
function usable(key, params, usage, what) {
  const slots = slotsOf(key);
  if (slots.algorithm.name !== params.name) {
    fail("InvalidAccessError", "The key is not one of this algorithm.");
  }
  if ((slots.usages & usage) === 0) {
    fail("InvalidAccessError", `The key may not be used for ${what}.`);
  }
  return slots;
}

// A secret or private key that can do nothing is a mistake.
function requireUsable(key) {
  const { type, usages } = slotsOf(key);
  if (type !== "public" && usages === 0) {
    fail("SyntaxError", "The key would have no usage.");
  }
  return key;
}

function importKey(params, format, data, extractable, usages) {
  return requireUsable(
    params.algorithm.importKey(params, format, data, extractable, usages));
}

// An ArrayBuffer, or a JWK record.
function exportKey(format, slots) {
  const { exportKey: run } =
    algorithms[StringPrototypeToUpperCase(slots.algorithm.name)];
  if (run === undefined) {
    fail("NotSupportedError", "Keys of this algorithm cannot be exported.");
  }
  if (!slots.extractable) {
    fail("InvalidAccessError", "The key is not extractable.");
  }
  return run(format, slots);
}

// The first of two operations that the algorithm has.
function normalizeEither(algorithm, first, second) {
  try {
    return { __proto__: null, op: first, params: normalize(algorithm, first) };
  } catch {
    const params = normalize(algorithm, second);
    return { __proto__: null, op: second, params };
  }
}

const kCreate = {};

export class SubtleCrypto {
  #brand;

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-encrypt
  encrypt(algorithm, key, data) {
    return promised(() => {
      const where = "SubtleCrypto.encrypt";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 3, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(key, `${where}: parameter 2`);
      requireBufferSource(data, `${where}: parameter 3`);
      const params = normalize(algorithm, "encrypt");
      const slots = usable(key, params, ENCRYPT, "encryption");
      return params.algorithm.encrypt(params, slots, bytesOf(data));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-decrypt
  decrypt(algorithm, key, data) {
    return promised(() => {
      const where = "SubtleCrypto.decrypt";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 3, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(key, `${where}: parameter 2`);
      requireBufferSource(data, `${where}: parameter 3`);
      const params = normalize(algorithm, "decrypt");
      const slots = usable(key, params, DECRYPT, "decryption");
      return params.algorithm.decrypt(params, slots, bytesOf(data));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-sign
  sign(algorithm, key, data) {
    return promised(() => {
      const where = "SubtleCrypto.sign";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 3, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(key, `${where}: parameter 2`);
      requireBufferSource(data, `${where}: parameter 3`);
      const params = normalize(algorithm, "sign");
      const slots = usable(key, params, SIGN, "signing");
      return params.algorithm.sign(params, slots, bytesOf(data));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-verify
  verify(algorithm, key, signature, data) {
    return promised(() => {
      const where = "SubtleCrypto.verify";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 4, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(key, `${where}: parameter 2`);
      requireBufferSource(signature, `${where}: parameter 3`);
      requireBufferSource(data, `${where}: parameter 4`);
      const params = normalize(algorithm, "verify");
      const slots = usable(key, params, VERIFY, "verifying");
      return params.algorithm.verify(
        params, slots, bytesOf(signature), bytesOf(data));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
  digest(algorithm, data) {
    return promised(() => {
      const where = "SubtleCrypto.digest";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 2, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireBufferSource(data, `${where}: parameter 2`);
      const params = normalize(algorithm, "digest");
      return params.algorithm.digest(params, bytesOf(data));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-generateKey
  generateKey(algorithm, extractable, keyUsages) {
    return promised(() => {
      const where = "SubtleCrypto.generateKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 3, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      extractable = !!extractable;
      const usages = toUsages(keyUsages, where);
      const params = normalize(algorithm, "generateKey");
      requireInvocation();
      const result = params.algorithm.generateKey(params, extractable, usages);
      if (isKey(result)) return requireUsable(result);
      requireUsable(result.privateKey);
      return ObjectSetPrototypeOf(result, ObjectPrototype);
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveKey
  deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    return promised(() => {
      const where = "SubtleCrypto.deriveKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 5, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(baseKey, `${where}: parameter 2`);
      derivedKeyType = toAlgorithmIdentifier(derivedKeyType);
      extractable = !!extractable;
      const usages = toUsages(keyUsages, where);
      const params = normalize(algorithm, "deriveBits");
      const keyParams = normalize(derivedKeyType, "importKey");
      const lengthParams = normalize(derivedKeyType, "getKeyLength");
      const slots = usable(baseKey, params, DERIVE_KEY, "deriving keys");
      const length = lengthParams.algorithm.getKeyLength(lengthParams);
      const secret = params.algorithm.deriveBits(params, slots, length);
      return importKey(keyParams, "raw", secret, extractable, usages);
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveBits
  deriveBits(algorithm, baseKey, length = null) {
    return promised(() => {
      const where = "SubtleCrypto.deriveBits";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 2, where);
      algorithm = toAlgorithmIdentifier(algorithm);
      requireKey(baseKey, `${where}: parameter 2`);
      if (length !== null) length = toUnsignedLong(length);
      const params = normalize(algorithm, "deriveBits");
      const slots = usable(baseKey, params, DERIVE_BITS, "deriving bits");
      return TypedArrayPrototypeGetBuffer(
        params.algorithm.deriveBits(params, slots, length));
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-importKey
  importKey(format, keyData, algorithm, extractable, keyUsages) {
    return promised(() => {
      const where = "SubtleCrypto.importKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 5, where);
      format = toKeyFormat(format, where);
      const isBytes = isBufferSource(keyData);
      if (!isBytes) keyData = toJwk(keyData);
      algorithm = toAlgorithmIdentifier(algorithm);
      extractable = !!extractable;
      const usages = toUsages(keyUsages, where);
      const params = normalize(algorithm, "importKey");
      if (isBytes === (format === "jwk")) {
        throw new TypeError(`${where}: the key's data are not "${format}".`);
      }
      return importKey(
        params, format, isBytes ? bytesOf(keyData) : keyData, extractable,
        usages);
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-exportKey
  exportKey(format, key) {
    return promised(() => {
      const where = "SubtleCrypto.exportKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 2, where);
      format = toKeyFormat(format, where);
      requireKey(key, `${where}: parameter 2`);
      const result = exportKey(format, slotsOf(key));
      return format === "jwk" ? publishJwk(result) : result;
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-wrapKey
  wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    return promised(() => {
      const where = "SubtleCrypto.wrapKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 4, where);
      format = toKeyFormat(format, where);
      requireKey(key, `${where}: parameter 2`);
      requireKey(wrappingKey, `${where}: parameter 3`);
      wrapAlgorithm = toAlgorithmIdentifier(wrapAlgorithm);
      const { op, params } =
        normalizeEither(wrapAlgorithm, "wrapKey", "encrypt");
      const slots = usable(wrappingKey, params, WRAP_KEY, "wrapping keys");
      const exported = exportKey(format, slotsOf(key));
      const bytes = format === "jwk"
        ? serializeJwk(exported) : new Uint8Array(exported);
      return params.algorithm[op](params, slots, bytes);
    });
  }

  // https://w3c.github.io/webcrypto/#SubtleCrypto-method-unwrapKey
  unwrapKey(
    format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm,
    extractable, keyUsages) {
    return promised(() => {
      const where = "SubtleCrypto.unwrapKey";
      requireBrand(#brand in this);
      requireArguments(arguments.length, 7, where);
      format = toKeyFormat(format, where);
      requireBufferSource(wrappedKey, `${where}: parameter 2`);
      requireKey(unwrappingKey, `${where}: parameter 3`);
      unwrapAlgorithm = toAlgorithmIdentifier(unwrapAlgorithm);
      unwrappedKeyAlgorithm = toAlgorithmIdentifier(unwrappedKeyAlgorithm);
      extractable = !!extractable;
      const usages = toUsages(keyUsages, where);
      const { op, params } =
        normalizeEither(unwrapAlgorithm, "unwrapKey", "decrypt");
      const keyParams = normalize(unwrappedKeyAlgorithm, "importKey");
      const slots =
        usable(unwrappingKey, params, UNWRAP_KEY, "unwrapping keys");
      const bytes = new Uint8Array(
        params.algorithm[op](params, slots, bytesOf(wrappedKey)));
      return importKey(
        keyParams, format, format === "jwk" ? parseJwk(bytes) : bytes,
        extractable, usages);
    });
  }

  // Workers' own.
  timingSafeEqual(a, b) {
    const where = "SubtleCrypto.timingSafeEqual";
    requireBrand(#brand in this);
    requireArguments(arguments.length, 2, where);
    requireBufferSource(a, `${where}: parameter 1`);
    requireBufferSource(b, `${where}: parameter 2`);
    const left = bytesOf(a);
    const right = bytesOf(b);
    if (sizeOf(left) !== sizeOf(right)) {
      throw new TypeError("Input buffers must have the same byte length.");
    }
    return ops.equal(left, right) === 1;
  }
}
defineInterface(SubtleCrypto);

export const subtle = new SubtleCrypto(kCreate);
