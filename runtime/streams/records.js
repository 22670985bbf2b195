// What streams keep about themselves.  An interface's object holds a record of
// its internal slots, and all abstract operations work on records; the object
// of a record that no worker has asked for is never made.

import { isObject } from "../core/webidl.js";
import { readableSlots, writableSlots } from "../web/streams.js";
import { Fifo } from "./queue-with-sizes.js";

// Only ours: what lets a constructor take a record.
export const kRecord = {};

// The record of a ReadableStream, or undefined for any other value.
export const readableOf = (value) =>
  isObject(value) ? readableSlots.get(value) : undefined;

export const writableOf = (value) =>
  isObject(value) ? writableSlots.get(value) : undefined;

// https://streams.spec.whatwg.org/#rs-internal-slots
export class Readable {
  object = undefined;
  state = "readable";           // or "closed" or "errored"
  reader = undefined;
  controller = undefined;
  storedError = undefined;
  disturbed = false;
  origin = undefined;           // the body that this stream shows
  expectedLength = undefined;   // in bytes, if it is known and kept
}

// https://streams.spec.whatwg.org/#default-reader-internal-slots
// https://streams.spec.whatwg.org/#byob-reader-internal-slots
export class Reader {
  stream = undefined;
  isByob;
  requests = new Fifo();        // readRequests or readIntoRequests
  closed = undefined;           // a Deferred, once somebody has asked
  observer = undefined;         // a pipe or tee: {sourceClosed, sourceErrored}

  constructor(isByob) {
    this.isByob = isByob;
  }
}

// https://streams.spec.whatwg.org/#ws-internal-slots
export class Writable {
  object = undefined;
  state = "writable";           // or "closed", "erroring" or "errored"
  writer = undefined;
  controller = undefined;
  storedError = undefined;
  backpressure = false;
  writeRequests = new Fifo();
  inFlightWriteRequest = undefined;
  closeRequest = undefined;
  inFlightCloseRequest = undefined;
  pendingAbortRequest = undefined;
}

// https://streams.spec.whatwg.org/#default-writer-internal-slots
export class Writer {
  stream = undefined;
  ready = undefined;            // Deferreds, once somebody has asked
  closed = undefined;
  observer = undefined;         // a pipe: {destReady, destErrored}
}
