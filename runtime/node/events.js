// node:events.  https://nodejs.org/docs/latest-v20.x/api/events.html

import { inspect } from "../chunks/inspect.js";
import {
  invalidArgType, nodeError, requireBoolean, requireFunction, requireNumber,
  requireString,
} from "../chunks/node-errors.js";
import { AsyncResource } from "../chunks/node-async-hooks.js";
import { console } from "../web/console.js";
import { on, once } from "./events-async.js";
import { requireSignal } from "./events-signal.js";

const kCapture = Symbol("kCapture");
const kRejection = Symbol.for("nodejs.rejection");
const kErrorMonitor = Symbol("events.errorMonitor");

let defaultMaxListeners = 10;

// Listeners are in _events: a function, or an array of them, for each name.
// That is no secret: programs look into it.
function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;

EventEmitter.init = function (options) {
  if (this._events === undefined ||
      this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections) {
    requireBoolean(options.captureRejections, "options.captureRejections");
    this[kCapture] = Boolean(options.captureRejections);
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
};

Object.defineProperty(EventEmitter.prototype, kCapture, {
  __proto__: null, value: false, writable: true, enumerable: false,
});

const maxOf = (emitter) => emitter._maxListeners === undefined
  ? defaultMaxListeners : emitter._maxListeners;

// -- emitting ----------------------------------------------------------------

function throwUnhandled(emitter, args) {
  const error = args.length > 0 ? args[0] : undefined;
  if (error instanceof Error) throw error;
  let text;
  try {
    text = inspect(error);
  } catch {
    text = String(error);
  }
  const wrapped = nodeError(
    "ERR_UNHANDLED_ERROR", `Unhandled error. (${text})`);
  wrapped.context = error;
  throw wrapped;
}

// A listener's promise was rejected: that is an "error", not to be lost.
function captured(emitter, result, name, args) {
  if (!emitter[kCapture]) return;
  try {
    const { then } = result;
    if (typeof then !== "function") return;
    then.call(result, undefined, (error) => {
      queueMicrotask(() => emitRejection(emitter, error, name, args));
    });
  } catch (error) {
    emitter.emit("error", error);
  }
}

function emitRejection(emitter, error, name, args) {
  if (typeof emitter[kRejection] === "function") {
    emitter[kRejection](error, name, ...args);
    return;
  }
  const before = emitter[kCapture];
  try {
    // a handler of "error" that fails as well must not come here again
    emitter[kCapture] = false;
    emitter.emit("error", error);
  } finally {
    emitter[kCapture] = before;
  }
}

function call(emitter, listener, name, args) {
  const result = Reflect.apply(listener, emitter, args);
  if (result !== undefined && result !== null) {
    captured(emitter, result, name, args);
  }
}

EventEmitter.prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === "error") {
    if (events?.[kErrorMonitor] !== undefined) this.emit(kErrorMonitor,
        ...args);
    if (events?.error === undefined) throwUnhandled(this, args);
  }
  const listeners = events?.[type];
  if (listeners === undefined) return false;
  if (typeof listeners === "function") {
    call(this, listeners, type, args);
  } else {
    const copy = listeners.slice();
    for (let i = 0; i < copy.length; i++) call(this, copy[i], type, args);
  }
  return true;
};

// -- listening ---------------------------------------------------------------

function warnOfLeak(emitter, type, listeners) {
  const max = maxOf(emitter);
  if (max <= 0 || listeners.length <= max || listeners.warned) return;
  listeners.warned = true;
  console.warn(
    "MaxListenersExceededWarning: Possible EventEmitter memory leak detected. " +
    `${listeners.length} ${String(type)} listeners added to ${
      inspect(emitter, { depth: -1 })}. MaxListeners is ${max}. Use ` +
    "emitter.setMaxListeners() to increase limit");
}

function add(emitter, type, listener, first) {
  requireFunction(listener, "listener");
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
    events = emitter._events;
  }
  const listeners = events[type];
  if (listeners === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
  } else if (typeof listeners === "function") {
    events[type] = first ? [listener, listeners] : [listeners, listener];
    warnOfLeak(emitter, type, events[type]);
  } else {
    if (first) listeners.unshift(listener);
    else listeners.push(listener);
    warnOfLeak(emitter, type, listeners);
  }
  return emitter;
}

function onceWrapper(emitter, type, listener) {
  let fired = false;
  const wrapped = function (...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(type, wrapped);
    return Reflect.apply(listener, emitter, args);
  };
  wrapped.listener = listener;
  return wrapped;
}

EventEmitter.prototype.addListener = function addListener(type, listener) {
  return add(this, type, listener, false);
};
EventEmitter.prototype.on = EventEmitter.prototype.addListener;
EventEmitter.prototype.prependListener = function prependListener(type,
  listener) {
  return add(this, type, listener, true);
};
EventEmitter.prototype.once = function once(type, listener) {
  requireFunction(listener, "listener");
  return this.on(type, onceWrapper(this, type, listener));
};
EventEmitter.prototype.prependOnceListener =
  function prependOnceListener(type, listener) {
    requireFunction(listener, "listener");
    return this.prependListener(type, onceWrapper(this, type, listener));
  };

