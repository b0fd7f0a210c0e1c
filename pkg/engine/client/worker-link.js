// @ts-check
/** @import { Answer, Kind, Message, Requests } from "../protocol/requests.js" */
/** @import { CallOptions } from "../protocol/types.js" */
import { EngineError } from "../protocol/engine-error.js";
import { wireError } from "../protocol/wire-error.js";

/**
 * @typedef {object} Pending
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((progress: any) => void) | undefined} onProgress
 */

/** How long a worker that is to end may go on without hearing it, in milliseconds. */
const DEAF = 500;

/** How long one may take that has heard it, in milliseconds: the threads below it first have to start. */
const ENDING = 10_000;

/** Calls into the engine's worker: a promise for every request, matched by id. */
export class WorkerLink {
  /** @type {Worker} */
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #nextId = 1;
  /** @type {Error | undefined} why no more calls are taken */
  #closed;
  /** @type {ReturnType<typeof setTimeout> | undefined} of the end from outside */
  #ending;
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
   * @template {Kind} K
   * @param {K} kind
   * @param {Requests[K]["takes"]} payload
   * @param {CallOptions<Requests[K]["tells"]>} [options]
   * @param {boolean} [isChange] whether it changes what the worker holds: then the worker's word is awaited even after an
   *   abort, because what it has done by then stands
   * @returns {Promise<Requests[K]["gives"]>}
   */
  call(kind, payload, { signal, onProgress } = {}, isChange = false) {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const answer = new Promise((resolve, reject) => {
      this.#post(/** @type {Message} */ ({ id, kind, payload })); // throws on what cannot be cloned
      this.#pending.set(id, { resolve, reject, onProgress });
    });
    if (!signal) return answer;

    const cancel = () => {
      if (!isChange) this.#forget(id, signal.reason);
      this.#post({ id, kind: "cancel" });
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
    this.#post({ kind: "end" });
    this.#endIn(DEAF);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  /** @param {number} time in milliseconds, after which the worker is ended from here */
  #endIn(time) {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#worker.terminate(), time);
  }

  /**
   * The caller is told at once; the worker stops when it next handles messages, and its late answer is ignored.
   * @param {number} id
   * @param {unknown} reason
   */
  #forget(id, reason) {
    this.#pending.get(id)?.reject(reason);
    this.#pending.delete(id);
  }

  /** @param {Message} message */
  #post(message) {
    this.#worker.postMessage(message);
  }

  /** @param {Answer} answer */
  #receive(answer) {
    if (answer.kind === "ending") return this.#endIn(ENDING);
    if (answer.kind === "lost") return this.#lose(answer.payload.message, answer.payload.code);
    const pending = this.#pending.get(answer.id);
    if (answer.kind === "progress") return pending?.onProgress?.(answer.payload);
    this.#pending.delete(answer.id);
    if (answer.kind === "failed") pending?.reject(wireError.unpack(answer.payload));
    else pending?.resolve(answer.payload);
  }

  /** @param {string} reason @param {string} [code] where there is a better one than "worker-lost" */
  #lose(reason, code) {
    if (this.#closed) return;
    const error = code ? new EngineError(code, reason) : new EngineError("worker-lost", `the engine stopped: ${reason}`);
    this.close(error);
    this.#onLost(error);
  }
}
