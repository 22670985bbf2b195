// https://streams.spec.whatwg.org/#rs-class

import {
  ObjectDefineProperty, PrimordialPromise as Promise,
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  PromiseReject, ReflectApply, SymbolAsyncIterator,
} from "../primordials.js";
import {
  defineInterface, requireArguments, requireBrand, toDOMString,
} from "../core/webidl.js";
import { isAbortSignal } from "../core/signals.js";
import { readableSlots } from "../web/streams.js";
import { iterateStream } from "./async-iterator.js";
import { SetUpReadableByteStreamController } from "./byte-controller.js";
import { byteControllerObject } from "./byte-interfaces.js";
import {
  callbackMember, enforceUnsignedLongLong, toDictionary, toObjectArgument,
} from "./convert.js";
import {
  defaultControllerObject, SetUpReadableStreamDefaultController,
} from "./default-controller.js";
import { ReadableStreamFromIterable } from "./from.js";
import { ReadableStreamPipeTo } from "./pipe.js";
import { invokeForPromise, markHandled, resultOf } from "./promises.js";
import {
  AcquireReadableStreamBYOBReader, AcquireReadableStreamDefaultReader,
  IsReadableStreamLocked, ReadableStreamCancel,
} from "./readable-ops.js";
import {
  ReadableStreamBYOBReader, ReadableStreamDefaultReader,
} from "./readers.js";
import { kRecord, Readable, readableOf, writableOf } from "./records.js";
import {
  ExtractHighWaterMark, ExtractSizeAlgorithm, Strategy,
} from "./strategies.js";
import { ReadableStreamTee } from "./tee.js";
import { IsWritableStreamLocked } from "./writable-ops.js";

const NAME = "ReadableStream";
const LOCKED = "This ReadableStream is currently locked to a reader.";

// https://streams.spec.whatwg.org/#dictdef-underlyingsource
class UnderlyingSource {
  autoAllocateChunkSize = undefined;
  cancel = undefined;
  pull = undefined;
  start = undefined;
  type = undefined;

  constructor(source) {
    if (source === null) return;
    const size = source.autoAllocateChunkSize;
    if (size !== undefined) {
      this.autoAllocateChunkSize = enforceUnsignedLongLong(size, NAME);
    }
    this.cancel = callbackMember(source, "cancel", NAME);
    this.pull = callbackMember(source, "pull", NAME);
    this.start = callbackMember(source, "start", NAME);
    const { type } = source;
    if (type === undefined) return;
    this.type = toDOMString(type);
    if (this.type !== "bytes") {
      throw new TypeError(`${NAME}: the type of a source can only be "bytes".`);
    }
  }
}

// https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller-from-underlying-source
// https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller-from-underlying-source
function setUpFromUnderlyingSource(stream, source, strategy) {
  const { autoAllocateChunkSize, cancel, pull, start, type } =
    new UnderlyingSource(source);
  const isByteStream = type === "bytes";
  if (isByteStream && strategy.size !== undefined) {
    throw new RangeError(`${NAME}: the strategy of a byte stream has no size.`);
  }
  const sizeAlgorithm = ExtractSizeAlgorithm(strategy);
  const highWaterMark = ExtractHighWaterMark(strategy, isByteStream ? 0 : 1);

  let controller;
  const startAlgorithm = (record) => {
    controller = isByteStream
      ? byteControllerObject(record) : defaultControllerObject(record);
    return start === undefined
      ? undefined : resultOf(ReflectApply(start, source, [controller]));
  };
  const pullAlgorithm =
    pull && (() => invokeForPromise(pull, source, [controller]));
  const cancelAlgorithm =
    cancel && ((reason) => invokeForPromise(cancel, source, [reason]));

  if (!isByteStream) {
    SetUpReadableStreamDefaultController(
      stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
      sizeAlgorithm);
    return;
  }
  if (autoAllocateChunkSize === 0) {
    throw new TypeError(`${NAME}: autoAllocateChunkSize must not be 0.`);
  }
  SetUpReadableByteStreamController(
    stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark,
    autoAllocateChunkSize);
}

// https://streams.spec.whatwg.org/#dictdef-streampipeoptions
function toPipeOptions(value, where) {
  const options = {
    __proto__: null, preventAbort: false, preventCancel: false,
    preventClose: false, signal: undefined,
  };
  const dictionary = toDictionary(value, where);
  if (dictionary === undefined) return options;
  options.preventAbort = !!dictionary.preventAbort;
  options.preventCancel = !!dictionary.preventCancel;
  options.preventClose = !!dictionary.preventClose;
  options.signal = dictionary.signal;
  if (options.signal !== undefined && !isAbortSignal(options.signal)) {
    throw new TypeError(
      `${where}: the member "signal" is not of type 'AbortSignal'.`);
  }
  return options;
}

