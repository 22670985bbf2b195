// node:path, node:path/posix and node:path/win32.
// https://nodejs.org/docs/latest-v20.x/api/path.html

import { requireObject, requireString }
  from "../chunks/node-errors.js";

// There are no files here, but there is a way to name them.
const cwd = () => "/";

// A path without "." and "..", and with single separators.
function normalizeParts(path, isSep, sep, allowAboveRoot) {
  const parts = [];
  let from = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && !isSep(path[i])) continue;
    const part = path.slice(from, i);
    from = i + 1;
    if (part === "" || part === ".") continue;
    if (part !== "..") {
      parts.push(part);
    } else if (parts.length > 0 && parts.at(-1) !== "..") {
      parts.pop();
    } else if (allowAboveRoot) {
      parts.push("..");
    }
  }
  return parts.join(sep);
}

// [begin, end] of the last part, without separators behind it.
function lastPart(path, isSep, rootEnd) {
  let end = path.length;
  while (end > rootEnd && isSep(path[end - 1])) end--;
  let begin = end;
  while (begin > rootEnd && !isSep(path[begin - 1])) begin--;
  return [begin, end];
}

function withoutSuffix(path, base, suffix) {
  if (suffix === undefined || suffix.length === 0 ||
      suffix.length > path.length) {
    return base;
  }
  if (suffix === path) return "";
  return base !== suffix && base.endsWith(suffix)
    ? base.slice(0, -suffix.length) : base;
}

function extensionOf(base) {
  const dot = base.lastIndexOf(".");
  return dot <= 0 || base === ".." ? "" : base.slice(dot);
}

function parseWith(path, root, dir, base) {
  const ext = extensionOf(base);
  return {
    root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length),
  };
}

const formatWith = (sep) => function format(pathObject) {
  requireObject(pathObject, "pathObject");
  const { ext, root } = pathObject;
  const dir = pathObject.dir || root;
  const base = pathObject.base ||
    `${pathObject.name || ""}${ext ? `${ext[0] === "." ? "" : "."}${ext}` : ""}`;
  if (!dir) return base;
  return dir === root ? `${dir}${base}` : `${dir}${sep}${base}`;
};

// The way from one list of parts to another.
function wayBetween(from, to, same, sep) {
  let common = 0;
  while (common < from.length && common < to.length &&
         same(from[common], to[common])) {
    common++;
  }
  return [
    ...from.slice(common).map(() => ".."), ...to.slice(common),
  ].join(sep);
}

// -- POSIX -------------------------------------------------------------------

const isSlash = (char) => char === "/";

export const posix = {
  resolve(...paths) {
    let resolved = "";
    let isAbsolute = false;
    for (let i = paths.length - 1; i >= -1 && !isAbsolute; i--) {
      const path = i >= 0 ? paths[i] : cwd();
      requireString(path, `paths[${i}]`);
      if (path.length === 0) continue;
      resolved = `${path}/${resolved}`;
      isAbsolute = path[0] === "/";
    }
    resolved = normalizeParts(resolved, isSlash, "/", !isAbsolute);
    if (isAbsolute) return `/${resolved}`;
    return resolved.length > 0 ? resolved : ".";
  },

  normalize(path) {
    requireString(path, "path");
    if (path.length === 0) return ".";
    const isAbsolute = path[0] === "/";
    const endsInSlash = path.at(-1) === "/";
    let normal = normalizeParts(path, isSlash, "/", !isAbsolute);
    if (normal.length === 0) {
      if (isAbsolute) return "/";
      return endsInSlash ? "./" : ".";
    }
    if (endsInSlash) normal += "/";
    return isAbsolute ? `/${normal}` : normal;
  },

  isAbsolute(path) {
    requireString(path, "path");
    return path[0] === "/";
  },

  join(...paths) {
    const some = [];
    for (const path of paths) {
      requireString(path, "path");
      if (path.length > 0) some.push(path);
    }
    return some.length === 0 ? "." : posix.normalize(some.join("/"));
  },

  relative(from, to) {
    requireString(from, "from");
    requireString(to, "to");
    if (from === to) return "";
    const parts = (path) =>
      posix.resolve(path).split("/").filter((p) => p !== "");
    return wayBetween(parts(from), parts(to), (a, b) => a === b, "/");
  },

  toNamespacedPath(path) {
    return path;
  },

  dirname(path) {
    requireString(path, "path");
    if (path.length === 0) return ".";
    const hasRoot = path[0] === "/";
    let [end] = lastPart(path, isSlash, hasRoot ? 1 : 0);
    if (end === 0 || (hasRoot && end === 1)) return hasRoot ? "/" : ".";
    // the separators before the last part, but for one of "//"
    const start = end;
    end--;
    if (hasRoot && start === 2) return "//";
    return path.slice(0, end);
  },

  basename(path, suffix = undefined) {
    if (suffix !== undefined) requireString(suffix, "suffix");
    requireString(path, "path");
    const [begin, end] = lastPart(path, isSlash, 0);
    return withoutSuffix(path, path.slice(begin, end), suffix);
  },

  extname(path) {
    requireString(path, "path");
    const [begin, end] = lastPart(path, isSlash, 0);
    return extensionOf(path.slice(begin, end));
  },

  format: formatWith("/"),

  parse(path) {
    requireString(path, "path");
    const root = path[0] === "/" ? "/" : "";
    const [begin, end] = lastPart(path, isSlash, root.length);
    const dir = begin > root.length ? path.slice(0, begin - 1) : root;
    return parseWith(path, root, dir, path.slice(begin, end));
  },

  sep: "/",
  delimiter: ":",
  win32: null,
  posix: null,
};

