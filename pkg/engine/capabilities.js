// @ts-check
/** @import { Capabilities } from "./types.js" */

// One function each, with one instruction that the proposal adds: a browser without it refuses to validate the module.
// (module (func (result v128) (i8x16.popcnt (i32x4.splat (i32.const 0)))))
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 17, 253, 98, 11,
];
// (module (func (result v128)
//   (i16x8.relaxed_dot_i8x16_i7x16_s (i32x4.splat (i32.const 0)) (i32x4.splat (i32.const 0)))))
export const RELAXED = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 0, 253, 17, 65, 0, 253, 17,
  253, 146, 2, 11,
];

/**
 * Probes what this browser offers to the engine.
 * @returns {Capabilities}
 */
export function probeCapabilities() {
  return {
    simd: WebAssembly.validate(new Uint8Array(SIMD)),
    relaxed: WebAssembly.validate(new Uint8Array(RELAXED)),
    isolated: globalThis.crossOriginIsolated === true,
    // Firefox now and then lets the threads of an engine that has ended keep the next one from starting its own.
    pools: !/\bFirefox\//.test(globalThis.navigator?.userAgent ?? ""),
    cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  };
}
