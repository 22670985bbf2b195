// A pattern and its arguments as one text.
// https://console.spec.whatwg.org/#formatter and, where that leaves it open,
// https://nodejs.org/docs/latest-v20.x/api/util.html#utilformatformat-args

import {
  DatePrototype, JSONStringify, ObjectGetOwnPropertyDescriptor,
  ObjectPrototypeHasOwnProperty, PrimordialNumber as Number,
  PrimordialParseFloat as parseFloat, PrimordialParseInt as parseInt,
  PrimordialString as String, StringPrototypeIndexOf, StringPrototypeSlice,
  SymbolToPrimitive,
} from "../primordials.js";
import { inspectWith } from "./inspect.js";
import { findProperty, insideOf, isProxy, prototypesOf } from "./kinds.js";
import { bigintText, numberText } from "./primitives.js";

// Classes whose toString() says less than inspect() does.
const builtIns = {
  __proto__: null,
  AggregateError: true, Array: true, ArrayBuffer: true, BigInt: true,
  Boolean: true, DataView: true, Date: true, Error: true, EvalError: true,
  Function: true, Map: true, Number: true, Object: true, Promise: true,
  RangeError: true, ReferenceError: true, RegExp: true, Set: true,
  SharedArrayBuffer: true, String: true, Symbol: true, SyntaxError: true,
  TypeError: true, TypedArray: true, URIError: true, WeakMap: true,
  WeakRef: true, WeakSet: true,
};

// Has the worker said itself what its text is?
function hasOwnText(value) {
  while (isProxy(value)) {
    const inside = insideOf(value);
    if (inside === null) return false;
    value = inside[0];
  }
  const primitive = findProperty(value, SymbolToPrimitive);
  if (typeof primitive?.value === "function" && primitive.value !==
      ObjectGetOwnPropertyDescriptor(DatePrototype, SymbolToPrimitive)?.value) {
    return true;
  }
  const found = findProperty(value, "toString");
  if (found === undefined || typeof found.value !== "function") return false;
  if (ObjectPrototypeHasOwnProperty(value, "toString")) return true;
  const prototypes = prototypesOf(value);
  let i = 0;
  while (i < prototypes.length - 1 &&
         !ObjectPrototypeHasOwnProperty(prototypes[i], "toString")) {
    i++;
  }
  const { value: Class } =
    ObjectGetOwnPropertyDescriptor(prototypes[i], "constructor") ?? {};
  if (typeof Class !== "function" || isProxy(Class)) return true;
  return !builtIns[ObjectGetOwnPropertyDescriptor(Class, "name")?.value];
}

const withOptions = (options, more) => ({
  __proto__: null, ...options, ...more,
});

function stringOf(value, options) {
  if (typeof value === "number") {
    return numberText(value, options.numericSeparator);
  }
  if (typeof value === "bigint") {
    return bigintText(value, options.numericSeparator);
  }
  if (typeof value !== "object" || value === null || hasOwnText(value)) {
    return String(value);
  }
  return inspectWith(
    value, withOptions(options, { depth: 0, colors: false, compact: 3 }));
}

function number(value, parse, options) {
  if (typeof value === "bigint") {
    return bigintText(value, options.numericSeparator);
  }
  return typeof value === "symbol"
    ? "NaN" : numberText(parse(value), options.numericSeparator);
}

function json(value) {
  try {
    return `${JSONStringify(value)}`;
  } catch (error) {
    if (StringPrototypeIndexOf(`${error?.message}`,
        "circular structure") === -1) {
      throw error;
    }
    return "[Circular]";
  }
}

function formatOne(directive, value, options) {
  switch (directive) {
  case "s":
    return stringOf(value, options);
  case "d":
    return number(value, Number, options);
  case "i":
    return number(value, (text) => parseInt(text, 10), options);
  case "f":
    return typeof value === "bigint"
      ? numberText(parseFloat(value), options.numericSeparator)
      : number(value, parseFloat, options);
  case "j":
    return json(value);
  case "o":
    return inspectWith(
      value, withOptions(options,
        { showHidden: true, showProxy: true, depth: 4 }));
  case "O":
    return inspectWith(value, options);
  default:
    return "";                // %c: a style, which a log has not
  }
}

// "options" are complete ones, as completeOptions() makes them.
export function formatWith(options, args) {
  let text = "";
  let next = 0;
  if (args.length > 0 && typeof args[0] === "string") {
    const pattern = args[0];
    if (args.length === 1) return pattern;
    next = 1;
    let from = 0;
    for (let at = StringPrototypeIndexOf(pattern, "%"); at !== -1;
      at = StringPrototypeIndexOf(pattern, "%", at)) {
      const directive = pattern[at + 1];
      if (directive === "%") {
        text += StringPrototypeSlice(pattern, from, at + 1);
      } else if (directive !== undefined && next < args.length &&
                 StringPrototypeIndexOf("sdifjoOc", directive) !== -1) {
        text += StringPrototypeSlice(pattern, from, at) +
          formatOne(directive, args[next++], options);
      } else {
        at++;
        continue;
      }
      at += 2;
      from = at;
    }
    text += StringPrototypeSlice(pattern, from);
  }
  for (let i = next; i < args.length; i++) {
    if (i > 0) text += " ";
    text += typeof args[i] === "string"
      ? args[i] : inspectWith(args[i], options);
  }
  return text;
}
