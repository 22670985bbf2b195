// An isolate without an engine: the bundle of runtime/ in a context of node's,
// over ops that write down what they are asked.  docs/architecture.md says what
// the engine and the shim promise; this is the least that keeps it.

import { webcrypto } from "node:crypto";
import { AsyncLocalStorage } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import v8 from "node:v8";
import vm from "node:vm";
import zlib from "node:zlib";
import { Nginx, strings, utf8 } from "./nginx.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const bundlePath = `${root}${process.env.BUILD ?? "build"}/runtime.js`;

if (!existsSync(bundlePath)) {
  spawnSync("make", ["-C", root, "build/runtime.js"], { stdio: "ignore" });
}
const [bundleText, ...chunkParts] =
  readFileSync(bundlePath, "utf8").split("\0");
const bundle = new vm.Script(bundleText, { filename: "runtime.js" });
const chunks = new Map();
for (let i = 0; i < chunkParts.length; i += 2) {
  const [filename, text] = chunkParts.slice(i, i + 2);
  chunks.set(filename, new vm.Script(text, { filename }));
}

const { getPromiseDetails, getProxyDetails, previewEntries } =
  createRequire(import.meta.url)("internal/test/binding").internalBinding("util");

// As v8shim/kinds.cc has them.
const kinds = [
  "Proxy", "Promise", "Map", "Set", "MapIterator", "SetIterator", "WeakMap",
  "WeakSet", "GeneratorObject", "ArgumentsObject", "ModuleNamespaceObject",
  "NativeError", "Date", "RegExp", "ArrayBuffer", "SharedArrayBuffer",
  "DataView", "TypedArray", "NumberObject", "StringObject", "BooleanObject",
  "BigIntObject", "SymbolObject", "External",
];

const kindOf = (value) => kinds.findIndex((kind) => types[`is${kind}`](value));

function insideOf(value) {
  const kind = kinds[kindOf(value)];
  if (kind === "Proxy") {
    const details = getProxyDetails(value, true);
    return details[1] === null ? null : details;
  }
  if (kind === "Promise") return [0, undefined].map((v, i) => getPromiseDetails(value)[i] ?? v);
  return previewEntries(value, true);
}

const LOAD = 1, FETCH = 2, HEAD = 3, DATA = 4, END = 5, RESET = 6, WINDOW = 7,
  ALARM = 8;

// Node.js's decoders in place of the engine's, which are more exact.
const encodings = [
  "utf-8", "utf-16le", "utf-16be", "gb18030", "big5", "euc-jp", "iso-2022-jp",
  "shift_jis", "euc-kr",
];

const newDecoder = (encoding, fatal) => new TextDecoder(
  encodings[encoding] ?? "windows-1252",
  { fatal: fatal !== 0, ignoreBOM: true });

function decode(decoder, bytes, stream) {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    return bytes.length;
  }
}

// All output comes at the end; a decompressor tries each time whether it is there.
function runCodec(codec, bytes, offset, finish) {
  const part = Buffer.from(bytes.subarray(offset));
  codec.chunks.push(part);
  codec.step = part.length * 4;
  if (!codec.decompress && finish === 0) return [];
  const whole = Buffer.concat(codec.chunks);
  if (!codec.decompress) {
    codec.step += 2;
    return [zlib.gzipSync, zlib.deflateSync, zlib.deflateRawSync][codec.format](whole);
  }
  try {
    const { buffer, engine } =
      [zlib.gunzipSync, zlib.inflateSync, zlib.inflateRawSync][codec.format](
        whole, { info: true });
    codec.step += 2 - (whole.length - engine.bytesWritten) * 4;
    return buffer;
  } catch (error) {
    if (error.code === "Z_BUF_ERROR") return [];
    throw new TypeError("The compressed data is not valid.");
  }
}

// An object of node's with internal fields stands for a host object.
const hostObjects = new WeakMap();

