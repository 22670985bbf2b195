// https://dom.spec.whatwg.org/#interface-eventtarget, without trees: a target
// has no parent.  Event itself is loaded when it is first used: whoever has an
// event in hand has loaded it.

import {
  list, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor,
  PrimordialTypeError as TypeError, ReflectApply,
} from "../primordials.js";
import { DOMException } from "../core/dom-exception.js";
import { currentFrame } from "../core/invocation.js";
import { reportException } from "../core/report.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toDOMString,
} from "../core/webidl.js";

export const NONE = 0;
export const AT_TARGET = 2;

const scope = globalThis;

let stateOf = () => undefined;
let isSignal = () => false;
let followSignal;
let onListeners = () => {};
let errorArguments = () => undefined;

// From the modules that are loaded later.  An event's state is what dispatch()
// reads and writes.
export function provideEvents(look) {
  stateOf = look;
}

// Signals: are these ones?  follow(signal, algorithm) runs it when the signal
// aborts, at once answers undefined if it has, or else what forgets it again;
// listeners(target, type) is told that a target's listeners are others now.
export function provideSignals(is, follow, listeners) {
  isSignal = is;
  followSignal = follow;
  onListeners = listeners;
}

// The arguments that "onerror" of the global scope gets for an ErrorEvent.
export function provideErrorArguments(look) {
  errorArguments = look;
}

class Listener {
  type;
  callback;
  capture;
  once;
  passive;
  removed = false;
  unfollow = undefined;   // forgets the signal that would remove it
  handler;                // it is an attribute such as "onabort"

  constructor(type, callback, { capture, once, passive }, handler) {
    this.type = type;
    this.callback = callback;
    this.capture = capture;
    this.once = once;
    this.passive = passive;
    this.handler = handler;
  }
}

// Of the global scope, which is no object of ours.
const scopeListeners = list();

let listenersOf;

export class EventTarget {
  #listeners = list();

  static {
    listenersOf = (target) => {
      if (target === scope) return scopeListeners;
      return isObject(target) && #listeners in target
        ? target.#listeners : undefined;
    };
  }

  constructor() {}

  // https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener
  addEventListener(type, callback, options = undefined) {
    const where = "EventTarget.addEventListener";
    const target = requireTarget(this);
    requireArguments(arguments.length, 2, where);
    type = toDOMString(type);
    callback = toCallback(callback, where);
    const flat = flatten(options, true);
    const { signal } = flat;
    if (signal !== undefined && !isSignal(signal)) {
      throw new TypeError(
        `Failed to execute '${where}': member signal is not of type ` +
        "'AbortSignal'.");
    }
    if (callback === null) return;
    const listeners = listenersOf(target);
    if (find(listeners, type, callback, flat.capture) !== -1) {
      return;
    }
    const listener = new Listener(type, callback, flat, false);
    if (signal !== undefined) {
      listener.unfollow = followSignal(signal, () => remove(target, listener));
      if (listener.unfollow === undefined) return;
    }
    append(target, listener);
  }

  // https://dom.spec.whatwg.org/#dom-eventtarget-removeeventlistener
  removeEventListener(type, callback, options = undefined) {
    const where = "EventTarget.removeEventListener";
    const target = requireTarget(this);
    requireArguments(arguments.length, 2, where);
    type = toDOMString(type);
    callback = toCallback(callback, where);
    const { capture } = flatten(options, false);
    const listeners = listenersOf(target);
    const index = find(listeners, type, callback, capture);
    if (index !== -1) remove(target, listeners[index]);
  }

  // https://dom.spec.whatwg.org/#dom-eventtarget-dispatchevent
  dispatchEvent(event) {
    const target = requireTarget(this);
    requireArguments(arguments.length, 1, "EventTarget.dispatchEvent");
    const state = stateOf(event);
    if (state === undefined) {
      throw new TypeError(
        "Failed to execute 'EventTarget.dispatchEvent': " +
        "parameter 1 is not of type 'Event'.");
    }
    if (state.dispatching) {
      throw new DOMException(
        "The event is already being dispatched.", "InvalidStateError");
    }
    state.trusted = false;
    return dispatch(target, event, state);
  }
}
defineInterface(EventTarget);

// Without a "this" it is the global scope: addEventListener("error", ...).
function requireTarget(self) {
  const target = self ?? scope;
  requireBrand(listenersOf(target) !== undefined);
  return target;
}

function toCallback(callback, where) {
  if (callback === null || callback === undefined) return null;
  if (isObject(callback)) return callback;
  throw new TypeError(
    `Failed to execute '${where}': parameter 2 is not of type 'Object'.`);
}

