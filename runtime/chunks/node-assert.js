export { assert, strict } from "../node/assert.js";
