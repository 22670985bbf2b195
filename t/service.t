# dynworker_service script=: env.NAME is an entrypoint of another host worker.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

our $files = <<'END';
>>> help.js
export const lines = (...values) => new Response(
  values.map((value) => typeof value === "string" ? value : JSON.stringify(value))
    .join("\n") + "\n");
export const seen = async (get) => {
  try {
    const value = await get();
    return value instanceof Response ? `${value.status} ${(await value.text()).trim()}` : value;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
export const module = (text, more) =>
  ({ mainModule: "main.js", modules: { "main.js": text }, ...more });
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => $::files . ($block->user_files // ''));
});

check_accum_error_log();
no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: fetch and RPC reach the default export, and a class by its name
--- config
    location /t {
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js;
        dynworker_service MATH script=$TEST_NGINX_HTML_DIR/api.js entrypoint=MathApi;
        dynworker_service PLAIN script=$TEST_NGINX_HTML_DIR/api.js entrypoint=plain;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
let calls = 0;
export default {
  async fetch(request, env, ctx) {
    return new Response([request.method, request.url, request.headers.get("x"),
      await request.text(), JSON.stringify(ctx.props), ++calls].join(" "), { status: 201 });
  },
};
class Counter extends RpcTarget {
  #n = 0;
  add(by) { return this.#n += by; }
}
export class MathApi extends WorkerEntrypoint {
  sum(...numbers) { return numbers.reduce((a, b) => a + b, 0); }
  counter() { return new Counter(); }
  each(list, f) { return Promise.all(list.map((x) => f(x))); }
  calls() { return ++calls; }
  fetch(request) { return new Response(`math ${new URL(request.url).pathname}`); }
}
export const plain = { fetch: () => new Response("plain") };
>>> t.js
import { lines, seen } from "./help.js";
export default {
  async fetch(request, { API, MATH, PLAIN }) {
    return lines(
      await seen(() => API.fetch("http://api/x?y", { method: "PUT", headers: { x: "1" }, body: "b" })),
      await seen(() => MATH.fetch("http://api/m")),
      await seen(() => PLAIN.fetch("http://api/")),
      await seen(() => MATH.sum(1, 2, 3)),
      await seen(() => MATH.counter().add(4)),
      await seen(() => MATH.each([1, 2], (x) => x * 10)),
      await seen(() => MATH.calls()),
      await seen(() => MATH.nothing()));
  },
};
--- request
GET /t
--- response_body
201 PUT http://api/x?y 1 b {} 1
200 math /m
200 plain
6
4
[10,20]
2
TypeError: The RPC receiver does not implement the method "nothing".
--- no_error_log
[error]



=== TEST 2: it has the env, outbound and log level of the location, and an isolate of its own in each
--- http_config
    dynworker_outbound one { allow one.test; private_addresses on; pass /_out; }
    dynworker_outbound two { allow two.test; private_addresses on; pass /_out; }
--- config
    location = /_out { internal; return 200 "$dynworker_outbound_host"; }
    dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js entrypoint=Api;
    dynworker_var WHO server;
    location /one {
        dynworker_global_outbound one;
        dynworker_var WHO one;
        dynworker_log_level info;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /two {
        dynworker_global_outbound two;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { seen } from "./help.js";
let calls = 0;
export class Api extends WorkerEntrypoint {
  async about() {
    console.log(`about ${this.env.WHO}`);
    return [this.env.WHO, Object.keys(this.env).sort().join(), ++calls,
      await seen(() => fetch("http://one.test/")), await seen(() => fetch("http://two.test/"))];
  }
}
>>> t.js
import { lines } from "./help.js";
export default { fetch: async (request, { API }) => lines(await API.about()) };
--- request eval
["GET /one", "GET /two", "GET /one"]
--- response_body eval
[qq{["one","API,WHO",1,"200 one.test","403 Domain not allowed"]\n},
 qq{["server","API,WHO",1,"403 Domain not allowed","200 two.test"]\n},
 qq{["one","API,WHO",2,"200 one.test","403 Domain not allowed"]\n}]
--- error_log
about one
--- no_error_log
about server



=== TEST 3: its limits are the location's
--- config
    location /t {
        dynworker_limits cpu=200ms subrequests=2;
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js;
        dynworker_service INNER uri=/inner/;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
    location /inner/ { internal; return 200 "yes"; }
--- user_files
>>> api.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { seen } from "./help.js";
export default class extends WorkerEntrypoint {
  spin() { for (;;); }
  async ask() {
    const tried = [];
    for (let i = 0; i < 3; i++) tried.push(await seen(() => this.env.INNER.fetch("http://a/")));
    return tried;
  }
}
>>> t.js
import { lines, seen } from "./help.js";
export default {
  fetch: async (request, { API }) =>
    lines(await seen(() => API.spin()), await seen(() => API.ask()), await seen(() => API.ask())),
};
--- request
GET /t
--- response_body
Error: Worker exceeded CPU time limit.
["200 yes","200 yes","Error: Too many subrequests."]
Error: Too many subrequests.
--- error_log eval
qr{api\.js" exceeded CPU time limit, "dynworker_limits cpu=200ms"}



=== TEST 4: a dynamic worker has it in env, in props, as globalOutbound and as an argument
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js entrypoint=Api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
import { WorkerEntrypoint } from "cloudflare:workers";
export class Api extends WorkerEntrypoint {
  hello(name) { return `hello ${name}`; }
  fetch(request) { return new Response(`fetched ${request.url}`); }
}
>>> t.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { lines, module } from "./help.js";
export class Relay extends WorkerEntrypoint {
  hello() { return this.ctx.props.api.hello("props"); }
}
export default {
  async fetch(request, { API, LOADER }, ctx) {
    const worker = LOADER.load(module(`
      import { WorkerEntrypoint } from "cloudflare:workers";
      export default class extends WorkerEntrypoint {
        env1() { return this.env.API.hello("env"); }
        props() { return this.env.RELAY.hello(); }
        argument(api) { return api.hello("argument"); }
        async outbound() { return (await fetch("http://any.test/x")).text(); }
        result() { return this.env.API; }
      }`, { env: { API, RELAY: ctx.exports.Relay({ props: { api: API } }) }, globalOutbound: API }))
      .getEntrypoint();
    return lines(await worker.env1(), await worker.props(), await worker.argument(API),
      await worker.outbound(), await (await worker.result()).hello("result"));
  },
};
--- request
GET /t
--- response_body
hello env
hello props
hello argument
fetched http://any.test/x
hello result
--- no_error_log
[error]



=== TEST 5: a body streams through it both ways
--- config
    location /t {
        client_max_body_size 4m;
        dynworker_service ECHO script=$TEST_NGINX_HTML_DIR/echo.js;
        dynworker_service READ script=$TEST_NGINX_HTML_DIR/echo.js entrypoint=read;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> echo.js
export default { fetch: (request) => new Response(request.body) };
export const read = { fetch: async (request) =>
  new Response((await request.arrayBuffer()).byteLength) };
>>> t.js
export default {
  async fetch(request, { ECHO, READ }) {
    const echoed = await ECHO.fetch("http://a/", { method: "POST", body: request.body });
    return READ.fetch("http://a/", { method: "POST", body: echoed.body });
  },
};
--- request eval
"POST /t\n" . ("x" x 2_000_000)
--- response_body: 2000000
--- no_error_log
[error]



=== TEST 6: services of each other and of themselves: a circle is read once, and is stopped when it runs
--- config
    location /t {
        dynworker_service A script=$TEST_NGINX_HTML_DIR/a.js;
        dynworker_service B script=$TEST_NGINX_HTML_DIR/b.js;
        dynworker_service SELF script=$TEST_NGINX_HTML_DIR/t.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> a.js
export default { async fetch(request, env) {
  try {
    return new Response(1 + Number(await (await env.B.fetch(request)).text()));
  } catch (error) {
    console.error(error.message);
    return new Response(1);
  }
} };
>>> b.js
export { default } from "./a2.js";
>>> a2.js
export default { fetch: async (request, env) =>
  new Response(1 + Number(await (await env.A.fetch(request)).text())) };
>>> t.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { lines } from "./help.js";
let calls = 0;
export default {
  async fetch(request, { A, SELF }) {
    if (new URL(request.url).hostname === "self") return new Response(++calls);
    calls = 10;
    return lines(Number(await (await A.fetch("http://a/")).text()) > 16,
      await (await SELF.fetch("http://self/")).text());
  },
};
--- request
GET /t
--- response_body
true
11
--- error_log
Subrequest depth limit exceeded. This request recursed through Workers too many times.



=== TEST 7: what it throws is the caller's to catch; an entrypoint that is missing is named
--- config
    location /t {
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js;
        dynworker_service NONE script=$TEST_NGINX_HTML_DIR/api.js entrypoint=Missing;
        dynworker_service START script=$TEST_NGINX_HTML_DIR/start.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  fetch() { throw new RangeError("no fetch today"); }
  call() { throw Object.assign(new RangeError("no call today"), { code: 7 }); }
}
>>> start.js
throw new Error("cannot start");
>>> t.js
import { lines, seen } from "./help.js";
export default {
  fetch: async (request, { API, NONE, START }) => lines(
    await seen(() => API.fetch("http://a/")),
    await seen(() => API.call().catch((error) => [error.name, error.code])),
    await seen(() => NONE.fetch("http://a/")),
    await seen(() => NONE.call()),
    await seen(() => START.fetch("http://a/")),
    await seen(() => START.call())),
};
--- request
GET /t
--- response_body
RangeError: no fetch today
["RangeError",7]
Error: Worker does not export an entrypoint named "Missing".
Error: Worker does not export an entrypoint named "Missing".
Error: cannot start
Error: cannot start
--- error_log eval
[qr{worker ".*/api\.js" failed at api\.js:3:\d+: .*no fetch today},
 qr{worker ".*/start\.js" could not be loaded at start\.js:1:\d+: .*cannot start}]



=== TEST 8: a client that catches nothing gets a 500
--- config
    location /t {
        dynworker_service START script=$TEST_NGINX_HTML_DIR/start.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> start.js
throw new Error("cannot start");
>>> t.js
export default { fetch: (request, { START }) => START.fetch(request) };
--- request
GET /t
--- error_code: 500
--- error_log
cannot start



=== TEST 9: a call counts as a subrequest
--- config
    location /t {
        dynworker_limits subrequests=1;
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
export default { fetch: () => new Response("yes") };
>>> t.js
import { lines, seen } from "./help.js";
export default {
  fetch: async (request, { API }) =>
    lines(await seen(() => API.fetch("http://a/")), await seen(() => API.fetch("http://a/"))),
};
--- request
GET /t
--- response_body
200 yes
Error: Too many subrequests.
--- no_error_log
[alert]



=== TEST 10: a dynamic worker that its service loads has the limits of the service's location
--- config
    location /outer {
        dynworker_limits cpu=10s subrequests=100;
        dynworker_loader SHARED shared;
        dynworker_script $TEST_NGINX_HTML_DIR/outer.js;
    }
    location /inner {
        dynworker_limits cpu=200ms;
        dynworker_loader SHARED shared;
        dynworker_loader LOADER;
        dynworker_service LOAD script=$TEST_NGINX_HTML_DIR/load.js entrypoint=Load;
        dynworker_script $TEST_NGINX_HTML_DIR/inner.js;
    }
--- user_files
>>> load.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { module, seen } from "./help.js";
export class Load extends WorkerEntrypoint {
  run() {
    return seen(() => this.env.LOADER.load(module(
      `export default { fetch() { for (;;); } }`)).getEntrypoint().fetch("http://a/"));
  }
}
>>> inner.js
import { module } from "./help.js";
export default {
  async fetch(request, { LOAD, SHARED }) {
    return SHARED.get("one", () => module(
      `export default { fetch: async (request, env) => new Response(await env.LOAD.run()) };`,
      { env: { LOAD } })).getEntrypoint().fetch(request);
  },
};
>>> outer.js
export default {
  fetch: (request, { SHARED }) => SHARED.get("one", () => { throw new Error("is cold"); })
    .getEntrypoint().fetch(request),
};
--- request eval
["GET /inner", "GET /outer"]
--- response_body eval
["Error: Worker exceeded CPU time limit.", "Error: Worker exceeded CPU time limit."]
--- error_log
"dynworker_limits cpu=200ms"
--- no_error_log
cpu=10000ms



=== TEST 11: its props are those of the client's request, which nobody on the way can change
--- config
    location ~ ^/tenant/(?<tenant>\w+) {
        dynworker_prop tenant $tenant;
        dynworker_loader SHARED shared;
        dynworker_service WHO script=$TEST_NGINX_HTML_DIR/who.js entrypoint=Who;
        dynworker_script $TEST_NGINX_HTML_DIR/tenant.js;
    }
    location /elsewhere {
        dynworker_prop tenant elsewhere;
        dynworker_loader SHARED shared;
        dynworker_script $TEST_NGINX_HTML_DIR/tenant.js;
    }
--- user_files
>>> who.js
import { WorkerEntrypoint } from "cloudflare:workers";
export class Who extends WorkerEntrypoint {
  are() { return this.ctx.props; }
  fetch() { return Response.json(this.ctx.props); }
}
>>> tenant.js
import { lines, module } from "./help.js";
export default {
  async fetch(request, { WHO, SHARED }) {
    const worker = SHARED.get("one", () => module(`
      import { WorkerEntrypoint } from "cloudflare:workers";
      export default class extends WorkerEntrypoint {
        async ask() { return [await this.env.WHO.are(), await (await fetch("http://a/")).json(),
          await this.env.WHO.are({ props: { tenant: "other" } })]; }
      }`, { env: { WHO }, globalOutbound: WHO })).getEntrypoint(undefined, { props: { tenant: "other" } });
    return lines(await WHO?.are() ?? "-", await worker.ask());
  },
};
--- request eval
["GET /tenant/ada", "GET /tenant/bob", "GET /elsewhere"]
--- response_body eval
[qq({"tenant":"ada"}\n[{"tenant":"ada"},{"tenant":"ada"},{"tenant":"ada"}]\n),
 qq({"tenant":"bob"}\n[{"tenant":"bob"},{"tenant":"bob"},{"tenant":"bob"}]\n),
 qq(-\n[{},{},{}]\n)]
--- no_error_log
[error]



=== TEST 12: a loader of the location's own is one for its worker and its services
--- config
    location /t {
        dynworker_loader LOADER;
        dynworker_service API script=$TEST_NGINX_HTML_DIR/api.js entrypoint=Api;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> api.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { seen } from "./help.js";
export class Api extends WorkerEntrypoint {
  ask() {
    return seen(() => this.env.LOADER.get("one", () => { throw new Error("is cold"); })
      .getEntrypoint().fetch("http://a/"));
  }
}
>>> t.js
import { lines, module, seen } from "./help.js";
export default {
  fetch: async (request, { API, LOADER }) => lines(
    await API.ask(),
    await seen(() => LOADER.get("one", () => module(
      `let n = 0; export default { fetch: () => new Response(++n) };`)).getEntrypoint().fetch("http://a/")),
    await API.ask()),
};
--- request
GET /t
--- response_body
Error: is cold
200 1
200 2



=== TEST 13: a file that is missing
--- config
    location /t {
        dynworker_service API script=missing.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> t.js
export default {};
--- must_die
--- error_log eval
qr{worker script ".*/missing\.js" failed in .*nginx\.conf:\d+ \(2: No such file}



=== TEST 14: a file that does not parse
--- config
    location /t {
        dynworker_service API script=$TEST_NGINX_HTML_DIR/bad.js;
        dynworker_script $TEST_NGINX_HTML_DIR/t.js;
    }
--- user_files
>>> bad.js
export default {
  fetch( {
};
>>> t.js
export default {};
--- must_die
--- error_log eval
qr{worker script ".*/bad\.js:3:\d+": SyntaxError.* in .*nginx\.conf:\d+}



=== TEST 15: no file
--- config
    location /t { dynworker_service API script=; return 204; }
--- must_die
--- error_log
no file in "script=" of service "API"



=== TEST 16: no class
--- config
    location /t { dynworker_service API script=a.js entrypoint=; return 204; }
--- must_die
--- error_log
no class in "entrypoint=" of service "API"



=== TEST 17: an unknown parameter
--- config
    location /t { dynworker_service API script=a.js uri=/x; return 204; }
--- must_die
--- error_log
unknown parameter "uri=/x" of service "API", it must be "entrypoint="



=== TEST 18: a class without its script
--- config
    location /t { dynworker_service API entrypoint=Api; return 204; }
--- must_die
--- error_log
invalid target "entrypoint=Api" of service "API", it must be "uri=" with a URI, "outbound=" with the name of a policy, or "script=" with a file
