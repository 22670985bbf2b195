# The Worker Loader: env.LOADER of a host worker, and the dynamic workers that
# it makes.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

# Every host has these, so that a block shows only what it is about:
#
#   module(text)   WorkerCode of one module
#   lines(...)     a Response of lines
#   message(f)     the message that f() rejects with
our $help = <<'END';
>>> help.js
export const module = (text, more) =>
  ({ mainModule: "main.js", modules: { "main.js": text }, ...more });
export const lines = (...values) => new Response(values.join("\n") + "\n");
export const message = async (call) => {
  try {
    const value = await call();
    return `no error, but ${value}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => $::help . $block->user_files);
});

check_accum_error_log();
no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: load() runs code once, in an isolate of its own
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module, lines } from "./help.js";
const code = module(`
  let n = 0;
  export default {
    fetch: ({ method, url }) => new Response([++n, method, url].join(" ")),
  };`);
export default {
  async fetch(request, env) {
    const one = env.LOADER.load(code).getEntrypoint();
    const two = env.LOADER.load(code).getEntrypoint();
    return lines(
      await (await one.fetch("http://a/?x=1")).text(),
      await (await one.fetch("http://b/", { method: "PUT" })).text(),
      await (await two.fetch(request)).text());
  },
};
--- request
GET /t
--- response_body
1 GET http://a/?x=1
2 PUT http://b/
1 GET http://localhost/t
--- no_error_log
[error]



=== TEST 2: get() asks for code when the id is cold, and keeps the worker warm
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
let calls = 0;
export default {
  fetch(request, env) {
    const id = new URL(request.url).searchParams.get("id");
    return env.LOADER.get(id, () => {
      calls++;
      return module(`
        let n = 0;
        export default {
          fetch: (request, env) =>
            new Response([env.ID, "visit", ++n, "call", env.CALLS].join(" ") + "\\n"),
        };`, { env: { ID: id, CALLS: calls } });
    }).getEntrypoint().fetch(request);
  },
};
--- request eval
["GET /t?id=a", "GET /t?id=a", "GET /t?id=b", "GET /t?id=a"]
--- response_body eval
["a visit 1 call 1\n", "a visit 2 call 1\n", "b visit 1 call 2\n",
 "a visit 3 call 1\n"]
--- no_error_log
[error]



=== TEST 3: get(null) is a new worker each time
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  fetch: (request, env) => env.LOADER.get(null, () => module(
    `let n = 0; export default { fetch: () => new Response(++n + "\\n") };`,
  )).getEntrypoint().fetch(request),
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "1\n"]
--- no_error_log
[error]



=== TEST 4: env is cloned into the worker: plain values, dates, maps, bytes
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  fetch(request, env) {
    const list = [1, "two", { three: 3n }];
    return env.LOADER.load(module(`
      export default {
        fetch(request, env) {
          env.LIST.push("mine");
          return new Response([
            env.TEXT, env.NUMBER, env.LIST[2].three, env.WHEN.toISOString(),
            env.MAP.get("k"), [...env.BYTES].join(), env.NONE === undefined,
            this.env === env, env.LIST.length,
          ].join("\\n") + "\\n");
        },
      };`, {
      env: {
        TEXT: "h\u00e9llo", NUMBER: -1.5, LIST: list, WHEN: new Date(0),
        MAP: new Map([["k", "v"]]), BYTES: new Uint8Array([1, 2, 255]),
        NONE: undefined,
      },
    })).getEntrypoint().fetch(request);
  },
};
--- request
GET /t
--- response_body
héllo
-1.5
3
1970-01-01T00:00:00.000Z
v
1,2,255
true
true
4
--- no_error_log
[error]



=== TEST 5: what cannot be cloned into env is an Error
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const hello = "export default { fetch() {} };";
export default {
  async fetch(request, env) {
    const tried = [];
    for (const value of [Symbol("s"), new WeakMap(), "x".repeat(1024 * 1024)]) {
      tried.push(await message(async () =>
        env.LOADER.load(module(hello, { env: { VALUE: value } }))));
    }
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body_like
^DataCloneError: .*
DataCloneError: .*
Error: Dynamic Worker env size \(\d+ bytes\) exceeds the maximum allowed size of 1048576 bytes\.
--- no_error_log
[error]



=== TEST 6: modules of each kind, by extension and by object
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
export default {
  fetch: (request, env) => env.LOADER.load({
    compatibilityDate: "2026-01-01",
    compatibilityFlags: ["nodejs_compat"],
    mainModule: "src/main.js",
    modules: {
      "src/main.js": `
        import { name } from "./lib/name.mjs";
        import up from "../up.js";
        import data from "../data.json";
        import text from "../text";
        import bytes from "../bytes";
        export default {
          async fetch() {
            const late = await import("./late.js");
            return new Response([
              name, up, data.list.length, text, new Uint8Array(bytes).join(), late.x,
            ].join(" ") + "\\n");
          },
        };`,
      "src/lib/name.mjs": `export const name = "name";`,
      "up.js": { js: `export default "up";` },
      "data.json": { json: { list: [1, 2] } },
      text: { text: "text" },
      bytes: { data: new Uint8Array([7, 8]).buffer },
      "src/late.js": "export const x = 'late';",
    },
  }).getEntrypoint().fetch(request),
};
--- request
GET /t
--- response_body
name up 2 text 7,8 late
--- no_error_log
[error]



=== TEST 7: globalOutbound null: fetch() in the worker throws
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  fetch: (request, env) => env.LOADER.load(module(`
    export default {
      async fetch() {
        try {
          await fetch("http://example.com/");
        } catch (error) {
          return new Response(error.message + "\\n");
        }
        return new Response("got out\\n");
      },
    };`, { globalOutbound: null })).getEntrypoint().fetch(request),
};
--- request
GET /t
--- response_body
Network access is disabled for this worker (globalOutbound is null).
--- no_error_log
[error]



=== TEST 8: a worker that omits globalOutbound inherits its host's, here none
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { message, module } from "./help.js";
export default {
  fetch: (request, env) => env.LOADER.load(module(`
    export default {
      fetch: () => fetch("http://example.com/").catch(
        (error) => new Response(error.message + "\\n")),
    };`)).getEntrypoint().fetch(request),
};
--- request
GET /t
--- response_body
Network access is disabled for this worker (globalOutbound is null).
--- no_error_log
[error]



=== TEST 9: concurrent cold requests of one host request ask for code once
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
export default {
  async fetch(request, env) {
    let calls = 0;
    const answers = await Promise.all(Array.from({ length: 20 }, async () => {
      const worker = env.LOADER.get("x", async () => {
        calls++;
        await scheduler.wait(10);
        return module(
          "let n = 0; export default { fetch: () => new Response(String(++n)) };");
      });
      return (await worker.getEntrypoint().fetch("http://x/")).text();
    }));
    return lines(calls, answers.join(" "));
  },
};
--- request
GET /t
--- response_body
1
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
--- no_error_log
[error]



=== TEST 10: concurrent cold requests of several clients ask for code once
--- http_config
    dynworker_outbound self {
        allow http://self:$TEST_NGINX_SERVER_PORT;
        private_addresses on;
        pass /_out;
    }
--- config
    location /many {
        dynworker_global_outbound self;
        dynworker_script $TEST_NGINX_HTML_DIR/many.js;
    }
    location /_out {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT$dynworker_outbound_uri;
    }
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> many.js
export default {
  async fetch() {
    const texts = await Promise.all(Array.from({ length: 20 }, async () =>
      (await fetch("http://self:$TEST_NGINX_SERVER_PORT/t")).text()));
    return new Response(texts.sort((a, b) => a - b).join(" ") + "\n");
  },
};
>>> host.js
import { module } from "./help.js";
let calls = 0;
export default {
  fetch(request, env) {
    return env.LOADER.get("x", async () => {
      const call = ++calls;
      await scheduler.wait(50);
      return module(
        "let n = 0; export default { fetch: (r, env) => new Response(env.CALL + '' + n++) };",
        { env: { CALL: call } });
    }).getEntrypoint().fetch(request);
  },
};
--- request
GET /many
--- response_body
10 11 12 13 14 15 16 17 18 19 110 111 112 113 114 115 116 117 118 119
--- no_error_log
[error]



=== TEST 11: a callback that throws rejects the fetch with its error; the next get asks again
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
export default {
  async fetch(request, env) {
    const get = (callback) => env.LOADER.get("x", callback).getEntrypoint();
    return lines(
      await message(() => get(() => { throw new RangeError("no such tenant"); })
        .fetch("http://x/")),
      await message(() => get(async () => {
        await scheduler.wait(1);
        throw new Error("registry is down");
      }).fetch("http://x/")),
      await (await get(() => module(
        `export default { fetch: () => new Response("third time") };`,
      )).fetch("http://x/")).text());
  },
};
--- request
GET /t
--- response_body
RangeError: no such tenant
Error: registry is down
third time
--- error_log eval
[qr/\[error\] .*worker "x" could not be loaded at host\.js:6:45: RangeError: no such tenant/,
 qr/\[error\] .*worker "x" could not be loaded at host\.js:10:15: registry is down/]



=== TEST 12: when a callback fails, one that waits behind it is asked
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
export default {
  async fetch(request, env) {
    let calls = 0;
    const get = (callback) => message(async () =>
      (await env.LOADER.get("x", callback).getEntrypoint().fetch("http://x/")).text());
    return lines(...await Promise.all([
      get(async () => {
        calls++;
        await scheduler.wait(5);
        throw new Error("first fails");
      }),
      get(() => {
        calls++;
        return module("export default { fetch: () => new Response('second') };");
      }),
    ]), calls);
  },
};
--- request
GET /t
--- response_body
no error, but second
no error, but second
2



=== TEST 13: a callback that gives something else is an error that says so
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message } from "./help.js";
export default {
  async fetch(request, env) {
    const tried = [];
    for (const value of [undefined, null, 7, "code", []]) {
      tried.push(await message(() =>
        env.LOADER.get("x", () => value).getEntrypoint().fetch("http://x/")));
    }
    return lines(...tried, await message(async () => env.LOADER.get("x")),
      await message(async () => env.LOADER.get("x", {})));
  },
};
--- request
GET /t
--- response_body
TypeError: Worker code must be an object, not undefined. It needs at least 'mainModule' and 'modules'.
TypeError: Worker code must be an object, not null. It needs at least 'mainModule' and 'modules'.
TypeError: Worker code must be an object, not 7. It needs at least 'mainModule' and 'modules'.
TypeError: Worker code must be an object, not "code". It needs at least 'mainModule' and 'modules'.
TypeError: Worker code must be an object, not an array. It needs at least 'mainModule' and 'modules'.
TypeError: Failed to execute 'WorkerLoader.get': 2 arguments required, but only 1 present.
TypeError: Failed to execute 'WorkerLoader.get': parameter 2 is not of type 'Function'.



=== TEST 14: each bad field of WorkerCode is an Error that names it
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message } from "./help.js";
const mainModule = "m.js";
const modules = { "m.js": "export default { fetch() {} };" };
const bad = [
  { modules },
  { mainModule },
  { mainModule, modules: {} },
  { mainModule, modules: "text" },
  { mainModule: "x.js", modules },
  { mainModule, modules: { "m.js": 7 } },
  { mainModule, modules: { "m.js": {} } },
  { mainModule, modules: { "m.js": { js: "", text: "" } } },
  { mainModule, modules: { "m.js": { text: "" } } },
  { mainModule, modules: { ...modules, "a.txt": "text" } },
  { mainModule, modules: { ...modules, "a.py": "x = 1" } },
  { mainModule, modules: { ...modules, "a.bin": { data: "text" } } },
  { mainModule, modules, env: 7 },
  { mainModule, modules, compatibilityDate: 2026 },
  { mainModule, modules, compatibilityFlags: "x" , limits: 1 },
  { mainModule, modules, limits: { cpuMs: "5" } },
  { mainModule, modules, limits: { subRequests: 1.5 } },
  { mainModule, modules, globalOutbound: "http://x" },
  { mainModule, modules, allowExperimental: true },
];
export default {
  async fetch(request, env) {
    const tried = [];
    for (const code of bad) {
      tried.push(await message(async () => env.LOADER.load(code)));
    }
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body_like
^TypeError: Worker code: 'mainModule' must be a string, not undefined\.
TypeError: Worker code: 'modules' must be an object of names and modules, not undefined\.
TypeError: Dynamic Worker code must contain at least one module\.
TypeError: Worker code: 'modules' must be an object of names and modules, not "text"\.
Error: Worker code: 'mainModule' is "x\.js", but 'modules' has no such module\. It has: "m\.js"\.
TypeError: Worker code: module "m\.js" must be a string or an object such as \{ js: "\.\.\." \}, not 7\.
TypeError: Each module must contain exactly one of .*Module 'm\.js' contained 0 properties\.
TypeError: Each module must contain exactly one of .*Module 'm\.js' contained 2 properties\.
TypeError: Worker code: 'mainModule' "m\.js" must be a JavaScript module\.
TypeError: Module name must end with '\.js' or '\.py' .*Got: a\.txt\.
Error: Module "a\.py": Python modules are not supported here\..*
TypeError: Worker code: 'modules\["a\.bin"\]\.data' must be an ArrayBuffer or a view of one, not "text"\.
TypeError: Worker code: 'env' must be an object, not 7\.
TypeError: Worker code: 'compatibilityDate' must be a string, not 2026\.
TypeError: Worker code: 'compatibilityFlags' must be an array of strings, not "x"\.
TypeError: Worker code: 'limits\.cpuMs' must be a positive integer, not "5"\.
TypeError: Worker code: 'limits\.subRequests' must be a positive integer, not 1\.5\.
TypeError: Worker code: 'globalOutbound' must be null, absent, or a Fetcher.*, not "http:\/\/x"\.
Error: 'allowExperimental' is only allowed .*\.
--- no_error_log
[error]



=== TEST 15: a syntax error in loaded code rejects with its message, and the host goes on
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load(module("export default {\n  fetch( { ]\n};"));
    return lines(
      await message(() => worker.getEntrypoint().fetch("http://x/")),
      await message(() => worker.getEntrypoint().fetch("http://x/")),
      await (await env.LOADER.load(module(
        "export default { fetch: () => new Response('fine') };",
      )).getEntrypoint().fetch("http://x/")).text());
  },
};
--- request
GET /t
--- response_body
SyntaxError: Unexpected token ']'
SyntaxError: Unexpected token ']'
fine
--- error_log eval
qr/\[error\] .*worker "\(load\)" could not be loaded at main\.js:2:12: SyntaxError: Unexpected token '\]'/



=== TEST 16: a missing import, and a module that throws, reject too
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
export default {
  async fetch(request, env) {
    const run = (text) => message(() =>
      env.LOADER.load(module(text)).getEntrypoint().fetch("http://x/"));
    return lines(
      await run(`import x from "./missing.js";`),
      await run(`import { readFile } from "node:fs";`),
      await run(`throw new RangeError("at the top");`),
      await run(`await Promise.reject(new Error("awaited"));`),
      await run(`await fetch("http://x/");`));
  },
};
--- request
GET /t
--- response_body_like
^Error: No such module "\./missing\.js"\.
  imported from "main\.js"
Error: No such module "node:fs"\..*
RangeError: at the top
Error: awaited
Error: Disallowed operation called within global scope\..*



=== TEST 17: what a dynamic worker throws rejects the host's promise, with its name
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
export default {
  async fetch(request, env) {
    const run = (text) => message(() =>
      env.LOADER.load(module(text)).getEntrypoint().fetch("http://x/"));
    return lines(
      await run(`export default { fetch() { throw new TypeError("sync"); } };`),
      await run(`export default { async fetch() { throw new RangeError("async"); } };`),
      await run(`export default { fetch() { throw "text"; } };`),
      await run(`export default { fetch() { return "text"; } };`),
      await run(`export default {};`),
      await run(`export const other = 1;`));
  },
};
--- request
GET /t
--- response_body
TypeError: sync
RangeError: async
Error: text
TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'.
Error: Handler does not export a fetch() function.
Error: Handler does not export a fetch() function.
--- error_log eval
[qr/worker "\(load\)" failed at main\.js:1:34: TypeError: sync/,
 qr/worker "\(load\)" failed at main\.js:1:40: RangeError: async/]



=== TEST 18: getEntrypoint(name) reaches named exports, objects and classes alike
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  export default { fetch: () => new Response("default") };
  export const plain = { fetch: () => new Response("plain") };
  export class Named extends WorkerEntrypoint {
    fetch() { return new Response("Named " + this.env.NAME); }
  }
  export class NoEntrypoint { fetch() { return new Response("no"); } }
  export const number = 7;
`, { env: { NAME: "env" } });
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load(code);
    const run = (name) => message(async () =>
      (await worker.getEntrypoint(name).fetch("http://x/")).text());
    const tried = [];
    for (const name of [undefined, "default", "plain", "Named", "missing",
      "toString", "__proto__", "NoEntrypoint", "number"]) {
      tried.push(`${name}: ${await run(name)}`);
    }
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
undefined: no error, but default
default: no error, but default
plain: no error, but plain
Named: no error, but Named env
missing: Error: Worker does not export an entrypoint named "missing".
toString: Error: Worker does not export an entrypoint named "toString".
__proto__: Error: Worker does not export an entrypoint named "__proto__".
NoEntrypoint: Error: Handler does not export a fetch() function.
number: Error: Handler does not export a fetch() function.
--- no_error_log
[alert]



=== TEST 19: props of getEntrypoint() are ctx.props
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  export default {
    fetch: (request, env, ctx) => new Response(JSON.stringify(ctx.props)),
  };
  export class Named extends WorkerEntrypoint {
    fetch() { return new Response(JSON.stringify(this.ctx.props)); }
  }`);
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load(code);
    const run = async (...args) =>
      (await worker.getEntrypoint(...args).fetch("http://x/")).text();
    return lines(
      await run(undefined, { props: { user: "ada", n: [1] } }),
      await run("Named", { props: { user: "bob" } }),
      await run("Named"));
  },
};
--- request
GET /t
--- response_body
{"user":"ada","n":[1]}
{"user":"bob"}
{}
--- no_error_log
[error]



=== TEST 20: loaders with one namespace share ids; others do not
--- config
    location /a {
        dynworker_loader LOADER shared;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location /b {
        dynworker_loader LOADER shared;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location /c {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location /d {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  fetch: (request, env) => env.LOADER.get("x", () => module(
    "let n = 0; export default { fetch: () => new Response(`${++n}\\n`) };",
  )).getEntrypoint().fetch(request),
};
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d", "GET /a"]
--- response_body eval
["1\n", "2\n", "1\n", "1\n", "3\n"]
--- no_error_log
[error]



=== TEST 21: two loaders of one location have ids of their own
--- config
    location /t {
        dynworker_loader ONE;
        dynworker_loader TWO;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
export default {
  async fetch(request, env) {
    const run = async (loader) => (await loader.get("x", () => module(
      "let n = 0; export default { fetch: () => new Response(`${++n}`) };",
    )).getEntrypoint().fetch("http://x/")).text();
    return lines(await run(env.ONE), await run(env.TWO), await run(env.ONE));
  },
};
--- request
GET /t
--- response_body
1
1
2
--- no_error_log
[error]



=== TEST 22: ids are strings of any kind, compared as they are
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
const ids = ["", " ", "a", "A", "\u00e9", "e\u0301", "\u{1f600}", "a/b", "x".repeat(1000),
  "line\nfeed", "1", 1];
export default {
  async fetch(request, env) {
    const visits = [];
    for (const id of [...ids, ...ids]) {
      visits.push(await (await env.LOADER.get(id, () => module(
        "let n = 0; export default { fetch: () => new Response(`${++n}`) };",
      )).getEntrypoint().fetch("http://x/")).text());
    }
    return lines(visits.join(""));
  },
};
--- request
GET /t
--- response_body
111111111112222222222234
--- no_error_log
[error]



=== TEST 23: dynworker_isolates max= evicts the worker that was idle for longest
--- http_config
    dynworker_isolates max=3;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
export default {
  fetch: (request, env) =>
    env.LOADER.get(new URL(request.url).search, () => module(
      "let n = 0; export default { fetch: () => new Response(`${++n}`) };",
    )).getEntrypoint().fetch(request),
};
--- request eval
[map { "GET /t?$_" } qw(a b c a d c b a)]
--- response_body eval
[qw(1 1 1 2 1 2 1 1)]
--- no_error_log
[error]



=== TEST 24: when all isolates are at work, what is loaded waits for room, up to queue=
--- http_config
    dynworker_isolates max=2;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits queue=3;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const text = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  export default class extends WorkerEntrypoint {
    hello() { return "hello"; }
    call(f) { return f(); }
    async load(code) {
      return (await this.env.LOADER.load(code).getEntrypoint().fetch("http://x/")).text();
    }
  }`;
export default {
  async fetch(request, env) {
    const { LOADER } = env;
    const worker = module(text, { env: { LOADER } });
    const get = (id) => LOADER.get(id, () => worker).getEntrypoint();
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    const a = get("a");
    const busy = [];
    for (const stub of [a, get("b")]) {
      await new Promise((resolve) => {
        busy.push(stub.call(() => { resolve(); return gate; }));
      });
    }
    // code of load() comes at once, and so in this order
    const load = () => message(() => LOADER.load(worker).getEntrypoint().hello());
    const waiting = [load(), load(), load()];
    const refused = [
      await load(),
      await message(() => get("e").hello()),
      // it would wait for itself
      await message(() => a.load(module("export default {}"))),
    ];
    open("opened");
    return lines(...refused, ...await Promise.all(busy), ...await Promise.all(waiting),
      await message(() => get("e").hello()));
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
[("Error: Too many dynamic workers.\n" x 3 . "opened\n" x 2
  . "no error, but hello\n" x 4) x 2]
--- error_log
no room for worker "e", "dynworker_isolates max=2 memory=2048m"
--- no_error_log
has too many requests



=== TEST 25: workers that only stubs hold make room, and come back when they are called
--- http_config
    dynworker_isolates max=2;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
let asked = 0;
const counter = (name, modules) => ({
  mainModule: "main.js", modules: {
    "main.js": `let n = 0; export default { fetch: () => new Response("${name}" + ++n) };`,
    ...modules,
  },
});
const answer = async (worker) => {
  try {
    return await (await worker.getEntrypoint().fetch("http://x/")).text();
  } catch (error) {
    return error.message;
  }
};
export default {
  async fetch(request, env) {
    const got = [], loaded = [];
    const said = [];
    for (let i = 0; i < 5; i++) {
      got.push(env.LOADER.get(`g${i}`, () => { asked++; return counter(`g${i}-`); }));
      loaded.push(env.LOADER.load(counter(`l${i}-`)));
      said.push(await answer(got[i]), await answer(loaded[i]));
    }
    const again = [];
    for (let i = 0; i < 5; i++) {
      again.push(await answer(got[i]), await answer(loaded[i]));
    }
    const twice = [await answer(got[4]), await answer(loaded[4])];
    const large = env.LOADER.load(
      counter("large-", { "text": { text: "x".repeat(300 * 1024) } }));
    const end = [await answer(large), await answer(large)];
    await answer(got[0]);
    await answer(got[1]);
    end.push(await answer(large), await answer(large));
    return lines(said.join(" "), again.join(" "), twice.join(" "), asked, ...end);
  },
};
--- request
GET /t
--- response_body
g0-1 l0-1 g1-1 l1-1 g2-1 l2-1 g3-1 l3-1 g4-1 l4-1
g0-1 l0-1 g1-1 l1-1 g2-1 l2-1 g3-1 l3-1 g4-1 l4-1
g4-2 l4-2
12
large-1
large-2
The worker had to make room for others, and its code is too large to have been kept: load() it again.
The worker had to make room for others, and its code is too large to have been kept: load() it again.
--- no_error_log
[alert]



=== TEST 26: memory= makes room among workers that only stubs hold, too
--- http_config
    dynworker_isolates memory=16m;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  async fetch(request, env) {
    const stubs = [];
    let sum = 0;
    for (let i = 0; i < 30; i++) {
      stubs.push(env.LOADER.get(`g${i}`, () => module(
        `export default { fetch: () => new Response("${i}") };`)).getEntrypoint());
      sum += Number(await (await stubs[i].fetch(request)).text());
    }
    for (const stub of stubs) sum += Number(await (await stub.fetch(request)).text());
    return new Response(`${sum}\n`);
  },
};
--- request
GET /t
--- response_body
870
--- no_error_log
[error]



=== TEST 27: a worker of load() lives as long as its host's request
--- http_config
    dynworker_isolates max=2;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
let kept;
export default {
  async fetch(request, env) {
    if (kept) {
      try {
        return await kept.getEntrypoint().fetch(request);
      } catch (error) {
        return new Response(error.name + "\n");
      }
    }
    kept = env.LOADER.load(
      module("export default { fetch: () => new Response('ran\\n') };"));
    return kept.getEntrypoint().fetch(request);
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body_like eval
["^ran\n", "^\\w*Error\n"]
--- no_error_log
[alert]



=== TEST 28: a dynamic worker that is slow does not hold others back
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=10s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
export default {
  async fetch(request, env) {
    const order = [];
    const run = async (name, text) => {
      await (await env.LOADER.load(module(text)).getEntrypoint()
        .fetch("http://x/")).text();
      order.push(name);
    };
    await Promise.all([
      run("slow", `export default { fetch() {
        let n = 0;
        for (let i = 0; i < 5e8; i++) n += i % 7;
        return new Response(String(n)); } };`),
      run("quick", "export default { fetch: () => new Response('') };"),
    ]);
    return lines(order.join(" "));
  },
};
--- request
GET /t
--- response_body
quick slow
--- no_error_log
[error]



=== TEST 29: limits in code lower the location's, and never raise them
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=300ms;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const spin = "export default { fetch() { for (;;) {} } };";
export default {
  async fetch(request, env) {
    const run = (cpuMs) => message(() => env.LOADER.get(`cpu ${cpuMs}`, () =>
      module(spin, { limits: { cpuMs } })).getEntrypoint().fetch("http://x/"));
    return lines(await run(20), await run(100000));
  },
};
--- request
GET /t
--- response_body
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
--- error_log
worker "cpu 20" exceeded CPU time limit, "dynworker_limits cpu=20ms"
worker "cpu 100000" exceeded CPU time limit, "dynworker_limits cpu=300ms"



=== TEST 30: a dynamic worker sees nothing of the machine or of other workers
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
globalThis.hostSecret = "secret";
export default {
  fetch: (request, env) => env.LOADER.load(module(`
    export default {
      fetch(request, env) {
        return new Response([
          typeof hostSecret, typeof process, typeof require, typeof native,
          typeof Deno, typeof Bun, typeof SharedArrayBuffer, Object.keys(env).length,
        ].join(" ") + "\\n");
      },
    };`)).getEntrypoint().fetch(request),
};
--- request
GET /t
--- response_body_like
^undefined undefined undefined undefined undefined undefined \w+ 0$
--- no_error_log
[error]



=== TEST 31: eval and new Function are refused in host and dynamic workers
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const text = `
  export async function tries() {
    const out = [];
    for (const f of [() => eval("1"), () => (0, eval)("1"), () => new Function("return 1"),
        () => (async () => {}).constructor("return 1"), () => setTimeout("1")]) {
      try { f(); out.push("ran"); } catch (error) { out.push(error.name); }
    }
    return out.join(" ");
  }`;
export default {
  async fetch(request, env) {
    let host = "ran";
    try { eval("1"); } catch (error) { host = error.name; }
    const dynamic = await env.LOADER.load(module(text + `
      export default { fetch: async () => new Response(await tries()) };`,
    )).getEntrypoint().fetch("http://x/");
    return lines(host, await dynamic.text());
  },
};
--- request
GET /t
--- response_body
EvalError
EvalError EvalError EvalError EvalError TypeError
--- no_error_log
[error]



=== TEST 32: code that fails before its first request is an error of that request, not of the engine
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const broken = module("\n  throw new RangeError('at the top');");
export default {
  async fetch(request, env) {
    const loaded = env.LOADER.load(broken);
    const got = env.LOADER.get("x", () => broken);
    await scheduler.wait(30);
    const tried = [];
    for (const worker of [loaded, loaded, got, got]) {
      tried.push(await message(() => worker.getEntrypoint().fetch("http://x/")));
    }
    const again = env.LOADER.get("x", () => module(
      "export default { fetch: () => new Response('mended') };"));
    tried.push(await message(async () =>
      (await again.getEntrypoint().fetch("http://x/")).text()));
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
RangeError: at the top
RangeError: at the top
RangeError: at the top
RangeError: at the top
no error, but mended
--- error_log eval
[qr/\[error\] .*worker "\(load\)" could not be loaded at main\.js:2:9: RangeError: at the top/,
 qr/\[error\] .*worker "x" could not be loaded at main\.js:2:9: RangeError: at the top/]
--- no_error_log
is not running



=== TEST 33: limits of getEntrypoint() lower what one call may use, and never raise it
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=20s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  export class Sub extends WorkerEntrypoint {
    one() { return 1; }
    fetch() { return new Response("one"); }
  }
  async function count(ctx) {
    let n = 0;
    try {
      for (;;) n += await ctx.exports.Sub.one();
    } catch (error) {
      return n + " " + error.message;
    }
  }
  export default class extends WorkerEntrypoint {
    async fetch({ url }) {
      if (url === "http://spin/") for (;;) {}
      return new Response(await count(this.ctx));
    }
    spin() { for (;;) {} }
    count() { return count(this.ctx); }
    nested() { return this.ctx.exports.default.count(); }
    spinBelow() { return this.ctx.exports.default.spin(); }
  }`, { limits: { subRequests: 3 } });
export default {
  async fetch(request, env) {
    const worker = env.LOADER.get("x", () => code);
    const tried = [];
    for (const limits of [undefined, {}, { subRequests: 2 }, { subRequests: 9 }]) {
      const e = worker.getEntrypoint(undefined, { limits });
      tried.push(await (await e.fetch("http://count/")).text(), await e.count());
    }
    const two = worker.getEntrypoint(undefined, { limits: { subRequests: 2 } });
    tried.push(await two.nested());

    const short = (id) => env.LOADER.get(id, () => code)
      .getEntrypoint(undefined, { limits: { cpuMs: 20 } });
    tried.push(
      await message(() => short("f").fetch("http://spin/")),
      await message(() => short("r").spin()),
      await message(() => short("b").spinBelow()),
      await message(() => worker.getEntrypoint("", { limits: 5 })),
      await message(() => worker.getEntrypoint("", { limits: { cpuMs: -1 } })));
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
3 Too many subrequests.
3 Too many subrequests.
3 Too many subrequests.
3 Too many subrequests.
2 Too many subrequests.
2 Too many subrequests.
3 Too many subrequests.
3 Too many subrequests.
2 Too many subrequests.
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
TypeError: getEntrypoint(): 'limits' must be an object, not 5.
TypeError: getEntrypoint(): 'limits.cpuMs' must be a positive integer, not -1.
--- error_log
worker "f" exceeded CPU time limit, "dynworker_limits cpu=20ms"
worker "r" exceeded CPU time limit, "dynworker_limits cpu=20ms"
worker "b" exceeded CPU time limit, "dynworker_limits cpu=20ms"



=== TEST 34: a stub of get() outlives its isolate: the next call through it asks for the code again
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=5s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const text = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  let n = 0;
  export default class extends WorkerEntrypoint {
    fetch({ url }) {
      if (url === "http://spin/") for (;;) {}
      return new Response(this.env.CALL + "." + ++n);
    }
    visit() { return this.env.CALL + "." + ++n; }
    big() { return this.env.BIG.length; }
  }`;
export default {
  async fetch(request, env) {
    let calls = 0;
    const get = () => env.LOADER.get("x", async () => {
      calls++;
      return module(text, { limits: { cpuMs: 200 }, env: { CALL: calls, BIG: "x".repeat(300000) } });
    }).getEntrypoint();
    const e = get(), same = get();
    const run = async (e) => (await e.fetch("http://x/")).text();
    const tried = [await run(e), await same.visit()];
    for (let i = 0; i < 3; i++) {
      tried.push(await message(() => e.fetch("http://spin/")));
      tried.push((await Promise.all([run(same), e.visit(), run(e), e.big()])).join(" "));
    }
    return lines(...tried, calls);
  },
};
--- request
GET /t
--- response_body
1.1
1.2
Error: Worker exceeded CPU time limit.
2.1 2.2 2.3 300000
Error: Worker exceeded CPU time limit.
3.1 3.2 3.3 300000
Error: Worker exceeded CPU time limit.
4.1 4.2 4.3 300000
4
--- error_log
exceeded CPU time limit



=== TEST 35: calls that an isolate dies before it has seen them are made once more, their bodies and messages with them
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=5s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  export default class extends WorkerEntrypoint {
    async fetch(request) {
      if (request.url === "http://spin/") for (;;) {}
      return new Response(await request.text());
    }
    length(text) { return text.length; }
    add(f) { return f(1); }
  }`, { limits: { cpuMs: 200 } });
export default {
  async fetch(request, env) {
    let calls = 0;
    const e = env.LOADER.get("x", () => (calls++, code)).getEntrypoint();
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("streamed"));
        controller.close();
      },
    });
    const tried = await Promise.all([
      message(() => e.fetch("http://spin/")),
      message(async () => (await e.fetch("http://x/", { method: "POST", body: "text" })).text()),
      message(async () => (await e.fetch("http://x/", { method: "POST", body: stream })).text()),
      message(async () => (await e.fetch(request)).text()),
      message(() => e.length("y".repeat(1000))),
      message(() => e.length("z".repeat(200000))),
      message(() => e.add((n) => n + 1)),
    ]);
    tried.push(calls);
    const twice = await Promise.all([
      message(() => e.fetch("http://spin/")),
      message(() => e.fetch("http://spin/")),
      message(() => e.length("12")),
    ]);
    return lines(...tried, ...twice, calls);
  },
};
--- request
POST /t
the client's
--- response_body
Error: Worker exceeded CPU time limit.
no error, but text
no error, but streamed
no error, but the client's
no error, but 1000
no error, but 200000
no error, but 2
2
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
3
--- error_log
exceeded CPU time limit



=== TEST 36: a stub of load() has no code to ask for: it goes on to say what ended its worker
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=5s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const code = module(`export default {
  fetch({ url }) {
    if (url === "http://spin/") for (;;) {}
    return new Response("ran");
  } };`, { limits: { cpuMs: 200 } });
export default {
  async fetch(request, env) {
    const tried = [];
    for (const worker of [env.LOADER.load(code), env.LOADER.get(null, () => code)]) {
      const e = worker.getEntrypoint();
      tried.push(await (await e.fetch("http://x/")).text(),
        ...await Promise.all([
          message(() => e.fetch("http://spin/")), message(() => e.fetch("http://x/")),
        ]),
        await message(() => e.fetch("http://x/")));
    }
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
ran
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
ran
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
Error: Worker exceeded CPU time limit.
--- error_log
exceeded CPU time limit



=== TEST 37: dynworker_isolates memory= evicts workers that were idle for longest, until the rest fits
--- http_config
    dynworker_isolates memory=64m;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module } from "./help.js";
const code = (size) => module(`
  const held = new Uint8Array(${size} << 20).fill(1);
  let n = 0;
  export default { fetch: () => new Response(String(held[5] + n++)) };`);
export default {
  async fetch(request, env) {
    const [id, size = 20] = new URL(request.url).search.slice(1).split(",");
    const e = env.LOADER.get(id, () => code(size)).getEntrypoint();
    // by the second answer nginx knows of the first one's memory
    await (await e.fetch("http://x/")).text();
    return e.fetch(request);
  },
};
--- request eval
[map { "GET /t?$_" } 'a', 'b', 'a', 'c', 'a', 'b', 'a', 'd,1', 'a', 'b', 'd', 'c']
--- response_body eval
[qw(2 2 4 2 6 2 8 2 10 4 4 2)]
--- no_error_log
[error]



=== TEST 38: when workers in use take all memory, others wait
--- http_config
    dynworker_isolates memory=64m;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  const held = new Uint8Array(20 << 20).fill(1);
  export default class extends WorkerEntrypoint {
    fetch() { return new Response("ran " + held.length); }
    call(f) { return f(); }
  }`);
export default {
  async fetch(request, env) {
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    const busy = [];
    const run = async (worker) => {
      const e = worker.getEntrypoint();
      busy.push(message(() => e.call(() => gate)));
      await (await e.fetch("http://x/")).text();
      return (await e.fetch("http://x/")).text();
    };
    const get = (id) => message(() => run(env.LOADER.get(id, () => code)));
    const answers = [await get("a"), await get("b"), await get("c")];
    let isOver = false;
    const waiting = [get("d"), message(() => run(env.LOADER.load(code)))];
    Promise.race(waiting).then(() => { isOver = true; });
    answers.push(await get("a"), isOver);
    open();
    await Promise.all(busy);
    return lines(...answers, ...await Promise.all(waiting));
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
[("no error, but ran 20971520\n" x 4 . "false\n"
  . "no error, but ran 20971520\n" x 2) x 2]
--- no_error_log
[alert]



=== TEST 39: abortIsolate() ends a dynamic worker and all that runs in it; a new one is loaded
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, message, module } from "./help.js";
const text = `
  import { WorkerEntrypoint, abortIsolate } from "cloudflare:workers";
  let n = 0;
  export default class extends WorkerEntrypoint {
    fetch({ url }) { return new Response("visit " + ++n); }
    wait() { return new Promise(() => { setTimeout(() => {}, 1e6); }); }
    async abort(...reason) {
      await null;
      try {
        abortIsolate(...reason);
      } catch {} finally {
        console.error("it went on");
      }
      for (;;) {}
    }
  }`;
export default {
  async fetch(request, env) {
    let calls = 0;
    const get = () => env.LOADER.get("x", () => (calls++, module(text))).getEntrypoint();
    const e = get();
    const visit = async (e) => (await e.fetch("http://x/")).text();
    return lines(await visit(e), await visit(e),
      ...await Promise.all([
        message(() => e.wait()), message(() => get().wait()),
        message(() => e.abort("bad\0 state")),
      ]),
      await visit(e), await visit(get()),
      await message(() => e.abort()), await visit(get()),
      calls,
      await message(() => env.LOADER.load(module(
        'import { abortIsolate } from "cloudflare:workers"; abortIsolate("at the top");',
      )).getEntrypoint().fetch("http://x/")));
  },
};
--- request
GET /t
--- response_body
visit 1
visit 2
Error: abortIsolate() was called: bad  state
Error: abortIsolate() was called: bad  state
Error: abortIsolate() was called: bad  state
visit 1
visit 2
Error: abortIsolate() was called.
visit 1
3
Error: abortIsolate() was called: at the top
--- error_log eval
qr/\[error\] .*worker "x" failed at main\.js:\d+:\d+: abortIsolate\(\) was called: bad  state/
--- no_error_log
it went on
[alert]



=== TEST 40: abortIsolate() ends a host worker, too
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { abortIsolate } from "cloudflare:workers";
let n = 0;
export default {
  fetch({ url }) {
    if (url.endsWith("?abort")) abortIsolate("enough");
    return new Response(`visit ${++n}\n`);
  },
};
--- request eval
["GET /t?abort", "GET /t", "GET /t", "GET /t?abort", "GET /t"]
--- error_code eval
[500, 200, 200, 500, 200]
--- response_body_like eval
["500 Internal", "visit 1", "visit 2", "500 Internal", "visit 1"]
--- error_log eval
qr/worker "\S*host\.js" failed at host\.js:5:33: abortIsolate\(\) was called: enough/
--- no_error_log
[alert]



=== TEST 41: env is what it was when the worker was loaded, the same object for all its requests, and import { env } too
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
export default {
  async fetch(request, env, ctx) {
    const given = { LIST: [1], NAME: "first" };
    const worker = env.LOADER.get("x", () => module(`
      import { env as global, exports, waitUntil, WorkerEntrypoint } from "cloudflare:workers";
      let last;
      const seen = [];
      export default class extends WorkerEntrypoint {
        async fetch() {
          waitUntil(Promise.resolve().then(() => seen.push("waited")));
          const same = last === undefined || last === this.env;
          last = this.env;
          return Response.json([same, global.LIST === this.env.LIST, this.ctx.exports.default === exports.default,
            this.env.LIST, this.env.NAME, this.env.NEW ?? null, seen.length]);
        }
      }`, { env: given }));
    const run = async () => (await worker.getEntrypoint().fetch("http://x/")).text();
    const first = await run();
    given.LIST.push(2);
    given.NAME = "second";
    given.NEW = 1;
    return lines(first, await run());
  },
};
--- request
GET /t
--- response_body
[true,true,true,[1],"first",null,0]
[true,true,true,[1],"first",null,1]
--- no_error_log
[error]



=== TEST 42: stubs in the props of getEntrypoint() work while the call lasts that they came with
--- config
    location /api/ { return 200 "$uri\n"; }
    location /t {
        dynworker_loader LOADER;
        dynworker_service API uri=/api;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { lines, message, module } from "./help.js";
export class Room extends WorkerEntrypoint {
  who() { return `room of ${this.ctx.props.who}`; }
  ask(stub) { return stub.who(); }
  fetch() { return new Response(this.who()); }
}
const inner = module(`
  export default { async fetch(request, env, ctx) {
    return new Response("inner: " + await ctx.props.room.who());
  } };`);
const code = module(`
  import { WorkerEntrypoint } from "cloudflare:workers";
  let kept;
  export default class extends WorkerEntrypoint {
    async fetch() {
      const { deep: [room], api, LOADER } = this.ctx.props;
      const worker = LOADER.load(${JSON.stringify(inner)});
      return new Response([
        await room.who(),
        await (await room.fetch("http://x/")).text(),
        await room.ask(room),
        (await (await api.fetch("http://x/path")).text()).trim(),
        await (await worker.getEntrypoint("", { props: { room } }).fetch("http://x/")).text(),
      ].join(", "));
    }
    // the other call comes while this one runs
    async both(gate) {
      const { room } = this.ctx.props;
      const before = await room.who();
      await gate();
      return before + ", " + await room.who();
    }
    keep() { kept = this.ctx.props.room; }
    who() { return kept.who(); }
    fetchKept() { return kept.fetch("http://x/").then((response) => response.text()); }
    background() {
      const { room } = this.ctx.props;
      this.ctx.waitUntil(room.who().then((who) => console.error("later: " + who)));
    }
  }`);
export default {
  async fetch(request, env, { exports }) {
    const worker = env.LOADER.load(code);
    const room = (who) => exports.Room({ props: { who } });
    const all = worker.getEntrypoint("", { props: {
      deep: [room("ada")], api: env.API, LOADER: env.LOADER } });
    const ada = worker.getEntrypoint("", { props: { room: room("ada") } });
    const bob = worker.getEntrypoint("", { props: { room: room("bob") } });
    const seen = [
      await (await all.fetch("http://x/")).text(),
      await (await all.fetch("http://x/")).text(),
      await ada.both(() => bob.both(() => {})),
    ];
    await bob.keep();
    seen.push(await message(() => ada.who()));
    seen.push(await message(() => ada.fetchKept()));
    await bob.background();
    return lines(...seen);
  },
};
--- request
GET /t
--- response_body
room of ada, room of ada, room of ada, /api/path, inner: room of ada
room of ada, room of ada, room of ada, /api/path, inner: room of ada
room of ada, room of ada
Error: Cannot perform I/O on behalf of a different request. This stub came in the props of another call, and ends with that.
Error: Cannot perform I/O on behalf of a different request. This stub came in the props of another call, and ends with that.
--- error_log
later: room of bob
--- no_error_log
[alert]



=== TEST 43: a worker holds 10000 stubs at a time, a dynamic one 1000, and others again when its request is over
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=60s wall=120s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines, module } from "./help.js";
const ran = module("export default { fetch: () => new Response('ran') };");
async function many(LOADER, max, code) {
  // what never gets its code takes no isolate
  for (let i = 1; i < max; i++) LOADER.get(`many${i}`, () => new Promise(() => {}));
  const last = LOADER.load(code);
  const beyond = LOADER.get("beyond", () => code);
  const answers = [];
  for (const worker of [beyond, last, beyond, LOADER.load(code)]) {
    try {
      answers.push(await (await worker.getEntrypoint().fetch("http://x/")).text());
    } catch (error) {
      answers.push(`${error.name}: ${error.message}`);
    }
  }
  return answers.join(", ");
}
export default {
  async fetch(request, env) {
    const { LOADER } = env;
    const dynamic = LOADER.get("dynamic", () => module(`
      ${many}
      export default { async fetch(request, { LOADER, ran }) {
        return new Response(await many(LOADER, 1000, ran));
      } };`, { env: { LOADER, ran } })).getEntrypoint();
    const inner = await (await dynamic.fetch("http://x/")).text();
    // one of the host's leads to the dynamic worker
    return lines(inner, await many(LOADER, 9999, ran));
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
my $full = 'Error: Too many stubs of loaded workers.';
[("$full, ran, $full, $full\n" x 2) x 2]
--- no_error_log
[alert]



=== TEST 44: what a host worker loads for a dynamic one does not wait for it
--- http_config
    dynworker_isolates max=1;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { lines, message, module } from "./help.js";
const ran = module("export default { fetch: () => new Response('ran') };");
export class Helper extends WorkerEntrypoint {
  async load() {
    const worker = this.env.LOADER.get("helped", () => ran).getEntrypoint();
    return (await worker.fetch("http://x/")).text();
  }
}
export default {
  async fetch(request, env, { exports }) {
    const worker = env.LOADER.load(module(`
      import { WorkerEntrypoint } from "cloudflare:workers";
      export default class extends WorkerEntrypoint {
        help() { return this.env.HELPER.load(); }
      }`, { env: { HELPER: exports.Helper() } })).getEntrypoint();
    return lines(await message(() => worker.help()), await message(() => exports.Helper().load()),
      await message(() => worker.help()));
  },
};
--- request
GET /t
--- response_body
Error: Too many dynamic workers.
no error, but ran
Error: Too many dynamic workers.
--- no_error_log
[alert]



=== TEST 45: a worker that made room and comes back has what its env had
--- http_config
    dynworker_isolates max=1;
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_service API uri=/api;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location /api/ { return 200 "api"; }
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { lines, module } from "./help.js";
export class Room extends WorkerEntrypoint {
  who() { return this.ctx.props.who; }
}
export default {
  async fetch(request, env, { exports }) {
    const code = (who) => module(`
      export default { async fetch(request, env) {
        return new Response(await env.ROOM.who() + await (await env.API.fetch(request)).text());
      } };`, { env: { API: env.API, ROOM: exports.Room({ props: { who } }) } });
    const workers = [env.LOADER.load(code("ada")), env.LOADER.get("bob", () => code("bob"))];
    const said = [];
    for (let i = 0; i < 3; i++) {
      for (const worker of workers) {
        said.push(await (await worker.getEntrypoint().fetch("http://x/y")).text());
      }
    }
    return lines(...said);
  },
};
--- request
GET /t
--- response_body eval
"adaapi\nbobapi\n" x 3
--- no_error_log
[error]



=== TEST 46: CommonJS: limits, the stack and the worker's end in modules that are required
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=10s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { lines } from "./help.js";
const chain = (length) => {
  const modules = { "shared.js": "" };
  for (let i = 0; i < length; i++) {
    modules[`e${i}.js`] = `import "./c${i}.cjs"; import "./shared.js";`;
    modules[`c${i}.cjs`] = { cjs: i + 1 < length ? `require("./e${i + 1}.js");` : "" };
  }
  return modules;
};
const all = {
  loop: { "a.cjs": { cjs: "for (;;) {}" } },
  caught: { "a.cjs": { cjs: `try { require("./e.js"); } catch {}` }, "e.js": `import "./f.js";`,
            "f.js": "for (;;) {}" },
  memory: { "a.cjs": { cjs: `require("./e.js");` },
            "e.js": "const a = []; for (;;) a.push(new Array(1e5).fill(1));" },
  aborts: { "a.cjs": { cjs: `require("./e.js");` },
            "e.js": `import { abortIsolate } from "cloudflare:workers"; abortIsolate("enough");` },
  short: { ...chain(20), "a.cjs": { cjs: `require("./e0.js"); module.exports = "done";` } },
  deep: { ...chain(2000),
          "a.cjs": { cjs: `try { require("./e0.js"); } catch (e) { module.exports = e.message; }` } },
  full: { ...chain(20), "a.cjs": { cjs: `let n = 0;
    function f() { n++; try { f(); } finally { try { require("./e" + n % 20 + ".js"); } catch {} } }
    try { f(); } catch (e) { module.exports = e.message; }` } },
};
const say = async (call) => {
  try { return await call(); } catch (error) { return error.message; }
};
export default {
  async fetch(request, env) {
    const out = [];
    for (const [name, modules] of Object.entries(all)) {
      for (const load of [`import a from "./a.cjs"; const load = () => a;`,
          `const load = async () => (await import("./a.cjs")).default;`]) {
        const worker = env.LOADER.load({
          mainModule: "main.js",
          modules: { ...modules, "main.js": `${load}
            export default { async fetch() { return new Response(await load()); } };` },
          limits: name === "loop" || name === "caught" ? { cpuMs: 50 } : {},
        });
        out.push(`${name}: ` + await say(
          async () => (await worker.getEntrypoint().fetch("http://x/")).text()));
      }
    }
    return lines(...out);
  },
};
--- request
GET /t
--- response_body
loop: Worker exceeded CPU time limit.
loop: Worker exceeded CPU time limit.
caught: Worker exceeded CPU time limit.
caught: Worker exceeded CPU time limit.
memory: Worker exceeded memory limit.
memory: Worker exceeded memory limit.
aborts: abortIsolate() was called: enough
aborts: abortIsolate() was called: enough
short: done
short: done
deep: Maximum call stack size exceeded
deep: Maximum call stack size exceeded
full: Maximum call stack size exceeded
full: Maximum call stack size exceeded
--- error_log
exceeded CPU time limit
--- no_error_log
[alert]
sandbox engine ended
