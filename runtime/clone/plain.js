// Between a value and what V8's format can hold of it for another isolate:
// plain objects, with native.v8.hostObject() in the place of errors and of
// platform objects.

import { KIND_ARRAY_BUFFER, KIND_ERROR, KIND_VIEW, v8 } from "../native.js";
import { ArrayIsArray, list, toArray } from "../primordials.js";
import {
  defineCloneable, TAG_DOM_EXCEPTION, TAG_ERROR, TAG_ROOT, unreadable,
} from "../core/clone.js";
import {
  DOMException, isDOMException, messageOfDOMException, nameOfDOMException,
} from "../core/dom-exception.js";
import { nativeErrors } from "../core/errors.js";
import { isObject } from "../core/webidl.js";
import { Copy } from "./copy.js";
import { makeDOMException, makeError, setCause } from "./errors.js";
import { copyLeaf, requireAttached, viewOf } from "./leaves.js";

export class Plain extends Copy {
  // The value, then each error that has a cause, and that.  A cause may lead
  // back to its error, which V8 could not read while it makes it.
  root = list();

  constructor() {
    super();
  }

  // V8 copies bytes itself; nothing of the worker's runs before it does.
  copyLeaf(kind, value) {
    if (kind === KIND_ARRAY_BUFFER) {
      requireAttached(value);
      return value;
    }
    if (kind === KIND_VIEW) {
      viewOf(value);
      return value;
    }
    return copyLeaf(kind, value);
  }

  copyPlatformObject(cloneable, value) {
    return v8.hostObject(cloneable.tag, cloneable.write(value));
  }

  copyErrorParts(parts) {
    return v8.hostObject(TAG_ERROR, toArray(parts));
  }

  setCause(error, cause) {
    this.root[this.root.length] = error;
    this.root[this.root.length] = cause;
  }

  // The copy of all of it.
  finish(value) {
    this.root[0] = undefined;
    const copied = this.copy(value);
    if (this.root.length === 1) return copied;
    this.root[0] = copied;
    return v8.hostObject(TAG_ROOT, toArray(this.root));
  }
}

export const toPlain = (value) => new Plain().finish(value);

const isText = (value) => value === undefined || typeof value === "string";

// Parts that another isolate has written, as an error.
function errorFromParts(parts) {
  if (!ArrayIsArray(parts) || parts.length !== 3 ||
      typeof parts[0] !== "string" || nativeErrors[parts[0]] === undefined ||
      !isText(parts[1]) || !isText(parts[2])) {
    throw unreadable();
  }
  return makeError(parts[0], parts[1], parts[2]);
}

// For native.v8.deserialize().
export function fromParts(tag, parts) {
  if (tag === TAG_ERROR) return errorFromParts(parts);

  // a root: only an object has one
  if (!ArrayIsArray(parts) || parts.length % 2 !== 1 || !isObject(parts[0])) {
    throw unreadable();
  }
  for (let i = 1; i < parts.length; i += 2) {
    if (!isObject(parts[i]) || v8.cloneKind(parts[i]) !== KIND_ERROR) {
      throw unreadable();
    }
    setCause(parts[i], parts[i + 1]);
  }
  return parts[0];
}

defineCloneable(DOMException, {
  __proto__: null,
  tag: TAG_DOM_EXCEPTION,
  is: isDOMException,
  write(exception) {
    const parts = list();
    parts[0] = nameOfDOMException(exception);
    parts[1] = messageOfDOMException(exception);
    const { stack } = exception;
    parts[2] = typeof stack === "string" ? stack : undefined;
    return toArray(parts);
  },
  read(parts) {
    if (!ArrayIsArray(parts) || parts.length !== 3 ||
        typeof parts[0] !== "string" || typeof parts[1] !== "string" ||
        !isText(parts[2])) {
      throw unreadable();
    }
    return makeDOMException(parts[0], parts[1], parts[2]);
  },
});
