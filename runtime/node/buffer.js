// node:buffer.  https://nodejs.org/docs/latest-v20.x/api/buffer.html

import { v8 } from "../native.js";
import {
  ArrayBufferIsView, ArrayIsArray, MathMax, MathMin, MathTrunc,
  ObjectDefineProperty, ObjectKeys, ObjectSetPrototypeOf,
  PrimordialUint8Array as Uint8Array, ReflectApply, ReflectOwnKeys,
  SymbolSpecies, SymbolToPrimitive, TypedArrayPrototypeFill,
  TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeIndexOf,
  TypedArrayPrototypeLastIndexOf, TypedArrayPrototypeSet,
} from "../primordials.js";
import { atob, btoa } from "../web/encoding.js";
import {
  ARRAY_BUFFER, customInspect, inspect, kindOf, SHARED_ARRAY_BUFFER,
} from "../chunks/inspect.js";
import {
  invalidArgType, invalidArgValue, nodeError, nodeRangeError, nodeTypeError,
  outOfRange,
  requireInteger, requireNumber, requireString,
} from "../chunks/node-errors.js";
import { codecs, encode, findCodec, part } from "./buffer-codecs.js";
import { methods as numbers, outOfBounds } from "./buffer-numbers.js";

const kMaxLength = 2 ** 32;
const kStringMaxLength = 2 ** 29 - 24;

class FastBuffer extends Uint8Array {
  constructor(source, byteOffset, length) {
    super(source, byteOffset, length);
  }
}

const isArrayBuffer = (value) => {
  const kind = kindOf(value);
  return kind === ARRAY_BUFFER || kind === SHARED_ARRAY_BUFFER;
};

// Undefined for what is no typed array, a Proxy of one too.
const tagOf = TypedArrayPrototypeGetSymbolToStringTag;

const isUint8Array = (value) => tagOf(value) === "Uint8Array";

// Deprecated, but called with and without new.
export function Buffer(value, encodingOrOffset, length) {
  if (typeof value === "number") {
    if (typeof encodingOrOffset === "string") {
      throw invalidArgType("string", "string", value);
    }
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}

ObjectDefineProperty(FastBuffer.prototype, "constructor", {
  __proto__: null, value: Buffer, writable: true, configurable: true,
});
Buffer.prototype = FastBuffer.prototype;
ObjectSetPrototypeOf(Buffer, Uint8Array);
ObjectDefineProperty(Buffer, SymbolSpecies, {
  __proto__: null, get() { return FastBuffer; }, configurable: true,
});

const bufferOf = (bytes) => new FastBuffer(
  bytes.buffer, bytes.byteOffset, bytes.byteLength);

const unknownEncoding = (name) =>
  nodeTypeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);

function requireCodec(name) {
  if (name === undefined || name === null || name === "") return codecs.utf8;
  const codec = findCodec(name);
  if (codec === undefined) throw unknownEncoding(name);
  return codec;
}

const requireSize = (size) => requireNumber(size, "size", 0, kMaxLength);

function requireOffset(value, name, min = 0, max = kMaxLength) {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if (value % 1 !== 0) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) {
    throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  }
}

function requireBytes(value, name) {
  if (!isUint8Array(value)) {
    throw invalidArgType(name, ["Buffer", "Uint8Array"], value);
  }
}

const fromString = (text, encoding) => text.length === 0 && !encoding
  ? new FastBuffer(0) : bufferOf(encode(requireCodec(
    typeof encoding === "string" ? encoding : undefined), text));

function fromArrayLike(source) {
  const length = MathMax(0, MathTrunc(source.length) || 0);
  const made = new FastBuffer(length);
  for (let i = 0; i < length; i++) made[i] = source[i];
  return made;
}

function fromArrayBuffer(buffer, byteOffset, length) {
  byteOffset = byteOffset === undefined ? 0 : +byteOffset || 0;
  const max = buffer.byteLength - byteOffset;
  if (max < 0) throw outOfBounds("offset");
  if (length === undefined) {
    length = max;
  } else {
    length = +length;
    if (!(length > 0)) length = 0;
    else if (length > max) throw outOfBounds("length");
  }
  return new FastBuffer(buffer, byteOffset, length);
}

