// Objects that stand for something in another worker.  Any name that their
// interface lacks is a property over there.  What they do is done by a *base*,
// an object with call(path, args) and get(path), both of which return a pending
// result (runtime/rpc/pending.js); a stub's base has dup(), dispose() and
// onBroken(callback) too.
//
// The names come from a Proxy at the end of the prototype chain, so a stub is
// itself an ordinary object or function: private fields and brands work, and it
// costs nothing until it is used.

import {
  list, ObjectSetPrototypeOf, PrimordialProxy as Proxy,
  PrimordialTypeError as TypeError, PromisePrototypeFinally,
  PromisePrototypeThen, ReflectDeleteProperty, ReflectGet, SymbolDispose,
} from "../primordials.js";
import { chunk } from "./chunks.js";
import { currentInvocation } from "./invocation.js";
import { defineData, defineHidden } from "./properties.js";
import {
  createStamp, defineInterface, isObject, requireArguments, requireBrand,
} from "./webidl.js";

const bases = createStamp();

export const setBase = bases.set;
export const baseOf = (value) =>
  isObject(value) ? bases.get(value) : undefined;

const append = (path, name) => {
  const longer = list();
  for (let i = 0; i < path.length; i++) longer[i] = path[i];
  longer[path.length] = name;
  return longer;
};

const wildcard = new Proxy({}, {
  __proto__: null,
  get(target, key, receiver) {
    if (typeof key === "string") {
      const base = baseOf(receiver);
      if (base !== undefined) {
        // "then" would make a promise take it for another one
        return key === "then" ? undefined : createProperty(base, key);
      }
    }
    return ReflectGet(target, key, receiver);
  },
});

export function addWildcard(Interface) {
  ObjectSetPrototypeOf(Interface.prototype, wildcard);
}

// A function with no property of its own, and not even of Function.prototype.
export function createCallable(prototype, call) {
  const callable = (...args) => call(args);
  ReflectDeleteProperty(callable, "name");
  ReflectDeleteProperty(callable, "length");
  return ObjectSetPrototypeOf(callable, prototype);
}

function create(prototype, base) {
  const stub = createCallable(
    prototype, (args) => createPromise(base.call(list(), args)));
  setBase(stub, base);
  return stub;
}

const kRef = createStamp();
const kPending = createStamp();
const kProperty = createStamp();

export const refOf = (value) => isObject(value) ? kRef.get(value) : undefined;
// What is no stub, but a result or a property on its way: its interface's name.
export const thenableName = (value) => !isObject(value) ? undefined
  : kPending.get(value) !== undefined ? "RpcPromise"
    : kProperty.get(value) !== undefined ? "RpcProperty" : undefined;

export function createStub(ref, prototype = RpcStub.prototype) {
  const stub = create(prototype, ref);
  kRef.set(stub, ref);
  return stub;
}

function createPromise(pending) {
  const promise = create(RpcPromise.prototype, pending);
  kPending.set(promise, pending);
  return promise;
}

// A property that nobody has asked for yet, on the way from a base.
class Property {
  #base;
  #path;
  #invocation = currentInvocation();

  constructor(base, path) {
    this.#base = base;
    this.#path = path;
  }

  call(path, args) {
    return this.#base.call(this.#joined(path), args, this.#invocation);
  }

  get(path) {
    return this.#base.get(this.#joined(path), this.#invocation);
  }

  #joined(path) {
    let joined = this.#path;
    for (let i = 0; i < path.length; i++) joined = append(joined, path[i]);
    return joined;
  }
}

function createProperty(base, name) {
  const path = list();
  path[0] = name;
  const property = new Property(base, path);
  const object = create(RpcProperty.prototype, property);
  kProperty.set(object, property);
  return object;
}

function requireRef(value) {
  const ref = refOf(value);
  requireBrand(ref !== undefined);
  return ref;
}

// https://developers.cloudflare.com/workers/runtime-apis/rpc/
export class RpcStub {
  constructor(target) {
    requireArguments(arguments.length, 1, "RpcStub");
    return createStub(chunk("rpc").wrap(target), new.target.prototype);
  }

  dup() {
    return createStub(requireRef(this).dup());
  }

  onRpcBroken(callback) {
    const ref = requireRef(this);
    requireArguments(arguments.length, 1, "RpcStub.onRpcBroken");
    if (typeof callback !== "function") {
      throw new TypeError(
        "Failed to execute 'onRpcBroken' on 'RpcStub': parameter 1 is not of " +
        "type 'Function'.");
    }
    ref.onBroken(callback);
  }
}
defineInterface(RpcStub);
addWildcard(RpcStub);

// A promise, by its methods; "find" gives the promise that is meant.
function defineThenable(Interface, find) {
  const methods = {
    then(onFulfilled, onRejected = undefined) {
      return PromisePrototypeThen(find(this), onFulfilled, onRejected);
    },
    catch(onRejected) {
      return PromisePrototypeThen(find(this), undefined, onRejected);
    },
    finally(onFinally) {
      return PromisePrototypeFinally(find(this), onFinally);
    },
  };
  for (const name of ["then", "catch", "finally"]) {
    defineData(Interface.prototype, name, methods[name]);
  }
}

function requirePending(value) {
  const pending = isObject(value) ? kPending.get(value) : undefined;
  requireBrand(pending !== undefined);
  return pending;
}

export class RpcPromise {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
defineThenable(RpcPromise, (self) => requirePending(self).promise);
defineInterface(RpcPromise);
addWildcard(RpcPromise);

export class RpcProperty {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
defineThenable(RpcProperty, (self) => {
  const property = isObject(self) ? kProperty.get(self) : undefined;
  requireBrand(property !== undefined);
  return property.get(list()).promise;
});
defineInterface(RpcProperty);
addWildcard(RpcProperty);

// Not in the classes, which would make it enumerable.
function defineDispose(Interface, methods) {
  defineHidden(Interface.prototype, SymbolDispose, methods[SymbolDispose]);
}
defineDispose(RpcStub, {
  [SymbolDispose]() { requireRef(this).dispose(); },
});
defineDispose(RpcPromise, {
  [SymbolDispose]() { requirePending(this).dispose(); },
});
