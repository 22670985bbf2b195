# dynworker_load: dynamic workers without a host worker.  Their code is what an
# internal URI answers, fetched when an id is cold.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

check_accum_error_log();
no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a JavaScript file is a worker's main module
--- config
    location ~ ^/worker/(?<name>\w+) {
        dynworker_load id=$name code=/code/$name.js;
    }
    location /code/ { internal; default_type text/javascript; alias $TEST_NGINX_HTML_DIR/; }
--- user_files
>>> hello.js
export default {
  fetch: ({ method, url }) => new Response(`Hello, ${method} ${url}\n`),
};
--- request
DELETE /worker/hello?x=1
--- response_body
Hello, DELETE http://localhost/worker/hello?x=1
--- no_error_log
[error]



=== TEST 2: application/json is a WorkerCode object, modules, env and limits included
--- config
    location /t { dynworker_load id=json code=/code.json; }
    location = /code.json {
        internal;
        root $TEST_NGINX_HTML_DIR;
        types { application/json json; }
    }
--- user_files
>>> code.json
{
  "compatibilityDate": "2026-01-01",
  "mainModule": "main.js",
  "modules": {
    "main.js": "import { greet } from './lib/greet.js';\nimport data from './data.json';\nimport text from './text.txt';\nimport bytes from './bytes.bin';\nexport default { fetch(request, env) { return new Response(greet(env.NAME) + data.n + text + new Uint8Array(bytes).join() + env.LIST.length + '\\n'); } };",
    "lib/greet.js": { "js": "export const greet = (name) => `Greetings, ${name}`;" },
    "data.json": { "json": { "n": 7 } },
    "text.txt": { "text": "text" },
    "bytes.bin": { "data": "AQID" }
  },
  "env": { "NAME": "JSON", "LIST": [1, 2] },
  "limits": { "cpuMs": 50, "subRequests": 5 },
  "globalOutbound": null
}
--- request
GET /t
--- response_body
Greetings, JSON7text1,2,32
--- no_error_log
[error]



=== TEST 3: a worker stays warm: its code is fetched once, its module state lives on
--- http_config
    log_format code "code fetched: $uri";
--- config
    location /t { dynworker_load id=$arg_id code=/code.js; }
    location = /code.js {
        internal;
        default_type text/javascript;
        root $TEST_NGINX_HTML_DIR;
        log_subrequest on;
        access_log logs/access.log code;
    }
--- user_files
>>> code.js
let n = 0;
export default { fetch: () => new Response(`${++n}\n`) };
--- request eval
["GET /t?id=a", "GET /t?id=a", "GET /t?id=a"]
--- response_body eval
["1\n", "2\n", "3\n"]
--- no_error_log
[error]



=== TEST 4: ids are separate isolates
--- config
    location /t { dynworker_load id=$arg_id code=/code.js; }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
let n = 0;
globalThis.mark = 0;
export default {
  fetch() {
    Object.prototype.polluted ??= 0;
    return new Response(`${++n} ${++mark} ${++Object.prototype.polluted}\n`);
  },
};
--- request eval
["GET /t?id=a", "GET /t?id=a", "GET /t?id=b", "GET /t?id=A", "GET /t?id=a"]
--- response_body eval
["1 1 1\n", "2 2 2\n", "1 1 1\n", "1 1 1\n", "3 3 3\n"]
--- no_error_log
[error]



=== TEST 5: the same id in another location is another worker
--- config
    location /a { dynworker_load id=same code=/code.js; }
    location /b { dynworker_load id=same code=/code.js; }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
let n = 0;
export default { fetch: () => new Response(`${++n}\n`) };
--- request eval
["GET /a", "GET /a", "GET /b"]
--- response_body eval
["1\n", "2\n", "1\n"]
--- no_error_log
[error]



=== TEST 6: the code may come from an upstream
--- config
    location /t { dynworker_load id=t code=/code?name=remote; }
    location = /code {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/registry/$arg_name;
    }
    location /registry/ {
        default_type "application/javascript; charset=utf-8";
        return 200 'export default { fetch: () => new Response("from $uri\\n") };';
    }
