// Streams on their way through a session.  Who has a ReadableStream sends its
// chunks as the reader asks for bytes; who writes into a WritableStream waits
// until each chunk has been written over there.

import {
  list, PrimordialPromise as Promise, PrimordialUint8Array as Uint8Array,
  PromisePrototypeThen, SafeMap, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { bufferOf, copyBytes, viewOf } from "../core/bytes.js";
import { runIn } from "../core/context.js";
import { viewBytes } from "../core/webidl.js";
import { chunkBytes } from "../web/body.js";
import {
  acquireWriter, createByteStream, createWritable, getReader, readerCancel,
  readerRead,
} from "../web/streams.js";
import { ITEM } from "./account.js";
import {
  ABORT, badMessage, CANCEL, CHUNK, CLOSE, END, FAIL, isId, PULL, WRITE,
  WRITTEN,
} from "./messages.js";
import { markHandled } from "./pending.js";

const WINDOW = 65536;

// Our ReadableStream, which the peer reads.
class ReadableExport {
  id = 0;
  #session;
  #reader;
  #rest = null;           // of a chunk, for which there was no credit
  #credit = 0;
  #reading = false;
  #over = false;

  constructor(session, stream) {
    this.#session = session;
    this.#reader = getReader(stream);
  }

  on(type, value) {
    if (type === PULL) {
      if (!isId(value) || value + this.#credit > WINDOW) {
        throw badMessage("a bad PULL");
      }
      this.#credit += value;
      this.#pump();
    } else if (type === CANCEL) {
      this.#finish();
      markHandled(readerCancel(this.#reader, value));
    } else {
      throw badMessage("a stream's message to the wrong end");
    }
  }

  #pump() {
    if (this.#reading || this.#over || this.#credit === 0) return;
    if (this.#rest !== null) {
      this.#send(this.#rest);
      if (this.#credit === 0) return;
    }
    this.#reading = true;
    PromisePrototypeThen(readerRead(this.#reader), ({ done, value }) => {
      this.#reading = false;
      if (this.#over) return;
      if (done) {
        this.#session.tryTell([CLOSE, this.id, undefined]);
        this.#finish();
        return;
      }
      let bytes;
      try {
        bytes = chunkBytes(value);
      } catch (error) {
        markHandled(readerCancel(this.#reader, error));
        this.#fail(error);
        return;
      }
      // a copy: the chunk is the worker's, and some of it may have to wait
      this.#send(copyBytes(bytes));
      this.#pump();
    }, (error) => this.#fail(error));
  }

  // As much of it as was asked for.
  #send(bytes) {
    const size = TypedArrayPrototypeGetByteLength(bytes);
    const now = size < this.#credit ? size : this.#credit;
    const part = size === now ? bytes : copyBytes(viewOf(bytes, 0, now));
    this.#rest = size === now ? null : viewOf(bytes, now);
    this.#credit -= now;
    this.#session.tryTell([CHUNK, this.id, part]);
  }

  #fail(error) {
    if (this.#over) return;
    this.#session.tellError(FAIL, this.id, error);
    this.#finish();
  }

  // After the last message: the session may end with it.
  #finish() {
    this.#over = true;
    this.#session.dropExport(this.id);
  }

  // The session is over.
  end(error) {
    if (this.#over) return;
    this.#over = true;
    markHandled(readerCancel(this.#reader, error));
  }
}

// The peer's ReadableStream, which we read; a source for createByteStream().
class ReadableImport {
  stream;
  #session;
  #id;
  #queue = list();
  #head = 0;
  #asked = 0;             // bytes that may still come
  #ended = false;
  #failed = false;
  #error = undefined;
  #wake = null;

  constructor(session, id) {
    this.#session = session;
    this.#id = id;
    this.stream = createByteStream(this, undefined);
  }

  on(type, value) {
    switch (type) {
    case CHUNK: {
      const bytes = viewBytes(value);
      if (bytes === undefined) throw badMessage("a chunk that is no bytes");
      const size = TypedArrayPrototypeGetByteLength(bytes);
      if (size > this.#asked) throw badMessage("more than it was asked for");
      this.#asked -= size;
      // without the rest of its buffer, for which nobody has asked
      if (size > 0) {
        this.#queue[this.#queue.length] = new Uint8Array(bufferOf(bytes));
      }
      break;
    }
    case CLOSE:
      this.#ended = true;
      this.#session.streams.forget(this.#id);
      break;
    case FAIL:
      this.end(value);
      break;
    default:
      throw badMessage("a stream's message to the wrong end");
    }
    this.#notify();
  }

  #notify() {
    const wake = this.#wake;
    this.#wake = null;
    if (wake !== null) wake();
  }

  pull(sink) {
    if (this.#head < this.#queue.length) {
      const bytes = this.#queue[this.#head];
      this.#queue[this.#head++] = undefined;
      if (this.#head === this.#queue.length) {
        this.#queue.length = 0;
        this.#head = 0;
      }
      sink.enqueue(bytes);
      return undefined;
    }
    if (this.#failed) {
      sink.error(this.#error);
      return undefined;
    }
    if (this.#ended) {
      sink.close();
      return undefined;
    }
    if (this.#asked === 0) {
      this.#asked = WINDOW;
      this.#session.tryTell([PULL, this.#id, WINDOW]);
    }
    return new Promise((resolve) => {
      this.#wake = () => resolve(this.pull(sink));
    });
  }

  cancel(reason) {
    if (this.#ended || this.#failed) return;
    this.#ended = true;
    this.#session.tellError(CANCEL, this.#id, reason);
    this.#session.streams.forget(this.#id);
  }

  end(error) {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#session.streams.forget(this.#id);
    this.#notify();
  }
}

// Our WritableStream, which the peer writes into.
class WritableExport {
  id = 0;
  #session;
  #writer;
  #busy = false;
  #over = false;

  constructor(session, stream) {
    this.#session = session;
    this.#writer = acquireWriter(stream);
  }

  on(type, value) {
    if (type !== ABORT && this.#busy) {
      throw badMessage("a chunk before the last one was written");
    }
    switch (type) {
    case WRITE:
      this.#do(this.#writer.write(value), false);
      break;
    case END:
      this.#do(this.#writer.close(), true);
      break;
    case ABORT:
      this.#finish();
      markHandled(this.#writer.abort(value));
      break;
    default:
      throw badMessage("a stream's message to the wrong end");
    }
  }

  #do(promise, isLast) {
    this.#busy = true;
    PromisePrototypeThen(promise, () => {
      this.#busy = false;
      if (this.#over) return;
      this.#session.tryTell([WRITTEN, this.id, undefined]);
      if (isLast) this.#finish();
    }, (error) => {
      if (this.#over) return;
      this.#session.tellError(FAIL, this.id, error);
      this.#finish();
    });
  }

  #finish() {
    this.#over = true;
    this.#session.dropExport(this.id);
  }

  end(error) {
    if (this.#over) return;
    this.#over = true;
    markHandled(this.#writer.abort(error));
  }
}

// The peer's WritableStream, which we write into; a sink for createWritable().
class WritableImport {
  stream;
  #session;
  #id;
  #over = false;
  #error = undefined;
  #resolve = null;
  #reject = null;
  #fail;

  constructor(session, id) {
    this.#session = session;
    this.#id = id;
    const { fail, stream } = createWritable(this);
    this.#fail = fail;
    this.stream = stream;
  }

  on(type, value) {
    if (type === WRITTEN) {
      const resolve = this.#resolve;
      this.#resolve = this.#reject = null;
      if (resolve === null) throw badMessage("a WRITTEN that nobody waits for");
      resolve();
    } else if (type === FAIL) {
      this.end(value);
    } else {
      throw badMessage("a stream's message to the wrong end");
    }
  }

  #ask(type, value) {
    if (this.#over) throw this.#error;
    this.#session.tell([type, this.#id, value]);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  write(chunk) {
    return this.#ask(WRITE, chunk);
  }

  close() {
    return PromisePrototypeThen(this.#ask(END, undefined), () => {
      this.#over = true;
      this.#session.streams.forget(this.#id);
    });
  }

  abort(reason) {
    if (this.#over) return;
    this.#over = true;
    this.#session.tellError(ABORT, this.#id, reason);
    this.#session.streams.forget(this.#id);
  }

  end(error) {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#session.streams.forget(this.#id);
    const reject = this.#reject;
    this.#resolve = this.#reject = null;
    if (reject !== null) reject(error);
    else this.#fail(error);
  }
}

// The streams of a session that the peer has.  Ours are in its export table.
export class Streams {
  #session;
  #imports = new SafeMap();

  constructor(session) {
    this.#session = session;
  }

  get size() {
    return this.#imports.size;
  }

  readable(stream) {
    return new ReadableExport(this.#session, stream);
  }

  writable(stream) {
    return new WritableExport(this.#session, stream);
  }

  #import(Import, id) {
    if (this.#imports.has(id)) throw badMessage("a stream twice");
    this.#session.account.keep(ITEM);
    const found = new Import(this.#session, id);
    this.#imports.set(id, found);
    return found.stream;
  }

  importReadable(id) {
    return this.#import(ReadableImport, id);
  }

  importWritable(id) {
    return this.#import(WritableImport, id);
  }

  // For one of ours or of the peer's, by the type.
  on(type, id, value, owned) {
    if (type === PULL || type === CANCEL || type === WRITE || type === END ||
        type === ABORT) {
      owned?.on(type, value);
    } else {
      this.#imports.get(id)?.on(type, value);
    }
  }

  forget(id) {
    if (this.#imports.delete(id)) this.#session.account.drop(ITEM);
    this.#session.checkIdle();
  }

  end(error) {
    const imports = list();
    this.#imports.forEach((found) => { imports[imports.length] = found; });
    this.#imports.clear();
    for (let i = 0; i < imports.length; i++) {
      runIn(this.#session.invocation, imports[i].end, imports[i], [error]);
    }
  }
}
