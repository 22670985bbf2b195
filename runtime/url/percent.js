// Percent-encoding. https://url.spec.whatwg.org/#percent-encoded-bytes

import { v8 } from "../native.js";
import {
  NumberPrototypeToString, StringFromCharCode, StringFromCodePoint,
  StringPrototypeCharCodeAt,
  StringPrototypeCodePointAt, StringPrototypeIndexOf, StringPrototypePadStart,
  StringPrototypeSlice, StringPrototypeToUpperCase,
} from "../primordials.js";
import { viewOf } from "../core/bytes.js";

// Sets of the standard; each is a bit in "memberOf".
export const C0_CONTROL = 1;
export const FRAGMENT = 2;
export const QUERY = 4;
export const SPECIAL_QUERY = 8;
export const PATH = 16;
export const USERINFO = 32;
export const FORM = 64;

const isIn = (char, chars) => StringPrototypeIndexOf(chars, char) !== -1;

// For each ASCII character the sets that it belongs to.
const memberOf = (() => {
  let table = "";
  for (let code = 0; code < 128; code++) {
    const char = StringFromCharCode(code);
    const c0 = code < 0x20 || code > 0x7e;
    const fragment = c0 || isIn(char, " \"<>`");
    const query = c0 || isIn(char, " \"#<>");
    const path = query || isIn(char, "?^`{}");
    const userinfo = path || isIn(char, "/:;=@[\\]|");
    const form = userinfo || isIn(char, "$%&+,!'()~");
    table += StringFromCharCode(
      (c0 ? C0_CONTROL : 0) | (fragment ? FRAGMENT : 0) | (query ? QUERY : 0) |
      (query || char === "'" ? SPECIAL_QUERY : 0) | (path ? PATH : 0) |
      (userinfo ? USERINFO : 0) | (form ? FORM : 0));
  }
  return table;
})();

const hexByte = (byte) => "%" + StringPrototypePadStart(
  StringPrototypeToUpperCase(NumberPrototypeToString(byte, 16)), 2, "0");

// The text with each character of the set percent-encoded, and all beyond
// ASCII, as UTF-8.  With "plus", a space becomes "+".
export function percentEncode(text, set, plus = false) {
  const { length } = text;
  let out = "";
  let from = 0;
  for (let i = 0; i < length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    if (code < 0x80 && (StringPrototypeCharCodeAt(memberOf, code) & set) === 0) {
      continue;
    }
    out += StringPrototypeSlice(text, from, i);
    if (code < 0x80) {
      out += plus && code === 0x20 ? "+" : hexByte(code);
    } else {
      const point = StringPrototypeCodePointAt(text, i);
      if (point > 0xffff) i++;
      const bytes = v8.utf8Encode(StringFromCodePoint(point));
      for (let j = 0; j < bytes.length; j++) out += hexByte(bytes[j]);
    }
    from = i + 1;
  }
  return from === 0 ? text : out + StringPrototypeSlice(text, from);
}

function hexDigit(code) {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x41 + 10;
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10;
  return -1;
}

// https://url.spec.whatwg.org/#string-percent-decode
export const percentDecodeToBytes = (text) =>
  percentDecodeBytes(v8.utf8Encode(text));

// https://url.spec.whatwg.org/#percent-decode, in place; the bytes must be ours.
export function percentDecodeBytes(bytes) {
  let size = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x25 && i + 2 < bytes.length) {
      const high = hexDigit(bytes[i + 1]);
      const low = hexDigit(bytes[i + 2]);
      if (high !== -1 && low !== -1) {
        bytes[size++] = high << 4 | low;
        i += 2;
        continue;
      }
    }
    bytes[size++] = bytes[i];
  }
  return viewOf(bytes, 0, size);
}

// The same, then UTF-8 decoded without BOM, as hosts and form fields have it.
export const percentDecode = (text) =>
  StringPrototypeIndexOf(text, "%") === -1
    ? text : v8.utf8Decode(percentDecodeToBytes(text), false, true);
