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
