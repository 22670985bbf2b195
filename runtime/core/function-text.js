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

const { toString } = {
  toString() {
    return typeof this === "function" && v8.isOwn(this)
      ? `function ${nameOf(this)}() { [native code] }`
      : FunctionPrototypeToString(this);
  },
};

export function hideSources() {
  ObjectDefineProperty(Function.prototype, "toString", {
    __proto__: null,
    value: toString, writable: true, enumerable: false, configurable: true,
  });
}
