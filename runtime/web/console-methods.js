// https://console.spec.whatwg.org/ : every line becomes a line of a log.  Each
// method's "this" is the function that the worker has called.

import { LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARN, ops } from "../native.js";
import {
  ArrayIsArray, ErrorCaptureStackTrace, JSONStringify, list, MathFloor,
  MathMax, MathMin, ObjectGetPrototypeOf, ObjectKeys, ObjectPrototype,
  PrimordialString as String,
  ReflectHas, replaceString, SafeMap, StringPrototypeIndexOf,
  StringPrototypePadEnd, StringPrototypeRepeat, StringPrototypeSlice,
} from "../primordials.js";
import { currentInvocation } from "../core/invocation.js";
import { CALL, trace } from "../core/trace.js";
import { isObject, toDOMString } from "../core/webidl.js";
import {
  completeOptions, formatWith, insideOf, inspectWith, isProxy, kindOf, MAP, SET,
} from "../chunks/inspect.js";
import { hasNodeModules } from "../worker/compatibility.js";

// A line of a log is not long; and what nobody will see is not made: a value is
// shown up to about so many characters.
const MAX_TEXT = 64 * 1024;
const MAX_VALUE = 8 * 1024;
const DEPTH = 4;

// Groups that no request ends add up while an isolate is warm; what they indent
// must not become longer than what is said.
const MAX_INDENTATION = 32;

let indentation = 0;
const counts = new SafeMap();
const timers = new SafeMap();

function options(more = undefined) {
  const made = completeOptions({ __proto__: null, depth: DEPTH, ...more });
  made.oneLine = true;
  made.budget = MAX_VALUE;
  made.customInspect = hasNodeModules();
  return made;
}

// What a worker's own code threw while it was asked for a text is no reason not
// to log.
function safely(format) {
  try {
    return format();
  } catch {
    return "[object that cannot be shown]";
  }
}

const format = (args) => safely(() => formatWith(options(), args));
const show = (value, more = undefined) => typeof value === "string" ? value
  : safely(() => inspectWith(value, options(more)));

// What tails are told of one argument, as JSON.  Like other Workers: toJSON()
// and getters are asked, and what is more than data is what String() makes of it.
function isData(value) {
  if (!isObject(value)) {
    return typeof value !== "symbol" && typeof value !== "bigint";
  }
  if (typeof value === "function") return false;
  if (ArrayIsArray(value)) return true;
  const prototype = ObjectGetPrototypeOf(value);
  return prototype === null || prototype === ObjectPrototype ||
    typeof value.toJSON === "function";
}

function toJSON(value) {
  try {
    if (!isData(value)) return JSONStringify(String(value));
    return JSONStringify(value) ?? "null";
  } catch {
    return '"[object that cannot be shown]"';
  }
}

function callText(name, args) {
  let text = "";
  for (let i = 0; i < args.length; i++) {
    text += (i === 0 ? "" : ",") + toJSON(args[i]);
  }
  return `{"level":"${name}","message":[${text}]}`;
}

const names = {
  __proto__: null,
  [LOG_DEBUG]: "debug", [LOG_INFO]: "log", [LOG_WARN]: "warn",
  [LOG_ERROR]: "error",
};

function print(level, text) {
  const invocation = currentInvocation();
  trace(invocation, CALL, () => callText(names[level], [text]));
  printLine(invocation, level, text);
}

function printLine(invocation, level, text) {
  if (text.length > MAX_TEXT) text = StringPrototypeSlice(text, 0, MAX_TEXT);
  if (indentation > 0) {
    const indent =
      StringPrototypeRepeat("  ", MathMin(indentation, MAX_INDENTATION));
    text = indent + replaceString(text, "\n", `\n${indent}`);
  }
  ops.log(invocation === undefined ? 0 : invocation.channel, level, text);
}

function printAll(level, args, name = names[level]) {
  const invocation = currentInvocation();
  trace(invocation, CALL, () => callText(name, args));
  if (args.length > 0) printLine(invocation, level, format(args));
}

const label = (value) => value === undefined ? "default" : toDOMString(value);

// -- table ------------------------------------------------------------------

const MAX_ROWS = 1000;
const INDEX = "(index)", ITERATION = "(iteration index)", KEY = "Key",
  VALUES = "Values";

function unwrap(value) {
  while (isProxy(value)) {
    const inside = insideOf(value);
    if (inside === null) return null;
    value = inside[0];
  }
  return value;
}

const cell = (value) => typeof value === "string"
  ? safely(() => inspectWith(value, options())) : show(value, { depth: 0 });

// { columns, rows }: names, and lists of cells by the index of their column.
function tabulate(data, properties) {
  const columns = list();
  const places = { __proto__: null };
  const rows = list();
  const placeOf = (name) => {
    if (places[name] === undefined) {
      places[name] = columns.length;
      columns[columns.length] = name;
    }
    return places[name];
  };
  const kind = kindOf(data);
  const isCollection = kind === MAP || kind === SET;
  placeOf(isCollection ? ITERATION : INDEX);
  const values = list();      // of rows that are no objects

  const addRow = (key, value, name) => {
    const row = list();
    row[0] = name;
    if (key !== undefined) row[placeOf(KEY)] = cell(key);
    const object = unwrap(value);
    if (isObject(object) && typeof object !== "function" && !isCollection) {
      const keys = properties ?? ObjectKeys(object);
      for (let i = 0; i < keys.length; i++) {
        const place = placeOf(`${keys[i]}`);
        if (ReflectHas(object, keys[i])) row[place] =
            safely(() => cell(object[keys[i]]));
      }
    } else {
      values[rows.length] = cell(value);
    }
    rows[rows.length] = row;
  };

  if (isCollection) {
    const { 0: entries, 1: arePairs } = insideOf(data);
    const step = arePairs ? 2 : 1;
    for (let i = 0; i < entries.length && rows.length < MAX_ROWS; i += step) {
      addRow(arePairs ? entries[i] : undefined, entries[i + step - 1],
        `${rows.length}`);
    }
  } else {
    const keys = ObjectKeys(data);
    for (let i = 0; i < keys.length && i < MAX_ROWS; i++) {
      addRow(undefined, safely(() => data[keys[i]]), keys[i]);
    }
  }
  if (values.length > 0) {
    const place = columns.length;
    columns[place] = VALUES;
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== undefined) rows[i][place] = values[i];
    }
  }
  return { columns, rows };
}

