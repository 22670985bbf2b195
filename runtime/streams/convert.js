// Web IDL conversions that streams need: dictionaries and their members.
// https://webidl.spec.whatwg.org/#js-dictionary

import {
  ArrayBufferIsView, MathTrunc, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { isArrayBuffer, isObject } from "../core/webidl.js";
import { bufferOf } from "./buffers.js";

// A dictionary argument, or undefined when it has no members.
export function toDictionary(value, where) {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) {
    throw new TypeError(`${where}: the value is not an object.`);
  }
  return value;
}

// A member that is a callback function, or undefined.
export function callbackMember(dictionary, name, where) {
  const value = dictionary[name];
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${where}: the member "${name}" is not a function.`);
  }
  return value;
}

// https://webidl.spec.whatwg.org/#js-unsigned-long-long, with [EnforceRange]
export function enforceUnsignedLongLong(value, where) {
  const number = MathTrunc(toNumeric(value));
  if (!(number >= 0 && number <= 2 ** 53 - 1)) {
    throw new TypeError(
      `${where}: the value is not an integer of the range 0 to 2^53 - 1.`);
  }
  return number + 0;  // not -0
}

// https://tc39.es/ecma262/#sec-tonumber: unlike Number(), throws for a BigInt.
export const toNumeric = (value) => +value;

// https://webidl.spec.whatwg.org/#js-buffer-source-types, without [AllowShared]
export function requireView(value, where) {
  if (!ArrayBufferIsView(value)) {
    throw new TypeError(`${where}: the value is not an ArrayBufferView.`);
  }
  if (!isArrayBuffer(bufferOf(value))) {
    throw new TypeError(
      `${where}: the view's buffer must not be a SharedArrayBuffer.`);
  }
}

// An optional argument of type object, null when it is missing.
export function toObjectArgument(value, where) {
  if (value === undefined) return null;
  if (!isObject(value)) {
    throw new TypeError(`${where}: parameter 1 is not of type 'object'.`);
  }
  return value;
}
