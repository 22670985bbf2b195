// The global scope that a worker sees.

import { ObjectDefineProperty, ObjectKeys } from "./primordials.js";
import { chunk, defineLazily } from "./core/chunks.js";
import { DOMException } from "./core/dom-exception.js";
import { queueMicrotask } from "./core/microtasks.js";
import { timerFunctions } from "./core/timers.js";
import { console } from "./web/console.js";
import { Crypto, crypto } from "./web/crypto.js";
import { atob, btoa, TextDecoder, TextEncoder } from "./web/encoding.js";
import { EventTarget } from "./web/event-target.js";
import { fetch } from "./web/fetch.js";
import {
  installScope, reportError, ServiceWorkerGlobalScope, WorkerGlobalScope,
} from "./web/global-scope.js";
import { Headers } from "./web/headers.js";
import { Request } from "./web/request.js";
import { Response } from "./web/response.js";

const hidden = {
  console, Crypto, DOMException, EventTarget, Headers, Request, Response,
  ServiceWorkerGlobalScope, TextDecoder, TextEncoder,
  WorkerGlobalScope,
};

const visible = {
  atob, btoa, crypto, fetch, queueMicrotask, reportError,
  self: globalThis, ...timerFunctions,
};

function define(object, enumerable) {
  for (const name of ObjectKeys(object)) {
    ObjectDefineProperty(globalThis, name, {
      value: object[name], writable: true, enumerable, configurable: true,
    });
  }
}

// Of chunks, made when a worker first asks for them.
const lazy = {
  __proto__: null,
  form: ["Blob", "File", "FormData"],
  events: ["AbortController", "AbortSignal", "CustomEvent", "Event"],
  "events-extra": [
    "CloseEvent", "ErrorEvent", "MessageEvent", "PromiseRejectionEvent",
  ],
  eventsource: ["EventSource"],
  messaging: ["MessageChannel", "MessagePort"],
  misc: ["Navigator", "Scheduler"],
  performance: [
    "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure",
  ],
  crypto: ["CryptoKey", "SubtleCrypto"],
  streams: [
    "ByteLengthQueuingStrategy", "CountQueuingStrategy", "FixedLengthStream",
    "IdentityTransformStream", "ReadableByteStreamController", "ReadableStream",
    "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController", "ReadableStreamDefaultReader",
    "TransformStream", "TransformStreamDefaultController", "WritableStream",
    "WritableStreamDefaultController", "WritableStreamDefaultWriter",
  ],
  transforms: [
    "CompressionStream", "DecompressionStream", "TextDecoderStream",
    "TextEncoderStream",
  ],
  url: ["URL", "URLSearchParams"],
  urlpattern: ["URLPattern"],
};

const lazyVisible = {
  __proto__: null,
  clone: ["structuredClone"],
  misc: ["navigator", "scheduler"],
  performance: ["performance"],
};

export function installGlobals() {
  for (const name of ObjectKeys(lazy)) {
    defineLazily(globalThis, lazy[name], false, (key) => chunk(name)[key]);
  }
  for (const name of ObjectKeys(lazyVisible)) {
    defineLazily(
      globalThis, lazyVisible[name], true, (key) => chunk(name)[key]);
  }

  define(hidden, false);
  define(visible, true);
  installScope();
}
