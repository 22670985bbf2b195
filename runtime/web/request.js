// https://fetch.spec.whatwg.org/#request-class

import {
  JSONParse, ObjectKeys, PrimordialTypeError as TypeError, splitString,
  StringPrototypeIndexOf, StringPrototypeSlice,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { defineData } from "../core/properties.js";
import { createSignal, followSignal } from "../core/signals.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toUSVString,
} from "../core/webidl.js";
import { parseURL, serializeURL } from "../url/lazy.js";
import { includeBody } from "./body-mixin.js";
import { binaryToUtf8 } from "./encoding.js";
import { extractBody } from "./extract.js";
import {
  addHeaderIfAbsent, copyHeaders, createHeaders, fillHeaders, Headers,
} from "./headers.js";

const kCreate = {};
// What the request would be told by a dictionary, when there is none.
const nothing = {
  body: undefined, cf: undefined, headers: undefined, method: undefined,
  signal: undefined,
};

function toRecord(text) {
  const record = parseURL(text);
  if (record === null) throw new TypeError(`Invalid URL: ${text}`);
  return record;
}

// Properties of request.cf are the worker's own to change.
function copyCf(cf) {
  if (!isObject(cf)) return undefined;
  const copy = {};
  const keys = ObjectKeys(cf);
  for (let i = 0; i < keys.length; i++) {
    defineData(copy, keys[i], cf[keys[i]]);
  }
  return copy;
}

// What only few requests have other values of.
const defaults = {
  __proto__: null,
  cache: "default",
  credentials: "same-origin",
  encodeResponseBody: "automatic",
  fetcher: null,
  integrity: "",
  keepalive: false,
  mode: "cors",
  referrer: "about:client",
  referrerPolicy: "",
};

let isRequest;

// An event's request: "head" is entrypoint, method, URL, cf, name, value ...,
// taken apart when something of it is asked for.
export let createEventRequest;
// What fetch() needs.  If "passes", an event's request that nobody has looked
// into is passed on as it came: "head" is its method, URL, cf, name, value ...,
// each ended by NUL, and only the URL stands beside it.
export let requestState;

let bodyOf;
let headersOf;

export class Request {
  #method = "GET";
  #url = "";
  #record = null;         // of the URL, unless it is an event's
  #headers = null;
  #body = null;
  #redirect = "follow";
  #signal = null;
  #cf = undefined;
  #options = defaults;

  // of an event's request
  #head = null;
  #parts = null;
  #makeSignal = null;

