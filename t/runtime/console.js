// https://console.spec.whatwg.org/

import assert from "node:assert/strict";
import { LEVEL, returns, worker } from "./lib/harness.js";

const { DEBUG, INFO, WARN, ERROR } = LEVEL;

// What the statements log: [level, text] of each line.
function logs(title, statements, expected) {
  worker(`console: ${title}`,
    `export default { async fetch() { ${statements}; return new Response(); } };`,
    async (isolate) => {
      const answer = await isolate.request();
      assert.equal(answer.reset, null, answer.reset?.message);
      assert.deepEqual(isolate.of("log").map((call) => [call.level, call.text]), expected);
    });
}

returns("console is a namespace object", `
  const prototype = Object.getPrototypeOf(console);
  const global = Object.getOwnPropertyDescriptor(globalThis, "console");
  const log = Object.getOwnPropertyDescriptor(console, "log");
  return [String(console), Reflect.ownKeys(prototype), Object.getPrototypeOf(prototype) === Object.prototype,
    global.writable, global.enumerable, global.configurable, log.writable, log.enumerable, log.configurable,
    Object.keys(console).map((k) => console[k].name === k && console[k].length),
    Object.keys(console).some((k) => "prototype" in console[k])];`,
["[object console]", [], true, true, false, true, true, true, true, Array(22).fill(0), false]);

logs("levels", `console.debug(1); console.log(2); console.info(3); console.warn(4); console.error(5); console.dirxml(6)`,
  [[DEBUG, "1"], [INFO, "2"], [INFO, "3"], [WARN, "4"], [ERROR, "5"], [INFO, "6"]]);
logs("methods need no this", `const { log } = console; log("x"); [1].forEach(console.log)`, [[INFO, "x"], [INFO, "1 0 [ 1 ]"]]);
logs("nothing to say says nothing", `console.log(); console.warn(); console.group(); console.groupEnd()`, []);
logs("format specifiers", `console.log("%s is %d and %i, %f%% %c%o|%O", "it", "42.5", "42.5", "1.5x", "css", [1], { a: {} }, "more")`,
  [[INFO, "it is 42.5 and 42, 1.5% [ 1, [length]: 1 ]|{ a: {} } more"]]);
logs("a symbol can be formatted", `console.log("%s %i %d %f %o", Symbol("a"), Symbol("a"), Symbol("a"), Symbol("a"), Symbol("a"))`,
  [[INFO, "Symbol(a) NaN NaN NaN Symbol(a)"]]);
logs("one line for one value", `console.log(Array.from({ length: 10 }, (_, i) => ({ id: i, name: "a name that is rather long" })).slice(0, 4), new Map([[1, { a: [1, 2, [3]] }]]))`,
  [[INFO, `[ ${[0, 1, 2, 3].map((i) => `{ id: ${i}, name: 'a name that is rather long' }`).join(", ")} ] Map(1) { 1 => { a: [ 1, 2, [ 3 ] ] } }`]]);
logs("assert", `console.assert(true, "no"); console.assert(false); console.assert(0, "text %s", 1); console.assert(null, { a: 1 }, 2); console.assert()`,
  [[ERROR, "Assertion failed"], [ERROR, "Assertion failed: text 1"], [ERROR, "Assertion failed { a: 1 } 2"], [ERROR, "Assertion failed"]]);
logs("count and countReset", `console.count(); console.count("a"); console.count(undefined); console.countReset(); console.count(); console.countReset("none"); console.count("%s", 1)`,
  [[INFO, "default: 1"], [INFO, "a: 1"], [INFO, "default: 2"], [INFO, "default: 1"], [WARN, "Count for 'none' does not exist"], [INFO, "%s: 1"]]);
logs("groups indent", `console.group("g", 1); console.log("a\\nb"); console.groupCollapsed(); console.warn("c"); console.groupEnd(); console.log("d"); console.groupEnd(); console.groupEnd(); console.log("e"); console.group("x"); console.clear(); console.log("f")`,
  [[INFO, "g 1"], [INFO, "  a\n  b"], [WARN, "    c"], [INFO, "  d"], [INFO, "e"], [INFO, "x"], [INFO, "f"]]);
