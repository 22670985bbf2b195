// Buffer, process, global, setImmediate and clearImmediate: globals of a worker
// that asked for Node.js's.

import { chunk, defineLazily } from "../core/chunks.js";
import { ObjectDefineProperty } from "../primordials.js";
import { hasNodeGlobals } from "./compatibility.js";

export function installNodeGlobals() {
  if (!hasNodeGlobals()) return;
  defineLazily(globalThis, ["Buffer"], false,
    () => chunk("node-buffer").Buffer);
  defineLazily(globalThis, ["process"], false,
    () => chunk("node-process").process);
  defineLazily(globalThis, ["clearImmediate", "setImmediate"], true,
    (name) => chunk("node-timers")[name]);
  ObjectDefineProperty(globalThis, "global", {
    __proto__: null,
    value: globalThis, writable: true, configurable: true,
  });
}
