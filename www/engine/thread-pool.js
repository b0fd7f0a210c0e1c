// @ts-check
/** @import { EngineModule, Flavour } from "./types.js" */
import { importFlavour } from "./engine-module.js";

/** More threads than this share too little work each. */
const MOST = 8;
/** How long the pool's workers may take to start, in milliseconds: a browser that blocks them tells nobody. */
const PATIENCE = 5000;

/**
 * How many threads a pool should have.
 * @param {number | undefined} asked by the caller
 * @param {number} cores
 */
export function poolSize(asked, cores) {
  return Math.max(1, Math.min(asked ?? Math.min(cores, MOST), 64));
}

/**
 * Starts workers over the module's shared memory and makes them its pool.
 * @param {EngineModule} module a build with threads, instantiated
 * @param {{ flavour: Flavour, base?: string, count: number }} options
 * @returns {Promise<void>} once the module shares its work
 */
export async function startThreadPool(module, { flavour, base, count }) {
  const shared = { module: module.shared_module(), memory: module.shared_memory() };
  const workers = Array.from({ length: count }, () =>
    new Worker(new URL("./thread-pool.js", import.meta.url), { type: "module", name: "clip-wasm-pool" }),
  );
  /** @param {Worker} worker */
  const ready = (worker) =>
    new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(new Error(event.message || "a thread's script could not be run"));
      worker.postMessage({ poolThread: { ...shared, flavour, base } });
    });
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("threads did not start")), PATIENCE));
  try {
    await Promise.race([Promise.all(workers.map(ready)), late]);
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  }
  module.start_pool(count);
  running.push(...workers);
}

/** Ends the workers of all pools. What runs in them stops where it is. */
export function endThreadPools() {
  for (const worker of running.splice(0)) worker.terminate();
}

/** The workers of pools: a browser might collect one that nobody holds. @type {Worker[]} */
const running = [];

// This module is also what a thread runs: there it is told so by its first message.
if (/** @type {any} */ (globalThis).name === "clip-wasm-pool") {
  addEventListener(
    "message",
    async ({ data: { poolThread } }) => {
      const { flavour, base, module, memory } = poolThread;
      const engine = await importFlavour(flavour, base);
      await engine.default({ module_or_path: module, memory });
      postMessage("ready");
      engine.run_pool_thread();
    },
    { once: true },
  );
}
