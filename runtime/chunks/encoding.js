// What TextDecoder needs for all but well-formed UTF-8.

export { encodingOf } from "../web/encodings.js";
export { LegacyDecoder } from "../web/legacy-decoder.js";
