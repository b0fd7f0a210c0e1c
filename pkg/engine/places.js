// @ts-check
/** @import { Build } from "./types.js" */
/**
 * Where the builds of the engine and the model records lie, seen from this file: the only paths that lead out of this
 * folder. The build of the npm package, whose folders lie otherwise, rewrites the two prefixes. The imports are spelt
 * out because bundlers follow only literals.
 */
export const places = Object.freeze({
  /** @type {Record<Build, () => Promise<any>>} */
  builds: {
    simd: () => import("../simd/clip_wasm.js"),
    relaxed: () => import("../relaxed/clip_wasm.js"),
    "simd-threads": () => import("../simd-threads/clip_wasm.js"),
    "relaxed-threads": () => import("../relaxed-threads/clip_wasm.js"),
    research: () => import("../research/clip_wasm.js"),
    "research-threads": () => import("../research-threads/clip_wasm.js"),
  },
  /** What the builds' folders lie in. */
  builtIn: new URL(/* @vite-ignore */ "../", import.meta.url),
  models: new URL(/* @vite-ignore */ "../models/", import.meta.url),
});
