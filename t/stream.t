# Bodies over time: what has been written reaches the other side before more
# comes, a slow reader slows the writer, and who goes away is noticed.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use Test::More;
use DynWorker;

my $t = DynWorker->start(http => <<'HTTP', config => <<'CONF', files => {
    dynworker_outbound self {
        allow http://self.test;
        pass /_out;
    }
    upstream self.test { server 127.0.0.1:%%PORT%%; }
    client_max_body_size 1g;
HTTP
    dynworker_limits cpu=20s wall=10m;
    location /step  { dynworker_script step.js; }
    location /gone  { dynworker_script gone.js; }
    location /flood { dynworker_script flood.js; }
    location /upload { dynworker_script upload.js; }
    location /relay {
        dynworker_global_outbound self;
        dynworker_loader LOADER;
        dynworker_script relay.js;
    }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
    }
CONF
    # GET: a stream, whose next word comes with each POST.
    'step.js' => <<'JS',
let controller;
export default {
  async fetch(request) {
    if (request.method === "POST") {
      const word = await request.text();
      if (word === "end") controller.close();
      else if (word === "fail") controller.error(new Error("asked to fail"));
      else controller.enqueue(new TextEncoder().encode(word));
      return new Response("done");
    }
    return new Response(
      new ReadableStream({ start(c) { controller = c; } }),
      { headers: { "X-Started": "yes" } });
  },
};
JS
    # GET /gone/wait waits for ever; GET /gone/what says what became of it.
    'gone.js' => <<'JS',
const seen = [];
const never = new Promise(() => {});
export default {
  async fetch(request, env, ctx) {
    switch (new URL(request.url).pathname) {
    case "/gone/wait":
      request.signal.addEventListener("abort", () => {
        seen.push(`aborted: ${request.signal.reason.name}`);
      });
      ctx.waitUntil(scheduler.wait(20).then(() => seen.push("waitUntil went on")));
      setInterval(() => {}, 10);
      await never;
      return;
    case "/gone/stream": {
      const body = new ReadableStream({
        start(c) { c.enqueue(new Uint8Array(10)); },
        cancel() { seen.push("cancelled"); },
      });
      return new Response(body);
    }
    }
    return new Response(seen.join(", "));
  },
};
JS
    # /flood: as much as is wanted; /flood/made says how much that was.
    'flood.js' => <<'JS',
let made = 0;
export default {
  fetch({ url }) {
    if (url.endsWith("/made")) return new Response(`${made}`);
    const chunk = new Uint8Array(65536).fill(120);
    return new Response(new ReadableStream({
      pull(controller) {
        made += chunk.length;
        controller.enqueue(chunk.slice());
      },
    }));
  },
};
JS
    # Reads one chunk a "next", to see that the rest waits.
    'upload.js' => <<'JS',
let got = 0, next;
export default {
  async fetch(request) {
    if (request.method === "GET") {
      if (request.url.endsWith("/go")) next();
      return new Response(`${got}`);
    }
    const reader = request.body.getReader();
    const { value } = await reader.read();
    got += value.length;
    await new Promise((resolve) => { next = resolve; });
    for (;;) {
      const { done, value: more } = await reader.read();
      if (done) break;
      got += more.length;
    }
    return new Response(`${got}`);
  },
};
JS
    # The same streams, through fetch() and through a dynamic worker.
    'relay.js' => <<'JS',
const code = "export default { fetch: (request) => fetch(request.url) };";
export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const url = "http://self.test" + search.slice(1);
    if (pathname === "/relay/direct") return fetch(url);
    if (pathname === "/relay/read") {
      return fetch(url).then((response) =>
        new Response(response.body.pipeThrough(new TransformStream()), response));
    }
    return env.LOADER.get("relay", () => ({
      mainModule: "m.js", modules: { "m.js": code } })).getEntrypoint().fetch(url);
  },
};
JS
});

sub connection {
    my ($request) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $t->port)
        or die "connect: $!\n";
    print $socket $request;
    $socket->flush;
    return { socket => $socket, got => '' };
}

sub get { return connection("GET $_[0] HTTP/1.1\r\nHost: localhost\r\n\r\n") }

# Reads until the pattern matches what has come; true if it did.
sub comes {
    my ($c, $pattern) = @_;
    my $select = IO::Select->new($c->{socket});
    return !!wait_until {
        return 1 if $c->{got} =~ $pattern;
        $select->can_read(0.05) or return 0;
        sysread($c->{socket}, $c->{got}, 1 << 20, length $c->{got});
        return $c->{got} =~ $pattern;
    };
}

