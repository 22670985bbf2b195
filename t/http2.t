# The same over HTTP/2, where a request is one of many streams of a connection.

use warnings;
use strict;

use IO::Select;
use Test::More;
use DynWorker;

my $port = DynWorker::free_port();
my $url = "http://127.0.0.1:$port";

my $t = DynWorker->start(http => <<"HTTP", config => <<'CONF', files => {
    dynworker_outbound self {
        allow http://self.test;
        pass /_out;
    }
    upstream self.test { server 127.0.0.1:%%PORT%%; }
    client_max_body_size 100m;
    dynworker_log_level info;
    server {
        listen 127.0.0.1:$port http2;
        add_header X-Error \$dynworker_error always;
        http2_max_concurrent_streams 256;
        dynworker_limits cpu=10s;
        location / {
            dynworker_script host.js;
            dynworker_loader LOADER;
            dynworker_global_outbound self;
        }
        location /load { dynworker_load id=a code=/_code; }
        location /broken { dynworker_load id=b code=/_broken; }
        location /nosuch { dynworker_load id=c code=/_nosuch; }
        location /wall {
            dynworker_limits wall=200ms;
            dynworker_script host.js;
        }
        location = /_code {
            internal;
            default_type text/javascript;
            return 200 "export default {
                fetch(r) { return new Response(r.body ?? 'loaded') } }";
        }
        location = /_broken {
            internal;
            default_type text/javascript;
            return 200 "export default {";
        }
        location = /_nosuch { internal; return 404; }
        location = /_out {
            internal;
            proxy_pass http://\$dynworker_outbound_peer\$dynworker_outbound_uri;
            proxy_http_version 1.1;
            proxy_buffering off;
        }
    }
HTTP
    location /echo { dynworker_script host.js; dynworker_limits cpu=10s; }
    location /stream { dynworker_script host.js; }
CONF
    'host.js' => <<'JS',
let failing;
const acts = {
  hello: () => new Response("hello\n"),
  throws() { throw new Error("no"); },
  echo: ({ body }) => new Response(body),
  text: async (request) => new Response(await request.text()),
  protocol: ({ cf, url }) => new Response(`${cf.httpProtocol} ${url}\n`),
  async wait(request) {
    const n = new URL(request.url).searchParams.get("n");
    request.signal.addEventListener("abort", () => console.log(`${n} aborted`));
    console.log(`${n} begins`);
    await scheduler.wait(20000);
  },
  stream: () => new Response(new ReadableStream({
    async start(c) {
      for (let i = 0; i < 5; i++) {
        c.enqueue(new TextEncoder().encode(`chunk ${i}\n`));
        await scheduler.wait(10);
      }
      c.close();
    },
  })),
  fails: () => new Response(new ReadableStream({
    start(c) {
      c.enqueue(new TextEncoder().encode("begin"));
      failing = c;
    },
  })),
  failNow() {
    failing.error(new Error("asked to fail"));
    return new Response("failed\n");
  },
  flood: () => new Response(new ReadableStream({
    pull(c) { c.enqueue(new Uint8Array(65536)); },
    cancel() { console.log("flood cancelled"); },
  })),
  headers: () => new Response("ok", { headers: {
    "X-One": "1", "Connection": "close", "Keep-Alive": "5",
    "Transfer-Encoding": "chunked" } }),
  status: ({ url }) =>
    new Response(null, { status: +new URL(url).searchParams.get("n") }),
  pass: () => fetch("http://self.test/stream"),
  forward: ({ body }) =>
    fetch("http://self.test/echo", { method: "POST", body }),
  async through(request, env) {
    const worker = env.LOADER.get("through", () => ({
      compatibilityDate: "2026-01-01",
      mainModule: "m.js",
      modules: { "m.js": `export default { fetch(request) {
        if (request.method === "GET") return fetch("http://self.test/stream");
        return fetch("http://self.test/echo",
                     { method: "POST", body: request.body }); } }` },
    }));
    return worker.getEntrypoint().fetch(request);
  },
};
export default {
  fetch(request, env) {
    const name = new URL(request.url).pathname.split("/").pop();
    return (acts[name] ?? acts.hello)(request, env);
  },
};
JS
});

