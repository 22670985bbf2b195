// https://encoding.spec.whatwg.org/ and atob(), btoa().

import { copyBytes, joinBytes, viewOf } from "../core/bytes.js";
import { chunk } from "../core/chunks.js";
import { toDictionary } from "../core/convert.js";
import { DOMException } from "../core/dom-exception.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toDOMString,
  trim, viewBytes,
} from "../core/webidl.js";
import { v8 } from "../native.js";
import {
  MathFloor, ObjectGetOwnPropertyDescriptor, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, PrimordialUint8Array as Uint8Array,
  RegExpPrototypeExec, StringPrototypeCharCodeAt, StringPrototypeSlice,
  StringPrototypeToLowerCase, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag,
  uncurryThis,
} from "../primordials.js";

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

  // https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
  encodeInto(source, destination) {
    const where = "TextEncoder.encodeInto";
    requireBrand(#brand in this);
    requireArguments(arguments.length, 2, where);
    source = toDOMString(source);
    if (!isObject(destination) ||
        TypedArrayPrototypeGetSymbolToStringTag(destination) !== "Uint8Array") {
      throw new TypeError(
        `Failed to execute '${where}': ` +
        "parameter 2 is not of type 'Uint8Array'.");
    }
    let room = TypedArrayPrototypeGetByteLength(destination);
    let read = 0;
    let written = 0;
    for (;;) {
      const both = v8.utf8EncodeInto(source, destination);
      const bytes = MathFloor(both / 2 ** 32);
      const units = both - bytes * 2 ** 32;
      read += units;
      written += bytes;
      if (room <= ENCODE_INTO_MAX || units === source.length) break;
      room -= bytes;
      source = StringPrototypeSlice(source, units);
      destination = viewOf(destination, bytes);
    }
    return { read, written };
  }
}
defineInterface(TextEncoder);

// What v8.utf8EncodeInto() writes at most in one call.
const ENCODE_INTO_MAX = 1 << 20;

const isAsciiSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c ||
  code === 0x0d;

// eslint-disable-next-line no-control-regex
const beyondAscii = /[^\x00-\x7f]/;

const isAscii = (text) => RegExpPrototypeExec(beyondAscii, text) === null;

const UTF_8 = { __proto__: null, decoder: 0, name: "utf-8" };

// https://encoding.spec.whatwg.org/#concept-encoding-get
function getEncoding(label) {
  if (label === "utf-8" || label === "utf8") return UTF_8;
  label = trim(label, isAsciiSpace);
  // only ASCII letters have a lower case here
  return isAscii(label)
    ? chunk("encoding").encodingOf(StringPrototypeToLowerCase(label))
    : undefined;
}

const hasBOM = (name) =>
  name === "utf-8" || name === "utf-16le" || name === "utf-16be";

// UTF-8 is V8's as long as it is well-formed; all else is the engine's, by
// web/legacy-decoder.js.
export class TextDecoder {
  #name;
  #fatal = false;
  #ignoreBOM = false;
  #doNotFlush = false;
  #bomSeen = false;
  #decoder = null;      // a LegacyDecoder, or null for UTF-8
  #pending = null;      // UTF-8: bytes of a character that is not complete

  // https://encoding.spec.whatwg.org/#dom-textdecoder
  constructor(label = "utf-8", options = undefined) {
    label = toDOMString(label);
    options = toDictionary(options, "TextDecoder", "TextDecoderOptions");
    if (options !== undefined) {
      this.#fatal = !!options.fatal;
      this.#ignoreBOM = !!options.ignoreBOM;
    }
    const encoding = getEncoding(label);
    if (encoding === undefined) {
      throw new RangeError(
        `Failed to construct 'TextDecoder': "${label}" is not the label of ` +
        "an encoding.");
    }
    this.#name = encoding.name;
    if (encoding.decoder !== UTF_8.decoder) {
      const { LegacyDecoder } = chunk("encoding");
      this.#decoder = new LegacyDecoder(encoding.decoder, this.#fatal);
    }
  }

