# An exception of a host worker goes to the location's "error_page", and a named
# location there has the client's method and body, as long as the worker has not
# read of it.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => <<'END');
    dynworker_limits cpu=100ms;
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
        error_page 500 503 = @origin;
    }
    location /static {
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
        error_page 500 /sorry.txt;
    }
    location @origin {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo$is_args$args;
    }
    location /echo {
        dynworker_script $TEST_NGINX_HTML_DIR/echo.js;
    }
END
    $block->set_value(user_files => <<'END');
>>> sorry.txt
sorry
>>> echo.js
export default {
  async fetch(request) {
    const text = await request.text();
    return new Response(`${request.method} ${text.length} ${text.slice(0, 9)}\n`);
  },
};
>>> host.js
export default {
  async fetch(request, env, ctx) {
    const asked = new URL(request.url).searchParams;
    if (asked.has("pass")) ctx.passThroughOnException();
    if (asked.has("read")) await request.text();
    if (asked.has("part")) await request.body.getReader().read();
    if (asked.has("spin")) for (;;) {}
    throw new Error("oops");
  },
};
END
});

log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a body that was not read goes on to a named location, whatever its size
--- request eval
["GET /t?pass", "POST /t?pass\nthe body", "PUT /t?pass\n" . "x" x 300000,
 "POST /t\nthe body", "POST /t?pass&spin\nthe body"]
--- response_body eval
["GET 0 \n", "POST 8 the body\n", "PUT 300000 xxxxxxxxx\n", "POST 8 the body\n",
 "POST 8 the body\n"]



=== TEST 2: after the worker has read of it, a request is not passed through
--- request eval
["POST /t?pass&read\nthe body", "POST /t?pass&part\n" . "x" x 300000,
 "POST /t?pass&read&spin\nthe body"]
--- error_code eval
[500, 500, 503]
--- response_body_like eval
["500 Internal", "500 Internal", "503 Service"]



=== TEST 3: without passThroughOnException() the location answers all the same, and has no body
--- request eval
["POST /t?read\nthe body", "POST /t?part\n" . "x" x 300000,
 "POST /static?read\nthe body"]
--- error_code eval
[200, 200, 500]
--- response_body eval
["POST 0 \n", "POST 0 \n", "sorry\n"]
