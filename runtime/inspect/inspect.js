// How console and util.inspect() show a value: as Node.js does.
// https://nodejs.org/docs/latest-v20.x/api/util.html#utilinspectobject-options
//
// Nothing of the worker's runs while a value is looked at, but for what Node.js
// asks too: a getter of Symbol.toStringTag, name, message, stack or cause of an
// error, and the custom inspect function where the options allow it.

import {
  ArrayPrototypeSort, list, MathMax, ObjectDefineProperty,
  PrimordialObject as Object, PrimordialString as String, ReflectApply,
  ReflectOwnKeys, replaceString, StringPrototypeRepeat, SymbolFor,
  SymbolPrototypeToString,
} from "../primordials.js";
import { descriptorOf } from "../core/properties.js";
import { classify } from "./classify.js";
import { findProperty, getSafely, insideOf, isProxy } from "./kinds.js";
import { arrange } from "./layout.js";
import { moreText } from "./parts.js";
import { formatPrimitive } from "./primitives.js";
import { escapeText, isIdentifier, quoteText } from "./strings.js";

export const customInspect = SymbolFor("nodejs.util.inspect.custom");

export const defaultOptions = {
  __proto__: null,
  showHidden: false, depth: 2, colors: false, customInspect: true,
  showProxy: false, maxArrayLength: 100, maxStringLength: 10000,
  breakLength: 80, compact: 3, sorted: false, getters: false,
  numericSeparator: false,
};

const optionNames = ReflectOwnKeys(defaultOptions);

// Not by assignment: a setter of Object.prototype must not be asked.
const define = (object, name, value) => ObjectDefineProperty(object, name, {
  __proto__: null, value, writable: true, enumerable: true, configurable: true,
});

// [SGR to begin, SGR to end]
const colors = {
  __proto__: null,
  special: [36, 39], number: [33, 39], bigint: [33, 39], boolean: [33, 39],
  undefined: [90, 39], null: [1, 22], string: [32, 39], symbol: [32, 39],
  date: [35, 39], regexp: [31, 39], module: [4, 24],
};

const plainStyle = (text) => text;

function colorStyle(text, style) {
  const codes = colors[style];
  return codes === undefined
    ? text : `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m`;
}

const limit = (value) => value === null ? Infinity : value;

// One call of inspect(): its options, and where it is.
class Inspection {
  options;
  stylize;
  seen = list();
  circular = list();      // those of "seen" that were met again, in that order
  depthNow = 0;
  indentation = 0;
  spent = 0;              // characters, against options.budget

  constructor(options) {
    this.options = options;
    this.stylize = options.colors ? colorStyle : plainStyle;
  }

  get exhausted() {
    return this.spent > this.options.budget;
  }

  tooDeep(depth) {
    return this.options.depth !== null && depth > this.options.depth;
  }

  primitive(value) {
    const text = formatPrimitive(this, value, this.stylize);
    this.spent += text.length;
    return text;
  }

  value(value, depth, isTypedArray = false) {
    if ((typeof value !== "object" || value === null) &&
        typeof value !== "function") {
      return this.primitive(value);
    }
    const outside = value;
    while (isProxy(value)) {
      const inside = insideOf(value);
      if (inside === null) return this.stylize("<Revoked Proxy>", "special");
      if (this.options.showProxy) return this.#proxy(inside, depth);
      value = inside[0];
    }
    if (this.options.customInspect) {
      const shown = this.#custom(value, outside, depth);
      if (shown !== undefined) return shown;
    }
    for (let i = 0; i < this.seen.length; i++) {
      if (this.seen[i] !== value) continue;
      return this.stylize(`[Circular *${this.#circularIndex(value)}]`,
        "special");
    }
    return this.#object(value, depth, isTypedArray);
  }

