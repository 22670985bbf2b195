# fetch() through an egress policy.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

# The third party that most blocks call: "http://api.test/" is an upstream of
# this nginx, and answers with what it has received.
our $api = <<'END';
    upstream api.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_9;
        client_max_body_size 100m;
        location / { dynworker_script $TEST_NGINX_HTML_DIR/api.js; }
    }
END

our $files = <<'END';
>>> api.js
const hidden = ["cf-connecting-ip", "x-real-ip"];
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
    case "/echo":
      return new Response(request.body, { headers: { "X-Method": request.method } });
    case "/status":
      return new Response("a body\n", { status: Number(searchParams.get("s")),
        headers: { "X-Api": "yes" } });
    case "/empty":
      return new Response(null, { status: Number(searchParams.get("s")) });
    case "/redirect":
      return new Response("moved\n", { status: Number(searchParams.get("s") ?? 302),
        headers: { Location: searchParams.get("to") } });
    case "/length":
      return new Response(`${(await request.arrayBuffer()).byteLength}\n`);
    }
    let text = `${request.method} ${request.url}\n`;
    for (const [name, value] of request.headers) {
      if (!hidden.includes(name)) text += `${name}: ${value}\n`;
    }
    return new Response(text + await request.text());
  },
};
>>> help.js
export const lines = (...values) => new Response(values.join("\n") + "\n");
export const message = async (call) => {
  try {
    const value = await call();
    return `no error, but ${value}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
export const seen = async (...args) => {
  const response = await fetch(...args);
  return `${response.status} ${(await response.text()).trim()}`;
};
END

# The location that carries requests out.
our $out = <<'END';
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
        proxy_buffering off;
    }
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => $::files . $block->user_files);
    $block->set_value(http_config => ($block->http_config // '') . $::api);
    $block->set_value(config => ($block->config // '') . $::out);
});

our $MB = join '', map { sprintf "%015d\n", $_ } 0 .. 65535;

sub post_length {
    my ($path, $body) = @_;
    return join "\r\n", "POST $path HTTP/1.1", 'Host: localhost',
        'Connection: close', 'Content-Length: ' . length $body, '', $body;
}

check_accum_error_log();
log_level('info');
no_shuffle();
worker_connections(1024);
run_tests();

__DATA__

=== TEST 1: fetch() reaches a host that the policy allows
--- http_config
    dynworker_outbound api { allow api.test; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  async fetch() {
    const response = await fetch("http://api.test/path?q=%20#fragment",
      { headers: { "X-One": "1", Accept: "text/plain" } });
    return new Response([
      response.status, response.statusText, response.url, response.redirected,
      response.headers.get("Content-Type"), await response.text(),
    ].join("\n"));
  },
};
--- request
GET /t
--- response_body
200
OK
http://api.test/path?q=%20
false
text/plain;charset=UTF-8
GET http://api.test/path?q=%20
accept: text/plain
host: api.test
x-one: 1
--- no_error_log
[error]
[warn]



=== TEST 2: a host that no pattern allows: 403, "Domain not allowed", and a line in the log
--- http_config
    dynworker_outbound api { allow api.test; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  async fetch() {
    const response = await fetch("http://elsewhere.test/secret/path?key=1");
    return new Response([
      response.status, response.statusText, response.ok, await response.text(),
    ].join("|"));
  },
};
--- request
GET /t
--- response_body chop
403||false|Domain not allowed
--- error_log
outbound "api" refused GET http://elsewhere.test
--- no_error_log
key=1
[error]



=== TEST 3: a policy without "allow" refuses everything
--- http_config
    dynworker_outbound none { pass /_out; }
--- config
    location /t {
        dynworker_global_outbound none;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { seen } from "./help.js";
export default { fetch: async () => new Response(await seen("http://api.test/")) };
--- request
GET /t
--- response_body chop
403 Domain not allowed
--- no_error_log
[error]



=== TEST 4: patterns: exact, wildcard, regex; deny wins
--- http_config
    dynworker_outbound api {
        allow api.test *.api.test ~^r\d+\.regex\.test$;
        deny evil.api.test *.deep.api.test ~^r13\.;
        private_addresses on;
        pass /_all;
    }
--- config
    location = /_all { internal; return 200 "let out"; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
const hosts = [
  "api.test", "API.Test", "api.test.", "a.api.test", "a.b.api.test", "A.API.TEST",
  "deep.api.test", "r1.regex.test", "R22.REGEX.TEST",
  "evil.api.test", "EVIL.api.test.", "x.deep.api.test", "r13.regex.test",
  "xapi.test", "api.test.evil.test", "rx.regex.test", "r1.regex.test.evil.test",
  "test", "127.0.0.1",
];
export default {
  async fetch() {
    const answers = [];
    for (const host of hosts) {
      answers.push(`${host}: ${await seen(`http://${host}/`)}`);
    }
    return lines(...answers);
  },
};
--- request
GET /t
--- response_body
api.test: 200 let out
API.Test: 200 let out
api.test.: 200 let out
a.api.test: 200 let out
a.b.api.test: 200 let out
A.API.TEST: 200 let out
deep.api.test: 200 let out
r1.regex.test: 200 let out
R22.REGEX.TEST: 200 let out
evil.api.test: 403 Domain not allowed
EVIL.api.test.: 403 Domain not allowed
x.deep.api.test: 403 Domain not allowed
r13.regex.test: 403 Domain not allowed
xapi.test: 403 Domain not allowed
api.test.evil.test: 403 Domain not allowed
rx.regex.test: 403 Domain not allowed
r1.regex.test.evil.test: 403 Domain not allowed
test: 403 Domain not allowed
127.0.0.1: 403 Domain not allowed
--- no_error_log
[error]



=== TEST 5: a wildcard is not the apex
--- http_config
    dynworker_outbound api { allow *.api.test; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { seen } from "./help.js";
export default { fetch: async () => new Response(await seen("http://api.test/")) };
--- request
GET /t
--- response_body chop
403 Domain not allowed
--- no_error_log
[error]



=== TEST 6: a pattern is about scheme and port too: without them, http on 80 and https on 443
--- http_config
    dynworker_outbound api {
        allow plain.test https://secure.test http://port.test:8080 https://both.test:8443;
        private_addresses on;
        pass /_all;
    }
--- config
    location = /_all { internal; return 200 "let out"; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
const urls = [
  "http://plain.test/", "http://plain.test:80/", "https://plain.test/",
  "https://secure.test/", "http://port.test:8080/", "https://both.test:8443/",
  "http://plain.test:81/", "https://plain.test:80/", "http://plain.test:443/",
  "http://secure.test/", "https://secure.test:8443/",
  "http://port.test/", "https://port.test:8080/", "http://both.test:8443/",
];
export default {
  async fetch() {
    const answers = [];
    for (const url of urls) answers.push(`${url} ${(await seen(url)).slice(0, 3)}`);
    return lines(...answers);
  },
};
--- request
GET /t
--- response_body
http://plain.test/ 200
http://plain.test:80/ 200
https://plain.test/ 200
https://secure.test/ 200
http://port.test:8080/ 200
https://both.test:8443/ 200
http://plain.test:81/ 403
https://plain.test:80/ 403
http://plain.test:443/ 403
http://secure.test/ 403
https://secure.test:8443/ 403
http://port.test/ 403
https://port.test:8080/ 403
http://both.test:8443/ 403
--- no_error_log
[error]



=== TEST 7: "methods" lets only those out
--- http_config
    dynworker_outbound api { allow all; methods GET POST; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const answers = [];
    for (const method of ["GET", "post", "HEAD", "PUT", "DELETE", "get", "Post"]) {
      const response = await fetch("http://api.test/echo", { method });
      answers.push(`${method} ${response.status} ${response.headers.get("X-Method")}`);
    }
    return lines(...answers);
  },
};
--- request
GET /t
--- response_body
GET 200 GET
post 200 POST
HEAD 403 null
PUT 403 null
DELETE 403 null
get 200 GET
Post 200 POST
--- no_error_log
[error]



=== TEST 8: set_header replaces what the worker sent, and may hold variables
--- http_config
    dynworker_outbound api {
        allow all;
        set_header Authorization "Bearer token-of-nginx";
        set_header X-Client "$remote_addr $arg_user";
        pass /_out;
    }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  async fetch() {
    const request = new Request("http://api.test/", { headers: {
      authorization: "Bearer mine", "X-CLIENT": "me", "X-Other": "kept" } });
    request.headers.set("x_client", "me, too");
    const response = await fetch(request);
    return new Response([...request.headers].join("|") + "\n" + await response.text());
  },
};
--- request
GET /t?user=ada
--- response_body
authorization,Bearer mine|x-client,me|x-other,kept|x_client,me, too
GET http://api.test/
authorization: Bearer token-of-nginx
host: api.test
x-client: 127.0.0.1 ada
x-other: kept
--- no_error_log
[error]
token-of-nginx



=== TEST 9: set_header with patterns goes only to those hosts
--- http_config
    dynworker_outbound api {
        allow all;
        set_header X-Key one api.test;
        set_header X-Key two *.api.test;
        private_addresses on;
        pass /_self;
    }
--- config
    location = /_self {
        internal;
        proxy_pass http://api.test$dynworker_outbound_uri;
    }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const key = async (host) =>
      /x-key: (.*)/.exec(await (await fetch(`http://${host}/`,
        { headers: { "X-Key": "mine" } })).text())?.[1];
    return lines(await key("api.test"), await key("v2.api.test"), await key("x.test"));
  },
};
--- request
GET /t
--- response_body
one
two
mine
--- no_error_log
[error]



