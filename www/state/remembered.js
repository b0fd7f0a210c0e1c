// @ts-check
/**
 * One text kept between visits. Where storage is switched off or full (private windows, embedded pages) nothing is kept and
 * nothing fails: remembering is a courtesy, not a duty.
 */

const KEY = "clip-wasm.settings";

export const remembered = Object.freeze({
  /** @returns {string} empty where nothing is kept */
  read() {
    try {
      return localStorage.getItem(KEY) ?? "";
    } catch {
      return "";
    }
  },

  /** @param {string} text */
  write(text) {
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // No storage: the next visit starts afresh.
    }
  },
});
