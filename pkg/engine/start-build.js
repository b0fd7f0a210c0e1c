// @ts-check
/** @import { Build } from "./types.js" */
import { loadBuild } from "./build-module.js";
import { withoutThreads } from "./select-flavour.js";
import { ThreadPool } from "./thread-pool.js";

/**
 * Instantiates a build, with its pool where it has one. What cannot be had (memory to share, workers) leaves one thread.
 * @param {Build} build
 * @param {string | undefined} base the folder that holds the builds' folders; the engine's own where absent
 * @param {number} count threads of a pool
 * @returns {Promise<{ module: any, pool?: Promise<void> }>} as soon as the module runs, on one thread at first
 */
export async function startBuild(build, base, count) {
  if (!build.endsWith("-threads")) return { module: await loadBuild(build, base) };
  const pool = new ThreadPool({ build, base, count });
  try {
    const module = await loadBuild(build, base);
    return { module, pool: pool.join(module).catch(() => {}) };
  } catch {
    pool.end();
    return { module: await loadBuild(withoutThreads(build), base) };
  }
}
