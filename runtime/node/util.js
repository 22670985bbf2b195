// node:util.  https://nodejs.org/docs/latest-v20.x/api/util.html

import {
  completeOptions, customInspect, defaultOptions, formatWith, inspect,
} from "../chunks/inspect.js";
import {
  invalidArgType, nodeError, nodeTypeError, requireBoolean, requireFunction,
  requireObject, requireString,
} from "../chunks/node-errors.js";
import { chunk } from "../core/chunks.js";
import { console } from "../web/console.js";
import { TextDecoder, TextEncoder } from "../web/encoding.js";
import { isDeepStrictEqual } from "./deep-equal.js";
import { parseArgs } from "./parse-args.js";
import { colors, styles } from "./styles.js";
import types from "./util-types.js";

const { defineProperty, getOwnPropertyDescriptors, setPrototypeOf } = Object;

// -- inspect and format ------------------------------------------------------

defineProperty(inspect, "custom", {
  __proto__: null, value: customInspect, enumerable: true,
});
defineProperty(inspect, "defaultOptions", {
  __proto__: null,
  get: () => ({ ...defaultOptions }),
  set(options) {
    requireObject(options, "options");
    for (const key of Object.keys(defaultOptions)) {
      if (options[key] !== undefined) defaultOptions[key] = options[key];
    }
  },
  enumerable: true,
});
inspect.colors = colors;
inspect.styles = styles;

const format = (...args) => formatWith(completeOptions(undefined), args);

function formatWithOptions(options, ...args) {
  requireObject(options, "inspectOptions");
  return formatWith(completeOptions(options), args);
}

// Without a terminal that shows colors it is the text itself.
function styleText(format, text, { validateStream = true, stream } = {}) {
  requireString(text, "text");
  requireBoolean(validateStream, "options.validateStream");
  let begin = "";
  let end = "";
  for (const name of Array.isArray(format) ? format : [format]) {
    const codes = inspect.colors[name];
    if (codes === undefined) {
      throw nodeTypeError("ERR_INVALID_ARG_VALUE",
        `The argument 'format' must be one of: ${
          Object.keys(inspect.colors).map((key) => `'${key}'`).join(", ")
        }. Received ${inspect(name)}`);
    }
    begin += `\u001b[${codes[0]}m`;
    end = `\u001b[${codes[1]}m${end}`;
  }
  return validateStream && !stream?.isTTY ? text : begin + text + end;
}

// https://github.com/chalk/ansi-regex is what Node.js goes by.
const ansi = new RegExp(
  "[\\u001B\\u009B][[\\]()#;?]*" +
  "(?:(?:(?:(?:;[-a-zA-Z\\d\\/\\#&.:=?%@~_]+)*" +
  "|[a-zA-Z\\d]+(?:;[-a-zA-Z\\d\\/\\#&.:=?%@~_]*)*)?" +
  "(?:\\u0007|\\u001B\\u005C|\\u009C))" +
  "|(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PR-TZcf-ntqry=><~]))", "g");

function stripVTControlCharacters(text) {
  requireString(text, "str");
  return text.replace(ansi, "");
}

// -- functions ---------------------------------------------------------------

const customPromisify = Symbol.for("nodejs.util.promisify.custom");

function promisify(original) {
  requireFunction(original, "original");
  const custom = original[customPromisify];
  if (custom) {
    requireFunction(custom, "util.promisify.custom");
    return defineProperty(custom, customPromisify, {
      __proto__: null, value: custom, configurable: true,
    });
  }
  function promisified(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      }]);
    });
  }
  setPrototypeOf(promisified, Object.getPrototypeOf(original));
  defineProperty(promisified, customPromisify, {
    __proto__: null, value: promisified, configurable: true,
  });
  return Object.defineProperties(promisified,
    getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

function callbackify(original) {
  requireFunction(original, "original");
  function callbackified(...args) {
    const callback = args.pop();
    requireFunction(callback, "last argument");
    const bound = callback.bind(this);
    Reflect.apply(original, this, args).then(
      (value) => { queueMicrotask(() => bound(null, value)); },
      (reason) => {
        if (!reason) {
          const error = nodeError("ERR_FALSY_VALUE_REJECTION",
            "Promise was rejected with falsy value");
          error.reason = reason;
          reason = error;
        }
        queueMicrotask(() => bound(reason));
      });
  }
  const descriptors = getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === "number") descriptors.length.value++;
  if (typeof descriptors.name.value === "string") {
    descriptors.name.value += "Callbackified";
  }
  return Object.defineProperties(callbackified, descriptors);
}

