// Structured clone, in V8's format.  V8 itself would take an object of ours for
// a plain one without properties, so those are looked for before.

import { v8 } from "../native.js";
import {
  ArrayIsArray, ArrayPrototype, MapPrototypeForEach, MapPrototypeGetSize,
  ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectKeys,
  ObjectPrototype, SafeSet, SetPrototypeForEach, SetPrototypeGetSize,
} from "../primordials.js";
import { DOMException } from "./dom-exception.js";
import { interfaceOf } from "./webidl.js";

const isMap = (value) => {
  try {
    MapPrototypeGetSize(value);
    return true;
  } catch {
    return false;
  }
};

const isSet = (value) => {
  try {
    SetPrototypeGetSize(value);
    return true;
  } catch {
    return false;
  }
};

function requireCloneable(value, seen) {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);

  const prototype = ObjectGetPrototypeOf(value);
  if (prototype !== ObjectPrototype && prototype !== ArrayPrototype) {
    if (isMap(value)) {
      MapPrototypeForEach(value, (item, key) => {
        requireCloneable(key, seen);
        requireCloneable(item, seen);
      });
      return;
    }
    if (isSet(value)) {
      SetPrototypeForEach(value, (item) => requireCloneable(item, seen));
      return;
    }
    for (let p = prototype; p !== null; p = ObjectGetPrototypeOf(p)) {
      const known = interfaceOf(p);
      if (known !== undefined && known.name !== "DOMException") {
        throw new DOMException(
          `Could not serialize object of type "${known.name}". This type does ` +
          "not support serialization.", "DataCloneError");
      }
    }
    if (prototype !== null) return;
  }

  if (ArrayIsArray(value)) {
    for (let i = 0; i < value.length; i++) requireCloneable(value[i], seen);
    return;
  }
  const keys = ObjectKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(value, keys[i]);
    // what a getter returns is V8's to see
    if (descriptor !== undefined) requireCloneable(descriptor.value, seen);
  }
}

export function serialize(value) {
  requireCloneable(value, new SafeSet());
  try {
    return v8.serialize(value);
  } catch (error) {
    let name;
    try {
      name = error.name;
    } catch {
      // a getter of the worker's threw something odd
    }
    if (name !== "DataCloneError") throw error;
    throw new DOMException(error.message, "DataCloneError");
  }
}

export const deserialize = (bytes) => v8.deserialize(bytes);
