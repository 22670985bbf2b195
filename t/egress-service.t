# dynworker_service uri= and outbound=: env.NAME is a Fetcher, of a location or of
# a policy.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

our $files = <<'END';
>>> help.js
export const lines = (...values) => new Response(values.join("\n") + "\n");
export const seen = async (promise) => {
  try {
    const response = await promise;
    return `${response.status} ${(await response.text()).trim()}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => $::files . ($block->user_files // ''));
});

check_accum_error_log();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: uri=: the path goes below the location, decoded; the query follows
--- config
    location /inner/ {
        internal;
        return 200 "$request_method $uri|$args|$host|$http_host|$http_x_own|$request_uri";
    }
    location /t {
        dynworker_service API uri=/inner/v1;
        dynworker_service SLASH uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API, SLASH }) {
    return lines(
      await seen(API.fetch("http://some.test/a/b?c=%20d", { headers: { "X-Own": "mine" } })),
      await seen(API.fetch("https://some.test:8443", { method: "PUT", body: "x" })),
      await seen(API.fetch("http://some.test/a%20b%2Fc?")),
      await seen(SLASH.fetch("http://some.test/x//y")),
      await seen(SLASH.fetch(new Request("http://some.test/?x"))),
    );
  },
};
--- request
GET /t
--- response_body
200 GET /inner/v1/a/b|c=%20d|some.test|some.test|mine|/a/b?c=%20d
200 PUT /inner/v1/||some.test|some.test:8443||/
200 GET /inner/v1/a b/c||some.test|some.test||/a%20b%2Fc?
200 GET /inner/x/y||some.test|some.test||/x//y
200 GET /inner/|x|some.test|some.test||/?x
--- no_error_log
[error]



=== TEST 2: dots do not lead out of the location
--- config
    location /inner/ { internal; return 200 "inside $uri"; }
    location /x { return 200 "outside $uri"; }
    location /t {
        dynworker_service API uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API }) {
    const tried = [];
    for (const path of ["../x", "a/../../x", "%2e%2e/x", "a/%2E%2e/../x", "..%2fx", "%2e%2e%2f%2e%2e%2fx",
      "a%00b", "%zz", "./y"]) {
      tried.push(await seen(API.fetch(`http://api.test/${path}`)));
    }
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
200 inside /inner/x
200 inside /inner/x
200 inside /inner/x
200 inside /inner/x
TypeError: Fetch API cannot load this URL.
TypeError: Fetch API cannot load this URL.
TypeError: Fetch API cannot load this URL.
TypeError: Fetch API cannot load this URL.
200 inside /inner/y
--- no_error_log
[error]



=== TEST 3: bodies, both ways, and no network beside it
--- http_config
    upstream echo { server 127.0.0.1:$TEST_NGINX_SERVER_PORT; }
--- config
    location /inner/ { internal; proxy_pass http://echo/echo/; proxy_buffering off; }
    location /echo/ { dynworker_script $TEST_NGINX_HTML_DIR/echo.js; }
    location /t {
        client_max_body_size 10m;
        dynworker_service API uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> echo.js
export default { fetch: (request) => new Response(request.body, { headers: { "X-Method": request.method } }) };
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API }) {
    const size = async (n) => {
      const response = await API.fetch("http://a/", { method: "POST", body: "x".repeat(n) });
      return `${response.headers.get("X-Method")} ${(await response.text()).length}`;
    };
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("streamed"));
        controller.close();
      },
    });
    return lines(await size(1), await size(300000),
      await seen(API.fetch("http://a/", { method: "PUT", body })),
      await seen(fetch("http://a/")));
  },
};
--- request
GET /t
--- response_body
POST 1
POST 300000
200 streamed
Error: Network access is disabled for this worker (globalOutbound is null).
--- no_error_log
[error]



=== TEST 4: a location that is a host worker itself gets the request, its body too
--- config
    location /inner/ { internal; dynworker_script $TEST_NGINX_HTML_DIR/inner.js; }
    location /t {
        dynworker_service API uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> inner.js
export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    return new Response(`${request.method} ${pathname}${search} ${
      request.headers.get("X-Own")} ${(await request.text()).length}`, { status: 201 });
  },
};
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API }) {
    const post = (n) => seen(API.fetch("http://a/x?y", { method: "POST",
      body: "x".repeat(n), headers: { "X-Own": "1" } }));
    return lines(await post(0), await post(5), await post(400000),
      await seen(API.fetch("http://a/get")));
  },
};
--- request
GET /t
--- response_body
201 POST /inner/x?y 1 0
201 POST /inner/x?y 1 5
201 POST /inner/x?y 1 400000
201 GET /inner/get null 0
--- no_error_log
[error]



