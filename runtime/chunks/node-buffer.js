export { Buffer, default as buffer, isUint8Array } from "../node/buffer.js";
export { encode, findCodec } from "../node/buffer-codecs.js";
