// https://fetch.spec.whatwg.org/#data-url-processor

import { v8 } from "../native.js";
import {
  RegExpPrototypeExec, StringPrototypeIndexOf, StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "../primordials.js";
import { trim } from "../core/webidl.js";
import { percentDecodeToBytes } from "../chunks/url.js";
import { base64Decode } from "./encoding.js";
import { parseMimeType, serializeMimeType } from "./mime.js";

const base64 = /; *base64$/i;
const isSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c ||
  code === 0x0d;

// Takes a serialized URL.  Returns { url: without its fragment, type, bytes },
// or null.
export function parseDataURL(url) {
  const hash = StringPrototypeIndexOf(url, "#");
  if (hash !== -1) url = StringPrototypeSlice(url, 0, hash);
  const comma = StringPrototypeIndexOf(url, ",");
  if (comma === -1) return null;
  let type = trim(StringPrototypeSlice(url, 5, comma), isSpace);
  let bytes = percentDecodeToBytes(StringPrototypeSlice(url, comma + 1));
  const suffix = RegExpPrototypeExec(base64, type);
  if (suffix !== null) {
    bytes = base64Decode(v8.latin1Decode(bytes));
    if (bytes === undefined) return null;
    type = StringPrototypeSlice(type, 0, suffix.index);
  }
  if (StringPrototypeStartsWith(type, ";")) type = `text/plain${type}`;
  const mimeType = parseMimeType(type);
  return {
    __proto__: null, url, bytes,
    type: mimeType === null
      ? "text/plain;charset=US-ASCII" : serializeMimeType(mimeType),
  };
}
