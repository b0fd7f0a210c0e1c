// @ts-check
/** @import { Build, BuiltModule } from "../protocol/types.js" */
import { startThread } from "./start-thread.js";

/** How long the pool's workers may take to start, in milliseconds: a browser that blocks them reports nothing. */
const PATIENCE = 5000;

/** Threads of a build: this one, and others whose workers start beside the module, which takes them about as long. */
export class ThreadPool {
  /** @type {Worker[]} */
  #workers;

  /** @param {{ build: Build, base?: string, count: number }} options a build with threads */
  constructor({ build, base, count }) {
    this.#workers = Array.from({ length: count - 1 }, () => startThread(build, base));
    running.push(...this.#workers);
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
    }
    module.start_pool(this.#workers.length + 1);
  }

  /** Ends its workers. */
  end() {
    for (const worker of this.#workers) worker.terminate();
  }

  /** Ends the workers of all pools. What runs in them stops where it is. */
  static endAll() {
    for (const worker of running.splice(0)) worker.terminate();
  }
}

/** The workers of pools: a browser might collect a worker without references. @type {Worker[]} */
const running = [];
