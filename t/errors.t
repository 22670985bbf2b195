# What a client gets when things go wrong, and what the operator reads.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

check_accum_error_log();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: an exception: 500, "exception", one line with worker, place and message
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
export default {
  fetch() {
    throw new RangeError("secret details");
  },
};
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: exception
Content-Type: text/html
--- response_body_unlike: secret|t\.js|Range
--- grep_error_log eval: qr/\[error\] [^,]*/
--- grep_error_log_out eval
qr{^\[error\] \d+#\d+: \*\d+ worker "/\S*/t\.js" failed at t\.js:3:11: RangeError: secret details\n$}



=== TEST 2: a rejected promise is the same
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
const later = async () => {
  await null;
  throw new TypeError("secret details");
};
export default { fetch: () => later() };
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: exception
--- response_body_unlike: secret
--- error_log eval
qr/\[error\] .*worker "\S*t\.js" failed at t\.js:3:9: TypeError: secret details, client: 127\.0\.0\.1, server: localhost, request: "GET \/t HTTP\/1\.1"/



=== TEST 3: the place is that of the module where it happened
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
import { go } from "./lib/deep.js";
export default { fetch: () => go() };
>>> lib/deep.js
// a line

export const go = () => undefined.property;
--- request
GET /t
--- error_code: 500
--- error_log eval
qr/failed at lib\/deep\.js:3:35: TypeError: Cannot read properties of undefined \(reading 'property'\)/



=== TEST 4: anything may be thrown
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
class Custom extends Error { name = "Custom"; }
const thrown = {
  string: "a string", number: 7, null: null, undefined: undefined, symbol: Symbol("s"),
  object: { a: 1 }, custom: new Custom("mine"),
  evil: { get message() { throw 1; }, toString() { throw 2; } },
  lines: new Error("one\ntwo\r\x1b[31m"), empty: new Error(""),
  long: new Error("x".repeat(100000)),
};
export default {
  fetch({ url }) { throw thrown[url.split("/").at(-1)]; },
};
--- request eval
[map { "GET /t/$_" } qw(string number null undefined symbol object custom evil lines empty long)]
--- error_code eval
[(500) x 11]
--- error_logs eval
[qr/failed: a string,/, qr/failed: 7,/, qr/failed: null,/, qr/failed: undefined,/,
 qr/failed: Symbol\(s\),/, qr/failed: \[object Object\],/, qr/failed .*: Custom: mine,/,
 qr/failed: an exception that has no text,/, qr/failed .*: one\\ntwo\\x0d\\x1b\[31m,/,
 qr/failed at t\.js:\d+:\d+: ,/, qr/failed .*: x{500,}/]



=== TEST 5: what is not a Response is an error
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
const values = {
  undefined: undefined, string: "text", object: { status: 200 }, error: Response.error(),
};
export default {
  fetch: ({ url }) => values[url.split("/").at(-1)],
};
--- request eval
[map { "GET /t/$_" } qw(undefined string object error)]
--- error_code eval
[(500) x 4]
--- response_headers eval
[("X-Error: exception") x 4]
--- error_logs eval
[(qr/the Promise did not resolve to 'Response'/) x 3, qr/must not be an error response/]



=== TEST 6: a Response whose body has been used is an error
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
export default {
  async fetch() {
    const response = new Response("once");
    await response.text();
    return response;
  },
};
--- request
GET /t
--- error_code: 500
--- response_headers
X-Error: exception
--- error_log eval
qr/failed.*: TypeError: .*(?:used|disturbed)/



=== TEST 7: without a fetch handler: 500
--- config
    location /none { dynworker_script $TEST_NGINX_HTML_DIR/none.js;
        add_header X-Error $dynworker_error always; }
    location /empty { dynworker_script $TEST_NGINX_HTML_DIR/empty.js;
        add_header X-Error $dynworker_error always; }
    location /class { dynworker_script $TEST_NGINX_HTML_DIR/class.js;
        add_header X-Error $dynworker_error always; }
--- user_files
>>> none.js
export const something = 1;
>>> empty.js
export default {};
>>> class.js
export default class { fetch() { return new Response("no entrypoint"); } }
--- request eval
["GET /none", "GET /empty", "GET /class"]
--- error_code eval
[500, 500, 500]
--- response_headers eval
[("X-Error: exception") x 3]
--- error_logs eval
[map { qr/worker "\S*$_\.js" failed: Handler does not export a fetch\(\) function\./ }
 qw(none empty class)]



=== TEST 8: a host worker that fails at start: 500, "load", and each request tries again
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
    location /ok { dynworker_script $TEST_NGINX_HTML_DIR/ok.js; }
--- user_files
>>> t.js
const table = null;
export const size = table.size;
export default { fetch: () => new Response("never") };
>>> ok.js
export default { fetch: () => new Response("ok\n") };
--- request eval
["GET /t", "GET /t", "GET /ok"]
--- error_code eval
[500, 500, 200]
--- response_headers eval
["X-Error: load", "X-Error: load", "! X-Error"]
--- response_body_unlike eval
["table", "table", "table"]
--- error_log eval
qr/worker "\S*t\.js" could not be loaded at t\.js:2:27: TypeError: Cannot read properties of null/



=== TEST 9: CPU time used up: 503, "cpu"; the neighbour answers, and so does the worker itself
--- config
    dynworker_limits cpu=50ms;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
        add_header X-Cpu $dynworker_cpu_time always;
    }
    location /hello { dynworker_script $TEST_NGINX_HTML_DIR/hello.js; }
--- user_files
>>> t.js
export default {
  fetch({ url }) {
    if (url.endsWith("spin")) for (;;) {}
    return new Response("well\n");
  },
};
>>> hello.js
export default { fetch: () => new Response("hello\n") };
--- request eval
["GET /t/spin", "GET /hello", "GET /t/well", "GET /t/spin", "GET /t/well"]
--- error_code eval
[503, 200, 200, 503, 200]
--- response_headers eval
["X-Error: cpu\n! Retry-After", "", "! X-Error", "X-Error: cpu", "! X-Error"]
--- raw_response_headers_like eval
["X-Cpu: (?!0.0[0-4])", "", "", "X-Cpu: (?!0.0[0-4])", ""]
--- error_log eval
qr/\[error\] .*worker "\S*t\.js" exceeded CPU time limit, "dynworker_limits cpu=50ms", client: 127\.0\.0\.1/



=== TEST 10: what spins cannot be caught by the worker
--- config
    dynworker_limits cpu=30ms;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
const spins = {
  catch() { for (;;) { try { for (;;) {} } catch {} finally { for (;;) {} } } },
  async promise() { for (;;) await null; },
  regexp() { /(a+)+$/.test("a".repeat(40) + "b"); },
  getter() { JSON.stringify({ get a() { for (;;) {} } }); },
  sort() { [3, 2, 1].sort(() => { for (;;) {} }); },
  timer() { return new Promise(() => { setTimeout(() => { for (;;) {} }, 1); }); },
  stream() { return new Response(new ReadableStream({ pull() { for (;;) {} } },
    { highWaterMark: 0 })); },
};
export default { fetch: ({ url }) => spins[url.split("/").at(-1)]() };
--- request eval
[map { "GET /t/$_" } qw(catch promise regexp getter sort timer)]
--- error_code eval
[(503) x 6]
--- response_headers eval
[("X-Error: cpu") x 6]
--- error_log
exceeded CPU time limit



=== TEST 11: time that a worker waits is not CPU time
--- config
    dynworker_limits cpu=100ms;
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch() {
    for (let i = 0; i < 5; i++) await scheduler.wait(40);
    return new Response("waited\n");
  },
};
--- request
GET /t
--- response_body
waited
--- no_error_log
[error]



