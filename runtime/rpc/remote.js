// Sessions that are opened here: one for each call to an entrypoint.

import { BODY, CANCEL, LOADED, ops, RPC, SELF } from "../native.js";
import {
  ArrayPrototypeJoin, list, PromisePrototypeThen, PromiseResolve,
  RegExpPrototypeExec, TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { closeChannel, openChannel, Sender } from "../core/channels.js";
import { errorFromReset, messageOf } from "../core/errors.js";
import {
  currentInvocation, requestIsOver, requireInvocation,
} from "../core/invocation.js";
import { utf8ToBinary } from "../web/encoding.js";
import { ITEM } from "./account.js";
import { refFor } from "./local.js";
import { Pending } from "./pending.js";
import { Session } from "./session.js";

const GRANT_AT = 32768;

const costOf = (bytes) => TypedArrayPrototypeGetByteLength(bytes) + ITEM;

// The sending half of a session's channel: what credit does not allow yet
// waits, in the session's account.
export class Outbox {
  sender;
  #session;
  #queue = list();
  #head = 0;
  #sending = 0;           // what the message costs that is on its way, or 0
  #ended = null;          // what to do when all has gone

  constructor(channel, session) {
    this.sender = new Sender(channel);
    this.#session = session;
  }

  send(bytes) {
    if (this.#sending === 0) {
      if (!this.#write(bytes)) return;
    } else {
      this.#queue[this.#queue.length] = bytes;
    }
    this.#session.account.wait(costOf(bytes));
  }

  // Does it, or a part of it, have to wait?
  #write(bytes) {
    const waiting = this.sender.write(bytes);
    if (waiting === undefined) return false;
    this.#sending = costOf(bytes);
    PromisePrototypeThen(waiting, () => this.#next());
    return true;
  }

  #next() {
    const { account } = this.#session;
    account.leave(this.#sending);
    this.#sending = 0;
    while (this.#sending === 0 && this.#head < this.#queue.length) {
      const bytes = this.#queue[this.#head];
      this.#queue[this.#head++] = undefined;
      if (!this.#write(bytes)) account.leave(costOf(bytes));
    }
    this.#session.proceed();
    if (this.#sending > 0) return;
    this.#queue.length = 0;
    this.#head = 0;
    const ended = this.#ended;
    this.#ended = null;
    if (ended !== null) ended();
  }

  // Calls "then" once all has been sent.
  end(then) {
    if (this.#sending > 0) this.#ended = then;
    else then();
  }
}

// Grants what has been received.
export class Credit {
  #channel;
  #received = 0;

  constructor(channel) {
    this.#channel = channel;
  }

  took(bytes) {
    this.#received += TypedArrayPrototypeGetByteLength(bytes);
    if (this.#received < GRANT_AT) return;
    ops.grant(this.#channel, this.#received);
    this.#received = 0;
  }
}

const shortText = /^[^\0-\x1f\x7f]{0,256}$/;

// For those who look at a session from outside, such as tails: what it was
// opened for.
function methodOf(path) {
  const text = ArrayPrototypeJoin(path, ".");
  return RegExpPrototypeExec(shortText, text) === null ? "" : utf8ToBinary(text);
}

// The opener's end of a channel; it is opened when there is something to say.
class Opener {
  invocation;
  session;
  #target;
  #method;
  #channel = 0;
  #outbox = null;
  #credit = null;
  #cleanup = () => {
    this.#close();
    this.session.close();
  };

  constructor(target, path, invocation) {
    this.#target = target;
    this.#method = methodOf(path);
    this.invocation = invocation;
    this.session = new Session(invocation, this);
  }

  #open() {
    const { capability, entrypoint, grants, limits, props, self, stub } =
      this.#target;
    const kind = stub !== null ? LOADED : self ? SELF : 0;
    this.#channel = ops.fetch(
      this.invocation.channel,
      stub !== null ? stub.channel : self ? 0 : capability,
      BODY | RPC | kind, 0, -1, limits.cpuMs, limits.subRequests, props,
      `${utf8ToBinary(entrypoint)}\0POST\0http://rpc/${this.#method}\0\0`, grants);
    this.#outbox = new Outbox(this.#channel, this.session);
    this.#credit = new Credit(this.#channel);
    openChannel(this.#channel, this);
    this.invocation.addCleanup(this.#cleanup);
  }

  // -- for the session -------------------------------------------------------

  send(bytes) {
    if (this.#outbox === null) this.#open();
    this.#outbox.send(bytes);
  }

  end() {
    if (this.#outbox === null) return;
    this.#outbox.end(() => this.#outbox.sender.end());
  }

  fail(error) {
    ops.reset(this.#channel, CANCEL, messageOf(error), "");
    this.#close();
  }

  done() {}

  // -- for the channel -------------------------------------------------------

  onHead() {}

  onData(bytes) {
    this.session.receive(bytes);
    this.#credit.took(bytes);
  }

  onEnd() {
    this.#close();
    this.session.peerEnded();
  }

  onReset(code, message) {
    this.#close();
    const { stub } = this.#target;
    this.session.break(
      stub !== null && stub.error !== undefined
        ? stub.error : errorFromReset(code, message));
  }

  onWindow() {
    this.#outbox.sender.onWindow();
  }

  #close() {
    closeChannel(this.#channel);
    this.invocation.removeCleanup(this.#cleanup);
    this.#outbox.sender.close();
  }
}

// Where a Fetcher's properties lead.  "given" is the invocation in which the
// property was asked for, for a thenable that V8 calls in none.
export function callTarget(target, path, args, given = undefined) {
  try {
    if (target.ref !== null) {
      return args === undefined
        ? target.ref.get(path) : target.ref.call(path, args);
    }
    const invocation = currentInvocation() ?? given ?? requireInvocation();
    if (invocation.over) throw requestIsOver(invocation);
    target.stub?.requireUse();
    return new Opener(target, path, invocation).session.askRoot(path, args);
  } catch (error) {
    return Pending.rejected(error);
  }
}

// -- a session with ourselves --------------------------------------------------

class Wire {
  peer = null;

  #later(deliver) {
    PromisePrototypeThen(PromiseResolve(undefined), deliver);
  }

  send(bytes) {
    this.#later(() => this.peer.receive(bytes));
  }

  end() {
    this.#later(() => this.peer.peerEnded());
  }

  fail(error) {
    this.#later(() => this.peer.break(error));
  }

  done() {}
}

// The base of a stub of "root".
function connectLocally(root) {
  const invocation = requireInvocation();
  const there = new Wire();
  const here = new Wire();
  const session = new Session(invocation, there);
  there.peer = new Session(invocation, here, root);
  here.peer = session;
  session.hold();
  const cleanup = () => {
    session.close();
    there.peer.close();
  };
  invocation.addCleanup(cleanup);
  return {
    __proto__: null,
    call: (path, args) => session.askRoot(path, args),
    get: (path) => session.askRoot(path, undefined),
    dispose() {
      invocation.removeCleanup(cleanup);
      session.unhold();
    },
  };
}

// new RpcStub(target)
export const wrapLocally = (target) => refFor(target, connectLocally);
