// Copies of what holds no other values.

import {
  KIND_ARRAY_BUFFER, KIND_BIGINT, KIND_BOOLEAN, KIND_DATE, KIND_NUMBER,
  KIND_REGEXP, KIND_STRING,
} from "../native.js";
import {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetMaxByteLength,
  ArrayBufferPrototypeGetResizable, BigIntPrototypeValueOf,
  BooleanPrototypeValueOf, DatePrototypeGetTime, DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength, DataViewPrototypeGetByteOffset,
  NumberPrototypeValueOf, PrimordialArrayBuffer as ArrayBuffer,
  PrimordialDataView as DataView, PrimordialDate as Date,
  PrimordialObject as Object, PrimordialRegExp as RegExp,
  PrimordialUint8Array as Uint8Array, regExpFlags, RegExpPrototypeGetSource,
  StringPrototypeValueOf, typedArrayKinds, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSet,
} from "../primordials.js";
import { isDetached } from "../core/array-buffer.js";
import { dataCloneError } from "../core/clone.js";
import { isArrayBuffer } from "../core/webidl.js";
import { notCloneable } from "./copy.js";

export function copyLeaf(kind, value) {
  switch (kind) {
  case KIND_BOOLEAN:
    return Object(BooleanPrototypeValueOf(value));
  case KIND_NUMBER:
    return Object(NumberPrototypeValueOf(value));
  case KIND_STRING:
    return Object(StringPrototypeValueOf(value));
  case KIND_BIGINT:
    return Object(BigIntPrototypeValueOf(value));
  case KIND_DATE:
    return new Date(DatePrototypeGetTime(value));
  case KIND_REGEXP:
    return copyRegExp(value);
  case KIND_ARRAY_BUFFER:
    return copyBuffer(value);
  }
  throw notCloneable(value);
}

function copyRegExp(value) {
  let flags = "";
  for (let i = 0; i < regExpFlags.length; i++) {
    if (regExpFlags[i].get(value)) flags += regExpFlags[i].flag;
  }
  return new RegExp(RegExpPrototypeGetSource(value), flags);
}

export function requireAttached(buffer) {
  if (!isDetached(buffer)) return;
  throw dataCloneError(
    "An ArrayBuffer is detached and could not be cloned.");
}

function copyBuffer(buffer) {
  requireAttached(buffer);
  const length = ArrayBufferPrototypeGetByteLength(buffer);
  // V8 10.2 has no resizable ones
  const copy = ArrayBufferPrototypeGetResizable?.(buffer)
    ? new ArrayBuffer(length, {
      __proto__: null,
      maxByteLength: ArrayBufferPrototypeGetMaxByteLength(buffer),
    })
    : new ArrayBuffer(length);
  TypedArrayPrototypeSet(new Uint8Array(copy), new Uint8Array(buffer));
  return copy;
}

// What a view is: make(buffer) makes the same one of another buffer.
export function viewOf(view) {
  const type = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (type === undefined) return dataViewOf(view);
  const buffer = requireUnshared(TypedArrayPrototypeGetBuffer(view), view);
  const offset = TypedArrayPrototypeGetByteOffset(view);
  const length = TypedArrayPrototypeGetLength(view);
  const { constructor: Type } = typedArrayKinds[type];
  return {
    buffer,
    make: (copy) => new Type(copy, offset, length),
  };
}

function dataViewOf(view) {
  const buffer = requireUnshared(DataViewPrototypeGetBuffer(view), view);
  const offset = DataViewPrototypeGetByteOffset(view);
  const length = DataViewPrototypeGetByteLength(view);
  return {
    buffer,
    make: (copy) => new DataView(copy, offset, length),
  };
}

function requireUnshared(buffer, view) {
  if (!isArrayBuffer(buffer)) throw notCloneable(view);
  requireAttached(buffer);
  return buffer;
}
