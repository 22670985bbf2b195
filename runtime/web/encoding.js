// https://encoding.spec.whatwg.org/ and atob(), btoa().

import { v8 } from "../native.js";
import {
  MathFloor, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  RegExpPrototypeExec, StringFromCharCode, StringPrototypeCharCodeAt,
  StringPrototypeSlice, StringPrototypeToLowerCase,
  TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
} from "../primordials.js";
import { DOMException } from "../core/dom-exception.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toDOMString,
  trim, viewBytes,
} from "../core/webidl.js";

export class TextEncoder {
  #brand;

  constructor() {}

  get encoding() {
    requireBrand(#brand in this);
    return "utf-8";
  }

  encode(input = "") {
    requireBrand(#brand in this);
    return v8.utf8Encode(toDOMString(input));
  }

  encodeInto(source, destination) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 2, "TextEncoder.encodeInto");
    source = toDOMString(source);
    if (!isObject(destination) ||
        TypedArrayPrototypeGetSymbolToStringTag(destination) !== "Uint8Array") {
      throw new TypeError(
        "Failed to execute 'TextEncoder.encodeInto': " +
        "parameter 2 is not of type 'Uint8Array'.");
    }
    const both = v8.utf8EncodeInto(source, destination);
    const written = MathFloor(both / 2 ** 32);
    return { read: both - written * 2 ** 32, written };
  }
}
defineInterface(TextEncoder);

const UTF_8 = "utf-8";
const UTF_16LE = "utf-16le";
const UTF_16BE = "utf-16be";
const WINDOWS_1252 = "windows-1252";

const labels = { __proto__: null };
for (const [name, list] of [
  [UTF_8, "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8"],
  [UTF_16LE, "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le"],
  [UTF_16BE, "unicodefffe utf-16be"],
  [WINDOWS_1252, "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 " +
    "iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 " +
    "latin1 us-ascii windows-1252 x-cp1252"],
]) {
  for (const label of list.split(" ")) labels[label] = name;
}

const isAsciiSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c ||
  code === 0x0d;

// windows-1252, 0x80 to 0x9f; the other bytes are their own code points
const WINDOWS_1252_HIGH =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039" +
  "\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc" +
  "\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

export class TextDecoder {
  #encoding;
  #fatal = false;
  #ignoreBOM = false;
  #pending = null;      // bytes of a character that is not complete
  #bomSeen = false;

  constructor(label = "utf-8", options = undefined) {
    label = toDOMString(label);
    const name = labels[StringPrototypeToLowerCase(trim(label, isAsciiSpace))];
    if (name === undefined) {
      throw new RangeError(
        `"${label}" is not an encoding that TextDecoder supports.`);
    }
    this.#encoding = name;
    if (options !== undefined && options !== null) {
      if (!isObject(options)) {
        throw new TypeError(
          "Failed to construct 'TextDecoder': parameter 2 is not an object.");
      }
      this.#fatal = Boolean(options.fatal);
      this.#ignoreBOM = Boolean(options.ignoreBOM);
    }
  }

