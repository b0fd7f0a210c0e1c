// @ts-check
/** @import { Job } from "../protocol/types.js" */
/** How long the worker may run without handling messages, in milliseconds; a cancellation must take effect within 200. */
export const SLICE = 100;

/**
 * @typedef {object} Pace
 * @property {number} size how many prompts go together next
 * @property {number} most how many may at all
 * @property {boolean} [measured] whether the size is what some have shown to take
 */

/**
 * Works through a list in slices of about 100 ms, between which the worker looks at its mailbox.
 * What a slice took sizes the next, in the next call as well: prompts that go together share work.
 * @template T
 * @param {T[]} items
 * @param {(slice: T[]) => void} work
 * @param {Job} job gets `{ done, total }` as progress after each slice
 * @param {Pace} pace kept up to date
 */
export async function inSlices(items, work, job, pace) {
  let done = 0;
  while (done < items.length) {
    const slice = items.slice(done, done + Math.max(1, Math.floor(Math.min(pace.size, pace.most))));
    const prompts = slice.length;
    const begun = performance.now();
    work(slice);
    const perPrompt = (performance.now() - begun) / prompts;
    done += prompts;
    const fitting = Math.max(1, Math.floor(SLICE / Math.max(perPrompt, 0.01)));
    // A short slice says little of what longer ones cost: it may grow the next no further than twofold, and not shrink it.
    pace.size = prompts < pace.size && fitting > prompts ? pace.size : Math.min(fitting, 2 * prompts);
    pace.measured = true;
    job.progress({ done, total: items.length });
    await job.breathe();
  }
}
