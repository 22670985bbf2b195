// https://w3c.github.io/FileAPI/#blob-section

import { v8 } from "../native.js";
import {
  list, MathMax, MathMin, PrimordialPromise as Promise,
  RegExpPrototypeExec, replaceString, StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { copyBytes, joinBytes, viewOf } from "../core/bytes.js";
import {
  toClampedLongLong, toDictionary, toEnum, toSequence,
} from "../core/convert.js";
import {
  defineInterface, isObject, requireBrand, toDOMString, toUSVString, viewBytes,
} from "../core/webidl.js";
import { BodyState } from "./body.js";
import { addBodyKind } from "./extract.js";
import { textStreamOf } from "./text-stream.js";

export const kCreate = {};

const endingsValues = { __proto__: null, transparent: true, native: true };

let isBlob;
let bytesOf;
let typeOf;
// A Blob of bytes that nobody will change; "type" is taken as it is.
export let createBlob;

// Converts to sequence<BlobPart>.
export function toBlobParts(value, where) {
  return toSequence(value, (part) =>
    isBlob(part) || viewBytes(part) !== undefined ? part : toUSVString(part),
  where, "the list of parts");
}

// Converts to BlobPropertyBag, in which a FilePropertyBag begins.
export function toBlobBag(value, where) {
  const bag = toDictionary(value, where, "BlobPropertyBag");
  let endings = "transparent";
  let type = "";
  if (bag !== undefined) {
    const { endings: givenEndings } = bag;
    if (givenEndings !== undefined) {
      endings = toEnum(givenEndings, endingsValues, where, "endings");
    }
    const { type: givenType } = bag;
    if (givenType !== undefined) type = toDOMString(givenType);
  }
  return { __proto__: null, endings, type };
}

// https://w3c.github.io/FileAPI/#convert-line-endings-to-native, with the
// native one of anything but Windows.
const toNativeEndings = (text) =>
  replaceString(replaceString(text, "\r\n", "\n"), "\r", "\n");

// https://w3c.github.io/FileAPI/#process-blob-parts
export function bytesOfParts(parts, endings) {
  const chunks = list();
  let size = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    chunks[i] = typeof part === "string"
      ? v8.utf8Encode(endings === "native" ? toNativeEndings(part) : part)
      : isBlob(part) ? bytesOf(part) : viewBytes(part);
    size += TypedArrayPrototypeGetByteLength(chunks[i]);
  }
  // a Blob's bytes never change, and a string's are nobody else's
  const isOurs = parts.length === 1 &&
    (typeof parts[0] === "string" || isBlob(parts[0]));
  return isOurs ? chunks[0] : joinBytes(chunks, size);
}

const printable = /^[\x20-\x7e]*$/;

export const normalizeType = (type) =>
  RegExpPrototypeExec(printable, type) === null
    ? "" : StringPrototypeToLowerCase(type);

export class Blob {
  #bytes;
  #type;

  static {
    isBlob = (value) => isObject(value) && #bytes in value;
    bytesOf = (blob) => blob.#bytes;
    typeOf = (blob) => blob.#type;
    createBlob = (bytes, type) => new Blob(kCreate, { bytes, type });
  }

  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === kCreate) {
      this.#bytes = options.bytes;
      this.#type = options.type;
      return;
    }
    const parts =
      blobParts === undefined ? list() : toBlobParts(blobParts, "Blob");
    const { endings, type } = toBlobBag(options, "Blob");
    this.#bytes = bytesOfParts(parts, endings);
    this.#type = normalizeType(type);
  }

  get size() {
    requireBrand(isBlob(this));
    return TypedArrayPrototypeGetByteLength(this.#bytes);
  }

  get type() {
    requireBrand(isBlob(this));
    return this.#type;
  }

  // https://w3c.github.io/FileAPI/#slice-blob
  slice(start = undefined, end = undefined, contentType = undefined) {
    requireBrand(isBlob(this));
    const size = TypedArrayPrototypeGetByteLength(this.#bytes);
    const clamp = (position) => position < 0
      ? MathMax(size + position, 0) : MathMin(position, size);
    const from = start === undefined ? 0 : clamp(toClampedLongLong(start));
    const to = end === undefined ? size : clamp(toClampedLongLong(end));
    const type = contentType === undefined ? "" : toDOMString(contentType);
    return createBlob(
      viewOf(this.#bytes, from, MathMax(from, to)), normalizeType(type));
  }

  stream() {
    requireBrand(isBlob(this));
    return BodyState.ofBytes(this.#bytes).getStream();
  }

  textStream() {
    requireBrand(isBlob(this));
    return textStreamOf(BodyState.ofBytes(this.#bytes).getStream());
  }

  text() {
    return read(this, (bytes) => v8.utf8Decode(bytes, false, false));
  }

  arrayBuffer() {
    return read(
      this, (bytes) => TypedArrayPrototypeGetBuffer(copyBytes(bytes)));
  }

  bytes() {
    return read(this, copyBytes);
  }
}
defineInterface(Blob);

const read = (blob, convert) => new Promise((resolve) => {
  requireBrand(isBlob(blob));
  resolve(convert(bytesOf(blob)));
});

addBodyKind((value) => isBlob(value), (blob) => ({
  body: BodyState.ofBytes(bytesOf(blob)),
  type: typeOf(blob) === "" ? null : typeOf(blob),
}));

export { bytesOf as blobBytes, isBlob, typeOf as blobType };
