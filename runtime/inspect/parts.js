// The pieces that what is shown is made of.

import {
  list, ObjectKeys, ObjectPrototypeHasOwnProperty,
  ObjectPrototypePropertyIsEnumerable, ReflectOwnKeys, RegExpPrototypeExec,
  SymbolToStringTag,
} from "../primordials.js";
import { getSafely } from "./kinds.js";

// What stands behind an array's items, "... 3 more items".
export const moreText = (count, what) =>
  `... ${count} more ${what}${count === 1 ? "" : "s"}`;

// "Array [Tag] ", "[Object: null prototype] " ...
export function prefixOf(name, tag, fallback, size = "") {
  if (name === null) {
    return tag !== "" && fallback !== tag
      ? `[${fallback}${size}: null prototype] [${tag}] `
      : `[${fallback}${size}: null prototype] `;
  }
  return tag !== "" && name !== tag ? `${name}${size} [${tag}] `
    : `${name}${size} `;
}

export function tagOf(value, showHidden) {
  const tag = getSafely(value, SymbolToStringTag);
  if (typeof tag !== "string" || tag === "") return "";
  const own = showHidden
    ? ObjectPrototypeHasOwnProperty(value, SymbolToStringTag)
    : ObjectPrototypePropertyIsEnumerable(value, SymbolToStringTag);
  return own ? "" : tag;
}

const arrayIndex = /^(?:0|[1-9]\d{0,9})$/;

export const isIndex = (key) =>
  typeof key === "string" && RegExpPrototypeExec(arrayIndex, key) !== null &&
  +key < 2 ** 32 - 1;

// The keys to be shown: of an array, those that are no indexes.
export function keysOf(value, showHidden, withoutIndexes = false) {
  const found = list();
  let keys;
  try {
    keys = ReflectOwnKeys(value);
  } catch {
    keys = ObjectKeys(value);
  }
  let from = 0;
  if (withoutIndexes) {
    // they come first
    from = keys.length;
    while (from > 0 && !isIndex(keys[from - 1])) from--;
  }
  for (let i = from; i < keys.length; i++) {
    const key = keys[i];
    if (!showHidden && !isEnumerable(value, key)) continue;
    found[found.length] = key;
  }
  return found;
}

function isEnumerable(value, key) {
  try {
    return ObjectPrototypePropertyIsEnumerable(value, key);
  } catch {
    return true;          // of a module, not yet initialized
  }
}
