// Whatever path and room it asks for, it speaks in its tenant's.
export default {
  async fetch() {
    const post = await fetch("http://chat.internal/rooms/of-others", {
      method: "POST", body: "hello", headers: { "X-Room": "tenant-other" },
    });
    const get = await fetch("http://chat.internal/rooms");
    return new Response(`${await post.text()}${get.status} ${await get.text()}\n`);
  },
};
