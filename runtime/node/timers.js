// node:timers and node:timers/promises.
// https://nodejs.org/docs/latest-v20.x/api/timers.html
//
// setTimeout() and its kin are the global ones, whose result is a number.

import { timerFunctions } from "../core/timers.js";
import { invalidArgType, requireBoolean, requireObject }
  from "../chunks/node-errors.js";
import { abortError, requireSignal } from "../chunks/node-events.js";

const { clearInterval, clearTimeout, setInterval, setTimeout } = timerFunctions;

// As in Workers: after what is waiting now.
export function setImmediate(callback, ...args) {
  if (typeof callback !== "function") {
    throw invalidArgType("callback", "Function", callback);
  }
  return setTimeout(callback, 0, ...args);
}
export const clearImmediate = (id) => clearTimeout(id);

function checkOptions(options) {
  requireObject(options, "options");
  requireSignal(options.signal, "options.signal");
  if (options.ref !== undefined) requireBoolean(options.ref, "options.ref");
  return options.signal;
}

function wait(start, stop, value, options) {
  return new Promise((resolve, reject) => {
    const signal = checkOptions(options);
    if (signal?.aborted) throw abortError(signal);
    const onAbort = () => {
      stop(id);
      reject(abortError(signal));
    };
    const id = start(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

const promises = {
  setTimeout: (delay = undefined, value = undefined, options = {}) =>
    wait((done) => setTimeout(done, delay), clearTimeout, value, options),

  setImmediate: (value = undefined, options = {}) =>
    wait(setImmediate, clearImmediate, value, options),

  async* setInterval(delay = undefined, value = undefined, options = {}) {
    const signal = checkOptions(options);
    if (signal?.aborted) throw abortError(signal);
    let due = 0;
    let wake = null;
    const id = setInterval(() => {
      due++;
      wake?.();
    }, delay);
    const onAbort = () => wake?.();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        if (signal?.aborted) throw abortError(signal);
        if (due === 0) await new Promise((resolve) => { wake = resolve; });
        if (signal?.aborted) throw abortError(signal);
        for (; due > 0; due--) yield value;
      }
    } finally {
      clearInterval(id);
      signal?.removeEventListener("abort", onAbort);
    }
  },

  scheduler: {
    wait: (delay, options = undefined) => promises.setTimeout(
      delay, undefined, options ?? {}),
    yield: () => promises.setImmediate(),
  },
};

const timers = {
  setTimeout, clearTimeout, setInterval, clearInterval, setImmediate,
  clearImmediate, promises,
};
export { promises, timers };
