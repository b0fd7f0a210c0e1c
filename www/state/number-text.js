// @ts-check
/** Numbers as people read them, the same everywhere on the page. English, like the page itself. */

const LOCALE = "en";
const percent = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const count = new Intl.NumberFormat(LOCALE);
const compact = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });

export const numberText = Object.freeze({
  /**
   * A share as percent without its sign, never rounded to a certainty that is not there: 0.99996 is ">99.9".
   *
   * @param {number} share 0 to 1
   */
  percent(share) {
    if (share > 0 && share < 0.0005) return "<0.1";
    if (share < 1 && share > 0.9995) return ">99.9";
    return percent.format(share * 100);
  },

  /** @param {number} value -1 to 1 */
  cosine(value) {
    return value.toFixed(3);
  },

  /** @param {number} value */
  count(value) {
    return count.format(value);
  },

  /** @param {number} bytes */
  bytes(bytes) {
    if (bytes < 1e3) return `${bytes} bytes`;
    if (bytes < 1e6) return `${compact.format(bytes / 1e3)} kB`;
    return bytes < 1e9 ? `${compact.format(bytes / 1e6)} MB` : `${compact.format(bytes / 1e9)} GB`;
  },

  /** @param {number} milliseconds */
  duration(milliseconds) {
    if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
    return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  },

  /** A time to wait, as coarse as it is known. @param {number} seconds */
  wait(seconds) {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  },

  /** @param {number} parameters */
  parameters(parameters) {
    return parameters < 1e9
      ? `${compact.format(parameters / 1e6)} million`
      : `${compact.format(parameters / 1e9)} billion`;
  },
});
