import { DOMException } from "../core/dom-exception.js";

export function fail(name, message) {
  throw new DOMException(message, name);
}