# What curl prints: the answer, then the version and the status.
sub curl {
    my ($path, @options) = @_;
    open my $out, '-|', 'curl', '-sSN', '--http2-prior-knowledge', '--max-time',
        $DynWorker::PATIENCE, '-w', '|%{http_version} %{http_code} %{exitcode}',
        @options, "$url$path" or die "curl: $!\n";
    return $out;
}

sub h2 {
    my $out = curl(@_);
    local $/;
    return scalar(<$out>) // '';
}

is h2('/hello'), "hello\n|2 200 0", 'GET';
is h2('/load'), "loaded|2 200 0", 'GET, a dynamic worker';
is h2('/protocol?a=b'), "HTTP/2 $url/protocol?a=b\n|2 200 0",
    'request.cf.httpProtocol and the URL';
like h2('/hello', '-I'), qr/^HTTP\/2 200 .*\|2 200 0\z/s, 'HEAD';
is h2('/stream'), join('', map { "chunk $_\n" } 0 .. 4) . '|2 200 0',
    'a streamed answer';

my $headers = h2('/headers', '-i');
like $headers, qr/^x-one: 1\r$/m, 'headers arrive';
unlike $headers, qr/^(?:connection|keep-alive|transfer-encoding):/mi,
    'but those of HTTP/1.1 connections';

is h2("/status?n=$_"), "|2 $_ 0", "status $_"
    for 200, 204, 205, 304, 404, 418, 599;

# -- errors -------------------------------------------------------------------

for my $case (
    ['/throws' => 500, 'exception'],
    ['/broken' => 500, 'load'],
    ['/nosuch' => 404, ''],
    ['/wall/wait' => 503, 'wall'],
) {
    my ($path, $status, $error) = @$case;
    my $got = h2($path, '-i');
    like $got, qr/\|2 $status 0\z/, "$path: $status";
    like $got, qr/^x-error: $error\r$/m, "$path: $error" if $error;
}

{
    my $out = curl('/fails');
    my $got = '';
    1 while $got !~ /begin/ && sysread $out, $got, 4096, length $got;
    is h2('/failNow'), "failed\n|2 200 0", 'an answer that has begun';
    1 while sysread $out, $got, 4096, length $got;
    like $got, qr/^begin\|2 200 (?!0)/, '... and breaks off is no complete one';
}
is h2('/hello'), "hello\n|2 200 0", 'and the next one is fine';

# -- bodies -------------------------------------------------------------------

my $body = join '', map { chr(32 + ($_ * 7919) % 95) } 1 .. 1_000_000;
write_file($t->dir . '/body', $body);
my @post = ('--data-binary', '@' . $t->dir . '/body');

is h2('/echo', @post), "$body|2 200 0", 'POST: a megabyte, passed on';
is h2('/text', @post), "$body|2 200 0", 'POST: a megabyte, read';
is h2('/load', @post), "$body|2 200 0", 'POST: by a dynamic worker';
is h2('/forward', @post), "$body|2 200 0", 'POST: to an upstream and back';
is h2('/through', @post), "$body|2 200 0", 'POST: by a dynamic worker\'s fetch';
is h2('/pass'), join('', map { "chunk $_\n" } 0 .. 4) . '|2 200 0',
    'fetch(), its answer passed on';
is h2('/through'), join('', map { "chunk $_\n" } 0 .. 4) . '|2 200 0',
    'a dynamic worker\'s';

# A body without a length: DATA frames until END_STREAM.
is h2('/echo', '-H', 'Content-Length:', '-T', $t->dir . '/body', '-X', 'POST'),
    "$body|2 200 0", 'POST: of unknown length';

