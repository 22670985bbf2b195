# Host workers: "dynworker_script" and what configures one.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

$ENV{DW_TEST_SECRET} = 'from the environment';

# A line that a later request of a block brings is looked for after each of
# them; "pipelined_requests" has them all answered before.
check_accum_error_log();
no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a worker sees the client's method, URL and headers
--- config
    location /seen { dynworker_script $TEST_NGINX_HTML_DIR/seen.js; }
--- user_files
>>> seen.js
export default {
  fetch(request) {
    const { method, url, headers } = request;
    return new Response(
      `${method} ${url}\n` +
      `${headers.get("x-one")}|${headers.get("X-Two")}|${headers.has("x-none")}\n` +
      `${headers.get("host")}\n`);
  },
};
--- request
PUT /seen/a%20b/../%C3%A9?q=1&q=%2F
--- more_headers
Host: www.example.com:8081
X-One: one
x-two: a
X-Two: b
Content-Length: 0
--- response_body
PUT http://www.example.com:8081/seen/a%20b/../%C3%A9?q=1&q=%2F
one|a, b|false
www.example.com:8081
--- no_error_log
[error]



=== TEST 2: the URL is the one that the client asked for, not that of an internal redirect
--- config
    location /asked { rewrite ^ /inner?changed=1 last; }
    location /inner {
        internal;
        dynworker_script $TEST_NGINX_HTML_DIR/url.js;
    }
--- user_files
>>> url.js
export default { fetch: (request) => new Response(request.url + "\n") };
--- request
GET /asked?x=%7E
--- response_body
http://localhost/asked?x=%7E
--- no_error_log
[error]



=== TEST 3: CF-Connecting-IP and X-Real-IP are $remote_addr, whatever the client says
--- config
    location /ip { dynworker_script $TEST_NGINX_HTML_DIR/ip.js; }
--- user_files
>>> ip.js
export default {
  fetch({ headers }) {
    return new Response(["CF-Connecting-IP", "X-Real-IP", "X-Forwarded-For"]
      .map((name) => `${name}: ${headers.get(name)}\n`).join(""));
  },
};
--- request
GET /ip
--- more_headers
CF-Connecting-IP: 192.0.2.1
cf-connecting-ip: 192.0.2.2
X-Real-IP: 192.0.2.3
X-Forwarded-For: 192.0.2.4
--- response_body
CF-Connecting-IP: 127.0.0.1
X-Real-IP: 127.0.0.1
X-Forwarded-For: 192.0.2.4
--- no_error_log
[error]



=== TEST 4: CF-Connecting-IP and X-Real-IP follow real_ip
--- config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    location /ip { dynworker_script $TEST_NGINX_HTML_DIR/ip.js; }
--- user_files
>>> ip.js
export default {
  fetch({ headers }) {
    return new Response(["CF-Connecting-IP", "X-Real-IP"]
      .map((name) => `${name}: ${headers.get(name)}\n`).join(""));
  },
};
--- request
GET /ip
--- more_headers
X-Forwarded-For: 198.51.100.7
--- response_body
CF-Connecting-IP: 198.51.100.7
X-Real-IP: 198.51.100.7
--- no_error_log
[error]



=== TEST 5: request.cf.httpProtocol is the version of HTTP that the client speaks
--- config
    location /cf { dynworker_script $TEST_NGINX_HTML_DIR/cf.js; }
--- user_files
>>> cf.js
export default { fetch: ({ cf }) => Response.json(cf) };
--- request eval
["GET /cf HTTP/1.1", "GET /cf HTTP/1.0"]
--- response_body eval
['{"httpProtocol":"HTTP/1.1"}', '{"httpProtocol":"HTTP/1.0"}']
--- no_error_log
[error]



=== TEST 6: status, status text and headers are the worker's
--- config
    location /answer { dynworker_script $TEST_NGINX_HTML_DIR/answer.js; }
--- user_files
>>> answer.js
export default {
  fetch() {
    return new Response("short and stout\n", {
      status: 418,
      statusText: "I'm a Teapot",
      headers: { "Content-Type": "text/x-tea; charset=utf-8", "X-Pot": "blue",
                 "Server": "tea", "Cache-Control": "no-store" },
    });
  },
};
--- request
GET /answer
--- raw_response_headers_like: ^HTTP/1\.1 418 I'm a Teapot\r
--- response_headers
Content-Type: text/x-tea; charset=utf-8
X-Pot: blue
Server: tea
Cache-Control: no-store
Content-Length: 16
--- error_code: 418
--- response_body
short and stout
--- no_error_log
[error]



