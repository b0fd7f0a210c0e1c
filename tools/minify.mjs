// @ts-check
/**
 * Makes the scripts of a built page small and few. Each worker's modules become one file: they stand between a visitor
 * and the first answer, and each would cost a request. All others are minified each by itself. Beside each lies a source
 * map, which the browser's tools alone fetch, to show the sources as written.
 * usage: node tools/minify.mjs FOLDER
 */
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, transformSync } from "esbuild";

/** What the page's own thread begins with. */
const PAGE = ["www/running-session.js", "www/main.js", "www/gallery.js"];
/** Research's part of the worker is fetched when its tabs are opened: a bundle of its own. */
const LATER = "../research/research-host.js";
const THREADS = ["simd", "relaxed", "research"].map((kind) => `pkg/engine/runtime/thread-${kind}.js`);
const WORKERS = ["pkg/engine/worker/worker.js", ...THREADS, "pkg/engine/research/research-host.js"];
/** Of the npm package alone: the page says where its own records are. */
const NOT_HERE = "../../models/index.js";
const SMALL = /** @type {const} */ ({ minify: true, legalComments: "none", charset: "utf8", target: "es2022", sourcemap: "external" });
const root = process.argv[2];
if (!root) throw new Error("usage: node tools/minify.mjs FOLDER");

const before = size();
const bundles = await bundleWorkers();
for (const file of scripts().filter((file) => !bundles.has(file))) {
  const sourcefile = path.basename(file);
  const { code, map } = transformSync(readFileSync(file, "utf8"), { ...SMALL, sourcefile });
  put(file, code, map);
}
console.log(`scripts: ${before} bytes as written, ${size()} as shipped`);

function scripts() {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && !name.endsWith("precache.js"))
    .map((name) => path.resolve(root, name))
    .filter((file) => statSync(file).isFile());
}

function size() {
  return scripts().reduce((sum, file) => sum + statSync(file).size, 0);
}

/**
 * Puts the workers' bundles in the places of their entries, and removes what only they imported.
 * @returns {Promise<Set<string>>} the files that hold the bundles
 */
async function bundleWorkers() {
  const page = await bundle(PAGE);
  const workers = await Promise.all(WORKERS.map((name) => bundle([name])));
  const inputs = workers.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  for (const name of inputs) if (!(name in page.metafile.inputs)) rmSync(name, { force: true });
  const files = WORKERS.map((name) => path.resolve(root, name));
  for (const [index, { outputFiles }] of workers.entries()) {
    const [map, code] = [".js.map", ".js"].map((end) => outputFiles.find((output) => output.path.endsWith(end)));
    put(files[index], code?.text ?? "", map?.text ?? "");
  }
  return new Set(files);
}

/**
 * Modules and what they import in one. The engine's builds stay where they are, and so do imports of them: all folders of the engine lie as deep.
 * @param {string[]} names
 */
function bundle(names) {
  return build({
    ...SMALL,
    entryPoints: names.map((name) => path.resolve(root, name)),
    bundle: true,
    format: "esm",
    external: ["*/clip_wasm.js", LATER, NOT_HERE],
    metafile: true,
    write: false,
    outdir: root,
  });
}

/** @param {string} file @param {string} code @param {string} map */
function put(file, code, map) {
  writeFileSync(file, `${code}//# sourceMappingURL=${path.basename(file)}.map\n`);
  writeFileSync(`${file}.map`, map);
}
