// @ts-check
/**
 * Works on a model's files while no other tab or worker of this origin does.
 * @template T
 * @param {string} key of the model
 * @param {(lock: Lock | null) => Promise<T>} work gets null where `ifAvailable` found somebody else at it
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 */
export async function locked(key, work, options = {}) {
  const { locks } = navigator; // only secure contexts have them, and only those have a store that others share
  return locks ? locks.request(`clip-wasm ${key}`, options, work) : work(/** @type {Lock} */ ({}));
}