=== TEST 7: a status without a text has nginx's
--- config
    location /answer { dynworker_script $TEST_NGINX_HTML_DIR/answer.js; }
--- user_files
>>> answer.js
export default { fetch: () => new Response("gone\n", { status: 410 }) };
--- request
GET /answer
--- raw_response_headers_like: ^HTTP/1\.1 410 Gone\r
--- error_code: 410
--- response_body
gone
--- no_error_log
[error]



=== TEST 8: several Set-Cookie headers stay apart
--- config
    location /cookies { dynworker_script $TEST_NGINX_HTML_DIR/cookies.js; }
--- user_files
>>> cookies.js
export default {
  fetch() {
    const headers = new Headers({ "X-List": "1" });
    headers.append("X-List", "2");
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    return new Response("ok\n", { headers });
  },
};
--- request
GET /cookies
--- raw_response_headers_like chop
Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r
--- response_body
ok
--- no_error_log
[error]



=== TEST 9: headers that belong to the connection are nginx's own
--- config
    location /hop { dynworker_script $TEST_NGINX_HTML_DIR/hop.js; }
--- user_files
>>> hop.js
export default {
  fetch: () => new Response("ok\n", {
    headers: { "Transfer-Encoding": "chunked", "Connection": "upgrade",
               "Keep-Alive": "timeout=1", "Content-Length": "999" },
  }),
};
--- request
GET /hop
--- response_headers
! Transfer-Encoding
! Keep-Alive
Connection: close
Content-Length: 3
--- response_body
ok
--- no_error_log
[error]



=== TEST 10: a body whose length is known has a Content-Length
--- config
    location /known { dynworker_script $TEST_NGINX_HTML_DIR/known.js; }
--- user_files
>>> known.js
const bodies = {
  text: () => "h\u00e9llo\n",
  bytes: () => new Uint8Array([104, 105, 10]),
  buffer: () => new Uint8Array([104, 105, 10]).buffer,
  params: () => new URLSearchParams({ a: "1", b: "2 3" }),
  none: () => null,
};
export default {
  fetch: ({ url }) => new Response(bodies[new URL(url).pathname.split("/")[2]]()),
};
--- request eval
["GET /known/text", "GET /known/bytes", "GET /known/buffer",
 "GET /known/params", "GET /known/none"]
--- response_headers eval
["Content-Length: 7\n! Transfer-Encoding\nContent-Type: text/plain;charset=UTF-8",
 "Content-Length: 3\n! Transfer-Encoding", "Content-Length: 3\n! Transfer-Encoding",
 "Content-Length: 9\n! Transfer-Encoding",
 "Content-Length: 0\n! Transfer-Encoding"]
--- response_body eval
["h\xc3\xa9llo\n", "hi\n", "hi\n", "a=1&b=2+3", ""]
--- no_error_log
[error]



=== TEST 11: a response without a Content-Type gets none from nginx
--- config
    default_type text/html;
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default { fetch: () => new Response(new Uint8Array([65, 10])) };
--- request
GET /t
--- response_headers
! Content-Type
--- response_body
A
--- no_error_log
[error]



=== TEST 12: a stream is sent in chunks, as it comes
--- config
    location /stream { dynworker_script $TEST_NGINX_HTML_DIR/stream.js; }
--- user_files
>>> stream.js
export default {
  fetch() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    (async () => {
      for (const word of ["one\n", "two\n", "three\n"]) {
        await writer.write(encoder.encode(word));
      }
      await writer.close();
    })();
    return new Response(readable);
  },
};
--- request
GET /stream
--- response_headers
Transfer-Encoding: chunked
! Content-Length
--- response_body
one
two
three
--- no_error_log
[error]



=== TEST 13: HEAD has the headers of GET and no body
--- config
    location /head { dynworker_script $TEST_NGINX_HTML_DIR/head.js; }
--- user_files
>>> head.js
export default {
  fetch: ({ method }) => new Response("12345\n", { headers: { "X-Method": method } }),
};
--- request
HEAD /head
--- response_headers
X-Method: HEAD
Content-Length: 6
--- response_body:
--- no_error_log
[error]



=== TEST 14: a worker that answers HEAD itself says the length in a header
--- config
    location /head { dynworker_script $TEST_NGINX_HTML_DIR/head.js; }
