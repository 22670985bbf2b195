// The small ones: structuredClone, queueMicrotask, performance, navigator,
// scheduler.

import { v8 } from "../native.js";
import {
  DateNow, PrimordialPromise as Promise, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { deserialize, serialize } from "../core/clone.js";
import { DOMException } from "../core/dom-exception.js";
import { runIn } from "../core/context.js";
import { currentFrame, logUncaught } from "../core/invocation.js";
import { clearTimer, startTimer } from "../core/timers.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";
import {
  abortReason, addAlgorithm, isAborted, isAbortSignal, removeAlgorithm,
} from "./abort.js";
import { EventTarget } from "./events.js";

const kCreate = {};

function requireToken(token) {
  if (token !== kCreate) throw new TypeError("Illegal constructor");
}

export function structuredClone(value, options = undefined) {
  requireArguments(arguments.length, 1, "structuredClone");
  const transfer = options?.transfer;
  if (transfer !== undefined && transfer !== null && transfer.length !== 0) {
    throw new DOMException(
      "structuredClone() cannot transfer objects yet.", "DataCloneError");
  }
  return deserialize(serialize(value));
}

export function queueMicrotask(callback) {
  requireArguments(arguments.length, 1, "queueMicrotask");
  if (typeof callback !== "function") {
    throw new TypeError(
      "Failed to execute 'queueMicrotask': parameter 1 is not of type " +
      "'Function'.");
  }
  const frame = currentFrame();
  v8.enqueueMicrotask(() => {
    try {
      runIn(frame, callback, undefined, []);
    } catch (error) {
      logUncaught(frame?.invocation, "in a microtask", error);
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
