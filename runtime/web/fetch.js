// fetch(): https://fetch.spec.whatwg.org/#fetching, as far as nginx does not
// do it.  Each hop of a redirect is a new channel, so it passes the egress
// policy anew.

import { CANCEL, LOADED, ops, SELF } from "../native.js";
import {
  JSONStringify, PrimordialError as Error, PrimordialPromise as Promise,
  PrimordialTypeError as TypeError, PromisePrototypeThen, replaceString,
  splitString, StringPrototypeStartsWith, StringPrototypeToLowerCase,
} from "../primordials.js";
import { closeChannel, openChannel, Sender } from "../core/channels.js";
import { chunk } from "../core/chunks.js";
import { errorFromReset, messageOf, NO_NETWORK } from "../core/errors.js";
import { requestIsOver, requireInvocation } from "../core/invocation.js";
import { fetcherTarget } from "../core/remote.js";
import { requireArguments } from "../core/webidl.js";
import {
  parseURL, serializeOrigin, serializeURL, withoutCredentials,
} from "../url/lazy.js";
import {
  abortReason, addAlgorithm, isAborted, removeAlgorithm,
} from "../core/signals.js";
import { BodyState } from "./body.js";
import { binaryToUtf8, utf8ToBinary } from "./encoding.js";
import { headersToWire, isGzipHead, withoutHeaders } from "./headers.js";
import { IncomingBody } from "./incoming.js";
import { isRequest, Request, requestState } from "./request.js";
import { createFetchedResponse, isRedirectStatus } from "./response.js";
import { discardBody, sendStream, takeForSending } from "./send.js";

const MAX_HOPS = 20;

// Where a fetch goes: "capability" is a number of this isolate's table; or with
// "stub", the LOAD channel of a loaded worker; or with "self", this worker; or
// with "ref", through an RPC session to what a stub's base stands for.  "limits"
// are the invocation's over there, 0 for none.
export const NO_LIMITS = { cpuMs: 0, subRequests: 0 };
export const GLOBAL_OUTBOUND = {
  capability: 0, stub: null, self: false, ref: null, entrypoint: "", props: null,
  grants: null, limits: NO_LIMITS,
};

let outboundExists = true;

export function setOutboundExists(exists) {
  outboundExists = exists;
}

export const hasGlobalOutbound = () => outboundExists;

const bodyHeaders = {
  __proto__: null,
  "content-encoding": true, "content-language": true, "content-length": true,
  "content-location": true, "content-type": true,
};
const credentialHeaders = {
  __proto__: null, authorization: true, cookie: true, "proxy-authorization": true,
};

// What is asked for: as in Workers a user and a password in the URL stay here.
function toHttp(url) {
  if (url.scheme !== "http" && url.scheme !== "https") {
    throw new TypeError(`Fetch API cannot load: ${serializeURL(url)}`);
  }
  return withoutCredentials(url);
}

function parseEventURL(text) {
  const url = parseURL(text);
  if (url === null) throw new TypeError(`Fetch API cannot load: ${text}`);
  return url;
}

// JSON with nothing in it that a header could not hold.
function cfToWire(cf) {
  const json = cf === undefined ? undefined : JSONStringify(cf);
  return json === undefined
    ? "" : utf8ToBinary(replaceString(json, "\x7f", "\\u007f"));
}

