// https://streams.spec.whatwg.org/#ts-class
// https://streams.spec.whatwg.org/#ts-default-controller-class

import {
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  ReflectApply,
} from "../primordials.js";
import { defineInterface, isObject, requireBrand } from "../core/webidl.js";
import { callbackMember, toObjectArgument } from "./convert.js";
import {
  createSafeDeferred, invokeForPromise, resultOf, settleWith,
} from "./promises.js";
import { readableObject } from "./readable.js";
import { desiredSizeOf } from "./readable-controller.js";
import { kRecord } from "./records.js";
import {
  ExtractHighWaterMark, ExtractSizeAlgorithm, Strategy,
} from "./strategies.js";
import {
  InitializeTransformStream, passOn, Transform,
  TransformStreamDefaultControllerEnqueue,
  TransformStreamDefaultControllerTerminate, TransformStreamError,
} from "./transform-ops.js";
import { writableObject } from "./writable.js";

const NAME = "TransformStream";

// The object of a controller's record.
let controllerObject;

export class TransformStreamDefaultController {
  #record;

  static {
    controllerObject = (record) => record.controllerObject ??=
      new TransformStreamDefaultController(kRecord, record);
  }

  constructor(token = undefined, record = undefined) {
    if (token !== kRecord) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  // https://streams.spec.whatwg.org/#ts-default-controller-desired-size
  get desiredSize() {
    requireBrand(isObject(this) && #record in this);
    return desiredSizeOf(this.#record.readable.controller);
  }

  // https://streams.spec.whatwg.org/#ts-default-controller-enqueue
  enqueue(chunk = undefined) {
    requireBrand(isObject(this) && #record in this);
    TransformStreamDefaultControllerEnqueue(this.#record, chunk);
  }

  // https://streams.spec.whatwg.org/#ts-default-controller-error
  error(reason = undefined) {
    requireBrand(isObject(this) && #record in this);
    TransformStreamError(this.#record, reason);
  }

  // https://streams.spec.whatwg.org/#ts-default-controller-terminate
  terminate() {
    requireBrand(isObject(this) && #record in this);
    TransformStreamDefaultControllerTerminate(this.#record);
  }
}
defineInterface(
  TransformStreamDefaultController, "TransformStreamDefaultController");

// https://streams.spec.whatwg.org/#dictdef-transformer
class Transformer {
  cancel = undefined;
  flush = undefined;
  start = undefined;
  transform = undefined;

  constructor(transformer) {
    if (transformer === null) return;
    this.cancel = callbackMember(transformer, "cancel", NAME);
    this.flush = callbackMember(transformer, "flush", NAME);
    const { readableType } = transformer;
    this.start = callbackMember(transformer, "start", NAME);
    this.transform = callbackMember(transformer, "transform", NAME);
    const { writableType } = transformer;
    if (readableType !== undefined || writableType !== undefined) {
      throw new RangeError(`${NAME}: there are no types of transformers.`);
    }
  }
}

// The record of a stream over a transformer.
// https://streams.spec.whatwg.org/#set-up-transform-stream-default-controller-from-transformer
function createFromTransformer(
  transformer, writableStrategy, readableStrategy) {
  const { cancel, flush, start, transform } = new Transformer(transformer);
  const readableHighWaterMark = ExtractHighWaterMark(readableStrategy, 0);
  const readableSizeAlgorithm = ExtractSizeAlgorithm(readableStrategy);
  const writableHighWaterMark = ExtractHighWaterMark(writableStrategy, 1);
  const writableSizeAlgorithm = ExtractSizeAlgorithm(writableStrategy);

  const stream = new Transform(
    transform === undefined
      ? (chunk) => passOn(stream, chunk)
      : (chunk) => invokeForPromise(
        transform, transformer, [chunk, controllerObject(stream)]),
    flush &&
      (() => invokeForPromise(flush, transformer, [controllerObject(stream)])),
    cancel && ((reason) => invokeForPromise(cancel, transformer, [reason])));
  const started = start && createSafeDeferred();
  InitializeTransformStream(
    stream, started && started.promise, writableHighWaterMark,
    writableSizeAlgorithm, readableHighWaterMark, readableSizeAlgorithm);
  if (start !== undefined) {
    const result =
      ReflectApply(start, transformer, [controllerObject(stream)]);
    settleWith(started, resultOf(result));
  }
  return stream;
}

export class TransformStream {
  #record;

  // https://streams.spec.whatwg.org/#ts-constructor
  constructor(
    transformer = undefined, writableStrategy = undefined,
    readableStrategy = undefined) {
    if (transformer === kRecord) {
      this.#record = writableStrategy;
      return;
    }
    transformer = toObjectArgument(transformer, NAME);
    writableStrategy = new Strategy(writableStrategy, NAME);
    readableStrategy = new Strategy(readableStrategy, NAME);
    this.#record =
      createFromTransformer(transformer, writableStrategy, readableStrategy);
  }

  // https://streams.spec.whatwg.org/#ts-readable
  get readable() {
    requireBrand(isObject(this) && #record in this);
    return readableObject(this.#record.readable);
  }

  // https://streams.spec.whatwg.org/#ts-writable
  get writable() {
    requireBrand(isObject(this) && #record in this);
    return writableObject(this.#record.writable);
  }
}
defineInterface(TransformStream, NAME);

// A transform stream of ours, for an interface that includes
// GenericTransformStream: {readable, writable, enqueue(chunk), ready()}.  The
// algorithms may throw; they return undefined when they are done, or a promise,
// best a SafePromise.  ready() is one while nobody reads, else undefined.
// https://streams.spec.whatwg.org/#transformstream-set-up
export function createTransformStream({ transform, flush, cancel }) {
  const stream = new Transform(
    (chunk) => invokeForPromise(transform, undefined, [chunk]),
    flush && (() => invokeForPromise(flush, undefined, [])),
    cancel && ((reason) => invokeForPromise(cancel, undefined, [reason])));
  InitializeTransformStream(stream, undefined, 1, undefined, 0, undefined);
  return {
    __proto__: null,
    readable: readableObject(stream.readable),
    writable: writableObject(stream.writable),
    enqueue(chunk) { TransformStreamDefaultControllerEnqueue(stream, chunk); },
    ready: () =>
      stream.backpressure ? stream.backpressureChangePromise : undefined,
  };
}
