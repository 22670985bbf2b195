// Web Crypto: keys in and out, and what is done with two of them; against
// node's implementation where the two should agree.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { handle, hex, remote, text } from "./lib/crypto.js";

const url = (bytes) => Buffer.from(bytes).toString("base64url");

// Made here once: a key's DER and JWK.
function makePair(type, options) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  return {
    spki: hex(publicKey.export({ format: "der", type: "spki" })),
    pkcs8: hex(privateKey.export({ format: "der", type: "pkcs8" })),
    publicJwk: publicKey.export({ format: "jwk" }),
    privateJwk: privateKey.export({ format: "jwk" }),
  };
}

const rsa = makePair("rsa", { modulusLength: 2048 });
const smallRsa = makePair("rsa", { modulusLength: 1023, publicExponent: 3 });
const curves = {
  "P-256": makePair("ec", { namedCurve: "P-256" }),
  "P-384": makePair("ec", { namedCurve: "P-384" }),
  "P-521": makePair("ec", { namedCurve: "P-521" }),
};
const ed25519 = makePair("ed25519");
const x25519 = makePair("x25519");

const kinds = [];
for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
  for (const name of ["RSASSA-PKCS1-v1_5", "RSA-PSS"]) {
    kinds.push([{ name, hash }, rsa, ["verify"], ["sign"]]);
  }
  kinds.push([
    { name: "RSA-OAEP", hash }, rsa, ["encrypt", "wrapKey"],
    ["decrypt", "unwrapKey"],
  ]);
}
kinds.push([
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, smallRsa, ["verify"], ["sign"],
]);
for (const namedCurve of Object.keys(curves)) {
  const pair = curves[namedCurve];
  kinds.push([{ name: "ECDSA", namedCurve }, pair, ["verify"], ["sign"]]);
  kinds.push([
    { name: "ECDH", namedCurve }, pair, [], ["deriveKey", "deriveBits"],
  ]);
}
kinds.push([{ name: "Ed25519" }, ed25519, ["verify"], ["sign"]]);
kinds.push([{ name: "X25519" }, x25519, [], ["deriveBits"]]);

remote("keys of each kind and format are node's", async (it) => {
  for (const [algorithm, pair, forPublic, forPrivate] of kinds) {
    for (const [format, data, usages] of [
      ["spki", pair.spki, forPublic], ["pkcs8", pair.pkcs8, forPrivate],
      ["jwk", pair.publicJwk, forPublic], ["jwk", pair.privateJwk, forPrivate],
    ]) {
      const { there } =
        await it.same("importKey", format, data, algorithm, true, usages);
      for (const to of ["spki", "pkcs8", "jwk", "raw"]) {
        if (algorithm.name.startsWith("RSA") && to === "raw") {
          await it.fails("NotSupportedError", "exportKey", to, handle(there));
          continue;
        }
        await it.same("exportKey", to, handle(there));
      }
    }
  }
});

remote("what one signs, the other verifies", async (it) => {
  const data = text("data");
  for (const [algorithm, pair, forPublic, forPrivate] of kinds) {
    if (!forPrivate.includes("sign")) continue;
    const { there: open } =
      await it.same("importKey", "spki", pair.spki, algorithm, true, forPublic);
    const { there: secret } =
      await it.same("importKey", "pkcs8", pair.pkcs8, algorithm, true, forPrivate);
    for (const hash of ["SHA-1", "SHA-256", "SHA-512"]) {
      for (const saltLength of algorithm.name === "RSA-PSS" ? [0, 20, 64, 1000] : [0]) {
        const params = { name: algorithm.name, hash, saltLength };
        if (saltLength === 1000) {
          await it.fails("OperationError", "sign", params, handle(secret), data);
          continue;
        }
        const ours = await it.ok("sign", params, handle(secret), data);
        const theirs = await it.node("sign", params, handle(secret), data);
        assert.equal(ours.$a.length, theirs.$a.length);
        assert.equal(
          await it.node("verify", params, handle(open), { $b: ours.$a }, data), true);
        const verify = (signature, other = data) => it.ok(
          "verify", params, handle(open), { $b: signature }, other);
        assert.equal(await verify(theirs.$a), true);
        assert.equal(await verify(theirs.$a, text("date")), false);
        assert.equal(await verify(`${theirs.$a}00`), false);
        assert.equal(await verify(theirs.$a.slice(2)), false);
        assert.equal(await verify(""), false);
        assert.equal(await verify("00".repeat(theirs.$a.length / 2)), false);
        assert.equal(await verify("ff".repeat(theirs.$a.length / 2)), false);
        if (saltLength === 20) {
          const other = { ...params, saltLength: 21 };
          assert.equal(
            await it.ok("verify", other, handle(open), { $b: ours.$a }, data), false);
        }
      }
    }
  }
});

