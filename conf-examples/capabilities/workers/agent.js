// Untrusted code, written against env.CHAT_ROOM.
export default {
  async fetch(request, env) {
    const room = env.CHAT_ROOM;
    const posted = await room.post("hello");

    // three calls, one round trip
    const sent = await room.draft().add("first line").add("second line").send();

    const refused = await Promise.allSettled([
      room.env, room.ctx, fetch("http://chat.example/"),
    ]);

    return new Response([
      `post: ${posted}`, `draft: ${sent}`,
      ...refused.map(({ reason }) => `refused: ${reason?.message}`),
    ].join("\n") + "\n");
  },
};
