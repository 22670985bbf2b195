// https://html.spec.whatwg.org/multipage/server-sent-events.html, over fetch().
//
// Of Workers are from(stream), the init member "fetcher", and that withCredentials
// is refused.  It lives no longer than its invocation: pass a promise that ends
// with it to ctx.waitUntil().

import { ErrorEvent, MessageEvent } from "../chunks/events-extra.js";
import { Event } from "../chunks/events.js";
import { parseMimeType } from "../chunks/form.js";
import {
  PrimordialError as Error, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { toDictionary } from "../core/convert.js";
import { DOMException } from "../core/dom-exception.js";
import { messageOf } from "../core/errors.js";
import { runIn } from "../core/context.js";
import { currentInvocation } from "../core/invocation.js";
import { queueMicrotask } from "../core/microtasks.js";
import { createSignal, signalAbort } from "../core/signals.js";
import { clearTimer, startTimer } from "../core/timers.js";
import {
  defineConstants, defineInterface, isObject, requireArguments, requireBrand,
  toUSVString,
} from "../core/webidl.js";
import { fetcherTarget } from "../core/remote.js";
import { parseURL, serializeOrigin, serializeURL } from "../url/lazy.js";
import { readChunks } from "./body.js";
import { utf8ToBinary } from "./encoding.js";
import { EventStreamParser } from "./event-stream.js";
import { defineEventHandler, EventTarget, fire } from "./event-target.js";
import { GLOBAL_OUTBOUND, startFetch } from "./fetch.js";
import { getHeader } from "./headers.js";
import { Request } from "./request.js";
import { responseState } from "./response.js";
import { cancelQuietly, discardBody } from "./send.js";
import {
  getReader, isDisturbed, isLocked, isReadableStream,
} from "./streams.js";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

const RECONNECTION_MS = 2000;

const kCreate = {};

const disconnected = () => new Error("The server disconnected.");

function requireContext() {
  if (currentInvocation() !== undefined) return;
  throw new DOMException(
    "An EventSource can only be created within the context of a worker " +
    "request.", "NotSupportedError");
}

let isEventSource;

export class EventSource extends EventTarget {
  #url = "";
  #target = GLOBAL_OUTBOUND;
  #readyState = CONNECTING;
  #lastEventId = "";
  #reconnectionMs = RECONNECTION_MS;
  #origin = "";
  #timer = undefined;
  #cancel = null;         // ends what is being fetched or read
  #invocation = currentInvocation();

  static {
    isEventSource = (value) => isObject(value) && #url in value;
  }

  constructor(url, eventSourceInitDict = undefined) {
    super();
    if (url === kCreate) return;
    const where = "EventSource";
    requireArguments(arguments.length, 1, where);
    url = toUSVString(url);
    const init = toDictionary(eventSourceInitDict, where, "EventSourceInit");
    const fetcher = init?.fetcher;
    const withCredentials = Boolean(init?.withCredentials);
    requireContext();
    if (fetcher !== undefined && fetcher !== null) {
      this.#target = fetcherTarget(fetcher);
      if (this.#target === undefined) {
        throw new TypeError("The member fetcher is not of type 'Fetcher'.");
      }
    }
    if (withCredentials) {
      throw new DOMException(
        "The init.withCredentials option is not supported. It must be false or " +
        "undefined.", "NotSupportedError");
    }
    const record = parseURL(url);
    if (record === null) {
      throw new DOMException(
        `Cannot open an EventSource to '${url}'. The URL is invalid.`,
        "SyntaxError");
    }
    this.#url = serializeURL(record);
    this.#connect();
  }

  // Reads a stream of bytes, once.
  static from(stream) {
    requireArguments(arguments.length, 1, "EventSource.from");
    if (!isReadableStream(stream)) {
      throw new TypeError(
        "Failed to execute 'EventSource.from': parameter 1 is not of type " +
        "'ReadableStream'.");
    }
    requireContext();
    if (isLocked(stream)) throw new TypeError("This ReadableStream is locked.");
    if (isDisturbed(stream)) {
      throw new TypeError("This ReadableStream has already been read from.");
    }
    const source = new EventSource(kCreate);
    const reader = getReader(stream);
    const onEnd = (error) => source.#fail(error);
    source.#cancel = () => cancelQuietly(reader, undefined);
    source.#later(() => {
      source.#announce();
      if (source.#readyState === CLOSED) return;
      const sink = source.#createSink();
      // not at once: the worker is inside of the stream's enqueue()
      readChunks(
        reader, (bytes) => queueMicrotask(() => sink(bytes)),
        () => onEnd(disconnected()), onEnd);
    });
    return source;
  }

  get url() {
    requireBrand(isEventSource(this));
    return this.#url;
  }
  get withCredentials() {
    requireBrand(isEventSource(this));
    return false;
  }
  get readyState() {
    requireBrand(isEventSource(this));
    return this.#readyState;
  }

  close() {
    requireBrand(isEventSource(this));
    this.#readyState = CLOSED;
    this.#release();
  }

  #release() {
    if (this.#timer !== undefined) clearTimer(this.#timer);
    this.#timer = undefined;
    const cancel = this.#cancel;
    this.#cancel = null;
    if (cancel !== null) cancel();
  }

  // As a task of its own: listeners are added after the constructor.
  #later(steps, delay = 0) {
    this.#timer = startTimer(() => {
      this.#timer = undefined;
      if (this.#readyState !== CLOSED) steps();
    }, delay);
  }

  // https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource
  #connect() {
    const signal = createSignal();
    const headers = {
      __proto__: null, "Accept": "text/event-stream", "Cache-Control": "no-cache",
    };
    if (this.#lastEventId !== "") {
      headers["Last-Event-ID"] = utf8ToBinary(this.#lastEventId);
    }
    this.#cancel = () => signalAbort(signal, undefined);
    try {
      const request = new Request(
        this.#url, { __proto__: null, headers, signal, cache: "no-store" });
      startFetch(
        this.#target, request,
        (response) => this.#run(this.#onResponse, response),
        (error) => this.#run(this.#fail, error));
    } catch (error) {
      this.#later(() => this.#fail(error));
    }
  }

  // What the engine calls is in no context.
  #run(steps, argument) {
    runIn(this.#invocation, steps, this, [argument]);
  }

  #onResponse(response) {
    if (this.#readyState === CLOSED) return;
    const { body, headers, status, url } = responseState(response);
    const type = getHeader(headers, "content-type");
    const mimeType = type === null ? null : parseMimeType(type);
    if (status !== 200 || mimeType === null ||
        mimeType.essence !== "text/event-stream") {
      discardBody(body);
      this.#fail(new DOMException(
        status !== 200 ? `The response status code was ${status}.`
          : `The content type '${type ?? ""}' is invalid.`, "AbortError"));
      return;
    }
    this.#origin = serializeOrigin(parseURL(url));
    this.#announce();
    if (this.#readyState === CLOSED) return;
    if (body === null) {
      this.#reconnect(disconnected());
      return;
    }
    const onChunk = this.#createSink();
    body.read(
      (bytes) => this.#run(onChunk, bytes),
      () => this.#run(this.#reconnect, disconnected()),
      (error) => this.#run(this.#reconnect, error));
  }

  #createSink() {
    const parser = new EventStreamParser(this.#lastEventId,
      (type, data, id) => {
        this.#lastEventId = id;
        if (data === null || this.#readyState === CLOSED) return;
        fire(this, new MessageEvent(type, {
          __proto__: null, data, lastEventId: id, origin: this.#origin,
        }));
      },
      (milliseconds) => { this.#reconnectionMs = milliseconds; });
    return (bytes) => {
      if (this.#readyState !== CLOSED) parser.push(bytes);
    };
  }

  // https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection
  #announce() {
    this.#readyState = OPEN;
    fire(this, new Event("open"));
  }

  // https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
  #reconnect(error) {
    if (this.#readyState === CLOSED) return;
    this.#cancel = null;
    if (this.#invocation.over) {
      this.#readyState = CLOSED;
      return;
    }
    this.#readyState = CONNECTING;
    this.#later(() => this.#connect(), this.#reconnectionMs);
    this.#fireError(error);
  }

  // https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection
  #fail(error) {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#cancel = null;
    this.#fireError(error);
  }

  #fireError(error) {
    fire(this, new ErrorEvent("error", {
      __proto__: null, error, message: messageOf(error),
    }));
  }
}
defineInterface(EventSource);
const requireOurs = (target) => requireBrand(isEventSource(target));
defineEventHandler(EventSource, "open", requireOurs);
defineEventHandler(EventSource, "message", requireOurs);
defineEventHandler(EventSource, "error", requireOurs);
defineConstants(EventSource, { CONNECTING, OPEN, CLOSED });
