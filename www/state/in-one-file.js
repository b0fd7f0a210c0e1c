// @ts-check
/** Whether this page runs out of one HTML file, as `tools/one-file.mjs` builds it: then there is no host to ask. */
export const inOneFile = import.meta.url.startsWith("inside:");