  #circularIndex(value) {
    let i = 0;
    while (i < this.circular.length && this.circular[i] !== value) i++;
    this.circular[i] = value;
    return i + 1;
  }

  #proxy(inside, depth) {
    if (this.tooDeep(depth)) return this.stylize("Proxy [Array]", "special");
    this.indentation += 2;
    const parts = list();
    parts[0] = this.value(inside[0], depth + 1);
    parts[1] = this.value(inside[1], depth + 1);
    this.indentation -= 2;
    return arrange(
      this, parts, { base: "", open: "Proxy [", close: "]", isArray: true },
      depth + 1, undefined);
  }

  // What the object's own inspect function says, or undefined.
  #custom(value, outside, depth) {
    const descriptor = findProperty(value, customInspect);
    if (descriptor === undefined) return undefined;
    const custom = "value" in descriptor
      ? descriptor.value : value[customInspect];
    if (typeof custom !== "function" || custom === inspect) return undefined;
    const own = descriptorOf(value, "constructor")?.value;
    if (typeof own === "function" && own.prototype === value) return undefined;

    const { options } = this;
    const shown = ReflectApply(custom, outside, [
      options.depth === null ? null : options.depth - depth,
      this.#userOptions(), inspect,
    ]);
    if (shown === outside) return undefined;
    const text = typeof shown === "object" && shown !== null
      ? this.value(shown, depth) : String(shown);
    return replaceString(
      text, "\n", `\n${StringPrototypeRepeat(" ", this.indentation)}`);
  }

  #userOptions() {
    const { colors } = this.options;
    const user = {};
    for (let i = 0; i < optionNames.length; i++) {
      define(user, optionNames[i], this.options[optionNames[i]]);
    }
    define(user, "stylize", colors
      ? (text, style) => colorStyle(`${text}`, style) : (text) => `${text}`);
    return user;
  }

  #object(value, depth, isTypedArray) {
    const shape = classify(this, value, depth, isTypedArray);
    if (shape.whole !== undefined) {
      this.spent += shape.whole.length;
      return shape.whole;
    }
    if (this.tooDeep(depth) || this.exhausted) {
      this.spent += shape.brief.length;
      return this.stylize(shape.brief, "special");
    }
    depth++;
    this.seen[this.seen.length] = value;
    this.depthNow = depth;
    const parts = list();
    const add = (text) => {
      this.spent += 2;
      parts[parts.length] = text;
    };
    if (shape.fill !== undefined) shape.fill(add, depth);
    const items = parts.length;
    const { keys } = shape;
    for (let i = 0; i < keys.length; i++) {
      if (this.exhausted) {
        add(moreText(keys.length - i, "item"));
        break;
      }
      add(this.property(value, keys[i], depth, false));
    }
    for (let i = 0; i < this.circular.length; i++) {
      if (this.circular[i] !== value) continue;
      const reference = this.stylize(`<ref *${i + 1}>`, "special");
      if (this.options.compact === true) {
        shape.open = `${reference} ${shape.open}`;
      } else {
        shape.base = shape.base === "" ? reference
          : `${reference} ${shape.base}`;
      }
    }
    this.seen.length--;
    this.#sort(parts, shape.isArray ? items : 0);
    return arrange(this, parts, shape, depth, value);
  }

  #sort(parts, from) {
    const { sorted } = this.options;
    if (!sorted) return;
    const some = list();
    for (let i = from; i < parts.length; i++) some[i - from] = parts[i];
    ArrayPrototypeSort(some, sorted === true ? undefined : sorted);
    for (let i = 0; i < some.length; i++) parts[from + i] = some[i];
  }

  // "key: value", or of an array's item the value alone.
  property(object, key, depth, isItem) {
    const descriptor = descriptorOf(object, key) ??
      { __proto__: null, value: getSafely(object, key), enumerable: true };
    const { options } = this;
    const shift = options.compact !== true || isItem ? 2 : 3;
    let text;
    let gap = " ";
    if (descriptor.value !== undefined) {
      this.indentation += shift;
      text = this.value(descriptor.value, depth);
      if (shift === 3 && text.length > options.breakLength &&
          !options.oneLine) {
        gap = `\n${StringPrototypeRepeat(" ", this.indentation)}`;
      }
      this.indentation -= shift;
    } else if (descriptor.get !== undefined) {
      text = this.#getter(object, descriptor, depth);
    } else if (descriptor.set !== undefined) {
      text = this.stylize("[Setter]", "special");
    } else {
      text = this.stylize("undefined", "undefined");
    }
    if (isItem) return text;
    const name = this.#key(key, descriptor.enumerable);
    this.spent += name.length;
    return `${name}:${gap}${text}`;
  }

  #key(key, enumerable) {
    if (typeof key === "symbol") {
      const text = escapeText(SymbolPrototypeToString(key));
      return `[${this.stylize(text, "symbol")}]`;
    }
    if (key === "__proto__") return "['__proto__']";
    if (enumerable === false) return `[${escapeText(key)}]`;
    if (isIdentifier(key)) return this.stylize(key, "name");
    return this.stylize(quoteText(key), "string");
  }

  #getter(object, { get, set }, depth) {
    const { getters } = this.options;
    const label = set === undefined ? "Getter" : "Getter/Setter";
    const special = (text) => this.stylize(text, "special");
    if (getters !== true && !(getters === "get" && set === undefined) &&
        !(getters === "set" && set !== undefined)) {
      return special(`[${label}]`);
    }
    try {
      const value = ReflectApply(get, object, []);
      this.indentation += 2;
      let text;
      if (value === null) {
        text = `${special(`[${label}:`)} ${this.stylize("null", "null")}` +
          special("]");
      } else if (typeof value === "object") {
        text = `${special(`[${label}]`)} ${this.value(value, depth)}`;
      } else {
        text = `${special(`[${label}:`)} ` +
          `${formatPrimitive(this, value, this.stylize)}${special("]")}`;
      }
      this.indentation -= 2;
      return text;
    } catch (error) {
      return special(`[${label}: <Inspection threw (${
        getSafely(Object(error), "message")})>]`);
    }
  }
}

export function inspectWith(value, options) {
  return new Inspection(options).value(value, 0);
}

// The options of a call, each with its default.
export function completeOptions(given) {
  const options = { __proto__: null, budget: 2 ** 27, oneLine: false };
  for (let i = 0; i < optionNames.length; i++) {
    const name = optionNames[i];
    const value = given === null || given === undefined
      ? undefined : given[name];
    options[name] = value === undefined ? defaultOptions[name] : value;
  }
  options.maxArrayLength = MathMax(0, limit(options.maxArrayLength));
  options.maxStringLength = MathMax(0, limit(options.maxStringLength));
  if (options.depth === Infinity) options.depth = null;
  return options;
}

// util.inspect()
export function inspect(value, options = undefined, depth = undefined,
  withColors = undefined) {
  let given = options;
  if (typeof options === "boolean" || arguments.length > 2) {
    given = { __proto__: null };
    if (typeof options === "boolean") given.showHidden = options;
    else if (typeof options === "object") given = completeOptions(options);
    if (depth !== undefined) given.depth = depth;
    if (withColors !== undefined) given.colors = withColors;
  }
  return inspectWith(value, completeOptions(given));
}
