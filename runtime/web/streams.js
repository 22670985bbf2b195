// https://streams.spec.whatwg.org/, from web-streams-polyfill, and what the
// runtime itself needs of it, taken before a worker can replace it.
//
// TODO(cleanup): the polyfill keeps its state in properties that a worker can
// see ("_disturbed"); nothing of ours is in them.

import {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController,
  ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream,
  WritableStreamDefaultController, WritableStreamDefaultWriter,
} from "web-streams-polyfill";
import {
  FunctionPrototypeHasInstance, ObjectPrototypeHasOwnProperty, uncurryThis,
} from "../primordials.js";
import { createStamp, defineInterface } from "../core/webidl.js";

export { WritableStream };

export const interfaces = {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController,
  ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream,
  WritableStreamDefaultController, WritableStreamDefaultWriter,
};
for (const name of Object.keys(interfaces)) {
  defineInterface(interfaces[name], name);
}

const getter = (prototype, name) =>
  uncurryThis(Object.getOwnPropertyDescriptor(prototype, name).get);

const getLocked = getter(ReadableStream.prototype, "locked");
const getByobRequest =
  getter(ReadableByteStreamController.prototype, "byobRequest");
const respond = uncurryThis(ReadableStreamBYOBRequest.prototype.respond);
const byteEnqueue = uncurryThis(ReadableByteStreamController.prototype.enqueue);
const byteClose = uncurryThis(ReadableByteStreamController.prototype.close);
const byteError = uncurryThis(ReadableByteStreamController.prototype.error);
export const getReader = uncurryThis(ReadableStream.prototype.getReader);
export const teeStream = uncurryThis(ReadableStream.prototype.tee);
export const readerRead = uncurryThis(ReadableStreamDefaultReader.prototype.read);
export const readerCancel =
  uncurryThis(ReadableStreamDefaultReader.prototype.cancel);
export const streamFrom = ReadableStream.from.bind(ReadableStream);

export const isReadableStream = (value) =>
  FunctionPrototypeHasInstance(ReadableStream, value) &&
  ObjectPrototypeHasOwnProperty(value, "_readableStreamController");

export const isLocked = getLocked;
export const isDisturbed = (stream) => stream._disturbed;

// Nobody may read this stream any more: its body goes another way.
export function seizeStream(stream) {
  getReader(stream);
  stream._disturbed = true;
}

const origin = createStamp();

// The body that a stream of ours shows, or undefined.
export const originOf = origin.get;

// A byte stream over a source of ours: {pull(sink), cancel(reason)}, where
// pull() gives to the sink at once or later, and returns a promise if later.
export function createByteStream(source, body) {
  let sink;
  const stream = new ReadableStream({
    __proto__: null,
    type: "bytes",
    start(controller) {
      sink = {
        __proto__: null,
        enqueue(bytes) { byteEnqueue(controller, bytes); },
        close() {
          byteClose(controller);
          const request = getByobRequest(controller);
          if (request !== null) respond(request, 0);
        },
        error(error) { byteError(controller, error); },
      };
    },
    pull() { return source.pull(sink); },
    cancel(reason) { return source.cancel(reason); },
  });
  origin.set(stream, body);
  return stream;
}