  get encoding() { requireBrand(#encoding in this); return this.#encoding; }
  get fatal() { requireBrand(#encoding in this); return this.#fatal; }
  get ignoreBOM() { requireBrand(#encoding in this); return this.#ignoreBOM; }

  decode(input = undefined, options = undefined) {
    requireBrand(#encoding in this);
    let bytes;
    if (input === undefined) {
      bytes = new Uint8Array(0);
    } else {
      bytes = viewBytes(input);
      if (bytes === undefined) {
        throw new TypeError(
          "Failed to execute 'TextDecoder.decode': parameter 1 is not of type " +
          "'ArrayBuffer' or 'ArrayBufferView'.");
      }
    }
    const stream = Boolean(options?.stream);

    if (this.#encoding === UTF_8 && !stream && this.#pending === null &&
        !this.#bomSeen) {
      return this.#decodeUtf8(bytes, this.#ignoreBOM);
    }
    try {
      return this.#decodeChunk(bytes, stream);
    } catch (error) {
      this.#reset();
      throw error;
    } finally {
      if (!stream) this.#reset();
    }
  }

  #reset() {
    this.#pending = null;
    this.#bomSeen = false;
  }

  #decodeUtf8(bytes, keepBOM) {
    try {
      return v8.utf8Decode(bytes, this.#fatal, keepBOM);
    } catch {
      throw new TypeError(
        "Failed to execute 'TextDecoder.decode': the data is not valid UTF-8.");
    }
  }

  #decodeChunk(bytes, stream) {
    if (this.#encoding === WINDOWS_1252) return decodeWindows1252(bytes);

    if (this.#pending !== null) {
      const joined = new Uint8Array(this.#pending.length + bytes.length);
      TypedArrayPrototypeSet(joined, this.#pending, 0);
      TypedArrayPrototypeSet(joined, bytes, this.#pending.length);
      bytes = joined;
      this.#pending = null;
    }
    if (stream) {
      const complete = this.#encoding === UTF_8
        ? completeUtf8(bytes) : completeUtf16(bytes, this.#encoding);
      if (complete < bytes.length) {
        // a copy: the worker may change its bytes
        this.#pending = new Uint8Array(bytes.length - complete);
        TypedArrayPrototypeSet(
          this.#pending, TypedArrayPrototypeSubarray(bytes, complete), 0);
        bytes = TypedArrayPrototypeSubarray(bytes, 0, complete);
      }
      if (bytes.length === 0) return "";
    }
    const keepBOM = this.#ignoreBOM || this.#bomSeen;
    this.#bomSeen = bytes.length > 0 || this.#bomSeen;
    return this.#encoding === UTF_8
      ? this.#decodeUtf8(bytes, keepBOM)
      : decodeUtf16(bytes, this.#encoding, this.#fatal, keepBOM);
  }
}
defineInterface(TextDecoder);

// Where the last character begins, if more bytes could complete it.
function completeUtf8(bytes) {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (need <= back || byte > 0xf4 || byte < 0xc2) break;
    if (back > 1) {
      // the second byte decides whether there is such a character at all
      const second = bytes[length - back + 1];
      if ((byte === 0xe0 && second < 0xa0) || (byte === 0xed && second > 0x9f) ||
          (byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second > 0x8f)) {
        break;
      }
    }
    return length - back;
  }
  return length;
}

function completeUtf16(bytes, encoding) {
  const length = bytes.length & ~1;
  if (length < 2) return length;
  const high = bytes[encoding === UTF_16LE ? length - 1 : length - 2];
  return high >= 0xd8 && high <= 0xdb ? length - 2 : length;
}

function decodeUtf16(bytes, encoding, fatal, keepBOM) {
  const low = encoding === UTF_16LE ? 0 : 1;
  const high = 1 - low;
  let text = "";
  const fail = () => {
    if (fatal) {
      throw new TypeError(
        "Failed to execute 'TextDecoder.decode': the data is not valid UTF-16.");
    }
    text += "\ufffd";
  };
  let lead = -1;
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const unit = bytes[i + low] | bytes[i + high] << 8;
    if (lead !== -1) {
      if (unit >= 0xdc00 && unit <= 0xdfff) {
        text += StringFromCharCode(lead, unit);
        lead = -1;
        continue;
      }
      lead = -1;
      fail();
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
      lead = unit;
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      fail();
    } else {
      text += StringFromCharCode(unit);
    }
  }
  if (lead !== -1 || (bytes.length & 1) === 1) fail();
  return !keepBOM && StringPrototypeCharCodeAt(text, 0) === 0xfeff
    ? StringPrototypeSlice(text, 1) : text;
}

function decodeWindows1252(bytes) {
  const { length } = bytes;
  let plain = true;
  for (let i = 0; i < length; i++) {
    if (bytes[i] >= 0x80 && bytes[i] < 0xa0) {
      plain = false;
      break;
    }
  }
  if (plain) return v8.latin1Decode(bytes);
  let text = "";
  for (let i = 0; i < length; i++) {
    const byte = bytes[i];
    text += byte >= 0x80 && byte < 0xa0
      ? WINDOWS_1252_HIGH[byte - 0x80] : StringFromCharCode(byte);
  }
  return text;
}

const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function sextet(code) {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
  if (code === 0x2b) return 62;
  if (code === 0x2f) return 63;
  return -1;
}

// https://infra.spec.whatwg.org/#forgiving-base64-decode
// The bytes, or undefined when the text is not base64.
export function base64Decode(text) {
  const { length } = text;
  const out = new Uint8Array(MathFloor(length / 4) * 3 + 3);
  let size = 0;
  let bits = 0;
  let count = 0;
  let padding = 0;
  for (let i = 0; i < length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    if (isAsciiSpace(code)) continue;
    if (code === 0x3d) {
      padding++;
      continue;
    }
    const value = sextet(code);
    if (value === -1 || padding > 0) return undefined;
    bits = bits << 6 | value;
    if (++count === 4) {
      out[size++] = bits >> 16;
      out[size++] = bits >> 8;
      out[size++] = bits;
      bits = 0;
      count = 0;
    }
  }
  if (count === 1 || padding > 2 ||
      (padding > 0 && count + padding !== 4)) {
    return undefined;
  }
  if (count === 2) {
    out[size++] = bits >> 4;
  } else if (count === 3) {
    out[size++] = bits >> 10;
    out[size++] = bits >> 2;
  }
  return TypedArrayPrototypeSubarray(out, 0, size);
}

export function atob(data) {
  requireArguments(arguments.length, 1, "atob");
  const bytes = base64Decode(toDOMString(data));
  if (bytes === undefined) {
    throw new DOMException(
      "atob() called with invalid base64-encoded data. (Only whitespace, '+', " +
      "'/', alphanumeric ASCII, and up to two terminal '=' signs when the " +
      "input data length is divisible by 4 are allowed.)",
      "InvalidCharacterError");
  }
  return v8.latin1Decode(bytes);
}

export function btoa(data) {
  requireArguments(arguments.length, 1, "btoa");
  const text = toDOMString(data);
  const { length } = text;
  let out = "";
  for (let i = 0; i < length; i += 3) {
    const a = StringPrototypeCharCodeAt(text, i);
    const b = i + 1 < length ? StringPrototypeCharCodeAt(text, i + 1) : 0;
    const c = i + 2 < length ? StringPrototypeCharCodeAt(text, i + 2) : 0;
    if (a > 0xff || b > 0xff || c > 0xff) {
      throw new DOMException(
        "btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) " +
        "range.", "InvalidCharacterError");
    }
    const bits = a << 16 | b << 8 | c;
    out += ALPHABET[bits >> 18] + ALPHABET[bits >> 12 & 63] +
      (i + 1 < length ? ALPHABET[bits >> 6 & 63] : "=") +
      (i + 2 < length ? ALPHABET[bits & 63] : "=");
  }
  return out;
}

// Strings that the wire has as UTF-8 where it otherwise has Latin-1.
// eslint-disable-next-line no-control-regex
const beyondAscii = /[^\x00-\x7f]/;

export const utf8ToBinary = (text) =>
  RegExpPrototypeExec(beyondAscii, text) === null
    ? text : v8.latin1Decode(v8.utf8Encode(text));

export function binaryToUtf8(binary) {
  if (RegExpPrototypeExec(beyondAscii, binary) === null) return binary;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = StringPrototypeCharCodeAt(binary, i);
  }
  return v8.utf8Decode(bytes, false, true);
}
