// An RPC session: one of its two ends.  Both may call: the opener what the
// session is to, and each what the other has passed to it.
// docs/architecture.md has the messages.
//
// Everything that the peer sends may be made up.  What breaks the rules breaks
// the session, and nothing else.

import {
  ArrayIsArray, list, ObjectDefineProperty, ObjectGetPrototypeOf,
  ObjectPrototype, ObjectSetPrototypeOf, PrimordialError as Error,
  PrimordialPromise as Promise, PromisePrototypeThen, PromiseResolve, SafeMap,
  SymbolDispose,
} from "../primordials.js";
import { messageOf } from "../core/errors.js";
import { runIn } from "../core/context.js";
import { logUncaught, requestIsOver } from "../core/invocation.js";
import { baseOf } from "../core/stubs.js";
import { isObject } from "../core/webidl.js";
import { performFetch } from "./fetcher.js";
import { ImportRef } from "./imports.js";
import { perform } from "./local.js";
import { modeOf, notImplemented } from "./lookup.js";
import {
  badMessage, CALL, FINISH, frame, GET, Inbox, isId, RELEASE, RETURN,
  THROW, TO_ANSWER, TO_EXPORT, WRITTEN,
} from "./messages.js";
import { disposeOf, markHandled, Pending } from "./pending.js";
import { Streams } from "./streams.js";
import { Incoming, Outgoing } from "./values.js";

// The answer to a question of the peer's.  It is kept until the peer is done
// with it, since later calls may go on from it.
class Answer {
  promise;
  resolve;
  reject;
  settled = false;
  finished = false;       // the peer wants no more of it
  value = undefined;
  holds = false;          // the value has a disposer of its own
  moved = null;           // stubs that went with it
  #incoming;

  constructor(incoming) {
    this.#incoming = incoming;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    markHandled(this.promise);
  }

  // But for those that are in the result, from which a call may go on.
  disposeArguments() {
    this.#incoming.dispose(this.moved);
  }

  dispose(invocation) {
    const { moved, value } = this;
    if (moved !== null) {
      for (let i = 0; i < moved.length; i++) moved[i].dispose();
    }
    this.moved = null;
    this.value = undefined;
    if (!this.holds) return;
    this.holds = false;
    runIn(invocation, () => {
      try {
        disposeOf(value);
      } catch (error) {
        logUncaught(invocation, "in a disposer", error);
      }
    }, undefined, []);
  }
}

export class Session {
  invocation;
  streams = new Streams(this);
  #transport;             // send(bytes), end(), fail(error), done()
  #isOpener;
  #root;                  // what the session is to, at the callee
  #inbox = new Inbox();
  #exports = new SafeMap();
  #lastExport = 0;
  #imports = new SafeMap();
  #questions = new SafeMap();
  #lastQuestion = 0;
  #answers = new SafeMap();
  #running = 0;
  #error = undefined;
  #isOver = false;
  #peerEnded = false;
  #held = false;          // may go on without anything that is open

  constructor(invocation, transport, root = null) {
    this.invocation = invocation;
    this.#transport = transport;
    this.#isOpener = root === null;
    this.#root = root;
  }

  get isOver() {
    return this.#isOver;
  }

  hold() {
    this.#held = true;
  }

  unhold() {
    this.#held = false;
    this.checkIdle();
  }

  // -- exports and imports ---------------------------------------------------

  exportEntry(entry) {
    const id = ++this.#lastExport;
    this.#exports.set(id, entry);
    if (entry.stream !== null) entry.stream.id = id;
    return id;
  }

  dropExport(id) {
    const entry = this.#exports.get(id);
    if (entry === undefined) return;
    this.#exports.delete(id);
    entry.ref?.dispose();
    this.checkIdle();
  }

  // The peer has never heard of it.
  undoExport(id, error) {
    this.#exports.get(id)?.stream?.end(error);
    this.dropExport(id);
  }

