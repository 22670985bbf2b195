export { default as stringDecoder, StringDecoder } from "../node/string-decoder.js";
