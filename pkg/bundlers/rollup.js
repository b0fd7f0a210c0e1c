// @ts-check
import { readFileSync } from "node:fs";
import path from "node:path";
import { OWN_MODULES, withAddresses } from "./addresses.js";

/**
 * The parts of Rollup's types that are used here.
 * @typedef {{ type: "chunk", id: string } | { type: "asset", name: string, source: Uint8Array }} EmittedFile
 * @typedef {{ emitFile: (file: EmittedFile) => string }} Context
 * @typedef {{ name: string, transform: (this: Context, code: string, id: string) => { code: string, map: null } | null }} Plugin
 */

/**
 * Makes Rollup ship what the package names by addresses: its workers as programs of their own, WebAssembly and models as they are.
 * @returns {Plugin} for `plugins` of `rollup.config.js`
 */
export default function clipWasm() {
  return {
    name: "clip-wasm",
    transform(code, id) {
      if (!OWN_MODULES.test(id) || !code.includes("import.meta.url")) return null;
      /** @param {string} name */
      const shipped = (name) => {
        const file = path.resolve(path.dirname(id), name);
        const reference = file.endsWith(".js")
          ? this.emitFile({ type: "chunk", id: file })
          : this.emitFile({ type: "asset", name: path.basename(file), source: readFileSync(file) });
        return `import.meta.ROLLUP_FILE_URL_${reference}`;
      };
      return { code: withAddresses(code, shipped), map: null };
    },
  };
}
