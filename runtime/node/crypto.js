// node:crypto: hashes, keys derived from passwords, random values, Web Crypto.
// https://nodejs.org/docs/latest-v20.x/api/crypto.html

import { chunk } from "../core/chunks.js";
import { runIn } from "../core/context.js";
import { currentFrame, requireInvocation } from "../core/invocation.js";
import { crypto as webcrypto } from "../web/crypto.js";
import { Buffer } from "../chunks/node-buffer.js";
import {
  invalidArgType, nodeRangeError, outOfRange, requireBoolean, requireFunction,
  requireInteger, requireNumber, requireObject, requireString,
} from "../chunks/node-errors.js";
import { Hash, Hmac, invalidDigest, plainName, requireBytes }
  from "./crypto-hash.js";

const MAX_INT = 2 ** 31 - 1;
const bytesTypes = ["string", "ArrayBuffer", "Buffer", "TypedArray",
  "DataView"];

const native = () => chunk("crypto");

// Work is done at once; its result comes later, in the caller's context.
function later(callback, work) {
  requireFunction(callback, "callback");
  const frame = currentFrame();
  let error = null;
  let result;
  try {
    result = work();
  } catch (thrown) {
    error = thrown;
  }
  setTimeout(() => {
    runIn(frame, callback, undefined, error === null ? [null, result]
      : [error]);
  }, 0);
}

const bufferOf = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// -- hashes ------------------------------------------------------------------

const createHash = (algorithm, options = undefined) => new Hash(algorithm,
  options);
const createHmac = (algorithm, key, options = undefined) =>
  new Hmac(algorithm, key, options);

function hash(algorithm, data, outputEncoding = "hex") {
  requireString(algorithm, "algorithm");
  return new Hash(algorithm).update(data).digest(outputEncoding);
}

const getHashes = () => [
  "RSA-MD5", "RSA-RIPEMD160", "RSA-SHA1", "RSA-SHA224", "RSA-SHA256",
  "RSA-SHA384", "RSA-SHA512", "md5", "ripemd160", "rmd160", "sha1", "sha224",
  "sha256", "sha384", "sha512",
].filter((name) => native().hashName(plainName(name)) !== undefined);

function timingSafeEqual(a, b) {
  const types = ["ArrayBuffer", "Buffer", "TypedArray", "DataView"];
  for (const [value, name] of [[a, "buf1"], [b, "buf2"]]) {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      throw invalidArgType(name, types, value);
    }
  }
  const left = requireBytes(a, "buf1", types);
  const right = requireBytes(b, "buf2", types);
  if (left.length !== right.length) {
    throw nodeRangeError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
      "Input buffers must have the same byte length");
  }
  return native().timingSafeEqual(left, right);
}

// -- keys from passwords -----------------------------------------------------

function requireDigest(digest) {
  requireString(digest, "digest");
  const name = native().hashName(plainName(digest));
  if (name === undefined) throw invalidDigest(digest);
  return name;
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  requireString(digest, "digest");
  const passwordBytes = requireBytes(password, "password", bytesTypes);
  const saltBytes = requireBytes(salt, "salt", bytesTypes);
  requireInteger(iterations, "iterations", 1, MAX_INT);
  requireInteger(keylen, "keylen", 0, MAX_INT);
  const name = requireDigest(digest);
  const key = native().pbkdf2(name, passwordBytes, saltBytes, iterations,
    keylen);
  if (key === undefined) throw new Error("PBKDF2 failed");
  return bufferOf(key);
}

function pbkdf2(password, salt, iterations, keylen, digest,
  callback = undefined) {
  if (typeof digest === "function") {
    callback = digest;
    digest = undefined;
  }
  // what is wrong with its arguments is thrown at once
  requireString(digest, "digest");
  requireFunction(callback, "callback");
  requireDigest(digest);
  requireInteger(iterations, "iterations", 1, MAX_INT);
  requireInteger(keylen, "keylen", 0, MAX_INT);
  requireBytes(password, "password", bytesTypes);
  requireBytes(salt, "salt", bytesTypes);
  later(callback, () => pbkdf2Sync(password, salt, iterations, keylen, digest));
}

const badScrypt = () => nodeRangeError(
  "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", "Invalid scrypt params");

function scryptOptions(options) {
  if (options === undefined) options = {};
  requireObject(options, "options");
  const N = options.N ?? options.cost ?? 16384;
  const r = options.r ?? options.blockSize ?? 8;
  const p = options.p ?? options.parallelization ?? 1;
  const maxmem = options.maxmem ?? 32 * 1024 * 1024;
  requireInteger(N, "N", 0, 2 ** 32 - 1);
  requireInteger(r, "r", 0, 2 ** 32 - 1);
  requireInteger(p, "p", 0, 2 ** 32 - 1);
  requireInteger(maxmem, "maxmem", 0);
  if (N < 2 || (N & (N - 1)) !== 0 || r === 0 || p === 0 ||
      128 * N * r > maxmem) {
    throw badScrypt();
  }
  return { N, r, p, maxmem };
}

