// https://urlpattern.spec.whatwg.org/#urlpattern-class, over
// urlpattern-polyfill: here is only what Web IDL asks for.

import { URLPattern as Pattern } from "urlpattern-polyfill/urlpattern";
import { PrimordialTypeError as TypeError } from "../primordials.js";
import { defineData } from "../core/properties.js";
import {
  defineInterface, isObject, requireBrand, toUSVString,
} from "../core/webidl.js";

// Dictionary members, in the order of their conversion.
const MEMBERS = [
  "baseURL", "hash", "hostname", "password", "pathname", "port", "protocol",
  "search", "username",
];
const RESULTS = [
  "hash", "hostname", "inputs", "password", "pathname", "port", "protocol",
  "search", "username",
];

// (USVString or URLPatternInit)
function toInput(value) {
  if (value !== undefined && value !== null && !isObject(value)) {
    return toUSVString(value);
  }
  const init = { __proto__: null };
  if (value === undefined || value === null) return init;
  for (let i = 0; i < MEMBERS.length; i++) {
    const member = value[MEMBERS[i]];
    if (member !== undefined) defineData(init, MEMBERS[i], toUSVString(member));
  }
  return init;
}

function toOptions(value) {
  if (value === undefined || value === null) {
    return { __proto__: null, ignoreCase: false };
  }
  if (!isObject(value)) {
    throw new TypeError(
      "Failed to construct 'URLPattern': the options are not an object.");
  }
  return { __proto__: null, ignoreCase: Boolean(value.ignoreCase) };
}

function requireNoBase(input) {
  if (typeof input === "string") return;
  throw new TypeError("URLPattern: an init object takes no separate base URL.");
}

let isPattern;

export class URLPattern {
  #pattern;

  static {
    isPattern = (value) => isObject(value) && #pattern in value;
  }

  // Of two overloads, the type of the second argument chooses.
  constructor(input = undefined, baseURL = undefined, options = undefined) {
    const hasBase = arguments.length > 2 ||
      (baseURL !== undefined && baseURL !== null && !isObject(baseURL));
    input = toInput(input);
    if (hasBase) {
      baseURL = toUSVString(baseURL);
      requireNoBase(input);
      this.#pattern = new Pattern(input, baseURL, toOptions(options));
    } else {
      this.#pattern = new Pattern(input, toOptions(baseURL));
    }
  }

  get protocol() { requireBrand(isPattern(this)); return this.#pattern.protocol; }
  get username() { requireBrand(isPattern(this)); return this.#pattern.username; }
  get password() { requireBrand(isPattern(this)); return this.#pattern.password; }
  get hostname() { requireBrand(isPattern(this)); return this.#pattern.hostname; }
  get port() { requireBrand(isPattern(this)); return this.#pattern.port; }
  get pathname() { requireBrand(isPattern(this)); return this.#pattern.pathname; }
  get search() { requireBrand(isPattern(this)); return this.#pattern.search; }
  get hash() { requireBrand(isPattern(this)); return this.#pattern.hash; }

  get hasRegExpGroups() {
    requireBrand(isPattern(this));
    return this.#pattern.hasRegExpGroups;
  }

  test(input = undefined, baseURL = undefined) {
    requireBrand(isPattern(this));
    input = toInput(input);
    if (baseURL === undefined) return this.#pattern.test(input);
    baseURL = toUSVString(baseURL);
    requireNoBase(input);
    return this.#pattern.test(input, baseURL);
  }

  exec(input = undefined, baseURL = undefined) {
    requireBrand(isPattern(this));
    input = toInput(input);
    let found;
    if (baseURL === undefined) {
      found = this.#pattern.exec(input);
    } else {
      baseURL = toUSVString(baseURL);
      requireNoBase(input);
      found = this.#pattern.exec(input, baseURL);
    }
    if (found === null || found === undefined) return null;
    const result = {};
    for (let i = 0; i < RESULTS.length; i++) {
      defineData(result, RESULTS[i], found[RESULTS[i]]);
    }
    return result;
  }
}
defineInterface(URLPattern);
