// connect() of "cloudflare:sockets" and of Fetchers.

import assert from "node:assert/strict";
import { FORMAT, isolates, RECORD, records } from "./lib/harness.js";
import { hostile } from "./lib/hostile.js";

// What "statements" return, as JSON, in a worker that has a service API; with a
// global outbound, or without.
function connects(title, statements, expected, { outbound = true } = {}) {
  isolates(title, async (isolate) => {
    await isolate.load(FORMAT.RECORDS, records([
      [RECORD.JS, "main.js", `import * as sockets from "cloudflare:sockets";
        const { connect } = sockets;
        const says = (f) => {
          try { f(); return "did not throw"; } catch (error) { return [error.name, error.message]; }
        };
        export default { async fetch(request, env) { return Response.json(await (async () => { ${statements} })()); } };`],
      [RECORD.SERVICE, "API", "7"],
    ]), { outbound });
    assert.deepEqual(JSON.parse((await isolate.request()).text), expected);
    assert.equal(isolate.of("fetch").length, 0);
  });
}

const NO_NETWORK =
  ["Error", "Network access is disabled for this worker (globalOutbound is null)."];
const NOT_YET =
  ["Error", "connect() is not supported yet: a worker can open no TCP connection."];
const type = (message) => ["TypeError", message];

connects("it has one export, and is no global",
  `return [Object.keys(sockets), connect.name, connect.length, typeof globalThis.connect,
     env.API.connect.length];`,
  [["connect"], "connect", 1, "undefined", 1]);

connects("without a global outbound it is refused, and is not for services",
  `return [says(() => connect("a.test:80")), says(() => env.API.connect("a.test:80"))];`,
  [NO_NETWORK, NOT_YET], { outbound: false });

connects("what is right is not supported yet", `
  const tried = [];
  for (const address of ["a.test:80", "A-b_c.test:1", "1.2.3.4:65535", "[::1]:443", "a.test:443",
    { hostname: "a.test", port: 80 }, { hostname: "::1", port: "80" }, { hostname: "a", port: 80.9 },
    Object("a.test:80").toString(), { hostname: "a".repeat(253), port: 1 }]) {
    tried.push(says(() => connect(address)), says(() => env.API.connect(address)));
  }
  for (const options of [undefined, null, {}, { secureTransport: "off" }, { secureTransport: "on" },
    { secureTransport: "starttls", allowHalfOpen: true }]) {
    tried.push(says(() => connect("a.test:80", options)));
  }
  const other = tried.filter(([, message]) => !message.startsWith("connect() is not supported yet"));
  return [tried.length, other];`, [26, []]);

for (const [what, args, message] of [
  ["no address", "", "Failed to execute 'connect': 1 argument required, but only 0 present."],
  ["an empty address", `""`, "Specified address is missing hostname."],
  ["no port", `"a.test"`, "Specified address is missing port."],
  ["no host", `":80"`, "Specified address could not be parsed."],
  ["a port that is none", `"a.test:http"`, "Specified address could not be parsed."],
  ["a port that is too big", `"a.test:65536"`, "Specified address could not be parsed."],
  ["half an IPv6 address", `"[::1:80"`, "Specified address could not be parsed."],
  ["a URL", `"https://a.test:80"`, "Specified address is missing port."],
  ["undefined", "undefined", "Specified address is missing port."],
  ["userinfo", `"me@a.test:80"`, "Specified address is empty string, contains unsupported characters or is too long."],
  ["a path", `"a.test:80/x"`, "Specified address is empty string, contains unsupported characters or is too long."],
  ["letters beyond ASCII", `"ä.test:80"`, "Specified address is empty string, contains unsupported characters or is too long."],
  ["a line break", `{ hostname: "a\\r\\nb", port: 80 }`, "Specified address is empty string, contains unsupported characters or is too long."],
  ["256 characters", `{ hostname: "a".repeat(254), port: 1 }`, "Specified address is empty string, contains unsupported characters or is too long."],
  ["an address without hostname", `{ port: 80 }`, "Incorrect type for the 'hostname' field on 'SocketAddress': the provided value is not of type 'string'."],
  ["an address without port", `{ hostname: "a" }`, "Incorrect type for the 'port' field on 'SocketAddress': the provided value is not of type 'number'."],
  ["a port that is no number", `{ hostname: "a", port: "x" }`, "The value cannot be converted because it is not an integer."],
  ["a negative port", `{ hostname: "a", port: -1 }`, "The value cannot be converted because it is negative and this API expects a positive number."],
  ["port 65536", `{ hostname: "a", port: 65536 }`, "Value out of range. Must be less than or equal to 65535."],
  ["a bad secureTransport", `"a.test:80", { secureTransport: "tls" }`, "Unsupported value in secureTransport socket option: tls"],
  ["options that are none", `"a.test:80", 1`, "Failed to execute 'connect': the value is not of type 'SocketOptions'."],
]) {
  for (const outbound of [true, false]) {
    connects(`it refuses ${what}, ${outbound ? "with" : "without"} a network`,
      `return says(() => connect(${args}));`, type(message), { outbound });
  }
}

connects("a Fetcher says what it refuses, too", `
  const { connect } = env.API;
  return [says(() => env.API.connect()), says(() => env.API.connect("a.test")),
    says(() => connect.call({}, "a.test:80")), says(() => env.API.connect("a.test:80", 1))];`,
  [type("Failed to execute 'Fetcher.connect': 1 argument required, but only 0 present."),
    type("Specified address is missing port."), type("Illegal invocation"),
    type("Failed to execute 'Fetcher.connect': the value is not of type 'SocketOptions'.")]);

isolates("outside of a request it is refused", async (isolate) => {
  await isolate.load(FORMAT.MODULE, `import { connect } from "cloudflare:sockets";
    let early;
    try { connect("a.test:80"); } catch (error) { early = error.message; }
    export default { fetch: () => new Response(early) };`);
  assert.match((await isolate.request()).text, /^Disallowed operation called within global scope/);
});

connects("patched built-ins neither break it nor see it", `
  ${hostile}
  says(() => connect("a.test:80"));
  const options = { __proto__: null, secureTransport: "on" };
  const address = { __proto__: null, hostname: "a", port: 80 };
  let message;
  watch();
  try { connect("a.test:80", options); } catch (error) { message = error; }
  try { connect(address, options); } catch (error) { message = error; }
  return [unwatch(), message.message];`, [[], NOT_YET[1]]);
