// The abstract operations of writable streams.  They know a controller by its
// methods: abortSteps(), errorSteps(), close(), signalAbort() and "started".
// https://streams.spec.whatwg.org/#ws-all-abstract-ops

import {
  PrimordialPromise as Promise, PrimordialTypeError as TypeError,
  PromiseResolve, SafePromise,
} from "../primordials.js";
import { Deferred, markHandled, upon } from "./promises.js";
import { Fifo } from "./queue-with-sizes.js";

// https://streams.spec.whatwg.org/#is-writable-stream-locked
export const IsWritableStreamLocked = (stream) => stream.writer !== undefined;

// The result of aborting as an algorithm's: undefined or a promise.
// https://streams.spec.whatwg.org/#writable-stream-abort
export function abortStream(stream, reason, PromiseKind = SafePromise) {
  if (stream.state === "closed" || stream.state === "errored") return undefined;
  // runs code of the worker's
  stream.controller.signalAbort(reason);
  const { state } = stream;
  if (state === "closed" || state === "errored") return undefined;
  if (stream.pendingAbortRequest !== undefined) {
    return stream.pendingAbortRequest.deferred.promise;
  }
  const wasAlreadyErroring = state === "erroring";
  if (wasAlreadyErroring) reason = undefined;
  const deferred = new Deferred(PromiseKind);
  stream.pendingAbortRequest = {
    __proto__: null, deferred, reason, wasAlreadyErroring,
  };
  if (!wasAlreadyErroring) WritableStreamStartErroring(stream, reason);
  return deferred.promise;
}

// The same, as a promise for the worker.  A pipe never has asked before: while
// it runs the stream is locked.
export const WritableStreamAbort = (stream, reason) =>
  abortStream(stream, reason, Promise) ?? PromiseResolve(undefined);

// The result of closing as an algorithm's, unless another kind is given.
// https://streams.spec.whatwg.org/#writable-stream-close
export function closeStream(stream, PromiseKind = SafePromise) {
  const { state, writer } = stream;
  const deferred = new Deferred(PromiseKind);
  if (state === "closed" || state === "errored") {
    deferred.reject(new TypeError(
      `The stream is ${state} and cannot be closed.`));
    return deferred.promise;
  }
  stream.closeRequest = deferred;
  if (writer !== undefined && stream.backpressure && state === "writable" &&
      writer.ready !== undefined) {
    writer.ready.resolve(undefined);
  }
  stream.controller.close();
  return deferred.promise;
}

export const WritableStreamClose = (stream) => closeStream(stream, Promise);

// -- interfacing with controllers -------------------------------------------

// https://streams.spec.whatwg.org/#writable-stream-add-write-request
export function WritableStreamAddWriteRequest(stream, writeRequest) {
  stream.writeRequests.push(writeRequest);
}

// https://streams.spec.whatwg.org/#writable-stream-close-queued-or-in-flight
export const WritableStreamCloseQueuedOrInFlight = (stream) =>
  stream.closeRequest !== undefined ||
  stream.inFlightCloseRequest !== undefined;

// https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection
export function WritableStreamDealWithRejection(stream, error) {
  if (stream.state === "writable") WritableStreamStartErroring(stream, error);
  else WritableStreamFinishErroring(stream);
}

