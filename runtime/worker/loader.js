// The Worker Loader binding: env.LOADER of a host worker, or of a dynamic one
// that was given it.
//
// A LOAD channel stands for the loaded worker: it is the stub.  Code goes out at
// once for load(); for get(), when nginx asks for it because the id is cold.  Of
// either nginx may ask it again: a worker that nobody calls makes room for others.

import {
  BAD_CODE, OUTBOUND_CAPABILITY, OUTBOUND_INHERIT, OUTBOUND_NONE, ops,
} from "../native.js";
import {
  PrimordialError as Error, PrimordialTypeError as TypeError,
  PromisePrototypeThen, PromiseResolve, StringPrototypeIndexOf,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { closeChannel, openChannel, Sender } from "../core/channels.js";
import { chunk } from "../core/chunks.js";
import { runIn } from "../core/context.js";
import { errorFromReset, locationOf, messageOf } from "../core/errors.js";
import {
  currentFrame, requestIsOver, requireInvocation,
} from "../core/invocation.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toUSVString,
} from "../core/webidl.js";
import { fetcherTarget } from "../core/remote.js";
import { createFetcher } from "../web/fetcher.js";
import {
  checkLimits, checkWorkerCode, outboundError, serializeCode, tailError,
} from "./code.js";

// What ops.code wants of globalOutbound; a Fetcher becomes one of the grants.
function outboundOf(code, grants) {
  const { globalOutbound } = code;
  if (globalOutbound === undefined) {
    return { outbound: OUTBOUND_INHERIT, capability: 0 };
  }
  if (globalOutbound === null) return { outbound: OUTBOUND_NONE, capability: 0 };
  const target = fetcherTarget(globalOutbound);
  if (target === undefined) {
    throw outboundError(
      globalOutbound, "null, absent, or a Fetcher such as a service of 'env'");
  }
  return { outbound: OUTBOUND_CAPABILITY, capability: grants.add(target) };
}

// The last grants.
function grantTails({ tails }, grants) {
  for (let i = 0; i < tails.length; i++) {
    const target = fetcherTarget(tails[i]);
    if (target === undefined) throw tailError(tails[i], i);
    grants.add(target);
  }
  return tails.length;
}

// Checked code, ready to be sent.
function prepare(code) {
  const checked = checkWorkerCode(code);
  const grants = chunk("clone").createGrants();
  const bytes = serializeCode(checked, grants);
  const { capability, outbound } = outboundOf(code, grants);
  const tails = grantTails(checked, grants);
  const { cpuMs, subRequests } = checked.limits;
  return {
    outbound, capability, cpuMs, subRequests, bytes, tails,
    grants: grants.toBytes(),
  };
}

// Code of load() that is larger is not kept to be sent again.
const MAX_KEPT = 256 * 1024;

// The receiver of a LOAD channel, and what its stub's calls go to.
class Load {
  channel = 0;
  error = undefined;      // why the worker is no more
  invocation;
  #frame = currentFrame();
  #callback = null;
  #kept = null;           // of load(): its code
  #sender = null;
  #cleanup = () => this.#close();

  // The callback is for get(); null: its code is sent unasked.
  constructor(invocation, callback) {
    this.invocation = invocation;
    this.#callback = callback;
  }

  // Throws when the worker cannot be called any more, or not from here.
  requireUse() {
    if (this.error !== undefined) throw this.error;
    if (this.invocation.over) throw requestIsOver(this.invocation);
  }

