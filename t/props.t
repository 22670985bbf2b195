# What a location says of each request: dynworker_prop in ctx.props,
# dynworker_cf in request.cf.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a location's props and cf are evaluated for each request
--- config
    dynworker_prop tenant server;
    dynworker_prop host $host;
    dynworker_cf colo server;
    dynworker_cf country $arg_country;

    location /t {
        dynworker_prop tenant $arg_tenant;
        dynworker_cf colo FRA;
        dynworker_script $TEST_NGINX_HTML_DIR/echo.js;
    }
--- user_files
>>> echo.js
export default {
  fetch: ({ cf }, env, { props }) =>
    new Response(`${JSON.stringify(props)} ${JSON.stringify(cf)}`),
};
--- request eval
["GET /t?tenant=a&country=DE", "GET /t?tenant=b"]
--- response_body eval
['{"tenant":"a","host":"localhost"} '
 . '{"httpProtocol":"HTTP/1.1","colo":"FRA","country":"DE"}',
 '{"tenant":"b","host":"localhost"} '
 . '{"httpProtocol":"HTTP/1.1","colo":"FRA","country":""}']



=== TEST 2: whatever a client sends stays within its string
--- config
    location /t {
        set $agent $http_x_agent;
        dynworker_prop agent $agent;
        dynworker_cf agent $agent;
        dynworker_script $TEST_NGINX_HTML_DIR/echo.js;
    }
--- user_files
>>> echo.js
export default {
  fetch({ cf }, env, { props }) {
    if (cf.agent !== props.agent) return new Response("different");
    return Response.json([Object.keys(props), Object.keys(cf), props.agent]);
  },
};
--- more_headers eval
"X-Agent: \"},\"admin\":\"\\\t\x01\x7f\xc3\xa9\xff"
--- request
GET /t
--- response_body eval
'[["agent"],["httpProtocol","agent"],'
. "\"\\\"},\\\"admin\\\":\\\"\\\\\\t\\u0001\x7f\xc3\xa9\xef\xbf\xbd\"]"



=== TEST 3: entrypoints and plain handlers see them; exports do not inherit them
--- config
    location /t {
        dynworker_prop tenant one;
        dynworker_script $TEST_NGINX_HTML_DIR/class.js;
    }
--- user_files
>>> class.js
import { WorkerEntrypoint } from "cloudflare:workers";

export class Named extends WorkerEntrypoint {
  show() { return this.ctx.props; }
}

export default class extends WorkerEntrypoint {
  async fetch() {
    const { exports, props } = this.ctx;
    return Response.json([
      props,
      await exports.Named.show(),
      await exports.Named({ props: { tenant: "two" } }).show(),
    ]);
  }
}
--- request
GET /t
--- response_body: [{"tenant":"one"},{},{"tenant":"two"}]



=== TEST 4: a dynamic worker of dynworker_load has them, too
--- config
    location /t {
        dynworker_prop tenant $arg_tenant;
        dynworker_cf country DE;
        dynworker_load id=a code=/code;
    }
    location = /code {
        internal;
        default_type text/javascript;
        alias $TEST_NGINX_HTML_DIR/worker.js;
    }
--- user_files
>>> worker.js
export default {
  fetch: ({ cf }, env, { props }) =>
    new Response(`${props.tenant} ${cf.country}`),
};
--- request eval
["GET /t?tenant=a", "GET /t?tenant=b"]
--- response_body eval
["a DE", "b DE"]



=== TEST 5: names are JavaScript identifiers
--- config
    dynworker_prop a-b x;
--- must_die
--- error_log
invalid name "a-b" in ctx.props, it must be a JavaScript identifier



=== TEST 6: a level has a name once
--- config
    dynworker_cf a x;
    dynworker_cf a y;
--- must_die
--- error_log
duplicate name "a" in request.cf



=== TEST 7: what nginx knows cannot be replaced
--- config
    dynworker_cf tlsVersion none;
--- must_die
--- error_log
"tlsVersion" in request.cf is set by nginx itself



=== TEST 8: an unknown variable is reported
--- config
    dynworker_prop a $nosuch;
--- must_die
--- error_log
unknown "nosuch" variable
