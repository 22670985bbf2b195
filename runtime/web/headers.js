// https://fetch.spec.whatwg.org/#headers-class

import {
  ArrayPrototypeSort, list, PrimordialTypeError as TypeError,
  RegExpPrototypeExec, splitString, StringPrototypeToLowerCase, SymbolIterator,
  toArray,
} from "../primordials.js";
import { toRecord, toSequence } from "../core/convert.js";
import {
  defineInterface, definePairIterable, isObject, requireArguments,
  requireBrand, toByteString, trim,
} from "../core/webidl.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// eslint-disable-next-line no-control-regex
const forbiddenInValue = /[\0\r\n]/;

const kCreate = {};
// of Headers that have none yet; nobody writes to it
const NONE = list();

// https://httpwg.org/specs/rfc9110.html#tokens: names, methods, parts of types.
export const isToken = (text) => RegExpPrototypeExec(token, text) !== null;

function requireName(name, where) {
  if (!isToken(name)) {
    throw new TypeError(`${where}: "${name}" is not a valid header name.`);
  }
  return name;
}

const isSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

// https://fetch.spec.whatwg.org/#concept-header-value-normalize
function normalizeValue(value, where) {
  const text = trim(value, isSpace);
  if (RegExpPrototypeExec(forbiddenInValue, text) !== null) {
    throw new TypeError(`${where}: a header value holds NUL, CR or LF.`);
  }
  return text;
}

let isHeaders;
let pairAt;

// For ours: no validation, no guard.
export let createHeaders;         // from parts[from], name, value, name, ...
export let copyHeaders;           // a mutable copy
// "name\0value\0...".  Values may hold control characters here; the ops that
// take them refuse those.
export let headersToWire;
let listOf;                       // name, value, name, value ...
// Appends what toHeadersInit() made.
export let fillHeaders;
export let getHeader;             // by its name in lower case; null if absent
export let addHeaderIfAbsent;
export let withoutHeaders;        // a copy without some names

export class Headers {
  #names = NONE;          // as they were given
  #keys = NONE;           // in lower case
  #values = NONE;
  #immutable = false;
  #sorted = null;         // what iteration sees, made when asked for

  static {
    isHeaders = (value) => isObject(value) && #names in value;

    createHeaders = (parts, from, immutable) => {
      const headers = new Headers(kCreate);
      for (let i = from; i + 1 < parts.length; i += 2) {
        headers.#add(
          parts[i], StringPrototypeToLowerCase(parts[i]), parts[i + 1]);
      }
      headers.#immutable = immutable;
      return headers;
    };

    copyHeaders = (source) => withoutHeaders(source, none);

    withoutHeaders = (source, dropped) => {
      const headers = new Headers(kCreate);
      for (let i = 0; i < source.#names.length; i++) {
        if (dropped[source.#keys[i]] === true) continue;
        headers.#add(source.#names[i], source.#keys[i], source.#values[i]);
      }
      return headers;
    };

    headersToWire = (headers) => {
      let text = "";
      for (let i = 0; i < headers.#names.length; i++) {
        text += `${headers.#names[i]}\0${headers.#values[i]}\0`;
      }
      return text;
    };

    listOf = (headers) => {
      const items = list();
      for (let i = 0; i < headers.#names.length; i++) {
        items[2 * i] = headers.#names[i];
        items[2 * i + 1] = headers.#values[i];
      }
      return items;
    };

    fillHeaders = (headers, items, where) => {
      for (let i = 0; i < items.length; i += 2) {
        headers.#append(items[i], items[i + 1], where);
      }
    };

    getHeader = (headers, key) => headers.#get(key);

    addHeaderIfAbsent = (headers, name, value) => {
      const key = StringPrototypeToLowerCase(name);
      if (headers.#indexOf(key) === -1) headers.#add(name, key, value);
    };

    pairAt = (headers, index) => {
      headers.#sorted ??= headers.#sort();
      return headers.#sorted[index];
    };
  }

  constructor(init = undefined) {
    if (init === undefined || init === kCreate) return;
    fillHeaders(this, toHeadersInit(init, "Headers"), "Headers");
  }

  #append(name, value, where) {
    value = normalizeValue(value, where);
    requireName(name, where);
    this.#add(name, StringPrototypeToLowerCase(name), value);
  }

  #add(name, key, value) {
    const { length } = this.#names;
    if (length === 0) {
      this.#names = list();
      this.#keys = list();
      this.#values = list();
    }
    this.#names[length] = name;
    this.#keys[length] = key;
    this.#values[length] = value;
    this.#sorted = null;
  }

  #requireMutable() {
    if (this.#immutable) throw new TypeError("Can't modify immutable headers.");
  }

