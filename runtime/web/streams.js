// https://streams.spec.whatwg.org/, as the rest of the runtime sees it.  The
// streams themselves are a chunk: a worker that needs none does not load it.

import { chunk } from "../core/chunks.js";
import { createStamp, isObject } from "../core/webidl.js";

// Where a stream keeps its record, runtime/streams/records.js.
export const readableSlots = createStamp();
export const writableSlots = createStamp();

export const isReadableStream = (value) =>
  isObject(value) && readableSlots.get(value) !== undefined;

export const isWritableStream = (value) =>
  isObject(value) && writableSlots.get(value) !== undefined;

export const isLocked = (stream) =>
  readableSlots.get(stream).reader !== undefined;

export const isDisturbed = (stream) => readableSlots.get(stream).disturbed;

// The body that a stream of ours shows, or undefined.
export const originOf = (stream) => readableSlots.get(stream).origin;

// How many bytes the stream has, if that is certain, or undefined.
export const expectedLengthOf = (stream) =>
  readableSlots.get(stream).expectedLength;

// runtime/streams/internals.js says what they do.
export const createByteStream = (source, origin) =>
  chunk("streams").createByteStream(source, origin);
export const seizeStream = (stream) => chunk("streams").seizeStream(stream);
export const teeStream = (stream) => chunk("streams").teeStream(stream);
export const streamFrom = (iterable) => chunk("streams").streamFrom(iterable);
export const getReader = (stream) => chunk("streams").getReader(stream);
export const readerRead = (reader) => chunk("streams").readerRead(reader);
export const readerCancel = (reader, reason) =>
  chunk("streams").readerCancel(reader, reason);
export const readAll = (reader, onChunk) =>
  chunk("streams").readAll(reader, onChunk);

// runtime/streams/writable-internals.js
export const createWritable = (sink) => chunk("streams").createWritable(sink);
export const acquireWriter = (stream) => chunk("streams").acquireWriter(stream);
