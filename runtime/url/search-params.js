// https://url.spec.whatwg.org/#interface-urlsearchparams

import {
  ArrayPrototypeSort, list, PrimordialTypeError as TypeError, SafeMap,
  StringPrototypeCharCodeAt, StringPrototypeIndexOf, StringPrototypeSlice,
  SymbolIterator, uncurryThis,
} from "../primordials.js";
import { toRecord, toSequence } from "../core/convert.js";
import {
  defineInterface, definePairIterable, isObject, requireArguments,
  requireBrand, toUSVString,
} from "../core/webidl.js";
import { FORM, percentDecode, percentEncode } from "./percent.js";

function plusToSpace(text) {
  if (StringPrototypeIndexOf(text, "+") === -1) return text;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    out += StringPrototypeCharCodeAt(text, i) === 0x2b ? " " : text[i];
  }
  return out;
}

// https://url.spec.whatwg.org/#concept-urlencoded-parser
function parseForm(input) {
  const pairs = list();
  let from = 0;
  while (from <= input.length) {
    let to = StringPrototypeIndexOf(input, "&", from);
    if (to === -1) to = input.length;
    if (to > from) {
      const pair = StringPrototypeSlice(input, from, to);
      const equals = StringPrototypeIndexOf(pair, "=");
      const name = equals === -1 ? pair : StringPrototypeSlice(pair, 0, equals);
      const value = equals === -1 ? "" : StringPrototypeSlice(pair, equals + 1);
      pairs[pairs.length] = [
        percentDecode(plusToSpace(name)), percentDecode(plusToSpace(value)),
      ];
    }
    from = to + 1;
  }
  return pairs;
}

// https://url.spec.whatwg.org/#concept-urlencoded-serializer
function serializeForm(pairs) {
  let out = "";
  for (let i = 0; i < pairs.length; i++) {
    if (i > 0) out += "&";
    out += `${percentEncode(pairs[i][0], FORM, true)}=` +
      percentEncode(pairs[i][1], FORM, true);
  }
  return out;
}

// As sort() compares: by code units.
function compareNames(a, b) {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

let pairAt;
let isSearchParams;

// Called with the new query whenever the list of a URL's searchParams changes.
export let setObserver;
// Replaces the list, since the URL's query has changed.
export let resetFromQuery;

export class URLSearchParams {
  #pairs = list();
  #observer = null;

  static {
    isSearchParams = (value) => isObject(value) && #pairs in value;
    pairAt = (params, index) => params.#pairs[index];
    setObserver = (params, observer) => { params.#observer = observer; };
    resetFromQuery = (params, query) => { params.#pairs = parseForm(query); };
  }

  constructor(init = "") {
    if (isObject(init)) {
      this.#fill(init);
    } else {
      const text = toUSVString(init);
      this.#pairs = parseForm(
        text[0] === "?" ? StringPrototypeSlice(text, 1) : text);
    }
  }

  #fill(init) {
    const where = "URLSearchParams";
    const method = init[SymbolIterator];
    if (method !== undefined && method !== null) {
      this.#pairs = toSequence(init, (entry) => {
        const pair = toSequence(entry, toUSVString, where, "an element");
        if (pair.length === 2) return pair;
        throw new TypeError(
          "Failed to construct 'URLSearchParams': an element of the sequence " +
          "is not a pair.");
      }, where, "parameter 1", method);
      return;
    }
    // two names may be one when they have been converted
    const items = toRecord(init, toUSVString, toUSVString);
    const byName = new SafeMap();
    for (let i = 0; i < items.length; i += 2) {
      const known = byName.get(items[i]);
      if (known !== undefined) {
        known[1] = items[i + 1];
        continue;
      }
      const pair = [items[i], items[i + 1]];
      byName.set(items[i], pair);
      this.#pairs[this.#pairs.length] = pair;
    }
  }

  #changed() {
    if (this.#observer !== null) this.#observer(serializeForm(this.#pairs));
  }

  get size() {
    requireBrand(isSearchParams(this));
    return this.#pairs.length;
  }

  append(name, value) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 2, "URLSearchParams.append");
    const pair = [toUSVString(name), toUSVString(value)];
    this.#pairs[this.#pairs.length] = pair;
    this.#changed();
  }

  delete(name, value = undefined) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 1, "URLSearchParams.delete");
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    const kept = list();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i];
      if (pair[0] === name && (value === undefined || pair[1] === value)) continue;
      kept[kept.length] = pair;
    }
    this.#pairs = kept;
    this.#changed();
  }

  get(name) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 1, "URLSearchParams.get");
    name = toUSVString(name);
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i][0] === name) return this.#pairs[i][1];
    }
    return null;
  }

  getAll(name) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 1, "URLSearchParams.getAll");
    name = toUSVString(name);
    const values = [];
    for (let i = 0, n = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i][0] === name) values[n++] = this.#pairs[i][1];
    }
    return values;
  }

  has(name, value = undefined) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 1, "URLSearchParams.has");
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i];
      if (pair[0] === name && (value === undefined || pair[1] === value)) {
        return true;
      }
    }
    return false;
  }

  set(name, value) {
    requireBrand(isSearchParams(this));
    requireArguments(arguments.length, 2, "URLSearchParams.set");
    name = toUSVString(name);
    value = toUSVString(value);
    const kept = list();
    let found = false;
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i];
      if (pair[0] === name) {
        if (found) continue;
        found = true;
        pair[1] = value;
      }
      kept[kept.length] = pair;
    }
    if (!found) kept[kept.length] = [name, value];
    this.#pairs = kept;
    this.#changed();
  }

  sort() {
    requireBrand(isSearchParams(this));
    ArrayPrototypeSort(this.#pairs, compareNames);
    this.#changed();
  }

  toString() {
    requireBrand(isSearchParams(this));
    return serializeForm(this.#pairs);
  }
}
defineInterface(URLSearchParams);
definePairIterable(URLSearchParams, {
  name: "URLSearchParams",
  requireOurs(self) { requireBrand(isSearchParams(self)); },
  pairAt: (params, index) => pairAt(params, index),
});

export const searchParamsText =
  uncurryThis(URLSearchParams.prototype.toString);

export { isSearchParams };
