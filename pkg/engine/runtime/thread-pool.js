// @ts-check
/** @import { Build, BuiltModule } from "../protocol/types.js" */
import { startThread } from "./start-thread.js";

/** How long the pool's workers may take to start, in milliseconds: a browser that blocks them reports nothing. */
const PATIENCE = 5000;

/** Threads of a build: this one, and others whose workers start beside the module, which takes them about as long. */
export class ThreadPool {
  /** @type {Worker[]} */
  #workers;
  /** For each worker, what settles when it has started or has failed to. @type {Promise<unknown>[]} */
  #started;
  /** @type {() => void} */
  #settle = () => {};
  /** Once its workers have joined, or will not. @type {Promise<void>} */
  #settled = new Promise((resolve) => (this.#settle = resolve));

  /** @param {{ build: Build, base?: string, count: number }} options a build with threads */
  constructor({ build, base, count }) {
    this.#workers = Array.from({ length: count - 1 }, () => startThread(build, base));
    this.#started = this.#workers.map(answerOf);
    running.push(this);
  }

  /**
   * Hands the module to the workers and makes them its pool.
   * @param {BuiltModule} module instantiated
   * @returns {Promise<void>} once the module shares its work; rejects where not every worker could start: then all are ended
   */
  async join(module) {
    try {
      await this.#start({ module: module.shared_module(), memory: module.shared_memory() });
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#settle();
    }
    module.start_pool(this.#workers.length + 1);
  }

  /** Ends its workers where there is no module for them to share. */
  async dismiss() {
    await this.#start({}).catch(() => {}); // those that cannot start are ended as well
    this.#end();
    this.#settle();
  }

  /**
   * Waits until each worker has started or has failed to, so that none is ended on its way: Chromium (seen in 156) does not end a
   * worker whose threads are ended while they instantiate the module, and both stay for as long as the page.
   * @param {{ module?: WebAssembly.Module, memory?: WebAssembly.Memory }} shared what each is sent
   */
  async #start(shared) {
    for (const worker of this.#workers) worker.postMessage(shared);
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("threads did not start")), PATIENCE));
    await Promise.race([Promise.allSettled(this.#started), late]);
    await Promise.all(this.#started);
  }

  #end() {
    for (const worker of this.#workers) worker.terminate();
  }

  /**
   * Ends the workers of all pools once they have started, as `#start` says why. What runs in them stops where it is.
   * @returns {Promise<void>} once all have been told
   */
  static async endAll() {
    for (let pool = running.shift(); pool; pool = running.shift()) {
      await pool.#settled;
      pool.#end();
    }
  }
}

/**
 * A worker's first message, or why there is none: its script may fail before anything is sent to it.
 * @param {Worker} worker
 */
function answerOf(worker) {
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = (event) => reject(new Error(event.message || "a thread's script could not be run"));
  });
  answer.catch(() => {}); // told once the module is there
  return answer;
}

/** All pools: a browser might collect a worker without references. @type {ThreadPool[]} */
const running = [];
