// The abstract operations of writers.
// https://streams.spec.whatwg.org/#ws-writer-abstract-ops

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { Deferred, failed, markHandled } from "./promises.js";
import { Writer } from "./records.js";
import {
  WritableStreamDefaultControllerGetChunkSize,
  WritableStreamDefaultControllerGetDesiredSize,
  WritableStreamDefaultControllerWrite,
} from "./writable-controller.js";
import {
  closeStream, IsWritableStreamLocked, WritableStreamAddWriteRequest,
  WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";

const RELEASED = "The writer was released and has no stream any more.";

export const writerReleased = () => new TypeError(RELEASED);

// https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer
export function SetUpWritableStreamDefaultWriter(writer, stream) {
  if (IsWritableStreamLocked(stream)) {
    throw new TypeError("This WritableStream is currently locked to a writer.");
  }
  writer.stream = stream;
  stream.writer = writer;
  // The one case in which the state will not tell what "ready" was.
  if (stream.state === "erroring") readyPromiseOf(writer);
}

// https://streams.spec.whatwg.org/#acquire-writable-stream-default-writer
export function AcquireWritableStreamDefaultWriter(stream) {
  const writer = new Writer();
  SetUpWritableStreamDefaultWriter(writer, stream);
  return writer;
}

function rejected(reason) {
  const deferred = new Deferred();
  deferred.reject(reason);
  markHandled(deferred.promise);
  return deferred;
}

function resolved() {
  const deferred = new Deferred();
  deferred.resolve(undefined);
  return deferred;
}

// The slot [[readyPromise]]: what it is follows from the state, so that it need
// not be made before somebody asks for it.
export function readyPromiseOf(writer) {
  if (writer.ready === undefined) writer.ready = createReady(writer.stream);
  return writer.ready.promise;
}

function createReady(stream) {
  if (stream === undefined) return rejected(writerReleased());
  const { state } = stream;
  if (state === "erroring" || state === "errored") {
    return rejected(stream.storedError);
  }
  if (state === "writable" && stream.backpressure &&
      !WritableStreamCloseQueuedOrInFlight(stream)) {
    return new Deferred();
  }
  return resolved();
}

// The slot [[closedPromise]], likewise.
export function closedPromiseOf(writer) {
  if (writer.closed === undefined) writer.closed = createClosed(writer.stream);
  return writer.closed.promise;
}

function createClosed(stream) {
  if (stream === undefined) return rejected(writerReleased());
  if (stream.state === "closed") return resolved();
  if (stream.state === "errored") return rejected(stream.storedError);
  return new Deferred();
}

// https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation
export function WritableStreamDefaultWriterCloseWithErrorPropagation(writer) {
  const { stream } = writer;
  if (WritableStreamCloseQueuedOrInFlight(stream) ||
      stream.state === "closed") {
    return undefined;
  }
  if (stream.state === "errored") return failed(stream.storedError);
  return closeStream(stream);
}

// https://streams.spec.whatwg.org/#writable-stream-default-writer-get-desired-size
export function WritableStreamDefaultWriterGetDesiredSize(writer) {
  const { controller, state } = writer.stream;
  if (state === "errored" || state === "erroring") return null;
  if (state === "closed") return 0;
  return WritableStreamDefaultControllerGetDesiredSize(controller);
}

// https://streams.spec.whatwg.org/#writable-stream-default-writer-release
export function WritableStreamDefaultWriterRelease(writer) {
  writer.ready = released(writer.ready);
  writer.closed = released(writer.closed);
  writer.observer = undefined;
  writer.stream.writer = undefined;
  writer.stream = undefined;
}

// Of a pending promise the same is rejected, for others there is a new one.
function released(deferred) {
  if (deferred === undefined || !deferred.pending) return undefined;
  deferred.reject(writerReleased());
  markHandled(deferred.promise);
  return deferred;
}

// The request is asked to resolve() or reject() when the chunk is written.
// https://streams.spec.whatwg.org/#writable-stream-default-writer-write
export function WritableStreamDefaultWriterWrite(writer, chunk, writeRequest) {
  const { stream } = writer;
  const { controller } = stream;
  // runs code of the worker's
  const chunkSize =
    WritableStreamDefaultControllerGetChunkSize(controller, chunk);
  const { state, storedError } = stream;
  if (stream !== writer.stream) {
    writeRequest.reject(writerReleased());
  } else if (state === "errored") {
    writeRequest.reject(storedError);
  } else if (WritableStreamCloseQueuedOrInFlight(stream) ||
             state === "closed") {
    writeRequest.reject(new TypeError(
      "The stream is closed or closing and cannot be written to."));
  } else if (state === "erroring") {
    writeRequest.reject(storedError);
  } else {
    WritableStreamAddWriteRequest(stream, writeRequest);
    WritableStreamDefaultControllerWrite(controller, chunk, chunkSize);
  }
}
