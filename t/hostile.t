# An engine that a worker has taken over says whatever it likes
# (t/lib/fake-engine.pl, told by the request's URL).  nginx's worker process
# survives, clients get a clean answer or a connection that breaks off, and a
# fresh engine takes over.

use warnings;
use strict;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use DynWorker;

my $home = tempdir('dynworker-fake-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0777, $home;

my $fake = "$home/fake-engine.pl";
write_file($fake, read_file(dirname(abs_path(__FILE__))
                            . '/lib/fake-engine.pl'));
chmod 0755, $fake;
write_file("$home/real", $ENV{TEST_NGINX_ENGINE}
           || abs_path('build/dynworker-engine'));

# An upstream that never answers.
my $sink = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die;
my $sink_address = '127.0.0.1:' . $sink->sockport;

my $http = <<"END";
    dynworker_engine $fake;
    dynworker_outbound up {
        allow http://up.test http://slow.test http://sink.test;
        pass /_out;
    }
    upstream up.test { server 127.0.0.1:%%PORT%%; }
    upstream slow.test { server 127.0.0.1:%%PORT%%; }
    upstream sink.test { server $sink_address; }
END

my $config = <<'END';
    dynworker_limits wall=60s;
    dynworker_log_level debug;
    add_header X-Error $dynworker_error always;

    location / {
        dynworker_load id=a$arg_id code=/_code;
        dynworker_global_outbound up;
    }
    location /quick/ {
        rewrite ^/quick(/.*) $1 break;
        dynworker_limits wall=300ms;
        dynworker_load id=a$arg_id code=/_code;
    }
    location /short/ {
        rewrite ^/short(/.*) $1 break;
        dynworker_limits wall=3s;
        dynworker_load id=a$arg_id code=/_code;
    }
    location /traced/ {
        dynworker_loader LOADER;
        dynworker_script traced.js;
    }
    location = /_code {
        internal;
        default_type text/javascript;
        return 200 "export default {}";
    }
    location = /_out {
        internal;
        if ($dynworker_outbound_host != sink.test) { return 200 "from upstream\n"; }
        proxy_pass http://$dynworker_outbound_peer;
        proxy_http_version 1.1;
        proxy_request_buffering off;
    }
END

# A host, in a real engine, whose dynamic worker has a tail.
my %files = ('traced.js' => <<'END');
export default {
  async fetch(request, env, ctx) {
    const stub = env.LOADER.get("traced", () => ({
      mainModule: "m.js", modules: { "m.js": "" }, tails: [ctx.exports.tails],
    }));
    return stub.getEntrypoint().fetch(request.url.replace("/traced/", "/"));
  },
};
export const tails = {
  tail([{ event, logs, exceptions, truncated, cpuTime, outcome }]) {
    const act = event.request.url.split("/").pop();
    console.log(`tail: ${act} ${logs.length} ${exceptions.length} ${truncated} ${outcome} ${cpuTime}` +
      ` ${logs.length > 0 && JSON.stringify(logs.at(-1).message).slice(0, 100)}`);
  },
};
END

my $t = DynWorker->start(http => $http, config => $config, files => \%files);
my $worker;

# The one of the two that is our script.
sub engine { return $t->engine('sandbox') }

# What error.log has got since it was last asked.
my $seen = 0;
sub logged {
    my $log = $t->error_log;
    my $new = substr $log, $seen;
    $seen = length $log;
    return $new;
}

# nginx still serves, with the worker process that it had.
sub ok_served {
    my ($title) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply [wait_until { $t->get('/ok')->{content} eq "ok\n" },
               $t->workers], [1, $worker],
        "$title: the same worker process serves";
}

is $t->get('/ok')->{content}, "ok\n", 'the fake engine answers as a real one';
($worker) = $t->workers;

# -- it breaks a rule: it is ended, the client gets 502 ----------------------

my @broken = (
    # frames
    random => 'a malformed frame',
    ones => 'a malformed frame',
    zeros => 'a malformed frame',
    http => 'a malformed frame',
    huge_length => 'a malformed frame',
    long_data => 'a malformed frame',
    type_0 => 'a malformed frame',
    type_99 => 'a malformed frame',
    reserved => 'a malformed frame',
    header_flags => 'a malformed frame',
    channel_0 => 'a malformed frame',
    hello_channel => 'a malformed frame',
    hello_again => 'a bad HELLO',
    no_channel => 'a frame for no channel',
    no_odd_channel => 'a frame for no channel',
    last_channel => 'a frame for no channel',

    # responses
    data_first => 'DATA before HEAD',
    end_first => 'a bad END',
    done_first => 'a bad DONE',
    head_short => 'a bad HEAD',
    head_flags => 'a bad HEAD',
    status_0 => 'a bad HEAD',
    status_99 => 'a bad HEAD',
    status_100 => 'a bad HEAD',
    status_101 => 'a bad HEAD',
    status_600 => 'a bad HEAD',
    status_65535 => 'a bad HEAD',
    value_crlf => 'a bad header',
    value_lf => 'a bad header',
    name_crlf => 'a bad header',
    name_space => 'a bad header',
    name_colon => 'a bad header',
    name_empty => 'a bad header',
    text_crlf => 'a bad header',
    no_value => 'a bad header',
    no_nul => 'a bad header',
    no_strings => 'a bad header',
    value_nul => 'a bad header',
    window_0 => 'a bad WINDOW',
    window_huge => 'a bad WINDOW',
    window_sum => 'a bad WINDOW',
    reset_0 => 'a bad RESET',
    reset_99 => 'a bad RESET',
    reset_no_nul => 'a bad RESET',
    reset_more => 'a bad RESET',
    log_level => 'a bad LOG',
    log_kind => 'a bad LOG',
    log_long => 'a bad LOG',
    trace_unasked => 'an unasked LOG',
    trace_isolate => 'an unasked LOG',
    trace_own => 'an unasked LOG',
    trace_too_long => 'a malformed frame',

    # channels that are not its own to use so
    data_isolate => 'DATA beyond its credit',
    end_isolate => 'a bad END',
    window_isolate => 'a bad WINDOW',
    done_isolate => 'a bad DONE',
    head_isolate => 'a bad HEAD',
    worker_twice => 'a second HEAD',
    outbound_9 => 'a bad HEAD',
    open_odd => 'a bad OPEN',
    open_again => 'a bad OPEN',
    open_isolate => 'a bad OPEN',
    open_kind => 'a bad OPEN',
    open_flags => 'a bad OPEN',
    open_reserved => 'a bad OPEN',
    lend_missing => 'a bad OPEN',
    lend_kind => 'a bad OPEN',
    lend_self => 'a bad OPEN',
    lend_outbound => 'a bad OPEN',
    lend_load => 'a bad OPEN',
    open_short => 'a malformed frame',
    open_props => 'a bad OPEN',
    open_props_huge => 'a bad OPEN',
    parent_isolate => 'OPEN with a bad parent',
    load_isolate => 'OPEN with a bad parent',
    parent_own => 'OPEN with a bad parent',
    head_own => 'HEAD on its own FETCH',
    done_own => 'a bad DONE',
    end_own_usage => 'a bad END',
    data_own_ended => 'DATA beyond its credit',
    data_own_none => 'DATA beyond its credit',
    fetch_no_nul => 'a bad head of a fetch\(\)',
    fetch_method => 'a bad head of a fetch\(\)',
    fetch_header => 'a bad head of a fetch\(\)',
    fetch_odd => 'a bad head of a fetch\(\)',
    fetch_empty => 'a bad head of a fetch\(\)',
    rpc_no_body => 'a bad OPEN',
    rpc_join => 'a bad OPEN',
    grant_nobody => 'grants to nobody',
    footprint_short => 'a malformed frame',
    footprint_fetch => 'a bad FOOTPRINT',
    loaded_fetch => 'FETCH to no LOAD channel',
    loaded_isolate => 'FETCH to no LOAD channel',
);

while (my ($act, $why) = splice @broken, 0, 2) {
    my $engine = wait_until { engine() };
    logged();

    my $got = $t->get("/$act");
    is "$got->{status} " . ($got->{headers}{'x-error'} // ''), '502 engine',
        "$act: 502";
    is $got->{headers}{'x-bad'}, undef, "$act: no header of the engine's";
    like logged(), qr/\[error\].*dynworker sandbox engine $engine sent $why/,
        "$act: the log says what";
    ok wait_until { (engine() // $engine) != $engine },
        "$act: a fresh engine is there";
    ok_served($act);
}

# -- the same, once the client has had the header: the connection breaks off -

for my $case (
    [head_twice => 'a second HEAD'],
    [end_short => 'a bad END'],
    [end_twice => 'a second END', 'complete'],
    [data_after_end => 'DATA beyond its credit', 'complete'],
    [empty_data => 'a malformed frame'],
) {
    my ($act, $why, $complete) = @$case;
    my $engine = wait_until { engine() };
    logged();

    my $got = raw("GET /$act HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    unlike $got, qr/\r\n0\r\n\r\n\z/, "$act: the client can tell"
        unless $complete;
    my $log = '';
    ok wait_until {
        ($log .= logged()) =~ /\[error\].*sandbox engine $engine sent $why/;
    }, "$act: the log says what";
    ok_served($act);
}

# A request that nobody reads an answer to: DATA without end, and no credit.
{
    my $engine = wait_until { engine() };
    logged();

    my $client = $t->client;
    print $client "GET /no_credit HTTP/1.1\r\nHost: a\r\n\r\n";
    ok wait_until { logged() =~ /engine $engine sent DATA beyond its credit/ },
        'no_credit: the log says what';
    close $client;
    ok_served('no_credit');
}

# -- it ends in the middle of a frame, or for no reason ---------------------

for my $act (qw(half_header half_payload)) {
    my $engine = wait_until { engine() };
    logged();

    my $got = $t->get("/$act");
    is "$got->{status} $got->{headers}{'x-error'}", '502 engine',
        "$act: 502";
    like logged(), qr/\[error\].*dynworker sandbox engine $engine has ended/,
        "$act: the log says so";
    ok_served($act);
}

# -- bytes beyond a response's length are not the next response -------------

for my $act (qw(too_much too_much_later too_little no_content not_modified
                no_body huge_body)) {
    my $got = raw("GET /$act HTTP/1.1\r\nHost: a\r\n\r\n"
                  . "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    unlike $got, qr/Forged/, "$act: not to the client";
    ok_served($act);
}

like raw("GET /framing HTTP/1.1\r\nHost: a\r\n\r\n"
         . "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    qr/\AHTTP\/1\.1\ 200\ OK\r\n (?: (?!Content-Length|Transfer|Connection)
          \S+:\ [^\r]*\r\n )*
       Content-Length:\ 2\r\n (?: (?!Content-Length|Transfer) \S+:\ [^\r]*\r\n
       )* \r\nokHTTP\/1\.1\ 200\ OK\r\n .* ok\n/xs,
    'headers of framing are nginx\'s own';

for my $act (qw(no_content no_body)) {
    like raw("HEAD /$act HTTP/1.1\r\nHost: a\r\n\r\n"
             . "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        qr/\AHTTP\/1\.1\ 20[04] .*? \r\n\r\nHTTP\/1\.1\ 200\ OK\r\n .* ok\n/xs,
        "$act: the answer to a HEAD has no body";
}

# -- what it may not have is refused, and it goes on -------------------------

my $engine = engine();

for my $case (
    [cap_none => 'reset 10'],
    [cap_huge => 'reset 10'],
    [url_file => 'reset 9'],
    [url_crlf => 'reset 9'],
    [url_user => 'reset 9'],
    [method_trace => 'reset 9'],
    [method_connect => 'reset 9'],
    [load_outbound => 'reset 10'],
    [load_none => 'reset 10'],
    [loaded_none => 'reset 10'],
    [rpc_outbound => 'reset 10'],
    [rpc_none => 'reset 10'],
    [rpc_loaded_none => 'reset 10'],
    [self => 'head 200'],
    [parent_none => 'reset 1'],
    [parent_0 => 'reset 1'],
    [join_none => 'reset 9'],
    [join_isolate => 'reset 9'],
    [join_itself => 'reset 9'],
) {
    my ($act, $outcome) = @$case;
    is $t->get("/$act")->{content}, "$outcome\n", "$act: $outcome";
}

for my $act (qw(upload_long upload_short)) {
    is $t->get("/$act")->{content}, "reset 9\n", "$act: reset 9";
    my $socket = $sink->accept;
    my $request = do { local $/; <$socket> };
    my ($head, $body) = split /\r\n\r\n/, $request, 2;
    like $head, qr/^Content-Length: 70000$/mi, '... its length was announced';
    unlike $head, qr/^Transfer-Encoding/mi, '... and nothing else';
    cmp_ok length $body, '<', 70_000, '... and never reached';
}

for my $act (qw(respond_none respond_isolate respond_empty)) {
    my $got = $t->get("/$act");
    is "$got->{status} $got->{headers}{'x-error'}", '500 exception',
        "$act: 500";
}

# "hold" waits in the isolate "b"; the others are in "a".
for my $case (
    [fetch_other => 200, "reset 9\n"],
    [respond_other => 500, undef],
) {
    my ($act, $status, $content) = @$case;
    my $held = $t->client;
    print $held "POST /hold?id=b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    print $held 'hello';
    ok wait_until { $t->request('GET', '/ok')->{status} == 200 };

    my $got = $t->get("/$act");
    is $got->{status}, $status, "$act: not another isolate's body";
    is $got->{content}, $content, "$act: it is refused" if defined $content;
    close $held;
}

# Tails are told what it says, as far as there is room.
for my $case (
    [tail_garbage => qr/2 1 false ok 1 \["a"\]/],
    [tail_many => qr/[1-9]\d{3} 0 true ok 1 \["1"\]/],
    [tail_much => qr/0 0 true ok 1 false/],
    [tail_after => qr/0 0 false ok 1 false/],
    [tail_usage => qr/0 0 false ok 1844674407370955\d false/],
) {
    my ($act, $told) = @$case;
    logged();
    is $t->get("/traced/$act")->{content}, "told\n", "$act: the answer";
    ok +(wait_until { $t->error_log =~ /: tail: $act $told/ }), "$act: $told"
        or diag grep { /tail: $act/ } split /^/, $t->error_log;
}

is engine(), $engine, 'none of it ended the engine';

# -- time ---------------------------------------------------------------------

for my $case (
    [silence => '503 wall'],
    [half_forever => '503 wall'],
    [isolate_reset => '503 wall'],
) {
    my ($act, $expected) = @$case;
    my $got = $t->get("/quick/$act");
    is "$got->{status} $got->{headers}{'x-error'}", $expected,
        "$act: $expected";
    # what half_forever has begun eats what comes next
    kill KILL => engine() if $act eq 'half_forever';
    ok_served($act);
}

{
    my $got = raw("GET /short/head_only HTTP/1.1\r\nHost: a\r\n\r\n");
    like $got, qr/\AHTTP\/1\.1 200 .*\r\n\r\n\z/s,
        'head_only: the header, then the connection breaks off';
    ok_served('head_only');
}

# -- it says that a worker has not seen an invocation -------------------------

# Once it is made again; not after anything that tells otherwise.
for my $case (
    [unseen => '503 cpu'],
    [unseen_once => '200 '],
    [unseen_granted => '503 cpu'],
    [unseen_isolate => '503 cpu'],
    [unseen_opened => '503 cpu'],
    [unseen_joined => '503 cpu'],
) {
    my ($act, $expected) = @$case;
    my $got = $t->post("/$act", 'x' x 100_000);
    is "$got->{status} " . ($got->{headers}{'x-error'} // ''), $expected,
        "$act: $expected";
    ok_served($act);
}

{
    my $got = raw("GET /unseen_headed HTTP/1.1\r\nHost: a\r\n\r\n");
    like $got, qr/\A(?:HTTP\/1\.1 200 .*\r\n\r\n)?\z/s,
        'unseen_headed: the connection breaks off';
    ok_served('unseen_headed');
}

# -- what it says of memory costs its own idle isolates ------------------------

for my $n (1 .. 3) {
    is $t->get("/footprint_huge?id=$n")->{content}, "ok\n", 'footprint_huge: it is served';
    ok_served('footprint_huge');
}

# -- it wants no more work, or dies ---------------------------------------------

# Requests that it has go on in it, others are the fresh one's.

sub later {
    my ($pid) = @_;
    my $client = $t->client;
    print $client "GET /later HTTP/1.0\r\nHost: a\r\n\r\n";
    ok wait_until { $t->error_log =~ /: waits in $pid\b/ },
        'a request is in the engine';
    return $client;
}

sub answered {
    my ($client) = @_;
    local $/;
    return scalar(<$client>) // '';
}

{
    logged();
    my $old = wait_until { engine() };
    my $client = later($old);

    is $t->get('/retire_answer')->{content}, "last\n", 'retire_answer: what it still says is heard';
    ok_served('retire_answer');
    my ($fresh) = grep { $_ != $old } $t->engines('sandbox');
    ok $fresh, '... by a fresh engine';
    ok DynWorker::alive($old), '... beside the old one';

    kill USR1 => $old;
    like answered($client), qr/ 200 OK\r\n.*\r\n\r\nlate\n\z/s, '... whose request is answered';
    ok wait_until { !DynWorker::alive($old) }, '... and which then ends';
    my $log = logged();
    like $log, qr/dynworker sandbox engine $old retires\n/,
        '... as the log says';
    unlike $log, qr/finished in time|has ended/, '... and nothing else';
}

{
    my $first = wait_until { engine() };
    my $client = later($first);
    $t->get('/retire_answer');
    ok_served('retires once');
    my ($second) = grep { $_ != $first } $t->engines('sandbox');
    my $other = later($second);
    ok DynWorker::alive($first), 'one retires';
    $t->get('/retire_answer');
    ok wait_until { !DynWorker::alive($first) }, '... and is ended when the next one does';
    like answered($client), qr/ 502 /, '... so its request fails';
    # before the third is there, or its time was over by then
    my $late = qr/engine $first retires and has not finished in time/;
    like logged(), qr/engine $second retires\n(?:(?! started).)*$late|$late.*engine $second retires\n/s,
        '... at once';

    like answered($other), qr/ 502 /, 'one that does not finish is ended in time';
    like logged(), qr/sandbox engine $second retires and has not finished in time/, '... which is logged';
    ok_served('retires twice');
}

for my $act (qw(retire die)) {
    my $was = wait_until { engine() };
    like $t->get("/$act")->{status}, qr/^50[23]\z/, "$act: a clean status";
    ok wait_until { (engine() // $was) != $was }, "$act: a fresh engine";
    ok_served($act);
}

# -- log lines are what it says, not what it makes of them ----------------------

logged();
$t->get('/forged_log');
my @lines = split /\n/, logged();
ok !(grep { !m{^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: } } @lines),
    'forged_log: no line of its own making' or diag @lines;
ok !(grep { m{^\S+ \S+ \[alert\]} } @lines), 'forged_log: no level of its own';
ok !(grep { /[\x00-\x1f\x7f]/ } @lines), 'forged_log: no control characters';

# Signals of ours, and of its own, are the only alerts.
my @alerts = grep { /^\S+ \S+ \[(?:alert|crit|emerg)\]/
                        && !/sandbox engine \d+ exited on signal 9/ }
    split /^/, $t->error_log;
is_deeply \@alerts, [], 'no alerts';

is_deeply [$t->workers], [$worker], 'the worker process is the first one';
ok $t->stop, 'it stops';

# -- at start --------------------------------------------------------------------

for my $case (
    [version => 'speaks version 2 of the protocol'],
    [not_jailed => 'a HELLO of another configuration'],
    [no_jit => 'a HELLO of another configuration'],
    [jailed_7 => 'a bad HELLO'],
    [short => 'a malformed frame'],
    [long => 'a malformed frame'],
    [no_nul => 'a bad HELLO'],
    [open_before => 'a frame before HELLO'],
    [log_before => 'a frame before HELLO'],
    [garbage => 'a malformed frame'],
    [exit => 'could not start'],
    [hello_exit => 'has ended'],
) {
    my ($start, $why) = @$case;
    unlink "$home/starts";
    write_file("$home/start", $start);
    my $begin = time;
    $t = DynWorker->start(http => $http, files => \%files,
                          config => $config . <<'END');
    location /static { return 200 "static\n"; }
END
    ok wait_until { $t->error_log =~ $why }, "start: $start: $why"
        or diag $t->error_log;
    is $t->get('/static')->{content}, "static\n",
        "start: $start: other locations work";

    my $starts;
    ok wait_until {
        $starts = () = read_file("$home/starts") =~ /sandbox/g;
        $starts > 4;
    }, "start: $start: it is tried again";
    DynWorker::backs_off($starts, $begin,
                         "start: $start: but not without end");

    # With an engine that starts at last, all is well.
    write_file("$home/start", '');
    ok wait_until { $t->get('/ok')->{content} eq "ok\n" },
        "start: $start: the next engine that works is used";
    $t->stop;
}

# What an engine says of itself makes no log lines.
write_file("$home/start", 'forged');
$t = DynWorker->start(http => $http, config => $config, files => \%files);
is $t->get('/ok')->{content}, "ok\n", 'a HELLO with a strange version';
$t->stop;
unlike $t->error_log, qr/^2026\/01\/01/m, 'and it is no line of the log';
write_file("$home/start", '');

# -- a host engine ------------------------------------------------------------------

write_file("$home/host", '');
$t = DynWorker->start(http => $http, config => <<'END', files => {
    dynworker_limits wall=60s;
    add_header X-Error $dynworker_error always;
    location / {
        dynworker_script a.js;
        dynworker_loader LOADER;
    }
    location /b/ {
        rewrite ^/b(/.*) $1 break;
        dynworker_script b.js;
        dynworker_loader LOADER;
    }
    location /service/ {
        dynworker_prop who service;
        dynworker_script b.js;
        dynworker_loader LOADER;
        dynworker_service API script=a.js entrypoint=Api;
    }
END
    'a.js' => 'export default {}',
    'b.js' => 'export default {}',
});
$seen = 0;

sub host_engine {
    return $t->engine('host');
}

is $t->get('/ok')->{content}, "ok\n", 'host: it answers';
($worker) = $t->workers;
is $t->post('/echo', 'x' x 100_000)->{content}, 'x' x 100_000,
    'host: a body is joined to a response';

# Longer than what the client is told: its request ends while its body is read.
unlike raw("POST /echo_short HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n"
           . 'HTTP/1.1 200 Forged!'), qr/Forged/,
    'host: a joined body that is too long: not to the client';
ok_served('echo_short');

for my $case (
    [load_unasked => 'a second HEAD'],
    [load_queued => 'code that was not asked for'],
    [load_after_load => 'DATA beyond its credit'],
    [load_no_id => 'a bad LOAD'],
    [load_long_id => 'a bad LOAD'],
    [grant_kind => 'a bad HEAD'],
    [grant_reserved => 'a bad HEAD'],
    [grant_short => 'a bad HEAD'],
    [grant_long_name => 'a bad HEAD'],
    [grant_many => 'a bad HEAD'],
    [tails_missing => 'a bad HEAD'],
    [tails_many => 'a bad HEAD'],
) {
    my ($act, $why) = @$case;
    my $was = wait_until { host_engine() };
    logged();
    my $got = $t->get("/$act");
    is "$got->{status} $got->{headers}{'x-error'}", '502 engine', "$act: 502";
    like logged(), qr/\[error\].*dynworker host engine $was sent $why/,
        "$act: the log says what";
    ok wait_until { (host_engine() // $was) != $was }, "$act: a fresh engine";
    ok_served($act);
}

is $t->get('/load_capability')->{content}, "reset 10\n",
    'load_capability: globalOutbound is a Fetcher, not a loader';

for my $case (
    [grant_fine => 'head 200'],
    [grant_none => 'reset 10'],
    [grant_huge => 'reset 10'],
    [outbound_none => 'reset 10'],
    [outbound_loader => 'reset 10'],
    [tail_fine => 'head 200'],
    [tail_loader => 'reset 10'],
    [tail_none => 'reset 10'],
    # nor is what the tails are the worker's own
    [tail_outbound => 'reset 10'],
    # nor may a dynamic worker give its own exports, or what it has not
    [sandbox_grant_own => 'head 200'],
    [sandbox_grant_export => 'reset 10'],
    [sandbox_grant_foreign => 'reset 10'],
    # the same of what a call grants; it is had by this call alone
    [lend_fine => 'head 200'],
    [lend_many => 'head 200'],
    [lend_none => 'reset 10'],
    [lend_unlent => 'reset 10'],
    [lend_huge => 'reset 10'],
    [unlent => 'reset 10'],
    [unlent_huge => 'reset 10'],
    [unlent_load => 'reset 10'],
    [lend_lent_loader => 'head 200'],
    [lend_lent_on => 'head 200'],
    [lend_lent_again => 'head 200'],
    [lend_lent_beyond => 'reset 10'],
    [lend_lent_before => 'reset 10'],
    [lend_lent_env => 'reset 10'],
    [lend_lent_export => 'reset 10'],
) {
    my ($act, $outcome) = @$case;
    is $t->get("/$act")->{content}, "$outcome\n", "$act: $outcome";
}

is $t->get('/service/forged_target')->{content}, qq(Api {"who":"service"}\n),
    'forged_target: a service gets the entrypoint and the props of the configuration';

# A stub of another worker's in the same engine.
{
    my $was = host_engine();
    logged();
    my $held = $t->client;
    print $held "GET /b/hold HTTP/1.1\r\nHost: b\r\n\r\n";
    ok wait_until { $t->get('/b/ok')->{status} == 200 };
    my $got = $t->get('/loaded_other');
    is $got->{status}, 502, 'loaded_other: 502';
    like logged(), qr/host engine $was sent FETCH to another's stub/,
        'loaded_other: the log says what';
    ok_served('loaded_other');
}

$t->stop;
$t->no_alerts;

# Sends "request", and returns all that comes until the connection is closed.
sub raw {
    my ($request) = @_;
    my $client = $t->client;
    print $client $request;
    my ($all, $bytes) = ('');
    while (IO::Select->new($client)->can_read($DynWorker::PATIENCE)) {
        sysread($client, $bytes, 65536) or last;
        $all .= $bytes;
    }
    return $all;
}

done_testing;
