// What a trace shows of a request to those who do not ask for more.
// https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/

import {
  StringPrototypeCharCodeAt, StringPrototypeIndexOf, StringPrototypeSlice,
} from "../primordials.js";

const REDACTED = "REDACTED";

// A name in lower case.
export function redactHeader(name, value) {
  if (name === "cookie" || name === "set-cookie") return REDACTED;
  const has = (word) => StringPrototypeIndexOf(name, word) !== -1;
  return has("auth") || has("key") || has("secret") || has("token") ||
    has("jwt") ? REDACTED : value;
}

const between = (code, first, last) =>
  code >= StringPrototypeCharCodeAt(first, 0) &&
  code <= StringPrototypeCharCodeAt(last, 0);

const MIN_HEX_DIGITS = 32;
const MIN_BASE64_LENGTH = 21;

// Counts what a run of letters, digits, "+", "-" and "_" consists of.
class Run {
  #digits = 0;
  #upper = 0;
  #lower = 0;
  #hex = 0;
  #isHex = true;          // but for what separates groups

  // False if this character ends it.
  add(code) {
    if (between(code, "0", "9")) {
      this.#digits++;
      this.#hex++;
    } else if (between(code, "A", "Z") || between(code, "a", "z")) {
      if (between(code, "a", "z")) this.#lower++;
      else this.#upper++;
      if (between(code, "a", "f") || between(code, "A", "F")) this.#hex++;
      else this.#isHex = false;
    } else if (code !== 0x2b && code !== 0x2d && code !== 0x5f) {
      return false;
    }
    return true;
  }

  isSecret(length) {
    return (this.#isHex && this.#hex >= MIN_HEX_DIGITS) ||
      (length >= MIN_BASE64_LENGTH && this.#digits >= 2 && this.#upper >= 2 &&
        this.#lower >= 2);
  }
}

// Identifiers may be secrets: 32 hexadecimal digits or more, and 21 characters
// or more that look like base64.
export function redactUrl(url) {
  let text = "";
  let run = new Run();
  let start = 0;
  for (let at = 0; at <= url.length; at++) {
    if (at < url.length && run.add(StringPrototypeCharCodeAt(url, at))) continue;
    text += run.isSecret(at - start)
      ? REDACTED : StringPrototypeSlice(url, start, at);
    text += StringPrototypeSlice(url, at, at + 1);
    run = new Run();
    start = at + 1;
  }
  return text;
}
