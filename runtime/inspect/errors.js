// How an error is shown: by its stack.

import {
  ArrayIsArray, list, ObjectPrototypeHasOwnProperty, PrimordialString as String,
  RegExpPrototypeExec, replaceString, StringPrototypeEndsWith,
  StringPrototypeIndexOf, StringPrototypeRepeat, StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "../primordials.js";
import { findProperty, getSafely } from "./kinds.js";
import { prefixOf } from "./parts.js";

function textOf(value, otherwise) {
  if (value === undefined || value === null) return otherwise;
  try {
    return String(value);
  } catch {
    return otherwise;
  }
}

function stackOf(error) {
  const stack = getSafely(error, "stack");
  if (stack) return textOf(stack, "[Error]");
  const name = textOf(getSafely(error, "name"), "Error");
  const message = textOf(getSafely(error, "message"), "");
  return message === "" ? name : name === "" ? message : `${name}: ${message}`;
}

const named = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/;
const onlyName = /^([a-z_A-Z0-9-]*Error)$/;

// A stack begins with the error's name: the class's name is better.
function withClass(stack, constructor, name, tag) {
  let { length } = name;
  if (constructor !== null && !(
    StringPrototypeEndsWith(name, "Error") &&
    StringPrototypeStartsWith(stack, name) &&
    (stack.length === length || stack[length] === ":" ||
      stack[length] === "\n"))) {
    return stack;
  }
  let fallback = "Error";
  if (constructor === null) {
    const found = RegExpPrototypeExec(named, stack) ??
      RegExpPrototypeExec(onlyName, stack);
    fallback = found === null ? "" : found[1];
    ({ length } = fallback);
    if (fallback === "") fallback = "Error";
  }
  const prefix = StringPrototypeSlice(prefixOf(constructor, tag, fallback), 0,
    -1);
  if (name === prefix) return stack;
  if (StringPrototypeIndexOf(prefix, name) !== -1) {
    return length === 0 ? `${prefix}: ${stack}`
      : prefix + StringPrototypeSlice(stack, length);
  }
  return `${prefix} [${name}]${StringPrototypeSlice(stack, length)}`;
}

const has = (keys, key) => {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
};

// What of its keys is to be shown behind the stack.
export function errorKeys(error, keys, showHidden) {
  const stack = stackOf(error);
  const shown = list();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (!showHidden &&
        (key === "name" || key === "message" || key === "stack")) {
      const value = getSafely(error, key);
      if (typeof value !== "string" ||
          StringPrototypeIndexOf(stack, value) !== -1) {
        continue;
      }
    }
    shown[shown.length] = key;
  }
  if (findProperty(error, "cause") !== undefined && !has(shown, "cause")) {
    shown[shown.length] = "cause";
  }
  if (ObjectPrototypeHasOwnProperty(error, "errors") &&
      ArrayIsArray(getSafely(error, "errors")) && !has(shown, "errors")) {
    shown[shown.length] = "errors";
  }
  return shown;
}

export function errorText(at, error, constructor, tag) {
  const name = textOf(getSafely(error, "name"), "Error");
  const message = textOf(getSafely(error, "message"), "");
  let stack = withClass(stackOf(error), constructor, name, tag);
  const found = message === "" ? -1 : StringPrototypeIndexOf(stack, message);
  const frames = StringPrototypeIndexOf(
    stack, "\n    at", found === -1 ? 0 : found + message.length);
  if (frames === -1) stack = `[${stack}]`;
  return at.indentation === 0 ? stack : replaceString(
    stack, "\n", `\n${StringPrototypeRepeat(" ", at.indentation)}`);
}
