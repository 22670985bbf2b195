// https://fetch.spec.whatwg.org/#headers-class

import {
  ArrayPrototypeSort, list, PrimordialTypeError as TypeError,
  ReflectGetOwnPropertyDescriptor, ReflectOwnKeys, RegExpPrototypeExec,
  StringPrototypeToLowerCase, SymbolIterator,
} from "../primordials.js";
import {
  defineInterface, definePairIterable, isObject, requireArguments,
  requireBrand, toByteString, trim,
} from "../core/webidl.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// eslint-disable-next-line no-control-regex
const forbiddenInValue = /[\0\r\n]/;

const kCreate = {};

function toName(value, where) {
  const name = toByteString(value, where);
  if (RegExpPrototypeExec(token, name) === null) {
    throw new TypeError(`${where}: "${name}" is not a valid header name.`);
  }
  return name;
}

const isSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

function toValue(value, where) {
  const text = trim(toByteString(value, where), isSpace);
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
export let getHeader;             // by its name in lower case; null if absent
export let addHeaderIfAbsent;
export let withoutHeaders;        // a copy without some names

export class Headers {
  #names = list();        // as they were given
  #keys = list();         // in lower case
  #values = list();
  #immutable = false;
  #sorted = null;         // what iteration sees, made when asked for

  static {
    isHeaders = (value) => isObject(value) && #names in value;

    createHeaders = (parts, from, immutable) => {
      const headers = new Headers(kCreate);
      for (let i = from, n = 0; i + 1 < parts.length; i += 2, n++) {
        headers.#names[n] = parts[i];
        headers.#keys[n] = StringPrototypeToLowerCase(parts[i]);
        headers.#values[n] = parts[i + 1];
      }
      headers.#immutable = immutable;
      return headers;
    };

    copyHeaders = (source) => withoutHeaders(source, none);

    withoutHeaders = (source, dropped) => {
      const headers = new Headers(kCreate);
      for (let i = 0, n = 0; i < source.#names.length; i++) {
        if (dropped[source.#keys[i]] === true) continue;
        headers.#names[n] = source.#names[i];
        headers.#keys[n] = source.#keys[i];
        headers.#values[n] = source.#values[i];
        n++;
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
    if (isHeaders(init)) {
      // by its list, so that set-cookie headers stay apart
      for (let i = 0; i < init.#names.length; i++) {
        this.#add(init.#names[i], init.#keys[i], init.#values[i]);
      }
      return;
    }
    if (!isObject(init)) {
      throw new TypeError(
        "Failed to construct 'Headers': parameter 1 is not a sequence of pairs " +
        "or a record.");
    }
    this.#fill(init);
  }

  #fill(init) {
    const where = "Headers";
    const iterator = init[SymbolIterator];
    if (iterator !== undefined && iterator !== null) {
      for (const entry of init) {
        if (!isObject(entry)) {
          throw new TypeError(
            "Failed to construct 'Headers': an element is not a pair.");
        }
        const pair = list();
        for (const item of entry) pair[pair.length] = item;
        if (pair.length !== 2) {
          throw new TypeError(
            "Failed to construct 'Headers': an element is not a pair.");
        }
        this.#append(pair[0], pair[1], where);
      }
      return;
    }
    const keys = ReflectOwnKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const descriptor = ReflectGetOwnPropertyDescriptor(init, keys[i]);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      this.#append(keys[i], init[keys[i]], where);
    }
  }

  #append(name, value, where) {
    name = toName(name, where);
    value = toValue(value, where);
    this.#add(name, StringPrototypeToLowerCase(name), value);
  }

  #add(name, key, value) {
    const { length } = this.#names;
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
    const keys = list();
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i];
      if (this.#indexOf(key) === i) keys[keys.length] = key;
    }
    ArrayPrototypeSort(keys, (a, b) => a < b ? -1 : 1);
    const pairs = list();
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === "set-cookie") {
        for (let j = 0; j < this.#keys.length; j++) {
          if (this.#keys[j] === "set-cookie") {
            pairs[pairs.length] = [keys[i], this.#values[j]];
          }
        }
      } else {
        pairs[pairs.length] = [keys[i], this.#get(keys[i])];
      }
    }
    return pairs;
  }

  append(name, value) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 2, "Headers.append");
    this.#requireMutable();
    this.#append(name, value, "Headers.append");
  }

  delete(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.delete");
    const key = StringPrototypeToLowerCase(toName(name, "Headers.delete"));
    this.#requireMutable();
    this.#remove(key, 0);
  }

  #remove(key, from) {
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
    return this.#get(StringPrototypeToLowerCase(toName(name, "Headers.get")));
  }

  getSetCookie() {
    requireBrand(isHeaders(this));
    return this.#getAll("set-cookie");
  }

  // Only in Workers, and only for this name.
  getAll(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.getAll");
    const key = StringPrototypeToLowerCase(toName(name, "Headers.getAll"));
    if (key !== "set-cookie") {
      throw new TypeError(
        'getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.#getAll(key);
  }

  #getAll(key) {
    const values = [];
    for (let i = 0, n = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] === key) values[n++] = this.#values[i];
    }
    return values;
  }

  has(name) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 1, "Headers.has");
    const key = StringPrototypeToLowerCase(toName(name, "Headers.has"));
    return this.#indexOf(key) !== -1;
  }

  set(name, value) {
    requireBrand(isHeaders(this));
    requireArguments(arguments.length, 2, "Headers.set");
    name = toName(name, "Headers.set");
    value = toValue(value, "Headers.set");
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
defineInterface(Headers);
definePairIterable(Headers, {
  name: "Headers",
  requireOurs(self) { requireBrand(isHeaders(self)); },
  pairAt: (headers, index) => pairAt(headers, index),
});

const none = { __proto__: null };

export { isHeaders };
