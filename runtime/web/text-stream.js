// textStream() of bodies and Blobs: what their stream is after a
// TextDecoderStream.  https://fetch.spec.whatwg.org/#dom-body-textstream

import {
  PrimordialPromise as Promise, PromisePrototypeThen, SymbolAsyncIterator,
} from "../primordials.js";
import { chunkBytes } from "./body.js";
import { decodeText, TextDecoder } from "./encoding.js";
import { cancelQuietly } from "./send.js";
import { getReader, readerCancel, readerRead, streamFrom } from "./streams.js";

const more = { __proto__: null, stream: true };

const done = () => ({ __proto__: null, value: undefined, done: true });

// A stream of these results, each made when it is wanted.
function streamOf(next, cancel) {
  const iterator = {
    __proto__: null,
    next,
    return: cancel,
    [SymbolAsyncIterator]: () => iterator,
  };
  return streamFrom(iterator);
}

export const emptyStream = () => streamOf(done, done);

// "stream" is of bytes, and nobody else's from now on.
export function textStreamOf(stream) {
  const reader = getReader(stream);
  const decoder = new TextDecoder();
  let ended = false;

  const next = () => new Promise((resolve, reject) => {
    const onResult = (result) => {
      try {
        ended = result.done;
        const text = ended ? decodeText(decoder)
          : decodeText(decoder, chunkBytes(result.value), more);
        if (text !== "") resolve({ __proto__: null, value: text, done: false });
        else if (ended) resolve(done());
        else read();
      } catch (error) {
        cancelQuietly(reader, error);
        reject(error);
      }
    };
    const read = () =>
      PromisePrototypeThen(readerRead(reader), onResult, reject);
    if (ended) resolve(done());
    else read();
  });
  const cancel = (reason) =>
    PromisePrototypeThen(readerCancel(reader, reason), done);
  return streamOf(next, cancel);
}
