// Lists of records, as wire/dw_wire.h has them.

import { v8 } from "../native.js";
import {
  PrimordialError as Error, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { read32, viewOf } from "./bytes.js";

const RECORD_SIZE = 16;

export const utf8 = (bytes) => v8.utf8Decode(bytes, false, true);

const read64 = (bytes, at) => read32(bytes, at) + read32(bytes, at + 4) * 2 ** 32;

// Calls take(kind, name, data) for each, data as a view of the bytes.
export function readRecords(bytes, take) {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  for (let at = 0; at + RECORD_SIZE <= length;) {
    const kind = bytes[at];
    const nameEnd = at + RECORD_SIZE + read32(bytes, at + 4);
    const end = nameEnd + read64(bytes, at + 8);
    if (end > length) throw new Error("Malformed record.");
    take(
      kind, utf8(viewOf(bytes, at + RECORD_SIZE, nameEnd)),
      viewOf(bytes, nameEnd, end));
    at = end;
  }
}
