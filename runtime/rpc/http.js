// Headers, Requests and Responses as parts of a value, and back.  What comes
// may be made up: it goes through the public constructors.

import {
  JSONParse, JSONStringify, list, RegExpPrototypeExec, splitString, toArray,
} from "../primordials.js";
import { dataCloneError } from "../core/clone.js";
import { createHeaders, headersToWire, isToken } from "../web/headers.js";
import { Request, requestState } from "../web/request.js";
import { Response, responseState } from "../web/response.js";
import { badMessage } from "./messages.js";

const headerValue = /^[\x01-\x09\x0b\x0c\x0e-\xff]*$/;

// name, value, name, value ...
export function headersParts(headers) {
  const parts = splitString(headersToWire(headers), "\0");
  parts.length--;
  return toArray(parts);
}

const isHeaderValue = (text) =>
  RegExpPrototypeExec(headerValue, text) !== null;

export function readHeaders(parts) {
  if (parts.length % 2 !== 0) throw badMessage("bad headers");
  const checked = list();
  for (let i = 0; i < parts.length; i++) {
    const isRight = i % 2 === 0 ? isToken : isHeaderValue;
    if (typeof parts[i] !== "string" || !isRight(parts[i])) {
      throw badMessage("bad headers");
    }
    checked[i] = parts[i];
  }
  return createHeaders(checked, 0, false);
}

function bodyPart(body, out) {
  if (body === null) return null;
  body.requireUnused();
  if (body.text !== undefined || body.bytes !== undefined) {
    return body.take().getBytes();
  }
  return out.readable(body.takeStream());
}

export function requestParts(request, out) {
  const { body, cf, headers, method, redirect, url } = requestState(request);
  const json = cf === undefined ? undefined : JSONStringify(cf);
  return [
    method, url, headersParts(headers), redirect, json, bodyPart(body, out),
  ];
}

export function readRequest(parts) {
  const { 0: method, 1: url, 2: headers, 3: redirect, 4: cf, 5: body } = parts;
  try {
    return new Request(url, {
      __proto__: null,
      method, headers: readHeaders(headers), redirect,
      cf: cf === undefined ? undefined : JSONParse(cf),
      body: body === null ? undefined : body,
    });
  } catch {
    throw badMessage("a bad Request");
  }
}

export function responseParts(response, out) {
  const { body, headers, manual, status, statusText } = responseState(response);
  if (status < 200) {
    throw dataCloneError(
      "A Response without a status of 200 to 599 could not be cloned.");
  }
  return [
    status, statusText, headersParts(headers), bodyPart(body, out), manual,
  ];
}

export function readResponse(parts) {
  const { 0: status, 1: statusText, 2: headers, 3: body, 4: manual } = parts;
  try {
    return new Response(body, {
      __proto__: null, status, statusText, headers: readHeaders(headers),
      encodeBody: manual === true ? "manual" : "automatic",
    });
  } catch {
    throw badMessage("a bad Response");
  }
}
