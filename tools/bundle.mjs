// node tools/bundle.mjs OUTPUT
//
// Bundles runtime/ into scripts.  What runtime/main.js imports, directly or not,
// is the first one, which is run when the startup snapshot is made.  What
// runtime/chunks/NAME.js imports beyond that is a script of its own, whose value
// is a function; runtime/core/chunks.js calls it when an isolate first needs it.
// v8shim/v8shim.h says how they stand in OUTPUT.
//
// A module belongs to the snapshot or to one chunk, so that it is evaluated
// once.  A chunk sees a module of the snapshot through a list that is filled
// when the snapshot is made, and another chunk through its entry.

import { readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const runtime = resolve(root, "runtime");
const output = process.argv[2];
const main = resolve(runtime, "main.js");
const chunks = readdirSync(resolve(runtime, "chunks"))
  .filter((name) => name.endsWith(".js"))
  .map((name) => resolve(runtime, "chunks", name));

const options = {
  absWorkingDir: root,
  bundle: true,
  charset: "ascii",
  format: "esm",
  legalComments: "inline",
  logLevel: "warning",
  mainFields: ["module", "main"],
  metafile: true,
  platform: "neutral",
  target: "es2022",
  treeShaking: true,
  write: false,
};

const chunkName = (path) => basename(path, ".js");

// What packages import of Node.js and of other packages, and which chunk of ours
// it is.
const packageChunks = {
  "abort-controller": "events", "buffer": "node-buffer",
  "events": "node-events", "node:querystring": "node-querystring",
  "process/": "node-process", "string_decoder/": "node-string-decoder",
};

// Modules whose exports take the place of globals in a chunk.
const injected = { urlpattern: [resolve(runtime, "url/global-url.js")] };

const shortName = (path) => relative(runtime, path);
const isOurs = (path) =>
  path.startsWith(`${runtime}/`) && !path.includes("node_modules");

function fail(text) {
  console.error(`bundle: ${text}`);
  process.exit(1);
}

// A module that is made here: what the chunks use of the snapshot's modules.
function generated(shared) {
  return {
    name: "generated",
    setup(plugin) {
      plugin.onResolve({ filter: /^dw:shared$/ }, ({ path }) => ({
        path, namespace: "generated",
      }));
      plugin.onLoad({ filter: /.*/, namespace: "generated" }, () => {
        const lines = shared.map(({ path, name }, i) =>
          `import { ${name} as shared${i} } from ${JSON.stringify(`./${path}`)};`);
        const names = shared.map((_, i) => `shared${i}`);
        lines.push(`export const shared = [${names.join(", ")}];`);
        return { contents: lines.join("\n"), resolveDir: runtime };
      });
    },
  };
}

// Files of ours that an entry brings in.
function inputsOf({ metafile }) {
  return Object.keys(metafile.inputs)
    .filter((name) => !/^(generated|snapshot|chunk):/.test(name))
    .map((name) => resolve(root, name));
}

const textOf = ({ outputFiles }) => outputFiles[0].text;

// The names that each of these modules exports.
async function exportsOf(paths) {
  const { metafile } = await build({
    ...options, bundle: false, treeShaking: false, entryPoints: paths,
    logLevel: "error", mainFields: undefined, outdir: "/",
  });
  const names = new Map();
  for (const { entryPoint, exports } of Object.values(metafile.outputs)) {
    if (entryPoint !== undefined) names.set(resolve(root, entryPoint), exports);
  }
  return names;
}

// For one chunk: modules of the snapshot and entries of other chunks become
// modules of constants, of which esbuild drops those that are not used.
function outside(entry, names, isShared) {
  const constants = (path, call) => {
    const found = names.get(resolve(runtime, path));
    if (found === undefined) {
      fail(`${shortName(entry)} needs ${path}, which is neither in the ` +
        "snapshot nor the entry of a chunk");
    }
    return {
      contents: found.map((name) =>
        `export const ${name} = /* @__PURE__ */ ${call}(` +
        `${JSON.stringify(path)}, "${name}");`).join("\n"),
    };
  };
  return {
    name: "outside",
    setup(plugin) {
      plugin.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const outside = { path: shortName(file) };
        if (isShared(file)) return { ...outside, namespace: "snapshot" };
        if (chunks.includes(file) && file !== entry) {
          return { ...outside, namespace: "chunk" };
        }
        return undefined;
      });
      plugin.onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
        if (isOurs(importer)) return undefined;
        if (path === "node:path") {
          return { path: resolve(runtime, "node/path-default.js") };
        }
        const name = packageChunks[path];
        return name === undefined ? undefined
          : { path: `chunks/${name}.js`, namespace: "chunk" };
      });
      plugin.onLoad({ filter: /.*/, namespace: "snapshot" }, ({ path }) =>
        constants(path, "__shared"));
      plugin.onLoad({ filter: /.*/, namespace: "chunk" }, ({ path }) =>
        constants(path, "__chunk"));
    },
  };
}