=== TEST 12: CPU time is counted over all events of a request
--- config
    dynworker_limits cpu=60ms wall=20s;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
let sum = 0;
export default {
  async fetch() {
    for (let turn = 0; turn < 2000; turn++) {
      for (let i = 0; i < 1e6; i++) sum += i % 7;
      await scheduler.wait(1);
    }
    return new Response(`${sum}\n`);
  },
};
--- request
GET /t
--- error_code: 503
--- response_headers
X-Error: cpu
--- error_log
exceeded CPU time limit, "dynworker_limits cpu=60ms"



=== TEST 13: a module that spins while it is loaded is stopped
--- config
    dynworker_limits cpu=50ms;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
for (;;) {}
export default {};
--- request
GET /t
--- error_code: 503
--- response_headers
X-Error: cpu
--- error_log
exceeded CPU time limit, "dynworker_limits cpu=50ms"



=== TEST 14: wall time used up: 503, "wall"
--- config
    dynworker_limits wall=2s;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
export default {
  fetch: ({ url }) => url.endsWith("well") ? new Response("well\n")
    : new Promise(() => { setInterval(() => {}, 10); }),
};
--- request eval
["GET /t/never", "GET /t/well"]
--- error_code eval
[503, 200]
--- response_headers eval
["X-Error: wall\n! Retry-After", "! X-Error"]
--- error_log eval
qr/\[error\] .*worker "\S*t\.js" exceeded wall time limit, "dynworker_limits wall=2000ms", client: 127\.0\.0\.1/



