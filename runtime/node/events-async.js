// once() and on() of node:events: events as promises.

import { invalidArgType } from "../chunks/node-errors.js";
import { abortError, requireSignal } from "./events-signal.js";

const isEmitter = (target) => typeof target?.on === "function";

function listen(target, name, listener, once = false) {
  if (isEmitter(target)) {
    if (once) target.once(name, listener);
    else target.on(name, listener);
  } else if (typeof target?.addEventListener === "function") {
    target.addEventListener(name, listener, { once });
  } else {
    throw invalidArgType("emitter", "EventEmitter", target);
  }
}

function forget(target, name, listener) {
  if (typeof target.removeListener === "function") {
    target.removeListener(name, listener);
  } else {
    target.removeEventListener(name, listener);
  }
}

export async function once(emitter, name, options = {}) {
  const signal = options?.signal;
  requireSignal(signal, "options.signal");
  if (signal?.aborted) throw abortError(signal);

  return new Promise((resolve, reject) => {
    const onError = (error) => {
      emitter.removeListener?.(name, onEvent);
      signal?.removeEventListener("abort", onAbort);
      reject(error);
    };
    const onEvent = (...args) => {
      emitter.removeListener?.("error", onError);
      signal?.removeEventListener("abort", onAbort);
      resolve(args);
    };
    const onAbort = () => {
      forget(emitter, name, onEvent);
      forget(emitter, "error", onError);
      reject(abortError(signal));
    };
    listen(emitter, name, onEvent, true);
    if (name !== "error" && isEmitter(emitter)) emitter.once("error", onError);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

const AsyncIteratorPrototype =
  Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

export function on(emitter, name, options = {}) {
  const signal = options?.signal;
  requireSignal(signal, "options.signal");
  if (signal?.aborted) throw abortError(signal);

  const events = [];
  const waiting = [];
  let error = null;
  let finished = false;

  const onEvent = (...args) => {
    const next = waiting.shift();
    if (next === undefined) events.push(args);
    else next.resolve({ value: args, done: false });
  };
  const onError = (reason) => {
    const next = waiting.shift();
    if (next === undefined) error = { reason };
    else next.reject(reason);
    iterator.return();
  };
  const onAbort = () => onError(abortError(signal));

  const iterator = Object.setPrototypeOf({
    next() {
      if (events.length > 0) {
        return Promise.resolve({ value: events.shift(), done: false });
      }
      if (error !== null) {
        const { reason } = error;
        error = null;
        return Promise.reject(reason);
      }
      if (finished) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve,
        reject) => { waiting.push({ resolve, reject }); });
    },
    return() {
      forget(emitter, name, onEvent);
      forget(emitter, "error", onError);
      for (const close of options?.close ?? []) forget(emitter, close, onClose);
      signal?.removeEventListener("abort", onAbort);
      finished = true;
      while (waiting.length > 0) {
        waiting.shift().resolve({ value: undefined, done: true });
      }
      return Promise.resolve({ value: undefined, done: true });
    },
    throw(reason) {
      if (!(reason instanceof Error)) {
        throw invalidArgType("EventEmitter.AsyncIterator", "Error", reason);
      }
      onError(reason);
    },
    [Symbol.asyncIterator]() { return this; },
  }, AsyncIteratorPrototype);
  const onClose = () => { iterator.return(); };

  listen(emitter, name, onEvent);
  if (name !== "error" && isEmitter(emitter)) emitter.on("error", onError);
  for (const close of options?.close ?? []) listen(emitter, close, onClose);
  signal?.addEventListener("abort", onAbort, { once: true });
  return iterator;
}
