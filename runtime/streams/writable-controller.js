// https://streams.spec.whatwg.org/#ws-default-controller-class

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { defineInterface, isObject, requireBrand } from "../core/webidl.js";
import { createSignal, signalAbort } from "../core/signals.js";
import { upon } from "./promises.js";
import {
  DequeueValue, EnqueueValueWithSize, Fifo, PeekQueueValue, ResetQueue,
} from "./queue-with-sizes.js";
import { kRecord, Writable } from "./records.js";
import {
  WritableStreamCloseQueuedOrInFlight, WritableStreamDealWithRejection,
  WritableStreamFinishErroring, WritableStreamFinishInFlightClose,
  WritableStreamFinishInFlightCloseWithError, WritableStreamFinishInFlightWrite,
  WritableStreamFinishInFlightWriteWithError,
  WritableStreamMarkCloseRequestInFlight,
  WritableStreamMarkFirstWriteRequestInFlight, WritableStreamStartErroring,
  WritableStreamUpdateBackpressure,
} from "./writable-ops.js";

// https://streams.spec.whatwg.org/#close-sentinel
const CLOSE = {};

// https://streams.spec.whatwg.org/#ws-default-controller-internal-slots
class WritableController {
  object = undefined;
  stream;
  queue = new Fifo();
  queueTotalSize = 0;
  started = false;
  strategyHWM;
  strategySizeAlgorithm;        // undefined: each chunk counts 1
  writeAlgorithm;               // undefined: there is none, as for the next
  closeAlgorithm;
  abortAlgorithm;
  #signal = undefined;          // made when first asked for
  #aborted = false;
  #abortReason = undefined;
  #onWritten = undefined;
  #onWriteFailed = undefined;

  constructor(
    stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark,
    sizeAlgorithm) {
    this.stream = stream;
    this.writeAlgorithm = writeAlgorithm;
    this.closeAlgorithm = closeAlgorithm;
    this.abortAlgorithm = abortAlgorithm;
    this.strategyHWM = highWaterMark;
    this.strategySizeAlgorithm = sizeAlgorithm;
  }

  // https://streams.spec.whatwg.org/#ws-default-controller-private-abort
  abortSteps(reason) {
    const { abortAlgorithm } = this;
    const result = abortAlgorithm === undefined
      ? undefined : abortAlgorithm(reason);
    WritableStreamDefaultControllerClearAlgorithms(this);
    return result;
  }

  // https://streams.spec.whatwg.org/#ws-default-controller-private-error
  errorSteps() {
    ResetQueue(this);
  }

  // https://streams.spec.whatwg.org/#writable-stream-default-controller-close
  close() {
    EnqueueValueWithSize(this, CLOSE, 0);
    WritableStreamDefaultControllerAdvanceQueueIfNeeded(this);
  }

