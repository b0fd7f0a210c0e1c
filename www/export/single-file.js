// @ts-check
/** @import { ExportedDemo } from "./exported-demo.js" */
/**
 * Packs the page into one HTML file that opens from disk: the modules, the engine, the style, a demo with its model and
 * samples. `open-inside.js` runs in it. Its policy lets it reach nothing but itself.
 */
import { readPageFile } from "./page-files.js";

/** What runs first, in this order, as in index.html. */
const START = ["www/running-session.js", "www/main.js"];
const WORKER = "www/engine/worker.js";
/** The builds that every browser runs: the scores are the same in each. */
const BUILDS = ["pkg/simd/", "pkg/lab/"];
const WASM = BUILDS.map((folder) => `${folder}clip_wasm_bg.wasm`);
/** What gzip makes smaller; pictures and weights it does not. */
const SHRINKS = /\.(js|json|wasm)$/;

/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", json: "application/json", wasm: "application/wasm" };

/**
 * @param {ExportedDemo} exported
 * @returns {Promise<Blob>} the HTML file
 * @throws an error with a sentence
 */
export async function singleFile({ files, title }) {
  const modules = await gatherModules([...START, WORKER]);
  const engine = await Promise.all(WASM.map(async (path) => /** @type {const} */ ([path, await readPageFile(path)])));
  const content = new Map([...modules, ...engine, ...files]);
  const held = await Promise.all([...content].map(([path, blob]) => dataBlock(path, blob)));
  const style = await flatStyle();
  const script = await (await readPageFile("www/export/open-inside.js")).text();
  const shell = await (await readPageFile("index.html")).text();
  const icon = new Blob([await (await readPageFile("www/icon.svg")).arrayBuffer()]);
  const [head, body] = replaceLinks(shell, {
    policy: await policy(script, style),
    icon: `data:image/svg+xml;base64,${await base64(icon)}`,
    style,
    title,
  });
  return new Blob([head, body, ...held, `<script>${script}</script>\n</body>\n</html>\n`], { type: "text/html" });
}

/**
 * The modules and what they import, each by its path.
 *
 * @param {string[]} entries
 * @returns {Promise<Map<string, Blob>>}
 */
async function gatherModules(entries) {
  /** @type {Map<string, Blob>} */
  const gathered = new Map();
  const waiting = [...entries];
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    if (gathered.has(path)) continue;
    const module = await readPageFile(path);
    gathered.set(path, module);
    waiting.push(...imports(await module.text(), path));
  }
  return gathered;
}

/**
 * @param {string} source
 * @param {string} path of the module
 * @returns {string[]} paths of the modules that it imports
 */
function imports(source, path) {
  const code = source.replace(/\/\*[^]*?\*\//g, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"'\s]+\.js)["']/g)]
    .map(([, name]) => new URL(name, `inside:///${path}`).pathname.slice(1))
    .filter((target) => !target.startsWith("pkg/") || BUILDS.some((folder) => target.startsWith(folder)));
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
    reader.onerror = () => reject(new Error("A file of the page cannot be read."));
    reader.readAsDataURL(blob);
  });
}

/** page.css with what it imports in place, each in its layer. */
async function flatStyle() {
  const folder = "www/styles/";
  const sheet = await (await readPageFile(`${folder}page.css`)).text();
  let flat = sheet;
  for (const [statement, name, layer] of sheet.matchAll(/@import url\("([^"]+)"\) layer\((\w+)\);/g)) {
    const path = new URL(name, `inside:///${folder}`).pathname.slice(1);
    const imported = await (await readPageFile(path)).text();
    flat = flat.replace(statement, () => `@layer ${layer} {\n${imported}}`);
  }
  return flat;
}

/**
 * @param {string} script
 * @param {string} style
 */
async function policy(script, style) {
  return [
    "default-src 'none'",
    `script-src ${await digest(script)} blob: 'wasm-unsafe-eval'`,
    `style-src ${await digest(style)}`,
    "img-src blob: data:",
    "media-src blob:",
    "connect-src blob:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
  ].join("; ");
}

/** @param {string} text */
async function digest(text) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `'sha256-${btoa(String.fromCharCode(...hash))}'`;
}

/**
 * index.html with everything it names put in place of the name, up to the end of its body.
 *
 * @param {string} shell
 * @param {{ policy: string, icon: string, style: string, title: string }} own
 * @returns {[head: string, body: string]}
 */
function replaceLinks(shell, own) {
  const head = shell
    .slice(0, shell.indexOf("<body>"))
    .replace(/(http-equiv="Content-Security-Policy" content=")[^"]*/, (_, before) => before + own.policy)
    .replace(/<title>[^<]*/, (title) => (own.title ? `<title>${escaped(own.title)}` : title))
    .replace(/(rel="icon" href=")[^"]*/, (_, before) => before + own.icon)
    .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${own.style}</style>`)
    .replace(/ *<(link rel="(module)?preload"|script)[^>]*>(<\/script>)?\n/g, "");
  const body = shell.slice(shell.indexOf("<body>") + "<body>".length, shell.indexOf("</body>"));
  return [head, `<body data-start="${START.join(" ")}">${body}`];
}

/** @param {string} text that goes into HTML */
function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
