// Byte sequences, without asking a worker's constructor or Symbol.species, as
// slice() and subarray() of typed arrays do.

import {
  ArrayBufferPrototypeGetByteLength, PrimordialUint8Array as Uint8Array,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeSet,
} from "../primordials.js";

// The same memory, from one index up to another.
export const viewOf = (
  bytes, from, to = TypedArrayPrototypeGetByteLength(bytes)) => new Uint8Array(
  TypedArrayPrototypeGetBuffer(bytes),
  TypedArrayPrototypeGetByteOffset(bytes) + from, to - from);

export function copyBytes(bytes) {
  const copy = new Uint8Array(TypedArrayPrototypeGetByteLength(bytes));
  TypedArrayPrototypeSet(copy, bytes, 0);
  return copy;
}

// Unsigned, the least byte first.
export const read32 = (bytes, at) =>
  (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16) +
  bytes[at + 3] * 2 ** 24;

export function write32(bytes, at, value) {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

// All of a list of Uint8Arrays; "size" is what they have together.
export function joinBytes(chunks, size = sizeOfAll(chunks)) {
  const all = new Uint8Array(size);
  for (let i = 0, offset = 0; i < chunks.length; i++) {
    TypedArrayPrototypeSet(all, chunks[i], offset);
    offset += TypedArrayPrototypeGetByteLength(chunks[i]);
  }
  return all;
}

function sizeOfAll(chunks) {
  let size = 0;
  for (let i = 0; i < chunks.length; i++) {
    size += TypedArrayPrototypeGetByteLength(chunks[i]);
  }
  return size;
}

// An ArrayBuffer of these bytes alone: theirs when it has no others.
export function bufferOf(bytes) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  return ArrayBufferPrototypeGetByteLength(buffer) ===
      TypedArrayPrototypeGetByteLength(bytes)
    ? buffer : TypedArrayPrototypeGetBuffer(copyBytes(bytes));
}
