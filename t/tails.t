# Tails of dynamic workers: what a tail handler is told, of what, and when.

use warnings;
use strict;

use JSON::PP qw(decode_json);
use Test::More;
use DynWorker;
use Upstream;

# Tail handlers post what they get to /item; /wait/NAME is answered when the
# test says so.
my %gate;
my $dir = File::Temp::tempdir('dynworker-tails-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

my $up = Upstream->start({
    item => sub {
        my ($c) = @_;
        my ($tenant) = $c->{head} =~ /^X-Tenant: (.*)\r$/m;
        $c->note("item $c->{body}");
        $c->note('tenant ' . ($tenant // 'none'));
        return $c->say($empty);
    },
    wait => sub {
        my ($c) = @_;
        my ($name) = $c->{uri} =~ m{^/wait/(\w+)};
        $c->note("waits $name");
        wait_until { -e "$dir/$name" };
        return $c->say($empty);
    },
});
my $address = '127.0.0.1:' . $up->port;

sub open_gate { write_file("$dir/$_[0]", '') }

my %files;

$files{'dynamic.txt'} = <<'END';
import { WorkerEntrypoint, RpcTarget, waitUntil } from "cloudflare:workers";
const wait = (name) => fetch(`http://sink.test/wait/${name}`);
console.log("belongs to no invocation");
const acts = {
  logs() {
    console.debug("d", 1); console.log("l", { a: [true] }); console.info("i");
    console.warn("w"); console.error("e", null);
  },
  throw() { console.log("before"); throw new RangeError("thrown"); },
  spin() { console.log("before"); for (;;) {} },
  memory() { console.log("before"); const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); },
  hang: () => new Promise(() => {}),
  async late() {
    waitUntil((async () => { await wait("late"); console.log("late"); })());
  },
  async lateThrow() { waitUntil((async () => { await null; throw new Error("late"); })()); },
  lateSpin() { waitUntil((async () => { await scheduler.wait(5); for (;;) {} })()); },
  stream: () => new Response(new ReadableStream({
    start(c) { c.enqueue(new TextEncoder().encode("begun\n")); },
    pull: () => new Promise(() => {}),
  })),
  sized() {
    const { readable, writable } = new FixedLengthStream(5);
    writable.getWriter().write(new TextEncoder().encode("whole"));
    return new Response(readable);
  },
  flood() { for (let i = 0; i < 100; i++) console.log(i, "x".repeat(10000)); },
  floodThrow() { acts.flood(); throw new TypeError("at last"); },
  async floodLate() { acts.flood(); waitUntil(Promise.reject(new Error("not told"))); },
  one() { console.log("x".repeat(300000)); console.log("not any more"); },
  proxy: () => fetch("http://sink.test/item", { method: "POST", body: '{"id":"proxied"}' }),
};
export default {
  async fetch(request) {
    const act = acts[new URL(request.url).pathname.split("/").pop()];
    return await act?.() ?? new Response("fine\n", { status: 203 });
  },
};
export class Named extends WorkerEntrypoint {
  fetch() { console.log(this.ctx.props); return new Response("named\n"); }
  greet(name) { console.log("greets", name); return `hello ${name}`; }
  fail() { throw new TypeError("rpc failed"); }
  hang(begun) { begun(); return new Promise(() => {}); }
  get tools() { return new (class extends RpcTarget { use() { console.log("used"); } })(); }
}
END

# Each location is a host of its own with its limits; "id" names the dynamic
# worker, and the item.
$files{'host.js'} = <<'END';
import { WorkerEntrypoint } from "cloudflare:workers";
import dynamic from "./dynamic.txt";
import { send } from "./send.js";
export class Tail extends WorkerEntrypoint {
  tail(events) { return send({ ...this.ctx.props, items: events.length, env: this.env.HOST, item: events[0] }); }
}
export class Unredacted extends WorkerEntrypoint {
  tail([item]) {
    const { method, url, headers } = item.event.request.getUnredacted();
    return send({ ...this.ctx.props, method, url, headers });
  }
}
export class Slow extends WorkerEntrypoint {
  async tail([item]) { await fetch("http://sink.test/wait/slow"); await send({ ...this.ctx.props, item }); }
}
export class Late extends WorkerEntrypoint {
  tail([item]) { this.ctx.waitUntil((async () => { await scheduler.wait(1); await send({ ...this.ctx.props, item }); })()); }
}
export class Throws extends WorkerEntrypoint {
  tail() { console.error("tail is run"); throw new RangeError("tail failed"); }
}
export class None extends WorkerEntrypoint {}
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const id = url.searchParams.get("id");
    const names = (url.searchParams.get("tails") ?? "Tail").split(",");
    const worker = env.LOADER.get(id, () => ({
      mainModule: "m.js", modules: { "m.js": dynamic }, limits: { cpuMs: url.pathname.endsWith("pin") ? 40 : 5000 },
      tails: names.map((name) => ctx.exports[name]({ props: { id, name } })),
    }));
    switch (url.pathname.split("/")[2]) {
    case "rpc": return new Response(await worker.getEntrypoint("Named").greet("you"));
    case "rpcFail":
      try { await worker.getEntrypoint("Named").fail(); }
      catch (error) { return new Response(error.message); }
      break;
    case "rpcHang":
      await new Promise((begun) => { worker.getEntrypoint("Named").hang(begun).catch(() => {}); });
      return new Response("left");
    case "rpcTools": await worker.getEntrypoint("Named").tools.use(); return new Response("used");
    case "named": return worker.getEntrypoint("Named", { props: { p: 1 } }).fetch(request);
    case "load": {
      const code = { mainModule: "m.js", modules: { "m.js": dynamic }, tails: [ctx.exports.Tail({ props: { id } })] };
      return env.LOADER.load(code).getEntrypoint().fetch(request);
    }
    case "broken": {
      const code = { mainModule: "m.js", modules: { "m.js": "nonsense(" }, tails: [ctx.exports.Tail({ props: { id } })] };
      try { return await env.LOADER.load(code).getEntrypoint().fetch(request); }
      catch (error) { return new Response(error.message); }
    }
    case "hangs": ctx.waitUntil(worker.getEntrypoint().fetch("http://a/hang").catch(() => {})); return new Response("hangs");
    case "headers":
      return worker.getEntrypoint().fetch("http://a/logs", { headers: { big: "x".repeat(300000) } });
    case "unread": await worker.getEntrypoint().fetch(request); return new Response("unread");
    case "service": {
      const code = { mainModule: "m.js", modules: { "m.js": dynamic }, tails: [env.SERVICE] };
      try { return await env.LOADER.load(code).getEntrypoint().fetch(request); }
      catch (error) { return new Response(error.message); }
    }
    }
    return worker.getEntrypoint().fetch(request);
  },
};
END

