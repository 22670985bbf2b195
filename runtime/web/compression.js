// https://compression.spec.whatwg.org/, by codecs of the engine's.

import { createTransformStream } from "../chunks/streams.js";
import { copyBytes, viewOf } from "../core/bytes.js";
import { Resource } from "../core/resource.js";
import {
  defineInterface, requireArguments, requireBrand, toDOMString, unsharedBytes,
} from "../core/webidl.js";
import { ops } from "../native.js";
import {
  MathTrunc, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, PromisePrototypeThen, SafePromise,
  TypedArrayPrototypeGetLength,
} from "../primordials.js";

// The engine's numbers, engine/codec.h.
const formats = { __proto__: null, "gzip": 0, "deflate": 1, "deflate-raw": 2 };

// What op codecStep adds to four times the bytes read.
const MORE = 1;
const ENDED = 2;

// Pieces of output that one chunk may come to while nobody reads them.  The
// standard knows no limit, but a few bytes can stand for gigabytes.
const PIECES_AHEAD = 16;

const nothing = new Uint8Array(0);

function toBytes(chunk, name) {
  const bytes = unsharedBytes(chunk);
  if (bytes === undefined) {
    throw new TypeError(
      `${name}: the chunk is not of type 'ArrayBuffer' or 'ArrayBufferView'.`);
  }
  return bytes;
}

// A codec and its transform stream.
class Codec {
  #name;
  #decompress;
  #format;
  #resource = null;     // from the first chunk to the end
  #ended = false;       // no more input is taken
  #over = false;        // no more output is wanted
  stream;

  constructor(name, decompress, format) {
    this.#name = name;
    this.#decompress = decompress;
    this.#format = format;
    this.stream = createTransformStream({
      __proto__: null,
      transform: (chunk) => this.#transform(chunk),
      flush: () => this.#flush(),
      cancel: () => this.#close(),
    });
  }

  #close() {
    this.#over = true;
    if (this.#resource !== null) this.#resource.close();
  }

  // https://compression.spec.whatwg.org/#compress-and-enqueue-a-chunk
  // https://compression.spec.whatwg.org/#decompress-and-enqueue-a-chunk
  #transform(chunk) {
    try {
      const bytes = toBytes(chunk, this.#name);
      if (TypedArrayPrototypeGetLength(bytes) === 0) return undefined;
      const work = { __proto__: null, bytes, at: 0, copied: false, pieces: 0 };
      const ready = this.#run(work);
      return ready === undefined ? undefined : this.#runLater(work, ready);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  // The rest, whenever somebody has read what there is.
  #runLater(work, ready) {
    return new SafePromise((resolve, reject) => {
      const again = () => {
        try {
          const next = this.#run(work);
          if (next === undefined) resolve(undefined);
          else PromisePrototypeThen(next, again, reject);
        } catch (error) {
          this.#close();
          reject(error);
        }
      };
      PromisePrototypeThen(ready, again, reject);
    });
  }

  // Until all of the input is used: undefined; or until a reader should come
  // first: a promise.
  #run(work) {
    while (!this.#over) {
      const length = TypedArrayPrototypeGetLength(work.bytes);
      if (this.#ended) {
        if (work.at === length) return undefined;
        throw new TypeError(
          `${this.#name}: there is data after the end of what was compressed.`);
      }
      const { output, more } = this.#step(work, 0);
      const done = !more && work.at === length;
      // Enqueuing may run the worker's code, which may change its chunk.
      if (!done && !work.copied) {
        work.bytes = copyBytes(viewOf(work.bytes, work.at));
        work.at = 0;
        work.copied = true;
      }
      if (TypedArrayPrototypeGetLength(output) > 0) {
        this.stream.enqueue(output);
        work.pieces++;
      }
      if (done && !this.#ended) return undefined;
      if (work.pieces >= PIECES_AHEAD && !done) {
        const ready = this.stream.ready();
        if (ready !== undefined) return ready;
      }
    }
    return undefined;
  }

  #step(work, finish) {
    this.#resource ??= new Resource(
      ops.codec(this.#decompress ? 1 : 0, this.#format));
    const { id } = this.#resource;
    const output = ops.codecRun(id, work.bytes, work.at, finish);
    const step = ops.codecStep(id);
    work.at += MathTrunc(step / 4);
    this.#ended = (step & ENDED) !== 0;
    return { __proto__: null, output, more: (step & MORE) !== 0 };
  }

  // https://compression.spec.whatwg.org/#compress-flush-and-enqueue
  // https://compression.spec.whatwg.org/#decompress-flush-and-enqueue
  #flush() {
    try {
      const work = { __proto__: null, bytes: nothing, at: 0 };
      let more = true;
      while (more && !this.#ended && !this.#over) {
        const step = this.#step(work, 1);
        if (TypedArrayPrototypeGetLength(step.output) > 0) {
          this.stream.enqueue(step.output);
        }
        more = step.more;
      }
      if (!this.#ended && !this.#over) {
        throw new TypeError(
          `${this.#name}: the compressed data is incomplete.`);
      }
    } finally {
      this.#close();
    }
  }
}

function toFormat(value, name) {
  const number = formats[toDOMString(value)];
  if (number === undefined) {
    throw new TypeError(
      `Failed to construct '${name}': the format is not "gzip", "deflate" or ` +
      '"deflate-raw".');
  }
  return number;
}

export class CompressionStream {
  #codec;

  // https://compression.spec.whatwg.org/#compression-stream
  constructor(format) {
    const name = "CompressionStream";
    requireArguments(arguments.length, 1, name);
    this.#codec = new Codec(name, false, toFormat(format, name));
  }

  get readable() {
    requireBrand(#codec in this);
    return this.#codec.stream.readable;
  }

  get writable() {
    requireBrand(#codec in this);
    return this.#codec.stream.writable;
  }
}
defineInterface(CompressionStream, "CompressionStream");

export class DecompressionStream {
  #codec;

  // https://compression.spec.whatwg.org/#decompression-stream
  constructor(format) {
    const name = "DecompressionStream";
    requireArguments(arguments.length, 1, name);
    this.#codec = new Codec(name, true, toFormat(format, name));
  }

  get readable() {
    requireBrand(#codec in this);
    return this.#codec.stream.readable;
  }

  get writable() {
    requireBrand(#codec in this);
    return this.#codec.stream.writable;
  }
}
defineInterface(DecompressionStream, "DecompressionStream");