function table(data, properties) {
  const { columns, rows } = tabulate(data, properties);
  const widths = list();
  for (let c = 0; c < columns.length; c++) {
    widths[c] = columns[c].length + 2;
    for (let r = 0; r < rows.length; r++) {
      widths[c] = MathMax(widths[c], (rows[r][c] ?? "").length + 2);
    }
  }
  const line = (left, between, right) => {
    let text = left;
    for (let c = 0; c < widths.length; c++) {
      text += (c === 0 ? "" : between) + StringPrototypeRepeat("─", widths[c]);
    }
    return text + right;
  };
  const row = (cells) => {
    let text = "│";
    for (let c = 0; c < widths.length; c++) {
      text += StringPrototypePadEnd(` ${cells[c] ?? ""}`, widths[c]) + "│";
    }
    return text;
  };
  let text = `${line("┌", "┬", "┐")}\n${row(columns)}\n${line("├", "┼", "┤")}\n`;
  for (let r = 0; r < rows.length; r++) text += `${row(rows[r])}\n`;
  return text + line("└", "┴", "┘");
}

// -- the methods --------------------------------------------------------------

function group(...args) {
  printAll(LOG_INFO, args);
  indentation++;
}

const elapsed = (start) => `${MathFloor(ops.now() - start)}ms`;

const nothing = () => {};

export const methods = {
  __proto__: null,
  debug(...args) { printAll(LOG_DEBUG, args); },
  log(...args) { printAll(LOG_INFO, args); },
  info(...args) { printAll(LOG_INFO, args, "info"); },
  warn(...args) { printAll(LOG_WARN, args); },
  error(...args) { printAll(LOG_ERROR, args); },
  dirxml(...args) { printAll(LOG_INFO, args); },
  group,
  groupCollapsed: group,

  dir(value, given = undefined) {
    print(LOG_INFO, safely(() => {
      const { depth, showHidden } = isObject(given)
        ? given : { __proto__: null };
      return show(value,
        { depth: depth === undefined ? DEPTH : depth, showHidden });
    }));
  },

  // https://console.spec.whatwg.org/#table
  table(data = undefined, properties = undefined) {
    const shown = unwrap(data);
    if (!isObject(shown)) {
      printAll(LOG_INFO, [data]);
      return;
    }
    print(LOG_INFO, safely(() => table(shown, properties)));
  },

  trace(...args) {
    const here = {};
    ErrorCaptureStackTrace(here, this);
    const { stack } = here;
    const text = format(args);
    // a worker may have set Error.stackTraceLimit to anything
    const end = typeof stack === "string"
      ? StringPrototypeIndexOf(stack, "\n") : -1;
    print(LOG_INFO, `Trace${text === "" ? "" : `: ${text}`}` +
      (end === -1 ? "" : StringPrototypeSlice(stack, end)));
  },

  // https://console.spec.whatwg.org/#assert
  assert(condition = false, ...args) {
    if (condition) return;
    const message = "Assertion failed";
    const all = list();
    all[0] = message;
    let from = 0;
    if (typeof args[0] === "string") {
      all[0] = `${message}: ${args[0]}`;
      from = 1;
    }
    for (let i = from; i < args.length; i++) all[i - from + 1] = args[i];
    printAll(LOG_ERROR, all);
  },

  groupEnd() {
    if (indentation > 0) indentation--;
  },

  count(name = undefined) {
    name = label(name);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    print(LOG_INFO, `${name}: ${count}`);
  },
  countReset(name = undefined) {
    name = label(name);
    if (counts.has(name)) counts.set(name, 0);
    else print(LOG_WARN, `Count for '${name}' does not exist`);
  },

  time(name = undefined) {
    name = label(name);
    if (timers.has(name)) print(LOG_WARN, `Timer '${name}' already exists`);
    else timers.set(name, ops.now());
  },
  timeLog(name = undefined, ...args) {
    name = label(name);
    const start = timers.get(name);
    if (start === undefined) {
      print(LOG_WARN, `Timer '${name}' does not exist`);
      return;
    }
    const text = format(args);
    print(LOG_INFO,
      `${name}: ${elapsed(start)}${text === "" ? "" : ` ${text}`}`);
  },
  timeEnd(name = undefined) {
    name = label(name);
    const start = timers.get(name);
    if (start === undefined) {
      print(LOG_WARN, `Timer '${name}' does not exist`);
      return;
    }
    timers.delete(name);
    print(LOG_INFO, `${name}: ${elapsed(start)}`);
  },

  clear() { indentation = 0; },
  profile: nothing,
  profileEnd: nothing,
  timeStamp: nothing,
};
