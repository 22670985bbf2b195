// ctx.exports: what a worker exports, as stubs.  Called with {props}, one is a
// stub of the same export with these props.

import {
  FunctionPrototypeHasInstance, list, PrimordialTypeError as TypeError,
  StringPrototypeIndexOf,
} from "../primordials.js";
import { chunk, defineLazily } from "../core/chunks.js";
import { isObject } from "../core/webidl.js";
import { createCallableFetcher, createFetcher } from "../web/fetcher.js";
import { worker, WorkerEntrypoint } from "./entrypoints.js";

function withProps(entrypoint, options) {
  if (options === undefined || options === null) options = { __proto__: null };
  if (!isObject(options)) {
    throw new TypeError(
      "The options of an export's stub must be an object such as { props }.");
  }
  const { props } = options;
  return createFetcher({
    __proto__: null,
    self: true, entrypoint,
    props: props === undefined ? null : chunk("clone").serializeProps(props),
  });
}

function createLoopback(name) {
  const entrypoint = name === "default" ? "" : name;
  return createCallableFetcher(
    { __proto__: null, self: true, entrypoint },
    (args) => withProps(entrypoint, args[0]));
}

const isEntrypoint = (value) => typeof value === "function"
  ? FunctionPrototypeHasInstance(WorkerEntrypoint, value.prototype)
  : isObject(value);

// The worker has been loaded.
export function fillExports(namespace, keys) {
  const names = list();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== "string" || StringPrototypeIndexOf(key, "\0") !== -1) {
      continue;
    }
    if (isEntrypoint(namespace[key])) names[names.length] = key;
  }
  defineLazily(worker.exports, names, true, createLoopback);
}