=== TEST 5: a worker that calls itself through a service is stopped
--- config
    location /t {
        dynworker_service SELF uri=/t/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch(request, { SELF }) {
    const response = await SELF.fetch("http://self/");
    return response.status === 500 ? lines(1) : lines(1 + Number(await response.text()));
  },
};
--- request
GET /t
--- response_body
17
--- error_log
is called by itself through 16 locations



=== TEST 6: outbound=: a policy, whatever the global outbound
--- http_config
    dynworker_outbound api { allow a.test; set_header X-Key key; private_addresses on; pass /_out; }
    dynworker_outbound other { allow b.test; private_addresses on; pass /_out; }
--- config
    location = /_out { internal; return 200 "$dynworker_outbound_url $http_x_key"; }
    location /t {
        dynworker_global_outbound other;
        dynworker_loader LOADER;
        dynworker_service API outbound=api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /off {
        dynworker_service API outbound=api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API }) {
    return lines(
      await seen(API.fetch("http://a.test/x")), await seen(API.fetch("http://b.test/")),
      await seen(fetch("http://a.test/")), await seen(fetch("http://b.test/")));
  },
};
--- request eval
["GET /t", "GET /off"]
--- response_body eval
["200 http://a.test/x key
403 Domain not allowed
403 Domain not allowed
200 http://b.test/
", "200 http://a.test/x key
403 Domain not allowed
Error: Network access is disabled for this worker (globalOutbound is null).
Error: Network access is disabled for this worker (globalOutbound is null).
"]
--- no_error_log
[error]



=== TEST 7: a fetch of a service counts as a subrequest
--- config
    location /inner/ { internal; return 200 "yes"; }
    location /t {
        dynworker_limits subrequests=2;
        dynworker_service API uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API }) {
    const tried = [];
    for (let i = 0; i < 3; i++) tried.push(await seen(API.fetch("http://a/")));
    return lines(...tried);
  },
};
--- request
GET /t
--- response_body
200 yes
200 yes
Error: Too many subrequests.
--- no_error_log
[alert]



=== TEST 8: an inner level adds services, and its own win
--- config
    location /one/ { internal; return 200 "one"; }
    location /two/ { internal; return 200 "two"; }
    dynworker_service A uri=/one/;
    dynworker_service B uri=/one/;
    location /t {
        dynworker_service B uri=/two/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines, seen } from "./help.js";
export default {
  fetch: async (request, { A, B }) =>
    lines(await seen(A.fetch("http://a/")), await seen(B.fetch("http://a/"))),
};
--- request
GET /t
--- response_body
200 one
200 two
--- no_error_log
[error]



=== TEST 9: a location that does not exist, or fails, is a Response
--- config
    location /inner/ { internal; return 503; }
    location = /nothing { internal; root $TEST_NGINX_HTML_DIR; }
    location /t {
        dynworker_service FAILS uri=/inner/;
        dynworker_service NOTHING uri=/nothing-here;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
import { lines } from "./help.js";
export default {
  async fetch(request, { FAILS, NOTHING }) {
    return lines((await FAILS.fetch("http://a/")).status, (await NOTHING.fetch("http://a/")).status);
  },
};
--- request
GET /t
--- response_body
503
404



=== TEST 10: a target that is none
--- config
    location /t { dynworker_service API http://api.test; return 204; }
--- must_die
--- error_log
invalid target "http://api.test" of service "API", it must be "uri=" with a URI, "outbound=" with the name of a policy, or "script=" with a file



=== TEST 11: a uri with a variable
--- config
    location /t { dynworker_service API uri=/$host; return 204; }
--- must_die
--- error_log
invalid uri "/$host" of service "API"



=== TEST 12: a uri that is none
--- config
    location /t { dynworker_service API uri=api; return 204; }
--- must_die
--- error_log
invalid uri "api" of service "API"



=== TEST 13: a policy that is none
--- config
    location /t { dynworker_service API outbound=missing; return 204; }
--- must_die
--- error_log
unknown policy "missing" in



=== TEST 14: no policy at all
--- config
    location /t { dynworker_service API outbound=; return 204; }
--- must_die
--- error_log
no policy in "outbound=" of service "API"



=== TEST 15: one parameter too many
--- config
    location /t { dynworker_service API uri=/x entrypoint=Api; return 204; }
--- must_die
--- error_log
invalid parameter "entrypoint=Api" of service "API", only "script=" takes another one
