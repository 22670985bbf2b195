# Bodies of fetch(): streamed under credit, joined without an engine, kept in
# files; and many fetches at once.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use DynWorker;
use Upstream;

my $MB = 1024 * 1024;
my $LONG = 64 * $MB;

sub block { return pack('N', $_[0]) x 4096 }    # 16 KB that say which they are

my $up = Upstream->start({
    # $LONG bytes; what has left is noted when there is no getting rid of more
    long => sub {
        my ($c) = @_;
        $c->say("HTTP/1.1 200 OK\r\nContent-Length: $LONG\r\n\r\n");
        $c->{socket}->blocking(0);
        my $select = IO::Select->new($c->{socket});
        my ($sent, $stalled) = (0, 0);
        while ($sent < $LONG) {
            if (!$select->can_write($stalled ? $DynWorker::PATIENCE : 0.3)) {
                return $c->note("stuck at $sent") if $stalled;
                $stalled = $c->note("stalled at $sent");
                next;
            }
            my $block = block($sent >> 14);
            my $at = $sent % length $block;
            my $n = syswrite $c->{socket}, $block, length($block) - $at, $at;
            return $c->note("gone at $sent") if !$n && !$!{EAGAIN};
            $sent += $n // 0;
        }
        $c->note('sent all');
        return 0;
    },
    # a body that comes when the test says so: a file is there
    begins => sub {
        my ($c) = @_;
        my ($file) = $c->{uri} =~ m{^/begins(/[^?]+)};
        $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . 4 * $MB . "\r\n\r\n" . 'a' x 1000);
        DynWorker::wait_until(sub { -e $file });
        $c->say('b' x (4 * $MB - 1000)) and $c->note('sent the rest');
        $c->wait_closed;
        return 0;
    },
    length => sub {
        my ($c) = @_;
        my $sum = unpack '%32C*', $c->{body};
        my $text = length($c->{body}) . " $sum";
        $c->note("length $text " . ($c->{head} =~ /^Transfer-Encoding/mi ? 'chunked' : 'sized'));
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
    },
});

# All of many requests are there before the first is answered.
my $many = IO::Socket::INET->new(Listen => 1024, LocalAddr => '127.0.0.1');
my $many_address = '127.0.0.1:' . $many->sockport;
my $address = '127.0.0.1:' . $up->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => { 't.js' => <<'END' });
    upstream api.test { server $address; }
    upstream many.test { server $many_address; }
    dynworker_outbound api { allow all; pass /_out; }
END
    client_max_body_size 100m;
    dynworker_limits outbound_body=40m cpu=20s wall=10m;
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
        proxy_buffering off;
    }
    location /t {
        dynworker_log_level info;
        dynworker_global_outbound api;
        dynworker_script t.js;
    }
END
let go;
const acts = {
  // reads one chunk, then waits until "/t?act=go"
  async slow({ url }) {
    const response = await fetch(url);
    let size = 0, bad = 0, first = true;
    for await (const chunk of response.body) {
      if (first) {
        first = false;
        const going = new Promise((resolve) => { go = resolve; });
        const ticking = setInterval(() => {}, 100);
        await going;
        clearInterval(ticking);
      }
      // each 16 KB say which they are
      for (let at = size % 4 === 0 ? 0 : 4 - size % 4; at + 4 <= chunk.length; at += 4096) {
        const n = chunk[at] * 2 ** 24 + (chunk[at + 1] << 16) + (chunk[at + 2] << 8) + chunk[at + 3];
        if (n !== Math.floor((size + at) / 16384)) bad++;
      }
      size += chunk.length;
    }
    return new Response(`${size} ${bad}`);
  },
  async go() {
    if (go === undefined) return new Response("not yet");
    go();
    return new Response("going");
  },
  async pass({ url }) { return fetch(url); },
  async join({ url }, request) {
    const answer = fetch(url, { method: "POST", body: request.body });
    console.log("joined");
    return answer;
  },
  async read({ url }, request) {
    const body = new Uint8Array(await request.arrayBuffer());
    return fetch(url, { method: "POST", body });
  },
  async many({ n }) {
    const texts = await Promise.all(Array.from({ length: n }, async (_, i) =>
      (await fetch(`http://many.test/${i}`)).text()));
    return new Response(String(texts.filter((text, i) => text === `n${i}`).length));
  },
};
export default {
  fetch(request) {
    const options = Object.fromEntries(new URL(request.url).searchParams);
    return acts[options.act](options, request);
  },
};
END

