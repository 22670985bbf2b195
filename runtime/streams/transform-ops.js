// The abstract operations of transform streams.
// https://streams.spec.whatwg.org/#ts-all-abstract-ops

import { PrimordialTypeError as TypeError } from "../primordials.js";
import {
  CreateReadableStream, ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
} from "./default-controller.js";
import { createSafeDeferred, failed, settleWith, upon } from "./promises.js";
import {
  canCloseOrEnqueue, errorController, hasBackpressure,
} from "./readable-controller.js";
import {
  CreateWritableStream, WritableStreamDefaultControllerErrorIfNeeded,
} from "./writable-controller.js";

// A transform stream and its controller in one: neither has many slots.
// https://streams.spec.whatwg.org/#ts-internal-slots
// https://streams.spec.whatwg.org/#ts-default-controller-internal-slots
export class Transform {
  controllerObject = undefined;
  readable = undefined;
  writable = undefined;
  backpressure = true;
  #backpressureChange = undefined;  // a Deferred, while somebody waits
  transformAlgorithm;
  flushAlgorithm;                   // undefined: there is none
  cancelAlgorithm;                  // undefined: there is none
  finish = undefined;               // the Deferred of [[finishPromise]]

  constructor(transformAlgorithm, flushAlgorithm, cancelAlgorithm) {
    this.transformAlgorithm = transformAlgorithm;
    this.flushAlgorithm = flushAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
  }

  get backpressureChangePromise() {
    this.#backpressureChange ??= createSafeDeferred();
    return this.#backpressureChange.promise;
  }

  // https://streams.spec.whatwg.org/#transform-stream-set-backpressure
  setBackpressure(backpressure) {
    const change = this.#backpressureChange;
    this.#backpressureChange = undefined;
    this.backpressure = backpressure;
    if (change !== undefined) change.resolve(undefined);
  }

  // https://streams.spec.whatwg.org/#transform-stream-default-controller-clear-algorithms
  clearAlgorithms() {
    this.transformAlgorithm = undefined;
    this.flushAlgorithm = undefined;
    this.cancelAlgorithm = undefined;
  }
}

// https://streams.spec.whatwg.org/#initialize-transform-stream
export function InitializeTransformStream(
  stream, startResult, writableHighWaterMark, writableSizeAlgorithm,
  readableHighWaterMark, readableSizeAlgorithm) {
  const startAlgorithm = () => startResult;
  stream.writable = CreateWritableStream(
    startAlgorithm, (chunk) => sinkWrite(stream, chunk),
    () => sinkClose(stream), (reason) => sinkAbort(stream, reason),
    writableHighWaterMark, writableSizeAlgorithm);
  stream.readable = CreateReadableStream(
    startAlgorithm, () => sourcePull(stream),
    (reason) => sourceCancel(stream, reason), readableHighWaterMark,
    readableSizeAlgorithm);
}

// https://streams.spec.whatwg.org/#transform-stream-error
export function TransformStreamError(stream, e) {
  errorController(stream.readable.controller, e);
  TransformStreamErrorWritableAndUnblockWrite(stream, e);
}

// https://streams.spec.whatwg.org/#transform-stream-error-writable-and-unblock-write
function TransformStreamErrorWritableAndUnblockWrite(stream, e) {
  stream.clearAlgorithms();
  WritableStreamDefaultControllerErrorIfNeeded(stream.writable.controller, e);
  TransformStreamUnblockWrite(stream);
}

// https://streams.spec.whatwg.org/#transformstreamunblockwrite
function TransformStreamUnblockWrite(stream) {
  if (stream.backpressure) stream.setBackpressure(false);
}

// -- the controller -----------------------------------------------------------

// https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue
export function TransformStreamDefaultControllerEnqueue(stream, chunk) {
  const { readable } = stream;
  const { controller } = readable;
  if (!canCloseOrEnqueue(controller)) {
    throw new TypeError("The readable side takes no chunks any more.");
  }
  try {
    ReadableStreamDefaultControllerEnqueue(controller, chunk);
  } catch (error) {
    TransformStreamErrorWritableAndUnblockWrite(stream, error);
    throw readable.storedError;
  }
  if (!stream.backpressure && hasBackpressure(controller)) {
    stream.setBackpressure(true);
  }
}

