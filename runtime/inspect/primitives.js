// How values that are no objects are shown.

import {
  BigIntPrototypeToString, list, NumberPrototypeToString, ObjectIs,
  StringPrototypeIndexOf, StringPrototypeRepeat, StringPrototypeSlice,
  SymbolPrototypeToString,
} from "../primordials.js";
import { moreText } from "./parts.js";
import { quoteText } from "./strings.js";

// A text no longer than this is not broken into lines.
const SHORT_LINE = 16;

// Digits in groups of three: from the right, or from the left behind a point.
function group(digits, fromLeft) {
  let out = "";
  if (fromLeft) {
    for (let i = 0; i < digits.length; i += 3) {
      out += `${i === 0 ? "" : "_"}${StringPrototypeSlice(digits, i, i + 3)}`;
    }
    return out;
  }
  let end = digits.length;
  for (; end > 3; end -= 3) {
    out = `_${StringPrototypeSlice(digits, end - 3, end)}${out}`;
  }
  return StringPrototypeSlice(digits, 0, end) + out;
}

function withSeparators(text) {
  const sign = text[0] === "-" ? "-" : "";
  const rest = StringPrototypeSlice(text, sign.length);
  if (StringPrototypeIndexOf(rest, "e") !== -1 || rest === "Infinity" ||
      rest === "NaN") {
    return text;
  }
  const point = StringPrototypeIndexOf(rest, ".");
  if (point === -1) return sign + group(rest, false);
  return `${sign}${group(StringPrototypeSlice(rest, 0, point), false)}.` +
    group(StringPrototypeSlice(rest, point + 1), true);
}

export function numberText(value, separators) {
  if (ObjectIs(value, -0)) return "-0";
  const text = NumberPrototypeToString(value);
  return separators ? withSeparators(text) : text;
}

export function bigintText(value, separators) {
  const text = BigIntPrototypeToString(value);
  return `${separators ? withSeparators(text) : text}n`;
}

// Each line with the line break that ends it.
function linesOf(text) {
  const lines = list();
  let from = 0;
  for (;;) {
    const end = StringPrototypeIndexOf(text, "\n", from);
    if (end === -1 || end === text.length - 1) break;
    lines[lines.length] = StringPrototypeSlice(text, from, end + 1);
    from = end + 1;
  }
  lines[lines.length] = StringPrototypeSlice(text, from);
  return lines;
}

function stringText(at, text, stylize) {
  const { breakLength, compact, maxStringLength, oneLine } = at.options;
  let trailer = "";
  if (text.length > maxStringLength) {
    trailer = moreText(text.length - maxStringLength, "character");
    text = StringPrototypeSlice(text, 0, maxStringLength);
  }
  if (compact !== true && !oneLine && text.length > SHORT_LINE &&
      text.length > breakLength - at.indentation - 4) {
    const lines = linesOf(text);
    const between = ` +\n${StringPrototypeRepeat(" ", at.indentation + 2)}`;
    let out = "";
    for (let i = 0; i < lines.length; i++) {
      out += (i === 0 ? "" : between) + stylize(quoteText(lines[i]), "string");
    }
    return out + trailer;
  }
  return stylize(quoteText(text), "string") + trailer;
}

export function formatPrimitive(at, value, stylize) {
  const { numericSeparator } = at.options;
  switch (typeof value) {
  case "string":
    return stringText(at, value, stylize);
  case "number":
    return stylize(numberText(value, numericSeparator), "number");
  case "bigint":
    return stylize(bigintText(value, numericSeparator), "bigint");
  case "symbol":
    return stylize(SymbolPrototypeToString(value), "symbol");
  case "boolean":
    return stylize(`${value}`, "boolean");
  case "undefined":
    return stylize("undefined", "undefined");
  default:
    return stylize("null", "null");
  }
}
