# Bodies of requests and responses: read, written, and passed on untouched.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

# 1 MB, of which no part looks like another.
our $MB = join '', map { sprintf "%015d\n", $_ } 0 .. 65535;

# As chunks of n bytes.
sub chunked {
    my ($text, $size) = @_;
    my $out = '';
    for (my $at = 0; $at < length $text; $at += $size) {
        my $part = substr $text, $at, $size;
        $out .= sprintf "%x\r\n%s\r\n", length $part, $part;
    }
    return $out . "0\r\n\r\n";
}

sub post {
    my ($path, $body, @headers) = @_;
    return join "\r\n", "POST $path HTTP/1.1", 'Host: localhost',
        'Connection: close', @headers, '', $body;
}

sub post_length {
    my ($path, $body) = @_;
    return post($path, $body, 'Content-Length: ' . length $body);
}

sub post_chunked {
    my ($path, $body, $size) = @_;
    return post($path, chunked($body, $size || 10000),
                'Transfer-Encoding: chunked');
}

log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a request body of 1 MB is read as text
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    const text = await request.text();
    const lines = text.split("\n");
    let bad = 0;
    for (let i = 0; i < 65536; i++) if (Number(lines[i]) !== i) bad++;
    return new Response(`${text.length} ${lines.length} ${bad}\n`);
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body
1048576 65537 0
--- no_error_log
[error]



=== TEST 2: a chunked request body of 1 MB is read as text
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    const text = await request.text();
    const lines = text.split("\n");
    let bad = 0;
    for (let i = 0; i < 65536; i++) if (Number(lines[i]) !== i) bad++;
    return new Response(
      `${text.length} ${bad} ${request.headers.get("Content-Length")}\n`);
  },
};
--- raw_request eval
[main::post_chunked('/t', $::MB)]
--- response_body
1048576 0 null
--- no_error_log
[error]



=== TEST 3: a request body is read with JSON, bytes and a form's fields
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    switch (new URL(request.url).pathname) {
    case "/t/json":
      return Response.json((await request.json()).list.length);
    case "/t/bytes":
      return Response.json([...new Uint8Array(await request.arrayBuffer())]);
    case "/t/again":
      await request.text();
      return Response.json(
        [request.bodyUsed, await request.text().catch(({ name }) => name)]);
    }
  },
};
--- request eval
["POST /t/json\n" . '{"list": [1, 2, 3]}', "POST /t/bytes\nab\x00\xff",
 "POST /t/again\nabc"]
--- response_body eval
["3", "[97,98,0,255]", '[true,"TypeError"]']
--- no_error_log
[error]



=== TEST 4: bad JSON in a body rejects with a SyntaxError
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch: (request) =>
    request.json().catch((error) => new Response(`${error.name}\n`)),
};
--- request
POST /t
{"list": [1, 2
--- response_body
SyntaxError
--- no_error_log
[error]



=== TEST 5: a body is read chunk by chunk as a stream
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    let size = 0, chunks = 0, sum = 0;
    for await (const chunk of request.body) {
      chunks++;
      size += chunk.length;
      for (const byte of chunk) sum += byte;
    }
    return new Response(`${size} ${chunks > 1} ${sum}\n`);
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body eval
'1048576 true ' . unpack('%32C*', $::MB) . "\n"
--- no_error_log
[error]



=== TEST 6: "return new Response(request.body)" echoes 1 MB untouched
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch: (request) => new Response(request.body),
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_headers
Content-Length: 1048576
! Transfer-Encoding
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 7: an echo of a chunked body is chunked
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch: (request) => new Response(request.body),
};
--- raw_request eval
[main::post_chunked('/t', $::MB, 70000)]
--- response_headers
! Content-Length
Transfer-Encoding: chunked
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 8: 1 MB read as an ArrayBuffer is sent again
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    const buffer = await request.arrayBuffer();
    return new Response(buffer);
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_headers
Content-Length: 1048576
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 9: a response of 1 MB of text that is not ASCII
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch: () => new Response("h\u00e9\u4e16\ud83d\ude00".repeat(104858)),
};
--- request
GET /t
--- response_headers
Content-Length: 1048580
--- response_body eval
"h\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80" x 104858
--- no_error_log
[error]



=== TEST 10: a body is transformed on its way
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch(request) {
    const upper = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.map((c) => c === 48 ? 79 : c));
      },
    });
    return new Response(request.body.pipeThrough(upper));
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body eval
(my $text = $::MB) =~ tr/0/O/; $text
--- no_error_log
[error]



=== TEST 11: a stream of many chunks arrives whole and in order
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch() {
    const encoder = new TextEncoder();
    let line = 0;
    return new Response(new ReadableStream({
      pull(controller) {
        let text = "";
        for (let i = 0; i < 64; i++) {
          text += String(line++).padStart(15, "0") + "\n";
        }
        controller.enqueue(encoder.encode(text));
        if (line === 65536) controller.close();
      },
    }));
  },
};
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 12: client_max_body_size refuses a longer body with 413
--- config
    location /t {
        client_max_body_size 1000;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: async (request) => new Response(`${(await request.text()).length}\n`),
};
--- request eval
["POST /t\n" . "x" x 1000, "POST /t\n" . "x" x 1001]
--- error_code eval
[200, 413]
--- response_body_like eval
["^1000\n\$", "413 Request Entity Too Large"]