// One fetch() call, over all its hops; the receiver of the channel at hand.
class FetchCall {
  promise = null;         // what the worker got, if it got one
  #target;
  #invocation;
  #request;
  #url;                   // its record; null for one that nobody needs to parse
  #href = "";             // ... as it is sent: without a fragment
  #method;
  #headers;
  #cf = "";
  #resend = null;         // text or bytes, which a redirect can send again
  #hasStreamBody = false; // ... or what it cannot
  #hops = 0;
  #resolve;
  #reject;
  #channel = 0;
  #sender = null;
  #sending = false;       // the body has not ended
  #held = false;          // ... and the invocation waits for it
  #incoming = null;
  #settled = false;       // the response has come, or never will
  #onAbort = null;
  // The invocation is over, and nothing will come any more.  Who did not wait
  // for the response need not hear of it.
  #cleanup = () => {
    if (this.#settled && this.#sender === null &&
        (this.#incoming === null || this.#incoming.untouched)) {
      // The usual end: nobody waits, and to make an Error takes long.
      this.#close();
      return;
    }
    const error = requestIsOver(this.#invocation);
    this.#close(error);
    this.#failed(error);
    if (this.promise !== null) markHandled(this.promise);
  };

  constructor(target, invocation, request, resolve, reject) {
    this.#target = target;
    this.#invocation = invocation;
    this.#request = request;
    this.#method = request.method;
    this.#headers = request.headers;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get invocation() {
    return this.#invocation;
  }

  start() {
    const request = this.#request;
    const { signal } = request;
    this.#cf = cfToWire(request.cf);
    // a request of an event that goes on to a loaded worker keeps its URL
    if (request.record === null && this.#target.stub !== null) {
      this.#setURL(null, request.url);
    } else {
      this.#setURL(toHttp(request.record ?? parseEventURL(request.url)));
    }
    const taken = takeForSending(request.body);
    if (taken.bytes !== null) this.#resend = taken;
    else this.#hasStreamBody = request.body !== null;
    this.#open(taken);
    if (signal !== null) {
      this.#onAbort = () => this.#abort(abortReason(signal));
      addAlgorithm(signal, this.#onAbort);
    }
  }

  #setURL(url, href = serializeURL(url, false)) {
    this.#url = url;
    this.#href = href;
  }

  #open(taken) {
    const { capability, entrypoint, grants, limits, props, self, stub } =
      this.#target;
    const kind = stub !== null ? LOADED : self ? SELF : 0;
    // as it came only at the first hop: an event's request does not follow
    const head = this.#request.head ??
      `${this.#method}\0${this.#href}\0${this.#cf}\0` +
      headersToWire(this.#headers);

    this.#channel = ops.fetch(
      this.#invocation.channel, stub === null ? capability : stub.channel,
      taken.flags | kind, taken.join,
      taken.length, limits.cpuMs, limits.subRequests, props,
      `${utf8ToBinary(entrypoint)}\0${head}`, grants);
    this.#sender = null;
    this.#incoming = null;
    openChannel(this.#channel, this);
    this.#invocation.addCleanup(this.#cleanup);

    if (taken.bytes !== null) {
      if (taken.flags !== 0) this.#sendBytes(taken.bytes);
    } else if (taken.stream !== null) {
      this.#sendStream(taken.stream);
    }
  }

  #sendBytes(bytes) {
    const sender = this.#sender = new Sender(this.#channel);
    const waiting = sender.write(bytes);
    if (waiting === undefined) {
      sender.end();
      return;
    }
    this.#sending = true;
    PromisePrototypeThen(waiting, () => this.#sent(sender));
  }

  #sendStream(stream) {
    const sender = this.#sender = new Sender(this.#channel);
    this.#sending = true;
    PromisePrototypeThen(sendStream(stream, sender), () => this.#sent(sender),
      (error) => {
        this.#fail(error, messageOf(error));
        this.#sent(sender);
      });
  }

