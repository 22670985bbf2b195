// An invocation: one event into this isolate.  The current one is that of the
// frame at hand (see context.js), which is set when an event is delivered and
// follows promise reactions; timers, microtasks and callbacks remember theirs.
//
// An invocation is over when its response is complete and its waitUntil()
// promises have settled.  After that it cannot start I/O.

import { LOG_ERROR, ops, v8 } from "../native.js";
import {
  PrimordialError as Error, PromisePrototypeThen, PromiseResolve, SafeSet,
} from "../primordials.js";
import { closeChannel } from "./channels.js";
import { NO_VALUES } from "./context.js";
import { describe, locationOf, messageOf } from "./errors.js";
import { done, EXCEPTION, FAILURE, traceException } from "./trace.js";

// The invocation that the event in hand belongs to: for code whose context V8
// has lost (a user's thenable is called in none).
let entered;

export class Invocation {
  channel;
  values = NO_VALUES;     // as a frame
  props;                  // as onFetch() has them, or undefined
  ctx = undefined;        // the worker's "ctx", made when first asked for
  signal = undefined;     // request.signal, once somebody has asked for it
  traced = 0;             // bytes or so that its worker's tails were sent
  gone = false;           // nginx has closed the channel
  over = false;
  #responded = false;     // the response is complete
  #ended = false;         // ... and nginx knows
  #waits = 0;
  #cleanups = null;       // a SafeSet, once there is one

  constructor(channel, props) {
    this.channel = channel;
    this.props = props;
  }

  get invocation() {
    return this;
  }

  waitUntil(promise) {
    PromisePrototypeThen(PromiseResolve(promise), () => {
      this.#settled();
    }, (error) => {
      logUncaught(this, "in waitUntil()", error, FAILURE);
      this.#settled();
    });
    // not before: a getter of the worker's may have thrown
    this.#waits++;
  }

  #settled() {
    this.#waits--;
    this.#finishWhenDone();
  }

  // As waitUntil(), for work of our own: until release().
  hold() {
    this.#waits++;
  }

  release() {
    this.#settled();
  }

  // The response is complete, or will never be.
  responseDone() {
    if (this.#responded) return;
    this.#responded = true;
    this.#finishWhenDone();
  }

  // At once, whatever it waits for: its time or another limit is used up.
  end() {
    if (this.over) return;
    this.over = true;
    closeChannel(this.channel);
    done(this.channel);
    const cleanups = this.#cleanups;
    if (cleanups !== null) {
      this.#cleanups = null;
      cleanups.forEach((cleanup) => cleanup());
    }
  }

  #finishWhenDone() {
    if (!this.#responded || this.over) return;
    if (this.#waits === 0) {
      this.end();
    } else if (!this.#ended && !this.gone) {
      this.#ended = true;
      ops.end(this.channel);
    }
  }

  // The response failed: RESET closes the channel, waitUntil() goes on.
  fail(code, error) {
    if (this.#responded || this.over) return;
    if (!this.gone) {
      traceException(this, FAILURE, error);
      ops.reset(this.channel, code, messageOf(error), locationOf(error));
    }
    this.gone = true;
    this.responseDone();
  }

  // What is to be dropped when the invocation is over.
  addCleanup(cleanup) {
    this.#cleanups ??= new SafeSet();
    this.#cleanups.add(cleanup);
  }

  removeCleanup(cleanup) {
    this.#cleanups?.delete(cleanup);
  }
}

export const currentInvocation = () => v8.getContext()?.invocation ?? entered;

// The frame at hand, to go on in later by runIn().
export const currentFrame = () => v8.getContext() ?? entered;

export function setEntered(invocation) {
  entered = invocation;
}

export function requireInvocation() {
  const invocation = currentInvocation();
  if (invocation === undefined) {
    throw new Error(
      "Disallowed operation called within global scope. Asynchronous I/O " +
      "(ex: fetch() or connect()), setting a timeout, and generating random " +
      "values are not allowed within global scope. To fix this error, perform " +
      "this operation within a handler.");
  }
  if (invocation.over) throw requestIsOver(invocation);
  return invocation;
}

// For who needs something of an invocation that is over: its own code, or that
// of another one.
export function requestIsOver(invocation) {
  const current = currentInvocation();
  return new Error(current === undefined || current === invocation
    ? "Cannot perform I/O on behalf of a request that is over: its response " +
      "is complete and its waitUntil() promises have settled. Pass work that " +
      "goes on after the response to ctx.waitUntil()."
    : "Cannot perform I/O on behalf of a different request. I/O objects (such " +
      "as streams, request/response bodies, and others) created in the context " +
      "of one request handler cannot be accessed from a different request's " +
      "handler.");
}

export function logUncaught(invocation, where, error, kind = EXCEPTION) {
  traceException(invocation, kind, error);
  const location = locationOf(error);
  ops.log(
    invocation === undefined ? 0 : invocation.channel, LOG_ERROR,
    `Uncaught (${where}) ${describe(error)}` +
    (location === "" ? "" : ` at ${location}`));
}
