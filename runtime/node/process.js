// node:process, as far as there is a process to speak of.
// https://nodejs.org/docs/latest-v20.x/api/process.html

import { ops } from "../native.js";
import { runIn } from "../core/context.js";
import { currentFrame, logUncaught } from "../core/invocation.js";
import { console } from "../web/console.js";
import { nodeModule, nodeModuleName } from "./modules.js";
import { worker } from "../worker/entrypoints.js";
import { EventEmitter } from "../chunks/node-events.js";
import {
  invalidArgType, nodeError, requireFunction, requireString,
} from "../chunks/node-errors.js";

const VERSION = "22.19.0";

// What of the worker's env is text; what a program sets is text, too.
function makeEnv() {
  const values = {};
  for (const name of Object.keys(worker.env)) {
    const value = worker.env[name];
    if (typeof value === "string") values[name] = value;
  }
  return new Proxy(values, {
    __proto__: null,
    set: (target, name, value) => {
      if (typeof name === "symbol") {
        throw new TypeError(
          "Cannot convert a Symbol value to a string");
      }
      target[name] = `${value}`;
      return true;
    },
  });
}

function hrtime(before = undefined) {
  if (before !== undefined && !Array.isArray(before)) {
    throw invalidArgType("time", "Array", before);
  }
  const now = BigInt(Math.round(ops.now() * 1e6));
  let seconds = Number(now / 1000000000n);
  let nanoseconds = Number(now % 1000000000n);
  if (before !== undefined) {
    seconds -= before[0];
    nanoseconds -= before[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
hrtime.bigint = () => BigInt(Math.round(ops.now() * 1e6));

function nextTick(callback, ...args) {
  requireFunction(callback, "callback");
  const frame = currentFrame();
  queueMicrotask(() => {
    try {
      runIn(frame, callback, undefined, args);
    } catch (error) {
      logUncaught(frame?.invocation, "in process.nextTick()", error);
    }
  });
}

function emitWarning(warning, typeOrOptions = undefined, code = undefined) {
  let type = typeOrOptions;
  if (typeOrOptions !== null && typeof typeOrOptions === "object") {
    ({ code, type } = typeOrOptions);
  }
  const name = warning instanceof Error ? warning.name : type ?? "Warning";
  const text = warning instanceof Error ? warning.message : warning;
  requireString(text, "warning");
  console.warn(`${code === undefined ? "" : `[${code}] `}${name}: ${text}`);
}

const process = Object.create(Object.create(EventEmitter.prototype, {
  constructor: {
    __proto__: null,
    value: function process() {}, writable: true, configurable: true,
  },
}));
EventEmitter.call(process);

let env;
let title = "nginx-dynamic-workers";

Object.assign(process, {
  version: `v${VERSION}`,
  versions: Object.freeze({ node: VERSION }),
  arch: "x64",
  platform: "linux",
  release: { name: "node", lts: true },
  argv: [],
  argv0: "",
  execArgv: [],
  execPath: "",
  exitCode: undefined,
  pid: 1,
  ppid: 0,
  features: Object.freeze({}),
  config: Object.freeze({}),
  browser: false,
  nextTick,
  hrtime,
  emitWarning,
  cwd: () => "/",
  umask: () => 18,
  uptime: () => ops.now() / 1000,
  getBuiltinModule(id) {
    requireString(id, "id");
    const name = nodeModuleName(id);
    return name === undefined ? undefined : nodeModule(name);
  },
  exit() {
    throw nodeError("ERR_METHOD_NOT_IMPLEMENTED",
      "process.exit() is not available in a worker");
  },
  abort() {
    throw nodeError("ERR_METHOD_NOT_IMPLEMENTED",
      "process.abort() is not available in a worker");
  },
  chdir() {
    throw nodeError("ERR_METHOD_NOT_IMPLEMENTED",
      "process.chdir() is not available in a worker");
  },
});
Object.defineProperties(process, {
  env: {
    __proto__: null,
    get: () => env ??= makeEnv(),
    set(value) { env = value; },
    enumerable: true, configurable: true,
  },
  title: {
    __proto__: null,
    get: () => title,
    set(value) { title = `${value}`; },
    enumerable: true, configurable: true,
  },
  [Symbol.toStringTag]: {
    __proto__: null, value: "process", configurable: true,
  },
});

export { process };
