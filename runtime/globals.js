// The global scope that a worker sees.

import { ObjectDefineProperty, ObjectKeys } from "./primordials.js";
import { chunk, defineLazily } from "./core/chunks.js";
import { DOMException } from "./core/dom-exception.js";
import { timerFunctions } from "./core/timers.js";
import { URLSearchParams } from "./url/search-params.js";
import { URL } from "./url/url.js";
import { AbortController, AbortSignal } from "./web/abort.js";
import { console } from "./web/console.js";
import { Crypto, crypto } from "./web/crypto.js";
import { atob, btoa, TextDecoder, TextEncoder } from "./web/encoding.js";
import { CustomEvent, Event, EventTarget } from "./web/events.js";
import { fetch } from "./web/fetch.js";
import { Headers } from "./web/headers.js";
import {
  Navigator, navigator, Performance, performance, queueMicrotask, Scheduler,
  scheduler, structuredClone,
} from "./web/misc.js";
import { Request } from "./web/request.js";
import { Response } from "./web/response.js";
import { interfaces as streams } from "./web/streams.js";

const hidden = {
  AbortController, AbortSignal, console, Crypto, CustomEvent, DOMException, Event,
  EventTarget, Headers, Navigator, Performance, Request, Response, Scheduler,
  TextDecoder, TextEncoder, URL, URLSearchParams, ...streams,
};

const visible = {
  atob, btoa, crypto, fetch, navigator, performance, queueMicrotask,
  scheduler, self: globalThis, structuredClone, ...timerFunctions,
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
  transforms: [
    "CompressionStream", "DecompressionStream", "TextDecoderStream",
    "TextEncoderStream",
  ],
  urlpattern: ["URLPattern"],
};

export function installGlobals() {
  for (const name of ObjectKeys(lazy)) {
    defineLazily(globalThis, lazy[name], false, (key) => chunk(name)[key]);
  }

  define(hidden, false);
  define(visible, true);
}
