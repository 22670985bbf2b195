// https://streams.spec.whatwg.org/#readable-stream-tee

import { deserialize, serialize } from "../core/clone.js";
import { teeByteStream } from "./byte-tee.js";
import {
  CreateReadableStream, ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
} from "./default-controller.js";
import { queueMicrotask } from "./promises.js";
import { errorController } from "./readable-controller.js";
import {
  AcquireReadableStreamDefaultReader, ReadableStreamDefaultReaderRead,
} from "./readable-ops.js";
import { TeeCancel } from "./tee-cancel.js";

// The observer of its reader, and its own read request: it has only one.
// https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
class DefaultTee {
  next = null;
  branch1;
  branch2;
  #reader;
  #cancel;
  #cloneForBranch2;
  #reading = false;
  #readAgain = false;
  #pull = () => {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    ReadableStreamDefaultReaderRead(this.#reader, this);
  };

  constructor(stream, cloneForBranch2) {
    this.#reader = AcquireReadableStreamDefaultReader(stream);
    this.#cloneForBranch2 = cloneForBranch2;
    const cancel = this.#cancel = new TeeCancel(stream);
    this.branch1 = CreateReadableStream(
      undefined, this.#pull, (reason) => cancel.cancel1(reason));
    this.branch2 = CreateReadableStream(
      undefined, this.#pull, (reason) => cancel.cancel2(reason));
    if (stream.state === "errored") {
      this.sourceErrored(this.#reader, stream.storedError);
    }
    this.#reader.observer = this;
  }

  sourceClosed() {}

  sourceErrored(reader, error) {
    queueMicrotask(() => {
      this.#error(error);
      this.#cancel.sourceEnded();
    });
  }

  #error(error) {
    errorController(this.branch1.controller, error);
    errorController(this.branch2.controller, error);
  }

  chunkSteps(chunk) {
    // A microtask later: an error of the stream takes one too, and must not
    // be overtaken by chunks.
    queueMicrotask(() => this.#onChunk(chunk));
  }

  #onChunk(chunk) {
    this.#readAgain = false;
    let chunk2 = chunk;
    if (!this.#cancel.canceled2 && this.#cloneForBranch2) {
      try {
        chunk2 = deserialize(serialize(chunk));
      } catch (error) {
        this.#error(error);
        this.#cancel.cancelSource(error);
        return;
      }
    }
    if (!this.#cancel.canceled1) {
      ReadableStreamDefaultControllerEnqueue(this.branch1.controller, chunk);
    }
    if (!this.#cancel.canceled2) {
      ReadableStreamDefaultControllerEnqueue(this.branch2.controller, chunk2);
    }
    this.#reading = false;
    if (this.#readAgain) this.#pull();
  }

  closeSteps() {
    this.#reading = false;
    if (!this.#cancel.canceled1) {
      ReadableStreamDefaultControllerClose(this.branch1.controller);
    }
    if (!this.#cancel.canceled2) {
      ReadableStreamDefaultControllerClose(this.branch2.controller);
    }
    this.#cancel.sourceEnded();
  }

  errorSteps() {
    this.#reading = false;
  }
}

// Returns {branch1, branch2}.
// https://streams.spec.whatwg.org/#readable-stream-tee
export const ReadableStreamTee = (stream, cloneForBranch2) =>
  stream.controller.isByteController
    ? teeByteStream(stream) : new DefaultTee(stream, cloneForBranch2);
