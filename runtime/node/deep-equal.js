// Deep equality, strict and loose.
// https://nodejs.org/docs/latest-v20.x/api/assert.html#assertdeepstrictequalactual-expected-message

import {
  ARGUMENTS, ARRAY_BUFFER, BIGINT_OBJECT, BOOLEAN_OBJECT, DATA_VIEW, DATE,
  ERROR, isIndex, kindOf, MAP, NUMBER_OBJECT, PROXY, REGEXP, SET,
  SHARED_ARRAY_BUFFER, STRING_OBJECT, SYMBOL_OBJECT, TYPED_ARRAY,
} from "../chunks/inspect.js";

const { is, keys, getPrototypeOf, getOwnPropertySymbols } = Object;
const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const isEnumerable = (object, key) =>
  Object.prototype.propertyIsEnumerable.call(object, key);
const toString = (value) => Object.prototype.toString.call(value);

const withoutIndexes = (value) => keys(value).filter((key) => !isIndex(key));

// A Proxy is any object.
const plainKind = (value) => {
  const kind = kindOf(value);
  return kind === PROXY ? -1 : kind;
};

const isObject = (value) => typeof value === "object" && value !== null;

// The pairs that are being compared already: in a circle they count as equal.
class Comparison {
  #strict;
  #left = new Map();

  constructor(strict) {
    this.#strict = strict;
  }

  equal(a, b) {
    if (a === b) return a !== 0 || !this.#strict || is(a, b);
    if (this.#strict) {
      if (typeof a !== "object") {
        return typeof a === "number" && Number.isNaN(a) && Number.isNaN(b);
      }
      if (!isObject(b) || a === null) return false;
      if (getPrototypeOf(a) !== getPrototypeOf(b)) return false;
    } else {
      if (!isObject(a)) {
        // eslint-disable-next-line eqeqeq
        return !isObject(b) && (a == b || (a !== a && b !== b));
      }
      if (!isObject(b)) return false;
    }
    return toString(a) === toString(b) && this.#objects(a, b);
  }

  #objects(a, b) {
    const kind = plainKind(a);
    if (Array.isArray(a)) {
      return Array.isArray(b) && a.length === b.length &&
        this.#properties(a, b, withoutIndexes(a), withoutIndexes(b),
          () => this.#items(a, b));
    }
    if (kind !== plainKind(b) &&
        !(isErrorLike(a) && isErrorLike(b))) return false;
    if (Array.isArray(b)) return false;
    switch (kind) {
    case DATE:
      if (Date.prototype.getTime.call(a) !== Date.prototype.getTime.call(b)) {
        return false;
      }
      break;
    case REGEXP:
      if (a.source !== b.source || a.flags !== b.flags ||
          a.lastIndex !== b.lastIndex) {
        return false;
      }
      break;
    case ERROR:
      if (!sameErrors(a, b)) return false;
      break;
    case TYPED_ARRAY:
    case DATA_VIEW:
      if (!this.#sameViews(a, b)) return false;
      return this.#properties(a, b, withoutIndexes(a), withoutIndexes(b));
    case ARRAY_BUFFER:
    case SHARED_ARRAY_BUFFER:
      if (!sameBytes(new Uint8Array(a), new Uint8Array(b))) return false;
      break;
    case SET:
      return a.size === b.size && this.#properties(
        a, b, keys(a), keys(b), () => this.#sets(a, b));
    case MAP:
      return a.size === b.size && this.#properties(
        a, b, keys(a), keys(b), () => this.#maps(a, b));
    case NUMBER_OBJECT:
    case STRING_OBJECT:
    case BOOLEAN_OBJECT:
    case BIGINT_OBJECT:
    case SYMBOL_OBJECT:
      if (!is(a.valueOf(), b.valueOf())) return false;
      break;
    case ARGUMENTS:
      if (a.length !== b.length) return false;
      break;
    default:
      if (isErrorLike(a) && !sameErrors(a, b)) return false;
      if (isURL(a) && a.href !== b.href) return false;
    }
    return this.#properties(a, b, keys(a), keys(b));
  }

  #sameViews(a, b) {
    if (a[Symbol.toStringTag] !== b[Symbol.toStringTag]) return false;
    const isFloat = a instanceof Float32Array || a instanceof Float64Array;
    if (isFloat && !this.#strict) {
      if (a.length !== b.length) return false;
      for (let i = 0; i < a.length; i++) {
        if (a[i] !== b[i]) return false;
      }
      return true;
    }
    return sameBytes(
      new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
      new Uint8Array(b.buffer, b.byteOffset, b.byteLength));
  }

  // The own enumerable properties, then what else the kind has.
  #properties(a, b, aKeys, bKeys, more = undefined) {
    if (aKeys.length !== bKeys.length) return false;
    for (const key of aKeys) if (!has(b, key)) return false;
    let symbols = [];
    if (this.#strict) {
      symbols = getOwnPropertySymbols(a).filter((key) => isEnumerable(a, key));
      const others =
        getOwnPropertySymbols(b).filter((key) => isEnumerable(b, key));
      if (symbols.length !== others.length) return false;
      for (const key of symbols) if (!isEnumerable(b, key)) return false;
    }
    const known = this.#left.get(a);
    if (known?.has(b)) return true;
    if (known === undefined) this.#left.set(a, new Set([b]));
    else known.add(b);
    try {
      if (more !== undefined && !more()) return false;
      for (const key of aKeys) if (!this.equal(a[key], b[key])) return false;
      for (const key of symbols) if (!this.equal(a[key], b[key])) return false;
      return true;
    } finally {
      this.#left.get(a).delete(b);
    }
  }

  #items(a, b) {
    for (let i = 0; i < a.length; i++) {
      if (has(a, i) !== has(b, i) || !this.equal(a[i], b[i])) return false;
    }
    return true;
  }

  // Is there for each item of "left" another one of "right"?
  #match(left, right, same) {
    const free = [...right];
    for (const item of left) {
      const found = free.findIndex((other) => same(item, other));
      if (found === -1) return false;
      free.splice(found, 1);
    }
    return true;
  }

  #sets(a, b) {
    const left = [];
    for (const item of a) {
      if (b.has(item)) continue;
      if (this.#strict && !isObject(item)) return false;
      left.push(item);
    }
    const right = [...b].filter((item) => !a.has(item));
    return this.#match(left, right, (x, y) => this.equal(x, y));
  }

  #maps(a, b) {
    const left = [];
    const taken = new Set();
    for (const [key, value] of a) {
      if (b.has(key) && this.equal(value, b.get(key))) {
        taken.add(key);
        continue;
      }
      if (this.#strict && !isObject(key)) return false;
      left.push([key, value]);
    }
    const right = [...b].filter(([key]) => !taken.has(key));
    return this.#match(left, right,
      (x, y) => this.equal(x[0], y[0]) && this.equal(x[1], y[1]));
  }
}

const isErrorLike = (value) => value instanceof Error;

const sameErrors = (a, b) =>
  isErrorLike(b) && a.message === b.message && a.name === b.name;

const isURL = (value) => toString(value) === "[object URL]";

function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export const isDeepStrictEqual = (a, b) => new Comparison(true).equal(a, b);
export const isDeepEqual = (a, b) => new Comparison(false).equal(a, b);
