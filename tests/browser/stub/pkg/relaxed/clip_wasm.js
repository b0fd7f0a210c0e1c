// @ts-check
export * from "../simd/clip_wasm.js";
export { default } from "../simd/clip_wasm.js";
