// @ts-check
/** A break in long work, so that the page answers in between. */

/** How long a frame is waited for that a tab behind others does not draw, in milliseconds. */
const HIDDEN_MS = 100;

/** Resolves once the next frame is drawn. @returns {Promise<void>} */
export function nextFrame() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve);
    });
  });
}
