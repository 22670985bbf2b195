# Isolates go with their engine, and come back with the next one: nobody notices
# whose request no worker had seen.

use warnings;
use strict;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use DynWorker;
use Upstream;

my $home = tempdir('dynworker-reload-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0777, $home;

# /kill answers once the process whose id is in the file is gone.
my $up = Upstream->start({
    kill => sub {
        my ($c) = @_;
        my $pid = read_file("$home/pid");
        kill KILL => $pid;
        wait_until { !-e "/proc/$pid" } or die "$pid lives\n";
        $c->say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
});
my $up_port = $up->port;

my $http = <<"END";
    dynworker_outbound up {
        allow http://up.test;
        pass /_out;
    }
    upstream up.test { server 127.0.0.1:$up_port; }
END

my $config = <<'END';
    location /host {
        dynworker_loader LOADER;
        dynworker_global_outbound up;
        dynworker_script host.js;
    }
    location /load { dynworker_load id=a code=/_code; }
    location = /_code {
        internal;
        default_type text/javascript;
        return 200 "export default { fetch() { return new Response('loaded') } }";
    }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
    }
END

my $host = <<'JS';
const text = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  let n = 0;
  export default class extends WorkerEntrypoint {
    async fetch(request) { return new Response(this.env.CALL + "." + ++n + await request.text()); }
    visit() { return this.env.CALL + "." + ++n; }
  }`;
let calls = 0;
export default {
  async fetch(request, env) {
    if (request.url.endsWith("/hello")) return new Response("hello");
    const code = () => ({
      mainModule: "m.js", modules: { "m.js": text },
      env: { CALL: ++calls, BIG: "x".repeat(300000) },
    });
    calls = 0;
    const e = env.LOADER.get("x" + Math.random(), code).getEntrypoint();
    const gone = env.LOADER.load(code()).getEntrypoint();
    const run = (e) => e.fetch("http://x/", { method: "POST", body: "!" })
      .then((response) => response.text(), (error) => `${error.name}: ${error.message}`);
    const seen = [await run(e), await run(gone)];
    await fetch("http://up.test/kill");
    seen.push(...await Promise.all([run(e), e.visit(), run(gone)]));
    return new Response(seen.join("\n"));
  },
};
JS

my $t = DynWorker->start(http => $http, config => $config,
                         files => { 'host.js' => $host });

sub engine {
    my ($role) = @_;
    return wait_until { $t->engine($role) };
}

for (1 .. 5) {
    write_file("$home/pid", engine('sandbox'));
    is $t->get('/host')->{content}, <<'END' =~ s/\n\z//r,
2.1!
1.1!
3.1!
3.2
TypeError: The engine of this worker has ended.
END
        'through one stub of get(), before and after the engine\'s end';
}

# Whether nginx has heard of the end by then or not.
for my $role ('sandbox', 'host') {
    my ($uri, $text) = $role eq 'host' ? ('/host/hello', 'hello')
                                       : ('/load', 'loaded');
    is $t->get($uri)->{content}, $text, "$role: it works";
    for (1 .. 10) {
        my $pid = engine($role);
        kill KILL => $pid;
        is $t->get($uri)->{content}, $text, "$role: and at once after its end";
    }
}

$t->stop;
$t->no_alerts($DynWorker::KILLED);

# -- a worker that nobody has asked for a while -------------------------------

# It goes after a millisecond; without that it would count on and on.
$t = DynWorker->start(http => 'dynworker_isolates idle=1ms;', config => <<'END',
    location / { dynworker_load id=a code=/_code; }
    location = /_code {
        internal;
        default_type text/javascript;
        return 200 "let n = 0; export default { fetch() { return new Response(++n) } }";
    }
END
);

is $t->get('/')->{content}, 1, 'idle=1ms: a worker is loaded';
ok wait_until { $t->get('/')->{content} == 1 }, '... and again, once it was idle';

$t->stop;
$t->no_alerts($DynWorker::KILLED);

# -- an engine that ends while code is on its way to it ----------------------

my $fake = "$home/fake-engine.pl";
write_file($fake, read_file(dirname(abs_path(__FILE__))
                            . '/lib/fake-engine.pl'));
chmod 0755, $fake;
write_file("$home/real", $ENV{TEST_NGINX_ENGINE}
           || abs_path('build/dynworker-engine'));

$t = DynWorker->start(http => "dynworker_engine $fake;", config => <<'END',
    location /host {
        dynworker_loader LOADER;
        dynworker_script host.js;
    }
END
    files => { 'host.js' => <<'JS' });
let calls = 0;
export default {
  async fetch(request, env) {
    const code = () => (calls++, {
      mainModule: "m.js",
      modules: { "m.js": "", "big.txt": { text: "x".repeat(10_000_000) } },
    });
    calls = 0;
    const worker = env.LOADER.get("x", code);
    const run = () => worker.getEntrypoint().fetch("http://x/ok")
      .then((response) => response.text(), (error) => `${error.name}: ${error.message}\n`);
    const texts = await Promise.all([run(), run(), run()]);
    return new Response(`${texts.join("")}${calls}`);
  },
};
JS

for my $case ([1, "ok\nok\nok\n2"],
              [2, "TypeError: The engine of this worker has ended.\n" x 3 . 2])
{
    my ($ends, $text) = @$case;
    write_file("$home/ends", $ends);
    is $t->get('/host')->{content}, $text, "it ends $ends times, with the code half there";
    is read_file("$home/ends"), 0, '... so often, indeed';
    ok wait_until { $t->get('/host')->{content} =~ /^ok\nok\nok\n/ },
        'the next engine has it';
    kill KILL => engine('sandbox');
}

$t->stop;
$t->no_alerts($DynWorker::KILLED);

done_testing;
