// Starts node again with the flags that native-fake.js needs, if they were not
// given.  Each test file imports this first.

import { spawnSync } from "node:child_process";
import vm from "node:vm";

if (vm.SourceTextModule === undefined) {
  const { status } = spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--expose-internals", "--no-warnings", ...process.execArgv,
      ...process.argv.slice(1)],
    { stdio: "inherit" });
  process.exit(status ?? 1);
}
