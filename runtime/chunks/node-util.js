export { isDeepEqual, isDeepStrictEqual } from "../node/deep-equal.js";
export { default as types } from "../node/util-types.js";
export { default as util } from "../node/util.js";
