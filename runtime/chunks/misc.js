export { Navigator, navigator, Scheduler, scheduler } from "../web/misc.js";
