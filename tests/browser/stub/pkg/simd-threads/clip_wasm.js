// @ts-check
// Without a pool to start: the engine goes on with one thread.
export * from "../simd/clip_wasm.js";
export { default } from "../simd/clip_wasm.js";
