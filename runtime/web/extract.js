// https://fetch.spec.whatwg.org/#bodyinit-unions: what bodies are made of.

import {
  list, PrimordialTypeError as TypeError, SymbolAsyncIterator,
} from "../primordials.js";
import { copyBytes } from "../core/bytes.js";
import { isObject, toUSVString, viewBytes } from "../core/webidl.js";
import { isSearchParams, searchParamsText } from "../url/lazy.js";
import { BodyState } from "./body.js";
import {
  isDisturbed, isLocked, isReadableStream, streamFrom,
} from "./streams.js";

const LOCKED =
  "This ReadableStream is currently locked to a reader.";
const DISTURBED =
  "This ReadableStream is disturbed (has already been read from), and cannot " +
  "be used as a body.";

// Interfaces of chunks whose instances can be bodies.  Before a chunk is
// evaluated, nothing can be one.
const kinds = list();

// "extract" makes of an instance what extractBody() returns.
export function addBodyKind(is, extract) {
  kinds[kinds.length] = { __proto__: null, is, extract };
}

function kindOf(value) {
  for (let i = 0; i < kinds.length; i++) {
    if (kinds[i].is(value)) return kinds[i];
  }
  return undefined;
}

// Converts to the union, which extractBody() takes: a string or an object.
export function toBodyInit(value) {
  if (isObject(value) && (isReadableStream(value) ||
      viewBytes(value) !== undefined || isSearchParams(value) ||
      kindOf(value) !== undefined ||
      typeof value[SymbolAsyncIterator] === "function")) {
    return value;
  }
  return toUSVString(value);
}

// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
// Returns { body, type }, with a null type when there is none.
export function extractBody(init) {
  if (typeof init === "string") {
    return { body: BodyState.ofText(init), type: "text/plain;charset=UTF-8" };
  }
  // before buffers: what is none costs exceptions to tell
  if (isReadableStream(init)) {
    if (isDisturbed(init)) throw new TypeError(DISTURBED);
    if (isLocked(init)) throw new TypeError(LOCKED);
    return { body: BodyState.ofStream(init), type: null };
  }
  const bytes = viewBytes(init);
  if (bytes !== undefined) {
    return { body: BodyState.ofBytes(copyBytes(bytes)), type: null };
  }
  if (isSearchParams(init)) {
    return {
      body: BodyState.ofText(searchParamsText(init)),
      type: "application/x-www-form-urlencoded;charset=UTF-8",
    };
  }
  const kind = kindOf(init);
  if (kind !== undefined) return kind.extract(init);
  // an async iterable, as in Workers
  return { body: BodyState.ofStream(streamFrom(init)), type: null };
}
