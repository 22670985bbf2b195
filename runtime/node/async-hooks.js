// node:async_hooks, as far as Workers have it.
// https://nodejs.org/docs/latest-v20.x/api/async_context.html
//
// A storage is a key of the frame at hand (core/context.js).  What is captured
// is the values alone: a function that was bound in one event and is called in
// another works for the latter.

import {
  ObjectDefineProperty, PrimordialError as Error,
} from "../primordials.js";
import {
  currentValues, NO_VALUES, runWithValues, valueIn, withValue,
} from "../core/context.js";
import { currentInvocation } from "../core/invocation.js";
import { requireBrand } from "../core/webidl.js";
import {
  invalidArgType, requireFunction, requireObject, requireString,
} from "../chunks/node-errors.js";

const runWith = (values, callback, self, args) =>
  runWithValues(currentInvocation(), values, callback, self, args);

const notHere = (name) =>
  new Error(`asyncLocalStorage.${name}() is not implemented`);

class AsyncLocalStorage {
  #default = undefined;
  #name = "";

  constructor(options = undefined) {
    if (options === undefined) return;
    requireObject(options, "options");
    const { defaultValue, name } = options;
    this.#default = defaultValue;
    if (name !== undefined) this.#name = `${name}`;
  }

  static bind(callback) {
    requireFunction(callback, "fn");
    const values = currentValues();
    return function (...args) {
      return runWith(values, callback, this, args);
    };
  }

  static snapshot() {
    const values = currentValues();
    return function (callback, ...args) {
      requireFunction(callback, "fn");
      return runWith(values, callback, this, args);
    };
  }

  get name() {
    requireBrand(#name in this);
    return this.#name;
  }

  run(store, callback, ...args) {
    requireBrand(#default in this);
    requireFunction(callback, "callback");
    return runWith(
      withValue(currentValues(), this, store), callback, undefined, args);
  }

  exit(callback, ...args) {
    requireBrand(#default in this);
    requireFunction(callback, "callback");
    return runWith(
      withValue(currentValues(), this, undefined), callback, undefined, args);
  }

  getStore() {
    requireBrand(#default in this);
    return valueIn(currentValues(), this, this.#default);
  }

  // As in Workers: they would change the frame of callers who know nothing of
  // it.
  enterWith(_store) {
    throw notHere("enterWith");
  }

  disable() {
    throw notHere("disable");
  }
}

let runInScope;

// How deep we are in callbacks of which resource is not kept: ids are of no use
// without hooks.
const EXECUTION_ID = 1;
let lastId = EXECUTION_ID;

export class AsyncResource {
  #values = NO_VALUES;
  #id = ++lastId;
  #trigger = EXECUTION_ID;

  static {
    runInScope = (resource, callback, self, args) =>
      runWith(resource.#values, callback, self, args);
  }

  constructor(type, options = undefined) {
    requireString(type, "type");
    let trigger = options;
    if (typeof options === "object" && options !== null) {
      trigger = options.triggerAsyncId;
    }
    if (trigger !== undefined) {
      if (typeof trigger !== "number") {
        throw invalidArgType("triggerAsyncId", "number", trigger);
      }
      this.#trigger = trigger;
    }
    this.#values = currentValues();
  }

  static bind(callback, type = undefined, self = undefined) {
    requireFunction(callback, "fn");
    return bind(new AsyncResource(type ?? (callback.name ||
      "bound-anonymous-fn")),
      callback, self);
  }

  asyncId() {
    requireBrand(#id in this);
    return this.#id;
  }

  triggerAsyncId() {
    requireBrand(#id in this);
    return this.#trigger;
  }

  emitDestroy() {
    requireBrand(#id in this);
    return this;
  }

  runInAsyncScope(callback, self = undefined, ...args) {
    requireBrand(#id in this);
    requireFunction(callback, "fn");
    return runWith(this.#values, callback, self, args);
  }

  bind(callback, self = undefined) {
    requireBrand(#id in this);
    requireFunction(callback, "fn");
    return bind(this, callback, self);
  }
}

// A class that names itself in its body is "_Name" in the bundle.
ObjectDefineProperty(AsyncResource, "name", {
  __proto__: null, value: "AsyncResource", configurable: true,
});

function bind(resource, callback, self) {
  const bound = self === undefined
    ? function (...args) { return runInScope(resource, callback, this, args); }
    : (...args) => runInScope(resource, callback, self, args);
  ObjectDefineProperty(bound, "length", {
    __proto__: null, value: callback.length, configurable: true,
  });
  return bound;
}

// Hooks would tell of what the runtime does; nothing ever calls them.
function createHook(callbacks) {
  requireObject(callbacks, "options");
  return {
    enable() { return this; },
    disable() { return this; },
  };
}

const resource = {};

export default {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders: { __proto__: null },
  createHook,
  executionAsyncId: () => EXECUTION_ID,
  executionAsyncResource: () => resource,
  triggerAsyncId: () => 0,
};
