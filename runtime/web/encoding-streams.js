// https://encoding.spec.whatwg.org/#interface-textdecoderstream and
// #interface-textencoderstream

import { createTransformStream } from "../chunks/streams.js";
import {
  defineInterface, requireBrand, toDOMString, viewBytes,
} from "../core/webidl.js";
import { v8 } from "../native.js";
import {
  PrimordialTypeError as TypeError, StringPrototypeCharCodeAt,
  StringPrototypeSlice,
} from "../primordials.js";
import {
  decodeText, encodingOfDecoder, isFatal, isIgnoringBOM, TextDecoder,
} from "./encoding.js";

const STREAM = { __proto__: null, stream: true };

export class TextDecoderStream {
  #decoder;
  #transform;

  // https://encoding.spec.whatwg.org/#dom-textdecoderstream
  constructor(label = "utf-8", options = undefined) {
    const decoder = new TextDecoder(label, options);
    const enqueue = (text) => {
      if (text !== "") stream.enqueue(text);
    };
    const stream = createTransformStream({
      __proto__: null,
      transform(chunk) {
        if (viewBytes(chunk) === undefined) {
          throw new TypeError(
            "TextDecoderStream: the chunk is not of type 'ArrayBuffer' or " +
            "'ArrayBufferView'.");
        }
        enqueue(decodeText(decoder, chunk, STREAM));
      },
      flush() { enqueue(decodeText(decoder)); },
    });
    this.#decoder = decoder;
    this.#transform = stream;
  }

  get encoding() {
    requireBrand(#decoder in this);
    return encodingOfDecoder(this.#decoder);
  }

  get fatal() {
    requireBrand(#decoder in this);
    return isFatal(this.#decoder);
  }

  get ignoreBOM() {
    requireBrand(#decoder in this);
    return isIgnoringBOM(this.#decoder);
  }

  get readable() {
    requireBrand(#transform in this);
    return this.#transform.readable;
  }

  get writable() {
    requireBrand(#transform in this);
    return this.#transform.writable;
  }
}
defineInterface(TextDecoderStream, "TextDecoderStream");

const isLeadSurrogate = (unit) => unit >= 0xd800 && unit <= 0xdbff;

export class TextEncoderStream {
  #transform;

  // https://encoding.spec.whatwg.org/#dom-textencoderstream
  constructor() {
    let lead = "";      // half of a pair, at a chunk's end
    const stream = createTransformStream({
      __proto__: null,
      // https://encoding.spec.whatwg.org/#encode-and-enqueue-a-chunk
      transform(chunk) {
        let text = toDOMString(chunk);
        if (text === "") return;
        text = lead + text;
        const last = text.length - 1;
        if (isLeadSurrogate(StringPrototypeCharCodeAt(text, last))) {
          lead = StringPrototypeSlice(text, last);
          text = StringPrototypeSlice(text, 0, last);
        } else {
          lead = "";
        }
        if (text !== "") stream.enqueue(v8.utf8Encode(text));
      },
      flush() {
        if (lead !== "") stream.enqueue(v8.utf8Encode(lead));
      },
    });
    this.#transform = stream;
  }

  get encoding() {
    requireBrand(#transform in this);
    return "utf-8";
  }

  get readable() {
    requireBrand(#transform in this);
    return this.#transform.readable;
  }

  get writable() {
    requireBrand(#transform in this);
    return this.#transform.writable;
  }
}
defineInterface(TextEncoderStream, "TextEncoderStream");
