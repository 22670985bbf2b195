// node:util/types.
// https://nodejs.org/docs/latest-v20.x/api/util.html#utiltypes

import {
  ARGUMENTS, ARRAY_BUFFER, ASYNC, BIGINT_OBJECT, BOOLEAN_OBJECT, DATA_VIEW,
  DATE, ERROR, EXTERNAL, functionKind, GENERATOR, GENERATOR_FUNCTION, kindOf,
  MAP, MAP_ITERATOR, MODULE, NUMBER_OBJECT, PROMISE, PROXY, REGEXP, SET,
  SET_ITERATOR, SHARED_ARRAY_BUFFER, STRING_OBJECT, SYMBOL_OBJECT, TYPED_ARRAY,
  WEAK_MAP, WEAK_SET,
} from "../chunks/inspect.js";
import {
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";

const is = (kind) => (value) => kindOf(value) === kind;

const isArray = (name) => (value) =>
  TypedArrayPrototypeGetSymbolToStringTag(value) === name;

const isArrayBuffer = is(ARRAY_BUFFER);
const isSharedArrayBuffer = is(SHARED_ARRAY_BUFFER);

// As a global they may not be there at all.
const isInstance = (name) => (value) => {
  const Class = globalThis[name];
  return typeof Class === "function" && kindOf(value) !== PROXY &&
    value instanceof Class;
};

const types = {
  isExternal: is(EXTERNAL),
  isDate: is(DATE),
  isArgumentsObject: is(ARGUMENTS),
  isBigIntObject: is(BIGINT_OBJECT),
  isBooleanObject: is(BOOLEAN_OBJECT),
  isNumberObject: is(NUMBER_OBJECT),
  isStringObject: is(STRING_OBJECT),
  isSymbolObject: is(SYMBOL_OBJECT),
  isBoxedPrimitive(value) {
    const kind = kindOf(value);
    return kind >= NUMBER_OBJECT && kind <= SYMBOL_OBJECT;
  },
  isNativeError: is(ERROR),
  isRegExp: is(REGEXP),
  isAsyncFunction: (value) =>
    typeof value === "function" && (functionKind(value) & ASYNC) !== 0,
  isGeneratorFunction: (value) =>
    typeof value === "function" &&
    (functionKind(value) & GENERATOR_FUNCTION) !== 0,
  isGeneratorObject: is(GENERATOR),
  isPromise: is(PROMISE),
  isMap: is(MAP),
  isSet: is(SET),
  isMapIterator: is(MAP_ITERATOR),
  isSetIterator: is(SET_ITERATOR),
  isWeakMap: is(WEAK_MAP),
  isWeakSet: is(WEAK_SET),
  isArrayBuffer,
  isDataView: is(DATA_VIEW),
  isSharedArrayBuffer,
  isProxy: is(PROXY),
  isModuleNamespaceObject: is(MODULE),
  isAnyArrayBuffer: (value) => isArrayBuffer(value) ||
    isSharedArrayBuffer(value),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isTypedArray: is(TYPED_ARRAY),
  isUint8Array: isArray("Uint8Array"),
  isUint8ClampedArray: isArray("Uint8ClampedArray"),
  isUint16Array: isArray("Uint16Array"),
  isUint32Array: isArray("Uint32Array"),
  isInt8Array: isArray("Int8Array"),
  isInt16Array: isArray("Int16Array"),
  isInt32Array: isArray("Int32Array"),
  isFloat32Array: isArray("Float32Array"),
  isFloat64Array: isArray("Float64Array"),
  isBigInt64Array: isArray("BigInt64Array"),
  isBigUint64Array: isArray("BigUint64Array"),
  isKeyObject: () => false,
  isCryptoKey: isInstance("CryptoKey"),
};
export default types;
