// @ts-check
/**
 * Percent-decodes a part of a URL for display; an invalid escape, as in `100%.png`, is returned unchanged.
 *
 * @param {string} text
 */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
