// @ts-check
/** @import { Build } from "../protocol/types.js" */
/**
 * What imports each build of the engine: the only paths that lead from the worker out of the engine's folder. They are spelt
 * out because bundlers follow only literals. Every folder of the engine lies two below the builds, so that they also hold in a module
 * of another folder that a bundler has put this one into.
 * @type {Readonly<Record<Build, () => Promise<any>>>}
 */
export const BUILDS = Object.freeze({
  simd: () => import("../../simd/clip_wasm.js"),
  relaxed: () => import("../../relaxed/clip_wasm.js"),
  "simd-threads": () => import("../../simd-threads/clip_wasm.js"),
  "relaxed-threads": () => import("../../relaxed-threads/clip_wasm.js"),
  research: () => import("../../research/clip_wasm.js"),
  "research-threads": () => import("../../research-threads/clip_wasm.js"),
});
