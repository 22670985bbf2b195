# RPC between a host worker and the dynamic workers it loads, through nginx.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

our $files = <<'END';
>>> help.js
export const module = (text, more) =>
  ({ mainModule: "main.js", modules: { "main.js": text }, ...more });
export const lines = (...values) => new Response(
  values.map((value) => typeof value === "string" ? value : JSON.stringify(value))
    .join("\n") + "\n");
export const message = async (call) => {
  try {
    const value = await call();
    return `no error, but ${value}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
>>> api.js
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/redirect") {
      return Response.redirect(searchParams.get("to"), 302);
    }
    return new Response([request.method, request.url,
      request.headers.get("authorization"), request.headers.get("x-tenant-id"),
      await request.text()].join("|"));
  },
};
END

# Third parties: upstreams of this nginx.
our $http = <<'END';
    upstream api.example.com { server 127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    upstream evil.example.com { server 127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_9;
        location / { dynworker_script $TEST_NGINX_HTML_DIR/api.js; }
    }
    dynworker_outbound all { allow all; pass /_out; }
END

our $config = <<'END';
    location /t {
        dynworker_loader LOADER;
        dynworker_global_outbound all;
        dynworker_limits subrequests=1000;
        dynworker_var CHAT_API_KEY key-0123456789;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_http_version 1.1;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_set_header Connection "";
    }
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => $::files . $block->user_files);
    $block->set_value(http_config => ($block->http_config // '') . $::http);
    $block->set_value(config => ($block->config // '') . $::config);
    $block->set_value(request => 'GET /t') unless defined $block->request;
});

check_accum_error_log();
no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: an export with props in the env of a dynamic worker is called there
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { module } from "./help.js";
export class ChatRoom extends WorkerEntrypoint {
  async post(text) {
    const { roomName, botName } = this.ctx.props;
    return `${roomName} [${botName}]: ${text} ${typeof this.env.CHAT_API_KEY}`;
  }
}
export default {
  fetch(request, env, ctx) {
    const CHAT_ROOM = ctx.exports.ChatRoom(
      { props: { roomName: "#one", botName: "bot" } });
    return env.LOADER.load(module(`export default {
      async fetch(request) {
        return new Response(await this.env.CHAT_ROOM.post("hi") + "\\n");
      } };`, { env: { CHAT_ROOM }, globalOutbound: null })).getEntrypoint().fetch(request);
  },
};
--- response_body
#one [bot]: hi string
--- no_error_log
[error]



=== TEST 2: methods of a dynamic worker's entrypoints, with callbacks and pipelining
--- user_files
>>> host.js
import { module, lines, message } from "./help.js";
const code = module(`
  import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
  class Counter extends RpcTarget {
    #n = 0;
    increment(by) { return this.#n += by; }
    again() { return this; }
  }
  export class Tools extends WorkerEntrypoint {
    async each(list, f) { const out = []; for (const x of list) out.push(await f(x)); return out; }
    counter() { return new Counter(); }
    props() { return this.ctx.props; }
    fail() { throw Object.assign(new RangeError("no"), { code: 5 }); }
    stream() { let n = 0; return new ReadableStream({ pull(c) {
      if (n++ < 40) c.enqueue(new Uint8Array(10000)); else c.close(); } }); }
    async length(stream) { let n = 0; for await (const c of stream) n += c.length; return n; }
    hang() { return new Promise((resolve) => setTimeout(resolve, 60000)); }
  }`);
export default {
  async fetch(request, env) {
    const tools = env.LOADER.load(code)
      .getEntrypoint("Tools", { props: { p: [1] } });
    const length = async (stream) => {
      let n = 0; for await (const c of stream) n += c.length; return n;
    };
    const error = await tools.fail().catch((error) => error);
    return lines(
      await tools.each([1, 2], (x) => x * 2),
      await tools.counter().again().again().increment(3),
      await tools.props(),
      [error instanceof RangeError, error.message, error.code],
      await length(await tools.stream()),
      await tools.length(await tools.stream()),
      await message(() => tools.nothing()),
      (await Promise.all(Array.from({ length: 500 }, (_, i) =>
        tools.each([i], (x) => x + 1)))).length);
  },
};
--- response_body
[2,4]
3
{"p":[1]}
[true,"no",5]
400000
400000
TypeError: The RPC receiver does not implement the method "nothing".
500
--- no_error_log
[error]



=== TEST 3: a gateway as globalOutbound sees every request, and adds credentials
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { module } from "./help.js";
export class HttpGateway extends WorkerEntrypoint {
  async fetch(request) {
    const url = new URL(request.url);
    const headers = new Headers(request.headers);
    if (url.hostname === "api.example.com") {
      headers.set("Authorization", "Bearer secret");
      headers.set("X-Tenant-Id", this.ctx.props.tenantId);
    }
    if (url.hostname !== "api.example.com") {
      return new Response("Domain not allowed", { status: 403 });
    }
    return fetch(request, { headers });
  }
}
export default {
  fetch(request, env, ctx) {
    return env.LOADER.get("one", () => module(`export default {
      async fetch() {
        const out = [];
        const ask = async (...args) => {
          try {
            const response = await fetch(...args);
            out.push(response.status + " " + await response.text());
          } catch (error) { out.push(error.message); }
        };
        await ask("http://api.example.com/data");
        await ask("http://api.example.com/data", { method: "POST", body: "b",
          headers: { Authorization: "mine" } });
        for (const url of ["http://evil.example.com/", "http://EVIL.example.com:80/",
          "http://evil.example.com./", "http://api.example.com.evil.example.com/",
          "http://api.example.com@evil.example.com/", "http://[::1]/",
          "http://127.0.0.1/", "http://api.example.com/redirect?to=http://evil.example.com/"]) {
          await ask(url);
        }
        return new Response(out.join("\\n") + "\\n");
      } };`, { globalOutbound: ctx.exports.HttpGateway({ props: { tenantId: "t1" } }) }))
      .getEntrypoint().fetch(request);
  },
};
--- response_body
200 GET|http://api.example.com/data|Bearer secret|t1|
200 POST|http://api.example.com/data|Bearer secret|t1|b
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
403 Domain not allowed
--- no_error_log
[error]



=== TEST 4: nothing of a capability's owner can be found in what the worker has
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { module } from "./help.js";
export class ChatRoom extends WorkerEntrypoint {
  instance = "key-0123456789";
  #key = "key-0123456789";
  post(text) { return `posted to ${this.ctx.props.roomName}`; }
  fail() { throw new Error("failed"); }
  async fetch(request) { return new Response("asked " + request.headers.get("x")); }
}
export default {
  fetch(request, env, ctx) {
    const CHAT_ROOM = ctx.exports.ChatRoom({
      props: { apiKey: env.CHAT_API_KEY, roomName: "#one" } });
    return env.LOADER.load(module(`export default {
      async fetch(request, env, ctx) {
        const room = env.CHAT_ROOM;
        const seen = [];
        const look = async (get) => {
          try {
            const value = await get();
            seen.push(typeof value === "object" ? JSON.stringify(value) : String(value));
            seen.push(JSON.stringify(Object.getOwnPropertyNames(Object(value))));
          } catch (error) { seen.push(error.stack, error.message, JSON.stringify(error)); }
        };
        const names = ["instance", "#key", "env", "ctx", "props", "apiKey", "__proto__",
          "prototype", "toString", "valueOf", "__defineGetter__", "__lookupGetter__",
          "hasOwnProperty", "sendToChatService", "dup", "then", "Symbol.iterator"];
        for (const name of names) {
          await look(() => room[name]);
          await look(() => room[name]());
          await look(() => room.ctx.props[name]);
          await look(() => room.post[name]);
          await look(() => room.post.constructor[name]);
        }
        await look(() => room.fail());
        await look(() => room.constructor("return this")());
        await look(() => room({ props: { roomName: "#two" } }));
        await look(async () => (await room.fetch("http://x/", { headers: { x: "1" } })).text());
        await look(() => ctx.props);
        await look(() => Object.keys(ctx.exports));
        await look(() => Object.getOwnPropertyNames(globalThis));
        await look(() => room.post.call({ ctx: { props: { roomName: "#two" } } }, "x"));
        await look(() => room.post("x", { ctx: { props: { roomName: "#two" } } }));
        const text = seen.join("\\n");
        return new Response([/key-0123456789/.test(text), /#two/.test(text),
          /host\\.js|ChatRoom/.test(text), await room.post("x"), seen.length > 100].join("\\n") + "\\n");
      } };`, { env: { CHAT_ROOM }, globalOutbound: null })).getEntrypoint().fetch(request);
  },
};
--- response_body
false
false
false
posted to #one
true
--- no_error_log
[error]



=== TEST 5: a dynamic worker loads another one and passes on what it was given
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { module } from "./help.js";
export class Greeter extends WorkerEntrypoint {
  hello(name) { return `hello ${name} from ${this.ctx.props.who}`; }
}
export default {
  fetch(request, env, ctx) {
    return env.LOADER.load(module(`export default {
      async fetch(request, env, ctx) {
        const inner = env.LOADER.load({ mainModule: "i.js", modules: { "i.js": \`
          import { WorkerEntrypoint } from "cloudflare:workers";
          export default class extends WorkerEntrypoint {
            run(name) { return this.env.GREETER.hello(name); }
          }\` }, env: { GREETER: env.GREETER } });
        let refused;
        try {
          env.LOADER.load({ mainModule: "i.js", modules: { "i.js": "" },
            env: { own: inner.getEntrypoint() } });
        } catch (error) { refused = error.name; }
        return new Response(await inner.getEntrypoint().run("you") + "\\n" + refused + "\\n");
      } };`, { env: { LOADER: env.LOADER, GREETER: ctx.exports.Greeter({ props: { who: "host" } }) } }))
      .getEntrypoint().fetch(request);
  },
};
--- response_body
hello you from host
DataCloneError
--- no_error_log
[error]



=== TEST 6: a worker that exceeds a limit breaks its session
--- user_files
>>> host.js
import { module, lines, message } from "./help.js";
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load(module(`
      import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
      class Spinner extends RpcTarget { spin() { for (;;); } }
      export default class extends WorkerEntrypoint { make() { return new Spinner(); } }`,
      { limits: { cpuMs: 200 } })).getEntrypoint();
    const spinner = await worker.make();
    let broken;
    spinner.onRpcBroken((error) => { broken = error.message; });
    return lines(await message(() => spinner.spin()), await message(() => spinner.spin()), broken);
  },
};
--- response_body_like
^Error: .*CPU time limit.*
Error: .*CPU time limit.*
.*CPU time limit.*$
--- error_log
CPU time limit



=== TEST 7: ctx.exports calls the worker itself
--- user_files
>>> host.js
import { WorkerEntrypoint, exports } from "cloudflare:workers";
import { lines } from "./help.js";
export class Own extends WorkerEntrypoint {
  hi(x) { return [x, this.ctx.props]; }
  fetch(request) { return new Response(`${request.method} ${this.ctx.props.n}`); }
}
export default {
  async fetch(request, env, ctx) {
    const own = ctx.exports.Own({ props: { n: 1, again: ctx.exports.Own({ props: 2 }) } });
    const [, props] = await own.hi(0);
    return lines(await ctx.exports.Own.hi(1), await exports.Own.hi(2), props.n,
      await props.again.hi(3), await (await own.fetch("http://x/", { method: "PUT" })).text());
  },
};
--- response_body
[1,{}]
[2,{}]
1
[3,2]
PUT 1
--- no_error_log
[error]



=== TEST 8: a service that is a location has only fetch(), and can be given away
--- config
    location /api {
        return 200 "api\n";
    }
    location /s {
        dynworker_loader LOADER;
        dynworker_service SERVICE uri=/api;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module, lines, message } from "./help.js";
export default {
  async fetch(request, env) {
    const code = module(`export default {
      async fetch(request, env) {
        return new Response(await (await env.S.fetch("http://s/api")).text() +
          await (await fetch("http://any/api")).text());
      } };`, { env: { S: env.SERVICE }, globalOutbound: env.SERVICE });
    const response = await env.LOADER.load(code).getEntrypoint().fetch(request);
    return lines(await message(() => env.SERVICE.method()), (await response.text()).trim());
  },
};
--- request
GET /s
--- response_body
Error: The receiver is no RPC receiver: it has only fetch().
api
api
--- no_error_log
[error]



=== TEST 9: what was lowered for a dynamic worker holds for what it loads
--- user_files
>>> host.js
import { module } from "./help.js";
export default {
  fetch(request, env) {
    return env.LOADER.load(module(`export default {
      fetch(request, env) {
        return env.LOADER.load({ mainModule: "i.js", modules: { "i.js": \`export default {
          async fetch() {
            const seen = [];
            for (let i = 0; i < 3; i++) {
              seen.push(await fetch("http://api.example.com/").then(({ status }) => status, String));
            }
            return new Response(seen.join("\\\\n") + "\\\\n");
          } };\` } }).getEntrypoint().fetch(request);
      } };`, { env: { LOADER: env.LOADER }, limits: { subRequests: 2 } }))
      .getEntrypoint().fetch(request);
  },
};
--- response_body
200
200
Error: Too many subrequests.
--- no_error_log
[error]



=== TEST 10: what belongs to a request ends with it, over there too
--- user_files
>>> host.js
import { RpcStub } from "cloudflare:workers";
import { module, lines, message } from "./help.js";
const code = module(`
  import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
  let disposed = 0;
  let told;
  const first = new Promise((resolve) => { told = resolve; });
  class Counter extends RpcTarget {
    #n = 0;
    increment() { return ++this.#n; }
    [Symbol.dispose]() { told(++disposed); }
  }
  export default class extends WorkerEntrypoint {
    fetch() { return new Response("text"); }
    counter() { return new Counter(); }
    disposed() { return first; }
  }`);
let kept, late;
const uses = () => [
  () => kept.counter.increment(), () => kept.counter.dup().increment(), () => kept.read(),
  () => kept.local.f(), () => kept.got.counter(), () => kept.got.fetch("http://x/"),
  () => kept.worker.getEntrypoint().counter(), () => kept.loaded.counter(),
  () => kept.loaded.fetch("http://x/"), () => kept.response.text(),
];
export default {
  async fetch(request, env, ctx) {
    const loader = env.LOADER;
    const worker = loader.get("one", () => code);
    const got = worker.getEntrypoint();
    switch (new URL(request.url).search) {
    case "?1": {
      const counter = await got.counter();
      const local = new RpcStub({ f() {} });
      await local.f();
      kept = { worker, got, loaded: loader.load(code).getEntrypoint(), counter, local,
               read: counter.increment, response: await got.fetch("http://x/") };
      // resolved by the next request
      const own = counter.increment;
      new Promise((resolve) => { late = resolve; }).then(async () => {
        kept.own = [await message(() => own()), await message(() => got.counter())];
        kept.done();
      });
      return lines(await counter.increment());
    }
    case "?2": {
      const messages = new Set();
      for (const use of uses()) messages.add(await message(use));
      return lines([...messages], await got.disposed());
    }
    default:
      await new Promise((resolve) => { kept.done = resolve; late(); });
      return lines(...kept.own);
    }
  },
};
--- request eval
["GET /t?1", "GET /t?2", "GET /t?3"]
--- response_body_like eval
["^1\n\$",
 qr/^\["Error: Cannot perform I\/O on behalf of a different request\. I\/O objects [^"]*"\]\n1\n/,
 qr/^(Error: Cannot perform I\/O on behalf of a request that is over: .*\n){2}\z/]
--- no_error_log
[error]



=== TEST 11: five thousand calls at once, in one session and in sessions of their own
--- config
    location /many {
        dynworker_loader LOADER;
        dynworker_limits cpu=20s wall=60s subrequests=20000 queue=20000;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { module, lines } from "./help.js";
const code = module(`
  import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
  class Counter extends RpcTarget { #n = 0; increment() { return ++this.#n; } }
  let waiting = 0, all;
  const everybody = new Promise((resolve) => { all = resolve; });
  export default class extends WorkerEntrypoint {
    counter() { return new Counter(); }
    meet(n) { if (++waiting === n) all(n); return everybody; }
  }`);
export default {
  async fetch(request, env) {
    const worker = env.LOADER.load(code).getEntrypoint();
    const counter = await worker.counter();
    const counted = await Promise.all(Array.from({ length: 5000 }, () => counter.increment()));
    const met = await Promise.all(Array.from({ length: 5000 }, () => worker.meet(5000)));
    return lines(new Set(counted).size, counted.at(-1), met.length, met[4999]);
  },
};
--- request
GET /many
--- response_body
5000
5000
5000
5000
--- no_error_log
[error]
