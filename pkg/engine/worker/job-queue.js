// @ts-check
/** @import { Job } from "../protocol/types.js" */
/**
 * @typedef {object} Request
 * @property {number} id
 * @property {string} kind
 * @property {any} payload
 */

/**
 * @typedef {object} Report what becomes of requests
 * @property {(id: number, payload: unknown) => void} progress
 * @property {(id: number, result: unknown) => void} done
 * @property {(request: Request, error: unknown) => void} failed
 */

/**
 * Runs requests, those of one lane one after the other and in order, and ends the ones that are cancelled, waiting or
 * running.
 */
export class JobQueue {
  /** @type {(request: Request, job: Job) => unknown} */
  #run;
  /** @type {Report} */
  #report;
  /** @type {Map<number, AbortController>} every request that has no answer yet */
  #open = new Map();
  /** @type {Map<string, Promise<void>>} for each lane, what settles when its last request so far has */
  #tails = new Map();

  /**
   * @param {(request: Request, job: Job) => unknown} run may return a promise
   * @param {Report} report
   */
  constructor(run, report) {
    this.#run = run;
    this.#report = report;
  }

  /**
   * @param {Request} request
   * @param {string} lane
   */
  add(request, lane) {
    this.#open.set(request.id, new AbortController());
    const before = this.#tails.get(lane) ?? Promise.resolve();
    this.#tails.set(lane, before.then(() => this.#next(request)));
  }

  /** @param {number} id of a request; one that has been answered is left alone */
  cancel(id) {
    this.#open.get(id)?.abort();
  }

  /** Cancels every request that has no answer yet. */
  cancelAll() {
    for (const open of this.#open.values()) open.abort();
  }

  /** @param {Request} request */
  async #next(request) {
    const { id } = request;
    const signal = /** @type {AbortController} */ (this.#open.get(id)).signal;
    try {
      signal.throwIfAborted();
      const result = await this.#run(request, {
        signal,
        progress: (payload) => this.#report.progress(id, payload),
        breathe: async () => {
          await nextTask();
          signal.throwIfAborted();
        },
      });
      this.#report.done(id, result);
    } catch (error) {
      this.#report.failed(request, error);
    } finally {
      this.#open.delete(id);
    }
  }
}

/** Resolves once the messages that wait now are delivered; not by a timer, because nested ones are held for 4 ms. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(undefined);
  });
}
