// What the peer of a session has exported to us: the base of a stub.

import { PrimordialError as Error } from "../primordials.js";
import { TO_EXPORT } from "./messages.js";
import { Pending } from "./pending.js";

export class ImportRef {
  #session;
  #id;
  #shared;                // { count, callbacks }: of all stubs of this export
  #disposed = false;

  constructor(session, id, shared) {
    this.#session = session;
    this.#id = id;
    this.#shared = shared;
    shared.count++;
  }

  #requireUse() {
    if (this.#disposed) throw new Error("RPC stub used after being disposed.");
  }

  dup() {
    this.#requireUse();
    return new ImportRef(this.#session, this.#id, this.#shared);
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    if (--this.#shared.count === 0) this.#session.release(this.#id);
  }

  onBroken(callback) {
    this.#requireUse();
    const { callbacks } = this.#shared;
    if (this.#session.isOver) this.#session.notifyBroken(callback);
    else callbacks[callbacks.length] = callback;
  }

  call(path, args) {
    return this.#ask(path, args);
  }

  get(path) {
    return this.#ask(path, undefined);
  }

  #ask(path, args) {
    try {
      this.#requireUse();
    } catch (error) {
      return Pending.rejected(error);
    }
    return this.#session.ask(TO_EXPORT, this.#id, path, args);
  }

  // Passed on to somebody else, who calls it.
  perform(path, args) {
    return this.#ask(path, args).promise;
  }
}
