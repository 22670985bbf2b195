// node:path as packages import it; tools/bundle.mjs leads them here.

import { posix } from "../chunks/node-path.js";

export default posix;
