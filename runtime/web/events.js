// https://dom.spec.whatwg.org/#events, without trees: a target has no parent.

import { ops } from "../native.js";
import {
  list, ObjectDefineProperty, PrimordialTypeError as TypeError, ReflectApply,
} from "../primordials.js";
import { DOMException } from "../core/dom-exception.js";
import { currentInvocation, logUncaught } from "../core/invocation.js";
import {
  createStamp, defineConstants, defineInterface, isObject, requireArguments,
  requireBrand, toDOMString,
} from "../core/webidl.js";

const NONE = 0;
const AT_TARGET = 2;

let isEvent;
let beginDispatch;
let endDispatch;
let immediatelyStopped;
let setPassive;
let setTrusted;
let typeOf;

export class Event {
  #type;
  #bubbles = false;
  #cancelable = false;
  #composed = false;
  #canceled = false;
  #stopped = false;
  #stoppedImmediately = false;
  #passive = false;
  #trusted = false;
  #target = null;
  #phase = NONE;
  #timeStamp;

  static {
    isEvent = (value) => isObject(value) && #type in value;
    beginDispatch = (event, target) => {
      if (event.#phase !== NONE) {
        throw new DOMException(
          "The event is already being dispatched.", "InvalidStateError");
      }
      event.#target = target;
      event.#phase = AT_TARGET;
    };
    endDispatch = (event) => {
      event.#phase = NONE;
      event.#stopped = false;
      event.#stoppedImmediately = false;
      return !event.#canceled;
    };
    immediatelyStopped = (event) => event.#stoppedImmediately;
    setPassive = (event, passive) => { event.#passive = passive; };
    setTrusted = (event) => { event.#trusted = true; };
    typeOf = (event) => event.#type;
  }

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "Event");
    this.#type = toDOMString(type);
    if (init !== undefined && init !== null) {
      if (!isObject(init)) {
        throw new TypeError(
          "Failed to construct 'Event': parameter 2 is not an object.");
      }
      this.#bubbles = Boolean(init.bubbles);
      this.#cancelable = Boolean(init.cancelable);
      this.#composed = Boolean(init.composed);
    }
    this.#timeStamp = ops.now();
  }

