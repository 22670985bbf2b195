// What Web IDL does for every interface: brand checks, argument counts and
// conversions, and the shape of interface objects.
// https://webidl.spec.whatwg.org/

import { v8 } from "../native.js";
import {
  ArrayBufferIsView, ArrayBufferPrototypeGetByteLength,
  DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset, IteratorPrototype, ObjectDefineProperty,
  ObjectSetPrototypeOf, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, ReflectOwnKeys, RegExpPrototypeExec,
  SafeMap,
  SharedArrayBufferPrototypeGetByteLength,
  StringPrototypeCharCodeAt, StringPrototypeSlice, SymbolIterator,
  SymbolToStringTag, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
import { descriptorOf } from "./properties.js";

export function requireBrand(isOurs) {
  if (!isOurs) throw new TypeError("Illegal invocation");
}

export function requireArguments(given, needed, where) {
  if (given >= needed) return;
  throw new TypeError(
    `Failed to execute '${where}': ${needed} argument` +
    `${needed === 1 ? "" : "s"} required, but only ${given} present.`);
}

export const isObject = (value) =>
  (typeof value === "object" && value !== null) || typeof value === "function";

// Throws a TypeError for symbols, as the standard says.
export const toDOMString = (value) => `${value}`;

const surrogate = /\p{Surrogate}/u;

export function toUSVString(value) {
  const string = `${value}`;
  if (RegExpPrototypeExec(surrogate, string) === null) return string;
  return v8.utf8Decode(v8.utf8Encode(string), false, true);
}

// eslint-disable-next-line no-control-regex
const aboveLatin1 = /[^\x00-\xff]/;

export function toByteString(value, where) {
  const string = `${value}`;
  if (RegExpPrototypeExec(aboveLatin1, string) !== null) {
    throw new TypeError(
      `${where}: the string holds a character above U+00FF.`);
  }
  return string;
}

// The text without what is space at its ends.  Not by a regular expression:
// that would look at a long run of spaces inside once for each of them.
export function trim(text, isSpace) {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(StringPrototypeCharCodeAt(text, from))) from++;
  while (to > from && isSpace(StringPrototypeCharCodeAt(text, to - 1))) to--;
  return from === 0 && to === text.length
    ? text : StringPrototypeSlice(text, from, to);
}

export function isArrayBuffer(value) {
  try {
    ArrayBufferPrototypeGetByteLength(value);
    return true;
  } catch {
    return false;
  }
}

function isSharedArrayBuffer(value) {
  try {
    SharedArrayBufferPrototypeGetByteLength(value);
    return true;
  } catch {
    return false;
  }
}

// The bytes of a BufferSource as they are, not copied, or undefined.  A buffer
// that was detached has none, and no view can be made of it.
export function viewBytes(value) {
  if (typeof value !== "object" || value === null) return undefined;
  if (!ArrayBufferIsView(value)) {
    if (isArrayBuffer(value)) {
      return ArrayBufferPrototypeGetByteLength(value) === 0
        ? new Uint8Array(0) : new Uint8Array(value);
    }
    return isSharedArrayBuffer(value) ? new Uint8Array(value) : undefined;
  }
  if (TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined) {
    const length = TypedArrayPrototypeGetByteLength(value);
    return length === 0 ? new Uint8Array(0) : new Uint8Array(
      TypedArrayPrototypeGetBuffer(value),
      TypedArrayPrototypeGetByteOffset(value), length);
  }
  try {
    return new Uint8Array(
      DataViewPrototypeGetBuffer(value),
      DataViewPrototypeGetByteOffset(value),
      DataViewPrototypeGetByteLength(value));
  } catch {
    return new Uint8Array(0);
  }
}

// The same, where memory may not be shared.
export function unsharedBytes(value) {
  const bytes = viewBytes(value);
  if (bytes === undefined) return undefined;
  const buffer = !ArrayBufferIsView(value) ? value
    : TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined
      ? TypedArrayPrototypeGetBuffer(value) : DataViewPrototypeGetBuffer(value);
  return isArrayBuffer(buffer) ? bytes : undefined;
}

// By their prototypes.
const interfaces = new SafeMap();

// What is known of the interface that has this prototype: its name and, if it
// is iterable, how; or undefined.
export const interfaceOf = (prototype) => interfaces.get(prototype);

// A class that names itself in its body is "_Name" in the bundle, and one whose
// name something else has is "Name2".
const bundledName = /^_?(.*?)\d*$/;

const isHidden = (target, key) => typeof key === "symbol" ||
  (typeof target === "function"
    ? key === "prototype" || key === "name" || key === "length"
    : key === "constructor");

