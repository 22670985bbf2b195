// What a readable byte stream keeps: bytes to be read, and memory to be filled.

import { ArrayBufferPrototypeGetByteLength } from "../primordials.js";

// https://streams.spec.whatwg.org/#readable-byte-stream-queue-entry
export class QueueEntry {
  next = null;
  buffer;
  byteOffset;
  byteLength;

  constructor(buffer, byteOffset, byteLength) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }
}

// https://streams.spec.whatwg.org/#pull-into-descriptor
export class PullIntoDescriptor {
  next = null;
  buffer;
  bufferByteLength;
  byteOffset;
  byteLength;
  bytesFilled = 0;
  minimumFill;
  kind;                         // {constructor, elementSize} of the view
  readerType;                   // "default", "byob" or "none"

  constructor(buffer, byteOffset, byteLength, minimumFill, kind, readerType) {
    this.buffer = buffer;
    this.bufferByteLength = ArrayBufferPrototypeGetByteLength(buffer);
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.minimumFill = minimumFill;
    this.kind = kind;
    this.readerType = readerType;
  }
}

// https://streams.spec.whatwg.org/#rs-byob-request-internal-slots
export class BYOBRequest {
  object = undefined;
  controller;
  view;

  constructor(controller, view) {
    this.controller = controller;
    this.view = view;
  }
}