# True once the other side has closed the connection.
sub closes {
    my ($c) = @_;
    my $select = IO::Select->new($c->{socket});
    return !!wait_until {
        $select->can_read(0.05) or return 0;
        my $n = sysread($c->{socket}, $c->{got}, 1 << 20, length $c->{got});
        return !$n;
    };
}

# -- each word arrives before the next is written ---------------------------

for my $path ('/step', '/relay/direct?/step', '/relay/read?/step',
              '/relay/dynamic?/step') {
    my $c = get($path);

    ok comes($c, qr/x-started: yes.*\r\n\r\n/is),
        "$path: headers come before the body has begun";
    is $t->post('/step', 'one')->{content}, 'done', '... a word is written';
    ok comes($c, qr/one/), '... and comes';
    $t->post('/step', 'two');
    ok comes($c, qr/two/), '... so does the next';
    $t->post('/step', 'end');
    ok comes($c, qr/\r\n0\r\n\r\n\z/), '... and the end';
}

# -- a stream that fails breaks the connection off --------------------------

for my $path ('/step', '/relay/direct?/step', '/relay/read?/step',
              '/relay/dynamic?/step') {
    my $c = get($path);

    ok comes($c, qr/x-started/i), "$path: a stream has begun";
    $t->post('/step', 'one');
    ok comes($c, qr/one/), '... one word has come';
    $t->post('/step', 'fail');
    ok closes($c), '... then it fails, and the connection is closed';
    unlike $c->{got}, qr/\r\n0\r\n\r\n\z/, '... without the last chunk';
}

# -- a client that goes away ------------------------------------------------

{
    my $c = get('/gone/wait');
    ok wait_until { $t->get('/gone/what')->{status} == 200 }, 'a request waits';
    close $c->{socket};

    ok wait_until { $t->get('/gone/what')->{content} =~ /aborted: AbortError/ },
        'its client goes away: request.signal is aborted';
    ok wait_until { $t->get('/gone/what')->{content} =~ /waitUntil went on/ },
        '... and waitUntil() goes on';
}

{
    my $c = get('/gone/stream');
    ok comes($c, qr/\r\n\r\n/), 'a response has begun';
    close $c->{socket};
    ok wait_until { $t->get('/gone/what')->{content} =~ /cancelled/ },
        'its client goes away: the stream is cancelled';
}

# -- a slow reader ----------------------------------------------------------

for my $path ('/flood', '/relay/direct?/flood', '/relay/read?/flood') {
    my $before = $t->get('/flood/made')->{content};
    my $c = get($path);
    my $made = $before;

    # Until nothing more is made: 20 times the same in a row.
    my $same = 0;
    wait_until {
        my $now = $t->get('/flood/made')->{content};
        $same = $now == $made && $made > $before ? $same + 1 : 0;
        $made = $now;
        return $same >= 20;
    };
    # (two sockets on the way may each hold 32 MB that they receive)
    cmp_ok $made - $before, '<', 100 << 20,
        "$path: a client that does not read stops the writer";

    my $read = 0;
    while ($read < 100 << 20) {
        my $n = sysread $c->{socket}, my $part, 1 << 20 or last;
        $read += $n;
    }
    cmp_ok $read, '>=', 100 << 20, '... and one that reads on has it write on';
    close $c->{socket};
}

# -- a slow reader of a request body ----------------------------------------

{
    my $size = 200 << 20;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $c = connection("POST /upload HTTP/1.1\r\nHost: localhost\r\n"
            . "Content-Length: $size\r\n\r\n");
        my $part = 'x' x (1 << 20);
        for (1 .. $size >> 20) {
            for (my $at = 0; $at < length $part; ) {
                $at += syswrite $c->{socket}, $part, length($part) - $at, $at
                    or POSIX::_exit(1);
            }
        }
        POSIX::_exit(comes($c, qr/\r\n\r\n$size\z/) ? 0 : 2);
    }

    ok wait_until { $t->get('/upload')->{content} > 0 }, 'an upload has begun';
    cmp_ok $t->get('/upload')->{content}, '<', 8 << 20,
        '... its reader has stopped';
    my ($worker) = $t->workers;
    my ($rss) = read_file("/proc/$worker/status") =~ /VmRSS:\s+(\d+) kB/;
    cmp_ok $rss, '<', 150 << 10, '... and nginx does not keep the rest in memory';
    $t->get('/upload/go');
    waitpid $pid, 0;
    is $?, 0, '... until it goes on, and reads all';
}

$t->stop;
$t->no_alerts;

done_testing;
