export {
  CloseEvent, ErrorEvent, MessageEvent, PromiseRejectionEvent,
} from "../web/events-extra.js";
