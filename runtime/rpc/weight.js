// What a message will take in V8's heap, by a look at its bytes: a few of them
// may stand for an object, or for an array of millions.  What each tag means:
// V8's src/objects/value-serializer.cc.

import {
  StringPrototypeCharCodeAt, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { badMessage } from "./messages.js";

const OLDEST = 15;        // of the format: what V8 10.2 writes
const OBJECT = 56;        // about what one takes, without its properties
const STRING = 12;        // ... without its characters
const ITEM = 8;           // of an array, a Map, a Set
const NUMBER = 16;
const MAX_SPARSE = 2 ** 25;   // longer arrays have no room in advance

const codes = (tags) => {
  const set = { __proto__: null };
  for (let i = 0; i < tags.length; i++) {
    set[StringPrototypeCharCodeAt(tags, i)] = true;
  }
  return set;
};

const code = (tag) => StringPrototypeCharCodeAt(tag, 0);
const LEAF = codes("\0-_0TFxy");
const NUMBERS = codes("NDn");
const BIGINTS = codes("Zz");
const STRINGS = codes("\"cS");
const VARINTS = codes("?IU^{:,");
const PAIRS = codes("$@");
const ERRORS = codes("ERFSTU");
const OPENERS = codes("os;'");

class Scanner {
  #bytes;
  #size;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#size = TypedArrayPrototypeGetByteLength(bytes);
  }

  #byte() {
    if (this.#at >= this.#size) throw unreadable();
    return this.#bytes[this.#at++];
  }

  // As V8 has it, 32 bits.
  #varint() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value = (value | (byte & 0x7f) << shift) >>> 0;
      if (byte < 0x80) return value;
    }
  }

  #skip(size) {
    this.#at += size;
    if (this.#at > this.#size) throw unreadable();
    return size;
  }

  #header() {
    if (this.#byte() !== 0xff || this.#varint() < OLDEST) throw unreadable();
  }

  #weigh() {
    const tag = this.#byte();
    if (STRINGS[tag]) return STRING + this.#skip(this.#varint());
    if (VARINTS[tag]) {
      this.#varint();
      return tag === code("{") ? 0 : ITEM;
    }
    if (LEAF[tag]) return ITEM;
    if (OPENERS[tag]) return OBJECT;
    if (NUMBERS[tag]) return this.#skip(8) + NUMBER;
    if (PAIRS[tag]) {
      this.#varint();
      this.#varint();
      return 0;
    }
    return this.#weighRare(tag);
  }

  #weighRare(tag) {
    if (BIGINTS[tag]) return STRING + this.#skip(this.#varint() >>> 1);
    switch (tag) {
    case code("A"):
      return OBJECT + ITEM * this.#varint();
    case code("a"): {
      const length = this.#varint();
      return OBJECT + (length > MAX_SPARSE ? 0 : ITEM * length);
    }
    case code("R"):
      return OBJECT + this.#pattern();
    case code("r"):
      return 2 * OBJECT + this.#error();
    case code("\\"):
      this.#varint();
      return 2 * OBJECT;
    case code("B"):
      return 2 * OBJECT + this.#skip(this.#varint());
    case code("~"): {
      const size = this.#varint();
      return 2 * OBJECT + this.#varint() + this.#skip(size);
    }
    case code("V"):
      this.#byte();
      this.#varint();
      this.#varint();
      this.#varint();
      return 2 * OBJECT;
    default:
      throw unreadable();
    }
  }

  #string() {
    let tag;
    do tag = this.#byte(); while (tag === 0);
    if (!STRINGS[tag]) throw unreadable();
    return STRING + this.#skip(this.#varint());
  }

  // Of a RegExp, with its flags.
  #pattern() {
    const weight = this.#string();
    this.#varint();
    return weight;
  }

  // Of an error as V8 has it; ours are host objects, and have a cause there.
  #error() {
    let weight = 0;
    for (;;) {
      const tag = this.#byte();
      if (tag === code(".")) return weight;
      if (tag === code("m") || tag === code("s")) weight += this.#string();
      else if (!ERRORS[tag]) throw unreadable();
    }
  }

  // In bytes; a sum that is more than "limit" need not be all of it.
  sum(limit) {
    this.#header();
    let sum = 0;
    while (this.#at < this.#size && sum <= limit) sum += this.#weigh();
    return sum;
  }
}

const unreadable = () => badMessage("a value that cannot be read");

export const weigh = (bytes, limit) => new Scanner(bytes).sum(limit);
