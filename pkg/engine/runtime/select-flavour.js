// @ts-check
/** @import { Build, Capabilities, Flavour } from "../protocol/types.js" */
import { EngineError } from "../protocol/engine-error.js";

/** With more threads than this, each has too little work. */
const MOST = 8;

/**
 * Chooses the build of the engine for a browser: the fastest that it can run. A pure function of its arguments.
 * @param {Capabilities} capabilities
 * @param {number} [threads] how many the caller wants; by default as many as are worthwhile
 * @returns {Flavour}
 * @throws {EngineError} "no-simd" where no build can run
 */
export function selectFlavour({ simd, relaxed, isolated, pools, cores }, threads = pools ? cores : 1) {
  if (!simd) {
    throw new EngineError(
      "no-simd",
      "This browser lacks WebAssembly SIMD, which the engine needs. Chrome 91, Firefox 89 and Safari 16.4 have it.",
    );
  }
  const kernels = relaxed ? "relaxed" : "simd";
  return isolated && threads > 1 ? `${kernels}-threads` : kernels;
}

/**
 * The same build without threads.
 * @template {Build} T
 * @param {T} build
 */
export function withoutThreads(build) {
  return /** @type {T} */ (build.replace("-threads", ""));
}

/**
 * How many threads a pool should have.
 * @param {number | undefined} asked by the caller
 * @param {number} cores
 */
export function poolSize(asked, cores) {
  return Math.max(1, Math.min(asked ?? Math.min(cores, MOST), 64));
}
