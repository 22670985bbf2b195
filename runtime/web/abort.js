// https://dom.spec.whatwg.org/#aborting-ongoing-activities

import {
  list, PrimordialTypeError as TypeError, PrimordialWeakRef as WeakRef,
  SafeSet, WeakRefPrototypeDeref,
} from "../primordials.js";
import { DOMException } from "../core/dom-exception.js";
import { toEnforcedUnsignedLongLong, toSequence } from "../core/convert.js";
import { provideSignalFunctions } from "../core/signals.js";
import { startTimer } from "../core/timers.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import {
  defineEventHandler, EventTarget, fire, hasListeners, provideSignals,
} from "./event-target.js";
import { Event } from "./events.js";

const kCreate = {};

// How a signal knows one that depends on it: weakly, unless somebody would
// notice that it is gone.  One for all of the signals it depends on.
class Dependent {
  #weak;
  #kept = null;

  constructor(signal) {
    this.#weak = new WeakRef(signal);
  }

  get signal() {
    return this.#kept ?? WeakRefPrototypeDeref(this.#weak);
  }

  keep(signal) {
    this.#kept = signal;
  }
}

// The dependents of a signal, in order.  Each one that is added has two others
// looked at, and dropped if they have been collected: not all at once, since a
// look keeps a signal from being collected before this event is over.
class Dependents {
  #items = list();
  #kept = 0;              // up to here there are those that were looked at
  #next = 0;              // from here on those that were not

