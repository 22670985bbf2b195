# Bodies of fetch() and the locations that pass them on: what each of them is
# sent, byte for byte, with "proxy_request_buffering off" for all.

use warnings;
use strict;

use IO::Socket::INET;
use POSIX ();
use Test::More;
use DynWorker;
use Upstream;

my $up = Upstream->start({
    # what has come, framed how
    tell => sub {
        my ($c) = @_;
        my ($length) = $c->{head} =~ /^Content-Length: (\d+)/mi;
        my $chunked = $c->{head} =~ /^Transfer-Encoding:/mi;
        my $size = length $c->{body};
        if ($chunked) {
            while (length(my $piece = $c->piece // '')) { $size += length $piece }
        }
        my ($version) = $c->{head} =~ m{ HTTP/(1\.\d)\r\n};
        my $text = join ' ', $c->{method}, $version, $chunked ? 'chunked' : $length // 'none', $size;
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
    },
    # answers once the body has begun
    busy => sub {
        my ($c) = @_;
        $c->piece;
        $c->say("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        1 while length($c->piece // '');
        return 0;
    },
    # has the body, but for its end, when it asks for another location
    accel => sub {
        my ($c) = @_;
        $c->piece;
        $c->say("HTTP/1.1 200 OK\r\nX-Accel-Redirect: /_tell/accel\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        1 while length($c->piece // '');
        return 0;
    },
}, early => { busy => 1, accel => 1 });
my $address = '127.0.0.1:' . $up->port;

# An application that speaks SCGI: a netstring of headers, then the body.
my $listen = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die "listen: $!\n";
my $scgi = fork // die "fork: $!\n";
if ($scgi == 0) {
    while (my $socket = $listen->accept) {
        my $got = '';
        sysread $socket, $got, 65536, length $got until $got =~ /\A(\d+):/ && length $got > $1 + length($1) + 2;
        $got =~ s/\A(\d+)://;
        my $headers = substr $got, 0, $1, '';
        my ($length) = $headers =~ /CONTENT_LENGTH\0(\d+)\0/;
        substr $got, 0, 1, '';
        while (length $got < $length) { sysread $socket, $got, 65536, length $got or last }
        my $text = "scgi $length " . length $got;
        syswrite $socket, "Status: 200 OK\r\n\r\n$text";
        close $socket;
    }
    POSIX::_exit(0);
}
my $scgi_address = '127.0.0.1:' . $listen->sockport;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => { 't.js' => <<'END' });
    upstream up { server $address; keepalive 4; }
    upstream app { server $scgi_address; }
    proxy_request_buffering off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
END
    location /_tell { internal; proxy_pass http://up/tell; }
    location /_old { internal; proxy_http_version 1.0; proxy_pass http://up/tell; }
    location /_set { internal; proxy_set_body mine; proxy_pass http://up/tell; }
    location /_none { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://up/tell; }
    location /_bare {
        internal;
        proxy_set_header Content-Length "";
        proxy_set_header Transfer-Encoding "";
        proxy_pass http://up/tell;
    }
    location /_scgi { internal; scgi_param CONTENT_LENGTH $content_length; scgi_pass app; }
    location /_return { internal; return 200 returned; }
    location /_page {
        internal;
        proxy_intercept_errors on;
        error_page 503 =200 /_tell/page;
        proxy_pass http://up/busy;
    }
    location /_named {
        internal;
        proxy_intercept_errors on;
        error_page 503 =200 @named;
        proxy_pass http://up/busy;
    }
    location /_own { internal; error_page 404 =200 @named; return 404; }
    location @named {
        client_body_timeout 100ms;
        rewrite ^ /tell break;
        proxy_pass http://up;
    }
    location /_accel { internal; proxy_pass http://up/accel; }
    location /_try { internal; try_files /nothing @old; proxy_pass http://up/never; }
    location @old { rewrite ^ /tell break; proxy_http_version 1.0; proxy_pass http://up; }
    location /t {
        dynworker_service S uri=/;
        dynworker_script t.js;
    }
END
export default {
  async fetch(request, env) {
    const { to, size, sized, pause } = Object.fromEntries(new URL(request.url).searchParams);
    const chunk = new Uint8Array(10_000);
    let left = Number(size);
    let body = new ReadableStream({
      async pull(controller) {
        if (left === 10_000) await scheduler.wait(Number(pause ?? 0));
        controller.enqueue(chunk.subarray(0, Math.min(left, 10_000)));
        left -= Math.min(left, 10_000);
        if (left === 0) controller.close();
      },
    });
    if (sized) body = body.pipeThrough(new FixedLengthStream(Number(size)));
    const response = await env.S.fetch(`http://s/${to}`, { method: "POST", body });
    return new Response(`${response.status} ${await response.text()}`);
  },
};
END

for my $case (
    [_tell => 'POST 1.1 chunked 100000', 'POST 1.1 100000 100000'],
    # chunks are of 1.1
    [_old => 'POST 1.0 100000 100000', 'POST 1.0 100000 100000'],
    # a body of the location's own takes the place of it
    [_set => 'POST 1.1 4 4', 'POST 1.1 4 4'],
    [_none => 'POST 1.1 none 0', 'POST 1.1 none 0'],
    # of another module, which has not been told of "proxy_request_buffering"
    [_scgi => 'scgi 100000 100000', 'scgi 100000 100000'],
    [_return => 'returned', 'returned'],
    # what has been sent of it is gone
    [_page => 'GET 1.1 none 0', 'GET 1.1 none 0'],
    [_named => 'POST 1.1 0 0', 'POST 1.1 0 0'],
    [_accel => 'GET 1.1 none 0', 'GET 1.1 none 0'],
    # none of it has been sent
    [_own => 'POST 1.1 chunked 100000', 'POST 1.1 100000 100000'],
    [_try => 'POST 1.0 100000 100000', 'POST 1.0 100000 100000'],
) {
    my ($to, $streamed, $sized) = @$case;
    my $before = $up->count(qr/^request/);
    my $requests = $to =~ /_(?:page|named|accel)/ ? 2 : $to =~ /_(?:scgi|return)/ ? 0 : 1;
    is $t->get("/t?to=$to&size=100000")->{content}, "200 $streamed", "$to: of unknown length";
    is $t->get("/t?to=$to&size=100000&sized=1")->{content}, "200 $sized", "$to: of a known length";
    is $up->count(qr/^request/) - $before, 2 * $requests, '... and nothing else';
}

# That its "error_page" took over makes no client of the worker: it may take its time.
is $t->get('/t?to=_own&size=100000&pause=400')->{content}, '200 POST 1.1 chunked 100000',
    '_own: "client_body_timeout" is not about workers';

# Nothing would tell the upstream where a body ends: the worker hears of it.
is $t->get('/t?to=_bare&size=100000')->{status}, 500, '_bare: no body without framing';
like $t->error_log, qr/a request's body was not sent: "proxy_set_header" replaces both/, '... and the log says why';

ok !(grep { /died/ } $up->log), 'the upstream has understood all';

kill KILL => $scgi;
waitpid $scgi, 0;

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
