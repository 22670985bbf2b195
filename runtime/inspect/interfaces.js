// Objects of ours, which have no properties of their own: their pairs, if they
// are iterable, or their attributes.

import { list, ReflectApply, ReflectOwnKeys } from "../primordials.js";
import { descriptorOf } from "../core/properties.js";
import { interfaceOf } from "../core/webidl.js";

// What asking for it would change, or takes long.
const unasked = {
  __proto__: null,
  body: true, signal: true, ready: true, closed: true, digest: true,
  subtle: true,
};

// { size, fill } for an object with pairs, { fill } for one with attributes.
export function fillInterface(at, value, prototypes) {
  const getters = list();
  const seen = { __proto__: null };
  for (let i = 0; i < prototypes.length; i++) {
    const known = interfaceOf(prototypes[i]);
    if (known === undefined) continue;
    if (known.pairAt !== undefined) {
      try {
        return pairs(at, value, known.pairAt);
      } catch {
        return undefined;     // not one of its instances
      }
    }
    const keys = ReflectOwnKeys(prototypes[i]);
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      if (typeof key === "symbol" || unasked[key] || seen[key]) continue;
      const { get } = descriptorOf(prototypes[i], key);
      if (get === undefined) continue;
      seen[key] = true;
      getters[getters.length] = { key, get };
    }
  }
  if (getters.length === 0) return undefined;
  const values = list();
  for (let i = 0; i < getters.length; i++) {
    try {
      values[values.length] = {
        key: getters[i].key, value: ReflectApply(getters[i].get, value, []),
      };
    } catch {
      // not one of its instances, or not now
    }
  }
  if (values.length === 0) return undefined;
  return {
    size: undefined,
    fill(add, depth) {
      for (let i = 0; i < values.length; i++) {
        at.indentation += 2;
        add(`${at.stylize(values[i].key, "name")}: ${at.value(values[i].value, depth)}`);
        at.indentation -= 2;
      }
    },
  };
}

function pairs(at, value, pairAt) {
  let size = 0;
  while (pairAt(value, size) !== undefined) size++;
  return {
    size,
    fill(add, depth) {
      for (let i = 0; i < size && !at.exhausted; i++) {
        const pair = pairAt(value, i);
        add(`${at.value(pair[0], depth)} => ${at.value(pair[1], depth)}`);
      }
    },
  };
}
