// node:crypto, compared with this node's.

import assert from "node:assert/strict";
import { likeNode, nodeWorker } from "./lib/like-node.js";

const only = { only: "engine" };
const prelude = `import crypto, * as named from "node:crypto"; import { createHash, createHmac } from "node:crypto"; import { Buffer } from "node:buffer"; import { Readable } from "node:stream"; import { pipeline } from "node:stream/promises";`;
const hashes = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160", "SHA256", "sha-256", "RSA-SHA256"];

likeNode("hashes", prelude, [
  ...hashes.flatMap((h) => [`createHash("${h}").update("abc").digest("hex")`, `createHmac("${h}", "key").update("abc").digest("base64")`]),
  "createHash('sha256').update('').digest()", "createHash('md5').update('é').update(Buffer.from('x')).update(new Uint16Array([1, 2])).update(new DataView(new ArrayBuffer(3))).digest('base64url')", "createHash('md5').update('6869', 'hex').digest('hex')", "createHash('sha1').update(Buffer.alloc(3 * 2 ** 20 + 5, 'q')).digest('hex')",
  "(() => { const h = createHash('sha1').update('a'); const c = h.copy(); return [h.update('b').digest('hex'), c.update('c').digest('hex')]; })()", "createHmac('sha256', Buffer.alloc(100, 1)).update('x').digest('latin1')", "createHmac('sha256', '').update('x').digest('hex')", "createHmac('sha256', new ArrayBuffer(2)).digest('hex')",
  "createHash('nope')", "createHash(1)", "createHmac('nope', 'k')", "createHmac('md5')", "createHmac('md5', {})", "(() => { const h = createHash('md5'); h.digest(); h.digest(); })()", "(() => { const h = createHash('md5'); h.digest(); h.update('x'); })()", "(() => { const h = createHash('md5'); h.digest(); h.copy(); })()", "(() => { const h = createHmac('md5', 'k'); h.digest(); return [h.digest(), h.digest('hex')]; })()",
  "createHash('md5').update(1)", "createHash('md5').update()", "createHash('md5').digest('buffer')", "createHash('sha256', { outputLength: 32 }).digest('hex')", "(() => { try { createHash('sha256', { outputLength: 20 }); } catch { return 'refused'; } })()", "['md5', 'sha1', 'sha256', 'sha512'].every((h) => crypto.getHashes().includes(h))", "createHash('md5') instanceof crypto.Hash", "createHash('md5').constructor.name",
  "(async () => { const h = createHash('sha256'); await pipeline(Readable.from(['a', 'b']), h); return h.read().toString('hex'); })()", "new Promise((r) => { const h = createHmac('md5', 'k'); h.on('readable', () => { const d = h.read(); if (d) r(d.toString('hex')); }); h.write('x'); h.end(); })", "new Promise((r) => { const h = createHash('md5').setEncoding('hex'); h.on('data', r); h.end('x'); })",
  "(async () => { const h = createHash('md5'); h.end('x'); return (await h.map((d) => d.toString('hex')).toArray())[0]; })()",
  "[createHash('md5').writableNeedDrain, createHash('md5').readableDidRead]",
], only);

nodeWorker("a hash has all that a Transform has", `
  import { createHash } from "node:crypto"; import { Transform } from "node:stream";
  export default { fetch() {
    const hash = createHash("md5"), missing = [];
    for (let p = Transform.prototype; p !== Object.prototype; p = Object.getPrototypeOf(p)) {
      for (const name of Object.getOwnPropertyNames(p)) if (name[0] !== "_" && !(name in hash)) missing.push(name);
    }
    return Response.json(missing);
  } };`,
async (isolate) => {
  assert.deepEqual(JSON.parse((await isolate.request()).text), []);
}, only);

likeNode("derived keys and comparisons", prelude, [
  "crypto.pbkdf2Sync('p', 's', 10, 20, 'sha256')", "crypto.pbkdf2Sync(Buffer.from('p'), new Uint8Array(2), 1, 0, 'sha1')", "new Promise((r) => crypto.pbkdf2('p', 's', 5, 16, 'sha512', (e, k) => r([e, k])))", "crypto.pbkdf2Sync('p', 's', 0, 1, 'md5')", "crypto.pbkdf2Sync('p', 's', 1, 1, 'nope')", "crypto.pbkdf2Sync('p', 's', 1, 1)", "crypto.pbkdf2('p', 's', 1, 1, 'md5')", "crypto.pbkdf2Sync(1, 's', 1, 1, 'md5')",
  "crypto.scryptSync('p', 's', 32, { N: 16 })", "crypto.scryptSync('p', 's', 8, { cost: 16, blockSize: 1, parallelization: 2 })", "new Promise((r) => crypto.scrypt('p', 's', 8, { N: 2 }, (e, k) => r([e, k])))", "crypto.scryptSync('p', 's', 8, { N: 3 })", "crypto.scryptSync('p', 's', -1)", "crypto.hkdfSync('sha256', 'k', 's', 'i', 42)", "new Promise((r) => crypto.hkdf('sha1', 'k', 's', 'i', 5, (e, k) => r([e, new Uint8Array(k)])))", "crypto.hkdfSync('nope', 'k', 's', 'i', 3)", "crypto.hkdfSync('sha256', 'k', 's', 'i', 300000)",
  "crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a'))", "crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b'))", "crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab'))", "crypto.timingSafeEqual(new Float32Array(1), new Uint8Array(4))", "(() => { try { crypto.timingSafeEqual('a', 'a'); } catch (e) { return e.code; } })()",
], only);

likeNode("random values", prelude, [
  "crypto.randomBytes(5).length", "crypto.randomBytes(200000).length", "new Promise((r) => crypto.randomBytes(5, (e, b) => r([e, b.length])))", "crypto.randomBytes(-1)", "crypto.randomBytes('x')", "[0, 1, 2].includes(crypto.randomInt(3))", "[5, 6].includes(crypto.randomInt(5, 7))", "new Promise((r) => crypto.randomInt(1, (e, n) => r([e, n])))", "crypto.randomInt(5, 3)", "crypto.randomInt('x')", "crypto.randomInt(0)", "crypto.randomInt(2 ** 50)", "crypto.randomInt(1.5)",
  "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "crypto.randomUUID(1)", "crypto.randomFillSync(Buffer.alloc(4), 4)", "(() => { const b = Buffer.alloc(50); crypto.randomFillSync(b, 10, 40); return [b.subarray(0, 10), b.subarray(10).some((x) => x > 0)]; })()", "crypto.randomFillSync('x')", "crypto.randomFillSync(Buffer.alloc(2), 5)", "new Promise((r) => crypto.randomFill(new Uint32Array(9), (e, b) => r([e, b.length])))", "crypto.getRandomValues(new Uint8Array(3)).length", "crypto.webcrypto === globalThis.crypto", "crypto.subtle === globalThis.crypto.subtle", "named.createHash === createHash",
], only);

nodeWorker("outside of a request there is no randomness", `
  import { randomBytes } from "node:crypto";
  let error;
  try { randomBytes(1); } catch (e) { error = e.message; }
  export default { fetch: () => new Response(error) };`,
async (isolate) => {
  assert.match((await isolate.request()).text, /^Disallowed operation called within global scope/);
}, only);
