export { clearImmediate, promises, setImmediate, timers } from "../node/timers.js";