class FakeSerializer extends v8.Serializer {
  _writeHostObject(object) {
    const { tag, parts } = hostObjects.get(object);
    this.writeUint32(tag);
    this.writeValue(parts);
  }
}

class FakeDeserializer extends v8.Deserializer {
  _readHostObject() {
    const tag = this.readUint32();
    return this.make(tag, this.readValue());
  }
}

// As v8shim/serialize.cc has them.
const cloneKinds = [
  [2, "isProxy"], [7, "isDate"], [8, "isRegExp"], [9, "isArrayBuffer"],
  [10, "isArrayBufferView"], [11, "isMap"], [12, "isSet"], [13, "isNativeError"],
  [3, "isBooleanObject"], [4, "isNumberObject"], [5, "isStringObject"],
  [6, "isBigIntObject"], [2, "isSymbolObject"], [2, "isPromise"], [2, "isWeakMap"],
  [2, "isWeakSet"], [2, "isGeneratorObject"], [2, "isArgumentsObject"],
  [2, "isMapIterator"], [2, "isSetIterator"], [2, "isModuleNamespaceObject"],
  [2, "isSharedArrayBuffer"], [2, "isExternal"],
];

function cloneKind(value) {
  if (types.isProxy(value) || typeof value === "function") return 2;
  if (Array.isArray(value)) return 1;
  return cloneKinds.find(([, is]) => types[is](value))?.[0] ?? 0;
}

// As V8 has it: no getter is asked.
function detail(value) {
  if (typeof value !== "object" || value === null) return String(value);
  const data = (key) => {
    for (let o = value; o !== null; o = Object.getPrototypeOf(o)) {
      const found = Object.getOwnPropertyDescriptor(o, key);
      if (found !== undefined) return found.value;
    }
    return undefined;
  };
  if (!types.isNativeError(value)) return `#<${data("constructor")?.name ?? "Object"}>`;
  const name = data("name") ?? "Error", message = data("message") ?? "";
  return message === "" ? name : name === "" ? message : `${name}: ${message}`;
}

export class FakeIsolate extends Nginx {
  ranChunks = new Set();
  #context;
  #dispatch;
  #resolve;
  #modules = new Map();
  #Uint8Array;
  #lastChannel = 0;
  #lastEvent = -1;
  #timer = null;
  #watched = new FinalizationRegistry((id) => { this.#resources.delete(id); });
  // id -> { kind, object }
  #resources = new Map();
  #lastResource = 0;

