// A class whose objects are Transform streams only when somebody treats them as
// such: node:stream is large, and most hashes are never piped to.

import { chunk } from "../core/chunks.js";

const names = [
  "_readableState", "_writableState", "_events", "_eventsCount",
  "_maxListeners",
];

const methods = [
  "addListener", "asIndexedPairs", "compose", "cork", "destroy", "drop", "emit",
  "end", "eventNames", "every", "filter", "find", "flatMap", "forEach",
  "getMaxListeners", "isPaused", "iterator", "listenerCount", "listeners", "map",
  "off", "on", "once", "pause", "pipe", "prependListener",
  "prependOnceListener", "push", "rawListeners", "read", "reduce",
  "removeAllListeners", "removeListener", "resume", "setDefaultEncoding",
  "setEncoding", "setMaxListeners", "some", "take", "toArray", "uncork", "unpipe",
  "unshift", "wrap", "write", "readable", "writable", "destroyed",
  "readableAborted", "readableBuffer", "readableDidRead", "readableEncoding",
  "readableEnded", "writableEnded", "readableFlowing", "readableLength",
  "writableBuffer", "writableCorked", "writableLength", "writableFinished",
  "writableNeedDrain", "readableObjectMode", "writableObjectMode",
  "readableHighWaterMark", "writableHighWaterMark", "closed", "errored",
];

const { defineProperty, setPrototypeOf } = Object;

// Gives the prototype of a class what makes a stream of its instances when it
// is asked for.  The class has _transform() and _flush().
export function makeLazyStream(Class) {
  const { prototype } = Class;

  const become = (object) => {
    const { Transform } = chunk("node-stream").stream;
    // from now on the methods are inherited
    if (Object.getPrototypeOf(prototype) !== Transform.prototype) {
      for (const name of methods) delete prototype[name];
      delete prototype[Symbol.asyncIterator];
      setPrototypeOf(prototype, Transform.prototype);
    }
    for (const name of names) {
      defineProperty(object, name, {
        __proto__: null,
        value: undefined, writable: true, enumerable: false, configurable: true,
      });
    }
    Transform.call(object, { decodeStrings: true });
  };

  const add = (name) => defineProperty(prototype, name, {
    __proto__: null,
    get() {
      if (this === prototype) return undefined;
      become(this);
      return this[name];
    },
    set(value) {
      defineProperty(this, name, {
        __proto__: null,
        value, writable: true, enumerable: true, configurable: true,
      });
    },
    configurable: true,
  });
  for (const name of [...methods, Symbol.asyncIterator]) add(name);
  // each instance has a state of its own, which the methods look for first
  for (const name of names) add(name);
}
