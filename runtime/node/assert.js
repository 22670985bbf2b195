// node:assert and node:assert/strict.
// https://nodejs.org/docs/latest-v20.x/api/assert.html

import { inspect } from "../chunks/inspect.js";
import {
  invalidArgType, invalidArgValue, nodeError, nodeTypeError, requireFunction,
} from "../chunks/node-errors.js";
import { isDeepEqual, isDeepStrictEqual, types } from "../chunks/node-util.js";
import { AssertionError } from "./assert-error.js";

function fail(options) {
  if (options.message instanceof Error) throw options.message;
  throw new AssertionError(options);
}

// -- values ------------------------------------------------------------------

function requireTruth(stackStartFn, given, value, message) {
  if (value) return;
  let isGenerated = false;
  if (given === 0) {
    isGenerated = true;
    message = "No value argument passed to `assert.ok()`";
  } else if (message === undefined || message === null) {
    // Node.js reads the expression from the source, which is not here
    isGenerated = true;
    message = "The expression evaluated to a falsy value";
  } else if (message instanceof Error) {
    throw message;
  }
  const error = new AssertionError({
    actual: value, expected: true, message, operator: "==", stackStartFn,
  });
  error.generatedMessage = isGenerated;
  throw error;
}

function ok(...args) {
  requireTruth(ok, args.length, ...args);
}

// eslint-disable-next-line eqeqeq
const looselyEqual = (a, b) => a == b || (a !== a && b !== b);

const missing = (what) => nodeTypeError(
  "ERR_MISSING_ARGS", `The ${what} arguments must be specified`);

// assert.NAME(actual, expected, message)
function comparison(name, holds, operator = name) {
  const check = {
    [name](actual, expected, message) {
      if (arguments.length < 2) throw missing('"actual" and "expected"');
      if (!holds(actual, expected)) {
        fail({ actual, expected, message, operator, stackStartFn: check });
      }
    },
  }[name];
  return check;
}

const equal = comparison("equal", looselyEqual, "==");
const notEqual = comparison("notEqual", (a, b) => !looselyEqual(a, b), "!=");
const strictEqual = comparison("strictEqual", Object.is);
const notStrictEqual =
  comparison("notStrictEqual", (a, b) => !Object.is(a, b));
const deepEqual = comparison("deepEqual", isDeepEqual);
const notDeepEqual = comparison("notDeepEqual", (a, b) => !isDeepEqual(a, b));
const deepStrictEqual = comparison("deepStrictEqual", isDeepStrictEqual);
const notDeepStrictEqual =
  comparison("notDeepStrictEqual", (a, b) => !isDeepStrictEqual(a, b));

function matching(name, wanted) {
  const check = {
    [name](string, regexp, message) {
      if (!types.isRegExp(regexp)) {
        throw invalidArgType("regexp", "RegExp", regexp);
      }
      if (typeof string === "string" &&
          (RegExp.prototype.exec.call(regexp, string) !== null) === wanted) {
        return;
      }
      if (message instanceof Error) throw message;
      const isGenerated = message === undefined || message === null;
      message ??= typeof string !== "string"
        ? 'The "string" argument must be of type string. Received type ' +
          `${typeof string} (${inspect(string)})`
        : `${wanted ? "The input did not match the regular expression "
          : "The input was expected to not match the regular expression "}${
          inspect(regexp)}. Input:\n\n${inspect(string)}\n`;
      const error = new AssertionError({
        actual: string, expected: regexp, message, operator: name,
        stackStartFn: check,
      });
      error.generatedMessage = isGenerated;
      throw error;
    },
  }[name];
  return check;
}

function failNow(message = undefined) {
  if (message instanceof Error) throw message;
  const error = new AssertionError({
    message: message === undefined || message === null ? "Failed" : message,
    operator: "fail", stackStartFn: failNow,
  });
  error.generatedMessage = message === undefined || message === null;
  throw error;
}

