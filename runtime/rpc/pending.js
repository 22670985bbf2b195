// The result of a call or of a read that is on its way: what an RpcPromise
// stands for.  Until it is there, calls go on to what it will be, over there.

import {
  list, ObjectPrototypeHasOwnProperty, PrimordialError as Error,
  PrimordialPromise as Promise, PrimordialTypeError as TypeError,
  PromisePrototypeThen, SymbolDispose,
} from "../primordials.js";
import { baseOf } from "../core/stubs.js";
import { isObject } from "../core/webidl.js";
import { notImplemented, pathText } from "./lookup.js";

const WAITING = 0;
const RESOLVED = 1;
const FAILED = 2;
const DISPOSED = 3;

const nothing = () => {};

export function markHandled(promise) {
  PromisePrototypeThen(promise, undefined, nothing);
}

const disposed = () => new Error("RPC promise used after being disposed.");

export function disposeOf(value) {
  if (!isObject(value)) return;
  const dispose = value[SymbolDispose];
  if (typeof dispose === "function") value[SymbolDispose]();
}

export class Pending {
  promise;
  #resolve;
  #reject;
  #state = WAITING;
  #value = undefined;
  #question;              // { call(path, args), get(path), finish() } while
                          // it is waited for

  constructor(question) {
    this.#question = question;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  static rejected(error) {
    const pending = new Pending(null);
    pending.reject(error);
    return pending;
  }

  static resolved(value) {
    const pending = new Pending(null);
    pending.resolve(value);
    return pending;
  }

  resolve(value) {
    this.#state = RESOLVED;
    this.#value = value;
    this.#question = null;
    this.#resolve(value);
  }

  reject(error) {
    if (this.#state === DISPOSED) return;
    this.#state = FAILED;
    this.#value = error;
    this.#question = null;
    this.#reject(error);
  }

  call(path, args) {
    return this.#on(path, args);
  }

  get(path) {
    return this.#on(path, undefined);
  }

  #on(path, args) {
    // who goes on hears of the error in its own result
    markHandled(this.promise);
    switch (this.#state) {
    case WAITING:
      return args === undefined
        ? this.#question.get(path) : this.#question.call(path, args);
    case RESOLVED:
      return follow(this.#value, path, args);
    case FAILED:
      return Pending.rejected(this.#value);
    default:
      return Pending.rejected(disposed());
    }
  }

  dispose() {
    const state = this.#state;
    this.#state = DISPOSED;
    if (state === WAITING) {
      markHandled(this.promise);
      this.#reject(disposed());
      this.#question.finish();
    } else if (state === RESOLVED) {
      disposeOf(this.#value);
    }
    this.#value = undefined;
    this.#question = null;
  }
}

// A result that is here already is asked here, up to the first stub.
function follow(value, path, args) {
  try {
    for (let i = 0; i <= path.length; i++) {
      const base = baseOf(value);
      if (base !== undefined && (i < path.length || args !== undefined)) {
        const rest = list();
        for (let j = i; j < path.length; j++) rest[j - i] = path[j];
        return args === undefined ? base.get(rest) : base.call(rest, args);
      }
      if (i === path.length) break;
      if (!isObject(value)) {
        throw new TypeError(
          "Can't pipeline on RPC that did not return an object.");
      }
      if (!ObjectPrototypeHasOwnProperty(value, path[i])) {
        throw notImplemented(path[i]);
      }
      value = value[path[i]];
    }
    if (args !== undefined) {
      throw new TypeError(`"${pathText(path)}" is not a function.`);
    }
    return Pending.resolved(value);
  } catch (error) {
    return Pending.rejected(error);
  }
}
