// https://url.spec.whatwg.org/#url-class

import {
  list, PrimordialTypeError as TypeError, StringPrototypeSlice,
} from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toUSVString,
} from "../core/webidl.js";
import {
  FRAGMENT_STATE, hasOpaquePath, HOST, HOSTNAME, parseInto, parseURL,
  PATH_START, PORT, QUERY_STATE, SCHEME_START, serializeHost, serializeOrigin,
  serializePath, serializeURL,
} from "./parser.js";
import { percentEncode, USERINFO } from "./percent.js";
import { resetFromQuery, setObserver, URLSearchParams } from "./search-params.js";

// The record that a string and a base parse to, or null.
function parseWithBase(url, base) {
  let parsedBase = null;
  if (base !== undefined) {
    parsedBase = parseURL(base);
    if (parsedBase === null) return null;
  }
  return parseURL(url, parsedBase);
}

const kRecord = {};

let isURL;

export class URL {
  #url;
  #params = null;

  static {
    isURL = (value) => isObject(value) && #url in value;
  }

  constructor(url, base = undefined) {
    if (url === kRecord) {
      this.#url = base;
      return;
    }
    requireArguments(arguments.length, 1, "URL");
    url = toUSVString(url);
    if (base !== undefined) base = toUSVString(base);
    const record = parseWithBase(url, base);
    if (record === null) throw new TypeError("Invalid URL string.");
    this.#url = record;
  }

  static canParse(url, base = undefined) {
    requireArguments(arguments.length, 1, "URL.canParse");
    url = toUSVString(url);
    if (base !== undefined) base = toUSVString(base);
    return parseWithBase(url, base) !== null;
  }

  static parse(url, base = undefined) {
    requireArguments(arguments.length, 1, "URL.parse");
    url = toUSVString(url);
    if (base !== undefined) base = toUSVString(base);
    const record = parseWithBase(url, base);
    return record === null ? null : new URL(kRecord, record);
  }

  get href() {
    requireBrand(isURL(this));
    return serializeURL(this.#url);
  }
  set href(value) {
    requireBrand(isURL(this));
    const record = parseURL(toUSVString(value));
    if (record === null) throw new TypeError("Invalid URL string.");
    this.#url = record;
    this.#queryChanged();
  }

  get origin() {
    requireBrand(isURL(this));
    return serializeOrigin(this.#url);
  }

  get protocol() {
    requireBrand(isURL(this));
    return `${this.#url.scheme}:`;
  }
  set protocol(value) {
    requireBrand(isURL(this));
    parseInto(this.#url, `${toUSVString(value)}:`, SCHEME_START);
  }

  get username() {
    requireBrand(isURL(this));
    return this.#url.username;
  }
  set username(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (this.#cannotHaveCredentials()) return;
    this.#url.username = percentEncode(value, USERINFO);
  }

  get password() {
    requireBrand(isURL(this));
    return this.#url.password;
  }
  set password(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (this.#cannotHaveCredentials()) return;
    this.#url.password = percentEncode(value, USERINFO);
  }

  get host() {
    requireBrand(isURL(this));
    return serializeHost(this.#url);
  }
  set host(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (!hasOpaquePath(this.#url)) parseInto(this.#url, value, HOST);
  }

  get hostname() {
    requireBrand(isURL(this));
    return this.#url.host ?? "";
  }
  set hostname(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (!hasOpaquePath(this.#url)) parseInto(this.#url, value, HOSTNAME);
  }

  get port() {
    requireBrand(isURL(this));
    return this.#url.port === null ? "" : `${this.#url.port}`;
  }
  set port(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (this.#cannotHaveCredentials()) return;
    if (value === "") this.#url.port = null;
    else parseInto(this.#url, value, PORT);
  }

  get pathname() {
    requireBrand(isURL(this));
    return serializePath(this.#url);
  }
  set pathname(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (hasOpaquePath(this.#url)) return;
    this.#url.path = list();
    parseInto(this.#url, value, PATH_START);
  }

  get search() {
    requireBrand(isURL(this));
    const { query } = this.#url;
    return query === null || query === "" ? "" : `?${query}`;
  }
  set search(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (value === "") {
      this.#url.query = null;
    } else {
      this.#url.query = "";
      parseInto(
        this.#url, value[0] === "?" ? StringPrototypeSlice(value, 1) : value,
        QUERY_STATE);
    }
    this.#queryChanged();
  }

  get searchParams() {
    requireBrand(isURL(this));
    if (this.#params === null) {
      this.#params = new URLSearchParams();
      this.#queryChanged();
      setObserver(this.#params, (query) => {
        this.#url.query = query === "" ? null : query;
      });
    }
    return this.#params;
  }

  get hash() {
    requireBrand(isURL(this));
    const { fragment } = this.#url;
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }
  set hash(value) {
    requireBrand(isURL(this));
    value = toUSVString(value);
    if (value === "") {
      this.#url.fragment = null;
      return;
    }
    this.#url.fragment = "";
    parseInto(
      this.#url, value[0] === "#" ? StringPrototypeSlice(value, 1) : value,
      FRAGMENT_STATE);
  }

  toString() {
    requireBrand(isURL(this));
    return serializeURL(this.#url);
  }

  toJSON() {
    requireBrand(isURL(this));
    return serializeURL(this.#url);
  }

  #cannotHaveCredentials() {
    const { host, scheme } = this.#url;
    return host === null || host === "" || scheme === "file";
  }

  #queryChanged() {
    if (this.#params !== null) resetFromQuery(this.#params, this.#url.query ?? "");
  }
}
defineInterface(URL);
