// @ts-check
/** @import { BuiltModule } from "../protocol/types.js" */
/**
 * Makes this worker a thread of a pool: its one message brings the compiled module and the memory that all share. Without them it
 * only answers, so that it can be ended.
 * @param {BuiltModule} build not instantiated yet
 */
export function runThread(build) {
  addEventListener("message", async ({ data: { module, memory } }) => {
    if (module) await build.default({ module_or_path: module, memory });
    postMessage("ready");
    if (module) build.run_pool_thread();
  });
}
