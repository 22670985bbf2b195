// Domains beyond ASCII. https://url.spec.whatwg.org/#idna

import { chunk } from "../core/chunks.js";

// The domain in ASCII, lower case, or null.
export function domainToASCII(domain) {
  const result = chunk("idna").toASCII(domain, {
    __proto__: null,
    checkHyphens: false,
    checkBidi: true,
    checkJoiners: true,
    useSTD3ASCIIRules: false,
    transitionalProcessing: false,
    verifyDNSLength: false,
    ignoreInvalidPunycode: false,
  });
  // it works with built-ins that the worker may have replaced
  return typeof result === "string" && result !== "" ? result : null;
}
