# Processes: what an engine is started with, reloads under load, graceful and
# fast ends, and who replaces whom when something is killed.

use warnings;
use strict;

use File::Temp qw(tempdir);
use HTTP::Tiny;
use Test::More;
use Time::HiRes qw(time);
use DynWorker;

# Children of a process, zombies among them: { pid => command }.
sub children {
    my ($parent) = @_;
    my %found;
    for my $stat (glob '/proc/[0-9]*/stat') {
        read_file($stat) =~ /^(\d+) \((.*)\) \S (\d+)/s or next;
        $found{$1} = $2 if $3 == $parent;
    }
    return \%found;
}

# Children of nginx's processes that nobody has waited for.
sub zombies {
    my ($t) = @_;
    return grep { read_file("/proc/$_/stat") =~ /^\d+ \(.*\) Z/ }
        map { keys %{ children($_) } } $t->master, $t->workers;
}

# Runs the block in a child of ours, and returns its pid.
sub in_background (&) {
    my ($code) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $code->();
        POSIX::_exit(0);
    }
    return $pid;
}

sub started { my ($t) = @_; my @n = $t->error_log =~ /engine \d+ started/g;
              return scalar @n }

my $slow = <<'JS';
export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    console.log("begins " + searchParams.get("n"));
    if (searchParams.has("head")) {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      writer.write(new TextEncoder().encode("first "));
      scheduler.wait(+searchParams.get("ms")).then(() => writer.close());
      return new Response(readable);
    }
    await scheduler.wait(+searchParams.get("ms"));
    return new Response("slow\n");
  },
};
JS

# -- what an engine is ---------------------------------------------------------

$ENV{LEAKED} = 'into the environment';
open my $leaked, '<', '/etc/hostname' or die "/etc/hostname: $!\n";

my $t = DynWorker->start(workers => 2, config => <<'END', files => {
    location / { dynworker_script hello.js; }
END
    'hello.js' => 'import v from "./version.js";
                   export default { fetch() { return new Response(v) } }',
    'version.js' => 'export default "0\n"',
});

ok wait_until { started($t) == 4 }, 'two worker processes have four engines';
is scalar($t->engines), 4, 'and no other process';

for my $worker ($t->workers) {
    my @engines = grep { read_file("/proc/$_/cmdline") !~ /nginx: / }
        keys %{ children($worker) };
    is_deeply [sort map { read_file("/proc/$_/cmdline") =~ /--role=(\w+)/ }
               @engines], ['host', 'sandbox'], 'a worker process has one each';

    for my $engine (sort @engines) {
        my %fd = map { m{([^/]+)\z} => readlink } glob "/proc/$engine/fd/*";
        is_deeply [sort keys %fd], [0, 2], 'an engine has two descriptors';
        like $fd{0}, qr/^socket:/, 'its socket';
        is $fd{2}, readlink("/proc/$worker/fd/2"), 'and standard error';
        is read_file("/proc/$engine/environ"), '', 'its environment is empty';
        is readlink("/proc/$engine/cwd"), '/', 'its folder is /';
        my $status = read_file("/proc/$engine/status");
        like $status, qr/^Seccomp:\s+2$/m, 'system calls are filtered';
        like $status, qr/^NoNewPrivs:\s+1$/m, 'it can get no privileges';
        like $status, qr/^CapEff:\s+0+$/m, 'it has none' if $> != 0;
    }
}

# -- reload under load -----------------------------------------------------------

