// A host worker: trusted code, which loads untrusted code and decides what
// that may reach.

import { page } from "./lib/page.js";

// Cold ids fetch their code once; this counts how often that was.
let loads = 0;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);

    if (pathname === "/run") return run(request, env);

    const tenant = pathname.match(/^\/tenant\/(\w+)$/);
    if (tenant) return visit(tenant[1], request, env);

    return new Response("Not found\n", { status: 404 });
  },
};

// Runs code from the request's body once, in an isolate of its own, without
// any network.
async function run(request, env) {
  if (request.method !== "POST") {
    return new Response("POST a JSON object with your worker in \"code\"\n", {
      status: 405,
      headers: { Allow: "POST" },
    });
  }

  const { code, env: given = {} } = await request.json();

  const worker = env.LOADER.load({
    compatibilityDate: "2026-01-01",
    mainModule: "index.js",
    modules: { "index.js": code },
    globalOutbound: null,
    env: { GREETING: env.GREETING, ...given },
  });

  return worker.getEntrypoint().fetch(new Request(request.url));
}

// One isolate a tenant, kept warm: its module state counts the visits.
async function visit(tenant, request, env) {
  const worker = env.LOADER.get(tenant, async () => {
    loads++;
    return {
      compatibilityDate: "2026-01-01",
      mainModule: "tenant.js",
      modules: {
        "tenant.js": `
          import { page } from "./page.js";
          let visits = 0;
          export default {
            fetch(request, env) {
              return new Response(page(env.TENANT, ++visits, env.LOADS));
            },
          };
        `,
        "page.js": `export ${page}`,
      },
      globalOutbound: null,
      env: { TENANT: tenant, LOADS: loads },
    };
  });

  return worker.getEntrypoint().fetch(request);
}
