// What is to be shown of an object of each kind.
//
// classify() returns { whole }, all there is; or { base, open, close, isArray,
// keys, fill, brief }: what stands before the brackets, the brackets, the own
// properties to show, what adds the contents, and what stands for all of it
// when it is too deep.

import {
  ArrayIsArray, BigIntPrototypeValueOf,
  BooleanPrototypeValueOf, DatePrototypeGetTime, DatePrototypeToISOString,
  DatePrototypeToString, ErrorPrototype, list, MapPrototypeForEach,
  MapPrototypeGetSize, MathMin,
  NumberIsNaN, NumberPrototypeValueOf, ObjectKeys,
  ObjectPrototypeHasOwnProperty, PrimordialUint8Array as Uint8Array,
  PrimordialRegExp as RegExp, RegExpPrototypeToString, SetPrototypeForEach,
  SetPrototypeGetSize,
  StringPrototypeSlice,
  StringPrototypeValueOf, SymbolPrototypeValueOf, TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
import { errorKeys, errorText } from "./errors.js";
import { functionText } from "./functions.js";
import { fillInterface } from "./interfaces.js";
import {
  ARGUMENTS, ARRAY_BUFFER, BIGINT_OBJECT, BOOLEAN_OBJECT, constructorName,
  DATA_VIEW, DATE, ERROR, EXTERNAL, GENERATOR, insideOf, kindOf, MAP,
  MAP_ITERATOR, MODULE, NUMBER_OBJECT, PROMISE, prototypesOf, REGEXP, SET,
  SET_ITERATOR, SHARED_ARRAY_BUFFER, STRING_OBJECT, SYMBOL_OBJECT, TYPED_ARRAY,
  WEAK_MAP, WEAK_SET,
} from "./kinds.js";
import { isIndex, keysOf, moreText, prefixOf, tagOf } from "./parts.js";
import { bigintText, formatPrimitive, numberText } from "./primitives.js";

const fallbacks = {
  __proto__: null,
  [MAP]: "Map", [SET]: "Set", [WEAK_MAP]: "WeakMap", [WEAK_SET]: "WeakSet",
  [PROMISE]: "Promise", [ERROR]: "Error", [DATE]: "Date", [REGEXP]: "RegExp",
  [ARRAY_BUFFER]: "ArrayBuffer", [SHARED_ARRAY_BUFFER]: "SharedArrayBuffer",
  [DATA_VIEW]: "DataView", [MODULE]: "Module", [NUMBER_OBJECT]: "Number",
  [STRING_OBJECT]: "String", [BOOLEAN_OBJECT]: "Boolean",
  [BIGINT_OBJECT]: "BigInt", [SYMBOL_OBJECT]: "Symbol",
};

const boxed = {
  __proto__: null,
  [NUMBER_OBJECT]: NumberPrototypeValueOf,
  [STRING_OBJECT]: StringPrototypeValueOf,
  [BOOLEAN_OBJECT]: BooleanPrototypeValueOf,
  [BIGINT_OBJECT]: BigIntPrototypeValueOf,
  [SYMBOL_OBJECT]: SymbolPrototypeValueOf,
};

const plain = (text) => text;

export function classify(at, value, depth, isTypedArray) {
  const { showHidden } = at.options;
  const isFunction = typeof value === "function";
  const kind = isFunction ? -1 : kindOf(value);
  const isError = kind === ERROR ||
    (kind === -1 && !isFunction && isErrorLike(value));
  const fallback = isFunction ? "Function" : ArrayIsArray(value) ? "Array"
    : kind === TYPED_ARRAY ? TypedArrayPrototypeGetSymbolToStringTag(value)
      : fallbacks[kind] ?? "Object";
  const name = constructorName(value, fallback);
  const tag = tagOf(value, showHidden);
  const shape = {
    whole: undefined, base: "", open: "{", close: "}", isArray: false,
    keys: null,
    fill: undefined, brief: "",
  };
  const brief = StringPrototypeSlice(prefixOf(name, tag, "Object"), 0, -1);
  shape.brief = name === null ? brief : `[${brief}]`;

  const prefix = (size = "") => prefixOf(name, tag, fallback, size);
  // None of what has contents that are not shown: they may be many.
  const ownKeys = (withoutIndexes, size = 0) =>
    size > 0 && (at.tooDeep(depth) || at.exhausted)
      ? list() : keysOf(value, showHidden, withoutIndexes);

  if (ArrayIsArray(value)) {
    const { length } = value;
    shape.keys = ownKeys(true, length);
    shape.open = `${name !== "Array" || tag !== "" ? prefix(`(${length})`) : ""}[`;
    shape.close = "]";
    shape.isArray = true;
    shape.fill = (add, inner) => fillArray(at, value, add, inner);
    return unlessEmpty(shape, length);
  }

  switch (kind) {
  case SET: {
    const size = SetPrototypeGetSize(value);
    shape.keys = ownKeys(false, size);
    shape.open = `${prefix(`(${size})`)}{`;
    shape.fill = (add, inner) => fillSet(at, value, size, add, inner);
    return unlessEmpty(shape, size);
  }
  case MAP: {
    const size = MapPrototypeGetSize(value);
    shape.keys = ownKeys(false, size);
    shape.open = `${prefix(`(${size})`)}{`;
    shape.fill = (add, inner) => fillMap(at, value, size, add, inner);
    return unlessEmpty(shape, size);
  }
  case TYPED_ARRAY: {
    const length = TypedArrayPrototypeGetLength(value);
    shape.keys = ownKeys(true, length);
    shape.open = `${prefix(`(${length})`)}[`;
    shape.close = "]";
    shape.isArray = true;
    shape.fill = (add, inner) => fillTypedArray(at, value, length, add, inner);
    return unlessEmpty(shape, showHidden ? 1 : length);
  }
  case MAP_ITERATOR:
  case SET_ITERATOR: {
    const { 0: entries, 1: arePairs } = insideOf(value) ?? nothing;
    const type = `${kind === MAP_ITERATOR ? "Map" : "Set"} ${
      arePairs ? "Entries" : "Iterator"}`;
    shape.keys = ownKeys(false);
    const own = `${kind === MAP_ITERATOR ? "Map" : "Set"} Iterator`;
    shape.open = `[${tag !== own && tag !== "" ? `${tag}] [` : ""}${type}] {`;
    shape.fill = (add, inner) => fillEntries(at, entries, arePairs, add, inner);
    return shape;
  }
  case ARGUMENTS:
    shape.keys = ownKeys(false);
    shape.open = "[Arguments] {";
    return unlessEmpty(shape, 0);
  case REGEXP:
    shape.keys = ownKeys(false);
    return withBase(at, shape, "regexp", depth,
      named(RegExpPrototypeToString(name === null ? new RegExp(value) : value),
        prefix(), "RegExp "));
  case DATE: {
    shape.keys = ownKeys(false);
    const text = NumberIsNaN(DatePrototypeGetTime(value))
      ? DatePrototypeToString(value) : DatePrototypeToISOString(value);
    return withBase(at, shape, "date", Infinity,
      named(text, prefix(), "Date "));
  }
  case ARRAY_BUFFER:
  case SHARED_ARRAY_BUFFER: {
    const bytes = bytesOf(value);
    const length = bytes === undefined ? 0
      : TypedArrayPrototypeGetLength(bytes);
    shape.keys = ownKeys(false);
    shape.open = `${prefix()}{`;
    shape.fill = (add) => {
      if (!isTypedArray) add(contentsText(at, bytes, length));
      add(`byteLength: ${at.stylize(numberText(length, false), "number")}`);
    };
    if (isTypedArray && shape.keys.length === 0) {
      shape.whole = `${shape.open} byteLength: ${
        at.stylize(numberText(length, false), "number")} }`;
    }
    return shape;
  }
  case DATA_VIEW:
    shape.open = `${prefix()}{`;
    shape.keys = list();
    shape.keys[0] = "byteLength";
    shape.keys[1] = "byteOffset";
    shape.keys[2] = "buffer";
    append(shape.keys, ownKeys(false));
    return shape;
  case PROMISE:
    shape.keys = ownKeys(false);
    shape.open = `${prefix()}{`;
    shape.fill = (add, inner) => fillPromise(at, insideOf(value), add, inner);
    return shape;
  case WEAK_MAP:
  case WEAK_SET:
    shape.keys = ownKeys(false);
    shape.open = `${prefix()}{`;
    shape.fill = (add, inner) => {
      if (!showHidden) {
        add(at.stylize("<items unknown>", "special"));
        return;
      }
      const { 0: entries, 1: arePairs } = insideOf(value) ?? nothing;
      if (arePairs) fillMapEntries(at, entries, add, inner);
      else fillEntries(at, entries, false, add, inner);
    };
    return shape;
  case MODULE:
    shape.keys = ownKeys(false);
    shape.open = `${prefix()}{`;
    return shape;
  case NUMBER_OBJECT:
  case STRING_OBJECT:
  case BOOLEAN_OBJECT:
  case BIGINT_OBJECT:
  case SYMBOL_OBJECT: {
    shape.keys = ownKeys(kind === STRING_OBJECT);
    const inner = formatPrimitive(at, boxed[kind](value), plain);
    const type = fallback === name ? fallback
      : name === null ? `${fallback} (null prototype)`
        : `${fallback} (${name})`;
    const base = `[${type}: ${inner}]` +
      (tag !== "" && tag !== name ? ` [${tag}]` : "");
    const style = fallback === "BigInt" ? "bigint" : fallback === "Number"
      ? "number" : fallback === "Boolean" ? "boolean"
        : fallback === "Symbol" ? "symbol" : "string";
    return withBase(at, shape, style, Infinity, base);
  }
  case EXTERNAL:
    shape.keys = list();
    shape.whole = at.stylize("[External]", "special");
    return shape;
  case GENERATOR:
    shape.keys = ownKeys(false);
    shape.open = `${prefix()}{`;
    return unlessEmpty(shape, 0);
  }

  if (isFunction) {
    shape.keys = ownKeys(false);
    return withBase(at, shape, "special", Infinity,
      functionText(value, name, tag));
  }
  if (isError) {
    shape.keys = errorKeys(value, ownKeys(false), showHidden);
    return withBase(at, shape, "", Infinity, errorText(at, value, name, tag));
  }
  shape.keys = ownKeys(false);
  const filled = fillInterface(at, value, prototypesOf(value));
  if (filled !== undefined) {
    shape.open = `${prefix()}{`;
    shape.fill = filled.fill;
    return unlessEmpty(shape, filled.size ?? 1);
  }
  if (name !== "Object" || tag !== "") shape.open = `${prefix()}{`;
  return unlessEmpty(shape, 0);
}

// A DOMException is made of an Error, but others may inherit from one.
function isErrorLike(value) {
  const prototypes = prototypesOf(value);
  for (let i = 0; i < prototypes.length; i++) {
    if (prototypes[i] === ErrorPrototype) return true;
  }
  return false;
}

// For what V8 cannot look into.
const nothing = [[], false];

function append(keys, more) {
  for (let i = 0; i < more.length; i++) keys[keys.length] = more[i];
}

function unlessEmpty(shape, size) {
  if (size === 0 && shape.keys.length === 0) {
    shape.whole = shape.open + shape.close;
  }
  return shape;
}

// "Sub /x/" for one of a derived class.
const named = (text, prefix, usual) => prefix === usual ? text : prefix + text;

// A base needs no brackets when there is nothing else.
function withBase(at, shape, style, depth, base) {
  if (shape.keys.length === 0 ||
      (depth !== Infinity && at.tooDeep(depth))) {
    shape.whole = at.stylize(base, style);
  }
  shape.base = base;
  return shape;
}

function fillArray(at, value, add, depth) {
  const { maxArrayLength } = at.options;
  const { length } = value;
  const shown = MathMin(maxArrayLength, length);
  let count = 0;
  let i = 0;
  for (; i < shown && !at.exhausted; i++) {
    if (!ObjectPrototypeHasOwnProperty(value, i)) {
      fillSparseArray(at, value, i, count, add, depth);
      return;
    }
    add(at.property(value, `${i}`, depth, true));
    count++;
  }
  if (i < length) add(moreText(length - i, "item"));
}

// From the first hole on: all holes in a row are one item.
function fillSparseArray(at, value, index, count, add, depth) {
  const { maxArrayLength } = at.options;
  const keys = ObjectKeys(value);
  const { length } = value;
  const hole = (size) =>
    add(at.stylize(`<${size} empty item${size === 1 ? "" : "s"}>`,
      "undefined"));

  for (let i = index; i < keys.length && count < maxArrayLength; i++) {
    const key = keys[i];
    if (!isIndex(key) || at.exhausted) break;
    if (`${index}` !== key) {
      hole(+key - index);
      index = +key;
      if (++count === maxArrayLength) break;
    }
    add(at.property(value, key, depth, true));
    count++;
    index++;
  }
  const left = length - index;
  if (left <= 0) return;
  if (count === maxArrayLength || at.exhausted) add(moreText(left, "item"));
  else hole(left);
}

function fillSet(at, value, size, add, depth) {
  const max = MathMin(at.options.maxArrayLength, size);
  let count = 0;
  at.indentation += 2;
  SetPrototypeForEach(value, (item) => {
    if (count < max && !at.exhausted) {
      add(at.value(item, depth));
      count++;
    }
  });
  if (count < size) add(moreText(size - count, "item"));
  at.indentation -= 2;
}

function fillMap(at, value, size, add, depth) {
  const max = MathMin(at.options.maxArrayLength, size);
  let count = 0;
  at.indentation += 2;
  MapPrototypeForEach(value, (item, key) => {
    if (count < max && !at.exhausted) {
      add(`${at.value(key, depth)} => ${at.value(item, depth)}`);
      count++;
    }
  });
  if (count < size) add(moreText(size - count, "item"));
  at.indentation -= 2;
}

function fillMapEntries(at, entries, add, depth) {
  const max = MathMin(at.options.maxArrayLength * 2, entries.length);
  at.indentation += 2;
  let i = 0;
  for (; i < max && !at.exhausted; i += 2) {
    add(`${at.value(entries[i], depth)} => ${at.value(entries[i + 1], depth)}`);
  }
  if (i < entries.length) add(moreText((entries.length - i) / 2, "item"));
  at.indentation -= 2;
}

function fillEntries(at, entries, arePairs, add, depth) {
  const step = arePairs ? 2 : 1;
  const max = MathMin(at.options.maxArrayLength * step, entries.length);
  at.indentation += 2;
  let i = 0;
  for (; i < max && !at.exhausted; i += step) {
    add(arePairs
      ? `[ ${at.value(entries[i], depth)}, ${at.value(entries[i + 1], depth)} ]`
      : at.value(entries[i], depth));
  }
  if (i < entries.length) add(moreText((entries.length - i) / step, "item"));
  at.indentation -= 2;
}

function fillTypedArray(at, value, length, add, depth) {
  const { maxArrayLength, numericSeparator, showHidden } = at.options;
  const shown = MathMin(maxArrayLength, length);
  let i = 0;
  for (; i < shown && !at.exhausted; i++) {
    const item = value[i];
    add(typeof item === "bigint"
      ? at.stylize(bigintText(item, numericSeparator), "bigint")
      : at.stylize(numberText(item, numericSeparator), "number"));
  }
  if (i < length) add(moreText(length - i, "item"));
  if (!showHidden) return;
  at.indentation += 2;
  const keys = ["BYTES_PER_ELEMENT", "length", "byteLength", "byteOffset",
    "buffer"];
  for (let k = 0; k < keys.length; k++) {
    add(`[${keys[k]}]: ${at.value(value[keys[k]], depth, true)}`);
  }
  at.indentation -= 2;
}

const hexDigits = "0123456789abcdef";

// Undefined when it is detached.
function bytesOf(buffer) {
  try {
    return new Uint8Array(buffer);
  } catch {
    return undefined;
  }
}

function contentsText(at, bytes, length) {
  if (bytes === undefined) return at.stylize("(detached)", "special");
  const shown = MathMin(at.options.maxArrayLength, length);
  let text = "";
  for (let i = 0; i < shown; i++) {
    text += (i === 0 ? "" : " ") + hexDigits[bytes[i] >> 4] +
      hexDigits[bytes[i] & 15];
  }
  if (length > shown) text += ` ${moreText(length - shown, "byte")}`;
  return `${at.stylize("[Uint8Contents]", "special")}: <${text}>`;
}

function fillPromise(at, inside, add, depth) {
  if (inside[0] === 0) {
    add(at.stylize("<pending>", "special"));
    return;
  }
  at.indentation += 2;
  const text = at.value(inside[1], depth);
  at.indentation -= 2;
  add(inside[0] === 2 ? `${at.stylize("<rejected>", "special")} ${text}`
    : text);
}
