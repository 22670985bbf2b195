// An RPC session: one of its two ends.  Both may call: the opener what the
// session is to, and each what the other has passed to it.
// docs/architecture.md has the messages.
//
// Everything that the peer sends may be made up.  What breaks the rules breaks
// the session, and nothing else.

import {
  ArrayIsArray, list, MathMax, ObjectDefineProperty, ObjectGetPrototypeOf,
  ObjectPrototype, ObjectSetPrototypeOf, PrimordialError as Error,
  PrimordialPromise as Promise, PrimordialTypeError as TypeError,
  PromisePrototypeThen, PromiseResolve, SafeMap, SymbolDispose,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { messageOf } from "../core/errors.js";
import { runIn } from "../core/context.js";
import { logUncaught, requestIsOver } from "../core/invocation.js";
import { FAILURE, traceException } from "../core/trace.js";
import { baseOf } from "../core/stubs.js";
import { isObject } from "../core/webidl.js";
import {
  Account, BEGIN_BELOW, ITEM, MAX_KEPT, tooManyCalls,
} from "./account.js";
import { performFetch } from "./fetcher.js";
import { ImportRef } from "./imports.js";
import { perform } from "./local.js";
import { modeOf, notImplemented, pathText } from "./lookup.js";
import {
  badMessage, CALL, FINISH, frame, GET, HEADER, Inbox, isId, RELEASE, RETURN,
  THROW, TO_ANSWER, TO_EXPORT, WRITTEN,
} from "./messages.js";
import { disposeOf, markHandled, Pending } from "./pending.js";
import { Streams } from "./streams.js";
import { Incoming, markRemote, Outgoing } from "./values.js";
import { weigh } from "./weight.js";

// The answer to a question of the peer's.  It is kept until the peer is done
// with it, since later calls may go on from it.
class Answer {
  promise;
  resolve;
  reject;
  settled = false;
  finished = false;       // the peer wants no more of it
  users = 0;              // calls that go on from it and have not begun
  cost;                   // to the session's account
  value = undefined;
  holds = false;          // the value has a disposer of its own
  moved = null;           // stubs that went with it
  #incoming;

  constructor(incoming, cost) {
    this.#incoming = incoming;
    this.cost = cost;
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
  account = new Account(this);
  streams = new Streams(this);
  #transport;             // send(bytes), end(), fail(error), done()
  #isOpener;
  #root = null;           // what the session is to, at the callee: an export
  #inbox = new Inbox();
  #exports = new SafeMap();
  #lastExport = 0;
  #imports = new SafeMap();
  #questions = new SafeMap();
  #lastQuestion = 0;
  #answers = new SafeMap();
  #running = 0;
  #next = null;           // a call of the peer's that may not begin yet
  #isResting = false;     // until what has begun has gone its first step
  #error = undefined;
  #isOver = false;
  #endCame = false;       // the peer sends no more
  #peerEnded = false;     // ... and all that it has sent was read
  #isKept = false;        // may go on without anything that is open

  constructor(invocation, transport, root = null) {
    this.invocation = invocation;
    this.#transport = transport;
    this.#isOpener = root === null;
    if (root !== null) {
      this.#root = { __proto__: null, ref: root, fetcher: null, stream: null };
    }
  }

  get isOver() {
    return this.#isOver;
  }

  hold() {
    this.#isKept = true;
  }

  unhold() {
    this.#isKept = false;
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
    this.account.keep(ITEM);
    const shared = { __proto__: null, count: 0, callbacks: list() };
    this.#imports.set(id, shared);
    return new ImportRef(this, id, shared);
  }

  // The last stub of it is gone.
  release(id) {
    if (this.#imports.delete(id)) this.account.drop(ITEM);
    this.tryTell([RELEASE, id]);
    this.checkIdle();
  }

  get error() {
    return this.#error ?? (
      this.#isOver ? requestIsOver(this.invocation) : undefined);
  }

  // -- sending ---------------------------------------------------------------

  // Throws what cannot be cloned, and if it is a call that too many wait.
  // Returns the Outgoing.
  tell(parts, isCall = false) {
    const error = this.error;
    if (error !== undefined) throw error;
    const out = new Outgoing(this);
    let bytes;
    try {
      bytes = frame(out.encode(parts));
      if (isCall &&
          this.account.isFull(TypedArrayPrototypeGetByteLength(bytes))) {
        throw tooManyCalls();
      }
    } catch (error) {
      out.undo(error);
      throw error;
    }
    this.#transport.send(bytes);
    out.size = TypedArrayPrototypeGetByteLength(bytes);
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
      if (this.invocation.over) throw requestIsOver(this.invocation);
      this.tell(args === undefined
        ? [GET, question, kind, id, path]
        : [CALL, question, kind, id, path, args], true);
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
      this.account.keep(TypedArrayPrototypeGetByteLength(bytes));
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#inbox.push(bytes);
    if (!this.#isResting && this.#next === null) this.#read();
  }

  // Some of what waited has left.
  proceed() {
    if (this.#next !== null) runIn(this.invocation, this.#read, this, []);
  }

  // Messages take effect in their order.  A call begins only when the answers
  // to those before it, so far as they are there at once, do not wait to be read.
  #read() {
    try {
      for (;;) {
        this.#next ??= this.#decode();
        if (this.#next === null) break;
        const { cost, incoming, isQuestion, parts, size } = this.#next;
        if (isQuestion && this.account.waiting >= BEGIN_BELOW) return;
        this.#next = null;
        this.account.drop(size);
        this.#handle(parts, incoming, cost);
        if (this.#isOver) return;
        if (isQuestion && this.#inbox.size > 0) {
          this.#rest();
          return;
        }
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#endCame) this.#end();
    else this.checkIdle();
  }

  #decode() {
    const message = this.#inbox.next();
    if (message === null) return null;
    const size = TypedArrayPrototypeGetByteLength(message) + HEADER;
    const weight = weigh(message, MAX_KEPT);
    if (weight > MAX_KEPT) throw badMessage("a value that is too large");
    const incoming = new Incoming(this);
    const parts = incoming.decode(message);
    return {
      __proto__: null, incoming, parts,
      isQuestion: parts[0] === CALL || parts[0] === GET,
      size, cost: MathMax(size + ITEM, weight),
    };
  }

  #rest() {
    this.#isResting = true;
    PromisePrototypeThen(PromiseResolve(undefined), () => {
      this.#isResting = false;
      if (!this.#isOver) this.#read();
    });
  }

  fail(error) {
    runIn(this.invocation, this.#fail, this, [error]);
  }

  #fail(error) {
    this.#transport.fail(error);
    this.break(error);
  }

  #handle(parts, incoming, cost) {
    const { 0: type, 1: id } = parts;
    if (!isId(type) || !isId(id)) throw badMessage("a bad number");
    switch (type) {
    case CALL:
    case GET:
      this.#onQuestion(parts, incoming, cost);
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

  #onQuestion(parts, incoming, cost) {
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
      if (entry === undefined || entry === null || entry.stream !== null) {
        throw badMessage("a call to nothing");
      }
      start = () => entry.fetcher
        ? performFetch(entry.fetcher, path, args)
        : entry.ref.perform(path, args);
    } else {
      const before = this.#answers.get(target);
      if (kind !== TO_ANSWER || before === undefined || before.finished) {
        throw badMessage("a call to nothing");
      }
      before.users++;
      start = () => PromisePrototypeThen(before.promise, (value) => {
        try {
          return performOn(value, path, args);
        } finally {
          this.#leave(target, before);
        }
      }, (error) => {
        this.#leave(target, before);
        throw error;
      });
    }

    this.account.keep(cost);
    const answer = new Answer(incoming, cost);
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
      // nobody wants it any more, but calls may go on from it
      answer.value = value;
      answer.holds = true;
      answer.resolve({ __proto__: null, value });
      this.tryTell([RETURN, question, undefined, false]);
      this.#settled(question, answer);
      return;
    }
    let holds;
    try {
      holds = isObject(value) && baseOf(value) === undefined &&
        ObjectGetPrototypeOf(value) === ObjectPrototype &&
        typeof value[SymbolDispose] === "function";
      const out = this.tell([RETURN, question, value, holds]);
      answer.moved = out.moved;
      answer.cost += out.size;
      this.account.keepOwn(out.size);
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
    if (!this.#isOver) {
      if (!this.#isOpener) traceException(this.invocation, FAILURE, error);
      this.tellError(THROW, question, error);
    }
    this.#settled(question, answer);
  }

  #settled(question, answer) {
    answer.settled = true;
    answer.disposeArguments();
    this.#running--;
    this.#collect(question, answer);
    this.checkIdle();
  }

  // A call that goes on from the answer has begun.
  #leave(question, answer) {
    answer.users--;
    this.#collect(question, answer);
  }

  #collect(question, answer) {
    if (!answer.settled || (!this.#isOver &&
        (!answer.finished || answer.users > 0))) {
      return;
    }
    if (this.#answers.delete(question)) this.account.drop(answer.cost);
    answer.dispose(this.invocation);
  }

  #onFinish(question) {
    const answer = this.#answers.get(question);
    if (answer === undefined || answer.finished) {
      throw badMessage("a FINISH of nothing");
    }
    answer.finished = true;
    this.#collect(question, answer);
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
    markRemote(error);
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
      if (this.#isKept || this.#imports.size > 0 || this.#isAwaited) return;
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
    this.#endCame = true;
    if (!this.#isResting && this.#next === null) this.#end();
  }

  #end() {
    this.#peerEnded = true;
    if (this.#isOpener) {
      this.break(new Error("The RPC session was closed by the other side."));
    } else if (this.#questions.size > 0 || this.#imports.size > 0 ||
        this.streams.size > 0) {
      // nobody would answer any more
      this.#fail(badMessage("its end too early"));
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
  #drop(
    error = this.#isAwaited ? requestIsOver(this.invocation) : undefined) {
    const questions = this.#questions;
    const answers = this.#answers;
    const entries = this.#exports;
    this.#questions = new SafeMap();
    this.#answers = new SafeMap();
    this.#exports = new SafeMap();
    this.#imports.clear();
    this.#next = null;
    this.account.close();
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
    if (path.length > 0) throw notImplemented(path[0]);
    throw new TypeError(`"${pathText(path)}" is not a function.`);
  }
  return perform(value, mode, path, args, false);
}