=== TEST 10: strip_header never leaves
--- http_config
    dynworker_outbound api { allow all; strip_header Cookie X-Internal; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: () => fetch("http://api.test/", { headers: {
    cookie: "a=1", "x-INTERNAL": "1", "X_Internal": "1", "x-internal-2": "2" } }),
};
--- request
GET /t
--- response_body
GET http://api.test/
host: api.test
x-internal-2: 2
--- no_error_log
[error]



=== TEST 11: Host and the headers of a connection are nginx's
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: () => fetch("http://api.test/", { method: "POST", body: "four",
    headers: { Host: "evil.test", Connection: "X-Drop", "Transfer-Encoding": "chunked",
               "Transfer_Encoding": "chunked", content_LENGTH: "1",
               "Content-Length": "1000", Expect: "100-continue", TE: "trailers",
               "X-Drop": "kept", Upgrade: "h2c", "Keep-Alive": "1" } }),
};
--- request
GET /t
--- response_body chop
POST http://api.test/
content-length: 4
content-type: text/plain;charset=UTF-8
host: api.test
x-drop: kept
four
--- no_error_log
[error]



=== TEST 12: without dynworker_global_outbound, fetch() throws
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
    location /off {
        dynworker_global_outbound off;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  fetch: async () => lines(await message(() => fetch("http://api.test/"))),
};
--- request eval
["GET /t", "GET /off"]
--- response_body eval
["Error: Network access is disabled for this worker (globalOutbound is null).\n",
 "Error: Network access is disabled for this worker (globalOutbound is null).\n"]
