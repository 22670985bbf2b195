// Errors of their parts: name, message or undefined, stack or undefined.

import { DOMException } from "../core/dom-exception.js";
import { nativeErrors } from "../core/errors.js";
import { defineHidden } from "../core/properties.js";

function setStack(error, stack) {
  if (stack !== undefined) defineHidden(error, "stack", stack);
  return error;
}

export function makeError(name, message, stack) {
  const Native = nativeErrors[name];
  return setStack(
    message === undefined ? new Native() : new Native(message), stack);
}

export const makeDOMException = (name, message, stack) =>
  setStack(new DOMException(message, name), stack);

export function setCause(error, cause) {
  defineHidden(error, "cause", cause);
}
