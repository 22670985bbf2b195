export { default as crypto } from "../node/crypto.js";