function fromObject(source) {
  if (source.length !== undefined || isArrayBuffer(source.buffer)) {
    return typeof source.length === "number"
      ? fromArrayLike(source) : new FastBuffer(0);
  }
  return source.type === "Buffer" && ArrayIsArray(source.data)
    ? fromArrayLike(source.data) : undefined;
}

// -- static ------------------------------------------------------------------

const statics = {
  from(value, encodingOrOffset = undefined, length = undefined) {
    if (typeof value === "string") return fromString(value, encodingOrOffset);
    if (typeof value === "object" && value !== null) {
      if (isArrayBuffer(value)) {
        return fromArrayBuffer(value, encodingOrOffset, length);
      }
      const own = value.valueOf?.();
      if (own !== undefined && own !== null && own !== value &&
          (typeof own === "string" || typeof own === "object")) {
        return Buffer.from(own, encodingOrOffset, length);
      }
      const made = fromObject(value);
      if (made !== undefined) return made;
      if (typeof value[SymbolToPrimitive] === "function") {
        const primitive = value[SymbolToPrimitive]("string");
        if (typeof primitive === "string") {
          return fromString(primitive, encodingOrOffset);
        }
      }
    }
    throw invalidArgType("first argument",
      ["string", "Buffer", "ArrayBuffer", "Array", "Array-like Object"], value);
  },

  of(...items) {
    return fromArrayLike(items);
  },

  alloc(size, fill = undefined, encoding = undefined) {
    requireSize(size);
    const made = new FastBuffer(size);
    if (fill !== undefined && fill !== 0 && size > 0) {
      if (encoding !== undefined && typeof encoding !== "string") {
        throw invalidArgType("encoding", "string", encoding);
      }
      return fillBuffer(made, fill, 0, size, encoding);
    }
    return made;
  },

  allocUnsafe(size) {
    requireSize(size);
    return new FastBuffer(size);
  },

  allocUnsafeSlow(size) {
    requireSize(size);
    return new FastBuffer(size);
  },

  copyBytesFrom(view, offset = undefined, length = undefined) {
    if (tagOf(view) === undefined) {
      throw invalidArgType("view", ["TypedArray"], view);
    }
    if (view.length === 0) return new FastBuffer(0);
    const size = view.BYTES_PER_ELEMENT;
    if (offset !== undefined) {
      requireInteger(offset, "offset", 0);
      if (offset >= view.length) return new FastBuffer(0);
    } else {
      offset = 0;
    }
    let end = view.length;
    if (length !== undefined) {
      requireInteger(length, "length", 0);
      end = MathMin(offset + length, end);
    }
    const bytes = new Uint8Array(
      view.buffer, view.byteOffset + offset * size, (end - offset) * size);
    const made = new FastBuffer(bytes.byteLength);
    TypedArrayPrototypeSet(made, bytes, 0);
    return made;
  },

  isBuffer: (value) => value instanceof Buffer,

  isEncoding: (name) => typeof name === "string" && name.length !== 0 &&
    findCodec(name) !== undefined,

  byteLength(value, encoding = undefined) {
    if (typeof value !== "string") {
      if (ArrayBufferIsView(value) || isArrayBuffer(value)) {
        return value.byteLength;
      }
      throw invalidArgType("string", ["string", "Buffer", "ArrayBuffer"],
        value);
    }
    return (findCodec(encoding) ?? codecs.utf8).byteLength(value);
  },

  compare(a, b) {
    requireBytes(a, "buf1");
    requireBytes(b, "buf2");
    return a === b ? 0 : compareBytes(a, 0, a.length, b, 0, b.length);
  },

  concat(items, length = undefined) {
    if (!ArrayIsArray(items)) throw invalidArgType("list", "Array", items);
    if (items.length === 0) return new FastBuffer(0);
    if (length === undefined) {
      length = 0;
      for (let i = 0; i < items.length; i++) {
        if (items[i]?.length) length += items[i].length;
      }
    } else {
      requireOffset(length, "length");
    }
    const made = Buffer.allocUnsafe(length);
    let at = 0;
    for (let i = 0; i < items.length; i++) {
      requireBytes(items[i], `list[${i}]`);
      const room = length - at;
      if (room <= 0) continue;
      const item = items[i].length > room ? part(items[i], 0, room) : items[i];
      TypedArrayPrototypeSet(made, item, at);
      at += item.length;
    }
    return made;
  },
};
const staticNames = ObjectKeys(statics);
for (let i = 0; i < staticNames.length; i++) {
  Buffer[staticNames[i]] = statics[staticNames[i]];
}
Buffer.poolSize = 8192;

