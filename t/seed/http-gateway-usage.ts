// Usage in parent Worker
const worker = env.LOADER.get(`tenant:${tenantId}`, async () => {
return {
mainModule: "index.js",
modules: {
"index.js": `
export default {
async fetch() {
// Dynamic Worker makes normal fetch() calls
// Credentials are injected transparently at gateway
const resp = await fetch("https://api.example.com/data");
return new Response(await resp.text());
},
};
`,
},
globalOutbound: ctx.exports.HttpGateway({ props: { tenantId } }),
};
});