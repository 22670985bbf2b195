// The abstract operations of readable streams that are the same for both kinds
// of controllers, and of their readers.
// https://streams.spec.whatwg.org/#rs-all-abstract-ops

import {
  PrimordialTypeError as TypeError, PromiseReject, PromiseResolve,
} from "../primordials.js";
import {
  Deferred, failed, markHandled, promiseOfUndefined,
} from "./promises.js";
import { Fifo } from "./queue-with-sizes.js";
import { Reader } from "./records.js";

// -- working with readable streams ------------------------------------------

// https://streams.spec.whatwg.org/#is-readable-stream-locked
export const IsReadableStreamLocked = (stream) => stream.reader !== undefined;

// The result of cancelling as an algorithm's: undefined or a promise.
// https://streams.spec.whatwg.org/#readable-stream-cancel
export function cancelStream(stream, reason) {
  stream.disturbed = true;
  if (stream.state === "closed") return undefined;
  if (stream.state === "errored") return failed(stream.storedError);
  ReadableStreamClose(stream);
  const { reader } = stream;
  if (reader !== undefined && reader.isByob) {
    const { requests } = reader;
    reader.requests = new Fifo();
    for (let r = requests.first; r !== null; r = r.next) {
      r.closeSteps(undefined);
    }
  }
  return stream.controller.cancelSteps(reason);
}

// The same, as a promise for the worker.
export const ReadableStreamCancel = (stream, reason) =>
  promiseOfUndefined(cancelStream(stream, reason));

// -- interfacing with controllers -------------------------------------------

// https://streams.spec.whatwg.org/#readable-stream-add-read-request
export function ReadableStreamAddReadRequest(stream, readRequest) {
  stream.reader.requests.push(readRequest);
}

export {
  // https://streams.spec.whatwg.org/#readable-stream-add-read-into-request
  ReadableStreamAddReadRequest as ReadableStreamAddReadIntoRequest,
};

// https://streams.spec.whatwg.org/#readable-stream-close
export function ReadableStreamClose(stream) {
  stream.state = "closed";
  const { reader } = stream;
  if (reader === undefined) return;
  if (reader.closed !== undefined) reader.closed.resolve(undefined);
  if (reader.observer !== undefined) reader.observer.sourceClosed(reader);
  if (reader.isByob) return;
  const { requests } = reader;
  if (requests.length === 0) return;
  reader.requests = new Fifo();
  for (let r = requests.first; r !== null; r = r.next) r.closeSteps();
}

// https://streams.spec.whatwg.org/#readable-stream-error
export function ReadableStreamError(stream, e) {
  stream.state = "errored";
  stream.storedError = e;
  const { reader } = stream;
  if (reader === undefined) return;
  if (reader.closed !== undefined) {
    reader.closed.reject(e);
    markHandled(reader.closed.promise);
  }
  if (reader.observer !== undefined) reader.observer.sourceErrored(reader, e);
  errorRequests(reader, e);
}

// https://streams.spec.whatwg.org/#readable-stream-fulfill-read-request
// https://streams.spec.whatwg.org/#readable-stream-fulfill-read-into-request
export function ReadableStreamFulfillReadRequest(stream, chunk, done) {
  // A getter Object.prototype.then of the worker's runs when a result goes out,
  // and may have released the reader, whose requests have failed then.
  if (ReadableStreamGetNumReadRequests(stream) === 0) return;
  const request = stream.reader.requests.shift();
  if (done) request.closeSteps(chunk);
  else request.chunkSteps(chunk);
}

// How many read requests, or read-into requests, wait.
// https://streams.spec.whatwg.org/#readable-stream-get-num-read-requests
export const ReadableStreamGetNumReadRequests = (stream) =>
  stream.reader === undefined ? 0 : stream.reader.requests.length;

// https://streams.spec.whatwg.org/#readable-stream-has-byob-reader
export const ReadableStreamHasBYOBReader = (stream) =>
  stream.reader !== undefined && stream.reader.isByob;

// https://streams.spec.whatwg.org/#readable-stream-has-default-reader
export const ReadableStreamHasDefaultReader = (stream) =>
  stream.reader !== undefined && !stream.reader.isByob;

// -- readers ------------------------------------------------------------------

const RELEASED = "The reader was released and has no stream any more.";

function requireUnlocked(stream) {
  if (!IsReadableStreamLocked(stream)) return;
  throw new TypeError("This ReadableStream is currently locked to a reader.");
}

