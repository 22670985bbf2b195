// util.parseArgs().
// https://nodejs.org/docs/latest-v20.x/api/util.html#utilparseargsconfig

import {
  invalidArgType, invalidArgValue, nodeTypeError, requireBoolean, requireObject,
  requireString,
} from "../chunks/node-errors.js";

const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);

function checkOptions(options) {
  requireObject(options, "options");
  for (const [name, option] of Object.entries(options)) {
    const where = `options.${name}`;
    requireObject(option, where);
    if (option.type !== "string" && option.type !== "boolean") {
      throw invalidArgType(`${where}.type`, "('string|boolean')", option.type);
    }
    if (has(option, "short")) {
      requireString(option.short, `${where}.short`);
      if (option.short.length !== 1) {
        throw invalidArgValue(
          `${where}.short`, option.short, "must be a single character");
      }
    }
    const multiple = has(option, "multiple") ? option.multiple : false;
    if (has(option, "multiple")) requireBoolean(multiple, `${where}.multiple`);
    if (option.default !== undefined) {
      const values = multiple ? option.default : [option.default];
      if (!Array.isArray(values)) {
        throw invalidArgType(`${where}.default`, "Array", option.default);
      }
      for (const value of values) {
        if (typeof value !== option.type) {
          throw invalidArgType(`${where}.default`, option.type, value);
        }
      }
    }
  }
}

const longOf = (short, options) => {
  for (const [name, option] of Object.entries(options)) {
    if (option.short === short) return name;
  }
  return short;
};

// Arguments as tokens: options, positionals and the terminator "--".
function tokenize(args, options) {
  const tokens = [];
  const add = (index, rawName, value, inlineValue) => {
    const name = rawName.startsWith("--") ? rawName.slice(2)
      : longOf(rawName[1], options);
    tokens.push({ kind: "option", name, rawName, index, value, inlineValue });
  };
  const takesValue = (name) => options[name]?.type === "string";

  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      tokens.push({ kind: "option-terminator", index: i });
      for (let k = i + 1; k < args.length; k++) {
        tokens.push({ kind: "positional", index: k, value: args[k] });
      }
      break;
    }
    const next = (name) => takesValue(name) && i + 1 < args.length &&
      args[i + 1] !== undefined;
    if (/^-[^-]$/.test(arg)) {
      const name = longOf(arg[1], options);
      if (next(name)) add(i, arg, args[++i], false);
      else add(i, arg, undefined, undefined);
    } else if (/^-[^-]./.test(arg)) {
      const letters = arg.slice(1);
      // -f=value and -fvalue, where -f takes one; or a group of flags
      let k = 0;
      const start = i;
      for (; k < letters.length; k++) {
        const name = longOf(letters[k], options);
        if (!takesValue(name)) {
          add(start, `-${letters[k]}`, undefined, undefined);
        } else if (k === letters.length - 1) {
          if (next(name)) add(start, `-${letters[k]}`, args[++i], false);
          else add(start, `-${letters[k]}`, undefined, undefined);
        } else {
          add(start, `-${letters[k]}`, letters.slice(k + 1), true);
          break;
        }
      }
    } else if (/^--[^=]+=/.test(arg)) {
      const at = arg.indexOf("=");
      add(i, arg.slice(0, at), arg.slice(at + 1), true);
    } else if (arg.startsWith("--") && arg.length > 2) {
      const name = arg.slice(2);
      if (next(name)) add(i, arg, args[++i], false);
      else add(i, arg, undefined, undefined);
    } else {
      tokens.push({ kind: "positional", index: i, value: arg });
    }
  }
  return tokens;
}

const shownAs = (token, options) => {
  const { short } = options[token.name];
  return `${short ? `-${short}, ` : ""}--${token.name}`;
};

const badValue = (text) =>
  nodeTypeError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", text);

function checkToken(token, options, allowPositionals) {
  const { name, rawName, value } = token;
  if (!has(options, name)) {
    throw nodeTypeError("ERR_PARSE_ARGS_UNKNOWN_OPTION",
      `Unknown option '${rawName}'${allowPositionals
        ? `. To specify a positional argument starting with a '-', place it ` +
          `at the end of the command after '--', as in '-- "${rawName}"`
            : ""}`);
  }
  const { type } = options[name];
  if (type === "string" && typeof value !== "string") {
    throw badValue(
      `Option '${shownAs(token, options)} <value>' argument missing`);
  }
  if (type === "boolean" && value !== undefined) {
    throw badValue(
      `Option '${shownAs(token, options)}' does not take an argument`);
  }
  if (token.inlineValue === false && value.length > 1 && value[0] === "-") {
    const example = rawName.startsWith("--") ? `'${rawName}=-XYZ'`
      : `'--${name}=-XYZ' or '${rawName}-XYZ'`;
    throw badValue(
      `Option '${rawName}' argument is ambiguous.\nDid you forget to specify ` +
      `the option argument for '${rawName}'?\nTo specify an option argument ` +
      `starting with a dash use ${example}.`);
  }
}

export function parseArgs(config = {}) {
  requireObject(config, "config");
  const {
    args = [], options = {}, strict = true, allowPositionals = !strict,
    tokens: withTokens = false, allowNegative = false,
  } = config;
  if (!Array.isArray(args)) throw invalidArgType("args", "Array", args);
  requireBoolean(strict, "strict");
  requireBoolean(allowPositionals, "allowPositionals");
  requireBoolean(withTokens, "tokens");
  checkOptions(options);

  const tokens = tokenize(args, options);
  const values = { __proto__: null };
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (!allowPositionals) {
        throw nodeTypeError("ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL",
          `Unexpected argument '${token.value}'. This command does not take ` +
          "positional arguments");
      }
      positionals.push(token.value);
    } else if (token.kind === "option") {
      let { name } = token;
      let value = token.value ?? true;
      if (allowNegative && name.startsWith("no-") && !has(options, name) &&
          options[name.slice(3)]?.type === "boolean") {
        name = name.slice(3);
        token.name = name;
        value = false;
      } else if (strict) {
        checkToken(token, options, allowPositionals);
      }
      if (name === "__proto__") continue;
      if (options[name]?.multiple) (values[name] ??= []).push(value);
      else values[name] = value;
    }
  }
  for (const [name, option] of Object.entries(options)) {
    if (option.default !== undefined && values[name] === undefined) {
      values[name] = option.default;
    }
  }
  const result = { values, positionals };
  if (withTokens) result.tokens = tokens;
  return result;
}
