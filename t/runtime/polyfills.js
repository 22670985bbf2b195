// What comes from core-js, made when a worker first asks.

import { returns } from "./lib/harness.js";

returns("polyfilled properties look like data before they are made", `
  const shape = (object, name) => {
    const d = Object.getOwnPropertyDescriptor(object, name);
    return [typeof d.value, d.writable, d.enumerable, d.configurable];
  };
  return [shape(Set.prototype, "union"), shape(Promise, "withResolvers")];`, [
  ["function", true, false, true], ["function", true, false, true],
], { only: "engine" });
returns("a worker's own version of one stays", `
  Set.prototype.union = () => "mine";
  Object.defineProperty(Promise, "try", { value: "mine", configurable: true });
  delete Object.groupBy;
  const other = [3, 1].toSorted();
  return [new Set().union(), Promise.try, Object.groupBy === undefined, other];`, [
  "mine", "mine", true, [1, 3],
]);
returns("a holder that is frozen before misses them, and the others do not", `
  Object.freeze(Set.prototype);
  return [String(new Set().union), [2, 1].toSorted()];`, ["undefined", [1, 2]],
{ only: "engine" });
returns("iterator helpers, on generators and on Iterator", `
  function* numbers() { yield 1; yield 2; yield 3; }
  class Mine extends Iterator { next() { return { done: true }; } }
  return [numbers().map((n) => n * 2).filter((n) => n > 2).toArray(),
    Iterator.from([1, 2]).take(1).toArray(), new Mine() instanceof Iterator,
    Object.prototype.toString.call(Iterator.prototype)];`, [
  [4, 6], [1], true, "[object Iterator]",
]);
returns("disposal", `
  const log = [];
  {
    const stack = new DisposableStack();
    stack.use({ [Symbol.dispose]() { log.push("a"); } });
    stack.defer(() => log.push("b"));
    stack.dispose();
  }
  const later = new AsyncDisposableStack();
  later.use({ async [Symbol.asyncDispose]() { log.push("c"); } });
  await later.disposeAsync();
  return [log, typeof Symbol.dispose, Symbol.dispose.description,
    new SuppressedError(1, 2).suppressed];`, [
  ["b", "a", "c"], "symbol", "Symbol.dispose", 2,
]);
returns("bytes as text", `
  return [new Uint8Array([1, 255]).toHex(), new Uint8Array([1, 255]).toBase64(),
    [...Uint8Array.fromBase64("AQI=")], RegExp.escape("a.b").includes("\\\\."),
    Math.sumPrecise([0.1, 0.2]), Error.isError(new Error()),
    "\\ud800".isWellFormed(), new Map().getOrInsert("a", 1)];`, [
  "01ff", "Af8=", [1, 2], true, 0.30000000000000004, true, false, 1,
]);
returns("a first use that has no stack left does not spoil the next", `
  let failed = 0;
  const dive = () => {
    try { dive(); } catch { try { [1].toSorted(); } catch { failed++; } throw 0; }
  };
  try { dive(); } catch {}
  return [failed > 0, [2, 1].toSorted(), [...new Set([1]).union(new Set([2]))],
    typeof Iterator.from, [1].values().map((n) => n + 1).toArray()];`, [
  true, [1, 2], [1, 2], "function", [2],
], { only: "engine" });
