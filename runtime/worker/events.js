// Delivers events to the worker's handlers.

import { CANCEL, EXCEPTION, ops } from "../native.js";
import {
  FunctionPrototypeHasInstance, list, ObjectDefineProperty,
  ObjectIsExtensible, ObjectPrototypeHasOwnProperty,
  PrimordialError as Error, PrimordialTypeError as TypeError,
  PromisePrototypeThen, PromiseResolve, ReflectApply, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeStartsWith,
} from "../primordials.js";
import { openChannel, Sender } from "../core/channels.js";
import { chunk } from "../core/chunks.js";
import { runIn } from "../core/context.js";
import { DOMException } from "../core/dom-exception.js";
import {
  currentInvocation, Invocation, setEntered,
} from "../core/invocation.js";
import { createSignal, signalAbort } from "../core/signals.js";
import { isObject } from "../core/webidl.js";
import { BodyState } from "../web/body.js";
import { binaryToUtf8 } from "../web/encoding.js";
import { IncomingBody } from "../web/incoming.js";
import { createEventRequest } from "../web/request.js";
import {
  isNullBodyStatus, isResponse, responseState, responseToSend,
} from "../web/response.js";
import {
  discardBody, discardStream, isShortText, NO_BODY, sendStream, takeForSending,
} from "../web/send.js";
import { contextOf, worker, WorkerEntrypoint } from "./entrypoints.js";
import { fillExports } from "./exports.js";

// A fetch event: the receiver of its channel.
class FetchEvent {
  invocation;
  #entrypoint;
  #head;
  #isHead;                // a HEAD request: what the body is like is enough
  #incoming = null;
  #sender = null;

  constructor(channel, hasBody, length, head, props) {
    this.invocation = new Invocation(channel, props);
    const end = StringPrototypeIndexOf(head, "\0");
    this.#entrypoint = end === 0
      ? "" : binaryToUtf8(StringPrototypeSlice(head, 0, end));
    this.#head = head;
    this.#isHead = StringPrototypeStartsWith(head, "HEAD\0", end + 1);
    if (hasBody === 1) {
      this.#incoming = new IncomingBody(channel, this.invocation, length, false);
    }
    openChannel(channel, this);
  }

