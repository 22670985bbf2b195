// https://streams.spec.whatwg.org/#rbs-controller-class
// https://streams.spec.whatwg.org/#rs-byob-request-class

import { PrimordialTypeError as TypeError } from "../primordials.js";
import {
  defineInterface, isObject, requireArguments, requireBrand,
} from "../core/webidl.js";
import { bufferOf, byteLengthOf, IsDetachedBuffer } from "./buffers.js";
import {
  ReadableByteStreamControllerClose, ReadableByteStreamControllerEnqueue,
  ReadableByteStreamControllerGetBYOBRequest,
  ReadableByteStreamControllerRespond,
  ReadableByteStreamControllerRespondWithNewView,
} from "./byte-controller.js";
import { enforceUnsignedLongLong, requireView } from "./convert.js";
import {
  canCloseOrEnqueue, desiredSizeOf, errorController,
} from "./readable-controller.js";
import { kRecord } from "./records.js";

const INVALIDATED = "This BYOB request has been answered or is void.";

export class ReadableStreamBYOBRequest {
  #record;

  constructor(token = undefined, record = undefined) {
    if (token !== kRecord) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  // https://streams.spec.whatwg.org/#rs-byob-request-view
  get view() {
    requireBrand(isObject(this) && #record in this);
    return this.#record.view;
  }

  // https://streams.spec.whatwg.org/#rs-byob-request-respond
  respond(bytesWritten) {
    const where = "ReadableStreamBYOBRequest.respond";
    requireBrand(isObject(this) && #record in this);
    requireArguments(arguments.length, 1, where);
    bytesWritten = enforceUnsignedLongLong(bytesWritten, where);
    const { controller, view } = this.#record;
    if (controller === undefined) throw new TypeError(INVALIDATED);
    if (IsDetachedBuffer(bufferOf(view))) {
      throw new TypeError("The buffer of the BYOB request is detached.");
    }
    ReadableByteStreamControllerRespond(controller, bytesWritten);
  }

  // https://streams.spec.whatwg.org/#rs-byob-request-respond-with-new-view
  respondWithNewView(view) {
    const where = "ReadableStreamBYOBRequest.respondWithNewView";
    requireBrand(isObject(this) && #record in this);
    requireArguments(arguments.length, 1, where);
    requireView(view, where);
    const { controller } = this.#record;
    if (controller === undefined) throw new TypeError(INVALIDATED);
    if (IsDetachedBuffer(bufferOf(view))) {
      throw new TypeError("The buffer of the view is detached.");
    }
    ReadableByteStreamControllerRespondWithNewView(controller, view);
  }
}
defineInterface(ReadableStreamBYOBRequest, "ReadableStreamBYOBRequest");

// The object of a controller's record.
export let byteControllerObject;

export class ReadableByteStreamController {
  #record;

  static {
    byteControllerObject = (record) => record.object ??=
      new ReadableByteStreamController(kRecord, record);
  }

  constructor(token = undefined, record = undefined) {
    if (token !== kRecord) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  // https://streams.spec.whatwg.org/#rbs-controller-byob-request
  get byobRequest() {
    requireBrand(isObject(this) && #record in this);
    const request = ReadableByteStreamControllerGetBYOBRequest(this.#record);
    if (request === null) return null;
    return request.object ??= new ReadableStreamBYOBRequest(kRecord, request);
  }

  // https://streams.spec.whatwg.org/#rbs-controller-desired-size
  get desiredSize() {
    requireBrand(isObject(this) && #record in this);
    return desiredSizeOf(this.#record);
  }

  // https://streams.spec.whatwg.org/#rbs-controller-close
  close() {
    requireBrand(isObject(this) && #record in this);
    requireOpen(this.#record);
    ReadableByteStreamControllerClose(this.#record);
  }

  // https://streams.spec.whatwg.org/#rbs-controller-enqueue
  enqueue(chunk) {
    const where = "ReadableByteStreamController.enqueue";
    requireBrand(isObject(this) && #record in this);
    requireArguments(arguments.length, 1, where);
    requireView(chunk, where);
    // a detached view, and one of an empty buffer, has no bytes either
    if (byteLengthOf(chunk) === 0) {
      throw new TypeError(`${where}: the chunk has no bytes.`);
    }
    requireOpen(this.#record);
    ReadableByteStreamControllerEnqueue(this.#record, chunk);
  }

  // https://streams.spec.whatwg.org/#rbs-controller-error
  error(e = undefined) {
    requireBrand(isObject(this) && #record in this);
    errorController(this.#record, e);
  }
}
defineInterface(ReadableByteStreamController, "ReadableByteStreamController");

function requireOpen(controller) {
  if (!canCloseOrEnqueue(controller)) {
    throw new TypeError("The stream is closed, closing or errored.");
  }
}
