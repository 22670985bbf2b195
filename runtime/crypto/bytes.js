// Bytes: copies, comparisons, base64url.  A typed array is never asked for its
// species, nor its prototype for its length: a worker would see key material.

import {
  ArrayBufferIsView, PrimordialTypeError as TypeError,
  PrimordialUint8Array as Uint8Array, StringFromCharCode,
  StringPrototypeCharCodeAt, TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
} from "../primordials.js";
import { copyBytes, viewOf } from "../core/bytes.js";
import { isArrayBuffer, unsharedBytes, viewBytes } from "../core/webidl.js";

// https://webidl.spec.whatwg.org/#BufferSource, without [AllowShared].
export function isBufferSource(value) {
  if (!ArrayBufferIsView(value)) return isArrayBuffer(value);
  if (unsharedBytes(value) === undefined) {
    throw new TypeError("The view must not be of a SharedArrayBuffer.");
  }
  return true;
}

export function requireBufferSource(value, where) {
  if (!isBufferSource(value)) {
    throw new TypeError(`${where} must be an ArrayBuffer or a view of one.`);
  }
  return value;
}

// What a BufferSource holds now; nothing, if its buffer is detached.
// https://webidl.spec.whatwg.org/#dfn-get-buffer-source-copy
export const bytesOf = viewBytes;

export const sizeOf = TypedArrayPrototypeGetLength;

export const sliceOf = (bytes, from, to = sizeOf(bytes)) =>
  copyBytes(viewOf(bytes, from, to));

export const copyOf = (source) => copyBytes(bytesOf(source));

// Of public bytes: takes as long as they are equal.
export function sameBytes(a, b) {
  const size = sizeOf(a);
  if (size !== sizeOf(b)) return false;
  for (let i = 0; i < size; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

// A number, most significant byte first, in as few bytes as it needs ...
export function trimZeros(bytes) {
  let from = 0;
  while (from < sizeOf(bytes) && bytes[from] === 0) from++;
  return from === 0 ? bytes : sliceOf(bytes, from);
}

// ... or in so many; undefined if it does not fit.
export function padZeros(bytes, size) {
  const trimmed = trimZeros(bytes);
  if (sizeOf(trimmed) > size) return undefined;
  const padded = new Uint8Array(size);
  TypedArrayPrototypeSet(padded, trimmed, size - sizeOf(trimmed));
  return padded;
}

// The first "bits" of the bytes; what is left of the last byte is 0.
export function firstBits(bytes, bits) {
  const size = (bits + 7 - (bits + 7) % 8) / 8;
  const result = sliceOf(bytes, 0, size);
  if (bits % 8 !== 0) result[size - 1] &= 0xff << (8 - bits % 8);
  return result;
}

const alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const digits = new Uint8Array(128);
for (let i = 0; i < 128; i++) digits[i] = 0xff;
for (let i = 0; i < 64; i++) digits[StringPrototypeCharCodeAt(alphabet, i)] = i;

// https://www.rfc-editor.org/rfc/rfc7515#section-2
export function base64url(bytes) {
  let text = "";
  let bits = 0;
  let held = 0;
  const size = sizeOf(bytes);
  for (let i = 0; i < size; i++) {
    held = held << 8 | bytes[i];
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += StringFromCharCode(
        StringPrototypeCharCodeAt(alphabet, held >> bits & 63));
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) {
    text += StringFromCharCode(
      StringPrototypeCharCodeAt(alphabet, held << 6 - bits & 63));
  }
  return text;
}

// Undefined for what no bytes have as their base64url: padding, other
// characters, bits that are left over.
export function fromBase64url(text) {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array((text.length * 6 - text.length * 6 % 8) / 8);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    const digit = code < 128 ? digits[code] : 0xff;
    if (digit === 0xff) return undefined;
    held = held << 6 | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : undefined;
}
