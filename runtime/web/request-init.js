// https://fetch.spec.whatwg.org/#requestinit: the dictionary, read and
// converted, but not yet validated.

import {
  ObjectKeys, PrimordialTypeError as TypeError, StringPrototypeToUpperCase,
} from "../primordials.js";
import { toEnum } from "../core/convert.js";
import {
  isObject, toByteString, toDOMString, toUSVString,
} from "../core/webidl.js";
import { parseURL } from "../url/lazy.js";
import { isAbortSignal } from "../core/signals.js";
import { toBodyInit } from "./extract.js";
import { isToken, toHeadersInit } from "./headers.js";

const normalized = {
  __proto__: null,
  DELETE: true, GET: true, HEAD: true, OPTIONS: true, POST: true, PUT: true,
};
const forbidden = { __proto__: null, CONNECT: true, TRACE: true, TRACK: true };

// https://fetch.spec.whatwg.org/#concept-method-normalize
export function toMethod(method) {
  if (!isToken(method)) {
    throw new TypeError(`Invalid HTTP method string: ${method}`);
  }
  const upper = StringPrototypeToUpperCase(method);
  if (forbidden[upper]) {
    throw new TypeError(`HTTP method is not allowed: ${method}`);
  }
  return normalized[upper] ? upper : method;
}

const caches = {
  __proto__: null,
  "default": true, "no-store": true, reload: true, "no-cache": true,
  "force-cache": true, "only-if-cached": true,
};
const credentialsValues =
  { __proto__: null, omit: true, "same-origin": true, include: true };
const duplexes = { __proto__: null, half: true };
const encodings = { __proto__: null, automatic: true, manual: true };
const modes = {
  __proto__: null,
  navigate: true, "same-origin": true, "no-cors": true, cors: true,
};
const priorities = { __proto__: null, high: true, low: true, auto: true };
const redirects = { __proto__: null, follow: true, error: true, manual: true };
const referrerPolicies = {
  __proto__: null,
  "": true, "no-referrer": true, "no-referrer-when-downgrade": true,
  "same-origin": true, origin: true, "strict-origin": true,
  "origin-when-cross-origin": true, "strict-origin-when-cross-origin": true,
  "unsafe-url": true,
};

const where = "Request";

const asBody = (value) => value === null ? null : toBodyInit(value);

function asSignal(value) {
  if (value === null || isAbortSignal(value)) return value;
  throw new TypeError(
    "Failed to construct 'Request': member signal is not of type " +
    "'AbortSignal'.");
}

// Workers say so with these words.
function asCache(value) {
  const cache = toDOMString(value);
  if (caches[cache] === true) return cache;
  throw new TypeError(`Unsupported cache mode: ${cache}`);
}

function asRedirect(value) {
  const redirect = toDOMString(value);
  if (redirects[redirect] === true) return redirect;
  throw new TypeError(
    'Invalid redirect value, must be one of "follow", "manual" or "error".');
}

function asObject(value, name) {
  if (value === null || isObject(value)) return value;
  throw new TypeError(
    `Failed to construct 'Request': member ${name} is not an object.`);
}

// A record of the members, undefined where there is none.
export function readRequestInit(init) {
  if (!isObject(init)) {
    throw new TypeError(
      "Failed to construct 'Request': parameter 2 is not of type " +
      "'RequestInit'.");
  }
  // in lexicographical order, as dictionaries are read
  let { body } = init;
  if (body !== undefined) body = asBody(body);
  let { cache } = init;
  if (cache !== undefined) cache = asCache(cache);
  let { cf } = init;
  if (cf !== undefined) cf = asObject(cf, "cf");
  let { credentials } = init;
  if (credentials !== undefined) {
    credentials = toEnum(credentials, credentialsValues, where, "credentials");
  }
  let { duplex } = init;
  if (duplex !== undefined) duplex = toEnum(duplex, duplexes, where, "duplex");
  let { encodeResponseBody } = init;
  if (encodeResponseBody !== undefined) {
    encodeResponseBody =
      toEnum(encodeResponseBody, encodings, where, "encodeResponseBody");
  }
  let { fetcher } = init;
  if (fetcher !== undefined) fetcher = asObject(fetcher, "fetcher");
  let { headers } = init;
  if (headers !== undefined) headers = toHeadersInit(headers, where);
  let { integrity } = init;
  if (integrity !== undefined) integrity = toDOMString(integrity);
  let { keepalive } = init;
  if (keepalive !== undefined) keepalive = Boolean(keepalive);
  let { method } = init;
  if (method !== undefined) method = toByteString(method, where);
  let { mode } = init;
  if (mode !== undefined) mode = toEnum(mode, modes, where, "mode");
  let { priority } = init;
  if (priority !== undefined) {
    priority = toEnum(priority, priorities, where, "priority");
  }
  let { redirect } = init;
  if (redirect !== undefined) redirect = asRedirect(redirect);
  let { referrer } = init;
  if (referrer !== undefined) referrer = toUSVString(referrer);
  let { referrerPolicy } = init;
  if (referrerPolicy !== undefined) {
    referrerPolicy =
      toEnum(referrerPolicy, referrerPolicies, where, "referrerPolicy");
  }
  let { signal } = init;
  if (signal !== undefined) signal = asSignal(signal);
  const { window } = init;
  return {
    body, cache, cf, credentials, duplex, encodeResponseBody, fetcher, headers,
    integrity, keepalive, method, mode, priority, redirect, referrer,
    referrerPolicy, signal, window,
  };
}

// https://fetch.spec.whatwg.org/#dom-request, step 14.  There is no origin here
// that one could be the same as.
function toReferrer(text) {
  if (text === "") return "";
  if (parseURL(text) === null) throw new TypeError(`Invalid referrer: ${text}`);
  return "about:client";
}

// The options of a request that is made with this init from one with those.
export function mergeOptions(from, defaults, init) {
  if (init.window !== undefined && init.window !== null) {
    throw new TypeError(
      "Failed to construct 'Request': 'window' must be null.");
  }
  if (!hasOptions(init) && (from === defaults || isEmpty(init))) return from;
  if (init.mode === "navigate") {
    throw new TypeError('A request cannot have the mode "navigate".');
  }
  const options = {
    __proto__: null,
    cache: init.cache ?? from.cache,
    credentials: init.credentials ?? from.credentials,
    encodeResponseBody: init.encodeResponseBody ?? from.encodeResponseBody,
    fetcher: init.fetcher === undefined ? from.fetcher : init.fetcher,
    integrity: init.integrity ?? from.integrity,
    keepalive: init.keepalive ?? from.keepalive,
    mode: init.mode ?? from.mode,
    referrer: init.referrer === undefined
      ? defaults.referrer : toReferrer(init.referrer),
    referrerPolicy: init.referrerPolicy ?? defaults.referrerPolicy,
  };
  if (options.cache === "only-if-cached" && options.mode !== "same-origin") {
    throw new TypeError(
      'The cache mode "only-if-cached" needs the mode "same-origin".');
  }
  return options;
}

const hasOptions = (init) =>
  init.cache !== undefined || init.credentials !== undefined ||
  init.encodeResponseBody !== undefined || init.fetcher !== undefined ||
  init.integrity !== undefined || init.keepalive !== undefined ||
  init.mode !== undefined || init.referrer !== undefined ||
  init.referrerPolicy !== undefined;

function isEmpty(init) {
  const keys = ObjectKeys(init);
  for (let i = 0; i < keys.length; i++) {
    if (init[keys[i]] !== undefined) return false;
  }
  return true;
}