  run() {
    const { invocation } = this;
    if (invocation.over) return;
    setEntered(invocation);
    runIn(invocation, this.#answer, this, []);
  }

  // In the context of the invocation, and so are the reactions: a stream in the
  // response is the worker's code too.
  #answer() {
    let result;
    try {
      result = this.#callHandler();
      if (!isResponse(result)) {
        PromisePrototypeThen(
          PromiseResolve(result),
          (response) => this.#respond(response), (error) => this.fail(error));
        return;
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#respond(result);
  }

  // Calls the handler.
  #callHandler() {
    const body = this.#incoming === null
      ? null : BodyState.ofIncoming(this.#incoming);
    const request =
      createEventRequest(this.#head, body, () => this.#makeSignal());
    this.#head = null;
    return callHandler(
      this.invocation, this.#entrypoint, "fetch", noFetchHandler, request);
  }

  #makeSignal() {
    const { invocation } = this;
    invocation.signal ??= createSignal();
    if (invocation.gone) this.#abort();
    return invocation.signal;
  }

  #respond(response) {
    const { invocation } = this;
    if (invocation.gone) {
      if (isResponse(response)) discardBody(responseState(response).body);
      invocation.responseDone();
      return;
    }
    try {
      if (!isResponse(response)) {
        throw new TypeError(
          "Incorrect type for Promise: the Promise did not resolve to " +
          "'Response'.");
      }
      this.#send(responseToSend(response));
    } catch (error) {
      this.fail(error);
    }
  }

  #send({ body, gzip, head, status }) {
    if (status === 0) {
      throw new Error("Return value from serve handler must not be an error response.");
    }
    const { channel } = this.invocation;
    if (isShortText(body) && !gzip && !isNullBodyStatus(status) &&
        !this.#isHead) {
      ops.respondText(channel, status, head, body.take().text);
      this.invocation.responseDone();
      return;
    }
    const taken =
      isNullBodyStatus(status) ? NO_BODY : takeForSending(body, gzip);
    ops.respond(
      channel, status, taken.flags, taken.join, taken.length, head);

    if (this.#isHead) {
      if (taken.stream !== null) discardStream(taken.stream);
      this.invocation.responseDone();
    } else if (taken.stream !== null) {
      this.#sender = new Sender(channel);
      PromisePrototypeThen(
        sendStream(taken.stream, this.#sender),
        () => this.invocation.responseDone(), (error) => this.fail(error));
    } else if (taken.bytes !== null && taken.length > 0) {
      this.#sender = new Sender(channel);
      const waiting = this.#sender.write(taken.bytes);
      if (waiting === undefined) {
        this.invocation.responseDone();
      } else {
        PromisePrototypeThen(waiting, () => this.invocation.responseDone());
      }
    } else {
      // no body, or nginx has joined it
      this.invocation.responseDone();
    }
  }

  fail(error) {
    this.#incoming?.fail(error);
    this.#sender?.close();
    this.invocation.fail(EXCEPTION, error);
  }

  onData(bytes) {
    this.#incoming?.onData(bytes);
  }

  onEnd() {
    this.#incoming?.onEnd();
  }

  onWindow() {
    this.#sender?.onWindow();
  }

  onHead() {}

  // Nobody waits for the response any more.  What waitUntil() holds goes on if
  // it is only that the client has left.
  onReset(code) {
    const { invocation } = this;
    invocation.gone = true;
    const error = disconnected();
    this.#incoming?.fail(error);
    this.#sender?.close();
    if (invocation.signal !== undefined) this.#abort();
    if (code === CANCEL) invocation.responseDone();
    else invocation.end();
  }

  #abort() {
    const { invocation } = this;
    runIn(
      invocation, signalAbort, undefined, [invocation.signal, disconnected()]);
  }
}

const disconnected = () =>
  new DOMException("The client has disconnected.", "AbortError");

const noFetchHandler = () =>
  new Error("Handler does not export a fetch() function.");

let namespace;
// The names in it: to ask the namespace itself takes V8 long.
const exported = { __proto__: null };

export function findEntrypoint(name, missing = noFetchHandler) {
  const key = name === "" ? "default" : name;
  const value = exported[key] === true ? namespace[key] : undefined;
  if (value === undefined || value === null) {
    throw name === "" ? missing()
      : new Error(`Worker does not export an entrypoint named "${name}".`);
  }
  if (typeof value === "function") {
    if (!FunctionPrototypeHasInstance(WorkerEntrypoint, value.prototype)) {
      throw missing();
    }
    return value;
  }
  if (!isObject(value)) throw missing();
  return value;
}

// Calls a handler of an entrypoint: a class's with the event alone, an object's
// with env and ctx, too.  missing() makes the error if there is none.
export function callHandler(invocation, name, method, missing, event) {
  const entrypoint = findEntrypoint(name, missing);
  const ctx = contextOf(invocation);
  const isClass = typeof entrypoint === "function";
  const target = isClass ? new entrypoint(ctx, worker.env) : entrypoint;
  const handler = target[method];
  if (typeof handler !== "function") throw missing();
  return ReflectApply(
    handler, target, isClass ? [event] : [event, worker.env, ctx]);
}

// Makes this.env and this.ctx work in plain objects too.
function equip(handler) {
  if (!isObject(handler) || typeof handler === "function" ||
      !ObjectIsExtensible(handler)) {
    return;
  }
  if (!ObjectPrototypeHasOwnProperty(handler, "env")) {
    ObjectDefineProperty(handler, "env", {
      __proto__: null,
      value: worker.env, writable: true, configurable: true,
    });
  }
  if (!ObjectPrototypeHasOwnProperty(handler, "ctx")) {
    ObjectDefineProperty(handler, "ctx", {
      __proto__: null,
      get() {
        const invocation = currentInvocation();
        return invocation === undefined ? undefined : contextOf(invocation);
      },
      set(value) {
        ObjectDefineProperty(this, "ctx", {
          __proto__: null,
          value, writable: true, enumerable: true, configurable: true,
        });
      },
      configurable: true,
    });
  }
}

// What a fetch event is really for.
const RPC_SESSION = 1;
const TAIL = 2;

// Events that came before the worker was ready, in order; null once it is.
let waiting = list();

// "bytes" are ctx.props, serialized, or undefined; the stubs that came with them
// have numbers from "granted" on.
export function onFetch(channel, hasBody, length, kind, head, bytes, granted) {
  const props =
    bytes === undefined ? undefined : { __proto__: null, bytes, granted };
  const event = kind === RPC_SESSION
    ? chunk("rpc").createEvent(channel, head, props)
    : kind === TAIL
      ? chunk("tail").createEvent(channel, length, head, props)
      : new FetchEvent(channel, hasBody, length, head, props);
  if (waiting === null) event.run();
  else waiting[waiting.length] = event;
}

// The worker has been loaded.
export function startEvents(moduleNamespace, keys) {
  namespace = moduleNamespace;
  fillExports(namespace, keys);
  for (let i = 0; i < keys.length; i++) {
    exported[keys[i]] = true;
    try {
      equip(namespace[keys[i]]);
    } catch {
      // a proxy that will not have it
    }
  }
  const events = waiting;
  waiting = null;
  for (let i = 0; i < events.length; i++) events[i].run();
}

// The worker could not be loaded: nginx resets all of its channels.
export function dropEvents() {
  waiting = list();
}