  // The body has ended, or nobody wants the rest.
  #sent(sender) {
    sender.end();
    // a hop of a redirect may send it once more
    if (sender !== this.#sender) return;
    this.#sending = false;
    if (!this.#held) return;
    // nginx has closed the channel
    this.#held = false;
    this.#close();
    this.#invocation.release();
  }

  // The response goes elsewhere without us, but our body is still to be sent.
  #joined() {
    if (!this.#sending) return;
    this.#held = true;
    this.#invocation.hold();
  }

  onWindow() {
    this.#sender?.onWindow();
  }

  onHead(status, length, hasBody, head) {
    const { redirect } = this.#request;
    if (redirect !== "manual" && isRedirectStatus(status)) {
      const location = findHeader(splitString(head, "\0"), "location");
      if (location !== null || redirect === "error") {
        this.#redirect(status, location, hasBody);
        return;
      }
    }
    let body = null;
    if (hasBody === 1) {
      this.#incoming = new IncomingBody(
        this.#channel, this.#invocation, length, true);
      this.#incoming.onJoin = () => this.#joined();
      this.#incoming.gzip = isGzipHead(head);
      body = BodyState.ofIncoming(this.#incoming);
    }
    this.#settled = true;
    this.#resolve(createFetchedResponse(
      status, head, body, this.#href, this.#hops > 0));
  }

  onData(bytes) {
    this.#incoming?.onData(bytes);
  }

  onEnd() {
    closeChannel(this.#channel);
    this.#sender?.close();
    const incoming = this.#incoming;
    incoming?.onEnd();
    // what has come and was not read can still be dropped by the signal
    if (this.#onAbort === null || incoming === null || incoming.drained) {
      this.#letGo();
    } else {
      incoming.onDrained = () => this.#letGo();
    }
  }

  onReset(code, message) {
    const { stub } = this.#target;
    const error = stub !== null && stub.error !== undefined
      ? stub.error : errorFromReset(code, message);
    this.#close(error);
    this.#failed(error);
  }

  #close(reason = undefined) {
    closeChannel(this.#channel);
    this.#sender?.close(reason);
    this.#letGo();
  }

  #letGo() {
    this.#invocation.removeCleanup(this.#cleanup);
    if (this.#onAbort === null) return;
    removeAlgorithm(this.#request.signal, this.#onAbort);
    this.#onAbort = null;
  }

  #failed(error) {
    if (this.#incoming !== null) {
      this.#incoming.fail(error);
    } else if (!this.#settled) {
      this.#settled = true;
      this.#reject(error);
    }
  }

  #fail(error, message) {
    ops.reset(this.#channel, CANCEL, message, "");
    this.#close(error);
    this.#failed(error);
  }

  // https://fetch.spec.whatwg.org/#abort-fetch
  #abort(reason) {
    this.#onAbort = null;
    this.#incoming?.drop();
    this.#fail(reason, "");
  }

  // https://fetch.spec.whatwg.org/#http-redirect-fetch
  #redirect(status, location, hasBody) {
    // nobody wants its body, nor the rest of ours
    if (hasBody === 1 || this.#sender !== null) {
      ops.reset(this.#channel, CANCEL, "", "");
    }
    closeChannel(this.#channel);
    this.#sender?.close();
    try {
      if (this.#request.redirect === "error") {
        throw new TypeError(
          `Unexpected redirect to ${location ?? "nowhere"}: ` +
          'request.redirect is "error".');
      }
      this.#nextHop(status, binaryToUtf8(location));
    } catch (error) {
      this.#close(error);
      this.#failed(error);
    }
  }

  #nextHop(status, location) {
    const from = this.#url ?? parseURL(this.#request.url);
    const parsed = parseURL(location, from);
    if (parsed === null) {
      throw new TypeError(`Invalid redirect location: ${location}`);
    }
    const to = toHttp(parsed);
    if (++this.#hops > MAX_HOPS) throw new TypeError("Too many redirects.");

    let taken = this.#resend;
    if (status !== 303 && taken === null && this.#hasStreamBody) {
      throw new TypeError(
        "A request with a one-time-use body (it was initialized from a stream, " +
        "not a buffer) encountered a redirect requiring the body to be " +
        "retransmitted. To avoid this error in the future, construct this " +
        "request from a buffer-like body initializer.");
    }
    const method = this.#method;
    if ((status === 303 && method !== "GET" && method !== "HEAD") ||
        ((status === 301 || status === 302) && method === "POST")) {
      this.#method = "GET";
      taken = null;
      this.#resend = null;
      this.#hasStreamBody = false;
      this.#headers = withoutHeaders(this.#headers, bodyHeaders);
    }
    if (from === null || serializeOrigin(to) !== serializeOrigin(from)) {
      this.#headers = withoutHeaders(this.#headers, credentialHeaders);
    }
    this.#setURL(to);
    this.#open(taken ?? takeForSending(null));
  }
}

// Of status text, name, value ...
function findHeader(parts, key) {
  for (let i = 1; i + 1 < parts.length; i += 2) {
    if (parts[i].length === key.length &&
        StringPrototypeToLowerCase(parts[i]) === key) {
      return parts[i + 1];
    }
  }
  return null;
}

// https://fetch.spec.whatwg.org/#scheme-fetch, for "data".
function dataResponse(request) {
  discardBody(request.body);
  const data = chunk("form").parseDataURL(request.url);
  if (data === null) {
    throw new TypeError(`Fetch API cannot load: ${request.url}`);
  }
  return createFetchedResponse(
    200, `OK\0Content-Type\0${data.type}\0`,
    request.method === "HEAD" ? null : BodyState.ofBytes(data.bytes),
    data.url, false);
}

// Fetches a Request: calls resolve() with a Response or reject(), or throws.
// Returns the FetchCall, or null when nothing is under way.
export function startFetch(target, input, resolve, reject) {
  const invocation = requireInvocation();
  const request = requestState(input, target.stub !== null);
  const { signal } = request;
  if (signal !== null && isAborted(signal)) {
    const reason = abortReason(signal);
    discardBody(request.body, reason);
    throw reason;
  }
  if (request.integrity !== "") {
    throw new TypeError("Subresource integrity is not supported.");
  }
  if (target === GLOBAL_OUTBOUND && request.fetcher !== null) {
    target = fetcherTarget(request.fetcher);
    if (target === undefined) {
      throw new TypeError("The request's fetcher is not a Fetcher.");
    }
  }
  if (target === GLOBAL_OUTBOUND) {
    if (StringPrototypeStartsWith(request.url, "data:")) {
      resolve(dataResponse(request));
      return null;
    }
    if (!outboundExists) throw new Error(NO_NETWORK);
  }
  target.stub?.requireUse();
  if (target.ref !== null) {
    resolve(chunk("rpc").fetchThrough(target.ref, input));
    return null;
  }
  const call = new FetchCall(target, invocation, request, resolve, reject);
  call.start();
  return call;
}

// The common way of fetch() and of every Fetcher: a promise of the Response.
export function fetchFrom(target, input, init, given, where) {
  let call = null;
  const promise = new Promise((resolve, reject) => {
    requireArguments(given, 1, where);
    if (target === undefined) throw new TypeError("Illegal invocation");
    requireInvocation();
    const request = isRequest(input) && init === undefined
      ? input : new Request(input, init);
    call = startFetch(target, request, resolve, reject);
  });
  if (call !== null) call.promise = promise;
  return promise;
}

// https://webidl.spec.whatwg.org/#mark-a-promise-as-handled
function markHandled(promise) {
  try {
    PromisePrototypeThen(promise, undefined, () => {});
  } catch {
    // it is asked for its constructor, and the worker's getter threw
  }
}

export function fetch(input, init = undefined) {
  return fetchFrom(GLOBAL_OUTBOUND, input, init, arguments.length, "fetch");
}
