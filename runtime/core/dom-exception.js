// https://webidl.spec.whatwg.org/#idl-DOMException

import {
  ErrorCaptureStackTrace, ErrorPrototype, ObjectDefineProperty,
  ObjectSetPrototypeOf, PrimordialError as Error,
} from "../primordials.js";
import {
  defineConstants, defineInterface, isObject, requireBrand, toDOMString,
} from "./webidl.js";

const codes = {
  __proto__: null,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

// A real Error object, so that it has a stack and is cloned as an error.
const ErrorObject = function (prototype) {
  const error = new Error();
  ObjectSetPrototypeOf(error, prototype);
  return error;
};
ErrorObject.prototype = ErrorPrototype;

// What a DOMException is made of.  DOMException itself extends nothing: an
// interface object's own prototype is Function.prototype, which is what super()
// would call.
class Exception extends ErrorObject {
  #name;
  #message;

  constructor(prototype, message, name) {
    super(prototype);
    this.#name = name;
    this.#message = message;
  }

  static is(value) { return isObject(value) && #name in value; }
  static nameOf(exception) { return exception.#name; }
  static messageOf(exception) { return exception.#message; }
}
const { is: isException, messageOf, nameOf } = Exception;
export {
  isException as isDOMException, messageOf as messageOfDOMException,
  nameOf as nameOfDOMException,
};

export class DOMException {
  constructor(message = "", name = "Error") {
    message = toDOMString(message);
    let cause;
    if (isObject(name)) {
      ({ cause, name = "Error" } = name);
    }
    const exception =
      new Exception(new.target.prototype, message, toDOMString(name));
    if (cause !== undefined) {
      ObjectDefineProperty(exception, "cause", {
        __proto__: null,
        value: cause, writable: true, configurable: true,
      });
    }
    ErrorCaptureStackTrace(exception, DOMException);
    return exception;
  }

  get name() {
    requireBrand(isException(this));
    return nameOf(this);
  }

  get message() {
    requireBrand(isException(this));
    return messageOf(this);
  }

  get code() {
    requireBrand(isException(this));
    return codes[nameOf(this)] ?? 0;
  }
}
ObjectSetPrototypeOf(DOMException.prototype, ErrorPrototype);
defineInterface(DOMException);
defineConstants(DOMException, {
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
});
