// Transform streams of ours, over web-streams-polyfill's.

import { interfaces } from "./streams.js";

const { TransformStream } = interfaces;

// {readable, writable, enqueue(chunk), ready()} over {transform(chunk), flush(),
// cancel(reason)}, which may throw and return undefined or a promise.  ready()
// is a promise while nobody reads, else undefined.
export function createTransformStream({ transform, flush, cancel }) {
  let controller;
  const stream = new TransformStream({
    __proto__: null,
    start(made) { controller = made; },
    transform,
    flush,
    cancel,
  });
  return {
    __proto__: null,
    readable: stream._readable,
    writable: stream._writable,
    enqueue(chunk) { controller.enqueue(chunk); },
    ready: () =>
      stream._backpressure ? stream._backpressureChangePromise : undefined,
  };
}
