// https://url.spec.whatwg.org/#concept-urlencoded-parser, of bytes.

import { v8 } from "../native.js";
import {
  list, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeIndexOf,
} from "../primordials.js";
import { viewOf } from "../core/bytes.js";
import { percentDecodeBytes } from "../chunks/url.js";

const PLUS = 0x2b;
const EQUALS = 0x3d;
const AMPERSAND = 0x26;

function decode(bytes, from, to) {
  for (let i = from; i < to; i++) {
    if (bytes[i] === PLUS) bytes[i] = 0x20;
  }
  return v8.utf8Decode(
    percentDecodeBytes(viewOf(bytes, from, to)), false, true);
}

// A list of [name, value].  Uses the bytes up.
export function parseUrlencoded(bytes) {
  const pairs = list();
  const length = TypedArrayPrototypeGetByteLength(bytes);
  for (let from = 0, to; from < length; from = to + 1) {
    to = TypedArrayPrototypeIndexOf(bytes, AMPERSAND, from);
    if (to === -1) to = length;
    if (to === from) continue;
    let equals = from;
    while (equals < to && bytes[equals] !== EQUALS) equals++;
    pairs[pairs.length] = [
      decode(bytes, from, equals),
      equals === to ? "" : decode(bytes, equals + 1, to),
    ];
  }
  return pairs;
}
