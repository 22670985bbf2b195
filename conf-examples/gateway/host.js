// A host worker that loads a tenant's code, with a gateway as its only way out.

import { WorkerEntrypoint } from "cloudflare:workers";

// "old.example.com" is the gateway's mistake: the policy in nginx.conf does not
// allow it.
const allowed = ["api.example.com", "data.provider.io", "old.example.com"];

export class HttpGateway extends WorkerEntrypoint {
  async fetch(request) {
    const { tenant } = this.ctx.props;
    const { hostname, pathname } = new URL(request.url);
    const isAllowed = allowed.includes(hostname);

    console.log(`[AUDIT] tenant ${tenant}: ${request.method} ${hostname}${pathname} ` +
      (isAllowed ? "forwarded" : "refused"));

    if (!isAllowed) return new Response("Domain not allowed", { status: 403 });

    const headers = new Headers(request.headers);
    headers.set("X-Tenant-Id", tenant);
    return fetch(request, { headers });
  }
}

export default {
  async fetch(request, env, ctx) {
    const [, , tenant] = new URL(request.url).pathname.split("/");

    const worker = env.LOADER.get(tenant, async () => {
      const code = await env.CODE.fetch("http://code/agent.js");
      return {
        compatibilityDate: "2026-01-01",
        mainModule: "agent.js",
        modules: { "agent.js": await code.text() },
        globalOutbound: ctx.exports.HttpGateway({ props: { tenant } }),
      };
    });

    return worker.getEntrypoint().fetch(request);
  },
};
