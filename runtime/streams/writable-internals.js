// What the rest of the runtime does with WritableStreams, on their records.

import {
  PrimordialPromise as Promise, PrimordialTypeError as TypeError, PromiseReject,
} from "../primordials.js";
import { invokeForPromise } from "./promises.js";
import { writableOf } from "./records.js";
import { writableObject } from "./writable.js";
import {
  CreateWritableStream, WritableStreamDefaultControllerErrorIfNeeded,
} from "./writable-controller.js";
import {
  WritableStreamAbort, WritableStreamClose, WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";
import {
  AcquireWritableStreamDefaultWriter, WritableStreamDefaultWriterWrite,
} from "./writer-ops.js";
import { CLOSING } from "./writers.js";

// A stream over a sink of ours: write(chunk), close() and abort(reason), which
// may return promises.  fail(error) errors the stream.
export function createWritable(sink) {
  let controller;
  const record = CreateWritableStream(
    (made) => { controller = made; },
    (chunk) => invokeForPromise(sink.write, sink, [chunk]),
    () => invokeForPromise(sink.close, sink, []),
    (reason) => invokeForPromise(sink.abort, sink, [reason]));
  return {
    __proto__: null,
    fail: (error) =>
      WritableStreamDefaultControllerErrorIfNeeded(controller, error),
    stream: writableObject(record),
  };
}

class WriteRequest {
  next = null;
  promise;
  #resolve;
  #reject;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve() { this.#resolve(undefined); }
  reject(error) { this.#reject(error); }
}

// The only writer of a stream: what it does returns promises.  Throws if there
// is one already.
export function acquireWriter(stream) {
  const record = writableOf(stream);
  const writer = AcquireWritableStreamDefaultWriter(record);
  return {
    __proto__: null,
    write(chunk) {
      const request = new WriteRequest();
      WritableStreamDefaultWriterWrite(writer, chunk, request);
      return request.promise;
    },
    close: () => WritableStreamCloseQueuedOrInFlight(record)
      ? PromiseReject(new TypeError(CLOSING)) : WritableStreamClose(record),
    abort: (reason) => WritableStreamAbort(record, reason),
  };
}
