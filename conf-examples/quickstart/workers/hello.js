// GET /worker/hello: a main module as it is.
let requests = 0;

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    return new Response(`Hello from ${pathname}, request ${++requests}\n`);
  },
};
