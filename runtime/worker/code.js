// WorkerCode: what a Worker Loader is given, checked.  Used where code is handed
// out (loader.js) and, for code that comes straight from nginx, where it is
// loaded (load.js).

import { v8 } from "../native.js";
import {
  ArrayIsArray, DateNow, DatePrototypeToISOString, JSONParse, JSONStringify,
  list, NumberIsInteger, ObjectCreate, ObjectKeys, PrimordialDate as Date,
  PrimordialError as Error, PrimordialRangeError as RangeError,
  PrimordialTypeError as TypeError, RegExpPrototypeExec,
  StringPrototypeEndsWith, StringPrototypeSlice, SymbolIterator,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { copyBytes } from "../core/bytes.js";
import { chunk } from "../core/chunks.js";
import { toBytes } from "../core/clone.js";
import { isObject, viewBytes } from "../core/webidl.js";
import { base64Decode } from "../web/encoding.js";

const MAX_CODE_SIZE = 64 * 1024 * 1024;
const MAX_ENV_SIZE = 1024 * 1024;

// wire/dw_wire.h: DW_WIRE_TAILS_MAX
const MAX_TAILS = 16;

const JS = 1, JSON_MODULE = 2, TEXT = 3, DATA = 4, WASM = 5, CJS = 6;
export { CJS, DATA, JS, JSON_MODULE, TEXT, WASM };

const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

const dateText = (time) =>
  StringPrototypeSlice(DatePrototypeToISOString(new Date(time)), 0, 10);

// Is it a day of the calendar?  A Date takes 2026-02-30 for a day in March.
const isDate = (text) =>
  RegExpPrototypeExec(date, text) !== null && dateText(text) === text;

const show = (value) => value === null ? "null"
  : ArrayIsArray(value) ? "an array"
    : typeof value === "string" ? JSONStringify(value)
      : typeof value === "object" ? "an object"
        : typeof value === "function" ? "a function"
          : typeof value === "symbol" || typeof value === "bigint"
            ? `a ${typeof value}` : `${value}`;

function requireString(value, field) {
  if (typeof value === "string") return;
  throw new TypeError(
    `Worker code: '${field}' must be a string, not ${show(value)}.`);
}

function requireOptionalBoolean(value, field) {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(
    `Worker code: '${field}' must be a boolean, not ${show(value)}.`);
}

const kinds = ["js", "cjs", "text", "data", "json", "py", "wasm"];

export const bundlerHint =
  " If you're trying to load TypeScript, bundle it first with " +
  "'@cloudflare/worker-bundler' and pass the generated JavaScript modules.";

const isPython = (name) => StringPrototypeEndsWith(name, ".py");
const isTypeScript = (name) => StringPrototypeEndsWith(name, ".ts") ||
  StringPrototypeEndsWith(name, ".tsx") || StringPrototypeEndsWith(name, ".jsx");

function pythonError(name) {
  return new Error(
    `Module "${name}": Python modules are not supported here. Only JavaScript ` +
    "runs; bundle sources in other languages first, TypeScript with " +
    "'@cloudflare/worker-bundler'.");
}

// A copy.  JSON has no bytes: there it is base64.
function checkBytes(content, name, kind, fromJSON) {
  const bytes = fromJSON && typeof content === "string"
    ? base64Decode(content) : viewBytes(content);
  if (bytes === undefined) {
    throw new TypeError(
      `Worker code: 'modules["${name}"].${kind}' must be ` +
      `${fromJSON ? "a base64 string" : "an ArrayBuffer or a view of one"}, ` +
      `not ${show(content)}.`);
  }
  return copyBytes(bytes);
}

// Returns { name, kind, content }.
function checkModule(name, value, fromJSON) {
  if (typeof value === "string") {
    if (StringPrototypeEndsWith(name, ".js") ||
        StringPrototypeEndsWith(name, ".mjs")) {
      return { name, kind: JS, content: value };
    }
    if (isPython(name)) throw pythonError(name);
    throw new TypeError(
      "Module name must end with '.js' or '.py' (or the content must be an " +
      `object indicating the type explicitly). Got: ${name}.` +
      (isTypeScript(name) ? bundlerHint : ""));
  }
  const compiled = v8.wasmBytes(value);
  if (compiled !== undefined) return { name, kind: WASM, content: compiled };
  if (!isObject(value) || ArrayIsArray(value)) {
    throw new TypeError(
      `Worker code: module "${name}" must be a string or an object such as ` +
      `{ js: "..." }, not ${show(value)}.`);
  }

  let kind;
  let content;
  let count = 0;
  for (let i = 0; i < kinds.length; i++) {
    const found = value[kinds[i]];
    if (found === undefined) continue;
    kind = kinds[i];
    content = found;
    count++;
  }
  if (count !== 1) {
    throw new TypeError(
      "Each module must contain exactly one of 'js', 'cjs', 'text', 'data', " +
      `'json', 'py', or 'wasm'. Module '${name}' contained ${count} properties.`);
  }
  switch (kind) {
  case "js":
    requireString(content, `modules["${name}"].js`);
    return { name, kind: JS, content };
  case "text":
    requireString(content, `modules["${name}"].text`);
    return { name, kind: TEXT, content };
  case "json": {
    const text = JSONStringify(content);
    if (text === undefined) {
      throw new TypeError(
        `Worker code: 'modules["${name}"].json' must be a JSON value, not ` +
        `${show(content)}.`);
    }
    return { name, kind: JSON_MODULE, content: text };
  }
  case "data":
    return {
      name, kind: DATA, content: checkBytes(content, name, kind, fromJSON),
    };
  case "wasm":
    return {
      name, kind: WASM,
      content: v8.wasmBytes(content) ??
        checkBytes(content, name, kind, fromJSON),
    };
  case "cjs":
    requireString(content, `modules["${name}"].cjs`);
    return { name, kind: CJS, content };
  default:
    throw pythonError(name);
  }
}

function sizeOf(content) {
  if (typeof content !== "string") {
    return TypedArrayPrototypeGetByteLength(content);
  }
  // Only when it could matter is it worth to look at each character.
  return content.length * 3 <= MAX_CODE_SIZE / 16
    ? content.length : v8.utf8Encode(content).length;
}

function checkModules(modules, mainModule, fromJSON) {
  if (!isObject(modules) || ArrayIsArray(modules)) {
    throw new TypeError(
      "Worker code: 'modules' must be an object of names and modules, not " +
      `${show(modules)}.`);
  }
  const names = ObjectKeys(modules);
  if (names.length === 0) {
    throw new TypeError("Dynamic Worker code must contain at least one module.");
  }
  if (isPython(mainModule)) throw pythonError(mainModule);

  const checked = list();
  let size = 0;
  let main;
  for (let i = 0; i < names.length; i++) {
    const module = checkModule(names[i], modules[names[i]], fromJSON);
    size += sizeOf(module.content);
    if (module.name === mainModule) main = module;
    checked[i] = module;
  }
  if (size > MAX_CODE_SIZE) {
    throw new Error(
      `Dynamic Worker code size (${size} bytes) exceeds the maximum allowed ` +
      `size of ${MAX_CODE_SIZE} bytes.`);
  }
  if (main === undefined) {
    throw new Error(
      `Worker code: 'mainModule' is "${mainModule}", but 'modules' has no such ` +
      `module. It has: ${namesText(names)}.`);
  }
  if (main.kind !== JS && main.kind !== CJS) {
    throw new TypeError(
      `Worker code: 'mainModule' "${mainModule}" must be a JavaScript module.`);
  }
  return checked;
}

function namesText(names) {
  let text = "";
  for (let i = 0; i < names.length && i < 10; i++) {
    text += `${i === 0 ? "" : ", "}"${names[i]}"`;
  }
  return names.length > 10 ? `${text}, and ${names.length - 10} more` : text;
}

function checkFlags(flags) {
  const checked = [];
  if (flags === undefined) return checked;
  if (!isObject(flags) || typeof flags[SymbolIterator] !== "function") {
    throw new TypeError(
      "Worker code: 'compatibilityFlags' must be an array of strings, not " +
      `${show(flags)}.`);
  }
  let n = 0;
  for (const flag of flags) {
    requireString(flag, `compatibilityFlags[${n}]`);
    checked[n++] = flag;
  }
  return checked;
}

function checkLimit(limits, field, where) {
  const value = limits[field];
  if (value === undefined) return 0;
  if (!NumberIsInteger(value) || value < 1 || value > 2 ** 32 - 1) {
    throw new TypeError(
      `${where}: 'limits.${field}' must be a positive integer, not ` +
      `${show(value)}.`);
  }
  return value;
}

// { cpuMs, subRequests }, 0 where there is none.
export function checkLimits(limits, where = "Worker code") {
  if (limits === undefined) return { cpuMs: 0, subRequests: 0 };
  if (!isObject(limits)) {
    throw new TypeError(
      `${where}: 'limits' must be an object, not ${show(limits)}.`);
  }
  return {
    cpuMs: checkLimit(limits, "cpuMs", where),
    subRequests: checkLimit(limits, "subRequests", where),
  };
}

// It may be tomorrow already where the code was written.
function requirePast(text) {
  if (text > dateText(DateNow() + 24 * 60 * 60 * 1000)) {
    throw new Error(
      `Can't set compatibility date in the future: ${show(text)}`);
  }
}

// Checks WorkerCode but for its globalOutbound and what its tails are, which is
// the caller's.  Returns { compatibilityDate, compatibilityFlags, mainModule,
// modules, env, limits, tails }, modules as a list of { name, kind, content };
// each field of the worker's is read once.
export function checkWorkerCode(code, fromJSON = false) {
  if (!isObject(code) || ArrayIsArray(code)) {
    throw new TypeError(
      `Worker code must be an object, not ${show(code)}. It needs at least ` +
      "'mainModule' and 'modules'.");
  }
  const {
    allowExperimental, compatibilityDate, compatibilityFlags, env, limits,
    mainModule, modules, streamingTails, tails,
  } = code;

  if (compatibilityDate !== undefined) {
    requireString(compatibilityDate, "compatibilityDate");
    if (!isDate(compatibilityDate)) {
      throw new TypeError(
        "Worker code: 'compatibilityDate' must be a date such as " +
        `"2025-04-01", not ${show(compatibilityDate)}.`);
    }
    requirePast(compatibilityDate);
  }
  requireString(mainModule, "mainModule");
  requireOptionalBoolean(allowExperimental, "allowExperimental");
  if (allowExperimental) {
    throw new Error(
      "'allowExperimental' is only allowed when the calling worker has the " +
      "'experimental' compat flag set.");
  }
  requireArray(tails, "tails");
  requireArray(streamingTails, "streamingTails");
  if (streamingTails !== undefined && streamingTails.length > 0) {
    throw new Error("Worker code: 'streamingTails' are not supported yet.");
  }
  const checked = {
    compatibilityDate,
    compatibilityFlags: checkFlags(compatibilityFlags),
    mainModule,
    modules: checkModules(modules, mainModule, fromJSON),
    env: undefined,
    limits: checkLimits(limits),
    tails: copyTails(tails),
  };
  if (env !== undefined) {
    if (!isObject(env)) {
      throw new TypeError(
        `Worker code: 'env' must be an object, not ${show(env)}.`);
    }
    checked.env = env;
  }
  return checked;
}

function requireArray(value, field) {
  if (value === undefined || ArrayIsArray(value)) return;
  throw new TypeError(
    `Worker code: '${field}' must be an array, not ${show(value)}.`);
}

// What is in it, the caller checks.
function copyTails(tails) {
  const copy = list();
  if (tails === undefined) return copy;
  const { length } = tails;
  if (length > MAX_TAILS) {
    throw new RangeError(
      `Worker code: 'tails' has ${length} stubs, more than ${MAX_TAILS}.`);
  }
  for (let i = 0; i < length; i++) copy[i] = tails[i];
  return copy;
}

// 'tails' must be Fetchers.
export const tailError = (value, index) => new TypeError(
  `Worker code: 'tails[${index}]' must be a stub such as ctx.exports.Name({ ` +
  `props }), not ${show(value)}.`);

// 'globalOutbound' must be a Fetcher, null or absent.
export function outboundError(value, expected) {
  return new TypeError(
    `Worker code: 'globalOutbound' must be ${expected}, not ${show(value)}.`);
}

// Checked code as bytes, in the format VALUE: WorkerCode again.  Stubs in its
// env become grants.
export function serializeCode(checked, grants) {
  const env = checked.env === undefined
    ? undefined : chunk("clone").copyEnv(checked.env, grants);
  const modules = ObjectCreate(null);
  for (let i = 0; i < checked.modules.length; i++) {
    const { content, kind, name } = checked.modules[i];
    modules[name] = kind === JS ? { js: content }
      : kind === TEXT ? { text: content }
        : kind === CJS ? { cjs: content }
          : kind === DATA ? { data: content }
            : kind === WASM ? { wasm: content } : { json: JSONParse(content) };
  }
  const bytes = toBytes({
    compatibilityDate: checked.compatibilityDate,
    compatibilityFlags: checked.compatibilityFlags,
    mainModule: checked.mainModule,
    modules,
    env,
  });
  // what is small with its code need not be measured alone
  if (env !== undefined &&
      TypedArrayPrototypeGetByteLength(bytes) > MAX_ENV_SIZE) {
    requireSmall(env);
  }
  return bytes;
}

function requireSmall(env) {
  const size = TypedArrayPrototypeGetByteLength(toBytes(env));
  if (size > MAX_ENV_SIZE) {
    throw new Error(
      `Dynamic Worker env size (${size} bytes) exceeds the maximum allowed ` +
      `size of ${MAX_ENV_SIZE} bytes.`);
  }
}
