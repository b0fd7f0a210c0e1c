// @ts-check
import { workerElsewhere } from "../runtime/foreign-worker.js";
import { EngineCalls } from "./engine-calls.js";

/** The engine with all its builds: the fastest one for the browser runs. */
export class EngineClient extends EngineCalls {
  /**
   * @param {string} [base] the folder of a copy of the package, which is used instead of this one
   * @returns {Worker}
   */
  static startWorker(base) {
    const elsewhere = workerElsewhere("worker/worker.js", base, import.meta.url, "clip-wasm-engine");
    // Spelt out as bundlers look for it.
    return elsewhere ?? new Worker(new URL("../worker/worker.js", import.meta.url), { type: "module", name: "clip-wasm-engine" });
  }
}