--- user_files
>>> head.js
export default {
  fetch: () => new Response(null, { headers: { "Content-Length": "12345" } }),
};
--- request
HEAD /head
--- response_headers
Content-Length: 12345
--- response_body:
--- no_error_log
[error]



=== TEST 15: 204 has no body and no length, and the connection goes on
--- config
    location /status { dynworker_script $TEST_NGINX_HTML_DIR/status.js; }
--- user_files
>>> status.js
export default {
  fetch({ url }) {
    const status = Number(new URL(url).pathname.split("/")[2]);
    return new Response(status === 200 ? "ok\n" : null,
      { status, headers: { ETag: '"x"' } });
  },
};
--- raw_request eval
"GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n" .
"GET /status/200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- error_code: 204
--- response_headers
! Content-Length
! Transfer-Encoding
ETag: "x"
--- response_body_like eval
qr{^HTTP/1.1 200 OK\r\n.*Content-Length: 3\r\n.*\r\n\r\nok\n$}s
--- no_error_log
[error]



=== TEST 16: 304 has its headers, and nothing else
--- config
    location /status { dynworker_script $TEST_NGINX_HTML_DIR/status.js; }
--- user_files
>>> status.js
export default {
  fetch: () => new Response(null, { status: 304, headers: { ETag: '"x"' } }),
};
--- request
GET /status
--- error_code: 304
--- response_headers
! Content-Length
! Transfer-Encoding
ETag: "x"
--- response_body:
--- no_error_log
[error]



=== TEST 17: conditional and range requests are the worker's own affair
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch({ headers }) {
    return new Response(`${headers.get("If-None-Match")} ${headers.get("Range")}\n`,
      { headers: { ETag: '"x"' } });
  },
};
--- request
GET /t
--- more_headers
If-None-Match: "x"
Range: bytes=0-1
--- response_body
"x" bytes=0-1
--- no_error_log
[error]



=== TEST 18: dynworker_var, dynworker_json and dynworker_secret are in env
--- config
    location /env {
        dynworker_var TEXT "a \"quoted\" héllo";
        dynworker_json DATA '{"list": [1, {"deep": true}], "none": null}';
        dynworker_secret FROM_FILE file=$TEST_NGINX_HTML_DIR/secret.txt;
        dynworker_secret FROM_ENV env=DW_TEST_SECRET;
        dynworker_script $TEST_NGINX_HTML_DIR/env.js;
    }
--- user_files
>>> secret.txt
from a file
>>> env.js
export default {
  fetch(request, env) {
    return new Response([
      env.TEXT, env.DATA.list[1].deep, env.DATA.none, env.FROM_FILE, env.FROM_ENV,
      Object.keys(env).sort().join(),
    ].join("\n") + "\n");
  },
};
--- request
GET /env
--- response_body
a "quoted" héllo
true

from a file
from the environment
DATA,FROM_ENV,FROM_FILE,TEXT
--- no_error_log
[error]
from a file
from the environment



=== TEST 19: a location has the bindings of the outer levels and its own, which win
--- http_config
    dynworker_var LEVEL http;
    dynworker_var HTTP 1;
--- config
    dynworker_var LEVEL server;
    dynworker_json SERVER 2;
    location /env {
        dynworker_var LEVEL location;
        dynworker_json LOCATION 3;
        dynworker_script $TEST_NGINX_HTML_DIR/env.js;
    }
    location /plain {
        dynworker_script $TEST_NGINX_HTML_DIR/env.js;
    }
--- user_files
>>> env.js
export default {
  fetch: (request, { LEVEL, HTTP, SERVER, LOCATION }) =>
    new Response(JSON.stringify([LEVEL, HTTP, SERVER, LOCATION])),
};
--- request eval
["GET /env", "GET /plain"]
--- response_body eval
['["location","1",2,3]', '["server","1",2,null]']
--- no_error_log
[error]



=== TEST 20: locations with the same script are workers of their own
--- config
    location /a { dynworker_script $TEST_NGINX_HTML_DIR/count.js; }
    location /b { dynworker_script $TEST_NGINX_HTML_DIR/count.js; }
--- user_files
>>> count.js
let n = 0;
export default { fetch: () => new Response(`${++n}\n`) };
--- request eval
["GET /a", "GET /a", "GET /b", "GET /a"]
--- response_body eval
["1\n", "2\n", "1\n", "3\n"]
--- no_error_log
[error]



