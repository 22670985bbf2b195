// The URL Standard as the rest of the runtime sees it.  It is a chunk: a worker
// that looks at no URL does not load it.

import { chunk, isEvaluated } from "../core/chunks.js";

export const parseURL = (input, base = null) =>
  chunk("url").parseURL(input, base);
export const serializeURL = (url, withFragment = true) =>
  chunk("url").serializeURL(url, withFragment);
export const serializeOrigin = (url) => chunk("url").serializeOrigin(url);
export const withoutCredentials = (url) => chunk("url").withoutCredentials(url);

export const isSearchParams = (value) =>
  isEvaluated("url") && chunk("url").isSearchParams(value);
export const searchParamsText = (params) =>
  chunk("url").searchParamsText(params);