--- request
GET /t
--- response_body
from /registry/remote
--- no_error_log
[error]



=== TEST 7: the code may come from a host worker, which knows the id
--- config
    location ~ ^/t/(?<id>.*) { dynworker_load id=$id code=/code/$id; }
    location /code/ { internal; dynworker_script $TEST_NGINX_HTML_DIR/registry.js; }
--- user_files
>>> registry.js
let asked = 0;
export default {
  fetch({ url }) {
    asked++;
    return Response.json({
      mainModule: "m.js",
      modules: { "m.js":
        "export default { fetch: (r, env) => new Response(env.ASKED + ' ' + env.URL) };" },
      env: { ASKED: asked, URL: url },
    });
  },
};
--- request eval
["GET /t/one", "GET /t/one", "GET /t/two"]
--- response_body_like eval
["^1 http://localhost/code/one\$", "^1 http://localhost/code/one\$",
 "^2 http://localhost/code/two\$"]
--- no_error_log
[error]



=== TEST 8: concurrent requests for a cold id have its code fetched once
--- http_config
    dynworker_outbound self {
        allow http://self:$TEST_NGINX_SERVER_PORT;
        private_addresses on;
        pass /_out;
    }
--- config
    location /t {
        dynworker_global_outbound self;
        dynworker_script $TEST_NGINX_HTML_DIR/many.js;
    }
    location /_out {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT$dynworker_outbound_uri;
    }
    location /dynamic {
        dynworker_load id=$arg_id code=/code;
        add_header X-Cold $dynworker_cold always;
    }
    location = /code { internal; dynworker_script $TEST_NGINX_HTML_DIR/slow.js; }
    location = /count { dynworker_script $TEST_NGINX_HTML_DIR/slow.js; }
--- user_files
>>> many.js
const origin = "http://self:$TEST_NGINX_SERVER_PORT";
export default {
  async fetch() {
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => fetch(origin + "/dynamic?id=x")));
    const bodies = await Promise.all(responses.map((r) => r.text()));
    const cold = responses.filter((r) => r.headers.get("X-Cold") === "1").length;
    return new Response(bodies.sort((a, b) => a - b).join(" ") + ` cold ${cold}\n`);
  },
};
>>> slow.js
let asked = 0;
export default {
  async fetch() {
    asked++;
    await scheduler.wait(50);
    return Response.json({
      mainModule: "m.js",
      modules: { "m.js":
        "let n = 0; export default { fetch: (r, env) => new Response(env.ASKED + '' + n++) };" },
      env: { ASKED: asked },
    });
  },
};
--- request
GET /t
--- response_body
10 11 12 13 14 15 16 17 18 19 110 111 112 113 114 115 116 117 118 119 cold 1
--- no_error_log
[error]



