export { evaluate } from "../worker/commonjs.js";
