// AssertionError, and what it says.
// https://nodejs.org/docs/latest-v20.x/api/assert.html#class-assertassertionerror

import { inspect } from "../chunks/inspect.js";
import { requireObject } from "../chunks/node-errors.js";

const titles = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject:
    'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject:
    'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
};

const show = (value) => inspect(value, {
  compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity,
  showHidden: false, showProxy: false, sorted: true, getters: true,
});

const isObject = (value) => typeof value === "object" && value !== null;

const MAX_LINES = 1000;

// The lines of both, "+" those of the first alone, "-" those of the second.
function compareLines(actual, expected) {
  const a = actual.split("\n").slice(0, MAX_LINES);
  const b = expected.split("\n").slice(0, MAX_LINES);
  // longest common subsequence
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let k = b.length - 1; k >= 0; k--) {
      lengths[i * width + k] = a[i] === b[k]
        ? lengths[(i + 1) * width + k + 1] + 1
        : Math.max(lengths[(i + 1) * width + k], lengths[i * width + k + 1]);
    }
  }
  const lines = [];
  let i = 0;
  let k = 0;
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) {
      lines.push(`  ${a[i++]}`);
      k++;
    } else if (k >= b.length || (i < a.length &&
        lengths[(i + 1) * width + k] >= lengths[i * width + k + 1])) {
      lines.push(`+ ${a[i++]}`);
    } else {
      lines.push(`- ${b[k++]}`);
    }
  }
  return lines;
}

const SHORT = 12;

function differenceText(actual, expected, operator) {
  if (operator === "strictEqual" &&
      ((isObject(actual) && isObject(expected)) ||
       (typeof actual === "function" && typeof expected === "function"))) {
    operator = "strictEqualObject";
  }
  const shownActual = show(actual);
  const shownExpected = show(expected);
  const oneLine = !shownActual.includes("\n") && !shownExpected.includes("\n");
  if (oneLine && shownActual !== shownExpected) {
    const length = shownActual.length + shownExpected.length;
    if (length <= SHORT && (!isObject(actual) && !isObject(expected)) &&
        (actual !== 0 || expected !== 0)) {
      return `${titles[operator]}\n\n${shownActual} !== ${shownExpected}\n`;
    }
  }
  if (shownActual === shownExpected) {
    return `${titles.notIdentical}\n\n${shownActual}\n`;
  }
  return `${titles[operator]}\n+ actual - expected\n\n${
    compareLines(shownActual, shownExpected).join("\n")}`;
}

function cut(text, max, more) {
  return text.length > max ? `${text.slice(0, max)}${more}` : text;
}

function messageFor({ actual, expected, operator }) {
  if (operator === "deepStrictEqual" || operator === "strictEqual") {
    return differenceText(actual, expected, operator);
  }
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") {
    let title = titles[operator];
    const lines = show(actual).split("\n");
    if (operator === "notStrictEqual" &&
        (isObject(actual) || typeof actual === "function")) {
      title = titles.notStrictEqualObject;
    }
    if (lines.length > 50) lines.splice(46, lines.length - 46, "...");
    return lines.length === 1
      ? `${title}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}`
      : `${title}\n\n${lines.join("\n")}\n`;
  }
  let left = show(actual);
  let right = show(expected);
  if (operator === "notDeepEqual" && left === right) {
    left = cut(`${titles.notDeepEqual}\n\n${left}`, 1024, "...");
    return left;
  }
  left = cut(left, 512, "...");
  right = cut(right, 512, "...");
  if (operator === "deepEqual") {
    return `${titles.deepEqual}\n\n${left}\n\nshould loosely deep-equal\n\n${right}`;
  }
  if (operator === "notDeepEqual") {
    return `${titles.notDeepEqualUnequal}\n\n${left}\n\n` +
      `should not loosely deep-equal\n\n${right}`;
  }
  return `${left} ${operator} ${right}`;
}

export class AssertionError extends Error {
  constructor(options) {
    requireObject(options, "options");
    const { actual, expected, message, operator, stackStartFn } = options;
    super(message !== undefined && message !== null
      ? String(message) : messageFor({ actual, expected, operator }));
    this.generatedMessage = message === undefined || message === null;
    Object.defineProperty(this, "name", {
      __proto__: null,
      value: "AssertionError [ERR_ASSERTION]", writable: true,
        configurable: true,
    });
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    Error.captureStackTrace(this, stackStartFn ?? options.stackStartFunction);
    void this.stack;            // with the code in it
    this.name = "AssertionError";
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom ?? Symbol.for("nodejs.util.inspect.custom")](depth, options) {
    return inspect(this, { ...options, customInspect: false, depth: 0 });
  }
}