function scryptSync(password, salt, keylen, options = undefined) {
  const passwordBytes = requireBytes(password, "password", bytesTypes);
  const saltBytes = requireBytes(salt, "salt", bytesTypes);
  requireInteger(keylen, "keylen", 0, MAX_INT);
  const { N, maxmem, p, r } = scryptOptions(options);
  const key = native().scrypt(passwordBytes, saltBytes, N, r, p, maxmem,
    keylen);
  if (key === undefined) throw badScrypt();
  return bufferOf(key);
}

function scrypt(password, salt, keylen, options, callback = undefined) {
  if (typeof options === "function") {
    callback = options;
    options = undefined;
  }
  requireBytes(password, "password", bytesTypes);
  requireBytes(salt, "salt", bytesTypes);
  requireInteger(keylen, "keylen", 0, MAX_INT);
  scryptOptions(options);
  later(callback, () => scryptSync(password, salt, keylen, options));
}

function hkdfSync(digest, key, salt, info, keylen) {
  requireString(digest, "digest");
  const keyBytes = requireBytes(key, "ikm",
    ["string", "SecretKeyObject", "ArrayBuffer", "TypedArray", "DataView",
      "Buffer"]);
  const saltBytes = requireBytes(salt, "salt", bytesTypes);
  const infoBytes = requireBytes(info, "info", bytesTypes);
  requireInteger(keylen, "length", 0, MAX_INT);
  if (infoBytes.length > 1024) {
    throw outOfRange("info", "must not contain more than 1024 bytes",
      infoBytes.length);
  }
  const name = requireDigest(digest);
  if (keylen > 255 * native().digestBytes(name)) {
    throw nodeRangeError("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  }
  const made = native().hkdf(name, keyBytes, saltBytes, infoBytes, keylen);
  if (made === undefined) throw new Error("HKDF failed");
  return made.buffer;
}

function hkdf(digest, key, salt, info, keylen, callback) {
  requireFunction(callback, "callback");
  requireDigest(digest);
  later(callback, () => hkdfSync(digest, key, salt, info, keylen));
}

// -- random values -----------------------------------------------------------

function randomBytes(size, callback = undefined) {
  requireNumber(size, "size", 0, MAX_INT);
  if (callback !== undefined) {
    later(callback, () => randomBytes(size));
    return undefined;
  }
  requireInvocation();
  return bufferOf(native().randomBytes(Math.floor(size)));
}

function randomFillSync(buffer, offset = 0, size = undefined) {
  if (!ArrayBuffer.isView(buffer) && !(buffer instanceof ArrayBuffer)) {
    throw invalidArgType("buf", ["ArrayBuffer", "ArrayBufferView"], buffer);
  }
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  const length = buffer.length ?? buffer.byteLength;
  requireNumber(offset, "offset", 0, length);
  size ??= length - offset;
  requireNumber(size, "size", 0, MAX_INT);
  if (size + offset > length) {
    throw outOfRange("size + offset", `<= ${length}`, size + offset);
  }
  requireInvocation();
  if (size > 0) {
    const target = new Uint8Array(
      buffer.buffer ?? buffer, (buffer.byteOffset ?? 0) + offset * unit,
        size * unit);
    target.set(native().randomBytes(size * unit));
  }
  return buffer;
}

function randomFill(buffer, offset, size, callback) {
  if (typeof offset === "function") {
    callback = offset;
    offset = undefined;
    size = undefined;
  } else if (typeof size === "function") {
    callback = size;
    size = undefined;
  }
  later(callback, () => randomFillSync(buffer, offset, size));
}

const RANDOM_MAX = 2 ** 48 - 1;

function randomInt(min, max = undefined, callback = undefined) {
  if (max === undefined || typeof max === "function") {
    callback = max;
    max = min;
    min = 0;
  }
  if (callback !== undefined) requireFunction(callback, "callback");
  if (!Number.isSafeInteger(min)) {
    throw invalidArgType("min", "a safe integer",
      min);
  }
  if (!Number.isSafeInteger(max)) {
    throw invalidArgType("max", "a safe integer",
      max);
  }
  if (max <= min) {
    throw outOfRange(
      "max", `greater than the value of "min" (${min})`, max);
  }
  const range = max - min;
  if (range > RANDOM_MAX) {
    throw outOfRange(min === 0 ? "max" : "max - min", `<= ${RANDOM_MAX}`,
      range);
  }
  if (callback !== undefined) {
    later((error, value) => callback(error ?? undefined, value),
      () => randomInt(min, max));
    return undefined;
  }
  requireInvocation();
  // without a preference for small ones
  const limit = RANDOM_MAX - RANDOM_MAX % range;
  for (;;) {
    const value = bufferOf(native().randomBytes(6)).readUIntBE(0, 6);
    if (value < limit) return min + value % range;
  }
}

function randomUUID(options = undefined) {
  if (options !== undefined) {
    requireObject(options, "options");
    const { disableEntropyCache = false } = options;
    requireBoolean(disableEntropyCache, "options.disableEntropyCache");
  }
  return webcrypto.randomUUID();
}

export default {
  createHash, createHmac, getHashes,
  getRandomValues: (array) => webcrypto.getRandomValues(array),
  Hash, hash, hkdf, hkdfSync, Hmac, pbkdf2, pbkdf2Sync, randomBytes, randomFill,
  randomFillSync, randomInt, randomUUID, scrypt, scryptSync,
  get subtle() { return webcrypto.subtle; },
  timingSafeEqual, webcrypto,
};