  #indexOf(key) {
    for (let i = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] === key) return i;
    }
    return -1;
  }

  #get(key) {
    let value = null;
    for (let i = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] !== key) continue;
      value = value === null
        ? this.#values[i] : `${value}, ${this.#values[i]}`;
    }
    return value;
  }

  // https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
  #sort() {
    const keys = this.#keys;
    const order = list();
    for (let i = 0; i < keys.length; i++) order[i] = i;
    ArrayPrototypeSort(order, (a, b) =>
      keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b);

    const pairs = list();
    let last = null;
    for (let i = 0; i < order.length; i++) {
      const key = keys[order[i]];
      const value = this.#values[order[i]];
      if (last !== null && last[0] === key && key !== "set-cookie") {
        last[1] = `${last[1]}, ${value}`;
      } else {
        last = pairs[pairs.length] = [key, value];
      }
    }
    return pairs;
  }

  append(name, value) {
    const where = "Headers.append";
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 2, where);
    name = toByteString(name, where);
    value = toByteString(value, where);
    requireName(name, where);
    value = normalizeValue(value, where);
    this.#requireMutable();
    this.#add(name, StringPrototypeToLowerCase(name), value);
  }

  delete(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.delete");
    const key = toKey(name, "Headers.delete");
    this.#requireMutable();
    this.#remove(key, 0);
  }

  #remove(key, from) {
    if (from >= this.#keys.length) return;
    let n = from;
    for (let i = from; i < this.#keys.length; i++) {
      if (this.#keys[i] === key) continue;
      this.#names[n] = this.#names[i];
      this.#keys[n] = this.#keys[i];
      this.#values[n] = this.#values[i];
      n++;
    }
    this.#names.length = this.#keys.length = this.#values.length = n;
    this.#sorted = null;
  }

  get(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.get");
    return this.#get(toKey(name, "Headers.get"));
  }

  getSetCookie() {
    requireBrand(isHeaders(this));
    return this.#getAll("set-cookie");
  }

  // Only in Workers, and only for this name.
  getAll(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.getAll");
    const key = toKey(name, "Headers.getAll");
    if (key !== "set-cookie") {
      throw new TypeError(
        'getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.#getAll(key);
  }

  #getAll(key) {
    const values = list();
    for (let i = 0, n = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] === key) values[n++] = this.#values[i];
    }
    return toArray(values);
  }

  has(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.has");
    const key = toKey(name, "Headers.has");
    return this.#indexOf(key) !== -1;
  }

  set(name, value) {
    const where = "Headers.set";
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 2, where);
    name = toByteString(name, where);
    value = toByteString(value, where);
    requireName(name, where);
    value = normalizeValue(value, where);
    this.#requireMutable();
    const key = StringPrototypeToLowerCase(name);
    const index = this.#indexOf(key);
    if (index === -1) {
      this.#add(name, key, value);
      return;
    }
    this.#values[index] = value;
    this.#remove(key, index + 1);
  }
}

// eslint-disable-next-line no-control-regex
const gzipField = /\0content-encoding\0gzip\0/i;

// Does a response's head (status text, name, value ..., each ended by NUL) say
// that its body is encoded?
export const isGzipHead = (head) =>
  RegExpPrototypeExec(gzipField, head) !== null &&
  getHeader(
    createHeaders(splitString(head, "\0"), 1, true), "content-encoding",
  ) === "gzip";
defineInterface(Headers);
definePairIterable(Headers, {
  name: "Headers",
  requireOurs(self) { requireBrand(isHeaders(self)); },
  pairAt: (headers, index) => pairAt(headers, index),
});

const { entries } = Headers.prototype;

const toKey = (name, where) => StringPrototypeToLowerCase(
  requireName(toByteString(name, where), where));

// https://fetch.spec.whatwg.org/#typedefdef-headersinit, as name, value, name,
// value ... that nobody has checked yet.
export function toHeadersInit(init, where) {
  const convert = (value) => toByteString(value, where);
  if (!isObject(init)) {
    throw new TypeError(
      `Failed to execute '${where}': the headers are not a sequence of pairs ` +
      "or a record.");
  }
  const method = init[SymbolIterator];
  if (method === undefined || method === null) {
    return toRecord(init, convert, convert);
  }
  // by its list, so that names keep their case and set-cookie stays apart
  if (method === entries && isHeaders(init)) return listOf(init);
  const pairs = toSequence(
    init, (entry) => toSequence(entry, convert, where, "a header"), where,
    "the headers", method);
  const items = list();
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i].length !== 2) {
      throw new TypeError(
        `Failed to execute '${where}': a header is not a pair.`);
    }
    items[2 * i] = pairs[i][0];
    items[2 * i + 1] = pairs[i][1];
  }
  return items;
}

const none = { __proto__: null };

export { isHeaders };
