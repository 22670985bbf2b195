// Structured clone.  Copying is in a chunk; here is what other modules tell it
// of their objects, and what is written for other isolates: a copy of plain
// objects in V8's format, with platform objects as tags and parts.

import { v8 } from "../native.js";
import {
  ArrayIteratorPrototype, ObjectGetPrototypeOf, SafeMap, SafeSet,
} from "../primordials.js";
import { chunk } from "./chunks.js";
import { DOMException } from "./dom-exception.js";

// What platform objects are called in V8's format.  Other isolates, of another
// release too, know them by these.
export const TAG_ROOT = 1;
export const TAG_ERROR = 2;
export const TAG_DOM_EXCEPTION = 3;
export const TAG_BLOB = 4;
export const TAG_FILE = 5;
export const TAG_CRYPTO_KEY = 6;
// Only in the env and the props of a worker.
export const TAG_GRANT = 32;
export const TAG_CAPABILITY = 33;
export const TAG_EXPORT = 34;
// Only in an RPC session.
export const TAG_STUB = 48;
export const TAG_FETCHER = 49;
export const TAG_HEADERS = 50;
export const TAG_REQUEST = 51;
export const TAG_RESPONSE = 52;
export const TAG_READABLE = 53;
export const TAG_WRITABLE = 54;

// Where they are defined, for who has not made any yet.
const chunks = {
  __proto__: null,
  [TAG_DOM_EXCEPTION]: "clone",
  [TAG_BLOB]: "form",
  [TAG_FILE]: "form",
  [TAG_CRYPTO_KEY]: "crypto",
};

const byPrototype = new SafeMap();
const byTag = new SafeMap();
const transferables = new SafeMap();

// Objects of this interface can be cloned.  is(value) knows them; write(object)
// returns their parts: what V8 can serialize without asking a worker's code,
// shared with the object if nobody can change it; read(parts) makes an object
// of them, and throws if they are not as write() makes them: another isolate
// may have made them up.
export function defineCloneable(Interface, { tag, is, write, read }) {
  const cloneable = { __proto__: null, tag, is, write, read };
  byPrototype.set(Interface.prototype, cloneable);
  byTag.set(tag, cloneable);
}

export const cloneableOf = (prototype) => byPrototype.get(prototype);

function cloneableByTag(tag) {
  if (!byTag.has(tag) && chunks[tag] !== undefined) chunk(chunks[tag]);
  return byTag.get(tag);
}

// Objects of this interface can be transferred.  is(value) knows them;
// detached(object) tells those that have been; receive() makes what
// send(object, received) then fills, and detaches the object.
export function defineTransferable(Interface, { is, detached, receive, send }) {
  transferables.set(
    Interface.prototype, { __proto__: null, is, detached, receive, send });
}

export const transferableOf = (prototype) => transferables.get(prototype);

export const dataCloneError = (message) =>
  new DOMException(message, "DataCloneError");

// Built-ins that look plain to native.v8.cloneKind(), and are not.
export const uncloneable = new SafeSet();

function addUncloneable(object) {
  if (typeof object === "object" && object !== null) uncloneable.add(object);
}
{
  const { FinalizationRegistry, Intl, WeakRef } = globalThis;
  addUncloneable(FinalizationRegistry.prototype);
  addUncloneable(WeakRef.prototype);
  addUncloneable(ArrayIteratorPrototype);
  addUncloneable(ObjectGetPrototypeOf(""[Symbol.iterator]()));
  addUncloneable(ObjectGetPrototypeOf(/./[Symbol.matchAll]("")));
  for (const name of Object.getOwnPropertyNames(Intl)) {
    addUncloneable(Intl[name]?.prototype);
  }
}

// Bytes for another isolate.
export const serialize = (value) => toBytes(chunk("clone").toPlain(value));

// The same of a copy that toPlain() or one like it has made.
export function toBytes(plain) {
  try {
    return v8.serialize(plain);
  } catch (error) {
    let name;
    try {
      name = error.name;
    } catch {
      // a getter of the worker's threw something odd
    }
    if (name !== "DataCloneError") throw error;
    throw dataCloneError(error.message);
  }
}

function make(tag, parts) {
  if (tag === TAG_ROOT || tag === TAG_ERROR) {
    return chunk("clone").fromParts(tag, parts);
  }
  const cloneable = cloneableByTag(tag);
  if (cloneable === undefined) throw unreadable();
  return cloneable.read(parts);
}

export const unreadable = () =>
  dataCloneError("Unable to deserialize cloned data.");

// The bytes of another isolate, which may be hostile.  read(tag, parts) makes
// what only its caller may read, and undefined of all else.
export const deserialize = (bytes, read = undefined) => v8.deserialize(
  bytes,
  read === undefined ? make : (tag, parts) => read(tag, parts) ?? make(tag, parts));
