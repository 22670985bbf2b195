// Values on their way through a session: structured clone, with functions,
// RpcTargets, stubs, Fetchers, streams, Requests and Responses by reference.

import { KIND_ERROR, KIND_UNCLONEABLE, KIND_OF_PROXY, v8 } from "../native.js";
import {
  ArrayIsArray, list, ObjectGetOwnPropertyDescriptor, ObjectKeys,
  ObjectSetPrototypeOf, StringPrototypeSlice, toArray,
} from "../primordials.js";
import {
  classNotSerializable, notSerializable, Plain, requireGivable,
} from "../chunks/clone.js";
import {
  dataCloneError, deserialize, TAG_DOM_EXCEPTION, TAG_FETCHER, TAG_HEADERS,
  TAG_READABLE, TAG_REQUEST, TAG_RESPONSE, TAG_STUB, TAG_WRITABLE, toBytes,
} from "../core/clone.js";
import { nativeErrors } from "../core/errors.js";
import { defineData, defineHidden } from "../core/properties.js";
import { baseOf, createStub, refOf, thenableName } from "../core/stubs.js";
import { isObject } from "../core/webidl.js";
import { fetcherTarget } from "../core/remote.js";
import { createFetcher } from "../web/fetcher.js";
import { isHeaders } from "../web/headers.js";
import { isRequest } from "../web/request.js";
import { isResponse } from "../web/response.js";
import { isReadableStream, isWritableStream } from "../web/streams.js";
import {
  headersParts, readHeaders, readRequest, readResponse, requestParts,
  responseParts,
} from "./http.js";
import { refFor } from "./local.js";
import { INSTANCE, modeOf } from "./lookup.js";
import { badMessage, isId } from "./messages.js";

const badProxy = () => dataCloneError(
  "Proxy could not be serialized because it is not a valid RPC receiver type. " +
  "The Proxy must emulate either a plain object or an RpcTarget, as indicated " +
  "by the Proxy's prototype chain.");

const classOf = (value) => thenableName(value) ??
  (typeof value === "function"
    ? "Function" : StringPrototypeSlice(v8.detail(value), 2, -1));

// One message as it goes out.  What it exports stands in the session's table
// from then on; if the message does not leave, undo() takes it back.
export class Outgoing extends Plain {
  size = 0;               // once it has been sent
  moved = list();         // stubs in a result, which now belong to the peer
  #session;
  #ids = list();
  #errors = list();
  #inError = false;

  constructor(session) {
    super();
    this.#session = session;
  }

