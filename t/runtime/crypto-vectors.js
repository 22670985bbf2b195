// Web Crypto: known answers, and what node's implementation answers.

import assert from "node:assert/strict";
import {
  createHash, createHmac, createPublicKey, generateKeyPairSync,
  verify as verifySignature,
} from "node:crypto";
import { handle, hex, remote, text } from "./lib/crypto.js";

const fromHex = (string) => ({ $b: string.replace(/\s/g, "") });
const raw = (bytes, algorithm, usages) =>
  ["raw", bytes, algorithm, true, usages];

// FIPS 180-2, appendix; RFC 1321, A.5
remote("digests of \"abc\"", async (it) => {
  for (const [name, expected] of [
    ["SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["SHA-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed" +
      "8086072ba1e7cc2358baeca134c825a7"],
    ["SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"],
    ["MD5", "900150983cd24fb0d6963f7d28e17f72"],
  ]) {
    assert.equal((await it.ok("digest", name, text("abc"))).$a, expected);
    assert.equal(
      (await it.ok("digest", { name: name.toLowerCase() }, text("abc"))).$a,
      expected);
  }
});

remote("digests of any length are node's", async (it) => {
  for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    for (const size of [0, 1, 55, 56, 64, 65, 111, 112, 128, 1000]) {
      await it.same("digest", name, hex(Buffer.alloc(size, size)));
    }
  }
});

