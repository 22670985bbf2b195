# Fifty thousand requests of all kinds, or TEST_SOAK_REQUESTS: afterwards there
# are as many descriptors, processes and isolates as before, and about as much
# memory.

use warnings;
use strict;

use POSIX ();
use Test::More;
use Time::HiRes qw(time);
use DynWorker;

my $t = DynWorker->start(http => <<'HTTP', config => <<'CONF', files => {
    dynworker_outbound up {
        allow http://up.test;
        pass /_out;
    }
    upstream up.test { server 127.0.0.1:%%PORT%%; }
    keepalive_requests 1000000;
HTTP
    dynworker_global_outbound up;
    location /host {
        dynworker_script host.js;
        dynworker_loader LOADER;
    }
    location /load { dynworker_load id=$arg_id code=/_code/$arg_id; }
    location /_code/ {
        internal;
        default_type text/javascript;
        alias code/;
    }
    location /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection close;
    }
    location /up { return 200 "from upstream\n"; }
CONF
    'code/fine' => 'export default {
        fetch(request) { return new Response(request.body ?? "fine\n") } }',
    'code/more' => 'export default { fetch() { return new Response("more") } }',
    'code/throws' => 'export default { fetch() { throw new Error("no") } }',
    'code/broken' => 'export default {',
    'code/fetches' => 'export default {
        fetch() { return fetch("http://up.test/up") } }',
    'host.js' => <<'JS',
import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
class Counter extends RpcTarget {
  #n = 0;
  increment(by) { return this.#n += by; }
  child() { return new Counter(); }
}
export class Room extends WorkerEntrypoint {
  post(text) { return `${this.ctx.props.room}: ${text}`; }
  counter() { return new Counter(); }
  each(n, f) { return Promise.all(Array.from({ length: n }, (_, i) => f(i))); }
  stream() { return new Response("s".repeat(100000)).body; }
  fail() { throw new RangeError("no"); }
  tail() { throw new RangeError("no"); }
  fetch(request) { return new Response("gate " + this.ctx.props.room); }
}
export const tail = { async tail([{ logs }]) { await (await fetch("http://up.test/up")).text(); } };
const rpcCode = {
  mainModule: "main.js",
  modules: { "main.js": `
    import { WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint {
      async run(callback) {
        const { ROOM } = this.env;
        const error = await ROOM.fail().catch((error) => error.name);
        let length = 0;
        for await (const chunk of await ROOM.stream()) length += chunk.length;
        return [await ROOM.post("hi"), await ROOM.counter().child().increment(2),
          (await ROOM.each(3, (i) => i * 2)).join(), error, length,
          await callback("back"), await (await fetch("http://x/")).text()].join("|");
      }
      leave() { return this.env.ROOM.counter(); }
      hang() { return new Promise(() => {}); }
    }` },
};
const rpcWorker = (env, ctx, get) => {
  const ROOM = ctx.exports.Room({ props: { room: "r1" } });
  const code = { ...rpcCode, env: { ROOM }, globalOutbound: ROOM };
  return (get ? env.LOADER.get("rpc", () => code) : env.LOADER.load(code)).getEntrypoint();
};
const code = (body) => ({
  compatibilityDate: "2026-01-01",
  mainModule: "main.js",
  modules: { "main.js": `export default { async fetch(request) {
    ${body}
  } }` },
});
const acts = {
  hello: () => new Response("hello\n"),
  throws() { throw new Error("no"); },
  never: () => undefined,
  echo: (request) => new Response(request.body),
  text: async (request) => new Response(await request.text()),
  fetch: async () => new Response(await (await fetch("http://up.test/up")).text()),
  pass: () => fetch("http://up.test/up"),
  refused: () => fetch("http://other.test/"),
  after(request, env, ctx) {
    ctx.waitUntil(fetch("http://up.test/up").then((r) => r.text()));
    return new Response("after\n");
  },
  stream: () => new Response(new ReadableStream({
    async start(c) {
      for (let i = 0; i < 4; i++) {
        c.enqueue(new Uint8Array(50000));
        await scheduler.wait(1);
      }
      c.close();
    },
  })),
  load(request, env) {
    const worker = env.LOADER.load(code("return new Response('loaded\\n');"));
    return worker.getEntrypoint().fetch(request);
  },
  async loadThrows(request, env) {
    const worker = env.LOADER.load(code("throw new Error('no');"));
    try {
      return await worker.getEntrypoint().fetch(request);
    } catch (e) {
      return new Response(`caught ${e.message}\n`);
    }
  },
  get(request, env) {
    const id = `id ${Math.floor(Math.random() * 5)}`;
    const worker = env.LOADER.get(id, async () =>
      code("return new Response(request.body ?? 'got\\n');"));
    return worker.getEntrypoint().fetch(request);
  },
  traced(request, env, ctx) {
    const tails = [ctx.exports.tail, ctx.exports.Room({ props: {} })];
    const text = "console.log('x'.repeat(20000)); return new Response('traced\\n');";
    return env.LOADER.get("traced", () => ({ ...code(text), tails })).getEntrypoint().fetch(request);
  },
  async tracedLoad(request, env, ctx) {
    const worker = env.LOADER.load({ ...code("throw new Error('no');"), tails: [ctx.exports.tail] });
    return new Response(await worker.getEntrypoint().fetch(request).catch((e) => e.message));
  },
  rpc: async (request, env, ctx) =>
    new Response(await rpcWorker(env, ctx, true).run((x) => x + "!") + "\n"),
  rpcLoad: async (request, env, ctx) =>
    new Response(await rpcWorker(env, ctx, false).run((x) => x + "!") + "\n"),
  // what nobody disposes of, and what never comes
  async rpcLeaves(request, env, ctx) {
    const worker = rpcWorker(env, ctx, true);
    worker.hang();
    const counter = await worker.leave();
    return new Response(await counter.increment(1) + "\n");
  },
  getFetches(request, env) {
    const worker = env.LOADER.get("fetches", () =>
      code("return fetch('http://up.test/up');"));
    return worker.getEntrypoint().fetch(request);
  },
};
export default {
  fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    return acts[searchParams.get("act")](request, env, ctx);
  },
};
JS
});

