// Web IDL conversions that the crypto interfaces need.
// https://webidl.spec.whatwg.org/#js-type-mapping

import {
  MathTrunc, NumberIsNaN, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { toSequence } from "../core/convert.js";
import { isObject, toDOMString } from "../core/webidl.js";
import { usageOf } from "./key.js";

// [EnforceRange]
export function toEnforcedInteger(value, max, where) {
  const number = MathTrunc(+value);
  if (NumberIsNaN(number) || number < 0 || number > max) {
    throw new TypeError(`${where} is not an integer from 0 to ${max}.`);
  }
  return number === 0 ? 0 : number;
}

// sequence<KeyUsage>, as bits
export function toUsages(value, where) {
  let usages = 0;
  toSequence(value, (item) => {
    const name = toDOMString(item);
    const usage = usageOf(name);
    if (usage === 0) {
      throw new TypeError(`${where}: "${name}" is not a KeyUsage.`);
    }
    usages |= usage;
  }, where, "the list of usages");
  return usages;
}

const formats = {
  __proto__: null, raw: true, pkcs8: true, spki: true, jwk: true,
};

export function toKeyFormat(value, where) {
  const format = toDOMString(value);
  if (formats[format] !== true) {
    throw new TypeError(`${where}: "${format}" is not a KeyFormat.`);
  }
  return format;
}

// Null and undefined are dictionaries without members.
export function requireDictionary(value, where) {
  if (value !== undefined && value !== null && !isObject(value)) {
    throw new TypeError(`${where} must be an object.`);
  }
}
