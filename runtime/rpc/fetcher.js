// Fetchers that have gone through a session: a request is a call.

import {
  list, PrimordialTypeError as TypeError, PromisePrototypeThen,
} from "../primordials.js";
import { baseOf } from "../core/stubs.js";
import { fetchFrom } from "../web/fetch.js";
import { fetcherTarget } from "../core/remote.js";
import { isRequest } from "../web/request.js";
import { isResponse } from "../web/response.js";

// For a session: a call to a Fetcher that we have passed on.
export function performFetch(fetcher, path, args) {
  if (path.length === 1 && path[0] === "fetch" && args !== undefined) {
    if (args.length !== 1 || !isRequest(args[0])) {
      throw new TypeError("fetch() over RPC needs a Request.");
    }
    return fetchFrom(
      fetcherTarget(fetcher), args[0], undefined, 1, "Fetcher.fetch");
  }
  const base = baseOf(fetcher);
  return (args === undefined ? base.get(path) : base.call(path, args)).promise;
}

// The other side: a promise of the Response.
export function fetchThrough(base, request) {
  const path = list();
  path[0] = "fetch";
  const { promise } = base.call(path, [request]);
  return PromisePrototypeThen(promise, (response) => {
    if (isResponse(response)) return response;
    throw new TypeError(
      "Incorrect type for Promise: the Promise did not resolve to 'Response'.");
  });
}