// https://streams.spec.whatwg.org/#transform-stream-default-controller-terminate
export function TransformStreamDefaultControllerTerminate(stream) {
  ReadableStreamDefaultControllerClose(stream.readable.controller);
  TransformStreamErrorWritableAndUnblockWrite(
    stream, new TypeError("The transform stream was terminated."));
}

// https://streams.spec.whatwg.org/#transform-stream-default-controller-perform-transform
function performTransform(stream, chunk) {
  const { transformAlgorithm } = stream;
  // the readable side was cancelled, and the writable side is about to fail
  if (transformAlgorithm === undefined) return undefined;
  const result = transformAlgorithm(chunk);
  if (result === undefined) return undefined;
  const deferred = createSafeDeferred();
  upon(result, () => deferred.resolve(undefined), (reason) => {
    TransformStreamError(stream, reason);
    deferred.reject(reason);
  });
  return deferred.promise;
}

// The algorithm of a transformer without transform().
// https://streams.spec.whatwg.org/#set-up-transform-stream-default-controller-from-transformer
export function passOn(stream, chunk) {
  try {
    TransformStreamDefaultControllerEnqueue(stream, chunk);
    return undefined;
  } catch (error) {
    return failed(error);
  }
}

// -- the sink -----------------------------------------------------------------

// https://streams.spec.whatwg.org/#transform-stream-default-sink-write-algorithm
function sinkWrite(stream, chunk) {
  if (!stream.backpressure) return performTransform(stream, chunk);
  const deferred = createSafeDeferred();
  upon(stream.backpressureChangePromise, () => {
    const { state, storedError } = stream.writable;
    if (state === "erroring") {
      deferred.reject(storedError);
      return;
    }
    settleWith(deferred, performTransform(stream, chunk));
  });
  return deferred.promise;
}

// Whichever side comes first runs the transformer's last algorithm.
function finishOnce(stream, run, onFulfilled, onRejected) {
  if (stream.finish !== undefined) return stream.finish.promise;
  const finish = stream.finish = createSafeDeferred();
  const result = run();
  stream.clearAlgorithms();
  upon(result, () => onFulfilled(finish), (reason) => {
    onRejected(reason);
    finish.reject(reason);
  });
  return finish.promise;
}

const cancelWith = (stream, reason) => () =>
  stream.cancelAlgorithm === undefined
    ? undefined : stream.cancelAlgorithm(reason);

// https://streams.spec.whatwg.org/#transform-stream-default-sink-abort-algorithm
function sinkAbort(stream, reason) {
  const { readable } = stream;
  const failReadable = (error) =>
    errorController(readable.controller, error);
  return finishOnce(stream, cancelWith(stream, reason), (finish) => {
    if (readable.state === "errored") {
      finish.reject(readable.storedError);
    } else {
      failReadable(reason);
      finish.resolve(undefined);
    }
  }, failReadable);
}

// https://streams.spec.whatwg.org/#transform-stream-default-sink-close-algorithm
function sinkClose(stream) {
  const { readable } = stream;
  const failReadable = (error) =>
    errorController(readable.controller, error);
  return finishOnce(stream, () => {
    const { flushAlgorithm } = stream;
    return flushAlgorithm === undefined ? undefined : flushAlgorithm();
  }, (finish) => {
    if (readable.state === "errored") {
      finish.reject(readable.storedError);
    } else {
      ReadableStreamDefaultControllerClose(readable.controller);
      finish.resolve(undefined);
    }
  }, failReadable);
}

// -- the source ---------------------------------------------------------------

// https://streams.spec.whatwg.org/#transform-stream-default-source-pull-algorithm
function sourcePull(stream) {
  stream.setBackpressure(false);
  // the next pull() waits until there is backpressure again
  return stream.backpressureChangePromise;
}

// https://streams.spec.whatwg.org/#transform-stream-default-source-cancel
function sourceCancel(stream, reason) {
  const { writable } = stream;
  const failWritable = (error) => {
    WritableStreamDefaultControllerErrorIfNeeded(writable.controller, error);
    TransformStreamUnblockWrite(stream);
  };
  return finishOnce(stream, cancelWith(stream, reason), (finish) => {
    if (writable.state === "errored") {
      finish.reject(writable.storedError);
    } else {
      failWritable(reason);
      finish.resolve(undefined);
    }
  }, failWritable);
}
