// @ts-check
/**
 * One text stored between visits. If storage is disabled or full (private windows, embedded pages),
 * nothing is stored and nothing fails.
 */

/** One host may serve several demos, each at a path of its own. @param {string} what is kept */
export const storageKey = (what) => `clip-wasm.${what} ${location.pathname.replace(/index\.html$/, "")}`;

const key = () => storageKey("settings");

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
