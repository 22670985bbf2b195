// The service CHAT: knows how the chat service is spoken to, and with which key.

import { WorkerEntrypoint } from "cloudflare:workers";

export class Chat extends WorkerEntrypoint {
  async say(room, text) {
    const response = await this.env.CHAT_API.fetch(
      `http://chat/rooms/${encodeURIComponent(room)}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${this.env.CHAT_API_KEY}` },
        body: text,
      });
    // not more than callers need: an answer could hold what was sent
    if (!response.ok) throw new Error("The message was not delivered.");
    return "delivered";
  }
}
