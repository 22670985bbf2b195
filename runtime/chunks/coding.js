// Content codings of bodies.

export { decoded, recode } from "../web/coding.js";
