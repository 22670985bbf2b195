// What a session keeps because its peer does not do its part: messages that
// the peer does not read, and calls, stubs and streams of the peer's that it
// has not done with.  A peer may be hostile, and what it makes us keep is our
// memory: a session may keep so much, and all of this isolate's so much more,
// beyond which the one that keeps the most is broken.

import {
  PrimordialError as Error, PromisePrototypeThen, PromiseResolve, SafeSet,
} from "../primordials.js";
import { MAX_MESSAGE } from "./messages.js";

const MIB = 1024 * 1024;
export const MAX_KEPT = 96 * MIB;
const MAX_ALL = 128 * MIB;

// One message may go beyond that.
const MAX_CALLS = MAX_ALL + MAX_MESSAGE;

// Beside its bytes, each thing that is kept takes about so much.
export const ITEM = 2048;

// Smaller accounts are not worth a search.
const LISTED_FROM = 65536;

// While more than this waits to be read, no call of the peer's begins.
export const BEGIN_BELOW = MIB;

let total = 0;
let searching = false;
const listed = new SafeSet();

export class Account {
  waiting = 0;            // of it, messages that have not left yet
  #session;
  #kept = 0;
  #closed = false;        // nothing is kept any more
  #broken = false;        // and nothing waits

  constructor(session) {
    this.#session = session;
  }

  get #size() {
    return this.waiting + this.#kept;
  }

  // Would a call of so many bytes be too much?
  isFull(bytes) {
    return this.waiting > 0 &&
      (this.#size + bytes > MAX_KEPT || total + bytes > MAX_CALLS);
  }

  // For what the peer has sent: too much of it breaks the session at once.
  keep(bytes) {
    this.keepOwn(bytes);
    if (this.#size > MAX_KEPT) throw tooMuch();
  }

  // For what was made here.
  keepOwn(bytes) {
    if (this.#closed) return;
    this.#kept += bytes;
    this.#grow(bytes);
  }

  drop(bytes) {
    if (this.#closed) return;
    this.#kept -= bytes;
    this.#shrink(bytes);
  }

  wait(bytes) {
    if (this.#broken) return;
    this.waiting += bytes;
    this.#grow(bytes);
  }

  leave(bytes) {
    if (this.#broken) return;
    this.waiting -= bytes;
    this.#shrink(bytes);
  }

  // The session is over.  What it has said already may still leave.
  close() {
    this.#closed = true;
    const kept = this.#kept;
    this.#kept = 0;
    this.#shrink(kept);
  }

  #grow(bytes) {
    total += bytes;
    if (this.#size >= LISTED_FROM) listed.add(this);
    if (this.#size > MAX_KEPT || total > MAX_ALL) searchLater();
  }

  #shrink(bytes) {
    total -= bytes;
    if (this.#size < LISTED_FROM) listed.delete(this);
  }

  // Breaks those that keep too much.
  static search() {
    searching = false;
    listed.forEach((account) => {
      if (account.#size > MAX_KEPT) account.#break();
    });
    while (total > MAX_ALL) {
      let largest = null;
      listed.forEach((account) => {
        if (largest === null || account.#size > largest.#size) {
          largest = account;
        }
      });
      if (largest === null) return;
      largest.#break();
    }
  }

  // What it keeps is gone with it, though its owners hear of that later.
  #break() {
    this.close();
    this.leave(this.waiting);
    this.#broken = true;
    this.#session.fail(tooMuch());
  }
}

// Not in the middle of what a session or a worker does: callbacks of the
// worker's may follow.
function searchLater() {
  if (searching) return;
  searching = true;
  PromisePrototypeThen(PromiseResolve(undefined), Account.search);
}

const tooMuch = () => new Error(
  "The RPC session is broken: the other side has left too much unread or " +
  "undone.");

export const tooManyCalls = () => new Error(
  "Too many RPC calls wait for the other side, which does not read them.");
