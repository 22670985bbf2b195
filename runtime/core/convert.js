// Conversions of Web IDL: https://webidl.spec.whatwg.org/#js-type-mapping.
// Strings and buffers are in webidl.js.

import {
  list, MathTrunc, NumberIsNaN, PrimordialTypeError as TypeError,
  ReflectApply, ReflectGetOwnPropertyDescriptor, ReflectOwnKeys, SymbolIterator,
} from "../primordials.js";
import { isObject, toDOMString } from "./webidl.js";

const MAX_SAFE = 2 ** 53 - 1;

// https://webidl.spec.whatwg.org/#js-long
export const toLong = (value) => +value | 0;

// https://webidl.spec.whatwg.org/#js-unsigned-short
export const toUnsignedShort = (value) => +value & 0xffff;

// https://webidl.spec.whatwg.org/#js-unsigned-long
export const toUnsignedLong = (value) => +value >>> 0;

// https://webidl.spec.whatwg.org/#js-long-long
export function toLongLong(value) {
  const number = MathTrunc(+value);
  if (!(number > -Infinity && number < Infinity)) return 0;
  const rest = number % 2 ** 64;
  if (rest >= 2 ** 63) return rest - 2 ** 64;
  return rest < -(2 ** 63) ? rest + 2 ** 64 : rest + 0;
}

// The same with [Clamp].
export function toClampedLongLong(value) {
  const number = +value;
  if (NumberIsNaN(number)) return 0;
  if (number <= -MAX_SAFE) return -MAX_SAFE;
  if (number >= MAX_SAFE) return MAX_SAFE;
  // to the nearest integer, and to the even one of two
  const whole = MathTrunc(number);
  const rest = number - whole;
  if (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0)) return whole + 1;
  if (rest < -0.5 || (rest === -0.5 && whole % 2 !== 0)) return whole - 1;
  return whole + 0;
}

// unsigned long long with [EnforceRange]
export function toEnforcedUnsignedLongLong(value, where, name) {
  const number = MathTrunc(+value);
  if (!(number >= 0 && number <= MAX_SAFE)) {
    throw new TypeError(
      `Failed to execute '${where}': ${name} is not a whole number from 0 to ` +
      "2^53 - 1.");
  }
  return number + 0;
}

// https://webidl.spec.whatwg.org/#js-enumeration
// "values" has each of them as a property, and no prototype.
export function toEnum(value, values, where, name) {
  const text = toDOMString(value);
  if (values[text] === true) return text;
  throw new TypeError(
    `Failed to execute '${where}': "${text}" is not a valid value for ${name}.`);
}

// https://webidl.spec.whatwg.org/#js-dictionary
// The object to read members from, or undefined when there is none.
export function toDictionary(value, where, name) {
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw new TypeError(
    `Failed to execute '${where}': the value is not of type '${name}'.`);
}

// https://webidl.spec.whatwg.org/#create-sequence-from-iterable
//
// A sequence<T> as a list of ours; "name" is what messages call it.  The
// iterator is the caller's: it is asked plainly, and not closed when an element
// will not convert.  "method" is what was found at Symbol.iterator, by who has
// already looked.
export function toSequence(
  value, convert, where, name,
  method = isObject(value) ? value[SymbolIterator] : undefined) {
  if (typeof method !== "function") throw notIterable(where, name);
  const iterator = ReflectApply(method, value, []);
  if (!isObject(iterator)) throw notIterable(where, name);
  const { next } = iterator;
  const items = list();
  for (;;) {
    const result = ReflectApply(next, iterator, []);
    if (!isObject(result)) throw notIterable(where, name);
    if (result.done) return items;
    const item = convert(result.value);
    items[items.length] = item;
  }
}

const notIterable = (where, name) => new TypeError(
  `Failed to execute '${where}': ${name} cannot be converted to a sequence.`);

// https://webidl.spec.whatwg.org/#js-record
// As a list of key, value, key, value ...
export function toRecord(value, convertKey, convertValue) {
  const items = list();
  const keys = ReflectOwnKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = ReflectGetOwnPropertyDescriptor(value, keys[i]);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    const { length } = items;
    items[length] = convertKey(keys[i]);
    items[length + 1] = convertValue(value[keys[i]]);
  }
  return items;
}
