// @ts-check
/**
 * What a promise gives, or a failure where it does not settle in time: of `page.evaluate`, which has no limit of its own.
 *
 * @template T
 * @param {number} milliseconds
 * @param {Promise<T>} promise
 * @param {string} what it is, for the message
 * @returns {Promise<T>}
 */
export async function within(milliseconds, promise, what) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${milliseconds / 1000} s: ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
