// The built-ins as they were before any worker's code ran.  This module is
// evaluated first and imports nothing.  Only what is used stands here: it keeps
// the runtime correct after a worker has patched the built-ins; it is not a wall.
//
// Methods are called as XPrototypeY(self, ...arguments).  Arrays of ours that
// grow are lists(): without a prototype, so that neither an index setter nor an
// iterator of the worker's is ever asked; they are walked by index.

const { bind, call } = Function.prototype;

export const uncurryThis = bind.bind(call);

// An array without a prototype; see above.
export const list = () => ObjectSetPrototypeOf([], null);

const getter = (object, name) =>
  uncurryThis(Object.getOwnPropertyDescriptor(object, name).get);

export {
  ArrayBuffer as PrimordialArrayBuffer,
  DataView as PrimordialDataView,
  Date as PrimordialDate,
  Error as PrimordialError,
  Map as PrimordialMap,
  Object as PrimordialObject,
  Promise as PrimordialPromise,
  Proxy as PrimordialProxy,
  RangeError as PrimordialRangeError,
  RegExp as PrimordialRegExp,
  Set as PrimordialSet,
  TypeError as PrimordialTypeError,
  Uint8Array as PrimordialUint8Array,
  WeakMap as PrimordialWeakMap,
  WeakRef as PrimordialWeakRef,
};

const {
  Array, ArrayBuffer, DataView, Date, Error, Map, Object, Promise, Proxy,
  RangeError, RegExp, Set, TypeError, Uint8Array, WeakMap, WeakRef,
} = globalThis;

export const {
  apply: ReflectApply,
  construct: ReflectConstruct,
  defineProperty: ReflectDefineProperty,
  deleteProperty: ReflectDeleteProperty,
  get: ReflectGet,
  getOwnPropertyDescriptor: ReflectGetOwnPropertyDescriptor,
  has: ReflectHas,
  ownKeys: ReflectOwnKeys,
  set: ReflectSet,
} = Reflect;

export const {
  create: ObjectCreate,
  defineProperty: ObjectDefineProperty,
  freeze: ObjectFreeze,
  getOwnPropertyDescriptor: ObjectGetOwnPropertyDescriptor,
  getPrototypeOf: ObjectGetPrototypeOf,
  is: ObjectIs,
  isExtensible: ObjectIsExtensible,
  keys: ObjectKeys,
  prototype: ObjectPrototype,
  setPrototypeOf: ObjectSetPrototypeOf,
} = Object;
export const ObjectPrototypeHasOwnProperty =
  uncurryThis(Object.prototype.hasOwnProperty);
export const ObjectPrototypePropertyIsEnumerable =
  uncurryThis(Object.prototype.propertyIsEnumerable);
export const FunctionPrototypeToString =
  uncurryThis(Function.prototype.toString);
export const FunctionPrototypeHasInstance =
  uncurryThis(Function.prototype[Symbol.hasInstance]);

export const ArrayIsArray = Array.isArray;
export const ArrayPrototype = Array.prototype;
export const ArrayPrototypeJoin = uncurryThis(Array.prototype.join);
export const ArrayPrototypePop = uncurryThis(Array.prototype.pop);
export const ArrayPrototypeSort = uncurryThis(Array.prototype.sort);
export const ArrayIteratorPrototype =
  Object.getPrototypeOf([][Symbol.iterator]());
export const IteratorPrototype = Object.getPrototypeOf(ArrayIteratorPrototype);
export const AsyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf((async function* () {}).prototype));

export const {
  fromCharCode: StringFromCharCode,
  fromCodePoint: StringFromCodePoint,
} = String;
export const StringPrototypeCharCodeAt = uncurryThis(String.prototype.charCodeAt);
export const StringPrototypeCodePointAt =
  uncurryThis(String.prototype.codePointAt);
export const StringPrototypeEndsWith = uncurryThis(String.prototype.endsWith);
export const StringPrototypeIndexOf = uncurryThis(String.prototype.indexOf);
export const StringPrototypeLastIndexOf =
  uncurryThis(String.prototype.lastIndexOf);
export const StringPrototypePadEnd = uncurryThis(String.prototype.padEnd);
export const StringPrototypePadStart = uncurryThis(String.prototype.padStart);
export const StringPrototypeRepeat = uncurryThis(String.prototype.repeat);
export const StringPrototypeSlice = uncurryThis(String.prototype.slice);
export const StringPrototypeStartsWith =
  uncurryThis(String.prototype.startsWith);
export const StringPrototypeToLowerCase =
  uncurryThis(String.prototype.toLowerCase);
