// Exceptions that nobody caught: the global scope's listeners see them first.

import { logUncaught } from "./invocation.js";

let scope = null;

// From the global scope: error(frame, error), unhandled(frame, promise, reason),
// both of which answer whether a listener has prevented the log line, and
// handled(frame, promise, reason).  Listeners run in the frame, which may be an
// invocation.
export function provideScopeEvents(events) {
  scope = events;
}

// https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception
export function reportException(frame, where, error) {
  if (!scope.error(frame, error)) {
    logUncaught(frame?.invocation, where, error);
  }
}

export function reportUnhandled(frame, promise, reason) {
  if (!scope.unhandled(frame, promise, reason)) {
    logUncaught(frame?.invocation, "in promise", reason);
  }
}

export function reportHandled(frame, promise, reason) {
  scope.handled(frame, promise, reason);
}
