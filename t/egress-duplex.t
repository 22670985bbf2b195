# Requests whose response begins before their body has ended: both ways stream
# until both have ended, joined or not, through one worker or two.

use warnings;
use strict;

use IO::Select;
use POSIX ();
use Socket qw(SO_RCVBUF SO_SNDBUF);
use Test::More;
use DynWorker;
use Upstream;

my $MB = 1024 * 1024;

$SIG{PIPE} = 'IGNORE';

my $head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
sub chunk { return sprintf("%x\r\n%s\r\n", length $_[0], $_[0]) }

my $up = Upstream->start({
    # says back what comes, as it comes
    echo => sub {
        my ($c) = @_;
        $c->note($c->{head} =~ /^Transfer-Encoding: chunked/mi ? 'echo chunked'
            : $c->{head} =~ /^Content-Length: (\d+)/mi ? "echo sized $1" : 'echo nothing');
        $c->say($head);
        for (;;) {
            my $piece = $c->piece // return $c->note('echo broken') && 0;
            $c->say(chunk($piece)) or return $c->note('echo gone') && 0;
            last if $piece eq '';
        }
        return $c->note('echo done');
    },
    # a whole answer, and nothing is read
    answer => sub {
        my ($c) = @_;
        $c->say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
        $c->note('answered');
        1 while defined(my $piece = $c->piece);
        $c->note('answer closed');
        return 0;
    },
    # begins to answer, and reads no more than the first piece
    deaf => sub {
        my ($c) = @_;
        $c->say($head . chunk('begun'));
        $c->piece;
        $c->note('deaf');
        POSIX::pause();
    },
    # breaks off after the first piece
    broken => sub {
        my ($c) = @_;
        $c->say($head);
        $c->say(chunk($c->piece));
        return $c->reset;
    },
    length => sub {
        my ($c) = @_;
        my $size = 0;
        for (;;) {
            my $piece = $c->piece // return $c->note("length broken $size") && 0;
            last if $piece eq '';
            $size += length $piece;
        }
        my $how = defined $c->{left} ? 'sized' : 'chunked';
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . length("$how $size") . "\r\n\r\n$how $size");
    },
}, early => { map { $_ => 1 } qw(echo answer deaf broken length) },
    sndbuf => 65_536, rcvbuf => 65_536);

my $address = '127.0.0.1:' . $up->port;

my $acts = <<'END';
export const upper = () => new TransformStream({
  transform(chunk, controller) {
    controller.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase()));
  },
});
export const acts = {
  // both bodies untouched
  pass: (url, request) => fetch(url, { method: "POST", body: request.body }),
  // the request's through JavaScript, the response's untouched
  stream: (url, request) =>
    fetch(url, { method: "POST", body: request.body.pipeThrough(upper()) }),
  // both through JavaScript
  both: async (url, request) => {
    const response = await fetch(url, { method: "POST", body: request.body.pipeThrough(upper()) });
    return new Response(response.body.pipeThrough(upper()));
  },
  // without anybody else
  own: (url, request) => new Response(request.body),
  ownStream: (url, request) => new Response(request.body.pipeThrough(upper())),
  // a body that fails
  fail: (url) => fetch(url, { method: "POST", body: new ReadableStream({
    async pull(controller) {
      if (this.begun) { await scheduler.wait(50); throw new Error("no more"); }
      this.begun = true;
      controller.enqueue(new TextEncoder().encode("first"));
    },
  }) }),
};
END

my $main = <<'END';
import { acts, upper } from "./acts.js";
import text from "./acts.txt";
const code = {
  compatibilityDate: "2026-01-01",
  mainModule: "main.js",
  modules: {
    "acts.js": text,
    "main.js": `import { acts } from "./acts.js";
      export default {
        fetch(request) {
          const { act, url } = Object.fromEntries(new URL(request.url).searchParams);
          return acts[act](url, request);
        },
      };`,
  },
};
const loaded = (env) => env.LOADER.get("inner", () => code).getEntrypoint();
export default {
  async fetch(request, env) {
    const { act, url, host } = Object.fromEntries(new URL(request.url).searchParams);
    console.log(`${host ?? "alone"} ${act}`);
    if (host === "join") return loaded(env).fetch(request);
    if (host === "stream") {
      return loaded(env).fetch(request.url,
        { method: "POST", body: request.body.pipeThrough(upper()) });
    }
    return acts[act](url, request);
  },
};
END

