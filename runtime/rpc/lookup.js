// What of a target a peer may reach: methods and getters of a class, found on
// its prototypes; a plain object's own properties.  Never what is the
// instance's own, nor Object.prototype.

import { KIND_OF_PROXY, v8 } from "../native.js";
import {
  ArrayPrototypeJoin, list, ObjectGetPrototypeOf, ObjectPrototype,
  ObjectPrototypeHasOwnProperty, PrimordialTypeError as TypeError, ReflectGet,
  ReflectGetOwnPropertyDescriptor,
} from "../primordials.js";
import { baseOf, thenableName } from "../core/stubs.js";
import { isObject } from "../core/webidl.js";
import {
  RpcTarget, worker, WorkerEntrypoint,
} from "../worker/entrypoints.js";

// How the properties of a target are found.
export const INSTANCE = 1;      // of a class
const PLAIN = 2;                // its own
export const HANDLERS = 3;      // the same of an exported object
const FORWARD = 4;              // a stub: asked over there

const reserved = { __proto__: null, constructor: true, dup: true };
const reservedOfEntrypoints = {
  __proto__: null,
  alarm: true, connect: true, fetch: true, webSocketClose: true,
  webSocketError: true, webSocketMessage: true,
};
const hiddenOfFunctions = {
  __proto__: null, arguments: true, caller: true, prototype: true,
};

export const notImplemented = (name) => new TypeError(
  `The RPC receiver does not implement the method "${name}".`);

export const pathText = (path) =>
  path.length === 0 ? "(this)" : ArrayPrototypeJoin(path, ".");

function isRpcTarget(value) {
  if (!isObject(value)) return false;
  let prototype = ObjectGetPrototypeOf(value);
  for (; prototype !== null; prototype = ObjectGetPrototypeOf(prototype)) {
    if (prototype === RpcTarget.prototype) return true;
  }
  return false;
}

// Of what may be the target of a stub; undefined for what may not.
export function modeOf(value) {
  if (!isObject(value)) return undefined;
  if (baseOf(value) !== undefined) {
    return thenableName(value) === undefined ? FORWARD : undefined;
  }
  if (isRpcTarget(value)) return INSTANCE;
  if (typeof value === "function") return PLAIN;
  return ObjectGetPrototypeOf(value) === ObjectPrototype ? PLAIN : undefined;
}

function ownProperty(object, name, mode) {
  if (!ObjectPrototypeHasOwnProperty(object, name) ||
      (typeof object === "function" && hiddenOfFunctions[name])) {
    throw notImplemented(name);
  }
  const value = object[name];
  if (mode === HANDLERS && (name === "env" || name === "ctx")) {
    // what runtime/worker/events.js has put there is nobody else's
    const property = ReflectGetOwnPropertyDescriptor(object, name);
    if (value === worker.env || !property?.enumerable) {
      throw notImplemented(name);
    }
  }
  return value;
}

function classProperty(object, name) {
  if (ObjectPrototypeHasOwnProperty(object, name)) throw notImplemented(name);
  let prototype = ObjectGetPrototypeOf(object);
  for (; prototype !== null; prototype = ObjectGetPrototypeOf(prototype)) {
    if (prototype === ObjectPrototype || prototype === RpcTarget.prototype ||
        prototype === WorkerEntrypoint.prototype) {
      break;
    }
    if (ObjectPrototypeHasOwnProperty(prototype, name)) {
      return ReflectGet(prototype, name, object);
    }
  }
  // a Proxy may answer to any name
  if (v8.kindOf(object) === KIND_OF_PROXY) {
    const value = object[name];
    if (value !== undefined && value !== ObjectPrototype[name]) return value;
  }
  throw notImplemented(name);
}

function property(object, name, mode, isEntrypoint) {
  if (reserved[name] || (isEntrypoint && reservedOfEntrypoints[name])) {
    throw new TypeError(
      `'${name}' is a reserved method and cannot be called over RPC.`);
  }
  return mode === INSTANCE
    ? classProperty(object, name) : ownProperty(object, name, mode);
}

const rest = (path, from) => {
  const left = list();
  for (let i = from; i < path.length; i++) left[i - from] = path[i];
  return left;
};

// What the path leads to: { value, self }; or { base, path } where a stub is in
// the way, with its value too if it is at the end.
export function lookup(target, mode, path, isEntrypoint) {
  let self = target;
  let value = target;
  for (let i = 0; i < path.length; i++) {
    if (i > 0) {
      mode = modeOf(value);
      if (mode === undefined) throw notImplemented(path[i - 1]);
    }
    if (mode === FORWARD) {
      return {
        base: baseOf(value), path: rest(path, i), value: undefined,
        self: undefined,
      };
    }
    self = value;
    value = property(self, path[i], mode, isEntrypoint && i === 0);
  }
  const base = baseOf(value);
  return { base, path: base === undefined ? null : list(), value, self };
}