my $pid;
ok wait_until { ($pid) = $t->workers }, 'a worker process';
ok wait_until { $t->engines == 2 }, '... with its engines';
my $open = $t->descriptors;

sub rss { return (read_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m)[0] * 1024 }

sub start_request {
    my ($request) = @_;
    my $client = $t->client;
    print $client $request;
    return $client;
}

sub rest {
    my ($client) = @_;
    local $/;
    return scalar(<$client>) // '';
}

# Sizes of the worker process's; nginx unlinks them at once.
sub temp_files {
    my @sizes;
    for my $fd (glob "/proc/$pid/fd/*") {
        push @sizes, -s $fd if (readlink $fd // '') =~ m{/temp_client_body/};
    }
    return @sizes;
}

# -- a response that is longer than anything may hold ---------------------------

{
    $t->get('/t?act=go');
    my $before = rss();
    my $client = start_request("GET /t?act=slow&url=http://api.test/long HTTP/1.0\r\n\r\n");

    ok wait_until { $up->count(qr/^stalled/) }, 'a reader that does not read stops its upstream';
    my ($sent) = grep { /^stalled/ } $up->log;
    $sent =~ s/\D//g;
    # (a socket may hold 32 MB that it receives)
    cmp_ok $sent, '<', $LONG, "... after $sent bytes, most of them in the kernel";
    cmp_ok rss() - $before, '<', 8 * $MB, '... and nginx does not hold them';

    my $start = time;
    ok wait_until { $t->get('/t?act=go')->{content} eq 'going' }, 'the reader goes on';
    like rest($client), qr/\r\n\r\n$LONG 0$/, '... and reads the whole of it, in order';
    diag sprintf '%.0f MB/s through JavaScript', $LONG / $MB / (time - $start);
    cmp_ok rss() - $before, '<', 8 * $MB, '... without nginx having kept it';
    ok wait_until { $up->count(qr/^sent all/) == 1 }, '... and the upstream has sent it once';
}

{
    my $before = rss();
    my $client = start_request("GET /t?act=slow&url=http://api.test/long HTTP/1.0\r\n\r\n");
    ok wait_until { $up->count(qr/^stalled/) == 2 }, 'another one';
    close $client;
    ok wait_until { $up->count(qr/^gone/) }, '... whose client leaves: its upstream is let go';
    ok wait_until { rss() - $before < 8 * $MB }, '... and nothing is kept';
}

# -- bodies that no engine sees --------------------------------------------------

# An engine that stands still takes no part in what goes on.
sub stop_engines { kill STOP => $t->engines }
sub cont_engines { kill CONT => $t->engines }

{
    my $file = $t->dir . '/go';
    my $client = start_request("GET /t?act=pass&url=http://api.test/begins$file HTTP/1.0\r\n\r\n");
    my $answer = '';
    while ($answer !~ /a{1000}\z/) {
        sysread($client, $answer, 65536, length $answer) or last;
    }
    like $answer, qr/200 OK.*a{1000}\z/s, 'an untouched response has begun';

    stop_engines();
    write_file($file, '');
    $answer .= rest($client);
    is length($answer =~ s/\A.*?\r\n\r\n//sr), 4 * $MB, '... and all of it comes, without an engine';
    ok wait_until { $up->count(qr/^sent the rest/) == 1 }, '... from its upstream';
    cont_engines();
}

{
    my $body = join '', map { chr($_ % 251) } 1 .. 100_000;
    my $client = start_request("POST /t?act=join&url=http://api.test/length HTTP/1.0\r\n"
        . "Content-Length: 2000000\r\n\r\n$body");
    ok wait_until { $t->error_log =~ /: joined/ }, 'an untouched request body has begun';

    stop_engines();
    print $client $body x 19;
    ok wait_until { $up->count(qr/^length 2000000 /) }, '... and all of it goes, without an engine';
    cont_engines();
    like rest($client), qr/\r\n\r\n2000000 \d+$/, '... which then brings the answer';
}

# -- request bodies ----------------------------------------------------------------

for my $act (qw(join read)) {
    for my $size (0, 1, 262_144, 262_145, 5_000_000) {
        my $body = 'x' x $size;
        my $sum = $size * ord 'x' & 0xffffffff;
        is $t->post("/t?act=$act&url=http://api.test/length", $body)->{content}, "$size $sum",
            "$act: $size bytes";

        my @chunks = unpack '(a60000)*', $body;
        is $t->request('POST', "/t?act=$act&url=http://api.test/length",
            content => sub { shift(@chunks) // '' })->{content}, "$size $sum", '... in chunks';
    }
}
is $up->count(qr/ chunked$/), 0, 'the upstream is told each length';
ok wait_until { !temp_files() }, 'no temporary file stays';

{
    my $before = rss();
    my $client = start_request("POST /t?act=join&url=http://api.test/length HTTP/1.0\r\n"
        . "Content-Length: 30000000\r\n\r\n");
    print $client 'y' x 200_000;
    ok !temp_files(), 'little of a body is in memory';
    print $client 'y' x 20_000_000;
    ok wait_until { ((temp_files())[0] // 0) > 19_000_000 }, 'much of it is in a file';
    cmp_ok rss() - $before, '<', 8 * $MB, '... and not in memory';
    print $client 'y' x 9_800_000;
    like rest($client), qr/\r\n\r\n30000000 \d+$/, '... and arrives';
    ok wait_until { !temp_files() }, '... and the file is gone';
}

{
    my $client = start_request("POST /t?act=join&url=http://api.test/length HTTP/1.0\r\n"
        . "Content-Length: 30000000\r\n\r\n" . 'y' x 1_000_000);
    ok wait_until { temp_files() }, 'a client that sends a body';
    close $client;
    ok wait_until { !temp_files() }, '... and leaves: the file is gone';
    is $up->count(qr/length 1000000/), 0, '... and nothing was sent';
}

like $t->post('/t?act=join&url=http://api.test/length', 'z' x 45_000_000)->{content},
    qr/500 Internal/, 'more than "outbound_body" is not sent';
is $up->count(qr/length 4\d{7} /), 0, '... at all';
ok wait_until { !temp_files() }, '... nor kept';

# -- many at once ---------------------------------------------------------------------

{
    my $n = 300;
    my $client = start_request("GET /t?act=many&n=$n HTTP/1.0\r\n\r\n");
    my %uri;
    while (keys %uri < $n && IO::Select->new($many)->can_read($DynWorker::PATIENCE)) {
        my $socket = $many->accept or last;
        my $head = '';
        while ($head !~ /\r\n\r\n/) {
            sysread($socket, $head, 65536, length $head) or last;
        }
        $uri{$1} = $socket if $head =~ m{^GET /(\d+) };
    }
    is scalar keys %uri, $n, "$n fetches of one request are under way at once";
    for my $i (reverse sort keys %uri) {
        my $socket = delete $uri{$i};
        print $socket "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nn$i";
        close $socket;
    }
    like rest($client), qr/\r\n\r\n$n$/, '... and each has its own answer';
}

ok wait_until { $t->descriptors <= $open }, 'no descriptor stays open'
    or diag $t->descriptors, " instead of $open";

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