  #export(tag, entry) {
    const id = this.#session.exportEntry(entry);
    this.#ids[this.#ids.length] = id;
    return v8.hostObject(tag, toArray([id]));
  }

  copyFunction(value) {
    return this.#byReference(value);
  }

  copySpecial(value, kind) {
    if (baseOf(value) !== undefined) return this.#byReference(value);
    if (kind === KIND_UNCLONEABLE) {
      if (v8.kindOf(value) !== KIND_OF_PROXY) return undefined;
      // it passes for what its prototype says
      if (modeOf(value) === undefined) throw badProxy();
      return this.#byReference(value);
    }
    if (modeOf(value) === INSTANCE) return this.#byReference(value);
    if (isHeaders(value)) {
      return v8.hostObject(TAG_HEADERS, toArray(headersParts(value)));
    }
    if (isReadableStream(value)) return this.readable(value);
    if (isWritableStream(value)) return this.#writable(value);
    if (isRequest(value)) {
      return v8.hostObject(TAG_REQUEST, toArray(requestParts(value, this)));
    }
    if (isResponse(value)) {
      return v8.hostObject(TAG_RESPONSE, toArray(responseParts(value, this)));
    }
    return undefined;
  }

  checkPlain(value, prototype) {
    if (prototype !== null) throw classNotSerializable(value);
  }

  #byReference(value) {
    if (this.#inError || thenableName(value) !== undefined) {
      throw notSerializable(classOf(value));
    }
    const target = fetcherTarget(value);
    if (target !== undefined) {
      let ref = null;
      if (target.ref === null) requireGivable(target);
      else ref = target.ref.dup();
      return this.#export(TAG_FETCHER, {
        __proto__: null, ref, stream: null,
        fetcher: ref === null
          ? value : createFetcher({ __proto__: null, ref }),
      });
    }
    const ref = refOf(value);
    if (ref !== undefined) this.moved[this.moved.length] = ref;
    return this.#export(TAG_STUB, {
      __proto__: null, ref: refFor(value), fetcher: null, stream: null,
    });
  }

  readable(stream) {
    if (this.#inError) throw notSerializable("ReadableStream");
    return this.#export(TAG_READABLE, {
      __proto__: null, ref: null, fetcher: null,
      stream: this.#session.streams.readable(stream),
    });
  }

  #writable(stream) {
    if (this.#inError) throw notSerializable("WritableStream");
    return this.#export(TAG_WRITABLE, {
      __proto__: null, ref: null, fetcher: null,
      stream: this.#session.streams.writable(stream),
    });
  }

  // The stack says what the code over here looks like: it stays.
  copyErrorParts(parts) {
    parts[2] = headline(parts[0], parts[1]);
    return super.copyErrorParts(parts);
  }

  copyPlatformObject(cloneable, value) {
    if (cloneable.tag !== TAG_DOM_EXCEPTION) {
      return super.copyPlatformObject(cloneable, value);
    }
    const parts = cloneable.write(value);
    parts[2] = headline(parts[0], parts[1]);
    return v8.hostObject(cloneable.tag, parts);
  }

  // What an error has beyond its message: [error, name, cause's holder or
  // undefined, own properties].
  setCause(error, cause) {
    this.#extrasOf(error)[2] = toArray([cause]);
  }

  #extrasOf(error) {
    for (let i = this.#errors.length - 1; i >= 0; i--) {
      if (this.#errors[i][0] === error) return this.#errors[i];
    }
    const extras = toArray([error, undefined, undefined, undefined]);
    this.#errors[this.#errors.length] = extras;
    return extras;
  }

  copyErrorExtras(error, copied) {
    let { name } = error;
    name = name === undefined ? "Error" : `${name}`;
    if (nativeErrors[name] === undefined) this.#extrasOf(copied)[1] = name;
    const properties = list();
    const keys = ObjectKeys(error);
    for (let i = 0; i < keys.length; i++) {
      this.#copyProperty(error, keys[i], properties);
    }
    // of an AggregateError: not enumerable
    const errors = ObjectGetOwnPropertyDescriptor(error, "errors");
    if (errors !== undefined && !errors.enumerable) {
      this.#copyProperty(error, "errors", properties);
    }
    if (properties.length > 0) {
      this.#extrasOf(copied)[3] = toArray(properties);
    }
  }

  // As name, value; an error comes without what cannot go.
  #copyProperty(error, key, properties) {
    if (key === "name" || key === "message" || key === "stack" ||
        key === "cause") {
      return;
    }
    const before = this.#inError;
    this.#inError = true;
    try {
      const value = this.copy(error[key]);
      const { length } = properties;
      properties[length] = key;
      properties[length + 1] = value;
    } catch {
      // it is left out
    } finally {
      this.#inError = before;
    }
  }

  // The bytes of a message.
  encode(parts) {
    const message = list();
    message[0] = undefined;
    for (let i = 0; i < parts.length; i++) message[i + 1] = this.copy(parts[i]);
    if (this.#errors.length > 0) message[0] = toArray(this.#errors);
    return toBytes(toArray(message));
  }

  undo(error) {
    for (let i = 0; i < this.#ids.length; i++) {
      this.#session.undoExport(this.#ids[i], error);
    }
  }
}

// One message as it came.
export class Incoming {
  refs = list();          // of the stubs in it
  #session;
  #why = undefined;       // what was wrong with a host object in it

  constructor(session) {
    this.#session = session;
  }

