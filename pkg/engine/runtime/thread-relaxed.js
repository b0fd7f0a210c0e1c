// @ts-check
/** A thread of the build `relaxed-threads`. It imports that build alone, by a literal, which every bundler follows. */
import * as build from "../../relaxed-threads/clip_wasm.js";
import { runThread } from "./run-thread.js";

runThread(/** @type {any} */ (build));
