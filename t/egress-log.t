# "log" of egress policies: one line for each attempt, nothing secret in it.

use warnings;
use strict;

use Test::More;
use DynWorker;

sub conf {
    my ($log) = @_;
    return (http => <<"END", config => <<'END', files => { 't.js' => <<'END' });
    upstream api.test { server 127.0.0.1:%%PORT%%; }
    upstream closed.test { server 127.0.0.1:1; }
    dynworker_outbound api {
        allow api.test closed.test 127.0.0.1 unknown.test;
        methods GET POST TRACE;
        set_header Authorization "Bearer hidden-token";
        $log
        pass /_out;
    }
    log_format pass '\$request_id \$dynworker_outbound_root'
        ' "\$dynworker_outbound_worker" \$dynworker_outbound_name';
END
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_buffering off;
        log_subrequest on;
        access_log logs/pass.log pass;
    }
    location / { return 200 "0123456789"; }
    location = /none { return 204; }
    location = /t {
        dynworker_global_outbound api;
        dynworker_script t.js;
        add_header X-Request-Id $request_id;
    }
END
export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const method = searchParams.get("method") ?? "GET";
    const body = method === "POST" ? "a body" : undefined;
    try {
      const response = await fetch(searchParams.get("url"), { method, body,
        headers: { "X-Own": "own-value" } });
      return new Response(`${response.status} ${await response.text()}`);
    } catch (error) {
      return new Response(`${error}`);
    }
  },
};
END
}

my $id;

sub fetch_url {
    my ($t, $url, $method) = @_;
    $url =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge;
    my $answer = $t->get("/t?url=$url" . ($method ? "&method=$method" : ''));
    $id = $answer->{headers}{'x-request-id'};
    return $answer->{content};
}

# The last line that a fetch has made, once it is there.
my $lines = 0;

sub line {
    my ($t, $file) = @_;
    my @all;
    wait_until { @all = split /\n/, read_file($t->dir . "/$file"); @all > $lines };
    is scalar @all, $lines + 1, 'one line';
    $lines = @all;
    return $all[-1] // '';
}

my $TIME = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/;
my $WORKER = qr/"\S+t\.js"/;

# -- plain ------------------------------------------------------------------

{
    my $t = DynWorker->start(conf('log logs/egress.log;'));
    my $out = sub { line($t, 'logs/egress.log') };

    is fetch_url($t, 'http://api.test/a/path?key=secret'), '200 0123456789', 'a fetch';
    like $out->(), qr{$TIME $WORKER $id GET "http://api\.test/a/path" allowed 200 10 \d+\.\d{3}$},
        '... and its line, without the query, with the id of its root request';
    like $id, qr/^[0-9a-f]{32}$/, '... which is $request_id';

    is fetch_url($t, 'http://api.test/none', 'POST'), '204 ', 'another';
    like $out->(), qr{ POST "http://api\.test/none" allowed 204 0 \d}, '... no bytes';

    is fetch_url($t, 'https://elsewhere.test/x?key=secret'), '403 Domain not allowed',
        'a host that is refused';
    like $out->(), qr{ GET "https://elsewhere\.test/x" refused:host 403 18 \d}, '... says so';

    is fetch_url($t, 'http://api.test/', 'PUT'), '403 Domain not allowed', 'a method';
    like $out->(), qr{ PUT "http://api\.test/" refused:method 403 18 }, '... says so';

    is fetch_url($t, 'http://127.0.0.1/'), '403 Domain not allowed', 'an address';
    like $out->(), qr{ GET "http://127\.0\.0\.1/" refused:address 403 18 }, '... says so';

    like fetch_url($t, 'http://closed.test/'), qr/^TypeError/, 'no connection';
    like $out->(), qr{ GET "http://closed\.test/" allowed - 0 \d}, '... has no status';

    like fetch_url($t, 'http://unknown.test/'), qr/^TypeError/, 'no address';
    like $out->(), qr{ GET "http://unknown\.test/" allowed - 0 \d}, '... has none either';

    is fetch_url($t, "http://api.test/%0d%0aforged?%22"), '200 0123456789', 'an odd URL';
    like $out->(), qr{ GET "http://api\.test/%0d%0aforged" allowed 200 }, '... is one line';

    my $log = read_file($t->dir . '/logs/egress.log');
    unlike $log, qr/secret|hidden-token|own-value/,
        'no query, no header of the policy\'s, none of the worker\'s';

    # reopened, as every log of nginx's

    rename $t->dir . '/logs/egress.log', $t->dir . '/logs/egress.log.1';
    kill USR1 => $t->master;
    ok wait_until { -e $t->dir . '/logs/egress.log' }, 'USR1 makes the file anew';

    $lines = 0;
    ok wait_until {
        fetch_url($t, 'http://api.test/again');
        -s $t->dir . '/logs/egress.log';
    }, '... and lines go there';

    ok $t->stop, 'nginx stops';
    $t->no_alerts;
}

