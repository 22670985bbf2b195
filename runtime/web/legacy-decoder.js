// The engine's decoders, behind TextDecoder.

import { copyBytes, joinBytes, viewOf } from "../core/bytes.js";
import { Resource } from "../core/resource.js";
import { ops } from "../native.js";
import { TypedArrayPrototypeGetLength } from "../primordials.js";

// What the engine decodes in one call at most (engine/limits.h).
const SLICE = 256 * 1024;

// A decoder and its I/O queue.
export class LegacyDecoder {
  #encoding;
  #fatal;
  #resource = null;     // while a stream is being decoded
  #rest = null;         // of the queue, behind the bytes that were in error

  // "encoding" is a decoder's number
  constructor(encoding, fatal) {
    this.#encoding = encoding;
    this.#fatal = fatal ? 1 : 0;
  }

  // The text; undefined is an error of a fatal decoder.
  decode(bytes, stream) {
    if (this.#rest !== null) {
      bytes = joinBytes([this.#rest, bytes]);
      this.#rest = null;
    }
    const length = TypedArrayPrototypeGetLength(bytes);

    if (this.#resource === null) {
      if (!stream && length <= SLICE) {
        const text = ops.decodeOnce(this.#encoding, this.#fatal, bytes);
        return typeof text === "string" ? text : undefined;
      }
      this.#resource = new Resource(ops.decoder(this.#encoding, this.#fatal));
    }

    let text = "";
    let at = 0;
    do {
      const part = ops.decode(this.#resource.id, bytes, at, stream ? 0 : 1);
      if (typeof part === "number") {
        if (stream) this.#rest = copyBytes(viewOf(bytes, at + part));
        else this.#close();
        return undefined;
      }
      text += part;
      at += SLICE;
    } while (at < length);
    if (!stream) this.#close();
    return text;
  }

  #close() {
    this.#resource.close();
    this.#resource = null;
  }
}
