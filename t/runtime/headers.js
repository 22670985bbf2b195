// Headers: https://fetch.spec.whatwg.org/#headers-class

import { rejects, returns } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

returns("a record is read as Web IDL says: keys in order, then each value once", `
  const log = [];
  const target = { b: "1", hidden: "x", a: "2" };
  Object.defineProperty(target, "hidden", { enumerable: false });
  const init = new Proxy(target, {
    ownKeys(t) { log.push("ownKeys"); return Reflect.ownKeys(t); },
    getOwnPropertyDescriptor(t, k) { log.push("desc " + k); return Reflect.getOwnPropertyDescriptor(t, k); },
    get(t, k) { log.push("get " + String(k)); return t[k]; },
  });
  const h = new Headers(init);
  return [log, [...h]];`, [
  ["get Symbol(Symbol.iterator)", "ownKeys", "desc b", "get b", "desc hidden",
    "desc a", "get a"],
  [["a", "2"], ["b", "1"]],
]);
returns("everything is converted before anything is validated", `
  const log = [];
  const say = (text, value) => ({ toString() { log.push(text); return value; } });
  try { new Headers({ "bad name": "1", b: say("b", "2") }); } catch { log.push("threw"); }
  try { new Headers([["a", "\\n"], ["b"], [say("c", "d"), "e"]]); } catch { log.push("threw"); }
  return log;`, ["b", "threw", "c", "threw"]);
returns("a sequence asks for its iterator once, and for no return()", `
  const log = [];
  const iterable = (items) => ({ get [Symbol.iterator]() {
    log.push("iterator");
    return function () {
      let i = 0;
      return { get next() { log.push("next"); return () => ({ done: i === items.length, value: items[i++] }); },
        return() { log.push("return"); return {}; } };
    };
  } });
  const h = new Headers(iterable([iterable(["a", "1"]), iterable(["b", "2"])]));
  try { new Headers(iterable([iterable(["a", Symbol()])])); } catch (error) { log.push(error.name); }
  return [log, [...h]];`, [
  ["iterator", "next", "iterator", "next", "iterator", "next",
    "iterator", "next", "iterator", "next", "TypeError"],
  [["a", "1"], ["b", "2"]],
]);
returns("Headers with an iterator of their own are a sequence", `
  const h = new Headers({ a: "1" });
  h[Symbol.iterator] = function* () { yield ["b", "2"]; };
  return [...new Headers(h).entries()];`, [["b", "2"]]);
returns("Headers from Headers keep each Set-Cookie", `
  const h = new Headers([["Set-Cookie", "a"], ["X", "1"], ["set-cookie", "b"], ["x", "2"]]);
  return [[...new Headers(h)], [...new Headers([...h])], new Headers(h).getSetCookie()];`, [
  [["set-cookie", "a"], ["set-cookie", "b"], ["x", "1, 2"]],
  [["set-cookie", "a"], ["set-cookie", "b"], ["x", "1, 2"]], ["a", "b"],
]);
for (const [what, init] of [
  ["null", "null"], ["a number", "1"], ["a symbol as key", `{ [Symbol("x")]: "1" }`],
  ["an iterator that is no function", `{ [Symbol.iterator]: 1 }`],
  ["a pair that is a string", `["ab"]`], ["a single", `[["a"]]`],
  ["a pair that is not iterable", `[{ 0: "a", 1: "b", length: 2 }]`],
]) rejects(`Headers are not made of ${what}`, `new Headers(${init})`, "TypeError");

returns("names and values: what is normalised, what is refused", `
  const h = new Headers();
  const said = [];
  const attempt = (f) => { try { f(); said.push("ok"); } catch (error) { said.push(error.name); } };
  attempt(() => h.append("x", "\\r\\n\\t a b \\n"));
  attempt(() => h.set("y", "a\\nb"));
  attempt(() => h.set("é", "a"));
  attempt(() => h.has(""));
  attempt(() => h.get("a:b"));
  attempt(() => h.delete("a b"));
  attempt(() => h.set("z"));
  attempt(() => h.getAll("x"));
  attempt(() => h.forEach(1));
  return [...said, [...h]];`, ["ok", "TypeError", "TypeError", "TypeError", "TypeError",
  "TypeError", "TypeError", "TypeError", "TypeError", [["x", "a b"]]]);
returns("set() replaces the first and drops the others", `
  const h = new Headers([["a", "1"], ["b", "2"], ["A", "3"]]);
  h.set("a", "4");
  return [...h];`, [["a", "4"], ["b", "2"]]);
returns("the shape of the interface", `
  const shape = (o) => Object.entries(Object.getOwnPropertyDescriptors(o)).map(
    ([k, d]) => k + (d.enumerable ? "+" : "-") + (typeof d.value === "function" ? d.value.name + d.value.length : "")).sort();
  const iterator = Object.getPrototypeOf(new Headers().entries());
  return [shape(Headers.prototype), Headers.length, Headers.name, Object.getPrototypeOf(Headers) === Function.prototype,
    shape(iterator), Object.prototype.toString.call(iterator), Headers.prototype[Symbol.iterator] === Headers.prototype.entries,
    (() => { try { Headers(); } catch (e) { return e.name; } })()];`, [
  ["append+append2", "constructor-Headers0", "delete+delete1", "entries+entries0",
    "forEach+forEach1", "get+get1", "getAll+getAll1", "getSetCookie+getSetCookie0",
    "has+has1", "keys+keys0", "set+set2", "values+values0"],
  0, "Headers", true, ["next+next0"], "[object Headers Iterator]", true, "TypeError",
]);
returns("twenty thousand headers are sorted in no time", `
  const h = new Headers();
  for (let i = 0; i < 20000; i++) h.append("n" + (i % 7), "v");
  return [...h].length;`, 7);
returns("patched built-ins neither break Headers nor see them", `
  ${hostile}
  watch();
  const h = new Headers({ B: "1", a: "2" });
  h.append("c", "3");
  h.set("c", "4");
  let count = 0;
  h.forEach(() => { count++; });
  const first = h.keys().next();
  const copy = new Headers(h);
  copy.delete("B");
  const got = copy.get("b");
  const names = unwatch();
  return [names, count, first, got];`, [[], 3, { value: "a", done: false }, null]);