# -- the log of the pass location ---------------------------------------------

{
    my $t = DynWorker->start(conf(''));
    $lines = 0;
    is fetch_url($t, 'http://api.test/a'), '200 0123456789', 'no "log" in the policy';
    like line($t, 'logs/pass.log'), qr/^$id $id $WORKER api\.test$/,
        '... and yet its location knows the worker and the $request_id of its client';
    $t->no_alerts;
}

# -- other formats ----------------------------------------------------------

{
    my $t = DynWorker->start(conf('log logs/egress.log full;'));
    $lines = 0;
    is fetch_url($t, 'http://api.test/a?q="\\'), '200 0123456789', 'a fetch';
    like line($t, 'logs/egress.log'),
        qr{ GET "http://api\.test/a\?q=%22\\x5C" allowed 200 10 },
        'full: with its query, escaped';
    $t->no_alerts;
}

{
    my $t = DynWorker->start(conf('log logs/egress.log'
        . ' "$dynworker_outbound_decision|${dynworker_outbound_name}|$remote_addr|$http_x_own|$arg_x|$request_id.";'));
    $lines = 0;
    is fetch_url($t, 'http://api.test/a'), '200 0123456789', 'a fetch';
    is line($t, 'logs/egress.log'), "allowed|api.test|127.0.0.1|own-value|-|$id.",
        'a text with variables';
    fetch_url($t, 'http://other.test/a');
    like line($t, 'logs/egress.log'), qr/^refused:host\|other\.test\|.*\|$id\.$/, '... of one that is refused';
    $t->no_alerts;
}

{
    my $t = DynWorker->start(conf('log off;'));
    is fetch_url($t, 'http://api.test/a'), '200 0123456789', 'log off: a fetch';
    ok !-e $t->dir . '/off', '... and no file';
    ok $t->stop, 'nginx stops';
    $t->no_alerts;
}

# -- a disk that is full ----------------------------------------------------

SKIP: {
    skip 'no /dev/full', 3 unless -e '/dev/full';
    my $t = DynWorker->start(conf('log /dev/full;'));
    is fetch_url($t, 'http://api.test/a'), '200 0123456789',
        'a full disk stops nobody';
    fetch_url($t, 'http://api.test/a');
    ok $t->stop, 'nginx stops';
    my @said = $t->error_log =~ /write\(\) to "\/dev\/full" failed/g;
    is @said, 1, '... and is told of once';
}

# -- the directive ----------------------------------------------------------

for my $row (
    ['log logs/a plain; log logs/b;', qr/"log" directive is duplicate/],
    ['log off plain;',            qr/"log off" takes no format/],
    ['log "";',                   qr/invalid log "", it must be "off" or the path/],
    ['log $remote_addr.log;',     qr/invalid log "\$remote_addr\.log"/],
    ['log syslog:server=x;',      qr/invalid log "syslog:server=x"/],
    ['log logs/a combined;',      qr/invalid log format "combined", it must be "plain", "full", or a text/],
    ['log logs/a "$";',           qr/invalid variable name in log format/],
    ['log logs/a "${host";',      qr/invalid variable name in log format/],
    ['log logs/a "$no_such";',    qr/unknown "no_such" variable/],
    ['log logs/a plain more;',    qr/invalid number of arguments in "log"/],
    ['log no/such/folder/a;',     qr/open\(\) ".*no\/such\/folder\/a" failed/],
) {
    my $t = DynWorker->start(conf($row->[0]), expect => 'fail');
    ok $t->failed, "\"$row->[0]\" is refused";
    like $t->output, $row->[1], '... with a reason';
}

done_testing;
