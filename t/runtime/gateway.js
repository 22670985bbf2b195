// What a worker passes on: the same to who receives it, whether the worker has
// looked into it or not.

import assert from "node:assert/strict";
import { host, RECORD } from "./lib/harness.js";

const event = {
  entrypoint: "Named", method: "PUT", url: "https://H\u00f6/p?q",
  cf: '{"colo":"\u00c3\u00a9","n":[1]}',
  headers: [["X-A", "1"], ["x-a", "\u00e9"], ["Empty", ""]],
};

const answered = {
  statusText: "So\u00e9", headers: [["B", "2"], ["Set-Cookie", "1"], ["b", ""]],
};

function gateway(title, statements, expected) {
  host(
    title,
    `import { WorkerEntrypoint } from "cloudflare:workers";
     export class Named extends WorkerEntrypoint {
       async fetch(request) {
         const { env } = this;
         const stub = env.LOADER.get("x", () => {}).getEntrypoint("\u00c9");
         ${statements}
       } }`,
    [[RECORD.LOADER, "LOADER", "3"]],
    async (isolate) => {
      const channel = isolate.fetch(event);
      const out = await isolate.next("fetch");
      assert.equal(out.entrypoint, "\u00c3\u0089");
      assert.equal(out.method, expected.method ?? event.method);
      assert.equal(out.url, expected.url ?? event.url);
      assert.deepEqual(JSON.parse(out.cf), expected.cf ?? JSON.parse(event.cf));
      assert.deepEqual(out.headers, expected.headers ?? event.headers);
      isolate.head(out.channel, 203, answered);
      const answer = await isolate.answer(channel);
      assert.equal(answer.status, expected.status ?? 203);
      assert.equal(answer.statusText, expected.statusText ?? answered.statusText);
      assert.deepEqual(answer.headers, expected.answer ?? answered.headers);
    });
}

gateway("untouched", "return stub.fetch(request);", {});

gateway("after a look at each part", `
  [request.method, request.url, request.cf, request.headers, request.signal];
  const response = await stub.fetch(request);
  [response.status, response.statusText, response.url, response.headers];
  return response;`, {});

gateway("cf is the worker's to change", `
  request.cf.colo = "x";
  return stub.fetch(request);`, { cf: { colo: "x", n: [1] } });

gateway("a copy with other headers", `
  const copy = new Request(request);
  copy.headers.set("x-a", "2");
  const response = await stub.fetch(copy);
  const changed = new Response(response.body, response);
  changed.headers.delete("b");
  return changed;`, {
  headers: [["X-A", "2"], ["Empty", ""]],
  answer: [["Set-Cookie", "1"]],
});

gateway("clones", "return (await stub.fetch(request.clone())).clone();", {});

gateway("what has been passed on can still be read", `
  const response = await stub.fetch(request);
  return new Response(null, {
    status: 201, statusText: request.method + request.headers.get("x-a").length,
    headers: { url: response.url, text: response.statusText },
  });`, {
  status: 201, statusText: "PUT4",
  answer: [["url", "https://H\u00f6/p?q"], ["text", "So\u00e9"]],
});
