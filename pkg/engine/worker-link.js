// @ts-check
/** @import { CallOptions } from "./types.js" */
import { EngineError } from "./engine-error.js";
import { KIND } from "./protocol.js";
import { wireError } from "./wire-error.js";

/**
 * @typedef {object} Pending
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((progress: any) => void) | undefined} onProgress
 */

/** How long a worker that is to end may go on without hearing it, in milliseconds. */
const DEAF = 500;

/** Calls into a worker that speaks `protocol.js`: a promise for every request, matched by id. */
export class WorkerLink {
  /** @type {Worker} */
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #nextId = 1;
  /** @type {Error | undefined} why no more calls are taken */
  #closed;
  /** @type {(error: Error) => void} */
  #onLost;

  /**
   * @param {Worker} worker owned from here on
   * @param {(error: Error) => void} onLost called once if the worker dies by itself
   */
  constructor(worker, onLost) {
    this.#worker = worker;
    this.#onLost = onLost;
    worker.addEventListener("message", ({ data }) => this.#receive(data));
    worker.addEventListener("messageerror", () => this.#lose("a message from it could not be read"));
    worker.addEventListener("error", (event) => this.#lose(event.message || "its script could not be run"));
  }

  /**
   * @param {string} kind of `KIND`
   * @param {unknown} payload
   * @param {CallOptions<any>} [options]
   * @param {boolean} [isChange] whether it changes what the worker holds: then the worker's word is awaited even after an
   *   abort, because what it has done by then stands
   * @returns {Promise<any>}
   */
  call(kind, payload, { signal, onProgress } = {}, isChange = false) {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const answer = new Promise((resolve, reject) => {
      this.#worker.postMessage({ id, kind, payload }); // throws on what cannot be cloned
      this.#pending.set(id, { resolve, reject, onProgress });
    });
    if (!signal) return answer;

    const cancel = () => {
      if (!isChange) this.#forget(id, signal.reason);
      this.#worker.postMessage({ id, kind: KIND.cancel });
    };
    signal.addEventListener("abort", cancel, { once: true });
    const inItsWords = (/** @type {unknown} */ error) => {
      throw signal.aborted && error instanceof DOMException && error.name === "AbortError" ? signal.reason : error;
    };
    return answer.catch(inItsWords).finally(() => signal.removeEventListener("abort", cancel));
  }

  /**
   * Ends the worker and rejects everything pending, and every later call.
   * @param {Error} reason
   */
  close(reason) {
    if (this.#closed) return;
    this.#closed = reason;
    // Firefox waits for the threads below a worker, which wait for work, before it lets another worker start any: the
    // worker ends them itself, and is ended from here only if it does not hear.
    this.#worker.postMessage({ kind: KIND.end });
    setTimeout(() => this.#worker.terminate(), DEAF);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  /**
   * The caller hears at once; the worker stops at its next look into the mailbox, and its late answer meets nobody.
   * @param {number} id
   * @param {unknown} reason
   */
  #forget(id, reason) {
    this.#pending.get(id)?.reject(reason);
    this.#pending.delete(id);
  }

  /** @param {{ id: number, kind: string, payload: any }} message */
  #receive({ id, kind, payload }) {
    if (kind === KIND.lost) return this.#lose(payload.message, payload.code);
    const pending = this.#pending.get(id);
    if (kind === KIND.progress) return pending?.onProgress?.(payload);
    this.#pending.delete(id);
    if (kind === KIND.done) pending?.resolve(payload);
    else pending?.reject(wireError.unpack(payload));
  }

  /** @param {string} reason @param {string} [code] where there is a better one than "worker-lost" */
  #lose(reason, code) {
    if (this.#closed) return;
    const error = code ? new EngineError(code, reason) : new EngineError("worker-lost", `the engine stopped: ${reason}`);
    this.close(error);
    this.#onLost(error);
  }
}
