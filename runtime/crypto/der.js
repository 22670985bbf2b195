// DER, as far as keys have it.  Reading is strict: definite lengths in their
// shortest form, and nothing left over.
// https://www.itu.int/rec/T-REC-X.690

import { PrimordialUint8Array as Uint8Array } from "../primordials.js";
import { joinBytes, viewOf } from "../core/bytes.js";
import { sizeOf, trimZeros } from "./bytes.js";
import { fail } from "./errors.js";

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const NULL = 0x05;
const OID = 0x06;
const SEQUENCE = 0x30;

const bad = () => fail("DataError", "The key is not valid DER.");

// A cursor over bytes of a key; each step throws a DataError if what it wants
// does not stand there.
export class DerReader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get done() {
    return this.#at === sizeOf(this.#bytes);
  }

  requireEnd() {
    if (!this.done) bad();
  }

  // Is the next element of this kind?
  has(tag) {
    return !this.done && this.#bytes[this.#at] === tag;
  }

  // The contents of the next element, which must be of this kind.
  read(tag) {
    const bytes = this.#bytes;
    let at = this.#at;
    const end = sizeOf(bytes);
    if (end - at < 2 || bytes[at] !== tag) bad();
    let size = bytes[at + 1];
    at += 2;
    if (size >= 0x80) {
      const count = size & 0x7f;
      if (count === 0 || count > 4 || end - at < count) bad();
      size = 0;
      for (let i = 0; i < count; i++) size = size * 256 + bytes[at++];
      if (size < 0x80 || size < 256 ** (count - 1)) bad();
    }
    if (end - at < size) bad();
    this.#at = at + size;
    return viewOf(bytes, at, at + size);
  }

  sequence() {
    return new DerReader(this.read(SEQUENCE));
  }

  // Explicitly tagged, context-specific.
  tagged(number) {
    return new DerReader(this.read(0xa0 + number));
  }

  hasTagged(number) {
    return this.has(0xa0 + number);
  }

  skip(tag) {
    if (this.has(tag)) this.read(tag);
  }

  // Not negative; without its leading zero.
  integer() {
    const bytes = this.read(INTEGER);
    const size = sizeOf(bytes);
    if (size === 0 || bytes[0] >= 0x80 ||
        (size > 1 && bytes[0] === 0 && bytes[1] < 0x80)) {
      bad();
    }
    return trimZeros(bytes);
  }

  smallInteger() {
    const bytes = this.integer();
    if (sizeOf(bytes) > 1) bad();
    return sizeOf(bytes) === 0 ? 0 : bytes[0];
  }

  oid() {
    return this.read(OID);
  }

  hasOid() {
    return this.has(OID);
  }

  octets() {
    return this.read(OCTET_STRING);
  }

  // Whole bytes.
  bits() {
    const bytes = this.read(BIT_STRING);
    if (sizeOf(bytes) === 0 || bytes[0] !== 0) bad();
    return viewOf(bytes, 1);
  }

  null() {
    if (sizeOf(this.read(NULL)) !== 0) bad();
  }
}

// -- writing ----------------------------------------------------------------

function element(tag, contents) {
  const size = sizeOf(contents);
  let count = 0;
  if (size >= 0x80) {
    do count++; while (size >= 256 ** count);
  }
  const head = new Uint8Array(2 + count);
  head[0] = tag;
  head[1] = count === 0 ? size : 0x80 + count;
  for (let i = 0; i < count; i++) {
    head[2 + i] = size >>> 8 * (count - 1 - i) & 0xff;
  }
  return joinBytes([head, contents]);
}

export const derSequence = (...items) =>
  element(SEQUENCE, joinBytes(items));

export const derTagged = (number, contents) => element(0xa0 + number, contents);

const zero = new Uint8Array(1);

export function derInteger(bytes) {
  const trimmed = trimZeros(bytes);
  return element(
    INTEGER,
    sizeOf(trimmed) === 0 || trimmed[0] >= 0x80
      ? joinBytes([zero, trimmed]) : trimmed);
}

export function derSmallInteger(number) {
  const bytes = new Uint8Array(1);
  bytes[0] = number;
  return derInteger(bytes);
}

export const derOid = (bytes) => element(OID, bytes);
export const derOctets = (bytes) => element(OCTET_STRING, bytes);
export const derBits = (bytes) =>
  element(BIT_STRING, joinBytes([zero, bytes]));
export const derNull = () => element(NULL, new Uint8Array(0));

// -- SubjectPublicKeyInfo and PrivateKeyInfo ---------------------------------

// https://www.rfc-editor.org/rfc/rfc5280#section-4.1
// { oid, parameters (a reader), key }
export function readSpki(bytes) {
  const whole = new DerReader(bytes);
  const info = whole.sequence();
  whole.requireEnd();
  const parameters = info.sequence();
  const oid = parameters.oid();
  const key = info.bits();
  info.requireEnd();
  return { __proto__: null, oid, parameters, key };
}

export const writeSpki = (oid, parameters, key) =>
  derSequence(derSequence(derOid(oid), parameters), derBits(key));

// https://www.rfc-editor.org/rfc/rfc5208#section-5, and RFC 5958, whose version
// may be 1 and which may have the public key in the end.
export function readPkcs8(bytes) {
  const whole = new DerReader(bytes);
  const info = whole.sequence();
  whole.requireEnd();
  if (info.smallInteger() > 1) bad();
  const parameters = info.sequence();
  const oid = parameters.oid();
  const key = info.octets();
  info.skip(0xa0);
  info.skip(0x81);
  info.requireEnd();
  return { __proto__: null, oid, parameters, key };
}

export const writePkcs8 = (oid, parameters, key) =>
  derSequence(
    derSmallInteger(0), derSequence(derOid(oid), parameters), derOctets(key));

