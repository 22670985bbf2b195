# What set_header adds on the way out is in no engine's memory: both are dumped
# while requests go through them.

use warnings;
use strict;

use HTTP::Tiny;
use Test::More;
use DynWorker;
use Upstream;

plan skip_all => 'only root reads the memory of other processes' if $> != 0;
plan skip_all => 'terabytes of addresses are AddressSanitizer\'s own'
    if $ENV{TEST_NGINX_ASAN_OPTIONS};

# No text that this file, or its configuration, holds as a whole.
sub unique { return join '', "mark-$_[0]-", map { chr 97 + int rand 26 } 1 .. 24 }

my $token = unique('token');
my $secret = unique('secret');
my $in_code = unique('code');
my $in_body = unique('body');
my $in_header = unique('header');

my $up = Upstream->start({
    data => sub {
        my ($c) = @_;
        $c->note($c->{head} =~ /^Authorization: Bearer \Q$token\E\r$/m ? 'with token' : 'without');
        $c->note('own') if $c->{head} =~ /of-worker/;
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . length($in_body) . "\r\n\r\n$in_body");
    },
    redirect => sub {
        return $_[0]->say("HTTP/1.1 302 Found\r\nLocation: /data\r\nContent-Length: 0\r\n\r\n");
    },
});
my $address = '127.0.0.1:' . $up->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => {
    upstream api.test { server $address; keepalive 4; }
    dynworker_outbound api {
        allow api.test;
        set_header Authorization "Bearer $token";
        pass /_out;
    }
END
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
        proxy_buffering off;
    }
    location /t {
        dynworker_global_outbound api;
        dynworker_load id=a code=/code/t.js;
    }
    location /host {
        dynworker_global_outbound api;
        dynworker_secret SECRET file=secret;
        dynworker_script host.js;
    }
    location /code/ { internal; alias ./; types { text/javascript js; } }
END
    secret => $secret, 't.js' => <<"END", 'host.js' => <<'END' });
const control = "$in_code";
const kept = [];
export default {
  async fetch() {
    const request = new Request("http://api.test/redirect", { headers: {
      Authorization: "Bearer of-worker", "X-Mine": "$in_header" } });
    const response = await fetch(request);
    kept.push(await response.text(), [...response.headers], [...request.headers]);
    if (kept.length > 300) kept.length = 0;
    return new Response(control.slice(0, 4) + kept.length);
  },
};
END
export default {
  async fetch(request, { SECRET }) {
    const response = await fetch("http://api.test/data");
    return new Response(`${SECRET.length} ${(await response.text()).length}`);
  },
};
END

# Which of the strings a process has in its memory, in either of V8's encodings.
sub found {
    my ($pid, %strings) = @_;
    my %found;
    my $overlap = 256;

    kill STOP => $pid;
    ok wait_until { read_file("/proc/$pid/stat") =~ /^\d+ \(.*\) [tT]/ }, "process $pid stands still";
    open my $memory, '<:raw', "/proc/$pid/mem" or die "/proc/$pid/mem: $!\n";
    my $bytes = 0;
    for my $line (split /\n/, read_file("/proc/$pid/maps")) {
        my ($from, $to) = $line =~ /^(\w+)-(\w+) r/ or next;
        next if $line =~ /\[(?:vvar|vsyscall|vdso)/;
        no warnings 'portable';
        ($from, $to) = (hex $from, hex $to);
        my $block = '';
        for (my $at = $from; $at < $to; $at += 1 << 20) {
            my $size = $to - $at < 1 << 20 ? $to - $at : 1 << 20;
            sysseek $memory, $at, 0 or last;
            $block = length $block > $overlap ? substr $block, -$overlap : $block;
            my $n = sysread $memory, $block, $size, length $block or last;
            $bytes += $n;
            for my $name (keys %strings) {
                my $text = $strings{$name};
                $found{$name} = 1 if index($block, $text) >= 0
                    || index($block, join "\0", split(//, $text), '') >= 0;
            }
        }
    }
    close $memory;
    kill CONT => $pid;
    cmp_ok $bytes, '>', 10_000_000, "... and $bytes bytes were looked at";
    return \%found;
}

# Requests without end, in a process of its own.
my $traffic = fork // die "fork: $!\n";
if ($traffic == 0) {
    my $http = HTTP::Tiny->new(timeout => 10);
    for (;;) {
        $http->get($t->url('/t'));
        $http->get($t->url('/host'));
    }
}

ok wait_until { $up->count(qr/^with token/) > 200 }, 'requests go out, with the token';

my %strings = (token => $token, secret => $secret, code => $in_code, body => $in_body,
    header => $in_header);

for my $round (1 .. 3) {
    my $before = $up->count(qr/^with token/);

    my $found = found($t->engine('sandbox'), %strings);
    is_deeply [sort keys %$found], [qw(body code header)],
        'the sandbox engine has its code, headers and bodies, and neither token nor secret';

    $found = found($t->engine('host'), %strings);
    is_deeply [sort keys %$found], [qw(body secret)],
        'the host engine has its secret, and no token';

    ok wait_until { $up->count(qr/^with token/) > $before + 20 }, 'traffic goes on';
}

kill KILL => $traffic;
waitpid $traffic, 0;

# The search finds it where it is.
{
    my ($worker) = $t->workers;
    my $found = found($worker, token => $token);
    ok $found->{token}, 'nginx itself has it';
}

is $up->count(qr/^(without|own)/), 0, 'no request went out without it, nor with the worker\'s own';
unlike $t->error_log, qr/\Q$token\E|\Q$secret\E/, 'neither is in the log';

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
