// Ordinary fetch() calls: the token is not here, and cannot be had.
export default {
  async fetch() {
    const response = await fetch("http://api.example.com/data", {
      headers: { Authorization: "Bearer my-own", Cookie: "session=1" },
    });
    return new Response(await response.text());
  },
};