--- no_error_log
[error]



=== TEST 13: a dynamic worker inherits its host's outbound, unless its code says null
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
const modules = { "m.js": `
  export default {
    async fetch() {
      try {
        return new Response((await (await fetch("http://api.test/x")).text()).split("\\n")[0]);
      } catch (error) {
        return new Response(error.message);
      }
    },
  };` };
export default {
  async fetch(request, env) {
    const run = async (more) => (await env.LOADER.load(
      { mainModule: "m.js", modules, ...more }).getEntrypoint().fetch(request)).text();
    return lines(await run({}), await run({ globalOutbound: null }),
      await run({ globalOutbound: undefined }));
  },
};
--- request
GET /t
--- response_body
GET http://api.test/x
Network access is disabled for this worker (globalOutbound is null).
GET http://api.test/x
--- no_error_log
[error]



=== TEST 14: a worker of dynworker_load has the outbound of its location
--- http_config
    dynworker_outbound api { allow all; set_header X-Key nginx; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_load id=$arg_id code=/code/$arg_id;
    }
    location /none { dynworker_load id=$arg_id code=/code/$arg_id; }
    location /code/ {
        internal;
        root $TEST_NGINX_HTML_DIR;
        try_files $uri.json $uri.js =404;
        types { text/javascript js; application/json json; }
    }