=== TEST 21: the default export is an object: fetch(request, env, ctx), this.env and this.ctx
--- config
    location /object {
        dynworker_var NAME env;
        dynworker_script $TEST_NGINX_HTML_DIR/object.js;
    }
--- user_files
>>> object.js
export default {
  helper() { return this.env.NAME; },
  async fetch(request, env, ctx) {
    await null;
    return new Response([
      this.env === env, this.ctx === ctx, this.helper(),
      typeof ctx.waitUntil, JSON.stringify(ctx.props),
    ].join(" ") + "\n");
  },
};
--- request
GET /object
--- response_body
true true env function {}
--- no_error_log
[error]



=== TEST 22: the default export is a class that extends WorkerEntrypoint
--- config
    location /class {
        dynworker_var NAME env;
        dynworker_script $TEST_NGINX_HTML_DIR/class.js;
    }
--- user_files
>>> class.js
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  fetch(request, ...rest) {
    return new Response([
      this.env.NAME, typeof this.ctx.waitUntil, rest.length,
      new URL(request.url).pathname,
    ].join(" ") + "\n");
  }
}
--- request
GET /class
--- response_body
env function 0 /class
--- no_error_log
[error]



=== TEST 23: a class gets a new instance for each request
--- config
    location /class { dynworker_script $TEST_NGINX_HTML_DIR/class.js; }
--- user_files
>>> class.js
import { WorkerEntrypoint } from "cloudflare:workers";

let instances = 0;

export default class extends WorkerEntrypoint {
  number = ++instances;
  seen = 0;
  fetch() {
    return new Response(`${this.number} ${++this.seen}\n`);
  }
}
--- request eval
["GET /class", "GET /class"]
--- response_body eval
["1 1\n", "2 1\n"]
--- no_error_log
[error]



=== TEST 24: modules import others by relative paths, each kind by its extension
--- config
    location /import { dynworker_script $TEST_NGINX_HTML_DIR/main.js; }
--- user_files
>>> main.js
import { name } from "./lib/name.js";
import twice from "./lib/twice.mjs";
import data from "./data.json";
import text from "./lib/text.txt";
import page from "./page.html";
import bytes from "./lib/bytes.bin";

export default {
  async fetch() {
    const again = await import("./lib/name.js");
    return new Response([
      twice(name), data.list.length, text.trim(), page.trim(),
      bytes.byteLength, again.name,
    ].join("\n") + "\n");
  },
};
>>> lib/name.js
export { name } from "../names/first.js";
>>> names/first.js
export const name = "Ada";
>>> lib/twice.mjs
import { name } from "./name.js";
export default (word) => word + name;
>>> data.json
{"list": [1, 2, 3]}
>>> lib/text.txt
text
>>> page.html
<p>page</p>
>>> lib/bytes.bin
12345
--- request
GET /import
--- response_body
AdaAda
3
text
<p>page</p>
6
Ada
--- no_error_log
[error]



=== TEST 25: top-level await is awaited before the first request
--- config
    location /await { dynworker_script $TEST_NGINX_HTML_DIR/await.js; }
--- user_files
>>> await.js
const value = await Promise.resolve("awaited");
export default { fetch: () => new Response(value + "\n") };
--- request
GET /await
--- response_body
awaited
--- no_error_log
[error]



=== TEST 26: env and waitUntil of "cloudflare:workers" are the worker's
--- config
    location /module {
        dynworker_var NAME env;
        dynworker_script $TEST_NGINX_HTML_DIR/module.js;
    }
--- user_files
>>> module.js
import { env, waitUntil } from "cloudflare:workers";
const name = env.NAME;
export default {
  fetch(request, given) {
    waitUntil(Promise.resolve());
    return new Response(`${name} ${env.NAME === given.NAME}\n`);
  },
};
--- request
GET /module
--- response_body
env true
--- no_error_log
[error]



=== TEST 27: ctx.waitUntil() keeps the work going after the response
--- config
    location /wait { dynworker_script $TEST_NGINX_HTML_DIR/wait.js; }
