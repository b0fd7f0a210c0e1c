// @ts-check
/** @import { BuildOptions, Plugin } from "esbuild" */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { OWN_MODULES, withAddresses } from "./addresses.js";

/**
 * Makes esbuild ship what the package names by addresses: its workers as programs of their own, WebAssembly and models as they are.
 * The build has to write to `outdir`, in the format `esm`.
 * @returns {Plugin} for `plugins` of `build()`
 */
export default function clipWasm() {
  return {
    name: "clip-wasm",
    setup(build) {
      const { initialOptions: options } = build;
      if (!options.outdir || options.format !== "esm") throw new Error('clip-wasm: esbuild needs an outdir and format: "esm"');
      options.loader = { ...options.loader, ".wasm": "file", ".gguf": "file" };
      /** Workers that were built already, and their names in `outdir`. @type {Map<string, Promise<string>>} */
      const workers = new Map();
      /** @param {string} file */
      const worker = (file) => {
        if (!workers.has(file)) workers.set(file, buildWorker(build.esbuild.build, options, file));
        return /** @type {Promise<string>} */ (workers.get(file));
      };
      build.onStart(() => workers.clear());
      build.onResolve({ filter: /^clip-wasm-worker:/ }, ({ path: name }) => ({ path: name.slice("clip-wasm-worker:".length), namespace: "clip-wasm-worker" }));
      build.onLoad({ filter: /./, namespace: "clip-wasm-worker" }, async ({ path: file }) => ({ contents: `export default ${JSON.stringify(await worker(file))};` }));
      build.onLoad({ filter: OWN_MODULES }, async ({ path: file }) => {
        const code = await readFile(file, "utf8");
        /** @type {string[]} */
        const imports = [];
        const contents = withAddresses(code, (name) => {
          const target = path.resolve(path.dirname(file), name);
          const variable = `clip_wasm_file_${imports.length}`;
          imports.push(`import ${variable} from ${JSON.stringify(target.endsWith(".js") ? `clip-wasm-worker:${target}` : target)};`);
          return `${variable}, import.meta.url`;
        });
        return { contents: `${imports.join("\n")}\n${contents}`, loader: "js", resolveDir: path.dirname(file) };
      });
    },
  };
}

/**
 * @param {(options: BuildOptions) => Promise<unknown>} build
 * @param {BuildOptions} options of the program
 * @param {string} file
 * @returns {Promise<string>} its address, seen from the program
 */
async function buildWorker(build, options, file) {
  const name = `clip-wasm-${path.basename(file, ".js")}`;
  const { bundle, minify, sourcemap, target, format, outdir, loader, publicPath, absWorkingDir } = options;
  const same = { bundle, minify, sourcemap, target, format, outdir, loader, publicPath, absWorkingDir };
  await build({ ...same, entryPoints: { [name]: file }, plugins: [clipWasm()] });
  return publicPath ? `${publicPath.replace(/\/$/, "")}/${name}.js` : `./${name}.js`;
}
