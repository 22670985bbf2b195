const code = {
  compatibilityDate: "2026-01-01",
  mainModule: "hello.js",
  modules: {
    "hello.js": `export default {
      fetch() { return new Response("Hello World\\n"); },
    };`,
  },
  globalOutbound: null,
};

export default {
  fetch(request, env) {
    return env.LOADER.get("hello", () => code).getEntrypoint().fetch(request);
  },
};