// -- comparing and searching -------------------------------------------------

function compareBytes(a, aFrom, aTo, b, bFrom, bTo) {
  const length = MathMin(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const x = a[aFrom + i];
    const y = b[bFrom + i];
    if (x !== y) return x < y ? -1 : 1;
  }
  return aTo - aFrom === bTo - bFrom ? 0 : aTo - aFrom < bTo - bFrom ? -1 : 1;
}

function matches(buffer, at, bytes) {
  for (let i = 1; i < bytes.length; i++) {
    if (buffer[at + i] !== bytes[i]) return false;
  }
  return true;
}

// In steps of two where a character has two bytes.
function search(buffer, bytes, from, forward, step) {
  const last = buffer.length - bytes.length;
  if (last < 0) return -1;
  if (bytes.length === 0) return MathMin(from, buffer.length);
  let at = from;
  if (forward) {
    while (at <= last) {
      at = TypedArrayPrototypeIndexOf(buffer, bytes[0], at);
      if (at === -1 || at > last) return -1;
      if (at % step === 0 && matches(buffer, at, bytes)) return at;
      at++;
    }
    return -1;
  }
  at = MathMin(at, last);
  while (at >= 0) {
    at = TypedArrayPrototypeLastIndexOf(buffer, bytes[0], at);
    if (at === -1) return -1;
    if (at % step === 0 && matches(buffer, at, bytes)) return at;
    at--;
  }
  return -1;
}

function indexIn(buffer, value, byteOffset, encoding, forward) {
  const { length } = buffer;
  if (typeof byteOffset === "string") {
    encoding = byteOffset;
    byteOffset = undefined;
  } else if (byteOffset > 0x7fffffff) {
    byteOffset = 0x7fffffff;
  } else if (byteOffset < -0x80000000) {
    byteOffset = -0x80000000;
  }
  byteOffset = +byteOffset;
  if (byteOffset !== byteOffset) byteOffset = forward ? 0 : length;
  byteOffset = MathTrunc(byteOffset);

  let from = byteOffset < 0 ? length + byteOffset : byteOffset;
  const isBefore = from < 0 && !forward;
  if (from < 0) from = 0;
  if (typeof value === "number") {
    if (isBefore) return -1;
    if (!forward && from >= length) from = length - 1;
    const byte = value & 255;
    return length === 0 ? -1
      : forward ? TypedArrayPrototypeIndexOf(buffer, byte, from)
        : TypedArrayPrototypeLastIndexOf(buffer, byte, from);
  }
  let bytes;
  let step = 1;
  if (typeof value === "string") {
    const codec = requireCodec(encoding);
    bytes = encode(codec, value);
    if (codec === codecs.ucs2) step = 2;
  } else if (isUint8Array(value)) {
    bytes = value;
    if (findCodec(encoding) === codecs.ucs2) step = 2;
  } else {
    throw invalidArgType("value", ["number", "string", "Buffer", "Uint8Array"],
      value);
  }
  if (bytes.length === 0) return MathMin(from, length);
  if (isBefore || (forward && from > length)) return -1;
  return search(buffer, bytes, from, forward, step);
}

