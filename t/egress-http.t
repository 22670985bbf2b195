# What a fetch() says to an upstream and hears from it, byte for byte.

use warnings;
use strict;

use Compress::Zlib ();
use Test::More;
use DynWorker;
use Upstream;

my $ok = "HTTP/1.1 200 OK\r\n";
my $packed = Compress::Zlib::memGzip('unpacked');

# "/raw/NAME" answers with one of these.
my %raw = (
    'status-101' => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nbytes",
    'status-103' => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}Content-Length: 2\r\n\r\nok",
    'interim'    => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n${ok}Content-Length: 2\r\n\r\nok",
    'interims'   => ("HTTP/1.1 102 Processing\r\nX-Pad: " . 'p' x 9000 . "\r\n\r\n") x 32 . "${ok}Content-Length: 2\r\n\r\nok",
    'too-many'   => "HTTP/1.1 102 Processing\r\n\r\n" x 33 . "${ok}Content-Length: 2\r\n\r\nok",
    'only-103'   => "HTTP/1.1 103 Early Hints\r\n\r\n",
    'status-600' => "HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok",
    'status-999' => "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok",
    'status-000' => "HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nok",
    'no-reason'  => "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
    'no-length'  => "${ok}Connection: close\r\n\r\nuntil the end",
    'http10'     => "HTTP/1.0 200 OK\r\n\r\nold",
    'chunked'    => "${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
    'trailers'   => "${ok}Transfer-Encoding: chunked\r\nTrailer: X-After\r\n\r\n3\r\nabc\r\n0\r\nX-After: 1\r\n\r\n",
    'cookies'    => "${ok}Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3, d\r\nContent-Length: 2\r\n\r\nok",
    'repeated'   => "${ok}X-Two: one\r\nX-Two: two\r\nVary: a\r\nVary: b\r\nContent-Length: 2\r\n\r\nok",
    'gzip'       => "${ok}Content-Encoding: x-own\r\nContent-Length: 4\r\n\r\n\x00\xff\x1f\x8b",
    'packed'     => "${ok}Content-Encoding: gzip\r\nContent-Length: " . length($packed) . "\r\n\r\n$packed",
    'large'      => $ok . join('', map { "X-Large-$_: " . 'v' x 4000 . "\r\n" } 1 .. 12) . "Content-Length: 2\r\n\r\nok",
    'too-large'  => $ok . join('', map { "X-Large-$_: " . 'v' x 4000 . "\r\n" } 1 .. 20) . "Content-Length: 2\r\n\r\nok",
    'control'    => "${ok}X-Odd: a\x01b\r\nX-Fine: yes\r\nContent-Length: 2\r\n\r\nok",
    'latin1'     => "${ok}X-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\nok",
    'reason'     => "HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok",
    'not-http'   => "SSH-2.0-server\r\n\r\n",
    'both'       => "${ok}Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    'bad-chunk'  => "${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
    'more'       => "${ok}Content-Length: 2\r\n\r\nok and more",
    'etag'       => "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
    'content204' => "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
    'accel'      => "${ok}X-Accel-Redirect: /secret\r\nContent-Length: 2\r\n\r\nok",
    'accel-named' => "${ok}X-Accel-Redirect: \@secret\r\nContent-Length: 2\r\n\r\nok",
    'hop'        => "${ok}Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok",
);

