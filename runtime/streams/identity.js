// Cloudflare's transform streams of bytes: what is written can be read, as a
// byte stream, and a write is done when all of it was read.
// https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/

import {
  MathMin, MathTrunc, PrimordialNumber as Number,
  PrimordialTypeError as TypeError, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import {
  defineInterface, requireArguments, viewBytes,
} from "../core/webidl.js";
import { CloneAsUint8Array } from "./buffers.js";
import {
  enqueueOwned, ReadableByteStreamControllerClose,
  ReadableByteStreamControllerRespond, SetUpReadableByteStreamController,
} from "./byte-controller.js";
import { createSafeDeferred, failed } from "./promises.js";
import { errorController } from "./readable-controller.js";
import { kRecord, Readable } from "./records.js";
import { ExtractHighWaterMark, Strategy } from "./strategies.js";
import { TransformStream } from "./transform.js";
import {
  CreateWritableStream, WritableStreamDefaultControllerErrorIfNeeded,
} from "./writable-controller.js";

const STRING =
  "This TransformStream is being used as a byte stream, but received a " +
  "string on its writable side. If you wish to write a string, you'll " +
  "probably want to explicitly UTF-8-encode it with TextEncoder.";
const NOT_BYTES =
  "This TransformStream is being used as a byte stream, but received an " +
  "object of non-ArrayBuffer/ArrayBufferView type on its writable side.";
const TOO_MANY = "Attempt to write too many bytes through a FixedLengthStream.";
const TOO_FEW =
  "FixedLengthStream did not see all expected bytes before close().";

function requireBytes(chunk) {
  const bytes = viewBytes(chunk);
  if (bytes !== undefined) return bytes;
  throw new TypeError(typeof chunk === "string" ? STRING : NOT_BYTES);
}

// What lies between the two sides.
class Identity {
  readable = new Readable();
  writable;
  #remaining;               // how many bytes must still come, or undefined
  #written = undefined;     // the Deferred of the write under way

  constructor(expectedLength, highWaterMark) {
    this.#remaining = expectedLength;
    this.readable.expectedLength = expectedLength;
    SetUpReadableByteStreamController(
      this.readable, undefined, undefined, (reason) => this.#cancel(reason), 0,
      undefined);
    this.readable.controller.onDrain = () => this.#drained();
    this.writable = CreateWritableStream(
      undefined, (chunk) => this.#write(chunk), () => this.#close(),
      (reason) => this.#abort(reason), highWaterMark ?? 1,
      highWaterMark === undefined
        ? undefined
        : (chunk) => TypedArrayPrototypeGetByteLength(requireBytes(chunk)));
  }

  #write(chunk) {
    let bytes;
    try {
      bytes = CloneAsUint8Array(requireBytes(chunk));
    } catch (error) {
      return this.#fail(error);
    }
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length === 0) return undefined;
    if (this.#remaining !== undefined) {
      if (length > this.#remaining) return this.#fail(new TypeError(TOO_MANY));
      this.#remaining -= length;
    }
    const { controller } = this.readable;
    enqueueOwned(controller, TypedArrayPrototypeGetBuffer(bytes), 0, length);
    if (controller.queueTotalSize === 0) return undefined;
    this.#written = createSafeDeferred();
    return this.#written.promise;
  }

  #close() {
    if (this.#remaining > 0) return this.#fail(new TypeError(TOO_FEW));
    const { controller } = this.readable;
    try {
      ReadableByteStreamControllerClose(controller);
    } catch (error) {
      // the reader wanted elements of more bytes than there are
      return failed(error);
    }
    if (controller.pendingPullIntos.length > 0) {
      ReadableByteStreamControllerRespond(controller, 0);
    }
    return undefined;
  }

  #abort(reason) {
    errorController(this.readable.controller, reason);
    return undefined;
  }

  #fail(error) {
    errorController(this.readable.controller, error);
    return failed(error);
  }

  #drained() {
    if (this.#written === undefined) return;
    this.#written.resolve(undefined);
    this.#written = undefined;
  }

  #cancel(reason) {
    WritableStreamDefaultControllerErrorIfNeeded(
      this.writable.controller, reason);
    if (this.#written !== undefined) {
      this.#written.reject(reason);
      this.#written = undefined;
    }
    return undefined;
  }
}

// Given in bytes; undefined: a number of chunks, as any WritableStream's.
const highWaterMarkOf = (strategy, name) =>
  ExtractHighWaterMark(new Strategy(strategy, name), undefined);

export class IdentityTransformStream extends TransformStream {
  constructor(queuingStrategy = undefined, record = undefined) {
    super(
      kRecord,
      queuingStrategy === kRecord
        ? record
        : new Identity(
          undefined,
          highWaterMarkOf(queuingStrategy, "IdentityTransformStream")));
  }
}
defineInterface(IdentityTransformStream, "IdentityTransformStream");

function toLength(value) {
  const number = MathTrunc(Number(value));
  if (number >= 0 && number <= 2 ** 53 - 1) return number + 0;
  throw new TypeError(
    "FixedLengthStream requires an integer expected length less than 2^53.");
}

export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, queuingStrategy = undefined) {
    requireArguments(arguments.length, 1, "FixedLengthStream");
    const length = toLength(expectedLength);
    const highWaterMark = highWaterMarkOf(queuingStrategy, "FixedLengthStream");
    super(kRecord, new Identity(
      length,
      highWaterMark === undefined
        ? undefined : MathMin(length, highWaterMark)));
  }
}
defineInterface(FixedLengthStream, "FixedLengthStream");
