// node:string_decoder.
// https://nodejs.org/docs/latest-v20.x/api/string_decoder.html

import { Buffer, findCodec } from "../chunks/node-buffer.js";
import { invalidArgType, nodeTypeError } from "../chunks/node-errors.js";

// How many of the bytes at the end are the beginning of a character that is not
// complete: by the encoding.

function utf8Rest(bytes) {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 &&
      byte < 0xf0
      ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    if (needed <= back) return 0;
    return back;
  }
  return 0;
}

function utf16Rest(bytes) {
  const odd = bytes.length % 2;
  const last = bytes.length - odd - 1;
  // the first half of a surrogate pair
  const isHigh = last > 0 && (bytes[last] & 0xfc) === 0xd8;
  return odd + (isHigh ? 2 : 0);
}

const rests = {
  __proto__: null,
  utf8: utf8Rest,
  utf16le: utf16Rest,
  base64: (bytes) => bytes.length % 3,
  base64url: (bytes) => bytes.length % 3,
};

export function StringDecoder(encoding = undefined) {
  if (encoding === undefined || encoding === null) encoding = "utf8";
  const codec = findCodec(`${encoding}`);
  if (codec === undefined) {
    throw nodeTypeError("ERR_UNKNOWN_ENCODING",
      `Unknown encoding: ${encoding}`);
  }
  this.encoding = codec.name;
  Object.defineProperty(this, kRest, {
    __proto__: null, value: Buffer.alloc(0), writable: true,
  });
}

const kRest = Symbol("rest");

StringDecoder.prototype.write = function write(data) {
  if (typeof data === "string") return data;
  if (!ArrayBuffer.isView(data)) {
    throw invalidArgType("buf", ["Buffer", "TypedArray", "DataView"], data);
  }
  if (this[kRest] === undefined) {
    throw nodeTypeError("ERR_INVALID_THIS",
      'Value of "this" must be of type StringDecoder');
  }
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const bytes = this[kRest].length === 0 ? view
    : Buffer.concat([this[kRest], view]);
  const rest = rests[this.encoding]?.(bytes) ?? 0;
  this[kRest] = Buffer.from(bytes.subarray(bytes.length - rest));
  return bytes.toString(this.encoding, 0, bytes.length - rest);
};

StringDecoder.prototype.end = function end(data = undefined) {
  const text = data === undefined ? "" : this.write(data);
  const rest = this[kRest];
  this[kRest] = Buffer.alloc(0);
  return text + rest.toString(this.encoding);
};

StringDecoder.prototype.text = function text(data, offset) {
  this[kRest] = Buffer.alloc(0);
  return this.write(data.slice(offset));
};

export default { StringDecoder };
