export {
  CloseEvent, createMessageEvent, ErrorEvent, MessageEvent,
  PromiseRejectionEvent, provideMessagePorts,
} from "../web/events-extra.js";
