export { MessageChannel, MessagePort } from "../web/message-port.js";
