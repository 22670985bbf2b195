// Starts node again with the flags that native-fake.js needs, if they were not
// given.  Each test file imports this first.

import { spawnSync } from "node:child_process";
import vm from "node:vm";

if (vm.SourceTextModule === undefined) {
  const flags = ["--experimental-vm-modules", "--expose-internals", "--no-warnings"];
  // node 18 has Web Crypto's interfaces only when asked
  if (globalThis.CryptoKey === undefined) flags.push("--experimental-global-webcrypto");
  const { status } = spawnSync(
    process.execPath, [...flags, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: "inherit" });
  process.exit(status ?? 1);
}