my $up = Upstream->start({
    raw => sub {
        my ($c) = @_;
        my ($name) = $c->{uri} =~ m{^/raw/([^?]+)};
        $c->say($raw{$name});
        $c->wait_closed(0.2);
        return 0;
    },
    # byte by byte, and the first try breaks off after an interim response
    interim_pause => sub {
        my ($c) = @_;
        $c->say("HTTP/1.1 100 Continue\r\n\r\n");
        return 0 if $c->{up}->count(qr/interim_pause/) == 1;
        for my $byte (split //, "HTTP/1.1 103 Hints\r\nA: b\r\n\r\n${ok}Content-Length: 5\r\n\r\nlater") {
            $c->say($byte);
            $c->wait_closed(0.001);
        }
        return 1;
    },
    status => sub {
        my ($c) = @_;
        my ($status) = $c->{uri} =~ m{(\d+)$};
        return $c->say("HTTP/1.1 $status Text of $status\r\nX-Is: $status\r\nContent-Length: 4\r\n\r\n"
            . ($c->{method} eq 'HEAD' ? '' : 'body'));
    },
    # the request, as it came
    echo => sub {
        my ($c) = @_;
        my $text = "$c->{head}\r\n" . length($c->{body}) . ' ' . substr $c->{body}, 0, 100;
        return $c->say("${ok}Content-Length: " . length($text) . "\r\n\r\n"
            . ($c->{method} eq 'HEAD' ? '' : $text));
    },
    # answers when there is a request for /silent
    asked => sub {
        my ($c) = @_;
        DynWorker::wait_until { $c->{up}->count(qr{^request GET /silent\?aborted}) };
        return $c->say("${ok}Content-Length: 0\r\n\r\n");
    },
    silent => sub { my ($c) = @_; $c->note('gone') if $c->wait_closed; 0 },
    stalls => sub {
        my ($c) = @_;
        $c->say("${ok}Content-Length: 100\r\n\r\nsome");
        $c->note('gone') if $c->wait_closed;
        return 0;
    },
    resets => sub {
        my ($c) = @_;
        $c->say("${ok}Content-Length: 100\r\n\r\nsome");
        # the bytes must have been read before the RST throws them away
        DynWorker::wait_until { $c->{up}->count(qr{^request GET /status/read/200}) };
        return $c->reset;
    },
    resets_early => sub { $_[0]->reset },
    redirect => sub {
        my ($c) = @_;
        my ($n) = $c->{uri} =~ m{(\d+)$};
        my $to = $n > 0 ? '/redirect/' . ($n - 1) : '/status/200';
        return $c->say("HTTP/1.1 302 Found\r\nLocation: $to\r\nContent-Length: 0\r\n\r\n");
    },
});

my $address = '127.0.0.1:' . $up->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => { 't.js' => <<'END' });
    upstream api.test { server $address; keepalive 8; }
    upstream two.test { server $address; server $address; }
    upstream closed.test { server 127.0.0.1:1; }
    dynworker_outbound api {
        allow all;
        set_header Authorization "Bearer of-nginx";
        strip_header X-Strip;
        log logs/egress.log;
        pass /_out;
    }
    dynworker_outbound patient { allow all; pass /_patient; }
END
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
        proxy_buffering off;
        proxy_buffer_size 64k;
        proxy_buffers 4 64k;
        proxy_read_timeout 1s;
    }
    client_max_body_size 10m;
    location = /secret { internal; return 200 "secret"; }
    location @secret { return 200 "secret"; }
    location = /_patient {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_buffering off;
        proxy_read_timeout 1h;
    }
    location /patient {
        dynworker_global_outbound patient;
        dynworker_limits wall=10m;
        dynworker_script t.js;
    }
    location /t { dynworker_global_outbound api; dynworker_script t.js; }
    location /few {
        dynworker_global_outbound api;
        dynworker_limits subrequests=3;
        dynworker_script t.js;
    }
END
const show = (value) => value instanceof Error ? `${value.name}: ${value.message}` : value;
const acts = {
  // status, headers asked for, body
  async get({ url, names, method }) {
    const response = await fetch(url, { method, redirect: "manual" });
    const parts = [response.status, response.statusText];
    for (const name of names?.split(",") ?? []) parts.push(`${name}=${response.headers.get(name)}`);
    parts.push(await response.text().catch(show));
    return new Response(parts.join("|"));
  },
  async pass({ url }) { return fetch(url, { redirect: "manual" }); },
  async unpack({ url }) { return new Response((await fetch(url)).body); },
  async cookies({ url }) {
    return new Response((await fetch(url)).headers.getSetCookie().join("|"));
  },
  async bytes({ url }) {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    return new Response([...bytes].join());
  },
  async follow({ url }) { return new Response(String((await fetch(url)).status)); },
  // once the upstream has been asked
  async abortBefore({ url }) {
    const controller = new AbortController();
    const answer = fetch(url, { signal: controller.signal }).catch(show);
    await fetch("http://api.test/asked");
    controller.abort(new DOMException("enough", "TimeoutError"));
    return new Response(await answer);
  },
  // once its answer has begun
  async abortInside({ url }) {
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    const text = response.text();
    controller.abort(new DOMException("enough", "TimeoutError"));
    return new Response(await text);
  },
  async readsAndBreaks({ url }) {
    const response = await fetch(url);
    const reader = response.body.getReader();
    const parts = [response.status, new TextDecoder().decode((await reader.read()).value)];
    await fetch("http://api.test/status/read/200");
    parts.push(await reader.read().catch(show));
    return new Response(parts.join("|"));
  },
  async cancel({ url }) {
    const response = await fetch(url);
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel();
    return new Response("cancelled");
  },
  async ignore({ url }) {
    await fetch(url);
    return new Response("ignored");
  },
  async custom(options, request) {
    const { url, init } = await request.json();
    return new Response(await (await fetch(url, init)).text());
  },
};
export default {
  async fetch(request) {
    const options = Object.fromEntries(new URL(request.url).searchParams);
    try {
      return await acts[options.act](options, request);
    } catch (error) {
      return new Response(show(error));
    }
  },
};
END

