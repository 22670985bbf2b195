// The messages of an RPC session: each is its length, four bytes with the least
// first, and an array as clone/plain.js writes it.  What stands in the arrays:
// docs/architecture.md, "RPC".

import {
  list, NumberIsInteger, PrimordialError as Error,
  PrimordialUint8Array as Uint8Array, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
} from "../primordials.js";
import { joinBytes, read32, viewOf, write32 } from "../core/bytes.js";

export const CALL = 1;
export const GET = 2;
export const RETURN = 3;
export const THROW = 4;
export const FINISH = 5;
export const RELEASE = 6;
// of a ReadableStream: from who has it, and from who reads it
export const CHUNK = 7;
export const CLOSE = 8;
export const FAIL = 9;
export const PULL = 10;
export const CANCEL = 11;
// of a WritableStream: from who writes, and from who has it
export const WRITE = 12;
export const END = 13;
export const ABORT = 14;
export const WRITTEN = 15;

// What a call is to: an export, or the answer to an earlier question.
export const TO_EXPORT = 0;
export const TO_ANSWER = 1;

export const MAX_MESSAGE = 32 * 1024 * 1024;
export const HEADER = 4;

export const badMessage = (what) =>
  new Error(`The RPC session is broken: the peer sent ${what}.`);

// Of a question, or of what has been exported.
export const isId = (value) => NumberIsInteger(value) && value > 0;

export function frame(bytes) {
  const size = TypedArrayPrototypeGetByteLength(bytes);
  if (size > MAX_MESSAGE) {
    throw new Error(
      "Serialized RPC arguments or return values are limited to 32MiB, but " +
      `the size of this value was: ${size} bytes.`);
  }
  const framed = new Uint8Array(HEADER + size);
  write32(framed, 0, size);
  TypedArrayPrototypeSet(framed, bytes, HEADER);
  return framed;
}

// Takes the stream of bytes apart.
export class Inbox {
  size = 0;               // of what waits for the rest of its message
  #chunks = list();
  #needed = HEADER;       // bytes until there is something to do

  push(bytes) {
    this.#chunks[this.#chunks.length] = bytes;
    this.size += TypedArrayPrototypeGetByteLength(bytes);
  }

  // The next whole message, or null.
  next() {
    if (this.size < this.#needed) return null;
    const bytes = this.#join();
    const size = read32(bytes, 0);
    if (size > MAX_MESSAGE) throw badMessage("a message that is too long");
    this.#needed = HEADER + size;
    if (this.size < this.#needed) return null;

    const message = viewOf(bytes, HEADER, this.#needed);
    this.size -= this.#needed;
    if (this.size === 0) this.#chunks.length = 0;
    else this.#chunks[0] = viewOf(bytes, this.#needed);
    this.#needed = HEADER;
    return message;
  }

  #join() {
    const chunks = this.#chunks;
    if (chunks.length > 1) {
      chunks[0] = joinBytes(chunks, this.size);
      chunks.length = 1;
    }
    return chunks[0];
  }
}
