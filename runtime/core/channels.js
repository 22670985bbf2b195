// The channels that are open: who receives what arrives on them.  A receiver
// has onHead(a, b, c, text), onData(bytes), onEnd(), onReset(code, message) and
// onWindow(); it need not expect an event after it has been closed.

import { ops } from "../native.js";
import {
  SafePromise, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { IdTable } from "./id-table.js";

const receivers = new IdTable();

export function openChannel(channel, receiver) {
  receivers.set(channel, receiver);
}

export function closeChannel(channel) {
  receivers.delete(channel);
}

export const receiverOf = (channel) => receivers.get(channel);

// The writing side of a channel.  One write at a time: the next one waits for
// the promise of the last.
export class Sender {
  onClose = null;         // called once, with the reason, when nobody wants
                          // the rest
  #channel;
  #bytes = null;
  #offset = 0;
  #resolve = null;
  #closed = false;

  constructor(channel) {
    this.#channel = channel;
  }

  get closed() {
    return this.#closed;
  }

  // Undefined when credit allowed all of it, else a promise that is resolved
  // when all has been sent or the channel is closed.
  write(bytes) {
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (this.#closed || length === 0) return undefined;
    const taken = ops.write(this.#channel, bytes, 0);
    if (taken === length) return undefined;
    this.#bytes = bytes;
    this.#offset = taken;
    return new SafePromise((resolve) => { this.#resolve = resolve; });
  }

  end() {
    if (!this.#closed) ops.end(this.#channel);
  }

  onWindow() {
    if (this.#bytes === null) return;
    this.#offset += ops.write(this.#channel, this.#bytes, this.#offset);
    if (this.#offset >= TypedArrayPrototypeGetByteLength(this.#bytes)) {
      this.#wake();
    }
  }

  close(reason = undefined) {
    const { onClose } = this;
    this.#closed = true;
    this.onClose = null;
    this.#wake();
    if (onClose !== null) onClose(reason);
  }

  #wake() {
    const resolve = this.#resolve;
    this.#bytes = null;
    this.#resolve = null;
    if (resolve !== null) resolve();
  }
}
