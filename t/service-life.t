# dynworker_service script=: when its isolate begins and ends.

use warnings;
use strict;

use Test::More;
use DynWorker;

my $config = <<'END';
    dynworker_log_level info;
    location / {
        dynworker_service API script=api.js entrypoint=Api;
        dynworker_loader LOADER;
        dynworker_script host.js;
    }
END

my $t = DynWorker->start(config => $config, files => {
    'host.js' => <<'END',
export default {
  async fetch(request, { API, LOADER }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/own") return new Response("own");
    if (pathname === "/dynamic") {
      return LOADER.get("d", () => ({
        mainModule: "m.js",
        modules: { "m.js": `export default { fetch: async (request, env) =>
          new Response("dynamic " + await env.API.version()) };` },
        env: { API },
      })).getEntrypoint().fetch(request);
    }
    if (pathname === "/hang") return API.fetch(request);
    return new Response(await API.version());
  },
};
END
    'version.js' => 'export default 1;',
    'api.js' => <<'END',
import { WorkerEntrypoint } from "cloudflare:workers";
import version from "./version.js";
let calls = 0;
console.log("the service has started");
export class Api extends WorkerEntrypoint {
  version() { return `${version}.${++calls}`; }
  fetch() { console.log("hangs"); return new Promise(() => setTimeout(() => {}, 60000)); }
}
END
});

my $started = sub { my @n = $t->error_log =~ /the service has started/g; scalar @n };

is $t->get('/own')->{content}, 'own', 'the location works';
is $started->(), 0, 'and its service is not started until it is called';

is $t->get('/')->{content}, '1.1', 'then it is';
is $t->get('/dynamic')->{content}, 'dynamic 1.2', 'once for all who call it';
is $started->(), 1, 'it ran once';

# -- its engine is killed --------------------------------------------------------

my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
    my $got = $t->get('/hang');
    POSIX::_exit($got->{status} == 502 ? 0 : 1);
}
ok wait_until { $t->error_log =~ /hangs/ }, 'a call is in it';
my $old = $t->engine('host');
kill KILL => $old;
waitpid $pid, 0;
is $?, 0, 'the client of a call that is lost gets a 502';
ok wait_until { my $new = $t->engine('host'); $new && $new != $old },
    'there is a new engine';

is $t->get('/dynamic')->{content}, 'dynamic 1.1',
    'a stub that was given away before leads to the new isolate';
is $t->get('/')->{content}, '1.2', 'and so does the own one';
is $started->(), 2, 'it was started again';

# -- reload ----------------------------------------------------------------------

write_file($t->dir . '/version.js', 'export default 2;');
ok $t->reload, 'a reload';
ok wait_until { $t->get('/')->{content} =~ /^2/ }, 'swaps its code';

ok wait_until { my @all = $t->workers; @all == 1 }, 'and the old one ends';

my $workers = join ' ', $t->workers;
write_file($t->dir . '/api.js', 'export class Api {');
kill HUP => $t->master;
ok wait_until { $t->error_log =~ m{api\.js:1:\d+": SyntaxError} },
    'a reload with an error in it is refused';
is join(' ', $t->workers), $workers, 'and all goes on';
like $t->get('/')->{content}, qr/^2/, 'as before';

ok $t->stop, 'nginx ends';
$t->no_alerts(qr/SyntaxError|$DynWorker::KILLED/);
done_testing;
