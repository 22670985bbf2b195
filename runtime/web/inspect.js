// How console shows a value: on one line, much as other runtimes do.

import {
  ArrayIsArray, BigIntPrototypeToString, BooleanPrototypeValueOf,
  DatePrototypeGetTime, DatePrototypeToISOString, FunctionPrototypeToString,
  JSONStringify, list, MapPrototypeForEach, MapPrototypeGetSize,
  NumberIsNaN, NumberPrototypeValueOf, ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf, ObjectIs, ObjectPrototypeToString,
  PrimordialString as String, ReflectApply, ReflectOwnKeys,
  RegExpPrototypeExec,
  RegExpPrototypeGetSource, RegExpPrototypeToString, SetPrototypeForEach,
  SetPrototypeGetSize, StringPrototypeIndexOf, StringPrototypeSlice,
  StringPrototypeStartsWith, StringPrototypeValueOf, SymbolPrototypeToString,
  TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag,
  WeakMapPrototypeHas, WeakSetPrototypeHas,
} from "../primordials.js";
import { interfaceOf, isArrayBuffer, isObject } from "../core/webidl.js";

const MAX_DEPTH = 4;
const MAX_ITEMS = 100;
const MAX_STRING = 10000;

const identifier = /^[A-Za-z_$][\w$]*$/;

const works = (method, value) => {
  try {
    method(value);
    return true;
  } catch {
    return false;
  }
};

function quote(text) {
  if (text.length > MAX_STRING) {
    return `${quote(StringPrototypeSlice(text, 0, MAX_STRING))}... ` +
      `${text.length - MAX_STRING} more characters`;
  }
  if (StringPrototypeIndexOf(text, "'") === -1) {
    const json = JSONStringify(text);
    return StringPrototypeIndexOf(text, '"') === -1
      ? `'${StringPrototypeSlice(json, 1, -1)}'` : `'${unescapeQuotes(json)}'`;
  }
  return JSONStringify(text);
}

function unescapeQuotes(json) {
  let out = "";
  for (let i = 1; i < json.length - 1; i++) {
    if (json[i] === "\\") {
      if (json[i + 1] !== '"') out += "\\";
      i++;
    }
    out += json[i];
  }
  return out;
}

const keyText = (key) => typeof key === "symbol"
  ? `[${SymbolPrototypeToString(key)}]`
  : RegExpPrototypeExec(identifier, key) !== null ? key : quote(key);

// The name of its class, "" for none.
function classOf(value) {
  for (let object = value; object !== null;
    object = ObjectGetPrototypeOf(object)) {
    const descriptor = ObjectGetOwnPropertyDescriptor(object, "constructor");
    if (descriptor !== undefined && typeof descriptor.value === "function") {
      const name = ObjectGetOwnPropertyDescriptor(descriptor.value, "name");
      if (typeof name?.value === "string" && name.value !== "") return name.value;
    }
  }
  return "";
}

export function inspect(value, depth = 0, seen = list()) {
  switch (typeof value) {
  case "string":
    return quote(value);
  case "number":
    return ObjectIs(value, -0) ? "-0" : `${value}`;
  case "bigint":
    return `${BigIntPrototypeToString(value)}n`;
  case "symbol":
    return SymbolPrototypeToString(value);
  case "object":
  case "function":
    if (value === null) return "null";
    return inspectObject(value, depth, seen);
  default:
    return `${value}`;
  }
}

function inspectObject(value, depth, seen) {
  for (let i = 0; i < seen.length; i++) {
    if (seen[i] === value) return "[Circular]";
  }
  const next = list();
  for (let i = 0; i < seen.length; i++) next[i] = seen[i];
  next[next.length] = value;
  const show = (inner) => inspect(inner, depth + 1, next);

  const parts = list();
  const add = (text) => { parts[parts.length] = text; };
  const name = classOf(value);
  let prefix = name === "Object" ? "" : name === "" ? "[Object: null prototype]"
    : name;
  let open = "{";
  let close = "}";
  let skipIndexes = false;
  const deep = depth > MAX_DEPTH;

  if (typeof value === "function") {
    prefix = functionPrefix(value);
  } else if (ArrayIsArray(value)) {
    if (deep) return "[Array]";
    if (name === "Array") prefix = "";
    else prefix = `${name}(${value.length})`;
    open = "[";
    close = "]";
    skipIndexes = true;
    addItems(value, value.length, add, show);
  } else if (works(DatePrototypeGetTime, value)) {
    prefix = NumberIsNaN(DatePrototypeGetTime(value))
      ? "Invalid Date" : DatePrototypeToISOString(value);
  } else if (works(RegExpPrototypeGetSource, value) && name === "RegExp") {
    prefix = RegExpPrototypeToString(value);
  } else if (works(MapPrototypeGetSize, value)) {
    prefix = `${name}(${MapPrototypeGetSize(value)})`;
    if (deep) return `[${name}]`;
    let count = 0;
    MapPrototypeForEach(value, (item, key) => {
      if (count++ < MAX_ITEMS) add(`${show(key)} => ${show(item)}`);
    });
    if (count > MAX_ITEMS) add(`... ${count - MAX_ITEMS} more items`);
  } else if (works(SetPrototypeGetSize, value)) {
    prefix = `${name}(${SetPrototypeGetSize(value)})`;
    if (deep) return `[${name}]`;
    let count = 0;
    SetPrototypeForEach(value, (item) => {
      if (count++ < MAX_ITEMS) add(show(item));
    });
    if (count > MAX_ITEMS) add(`... ${count - MAX_ITEMS} more items`);
  } else if (isError(value)) {
    prefix = errorText(value);
    const cause = ObjectGetOwnPropertyDescriptor(value, "cause");
    if (cause !== undefined && "value" in cause) {
      add(`[cause]: ${show(cause.value)}`);
    }
  } else if (TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined) {
    const length = TypedArrayPrototypeGetLength(value);
    prefix = `${name}(${length})`;
    if (deep) return `[${name}]`;
    open = "[";
    close = "]";
    skipIndexes = true;
    addItems(value, length, add, show);
  } else if (isArrayBuffer(value)) {
    prefix = `${name} { byteLength: ${value.byteLength} }`;
    return prefix;
  } else if (works((v) => WeakMapPrototypeHas(v, value), value) ||
             works((v) => WeakSetPrototypeHas(v, value), value)) {
    return `${name} { <items unknown> }`;
  } else if (works(StringPrototypeValueOf, value)) {
    prefix = `[String: ${quote(StringPrototypeValueOf(value))}]`;
    skipIndexes = true;
  } else if (works(NumberPrototypeValueOf, value)) {
    prefix = `[Number: ${NumberPrototypeValueOf(value)}]`;
  } else if (works(BooleanPrototypeValueOf, value)) {
    prefix = `[Boolean: ${BooleanPrototypeValueOf(value)}]`;
  } else if (deep) {
    return name === "" ? "[Object: null prototype]" : `[${name}]`;
  } else {
    addAttributes(value, add, show);
  }

  addProperties(value, skipIndexes, add, show);
  const empty = parts.length === 0;
  // an error, a date or a function needs no braces
  if (empty && prefix !== "" && (close === "}" && needsNoBraces(value, name))) {
    return prefix;
  }
  const lead = prefix === "" ? "" : `${prefix} `;
  if (empty) return `${lead}${open}${close}`;
  let body = parts[0];
  for (let i = 1; i < parts.length; i++) body += `, ${parts[i]}`;
  return `${lead}${open} ${body} ${close}`;
}

