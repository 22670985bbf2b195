// Text in quotes, and names of properties.

import {
  NumberPrototypeToString, RegExpPrototypeExec, StringPrototypeCharCodeAt,
  StringPrototypeIndexOf, StringPrototypePadStart, StringPrototypeSlice,
  StringPrototypeToUpperCase,
} from "../primordials.js";

const escapes = {
  __proto__: null,
  8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 92: "\\\\",
};

const hex = (code, width) => StringPrototypePadStart(
  StringPrototypeToUpperCase(NumberPrototypeToString(code, 16)), width, "0");

const isHigh = (code) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code) => code >= 0xdc00 && code <= 0xdfff;

// eslint-disable-next-line no-control-regex
const unusual = /[\x00-\x1f\\\x7f-\x9f\ud800-\udfff]/;

// What of a text must not stand as it is; "quote" is that of its quotes, or -1.
export function escapeText(text, quote = -1) {
  if (RegExpPrototypeExec(unusual, text) === null &&
      (quote === -1 || quote !== 39 ||
        StringPrototypeIndexOf(text, "'") === -1)) {
    return text;
  }
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    let escaped;
    if (code === quote) {
      escaped = "\\'";
    } else if (code < 32 || code === 92 || (code >= 127 && code < 160)) {
      escaped = escapes[code] ?? `\\x${hex(code, 2)}`;
    } else if (isHigh(code) && i + 1 < text.length &&
               isLow(StringPrototypeCharCodeAt(text, i + 1))) {
      i++;
      continue;
    } else if (isHigh(code) || isLow(code)) {
      escaped = `\\u${NumberPrototypeToString(code, 16)}`;
    } else {
      continue;
    }
    out += StringPrototypeSlice(text, from, i) + escaped;
    from = i + 1;
  }
  return out + StringPrototypeSlice(text, from);
}

// In single quotes; in others when that saves escapes.
export function quoteText(text) {
  if (StringPrototypeIndexOf(text, "'") !== -1) {
    if (StringPrototypeIndexOf(text, '"') === -1) {
      return `"${escapeText(text)}"`;
    }
    if (StringPrototypeIndexOf(text, "`") === -1 &&
        StringPrototypeIndexOf(text, "${") === -1) {
      return `\`${escapeText(text)}\``;
    }
  }
  return `'${escapeText(text, 39)}'`;
}

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

export const isIdentifier = (text) =>
  RegExpPrototypeExec(identifier, text) !== null;

