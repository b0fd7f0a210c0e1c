// @ts-check
/** @import { Build, BuiltModule } from "../protocol/types.js" */
import { startThread } from "./start-thread.js";

/** How long the pool's workers may take to start, in milliseconds: a browser that blocks them reports nothing. */
const PATIENCE = 5000;

/** Threads of a build: this one, and others whose workers start beside the module, which takes them about as long. */
export class ThreadPool {
  /** @type {Worker[]} */
  #workers;
  /** @type {() => void} */
  #settle = () => {};
  /** Once its workers have joined, or will not. @type {Promise<void>} */
  #settled = new Promise((resolve) => (this.#settle = resolve));

  /** @param {{ build: Build, base?: string, count: number }} options a build with threads */
  constructor({ build, base, count }) {
    this.#workers = Array.from({ length: count - 1 }, () => startThread(build, base));
    running.push(this);
  }

  /**
   * Hands the module to the workers and makes them its pool.
   * @param {BuiltModule} module instantiated
   * @returns {Promise<void>} once the module shares its work
   */
  async join(module) {
    const shared = { module: module.shared_module(), memory: module.shared_memory() };
    /** @param {Worker} worker */
    const ready = (worker) =>
      new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = (event) => reject(new Error(event.message || "a thread's script could not be run"));
        worker.postMessage(shared);
      });
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("threads did not start")), PATIENCE));
    try {
      await Promise.race([Promise.all(this.#workers.map(ready)), late]);
    } catch (error) {
      this.end();
      throw error;
    } finally {
      this.#settle();
    }
    module.start_pool(this.#workers.length + 1);
  }

  /** Ends its workers. */
  end() {
    this.#settle();
    for (const worker of this.#workers) worker.terminate();
  }

  /**
   * Ends the workers of all pools. What runs in them stops where it is, but they start first: Chromium (seen in 156) does not end
   * a worker whose threads are ended while they instantiate the module, and both stay for as long as the page.
   * @returns {Promise<void>} once all have been told
   */
  static async endAll() {
    for (const pool of running.splice(0)) {
      await pool.#settled;
      pool.end();
    }
  }
}

/** All pools: a browser might collect a worker without references. @type {ThreadPool[]} */
const running = [];