logs("groups that nobody ends hide nothing", `for (let i = 0; i < 4e5; i++) console.group(); console.log("x".repeat(9)); for (let i = 0; i < 4e5; i++) console.groupEnd(); console.log("y")`,
  [[INFO, " ".repeat(64) + "x".repeat(9)], [INFO, "y"]]);
logs("dir", `console.dir({ a: { b: { c: {} } } }, { depth: 0 }); console.dir("text"); console.dir([1], { showHidden: true }); console.dir()`,
  [[INFO, "{ a: [Object] }"], [INFO, "text"], [INFO, "[ 1, [length]: 1 ]"], [INFO, "undefined"]]);
logs("timers warn", `console.timeLog("x"); console.timeEnd("x"); console.time("x"); console.time("x")`,
  [[WARN, "Timer 'x' does not exist"], [WARN, "Timer 'x' does not exist"], [WARN, "Timer 'x' already exists"]]);
logs("what does nothing", `console.timeStamp("x"); console.profile(); console.profileEnd()`, []);

worker("console: timers measure", `export default { async fetch() {
    console.time(); console.timeLog("default", "so far", { a: 1 }); console.timeEnd(); console.timeEnd();
    return new Response(); } };`,
async (isolate) => {
  await isolate.request();
  const [first, second, third] = isolate.logs();
  assert.match(first, /^default: \d+ms so far \{ a: 1 \}$/);
  assert.match(second, /^default: \d+ms$/);
  assert.equal(third, "Timer 'default' does not exist");
});