function drop(emitter, type) {
  if (--emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete emitter._events[type];
}

EventEmitter.prototype.removeListener = function removeListener(type,
  listener) {
  requireFunction(listener, "listener");
  const events = this._events;
  const listeners = events?.[type];
  if (listeners === undefined) return this;
  const isIt = (other) => other === listener || other.listener === listener;

  if (typeof listeners === "function") {
    if (!isIt(listeners)) return this;
    drop(this, type);
    listener = listeners.listener ?? listener;
  } else {
    let at = listeners.length - 1;
    while (at >= 0 && !isIt(listeners[at])) at--;
    if (at < 0) return this;
    if (at === 0) listeners.shift();
    else listeners.splice(at, 1);
    if (listeners.length === 1) events[type] = listeners[0];
  }
  if (events.removeListener !== undefined) {
    this.emit("removeListener", type, listener);
  }
  return this;
};
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    if (arguments.length === 0) {
      this._events = { __proto__: null };
      this._eventsCount = 0;
    } else if (events[type] !== undefined) {
      drop(this, type);
    }
    return this;
  }
  if (arguments.length === 0) {
    for (const key of Reflect.ownKeys(events)) {
      if (key !== "removeListener") this.removeAllListeners(key);
    }
    this.removeAllListeners("removeListener");
    this._events = { __proto__: null };
    this._eventsCount = 0;
    return this;
  }
  const listeners = events[type];
  if (typeof listeners === "function") {
    this.removeListener(type, listeners);
  } else if (listeners !== undefined) {
    for (let i = listeners.length - 1; i >= 0; i--) {
      this.removeListener(type, listeners[i]);
    }
  }
  return this;
};

function listenersOf(emitter, type, unwrap) {
  const listeners = emitter._events?.[type];
  if (listeners === undefined) return [];
  const all = typeof listeners === "function" ? [listeners] : listeners;
  return all.map((listener) => unwrap ? listener.listener ?? listener
    : listener);
}

EventEmitter.prototype.listeners = function listeners(type) {
  return listenersOf(this, type, true);
};
EventEmitter.prototype.rawListeners = function rawListeners(type) {
  return listenersOf(this, type, false);
};
EventEmitter.prototype.listenerCount = function listenerCount(type, listener) {
  const all = this.rawListeners(type);
  return listener === undefined || listener === null ? all.length
    : all.filter((one) => one === listener || one.listener === listener).length;
};
EventEmitter.prototype.eventNames = function eventNames() {
  return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
};
EventEmitter.prototype.setMaxListeners = function setMaxListeners(n) {
  requireNumber(n, "setMaxListeners", 0);
  this._maxListeners = n;
  return this;
};
EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return maxOf(this);
};

// -- functions ---------------------------------------------------------------

function getEventListeners(target, type) {
  if (typeof target.listeners === "function") return target.listeners(type);
  if (target instanceof EventTarget) {
    // an EventTarget tells nobody of its listeners
    return [];
  }
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], target);
}

function getMaxListeners(target) {
  if (typeof target?.getMaxListeners === "function") return target.getMaxListeners();
  if (target instanceof EventTarget) return defaultMaxListeners;
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], target);
}

function setMaxListeners(n = defaultMaxListeners, ...targets) {
  requireNumber(n, "setMaxListeners", 0);
  if (targets.length === 0) {
    defaultMaxListeners = n;
    return;
  }
  for (const target of targets) {
    if (target instanceof EventTarget) continue;
    if (typeof target?.setMaxListeners !== "function") {
      throw invalidArgType("eventTargets", ["EventEmitter", "EventTarget"],
        target);
    }
    target.setMaxListeners(n);
  }
}

function listenerCount(emitter, type) {
  return typeof emitter.listenerCount === "function"
    ? emitter.listenerCount(type)
    : EventEmitter.prototype.listenerCount.call(emitter, type);
}

function addAbortListener(signal, listener) {
  if (signal === undefined) {
    throw invalidArgType("signal", "AbortSignal",
      signal);
  }
  requireSignal(signal, "signal");
  requireFunction(listener, "listener");
  let remove = () => {};
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    signal.addEventListener("abort", listener, { once: true });
    remove = () => signal.removeEventListener("abort", listener);
  }
  return { __proto__: null, [Symbol.dispose]() { remove(); } };
}

// An emitter whose listeners run in the context of its construction.
class EventEmitterAsyncResource extends EventEmitter {
  #resource;

  constructor(options = undefined) {
    let name;
    if (typeof options === "string") {
      name = options;
      options = undefined;
    } else {
      if (new.target === EventEmitterAsyncResource) {
        requireString(options?.name, "options.name");
      }
      name = options?.name || new.target.name;
    }
    super(options);
    this.#resource = new AsyncResource(name, options);
  }

  emit(event, ...args) {
    return this.#resource.runInAsyncScope(super.emit, this, event, ...args);
  }
  emitDestroy() { this.#resource.emitDestroy(); }
  get asyncId() { return this.#resource.asyncId(); }
  get triggerAsyncId() { return this.#resource.triggerAsyncId(); }
  get asyncResource() { return this.#resource; }
}

// A class that names itself in its body is "_Name" in the bundle.
Object.defineProperty(EventEmitterAsyncResource, "name", {
  __proto__: null, value: "EventEmitterAsyncResource", configurable: true,
});

Object.assign(EventEmitter, {
  addAbortListener,
  once,
  on,
  getEventListeners,
  getMaxListeners,
  EventEmitter,
  usingDomains: false,
  captureRejectionSymbol: kRejection,
  EventEmitterAsyncResource,
  errorMonitor: kErrorMonitor,
  setMaxListeners,
  listenerCount,
});
Object.defineProperties(EventEmitter, {
  captureRejections: {
    __proto__: null,
    get: () => EventEmitter.prototype[kCapture],
    set(value) {
      requireBoolean(value, "EventEmitter.captureRejections");
      EventEmitter.prototype[kCapture] = value;
    },
    enumerable: true, configurable: true,
  },
  defaultMaxListeners: {
    __proto__: null,
    get: () => defaultMaxListeners,
    set(value) {
      requireNumber(value, "defaultMaxListeners", 0);
      defaultMaxListeners = value;
    },
    enumerable: true,
  },
});

export { EventEmitter };
