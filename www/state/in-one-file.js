// @ts-check
/** Whether this page is a single HTML file, as `tools/one-file.mjs` builds it: then there is no host to ask. */
export const inOneFile = import.meta.url.startsWith("inside:");
