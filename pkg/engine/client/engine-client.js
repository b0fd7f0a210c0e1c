// @ts-check
import { foreignWorker, isForeign } from "../runtime/foreign-worker.js";
import { EngineCalls } from "./engine-calls.js";

/** The engine with all its builds: the fastest one for the browser runs. */
export class EngineClient extends EngineCalls {
  /**
   * @param {string} [base] the folder of a copy of the package, which is used instead of this one
   * @returns {Worker}
   */
  static startWorker(base) {
    const name = "clip-wasm-engine";
    const own = import.meta.url;
    const address = new URL(base ? "engine/worker/worker.js" : "../worker/worker.js", base ?? own).href;
    if (isForeign(address)) return foreignWorker(address, { name });
    if (base) return new Worker(address, { type: "module", name });
    // Spelt out as bundlers look for it.
    return new Worker(new URL("../worker/worker.js", import.meta.url), { type: "module", name: "clip-wasm-engine" });
  }
}
