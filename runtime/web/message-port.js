// https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels
//
// Both ports are in this isolate: a message is copied when it is posted, and
// delivered by a task, a timer without delay.  The task belongs to the
// invocation that posted the message, or that started the port; when that is
// over before, the message is lost.

import {
  cloneWithTransfer, toTransferList, transferOf,
} from "../chunks/clone.js";
import { Event } from "../chunks/events.js";
import {
  createMessageEvent, provideMessagePorts,
} from "../chunks/events-extra.js";
import {
  list, PrimordialTypeError as TypeError, SafeSet, SymbolIterator,
} from "../primordials.js";
import { dataCloneError, defineTransferable } from "../core/clone.js";
import { runIn } from "../core/context.js";
import { currentInvocation, requireInvocation } from "../core/invocation.js";
import { clearTimer, startTimer } from "../core/timers.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import { defineEventHandler, EventTarget, fire } from "./event-target.js";

const kCreate = {};

class Message {
  data;
  ports;
  cancel = null;          // once there is a task for it

  constructor(data, ports) {
    this.data = data;
    this.ports = ports;
  }
}

let isPort;
let createPort;
let entangle;
let isDetached;
let start;
let move;

export class MessagePort extends EventTarget {
  #other = null;          // the port that this one is entangled with
  #messages = new SafeSet();
  #enabled = false;
  #detached = false;      // closed, or transferred

  static {
    isPort = (value) => isObject(value) && #messages in value;
    createPort = () => new MessagePort(kCreate);
    isDetached = (port) => port.#detached;

    entangle = (a, b) => {
      a.#other = b;
      b.#other = a;
    };

    start = (port) => {
      if (port.#enabled || port.#detached) return;
      port.#enabled = true;
      port.#messages.forEach((message) => port.#schedule(message));
    };

    // https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-steps
    move = (port, received) => {
      port.#detached = true;
      received.#messages = port.#dropMessages();
      const other = port.#other;
      port.#other = null;
      if (other !== null) entangle(other, received);
    };
  }

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    super();
  }

  // https://html.spec.whatwg.org/multipage/web-messaging.html#dom-messageport-postmessage
  postMessage(message, options = undefined) {
    const where = "MessagePort.postMessage";
    requireBrand(#messages in this);
    requireArguments(arguments.length, 1, where);
    const transfer = transferListOf(options, where);

    const target = this.#other;
    if (target !== null && target.#enabled) requireInvocation();
    let doomed = false;
    for (let i = 0; i < transfer.length; i++) {
      if (transfer[i] === this) {
        throw dataCloneError(
          `Failed to execute '${where}': the port cannot send itself.`);
      }
      if (transfer[i] === target) doomed = true;
    }
    const { moved, value } = cloneWithTransfer(message, transfer, where);
    if (target === null || doomed) return;

    const ports = list();
    for (let i = 0; i < moved.length; i++) {
      if (isPort(moved[i])) ports[ports.length] = moved[i];
    }
    const posted = new Message(value, ports);
    if (target.#enabled) target.#schedule(posted);
    target.#messages.add(posted);
  }

  start() {
    requireBrand(#messages in this);
    start(this);
  }

  // https://html.spec.whatwg.org/multipage/web-messaging.html#dom-messageport-close
  close() {
    requireBrand(#messages in this);
    this.#detached = true;
    this.#dropMessages();
    const other = this.#other;
    if (other === null) return;
    this.#other = null;
    other.#other = null;
    // after the messages that are still on their way to it
    const invocation = currentInvocation();
    if (invocation === undefined || invocation.over) return;
    startTimer(() => fire(other, new Event("close")), 0);
  }

  // By a task of the current invocation.
  #schedule(message) {
    const invocation = requireInvocation();
    const drop = () => this.#messages.delete(message);
    const task = startTimer(() => {
      invocation.removeCleanup(drop);
      drop();
      const event = createMessageEvent("message", message.data, message.ports);
      // of the poster's context nothing but its invocation goes along
      runIn(invocation, fire, undefined, [this, event]);
    }, 0);
    invocation.addCleanup(drop);
    message.cancel = () => {
      invocation.removeCleanup(drop);
      clearTimer(task);
      message.cancel = null;
    };
  }

  // They have no tasks any more.
  #dropMessages() {
    const messages = this.#messages;
    this.#messages = new SafeSet();
    messages.forEach((message) => message.cancel?.());
    return messages;
  }
}
defineInterface(MessagePort, "MessagePort");

const requirePort = (port) => requireBrand(isPort(port));
defineEventHandler(MessagePort, "message", requirePort, start);
defineEventHandler(MessagePort, "messageerror", requirePort);
defineEventHandler(MessagePort, "close", requirePort);

provideMessagePorts(isPort);
defineTransferable(MessagePort, {
  __proto__: null, is: isPort, detached: isDetached, receive: createPort,
  send: move,
});

// Either the list itself, or options that have one.
function transferListOf(options, where) {
  if (isObject(options)) {
    const method = options[SymbolIterator];
    if (method !== undefined && method !== null) {
      return toTransferList(options, where, method);
    }
  }
  return transferOf(options, where);
}

// https://html.spec.whatwg.org/multipage/web-messaging.html#messagechannel
export class MessageChannel {
  #port1 = createPort();
  #port2 = createPort();

  constructor() {
    entangle(this.#port1, this.#port2);
  }

  get port1() { requireBrand(#port1 in this); return this.#port1; }
  get port2() { requireBrand(#port1 in this); return this.#port2; }
}
defineInterface(MessageChannel, "MessageChannel");