  open(capability, id) {
    const { invocation } = this;
    this.channel = ops.load(invocation.channel, capability, id);
    openChannel(this.channel, this);
    invocation.addCleanup(this.#cleanup);
  }

  // nginx asks for the code: the id is cold, or has become so again.
  onHead() {
    this.askForCode();
  }

  askForCode() {
    if (this.error !== undefined) return;
    const callback = this.#callback;
    if (callback === null) {
      this.#sendAgain();
      return;
    }
    let code;
    try {
      code = PromiseResolve(runIn(this.#frame, callback, undefined, []));
    } catch (error) {
      this.#fail(error);
      return;
    }
    PromisePrototypeThen(code, (value) => {
      let prepared;
      try {
        prepared = prepare(value);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.send(prepared);
    }, (error) => this.#fail(error));
  }

  // For load().
  sendOnce(prepared) {
    if (TypedArrayPrototypeGetByteLength(prepared.bytes) <= MAX_KEPT) {
      this.#kept = prepared;
    }
    this.send(prepared);
  }

  #sendAgain() {
    if (this.#kept === null) {
      this.#fail(new Error(
        "The worker had to make room for others, and its code is too large to " +
        "have been kept: load() it again."));
      return;
    }
    this.send(this.#kept);
  }

  send({ bytes, capability, cpuMs, grants, outbound, subRequests, tails }) {
    if (this.error !== undefined || this.invocation.over) return;
    ops.code(
      this.channel, outbound, capability, cpuMs, subRequests, tails, grants);
    const sender = this.#sender = new Sender(this.channel);
    const waiting = sender.write(bytes);
    if (waiting === undefined) sender.end();
    else PromisePrototypeThen(waiting, () => sender.end());
  }

  onWindow() {
    this.#sender?.onWindow();
  }

  onData() {}

  onEnd() {}

  onReset(code, message) {
    this.error ??= errorFromReset(code, message);
    this.#close();
  }

  #fail(error) {
    if (this.error !== undefined || this.invocation.over) return;
    this.error = error;
    ops.reset(this.channel, BAD_CODE, messageOf(error), locationOf(error));
    this.#close();
  }

  #close() {
    closeChannel(this.channel);
    this.invocation.removeCleanup(this.#cleanup);
    this.#sender?.close();
  }
}

const kCreate = {};

class WorkerStub {
  #load;

  constructor(token, load) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    this.#load = load;
  }

  getEntrypoint(name = undefined, options = undefined) {
    requireBrand(#load in this);
    let entrypoint = name === undefined || name === null ? "" : toUSVString(name);
    if (entrypoint === "default") entrypoint = "";
    if (StringPrototypeIndexOf(entrypoint, "\0") !== -1) {
      throw new TypeError(
        "getEntrypoint(): the name must not contain a NUL character.");
    }
    let props = null;
    let grants = null;
    let limits;
    if (options !== undefined && options !== null) {
      if (!isObject(options)) {
        throw new TypeError("getEntrypoint(): options must be an object.");
      }
      const given = options.props;
      if (given !== undefined) {
        ({ props, grants } = chunk("clone").serializeLoadedProps(given));
      }
      limits = checkLimits(options.limits, "getEntrypoint()");
    }
    return createFetcher({
      __proto__: null,
      stub: this.#load, entrypoint, props, grants, limits,
    });
  }

  getDurableObjectClass() {
    requireBrand(#load in this);
    throw new Error(
      "getDurableObjectClass() is not supported yet: there are no Durable " +
      "Objects here.");
  }
}
defineInterface(WorkerStub);

// The number of a loader, or undefined.
export let loaderCapability;

class WorkerLoader {
  #capability;

  static {
    loaderCapability = (value) =>
      isObject(value) && #capability in value ? value.#capability : undefined;
  }

  constructor(token, capability) {
    if (token !== kCreate) throw new TypeError("Illegal constructor");
    this.#capability = capability;
  }

  load(code) {
    requireBrand(#capability in this);
    requireArguments(arguments.length, 1, "WorkerLoader.load");
    const invocation = requireInvocation();
    const prepared = prepare(code);
    const load = new Load(invocation, null);
    load.open(this.#capability, null);
    load.sendOnce(prepared);
    return new WorkerStub(kCreate, load);
  }

  get(id, getCode) {
    requireBrand(#capability in this);
    requireArguments(arguments.length, 2, "WorkerLoader.get");
    const invocation = requireInvocation();
    if (typeof getCode !== "function") {
      throw new TypeError(
        "Failed to execute 'WorkerLoader.get': parameter 2 is not of type " +
        "'Function'.");
    }
    const load = new Load(invocation, getCode);
    if (id === null || id === undefined) {
      load.open(this.#capability, null);
      load.askForCode();
    } else {
      load.open(this.#capability, toUSVString(id));
    }
    return new WorkerStub(kCreate, load);
  }
}
defineInterface(WorkerLoader);

export const createLoader = (capability) => new WorkerLoader(kCreate, capability);
