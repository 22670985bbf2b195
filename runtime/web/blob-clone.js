// Blobs and Files can be cloned: their bytes never change, so a copy in the same
// isolate shares them.  https://w3c.github.io/FileAPI/#blob-section

import {
  ArrayIsArray, NumberIsInteger, PrimordialUint8Array as Uint8Array,
  TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
import { bufferOf } from "../core/bytes.js";
import {
  defineCloneable, TAG_BLOB, TAG_FILE, unreadable,
} from "../core/clone.js";
import { isObject } from "../core/webidl.js";
import {
  Blob, blobBytes, blobType, createBlob, isBlob, normalizeType,
} from "./blob.js";
import {
  createFile, File, fileLastModified, fileName, isFile,
} from "./file.js";

// V8 writes all of the buffer that a view shows a part of: a slice must not take
// the rest of its Blob along.
const ownBytes = (blob) => new Uint8Array(bufferOf(blobBytes(blob)));

// Of parts that another isolate may have made up.
function requireParts(parts, count) {
  if (!ArrayIsArray(parts) || parts.length !== count || !isObject(parts[0]) ||
      TypedArrayPrototypeGetSymbolToStringTag(parts[0]) !== "Uint8Array" ||
      typeof parts[1] !== "string") {
    throw unreadable();
  }
}

defineCloneable(Blob, {
  tag: TAG_BLOB,
  is: isBlob,
  write: (blob) => [ownBytes(blob), blobType(blob)],
  read(parts) {
    requireParts(parts, 2);
    return createBlob(parts[0], normalizeType(parts[1]));
  },
});

defineCloneable(File, {
  tag: TAG_FILE,
  is: isFile,
  write: (file) =>
    [ownBytes(file), blobType(file), fileName(file), fileLastModified(file)],
  read(parts) {
    requireParts(parts, 4);
    if (typeof parts[2] !== "string" || !NumberIsInteger(parts[3])) {
      throw unreadable();
    }
    return createFile(parts[0], normalizeType(parts[1]), parts[2], parts[3]);
  },
});
