export { process } from "../node/process.js";
