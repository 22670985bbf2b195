// Promises that were rejected and that nobody handles are reported when the
// event that made them has run out of microtasks.
// https://html.spec.whatwg.org/multipage/webappapis.html#unhandled-promise-rejections

import { v8 } from "../native.js";
import {
  list, PrimordialWeakMap as WeakMap, SafeMap, WeakMapPrototypeDelete,
  WeakMapPrototypeGet, WeakMapPrototypeSet,
} from "../primordials.js";
import { currentFrame } from "./invocation.js";
import { reportHandled, reportUnhandled } from "./report.js";
import { eventIsOver } from "./trace.js";

const unhandled = new SafeMap();

// Reported ones, and those of them that have a handler after all.
let outstanding = null;
let handled = list();

let dispatching = false;

const REJECTED = 0;

function onRejection(kind, promise, reason) {
  const idle = unhandled.size === 0 && handled.length === 0;
  if (kind === REJECTED) {
    unhandled.set(promise, { frame: currentFrame(), promise, reason });
  } else {
    if (unhandled.delete(promise) || outstanding === null) return;
    const rejection = WeakMapPrototypeGet(outstanding, promise);
    if (rejection === undefined) return;
    WeakMapPrototypeDelete(outstanding, promise);
    handled[handled.length] = { promise, ...rejection };
  }
  // outside of an event: while modules are loaded
  if (!dispatching && idle) {
    v8.enqueueMicrotask(() => v8.enqueueMicrotask(report));
  }
}

function report() {
  const rejections = list();
  unhandled.forEach((rejection) => {
    rejections[rejections.length] = rejection;
  });
  unhandled.clear();
  const late = handled;
  handled = list();

  for (let i = 0; i < rejections.length; i++) {
    const { frame, promise, reason } = rejections[i];
    reportUnhandled(frame, promise, reason);
    // not before: a handler that came meanwhile is nobody's news
    outstanding ??= new WeakMap();
    WeakMapPrototypeSet(outstanding, promise, { frame, reason });
  }
  for (let i = 0; i < late.length; i++) {
    const { frame, promise, reason } = late[i];
    reportHandled(frame, promise, reason);
  }
}

// Runs microtasks and reports, until nothing is left of either: a listener may
// leave more of both.
export function runMicrotasks() {
  v8.runMicrotasks();
  while (unhandled.size !== 0 || handled.length !== 0) {
    report();
    v8.runMicrotasks();
  }
}

// Runs an event and its microtasks.
export function runEvent(handle, type, channel, a, b, c, text, bytes, d) {
  dispatching = true;
  handle(type, channel, a, b, c, text, bytes, d);
  runMicrotasks();
  eventIsOver();
  dispatching = false;
}

export function installRejectionHandler() {
  v8.setRejectionHandler(onRejection);
}
