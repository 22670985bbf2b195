// The promises of streams.  What a worker gets is an ordinary promise; what
// only streams react to is a SafePromise, or no promise at all.
//
// An algorithm (pull, write, cancel ...) returns undefined when it is done.  If
// not, it returns a SafePromise, or what a worker's callback returned: any
// promise or thenable.

import {
  PrimordialPromise as Promise, PromisePrototypeThen, ReflectApply, SafePromise,
} from "../primordials.js";
import { isObject } from "../core/webidl.js";

let resolveMade;
let rejectMade;
const executor = (resolve, reject) => {
  resolveMade = resolve;
  rejectMade = reject;
};

// A promise and what settles it.
export class Deferred {
  promise;
  #resolve;
  #reject;
  pending = true;

  // A worker may have the promise if it is not a SafePromise.
  constructor(Kind = Promise) {
    this.promise = new Kind(executor);
    this.#resolve = resolveMade;
    this.#reject = rejectMade;
    resolveMade = rejectMade = undefined;
  }

  resolve(value) {
    this.pending = false;
    this.#resolve(value);
  }

  reject(reason) {
    this.pending = false;
    this.#reject(reason);
  }
}

export const createSafeDeferred = () => new Deferred(SafePromise);

const resolved = new SafePromise((resolve) => resolve(undefined));

// The result of an algorithm that failed at once.
export const failed = (reason) =>
  new SafePromise((resolve, reject) => reject(reason));

// "await" asks a promise for its constructor at most, not for "then" or a
// species, and a thenable for what it should.
async function uponForeign(promise, onFulfilled, onRejected) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    onRejected(error);
    return;
  }
  onFulfilled(value);
}

// Reacts to the result of an algorithm; the reactions do not throw.
// https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled
export function upon(result, onFulfilled, onRejected) {
  if (result === undefined) {
    PromisePrototypeThen(resolved, onFulfilled);
  } else if (SafePromise.is(result)) {
    PromisePrototypeThen(result, onFulfilled, onRejected);
  } else {
    uponForeign(result, onFulfilled, onRejected);
  }
}

// Not enqueueMicrotask(): a promise reaction remembers the invocation.
export function queueMicrotask(steps) {
  PromisePrototypeThen(resolved, steps);
}

const ignore = () => {};

// https://webidl.spec.whatwg.org/#mark-a-promise-as-handled
export function markHandled(promise) {
  upon(promise, ignore, ignore);
}

// Makes one result out of another.
export function settleWith(deferred, result) {
  if (result === undefined) {
    deferred.resolve(undefined);
  } else {
    upon(
      result, () => deferred.resolve(undefined),
      (reason) => deferred.reject(reason));
  }
}

// Invokes a callback whose return type is Promise<undefined>, or any.
// https://webidl.spec.whatwg.org/#invoke-a-callback-function
export function invokeForPromise(callback, self, args) {
  try {
    return resultOf(ReflectApply(callback, self, args));
  } catch (error) {
    return failed(error);
  }
}

// What a callback has returned, as the result of an algorithm.
export const resultOf = (value) => isObject(value) ? value : undefined;

// The result of an algorithm as a promise of undefined, for the worker unless
// another kind is given.
export function promiseOfUndefined(result, Kind = Promise) {
  const deferred = new Deferred(Kind);
  settleWith(deferred, result);
  return deferred.promise;
}