  add(dependent) {
    const items = this.#items;
    items[items.length] = dependent;
    for (let i = 0; i < 2; i++) {
      const looked = items[this.#next++];
      if (looked.signal !== undefined) items[this.#kept++] = looked;
      if (this.#next === items.length) {
        items.length = this.#kept;
        this.#kept = this.#next = 0;
      }
    }
  }

  forEach(callback) {
    const items = this.#items;
    for (let i = 0; i < items.length; i++) {
      if (i === this.#kept) i = this.#next;
      const { signal } = items[i];
      if (signal !== undefined) callback(signal);
    }
  }
}

let isSignal;
let signalAbort;
let abortWith;
let addAlgorithm;
let removeAlgorithm;
let isAborted;
let abortReason;
let anyOf;
let listenersChanged;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #algorithms = null;     // a SafeSet, once there is one
  #dependents = null;     // of a source
  #sources = null;        // of a dependent signal: a SafeSet
  #dependent = null;      // ... and how they know it

  static {
    isSignal = (value) => isObject(value) && #aborted in value;

    abortWith = (signal, reason) => {
      signal.#aborted = true;
      signal.#reason = reason === undefined
        ? new DOMException("The operation was aborted", "AbortError") : reason;
    };

    // https://dom.spec.whatwg.org/#run-the-abort-steps
    const runAbortSteps = (signal) => {
      signal.#algorithms?.forEach((algorithm) => algorithm());
      signal.#algorithms = null;
      if (hasListeners(signal, "abort")) fire(signal, new Event("abort"));
    };

    // https://dom.spec.whatwg.org/#abortsignal-signal-abort
    signalAbort = (signal, reason) => {
      if (signal.#aborted) return;
      abortWith(signal, reason);
      // All are aborted before any of them runs anything.
      const aborted = list();
      signal.#dependents?.forEach((dependent) => {
        if (dependent.#aborted) return;
        dependent.#aborted = true;
        dependent.#reason = signal.#reason;
        aborted[aborted.length] = dependent;
      });
      signal.#dependents = null;
      runAbortSteps(signal);
      for (let i = 0; i < aborted.length; i++) {
        runAbortSteps(aborted[i]);
        aborted[i].#leave();
      }
    };

    addAlgorithm = (signal, algorithm) => {
      if (signal.#aborted) return;
      signal.#algorithms ??= new SafeSet();
      signal.#algorithms.add(algorithm);
      signal.#keepOrNot();
    };

    removeAlgorithm = (signal, algorithm) => {
      signal.#algorithms?.delete(algorithm);
      signal.#keepOrNot();
    };

    isAborted = (signal) => signal.#aborted;
    abortReason = (signal) => signal.#reason;

    listenersChanged = (target, type) => {
      if (type === "abort" && #aborted in target) target.#keepOrNot();
    };

    // https://dom.spec.whatwg.org/#create-a-dependent-abort-signal
    anyOf = (signals) => {
      const result = new AbortSignal(kCreate);
      for (let i = 0; i < signals.length; i++) {
        if (!signals[i].#aborted) continue;
        result.#aborted = true;
        result.#reason = signals[i].#reason;
        return result;
      }
      const dependent = new Dependent(result);
      result.#dependent = dependent;
      result.#sources = new SafeSet();
      const follow = (source) => {
        if (result.#sources.has(source)) return;
        result.#sources.add(source);
        source.#dependents ??= new Dependents();
        source.#dependents.add(dependent);
      };
      for (let i = 0; i < signals.length; i++) {
        const sources = signals[i].#sources;
        if (sources === null) follow(signals[i]);
        else sources.forEach(follow);
      }
      return result;
    };
  }

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    super();
  }

  // A dependent signal lives as long as its sources if there is something for
  // it to run.
  #keepOrNot() {
    if (this.#dependent === null) return;
    const kept = !this.#aborted && (
      (this.#algorithms !== null && this.#algorithms.size !== 0) ||
      hasListeners(this, "abort"));
    this.#dependent.keep(kept ? this : null);
  }

  // Aborted, it depends on nothing any more.
  #leave() {
    this.#dependent.keep(null);
    this.#sources = null;
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(kCreate);
    abortWith(signal, reason);
    return signal;
  }

  static any(signals) {
    const where = "AbortSignal.any";
    requireArguments(arguments.length, 1, where);
    return anyOf(toSequence(signals, (signal) => {
      if (isSignal(signal)) return signal;
      throw new TypeError(
        `Failed to execute '${where}': an element is not of type ` +
        "'AbortSignal'.");
    }, where, "parameter 1"));
  }

  static timeout(milliseconds) {
    const where = "AbortSignal.timeout";
    requireArguments(arguments.length, 1, where);
    const delay =
      toEnforcedUnsignedLongLong(milliseconds, where, "parameter 1");
    const signal = new AbortSignal(kCreate);
    startTimer(() => {
      signalAbort(signal, new DOMException(
        "The operation was aborted due to timeout", "TimeoutError"));
    }, delay);
    return signal;
  }

  get aborted() { requireBrand(#aborted in this); return this.#aborted; }
  get reason() { requireBrand(#aborted in this); return this.#reason; }

  throwIfAborted() {
    requireBrand(#aborted in this);
    if (this.#aborted) throw this.#reason;
  }
}
defineInterface(AbortSignal, "AbortSignal");
defineEventHandler(
  AbortSignal, "abort", (target) => requireBrand(isSignal(target)));

provideSignals(isSignal, (signal, algorithm) => {
  if (isAborted(signal)) return undefined;
  addAlgorithm(signal, algorithm);
  return () => removeAlgorithm(signal, algorithm);
}, listenersChanged);

// https://dom.spec.whatwg.org/#interface-abortcontroller
export class AbortController {
  #signal = new AbortSignal(kCreate);

  constructor() {}

  get signal() { requireBrand(#signal in this); return this.#signal; }

  abort(reason = undefined) {
    requireBrand(#signal in this);
    signalAbort(this.#signal, reason);
  }
}
// streams have a class of that name too
defineInterface(AbortController, "AbortController");

provideSignalFunctions({
  __proto__: null,
  abortReason,
  addAlgorithm,
  create: () => new AbortSignal(kCreate),
  follow(source) {
    const sources = list();
    sources[0] = source;
    return anyOf(sources);
  },
  isAborted,
  isSignal,
  removeAlgorithm,
  signalAbort,
});