--- user_files
>>> code/module.js
export default {
  fetch: () => fetch("http://api.test/x").catch(
    (error) => new Response(error.message + "\n")),
};
>>> code/closed.json
{ "mainModule": "m.js", "globalOutbound": null, "modules": { "m.js":
  "export default { fetch: () => fetch('http://api.test/x').catch((error) => new Response(error.message + '\\n')) };" } }
--- request eval
["GET /t?id=module", "GET /t?id=closed", "GET /none?id=module"]
--- response_body eval
["GET http://api.test/x\nhost: api.test\nx-key: nginx\n",
 "Network access is disabled for this worker (globalOutbound is null).\n",
 "Network access is disabled for this worker (globalOutbound is null).\n"]
--- no_error_log
[error]



=== TEST 15: a refused connection rejects with a TypeError
--- http_config
    upstream closed.test { server 127.0.0.1:1; }
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  fetch: async () => lines(await message(() => fetch("http://closed.test/"))),
};
--- request
GET /t
--- response_body
TypeError: Network connection lost.
--- error_log eval
qr/connect\(\) failed \(111: Connection refused\) while connecting to upstream/



=== TEST 16: an upstream that closes without an answer rejects with a TypeError
--- http_config
    upstream closes.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  fetch: async () => lines(await message(() => fetch("http://closes.test/"))),
};
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply:
--- request
GET /t
--- response_body
TypeError: Network connection lost.
--- error_log
upstream prematurely closed connection while reading response header from upstream



=== TEST 17: an upstream that closes in the middle of its body: reading it rejects
--- http_config
    upstream short.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    const response = await fetch("http://short.test/");
    return lines(response.status, await message(() => response.text()));
  },
};
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
--- request
GET /t
--- response_body
200
TypeError: Network connection lost.
--- error_log
upstream prematurely closed connection



=== TEST 18: a body that breaks off on its untouched way to the client breaks the response off
--- http_config
    upstream short.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /see {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/t;
    }
--- user_files
>>> t.js
export default {
  fetch: () => fetch("http://short.test/"),
};
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
--- request
GET /see
--- ignore_response
--- error_log eval
[qr/upstream prematurely closed connection while reading .*, request: "GET \/see /]



=== TEST 19: what the pass location itself answers is the response
--- http_config
    dynworker_outbound api { allow all; private_addresses on; pass /_own; }
--- config
    location = /_own {
        internal;
        if ($dynworker_outbound_name = blocked.test) { return 451; }
        return 200 "own answer to $dynworker_outbound_url";
    }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch() {
    return lines(await seen("http://some.test/x?y"),
      (await fetch("http://blocked.test/")).status);
  },
};
--- request
GET /t
--- response_body
200 own answer to http://some.test/x?y
451
--- no_error_log
[error]



