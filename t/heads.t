# Heads of requests and responses that one frame of the wire has no room for:
# each is an error that says so, where the head was made.

use warnings;
use strict;

use Test::More;
use DynWorker;
use Upstream;

# What is left of a frame beside what the wire itself says.
my $request_room = 1024 * 1024 + 65536 - 48;
my $response_room = 1024 * 1024 + 65536 - 24;

my $up = Upstream->start({
    header => sub {
        my ($c) = @_;
        my ($size) = $c->{uri} =~ m{(\d+)$};
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Big: " . 'v' x $size . "\r\n\r\nok");
    },
});
my $address = '127.0.0.1:' . $up->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => {
    upstream api.test { server $address; }
    dynworker_outbound api { allow all; pass /_out; }
END
    large_client_header_buffers 8 2m;
    error_page 431 /page;
    location = /page { internal; return 431 "page\n"; }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_buffering off;
        proxy_buffer_size 2m;
        proxy_buffers 4 2m;
    }
    location /up/ { internal; proxy_pass http://api.test/; proxy_buffer_size 2m; proxy_buffers 4 2m; }
    location /t {
        add_header X-Error $dynworker_error always;
        dynworker_global_outbound api;
        dynworker_loader LOADER;
        dynworker_service UP uri=/up;
        dynworker_service PEER script=peer.js;
        dynworker_prop big $http_x_prop;
        dynworker_script t.js;
    }
END
    'peer.js' => <<'END', 't.js' => <<'END' });
