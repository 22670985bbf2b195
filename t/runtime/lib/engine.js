// An isolate in a real engine, over the wire: the same tests, in the V8 that
// users get.  wire/dw_wire.h is the specification of what is read and written
// here.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CODE, FLAG, Nginx, strings, utf8, WINDOW_TO_NGINX,
} from "./nginx.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = process.env.TEST_NGINX_ENGINE ??
  `${root}${process.env.BUILD ?? "build"}/dynworker-engine`;

export const engineExists = existsSync(program);

const HELLO = 1, RETIRE = 2, LOG = 3, OPEN = 4, HEAD = 5, DATA = 6, END = 7,
  RESET = 8, WINDOW = 9, DONE = 10;
const FINAL = 1;
const ISOLATE = 1, FETCH = 2, LOAD = 3;
const DATA_MAX = 65536;
// Of each invocation, unless a test says otherwise: time is not what it is about.
const CPU_MS = 60000;
const UNKNOWN = 2n ** 64n - 1n;

const lengthOf = (value) => value === UNKNOWN ? -1 : Number(value);

class Frame {
  #bytes;

  constructor(size) {
    this.#bytes = Buffer.alloc(size);
  }

  u8(at, value) { this.#bytes[at] = value; return this; }
  u16(at, value) { this.#bytes.writeUInt16LE(value, at); return this; }
  u32(at, value) { this.#bytes.writeUInt32LE(value, at); return this; }
  u64(at, value) { this.#bytes.writeBigUInt64LE(BigInt(value), at); return this; }
  then(...tails) { this.#bytes = Buffer.concat([this.#bytes, ...tails]); return this; }
  get bytes() { return this.#bytes; }
}

// One engine for all isolates of a test file.
class Engine {
  // Its socket is descriptor 0; what node gives a child as 0 can only be written.
  #process = spawn(
    "/bin/sh",
    ["-c", 'exec "$@" 0<&3 3<&-', "sh", program, "--socket=0",
      "--role=sandbox", "--threads=1", "--max-threads=2", "--jit=on",
      "--jail=on", "--prewarm=1"],
    { stdio: ["ignore", "ignore", "inherit", "pipe"] });
  #in = Buffer.alloc(0);
  #owners = new Map();
  #lastChannel = -1;
  error = null;

  constructor() {
    const socket = this.#process.stdio[3];
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", (error) => { this.error = error; });
    // Neither keeps the test's process alive.
    socket.unref();
    this.#process.unref();
    this.#process.on("exit", (code, signal) => {
      this.error = new Error(`the engine ended: ${code ?? signal}`);
    });
  }

  keepAlive(yes) {
    if (yes) this.#process.stdio[3].ref();
    else this.#process.stdio[3].unref();
  }

  open(owner) {
    const channel = this.#lastChannel += 2;
    this.#owners.set(channel, owner);
    return channel;
  }

  send(type, channel, payload, flags = 0) {
    this.#process.stdio[3].write(Buffer.concat([
      new Frame(16).u32(0, payload.length).u8(4, type).u8(5, flags)
        .u64(8, channel).bytes,
      payload,
    ]));
  }

  #read(bytes) {
    this.#in = Buffer.concat([this.#in, bytes]);
    while (this.#in.length >= 16) {
      const length = this.#in.readUInt32LE(0);
      if (this.#in.length < 16 + length) break;
      const type = this.#in[4];
      const channel = Number(this.#in.readBigUInt64LE(8));
      const payload = this.#in.subarray(16, 16 + length);
      const flags = this.#in[5];
      this.#in = this.#in.subarray(16 + length);
      if (type === HELLO || type === RETIRE) continue;
      if (type === OPEN) {
        const owner = this.#owners.get(Number(payload.readBigUInt64LE(8)));
        this.#owners.set(channel, owner);
      }
      this.#owners.get(channel)?.onFrame(type, channel, payload, flags);
    }
  }
}

let engine = null;

export class EngineIsolate extends Nginx {
  #isolate = 0;
  #toSend = new Map();    // channel -> { credit, queue }

  constructor() {
    super();
    engine ??= new Engine();
    engine.keepAlive(true);
  }

  async until(condition, what) {
    return super.until(() => {
      if (engine.error !== null) throw engine.error;
      return condition();
    }, what ?? condition.toString());
  }