=== TEST 15: a promise that nothing can settle any more is found out or runs into the wall limit
--- config
    dynworker_limits wall=200ms;
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default { fetch: () => new Promise(() => {}) };
--- request
GET /t
--- error_code_like: ^50[03]$
--- error_log eval
qr/worker "\S*t\.js" (?:exceeded wall time limit|failed)/



=== TEST 16: memory used up: 503, "memory", and the next request has a new isolate
--- config
    dynworker_limits memory=32m cpu=30s;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
let n = 0;
export default {
  fetch({ url }) {
    if (url.endsWith("well")) return new Response(`${++n}\n`);
    const all = [];
    for (;;) all.push({ text: "x".repeat(10) + all.length });
  },
};
--- request eval
["GET /t/well", "GET /t/grow", "GET /t/well"]
--- error_code eval
[200, 503, 200]
--- response_headers eval
["! X-Error", "X-Error: memory", "! X-Error"]
--- response_body_like eval
["^1\n", "503 Service", "^1\n"]
--- error_logs eval
[undef,
 qr/\[error\] .*worker "\S*t\.js" exceeded memory limit, "dynworker_limits memory=32m", client: 127\.0\.0\.1/,
 undef]



=== TEST 17: ArrayBuffers count as memory, and an allocation over the limit throws first
--- config
    dynworker_limits memory=32m cpu=10s;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
export default {
  fetch() {
    const all = [];
    try {
      for (let i = 0; i < 1000; i++) all.push(new Uint8Array(1024 * 1024));
    } catch (error) {
      return new Response(`${error.name} ${all.length >= 8 && all.length <= 32}\n`);
    }
    return new Response(`got ${all.length} MB\n`);
  },
};
--- request
GET /t
--- response_body
RangeError true
--- no_error_log
[alert]



