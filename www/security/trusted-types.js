// @ts-check
/**
 * The page's one Trusted Types policy. `index.html` demands Trusted Types for every script sink; this default policy lets
 * through script addresses of the page's own origin (the engine worker, the service worker) and nothing else: no HTML, no
 * script text. Blobs of the page's own making count too: one file with the page in it (`www/export`) runs on them, and
 * elsewhere the Content-Security-Policy refuses them. Import it before anything that starts a worker. Browsers without Trusted Types skip it; the
 * Content-Security-Policy still holds there.
 */

/** @type {{ createPolicy(name: string, rules: object): unknown } | undefined} */
const factory = Reflect.get(globalThis, "trustedTypes");

factory?.createPolicy("default", {
  /** @param {string} address */
  createScriptURL(address) {
    const url = new URL(address, document.baseURI);
    if (url.protocol !== "blob:" && url.origin !== location.origin)
      throw new TypeError(`scripts may come only from ${location.origin}, not from ${url.origin}`);
    return url.href;
  },
});