# What to ask for, what is answered; each comes as often as it stands here.
my $body = 'x' x 20_000;
my $rpc = "r1: hi|2|0,2,4|RangeError|100000|back!|gate r1\n";
my @kinds = (
    ([GET => '/host?act=hello', 200, "hello\n"]) x 4,
    ([GET => '/load?id=fine', 200, "fine\n"]) x 4,
    ([GET => '/host?act=get', 200, "got\n"]) x 2,
    ([GET => '/host?act=load', 200, "loaded\n"]) x 2,
    [POST => '/host?act=get', 200, $body],
    [POST => '/host?act=echo', 200, $body],
    [POST => '/host?act=text', 200, $body],
    [POST => '/host?act=hello', 200, "hello\n"],
    [POST => '/load?id=fine', 200, $body],
    ([GET => '/host?act=rpc', 200, $rpc]) x 3,
    [GET => '/host?act=rpcLoad', 200, $rpc],
    [GET => '/host?act=traced', 200, "traced\n"],
    [GET => '/host?act=tracedLoad', 200, "no"],
    [GET => '/host?act=rpcLeaves', 200, "1\n"],
    [GET => '/host?act=throws', 500, undef],
    [GET => '/host?act=never', 500, undef],
    [GET => '/host?act=fetch', 200, "from upstream\n"],
    [GET => '/host?act=pass', 200, "from upstream\n"],
    [GET => '/host?act=getFetches', 200, "from upstream\n"],
    [GET => '/host?act=refused', 403, 'Domain not allowed'],
    [GET => '/host?act=after', 200, "after\n"],
    [GET => '/host?act=stream', 200, "\0" x 200_000],
    [GET => '/host?act=loadThrows', 200, "caught no\n"],
    [HEAD => '/host?act=stream', 200, ''],
    [GET => '/load?id=fetches', 200, "from upstream\n"],
    [GET => '/load?id=throws', 500, undef],
    [GET => '/load?id=broken', 500, undef],
    [GET => '/load?id=nosuch', 404, undef],
);

# An answer, as [status, body, is the connection kept?]; what has come of the next
# one stays in $$in.  A client that costs more would slow the test down.
sub answer {
    my ($socket, $in, $method) = @_;
    my $more = sub {
        sysread $socket, $$in, 65536, length $$in or die "no whole answer\n";
    };
    my $end;
    $more->() while ($end = index $$in, "\r\n\r\n") < 0;
    my $head = substr $$in, 0, $end + 4, '';
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    my $kept = $head !~ /^Connection: close/mi;
    return [$status, '', $kept] if $method eq 'HEAD';

    if ($head =~ /^Content-Length: (\d+)/mi) {
        $more->() while length $$in < $1;
        return [$status, substr($$in, 0, $1, ''), $kept];
    }
    my $body = '';
    for (;;) {
        $more->() until $$in =~ s/^([0-9a-f]+)\r\n//;
        my $size = hex $1;
        $more->() while length $$in < $size + 2;
        $body .= substr $$in, 0, $size, '';
        substr $$in, 0, 2, '';
        return [$status, $body, $kept] if $size == 0;
    }
}

