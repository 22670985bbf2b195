import { readdirSync, readFileSync } from "node:fs";

// Names of what the runtime passes to itself in objects: those in its literals
// and patterns.
const runtime = new URL("../../../runtime/", import.meta.url);
const names = new Set();
for (const file of readdirSync(runtime, { recursive: true })) {
  if (!file.endsWith(".js") || file.startsWith("node/")) continue;
  const text = readFileSync(new URL(file, runtime), "utf8").replace(/^import [^;]*;/gm, "");
  for (const [, name] of text.matchAll(/[{,]\s*([a-z]\w*)(?=\s*[,:=}])/gi)) names.add(name);
}
// These are asked of any object by the language, or by its iterators.
for (const name of ["then", "toJSON", "return", "throw"]) names.delete(name);

export const optionNames = [...names];

// Statements that give each of them, in any object, the value of an expression.
export const polluteObjects = (value) => `
  for (const name of ${JSON.stringify(optionNames)}) {
    if (name in Object.prototype) continue;
    Object.defineProperty(Object.prototype, name,
      { __proto__: null, value: ${value}, writable: true, configurable: true });
  }
`;

// Statements that patch what a worker can patch.  watch() begins, unwatch()
// puts all back and returns the names of what was called meanwhile, each once.

export const hostile = `
  const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
  const { join } = Array.prototype;
  let seen = Object.create(null), undo = [];
  const replace = (object, name, descriptor) => {
    const old = getOwnPropertyDescriptor(object, name);
    undo.push(() => old === undefined ? deleteProperty(object, name) : defineProperty(object, name, old));
    return () => defineProperty(object, name, descriptor);
  };
  const watch = () => {
    const patches = [];
    for (const [label, object] of [
      ["Array", Array.prototype], ["String", String.prototype], ["RegExp", RegExp.prototype],
      ["Promise", Promise.prototype], ["Function", Function.prototype], ["Map", Map.prototype],
      ["Set", Set.prototype], ["TypedArray", Object.getPrototypeOf(Uint8Array.prototype)],
      ["Uint8Array", Uint8Array.prototype], ["ArrayBuffer", ArrayBuffer.prototype],
      ["ArrayIterator", Object.getPrototypeOf([][Symbol.iterator]())],
      ["%Promise", Promise], ["%Object", Object], ["%Reflect", Reflect], ["%JSON", JSON], ["%Math", Math],
      ["%Date", Date], ["%String", String],
    ]) {
      for (const key of Reflect.ownKeys(object)) {
        const { value, get, configurable } = getOwnPropertyDescriptor(object, key);
        if (!configurable || key === "name" || key === "length" || key === "prototype" ||
            (key === "constructor" && label !== "Promise" && label !== "Uint8Array" && label !== "ArrayBuffer")) continue;
        const name = label + "." + String(key);
        const spy = key === "constructor" ? { __proto__: null, get() { seen[name] = 1; return value; }, configurable: true }
          : typeof value === "function" ? { __proto__: null, value: function (...args) {
            seen[name] = 1; return new.target ? Reflect.construct(value, args) : apply(value, this, args); },
            writable: true, configurable: true }
          : typeof get === "function" ? { __proto__: null, get() { seen[name] = 1; return apply(get, this, []); },
            configurable: true }
          : undefined;
        if (spy !== undefined) patches.push(replace(object, key, spy));
      }
    }
    for (const key of ["0", "1", "value", "get", "set", "writable", "enumerable", "done", "then", "type",
      "text", "bytes", "body", "status", "headers", "signal", "start", "pull", "cancel"]) {
      patches.push(replace(Object.prototype, key, { __proto__: null,
        get() { seen["get " + key] = 1; }, set() { seen["set " + key] = 1; }, configurable: true }));
    }
    const count = patches.length;
    for (let i = 0; i < count; i++) patches[i]();
    seen = { __proto__: null };
  };
  const unwatch = () => {
    const names = seen;
    const count = undo.length;
    for (let i = count - 1; i >= 0; i--) undo[i]();
    undo = [];
    return Object.keys(names).sort();
  };
`;