my $h2 = DynWorker::free_port();

my $t = DynWorker->start(http => <<"END", config => "listen 127.0.0.1:$h2 http2;" . <<'END', files => { 'acts.js' => $acts, 'acts.txt' => $acts, 't.js' => $main });
    upstream api.test { server $address; keepalive 4; }
    dynworker_outbound api { allow all; pass /_out; }
    dynworker_outbound kept { allow all; pass /_kept; }
    upstream second.test { server 127.0.0.1:1; server $address; }
END
    client_max_body_size 100m;
    dynworker_limits outbound_body=100m cpu=20s wall=10m;
    location /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
        proxy_buffering off;
        proxy_request_buffering off;
    }
    location = /_kept {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_request_buffering on;
    }
    location /t {
        dynworker_log_level info;
        dynworker_global_outbound api;
        dynworker_loader LOADER;
        dynworker_script t.js;
    }
    location = /kept { dynworker_global_outbound kept; dynworker_script t.js; }
    location = /small {
        dynworker_limits outbound_body=300k;
        dynworker_global_outbound api;
        dynworker_script t.js;
    }
END

my $pid;
ok wait_until { ($pid) = $t->workers }, 'a worker process';
ok wait_until { $t->engines == 2 }, '... with its engines';
my $open = $t->descriptors;

sub rss { return (read_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m)[0] * 1024 }

# -- a client that speaks and listens by turns -----------------------------------------

sub post {
    my ($path, $header) = @_;
    my $client = $t->client;
    print $client "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . ($header // 'Transfer-Encoding: chunked') . "\r\n\r\n";
    return { socket => $client, got => '' };
}

sub say { my ($c, $bytes) = @_; print { $c->{socket} } $bytes }

# Reads until what has come matches; what matched is taken.
sub hear {
    my ($c, $pattern) = @_;
    while ($c->{got} !~ /$pattern/) {
        my $ready = IO::Select->new($c->{socket})->can_read($DynWorker::PATIENCE);
        $ready && sysread($c->{socket}, $c->{got}, 65536, length $c->{got}) or last;
    }
    return $c->{got} =~ s/\A.*?$pattern//s;
}

# Everything to the end; false when it did not end as it should.
sub end {
    my ($c) = @_;
    my $whole = hear($c, qr/(?:^|\r\n)0\r\n\r\n\z/);
    return $whole && IO::Select->new($c->{socket})->can_read($DynWorker::PATIENCE)
        && !sysread $c->{socket}, my $byte, 1;
}

my $echo = 'url=http://api.test/echo';

for my $path (
    "/t?act=pass&$echo", "/t?act=stream&$echo", "/t?act=both&$echo", '/t?act=own', '/t?act=ownStream',
    map { ("/t?host=$_&act=pass&$echo", "/t?host=$_&act=stream&$echo", "/t?host=$_&act=both&$echo",
        "/t?host=$_&act=own", "/t?host=$_&act=ownStream") } qw(join stream))
{
    my $before = $up->count(qr/^echo done/);
    my $c = post($path);
    my $ok = 1;
    for my $word (map { "turn-$_;" } 1 .. 5) {
        say($c, chunk($word));
        $ok &&= hear($c, qr/$word/i);
    }
    ok $ok, "$path: each piece comes back before the next one goes";
    say($c, "0\r\n\r\n");
    ok end($c), '... and the end';
    ok wait_until { $up->count(qr/^echo done/) == $before + 1 }, '... which the upstream sees, too'
        if $path =~ /echo/;
}

is $up->count(qr/^echo chunked/), $up->count(qr/^echo done/), 'a body of unknown length goes in chunks';
is $up->count(qr/^connect/), 1, '... and the connection is kept';
is $up->count(qr/broken|gone/), 0, 'nothing broke off';

# -- HTTP/2 ------------------------------------------------------------------------------

