// @ts-check
/** @import { Job } from "./types.js" */
/** How long the worker may stay deaf to its mailbox, in milliseconds; a cancel must be heard within 200. */
const SLICE = 60;

/**
 * Works through a list in slices of about 60 ms, between which the worker looks at its mailbox.
 * The first slice is one item; what it took sizes the next.
 * @template T
 * @param {T[]} items
 * @param {(slice: T[]) => void} work
 * @param {Job} job gets `{ done, total }` as progress after each slice
 * @param {number} [most] items in a slice
 */
export async function inSlices(items, work, job, most = Infinity) {
  let done = 0;
  let size = 1;
  while (done < items.length) {
    const slice = items.slice(done, done + size);
    const begun = performance.now();
    work(slice);
    const perItem = (performance.now() - begun) / slice.length;
    done += slice.length;
    size = Math.max(1, Math.min(most, 2 * size, Math.floor(SLICE / Math.max(perItem, 0.01))));
    job.progress({ done, total: items.length });
    await job.breathe();
  }
}