--- user_files
>>> wait.js
let go, work;
export default {
  async fetch({ method }, env, ctx) {
    if (method === "GET") {
      const gone = new Promise((resolve) => { go = resolve; });
      work = (async () => {
        await gone;
        await scheduler.wait(1);
        console.warn("after the response");
      })();
      ctx.waitUntil(work);
      return new Response("answered\n");
    }
    go();
    await work;
    return new Response("done\n");
  },
};
--- pipelined_requests eval
["GET /wait", "PUT /wait"]
--- response_body eval
["answered\n", "done\n"]
--- error_log eval
qr/\[warn\] .*worker "\S*wait\.js": after the response/



=== TEST 28: what fails in waitUntil() is logged and the response stands
--- config
    location /wait { dynworker_script $TEST_NGINX_HTML_DIR/wait.js; }
--- user_files
>>> wait.js
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil(Promise.reject(new RangeError("too late")));
    return new Response("fine\n");
  },
};
--- request
GET /wait
--- response_body
fine
--- error_log eval
qr/\[error\] .*worker ".*wait\.js": .*RangeError: too late at .*wait\.js:3/



=== TEST 29: of the console, warnings and errors are logged by default
--- config
    location /log { dynworker_script $TEST_NGINX_HTML_DIR/log.js; }
--- user_files
>>> log.js
export default {
  fetch() {
    console.debug("level debug");
    console.log("level log");
    console.info("level info");
    console.warn("level warn", { a: [1] });
    console.error("level error %s", "formatted");
    return new Response("ok\n");
  },
};
--- request
GET /log
--- response_body
ok
--- error_log eval
[qr/\[warn\] .*worker "\S*log\.js": level warn \{ ?a: \[ ?1 ?\] ?\}.*client: 127\.0\.0\.1, .*request: "GET \/log /,
 qr/\[error\] .*worker "\S*log\.js": level error formatted.*client: 127\.0\.0\.1/]
--- no_error_log
level debug
level log
level info
[alert]



=== TEST 30: dynworker_log_level debug logs all of the console, off none
--- config
    location /debug {
        dynworker_log_level debug;
        dynworker_script $TEST_NGINX_HTML_DIR/log.js;
    }
    location /off {
        dynworker_log_level off;
        dynworker_script $TEST_NGINX_HTML_DIR/log.js;
    }
    location /error {
        dynworker_log_level error;
        dynworker_script $TEST_NGINX_HTML_DIR/log.js;
    }
--- user_files
>>> log.js
export default {
  fetch({ url }) {
    const { pathname } = new URL(url);
    for (const level of ["debug", "log", "info", "warn", "error"]) {
      console[level](`<${pathname} ${level}>`);
    }
    return new Response("ok\n");
  },
};
--- pipelined_requests eval
["GET /debug", "GET /error", "GET /off"]
--- response_body eval
["ok\n", "ok\n", "ok\n"]
--- grep_error_log eval: qr/<\S+ \w+>/
--- grep_error_log_out eval
"</debug debug>\n</debug log>\n</debug info>\n</debug warn>\n</debug error>\n</error error>\n"



=== TEST 31: a console line cannot forge another line of the log
--- config
    location /log { dynworker_script $TEST_NGINX_HTML_DIR/log.js; }
--- user_files
>>> log.js
export default {
  fetch() {
    console.error("first\n2026/11/23 [info] 1#1: forged\r\x1b[31mred");
    return new Response("ok\n");
  },
};
--- request
GET /log
--- response_body
ok
--- error_log eval
qr/worker "\S*log\.js": first\\n2026\/11\/23 \[info\] 1#1: forged\\x0d\\x1b\[31mred/
--- no_error_log eval
qr/^2026\/11\/23 \[info\] 1#1/



=== TEST 32: request.signal is not aborted while the client is there
--- config
    location /signal { dynworker_script $TEST_NGINX_HTML_DIR/signal.js; }
--- user_files
>>> signal.js
export default {
  fetch: ({ signal }) => new Response(
    `${signal instanceof AbortSignal} ${signal.aborted}\n`),
};
--- request
GET /signal
--- response_body
true false
--- no_error_log
[error]



=== TEST 33: a connection is kept for several requests
--- config
    location /n { dynworker_script $TEST_NGINX_HTML_DIR/n.js; }
--- user_files
>>> n.js
let n = 0;
export default {
  async fetch(request) {
    return new Response(`${++n} ${request.method} ${await request.text()}\n`);
  },
};
--- pipelined_requests eval
["GET /n", "POST /n\nsome body", "GET /n/2", "PUT /n\nmore", "GET /n"]
--- response_body eval
["1 GET \n", "2 POST some body\n", "3 GET \n", "4 PUT more\n", "5 GET \n"]
--- no_error_log
[error]



