// @ts-check
/** @import { Capabilities, Flavour } from "./types.js" */
import { EngineError } from "./engine-error.js";

/**
 * Chooses the build of the engine for a browser: the fastest that it can run. A pure function of its argument.
 * @param {Capabilities} capabilities
 * @returns {Flavour}
 * @throws {EngineError} "no-simd" where no build can run
 */
export function selectFlavour(capabilities) {
  if (capabilities.relaxed) return "relaxed";
  if (capabilities.simd) return "simd";
  throw new EngineError(
    "no-simd",
    "This browser lacks WebAssembly SIMD, which the engine is built on. Chrome 91, Firefox 89, Safari 16.4 have it.",
  );
}