=== TEST 20: the pass location sees the request's URL in variables
--- http_config
    dynworker_outbound api { allow all http://port.test:8080; private_addresses on; pass /_vars; }
--- config
    location = /_vars {
        internal;
        return 200 "$request_method|$dynworker_outbound_url|$dynworker_outbound_scheme|$dynworker_outbound_host|$dynworker_outbound_name|$dynworker_outbound_port|$dynworker_outbound_uri|$dynworker_outbound_peer";
    }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /plain { return 200 "<$dynworker_outbound_url>"; }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const urls = ["http://Some.TEST", "https://some.test/a/../b%2f?q#f", "http://api.test/",
      "http://port.test:8080/x"];
    return lines(...await Promise.all(urls.map(async (url) =>
      (await fetch(url, { method: "DELETE" })).text())));
  },
};
--- request eval
["GET /t", "GET /plain"]
--- response_body eval
["DELETE|http://some.test/|http|some.test|some.test|80|/|some.test:80
DELETE|https://some.test/b%2f?q|https|some.test|some.test|443|/b%2f?q|some.test:443
DELETE|http://api.test/|http|api.test|api.test|80|/|api.test
DELETE|http://port.test:8080/x|http|port.test:8080|port.test|8080|/x|port.test:8080
", "<>"]
--- no_error_log
[error]



=== TEST 21: statuses, headers and bodies of an upstream are the response's
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const answers = [];
    for (const status of [201, 400, 404, 418, 500, 503, 599]) {
      const r = await fetch(`http://api.test/status?s=${status}`);
      answers.push([r.status, r.ok, r.headers.get("x-api"), (await r.text()).trim()].join());
    }
    for (const status of [204, 304]) {
      const r = await fetch(`http://api.test/empty?s=${status}`);
      answers.push([r.status, r.body === null, `<${await r.text()}>`].join());
    }
    const head = await fetch("http://api.test/status?s=200", { method: "HEAD" });
    answers.push([head.status, head.headers.get("Content-Length"), `<${await head.text()}>`].join());
    return lines(...answers);
  },
};
--- request
GET /t
--- response_body
201,true,yes,a body
400,false,yes,a body
404,false,yes,a body
418,false,yes,a body
500,false,yes,a body
503,false,yes,a body
599,false,yes,a body
204,true,<>
304,true,<>
200,7,<>
--- no_error_log
[error]



=== TEST 22: a response of 1 MB is read whole, and as a stream
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const echo = () => fetch("http://api.test/echo", { method: "POST", body });
    let body = "";
    for (let i = 0; i < 65536; i++) body += String(i).padStart(15, "0") + "\n";
    const text = await (await echo()).text();
    let size = 0, chunks = 0;
    for await (const chunk of (await echo()).body) {
      size += chunk.length;
      chunks++;
    }
    return lines(text === body, size, chunks > 1);
  },
};
--- request
GET /t
--- response_body
true
1048576
true
--- no_error_log
[error]



=== TEST 23: request bodies of any kind and size are sent, with their length
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
const encoder = new TextEncoder();
const stream = (n, text) => new ReadableStream({
  pull(controller) {
    if (n-- === 0) controller.close();
    else controller.enqueue(encoder.encode(text));
  },
});
export default {
  async fetch() {
    const answers = [];
    for (const body of ["", "four", "x".repeat(262144), "x".repeat(262145),
      "x".repeat(1048576), new Uint8Array(5), stream(0), stream(3, "abc"),
      stream(1024, "x".repeat(1024))]) {
      answers.push((await (await fetch("http://api.test/length",
        { method: "POST", body })).text()).trim());
    }
    return lines(answers.join(" "));
  },
};
--- request
GET /t
--- response_body
0 4 262144 262145 1048576 5 0 9 1048576
--- no_error_log
[error]



=== TEST 24: a stream that fails while it is sent rejects the fetch with its error
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    let n = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (n++ === 2) throw new RangeError("ran dry");
        controller.enqueue(new Uint8Array(10));
      },
    });
    return lines(await message(() => fetch("http://api.test/length", { method: "POST", body })));
  },
};
--- request
GET /t
--- response_body
RangeError: ran dry
--- no_error_log
[error]



=== TEST 25: outbound_body bounds a request body, just so
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_limits outbound_body=300k;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    const send = (size) => message(async () => (await fetch("http://api.test/length",
      { method: "POST", body: "x".repeat(size) })).text());
    return lines((await send(307200)).trim(), await send(307201), (await send(1)).trim());
  },
};
--- request
GET /t
--- response_body
no error, but 307200
TypeError: The request's body exceeds "outbound_body".
no error, but 1
--- no_error_log
[alert]



