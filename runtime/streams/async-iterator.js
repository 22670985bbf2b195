// The asynchronous iterators of ReadableStream.
// https://webidl.spec.whatwg.org/#js-asynchronous-iterable
// https://streams.spec.whatwg.org/#rs-asynciterator

import {
  AsyncIteratorPrototype, ObjectDefineProperty, ObjectSetPrototypeOf,
  PromiseReject, SymbolToStringTag,
} from "../primordials.js";
import { isObject, requireBrand } from "../core/webidl.js";
import { Deferred, queueMicrotask, upon } from "./promises.js";
import { Fifo } from "./queue-with-sizes.js";
import {
  AcquireReadableStreamDefaultReader, cancelStream,
  ReadableStreamDefaultReaderRead, ReadableStreamReaderRelease, readerReleased,
} from "./readable-ops.js";

let createIterator;
let onResult;
let onError;

// A call of next(), which is the read request too, or of return().
class Call {
  next = null;
  deferred = new Deferred();
  #iterator;
  isReturn;
  value;

  constructor(iterator, isReturn, value) {
    this.#iterator = iterator;
    this.isReturn = isReturn;
    this.value = value;
  }

  chunkSteps(chunk) { onResult(this.#iterator, this, chunk, false); }
  closeSteps() { onResult(this.#iterator, this, undefined, true); }
  errorSteps(e) { onError(this.#iterator, this, e); }
}

class ReadableStreamAsyncIterator {
  #reader;
  #preventCancel;
  #finished = false;
  // Each call waits for the one before it.
  #isBusy = false;
  #waiting = new Fifo();

  static {
    createIterator = (reader, preventCancel) => {
      const iterator = new ReadableStreamAsyncIterator();
      iterator.#reader = reader;
      iterator.#preventCancel = preventCancel;
      return iterator;
    };
    onResult = (iterator, call, chunk, done) => {
      if (done) iterator.#release();
      iterator.#fulfill(call, chunk, done);
    };
    onError = (iterator, call, error) => {
      iterator.#release();
      iterator.#reject(call, error);
    };
  }

  constructor() {}

  next() {
    try {
      requireBrand(isObject(this) && #reader in this);
      return this.#take(new Call(this, false, undefined));
    } catch (error) {
      return PromiseReject(error);
    }
  }

  return(value) {
    try {
      requireBrand(isObject(this) && #reader in this);
      return this.#take(new Call(this, true, value));
    } catch (error) {
      return PromiseReject(error);
    }
  }

  #take(call) {
    if (this.#isBusy) {
      this.#waiting.push(call);
    } else {
      this.#isBusy = true;
      this.#run(call);
    }
    return call.deferred.promise;
  }

  #run(call) {
    if (call.isReturn) {
      this.#runReturn(call);
    } else if (this.#finished) {
      this.#fulfill(call, undefined, true);
    } else if (this.#reader.stream === undefined) {
      this.#finished = true;
      this.#reject(call, readerReleased());
    } else {
      ReadableStreamDefaultReaderRead(this.#reader, call);
    }
  }

  // https://streams.spec.whatwg.org/#rs-asynciterator-prototype-return
  #runReturn(call) {
    const { value } = call;
    const { stream } = this.#reader;
    let result;
    if (!this.#finished && stream !== undefined) {
      if (!this.#preventCancel) result = cancelStream(stream, value);
      this.#release();
    }
    this.#finished = true;
    upon(
      result, () => this.#fulfill(call, value, true),
      (error) => this.#reject(call, error));
  }

  #release() {
    this.#finished = true;
    ReadableStreamReaderRelease(this.#reader);
  }

  #fulfill(call, value, done) {
    this.#takeNext();
    call.deferred.resolve({ value, done });
  }

  #reject(call, error) {
    this.#takeNext();
    call.deferred.reject(error);
  }

  #takeNext() {
    if (this.#waiting.length === 0) this.#isBusy = false;
    else queueMicrotask(() => this.#run(this.#waiting.shift()));
  }
}
delete ReadableStreamAsyncIterator.prototype.constructor;
ObjectSetPrototypeOf(
  ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);
const enumerable = { __proto__: null, enumerable: true };
ObjectDefineProperty(
  ReadableStreamAsyncIterator.prototype, "next", enumerable);
ObjectDefineProperty(
  ReadableStreamAsyncIterator.prototype, "return", enumerable);
ObjectDefineProperty(
  ReadableStreamAsyncIterator.prototype, SymbolToStringTag, {
    __proto__: null, value: "ReadableStream AsyncIterator", configurable: true,
  });

// https://streams.spec.whatwg.org/#rs-asynciterator-prototype-init
export const iterateStream = (stream, preventCancel) => createIterator(
  AcquireReadableStreamDefaultReader(stream), preventCancel);