  // -- events ----------------------------------------------------------------

  open(format, bytes, {
    outbound = true, host = false, cpuMs = CPU_MS, memoryMb = 0, traced = false,
  }) {
    this.#isolate = engine.open(this);
    this.#open(this.#isolate, {
      kind: ISOLATE, flags: host ? FLAG.HOST : traced ? FLAG.TAIL : 0, format,
      target: outbound ? 1 : 0, cpuMs, memoryMb, text: strings("test"),
    });
    // an ISOLATE channel has no windows
    for (let at = 0; at < bytes.length; at += DATA_MAX) {
      engine.send(
        DATA, this.#isolate, Buffer.from(bytes.subarray(at, at + DATA_MAX)));
    }
    engine.send(END, this.#isolate, Buffer.alloc(0));
  }

  #open(channel, {
    kind, flags = 0, format = 0, parent = 0, target = 0, length = 0n, text,
    props = undefined, cpuMs = 0, memoryMb = 0,
  }) {
    const propsBytes = props === undefined ? Buffer.alloc(0) : Buffer.from(props);
    const frame = new Frame(48).u8(0, kind).u8(1, flags).u8(2, format)
      .u32(4, propsBytes.length).u64(8, parent).u64(16, target)
      .u64(32, length).u32(40, cpuMs).u32(44, memoryMb)
      .then(propsBytes, Buffer.from(text, "latin1"));
    engine.send(OPEN, channel, frame.bytes);
  }

  fetch({
    entrypoint = "", method = "GET", url = "http://host/path?query", cf = "",
    headers = [], body = false, length = -1, props = undefined, rpc = false,
    tail = false, granted = 0,
  } = {}) {
    const channel = engine.open(this);
    if (rpc) this.#outgoing(channel).credit = WINDOW_TO_NGINX;
    this.#open(channel, {
      kind: FETCH, flags: (body ? FLAG.BODY : 0) | (rpc ? FLAG.RPC : 0) |
        (tail ? FLAG.TAIL : 0),
      parent: this.#isolate, target: granted,
      length: !body ? 0n : length < 0 ? UNKNOWN : BigInt(length), props,
      text: strings(entrypoint, method, url, cf, ...headers.flat()),
    });
    return channel;
  }

  head(channel, status, {
    statusText = "", headers = [], length = -1, body = false,
  } = {}) {
    const text = strings(statusText, ...headers.flat());
    const frame = new Frame(24).u16(0, status).u8(2, body ? FLAG.BODY : 0)
      .u64(16, !body ? 0n : length < 0 ? UNKNOWN : BigInt(length))
      .then(Buffer.from(text, "latin1"));
    engine.send(HEAD, channel, frame.bytes);
  }

  askForCode(channel) {
    engine.send(HEAD, channel, Buffer.alloc(0));
  }

  #outgoing(channel) {
    if (!this.#toSend.has(channel)) {
      this.#toSend.set(channel, { credit: 0, queue: [] });
    }
    return this.#toSend.get(channel);
  }

  data(channel, bytes) {
    const all = Buffer.from(typeof bytes === "string" ? utf8(bytes) : bytes);
    this.#outgoing(channel).queue.push(all);
    this.#flush(channel);
  }

  end(channel) {
    this.#outgoing(channel).queue.push(null);
    this.#flush(channel);
  }

  // As credit permits.
  #flush(channel) {
    const outgoing = this.#outgoing(channel);
    const { queue } = outgoing;
    while (queue.length > 0) {
      if (queue[0] === null) {
        queue.shift();
        engine.send(END, channel, Buffer.alloc(0));
        continue;
      }
      const size = Math.min(queue[0].length, outgoing.credit, DATA_MAX);
      if (queue[0].length > 0 && size === 0) return;
      if (size > 0) engine.send(DATA, channel, queue[0].subarray(0, size));
      outgoing.credit -= size;
      queue[0] = queue[0].subarray(size);
      if (queue[0].length === 0) queue.shift();
    }
  }

  reset(channel, code, message = "") {
    const frame = new Frame(8).u16(0, code)
      .then(Buffer.from(strings(message, ""), "utf8"));
    engine.send(RESET, channel, frame.bytes);
  }

  window(channel, credit) {
    engine.send(WINDOW, channel, new Frame(4).u32(0, credit).bytes);
  }

  close() {
    if (this.#isolate !== 0) this.reset(this.#isolate, CODE.CANCEL);
    engine.keepAlive(false);
  }

  // -- frames ----------------------------------------------------------------

  onFrame(type, channel, payload, flags) {
    const note = (op, fields) => { this.calls.push({ op, ...fields }); };
    const state = this.channel(channel);
    const list = (from) =>
      payload.subarray(from).toString("latin1").split("\0").slice(0, -1);
    const pairs = (parts) => {
      const headers = [];
      for (let i = 0; i + 1 < parts.length; i += 2) {
        headers.push([parts[i], parts[i + 1]]);
      }
      return headers;
    };

    switch (type) {
    case OPEN: {
      const invocation = Number(payload.readBigUInt64LE(8));
      const target = Number(payload.readBigUInt64LE(16));
      if (payload[0] === LOAD) {
        const [id] = list(48);
        note("load", {
          channel, invocation, target,
          id: payload[1] & FLAG.ID ? Buffer.from(id, "latin1").toString() : null,
        });
        break;
      }
      const propsLength = payload.readUInt32LE(4);
      let at = 48 + propsLength;
      for (let n = payload[3]; n > 0; n--) {
        at += 24 + payload.readUInt32LE(at + 4) + payload.readUInt32LE(at + 8);
      }
      const [entrypoint, method, url, cf, ...headers] = list(at);
      if (payload[1] & FLAG.RPC) {
        this.#outgoing(channel).credit = WINDOW_TO_NGINX;
      }
      note("fetch", {
        channel, invocation, target, flags: payload[1],
        join: Number(payload.readBigUInt64LE(24)),
        length: lengthOf(payload.readBigUInt64LE(32)),
        entrypoint, method, url, cf, headers: pairs(headers),
        props: propsLength === 0 ? null : payload.subarray(48, 48 + propsLength),
        cpuMs: payload.readUInt32LE(40), subRequests: payload.readUInt32LE(44),
        grants: payload[3] === 0 ? null : payload.subarray(48 + propsLength, at),
      });
      break;
    }
    case HEAD: {
      if (channel === this.#isolate) {
        note("worker", {
          outbound: payload[0], cpuMs: payload.readUInt32LE(4),
          subRequests: payload.readUInt32LE(8),
        });
        break;
      }
      if (channel % 2 === 0) {
        note("code", {
          channel, outbound: payload[0], tails: payload[1],
          capability: Number(payload.readBigUInt64LE(16)),
          cpuMs: payload.readUInt32LE(4), subRequests: payload.readUInt32LE(8),
          grants: payload.length === 24 ? null : payload.subarray(24),
        });
        break;
      }
      const [statusText, ...headers] = list(24);
      state.head = {
        status: payload.readUInt16LE(0), flags: payload[2],
        join: Number(payload.readBigUInt64LE(8)),
        length: lengthOf(payload.readBigUInt64LE(16)), statusText,
        headers: pairs(headers),
      };
      note("respond", { channel, ...state.head });
      break;
    }
    case DATA:
      state.chunks.push(Buffer.from(payload));
      break;
    case END:
      state.ended = true;
      if (flags & FINAL) {
        state.done = true;
        note("done", { channel });
      } else {
        note("end", { channel });
      }
      break;
    case DONE:
      state.done = true;
      note("done", { channel });
      break;
    case RESET: {
      const parts = payload.subarray(8).toString("utf8").split("\0");
      const [message, location] = parts;
      state.reset = { code: payload.readUInt16LE(0), message, location };
      if (channel === this.#isolate) note("failed", { message, location });
      else note("reset", { channel, ...state.reset });
      break;
    }
    case WINDOW: {
      const credit = payload.readUInt32LE(0);
      state.granted += credit;
      if (channel !== this.#isolate) note("grant", { channel, bytes: credit });
      this.#outgoing(channel).credit += credit;
      this.#flush(channel);
      break;
    }
    case LOG:
      if (payload[1] !== 0) {
        note("trace", {
          channel, kind: payload[1], text: payload.subarray(8).toString("utf8"),
        });
        break;
      }
      note("log", {
        channel: channel === this.#isolate ? 0 : channel, level: payload[0],
        text: payload.subarray(8).toString("utf8"),
      });
      break;
    }
  }
}