// https://streams.spec.whatwg.org/#writable-stream-finish-erroring
export function WritableStreamFinishErroring(stream) {
  stream.state = "errored";
  stream.controller.errorSteps();
  const { pendingAbortRequest, storedError, writeRequests } = stream;
  stream.writeRequests = new Fifo();
  for (let r = writeRequests.first; r !== null; r = r.next) {
    r.reject(storedError);
  }
  if (pendingAbortRequest === undefined) {
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  stream.pendingAbortRequest = undefined;
  const { deferred, reason, wasAlreadyErroring } = pendingAbortRequest;
  if (wasAlreadyErroring) {
    deferred.reject(storedError);
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  // its "closed" is pending still, which the state alone does not show
  if (stream.writer !== undefined) stream.writer.closed ??= new Deferred();
  upon(stream.controller.abortSteps(reason), () => {
    deferred.resolve(undefined);
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
  }, (error) => {
    deferred.reject(error);
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
  });
}

// https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close
export function WritableStreamFinishInFlightClose(stream) {
  stream.inFlightCloseRequest.resolve(undefined);
  stream.inFlightCloseRequest = undefined;
  if (stream.state === "erroring") {
    // the error came too late to do anything
    stream.storedError = undefined;
    if (stream.pendingAbortRequest !== undefined) {
      stream.pendingAbortRequest.deferred.resolve(undefined);
      stream.pendingAbortRequest = undefined;
    }
  }
  stream.state = "closed";
  const { writer } = stream;
  if (writer !== undefined && writer.closed !== undefined) {
    writer.closed.resolve(undefined);
  }
}

// https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close-with-error
export function WritableStreamFinishInFlightCloseWithError(stream, error) {
  stream.inFlightCloseRequest.reject(error);
  stream.inFlightCloseRequest = undefined;
  // never abort() after close()
  if (stream.pendingAbortRequest !== undefined) {
    stream.pendingAbortRequest.deferred.reject(error);
    stream.pendingAbortRequest = undefined;
  }
  WritableStreamDealWithRejection(stream, error);
}

// https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write
export function WritableStreamFinishInFlightWrite(stream) {
  const request = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  request.resolve();
}

// https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write-with-error
export function WritableStreamFinishInFlightWriteWithError(stream, error) {
  const request = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  request.reject(error);
  WritableStreamDealWithRejection(stream, error);
}

// https://streams.spec.whatwg.org/#writable-stream-has-operation-marked-in-flight
const WritableStreamHasOperationMarkedInFlight = (stream) =>
  stream.inFlightWriteRequest !== undefined ||
  stream.inFlightCloseRequest !== undefined;

// https://streams.spec.whatwg.org/#writable-stream-mark-close-request-in-flight
export function WritableStreamMarkCloseRequestInFlight(stream) {
  stream.inFlightCloseRequest = stream.closeRequest;
  stream.closeRequest = undefined;
}

// https://streams.spec.whatwg.org/#writable-stream-mark-first-write-request-in-flight
export function WritableStreamMarkFirstWriteRequestInFlight(stream) {
  stream.inFlightWriteRequest = stream.writeRequests.shift();
}

// https://streams.spec.whatwg.org/#writable-stream-reject-close-and-closed-promise-if-needed
function WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream) {
  const { storedError, writer } = stream;
  if (stream.closeRequest !== undefined) {
    stream.closeRequest.reject(storedError);
    stream.closeRequest = undefined;
  }
  if (writer === undefined) return;
  if (writer.closed !== undefined) {
    writer.closed.reject(storedError);
    markHandled(writer.closed.promise);
  }
  if (writer.observer !== undefined) writer.observer.destErrored(storedError);
}

// https://streams.spec.whatwg.org/#writable-stream-start-erroring
export function WritableStreamStartErroring(stream, reason) {
  const { controller, writer } = stream;
  stream.state = "erroring";
  stream.storedError = reason;
  if (writer !== undefined) {
    WritableStreamDefaultWriterEnsureReadyPromiseRejected(writer, reason);
  }
  if (!WritableStreamHasOperationMarkedInFlight(stream) && controller.started) {
    WritableStreamFinishErroring(stream);
  }
}

// https://streams.spec.whatwg.org/#writable-stream-default-writer-ensure-ready-promise-rejected
function WritableStreamDefaultWriterEnsureReadyPromiseRejected(writer, error) {
  if (writer.ready === undefined || !writer.ready.pending) {
    writer.ready = new Deferred();
  }
  writer.ready.reject(error);
  markHandled(writer.ready.promise);
}

// https://streams.spec.whatwg.org/#writable-stream-update-backpressure
export function WritableStreamUpdateBackpressure(stream, backpressure) {
  const { writer } = stream;
  if (writer !== undefined && backpressure !== stream.backpressure) {
    if (backpressure) writer.ready = undefined;
    else if (writer.ready !== undefined) writer.ready.resolve(undefined);
  }
  stream.backpressure = backpressure;
  if (!backpressure && writer !== undefined && writer.observer !== undefined) {
    writer.observer.destReady();
  }
}