// RFC 4231, 4.3
remote("HMAC with the key \"Jefe\"", async (it) => {
  const key = await it.ok(
    "importKey",
    ...raw(text("Jefe"), { name: "HMAC", hash: "SHA-256" }, ["sign", "verify"]));
  const code = await it.ok(
    "sign", "HMAC", handle(key), text("what do ya want for nothing?"));
  assert.equal(
    code.$a,
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const data = text("what do ya want for nothing?");
  assert.equal(
    await it.ok("verify", "HMAC", handle(key), { $b: code.$a }, data), true);
  assert.equal(
    await it.ok("verify", "HMAC", handle(key), { $b: code.$a.slice(2) }, data),
    false);
  assert.equal(
    await it.ok("verify", "HMAC", handle(key), { $b: `00${code.$a.slice(2)}` }, data),
    false);
});

remote("HMAC takes its key in bits", async (it) => {
  const algorithm = (length) => ({ name: "HMAC", hash: "SHA-256", length });
  const key = await it.ok(
    "importKey", ...raw(fromHex("ffff"), algorithm(11), ["sign"]));
  assert.equal(key.algorithm.length, 11);
  assert.equal((await it.ok("exportKey", "raw", handle(key))).$a, "ffe0");
  const code = await it.ok("sign", "HMAC", handle(key), text("x"));
  assert.equal(
    code.$a, createHmac("sha256", Buffer.from("ffe0", "hex")).update("x")
      .digest("hex"));
  for (const length of [0, 8, 17]) {
    await it.fails(
      "DataError", "importKey", ...raw(fromHex("ffff"), algorithm(length), ["sign"]));
  }
  await it.fails(
    "DataError", "importKey",
    ...raw(fromHex(""), { name: "HMAC", hash: "SHA-1" }, ["sign"]));
  await it.fails("OperationError", "generateKey", algorithm(0), true, ["sign"]);
  assert.equal(
    (await it.ok("generateKey", algorithm(undefined), true, ["sign"]))
      .algorithm.length, 512);
  const short = await it.ok("generateKey", algorithm(3), true, ["sign"]);
  const { $a } = await it.ok("exportKey", "raw", handle(short));
  assert.equal(parseInt($a, 16) & 0x1f, 0);
});

// NIST SP 800-38A, F.2.1 (the padding is ours), F.5.1
remote("AES-CBC and AES-CTR of NIST's examples", async (it) => {
  const material = fromHex("2b7e151628aed2a6abf7158809cf4f3c");
  const data = fromHex("6bc1bee22e409f96e93d7e117393172a" +
    "ae2d8a571e03ac9c9eb76fac45af8e51");
  const cbc = await it.ok(
    "importKey", ...raw(material, "AES-CBC", ["encrypt", "decrypt"]));
  const iv = fromHex("000102030405060708090a0b0c0d0e0f");
  const boxed = await it.ok("encrypt", { name: "AES-CBC", iv }, handle(cbc), data);
  assert.equal(
    boxed.$a.slice(0, 64),
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
  assert.equal(
    (await it.ok("decrypt", { name: "AES-CBC", iv }, handle(cbc), { $b: boxed.$a })).$a,
    data.$b);
  const ctr = await it.ok(
    "importKey", ...raw(material, "AES-CTR", ["encrypt", "decrypt"]));
  const counter = fromHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  assert.equal(
    (await it.ok(
      "encrypt", { name: "AES-CTR", counter, length: 128 }, handle(ctr), data)).$a,
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
});

// The GCM specification's test case 4; SP 800-38D
remote("AES-GCM with additional data", async (it) => {
  const key = await it.ok(
    "importKey", ...raw(fromHex("feffe9928665731c6d6a8f9467308308"), "AES-GCM",
      ["encrypt", "decrypt"]));
  const params = {
    name: "AES-GCM", iv: fromHex("cafebabefacedbaddecaf888"),
    additionalData: fromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  };
  const data = fromHex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const boxed = await it.ok("encrypt", params, handle(key), data);
  assert.equal(
    boxed.$a,
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" +
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091" +
    "5bc94fbc3221a5db94fae95ae7121a47");
  assert.equal(
    (await it.ok("decrypt", params, handle(key), { $b: boxed.$a })).$a, data.$b);
  for (const bad of [
    `00${boxed.$a.slice(2)}`, `${boxed.$a.slice(0, -2)}00`, boxed.$a.slice(0, -2),
    "00".repeat(15), "",
  ]) {
    await it.fails("OperationError", "decrypt", params, handle(key), { $b: bad });
  }
});

remote("AES of any kind, key, data and parameters is node's", async (it) => {
  const usages = ["encrypt", "decrypt"];
  for (const bits of [128, 192, 256]) {
    const material = hex(Buffer.alloc(bits / 8, bits));
    for (const size of [0, 1, 15, 16, 17, 100]) {
      const data = hex(Buffer.alloc(size, 7));
      const cases = [];
      for (const fill of [0, 0x55, 0xff]) {
        const block = hex(Buffer.alloc(16, fill));
        cases.push({ name: "AES-CBC", iv: block });
        for (const length of [1, 2, 3, 7, 8, 9, 32, 64, 127, 128]) {
          cases.push({ name: "AES-CTR", counter: block, length });
        }
      }
      for (const ivSize of [12, 16, 60, 128]) {
        for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
          cases.push({
            name: "AES-GCM", iv: hex(Buffer.alloc(ivSize, 1)), tagLength,
            additionalData: hex(Buffer.alloc(size)),
          });
        }
      }
      const keys = {};
      for (const params of cases) {
        keys[params.name] ??=
          await it.same("importKey", ...raw(material, params.name, usages));
        const key = keys[params.name];
        const { here, there } = key;
        assert.equal(here.$k, there.$k);
        const boxed = await it.same("encrypt", params, handle(there), data);
        if (boxed === undefined) continue;
        await it.same(
          "decrypt", params, handle(there), { $b: boxed.there.$a });
      }
    }
  }
});

// RFC 3394, 4.1 and 4.6
remote("AES-KW of the RFC's keys", async (it) => {
  for (const [kek, data, wrapped] of [
    ["000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
      "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"],
    ["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
      "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b" +
      "fb988b9b7a02dd21"],
  ]) {
    const kw = await it.ok(
      "importKey", ...raw(fromHex(kek), "AES-KW", ["wrapKey", "unwrapKey"]));
    const key = await it.ok(
      "importKey", ...raw(fromHex(data), "AES-GCM", ["encrypt"]));
    assert.equal(
      (await it.ok("wrapKey", "raw", handle(key), handle(kw), "AES-KW")).$a, wrapped);
    const again = await it.ok(
      "unwrapKey", "raw", fromHex(wrapped), handle(kw), "AES-KW", "AES-GCM", true,
      ["encrypt"]);
    assert.equal((await it.ok("exportKey", "raw", handle(again))).$a, data);
    for (const bad of [`00${wrapped.slice(2)}`, wrapped.slice(16), wrapped.slice(2), ""]) {
      await it.fails(
        "OperationError", "unwrapKey", "raw", fromHex(bad), handle(kw), "AES-KW",
        "AES-GCM", true, ["encrypt"]);
    }
  }
});

// RFC 5869, A.1 and A.3; RFC 6070
remote("HKDF and PBKDF2 of the RFCs", async (it) => {
  const ikm = fromHex("0b".repeat(22));
  const hkdf = await it.ok("importKey", "raw", ikm, "HKDF", false, ["deriveBits"]);
  for (const [salt, info, okm] of [
    ["000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf" +
      "34007208d5b887185865"],
    ["", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d" +
      "9d201395faa4b61a96c8"],
  ]) {
    const params = {
      name: "HKDF", hash: "SHA-256", salt: fromHex(salt), info: fromHex(info),
    };
    assert.equal((await it.ok("deriveBits", params, handle(hkdf), 336)).$a, okm);
  }
  const key = await it.ok(
    "importKey", "raw", text("password"), "PBKDF2", false, ["deriveBits"]);
  for (const [iterations, expected] of [
    [1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"],
    [2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"],
    [4096, "4b007901b765489abead49d926f721d065a429c1"],
  ]) {
    const params = { name: "PBKDF2", hash: "SHA-1", salt: text("salt"), iterations };
    assert.equal((await it.ok("deriveBits", params, handle(key), 160)).$a, expected);
  }
});

remote("HKDF and PBKDF2 of any length are node's", async (it) => {
  for (const secret of ["", "x", "y".repeat(200)]) {
    for (const name of ["HKDF", "PBKDF2"]) {
      const { there } =
        await it.same("importKey", "raw", text(secret), name, false, ["deriveBits"]);
      for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
        for (const length of [8, 160, 264, 1024, 4096]) {
          for (const salt of ["", "salt"]) {
            await it.same("deriveBits", {
              name, hash, salt: text(salt), info: text(salt), iterations: 3,
            }, handle(there), length);
          }
        }
      }
      const params = {
        name, hash: "SHA-1", salt: text(""), info: text(""), iterations: 1,
      };
      assert.equal((await it.ok("deriveBits", params, handle(there), 0)).$a, "");
      for (const length of [null, 7]) {
        await it.fails("OperationError", "deriveBits", params, handle(there), length);
      }
      await it.fails("OperationError", "deriveBits", params, handle(there));
      if (name === "HKDF") {
        await it.ok("deriveBits", params, handle(there), 255 * 160);
        await it.fails(
          "OperationError", "deriveBits", params, handle(there), 255 * 160 + 8);
      }
    }
  }
});

remote("PBKDF2 has at least one iteration and at most 100000", async (it) => {
  const key = await it.ok(
    "importKey", "raw", text("x"), "PBKDF2", false, ["deriveBits"]);
  const params = (iterations) =>
    ({ name: "PBKDF2", hash: "SHA-256", salt: text(""), iterations });
  await it.fails("OperationError", "deriveBits", params(0), handle(key), 8);
  await it.ok("deriveBits", params(100000), handle(key), 8);
  await it.fails("NotSupportedError", "deriveBits", params(100001), handle(key), 8);
});

// RFC 8032, 7.1
remote("Ed25519 of the RFC", async (it) => {
  const d = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
  const x = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
  const signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  const url = (string) => Buffer.from(string, "hex").toString("base64url");
  const jwk = { kty: "OKP", crv: "Ed25519", x: url(x), d: url(d) };
  const key = await it.ok("importKey", "jwk", jwk, "Ed25519", true, ["sign"]);
  assert.equal(
    (await it.ok("sign", "Ed25519", handle(key), fromHex("72"))).$a, signature);
  const open = await it.ok("importKey", ...raw(fromHex(x), "Ed25519", ["verify"]));
  const verify = (sig, data) =>
    it.ok("verify", "Ed25519", handle(open), fromHex(sig), fromHex(data));
  assert.equal(await verify(signature, "72"), true);
  assert.equal(await verify(signature, "73"), false);
  assert.equal(await verify(signature.slice(2), "72"), false);
  assert.equal(await verify("", "72"), false);
  // S + L is not below the order
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const S = BigInt(`0x${Buffer.from(signature.slice(64), "hex").reverse().toString("hex")}`);
  const big = Buffer.from((S + L).toString(16).padStart(64, "0"), "hex").reverse();
  assert.equal(await verify(signature.slice(0, 64) + big.toString("hex"), "72"), false);
  await it.fails("DataError", "importKey", ...raw(fromHex(x.slice(2)), "Ed25519", []));
  await it.fails(
    "DataError", "importKey", "jwk", { ...jwk, x: url(d) }, "Ed25519", true, ["sign"]);
});

// S B = R + k A holds for any message where A and R are both the point of order
// 1 and S is 0, or where A is, S is 1, and R is B; and for one's own key, if R
// is, where S is k a.
remote("Ed25519 takes no points of small order", async (it) => {
  const one = `01${"00".repeat(31)}`;
  const B = `58${"66".repeat(31)}`;
  const identity = await it.ok("importKey", ...raw(fromHex(one), "Ed25519", ["verify"]));
  assert.equal(
    await it.ok(
      "verify", "Ed25519", handle(identity), fromHex(B + one), text("x")), false);

  const { privateKey } = generateKeyPairSync("ed25519");
  const jwk = privateKey.export({ format: "jwk" });
  const x = Buffer.from(jwk.x, "base64url");
  const number = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  const sha512 = (...parts) => createHash("sha512").update(Buffer.concat(parts)).digest();
  const scalar = sha512(Buffer.from(jwk.d, "base64url")).subarray(0, 32);
  scalar[0] &= 248;
  scalar[31] = scalar[31] & 127 | 64;
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const k = number(sha512(Buffer.from(one, "hex"), x, Buffer.from("x")));
  const S = Buffer.from((k * number(scalar) % L).toString(16).padStart(64, "0"), "hex").reverse();
  const forged = Buffer.concat([Buffer.from(one, "hex"), S]);
  // which is what others call valid
  assert.ok(verifySignature(null, Buffer.from("x"), createPublicKey(privateKey), forged));
  const own = await it.ok("importKey", ...raw(hex(x), "Ed25519", ["verify"]));
  assert.equal(
    await it.ok("verify", "Ed25519", handle(own), hex(forged), text("x")), false);

  for (const point of [
    one, "00".repeat(32), `${"00".repeat(31)}80`, `ec${"ff".repeat(30)}7f`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    `ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}7f`,
  ]) {
    const key = await it.ok("importKey", ...raw(fromHex(point), "Ed25519", ["verify"]));
    for (let i = 0; i < 20; i++) {
      assert.equal(
        await it.ok(
          "verify", "Ed25519", handle(key), fromHex(one + "00".repeat(32)),
          fromHex(i.toString(16).padStart(2, "0"))), false);
    }
  }
});

// RFC 7748, 6.1 and 7
remote("X25519 of the RFC, and no points of small order", async (it) => {
  const url = (string) => Buffer.from(string, "hex").toString("base64url");
  const own = await it.ok("importKey", "jwk", {
    kty: "OKP", crv: "X25519",
    d: url("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
    x: url("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
  }, "X25519", true, ["deriveBits"]);
  const theirs = await it.ok("importKey", ...raw(fromHex(
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
  "X25519", []));
  const derive = (key, length) => it.ok(
    "deriveBits", { name: "X25519", public: handle(key) }, handle(own), length);
  const secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  assert.equal((await derive(theirs)).$a, secret);
  assert.equal((await derive(theirs, null)).$a, secret);
  assert.equal((await derive(theirs, 256)).$a, secret);
  assert.equal((await derive(theirs, 0)).$a, "");
  assert.equal((await derive(theirs, 13)).$a, "4a58");
  await it.fails(
    "OperationError", "deriveBits", { name: "X25519", public: handle(theirs) },
    handle(own), 257);
  for (const point of [
    "00".repeat(32), `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${"ff".repeat(30)}7f`, `ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}7f`,
  ]) {
    const key = await it.ok("importKey", ...raw(fromHex(point), "X25519", []));
    await it.fails(
      "OperationError", "deriveBits", { name: "X25519", public: handle(key) },
      handle(own), 256);
  }
});
