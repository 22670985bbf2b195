// multipart/form-data: https://www.rfc-editor.org/rfc/rfc7578, as
// https://html.spec.whatwg.org/#multipart-form-data has browsers write it.

import { ops, v8 } from "../native.js";
import {
  DateNow, list, NumberPrototypeToString, replaceString, splitString,
  StringPrototypeCharCodeAt, StringPrototypeIndexOf, StringPrototypePadStart,
  StringPrototypeSlice, StringPrototypeStartsWith, StringPrototypeToLowerCase,
  TypedArrayPrototypeGetByteLength, TypedArrayPrototypeIndexOf,
} from "../primordials.js";
import { joinBytes, viewOf } from "../core/bytes.js";
import { trim } from "../core/webidl.js";
import { blobBytes, blobType, isBlob, normalizeType } from "./blob.js";
import { binaryToUtf8 } from "./encoding.js";
import { createFile, fileName } from "./file.js";

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;

// -- writing ----------------------------------------------------------------

function createBoundary() {
  const bytes = ops.random(16);
  let text = "----formdata-";
  for (let i = 0; i < bytes.length; i++) {
    text += StringPrototypePadStart(
      NumberPrototypeToString(bytes[i], 16), 2, "0");
  }
  return text;
}

// Each CR, LF and CRLF as CRLF.
const normalizeNewlines = (text) => replaceString(
  replaceString(replaceString(text, "\r\n", "\n"), "\r", "\n"), "\n", "\r\n");

const escapeName = (text) => replaceString(
  replaceString(replaceString(text, "\n", "%0A"), "\r", "%0D"), '"', "%22");

// https://html.spec.whatwg.org/#multipart/form-data-encoding-algorithm
// Of a list of [name, string or File]; returns { boundary, bytes }.
export function encodeMultipart(entries) {
  const boundary = createBoundary();
  const chunks = list();
  let size = 0;
  const add = (bytes) => {
    chunks[chunks.length] = bytes;
    size += TypedArrayPrototypeGetByteLength(bytes);
  };

  for (let i = 0; i < entries.length; i++) {
    const name = escapeName(normalizeNewlines(entries[i][0]));
    const value = entries[i][1];
    const head = `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${name}"`;
    if (isBlob(value)) {
      const type = blobType(value) || "application/octet-stream";
      add(v8.utf8Encode(
        `${head}; filename="${escapeName(fileName(value))}"\r\n` +
        `Content-Type: ${type}\r\n\r\n`));
      add(blobBytes(value));
      add(v8.utf8Encode("\r\n"));
    } else {
      add(v8.utf8Encode(`${head}\r\n\r\n${normalizeNewlines(value)}\r\n`));
    }
  }
  add(v8.utf8Encode(`--${boundary}--\r\n`));
  return { __proto__: null, boundary, bytes: joinBytes(chunks, size) };
}

// -- reading ----------------------------------------------------------------

// What the headers of one part may take.
const MAX_HEADERS = 16384;

const isTabOrSpace = (code) => code === 0x20 || code === 0x09;

class Reader {
  #bytes;
  #length;
  #delimiter;             // "--" and the boundary
  #at = 0;

  constructor(bytes, boundary) {
    this.#bytes = bytes;
    this.#length = TypedArrayPrototypeGetByteLength(bytes);
    this.#delimiter = v8.utf8Encode(`--${boundary}`);
  }

