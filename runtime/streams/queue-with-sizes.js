// https://streams.spec.whatwg.org/#queue-with-sizes

import { PrimordialRangeError as RangeError } from "../primordials.js";

// First in, first out; of things with a "next" of their own.
export class Fifo {
  first = null;
  length = 0;
  #last = null;

  push(item) {
    if (this.#last === null) this.first = item;
    else this.#last.next = item;
    this.#last = item;
    this.length++;
  }

  shift() {
    const item = this.first;
    this.first = item.next;
    if (this.first === null) this.#last = null;
    item.next = null;
    this.length--;
    return item;
  }
}

class ValueWithSize {
  next = null;
  value;
  size;

  constructor(value, size) {
    this.value = value;
    this.size = size;
  }
}

// https://streams.spec.whatwg.org/#enqueue-value-with-size
export function EnqueueValueWithSize(container, value, size) {
  if (!(size >= 0) || size === Infinity) {
    throw new RangeError(
      "The size of a chunk must be a finite, non-negative number.");
  }
  container.queue.push(new ValueWithSize(value, size));
  container.queueTotalSize += size;
}

// https://streams.spec.whatwg.org/#dequeue-value
export function DequeueValue(container) {
  const { size, value } = container.queue.shift();
  container.queueTotalSize -= size;
  // rounding errors
  if (container.queueTotalSize < 0) container.queueTotalSize = 0;
  return value;
}

// https://streams.spec.whatwg.org/#peek-queue-value
export const PeekQueueValue = (container) => container.queue.first.value;

// https://streams.spec.whatwg.org/#reset-queue
export function ResetQueue(container) {
  container.queue = new Fifo();
  container.queueTotalSize = 0;
}
