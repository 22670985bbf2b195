// What the rest of the runtime does with streams.  It works on records: no
// method that a worker can replace is called, and no reader's object is made.

import {
  PromisePrototypeThen, SafePromise, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
} from "../primordials.js";
import {
  enqueueOwned, ReadableByteStreamControllerClose,
  ReadableByteStreamControllerRespond, SetUpReadableByteStreamController,
} from "./byte-controller.js";
import { ReadableStreamFromIterable } from "./from.js";
import {
  createSafeDeferred, failed, invokeForPromise, promiseOfUndefined,
} from "./promises.js";
import { readableObject } from "./readable.js";
import { canCloseOrEnqueue, errorController } from "./readable-controller.js";
import {
  AcquireReadableStreamDefaultReader, cancelStream,
  ReadableStreamDefaultReaderRead,
} from "./readable-ops.js";
import { Readable, readableOf } from "./records.js";
import { ReadableStreamTee } from "./tee.js";

// The source's end of a byte stream of ours.
class ByteSink {
  #controller;

  constructor(controller) {
    this.#controller = controller;
  }

  // The bytes are the stream's from now on, and so is all of their buffer.
  enqueue(bytes) {
    const controller = this.#controller;
    if (!canCloseOrEnqueue(controller)) return;
    enqueueOwned(
      controller, TypedArrayPrototypeGetBuffer(bytes),
      TypedArrayPrototypeGetByteOffset(bytes),
      TypedArrayPrototypeGetByteLength(bytes));
  }

  close() {
    const controller = this.#controller;
    ReadableByteStreamControllerClose(controller);
    if (controller.pendingPullIntos.length > 0) {
      ReadableByteStreamControllerRespond(controller, 0);
    }
  }

  error(error) {
    errorController(this.#controller, error);
  }
}

// A byte stream over a source of ours: {pull(sink), cancel(reason)}, where
// pull() gives to the sink at once or later, and returns a promise if later.
// "origin" is the body that the stream shows, if any.
export function createByteStream(source, origin = undefined) {
  const stream = new Readable();
  stream.origin = origin;
  let sink;
  SetUpReadableByteStreamController(
    stream, (controller) => { sink = new ByteSink(controller); },
    () => invokeForPromise(source.pull, source, [sink]),
    (reason) => invokeForPromise(source.cancel, source, [reason]), 0,
    undefined);
  return readableObject(stream);
}

// Nobody may read this stream any more: its body goes another way.
export function seizeStream(stream) {
  const record = readableOf(stream);
  AcquireReadableStreamDefaultReader(record);
  record.disturbed = true;
}

// For two bodies: what the second branch gets of an object is a clone.
export function teeStream(stream) {
  const { branch1, branch2 } = ReadableStreamTee(readableOf(stream), true);
  return [readableObject(branch1), readableObject(branch2)];
}

export const streamFrom = (iterable) =>
  readableObject(ReadableStreamFromIterable(iterable));

// -- readers: the worker never sees them -------------------------------------

export const getReader = (stream) =>
  AcquireReadableStreamDefaultReader(readableOf(stream));

const fulfilled = (value) => new SafePromise((resolve) => resolve(value));

class ResultReadRequest {
  next = null;
  promise = undefined;
  #deferred = undefined;

  wait() {
    this.#deferred = createSafeDeferred();
    return this.#deferred.promise;
  }

  #settle(done, value) {
    const result = { __proto__: null, done, value };
    if (this.#deferred === undefined) this.promise = fulfilled(result);
    else this.#deferred.resolve(result);
  }

  chunkSteps(chunk) { this.#settle(false, chunk); }
  closeSteps() { this.#settle(true, undefined); }

  errorSteps(error) {
    if (this.#deferred === undefined) this.promise = failed(error);
    else this.#deferred.reject(error);
  }
}

// A promise of {done, value}.
export function readerRead(reader) {
  const request = new ResultReadRequest();
  ReadableStreamDefaultReaderRead(reader, request);
  return request.promise ?? request.wait();
}

export const readerCancel = (reader, reason) =>
  promiseOfUndefined(cancelStream(reader.stream, reason), SafePromise);

// Reads to the end.
class ReadLoop {
  next = null;
  #reader;
  #onChunk;
  #deferred = createSafeDeferred();
  #inStep = false;
  #again = false;

  constructor(reader, onChunk) {
    this.#reader = reader;
    this.#onChunk = onChunk;
  }

  get promise() { return this.#deferred.promise; }

  run() {
    this.#inStep = true;
    do {
      this.#again = false;
      ReadableStreamDefaultReaderRead(this.#reader, this);
    } while (this.#again);
    this.#inStep = false;
  }

  chunkSteps(chunk) {
    let waiting;
    try {
      waiting = this.#onChunk(chunk);
    } catch (error) {
      this.#deferred.reject(error);
      return;
    }
    if (waiting !== undefined) {
      PromisePrototypeThen(
        waiting, () => this.run(), (error) => this.errorSteps(error));
      return;
    }
    // not from here, if run() is below us on the stack
    if (this.#inStep) this.#again = true;
    else this.run();
  }

  closeSteps() { this.#deferred.resolve(undefined); }
  errorSteps(error) { this.#deferred.reject(error); }
}

// Hands each chunk to onChunk(), which may throw, or return a native promise to
// wait for.  A promise of the end.
export function readAll(reader, onChunk) {
  const loop = new ReadLoop(reader, onChunk);
  loop.run();
  return loop.promise;
}
