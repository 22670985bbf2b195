// Workers' own: a WritableStream whose "digest" is that of what was written.
// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/

import { WritableStream } from "../chunks/streams.js";
import { chunk } from "../core/chunks.js";
import { v8 } from "../native.js";
import {
  PrimordialBigInt as BigInt, PrimordialPromise as Promise,
  PrimordialTypeError as TypeError, PromisePrototypeThen,
  TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";

function toBytes(piece) {
  if (typeof piece === "string") return v8.utf8Encode(piece);
  const { bytesOf, isBufferSource } = chunk("crypto");
  if (!isBufferSource(piece)) {
    throw new TypeError(
      "DigestStream is a byte stream but received an object of " +
      "non-ArrayBuffer/ArrayBufferView/string type on its writable side.");
  }
  return bytesOf(piece);
}

export class DigestStream extends WritableStream {
  #digest;
  #bytesWritten = 0;

  constructor(algorithm) {
    requireArguments(arguments.length, 1, "DigestStream constructor");
    const { createHash, digestName, sizeOf } = chunk("crypto");
    const hash = createHash(digestName(algorithm));
    let resolve, reject;
    let self;
    super({
      __proto__: null,
      write(piece) {
        try {
          const bytes = toBytes(piece);
          hash.update(bytes);
          self.#bytesWritten += sizeOf(bytes);
        } catch (error) {
          hash.close();
          reject(error);
          throw error;
        }
      },
      close() { resolve(TypedArrayPrototypeGetBuffer(hash.digest())); },
      abort(reason) {
        hash.close();
        reject(reason);
      },
    });
    self = this;
    this.#digest = new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // nobody needs to wait for it
    PromisePrototypeThen(this.#digest, undefined, () => {});
  }

  get digest() {
    requireBrand(#digest in this);
    return this.#digest;
  }

  get bytesWritten() {
    requireBrand(#digest in this);
    return BigInt(this.#bytesWritten);
  }
}
defineInterface(DigestStream);