$files{'send.js'} = <<'END';
export const send = (value) => fetch("http://sink.test/item", { method: "POST", body: JSON.stringify(value) });
END

# A tail handler that starts what it is a tail of.
$files{'loop.js'} = <<'END';
import { send } from "./send.js";
const load = (env, id, tail) => env.LOADER.get(id, () => ({
  mainModule: "m.js", modules: { "m.js": "export default { fetch: () => new Response('loop\\n') };" },
  tails: [tail],
})).getEntrypoint().fetch("http://loop.test/");
export default {
  fetch: (request, env, ctx) => request.url.endsWith("around")
    ? load(env, "around", ctx.exports.around) : load(env, "loop", ctx.exports.default),
  async tail(events, env, ctx) {
    await send({ id: "loop" });
    await load(env, "loop", ctx.exports.default);
  },
};
export const around = {
  async tail(events, env) {
    await send({ id: "around" });
    await env.LOOP.fetch("http://x/?around");
  },
};
END

# One whose tails hang until they are let go.
$files{'many.js'} = <<'END';
const worker = (env, ctx) => env.LOADER.get("many", () => ({
  mainModule: "m.js", modules: { "m.js": "export default { fetch: () => new Response() };" },
  tails: [ctx.exports.tails],
})).getEntrypoint();
export default {
  async fetch(request, env, ctx) {
    const calls = Array.from({ length: 400 }, () => worker(env, ctx).fetch("http://many.test/"));
    await Promise.all(calls.map(async (call) => (await call).text()));
    return new Response("400\n");
  },
};
export const tails = {
  async tail() { console.error("tail hangs"); await new Promise(() => {}); },
};
END

