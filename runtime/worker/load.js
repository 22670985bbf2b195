// Loads the worker of this isolate: once.

import {
  FORMAT_JSON, FORMAT_MODULE, FORMAT_RECORDS, FORMAT_VALUE, OUTBOUND_INHERIT,
  OUTBOUND_NONE, ops, v8,
} from "../native.js";
import {
  JSONParse, list, PrimordialError as Error, PrimordialNumber as Number,
  PromisePrototypeThen, ReflectOwnKeys, StringPrototypeStartsWith,
} from "../primordials.js";
import { copyBytes } from "../core/bytes.js";
import { deserialize } from "../core/clone.js";
import { locationOf, messageOf } from "../core/errors.js";
import { defineData } from "../core/properties.js";
import { readRecords, utf8 } from "../core/records.js";
import { startTracing } from "../core/trace.js";
import { setOutboundExists } from "../web/fetch.js";
import { createFetcher } from "../web/fetcher.js";
import { readGrant } from "./capabilities.js";
import {
  checkWorkerCode, DATA, JS, JSON_MODULE, outboundError, TEXT, WASM,
} from "./code.js";
import { setCompatibility } from "./compatibility.js";
import { worker } from "./entrypoints.js";
import { dropEvents, startEvents } from "./events.js";
import { createLoader } from "./loader.js";
import { importMain, setModules, syntaxHint } from "./modules.js";
import { installNodeGlobals } from "./node-globals.js";
import { replaceMemory } from "./wasm-memory.js";

// wire/dw_wire.h: dw_wire_record_kind_t
const MODULE_JS = 1;
const MODULE_JSON = 2;
const MODULE_TEXT = 3;
const MODULE_DATA = 4;
const MODULE_WASM = 5;
const ENV_STRING = 16;
const ENV_JSON = 17;
const ENV_LOADER = 18;
const ENV_SERVICE = 19;
const COMPATIBILITY_DATE = 32;
const COMPATIBILITY_FLAG = 33;

// What an isolate is.
const HOST = 1;
const TRACED = 2;

const moduleKinds = {
  __proto__: null,
  [MODULE_JS]: JS,
  [MODULE_JSON]: JSON_MODULE,
  [MODULE_TEXT]: TEXT,
  [MODULE_DATA]: DATA,
  [MODULE_WASM]: WASM,
};

// A host worker, from nginx; what is wrong with it, nginx had to know.
function readHostWorker(bytes) {
  const env = {};
  const modules = list();
  const flags = list();
  let date;
  readRecords(bytes, (kind, name, data) => {
    switch (kind) {
    case MODULE_JS:
    case MODULE_JSON:
    case MODULE_TEXT:
    case MODULE_DATA:
    case MODULE_WASM:
      modules[modules.length] = {
        name, kind: moduleKinds[kind],
        content: kind === MODULE_DATA || kind === MODULE_WASM
          ? copyBytes(data) : v8.utf8Decode(data, false, false),
      };
      break;
    case ENV_STRING:
      defineData(env, name, utf8(data));
      break;
    case ENV_JSON:
      defineData(env, name, JSONParse(utf8(data)));
      break;
    case ENV_LOADER:
      defineData(env, name, createLoader(Number(utf8(data))));
      break;
    case ENV_SERVICE:
      defineData(env, name, createFetcher({
        __proto__: null, capability: Number(utf8(data)),
      }));
      break;
    case COMPATIBILITY_DATE:
      date = utf8(data);
      break;
    case COMPATIBILITY_FLAG:
      flags[flags.length] = utf8(data);
      break;
    default:
      throw new Error(`Unknown record of kind ${kind}.`);
    }
  });
  if (modules.length === 0) throw new Error("A worker needs a module.");
  setCompatibility(date, flags);
  return { env, modules, mainModule: modules[0].name };
}

// WorkerCode, as a value of another isolate or as JSON.
function readWorkerCode(code, fromJSON) {
  const {
    compatibilityDate, compatibilityFlags, env, limits, mainModule, modules,
    tails,
  } = checkWorkerCode(code, fromJSON);
  if (tails.length > 0) {
    throw new Error(
      "Worker code: 'tails' must be absent or empty here: only a Worker " +
      "Loader can pass stubs.");
  }
  setCompatibility(compatibilityDate, compatibilityFlags);
  const { globalOutbound } = code;
  if (globalOutbound !== undefined && globalOutbound !== null) {
    throw outboundError(globalOutbound, "null or absent here");
  }
  const isolated = globalOutbound === null;
  if (isolated) setOutboundExists(false);
  if (isolated || limits.cpuMs !== 0 || limits.subRequests !== 0) {
    ops.worker(
      isolated ? OUTBOUND_NONE : OUTBOUND_INHERIT, limits.cpuMs,
      limits.subRequests);
  }
  return { env: env ?? {}, modules, mainModule };
}

function parseJSON(text) {
  try {
    return JSONParse(text);
  } catch (error) {
    throw new Error(`Worker code is not valid JSON: ${error.message}`);
  }
}

function readCode(format, bytes) {
  switch (format) {
  case FORMAT_RECORDS:
    return readHostWorker(bytes);
  case FORMAT_VALUE:
    return readWorkerCode(deserialize(bytes, readGrant), false);
  case FORMAT_JSON:
    return readWorkerCode(parseJSON(v8.utf8Decode(bytes, false, false)), true);
  case FORMAT_MODULE: {
    const modules = list();
    modules[0] = {
      name: "index.js", kind: JS, content: v8.utf8Decode(bytes, false, false),
    };
    return { env: {}, modules, mainModule: "index.js" };
  }
  default:
    throw new Error(`Unknown format ${format} of code.`);
  }
}

// The worker's modules are being evaluated.
let evaluating = false;

function fail(error) {
  evaluating = false;
  dropEvents();
  const message = messageOf(error);
  const location = locationOf(error);
  const hint = StringPrototypeStartsWith(message, "SyntaxError: ")
    ? syntaxHint(message, location) : "";
  ops.failed(message + hint, location);
}

// The event LOAD.
export function onLoad(format, outboundExists, kind, bytes) {
  try {
    worker.isHost = kind === HOST;
    replaceMemory();
    if (kind === TRACED) startTracing();
    setOutboundExists(outboundExists === 1);
    const { env, mainModule, modules } = readCode(format, bytes);
    worker.env = env;
    setModules(modules);
    installNodeGlobals();
    evaluating = true;
    PromisePrototypeThen(importMain(mainModule), (namespace) => {
      evaluating = false;
      startEvents(namespace, ReflectOwnKeys(namespace));
    }, fail);
  } catch (error) {
    fail(error);
  }
}

// After the event LOAD and its microtasks.  What a top-level await waits for now
// can come from nowhere: the global scope can start no I/O and no timer.  One
// more turn all the same, for what V8 does in tasks of its own.
export function afterLoad() {
  if (evaluating) ops.alarm(0);
}

// The event ALARM, and no timer's.
export function checkLoaded() {
  if (evaluating) fail(new Error("Top-level await in module is unsettled."));
}
