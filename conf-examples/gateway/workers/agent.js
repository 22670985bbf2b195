// Untrusted code.  It makes ordinary requests, and tries to be somebody else.
const headers = {
  "X-Tenant-Id": "another",
  Authorization: "Bearer my-own",
  Cookie: "session=1",
};

const urls = [
  "http://api.example.com/data", "http://data.provider.io/data",
  "http://old.example.com/", "http://elsewhere.example/",
];

export default {
  async fetch() {
    const lines = [];
    for (const url of urls) {
      const response = await fetch(url, { headers });
      lines.push(`${response.status} ${await response.text()}\n`);
    }
    return new Response(lines.join(""));
  },
};
