// Web Crypto: crypto.subtle and what else needs the engine's libcrypto.

export { bytesOf, isBufferSource, sizeOf } from "../crypto/bytes.js";
export {
  createHash, createHmac, digestBytes, hashName, hkdf, pbkdf2, randomBytes,
  scrypt, timingSafeEqual,
} from "../crypto/hash.js";
export { readKey, writeKey } from "../crypto/clone.js";
export { CryptoKey, isKey, slotsOf } from "../crypto/key.js";
export { digestName } from "../crypto/normalize.js";
export { subtle, SubtleCrypto } from "../crypto/subtle.js";