my $results = tempdir('dynworker-load-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my %first = map { $_ => 1 } $t->workers, $t->engines;

my @clients = map {
    my $n = $_;
    in_background {
        open my $out, '>', "$results/$n";
        $out->autoflush(1);
        my $http = HTTP::Tiny->new(timeout => $DynWorker::PATIENCE, keep_alive => 0);
        until (-e "$results/stop") {
            my $got = $http->get($t->url('/'));
            print $out "$got->{status} $got->{content}";
        }
        close $out;
    };
} 1 .. 4;

for my $version (1 .. 4) {
    write_file($t->dir . '/version.js', "export default '$version\\n'");
    ok $t->reload, "reload $version: new worker processes";
    ok wait_until { 4 == grep { read_file("$results/$_") =~ /^200 $version$/m } 1 .. 4 },
        "reload $version: the new code is served";
}

write_file("$results/stop", '');
waitpid $_, 0 for @clients;

my @lines = map { split /^/, read_file("$results/$_") } 1 .. 4;
is_deeply [grep { !/^200 [0-4]\n\z/ } @lines], [],
    'none of ' . @lines . ' requests meanwhile failed';

ok wait_until { $t->workers == 2 && $t->engines == 4 },
    'old worker processes and engines are gone';
ok !(grep { $first{$_} } $t->workers, $t->engines), 'all of them are new';
ok wait_until { !zombies($t) }, 'no zombies';

# -- a reload that fails --------------------------------------------------------------

my @before = ($t->workers, $t->engines);
write_file($t->dir . '/version.js', "export default\n  'unfinished");
kill HUP => $t->master;
ok wait_until { $t->error_log =~ /\[emerg\].*version\.js:2:\d+/ },
    'a syntax error at reload is logged with its place'
    or diag $t->error_log;
is $t->get('/')->{content}, "4\n", 'and the old code goes on';
is_deeply [$t->workers, $t->engines], \@before, 'in the same processes';

write_file($t->dir . '/version.js', 'export default "5\n"');
ok $t->reload, 'once it is mended';
ok wait_until { $t->get('/')->{content} eq "5\n" }, 'the next reload works';

ok $t->stop, 'SIGTERM ends everything';
is scalar(grep { /\[(?:alert|crit)\]/ } split /^/, $t->error_log), 0,
    'no alerts';

# -- the end: SIGQUIT, SIGTERM ------------------------------------------------------

my $config = <<'END';
    add_header X-Error $dynworker_error always;
    location /host { dynworker_script slow.js; dynworker_log_level info; }
    location /sandbox {
        dynworker_load id=slow code=/_code;
        dynworker_log_level info;
    }
    location = /_code {
        internal;
        default_type text/javascript;
        alias slow.js;
    }
    location /through { dynworker_script through.js; dynworker_loader LOADER; }
    location /static { return 200 "static\n"; }
END
my %files = ('slow.js' => $slow, 'through.js' => <<'JS');
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load({
      compatibilityDate: "2026-01-01",
      mainModule: "m.js",
      modules: { "m.js": `export default {
        async fetch(request) {
          const { searchParams } = new URL(request.url);
          console.error("begins " + searchParams.get("n"));
          await scheduler.wait(20000);
        } }` },
    });
    const stub = worker.getEntrypoint();
    try {
      return await stub.fetch(request);
    } catch (e) {
      return new Response("caught: " + e.message + "\n");
    }
  },
};
JS

# Asks for "path" and waits until a worker is at it; whose answer is then
# written to a file.
my $asked = 0;
sub ask {
    my ($t, $path, $begun) = @_;
    my $n = ++$asked;
    my $file = "$results/ask$n";
    my $url = $t->url($path . ($path =~ /\?/ ? '&' : '?') . "n=$n");
    my $pid = in_background {
        exec 'curl', '-sSN', '-i', '--max-time', $DynWorker::PATIENCE, '-o', "$file.out",
            '--stderr', "$file.err", '-w', '%{http_code} %{exitcode}', $url
            if open STDOUT, '>', $file;
    };
    $begun //= sub { $t->error_log =~ /begins $n\b/ };
    wait_until { $begun->() } or diag "$path has not begun";
    return sub {
        waitpid $pid, 0;
        return read_file($file) . ' ' . read_file("$file.out");
    };
}

