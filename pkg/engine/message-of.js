// @ts-check
/** @param {unknown} thrown whatever was caught @returns {string} what it says */
export function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
