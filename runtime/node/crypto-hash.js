// createHash() and createHmac() of node:crypto.
// https://nodejs.org/docs/latest-v20.x/api/crypto.html#class-hash

import { chunk } from "../core/chunks.js";
import { Buffer, encode, findCodec } from "../chunks/node-buffer.js";
import {
  invalidArgType, nodeError, nodeTypeError, requireString,
} from "../chunks/node-errors.js";
import { makeLazyStream } from "./lazy-stream.js";

// An op works on at most so much: V8 cannot be stopped while it does.
const SLICE = 2 ** 20;

// The bytes of a text, or of a view of bytes, or undefined.
function bytesFrom(value, encoding = undefined) {
  if (typeof value === "string") {
    return encode(findCodec(encoding) ?? findCodec("utf8"), value);
  }
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return undefined;
}

// The same; an ArrayBuffer, too.
export function requireBytes(value, name, types) {
  const bytes = bytesFrom(value) ??
    (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer
      ? new Uint8Array(value) : undefined);
  if (bytes === undefined) throw invalidArgType(name, types, value);
  return bytes;
}

// "RSA-SHA256" is what OpenSSL calls the hash of such a signature.
export const plainName = (name) => name.replace(/^rsa-/i, "");

export const invalidDigest = (name) =>
  nodeTypeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);

const finalized = () =>
  nodeError("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

function updateWith(hash, data, encoding) {
  const bytes = bytesFrom(data, encoding);
  if (bytes === undefined) {
    throw invalidArgType(
      "data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  for (let at = 0; at < bytes.length; at += SLICE) {
    hash.update(bytes.subarray(at, at + SLICE));
  }
}

function result(bytes, encoding) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === "buffer" || encoding === null
    ? buffer : buffer.toString(findCodec(`${encoding}`) === undefined
      ? "utf8" : `${encoding}`);
}

function digestBytesOf(algorithm) {
  const { digestBytes, hashName } = chunk("crypto");
  return digestBytes(hashName(plainName(algorithm)));
}

export class Hash {
  #native;
  #algorithm;
  #isDone = false;

  constructor(algorithm, options = undefined, native = undefined) {
    requireString(algorithm, "algorithm");
    this.#native = native ?? chunk("crypto").createHash(plainName(algorithm));
    if (this.#native === undefined) {
      throw new Error("Digest method not supported");
    }
    const length = options?.outputLength;
    if (length !== undefined && length !== digestBytesOf(algorithm)) {
      throw nodeError("ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
        "error:030000B2:digital envelope routines::not XOF or invalid length");
    }
    this.#algorithm = algorithm;
  }

  update(data, encoding = undefined) {
    if (this.#isDone) throw finalized();
    updateWith(this.#native, data, encoding);
    return this;
  }

  digest(encoding = undefined) {
    if (this.#isDone) throw finalized();
    this.#isDone = true;
    return result(this.#native.digest(), encoding);
  }

  copy(options = undefined) {
    if (this.#isDone) throw finalized();
    return new Hash(this.#algorithm, options, this.#native.copy());
  }

  _transform(data, encoding, callback) {
    this.update(data, encoding);
    callback();
  }

  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}

const keyTypes = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView",
  "KeyObject", "CryptoKey"];

export class Hmac {
  #native;
  #isDone = false;

  constructor(algorithm, key) {
    requireString(algorithm, "hmac");
    const bytes = requireBytes(key, "key", keyTypes);
    this.#native = chunk("crypto").createHmac(plainName(algorithm), bytes);
    if (this.#native === undefined) throw invalidDigest(algorithm);
  }

  update(data, encoding = undefined) {
    if (this.#isDone) throw finalized();
    updateWith(this.#native, data, encoding);
    return this;
  }

  digest(encoding = undefined) {
    // as in Node.js, the second time there is nothing
    if (this.#isDone) return result(new Uint8Array(0), encoding);
    this.#isDone = true;
    return result(this.#native.digest(), encoding);
  }

  _transform(data, encoding, callback) {
    this.update(data, encoding);
    callback();
  }

  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}

makeLazyStream(Hash);
makeLazyStream(Hmac);

for (const [Class, name] of [[Hash, "Hash"], [Hmac, "Hmac"]]) {
  Object.defineProperty(Class, "name", {
    __proto__: null, value: name, configurable: true,
  });
}
