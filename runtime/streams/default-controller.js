// https://streams.spec.whatwg.org/#rs-default-controller-class

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { defineInterface, isObject, requireBrand } from "../core/webidl.js";
import { DequeueValue, EnqueueValueWithSize } from "./queue-with-sizes.js";
import {
  callPullIfNeeded, canCloseOrEnqueue, desiredSizeOf, errorController,
  ReadableController,
} from "./readable-controller.js";
import {
  ReadableStreamAddReadRequest, ReadableStreamClose,
  ReadableStreamFulfillReadRequest, ReadableStreamGetNumReadRequests,
} from "./readable-ops.js";
import { kRecord, Readable } from "./records.js";

// https://streams.spec.whatwg.org/#rs-default-controller-internal-slots
class DefaultController extends ReadableController {
  isByteController = false;
  strategySizeAlgorithm;        // undefined: each chunk counts 1

  constructor(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm) {
    super(stream, pullAlgorithm, cancelAlgorithm, highWaterMark);
    this.strategySizeAlgorithm = sizeAlgorithm;
  }

  // https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms
  clearAlgorithms() {
    super.clearAlgorithms();
    this.strategySizeAlgorithm = undefined;
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-private-pull
  pullSteps(readRequest) {
    const { stream } = this;
    if (this.queue.length === 0) {
      ReadableStreamAddReadRequest(stream, readRequest);
      callPullIfNeeded(this);
      return;
    }
    const chunk = DequeueValue(this);
    if (this.closeRequested && this.queue.length === 0) {
      this.clearAlgorithms();
      ReadableStreamClose(stream);
    } else {
      callPullIfNeeded(this);
    }
    readRequest.chunkSteps(chunk);
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultcontroller-releasesteps
  releaseSteps() {}
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-close
export function ReadableStreamDefaultControllerClose(controller) {
  if (!canCloseOrEnqueue(controller)) return;
  controller.closeRequested = true;
  if (controller.queue.length > 0) return;
  controller.clearAlgorithms();
  ReadableStreamClose(controller.stream);
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue
export function ReadableStreamDefaultControllerEnqueue(controller, chunk) {
  if (!canCloseOrEnqueue(controller)) return;
  const { stream } = controller;
  if (ReadableStreamGetNumReadRequests(stream) > 0) {
    ReadableStreamFulfillReadRequest(stream, chunk, false);
  } else {
    const { strategySizeAlgorithm } = controller;
    try {
      const size = strategySizeAlgorithm === undefined
        ? 1 : strategySizeAlgorithm(chunk);
      EnqueueValueWithSize(controller, chunk, size);
    } catch (error) {
      errorController(controller, error);
      throw error;
    }
  }
  callPullIfNeeded(controller);
}

// startAlgorithm is given the controller's record; it may throw.
// https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller
export function SetUpReadableStreamDefaultController(
  stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
  sizeAlgorithm) {
  const controller = stream.controller = new DefaultController(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm);
  controller.start(startAlgorithm);
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
    return desiredSizeOf(this.#record);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-close
  close() {
    requireBrand(isObject(this) && #record in this);
    if (!canCloseOrEnqueue(this.#record)) {
      throw new TypeError(
        "The stream is closed, closing or errored, and cannot be closed.");
    }
    ReadableStreamDefaultControllerClose(this.#record);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-enqueue
  enqueue(chunk = undefined) {
    requireBrand(isObject(this) && #record in this);
    if (!canCloseOrEnqueue(this.#record)) {
      throw new TypeError(
        "The stream is closed, closing or errored, and takes no chunks.");
    }
    ReadableStreamDefaultControllerEnqueue(this.#record, chunk);
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-error
  error(e = undefined) {
    requireBrand(isObject(this) && #record in this);
    errorController(this.#record, e);
  }
}
defineInterface(
  ReadableStreamDefaultController, "ReadableStreamDefaultController");
