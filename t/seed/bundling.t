# The article's sample of TypeScript with npm dependencies: the bundler runs in
# the host worker, on esbuild as WebAssembly, and gets its packages by fetch()
# through a policy that knows one registry, which is this nginx.

use warnings;
use strict;

use JSON::PP;
use Test::More;
use DynWorker;

my $package = JSON::PP->new->decode(read_file('node_modules/hono/package.json'));
my $dir = "$ENV{BUILD}/obj/seed-bundling";

# The sample, in a handler, with the package that it imports; and what else the
# package does.
my ($import, $rest) = read_file('t/seed/bundling.ts') =~ /^(import [^\n]*\n)(.*)/s
    or die "the sample has changed\n";
write_file("$dir/host.ts", <<"END_HOST");
$import
async function sample(request, env) {
$rest
return worker.getEntrypoint().fetch(request);
}
END_HOST
open my $more, '>>', "$dir/host.ts" or die "$dir/host.ts: $!\n";
print $more <<'END_HOST';
async function own(request, env, files, options) {
  const { mainModule, modules } = await createWorker({ files, ...options });
  const worker = env.LOADER.load({ mainModule, modules, globalOutbound: null,
    compatibilityDate: "2025-04-01" });
  return worker.getEntrypoint().fetch(request);
}

const typed = {
  "src/index.ts": `
    import { Level, type Named } from "./level";
    import config from "./config.json";
    const all: Named<Level>[] = [{ name: "high" as const, value: Level.High }];
    export default {
      async fetch(): Promise<Response> {
        return Response.json([config.title, ...all.map((a) => a?.name + a.value)]);
      },
    } satisfies { fetch(): Promise<Response> };
  `,
  "src/level.ts": `
    export enum Level { Low = 1, High }
    export interface Named<T> { name: string; value: T }
  `,
  "src/config.json": '{ "title": "levels" }',
};

const one = (text, dependencies = {}) => ({ "src/index.ts": text,
  "package.json": JSON.stringify({ dependencies }) });

const tests = {
  "/": sample,
  "/bundle": (request, env) => own(request, env, typed, { minify: true }),
  "/modules": (request, env) => own(request, env, typed, { bundle: false }),
  "/syntax": (request, env) => own(request, env, one("\n  const x: = 1;")),
  "/none": (request, env) => own(request, env,
    one("import none from 'none'; export default none;", { none: "1" })),
};

export default {
  async fetch(request, env) {
    try {
      return await tests[new URL(request.url).pathname](request, env);
    } catch (error) {
      return new Response(`${error}`, { status: 400 });
    }
  },
};
END_HOST
close $more or die "$dir/host.ts: $!\n";

system('node_modules/.bin/esbuild', '--log-level=warning', '--bundle',
       '--format=esm', '--external:*.wasm', "--outfile=$dir/host.js",
       "$dir/host.ts") == 0
    or die "esbuild failed\n";

my $registry = <<'END';
export default {
  fetch(request, env) {
    const path = new URL(request.url).pathname.replace("/registry", "");
    console.log("REGISTRY", path);
    if (path === "/hono/-/hono.tgz") {
      return new Response(tarball, { headers: { "content-type": "application/gzip" } });
    }
    if (path !== "/hono") return new Response(null, { status: 404 });
    return Response.json({
      name: "hono",
      "dist-tags": { latest: env.VERSION },
      versions: {
        [env.VERSION]: {
          name: "hono",
          version: env.VERSION,
          dist: { tarball: "https://tarballs.example.com/hono/-/hono.tgz" },
        },
      },
    });
  },
};
import tarball from "./hono.bin";
END

system('tar', '-C', 'node_modules', '--format=ustar', '--sort=name',
       '--transform=s,^hono,package,', '-czf', "$dir/hono.bin", 'hono') == 0
    or die "tar failed\n";

my $t = DynWorker->start(
    http => <<'END',
    dynworker_outbound registry {
        allow all;
        private_addresses on;
        pass /_registry;
    }
END
    config => <<"END",
    dynworker_log_level info;
    location / {
        dynworker_script host.js;
        dynworker_loader LOADER;
        dynworker_global_outbound registry;
        dynworker_limits cpu=30s;
    }
    location = /_registry {
        internal;
        proxy_pass http://127.0.0.1:%%PORT%%/registry\$dynworker_outbound_uri;
    }
    location /registry/ {
        dynworker_script registry.js;
        dynworker_var VERSION $package->{version};
    }
END
    files => {
        'host.js' => read_file("$dir/host.js"),
        'esbuild.wasm' =>
            read_file('node_modules/@cloudflare/worker-bundler/dist/esbuild.wasm'),
        'registry.js' => $registry,
        'hono.bin' => read_file("$dir/hono.bin"),
    });

my $hello = 'Hello from bundled TypeScript!';
my $asked = qr{REGISTRY ([^\s,]+)};

is $t->get('/')->{content}, $hello, 'a framework from npm, bundled when it is needed';
is_deeply [$t->error_log =~ /$asked/g], ['/hono', '/hono/-/hono.tgz'],
    'it came through the policy';

is $t->get('/')->{content}, $hello, 'the worker is kept by its id';
is scalar(() = $t->error_log =~ /$asked/g), 2, 'and not bundled again';

is $t->get('/bundle')->{content}, '["levels","high2"]',
    'types, an enum, JSON: one bundle';
is $t->get('/modules')->{content}, '["levels","high2"]',
    'the same as one module a file';

my $answer = $t->get('/syntax');
is $answer->{status}, 400, 'a syntax error rejects';
like $answer->{content}, qr{src/index\.ts:2:11: ERROR}, 'and has its place';

$answer = $t->get('/none');
is $answer->{status}, 400, 'a package that the registry has not rejects';
like $answer->{content}, qr{No such module "none"}, 'and is named';

$t->stop;
$t->no_alerts;
done_testing;
