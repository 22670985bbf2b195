// https://fetch.spec.whatwg.org/#bodies
//
// The body of a Request or Response.  A ReadableStream for it is made only when
// the worker asks for one: text and bytes go out, and what comes in is read,
// without any.

import { v8 } from "../native.js";
import {
  list, MathMin, PrimordialTypeError as TypeError, PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { copyBytes, joinBytes, viewOf } from "../core/bytes.js";
import { chunk as loadChunk } from "../core/chunks.js";
import { viewBytes } from "../core/webidl.js";
import {
  createByteStream, getReader, isDisturbed, isLocked, originOf, readAll,
  seizeStream, teeStream,
} from "./streams.js";

const USED =
  "Body has already been used. It can only be used once. Use tee() first if " +
  "you need to read it twice.";
const LOCKED =
  "This ReadableStream is currently locked to a reader.";
const NOT_BYTES = "This ReadableStream did not return bytes.";

// What a body is: one of text, bytes and an IncomingBody, or else a stream of
// the worker's.  With one of the first three, "stream" only shows it.
export class BodyState {
  text = undefined;
  bytes = undefined;
  incoming = undefined;
  stream = undefined;
  #taken = false;

  static ofText(text) {
    const body = new BodyState();
    body.text = text;
    return body;
  }

  static ofBytes(bytes) {
    const body = new BodyState();
    body.bytes = bytes;
    return body;
  }

  static ofIncoming(incoming) {
    const body = new BodyState();
    body.incoming = incoming;
    return body;
  }

  static ofStream(stream) {
    const body = new BodyState();
    body.stream = stream;
    return body;
  }

  get isStream() {
    return this.text === undefined && this.bytes === undefined &&
      this.incoming === undefined;
  }

  get used() {
    return this.#taken ||
      (this.stream !== undefined && isDisturbed(this.stream));
  }

  // Where an IncomingBody is read: decoded, if it comes encoded.
  source() {
    const { incoming } = this;
    return incoming.gzip ? loadChunk("coding").decoded(incoming) : incoming;
  }

  // Of text and bytes.
  getBytes() {
    this.bytes ??= v8.utf8Encode(this.text);
    return this.bytes;
  }

  getStream() {
    if (this.stream === undefined) {
      this.stream = createByteStream(
        this.incoming === undefined ? new BytesSource(this) : this.source(),
        this);
      if (this.#taken) seizeStream(this.stream);
    }
    return this.stream;
  }

  requireUnused() {
    if (this.used) throw new TypeError(USED);
    if (this.stream !== undefined && isLocked(this.stream)) {
      throw new TypeError(LOCKED);
    }
  }

  // Uses the body up.  Returns what it really is, to be sent or read: the body
  // itself, or the one that its stream shows.
  take() {
    this.requireUnused();
    this.#taken = true;
    if (!this.isStream) {
      if (this.stream !== undefined) seizeStream(this.stream);
      return this;
    }
    // nobody has read from the stream, so the body behind it is complete
    const shown = originOf(this.stream);
    return shown === undefined ? this : shown.take();
  }

  // Uses the body up.  Returns its stream, which somebody will read.
  takeStream() {
    this.requireUnused();
    const stream = this.getStream();
    this.#taken = true;
    return stream;
  }

  // Calls done() with all of it, as one Uint8Array of the caller's own, or
  // failed() with the error.
  consume(done, failed) {
    const body = this.take();
    if (!body.isStream && body.incoming === undefined) {
      done(copyBytes(body.getBytes()));
      return;
    }
    const chunks = list();
    let size = 0;
    const onChunk = (bytes) => {
      size += TypedArrayPrototypeGetByteLength(bytes);
      // a chunk of a worker's stream is the worker's, who may write to it
      chunks[chunks.length] = body.isStream ? copyBytes(bytes) : bytes;
    };
    const onEnd = () =>
      done(chunks.length === 1 ? chunks[0] : joinBytes(chunks, size));
    body.#readTaken(onChunk, onEnd, failed);
  }

  // Calls onChunk() with each chunk of bytes, then done() or failed().
  read(onChunk, done, failed) {
    this.take().#readTaken(onChunk, done, failed);
  }

  #readTaken(onChunk, done, failed) {
    if (this.incoming !== undefined) {
      this.source().read(onChunk, done, failed);
    } else if (this.isStream) {
      readChunks(getReader(this.stream), onChunk, done, failed);
    } else {
      onChunk(this.getBytes());
      done();
    }
  }

  // A second body with the same content.
  clone() {
    this.requireUnused();
    if (this.text !== undefined || this.bytes !== undefined) {
      const copy = new BodyState();
      copy.text = this.text;
      copy.bytes = this.bytes;
      return copy;
    }
    const branches = teeStream(this.getStream());
    this.incoming = undefined;
    this.stream = branches[0];
    return BodyState.ofStream(branches[1]);
  }

  // The same body for another object; this one is used up.
  transfer() {
    const body = this.take();
    const moved = new BodyState();
    moved.text = body.text;
    moved.bytes = body.bytes;
    moved.incoming = body.incoming;
    if (moved.isStream) moved.stream = body.stream;
    return moved;
  }
}

// So much at a time: a reader who stops early has not cost all of it.
const SLICE = 65536;

// Shows text or bytes as a stream.
class BytesSource {
  #body;
  #offset = 0;

  constructor(body) {
    this.#body = body;
  }

  pull(sink) {
    const bytes = this.#body.getBytes();
    const length = TypedArrayPrototypeGetByteLength(bytes);
    const to = MathMin(this.#offset + SLICE, length);
    if (to > this.#offset) {
      // a copy: a stream transfers what it is given
      sink.enqueue(copyBytes(viewOf(bytes, this.#offset, to)));
    }
    this.#offset = to;
    if (to === length) sink.close();
  }

  cancel() {}
}

// A chunk of a worker's stream as bytes.
export function chunkBytes(chunk) {
  const bytes = viewBytes(chunk);
  if (bytes === undefined) throw new TypeError(NOT_BYTES);
  return bytes;
}

// Calls onChunk() with each chunk, as bytes, then done() or failed().  A chunk
// comes at once, when the worker is still enqueuing it.
export function readChunks(reader, onChunk, done, failed) {
  const end = readAll(reader, (chunk) => { onChunk(chunkBytes(chunk)); });
  PromisePrototypeThen(end, () => {
    try {
      done();
    } catch (error) {
      failed(error);
    }
  }, failed);
}
