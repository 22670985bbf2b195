// A session that somebody has opened to this worker: an invocation, as a
// request is.

import { BODY, CANCEL, EXCEPTION, ops } from "../native.js";
import {
  list, PrimordialError as Error, PrimordialTypeError as TypeError,
  StringPrototypeIndexOf, StringPrototypeSlice,
} from "../primordials.js";
import { openChannel } from "../core/channels.js";
import { Invocation, setEntered } from "../core/invocation.js";
import { binaryToUtf8 } from "../web/encoding.js";
import { contextOf, worker } from "../worker/entrypoints.js";
import { findEntrypoint } from "../worker/events.js";
import { perform } from "./local.js";
import { HANDLERS, INSTANCE, notImplemented, pathText } from "./lookup.js";
import { Credit, Outbox } from "./remote.js";
import { Session } from "./session.js";

// The functions of an exported object take one argument of the caller's.
function insertContext(ctx) {
  return (fn, path, args) => {
    const { length } = fn;
    if (typeof length !== "number" || !(length >= 0 && length < 256)) {
      throw new TypeError(
        `RPC function has unreasonable length attribute: ${length}`);
    }
    if (length > 3) {
      throw new TypeError(
        `Cannot call handler function "${pathText(path)}" over RPC because ` +
        "it has the wrong number of arguments. A simple function handler can " +
        "only be called over RPC if it has exactly the arguments (arg, env, ctx), " +
        "where only the first argument comes from the client. To support " +
        "multi-argument RPC functions, use class-based syntax (extending " +
        "WorkerEntrypoint) instead.");
    }
    if (args.length !== 1) {
      throw new TypeError(
        `Attempted to call RPC function "${pathText(path)}" with the wrong ` +
        "number of arguments. When calling a top-level handler function that " +
        "is not declared as part of a class, you must always send exactly one " +
        "argument. In order to support variable numbers of arguments, the " +
        "server must use class-based syntax (extending WorkerEntrypoint) instead.");
    }
    return [args[0], worker.env, ctx];
  };
}

// What a session is to: an instance of the entrypoint's class, or the object.
class Root {
  #name;
  #invocation;
  #target = null;
  #mode;
  #insert = null;

  constructor(name, invocation) {
    this.#name = name;
    this.#invocation = invocation;
  }

  // Of the entrypoint itself nothing may be had: a copy of an exported object
  // would hold its handlers as stubs, which ask for no (arg, env, ctx).
  perform(path, args) {
    if (path.length === 0) throw notImplemented(pathText(path));
    if (this.#target === null) this.#make();
    return perform(this.#target, this.#mode, path, args, true, this.#insert);
  }

  #make() {
    const entrypoint = findEntrypoint(this.#name);
    const ctx = contextOf(this.#invocation);
    if (typeof entrypoint === "function") {
      this.#mode = INSTANCE;
      this.#target = new entrypoint(ctx, worker.env);
    } else {
      this.#mode = HANDLERS;
      this.#insert = insertContext(ctx);
      this.#target = entrypoint;
    }
  }
}

// The receiver of the channel.
class RpcEvent {
  invocation;
  #session;
  #outbox;
  #credit;
  #waiting = list();      // what came before the worker was ready

  constructor(channel, head, props) {
    const invocation = this.invocation = new Invocation(channel, props);
    const end = StringPrototypeIndexOf(head, "\0");
    const name = binaryToUtf8(StringPrototypeSlice(head, 0, end));
    this.#session = new Session(invocation, this, new Root(name, invocation));
    this.#outbox = new Outbox(channel, this.#session);
    this.#credit = new Credit(channel);
    openChannel(channel, this);
  }

  // Once the worker has been loaded.
  run() {
    const { invocation } = this;
    if (invocation.over) return;
    setEntered(invocation);
    ops.respond(invocation.channel, 200, BODY, 0, -1, "\0");
    const waiting = this.#waiting;
    this.#waiting = null;
    for (let i = 0; i < waiting.length; i++) {
      if (waiting[i] === null) this.onEnd();
      else this.onData(waiting[i]);
    }
  }

  // -- for the session -------------------------------------------------------

  send(bytes) {
    if (!this.invocation.gone) this.#outbox.send(bytes);
  }

  end() {}

  fail(error) {
    this.#outbox.sender.close();
    this.invocation.fail(EXCEPTION, error);
  }

  done() {
    this.#outbox.end(() => this.invocation.responseDone());
  }

  // -- for the channel -------------------------------------------------------

  onHead() {}

  onData(bytes) {
    if (this.#waiting !== null) {
      this.#waiting[this.#waiting.length] = bytes;
      return;
    }
    this.#session.receive(bytes);
    this.#credit.took(bytes);
  }

  onEnd() {
    if (this.#waiting !== null) this.#waiting[this.#waiting.length] = null;
    else this.#session.peerEnded();
  }

  onWindow() {
    this.#outbox.sender.onWindow();
  }

  // Nobody is there any more.  What waitUntil() holds goes on, unless a limit is
  // used up.
  onReset(code) {
    const { invocation } = this;
    invocation.gone = true;
    this.#outbox.sender.close();
    this.#session.break(new Error("The RPC session's caller is gone."));
    if (code === CANCEL) invocation.responseDone();
    else invocation.end();
  }
}

export const createEvent = (channel, head, props) =>
  new RpcEvent(channel, head, props);
