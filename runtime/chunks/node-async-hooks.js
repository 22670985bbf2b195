export { AsyncResource, default as asyncHooks } from "../node/async-hooks.js";