export const StringPrototypeToUpperCase =
  uncurryThis(String.prototype.toUpperCase);

// Not String.prototype.split: it asks its separator for Symbol.split, which a
// worker may have given to all strings.
export function splitString(text, separator) {
  const parts = list();
  let from = 0;
  for (;;) {
    const to = StringPrototypeIndexOf(text, separator, from);
    if (to === -1) break;
    parts[parts.length] = StringPrototypeSlice(text, from, to);
    from = to + separator.length;
  }
  parts[parts.length] = StringPrototypeSlice(text, from);
  return parts;
}

// All of one string in a text replaced by another.
export const replaceString = (text, string, by) =>
  StringPrototypeIndexOf(text, string) === -1
    ? text : ArrayPrototypeJoin(splitString(text, string), by);

// Not test(), which asks the RegExp for "exec".
export const RegExpPrototypeExec = uncurryThis(RegExp.prototype.exec);
export const RegExpPrototypeToString = uncurryThis(RegExp.prototype.toString);
export const RegExpPrototypeGetSource = getter(RegExp.prototype, "source");
// Each flag with its getter.  Not the getter of "flags", which asks for them by
// their names.
export const regExpFlags = list();
for (const [flag, name] of [
  ["d", "hasIndices"], ["g", "global"], ["i", "ignoreCase"], ["m", "multiline"],
  ["s", "dotAll"], ["u", "unicode"], ["v", "unicodeSets"], ["y", "sticky"],
]) {
  if (name in RegExp.prototype) {
    const get = getter(RegExp.prototype, name);
    regExpFlags[regExpFlags.length] = { flag, get };
  }
}

export const SymbolPrototypeToString = uncurryThis(Symbol.prototype.toString);
// V8 10.2 has neither; polyfills.js gives them to workers.
export const SymbolAsyncDispose =
  Symbol.asyncDispose ?? Symbol("Symbol.asyncDispose");
export const SymbolDispose = Symbol.dispose ?? Symbol("Symbol.dispose");
export const SymbolPrototypeValueOf = uncurryThis(Symbol.prototype.valueOf);
export const {
  asyncIterator: SymbolAsyncIterator,
  for: SymbolFor,
  iterator: SymbolIterator,
  species: SymbolSpecies,
  toPrimitive: SymbolToPrimitive,
  toStringTag: SymbolToStringTag,
} = Symbol;

export const PrimordialNumber = Number;
export const {
  isFinite: NumberIsFinite,
  isInteger: NumberIsInteger,
  isNaN: NumberIsNaN,
} = Number;
export const NumberPrototypeToString = uncurryThis(Number.prototype.toString);
export const NumberPrototypeValueOf = uncurryThis(Number.prototype.valueOf);
export const StringPrototypeValueOf = uncurryThis(String.prototype.valueOf);
export const BooleanPrototypeValueOf = uncurryThis(Boolean.prototype.valueOf);
export const BigIntPrototypeValueOf = uncurryThis(BigInt.prototype.valueOf);
export const PrimordialBigInt = BigInt;
export const BigIntPrototypeToString = uncurryThis(BigInt.prototype.toString);
export const PrimordialString = String;
export const PrimordialParseFloat = parseFloat;
export const PrimordialParseInt = parseInt;
export const {
  abs: MathAbs, floor: MathFloor, max: MathMax, min: MathMin, round: MathRound,
  sqrt: MathSqrt, trunc: MathTrunc,
} = Math;
export const DateNow = Date.now;
export const DatePrototype = Date.prototype;
export const DatePrototypeGetTime = uncurryThis(Date.prototype.getTime);
export const DatePrototypeToISOString = uncurryThis(Date.prototype.toISOString);
export const DatePrototypeToString = uncurryThis(Date.prototype.toString);
export const { parse: JSONParse, stringify: JSONStringify } = JSON;
export const ErrorCaptureStackTrace = Error.captureStackTrace;
export const ErrorPrototype = Error.prototype;

export const PromisePrototypeFinally = uncurryThis(Promise.prototype.finally);
export const PromisePrototypeThen = uncurryThis(Promise.prototype.then);
export const PromiseResolve = Promise.resolve.bind(Promise);
export const PromiseReject = Promise.reject.bind(Promise);

