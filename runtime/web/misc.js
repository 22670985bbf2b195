// The small ones: structuredClone, queueMicrotask, performance, navigator,
// scheduler.

import { v8 } from "../native.js";
import {
  DateNow, PrimordialPromise as Promise, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { currentInvocation, runIn } from "../core/invocation.js";
import { reportException } from "../core/report.js";
import {
  abortReason, addAlgorithm, isAborted, isAbortSignal, removeAlgorithm,
} from "../core/signals.js";
import { clearTimer, startTimer } from "../core/timers.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";
import { EventTarget } from "./event-target.js";

const kCreate = {};

function requireToken(token) {
  if (token !== kCreate) throw new TypeError("Illegal constructor");
}

export function queueMicrotask(callback) {
  requireArguments(arguments.length, 1, "queueMicrotask");
  if (typeof callback !== "function") {
    throw new TypeError(
      "Failed to execute 'queueMicrotask': parameter 1 is not of type " +
      "'Function'.");
  }
  const context = v8.getContext();
  v8.enqueueMicrotask(() => {
    try {
      runIn(context, callback, undefined, []);
    } catch (error) {
      reportException(context ?? currentInvocation(), "in a microtask", error);
    }
  });
}

// As in Workers, its origin is the epoch, and time stands still but for I/O.
export class Performance extends EventTarget {
  #brand;

  constructor(token = undefined) {
    requireToken(token);
    super();
  }

  get timeOrigin() {
    requireBrand(#brand in this);
    return 0;
  }

  now() {
    requireBrand(#brand in this);
    return DateNow();
  }

  toJSON() {
    requireBrand(#brand in this);
    return { timeOrigin: 0 };
  }
}
defineInterface(Performance);

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

export class Scheduler {
  #brand;

  constructor(token = undefined) {
    requireToken(token);
  }

  wait(delay, options = undefined) {
    return new Promise((resolve, reject) => {
      requireBrand(#brand in this);
      requireArguments(arguments.length, 1, "Scheduler.wait");
      const signal = options?.signal;
      if (signal === undefined || signal === null) {
        startTimer(resolve, delay);
        return;
      }
      if (!isAbortSignal(signal)) {
        throw new TypeError(
          "Failed to execute 'Scheduler.wait': member signal is not of type " +
          "'AbortSignal'.");
      }
      if (isAborted(signal)) throw abortReason(signal);
      const onAbort = () => {
        clearTimer(timer);
        reject(abortReason(signal));
      };
      const timer = startTimer(() => {
        removeAlgorithm(signal, onAbort);
        resolve();
      }, delay);
      addAlgorithm(signal, onAbort);
    });
  }
}
defineInterface(Scheduler);

export const performance = new Performance(kCreate);
export const navigator = new Navigator(kCreate);
export const scheduler = new Scheduler(kCreate);
