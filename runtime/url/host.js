// https://url.spec.whatwg.org/#host-parsing
// A host is kept as it is serialized; null stands for failure.

import {
  ArrayPrototypePop, list, NumberPrototypeToString, RegExpPrototypeExec,
  StringPrototypeCharCodeAt, StringPrototypeEndsWith, StringPrototypeSlice,
  splitString, StringPrototypeStartsWith, StringPrototypeToLowerCase,
} from "../primordials.js";
import { domainToASCII } from "./idna.js";
import { C0_CONTROL, percentDecode, percentEncode } from "./percent.js";

const has = (pattern, text) => RegExpPrototypeExec(pattern, text) !== null;

/* eslint-disable no-control-regex */
const forbiddenHost = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const beyondAscii = /[^\0-\x7f]/;
const forbiddenDomain = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
/* eslint-enable no-control-regex */
const punycode = /(?:^|\.)xn--/;
const mayBeNumber = /(?:^|\.)(?:\d+|0[xX][\da-fA-F]*)\.?$/;

export function parseHost(input, isSpecial) {
  if (StringPrototypeStartsWith(input, "[")) {
    if (!StringPrototypeEndsWith(input, "]")) return null;
    return parseIPv6(StringPrototypeSlice(input, 1, -1));
  }
  if (!isSpecial) {
    if (has(forbiddenHost, input)) return null;
    return percentEncode(input, C0_CONTROL);
  }

  const domain = percentDecode(input);
  let ascii = StringPrototypeToLowerCase(domain);
  if (has(beyondAscii, domain) || has(punycode, ascii)) {
    ascii = domainToASCII(domain);
    if (ascii === null || has(beyondAscii, ascii)) return null;
  }
  if (ascii === "" || has(forbiddenDomain, ascii)) return null;
  if (has(mayBeNumber, ascii)) return parseIPv4(ascii);
  return ascii;
}

const decimal = /^[0-9]*$/;
const octal = /^[0-7]*$/;
const hexadecimal = /^[0-9a-f]*$/;

// https://url.spec.whatwg.org/#ipv4-number-parser; NaN stands for failure.
function parseIPv4Number(input) {
  if (input === "") return NaN;
  let digits = input;
  let base = 10;
  let allowed = decimal;
  if (input.length >= 2 && input[0] === "0" && input[1] === "x") {
    digits = StringPrototypeSlice(input, 2);
    base = 16;
    allowed = hexadecimal;
  } else if (input.length >= 2 && input[0] === "0") {
    digits = StringPrototypeSlice(input, 1);
    base = 8;
    allowed = octal;
  }
  if (!has(allowed, digits)) return NaN;
  let number = 0;
  for (let i = 0; i < digits.length; i++) {
    const code = StringPrototypeCharCodeAt(digits, i);
    number = number * base + (code <= 0x39 ? code - 0x30 : code - 0x61 + 10);
  }
  return number;
}

// https://url.spec.whatwg.org/#concept-ipv4-parser
function parseIPv4(input) {
  const parts = splitString(input, ".");
  if (parts[parts.length - 1] === "" && parts.length > 1) ArrayPrototypePop(parts);
  if (parts.length > 4) return null;

  const numbers = list();
  for (let i = 0; i < parts.length; i++) {
    const number = parseIPv4Number(parts[i]);
    if (number !== number) return null;
    numbers[i] = number;
  }
  const last = numbers.length - 1;
  for (let i = 0; i < last; i++) {
    if (numbers[i] > 255) return null;
  }
  if (numbers[last] >= 256 ** (5 - numbers.length)) return null;
  let address = numbers[last];
  for (let i = 0; i < last; i++) address += numbers[i] * 256 ** (3 - i);

  return `${address / 2 ** 24 | 0}.${address / 2 ** 16 & 255}.` +
    `${address / 2 ** 8 & 255}.${address % 256}`;
}

const isDigit = (code) => code >= 0x30 && code <= 0x39;

function hexValue(code) {
  if (isDigit(code)) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x41 + 10;
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10;
  return -1;
}

// https://url.spec.whatwg.org/#concept-ipv6-parser
function parseIPv6(input) {
  const address = list();
  for (let i = 0; i < 8; i++) address[i] = 0;
  const at = (i) => i < input.length ? StringPrototypeCharCodeAt(input, i) : -1;
  const COLON = 0x3a, DOT = 0x2e;
  let piece = 0;
  let compress = -1;
  let pointer = 0;

  if (at(pointer) === COLON) {
    if (at(pointer + 1) !== COLON) return null;
    pointer += 2;
    compress = ++piece;
  }
  while (pointer < input.length) {
    if (piece === 8) return null;
    if (at(pointer) === COLON) {
      if (compress !== -1) return null;
      pointer++;
      compress = ++piece;
      continue;
    }
    let value = 0;
    let length = 0;
    while (length < 4 && hexValue(at(pointer)) !== -1) {
      value = value * 16 + hexValue(at(pointer));
      pointer++;
      length++;
    }
    if (at(pointer) === DOT) {
      if (length === 0) return null;
      pointer -= length;
      if (piece > 6) return null;
      let seen = 0;
      while (pointer < input.length) {
        let number = -1;
        if (seen > 0) {
          if (at(pointer) !== DOT || seen >= 4) return null;
          pointer++;
        }
        if (!isDigit(at(pointer))) return null;
        while (isDigit(at(pointer))) {
          const digit = at(pointer) - 0x30;
          if (number === -1) number = digit;
          else if (number === 0) return null;
          else number = number * 10 + digit;
          if (number > 255) return null;
          pointer++;
        }
        address[piece] = address[piece] * 256 + number;
        seen++;
        if (seen === 2 || seen === 4) piece++;
      }
      if (seen !== 4) return null;
      break;
    } else if (at(pointer) === COLON) {
      pointer++;
      if (pointer >= input.length) return null;
    } else if (pointer < input.length) {
      return null;
    }
    address[piece++] = value;
  }
  if (compress !== -1) {
    let swaps = piece - compress;
    piece = 7;
    while (piece !== 0 && swaps > 0) {
      const other = compress + swaps - 1;
      const kept = address[other];
      address[other] = address[piece];
      address[piece] = kept;
      piece--;
      swaps--;
    }
  } else if (piece !== 8) {
    return null;
  }
  return `[${serializeIPv6(address)}]`;
}

function serializeIPv6(address) {
  let longest = -1;
  let longestSize = 1;
  for (let i = 0; i < 8; i++) {
    let size = 0;
    while (i + size < 8 && address[i + size] === 0) size++;
    if (size > longestSize) {
      longest = i;
      longestSize = size;
    }
    if (size > 0) i += size - 1;
  }
  let out = "";
  for (let i = 0; i < 8; i++) {
    if (i === longest) {
      out += i === 0 ? "::" : ":";
      i += longestSize - 1;
      continue;
    }
    out += NumberPrototypeToString(address[i], 16);
    if (i !== 7) out += ":";
  }
  return out;
}
