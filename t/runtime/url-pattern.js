// https://urlpattern.spec.whatwg.org/

import { rejects, returns } from "./lib/harness.js";

returns("URLPattern matches and gives its groups", `
  const p = new URLPattern({ pathname: "/books/:id(\\\\d+)/*" });
  const found = p.exec("https://h/books/12/a/b?q#f");
  return [p.test("https://h/books/12/x"), p.test("https://h/books/x/y"),
    found.pathname.groups, found.pathname.input, found.hostname.groups,
    found.inputs, Object.keys(found), p.exec("https://h/"), p.hasRegExpGroups,
    p.pathname, p.hostname];`, [
  true, false, { id: "12", 0: "a/b" }, "/books/12/a/b", { 0: "h" },
  ["https://h/books/12/a/b?q#f"],
  ["hash", "hostname", "inputs", "password", "pathname", "port", "protocol",
    "search", "username"], null, true, "/books/:id(\\d+)/*", "*",
]);
returns("URLPattern from a string, with and without a base URL", `
  const a = new URLPattern("https://*.example.com/:x?/end");
  const b = new URLPattern("/path?a=*", "https://h:81");
  return [a.test("https://api.example.com/1/end"), a.test("https://example.com/1/end"),
    a.protocol, b.hostname, b.port, b.test("https://h:81/path?a=1"),
    b.test("/path?a=2", "https://h:81"), b.exec("/path?a=2", "https://h:81").inputs];`, [
  true, false, "https", "h", "81", true, true, ["/path?a=2", "https://h:81"],
]);
returns("URLPattern ignores case when asked to", `
  const both = [false, true].map((ignoreCase) =>
    new URLPattern({ pathname: "/Foo" }, { ignoreCase }).test({ pathname: "/fOO" }));
  return [...both, new URLPattern("/Foo", "http://h", { ignoreCase: true }).test("http://h/foo")];`,
[false, true, true]);
returns("URLPattern is an interface", `
  const keys = Object.keys(URLPattern.prototype);
  const d = Object.getOwnPropertyDescriptor(globalThis, "URLPattern");
  return [keys, URLPattern.length, URLPattern.name, d.enumerable, d.writable,
    URLPattern.prototype.test.length, String(Object.prototype.toString.call(new URLPattern())),
    Object.getOwnPropertyNames(URLPattern).sort()];`, [
  ["protocol", "username", "password", "hostname", "port", "pathname", "search",
    "hash", "hasRegExpGroups", "test", "exec"], 0, "URLPattern", false, true, 0,
  "[object URLPattern]", ["length", "name", "prototype"],
]);
returns("URLPattern works with our URL, whatever the global one is", `
  globalThis.URL = class { constructor() { throw new Error("spied"); } };
  return new URLPattern("https://h/:x").test("https://h/1");`, true);
for (const [what, statement] of [
  ["a relative string without a base", `new URLPattern("/x")`],
  ["an init with a base beside it", `new URLPattern({ pathname: "/" }, "http://h")`],
  ["a bad group", `new URLPattern({ pathname: "/(" })`],
  ["a duplicate name", `new URLPattern({ pathname: "/:a/:a" })`],
  ["a bad base", `new URLPattern("/x", "nope")`],
  ["a bad port", `new URLPattern({ port: "99999x" })`],
  ["options of another type", `new URLPattern({}, "http://h", 1)`],
  ["being called", `URLPattern()`],
  ["another this", `Object.getOwnPropertyDescriptor(URLPattern.prototype, "hash").get.call({})`],
  ["an init with a base when it matches", `new URLPattern().exec({}, "http://h")`],
]) rejects(`URLPattern refuses ${what}`, statement, "TypeError");
