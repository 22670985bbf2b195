// The compatibility date and flags of this isolate's worker.
// https://developers.cloudflare.com/workers/configuration/compatibility-flags/
//
// Workers know many flags that change what this runtime has only ever done one
// way: those that are not asked for here mean nothing.

import { SafeSet } from "../primordials.js";

// From this date on, nodejs_compat means nodejs_compat_v2 too.
const NODEJS_COMPAT_V2_DATE = "2024-09-23";

const flags = new SafeSet();

// Without a date, a worker is as of today.
let since = "9999-12-31";

export function setCompatibility(date, names) {
  if (date !== undefined) since = date;
  for (let i = 0; i < names.length; i++) flags.add(names[i]);
}

const has = (name) => flags.has(name) && !flags.has(`no_${name}`);

// "node:..." modules.
export const hasNodeModules = () =>
  has("nodejs_compat") || has("nodejs_compat_v2");

// node:async_hooks.
export const hasAsyncHooks = () => has("nodejs_als") || hasNodeModules();

// The same modules by their bare names, and Buffer, process and global.
export const hasNodeGlobals = () =>
  has("nodejs_compat_v2") ||
  (has("nodejs_compat") && since >= NODEJS_COMPAT_V2_DATE &&
    !flags.has("no_nodejs_compat_v2"));
