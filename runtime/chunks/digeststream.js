// crypto.DigestStream: apart from Web Crypto, which needs no streams.

export { DigestStream } from "../crypto/digest-stream.js";