// -- Windows -----------------------------------------------------------------

const isAnySlash = (char) => char === "/" || char === "\\";
const isLetter = (char) => /^[A-Za-z]$/.test(char);

// { device, isAbsolute, end }: "C:", "\\\\server\\share" or "", and where what
// follows begins.
function rootOf(path, knowsDevices = true) {
  const { length } = path;
  if (length > 1 && isLetter(path[0]) && path[1] === ":") {
    const isAbsolute = length > 2 && isAnySlash(path[2]);
    return { device: path.slice(0, 2), isAbsolute, end: isAbsolute ? 3 : 2 };
  }
  if (length === 0 || !isAnySlash(path[0])) {
    return { device: "", isAbsolute: false, end: 0 };
  }
  const unc = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
  if (unc !== null && knowsDevices && (unc[1] === "." || unc[1] === "?")) {
    return { device: `\\\\${unc[1]}`, isAbsolute: true, end: 4 };
  }
  if (unc !== null) {
    return {
      device: `\\\\${unc[1]}\\${unc[2]}`, isAbsolute: true, end: unc[0].length,
      isShare: true,
    };
  }
  return { device: "", isAbsolute: true, end: 1 };
}

const lower = (text) => text.toLowerCase();

export const win32 = {
  resolve(...paths) {
    let device = "";
    let tail = "";
    let isAbsolute = false;
    for (let i = paths.length - 1; i >= -1; i--) {
      const path = i >= 0 ? paths[i] : cwd();
      requireString(path, `paths[${i}]`);
      if (path.length === 0) continue;
      const root = rootOf(path);
      if (root.device.length > 0) {
        if (device.length === 0) device = root.device;
        else if (lower(root.device) !== lower(device)) continue;
      }
      if (isAbsolute) {
        if (device.length > 0) break;
      } else {
        tail = `${path.slice(root.end)}\\${tail}`;
        isAbsolute = root.isAbsolute;
        if (isAbsolute && device.length > 0) break;
      }
    }
    tail = normalizeParts(tail, isAnySlash, "\\", !isAbsolute);
    return isAbsolute ? `${device}\\${tail}` : `${device}${tail}` || ".";
  },

  normalize(path) {
    requireString(path, "path");
    if (path.length === 0) return ".";
    if (path.length === 1) return path === "/" ? "\\" : path;
    const { device, end, isAbsolute, isShare } = rootOf(path);
    if (isShare && end === path.length) return `${device}\\`;
    let tail = normalizeParts(path.slice(end), isAnySlash, "\\", !isAbsolute);
    if (tail.length === 0 && !isAbsolute) tail = ".";
    if (tail.length > 0 && isAnySlash(path.at(-1))) tail += "\\";
    // what was no device must not become one
    if (!isAbsolute && device === "" &&
        (/^[A-Za-z]:/.test(tail) || /:(?:[\\/]|$)/.test(path))) {
      tail = `.\\${tail}`;
    }
    return `${device}${isAbsolute ? "\\" : ""}${tail}`;
  },

  isAbsolute(path) {
    requireString(path, "path");
    if (path.length === 0) return false;
    return isAnySlash(path[0]) ||
      (path.length > 2 && isLetter(path[0]) && path[1] === ":" &&
        isAnySlash(path[2]));
  },

  join(...paths) {
    const some = [];
    for (const path of paths) {
      requireString(path, "path");
      if (path.length > 0) some.push(path);
    }
    if (some.length === 0) return ".";
    let joined = some.join("\\");
    // two slashes are a share only if the first path says so
    if (!/^[\\/]{2}[^\\/]/.test(some[0])) {
      joined = joined.replace(/^[\\/]{2,}/, "\\");
    }
    return win32.normalize(joined);
  },

  relative(from, to) {
    requireString(from, "from");
    requireString(to, "to");
    if (from === to) return "";
    const fromPath = win32.resolve(from);
    const toPath = win32.resolve(to);
    if (lower(fromPath) === lower(toPath)) return "";
    const parts = (path) => path.split("\\").filter((part) => part !== "");
    const fromParts = parts(fromPath);
    const toParts = parts(toPath);
    const isShare = fromPath.startsWith("\\\\") || toPath.startsWith("\\\\");
    const sameRoot = isShare
      ? lower(rootOf(fromPath).device) === lower(rootOf(toPath).device)
      : lower(fromParts[0] ?? "") === lower(toParts[0] ?? "") ||
        (rootOf(fromPath).device === "" && rootOf(toPath).device === "");
    return sameRoot
      ? wayBetween(fromParts, toParts, (a, b) => lower(a) === lower(b), "\\")
      : toPath;
  },

  toNamespacedPath(path) {
    if (typeof path !== "string" || path.length === 0) return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (resolved.startsWith("\\\\")) {
      if (resolved[2] !== "?" && resolved[2] !== ".") {
        return `\\\\?\\UNC\\${resolved.slice(2)}`;
      }
    } else if (isLetter(resolved[0]) && resolved.startsWith(":\\", 1)) {
      return `\\\\?\\${resolved}`;
    }
    return path;
  },

  dirname(path) {
    requireString(path, "path");
    if (path.length === 0) return ".";
    const { end, isShare } = rootOf(path, false);
    if (path.length === 1) return isAnySlash(path) ? path : ".";
    if (isShare && end === path.length) return path;
    const rootEnd = isShare ? end + 1 : end;
    const [begin] = lastPart(path, isAnySlash, rootEnd);
    if (begin <= rootEnd) {
      return rootEnd === 0 ? "." : path.slice(0, rootEnd);
    }
    return path.slice(0, begin - 1);
  },

  basename(path, suffix = undefined) {
    if (suffix !== undefined) requireString(suffix, "suffix");
    requireString(path, "path");
    const start = path.length >= 2 && isLetter(path[0]) && path[1] === ":" ? 2
      : 0;
    const [begin, end] = lastPart(path, isAnySlash, start);
    return withoutSuffix(path, path.slice(begin, end), suffix);
  },

  extname(path) {
    requireString(path, "path");
    return extensionOf(win32.basename(path));
  },

  format: formatWith("\\"),

  parse(path) {
    requireString(path, "path");
    if (path.length === 0) {
      return { root: "", dir: "", base: "", ext: "",
        name: "" };
    }
    const { end: rootAt, isShare } = rootOf(path, false);
    const rootEnd = isShare && rootAt < path.length ? rootAt + 1 : rootAt;
    const root = path.slice(0, rootEnd);
    const [begin, end] = lastPart(path, isAnySlash, rootEnd);
    const dir = begin > rootEnd ? path.slice(0, begin - 1) : root;
    return parseWith(path, root, dir, path.slice(begin, end));
  },

  sep: "\\",
  delimiter: ";",
  win32: null,
  posix: null,
};

posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;
posix._makeLong = posix.toNamespacedPath;
win32._makeLong = win32.toNamespacedPath;