my $at = 'http://api.test';

sub act {
    my ($act, $path, %more) = @_;
    my $location = delete $more{location} // '/t';
    my $url = $path =~ /^http/ ? $path : "$at$path";
    my $query = join '', map { "&$_=$more{$_}" } sort keys %more;
    return $t->get("$location?act=$act&url=$url$query");
}

sub content { return act(@_)->{content} }

# -- statuses -----------------------------------------------------------------

for my $status (200 .. 208, 226, 300 .. 303, 305 .. 308, 400 .. 418, 421 .. 426, 428, 429, 431, 451,
    500 .. 511, 520, 599) {
    my $body = $status == 204 || $status == 205 ? '' : 'body';
    next if $status == 205;
    is content('get', "/status/$status", names => 'X-Is'),
        "$status|Text of $status|X-Is=$status|$body", "status $status";
}

{
    my $answer = act('pass', '/status/404');
    is "$answer->{status} $answer->{headers}{'x-is'} $answer->{content}", '404 404 body',
        'passed on untouched';
}

is content('get', '/status/200', method => 'HEAD', names => 'Content-Length'),
    '200|Text of 200|Content-Length=4|', 'HEAD has a length and no body';
is content('get', '/raw/content204'), '204|No Content|', '204 has no body, whatever follows';
is content('get', '/raw/etag', names => 'ETag'), '304|Not Modified|ETag="x"|', '304 has none';

for my $name (qw(status-101 only-103 too-many status-600 status-999 status-000)) {
    like content('get', "/raw/$name"), qr/^TypeError: /, "$name is no answer";
    like act('pass', "/raw/$name")->{content}, qr/^TypeError: /, '... to be passed on either';
}
is content('get', "/raw/$_", names => 'Link'), '200|OK|Link=null|ok', "$_: not the response yet"
    for qw(status-103 interim interims);
is act('pass', '/raw/interim')->{content}, 'ok', '... to be passed on either';
is content('get', 'http://two.test/interim_pause'), '200|OK|later', 'an interim response long before the response';
is content('get', '/raw/no-reason'), '200||ok', 'no reason phrase';

# -- framing ------------------------------------------------------------------

is content('get', '/raw/no-length'), '200|OK|until the end', 'a body until the end';
is content('get', '/raw/http10'), '200|OK|old', 'HTTP/1.0';
is content('get', '/raw/chunked'), '200|OK|abcdefg', 'chunks';
is content('get', '/raw/trailers', names => 'X-After'), '200|OK|X-After=null|abc',
    'trailers are ignored';
is content('get', '/raw/more'), '200|OK|ok', 'nothing beyond its length';
like content('get', '/raw/bad-chunk'), qr/TypeError: Network connection lost/,
    'a bad chunk breaks it off';
like content('get', '/raw/not-http'), qr/^TypeError/, 'what is not HTTP';
like content('get', '/raw/both'), qr/^(?:200\|OK\|ok|TypeError: Network connection lost\.)$/,
    'of a length and chunks, chunks win, if nginx takes both (1.22 does, 1.26 does not)';

# -- headers --------------------------------------------------------------------

is content('cookies', '/raw/cookies'), 'a=1; Path=/|b=2|c=3, d', 'each Set-Cookie by itself';
{
    my $answer = act('pass', '/raw/cookies');
    is_deeply $answer->{headers}{'set-cookie'}, ['a=1; Path=/', 'b=2', 'c=3, d'],
        '... passed on as well';
}
is content('get', '/raw/repeated', names => 'X-Two,Vary'), '200|OK|X-Two=one, two|Vary=a, b|ok',
    'others are joined';
is content('get', '/raw/hop', names => 'Connection,Keep-Alive'),
    '200|OK|Connection=null|Keep-Alive=null|ok', 'those of the connection stay with nginx';
