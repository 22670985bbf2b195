// The Streams Standard, and what the rest of the runtime does with streams.

export {
  ReadableByteStreamController, ReadableStreamBYOBRequest,
} from "../streams/byte-interfaces.js";
export {
  ReadableStreamDefaultController,
} from "../streams/default-controller.js";
export {
  FixedLengthStream, IdentityTransformStream,
} from "../streams/identity.js";
export {
  createByteStream, getReader, readAll, readerCancel, readerRead, seizeStream,
  streamFrom, teeStream,
} from "../streams/internals.js";
export {
  ReadableStreamBYOBReader, ReadableStreamDefaultReader,
} from "../streams/readers.js";
export { ReadableStream } from "../streams/readable.js";
export {
  ByteLengthQueuingStrategy, CountQueuingStrategy,
} from "../streams/strategies.js";
export {
  createTransformStream, TransformStream, TransformStreamDefaultController,
} from "../streams/transform.js";
export { acquireWriter, createWritable } from "../streams/writable-internals.js";
export { WritableStream } from "../streams/writable.js";
export {
  WritableStreamDefaultController,
} from "../streams/writable-controller.js";
export { WritableStreamDefaultWriter } from "../streams/writers.js";
