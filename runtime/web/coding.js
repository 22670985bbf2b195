// Content codings of bodies, as in Workers: a response that says
// "Content-Encoding: gzip" is decoded when it is read here, and encoded when it
// is sent from here.  One that passes through as it came stays as it is.

import { copyBytes } from "../core/bytes.js";
import { Resource } from "../core/resource.js";
import { ops } from "../native.js";
import {
  MathTrunc, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { chunkBytes } from "./body.js";
import {
  createByteStream, getReader, readerCancel, readerRead,
} from "./streams.js";

// engine/codec.h, and what op codecStep adds to four times the bytes read.
const GZIP = 0;
const MORE = 1;
const ENDED = 2;

const nothing = new Uint8Array(0);

// The op throws for nothing but data that are no gzip.
function run(id, bytes, at, finish) {
  try {
    return ops.codecRun(id, bytes, at, finish);
  } catch {
    throw new TypeError("Gzip decompression failed.");
  }
}

// A source for createByteStream() over another one.  Each pull makes one piece
// of at most 64 KB: who does not read on is not flooded, whatever a few bytes
// of input stand for.
class CodedSource {
  #input;
  #decompress;
  #resource = null;       // of the member at hand
  #bytes = nothing;       // what is left of the input that has come
  #at = 0;
  #more = false;          // the codec has more output
  #closed = false;        // no more input comes
  #over = false;          // nothing more is made of it
  #failed = false;
  #error = undefined;

  constructor(input, decompress) {
    this.#input = input;
    this.#decompress = decompress;
  }

  // As the sink of the input.
  enqueue(bytes) {
    this.#bytes = bytes;
    this.#at = 0;
  }

  close() {
    this.#closed = true;
  }

  error(error) {
    this.#fail(error);
  }

  #fail(error) {
    if (this.#over) return;
    this.#release();
    this.#failed = true;
    this.#error = error;
  }

  #release() {
    this.#over = true;
    this.#bytes = nothing;
    this.#resource?.close();
    this.#resource = null;
  }

  pull(sink) {
    for (;;) {
      if (this.#failed) {
        sink.error(this.#error);
        return undefined;
      }
      if (this.#over) {
        sink.close();
        return undefined;
      }
      if (this.#more || this.#closed ||
          this.#at < TypedArrayPrototypeGetByteLength(this.#bytes)) {
        const piece = this.#piece();
        if (TypedArrayPrototypeGetByteLength(piece) > 0) {
          sink.enqueue(piece);
          return undefined;
        }
      } else {
        const waiting = this.#input.pull(this);
        if (waiting !== undefined) {
          return PromisePrototypeThen(waiting, () => this.pull(sink));
        }
      }
    }
  }

  // One step of the codec: its output.
  #piece() {
    const left = this.#at < TypedArrayPrototypeGetByteLength(this.#bytes);
    if (!left && !this.#more && this.#decompress) {
      // the end: between two members, or before the first
      if (this.#resource === null) {
        this.#release();
      } else {
        // as in Workers, and so for each part of one that a 206 brings
        this.#fail(new TypeError("Gzip compressed stream ended prematurely."));
      }
      return nothing;
    }
    let output;
    let step;
    try {
      this.#resource ??= new Resource(ops.codec(this.#decompress ? 1 : 0, GZIP));
      const { id } = this.#resource;
      const finish = !left && this.#closed && !this.#decompress ? 1 : 0;
      output = run(id, this.#bytes, this.#at, finish);
      step = ops.codecStep(id);
    } catch (error) {
      this.#input.cancel(error);
      this.#fail(error);
      return nothing;
    }
    this.#at += MathTrunc(step / 4);
    this.#more = (step & MORE) !== 0;
    if ((step & ENDED) !== 0) {
      this.#more = false;
      if (this.#decompress) {
        // another member may follow
        this.#resource.close();
        this.#resource = null;
      } else {
        this.#release();
      }
    }
    return output;
  }

  cancel(reason) {
    this.#release();
    return this.#input.cancel(reason);
  }

  // For IncomingBody.read(): calls onChunk() with each piece, then done() or
  // failed().
  read(onChunk, done, failed) {
    let going = true;
    const sink = {
      __proto__: null,
      enqueue: onChunk,
      close() { going = false; done(); },
      error(error) { going = false; failed(error); },
    };
    const run = () => {
      try {
        while (going) {
          const waiting = this.pull(sink);
          if (waiting !== undefined) {
            PromisePrototypeThen(waiting, run, failed);
            return;
          }
        }
      } catch (error) {
        going = false;
        failed(error);
      }
    };
    run();
  }
}

// What has come encoded, as it is read.
export const decoded = (incoming) => new CodedSource(incoming, true);

// The bytes of a stream, as the input of a codec.
class StreamInput {
  #reader;

  constructor(stream) {
    this.#reader = getReader(stream);
  }

  pull(sink) {
    return PromisePrototypeThen(
      readerRead(this.#reader),
      ({ done, value }) => {
        if (done) {
          sink.close();
          return;
        }
        try {
          sink.enqueue(copyBytes(chunkBytes(value)));
        } catch (error) {
          this.cancel(error);
          sink.error(error);
        }
      }, (error) => sink.error(error));
  }

  cancel(reason) {
    PromisePrototypeThen(
      readerCancel(this.#reader, reason), undefined, () => {});
  }
}

class BytesInput {
  #bytes;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  pull(sink) {
    sink.enqueue(this.#bytes);
    sink.close();
    return undefined;
  }

  cancel() {}
}

// A stream of a body that was taken to be sent: encoded if "encode", and
// decoded before if it has come so.
export function recode(body, encode) {
  if (!encode) return createByteStream(body.source());
  const input = body.incoming !== undefined ? body.source()
    : body.isStream ? new StreamInput(body.stream)
      : new BytesInput(body.getBytes());
  return createByteStream(new CodedSource(input, false));
}
