// https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing

import { v8 } from "../native.js";
import { PrimordialTypeError as TypeError } from "../primordials.js";
import { runIn } from "./context.js";
import { currentFrame } from "./invocation.js";
import { reportException } from "./report.js";
import { requireArguments } from "./webidl.js";

export function queueMicrotask(callback) {
  requireArguments(arguments.length, 1, "queueMicrotask");
  if (typeof callback !== "function") {
    throw new TypeError(
      "Failed to execute 'queueMicrotask': parameter 1 is not of type " +
      "'Function'.");
  }
  const frame = currentFrame();
  v8.enqueueMicrotask(() => {
    try {
      runIn(frame, callback, undefined, []);
    } catch (error) {
      reportException(frame, "in a microtask", error);
    }
  });
}
