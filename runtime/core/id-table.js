// What is known by a number for a while: channels, timers.  Not a Map: when that
// makes room, its old table refers to the new one.  An old table that has been
// promoted then keeps all that follow, and what they ever held, until V8
// collects the old space: half of what each event had made survived it.

import { list } from "../primordials.js";

const FREE = -1;
const SMALLEST = 16;
const LARGE = 4096;       // beyond this, room that is not used is given back

// Open addressing with linear probing, at most half full.  Ids are integers, not
// negative, and most often consecutive: they are their own hash.
export class IdTable {
  #ids = list();
  #values = list();
  #mask = 0;
  #count = 0;

  constructor() {
    this.#allocate(SMALLEST);
  }

  #allocate(size) {
    this.#ids = list();
    this.#values = list();
    this.#mask = size - 1;
    for (let i = 0; i < size; i++) {
      this.#ids[i] = FREE;
      this.#values[i] = undefined;
    }
  }

  // Where it is, or where it would be.
  #find(id) {
    const ids = this.#ids;
    let at = id & this.#mask;
    while (ids[at] !== id && ids[at] !== FREE) at = (at + 1) & this.#mask;
    return at;
  }

  get(id) {
    return this.#values[this.#find(id)];
  }

  has(id) {
    return this.#ids[this.#find(id)] === id;
  }

  set(id, value) {
    let at = this.#find(id);
    if (this.#ids[at] === FREE) {
      this.#count++;
      if (2 * this.#count > this.#mask) {
        this.#resize(2 * (this.#mask + 1));
        at = this.#find(id);
      }
      this.#ids[at] = id;
    }
    this.#values[at] = value;
  }

  delete(id) {
    const ids = this.#ids;
    const values = this.#values;
    const mask = this.#mask;
    let hole = this.#find(id);
    if (ids[hole] === FREE) return;

    // What follows moves up, but for those that belong behind the hole.
    for (let at = (hole + 1) & mask; ids[at] !== FREE; at = (at + 1) & mask) {
      if (((at - ids[at]) & mask) < ((at - hole) & mask)) continue;
      ids[hole] = ids[at];
      values[hole] = values[at];
      hole = at;
    }
    ids[hole] = FREE;
    values[hole] = undefined;

    this.#count--;
    if (mask >= LARGE && 16 * this.#count < mask) {
      this.#resize((mask + 1) / 2);
    }
  }

  #resize(size) {
    const ids = this.#ids;
    const values = this.#values;
    this.#allocate(size);
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] === FREE) continue;
      const at = this.#find(ids[i]);
      this.#ids[at] = ids[i];
      this.#values[at] = values[i];
    }
  }
}
