// GET /worker/outbound: a request that the policy lets out, and one that it
// refuses.
export default {
  async fetch() {
    const allowed = await fetch("http://api.example.com/data?page=2");
    const refused = await fetch("http://elsewhere.example/");

    return new Response(
      `allowed: ${allowed.status}\n${await allowed.text()}` +
        `refused: ${refused.status} ${await refused.text()}\n`,
    );
  },
};