// https://dom.spec.whatwg.org/#event-flatten-more
function flatten(options, more) {
  const flat = {
    capture: false, once: false, passive: false, signal: undefined,
  };
  if (!isObject(options)) {
    flat.capture = Boolean(options);
    return flat;
  }
  flat.capture = Boolean(options.capture);
  if (!more) return flat;
  flat.once = Boolean(options.once);
  flat.passive = Boolean(options.passive);
  flat.signal = options.signal;
  return flat;
}

function find(listeners, type, callback, capture) {
  for (let i = 0; i < listeners.length; i++) {
    const listener = listeners[i];
    if (listener.type === type && listener.callback === callback &&
        listener.capture === capture && !listener.handler) {
      return i;
    }
  }
  return -1;
}

function append(target, listener) {
  const listeners = listenersOf(target);
  listeners[listeners.length] = listener;
  onListeners(target, listener.type);
}

function remove(target, listener) {
  if (listener.removed) return;
  listener.removed = true;
  if (listener.unfollow !== undefined) {
    listener.unfollow();
    listener.unfollow = undefined;
  }
  const listeners = listenersOf(target);
  let kept = 0;
  for (let i = 0; i < listeners.length; i++) {
    if (listeners[i] !== listener) listeners[kept++] = listeners[i];
  }
  listeners.length = kept;
  onListeners(target, listener.type);
}

export function hasListeners(target, type) {
  const listeners = listenersOf(target);
  for (let i = 0; i < listeners.length; i++) {
    if (listeners[i].type === type) return true;
  }
  return false;
}

// https://dom.spec.whatwg.org/#concept-event-dispatch
function dispatch(target, event, state) {
  state.dispatching = true;
  state.target = target;
  state.currentTarget = target;
  state.phase = AT_TARGET;
  invoke(target, event, state, true);
  invoke(target, event, state, false);
  state.phase = NONE;
  state.currentTarget = null;
  state.dispatching = false;
  state.stopped = false;
  state.stoppedImmediately = false;
  return !state.canceled;
}

// https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke
function invoke(target, event, state, capturing) {
  if (state.stopped) return;
  const listeners = listenersOf(target);
  const called = list();
  for (let i = 0; i < listeners.length; i++) called[i] = listeners[i];

  for (let i = 0; i < called.length; i++) {
    const listener = called[i];
    if (listener.removed || listener.type !== state.type ||
        listener.capture !== capturing) {
      continue;
    }
    if (listener.once) remove(target, listener);
    state.passive = listener.passive;
    try {
      if (listener.handler) callHandler(target, listener, event, state);
      else callListener(target, listener, event);
    } catch (error) {
      reportException(currentFrame(), "in an event listener", error);
    }
    state.passive = false;
    if (state.stoppedImmediately) return;
  }
}

function callListener(target, { callback }, event) {
  if (typeof callback === "function") {
    ReflectApply(callback, target, [event]);
    return;
  }
  const { handleEvent } = callback;
  if (typeof handleEvent !== "function") {
    throw new TypeError("EventListener has no handleEvent() function.");
  }
  ReflectApply(handleEvent, callback, [event]);
}

// https://html.spec.whatwg.org/multipage/webappapis.html#the-event-handler-processing-algorithm
function callHandler(target, { callback }, event, state) {
  if (typeof callback !== "function") return;
  const args = target === scope && state.type === "error"
    ? errorArguments(event) : undefined;
  if (args !== undefined) {
    if (ReflectApply(callback, target, args) === true) state.cancel();
  } else if (ReflectApply(callback, target, [event]) === false) {
    state.cancel();
  }
}

// Dispatches a trusted event of ours; false if it was canceled.
export function fire(target, event) {
  const state = stateOf(event);
  state.trusted = true;
  return dispatch(target, event, state);
}

// An attribute such as "onabort".  It is a listener from when it was first set
// until it is set to null.  "changed" is told of each value.
// https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
export function defineEventHandler(Interface, type, requireOurs, changed) {
  const name = `on${type}`;
  const current = (target) => {
    const listeners = listenersOf(target);
    for (let i = 0; i < listeners.length; i++) {
      if (listeners[i].handler && listeners[i].type === type) {
        return listeners[i];
      }
    }
    return undefined;
  };
  const methods = {
    get [name]() {
      const target = this ?? scope;
      requireOurs(target);
      return current(target)?.callback ?? null;
    },
    set [name](value) {
      const target = this ?? scope;
      requireOurs(target);
      const listener = current(target);
      if (!isObject(value)) {
        if (listener !== undefined) remove(target, listener);
      } else if (listener !== undefined) {
        listener.callback = value;
      } else {
        append(target, new Listener(type, value, flatten(false, false), true));
      }
      if (changed !== undefined) changed(target, value);
    },
  };
  const { get, set } = ObjectGetOwnPropertyDescriptor(methods, name);
  ObjectDefineProperty(Interface.prototype, name, {
    __proto__: null, get, set, enumerable: true, configurable: true,
  });
}