function fillBuffer(buffer, value, offset, end, encoding) {
  if (typeof value === "string") {
    if (offset === undefined || typeof offset === "string") {
      encoding = offset;
      offset = 0;
      end = buffer.length;
    } else if (typeof end === "string") {
      encoding = end;
      end = buffer.length;
    }
    if (encoding !== undefined) {
      requireString(encoding, "encoding");
      if (findCodec(encoding) === undefined) throw unknownEncoding(encoding);
    }
  } else if (typeof value === "boolean") {
    value = +value;
  }
  if (offset === undefined) {
    offset = 0;
    end = buffer.length;
  } else {
    requireNumber(offset, "offset", 0, kMaxLength);
    if (end === undefined) end = buffer.length;
    else requireNumber(end, "end", 0, buffer.length);
    if (offset >= end) return buffer;
  }
  if (typeof value === "string" && value.length === 0) value = 0;
  if (typeof value !== "string" && !isUint8Array(value)) {
    return TypedArrayPrototypeFill(buffer, value & 255, offset, end);
  }
  const bytes = typeof value === "string"
    ? encode(requireCodec(encoding), value) : part(value, 0, value.length);
  if (bytes.length === 0) throw invalidArgValue("value", value);
  const room = end - offset;
  const first = MathMin(bytes.length, room);
  TypedArrayPrototypeSet(buffer, part(bytes, 0, first), offset);
  for (let done = first; done < room;) {
    const size = MathMin(done, room - done);
    TypedArrayPrototypeSet(
      buffer, part(buffer, offset, offset + size), offset + done);
    done += size;
  }
  return buffer;
}

// -- methods -----------------------------------------------------------------

// NaN is 0, from the end if negative.
function bound(value, length) {
  value = MathTrunc(+value) || 0;
  return value < 0 ? MathMax(0, value + length) : MathMin(value, length);
}

function integerOf(value, otherwise) {
  if (value === undefined) return otherwise;
  value = +value;
  return value === value ? MathTrunc(value) : 0;
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) {
    throw nodeRangeError(
      "ERR_INVALID_BUFFER_SIZE",
      `Buffer size must be a multiple of ${8 * size}-bits`);
  }
  for (let i = 0; i < buffer.length; i += size) {
    for (let a = i, b = i + size - 1; a < b; a++, b--) {
      const byte = buffer[a];
      buffer[a] = buffer[b];
      buffer[b] = byte;
    }
  }
  return buffer;
}

let inspectMaxBytes = 50;

