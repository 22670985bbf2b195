// A body on its way to us: of the request of an invocation, or of the response
// of a fetch().  It stays in nginx until somebody reads it here.  One that
// nobody has touched can be joined to where it shall go, and never comes.

import { CANCEL, ops } from "../native.js";
import {
  list, MathMin, SafePromise, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { requestIsOver } from "../core/invocation.js";

// of a body of which nothing has come; nobody writes to it
const NOTHING = list();

const FIRST_WINDOW = 65536;
const MAX_WINDOW = 262144;

export class IncomingBody {
  length;                     // in bytes, or -1
  gzip = false;               // does it come encoded?  Who reads it decodes it
  onDrained = null;           // called once, when nothing is left to read
  onJoin = null;              // called once, when it goes elsewhere unseen
  #channel;
  #invocation;
  #cancels;                   // may the channel be reset when nobody reads on?
  #window = FIRST_WINDOW;
  #granted = 0;               // bytes that may still come
  #queue = NOTHING;
  #head = 0;
  #queued = 0;                // bytes in the queue
  #received = 0;
  #ended = false;
  #failed = false;
  #error = undefined;
  #wake = null;               // called when something arrives
  #sink = null;               // of the stream that was read from, if none is
                              // waiting in it

  constructor(channel, invocation, length, cancels) {
    this.#channel = channel;
    this.#invocation = invocation;
    this.length = length;
    this.#cancels = cancels;
  }

  // The channel on which it would arrive, for the op that joins it.
  join() {
    const { onJoin } = this;
    this.onJoin = null;
    if (onJoin !== null) onJoin();
    return this.#channel;
  }

  onData(bytes) {
    const size = TypedArrayPrototypeGetByteLength(bytes);
    this.#granted -= size;
    this.#received += size;
    if (this.#queue === NOTHING) this.#queue = list();
    this.#queue[this.#queue.length] = bytes;
    this.#queued += size;
    this.#notify();
  }

  onEnd() {
    this.#ended = true;
    this.#notify();
    this.#finishStream();
  }

  fail(error) {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#notify();
    this.#finishStream();
  }

  // Closes the stream, or fails it, without being asked for more.
  #finishStream() {
    if (this.#sink === null || this.#queue.length > 0) return;
    const sink = this.#sink;
    this.#sink = null;
    if (this.#failed) sink.error(this.#error);
    else sink.close();
  }

  #notify() {
    const wake = this.#wake;
    this.#wake = null;
    if (wake !== null) wake();
  }

  // Keeps a window open for what is read.
  #grant() {
    if (this.#ended || this.#failed) return;
    if (this.#invocation.over) {
      // the worker has kept it for another one: nothing comes any more
      this.fail(requestIsOver(this.#invocation));
      return;
    }
    let credit = this.#window - this.#granted - this.#queued;
    if (this.length >= 0) {
      credit = MathMin(credit, this.length - this.#received - this.#granted);
    }
    if (credit <= 0 || (credit < this.#window / 2 && this.#granted > 0)) return;
    this.#granted += credit;
    ops.grant(this.#channel, credit);
    this.#window = MathMin(2 * this.#window, MAX_WINDOW);
  }

  // The next chunk, or null when there is none now.
  #take() {
    if (this.#head === this.#queue.length) return null;
    const bytes = this.#queue[this.#head];
    this.#queue[this.#head++] = undefined;
    this.#queued -= TypedArrayPrototypeGetByteLength(bytes);
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
      if (this.#ended) this.#tellDrained();
    }
    return bytes;
  }

  // Has nobody begun to read it here?  Who does so later, when the invocation is
  // over, is told then.
  get untouched() {
    return this.#granted === 0 && this.#received === 0 && this.#wake === null;
  }

  // Has all come, and has all been read?
  get drained() {
    return this.#ended && this.#queue.length === 0;
  }

  #tellDrained() {
    const { onDrained } = this;
    this.onDrained = null;
    if (onDrained !== null) onDrained();
  }

  // Forgets what has come, so that fail() is the next that a reader hears.
  drop() {
    if (this.drained) return;
    this.#ended = false;
    this.#queue = NOTHING;
    this.#head = 0;
    this.#queued = 0;
  }

  // For createByteStream().
  pull(sink) {
    this.#sink = null;
    const bytes = this.#take();
    this.#grant();
    if (bytes !== null) {
      sink.enqueue(bytes);
      this.#sink = sink;
      if (this.#ended || this.#failed) this.#finishStream();
    } else if (this.#failed) {
      sink.error(this.#error);
    } else if (this.#ended) {
      sink.close();
    } else {
      return new SafePromise((resolve) => {
        this.#wake = () => resolve(this.pull(sink));
      });
    }
    return undefined;
  }

  cancel() {
    if (!this.#ended && !this.#failed && this.#cancels) {
      ops.reset(this.#channel, CANCEL, "", "");
    }
    this.#ended = true;
    this.#sink = null;
    this.#queue = NOTHING;
    this.#head = 0;
    this.#queued = 0;
    this.#tellDrained();
  }

  // Calls onChunk() with each chunk as it comes, then done() or failed().
  read(onChunk, done, failed) {
    const step = () => {
      for (;;) {
        const bytes = this.#take();
        if (bytes === null) break;
        onChunk(bytes);
      }
      this.#grant();
      if (this.#failed) failed(this.#error);
      else if (this.#ended) done();
      else this.#wake = step;
    };
    step();
  }
}
