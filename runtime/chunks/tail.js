export { createEvent } from "../worker/tail.js";