  get encoding() { requireBrand(#name in this); return this.#name; }
  get fatal() { requireBrand(#name in this); return this.#fatal; }
  get ignoreBOM() { requireBrand(#name in this); return this.#ignoreBOM; }

  // https://encoding.spec.whatwg.org/#dom-textdecoder-decode
  decode(input = undefined, options = undefined) {
    const where = "TextDecoder.decode";
    requireBrand(#name in this);
    let bytes = input === undefined ? new Uint8Array(0) : viewBytes(input);
    if (bytes === undefined) {
      throw new TypeError(
        `Failed to execute '${where}': parameter 1 is not of type 'ArrayBuffer' or ` +
        "'ArrayBufferView'.");
    }
    let stream = false;
    options = toDictionary(options, where, "TextDecodeOptions");
    if (options !== undefined) {
      stream = !!options.stream;
      // anew: a getter may have detached them
      if (input !== undefined) bytes = viewBytes(input);
    }

    // Steps 1 and 2.
    const continues = this.#doNotFlush;
    this.#doNotFlush = stream;
    if (!continues) this.#bomSeen = false;

    // Steps 3 to 5.
    const text = this.#decoder !== null
      ? this.#decodeLegacy(bytes, stream)
      : continues || stream
        ? this.#decodeUtf8Stream(bytes, stream)
        : this.#decodeUtf8(bytes, this.#ignoreBOM);
    if (text === undefined) {
      throw new TypeError(
        `Failed to execute '${where}': the data is not valid ${this.#name}.`);
    }
    return text;
  }

  #decodeUtf8(bytes, keepBOM) {
    if (!this.#fatal) return v8.utf8Decode(bytes, false, keepBOM);
    try {
      return v8.utf8Decode(bytes, true, keepBOM);
    } catch {
      return undefined;
    }
  }

  #decodeUtf8Stream(bytes, stream) {
    if (this.#pending !== null) {
      bytes = joinBytes([this.#pending, bytes]);
      this.#pending = null;
    }
    const all = bytes;
    if (stream) {
      const length = TypedArrayPrototypeGetLength(bytes);
      const complete = completeUtf8(bytes);
      if (complete < length) {
        // a copy: the worker may change its bytes
        this.#pending = copyBytes(viewOf(bytes, complete));
        bytes = viewOf(bytes, 0, complete);
      }
    }
    if (TypedArrayPrototypeGetLength(bytes) === 0) return "";
    const text = this.#decodeUtf8(bytes, this.#ignoreBOM || this.#bomSeen);
    if (text === undefined && stream) {
      // What follows the error is still in the queue: only the engine's decoder
      // tells where that is.
      const { LegacyDecoder } = chunk("encoding");
      this.#pending = null;
      this.#decoder = new LegacyDecoder(UTF_8.decoder, true);
      return this.#decodeLegacy(all, true);
    }
    if (text !== undefined) this.#bomSeen = true;
    return text;
  }

  #decodeLegacy(bytes, stream) {
    const text = this.#decoder.decode(bytes, stream);
    if (this.#name === UTF_8.name && !stream) this.#decoder = null;
    if (text === undefined || text === "" || !hasBOM(this.#name)) return text;

    // https://encoding.spec.whatwg.org/#concept-td-serialize
    const isFirst = !this.#bomSeen;
    this.#bomSeen = true;
    return isFirst && !this.#ignoreBOM &&
      StringPrototypeCharCodeAt(text, 0) === 0xfeff
      ? StringPrototypeSlice(text, 1) : text;
  }
}
defineInterface(TextDecoder);

// For TextDecoderStream.
const getterOf = (name) => uncurryThis(
  ObjectGetOwnPropertyDescriptor(TextDecoder.prototype, name).get);
export const decodeText = uncurryThis(TextDecoder.prototype.decode);
export const encodingOfDecoder = getterOf("encoding");
export const isFatal = getterOf("fatal");
export const isIgnoringBOM = getterOf("ignoreBOM");

// Where the last character begins, if more bytes could complete it.
function completeUtf8(bytes) {
  const length = TypedArrayPrototypeGetLength(bytes);
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (need <= back || byte > 0xf4 || byte < 0xc2) break;
    if (back > 1) {
      // the second byte decides whether there is such a character at all
      const second = bytes[length - back + 1];
      if ((byte === 0xe0 && second < 0xa0) ||
          (byte === 0xed && second > 0x9f) ||
          (byte === 0xf0 && second < 0x90) ||
          (byte === 0xf4 && second > 0x8f)) {
        break;
      }
    }
    return length - back;
  }
  return length;
}

const EQUALS_SIGN = 0x3d;
const NO_DIGIT = 0xff;

// Made at their first use.
let digits = null;      // number -> character
let numbers = null;     // character -> number or NO_DIGIT

function makeTables() {
  const alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  digits = new Uint8Array(64);
  numbers = new Uint8Array(256);
  for (let i = 0; i < 256; i++) numbers[i] = NO_DIGIT;
  for (let i = 0; i < 64; i++) {
    digits[i] = StringPrototypeCharCodeAt(alphabet, i);
    numbers[digits[i]] = i;
  }
}

// https://infra.spec.whatwg.org/#forgiving-base64-decode
// The bytes, or undefined when the text is not base64.
export function base64Decode(text) {
  if (numbers === null) makeTables();
  const { length } = text;
  const out = new Uint8Array(MathFloor(length / 4) * 3 + 3);
  let size = 0;
  let bits = 0;
  let count = 0;
  let padding = 0;
  for (let i = 0; i < length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    const value = code > 0xff ? NO_DIGIT : numbers[code];
    if (value === NO_DIGIT) {
      if (isAsciiSpace(code)) continue;
      if (code !== EQUALS_SIGN) return undefined;
      padding++;
      continue;
    }
    if (padding > 0) return undefined;
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
  return viewOf(out, 0, size);
}

// https://html.spec.whatwg.org/multipage/webappapis.html#dom-atob
export function atob(data) {
  requireArguments(arguments.length, 1, "atob");
  const bytes = base64Decode(toDOMString(data));
  if (bytes === undefined) {
    throw new DOMException(
      "atob() called with invalid base64-encoded data. (Only whitespace, " +
      "'+', '/', alphanumeric ASCII, and up to two terminal '=' signs when " +
      "the input data length is divisible by 4 are allowed.)",
      "InvalidCharacterError");
  }
  return v8.latin1Decode(bytes);
}

// https://html.spec.whatwg.org/multipage/webappapis.html#dom-btoa
export function btoa(data) {
  requireArguments(arguments.length, 1, "btoa");
  const text = toDOMString(data);
  if (digits === null) makeTables();
  const { length } = text;
  const out = new Uint8Array(MathFloor((length + 2) / 3) * 4);
  let size = 0;
  for (let i = 0; i < length; i += 3) {
    const a = StringPrototypeCharCodeAt(text, i);
    const b = i + 1 < length ? StringPrototypeCharCodeAt(text, i + 1) : 0;
    const c = i + 2 < length ? StringPrototypeCharCodeAt(text, i + 2) : 0;
    if (a > 0xff || b > 0xff || c > 0xff) {
      throw new DOMException(
        "btoa() can only operate on characters in the Latin1 " +
        "(ISO/IEC 8859-1) range.", "InvalidCharacterError");
    }
    const bits = a << 16 | b << 8 | c;
    out[size++] = digits[bits >> 18];
    out[size++] = digits[bits >> 12 & 63];
    out[size++] = i + 1 < length ? digits[bits >> 6 & 63] : EQUALS_SIGN;
    out[size++] = i + 2 < length ? digits[bits & 63] : EQUALS_SIGN;
  }
  return v8.latin1Decode(out);
}

// Strings that the wire has as UTF-8 where it otherwise has Latin-1.
export const utf8ToBinary = (text) =>
  isAscii(text) ? text : v8.latin1Decode(v8.utf8Encode(text));

export function binaryToUtf8(binary) {
  if (isAscii(binary)) return binary;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = StringPrototypeCharCodeAt(binary, i);
  }
  return v8.utf8Decode(bytes, false, true);
}