export default {
  fetch: (request, env, ctx) => new Response(`${[...request.headers].join("").length} ${ctx.props.big.length}`),
};
END
import { WorkerEntrypoint } from "cloudflare:workers";
export class Self extends WorkerEntrypoint {
  fetch({ url, headers }) {
    return new Response(`${url.length} ${headers.get("x-big")?.length} ${this.ctx.props.big?.length}`);
  }
  length() { return this.ctx.props.big.length; }
}
const big = (size) => "v".repeat(Number(size));
const module = 'export default { fetch: ({ headers }) => new Response(String(headers.get("x-big").length)) }';
const acts = {
  headers: ({ size }) => new Response(null, { headers: { "X-Big": big(size) } }),
  seen: () => new Response("seen"),
  async up({ size }, { env }) {
    const response = await env.UP.fetch(`http://x/header/${size}`);
    return new Response(String(response.headers.get("x-big").length));
  },
  async fetch({ size }) {
    const response = await fetch(`http://api.test/header/${size}`);
    return new Response(String(response.headers.get("x-big").length));
  },
  self: ({ url = 10, headers = 10, props = 10, cf = 10 }, { ctx }) =>
    ctx.exports.Self({ props: { big: big(props) } }).fetch(`http://x/${big(url)}`,
      { headers: { "X-Big": big(headers) }, cf: { big: big(cf) } }),
  method: async ({ props }, { ctx }) =>
    new Response(String(await ctx.exports.Self({ props: { big: big(props) } }).length())),
  outbound: ({ headers = 10 }) =>
    fetch("http://api.test/header/1", { headers: { "X-Big": big(headers) } }),
  loaded: ({ headers }, { env }) => env.LOADER.load({ mainModule: "m.js", modules: { "m.js": module } })
    .getEntrypoint().fetch("http://x/", { headers: { "X-Big": big(headers) } }),
  peer: ({ headers }, { env }) => env.PEER.fetch("http://x/", { headers: { "X-Big": big(headers) } }),
};
export default {
  async fetch(request, env, ctx) {
    const { act, ...options } = Object.fromEntries(new URL(request.url).searchParams);
    if (act === "headers") return acts.headers(options);
    try {
      return await acts[act](options, { env, ctx, request });
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`);
    }
  },
};
END

sub content { return $t->get("/t?act=$_[0]")->{content} }

# -- what a client sends --------------------------------------------------------

{
    my $answer = $t->get('/t?act=seen', headers => { 'X-Big' => 'v' x 1_000_000 });
    is $answer->{content}, 'seen', 'a client\'s headers of nearly 1.1 MB';

    $answer = $t->get('/t?act=seen', headers => { 'X-Big' => 'v' x $request_room });
    is "$answer->{status} $answer->{content}", "431 page\n", 'more: 431, with the error_page for it';
    like $t->error_log, qr/\[error\] .*client sent a request that is too large for worker "\S*t\.js": URL, headers, cf and props have \d+ bytes, more than $request_room/,
        '... and a line in the log';

    $answer = $t->get('/t?act=seen', headers => { 'X-Prop' => 'v' x 600_000 });
    is $answer->{status}, 431, 'headers and the props made of them';

    $answer = $t->get('/t?act=seen&x=' . 'v' x 1_000_000);
    is $answer->{content}, 'seen', 'a URL of nearly 1.1 MB';
    $answer = $t->get('/t?act=seen&x=' . 'v' x $request_room);
    is $answer->{status}, 414, 'more: 414';
}

# -- what a worker asks for -------------------------------------------------------

is content('self&url=1000000'), '1000009 10 10', 'fetch() within a worker: a long URL';
is content("self&url=$request_room"), 'TypeError: The request\'s URL is too long.', '... that is too long';
is content('self&headers=1000000'), '19 1000000 10', 'large headers';
is content("self&headers=$request_room"), 'TypeError: The request\'s headers and cf are too large.',
    '... that are too large';
is content("self&cf=$request_room"), 'TypeError: The request\'s headers and cf are too large.',
    'cf that is too large';
is content('self&props=1000000'), '19 10 1000000', 'large props';
is content("self&props=$request_room"), 'TypeError: The props are too large.', '... that are too large';
is content('self&url=400000&headers=400000&props=400000'),
    'TypeError: The request\'s URL, headers, cf and props are together too large.', 'all together';
is content('method&props=1000000'), '1000000', 'an RPC call with large props';
is content("method&props=$request_room"), 'TypeError: The props are too large.', '... that are too large';

is content("outbound&headers=$request_room"), 'TypeError: The request\'s headers and cf are too large.',
    'a fetch() to an upstream';
is content('loaded&headers=1000000'), '1000000', 'one to a loaded worker: fits';
is content("loaded&headers=$request_room"), 'TypeError: The request\'s headers and cf are too large.',
    '... does not';

{
    # each head has room, but the second has the location's props too
    my @prop = (headers => { 'X-Prop' => 'v' x 400_000 });
    like $t->get('/t?act=peer&headers=300000', @prop)->{content}, qr/^3\d{5} 400000$/, 'a service with props: fits';
    is $t->get('/t?act=peer&headers=1000000', @prop)->{content},
        'TypeError: The request\'s URL, headers, cf and props are together too large.', '... does not';
    like $t->error_log, qr/\[error\] .*worker "\S*peer\.js" failed: The request's URL, headers, cf and props are together too large\./,
        '... and a line in the log';
}

# -- what an upstream answers -----------------------------------------------------

for my $act (qw(up fetch)) {
    is content("$act&size=1000000"), '1000000', "$act: headers of nearly 1.1 MB";
    is content("$act&size=$response_room"), 'TypeError: The response\'s headers are too large.', '... and more';
}
like $t->error_log, qr/\[error\] .*upstream sent headers of \d+ bytes for a worker, more than $response_room/,
    '... and a line in the log';

# -- what a worker answers --------------------------------------------------------

{
    # status text, name and value, and a NUL after each
    my $most = $response_room - length("\0X-Big\0\0");
    my $client = $t->client;
    print $client "GET /t?act=headers&size=$most HTTP/1.0\r\n\r\n";
    my $head = do { local $/; <$client> };
    like $head, qr/\AHTTP\/\S+ 200 /, 'a response with all the headers that there is room for';
    is length(($head =~ /^X-Big: (v+)/mi)[0] // ''), $most, '... which the client gets';

    my $answer = $t->get('/t?act=headers&size=' . ($most + 1));
    is "$answer->{status} $answer->{headers}{'x-error'}", '500 exception', 'a byte more: 500';
    like $t->error_log, qr/\[error\] .*worker "\S*t\.js" failed.*: RangeError: The response's headers are too large\./,
        '... and a line in the log';
}

ok $t->stop, 'nginx stops';
$t->no_alerts;
unlike $t->error_log, qr/ending it|has ended|exited on signal|is not running/, 'no engine has come to harm';

done_testing;
