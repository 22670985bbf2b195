// https://w3c.github.io/FileAPI/#file-section

import { DateNow } from "../primordials.js";
import { toLongLong } from "../core/convert.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toUSVString,
} from "../core/webidl.js";
import {
  Blob, blobBytes, blobType, bytesOfParts, kCreate, normalizeType, toBlobBag,
  toBlobParts,
} from "./blob.js";

let isFile;
export let fileName;
export let fileLastModified;
// A File of bytes that nobody will change.
export let createFile;
let withName;

function convert(fileBits, fileName, options) {
  const parts = toBlobParts(fileBits, "File");
  const name = toUSVString(fileName);
  const { endings, type } = toBlobBag(options, "File");
  const lastModified = options?.lastModified;
  return {
    __proto__: null,
    name,
    lastModified:
      lastModified === undefined ? DateNow() : toLongLong(lastModified),
    bytes: bytesOfParts(parts, endings),
    type: normalizeType(type),
  };
}

export class File extends Blob {
  #name;
  #lastModified;

  static {
    isFile = (value) => isObject(value) && #name in value;
    fileName = (file) => file.#name;
    fileLastModified = (file) => file.#lastModified;
    createFile = (bytes, type, name, lastModified) =>
      new File(kCreate, { __proto__: null, bytes, type, name, lastModified });
    withName = (blob, name) => createFile(
      blobBytes(blob), blobType(blob), name,
      isFile(blob) ? blob.#lastModified : DateNow());
  }

  constructor(fileBits, fileName, options = undefined) {
    let state = fileName;
    if (fileBits !== kCreate) {
      requireArguments(arguments.length, 2, "File");
      state = convert(fileBits, fileName, options);
    }
    super(kCreate, state);
    this.#name = state.name;
    this.#lastModified = state.lastModified;
  }

  get name() {
    requireBrand(isFile(this));
    return this.#name;
  }

  get lastModified() {
    requireBrand(isFile(this));
    return this.#lastModified;
  }
}
defineInterface(File);

// A Blob as a File of another name.
export const asFile = (blob, name) => withName(blob, name);

export { isFile };
