// transfer(), transferToFixedLength() and detached of ECMAScript 2024, which V8
// 10.2 has not and nothing in JavaScript can make.
// https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer

import { v8 } from "../native.js";
import {
  ArrayBufferPrototypeGetByteLength, MathMin, NumberIsNaN,
  ObjectDefineProperty, PrimordialArrayBuffer as ArrayBuffer,
  PrimordialNumber as Number, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  TypedArrayPrototypeSet, MathTrunc,
} from "../primordials.js";

function toIndex(value) {
  const index = MathTrunc(Number(value));
  if (NumberIsNaN(index)) return 0;
  if (index < 0 || index > 2 ** 53 - 1) {
    throw new RangeError("Invalid array buffer length");
  }
  return index;
}

export function isDetached(buffer) {
  if (ArrayBufferPrototypeGetByteLength(buffer) !== 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function transfer(buffer, newLength) {
  const length = ArrayBufferPrototypeGetByteLength(buffer);
  const wanted = newLength === undefined ? length : toIndex(newLength);
  if (isDetached(buffer)) {
    throw new TypeError("Cannot transfer a detached ArrayBuffer");
  }
  if (wanted === length) return v8.transfer(buffer);
  const result = new ArrayBuffer(wanted);
  TypedArrayPrototypeSet(
    new Uint8Array(result), new Uint8Array(buffer, 0, MathMin(length, wanted)));
  v8.transfer(buffer);
  return result;
}

const methods = {
  transfer(newLength = undefined) { return transfer(this, newLength); },
  transferToFixedLength(newLength = undefined) {
    return transfer(this, newLength);
  },
  get detached() { return isDetached(this); },
};

const { prototype } = ArrayBuffer;
for (const name of ["transfer", "transferToFixedLength", "detached"]) {
  if (name in prototype) continue;
  ObjectDefineProperty(prototype, name, {
    ...Object.getOwnPropertyDescriptor(methods, name), enumerable: false,
  });
}
