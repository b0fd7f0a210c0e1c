// @ts-check
/** @import { Build } from "../protocol/types.js" */
import { workerElsewhere } from "./foreign-worker.js";
import { withoutThreads } from "./select-flavour.js";

/**
 * Starts a worker for a thread of a build.
 * @param {Build} build one with threads
 * @param {string | undefined} base the folder of a copy of the package, which is used instead of this one
 * @returns {Worker}
 */
export function startThread(build, base) {
  const elsewhere = workerElsewhere(`runtime/thread-${withoutThreads(build)}.js`, base, import.meta.url, "clip-wasm-thread");
  if (elsewhere) return elsewhere;
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
