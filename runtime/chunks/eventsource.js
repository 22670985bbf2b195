export { EventSource } from "../web/event-source.js";
