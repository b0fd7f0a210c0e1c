// @ts-check
/** @import { Build, BuiltModule } from "./types.js" */
import { EngineError } from "./engine-error.js";
import { lazyModule } from "./lazy-module.js";
import { places } from "./places.js";

/** The engine's own builds. @type {Map<Build, () => Promise<any>>} */
const own = new Map();

/**
 * Imports and instantiates one build.
 * @param {Build} build
 * @param {string} [base] the folder that holds the builds' folders; the engine's own where absent
 * @returns {Promise<any>} its module
 * @throws {EngineError} "engine-load"
 */
export async function loadBuild(build, base) {
  try {
    const module = await importBuild(build, base);
    await module.default();
    return module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("engine-load", `the engine's ${build} build could not be loaded: ${reason}`, { cause });
  }
}

/**
 * Imports one build without instantiating it.
 * @param {Build} build
 * @param {string} [base]
 * @returns {Promise<any>}
 */
export function importBuild(build, base) {
  if (!base) {
    if (!own.has(build)) own.set(build, lazyModule(places.builds[build], `${build}/clip_wasm.js`, places.builtIn));
    return /** @type {() => Promise<any>} */ (own.get(build))();
  }
  return import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${build}/clip_wasm.js`, base).href);
}