# Bodies of any length that have come before the worker asks for them, with the
# request's head, or come later.
for my $length (1, 5, 1000, 16000, 60000) {
    my $small = substr $body, 0, $length;
    for my $path ('/text', '/echo', '/load', '/forward', '/through') {
        is h2_body(0, $path, $small), $small, "$path: $length bytes with the head";
        is h2_body(1, $path, $small), $small, "$path: $length bytes after it";
    }
}

# An answer's body.  The request's leaves with its head, or once that is there.
sub h2_body {
    my ($after, $path, $content) = @_;
    my $client = h2_client();
    my $head = head(1, 'POST', $path, 0);
    my $data = '';
    while ($content =~ /\G(.{1,16000})/gs) {
        $data .= frame(0, pos $content == length $content ? 1 : 0, 1, $1);
    }
    print $client $head;
    if ($after) {
        # nginx answers a PING after what came before it
        print $client frame(6, 0, 0, 'x' x 8);
        $client->flush;
        my $in = '';
        wait_until {
            IO::Select->new($client)->can_read(1)
                && sysread $client, $in, 65536, length $in;
            $in =~ /x{8}/;
        };
    }
    print $client $data, frame(8, 0, 0, pack 'N', 1_000_000),
        frame(8, 0, 1, pack 'N', 1_000_000);
    $client->flush;
    my ($in, $answer, $ended) = ('', '');
    wait_until {
        IO::Select->new($client)->can_read(1)
            && sysread $client, $in, 65536, length $in;
        while (length $in >= 9) {
            my ($size, $type, $flags) = unpack 'N C C', "\0" . substr $in, 0, 9;
            last if length $in < 9 + $size;
            my $payload = substr substr($in, 0, 9 + $size, ''), 9;
            $answer .= $payload if $type == 0;
            $ended = 1 if $type < 2 && $flags & 1;
        }
        $ended;
    };
    close $client;
    return $answer;
}

# -- many streams -----------------------------------------------------------------

my ($worker) = $t->workers;
my $open = $t->settled;

for my $case (
    ['/hello', 2000, 100],
    ['/load', 1000, 100],
    ['/stream', 300, 100],
    ['/pass', 200, 50],
    ['/through', 200, 50],
    ['/throws', 300, 100],
) {
    my ($path, $count, $streams) = @$case;
    my $got = h2load('-n', $count, '-c', 2, '-m', $streams, "$url$path");
    my $class = $path eq '/throws' ? '0 2xx, 0 3xx, 0 4xx, ' . $count . ' 5xx'
                                   : "$count 2xx";
    like $got, qr/status codes: $class/,
        "$count requests for $path, $streams at a time" or diag $got;
}

{
    my $got = h2load('-n', 40, '-c', 2, '-m', 20, '-d', $t->dir . '/body',
                     "$url/echo");
    like $got, qr/status codes: 40 2xx/, '40 times a megabyte, 20 at a time'
        or diag $got;
    like $got, qr/\(40000000\) data/, 'and every byte comes back' or diag $got;
}

sub h2load {
    open my $out, '-|', 'h2load', @_ or die "h2load: $!\n";
    local $/;
    return scalar(<$out>) // '';
}

# -- streams that their client resets ------------------------------------------------

# Frames by hand: no client resets one stream and goes on with the next.
sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('C C N', $type, $flags, $stream) . $payload;
}

# A request's head, in literals without indexing.
sub head {
    my ($stream, $method, $path, $end) = @_;
    my $block = join '', map {
        my ($name, $value) = @$_;
        "\0" . pack('C/a C/a', $name, $value);
    } [':method', $method], [':scheme', 'http'], [':path', $path],
      [':authority', 'a'];
    return frame(1, 4 | ($end ? 1 : 0), $stream, $block);
}

sub h2_client {
    my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
        or die "connect: $@\n";
    print $client "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, '');
    $client->flush;
    return $client;
}

use constant { CANCEL => pack('N', 8) };

