# A gateway in JavaScript before a policy of nginx's: what a dynamic worker sends
# goes through the gateway first, and then through the gateway's own outbound,
# for work after the response, too.

use warnings;
use strict;

use Test::More;
use DynWorker;
use Upstream;

my $up = Upstream->start({
    note => sub {
        my ($c) = @_;
        my %h = map { $_ => $c->{head} =~ /^\Q$_\E: (.*)\r$/m ? $1 : 'none' }
            qw(X-Tenant X-Key X-Gateway Cookie);
        $c->note("note $c->{uri} tenant=$h{'X-Tenant'} key=$h{'X-Key'} gateway=$h{'X-Gateway'} cookie=$h{Cookie}");
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    },
    redirect => sub {
        my ($c) = @_;
        my ($to) = $c->{uri} =~ /\?(.*)/;
        return $c->say("HTTP/1.1 307 Moved\r\nLocation: $to\r\nContent-Length: 0\r\n\r\n");
    },
    length => sub {
        my ($c) = @_;
        my $text = length($c->{body}) . ' ' . ($c->{body} =~ tr/x//);
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
    },
    large => sub {
        my ($c) = @_;
        return $c->say("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" . 'y' x 3_000_000);
    },
    silent => sub {
        my ($c) = @_;
        $c->note('gone') if $c->wait_closed;
        return 0;
    },
});
my $address = '127.0.0.1:' . $up->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => {
    upstream api.test { server $address; }
    upstream both.test { server $address; }
    upstream policy.test { server $address; }
    upstream gateway.test { server $address; }
    dynworker_outbound site {
        allow api.test policy.test;
        set_header X-Tenant \$arg_tenant;
        set_header X-Key of-nginx;
        strip_header Cookie;
        log logs/egress.log;
        pass /_out;
    }
END
    dynworker_global_outbound site;
    dynworker_limits cpu=5s;
    client_max_body_size 4m;
    add_header X-Request-Id $request_id;
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_buffering off;
    }
    location /t {
        dynworker_loader LOADER;
        dynworker_prop name "of $arg_tenant";
        dynworker_service GATEWAY script=gateway.js entrypoint=Gateway;
        dynworker_script host.js;
    }
END
    'gateway.js' => <<'END',
import { WorkerEntrypoint } from "cloudflare:workers";
const allowed = ["api.test", "gateway.test"];
export class Gateway extends WorkerEntrypoint {
  async fetch(request) {
    const { hostname, pathname, search } = new URL(request.url);
    if (pathname === "/throws") throw new RangeError("gateway: not today");
    if (!allowed.includes(hostname)) return new Response("refused by the gateway", { status: 403 });
    const headers = new Headers(request.headers);
    headers.set("X-Gateway", this.ctx.props.name);
    headers.set("X-Key", "of-gateway");
    if (search === "?audit") {
      this.ctx.waitUntil((async () => {
        await scheduler.wait(200);
        await fetch(`http://api.test/note/audit${pathname}`);
      })());
    }
    return fetch(request, { headers });
  }
}
END
    'host.js' => <<'END', 'agent.txt' => <<'END' });
