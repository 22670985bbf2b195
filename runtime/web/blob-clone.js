// Blobs and Files can be cloned: their bytes never change, so a copy in the same
// isolate shares them.  https://w3c.github.io/FileAPI/#blob-section

import {
  ArrayIsArray, NumberIsInteger, TypedArrayPrototypeGetSymbolToStringTag,
} from "../primordials.js";
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
  write: (blob) => [blobBytes(blob), blobType(blob)],
  read(parts) {
    requireParts(parts, 2);
    return createBlob(parts[0], normalizeType(parts[1]));
  },
});

defineCloneable(File, {
  tag: TAG_FILE,
  is: isFile,
  write: (file) =>
    [blobBytes(file), blobType(file), fileName(file), fileLastModified(file)],
  read(parts) {
    requireParts(parts, 4);
    if (typeof parts[2] !== "string" || !NumberIsInteger(parts[3])) {
      throw unreadable();
    }
    return createFile(parts[0], normalizeType(parts[1]), parts[2], parts[3]);
  },
});
