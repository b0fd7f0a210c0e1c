// @ts-check
/** @import { Build } from "../protocol/types.js" */
import { foreignWorker, isForeign } from "./foreign-worker.js";

/**
 * Starts a worker for a thread of a build.
 * @param {Build} build one with threads
 * @param {string | undefined} base the folder of a copy of the package, which is used instead of this one
 * @returns {Worker}
 */
export function startThread(build, base) {
  const name = "clip-wasm-thread";
  const own = import.meta.url;
  const file = `thread-${build.replace("-threads", "")}.js`;
  const address = new URL(base ? `engine/runtime/${file}` : `../runtime/${file}`, base ?? own).href;
  if (isForeign(address)) return foreignWorker(address, { name });
  if (base) return new Worker(address, { type: "module", name });
  // Spelt out as bundlers look for it.
  switch (build) {
    case "simd-threads":
      return new Worker(new URL("../runtime/thread-simd.js", import.meta.url), { type: "module", name: "clip-wasm-thread" });
    case "relaxed-threads":
      return new Worker(new URL("../runtime/thread-relaxed.js", import.meta.url), { type: "module", name: "clip-wasm-thread" });
    default:
      return new Worker(new URL("../runtime/thread-research.js", import.meta.url), { type: "module", name: "clip-wasm-thread" });
  }
}