export const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const TypedArray = Object.getPrototypeOf(Uint8Array);
// By their names: the constructor of each kind of typed array and the size of
// its elements.  A newer V8 has more of them.
export const typedArrayKinds = { __proto__: null };
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const constructor = globalThis[name];
  if (Object.getPrototypeOf(constructor ?? 0) !== TypedArray) continue;
  const elementSize = constructor.BYTES_PER_ELEMENT;
  typedArrayKinds[name] = { __proto__: null, constructor, elementSize };
}
export const ArrayBufferIsView = ArrayBuffer.isView;
export const ArrayBufferPrototypeGetByteLength =
  getter(ArrayBuffer.prototype, "byteLength");
export const ArrayBufferPrototypeGetMaxByteLength =
  "maxByteLength" in ArrayBuffer.prototype
    ? getter(ArrayBuffer.prototype, "maxByteLength") : undefined;
export const ArrayBufferPrototypeGetResizable =
  "resizable" in ArrayBuffer.prototype
    ? getter(ArrayBuffer.prototype, "resizable") : undefined;
export const TypedArrayPrototypeGetBuffer = getter(TypedArrayPrototype, "buffer");
export const TypedArrayPrototypeGetByteOffset =
  getter(TypedArrayPrototype, "byteOffset");
export const TypedArrayPrototypeGetByteLength =
  getter(TypedArrayPrototype, "byteLength");
export const TypedArrayPrototypeGetLength = getter(TypedArrayPrototype, "length");
export const TypedArrayPrototypeGetSymbolToStringTag =
  getter(TypedArrayPrototype, Symbol.toStringTag);
export const TypedArrayPrototypeFill = uncurryThis(TypedArrayPrototype.fill);
export const TypedArrayPrototypeIndexOf =
  uncurryThis(TypedArrayPrototype.indexOf);
export const TypedArrayPrototypeLastIndexOf =
  uncurryThis(TypedArrayPrototype.lastIndexOf);
export const TypedArrayPrototypeSet = uncurryThis(TypedArrayPrototype.set);
export const DataViewPrototype = DataView.prototype;
export const DataViewPrototypeGetBuffer = getter(DataView.prototype, "buffer");
export const DataViewPrototypeGetByteOffset =
  getter(DataView.prototype, "byteOffset");
export const DataViewPrototypeGetByteLength =
  getter(DataView.prototype, "byteLength");

// V8 adds SharedArrayBuffer only when an isolate has come out of the snapshot.
// A DataView takes either kind of buffer, and nothing else.
export function SharedArrayBufferPrototypeGetByteLength(buffer) {
  const length =
    DataViewPrototypeGetByteLength(new DataView(buffer));
  try {
    ArrayBufferPrototypeGetByteLength(buffer);
  } catch {
    return length;
  }
  throw new TypeError("not a SharedArrayBuffer");
}

export const MapPrototypeGetSize = getter(Map.prototype, "size");
export const MapPrototypeSet = uncurryThis(Map.prototype.set);
export const MapPrototypeForEach = uncurryThis(Map.prototype.forEach);
export const SetPrototypeGetSize = getter(Set.prototype, "size");
export const SetPrototypeAdd = uncurryThis(Set.prototype.add);
export const SetPrototypeForEach = uncurryThis(Set.prototype.forEach);
export const WeakMapPrototypeDelete = uncurryThis(WeakMap.prototype.delete);
export const WeakMapPrototypeGet = uncurryThis(WeakMap.prototype.get);
export const WeakMapPrototypeSet = uncurryThis(WeakMap.prototype.set);
export const WeakRefPrototypeDeref = uncurryThis(WeakRef.prototype.deref);

const copyMethods = (from, to) => {
  for (const key of Reflect.ownKeys(from)) {
    if (key !== "constructor") {
      Object.defineProperty(to, key, Object.getOwnPropertyDescriptor(from, key));
    }
  }
  Object.setPrototypeOf(to, null);
};

// Maps and sets whose methods a worker cannot replace.  A derived class always
// has a constructor here: the implicit one asks Array.prototype for an iterator
// in V8 10.2.
export class SafeMap extends Map {
  constructor() {
    super();
  }
}
copyMethods(Map.prototype, SafeMap.prototype);

export class SafeSet extends Set {
  constructor() {
    super();
  }
}
copyMethods(Set.prototype, SafeSet.prototype);

// A list as the ordinary array that a worker gets; the list is used up.
export const toArray = (list) => ObjectSetPrototypeOf(list, ArrayPrototype);

// A promise that no worker ever gets: to react to it asks nobody for a
// constructor, and what then() returns is an ordinary promise.
export class SafePromise extends Promise {
  #isSafe = true;

  constructor(executor) {
    super(executor);
  }

  static is(value) {
    return #isSafe in value;
  }

  static get [Symbol.species]() {
    return null;
  }
}
copyMethods(Promise.prototype, SafePromise.prototype);
