// node:querystring, from unenv, which has Node.js's own.

import {
  decode, encode, escape, parse, stringify, unescape, unescapeBuffer,
} from "unenv/node/querystring";

export default {
  unescapeBuffer, unescape, escape, stringify, encode, parse, decode,
};