my $turns = <<'END';
const [url, path] = process.argv.slice(1);
const session = require("http2").connect(url);
const stream = session.request({ ":method": "POST", ":path": path });
let got = "", turn = 0;
const next = () => {
  if (++turn <= 5) stream.write(`turn-${turn};`);
  else stream.end();
};
stream.on("data", (bytes) => {
  got += bytes;
  if (got.toLowerCase().endsWith(`turn-${turn};`)) next();
});
stream.on("error", (error) => { console.log(String(error)); });
stream.on("end", () => { console.log(got.toLowerCase()); session.close(); });
setTimeout(() => { console.log(`only ${got}`); process.exit(1); }, 120_000).unref();
next();
END

for my $path ("/t?act=pass&$echo", "/t?host=join&act=pass&$echo", "/t?host=stream&act=both&$echo") {
    open my $out, '-|', 'node', '-e', $turns, "http://127.0.0.1:$h2", $path or die "node: $!\n";
    is join('', <$out>), join('', map { "turn-$_;" } 1 .. 5) . "\n",
        "HTTP/2 $path: each piece comes back before the next one goes";
}

# -- lengths -------------------------------------------------------------------------------

my $length = 'url=http://api.test/length';
for my $size (0, 5, 65_536, 65_537, 1_000_000) {
    is $t->post("/t?act=pass&$length", 'x' x $size)->{content}, "sized $size", "$size bytes of a known length";
}
{
    my $c = post("/t?act=pass&$echo", 'Content-Length: 70000');
    say($c, 'first;');
    ok hear($c, qr/first;/), 'a long body of a known length is sent as it comes';
    is $up->count(qr/^echo sized 70000/), 1, '... with its length';
    say($c, 'x' x 69_994);
    ok end($c), '... and to its end';
}
{
    my $c = post("/kept?act=pass&$length");
    say($c, chunk('x' x 1000) . "0\r\n\r\n");
    ok hear($c, qr/sized 1000/), '"proxy_request_buffering on" collects it first';
}
for (1 .. 2) {
    is $t->post('/t?act=pass&url=http://second.test/length', 'x' x 100_000)->{content}, 'sized 100000',
        'a server that refuses the connection costs nothing of the body';
}
{
    my @body = unpack '(a60000)*', 'y' x 20_000_000;
    is $t->request('POST', "/t?act=pass&$length", content => sub { shift(@body) // '' })->{content},
        'chunked 20000000', 'a long body in chunks';
}

# -- both joined: no engine takes part ---------------------------------------------------------

{
    my $c = post("/t?host=join&act=pass&$echo");
    say($c, chunk('before;'));
    ok hear($c, qr/before;/), 'two untouched bodies through two workers';
    kill STOP => $t->engines;
    my $ok = 1;
    for my $word (map { "stopped-$_;" . 'z' x 30_000 . ';' } 1 .. 20) {
        say($c, chunk($word));
        $ok &&= hear($c, qr/z;/);
    }
    ok $ok, '... go on without an engine';
    say($c, "0\r\n\r\n");
    ok end($c), '... to their end';
    kill CONT => $t->engines;
}

# -- what ends one ends the other ------------------------------------------------------------

for my $path ("/t?act=pass&$echo", "/t?host=join&act=pass&$echo", "/t?act=stream&$echo", "/t?host=stream&act=pass&$echo") {
    my $before = $up->count(qr/^echo (?:broken|gone)/);
    my $c = post($path);
    say($c, chunk('begun;'));
    hear($c, qr/begun;/i);
    close $c->{socket};
    ok wait_until { $up->count(qr/^echo (?:broken|gone)/) > $before }, "$path: a client that leaves ends it";
}

for my $path ('/t?act=pass', '/t?host=join&act=pass', '/t?act=stream', '/t?host=stream&act=pass') {
    my $c = post("$path&url=http://api.test/broken");
    say($c, chunk('begun;'));
    hear($c, qr/begun;/i);
    ok !end($c), "$path: an upstream that breaks off is seen to";
}

for my $path ('/t?act=pass', '/t?host=join&act=pass', '/t?act=stream', '/t?host=stream&act=stream') {
    my $before = $up->count(qr/^answer closed/);
    my $c = post("$path&url=http://api.test/answer");
    say($c, chunk('begun;'));
    ok hear($c, qr/answer/), "$path: a whole answer before the body's end";
    ok wait_until { $up->count(qr/^answer closed/) > $before }, '... ends the request';
}

{
    my $before = $up->count(qr/^echo broken/);
    my $c = post("/t?act=fail&$echo");
    say($c, "0\r\n\r\n");
    ok hear($c, qr/first/), 'a stream of the worker begins';
    ok !end($c), '... and fails: the response breaks off';
    ok wait_until { $up->count(qr/^echo broken/) > $before }, '... and so does the request';
}

{
    my $before = $up->count(qr/^length broken/);
    my $c = post("/small?act=pass&$length");
    say($c, chunk('x' x 100_000)) for 1 .. 5;
    ok hear($c, qr/500 Internal/), 'more than "outbound_body" breaks it off';
    ok wait_until { $up->count(qr/^length broken/) > $before }, '... upstream, too';
}

{
    my $before = $up->count(qr/^request/);
    like $t->post("/small?act=pass&$length", 'x' x 307_201)->{content}, qr/500 Internal/,
        'a known length beyond "outbound_body"';
    is $up->count(qr/^request/), $before, '... is not begun';
}

# -- more than the sockets hold ---------------------------------------------------------------------

my $PIECE = chunk('x' x 65_520);

# A socket of nginx's own may hold 32 MB that it receives, and 4 MB that it sends;
# those of the client and of the upstream hold next to nothing.
my $KERNEL = 2 * (32 + 4) * $MB;

# Sends pieces until so much is sent, or the socket has taken none for a second:
# how much went.
sub push_in {
    my ($c, $size, $wait) = @_;
    my $select = IO::Select->new($c->{socket});
    my $sent = $c->{sent} // 0;
    $c->{socket}->sockopt($_, 65_536) for SO_SNDBUF, SO_RCVBUF;
    $c->{socket}->blocking(0);
    while ($sent < $size && $select->can_write($wait // 1)) {
        my $at = $sent % length $PIECE;
        my $n = syswrite $c->{socket}, $PIECE, length($PIECE) - $at, $at;
        last if !$n && !$!{EAGAIN};
        $sent += $n // 0;
    }
    return $c->{sent} = $sent;
}

for my $path ("/t?act=pass&$echo", "/t?host=stream&act=both&$echo") {
    my $c = post($path);
    # (JavaScript's streams hold some of it, too)
    my $pieces = $path =~ /pass/ ? int(1.2 * $KERNEL / 65_520) : 500;
    my $size = $pieces * length $PIECE;
    my $sent = push_in($c, $size);
    cmp_ok $sent, '<', $size, "who does not listen cannot speak on, after $sent bytes" if $path =~ /pass/;
    hear($c, qr/\r\n\r\n/);
    my ($got, $last, $ended) = (0, '', 0);
    do {
        $got += $c->{got} =~ tr/xX//;
        $last = substr $last . $c->{got}, -7;
        if (!$ended && push_in($c, $size, 0) == $size) {
            $c->{socket}->blocking(1);
            say($c, "0\r\n\r\n");
            $ended = 1;
        }
        $c->{got} = '';
    } while (IO::Select->new($c->{socket})->can_read($DynWorker::PATIENCE) && sysread $c->{socket}, $c->{got}, 262_144);
    is $got, $pieces * 65_520, "$path: who does hears all of it";
    is $last, "\r\n0\r\n\r\n", '... to its end';
}

# -- an upstream that does not read --------------------------------------------------------------

{
    my $before = rss();
    my $c = post('/t?act=pass&url=http://api.test/deaf');
    say($c, chunk('begun;'));
    ok hear($c, qr/begun/), 'an upstream that does not read';
    my $sent = push_in($c, $KERNEL);
    cmp_ok $sent, '<', $KERNEL, "... stops the client, after $sent bytes, most of them in the kernel";
    cmp_ok rss() - $before, '<', 4 * $MB, '... and nginx does not hold them';
}

# ... but connections to upstreams that are kept.
ok wait_until { $t->descriptors <= $open + 4 }, 'no descriptor stays open'
    or diag $t->descriptors, " instead of $open";

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
