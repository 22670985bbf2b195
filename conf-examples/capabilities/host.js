// A host worker that loads a tenant's code and hands it a room to speak in.

import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

// The room and the name are in the props of the stub, which stay here: who has
// the stub can neither see nor change them.
export class ChatRoom extends WorkerEntrypoint {
  async post(text) {
    const { bot, room } = this.ctx.props;
    return this.env.CHAT.say(room, `[${bot}] ${text}`);
  }

  // A stub in return: its methods can be called before it has arrived.
  draft() {
    return new Draft((text) => this.post(text));
  }
}

class Draft extends RpcTarget {
  #lines = [];
  #post;

  constructor(post) {
    super();
    this.#post = post;
  }

  add(line) {
    this.#lines.push(String(line));
    return this;
  }

  send() {
    return this.#post(this.#lines.join(" / "));
  }
}

export default {
  async fetch(request, env, ctx) {
    const [, , tenant] = new URL(request.url).pathname.split("/");
    const code = await env.CODE.fetch("http://code/agent.js");

    const worker = env.LOADER.load({
      compatibilityDate: "2026-01-01",
      mainModule: "agent.js",
      modules: { "agent.js": await code.text() },
      globalOutbound: null,
      env: {
        CHAT_ROOM: ctx.exports.ChatRoom({
          props: { room: `tenant-${tenant}`, bot: "assistant" },
        }),
      },
    });

    return worker.getEntrypoint().fetch(request);
  },
};
