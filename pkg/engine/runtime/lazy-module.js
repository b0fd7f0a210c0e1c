// @ts-check
import { EngineError } from "../protocol/engine-error.js";

/** Modules that lie where they were written: a bundler gives others their addresses, and asks again in its own way. */
const IN_PLACE = /^https?:.*\/(?:engine|www)\/.*\.js$/;

/**
 * Returns what imports a module when it is first asked for, and again where that failed. Firefox (seen in 153) keeps a failed
 * import for as long as the page or the worker lives, so each further try asks under another address; what the module itself
 * imports keeps its address, and there only a new page or worker helps.
 *
 * @template Module
 * @param {() => Promise<Module>} load an `import()` with a literal, which bundlers follow
 * @param {string} name the same module, seen from `base`
 * @param {string} base the module that asks
 * @returns {() => Promise<Module>} rejects with "engine-load"
 */
export function lazyModule(load, name, base) {
  /** @type {Promise<Module> | undefined} */
  let module;
  let failures = 0;
  const again = () => {
    if (!IN_PLACE.test(base)) return load();
    const address = new URL(`${name}?again=${failures}`, base).href;
    return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ address);
  };
  return () => {
    module ??= (failures === 0 ? load() : again()).catch((cause) => {
      failures += 1;
      module = undefined;
      const reason = "the network is down, or the host now has another version of this page";
      throw new EngineError("engine-load", `a part of this page could not be fetched: ${reason}`, { cause });
    });
    return module;
  };
}