# Dynamic workers that load others, and pass on what they were given.
$files{'nested.js'} = <<'END';
import { WorkerEntrypoint } from "cloudflare:workers";
import { send } from "./send.js";
export class Tail extends WorkerEntrypoint {
  tail([{ logs, scriptName }]) { return send({ id: "nested", scriptName, says: logs[0].message[0] }); }
}
const inner = `export default { fetch() { console.log("inner"); return new Response("inner\\n"); } };`;
const outer = `export default {
  async fetch(request, env) {
    console.log("outer");
    return env.LOADER.get("inner", () => ({
      mainModule: "m.js", modules: { "m.js": ${JSON.stringify(inner)} }, tails: [env.TAIL],
    })).getEntrypoint().fetch(request);
  } };`;
export default {
  fetch(request, env, ctx) {
    const TAIL = ctx.exports.Tail({});
    return env.LOADER.get("outer", () => ({
      mainModule: "m.js", modules: { "m.js": outer }, env: { TAIL, LOADER: env.LOADER }, tails: [TAIL],
    })).getEntrypoint().fetch(request);
  },
};
END

# A tail that is a service knows what its location says of the request.
$files{'serviced.js'} = <<'END';
import dynamic from "./dynamic.txt";
export default {
  fetch: (request, env) => env.LOADER.load({
    mainModule: "m.js", modules: { "m.js": dynamic }, tails: [env.TAIL],
  }).getEntrypoint().fetch("http://a/logs"),
};
END
$files{'tail-service.js'} = <<'END';
import { WorkerEntrypoint } from "cloudflare:workers";
import { send } from "./send.js";
export class Tail extends WorkerEntrypoint {
  tail([item]) { return send({ ...this.ctx.props, item }); }
}
END

my $t = DynWorker->start(files => \%files, http => <<"END", config => <<'END');
    upstream sink.test { server $address; }
    dynworker_outbound sink {
        allow http://sink.test;
        set_header X-Tenant \$arg_tenant;
        pass /_out;
    }
END
    dynworker_loader LOADER;
    dynworker_service SERVICE uri=/static;
    dynworker_var HOST host;
    dynworker_global_outbound sink;
    dynworker_limits cpu=5s subrequests=1000 memory=64m;
    add_header X-Error $dynworker_error always;
    location /host/ { dynworker_script host.js; }
    location /wall/ { dynworker_limits wall=3s; dynworker_script host.js; dynworker_loader LOADER wall; }
    location /loop { dynworker_script loop.js; dynworker_service LOOP uri=/loop; }
    location /serviced {
        dynworker_service TAIL script=tail-service.js entrypoint=Tail;
        dynworker_prop id $arg_id;
        dynworker_script serviced.js;
    }
    location /many { dynworker_script many.js; }
    location /nested { dynworker_script nested.js; }
    location /static { return 200 "static\n"; }
    location /json { dynworker_load id=json code=/json-code; }
    location = /json-code {
        default_type application/json;
        return 200 '{"mainModule":"m.js","modules":{"m.js":""},"tails":["x"]}';
    }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
END

# All that tail handlers have sent with this id.
sub sent {
    my ($id) = @_;
    return grep { $_->{id} eq $id } map { /^item (.*)/ ? decode_json($1) : () } $up->log;
}

# The first; waits for it.
sub sent_one {
    my ($id) = @_;
    my $got = wait_until { (sent($id))[0] };
    ok $got, "$id: a tail was called" or diag join "\n", $t->error_log;
    return $got // {};
}

my $n = 0;