=== TEST 34: a request body that nobody reads does not harm the next request
--- config
    location /unread { dynworker_script $TEST_NGINX_HTML_DIR/unread.js; }
--- user_files
>>> unread.js
export default {
  fetch: ({ method }) => new Response(`${method}\n`),
};
--- pipelined_requests eval
["POST /unread\n" . ("GET /evil HTTP/1.1\\r\\n" x 5000) . "end", "GET /unread",
 "PUT /unread\nshort", "GET /unread"]
--- response_body eval
["POST\n", "GET\n", "PUT\n", "GET\n"]
--- no_error_log
[error]



=== TEST 35: a request body that is read in part: the answer is whole, and the connection ends
--- config
    location /half { dynworker_script $TEST_NGINX_HTML_DIR/half.js; }
--- user_files
>>> half.js
export default {
  async fetch(request) {
    if (request.body === null) return new Response("none\n");
    const reader = request.body.getReader();
    const { value } = await reader.read();
    return new Response(value.length > 0 ? "some\n" : "empty\n");
  },
};
--- raw_request eval
"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" . "x" x 300000
--- response_body
some
--- no_error_log
[error]



=== TEST 36: "if" inside a location serves with the location's worker
--- config
    location /if {
        dynworker_var NAME outer;
        dynworker_script $TEST_NGINX_HTML_DIR/if.js;
        if ($arg_x) {
            add_header X-If yes;
        }
    }
--- user_files
>>> if.js
export default { fetch: (request, env) => new Response(env.NAME + "\n") };
--- request
GET /if?x=1
--- response_headers
X-If: yes
--- response_body
outer
--- no_error_log
[error]



=== TEST 37: nginx's own header and body filters work on a worker's response
--- config
    location /filters {
        add_header X-Added "$sent_http_x_worker";
        gzip on;
        gzip_types text/plain;
        gzip_min_length 1;
        sub_filter_types text/plain;
        sub_filter World nginx;
        dynworker_script $TEST_NGINX_HTML_DIR/filters.js;
    }
--- user_files
>>> filters.js
export default {
  fetch: () => new Response("Hello World\n",
    { headers: { "Content-Type": "text/plain", "X-Worker": "w" } }),
};
--- request eval
["GET /filters", "GET /filters"]
--- more_headers eval
["", "Accept-Encoding: gzip"]
--- response_headers eval
["X-Added: w\n! Content-Encoding", "Content-Encoding: gzip"]
--- response_body_like eval
["^Hello nginx\n\$", "^\x1f\x8b"]
--- no_error_log
[error]



=== TEST 38: a header with a control character in its value is not the worker's to see
--- config
    location /h { dynworker_script $TEST_NGINX_HTML_DIR/h.js; }
--- user_files
>>> h.js
export default {
  fetch({ headers }) {
    return new Response(`${headers.has("X-Control")}\n`, { headers });
  },
};
--- raw_request eval
"GET /h HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "X-Control: a\x01b\r\nX-Tab: a\tb\r\n\r\n"
--- response_headers
X-Tab: a	b
--- response_body
false
--- no_error_log
[error]



=== TEST 39: a worker may be a mirror's: its answer goes nowhere, and the connection ends as ever
--- config
    location /t {
        mirror /mirror;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /mirror {
        internal;
        dynworker_log_level info;
        dynworker_script $TEST_NGINX_HTML_DIR/mirror.js;
    }
--- user_files
>>> t.js
export default { fetch: async (request) => new Response(await request.text()) };
>>> mirror.js
export default {
  fetch({ method, headers }) {
    const what = headers.get("X-What");
    console.log(`mirrored ${method} ${what}`);
    if (what === "throw") throw new Error("of the mirror");
    if (what === "stream") return new Response(new Blob(["x".repeat(1e6)]).stream());
    return new Response("not for the client");
  },
};
--- request eval
["POST /t\none", "POST /t\ntwo", "POST /t\nthree", "GET /t"]
--- more_headers eval
["X-What: text", "X-What: stream", "X-What: throw", "X-What: get"]
--- response_body eval
["one", "two", "three", ""]
--- error_code eval
[200, 200, 200, 200]
--- error_logs eval
["mirrored POST text", "mirrored POST stream",
 qr/failed at mirror\.js:5:33: of the mirror/, "mirrored GET get"]
--- no_error_log
[alert]
