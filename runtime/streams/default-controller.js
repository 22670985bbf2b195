// https://streams.spec.whatwg.org/#rs-default-controller-class

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { defineInterface, isObject, requireBrand } from "../core/webidl.js";
import { upon } from "./promises.js";
import {
  DequeueValue, EnqueueValueWithSize, Fifo, ResetQueue,
} from "./queue-with-sizes.js";
import {
  IsReadableStreamLocked, ReadableStreamAddReadRequest, ReadableStreamClose,
  ReadableStreamError, ReadableStreamFulfillReadRequest,
  ReadableStreamGetNumReadRequests,
} from "./readable-ops.js";
import { kRecord, Readable } from "./records.js";

// https://streams.spec.whatwg.org/#rs-default-controller-internal-slots
class DefaultController {
  isByteController = false;
  object = undefined;
  stream;
  queue = new Fifo();
  queueTotalSize = 0;
  started = false;
  closeRequested = false;
  pulling = false;
  pullAgain = false;
  strategyHWM;
  strategySizeAlgorithm;        // undefined: each chunk counts 1
  pullAlgorithm;                // undefined: there is none, as for the next
  cancelAlgorithm;
  #onPulled = undefined;
  #onPullFailed = undefined;

  constructor(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm) {
    this.stream = stream;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.strategyHWM = highWaterMark;
    this.strategySizeAlgorithm = sizeAlgorithm;
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-private-cancel
  cancelSteps(reason) {
    ResetQueue(this);
    const { cancelAlgorithm } = this;
    const result = cancelAlgorithm === undefined
      ? undefined : cancelAlgorithm(reason);
    ReadableStreamDefaultControllerClearAlgorithms(this);
    return result;
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-private-pull
  pullSteps(readRequest) {
    const { stream } = this;
    if (this.queue.length === 0) {
      ReadableStreamAddReadRequest(stream, readRequest);
      ReadableStreamDefaultControllerCallPullIfNeeded(this);
      return;
    }
    const chunk = DequeueValue(this);
    if (this.closeRequested && this.queue.length === 0) {
      ReadableStreamDefaultControllerClearAlgorithms(this);
      ReadableStreamClose(stream);
    } else {
      ReadableStreamDefaultControllerCallPullIfNeeded(this);
    }
    readRequest.chunkSteps(chunk);
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultcontroller-releasesteps
  releaseSteps() {}

  // The two reactions to each pull.
  pull() {
    if (this.#onPulled === undefined) {
      this.#onPulled = () => {
        this.pulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        ReadableStreamDefaultControllerCallPullIfNeeded(this);
      };
      this.#onPullFailed = (e) => ReadableStreamDefaultControllerError(this, e);
    }
    const { pullAlgorithm } = this;
    const result = pullAlgorithm === undefined ? undefined : pullAlgorithm();
    upon(result, this.#onPulled, this.#onPullFailed);
  }
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed
function ReadableStreamDefaultControllerCallPullIfNeeded(controller) {
  if (!ReadableStreamDefaultControllerShouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  controller.pulling = true;
  controller.pull();
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull
function ReadableStreamDefaultControllerShouldCallPull(controller) {
  const { stream } = controller;
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller) ||
      !controller.started) {
    return false;
  }
  if (IsReadableStreamLocked(stream) &&
      ReadableStreamGetNumReadRequests(stream) > 0) {
    return true;
  }
  return ReadableStreamDefaultControllerGetDesiredSize(controller) > 0;
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms
function ReadableStreamDefaultControllerClearAlgorithms(controller) {
  controller.pullAlgorithm = undefined;
  controller.cancelAlgorithm = undefined;
  controller.strategySizeAlgorithm = undefined;
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-close
export function ReadableStreamDefaultControllerClose(controller) {
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  controller.closeRequested = true;
  if (controller.queue.length > 0) return;
  ReadableStreamDefaultControllerClearAlgorithms(controller);
  ReadableStreamClose(controller.stream);
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue
export function ReadableStreamDefaultControllerEnqueue(controller, chunk) {
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const { stream } = controller;
  if (IsReadableStreamLocked(stream) &&
      ReadableStreamGetNumReadRequests(stream) > 0) {
    ReadableStreamFulfillReadRequest(stream, chunk, false);
  } else {
    const { strategySizeAlgorithm } = controller;
    try {
      const size = strategySizeAlgorithm === undefined
        ? 1 : strategySizeAlgorithm(chunk);
      EnqueueValueWithSize(controller, chunk, size);
    } catch (error) {
      ReadableStreamDefaultControllerError(controller, error);
      throw error;
    }
  }
  ReadableStreamDefaultControllerCallPullIfNeeded(controller);
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-error
export function ReadableStreamDefaultControllerError(controller, e) {
  const { stream } = controller;
  if (stream.state !== "readable") return;
  ResetQueue(controller);
  ReadableStreamDefaultControllerClearAlgorithms(controller);
  ReadableStreamError(stream, e);
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size
export function ReadableStreamDefaultControllerGetDesiredSize(controller) {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queueTotalSize;
}

// https://streams.spec.whatwg.org/#rs-default-controller-has-backpressure
export const ReadableStreamDefaultControllerHasBackpressure = (controller) =>
  !ReadableStreamDefaultControllerShouldCallPull(controller);

// https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue
export const ReadableStreamDefaultControllerCanCloseOrEnqueue = (controller) =>
  !controller.closeRequested && controller.stream.state === "readable";

// startAlgorithm is given the controller's record; it may throw.
// https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller
export function SetUpReadableStreamDefaultController(
  stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
  sizeAlgorithm) {
  const controller = stream.controller = new DefaultController(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm);
  const startResult = startAlgorithm === undefined
    ? undefined : startAlgorithm(controller);
  upon(startResult, () => {
    controller.started = true;
    ReadableStreamDefaultControllerCallPullIfNeeded(controller);
  }, (r) => ReadableStreamDefaultControllerError(controller, r));
}

// https://streams.spec.whatwg.org/#create-readable-stream
export function CreateReadableStream(
  startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark = 1,
  sizeAlgorithm = undefined) {
  const stream = new Readable();
  SetUpReadableStreamDefaultController(
    stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
    sizeAlgorithm);
  return stream;
}

// The object of a controller's record.
export let defaultControllerObject;

export class ReadableStreamDefaultController {
  #record;

  static {
    defaultControllerObject = (record) => record.object ??=
      new ReadableStreamDefaultController(kRecord, record);
  }

  constructor(token = undefined, record = undefined) {
    if (token !== kRecord) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-desired-size
  get desiredSize() {
    requireBrand(isObject(this) && #record in this);
    return ReadableStreamDefaultControllerGetDesiredSize(this.#record);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-close
  close() {
    requireBrand(isObject(this) && #record in this);
    if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(this.#record)) {
      throw new TypeError(
        "The stream is closed, closing or errored, and cannot be closed.");
    }
    ReadableStreamDefaultControllerClose(this.#record);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-enqueue
  enqueue(chunk = undefined) {
    requireBrand(isObject(this) && #record in this);
    if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(this.#record)) {
      throw new TypeError(
        "The stream is closed, closing or errored, and takes no chunks.");
    }
    ReadableStreamDefaultControllerEnqueue(this.#record, chunk);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-error
  error(e = undefined) {
    requireBrand(isObject(this) && #record in this);
    ReadableStreamDefaultControllerError(this.#record, e);
  }
}
defineInterface(
  ReadableStreamDefaultController, "ReadableStreamDefaultController");
