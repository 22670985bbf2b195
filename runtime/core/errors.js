// Errors on their way between isolates.  The wire has a message and a location;
// the name of an error's class goes in front of its message, as a stack has it,
// and the other side makes an error of that class again.

import {
  BAD_CODE, CANCEL, CPU, DENIED, ENGINE, EXCEPTION, MEMORY, NETWORK, OVERLOAD,
  SUBREQUESTS, v8, WALL,
} from "../native.js";
import {
  PrimordialError as Error, PrimordialRangeError as RangeError,
  PrimordialString as String, PrimordialTypeError as TypeError, replaceString,
  StringPrototypeIndexOf, StringPrototypeSlice,
} from "../primordials.js";
import {
  DOMException, isDOMException, messageOfDOMException, nameOfDOMException,
} from "./dom-exception.js";
import { detailOf } from "./function-text.js";
import { isObject } from "./webidl.js";

const MESSAGE_MAX = 4096;

export const NO_NETWORK =
  "Network access is disabled for this worker (globalOutbound is null).";

const messages = {
  __proto__: null,
  [CANCEL]: "The request was cancelled.",
  [EXCEPTION]: "The worker threw an exception.",
  [BAD_CODE]: "The worker could not be loaded.",
  [CPU]: "Worker exceeded CPU time limit.",
  [WALL]: "Worker exceeded wall time limit.",
  [MEMORY]: "Worker exceeded memory limit.",
  [OVERLOAD]: "Too many requests are queued for this worker.",
  [ENGINE]: "The engine that ran this worker is gone.",
  [NETWORK]: "Network connection lost.",
  [DENIED]: "This worker has no such capability.",
  [SUBREQUESTS]: "Too many subrequests.",
};

export const nativeErrors = {
  __proto__: null,
  Error,
  EvalError: globalThis.EvalError,
  RangeError,
  ReferenceError: globalThis.ReferenceError,
  SyntaxError: globalThis.SyntaxError,
  TypeError,
  URIError: globalThis.URIError,
};

// What an exception says, without asking it to run anything that can throw.
export function messageOf(error) {
  let text;
  try {
    if (isObject(error)) {
      const { message, name } = error;
      if (typeof message === "string" && typeof name === "string") {
        text = name === "Error" || name === "" ? message
          : message === "" ? name : `${name}: ${message}`;
      }
    }
    text ??= String(error);
  } catch {
    text = "an exception that has no text";
  }
  return forWire(text);
}

function forWire(text) {
  // a NUL would end the message on the wire
  text = replaceString(text, "\0", " ");
  return text.length > MESSAGE_MAX
    ? StringPrototypeSlice(text, 0, MESSAGE_MAX) : text;
}

// What an exception that nobody caught is called, asking no code of a worker's.
export function describe(error) {
  if (!isDOMException(error)) return forWire(detailOf(error));
  const message = messageOfDOMException(error);
  const name = nameOfDOMException(error);
  return forWire(message === "" ? name : `${name}: ${message}`);
}

export function locationOf(error) {
  if (!isObject(error)) return "";
  try {
    return v8.location(error);
  } catch {
    return "";
  }
}

// An error by its description; the opposite of messageOf().
function errorFrom(text) {
  const colon = StringPrototypeIndexOf(text, ": ");
  if (colon > 0) {
    const name = StringPrototypeSlice(text, 0, colon);
    const message = StringPrototypeSlice(text, colon + 2);
    const Native = nativeErrors[name];
    if (Native !== undefined) return new Native(message);
    if (name === "DataCloneError" || name === "AbortError" ||
        name === "TimeoutError") {
      return new DOMException(message, name);
    }
  }
  return new Error(text);
}

// The error of a channel that was reset.
export function errorFromReset(code, message) {
  if (code === EXCEPTION || code === BAD_CODE) {
    return errorFrom(message || messages[code]);
  }
  const text = message || messages[code] || "The request failed.";
  return code === NETWORK || code === ENGINE
    ? new TypeError(text) : new Error(text);
}
