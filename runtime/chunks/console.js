export { methods } from "../web/console-methods.js";
