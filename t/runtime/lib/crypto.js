// Web Crypto in a worker, called from here: the same calls with node's own
// implementation show where the two differ.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { worker } from "./harness.js";

// Here and there: calls a method with arguments that came as JSON.  {$b: hex}
// are bytes, {$a: hex} an ArrayBuffer, {$k: number} is a key that an earlier
// call returned.
function caller(subtle, CryptoKey) {
  const keys = [];

  const hex = (buffer) => {
    let text = "";
    for (const byte of new Uint8Array(buffer)) {
      text += byte.toString(16).padStart(2, "0");
    }
    return text;
  };
  const bytes = (text) => Uint8Array.from(
    text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

  const decode = (value) => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(decode);
    if (value.$b !== undefined) return bytes(value.$b);
    if (value.$a !== undefined) return bytes(value.$a).buffer;
    if (value.$k !== undefined) return keys[value.$k];
    const object = {};
    for (const key of Object.keys(value)) object[key] = decode(value[key]);
    return object;
  };

  const encode = (value) => {
    if (value instanceof CryptoKey) {
      keys.push(value);
      const { type, extractable, algorithm, usages } = value;
      return {
        $k: keys.length - 1, type, extractable, algorithm: encode(algorithm),
        usages,
      };
    }
    if (value instanceof ArrayBuffer) return { $a: hex(value) };
    if (value instanceof Uint8Array) return { $b: hex(value) };
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(encode);
    const object = {};
    for (const key of Object.keys(value).sort()) object[key] = encode(value[key]);
    return object;
  };

  return async (method, args) => {
    try {
      const result = await subtle[method](...args.map(decode));
      return { result: encode(result) };
    } catch ({ name, message }) {
      return { error: name, message };
    }
  };
}

const source = `
  const call = (${caller})(crypto.subtle, CryptoKey);
  export default { async fetch(request) {
    const { method, args } = await request.json();
    return Response.json(await call(method, args));
  } };`;

export const hex = (bytes) => ({ $b: Buffer.from(bytes).toString("hex") });
export const text = (string) => hex(Buffer.from(string));

// A key's place in an argument.
export const handle = (key) => ({ $k: key.$k });

// A test whose body gets a Remote.
export function remote(title, body) {
  worker(title, source, (isolate) => body(new Remote(isolate)), {
    only: "engine", cpuMs: 60000,
  });
}

class Remote {
  #isolate;
  #here = caller(webcrypto.subtle, CryptoKey);

  constructor(isolate) {
    this.#isolate = isolate;
  }

  async #there(method, args) {
    const channel = this.#isolate.fetch({ method: "POST", body: true });
    this.#isolate.data(channel, JSON.stringify({ method, args }));
    this.#isolate.end(channel);
    const answer = await this.#isolate.answer(channel);
    assert.equal(answer.reset, null);
    return JSON.parse(answer.text);
  }

  // The result, in the worker.
  async ok(method, ...args) {
    const { error, message, result } = await this.#there(method, args);
    assert.equal(error, undefined, `${method}: ${error}: ${message}`);
    return result;
  }

  async fails(name, method, ...args) {
    const { error } = await this.#there(method, args);
    assert.equal(error, name, `${method} ${JSON.stringify(args)}`);
  }

  // The result, with node.
  async node(method, ...args) {
    const { error, message, result } = await this.#here(method, args);
    assert.equal(error, undefined, `node: ${method}: ${error}: ${message}`);
    return result;
  }

  // The same result with both, or an error of the same name.
  async same(method, ...args) {
    const there = await this.#there(method, args);
    const here = await this.#here(method, args);
    const what = `${method} ${JSON.stringify(args)} ${there.message}`;
    assert.equal(there.error, here.error, what);
    if (there.error !== undefined) return undefined;
    assert.deepEqual(strip(there.result), strip(here.result), what);
    return { there: there.result, here: here.result };
  }
}

// Without the places of keys, which are each side's own.
function strip(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(strip);
  const object = {};
  for (const key of Object.keys(value)) {
    if (key !== "$k") object[key] = strip(value[key]);
  }
  // which older versions of node leave out
  if (object.crv === "Ed25519") object.alg ??= "Ed25519";
  return object;
}
