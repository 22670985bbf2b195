// https://fetch.spec.whatwg.org/#body-mixin

import { v8 } from "../native.js";
import {
  JSONParse, ObjectDefineProperty, PrimordialPromise as Promise,
  PrimordialUint8Array as Uint8Array, ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys, StringPrototypeCharCodeAt, StringPrototypeSlice,
} from "../primordials.js";
import { bufferOf } from "../core/bytes.js";
import { chunk } from "../core/chunks.js";
import { requireBrand } from "../core/webidl.js";

const decode = (bytes) => v8.utf8Decode(bytes, false, false);

// As if the text had been encoded and decoded.
const withoutBOM = (text) => StringPrototypeCharCodeAt(text, 0) === 0xfeff
  ? StringPrototypeSlice(text, 1) : text;

const toArrayBuffer = (bytes) => bufferOf(bytes);
const toBytes = (bytes) => new Uint8Array(bufferOf(bytes));
const toBlob = (bytes, headers) => chunk("form").bodyToBlob(bytes, headers);
const toFormData = (bytes, headers) =>
  chunk("form").bodyToFormData(bytes, headers);
const toJSON = (bytes) => JSONParse(decode(bytes));
const toText = (bytes) => decode(bytes);

// Gives an interface the members of Body.  Of its instances, "bodyOf" returns
// the BodyState, or null, and "headersOf" the headers.
export function includeBody(Interface, { isOurs, bodyOf, headersOf }) {
  // https://fetch.spec.whatwg.org/#concept-body-consume-body
  const consume = (object, convert, convertText = undefined) =>
    new Promise((resolve, reject) => {
      requireBrand(isOurs(object));
      const done = (bytes) => {
        try {
          resolve(convert(bytes, headersOf(object)));
        } catch (error) {
          reject(error);
        }
      };
      const body = bodyOf(object);
      if (body === null) {
        done(new Uint8Array(0));
      } else if (convertText !== undefined && body.text !== undefined) {
        resolve(convertText(withoutBOM(body.take().text)));
      } else {
        body.consume(done, reject);
      }
    });

  const members = {
    get body() {
      requireBrand(isOurs(this));
      const body = bodyOf(this);
      return body === null ? null : body.getStream();
    },
    get bodyUsed() {
      requireBrand(isOurs(this));
      const body = bodyOf(this);
      return body !== null && body.used;
    },
    arrayBuffer() { return consume(this, toArrayBuffer); },
    blob() { return consume(this, toBlob); },
    bytes() { return consume(this, toBytes); },
    formData() { return consume(this, toFormData); },
    json() { return consume(this, toJSON, JSONParse); },
    text() { return consume(this, toText, (text) => text); },
    textStream() {
      requireBrand(isOurs(this));
      const body = bodyOf(this);
      const { emptyStream, textStreamOf } = chunk("form");
      return body === null ? emptyStream() : textStreamOf(body.takeStream());
    },
  };
  const keys = ReflectOwnKeys(members);
  for (let i = 0; i < keys.length; i++) {
    ObjectDefineProperty(
      Interface.prototype, keys[i],
      ReflectGetOwnPropertyDescriptor(members, keys[i]));
  }
}