=== TEST 26: "return fetch(url, request)" joins both bodies: 1 MB each way
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: (request) => fetch("http://api.test/echo", request),
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_headers
X-Method: POST
Content-Length: 1048576
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 27: "return fetch(request)" sends the client's request on, as it is
--- http_config
    dynworker_outbound proxy { allow all; private_addresses on; pass /_out; }
    server {
        listen $TEST_NGINX_SERVER_PORT;
        server_name front.test;
        location / {
            dynworker_global_outbound proxy;
            dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        }
        location = /_out {
            internal;
            proxy_pass http://api.test$dynworker_outbound_uri;
            proxy_set_header Host api.test;
        }
    }
--- user_files
>>> t.js
export default { fetch: (request) => fetch(request) };
--- request
POST /some/path?q
the body
--- more_headers
Host: front.test
X-Mine: 1
--- response_body chop
POST http://api.test/some/path?q
connection: close
content-length: 8
host: api.test
x-mine: 1
the body
--- no_error_log
[error]



=== TEST 28: a redirect is followed, and the policy decides on each hop anew
--- http_config
    upstream other.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    dynworker_outbound api { allow api.test; set_header X-Key key api.test; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const go = async (to) => {
      const response = await fetch(
        "http://api.test/redirect?to=" + encodeURIComponent(to));
      return [response.status, response.redirected, response.url,
        (await response.text()).split("\n")[0]].join(" ");
    };
    return lines(
      await go("http://api.test/next"), await go("/next?x"), await go("next#f"),
      await go("http://other.test/"), await go("http://127.0.0.1/"));
  },
};
--- request
GET /t
--- response_body
200 true http://api.test/next GET http://api.test/next
200 true http://api.test/next?x GET http://api.test/next?x
200 true http://api.test/next GET http://api.test/next
403 true http://other.test/ Domain not allowed
403 true http://127.0.0.1/ Domain not allowed
--- error_log
outbound "api" refused GET http://other.test
--- no_error_log
[error]



=== TEST 29: credentials do not follow a redirect to another host
--- http_config
    upstream other.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    dynworker_outbound api {
        allow api.test other.test;
        set_header X-Key secret-of-nginx api.test;
        pass /_out;
    }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: () => fetch("http://api.test/redirect?to=http://other.test/stolen", { headers: {
    Authorization: "Bearer mine", Cookie: "a=1", "X-Own": "kept" } }),
};
--- request
GET /t
--- response_body
GET http://other.test/stolen
host: other.test
x-own: kept
--- no_error_log
[error]



=== TEST 30: 301, 302 and 303 make a GET of a POST; 307 and 308 send the body again
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    const answers = [];
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await fetch(`http://api.test/redirect?s=${status}&to=/next`,
        { method: "POST", body: "a body" });
      answers.push(`${status} ${(await response.text()).replaceAll("\n", " ")}`);
    }
    answers.push(await message(() => fetch("http://api.test/redirect?s=307&to=/next",
      { method: "POST", body: new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(1));
          controller.close();
        },
      }) })));
    return lines(...answers);
  },
};
--- request
GET /t
--- response_body_like
^301 GET http://api\.test/next host: api\.test \n302 GET http://api\.test/next host: api\.test \n303 GET http://api\.test/next host: api\.test \n307 POST http://api\.test/next content-length: 6 content-type: text/plain;charset=UTF-8 host: api\.test a body\n308 POST http://api\.test/next content-length: 6 content-type: text/plain;charset=UTF-8 host: api\.test a body\nTypeError: A request with a one-time-use body.*
--- no_error_log
[error]



