// The abstract operations of readable byte streams.
// https://streams.spec.whatwg.org/#rbs-controller-abstract-ops

import {
  ArrayBufferPrototypeGetByteLength, MathMin,
  PrimordialArrayBuffer as ArrayBuffer, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  typedArrayKinds,
} from "../primordials.js";
import {
  bufferOf, byteLengthOf, byteOffsetOf, CloneArrayBuffer, CopyDataBlockBytes,
  IsDetachedBuffer, kindOf, TransferArrayBuffer,
} from "./buffers.js";
import { BYOBRequest, PullIntoDescriptor, QueueEntry } from "./byte-records.js";
import { Fifo } from "./queue-with-sizes.js";
import {
  callPullIfNeeded, canCloseOrEnqueue, errorController, ReadableController,
} from "./readable-controller.js";
import {
  ReadableStreamAddReadIntoRequest, ReadableStreamAddReadRequest,
  ReadableStreamClose, ReadableStreamFulfillReadRequest,
  ReadableStreamGetNumReadRequests, ReadableStreamHasBYOBReader,
  ReadableStreamHasDefaultReader,
} from "./readable-ops.js";
import { Readable } from "./records.js";

const bytesKind = typedArrayKinds.Uint8Array;

// https://streams.spec.whatwg.org/#rbs-controller-internal-slots
class ByteController extends ReadableController {
  isByteController = true;
  autoAllocateChunkSize;
  byobRequest = null;
  pendingPullIntos = new Fifo();
  onDrain = undefined;          // called when a read has emptied the queue

  constructor(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark,
    autoAllocateChunkSize) {
    super(stream, pullAlgorithm, cancelAlgorithm, highWaterMark);
    this.autoAllocateChunkSize = autoAllocateChunkSize;
  }

  // https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-pending-pull-intos
  reset() {
    ReadableByteStreamControllerInvalidateBYOBRequest(this);
    this.pendingPullIntos = new Fifo();
    super.reset();
  }

  // https://streams.spec.whatwg.org/#rbs-controller-private-pull
  pullSteps(readRequest) {
    if (this.queueTotalSize > 0) {
      ReadableByteStreamControllerFillReadRequestFromQueue(this, readRequest);
      return;
    }
    const size = this.autoAllocateChunkSize;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        readRequest.errorSteps(error);
        return;
      }
      this.pendingPullIntos.push(
        new PullIntoDescriptor(buffer, 0, size, 1, bytesKind, "default"));
    }
    ReadableStreamAddReadRequest(this.stream, readRequest);
    callPullIfNeeded(this);
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontroller-releasesteps
  releaseSteps() {
    const { first } = this.pendingPullIntos;
    if (first === null) return;
    first.readerType = "none";
    first.next = null;
    this.pendingPullIntos = new Fifo();
    this.pendingPullIntos.push(first);
  }

  // https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into
  pullInto(view, min, readIntoRequest) {
    const { stream } = this;
    const kind = kindOf(view);
    const byteOffset = byteOffsetOf(view);
    const byteLength = byteLengthOf(view);
    let buffer;
    try {
      buffer = TransferArrayBuffer(bufferOf(view));
    } catch (error) {
      readIntoRequest.errorSteps(error);
      return;
    }
    const pullInto = new PullIntoDescriptor(
      buffer, byteOffset, byteLength, min * kind.elementSize, kind, "byob");

    if (this.pendingPullIntos.length > 0) {
      this.pendingPullIntos.push(pullInto);
      ReadableStreamAddReadIntoRequest(stream, readIntoRequest);
      return;
    }
    if (stream.state === "closed") {
      readIntoRequest.closeSteps(new kind.constructor(buffer, byteOffset, 0));
      return;
    }
    if (this.queueTotalSize > 0) {
      if (fillFromQueue(this, pullInto)) {
        const filledView = convertPullInto(pullInto);
        ReadableByteStreamControllerHandleQueueDrain(this);
        readIntoRequest.chunkSteps(filledView);
        return;
      }
      if (this.closeRequested) {
        const e = new TypeError(INSUFFICIENT);
        errorController(this, e);
        readIntoRequest.errorSteps(e);
        return;
      }
    }
    this.pendingPullIntos.push(pullInto);
    ReadableStreamAddReadIntoRequest(stream, readIntoRequest);
    callPullIfNeeded(this);
  }
}

