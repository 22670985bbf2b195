// The global scope as an object: its prototypes, and the events it gets.
// https://html.spec.whatwg.org/multipage/workers.html#the-global-scope

import {
  ObjectSetPrototypeOf, PrimordialNumber as Number,
  PrimordialTypeError as TypeError, RegExpPrototypeExec,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { runIn } from "../core/context.js";
import { describe, locationOf } from "../core/errors.js";
import { currentFrame } from "../core/invocation.js";
import { provideScopeEvents, reportException } from "../core/report.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";
import {
  defineEventHandler, EventTarget, fire, hasListeners,
} from "./event-target.js";

const scope = globalThis;

export class WorkerGlobalScope extends EventTarget {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
defineInterface(WorkerGlobalScope);

const requireScope = (target) => requireBrand(target === scope);
defineEventHandler(WorkerGlobalScope, "error", requireScope);
defineEventHandler(WorkerGlobalScope, "rejectionhandled", requireScope);
defineEventHandler(WorkerGlobalScope, "unhandledrejection", requireScope);

export class ServiceWorkerGlobalScope extends WorkerGlobalScope {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
defineInterface(ServiceWorkerGlobalScope);

export function installScope() {
  ObjectSetPrototypeOf(scope, ServiceWorkerGlobalScope.prototype);
  provideScopeEvents({ __proto__: null, error, handled, unhandled });
}

// Dispatches an event of ours in a frame; was it canceled?
function fireIn(frame, event) {
  return !runIn(frame, fire, undefined, [scope, event]);
}

const place = /^(.*):(\d+):(\d+)$/;

// https://html.spec.whatwg.org/multipage/webappapis.html#extract-error
function extract(exception) {
  const match = RegExpPrototypeExec(place, locationOf(exception));
  return {
    __proto__: null,
    cancelable: true,
    colno: match === null ? 0 : Number(match[3]),
    error: exception,
    filename: match === null ? "" : match[1],
    lineno: match === null ? 0 : Number(match[2]),
    message: `Uncaught ${describe(exception)}`,
  };
}

let reporting = false;

// An exception in a listener of this event is only logged.
function error(frame, exception) {
  if (reporting || !hasListeners(scope, "error")) return false;
  const { ErrorEvent } = chunk("events-extra");
  reporting = true;
  try {
    return fireIn(frame, new ErrorEvent("error", extract(exception)));
  } finally {
    reporting = false;
  }
}

function rejection(type, cancelable, promise, reason) {
  const { PromiseRejectionEvent } = chunk("events-extra");
  return new PromiseRejectionEvent(
    type, { __proto__: null, cancelable, promise, reason });
}

function unhandled(frame, promise, reason) {
  return hasListeners(scope, "unhandledrejection") && fireIn(
    frame, rejection("unhandledrejection", true, promise, reason));
}

function handled(frame, promise, reason) {
  if (!hasListeners(scope, "rejectionhandled")) return;
  fireIn(frame, rejection("rejectionhandled", false, promise, reason));
}

export function reportError(exception) {
  requireArguments(arguments.length, 1, "reportError");
  reportException(currentFrame(), "in reportError()", exception);
}
