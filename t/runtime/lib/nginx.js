// nginx as an isolate sees it: what a test drives, whether the runtime is in a
// context of node's (native-fake.js) or in an engine (engine.js).

export const FORMAT = { RECORDS: 1, VALUE: 2, JSON: 3, MODULE: 4 };
export const CODE = {
  CANCEL: 1, EXCEPTION: 2, BAD_CODE: 3, CPU: 4, WALL: 5, MEMORY: 6, OVERLOAD: 7,
  ENGINE: 8, NETWORK: 9, DENIED: 10, SUBREQUESTS: 11,
};
export const FLAG = { BODY: 1, JOIN: 2, LOADED: 4, ID: 8, HOST: 16, RPC: 32, SELF: 64, TAIL: 128 };
export const OUTBOUND = { INHERIT: 0, NONE: 1, CAPABILITY: 2 };
export const TRACE = { CALL: 1, EXCEPTION: 2, FAILURE: 3 };
export const LEVEL = { DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4 };
export const RECORD = {
  JS: 1, JSON: 2, TEXT: 3, DATA: 4, WASM: 5, STRING: 16, ENV_JSON: 17,
  LOADER: 18, SERVICE: 19, DATE: 32, FLAG: 33, TRACE_FETCH: 48, TRACE_RPC: 49,
  TRACE_CALL: 50, TRACE_EXCEPTION: 51, TRACE_MESSAGE: 52, TRACE_END: 53,
};

export const WINDOW_TO_NGINX = 65536;
// Only how long a test waits before it fails: a machine may be slow.
const DEADLINE_MS = 300000;

export const utf8 = (text) => new Uint8Array(Buffer.from(text, "utf8"));
export const text = (bytes) => Buffer.from(bytes).toString("utf8");

// A list of strings as the wire has it, each character a byte.
export const strings = (...list) => list.map((s) => `${s}\0`).join("");

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

// A host worker's records: [kind, name, data].
export function records(list) {
  const parts = [];
  for (const [kind, name, data] of list) {
    const nameBytes = Buffer.from(name, "utf8");
    const dataBytes = Buffer.from(data);
    const header = Buffer.alloc(16);
    header[0] = kind;
    header.writeUInt32LE(nameBytes.length, 4);
    header.writeBigUInt64LE(BigInt(dataBytes.length), 8);
    parts.push(header, nameBytes, dataBytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

export class Nginx {
  calls = [];             // what the isolate did: { op, channel, ... }
  #channels = new Map();

  // What this channel has carried towards us.
  channel(id) {
    if (!this.#channels.has(id)) {
      this.#channels.set(id, {
        credit: WINDOW_TO_NGINX, chunks: [], ended: false, done: false,
        head: null, reset: null, granted: 0,
      });
    }
    return this.#channels.get(id);
  }

  bytes(id) {
    return new Uint8Array(Buffer.concat(this.channel(id).chunks));
  }

  of(op) {
    return this.calls.filter((call) => call.op === op);
  }

  logs() {
    return this.of("log").map((call) => call.text);
  }

  // What tails would be told: [kind, value].
  traces() {
    return this.of("trace").map(({ kind, text }) =>
      [kind, text === "" ? undefined : JSON.parse(text)]);
  }

  async until(condition, what = condition.toString()) {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const result = condition();
      if (result) return result;
      if (Date.now() > deadline) {
        throw new Error(
          `waited in vain: ${what}; ${this.calls.length} calls so far, the last: ` +
            JSON.stringify(this.calls.slice(-20)));
      }
      await turn();
    }
  }

  // The first, or the n-th, call of an op.
  async next(op, index = 0) {
    await this.until(() => this.of(op).length > index, `${op} ${index}`);
    return this.of(op)[index];
  }

  // Loads and waits until the worker runs.  How that shows: an event's answer.
  async load(format, code, options = {}) {
    this.open(format, typeof code === "string" ? utf8(code) : code, options);
  }

  // The answer to an invocation: its response and how it ended.
  async answer(channel) {
    const state = this.channel(channel);
    await this.until(
      () => state.done || state.reset !== null, `the end of ${channel}`);
    return {
      channel, reset: state.reset, ...state.head, text: text(this.bytes(channel)),
    };
  }

  // A request from beginning to end.
  async request(init = {}) {
    return this.answer(this.fetch(init));
  }
}

// Plays the switch between isolates: what a FETCH of one carries goes to
// another, and back.  "route(from, call)" says where: { isolate, entrypoint,
// props, respond }, or undefined for what is the test's own.  While
// "holdBack(messages)" says so, openers hear nothing.
export class Switch {
  messages = [];          // of sessions: [from the opener?, the bytes]
  links = [];
  #open = [];             // those of them that are not over
  #isolates = [];
  #seen = new Map();
  #route;
  #holdBack;
  #running = true;

  constructor(isolates, route, holdBack = () => false) {
    this.#isolates = isolates;
    this.#route = route;
    this.#holdBack = holdBack;
    this.#run();
  }

  stop() {
    this.#running = false;
  }

  async #run() {
    while (this.#running) {
      await turn();
      for (const isolate of this.#isolates) this.#look(isolate);
      for (const link of this.#open) this.#pump(link);
      if (this.#open.some((link) => link.over)) {
        this.#open = this.#open.filter((link) => !link.over);
      }
    }
  }

  #look(isolate) {
    const seen = this.#seen.get(isolate) ?? 0;
    const { calls } = isolate;
    this.#seen.set(isolate, calls.length);
    for (const call of calls.slice(seen)) {
      if (call.op !== "fetch") continue;
      const to = this.#route(isolate, call);
      if (to === undefined) continue;
      const rpc = (call.flags & FLAG.RPC) !== 0;
      const channel = to.isolate.fetch({
        entrypoint: to.entrypoint ?? call.entrypoint,
        props: to.props ?? call.props ?? undefined, rpc, method: call.method,
        url: call.url, cf: call.cf, headers: call.headers,
        body: rpc || (call.flags & FLAG.BODY) !== 0, length: call.length,
      });
      // "source" is looked up once: thousands of links are pumped each turn
      const link = {
        rpc, from: isolate, out: call.channel, to: to.isolate, channel,
        headSent: false, closed: false, over: false,
        forward: { source: isolate.channel(call.channel), taken: 0, ended: false },
        back: { source: to.isolate.channel(channel), taken: 0, ended: false },
      };
      this.links.push(link);
      this.#open.push(link);
    }
  }

  #carry(link, a, aChannel, b, bChannel, state) {
    const { source } = state;
    while (state.taken < source.chunks.length) {
      const bytes = source.chunks[state.taken++];
      a.window(aChannel, bytes.length);
      if (link.rpc) this.messages.push([a === link.from, bytes]);
      b.data(bChannel, bytes);
    }
    if (source.reset !== null && !link.closed) {
      link.closed = true;
      b.reset(bChannel, source.reset.code, source.reset.message);
    } else if (source.ended && !state.ended && !link.closed) {
      state.ended = true;
      b.end(bChannel);
    }
  }

  #pump(link) {
    const { back, channel, forward, from, out, to } = link;
    this.#carry(link, from, out, to, channel, forward);
    link.over = link.closed;
    if (link.closed || this.#holdBack(this.messages)) return;
    const { head } = back.source;
    if (head !== null && !link.headSent) {
      link.headSent = true;
      from.head(out, head.status, {
        statusText: head.statusText, headers: head.headers,
        length: head.length, body: (head.flags & FLAG.BODY) !== 0,
      });
    }
    this.#carry(link, to, channel, from, out, back);
    link.over = link.closed || (forward.ended && back.ended);
  }
}
