export { default as url } from "../node/url.js";
