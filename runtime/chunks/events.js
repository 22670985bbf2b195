export {
  CustomEvent, Event, initialize, requireEvent,
} from "../web/events.js";
export { AbortController, AbortSignal } from "../web/abort.js";
