// https://fetch.spec.whatwg.org/#request-class

import {
  JSONParse, PrimordialTypeError as TypeError, RegExpPrototypeExec,
  splitString, StringPrototypeToUpperCase,
} from "../primordials.js";
import { createSignal, followSignal, isAbortSignal } from "../core/signals.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toByteString,
  toDOMString, toUSVString,
} from "../core/webidl.js";
import { parseURL, serializeURL } from "../url/parser.js";
import { Body, bodyOf, extractBody, kCreate, setBody } from "./body.js";
import { binaryToUtf8 } from "./encoding.js";
import {
  addHeaderIfAbsent, copyHeaders, createHeaders, Headers,
} from "./headers.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const normalized = {
  __proto__: null,
  DELETE: true, GET: true, HEAD: true, OPTIONS: true, POST: true, PUT: true,
};
const forbidden = { __proto__: null, CONNECT: true, TRACE: true, TRACK: true };

// https://fetch.spec.whatwg.org/#concept-method-normalize
function toMethod(value) {
  const method = toByteString(value, "Request");
  if (RegExpPrototypeExec(token, method) === null) {
    throw new TypeError(`Invalid HTTP method string: ${method}`);
  }
  const upper = StringPrototypeToUpperCase(method);
  if (forbidden[upper]) {
    throw new TypeError(`HTTP method is not allowed: ${method}`);
  }
  return normalized[upper] ? upper : method;
}

function toURL(text) {
  const url = parseURL(toUSVString(text));
  if (url === null) throw new TypeError(`Invalid URL: ${text}`);
  return serializeURL(url);
}

function toRedirect(value) {
  const redirect = toDOMString(value);
  if (redirect === "follow" || redirect === "manual" || redirect === "error") {
    return redirect;
  }
  throw new TypeError(
    'Invalid redirect value, must be one of "follow", "manual" or "error".');
}

// Properties of request.cf are the worker's own to change.
function copyCf(cf) {
  if (!isObject(cf)) return undefined;
  const copy = {};
  for (const key in cf) copy[key] = cf[key];
  return copy;
}

let isRequest;

// An event's request: "head" is entrypoint, method, URL, cf, name, value ...,
// taken apart when something of it is asked for.
export let createEventRequest;
// What fetch() needs.
export let requestState;

export class Request extends Body {
  #method = "GET";
  #url = "";
  #headers = null;
  #redirect = "follow";
  #signal = null;
  #cf = undefined;

  // of an event's request
  #head = null;
  #parts = null;
  #makeSignal = null;
  #isEvents = false;

  static {
    isRequest = (value) => isObject(value) && #redirect in value;

    createEventRequest = (head, body, makeSignal) => {
      const request = new Request(kCreate);
      setBody(request, body);
      request.#head = head;
      request.#makeSignal = makeSignal;
      request.#redirect = "manual";
      request.#isEvents = true;
      return request;
    };

    requestState = (request) => {
      request.#parse();
      return {
        method: request.#method,
        url: request.#url,
        parsed: !request.#isEvents,
        headers: request.#getHeaders(),
        redirect: request.#redirect,
        signal: request.#signal,
        cf: request.#getCf(),
        body: bodyOf(request),
      };
    };
  }

  constructor(input, init = undefined) {
    super(kCreate);
    if (input === kCreate) return;
    requireArguments(arguments.length, 1, "Request");
    if (init !== undefined && init !== null && !isObject(init)) {
      throw new TypeError(
        "Failed to construct 'Request': parameter 2 is not of type " +
        "'RequestInit'.");
    }

    let source = null;
    if (isRequest(input)) {
      source = input;
      source.#parse();
      this.#method = source.#method;
      this.#url = source.#url;
      this.#isEvents = source.#isEvents;
      this.#redirect = source.#redirect;
      this.#cf = copyCf(source.#getCf());
    } else {
      this.#url = toURL(input);
    }

    const { body, cf, headers, method, redirect, signal } = init ?? {};
    if (method !== undefined) this.#method = toMethod(method);
    if (redirect !== undefined) this.#redirect = toRedirect(redirect);
    if (cf !== undefined) this.#cf = copyCf(cf);

    // a signal of null detaches it from the source's
    if (signal === undefined) {
      if (source !== null && source.#signal !== null) {
        this.#signal = followSignal(source.#signal);
      } else if (source !== null) {
        this.#makeSignal = source.#makeSignal;
      }
    } else if (signal !== null) {
      if (!isAbortSignal(signal)) {
        throw new TypeError(
          "Failed to construct 'Request': member signal is not of type " +
          "'AbortSignal'.");
      }
      this.#signal = followSignal(signal);
    }

    if (headers !== undefined) {
      this.#headers = new Headers(headers);
    } else {
      this.#headers = source === null
        ? new Headers() : copyHeaders(source.#getHeaders());
    }

    const hasBody = body !== undefined && body !== null;
    const sourceBody = source === null ? null : bodyOf(source);
    if (body === null) {
      // an explicit null drops the source's
    } else if (hasBody) {
      if (this.#method === "GET" || this.#method === "HEAD") {
        throw new TypeError(
          "Request with a GET or HEAD method cannot have a body.");
      }
      const extracted = extractBody(body);
      setBody(this, extracted.body);
      if (extracted.type !== null) {
        addHeaderIfAbsent(this.#headers, "Content-Type", extracted.type);
      }
    } else if (sourceBody !== null) {
      if (method !== undefined &&
          (this.#method === "GET" || this.#method === "HEAD")) {
        throw new TypeError(
          "Request with a GET or HEAD method cannot have a body.");
      }
      setBody(this, sourceBody.transfer());
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

  // Workers know no other values of these.
  get fetcher() { requireBrand(isRequest(this)); return null; }
  get integrity() { requireBrand(isRequest(this)); return ""; }
  get keepalive() { requireBrand(isRequest(this)); return false; }
  get cache() { requireBrand(isRequest(this)); return undefined; }

  clone() {
    requireBrand(isRequest(this));
    this.#parse();
    const copy = new Request(kCreate);
    const body = bodyOf(this);
    if (body !== null) setBody(copy, body.clone());
    copy.#method = this.#method;
    copy.#url = this.#url;
    copy.#isEvents = this.#isEvents;
    copy.#headers = copyHeaders(this.#getHeaders());
    copy.#redirect = this.#redirect;
    copy.#cf = copyCf(this.#cf);
    copy.#makeSignal = this.#makeSignal;
    if (this.#signal !== null) copy.#signal = followSignal(this.#signal);
    return copy;
  }
}
defineInterface(Request);

export { isRequest };