const methods = {
  toString(encoding = undefined, start = undefined, end = undefined) {
    const { length } = this;
    if (arguments.length === 0) return codecs.utf8.slice(this, 0, length);
    start = start <= 0 || start === undefined ? 0
      : start >= length ? length : MathTrunc(start) || 0;
    end = end === undefined || end > length ? length : MathTrunc(end) || 0;
    if (end <= start) return "";
    const codec = encoding === undefined ? codecs.utf8 : findCodec(encoding);
    if (codec === undefined) throw unknownEncoding(encoding);
    return codec.slice(this, start, end);
  },

  equals(other) {
    if (!isUint8Array(other)) {
      throw invalidArgType("otherBuffer", ["Buffer", "Uint8Array"], other);
    }
    return this === other || (this.byteLength === other.byteLength &&
      compareBytes(this, 0, this.length, other, 0, other.length) === 0);
  },

  compare(target, targetStart = undefined, targetEnd = undefined,
    sourceStart = undefined, sourceEnd = undefined) {
    requireBytes(target, "target");
    if (targetStart === undefined) targetStart = 0;
    else requireOffset(targetStart, "targetStart");
    if (targetEnd === undefined) targetEnd = target.length;
    else requireOffset(targetEnd, "targetEnd", 0, target.length);
    if (sourceStart === undefined) sourceStart = 0;
    else requireOffset(sourceStart, "sourceStart");
    if (sourceEnd === undefined) sourceEnd = this.length;
    else requireOffset(sourceEnd, "sourceEnd", 0, this.length);
    if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
    if (targetStart >= targetEnd) return 1;
    return compareBytes(this, sourceStart, sourceEnd, target, targetStart,
      targetEnd);
  },

  indexOf(value, byteOffset = undefined, encoding = undefined) {
    return indexIn(this, value, byteOffset, encoding, true);
  },
  lastIndexOf(value, byteOffset = undefined, encoding = undefined) {
    return indexIn(this, value, byteOffset, encoding, false);
  },
  includes(value, byteOffset = undefined, encoding = undefined) {
    return indexIn(this, value, byteOffset, encoding, true) !== -1;
  },

  fill(value, offset = undefined, end = undefined, encoding = undefined) {
    return fillBuffer(this, value, offset, end, encoding);
  },

  write(text, offset = undefined, length = undefined, encoding = undefined) {
    if (typeof text !== "string") {
      throw nodeTypeError("ERR_INVALID_ARG_TYPE", "argument must be a string");
    }
    if (offset === undefined) {
      return codecs.utf8.write(this, text, 0, this.length);
    }
    if (length === undefined && typeof offset === "string") {
      encoding = offset;
      length = this.length;
      offset = 0;
    } else {
      requireOffset(offset, "offset", 0, this.length);
      const room = this.length - offset;
      if (length === undefined) {
        length = room;
      } else if (typeof length === "string") {
        encoding = length;
        length = room;
      } else {
        requireOffset(length, "length", 0, this.length);
        length = MathMin(length, room);
      }
    }
    return requireCodec(encoding).write(this, text, offset, length);
  },

  copy(target, targetStart = undefined, sourceStart = undefined,
    sourceEnd = undefined) {
    if (!isUint8Array(target)) {
      throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
    }
    targetStart = integerOf(targetStart, 0);
    if (targetStart < 0) throw outOfRange("targetStart", ">= 0", targetStart);
    sourceStart = integerOf(sourceStart, 0);
    if (sourceStart < 0 || sourceStart > this.length) {
      throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, sourceStart);
    }
    sourceEnd = integerOf(sourceEnd, this.length);
    if (sourceEnd < 0) throw outOfRange("sourceEnd", ">= 0", sourceEnd);
    if (targetStart >= target.length || sourceStart >= sourceEnd) return 0;
    const size = MathMin(
      sourceEnd - sourceStart, target.length - targetStart,
        this.length - sourceStart);
    TypedArrayPrototypeSet(
      target, part(this, sourceStart, sourceStart + size), targetStart);
    return size;
  },

  subarray(start = undefined, end = undefined) {
    const { length } = this;
    const from = bound(start, length);
    const to = end === undefined ? length : bound(end, length);
    return new FastBuffer(
      this.buffer, this.byteOffset + from, MathMax(0, to - from));
  },

  slice(start = undefined, end = undefined) {
    return ReflectApply(methods.subarray, this, [start, end]);
  },

  swap16() { return swap(this, 2); },
  swap32() { return swap(this, 4); },
  swap64() { return swap(this, 8); },

  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i++) {
      ObjectDefineProperty(data, i, {
        __proto__: null,
        value: this[i], writable: true, enumerable: true, configurable: true,
      });
    }
    return { type: "Buffer", data };
  },

  [customInspect](depth, options) {
    const shown = MathMin(inspectMaxBytes, this.length);
    let text = "";
    for (let i = 0; i < shown; i++) {
      text += `${i === 0 ? "" : " "}${codecs.hex.slice(this, i, i + 1)}`;
    }
    const more = this.length - shown;
    if (more > 0) text += ` ... ${more} more byte${more === 1 ? "" : "s"}`;
    if (options !== undefined) {
      const extra = { __proto__: null };
      let some = false;
      const keys = ReflectOwnKeys(this);
      for (let i = this.length; i < keys.length; i++) {
        some = true;
        extra[keys[i]] = this[keys[i]];
      }
      if (some) {
        if (this.length !== 0) text += ", ";
        const shownExtra = inspect(extra, {
          __proto__: null, ...options, breakLength: Infinity, compact: true,
        });
        // without "[Object: null prototype] { " and " }"
        text += shownExtra.slice(27, -2);
      }
    }
    return `<${this.constructor.name} ${text}>`;
  },
};
methods.toLocaleString = methods.toString;

// asciiSlice(from, to), asciiWrite(text, offset, length) ...
const sliceNames = ["ascii", "base64", "base64url", "hex", "latin1", "ucs2",
  "utf8"];
