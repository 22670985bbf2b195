// https://console.spec.whatwg.org/#console-namespace
//
// What a worker logs is made by the chunk "console", which a worker that logs
// nothing never loads.

import { chunk } from "../core/chunks.js";
import {
  list, ObjectCreate, ObjectDefineProperty, ObjectPrototype, ReflectApply,
  SymbolToStringTag,
} from "../primordials.js";

const methods = list();
const names = [
  "assert", "clear", "count", "countReset", "debug", "dir", "dirxml", "error",
  "group", "groupCollapsed", "groupEnd", "info", "log", "profile", "profileEnd",
  "table", "time", "timeEnd", "timeLog", "timeStamp", "trace", "warn",
];

export const console = ObjectCreate(ObjectCreate(ObjectPrototype));
for (let i = 0; i < names.length; i++) {
  const name = names[i];
  methods[i] = {
    [name](...args) {
      ReflectApply(chunk("console").methods[name], methods[i], args);
    },
  }[name];
  ObjectDefineProperty(console, name, {
    __proto__: null,
    value: methods[i], writable: true, enumerable: true, configurable: true,
  });
}
ObjectDefineProperty(console, SymbolToStringTag, {
  __proto__: null, value: "console", configurable: true,
});
