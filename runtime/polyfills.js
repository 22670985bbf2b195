// What ECMAScript has and the V8 in use has not, from core-js.  It is a fifth of
// a megabyte of heap, so an isolate makes it when a worker first asks for any.
//
// TODO(cleanup): once V8 13 is the least that is supported, all of it can go.

import {
  AsyncIteratorPrototype, IteratorPrototype, list, ObjectDefineProperty,
  ObjectPrototypeHasOwnProperty, ReflectDefineProperty, ReflectDeleteProperty,
  ReflectGetOwnPropertyDescriptor, SymbolAsyncDispose, SymbolDispose,
  SymbolToStringTag, TypedArrayPrototype,
} from "./primordials.js";
import { chunk, defineLazily } from "./core/chunks.js";

// These are values, and cannot wait.
function defineSymbol(name, value) {
  if (ObjectPrototypeHasOwnProperty(Symbol, name)) return;
  ObjectDefineProperty(Symbol, name, { __proto__: null, value });
}

const offers = list();
let evaluating = false;

// An evaluation goes much less deep, in frames that are larger.
const STACK_FRAMES = 1000;

// Throws a RangeError when the stack has no room for an evaluation, before
// anything has been touched.
function requireStack(frames) {
  return frames === 0 ? 0 : requireStack(frames - 1) + 1;
}

// Makes all of them.  core-js looks for what is there already, so what stands
// there for it goes first; and what a worker has put there, or deleted, is as
// before when it is done.
function evaluate() {
  const before = list();
  for (let i = 0; i < offers.length; i++) {
    const { object, name } = offers[i];
    const property = ReflectGetOwnPropertyDescriptor(object, name);
    const isOurs = property !== undefined && object[name] === undefined;
    if (isOurs) ReflectDeleteProperty(object, name);
    else before[before.length] = { object, name, property };
  }
  chunk("polyfills");
  for (let i = 0; i < before.length; i++) {
    const { object, name, property } = before[i];
    if (property === undefined) ReflectDeleteProperty(object, name);
    else ReflectDefineProperty(object, name, property);
  }
}

function offer(object, names) {
  const missing =
    names.filter((name) => !ObjectPrototypeHasOwnProperty(object, name));
  for (const name of missing) offers[offers.length] = { object, name };

  defineLazily(object, missing, false, (name) => {
    if (evaluating) return undefined;
    requireStack(STACK_FRAMES);
    evaluating = true;
    try {
      evaluate();
    } finally {
      evaluating = false;
    }
    return object[name];
  });
}

export function installPolyfills() {
  defineSymbol("dispose", SymbolDispose);
  defineSymbol("asyncDispose", SymbolAsyncDispose);

  offer(globalThis, [
    "AsyncDisposableStack", "DisposableStack", "Iterator", "SuppressedError",
  ]);
  offer(Array, ["fromAsync"]);
  offer(Array.prototype, ["toReversed", "toSorted", "toSpliced", "with"]);
  offer(AsyncIteratorPrototype, [SymbolAsyncDispose]);
  offer(Error, ["isError"]);
  offer(IteratorPrototype, [
    "constructor", "drop", "every", "filter", "find", "flatMap", "forEach",
    "map", "reduce", "some", "take", "toArray", SymbolDispose,
    SymbolToStringTag,
  ]);
  offer(Map, ["groupBy"]);
  offer(Map.prototype, ["getOrInsert", "getOrInsertComputed"]);
  offer(Math, ["sumPrecise"]);
  offer(Object, ["groupBy"]);
  offer(Promise, ["try", "withResolvers"]);
  offer(RegExp, ["escape"]);
  offer(Set.prototype, [
    "difference", "intersection", "isDisjointFrom", "isSubsetOf",
    "isSupersetOf", "symmetricDifference", "union",
  ]);
  offer(String.prototype, ["isWellFormed", "toWellFormed"]);
  offer(TypedArrayPrototype, ["toReversed", "toSorted", "with"]);
  offer(Uint8Array, ["fromBase64", "fromHex"]);
  offer(Uint8Array.prototype, [
    "setFromBase64", "setFromHex", "toBase64", "toHex",
  ]);
  offer(WeakMap.prototype, ["getOrInsert", "getOrInsertComputed"]);
}