// RFC 8017, 8.1.2 and 7.1.2: so many octets as the modulus has.
remote("RSA's numbers keep the zeros in front", async (it) => {
  const hash = "SHA-256";
  const load = async (name, forPublic, forPrivate) => [
    await it.ok("importKey", "spki", rsa.spki, { name, hash }, true, forPublic),
    await it.ok("importKey", "pkcs8", rsa.pkcs8, { name, hash }, true, forPrivate),
  ];
  for (const name of ["RSA-PSS", "RSASSA-PKCS1-v1_5"]) {
    const [open, secret] = await load(name, ["verify"], ["sign"]);
    const params = { name, saltLength: 8 };
    for (let i = 0; ; i++) {
      const { $a } = await it.ok("sign", params, handle(secret), text(`${i}`));
      if (!$a.startsWith("00")) continue;
      const verify = (signature) => it.ok(
        "verify", params, handle(open), { $b: signature }, text(`${i}`));
      assert.equal(await verify($a), true);
      assert.equal(await verify($a.slice(2)), false);
      assert.equal(await verify(`00${$a}`), false);
      break;
    }
  }
  const [open, secret] = await load("RSA-OAEP", ["encrypt"], ["decrypt"]);
  for (;;) {
    const { $a } = await it.ok("encrypt", "RSA-OAEP", handle(open), text("x"));
    if (!$a.startsWith("00")) continue;
    await it.ok("decrypt", "RSA-OAEP", handle(secret), { $b: $a });
    await it.fails(
      "OperationError", "decrypt", "RSA-OAEP", handle(secret), { $b: $a.slice(2) });
    break;
  }
});

remote("RSA-OAEP with and without a label", async (it) => {
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    const algorithm = { name: "RSA-OAEP", hash };
    const { there: open } = await it.same(
      "importKey", "spki", rsa.spki, algorithm, true, ["encrypt"]);
    const { there: secret } = await it.same(
      "importKey", "pkcs8", rsa.pkcs8, algorithm, true, ["decrypt"]);
    for (const label of [undefined, text(""), text("label")]) {
      const params = { name: "RSA-OAEP", label };
      const ours = await it.ok("encrypt", params, handle(open), text("secret"));
      const theirs = await it.node("encrypt", params, handle(open), text("secret"));
      const opened = [
        await it.ok("decrypt", params, handle(secret), { $b: theirs.$a }),
        await it.node("decrypt", params, handle(secret), { $b: ours.$a }),
      ];
      assert.deepEqual(opened.map(({ $a }) => Buffer.from($a, "hex").toString()),
        ["secret", "secret"]);
      await it.fails(
        "OperationError", "decrypt", { name: "RSA-OAEP", label: text("other") },
        handle(secret), { $b: ours.$a });
    }
    const most = 256 - 2 * { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 }[hash] - 2;
    const params = { name: "RSA-OAEP" };
    await it.ok("encrypt", params, handle(open), hex(Buffer.alloc(most)));
    await it.fails(
      "OperationError", "encrypt", params, handle(open), hex(Buffer.alloc(most + 1)));
    await it.fails("InvalidAccessError", "encrypt", params, handle(secret), text("x"));
  }
});

remote("ECDH and X25519 secrets are node's", async (it) => {
  for (const [algorithm, pair] of kinds) {
    if (algorithm.name !== "ECDH" && algorithm.name !== "X25519") continue;
    const other = algorithm.name === "ECDH"
      ? makePair("ec", { namedCurve: algorithm.namedCurve }) : makePair("x25519");
    const { there: open } =
      await it.same("importKey", "spki", other.spki, algorithm, true, []);
    const { there: secret } = await it.same(
      "importKey", "pkcs8", pair.pkcs8, algorithm, true, ["deriveKey", "deriveBits"]);
    const params = { name: algorithm.name, public: handle(open) };
    await it.same("deriveBits", params, handle(secret), null);
    for (const length of [8, 128, 256]) {
      await it.same("deriveBits", params, handle(secret), length);
    }
    await it.fails("OperationError", "deriveBits", params, handle(secret), 1000);
    await it.fails(
      "InvalidAccessError", "deriveBits",
      { name: algorithm.name, public: handle(secret) }, handle(secret), 8);
    const derived = await it.same(
      "deriveKey", params, handle(secret), { name: "AES-GCM", length: 256 }, true,
      ["encrypt"]);
    await it.same("exportKey", "raw", handle(derived.there));
    await it.same(
      "deriveKey", params, handle(secret), { name: "HMAC", hash: "SHA-256", length: 200 },
      true, ["sign"]);
    await it.same("deriveKey", params, handle(secret), "HKDF", false, ["deriveBits"]);
  }
});

