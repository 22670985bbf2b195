// https://streams.spec.whatwg.org/#default-reader-class
// https://streams.spec.whatwg.org/#byob-reader-class

import {
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  PromiseReject,
} from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import {
  bufferOf, byteLengthOf, IsDetachedBuffer, kindOf,
} from "./buffers.js";
import {
  enforceUnsignedLongLong, requireView, toDictionary,
} from "./convert.js";
import {
  closedPromiseOf, PromiseReadRequest, ReadableStreamBYOBReaderRead,
  ReadableStreamCancel, ReadableStreamDefaultReaderRead,
  ReadableStreamReaderRelease, readerReleased, SetUpReadableStreamBYOBReader,
  SetUpReadableStreamDefaultReader,
} from "./readable-ops.js";
import { kRecord, readableOf, Reader } from "./records.js";

// The record of the stream that a reader is to be made for.
function requireStream(stream, given, name) {
  requireArguments(given, 1, name);
  const record = readableOf(stream);
  if (record !== undefined) return record;
  throw new TypeError(`${name}: parameter 1 is not of type 'ReadableStream'.`);
}

// https://streams.spec.whatwg.org/#generic-reader-cancel
function cancel(reader, reason) {
  if (reader.stream === undefined) throw readerReleased();
  return ReadableStreamCancel(reader.stream, reason);
}

// https://streams.spec.whatwg.org/#default-reader-release-lock
// https://streams.spec.whatwg.org/#byob-reader-release-lock
function releaseLock(reader) {
  if (reader.stream !== undefined) ReadableStreamReaderRelease(reader);
}

export class ReadableStreamDefaultReader {
  #record;

  // https://streams.spec.whatwg.org/#default-reader-constructor
  constructor(stream, record = undefined) {
    if (stream === kRecord) {
      this.#record = record;
      return;
    }
    stream = requireStream(
      stream, arguments.length, "ReadableStreamDefaultReader");
    const reader = new Reader(false);
    SetUpReadableStreamDefaultReader(reader, stream);
    this.#record = reader;
  }

  // https://streams.spec.whatwg.org/#generic-reader-closed
  get closed() {
    try {
      requireBrand(isObject(this) && #record in this);
      return closedPromiseOf(this.#record);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  cancel(reason = undefined) {
    try {
      requireBrand(isObject(this) && #record in this);
      return cancel(this.#record, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#default-reader-read
  read() {
    try {
      requireBrand(isObject(this) && #record in this);
      if (this.#record.stream === undefined) throw readerReleased();
      const request = new PromiseReadRequest();
      ReadableStreamDefaultReaderRead(this.#record, request);
      return request.promise;
    } catch (error) {
      return PromiseReject(error);
    }
  }

  releaseLock() {
    requireBrand(isObject(this) && #record in this);
    releaseLock(this.#record);
  }
}
defineInterface(ReadableStreamDefaultReader, "ReadableStreamDefaultReader");

// How many elements the worker wants at least, after all other checks of
// https://streams.spec.whatwg.org/#byob-reader-read
function checkRead(view, options, given) {
  const where = "ReadableStreamBYOBReader.read";
  requireArguments(given, 1, where);
  requireView(view, where);
  const wanted = toDictionary(options, where)?.min;
  const min = wanted === undefined ? 1 : enforceUnsignedLongLong(wanted, where);

  const byteLength = byteLengthOf(view);
  if (byteLength === 0 || IsDetachedBuffer(bufferOf(view))) {
    throw new TypeError(`${where}: the view has no bytes.`);
  }
  if (min === 0) throw new TypeError(`${where}: "min" must not be 0.`);
  if (min > byteLength / kindOf(view).elementSize) {
    throw new RangeError(`${where}: "min" is more than the view has room for.`);
  }
  return min;
}

export class ReadableStreamBYOBReader {
  #record;

  // https://streams.spec.whatwg.org/#byob-reader-constructor
  constructor(stream, record = undefined) {
    if (stream === kRecord) {
      this.#record = record;
      return;
    }
    stream = requireStream(
      stream, arguments.length, "ReadableStreamBYOBReader");
    const reader = new Reader(true);
    SetUpReadableStreamBYOBReader(reader, stream);
    this.#record = reader;
  }

  // https://streams.spec.whatwg.org/#generic-reader-closed
  get closed() {
    try {
      requireBrand(isObject(this) && #record in this);
      return closedPromiseOf(this.#record);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  cancel(reason = undefined) {
    try {
      requireBrand(isObject(this) && #record in this);
      return cancel(this.#record, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  read(view, options = undefined) {
    try {
      requireBrand(isObject(this) && #record in this);
      const min = checkRead(view, options, arguments.length);
      if (this.#record.stream === undefined) throw readerReleased();
      const request = new PromiseReadRequest();
      ReadableStreamBYOBReaderRead(this.#record, view, min, request);
      return request.promise;
    } catch (error) {
      return PromiseReject(error);
    }
  }

  releaseLock() {
    requireBrand(isObject(this) && #record in this);
    releaseLock(this.#record);
  }
}
defineInterface(ReadableStreamBYOBReader, "ReadableStreamBYOBReader");
