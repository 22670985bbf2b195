// Run once, at build time: what it leaves behind is the startup snapshot that
// every isolate begins with.

import "./primordials.js";
import "./core/array-buffer.js";
import { installLazyHost, setShared } from "./core/chunks.js";
import { hideSources } from "./core/function-text.js";
import "./core/resource.js";
import { installDispatch } from "./dispatch.js";
import { installGlobals } from "./globals.js";
import { installPolyfills } from "./polyfills.js";
import { shared } from "dw:shared";

setShared(shared);
installLazyHost();
installPolyfills();
installGlobals();
installDispatch();
hideSources();
