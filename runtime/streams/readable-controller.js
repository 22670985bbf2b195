// What both kinds of controllers of readable streams have in common: a queue,
// and how a source is started, pulled, cancelled and failed.
// https://streams.spec.whatwg.org/#rs-default-controller-abstract-ops
// https://streams.spec.whatwg.org/#rbs-controller-abstract-ops

import { upon } from "./promises.js";
import { Fifo, ResetQueue } from "./queue-with-sizes.js";
import {
  ReadableStreamError, ReadableStreamGetNumReadRequests,
} from "./readable-ops.js";

export class ReadableController {
  object = undefined;
  stream;
  queue = new Fifo();
  queueTotalSize = 0;
  started = false;
  closeRequested = false;
  pulling = false;
  pullAgain = false;
  strategyHWM;
  pullAlgorithm;                // undefined: there is none, as for the next
  cancelAlgorithm;
  #onPulled = undefined;
  #onPullFailed = undefined;

  constructor(stream, pullAlgorithm, cancelAlgorithm, highWaterMark) {
    this.stream = stream;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.strategyHWM = highWaterMark;
  }

  // The algorithm is given the controller's record; it may throw.
  start(startAlgorithm) {
    const startResult = startAlgorithm === undefined
      ? undefined : startAlgorithm(this);
    upon(startResult, () => {
      this.started = true;
      callPullIfNeeded(this);
    }, (r) => errorController(this, r));
  }

  // Forgets what there is to be read.
  reset() {
    ResetQueue(this);
  }

  clearAlgorithms() {
    this.pullAlgorithm = undefined;
    this.cancelAlgorithm = undefined;
  }

  // https://streams.spec.whatwg.org/#rs-default-controller-private-cancel
  // https://streams.spec.whatwg.org/#rbs-controller-private-cancel
  cancelSteps(reason) {
    this.reset();
    const { cancelAlgorithm } = this;
    const result = cancelAlgorithm === undefined
      ? undefined : cancelAlgorithm(reason);
    this.clearAlgorithms();
    return result;
  }

  // The two reactions to each pull are made once.
  pull() {
    if (this.#onPulled === undefined) {
      this.#onPulled = () => {
        this.pulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        callPullIfNeeded(this);
      };
      this.#onPullFailed = (e) => errorController(this, e);
    }
    const { pullAlgorithm } = this;
    const result = pullAlgorithm === undefined ? undefined : pullAlgorithm();
    upon(result, this.#onPulled, this.#onPullFailed);
  }
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-call-pull-if-needed
export function callPullIfNeeded(controller) {
  if (!shouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  controller.pulling = true;
  controller.pull();
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-should-call-pull
function shouldCallPull(controller) {
  if (!canCloseOrEnqueue(controller) || !controller.started) return false;
  return ReadableStreamGetNumReadRequests(controller.stream) > 0 ||
    desiredSizeOf(controller) > 0;
}

// https://streams.spec.whatwg.org/#rs-default-controller-has-backpressure
export const hasBackpressure = (controller) => !shouldCallPull(controller);

// https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue
export const canCloseOrEnqueue = (controller) =>
  !controller.closeRequested && controller.stream.state === "readable";

// https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-get-desired-size
export function desiredSizeOf(controller) {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queueTotalSize;
}

// https://streams.spec.whatwg.org/#readable-stream-default-controller-error
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-error
export function errorController(controller, e) {
  const { stream } = controller;
  if (stream.state !== "readable") return;
  controller.reset();
  controller.clearAlgorithms();
  ReadableStreamError(stream, e);
}