$t = DynWorker->start(config => $config, files => \%files);
for my $kind ('host', 'sandbox') {
    is $t->get("/$kind?ms=0")->{content}, "slow\n", "$kind: it works";
}
my @answers = map { ask($t, "/$_?ms=1500") } 'host', 'sandbox';
ok $t->stop('QUIT'), 'SIGQUIT ends everything';
like $_->(), qr/^200 0 .*slow\n/s, '... after the requests that it had'
    for @answers;
$t->no_alerts;

$t = DynWorker->start(config => $config, files => \%files);
@answers = map { ask($t, "/$_?ms=20000") } 'host', 'sandbox';
ok $t->stop('TERM'), 'SIGTERM ends everything';
unlike $_->(), qr/^200 0/, '... and no answer pretends to be complete'
    for @answers;
$t->no_alerts;

# The operator's own limit for a graceful end.
$t = DynWorker->start(main => 'worker_shutdown_timeout 1s;',
    config => <<'END', files => { 'after.js' => <<'JS' });
    location / { dynworker_script after.js; dynworker_limits wall=1h; }
END
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil(scheduler.wait(3600000));
    return new Response("after\n");
  },
};
JS
is $t->get('/')->{content}, "after\n", 'work after the response';
ok $t->stop('QUIT'), 'SIGQUIT ends it, in worker_shutdown_timeout';

# -- without a master --------------------------------------------------------------

$t = DynWorker->start(main => 'master_process off;', config => $config,
                      files => \%files);
is $t->get("/$_?ms=0")->{content}, "slow\n", "master_process off: $_"
    for 'host', 'sandbox';
my @engines = keys %{ children($t->master) };
is scalar(@engines), 2, 'master_process off: two engines';
ok $t->stop, 'master_process off: it stops';
ok wait_until { !grep { -e "/proc/$_" } @engines },
    'master_process off: and its engines';
$t->no_alerts;

# -- a worker process is killed --------------------------------------------------

$t = DynWorker->start(config => $config, files => \%files);
is $t->get('/host?ms=0')->{status}, 200;
my ($worker) = $t->workers;
@engines = $t->engines;
ask($t, '/host?ms=20000');
kill KILL => $worker;
ok wait_until { !grep { DynWorker::alive($_) } $worker, @engines },
    'the engines of a worker process that was killed end';
ok wait_until { $t->get("/sandbox?ms=0")->{content} eq "slow\n" },
    'the next one serves';
ok wait_until { $t->engines == 2 }, 'with engines of its own';

# -- an engine is killed -------------------------------------------------------------

for my $role ('host', 'sandbox') {
    ok wait_until { $t->get("/$role?ms=0")->{content} eq "slow\n" },
        "$role: it works";

    my @answers = map { ask($t, "/$role?ms=20000") } 1 .. 3;
    my $answer = ask($t, "/$role?ms=20000&head",
                     sub { read_file("$results/ask$asked.out") =~ /first / });
    my $engine = $t->engine($role);
    kill KILL => $engine;

    like $_->(), qr/^502 0 .*X-Error: engine\r/s,
        "$role: killed under a request: 502" for @answers;
    like $answer->(), qr/^200 (?!0).*first \z/s,
        "$role: killed after the header: the connection breaks off";
    ok wait_until { $t->get("/$role?ms=0")->{content} eq "slow\n" },
        "$role: the next request works";
    isnt $t->engine($role), $engine, "$role: in a new engine";
    ok wait_until { $t->error_log =~ /engine $engine exited on signal 9/ },
        "$role: the log says how it ended";
}

# What runs in the host engine outlives the sandbox engine.
{
    my $answer = ask($t, '/through');
    kill KILL => $t->engine('sandbox');
    like $answer->(), qr/^200 0 .*caught: /s,
        'a host worker catches the end of a dynamic worker\'s engine';
}

# None of it is alive that should not be.
ok wait_until { !zombies($t) }, 'no zombies';
ok $t->stop, 'it stops';

# What waits for room when an engine ends has it in the next one.
$t = DynWorker->start(http => 'dynworker_isolates max=1;', config => <<'END',
    location / {
        dynworker_script parked.js;
        dynworker_loader LOADER;
        dynworker_service HERE uri=/here;
    }
    location /here { return 204; }
END
    files => { 'parked.js' => <<'JS' });