remote("two keys must be of one curve", async (it) => {
  const load = (curve, algorithm) => it.ok(
    "importKey", "spki", curves[curve]?.spki ?? x25519.spki, algorithm, true, []);
  const p256 = { name: "ECDH", namedCurve: "P-256" };
  const secret = await it.ok(
    "importKey", "pkcs8", curves["P-256"].pkcs8, p256, true, ["deriveBits"]);
  for (const open of [
    await load("P-384", { name: "ECDH", namedCurve: "P-384" }),
    await load("", "X25519"),
  ]) {
    await it.fails(
      "InvalidAccessError", "deriveBits", { name: "ECDH", public: handle(open) },
      handle(secret), 8);
  }
});

remote("a point may be compressed, but must be on the curve", async (it) => {
  for (const namedCurve of Object.keys(curves)) {
    const { x, y } = curves[namedCurve].publicJwk;
    const X = Buffer.from(x, "base64url");
    const Y = Buffer.from(y, "base64url");
    const load = (...parts) => [
      "importKey", "raw", hex(Buffer.concat(parts)),
      { name: "ECDSA", namedCurve }, true, ["verify"],
    ];
    const whole = Buffer.concat([Buffer.from([4]), X, Y]);
    const odd = Y[Y.length - 1] & 1;
    for (const parts of [[whole], [Buffer.from([2 + odd]), X]]) {
      const key = await it.ok(...load(...parts));
      assert.equal(
        (await it.ok("exportKey", "raw", handle(key))).$a, whole.toString("hex"));
    }
    const wrong = Buffer.from(whole);
    wrong[wrong.length - 1] ^= 1;
    for (const parts of [
      [], [Buffer.from([0])], [wrong], [Buffer.from([6 + odd]), X, Y], [whole, Buffer.from([0])],
      [whole.subarray(0, -1)], [Buffer.from([4]), X], [Buffer.from([2]), X, Y],
      [Buffer.from([4]), Buffer.alloc(X.length * 2)],
      [Buffer.from([4]), Buffer.alloc(X.length * 2, 255)],
    ]) {
      await it.fails("DataError", ...load(...parts));
    }
  }
});

remote("private numbers must be in range and fit the public ones", async (it) => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const good = curves["P-256"].privateJwk;
  const order = Buffer.from(
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
  const bad = [
    { ...good, d: url(Buffer.alloc(32)) }, { ...good, d: url(order) },
    { ...good, d: url(Buffer.alloc(31, 1)) }, { ...good, d: url(Buffer.alloc(32, 1)) },
    { ...good, x: good.y }, { ...good, x: url(Buffer.alloc(33)) },
    { ...good, y: undefined }, { ...good, crv: "P-384" }, { ...good, kty: "RSA" },
    { ...good, x: `${good.x}=` }, { ...good, x: good.x.replace(/.$/, "+") },
  ];
  for (const jwk of bad) {
    await it.fails("DataError", "importKey", "jwk", jwk, algorithm, true, ["sign"]);
  }
  const r = rsa.privateJwk;
  const other = (text) => (text[10] === "A" ? "B" : "A");
  const changed = (text) => text.slice(0, 10) + other(text) + text.slice(11);
  for (const member of ["n", "e", "d", "p", "q", "dp", "dq", "qi"]) {
    for (const value of [
      undefined, "", changed(r[member]), changed(`${r[member]}AAAAAAAA`), "!",
    ]) {
      // e = 3, say, is another key's, and found out by d
      if (member === "e" && value === changed(r[member])) continue;
      await it.fails(
        "DataError", "importKey", "jwk", { ...r, [member]: value },
        { name: "RSA-PSS", hash: "SHA-256" }, true, member === "d" && value === undefined
          ? ["verify"] : ["sign"]).catch(async (error) => {
        // without d it is a public key
        if (member !== "d" || value !== undefined) throw error;
      });
    }
  }
  await it.fails(
    "NotSupportedError", "importKey", "jwk", { ...r, oth: [] },
    { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]);
});

