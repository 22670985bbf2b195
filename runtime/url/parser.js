// https://url.spec.whatwg.org/#url-parsing

import {
  list, PrimordialParseInt as parseInt, RegExpPrototypeExec,
  StringPrototypeCharCodeAt, StringPrototypeIndexOf,
  StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeToLowerCase,
} from "../primordials.js";
import { trim } from "../core/webidl.js";
import { parseHost } from "./host.js";
import {
  C0_CONTROL, FRAGMENT, PATH, percentEncode, QUERY, SPECIAL_QUERY, USERINFO,
} from "./percent.js";

const defaultPorts = {
  __proto__: null,
  "ftp": 21, "file": null, "http": 80, "https": 443, "ws": 80, "wss": 443,
};

const isSpecial = (url) => url.scheme in defaultPorts;
const isDefaultPort = (scheme, port) => defaultPorts[scheme] === port;

// A URL record.  "path" is a list of segments, or a string when it is opaque.
function createRecord() {
  return {
    scheme: "", username: "", password: "", host: null, port: null,
    path: list(), query: null, fragment: null,
  };
}

export const hasOpaquePath = (url) => typeof url.path === "string";

const includesCredentials = (url) =>
  url.username !== "" || url.password !== "";

// The record, or a copy of it that names no user.
export const withoutCredentials = (url) =>
  includesCredentials(url) ? { ...url, username: "", password: "" } : url;

// State overrides, for the setters of URL.
export const SCHEME_START = 1;
const NO_SCHEME = 3;
const SPECIAL_RELATIVE_OR_AUTHORITY = 4;
const PATH_OR_AUTHORITY = 5;
const RELATIVE = 6;
const RELATIVE_SLASH = 7;
const SPECIAL_AUTHORITY_SLASHES = 8;
const SPECIAL_AUTHORITY_IGNORE_SLASHES = 9;
const AUTHORITY = 10;
export const HOST = 11;
export const HOSTNAME = 12;
export const PORT = 13;
const FILE = 14;
const FILE_SLASH = 15;
const FILE_HOST = 16;
export const PATH_START = 17;
const PATH_STATE = 18;
const OPAQUE_PATH = 19;
export const QUERY_STATE = 20;
export const FRAGMENT_STATE = 21;