=== TEST 18: one worker that uses up its memory leaves its neighbours alone
--- config
    location /t {
        dynworker_limits memory=32m cpu=30s;
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
const module = (text) => ({ mainModule: "m.js", modules: { "m.js": text } });
export default {
  async fetch(request, env) {
    const quiet = env.LOADER.get("quiet", () => module(`
      let n = 0;
      export default { fetch: () => new Response(String(++n)) };`)).getEntrypoint();
    const greedy = env.LOADER.get("greedy", () => module(`
      export default { fetch() { const a = []; for (;;) a.push(new Array(100).fill(a.length)); } };`))
      .getEntrypoint();
    const lines = [await (await quiet.fetch(request)).text()];
    lines.push(await greedy.fetch(request).then(() => "answered", String));
    lines.push(await (await quiet.fetch(request)).text());
    return new Response(lines.join("\n") + "\n");
  },
};
--- request
GET /t
--- response_body
1
Error: Worker exceeded memory limit.
2
--- error_log
worker "greedy" exceeded memory limit, "dynworker_limits memory=32m"



=== TEST 19: more requests than queue=: 503, "overload", Retry-After
--- http_config
    dynworker_outbound self {
        allow http://self:$TEST_NGINX_SERVER_PORT;
        private_addresses on;
        pass /_out;
    }
--- config
    location = /_out {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT$dynworker_outbound_uri;
    }
    location = /many {
        dynworker_global_outbound self;
        dynworker_script $TEST_NGINX_HTML_DIR/many.js;
    }
    location /slow {
        dynworker_limits queue=3;
        dynworker_global_outbound self;
        dynworker_script $TEST_NGINX_HTML_DIR/slow.js;
        add_header X-Error $dynworker_error always;
    }
    location /gate { dynworker_script $TEST_NGINX_HTML_DIR/gate.js; }
--- user_files
>>> many.js
const origin = "http://self:$TEST_NGINX_SERVER_PORT";
export default {
  async fetch() {
    const waiting = Array.from({ length: 3 }, () => fetch(origin + "/slow"));
    const refused = [];
    for (;;) {
      // the fourth is refused once the three are there
      const response = await fetch(origin + "/slow/probe");
      if (response.status === 503) {
        refused.push(response.headers.get("X-Error"), response.headers.get("Retry-After"));
        break;
      }
    }
    await fetch(origin + "/gate/open");
    const answered = await Promise.all(waiting.map(async (p) => (await p).status));
    const after = await fetch(origin + "/slow/probe");
    return new Response([...answered, ...refused, after.status].join(" ") + "\n");
  },
};
>>> slow.js
const gate = "http://self:$TEST_NGINX_SERVER_PORT/gate";
export default {
  async fetch({ url }) {
    while (!url.endsWith("probe") && await (await fetch(gate)).text() !== "open") {
      await scheduler.wait(50);
    }
    return new Response("ok");
  },
};
>>> gate.js
let state = "closed";
export default {
  fetch({ url }) {
    if (url.endsWith("/open")) state = "open";
    return new Response(state);
  },
};
--- request
GET /many
--- response_body
200 200 200 overload 1 200
--- error_log
has too many requests in its queue, "dynworker_limits queue=3"
--- no_error_log
[alert]



=== TEST 20: a body that fails after the headers: the connection is aborted
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
    location /see {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/t;
        proxy_http_version 1.1;
    }
--- user_files
>>> t.js
export default {
  fetch() {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await scheduler.wait(1);
        if (n++ === 3) throw new RangeError("out of rows");
        controller.enqueue(new TextEncoder().encode(`row ${n}\n`));
      },
    }));
  },
};
--- request
GET /see
--- ignore_response
--- error_log eval
[qr/\[error\] .*worker "\S*t\.js" failed at t\.js:7:30: RangeError: out of rows/,
 qr/(?:prematurely closed connection|reset by peer\)) while reading /]
--- no_error_log
[alert]



=== TEST 21: ... also that of a loaded worker, which its host has passed on: the log and $dynworker_error say why
--- http_config
    log_format error "$uri: $dynworker_error";
--- config
    access_log logs/access.log error;
    location /w {
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
        dynworker_loader LOADER;
        dynworker_limits wall=1s;
    }
    location /see {
        access_log off;
        rewrite ^/see(.*) $1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT;
        proxy_http_version 1.1;
    }
--- user_files
>>> host.js
const part = (rest) => `
  export default {
    fetch: () => new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("part"));
        await scheduler.wait(1);
        ${rest}
      },
    })),
  };`;
