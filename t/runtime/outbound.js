// fetch() out of a worker.

import assert from "node:assert/strict";
import {
  CODE, FLAG, FORMAT, host, isolates, RECORD, rejects, text, worker,
} from "./lib/harness.js";

worker(
  "a fetch and its response",
  `export default { async fetch() {
     const response = await fetch("HTTP://Example.COM:80/a b?q='#frag", {
       method: "post", body: "body", headers: { "X-A": "1" }, cf: { k: "é" },
     });
     return Response.json([response.status, response.statusText, response.ok,
       response.url, response.redirected, [...response.headers], await response.text()]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    assert.equal(out.invocation, channel);
    assert.equal(out.target, 0);
    assert.equal(out.method, "POST");
    assert.equal(out.url, "http://example.com/a%20b?q=%27");
    assert.equal(out.cf, '{"k":"\u00c3\u00a9"}');
    assert.equal(out.flags, FLAG.BODY);
    assert.equal(out.length, 4);
    assert.deepEqual(out.headers, [
      ["X-A", "1"], ["Content-Type", "text/plain;charset=UTF-8"],
    ]);
    await isolate.until(() => isolate.channel(out.channel).ended);
    assert.equal(text(isolate.bytes(out.channel)), "body");
    isolate.head(out.channel, 404, {
      statusText: "No", headers: [["B", "2"], ["A", "1"]], body: true, length: 4,
    });
    await isolate.next("grant");
    isolate.data(out.channel, "gone");
    isolate.end(out.channel);
    assert.deepEqual(JSON.parse((await isolate.answer(channel)).text), [
      404, "No", false, "http://example.com/a%20b?q=%27", false,
      [["a", "1"], ["b", "2"]], "gone",
    ]);
  });

worker(
  "an empty response has a null body",
  `export default { async fetch() {
     const response = await fetch("http://h/");
     return Response.json([response.body, await response.text()]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    isolate.head((await isolate.next("fetch")).channel, 200);
    assert.equal((await isolate.answer(channel)).text, '[null,""]');
  });

// One hop after another, as [status, location]; what went out at each.
const follow = (title, init, hops, expected) => worker(
  title,
  `export default { async fetch() {
     const response = await fetch("http://a.test/start#f", ${init});
     return Response.json([response.status, response.url, response.redirected]);
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const seen = [];
    for (let i = 0; i < hops.length; i++) {
      const out = await isolate.next("fetch", i);
      seen.push([out.method, out.url, out.flags, out.headers]);
      const [status, location] = hops[i];
      isolate.head(out.channel, status, {
        headers: location === undefined ? [] : [["Location", location]],
      });
    }
    const answer = await isolate.answer(channel);
    assert.deepEqual([...seen, JSON.parse(answer.text)], expected);
  });

follow("redirects: relative, absolute, and the final URL", "{}",
  [[302, "/b"], [307, "https://c.test/x"], [200]],
  [["GET", "http://a.test/start", 0, []], ["GET", "http://a.test/b", 0, []],
    ["GET", "https://c.test/x", 0, []], [200, "https://c.test/x", true]]);

follow("303 turns POST into GET, without its body's headers",
  `{ method: "POST", body: "x", headers: { A: "b" } }`, [[303, "/b"], [200]],
  [["POST", "http://a.test/start", 1,
    [["A", "b"], ["Content-Type", "text/plain;charset=UTF-8"]]],
  ["GET", "http://a.test/b", 0, [["A", "b"]]], [200, "http://a.test/b", true]]);

follow("307 keeps method and body", `{ method: "PUT", body: "x" }`,
  [[307, "/b"], [200]],
  [["PUT", "http://a.test/start", 1, [["Content-Type", "text/plain;charset=UTF-8"]]],
    ["PUT", "http://a.test/b", 1, [["Content-Type", "text/plain;charset=UTF-8"]]],
    [200, "http://a.test/b", true]]);

follow("Authorization and Cookie do not cross origins",
  `{ headers: { Authorization: "secret", Cookie: "c", A: "b" } }`,
  [[302, "/same"], [302, "http://b.test/"], [200]],
  [["GET", "http://a.test/start", 0,
    [["Authorization", "secret"], ["Cookie", "c"], ["A", "b"]]],
  ["GET", "http://a.test/same", 0,
    [["Authorization", "secret"], ["Cookie", "c"], ["A", "b"]]],
  ["GET", "http://b.test/", 0, [["A", "b"]]], [200, "http://b.test/", true]]);

follow("redirect: manual", `{ redirect: "manual" }`, [[302, "/b"]],
  [["GET", "http://a.test/start", 0, []], [302, "http://a.test/start", false]]);

follow("a redirect without Location is an answer", "{}", [[302]],
  [["GET", "http://a.test/start", 0, []], [302, "http://a.test/start", false]]);

// What the promise is rejected with.
const broken = (title, call, act, expected) => worker(
  title,
  `export default { async fetch() {
     try { await (${call}); }
     catch (error) { return Response.json([error.name, error.message]); }
     return Response.json("resolved");
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    await act(isolate);
    const [name, message] = JSON.parse((await isolate.answer(channel)).text);
    assert.equal(name, expected[0]);
    if (expected[1] instanceof RegExp) assert.match(message, expected[1]);
    else assert.equal(message, expected[1]);
  });

const resetWith = (code, message) => async (isolate) => {
  isolate.reset((await isolate.next("fetch")).channel, code, message);
};

broken("a network failure is a TypeError", `fetch("http://h/")`,
  resetWith(CODE.NETWORK, "connection refused"), ["TypeError", "connection refused"]);
broken("a dead engine is a TypeError", `fetch("http://h/")`,
  resetWith(CODE.ENGINE, ""), ["TypeError", /.+/]);
broken("a limit is an Error", `fetch("http://h/")`,
  resetWith(CODE.CPU, ""), ["Error", "Worker exceeded CPU time limit."]);
broken("a missing capability is an Error", `fetch("http://h/")`,
  resetWith(CODE.DENIED, "no"), ["Error", "no"]);
broken("an exception has its class", `fetch("http://h/")`,
  resetWith(CODE.EXCEPTION, "RangeError: far"), ["RangeError", "far"]);
broken("redirect: error", `fetch("http://h/", { redirect: "error" })`,
  async (isolate) => {
    isolate.head((await isolate.next("fetch")).channel, 301, {
      headers: [["location", "/x"]],
    });
  }, ["TypeError", /^Unexpected redirect to \/x/]);
broken("more than 20 redirects", `fetch("http://h/")`, async (isolate) => {
  for (let i = 0; i <= 20; i++) {
    isolate.head((await isolate.next("fetch", i)).channel, 302, {
      headers: [["location", "/again"]],
    });
  }
}, ["TypeError", "Too many redirects."]);
broken("a redirect to another scheme", `fetch("http://h/")`, async (isolate) => {
  isolate.head((await isolate.next("fetch")).channel, 302, {
    headers: [["location", "file:///etc/passwd"]],
  });
}, ["TypeError", "Fetch API cannot load: file:///etc/passwd"]);
broken("a stream cannot be sent twice",
  `fetch("http://h/", { method: "POST", body: new ReadableStream() })`,
  async (isolate) => {
    isolate.head((await isolate.next("fetch")).channel, 307, {
      headers: [["location", "/x"]],
    });
  }, ["TypeError", /^A request with a one-time-use body/]);
broken("a request body that fails",
  `fetch("http://h/", { method: "POST", body: new ReadableStream({
     pull() { throw new RangeError("source"); } }) })`,
  async (isolate) => {
    const { channel } = await isolate.next("fetch");
    await isolate.until(() => isolate.channel(channel).reset !== null);
  }, ["RangeError", "source"]);
broken("an aborted signal",
  `(() => { const c = new AbortController();
            setTimeout(() => c.abort(), 1);
            return fetch("http://h/", { signal: c.signal }); })()`,
  async (isolate) => {
    const { channel } = await isolate.next("fetch");
    const reset = await isolate.next("reset");
    assert.equal(reset.channel, channel);
    assert.equal(reset.code, CODE.CANCEL);
  }, ["AbortError", "The operation was aborted"]);
broken("a signal that was aborted before",
  `fetch("http://h/", { signal: AbortSignal.abort("why") }).catch((e) => { throw { name: "n", message: e }; })`,
  () => {}, ["n", "why"]);

worker(
  "aborting after the head fails the body",
  `export default { async fetch() {
     const controller = new AbortController();
     const response = await fetch("http://h/", { signal: controller.signal });
     controller.abort(new RangeError("stop"));
     try { await response.text(); } catch (error) { return new Response(error.message); }
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    isolate.head(out.channel, 200, { body: true });
    assert.equal((await isolate.next("reset")).channel, out.channel);
    assert.equal((await isolate.answer(channel)).text, "stop");
  });

worker(
  "cancelling a response's body resets its channel",
  `export default { async fetch() {
     const response = await fetch("http://h/");
     await response.body.cancel();
     return new Response("ok");
   } };`,
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    isolate.head(out.channel, 200, { body: true });
    const reset = await isolate.next("reset");
    assert.deepEqual([reset.channel, reset.code], [out.channel, CODE.CANCEL]);
    assert.equal((await isolate.answer(channel)).text, "ok");
  });

for (const input of [`"http://u:p@h/x"`, `new Request("http://u@h/x")`, `new URL("http://:p@h/x")`]) {
  worker(
    `a user and a password are not sent: ${input}`,
    `export default { async fetch() {
       const { url } = await fetch(${input});
       return new Response(url);
     } };`,
    async (isolate) => {
      const channel = isolate.fetch();
      const out = await isolate.next("fetch");
      assert.deepEqual([out.url, out.headers], ["http://h/x", []]);
      isolate.head(out.channel, 200);
      assert.equal((await isolate.answer(channel)).text, "http://h/x");
    });
}

worker(
  "a Request keeps the user of its URL",
  `export default { async fetch() {
     const request = new Request("http://u:p@h/");
     fetch(request);
     return new Response(request.url);
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "http://u:p@h/");
  });

for (const [title, input, message] of [
  ["no URL", `"nope"`, "Invalid URL: nope"],
  ["another scheme", `"ftp://h/"`, "Fetch API cannot load: ftp://h/"],
  ["a GET with a body", `"http://h/", { body: "x" }`,
    "Request with a GET or HEAD method cannot have a body."],
  ["a forbidden method", `"http://h/", { method: "connect" }`,
    "HTTP method is not allowed: connect"],
  ["a bad method", `"http://h/", { method: "a b" }`,
    "Invalid HTTP method string: a b"],
  ["a header with a line break", `"http://h/", { headers: { a: "b\\nc" } }`,
    /holds NUL, CR or LF/],
  ["a header name with a space", `"http://h/", { headers: { "a b": "c" } }`,
    /"a b" is not a valid header name/],
  ["no argument", "",
    "Failed to execute 'fetch': 1 argument required, but only 0 present."],
]) {
  rejects(`fetch() refuses ${title}`, `await fetch(${input});`, "TypeError", message);
}

isolates("without a global outbound fetch() is refused", async (isolate) => {
  await isolate.load(FORMAT.MODULE, `
    export default { async fetch() {
      try { await fetch("http://h/"); } catch (error) { return new Response(error.message); }
    } };`, { outbound: false });
  assert.equal((await isolate.request()).text,
    "Network access is disabled for this worker (globalOutbound is null).");
  assert.equal(isolate.of("fetch").length, 0);
});

isolates("with globalOutbound null fetch() is refused", async (isolate) => {
  await isolate.load(FORMAT.JSON, JSON.stringify({
    mainModule: "a.js", globalOutbound: null,
    modules: { "a.js": `export default { async fetch() {
      try { await fetch("http://h/"); } catch (error) { return new Response(error.message); }
    } };` },
  }));
  assert.equal((await isolate.request()).text,
    "Network access is disabled for this worker (globalOutbound is null).");
});

host(
  "a service of env is a Fetcher of its own capability",
  `export default { async fetch(request, env) {
     const response = await env.API.fetch("http://any/x");
     return new Response(String(response.status) + Object.prototype.toString.call(env.API));
   } };`,
  [[RECORD.SERVICE, "API", "7"]],
  async (isolate) => {
    const channel = isolate.fetch();
    const out = await isolate.next("fetch");
    assert.equal(out.target, 7);
    isolate.head(out.channel, 201);
    assert.equal((await isolate.answer(channel)).text, "201[object Fetcher]");
  });

// nginx takes an engine that sends one for broken, and ends it.
for (const [what, code] of [
  ["a control character", "\\x01"], ["DEL", "\\x7f"], ["ESC", "\\x1b"],
]) {
  rejects(
    `a header with ${what} never leaves`,
    `new Headers({ a: "${code}" });
     await fetch("http://h/", { headers: { a: "b${code}c" } });`,
    "TypeError", "The request has an invalid method or header.");

  worker(
    `a response with ${what} in a header is an exception`,
    `export default { fetch() { return new Response("x", { headers: { a: "${code}" } }); } };`,
    async (isolate) => {
      const { reset, status } = await isolate.request();
      assert.equal(status, undefined);
      assert.equal(reset.code, CODE.EXCEPTION);
      assert.equal(reset.message, 
        "TypeError: The response has an invalid status or header.");
    });
}

worker(
  "a client's header with a control character is shown, but not passed on",
  `export default { async fetch(request) {
     try { await fetch(request); } catch (error) {
       return Response.json([request.headers.get("a"), error.message]);
     }
   } };`,
  async (isolate) => {
    const answer = await isolate.request({ headers: [["A", "\x01"]] });
    assert.deepEqual(
      JSON.parse(answer.text), ["\x01", "The request has an invalid method or header."]);
    assert.equal(isolate.of("fetch").length, 0);
  });

worker(
  "cf is JSON, and none of what a header cannot hold",
  `export default { async fetch() {
     fetch("http://h/", { cf: { a: "\\x7f\\0\\n" } });
     fetch("http://h/", { cf: { toJSON() {} } });
   } };`,
  async (isolate) => {
    isolate.fetch();
    assert.equal((await isolate.next("fetch")).cf, '{"a":"\\u007f\\u0000\\n"}');
    assert.equal((await isolate.next("fetch", 1)).cf, "");
  });

worker(
  "a signal is let go of when a fetch() could not start",
  `export default { async fetch() {
     const controller = new AbortController();
     await fetch("ftp://h/", { signal: controller.signal }).catch(() => {});
     controller.abort();
     return new Response("ok");
   } };`,
  async (isolate) => {
    assert.equal((await isolate.request()).text, "ok");
    assert.equal(isolate.of("reset").length, 0);
  });
