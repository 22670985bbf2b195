// https://fetch.spec.whatwg.org/#body-mixin: what blob() and formData() make of
// a body's bytes, which are nobody else's.

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { createBlob } from "./blob.js";
import { createFormData } from "./form-data.js";
import {
  extractMimeType, mimeParameter, serializeMimeType,
} from "./mime.js";
import { parseMultipart } from "./multipart.js";
import { parseUrlencoded } from "./urlencoded.js";

export function bodyToBlob(bytes, headers) {
  const mimeType = extractMimeType(headers);
  return createBlob(
    bytes, mimeType === null ? "" : serializeMimeType(mimeType));
}

// https://fetch.spec.whatwg.org/#dom-body-formdata
export function bodyToFormData(bytes, headers) {
  const mimeType = extractMimeType(headers);
  const essence = mimeType === null ? "" : mimeType.essence;
  if (essence === "application/x-www-form-urlencoded") {
    return createFormData(parseUrlencoded(bytes));
  }
  if (essence !== "multipart/form-data") {
    throw new TypeError(
      "Unrecognized Content-Type header value. FormData can only parse the " +
      "following MIME types: multipart/form-data, " +
      "application/x-www-form-urlencoded.");
  }
  const boundary = mimeParameter(mimeType, "boundary");
  if (boundary === undefined || boundary === "") {
    throw new TypeError(
      "No boundary string in Content-Type header. The multipart/form-data " +
      "MIME type requires a boundary parameter, e.g. 'Content-Type: " +
      "multipart/form-data; boundary=\"abcd\"'. See RFC 7578, section 4.");
  }
  const entries = parseMultipart(bytes, boundary);
  if (entries === null) {
    throw new TypeError(
      "The body is not a complete multipart/form-data of this boundary.");
  }
  return createFormData(entries);
}