  constructor() {
    super();
    this.#context = vm.createContext(undefined, {
      codeGeneration: { strings: false, wasm: true },
    });
    this.#context.native = { ops: this.#ops(), v8: this.#v8() };
    bundle.runInContext(this.#context);
    delete this.#context.native;
  }

  #deliver(type, {
    channel = 0, a = 0, b = 0, c = 0, d = 0, text = "", bytes,
  } = {}) {
    this.#dispatch(type, channel, a, b, c, text, bytes, d);
  }

  // -- events ----------------------------------------------------------------

  open(format, bytes, { outbound = true, host = false, traced = false }) {
    this.#deliver(LOAD, {
      a: format, b: outbound ? 1 : 0, c: host ? 1 : traced ? 2 : 0,
      text: "test", bytes,
    });
  }

  fetch({
    entrypoint = "", method = "GET", url = "http://host/path?query", cf = "",
    headers = [], body = false, length = -1, props = undefined, rpc = false,
    tail = false, granted = 0,
  } = {}) {
    const channel = this.#lastEvent += 2;
    this.#deliver(FETCH, {
      channel, a: body ? 1 : 0, b: length, c: rpc ? 1 : tail ? 2 : 0, d: granted,
      text: strings(entrypoint, method, url, cf, ...headers.flat()),
      bytes: props && this.#inContext(props),
    });
    return channel;
  }

  head(channel, status, {
    statusText = "", headers = [], length = -1, body = false,
  } = {}) {
    this.#deliver(HEAD, {
      channel, a: status, b: length, c: body ? 1 : 0,
      text: strings(statusText, ...headers.flat()),
    });
  }

  askForCode(channel) {
    this.#deliver(HEAD, { channel });
  }

  data(channel, bytes) {
    this.#deliver(DATA, {
      channel,
      bytes: this.#inContext(typeof bytes === "string" ? utf8(bytes) : bytes),
    });
  }

  // What node's deserializer has made becomes the context's own.
  #adopt(value, seen) {
    if (typeof value !== "object" || value === null || seen.has(value)) {
      return value;
    }
    seen.add(value);
    const own = Object.getPrototypeOf(value);
    for (const Type of [Object, Array, Map, Set, Date, RegExp, ArrayBuffer,
      Uint8Array, Boolean, Number, String]) {
      if (own !== Type.prototype) continue;
      Object.setPrototypeOf(
        value, vm.runInContext(Type.name, this.#context).prototype);
    }
    if (types.isMap(value)) {
      Map.prototype.forEach.call(value, (item, key) => {
        this.#adopt(item, seen);
        this.#adopt(key, seen);
      });
    } else if (types.isSet(value)) {
      Set.prototype.forEach.call(value, (item) => this.#adopt(item, seen));
    } else if (types.isArrayBufferView(value)) {
      this.#adopt(value.buffer, seen);
    } else if (!types.isArrayBuffer(value)) {
      for (const key of Object.keys(value)) this.#adopt(value[key], seen);
    }
    return value;
  }

  // Bytes of the context's own kind.
  #inContext(bytes) {
    return new this.#Uint8Array(bytes);
  }

  end(channel) {
    this.#deliver(END, { channel });
  }

  reset(channel, code, message = "") {
    this.#deliver(RESET, { channel, a: code, text: message });
  }

  window(channel, credit) {
    this.channel(channel).credit += credit;
    this.#deliver(WINDOW, { channel, a: credit });
  }

  close() {
    clearTimeout(this.#timer);
  }

  // -- native objects --------------------------------------------------------

  #add(kind, object) {
    this.#resources.set(++this.#lastResource, { kind, object });
    return this.#lastResource;
  }

  #find(kind, id) {
    const found = this.#resources.get(id);
    if (found?.kind !== kind) throw new TypeError("no such native object");
    return found.object;
  }

  // -- native.ops ------------------------------------------------------------

  #ops() {
    const note = (op, fields) => { this.calls.push({ op, ...fields }); };
    const parse = (head, fixed) => {
      const parts = head.split("\0");
      const headers = [];
      for (let i = fixed; i + 1 < parts.length; i += 2) {
        headers.push([parts[i], parts[i + 1]]);
      }
      return { parts, headers };
    };
    // as the engine's ops refuse what nginx would end the engine for
    const check = (head, what) => {
      // eslint-disable-next-line no-control-regex
      if (/[\x01-\x08\x0a-\x1f\x7f]/.test(head)) throw new TypeError(what);
    };
    const badResponse = "The response has an invalid status or header.";
    return {
      close: (id) => { this.#resources.delete(id); },
      decoder: (encoding, fatal) =>
        this.#add("decoder", newDecoder(encoding, fatal)),
      decode: (id, bytes, offset, flush) => decode(
        this.#find("decoder", id), bytes.subarray(offset, offset + 262144),
        flush === 0 || bytes.length - offset > 262144),
      codec: (decompress, format) =>
        this.#add("codec", { chunks: [], decompress, format }),
      codecRun: (id, bytes, offset, finish) =>
        this.#inContext(runCodec(this.#find("codec", id), bytes, offset, finish)),
      codecStep: (id) => this.#find("codec", id).step,
      decodeOnce: (encoding, fatal, bytes) =>
        decode(newDecoder(encoding, fatal), bytes, false),
      fetch: (
        invocation, target, flags, join, length, cpuMs, subRequests, props, head,
        grants,
      ) => {
        check(head, "The request has an invalid method or header.");
        const channel = this.#lastChannel += 2;
        const { headers, parts } = parse(head, 4);
        const [entrypoint, method, url, cf] = parts;
        note("fetch", {
          channel, invocation, target, flags, join, length, entrypoint, method,
          url, cf, headers, props: props === null ? null : Buffer.from(props),
          cpuMs, subRequests, grants: grants === null ? null : Buffer.from(grants),
        });
        return channel;
      },
      respond: (channel, status, flags, join, length, head) => {
        check(head, badResponse);
        const { headers, parts } = parse(head, 1);
        const answer =
          { status, flags, join, length, statusText: parts[0], headers };
        this.channel(channel).head = answer;
        note("respond", { channel, ...answer });
      },
      respondText: (channel, status, head, text) => {
        check(head, badResponse);
        const { headers, parts } = parse(head, 1);
        const bytes = Buffer.from(text);
        const answer = {
          status, flags: bytes.length > 0 ? 1 : 0, join: 0,
          length: bytes.length, statusText: parts[0], headers,
        };
        const state = this.channel(channel);
        state.head = answer;
        state.credit -= bytes.length;
        if (bytes.length > 0) state.chunks.push(bytes);
        note("respond", { channel, ...answer });
      },
      write: (channel, bytes, offset) => {
        const state = this.channel(channel);
        if (state.done || state.reset !== null) return 0;
        const taken = Math.min(state.credit, bytes.length - offset);
        state.credit -= taken;
        if (taken > 0) {
          state.chunks.push(Buffer.from(bytes.slice(offset, offset + taken)));
        }
        return taken;
      },
      end: (channel) => {
        this.channel(channel).ended = true;
        note("end", { channel });
      },
      done: (channel) => {
        const state = this.channel(channel);
        state.ended = true;
        state.done = true;
        note("done", { channel });
      },
      reset: (channel, code, message, location) => {
        this.channel(channel).reset = { code, message, location };
        note("reset", { channel, code, message, location });
      },
      passThrough: (channel) => { note("passThrough", { channel }); },
      grant: (channel, bytes) => {
        this.channel(channel).granted += bytes;
        note("grant", { channel, bytes });
      },
      load: (invocation, target, id) => {
        const channel = this.#lastChannel += 2;
        note("load", { channel, invocation, target, id });
        return channel;
      },
      code: (channel, outbound, capability, cpuMs, subRequests, tails, grants) => {
        note("code", {
          channel, outbound, capability, cpuMs, subRequests, tails,
          grants: grants === null ? null : Buffer.from(grants),
        });
      },
      worker: (outbound, cpuMs, subRequests) => {
        note("worker", { outbound, cpuMs, subRequests });
      },
      // the engine ends the isolate here
      abort: (message, location) => {
        note("abort", { message, location });
        throw new Error(message);
      },
      failed: (message, location) => { note("failed", { message, location }); },
      alarm: (milliseconds) => {
        clearTimeout(this.#timer);
        if (milliseconds >= 0) {
          this.#timer = setTimeout(() => this.#deliver(ALARM), milliseconds);
        }
      },
      enter: () => {},
      log: (channel, level, line) => {
        note("log", { channel, level, text: line });
      },
      trace: (channel, kind, json) => {
        note("trace", { channel, kind, text: json });
      },
      now: () => performance.now(),
      random: (size) => {
        const bytes = new Uint8Array(size);
        webcrypto.getRandomValues(bytes);
        return bytes;
      },
    };
  }

  // -- native.v8 -------------------------------------------------------------

  #v8() {
    const storage = new AsyncLocalStorage();
    this.#Uint8Array = vm.runInContext("Uint8Array", this.#context);
    let lazyHost;
    const wasmBytes = new WeakMap();
    const resolved = vm.runInContext("Promise.resolve()", this.#context);
    return {
      setDispatch: (dispatch) => { this.#dispatch = dispatch; },
      serialize: (value) => {
        const serializer = new FakeSerializer();
        serializer.writeHeader();
        try {
          serializer.writeValue(value);
        } catch (error) {
          error.name = "DataCloneError";
          throw error;
        }
        return new Uint8Array(serializer.releaseBuffer());
      },
      deserialize: (bytes, make) => {
        const deserializer = new FakeDeserializer(Buffer.from(bytes));
        const seen = new Set();
        deserializer.make = (tag, parts) => {
          this.#adopt(parts, seen);
          const made = make(tag, parts);
          seen.add(made);
          return made;
        };
        deserializer.readHeader();
        return this.#adopt(deserializer.readValue(), seen);
      },
      cloneKind,
      detail,
      hostObject: (tag, parts) => {
        const object = new v8.Serializer();
        hostObjects.set(object, { tag, parts });
        return object;
      },
      watch: (object, id) => { this.#watched.register(object, id); },
      transfer: (buffer) => {
        const copy = this.#inContext(new Uint8Array(buffer)).buffer;
        structuredClone(buffer, { transfer: [buffer] });
        return copy;
      },
      utf8Encode: (string) => this.#inContext(new TextEncoder().encode(string)),
      utf8EncodeInto: (string, bytes) => {
        const { read, written } =
          new TextEncoder().encodeInto(string, bytes.subarray(0, 1 << 20));
        return written * 2 ** 32 + read;
      },
      utf8Decode: (bytes, fatal, ignoreBOM) =>
        new TextDecoder("utf-8", { fatal, ignoreBOM }).decode(bytes),
      latin1Decode: (bytes) => Buffer.from(bytes).toString("latin1"),
      setLazyHost: (host) => { lazyHost = host; },
      lazyProperty: (object, name, number, enumerable) => {
        Object.defineProperty(object, name, {
          get: () => lazyHost(number, name),
          set: (value) => {
            Object.defineProperty(object, name, {
              value, writable: true, enumerable, configurable: true,
            });
          },
          enumerable, configurable: true,
        });
      },
      runChunk: (name, ...args) => {
        this.ranChunks.add(name);
        return chunks.get(name).runInContext(this.#context)(...args);
      },
      compileCommonJs: (name, source) => vm.compileFunction(
        source, ["exports", "require", "module"],
        { filename: name, parsingContext: this.#context }),
      compileWasm: (bytes) => {
        const module = new (vm.runInContext(
          "WebAssembly.Module", this.#context))(bytes);
        wasmBytes.set(module, bytes);
        return module;
      },
      wasmBytes: (value) => wasmBytes.get(value)?.slice(),
      isOwn: () => false,
      setModuleHost: (resolve) => { this.#resolve = resolve; },
      importModule: (specifier) => this.#import(specifier),
      location: (error) =>
        /([^\s()]+:\d+:\d+)\)?\n?/.exec(error?.stack ?? "")?.[1] ?? "",
      setRejectionHandler: () => {},
      kindOf,
      functionKind: (value) => (types.isAsyncFunction(value) ? 1 : 0) |
        (types.isGeneratorFunction(value) ? 2 : 0),
      insideOf,
      getContext: () => storage.getStore(),
      setContext: (value) => { storage.enterWith(value); },
      runMicrotasks: () => {},
      enqueueMicrotask: (callback) => { resolved.then(callback); },
    };
  }

  async #import(specifier) {
    const module = this.#findModule(specifier, "");
    await module.link((name, from) => this.#findModule(name, from.identifier));
    await module.evaluate();
    return module.namespace;
  }

  #findModule(specifier, referrer) {
    const { exports, name, run, source } = this.#resolve(specifier, referrer);
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const module = source !== undefined
      ? new vm.SourceTextModule(source, {
        identifier: name, context: this.#context,
      })
      : new vm.SyntheticModule(
        run === undefined ? Object.keys(exports) : ["default"],
        function () {
          const all = run === undefined ? exports : { default: run() };
          for (const key of Object.keys(all)) this.setExport(key, all[key]);
        }, { identifier: name, context: this.#context });
    this.#modules.set(name, module);
    return module;
  }
}
