// https://streams.spec.whatwg.org/#ws-class

import {
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  PromiseReject, ReflectApply,
} from "../primordials.js";
import { defineInterface, requireBrand } from "../core/webidl.js";
import { writableSlots } from "../web/streams.js";
import { callbackMember, toObjectArgument } from "./convert.js";
import { invokeForPromise, resultOf } from "./promises.js";
import { kRecord, Writable, writableOf } from "./records.js";
import {
  ExtractHighWaterMark, ExtractSizeAlgorithm, Strategy,
} from "./strategies.js";
import {
  SetUpWritableStreamDefaultController, writableControllerObject,
} from "./writable-controller.js";
import {
  IsWritableStreamLocked, WritableStreamAbort, WritableStreamClose,
  WritableStreamCloseQueuedOrInFlight,
} from "./writable-ops.js";
import { AcquireWritableStreamDefaultWriter } from "./writer-ops.js";
import { CLOSING, WritableStreamDefaultWriter } from "./writers.js";

const NAME = "WritableStream";
const LOCKED = "This WritableStream is currently locked to a writer.";

// https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller-from-underlying-sink
function setUpFromUnderlyingSink(stream, sink, strategy) {
  let abort, close, start, type, write;
  if (sink !== null) {
    abort = callbackMember(sink, "abort", NAME);
    close = callbackMember(sink, "close", NAME);
    start = callbackMember(sink, "start", NAME);
    type = sink.type;
    write = callbackMember(sink, "write", NAME);
  }
  if (type !== undefined) {
    throw new RangeError(`${NAME}: there are no types of underlying sinks.`);
  }
  const sizeAlgorithm = ExtractSizeAlgorithm(strategy);
  const highWaterMark = ExtractHighWaterMark(strategy, 1);
  let controller;
  SetUpWritableStreamDefaultController(
    stream,
    (record) => {
      controller = writableControllerObject(record);
      return start === undefined
        ? undefined : resultOf(ReflectApply(start, sink, [controller]));
    },
    write && ((chunk) => invokeForPromise(write, sink, [chunk, controller])),
    close && (() => invokeForPromise(close, sink, [])),
    abort && ((reason) => invokeForPromise(abort, sink, [reason])),
    highWaterMark, sizeAlgorithm);
}

export class WritableStream {
  // https://streams.spec.whatwg.org/#ws-constructor
  constructor(underlyingSink = undefined, strategy = undefined) {
    if (underlyingSink === kRecord) {
      writableSlots.set(this, strategy);
      return;
    }
    underlyingSink = toObjectArgument(underlyingSink, NAME);
    strategy = new Strategy(strategy, NAME);
    const record = new Writable();
    record.object = this;
    writableSlots.set(this, record);
    setUpFromUnderlyingSink(record, underlyingSink, strategy);
  }

  // https://streams.spec.whatwg.org/#ws-locked
  get locked() {
    return IsWritableStreamLocked(recordOf(this));
  }

  // https://streams.spec.whatwg.org/#ws-abort
  abort(reason = undefined) {
    try {
      const stream = recordOf(this);
      if (IsWritableStreamLocked(stream)) throw new TypeError(LOCKED);
      return WritableStreamAbort(stream, reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#ws-close
  close() {
    try {
      const stream = recordOf(this);
      if (IsWritableStreamLocked(stream)) throw new TypeError(LOCKED);
      if (WritableStreamCloseQueuedOrInFlight(stream)) {
        throw new TypeError(CLOSING);
      }
      return WritableStreamClose(stream);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  // https://streams.spec.whatwg.org/#ws-get-writer
  getWriter() {
    const writer = AcquireWritableStreamDefaultWriter(recordOf(this));
    return new WritableStreamDefaultWriter(kRecord, writer);
  }
}
defineInterface(WritableStream, NAME);

function recordOf(value) {
  const record = writableOf(value);
  requireBrand(record !== undefined);
  return record;
}

// The object of a stream's record.
export const writableObject = (record) =>
  record.object ??= new WritableStream(kRecord, record);
