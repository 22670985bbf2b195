// What other chunks build on.

export { createTransformStream } from "../web/transform.js";
export { WritableStream } from "../web/streams.js";
