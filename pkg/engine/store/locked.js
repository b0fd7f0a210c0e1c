// @ts-check
/**
 * Runs work on a model's files under a lock that excludes other tabs and workers of this origin.
 * @template T
 * @param {string} key of the model
 * @param {(lock: Lock | null) => Promise<T>} work gets null if `ifAvailable` is set and the lock is held elsewhere
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 */
export async function locked(key, work, options = {}) {
  const { locks } = navigator; // only secure contexts have them, and only those have a store that others share
  return locks ? locks.request(`clip-wasm ${key}`, options, work) : work(/** @type {Lock} */ ({}));
}
