// The read... and write... methods of Buffer.
// https://nodejs.org/docs/latest-v20.x/api/buffer.html#bufreadbigint64beoffset

import {
  DataViewPrototype, PrimordialDataView as DataView, ReflectApply,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteOffset,
} from "../primordials.js";
import {
  invalidArgType, nodeRangeError, outOfRange, requireType,
} from "../chunks/node-errors.js";

export const outOfBounds = (name = undefined) => nodeRangeError(
  "ERR_BUFFER_OUT_OF_BOUNDS",
  name === undefined ? "Attempt to access memory outside buffer bounds"
    : `"${name}" is outside of buffer bounds`);

function boundsError(value, length, name = undefined) {
  if (value % 1 !== 0) return outOfRange(name ?? "offset", "an integer", value);
  if (length < 0) return outOfBounds();
  return outOfRange(
    name ?? "offset", `>= ${name === undefined ? 0 : 1} and <= ${length}`,
    value);
}

function requireRoom(buffer, offset, size) {
  requireType(offset, "number", "offset");
  if (buffer[offset] === undefined || buffer[offset + size - 1] === undefined) {
    throw boundsError(offset, buffer.length - size);
  }
}

function requireSize(size) {
  if (size === undefined) throw invalidArgType("byteLength", "number", size);
  requireType(size, "number", "byteLength");
  if (size % 1 !== 0 || size < 1 || size > 6) {
    throw boundsError(size, 6, "byteLength");
  }
}

function readInteger(buffer, offset, size, little, signed) {
  let value = 0;
  for (let i = 0; i < size; i++) {
    value = value * 256 + buffer[little ? offset + size - 1 - i : offset + i];
  }
  const half = 2 ** (8 * size - 1);
  return signed && value >= half ? value - 2 * half : value;
}

// "2 ** 31" and the like, as the messages have it.
function rangeText(size, signed, n) {
  const bits = 8 * size;
  if (size <= 4 && n === "") {
    return signed ? `>= ${-(2 ** (bits - 1))} and <= ${2 ** (bits - 1) - 1}`
      : `>= 0 and <= ${2 ** bits - 1}`;
  }
  return signed
    ? `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`
    : `>= 0${n} and < 2${n} ** ${bits}${n}`;
}

function requireInRange(value, size, signed) {
  const max = signed ? 2 ** (8 * size - 1) - 1 : 2 ** (8 * size) - 1;
  const min = signed ? -max - 1 : 0;
  if (value > max || value < min) {
    throw outOfRange("value", rangeText(size, signed, ""), value);
  }
}

function writeInteger(buffer, value, offset, size, little) {
  // two's complement
  let rest = value - value % 1;
  if (rest !== rest) rest = 0;
  if (rest < 0) rest += 2 ** (8 * size);
  for (let i = 0; i < size; i++) {
    buffer[little ? offset + i : offset + size - 1 - i] = rest % 256;
    rest = (rest - rest % 256) / 256;
  }
  return offset + size;
}

const viewOf = (buffer, offset, size) => new DataView(
  TypedArrayPrototypeGetBuffer(buffer),
  TypedArrayPrototypeGetByteOffset(buffer) + offset, size);

const dataView = (name) => DataViewPrototype[name];

export const methods = {};

function add(names, method) {
  for (let i = 0; i < names.length; i++) methods[names[i]] = method;
}

// Both spellings: readUInt8 and readUint8.
const spellings = (verb, signed, rest) => signed ? [`${verb}Int${rest}`]
  : [`${verb}UInt${rest}`, `${verb}Uint${rest}`];

