// Domains beyond ASCII. https://url.spec.whatwg.org/#idna
//
// The tables of UTS #46 are built in an isolate that needs them, not in the
// snapshot: they would double its size.

let tr46;

// The domain in ASCII, lower case, or null.
export function domainToASCII(domain) {
  tr46 ??= require("tr46");
  const result = tr46.toASCII(domain, {
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
