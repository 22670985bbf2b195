// Stands for the chat service: logs what it received.

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    console.log(`${pathname} ${request.headers.get("Authorization")} ${await request.text()}`);
    return new Response("ok\n");
  },
};
