// https://webidl.spec.whatwg.org/#abstract-opdef-converttoint

import {
  MathTrunc, NumberIsFinite, PrimordialTypeError as TypeError,
} from "../primordials.js";

// [EnforceRange] unsigned long long
export function toEnforcedUnsignedLongLong(value, where, name) {
  const number = MathTrunc(+value);
  if (!NumberIsFinite(number) || number < 0 || number > 2 ** 53 - 1) {
    throw new TypeError(
      `Failed to execute '${where}': ${name} is not a whole number from 0 to ` +
      "2^53 - 1.");
  }
  return number + 0;
}

// long: +value asks what a symbol or a BigInt refuses.
export const toLong = (value) => +value | 0;