=== TEST 9: other statuses of the code's location are the client's
--- config
    location /t { dynworker_load id=$arg_s code=/code/$arg_s; }
    location = /code/403 { internal; return 403; }
    location = /code/404 { internal; root $TEST_NGINX_HTML_DIR/none; }
    location = /code/410 { internal; default_type text/javascript; return 410 "export default {}"; }
    location = /code/503 { internal; return 503; }
    location = /code/502 { internal; proxy_pass http://127.0.0.1:1; }
--- request eval
[map { "GET /t?s=$_" } 403, 404, 410, 503, 502]
--- error_code eval
[403, 404, 410, 503, 502]
--- response_body_like eval
[map { "<h1>$_ " } 403, 404, 410, 503, 502]
--- no_error_log
could not be loaded
[alert]



=== TEST 10: an id whose code was not there is asked for again
--- config
    location /t { dynworker_load id=$arg_id code=/code; }
    location = /code { internal; dynworker_script $TEST_NGINX_HTML_DIR/flaky.js; }
--- user_files
>>> flaky.js
let n = 0;
export default {
  fetch() {
    if (++n < 3) return new Response("not yet", { status: 404 });
    return new Response("export default { fetch: () => new Response('loaded\\n') };",
      { headers: { "Content-Type": "text/javascript" } });
  },
};
--- request eval
["GET /t?id=x", "GET /t?id=x", "GET /t?id=x", "GET /t?id=x"]
--- error_code eval
[404, 404, 200, 200]
--- response_body_like eval
["404", "404", "^loaded\n\$", "^loaded\n\$"]
--- no_error_log
[error]



=== TEST 11: error_page works for what the code's location answers
--- config
    location /t {
        error_page 404 = /none;
        dynworker_load id=x code=/nowhere;
    }
    location = /nowhere { internal; return 404; }
    location = /none { return 200 "no such worker\n"; }
--- request
GET /t
--- response_body
no such worker
--- no_error_log
[error]



=== TEST 12: code of another content type is refused
--- config
    location /t {
        dynworker_load id=x code=/code;
        add_header X-Error $dynworker_error always;
    }
    location = /code {
        internal;
        default_type text/html;
        return 200 "<script>export default {}</script>";
    }
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: load
--- response_body_like: 500 Internal Server Error
--- error_log
worker "x" could not be loaded: its code has type "text/html", expected "text/javascript" or "application/json"
--- no_error_log
[alert]



=== TEST 13: bad JSON is a load error, which names the worker
--- config
    location /t {
        dynworker_load id=broken code=/code.json;
        add_header X-Error $dynworker_error always;
    }
    location = /code.json {
        internal;
        root $TEST_NGINX_HTML_DIR;
        types { application/json json; }
    }
--- user_files
>>> code.json
{ "mainModule": "main.js", "modules": { "main.js": "export default {}", } }
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: load
--- response_body_like: 500 Internal Server Error
--- error_log eval
qr/\[error\] .*worker "broken" could not be loaded.*: Worker code is not valid JSON: .*client: 127\.0\.0\.1/



=== TEST 14: each bad field of WorkerCode is named
--- config
    location /t { dynworker_load id=$arg_n code=/code?n=$arg_n; }
    location = /code { internal; dynworker_script $TEST_NGINX_HTML_DIR/bad.js; }
--- user_files
>>> bad.js
const modules = { "m.js": "export default { fetch() {} };" };
const bad = [
  {},
  { mainModule: "m.js" },
  { mainModule: "m.js", modules: {} },
  { mainModule: "other.js", modules },
  { mainModule: 7, modules },
  { mainModule: "m.js", modules: { "m.js": 7 } },
  { mainModule: "m.js", modules: { ...modules, "a.ts": "x" } },
  { mainModule: "m.js", modules: { ...modules, "a.py": "x" } },
  { mainModule: "m.js", modules, env: "x" },
  { mainModule: "m.js", modules, limits: { cpuMs: -1 } },
  { mainModule: "m.js", modules, globalOutbound: "http://x" },
  { mainModule: "m.js", modules, compatibilityDate: "yesterday" },
  [],
];
export default {
  fetch: ({ url }) => Response.json(bad[new URL(url).searchParams.get("n")]),
};
--- request eval
[map { "GET /t?n=$_" } 0 .. 12]
--- error_code eval
[(500) x 13]
--- error_logs eval
[
qr/worker "0" could not be loaded.*'mainModule' must be a string, not undefined/,
qr/worker "1" could not be loaded.*'modules' must be an object of names and modules, not undefined/,
qr/worker "2" could not be loaded.*must contain at least one module/,
qr/worker "3" could not be loaded.*'mainModule' is "other\.js", but 'modules' has no such module/,
qr/worker "4" could not be loaded.*'mainModule' must be a string, not 7/,
qr/worker "5" could not be loaded.*module "m\.js" must be a string or an object/,
qr/worker "6" could not be loaded.*Got: a\.ts/,
qr/worker "7" could not be loaded.*Module "a\.py": Python modules are not supported/,
qr/worker "8" could not be loaded.*'env' must be an object, not "x"/,
qr/worker "9" could not be loaded.*'limits\.cpuMs' must be a positive integer, not -1/,
qr/worker "10" could not be loaded.*'globalOutbound' must be null or absent here, not "http:\/\/x"/,
qr/worker "11" could not be loaded.*'compatibilityDate' must be a date such as "2025-04-01", not "yesterday"/,
qr/worker "12" could not be loaded.*Worker code must be an object, not an array/,
]



=== TEST 15: a syntax error is a load error, with file, line and column
--- config
    location /t {
        dynworker_load id=syntax code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default {
  fetch() { return new Response("x") ]
};
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: load
--- response_body_like: 500 Internal Server Error
--- error_log eval
qr/\[error\] .*worker "syntax" could not be loaded at index\.js:2:38: SyntaxError: Unexpected token '\]'/



=== TEST 16: a missing import is a load error that says who asked for it
--- config
    location /t {
        dynworker_load id=import code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
import lodash from "lodash";
export default { fetch() {} };
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: load
--- error_log eval
qr/worker "import" could not be loaded.*No such module "lodash".*imported from "index\.js"/



=== TEST 17: an exception while the module runs is a load error
--- config
    location /t {
        dynworker_load id=throws code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
const config = undefined;
config.name;
export default { fetch() {} };
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[500, 500]
--- response_headers eval
["X-Error: load", "X-Error: load"]
--- error_log eval
qr/worker "throws" could not be loaded at index\.js:2:8: TypeError: Cannot read properties of undefined/



=== TEST 18: an empty id is refused
--- config
    location /t {
        dynworker_load id=$arg_id code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default { fetch: () => new Response("ran\n") };
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: load
--- error_log
the id of "dynworker_load" is empty



=== TEST 19: an id may hold any characters; a line of the log cannot be forged with it
--- config
    location ~ (?s)^/t/(?<id>.*)$ {
        dynworker_load id=$id code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default { fetch() { throw new Error("seen"); } };
--- request
GET /t/a%0A2026/11/23%20[info]%20forged%20%C3%A9%22
--- error_code: 500
--- response_headers
X-Error: exception
--- error_log eval
qr/\[error\] .*worker "a\?2026\/11\/23 \[info\] forged é"" failed at index\.js:1:34: seen/



=== TEST 20: $dynworker_id, _cold and _subrequests are known when headers are sent
--- config
    location /t {
        dynworker_load id=$arg_id code=/code.js;
        add_header X-Id $dynworker_id always;
        add_header X-Cold $dynworker_cold always;
        add_header X-Subrequests $dynworker_subrequests always;
        add_header X-Error $dynworker_error always;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default {
  fetch({ url }) {
    if (url.includes("throw")) throw new Error("asked to");
    return new Response("ok\n");
  },
};
--- request eval
["GET /t?id=one", "GET /t?id=one", "GET /t?id=two&throw", "GET /t?id=two&throw"]
--- error_code eval
[200, 200, 500, 500]
--- response_headers eval
["X-Id: one\nX-Cold: 1\nX-Subrequests: 0\n! X-Error",
 "X-Id: one\nX-Cold: 0\nX-Subrequests: 0\n! X-Error",
 "X-Id: two\nX-Cold: 1\nX-Error: exception",
 "X-Id: two\nX-Cold: 0\nX-Error: exception"]
--- no_error_log
[alert]



=== TEST 21: the variables are there for a log format
--- http_config
    log_format worker "id=$dynworker_id cold=$dynworker_cold "
        "cpu=$dynworker_cpu_time wall=$dynworker_wall_time "
        "sub=$dynworker_subrequests error=$dynworker_error;";
--- config
    access_log logs/access.log worker;
    location /t { dynworker_load id=$arg_id code=/code.js; }
    location /plain { return 204; }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default {
  async fetch({ url }) {
    let n = 0;
    for (let i = 0; i < 3e6; i++) n += i % 7;
    if (url.includes("throw")) throw new Error("asked to " + n);
    return new Response("ok\n");
  },
};
--- request eval
["GET /t?id=a", "GET /t?id=a&throw", "GET /plain"]
--- error_code eval
[200, 500, 204]
--- access_logs eval
[qr/id=a cold=1 cpu=0\.\d{3} wall=\d+\.\d{3} sub=0 error=-;/,
 qr/id=a cold=0 cpu=0\.\d{3} wall=\d+\.\d{3} sub=0 error=exception;/,
 qr/id=- cold=- cpu=- wall=- sub=- error=-;/]



=== TEST 22: bindings of the location are not the dynamic worker's: it has the env of its code
--- config
    dynworker_var NAME operator;
    dynworker_loader LOADER;
    location /t { dynworker_load id=x code=/code.js; }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default {
  fetch: (request, env) => new Response(JSON.stringify(Object.keys(env)) + "\n"),
};
--- request
GET /t
--- response_body
[]
--- no_error_log
[error]



=== TEST 23: dynworker_isolates max= evicts the id that was idle for longest
--- http_config
    dynworker_isolates max=2;
--- config
    location /t { dynworker_load id=$arg_id code=/code.js; }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
let n = 0;
export default { fetch: () => new Response(`${++n}\n`) };
--- request eval
["GET /t?id=a", "GET /t?id=b", "GET /t?id=a", "GET /t?id=c", "GET /t?id=a",
 "GET /t?id=b", "GET /t?id=c"]
--- response_body eval
["1\n", "1\n", "2\n", "1\n", "3\n", "1\n", "1\n"]
--- no_error_log
[error]



=== TEST 24: ids without code do not evict one that has it
--- http_config
    dynworker_isolates max=2;
--- config
    location /t { dynworker_load id=$arg_id code=/code/$arg_id; }
    location = /code/a { internal; default_type text/javascript; alias $TEST_NGINX_HTML_DIR/code.js; }
    location /code/ { internal; return 404; }
--- user_files
>>> code.js
let n = 0;
export default { fetch: () => new Response(`${++n}\n`) };
--- request eval
["GET /t?id=a", (map { "GET /t?id=none$_" } 1 .. 4), "GET /t?id=a"]
--- error_code eval
[200, (404) x 4, 200]
--- response_body_like eval
["^1\n\$", ("404 Not Found") x 4, "^2\n\$"]
--- no_error_log
[error]



=== TEST 25: when all isolates are busy, another id is refused with 503 and Retry-After
--- http_config
    dynworker_isolates max=1;
    dynworker_outbound self {
        allow http://self:$TEST_NGINX_SERVER_PORT;
        private_addresses on;
        pass /_out;
    }
--- config
    location ~ (?s)^/t/(?<id>.*)$ {
        dynworker_global_outbound self;
        dynworker_load id=$id code=/code.js;
        add_header X-Error $dynworker_error always;
    }
    location = /_out {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT$dynworker_outbound_uri;
    }
    location = /code.js { internal; default_type text/javascript; root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> code.js
export default {
  async fetch({ url }) {
    if (!url.endsWith("/a")) return new Response("ran\n");
    const other = await fetch("http://self:$TEST_NGINX_SERVER_PORT/t/b%0Aforged");
    return new Response([
      other.status, other.headers.get("X-Error"), other.headers.has("Retry-After"),
    ].join(" ") + "\n");
  },
};
--- request
GET /t/a
--- response_body
503 overload true
--- error_log
no room for worker "b\nforged", "dynworker_isolates max=1 memory=2048m"
--- no_error_log
[alert]



=== TEST 26: an id in the code's URI does not lead out of its location
--- config
    location /t { dynworker_load id=$arg_id code=/code/$arg_id; }
    location /code/ {
        internal;
        alias $TEST_NGINX_HTML_DIR/code/;
        types { text/javascript js; }
    }
--- user_files
>>> other.js
export default { fetch: () => new Response("other\n") };
>>> code/a.js
export default { fetch: () => new Response("a\n") };
--- request eval
["GET /t?id=a.js", "GET /t?id=../other.js", "GET /t?id=x/../../other.js",
 "GET /t?id=%2e%2e%2fother.js", "GET /t?id=%61.js"]
--- error_code eval
[200, 500, 500, 500, 200]
--- response_body_like eval
["^a\n\$", ("500 Internal") x 3, "^a\n\$"]
--- error_logs eval
[undef, qr{unsafe URI "/code/../other.js"}, qr{unsafe URI "/code/x/../../other.js"},
 qr{unsafe URI "/code/%2e%2e%2fother.js"}, undef]
--- no_error_log
[alert]



=== TEST 27: limits in the code hold for its first request, too
--- http_config
    dynworker_outbound up { allow http://up.test; pass /_out; }
    upstream up.test { server 127.0.0.1:$TEST_NGINX_SERVER_PORT; }
--- config
    location /t {
        dynworker_load id=a code=/code;
        dynworker_global_outbound up;
    }
    location = /_out { internal; return 200 up; }
    location = /code { internal; dynworker_script $TEST_NGINX_HTML_DIR/code.js; }
--- user_files
>>> worker.txt
export default {
  async fetch() {
    let n = 0;
    try {
      for (; n < 5; n++) await fetch("http://up.test/");
    } catch ({ message }) {
      return new Response(`${n} ${message}\n`);
    }
    return new Response(`${n}\n`);
  },
};
>>> code.js
import worker from "./worker.txt";
export default { fetch: () => Response.json({
  mainModule: "worker.js",
  modules: { "worker.js": worker },
  limits: { subRequests: 2 },
}) };
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["2 Too many subrequests.\n", "2 Too many subrequests.\n"]



=== TEST 28: WebAssembly is held to the CPU limit too
--- config
    location /t { dynworker_load id=wasm code=/code.json; }
    location = /code.json {
        internal;
        root $TEST_NGINX_HTML_DIR;
        types { application/json json; }
    }
--- user_files
>>> code.json
{
  "mainModule": "main.js",
  "modules": {
    "main.js": "import spin from './spin.wasm'; export default { fetch() { new WebAssembly.Instance(spin).exports.spin(); } };",
    "spin.wasm": { "wasm": "AGFzbQEAAAABBAFgAAADAgEABwgBBHNwaW4AAAoJAQcAA0AMAAsL" }
  }
}
--- request
GET /t
--- error_code: 503
--- error_log
exceeded CPU time limit



=== TEST 29: code that is too large, or encoded, and an answer without code, are load errors that say so
--- config
    location /t {
        dynworker_load id=$arg_id code=/code?$arg_id;
        add_header X-Error $dynworker_error always;
    }
    location = /code { internal; dynworker_script $TEST_NGINX_HTML_DIR/code.js; }
--- user_files
>>> code.js
const type = "text/javascript";
const answers = {
  empty: () => new Response(null, { status: 204 }),
  gzip: () => new Response("export default {};",
    { headers: { "Content-Type": type, "Content-Encoding": "gzip" } }),
  large() {
    const piece = new Uint8Array(1 << 20).fill(0x20);
    let pieces = 0;
    return new Response(new ReadableStream({
      type: "bytes",
      pull(controller) {
        controller.enqueue(piece.slice());
        if (++pieces === 70) controller.close();
      },
    }), { headers: { "Content-Type": type } });
  },
};
export default { fetch: ({ url }) => answers[new URL(url).search.slice(1)]() };
--- request eval
["GET /t?id=empty", "GET /t?id=gzip", "GET /t?id=large"]
--- error_code eval
[500, 500, 500]
--- response_headers eval
["X-Error: load", "X-Error: load", "X-Error: load"]
--- error_logs eval
[qr/worker "empty" could not be loaded: its code has status 204, expected 200/,
 qr/worker "gzip" could not be loaded: its code has encoding "gzip", expected none/,
 qr/worker "large" could not be loaded: its code has more than \d+ bytes/]
--- no_error_log
[alert]