// "export { a, b as c };" at its end becomes an object that is returned.
function asFunction(text) {
  const [, before, list = ""] =
    /^([\s\S]*?)(?:\nexport \{([^{}]*)\};\s*)?$/.exec(text);
  const members = list.split(",").map((part) => part.trim()).filter(Boolean)
    .map((part) => {
      const [inside, name = inside] = part.split(" as ");
      return `${name}: ${inside}`;
    });
  return `(function (__shared, __chunk) {\n"use strict";\n${before}\n` +
    `return { __proto__: null, ${members.join(", ")} };\n})`;
}

const first = await build({
  ...options, entryPoints: [main], outfile: "main.js", plugins: [generated([])],
});
const snapshot = new Set(inputsOf(first).filter(isOurs));
for (const path of chunks) {
  if (snapshot.has(path)) {
    fail(`${shortName(path)} is imported by a module of the snapshot; ` +
      "it should ask chunk() for it");
  }
}

const names = await exportsOf([...snapshot, ...chunks]);
const owners = new Map();
const needs = new Map();
const shared = [];
const indexes = new Map();
const parts = [];

for (const entry of chunks) {
  const result = await build({
    ...options, entryPoints: [entry], outfile: "chunk.js",
    inject: injected[chunkName(entry)],
    plugins: [outside(entry, names, (path) => snapshot.has(path))],
  });
  for (const path of inputsOf(result).filter(isOurs)) {
    if (owners.has(path)) {
      fail(`${shortName(path)} belongs to ${shortName(owners.get(path))}, but ` +
        `${shortName(entry)} imports it too; it should import that entry`);
    }
    owners.set(path, entry);
  }
  const needed = new Set();
  needs.set(entry, needed);
  const code = textOf(result)
    .replace(/__shared\("([^"]+)", "([^"]+)"\)/g, (_, path, name) => {
      const key = `${path} ${name}`;
      if (!indexes.has(key)) {
        indexes.set(key, shared.length);
        shared.push({ path, name });
      }
      return `__shared[${indexes.get(key)}]`;
    })
    .replace(/__chunk\("([^"]+)", "([^"]+)"\)/g, (_, path, name) => {
      needed.add(resolve(runtime, path));
      return `__chunk("${chunkName(path)}").${name}`;
    });
  parts.push(chunkName(entry), asFunction(code));
}

// Chunks that need each other at once could not be evaluated.
function follow(entry, path) {
  if (path.includes(entry)) {
    fail(`chunks import each other: ${[...path, entry].map(chunkName).join(", ")}`);
  }
  for (const next of needs.get(entry)) follow(next, [...path, entry]);
}
for (const entry of chunks) follow(entry, []);

const last = await build({
  ...options, entryPoints: [main], outfile: "main.js",
  plugins: [generated(shared)],
});

parts.unshift(`(() => {\n"use strict";\n${textOf(last)}\n})();\n`);

// In comments of others: esbuild escapes only what runs.
const ascii = (text) => text.replace(/[^\x01-\x7f]/g, "?");
writeFileSync(output, parts.map(ascii).join("\0"));
