// Copies a value by the rules of structured clone.  What comes of leaves and of
// platform objects is up to the class that extends this one.
// https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal

import {
  KIND_ARRAY, KIND_ERROR, KIND_MAP, KIND_PLAIN, KIND_SET, KIND_UNCLONEABLE, v8,
} from "../native.js";
import {
  ArrayPrototype, list, MapPrototypeForEach, MapPrototypeSet,
  ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectKeys,
  ObjectPrototype, ObjectPrototypeHasOwnProperty,
  ObjectSetPrototypeOf, PrimordialMap as Map, PrimordialSet as Set, SafeMap,
  SetPrototypeAdd, SetPrototypeForEach, StringPrototypeSlice,
} from "../primordials.js";
import {
  cloneableOf, dataCloneError, transferableOf, uncloneable,
} from "../core/clone.js";
import { nativeErrors } from "../core/errors.js";
import { detailOf } from "../core/function-text.js";
import { defineData } from "../core/properties.js";
import { refOf, thenableName } from "../core/stubs.js";
import { interfaceOf, toDOMString } from "../core/webidl.js";

export const notCloneable = (value) =>
  dataCloneError(`${detailOf(value)} could not be cloned.`);

const elsewhere = {
  __proto__: null,
  Fetcher: "ServiceStub cannot be serialized in this context.",
  RpcStub: "Remote RPC references can only be serialized for RPC.",
  RpcTarget: "Remote RPC references can only be serialized for RPC.",
};

export const notSerializable = (name) => dataCloneError(
  elsewhere[name] ??
  `Could not serialize object of type "${name}". This type does not support ` +
  "serialization.");

// Of an instance of a worker's class, which would arrive without it.
export const classNotSerializable = (value) =>
  notSerializable(StringPrototypeSlice(v8.detail(value), 2, -1));

// The value of an own data property, or undefined: no getter is asked.
function ownData(object, key) {
  const found = ObjectGetOwnPropertyDescriptor(object, key);
  return found !== undefined && ObjectPrototypeHasOwnProperty(found, "value")
    ? found.value : undefined;
}

// A value that exists only when all else has been copied: what is transferred.
export class Deferred {
  value = undefined;
  #make;

  constructor(make) {
    this.#make = make;
  }

  get() {
    const make = this.#make;
    if (make !== null) {
      this.#make = null;
      this.value = make();
    }
    return this.value;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #make in value;
  }
}

// What a class that extends it may say otherwise: copyFunction(), copySpecial()
// (of an object that is not plain, or undefined), checkPlain() (which may throw
// for an instance of a worker's class) and copyErrorExtras().
export class Copy {
  // From each object to its copy.
  memory = new SafeMap();
  // When something is transferred: what is left to do then.
  later = null;

  copy(value) {
    switch (typeof value) {
    case "symbol":
      throw notCloneable(value);
    case "function":
      return this.memory.get(value) ?? this.#keep(value, this.copyFunction(value));
    case "object":
      if (value === null) return value;
      break;
    default:
      return value;
    }
    // undefined is no copy of any object
    return this.memory.get(value) ?? this.#copyObject(value);
  }

