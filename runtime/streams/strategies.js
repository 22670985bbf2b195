// https://streams.spec.whatwg.org/#qs-api

import {
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  ReflectApply,
} from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import { callbackMember, toDictionary, toNumeric } from "./convert.js";

// https://streams.spec.whatwg.org/#dictdef-queuingstrategyinit
function highWaterMarkOf(init, given, name) {
  requireArguments(given, 1, name);
  const highWaterMark = toDictionary(init, name)?.highWaterMark;
  if (highWaterMark === undefined) {
    throw new TypeError(`${name}: the member "highWaterMark" is required.`);
  }
  return toNumeric(highWaterMark);
}

// One function for all: a concise method has no prototype, as a built-in.
// https://streams.spec.whatwg.org/#byte-length-queuing-strategy-size-function
const byteLengthSize = { size(chunk) { return chunk.byteLength; } }.size;
// https://streams.spec.whatwg.org/#count-queuing-strategy-size-function
const countSize = { size() { return 1; } }.size;

export class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark =
      highWaterMarkOf(init, arguments.length, "ByteLengthQueuingStrategy");
  }

  get highWaterMark() {
    requireBrand(isObject(this) && #highWaterMark in this);
    return this.#highWaterMark;
  }

  get size() {
    requireBrand(isObject(this) && #highWaterMark in this);
    return byteLengthSize;
  }
}
defineInterface(ByteLengthQueuingStrategy, "ByteLengthQueuingStrategy");

export class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark =
      highWaterMarkOf(init, arguments.length, "CountQueuingStrategy");
  }

  get highWaterMark() {
    requireBrand(isObject(this) && #highWaterMark in this);
    return this.#highWaterMark;
  }

  get size() {
    requireBrand(isObject(this) && #highWaterMark in this);
    return countSize;
  }
}
defineInterface(CountQueuingStrategy, "CountQueuingStrategy");

// https://streams.spec.whatwg.org/#dictdef-queuingstrategy
export class Strategy {
  highWaterMark = undefined;
  size = undefined;

  constructor(value, where) {
    const dictionary = toDictionary(value, where);
    if (dictionary === undefined) return;
    const { highWaterMark } = dictionary;
    if (highWaterMark !== undefined) {
      this.highWaterMark = toNumeric(highWaterMark);
    }
    this.size = callbackMember(dictionary, "size", where);
  }
}

// https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark
export function ExtractHighWaterMark(strategy, defaultMark) {
  const { highWaterMark } = strategy;
  if (highWaterMark === undefined) return defaultMark;
  if (!(highWaterMark >= 0)) {
    throw new RangeError("A highWaterMark must be a non-negative number.");
  }
  return highWaterMark;
}

// Undefined stands for the algorithm that returns 1.
// https://streams.spec.whatwg.org/#make-size-algorithm-from-size-function
export function ExtractSizeAlgorithm(strategy) {
  const { size } = strategy;
  if (size === undefined || size === countSize) return undefined;
  return (chunk) => toNumeric(ReflectApply(size, undefined, [chunk]));
}
