// @ts-check
/** @import { ExportedDemo } from "./exported-demo.js" */
/**
 * Packs the page into one HTML file that opens from disk. `one-file.html`, which the build makes by a bundler
 * (`tools/one-file.mjs`), is that file without its contents: the engine's builds, and the demo with its model and pictures.
 */
import { readPageFile } from "./page-files.js";

/** The builds that every browser runs: the scores are the same in each. */
const BUILDS = ["pkg/simd/clip_wasm_bg.wasm", "pkg/research/clip_wasm_bg.wasm"];
/** Where the contents go. */
const PLACE = "<!-- files -->";
/** What gzip makes smaller; pictures and weights it does not. */
const SHRINKS = /\.(json|wasm)$/;

/** @type {Record<string, string>} */
const TYPES = { json: "application/json", wasm: "application/wasm" };

/**
 * @param {ExportedDemo} exported
 * @returns {Promise<Blob>} the HTML file
 * @throws an error with a sentence
 */
export async function singleFile({ files, title }) {
  const page = await (await readPageFile("www/export/one-file.html").catch(notYet)).text();
  const [before, after] = page.split(PLACE);
  const engine = await Promise.all(BUILDS.map(async (path) => /** @type {const} */ ([path, await readPageFile(path)])));
  const held = await Promise.all([...engine, ...files].map(([path, blob]) => dataBlock(path, blob)));
  const head = before.replace(/<title>[^<]*/, (usual) => (title ? `<title>${escaped(title)}` : usual));
  return new Blob([head, ...held, after], { type: "text/html" });
}

/** @param {unknown} cause @returns {never} */
function notYet(cause) {
  throw new Error("This page cannot be exported as one file: that needs the page as ./build.sh makes it, once all builds are done.", { cause });
}

/**
 * @param {string} path
 * @param {Blob} blob
 */
async function dataBlock(path, blob) {
  const gzip = SHRINKS.test(path);
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? blob.type;
  const packed = gzip ? await new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob() : blob;
  const attributes = `data-file="${escaped(path)}" data-type="${escaped(type)}"${gzip ? " data-gzip" : ""}`;
  return `<script type="text/plain" ${attributes}>${await base64(packed)}</script>\n`;
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error("One of the page’s files cannot be read."));
    reader.readAsDataURL(blob);
  });
}

/** @param {string} text that goes into HTML */
function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