// What asking for it would change.
const unasked = { __proto__: null, body: true, signal: true };

// Of objects of ours: what their interfaces' attributes are.
function addAttributes(value, add, show) {
  for (let object = ObjectGetPrototypeOf(value); object !== null;
    object = ObjectGetPrototypeOf(object)) {
    const known = interfaceOf(object);
    if (known === undefined) continue;
    if (known.pairAt !== undefined) {
      for (let i = 0; ; i++) {
        const pair = known.pairAt(value, i);
        if (pair === undefined) break;
        add(`${quote(pair[0])} => ${quote(pair[1])}`);
      }
      continue;
    }
    const keys = ReflectOwnKeys(object);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] === "symbol" || unasked[keys[i]]) continue;
      const { get } = ObjectGetOwnPropertyDescriptor(object, keys[i]);
      if (get === undefined) continue;
      try {
        add(`${keys[i]}: ${show(ReflectApply(get, value, []))}`);
      } catch {
        // not one of its instances
      }
    }
  }
}

function needsNoBraces(value, name) {
  return typeof value === "function" || isError(value) || name === "Date" ||
    name === "RegExp" || name === "String" || name === "Number" ||
    name === "Boolean";
}

function addItems(value, length, add, show) {
  for (let i = 0; i < length && i < MAX_ITEMS; i++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(value, `${i}`);
    add(descriptor === undefined ? "<empty>" : propertyText(descriptor, show));
  }
  if (length > MAX_ITEMS) add(`... ${length - MAX_ITEMS} more items`);
}

function propertyText(descriptor, show) {
  if ("value" in descriptor) return show(descriptor.value);
  if (descriptor.get === undefined) return "[Setter]";
  return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
}

const arrayIndex = /^(?:0|[1-9]\d*)$/;

function addProperties(value, skipIndexes, add, show) {
  const keys = ReflectOwnKeys(value);
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (skipIndexes && typeof key === "string" &&
        RegExpPrototypeExec(arrayIndex, key) !== null) {
      continue;
    }
    const descriptor = ObjectGetOwnPropertyDescriptor(value, key);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    if (count++ === MAX_ITEMS) {
      add("...");
      break;
    }
    add(`${keyText(key)}: ${propertyText(descriptor, show)}`);
  }
}

function functionPrefix(value) {
  const name = ObjectGetOwnPropertyDescriptor(value, "name")?.value;
  const hasName = typeof name === "string" && name !== "";
  if (StringPrototypeStartsWith(FunctionPrototypeToString(value), "class")) {
    return hasName ? `[class ${name}]` : "[class (anonymous)]";
  }
  return hasName ? `[Function: ${name}]` : "[Function (anonymous)]";
}

export const isError = (value) =>
  isObject(value) && hasErrorTag(value);

const hasErrorTag = (value) => {
  if (ObjectPrototypeToString(value) === "[object Error]") return true;
  return typeof ObjectGetOwnPropertyDescriptor(value, "stack")?.value ===
    "string";
};

function errorText(error) {
  try {
    const { stack } = error;
    if (typeof stack === "string" && stack !== "") {
      const { message, name } = error;
      // the stack was made before its message was known
      if (typeof message === "string" && typeof name === "string" &&
          StringPrototypeIndexOf(stack, message) === -1) {
        return `${name}: ${message}\n${stack}`;
      }
      return stack;
    }
    return String(error);
  } catch {
    return "[Error]";
  }
}
