// Exceptions that nobody caught: the global scope's listeners see them first.

import { logUncaught } from "./invocation.js";

let scope = null;

// From the global scope: error(invocation, error), unhandled(invocation,
// promise, reason), both of which answer whether a listener has prevented the
// log line, and handled(invocation, promise, reason).
export function provideScopeEvents(events) {
  scope = events;
}

// https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception
export function reportException(invocation, where, error) {
  if (!scope.error(invocation, error)) logUncaught(invocation, where, error);
}

export function reportUnhandled(invocation, promise, reason) {
  if (!scope.unhandled(invocation, promise, reason)) {
    logUncaught(invocation, "in promise", reason);
  }
}

export function reportHandled(invocation, promise, reason) {
  scope.handled(invocation, promise, reason);
}
