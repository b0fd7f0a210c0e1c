// @ts-check
/** @import { Job } from "./types.js" */
/** How long the worker may stay deaf to its mailbox, in milliseconds; a cancel must be heard within 200. */
const SLICE = 60;

/**
 * Works through a list in slices of about 60 ms, between which the worker looks at its mailbox.
 * What a slice took sizes the next, in the next call as well: prompts that go together share work.
 * @template T
 * @param {T[]} items
 * @param {(slice: T[]) => void} work
 * @param {Job} job gets `{ done, total }` as progress after each slice
 * @param {{ size: number, most: number }} pace the size to begin with, kept up to date; and how many may go together
 */
export async function inSlices(items, work, job, pace) {
  let done = 0;
  while (done < items.length) {
    const slice = items.slice(done, done + Math.min(pace.size, pace.most));
    const begun = performance.now();
    work(slice);
    const perItem = (performance.now() - begun) / slice.length;
    done += slice.length;
    const fitting = Math.max(1, Math.floor(SLICE / Math.max(perItem, 0.01)));
    // A short slice says little of what longer ones cost: it may grow the next no further than twofold, and not shrink it.
    pace.size = slice.length < pace.size && fitting > slice.length ? pace.size : Math.min(fitting, 2 * slice.length);
    job.progress({ done, total: items.length });
    await job.breathe();
  }
}
