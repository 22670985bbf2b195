// URL and URLSearchParams; the former against whatwg-url, the standard's
// reference, on many inputs, most of them odd.

import assert from "node:assert/strict";
import { URL } from "whatwg-url";
import { rejects, returns, worker } from "./lib/harness.js";

const pieces = [
  "http:", "https:", "HTTP:", "file:", "ftp:", "ws:", "data:", "javascript:",
  "foo:", "blob:", "mailto:", "1a:", "h+-.1:", ":", "/", "//", "///", "\\", "\\\\",
  "?", "#", "@", "a", "b.c", "EXAMPLE.com", "user", "user:pass@", "@@", ":80",
  ":443", ":8080", ":0", ":65535", ":65536", ":99999999999", ":x", ".", "..",
  "%2e", "%2E%2e", "./", "../", "c:", "C|", "/C:/", "%", "%41", "%zz", "%00",
  "é", "ß", "xn--", "xn--mnchen-3ya.de", "münchen.de", "☃", "😀", "\ud800",
  "。", "a b", "\t", "\n", " ", "<", ">", "\"", "`", "{", "}", "|", "'", "[", "]",
  "[::1]", "[1:2::3]", "[::1.2.3.4]", "[1:2:3:4:5:6:7:8]", "[::", "[g]",
  "[1::2::3]", "[::1.2.3]", "[0:0:1:0:0:0:1:0]", "127.0.0.1", "1.2.3", "0x7f.1",
  "256.1", "0300.1", "1.2.3.4.5", "08", "4294967296", "1.2.3.4.", "0x", "a.0x7f",
  "q=1&r=+%20", "localhost", "host.", "-a-", "a_b", "&amp;", "=", "+", ",", ";",
  "~", "!", "*", "(", ")", "$", "\u00ad", "\u200d", "\x7f", "\x01", "bücher.ch",
];
const bases = [
  undefined, "http://host/dir/file?query#frag", "https://u:p@h:8443/a/b/", "file:///c:/dir/x",
  "file://server/share/", "data:text/plain,x", "foo://host/a/b", "foo:/a/b",
  "mailto:x", "nonsense", "ws://h",
];

// Always the same ones.
let seed = 12345;
const random = (n) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >> 8) % n;
};

function inputs(count) {
  const list = [];
  for (let i = 0; i < count; i++) {
    let text = random(3) === 0 ? "" : pieces[random(12)] + (random(4) ? "//" : "");
    for (let n = random(6); n >= 0; n--) text += pieces[random(pieces.length)];
    const base = bases[random(bases.length)];
    // whatwg-url 14 splits surrogate pairs in credentials
    if (text.includes("@") && text.includes("😀")) continue;
    list.push([text, base]);
  }
  return list;
}

const names = [
  "href", "origin", "protocol", "username", "password", "host", "hostname",
  "port", "pathname", "search", "hash",
];

// The same function here and there.
function describe(input, base, setter, value) {
  let url;
  try {
    url = base === undefined || base === null ? new URL(input) : new URL(input, base);
  } catch {
    return null;
  }
  if (setter !== undefined) {
    try {
      url[setter] = value;
    } catch {
      return "refused";
    }
  }
  const names = [
    "href", "origin", "protocol", "username", "password", "host", "hostname",
    "port", "pathname", "search", "hash",
  ];
  return names.map((name) => url[name]);
}

async function ask(isolate, cases) {
  const channel = isolate.fetch({ method: "POST", body: true });
  isolate.data(channel, JSON.stringify(cases));
  isolate.end(channel);
  return JSON.parse((await isolate.answer(channel)).text);
}

const service = `${describe}
  export default { async fetch(request) {
    const cases = await request.json();
    return Response.json(cases.map((args) => describe(...args)));
  } };`;

