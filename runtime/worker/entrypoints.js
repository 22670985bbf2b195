// The classes of "cloudflare:workers" and the ExecutionContext.

import { ops, v8 } from "../native.js";
import {
  JSONParse, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { deserialize } from "../core/clone.js";
import { requireInvocation } from "../core/invocation.js";
import { defineData } from "../core/properties.js";
import {
  defineInterface, requireArguments, requireBrand,
} from "../core/webidl.js";
import { grantReader, readOwn } from "./capabilities.js";

const kCreate = {};

// Props of a stub are as its maker serialized them, with grants if that is the
// worker which has loaded this one; those of a location ("dynworker_prop") are
// the text of a JSON object.
const readProps = ({ bytes, granted }) => bytes[0] === 0x7b
  ? JSONParse(v8.utf8Decode(bytes, false, true))
  : deserialize(bytes, granted === 0 ? readOwn : grantReader(granted));

let createContext;

class ExecutionContext {
  #invocation;
  #props;
  #exports;

  static {
    createContext = (invocation, exports) => {
      const ctx = new ExecutionContext(kCreate);
      ctx.#invocation = invocation;
      ctx.#exports = exports;
      return ctx;
    };
  }

  constructor(token = undefined) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
  }

  get props() {
    requireBrand(#props in this);
    if (this.#props === undefined) {
      const { props } = this.#invocation;
      this.#props = props === undefined ? {} : readProps(props);
    }
    return this.#props;
  }

  get exports() {
    requireBrand(#props in this);
    return this.#exports;
  }

  waitUntil(promise) {
    requireBrand(#props in this);
    requireArguments(arguments.length, 1, "ExecutionContext.waitUntil");
    if (this.#invocation.over) return;
    this.#invocation.waitUntil(promise);
  }

  passThroughOnException() {
    requireBrand(#props in this);
    if (!this.#invocation.over) ops.passThrough(this.#invocation.channel);
  }
}
defineInterface(ExecutionContext);

// waitUntil() of "cloudflare:workers".
export function waitUntil(promise) {
  requireArguments(arguments.length, 1, "waitUntil");
  requireInvocation().waitUntil(promise);
}

// The worker's own objects, set once when it is loaded.
export const worker = { env: {}, exports: {}, isHost: false };

// The ctx of an invocation.
export function contextOf(invocation) {
  invocation.ctx ??= createContext(invocation, worker.exports);
  return invocation.ctx;
}

// Handed to the constructor of each class that a worker exports; by them its
// methods find their surroundings.
export class WorkerEntrypoint {
  constructor(ctx = undefined, env = undefined) {
    defineData(this, "ctx", ctx);
    defineData(this, "env", env);
  }
}
defineInterface(WorkerEntrypoint);

// Objects of these are passed by reference.
export class RpcTarget {}
defineInterface(RpcTarget);

// Not run here; a module may still declare such classes.
export class DurableObject {
  constructor(ctx = undefined, env = undefined) {
    defineData(this, "ctx", ctx);
    defineData(this, "env", env);
  }
}
defineInterface(DurableObject);

export class WorkflowEntrypoint {
  constructor(ctx = undefined, env = undefined) {
    defineData(this, "ctx", ctx);
    defineData(this, "env", env);
  }
}
defineInterface(WorkflowEntrypoint);