function inherits(constructor, superConstructor) {
  if (constructor === undefined || constructor === null) {
    throw invalidArgType("ctor", "Function", constructor);
  }
  if (superConstructor === undefined || superConstructor === null) {
    throw invalidArgType("superCtor", "Function", superConstructor);
  }
  if (superConstructor.prototype === undefined) {
    throw invalidArgType(
      "superCtor.prototype", "Object", superConstructor.prototype);
  }
  defineProperty(constructor, "super_", {
    __proto__: null, value: superConstructor, writable: true,
      configurable: true,
  });
  setPrototypeOf(constructor.prototype, superConstructor.prototype);
}

const warned = new Set();

function deprecate(original, message, code = undefined) {
  let done = false;
  if (code !== undefined) requireString(code, "code");
  function deprecated(...args) {
    if (!done) {
      done = true;
      if (code === undefined || !warned.has(code)) {
        if (code !== undefined) warned.add(code);
        console.warn(
          `${code === undefined ? "" : `[${code}] `}DeprecationWarning: ${message}`);
      }
    }
    return new.target ? Reflect.construct(original, args, new.target)
      : Reflect.apply(original, this, args);
  }
  setPrototypeOf(deprecated, original);
  if (original.prototype) deprecated.prototype = original.prototype;
  return deprecated;
}

// Nothing sets NODE_DEBUG here.
function debuglog(set) {
  const log = () => {};
  defineProperty(log, "enabled", {
    __proto__: null, get: () => false, enumerable: true, configurable: true,
  });
  void set;
  return log;
}

// https://nodejs.org/docs/latest-v20.x/api/util.html#utilabortedsignal-resource
async function aborted(signal, resource) {
  if (!(signal instanceof AbortSignal)) {
    throw invalidArgType("signal", "AbortSignal", signal);
  }
  requireObject(resource, "resource");
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

// -- the rest ----------------------------------------------------------------

// https://nodejs.org/docs/latest-v20.x/api/util.html#utilparseenvcontent
function parseEnv(content) {
  requireString(content, "content");
  const env = {};
  const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("[^"]*"|'[^']*'|`[^`]*`|[^#\r\n]*)?[^\r\n]*$/gm;
  for (const [, key, raw = ""] of content.matchAll(line)) {
    let value = raw.trim();
    const quote = value[0];
    if (value.length > 1 && (quote === '"' || quote === "'" || quote === "`") &&
        value.at(-1) === quote) {
      value = value.slice(1, -1);
      if (quote === '"') value = value.replaceAll("\\n", "\n");
    }
    env[key] = value;
  }
  return env;
}

const log = (...args) => {
  const now = new Date();
  const two = (n) => `${n}`.padStart(2, "0");
  const month = now.toLocaleString("en", { month: "short" });
  console.log("%s - %s", `${now.getDate()} ${month} ` +
    [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(":"),
  format(...args));
};

function extend(target, source) {
  if (source === null || typeof source !== "object") return target;
  for (const key of Object.keys(source)) target[key] = source[key];
  return target;
}

const isError = (value) =>
  types.isNativeError(value) || value instanceof Error;

const util = {
  _extend: extend,
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === "boolean",
  isBuffer: (value) => types.isUint8Array(value) &&
    chunk("node-buffer").Buffer.isBuffer(value),
  isDate: types.isDate,
  isDeepStrictEqual: (a, b) => isDeepStrictEqual(a, b),
  isError,
  isFunction: (value) => typeof value === "function",
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === "number",
  isObject: (value) => value !== null && typeof value === "object",
  isPrimitive: (value) => value === null ||
    (typeof value !== "object" && typeof value !== "function"),
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === "string",
  isSymbol: (value) => typeof value === "symbol",
  isUndefined: (value) => value === undefined,
  log,
  parseArgs,
  parseEnv,
  promisify,
  stripVTControlCharacters,
  styleText,
  TextDecoder,
  TextEncoder,
  toUSVString: (text) => `${text}`.toWellFormed(),
  types,
};
export default util;
