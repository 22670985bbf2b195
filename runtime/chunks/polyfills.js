// From core-js, each module by its name, since others would replace what V8 does
// well.  A newer V8 keeps its own.  runtime/polyfills.js has the properties.

// What a worker has frozen, or broken, before it asked for the first of them is
// its own loss, but only that.
function attempt(evaluate) {
  try {
    evaluate();
  } catch {
    // the property stays undefined
  }
}

attempt(() => require("core-js/modules/es.symbol.dispose.js"));
attempt(() => require("core-js/modules/es.symbol.async-dispose.js"));
attempt(() => require("core-js/modules/es.suppressed-error.constructor.js"));
attempt(() => require("core-js/modules/es.disposable-stack.constructor.js"));
attempt(() => require("core-js/modules/es.async-disposable-stack.constructor.js"));
attempt(() => require("core-js/modules/es.array.from-async.js"));
attempt(() => require("core-js/modules/es.array.to-reversed.js"));
attempt(() => require("core-js/modules/es.array.to-sorted.js"));
attempt(() => require("core-js/modules/es.array.to-spliced.js"));
attempt(() => require("core-js/modules/es.array.with.js"));
attempt(() => require("core-js/modules/es.error.is-error.js"));
attempt(() => require("core-js/modules/es.iterator.constructor.js"));
attempt(() => require("core-js/modules/es.iterator.concat.js"));
attempt(() => require("core-js/modules/es.iterator.dispose.js"));
attempt(() => require("core-js/modules/es.iterator.drop.js"));
attempt(() => require("core-js/modules/es.iterator.every.js"));
attempt(() => require("core-js/modules/es.iterator.filter.js"));
attempt(() => require("core-js/modules/es.iterator.find.js"));
attempt(() => require("core-js/modules/es.iterator.flat-map.js"));
attempt(() => require("core-js/modules/es.iterator.for-each.js"));
attempt(() => require("core-js/modules/es.iterator.from.js"));
attempt(() => require("core-js/modules/es.iterator.map.js"));
attempt(() => require("core-js/modules/es.iterator.reduce.js"));
attempt(() => require("core-js/modules/es.iterator.some.js"));
attempt(() => require("core-js/modules/es.iterator.take.js"));
attempt(() => require("core-js/modules/es.iterator.to-array.js"));
attempt(() => require("core-js/modules/es.async-iterator.async-dispose.js"));
attempt(() => require("core-js/modules/es.map.get-or-insert.js"));
attempt(() => require("core-js/modules/es.map.get-or-insert-computed.js"));
attempt(() => require("core-js/modules/es.map.group-by.js"));
attempt(() => require("core-js/modules/es.math.sum-precise.js"));
attempt(() => require("core-js/modules/es.object.group-by.js"));
attempt(() => require("core-js/modules/es.promise.try.js"));
attempt(() => require("core-js/modules/es.promise.with-resolvers.js"));
attempt(() => require("core-js/modules/es.regexp.escape.js"));
attempt(() => require("core-js/modules/es.set.difference.v2.js"));
attempt(() => require("core-js/modules/es.set.intersection.v2.js"));
attempt(() => require("core-js/modules/es.set.is-disjoint-from.v2.js"));
attempt(() => require("core-js/modules/es.set.is-subset-of.v2.js"));
attempt(() => require("core-js/modules/es.set.is-superset-of.v2.js"));
attempt(() => require("core-js/modules/es.set.symmetric-difference.v2.js"));
attempt(() => require("core-js/modules/es.set.union.v2.js"));
attempt(() => require("core-js/modules/es.string.is-well-formed.js"));
attempt(() => require("core-js/modules/es.string.to-well-formed.js"));
attempt(() => require("core-js/modules/es.typed-array.to-reversed.js"));
attempt(() => require("core-js/modules/es.typed-array.to-sorted.js"));
attempt(() => require("core-js/modules/es.typed-array.with.js"));
attempt(() => require("core-js/modules/es.uint8-array.from-base64.js"));
attempt(() => require("core-js/modules/es.uint8-array.from-hex.js"));
attempt(() => require("core-js/modules/es.uint8-array.set-from-base64.js"));
attempt(() => require("core-js/modules/es.uint8-array.set-from-hex.js"));
attempt(() => require("core-js/modules/es.uint8-array.to-base64.js"));
attempt(() => require("core-js/modules/es.uint8-array.to-hex.js"));
attempt(() => require("core-js/modules/es.weak-map.get-or-insert.js"));
attempt(() => require("core-js/modules/es.weak-map.get-or-insert-computed.js"));

// Where core-js notes what it has done: nobody else's business.
delete globalThis["__core-js_shared__"];