// https://streams.spec.whatwg.org/#dictdef-readablewritablepair
function toPair(value, where) {
  const pair = { __proto__: null, readable: undefined, writable: undefined };
  const dictionary = toDictionary(value, where);
  pair.readable = dictionary?.readable;
  if (readableOf(pair.readable) === undefined) {
    throw new TypeError(
      `${where}: the member "readable" is not of type 'ReadableStream'.`);
  }
  pair.writable = writableOf(dictionary.writable);
  if (pair.writable === undefined) {
    throw new TypeError(
      `${where}: the member "writable" is not of type 'WritableStream'.`);
  }
  return pair;
}

function requireUnlocked(source, dest) {
  if (IsReadableStreamLocked(source)) throw new TypeError(LOCKED);
  if (IsWritableStreamLocked(dest)) {
    throw new TypeError("The destination is currently locked to a writer.");
  }
}

export class ReadableStream {
  // https://streams.spec.whatwg.org/#rs-constructor
  constructor(underlyingSource = undefined, strategy = undefined) {
    if (underlyingSource === kRecord) {
      readableSlots.set(this, strategy);
      return;
    }
    underlyingSource = toObjectArgument(underlyingSource, NAME);
    strategy = new Strategy(strategy, NAME);
    const record = new Readable();
    record.object = this;
    readableSlots.set(this, record);
    setUpFromUnderlyingSource(record, underlyingSource, strategy);
  }

  // https://streams.spec.whatwg.org/#rs-from
  static from(asyncIterable) {
    requireArguments(arguments.length, 1, `${NAME}.from`);
    return readableObject(ReadableStreamFromIterable(asyncIterable));
  }

  // https://streams.spec.whatwg.org/#rs-locked
  get locked() {
    return IsReadableStreamLocked(recordOf(this));
  }

  // https://streams.spec.whatwg.org/#rs-cancel
  cancel(reason = undefined) {
    try {
      const stream = recordOf(this);
      if (IsReadableStreamLocked(stream)) throw new TypeError(LOCKED);
      return ReadableStreamCancel(stream, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#rs-get-reader
  getReader(options = undefined) {
    const stream = recordOf(this);
    const mode = toDictionary(options, `${NAME}.getReader`)?.mode;
    if (mode === undefined) {
      return new ReadableStreamDefaultReader(
        kRecord, AcquireReadableStreamDefaultReader(stream));
    }
    if (toDOMString(mode) !== "byob") {
      throw new TypeError(`${NAME}.getReader: the mode can only be "byob".`);
    }
    return new ReadableStreamBYOBReader(
      kRecord, AcquireReadableStreamBYOBReader(stream));
  }

  // https://streams.spec.whatwg.org/#rs-pipe-through
  pipeThrough(transform, options = undefined) {
    const where = `${NAME}.pipeThrough`;
    const source = recordOf(this);
    requireArguments(arguments.length, 1, where);
    const { readable, writable } = toPair(transform, where);
    options = toPipeOptions(options, where);
    requireUnlocked(source, writable);
    markHandled(ReadableStreamPipeTo(source, writable, options));
    return readable;
  }

  // https://streams.spec.whatwg.org/#rs-pipe-to
  pipeTo(destination, options = undefined) {
    try {
      const where = `${NAME}.pipeTo`;
      const source = recordOf(this);
      requireArguments(arguments.length, 1, where);
      const dest = writableOf(destination);
      if (dest === undefined) {
        throw new TypeError(
          `${where}: parameter 1 is not of type 'WritableStream'.`);
      }
      options = toPipeOptions(options, where);
      requireUnlocked(source, dest);
      return ReadableStreamPipeTo(source, dest, options, Promise);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#rs-tee
  tee() {
    const { branch1, branch2 } = ReadableStreamTee(recordOf(this), false);
    return [readableObject(branch1), readableObject(branch2)];
  }

  // https://streams.spec.whatwg.org/#rs-asynciterator
  values(options = undefined) {
    const stream = recordOf(this);
    const dictionary = toDictionary(options, `${NAME}.values`);
    return iterateStream(stream, !!dictionary?.preventCancel);
  }
}
defineInterface(ReadableStream, NAME);
ObjectDefineProperty(ReadableStream.prototype, SymbolAsyncIterator, {
  __proto__: null, value: ReadableStream.prototype.values, writable: true,
  configurable: true,
});

function recordOf(value) {
  const record = readableOf(value);
  requireBrand(record !== undefined);
  return record;
}

// The object of a stream's record.
export const readableObject = (record) =>
  record.object ??= new ReadableStream(kRecord, record);
