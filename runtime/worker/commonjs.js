// CommonJS modules: run once, when they are first required or imported.  In a
// cycle a module sees what the other one has exported so far.

import { v8 } from "../native.js";
import {
  PrimordialTypeError as TypeError, ReflectApply, ReflectHas, ReflectOwnKeys,
  SafeMap,
} from "../primordials.js";
import { defineData } from "../core/properties.js";

const made = new SafeMap();
const copies = new SafeMap();     // of ES modules' namespaces

// The exports of a module, { name, content }.  "host" has what modules.js
// knows.
export function evaluate(found, host) {
  const known = made.get(found.name);
  if (known !== undefined) return known.exports;

  const run = v8.compileCommonJs(found.name, found.content);
  const exports = {};
  const module = {};
  defineData(module, "exports", exports);
  defineData(module, "id", found.name);
  defineData(module, "loaded", false);
  made.set(found.name, module);
  const require = (specifier) => requireFrom(found.name, specifier, host);
  try {
    ReflectApply(run, exports, [exports, require, module]);
  } catch (error) {
    made.delete(found.name);
    throw error;
  }
  module.loaded = true;
  return module.exports;
}

function requireFrom(referrer, specifier, host) {
  if (typeof specifier !== "string") {
    throw new TypeError("require(): the specifier must be a string.");
  }
  const cloudflare = host.cloudflare(specifier);
  if (cloudflare !== undefined) return cloudflare;
  const found = host.find(specifier, referrer);
  if (found === undefined) {
    const builtIn = host.builtIn(specifier);
    if (builtIn === undefined) throw host.missing(specifier, referrer);
    return builtIn;
  }
  if (host.isScript(found)) return requireScript(found, specifier, referrer);
  return host.isCommonJs(found)
    ? evaluate(found, host) : host.contentOf(found);
}

// What require() gives of an ES module, as in Workers: what the module itself
// says that this is, else its default export, else an object like its
// namespace, but one that can be changed.
function requireScript({ name }, specifier, referrer) {
  const namespace = v8.requireModule(specifier, referrer);
  if (ReflectHas(namespace, "module.exports") &&
      namespace.__cjsUnwrapDefault !== true) {
    return namespace["module.exports"];
  }
  if (ReflectHas(namespace, "default")) return namespace.default;

  let copy = copies.get(name);
  if (copy === undefined) {
    copy = {};
    const keys = ReflectOwnKeys(namespace);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] === "string") {
        defineData(copy, keys[i], namespace[keys[i]]);
      }
    }
    copies.set(name, copy);
  }
  return copy;
}
