// new RpcStub(target)

import { PrimordialTypeError as TypeError } from "../primordials.js";
import { baseOf } from "../core/stubs.js";
import { modeOf } from "./lookup.js";
import { wrapLocally } from "./remote.js";

export function wrap(target) {
  if (modeOf(target) === undefined || baseOf(target) !== undefined) {
    throw new TypeError(
      "RpcStubs can only wrap plain objects, functions, and RpcTarget " +
      "derivatives.");
  }
  return wrapLocally(target);
}
