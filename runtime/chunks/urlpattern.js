export { URLPattern } from "../url/url-pattern.js";
