// https://fetch.spec.whatwg.org/#response-class

import {
  JSONStringify, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, RegExpPrototypeExec, splitString,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { toDictionary, toEnum, toUnsignedShort } from "../core/convert.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toByteString,
  toUSVString,
} from "../core/webidl.js";
import { parseURL, serializeURL } from "../url/lazy.js";
import { includeBody } from "./body-mixin.js";
import { extractBody, toBodyInit } from "./extract.js";
import {
  addHeaderIfAbsent, copyHeaders, createHeaders, fillHeaders, getHeader,
  Headers, headersToWire, isGzipHead, toHeadersInit,
} from "./headers.js";

const kCreate = {};

// eslint-disable-next-line no-control-regex
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/;

export const isNullBodyStatus = (status) =>
  status === 101 || status === 204 || status === 205 || status === 304;

export const isRedirectStatus = (status) =>
  status === 301 || status === 302 || status === 303 || status === 307 ||
  status === 308;

function requireStatus(status) {
  if (status >= 200 && status <= 599) return;
  throw new RangeError(
    "Responses may only be constructed with status codes in the range 200 " +
    "to 599, inclusive.");
}

const encodings = { __proto__: null, automatic: true, manual: true };

// https://fetch.spec.whatwg.org/#responseinit, converted but not validated.  As
// in Workers, a Response is not read as a dictionary is.
function readResponseInit(value) {
  if (isResponse(value)) return value;
  const where = "Response";
  const init = toDictionary(value, where, "ResponseInit");
  if (init === undefined) return undefined;
  const { cf } = init;
  let { encodeBody } = init;
  if (encodeBody !== undefined) {
    encodeBody = toEnum(encodeBody, encodings, where, "encodeBody");
  }
  let { headers } = init;
  if (headers !== undefined) headers = toHeadersInit(headers, where);
  let { status } = init;
  status = status === undefined ? 200 : toUnsignedShort(status);
  let { statusText } = init;
  statusText =
    statusText === undefined ? "" : toByteString(statusText, where);
  const { webSocket } = init;
  return { cf, encodeBody, headers, status, statusText, webSocket };
}

const isEmpty = (body) => body.text === "" ||
  (body.bytes !== undefined &&
   TypedArrayPrototypeGetByteLength(body.bytes) === 0);

let isResponse;
// What a fetch() brought: "head" is status text, name, value ..., each ended by
// NUL, and taken apart when something of it is asked for.
export let createFetchedResponse;
export let responseState;
// What is needed to send one; its "head" is as above.
export let responseToSend;

let bodyOf;
let headersOf;

export class Response {
  #status = 200;
  #statusText = "";
  #headers = null;
  #body = null;
  #head = null;           // what "#statusText" and "#headers" are made from
  #url = "";
  #redirected = false;
  #type = "default";
  #cf = undefined;
  #manual = false;        // "encodeBody"

  static {
    isResponse = (value) => isObject(value) && #status in value;
    bodyOf = (response) => response.#body;
    headersOf = (response) => response.#getHeaders();

    createFetchedResponse = (status, head, body, url, redirected) => {
      const response = new Response(kCreate);
      response.#body = body;
      response.#status = status;
      response.#head = head;
      response.#url = url;
      response.#redirected = redirected;
      return response;
    };

    responseState = (response) => {
      response.#parse();
      return {
        status: response.#status,
        statusText: response.#statusText,
        url: response.#url,
        headers: response.#headers,
        body: response.#body,
        manual: response.#manual,
      };
    };

    responseToSend = (response) => ({
      status: response.#status,
      // nobody has looked into one that was fetched: as it came
      head: response.#head ??
        `${response.#statusText}\0${headersToWire(response.#headers)}`,
      body: response.#body,
      // is the body to be encoded when it is sent?
      gzip: response.#body !== null && !response.#manual && response.#isGzip(),
    });
  }

  constructor(body = null, init = undefined) {
    if (body === kCreate) return;
    if (body === undefined) body = null;
    if (body !== null) body = toBodyInit(body);
    const members = readResponseInit(init);
    this.#initialize(
      body === null ? null : extractBody(body), members, init);
  }

  // https://fetch.spec.whatwg.org/#initialize-a-response
  #initialize(extracted, members, init) {
    if (members === undefined) {
      this.#headers = new Headers();
    } else if (members === init) {
      requireStatus(init.#status);
      this.#status = init.#status;
      init.#parse();
      this.#statusText = init.#statusText;
      this.#headers = copyHeaders(init.#headers);
      this.#cf = init.#cf;
      this.#manual = init.#manual;
    } else {
      const { headers, status, statusText, webSocket } = members;
      if (webSocket !== undefined && webSocket !== null) {
        throw new TypeError("Responses with a WebSocket are not supported.");
      }
      requireStatus(status);
      if (RegExpPrototypeExec(reasonPhrase, statusText) === null) {
        throw new TypeError("Invalid statusText");
      }
      this.#status = status;
      this.#statusText = statusText;
      this.#headers = new Headers();
      if (headers !== undefined) {
        fillHeaders(this.#headers, headers, "Response");
      }
      this.#cf = members.cf;
      this.#manual = members.encodeBody === "manual";
    }
    if (extracted === null) return;
    const { body, type } = extracted;
    if (isNullBodyStatus(this.#status)) {
      // Workers let one that is empty pass for none
      if (isEmpty(body)) return;
      throw new TypeError(
        "Response with null body status (101, 204, 205, or 304) cannot have a " +
        "body.");
    }
    this.#body = body;
    if (type !== null) addHeaderIfAbsent(this.#headers, "Content-Type", type);
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
    url = toUSVString(url);
    status = toUnsignedShort(status);
    const record = parseURL(url);
    if (record === null) throw new TypeError(`Invalid URL: ${url}`);
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
    const members = readResponseInit(init);
    const text = JSONStringify(data);
    if (text === undefined) {
      throw new TypeError("The data is not JSON serializable");
    }
    const response = new Response(kCreate);
    const { body } = extractBody(text);
    response.#initialize({ body, type: "application/json" }, members, init);
    return response;
  }

  #parse() {
    if (this.#head === null) return;
    const parts = splitString(this.#head, "\0");
    this.#head = null;
    this.#statusText = parts[0];
    this.#headers = createHeaders(parts, 1, true);
  }

  #isGzip() {
    return this.#head === null
      ? getHeader(this.#headers, "content-encoding") === "gzip"
      : isGzipHead(this.#head);
  }

  #getHeaders() {
    this.#parse();
    return this.#headers;
  }

  get status() { requireBrand(isResponse(this)); return this.#status; }
  get statusText() {
    requireBrand(isResponse(this));
    this.#parse();
    return this.#statusText;
  }
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
    if (this.#body !== null) copy.#body = this.#body.clone();
    this.#parse();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = copyHeaders(this.#headers);
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#type = this.#type;
    copy.#cf = this.#cf;
    copy.#manual = this.#manual;
    return copy;
  }
}
includeBody(Response, {
  isOurs: isResponse,
  bodyOf: (response) => bodyOf(response),
  headersOf: (response) => headersOf(response),
});
defineInterface(Response);

export { isResponse };
