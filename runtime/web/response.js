// https://fetch.spec.whatwg.org/#response-class

import {
  JSONStringify, MathTrunc, NumberIsNaN, PrimordialNumber as Number,
  PrimordialRangeError as RangeError, PrimordialTypeError as TypeError,
  RegExpPrototypeExec,
} from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toByteString,
  toUSVString,
} from "../core/webidl.js";
import { parseURL, serializeURL } from "../url/parser.js";
import {
  Body, bodyOf, BodyState, extractBody, kCreate, setBody,
} from "./body.js";
import {
  addHeaderIfAbsent, copyHeaders, createHeaders, Headers,
} from "./headers.js";

// eslint-disable-next-line no-control-regex
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/;

export const isNullBodyStatus = (status) =>
  status === 101 || status === 204 || status === 205 || status === 304;

export const isRedirectStatus = (status) =>
  status === 301 || status === 302 || status === 303 || status === 307 ||
  status === 308;

function toStatus(value) {
  const status = MathTrunc(Number(value));
  if (NumberIsNaN(status) || status < 200 || status > 599) {
    throw new RangeError(
      "Responses may only be constructed with status codes in the range 200 " +
      "to 599, inclusive.");
  }
  return status;
}

let isResponse;
// What a fetch() brought: parts are status text, name, value ...
export let createFetchedResponse;
// What is needed to send one.
export let responseState;

export class Response extends Body {
  #status = 200;
  #statusText = "";
  #headers = null;
  #parts = null;          // what "#headers" is made from
  #url = "";
  #redirected = false;
  #type = "default";
  #cf = undefined;

  static {
    isResponse = (value) => isObject(value) && #status in value;

    createFetchedResponse = (status, parts, body, url, redirected) => {
      const response = new Response(kCreate);
      setBody(response, body);
      response.#status = status;
      response.#statusText = parts[0];
      response.#parts = parts;
      response.#url = url;
      response.#redirected = redirected;
      return response;
    };

    responseState = (response) => ({
      status: response.#status,
      statusText: response.#statusText,
      headers: response.#getHeaders(),
      body: bodyOf(response),
    });
  }

  constructor(body = null, init = undefined) {
    super(kCreate);
    if (body === kCreate) return;
    if (isResponse(init)) {
      this.#status = init.#status;
      this.#statusText = init.#statusText;
      this.#headers = copyHeaders(init.#getHeaders());
      this.#cf = init.#cf;
    } else if (init === undefined || init === null) {
      this.#headers = new Headers();
    } else {
      if (!isObject(init)) {
        throw new TypeError(
          "Failed to construct 'Response': parameter 2 is not of type " +
          "'ResponseInit'.");
      }
      const { cf, headers, status, statusText } = init;
      if (status !== undefined) this.#status = toStatus(status);
      if (statusText !== undefined) {
        this.#statusText = toByteString(statusText, "Response");
        if (RegExpPrototypeExec(reasonPhrase, this.#statusText) === null) {
          throw new TypeError("Invalid statusText");
        }
      }
      this.#headers = headers === undefined ? new Headers() : new Headers(headers);
      this.#cf = cf;
    }
    if (body === null || body === undefined) return;
    if (isNullBodyStatus(this.#status)) {
      throw new TypeError(
        "Response with null body status (101, 204, 205, or 304) cannot have a " +
        "body.");
    }
    const extracted = extractBody(body);
    setBody(this, extracted.body);
    if (extracted.type !== null) {
      addHeaderIfAbsent(this.#headers, "Content-Type", extracted.type);
    }
  }

  static error() {
    const response = new Response(kCreate);
    response.#type = "error";
    response.#status = 0;
    response.#headers = createHeaders([], 0, true);
    return response;
  }

  static redirect(url, status = 302) {
    requireArguments(arguments.length, 1, "Response.redirect");
    const record = parseURL(toUSVString(url));
    if (record === null) throw new TypeError(`Invalid URL: ${url}`);
    status = MathTrunc(Number(status));
    if (!isRedirectStatus(status)) {
      throw new RangeError(`${status} is not a redirect status code.`);
    }
    const response = new Response(kCreate);
    response.#status = status;
    response.#headers =
      createHeaders(["Location", serializeURL(record)], 0, true);
    return response;
  }

  static json(data, init = undefined) {
    requireArguments(arguments.length, 1, "Response.json");
    const text = JSONStringify(data);
    if (text === undefined) {
      throw new TypeError("The data is not JSON serializable");
    }
    const response = new Response(null, init);
    if (isNullBodyStatus(response.#status)) {
      throw new TypeError(
        "Response with null body status (101, 204, 205, or 304) cannot have a " +
        "body.");
    }
    setBody(response, BodyState.ofText(toUSVString(text)));
    addHeaderIfAbsent(response.#headers, "Content-Type", "application/json");
    return response;
  }

  #getHeaders() {
    if (this.#headers === null) {
      this.#headers = createHeaders(this.#parts, 1, true);
      this.#parts = null;
    }
    return this.#headers;
  }

  get status() { requireBrand(isResponse(this)); return this.#status; }
  get statusText() { requireBrand(isResponse(this)); return this.#statusText; }
  get headers() { requireBrand(isResponse(this)); return this.#getHeaders(); }
  get url() { requireBrand(isResponse(this)); return this.#url; }
  get redirected() { requireBrand(isResponse(this)); return this.#redirected; }
  get type() { requireBrand(isResponse(this)); return this.#type; }
  get cf() { requireBrand(isResponse(this)); return this.#cf; }
  get webSocket() { requireBrand(isResponse(this)); return null; }
  get ok() {
    requireBrand(isResponse(this));
    return this.#status >= 200 && this.#status <= 299;
  }

  clone() {
    requireBrand(isResponse(this));
    const copy = new Response(kCreate);
    const body = bodyOf(this);
    if (body !== null) setBody(copy, body.clone());
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = copyHeaders(this.#getHeaders());
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#type = this.#type;
    copy.#cf = this.#cf;
    return copy;
  }
}
defineInterface(Response);

export { isResponse };