function addIntegers(size, signed, ending, little) {
  const readNames = spellings("read", signed, `${8 * size}${ending}`);
  const writeNames = spellings("write", signed, `${8 * size}${ending}`);
  add(readNames, {
    [readNames[0]](offset = 0) {
      requireRoom(this, offset, size);
      return readInteger(this, offset, size, little, signed);
    },
  }[readNames[0]]);
  add(writeNames, {
    [writeNames[0]](value, offset = 0) {
      value = +value;
      if (size === 1) requireType(offset, "number", "offset");
      requireInRange(value, size, signed);
      requireRoom(this, offset, size);
      return writeInteger(this, value, offset, size, little);
    },
  }[writeNames[0]]);
}

function addSized(signed, ending, little) {
  const readNames = spellings("read", signed, ending);
  const writeNames = spellings("write", signed, ending);
  add(readNames, {
    [readNames[0]](offset, byteLength) {
      if (offset === undefined) {
        throw invalidArgType("offset", "number", offset);
      }
      requireSize(byteLength);
      requireRoom(this, offset, byteLength);
      return readInteger(this, offset, byteLength, little, signed);
    },
  }[readNames[0]]);
  add(writeNames, {
    [writeNames[0]](value, offset, byteLength) {
      requireSize(byteLength);
      value = +value;
      if (byteLength === 1) requireType(offset, "number", "offset");
      requireInRange(value, byteLength, signed);
      requireRoom(this, offset, byteLength);
      return writeInteger(this, value, offset, byteLength, little);
    },
  }[writeNames[0]]);
}

const N64 = 2n ** 64n;
const N63 = 2n ** 63n;

function addBigInts(signed, ending, little) {
  const readNames = signed ? [`readBigInt64${ending}`]
    : [`readBigUInt64${ending}`, `readBigUint64${ending}`];
  const writeNames = signed ? [`writeBigInt64${ending}`]
    : [`writeBigUInt64${ending}`, `writeBigUint64${ending}`];
  const get = dataView(signed ? "getBigInt64" : "getBigUint64");
  const set = dataView(signed ? "setBigInt64" : "setBigUint64");
  add(readNames, {
    [readNames[0]](offset = 0) {
      requireRoom(this, offset, 8);
      return ReflectApply(get, viewOf(this, offset, 8), [0, little]);
    },
  }[readNames[0]]);
  add(writeNames, {
    [writeNames[0]](value, offset = 0) {
      const max = signed ? N63 - 1n : N64 - 1n;
      const min = signed ? -N63 : 0n;
      if (value > max || value < min) {
        throw outOfRange("value", rangeText(8, signed, "n"), value);
      }
      requireRoom(this, offset, 8);
      // the error for what is no bigint comes of the subtraction
      ReflectApply(set, viewOf(this, offset, 8), [0, value - 0n, little]);
      return offset + 8;
    },
  }[writeNames[0]]);
}

function addFloats(name, size, ending, little) {
  const get = dataView(size === 4 ? "getFloat32" : "getFloat64");
  const set = dataView(size === 4 ? "setFloat32" : "setFloat64");
  const read = `read${name}${ending}`;
  const write = `write${name}${ending}`;
  methods[read] = {
    [read](offset = 0) {
      requireRoom(this, offset, size);
      return ReflectApply(get, viewOf(this, offset, size), [0, little]);
    },
  }[read];
  methods[write] = {
    [write](value, offset = 0) {
      value = +value;
      requireRoom(this, offset, size);
      ReflectApply(set, viewOf(this, offset, size), [0, value, little]);
      return offset + size;
    },
  }[write];
}

addIntegers(1, false, "", false);
addIntegers(1, true, "", false);
for (let i = 0; i < 2; i++) {
  const little = i === 0;
  const ending = little ? "LE" : "BE";
  addIntegers(2, false, ending, little);
  addIntegers(2, true, ending, little);
  addIntegers(4, false, ending, little);
  addIntegers(4, true, ending, little);
  addSized(false, ending, little);
  addSized(true, ending, little);
  addBigInts(false, ending, little);
  addBigInts(true, ending, little);
  addFloats("Float", 4, ending, little);
  addFloats("Double", 8, ending, little);
}