  importRef(id) {
    if (this.#imports.has(id)) throw badMessage("a stub twice");
    const shared = { __proto__: null, count: 0, callbacks: list() };
    this.#imports.set(id, shared);
    return new ImportRef(this, id, shared);
  }

  // The last stub of it is gone.
  release(id) {
    this.#imports.delete(id);
    this.tryTell([RELEASE, id]);
    this.checkIdle();
  }

  get error() {
    return this.#error ?? (this.#isOver ? requestIsOver() : undefined);
  }

  // -- sending ---------------------------------------------------------------

  // Throws what cannot be cloned.  Returns the Outgoing.
  tell(parts) {
    const error = this.error;
    if (error !== undefined) throw error;
    const out = new Outgoing(this);
    let bytes;
    try {
      bytes = frame(out.encode(parts));
    } catch (error) {
      out.undo(error);
      throw error;
    }
    this.#transport.send(bytes);
    return out;
  }

  // Of what can always be cloned; too late is no matter.
  tryTell(parts) {
    if (!this.#isOver) this.tell(parts);
  }

  // An error, or what can be said of it.
  tellError(type, id, error) {
    if (this.#isOver) return;
    try {
      this.tell([type, id, error]);
    } catch {
      this.tell([type, id, new Error(messageOf(error))]);
    }
  }

  // A call, or with "args" undefined a read.
  ask(kind, id, path, args) {
    const question = ++this.#lastQuestion;
    try {
      if (this.invocation.over) throw requestIsOver();
      this.tell(args === undefined
        ? [GET, question, kind, id, path]
        : [CALL, question, kind, id, path, args]);
    } catch (error) {
      this.checkIdle();
      return Pending.rejected(error);
    }
    const pending = new Pending({
      __proto__: null,
      call: (path, args) => this.ask(TO_ANSWER, question, path, args),
      get: (path) => this.ask(TO_ANSWER, question, path, undefined),
      finish: () => this.#finish(question),
    });
    this.#questions.set(
      question, { __proto__: null, pending, finished: false, returned: false });
    return pending;
  }

  askRoot(path, args) {
    return this.ask(TO_EXPORT, 0, path, args);
  }

  #finish(number) {
    const question = this.#questions.get(number);
    if (question === undefined || question.finished) return;
    question.finished = true;
    if (question.returned) this.#questions.delete(number);
    this.tryTell([FINISH, number]);
    this.checkIdle();
  }

  // -- receiving -------------------------------------------------------------

  receive(bytes) {
    if (this.#isOver) return;
    runIn(this.invocation, this.#receive, this, [bytes]);
  }

  #receive(bytes) {
    try {
      this.#inbox.push(bytes);
      for (;;) {
        const message = this.#inbox.next();
        if (message === null) break;
        this.#handle(message);
        if (this.#isOver) return;
      }
    } catch (error) {
      this.#transport.fail(error);
      this.break(error);
      return;
    }
    this.checkIdle();
  }

  #handle(message) {
    const incoming = new Incoming(this);
    const parts = incoming.decode(message);
    const { 0: type, 1: id } = parts;
    if (!isId(type) || !isId(id)) throw badMessage("a bad number");
    switch (type) {
    case CALL:
    case GET:
      this.#onQuestion(parts, incoming);
      break;
    case RETURN:
      this.#onReturn(id, parts[2], parts[3] === true, incoming);
      break;
    case THROW:
      this.#onThrow(id, parts[2], incoming);
      break;
    case FINISH:
      this.#onFinish(id);
      break;
    case RELEASE:
      if (this.#exports.get(id) === undefined ||
          this.#exports.get(id).stream !== null) {
        throw badMessage("a release of nothing");
      }
      this.dropExport(id);
      break;
    default:
      if (type > WRITTEN) throw badMessage("an unknown message");
      this.streams.on(type, id, parts[2], this.#exports.get(id)?.stream);
    }
  }

  #onQuestion(parts, incoming) {
    const { 0: type, 1: question, 2: kind, 3: target, 4: path } = parts;
    const args = type === GET ? undefined : parts[5];
    if (this.#answers.has(question) || !ArrayIsArray(path) ||
        (type === CALL && !ArrayIsArray(args))) {
      throw badMessage("a bad call");
    }
    ObjectSetPrototypeOf(path, null);
    for (let i = 0; i < path.length; i++) {
      if (typeof path[i] !== "string") throw badMessage("a bad call");
    }

    let start;
    if (kind === TO_EXPORT) {
      const entry = target === 0 ? this.#root : this.#exports.get(target);
      if (entry === undefined || entry === null || entry.stream) {
        throw badMessage("a call to nothing");
      }
      start = () => entry.fetcher
        ? performFetch(entry.fetcher, path, args)
        : (entry.ref ?? entry).perform(path, args);
    } else {
      const before = this.#answers.get(target);
      if (kind !== TO_ANSWER || before === undefined || before.finished) {
        throw badMessage("a call to nothing");
      }
      start = () => PromisePrototypeThen(
        before.promise, (value) => performOn(value, path, args));
    }

    const answer = new Answer(incoming);
    this.#answers.set(question, answer);
    this.#running++;
    let result;
    try {
      result = PromiseResolve(start());
    } catch (error) {
      this.#throw(question, answer, error);
      return;
    }
    PromisePrototypeThen(
      result, (value) => this.#return(question, answer, value),
      (error) => this.#throw(question, answer, error));
  }

  #return(question, answer, value) {
    if (this.#isOver) {
      this.#settled(question, answer);
      return;
    }
    if (answer.finished) {
      // nobody wants it any more, but calls may go on from it: they begin first
      answer.value = value;
      answer.holds = true;
      answer.resolve({ __proto__: null, value });
      this.tryTell([RETURN, question, undefined, false]);
      PromisePrototypeThen(
        answer.promise, () => this.#settled(question, answer));
      return;
    }
    let holds;
    try {
      holds = isObject(value) && baseOf(value) === undefined &&
        ObjectGetPrototypeOf(value) === ObjectPrototype &&
        typeof value[SymbolDispose] === "function";
      const out = this.tell([RETURN, question, value, holds]);
      answer.moved = out.moved;
    } catch (error) {
      this.#throw(question, answer, error);
      return;
    }
    answer.value = value;
    answer.holds = holds;
    // in a box, since it may have a method "then"
    answer.resolve({ __proto__: null, value });
    this.#settled(question, answer);
  }

  #throw(question, answer, error) {
    answer.reject(error);
    if (!this.#isOver) this.tellError(THROW, question, error);
    this.#settled(question, answer);
  }

  #settled(question, answer) {
    answer.settled = true;
    answer.disposeArguments();
    this.#running--;
    if (answer.finished || this.#isOver) {
      this.#answers.delete(question);
      answer.dispose(this.invocation);
    }
    this.checkIdle();
  }

  #onFinish(question) {
    const answer = this.#answers.get(question);
    if (answer === undefined || answer.finished) {
      throw badMessage("a FINISH of nothing");
    }
    answer.finished = true;
    if (!answer.settled) return;
    this.#answers.delete(question);
    answer.dispose(this.invocation);
  }

  #onReturn(number, value, holds, incoming) {
    const question = this.#takeQuestion(number);
    if (question.finished) {
      this.#questions.delete(number);
      incoming.dispose();
      return;
    }
    if (holds) {
      question.returned = true;
    } else {
      question.finished = true;
      this.#questions.delete(number);
      this.tryTell([FINISH, number]);
    }
    if (isObject(value) && baseOf(value) === undefined) {
      const dispose = () => {
        incoming.dispose();
        this.#finish(number);
      };
      ObjectDefineProperty(value, SymbolDispose, {
        __proto__: null,
        value: () => dispose(), writable: true, configurable: true,
      });
    }
    question.pending.resolve(value);
  }

