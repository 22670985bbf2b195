// Signals, as the functions of Node.js take them.

import { invalidArgType } from "../chunks/node-errors.js";

export function requireSignal(signal, name) {
  if (signal !== undefined &&
      (signal === null || typeof signal !== "object" ||
        !("aborted" in signal))) {
    throw invalidArgType(name, "AbortSignal", signal);
  }
}

export function abortError(signal) {
  const error = new Error("The operation was aborted",
    { cause: signal?.reason });
  error.name = "AbortError";
  error.code = "ABORT_ERR";
  return error;
}
