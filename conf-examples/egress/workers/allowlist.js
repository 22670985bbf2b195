const urls = [
  "http://api.example.com/", "http://data.provider.io/?page=2",
  "http://provider.io/", "http://admin.provider.io/", "http://elsewhere.example/",
  "http://169.254.169.254/latest/meta-data/",
];

export default {
  async fetch() {
    const lines = await Promise.all(urls.map(async (url) => {
      const response = await fetch(url);
      return `${url} ${response.status}\n`;
    }));
    return new Response(lines.join(""));
  },
};
