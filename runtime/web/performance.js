// https://w3c.github.io/hr-time/ and https://w3c.github.io/user-timing/
// As in Workers, its origin is the epoch, and time stands still but for I/O.

import {
  ArrayPrototypeSort, DateNow, list, NumberIsFinite,
  PrimordialTypeError as TypeError, toArray,
} from "../primordials.js";
import { chunk } from "../core/chunks.js";
import { toDictionary } from "../core/convert.js";
import { DOMException } from "../core/dom-exception.js";
import {
  defineInterface, isObject, requireArguments, requireBrand, toDOMString,
} from "../core/webidl.js";
import { EventTarget } from "./event-target.js";

const kCreate = {};

// The performance timeline, in the order in which entries were made.
let timeline = list();

function requireToken(token) {
  if (token !== kCreate) throw new TypeError("Illegal constructor");
}

function toDouble(value, where) {
  const number = +value;
  if (NumberIsFinite(number)) return number;
  throw new TypeError(
    `Failed to execute '${where}': a time is not a finite number.`);
}

function toTime(value, where) {
  if (value >= 0) return value;
  throw new TypeError(`Failed to execute '${where}': a time is negative.`);
}

const copyDetail = (detail) => detail === undefined || detail === null
  ? null : chunk("clone").structuredClone(detail);

let setEntry;
let addMark;

// https://w3c.github.io/performance-timeline/#the-performanceentry-interface
export class PerformanceEntry {
  #name = "";
  #entryType = "";
  #startTime = 0;
  #duration = 0;

