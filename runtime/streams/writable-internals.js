// What the rest of the runtime does with WritableStreams, on their records.

import {
  PrimordialTypeError as TypeError, SafePromise,
} from "../primordials.js";
import { failed, invokeForPromise, promiseOfUndefined } from "./promises.js";
import { writableOf } from "./records.js";
import { writableObject } from "./writable.js";
import {
  CreateWritableStream, WritableStreamDefaultControllerErrorIfNeeded,
} from "./writable-controller.js";
import {
  abortStream, closeStream, WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";
import {
  AcquireWritableStreamDefaultWriter, WritableStreamDefaultWriterWrite,
} from "./writer-ops.js";
import { CLOSING, PromiseWriteRequest } from "./writers.js";

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

// The only writer of a stream: what it does returns SafePromises.  Throws if
// there is one already.
export function acquireWriter(stream) {
  const record = writableOf(stream);
  const writer = AcquireWritableStreamDefaultWriter(record);
  return {
    __proto__: null,
    write(chunk) {
      const request = new PromiseWriteRequest(SafePromise);
      WritableStreamDefaultWriterWrite(writer, chunk, request);
      return request.promise;
    },
    close: () => WritableStreamCloseQueuedOrInFlight(record)
      ? failed(new TypeError(CLOSING)) : closeStream(record),
    abort: (reason) =>
      promiseOfUndefined(abortStream(record, reason), SafePromise),
  };
}