  #keep(value, copied) {
    this.memory.set(value, copied);
    return copied;
  }

  copyFunction(value) {
    const name = refOf(value) === undefined ? thenableName(value) : "RpcStub";
    throw name === undefined ? notCloneable(value) : notSerializable(name);
  }

  copySpecial() {
    return undefined;
  }

  checkPlain() {}

  copyErrorExtras() {}

  #copyObject(value) {
    const kind = v8.cloneKind(value);
    switch (kind) {
    case KIND_PLAIN:
      return this.#copyPlain(value);
    case KIND_ARRAY:
      return this.#copyArray(value);
    case KIND_MAP:
      return this.#copyMap(value);
    case KIND_SET:
      return this.#copySet(value);
    case KIND_ERROR: {
      const cloneable = this.#platform(value);
      return cloneable === undefined
        ? this.#copyError(value) : this.#clone(value, cloneable);
    }
    case KIND_UNCLONEABLE: {
      const special = this.copySpecial(value, kind);
      if (special === undefined) throw notCloneable(value);
      return this.#keep(value, special);
    }
    default:
      return this.#keep(value, this.copyLeaf(kind, value));
    }
  }

  #clone(value, cloneable) {
    return this.#keep(value, this.copyPlatformObject(cloneable, value));
  }

  // How a platform object is cloned; undefined for what is not one.
  #platform(value) {
    let prototype = ObjectGetPrototypeOf(value);
    for (; prototype !== null; prototype = ObjectGetPrototypeOf(prototype)) {
      if (prototype === ObjectPrototype) return undefined;
      const cloneable = cloneableOf(prototype);
      if (cloneable !== undefined) {
        return cloneable.is(value) ? cloneable : undefined;
      }
      if (transferableOf(prototype)?.is(value)) {
        throw dataCloneError(
          `${detailOf(value)} could not be cloned because it was not ` +
          "transferred.");
      }
      const known = interfaceOf(prototype);
      if (known !== undefined) throw notSerializable(known.name);
      if (uncloneable.has(prototype)) throw notCloneable(value);
    }
    return undefined;
  }

  #copyPlain(value) {
    const prototype = ObjectGetPrototypeOf(value);
    if (prototype !== ObjectPrototype) {
      const special = this.copySpecial(value, KIND_PLAIN);
      if (special !== undefined) return this.#keep(value, special);
      const cloneable = this.#platform(value);
      if (cloneable !== undefined) return this.#clone(value, cloneable);
      this.checkPlain(value, prototype);
    }
    const copied = {};
    this.memory.set(value, copied);
    this.#copyProperties(value, copied);
    return copied;
  }

  #copyArray(value) {
    // without a prototype while it grows, so that no setter is asked
    const copied = list();
    copied.length = value.length;
    this.memory.set(value, copied);
    const keys = ObjectKeys(value);
    // Indices come first and in order: if this is the last one, there are no
    // holes and no other keys.  Numbers are quicker than their texts.
    const { length } = keys;
    const dense = length === copied.length && length > 0 &&
      keys[length - 1] === `${length - 1}`;
    for (let i = 0; i < length; i++) {
      const key = dense ? i : keys[i];
      if (!ObjectPrototypeHasOwnProperty(value, key)) continue;
      const item = this.copy(value[key]);
      if (this.later !== null &&
          this.#defer(item, (made) => defineData(copied, key, made))) {
        copied[key] = undefined;
      } else {
        copied[key] = item;
      }
    }
    return ObjectSetPrototypeOf(copied, ArrayPrototype);
  }

  #copyProperties(value, copied) {
    const keys = ObjectKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (!ObjectPrototypeHasOwnProperty(value, key)) continue;
      const item = this.copy(value[key]);
      if (this.later !== null &&
          this.#defer(item, (made) => defineData(copied, key, made))) {
        defineData(copied, key, undefined);
      } else {
        defineData(copied, key, item);
      }
    }
  }

  #copyMap(value) {
    const copied = new Map();
    this.memory.set(value, copied);
    const items = list();
    MapPrototypeForEach(value, (item, key) => {
      items[items.length] = key;
      items[items.length] = item;
    });
    for (let i = 0; i < items.length; i++) items[i] = this.copy(items[i]);
    this.#fill(() => {
      for (let i = 0; i < items.length; i += 2) {
        MapPrototypeSet(copied, madeOf(items[i]), madeOf(items[i + 1]));
      }
    });
    return copied;
  }

  #copySet(value) {
    const copied = new Set();
    this.memory.set(value, copied);
    const items = list();
    SetPrototypeForEach(value, (item) => { items[items.length] = item; });
    for (let i = 0; i < items.length; i++) items[i] = this.copy(items[i]);
    this.#fill(() => {
      for (let i = 0; i < items.length; i++) {
        SetPrototypeAdd(copied, madeOf(items[i]));
      }
    });
    return copied;
  }

  #copyError(value) {
    const { name } = value;
    const type = name === undefined ? "Error" : toDOMString(name);
    const message = ownData(value, "message");
    const parts = list();
    parts[0] = nativeErrors[type] === undefined ? "Error" : type;
    parts[1] = message === undefined ? undefined : toDOMString(message);
    // V8 has it as an own property, with or without a getter
    const { stack } = value;
    parts[2] = typeof stack === "string" ? stack : undefined;
    const copied = this.copyErrorParts(parts);
    this.memory.set(value, copied);

    const cause = ObjectGetOwnPropertyDescriptor(value, "cause");
    if (cause !== undefined && ObjectPrototypeHasOwnProperty(cause, "value")) {
      const item = this.copy(cause.value);
      if (!this.#defer(item, (made) => this.setCause(copied, made))) {
        this.setCause(copied, item);
      }
    }
    this.copyErrorExtras(value, copied);
    return copied;
  }

  // True if there is no such value yet: "set" gets it later.
  #defer(item, set) {
    if (this.later === null || !Deferred.is(item)) return false;
    this.later[this.later.length] = () => set(item.get());
    return true;
  }

  #fill(fill) {
    if (this.later === null) fill();
    else this.later[this.later.length] = fill;
  }
}

export const madeOf = (item) => Deferred.is(item) ? item.get() : item;
