// The modules of the worker in this isolate, and how specifiers name them.

import { v8 } from "../native.js";
import {
  JSONParse, list, MathMax, ObjectCreate, PrimordialError as Error,
  PrimordialNumber as Number, RegExpPrototypeExec, SafeMap, splitString,
  StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice,
  StringPrototypeStartsWith, TypedArrayPrototypeGetBuffer,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { messageOf } from "../core/errors.js";
import { RpcPromise, RpcProperty, RpcStub } from "../core/stubs.js";
import { nodeModuleExports, nodeModuleName } from "../node/modules.js";
import { Fetcher } from "../web/fetcher.js";
import { abortIsolate } from "./abort-isolate.js";
import { bundlerHint, CJS, JS, JSON_MODULE, TEXT, WASM } from "./code.js";
import {
  hasAsyncHooks, hasNodeGlobals, hasNodeModules,
} from "./compatibility.js";
import {
  DurableObject, RpcTarget, waitUntil, worker, WorkerEntrypoint,
  WorkflowEntrypoint,
} from "./entrypoints.js";
import { addOverlays } from "./overlays.js";

// Of a line that cannot be parsed, this much is looked at on each side.
const MAX_LINE = 1000;

const modules = new SafeMap();
const synthetic = new SafeMap();

export function setModules(records) {
  for (let i = 0; i < records.length; i++) {
    modules.set(records[i].name, records[i]);
  }
}

// "dir" is "" or ends with a slash; undefined when the way leads out of the
// root.
function join(dir, specifier) {
  const steps = splitString(dir + specifier, "/");
  const path = list();
  for (let i = 0; i < steps.length; i++) {
    if (steps[i] === ".") continue;
    if (steps[i] === "..") {
      if (path.length === 0) return undefined;
      path.length--;
    } else {
      path[path.length] = steps[i];
    }
  }
  let name = "";
  for (let i = 0; i < path.length; i++) name += i === 0 ? path[i] : `/${path[i]}`;
  return name;
}

// The module that "specifier" names in the module "referrer", or undefined.
function find(specifier, referrer) {
  const slash = StringPrototypeLastIndexOf(referrer, "/");
  const dir = StringPrototypeSlice(referrer, 0, slash + 1);
  if (StringPrototypeStartsWith(specifier, "./") ||
      StringPrototypeStartsWith(specifier, "../")) {
    return modules.get(join(dir, specifier));
  }
  if (StringPrototypeStartsWith(specifier, "/")) {
    return modules.get(specifier) ??
      modules.get(StringPrototypeSlice(specifier, 1));
  }
  return modules.get(specifier) ?? modules.get(join(dir, specifier));
}

function workersModule() {
  const exports = ObjectCreate(null);
  exports.DurableObject = DurableObject;
  exports.RpcPromise = RpcPromise;
  exports.RpcProperty = RpcProperty;
  exports.RpcStub = RpcStub;
  exports.RpcTarget = RpcTarget;
  exports.ServiceStub = Fetcher;
  exports.WorkerEntrypoint = WorkerEntrypoint;
  exports.WorkflowEntrypoint = WorkflowEntrypoint;
  exports.abortIsolate = abortIsolate;
  exports.waitUntil = waitUntil;
  addOverlays(exports, worker);
  return exports;
}

function socketsModule() {
  const exports = ObjectCreate(null);
  exports.connect = chunk("sockets").connect;
  return exports;
}

const cloudflareModules = {
  __proto__: null,
  "cloudflare:sockets": socketsModule,
  "cloudflare:workers": workersModule,
};

// A module of Cloudflare's, or undefined.
function findCloudflareModule(specifier) {
  const make = cloudflareModules[specifier];
  return make === undefined ? undefined : syntheticModule(specifier, make);
}

function defaultExport(value) {
  const exports = ObjectCreate(null);
  exports.default = value;
  return exports;
}

function compile({ content, name }) {
  try {
    return v8.compileWasm(content);
  } catch (error) {
    throw new Error(`Module "${name}" is not WebAssembly: ${messageOf(error)}`);
  }
}

function contentOf(module) {
  switch (module.kind) {
  case TEXT:
    return module.content;
  case JSON_MODULE:
    return JSONParse(module.content);
  case WASM:
    return compile(module);
  default:
    return TypedArrayPrototypeGetBuffer(module.content);
  }
}

function syntheticModule(name, make) {
  let found = synthetic.get(name);
  if (found === undefined) {
    found = { __proto__: null, name, exports: make() };
    synthetic.set(name, found);
  }
  return found;
}

// The same content for each import of it and each require().
const contentModule = (module) =>
  syntheticModule(module.name, () => defaultExport(contentOf(module)));

// A module of Node.js that this worker may import, or undefined.
function findNodeModule(specifier) {
  const name = nodeModuleName(specifier);
  if (name === undefined) return undefined;
  const allowed = StringPrototypeStartsWith(specifier, "node:")
    ? hasNodeModules() || (name === "async_hooks" && hasAsyncHooks())
    : hasNodeGlobals();
  if (!allowed) return undefined;
  return syntheticModule(`node:${name}`, () => nodeModuleExports(name));
}

// For native.v8.setModuleHost().  A CommonJS module runs when its turn comes
// among those that are imported.
function resolve(specifier, referrer) {
  referrer ??= "";
  const cloudflare = findCloudflareModule(specifier);
  if (cloudflare !== undefined) return cloudflare;
  const module = find(specifier, referrer);
  if (module === undefined) {
    const builtIn = findNodeModule(specifier);
    if (builtIn !== undefined) return builtIn;
    throw missing(specifier, referrer);
  }
  const { content, kind, name } = module;
  if (kind === JS) return { __proto__: null, name, source: content };
  return kind === CJS
    ? { __proto__: null, name, run: () => requireModule(module) }
    : contentModule(module);
}

// What a CommonJS module's "module.exports" is.
const requireModule = (module) => chunk("commonjs").evaluate(module, {
  __proto__: null,
  contentOf: (found) => contentModule(found).exports.default,
  find,
  isScript: (found) => found.kind === JS,
  isCommonJs: (found) => found.kind === CJS,
  missing,
  cloudflare: (specifier) => findCloudflareModule(specifier)?.exports,
  builtIn: (specifier) => findNodeModule(specifier)?.exports.default,
});

function missing(specifier, referrer) {
  const from = referrer === "" ? "" : `\n  imported from "${referrer}"`;
  return new Error(`No such module "${specifier}".${from}${hint(specifier)}`);
}

function hint(specifier) {
  if (nodeModuleName(specifier) !== undefined) {
    return StringPrototypeStartsWith(specifier, "node:")
      ? "\n  it needs the compatibility flag \"nodejs_compat\""
      : `\n  import "node:${specifier}" instead, with the compatibility flag ` +
        '"nodejs_compat"';
  }
  if (StringPrototypeStartsWith(specifier, "node:")) {
    return "\n  this module of Node.js is not available here";
  }
  return StringPrototypeIndexOf(specifier, ":") !== -1 ||
      StringPrototypeStartsWith(specifier, ".") ? ""
    : "\n  npm packages must be bundled, e.g. with '@cloudflare/worker-bundler'";
}

// On a line that is no JavaScript: it may be TypeScript.
const typed = /\b(?:abstract|as|declare|enum|implements|interface|namespace|private|protected|public|readonly|satisfies|type)\s|[\w)\]]\s*\??:\s*[\w{[(]|<\w+>/;

// Syntax that V8 may be too old for: the error of one that is, and what then
// stands before and after its place.
const newer = [
  ['"using"', /^SyntaxError: Unexpected identifier/, /(?:^|[^\w$.])using[ \t]+$/, null],
  ['"accessor"', /^SyntaxError: Unexpected identifier/, /(?:^|[^\w$.])accessor[ \t]+$/, null],
  ["decorators", /^SyntaxError: Invalid or unexpected token$/, null, /^@[\w$(]/],
];
const newerRegExp = [
  [/^SyntaxError: Invalid regular expression flags$/, /\/[dgimsuy]*v[dgimsuy]*(?![\w$])/],
  [/^SyntaxError: Invalid regular expression: .*: Invalid group$/, /\(\?(?:[ims]+(?:-[ims]*)?|-[ims]+):/],
  [/^SyntaxError: Invalid regular expression: .*: Duplicate capture group name$/, null],
];

const matches = (pattern, text) =>
  pattern === null || RegExpPrototypeExec(pattern, text) !== null;

// The line of "name:line:column" and where in it that is, or undefined.
function placeAt(location) {
  const column = StringPrototypeLastIndexOf(location, ":");
  const colon = StringPrototypeLastIndexOf(location, ":", column - 1);
  if (colon < 1) return undefined;
  const module = modules.get(StringPrototypeSlice(location, 0, colon));
  if (module === undefined || module.kind !== JS) return undefined;
  const number = Number(StringPrototypeSlice(location, colon + 1, column));
  const { content } = module;
  let at = 0;
  for (let i = 1; i < number; i++) {
    at = StringPrototypeIndexOf(content, "\n", at) + 1;
    if (at === 0) return undefined;
  }
  const place = at + Number(StringPrototypeSlice(location, column + 1)) - 1;
  const from = MathMax(at, place - MAX_LINE);
  return {
    __proto__: null,
    line: firstLine(StringPrototypeSlice(content, at, at + MAX_LINE)),
    before: StringPrototypeSlice(content, from, place),
    after: firstLine(StringPrototypeSlice(content, place, place + MAX_LINE)),
  };
}

// What to do about a SyntaxError there, or "".
export function syntaxHint(message, location) {
  // an import of what a module does not export, which V8 calls one too
  if (StringPrototypeStartsWith(message, "SyntaxError: The requested module ")) {
    return "";
  }
  const place = placeAt(location);
  if (place === undefined) return "";
  for (let i = 0; i < newer.length; i++) {
    const { 0: name, 1: error, 2: before, 3: after } = newer[i];
    if (matches(error, message) && matches(before, place.before) &&
        matches(after, place.after)) {
      return `. The V8 of this engine does not know ${name}: a bundler such as ` +
        "'@cloudflare/worker-bundler' can replace what is newer.";
    }
  }
  for (let i = 0; i < newerRegExp.length; i++) {
    const { 0: error, 1: after } = newerRegExp[i];
    if (matches(error, message) && matches(after, place.after)) {
      return ". The V8 of this engine does not know this syntax of regular " +
        "expressions.";
    }
  }
  return StringPrototypeStartsWith(message, "SyntaxError: Invalid regular ") ||
    !matches(typed, place.line) ? "" : `.${bundlerHint}`;
}

function firstLine(text) {
  const end = StringPrototypeIndexOf(text, "\n");
  return end === -1 ? text : StringPrototypeSlice(text, 0, end);
}

export function importMain(name) {
  v8.setModuleHost(resolve);
  return v8.importModule(name);
}