  static {
    isRequest = (value) => isObject(value) && #redirect in value;
    bodyOf = (request) => request.#body;
    headersOf = (request) => request.#getHeaders();

    createEventRequest = (head, body, makeSignal) => {
      const request = new Request(kCreate);
      request.#body = body;
      request.#head = head;
      request.#makeSignal = makeSignal;
      request.#redirect = "manual";
      return request;
    };

    requestState = (request, passes = false) => {
      if (passes && request.#head !== null) return request.#passed();
      request.#parse();
      return {
        head: null,
        method: request.#method,
        url: request.#url,
        record: request.#record,
        headers: request.#getHeaders(),
        redirect: request.#redirect,
        signal: request.#signal,
        cf: request.#getCf(),
        fetcher: request.#options.fetcher,
        integrity: request.#options.integrity,
        body: request.#body,
      };
    };
  }

  constructor(input, init = undefined) {
    if (input === kCreate) return;
    requireArguments(arguments.length, 1, "Request");
    const source = isRequest(input) ? input : null;
    const url = source === null ? toUSVString(input) : null;
    const members = init === undefined || init === null
      ? nothing : chunk("request").readRequestInit(init);

    if (source === null) {
      this.#record = toRecord(url);
      this.#url = serializeURL(this.#record);
    } else {
      source.#parse();
      this.#method = source.#method;
      this.#url = source.#url;
      this.#record = source.#record;
      this.#redirect = source.#redirect;
      this.#options = source.#options;
    }
    if (members !== nothing) {
      const { mergeOptions, toMethod } = chunk("request");
      this.#options = mergeOptions(this.#options, defaults, members);
      if (members.redirect !== undefined) this.#redirect = members.redirect;
      if (members.method !== undefined) this.#method = toMethod(members.method);
    }
    if (members.cf !== undefined) this.#cf = copyCf(members.cf);
    else if (source !== null) this.#cf = copyCf(source.#getCf());

    this.#setSignal(members.signal, source);

    if (members.headers !== undefined) {
      this.#headers = new Headers();
      fillHeaders(this.#headers, members.headers, "Request");
    } else {
      this.#headers = source === null
        ? new Headers() : copyHeaders(source.#getHeaders());
    }
    this.#setBody(members, source, isRequest(init));
  }

  // A signal of null detaches it from the source's.
  #setSignal(signal, source) {
    if (signal === undefined) {
      if (source !== null && source.#signal !== null) {
        this.#signal = followSignal(source.#signal);
      } else if (source !== null) {
        this.#makeSignal = source.#makeSignal;
      }
    } else if (signal !== null) {
      this.#signal = followSignal(signal);
    }
  }

  // A client's GET request may have a body, which Workers let pass unless they
  // change what it goes with.  A body of null drops the source's.
  #setBody({ body: init, method }, source, isPassedOn) {
    const hasBody = init !== undefined && init !== null;
    const sourceBody =
      source === null || init !== undefined ? null : source.#body;
    if ((this.#method === "GET" || this.#method === "HEAD") &&
        ((hasBody && !isPassedOn) ||
         (sourceBody !== null && method !== undefined))) {
      throw new TypeError(
        "Request with a GET or HEAD method cannot have a body.");
    }
    if (hasBody) {
      const extracted = extractBody(init);
      this.#body = extracted.body;
      if (extracted.type !== null) {
        addHeaderIfAbsent(this.#headers, "Content-Type", extracted.type);
      }
    } else if (sourceBody !== null) {
      this.#body = sourceBody.transfer();
    }
  }

  #parse() {
    if (this.#head === null) return;
    this.#parts = splitString(this.#head, "\0");
    this.#head = null;
    this.#method = this.#parts[1];
    this.#url = this.#parts[2];
    const cf = this.#parts[3];
    this.#cf = cf === "" ? undefined : JSONParse(binaryToUtf8(cf));
  }

  // State of an event's request, without what its head says.
  #passed() {
    const method = StringPrototypeIndexOf(this.#head, "\0") + 1;
    const url = StringPrototypeIndexOf(this.#head, "\0", method) + 1;
    return {
      head: StringPrototypeSlice(this.#head, method),
      method: undefined,
      url: StringPrototypeSlice(
        this.#head, url, StringPrototypeIndexOf(this.#head, "\0", url)),
      record: null,
      headers: undefined,
      redirect: this.#redirect,
      signal: this.#signal,
      cf: undefined,
      fetcher: null,
      integrity: "",
      body: this.#body,
    };
  }

  #getHeaders() {
    if (this.#headers === null) {
      this.#parse();
      this.#headers = createHeaders(this.#parts, 4, true);
      this.#parts = null;
    }
    return this.#headers;
  }

  #getCf() {
    this.#parse();
    return this.#cf;
  }

  get method() {
    requireBrand(isRequest(this));
    this.#parse();
    return this.#method;
  }

  get url() {
    requireBrand(isRequest(this));
    this.#parse();
    return this.#url;
  }

  get headers() {
    requireBrand(isRequest(this));
    return this.#getHeaders();
  }

  get redirect() {
    requireBrand(isRequest(this));
    return this.#redirect;
  }

  get signal() {
    requireBrand(isRequest(this));
    this.#signal ??= this.#makeSignal === null
      ? createSignal() : this.#makeSignal();
    return this.#signal;
  }

  get cf() {
    requireBrand(isRequest(this));
    return this.#getCf();
  }

  get fetcher() {
    requireBrand(isRequest(this));
    return this.#options.fetcher;
  }
  get cache() {
    requireBrand(isRequest(this));
    return this.#options.cache;
  }
  get credentials() {
    requireBrand(isRequest(this));
    return this.#options.credentials;
  }
  get integrity() {
    requireBrand(isRequest(this));
    return this.#options.integrity;
  }
  get keepalive() {
    requireBrand(isRequest(this));
    return this.#options.keepalive;
  }
  get mode() {
    requireBrand(isRequest(this));
    return this.#options.mode;
  }
  get referrer() {
    requireBrand(isRequest(this));
    return this.#options.referrer;
  }
  get referrerPolicy() {
    requireBrand(isRequest(this));
    return this.#options.referrerPolicy;
  }

  // These have one value outside of browsers.
  get destination() { requireBrand(isRequest(this)); return ""; }
  get duplex() { requireBrand(isRequest(this)); return "half"; }
  get isHistoryNavigation() { requireBrand(isRequest(this)); return false; }
  get isReloadNavigation() { requireBrand(isRequest(this)); return false; }

  clone() {
    requireBrand(isRequest(this));
    this.#parse();
    const copy = new Request(kCreate);
    if (this.#body !== null) copy.#body = this.#body.clone();
    copy.#method = this.#method;
    copy.#url = this.#url;
    copy.#record = this.#record;
    copy.#headers = copyHeaders(this.#getHeaders());
    copy.#redirect = this.#redirect;
    copy.#cf = copyCf(this.#cf);
    copy.#options = this.#options;
    copy.#makeSignal = this.#makeSignal;
    if (this.#signal !== null) copy.#signal = followSignal(this.#signal);
    return copy;
  }
}
includeBody(Request, {
  isOurs: isRequest,
  bodyOf: (request) => bodyOf(request),
  headersOf: (request) => headersOf(request),
});
defineInterface(Request);

export { isRequest };
