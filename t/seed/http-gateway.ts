import { WorkerEntrypoint } from "cloudflare:workers";
export class HttpGateway extends WorkerEntrypoint<Env, { tenantId: string }> {
async fetch(request: Request): Promise<Response> {
const url = new URL(request.url);
const headers = new Headers(request.headers);
// Tenant-specific credential injection
if (url.hostname === "api.example.com") {
headers.set("Authorization", `Bearer ${this.env.API_TOKEN}`);
headers.set("X-Tenant-Id", `${this.ctx.props.tenantId}`);
// Log for audit purposes
console.log(`[AUDIT] Tenant ${this.ctx.props.tenantId} requesting ${url.pathname}`);
}
// Block requests to unauthorized domains
if (!this.isAllowedDomain(url.hostname)) {
return new Response("Domain not allowed", { status: 403 });
}
return fetch(request, { headers });
}
private isAllowedDomain(hostname: string): boolean {
const allowed = ["api.example.com", "data.provider.io"];
return allowed.includes(hostname);
}
}
