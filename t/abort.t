# Clients that go away in the middle: their workers are told, what was done for
# them alone ends, what ctx.waitUntil() holds goes on, and nothing stays behind.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF inet_aton pack_sockaddr_in);
use Test::More;
use Time::HiRes qw(sleep time);
use DynWorker;

# The upstream: this test itself.
my $upstream = IO::Socket::INET->new(Listen => 128, ReuseAddr => 1,
                                     LocalAddr => '127.0.0.1')
    or die "listen: $!\n";
my $address = '127.0.0.1:' . $upstream->sockport;

# Where nginx can not give all of an answer to the kernel at once.
my $narrow = DynWorker::free_port();

my $worker = <<"JS" . <<'JS';
const upstream = "http://$address";
JS
const done = [];
const acts = {
  async hello() { return new Response("hello\n"); },

  async late({ n }) {
    console.log(`${n} begins`);
    await scheduler.wait(500);
    return new Response("late\n");
  },

  async wait({ signal, n }) {
    signal.addEventListener("abort", () =>
      console.log(`${n} aborted ${signal.reason.name}`));
    console.log(`${n} begins`);
    await scheduler.wait(20000);
    console.log(`${n} was not stopped`);
  },

  async fetch({ n }) {
    console.log(`${n} begins`);
    const response = await fetch(`${upstream}/${n}`);
    return new Response(await response.text());
  },

  async pass({ n }) { return fetch(`${upstream}/${n}`); },

  async after({ n, ctx }) {
    ctx.waitUntil((async () => {
      await scheduler.wait(300);
      console.log(`${n} goes on`);
      const response = await fetch(`${upstream}/${n}`);
      console.log(`${n} has ${await response.text()}`);
    })());
    console.log(`${n} begins`);
    await scheduler.wait(20000);
  },

  async readsLate() {
    const response = await fetch("http://self.test/big");
    await scheduler.wait(1000);
    return new Response(`${(await response.text()).length}`);
  },

  async upload({ n, request }) {
    console.log(`${n} begins`);
    try {
      const text = await request.text();
      console.log(`${n} has ${text.length}`);
    } catch (e) {
      console.log(`${n} failed: ${e.message}`);
    }
    return new Response("uploaded\n");
  },

  async forward({ n, request }) {
    return fetch(`${upstream}/${n}`, { method: "POST", body: request.body });
  },

  async flood({ n }) {
    const chunk = new Uint8Array(65536);
    return new Response(new ReadableStream({
      pull(c) { c.enqueue(chunk); },
      cancel() { console.log(`${n} cancelled`); },
    }));
  },

  async large() { return new Response("x".repeat(100000)); },

  async fails() { throw new Error("before it reads"); },

  async readsAndFails({ request }) {
    await request.body.getReader().read();
    throw new Error("after it has read");
  },

  async spinAfter({ ctx }) {
    ctx.waitUntil(scheduler.wait(200).then(() => { for (;;) ; }));
    return new Response("x".repeat(100000));
  },
};

export default {
  async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    const n = searchParams.get("n");
    return acts[searchParams.get("act")]({
      n, request, ctx, signal: request.signal });
  },
};
JS

my $t = DynWorker->start(http => <<"HTTP", config => <<"CONF", files => {
    log_format worker '\$request cold=\$dynworker_cold '
        'sub=\$dynworker_subrequests wall=\$dynworker_wall_time;';
    dynworker_outbound up {
        allow http://$address http://self.test;
        private_addresses on;
        pass /_out;
    }
    upstream self.test { server 127.0.0.1:%%PORT%%; }
    server {
        listen 127.0.0.1:$narrow sndbuf=4k;
        dynworker_limits cpu=200ms;
        location /host { dynworker_script worker.js; }
        location /load { dynworker_load id=spin code=/_code; }
        location /fallback {
            dynworker_script worker.js;
            error_page 500 = \@fallback;
        }
        location \@fallback { dynworker_script text.js; }
        location = /_code {
            internal;
            default_type text/javascript;
            alias worker.js;
        }
    }
HTTP
    dynworker_log_level info;
    dynworker_global_outbound up;
    dynworker_limits cpu=5s;
    client_max_body_size 100m;
    access_log logs/access.log worker;

    location /host {
        dynworker_script worker.js;
        dynworker_json UPSTREAM '"http://$address"';
    }
    location /load { dynworker_load id=\$arg_id code=/_code; }
    location /cold { dynworker_load id=\$arg_id code=/_slow_code; }
    location /echo { dynworker_script echo.js; }
    location /later {
        dynworker_script later.js;
        dynworker_loader LOADER;
    }
    location /post_action {
        dynworker_script worker.js;
        post_action /_post_action;
    }
    location = /_post_action {
        internal;
        proxy_pass http://$address/post_action;
    }
    location /through {
        dynworker_script through.js;
        dynworker_loader LOADER;
    }
    location /wall {
        dynworker_limits wall=3s;
        dynworker_load id=wall code=/_code;
    }
    location = /_code {
        internal;
        default_type text/javascript;
        alias worker.js;
    }
    location = /big { alias big; }
    location = /_slow_code { internal; proxy_pass http://$address/code; }
    location = /_out {
        internal;
        proxy_pass http://\$dynworker_outbound_peer\$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection close;
        proxy_buffering off;
        send_timeout 300ms;
    }
CONF
    'worker.js' => $worker,
    'big' => 'x' x 1_000_000,
    'text.js' => 'export default { async fetch(request) {
        return new Response(`fallback ${await request.text()}`) } }',
    'echo.js' => 'export default {
        fetch: ({ body }) => new Response(body) };',
    'later.js' => <<"JS" . <<'JS',
