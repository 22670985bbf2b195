// How the parts of an object come on one line, or on several.

import {
  list, MathFloor, MathMax, MathMin, MathRound, MathSqrt, RegExpPrototypeExec,
  StringPrototypeIndexOf, StringPrototypePadEnd, StringPrototypePadStart,
  StringPrototypeRepeat, StringPrototypeSlice,
} from "../primordials.js";

// eslint-disable-next-line no-control-regex
const color = /\u001b\[\d+m/;

// How wide a text is, without its colors.
function widthOf(text, hasColors) {
  if (!hasColors) return text.length;
  let width = 0;
  let rest = text;
  for (;;) {
    const found = RegExpPrototypeExec(color, rest);
    if (found === null) return width + rest.length;
    width += found.index;
    rest = StringPrototypeSlice(rest, found.index + found[0].length);
  }
}

function join(parts, separator) {
  let text = "";
  for (let i = 0; i < parts.length; i++) {
    text += i === 0 ? parts[i] : separator + parts[i];
  }
  return text;
}

function fits(at, parts, start, base) {
  const { breakLength, colors } = at.options;
  let total = parts.length + start;
  if (total + parts.length > breakLength) return false;
  for (let i = 0; i < parts.length; i++) {
    total += widthOf(parts[i], colors);
    if (total > breakLength) return false;
  }
  return base === "" || StringPrototypeIndexOf(base, "\n") === -1;
}

const MAX_COLUMNS = 15;
const SEPARATOR = 2;          // ", "

// Many short items stand in columns, numbers to the right.
function inColumns(at, parts, value) {
  const { breakLength, colors, compact, maxArrayLength } = at.options;
  // the last may only say how many more there are
  const hasMore = maxArrayLength < parts.length;
  const count = hasMore ? parts.length - 1 : parts.length;
  const widths = list();
  let total = 0;
  let widest = 0;
  for (let i = 0; i < count; i++) {
    widths[i] = widthOf(parts[i], colors);
    total += widths[i] + SEPARATOR;
    widest = MathMax(widest, widths[i]);
  }
  const cell = widest + SEPARATOR;
  if (cell * 3 + at.indentation >= breakLength ||
      (total / cell <= 5 && widest > 6)) {
    return parts;
  }
  // a character is about 2.5 times as high as wide: the whole shall be square
  const bias = MathSqrt(cell - total / parts.length);
  const biased = MathMax(cell - 3 - bias, 1);
  const columns = MathMin(
    MathRound(MathSqrt(2.5 * biased * count) / biased),
    MathFloor((breakLength - at.indentation) / cell),
    compact * 4, MAX_COLUMNS);
  if (columns <= 1) return parts;

  const columnWidths = list();
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < count; i += columns) {
      width = MathMax(width, widths[i]);
    }
    columnWidths[column] = width + SEPARATOR;
  }
  const toTheRight = areNumbers(value, parts.length);
  const rows = list();
  for (let from = 0; from < count; from += columns) {
    const to = MathMin(from + columns, count);
    let row = "";
    for (let i = from; i < to; i++) {
      const isLast = i === to - 1;
      const text = isLast ? parts[i] : `${parts[i]}, `;
      const width = columnWidths[i - from] + parts[i].length - widths[i] -
        (isLast ? SEPARATOR : 0);
      row += toTheRight ? StringPrototypePadStart(text, width)
        : isLast ? text : StringPrototypePadEnd(text, width);
    }
    rows[rows.length] = row;
  }
  if (hasMore) rows[rows.length] = parts[count];
  return rows;
}

function areNumbers(value, count) {
  if (value === undefined) return true;
  for (let i = 0; i < count; i++) {
    const item = value[i];
    if (typeof item !== "number" && typeof item !== "bigint") return false;
  }
  return true;
}

// "shape" has the base that stands before, the brackets, and whether items
// may stand in columns.
export function arrange(at, parts, shape, depth, value) {
  const { base, close, isArray, open } = shape;
  const { compact, oneLine } = at.options;
  const lead = base === "" ? "" : `${base} `;

  if (oneLine) return `${lead}${open} ${join(parts, ", ")} ${close}`;

  const indentation = `\n${StringPrototypeRepeat(" ", at.indentation)}`;
  if (compact === true) {
    if (fits(at, parts, 0, base)) {
      return `${open}${base === "" ? "" : ` ${base}`} ${join(parts, ", ")} ` +
        close;
    }
    const start = base === "" && open.length === 1
      ? " " : `${base === "" ? "" : ` ${base}`}${indentation}  `;
    return `${open}${start}${join(parts, `,${indentation}  `)} ${close}`;
  }

  if (typeof compact === "number" && compact >= 1) {
    const count = parts.length;
    if (isArray && count > 6) parts = inColumns(at, parts, value);
    // short, and not more than "compact" levels of it
    if (at.depthNow - depth < compact && count === parts.length) {
      const start = parts.length + at.indentation + open.length + base.length +
        10;
      if (fits(at, parts, start, base)) {
        const text = join(parts, ", ");
        if (StringPrototypeIndexOf(text, "\n") === -1) {
          return `${lead}${open} ${text} ${close}`;
        }
      }
    }
  }
  return `${lead}${open}${indentation}  ${join(parts, `,${indentation}  `)}` +
    `${indentation}${close}`;
}