for (let i = 0; i < sliceNames.length; i++) {
  const name = sliceNames[i];
  const codec = codecs[name];
  methods[`${name}Slice`] = {
    [`${name}Slice`](start = 0, end = this.length) {
      if (start < 0 || start > this.length || end > this.length) {
        throw outOfBounds();
      }
      return end <= start ? "" : codec.slice(this, start, end);
    },
  }[`${name}Slice`];
  methods[`${name}Write`] = {
    [`${name}Write`](text, offset = 0, length = this.length - offset) {
      requireString(text, "argument");
      if (offset < 0 || offset > this.length) throw outOfBounds("offset");
      if (length < 0) throw outOfBounds("length");
      return codec.write(this, text, offset,
        MathMin(length, this.length - offset));
    },
  }[`${name}Write`];
}

function addMethods(from) {
  const keys = ReflectOwnKeys(from);
  for (let i = 0; i < keys.length; i++) {
    ObjectDefineProperty(Buffer.prototype, keys[i], {
      __proto__: null,
      value: from[keys[i]], writable: true, enumerable: true,
        configurable: true,
    });
  }
}
addMethods(methods);
addMethods(numbers);

ObjectDefineProperty(Buffer.prototype, "parent", {
  __proto__: null,
  get() { return this instanceof Buffer ? this.buffer : undefined; },
  enumerable: true, configurable: true,
});
ObjectDefineProperty(Buffer.prototype, "offset", {
  __proto__: null,
  get() { return this instanceof Buffer ? this.byteOffset : undefined; },
  enumerable: true, configurable: true,
});

// -- the module's functions --------------------------------------------------

function SlowBuffer(length) {
  requireSize(length);
  return new FastBuffer(length);
}
ObjectSetPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
ObjectSetPrototypeOf(SlowBuffer, Uint8Array);

function bytesOf(value, name = "input") {
  if (isArrayBuffer(value)) return new Uint8Array(value);
  if (tagOf(value) === undefined) {
    throw invalidArgType(name, ["ArrayBuffer", "Buffer", "TypedArray"], value);
  }
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function isUtf8(input) {
  const bytes = bytesOf(input);
  try {
    v8.utf8Decode(bytes, true, true);
    return true;
  } catch {
    return false;
  }
}

function isAscii(input) {
  const bytes = bytesOf(input);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > 127) return false;
  return true;
}

const transcodable = {
  __proto__: null, utf8: Infinity, utf16le: Infinity, latin1: 255, ascii: 127,
};

function transcode(source, from, to) {
  if (!isUint8Array(source)) {
    throw invalidArgType("source", ["Buffer", "Uint8Array"], source);
  }
  if (source.length === 0) return Buffer.alloc(0);
  const fromCodec = findCodec(from);
  const toCodec = findCodec(to);
  const max = transcodable[toCodec?.name];
  if (max === undefined || transcodable[fromCodec?.name] === undefined) {
    throw nodeError("U_ILLEGAL_ARGUMENT_ERROR",
      "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
  }
  const text = (fromCodec === codecs.ascii ? codecs.latin1 : fromCodec)
    .slice(source, 0, source.length);
  if (max === Infinity) return fromString(text, toCodec.name);
  const bytes = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i);
    if (code > 0xffff) i++;
    bytes.push(code > max ? 63 : code);
  }
  return Buffer.from(bytes);
}

const constants = {};
ObjectDefineProperty(constants, "MAX_LENGTH", {
  __proto__: null, value: kMaxLength, enumerable: true,
});
ObjectDefineProperty(constants, "MAX_STRING_LENGTH", {
  __proto__: null, value: kStringMaxLength, enumerable: true,
});

const module = {
  Buffer, SlowBuffer, transcode, isUtf8, isAscii, kMaxLength, kStringMaxLength,
  btoa, atob, constants,
  get INSPECT_MAX_BYTES() { return inspectMaxBytes; },
  set INSPECT_MAX_BYTES(value) {
    requireNumber(value, "INSPECT_MAX_BYTES", 0);
    inspectMaxBytes = value;
  },
  // There is no URL.createObjectURL() here, so no URL leads to a Blob.
  resolveObjectURL: () => undefined,
  get Blob() { return globalThis.Blob; },
  get File() { return globalThis.File; },
};
export default module;
export { isUint8Array };
