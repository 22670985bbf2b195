// A tail event: the trace of an invocation of another worker, for a handler
// tail(events, env, ctx).

import { CANCEL, EXCEPTION, ops } from "../native.js";
import {
  list, PrimordialError as Error, PromisePrototypeThen, PromiseResolve,
  StringPrototypeIndexOf, StringPrototypeSlice,
} from "../primordials.js";
import { joinBytes } from "../core/bytes.js";
import { openChannel } from "../core/channels.js";
import { runIn } from "../core/context.js";
import { Invocation, setEntered } from "../core/invocation.js";
import { binaryToUtf8 } from "../web/encoding.js";
import { callHandler } from "./events.js";
import { makeTraceItem } from "./trace-item.js";

const noTailHandler = () =>
  new Error("Handler does not export a tail() function.");

// The receiver of its channel.
class TailEvent {
  invocation;
  #entrypoint;
  #length;
  #received = list();

  constructor(channel, length, head, props) {
    this.invocation = new Invocation(channel, props);
    const end = StringPrototypeIndexOf(head, "\0");
    this.#entrypoint = binaryToUtf8(StringPrototypeSlice(head, 0, end));
    this.#length = length;
    openChannel(channel, this);
  }

  // Once the worker has been loaded.
  run() {
    const { invocation } = this;
    if (!invocation.over) ops.grant(invocation.channel, this.#length);
  }

  onData(bytes) {
    this.#received[this.#received.length] = bytes;
  }

  onEnd() {
    const { invocation } = this;
    setEntered(invocation);
    runIn(invocation, this.#answer, this, []);
  }

  #answer() {
    let result;
    try {
      const events = [makeTraceItem(joinBytes(this.#received))];
      result = callHandler(
        this.invocation, this.#entrypoint, "tail", noTailHandler, events);
    } catch (error) {
      this.#fail(error);
      return;
    }
    PromisePrototypeThen(
      PromiseResolve(result), () => this.#done(), (error) => this.#fail(error));
  }

  #done() {
    const { invocation } = this;
    if (!invocation.gone) ops.respond(invocation.channel, 204, 0, 0, 0, "\0");
    invocation.responseDone();
  }

  #fail(error) {
    this.invocation.fail(EXCEPTION, error);
  }

  onHead() {}

  onWindow() {}

  onReset(code) {
    const { invocation } = this;
    invocation.gone = true;
    if (code === CANCEL) invocation.responseDone();
    else invocation.end();
  }
}

export const createEvent = (channel, length, head, props) =>
  new TailEvent(channel, length, head, props);