remote("RSA keys have from 512 to 8192 bits, and a short exponent", async (it) => {
  const load = (n, e) => [
    "importKey", "jwk", { kty: "RSA", n: url(n), e: url(e) },
    { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"],
  ];
  const e = Buffer.from([1, 0, 1]);
  const odd = (bits) => {
    const n = Buffer.alloc(bits / 8, 0xff);
    return n;
  };
  for (const bits of [512, 8192]) {
    assert.equal((await it.ok(...load(odd(bits), e))).algorithm.modulusLength, bits);
  }
  for (const bits of [8, 504, 8200, 65536]) {
    await it.fails("DataError", ...load(odd(bits), e));
  }
  await it.fails("DataError", ...load(Buffer.alloc(256, 0xfe), e));
  for (const bad of [[], [0], [1], [2], Buffer.alloc(9, 255)]) {
    await it.fails("DataError", ...load(odd(2048), Buffer.from(bad)));
  }
});

remote("RSA keys are generated as asked for, or not", async (it) => {
  const generate = (modulusLength, exponent, name = "RSA-PSS", usages = ["sign", "verify"]) =>
    ["generateKey", {
      name, modulusLength, hash: "SHA-256", publicExponent: hex(exponent),
    }, true, usages];
  const { privateKey, publicKey } = await it.ok(...generate(1024, [0, 1, 0, 1]));
  assert.deepEqual(publicKey.usages, ["verify"]);
  assert.deepEqual(privateKey.usages, ["sign"]);
  assert.deepEqual(privateKey.algorithm, {
    name: "RSA-PSS", modulusLength: 1024, publicExponent: { $b: "00010001" },
    hash: { name: "SHA-256" },
  });
  const three = await it.ok(...generate(513, [3]));
  const jwk = await it.ok("exportKey", "jwk", handle(three.privateKey));
  assert.equal(jwk.e, "Aw");
  assert.equal(
    (await it.ok(
      "importKey", "jwk", jwk, { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]))
      .algorithm.modulusLength, 513);
  for (const exponent of [[], [0], [1], [2], [5], [1, 0, 0], [1, 0, 1, 0, 1], Array(100).fill(255)]) {
    await it.fails("OperationError", ...generate(1024, exponent));
  }
  for (const bits of [0, 1, 511, 4097, 4294967295]) {
    await it.fails("OperationError", ...generate(bits, [1, 0, 1]));
  }
  await it.fails("SyntaxError", ...generate(1024, [1, 0, 1], "RSA-PSS", ["verify"]));
  await it.fails("SyntaxError", ...generate(1024, [1, 0, 1], "RSA-PSS", ["encrypt"]));
});

// Each byte of a key changed, and each prefix of it: DataError, or a key.
remote("damaged DER is a DataError, or a key that works", async (it) => {
  let refused = 0;
  const load = async (format, bytes, algorithm, usages) => {
    try {
      await it.fails("DataError", "importKey", format, hex(bytes), algorithm, true, usages);
      refused++;
    } catch {
      const key = await it.ok("importKey", format, hex(bytes), algorithm, true, usages);
      await it.ok("exportKey", format, handle(key));
    }
  };
  for (const [algorithm, pair, forPublic, forPrivate] of [
    [{ name: "ECDSA", namedCurve: "P-256" }, curves["P-256"], ["verify"], ["sign"]],
    [{ name: "Ed25519" }, ed25519, ["verify"], ["sign"]],
    [{ name: "RSA-PSS", hash: "SHA-256" }, makePair("rsa", { modulusLength: 512 }),
      ["verify"], ["sign"]],
  ]) {
    for (const [format, usages] of [["spki", forPublic], ["pkcs8", forPrivate]]) {
      const good = Buffer.from(pair[format].$b, "hex");
      await load(format, Buffer.concat([good, Buffer.from([0])]), algorithm, usages);
      for (let i = 0; i < good.length; i++) {
        await load(format, good.subarray(0, i), algorithm, usages);
        for (const change of [0x01, 0x80, 0xff]) {
          const bad = Buffer.from(good);
          bad[i] ^= change;
          await load(format, bad, algorithm, usages);
        }
      }
    }
  }
  assert.ok(refused > 2000, `${refused} refused`);
});

remote("DER that says something else than it should is a DataError", async (it) => {
  const { pkcs8, privateJwk, spki } = curves["P-256"];
  const changed = (key, from, to) => {
    const text = key.$b.replace(from, to);
    assert.notEqual(text, key.$b);
    return { $b: text };
  };
  const oid = "06082a8648ce3d030107";
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  for (const [format, key] of [
    // a length in two bytes that fits into one
    ["spki", changed(spki, /^3059/, "308159")],
    // secp256k1, which has as long points
    ["spki", changed(spki, /^30593013(.{18}).{20}/, "30563010$106052b8104000a")],
    // PrivateKeyInfo has versions 0 and 1, ECPrivateKey 1
    ["pkcs8", changed(pkcs8, /^308187020100/, "308187020102")],
    ["pkcs8", changed(pkcs8, "306b020101", "306b020102")],
  ]) {
    await it.fails(
      "DataError", "importKey", format, key, algorithm, true,
      [format === "spki" ? "verify" : "sign"]);
  }

  // parameters may be there twice, but not differ
  const d = Buffer.from(privateJwk.d, "base64url").toString("hex");
  const twice = (parameters) => {
    const fields = `0201010420${d}a0${parameters}`;
    const inner = `30${(fields.length / 2).toString(16)}${fields}`;
    const rest = `02010030130607${"2a8648ce3d0201"}${oid}` +
      `04${(inner.length / 2).toString(16)}${inner}`;
    return { $b: `30${(rest.length / 2).toString(16)}${rest}` };
  };
  const load = (key) => ["importKey", "pkcs8", key, algorithm, true, ["sign"]];
  await it.ok(...load(twice(`0a${oid}`)));
  await it.fails("DataError", ...load(twice("0706052b81040022")));
  await it.fails("DataError", ...load(twice(`0c${oid}0500`)));
});

remote("a JWK's alg must be that of its curve, for ECDSA", async (it) => {
  const { publicJwk } = curves["P-256"];
  const load = (name, alg) => [
    "importKey", "jwk", { ...publicJwk, alg }, { name, namedCurve: "P-256" }, true, [],
  ];
  await it.ok(...load("ECDSA", "ES256"));
  await it.fails("DataError", ...load("ECDSA", "ES384"));
  await it.ok(...load("ECDH", "ES384"));
});

remote("a JWK's alg must be that of its hash, for RSA", async (it) => {
  for (const [name, alg, other] of [
    ["RSASSA-PKCS1-v1_5", "RS256", "RS384"], ["RSA-PSS", "PS256", "RS256"],
    ["RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP"],
  ]) {
    const load = (value) => [
      "importKey", "jwk", { ...rsa.publicJwk, alg: value }, { name, hash: "SHA-256" },
      true, [],
    ];
    await it.ok(...load(alg));
    await it.fails("DataError", ...load(other));
  }
});

remote("keys of Curve25519 have no parameters, and are of one curve", async (it) => {
  const load = (jwk) => ["importKey", "jwk", jwk, "Ed25519", true, []];
  const { publicJwk } = ed25519;
  for (const alg of [undefined, "Ed25519", "EdDSA"]) {
    await it.ok(...load({ ...publicJwk, alg }));
  }
  for (const change of [
    { crv: "X25519" }, { crv: undefined }, { kty: "EC" }, { alg: "ES256" },
    { x: undefined }, { x: publicJwk.x.slice(4) }, { use: "enc", key_ops: ["verify", "verify"] },
  ]) {
    await it.fails("DataError", ...load({ ...publicJwk, ...change }));
  }
  await it.fails(
    "DataError", "importKey", "spki", x25519.spki, "Ed25519", true, ["verify"]);
  const withNull = ed25519.spki.$b.replace("302a300506032b6570", "302c300706032b65700500");
  await it.fails(
    "DataError", "importKey", "spki", { $b: withNull }, "Ed25519", true, ["verify"]);
});

remote("an EC private key may come without its point", async (it) => {
  const { privateJwk } = curves["P-256"];
  const d = Buffer.from(privateJwk.d, "base64url");
  const key = await it.ok(
    "importKey", "pkcs8", hex(Buffer.concat([
      Buffer.from("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420", "hex"),
      d,
    ])), { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const jwk = await it.ok("exportKey", "jwk", handle(key));
  assert.deepEqual([jwk.x, jwk.y, jwk.d], [privateJwk.x, privateJwk.y, privateJwk.d]);
});

remote("keys are wrapped in all formats", async (it) => {
  const usages = ["wrapKey", "unwrapKey", "encrypt", "decrypt"];
  const gcm = await it.ok("generateKey", { name: "AES-GCM", length: 256 }, true, usages);
  const params = { name: "AES-GCM", iv: hex(Buffer.alloc(12)) };
  for (const [algorithm, pair, forPublic, forPrivate] of [kinds[0], kinds[13], kinds.at(-2)]) {
    for (const [format, data, wanted] of [
      ["spki", pair.spki, forPublic], ["pkcs8", pair.pkcs8, forPrivate],
      ["jwk", pair.privateJwk, forPrivate],
    ]) {
      const key = await it.ok("importKey", format, data, algorithm, true, wanted);
      const wrapped = await it.ok("wrapKey", format, handle(key), handle(gcm), params);
      const again = await it.ok(
        "unwrapKey", format, { $b: wrapped.$a }, handle(gcm), params, algorithm, true, wanted);
      assert.deepEqual(
        await it.ok("exportKey", format, handle(again)),
        await it.ok("exportKey", format, handle(key)));
      if (format === "jwk") {
        const json = await it.ok("decrypt", params, handle(gcm), { $b: wrapped.$a });
        const exported = await it.ok("exportKey", "jwk", handle(key));
        assert.deepEqual(JSON.parse(Buffer.from(json.$a, "hex").toString()), exported);
      }
      await it.fails(
        "OperationError", "unwrapKey", format, { $b: wrapped.$a.slice(2) }, handle(gcm),
        params, algorithm, true, wanted);
    }
  }
  const secret = await it.ok("generateKey", { name: "AES-GCM", length: 128 }, false, usages);
  await it.fails("InvalidAccessError", "wrapKey", "raw", handle(secret), handle(gcm), params);
  await it.fails(
    "NotSupportedError", "wrapKey", "raw",
    handle(await it.ok("importKey", "raw", text("x"), "HKDF", false, ["deriveBits"])),
    handle(gcm), params);
  for (const json of ["", "{", "1", "[]", "{}", "null", '{"kty":1}', '{"kty":"oct","k":"AA","key_ops":"sign"}']) {
    const bad = await it.ok("encrypt", params, handle(gcm), text(json));
    await it.fails(
      "DataError", "unwrapKey", "jwk", { $b: bad.$a }, handle(gcm), params, "AES-CBC",
      true, ["encrypt"]);
  }
});

remote("a JWK must say nothing else than what is asked for", async (it) => {
  const k = url(Buffer.alloc(16, 1));
  const load = (jwk, extractable = true, usages = ["encrypt"]) =>
    ["importKey", "jwk", { kty: "oct", k, ...jwk }, "AES-GCM", extractable, usages];
  for (const jwk of [
    {}, { alg: "A128GCM" }, { use: "enc" }, { ext: true }, { ext: false, extra: 1 },
    { key_ops: ["encrypt", "decrypt", "unheard of"] },
  ]) {
    await it.ok(...load(jwk, jwk.ext !== false));
  }
  for (const jwk of [
    { alg: "A256GCM" }, { alg: "A128CBC" }, { alg: "" }, { use: "sig" }, { ext: false },
    { key_ops: [] }, { key_ops: ["decrypt"] }, { key_ops: ["encrypt", "encrypt"] },
    { kty: "RSA" }, { kty: undefined }, { k: undefined }, { k: "A" }, { k: "AA" }, { k: `${k}=` },
    { k: `${k.slice(0, -1)}B` }, { k: k.replace("E", "+") },
  ]) {
    await it.fails("DataError", ...load(jwk));
  }
  await it.fails("TypeError", ...load({ key_ops: "encrypt" }));
  await it.fails("SyntaxError", ...load({}, true, ["sign"]));
  await it.fails("SyntaxError", ...load({}, true, []));
  await it.fails("TypeError", "importKey", "jwk", text("x"), "AES-GCM", true, []);
  await it.fails("TypeError", "importKey", "raw", {}, "AES-GCM", true, []);
});
