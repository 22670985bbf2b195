// The parts of the runtime that are evaluated when they are first needed, and
// not in the snapshot.  tools/bundle.mjs makes a script of each.

import { list, ReflectDefineProperty } from "../primordials.js";
import { v8 } from "../native.js";

let shared;
const evaluated = { __proto__: null };

// Once the snapshot's own modules have been evaluated.
export function setShared(values) {
  shared = values;
}

// The exports of runtime/chunks/NAME.js.  Not in a module's body.
export function chunk(name) {
  return evaluated[name] ??= v8.runChunk(name, shared, chunk);
}

export const isEvaluated = (name) => evaluated[name] !== undefined;

const makers = list();

// Properties whose values are made when somebody first asks.  They look like
// data properties, and are from then on.  "make" takes the property's name;
// while it runs the property is undefined.
export function defineLazily(object, names, enumerable, make) {
  const number = makers.length;
  const busy = { __proto__: null };
  makers[number] = (name) => {
    if (busy[name]) return undefined;
    busy[name] = true;
    try {
      const value = make(name);
      // if the object was frozen meanwhile, it stays as it is
      ReflectDefineProperty(object, name, {
        __proto__: null,
        value, writable: true, enumerable, configurable: true,
      });
      return value;
    } finally {
      busy[name] = false;
    }
  };
  for (let i = 0; i < names.length; i++) {
    v8.lazyProperty(object, names[i], number, enumerable);
  }
}

export function installLazyHost() {
  v8.setLazyHost((number, name) => makers[number](name));
}
