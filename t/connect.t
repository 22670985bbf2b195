# connect() of "cloudflare:sockets": there, checked, and not supported yet.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

# Runs in the host worker, and goes into dynamic ones as text.
our $tries = <<'END';
import { connect } from "cloudflare:sockets";
const says = (f) => {
  try { f(); return "did not throw"; } catch (error) { return `${error.name}: ${error.message.split(/[:.]/)[0]}`; }
};
export const tries = (env) => [
  says(() => connect("a.test")), says(() => connect("a.test:80")), says(() => env.SELF.connect("a.test:80")),
].join(", ");
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files =>
        ">>> tries.js\n$::tries>>> tries.txt\n$::tries" . $block->user_files);
});

no_long_string();
log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: it follows the global outbound of host and dynamic workers
--- http_config
    dynworker_outbound all { allow all; pass /_out; }
--- config
    location /_out { internal; return 200; }
    location /on {
        dynworker_global_outbound all;
        dynworker_loader LOADER;
        dynworker_service SELF uri=/_out;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
    location /off {
        dynworker_loader LOADER;
        dynworker_service SELF uri=/_out;
        dynworker_script $TEST_NGINX_HTML_DIR/host.js;
    }
--- user_files
>>> host.js
import { WorkerEntrypoint } from "cloudflare:workers";
import { tries } from "./tries.js";
import text from "./tries.txt";
export class Gateway extends WorkerEntrypoint {
  fetch() { return new Response("gateway"); }
}
export default {
  async fetch(request, env, ctx) {
    const lines = ["host " + tries(env)];
    for (const [name, globalOutbound] of
         [["inherits", undefined], ["none", null], ["gateway", ctx.exports.Gateway]]) {
      const worker = env.LOADER.load({
        mainModule: "m.js", modules: { "m.js": `import { tries } from "./tries.js";
          export default { fetch: (request, env) => new Response(tries(env)) };`, "tries.js": text },
        env: { SELF: env.SELF }, globalOutbound,
      });
      lines.push(name + " " + await (await worker.getEntrypoint().fetch("http://a/")).text());
    }
    return new Response(lines.join("\n") + "\n");
  },
};
--- request eval
["GET /on", "GET /off"]
--- response_body eval
my $port = "TypeError: Specified address is missing port";
my $yet = "Error: connect() is not supported yet";
my $none = "Error: Network access is disabled for this worker (globalOutbound is null)";
["host $port, $yet, $yet\ninherits $port, $yet, $yet\nnone $port, $none, $yet\ngateway $port, $yet, $yet\n",
 "host $port, $none, $yet\ninherits $port, $none, $yet\nnone $port, $none, $yet\ngateway $port, $yet, $yet\n"]
--- no_error_log
[error]