=== TEST 31: redirect "manual" and "error", and one to a URL with a user
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
const url = "http://api.test/redirect?to=http://evil.test/";
export default {
  async fetch() {
    const manual = await fetch(url, { redirect: "manual" });
    return lines(
      `${manual.status} ${manual.headers.get("Location")} ${await manual.text()}`.trim(),
      (await message(() => fetch(url, { redirect: "error" }))).slice(0, 30),
      (await fetch(`http://api.test/redirect?to=${
        encodeURIComponent("http://user:pw@api.test/")}`)).url);
  },
};
--- request
GET /t
--- response_body_like
^302 http://evil\.test/ moved
TypeError: Unexpected redirect
http://api\.test/
--- no_error_log
[error]



=== TEST 32: an endless redirect ends with a TypeError
--- http_config
    dynworker_outbound api { allow all; private_addresses on; pass /_loop; }
--- config
    location = /_loop { internal; return 302 http://loop.test/again; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  fetch: async () => lines(await message(() => fetch("http://loop.test/"))),
};
--- request
GET /t
--- response_body
TypeError: Too many redirects.
--- no_error_log
[error]



=== TEST 33: private_addresses off refuses literal addresses that are not public
--- http_config
    dynworker_outbound api {
        allow all http://127.0.0.1:$TEST_NGINX_SERVER_PORT http://[::1]:$TEST_NGINX_SERVER_PORT;
        pass /_out;
    }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
const hosts = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
  "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
  "[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]", "[ff02::1]",
  "[64:ff9b::7f00:1]", "127.0.0.1:$TEST_NGINX_SERVER_PORT", "[::1]:$TEST_NGINX_SERVER_PORT"];
export default {
  async fetch() {
    const answers = [];
    for (const host of hosts) answers.push(await seen(`http://${host}/t`));
    return lines(new Set(answers).size, answers[0], answers.length);
  },
};
--- request
GET /t
--- response_body
1
403 Domain not allowed
21
--- error_log
refused



=== TEST 34: private_addresses on lets them out, if a pattern does
--- http_config
    dynworker_outbound api {
        allow http://127.0.0.1:$TEST_NGINX_SERVER_PORT;
        private_addresses on;
        pass /_out;
    }
--- config
    location = /answer { return 200 "reached"; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch() {
    return lines(
      await seen("http://127.0.0.1:$TEST_NGINX_SERVER_PORT/answer"),
      await seen("http://127.0.0.2:$TEST_NGINX_SERVER_PORT/answer"));
  },
};
--- request
GET /t
--- response_body
200 reached
403 Domain not allowed
--- no_error_log
[error]



=== TEST 35: a name that needs a resolver where there is none rejects with a TypeError
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  fetch: async () => lines(await message(() => fetch("http://unknown.test/"))),
};
--- request
GET /t
--- response_body
TypeError: DNS lookup failed.
--- error_log
no resolver defined to resolve unknown.test



=== TEST 36: dynworker_limits subrequests= bounds the fetches of a request, just so
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_limits subrequests=3;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
        add_header X-Subrequests $dynworker_subrequests;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    const tried = [];
    for (let i = 0; i < 5; i++) {
      tried.push(await message(async () => (await fetch("http://api.test/")).status));
    }
    return lines(...tried);
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
[("no error, but 200\n" x 3 . "Error: Too many subrequests.\n" x 2) x 2]
--- response_headers eval
[("X-Subrequests: 5") x 2]
--- no_error_log
[alert]



=== TEST 37: URLs that cannot be fetched reject with a TypeError
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const tried = [];
    for (const url of ["/relative", "", "ftp://api.test/", "file:///etc/passwd",
      "http://", "http://a b/", "http://1.2.3.4.5/", "javascript:1"]) {
      tried.push(await fetch(url).then((r) => `${url} ${r.status}`, ({ name }) => name));
    }
    return lines([...new Set(tried)].join());
  },
};
--- request
GET /t
--- response_body
TypeError
--- no_error_log
[error]



=== TEST 38: an aborted signal rejects with its reason, before and during a fetch
--- http_config
    dynworker_outbound api { allow all; private_addresses on; pass /_slow; }
