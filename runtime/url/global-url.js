// What urlpattern-polyfill finds where it asks for the global URL, whatever a
// worker has put there; tools/bundle.mjs sees to it.

export { URL } from "../chunks/url.js";
