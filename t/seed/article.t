# The article's samples, as they stand there (one missing pair of back-quotes
# mended), with what they leave to the reader around them.  esbuild takes the
# types away.

use warnings;
use strict;

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

my $isolation = read_text('t/seed/isolation.ts') . <<'END';
import { exports, WorkerEntrypoint } from "cloudflare:workers";
export class CustomApi extends WorkerEntrypoint {
  fetchData() { return { rows: [1, 2, 3] }; }
}
Object.defineProperty(globalThis, "customApiBinding", { get: () => exports.CustomApi });
END

# What an agent might write: it uses the room, then looks for more.
my $agent = <<'END';
export default {
  async fetch(request, env) {
    const found = [];
    const look = async (get) => {
      try {
        const value = await get();
        found.push(String(value), JSON.stringify(value) ?? "");
      } catch (error) {
        found.push(String(error), error.stack);
      }
    };
    await look(() => env.CHAT_ROOM.post("hello"));
    await look(() => env.CHAT_ROOM.apiKey);
    await look(() => env.CHAT_ROOM.props);
    await look(() => env.CHAT_ROOM.env);
    await look(() => env.CHAT_ROOM.env.CHAT_API_KEY);
    await look(() => env.CHAT_ROOM.ctx);
    await look(() => env.CHAT_ROOM.ctx.props);
    await look(() => env.CHAT_ROOM.__proto__);
    await look(() => env.CHAT_ROOM.post.__proto__.constructor);
    await look(() => env.CHAT_ROOM.sendToChatService.arguments);
    await look(() => env.CHAT_ROOM({ props: { roomName: "#other" } }).post("x"));
    await look(() => env.CHAT_ROOM.post.call({ ctx: { props: { roomName: "#other" } } }, "x"));
    await look(() => JSON.stringify([Object.keys(env), Object.getOwnPropertyNames(globalThis)]));
    await look(() => fetch("http://api.example.com/"));
    const text = found.join("\n");
    return new Response(text.includes("s3cret") ? "found the key: " + text : text);
  },
};
END

my $chat_room = read_text('t/seed/chat-room.ts') . <<'END';
const extractTenantFromRequest = (request) => new URL(request.url).searchParams.get("tenant");
import aiGeneratedCode from "./agent.txt";
ChatRoom.prototype.sendToChatService = async function (apiKey, room, message) {
  console.log("CHAT", apiKey === "s3cret-key", room, message);
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

# The same gateway, and a worker that wants elsewhere.
(my $attack = $gateway) =~
    s/(export default \{\nasync fetch\(\) \{\n).*?(\n\},\n\};\n`)/$1import_code$2/s
    or die "the sample has changed\n";
$attack =~ s/import_code/<<'END'/e;
const out = [];
for (const url of ["https://evil.example.com/", "https://EVIL.Example.com/",
    "https://api.example.com.evil.example.com/", "https://evil.example.com./",
    "https://api.example.com@evil.example.com/", "https://evil.example.com:443/",
    "https://\u24d4vil.example.com/", "https://[::1]/", "https://127.0.0.1/",
    "https://0x7f000001/", "https://api.example.com./",
    "https://api.example.com/redirect?to=https://evil.example.com/"]) {
  try {
    const response = await fetch(url);
    out.push(response.status + " " + await response.text());
  } catch (error) {
    out.push("threw");
  }
}
return new Response(out.join("\\n"));
END

my $t = DynWorker->start(
    http => <<'END',
    upstream api.example.com { server 127.0.0.1:%%PORT%%; }
    upstream evil.example.com { server 127.0.0.1:%%PORT%%; }
    dynworker_outbound all { allow all; pass /_out; }
END
    config => <<'END',
    dynworker_loader LOADER;
    dynworker_global_outbound all;
    dynworker_log_level info;
    dynworker_var CHAT_API_KEY s3cret-key;
    dynworker_var API_TOKEN t0ken;
    location /isolation { dynworker_script isolation.js; }
    location /chat { dynworker_script chat-room.js; }
    location /gateway { dynworker_script gateway.js; }
    location /attack { dynworker_script attack.js; }
    location /data { dynworker_script api.js; }
    location / { dynworker_script api.js; }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
    }
END
    files => {
        'agent.txt' => $agent,
        'isolation.js' => compile($isolation),
        'chat-room.js' => compile($chat_room),
        'gateway.js' => compile($gateway),
        'attack.js' => compile($attack),
        'api.js' => <<'END',
export default {
  fetch(request) {
    const { host, pathname, searchParams } = new URL(request.url);
    if (pathname === "/redirect") return Response.redirect(searchParams.get("to"));
    const { headers } = request;
    return new Response([host, pathname, headers.get("authorization"),
      headers.get("x-tenant-id")].join("|"));
  },
};
END
    });

is $t->get('/isolation')->{content}, '{"rows":[1,2,3]}',
    'complete isolation with a custom binding';

my $chat = $t->get('/chat?tenant=acme')->{content};
unlike $chat, qr/s3cret|#tenant|#other/, 'the key and the room stay where they are';
like $chat, qr/Network access is disabled|globalOutbound/, 'and there is no network';
like $t->error_log, qr/CHAT true #tenant-acme \[AI-Assistant\]: hello/,
    'the message arrives in the room of the tenant';
unlike $t->error_log, qr/CHAT \S+ #other/, 'and nowhere else';

is $t->get('/gateway')->{content}, 'api.example.com|/data|Bearer t0ken|acme',
    'credentials are added on the way out';
like $t->error_log, qr/\[AUDIT\] Tenant acme requesting \/data/, 'and it is logged';

my @lines = split /\n/, $t->get('/attack')->{content};
is scalar(@lines), 12, 'each way out was tried';
is scalar(grep { /^(403 Domain not allowed|threw)$/ } @lines), 12,
    'and none is open' or diag join "\n", @lines;

$t->stop;
$t->no_alerts;
done_testing;
