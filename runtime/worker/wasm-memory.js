// WebAssembly.Memory without "shared", as before there were threads: no limit
// would hold for a shared memory (v8shim/wasm.cc refuses modules that make one).

import {
  list, ObjectDefineProperty, ReflectConstruct,
} from "../primordials.js";
import { defineHidden } from "../core/properties.js";
import { isObject } from "../core/webidl.js";

// The members of a MemoryDescriptor, in all versions of V8.
const members = ["address", "index", "initial", "maximum", "minimum"];

function withoutShared(descriptor) {
  const copy = { __proto__: null };
  for (let i = 0; i < members.length; i++) {
    const value = descriptor[members[i]];
    if (value !== undefined) copy[members[i]] = value;
  }
  return copy;
}

// Before the worker's first line; WebAssembly is not there earlier, or not at all.
export function replaceMemory() {
  const wasm = globalThis.WebAssembly;
  if (wasm === undefined) return;
  const Native = wasm.Memory;

  function Memory(descriptor) {
    const args = list();
    args[0] = isObject(descriptor) ? withoutShared(descriptor) : descriptor;
    // a call without "new" is for V8 to refuse
    return new.target === undefined
      ? Native(args[0]) : ReflectConstruct(Native, args, new.target);
  }
  ObjectDefineProperty(
    Memory, "prototype", { __proto__: null, value: Native.prototype, writable: false });
  defineHidden(Native.prototype, "constructor", Memory);
  defineHidden(wasm, "Memory", Memory);
}
