// @ts-check
/**
 * Returns a part of an address as people read it; one whose `%` stands for itself, as in `100%.png`, as it is.
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
