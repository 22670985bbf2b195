import { createWorker } from "@cloudflare/worker-bundler";
const worker = env.LOADER.get("my-worker", async () => {
const { mainModule, modules } = await createWorker({
files: {
"src/index.ts": `
import { Hono } from 'hono';
const app = new Hono();
app.get('/', (c) => c.text('Hello from bundled TypeScript!'));
export default app;
`,
"package.json": JSON.stringify({
dependencies: {
hono: "^4.0.0"
},
}),
},
});
return {
mainModule,
modules,
compatibilityDate: "2025-04-01",
globalOutbound: null,
};
});