  #isDelimiterAt(at) {
    const delimiter = this.#delimiter;
    const { length } = delimiter;
    if (at + length > this.#length) return false;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[at + i] !== delimiter[i]) return false;
    }
    return true;
  }

  // Goes past the next CRLF and delimiter; returns where the CRLF was, or -1.
  #nextDelimiter() {
    for (let at = this.#at; ; at++) {
      at = TypedArrayPrototypeIndexOf(this.#bytes, CR, at);
      if (at === -1) return -1;
      if (this.#bytes[at + 1] === LF && this.#isDelimiterAt(at + 2)) {
        this.#at = at + 2 + this.#delimiter.length;
        return at;
      }
    }
  }

  // Goes past the first delimiter, which ends the preamble.
  start() {
    if (!this.#isDelimiterAt(0)) return this.#nextDelimiter() !== -1;
    this.#at = this.#delimiter.length;
    return true;
  }

  // After a delimiter: is it the last one?  What follows is the epilogue.
  get isLast() {
    return this.#bytes[this.#at] === DASH && this.#bytes[this.#at + 1] === DASH;
  }

  // After a delimiter: goes to the next line, if there is nothing in between.
  endLine() {
    while (isTabOrSpace(this.#bytes[this.#at])) this.#at++;
    if (this.#bytes[this.#at] !== CR || this.#bytes[this.#at + 1] !== LF) {
      return false;
    }
    this.#at += 2;
    return true;
  }

  // The lines before the empty one, as bytes for characters, or null.
  headers() {
    const from = this.#at;
    const limit = from + MAX_HEADERS;
    for (let line = from; ;) {
      const at = TypedArrayPrototypeIndexOf(this.#bytes, CR, line);
      if (at === -1 || at > limit || this.#bytes[at + 1] !== LF) return null;
      this.#at = at + 2;
      if (at === line) {
        return line === from
          ? list() : splitString(this.#text(from, line - 2), "\r\n");
      }
      line = at + 2;
    }
  }

  #text(from, to) {
    return v8.latin1Decode(viewOf(this.#bytes, from, to));
  }

  // What is before the next delimiter, or null.
  content() {
    const from = this.#at;
    const to = this.#nextDelimiter();
    return to === -1 ? null : viewOf(this.#bytes, from, to);
  }
}

// What stands between quotes.  HTML escapes three characters by percent signs
// and leaves backslashes alone; others put a backslash before a quote, which
// shows by a quote that does not end the parameter.
function collectQuoted(text, from) {
  let escaped = false;
  for (let at = from; ;) {
    const quote = StringPrototypeIndexOf(text, '"', at);
    if (quote === -1) return null;
    let end = quote + 1;
    while (isTabOrSpace(StringPrototypeCharCodeAt(text, end))) end++;
    if (end >= text.length || text[end] === ";") {
      let value = StringPrototypeSlice(text, from, quote);
      if (escaped) value = unescapeBackslashes(value);
      return { __proto__: null, value: unescapePercents(value), end };
    }
    if (text[quote - 1] !== "\\" || quote === from) return null;
    escaped = true;
    at = quote + 1;
  }
}

function unescapeBackslashes(text) {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && (text[i + 1] === '"' || text[i + 1] === "\\")) i++;
    out += text[i];
  }
  return out;
}

// The parameters of a Content-Disposition of form-data: { name, filename },
// undefined if absent; null if it is malformed.
function parseDisposition(value) {
  const end = StringPrototypeIndexOf(value, ";");
  const type = end === -1 ? value : StringPrototypeSlice(value, 0, end);
  if (StringPrototypeToLowerCase(trim(type, isTabOrSpace)) !== "form-data") {
    return null;
  }
  let name;
  let filename;
  for (let at = end; at !== -1 && at < value.length;) {
    const equals = StringPrototypeIndexOf(value, "=", at + 1);
    if (equals === -1) {
      // nothing but spaces may be left
      if (trim(StringPrototypeSlice(value, at + 1), isTabOrSpace) === "") break;
      return null;
    }
    const key = StringPrototypeToLowerCase(
      trim(StringPrototypeSlice(value, at + 1, equals), isTabOrSpace));
    let from = equals + 1;
    while (isTabOrSpace(StringPrototypeCharCodeAt(value, from))) from++;
    let parameter;
    if (StringPrototypeStartsWith(value, '"', from)) {
      const quoted = collectQuoted(value, from + 1);
      if (quoted === null) return null;
      parameter = quoted.value;
      at = quoted.end;
    } else {
      at = StringPrototypeIndexOf(value, ";", from);
      if (at === -1) at = value.length;
      parameter = trim(StringPrototypeSlice(value, from, at), isTabOrSpace);
    }
    if (key === "name") name ??= parameter;
    else if (key === "filename") filename ??= parameter;
  }
  return { __proto__: null, name, filename };
}

const unescapePercents = (text) => replaceEither(
  replaceEither(replaceString(text, "%22", '"'), "%0D", "%0d", "\r"),
  "%0A", "%0a", "\n");

const replaceEither = (text, one, other, by) =>
  replaceString(replaceString(text, one, by), other, by);

// { name, filename, type } of a part's header lines, or null.
function parseHeaders(lines) {
  let disposition;
  let type;
  for (let i = 0; i < lines.length; i++) {
    const colon = StringPrototypeIndexOf(lines[i], ":");
    if (colon < 1) return null;
    const key = StringPrototypeToLowerCase(
      trim(StringPrototypeSlice(lines[i], 0, colon), isTabOrSpace));
    const value = trim(StringPrototypeSlice(lines[i], colon + 1), isTabOrSpace);
    if (key === "content-disposition") {
      disposition ??= parseDisposition(value);
      if (disposition === null) return null;
    } else if (key === "content-type") {
      type ??= value;
    }
  }
  if (disposition === undefined || disposition.name === undefined) return null;
  const { filename, name } = disposition;
  return {
    __proto__: null,
    name: binaryToUtf8(name),
    filename: filename === undefined ? undefined : binaryToUtf8(filename),
    type: type ?? "text/plain",
  };
}

// https://fetch.spec.whatwg.org/#dom-body-formdata, "multipart/form-data"
// A list of [name, string or File], or null if the bytes are not what they say.
// The Files are of the same memory.
export function parseMultipart(bytes, boundary) {
  const reader = new Reader(bytes, boundary);
  const entries = list();
  if (!reader.start()) return null;
  while (!reader.isLast) {
    if (!reader.endLine()) return null;
    const lines = reader.headers();
    if (lines === null) return null;
    const head = parseHeaders(lines);
    if (head === null) return null;
    const content = reader.content();
    if (content === null) return null;
    const { filename, name, type } = head;
    entries[entries.length] = [
      name,
      filename === undefined ? v8.utf8Decode(content, false, true)
        : createFile(content, normalizeType(type), filename, DateNow()),
    ];
  }
  return entries;
}