function makeEnumerable(target) {
  const keys = ReflectOwnKeys(target);
  for (let i = 0; i < keys.length; i++) {
    if (isHidden(target, keys[i])) continue;
    const descriptor = descriptorOf(target, keys[i]);
    if (!descriptor.configurable) continue;
    descriptor.enumerable = true;
    ObjectDefineProperty(target, keys[i], descriptor);
  }
}

// Makes a class look as an interface does: its members are enumerable and it
// has a class string.
export function defineInterface(
  Interface, name = RegExpPrototypeExec(bundledName, Interface.name)[1]) {
  const { prototype } = Interface;
  ObjectDefineProperty(Interface, "name", {
    __proto__: null, value: name, configurable: true,
  });
  makeEnumerable(Interface);
  makeEnumerable(prototype);
  ObjectDefineProperty(prototype, SymbolToStringTag, {
    __proto__: null, value: name, configurable: true,
  });
  interfaces.set(prototype, { name, pairAt: undefined });
  return Interface;
}

export function defineConstants(Interface, constants) {
  const keys = ReflectOwnKeys(constants);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = {
      __proto__: null, value: constants[keys[i]], enumerable: true,
    };
    ObjectDefineProperty(Interface, keys[i], descriptor);
    ObjectDefineProperty(Interface.prototype, keys[i], descriptor);
  }
}

// Gives a defined interface keys(), values(), entries() and forEach().  "pairAt" takes
// an instance and an index and returns [key, value], or undefined at the end;
// it is asked anew at each step, since the list may change meanwhile.
export function definePairIterable(Interface, { name, requireOurs, pairAt }) {
  const KEYS = 0, VALUES = 1, ENTRIES = 2;

  class PairIterator {
    #target;
    #kind;
    #index = 0;

    constructor(target, kind) {
      this.#target = target;
      this.#kind = kind;
    }

    next() {
      requireBrand(#target in this);
      const pair = pairAt(this.#target, this.#index);
      if (pair === undefined) return { value: undefined, done: true };
      this.#index++;
      const value = this.#kind === KEYS ? pair[0]
        : this.#kind === VALUES ? pair[1] : [pair[0], pair[1]];
      return { value, done: false };
    }
  }
  delete PairIterator.prototype.constructor;
  ObjectSetPrototypeOf(PairIterator.prototype, IteratorPrototype);
  ObjectDefineProperty(PairIterator.prototype, "next", {
    __proto__: null, enumerable: true,
  });
  ObjectDefineProperty(PairIterator.prototype, SymbolToStringTag, {
    __proto__: null, value: `${name} Iterator`, configurable: true,
  });

  const methods = {
    entries() {
      requireOurs(this);
      return new PairIterator(this, ENTRIES);
    },
    forEach(callback, thisArg = undefined) {
      requireOurs(this);
      requireArguments(arguments.length, 1, `${name}.forEach`);
      if (typeof callback !== "function") {
        throw new TypeError(
          `Failed to execute '${name}.forEach': ` +
          "parameter 1 is not of type 'Function'.");
      }
      for (let i = 0; ; i++) {
        const pair = pairAt(this, i);
        if (pair === undefined) break;
        call(callback, thisArg, pair[1], pair[0], this);
      }
    },
    keys() {
      requireOurs(this);
      return new PairIterator(this, KEYS);
    },
    values() {
      requireOurs(this);
      return new PairIterator(this, VALUES);
    },
  };
  const keys = ReflectOwnKeys(methods);
  for (let i = 0; i < keys.length; i++) {
    ObjectDefineProperty(Interface.prototype, keys[i], {
      __proto__: null,
      value: methods[keys[i]],
      writable: true, enumerable: true, configurable: true,
    });
  }
  ObjectDefineProperty(Interface.prototype, SymbolIterator, {
    __proto__: null, value: methods.entries, writable: true, configurable: true,
  });
  interfaceOf(Interface.prototype).pairAt = pairAt;
}

const call = Function.prototype.call.bind(Function.prototype.call);

// Keeps a value of ours on any object, in a private field that no worker can
// see: stamp.set(object, value), stamp.get(object).
export function createStamp() {
  const Itself = function (object) { return object; };
  Itself.prototype = null;

  return class Stamp extends Itself {
    #value;

    constructor(object) {
      super(object);
    }

    static set(object, value) {
      if (#value in object) {
        object.#value = value;
      } else {
        new Stamp(object).#value = value;
      }
    }

    static get(object) {
      return #value in object ? object.#value : undefined;
    }
  };
}
