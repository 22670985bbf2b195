// A binding or an entrypoint: requests can be sent to it, and its other methods
// are called by RPC.

import {
  ObjectCreate, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { fetcherTarget, Remote } from "../core/remote.js";
import { addWildcard, createCallable, setBase } from "../core/stubs.js";
import { defineInterface } from "../core/webidl.js";
import { fetchFrom, NO_LIMITS } from "./fetch.js";

// What is not said is the default; so what says it has no prototype, or a
// worker's Object.prototype would answer.
const toTarget = ({
  capability = 0, stub = null, self = false, ref = null, entrypoint = "",
  props = null, grants = null, limits = NO_LIMITS,
}) => ({
  __proto__: null, capability, stub, self, ref, entrypoint, props, grants,
  limits,
});

// "ServiceStub" of "cloudflare:workers".
export class Fetcher {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  fetch(input, init = undefined) {
    return fetchFrom(
      fetcherTarget(this), input, init, arguments.length, "Fetcher.fetch");
  }

  connect(address, options = undefined) {
    return chunk("sockets").connectFrom(
      fetcherTarget(this), address, options, arguments.length,
      "Fetcher.connect");
  }
}
defineInterface(Fetcher);
addWildcard(Fetcher);

export function createFetcher(target) {
  const fetcher = ObjectCreate(Fetcher.prototype);
  setBase(fetcher, new Remote(toTarget(target)));
  return fetcher;
}

// One that can be called, too.
export function createCallableFetcher(target, call) {
  const fetcher = createCallable(Fetcher.prototype, call);
  setBase(fetcher, new Remote(toTarget(target)));
  return fetcher;
}
