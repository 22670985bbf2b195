// Sends bodies: of responses and of requests.

import { BODY, JOIN } from "../native.js";
import {
  PromisePrototypeThen, SafePromise, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { runIn } from "../core/context.js";
import { currentFrame } from "../core/invocation.js";
import { chunkBytes } from "./body.js";
import {
  expectedLengthOf, getReader, readAll, readerCancel,
} from "./streams.js";

export const NO_BODY = { flags: 0, join: 0, length: 0, bytes: null, stream: null };

// Uses a BodyState (or null) up, for sending, encoded if "gzip": flags, join and
// length are what ops.fetch and ops.respond want; then bytes or stream are to be
// sent.
export function takeForSending(state, gzip = false) {
  if (state === null) return NO_BODY;
  const body = state.take();
  const has = body.incoming === undefined ? false : body.incoming.gzip;
  if (gzip !== has) {
    const stream = chunk("coding").recode(body, gzip);
    return { flags: BODY, join: 0, length: -1, bytes: null, stream };
  }
  if (body.incoming !== undefined) {
    const { length } = body.incoming;
    return {
      flags: BODY | JOIN, join: body.incoming.join(), length,
      bytes: null, stream: null,
    };
  }
  if (body.isStream) {
    const length = expectedLengthOf(body.stream) ?? -1;
    return { flags: BODY, join: 0, length, bytes: null, stream: body.stream };
  }
  const bytes = body.getBytes();
  const length = TypedArrayPrototypeGetByteLength(bytes);
  return { flags: length === 0 ? 0 : BODY, join: 0, length, bytes, stream: null };
}

// Text of so many code units is at most three times as many bytes, which the
// first window has room for.
const SHORT = 16384;

// Is it a text that one op can send?
export const isShortText = (state) =>
  state !== null && state.bytes === undefined && state.text !== undefined &&
  state.text.length <= SHORT;

// Sends a stream of the worker's.  Resolved when its end is reached or nobody
// wants it any more, rejected when it fails.  Does not end the channel.
export function sendStream(stream, sender) {
  const reader = getReader(stream);
  const frame = currentFrame();
  // the next chunk may never come
  sender.onClose = (reason) => {
    runIn(frame, cancelQuietly, undefined, [reader, reason]);
  };
  const onChunk = (value) => {
    // the stream is being cancelled
    if (sender.closed) return undefined;
    return sender.write(chunkBytes(value));
  };
  return new SafePromise((resolve, reject) => {
    PromisePrototypeThen(readAll(reader, onChunk), () => {
      sender.onClose = null;
      resolve(undefined);
    }, (error) => {
      sender.onClose = null;
      cancelQuietly(reader, error);
      reject(error);
    });
  });
}

// The worker's cancel() may throw, or the stream have failed already.
export function cancelQuietly(reader, reason) {
  PromisePrototypeThen(readerCancel(reader, reason), undefined, () => {});
}

export function discardStream(stream, reason = undefined) {
  cancelQuietly(getReader(stream), reason);
}

// Nobody will read this body.
export function discardBody(state, reason = undefined) {
  if (state === null) return;
  try {
    const body = state.take();
    if (body.incoming !== undefined) body.incoming.cancel();
    else if (body.isStream) discardStream(body.stream, reason);
  } catch {
    // it was in use
  }
}