const tabOrNewline = /[\t\n\r]/;
const schemeText = /^[A-Za-z][A-Za-z0-9+\-.]*/;
const driveLetter = /^[A-Za-z][:|]$/;
const normalizedDriveLetter = /^[A-Za-z]:$/;
const startsWithDriveLetter = /^[A-Za-z][:|](?:$|[/\\?#])/;
const digitsOnly = /^[0-9]*/;
const singleDot = /^(?:\.|%2e)$/i;
const doubleDot = /^(?:\.|%2e)(?:\.|%2e)$/i;

const has = (pattern, text) => RegExpPrototypeExec(pattern, text) !== null;

const isC0ControlOrSpace = (code) => code <= 0x20;

function removeTabsAndNewlines(input) {
  if (!has(tabOrNewline, input)) return input;
  let out = "";
  for (let i = 0; i < input.length; i++) {
    const code = StringPrototypeCharCodeAt(input, i);
    if (code !== 9 && code !== 10 && code !== 13) out += input[i];
  }
  return out;
}

function copyPath(path) {
  if (typeof path === "string") return path;
  const copy = list();
  for (let i = 0; i < path.length; i++) copy[i] = path[i];
  return copy;
}

// https://url.spec.whatwg.org/#shorten-a-urls-path
function shorten(url) {
  const { path } = url;
  if (url.scheme === "file" && path.length === 1 &&
      has(normalizedDriveLetter, path[0])) {
    return;
  }
  if (path.length > 0) path.length--;
}

// Where the first of some characters is, from an index on; or the end.
function scan(input, from, stops) {
  let i = from;
  while (i < input.length && StringPrototypeIndexOf(stops, input[i]) === -1) i++;
  return i;
}

// Returns a URL record, or null for failure.  "input" is a USVString.
export function parseURL(input, base = null) {
  input = removeTabsAndNewlines(trim(input, isC0ControlOrSpace));
  const url = createRecord();

  const scheme = RegExpPrototypeExec(schemeText, input);
  if (scheme !== null && input[scheme[0].length] === ":") {
    url.scheme = StringPrototypeToLowerCase(scheme[0]);
    const pointer = scheme[0].length + 1;
    let state;
    if (url.scheme === "file") {
      state = FILE;
    } else if (isSpecial(url)) {
      state = base !== null && base.scheme === url.scheme
        ? SPECIAL_RELATIVE_OR_AUTHORITY : SPECIAL_AUTHORITY_SLASHES;
    } else if (input[pointer] === "/") {
      state = PATH_OR_AUTHORITY;
    } else {
      url.path = "";
      state = OPAQUE_PATH;
    }
    // path or authority state begins behind its slash
    return run(url, input, state === PATH_OR_AUTHORITY ? pointer + 1 : pointer,
      state, base, false) ? url : null;
  }
  return run(url, input, 0, NO_SCHEME, base, false) ? url : null;
}

// A setter's change of "url"; false when the input was refused.
export function parseInto(url, input, state) {
  input = removeTabsAndNewlines(input);
  if (state === SCHEME_START) return setScheme(url, input);
  return run(url, input, 0, state, null, true);
}

function setScheme(url, input) {
  const match = RegExpPrototypeExec(schemeText, input);
  if (match === null) return false;
  const { length } = match[0];
  if (length < input.length && input[length] !== ":") return false;
  const scheme = StringPrototypeToLowerCase(match[0]);
  if (isSpecial(url) !== (scheme in defaultPorts)) return false;
  if ((includesCredentials(url) || url.port !== null) && scheme === "file") {
    return false;
  }
  if (url.scheme === "file" && url.host === "") return false;
  url.scheme = scheme;
  if (isDefaultPort(scheme, url.port)) url.port = null;
  return true;
}

// The state machine, from a state on; each step takes as much as it can.
function run(url, input, pointer, state, base, override) {
  const special = () => isSpecial(url);
  const isSlash = (char) => char === "/" || (char === "\\" && special());

  for (;;) {
    const char = input[pointer];    // undefined at the end

    switch (state) {
    case NO_SCHEME:
      if (base === null || (hasOpaquePath(base) && char !== "#")) return false;
      if (hasOpaquePath(base)) {
        url.scheme = base.scheme;
        url.path = base.path;
        url.query = base.query;
        pointer++;
        state = FRAGMENT_STATE;
      } else {
        state = base.scheme === "file" ? FILE : RELATIVE;
        if (state === RELATIVE) url.scheme = base.scheme;
      }
      continue;

    case SPECIAL_RELATIVE_OR_AUTHORITY:
      if (char === "/" && input[pointer + 1] === "/") {
        pointer += 2;
        state = SPECIAL_AUTHORITY_IGNORE_SLASHES;
      } else {
        state = RELATIVE;
      }
      continue;

    case PATH_OR_AUTHORITY:
      if (char === "/") {
        pointer++;
        state = AUTHORITY;
      } else {
        // the slash before belongs to the path
        pointer--;
        state = PATH_START;
      }
      continue;

    case RELATIVE:
      url.scheme = base.scheme;
      if (isSlash(char)) {
        pointer++;
        state = RELATIVE_SLASH;
        continue;
      }
      url.username = base.username;
      url.password = base.password;
      url.host = base.host;
      url.port = base.port;
      url.path = copyPath(base.path);
      url.query = base.query;
      if (char === "?") {
        url.query = "";
        pointer++;
        state = QUERY_STATE;
      } else if (char === "#") {
        url.fragment = "";
        pointer++;
        state = FRAGMENT_STATE;
      } else if (char !== undefined) {
        url.query = null;
        shorten(url);
        state = PATH_STATE;
      } else {
        return true;
      }
      continue;

    case RELATIVE_SLASH:
      if (special() && isSlash(char)) {
        pointer++;
        state = SPECIAL_AUTHORITY_IGNORE_SLASHES;
      } else if (char === "/") {
        pointer++;
        state = AUTHORITY;
      } else {
        url.username = base.username;
        url.password = base.password;
        url.host = base.host;
        url.port = base.port;
        state = PATH_STATE;
      }
      continue;

    case SPECIAL_AUTHORITY_SLASHES:
      if (char === "/" && input[pointer + 1] === "/") pointer += 2;
      state = SPECIAL_AUTHORITY_IGNORE_SLASHES;
      continue;

    case SPECIAL_AUTHORITY_IGNORE_SLASHES:
      if (char === "/" || char === "\\") {
        pointer++;
      } else {
        state = AUTHORITY;
      }
      continue;

    case AUTHORITY: {
      const end = scan(input, pointer, special() ? "/\\?#" : "/?#");
      const text = StringPrototypeSlice(input, pointer, end);
      const at = StringPrototypeLastIndexOf(text, "@");
      if (at !== -1) {
        if (at === text.length - 1) return false;
        const colon = StringPrototypeIndexOf(text, ":");
        const nameEnd = colon !== -1 && colon < at ? colon : at;
        url.username =
          percentEncode(StringPrototypeSlice(text, 0, nameEnd), USERINFO);
        if (nameEnd < at) {
          url.password =
            percentEncode(StringPrototypeSlice(text, nameEnd + 1, at), USERINFO);
        }
        pointer += at + 1;
      }
      state = HOST;
      continue;
    }

    case HOST:
    case HOSTNAME: {
      if (override && url.scheme === "file") {
        state = FILE_HOST;
        continue;
      }
      let inBrackets = false;
      let end = pointer;
      for (; end < input.length; end++) {
        const c = input[end];
        if (c === "/" || c === "?" || c === "#" || (c === "\\" && special())) break;
        if (c === ":" && !inBrackets) break;
        if (c === "[") inBrackets = true;
        if (c === "]") inBrackets = false;
      }
      const text = StringPrototypeSlice(input, pointer, end);
      if (input[end] === ":") {
        if (text === "") return false;
        if (override && state === HOSTNAME) return false;
        const host = parseHost(text, special());
        if (host === null) return false;
        url.host = host;
        pointer = end + 1;
        state = PORT;
        continue;
      }
      if (special() && text === "") return false;
      if (override && text === "" &&
          (includesCredentials(url) || url.port !== null)) {
        return false;
      }
      const host = text === "" ? "" : parseHost(text, special());
      if (host === null) return false;
      url.host = host;
      if (override) return true;
      pointer = end;
      state = PATH_START;
      continue;
    }

    case PORT: {
      const rest = StringPrototypeSlice(input, pointer);
      const digits = RegExpPrototypeExec(digitsOnly, rest)[0];
      const next = rest[digits.length];
      if (!(next === undefined || next === "/" || next === "?" ||
            next === "#" || (next === "\\" && special()) || override)) {
        return false;
      }
      if (digits !== "") {
        const port = digits.length > 20
          ? Infinity : parseInt(digits, 10);
        if (port > 65535) {
          return false;
        }
        url.port = isDefaultPort(url.scheme, port) ? null : port;
        if (override) return true;
      }
      if (override) return false;
      pointer += digits.length;
      state = PATH_START;
      continue;
    }

    case FILE:
      url.scheme = "file";
      url.host = "";
      if (char === "/" || char === "\\") {
        pointer++;
        state = FILE_SLASH;
      } else if (base !== null && base.scheme === "file") {
        url.host = base.host;
        url.path = copyPath(base.path);
        url.query = base.query;
        if (char === "?") {
          url.query = "";
          pointer++;
          state = QUERY_STATE;
        } else if (char === "#") {
          url.fragment = "";
          pointer++;
          state = FRAGMENT_STATE;
        } else if (char !== undefined) {
          url.query = null;
          if (has(startsWithDriveLetter, StringPrototypeSlice(input, pointer))) {
            url.path = list();
          } else {
            shorten(url);
          }
          state = PATH_STATE;
        } else {
          return true;
        }
      } else {
        state = PATH_STATE;
      }
      continue;

    case FILE_SLASH:
      if (char === "/" || char === "\\") {
        pointer++;
        state = FILE_HOST;
      } else {
        if (base !== null && base.scheme === "file") {
          url.host = base.host;
          if (!has(startsWithDriveLetter, StringPrototypeSlice(input, pointer)) &&
              base.path.length > 0 && has(normalizedDriveLetter, base.path[0])) {
            url.path[url.path.length] = base.path[0];
          }
        }
        state = PATH_STATE;
      }
      continue;

    case FILE_HOST: {
      const end = scan(input, pointer, "/\\?#");
      const text = StringPrototypeSlice(input, pointer, end);
      if (!override && has(driveLetter, text)) {
        state = PATH_STATE;
        continue;
      }
      if (text === "") {
        url.host = "";
      } else {
        const host = parseHost(text, true);
        if (host === null) return false;
        url.host = host === "localhost" ? "" : host;
      }
      if (override) return true;
      pointer = end;
      state = PATH_START;
      continue;
    }

    case PATH_START:
      if (special()) {
        if (char === "/" || char === "\\") pointer++;
        state = PATH_STATE;
      } else if (!override && char === "?") {
        url.query = "";
        pointer++;
        state = QUERY_STATE;
      } else if (!override && char === "#") {
        url.fragment = "";
        pointer++;
        state = FRAGMENT_STATE;
      } else if (char !== undefined) {
        if (char === "/") pointer++;
        state = PATH_STATE;
      } else {
        if (override && url.host === null) url.path[url.path.length] = "";
        return true;
      }
      continue;

    case PATH_STATE: {
      const stops = special() ? (override ? "/\\" : "/\\?#")
        : override ? "/" : "/?#";
      for (;;) {
        const end = scan(input, pointer, stops);
        const next = input[end];
        const slash = isSlash(next);
        let text = percentEncode(StringPrototypeSlice(input, pointer, end), PATH);
        if (has(doubleDot, text)) {
          shorten(url);
          if (!slash) url.path[url.path.length] = "";
        } else if (has(singleDot, text)) {
          if (!slash) url.path[url.path.length] = "";
        } else {
          if (url.scheme === "file" && url.path.length === 0 &&
              has(driveLetter, text)) {
            text = `${text[0]}:`;
          }
          url.path[url.path.length] = text;
        }
        pointer = end + 1;
        if (slash) continue;
        if (next === undefined) return true;
        if (next === "?") {
          url.query = "";
          state = QUERY_STATE;
        } else {
          url.fragment = "";
          state = FRAGMENT_STATE;
        }
        break;
      }
      continue;
    }

    case OPAQUE_PATH: {
      const end = scan(input, pointer, "?#");
      url.path = percentEncode(
        StringPrototypeSlice(input, pointer, end), C0_CONTROL);
      const { length } = url.path;
      if (end < input.length && length > 0 && url.path[length - 1] === " ") {
        url.path = `${StringPrototypeSlice(url.path, 0, -1)}%20`;
      }
      pointer = end + 1;
      if (end >= input.length) return true;
      if (input[end] === "?") {
        url.query = "";
        state = QUERY_STATE;
      } else {
        url.fragment = "";
        state = FRAGMENT_STATE;
      }
      continue;
    }

    case QUERY_STATE: {
      const hash = override ? -1 : StringPrototypeIndexOf(input, "#", pointer);
      const end = hash === -1 ? input.length : hash;
      url.query += percentEncode(
        StringPrototypeSlice(input, pointer, end),
        special() ? SPECIAL_QUERY : QUERY);
      if (hash === -1) return true;
      url.fragment = "";
      pointer = hash + 1;
      state = FRAGMENT_STATE;
      continue;
    }

    case FRAGMENT_STATE:
      url.fragment =
        percentEncode(StringPrototypeSlice(input, pointer), FRAGMENT);
      return true;
    }
  }
}

// https://url.spec.whatwg.org/#url-path-serializer
export function serializePath(url) {
  if (hasOpaquePath(url)) return url.path;
  let out = "";
  for (let i = 0; i < url.path.length; i++) out += `/${url.path[i]}`;
  return out;
}

export const serializeHost = (url) => url.host === null ? ""
  : url.port === null ? url.host : `${url.host}:${url.port}`;

// https://url.spec.whatwg.org/#concept-url-serializer
export function serializeURL(url, withFragment = true) {
  let out = `${url.scheme}:`;
  if (url.host !== null) {
    out += "//";
    if (includesCredentials(url)) {
      out += url.username;
      if (url.password !== "") out += `:${url.password}`;
      out += "@";
    }
    out += serializeHost(url);
  } else if (!hasOpaquePath(url) && url.path.length > 1 && url.path[0] === "") {
    out += "/.";
  }
  out += serializePath(url);
  if (url.query !== null) out += `?${url.query}`;
  if (withFragment && url.fragment !== null) out += `#${url.fragment}`;
  return out;
}

// https://url.spec.whatwg.org/#concept-url-origin
export function serializeOrigin(url) {
  switch (url.scheme) {
  case "ftp":
  case "http":
  case "https":
  case "ws":
  case "wss":
    return `${url.scheme}://${serializeHost(url)}`;
  case "blob": {
    const inner = hasOpaquePath(url) ? parseURL(url.path) : null;
    return inner !== null && (inner.scheme === "http" || inner.scheme === "https")
      ? serializeOrigin(inner) : "null";
  }
  default:
    return "null";
  }
}
