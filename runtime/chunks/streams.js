// What other chunks build on.

export { createTransformStream } from "../web/transform.js";
