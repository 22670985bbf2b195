// The small ones: navigator and scheduler.

import {
  PrimordialPromise as Promise, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { requireInvocation } from "../core/invocation.js";
import {
  abortReason, addAlgorithm, isAborted, isAbortSignal, removeAlgorithm,
} from "../core/signals.js";
import { clearTimer, startTimer } from "../core/timers.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";

const kCreate = {};

function requireToken(token) {
  if (token !== kCreate) throw new TypeError("Illegal constructor");
}

export class Navigator {
  #brand;

  constructor(token = undefined) {
    requireToken(token);
  }

  get userAgent() {
    requireBrand(#brand in this);
    return "Cloudflare-Workers";
  }
  get hardwareConcurrency() {
    requireBrand(#brand in this);
    return 1;
  }
  get language() {
    requireBrand(#brand in this);
    return "en";
  }
}
defineInterface(Navigator);

function toSignal(options) {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) {
    throw new TypeError(
      "Failed to execute 'Scheduler.wait': parameter 2 is not an object.");
  }
  const { signal } = options;
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw new TypeError(
    "Failed to execute 'Scheduler.wait': member signal is not of type " +
    "'AbortSignal'.");
}

export class Scheduler {
  #brand;

  constructor(token = undefined) {
    requireToken(token);
  }

  wait(delay, options = undefined) {
    return new Promise((resolve, reject) => {
      requireBrand(#brand in this);
      requireArguments(arguments.length, 1, "Scheduler.wait");
      const time = +delay;
      const signal = toSignal(options);
      if (signal === undefined) {
        startTimer(resolve, time);
        return;
      }
      if (isAborted(signal)) throw abortReason(signal);

      const invocation = requireInvocation();
      const forget = () => {
        removeAlgorithm(signal, onAbort);
        invocation.removeCleanup(forget);
      };
      const onAbort = () => {
        forget();
        clearTimer(timer);
        reject(abortReason(signal));
      };
      const timer = startTimer(() => {
        forget();
        resolve();
      }, time);
      addAlgorithm(signal, onAbort);
      invocation.addCleanup(forget);
    });
  }
}
defineInterface(Scheduler);

export const navigator = new Navigator(kCreate);
export const scheduler = new Scheduler(kCreate);
