// The runtime's table of channels and timers, against a Map.

import assert from "node:assert/strict";
import test from "node:test";
import { IdTable } from "../../runtime/core/id-table.js";

// The same numbers each time.
function* numbers(seed) {
  for (;;) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    yield seed / 2 ** 32;
  }
}

function compare(nextId, seed) {
  const random = numbers(seed);
  const chance = () => random.next().value;
  const table = new IdTable();
  const map = new Map();
  const live = [];
  for (let step = 0; step < 20000; step++) {
    // it grows for a while, then it shrinks
    if (chance() < (step % 5000 < 2500 ? 0.6 : 0.4)) {
      const id = nextId(step, chance);
      table.set(id, step);
      map.set(id, step);
      live.push(id);
    } else if (live.length > 0) {
      const [id] = live.splice(Math.floor(chance() * live.length), 1);
      table.delete(id);
      map.delete(id);
    }
    if (step % 100 !== 0) continue;
    for (const id of live) {
      assert.equal(table.get(id), map.get(id));
      assert.equal(table.has(id), map.has(id));
    }
    assert.equal(table.get(2 ** 50 + step), undefined);
    assert.equal(table.has(2 ** 50 + step), false);
  }
  return live.length;
}

test("ids in order, as those of channels are", () => {
  assert.notEqual(compare((step) => 2 * step + 1, 1), 0);
});

test("ids beyond 32 bits", () => {
  compare((step) => 2 ** 40 + step, 2);
});

test("ids that collide", () => {
  compare((step) => 4096 * step, 3);
});

test("ids that come again", () => {
  compare((step, chance) => Math.floor(chance() * 300), 4);
});

test("a table that was large", () => {
  const table = new IdTable();
  for (let id = 0; id < 100000; id++) table.set(id, id);
  for (let id = 0; id < 100000; id++) if (id % 1000 !== 7) table.delete(id);
  for (let id = 0; id < 100000; id++) {
    assert.equal(table.get(id), id % 1000 === 7 ? id : undefined);
  }
});