is content('bytes', '/raw/gzip'), '0,255,31,139', 'an encoding that nobody knows is left alone';
is content('get', '/raw/packed', names => 'Content-Encoding'), '200|OK|Content-Encoding=gzip|unpacked',
    'gzip is decoded when it is read';
{
    my $answer = act('pass', '/raw/packed');
    is $answer->{content}, $packed, '... and passed on as it came';
    is $answer->{headers}{'content-length'}, length $packed, '... with its length';
    $answer = act('unpack', '/raw/packed');
    is $answer->{content}, 'unpacked', '... and decoded when its header is gone';
}
unlike custom('/echo'), qr/^Accept-Encoding:/mi, 'nobody has asked for it';
is length content('get', '/raw/large', names => 'X-Large-1,X-Large-12'),
    length('200|OK|X-Large-1=|X-Large-12=|ok') + 8000, '48 KB of headers';
is content('get', '/raw/too-large'), 'TypeError: Network connection lost.',
    'more than proxy_buffer_size';
is content('get', '/raw/control', names => 'X-Odd,X-Fine'), '200|OK|X-Odd=null|X-Fine=yes|ok',
    'a control character in a value: that header is dropped';
is act('pass', '/raw/control')->{content}, 'ok', '... and the response can be passed on';
is content('get', '/raw/reason'), '200||ok', 'one in the reason phrase: that is dropped';
is act('pass', '/raw/reason')->{content}, 'ok', '... likewise';
like content('get', '/raw/latin1', names => 'X-Latin'), qr/^200\|OK\|X-Latin=caf(\xe9|\xc3\xa9)\|ok$/,
    'bytes beyond ASCII';
is act('pass', '/raw/latin1')->{headers}{'x-latin'}, "caf\xe9", '... stay as they are';

for my $name (qw(accel accel-named)) {
    is content('get', "/raw/$name"), 'TypeError: Network connection lost.',
        "an upstream does not lead nginx to its own locations: $name";
}

# -- failures -------------------------------------------------------------------

is content('get', 'http://closed.test/'), 'TypeError: Network connection lost.', 'refused';
is content('get', '/resets_early'), 'TypeError: Network connection lost.', 'reset before an answer';
is content('readsAndBreaks', '/resets'), '200|some|TypeError: Network connection lost.', 'reset in the middle';
is content('get', '/silent'), 'TypeError: Network connection lost.', 'no answer in time';
is content('get', '/stalls'), '200|OK|TypeError: Network connection lost.', 'no more of it in time';

# -- aborts ---------------------------------------------------------------------

sub gone {
    my ($name, $act) = @_;
    my $before = $up->count(qr/^gone$/);
    $act->();
    ok wait_until { $up->count(qr/^gone$/) > $before }, "$name: the upstream's connection is closed";
}

gone('a signal before the answer', sub {
    is content('abortBefore', '/silent?aborted', location => '/patient'), 'TimeoutError: enough', 'aborted';
});
gone('a signal in the middle', sub {
    is content('abortInside', '/stalls', location => '/patient'), 'TimeoutError: enough', 'aborted';
});
gone('a body that is cancelled', sub {
    is content('cancel', '/stalls', location => '/patient'), 'cancelled', 'cancelled';
});
gone('a body that nobody reads', sub {
    is content('ignore', '/stalls', location => '/patient'), 'ignored', 'the worker ends';
});
gone('a client that goes away', sub {
    my $client = $t->client;
    my $requests = $up->count(qr/^request/);
    print $client "GET /patient?act=pass&url=$at/stalls HTTP/1.1\r\nHost: a\r\n\r\n";
    ok wait_until { $up->count(qr/^request/) > $requests }, 'the request is there';
    close $client;
});

# -- connections ----------------------------------------------------------------

{
    content('get', '/status/200');
    my $before = $up->count(qr/^connect/);
    content('get', '/status/200') for 1 .. 10;
    is $up->count(qr/^connect/) - $before, 0, 'keep-alive: no new connection for ten fetches';
}

# -- limits ---------------------------------------------------------------------

is content('follow', '/redirect/1', location => '/few'), '200', 'three hops';
like content('follow', '/redirect/2', location => '/few'), qr/^Error: Too many subrequests/,
    'a fourth hop is a fourth subrequest';

# -- requests -------------------------------------------------------------------

use JSON::PP;

sub custom {
    my ($url, %init) = @_;
    my $json = JSON::PP->new->latin1->encode({ url => $url =~ /^http/ ? $url : "$at$url", init => \%init });
    return $t->request('POST', '/t?act=custom', content => $json)->{content};
}

for my $method (qw(GET POST PUT PATCH DELETE OPTIONS PROPFIND REPORT M-SEARCH)) {
    like custom('/echo', method => $method), qr/^$method \/echo HTTP\/1\.1\r\n/, "method $method";
}
for my $method (qw(CONNECT TRACE TRACK connect Trace), "GET\r\n", 'GET /x', '') {
    like custom('/echo', method => $method), qr/^TypeError/, "method \"" . $method =~ s/\s/ /gr . "\"";
}

