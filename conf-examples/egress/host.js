// A host worker whose env holds three ways out, and no other.

export default {
  async fetch(request, { API, CHAT, FILES }) {
    const answers = [
      await API.fetch("http://api.example.com/data"),
      await CHAT.fetch("http://chat.internal/", { method: "POST", body: "hello" }),
      await FILES.fetch("http://files/greeting.txt"),
    ];
    return new Response((await Promise.all(answers.map((answer) => answer.text()))).join(""));
  },
};
