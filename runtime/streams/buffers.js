// Views and buffers, as the ECMAScript operations that streams use.
// https://streams.spec.whatwg.org/#abstract-ops, "Miscellaneous"

import { v8 } from "../native.js";
import {
  ArrayBufferPrototypeGetByteLength, DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength, DataViewPrototypeGetByteOffset,
  PrimordialArrayBuffer as ArrayBuffer, PrimordialDataView as DataView,
  PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetSymbolToStringTag,
  typedArrayKinds, TypedArrayPrototypeSet,
} from "../primordials.js";

const isTypedArray = (view) =>
  TypedArrayPrototypeGetSymbolToStringTag(view) !== undefined;

export const bufferOf = (view) =>
  isTypedArray(view) ? TypedArrayPrototypeGetBuffer(view)
    : DataViewPrototypeGetBuffer(view);

// A DataView of a detached buffer throws where a typed array has 0.
export function byteLengthOf(view) {
  if (isTypedArray(view)) return TypedArrayPrototypeGetByteLength(view);
  return IsDetachedBuffer(DataViewPrototypeGetBuffer(view))
    ? 0 : DataViewPrototypeGetByteLength(view);
}

export function byteOffsetOf(view) {
  if (isTypedArray(view)) return TypedArrayPrototypeGetByteOffset(view);
  return IsDetachedBuffer(DataViewPrototypeGetBuffer(view))
    ? 0 : DataViewPrototypeGetByteOffset(view);
}

const dataViewKind = { __proto__: null, constructor: DataView, elementSize: 1 };

// {constructor, elementSize} of a view.
export function kindOf(view) {
  const name = TypedArrayPrototypeGetSymbolToStringTag(view);
  return name === undefined ? dataViewKind : typedArrayKinds[name];
}

// https://tc39.es/ecma262/#sec-isdetachedbuffer
export function IsDetachedBuffer(buffer) {
  if (ArrayBufferPrototypeGetByteLength(buffer) !== 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

// https://streams.spec.whatwg.org/#transfer-array-buffer
export function TransferArrayBuffer(buffer) {
  if (IsDetachedBuffer(buffer)) {
    throw new TypeError("Cannot transfer a detached ArrayBuffer");
  }
  return v8.transfer(buffer);
}

// https://tc39.es/ecma262/#sec-clonearraybuffer
export function CloneArrayBuffer(buffer, byteOffset, byteLength) {
  const clone = new ArrayBuffer(byteLength);
  CopyDataBlockBytes(clone, 0, buffer, byteOffset, byteLength);
  return clone;
}

// https://tc39.es/ecma262/#sec-copydatablockbytes
export function CopyDataBlockBytes(
  toBuffer, toIndex, fromBuffer, fromIndex, count) {
  // Neither constructor takes more than the buffer has: this is the check
  // CanCopyDataBlockBytes() of the standard.
  TypedArrayPrototypeSet(
    new Uint8Array(toBuffer, toIndex, count),
    new Uint8Array(fromBuffer, fromIndex, count));
}

// https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array
export const CloneAsUint8Array = (view) => new Uint8Array(
  CloneArrayBuffer(bufferOf(view), byteOffsetOf(view), byteLengthOf(view)));