  // What encode() was given, as a list.
  decode(bytes) {
    let message;
    try {
      message = deserialize(bytes, (tag, parts) => this.#read(tag, parts));
    } catch {
      throw this.#why ?? badMessage("a value that cannot be read");
    }
    if (!ArrayIsArray(message) || message.length < 2) {
      throw badMessage("something that is no message");
    }
    ObjectSetPrototypeOf(message, null);
    if (message[0] !== undefined) setExtras(message[0]);
    const parts = list();
    for (let i = 1; i < message.length; i++) parts[i - 1] = message[i];
    return parts;
  }

  #read(tag, parts) {
    if (tag < TAG_STUB) return undefined;
    try {
      return this.#make(tag, parts);
    } catch (error) {
      this.#why = error;
      throw error;
    }
  }

  #make(tag, parts) {
    if (!ArrayIsArray(parts)) throw badMessage("parts that are no array");
    ObjectSetPrototypeOf(parts, null);
    switch (tag) {
    case TAG_STUB:
      return createStub(this.#import(parts));
    case TAG_FETCHER:
      // nobody can duplicate one: it lasts as long as the session
      return createFetcher({
        __proto__: null, ref: this.#session.importRef(idOf(parts)),
      });
    case TAG_HEADERS:
      return readHeaders(parts);
    case TAG_REQUEST:
      return readRequest(parts);
    case TAG_RESPONSE:
      return readResponse(parts);
    case TAG_READABLE:
      return this.#session.streams.importReadable(idOf(parts));
    case TAG_WRITABLE:
      return this.#session.streams.importWritable(idOf(parts));
    default:
      throw badMessage("an unknown tag");
    }
  }

  #import(parts) {
    const ref = this.#session.importRef(idOf(parts));
    this.refs[this.refs.length] = ref;
    return ref;
  }

  // Of all stubs in it but the refs in "kept", a list or null.
  dispose(kept = null) {
    for (let i = 0; i < this.refs.length; i++) {
      const ref = this.refs[i];
      if (kept === null || !includes(kept, ref)) ref.dispose();
    }
    this.refs.length = 0;
  }
}

function includes(items, item) {
  for (let i = 0; i < items.length; i++) {
    if (items[i] === item) return true;
  }
  return false;
}

function idOf(parts) {
  if (parts.length !== 1 || !isId(parts[0])) throw badMessage("a bad id");
  return parts[0];
}

function setExtras(errors) {
  if (!ArrayIsArray(errors)) throw badMessage("bad errors");
  ObjectSetPrototypeOf(errors, null);
  for (let i = 0; i < errors.length; i++) {
    const extras = errors[i];
    if (!ArrayIsArray(extras) || extras.length !== 4 || !isObject(extras[0]) ||
        v8.cloneKind(extras[0]) !== KIND_ERROR) {
      throw badMessage("bad errors");
    }
    const { 0: error, 1: name, 2: cause, 3: properties } = extras;
    if (typeof name === "string") {
      defineHidden(error, "name", name);
      const message = ObjectGetOwnPropertyDescriptor(error, "message");
      defineHidden(error, "stack", headline(name, message?.value));
    }
    if (ArrayIsArray(cause)) defineHidden(error, "cause", cause[0]);
    if (ArrayIsArray(properties)) setProperties(error, properties);
  }
}

// All of the stack that an error has elsewhere.
const headline = (name, message) =>
  typeof message !== "string" || message === "" ? name : `${name}: ${message}`;

function setProperties(error, properties) {
  ObjectSetPrototypeOf(properties, null);
  for (let i = 0; i + 1 < properties.length; i += 2) {
    const key = properties[i];
    if (typeof key !== "string") throw badMessage("bad errors");
    if (key === "stack" || key === "message" || key === "cause") continue;
    const define = key === "errors" ? defineHidden : defineData;
    define(error, key, properties[i + 1]);
  }
}

// For who asks where an error comes from.
export function markRemote(error) {
  if (isObject(error) && v8.cloneKind(error) === KIND_ERROR) {
    defineData(error, "remote", true);
  }
}

