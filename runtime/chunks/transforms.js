// The transform streams that are not the Streams Standard's.

export { CompressionStream, DecompressionStream } from "../web/compression.js";
export {
  TextDecoderStream, TextEncoderStream,
} from "../web/encoding-streams.js";