// https://streams.spec.whatwg.org/#set-up-readable-stream-default-reader
export function SetUpReadableStreamDefaultReader(reader, stream) {
  requireUnlocked(stream);
  reader.stream = stream;
  stream.reader = reader;
}

// https://streams.spec.whatwg.org/#set-up-readable-stream-byob-reader
export function SetUpReadableStreamBYOBReader(reader, stream) {
  requireUnlocked(stream);
  if (!stream.controller.isByteController) {
    throw new TypeError(
      "A ReadableStreamBYOBReader needs a stream with a byte source.");
  }
  reader.stream = stream;
  stream.reader = reader;
}

// https://streams.spec.whatwg.org/#acquire-readable-stream-reader
export function AcquireReadableStreamDefaultReader(stream) {
  const reader = new Reader(false);
  SetUpReadableStreamDefaultReader(reader, stream);
  return reader;
}

// https://streams.spec.whatwg.org/#acquire-readable-stream-byob-reader
export function AcquireReadableStreamBYOBReader(stream) {
  const reader = new Reader(true);
  SetUpReadableStreamBYOBReader(reader, stream);
  return reader;
}

// The slot [[closedPromise]]: what it is follows from the state, so that it
// need not be made before somebody asks for it.
export function closedPromiseOf(reader) {
  if (reader.closed === undefined) {
    const closed = reader.closed = new Deferred();
    const { stream } = reader;
    if (stream === undefined) {
      closed.reject(readerReleased());
      markHandled(closed.promise);
    } else if (stream.state === "closed") {
      closed.resolve(undefined);
    } else if (stream.state === "errored") {
      closed.reject(stream.storedError);
      markHandled(closed.promise);
    }
  }
  return reader.closed.promise;
}

// https://streams.spec.whatwg.org/#readable-stream-reader-generic-release
function ReadableStreamReaderGenericRelease(reader) {
  const { closed, stream } = reader;
  if (closed !== undefined) {
    if (closed.pending) {
      closed.reject(readerReleased());
      markHandled(closed.promise);
    } else {
      reader.closed = undefined;
    }
  }
  reader.observer = undefined;
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease
// https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreaderrelease
export function ReadableStreamReaderRelease(reader) {
  ReadableStreamReaderGenericRelease(reader);
  if (reader.requests.length > 0) errorRequests(reader, readerReleased());
}

// https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreadererrorreadrequests
// https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreadererrorreadintorequests
function errorRequests(reader, e) {
  const { requests } = reader;
  if (requests.length === 0) return;
  reader.requests = new Fifo();
  for (let r = requests.first; r !== null; r = r.next) r.errorSteps(e);
}

// https://streams.spec.whatwg.org/#readable-stream-default-reader-read
export function ReadableStreamDefaultReaderRead(reader, readRequest) {
  const { stream } = reader;
  const { state, storedError } = stream;
  stream.disturbed = true;
  if (state === "closed") readRequest.closeSteps();
  else if (state === "errored") readRequest.errorSteps(storedError);
  else stream.controller.pullSteps(readRequest);
}

// https://streams.spec.whatwg.org/#readable-stream-byob-reader-read
export function ReadableStreamBYOBReaderRead(
  reader, view, min, readIntoRequest) {
  const { stream } = reader;
  const { state, storedError } = stream;
  stream.disturbed = true;
  if (state === "errored") readIntoRequest.errorSteps(storedError);
  else stream.controller.pullInto(view, min, readIntoRequest);
}

export const readerReleased = () => new TypeError(RELEASED);

// A read request whose result is a promise of {value, done}.  While it reads,
// the chunk may come at once; then the promise needs no resolvers.
// https://streams.spec.whatwg.org/#default-reader-read
export class PromiseReadRequest {
  next = null;
  #promise = undefined;
  #deferred = undefined;

  get promise() {
    if (this.#promise === undefined) {
      this.#deferred = new Deferred();
      this.#promise = this.#deferred.promise;
    }
    return this.#promise;
  }

  #settle(result) {
    if (this.#deferred === undefined) this.#promise = PromiseResolve(result);
    else this.#deferred.resolve(result);
  }

  chunkSteps(chunk) {
    this.#settle({ value: chunk, done: false });
  }

  // A read-into request is given the memory back, if there is any.
  closeSteps(chunk) {
    this.#settle({ value: chunk, done: true });
  }

  errorSteps(e) {
    if (this.#deferred === undefined) this.#promise = PromiseReject(e);
    else this.#deferred.reject(e);
  }
}