const compare = async (isolate, cases) => {
  for (let at = 0; at < cases.length; at += 500) {
    const some = cases.slice(at, at + 500)
      .map((args) => args.map((arg) => arg === undefined ? null : arg));
    const ours = await ask(isolate, some);
    some.forEach((args, i) => {
      assert.deepEqual(ours[i], describe(...args), JSON.stringify(args));
    });
  }
};

worker("URL parses as the reference does", service,
  async (isolate) => { await compare(isolate, inputs(6000)); });

worker("URL's setters change it as the reference does", service, async (isolate) => {
  const cases = inputs(6000).map(([input, base]) => {
    let value = "";
    for (let n = random(4); n > 0; n--) value += pieces[random(pieces.length)];
    return [input, base, names.filter((n) => n !== "origin")[random(10)], value];
  });
  await compare(isolate, cases);
});

returns("URL.canParse and URL.parse", `
  return [URL.canParse("http://h"), URL.canParse("h"), URL.canParse("h", "http://b"),
    URL.parse("h"), URL.parse("x", "http://b/").href, JSON.stringify(new URL("http://h")),
    new URL("http://h") + "", Object.prototype.toString.call(new URL("http://h"))];`,
[true, false, true, null, "http://b/x", '"http://h/"', "http://h/", "[object URL]"]);

rejects("an invalid URL", `new URL("nope");`, "TypeError", "Invalid URL string.");

returns("searchParams and its URL follow each other", `
  const url = new URL("http://h/?a=1&b=2#f");
  const params = url.searchParams;
  params.append("c", "é &+");
  const first = url.href;
  url.search = "?x=y";
  const second = [params.get("a"), params.get("x")];
  params.delete("x");
  url.searchParams.sort();
  return [first, second, url.href, params === url.searchParams];`,
["http://h/?a=1&b=2&c=%C3%A9+%26%2B#f", [null, "y"], "http://h/#f", true]);

returns("URLSearchParams: every way to make one, every method", `
  const p = new URLSearchParams([["b", "1"], ["a", "2"], ["b", "3"]]);
  const out = [
    new URLSearchParams("?x=1&x=2&y").toString(), new URLSearchParams({ a: 1, b: null }) + "",
    new URLSearchParams(p) + "", new URLSearchParams(new Map([["k", "v"]])) + "",
    p.get("b"), p.getAll("b"), p.has("b", "3"), p.has("b", "4"), p.has("z"), p.size,
    [...p], [...p.keys()], [...p.values()],
  ];
  p.set("b", "9"); out.push(p + "");
  p.sort(); out.push(p + "");
  p.delete("b", "8"); p.delete("a"); out.push(p + "");
  const seen = []; p.forEach((value, key, self) => seen.push(value, key, self === p));
  out.push(seen, new URLSearchParams("a=%F0%9F%98%80&b=%zz+%2B&&=x") + "");
  return out;`, [
  "x=1&x=2&y=", "a=1&b=null", "b=1&a=2&b=3", "k=v", "1", ["1", "3"], true, false,
  false, 3, [["b", "1"], ["a", "2"], ["b", "3"]], ["b", "a", "b"], ["1", "2", "3"],
  "b=9&a=2", "a=2&b=9", "b=9", ["9", "b", true], "a=%F0%9F%98%80&b=%25zz+%2B&=x",
]);

returns("URLSearchParams: iterators are asked as Web IDL says", `
  let seen = "";
  const given = {
    get [Symbol.iterator]() {
      seen += "get ";
      return function* () {
        try {
          yield ["a", "1"];
          yield ["b"];
        } finally {
          seen += "closed ";
        }
      };
    },
  };
  Object.defineProperty(Array.prototype, "0", { set() { seen += "set "; }, configurable: true });
  let error;
  try { new URLSearchParams(given); } catch (e) { error = e; }
  delete Array.prototype[0];
  return [seen, error instanceof TypeError,
    new URLSearchParams({ "\\ud800": "1", b: "2", "\\ud801": "3" }) + ""];`,
["get ", true, "%EF%BF%BD=3&b=2"]);
