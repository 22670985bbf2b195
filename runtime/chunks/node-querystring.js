export { default as querystring } from "../node/querystring.js";
export {
  parse, stringify,
} from "unenv/node/querystring";
