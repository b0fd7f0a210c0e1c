// @ts-check
import { EngineError } from "./engine-error.js";

/**
 * Returns what imports a module when it is first asked for, and again where that failed. Firefox (seen in 153) keeps a failed
 * import for as long as the page or the worker lives, so each further try asks under another address; what the module itself
 * imports keeps its address, and there only a new page or worker helps.
 *
 * @template Module
 * @param {() => Promise<Module>} load an `import()` with a literal, which bundlers follow
 * @param {string} name the same module, seen from `base`
 * @param {string | URL} base
 * @returns {() => Promise<Module>} rejects with "engine-load"
 */
export function lazyModule(load, name, base) {
  /** @type {Promise<Module> | undefined} */
  let module;
  let failures = 0;
  const again = () => import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${name}?again=${failures}`, base).href);
  return () => {
    module ??= (failures === 0 ? load() : again()).catch((cause) => {
      failures += 1;
      module = undefined;
      const reason = "the network is down, or the host has another version of this page by now";
      throw new EngineError("engine-load", `a part of this page could not be fetched: ${reason}`, { cause });
    });
    return module;
  };
}
