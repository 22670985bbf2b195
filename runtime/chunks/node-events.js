export { EventEmitter } from "../node/events.js";
export { abortError, requireSignal } from "../node/events-signal.js";
