// Errors as Node.js makes them: with a code, which code that was written for it
// looks at.  https://nodejs.org/docs/latest-v20.x/api/errors.html

import {
  ArrayIsArray, BigIntPrototypeToString, MathAbs, ObjectDefineProperty,
  PrimordialError as Error, PrimordialRangeError as RangeError,
  PrimordialString as String, PrimordialTypeError as TypeError,
  RegExpPrototypeExec, StringPrototypeEndsWith, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeToLowerCase,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";

// Loaded when an error is made that shows a value.
const inspect = (value, options) => chunk("inspect").inspect(value, options);

// The stack of such an error names the code, its "name" does not.
function withCode(error, code) {
  ObjectDefineProperty(error, "code", {
    __proto__: null,
    value: code, writable: true, enumerable: true, configurable: true,
  });
  const { stack } = error;
  if (typeof stack === "string") {
    const at = StringPrototypeIndexOf(stack, ":");
    const own = StringPrototypeSlice(stack, 0, at);
    if (own === "Error" || own === "TypeError" || own === "RangeError") {
      ObjectDefineProperty(error, "stack", {
        __proto__: null,
        value: `${own} [${code}]${StringPrototypeSlice(stack, at)}`,
        writable: true, configurable: true,
      });
    }
  }
  return error;
}

export const nodeError = (code, message) => withCode(new Error(message), code);
export const nodeTypeError = (code, message) =>
  withCode(new TypeError(message), code);
export const nodeRangeError = (code, message) =>
  withCode(new RangeError(message), code);

// "Received ..." of ERR_INVALID_ARG_TYPE.
function received(value) {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === "function") {
    return value.name ? ` Received function ${value.name}`
      : " Received function ";
  }
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? ` Received an instance of ${name}`
      : ` Received ${inspect(value, { __proto__: null, depth: -1 })}`;
  }
  let text = inspect(value, { __proto__: null, colors: false });
  if (text.length > 28) text = `${StringPrototypeSlice(text, 0, 25)}...`;
  return ` Received type ${typeof value} (${text})`;
}

const isPrimitiveName = { __proto__: null, string: true, function: true,
  number: true, object: true, Function: true, Object: true, boolean: true,
  bigint: true, symbol: true };

const classLike = /^(?:[A-Z][a-z0-9]*)+$/;

const listText = (items, last) => {
  let text = "";
  for (let i = 0; i < items.length; i++) {
    text += i === 0 ? "" : i < items.length - 1 ? ", "
      : items.length === 2 ? ` ${last} ` : `, ${last} `;
    text += items[i];
  }
  return text;
};

// "expected" is one or an array of type names, class names or descriptions.
export function invalidArgType(name, expected, value) {
  const names = ArrayIsArray(expected) ? expected : [expected];
  const types = [];
  const classes = [];
  const others = [];
  for (let i = 0; i < names.length; i++) {
    const one = names[i];
    if (isPrimitiveName[one]) {
      types[types.length] = StringPrototypeToLowerCase(one);
    } else if (RegExpPrototypeExec(classLike, one) !== null) {
      classes[classes.length] = one;
    } else {
      others[others.length] = one;
    }
  }
  // an object is an instance, too
  if (classes.length > 0) {
    for (let i = 0; i < types.length; i++) {
      if (types[i] !== "object") continue;
      for (; i < types.length - 1; i++) types[i] = types[i + 1];
      types.length--;
      classes[classes.length] = "Object";
    }
  }
  let text = "";
  if (types.length > 0) {
    text += types.length > 1
      ? `one of type ${listText(types, "or")}` : `of type ${types[0]}`;
    if (classes.length > 0 || others.length > 0) text += " or ";
  }
  if (classes.length > 0) {
    text += `an instance of ${listText(classes, "or")}`;
    if (others.length > 0) text += " or ";
  }
  if (others.length > 0) {
    if (others.length > 1) text += `one of ${listText(others, "or")}`;
    else {
      if (StringPrototypeToLowerCase(others[0]) !== others[0]) text += "an ";
      text += others[0];
    }
  }
  const subject = StringPrototypeEndsWith(name, " argument") ? `The ${name}`
    : StringPrototypeIndexOf(name, ".") !== -1 ? `The "${name}" property`
      : `The "${name}" argument`;
  return nodeTypeError(
    "ERR_INVALID_ARG_TYPE", `${subject} must be ${text}.${received(value)}`);
}

export function invalidArgValue(name, value, reason = "is invalid",
  make = nodeTypeError) {
  let text = inspect(value);
  if (text.length > 128) text = `${StringPrototypeSlice(text, 0, 128)}...`;
  const kind = StringPrototypeIndexOf(name, ".") !== -1 ? "property"
    : "argument";
  return make(
    "ERR_INVALID_ARG_VALUE",
      `The ${kind} '${name}' ${reason}. Received ${text}`);
}

// 1234567 as "1_234_567".
function withSeparators(text) {
  let out = "";
  let end = text.length;
  const start = text[0] === "-" ? 1 : 0;
  for (; end >= start + 4; end -= 3) {
    out = `_${StringPrototypeSlice(text, end - 3, end)}${out}`;
  }
  return StringPrototypeSlice(text, 0, end) + out;
}

export function outOfRange(name, range, value) {
  let text;
  if (typeof value === "bigint") {
    text = BigIntPrototypeToString(value);
    if (value > 2n ** 32n || value < -(2n ** 32n)) text = withSeparators(text);
    text += "n";
  } else if (typeof value === "number" && value % 1 === 0 &&
             MathAbs(value) > 2 ** 32) {
    text = withSeparators(String(value));
  } else {
    text = inspect(value);
  }
  return nodeRangeError(
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. ` +
    `Received ${text}`);
}

export function requireType(value, type, name) {
  if (typeof value !== type) throw invalidArgType(name, type, value);
}

export const requireString = (value, name) => requireType(value, "string",
  name);
export const requireFunction = (value, name) =>
  requireType(value, "function", name);
export const requireBoolean = (value, name) =>
  requireType(value, "boolean", name);

export function requireObject(value, name) {
  if (value === null || typeof value !== "object" || ArrayIsArray(value)) {
    throw invalidArgType(name, "Object", value);
  }
}

export function requireNumber(value, name, min = -Infinity, max = Infinity) {
  requireType(value, "number", name);
  if (!(value >= min && value <= max)) {
    const range = min === -Infinity ? `<= ${max}`
      : max === Infinity ? `>= ${min}` : `>= ${min} && <= ${max}`;
    throw outOfRange(name, range, value);
  }
}

export function requireInteger(
  value, name, min = -(2 ** 53 - 1), max = 2 ** 53 - 1) {
  requireType(value, "number", name);
  if (value % 1 !== 0) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) {
    throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  }
}

export const notImplemented = (what) =>
  nodeError("ERR_METHOD_NOT_IMPLEMENTED",
    `The ${what} method is not implemented`);