=== TEST 13: client_max_body_size refuses a longer chunked body with 413
--- config
    location /t {
        client_max_body_size 1000;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: async (request) => new Response(`${(await request.text()).length}\n`),
};
--- raw_request eval
[main::post_chunked('/t', "x" x 1001, 100)]
--- error_code: 413
--- response_body_like: 413 Request Entity Too Large
--- error_log
client intended to send too large chunked body



=== TEST 14: a chunked body of just client_max_body_size is taken
--- config
    location /t {
        client_max_body_size 1000;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {
  fetch: async (request) => new Response(`${(await request.text()).length}\n`),
};
--- raw_request eval
[main::post_chunked('/t', "x" x 1000, 100)]
--- response_body
1000
--- no_error_log
[error]



=== TEST 15: a malformed chunked body is the client's 400
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  fetch: async (request) => new Response(`${(await request.text()).length}\n`),
};
--- raw_request eval
[main::post('/t', "5\r\nhello\r\nxyz\r\n", 'Transfer-Encoding: chunked')]
--- error_code: 400
--- response_body_like: 400 Bad Request
--- error_log
client sent invalid chunked body



=== TEST 16: a dynamic worker's response body of 1 MB passes through its host untouched
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
const code = `
  export default {
    fetch() {
      let text = "";
      for (let i = 0; i < 65536; i++) text += String(i).padStart(15, "0") + "\\n";
      return new Response(text, { headers: { "X-Dynamic": "yes" } });
    },
  };`;
export default {
  fetch(request, env) {
    return env.LOADER.get("big", () => ({
      mainModule: "main.js", modules: { "main.js": code },
    })).getEntrypoint().fetch(request);
  },
};
--- request
GET /t
--- response_headers
Content-Length: 1048576
X-Dynamic: yes
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 17: a request body of 1 MB goes from client to dynamic worker, untouched by the host
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
const code = `
  export default {
    async fetch(request) {
      const lines = (await request.text()).split("\\n");
      let bad = 0;
      for (let i = 0; i < 65536; i++) if (Number(lines[i]) !== i) bad++;
      return new Response([request.method, lines.length, bad].join(" ") + "\\n");
    },
  };`;
export default {
  fetch(request, env) {
    return env.LOADER.get("reader", () => ({
      mainModule: "main.js", modules: { "main.js": code },
    })).getEntrypoint().fetch(request);
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body
POST 65537 0
--- no_error_log
[error]



=== TEST 18: a dynamic worker echoes the client's body through its host: two joins
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
export default {
  fetch(request, env) {
    return env.LOADER.get("echo", () => ({
      mainModule: "main.js",
      modules: {
        "main.js": "export default { fetch: (r) => new Response(r.body) };",
      },
    })).getEntrypoint().fetch(request);
  },
};
--- raw_request eval
[main::post_chunked('/t', $::MB)]
--- response_body eval
$::MB
--- no_error_log
[error]



=== TEST 19: a host reads what its dynamic worker answers, and sends what it read
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_limits cpu=2s;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
export default {
  async fetch(request, env) {
    const body = await request.arrayBuffer();
    const response = await env.LOADER.get("upper", () => ({
      mainModule: "main.js",
      modules: {
        "main.js": `export default {
          async fetch(request) {
            return new Response((await request.text()).replaceAll("0", "O"));
          },
        };`,
      },
    })).getEntrypoint().fetch("http://upper/", { method: "POST", body });
    return new Response((await response.text()).replaceAll("1", "I"));
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body eval
(my $text = $::MB) =~ tr/01/OI/; $text
--- no_error_log
[error]



=== TEST 20: a stream of the host's is the body of a request to a dynamic worker
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
export default {
  async fetch(request, env) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    (async () => {
      for (let i = 0; i < 1000; i++) {
        await writer.write(encoder.encode(`${i}\n`));
      }
      await writer.close();
    })();
    return env.LOADER.get("count", () => ({
      mainModule: "main.js",
      modules: {
        "main.js": `export default {
          async fetch(request) {
            const lines = (await request.text()).split("\\n");
            return new Response(lines.length + " " + lines[999] + "\\n");
          },
        };`,
      },
    })).getEntrypoint().fetch("http://count/", { method: "POST", body: readable });
  },
};
--- request
GET /t
--- response_body
1001 999
--- no_error_log
[error]



=== TEST 21: both halves of a tee, and of a clone, are the whole body
--- config
    location /t { dynworker_script $TEST_NGINX_HTML_DIR/t.js; }
--- user_files
>>> t.js
export default {
  async fetch(request) {
    const copy = request.clone();
    const [one, two] = request.body.tee();
    const texts = await Promise.all(
      [copy, new Response(one), new Response(two)].map((body) => body.text()));
    return new Response(texts.map((text) => text.length).join(" ") + "\n");
  },
};
--- raw_request eval
[main::post_length('/t', $::MB)]
--- response_body
1048576 1048576 1048576
--- no_error_log
[error]