like custom('/echo', method => 'POST', body => 'four'), qr/^Content-Length: 4\r\n.*\r\n\r\n4 four$/ms,
    'a body, with its length';
unlike custom('/echo', method => 'GET'), qr/^(Content-Length|Transfer-Encoding):/mi,
    'a GET without a body has none';
like custom('/echo', method => 'POST'), qr/^Content-Length: 0\r$/m, 'a POST without a body says so';

# What a worker may try with headers.

{
    my $head = custom('/echo', method => 'POST', body => 'four', headers => {
        'Host' => 'evil.test', 'Connection' => 'close, X-Drop, Authorization', 'Keep-Alive' => '1',
        'Transfer-Encoding' => 'chunked', 'Content-Length' => '1000', 'TE' => 'trailers',
        'Trailer' => 'X', 'Upgrade' => 'h2c', 'Expect' => '100-continue',
        'Proxy-Connection' => 'close', 'Authorization' => 'Bearer of-mine', 'X-Strip' => 'private',
        'X-Forwarded-For' => '1.2.3.4', 'X-Kept' => 'yes' });
    like $head, qr/\APOST \/echo HTTP\/1\.1\r\n/, 'one request';
    is join('|', $head =~ /^(Host: .*)\r$/gm), 'Host: api.test', 'Host is the URL\'s';
    is join('|', $head =~ /^(Content-Length: .*)\r$/gmi), 'Content-Length: 4', 'the length is the body\'s';
    is join('|', $head =~ /^(Authorization: .*)\r$/gmi), 'Authorization: Bearer of-nginx',
        'Authorization is the policy\'s';
    unlike $head, qr/^(Transfer-Encoding|TE|Trailer|Upgrade|Expect|Keep-Alive|Proxy-Connection|X-Strip):/mi,
        'none of the connection\'s, nor what is stripped';
    unlike $head, qr/of-mine|evil\.test/, 'nothing of what was replaced';
    like $head, qr/^X-Kept: yes\r$/m, 'others are sent';
}

for my $value ("a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b") {
    like custom('/echo', headers => { 'X-Try' => $value }), qr/^TypeError/,
        'a value with ' . join ' ', map { sprintf '%02x', ord } $value =~ /([\r\n\0])/g;
}
for my $name ("X-Try: 1\r\nX-Evil", "X Try", "X-Try:", '', "X\0", "X-Tr\xfc") {
    like custom('/echo', headers => { $name => '1' }), qr/^TypeError/,
        'a name with "' . $name =~ s/[^ -~]/?/gr . '"';
}

# URLs.

like custom('/echo?' . 'x' x 60000), qr{^GET /echo\?x{60000} HTTP/1\.1\r\n}, 'a URL of 60 KB';
like custom('/echo?' . 'x' x 70000), qr/^TypeError: The request's URL is too long\.$/,
    'a URL of 70 KB is refused';
like custom('/echo' . '?%0d%0aX-Evil:%201'), qr{^GET /echo\?%0d%0aX-Evil:%201 HTTP/1\.1\r\n},
    'an escaped line break stays escaped';
like custom("/echo?a\r\nb\tc d"), qr{^GET /echo\?abc%20d HTTP/1\.1\r\n}, 'a raw one is gone';
{
    my $head = custom('http://user:pass@api.test/echo');
    like $head, qr{^GET /echo HTTP/1\.1\r\nHost: api\.test\r\n}, 'userinfo is not sent';
    unlike $head, qr/user|pass|dXNlc/, '... in no form';
}
like custom('/echo#fragment'), qr{^GET /echo HTTP/1\.1\r\n}, 'no fragment';

# A flood of headers.

{
    my %many = map { ("X-$_" => 'v' x 100) } 1 .. 2000;
    my $head = custom('/echo', headers => \%many);
    is scalar(() = $head =~ /^X-\d+: v{100}\r$/gmi), 2000, '2000 headers are sent';
    %many = map { ("X-$_" => 'v' x 1000) } 1 .. 2000;
    like custom('/echo', headers => \%many), qr/^TypeError: .* too large\.$/, '2 MB of them are not';
    like custom('/echo'), qr/^GET/, '... and nothing has come to harm';
}

ok $t->stop, 'nginx stops';
$t->no_alerts;
unlike $t->error_log, qr/ending it|has ended|exited on signal/, 'no engine has ended';

done_testing;
