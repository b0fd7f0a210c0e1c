// @ts-check
/** @import { Build } from "../protocol/types.js" */
/** @import { Imports } from "./build-module.js" */
import { loadBuild } from "./build-module.js";
import { withoutThreads } from "./select-flavour.js";

/**
 * What a worker has to run: builds, and threads for those that share their work.
 * @typedef {object} Runtime
 * @property {Imports} builds
 * @property {typeof import("./thread-pool.js").ThreadPool} [Pool] absent where there is one thread only
 */

/**
 * Instantiates a build, with its pool where it has one. What cannot be had (memory to share, workers) leaves one thread.
 * @param {Build} build
 * @param {Runtime} runtime
 * @param {string | undefined} base the folder of a copy of the package, which is used instead
 * @param {number} count threads of a pool
 * @returns {Promise<{ module: any, pool?: Promise<void> }>} as soon as the module runs, on one thread at first
 */
export async function startBuild(build, { builds, Pool }, base, count) {
  if (!build.endsWith("-threads") || !Pool) return { module: await loadBuild(build, builds, base) };
  let pool;
  try {
    pool = new Pool({ build, base, count });
    const module = await loadBuild(build, builds, base);
    return { module, pool: pool.join(module).catch(() => {}) };
  } catch {
    pool?.dismiss();
    return { module: await loadBuild(withoutThreads(build), builds, base) };
  }
}
