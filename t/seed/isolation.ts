import type { Env } from "./types";
export default {
async fetch(request: Request, env: Env): Promise<Response> {
const worker = env.LOADER.load({
compatibilityDate: "2025-04-01",
mainModule: "index.js",
modules: {
"index.js": `
export default {
async fetch() {
// This code runs in complete network isolation
const data = await this.env.CUSTOM_API.fetchData();
return new Response(JSON.stringify(data));
},
};
`,
},
// Complete network lockdown - only bindings provide access
globalOutbound: null,
env: {
// Pass secure bindings defined via WorkerEntrypoint
CUSTOM_API: customApiBinding,
},
});
const entrypoint = worker.getEntrypoint();
return entrypoint.fetch(request);
},
};