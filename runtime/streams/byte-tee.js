// https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee

import { CloneAsUint8Array } from "./buffers.js";
import {
  CreateReadableByteStream, ReadableByteStreamControllerClose,
  ReadableByteStreamControllerEnqueue,
  ReadableByteStreamControllerGetBYOBRequest,
  ReadableByteStreamControllerRespond,
  ReadableByteStreamControllerRespondWithNewView,
} from "./byte-controller.js";
import { queueMicrotask } from "./promises.js";
import { errorController } from "./readable-controller.js";
import {
  AcquireReadableStreamBYOBReader, AcquireReadableStreamDefaultReader,
  ReadableStreamBYOBReaderRead, ReadableStreamDefaultReaderRead,
  ReadableStreamReaderRelease,
} from "./readable-ops.js";
import { TeeCancel } from "./tee-cancel.js";

class ByteTee {
  branch1;
  branch2;
  #stream;
  #reader;
  #cancel;
  #reading = false;
  #readAgainForBranch1 = false;
  #readAgainForBranch2 = false;

  constructor(stream) {
    this.#stream = stream;
    this.#reader = AcquireReadableStreamDefaultReader(stream);
    const cancel = this.#cancel = new TeeCancel(stream);
    const { disturbed, expectedLength } = stream;
    this.branch1 = CreateReadableByteStream(
      undefined, () => this.#pull1(), (reason) => cancel.cancel1(reason));
    this.branch2 = CreateReadableByteStream(
      undefined, () => this.#pull2(), (reason) => cancel.cancel2(reason));
    if (!disturbed) {
      this.branch1.expectedLength = expectedLength;
      this.branch2.expectedLength = expectedLength;
    }
    if (stream.state === "errored") {
      this.sourceErrored(this.#reader, stream.storedError);
    }
    this.#reader.observer = this;
  }

  // -- as the observer of its reader ------------------------------------------

  sourceClosed() {}

  sourceErrored(reader, error) {
    queueMicrotask(() => {
      if (reader !== this.#reader) return;
      this.#error(error);
      this.#cancel.sourceEnded();
    });
  }

  #error(error) {
    errorController(this.branch1.controller, error);
    errorController(this.branch2.controller, error);
  }

  // -- pulling ----------------------------------------------------------------

  #pull1() {
    if (this.#reading) {
      this.#readAgainForBranch1 = true;
      return;
    }
    this.#read(this.branch1, false);
  }

  #pull2() {
    if (this.#reading) {
      this.#readAgainForBranch2 = true;
      return;
    }
    this.#read(this.branch2, true);
  }

  #read(branch, forBranch2) {
    this.#reading = true;
    const request =
      ReadableByteStreamControllerGetBYOBRequest(branch.controller);
    if (request === null) {
      this.#replaceReader(false);
      ReadableStreamDefaultReaderRead(this.#reader, new DefaultRead(this));
    } else {
      this.#replaceReader(true);
      ReadableStreamBYOBReaderRead(
        this.#reader, request.view, 1, new BYOBRead(this, forBranch2));
    }
  }

  #replaceReader(isByob) {
    if (this.#reader.isByob === isByob) return;
    ReadableStreamReaderRelease(this.#reader);
    this.#reader = isByob
      ? AcquireReadableStreamBYOBReader(this.#stream)
      : AcquireReadableStreamDefaultReader(this.#stream);
    this.#reader.observer = this;
    if (this.#stream.state === "errored") {
      this.sourceErrored(this.#reader, this.#stream.storedError);
    }
  }

  #readAgain() {
    this.#reading = false;
    if (this.#readAgainForBranch1) this.#pull1();
    else if (this.#readAgainForBranch2) this.#pull2();
  }

  // A copy of the chunk, or undefined when there is no memory for one.
  #clone(chunk) {
    try {
      return CloneAsUint8Array(chunk);
    } catch (error) {
      this.#error(error);
      this.#cancel.cancelSource(error);
      return undefined;
    }
  }

  // -- what is read -----------------------------------------------------------

  onChunk(chunk) {
    const { canceled1, canceled2 } = this.#cancel;
    this.#readAgainForBranch1 = false;
    this.#readAgainForBranch2 = false;
    let chunk2 = chunk;
    if (!canceled1 && !canceled2) {
      chunk2 = this.#clone(chunk);
      if (chunk2 === undefined) return;
    }
    if (!canceled1) {
      ReadableByteStreamControllerEnqueue(this.branch1.controller, chunk);
    }
    if (!canceled2) {
      ReadableByteStreamControllerEnqueue(this.branch2.controller, chunk2);
    }
    this.#readAgain();
  }

  onClose() {
    const { canceled1, canceled2 } = this.#cancel;
    const { controller: controller1 } = this.branch1;
    const { controller: controller2 } = this.branch2;
    this.#reading = false;
    if (!canceled1) ReadableByteStreamControllerClose(controller1);
    if (!canceled2) ReadableByteStreamControllerClose(controller2);
    if (controller1.pendingPullIntos.length > 0) {
      ReadableByteStreamControllerRespond(controller1, 0);
    }
    if (controller2.pendingPullIntos.length > 0) {
      ReadableByteStreamControllerRespond(controller2, 0);
    }
    this.#cancel.sourceEnded();
  }

  // What the branch that brought its buffer is, and the other one.
  #sides(forBranch2) {
    const { canceled1, canceled2 } = this.#cancel;
    return forBranch2
      ? {
        __proto__: null, byob: this.branch2.controller, byobCanceled: canceled2,
        other: this.branch1.controller, otherCanceled: canceled1,
      }
      : {
        __proto__: null, byob: this.branch1.controller, byobCanceled: canceled1,
        other: this.branch2.controller, otherCanceled: canceled2,
      };
  }

  onBYOBChunk(chunk, forBranch2) {
    this.#readAgainForBranch1 = false;
    this.#readAgainForBranch2 = false;
    const { byob, byobCanceled, other, otherCanceled } =
      this.#sides(forBranch2);
    let clone;
    if (!otherCanceled) {
      clone = this.#clone(chunk);
      if (clone === undefined) return;
    }
    if (!byobCanceled) {
      ReadableByteStreamControllerRespondWithNewView(byob, chunk);
    }
    if (!otherCanceled) ReadableByteStreamControllerEnqueue(other, clone);
    this.#readAgain();
  }

  onBYOBClose(chunk, forBranch2) {
    this.#reading = false;
    const { byob, byobCanceled, other, otherCanceled } =
      this.#sides(forBranch2);
    if (!byobCanceled) ReadableByteStreamControllerClose(byob);
    if (!otherCanceled) ReadableByteStreamControllerClose(other);
    if (chunk !== undefined) {
      // not if it was cancelled by what has just run
      if (!byobCanceled && byob.pendingPullIntos.length > 0) {
        ReadableByteStreamControllerRespondWithNewView(byob, chunk);
      }
      if (!otherCanceled && other.pendingPullIntos.length > 0) {
        ReadableByteStreamControllerRespond(other, 0);
      }
    }
    this.#cancel.sourceEnded();
  }

  onReadError() {
    this.#reading = false;
  }
}

// Chunks are handed on a microtask later: an error of the stream takes one too,
// and must not be overtaken by them.
class DefaultRead {
  next = null;
  #tee;

  constructor(tee) {
    this.#tee = tee;
  }

  chunkSteps(chunk) { queueMicrotask(() => this.#tee.onChunk(chunk)); }
  closeSteps() { this.#tee.onClose(); }
  errorSteps() { this.#tee.onReadError(); }
}

class BYOBRead {
  next = null;
  #tee;
  #forBranch2;

  constructor(tee, forBranch2) {
    this.#tee = tee;
    this.#forBranch2 = forBranch2;
  }

  chunkSteps(chunk) {
    queueMicrotask(() => this.#tee.onBYOBChunk(chunk, this.#forBranch2));
  }

  closeSteps(chunk) { this.#tee.onBYOBClose(chunk, this.#forBranch2); }
  errorSteps() { this.#tee.onReadError(); }
}

// Returns {branch1, branch2}.
export const teeByteStream = (stream) => new ByteTee(stream);