{
    my $client = h2_client();
    my $n = 0;
    for my $round (1 .. 20) {
        my $stream = 2 * ++$n - 1;
        print $client head($stream, 'GET', "/wait?n=s$n", 1);
        $client->flush;
        ok wait_until { $t->error_log =~ /: s$n begins/ } if $round == 1;
    }
    ok wait_until { $t->error_log =~ /: s20 begins/ }, 'twenty streams wait';
    print $client frame(3, 0, 2 * $_ - 1, CANCEL) for 1 .. 20;
    $client->flush;
    for my $i (1 .. 20) {
        wait_until { $t->error_log =~ /: s$i aborted/ } or fail "s$i";
    }
    pass 'each is aborted when its client resets it';

    # One body that never ends, one answer that never ends, one upload to an
    # upstream; then the same connection still serves.
    my $stream = 101;
    for my $path ('/text', '/echo', '/load', '/forward', '/through') {
        print $client head($stream, 'POST', $path, 0),
            frame(0, 0, $stream, 'x' x 10000);
        $client->flush;
        $stream += 2;
    }
    print $client head(201, 'GET', '/flood', 1);
    $client->flush;
    # The others have at most 30000 bytes to say, the connection's window is 65535.
    my ($got, $bytes) = (0);
    ok wait_until {
        $got += sysread $client, $bytes, 65536;
        $got > 40000;
    }, 'an answer without end';
    print $client frame(3, 0, $_, CANCEL)
        for 201, map { 101 + 2 * $_ } 0 .. 4;
    $client->flush;
    ok wait_until { $t->error_log =~ /flood cancelled/ }, 'is cancelled';

    print $client frame(8, 0, 0, pack 'N', 10_000_000), head(301, 'GET',
                                                             '/hello', 1);
    $client->flush;
    $got = '';
    ok wait_until {
        IO::Select->new($client)->can_read(1)
            && sysread $client, $got, 65536, length $got;
        $got =~ /hello\n/;
    }, 'the connection still serves';
    close $client;
}

# A body that nobody reads (curl sends on, and fails, as it does with "return").
for my $case (['/hello', "hello\n"], ['/throws', '500 Internal']) {
    my ($path, $content) = @$case;
    my $client = h2_client();
    print $client head(1, 'POST', $path, 0), frame(0, 0, 1, 'x' x 10000);
    $client->flush;
    my ($in, $body, $ended, $reset) = ('', '', 0);
    wait_until {
        IO::Select->new($client)->can_read(1)
            && sysread $client, $in, 65536, length $in;
        while (length $in >= 9) {
            my ($size, $type, $flags, $stream) =
                unpack 'N C C N', "\0" . substr $in, 0, 9;
            last if length $in < 9 + $size;
            my $payload = substr substr($in, 0, 9 + $size, ''), 9;
            $body .= $payload if $type == 0;
            $ended = 1 if $type == 0 && $flags & 1;
            $reset = unpack 'N', $payload if $type == 3;
        }
        defined $reset;
    };
    like $body, qr/$content/, "$path: answers before it has read the body";
    ok $ended, "$path: and completely";
    is $reset, 0, "$path: then the stream is reset, without an error";
    close $client;
}

# A connection that goes away with all its streams.
{
    my $client = h2_client();
    print $client head(2 * $_ - 1, 'GET', "/wait?n=c$_", 1) for 1 .. 20;
    $client->flush;
    ok wait_until { $t->error_log =~ /: c20 begins/ }, 'twenty streams wait';
    close $client;
    for my $i (1 .. 20) {
        wait_until { $t->error_log =~ /: c$i aborted/ } or fail "c$i";
    }
    pass 'all are aborted when their connection goes away';
}

is h2('/hello'), "hello\n|2 200 0", 'and others are served';
ok wait_until { $t->descriptors == $open }, 'no descriptor is left'
    or diag $t->descriptors, " instead of $open";
is_deeply [$t->workers], [$worker], 'in the same worker process';

ok $t->stop('QUIT'), 'and nothing keeps nginx from ending';
$t->no_alerts;

done_testing;