# A request, and the item of its invocation.
sub traced {
    my ($path, %options) = @_;
    my $id = 'n' . ++$n;
    my $query = ($path =~ /\?/ ? '&' : '?') . "id=$id";
    my $answer = $t->get("$path$query", %options);
    return ($answer, sent_one($id)->{item} // {}, $id);
}

sub messages { my ($item) = @_; return [map { $_->{message} } @{$item->{logs}}] }
sub exceptions { my ($item) = @_; return [map { "$_->{name}: $_->{message}" } @{$item->{exceptions}}] }

{
    my ($answer, $item) = traced('/serviced');
    is "$answer->{content} $item->{outcome}", "fine\n ok", 'a service as a tail has the props of its location';
}

# -- a request ------------------------------------------------------------------

{
    my $before = time * 1000;
    my ($answer, $item, $id) = traced('/host/logs?tenant=ada&key=0123456789abcdef0123456789abcdef',
        headers => { 'X-Api-Key' => 'hidden', 'X-Plain' => "shown", 'Cookie' => 'hidden' });
    is "$answer->{status} $answer->{content}", "203 fine\n", 'logs: the answer';
    my ($sent) = sent($id);
    is_deeply [@$sent{qw(name items env)}], ['Tail', 1, 'host'], '... the stub has its props, the handler its env';
    is_deeply [map { [$_->{level}, $_->{message}] } @{$item->{logs}}],
        [[debug => ['d', 1]], [log => ['l', { a => [JSON::PP::true] }]], [info => ['i']], [warn => ['w']], [error => ['e', undef]]],
        '... each console call with its level and arguments';
    is_deeply [@$item{qw(outcome scriptName executionModel truncated exceptions diagnosticsChannelEvents)}],
        ['ok', $id, 'stateless', JSON::PP::false, [], []], '... what became of it';
    my ($request, $response) = @{$item->{event}}{qw(request response)};
    is $response->{status}, 203, '... its status';
    is $request->{method}, 'GET', '... its method';
    like $request->{url}, qr{/host/logs\?tenant=ada&key=REDACTED&id=$id\z}, '... its URL, redacted';
    is_deeply [@{$request->{headers}}{qw(x-api-key x-plain cookie)}], ['REDACTED', 'shown', 'REDACTED'],
        '... its headers, redacted';
    for my $time ($item->{eventTimestamp}, map { $_->{timestamp} } @{$item->{logs}}) {
        cmp_ok $time, '>=', $before, '... a time';
    }
    ok !exists $item->{entrypoint}, '... the default entrypoint has no name';
    is $up->count(qr/^tenant ada\z/), 1, '... and a tail fetches with the variables of the client\'s request';
}

{
    $n++;
    $t->get("/host/plain?tails=Unredacted&id=n$n&key=0123456789abcdef0123456789abcdef", headers => { Authorization => 'Bearer x' });
    my $sent = sent_one("n$n");
    like $sent->{url}, qr/key=0123456789abcdef0123456789abcdef\z/, 'getUnredacted() has the URL';
    is_deeply [$sent->{method}, $sent->{headers}{authorization}], ['GET', 'Bearer x'], '... and the headers';
}

{
    my (undef, $item) = traced('/host/named');
    is_deeply [$item->{entrypoint}, messages($item)], ['Named', [[{ p => 1 }]]], 'a named entrypoint';
    (undef, $item) = traced('/host/load');
    is $item->{scriptName}, undef, 'a worker of load() has no name';
    (undef, $item) = traced('/host/unread');
    is_deeply [$item->{outcome}, $item->{event}{response}{status}], ['ok', 203],
        'a response that nobody reads is complete all the same';
    (undef, $item) = traced('/host/proxy');
    is_deeply [$item->{outcome}, $item->{event}{response}{status}], ['ok', 200], 'a response that is passed on untouched';
}

# -- how it ends ------------------------------------------------------------------

{
    my ($answer, $item) = traced('/host/throw');
    is $answer->{status}, 500, 'throw: 500';
    is_deeply [$item->{outcome}, messages($item), exceptions($item)], ['exception', [['before']], ['RangeError: thrown']], '... as the item says';
    like $item->{exceptions}[0]{stack}, qr/^RangeError: thrown\n +at .*m\.js:\d+/, '... with a stack';
    ok !exists $item->{event}{response}, '... without a response';

    (undef, $item) = traced('/host/spin');
    is_deeply [$item->{outcome}, messages($item), exceptions($item)],
        ['exceededCpu', [['before']], ['Error: Worker exceeded CPU time limit.']], 'spin: what it said before is there';
    cmp_ok $item->{cpuTime}, '>=', 40, '... with its CPU time';
    cmp_ok $item->{wallTime}, '>=', 40, '... and wall time';

    (undef, $item) = traced('/host/memory');
    is_deeply [$item->{outcome}, messages($item), exceptions($item)],
        ['exceededMemory', [['before']], ['Error: Worker exceeded memory limit.']], 'memory: likewise';

    ($answer, $item) = traced('/wall/hangs');
    is_deeply [$item->{outcome}, exceptions($item)], ['exceededWallTime', ['Error: Worker exceeded wall time limit.']], 'wall: likewise';

    ($answer, $item) = traced('/host/broken');
    is_deeply [$item->{outcome}, exceptions($item)], ['exception', ["SyntaxError: $answer->{content}"]], 'a worker that could not be loaded';
}

for my $case ([hang => 'canceled', 0], [stream => 'responseStreamDisconnected', 1]) {
    my ($act, $outcome, $begins) = @$case;
    my $id = 'n' . ++$n;
    my $client = $t->client;
    print $client "GET /host/$act?id=$id HTTP/1.1\r\nHost: a\r\n\r\n";
    if ($begins) {
        my $all = '';
        while ($all !~ /begun/) { sysread $client, $all, 4096, length $all or last }
    } else {
        # only when another request to the worker is answered has it begun
        is $t->get("/host/plain?id=$id")->{status}, 203;
    }
    close $client;
    my $item = (wait_until { (grep { $_->{item}{outcome} ne 'ok' } sent($id))[0] }) // {};
    is $item->{item}{outcome}, $outcome, "a client that leaves: $outcome";
}

{
    my ($answer, $item) = traced('/host/sized');
    is_deeply [$answer->{content}, $item->{outcome}], ['whole', 'ok'],
        'a client that leaves with all of a known length: ok, though the worker has not closed its stream';
}

# -- after the response ----------------------------------------------------------

{
    my $id = 'n' . ++$n;
    is $t->get("/host/late?id=$id")->{status}, 203, 'late: the answer is complete';
    ok +(wait_until { $up->count(qr/^waits late/) }), '... waitUntil() goes on';
    is scalar(sent($id)), 0, '... and the tail has not been called';
    open_gate('late');
    my $item = sent_one($id)->{item};
    is_deeply [$item->{outcome}, messages($item)], ['ok', [['late']]], '... until it is done';

    (undef, $item) = traced('/host/lateThrow');
    is_deeply [$item->{outcome}, exceptions($item), $item->{event}{response}{status}], ['exception', ['Error: late'], 203],
        'an exception in waitUntil()';
    (undef, $item) = traced('/host/lateSpin');
    is_deeply [$item->{outcome}, $item->{event}{response}{status}], ['exceededCpu', 203], 'a limit in waitUntil()';
}

# A tail that is held open holds up nobody.
{
    my $id = 'n' . ++$n;
    is $t->get("/host/plain?id=$id&tails=Slow,Tail")->{status}, 203, 'a slow tail: the answer is complete';
    ok +(wait_until { $up->count(qr/^waits slow/) }), '... while the tail waits';
    is $t->get("/host/plain?id=$id")->{status}, 203, '... and so is the next one\'s';
    ok +(wait_until { sent($id) == 2 }), '... and another tail has both';
    open_gate('slow');
    ok +(wait_until { sent($id) == 4 }), '... which the slow one gets in the end';

    my (undef, $item) = traced('/host/plain?tails=Late');
    is $item->{outcome}, 'ok', 'a tail may use waitUntil()';
}

# -- RPC ------------------------------------------------------------------------

{
    my ($answer, $item) = traced('/host/rpc');
    is $answer->{content}, 'hello you', 'rpc: the answer';
    is_deeply [$item->{event}, $item->{entrypoint}, $item->{outcome}, messages($item)],
        [{ rpcMethod => 'greet' }, 'Named', 'ok', [['greets', 'you']]], '... the method, and what it said';
    (undef, $item) = traced('/host/rpcFail');
    is_deeply [$item->{event}{rpcMethod}, $item->{outcome}, exceptions($item)],
        ['fail', 'exception', ['TypeError: rpc failed']], 'rpc: a method that throws';
    (undef, $item) = traced('/host/rpcHang');
    is_deeply [$item->{event}{rpcMethod}, $item->{outcome}], ['hang', 'canceled'], 'rpc: a caller that leaves';
    (undef, $item) = traced('/host/rpcTools');
    is_deeply [$item->{event}{rpcMethod}, messages($item)], ['tools.use', [['used']]], 'rpc: a path';
}

# -- floods -----------------------------------------------------------------------

for my $case ([flood => 26, JSON::PP::true], [one => 0, JSON::PP::true]) {
    my ($act, $count, $truncated) = @$case;
    my ($answer, $item) = traced("/host/$act");
    is $answer->{status}, 203, "$act: the worker itself is not held up";
    is_deeply [scalar @{$item->{logs}}, $item->{truncated}], [$count, $truncated], "$act: the item is truncated, and says so";
}

{
    my (undef, $item) = traced('/host/headers');
    is_deeply [$item->{event}{request}{headers}, scalar @{$item->{logs}}, $item->{truncated}], [{}, 5, JSON::PP::true],
        'headers that are too large leave room for logs';

    (undef, $item) = traced('/host/floodThrow');
    is_deeply [$item->{outcome}, exceptions($item), $item->{truncated}], ['exception', ['TypeError: at last'], JSON::PP::true],
        'after a flood there is room for why it failed';
    (undef, $item) = traced('/host/floodLate');
    is_deeply [$item->{outcome}, exceptions($item), $item->{truncated}], ['exception', [], JSON::PP::true],
        '... and for that it did';
}

# -- tails that fail ----------------------------------------------------------------

{
    my $id = 'n' . ++$n;
    is $t->get("/host/plain?id=$id&tails=Throws,None,Tail")->{status}, 203, 'tails that fail: the answer';
    sent_one($id);
    ok +(wait_until { $t->error_log =~ /\[error\].*worker "\S*host\.js" failed at host\.js:\d+:\d+: RangeError: tail failed/ }),
        '... an exception is logged';
    ok +(wait_until { $t->error_log =~ /\[error\].*worker "\S*host\.js" failed.*: Handler does not export a tail\(\) function\./ }),
        '... and that there is no handler';
}

is $t->get('/host/service?id=x')->{content}, "One of the worker's tails is no entrypoint of a worker: it has no tail().",
    'a service without an entrypoint is no tail';

{
    my $answer = $t->get('/json');
    is "$answer->{status} $answer->{headers}{'x-error'}", '500 load', 'code in JSON has no tails';
    like $t->error_log, qr/worker "json" could not be loaded.*'tails' must be absent or empty here/, '... as the log says';
}

# -- tails of tails -------------------------------------------------------------------

for my $loop ('loop', 'around') {
    is $t->get("/loop?$loop")->{content}, "loop\n", "$loop: the answer";
    ok +(wait_until { sent($loop) == 4 }), '... its tails start it four times';
    ok +(wait_until { $t->error_log =~ /worker "$loop" is not traced, it was started by tails of tails, 4 deep/ }), '... and then not any more';
    is scalar(sent($loop)), 4, '... four, not more';
}

is $t->get('/nested')->{content}, "inner\n", 'nested: the answer';
ok +(wait_until { sent('nested') == 2 }), '... both workers were traced';
is_deeply [sort map { "$_->{scriptName} says $_->{says}" } sent('nested')], ['inner says inner', 'outer says outer'], '... each its own';

is $t->get('/many')->{content}, "400\n", 'many: 400 answers';
ok +(wait_until { (() = $t->error_log =~ /tail hangs/g) == 256 }), '... 256 tails wait';
is scalar(() = $t->error_log =~ /\[warn\].*too many traces wait for tail handlers, dropping those for worker "\S*many\.js"/g), 1,
    '... the rest is dropped, in one line';

# -- the engine of the tails, and the end ------------------------------------------------

{
    my $id = 'n' . ++$n;
    kill KILL => $t->engine('host');
    ok +(wait_until { $t->get("/host/plain?id=$id")->{status} == 203 }), 'a fresh host engine';
    is sent_one($id)->{item}{outcome}, 'ok', '... has tails, too';

    $id = 'n' . ++$n;
    my $client = $t->client;
    print $client "GET /host/hang?id=$id HTTP/1.1\r\nHost: a\r\n\r\n";
    is $t->get("/host/plain?id=$id")->{status}, 203;
    kill KILL => $t->engine('sandbox');
    ok +(wait_until { grep { $_->{item}{outcome} eq 'internalError' } sent($id) }), 'a sandbox engine that dies under it: internalError';
}

# A graceful end waits for tails.
{
    my $id = 'n' . ++$n;
    is $t->get("/host/plain?id=$id&tails=Late")->{status}, 203;
    ok $t->stop('QUIT'), 'a graceful end';
    is scalar(sent($id)), 1, '... the tail was called';
}

$t->no_alerts($DynWorker::KILLED);

done_testing;
