// Of a body of trace records, the TraceItem for tail handlers:
// https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
//
// What CALL and EXCEPTION records hold was said by the worker that was traced,
// and may be anything.  The rest is nginx's.

import { v8 } from "../native.js";
import {
  ArrayIsArray, JSONParse, list, ObjectPrototypeHasOwnProperty,
  PrimordialNumber as Number, splitString, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeToLowerCase, toArray,
} from "../primordials.js";
import { nativeErrors } from "../core/errors.js";
import { defineData } from "../core/properties.js";
import { readRecords, utf8 } from "../core/records.js";
import { isObject } from "../core/webidl.js";
import { binaryToUtf8 } from "../web/encoding.js";
import { redactHeader, redactUrl } from "./redact.js";

// wire/dw_wire.h: dw_wire_record_kind_t
const FETCH = 48;
const RPC = 49;
const CALL = 50;
const EXCEPTION = 51;
const MESSAGE = 52;
const END = 53;

const levels = {
  __proto__: null,
  debug: true, info: true, log: true, warn: true, error: true,
};

function parse(text) {
  try {
    return JSONParse(text);
  } catch {
    return undefined;
  }
}

// An own property of what was parsed.
const field = (value, name) =>
  isObject(value) && ObjectPrototypeHasOwnProperty(value, name)
    ? value[name] : undefined;

function textField(value, name, otherwise) {
  const text = field(value, name);
  return typeof text === "string" ? text : otherwise;
}

function makeLog(timestamp, text) {
  const said = parse(text);
  const level = textField(said, "level", "log");
  const message = field(said, "message");
  return {
    timestamp, level: levels[level] === true ? level : "log",
    message: ArrayIsArray(message) ? message : [text],
  };
}

function makeException(timestamp, text) {
  const said = parse(text);
  const exception = {
    timestamp, name: textField(said, "name", "Error"),
    message: textField(said, "message", text),
  };
  const stack = textField(said, "stack", undefined);
  if (stack !== undefined) defineData(exception, "stack", stack);
  return exception;
}

// Of a message as messageOf() makes it.
function exceptionOf(timestamp, text) {
  const colon = StringPrototypeIndexOf(text, ": ");
  const name = colon === -1 ? "" : StringPrototypeSlice(text, 0, colon);
  return nativeErrors[name] === undefined
    ? { timestamp, name: "Error", message: text }
    : { timestamp, name, message: StringPrototypeSlice(text, colon + 2) };
}

class TraceRequest {
  #unredacted;

  constructor(method, url, headers, cf, unredacted) {
    this.#unredacted = unredacted ?? this;
    defineData(this, "method", method);
    defineData(this, "url", url);
    defineData(this, "headers", headers);
    if (cf !== undefined) defineData(this, "cf", cf);
  }

  getUnredacted() {
    return this.#unredacted;
  }
}

// "parts" are the strings of an OPEN: entrypoint, method, URL, cf, name, value ...
function makeRequest(parts) {
  const { 1: method, 2: url, 3: cfText } = parts;
  const shown = {};
  const hidden = {};
  for (let i = 4; i + 1 < parts.length; i += 2) {
    const name = StringPrototypeToLowerCase(parts[i]);
    const value = ObjectPrototypeHasOwnProperty(hidden, name)
      ? `${hidden[name]}, ${parts[i + 1]}` : parts[i + 1];
    defineData(hidden, name, value);
    defineData(shown, name, redactHeader(name, value));
  }
  const cf = cfText === "" ? undefined : parse(binaryToUtf8(cfText));
  const unredacted = new TraceRequest(method, url, hidden, cf, undefined);
  return new TraceRequest(method, redactUrl(url), shown, cf, unredacted);
}

const RPC_URL = "http://rpc/";

const eventMakers = {
  __proto__: null,
  [FETCH]: (parts) => ({ request: makeRequest(parts) }),
  [RPC]: (parts) => ({
    rpcMethod: binaryToUtf8(StringPrototypeSlice(parts[2], RPC_URL.length)),
  }),
};

export function makeTraceItem(bytes) {
  const logs = list();
  const exceptions = list();
  let event = null;
  let entrypoint = "";
  let end;
  let startTime;

  readRecords(bytes, (kind, name, data) => {
    const time = Number(name);
    switch (kind) {
    case FETCH:
    case RPC: {
      const parts = splitString(v8.latin1Decode(data), "\0");
      entrypoint = binaryToUtf8(parts[0]);
      event = eventMakers[kind](parts);
      break;
    }
    case CALL:
      logs[logs.length] = makeLog(time, utf8(data));
      break;
    case EXCEPTION:
      exceptions[exceptions.length] = makeException(time, utf8(data));
      break;
    case MESSAGE:
      exceptions[exceptions.length] = exceptionOf(time, utf8(data));
      break;
    case END:
      startTime = time;
      end = splitString(utf8(data), "\0");
    }
  });

  const { 0: outcome, 1: cpu, 2: wall, 3: status, 4: truncated, 5: hasId } = end;
  if (status !== "0" && field(event, "request") !== undefined) {
    defineData(event, "response", { status: Number(status) });
  }
  const item = {
    event, eventTimestamp: startTime, logs: toArray(logs),
    exceptions: toArray(exceptions), diagnosticsChannelEvents: [],
    scriptName: hasId === "1" ? end[6] : null, outcome,
    executionModel: "stateless", truncated: truncated === "1",
    cpuTime: Number(cpu), wallTime: Number(wall),
  };
  if (entrypoint !== "") defineData(item, "entrypoint", entrypoint);
  return item;
}