function ifError(value) {
  if (value === null || value === undefined) return;
  let text = "ifError got unwanted exception: ";
  if (typeof value === "object" && typeof value.message === "string") {
    text += value.message.length === 0 && value.constructor
      ? value.constructor.name : value.message;
  } else {
    text += inspect(value);
  }
  const error = new AssertionError({
    actual: value, expected: null, operator: "ifError", message: text,
    stackStartFn: ifError,
  });
  error.generatedMessage = false;
  throw error;
}

// -- exceptions --------------------------------------------------------------

const NOTHING = Symbol("nothing");

function thrownBy(callback) {
  requireFunction(callback, "fn");
  try {
    callback();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

const isPromise = (value) => types.isPromise(value) ||
  (value !== null && typeof value === "object" &&
    typeof value.then === "function" && typeof value.catch === "function");

async function rejectionOf(promise) {
  if (typeof promise === "function") {
    promise = promise();
    if (!isPromise(promise)) {
      throw nodeTypeError("ERR_INVALID_RETURN_VALUE",
        'Expected instance of Promise to be returned from the "promiseFn" ' +
        `function but got ${typeName(promise)}.`);
    }
  } else if (!isPromise(promise)) {
    throw invalidArgType("promiseFn", ["Function", "Promise"], promise);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

const typeName = (value) => value !== null && typeof value === "object"
  ? `an instance of ${value.constructor?.name}`
  : value === undefined || value === null ? `${value}`
    : `type ${typeof value} (${inspect(value)})`;

// What is compared of an error.
class Comparison {
  constructor(from, keys) {
    for (const key of keys) if (key in from) this[key] = from[key];
  }
}

// Must "actual" be like the properties of "expected"?
function compareProperties(actual, expected, message, check) {
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) {
    throw invalidArgValue("error", expected, "may not be an empty object");
  }
  const isObject = typeof actual === "object" && actual !== null;
  for (const key of keys) {
    if (isObject && typeof actual[key] === "string" &&
        types.isRegExp(expected[key]) &&
        RegExp.prototype.exec.call(expected[key], actual[key]) !== null) {
      continue;
    }
    if (isObject && key in actual &&
        isDeepStrictEqual(actual[key], expected[key])) {
      continue;
    }
    if (message instanceof Error) throw message;
    const error = new AssertionError({
      actual: isObject ? new Comparison(actual, keys) : actual,
      expected: new Comparison(expected, keys),
      operator: "deepStrictEqual", message, stackStartFn: check,
    });
    error.actual = actual;
    error.expected = expected;
    error.operator = check.name;
    throw error;
  }
}

function requireExpected(actual, expected, message, check) {
  if (expected === undefined) return;
  let isGenerated = false;
  if (typeof expected !== "function") {
    if (!types.isRegExp(expected)) {
      if (actual === null || typeof actual !== "object") {
        const error = new AssertionError({
          actual, expected, message, operator: "deepStrictEqual",
            stackStartFn: check,
        });
        error.operator = check.name;
        throw error;
      }
      compareProperties(actual, expected, message, check);
      return;
    }
    if (RegExp.prototype.exec.call(expected, String(actual)) !== null) return;
    if (!message) {
      isGenerated = true;
      message = `The input did not match the regular expression ${
        inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`;
    }
  } else if (expected.prototype !== undefined && actual instanceof expected) {
    return;
  } else if (Error.isPrototypeOf(expected) || expected === Error) {
    if (!message) {
      isGenerated = true;
      message = `The error is expected to be an instance of "${expected.name}". ` +
        `Received ${actual instanceof Error ? `"${actual.name}"`
          : `"${inspect(actual, { depth: -1 })}"`}`;
      if (actual instanceof Error) message += `\n\nError message:\n\n${actual.message}`;
    }
  } else {
    const answer = Reflect.apply(expected, {}, [actual]);
    if (answer === true) return;
    if (!message) {
      isGenerated = true;
      const name = expected.name ? `"${expected.name}" ` : "";
      message = `The ${name}validation function is expected to return "true". ` +
        `Received ${inspect(answer)}`;
      if (actual instanceof Error) message += `\n\nCaught error:\n\n${actual}`;
    }
  }
  if (message instanceof Error) throw message;
  const error = new AssertionError({
    actual, expected, message, operator: check.name, stackStartFn: check,
  });
  error.generatedMessage = isGenerated;
  throw error;
}

function expectThrown(check, actual, args) {
  let [error, message] = args;
  if (typeof error === "string") {
    if (args.length === 2) {
      throw invalidArgType("error", ["Object", "Error", "Function", "RegExp"],
        error);
    }
    if (actual !== NOTHING && (typeof actual === "object" && actual !== null
      ? actual.message === error : actual === error)) {
      throw nodeTypeError("ERR_AMBIGUOUS_ARGUMENT",
        'The "error/message" argument is ambiguous. The error ' +
        `${typeof actual === "object" ? "message " : ""}"${error}" is identical ` +
        "to the message.");
    }
    message = error;
    error = undefined;
  } else if (error !== undefined && error !== null &&
             typeof error !== "object" && typeof error !== "function") {
    throw invalidArgType("error", ["Object", "Error", "Function", "RegExp"],
      error);
  }
  if (actual === NOTHING) {
    let details = "";
    if (error?.name) details += ` (${error.name})`;
    details += message ? `: ${message}` : ".";
    const what = check === rejects ? "rejection" : "exception";
    if (message instanceof Error) throw message;
    const failure = new AssertionError({
      actual: undefined, expected: error, operator: check.name,
      message: `Missing expected ${what}${details}`, stackStartFn: check,
    });
    failure.generatedMessage = !message;
    throw failure;
  }
  requireExpected(actual, error ?? undefined, message, check);
}

function expectNotThrown(check, actual, args) {
  if (actual === NOTHING) return;
  let [error, message] = args;
  if (typeof error === "string") {
    message = error;
    error = undefined;
  }
  const isExpected = error === undefined || (
    types.isRegExp(error)
      ? RegExp.prototype.exec.call(error, String(actual)) !== null
      : typeof error === "function" && (error.prototype !== undefined &&
        actual instanceof error || (!Error.isPrototypeOf(error) &&
          Reflect.apply(error, {}, [actual]) === true)));
  if (!isExpected) throw actual;
  const what = check === doesNotReject ? "rejection" : "exception";
  const failure = new AssertionError({
    actual, expected: error, operator: check.name, stackStartFn: check,
    message: `Got unwanted ${what}${message ? `: ${message}` : "."}\n` +
      `Actual message: "${actual?.message}"`,
  });
  failure.generatedMessage = !message;
  throw failure;
}

function throws(callback, ...args) {
  expectThrown(throws, thrownBy(callback), args);
}
async function rejects(promise, ...args) {
  expectThrown(rejects, await rejectionOf(promise), args);
}
function doesNotThrow(callback, ...args) {
  expectNotThrown(doesNotThrow, thrownBy(callback), args);
}
async function doesNotReject(promise, ...args) {
  expectNotThrown(doesNotReject, await rejectionOf(promise), args);
}

// Deprecated, and only of use with process.on("exit").
class CallTracker {
  calls() {
    throw nodeError("ERR_METHOD_NOT_IMPLEMENTED",
      "assert.CallTracker is not available here");
  }
}

const methods = {
  fail: failNow, AssertionError, ok, equal, notEqual, deepEqual, notDeepEqual,
  deepStrictEqual, notDeepStrictEqual, strictEqual, notStrictEqual, throws,
  rejects, doesNotThrow, doesNotReject, ifError, match: matching("match", true),
  doesNotMatch: matching("doesNotMatch", false), CallTracker,
};

function assert(...args) {
  requireTruth(assert, args.length, ...args);
}
function strict(...args) {
  requireTruth(strict, args.length, ...args);
}
Object.assign(assert, methods, { strict });
Object.assign(strict, methods, {
  equal: strictEqual, deepEqual: deepStrictEqual, notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual, strict,
});

export { assert, strict };
