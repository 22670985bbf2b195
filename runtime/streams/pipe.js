// https://streams.spec.whatwg.org/#readable-stream-pipe-to

import {
  PrimordialTypeError as TypeError, SafePromise,
} from "../primordials.js";
import {
  abortReason, addAlgorithm, isAborted, removeAlgorithm,
} from "../core/signals.js";
import {
  createSafeDeferred, Deferred, queueMicrotask, upon,
} from "./promises.js";
import {
  AcquireReadableStreamDefaultReader, cancelStream,
  ReadableStreamDefaultReaderRead, ReadableStreamReaderRelease,
} from "./readable-ops.js";
import {
  abortStream, WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";
import {
  AcquireWritableStreamDefaultWriter,
  WritableStreamDefaultWriterCloseWithErrorPropagation,
  WritableStreamDefaultWriterGetDesiredSize, WritableStreamDefaultWriterRelease,
  WritableStreamDefaultWriterWrite,
} from "./writer-ops.js";

const NONE = {};

// A chunk that is being written; whether that succeeds shows in the stream.
class PipedWrite {
  next = null;
  #pipe;

  constructor(pipe) {
    this.#pipe = pipe;
  }

  resolve() { this.#pipe.onWritten(); }
  reject() { this.#pipe.onWritten(); }
}

// The observer of its reader and its writer, and its own read request: it has
// only one at a time.
class Pipe {
  next = null;
  #source;
  #dest;
  #reader;
  #writer;
  #options;                 // {preventAbort, preventCancel, preventClose,
                            // signal}
  #done;
  #shuttingDown = false;
  #reading = false;         // a read request waits
  #inStep = false;          // ... or is being made
  #scheduled = false;       // step() will run soon
  #chunk = NONE;            // read, not yet written
  #writes = 0;              // written, not yet settled
  #afterWrites = undefined;
  #abort = undefined;       // the algorithm added to the signal
  #step = () => this.#run();

  constructor(source, dest, options, PromiseKind) {
    this.#done = new Deferred(PromiseKind);
    this.#source = source;
    this.#dest = dest;
    this.#options = options;
    this.#reader = AcquireReadableStreamDefaultReader(source);
    this.#writer = AcquireWritableStreamDefaultWriter(dest);
    source.disturbed = true;
  }

  get promise() {
    return this.#done.promise;
  }

  start() {
    const { preventCancel, signal } = this.#options;
    const source = this.#source;
    const dest = this.#dest;
    if (signal !== undefined) {
      this.#abort = () => this.#onAbort(abortReason(signal));
      if (isAborted(signal)) {
        this.#abort();
        return;
      }
      addAlgorithm(signal, this.#abort);
    }

    this.#reader.observer = this;
    this.#writer.observer = this;
    // Errors and closing are propagated, in the order of the standard.
    if (source.state === "errored") {
      this.#onSourceErrored(source.storedError);
    } else if (dest.state === "errored") {
      this.#onDestErrored(dest.storedError);
    } else if (source.state === "closed") {
      this.#onSourceClosed();
    } else if (WritableStreamCloseQueuedOrInFlight(dest) ||
               dest.state === "closed") {
      const error = new TypeError(
        "The destination was closed before all could be piped to it.");
      this.#shutdown(
        preventCancel ? undefined : () => cancelStream(source, error),
        true, error);
    } else {
      this.#schedule();
    }
  }

  #schedule() {
    if (this.#scheduled || this.#shuttingDown) return;
    this.#scheduled = true;
    queueMicrotask(this.#step);
  }

  // Writes what was read and reads on while the destination wants more.
  #run() {
    this.#scheduled = false;
    if (this.#shuttingDown) return;
    this.#write();
    while (!this.#shuttingDown && !this.#reading && this.#wantsMore()) {
      this.#reading = true;
      this.#inStep = true;
      ReadableStreamDefaultReaderRead(this.#reader, this);
      this.#inStep = false;
      // it came at once
      this.#write();
    }
  }

  #wantsMore() {
    return this.#source.state === "readable" &&
      WritableStreamDefaultWriterGetDesiredSize(this.#writer) > 0 &&
      !WritableStreamCloseQueuedOrInFlight(this.#dest);
  }

  #write() {
    const chunk = this.#chunk;
    if (chunk === NONE) return;
    this.#chunk = NONE;
    this.#writes++;
    WritableStreamDefaultWriterWrite(this.#writer, chunk, new PipedWrite(this));
  }

  // -- as a read request ------------------------------------------------------

  // Not written here: this may be inside of the source's enqueue(), which does
  // not expect the sink to be called.
  chunkSteps(chunk) {
    this.#reading = false;
    this.#chunk = chunk;
    if (!this.#inStep) this.#schedule();
  }

  closeSteps() { this.#reading = false; }
  errorSteps() { this.#reading = false; }

  // -- as an observer ---------------------------------------------------------

  onWritten() {
    if (--this.#writes > 0 || this.#afterWrites === undefined) return;
    const after = this.#afterWrites;
    this.#afterWrites = undefined;
    queueMicrotask(after);
  }

  destReady() {
    if (!this.#reading) this.#schedule();
  }

  destErrored(error) {
    queueMicrotask(() => this.#onDestErrored(error));
  }

  sourceClosed() {
    queueMicrotask(() => this.#onSourceClosed());
  }

  sourceErrored(reader, error) {
    queueMicrotask(() => this.#onSourceErrored(error));
  }

  // -- ends -------------------------------------------------------------------

  #onSourceErrored(error) {
    const dest = this.#dest;
    this.#shutdown(
      this.#options.preventAbort
        ? undefined : () => abortStream(dest, error),
      true, error);
  }

  #onDestErrored(error) {
    const source = this.#source;
    this.#shutdown(
      this.#options.preventCancel
        ? undefined : () => cancelStream(source, error),
      true, error);
  }

  #onSourceClosed() {
    const writer = this.#writer;
    this.#shutdown(
      this.#options.preventClose
        ? undefined
        : () => WritableStreamDefaultWriterCloseWithErrorPropagation(writer),
      false, undefined);
  }

  #onAbort(error) {
    const { preventAbort, preventCancel } = this.#options;
    const dest = this.#dest;
    const source = this.#source;
    this.#shutdown(() => {
      const aborted = !preventAbort && dest.state === "writable"
        ? abortStream(dest, error) : undefined;
      const cancelled = !preventCancel && source.state === "readable"
        ? cancelStream(source, error) : undefined;
      return waitForBoth(aborted, cancelled);
    }, true, error);
  }

  // https://streams.spec.whatwg.org/#rs-pipeTo-shutdown-with-action
  #shutdown(action, isError, error) {
    if (this.#shuttingDown) return;
    this.#shuttingDown = true;
    // A read that waits must not take a chunk that nobody would write.
    ReadableStreamReaderRelease(this.#reader);
    this.#reader = AcquireReadableStreamDefaultReader(this.#source);
    const perform = () => {
      if (action === undefined) {
        this.#finalize(isError, error);
        return;
      }
      upon(
        action(), () => this.#finalize(isError, error),
        (newError) => this.#finalize(true, newError));
    };
    const dest = this.#dest;
    if (dest.state === "writable" &&
        !WritableStreamCloseQueuedOrInFlight(dest)) {
      this.#write();
      if (this.#writes > 0) this.#afterWrites = perform;
      else queueMicrotask(perform);
    } else {
      perform();
    }
  }

  // https://streams.spec.whatwg.org/#rs-pipeTo-finalize
  #finalize(isError, error) {
    const { signal } = this.#options;
    WritableStreamDefaultWriterRelease(this.#writer);
    ReadableStreamReaderRelease(this.#reader);
    if (signal !== undefined) removeAlgorithm(signal, this.#abort);
    if (isError) this.#done.reject(error);
    else this.#done.resolve(undefined);
  }
}

// https://webidl.spec.whatwg.org/#waiting-for-all-promise
function waitForBoth(first, second) {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const both = createSafeDeferred();
  let pending = 2;
  const settled = () => {
    if (--pending === 0) both.resolve(undefined);
  };
  const failed = (reason) => both.reject(reason);
  upon(first, settled, failed);
  upon(second, settled, failed);
  return both.promise;
}

export function ReadableStreamPipeTo(
  source, dest, options, PromiseKind = SafePromise) {
  const pipe = new Pipe(source, dest, options, PromiseKind);
  pipe.start();
  return pipe.promise;
}
