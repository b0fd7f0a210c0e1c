// @ts-check
/** What a thread of a pool runs: its first message says which build, its second brings the module and its memory. */
/** @import { BuiltModule } from "../protocol/types.js" */
import { importBuild } from "./build-module.js";
import { BUILDS } from "./builds.js";

/** @type {Promise<BuiltModule> | undefined} */
let imported;

addEventListener("message", async ({ data: { build, base, module, memory } }) => {
  imported ??= importBuild(build, BUILDS, base);
  if (!module) return;
  const built = await imported;
  await built.default({ module_or_path: module, memory });
  postMessage("ready");
  built.run_pool_thread();
});
