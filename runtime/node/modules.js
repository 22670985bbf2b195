// Which modules of Node.js there are: the chunk that has each, and under what
// name.  A module is an object, as require() would give it.

import { chunk } from "../core/chunks.js";
import {
  ObjectCreate, ObjectKeys, StringPrototypeSlice, StringPrototypeStartsWith,
} from "../primordials.js";

const modules = {
  __proto__: null,
  assert: ["node-assert", "assert"],
  "assert/strict": ["node-assert", "strict"],
  async_hooks: ["node-async-hooks", "asyncHooks"],
  buffer: ["node-buffer", "buffer"],
  crypto: ["node-crypto", "crypto"],
  diagnostics_channel: ["node-diagnostics-channel", "diagnosticsChannel"],
  events: ["node-events", "EventEmitter"],
  path: ["node-path", "posix"],
  "path/posix": ["node-path", "posix"],
  "path/win32": ["node-path", "win32"],
  process: ["node-process", "process"],
  querystring: ["node-querystring", "querystring"],
  stream: ["node-stream", "stream"],
  "stream/consumers": ["node-stream", "consumers"],
  "stream/promises": ["node-stream", "promises"],
  "stream/web": ["node-stream", "web"],
  string_decoder: ["node-string-decoder", "stringDecoder"],
  timers: ["node-timers", "timers"],
  "timers/promises": ["node-timers", "promises"],
  url: ["node-url", "url"],
  util: ["node-util", "util"],
  "util/types": ["node-util", "types"],
};

// The bare name that a specifier stands for, or undefined.
export function nodeModuleName(specifier) {
  const name = StringPrototypeStartsWith(specifier, "node:")
    ? StringPrototypeSlice(specifier, 5) : specifier;
  return modules[name] === undefined ? undefined : name;
}

export function nodeModule(name) {
  const found = modules[name];
  return chunk(found[0])[found[1]];
}

// Its exports as an ES module has them: itself and each of its properties.
export function nodeModuleExports(name) {
  const module = nodeModule(name);
  const exports = ObjectCreate(null);
  const keys = ObjectKeys(module);
  for (let i = 0; i < keys.length; i++) exports[keys[i]] = module[keys[i]];
  exports.default = module;
  return exports;
}