  static {
    setEntry = (entry, name, entryType, startTime, duration) => {
      entry.#name = name;
      entry.#entryType = entryType;
      entry.#startTime = startTime;
      entry.#duration = duration;
    };
    addMark = (entry) => add(entry, entry.#name, "mark", entry.#startTime);
  }

  constructor(token = undefined) {
    requireToken(token);
  }

  get name() { requireBrand(#name in this); return this.#name; }
  get entryType() { requireBrand(#name in this); return this.#entryType; }
  get startTime() { requireBrand(#name in this); return this.#startTime; }
  get duration() { requireBrand(#name in this); return this.#duration; }

  toJSON() {
    requireBrand(#name in this);
    return {
      name: this.#name, entryType: this.#entryType,
      startTime: this.#startTime, duration: this.#duration,
    };
  }
}
defineInterface(PerformanceEntry);

// https://w3c.github.io/user-timing/#performancemark
export class PerformanceMark extends PerformanceEntry {
  #detail = null;

  constructor(markName, markOptions = undefined) {
    const where = "PerformanceMark";
    requireArguments(arguments.length, 1, where);
    super(kCreate);
    const name = toDOMString(markName);
    const { detail, startTime } = toOptions(
      markOptions, where, "PerformanceMarkOptions");
    const time = startTime === undefined
      ? DateNow() : toTime(toDouble(startTime, where), where);
    setEntry(this, name, "mark", time, 0);
    this.#detail = copyDetail(detail);
  }

  get detail() { requireBrand(#detail in this); return this.#detail; }
}
defineInterface(PerformanceMark);

const noOptions = { __proto__: null };

const toOptions = (options, where, name) =>
  toDictionary(options, where, name) ?? noOptions;

let setDetail;

// https://w3c.github.io/user-timing/#performancemeasure
export class PerformanceMeasure extends PerformanceEntry {
  #detail = null;

  static {
    setDetail = (measure, detail) => { measure.#detail = detail; };
  }

  constructor(token = undefined) {
    requireToken(token);
    super(kCreate);
  }

  get detail() { requireBrand(#detail in this); return this.#detail; }
}
defineInterface(PerformanceMeasure);

const toMark = (value, where) =>
  typeof value === "number" ? toDouble(value, where) : toDOMString(value);

// https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp
function timeOf(mark, where) {
  if (typeof mark === "number") return toTime(mark, where);
  for (let i = timeline.length - 1; i >= 0; i--) {
    const { name, time, type } = timeline[i];
    if (type === "mark" && name === mark) return time;
  }
  throw new DOMException(
    `Failed to execute '${where}': there is no mark "${mark}".`, "SyntaxError");
}

class Record {
  entry;
  name;
  type;
  time;

  constructor(entry, name, type, time) {
    this.entry = entry;
    this.name = name;
    this.type = type;
    this.time = time;
  }
}

function add(entry, name, type, time) {
  timeline[timeline.length] = new Record(entry, name, type, time);
}

// What "keep" wants of the timeline, by their start.
function select(keep) {
  const found = list();
  for (let i = 0; i < timeline.length; i++) {
    if (keep(timeline[i])) found[found.length] = timeline[i];
  }
  ArrayPrototypeSort(found, (a, b) => a.time - b.time);
  for (let i = 0; i < found.length; i++) found[i] = found[i].entry;
  return toArray(found);
}

function clear(type, name) {
  const old = timeline;
  timeline = list();
  for (let i = 0; i < old.length; i++) {
    if (old[i].type === type && (name === undefined || old[i].name === name)) {
      continue;
    }
    timeline[timeline.length] = old[i];
  }
}

// https://w3c.github.io/user-timing/#dom-performance-measure
function measure(measureName, startOrOptions, endMark) {
  const where = "Performance.measure";
  const name = toDOMString(measureName);
  let options = noOptions;
  let startMark;
  if (startOrOptions === undefined || startOrOptions === null ||
      isObject(startOrOptions)) {
    options = toOptions(startOrOptions, where, "PerformanceMeasureOptions");
  } else {
    startMark = toDOMString(startOrOptions);
  }
  const { detail } = options;
  let { duration } = options;
  if (duration !== undefined) duration = toDouble(duration, where);
  let { end } = options;
  if (end !== undefined) end = toMark(end, where);
  let { start } = options;
  if (start !== undefined) start = toMark(start, where);
  if (endMark !== undefined) endMark = toDOMString(endMark);

  if (start !== undefined || end !== undefined || duration !== undefined ||
      detail !== undefined) {
    if (endMark !== undefined || (start === undefined && end === undefined) ||
        (start !== undefined && end !== undefined && duration !== undefined)) {
      throw new TypeError(
        `Failed to execute '${where}': the options do not go together.`);
    }
  }

  const endTime = endMark !== undefined ? timeOf(endMark, where)
    : end !== undefined ? timeOf(end, where)
      : start !== undefined && duration !== undefined
        ? timeOf(start, where) + toTime(duration, where) : DateNow();
  const startTime = start !== undefined ? timeOf(start, where)
    : duration !== undefined && end !== undefined
      ? timeOf(end, where) - toTime(duration, where)
      : startMark !== undefined ? timeOf(startMark, where) : 0;

  const entry = new PerformanceMeasure(kCreate);
  setEntry(entry, name, "measure", startTime, endTime - startTime);
  setDetail(entry, copyDetail(detail));
  add(entry, name, "measure", startTime);
  return entry;
}

// https://w3c.github.io/hr-time/#the-performance-interface
export class Performance extends EventTarget {
  #brand;

  constructor(token = undefined) {
    requireToken(token);
    super();
  }

  get timeOrigin() {
    requireBrand(#brand in this);
    return 0;
  }

  now() {
    requireBrand(#brand in this);
    return DateNow();
  }

  toJSON() {
    requireBrand(#brand in this);
    return { timeOrigin: 0 };
  }

  mark(markName, markOptions = undefined) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 1, "Performance.mark");
    const mark = new PerformanceMark(markName, markOptions);
    addMark(mark);
    return mark;
  }

  measure(measureName, startOrMeasureOptions = undefined, endMark = undefined) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 1, "Performance.measure");
    return measure(measureName, startOrMeasureOptions, endMark);
  }

  clearMarks(markName = undefined) {
    requireBrand(#brand in this);
    clear("mark", markName === undefined ? undefined : toDOMString(markName));
  }

  clearMeasures(measureName = undefined) {
    requireBrand(#brand in this);
    clear(
      "measure",
      measureName === undefined ? undefined : toDOMString(measureName));
  }

  getEntries() {
    requireBrand(#brand in this);
    return select(() => true);
  }

  getEntriesByType(type) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 1, "Performance.getEntriesByType");
    type = toDOMString(type);
    return select((record) => record.type === type);
  }

  getEntriesByName(name, type = undefined) {
    requireBrand(#brand in this);
    requireArguments(arguments.length, 1, "Performance.getEntriesByName");
    name = toDOMString(name);
    if (type !== undefined) type = toDOMString(type);
    return select((record) => record.name === name &&
      (type === undefined || record.type === type));
  }

  // Resources are not in the timeline.
  clearResourceTimings() {
    requireBrand(#brand in this);
  }

  setResourceTimingBufferSize(maxSize) {
    requireBrand(#brand in this);
    requireArguments(
      arguments.length, 1, "Performance.setResourceTimingBufferSize");
    +maxSize;
  }
}
defineInterface(Performance);

export const performance = new Performance(kCreate);
