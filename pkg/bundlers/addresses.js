// @ts-check
/** The files that the package's modules name by their addresses, `new URL("…", import.meta.url)`, for bundlers that do not follow these. */

/** In modules of the package alone. */
export const OWN_MODULES = /[\\/]clip-wasm[\\/].*\.js$/;

const ADDRESS = /new URL\(\s*(?:\/\*.*?\*\/\s*)*(["'])([^"'`]+)\1,\s*import\.meta\.url,?\s*\)/g;

/**
 * Replaces each address of a file.
 * @param {string} code of a module
 * @param {(name: string) => string} replacement an expression whose value is the file's URL as a string, by its name as the module says it
 * @returns {string}
 */
export function withAddresses(code, replacement) {
  return code.replace(ADDRESS, (whole, _quote, name) => (name.endsWith("/") ? whole : `new URL(${replacement(name)})`));
}
