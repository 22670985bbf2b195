// The events that most workers never see.

import { Event, initialize, requireEvent } from "../chunks/events.js";
import {
  list, ObjectFreeze, PrimordialTypeError as TypeError, toArray,
} from "../primordials.js";
import {
  toSequence, toUnsignedLong, toUnsignedShort,
} from "../core/convert.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toDOMString,
  toUSVString,
} from "../core/webidl.js";
import { provideErrorArguments } from "./event-target.js";

let isMessagePort = () => false;

// From the module of MessagePorts, which is loaded after this one.
export function provideMessagePorts(is) {
  isMessagePort = is;
}

// https://html.spec.whatwg.org/multipage/webappapis.html#errorevent
export class ErrorEvent extends Event {
  #message = "";
  #filename = "";
  #lineno = 0;
  #colno = 0;
  #error = undefined;

  static {
    provideErrorArguments((event) => #message in event
      ? [event.#message, event.#filename, event.#lineno, event.#colno,
        event.#error]
      : undefined);
  }

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "ErrorEvent");
    super(type, init);
    if (init === undefined || init === null) return;
    const { colno } = init;
    if (colno !== undefined) this.#colno = toUnsignedLong(colno);
    this.#error = init.error;
    const { filename } = init;
    if (filename !== undefined) this.#filename = toUSVString(filename);
    const { lineno } = init;
    if (lineno !== undefined) this.#lineno = toUnsignedLong(lineno);
    const { message } = init;
    if (message !== undefined) this.#message = toDOMString(message);
  }

  get message() { requireBrand(#message in this); return this.#message; }
  get filename() { requireBrand(#message in this); return this.#filename; }
  get lineno() { requireBrand(#message in this); return this.#lineno; }
  get colno() { requireBrand(#message in this); return this.#colno; }
  get error() { requireBrand(#message in this); return this.#error; }
}
defineInterface(ErrorEvent);

// A FrozenArray of what a list of ours holds.
const toFrozenArray = (items) => ObjectFreeze(toArray(items));

function toSource(value, where) {
  if (value === undefined || value === null) return null;
  if (isMessagePort(value)) return value;
  throw new TypeError(
    `Failed to execute '${where}': the source is not of type 'MessagePort'.`);
}

const toPorts = (value, where) => toSequence(value, (port) => {
  if (isMessagePort(port)) return port;
  throw new TypeError(
    `Failed to execute '${where}': an element of ports is not of type ` +
    "'MessagePort'.");
}, where, "ports");

// "ports" is a list of ours.
export let createMessageEvent;

// https://html.spec.whatwg.org/multipage/comms.html#messageevent
export class MessageEvent extends Event {
  #data = null;
  #origin = "";
  #lastEventId = "";
  #source = null;
  #ports = null;          // a FrozenArray, once there is one

  static {
    createMessageEvent = (type, data, ports) => {
      const event = new MessageEvent(type);
      event.#data = data;
      event.#ports = toFrozenArray(ports);
      return event;
    };
  }

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "MessageEvent");
    super(type, init);
    if (init === undefined || init === null) return;
    const { data } = init;
    if (data !== undefined) this.#data = data;
    const { lastEventId } = init;
    if (lastEventId !== undefined) this.#lastEventId = toDOMString(lastEventId);
    const { origin } = init;
    if (origin !== undefined) this.#origin = toUSVString(origin);
    const { ports } = init;
    if (ports !== undefined) {
      this.#ports = toFrozenArray(toPorts(ports, "MessageEvent"));
    }
    this.#source = toSource(init.source, "MessageEvent");
  }

  get data() { requireBrand(#data in this); return this.#data; }
  get origin() { requireBrand(#data in this); return this.#origin; }
  get lastEventId() { requireBrand(#data in this); return this.#lastEventId; }
  get source() { requireBrand(#data in this); return this.#source; }
  get ports() {
    requireBrand(#data in this);
    this.#ports ??= toFrozenArray(list());
    return this.#ports;
  }

  initMessageEvent(
    type, bubbles = false, cancelable = false, data = null, origin = "",
    lastEventId = "", source = null, ports = undefined) {
    const where = "MessageEvent.initMessageEvent";
    requireBrand(#data in this);
    requireArguments(arguments.length, 1, where);
    type = toDOMString(type);
    bubbles = Boolean(bubbles);
    cancelable = Boolean(cancelable);
    origin = toUSVString(origin);
    lastEventId = toDOMString(lastEventId);
    source = toSource(source, where);
    ports = ports === undefined ? list() : toPorts(ports, where);
    if (!initialize(requireEvent(this), type, bubbles, cancelable)) return;
    this.#data = data;
    this.#origin = origin;
    this.#lastEventId = lastEventId;
    this.#source = source;
    this.#ports = toFrozenArray(ports);
  }
}
defineInterface(MessageEvent);

// https://html.spec.whatwg.org/multipage/webappapis.html#promiserejectionevent
export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, init) {
    requireArguments(arguments.length, 2, "PromiseRejectionEvent");
    super(type, init);
    const promise = init?.promise;
    if (!isObject(promise)) {
      throw new TypeError(
        "Failed to construct 'PromiseRejectionEvent': member promise is " +
        `${promise === undefined ? "required" : "not an object"}.`);
    }
    this.#promise = promise;
    this.#reason = init.reason;
  }

  get promise() { requireBrand(#promise in this); return this.#promise; }
  get reason() { requireBrand(#promise in this); return this.#reason; }
}
defineInterface(PromiseRejectionEvent);

// https://websockets.spec.whatwg.org/#the-closeevent-interface
export class CloseEvent extends Event {
  #wasClean = false;
  #code = 0;
  #reason = "";

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "CloseEvent");
    super(type, init);
    if (init === undefined || init === null) return;
    const { code } = init;
    if (code !== undefined) this.#code = toUnsignedShort(code);
    const { reason } = init;
    if (reason !== undefined) this.#reason = toUSVString(reason);
    this.#wasClean = Boolean(init.wasClean);
  }

  get wasClean() { requireBrand(#code in this); return this.#wasClean; }
  get code() { requireBrand(#code in this); return this.#code; }
  get reason() { requireBrand(#code in this); return this.#reason; }
}
defineInterface(CloseEvent);
