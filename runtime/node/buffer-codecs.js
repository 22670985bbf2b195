// The encodings of Buffer: text to bytes and back.
// https://nodejs.org/docs/latest-v20.x/api/buffer.html#buffers-and-character-encodings
//
// Each has byteLength(text), slice(bytes, from, to) and write(bytes, text,
// from, length), which returns how many bytes it has written, whole characters
// only.

import { v8 } from "../native.js";
import {
  MathFloor, MathMin, PrimordialUint8Array as Uint8Array, StringFromCharCode,
  StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteOffset,
} from "../primordials.js";

// Not subarray() on the Buffer itself: that asks for a species.
export const part = (bytes, from, to) => new Uint8Array(
  TypedArrayPrototypeGetBuffer(bytes),
  TypedArrayPrototypeGetByteOffset(bytes) + from, to - from);

const ENCODE_INTO_MAX = 2 ** 20;

const utf8 = {
  name: "utf8",
  byteLength(text) {
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const code = StringPrototypeCharCodeAt(text, i);
      if (code < 0x80) {
        length++;
      } else if (code < 0x800) {
        length += 2;
      } else if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
        const low = StringPrototypeCharCodeAt(text, i + 1);
        if (low >= 0xdc00 && low <= 0xdfff) {
          length += 4;
          i++;
        } else {
          length += 3;
        }
      } else {
        length += 3;
      }
    }
    return length;
  },
  slice: (bytes, from, to) => v8.utf8Decode(part(bytes, from, to), false, true),
  write(bytes, text, from, length) {
    let written = 0;
    for (;;) {
      const result = v8.utf8EncodeInto(
        text, part(bytes, from + written, from + length));
      const bytesNow = MathFloor(result / 2 ** 32);
      const read = result % 2 ** 32;
      written += bytesNow;
      if (read === 0 || read === text.length ||
          bytesNow < ENCODE_INTO_MAX / 2) {
        return written;
      }
      text = StringPrototypeSlice(text, read);
    }
  },
  encode: (text) => v8.utf8Encode(text),
};

const latin1 = {
  name: "latin1",
  byteLength: (text) => text.length,
  slice: (bytes, from, to) => v8.latin1Decode(part(bytes, from, to)),
  write(bytes, text, from, length) {
    const count = MathMin(length, text.length);
    for (let i = 0; i < count; i++) {
      bytes[from + i] = StringPrototypeCharCodeAt(text, i);
    }
    return count;
  },
};

const ascii = {
  __proto__: null,
  name: "ascii",
  byteLength: latin1.byteLength,
  slice(bytes, from, to) {
    const copy = new Uint8Array(to - from);
    for (let i = from; i < to; i++) copy[i - from] = bytes[i] & 0x7f;
    return v8.latin1Decode(copy);
  },
  write: latin1.write,
};

const CHARS_AT_ONCE = 4096;

const utf16le = {
  name: "utf16le",
  byteLength: (text) => text.length * 2,
  slice(bytes, from, to) {
    let text = "";
    let some = "";
    for (let i = from; i + 1 < to; i += 2) {
      some += StringFromCharCode(bytes[i] | bytes[i + 1] << 8);
      if (some.length === CHARS_AT_ONCE) {
        text += some;
        some = "";
      }
    }
    return text + some;
  },
  write(bytes, text, from, length) {
    const count = MathMin(MathFloor(length / 2), text.length);
    for (let i = 0; i < count; i++) {
      const code = StringPrototypeCharCodeAt(text, i);
      bytes[from + 2 * i] = code;
      bytes[from + 2 * i + 1] = code >> 8;
    }
    return 2 * count;
  },
};

// -- hex ----------------------------------------------------------------------

const codesOf = (text) => {
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    codes[i] = StringPrototypeCharCodeAt(text, i);
  }
  return codes;
};

const NOT = 255;

const valuesOf = (codes) => {
  const values = new Uint8Array(256);
  for (let i = 0; i < 256; i++) values[i] = NOT;
  for (let i = 0; i < codes.length; i++) values[codes[i]] = i;
  return values;
};

const valueOf = (values, code) => code < 256 ? values[code] : NOT;

