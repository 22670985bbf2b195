// https://url.spec.whatwg.org/

export {
  parseURL, serializeOrigin, serializeURL, withoutCredentials,
} from "../url/parser.js";
export { percentDecodeBytes, percentDecodeToBytes } from "../url/percent.js";
export {
  isSearchParams, searchParamsText, URLSearchParams,
} from "../url/search-params.js";
export { URL } from "../url/url.js";