--- config
    location = /_slow {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/never;
    }
    location = /never { dynworker_script $TEST_NGINX_HTML_DIR/never.js; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> never.js
export default { fetch: () => new Promise(() => { setInterval(() => {}, 1000); }) };
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch() {
    const controller = new AbortController();
    const before = await message(() => fetch("http://api.test/",
      { signal: AbortSignal.abort(new RangeError("no more")) }));
    const during = message(() => fetch("http://api.test/", { signal: controller.signal }));
    await scheduler.wait(5);
    controller.abort();
    return lines(before, await during,
      await message(() => fetch("http://api.test/", { signal: AbortSignal.timeout(5) })));
  },
};
--- request
GET /t
--- response_body_like
^RangeError: no more
AbortError: .*
TimeoutError: .*
--- no_error_log
[alert]



=== TEST 39: many fetches at once
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const texts = await Promise.all(Array.from({ length: 100 }, async (_, i) =>
      (await fetch("http://api.test/echo", { method: "POST", body: `${i}`.repeat(2000) })).text()));
    return lines(texts.filter((text, i) => text === `${i}`.repeat(2000)).length);
  },
};
--- request
GET /t
--- response_body
100
--- no_error_log
[error]



=== TEST 40: responses that nobody reads do no harm
--- http_config
    dynworker_outbound api { allow all; pass /_out; }
--- config
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch() {
    const body = "x".repeat(500000);
    const some = await fetch("http://api.test/echo", { method: "POST", body });
    const other = await fetch("http://api.test/echo", { method: "POST", body });
    await other.body.cancel();
    const third = await fetch("http://api.test/echo", { method: "POST", body });
    await third.body.getReader().read();
    return lines(some.status, other.status, third.status);
  },
};
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["200\n200\n200\n", "200\n200\n200\n"]
--- no_error_log
[error]



=== TEST 41: names in other scripts are compared as their IDNA form
--- http_config
    dynworker_outbound api { allow xn--mnchen-3ya.test; private_addresses on; pass /_own; }
--- config
    location = /_own { internal; return 200 $dynworker_outbound_host; }
    location /t {
        dynworker_global_outbound api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  fetch: async () => lines(await seen("http://M\u00dcNCHEN.test/"),
    await seen("http://munchen.test/")),
};
--- request
GET /t
--- response_body
200 xn--mnchen-3ya.test
403 Domain not allowed
--- no_error_log
[error]



=== TEST 42: "error_page" of the pass location answers for an upstream that fails; that of its server does not
--- http_config
    upstream closed.test { server 127.0.0.1:1; }
    dynworker_outbound own { allow all; pass /_own; }
    dynworker_outbound twice { allow all; pass /_twice; }
    dynworker_outbound other { allow all; pass /_other; }
    dynworker_outbound api { allow all; pass /_out; }
--- config
    error_page 502 /page;
    location = /page { return 200 "for clients\n"; }
    location @fallback { proxy_pass http://api.test; }
    location @closed { proxy_pass http://closed.test; }
    location = /_own { internal; error_page 502 504 =200 @fallback; proxy_pass http://closed.test; }
    location = /_twice { internal; error_page 502 @closed; proxy_pass http://closed.test; }
    location = /_other { internal; error_page 504 @fallback; proxy_pass http://closed.test; }
    location /t {
        dynworker_service OWN outbound=own;
        dynworker_service TWICE outbound=twice;
        dynworker_service OTHER outbound=other;
        dynworker_service API outbound=api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, message } from "./help.js";
export default {
  async fetch(request, { OWN, TWICE, OTHER, API }) {
    const own = await OWN.fetch("http://closed.test/", { method: "POST", body: "kept" });
    const failed = [];
    for (const way of [TWICE, OTHER, API]) {
      failed.push(await message(() => way.fetch("http://closed.test/")));
    }
    return lines(own.status, (await own.text()).replace(/^[^]*\n/, ""), ...failed);
  },
};
--- request
GET /t
--- response_body
200
kept
TypeError: Network connection lost.
TypeError: Network connection lost.
TypeError: Network connection lost.
--- no_error_log
[alert]
