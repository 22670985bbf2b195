// "env" and "exports" of "cloudflare:workers", and what puts others in their
// place: withEnv() and withExports().
//
// What a module imports is one object for good, so it is a Proxy of what the
// worker was given, and its traps ask the async context (core/context.js) what
// stands there at the moment.  Handlers get the worker's own env and exports,
// which no withEnv() touches.

import {
  list, ObjectCreate, ObjectSetPrototypeOf, PrimordialProxy as Proxy,
  PrimordialTypeError as TypeError, ReflectDefineProperty,
  ReflectDeleteProperty, ReflectGet, ReflectHas, ReflectOwnKeys, ReflectSet,
} from "../primordials.js";
import {
  currentValues, runWithValues, valueIn, withValue,
} from "../core/context.js";
import { currentInvocation } from "../core/invocation.js";
import { descriptorOf } from "../core/properties.js";
import { isObject, requireArguments } from "../core/webidl.js";

// Keys of the async context's values.
const ENV = ObjectCreate(null);
const EXPORTS = ObjectCreate(null);

// What stands for "base": null and undefined for nothing at all.
function standing(key, base) {
  const value = valueIn(currentValues(), key, base);
  if (isObject(value)) return value;
  return value === undefined || value === null ? ObjectCreate(null) : base;
}

const readTraps = (key, base) => ({
  __proto__: null,
  get: (target, name) => ReflectGet(standing(key, base), name),
  has: (target, name) => ReflectHas(standing(key, base), name),
  ownKeys: () => ReflectOwnKeys(standing(key, base)),
  getOwnPropertyDescriptor(target, name) {
    const inner = standing(key, base);
    const descriptor = descriptorOf(inner, name);
    // V8 would not let a Proxy say that a property is there for good that its
    // target does not have.
    if (descriptor !== undefined && inner !== base) {
      descriptor.configurable = true;
    }
    return descriptor;
  },
});

// What is changed through the imported env is changed in what stands there.
function importedEnv(base) {
  const traps = readTraps(ENV, base);
  traps.set = (target, name, value) =>
    ReflectSet(standing(ENV, base), name, value);
  traps.deleteProperty = (target, name) =>
    ReflectDeleteProperty(standing(ENV, base), name);
  traps.defineProperty = (target, name, descriptor) => ReflectDefineProperty(
    standing(ENV, base), name, ObjectSetPrototypeOf(descriptor, null));
  return new Proxy(base, traps);
}

const refuse = () => false;

function importedExports(base) {
  const traps = readTraps(EXPORTS, base);
  traps.set = refuse;
  traps.deleteProperty = refuse;
  traps.defineProperty = refuse;
  return new Proxy(base, traps);
}

function run(values, callback, where, position) {
  if (typeof callback !== "function") {
    throw new TypeError(
      `Failed to execute '${where}': parameter ${position} is not of type ` +
      "'Function'.");
  }
  return runWithValues(
    currentInvocation(), values, callback, undefined, list());
}

function withEnv(env, callback) {
  requireArguments(arguments.length, 2, "withEnv");
  return run(withValue(currentValues(), ENV, env), callback, "withEnv", 2);
}

function withExports(exports, callback) {
  requireArguments(arguments.length, 2, "withExports");
  return run(
    withValue(currentValues(), EXPORTS, exports), callback, "withExports", 2);
}

function withEnvAndExports(env, exports, callback) {
  requireArguments(arguments.length, 3, "withEnvAndExports");
  const values = withValue(currentValues(), ENV, env);
  return run(
    withValue(values, EXPORTS, exports), callback, "withEnvAndExports", 3);
}

// For "cloudflare:workers": adds these names to its exports.
export function addOverlays(module, { env, exports }) {
  module.env = importedEnv(env);
  module.exports = importedExports(exports);
  module.withEnv = withEnv;
  module.withEnvAndExports = withEnvAndExports;
  module.withExports = withExports;
}