const rests = {
  "/w/throw": `throw new RangeError("out of rows");`,
  "/w/spin": "for (;;) ;",
  "/w/wait": "await scheduler.wait(1e6);",
};
export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return env.LOADER.get(pathname, () => ({
      mainModule: "main.js",
      modules: { "main.js": part(rests[pathname]) },
    })).getEntrypoint().fetch(request);
  },
};
--- request eval
["GET /see/w/throw", "GET /see/w/spin", "GET /see/w/wait"]
--- ignore_response
--- access_logs eval
["/w/throw: exception", "/w/spin: cpu", "/w/wait: wall"]
--- error_logs eval
[qr/\[error\] .*worker "\/w\/throw" failed at main\.js:7:15: RangeError: out of rows/,
 qr/\[error\] .*worker "\/w\/spin" exceeded CPU time limit/,
 qr/\[error\] .*worker "\/w\/wait" exceeded wall time limit, "dynworker_limits wall=1000ms"/]
--- no_error_log
[alert]
ctx.waitUntil()



=== TEST 22: error_page catches what a worker's failure gives
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        error_page 500 = @fallback;
    }
    location @fallback { return 200 "fallback for $uri\n"; }
--- user_files
>>> t.js
export default { fetch() { throw new Error("no"); } };
--- request
GET /t
--- response_body
fallback for /t
--- error_log
failed at t.js:1:34: no



=== TEST 23: a response with a status over 500 of the worker's own is no error
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Error $dynworker_error always;
    }
--- user_files
>>> t.js
export default { fetch: () => new Response("my own\n", { status: 503 }) };
--- request
GET /t
--- error_code: 503
--- response_headers
! X-Error
--- response_body
my own
--- no_error_log
[error]



=== TEST 24: an unhandled rejection is logged, and the response stands
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch() {
    Promise.reject(new RangeError("nobody looks"));
    await scheduler.wait(1);
    return new Response("fine\n");
  },
};
--- request
GET /t
--- response_body
fine
--- error_log eval
qr/worker "\S*t\.js": Uncaught \(in promise\) RangeError: nobody looks/



=== TEST 25: secrets are in no line of the log
--- config
    location /t {
        dynworker_secret KEY file=$TEST_NGINX_HTML_DIR/key.txt;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> key.txt
the-secret-value
>>> t.js
export default {
  fetch(request, env) {
    console.error(Object.keys(env));
    throw new Error(`no ${typeof env.KEY}`);
  },
};
--- request
GET /t
--- error_code: 500
--- error_log
failed at t.js:4:11: no string
--- no_error_log
the-secret-value
[alert]



=== TEST 26: deep recursion is an exception like any other
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
const deep = (n) => 1 + deep(n + 1);
export default {
  fetch({ url }) {
    if (url.endsWith("catch")) {
      try { deep(0); } catch (error) { return new Response(`${error.name}\n`); }
    }
    return new Response(deep(0));
  },
};
--- request eval
["GET /t/throw", "GET /t/catch"]
--- error_code eval
[500, 200]
--- response_body_like eval
["500 Internal", "^RangeError\n"]
--- error_log
RangeError: Maximum call stack size exceeded



=== TEST 27: response headers that HTTP cannot carry are an exception, not bytes to the client
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
const bad = [["X-A", "a\r\nX-Evil: 1"], ["X-A", "a\nb"], ["X-A", "a\0b"], ["X A", "1"],
  ["", "1"], ["X-\u00e9", "1"], ["X-A", "\u4e16"]];
export default {
  fetch() {
    const names = bad.map(([name, value]) => {
      try {
        new Headers().append(name, value);
        return "taken";
      } catch (error) {
        return error.name;
      }
    });
    return new Response([...new Set(names)].join() + "\n");
  },
};
--- request
GET /t
--- response_body
TypeError
--- no_error_log
[error]
