# Requests of work that outlives its client's request: the same policy, the
# client's variables, the same id in the log.

use warnings;
use strict;

use Test::More;
use DynWorker;
use Upstream;

my $up = Upstream->start({
    note => sub {
        my ($c) = @_;
        my ($tenant) = $c->{head} =~ /^X-Tenant: (.*)\r$/m;
        my ($key) = $c->{head} =~ /^X-Key: (.*)\r$/m;
        $c->note("note $c->{uri} tenant=" . ($tenant // 'none') . ' key=' . ($key // 'none'));
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    },
});
my $address = '127.0.0.1:' . $up->port;

my $dynamic = <<'END';
const note = async (n, when) => (await fetch(`http://api.test/note/${n}/${when}`,
  { headers: { "X-Tenant": "forged" } })).text();
export default {
  async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    const n = searchParams.get("n");
    // when the test sees it, and lets the client leave, the work is registered
    const before = note(n, "before");
    ctx.waitUntil((async () => {
      await before;
      await scheduler.wait(300);
      await note(n, "after");
      await fetch("http://elsewhere.test/");
    })());
    await before;
    if (searchParams.has("hang")) await scheduler.wait(20000);
    const { readable, writable } = new TransformStream();
    (async () => {
      const writer = writable.getWriter();
      await writer.write(new TextEncoder().encode("a"));
      await scheduler.wait(100);
      await note(n, "during");
      await writer.write(new TextEncoder().encode("b"));
      await writer.close();
    })();
    return new Response(readable);
  },
};
END

my $t = DynWorker->start(http => <<"END", config => <<'END', files => {
    upstream api.test { server $address; }
    dynworker_outbound api {
        allow api.test;
        set_header X-Tenant \$arg_tenant;
        set_header X-Key constant;
        log logs/egress.log;
        pass /_out;
    }
END
    dynworker_global_outbound api;
    dynworker_limits cpu=5s;
    add_header X-Request-Id $request_id;
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_buffering off;
    }
    location /alone { dynworker_load id=alone code=/code/t.js; }
    location /host {
        dynworker_loader LOADER;
        dynworker_script host.js;
    }
    location /code/ { internal; alias ./; types { text/javascript js; } }
END
    't.js' => $dynamic, 'dynamic.txt' => $dynamic, 'host.js' => <<'END' });
import dynamic from "./dynamic.txt";
export default {
  fetch(request, env) {
    const stub = env.LOADER.get("one", () => ({ mainModule: "m.js", modules: { "m.js": dynamic } }));
    return stub.getEntrypoint().fetch(request);
  },
};
END

my $n = 0;

for my $path ('/alone', '/host') {
    $n++;
    my $answer = $t->get("$path?tenant=ada$n&n=$n");
    is $answer->{content}, 'ab', "$path: a response that takes its time";
    for my $when (qw(before during after)) {
        ok wait_until { $up->count(qr{^note /note/$n/$when }) }, "... a fetch $when it";
        is $up->count(qr{^note /note/$n/$when tenant=ada$n key=constant$}), 1,
            '... with the client\'s variables';
    }
    my $id = $answer->{headers}{'x-request-id'};
    my $log = '';
    ok wait_until { (() = ($log = read_file($t->dir . '/logs/egress.log')) =~ / $id /g) == 4 },
        '... and lines of its id';
    like $log, qr{ $id GET "http://elsewhere\.test/" refused:host 403 }, '... of the same policy';

    # the same, when the client does not wait

    $n++;
    my $client = $t->client;
    print $client "GET $path?tenant=bob$n&n=$n&hang=1 HTTP/1.1\r\nHost: a\r\n\r\n";
    ok wait_until { $up->count(qr{^note /note/$n/before }) }, "$path: a client that leaves";
    close $client;
    ok wait_until { $up->count(qr{^note /note/$n/after }) }, '... what waitUntil() holds goes on';
    is $up->count(qr{^note /note/$n/after tenant=bob$n key=constant$}), 1,
        '... with the client\'s variables';
}

is $up->count(qr/forged/), 0, 'no request had the worker\'s own';

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
