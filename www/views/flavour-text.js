// @ts-check
/** @import { Flavour } from "../../pkg/engine/protocol/types.js" */

/**
 * The name of an engine build for display.
 * @param {Flavour} flavour
 * @param {number} [threads]
 */
export function flavourText(flavour, threads = 1) {
  const kernels = flavour.startsWith("relaxed") ? "relaxed SIMD" : "SIMD";
  return threads > 1 ? `${kernels}, ${threads} threads` : `${kernels}, 1 thread`;
}