my @requests = map {
    my ($method, $path) = @$_;
    "$method $path HTTP/1.1\r\nHost: test\r\n" . ($method eq 'POST'
        ? 'Content-Length: ' . length($body) . "\r\n\r\n$body" : "\r\n");
} @kinds;

# "count" requests, by four connections that are kept; what went wrong.
sub ask {
    my ($count) = @_;
    my @pipes;
    for my $client (0 .. 3) {
        pipe my $read, my $write or die "pipe: $!\n";
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            eval {
                ask_alone($count, $client, $write);
                1;
            } or print $write "client $client: $@";
            close $write;
            POSIX::_exit(0);
        }
        close $write;
        push @pipes, [$pid, $read];
    }
    my $all = '';
    for my $pipe (@pipes) {
        my ($pid, $read) = @$pipe;
        $all .= join '', <$read>;
        waitpid $pid, 0;
    }
    return $all;
}

sub ask_alone {
    my ($count, $client, $write) = @_;
    my ($socket, $in, $wrong) = (undef, '', 0);
    local $SIG{ALRM} = sub { die "no answer\n" };
    for (my $i = $client; $i < $count; $i += 4) {
        my ($method, $path, $status, $content) = @{ $kinds[$i % @kinds] };
        alarm $DynWorker::PATIENCE;
        $socket //= $t->client;
        syswrite $socket, $requests[$i % @kinds];
        my ($got, $text, $kept) = @{ answer($socket, \$in, $method) };
        ($socket, $in) = (undef, '') if !$kept;
        next if $got == $status && $text eq ($content // $text);
        print $write "$method $path: $got ", substr($text, 0, 200), "\n"
            if $wrong++ < 3;
    }
    alarm 0;
    return;
}

sub resident {
    my ($pid) = @_;
    return read_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

sub name {
    my ($pid) = @_;
    return read_file("/proc/$pid/cmdline") =~ /--role=(\w+)/ ? $1 : 'nginx';
}

# V8 reserves 128 MB of addresses for the code of each isolate, and gives them
# back with it.
use constant ISOLATE_KB => 100 * 1024;

sub reserved {
    my ($pid) = @_;
    return read_file("/proc/$pid/status") =~ /^VmSize:\s+(\d+)/m ? $1 : 0;
}

sub counted { return $t->descriptors, $t->descriptors($t->engines),
                     scalar $t->workers, scalar $t->engines }

is ask(2000), '', 'two thousand requests, to get warm';

my @pids = ($t->workers, $t->engines);
wait_until { $t->descriptors($t->workers) < 25 };
my @before = counted();
my %resident = map { $_ => resident($_) } @pids;
my %reserved = map { $_ => reserved($_) } @pids;
my $count = $ENV{TEST_SOAK_REQUESTS}
    // ($ENV{TEST_NGINX_ASAN_OPTIONS} ? 20_000 : 50_000);

my $start = time;
is ask($count), '', "$count requests";
note sprintf '%.1f seconds', time - $start;

ok wait_until { join(' ', counted()) eq "@before" },
    'as many descriptors and processes as before'
    or diag join(' ', counted()), " instead of @before";
is_deeply [$t->workers, $t->engines], \@pids, 'they are the same';

# nginx's own is exact: nothing a request needed is kept.  V8 collects its
# garbage when it likes.
SKIP: for my $pid (@pids) {
    skip 'AddressSanitizer keeps freed memory for a while', 2 * @pids
        if $ENV{TEST_NGINX_ASAN_OPTIONS};

    my $kind = name($pid);
    my $now = resident($pid);
    note "$kind: $resident{$pid} KB, then $now KB";
    note "$kind: $reserved{$pid} KB reserved, then ", reserved($pid), ' KB';
    cmp_ok $now - $resident{$pid}, '<', $kind eq 'nginx' ? 2000 : 40_000,
        "$kind: about as much memory as before";
    cmp_ok reserved($pid) - $reserved{$pid}, '<', ISOLATE_KB,
        "$kind: no isolate more than before";
}

# An isolate more would have shown.
my ($sandbox) = grep { name($_) eq 'sandbox' } @pids;
is $t->get('/load?id=more')->{content}, 'more', 'one more worker';
ok wait_until { reserved($sandbox) - $reserved{$sandbox} > ISOLATE_KB },
    'is one more isolate';

# What belonged to the old ones goes with them.
ok $t->reload, 'reload';
ok wait_until { $t->workers == 1 && $t->engines == 2
                    && !grep { -e "/proc/$_" } @pids },
    'the old processes are gone';
is ask(1000), '', 'the new ones serve';
ok wait_until { join(' ', counted()) eq "@before" },
    'and have as many descriptors'
    or diag join(' ', counted()), " instead of @before";

$t->stop;
$t->no_alerts;

done_testing;
