// Reads what clone/capabilities.js has written.  A number is one of this
// isolate's table in nginx, so to make one up gains nothing.

import { ArrayIsArray, NumberIsInteger } from "../primordials.js";
import {
  TAG_CAPABILITY, TAG_EXPORT, TAG_GRANT, unreadable,
} from "../core/clone.js";
import { isArrayBuffer, viewBytes } from "../core/webidl.js";
import { createFetcher } from "../web/fetcher.js";
import { createLoader } from "./loader.js";

// What a number stands for.
export const FETCHER = 1;
export const LOADER = 2;

function requireParts(isRight) {
  if (!isRight) throw unreadable();
}

function make(parts, first) {
  requireParts(ArrayIsArray(parts) && parts.length === 2);
  const { 0: kind, 1: number } = parts;
  requireParts(
    (kind === FETCHER || kind === LOADER) &&
    NumberIsInteger(number) && number >= 0);
  const capability = number + first;
  return kind === LOADER
    ? createLoader(capability) : createFetcher({ __proto__: null, capability });
}

// As the worker that loads this one wrote it: the first grant is our capability
// "first".
export const grantReader = (first) => (tag, parts) =>
  tag === TAG_GRANT ? make(parts, first) : undefined;

// In env.
export const readGrant = grantReader(1);

// In props, as this worker itself wrote them.
export function readOwn(tag, parts) {
  if (tag === TAG_CAPABILITY) return make(parts, 0);
  if (tag !== TAG_EXPORT) return undefined;
  requireParts(ArrayIsArray(parts) && parts.length === 2);
  const { 0: entrypoint, 1: props } = parts;
  requireParts(
    typeof entrypoint === "string" &&
    (props === null ||
      (!isArrayBuffer(props) && viewBytes(props) !== undefined)));
  return createFetcher({
    __proto__: null,
    self: true, entrypoint, props: props === null ? null : viewBytes(props),
  });
}
