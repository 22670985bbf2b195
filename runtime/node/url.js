// node:url: the legacy functions from unenv, which has Node.js's own, over our
// URL.
// https://nodejs.org/docs/latest-v20.x/api/url.html

import {
  domainToUnicode, format as formatLegacy, parse as parseLegacy, resolve,
  resolveObject, Url, urlToHttpOptions,
} from "unenv/node/url";
import { URL, URLSearchParams } from "../chunks/url.js";
import { invalidArgType, invalidArgValue, nodeTypeError, requireString }
  from "../chunks/node-errors.js";
import { posix, win32 } from "../chunks/node-path.js";

// https://nodejs.org/docs/latest-v20.x/api/url.html#urlfileurltopathurl-options
function fileURLToPath(path, options = undefined) {
  if (typeof path === "string") {
    path = new URL(path);
  } else if (path === null || typeof path !== "object" || !path.href ||
             !path.protocol) {
    throw invalidArgType("path", ["string", "URL"], path);
  }
  if (path.protocol !== "file:") {
    throw nodeTypeError("ERR_INVALID_URL_SCHEME",
      "The URL must be of scheme file");
  }
  return options?.windows ? windowsPath(path) : posixPath(path);
}

const badPath = (what) => nodeTypeError(
  "ERR_INVALID_FILE_URL_PATH", `File URL path ${what}`);

function posixPath({ hostname, pathname }) {
  if (hostname !== "") {
    throw nodeTypeError("ERR_INVALID_FILE_URL_HOST",
      'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(pathname)) throw badPath("must not include encoded / characters");
  return decodeURIComponent(pathname);
}

function windowsPath({ hostname, pathname }) {
  if (/%2f|%5c/i.test(pathname)) {
    throw badPath("must not include encoded \\ or / characters");
  }
  const path = decodeURIComponent(pathname.replaceAll("/", "\\"));
  if (hostname !== "") return `\\\\${domainToUnicode(hostname)}${path}`;
  if (!/^\\[A-Za-z]:/.test(path)) throw badPath("must be absolute");
  return path.slice(1);
}

const escapes = {
  "%": "%25", "\\": "%5C", "\n": "%0A", "\r": "%0D", "\t": "%09", "?": "%3F",
  "#": "%23",
};

// https://nodejs.org/docs/latest-v20.x/api/url.html#urlpathtofileurlpath-options
function pathToFileURL(path, options = undefined) {
  requireString(path, "path");
  const isWindows = Boolean(options?.windows);
  if (isWindows && path.startsWith("\\\\")) {
    const at = path.indexOf("\\", 2);
    if (at === -1) {
      throw invalidArgValue("path", path,
        "Missing UNC resource path");
    }
    if (at === 2) throw invalidArgValue("path", path, "Empty UNC servername");
    const url = new URL("file://");
    url.hostname = path.slice(2, at);
    url.pathname = path.slice(at).replaceAll("%", "%25");
    return url;
  }
  let resolved = isWindows ? win32.resolve(path) : posix.resolve(path);
  const last = path.at(-1);
  if ((last === "/" || (isWindows && last === "\\")) &&
      resolved.at(-1) !== (isWindows ? "\\" : "/")) {
    resolved += "/";
  }
  const text = resolved.replace(/[%\\\n\r\t?#]/g,
    (char) => isWindows && char === "\\" ? "/" : escapes[char]);
  return new URL(`file://${text.startsWith("/") ? "" : "/"}${text}`);
}

function domainToASCII(domain) {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return "";
  }
}

function parse(url, parseQueryString = false, slashesDenoteHost = false) {
  requireString(url, "url");
  return parseLegacy(url, parseQueryString, slashesDenoteHost);
}

// Also takes a URL, with options.
function format(url, options = undefined) {
  if (typeof url !== "string" && (url === null || typeof url !== "object")) {
    throw invalidArgType("urlObject", ["Object", "string"], url);
  }
  if (!(url instanceof URL)) return formatLegacy(url, options);
  const { auth = true, fragment = true, search = true, unicode = false } =
    options ?? {};
  const copy = new URL(url.href);
  if (!fragment) copy.hash = "";
  if (!search) copy.search = "";
  if (!auth) {
    copy.username = "";
    copy.password = "";
  }
  return unicode && copy.host !== ""
    ? copy.href.replace(copy.hostname, domainToUnicode(copy.hostname))
      : copy.href;
}
export default {
  Url, parse, resolve, resolveObject, format, URL, URLSearchParams,
  domainToASCII, domainToUnicode, pathToFileURL, fileURLToPath,
  urlToHttpOptions,
};
