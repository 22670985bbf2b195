export { createEvent } from "../rpc/event.js";
export { fetchThrough } from "../rpc/fetcher.js";
export { callTarget } from "../rpc/remote.js";
export { wrap } from "../rpc/wrap.js";
