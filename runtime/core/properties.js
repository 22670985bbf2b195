// Properties, defined: an assignment could meet a setter, or __proto__.

import {
  ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, ObjectSetPrototypeOf,
} from "../primordials.js";

const createDescriptor = (enumerable) => ({
  __proto__: null,
  value: undefined, writable: true, enumerable, configurable: true,
});

// One for all of a kind: making one is slow.
const data = createDescriptor(true);
const hidden = createDescriptor(false);

function define(object, name, value, descriptor) {
  descriptor.value = value;
  ObjectDefineProperty(object, name, descriptor);
  descriptor.value = undefined;
}

// As an assignment would make it.
export const defineData = (object, name, value) =>
  define(object, name, value, data);

// The same, but not enumerable.
export const defineHidden = (object, name, value) =>
  define(object, name, value, hidden);

// The descriptor of an own property, or undefined.  It says only what is so: a
// worker's Object.prototype could have "value" or "get".
export function descriptorOf(object, name) {
  const descriptor = ObjectGetOwnPropertyDescriptor(object, name);
  if (descriptor !== undefined) ObjectSetPrototypeOf(descriptor, null);
  return descriptor;
}
