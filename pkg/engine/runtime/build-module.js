// @ts-check
/** @import { Build } from "../protocol/types.js" */
import { EngineError } from "../protocol/engine-error.js";
import { lazyModule } from "./lazy-module.js";

/** @typedef {Partial<Record<Build, () => Promise<any>>>} Imports what imports each build that there is */

/** The importers of builds that were requested before. @type {Map<Build, () => Promise<any>>} */
const asked = new Map();

/**
 * Imports and instantiates one build.
 * @param {Build} build
 * @param {Imports} imports
 * @param {string} [base] the folder of a copy of the package, which is used instead
 * @returns {Promise<any>} its module
 * @throws {EngineError} "engine-load", "no-build"
 */
export async function loadBuild(build, imports, base) {
  try {
    const module = await importBuild(build, imports, base);
    await module.default();
    return module;
  } catch (cause) {
    if (cause instanceof EngineError && cause.code === "no-build") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("engine-load", `the engine's ${build} build could not be loaded: ${reason}`, { cause });
  }
}

/**
 * Imports one build without instantiating it.
 * @param {Build} build
 * @param {Imports} imports
 * @param {string} [base]
 * @returns {Promise<any>}
 */
async function importBuild(build, imports, base) {
  const load = imports[build];
  if (!load) {
    const there = Object.keys(imports).join(", ");
    throw new EngineError("no-build", `the engine's ${build} build is needed for this, but this program has only ${there}: import "clip-wasm", which has them all`);
  }
  if (base) return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ new URL(`${build}/clip_wasm.js`, base).href);
  if (!asked.has(build)) asked.set(build, lazyModule(load, `../../${build}/clip_wasm.js`, import.meta.url));
  return /** @type {() => Promise<any>} */ (asked.get(build))();
}
