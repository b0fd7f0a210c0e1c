// @ts-check
/** @import { EngineModule, Flavour } from "./types.js" */
import { EngineError } from "./engine-error.js";
import { places } from "./places.js";

/**
 * Imports and instantiates one build of the engine.
 * @param {Flavour} flavour
 * @param {string} [base] the folder that holds the builds' folders; the engine's own where absent
 * @returns {Promise<EngineModule>}
 * @throws {EngineError} "engine-load"
 */
export async function loadEngineModule(flavour, base) {
  try {
    const module = await importFlavour(flavour, base);
    await module.default();
    return module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("engine-load", `the engine's ${flavour} build could not be loaded: ${reason}`, { cause });
  }
}

/**
 * Imports one build without instantiating it.
 * @param {Flavour} flavour
 * @param {string} [base]
 * @returns {Promise<EngineModule>}
 */
export function importFlavour(flavour, base) {
  if (!base) return places.flavours[flavour]();
  return import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${flavour}/clip_wasm.js`, base).href);
}
