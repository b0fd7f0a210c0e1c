// @ts-check
/** @import { Build, BuiltModule } from "./types.js" */
import { EngineError } from "./engine-error.js";
import { places } from "./places.js";

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
  if (!base) return places.builds[build]();
  return import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${build}/clip_wasm.js`, base).href);
}
