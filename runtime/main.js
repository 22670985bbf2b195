// Run once, at build time: what it leaves behind is the startup snapshot that
// every isolate begins with.

// The bundle is one script; a function of it that is not strict would tell a
// worker who calls it.
"use strict";

import "./primordials.js";
import "./polyfills.js";
import "./core/array-buffer.js";
import { installDispatch } from "./dispatch.js";
import { installGlobals } from "./globals.js";

installGlobals();
installDispatch();
