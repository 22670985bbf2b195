// What a Fetcher stands for: the base (core/stubs.js) whose calls go to an
// entrypoint.

import { chunk } from "./chunks.js";
import { baseOf } from "./stubs.js";

// Each call is a session of its own, so that nothing has to be disposed of.
export class Remote {
  target;

  constructor(target) {
    this.target = target;
  }

  call(path, args, invocation) {
    return chunk("rpc").callTarget(this.target, path, args, invocation);
  }

  get(path, invocation) {
    return chunk("rpc").callTarget(this.target, path, undefined, invocation);
  }

  static of(value) {
    const base = baseOf(value);
    return base !== undefined && #isRemote in base ? base : undefined;
  }

  #isRemote;
}

// Where a Fetcher leads (web/fetch.js), or undefined.
export const fetcherTarget = (value) => Remote.of(value)?.target;
