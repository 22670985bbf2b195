// https://console.spec.whatwg.org/ : every line becomes a line of a log.

import {
  LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARN, ops,
} from "../native.js";
import {
  ErrorCaptureStackTrace, JSONStringify, MathFloor, NumberIsNaN,
  ObjectDefineProperty, ObjectKeys, PrimordialNumber as Number,
  PrimordialParseFloat as parseFloat, PrimordialParseInt as parseInt,
  PrimordialString as String, SafeMap, StringPrototypeIndexOf,
  StringPrototypeRepeat, StringPrototypeSlice, SymbolToStringTag,
} from "../primordials.js";
import { currentInvocation } from "../core/invocation.js";
import { isObject } from "../core/webidl.js";
import { inspect } from "./inspect.js";

let depth = 0;
const counts = new SafeMap();
const timers = new SafeMap();

function show(value) {
  if (typeof value === "string") return value;
  try {
    return inspect(value);
  } catch {
    return "[object that cannot be shown]";
  }
}

function formatOne(directive, value) {
  switch (directive) {
  case "s":
    return typeof value === "symbol" || isObject(value)
      ? show(value) : String(value);
  case "d":
  case "i": {
    if (typeof value === "symbol" || isObject(value)) return "NaN";
    if (typeof value === "bigint") return `${value}n`;
    const number = directive === "i" ? parseInt(value, 10) : Number(value);
    return NumberIsNaN(number) ? "NaN" : `${number}`;
  }
  case "f":
    return typeof value === "symbol" ? "NaN" : `${parseFloat(value)}`;
  case "j":
    try {
      return JSONStringify(value);
    } catch {
      return "[Circular]";
    }
  default:
    return show(value);
  }
}

// https://console.spec.whatwg.org/#formatter
function format(args) {
  let text = "";
  let next = 0;
  if (typeof args[0] === "string") {
    const pattern = args[0];
    next = 1;
    let from = 0;
    for (;;) {
      const at = StringPrototypeIndexOf(pattern, "%", from);
      if (at === -1 || at === pattern.length - 1) break;
      text += StringPrototypeSlice(pattern, from, at);
      const directive = pattern[at + 1];
      from = at + 2;
      if (directive === "%") {
        text += args.length === 1 ? "%%" : "%";
      } else if (StringPrototypeIndexOf("sdifoOjc", directive) === -1 ||
                 next >= args.length) {
        text += `%${directive}`;
      } else if (directive === "c") {
        next++;
      } else {
        text += formatOne(directive, args[next++]);
      }
    }
    text += StringPrototypeSlice(pattern, from);
  }
  for (let i = next; i < args.length; i++) {
    if (i > 0) text += " ";
    text += show(args[i]);
  }
  return text;
}

function print(level, text) {
  const invocation = currentInvocation();
  ops.log(
    invocation === undefined ? 0 : invocation.channel, level,
    depth === 0 ? text : StringPrototypeRepeat("  ", depth) + text);
}

function table(data) {
  if (!isObject(data)) return show(data);
  const rows = ObjectKeys(data);
  let text = "";
  for (let i = 0; i < rows.length; i++) {
    text += `${i === 0 ? "" : "\n"}${rows[i]}: ${show(data[rows[i]])}`;
  }
  return text;
}

export const console = {
  debug(...args) { print(LOG_DEBUG, format(args)); },
  log(...args) { print(LOG_INFO, format(args)); },
  info(...args) { print(LOG_INFO, format(args)); },
  warn(...args) { print(LOG_WARN, format(args)); },
  error(...args) { print(LOG_ERROR, format(args)); },
  dir(value) { print(LOG_INFO, show(value)); },
  dirxml(...args) { print(LOG_INFO, format(args)); },
  table(data) { print(LOG_INFO, table(data)); },

  trace(...args) {
    const here = {};
    ErrorCaptureStackTrace(here, console.trace);
    const { stack } = here;
    const text = format(args);
    print(LOG_INFO, `Trace${text === "" ? "" : `: ${text}`}` +
      StringPrototypeSlice(stack, StringPrototypeIndexOf(stack, "\n")));
  },

  assert(condition, ...args) {
    if (condition) return;
    const text = format(args);
    print(LOG_ERROR, `Assertion failed${text === "" ? "" : `: ${text}`}`);
  },

  group(...args) {
    if (args.length > 0) print(LOG_INFO, format(args));
    depth++;
  },
  groupCollapsed(...args) {
    if (args.length > 0) print(LOG_INFO, format(args));
    depth++;
  },
  groupEnd() {
    if (depth > 0) depth--;
  },

  count(label = "default") {
    const count = (counts.get(`${label}`) ?? 0) + 1;
    counts.set(`${label}`, count);
    print(LOG_INFO, `${label}: ${count}`);
  },
  countReset(label = "default") {
    counts.delete(`${label}`);
  },

  time(label = "default") {
    timers.set(`${label}`, ops.now());
  },
  timeLog(label = "default", ...args) {
    const start = timers.get(`${label}`);
    if (start === undefined) return;
    const text = format(args);
    print(LOG_INFO, `${label}: ${MathFloor(ops.now() - start)}ms` +
      (text === "" ? "" : ` ${text}`));
  },
  timeEnd(label = "default") {
    const start = timers.get(`${label}`);
    if (start === undefined) return;
    timers.delete(`${label}`);
    print(LOG_INFO, `${label}: ${MathFloor(ops.now() - start)}ms`);
  },

  clear() {},
  timeStamp() {},
  profile() {},
  profileEnd() {},
};
ObjectDefineProperty(console, SymbolToStringTag, {
  value: "console", configurable: true,
});