worker("console: trace shows where it was called", `export default { async fetch() {
    function here() { console.trace("at %s", "x", 1); }
    here(); console.trace();
    Error.stackTraceLimit = "none"; console.trace("no limit");
    return new Response(); } };`,
async (isolate) => {
  await isolate.request();
  assert.match(isolate.logs()[0], /^Trace: at x 1\n {4}at here \(.*index\.js:2:/);
  assert.match(isolate.logs()[1], /^Trace\n {4}at /);
  assert.equal(isolate.logs()[2], "Trace: no limit");
});

logs("table", `
  console.table([{ a: 1, b: "x" }, { a: 2, c: true }]);
  console.table([[1, 2], [3]]);
  console.table(["p", { q: 1 }]);
  console.table([{ a: 1, b: 2 }], ["b"]);
  console.table(new Map([["k", 1]]));
  console.table(5); console.table("text"); console.table(null);`,
[[INFO, `
┌─────────┬───┬─────┬──────┐
│ (index) │ a │ b   │ c    │
├─────────┼───┼─────┼──────┤
│ 0       │ 1 │ 'x' │      │
│ 1       │ 2 │     │ true │
└─────────┴───┴─────┴──────┘`.slice(1)], [INFO, `
┌─────────┬───┬───┐
│ (index) │ 0 │ 1 │
├─────────┼───┼───┤
│ 0       │ 1 │ 2 │
│ 1       │ 3 │   │
└─────────┴───┴───┘`.slice(1)], [INFO, `
┌─────────┬───┬────────┐
│ (index) │ q │ Values │
├─────────┼───┼────────┤
│ 0       │   │ 'p'    │
│ 1       │ 1 │        │
└─────────┴───┴────────┘`.slice(1)], [INFO, `
┌─────────┬───┐
│ (index) │ b │
├─────────┼───┤
│ 0       │ 2 │
└─────────┴───┘`.slice(1)], [INFO, `
┌───────────────────┬─────┬────────┐
│ (iteration index) │ Key │ Values │
├───────────────────┼─────┼────────┤
│ 0                 │ 'k' │ 1      │
└───────────────────┴─────┴────────┘`.slice(1)], [INFO, "5"], [INFO, "text"], [INFO, "null"]]);

returns("a label's conversion may throw", `
  const thrown = [];
  for (const name of ["count", "countReset", "time", "timeLog", "timeEnd"]) {
    try { console[name]({ toString() { throw new Error(name); } }); } catch (e) { thrown.push(e.message); }
    try { console[name](Symbol()); } catch (e) { thrown.push(e.name); }
  }
  return thrown;`,
["count", "TypeError", "countReset", "TypeError", "time", "TypeError", "timeLog", "TypeError", "timeEnd", "TypeError"]);

logs("objects of ours show what they are", `
  console.log(new Headers({ a: "b" }), new URL("http://h/p?q").href, new URLSearchParams("a=b"), new AbortController().signal);
  console.log(new DOMException("gone", "AbortError").name, [new Headers()])`,
[[INFO, "Headers { 'a' => 'b' } http://h/p?q URLSearchParams { 'a' => 'b' } AbortSignal { aborted: false, reason: undefined, onabort: null }"],
  [INFO, "AbortError [ Headers {} ]"]]);

worker("console: errors", `export default { async fetch() {
    class MyError extends Error { name = "MyError"; code = 5; }
    console.log(new MyError("mine", { cause: new TypeError("why") }));
    console.log(new AggregateError([new Error("one"), 2], "all"));
    console.log(new DOMException("gone", "AbortError"));
    console.log({ e: "text", f: new RangeError("in") });
    return new Response(); } };`,
async (isolate) => {
  await isolate.request();
  const [mine, all, dom, inner] = isolate.logs();
  assert.match(mine, /^MyError: mine\n {4}at [^]* \{ code: 5, \[cause\]: TypeError: why\n {6,}at [^]*\}$|^Error: mine\n[^]*\[cause\]: TypeError: why/);
  assert.match(all, /^AggregateError: all\n[^]*\[errors\]: \[ Error: one\n[^]*, 2 \] \}$/);
  assert.match(dom, /^DOMException \[AbortError\]: gone\n {4}at /);
  assert.match(inner, /^\{ e: 'text', f: RangeError: in\n/);
});

logs("patched built-ins do not matter", `
  const { log } = console;
  const seen = [];
  for (const key of ["push", "join", "slice", "sort", "forEach"]) Array.prototype[key] = () => { seen.push; throw new Error(key); };
  for (const key of ["value", "get", "depth", "colors", "base", "keys", "whole", "0", "1"]) {
    const accessor = { __proto__: null, set() { throw new Error("set " + key); }, get() { return undefined; }, configurable: true };
    Object.defineProperty(Object.prototype, key, accessor);
    Object.defineProperty(Array.prototype, key, accessor);
  }
  Array.prototype[Symbol.iterator] = () => { throw new Error("iterator"); };
  Map.prototype.get = Map.prototype.set = Set.prototype.forEach = Map.prototype.forEach = () => { throw new Error("map"); };
  String.prototype.slice = String.prototype.padEnd = String.prototype.indexOf = () => { throw new Error("string"); };
  RegExp.prototype.exec = RegExp.prototype.test = () => { throw new Error("exec"); };
  Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw new Error("call"); };
  Object.keys = Reflect.ownKeys = Object.getPrototypeOf = Object.getOwnPropertyDescriptor = () => { throw new Error("keys"); };
  Symbol.prototype.toString = Number.prototype.toString = Date.prototype.toISOString = Error.prototype.toString = () => { throw new Error("toString"); };
  globalThis.Array = globalThis.Object = globalThis.Map = globalThis.Proxy = globalThis.String = undefined;
  log("%s %d", "a", 1, { a: [1, "b'", -0], m: new (class A { x = 1 })() }, [1, , 2], /x/, 5n, Symbol("s"));
  console.table([{ a: 1 }]); console.count(); console.group("g"); log("in"); console.groupEnd(); console.assert(0, "x", 1); console.assert(0, 1)`,
[[INFO, `a 1 { a: [ 1, "b'", -0 ], m: A { x: 1 } } [ 1, <1 empty item>, 2 ] /x/ 5n Symbol(s)`],
  [INFO, "┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │ 1 │\n└─────────┴───┘"],
  [INFO, "default: 1"], [INFO, "g"], [INFO, "  in"], [ERROR, "Assertion failed: x 1"], [ERROR, "Assertion failed 1"]]);
