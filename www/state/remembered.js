// @ts-check
/**
 * One text kept between visits. Where storage is switched off or full (private windows, embedded pages) nothing is kept and
 * nothing fails: remembering is a courtesy, not a duty.
 */

/** One host may serve several demos, each at a path of its own. */
const key = () => `clip-wasm.settings ${location.pathname.replace(/index\.html$/, "")}`;

export const remembered = Object.freeze({
  /** @returns {string} empty where nothing is kept */
  read() {
    try {
      return localStorage.getItem(key()) ?? "";
    } catch {
      return "";
    }
  },

  /** @param {string} text */
  write(text) {
    try {
      localStorage.setItem(key(), text);
    } catch {
      // No storage: the next visit starts afresh.
    }
  },
});