import agent from "./agent.txt";
export { Gateway } from "./gateway.js";
export default {
  fetch(request, env, ctx) {
    const by = new URL(request.url).searchParams.get("by");
    const code = (globalOutbound, more) => ({
      mainModule: "m.js", modules: { "m.js": agent }, globalOutbound, ...more,
    });
    const gateway = ctx.exports.Gateway({ props: { name: "export" } });
    const worker = env.LOADER.get(by, () =>
      by === "service" ? code(env.GATEWAY)
        : by === "limited" ? code(gateway, { limits: { subRequests: 2 } })
        : by === "inner" ? { ...code(gateway), modules: { "agent.txt": { text: agent }, "m.js": `
            import agent from "agent.txt";
            export default { fetch: (request, env) => env.LOADER.load(
              { mainModule: "m.js", modules: { "m.js": agent } }).getEntrypoint().fetch(request) };` },
            env: { LOADER: env.LOADER } }
        : code(gateway));
    return worker.getEntrypoint().fetch(request);
  },
};
END
const say = async (...args) => {
  try {
    const response = await fetch(...args);
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const acts = {
  async hosts({ n }) {
    const lines = [];
    for (const host of ["api", "policy", "gateway", "both"]) {
      lines.push(`${host} ${await say(`http://${host}.test/note/${n}/${host}`, { headers: {
        "X-Tenant": "forged", "X-Key": "forged", "X-Gateway": "forged", Cookie: "a=1" } })}`);
    }
    return lines.join("\n");
  },
  redirects: async () => (await Promise.all(["http://gateway.test/note/r", "http://policy.test/note/r",
    "http://both.test/note/r", "/length"].map((to) => say(`http://api.test/redirect?${to}`, { method: "POST", body: "xxx" }))))
    .join("\n"),
  throws: () => say("http://api.test/throws"),
  bodies: async (options, request) => [await say("http://api.test/length", { method: "POST", body: request.body }),
    (await say("http://api.test/large")).length].join("\n"),
  pass: (options, request) => fetch("http://api.test/large"),
  silent: () => fetch("http://api.test/silent"),
  many: async () => [await say("http://api.test/note/m"), await say("http://api.test/note/m"),
    await say("http://api.test/note/m")].join("\n"),
  audit: ({ n }) => say(`http://api.test/note/${n}/first?audit`),
  async after({ n }, request, ctx) {
    // when the test sees it, and lets the client leave, the work is registered
    const first = say(`http://api.test/note/${n}/before`);
    ctx.waitUntil((async () => {
      await first;
      await scheduler.wait(300);
      await say(`http://api.test/note/${n}/after`);
      await say(`http://gateway.test/note/${n}/refused`);
    })());
    await first;
    return "answered";
  },
  async leaves(options, request, ctx) {
    await acts.after(options, request, ctx);
    await scheduler.wait(20000);
  },
};
export default {
  async fetch(request, env, ctx) {
    const options = Object.fromEntries(new URL(request.url).searchParams);
    const result = await acts[options.act](options, request, ctx);
    return result instanceof Response ? result : new Response(result);
  },
};
END

sub log_of { my ($id) = @_; return [grep { / $id / } split /^/, read_file($t->dir . '/logs/egress.log')] }

my $n = 0;

for my $by (qw(export service inner)) {
    $n++;
    my $name = sub { $by eq 'service' ? "of ada$n" : 'export' };
    my $answer = $t->get("/t?by=$by&act=hosts&n=$n&tenant=ada$n");

    is $answer->{content}, <<'END' =~ s/\n\z//r, "$by: both must allow a host";
api 200 ok
policy 403 refused by the gateway
gateway 403 Domain not allowed
both 403 refused by the gateway
END
    is $up->count(qr{^note /note/$n/}), 1, '... and only one did';
    is $up->count(qr{^note /note/$n/api tenant=ada$n key=of-nginx gateway=@{[$name->()]} cookie=none$}), 1,
        '... with the headers of both, of which the policy has the last word';

    my $id = $answer->{headers}{'x-request-id'};
    ok wait_until { @{ log_of($id) } >= 2 }, 'the policy logs';
    my $log = log_of($id);
    is scalar(@$log), 2, '... what the gateway let through, with the id of the client\'s request';
    like $log->[0], qr{GET "http://api\.test/note/$n/api" allowed 200 }, '... what went out';
    like $log->[1], qr{GET "http://gateway\.test/note/$n/gateway" refused:host 403 }, '... and what did not';

    is $t->get("/t?by=$by&act=redirects")->{content}, <<'END' =~ s/\n\z//r, '... each hop passes both';
403 Domain not allowed
403 refused by the gateway
403 refused by the gateway
200 3 3
END
    is $t->get("/t?by=$by&act=throws")->{content}, 'RangeError: gateway: not today',
        '... what the gateway throws rejects the fetch';
    is $t->post("/t?by=$by&act=bodies", 'x' x 1_000_000)->{content}, "200 1000000 1000000\n3000004",
        '... bodies stream through';
    is $t->get("/t?by=$by&act=pass")->{content}, 'y' x 3_000_000, '... untouched ones, too';

    my $client = $t->client;
    my $gone = $up->count(qr/^gone/);
    my $asked = $up->count(qr/^request \S+ \/silent/);
    print $client "GET /t?by=$by&act=silent HTTP/1.1\r\nHost: a\r\n\r\n";
    ok wait_until { $up->count(qr/^request \S+ \/silent/) > $asked }, '... a request that takes long';
    close $client;
    ok wait_until { $up->count(qr/^gone/) > $gone }, '... ends with its client';

    # work after the response: of the worker, of the gateway

    for my $act (qw(after leaves)) {
        $n++;
        if ($act eq 'after') {
            $answer = $t->get("/t?by=$by&act=$act&n=$n&tenant=ada$n");
            is $answer->{content}, 'answered', "$by: a response";

        } else {
            $client = $t->client;
            print $client "GET /t?by=$by&act=$act&n=$n&tenant=ada$n HTTP/1.1\r\nHost: a\r\n\r\n";
            ok wait_until { $up->count(qr{^note /note/$n/before}) }, "$by: a client that leaves";
            close $client;
        }
        ok wait_until { $up->count(qr{^note /note/$n/after}) }, '... and what waitUntil() holds';
        is $up->count(qr{^note /note/$n/after tenant=ada$n key=of-nginx gateway=@{[$name->()]} cookie=none$}), 1,
            '... goes through gateway and policy, with the client\'s variables and props';
        ok wait_until { read_file($t->dir . '/logs/egress.log') =~ m{/note/$n/refused} },
            '... and so does what is refused';
        is $up->count(qr{^note /note/$n/refused}), 0, '... which does not go out';

        my ($before, $after, $refused) = map { my $when = $_;
            read_file($t->dir . '/logs/egress.log') =~ m{ ([0-9a-f]{32}) GET "http://\w+\.test/note/$n/$when"} ? $1 : $when
        } qw(before after refused);
        is "$after $refused", "$before $before", '... all with the same id';
    }

    $n++;
    $answer = $t->get("/t?by=$by&act=audit&n=$n&tenant=ada$n");
    is $answer->{content}, '200 ok', "$by: a gateway with work of its own";
    ok wait_until { $up->count(qr{^note /note/audit/note/$n/first}) }, '... which goes on after its response';
    is $up->count(qr{^note /note/audit/note/$n/first tenant=ada$n key=of-nginx gateway=none cookie=none$}), 1,
        '... through the policy alone, with the client\'s variables';
    $id = $answer->{headers}{'x-request-id'};
    ok wait_until { grep { m{/note/audit/} } @{ log_of($id) } }, '... and the id of its request';
}

is $t->get('/t?by=limited&act=many')->{content}, "200 ok\n200 ok\nError: Too many subrequests.",
    'what a gateway carries out counts for the worker that asked';

is $up->count(qr/forged|of-gateway|a=1/), 0, 'nothing of what was replaced went out';

ok $t->stop, 'nginx stops';
$t->no_alerts;
done_testing;