  #onThrow(number, error, incoming) {
    const question = this.#takeQuestion(number);
    this.#questions.delete(number);
    incoming.dispose();
    if (!question.finished) this.tryTell([FINISH, number]);
    question.pending.reject(error);
  }

  #takeQuestion(number) {
    const question = this.#questions.get(number);
    if (question === undefined || question.returned) {
      throw badMessage("an answer to nothing");
    }
    return question;
  }

  // -- the end ---------------------------------------------------------------

  // The opener needs nothing more, or all that the callee had to do is done.
  checkIdle() {
    if (this.#isOver || this.#running > 0) return;
    if (this.#isOpener) {
      if (this.#held || this.#imports.size > 0 || this.#isAwaited) return;
      this.#isOver = true;
      this.#transport.end();
      this.#drop();
    } else if (this.#peerEnded) {
      this.#isOver = true;
      this.#drop();
      this.#transport.done();
    }
  }

  // The peer sends no more.
  peerEnded() {
    if (this.#isOver) return;
    this.#peerEnded = true;
    if (this.#isOpener) {
      this.break(new Error("The RPC session was closed by the other side."));
    } else {
      this.checkIdle();
    }
  }

  // Nothing can be sent or received any more.
  break(error) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    const callbacks = list();
    this.#imports.forEach((shared) => {
      for (let i = 0; i < shared.callbacks.length; i++) {
        callbacks[callbacks.length] = shared.callbacks[i];
      }
    });
    this.#drop(error);
    for (let i = 0; i < callbacks.length; i++) this.notifyBroken(callbacks[i]);
  }

  get #isAwaited() {
    return this.#questions.size > 0 || this.#exports.size > 0 ||
      this.streams.size > 0;
  }

  notifyBroken(callback) {
    runIn(this.invocation, () => {
      try {
        callback(this.#error);
      } catch (error) {
        logUncaught(this.invocation, "in an onRpcBroken callback", error);
      }
    }, undefined, []);
  }

  // The invocation is over: nobody hears of it.
  close() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#questions.forEach(({ pending }) => markHandled(pending.promise));
    this.#drop();
  }

  // An Error is made only for who waits: it takes long.
  #drop(error = this.#isAwaited ? requestIsOver() : undefined) {
    const questions = this.#questions;
    const answers = this.#answers;
    const entries = this.#exports;
    this.#questions = new SafeMap();
    this.#answers = new SafeMap();
    this.#exports = new SafeMap();
    this.#imports.clear();
    questions.forEach(({ pending }) => pending.reject(error));
    answers.forEach((answer) => {
      if (answer.settled) answer.dispose(this.invocation);
      else answer.disposeArguments();
    });
    entries.forEach(({ ref, stream }) => {
      ref?.dispose();
      stream?.end(error);
    });
    this.streams.end(error);
  }
}

// What an earlier answer leads to.
function performOn({ value }, path, args) {
  const mode = modeOf(value);
  if (mode === undefined) {
    throw notImplemented(path.length > 0 ? path[0] : "(this)");
  }
  return perform(value, mode, path, args, false);
}