  get signal() {
    if (this.#signal === undefined) {
      this.#signal = createSignal();
      if (this.#aborted) signalAbort(this.#signal, this.#abortReason);
    }
    return this.#signal;
  }

  signalAbort(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#abortReason = reason;
    if (this.#signal !== undefined) signalAbort(this.#signal, reason);
  }

  // https://streams.spec.whatwg.org/#writable-stream-default-controller-process-write
  processWrite(chunk) {
    const { stream, writeAlgorithm } = this;
    WritableStreamMarkFirstWriteRequestInFlight(stream);
    if (this.#onWritten === undefined) {
      this.#onWritten = () => onWritten(this);
      this.#onWriteFailed = (reason) => {
        if (stream.state === "writable") {
          WritableStreamDefaultControllerClearAlgorithms(this);
        }
        WritableStreamFinishInFlightWriteWithError(stream, reason);
      };
    }
    const result = writeAlgorithm === undefined
      ? undefined : writeAlgorithm(chunk);
    upon(result, this.#onWritten, this.#onWriteFailed);
  }
}

function onWritten(controller) {
  const { stream } = controller;
  WritableStreamFinishInFlightWrite(stream);
  DequeueValue(controller);
  updateBackpressure(controller);
  WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
}

function updateBackpressure(controller) {
  const { stream } = controller;
  if (!WritableStreamCloseQueuedOrInFlight(stream) &&
      stream.state === "writable") {
    WritableStreamUpdateBackpressure(
      stream, WritableStreamDefaultControllerGetBackpressure(controller));
  }
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed
function WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller) {
  const { stream } = controller;
  if (!controller.started || stream.inFlightWriteRequest !== undefined) return;
  if (stream.state === "erroring") {
    WritableStreamFinishErroring(stream);
    return;
  }
  if (controller.queue.length === 0) return;
  const value = PeekQueueValue(controller);
  if (value === CLOSE) {
    WritableStreamDefaultControllerProcessClose(controller);
  } else {
    controller.processWrite(value);
  }
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-clear-algorithms
function WritableStreamDefaultControllerClearAlgorithms(controller) {
  controller.writeAlgorithm = undefined;
  controller.closeAlgorithm = undefined;
  controller.abortAlgorithm = undefined;
  controller.strategySizeAlgorithm = undefined;
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-error
function WritableStreamDefaultControllerError(controller, error) {
  WritableStreamDefaultControllerClearAlgorithms(controller);
  WritableStreamStartErroring(controller.stream, error);
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-error-if-needed
export function WritableStreamDefaultControllerErrorIfNeeded(
  controller, error) {
  if (controller.stream.state === "writable") {
    WritableStreamDefaultControllerError(controller, error);
  }
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-get-backpressure
const WritableStreamDefaultControllerGetBackpressure = (controller) =>
  WritableStreamDefaultControllerGetDesiredSize(controller) <= 0;

// https://streams.spec.whatwg.org/#writable-stream-default-controller-get-chunk-size
export function WritableStreamDefaultControllerGetChunkSize(controller, chunk) {
  const { strategySizeAlgorithm } = controller;
  if (strategySizeAlgorithm === undefined) return 1;
  try {
    return strategySizeAlgorithm(chunk);
  } catch (error) {
    WritableStreamDefaultControllerErrorIfNeeded(controller, error);
    return 1;
  }
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-get-desired-size
export const WritableStreamDefaultControllerGetDesiredSize = (controller) =>
  controller.strategyHWM - controller.queueTotalSize;

// https://streams.spec.whatwg.org/#writable-stream-default-controller-process-close
function WritableStreamDefaultControllerProcessClose(controller) {
  const { closeAlgorithm, stream } = controller;
  WritableStreamMarkCloseRequestInFlight(stream);
  DequeueValue(controller);
  const result = closeAlgorithm === undefined ? undefined : closeAlgorithm();
  WritableStreamDefaultControllerClearAlgorithms(controller);
  upon(
    result, () => WritableStreamFinishInFlightClose(stream),
    (reason) => WritableStreamFinishInFlightCloseWithError(stream, reason));
}

// https://streams.spec.whatwg.org/#writable-stream-default-controller-write
export function WritableStreamDefaultControllerWrite(
  controller, chunk, chunkSize) {
  try {
    EnqueueValueWithSize(controller, chunk, chunkSize);
  } catch (error) {
    WritableStreamDefaultControllerErrorIfNeeded(controller, error);
    return;
  }
  updateBackpressure(controller);
  WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
}

// startAlgorithm is given the controller's record; it may throw.
// https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller
export function SetUpWritableStreamDefaultController(
  stream, startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm,
  highWaterMark, sizeAlgorithm) {
  const controller = stream.controller = new WritableController(
    stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark,
    sizeAlgorithm);
  WritableStreamUpdateBackpressure(
    stream, WritableStreamDefaultControllerGetBackpressure(controller));
  const startResult = startAlgorithm === undefined
    ? undefined : startAlgorithm(controller);
  upon(startResult, () => {
    controller.started = true;
    WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
  }, (r) => {
    controller.started = true;
    WritableStreamDealWithRejection(stream, r);
  });
}

// https://streams.spec.whatwg.org/#create-writable-stream
export function CreateWritableStream(
  startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm,
  highWaterMark = 1, sizeAlgorithm = undefined) {
  const stream = new Writable();
  SetUpWritableStreamDefaultController(
    stream, startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm,
    highWaterMark, sizeAlgorithm);
  return stream;
}

// The object of a controller's record.
export let writableControllerObject;

export class WritableStreamDefaultController {
  #record;

  static {
    writableControllerObject = (record) => record.object ??=
      new WritableStreamDefaultController(kRecord, record);
  }

  constructor(token = undefined, record = undefined) {
    if (token !== kRecord) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  // https://streams.spec.whatwg.org/#ws-default-controller-signal
  get signal() {
    requireBrand(isObject(this) && #record in this);
    return this.#record.signal;
  }

  // https://streams.spec.whatwg.org/#ws-default-controller-error
  error(e = undefined) {
    requireBrand(isObject(this) && #record in this);
    WritableStreamDefaultControllerErrorIfNeeded(this.#record, e);
  }
}
defineInterface(
  WritableStreamDefaultController, "WritableStreamDefaultController");