  get type() { requireBrand(isEvent(this)); return this.#type; }
  get target() { requireBrand(isEvent(this)); return this.#target; }
  get srcElement() { requireBrand(isEvent(this)); return this.#target; }
  get currentTarget() {
    requireBrand(isEvent(this));
    return this.#phase === NONE ? null : this.#target;
  }
  get eventPhase() { requireBrand(isEvent(this)); return this.#phase; }
  get bubbles() { requireBrand(isEvent(this)); return this.#bubbles; }
  get cancelable() { requireBrand(isEvent(this)); return this.#cancelable; }
  get composed() { requireBrand(isEvent(this)); return this.#composed; }
  get defaultPrevented() { requireBrand(isEvent(this)); return this.#canceled; }
  get returnValue() { requireBrand(isEvent(this)); return !this.#canceled; }
  set returnValue(value) {
    requireBrand(isEvent(this));
    if (!value) this.#cancel();
  }
  get cancelBubble() { requireBrand(isEvent(this)); return this.#stopped; }
  set cancelBubble(value) {
    requireBrand(isEvent(this));
    if (value) this.#stopped = true;
  }
  get timeStamp() { requireBrand(isEvent(this)); return this.#timeStamp; }
  get isTrusted() { requireBrand(isEvent(this)); return this.#trusted; }

  composedPath() {
    requireBrand(isEvent(this));
    return this.#phase === NONE ? [] : [this.#target];
  }

  preventDefault() {
    requireBrand(isEvent(this));
    this.#cancel();
  }

  stopPropagation() {
    requireBrand(isEvent(this));
    this.#stopped = true;
  }

  stopImmediatePropagation() {
    requireBrand(isEvent(this));
    this.#stopped = true;
    this.#stoppedImmediately = true;
  }

  #cancel() {
    if (this.#cancelable && !this.#passive) this.#canceled = true;
  }
}
defineInterface(Event);
defineConstants(Event, {
  NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3,
});

export class CustomEvent extends Event {
  #detail;

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "CustomEvent");
    super(type, init);
    this.#detail = init?.detail === undefined ? null : init.detail;
  }

  get detail() {
    requireBrand(#detail in this);
    return this.#detail;
  }
}
defineInterface(CustomEvent);

let listenersOf;

export class EventTarget {
  #listeners = list();

  static {
    listenersOf = (target) =>
      isObject(target) && #listeners in target ? target.#listeners : undefined;
  }

  constructor() {}

  // https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener
  addEventListener(type, callback, options = undefined) {
    const listeners = listenersOf(this);
    requireBrand(listeners !== undefined);
    requireArguments(arguments.length, 2, "EventTarget.addEventListener");
    type = toDOMString(type);
    const { capture, once, passive, signal } = flatten(options);
    if (callback === null || callback === undefined) return;
    if (!isObject(callback)) {
      throw new TypeError(
        "Failed to execute 'EventTarget.addEventListener': " +
        "parameter 2 is not of type 'Object'.");
    }
    if (signal !== undefined) {
      if (signal === null || listenersOf(signal) === undefined) {
        throw new TypeError(
          "Failed to execute 'EventTarget.addEventListener': " +
          "member signal is not of type 'AbortSignal'.");
      }
      if (signal.aborted) return;
    }
    if (find(listeners, type, callback, capture) !== -1) return;
    listeners[listeners.length] = {
      type, callback, capture, once, passive, removed: false,
    };
    if (signal !== undefined) {
      addInternalListener(signal, "abort", () => {
        remove(listeners, type, callback, capture);
      });
    }
  }

  removeEventListener(type, callback, options = undefined) {
    const listeners = listenersOf(this);
    requireBrand(listeners !== undefined);
    requireArguments(arguments.length, 2, "EventTarget.removeEventListener");
    type = toDOMString(type);
    remove(listeners, type, callback, flatten(options).capture);
  }

  dispatchEvent(event) {
    requireBrand(listenersOf(this) !== undefined);
    requireArguments(arguments.length, 1, "EventTarget.dispatchEvent");
    if (!isEvent(event)) {
      throw new TypeError(
        "Failed to execute 'EventTarget.dispatchEvent': " +
        "parameter 1 is not of type 'Event'.");
    }
    return dispatch(this, event);
  }
}
defineInterface(EventTarget);

function flatten(options) {
  if (!isObject(options)) {
    return {
      capture: Boolean(options), once: false, passive: false, signal: undefined,
    };
  }
  return {
    capture: Boolean(options.capture),
    once: Boolean(options.once),
    passive: Boolean(options.passive),
    signal: options.signal,
  };
}

function find(listeners, type, callback, capture) {
  for (let i = 0; i < listeners.length; i++) {
    const listener = listeners[i];
    if (listener.type === type && listener.callback === callback &&
        listener.capture === capture) {
      return i;
    }
  }
  return -1;
}

function remove(listeners, type, callback, capture) {
  const index = find(listeners, type, callback, capture);
  if (index === -1) return;
  listeners[index].removed = true;
  for (let i = index + 1; i < listeners.length; i++) {
    listeners[i - 1] = listeners[i];
  }
  listeners.length--;
}

// A listener of ours, which is called before any of the worker's were asked.
export function addInternalListener(target, type, callback) {
  const listeners = listenersOf(target);
  listeners[listeners.length] = {
    type, callback, capture: false, once: false, passive: false, removed: false,
  };
}

// https://dom.spec.whatwg.org/#concept-event-dispatch
function dispatch(target, event) {
  beginDispatch(event, target);
  const type = typeOf(event);
  const listeners = listenersOf(target);
  const called = list();
  for (let i = 0; i < listeners.length; i++) called[i] = listeners[i];

  for (let i = 0; i < called.length; i++) {
    const listener = called[i];
    if (listener.removed || listener.type !== type) continue;
    if (listener.once) {
      remove(listeners, type, listener.callback, listener.capture);
    }
    setPassive(event, listener.passive);
    try {
      if (typeof listener.callback === "function") {
        ReflectApply(listener.callback, target, [event]);
      } else {
        const { handleEvent } = listener.callback;
        if (typeof handleEvent !== "function") {
          throw new TypeError("EventListener has no handleEvent() function.");
        }
        ReflectApply(handleEvent, listener.callback, [event]);
      }
    } catch (error) {
      logUncaught(currentInvocation(), "in an event listener", error);
    }
    setPassive(event, false);
    if (immediatelyStopped(event)) break;
  }
  return endDispatch(event);
}

// Makes and dispatches a trusted event of ours.
export function fire(target, event) {
  setTrusted(event);
  return dispatch(target, event);
}

// An attribute such as "onabort": a listener that keeps its place.
export function defineEventHandler(Interface, type) {
  const handlers = createStamp();
  ObjectDefineProperty(Interface.prototype, `on${type}`, {
    get() {
      requireBrand(listenersOf(this) !== undefined);
      return handlers.get(this)?.callback ?? null;
    },
    set(value) {
      requireBrand(listenersOf(this) !== undefined);
      const callback = isObject(value) ? value : null;
      const handler = handlers.get(this);
      if (handler !== undefined) {
        handler.callback = callback;
        return;
      }
      if (callback === null) return;
      const added = { callback };
      handlers.set(this, added);
      addInternalListener(this, type, (event) => {
        if (typeof added.callback !== "function") return;
        ReflectApply(added.callback, this, [event]);
      });
    },
    enumerable: true,
    configurable: true,
  });
}