const upstream = "http://$address";
JS
export default {
  async fetch(request, env) {
    const { body } = await fetch(`${upstream}/body`);
    const worker = env.LOADER.get(request.url, async () => ({
      compatibilityDate: "2026-01-01",
      mainModule: "worker.js",
      modules: { "worker.js": await (await fetch(`${upstream}/code`)).text() },
    }));
    try {
      return await worker.getEntrypoint().fetch("http://a.test/?act=hello",
        { method: "POST", body });
    } catch ({ message }) {
      return new Response(`failed: ${message}\n`);
    }
  },
};
JS
    'through.js' => <<'JS' =~ s/%%WORKER%%/quoted($worker)/er,
export default {
  async fetch(request, env) {
    const worker = env.LOADER.get("one", () => ({
      compatibilityDate: "2026-01-01",
      mainModule: "worker.js",
      modules: { "worker.js": %%WORKER%% },
    }));
    return worker.getEntrypoint().fetch(request);
  },
};
JS
});

sub quoted {
    my ($text) = @_;
    $text =~ s/([\\`\$])/\\$1/g;
    return "`$text`";
}

my $n = 0;

# Sends a request, whose number is then $n, and returns its connection.
sub ask {
    my ($path, %arg) = @_;
    $n++;
    my $client = $t->client;
    my $method = $arg{method} || 'GET';
    $path .= ($path =~ /\?/ ? '&' : '?') . "n=$n";
    print $client "$method $path HTTP/1.1\r\nHost: a\r\n",
        $arg{headers} // '', "\r\n", $arg{body} // '';
    return $client;
}

# The next connection to the upstream, with its request's head.
sub accepted {
    my ($c) = IO::Select->new($upstream)->can_read($DynWorker::PATIENCE)
        ? $upstream->accept : ();
    return unless $c;
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread($c, $head, 4096, length $head) or last;
    }
    return ($c, $head);
}

# Does the other side close it?
sub closed {
    my ($c) = @_;
    return wait_until {
        IO::Select->new($c)->can_read(1) && !sysread($c, my $bytes, 65536);
    };
}

sub logged {
    my ($pattern) = @_;
    return wait_until { $t->error_log =~ $pattern };
}

sub answer {
    my ($c, $body) = @_;
    print $c "HTTP/1.1 200 OK\r\nContent-Length: " . length($body)
        . "\r\nConnection: close\r\n\r\n$body";
    close $c;
}

# Each way to a worker, once: what is open then is there to stay.
is $t->get("/$_?act=hello&id=a")->{content}, "hello\n", "$_: it works"
    for 'host', 'load', 'through', 'wall';

my @pids = ($t->workers, $t->engines);
my $open = $t->settled;

sub nothing_left {
    my ($title) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok wait_until { $t->descriptors == $open }, "$title: no descriptor is left"
        or diag $t->descriptors, " instead of $open";
    is_deeply [$t->workers, $t->engines], \@pids, "$title: the same processes";
}

# -- while the worker waits --------------------------------------------------

for my $way ('host', 'load', 'through') {
    my $client = ask("/$way?act=wait&id=a");
    ok logged(qr/: $n begins/), "$way: a request waits";
    close $client;
    ok logged(qr/: $n aborted AbortError/),
        "$way: when its client goes away, request.signal aborts";
    is $t->get("/$way?act=hello&id=a")->{content}, "hello\n",
        "$way: the worker goes on";
    nothing_left("$way, waits");
}

# -- while the worker fetches ----------------------------------------------------

for my $way ('host', 'load', 'through') {
    for my $act ('fetch', 'pass') {
        my $client = ask("/$way?act=$act&id=a");
        my ($c) = accepted();
        ok $c, "$way, $act: the upstream has the request";
        close $client;
        ok closed($c), "$way, $act: the client goes away, the connection"
            . ' to the upstream is closed';
        close $c;
        ok wait_until {
            read_file($t->dir . '/logs/access.log')
                =~ m{/$way\?act=$act&id=a&n=$n HTTP/1\.1 cold=0 sub=1 wall=\d}
        }, "$way, $act: the access log knows what it did";
        nothing_left("$way, $act");
    }
}

# The header has come, and a part of the body.
for my $way ('host', 'load', 'through') {
    my $client = ask("/$way?act=pass&id=a");
    my ($c) = accepted();
    print $c "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin";
    $c->flush;
    my $got = '';
    wait_until { sysread $client, $got, 4096, length $got; $got =~ /begin/ };
    like $got, qr/begin\z/, "$way, half a body: it has reached the client";
    close $client;
    ok closed($c), "$way, half a body: the upstream's connection is closed";
    close $c;
    nothing_left("$way, half a body");
}

# -- what goes on ---------------------------------------------------------------

for my $way ('host', 'load', 'through') {
    my $client = ask("/$way?act=after&id=a");
    ok logged(qr/: $n begins/);
    close $client;
    my ($c) = accepted();
    ok logged(qr/: $n goes on/), "$way: waitUntil() goes on without a client";
    answer($c, 'an answer') if $c;
    ok logged(qr/: $n has an answer/), "$way: it may fetch() then";
    nothing_left("$way, waitUntil");
}

# -- while a body is on its way -----------------------------------------------------

for my $way ('host', 'load', 'through') {
    my $client = ask("/$way?act=upload&id=a", method => 'POST',
                     headers => "Content-Length: 1000000\r\n", body => 'begin');
    ok logged(qr/: $n begins/), "$way, upload: it has begun";
    close $client;
    ok logged(qr/: $n failed: /), "$way, upload: reading it fails";
    nothing_left("$way, upload");

    $client = ask("/$way?act=forward&id=a", method => 'POST',
                  headers => "Content-Length: 1000000\r\n", body => 'begin');
    # it goes to the upstream when it is complete, and it never will be
    wait_until { $t->descriptors > $open };
    close $client;
    nothing_left("$way, forwarded upload");

    $client = ask("/$way?act=flood&id=a");
    sysread $client, my $bytes, 65536;
    close $client;
    ok logged(qr/: $n cancelled/), "$way, download: the stream is cancelled";
    nothing_left("$way, download");
}

# -- while the code of the worker is on its way --------------------------------------

{
    my $client = ask('/cold?act=hello&id=cold');
    my ($c, $head) = accepted();
    like $head, qr{^GET /code }, 'the code is asked for';
    close $client;
    # somebody else may want it
    my $other = ask('/cold?act=hello&id=cold');
    print $c "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n"
        . "Content-Length: " . length($worker) . "\r\n\r\n$worker";
    close $c;
    my $got = '';
    wait_until { sysread $other, $got, 4096, length $got; $got =~ /hello/ };
    like $got, qr/^HTTP\/1.1 200 .*hello/s,
        'who comes after the one that went away is served';
    close $other;
    nothing_left('cold');

    $client = ask('/cold?act=hello&id=never');
    ($c) = accepted();
    close $client;
    close $c;
    nothing_left('cold, without code');
}

# -- what breaks off ---------------------------------------------------------

# The body of a request to a worker whose code is still on its way.
{
    my $client = ask('/later');
    my ($body) = accepted();
    print $body "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    $body->flush;
    my ($code) = accepted();
    close $body;
    ok logged(qr/upstream prematurely closed connection/), 'a body breaks off';
    answer($code, $worker);
    my $got = '';
    wait_until { sysread $client, $got, 4096, length $got; $got =~ /\n0\r\n|\n\z/ };
    like $got, qr/^HTTP\/1.1 200 .*failed: /s,
        '... before its worker is there';
    close $client;
    nothing_left('body before code');
}

# The client's, once a part of it has been sent back.
{
    my $client = ask('/echo', method => 'POST',
                     headers => "Transfer-Encoding: chunked\r\n",
                     body => "5\r\nhello\r\n");
    my $got = '';
    wait_until { sysread $client, $got, 4096, length $got; $got =~ /hello/ };
    print $client "no chunk\r\n";
    $client->flush;
    ok closed($client), 'a malformed body after the header: it breaks off';
    close $client;
    nothing_left('malformed body');
}

# "post_action" has the request after the worker, not beside it.
{
    my $client = ask('/post_action?act=late');
    ok logged(qr/: $n begins/), 'post_action: a request waits';
    close $client;
    my ($c, $head) = accepted();
    like $head, qr{^GET /post_action }, 'post_action, when the client is gone';
    sleep 0.7;
    answer($c, 'done');
    nothing_left('post_action');
}

# -- many ------------------------------------------------------------------------------

{
    my @clients = map { ask("/$_?act=wait&id=a") }
        map { ('host', 'load', 'through') } 1 .. 60;
    my $last = $n;
    ok logged(qr/: $last begins/), 'many wait';
    close $_ for @clients;
    for my $i ($last - 179 .. $last) {
        logged(qr/: $i aborted/) or fail "$i is aborted";
    }
    nothing_left('many');
}

# -- a worker that is slow ------------------------------------------------------

# Its pace is its own, whatever a client's would have to be.
is $t->get("/$_?act=readsLate&id=a")->{content}, 1_000_000,
    "$_: reads a response later than send_timeout" for 'host', 'load';

# -- a client that is slow ---------------------------------------------------------------

sub slow_client {
    my $client = IO::Socket::INET->new(Proto => 'tcp');
    setsockopt $client, SOL_SOCKET, SO_RCVBUF, pack 'i', 2048;
    connect $client, pack_sockaddr_in($narrow, inet_aton('127.0.0.1'))
        or die "connect: $!\n";
    return $client;
}

# All that comes until nginx closes the connection.
sub all_of {
    my ($client) = @_;
    my $got = '';
    while (IO::Select->new($client)->can_read($DynWorker::PATIENCE)) {
        sysread($client, $got, 65536, length $got) or last;
    }
    return $got;
}

# The answer is complete in nginx when the worker's later work fails.
for my $way ('host', 'load') {
    $n++;
    my $client = slow_client();
    print $client "GET /$way?act=spinAfter&n=$n HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\n\r\n";
    $client->flush;
    my $seen = () = $t->error_log =~ /exceeded CPU/g;
    ok wait_until { $seen < (() = $t->error_log =~ /exceeded CPU/g) },
        "$way: work after the response is stopped";
    my $got = all_of($client);
    like $got, qr/\r\n\r\nx{60000}x{40000}\z/, "$way: the response is whole";
    close $client;
}

# A body that nobody has read is not the next request, however slowly the answer
# before it is taken.
for my $way ('host', 'load') {
    $n++;
    my $client = slow_client();
    my $body = "GET /$way?act=hello&n=smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    print $client "POST /$way?act=large&n=$n HTTP/1.1\r\nHost: a\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    $client->flush;
    IO::Select->new($client)->can_read($DynWorker::PATIENCE);
    print $client "GET /$way?act=hello&n=$n HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\n\r\n";
    $client->flush;
    my $got = all_of($client);
    is scalar(() = $got =~ /HTTP\/1\.1 200 OK\r/g), 2,
        "$way: two requests, two answers";
    like $got, qr/x{60000}x{40000}HTTP.*\r\n\r\n(?:6\r\n)?hello\n/s,
        "$way: each to its own";
    close $client;
}

# A fallback may read what the worker before it has not.
for my $case (
    [fails => 'fallback half and half'],
    [readsAndFails => 'fallback '],
) {
    my ($act, $expected) = @$case;
    for my $way ('at once', 'late') {
        my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$narrow")
            or die "connect: $@\n";
        my $seen = () = $t->error_log =~ /it (?:reads|has read)/g;
        print $client "POST /fallback?act=$act HTTP/1.1\r\nHost: a\r\n"
            . "Content-Length: 13\r\nConnection: close\r\n\r\nhalf ";
        $client->flush;
        wait_until { $seen < (() = $t->error_log =~ /it (?:reads|has read)/g) }
            if $way eq 'late';
        print $client 'and half';
        $client->flush;
        like all_of($client), qr/^HTTP\/1.1 200 .*\b$expected(?:\r\n0\r\n\r\n)?\z/s,
            "$act: the fallback, its body $way";
        close $client;
    }
}

# Its worker has done with it; what it passes on comes later.
{
    my $client = ask('/wall?act=pass');
    my ($c) = accepted();
    print $c "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin";
    $c->flush;
    my $got = '';
    wait_until { sysread $client, $got, 4096, length $got; $got =~ /begin/ };
    my $over = time + 3.1;
    wait_until { time > $over };
    print $c 'ended';
    close $c;
    wait_until { sysread $client, $got, 4096, length $got; $got =~ /ended/ };
    like $got, qr/beginended\z/, 'wall= is not for a body that is passed on';
    close $client;
}

ok wait_until { $t->descriptors == $open }, 'no descriptor is left at the end';
unlike $t->error_log, qr/was not stopped/, 'nothing ran to its end';
ok $t->stop('QUIT'), 'and nothing keeps nginx from ending';
$t->no_alerts;

done_testing;