const INSUFFICIENT =
  "The stream ended with fewer bytes than an element of the view needs.";

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-close
export function ReadableByteStreamControllerClose(controller) {
  if (!canCloseOrEnqueue(controller)) return;
  if (controller.queueTotalSize > 0) {
    controller.closeRequested = true;
    return;
  }
  const { first } = controller.pendingPullIntos;
  if (first !== null && first.bytesFilled % first.kind.elementSize !== 0) {
    const e = new TypeError(INSUFFICIENT);
    errorController(controller, e);
    throw e;
  }
  controller.clearAlgorithms();
  ReadableStreamClose(controller.stream);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor
function commitPullInto(stream, pullInto) {
  const done = stream.state === "closed";
  ReadableStreamFulfillReadRequest(stream, convertPullInto(pullInto), done);
}

function commitPullIntos(stream, pullIntos) {
  while (pullIntos.length > 0) commitPullInto(stream, pullIntos.shift());
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor
function convertPullInto(pullInto) {
  const { byteOffset, bytesFilled, kind } = pullInto;
  const buffer = TransferArrayBuffer(pullInto.buffer);
  return new kind.constructor(
    buffer, byteOffset, bytesFilled / kind.elementSize);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue
export function ReadableByteStreamControllerEnqueue(controller, chunk) {
  if (!canCloseOrEnqueue(controller)) return;
  const buffer = bufferOf(chunk);
  const byteOffset = byteOffsetOf(chunk);
  const byteLength = byteLengthOf(chunk);
  enqueueOwned(controller, TransferArrayBuffer(buffer), byteOffset, byteLength);
}

// The rest of it, for a buffer that is the stream's own already.
export function enqueueOwned(controller, buffer, byteOffset, byteLength) {
  const { stream } = controller;
  const { first } = controller.pendingPullIntos;
  if (first !== null) {
    if (IsDetachedBuffer(first.buffer)) {
      throw new TypeError("The buffer of the BYOB request is detached.");
    }
    ReadableByteStreamControllerInvalidateBYOBRequest(controller);
    first.buffer = TransferArrayBuffer(first.buffer);
    if (first.readerType === "none") enqueueDetachedPullInto(controller, first);
  }
  if (ReadableStreamHasDefaultReader(stream)) {
    processReadRequests(controller);
    if (ReadableStreamGetNumReadRequests(stream) === 0) {
      enqueueChunk(controller, buffer, byteOffset, byteLength);
    } else {
      if (controller.pendingPullIntos.length > 0) shiftPullInto(controller);
      const view = new Uint8Array(buffer, byteOffset, byteLength);
      ReadableStreamFulfillReadRequest(stream, view, false);
    }
  } else {
    enqueueChunk(controller, buffer, byteOffset, byteLength);
    if (ReadableStreamHasBYOBReader(stream)) {
      commitPullIntos(stream, processPullIntos(controller));
    }
  }
  callPullIfNeeded(controller);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-chunk-to-queue
function enqueueChunk(controller, buffer, byteOffset, byteLength) {
  controller.queue.push(new QueueEntry(buffer, byteOffset, byteLength));
  controller.queueTotalSize += byteLength;
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueueclonedchunktoqueue
function enqueueClonedChunk(controller, buffer, byteOffset, byteLength) {
  let clone;
  try {
    clone = CloneArrayBuffer(buffer, byteOffset, byteLength);
  } catch (error) {
    errorController(controller, error);
    throw error;
  }
  enqueueChunk(controller, clone, 0, byteLength);
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueuedetachedpullintotoqueue
function enqueueDetachedPullInto(controller, pullInto) {
  const { buffer, byteOffset, bytesFilled } = pullInto;
  if (bytesFilled > 0) {
    enqueueClonedChunk(controller, buffer, byteOffset, bytesFilled);
  }
  shiftPullInto(controller);
}

// Returns whether the descriptor has as much as its reader wants.
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue
function fillFromQueue(controller, pullInto) {
  const { byteLength, byteOffset, kind, minimumFill } = pullInto;
  let toCopy =
    MathMin(controller.queueTotalSize, byteLength - pullInto.bytesFilled);
  const maxBytesFilled = pullInto.bytesFilled + toCopy;
  const maxAlignedBytes = maxBytesFilled - maxBytesFilled % kind.elementSize;
  const ready = maxAlignedBytes >= minimumFill;
  if (ready) toCopy = maxAlignedBytes - pullInto.bytesFilled;

  const { queue } = controller;
  while (toCopy > 0) {
    const head = queue.first;
    const count = MathMin(toCopy, head.byteLength);
    CopyDataBlockBytes(
      pullInto.buffer, byteOffset + pullInto.bytesFilled, head.buffer,
      head.byteOffset, count);
    if (head.byteLength === count) {
      queue.shift();
    } else {
      head.byteOffset += count;
      head.byteLength -= count;
    }
    controller.queueTotalSize -= count;
    pullInto.bytesFilled += count;
    toCopy -= count;
  }
  return ready;
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerfillreadrequestfromqueue
function ReadableByteStreamControllerFillReadRequestFromQueue(
  controller, readRequest) {
  const { buffer, byteLength, byteOffset } = controller.queue.shift();
  controller.queueTotalSize -= byteLength;
  ReadableByteStreamControllerHandleQueueDrain(controller);
  readRequest.chunkSteps(new Uint8Array(buffer, byteOffset, byteLength));
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollergetbyobrequest
export function ReadableByteStreamControllerGetBYOBRequest(controller) {
  const { first } = controller.pendingPullIntos;
  if (controller.byobRequest === null && first !== null) {
    const view = new Uint8Array(
      first.buffer, first.byteOffset + first.bytesFilled,
      first.byteLength - first.bytesFilled);
    controller.byobRequest = new BYOBRequest(controller, view);
  }
  return controller.byobRequest;
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-handle-queue-drain
function ReadableByteStreamControllerHandleQueueDrain(controller) {
  if (controller.queueTotalSize === 0) {
    if (controller.closeRequested) {
      controller.clearAlgorithms();
      ReadableStreamClose(controller.stream);
      return;
    }
    if (controller.onDrain !== undefined) controller.onDrain();
  }
  callPullIfNeeded(controller);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request
function ReadableByteStreamControllerInvalidateBYOBRequest(controller) {
  const request = controller.byobRequest;
  if (request === null) return;
  request.controller = undefined;
  request.view = null;
  controller.byobRequest = null;
}

// Returns those that are filled now, to be committed when nothing is half done:
// a worker's code may run then.
// https://streams.spec.whatwg.org/#readable-byte-stream-controller-process-pull-into-descriptors-using-queue
function processPullIntos(controller) {
  const filled = new Fifo();
  for (;;) {
    const { first } = controller.pendingPullIntos;
    if (first === null || controller.queueTotalSize === 0) return filled;
    if (!fillFromQueue(controller, first)) continue;
    filled.push(shiftPullInto(controller));
  }
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerprocessreadrequestsusingqueue
function processReadRequests(controller) {
  const { reader } = controller.stream;
  while (reader.requests.length > 0 && controller.queueTotalSize > 0) {
    ReadableByteStreamControllerFillReadRequestFromQueue(
      controller, reader.requests.shift());
  }
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond
export function ReadableByteStreamControllerRespond(controller, bytesWritten) {
  const { first } = controller.pendingPullIntos;
  if (controller.stream.state === "closed") {
    if (bytesWritten !== 0) {
      throw new TypeError("A closed stream takes no bytes.");
    }
  } else {
    if (bytesWritten === 0) {
      throw new TypeError("A readable stream takes at least one byte.");
    }
    if (first.bytesFilled + bytesWritten > first.byteLength) {
      throw new RangeError("More bytes were written than the view has.");
    }
  }
  first.buffer = TransferArrayBuffer(first.buffer);
  respond(controller, bytesWritten);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-closed-state
function respondInClosedState(controller, first) {
  if (first.readerType === "none") shiftPullInto(controller);
  const { stream } = controller;
  if (!ReadableStreamHasBYOBReader(stream)) return;
  const filled = new Fifo();
  while (filled.length < ReadableStreamGetNumReadRequests(stream)) {
    filled.push(shiftPullInto(controller));
  }
  commitPullIntos(stream, filled);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-readable-state
function respondInReadableState(controller, bytesWritten, pullInto) {
  const { stream } = controller;
  pullInto.bytesFilled += bytesWritten;
  if (pullInto.readerType === "none") {
    enqueueDetachedPullInto(controller, pullInto);
    commitPullIntos(stream, processPullIntos(controller));
    return;
  }
  if (pullInto.bytesFilled < pullInto.minimumFill) return;
  shiftPullInto(controller);
  const remainder = pullInto.bytesFilled % pullInto.kind.elementSize;
  if (remainder > 0) {
    const end = pullInto.byteOffset + pullInto.bytesFilled;
    enqueueClonedChunk(controller, pullInto.buffer, end - remainder, remainder);
  }
  pullInto.bytesFilled -= remainder;
  const filled = processPullIntos(controller);
  commitPullInto(stream, pullInto);
  commitPullIntos(stream, filled);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal
function respond(controller, bytesWritten) {
  const { first } = controller.pendingPullIntos;
  ReadableByteStreamControllerInvalidateBYOBRequest(controller);
  if (controller.stream.state === "closed") {
    respondInClosedState(controller, first);
  } else {
    respondInReadableState(controller, bytesWritten, first);
  }
  callPullIfNeeded(controller);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view
export function ReadableByteStreamControllerRespondWithNewView(
  controller, view) {
  const { first } = controller.pendingPullIntos;
  const byteLength = byteLengthOf(view);
  if (controller.stream.state === "closed") {
    if (byteLength !== 0) {
      throw new TypeError("A closed stream takes no bytes.");
    }
  } else if (byteLength === 0) {
    throw new TypeError("A readable stream takes at least one byte.");
  }
  if (first.byteOffset + first.bytesFilled !== byteOffsetOf(view)) {
    throw new RangeError("The view begins elsewhere than that of the request.");
  }
  const buffer = bufferOf(view);
  if (first.bufferByteLength !==
      ArrayBufferPrototypeGetByteLength(buffer)) {
    throw new RangeError("The view's buffer is not as long as the request's.");
  }
  if (first.bytesFilled + byteLength > first.byteLength) {
    throw new RangeError("The view is longer than that of the request.");
  }
  first.buffer = TransferArrayBuffer(buffer);
  respond(controller, byteLength);
}

// https://streams.spec.whatwg.org/#readable-byte-stream-controller-shift-pending-pull-into
const shiftPullInto = (controller) => controller.pendingPullIntos.shift();

// startAlgorithm is given the controller's record; it may throw.
// https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller
export function SetUpReadableByteStreamController(
  stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
  autoAllocateChunkSize) {
  const controller = stream.controller = new ByteController(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark,
    autoAllocateChunkSize);
  controller.start(startAlgorithm);
}

// https://streams.spec.whatwg.org/#abstract-opdef-createreadablebytestream
export function CreateReadableByteStream(
  startAlgorithm, pullAlgorithm, cancelAlgorithm) {
  const stream = new Readable();
  SetUpReadableByteStreamController(
    stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, 0, undefined);
  return stream;
}
