// abortIsolate() of "cloudflare:workers": ends this isolate with all that runs in
// it, for whatever reason the worker gives.  Does not return.

import { ops } from "../native.js";
import { PrimordialError as Error } from "../primordials.js";
import { locationOf, messageOf } from "../core/errors.js";
import { toUSVString } from "../core/webidl.js";

export function abortIsolate(reason = undefined) {
  const text = reason === undefined ? "." : `: ${toUSVString(reason)}`;
  ops.abort(
    messageOf(`abortIsolate() was called${text}`), locationOf(new Error()));
}
