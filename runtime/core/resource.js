// A native object of the engine's (a decoder, a compressor, a key), which
// JavaScript knows by an id.  Keep the Resource in a private field of what uses
// the object: when V8 has collected it, the object is closed.

import { ops, v8 } from "../native.js";

export class Resource {
  #id;

  // "id": what the op that made the object returned
  constructor(id) {
    this.#id = id;
    v8.watch(this, id);
  }

  // For ops; 0, which names nothing, once it is closed.
  get id() {
    return this.#id;
  }

  // At once, not some time later; more than once does no harm.
  close() {
    if (this.#id === 0) return;
    ops.close(this.#id);
    this.#id = 0;
  }
}
