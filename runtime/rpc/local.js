// Targets of this isolate: what sessions export.

import {
  PrimordialError as Error, PrimordialTypeError as TypeError, ReflectApply,
  SymbolDispose,
} from "../primordials.js";
import { refOf } from "../core/stubs.js";
import { runIn } from "../core/context.js";
import { currentInvocation, logUncaught } from "../core/invocation.js";
import { lookup, modeOf, pathText } from "./lookup.js";
import { Pending } from "./pending.js";

// A target and how many stubs of it there are.
class Target {
  value;
  mode;
  count = 0;
  #invocation = currentInvocation();
  #connect;
  #base = null;           // of a session with ourselves, once one is needed

  constructor(value, mode, connect) {
    this.value = value;
    this.mode = mode;
    this.#connect = connect;
  }

  release() {
    if (--this.count > 0) return;
    this.#base?.dispose();
    this.#base = null;
    const { value } = this;
    runIn(this.#invocation, () => {
      try {
        const dispose = value[SymbolDispose];
        if (typeof dispose === "function") ReflectApply(dispose, value, []);
      } catch (error) {
        logUncaught(this.#invocation, "in a disposer", error);
      }
    }, undefined, []);
  }

  // A stub in the isolate of its target behaves as any other one: its calls go
  // through a session too.
  get base() {
    this.#base ??= this.#connect(new Direct(this));
    return this.#base;
  }
}

const usedAfterDisposal = () =>
  new Error("RPC stub used after being disposed.");

class LocalRef {
  #target;
  #disposed = false;

  constructor(target) {
    this.#target = target;
    target.count++;
  }

  #requireUse() {
    if (this.#disposed) throw usedAfterDisposal();
    return this.#target;
  }

  dup() {
    return new LocalRef(this.#requireUse());
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#target.release();
  }

  // It breaks only with its isolate.
  onBroken() {
    this.#requireUse();
  }

  call(path, args) {
    return this.#throughSession((base) => base.call(path, args));
  }

  get(path) {
    return this.#throughSession((base) => base.get(path));
  }

  #throughSession(use) {
    try {
      return use(this.#requireUse().base);
    } catch (error) {
      return Pending.rejected(error);
    }
  }

  perform(path, args) {
    const { mode, value } = this.#requireUse();
    return perform(value, mode, path, args, false);
  }
}

// What a target's own session exports: it does not keep the target.
class Direct {
  #target;

  constructor(target) {
    this.#target = target;
  }

  perform(path, args) {
    return perform(this.#target.value, this.#target.mode, path, args, false);
  }
}

// The value, or a promise of it, of what a path leads to, called with "args"
// or, if they are undefined, read.
export function perform(
  target, mode, path, args, isEntrypoint, insert = null) {
  const found = lookup(target, mode, path, isEntrypoint);
  if (found.base !== undefined) {
    if (args === undefined && found.path.length === 0) return found.value;
    const pending = args === undefined
      ? found.base.get(found.path) : found.base.call(found.path, args);
    return pending.promise;
  }
  if (args === undefined) return found.value;
  if (typeof found.value !== "function") {
    throw new TypeError(`"${pathText(path)}" is not a function.`);
  }
  if (insert !== null) args = insert(found.value, path, args);
  const self = path.length === 0 ? undefined : found.self;
  return ReflectApply(found.value, self, args);
}

// For a value that is exported: a ref of its own.  "connect" makes a session
// with this isolate and returns the ref of what is exported there.
export function refFor(value, connect = null) {
  const ref = refOf(value);
  return ref === undefined
    ? new LocalRef(new Target(value, modeOf(value), connect)) : ref.dup();
}
