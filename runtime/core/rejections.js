// Rejections that nobody handles are logged when the event that made them has
// run out of microtasks.

import { v8 } from "../native.js";
import { SafeMap } from "../primordials.js";
import { currentInvocation, logUncaught } from "./invocation.js";

const unhandled = new SafeMap();
let dispatching = false;

function onRejection(kind, promise, reason) {
  if (kind === 1) {
    unhandled.delete(promise);
    return;
  }
  unhandled.set(promise, { reason, invocation: currentInvocation() });
  // outside of an event: while modules are loaded
  if (!dispatching && unhandled.size === 1) {
    v8.enqueueMicrotask(() => v8.enqueueMicrotask(report));
  }
}

function report() {
  unhandled.forEach(({ reason, invocation }) => {
    logUncaught(invocation, "in promise", reason);
  });
  unhandled.clear();
}

// Runs an event and its microtasks, then looks who is left.
export function runEvent(handle, type, channel, a, b, c, text, bytes) {
  dispatching = true;
  handle(type, channel, a, b, c, text, bytes);
  v8.runMicrotasks();
  dispatching = false;
  if (unhandled.size !== 0) report();
}

export function installRejectionHandler() {
  v8.setRejectionHandler(onRejection);
}
