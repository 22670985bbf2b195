// https://fetch.spec.whatwg.org/#body-mixin
//
// The body of a Request or Response.  A ReadableStream for it is made only when
// the worker asks for one: text and bytes go out, and what comes in is read,
// without any.

import { v8 } from "../native.js";
import {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeSlice, JSONParse,
  list, PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  PromisePrototypeThen, PromiseReject, PromiseResolve, SymbolAsyncIterator,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice, uncurryThis,
} from "../primordials.js";
import {
  defineInterface, isObject, requireBrand, toUSVString, viewBytes,
} from "../core/webidl.js";
import { isSearchParams, URLSearchParams } from "../url/search-params.js";
import {
  createByteStream, getReader, isDisturbed, isLocked, isReadableStream,
  originOf, readerRead, seizeStream, streamFrom, teeStream,
} from "./streams.js";

const searchParamsToString = uncurryThis(URLSearchParams.prototype.toString);

const USED =
  "Body has already been used. It can only be used once. Use tee() first if " +
  "you need to read it twice.";
const LOCKED =
  "This ReadableStream is currently locked to a reader.";
const DISTURBED =
  "This ReadableStream is disturbed (has already been read from), and cannot " +
  "be used as a body.";
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
    return this.#taken || (this.stream !== undefined && isDisturbed(this.stream));
  }

  // Of text and bytes.
  getBytes() {
    this.bytes ??= v8.utf8Encode(this.text);
    return this.bytes;
  }

  getStream() {
    if (this.stream === undefined) {
      this.stream =
        createByteStream(this.incoming ?? new BytesSource(this), this);
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

  // A promise of all of it, as one Uint8Array of the caller's own.
  consume() {
    const body = this.take();
    if (body.incoming !== undefined) return body.incoming.collect();
    if (body.isStream) return collectStream(body.stream);
    return PromiseResolve(TypedArrayPrototypeSlice(body.getBytes()));
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

// Shows text or bytes as a stream.
class BytesSource {
  #body;

  constructor(body) {
    this.#body = body;
  }

  pull(sink) {
    const bytes = this.#body.getBytes();
    if (TypedArrayPrototypeGetByteLength(bytes) > 0) {
      // a copy: a stream transfers what it is given
      sink.enqueue(TypedArrayPrototypeSlice(bytes));
    }
    sink.close();
  }

  cancel() {}
}

// A chunk of a worker's stream as bytes.
export function chunkBytes(chunk) {
  const bytes = viewBytes(chunk);
  if (bytes === undefined) throw new TypeError(NOT_BYTES);
  return bytes;
}

async function collectStream(stream) {
  const reader = getReader(stream);
  const chunks = list();
  let size = 0;
  for (;;) {
    const result = await readerRead(reader);
    if (result.done) break;
    const bytes = chunkBytes(result.value);
    size += bytes.length;
    chunks[chunks.length] = bytes;
  }
  const all = new Uint8Array(size);
  for (let i = 0, offset = 0; i < chunks.length; i++) {
    TypedArrayPrototypeSet(all, chunks[i], offset);
    offset += chunks[i].length;
  }
  return all;
}

// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
// Returns { body, type }, with a null type when there is none.
export function extractBody(init) {
  if (typeof init === "string") {
    return {
      body: BodyState.ofText(toUSVString(init)),
      type: "text/plain;charset=UTF-8",
    };
  }
  if (isObject(init)) {
    const bytes = viewBytes(init);
    if (bytes !== undefined) {
      return {
        body: BodyState.ofBytes(TypedArrayPrototypeSlice(bytes)), type: null,
      };
    }
    if (isReadableStream(init)) {
      if (isDisturbed(init)) throw new TypeError(DISTURBED);
      if (isLocked(init)) throw new TypeError(LOCKED);
      return { body: BodyState.ofStream(init), type: null };
    }
    if (isSearchParams(init)) {
      return {
        body: BodyState.ofText(searchParamsToString(init)),
        type: "application/x-www-form-urlencoded;charset=UTF-8",
      };
    }
    if (typeof init[SymbolAsyncIterator] === "function") {
      return { body: BodyState.ofStream(streamFrom(init)), type: null };
    }
  }
  return {
    body: BodyState.ofText(toUSVString(init)), type: "text/plain;charset=UTF-8",
  };
}

// The bytes with an ArrayBuffer of their own.
function ownBuffer(bytes) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  const length = TypedArrayPrototypeGetByteLength(bytes);
  if (TypedArrayPrototypeGetByteOffset(bytes) === 0 &&
      ArrayBufferPrototypeGetByteLength(buffer) === length) {
    return buffer;
  }
  const offset = TypedArrayPrototypeGetByteOffset(bytes);
  return ArrayBufferPrototypeSlice(buffer, offset, offset + length);
}

export const kCreate = {};

let isBody;
export let bodyOf;
export let setBody;

export class Body {
  #body = null;

  static {
    isBody = (value) => isObject(value) && #body in value;
    bodyOf = (object) => object.#body;
    setBody = (object, body) => { object.#body = body; };
  }

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
  }

  get body() {
    requireBrand(isBody(this));
    return this.#body === null ? null : this.#body.getStream();
  }

  get bodyUsed() {
    requireBrand(isBody(this));
    return this.#body !== null && this.#body.used;
  }

  arrayBuffer() {
    return consume(this, toArrayBuffer);
  }

  bytes() {
    return consume(this, toBytes);
  }

  json() {
    return consume(this, toJSON);
  }

  text() {
    return consume(this, toText);
  }
}
defineInterface(Body);

// https://fetch.spec.whatwg.org/#concept-body-consume-body
function consume(object, convert) {
  try {
    requireBrand(isBody(object));
    const body = bodyOf(object);
    if (body === null) return PromiseResolve(convert(new Uint8Array(0)));
    return PromisePrototypeThen(body.consume(), convert);
  } catch (error) {
    return PromiseReject(error);
  }
}

const toArrayBuffer = (bytes) => ownBuffer(bytes);
const toBytes = (bytes) => new Uint8Array(ownBuffer(bytes));
const toText = (bytes) => v8.utf8Decode(bytes, false, false);
const toJSON = (bytes) => JSONParse(toText(bytes));
