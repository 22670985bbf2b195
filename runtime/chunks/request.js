// What requests with options need.

export { mergeOptions, readRequestInit, toMethod } from "../web/request-init.js";
