// What the tails of this worker are told of its invocations: console calls and
// exceptions, as JSON.  All else of a trace is nginx's.

import { ops } from "../native.js";
import { JSONStringify, list } from "../primordials.js";
import { messageOf } from "./errors.js";
import { isObject } from "./webidl.js";

// wire/dw_wire.h: dw_wire_log_kind_t, DW_WIRE_TRACE_MAX
export const CALL = 1;
export const EXCEPTION = 2;
export const FAILURE = 3;
const MAX_SIZE = 256 * 1024;

let tracing = false;

// This worker has tails.
export function startTracing() {
  tracing = true;
}

// What an invocation says beyond its share is not sent, but that there was more,
// and that it has failed.
function send(invocation, kind, text) {
  invocation.traced += text.length;
  ops.trace(
    invocation.channel, kind, invocation.traced > MAX_SIZE ? "" : text);
}

// makeText() is called only if somebody wants the text.
export function trace(invocation, kind, makeText) {
  if (!tracing || invocation === undefined) return;
  if (invocation.traced <= MAX_SIZE) send(invocation, kind, makeText());
  else if (kind === FAILURE) ops.trace(invocation.channel, kind, "");
}

// Channels of invocations that have ended in the event at hand.
let ended = list();

// The invocation is over.  If it is traced, nginx hears of it when the event is:
// rejections that nobody handles are not known before.
export function done(channel) {
  if (tracing) ended[ended.length] = channel;
  else ops.done(channel);
}

// The event and its microtasks are over.
export function eventIsOver() {
  if (ended.length === 0) return;
  const channels = ended;
  ended = list();
  for (let i = 0; i < channels.length; i++) ops.done(channels[i]);
}

const MAX_STACK = 16 * 1024;

function read(error, name) {
  try {
    const value = error[name];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

// Each text by itself: JSON.stringify() asks strings for nothing.
function describe(error) {
  const isError = isObject(error);
  const message = isError ? read(error, "message") : undefined;
  const name = (isError ? read(error, "name") : undefined) ?? "Error";
  const stack = isError ? read(error, "stack") : undefined;
  return `{"name":${JSONStringify(name)},` +
    `"message":${JSONStringify(message ?? messageOf(error))}` +
    (stack === undefined || stack.length > MAX_STACK
      ? "}" : `,"stack":${JSONStringify(stack)}}`);
}

export function traceException(invocation, kind, error) {
  trace(invocation, kind, () => describe(error));
}
