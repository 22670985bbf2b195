// Web Crypto: crypto.subtle and what else needs the engine's libcrypto.

import "../crypto/clone.js";

export { bytesOf, isBufferSource, sizeOf } from "../crypto/bytes.js";
export {
  createHash, createHmac, digestBytes, hashName, hkdf, pbkdf2, randomBytes,
  scrypt, timingSafeEqual,
} from "../crypto/hash.js";
export { CryptoKey } from "../crypto/key.js";
export { digestName } from "../crypto/normalize.js";
export { subtle, SubtleCrypto } from "../crypto/subtle.js";