const worker = { mainModule: "m.js", modules: { "m.js": `
  import { WorkerEntrypoint } from "cloudflare:workers";
  export default class extends WorkerEntrypoint {
    hello() { return "hello"; }
    call(f) { return f(); }
  }` } };
export default {
  async fetch(request, env) {
    const load = () => env.LOADER.load(worker).getEntrypoint();
    let busy;
    await new Promise((resolve) => {
      busy = load().call(() => { resolve(); return new Promise(() => {}); })
        .catch((error) => error.message);
    });
    const waiting = [load().hello(), env.LOADER.get("id", () => worker)
      .getEntrypoint().hello()];
    // nginx has heard of them before it has answered
    for (let i = 0; i < 3; i++) await env.HERE.fetch("http://here/");
    console.error("begins " + new URL(request.url).searchParams.get("n"));
    return Response.json([await busy, ...await Promise.all(waiting)]);
  },
};
JS
{
    my $answer = ask($t, '/');
    kill KILL => $t->engine('sandbox');
    like $answer->(), qr/^200 0 .*\["The engine of this worker has ended\.","hello","hello"\]/s,
        'what waits for room outlives the engine';
}
ok $t->stop, 'it stops';

# -- an engine that does not start -------------------------------------------------

$t = DynWorker->start(http => 'dynworker_engine /nonexistent;',
    expect => 'fail', config => $config, files => \%files);
ok $t->failed, 'no engine, a script: nginx does not start';
like $t->output, qr/\[emerg\].*\/nonexistent/, '... and says why';

my $load_only = <<'END';
    add_header X-Error $dynworker_error always;
    location / { dynworker_load id=a code=/_code; }
    location = /_code {
        internal;
        default_type text/javascript;
        return 200 "export default { fetch() { return new Response('up') } }";
    }
    location /static { return 200 "static\n"; }
END

my $bin = tempdir('dynworker-bin-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0777, $bin;

for my $case (
    [nonexistent => undef, 'could not start engine'],
    [crashing => "#!/bin/sh\necho >> $bin/starts\nexit 3\n", 'could not start'],
    [mute => "#!/bin/sh\necho >> $bin/starts\nexec sleep 1000\n", undef],
) {
    my ($name, $script, $why) = @$case;
    unlink "$bin/starts";

    if ($script) {
        write_file("$bin/engine", $script);
        chmod 0755, "$bin/engine";
    }
    my $engine = $script ? "$bin/engine" : '/nonexistent';

    my $begin = time;
    $t = DynWorker->start(http => "dynworker_engine $engine;",
        config => "dynworker_limits wall=500ms;\n$load_only");
    is $t->get('/static')->{content}, "static\n", "$name: other locations work";
    my $got = $t->get('/');
    like "$got->{status} $got->{headers}{'x-error'}",
        qr/^502 engine\z|^503 wall\z/, "$name: the worker's does not";

    if ($why) {
        my $starts = 0;
        ok wait_until {
            $starts = () = $t->error_log =~ /$why/g;
            $starts > 8;
        }, "$name: the log says so";
        # there are two engines
        DynWorker::backs_off(int $starts / 2, $begin,
                             "$name: not again and again");
    }

    my @pids = ($t->workers, $t->engines);
    ok $t->stop, "$name: it stops";
    ok wait_until { !grep { -e "/proc/$_" } @pids },
        "$name: and leaves nobody behind";
}

# One that is there later is used.
$t = DynWorker->start(http => "dynworker_engine $bin/later;",
                      config => $load_only);
is $t->get('/')->{status}, 502, 'an engine that is not there yet';
symlink $ENV{TEST_NGINX_ENGINE}, "$bin/later" or die "symlink: $!\n";
ok wait_until { $t->get('/')->{content} eq 'up' }, 'is used once it is';
$t->stop;

done_testing;
