// Function.prototype.toString() for functions of the runtime's: as those of any
// implementation look, not their source.
// https://tc39.es/ecma262/#sec-function.prototype.tostring

import { v8 } from "../native.js";
import {
  FunctionPrototypeToString, ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
} from "../primordials.js";

function nameOf(fn) {
  const property = ObjectGetOwnPropertyDescriptor(fn, "name");
  const name = property === undefined ? undefined : property.value;
  return typeof name === "string" ? name : "";
}

const isOwn = (value) => typeof value === "function" && v8.isOwn(value);

const nativeText = (fn) => `function ${nameOf(fn)}() { [native code] }`;

const { toString } = {
  toString() {
    return isOwn(this) ? nativeText(this) : FunctionPrototypeToString(this);
  },
};

// What a value is called in messages, asking no code of a worker's.
export const detailOf = (value) =>
  isOwn(value) ? nativeText(value) : v8.detail(value);

export function hideSources() {
  ObjectDefineProperty(Function.prototype, "toString", {
    __proto__: null,
    value: toString, writable: true, enumerable: false, configurable: true,
  });
}
