// node:stream and its promises: readable-stream, which is Node.js's own, and
// the bridges to web streams.
// https://nodejs.org/docs/latest-v20.x/api/stream.html

import stream from "readable-stream/lib/stream.js";
import { Buffer } from "../chunks/node-buffer.js";
import { invalidArgType } from "../chunks/node-errors.js";

const { Duplex, Readable, Writable, finished, promises } = stream;

// https://nodejs.org/docs/latest-v20.x/api/stream.html#streamreadabletowebstreamreadable-options
function readableToWeb(readable) {
  if (typeof readable?.read !== "function") {
    throw invalidArgType("streamReadable", "stream.Readable", readable);
  }
  const iterator = readable[Symbol.asyncIterator]();
  const isObjectMode = readable.readableObjectMode;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) {
        controller.close();
      } else {
        // a Buffer, as the bytes that it is
        controller.enqueue(value instanceof Uint8Array && !isObjectMode
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
            : value);
      }
    },
    async cancel(reason) {
      readable.destroy(reason instanceof Error ? reason : undefined);
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}

function readableFromWeb(readableStream, options = {}) {
  if (typeof readableStream?.getReader !== "function") {
    throw invalidArgType("readableStream", "ReadableStream", readableStream);
  }
  const { objectMode = false, highWaterMark, encoding, signal } = options;
  const reader = readableStream.getReader();
  let ended = false;
  const readable = new Readable({
    objectMode, highWaterMark, encoding, signal,
    read() {
      reader.read().then(({ done, value }) => {
        if (done) ended = true;
        readable.push(done ? null : value);
      }, (error) => {
        ended = true;
        readable.destroy(error);
      });
    },
    destroy(error, callback) {
      if (ended) {
        callback(error);
        return;
      }
      reader.cancel(error).then(() => callback(error), () => callback(error));
    },
  });
  return readable;
}

function writableToWeb(writable) {
  if (typeof writable?.write !== "function") {
    throw invalidArgType("streamWritable", "stream.Writable", writable);
  }
  return new WritableStream({
    start(controller) {
      finished(writable, { readable: false }, (error) => {
        if (error) controller.error(error);
      });
    },
    write(chunk) {
      return new Promise((resolve, reject) => {
        writable.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    },
    close() {
      return new Promise((resolve, reject) => {
        writable.once("error", reject);
        writable.end(resolve);
      });
    },
    abort(reason) {
      writable.destroy(reason instanceof Error ? reason : undefined);
    },
  });
}

function writableFromWeb(writableStream, options = {}) {
  if (typeof writableStream?.getWriter !== "function") {
    throw invalidArgType("writableStream", "WritableStream", writableStream);
  }
  const { objectMode = false, highWaterMark, decodeStrings = true, signal } =
    options;
  const writer = writableStream.getWriter();
  let closed = false;
  return new Writable({
    objectMode, highWaterMark, decodeStrings, signal,
    write(chunk, encoding, callback) {
      writer.ready.then(() => writer.write(chunk))
        .then(() => callback(), (error) => callback(error));
    },
    final(callback) {
      closed = true;
      writer.close().then(() => callback(), (error) => callback(error));
    },
    destroy(error, callback) {
      if (closed) {
        callback(error);
        return;
      }
      writer.abort(error).then(() => callback(error), () => callback(error));
    },
  });
}

const pairOf = (duplex) => ({
  readable: readableToWeb(duplex), writable: writableToWeb(duplex),
});

function duplexFromWeb({ readable, writable }, options = {}) {
  return Duplex.from({
    readable: readableFromWeb(readable, options),
    writable: writableFromWeb(writable, options),
  });
}

Readable.toWeb = readableToWeb;
Readable.fromWeb = readableFromWeb;
Writable.toWeb = writableToWeb;
Writable.fromWeb = writableFromWeb;
Duplex.toWeb = pairOf;
Duplex.fromWeb = duplexFromWeb;

// node:stream/web: what is global here.
const webNames = [
  "ByteLengthQueuingStrategy", "CompressionStream", "CountQueuingStrategy",
  "DecompressionStream", "ReadableByteStreamController", "ReadableStream",
  "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest",
  "ReadableStreamDefaultController", "ReadableStreamDefaultReader",
  "TextDecoderStream", "TextEncoderStream", "TransformStream",
  "TransformStreamDefaultController", "WritableStream",
  "WritableStreamDefaultController", "WritableStreamDefaultWriter",
];
const web = {};
for (const name of webNames) {
  if (globalThis[name] !== undefined) web[name] = globalThis[name];
}

async function collect(source) {
  const chunks = [];
  for await (const chunk of source) {
    chunks.push(typeof chunk === "string" ? new TextEncoder().encode(chunk)
      : chunk);
  }
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(new Uint8Array(
      chunk.buffer ?? chunk, chunk.byteOffset ?? 0, chunk.byteLength), at);
    at += chunk.byteLength;
  }
  return all;
}

const textOf = async (source) =>
  new TextDecoder().decode(await collect(source));

// https://nodejs.org/docs/latest-v20.x/api/webstreams.html#utility-consumers
const consumers = {
  async arrayBuffer(source) { return (await collect(source)).buffer; },
  async blob(source) { return new Blob([await collect(source)]); },
  async buffer(source) { return Buffer.from((await collect(source)).buffer); },
  async json(source) { return JSON.parse(await textOf(source)); },
  text: textOf,
};

export { consumers, promises, stream, web };
