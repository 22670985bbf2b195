// https://streams.spec.whatwg.org/#default-writer-class

import {
  PrimordialPromise as Promise, PrimordialTypeError as TypeError, PromiseReject,
} from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import { Deferred } from "./promises.js";
import { kRecord, writableOf, Writer } from "./records.js";
import {
  WritableStreamAbort, WritableStreamClose, WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";
import {
  closedPromiseOf, readyPromiseOf, SetUpWritableStreamDefaultWriter,
  WritableStreamDefaultWriterGetDesiredSize, WritableStreamDefaultWriterRelease,
  WritableStreamDefaultWriterWrite, writerReleased,
} from "./writer-ops.js";

export const CLOSING = "The stream is closing already.";

// A write whose result is a promise: the worker's unless another kind is given.
export class PromiseWriteRequest {
  next = null;
  #deferred;

  constructor(Kind = Promise) {
    this.#deferred = new Deferred(Kind);
  }

  get promise() { return this.#deferred.promise; }
  resolve() { this.#deferred.resolve(undefined); }
  reject(error) { this.#deferred.reject(error); }
}

function requireStream(writer) {
  if (writer.stream === undefined) throw writerReleased();
  return writer.stream;
}

export class WritableStreamDefaultWriter {
  #record;

  // https://streams.spec.whatwg.org/#default-writer-constructor
  constructor(stream, record = undefined) {
    if (stream === kRecord) {
      this.#record = record;
      return;
    }
    const name = "WritableStreamDefaultWriter";
    requireArguments(arguments.length, 1, name);
    const streamRecord = writableOf(stream);
    if (streamRecord === undefined) {
      throw new TypeError(
        `${name}: parameter 1 is not of type 'WritableStream'.`);
    }
    const writer = new Writer();
    SetUpWritableStreamDefaultWriter(writer, streamRecord);
    this.#record = writer;
  }

  // https://streams.spec.whatwg.org/#default-writer-closed
  get closed() {
    try {
      requireBrand(isObject(this) && #record in this);
      return closedPromiseOf(this.#record);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#default-writer-desired-size
  get desiredSize() {
    requireBrand(isObject(this) && #record in this);
    requireStream(this.#record);
    return WritableStreamDefaultWriterGetDesiredSize(this.#record);
  }

  // https://streams.spec.whatwg.org/#default-writer-ready
  get ready() {
    try {
      requireBrand(isObject(this) && #record in this);
      return readyPromiseOf(this.#record);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#default-writer-abort
  abort(reason = undefined) {
    try {
      requireBrand(isObject(this) && #record in this);
      return WritableStreamAbort(requireStream(this.#record), reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#default-writer-close
  close() {
    try {
      requireBrand(isObject(this) && #record in this);
      const stream = requireStream(this.#record);
      if (WritableStreamCloseQueuedOrInFlight(stream)) {
        throw new TypeError(CLOSING);
      }
      return WritableStreamClose(stream);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#default-writer-release-lock
  releaseLock() {
    requireBrand(isObject(this) && #record in this);
    if (this.#record.stream !== undefined) {
      WritableStreamDefaultWriterRelease(this.#record);
    }
  }

  // https://streams.spec.whatwg.org/#default-writer-write
  write(chunk = undefined) {
    try {
      requireBrand(isObject(this) && #record in this);
      requireStream(this.#record);
      const request = new PromiseWriteRequest();
      WritableStreamDefaultWriterWrite(this.#record, chunk, request);
      return request.promise;
    } catch (error) {
      return PromiseReject(error);
    }
  }
}
defineInterface(WritableStreamDefaultWriter, "WritableStreamDefaultWriter");
