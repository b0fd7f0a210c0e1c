// @ts-check
/** A thread of the build `simd-threads`. It imports that build alone, by a literal, which every bundler follows. */
import * as build from "../../simd-threads/clip_wasm.js";
import { runThread } from "./run-thread.js";

runThread(/** @type {any} */ (build));
