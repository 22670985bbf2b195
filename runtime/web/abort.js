// https://dom.spec.whatwg.org/#aborting-ongoing-activities

import {
  list, PrimordialTypeError as TypeError, SymbolIterator,
} from "../primordials.js";
import { DOMException } from "../core/dom-exception.js";
import { startTimer } from "../core/timers.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import { defineEventHandler, Event, EventTarget, fire } from "./events.js";

const kCreate = {};

let isSignal;
export { isSignal as isAbortSignal };
export let signalAbort;
export let isAborted;
export let abortReason;
// Algorithms run before the event is fired.
export let addAlgorithm;
export let removeAlgorithm;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #algorithms = list();

  static {
    isSignal = (value) => isObject(value) && #aborted in value;

    // https://dom.spec.whatwg.org/#abortsignal-signal-abort
    signalAbort = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined
        ? new DOMException("The operation was aborted", "AbortError") : reason;
      const algorithms = signal.#algorithms;
      signal.#algorithms = list();
      for (let i = 0; i < algorithms.length; i++) algorithms[i]();
      fire(signal, new Event("abort"));
    };
    addAlgorithm = (signal, algorithm) => {
      const { length } = signal.#algorithms;
      signal.#algorithms[length] = algorithm;
    };
    removeAlgorithm = (signal, algorithm) => {
      const old = signal.#algorithms;
      signal.#algorithms = list();
      for (let i = 0, n = 0; i < old.length; i++) {
        if (old[i] !== algorithm) signal.#algorithms[n++] = old[i];
      }
    };
    isAborted = (signal) => signal.#aborted;
    abortReason = (signal) => signal.#reason;
  }

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(kCreate);
    signalAbort(signal, reason);
    return signal;
  }

  static timeout(milliseconds) {
    requireArguments(arguments.length, 1, "AbortSignal.timeout");
    const signal = new AbortSignal(kCreate);
    startTimer(() => {
      signalAbort(signal, new DOMException(
        "The operation was aborted due to timeout", "TimeoutError"));
    }, milliseconds);
    return signal;
  }

  static any(signals) {
    requireArguments(arguments.length, 1, "AbortSignal.any");
    if (!isObject(signals) || typeof signals[SymbolIterator] !== "function") {
      throw new TypeError(
        "Failed to execute 'AbortSignal.any': parameter 1 is not iterable.");
    }
    const sources = list();
    for (const signal of signals) {
      if (!isSignal(signal)) {
        throw new TypeError(
          "Failed to execute 'AbortSignal.any': " +
          "an element is not of type 'AbortSignal'.");
      }
      sources[sources.length] = signal;
    }
    return anyOf(sources);
  }

  get aborted() { requireBrand(isSignal(this)); return this.#aborted; }
  get reason() { requireBrand(isSignal(this)); return this.#reason; }

  throwIfAborted() {
    requireBrand(isSignal(this));
    if (this.#aborted) throw this.#reason;
  }
}
defineInterface(AbortSignal);
defineEventHandler(AbortSignal, "abort");

function anyOf(sources) {
  const signal = new AbortSignal(kCreate);
  for (let i = 0; i < sources.length; i++) {
    if (isAborted(sources[i])) {
      signalAbort(signal, abortReason(sources[i]));
      return signal;
    }
  }
  for (let i = 0; i < sources.length; i++) {
    addAlgorithm(sources[i], () => signalAbort(signal, abortReason(sources[i])));
  }
  return signal;
}

// A signal that follows another one.
export const followSignal = (source) => {
  const sources = list();
  sources[0] = source;
  return anyOf(sources);
};

export const createSignal = () => new AbortSignal(kCreate);

export class AbortController {
  #signal = new AbortSignal(kCreate);

  constructor() {}

  get signal() { requireBrand(#signal in this); return this.#signal; }

  abort(reason = undefined) {
    requireBrand(#signal in this);
    signalAbort(this.#signal, reason);
  }
}
defineInterface(AbortController);
