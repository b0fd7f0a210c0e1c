// @ts-check
/** @import { Build, BuiltModule } from "../protocol/types.js" */
import { foreignWorker, isForeign } from "./foreign-worker.js";

/** How long the pool's workers may take to start, in milliseconds: a browser that blocks them tells nobody. */
const PATIENCE = 5000;

/** Threads of a build: this one, and others whose workers start beside the module, which takes them about as long. */
export class ThreadPool {
  /** @type {Worker[]} */
  #workers;

  /** @param {{ build: Build, base?: string, count: number }} options a build with threads */
  constructor({ build, base, count }) {
    this.#workers = Array.from({ length: count - 1 }, () => startThread(base));
    for (const worker of this.#workers) worker.postMessage({ build, base });
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

/** The workers of pools: a browser might collect one that nobody holds. @type {Worker[]} */
const running = [];

/** @param {string | undefined} base the folder of a copy of the package, which is used instead of this one */
function startThread(base) {
  const options = { name: "clip-wasm-thread" };
  const own = import.meta.url;
  const address = new URL(base ? "engine/runtime/pool-thread.js" : "../runtime/pool-thread.js", base ?? own).href;
  if (isForeign(address)) return foreignWorker(address, options);
  if (base) return new Worker(address, { ...options, type: "module" });
  // Spelt out as bundlers look for it.
  return new Worker(new URL("../runtime/pool-thread.js", import.meta.url), { type: "module", name: "clip-wasm-thread" });
}
