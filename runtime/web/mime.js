// https://mimesniff.spec.whatwg.org/#mime-types

import {
  list, RegExpPrototypeExec, StringPrototypeCharCodeAt, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeToLowerCase,
} from "../primordials.js";
import { trim } from "../core/webidl.js";
import { getHeader, isToken } from "./headers.js";

const quotable = /^[\t\x20-\x7e\x80-\xff]*$/;

const isSpace = (code) =>
  code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
const isTabOrSpace = (code) => code === 0x20 || code === 0x09;

// Where this character is next, or the end.
function find(text, character, from) {
  const at = StringPrototypeIndexOf(text, character, from);
  return at === -1 ? text.length : at;
}

// https://fetch.spec.whatwg.org/#collect-an-http-quoted-string
// The text within quotes and where it goes on; it begins with a quote.
function collectQuoted(text, from) {
  let value = "";
  let i = from + 1;
  for (;;) {
    let to = i;
    while (to < text.length && text[to] !== '"' && text[to] !== "\\") to++;
    value += StringPrototypeSlice(text, i, to);
    if (to >= text.length) return { __proto__: null, value, end: text.length };
    if (text[to] === '"') return { __proto__: null, value, end: to + 1 };
    if (to + 1 >= text.length) {
      return { __proto__: null, value: `${value}\\`, end: text.length };
    }
    value += text[to + 1];
    i = to + 2;
  }
}

// https://mimesniff.spec.whatwg.org/#parse-a-mime-type
// As { essence, parameters: name, value, name, value ... }, or null.
export function parseMimeType(input) {
  input = trim(input, isSpace);
  const slash = StringPrototypeIndexOf(input, "/");
  if (slash === -1) return null;
  const type = StringPrototypeSlice(input, 0, slash);
  let at = find(input, ";", slash + 1);
  const subtype = trimEnd(StringPrototypeSlice(input, slash + 1, at));
  if (!isToken(type) || !isToken(subtype)) return null;
  const parameters = list();

  while (at < input.length) {
    at++;
    while (at < input.length && isSpace(StringPrototypeCharCodeAt(input, at))) {
      at++;
    }
    let end = at;
    while (end < input.length && input[end] !== ";" && input[end] !== "=") {
      end++;
    }
    const name =
      StringPrototypeToLowerCase(StringPrototypeSlice(input, at, end));
    at = end;
    if (at >= input.length) break;
    if (input[at] === ";") continue;
    at++;
    if (at >= input.length) break;
    let value;
    if (input[at] === '"') {
      const quoted = collectQuoted(input, at);
      value = quoted.value;
      at = find(input, ";", quoted.end);
    } else {
      end = find(input, ";", at);
      value = trimEnd(StringPrototypeSlice(input, at, end));
      at = end;
      if (value === "") continue;
    }
    if (isToken(name) && RegExpPrototypeExec(quotable, value) !== null &&
        parameterOf(parameters, name) === undefined) {
      const { length } = parameters;
      parameters[length] = name;
      parameters[length + 1] = value;
    }
  }
  return {
    __proto__: null,
    essence: StringPrototypeToLowerCase(`${type}/${subtype}`), parameters,
  };
}

function trimEnd(text) {
  let to = text.length;
  while (to > 0 && isSpace(StringPrototypeCharCodeAt(text, to - 1))) to--;
  return StringPrototypeSlice(text, 0, to);
}

function parameterOf(parameters, name) {
  for (let i = 0; i < parameters.length; i += 2) {
    if (parameters[i] === name) return parameters[i + 1];
  }
  return undefined;
}

// The value of a parameter, or undefined.
export const mimeParameter = (mimeType, name) =>
  parameterOf(mimeType.parameters, name);

// https://mimesniff.spec.whatwg.org/#serialize-a-mime-type
export function serializeMimeType({ essence, parameters }) {
  let text = essence;
  for (let i = 0; i < parameters.length; i += 2) {
    text += `;${parameters[i]}=`;
    const value = parameters[i + 1];
    text += isToken(value) ? value : quote(value);
  }
  return text;
}

function quote(value) {
  let text = '"';
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '"' || value[i] === "\\") text += "\\";
    text += value[i];
  }
  return `${text}"`;
}

// https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
function splitValue(input) {
  const values = list();
  let value = "";
  let at = 0;
  for (;;) {
    let to = at;
    while (to < input.length && input[to] !== '"' && input[to] !== ",") to++;
    value += StringPrototypeSlice(input, at, to);
    at = to;
    if (at < input.length && input[at] === '"') {
      const { end } = collectQuoted(input, at);
      value += StringPrototypeSlice(input, at, end);
      at = end;
      if (at < input.length) continue;
    }
    values[values.length] = trim(value, isTabOrSpace);
    value = "";
    if (at >= input.length) return values;
    at++;
  }
}

// https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
// Of Headers; null when they have none.
export function extractMimeType(headers) {
  const header = getHeader(headers, "content-type");
  if (header === null) return null;
  const values = splitValue(header);
  let charset;
  let mimeType = null;
  for (let i = 0; i < values.length; i++) {
    const next = parseMimeType(values[i]);
    if (next === null || next.essence === "*/*") continue;
    const own = mimeParameter(next, "charset");
    if (mimeType === null || next.essence !== mimeType.essence) {
      charset = own;
    } else if (own === undefined && charset !== undefined) {
      const { length } = next.parameters;
      next.parameters[length] = "charset";
      next.parameters[length + 1] = charset;
    }
    mimeType = next;
  }
  return mimeType;
}