const hexCodes = codesOf("0123456789abcdef");
const hexValues = valuesOf(hexCodes);
for (let i = 0; i < 6; i++) hexValues[65 + i] = 10 + i;

const hex = {
  name: "hex",
  byteLength: (text) => text.length >>> 1,
  slice(bytes, from, to) {
    const text = new Uint8Array(2 * (to - from));
    for (let i = from, at = 0; i < to; i++) {
      text[at++] = hexCodes[bytes[i] >> 4];
      text[at++] = hexCodes[bytes[i] & 15];
    }
    return v8.latin1Decode(text);
  },
  write(bytes, text, from, length) {
    const count = MathMin(length, text.length >>> 1);
    for (let i = 0; i < count; i++) {
      const high = valueOf(hexValues, StringPrototypeCharCodeAt(text, 2 * i));
      const low = valueOf(hexValues,
        StringPrototypeCharCodeAt(text, 2 * i + 1));
      if (high === NOT || low === NOT) return i;
      bytes[from + i] = high << 4 | low;
    }
    return count;
  },
};

// -- base64 -------------------------------------------------------------------

const letters =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const base64Codes = codesOf(`${letters}+/`);
const base64urlCodes = codesOf(`${letters}-_`);
// both alphabets are read
const base64Values = valuesOf(base64Codes);
base64Values[45] = 62;
base64Values[95] = 63;
const EQUALS = 61;

function base64Slice(bytes, from, to, codes, pads) {
  const size = to - from;
  const rest = size % 3;
  const text = new Uint8Array(
    MathFloor(size / 3) * 4 + (rest === 0 ? 0 : pads ? 4 : rest + 1));
  let at = 0;
  let i = from;
  for (; i + 2 < to; i += 3) {
    const bits = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    text[at++] = codes[bits >> 18];
    text[at++] = codes[bits >> 12 & 63];
    text[at++] = codes[bits >> 6 & 63];
    text[at++] = codes[bits & 63];
  }
  if (rest > 0) {
    const bits = bytes[i] << 16 | (rest === 2 ? bytes[i + 1] << 8 : 0);
    text[at++] = codes[bits >> 18];
    text[at++] = codes[bits >> 12 & 63];
    if (rest === 2) text[at++] = codes[bits >> 6 & 63];
    while (at < text.length) text[at++] = EQUALS;
  }
  return v8.latin1Decode(text);
}

function base64Length(text) {
  let { length } = text;
  const endsInEquals = () =>
    StringPrototypeCharCodeAt(text, length - 1) === EQUALS;
  if (length > 0 && endsInEquals()) length--;
  if (length > 1 && endsInEquals()) length--;
  return (length * 3) >>> 2;
}

// What is no letter of an alphabet is skipped; "=" ends it.
function base64Write(bytes, text, from, length) {
  let bits = 0;
  let count = 0;
  let written = 0;
  for (let i = 0; i < text.length && written < length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    if (code === EQUALS) break;
    const value = valueOf(base64Values, code);
    if (value === NOT) continue;
    bits = (bits << 6 | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[from + written++] = bits >> count;
    }
  }
  return written;
}

const base64 = {
  name: "base64",
  byteLength: base64Length,
  slice: (bytes, from, to) => base64Slice(bytes, from, to, base64Codes, true),
  write: base64Write,
};

const base64url = {
  name: "base64url",
  byteLength: base64Length,
  slice: (bytes, from, to) => base64Slice(bytes, from, to, base64urlCodes,
    false),
  write: base64Write,
};

export const codecs = {
  __proto__: null,
  utf8, "utf-8": utf8, ucs2: utf16le, "ucs-2": utf16le, utf16le,
  "utf-16le": utf16le, latin1, binary: latin1, ascii, hex, base64, base64url,
};

// The codec of that name, or undefined.
export const findCodec = (name) => typeof name !== "string" ? undefined
  : codecs[name] ?? codecs[StringPrototypeToLowerCase(name)];

// The bytes of a text, exactly as many as there are.
export function encode(codec, text) {
  if (codec === utf8) return utf8.encode(text);
  const bytes = new Uint8Array(codec.byteLength(text));
  const written = codec.write(bytes, text, 0, bytes.length);
  return written === bytes.length ? bytes : part(bytes, 0, written);
}
