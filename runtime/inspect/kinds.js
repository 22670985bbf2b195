// What a value is, found out without running a line of the worker's: no getter,
// no trap of a Proxy, no Symbol.hasInstance.

import { v8 } from "../native.js";
import {
  FunctionPrototypeHasInstance, list, ObjectGetPrototypeOf,
} from "../primordials.js";
import { descriptorOf } from "../core/properties.js";

// v8shim/kinds.cc has the same numbers.
export const PROXY = 0, PROMISE = 1, MAP = 2, SET = 3, MAP_ITERATOR = 4,
  SET_ITERATOR = 5, WEAK_MAP = 6, WEAK_SET = 7, GENERATOR = 8, ARGUMENTS = 9,
  MODULE = 10, ERROR = 11, DATE = 12, REGEXP = 13, ARRAY_BUFFER = 14,
  SHARED_ARRAY_BUFFER = 15, DATA_VIEW = 16, TYPED_ARRAY = 17,
  NUMBER_OBJECT = 18, STRING_OBJECT = 19, BOOLEAN_OBJECT = 20,
  BIGINT_OBJECT = 21, SYMBOL_OBJECT = 22, EXTERNAL = 23;

// One of these, or -1; of primitives too.
export const kindOf = (value) => v8.kindOf(value);

export const isProxy = (value) => v8.kindOf(value) === PROXY;

export const ASYNC = 1, GENERATOR_FUNCTION = 2;
export const functionKind = (value) => v8.functionKind(value);

// [target, handler] of a Proxy, null for a revoked one; [state, result] of a
// Promise; [entries, are they key, value, key, value ...] of a collection.
export const insideOf = (value) => v8.insideOf(value);

// The prototypes of an object, as far as no Proxy is among them.
export function prototypesOf(object) {
  const found = list();
  for (let at = ObjectGetPrototypeOf(object);
    at !== null && !isProxy(at); at = ObjectGetPrototypeOf(at)) {
    found[found.length] = at;
    if (found.length === 1000) break;
  }
  return found;
}

// The descriptor of a property, its own or inherited.
export function findProperty(object, key) {
  let at = object;
  for (let steps = 0; at !== null && !isProxy(at) && steps < 1000; steps++) {
    const descriptor = descriptorOf(at, key);
    if (descriptor !== undefined) return descriptor;
    at = ObjectGetPrototypeOf(at);
  }
  return undefined;
}

// The value of a property.  A getter is called, but what it throws is nothing.
export function getSafely(object, key) {
  const descriptor = findProperty(object, key);
  if (descriptor === undefined) return undefined;
  if ("value" in descriptor) return descriptor.value;
  try {
    return isProxy(object) ? undefined : object[key];
  } catch {
    return undefined;
  }
}

// The name of its class, or null for an object without prototype.
export function constructorName(object, fallback = "Object") {
  for (let at = object, steps = 0;
    at !== null && !isProxy(at) && steps < 1000; steps++) {
    const descriptor = descriptorOf(at, "constructor");
    const value = descriptor?.value;
    if (typeof value === "function" && !isProxy(value)) {
      const name = descriptorOf(value, "name")?.value;
      if (typeof name === "string" && name !== "" &&
          hasInstance(value, object)) {
        return name;
      }
    }
    at = ObjectGetPrototypeOf(at);
  }
  const prototype = ObjectGetPrototypeOf(object);
  if (prototype === null) return null;
  if (isProxy(prototype)) return fallback;
  return `${fallback} <${constructorName(prototype) ??
    "[Object: null prototype] {}"}>`;
}

function hasInstance(Class, object) {
  const prototype = descriptorOf(Class, "prototype");
  if (prototype === undefined || !("value" in prototype)) return false;
  try {
    return hasProxyAbove(object) ||
      FunctionPrototypeHasInstance(Class, object);
  } catch {
    return false;
  }
}

function hasProxyAbove(object) {
  let at = object;
  for (let steps = 0; at !== null && steps < 1000; steps++) {
    if (isProxy(at)) return true;
    at = ObjectGetPrototypeOf(at);
  }
  return at !== null;
}
